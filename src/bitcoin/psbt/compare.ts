// Whether what comes back is what was asked: the transaction of a PSBT field by field, and the outputs that it says are spent.
import * as Bytes from '../../base/Bytes.ts';
import { fail } from '../../base/Errors.ts';
import * as Hex from '../../base/Hex.ts';
import * as Tx from '../Tx.ts';
import { type FieldMap, malformed, type Parsed } from './codec.ts';
import { differenceOf, type Planned } from './plan.ts';

/** A field that the signer changed: its name, what was asked and what came, and of which input or output it is. */
export type Changed = {
  readonly code:
    | 'signing-request.other-version'
    | 'signing-request.other-locktime'
    | 'signing-request.other-input-count'
    | 'signing-request.other-outpoint'
    | 'signing-request.other-sequence'
    | 'signing-request.other-output-count'
    | 'signing-request.other-output-script'
    | 'signing-request.other-output-value'
    | 'signing-request.other-coin'
    | 'signing-request.other-script'
    | 'signing-request.other-script-sig'
    | 'signing-request.other-leaf';
  readonly field: string;
  readonly expected: string;
  readonly got: string;
  readonly input?: number;
  readonly output?: number;
};

type What = Changed['code'] extends `signing-request.${infer Name}` ? Name : never;
type Place = Pick<Changed, 'input' | 'output'>;

/** Throws one of the codes of {@link Changed}. */
export function changed(what: What, field: string, expected: string, got: string, place: Place = {}): never {
  fail<Changed>(
    { code: `signing-request.${what}`, field, expected, got, ...place },
    `${field}: the signer returned ${shorten(got)} where ${shorten(expected)} was asked`,
  );
}

function shorten(text: string): string {
  return text.length <= 140 ? text : `${text.slice(0, 60)}… (${text.length} characters)`;
}

/** Versions count as unsigned; a signed reading is the same four bytes. */
const versionOf = ({ version }: Tx.Transaction): string => String(version >>> 0);

/** Refuses a transaction that is not the one asked for. Signatures and scriptSigs are no part of it. */
export function checkTransaction(asked: Tx.Transaction, got: Tx.Transaction): void {
  if (versionOf(got) !== versionOf(asked)) changed('other-version', 'version', versionOf(asked), versionOf(got));
  if (got.locktime !== asked.locktime) changed('other-locktime', 'locktime', String(asked.locktime), String(got.locktime));
  if (got.ins.length !== asked.ins.length) changed('other-input-count', 'inputs', String(asked.ins.length), String(got.ins.length));
  for (const [input, wanted] of asked.ins.entries()) {
    const given = got.ins[input] as Tx.Transaction['ins'][number];
    if (!Bytes.equal(given.hash, wanted.hash) || given.index !== wanted.index)
      changed('other-outpoint', `inputs[${input}].outpoint`, pointOf(asked, input), pointOf(got, input), { input });
    if (given.sequence !== wanted.sequence)
      changed('other-sequence', `inputs[${input}].sequence`, String(wanted.sequence), String(given.sequence), { input });
  }
  if (got.outs.length !== asked.outs.length) changed('other-output-count', 'outputs', String(asked.outs.length), String(got.outs.length));
  for (const [output, wanted] of asked.outs.entries()) {
    const given = got.outs[output] as Tx.Transaction['outs'][number];
    if (!Bytes.equal(given.script, wanted.script))
      changed('other-output-script', `outputs[${output}].scriptPubKey`, Hex.encode(wanted.script), Hex.encode(given.script), { output });
    if (given.value !== wanted.value)
      changed('other-output-value', `outputs[${output}].valueSats`, String(wanted.value), String(given.value), { output });
  }
}

function pointOf(transaction: Tx.Transaction, input: number): string {
  const { txid, vout } = Tx.outpointOf(transaction, input);
  return `${txid}:${vout}`;
}

/** Refuses an answer that says something else of the outputs that are spent, or of the scripts behind them. What it leaves out is no matter. */
export function checkInputs(asked: Tx.Transaction, planned: readonly Planned[], { inputs }: Parsed): void {
  for (const [input, plan] of planned.entries()) {
    const map = inputs[input] as FieldMap;
    checkWitnessUtxo(input, plan, map.get('01')?.value);
    checkPrevious(asked, input, plan, map.get('00')?.value);
    checkScript(input, 'redeemScript', plan.redeemScript, map.get('04')?.value);
    checkScript(input, 'witnessScript', plan.witnessScript, map.get('05')?.value);
  }
}

function checkWitnessUtxo(input: number, { spent }: Planned, given: Uint8Array | undefined): void {
  if (given === undefined) return;
  if (given.length < 9) malformed('a spent output is cut short', `inputs[${input}]`);
  const view = new DataView(given.buffer, given.byteOffset, given.length);
  const value = view.getBigInt64(0, true);
  if (value !== spent.valueSats)
    changed('other-coin', `inputs[${input}].witnessUtxo.value`, String(spent.valueSats), String(value), { input });
  // All scripts that are known here are shorter than 253 bytes: one byte of length.
  const script = given.subarray(9);
  if (script.length !== given[8] || !Bytes.equal(script, spent.scriptPubKey))
    changed('other-coin', `inputs[${input}].witnessUtxo.script`, Hex.encode(spent.scriptPubKey), Hex.encode(script), { input });
}

function checkPrevious(asked: Tx.Transaction, input: number, { spent, fields }: Planned, given: Uint8Array | undefined): void {
  if (given === undefined) return;
  const own = fields.find(({ key }) => key.length === 1 && key[0] === 0)?.value;
  if (own !== undefined && Bytes.equal(own, given)) return;
  let previous: Tx.Transaction;
  try {
    previous = Tx.decode(given, 'nonWitnessUtxo');
  } catch (cause) {
    malformed('the previous transaction is none', `inputs[${input}]`, undefined, cause);
  }
  const what = differenceOf(previous, Tx.outpointOf(asked, input), spent);
  if (what !== undefined)
    changed('other-coin', `inputs[${input}].nonWitnessUtxo`, 'the transaction that made the coin', `another ${what}`, { input });
}

function checkScript(
  input: number,
  which: 'redeemScript' | 'witnessScript',
  own: Uint8Array | undefined,
  given: Uint8Array | undefined,
): void {
  if (given === undefined || (own !== undefined && Bytes.equal(own, given))) return;
  changed('other-script', `inputs[${input}].${which}`, own === undefined ? 'none' : Hex.encode(own), Hex.encode(given), { input });
}
