// Nonce pairs of one key on one chain, with points that were computed earlier: a signature then needs no multiplication of the base point.
// A pair whose halves do not belong together gives the key away, so points come in only two ways: this file computes them, or they carry
// a seal that only a holder of the secret key can make (another thread of the same program that ran this file).
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { auto, type Ecc } from './Ecc.ts';
import * as Nonce from './nonce.ts';
import { type Derivation, derivation, MAX_HEIGHT } from './nonceDerivation.ts';
import type * as SecretKey from './SecretKey.ts';
import {
  checkedRange,
  type HeightRange,
  MAX_COUNT,
  POINT,
  pointsOf,
  type SealedPoints,
  type Reason as SealReason,
  sameSecret,
  verifiedPoints,
} from './sealedPoints.ts';

export type Reason = SealReason | Nonce.Reason;

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
  prepare(range: HeightRange): { readonly points: Uint8Array };
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
  const { ecc = auto(), maxKept = MAX_KEPT } = Check.object(options, 'options');
  Check.integer(maxKept, 'maxKept', 0, MAX_COUNT);
  return new Source(secretKey, chainId, ecc, Math.ceil(maxKept / Number(BLOCK)));
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

  prepare(range: HeightRange): { readonly points: Uint8Array } {
    const points = pointsOf(this.#nonces, range, this.#ecc);
    this.#keep(range, points);
    return { points };
  }

  adopt(given: SealedPoints): void {
    this.#nonces.assertUsable();
    const range = checkedRange(given);
    this.#keep(range, verifiedPoints(given, this.#secretKey, this.#chainId));
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
