// Which transaction of a delegation can have its fee raised while it waits, by replacement (BIP125) or by a child (CPFP), and why not.
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as FeeBump from '../bitcoin/FeeBump.ts';
import * as Tx from '../bitcoin/Tx.ts';
import { check as checkContract, type StakingContract } from './StakingContract.ts';
import * as StakingTx from './StakingTx.ts';
import * as WithdrawalTx from './WithdrawalTx.ts';

export type Reason =
  | FeeBump.Reason
  | StakingTx.Reason
  | WithdrawalTx.Reason
  | { readonly code: 'fee-bumping.unknown-kind'; readonly got: string }
  | { readonly code: 'fee-bumping.impossible'; readonly kind: Kind; readonly way: 'replacement' | 'child'; readonly why: Why };

/** The transactions of a delegation. A staking transaction counts as registered as soon as anything is pre-signed on top of its txid. */
export type Kind =
  | 'staking-registered'
  | 'staking-not-registered'
  | 'unbonding'
  | 'staking-slashing'
  | 'unbonding-slashing'
  | 'withdrawal'
  | 'extension';

/** Why a way is closed. */
export type Why =
  /** Its txid is registered, and everything pre-signed commits to it. */
  | 'txid-is-registered'
  /** The committee has signed exactly this transaction, with a final sequence. */
  | 'signed-by-the-committee'
  /** All its outputs are under timelocks of the contract, or burned: none can be spent while it waits. */
  | 'no-free-output'
  /** It was made without the signal of BIP125. */
  | 'does-not-signal'
  /** It has no output of the wallet. */
  | 'no-own-output';

/** A way to raise the fee. `by` names the function that builds it. */
export type Way =
  | {
      readonly possible: true;
      readonly by: 'FeeBumping.replaceStaking' | 'FeeBumping.replaceWithdrawal' | 'FeeBumping.child';
      readonly note: string;
    }
  | { readonly possible: false; readonly why: Why; readonly note: string };

export type Answer = { readonly kind: Kind; readonly replacement: Way; readonly child: Way };

const closed = (why: Why, note: string): Way => ({ possible: false, why, note });
const childOf = (note: string): Way => ({ possible: true, by: 'FeeBumping.child', note });

const PRE_SIGNED = closed(
  'signed-by-the-committee',
  'The committee and the staker have signed this transaction and no other; its sequence is final, as the chain demands. Its fee was fixed by the parameters.',
);

const ANSWERS: Readonly<Record<Kind, Omit<Answer, 'kind'>>> = {
  'staking-registered': {
    replacement: closed(
      'txid-is-registered',
      'A replacement has another txid: unbonding and slashing transactions that are signed for this one would never be valid.',
    ),
    child: childOf('Spend the change output. Without change there is no way: wait, the stake is not lost.'),
  },
  'staking-not-registered': {
    replacement: {
      possible: true,
      by: 'FeeBumping.replaceStaking',
      note: 'Nothing commits to its txid yet. It must signal replacement; afterwards make the delegation anew, of the new transaction.',
    },
    child: childOf('Spend the change output.'),
  },
  unbonding: {
    replacement: PRE_SIGNED,
    child: closed('no-free-output', 'Its only output is under the unbonding timelock and the slashing path; there is no change.'),
  },
  'staking-slashing': {
    replacement: PRE_SIGNED,
    child: closed('no-free-output', 'One output goes to the slashing script, the other is under the unbonding timelock.'),
  },
  'unbonding-slashing': {
    replacement: PRE_SIGNED,
    child: closed('no-free-output', 'One output goes to the slashing script, the other is under the unbonding timelock.'),
  },
  withdrawal: {
    replacement: {
      possible: true,
      by: 'FeeBumping.replaceWithdrawal',
      note: 'The staker signs alone, and the sequence that the timelock needs signals replacement.',
    },
    child: childOf('Spend its output, when it goes to the wallet.'),
  },
  extension: {
    replacement: closed(
      'signed-by-the-committee',
      'The old committee has signed this transaction, its txid is registered and the new delegation is signed on top of it.',
    ),
    child: childOf('Spend the change output. Without change there is no way: the old stake stays as it is.'),
  },
};

export const KINDS: readonly Kind[] = Object.keys(ANSWERS) as Kind[];

function checkKind(kind: Kind): Kind {
  if (typeof kind === 'string' && Object.hasOwn(ANSWERS, kind)) return kind;
  const got = typeof kind === 'string' ? kind : Check.kindOf(kind);
  return fail<Reason>({ code: 'fee-bumping.unknown-kind', got }, `kind: expected one of ${KINDS.join(', ')}, got ${got}`);
}

/**
 * Whether the fee of a transaction of this kind can be raised. With the transaction, whether that of this very one can: a way that the kind has
 * is closed when it does not signal, or when no output pays to one of `ownScripts`.
 *
 * @throws fee-bumping.unknown-kind, input.*, tx.not-a-transaction
 * @source BIP125; babylon btcstaking/staking.go CheckPreSignedTxSanity
 */
export function answer(kind: Kind, transaction?: Tx.Transaction, ownScripts: readonly Uint8Array[] = []): Answer {
  const { replacement, child: byChild } = ANSWERS[checkKind(kind)];
  const own = Check.list(ownScripts, 'ownScripts').map((script, i) => Check.bytes(script, `ownScripts[${i}]`));
  if (transaction === undefined) return { kind, replacement, child: byChild };
  const signals = FeeBump.signals(Tx.check(transaction));
  const hasOwn = transaction.outs.some(({ script }) => own.some((mine) => Bytes.equal(mine, script)));
  return {
    kind,
    replacement:
      replacement.possible && !signals
        ? closed('does-not-signal', 'No input signals replacement; only nodes with full replacement would take one.')
        : replacement,
    child: byChild.possible && !hasOwn ? closed('no-own-output', 'No output pays to one of the given scripts of the wallet.') : byChild,
  };
}

function demand(kind: Kind, way: 'replacement' | 'child'): void {
  const found = ANSWERS[checkKind(kind)][way];
  if (!found.possible)
    fail<Reason>({ code: 'fee-bumping.impossible', kind, way, why: found.why }, `${kind}: no ${way} is possible. ${found.note}`);
}

export declare namespace replaceStaking {
  type Options = FeeBump.replace.Options & {
    /** `post-staking`: a transaction that is registered, or about to be, cannot be replaced. */
    readonly registration: StakingTx.Registration;
    readonly contract: StakingContract;
  };
  type Replaced = FeeBump.replace.Replaced & { readonly stakingOutputIndex: number };
}

/**
 * The replacement of a staking transaction that nothing is pre-signed on top of. The stake keeps its value and place.
 *
 * @throws fee-bumping.impossible - with registration before the transaction is sent
 * @throws staking-tx.no-staking-output, staking-tx.several-staking-outputs, staking-tx.change-is-the-contract
 * @throws fee-bump.*
 */
export function replaceStaking(options: replaceStaking.Options): replaceStaking.Replaced {
  const { registration, contract, transaction, changeIndex } = Check.object(options, 'options');
  demand(registration === 'post-staking' ? 'staking-not-registered' : 'staking-registered', 'replacement');
  const stake = StakingTx.findOutput(transaction, contract);
  if (changeIndex === stake)
    fail<StakingTx.Reason>({ code: 'staking-tx.change-is-the-contract' }, 'changeIndex: this output is the stake, which keeps its value');
  const replaced = FeeBump.replace(options);
  return { ...replaced, stakingOutputIndex: StakingTx.findOutput(replaced.transaction, contract) };
}

export declare namespace replaceWithdrawal {
  type Options = Omit<WithdrawalTx.build.Options, 'feeSats' | 'feeRateSatsPerKvb'> & {
    readonly feeRateSatsPerKvb: bigint;
    /** What the waiting withdrawal pays, with everything that spends its output. */
    readonly replacedFeeSats: bigint;
    readonly incrementalRateSatsPerKvb?: bigint;
  };
}

/**
 * The replacement of a withdrawal: the same outputs of the contract at a higher fee, to the same destination or another.
 *
 * @throws withdrawal-tx.*, fee.*, address.not-payable
 * @source BIP125 rules 3 and 4
 */
export function replaceWithdrawal(options: replaceWithdrawal.Options): WithdrawalTx.build.Built {
  const { inputs, destinationScriptPubKey, maxFeeRateSatsPerKvb, ...rest } = Check.object(options, 'options');
  const max = maxFeeRateSatsPerKvb === undefined ? {} : { maxFeeRateSatsPerKvb };
  const { feeRateSatsPerKvb, replacedFeeSats, incrementalRateSatsPerKvb } = rest;
  const { signedWeight } = WithdrawalTx.build({ inputs, destinationScriptPubKey, feeRateSatsPerKvb, ...max });
  const feeSats = FeeBump.replacementFee({
    signedWeight,
    replacedFeeSats,
    feeRateSatsPerKvb,
    ...max,
    ...(incrementalRateSatsPerKvb === undefined ? {} : { incrementalRateSatsPerKvb }),
  });
  return WithdrawalTx.build({ inputs, destinationScriptPubKey, feeSats, ...max });
}

export declare namespace child {
  type Options = FeeBump.child.Options & {
    readonly kind: Kind;
    /** The contracts of the delegation: their outputs are no coins of the wallet. For an extension the old and the new one. */
    readonly contracts: readonly StakingContract[];
  };
}

/**
 * The child that raises the fee of a transaction of this kind by spending its change, or the output of a withdrawal.
 *
 * @throws fee-bumping.impossible - this kind has no output that can be spent while it waits
 * @throws staking-tx.coin-is-the-contract - the coin is the stake
 * @throws fee-bump.*
 */
export function child(options: child.Options): FeeBump.child.Child {
  const { kind, contracts, coin } = Check.object(options, 'options');
  demand(kind, 'child');
  for (const [i, contract] of Check.list(contracts, 'contracts').entries())
    StakingTx.checkForeign(checkContract(contract, `contracts[${i}]`), coin, 'coin');
  return FeeBump.child(options);
}
