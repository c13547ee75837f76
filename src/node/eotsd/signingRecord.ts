// One record of eotsd: its key holds chain-id, public key and height, its value message, signature and time. finality-provider
// eotsmanager/store/eotsstore.go, eotsmanager/proto/signstore.proto. What is odd is named, and still blocks its height.
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { sha256 } from '@noble/hashes/sha2.js';
import * as Bytes from '../../base/Bytes.ts';
import * as Scalar from '../../crypto/Scalar.ts';
import type { SignRecord } from '../../signer/SignStore.ts';

/** What an honest eotsd does not write, or only for requests that no honest provider makes. */
export type Oddity =
  /** The key is too short, or its chain-id is empty or no UTF-8: nobody can ask for such a record, and none is imported. */
  | 'no-slot'
  /** The value cannot be read, so the message is not known. The watermark covers the height. */
  | 'unreadable-value'
  /** Neither 40 bytes nor 104: it was signed all the same, and nothing else is at this height. */
  | 'not-a-vote'
  | 'height-mismatch'
  /** Missing, not 32 bytes, zero, or n and more. The message is kept without it. */
  | 'bad-signature'
  | 'bad-time'
  | 'unknown-field';

export type EotsdRecord = {
  /** Undefined with `no-slot`. */
  readonly slot: { readonly publicKey: Uint8Array; readonly chainId: string } | undefined;
  readonly height: bigint | undefined;
  /** Undefined with `no-slot` and `unreadable-value`. */
  readonly record: SignRecord | undefined;
  readonly oddities: readonly Oddity[];
  /** As in the database. */
  readonly key: Uint8Array;
  readonly value: Uint8Array;
};

type Fields = {
  readonly message: Uint8Array | undefined;
  readonly signature: Uint8Array | undefined;
  readonly time: bigint;
  readonly unknown: boolean;
};

const KEY_TAIL = 32 + 8;
/** A vote is height and app hash, after the 64 letters of a signing context on the chains that have one. */
const VOTE_BYTES = 40;
const CONTEXT_BYTES = 64;
/** Longer messages are no votes; their hash says enough. */
const MAX_KEPT_MESSAGE = 1024;
const MAX_TIME = 2n ** 63n - 1n;

/** Reads one pair of the bucket `signRecord`. Never throws. */
export function parseRecord(key: Uint8Array, value: Uint8Array): EotsdRecord {
  const slot = slotOf(key);
  if (slot === undefined) return { slot: undefined, height: undefined, record: undefined, oddities: ['no-slot'], key, value };
  const { publicKey, chainId, height } = slot;
  const fields = fieldsOf(value);
  const whole = { slot: { publicKey, chainId }, height, key, value };
  if (fields?.message === undefined) return { ...whole, record: undefined, oddities: ['unreadable-value'] };
  const { message, signature, time, unknown } = fields;
  const isGood = signature?.length === 32 && Scalar.isNonZero(Bytes.toBigInt(signature));
  const isTime = time > 0n && time <= MAX_TIME;
  const record: SignRecord = {
    height,
    signingRoot: sha256(message),
    ...(isGood ? { signature } : {}),
    ...(message.length <= MAX_KEPT_MESSAGE ? { message } : {}),
    ...(isTime ? { signedAtMs: time } : {}),
  };
  const oddities = [...messageOddities(message, height)];
  if (!isGood) oddities.push('bad-signature');
  if (!isTime) oddities.push('bad-time');
  if (unknown) oddities.push('unknown-field');
  return { ...whole, record, oddities };
}

/** Split from the end: only the chain-id has no fixed length. */
function slotOf(key: Uint8Array): { publicKey: Uint8Array; chainId: string; height: bigint } | undefined {
  if (key.length <= KEY_TAIL) return undefined;
  const at = key.length - KEY_TAIL;
  try {
    const chainId = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(key.subarray(0, at));
    return { chainId, publicKey: key.slice(at, at + 32), height: Bytes.toBigInt(key.subarray(at + 32)) };
  } catch {
    return undefined;
  }
}

function messageOddities(message: Uint8Array, height: bigint): Oddity[] {
  if (message.length !== VOTE_BYTES && message.length !== VOTE_BYTES + CONTEXT_BYTES) return ['not-a-vote'];
  const inner = message.subarray(message.length - VOTE_BYTES, message.length - VOTE_BYTES + 8);
  return Bytes.toBigInt(inner) === height ? [] : ['height-mismatch'];
}

/** SigningRecord{msg bytes 1, eots_sig bytes 2, timestamp int64 3}; undefined when the bytes are no such message. */
function fieldsOf(value: Uint8Array): Fields | undefined {
  let message: Uint8Array | undefined;
  let signature: Uint8Array | undefined;
  let time = 0n;
  let unknown = false;
  const seen = new Set<number>();
  try {
    const reader = new BinaryReader(value);
    while (reader.pos < reader.len) {
      const [field, type] = reader.tag();
      // Twice the same field: which one was signed is a guess.
      if (field <= 3 && seen.has(field)) return undefined;
      seen.add(field);
      if (field === 1 && type === WireType.LengthDelimited) message = Uint8Array.from(reader.bytes());
      else if (field === 2 && type === WireType.LengthDelimited) signature = Uint8Array.from(reader.bytes());
      else if (field === 3 && type === WireType.Varint) time = BigInt(reader.int64());
      else if (field <= 3) return undefined;
      else {
        reader.skip(type, field);
        unknown = true;
      }
    }
    // The reader does not look where a field that is skipped ends.
    return reader.pos === reader.len ? { message, signature, time, unknown } : undefined;
  } catch {
    return undefined;
  }
}
