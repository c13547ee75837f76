// One pass over the bytes of a block: where each transaction and its parts lie, with every length checked before it is followed.
// Implements the network form of blocks and transactions (BIP144) and the bounds that Bitcoin Core's deserialisation sets.
import { fail } from '../../base/Errors.ts';

export type Reason =
  | { readonly code: 'block-reader.too-large'; readonly bytes: number; readonly maxBytes: number }
  | { readonly code: 'block-reader.no-transactions'; readonly at: number }
  | { readonly code: 'block-reader.trailing-bytes'; readonly at: number; readonly bytes: number }
  | (Fault & { readonly transaction: number; readonly at: number });

type Fault =
  | { readonly code: 'block-reader.truncated' }
  | { readonly code: 'block-reader.bad-length' }
  | { readonly code: 'block-reader.bad-count'; readonly count: number }
  | { readonly code: 'block-reader.bad-flag'; readonly flag: number }
  | { readonly code: 'block-reader.bad-value' }
  | { readonly code: 'block-reader.no-inputs' }
  | { readonly code: 'block-reader.no-outputs' }
  | { readonly code: 'block-reader.empty-witness' };

/** What is looked for while the bytes are passed; positions are those of the block. */
export interface Matcher {
  /** A new transaction begins. */
  begin(): void;
  /** Input `index`: 32 bytes of hash and 4 of output index at `at`. */
  input(raw: Uint8Array, at: number, index: number): void;
  /** Output `index`: a script of `length` bytes at `at`. */
  output(raw: Uint8Array, at: number, length: number, index: number): void;
  /** The control block, if it is one, of input `index`: the last witness item but for the annex. */
  controlBlock(raw: Uint8Array, at: number, length: number, index: number): void;
}

export const HEADER_BYTES = 80;
/** A block weighs at most 4,000,000 and a byte at least 1. */
export const MAX_BLOCK_BYTES = 4_000_000;
/** The high half of the largest amount, 21e14 satoshi, and the low half beside it. */
const MAX_MONEY_HIGH = 488_944;
const MAX_MONEY_LOW = 1_510_424_576;
const ANNEX = 0x50;

/** The places of the transaction that was walked last. */
export class Walker {
  readonly raw: Uint8Array;
  /** Position of the next byte. */
  at: number = HEADER_BYTES;
  /** Transactions that the block says it has. */
  readonly count: number;
  /** Number of the transaction walked last, from 0; -1 before the first. */
  index = -1;
  start = 0;
  inputCount = 0;
  inputsAt = 0;
  outputCount = 0;
  outputsAt = 0;
  /** Where the witnesses begin; without a witness that is where the locktime stands. */
  witnessAt = 0;
  lockTimeAt = 0;
  hasWitness = false;

  constructor(raw: Uint8Array) {
    this.raw = raw;
    if (raw.length > MAX_BLOCK_BYTES)
      fail<Reason>(
        { code: 'block-reader.too-large', bytes: raw.length, maxBytes: MAX_BLOCK_BYTES },
        `block: at most ${MAX_BLOCK_BYTES} bytes, got ${raw.length}`,
      );
    if (raw.length <= HEADER_BYTES) {
      this.at = raw.length;
      this.#fault({ code: 'block-reader.truncated' }, 'the block ends before its transactions');
    }
    // The shortest transaction has 60 bytes.
    this.count = this.#count(60);
    if (this.count === 0) fail<Reason>({ code: 'block-reader.no-transactions', at: HEADER_BYTES }, 'block: it holds no transaction');
  }

  /** True when all transactions are walked. @throws block-reader.trailing-bytes */
  atEnd(): boolean {
    if (this.index + 1 < this.count) return false;
    const bytes = this.raw.length - this.at;
    if (bytes > 0)
      fail<Reason>({ code: 'block-reader.trailing-bytes', at: this.at, bytes }, `block: ${bytes} bytes after the last transaction`);
    return true;
  }

  /** Walks the next transaction. */
  step(matcher?: Matcher): void {
    this.index++;
    this.start = this.at;
    matcher?.begin();
    this.#skip(4);
    this.#marker();
    this.#inputs(matcher);
    this.#outputs(matcher);
    this.witnessAt = this.at;
    if (this.hasWitness) this.#witnesses(matcher);
    this.lockTimeAt = this.at;
    this.#skip(4);
  }

  #marker(): void {
    const { raw, at } = this;
    this.hasWitness = at < raw.length && raw[at] === 0;
    if (!this.hasWitness) return;
    this.#skip(2);
    const flag = raw[at + 1] as number;
    // Without inputs and flag: nodes read it as such, and no block may hold it.
    if (flag === 0) this.#fault({ code: 'block-reader.no-inputs' }, 'it has no inputs');
    if (flag !== 1) this.#fault({ code: 'block-reader.bad-flag', flag }, `the flag ${flag} is not known`);
  }

  #inputs(matcher: Matcher | undefined): void {
    const count = this.#count(41);
    if (count === 0) this.#fault({ code: 'block-reader.no-inputs' }, 'it has no inputs');
    this.inputCount = count;
    this.inputsAt = this.at;
    for (let i = 0; i < count; i++) {
      matcher?.input(this.raw, this.at, i);
      this.#skip(36);
      // The length stands before the bytes: it has to be read first.
      const length = this.#size();
      this.#skip(length + 4);
    }
  }

  #outputs(matcher: Matcher | undefined): void {
    const count = this.#count(9);
    if (count === 0) this.#fault({ code: 'block-reader.no-outputs' }, 'it has no outputs');
    const { raw } = this;
    this.outputCount = count;
    this.outputsAt = this.at;
    for (let i = 0; i < count; i++) {
      const valueAt = this.at;
      this.#skip(8);
      const high = uint32(raw, valueAt + 4);
      if (high >= MAX_MONEY_HIGH && (high > MAX_MONEY_HIGH || uint32(raw, valueAt) > MAX_MONEY_LOW)) {
        this.at = valueAt;
        this.#fault({ code: 'block-reader.bad-value' }, `output ${i} is outside 0..21 million BTC`);
      }
      const length = this.#size();
      const scriptAt = this.at;
      this.#skip(length);
      matcher?.output(raw, scriptAt, length, i);
    }
  }

  #witnesses(matcher: Matcher | undefined): void {
    let items = 0;
    for (let i = 0; i < this.inputCount; i++) {
      const count = this.#count(1);
      items += count;
      let lastAt = 0;
      let last = 0;
      let beforeAt = 0;
      let before = 0;
      for (let item = 0; item < count; item++) {
        const length = this.#size();
        beforeAt = lastAt;
        before = last;
        lastAt = this.at;
        last = length;
        this.#skip(length);
      }
      if (matcher === undefined || count < 2) continue;
      if (last > 0 && this.raw[lastAt] === ANNEX) {
        if (count > 2) matcher.controlBlock(this.raw, beforeAt, before, i);
      } else matcher.controlBlock(this.raw, lastAt, last, i);
    }
    if (items === 0) this.#fault({ code: 'block-reader.empty-witness' }, 'it is marked as having witnesses and has none');
  }

  #skip(bytes: number): void {
    this.at += bytes;
    if (this.at > this.raw.length) this.#truncated();
  }

  #truncated(): never {
    this.at = this.raw.length;
    return this.#fault({ code: 'block-reader.truncated' }, 'the block ends inside it');
  }

  /** A number of things of which each takes `least` bytes: more than fit are refused at once. */
  #count(least: number): number {
    const at = this.at;
    const count = this.#size();
    if (count * least > this.raw.length - this.at) {
      this.at = at;
      this.#fault({ code: 'block-reader.bad-count', count }, `the count ${count} is more than the block has bytes for`);
    }
    return count;
  }

  /** A compact size in its shortest form. */
  #size(): number {
    const { raw, at } = this;
    if (at >= raw.length) this.#truncated();
    const first = raw[at] as number;
    if (first < 0xfd) {
      this.at = at + 1;
      return first;
    }
    return this.#wideSize(first);
  }

  #wideSize(first: number): number {
    const { raw, at } = this;
    const bytes = first === 0xfd ? 2 : first === 0xfe ? 4 : 8;
    this.#skip(1 + bytes);
    const low = first === 0xfd ? (raw[at + 1] as number) | ((raw[at + 2] as number) << 8) : uint32(raw, at + 1);
    const value = first === 0xff ? low + uint32(raw, at + 5) * 2 ** 32 : low;
    const least = first === 0xfd ? 0xfd : first === 0xfe ? 0x1_0000 : 2 ** 32;
    if (value < least || value > MAX_BLOCK_BYTES) {
      this.at = at;
      const what = value < least ? 'a length is not in its shortest form' : 'a length is more than a block has';
      this.#fault({ code: 'block-reader.bad-length' }, what);
    }
    return value;
  }

  #fault(fault: Fault, what: string): never {
    const { at } = this;
    const transaction = Math.max(0, this.index);
    return fail<Reason>({ ...fault, transaction, at }, `block: transaction ${transaction}: ${what} (byte ${at})`);
  }
}

/** Four bytes, little-endian. */
export function uint32(raw: Uint8Array, at: number): number {
  return ((raw[at] as number) | ((raw[at + 1] as number) << 8) | ((raw[at + 2] as number) << 16) | ((raw[at + 3] as number) << 24)) >>> 0;
}

/** A compact size that is known to be there and well-formed; the position after it is `at` plus {@link sizeBytes}. */
export function sizeAt(raw: Uint8Array, at: number): number {
  const first = raw[at] as number;
  if (first < 0xfd) return first;
  return first === 0xfd ? (raw[at + 1] as number) | ((raw[at + 2] as number) << 8) : uint32(raw, at + 1);
}

/** How many bytes the compact size at this place takes. */
export function sizeBytes(raw: Uint8Array, at: number): number {
  const first = raw[at] as number;
  return first < 0xfd ? 1 : first === 0xfd ? 3 : 5;
}
