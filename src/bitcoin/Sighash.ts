// What a signature signs: the message of BIP341 with its tapscript extension of BIP342, that of BIP143 for segwit version 0, and the first one.
// The five hashes over all inputs and outputs are made once per transaction; a signature adds only its own fields.
import { sha256 } from '@noble/hashes/sha2.js';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import { taggedHash } from '../crypto/TaggedHash.ts';
import * as CompactSize from './CompactSize.ts';
import { amount, hashOf, outpoint, output, uint32, withLength } from './spend/encode.ts';
import type { SpentOutput } from './Tx.ts';

export type Reason =
  | Check.Reason
  | { readonly code: 'sighash.wrong-prevout-count'; readonly inputs: number; readonly prevouts: number }
  | { readonly code: 'sighash.bad-hash-type'; readonly hashType: number }
  | { readonly code: 'sighash.no-matching-output'; readonly inputIndex: number; readonly outputs: number }
  | { readonly code: 'sighash.bad-annex' };

/** The part of a transaction that is signed; bitcoinjs-lib's `Transaction` has this shape. The version counts as unsigned. */
export type Signable = {
  readonly version: number;
  readonly locktime: number;
  readonly ins: readonly { readonly hash: Uint8Array; readonly index: number; readonly sequence: number }[];
  readonly outs: readonly { readonly script: Uint8Array; readonly value: bigint }[];
};

/** The hash types of BIP341; DEFAULT covers the same as ALL but is another message. */
export const TYPE = { DEFAULT: 0x00, ALL: 0x01, NONE: 0x02, SINGLE: 0x03, ANYONE_CAN_PAY: 0x80 } as const;

/** Single SHA256 over all inputs or outputs; BIP143 uses three of them, hashed once more. */
export type SharedHashes = {
  readonly prevouts: Uint8Array;
  readonly amounts: Uint8Array;
  readonly scriptPubKeys: Uint8Array;
  readonly sequences: Uint8Array;
  readonly outputs: Uint8Array;
};

/** A transaction made ready for signing; a later change of the transaction is not seen. */
export type Context = { readonly transaction: Signable; readonly spentOutputs: readonly SpentOutput[]; readonly shared: SharedHashes };

/** `annex` with its leading 0x50. */
export type Options = { readonly hashType?: number; readonly annex?: Uint8Array };

/** ALL when left out: DEFAULT is no type of ECDSA signatures. */
export type EcdsaOptions = { readonly hashType?: number };

/**
 * Hashes what all signatures of a transaction have in common.
 *
 * @param spentOutputs the outputs that the inputs spend, in input order: all of them, since each signature covers all
 * @throws sighash.wrong-prevout-count
 * @source BIP341 "Common signature message"
 */
export function prepare(transaction: Signable, spentOutputs: readonly SpentOutput[]): Context {
  checkSignable(transaction);
  Check.list(spentOutputs, 'spentOutputs');
  const inputs = transaction.ins.length;
  if (spentOutputs.length !== inputs) {
    fail<Reason>(
      { code: 'sighash.wrong-prevout-count', inputs, prevouts: spentOutputs.length },
      `${inputs} inputs spend ${inputs} outputs, got ${spentOutputs.length}`,
    );
  }
  for (const [i, output_] of spentOutputs.entries()) {
    const { scriptPubKey, valueSats } = Check.object(output_, `spentOutputs[${i}]`);
    Check.bytes(scriptPubKey, `spentOutputs[${i}].scriptPubKey`);
    Check.bigInteger(valueSats, `spentOutputs[${i}].valueSats`, -(1n << 63n), (1n << 64n) - 1n);
  }
  const shared: SharedHashes = {
    prevouts: hashOf(transaction.ins.flatMap(outpoint)),
    amounts: hashOf(spentOutputs.map(({ valueSats }) => amount(valueSats))),
    scriptPubKeys: hashOf(spentOutputs.flatMap(({ scriptPubKey }) => withLength(scriptPubKey))),
    sequences: hashOf(transaction.ins.map(({ sequence }) => uint32(sequence))),
    outputs: hashOf(transaction.outs.flatMap(output)),
  };
  return { transaction: snapshot(transaction), spentOutputs: [...spentOutputs], shared };
}

/**
 * The hash that a signature inside a tapscript leaf signs (ext_flag 1, no OP_CODESEPARATOR).
 *
 * @shape leafHash: 32 bytes; result: 32 bytes
 * @throws input.*, sighash.bad-hash-type, sighash.no-matching-output, sighash.bad-annex
 * @source BIP342 "Common signature message extension"
 */
export function tapscript(context: Context, inputIndex: number, leafHash: Uint8Array, options: Options = {}): Uint8Array {
  Check.bytes(leafHash, 'leafHash', 32);
  return taggedHash('TapSighash', sigMsg(context, inputIndex, { ...Check.object(options, 'options'), leafHash }));
}

/**
 * The hash that a key path signature signs (ext_flag 0).
 *
 * @shape 32 bytes
 * @throws input.*, sighash.bad-hash-type, sighash.no-matching-output, sighash.bad-annex
 * @source BIP341 "Taproot key path spending signature validation"
 */
export function keyPath(context: Context, inputIndex: number, options: Options = {}): Uint8Array {
  return taggedHash('TapSighash', sigMsg(context, inputIndex, options));
}

/**
 * The message under the tagged hash, with its leading epoch byte 00; with `leafHash` it is the one of a tapscript signature.
 *
 * @shape 212 bytes for a tapscript signature of type DEFAULT or ALL without annex, 175 for the key path
 * @throws input.*, sighash.bad-hash-type, sighash.no-matching-output, sighash.bad-annex
 */
export function sigMsg(context: Context, inputIndex: number, options: Options & { readonly leafHash?: Uint8Array } = {}): Uint8Array {
  const { transaction, spentOutputs, shared } = checkContext(context);
  Check.integer(inputIndex, 'inputIndex', 0, transaction.ins.length - 1);
  const hashType = checkHashType(Check.object(options, 'options').hashType ?? TYPE.DEFAULT);
  const { annex, leafHash } = options;
  const anyoneCanPay = (hashType & TYPE.ANYONE_CAN_PAY) !== 0;
  const coverage = hashType & 3;

  const parts: Uint8Array[] = [Uint8Array.of(0, hashType), uint32(transaction.version), uint32(transaction.locktime)];
  if (!anyoneCanPay) parts.push(shared.prevouts, shared.amounts, shared.scriptPubKeys, shared.sequences);
  if (coverage !== TYPE.NONE && coverage !== TYPE.SINGLE) parts.push(shared.outputs);
  parts.push(Uint8Array.of((leafHash === undefined ? 0 : 2) + (annex === undefined ? 0 : 1)));
  if (anyoneCanPay) {
    const input = transaction.ins[inputIndex] as Signable['ins'][number];
    const spent = spentOutputs[inputIndex] as SpentOutput;
    parts.push(...outpoint(input), amount(spent.valueSats), ...withLength(spent.scriptPubKey), uint32(input.sequence));
  } else {
    parts.push(uint32(inputIndex));
  }
  if (annex !== undefined) parts.push(hashOf(withLength(checkAnnex(annex))));
  if (coverage === TYPE.SINGLE) parts.push(matchingOutput(transaction, inputIndex));
  // Key version 0, and no OP_CODESEPARATOR was executed.
  if (leafHash !== undefined) parts.push(leafHash, Uint8Array.of(0), uint32(0xffff_ffff));
  return Bytes.concat(...parts);
}

/**
 * The hash that an ECDSA signature of a segwit version 0 input signs. The hashes over all inputs are shared: n inputs cost n.
 * Every byte is a hash type here; what nodes relay is 01, 02, 03 and the same with 80.
 *
 * @param scriptCode for P2WPKH the script of the P2PKH output with the same key hash, for P2WSH the witness script
 * @shape 32 bytes
 * @throws input.*
 * @source BIP143 "Specification"
 */
export function segwitV0(context: Context, inputIndex: number, scriptCode: Uint8Array, options: EcdsaOptions = {}): Uint8Array {
  const { transaction, spentOutputs, shared } = checkContext(context);
  Check.integer(inputIndex, 'inputIndex', 0, transaction.ins.length - 1);
  Check.bytes(scriptCode, 'scriptCode');
  const hashType = Check.integer(Check.object(options, 'options').hashType ?? TYPE.ALL, 'hashType', 0, 255);
  const input = checkInput(transaction.ins[inputIndex], inputIndex);
  const coverage = hashType & 0x1f;
  const anyoneCanPay = (hashType & TYPE.ANYONE_CAN_PAY) !== 0;
  const coversAll = coverage !== TYPE.NONE && coverage !== TYPE.SINGLE;
  const { valueSats } = Check.object(spentOutputs[inputIndex] as SpentOutput, `context.spentOutputs[${inputIndex}]`);
  Check.bigInteger(valueSats, `context.spentOutputs[${inputIndex}].valueSats`, -(1n << 63n), (1n << 64n) - 1n);
  const none = new Uint8Array(32);
  const matching = coverage === TYPE.SINGLE ? transaction.outs[inputIndex] : undefined;
  const outputs = coversAll ? shared.outputs : matching && hashOf(output(checkOutput(matching, inputIndex)));
  return doubleHashOf([
    uint32(transaction.version),
    anyoneCanPay ? none : sha256(shared.prevouts),
    anyoneCanPay || !coversAll ? none : sha256(shared.sequences),
    ...outpoint(input),
    ...withLength(scriptCode),
    amount(valueSats),
    uint32(input.sequence),
    outputs === undefined ? none : sha256(outputs),
    uint32(transaction.locktime),
    uint32(hashType),
  ]);
}

/**
 * The hash that an ECDSA signature of an input before segwit signs. It covers no amount, and the whole transaction is hashed for each input:
 * n inputs cost n times n, which no implementation can help.
 *
 * @param scriptCode for P2PKH the output script, for P2SH the redeem script; without OP_CODESEPARATOR
 * @shape 32 bytes
 * @throws input.*
 * @source Bitcoin Core SignatureHash; developer.bitcoin.org "Signature Hash Types"
 */
export function legacy(context: Context, inputIndex: number, scriptCode: Uint8Array, options: EcdsaOptions = {}): Uint8Array {
  const { transaction } = checkContext(context);
  Check.integer(inputIndex, 'inputIndex', 0, transaction.ins.length - 1);
  Check.bytes(scriptCode, 'scriptCode');
  const hashType = Check.integer(Check.object(options, 'options').hashType ?? TYPE.ALL, 'hashType', 0, 255);
  const { ins, outs } = transaction;
  const coverage = hashType & 0x1f;
  // A bug of the first release that is consensus since: the number one is signed.
  if (coverage === TYPE.SINGLE && inputIndex >= outs.length) return Uint8Array.of(1, ...new Uint8Array(31));
  const own = checkInput(ins[inputIndex], inputIndex);
  const anyoneCanPay = (hashType & TYPE.ANYONE_CAN_PAY) !== 0;
  const others = anyoneCanPay ? NOTHING : blankInputs(context.shared, ins, coverage === TYPE.NONE || coverage === TYPE.SINGLE);
  const parts: Uint8Array[] = [
    uint32(transaction.version),
    CompactSize.encode(anyoneCanPay ? 1 : ins.length),
    others.subarray(0, BLANK_INPUT_BYTES * inputIndex),
    ...outpoint(own),
    ...withLength(scriptCode),
    uint32(own.sequence),
    others.subarray(BLANK_INPUT_BYTES * (inputIndex + 1)),
  ];
  const covered = coverage === TYPE.NONE ? [] : coverage === TYPE.SINGLE ? outs.slice(0, inputIndex + 1) : outs;
  parts.push(CompactSize.encode(covered.length));
  for (const [i, one] of covered.entries())
    parts.push(...(coverage === TYPE.SINGLE && i < inputIndex ? [NO_OUTPUT] : output(checkOutput(one, i))));
  parts.push(uint32(transaction.locktime), uint32(hashType));
  return doubleHashOf(parts);
}

/** Outpoint, an empty script and the sequence. */
const BLANK_INPUT_BYTES = 36 + 1 + 4;
const NOTHING = new Uint8Array(0);
/** Of each prepared transaction: all inputs without their scripts, with their sequences or with zeros for them. */
const blanks = new WeakMap<SharedHashes, Map<boolean, Uint8Array>>();

function blankInputs(shared: SharedHashes, ins: Signable['ins'], withoutSequences: boolean): Uint8Array {
  let made = blanks.get(shared);
  if (made === undefined) {
    made = new Map();
    blanks.set(shared, made);
  }
  let all = made.get(withoutSequences);
  if (all === undefined) {
    all = new Uint8Array(BLANK_INPUT_BYTES * ins.length);
    for (const [i, input] of ins.entries()) {
      const { hash, index, sequence } = checkInput(input, i);
      all.set(hash, BLANK_INPUT_BYTES * i);
      all.set(uint32(index), BLANK_INPUT_BYTES * i + 32);
      all.set(uint32(withoutSequences ? 0 : sequence), BLANK_INPUT_BYTES * i + 37);
    }
    made.set(withoutSequences, all);
  }
  return all;
}

/** An output that SINGLE leaves open: the value -1 and no script. */
const NO_OUTPUT = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0);

function doubleHashOf(parts: readonly Uint8Array[]): Uint8Array {
  return sha256(hashOf(parts));
}

/** True for the seven hash types that BIP341 defines; any other makes a signature invalid. */
export function isHashType(hashType: number): boolean {
  if (typeof hashType !== 'number') return false;
  return (hashType >= 0x00 && hashType <= 0x03) || (hashType >= 0x81 && hashType <= 0x83);
}

/** The parts that are hashed; a `Transaction` has them. */
function checkSignable(transaction: Signable): void {
  const { ins, outs } = Check.object(transaction, 'transaction');
  Check.list(ins, 'transaction.ins');
  Check.list(outs, 'transaction.outs');
}

/** Made by {@link prepare}; the lists were looked through there, and every signature passes here. */
function checkContext(context: Context): Context {
  const { shared, transaction, spentOutputs } = Check.object(context, 'context');
  const { prevouts, amounts, scriptPubKeys, sequences, outputs } = Check.object(shared, 'context.shared');
  for (const hash of [prevouts, amounts, scriptPubKeys, sequences, outputs]) Check.bytes(hash, 'context.shared', 32);
  checkSignable(transaction);
  Check.integer(transaction.version, 'context.transaction.version', -0x8000_0000, 0xffff_ffff);
  Check.integer(transaction.locktime, 'context.transaction.locktime', 0, 0xffff_ffff);
  Check.list(spentOutputs, 'context.spentOutputs');
  return context;
}

function checkInput(input: Signable['ins'][number] | undefined, i: number): Signable['ins'][number] {
  const field = `context.transaction.ins[${i}]`;
  const { hash, index, sequence } = Check.object(input as Signable['ins'][number], field);
  Check.bytes(hash, `${field}.hash`, 32);
  Check.integer(index, `${field}.index`, 0, 0xffff_ffff);
  Check.integer(sequence, `${field}.sequence`, 0, 0xffff_ffff);
  return input as Signable['ins'][number];
}

function checkOutput(given: Signable['outs'][number], i: number): Signable['outs'][number] {
  const { script, value } = Check.object(given, `context.transaction.outs[${i}]`);
  Check.bytes(script, `context.transaction.outs[${i}].script`);
  Check.bigInteger(value, `context.transaction.outs[${i}].value`, -(1n << 63n), (1n << 64n) - 1n);
  return given;
}

function checkHashType(hashType: number): number {
  if (typeof hashType !== 'number') Check.integer(hashType, 'hashType', 0, 255);
  if (!isHashType(hashType)) fail<Reason>({ code: 'sighash.bad-hash-type', hashType }, `no BIP341 hash type: ${hashType}`);
  return hashType;
}

function checkAnnex(annex: Uint8Array): Uint8Array {
  if (Check.bytes(annex, 'annex')[0] !== 0x50) fail<Reason>({ code: 'sighash.bad-annex' }, 'an annex starts with the byte 50');
  return annex;
}

function matchingOutput(transaction: Signable, inputIndex: number): Uint8Array {
  const outputs = transaction.outs.length;
  const matching = transaction.outs[inputIndex];
  if (matching === undefined) {
    fail<Reason>({ code: 'sighash.no-matching-output', inputIndex, outputs }, `SINGLE: input ${inputIndex} has no output beside it`);
  }
  return hashOf(output(matching));
}

function snapshot({ version, locktime, ins, outs }: Signable): Signable {
  return {
    version,
    locktime,
    ins: ins.map(({ hash, index, sequence }) => ({ hash, index, sequence })),
    outs: outs.map(({ script, value }) => ({ script, value })),
  };
}
