// ECDSA over secp256k1: for inputs that are not taproot, and for signed messages. SEC 1 4.1 (signing, 4.1.6 recovery), RFC 6979 (nonce),
// BIP66 (encoding), BIP62 rule 5 (low s). A signature is 64 bytes r || s here; DER only at the border.
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import { auto, type Ecc, type RecoverableSignature, type RecoveryId } from './Ecc.ts';
import * as Scalar from './Scalar.ts';
import * as SecretKey from './SecretKey.ts';

export type { RecoverableSignature, RecoveryId } from './Ecc.ts';

export type Reason =
  | Check.Reason
  | { readonly code: 'secret-key.out-of-range'; readonly field: string }
  | { readonly code: 'ecdsa.not-der'; readonly field: string; readonly problem: string }
  | { readonly code: 'ecdsa.out-of-range'; readonly field: string; readonly part: 'r' | 's' };

/** Half the group order, rounded down: the largest low s. */
const HALF = Scalar.N >> 1n;
const SEQUENCE = 0x30;
const INTEGER = 0x02;

/**
 * A signature over a 32-byte hash: deterministic, low s.
 *
 * @shape hash: 32 bytes; result: 64 bytes r || s
 * @throws input.not-bytes, input.wrong-length, secret-key.out-of-range
 * @source RFC 6979 section 3.2 without extra data; BIP62 rule 5
 */
export function sign(hash: Uint8Array, secretKey: SecretKey.SecretKey, ecc: Ecc = auto()): Uint8Array {
  return signRecoverable(hash, secretKey, ecc).signature;
}

/**
 * The same signature as {@link sign}, with the number that leads back from it to the public key.
 *
 * @shape hash: 32 bytes; signature: 64 bytes r || s; recoveryId: 0..3
 * @throws input.not-bytes, input.wrong-length, secret-key.out-of-range
 * @source SEC 1 section 4.1.6
 */
export function signRecoverable(hash: Uint8Array, secretKey: SecretKey.SecretKey, ecc: Ecc = auto()): RecoverableSignature {
  Check.bytes(hash, 'hash', 32);
  const key = SecretKey.from(secretKey);
  try {
    return ecc.ecdsaSign(hash, key);
  } finally {
    SecretKey.wipe(key);
  }
}

/**
 * The compressed public key that made a signature, or null when none did: r or s is 0 or at least n, r is no coordinate, the key is infinity.
 * High s is accepted; see {@link isLowS}.
 *
 * @shape hash: 32 bytes; signature: 64 bytes r || s; recoveryId: 0..3 (2 and 3: the nonce's x was r + n); result: 33 bytes
 * @throws input.not-bytes, input.wrong-length, input.not-integer, input.out-of-range
 * @source SEC 1 section 4.1.6
 */
export function recover(hash: Uint8Array, signature: Uint8Array, recoveryId: number, ecc: Ecc = auto()): Uint8Array | null {
  Check.bytes(hash, 'hash', 32);
  Check.bytes(signature, 'signature', 64);
  return ecc.ecdsaRecover(hash, signature, Check.integer(recoveryId, 'recoveryId', 0, 3) as RecoveryId);
}

/**
 * True when the signature is valid for the hash and key, with low or high s: blocks take both, nodes relay low s only ({@link isLowS}).
 *
 * @shape hash: 32 bytes; publicKey: 33 bytes compressed; signature: 64 bytes r || s
 * @throws input.not-bytes, input.wrong-length
 * @source SEC 1 section 4.1.4
 */
export function verify(hash: Uint8Array, publicKey: Uint8Array, signature: Uint8Array, ecc: Ecc = auto()): boolean {
  Check.bytes(hash, 'hash', 32);
  Check.bytes(publicKey, 'publicKey', 33);
  Check.bytes(signature, 'signature', 64);
  return ecc.ecdsaVerify(hash, publicKey, signature);
}

/**
 * True when s is at most n/2. The other half of the signatures is valid too, but anybody can make one from the other.
 *
 * @shape signature: 64 bytes r || s
 * @throws input.not-bytes, input.wrong-length
 * @source BIP62 rule 5, BIP146 "LOW_S"
 */
export function isLowS(signature: Uint8Array): boolean {
  return Bytes.toBigInt(Check.bytes(signature, 'signature', 64).subarray(32)) <= HALF;
}

/**
 * The same signature with s replaced by n - s when it is high; what is out of range stays as it is.
 *
 * @shape signature, result: 64 bytes r || s
 * @throws input.not-bytes, input.wrong-length
 * @source BIP62 rule 5
 */
export function toLowS(signature: Uint8Array): Uint8Array {
  if (isLowS(signature)) return Bytes.copy(signature);
  const s = Bytes.toBigInt(signature.subarray(32));
  return s >= Scalar.N ? Bytes.copy(signature) : Bytes.concat(signature.subarray(0, 32), Scalar.toBytes(Scalar.N - s));
}

/**
 * The DER form of a signature, as scripts and witnesses hold it before the hash type byte.
 *
 * @shape signature: 64 bytes r || s, each in 1..n-1; result: 8..72 bytes
 * @throws input.not-bytes, input.wrong-length
 * @throws ecdsa.out-of-range - no signature: r or s is 0 or at least n
 * @source BIP66 "DER encoding reference"
 */
export function toDer(signature: Uint8Array): Uint8Array {
  Check.bytes(signature, 'signature', 64);
  const r = derInteger(inRange(Bytes.toBigInt(signature.subarray(0, 32)), 'signature', 'r'));
  const s = derInteger(inRange(Bytes.toBigInt(signature.subarray(32)), 'signature', 's'));
  return Bytes.concat(Uint8Array.of(SEQUENCE, r.length + s.length), r, s);
}

/**
 * The 64-byte form of a DER signature; only the one encoding that BIP66 allows is read. High s passes: see {@link isLowS}.
 *
 * @shape der: 8..72 bytes, without the hash type byte; result: 64 bytes r || s
 * @throws input.not-bytes
 * @throws ecdsa.not-der - another encoding, a byte too many or too few (the hash type, for one)
 * @throws ecdsa.out-of-range - r or s is 0 or at least n
 * @source BIP66 "DER encoding reference"
 */
export function fromDer(der: Uint8Array, field = 'signature'): Uint8Array {
  const parsed = parseDer(Check.bytes(der, field));
  if (typeof parsed === 'string')
    fail<Reason>({ code: 'ecdsa.not-der', field, problem: parsed }, `${field}: no strict DER signature: ${parsed}`);
  return Bytes.concat(inRange(parsed.r, field, 'r'), inRange(parsed.s, field, 's'));
}

/**
 * The two integers of a DER signature, in range or not, or what is wrong with its form.
 *
 * @shape der: 8..72 bytes, without the hash type byte
 * @throws input.not-bytes
 * @source BIP66 "DER encoding reference"
 */
export function parseDer(der: Uint8Array): { readonly r: bigint; readonly s: bigint } | string {
  const { length } = Check.bytes(der, 'signature');
  if (length < 8 || length > 72) return `8..72 bytes, got ${length}`;
  if (der[0] !== SEQUENCE) return 'byte 0 is not 30';
  if (der[1] !== length - 2) return `byte 1 says ${der[1]} bytes, ${length - 2} follow`;
  const r = readInteger(der, 2);
  if (typeof r === 'string') return r;
  const s = readInteger(der, r.next);
  if (typeof s === 'string') return s;
  return s.next === length ? { r: r.value, s: s.value } : `${length - s.next} bytes follow s`;
}

function derInteger(value: Uint8Array): Uint8Array {
  let from = 0;
  while (value[from] === 0) from++;
  const digits = value.subarray(from);
  // A first byte of 80 and more would say that the integer is negative.
  const sign = (digits[0] as number) >= 0x80 ? [0] : [];
  return Bytes.concat(Uint8Array.of(INTEGER, digits.length + sign.length, ...sign), digits);
}

function readInteger(der: Uint8Array, at: number): { readonly value: bigint; readonly next: number } | string {
  const length = der[at + 1];
  if (der[at] !== INTEGER || length === undefined) return `byte ${at} starts no integer`;
  const next = at + 2 + length;
  if (length === 0 || next > der.length) return `byte ${at + 1} says ${length} bytes, ${der.length - at - 2} follow`;
  const bytes = der.subarray(at + 2, next);
  const first = bytes[0] as number;
  const second = bytes[1];
  if (first >= 0x80) return `the integer at byte ${at} is negative`;
  if (first === 0 && second !== undefined && second < 0x80) return `the integer at byte ${at} has a zero too many in front`;
  return { value: Bytes.toBigInt(bytes), next };
}

/** 32 bytes of an integer in 1..n-1. */
function inRange(value: bigint, field: string, part: 'r' | 's'): Uint8Array {
  if (!Scalar.isNonZero(value)) {
    fail<Reason>({ code: 'ecdsa.out-of-range', field, part }, `${field}: ${part} is an integer from 1 to n-1 (n: the order of secp256k1)`);
  }
  return Scalar.toBytes(value);
}
