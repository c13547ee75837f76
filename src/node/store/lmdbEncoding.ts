// How the sign store lies in LMDB: keys, values and their checksums. LMDB has none of its own, so each value carries one over key and value,
// and the meta record carries the number of all entries and the sum of their checksums, so that an entry that cannot be reached any more is missed.
//
//   S slot                  slot: publicKey 32 ‖ watermark + 1, u72 ‖ highest signed + 1, u72 ‖ chain id
//   R slot height u64       record: which of the optional fields are there u8 ‖ root 32 ‖ signature 32 ‖ time u64 ‖ message
//   C publicKey 32          condemned: why
//   L publicKey 32 digest 32  list: start u64 ‖ count u32 ‖ root 32 ‖ chain id
//   Z                       meta: "satlock" ‖ format u8 ‖ store id 16 ‖ sequence u64 ‖ entries u64 ‖ sum of checksums 16
//
// In this order slots and meta lie behind the newest records of a lone key, so that a commit writes one leaf page.
//
// slot = the first 16 bytes of SHA-256(publicKey ‖ chain id). All numbers are big-endian; each value begins with its checksum, 16 bytes.
import { hash } from 'node:crypto';
import type { RandomnessList, SignRecord, Slot, StoreIdentity } from '../../signer/SignStore.ts';

export const FORMAT = 1;
export const CHECKSUM_BYTES = 16;
const MAGIC = Buffer.from('satlock', 'latin1');
const TAG = { meta: 0x5a, slot: 0x53, record: 0x52, condemned: 0x43, list: 0x4c } as const;
const SLOT_BYTES = 16;
const RECORD_KEY_BYTES = 1 + SLOT_BYTES + 8;
const HAS_SIGNATURE = 1;
const HAS_TIME = 2;
const HAS_MESSAGE = 4;

export const META_KEY: Buffer = Buffer.from([TAG.meta]);

/** The meta record: whose store, how far, and what all other entries come to. */
export type Meta = StoreIdentity & {
  readonly entries: bigint;
  /** Checksums of all entries but this one, added as 128-bit numbers. */
  readonly sum: bigint;
};

/** A slot that was enrolled. */
export type SlotEntry = Slot & { readonly watermark: bigint; readonly highestSigned: bigint | undefined };

/** What an entry is, told by its key. */
export type Kind = 'meta' | 'slot' | 'record' | 'condemned' | 'list';

/** The short name of a slot in keys. @shape 16 bytes */
export function slotIdOf({ publicKey, chainId }: Slot): Buffer {
  return hash('sha256', Buffer.concat([publicKey, Buffer.from(chainId, 'utf8')]), 'buffer').subarray(0, SLOT_BYTES);
}

export function slotKey(slotId: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([TAG.slot]), slotId]);
}

export function recordKey(slotId: Uint8Array, height: bigint): Buffer {
  const key = Buffer.allocUnsafe(RECORD_KEY_BYTES);
  key[0] = TAG.record;
  key.set(slotId, 1);
  key.writeBigUInt64BE(height, 1 + SLOT_BYTES);
  return key;
}

export function condemnedKey(publicKey: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([TAG.condemned]), publicKey]);
}

export function listKey(publicKey: Uint8Array, digest: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([TAG.list]), publicKey, digest]);
}

/** First and one past the last key of all slots. */
export const SLOT_RANGE: { readonly start: Buffer; readonly end: Buffer } = {
  start: Buffer.from([TAG.slot]),
  end: Buffer.from([TAG.slot + 1]),
};

/** The height that a record's key names. */
export function heightOf(key: Buffer): bigint {
  return key.readBigUInt64BE(1 + SLOT_BYTES);
}

/** The slot that a record's or a slot's key names, as text for maps. */
export function slotNameOf(key: Buffer): string {
  return key.toString('latin1', 1, 1 + SLOT_BYTES);
}

/** What a key stands for; undefined for a key that this format does not have. */
export function kindOf(key: Buffer): Kind | undefined {
  const lengths: Readonly<Record<Kind, number>> = { meta: 1, slot: 1 + SLOT_BYTES, record: RECORD_KEY_BYTES, condemned: 33, list: 65 };
  const kind = (['meta', 'slot', 'record', 'condemned', 'list'] as const).find((each) => TAG[each] === key[0]);
  return kind !== undefined && key.length === lengths[kind] ? kind : undefined;
}

/** The value with its checksum in front. */
export function seal(key: Uint8Array, content: readonly Uint8Array[]): Buffer {
  const value = Buffer.concat([Buffer.allocUnsafe(CHECKSUM_BYTES), ...content]);
  checksum(key, value.subarray(CHECKSUM_BYTES)).copy(value, 0, 0, CHECKSUM_BYTES);
  return value;
}

/** The content of a value; undefined when its checksum does not fit it and its key. */
export function unseal(key: Uint8Array, value: Buffer): Buffer | undefined {
  if (value.length < CHECKSUM_BYTES) return undefined;
  const content = value.subarray(CHECKSUM_BYTES);
  return checksum(key, content).compare(value, 0, CHECKSUM_BYTES, 0, CHECKSUM_BYTES) === 0 ? content : undefined;
}

// The key's length comes first, so that no byte can move between key and value. One call on one buffer: a million entries are read at opening.
function checksum(key: Uint8Array, content: Uint8Array): Buffer {
  const length = 1 + key.length + content.length;
  const input = length <= SCRATCH.length ? SCRATCH.subarray(0, length) : Buffer.allocUnsafe(length);
  input[0] = key.length;
  input.set(key, 1);
  input.set(content, 1 + key.length);
  return hash('sha256', input, 'buffer');
}

const SCRATCH = Buffer.alloc(1_024);

/** A value's checksum as the number that is added up. */
export function weightOf(value: Buffer): bigint {
  return (value.readBigUInt64BE(0) << 64n) | value.readBigUInt64BE(8);
}

const MODULUS = 1n << 128n;

/** `sum` after an entry went (`before`) and came (`after`). */
export function added(sum: bigint, before: Buffer | undefined, after: Buffer | undefined): bigint {
  const change = (after === undefined ? 0n : weightOf(after)) - (before === undefined ? 0n : weightOf(before));
  return (((sum + change) % MODULUS) + MODULUS) % MODULUS;
}

/** The sum of many entries, added up in parts that plain numbers hold. */
export class Sum {
  readonly #parts = [0, 0, 0, 0];

  add(value: Buffer): void {
    let carry = 0;
    for (let i = 3; i >= 0; i--) {
      const part = (this.#parts[i] ?? 0) + value.readUInt32BE(4 * i) + carry;
      carry = part > 0xffff_ffff ? 1 : 0;
      this.#parts[i] = part >>> 0;
    }
  }

  get value(): bigint {
    return this.#parts.reduce((sum, part) => (sum << 32n) | BigInt(part), 0n);
  }
}

export function encodeMeta(meta: Meta): Buffer {
  const numbers = Buffer.alloc(32);
  numbers.writeBigUInt64BE(meta.sequence, 0);
  numbers.writeBigUInt64BE(meta.entries, 8);
  numbers.writeBigUInt64BE(meta.sum >> 64n, 16);
  numbers.writeBigUInt64BE(meta.sum & 0xffff_ffff_ffff_ffffn, 24);
  return seal(META_KEY, [MAGIC, Uint8Array.of(FORMAT), Buffer.from(meta.storeId, 'hex'), numbers]);
}

/** @returns undefined for what is no meta record; `format` alone for one of another format */
export function decodeMeta(content: Buffer): Meta | { readonly format: number } | undefined {
  if (content.length < MAGIC.length + 1 || !content.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const format = content.readUInt8(MAGIC.length);
  if (format !== FORMAT) return { format };
  const rest = content.subarray(MAGIC.length + 1);
  if (rest.length !== 48) return undefined;
  return {
    storeId: rest.toString('hex', 0, 16),
    sequence: rest.readBigUInt64BE(16),
    entries: rest.readBigUInt64BE(24),
    sum: (rest.readBigUInt64BE(32) << 64n) | rest.readBigUInt64BE(40),
  };
}

/** @param key the slot's, made of its short name */
export function encodeSlot(key: Buffer, entry: SlotEntry): Buffer {
  const content = [entry.publicKey, u72(entry.watermark + 1n), u72((entry.highestSigned ?? -1n) + 1n), Buffer.from(entry.chainId, 'utf8')];
  return seal(key, content);
}

export function decodeSlot(content: Buffer): SlotEntry | undefined {
  if (content.length < 50) return undefined;
  const highest = readU72(content, 41) - 1n;
  return {
    publicKey: Uint8Array.from(content.subarray(0, 32)),
    watermark: readU72(content, 32) - 1n,
    highestSigned: highest < 0n ? undefined : highest,
    chainId: content.toString('utf8', 50),
  };
}

// Watermarks are -1 .. 2^64-1: one more than eight bytes hold.
function u72(value: bigint): Buffer {
  const bytes = Buffer.alloc(9);
  bytes.writeUInt8(Number(value >> 64n), 0);
  bytes.writeBigUInt64BE(value & 0xffff_ffff_ffff_ffffn, 1);
  return bytes;
}

function readU72(from: Buffer, at: number): bigint {
  return (BigInt(from.readUInt8(at)) << 64n) | from.readBigUInt64BE(at + 1);
}

export function encodeRecord(key: Buffer, record: SignRecord): Buffer {
  const { signingRoot, signature, signedAtMs, message } = record;
  const flags =
    (signature === undefined ? 0 : HAS_SIGNATURE) | (signedAtMs === undefined ? 0 : HAS_TIME) | (message === undefined ? 0 : HAS_MESSAGE);
  const time = Buffer.alloc(signedAtMs === undefined ? 0 : 8);
  if (signedAtMs !== undefined) time.writeBigUInt64BE(signedAtMs);
  return seal(key, [Uint8Array.of(flags), signingRoot, signature ?? EMPTY, time, message ?? EMPTY]);
}

const EMPTY = new Uint8Array(0);

/** Where the parts of a record begin; undefined when they do not fill it. */
function partsOf(content: Buffer): { readonly flags: number; readonly timeAt: number; readonly messageAt: number } | undefined {
  const flags = content[0] ?? 0xff;
  const timeAt = SIGNATURE_AT + (flags & HAS_SIGNATURE ? 32 : 0);
  const messageAt = timeAt + (flags & HAS_TIME ? 8 : 0);
  const isWhole = flags & HAS_MESSAGE ? content.length >= messageAt : content.length === messageAt;
  return flags > 7 || !isWhole ? undefined : { flags, timeAt, messageAt };
}

const SIGNATURE_AT = 33;

export function isRecord(content: Buffer): boolean {
  return partsOf(content) !== undefined;
}

/** A record of its own: nothing of the buffer is kept. */
export function decodeRecord(height: bigint, content: Buffer): SignRecord | undefined {
  const parts = partsOf(content);
  if (parts === undefined) return undefined;
  const { flags, timeAt, messageAt } = parts;
  return {
    height,
    signingRoot: Uint8Array.from(content.subarray(1, SIGNATURE_AT)),
    ...(flags & HAS_SIGNATURE ? { signature: Uint8Array.from(content.subarray(SIGNATURE_AT, timeAt)) } : {}),
    ...(flags & HAS_MESSAGE ? { message: Uint8Array.from(content.subarray(messageAt)) } : {}),
    ...(flags & HAS_TIME ? { signedAtMs: content.readBigUInt64BE(timeAt) } : {}),
  };
}

export function encodeList(list: RandomnessList): Buffer {
  const head = Buffer.alloc(12);
  head.writeBigUInt64BE(list.startHeight, 0);
  head.writeUInt32BE(list.count, 8);
  return seal(listKey(list.publicKey, list.digest), [head, list.root, Buffer.from(list.chainId, 'utf8')]);
}

export function decodeList(key: Buffer, content: Buffer): RandomnessList | undefined {
  if (content.length < 44) return undefined;
  return {
    publicKey: Uint8Array.from(key.subarray(1, 33)),
    digest: Uint8Array.from(key.subarray(33, 65)),
    startHeight: content.readBigUInt64BE(0),
    count: content.readUInt32BE(8),
    root: Uint8Array.from(content.subarray(12, 44)),
    chainId: content.toString('utf8', 44),
  };
}
