// Secret keys: 32 bytes in 1..n-1, kept exactly as given (no parity normalisation: the EOTS nonce is derived from the stored bytes).
// BIP340 "Default Signing"; babylon crypto/eots/eots.go KeyGen. No error of this file repeats a byte of its input.
import type { Brand } from '../base/Brand.ts';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as Scalar from './Scalar.ts';

/** A secret key: 32 bytes, 1..n-1. Its owner calls {@link wipe} when done. */
export type SecretKey = Brand<Uint8Array, 'secret-key'>;

export type Reason = Check.Reason | Hex.Reason | { readonly code: 'secret-key.out-of-range'; readonly field: string };

/**
 * A checked copy of `bytes`; the caller may wipe the original.
 *
 * @shape 32 bytes, big-endian
 * @throws input.not-bytes, input.wrong-length
 * @throws secret-key.out-of-range - 0, or the group order and more
 */
export function from(bytes: Uint8Array, field = 'secretKey'): SecretKey {
  toScalar(bytes, field);
  return Uint8Array.from(bytes) as SecretKey;
}

/**
 * The secret key that 64 hex digits spell.
 *
 * @throws input.not-text, hex.odd-length, hex.bad-digit, input.wrong-length, secret-key.out-of-range
 */
export function fromHex(text: string, field = 'secretKey'): SecretKey {
  const bytes = Hex.decode(text, field, 32);
  try {
    return from(bytes, field);
  } finally {
    bytes.fill(0);
  }
}

/** A fresh key from the host's cryptographic generator; draws again in the one case in 2^128 that is out of range. */
export function random(): SecretKey {
  const bytes = new Uint8Array(32);
  do globalThis.crypto.getRandomValues(bytes);
  while (!Scalar.isNonZero(Bytes.toBigInt(bytes)));
  return bytes as SecretKey;
}

/**
 * The integer that a key spells.
 *
 * @throws input.not-bytes, input.wrong-length
 * @throws secret-key.out-of-range - 0 (a wiped key, for one), or the group order and more
 */
export function toScalar(key: Uint8Array, field = 'secretKey'): bigint {
  const value = Bytes.toBigInt(Check.bytes(key, field, 32));
  if (!Scalar.isNonZero(value)) {
    const message = `${field}: a secret key is an integer from 1 to n-1 (n: the order of secp256k1); a wiped key is 0`;
    fail<Reason>({ code: 'secret-key.out-of-range', field }, message);
  }
  return value;
}

/** Overwrites the key with zeros, in place. Copies that others made are theirs to wipe. */
export function wipe(key: SecretKey): void {
  Check.bytes(key, 'secretKey').fill(0);
}
