// The state of a delegation, which the chain stores nowhere: it follows from what is stored, the quorum and the tip.
// Babylon x/btcstaking/types/btc_delegation.go GetStatus.
import * as Blocks from '../base/Blocks.ts';
import * as Check from '../base/Check.ts';
import * as ChainView from './ChainView.ts';

export type Reason = ChainView.Reason;

export type Status = 'PENDING' | 'VERIFIED' | 'ACTIVE' | 'UNBONDED' | 'EXPIRED';

/** The chain's numbers; ANY (5) is for queries. */
export const NUMBERS: Readonly<Record<Status, number>> = Object.freeze({ PENDING: 0, VERIFIED: 1, ACTIVE: 2, UNBONDED: 3, EXPIRED: 4 });

/** What the status is made of. */
export type Facts = Pick<
  ChainView.DelegationRecord,
  'unbondingInfo' | 'covenantSigners' | 'expansion' | 'startHeight' | 'endHeight' | 'unbondingTimeBlocks'
>;

/** `previousQuorum`: of the parent's parameters, for an expansion. */
export type Context = { readonly tipHeight: number; readonly quorum: number; readonly previousQuorum?: number };

/**
 * The status: the first of the chain's questions that is answered decides. Slashing and jailing of the provider play no part in it.
 *
 * @throws input.*
 */
export function of(facts: Facts, context: Context): Status {
  const { unbondingInfo, startHeight, endHeight, unbondingTimeBlocks } = Check.object(facts, 'facts');
  const { tipHeight } = Check.object(context, 'context');
  for (const [field, value] of Object.entries({ startHeight, endHeight, unbondingTimeBlocks, tipHeight }))
    Check.integer(value, field, 0, 0xffff_ffff);
  const quorum = hasQuorum(facts, context);
  // Presence counts: the registered unbonding transaction is stored as empty bytes.
  if (unbondingInfo !== undefined && unbondingInfo !== null) return 'UNBONDED';
  if (!quorum) return 'PENDING';
  if (!hasInclusionProof({ startHeight, endHeight })) return 'VERIFIED';
  // The block went with a reorganisation.
  if (tipHeight < startHeight) return 'UNBONDED';
  if (tipHeight + unbondingTimeBlocks >= endHeight) return 'EXPIRED';
  return 'ACTIVE';
}

/** True when enough members have signed everything: counts only, the chain verified each signature when it came. */
export function hasQuorum(facts: Facts, context: Omit<Context, 'tipHeight'>): boolean {
  const { covenantSigners, expansion } = Check.object(facts, 'facts');
  const { quorum, previousQuorum } = Check.object(context, 'context');
  const { slashing, unbonding, unbondingSlashing, expansion: spend } = Check.object(covenantSigners, 'covenantSigners');
  Check.integer(quorum, 'quorum', 1, 0xffff_ffff);
  const reached = [slashing, unbonding, unbondingSlashing].every((keys) => Check.list(keys, 'covenantSigners').length >= quorum);
  if (expansion === undefined || expansion === null) return reached;
  return (
    Check.list(spend, 'covenantSigners.expansion').length >= Check.integer(previousQuorum, 'previousQuorum', 1, 0xffff_ffff) && reached
  );
}

/** True when the chain has accepted a proof of the staking transaction. */
export function hasInclusionProof(facts: Pick<Facts, 'startHeight' | 'endHeight'>): boolean {
  const { startHeight, endHeight } = Check.object(facts, 'facts');
  return startHeight > 0 && endHeight > 0;
}

/**
 * The status of a stored delegation in a view; undefined when the view does not have its parameters, or those of its parent.
 *
 * @throws input.*, chain-view.not-a-view
 */
export function inView(chain: ChainView.ChainView, record: ChainView.DelegationRecord): Status | undefined {
  const view = ChainView.check(chain);
  const quorums = quorumsOf(view, Check.object(record, 'record'));
  return quorums === undefined ? undefined : of(record, { tipHeight: view.tipHeight, ...quorums });
}

/** The quorums that a stored delegation needs: that of its own parameters, and of its parent's when it is an expansion. */
export function quorumsOf(chain: ChainView.ChainView, record: ChainView.DelegationRecord): Omit<Context, 'tipHeight'> | undefined {
  const view = ChainView.check(chain);
  const quorum = ChainView.paramsOf(view, Check.object(record, 'record'))?.covenantQuorum;
  if (quorum === undefined) return undefined;
  if (record.expansion === undefined) return { quorum };
  const { previousStakingTxid } = Check.object(record.expansion, 'record.expansion');
  const parent = view.delegations.get(previousStakingTxid);
  const previousQuorum = parent === undefined ? undefined : ChainView.paramsOf(view, parent)?.covenantQuorum;
  return previousQuorum === undefined ? undefined : { quorum, previousQuorum };
}

/** The heights in the life of a stake that is mined at `minedHeight`. "Tip" is that of Babylon's light client. */
export type Heights = {
  /** End of the timelock. A withdrawal may be mined from this block on. */
  readonly endHeight: number;
  /** A proof of inclusion is accepted from the first of these tips to the last; the last one is also the last tip at which it is ACTIVE. */
  readonly proofFromTip: number;
  readonly activeUntilTip: number;
  readonly expiredFromTip: number;
  /** An expansion must be mined here at the latest, to be deep enough while its parent is ACTIVE. */
  readonly expansionMinedBy: number;
};

/**
 * The heights in the life of a stake.
 *
 * @unit heights and times in blocks; k: depth, blocks on top of the including one
 * @throws input.*
 * @source babylon x/btcstaking/keeper/inclusion_proof.go, x/btcstaking/types/btc_delegation.go
 */
export function heights(options: {
  readonly minedHeight: number;
  readonly stakingTimeBlocks: number;
  readonly unbondingTimeBlocks: number;
  readonly confirmationDepthBlocks: number;
}): Heights {
  const { minedHeight, stakingTimeBlocks, unbondingTimeBlocks } = Check.object(options, 'options');
  const depth = Check.integer(options.confirmationDepthBlocks, 'confirmationDepthBlocks', 1, 0xffff_ffff);
  const mined = Blocks.height(minedHeight, 'minedHeight');
  const endHeight = Blocks.maturity(mined, Blocks.timelock(stakingTimeBlocks, 'stakingTimeBlocks'));
  const expiredFromTip = endHeight - Blocks.timelock(unbondingTimeBlocks, 'unbondingTimeBlocks');
  return {
    endHeight,
    proofFromTip: mined + depth,
    activeUntilTip: expiredFromTip - 1,
    expiredFromTip,
    expansionMinedBy: expiredFromTip - 1 - depth,
  };
}
