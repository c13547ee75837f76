// The curve functions that ecpair wants, over the library's own backend: no WASM is needed in a browser, and none is set globally.
import { secp256k1 } from '@noble/curves/secp256k1.js';
import * as Bytes from '../base/Bytes.ts';
import type * as Ecc from '../crypto/Ecc.ts';
import * as Ecdsa from '../crypto/Ecdsa.ts';
import * as Scalar from '../crypto/Scalar.ts';
import * as Schnorr from '../crypto/Schnorr.ts';
import * as SecretKey from '../crypto/SecretKey.ts';

/** As ecpair declares it; its declarations do not load under Node's rules of module resolution. */
export type EcpairBackend = {
  isPoint(point: Uint8Array): boolean;
  pointCompress(point: Uint8Array, compressed?: boolean): Uint8Array;
  isPrivate(key: Uint8Array): boolean;
  pointFromScalar(scalar: Uint8Array, compressed?: boolean): Uint8Array | null;
  xOnlyPointAddTweak(x: Uint8Array, tweak: Uint8Array): { parity: 0 | 1; xOnlyPubkey: Uint8Array } | null;
  privateAdd(key: Uint8Array, tweak: Uint8Array): Uint8Array | null;
  privateNegate(key: Uint8Array): Uint8Array;
  sign(hash: Uint8Array, key: Uint8Array, extra?: Uint8Array): Uint8Array;
  signSchnorr(hash: Uint8Array, key: Uint8Array, extra?: Uint8Array): Uint8Array;
  verify(hash: Uint8Array, key: Uint8Array, signature: Uint8Array): boolean;
  verifySchnorr(hash: Uint8Array, key: Uint8Array, signature: Uint8Array): boolean;
};

const isPrivate = (key: Uint8Array): boolean => key.length === 32 && Scalar.isNonZero(Bytes.toBigInt(key));

function parse(point: Uint8Array): InstanceType<typeof secp256k1.Point> | null {
  try {
    return secp256k1.Point.fromBytes(point);
  } catch {
    return null;
  }
}

function compress(point: Uint8Array, compressed = true): Uint8Array {
  const parsed = parse(point);
  if (parsed === null) throw new TypeError('Expected Point');
  return parsed.toBytes(compressed);
}

/** The functions as ecpair calls them; signatures are ours. */
export function ecpairBackend(ecc: Ecc.Ecc): EcpairBackend {
  return {
    isPoint: (point) => parse(point) !== null,
    pointCompress: compress,
    isPrivate,
    pointFromScalar: (scalar, compressed = true) => {
      const point = ecc.pointFromScalar(scalar);
      return point === null ? null : compress(point, compressed);
    },
    xOnlyPointAddTweak: (x, tweak) => {
      const point = ecc.pointAddScalar(Bytes.concat(Uint8Array.of(2), x), tweak);
      return point === null ? null : { parity: point[0] === 3 ? 1 : 0, xOnlyPubkey: point.slice(1) };
    },
    privateAdd: (key, tweak) => {
      const sum = Scalar.mod(Bytes.toBigInt(key) + Bytes.toBigInt(tweak));
      return sum === 0n ? null : Scalar.toBytes(sum);
    },
    privateNegate: (key) => Scalar.toBytes(Scalar.negate(Bytes.toBigInt(key))),
    sign: (hash, key, extra) =>
      extra === undefined ? Ecdsa.sign(hash, SecretKey.from(key), ecc) : secp256k1.sign(hash, key, { prehash: false, extraEntropy: extra }),
    signSchnorr: (hash, key, extra) => Schnorr.sign(hash, SecretKey.from(key), extra ?? new Uint8Array(32), ecc),
    verify: (hash, key, signature) => Ecdsa.verify(hash, compress(key), signature, ecc),
    verifySchnorr: (hash, key, signature) => Schnorr.verify(hash, key, signature, ecc),
  };
}
