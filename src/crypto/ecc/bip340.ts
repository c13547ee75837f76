// BIP340 for messages of any length over the point operations of a backend: for backends that have no Schnorr call of their own,
// and for messages of other lengths than 32. BIP340 "Default Signing" and "Verification".
import * as Bytes from '../../base/Bytes.ts';
import * as Scalar from '../Scalar.ts';
import { taggedHash } from '../TaggedHash.ts';
import type { Ecc } from './interface.ts';

/** The point operations that BIP340 needs. */
export type Points = Pick<Ecc, 'pointFromScalar' | 'pointMultiply' | 'pointAddScalar' | 'isXOnly'>;

/**
 * A BIP340 signature, or null where the standard says "fail": a key outside 1..n-1, or a nonce of zero.
 *
 * @shape secretKey, auxRand: 32 bytes; message: any length; result: 64 bytes
 */
export function sign(message: Uint8Array, secretKey: Uint8Array, auxRand: Uint8Array, points: Points): Uint8Array | null {
  const publicPoint = points.pointFromScalar(secretKey);
  if (publicPoint === null) return null;
  const publicKey = publicPoint.subarray(1);
  const stored = Bytes.toBigInt(secretKey);
  const d = publicPoint[0] === 2 ? stored : Scalar.N - stored;
  const dBytes = Scalar.toBytes(d);
  const masked = taggedHash('BIP0340/aux', auxRand);
  for (let i = 0; i < 32; i++) masked[i] = (masked[i] as number) ^ (dBytes[i] as number);
  const k0 = Scalar.fromHash(taggedHash('BIP0340/nonce', masked, publicKey, message));
  dBytes.fill(0);
  masked.fill(0);
  const k0Bytes = Scalar.toBytes(k0);
  const noncePoint = points.pointFromScalar(k0Bytes);
  k0Bytes.fill(0);
  if (noncePoint === null) return null;
  const k = noncePoint[0] === 2 ? k0 : Scalar.N - k0;
  const r = noncePoint.subarray(1);
  const e = Scalar.fromHash(taggedHash('BIP0340/challenge', r, publicKey, message));
  return Bytes.concat(r, Scalar.toBytes(Scalar.mod(k + e * d)));
}

/**
 * True when the signature verifies; false for r >= p, s >= n, a key off the curve and everything else.
 *
 * @shape publicKey: 32 bytes x-only; signature: 64 bytes; message: any length
 */
export function verify(message: Uint8Array, publicKey: Uint8Array, signature: Uint8Array, points: Points): boolean {
  const r = signature.subarray(0, 32);
  const s = Bytes.toBigInt(signature.subarray(32));
  if (Bytes.toBigInt(r) >= Scalar.P || s >= Scalar.N || !points.isXOnly(publicKey)) return false;
  const e = Scalar.fromHash(taggedHash('BIP0340/challenge', r, publicKey, message));
  const point = noncePointOf(publicKey, s, e, points);
  return point !== null && point[0] === 2 && Bytes.equal(point.subarray(1), r);
}

/**
 * s*G - e*P for the even P with this x, or null at infinity and for an x off the curve. The caller guarantees scalars below n.
 *
 * @source BIP340 "Verification"
 */
export function noncePointOf(publicKey: Uint8Array, s: bigint, e: bigint, points: Points): Uint8Array | null {
  if (e === 0n) return points.isXOnly(publicKey) ? points.pointFromScalar(Scalar.toBytes(s)) : null;
  const product = points.pointMultiply(Bytes.concat(EVEN, publicKey), Scalar.toBytes(Scalar.N - e));
  return product === null ? null : points.pointAddScalar(product, Scalar.toBytes(s));
}

const EVEN = Uint8Array.of(2);
