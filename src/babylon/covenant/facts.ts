// What the questions about a delegation work with: the parameters of this member's own set, and everything rebuilt from them.
// Of the given transactions only what a staker may choose is taken over: the version and the two amounts of a slashing transaction.
import * as Check from '../../base/Check.ts';
import * as Sats from '../../base/Sats.ts';
import * as LeafSpend from '../../bitcoin/LeafSpend.ts';
import * as Tx from '../../bitcoin/Tx.ts';
import type { Ecc } from '../../crypto/Ecc.ts';
import * as ChainProfile from '../ChainProfile.ts';
import * as ChainView from '../ChainView.ts';
import { once } from '../chain/context.ts';
import * as Transactions from '../chain/transactions.ts';
import { attempt, type Caught, caught } from '../chain/verdict.ts';
import type { StakingParams } from '../Params.ts';
import * as ParamsSet from '../ParamsSet.ts';
import * as StakingContract from '../StakingContract.ts';
import type { Subject } from './subject.ts';

/** What the operator of a member lays down. Nothing of it may come from whom the request comes. */
export type Policy = {
  readonly paramsSet: ParamsSet.ParamsSet;
  /** Tip of Babylon's Bitcoin light client, from a source of the operator's. */
  readonly tipHeight?: number;
  /** Tip at which the delegation was registered, where the operator knows it: the version is then decided by it alone. */
  readonly createdAtHeight?: number;
  /** No other versions are signed. */
  readonly allowedVersions?: readonly number[];
  /** For so long a version may have been replaced before a stake registered under it is mined, or signed. @unit blocks */
  readonly registrationAgeBlocks?: number;
  readonly profile?: ChainProfile.ChainProfile;
  /** `main` when left out: what it refuses, some network may refuse. */
  readonly release?: ChainView.Release;
  /** Signing context of proofs of possession; mainnet has none. */
  readonly popContext?: string;
  /** Providers as the operator's own source knows them; a delegation to any other, or to a slashed one, is refused then. */
  readonly providers?: readonly ChainView.FinalityProvider[];
  /** A delegation without proof of possession is refused; nodes do not show it after registration. */
  readonly requirePop?: boolean;
  /** Left out, the staker's signatures on both slashing transactions must be there. */
  readonly requireStakerSignatures?: boolean;
};

/** About a week. @unit blocks */
export const REGISTRATION_AGE = 1008;

/** Everything that the questions are asked of. */
export type Facts = {
  readonly subject: Subject;
  readonly policy: Policy;
  readonly ecc: Ecc;
  readonly covenantPk: Uint8Array | undefined;
  readonly features: ChainView.Features;
  readonly params: StakingParams | undefined;
  readonly stake: Stake;
  /** The delegation before, with the parameters of its own version. */
  readonly previous: Stake | undefined;
  /** Rebuilt; undefined where the parameters or the amounts allow none. */
  readonly unbonding: () => LeafSpend.LeafSpend | undefined;
  readonly stakingSlashing: () => LeafSpend.LeafSpend | undefined;
  readonly unbondingSlashing: () => LeafSpend.LeafSpend | undefined;
  /** Input 0 of an expansion, through the unbonding leaf of the delegation before. */
  readonly expansion: () => LeafSpend.LeafSpend | undefined;
};

/** A recorded stake: its transaction, and the contract that follows from its keys and the parameters. */
export type Stake = {
  readonly record: ChainView.DelegationRecord;
  readonly params: StakingParams | undefined;
  readonly transaction: Tx.Transaction;
  readonly outpoint: Tx.Outpoint;
  readonly output: Tx.SpentOutput;
  /** Or why there is none; undefined without parameters. */
  readonly contract: () => StakingContract.StakingContract | Caught | undefined;
};

/** The facts of a request. @throws input.*, chain-view.*, params.not-a-set, chain-profile.unknown */
export function factsOf(subject: Subject, given: Policy, covenantPk: Uint8Array | undefined, ecc: Ecc): Facts {
  const policy = checkedPolicy(given);
  const stake = stakeOf(subject.record, policy, ecc);
  const previous = subject.previous === undefined ? undefined : stakeOf(subject.previous, policy, ecc);
  const unbonding = once(() => unbondingOf(stake));
  const slashed = (raw: Uint8Array, fund: () => Funding | undefined): (() => LeafSpend.LeafSpend | undefined) =>
    once(() => slashingOf(stake, transactionOf(raw), fund()));
  return {
    subject,
    policy,
    ecc,
    covenantPk,
    features: ChainView.featuresOf(policy.release ?? 'main'),
    params: stake.params,
    stake,
    previous,
    unbonding,
    stakingSlashing: slashed(subject.record.slashingTx, () => stakingFunding(stake)),
    unbondingSlashing: slashed(subject.record.unbondingSlashingTx, () => unbondingFunding(stake, unbonding())),
    expansion: once(() => (previous === undefined ? undefined : expansionOf(stake, previous))),
  };
}

function checkedPolicy(policy: Policy): Policy {
  const { paramsSet, profile, providers, popContext } = Check.object(policy, 'policy');
  ParamsSet.latest(paramsSet);
  for (const field of ['tipHeight', 'createdAtHeight', 'registrationAgeBlocks'] as const)
    if (policy[field] !== undefined) Check.integer(policy[field], `policy.${field}`, 0, 0xffff_ffff);
  if (policy.allowedVersions !== undefined)
    for (const version of Check.list(policy.allowedVersions, 'policy.allowedVersions'))
      Check.integer(version, 'policy.allowedVersions', 0, 0xffff_ffff);
  if (profile !== undefined) ChainProfile.from(profile);
  if (popContext !== undefined) Check.text(popContext, 'policy.popContext');
  if (providers !== undefined)
    for (const [i, one] of Check.list(providers, 'policy.providers').entries())
      Check.bytes(Check.object(one, `policy.providers[${i}]`).btcPk, `policy.providers[${i}].btcPk`, 32);
  return policy;
}

/** Records are checked: their transactions can be read. */
export function transactionOf(raw: Uint8Array): Tx.Transaction {
  const parsed = Transactions.parse(raw);
  if (typeof parsed === 'string') return Tx.decode(raw);
  return parsed.transaction;
}

function stakeOf(record: ChainView.DelegationRecord, policy: Policy, ecc: Ecc): Stake {
  const params = policy.paramsSet.versions[record.paramsVersion];
  const transaction = transactionOf(record.stakingTx);
  return {
    record,
    params,
    transaction,
    outpoint: { txid: Tx.txid(transaction), vout: record.stakingOutputIndex },
    output: Tx.outputOf(transaction, record.stakingOutputIndex),
    contract: once(() => (params === undefined ? undefined : contractOf(record, params, ecc))),
  };
}

/** Times and committee are the parameters', not the record's: it is compared with them. */
function contractOf(record: ChainView.DelegationRecord, params: StakingParams, ecc: Ecc): StakingContract.StakingContract | Caught {
  const { covenantPks, covenantQuorum, unbondingTimeBlocks } = params;
  let made: StakingContract.StakingContract | undefined;
  const fault = caught(() => {
    made = StakingContract.from(
      {
        stakerPk: record.btcPk as (typeof covenantPks)[number],
        finalityProviderPks: record.fpBtcPkList as typeof covenantPks,
        covenantPks,
        covenantQuorum,
        stakingTimeBlocks: record.stakingTimeBlocks,
        unbondingTimeBlocks,
        // How many providers there may be is a question of its own.
        profile: 'generic',
      },
      ecc,
    );
  });
  return fault ?? (made as StakingContract.StakingContract);
}

/** The contract where there is one. */
export function contractIn({ contract }: Stake): StakingContract.StakingContract | undefined {
  const made = contract();
  return made !== undefined && 'terms' in made ? made : undefined;
}

/** An outpoint in texts. */
export const shown = ({ txid, vout }: Tx.Outpoint): string => `${txid}:${vout}`;

type Funding = {
  readonly outpoint: Tx.Outpoint;
  readonly valueSats: Sats.Sats;
  readonly output: StakingContract.StakingContract['staking'] | StakingContract.StakingContract['unbonding'];
};

function stakingFunding(stake: Stake): Funding | undefined {
  const contract = contractIn(stake);
  if (contract === undefined) return undefined;
  return attempt(() => ({ outpoint: stake.outpoint, valueSats: Sats.from(stake.output.valueSats), output: contract.staking }));
}

function unbondingFunding(stake: Stake, unbonding: LeafSpend.LeafSpend | undefined): Funding | undefined {
  const contract = contractIn(stake);
  if (contract === undefined || unbonding === undefined) return undefined;
  const { valueSats } = Tx.outputOf(unbonding.transaction, 0);
  return { outpoint: { txid: unbonding.txid, vout: 0 }, valueSats: Sats.from(valueSats), output: contract.unbonding };
}

/** The unbonding transaction leaves no choice at all. */
function unbondingOf(stake: Stake): LeafSpend.LeafSpend | undefined {
  const funding = stakingFunding(stake);
  const contract = contractIn(stake);
  if (funding === undefined || contract === undefined || stake.params === undefined) return undefined;
  const { unbondingFeeSats } = stake.params;
  return attempt(() => {
    const valueSats = Sats.sub(funding.valueSats, unbondingFeeSats);
    return LeafSpend.from({
      transaction: Tx.create([{ outpoint: funding.outpoint }], [{ scriptPubKey: contract.unbonding.scriptPubKey, valueSats }]),
      inputIndex: 0,
      spentOutputs: [{ scriptPubKey: contract.staking.scriptPubKey, valueSats: funding.valueSats }],
      leaf: contract.staking.paths.unbonding,
    });
  });
}

/** Whether the amounts are within bounds is asked elsewhere. */
function slashingOf(stake: Stake, given: Tx.Transaction, funding: Funding | undefined): LeafSpend.LeafSpend | undefined {
  const contract = contractIn(stake);
  const [slashed, change] = given.outs;
  const { params } = stake;
  if (funding === undefined || contract === undefined || params === undefined || slashed === undefined || change === undefined)
    return undefined;
  return attempt(() => {
    const transaction = Tx.create(
      [{ outpoint: funding.outpoint }],
      [
        { scriptPubKey: params.slashingPkScript, valueSats: Sats.from(slashed.value) },
        { scriptPubKey: contract.slashingChange.scriptPubKey, valueSats: Sats.from(change.value) },
      ],
    );
    transaction.version = given.version === 1 ? 1 : 2;
    return LeafSpend.from({
      transaction,
      inputIndex: 0,
      spentOutputs: [{ scriptPubKey: funding.output.scriptPubKey, valueSats: funding.valueSats }],
      leaf: funding.output.paths.slashing,
    });
  });
}

/** The new staking transaction is the staker's own; what it may do is asked of it. */
function expansionOf(stake: Stake, previous: Stake): LeafSpend.LeafSpend | undefined {
  const contract = contractIn(previous);
  const { expansion } = stake.record;
  if (contract === undefined || expansion === undefined || stake.transaction.ins.length !== 2) return undefined;
  return attempt(() =>
    LeafSpend.from({
      transaction: stake.transaction,
      inputIndex: 0,
      spentOutputs: [
        { scriptPubKey: contract.staking.scriptPubKey, valueSats: Sats.from(previous.output.valueSats) },
        expansion.fundingOutput,
      ],
      leaf: contract.staking.paths.unbonding,
    }),
  );
}
