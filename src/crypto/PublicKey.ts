// Public keys as Bitcoin scripts hold them: 32 bytes, the x of a point with even y. BIP340 "Public Key Conversion", lift_x.
// Every way in checks that x is below p and on the curve: no node complains when coins go to a key off the curve, and they are lost.
import type { Brand } from '../base/Brand.ts';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import { auto, type Ecc } from './Ecc.ts';
import { pointOf } from './keyPair.ts';
import * as SecretKey from './SecretKey.ts';

/** An x-only public key, 32 bytes, known to be on the curve. */
export type XOnlyPublicKey = Brand<Uint8Array, 'x-only'>;

export type Reason =
  | Check.Reason
  | Hex.Reason
  | SecretKey.Reason
  | { readonly code: 'public-key.not-on-curve'; readonly field: string }
  | { readonly code: 'public-key.odd-y'; readonly field: string }
  | { readonly code: 'public-key.uncompressed'; readonly field: string }
  | { readonly code: 'public-key.bad-prefix'; readonly field: string; readonly prefix: number };

/**
 * A checked copy of an x-only key.
 *
 * @shape 32 bytes: x
 * @throws input.not-bytes, input.wrong-length
 * @throws public-key.not-on-curve - x >= p, or no point has this x
 */
export function fromXOnly(bytes: Uint8Array, field = 'publicKey', ecc: Ecc = auto()): XOnlyPublicKey {
  const copy = Uint8Array.from(Check.bytes(bytes, field, 32));
  if (!ecc.isXOnly(copy)) notOnCurve(field);
  return copy as XOnlyPublicKey;
}

/**
 * The x-only key that 64 hex digits spell.
 *
 * @throws input.not-text, hex.odd-length, hex.bad-digit, input.wrong-length, public-key.not-on-curve
 */
export function fromHex(text: string, field = 'publicKey', ecc: Ecc = auto()): XOnlyPublicKey {
  return fromXOnly(Hex.decode(text, field, 32), field, ecc);
}

/**
 * The x-only key of a compressed point with even y. A point with odd y is refused, because its owner may not expect that scripts drop the parity.
 *
 * @shape 33 bytes: 02 || x
 * @throws input.not-bytes, input.wrong-length, public-key.uncompressed, public-key.bad-prefix, public-key.not-on-curve
 * @throws public-key.odd-y - prefix 03: see {@link fromCompressedAnyParity}
 */
export function fromCompressed(bytes: Uint8Array, field = 'publicKey', ecc: Ecc = auto()): XOnlyPublicKey {
  const key = fromCompressedAnyParity(bytes, field, ecc);
  if (bytes[0] === 3) {
    const advice =
      'Bitcoin scripts use the x-only key (32 bytes) and take y as even; if that is meant, call PublicKey.fromCompressedAnyParity';
    fail<Reason>({ code: 'public-key.odd-y', field }, `${field}: this point has odd y (prefix 03). ${advice}`);
  }
  return key;
}

/**
 * The x-only key of a compressed point; the parity is dropped, as scripts do.
 *
 * @shape 33 bytes: 02 or 03 || x
 * @throws input.not-bytes, input.wrong-length, public-key.uncompressed, public-key.bad-prefix, public-key.not-on-curve
 */
export function fromCompressedAnyParity(bytes: Uint8Array, field = 'publicKey', ecc: Ecc = auto()): XOnlyPublicKey {
  Check.bytes(bytes, field);
  const prefix = bytes[0] ?? 0;
  if (bytes.length === 65 || (bytes.length === 33 && (prefix === 4 || prefix === 6 || prefix === 7))) {
    const message = `${field}: uncompressed and hybrid keys (65 bytes, prefix 04, 06 or 07) are not used here; give 33 bytes compressed`;
    fail<Reason>({ code: 'public-key.uncompressed', field }, message);
  }
  Check.bytes(bytes, field, 33);
  if (prefix !== 2 && prefix !== 3) {
    const message = `${field}: a compressed key starts with 02 or 03, got ${prefix.toString(16).padStart(2, '0')}`;
    fail<Reason>({ code: 'public-key.bad-prefix', field, prefix }, message);
  }
  if (!ecc.isPoint(bytes)) notOnCurve(field);
  return Bytes.copy(bytes.subarray(1)) as XOnlyPublicKey;
}

/**
 * The x-only public key of a secret key.
 *
 * @throws input.not-bytes, input.wrong-length, secret-key.out-of-range
 */
export function ofSecret(secretKey: SecretKey.SecretKey, ecc: Ecc = auto()): XOnlyPublicKey {
  return compressedOfSecret(secretKey, ecc).slice(1) as XOnlyPublicKey;
}

/**
 * The compressed public key of a secret key, with its parity.
 *
 * @shape 33 bytes: 02 or 03 || x
 * @throws input.not-bytes, input.wrong-length, secret-key.out-of-range
 */
export function compressedOfSecret(secretKey: SecretKey.SecretKey, ecc: Ecc = auto()): Uint8Array {
  return pointOf(SecretKey.toScalar(secretKey), ecc);
}

function notOnCurve(field: string): never {
  fail<Reason>({ code: 'public-key.not-on-curve', field }, `${field}: x is not the coordinate of a point on secp256k1`);
}
