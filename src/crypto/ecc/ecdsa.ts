// ECDSA pieces that are the same for every backend: public key recovery over point operations, and the hash as RFC 6979 wants it.
import * as Bytes from '../../base/Bytes.ts';
import * as Scalar from '../Scalar.ts';
import type { Ecc, RecoveryId } from './interface.ts';

/** The point operations that recovery needs. */
export type Points = Pick<Ecc, 'isXOnly' | 'pointFromScalar' | 'pointMultiply' | 'pointAdd'>;

/**
 * Q = r^-1 * (s*R - h*G) for the nonce point R that `recoveryId` names, or null when there is none.
 *
 * @shape hash: 32 bytes; signature: 64 bytes r || s; result: 33 bytes compressed
 * @source SEC 1 section 4.1.6
 */
export function recover(hash: Uint8Array, signature: Uint8Array, recoveryId: RecoveryId, points: Points): Uint8Array | null {
  const r = Bytes.toBigInt(signature.subarray(0, 32));
  const s = Bytes.toBigInt(signature.subarray(32));
  if (!Scalar.isNonZero(r) || !Scalar.isNonZero(s)) return null;
  const x = recoveryId >= 2 ? r + Scalar.N : r;
  if (x >= Scalar.P) return null;
  const xBytes = Bytes.fromBigInt32(x);
  if (!points.isXOnly(xBytes)) return null;
  const inverse = Scalar.invert(r);
  const nonce = Bytes.concat(Uint8Array.of(2 + (recoveryId & 1)), xBytes);
  const first = points.pointMultiply(nonce, Scalar.toBytes(Scalar.mod(s * inverse)));
  const h = Scalar.mod(-Scalar.fromHash(hash) * inverse);
  if (first === null || h === 0n) return first;
  const second = points.pointFromScalar(Scalar.toBytes(h));
  return second === null ? null : points.pointAdd(first, second);
}

/**
 * A hash reduced modulo n. RFC 6979 feeds its generator with the reduced hash (bits2octets), libsecp256k1 with the hash as it is: for the
 * few hashes of n and more they would sign with different nonces.
 */
export function reduced(hash: Uint8Array): Uint8Array {
  return Scalar.toBytes(Scalar.fromHash(hash));
}
