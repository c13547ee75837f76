// Integers modulo the order of secp256k1, as bigints. BIP340 "Notation"; SEC 2, curve secp256k1.
// Arithmetic on bigints does not run in constant time; the security page of the project says what that means for signers.
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';

/** The order n of the group. */
export const N = 0xffff_ffff_ffff_ffff_ffff_ffff_ffff_fffe_baae_dce6_af48_a03b_bfd2_5e8c_d036_4141n;
/** The prime p of the field. */
export const P = 0xffff_ffff_ffff_ffff_ffff_ffff_ffff_ffff_ffff_ffff_ffff_ffff_ffff_fffe_ffff_fc2fn;

export type Reason =
  | Check.Reason
  | { readonly code: 'scalar.out-of-range'; readonly field: string }
  | { readonly code: 'scalar.no-inverse' };

/**
 * The integer that 32 big-endian bytes spell, 0..n-1. Never reduces.
 *
 * @shape 32 bytes, big-endian
 * @throws input.not-bytes, input.wrong-length
 * @throws scalar.out-of-range - n or more; the value is not repeated, it may be a secret
 */
export function fromBytes(bytes: Uint8Array, field = 'scalar'): bigint {
  const value = Bytes.toBigInt(Check.bytes(bytes, field, 32));
  if (value >= N) fail<Reason>({ code: 'scalar.out-of-range', field }, `${field}: expected an integer below the group order n`);
  return value;
}

/** 32 big-endian bytes reduced modulo n: for hashes, where BIP340 says so. */
export function fromHash(hash: Uint8Array): bigint {
  return fromHashInteger(Bytes.toBigInt(hash));
}

/** An integer below 2^256 reduced modulo n: one subtraction is enough, because 2^256 < 2n. */
export function fromHashInteger(value: bigint): bigint {
  return checked(value) >= N ? value - N : value;
}

/** True when 1 <= value < n: a secret key or nonce. */
export function isNonZero(value: bigint): boolean {
  return checked(value) > 0n && value < N;
}

/** `value` as 32 bytes; the caller guarantees 0 <= value < n. */
export function toBytes(value: bigint): Uint8Array {
  return Bytes.fromBigInt32(value);
}

/** The remainder in 0..n-1, for negative integers too. */
export function mod(value: bigint): bigint {
  const rest = checked(value) % N;
  return rest < 0n ? rest + N : rest;
}

/** n - value, and 0 for 0. The caller guarantees 0 <= value < n. */
export function negate(value: bigint): bigint {
  return checked(value) === 0n ? 0n : N - value;
}

/**
 * The inverse modulo n, by the extended Euclidean algorithm.
 *
 * @throws scalar.no-inverse - for multiples of n
 */
export function invert(value: bigint): bigint {
  let low = mod(value);
  if (low === 0n) fail<Reason>({ code: 'scalar.no-inverse' }, 'zero has no inverse modulo the group order');
  let high = N;
  let factor = 1n;
  let previous = 0n;
  while (low > 1n) {
    const quotient = high / low;
    [high, low] = [low, high - quotient * low];
    [previous, factor] = [factor, previous - quotient * factor];
  }
  return mod(factor);
}

/** One `typeof` on the way of every signature; the value is not repeated, it may be a secret. */
function checked(value: bigint): bigint {
  if (typeof value !== 'bigint') {
    const got = Check.kindOf(value);
    fail<Reason>({ code: 'input.not-integer', field: 'scalar', got }, `scalar: expected a bigint, got ${got}`);
  }
  return value;
}
