// A spend under construction: what each signature signs is decided last, so that everything can be changed before and after signing.
// Hashes come from bitcoinjs-lib, not from the code under test; the serialisation writes what a transaction class would refuse.
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { ripemd160 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { Transaction } from 'bitcoinjs-lib';
import * as tiny from 'tiny-secp256k1';
import * as CompactSize from '../../../src/bitcoin/CompactSize.ts';

/** A key with its closures; deterministic, known to everybody. */
export type Signer = {
  readonly publicKey: Uint8Array;
  readonly compressed: Uint8Array;
  readonly schnorr: (hash: Uint8Array) => Uint8Array;
  /** 64 bytes r || s, low s. */
  readonly ecdsa: (hash: Uint8Array) => Uint8Array;
};

/** The signer of a name. */
export function signer(name: string): Signer {
  const secret = sha256(utf8ToBytes(`spend mutation ${name}`));
  const compressed = tiny.pointFromScalar(secret, true) as Uint8Array;
  return {
    publicKey: compressed.slice(1),
    compressed,
    schnorr: (hash) => tiny.signSchnorr(hash, secret, new Uint8Array(32)),
    ecdsa: (hash) => tiny.sign(hash, secret),
  };
}

/** What a coin is to the spend check. */
export type Coin = {
  readonly txid: Uint8Array;
  readonly vout: number;
  readonly scriptPubKey: Uint8Array;
  readonly valueSats: bigint;
  readonly confirmedHeight: number;
  readonly medianTimeBefore: number;
};

/** A witness item: bytes as they are, or a signature made at the end. */
export type Item = Raw | Signature;
/** `owner`: whose slot it is, when it is one. */
export type Raw = { raw: Uint8Array; role?: string; owner?: Signer };
export type Signature = {
  signer: Signer;
  role: string;
  hashType: number;
  /** What is signed in place of the draft. */
  view?: (draft: Draft) => Draft;
  /** The last word on the bytes. */
  edit?: (signature: Uint8Array) => Uint8Array;
  /** The key path message although a leaf is spent, or another leaf. */
  leaf?: 'none' | Uint8Array;
};

export type Input = {
  coin: Coin;
  sequence: number;
  scriptSig: Uint8Array;
  items: Item[];
  /** Script and control block; empty for other spends. */
  tail: Uint8Array[];
  /** The leaf that signatures cover. */
  leafHash?: Uint8Array;
  /** Covered by the signatures and shown at the end of the witness. */
  annex?: Uint8Array;
  /** Further items at the end that no signature covers. */
  after: Uint8Array[];
  keyHash?: boolean;
};
export type Output = { script: Uint8Array; value: bigint };
export type Draft = { version: number; locktime: number; inputs: Input[]; outputs: Output[] };

export const isSignature = (item: Item): item is Signature => 'signer' in item;

/** A copy that can be changed on its own. */
export function copy(draft: Draft): Draft {
  return {
    ...draft,
    inputs: draft.inputs.map((input) => ({
      ...input,
      items: input.items.map((item) => ({ ...item })),
      tail: [...input.tail],
      after: [...input.after],
    })),
    outputs: draft.outputs.map((output) => ({ ...output })),
  };
}

/** The raw transaction with all signatures. */
export function finish(draft: Draft): Uint8Array {
  const witnesses = draft.inputs.map((input, i) => witnessOf(draft, input, i));
  return serialise(draft, witnesses);
}

function witnessOf(draft: Draft, input: Input, index: number): Uint8Array[] {
  const items = input.items.map((item) => (isSignature(item) ? sign(draft, input, index, item) : item.raw));
  if (input.keyHash === true) return items;
  return [...items, ...input.tail, ...(input.annex === undefined ? [] : [input.annex]), ...input.after];
}

function sign(draft: Draft, input: Input, index: number, item: Signature): Uint8Array {
  const seen = item.view === undefined ? draft : item.view(copy(draft));
  const transaction = toTransaction(seen);
  const spent = seen.inputs[index] as Input;
  if (input.keyHash === true) {
    const script = concat(hex('76a914'), spent.coin.scriptPubKey.subarray(2), hex('88ac'));
    const hash = transaction.hashForWitnessV0(index, script, spent.coin.valueSats, item.hashType);
    const signature = concat(der(item.signer.ecdsa(hash)), Uint8Array.of(item.hashType));
    return item.edit?.(signature) ?? signature;
  }
  const leafHash = item.leaf === 'none' ? undefined : (item.leaf ?? spent.leafHash);
  const scripts = seen.inputs.map(({ coin }) => coin.scriptPubKey);
  const values = seen.inputs.map(({ coin }) => coin.valueSats);
  const hasNoOutput = (item.hashType & 3) === 3 && index >= seen.outputs.length;
  const hash = hasNoOutput
    ? sha256(leafHash ?? scripts[index] ?? new Uint8Array())
    : transaction.hashForWitnessV1(index, scripts, values, item.hashType, leafHash, spent.annex);
  const signature = concat(item.signer.schnorr(hash), item.hashType === 0 ? new Uint8Array() : Uint8Array.of(item.hashType));
  return item.edit?.(signature) ?? signature;
}

function toTransaction({ version, locktime, inputs, outputs }: Draft): Transaction {
  const transaction = new Transaction();
  transaction.version = version >>> 0;
  transaction.locktime = locktime;
  transaction.ins = inputs.map(({ coin, sequence, scriptSig }) => ({
    hash: coin.txid,
    index: coin.vout,
    script: scriptSig,
    sequence: sequence >>> 0,
    witness: [],
  }));
  // bitcoinjs-lib signs no transaction without outputs; such a one is refused before its signatures matter
  transaction.outs = outputs.length === 0 ? [{ script: new Uint8Array(), value: 0n }] : outputs.map((output) => ({ ...output }));
  return transaction;
}

function serialise({ version, locktime, inputs, outputs }: Draft, witnesses: readonly Uint8Array[][]): Uint8Array {
  const hasWitness = witnesses.some((witness) => witness.length > 0);
  return concat(
    uint32(version),
    hasWitness ? Uint8Array.of(0, 1) : new Uint8Array(),
    list(inputs, ({ coin, sequence, scriptSig }) => concat(coin.txid, uint32(coin.vout), sized(scriptSig), uint32(sequence))),
    list(outputs, ({ script, value }) => concat(int64(value), sized(script))),
    ...(hasWitness ? witnesses.map((witness) => list(witness, sized)) : []),
    uint32(locktime),
  );
}

function list<T>(items: readonly T[], write: (item: T) => Uint8Array): Uint8Array {
  return concat(CompactSize.encode(items.length), ...items.map(write));
}

function sized(bytes: Uint8Array): Uint8Array {
  return concat(CompactSize.encode(bytes.length), bytes);
}

function int64(value: bigint): Uint8Array {
  const result = new Uint8Array(8);
  new DataView(result.buffer).setBigInt64(0, value, true);
  return result;
}

function uint32(value: number): Uint8Array {
  const result = new Uint8Array(4);
  new DataView(result.buffer).setUint32(0, value, true);
  return result;
}

/** DER of a compact signature. */
export function der(compact: Uint8Array): Uint8Array {
  const integer = (bytes: Uint8Array): Uint8Array => {
    const first = bytes.findIndex((byte) => byte !== 0);
    const trimmed = bytes.slice(first < 0 ? bytes.length - 1 : first);
    const body = (trimmed[0] as number) >= 0x80 ? concat(Uint8Array.of(0), trimmed) : trimmed;
    return concat(Uint8Array.of(2, body.length), body);
  };
  const body = concat(integer(compact.slice(0, 32)), integer(compact.slice(32)));
  return concat(Uint8Array.of(0x30, body.length), body);
}

/** n - x for the 32 bytes of a scalar. */
export function negate(scalar: Uint8Array): Uint8Array {
  const n = secp256k1.Point.CURVE().n;
  return number32((n - BigInt(`0x${toHex(scalar)}`)) % n);
}

export function number32(value: bigint): Uint8Array {
  return hex(value.toString(16).padStart(64, '0'));
}

export function hash160(bytes: Uint8Array): Uint8Array {
  return ripemd160(sha256(bytes));
}

export function hex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
