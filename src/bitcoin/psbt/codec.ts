// The PSBT container (BIP174, version 0): maps of key and value, read strictly and written in one order. What the fields mean is not its business.
// Why not bip174, which bitcoinjs-lib's Psbt stands on: it reads an answer with bytes behind its end, with lengths that are not in their shortest
// form, and with a version field of 2, and what it has read is no longer what came. Written by Psbt.addInput, 1,000 inputs took 500 times the
// CPU of a SigningRequest (17.9 s against 37 ms, busy machine) and grow with the square (500 inputs 3.9 s; 10,000 were not waited for).
// Reading is no reason: 1,000 inputs take 4.4 ms there and 1.6 ms here, 10,000 about the same on both sides (0.3 s).
import * as Bytes from '../../base/Bytes.ts';
import { fail } from '../../base/Errors.ts';
import * as Hex from '../../base/Hex.ts';
import * as CompactSize from '../CompactSize.ts';
import * as Tx from '../Tx.ts';

export type Reason =
  | { readonly code: 'psbt.malformed'; readonly why: string; readonly map?: string; readonly at?: number }
  | { readonly code: 'psbt.unsupported-version'; readonly version: number };

/** One entry of a map; the first byte of the key (a CompactSize below fd) is its type. */
export type Field = { readonly key: Uint8Array; readonly value: Uint8Array };
/** The entries of one map, by the hex of their keys. */
export type FieldMap = ReadonlyMap<string, Field>;

/** A PSBT as it was read. */
export type Parsed = {
  readonly transaction: Tx.Transaction;
  readonly global: FieldMap;
  readonly inputs: readonly FieldMap[];
  readonly outputs: readonly FieldMap[];
};

/** Types of global entries. */
export const GLOBAL = { UNSIGNED_TX: 0x00, XPUB: 0x01, VERSION: 0xfb } as const;

/** Types of the entries of an input. */
export const INPUT = {
  NON_WITNESS_UTXO: 0x00,
  WITNESS_UTXO: 0x01,
  PARTIAL_SIG: 0x02,
  SIGHASH_TYPE: 0x03,
  REDEEM_SCRIPT: 0x04,
  WITNESS_SCRIPT: 0x05,
  BIP32_DERIVATION: 0x06,
  FINAL_SCRIPTSIG: 0x07,
  FINAL_SCRIPTWITNESS: 0x08,
  TAP_KEY_SIG: 0x13,
  TAP_SCRIPT_SIG: 0x14,
  TAP_LEAF_SCRIPT: 0x15,
  TAP_BIP32_DERIVATION: 0x16,
  TAP_INTERNAL_KEY: 0x17,
  TAP_MERKLE_ROOT: 0x18,
} as const;

/** Types of the entries of an output. */
export const OUTPUT = {
  REDEEM_SCRIPT: 0x00,
  WITNESS_SCRIPT: 0x01,
  BIP32_DERIVATION: 0x02,
  TAP_INTERNAL_KEY: 0x05,
  TAP_TREE: 0x06,
  TAP_BIP32_DERIVATION: 0x07,
} as const;

const MAGIC = Uint8Array.of(0x70, 0x73, 0x62, 0x74, 0xff);
const END_OF_MAP = Uint8Array.of(0);

/** An entry of this type; `keyData` follows the type in the key. */
export function field(type: number, value: Uint8Array, keyData?: Uint8Array): Field {
  return { key: keyData === undefined ? Uint8Array.of(type) : Bytes.concat(Uint8Array.of(type), keyData), value };
}

/** The concatenation of very many parts: as arguments of a function they would not fit. */
export function join(parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

/** As a PSBT holds it: no witness, and no scriptSig either, though that of a nested coin is known in advance. */
export function unsignedOf(transaction: Tx.Transaction): Tx.Transaction {
  const unsigned = Tx.stripped(transaction);
  for (const input of unsigned.ins) input.script = new Uint8Array(0);
  return unsigned;
}

/**
 * The bytes of a PSBT. The entries of each map stand in ascending order of their keys, whatever the order given: the same request is always
 * the same bytes.
 *
 * @source BIP174 "Specification"
 */
export function encode(
  transaction: Tx.Transaction,
  global: readonly Field[],
  inputs: readonly (readonly Field[])[],
  outputs: readonly (readonly Field[])[],
): Uint8Array {
  const parts: Uint8Array[] = [MAGIC];
  const unsigned = field(GLOBAL.UNSIGNED_TX, unsignedOf(transaction).toBuffer());
  for (const fields of [[unsigned, ...global], ...inputs, ...outputs]) {
    for (const { key, value } of [...fields].sort((a, b) => Bytes.compare(a.key, b.key)))
      parts.push(CompactSize.encode(key.length), key, CompactSize.encode(value.length), value);
    parts.push(END_OF_MAP);
  }
  return join(parts);
}

/** True when the bytes start as a PSBT does. */
export function isPsbt(raw: Uint8Array): boolean {
  return MAGIC.every((byte, i) => raw[i] === byte);
}

/**
 * The PSBT in `raw`, and nothing after it.
 *
 * @throws psbt.malformed - truncated, trailing bytes, a key twice in one map, no unsigned transaction, one with scriptSigs
 * @throws psbt.unsupported-version
 */
export function decode(raw: Uint8Array): Parsed {
  if (!isPsbt(raw)) malformed('it does not start with the magic bytes of a PSBT');
  const reader = new Reader(raw, MAGIC.length);
  const global = reader.map('global');
  checkVersion(global);
  const unsigned = global.get('00')?.value;
  if (unsigned === undefined) malformed('the unsigned transaction is missing', 'global');
  const transaction = decodeUnsigned(unsigned);
  const inputs = transaction.ins.map((_, i) => reader.map(`inputs[${i}]`));
  const outputs = transaction.outs.map((_, i) => reader.map(`outputs[${i}]`));
  if (!reader.atEnd()) malformed('bytes follow after the last map');
  return { transaction, global, inputs, outputs };
}

function checkVersion(global: FieldMap): void {
  const given = global.get('fb')?.value;
  if (given === undefined) return;
  if (given.length !== 4) malformed('the version has not 4 bytes', 'global');
  const version = new DataView(given.buffer, given.byteOffset, 4).getUint32(0, true);
  if (version !== 0)
    fail<Reason>(
      { code: 'psbt.unsupported-version', version },
      `the PSBT is of version ${version}, only version 0 (BIP174) is read; ask the wallet for that, or convert it`,
    );
}

function decodeUnsigned(raw: Uint8Array): Tx.Transaction {
  let transaction: Tx.Transaction;
  try {
    transaction = Tx.decode(raw, 'unsignedTx');
  } catch (cause) {
    return malformed('the unsigned transaction is none', 'global', undefined, cause);
  }
  if (transaction.hasWitnesses() || transaction.ins.some(({ script }) => script.length > 0))
    malformed('the unsigned transaction has scriptSigs or witnesses', 'global');
  return transaction;
}

/** Throws `psbt.malformed`. */
export function malformed(why: string, map?: string, at?: number, cause?: unknown): never {
  const reason: Reason = { code: 'psbt.malformed', why, ...(map === undefined ? {} : { map }), ...(at === undefined ? {} : { at }) };
  fail<Reason>(reason, `not a complete PSBT: ${map === undefined ? '' : `${map}: `}${why}`, cause === undefined ? {} : { cause });
}

/** Reads maps one after the other; every entry is a copy. */
class Reader {
  readonly #raw: Uint8Array;
  #at: number;

  constructor(raw: Uint8Array, at: number) {
    this.#raw = raw;
    this.#at = at;
  }

  atEnd(): boolean {
    return this.#at === this.#raw.length;
  }

  map(name: string): FieldMap {
    const fields = new Map<string, Field>();
    for (;;) {
      const keyLength = this.#length(name);
      if (keyLength === 0) return fields;
      const key = this.#take(keyLength, name);
      const value = this.#take(this.#length(name), name);
      const id = Hex.encode(key);
      if (fields.has(id)) malformed('a key occurs twice', name, this.#at);
      fields.set(id, { key, value });
    }
  }

  #take(length: number, name: string): Uint8Array {
    if (this.#at + length > this.#raw.length) malformed('it ends too early', name, this.#at);
    const start = this.#at;
    this.#at += length;
    return Bytes.copy(this.#raw.subarray(start, this.#at));
  }

  /** A length in its shortest form. What claims more than there is ends too early, whatever it claims. */
  #length(name: string): number {
    const size = CompactSize.read(this.#raw, this.#at);
    if ('fault' in size)
      malformed(size.fault === 'non-minimal' ? 'a length that is not in its shortest form' : 'it ends too early', name, this.#at);
    this.#at = size.next;
    return Number(size.value);
  }
}
