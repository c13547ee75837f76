// Schnorr adaptor signatures: a covenant member signs so that only who knows the decryption key t (t*G = T) can finish the signature,
// and the finished signature gives t away. babylon crypto/schnorr-adaptor-signature (README.md, sig.go, sign_utils.go, keys.go).
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Encoding from './adaptorEncoding.ts';
import { challenge } from './challenge.ts';
import { auto, type Ecc } from './Ecc.ts';
import { noncePointOf } from './ecc/bip340.ts';
import { evenPair, pointOf } from './keyPair.ts';
import * as Scalar from './Scalar.ts';
import * as SecretKey from './SecretKey.ts';
import { taggedHash } from './TaggedHash.ts';

export { type AdaptorSignature, encode, toLegacy66 } from './adaptorEncoding.ts';

export type Reason =
  | Check.Reason
  | SecretKey.Reason
  | Encoding.Reason
  | { readonly code: 'adaptor.bad-encryption-key'; readonly field: string; readonly why: 'prefix' | 'not-on-curve' }
  | { readonly code: 'adaptor.infinity' }
  | { readonly code: 'adaptor.self-check-failed' }
  | { readonly code: 'adaptor.zero-scalar'; readonly field: string }
  | { readonly code: 'adaptor.decryption-key-out-of-range'; readonly field: string }
  | { readonly code: 'adaptor.key-mismatch' }
  | { readonly code: 'adaptor.different-r' }
  | { readonly code: 'adaptor.r-out-of-range'; readonly field: string }
  | { readonly code: 'adaptor.s-out-of-range'; readonly field: string };

/** Why an adaptor signature does not verify. */
export type Finding =
  | Encoding.Fault
  | 'zero-s'
  | 'public-key-not-on-curve'
  | 'encryption-key-not-on-curve'
  | 'infinity'
  | 'encryption-key-mismatch';

/** What {@link sign} takes. */
export interface SignInput {
  readonly secretKey: SecretKey.SecretKey;
  /** T: 33 bytes compressed, or 32 bytes x-only, which mean even y. */
  readonly encryptionKey: Uint8Array;
  /** Used as it is; for Bitcoin the 32-byte signature hash. */
  readonly message: Uint8Array;
  /** 32 bytes; fresh random bytes when left out. */
  readonly auxRand?: Uint8Array | undefined;
}

/** What {@link verify} and {@link check} take. */
export interface VerifyInput {
  /** 32 bytes x-only. */
  readonly publicKey: Uint8Array;
  readonly encryptionKey: Uint8Array;
  readonly message: Uint8Array;
  /** 65 bytes, or the obsolete 66. */
  readonly adaptorSignature: Uint8Array;
}

/**
 * An adaptor signature for the holder of the decryption key. It is verified before it is returned.
 *
 * @shape 65 bytes: 02 or 03 || R0.x || s'
 * @throws input.not-bytes, input.wrong-length, secret-key.out-of-range, adaptor.bad-encryption-key
 * @throws adaptor.zero-scalar, adaptor.infinity, adaptor.self-check-failed - for inputs that nobody can find, or a broken backend
 * @source babylon crypto/schnorr-adaptor-signature/vectors/presig_vectors.csv (nonce over the x-only key)
 * @differs the Go signer hashes the 33-byte key into its nonce: other bytes, equally valid
 */
export function sign(input: SignInput, ecc: Ecc = auto()): Uint8Array {
  Check.object(input, 'input');
  const message = Check.bytes(input.message, 'message');
  const encryptionKey = encryptionPoint(input.encryptionKey, ecc);
  const given = input.auxRand;
  const auxRand = given === undefined ? globalThis.crypto.getRandomValues(new Uint8Array(32)) : Check.bytes(given, 'auxRand', 32);
  const key = evenPair(SecretKey.toScalar(input.secretKey), ecc);
  const k0 = nonceFor(key.scalar, key.x, encryptionKey, message, auxRand);
  const k0Bytes = Scalar.toBytes(k0);
  const r0 = ecc.pointAddScalar(encryptionKey, k0Bytes);
  k0Bytes.fill(0);
  if (r0 === null) fail<Reason>({ code: 'adaptor.infinity' }, 'the nonce point is the point at infinity');
  const k = r0[0] === 2 ? k0 : Scalar.N - k0;
  const e = Scalar.fromHashInteger(challenge(r0.subarray(1), key.x, message));
  const signature = Bytes.concat(r0, Scalar.toBytes(Scalar.mod(k + e * key.scalar)));
  if (!verify({ publicKey: key.x, encryptionKey, message, adaptorSignature: signature }, ecc)) {
    fail<Reason>({ code: 'adaptor.self-check-failed' }, 'the adaptor signature just made does not verify; it is not released');
  }
  return signature;
}

/**
 * True when decryption with the key behind `encryptionKey` gives a valid BIP340 signature of `publicKey` over `message`.
 * False for everything malformed but lengths.
 *
 * @throws input.not-bytes, input.wrong-length, adaptor.wrong-length
 * @source babylon crypto/schnorr-adaptor-signature/sig.go EncVerify
 */
export function verify(input: VerifyInput, ecc: Ecc = auto()): boolean {
  return check(input, ecc) === undefined;
}

/**
 * Why an adaptor signature does not verify, or undefined when it does.
 *
 * @throws input.not-bytes, input.wrong-length, adaptor.wrong-length
 * @source babylon crypto/schnorr-adaptor-signature/sig.go EncVerify
 */
export function check(input: VerifyInput, ecc: Ecc = auto()): Finding | undefined {
  Check.object(input, 'input');
  Check.bytes(input.publicKey, 'publicKey', 32);
  Check.bytes(input.message, 'message');
  const target = compressed(input.encryptionKey, 'encryptionKey');
  const parsed = Encoding.parse(input.adaptorSignature, ecc);
  if (typeof parsed === 'string') return parsed;
  if (parsed.s === 0n) return 'zero-s';
  const e = Scalar.fromHashInteger(challenge(parsed.r0.subarray(1), input.publicKey, input.message));
  const r = noncePointOf(input.publicKey, parsed.s, e, ecc);
  // R0 even: T = R0 - R. R0 odd: T = R0 + R.
  const recovered = r === null ? null : ecc.pointAdd(parsed.r0, parsed.r0[0] === 2 ? opposite(r) : r);
  if (recovered !== null && Bytes.equal(recovered, target)) return undefined;
  // Keys off the curve cannot get this far with a match; which of them is to blame costs square roots, and only a failure asks for it.
  if (!ecc.isXOnly(input.publicKey)) return 'public-key-not-on-curve';
  if (!ecc.isPoint(target)) return 'encryption-key-not-on-curve';
  return recovered === null ? 'infinity' : 'encryption-key-mismatch';
}

/**
 * The BIP340 signature inside. Nothing tells a wrong `decryptionKey` (its negative, for one): always verify the result.
 *
 * @shape decryptionKey: 32 bytes, t with t*G = T, see {@link decryptionKeyFor}; result: 64 bytes R0.x || s
 * @throws input.not-bytes, input.wrong-length, adaptor.wrong-length, adaptor.malformed
 * @throws adaptor.zero-scalar - s' = 0 or t = 0
 * @throws adaptor.decryption-key-out-of-range - t >= n
 * @source babylon crypto/schnorr-adaptor-signature/sig.go Decrypt
 */
export function decrypt(
  input: { readonly adaptorSignature: Uint8Array; readonly decryptionKey: Uint8Array },
  ecc: Ecc = auto(),
): Uint8Array {
  Check.object(input, 'input');
  const { r0, s: encrypted } = decodeNonZero(input.adaptorSignature, ecc);
  const t = Bytes.toBigInt(Check.bytes(input.decryptionKey, 'decryptionKey', 32));
  if (t === 0n) zeroScalar('decryptionKey');
  if (t >= Scalar.N) {
    const message = 'decryptionKey: expected an integer below the group order n';
    fail<Reason>({ code: 'adaptor.decryption-key-out-of-range', field: 'decryptionKey' }, message);
  }
  const s = Scalar.mod(r0[0] === 2 ? encrypted + t : encrypted - t);
  return Bytes.concat(r0.subarray(1), Scalar.toBytes(s));
}

/**
 * The decryption key of an encryption key for the holder of `secretKey`: the key itself or n minus it, whichever has the right point.
 *
 * @shape encryptionKey: 33 bytes compressed, or 32 bytes x-only (even)
 * @throws input.not-bytes, input.wrong-length, secret-key.out-of-range, adaptor.bad-encryption-key
 * @throws adaptor.key-mismatch - the secret key belongs to another point
 * @source babylon crypto/schnorr-adaptor-signature/keys.go NewDecryptionKeyFromBTCSK
 */
export function decryptionKeyFor(secretKey: SecretKey.SecretKey, encryptionKey: Uint8Array, ecc: Ecc = auto()): SecretKey.SecretKey {
  const scalar = SecretKey.toScalar(secretKey);
  const target = encryptionPoint(encryptionKey, ecc);
  const point = pointOf(scalar, ecc);
  if (!Bytes.equal(point.subarray(1), target.subarray(1))) {
    fail<Reason>({ code: 'adaptor.key-mismatch' }, 'the secret key does not belong to this encryption key');
  }
  return secretOf(point[0] === target[0] ? scalar : Scalar.N - scalar);
}

/**
 * The decryption key t, from an adaptor signature and the BIP340 signature that was made from it.
 * The scalar is not normalised; check that its point is the expected key.
 *
 * @shape signature: 64 bytes
 * @throws input.not-bytes, input.wrong-length, adaptor.wrong-length, adaptor.malformed, adaptor.s-out-of-range, adaptor.r-out-of-range
 * @throws adaptor.different-r - the signature was not made from this adaptor signature
 * @throws adaptor.zero-scalar - s = 0, s' = 0 or t = 0
 * @source babylon crypto/schnorr-adaptor-signature/sig.go Recover
 */
export function recover(
  input: { readonly adaptorSignature: Uint8Array; readonly signature: Uint8Array },
  ecc: Ecc = auto(),
): SecretKey.SecretKey {
  Check.object(input, 'input');
  const { r0, s: encrypted } = decodeNonZero(input.adaptorSignature, ecc);
  const signature = Check.bytes(input.signature, 'signature', 64);
  const s = Bytes.toBigInt(signature.subarray(32));
  if (Bytes.toBigInt(signature.subarray(0, 32)) >= Scalar.P) {
    fail<Reason>({ code: 'adaptor.r-out-of-range', field: 'signature' }, 'signature: r is not below the field prime p');
  }
  if (s >= Scalar.N) fail<Reason>({ code: 'adaptor.s-out-of-range', field: 'signature' }, 'signature: s is not below the group order n');
  if (s === 0n) zeroScalar('signature');
  if (!Bytes.equal(signature.subarray(0, 32), r0.subarray(1))) {
    fail<Reason>({ code: 'adaptor.different-r' }, 'the signature was not made from this adaptor signature: their nonce points differ');
  }
  const t = Scalar.mod(r0[0] === 2 ? s - encrypted : encrypted - s);
  if (t === 0n) zeroScalar('decryptionKey');
  return secretOf(t);
}

/**
 * The parts of an adaptor signature in either form.
 *
 * @throws input.not-bytes, adaptor.wrong-length
 * @throws adaptor.malformed - with the fault
 */
export function decode(bytes: Uint8Array, ecc: Ecc = auto()): Encoding.AdaptorSignature {
  return Encoding.decode(bytes, ecc);
}

function decodeNonZero(bytes: Uint8Array, ecc: Ecc): { r0: Uint8Array; s: bigint } {
  const { r0, s } = Encoding.decodeParts(bytes, ecc);
  if (s === 0n) zeroScalar('adaptorSignature');
  return { r0, s };
}

/** The nonce k0 of the vectors: over the masked even key, T, the x-only key and the message. */
function nonceFor(d: bigint, publicKey: Uint8Array, encryptionKey: Uint8Array, message: Uint8Array, auxRand: Uint8Array): bigint {
  const masked = Scalar.toBytes(d);
  const mask = taggedHash('SchnorrAdaptor/aux', auxRand);
  for (let i = 0; i < 32; i++) masked[i] = (masked[i] as number) ^ (mask[i] as number);
  const hash = taggedHash('SchnorrAdaptor/nonce', masked, encryptionKey, publicKey, message);
  masked.fill(0);
  const k0 = Scalar.fromHash(hash);
  hash.fill(0);
  if (k0 === 0n) zeroScalar('nonce');
  return k0;
}

/** T as 33 bytes, known to be on the curve. */
function encryptionPoint(key: Uint8Array, ecc: Ecc): Uint8Array {
  const point = compressed(key, 'encryptionKey');
  if (point[0] !== 2 && point[0] !== 3) badEncryptionKey('prefix', 'a compressed key starts with 02 or 03');
  if (!ecc.isPoint(point)) badEncryptionKey('not-on-curve', 'x is not the coordinate of a point on secp256k1');
  return point;
}

function badEncryptionKey(why: 'prefix' | 'not-on-curve', text: string): never {
  fail<Reason>({ code: 'adaptor.bad-encryption-key', field: 'encryptionKey', why }, `encryptionKey: ${text}`);
}

function compressed(key: Uint8Array, field: string): Uint8Array {
  Check.bytes(key, field);
  if (key.length === 32) return Bytes.concat(Uint8Array.of(2), key);
  if (key.length !== 33) Check.wrongLength(field, '32 (x-only, even) or 33 (compressed)', key.length);
  return key;
}

function opposite(point: Uint8Array): Uint8Array {
  const result = Bytes.copy(point);
  result[0] = point[0] === 2 ? 3 : 2;
  return result;
}

function secretOf(scalar: bigint): SecretKey.SecretKey {
  return Scalar.toBytes(scalar) as SecretKey.SecretKey;
}

function zeroScalar(field: string): never {
  fail<Reason>({ code: 'adaptor.zero-scalar', field }, `${field}: the scalar is zero`);
}
