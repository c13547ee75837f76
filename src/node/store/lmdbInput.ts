// What the embedded store checks and copies before a call leaves the caller's hands.
import * as Bytes from '../../base/Bytes.ts';
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';
import type { MergeInput, RandomnessList, SignRecord, Slot } from '../../signer/SignStore.ts';
import type { Reason } from './lmdbFailure.ts';

type PublicKey = Slot['publicKey'];

/** The highest height that eight bytes hold. */
export const HIGHEST: bigint = 2n ** 64n - 1n;
/** Larger messages are nobody's votes. @unit bytes */
const MAX_MESSAGE = 65_536;
const MAX_TEXT = 16_384;

/** @throws input.not-bytes, input.wrong-length, input.not-text, store.bad-text */
export function slot(given: Slot): Slot {
  Check.object(given, 'slot');
  return { publicKey: publicKey(given.publicKey), chainId: text(given.chainId, 'chainId') };
}

/** @throws input.not-bytes, input.wrong-length */
export function publicKey(given: PublicKey): PublicKey {
  return Bytes.copy(Check.bytes(given, 'publicKey', 32));
}

/** Half a surrogate pair has no UTF-8, and would be taken for another text. @throws input.not-text, input.wrong-length, store.bad-text */
export function text(given: string, field: string): string {
  const bytes = Buffer.from(Check.text(given, field), 'utf8');
  if (bytes.toString('utf8') !== given) fail<Reason>({ code: 'store.bad-text', field }, `${field}: no well-formed text`);
  if (bytes.length > MAX_TEXT) Check.wrongLength(field, `at most ${MAX_TEXT}`, bytes.length);
  return given;
}

/** @throws input.not-integer, input.out-of-range */
export function height(given: bigint, field = 'height'): bigint {
  return Check.bigInteger(given, field, 0n, HIGHEST);
}

/** @throws input.not-integer, input.out-of-range */
export function watermark(given: bigint): bigint {
  return Check.bigInteger(given, 'watermark', -1n, HIGHEST);
}

/** @throws input.* */
export function record(given: SignRecord): SignRecord {
  Check.object(given, 'record');
  const { signature, message, signedAtMs } = given;
  if (message !== undefined && Check.bytes(message, 'message').length > MAX_MESSAGE) {
    Check.wrongLength('message', `at most ${MAX_MESSAGE}`, message.length);
  }
  return {
    height: height(given.height),
    signingRoot: Bytes.copy(Check.bytes(given.signingRoot, 'signingRoot', 32)),
    ...(signature === undefined ? {} : { signature: Bytes.copy(Check.bytes(signature, 'signature', 32)) }),
    ...(message === undefined ? {} : { message: Bytes.copy(message) }),
    ...(signedAtMs === undefined ? {} : { signedAtMs: Check.bigInteger(signedAtMs, 'signedAtMs', 0n, HIGHEST) }),
  };
}

/** @throws input.*, store.repeated-height */
export function distinct(given: readonly SignRecord[]): SignRecord[] {
  const records = Check.list(given, 'records').map(record);
  const seen = new Set<bigint>();
  for (const { height: at } of records) {
    if (seen.has(at)) fail<Reason>({ code: 'store.repeated-height', height: at }, `height ${at} stands twice in one claim`);
    seen.add(at);
  }
  return records;
}

/** @throws input.*, store.bad-text */
export function history(given: MergeInput): MergeInput {
  return { ...slot(given), watermark: watermark(given.watermark), records: Check.list(given.records, 'records').map(record) };
}

/** @throws input.*, store.bad-text */
export function list(given: RandomnessList): RandomnessList {
  Check.object(given, 'list');
  return {
    ...slot(given),
    startHeight: height(given.startHeight, 'startHeight'),
    count: Check.integer(given.count, 'count', 0, 2 ** 32 - 1),
    root: Bytes.copy(Check.bytes(given.root, 'root', 32)),
    digest: Bytes.copy(Check.bytes(given.digest, 'digest', 32)),
  };
}

/** @throws input.not-bytes, input.wrong-length */
export function digest(given: Uint8Array): Uint8Array {
  return Bytes.copy(Check.bytes(given, 'digest', 32));
}
