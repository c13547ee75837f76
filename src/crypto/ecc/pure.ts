// The backend in plain JavaScript, over @noble/curves: runs everywhere, about ten times slower than WASM.
import { schnorr, secp256k1 } from '@noble/curves/secp256k1.js';
import * as Bytes from '../../base/Bytes.ts';
import * as Scalar from '../Scalar.ts';
import type { Ecc, RecoverableSignature, RecoveryId } from './interface.ts';

const { Point } = secp256k1;
type Point = InstanceType<typeof Point>;

/** The point, or null for bytes that are none; only the 33-byte form counts. */
function parse(bytes: Uint8Array): Point | null {
  if (bytes.length !== 33) return null;
  try {
    return Point.fromBytes(bytes);
  } catch {
    return null;
  }
}

function encode(point: Point): Uint8Array | null {
  return point.is0() ? null : point.toBytes(true);
}

/** The scalar when it is in 1..n-1. */
function scalarOf(bytes: Uint8Array): bigint | null {
  const value = Bytes.toBigInt(bytes);
  return Scalar.isNonZero(value) ? value : null;
}

function pointFromScalar(bytes: Uint8Array): Uint8Array | null {
  const scalar = scalarOf(bytes);
  return scalar === null ? null : Point.BASE.multiply(scalar).toBytes(true);
}

function isXOnly(x: Uint8Array): boolean {
  return parse(Bytes.concat(Uint8Array.of(2), x)) !== null;
}

function pointAdd(a: Uint8Array, b: Uint8Array): Uint8Array | null {
  const first = parse(a);
  const second = parse(b);
  return first === null || second === null ? null : encode(first.add(second));
}

function pointAddScalar(bytes: Uint8Array, scalarBytes: Uint8Array): Uint8Array | null {
  const point = parse(bytes);
  const scalar = Bytes.toBigInt(scalarBytes);
  if (point === null || scalar >= Scalar.N) return null;
  return encode(scalar === 0n ? point : point.add(Point.BASE.multiply(scalar)));
}

function pointMultiply(bytes: Uint8Array, scalarBytes: Uint8Array): Uint8Array | null {
  const point = parse(bytes);
  const scalar = scalarOf(scalarBytes);
  return point === null || scalar === null ? null : encode(point.multiply(scalar));
}

function ecdsaSign(hash32: Uint8Array, secretKey: Uint8Array): RecoverableSignature {
  const recovered = secp256k1.sign(hash32, secretKey, { prehash: false, format: 'recovered' });
  return { signature: recovered.slice(1), recoveryId: recovered[0] as RecoveryId };
}

function ecdsaRecover(hash32: Uint8Array, signature: Uint8Array, recoveryId: RecoveryId): Uint8Array | null {
  try {
    return secp256k1.Signature.fromBytes(signature, 'compact').addRecoveryBit(recoveryId).recoverPublicKey(hash32).toBytes(true);
  } catch {
    return null;
  }
}

/** The backend over @noble/curves. */
export const pure: Ecc = Object.freeze<Ecc>({
  name: 'pure',
  pointFromScalar,
  isPoint: (point) => parse(point) !== null,
  isXOnly,
  pointAdd,
  pointAddScalar,
  pointMultiply,
  schnorrSign: (message32, secretKey, auxRand) => schnorr.sign(message32, secretKey, auxRand),
  schnorrVerify: (message32, publicKey, signature) => {
    try {
      return schnorr.verify(signature, message32, publicKey);
    } catch {
      return false;
    }
  },
  ecdsaSign,
  ecdsaRecover,
  ecdsaVerify: (hash32, publicKey, signature) => {
    try {
      return (
        parse(publicKey) !== null && secp256k1.verify(signature, hash32, publicKey, { prehash: false, lowS: false, format: 'compact' })
      );
    } catch {
      return false;
    }
  },
});
