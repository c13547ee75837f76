// A transaction as the spend check reads it: strict decoding of the network form (BIP144), and its sizes (BIP141).
// Own, because bad transactions must be judged and not refused: outputs below zero or above 21 million, or no outputs.
import * as Bytes from '../../base/Bytes.ts';
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';
import * as CompactSize from '../CompactSize.ts';

export type Reason = Check.Reason | { readonly code: 'spend.malformed-transaction'; readonly at: number };

/** The fields of a transaction. Version, locktime, index and sequence are unsigned, output values signed. */
export type SpendTransaction = {
  readonly version: number;
  readonly locktime: number;
  readonly ins: readonly SpendInput[];
  readonly outs: readonly SpendOutput[];
};
export type SpendInput = {
  readonly hash: Uint8Array;
  readonly index: number;
  readonly script: Uint8Array;
  readonly sequence: number;
  readonly witness: readonly Uint8Array[];
};
export type SpendOutput = { readonly script: Uint8Array; readonly value: bigint };

/** Longest vector that nodes read. */
const MAX_LENGTH = 0x0200_0000;

const MAX_TRANSACTION_BYTES = 4_000_000;

/**
 * The transaction in `raw`, and nothing after it.
 *
 * @throws spend.malformed-transaction - with the position
 */
export function decode(raw: Uint8Array): SpendTransaction {
  const reader = new Reader(raw);
  // No block holds more, and a short file can claim far more items than memory holds.
  if (raw.length > MAX_TRANSACTION_BYTES) reader.malformed(`more than ${MAX_TRANSACTION_BYTES} bytes`);
  const version = reader.uint32();
  let inputs = readList(reader, readInput);
  let outs: SpendOutput[] = [];
  // No inputs: nodes read the next byte as a flag, and nothing more when it is 0.
  const flag = inputs.length === 0 ? reader.byte() : 0;
  if (flag > 1) reader.malformed('unknown flag');
  if (flag === 1) inputs = readList(reader, readInput);
  if (inputs.length > 0) outs = readList(reader, readOutput);
  const ins = inputs.map((input): SpendInput => ({ ...input, witness: flag === 1 ? readList(reader, readBytes) : [] }));
  if (flag === 1 && ins.every(({ witness }) => witness.length === 0)) reader.malformed('marked as having witnesses, but has none');
  const locktime = reader.uint32();
  if (!reader.atEnd()) reader.malformed('bytes after the end');
  return { version, locktime, ins, outs };
}

class Reader {
  readonly #raw: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(raw: Uint8Array) {
    this.#raw = raw;
    this.#view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  }

  malformed(what: string): never {
    fail<Reason>({ code: 'spend.malformed-transaction', at: this.#at }, `transaction: ${what} (byte ${this.#at})`);
  }

  atEnd(): boolean {
    return this.#at === this.#raw.length;
  }

  #advance(length: number): number {
    const start = this.#at;
    if (length > this.#raw.length - start) this.malformed('ends too early');
    this.#at += length;
    return start;
  }

  take(length: number): Uint8Array {
    const start = this.#advance(length);
    return Bytes.copy(this.#raw.subarray(start, start + length));
  }

  byte(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  uint32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  int64(): bigint {
    return this.#view.getBigInt64(this.#advance(8), true);
  }

  compactSize(): number {
    const first = this.#raw[this.#at];
    if (first !== undefined && first < 0xfd) return this.byte();
    const size = CompactSize.read(this.#raw, this.#at);
    if ('fault' in size) return this.malformed(size.fault === 'non-minimal' ? 'a length is not in its shortest form' : 'ends too early');
    if (size.value > MAX_LENGTH) this.malformed('a length is too large');
    this.#at = size.next;
    return Number(size.value);
  }
}

function readList<T>(reader: Reader, readItem: (reader: Reader) => T): T[] {
  const count = reader.compactSize();
  const items: T[] = [];
  for (let i = 0; i < count; i++) items.push(readItem(reader));
  return items;
}

function readBytes(reader: Reader): Uint8Array {
  return reader.take(reader.compactSize());
}

function readInput(reader: Reader): Omit<SpendInput, 'witness'> {
  return { hash: reader.take(32), index: reader.uint32(), script: readBytes(reader), sequence: reader.uint32() };
}

function readOutput(reader: Reader): SpendOutput {
  return { value: reader.int64(), script: readBytes(reader) };
}

/** What a bitcoinjs-lib `Transaction` has, as far as it is judged. */
export type TransactionObject = {
  readonly version: number;
  readonly locktime: number;
  readonly ins: readonly SpendInput[];
  readonly outs: readonly SpendOutput[];
};

/**
 * The checked fields of a transaction object, copied; a negative version becomes its unsigned reading.
 *
 * @throws input.*
 */
export function fromObject(transaction: TransactionObject): SpendTransaction {
  const uint32 = (value: number, field: string): number => Check.integer(value, field, 0, 0xffff_ffff);
  return {
    version: Check.integer(transaction.version, 'transaction.version', -0x8000_0000, 0xffff_ffff) >>> 0,
    locktime: uint32(transaction.locktime, 'transaction.locktime'),
    ins: Check.list(transaction.ins, 'transaction.ins').map((input, i) => {
      const field = `transaction.ins[${i}]`;
      return {
        hash: Check.bytes(input.hash, `${field}.hash`, 32),
        index: uint32(input.index, `${field}.index`),
        script: Check.bytes(input.script, `${field}.script`),
        sequence: uint32(input.sequence, `${field}.sequence`),
        witness: Check.list(input.witness, `${field}.witness`).map((item, j) => Check.bytes(item, `${field}.witness[${j}]`)),
      };
    }),
    outs: Check.list(transaction.outs, 'transaction.outs').map(({ script, value }, i) => ({
      script: Check.bytes(script, `transaction.outs[${i}].script`),
      value: Check.bigInteger(value, `transaction.outs[${i}].value`, -(2n ** 63n), 2n ** 63n - 1n),
    })),
  };
}

/**
 * Size without witnesses.
 *
 * @unit bytes
 */
export function strippedBytes({ ins, outs }: SpendTransaction): number {
  let bytes = 8 + CompactSize.encode(ins.length).length + CompactSize.encode(outs.length).length;
  for (const { script } of ins) bytes += 40 + lengthWithPrefix(script);
  for (const { script } of outs) bytes += 8 + lengthWithPrefix(script);
  return bytes;
}

/**
 * Weight: three times the stripped size plus the full size.
 *
 * @unit weight units
 * @source BIP141 "Transaction size calculations"
 */
export function weightOf(transaction: SpendTransaction): number {
  const base = 4 * strippedBytes(transaction);
  if (transaction.ins.every(({ witness }) => witness.length === 0)) return base;
  return transaction.ins.reduce((weight, { witness }) => weight + witnessBytes(witness), base + 2);
}

/**
 * Size of one input's witness with its item count and length prefixes.
 *
 * @unit bytes
 */
export function witnessBytes(witness: readonly Uint8Array[]): number {
  return witness.reduce((bytes, item) => bytes + lengthWithPrefix(item), CompactSize.encode(witness.length).length);
}

function lengthWithPrefix(bytes: Uint8Array): number {
  return CompactSize.encode(bytes.length).length + bytes.length;
}
