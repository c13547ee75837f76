// Would a node take this spend? The verdict of consensus and of relay policy on a transaction that spends taproot and P2WPKH outputs,
// and which rule it breaks at which input (BIP341, BIP342, BIP141, BIP143, BIP68, BIP112; policy of Bitcoin Core as in Bitcoin Knots 29.4).
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Sats from '../base/Sats.ts';
import * as Ecc from '../crypto/Ecc.ts';
import * as Sighash from './Sighash.ts';
import * as Decode from './spend/decode.ts';
import * as Finality from './spend/finality.ts';
import type * as Interpreter from './spend/interpreter.ts';
import * as Policy from './spend/policy.ts';
import { type Failure, isScriptRule, type Rule, type ScriptRule, scriptFailure } from './spend/rules.ts';
import * as Sanity from './spend/sanity.ts';
import { checkScriptSig } from './spend/scriptSig.ts';
import { checkTaproot } from './spend/taproot.ts';
import { checkKeyHash } from './spend/witnessV0.ts';
import type { Transaction } from './Tx.ts';

export type { Failure, Rule };

export type Reason =
  | Check.Reason
  | Decode.Reason
  | Finality.Reason
  | Interpreter.Reason
  | { readonly code: 'spend.wrong-prevout-count'; readonly inputs: number; readonly prevouts: number }
  | { readonly code: 'spend.unsupported-script'; readonly inputIndex: number };

/** An output that the transaction spends, as the chain knows it. */
export type Prevout = {
  readonly scriptPubKey: Uint8Array;
  /** @unit satoshi */
  readonly valueSats: bigint;
  /** Height of the block with the output; tipHeight + 1 for one that is still in the mempool. */
  readonly confirmedHeight: number;
  /** Median time past of the block before that one; needed only where an input has a relative lock by time. @unit seconds */
  readonly medianTimeBefore?: number;
};

export type SpendOptions = {
  /** Raw bytes with witnesses, or bitcoinjs-lib's object. */
  readonly transaction: Uint8Array | Transaction;
  /** One for each input, in input order. */
  readonly prevouts: readonly Prevout[];
  /** The spend would be in the block after this one. */
  readonly tipHeight: number;
  /** Median time past of the tip. @unit seconds */
  readonly medianTime: number;
};

/** What a node would say. */
export type Verdict = {
  /** A block at tipHeight + 1 may hold the transaction. */
  readonly consensusValid: boolean;
  /** An empty mempool takes it, fees aside. */
  readonly standard: boolean;
  /** Core's text of the script failure: of the block, or of the mempool where the block is valid. */
  readonly scriptError?: string;
  /** The mempool's reason when it refuses for something else than a script. */
  readonly rejectReason?: string;
  /** Why no block may hold it. */
  readonly failure?: Failure;
  /** Why the mempool refuses it. */
  readonly policyFailure?: Failure;
};

/**
 * Judges a spend by consensus and by relay policy, with all signatures and time locks. An invalid spend is a verdict, not an error.
 *
 * @throws input.* - when an argument is of the wrong kind or out of range
 * @throws spend.malformed-transaction - when the bytes are no transaction, or more than one
 * @throws spend.wrong-prevout-count - when not every input has its output
 * @throws spend.unsupported-script - for spent outputs other than P2TR and P2WPKH
 * @throws spend.unknown-opcode - when a leaf runs into an opcode that no staking leaf has
 * @throws spend.missing-median-time - when an input has a relative lock by time and `medianTimeBefore` is left out
 * @source BIP341, BIP342, BIP141, BIP143, BIP68, BIP112, BIP113; Bitcoin Core validation.cpp PreChecks, ConnectBlock
 */
export function verifySpend(options: SpendOptions, ecc: Ecc.Ecc = Ecc.auto()): Verdict {
  const spend = checkOptions(options);
  const { transaction, prevouts, tipHeight, medianTime } = spend;
  const broken = Sanity.checkTransaction(transaction);
  if (broken !== undefined) return verdict(broken, broken);

  const kinds = prevouts.map(({ scriptPubKey }, inputIndex) => kindOf(scriptPubKey, inputIndex));
  const sigopsCost = Sanity.sigopsCostOf(transaction, kinds.filter((kind) => kind === 'key-hash').length);
  const lockTime = Finality.checkLockTime(transaction, tipHeight, medianTime);
  const sequenceLocks = Finality.checkSequenceLocks(transaction, prevouts, tipHeight, medianTime);
  const inSats = prevouts.reduce((sum, { valueSats }) => sum + valueSats, 0n);
  const amounts = Sanity.checkAmounts(transaction, inSats);
  // The mempool and a block check the same in another order; the first failure is the one that is told.
  const policy =
    Policy.checkStandard(transaction) ??
    lockTime ??
    sequenceLocks ??
    Policy.checkOutputSizes(transaction) ??
    amounts ??
    Policy.checkWitnesses(transaction, (inputIndex) => kinds[inputIndex] === 'taproot') ??
    Policy.checkEphemeralDust(transaction, inSats - Sanity.sumSats(transaction.outs)) ??
    Policy.checkSize(transaction, sigopsCost);
  const consensus = lockTime ?? amounts ?? sequenceLocks ?? Sanity.checkBlockRoom(transaction, sigopsCost);
  if (consensus !== undefined) return verdict(consensus, policy ?? consensus);

  const scripts = runScripts(spend, kinds, ecc);
  return verdict(scripts.consensus, policy ?? scripts.policy);
}

function verdict(failure: Failure | undefined, policyFailure: Failure | undefined): Verdict {
  const scripts = [failure, policyFailure].filter((one) => one !== undefined && isScriptRule(one.rule));
  const scriptError = scripts[0]?.text;
  const rejectReason = policyFailure !== undefined && !isScriptRule(policyFailure.rule) ? policyFailure.rule : undefined;
  return {
    consensusValid: failure === undefined,
    standard: policyFailure === undefined,
    // A transaction that fails in a block before its scripts has no script error, even where the mempool ran them.
    ...(scriptError === undefined ? {} : { scriptError }),
    ...(rejectReason === undefined ? {} : { rejectReason }),
    ...(failure === undefined ? {} : { failure }),
    ...(policyFailure === undefined ? {} : { policyFailure }),
  };
}

type Spend = {
  readonly transaction: Decode.SpendTransaction;
  readonly prevouts: readonly Prevout[];
  readonly tipHeight: number;
  readonly medianTime: number;
};

function checkOptions(options: SpendOptions): Spend {
  const { transaction: given, prevouts, tipHeight, medianTime } = Check.object(options, 'options');
  const transaction = Check.isBytes(given) ? Decode.decode(given) : Decode.fromObject(checkObject(given, 'transaction'));
  const inputs = transaction.ins.length;
  if (Check.list(prevouts, 'prevouts').length !== inputs) {
    fail<Reason>(
      { code: 'spend.wrong-prevout-count', inputs, prevouts: prevouts.length },
      `prevouts: the transaction has ${inputs} inputs, got ${prevouts.length}`,
    );
  }
  const tip = Check.integer(tipHeight, 'tipHeight', 0, 0x7fff_ffff);
  for (const [i, prevout] of prevouts.entries()) {
    checkObject(prevout, `prevouts[${i}]`);
    Check.bytes(prevout.scriptPubKey, `prevouts[${i}].scriptPubKey`);
    Check.bigInteger(prevout.valueSats, `prevouts[${i}].valueSats`, 0n, Sats.MAX);
    Check.integer(prevout.confirmedHeight, `prevouts[${i}].confirmedHeight`, 0, tip + 1);
    if (prevout.medianTimeBefore !== undefined) Check.integer(prevout.medianTimeBefore, `prevouts[${i}].medianTimeBefore`, 0, 0xffff_ffff);
  }
  return { transaction, prevouts, tipHeight: tip, medianTime: Check.integer(medianTime, 'medianTime', 0, 0xffff_ffff) };
}

function checkObject<T>(value: T, field: string): T {
  if (typeof value !== 'object' || value === null) fail<Reason>({ code: 'input.missing', field }, `${field}: expected an object`);
  return value;
}

type Kind = 'taproot' | 'key-hash';

function kindOf(scriptPubKey: Uint8Array, inputIndex: number): Kind {
  if (scriptPubKey.length === 34 && scriptPubKey[0] === 0x51 && scriptPubKey[1] === 32) return 'taproot';
  if (scriptPubKey.length === 22 && scriptPubKey[0] === 0x00 && scriptPubKey[1] === 20) return 'key-hash';
  return fail<Reason>(
    { code: 'spend.unsupported-script', inputIndex },
    `input ${inputIndex}: spends neither a P2TR nor a P2WPKH output; nothing else is judged here`,
  );
}

/** Runs the inputs in order up to the first that consensus refuses; relay rules are noted on the way. */
function runScripts({ transaction, prevouts }: Spend, kinds: readonly Kind[], ecc: Ecc.Ecc): { consensus?: Failure; policy?: Failure } {
  const context = Sighash.prepare(transaction, prevouts);
  let policy: Failure | undefined;
  for (const [inputIndex, input] of transaction.ins.entries()) {
    const { scriptPubKey } = prevouts[inputIndex] as Prevout;
    const notePolicy = (rule: ScriptRule): void => {
      policy ??= scriptFailure(rule, inputIndex);
    };
    const check = { context, inputIndex, input, scriptPubKey, ecc, notePolicy };
    const checkWitness = kinds[inputIndex] === 'taproot' ? checkTaproot : checkKeyHash;
    const rule = checkScriptSig(input.script, scriptPubKey.subarray(2)) ?? checkWitness(check);
    if (rule === undefined) continue;
    const consensus = scriptFailure(rule, inputIndex);
    return { consensus, policy: policy ?? consensus };
  }
  return policy === undefined ? {} : { policy };
}
