// What every store of this folder checks before a call leaves the caller's hands: heights, watermarks, texts, sizes.
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';

export type Reason =
  | { readonly code: 'store.repeated-height'; readonly height: bigint }
  | { readonly code: 'store.bad-text'; readonly field: string };

/** The highest height that eight bytes hold. */
export const HIGHEST: bigint = 2n ** 64n - 1n;

/** Larger messages are nobody's votes, and one request must fit into what etcd accepts. @unit bytes */
const MAX_MESSAGE = 65_536;
const MAX_TEXT = 16_384;

/** @throws input.not-integer, input.out-of-range */
export function height(value: bigint, field = 'height'): bigint {
  return Check.bigInteger(value, field, 0n, HIGHEST);
}

/** @throws input.not-integer, input.out-of-range */
export function watermark(value: bigint): bigint {
  return Check.bigInteger(value, 'watermark', -1n, HIGHEST);
}

/** The message of a record; not copied. @throws input.not-bytes, input.wrong-length */
export function message(value: Uint8Array): Uint8Array {
  if (Check.bytes(value, 'message').length > MAX_MESSAGE) Check.wrongLength('message', `at most ${MAX_MESSAGE}`, value.length);
  return value;
}

/** @throws input.not-integer, input.out-of-range */
export function signedAtMs(value: bigint): bigint {
  return Check.bigInteger(value, 'signedAtMs', 0n, HIGHEST);
}

/** The UTF-8 of a text; half a surrogate pair has none, and would be taken for another text. @throws input.not-text, input.wrong-length, store.bad-text */
export function utf8(value: string, field: string): Uint8Array {
  const bytes = new TextEncoder().encode(Check.text(value, field));
  if (new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes) !== value)
    fail<Reason>({ code: 'store.bad-text', field }, `${field}: no well-formed text`);
  if (bytes.length > MAX_TEXT) Check.wrongLength(field, `at most ${MAX_TEXT}`, bytes.length);
  return bytes;
}

/** The same records, whose heights are distinct. @throws store.repeated-height */
export function distinct<T extends { readonly height: bigint }>(records: readonly T[]): readonly T[] {
  const seen = new Set<bigint>();
  for (const { height: at } of records) {
    if (seen.has(at)) fail<Reason>({ code: 'store.repeated-height', height: at }, `height ${at} stands twice in one claim`);
    seen.add(at);
  }
  return records;
}

/** Why a key is condemned by an import. */
export function contradictionText(at: bigint, chainId: string): string {
  return `two different messages are known at height ${at} of ${JSON.stringify(chainId)}`;
}
