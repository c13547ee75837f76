// Public randomness of a finality provider: the nonce of each height, derived from the key, the chain-id and the height.
// finality-provider eotsmanager/randgenerator/randgenerator.go (builds since February 2025, which hash the iteration too).
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import { auto, type Ecc } from './Ecc.ts';
import * as Nonce from './nonce.ts';
import { derivation, MAX_HEIGHT } from './nonceDerivation.ts';
import * as Source from './nonceSource.ts';
import * as Scalar from './Scalar.ts';
import type * as SecretKey from './SecretKey.ts';
import * as Sealed from './sealedPoints.ts';

export type { NoncePair } from './nonce.ts';
export type { NonceSource } from './nonceSource.ts';
export type { HeightRange, PointsInSteps, SealedPoints } from './sealedPoints.ts';

export type Reason = Source.Reason;

/**
 * The nonce pair of a height. The key bytes count as stored: a key whose parity was normalised elsewhere gives other randomness.
 *
 * @unit height: Babylon block height, 0..2^64-1
 * @throws input.not-bytes, input.wrong-length, input.not-text, input.not-integer, input.out-of-range
 * @throws secret-key.out-of-range, pub-rand.malformed-chain-id
 * @source finality-provider eotsmanager/randgenerator/randgenerator.go GenerateRandomness
 */
export function derive(secretKey: SecretKey.SecretKey, chainId: string, height: bigint, ecc: Ecc = auto()): Nonce.NoncePair {
  const nonces = derivation(secretKey, chainId);
  try {
    return Nonce.fromScalar(nonces.scalarAt(height), ecc);
  } finally {
    nonces.wipe();
  }
}

/**
 * The public randomness of `count` consecutive heights, for a commitment.
 *
 * @shape 32 bytes each: x of k*G
 * @unit startHeight: Babylon block height; count: 0..2^24
 * @throws as {@link derive}; input.out-of-range when the last height passes 2^64-1
 */
export function derivePublic(
  secretKey: SecretKey.SecretKey,
  chainId: string,
  startHeight: bigint,
  count: number,
  ecc: Ecc = auto(),
): Uint8Array[] {
  Check.bigInteger(startHeight, 'startHeight', 0n, MAX_HEIGHT);
  Check.integer(count, 'count', 0, 2 ** 24);
  const nonces = derivation(secretKey, chainId);
  try {
    return Array.from({ length: count }, (_, offset) => nonces.pointAt(startHeight + BigInt(offset), ecc).slice(1));
  } finally {
    nonces.wipe();
  }
}

/**
 * The nonce pair of a height by a derivation of our own, with a domain tag and the length of the chain-id: for keys that no eotsd ever had.
 * A commitment made by one derivation cannot be voted on with the other; the signer daemon uses eotsd's.
 *
 * @unit height: chain height, 0..2^64-1
 * @throws as {@link derive}
 */
export function deriveTagged(secretKey: SecretKey.SecretKey, chainId: string, height: bigint, ecc: Ecc = auto()): Nonce.NoncePair {
  const nonces = derivation(secretKey, chainId, 'tagged');
  try {
    return Nonce.fromScalar(nonces.scalarAt(height), ecc);
  } finally {
    nonces.wipe();
  }
}

/**
 * A source of nonce pairs for one key and chain that remembers points: signatures of prepared heights need no curve arithmetic.
 *
 * @unit options.maxKept: points kept in memory, 33 bytes each; 2^18 unless given, the oldest go first
 * @throws input.*, secret-key.out-of-range, pub-rand.malformed-chain-id
 */
export function source(
  secretKey: SecretKey.SecretKey,
  chainId: string,
  options: { readonly ecc?: Ecc | undefined; readonly maxKept?: number | undefined } = {},
): Source.NonceSource {
  return Source.nonceSource(secretKey, chainId, options);
}

/**
 * The nonce points of a range, without the secrets, in the form that {@link NonceSource.adopt} takes: for work in other threads.
 *
 * @shape points: 33 bytes each, packed; the public randomness is all but the first byte of each
 * @throws input.*, secret-key.out-of-range, pub-rand.malformed-chain-id
 */
export function sealedPoints(
  secretKey: SecretKey.SecretKey,
  chainId: string,
  range: Sealed.HeightRange,
  ecc: Ecc = auto(),
): Sealed.SealedPoints {
  return Sealed.sealedPoints(secretKey, chainId, range, ecc);
}

/**
 * The same bit by bit, for a caller with others to serve; `wipe` it in the end.
 *
 * @throws input.*, secret-key.out-of-range, pub-rand.malformed-chain-id
 */
export function pointsInSteps(
  secretKey: SecretKey.SecretKey,
  chainId: string,
  range: Sealed.HeightRange,
  ecc: Ecc = auto(),
): Sealed.PointsInSteps {
  return Sealed.pointsInSteps(secretKey, chainId, range, ecc);
}

/**
 * A range cut into the parts that have a seal each, in order: 512 heights, and what is left; none for an empty range.
 *
 * @throws input.*
 */
export function splitRange(range: Sealed.HeightRange): Sealed.HeightRange[] {
  return Sealed.splitRange(range);
}

/**
 * The parts of {@link splitRange}, computed apart, as one range. Their seals are not verified here, but by the source that adopts them.
 *
 * @throws input.*
 * @throws pub-rand.gap - a part does not go on where the last one ended
 */
export function joinSealed(parts: readonly Sealed.SealedPoints[]): Sealed.SealedPoints {
  return Sealed.joinSealed(parts);
}

/**
 * The public randomness in packed points: fresh copies without the parity bytes.
 *
 * @shape points: 33 bytes each; results: 32 bytes each
 * @throws input.not-bytes, input.wrong-length
 */
export function publicOf(points: Uint8Array): Uint8Array[] {
  Check.bytes(points, 'points');
  if (points.length % 33 !== 0) Check.wrongLength('points', 'a multiple of 33', points.length);
  return Array.from({ length: points.length / 33 }, (_, i) => Bytes.copy(points.subarray(33 * i + 1, 33 * i + 33)));
}

/**
 * The pair of a secret nonce that was made elsewhere. It may serve for one message only.
 *
 * @shape secRand: 32 bytes, 1..n-1
 * @throws input.not-bytes, input.wrong-length
 * @throws pub-rand.nonce-out-of-range - 0, or the group order and more: with k = 0 one signature reveals the key
 */
export function fromSecret(secRand: Uint8Array, ecc: Ecc = auto()): Nonce.NoncePair {
  const k = Bytes.toBigInt(Check.bytes(secRand, 'secRand', 32));
  if (!Scalar.isNonZero(k)) {
    fail<Reason>({ code: 'pub-rand.nonce-out-of-range', field: 'secRand' }, 'secRand: a nonce is an integer from 1 to n-1');
  }
  return Nonce.fromScalar(k, ecc);
}
