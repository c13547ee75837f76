// Any transaction or PSBT: is it a staking, unbonding, slashing, withdrawal or extension transaction, of whom, under which parameters, and
// if it is not valid under them, why. The recommended recognition over babylon btcstaking/identifiable_staking.go and the phase-1 indexer.
import * as Check from '../base/Check.ts';
import type { Psbt } from '../bitcoin/Psbt.ts';
import * as Tx from '../bitcoin/Tx.ts';
import * as Ecc from '../crypto/Ecc.ts';
import * as Contexts from './recognise/context.ts';
import type { Kind, Next } from './recognise/kinds.ts';
import type { Code, Problem } from './recognise/problem.ts';
import type { Signer } from './recognise/signatures.ts';
import { findSpends, outputOf, type Spend } from './recognise/spends.ts';
import { findStakings, type LookAlike, type Staking } from './recognise/stakings.ts';
import * as Subjects from './recognise/subject.ts';

export type { Code, Kind, LookAlike, Next, Problem, Signer, Spend, Staking };
export type Context = Contexts.Context;
export type Options = Contexts.Options;
export type KnownDelegation = Contexts.KnownDelegation;
export type Candidates = Contexts.Candidates;
export type Tracked = Contexts.Tracked;
export type Rules = Contexts.Rules;

export type Reason = Contexts.Reason | Subjects.Reason;

/** Where a transaction stands. Everything is optional; what is missing is not judged. */
export type At = {
  /** Height of the including block. */
  readonly height?: number;
  /** The outputs that its inputs spend, in input order, where they are known. */
  readonly spentOutputs?: readonly (Tx.SpentOutput | undefined)[];
  /** Heights of the blocks with those outputs. */
  readonly spentHeights?: readonly (number | undefined)[];
  /** Sum of the active stakes of phase 1 before this transaction: decides whether a cap is reached. */
  readonly phase1ActiveSats?: bigint;
};

/** Everything that a transaction is: it may lock a stake and spend another one. */
export type Recognition = {
  readonly txid: string;
  readonly stakings: readonly Staking[];
  readonly spends: readonly Spend[];
  /** What seemed to be ours and is not, with the reason. */
  readonly lookAlikes: readonly LookAlike[];
  /** True when something was recognised and nothing of it has a problem. */
  readonly isValid: boolean;
};

/**
 * Prepares what is known: parameters, delegations, contracts, keys that are watched. To be used for many transactions.
 *
 * @throws input.*, delegation.not-a-delegation, staking-contract.*, params.* - what is given is not what it should be
 */
export function context(options: Options, ecc: Ecc.Ecc = Ecc.auto()): Context {
  return Contexts.context(options, ecc);
}

/**
 * Everything that a transaction is. Witnesses are read with or without annex; without a witness the kind is told by inputs and outputs.
 *
 * @throws tx.not-a-transaction, input.*, recognise.not-a-context
 */
export function transaction(tx: Tx.Transaction, known: Context | Options, at: At = {}, ecc: Ecc.Ecc = Ecc.auto()): Recognition {
  Tx.check(tx);
  return recognise(Subjects.fromTransaction(tx, checkAt(at).spentOutputs), Contexts.contextOf(known, ecc), at);
}

/**
 * Everything that the transaction of a PSBT is; leaves, partial signatures and spent outputs are taken from it.
 *
 * @throws recognise.not-a-psbt, tx.malformed, input.*, recognise.not-a-context
 */
export function psbt(value: Psbt, known: Context | Options, at: At = {}, ecc: Ecc.Ecc = Ecc.auto()): Recognition {
  return recognise(Subjects.fromPsbt(value, checkAt(at).spentOutputs), Contexts.contextOf(known, ecc), at);
}

function checkAt(at: At): At {
  const { height, spentOutputs = [], spentHeights = [], phase1ActiveSats } = Check.object(at, 'at');
  if (height !== undefined) Check.integer(height, 'height', 0, 0xffff_ffff);
  Check.list(spentOutputs, 'spentOutputs');
  for (const [i, spent] of Check.list(spentHeights, 'spentHeights').entries())
    if (spent !== undefined) Check.integer(spent, `spentHeights[${i}]`, 0, 0xffff_ffff);
  if (phase1ActiveSats !== undefined) Check.bigInteger(phase1ActiveSats, 'phase1ActiveSats', 0n, 2_100_000_000_000_000n);
  return at;
}

function recognise(subject: Subjects.Subject, known: Context, at: At): Recognition {
  const { height, spentHeights = [], phase1ActiveSats } = at;
  const { stakings, lookAlikes } = findStakings(subject.transaction, known, {
    ...(height === undefined ? {} : { height }),
    ...(phase1ActiveSats === undefined ? {} : { phase1ActiveSats }),
  });
  const prevouts = subject.inputs.map(({ outpoint, prevout }) => {
    const tracked = known.lookup(outpoint);
    if (tracked === undefined) return prevout;
    return { scriptPubKey: outputOf(tracked.contract, tracked.source).scriptPubKey, valueSats: tracked.valueSats };
  });
  const found = findSpends({ subject, context: known, stakings, height, spentHeights, prevouts });
  const all = [...stakings, ...found.spends];
  return {
    txid: subject.txid,
    stakings,
    spends: found.spends,
    lookAlikes: [...lookAlikes, ...found.lookAlikes],
    isValid: all.length > 0 && all.every(({ problems }) => problems.length === 0),
  };
}
