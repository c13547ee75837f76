// What a scan looks for: output scripts, spent outpoints, tags of data outputs and spends through leaves of one internal key.
// Looked up by 30 bits of their bytes first: a block has thousands of places, and nearly none of them is one of ours.
import * as Bytes from '../../base/Bytes.ts';
import * as Check from '../../base/Check.ts';
import * as Hex from '../../base/Hex.ts';
import * as Tx from '../Tx.ts';
import { type Matcher, uint32 } from './walker.ts';

export type Reason = Check.Reason | Hex.Reason;

const OP_RETURN = 0x6a;
const DIRECT_PUSH_MAX = 75;
/** Integers of so many bits are stored without an object of their own. */
const SMALL = 0x3fff_ffff;

/** What was found in one transaction: indexes of its outputs and inputs, each ascending. */
export type Hits = {
  readonly outputs: readonly number[];
  readonly spends: readonly number[];
  readonly tags: readonly number[];
  readonly leafSpends: readonly number[];
};

/** Bits of the smallest filter, and how many there are for each entry: what is not in the set is told by one bit in 31 of 32 cases. */
const LEAST_BITS = 8_192;
const BITS_EACH = 32;

/**
 * A set of bytes of any length, asked for by a place in other bytes. A small table of bits, which stays in the processor's cache, answers
 * for what is not there; a bit is set for each key, and stays set behind a deletion until the table is made anew.
 */
class ByteSet {
  readonly #buckets = new Map<number, Uint8Array[]>();
  #bits = new Uint32Array(LEAST_BITS / 32);
  #mask = LEAST_BITS - 1;
  #stale = 0;
  size = 0;

  add(key: number, bytes: Uint8Array): void {
    const bucket = this.#buckets.get(key) ?? [];
    if (bucket.some((one) => Bytes.equal(one, bytes))) return;
    bucket.push(Bytes.copy(bytes));
    this.#buckets.set(key, bucket);
    this.size++;
    if ((this.size + this.#stale) * BITS_EACH > this.#mask) this.#remake();
    else this.#mark(key);
  }

  delete(key: number, bytes: Uint8Array): boolean {
    const bucket = this.#buckets.get(key);
    const at = bucket?.findIndex((one) => Bytes.equal(one, bytes)) ?? -1;
    if (bucket === undefined || at < 0) return false;
    if (bucket.length === 1) this.#buckets.delete(key);
    else bucket.splice(at, 1);
    this.size--;
    this.#stale++;
    return true;
  }

  has(key: number, raw: Uint8Array, at: number, length: number): boolean {
    const slot = key & this.#mask;
    if ((((this.#bits[slot >>> 5] as number) >>> (slot & 31)) & 1) === 0) return false;
    const bucket = this.#buckets.get(key);
    return bucket?.some((one) => one.length === length && one.every((byte, i) => byte === raw[at + i])) ?? false;
  }

  #mark(key: number): void {
    const slot = key & this.#mask;
    this.#bits[slot >>> 5] = (this.#bits[slot >>> 5] as number) | (1 << (slot & 31));
  }

  /** Twice as large as is needed now, so that the next time is far away. */
  #remake(): void {
    let bits = LEAST_BITS;
    while (bits < 2 * this.size * BITS_EACH) bits *= 2;
    this.#bits = new Uint32Array(bits / 32);
    this.#mask = bits - 1;
    this.#stale = 0;
    for (const key of this.#buckets.keys()) this.#mark(key);
  }
}

/** The targets of scans; they may grow and shrink between blocks and between the matches of one block. */
export class Targets implements Matcher {
  readonly #scripts = new ByteSet();
  readonly #outpoints = new ByteSet();
  readonly #tags = new ByteSet();
  #internalKey: Uint8Array | undefined;
  #outputs: number[] = [];
  #spends: number[] = [];
  #tagged: number[] = [];
  #leafSpends: number[] = [];
  #hit = false;

  /** Outputs with this script. */
  addScript(scriptPubKey: Uint8Array): void {
    Check.bytes(scriptPubKey, 'scriptPubKey');
    this.#scripts.add(keyOfScript(scriptPubKey, 0, scriptPubKey.length), scriptPubKey);
  }

  /** True when it was there. */
  deleteScript(scriptPubKey: Uint8Array): boolean {
    Check.bytes(scriptPubKey, 'scriptPubKey');
    return this.#scripts.delete(keyOfScript(scriptPubKey, 0, scriptPubKey.length), scriptPubKey);
  }

  /** Inputs that spend this output. @throws hex.*, input.* */
  addOutpoint(outpoint: Tx.Outpoint): void {
    const bytes = wireOf(outpoint);
    this.#outpoints.add(keyOfOutpoint(bytes, 0), bytes);
  }

  /** True when it was there. @throws hex.*, input.* */
  deleteOutpoint(outpoint: Tx.Outpoint): boolean {
    const bytes = wireOf(outpoint);
    return this.#outpoints.delete(keyOfOutpoint(bytes, 0), bytes);
  }

  /** Data outputs, OP_RETURN and one direct push, whose data begins with these bytes. @shape 4 bytes */
  addTag(tag: Uint8Array): void {
    Check.bytes(tag, 'tag', 4);
    this.#tags.add(uint32(tag, 0), tag);
  }

  /** Inputs whose witness ends in a control block with this internal key: spends of leaves without knowing what they spend. @shape 32 bytes */
  setInternalKey(internalKey: Uint8Array): void {
    this.#internalKey = Bytes.copy(Check.bytes(internalKey, 'internalKey', 32));
  }

  /** How many scripts and outpoints are looked for. */
  get size(): { readonly scripts: number; readonly outpoints: number } {
    return { scripts: this.#scripts.size, outpoints: this.#outpoints.size };
  }

  /** What the transaction that was walked last has of the targets. */
  take(): Hits | undefined {
    if (!this.#hit) return undefined;
    this.#hit = false;
    const hits = { outputs: this.#outputs, spends: this.#spends, tags: this.#tagged, leafSpends: this.#leafSpends };
    // What was given away is the taker's: also a list that is empty now must not grow later.
    this.#outputs = [];
    this.#spends = [];
    this.#tagged = [];
    this.#leafSpends = [];
    return hits;
  }

  /** Drops what a scan has left behind that ended in the middle of a transaction. */
  begin(): void {
    this.take();
  }

  input(raw: Uint8Array, at: number, index: number): void {
    if (this.#outpoints.size > 0 && this.#outpoints.has(keyOfOutpoint(raw, at), raw, at, 36)) this.#found(this.#spends, index);
  }

  output(raw: Uint8Array, at: number, length: number, index: number): void {
    if (this.#scripts.size > 0 && this.#scripts.has(keyOfScript(raw, at, length), raw, at, length)) this.#found(this.#outputs, index);
    if (length < 6 || raw[at] !== OP_RETURN || this.#tags.size === 0) return;
    const push = raw[at + 1] as number;
    if (push !== length - 2 || push > DIRECT_PUSH_MAX) return;
    if (this.#tags.has(uint32(raw, at + 2), raw, at + 2, 4)) this.#found(this.#tagged, index);
  }

  controlBlock(raw: Uint8Array, at: number, length: number, index: number): void {
    const key = this.#internalKey;
    if (key === undefined || length < 33 || (length - 33) % 32 !== 0 || raw[at + 1] !== key[0]) return;
    for (let i = 1; i < 32; i++) if (raw[at + 1 + i] !== key[i]) return;
    this.#found(this.#leafSpends, index);
  }

  #found(list: number[], index: number): void {
    this.#hit = true;
    list.push(index);
  }
}

/** By the length and four bytes before the end: keys and hashes lie there, opcodes behind them. */
function keyOfScript(raw: Uint8Array, at: number, length: number): number {
  return length < 6 ? length : (uint32(raw, at + length - 6) ^ length) & SMALL;
}

function keyOfOutpoint(raw: Uint8Array, at: number): number {
  return (uint32(raw, at) ^ (raw[at + 32] as number)) & SMALL;
}

function wireOf(outpoint: Tx.Outpoint): Uint8Array {
  const { txid, vout } = Tx.checkOutpoint(outpoint);
  const bytes = new Uint8Array(36);
  bytes.set(Hex.decode(txid).reverse());
  new DataView(bytes.buffer).setUint32(32, vout, true);
  return bytes;
}
