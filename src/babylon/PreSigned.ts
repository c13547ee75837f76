// The rules that a pre-signed transaction keeps before anyone signs it (babylon btcstaking/staking.go CheckPreSignedTxSanity).
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Tx from '../bitcoin/Tx.ts';

/** `reference` is the text of the chain's own error. */
export type Reason =
  | Tx.Reason
  | {
      readonly code: 'pre-signed.wrong-count';
      readonly of: 'inputs' | 'outputs';
      readonly expected: number;
      readonly got: number;
      readonly reference: string;
    }
  | { readonly code: 'pre-signed.lock-time'; readonly lockTime: number; readonly reference: string }
  | { readonly code: 'pre-signed.version'; readonly got: number; readonly allowed: string; readonly reference: string }
  | { readonly code: 'pre-signed.too-heavy'; readonly weight: number; readonly maxWeight: number; readonly reference: string }
  | { readonly code: 'pre-signed.replaceable'; readonly sequence: number; readonly reference: string }
  | { readonly code: 'pre-signed.script-sig'; readonly reference: string };

/** What a kind of pre-signed transaction looks like from outside. */
export type Shape = { readonly inputs: number; readonly outputs: number; readonly minVersion: number; readonly maxVersion: number };

export const UNBONDING: Shape = { inputs: 1, outputs: 1, minVersion: 2, maxVersion: 2 };
export const SLASHING: Shape = { inputs: 1, outputs: 2, minVersion: 1, maxVersion: 2 };

/**
 * Refuses a transaction that does not have the shape, in the chain's order.
 *
 * @throws tx.*, pre-signed.*
 * @differs the chain tolerates a witness here; so do we, since the txid and every signature leave it out
 */
export function check(transaction: Tx.Transaction, shape: Shape): void {
  Tx.checkSanity(transaction);
  for (const key of ['inputs', 'outputs', 'minVersion', 'maxVersion'] as const)
    Check.integer(Check.object(shape, 'shape')[key], `shape.${key}`, 0, 0x7fff_ffff);
  checkCount('inputs', transaction.ins.length, shape.inputs);
  checkCount('outputs', transaction.outs.length, shape.outputs);
  const { locktime: lockTime, version } = transaction;
  if (lockTime !== 0)
    fail<Reason>(
      { code: 'pre-signed.lock-time', lockTime, reference: 'pre-signed tx must not have locktime' },
      `the locktime must be 0, got ${lockTime}`,
    );
  if (version < shape.minVersion || version > shape.maxVersion) {
    const allowed = `${shape.minVersion}..${shape.maxVersion}`;
    const reference = `tx version must be between ${shape.minVersion} and ${shape.maxVersion}`;
    fail<Reason>({ code: 'pre-signed.version', got: version, allowed, reference }, `the version must be ${allowed}, got ${version}`);
  }
  const weight = transaction.weight();
  const maxWeight = Tx.MAX_STANDARD_WEIGHT;
  if (weight > maxWeight)
    fail<Reason>(
      { code: 'pre-signed.too-heavy', weight, maxWeight, reference: 'tx weight must not exceed 400000' },
      `the weight ${weight} is above ${maxWeight}`,
    );
  for (const { sequence, script } of transaction.ins) {
    if (sequence !== Tx.FINAL_SEQUENCE)
      fail<Reason>(
        { code: 'pre-signed.replaceable', sequence, reference: 'pre-signed tx must not be replaceable' },
        `the sequence must be ffffffff, got ${sequence.toString(16)}`,
      );
    if (script.length > 0)
      fail<Reason>(
        { code: 'pre-signed.script-sig', reference: 'pre-signed tx must not have signature script' },
        'the input must have no scriptSig',
      );
  }
}

function checkCount(of: 'inputs' | 'outputs', got: number, expected: number): void {
  const reference = `tx must have exactly ${expected} ${of}`;
  if (got !== expected)
    fail<Reason>({ code: 'pre-signed.wrong-count', of, expected, got, reference }, `exactly ${expected} ${of} are allowed, got ${got}`);
}
