// Extractable one-time signatures: the s half of a BIP340 signature over SHA-256(message), whose nonce point was published before.
// Two signatures under one nonce point give the key. babylon crypto/eots/eots.go; BIP340.
// The context is text that goes before the message: '' on the main line, 64 hex digits on the BSN line (babylon app/signingcontext).
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import { challenge } from './challenge.ts';
import { auto, type Ecc } from './Ecc.ts';
import { noncePointOf } from './ecc/bip340.ts';
import { toBytes32 } from './integers.ts';
import { evenPair, pointOf } from './keyPair.ts';
import { halvesOf, type NoncePair, type Reason as NonceReason } from './nonce.ts';
import type { XOnlyPublicKey } from './PublicKey.ts';
import * as Scalar from './Scalar.ts';
import * as SecretKey from './SecretKey.ts';

/** Why a signature does not verify. The first three are the chain's own reasons; a wrong s gives either of the last two of them. */
export type Finding =
  | 'infinity'
  | 'odd-r'
  | 'unequal-r'
  | 's-out-of-range'
  | 'r-out-of-range'
  | 'public-key-not-on-curve'
  | 'challenge-overflow';

export type Reason =
  | Check.Reason
  | SecretKey.Reason
  | NonceReason
  | { readonly code: 'public-key.not-on-curve'; readonly field: string }
  | { readonly code: 'eots.nonce-out-of-range'; readonly field: string }
  | { readonly code: 'eots.s-out-of-range'; readonly field: string }
  | { readonly code: 'eots.r-out-of-range'; readonly field: string }
  | { readonly code: 'eots.bad-prefix'; readonly field: string; readonly prefix: number }
  | { readonly code: 'eots.challenge-overflow'; readonly field: string }
  | { readonly code: 'eots.malformed-context'; readonly field: string }
  | { readonly code: 'eots.same-signature' }
  | { readonly code: 'eots.same-message' }
  | { readonly code: 'eots.key-mismatch' }
  | { readonly code: 'eots.wiped-signer' };

/** What {@link sign} takes. */
export interface SignInput {
  readonly secretKey: SecretKey.SecretKey;
  /** 32 bytes, 1..n-1, for this message only. */
  readonly secRand: Uint8Array;
  readonly message: Uint8Array;
  readonly context?: string | undefined;
}

/** What {@link verify} and {@link check} take. */
export interface VerifyInput {
  /** 32 bytes x-only. */
  readonly publicKey: Uint8Array;
  /** 32 bytes: the x of the nonce point. */
  readonly pubRand: Uint8Array;
  readonly message: Uint8Array;
  /** 32 bytes: s. */
  readonly signature: Uint8Array;
  readonly context?: string | undefined;
}

/** What {@link extract} takes. */
export interface ExtractInput {
  /** 32 bytes x-only, or 33 bytes compressed when the parity is known. */
  readonly publicKey: Uint8Array;
  readonly pubRand: Uint8Array;
  readonly message1: Uint8Array;
  readonly signature1: Uint8Array;
  readonly message2: Uint8Array;
  readonly signature2: Uint8Array;
  readonly context?: string | undefined;
}

/** A key that signs many messages, each with its own nonce pair; no point multiplication per signature. */
export interface EotsSigner {
  readonly publicKey: XOnlyPublicKey;
  /**
   * The signature s, 32 bytes. Protects nothing: who signs two messages with one pair gives the key away.
   *
   * @throws eots.wiped-signer, eots.challenge-overflow, eots.malformed-context, pub-rand.forged-pair, pub-rand.wiped
   */
  sign(message: Uint8Array, nonce: NoncePair, context?: string): Uint8Array;
  /**
   * As {@link EotsSigner.sign}, for a caller that has hashed the message (with its context, where there is one) already.
   *
   * @shape root: 32 bytes, as {@link messageRoot} gives it
   */
  signRoot(root: Uint8Array, nonce: NoncePair): Uint8Array;
  /** Forgets the key. */
  wipe(): void;
}

/**
 * One signature from a key and a secret nonce. Both are normalised to even y inside; the public nonce is computed, never taken.
 *
 * @shape 32 bytes: s
 * @throws input.not-bytes, input.wrong-length, secret-key.out-of-range, eots.challenge-overflow, eots.malformed-context
 * @throws eots.nonce-out-of-range - with k = 0 one signature would reveal the key
 * @source babylon crypto/eots/eots.go Sign
 */
export function sign(input: SignInput, ecc: Ecc = auto()): Uint8Array {
  Check.object(input, 'input');
  const hash = hashOf(input.message, input.context);
  const key = evenPair(SecretKey.toScalar(input.secretKey), ecc);
  const k = Bytes.toBigInt(Check.bytes(input.secRand, 'secRand', 32));
  if (!Scalar.isNonZero(k)) {
    fail<Reason>({ code: 'eots.nonce-out-of-range', field: 'secRand' }, 'secRand: a nonce is an integer from 1 to n-1');
  }
  const nonce = evenPair(k, ecc);
  return respond(key.scalar, key.x, nonce.scalar, nonce.x, hash);
}

/**
 * What a signature signs: SHA-256 of context and message.
 *
 * @shape 32 bytes
 * @throws input.not-bytes, input.not-text, eots.malformed-context
 */
export function messageRoot(message: Uint8Array, context?: string): Uint8Array {
  return hashOf(message, context);
}

/**
 * A signer for one key.
 *
 * @throws input.not-bytes, input.wrong-length, secret-key.out-of-range
 */
export function signer(secretKey: SecretKey.SecretKey, ecc: Ecc = auto()): EotsSigner {
  const pair = evenPair(SecretKey.toScalar(secretKey), ecc);
  const publicKey = pair.x;
  let d = pair.scalar;
  const signed = (nonce: NoncePair, root: () => Uint8Array): Uint8Array => {
    if (d === 0n) fail<Reason>({ code: 'eots.wiped-signer' }, 'this signer was wiped');
    const { scalar, x } = halvesOf(nonce);
    return respond(d, publicKey, scalar, x, root());
  };
  return Object.freeze<EotsSigner>({
    publicKey: publicKey.slice() as XOnlyPublicKey,
    sign: (message, nonce, context) => signed(nonce, () => hashOf(message, context)),
    signRoot: (root, nonce) => signed(nonce, () => Check.bytes(root, 'root', 32)),
    wipe() {
      d = 0n;
    },
  });
}

/**
 * True when the signature is valid: then it is the s of a valid BIP340 signature over the hash of the message.
 *
 * @throws input.not-bytes, input.wrong-length, eots.malformed-context
 * @source babylon crypto/eots/eots.go Verify
 * @differs s >= n and r >= p are refused, which the chain's parser reduces
 */
export function verify(input: VerifyInput, ecc: Ecc = auto()): boolean {
  const hash = checkVerifyInput(input);
  if (challenge(input.pubRand, input.publicKey, hash) >= Scalar.N) return false;
  return ecc.schnorrVerify(hash, input.publicKey, Bytes.concat(input.pubRand, input.signature));
}

/**
 * Why a signature does not verify, or undefined when it does. Slower than {@link verify}.
 *
 * @throws input.not-bytes, input.wrong-length, eots.malformed-context
 * @source babylon crypto/eots/eots.go Verify, crypto/eots/error.go
 */
export function check(input: VerifyInput, ecc: Ecc = auto()): Finding | undefined {
  const hash = checkVerifyInput(input);
  const s = Bytes.toBigInt(input.signature);
  if (!ecc.isXOnly(input.publicKey)) return 'public-key-not-on-curve';
  if (s >= Scalar.N) return 's-out-of-range';
  if (Bytes.toBigInt(input.pubRand) >= Scalar.P) return 'r-out-of-range';
  const e = challenge(input.pubRand, input.publicKey, hash);
  if (e >= Scalar.N) return 'challenge-overflow';
  const point = noncePointOf(input.publicKey, s, e, ecc);
  if (point === null) return 'infinity';
  if (point[0] === 3) return 'odd-r';
  return Bytes.equal(point.subarray(1), input.pubRand) ? undefined : 'unequal-r';
}

/**
 * The secret key behind two signatures of one nonce: the even-y key for an x-only `publicKey`, the stored one for 33 bytes.
 * The signatures are not verified; the result is, against the public key.
 *
 * @throws eots.same-signature, eots.same-message - nothing can be computed
 * @throws eots.key-mismatch - one of the signatures is not valid, or it is another key's or nonce's
 * @throws eots.s-out-of-range, eots.r-out-of-range, eots.challenge-overflow, eots.bad-prefix, eots.malformed-context, public-key.not-on-curve
 * @throws input.not-bytes, input.wrong-length
 * @source babylon crypto/eots/eots.go Extract
 */
export function extract(input: ExtractInput, ecc: Ecc = auto()): SecretKey.SecretKey {
  Check.object(input, 'input');
  const { parity, x } = knownParity(input.publicKey);
  const r = Check.bytes(input.pubRand, 'pubRand', 32);
  const hash1 = hashOf(input.message1, input.context, 'message1');
  const hash2 = hashOf(input.message2, input.context, 'message2');
  const s1 = scalarOfSignature(input.signature1, 'signature1');
  const s2 = scalarOfSignature(input.signature2, 'signature2');
  if (Bytes.toBigInt(r) >= Scalar.P)
    fail<Reason>({ code: 'eots.r-out-of-range', field: 'pubRand' }, 'pubRand: expected an integer below the field prime p');
  if (s1 === s2) fail<Reason>({ code: 'eots.same-signature' }, 'the two signatures are the same: nothing can be extracted');
  const e1 = challengeBelowN(r, x, hash1, 'message1');
  const e2 = challengeBelowN(r, x, hash2, 'message2');
  if (e1 === e2) fail<Reason>({ code: 'eots.same-message' }, 'both signatures are for the same message: one of them is not valid');
  const d = Scalar.mod((s1 - s2) * Scalar.invert(e1 - e2));
  return keyOfPoint(d, x, parity, ecc);
}

/** `d` as key, negated when the caller's point is odd; refused when its x is not the public key's. */
function keyOfPoint(d: bigint, x: Uint8Array, parity: 2 | 3, ecc: Ecc): SecretKey.SecretKey {
  const point = pointOf(d, ecc);
  if (!Bytes.equal(point.subarray(1), x) || point[0] !== 2) {
    if (!ecc.isXOnly(x))
      fail<Reason>({ code: 'public-key.not-on-curve', field: 'publicKey' }, 'publicKey: no point on secp256k1 has this x');
    fail<Reason>(
      { code: 'eots.key-mismatch' },
      'the two signatures do not give the secret of this public key: at least one of them is not valid',
    );
  }
  const stored = Scalar.toBytes(parity === 2 ? d : Scalar.N - d);
  return stored as SecretKey.SecretKey;
}

function knownParity(publicKey: Uint8Array): { parity: 2 | 3; x: Uint8Array } {
  Check.bytes(publicKey, 'publicKey');
  if (publicKey.length === 32) return { parity: 2, x: publicKey };
  if (publicKey.length !== 33) Check.wrongLength('publicKey', '32 (x-only) or 33 (compressed)', publicKey.length);
  const prefix = publicKey[0] ?? 0;
  if (prefix !== 2 && prefix !== 3) {
    fail<Reason>({ code: 'eots.bad-prefix', field: 'publicKey', prefix }, 'publicKey: a compressed key starts with 02 or 03');
  }
  return { parity: prefix, x: publicKey.subarray(1) };
}

function checkVerifyInput(input: VerifyInput): Uint8Array {
  Check.object(input, 'input');
  Check.bytes(input.publicKey, 'publicKey', 32);
  Check.bytes(input.pubRand, 'pubRand', 32);
  Check.bytes(input.signature, 'signature', 32);
  return hashOf(input.message, input.context);
}

function scalarOfSignature(signature: Uint8Array, field: string): bigint {
  const s = Bytes.toBigInt(Check.bytes(signature, field, 32));
  if (s >= Scalar.N) fail<Reason>({ code: 'eots.s-out-of-range', field }, `${field}: expected an integer below the group order n`);
  return s;
}

/** s = k + e*d. Reduces nothing but the result: a challenge of n or more is refused, as the chain does. */
function respond(d: bigint, publicKey: Uint8Array, k: bigint, pubRand: Uint8Array, hash: Uint8Array): Uint8Array {
  const e = challengeBelowN(pubRand, publicKey, hash, 'message');
  return toBytes32((k + e * d) % Scalar.N);
}

function challengeBelowN(r: Uint8Array, publicKey: Uint8Array, hash: Uint8Array, field: string): bigint {
  const e = challenge(r, publicKey, hash);
  if (e >= Scalar.N) fail<Reason>({ code: 'eots.challenge-overflow', field }, `${field}: hash of (r || P || m) too big`);
  return e;
}

const EMPTY = sha256.create();
/** Used over and over: a fresh state for each message would cost half as much as its hash. */
const scratch = EMPTY.clone();

function hashOf(message: Uint8Array, context = '', field = 'message'): Uint8Array {
  Check.bytes(message, field);
  const hash = EMPTY._cloneInto(scratch);
  if (context !== '') hash.update(contextBytes(context));
  return hash.update(message).digest();
}

function contextBytes(context: string): Uint8Array {
  Check.text(context, 'context');
  if (/\p{Surrogate}/u.test(context)) {
    fail<Reason>({ code: 'eots.malformed-context', field: 'context' }, 'context: no well-formed Unicode text');
  }
  return utf8ToBytes(context);
}
