// Nonce points of many heights, with seals that only a holder of the secret key can make: whoever signs with a point that does not belong to
// its nonce gives the key away, so a point that another thread computed is used only when its seal is right.
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import type { Ecc } from './ecc/interface.ts';
import { type Derivation, type Reason as DerivationReason, derivation, MAX_HEIGHT } from './nonceDerivation.ts';
import type * as SecretKey from './SecretKey.ts';

export type Reason =
  | DerivationReason
  | { readonly code: 'pub-rand.bad-seal'; readonly startHeight: bigint; readonly count: number }
  | { readonly code: 'pub-rand.gap'; readonly startHeight: bigint };

/** The heights start, start + interval, … @unit startHeight: block height; count: 0..2^24; interval: 1 and more */
export interface HeightRange {
  readonly startHeight: bigint;
  readonly count: number;
  readonly interval: bigint;
}

/**
 * Points of a range with the proof that a holder of the key computed them: a seal for each 512 of them and for the rest.
 *
 * @shape points: 33 bytes each, packed; seal: 32 bytes for each 512 points begun
 */
export interface SealedPoints extends HeightRange {
  readonly points: Uint8Array;
  readonly seal: Uint8Array;
}

/** Sealed points that are computed bit by bit, by a caller who has others to serve. */
export interface PointsInSteps {
  /** Computes some more points; true while there are any left. */
  advance(count: number): boolean;
  /** The points, when all of them are there. */
  finish(): SealedPoints;
  /** Forgets the key. */
  wipe(): void;
}

/** Bytes of a point. */
export const POINT = 33;
/** Points under one seal. */
export const SEALED_TOGETHER = 512;
export const MAX_COUNT: number = 2 ** 24;
const SEAL = 32;

/** @throws input.*, secret-key.out-of-range, pub-rand.malformed-chain-id */
export function pointsInSteps(secretKey: SecretKey.SecretKey, chainId: string, range: HeightRange, ecc: Ecc): PointsInSteps {
  const own = checkedRange(range);
  const nonces = derivation(secretKey, chainId);
  const key = Bytes.copy(secretKey);
  const points = new Uint8Array(own.count * POINT);
  let done = 0;
  let height = own.startHeight;
  return {
    advance(count) {
      const end = Math.min(own.count, done + count);
      for (; done < end; done++, height += own.interval) points.set(nonces.pointAt(height, ecc), done * POINT);
      return done < own.count;
    },
    finish: () => (done < own.count ? Check.missing('points') : { ...own, points, seal: sealOf(points, own, key, chainId) }),
    wipe() {
      nonces.wipe();
      key.fill(0);
    },
  };
}

/** @throws input.*, secret-key.out-of-range, pub-rand.malformed-chain-id */
export function sealedPoints(secretKey: SecretKey.SecretKey, chainId: string, range: HeightRange, ecc: Ecc): SealedPoints {
  const steps = pointsInSteps(secretKey, chainId, range, ecc);
  try {
    steps.advance(MAX_COUNT);
    return steps.finish();
  } finally {
    steps.wipe();
  }
}

/** The points of a range, without a seal. @shape 33 bytes each, packed */
export function pointsOf(nonces: Derivation, range: HeightRange, ecc: Ecc): Uint8Array {
  const { startHeight, count, interval } = checkedRange(range);
  const points = new Uint8Array(count * POINT);
  let height = startHeight;
  for (let at = 0; at < points.length; at += POINT, height += interval) points.set(nonces.pointAt(height, ecc), at);
  return points;
}

/** @throws input.* */
export function splitRange(range: HeightRange): HeightRange[] {
  const { startHeight, count, interval } = checkedRange(range);
  return Array.from({ length: Math.ceil(count / SEALED_TOGETHER) }, (_, i) => ({
    startHeight: startHeight + BigInt(i * SEALED_TOGETHER) * interval,
    count: Math.min(SEALED_TOGETHER, count - i * SEALED_TOGETHER),
    interval,
  }));
}

/** Puts parts together as they are: their seals are the seals of the whole, and are verified by the source that takes them. */
export function joinSealed(parts: readonly SealedPoints[]): SealedPoints {
  const [first] = Check.list(parts, 'parts');
  if (first === undefined) return Check.missing('parts[0]');
  const { startHeight, interval } = checkedRange(first);
  let count = 0;
  for (const [i, part] of parts.entries()) {
    const own = checkedRange(part);
    Check.bytes(part.points, `parts[${i}].points`, own.count * POINT);
    Check.bytes(part.seal, `parts[${i}].seal`, sealBytes(own.count));
    const follows = own.startHeight === startHeight + BigInt(count) * interval && own.interval === interval;
    // Within a whole a seal ends at each 512 points.
    if (!follows || count % SEALED_TOGETHER !== 0) {
      fail<Reason>({ code: 'pub-rand.gap', startHeight: own.startHeight }, `parts[${i}] does not go on where the last one ended`);
    }
    count += own.count;
  }
  const [points, seal] = [Bytes.concat(...parts.map((part) => part.points)), Bytes.concat(...parts.map((part) => part.seal))];
  return { ...checkedRange({ startHeight, count, interval }), points, seal };
}

/**
 * A copy of sealed points, once their seals are found to be right.
 *
 * @throws input.*, pub-rand.bad-seal
 */
export function verifiedPoints(given: SealedPoints, secretKey: Uint8Array, chainId: string): Uint8Array {
  const range = checkedRange(given);
  // Copied before it is checked: memory that is shared with another thread could change in between.
  const points = Bytes.copy(Check.bytes(given.points, 'points', range.count * POINT));
  const seal = Check.bytes(given.seal, 'seal', sealBytes(range.count));
  if (!sameSecret(sealOf(points, range, secretKey, chainId), seal)) {
    const { startHeight, count } = range;
    fail<Reason>(
      { code: 'pub-rand.bad-seal', startHeight, count },
      'these points were not computed with this key for this chain and these heights',
    );
  }
  return points;
}

/** Compares all bytes whatever the first ones are. */
export function sameSecret(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] ?? 0);
  return difference === 0;
}

/** @throws input.* */
export function checkedRange(range: HeightRange): HeightRange {
  Check.object(range, 'range');
  const startHeight = Check.bigInteger(range.startHeight, 'startHeight', 0n, MAX_HEIGHT);
  const count = Check.integer(range.count, 'count', 0, MAX_COUNT);
  const interval = Check.bigInteger(range.interval, 'interval', 1n, MAX_HEIGHT);
  const last = startHeight + interval * BigInt(Math.max(0, count - 1));
  Check.bigInteger(last, 'startHeight of the last value', 0n, MAX_HEIGHT);
  return { startHeight, count, interval };
}

function sealBytes(count: number): number {
  return SEAL * Math.ceil(count / SEALED_TOGETHER);
}

/** Keyed by the secret key under a label of four bytes: nonces hash sixteen bytes and more, so no seal is ever a nonce. */
function sealOf(points: Uint8Array, range: HeightRange, secretKey: Uint8Array, chainId: string): Uint8Array {
  const key = hmac(sha256, secretKey, utf8ToBytes('seal'));
  const chain = utf8ToBytes(chainId);
  const keyed = hmac.create(sha256, key);
  key.fill(0);
  const seals = splitRange(range).map(({ startHeight, count, interval }, i) => {
    const numbers = [startHeight, BigInt(count), interval, BigInt(chain.length)].map((number) => Bytes.fromUint64BE(number));
    const at = i * SEALED_TOGETHER * POINT;
    const sealed = keyed.clone().update(Bytes.concat(...numbers, chain));
    return sealed.update(points.subarray(at, at + count * POINT)).digest();
  });
  keyed.destroy();
  return Bytes.concat(...seals);
}
