// Nonce pairs of one key on one chain, with points that were computed earlier: a signature then needs no multiplication of the base point.
// A pair whose halves do not belong together gives the key away, so points come in only two ways: this file computes them, or they carry
// a seal that only a holder of the secret key can make (another thread of the same program that ran this file).
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import { auto, type Ecc } from './Ecc.ts';
import * as Nonce from './nonce.ts';
import { chainIdBytes, type Derivation, type Reason as DerivationReason, derivation, MAX_HEIGHT } from './nonceDerivation.ts';
import * as SecretKey from './SecretKey.ts';

export type Reason =
  | DerivationReason
  | Nonce.Reason
  | { readonly code: 'pub-rand.bad-seal'; readonly startHeight: bigint; readonly count: number }
  | { readonly code: 'pub-rand.gap'; readonly startHeight: bigint };

/** The heights start, start + interval, … @unit startHeight: block height; count: 0..2^24; interval: 1 and more */
export interface HeightRange {
  readonly startHeight: bigint;
  readonly count: number;
  readonly interval: bigint;
}

/** Points of a range with the proof that a holder of the key computed them. @shape points: 33 bytes each, packed; seal: 32 bytes */
export interface SealedPoints extends HeightRange {
  readonly points: Uint8Array;
  readonly seal: Uint8Array;
}

/** The nonces of one key on one chain. Holds secrets: its owner calls {@link NonceSource.wipe} when the key is locked. */
export interface NonceSource {
  /** True for the key that the source was made with, byte for byte. */
  isOf(secretKey: SecretKey.SecretKey): boolean;
  /**
   * Computes the points of a range and keeps them.
   *
   * @shape result.points: 33 bytes each, packed
   * @throws input.not-object, input.not-integer, input.out-of-range, pub-rand.wiped
   */
  prepare(range: HeightRange): SealedPoints;
  /**
   * Keeps points that another thread computed.
   *
   * @throws pub-rand.bad-seal - points of another key, chain or range, or changed ones
   * @throws input.*, pub-rand.wiped
   */
  adopt(sealed: SealedPoints): void;
  /** True when a pair of this height costs no multiplication. */
  holds(height: bigint): boolean;
  /** The nonce pair of a height. For one message only. @throws input.not-integer, input.out-of-range, pub-rand.wiped */
  pair(height: bigint): Nonce.NoncePair;
  /** Forgets the key and the points; every other call then fails. */
  wipe(): void;
}

/** How many points a source keeps at most, unless told otherwise: 8.7 MB. */
export const MAX_KEPT: number = 2 ** 18;
const MAX_COUNT = 2 ** 24;
const POINT = 33;
/** Points lie in blocks of 64 heights, so that any height is found at once, however the ranges overlap. */
const BLOCK_BITS = 6n;
const BLOCK = 64n;

/**
 * @unit maxKept: points; the ones prepared first go first
 * @throws input.*, secret-key.out-of-range, pub-rand.malformed-chain-id
 */
export function nonceSource(
  secretKey: SecretKey.SecretKey,
  chainId: string,
  options: { readonly ecc?: Ecc | undefined; readonly maxKept?: number | undefined } = {},
): NonceSource {
  const { ecc = auto(), maxKept = MAX_KEPT } = options;
  Check.integer(maxKept, 'maxKept', 0, MAX_COUNT);
  return new Source(secretKey, chainId, ecc, Math.ceil(maxKept / Number(BLOCK)));
}

/**
 * The points of a range with their seal, for a source in another thread.
 *
 * @throws input.*, secret-key.out-of-range, pub-rand.malformed-chain-id
 */
export function sealedPoints(secretKey: SecretKey.SecretKey, chainId: string, range: HeightRange, ecc: Ecc): SealedPoints {
  const nonces = derivation(secretKey, chainId);
  try {
    return sealed(pointsOf(nonces, range, ecc), range, secretKey, chainId);
  } finally {
    nonces.wipe();
  }
}

/** Neighbouring parts of a range, each of at most `size` heights; none for an empty range. @throws input.* */
export function splitRange(range: HeightRange, size: number): HeightRange[] {
  const { startHeight, count, interval } = checkedRange(range);
  Check.integer(size, 'size', 1, MAX_COUNT);
  return Array.from({ length: Math.ceil(count / size) }, (_, i) => ({
    startHeight: startHeight + BigInt(i * size) * interval,
    count: Math.min(size, count - i * size),
    interval,
  }));
}

/**
 * Neighbouring parts as one: each part's seal is verified, the whole gets its own.
 *
 * @throws pub-rand.bad-seal
 * @throws pub-rand.gap - a part does not go on where the last one ended
 */
export function joinSealed(secretKey: SecretKey.SecretKey, chainId: string, parts: readonly SealedPoints[]): SealedPoints {
  SecretKey.toScalar(secretKey);
  chainIdBytes(chainId);
  const [first] = Check.list(parts, 'parts');
  if (first === undefined) return Check.missing('parts[0]');
  const { startHeight, interval } = checkedRange(first);
  const owned = parts.map((part) => ownedPoints(part, secretKey, chainId));
  let count = 0;
  for (const part of parts) {
    if (part.startHeight !== startHeight + BigInt(count) * interval || part.interval !== interval) {
      fail<Reason>({ code: 'pub-rand.gap', startHeight: part.startHeight }, 'parts: they do not follow one another');
    }
    count += part.count;
  }
  return sealed(Bytes.concat(...owned), { startHeight, count, interval }, secretKey, chainId);
}

/** The points of a range. @shape 33 bytes each, packed */
export function pointsOf(nonces: Derivation, range: HeightRange, ecc: Ecc): Uint8Array {
  const { startHeight, count, interval } = checkedRange(range);
  const points = new Uint8Array(count * POINT);
  let height = startHeight;
  for (let at = 0; at < points.length; at += POINT, height += interval) points.set(nonces.pointAt(height, ecc), at);
  return points;
}

class Source implements NonceSource {
  readonly #secretKey: Uint8Array;
  readonly #chainId: string;
  readonly #ecc: Ecc;
  readonly #nonces: Derivation;
  readonly #maxBlocks: number;
  /** By height / 64; a point's first byte is 0 where none is known. */
  readonly #blocks = new Map<bigint, Uint8Array>();

  constructor(secretKey: SecretKey.SecretKey, chainId: string, ecc: Ecc, maxBlocks: number) {
    this.#nonces = derivation(secretKey, chainId);
    this.#secretKey = Bytes.copy(secretKey);
    this.#chainId = chainId;
    this.#ecc = ecc;
    this.#maxBlocks = maxBlocks;
    Object.freeze(this);
  }

  isOf(secretKey: SecretKey.SecretKey): boolean {
    return sameSecret(this.#secretKey, Check.bytes(secretKey, 'secretKey', 32));
  }

  prepare(range: HeightRange): SealedPoints {
    const points = pointsOf(this.#nonces, range, this.#ecc);
    this.#keep(range, points);
    return sealed(points, range, this.#secretKey, this.#chainId);
  }

  adopt(given: SealedPoints): void {
    this.#nonces.assertUsable();
    const range = checkedRange(given);
    this.#keep(range, ownedPoints(given, this.#secretKey, this.#chainId));
  }

  holds(height: bigint): boolean {
    return this.#pointAt(Check.bigInteger(height, 'height', 0n, MAX_HEIGHT)) !== undefined;
  }

  pair(height: bigint): Nonce.NoncePair {
    const k = this.#nonces.scalarAt(height);
    const point = this.#pointAt(height);
    return point === undefined ? Nonce.fromScalar(k, this.#ecc) : Nonce.fromPoint(k, point);
  }

  wipe(): void {
    this.#nonces.wipe();
    this.#secretKey.fill(0);
    this.#blocks.clear();
  }

  #pointAt(height: bigint): Uint8Array | undefined {
    const block = this.#blocks.get(height >> BLOCK_BITS);
    if (block === undefined) return undefined;
    const at = offsetOf(height);
    return block[at] === 0 ? undefined : block.subarray(at, at + POINT);
  }

  #keep({ startHeight, interval }: HeightRange, points: Uint8Array): void {
    if (this.#maxBlocks === 0) return;
    let height = startHeight;
    for (let at = 0; at < points.length; at += POINT, height += interval) {
      const block = this.#blockOf(height >> BLOCK_BITS);
      block.set(points.subarray(at, at + POINT), offsetOf(height));
    }
  }

  #blockOf(key: bigint): Uint8Array {
    const known = this.#blocks.get(key);
    if (known !== undefined) return known;
    if (this.#blocks.size >= this.#maxBlocks) {
      for (const oldest of this.#blocks.keys()) {
        this.#blocks.delete(oldest);
        break;
      }
    }
    const block = new Uint8Array(Number(BLOCK) * POINT);
    this.#blocks.set(key, block);
    return block;
  }
}

/** Where a height's point lies in its block. */
function offsetOf(height: bigint): number {
  return POINT * Number(height & (BLOCK - 1n));
}

function checkedRange(range: HeightRange): HeightRange {
  Check.object(range, 'range');
  const startHeight = Check.bigInteger(range.startHeight, 'startHeight', 0n, MAX_HEIGHT);
  const count = Check.integer(range.count, 'count', 0, MAX_COUNT);
  const interval = Check.bigInteger(range.interval, 'interval', 1n, MAX_HEIGHT);
  const last = startHeight + interval * BigInt(Math.max(0, count - 1));
  Check.bigInteger(last, 'startHeight of the last value', 0n, MAX_HEIGHT);
  return { startHeight, count, interval };
}

/** A copy of sealed points, once their seal is found to be right. */
function ownedPoints(given: SealedPoints, secretKey: Uint8Array, chainId: string): Uint8Array {
  const range = checkedRange(given);
  // Copied before it is checked: memory that is shared with another thread could change in between.
  const points = Bytes.copy(Check.bytes(given.points, 'points', range.count * POINT));
  if (!sameSecret(sealOf(points, range, secretKey, chainId), Check.bytes(given.seal, 'seal', 32))) {
    const { startHeight, count } = range;
    fail<Reason>(
      { code: 'pub-rand.bad-seal', startHeight, count },
      'these points were not computed with this key for this chain and these heights',
    );
  }
  return points;
}

function sealed(points: Uint8Array, range: HeightRange, secretKey: Uint8Array, chainId: string): SealedPoints {
  const { startHeight, count, interval } = range;
  return { startHeight, count, interval, points, seal: sealOf(points, range, secretKey, chainId) };
}

/** Keyed by the secret key under a label of four bytes: nonces hash sixteen bytes and more, so no seal is ever a nonce. */
function sealOf(points: Uint8Array, range: HeightRange, secretKey: Uint8Array, chainId: string): Uint8Array {
  const key = hmac(sha256, secretKey, utf8ToBytes('seal'));
  try {
    const chain = utf8ToBytes(chainId);
    const head = Bytes.concat(
      Bytes.fromUint64BE(range.startHeight),
      Bytes.fromUint64BE(BigInt(range.count)),
      Bytes.fromUint64BE(range.interval),
      Bytes.fromUint64BE(BigInt(chain.length)),
      chain,
    );
    return hmac.create(sha256, key).update(head).update(points).digest();
  } finally {
    key.fill(0);
  }
}

/** Compares all 32 bytes whatever the first ones are. */
function sameSecret(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] ?? 0);
  return difference === 0;
}
