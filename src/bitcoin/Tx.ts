// Transactions: strict decoding, ids, sanity, weights. The container and its serialisation are bitcoinjs-lib's.
import { Transaction } from 'bitcoinjs-lib/src/transaction';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as Sats from '../base/Sats.ts';

export { Transaction };

export type Reason =
  | Check.Reason
  | { readonly code: 'tx.malformed'; readonly field: string }
  | { readonly code: 'tx.not-a-transaction'; readonly field: string; readonly got: string }
  | { readonly code: 'tx.no-inputs' }
  | { readonly code: 'tx.no-outputs' }
  | { readonly code: 'tx.too-large'; readonly strippedBytes: number; readonly maxBytes: number }
  | { readonly code: 'tx.bad-value'; readonly output: number }
  | { readonly code: 'tx.bad-total' }
  | { readonly code: 'tx.too-heavy'; readonly weight: number; readonly maxWeight: number }
  | { readonly code: 'tx.duplicate-input'; readonly input: number; readonly txid: string; readonly vout: number }
  | { readonly code: 'tx.null-prevout'; readonly input: number };

/** A transaction output; `txid` is the display order text (reversed bytes), as explorers and RPC show it. */
export type Outpoint = { readonly txid: string; readonly vout: number };
/** An output as a spend sees it. */
export type SpentOutput = { readonly scriptPubKey: Uint8Array; readonly valueSats: bigint };

/** The sequence that opts out of everything: final, no timelock, no replacement. */
export const FINAL_SEQUENCE = 0xffff_ffff;
/** Heaviest transaction that nodes relay. */
export const MAX_STANDARD_WEIGHT = 400_000;

/**
 * The transaction that `raw` spells, and nothing after it. What it re-encodes to is compared, so that no two byte strings mean the same.
 *
 * @throws tx.malformed - truncated, trailing bytes, non-minimal lengths, an empty witness marked as present
 */
export function decode(raw: Uint8Array, field = 'transaction'): Transaction {
  Check.bytes(raw, field);
  let transaction: Transaction;
  try {
    // A copy: cut out of a Buffer, the scripts and ids would be views of the caller's bytes.
    transaction = Transaction.fromBuffer(Bytes.copy(raw));
  } catch (cause) {
    return fail<Reason>({ code: 'tx.malformed', field }, `${field}: not a complete Bitcoin transaction`, { cause });
  }
  const outOfMoney = transaction.outs.some((output) => output.value < 0n || output.value > 0x7fff_ffff_ffff_ffffn);
  if (outOfMoney || !Bytes.equal(transaction.toBuffer(), raw))
    fail<Reason>({ code: 'tx.malformed', field }, `${field}: not in the one canonical encoding`);
  return transaction;
}

/** @throws hex.*, tx.malformed */
export function fromHex(text: string, field = 'transaction'): Transaction {
  return decode(Hex.decode(text, field), field);
}

/**
 * Returns `value` when it has the shape of a transaction: one of another installed copy of bitcoinjs-lib is as good.
 *
 * @throws tx.not-a-transaction
 */
export function check(value: Transaction, field = 'transaction'): Transaction {
  if (!isTransaction(value)) {
    const got = Check.kindOf(value);
    const inside = isObject(value) && isTransaction((value as { transaction?: unknown }).transaction);
    const old = isObject(value) && hasNumbers(value);
    const advice = inside
      ? 'give its .transaction'
      : old
        ? 'it is of bitcoinjs-lib 6: use Tx.fromHex(it.toHex())'
        : 'use Tx.decode or Tx.fromHex';
    fail<Reason>({ code: 'tx.not-a-transaction', field, got }, `${field}: expected a Transaction, got ${got}; ${advice}`);
  }
  return value;
}

function isTransaction(value: unknown): value is Transaction {
  if (!isObject(value)) return false;
  const { ins, outs, toBuffer } = value as Partial<Transaction>;
  return Array.isArray(ins) && Array.isArray(outs) && typeof toBuffer === 'function' && !hasNumbers(value);
}

/** Before version 7 amounts were numbers. */
function hasNumbers(value: object): boolean {
  const { outs } = value as { readonly outs?: unknown };
  return Array.isArray(outs) && typeof (outs[0] as { value?: unknown } | undefined)?.value === 'number';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** The raw bytes with witness. */
export function encode(transaction: Transaction): Uint8Array {
  return Uint8Array.from(check(transaction).toBuffer());
}

/** Lower-case hex with witness. */
export function toHex(transaction: Transaction): string {
  return Hex.encode(check(transaction).toBuffer());
}

/** Display-order txid. */
export function txid(transaction: Transaction): string {
  return check(transaction).getId();
}

/** A copy that shares no bytes with the original; bitcoinjs-lib's `clone` shares all scripts. */
export function copy(transaction: Transaction): Transaction {
  const result = check(transaction).clone();
  for (const input of result.ins) {
    input.hash = Bytes.copy(input.hash);
    input.script = Bytes.copy(input.script);
    input.witness = input.witness.map(Bytes.copy);
  }
  for (const output of result.outs) output.script = Bytes.copy(output.script);
  return result;
}

/** The same transaction without witnesses, the form whose hash is the txid: a copy that shares no bytes. */
export function stripped(transaction: Transaction): Transaction {
  const bare = check(transaction).clone();
  bare.stripWitnesses();
  return copy(bare);
}

/** The outpoint that input `index` spends. */
export function outpointOf(transaction: Transaction, index: number): Outpoint {
  const { ins } = check(transaction);
  if (typeof index !== 'number') Check.integer(index, 'inputIndex', 0, ins.length - 1);
  const input = ins[index];
  if (input === undefined) Check.outOfRange('inputIndex', 0n, BigInt(ins.length - 1), String(index));
  return { txid: Hex.encode(Bytes.reverse(input.hash)), vout: input.index };
}

/**
 * Output `index` of a transaction.
 *
 * @throws input.out-of-range
 */
export function outputOf(transaction: Transaction, index: number, field = 'outputIndex'): SpentOutput {
  Check.integer(index, field, 0, check(transaction).outs.length - 1);
  const output = transaction.outs[index] as Transaction['outs'][number];
  return { scriptPubKey: output.script, valueSats: output.value };
}

/** True when input `index` spends `outpoint`. */
export function spends(transaction: Transaction, index: number, outpoint: Outpoint): boolean {
  const { txid: spent, vout } = outpointOf(transaction, index);
  const { txid: wanted, vout: wantedVout } = Check.object(outpoint, 'outpoint');
  return spent === Check.text(wanted, 'outpoint.txid').toLowerCase() && vout === wantedVout;
}

/** An unsigned transaction of version 2 and locktime 0, with copies of the scripts: who changes an argument later does not change it. */
export function create(
  inputs: readonly { readonly outpoint: Outpoint; readonly sequence?: number }[],
  outputs: readonly { readonly scriptPubKey: Uint8Array; readonly valueSats: bigint }[],
): Transaction {
  const transaction = new Transaction();
  transaction.version = 2;
  for (const [i, input] of Check.list(inputs, 'inputs').entries()) {
    const { outpoint, sequence } = Check.object(input, `inputs[${i}]`);
    if (sequence !== undefined) Check.integer(sequence, `inputs[${i}].sequence`, 0, FINAL_SEQUENCE);
    transaction.addInput(hashOf(outpoint, `inputs[${i}].outpoint`), outpoint.vout, sequence ?? FINAL_SEQUENCE);
  }
  for (const [i, output] of Check.list(outputs, 'outputs').entries()) {
    const { scriptPubKey, valueSats } = Check.object(output, `outputs[${i}]`);
    transaction.addOutput(
      Bytes.copy(Check.bytes(scriptPubKey, `outputs[${i}].scriptPubKey`)),
      Sats.from(valueSats, `outputs[${i}].valueSats`),
    );
  }
  checkSanity(transaction);
  return transaction;
}

/** A checked outpoint with lower-case txid. @throws hex.*, input.* */
export function checkOutpoint(outpoint: Outpoint, field = 'outpoint'): Outpoint {
  hashOf(outpoint, field);
  return { txid: outpoint.txid.toLowerCase(), vout: outpoint.vout };
}

/** The transaction hash of a checked outpoint in the order of the wire. */
function hashOf(outpoint: Outpoint, field: string): Uint8Array {
  const { txid: id, vout } = Check.object(outpoint, field);
  const hash = Hex.decode(id, `${field}.txid`, 32).reverse();
  Check.integer(vout, `${field}.vout`, 0, 0xffff_fffe);
  return hash;
}

/**
 * Refuses a weight that no node relays: a builder's answer to too many inputs.
 *
 * @unit weight units of the signed transaction
 * @throws tx.too-heavy
 */
export function checkWeight(weight: number): number {
  const maxWeight = MAX_STANDARD_WEIGHT;
  Check.integer(weight, 'weight', 0, Number.MAX_SAFE_INTEGER);
  if (weight > maxWeight)
    fail<Reason>(
      { code: 'tx.too-heavy', weight, maxWeight },
      `the signed transaction would weigh ${weight}, nodes relay up to ${maxWeight}`,
    );
  return weight;
}

/**
 * What every transaction must keep, whatever it spends.
 *
 * @throws tx.no-inputs, tx.no-outputs, tx.too-large, tx.bad-value, tx.bad-total, tx.duplicate-input, tx.null-prevout
 * @source btcd blockchain CheckTransactionSanity; Bitcoin Core CheckTransaction
 */
export function checkSanity(transaction: Transaction): void {
  check(transaction);
  if (transaction.ins.length === 0) fail<Reason>({ code: 'tx.no-inputs' }, 'a transaction needs an input');
  if (transaction.outs.length === 0) fail<Reason>({ code: 'tx.no-outputs' }, 'a transaction needs an output');
  const strippedBytes = transaction.byteLength(false);
  if (strippedBytes > 1_000_000)
    fail<Reason>({ code: 'tx.too-large', strippedBytes, maxBytes: 1_000_000 }, `the transaction has ${strippedBytes} bytes`);
  let total = 0n;
  for (const [output, { value }] of transaction.outs.entries()) {
    if (value < 0n || value > Sats.MAX) fail<Reason>({ code: 'tx.bad-value', output }, `output ${output} is outside 0..21 million BTC`);
    total += value;
  }
  if (total > Sats.MAX) fail<Reason>({ code: 'tx.bad-total' }, 'the outputs add up to more than 21 million BTC');
  checkPrevouts(transaction);
}

function checkPrevouts(transaction: Transaction): void {
  const seen = new Set<string>();
  for (const [input, { hash, index }] of transaction.ins.entries()) {
    if (index === 0xffff_ffff && hash.every((byte) => byte === 0))
      fail<Reason>({ code: 'tx.null-prevout', input }, `input ${input} spends no output`);
    const key = `${Hex.encode(hash)}:${index}`;
    if (seen.has(key)) {
      const { txid: id, vout } = outpointOf(transaction, input);
      fail<Reason>({ code: 'tx.duplicate-input', input, txid: id, vout }, `input ${input} spends ${id}:${vout} a second time`);
    }
    seen.add(key);
  }
}
