// Consensus rules of a transaction as a whole: shape, amounts, weight and signature operations, before any script runs.
import * as Hex from '../../base/Hex.ts';
import * as Sats from '../../base/Sats.ts';
import { type SpendInput, type SpendTransaction, strippedBytes, weightOf } from './decode.ts';
import { type Failure, transactionFailure } from './rules.ts';

/** @unit weight units */
const MAX_BLOCK_WEIGHT = 4_000_000;
/** Header, transaction count and the smallest coinbase with a witness commitment. @unit weight units */
const BLOCK_OVERHEAD = 804;
const MAX_BLOCK_SIGOPS_COST = 80_000;
const NULL_INDEX = 0xffff_ffff;

/**
 * The rules that need no spent outputs, in the order in which nodes check them.
 *
 * @source Bitcoin Core consensus/tx_check.cpp CheckTransaction
 */
export function checkTransaction(transaction: SpendTransaction): Failure | undefined {
  const { ins, outs } = transaction;
  if (ins.length === 0) return transactionFailure('bad-txns-vin-empty', 'the transaction has no input');
  if (outs.length === 0) return transactionFailure('bad-txns-vout-empty', 'the transaction has no output');
  if (4 * strippedBytes(transaction) > MAX_BLOCK_WEIGHT) return transactionFailure('bad-txns-oversize', 'no block has room for it');
  return checkValues(transaction) ?? checkOutpoints(ins);
}

function checkValues({ outs }: SpendTransaction): Failure | undefined {
  let total = 0n;
  for (const [i, { value }] of outs.entries()) {
    if (value < 0n) return transactionFailure('bad-txns-vout-negative', `output ${i} is below zero: ${value} sat`);
    if (value > Sats.MAX) return transactionFailure('bad-txns-vout-toolarge', `output ${i} is above 21 million BTC: ${value} sat`);
    total += value;
    if (total > Sats.MAX) return transactionFailure('bad-txns-txouttotal-toolarge', `the outputs are above 21 million BTC: ${total} sat`);
  }
  return undefined;
}

function checkOutpoints(ins: readonly SpendInput[]): Failure | undefined {
  const seen = new Set<string>();
  for (const [inputIndex, { hash, index }] of ins.entries()) {
    const key = `${Hex.encode(hash)}${index}`;
    if (seen.has(key))
      return transactionFailure('bad-txns-inputs-duplicate', 'the output is spent by an earlier input already', inputIndex);
    seen.add(key);
  }
  const nulls = ins.map(({ hash, index }) => index === NULL_INDEX && hash.every((byte) => byte === 0));
  if (ins.length === 1 && nulls[0]) {
    const length = ins[0]?.script.length ?? 0;
    const rule = length < 2 || length > 100 ? 'bad-cb-length' : 'coinbase';
    return transactionFailure(rule, 'the input spends nothing: only the first transaction of a block may', 0);
  }
  const nullIndex = nulls.indexOf(true);
  return nullIndex < 0 ? undefined : transactionFailure('bad-txns-prevout-null', 'the input spends nothing', nullIndex);
}

/**
 * Weight and signature operations against what a block holds.
 *
 * @source BIP141 "Block size", "Sigops"
 */
export function checkBlockRoom(transaction: SpendTransaction, sigopsCost: number): Failure | undefined {
  const weight = weightOf(transaction);
  if (weight > MAX_BLOCK_WEIGHT - BLOCK_OVERHEAD)
    return transactionFailure('bad-blk-weight', `no block has room for ${weight} weight units`);
  if (sigopsCost > MAX_BLOCK_SIGOPS_COST) return transactionFailure('bad-blk-sigops', `${sigopsCost} signature operations are too many`);
  return undefined;
}

/**
 * What the inputs bring against what the outputs take.
 *
 * @source Bitcoin Core consensus/tx_verify.cpp CheckTxInputs
 */
export function checkAmounts({ outs }: SpendTransaction, inSats: bigint): Failure | undefined {
  const outSats = sumSats(outs);
  if (inSats > Sats.MAX) return transactionFailure('bad-txns-inputvalues-outofrange', `the inputs are above 21 million BTC: ${inSats} sat`);
  if (inSats < outSats) return transactionFailure('bad-txns-in-belowout', `the outputs take ${outSats} sat, the inputs bring ${inSats}`);
  return undefined;
}

/** What the outputs take. */
export function sumSats(outs: SpendTransaction['outs']): bigint {
  return outs.reduce((sum, { value }) => sum + value, 0n);
}

/**
 * Cost of all signature operations: those in output and input scripts count four, a P2WPKH input counts one, tapscript none.
 *
 * @source BIP141 "Sigops"; BIP342 "Resource limits"
 */
export function sigopsCostOf({ ins, outs }: SpendTransaction, keyHashInputs: number): number {
  const scripts = [...ins.map(({ script }) => script), ...outs.map(({ script }) => script)];
  return scripts.reduce((cost, script) => cost + 4 * legacySigops(script), keyHashInputs);
}

/** CHECKSIG and CHECKSIGVERIFY count one, CHECKMULTISIG and its VERIFY form twenty; counting ends at a push over the end. */
function legacySigops(script: Uint8Array): number {
  let count = 0;
  let at = 0;
  while (at < script.length) {
    const opcode = script[at++] as number;
    if (opcode < 0x4c) at += opcode;
    else if (opcode <= 0x4e) {
      const sizeBytes = 2 ** (opcode - 0x4c);
      let length = 0;
      for (let i = sizeBytes - 1; i >= 0; i--) length = length * 256 + (script[at + i] ?? 0);
      at += sizeBytes + length;
    } else if (opcode === 0xac || opcode === 0xad) count += 1;
    else if (opcode === 0xae || opcode === 0xaf) count += 20;
  }
  return count;
}
