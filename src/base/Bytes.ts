// Byte arrays: comparison, concatenation, big- and little-endian integers. Inputs are never changed; results are fresh arrays.
import * as Check from './Check.ts';

/** The concatenation of `parts`, in order. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += Check.bytes(part, 'part').length;
  const result = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

/** Lexicographic order of unsigned bytes: negative, zero or positive. A shorter prefix comes first. */
export function compare(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(Check.bytes(a, 'a').length, Check.bytes(b, 'b').length);
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** True when both hold the same bytes. Not constant-time: for public data. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Check.bytes(a, 'a').length === Check.bytes(b, 'b').length && compare(a, b) === 0;
}

/** A copy with memory of its own. `slice` is none for Node's Buffer: there it is a second view of the caller's bytes. */
export function copy(value: Uint8Array): Uint8Array {
  return new Uint8Array(Check.bytes(value, 'value'));
}

/** A copy in reverse order (txids on the wire against their display order). */
export function reverse(value: Uint8Array): Uint8Array {
  return copy(value).reverse();
}

/** `value` as 8 bytes, big-endian; heights in signed Babylon messages. Range 0..2^64-1. */
export function fromUint64BE(value: bigint, field = 'value'): Uint8Array {
  Check.bigInteger(value, field, 0n, 0xffff_ffff_ffff_ffffn);
  const result = new Uint8Array(8);
  new DataView(result.buffer).setBigUint64(0, value);
  return result;
}

/** The unsigned big-endian integer that `value` spells. */
export function toBigInt(value: Uint8Array): bigint {
  Check.bytes(value, 'value');
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  let result = 0n;
  let at = 0;
  for (; at + 8 <= value.length; at += 8) result = (result << 64n) | view.getBigUint64(at);
  for (; at < value.length; at++) result = (result << 8n) | BigInt(value[at] as number);
  return result;
}

/** `value` as 32 bytes, big-endian. The caller guarantees 0 <= value < 2^256. @throws input.not-integer */
export function fromBigInt32(value: bigint): Uint8Array {
  if (typeof value !== 'bigint') Check.bigInteger(value, 'value', 0n, 0n);
  const result = new Uint8Array(32);
  const view = new DataView(result.buffer);
  view.setBigUint64(0, BigInt.asUintN(64, value >> 192n));
  view.setBigUint64(8, BigInt.asUintN(64, value >> 128n));
  view.setBigUint64(16, BigInt.asUintN(64, value >> 64n));
  view.setBigUint64(24, BigInt.asUintN(64, value));
  return result;
}
