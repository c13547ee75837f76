// The adapter around the functions of tiny-secp256k1 (libsecp256k1 as WASM), however its module was loaded.
// That module throws on bad input; the interface answers null or false.
import * as Bytes from '../../base/Bytes.ts';
import * as Scalar from '../Scalar.ts';
import * as Bip340 from './bip340.ts';
import * as Ecdsa from './ecdsa.ts';
import type { Ecc, RecoverableSignature, RecoveryId } from './interface.ts';

/** The functions of tiny-secp256k1 2.x that are used here. */
export interface TinyModule {
  isPointCompressed(point: Uint8Array): boolean;
  pointCompress(point: Uint8Array, compressed: boolean): Uint8Array;
  isXOnlyPoint(x: Uint8Array): boolean;
  pointAdd(a: Uint8Array, b: Uint8Array, compressed: boolean): Uint8Array | null;
  pointAddScalar(point: Uint8Array, tweak: Uint8Array, compressed: boolean): Uint8Array | null;
  pointFromScalar(scalar: Uint8Array, compressed: boolean): Uint8Array | null;
  pointMultiply(point: Uint8Array, tweak: Uint8Array, compressed: boolean): Uint8Array | null;
  signSchnorr(hash: Uint8Array, secretKey: Uint8Array, extra: Uint8Array): Uint8Array;
  verifySchnorr(hash: Uint8Array, publicKey: Uint8Array, signature: Uint8Array): boolean;
  signRecoverable(hash: Uint8Array, secretKey: Uint8Array): RecoverableSignature;
  recover(hash: Uint8Array, signature: Uint8Array, recoveryId: RecoveryId, compressed: boolean): Uint8Array | null;
  verify(hash: Uint8Array, publicKey: Uint8Array, signature: Uint8Array, strict: boolean): boolean;
}

/** The answer, or `otherwise` when the module refuses its input ("Expected Point", "Expected Private" …); any other failure goes on up. */
function answer<T>(otherwise: T, compute: () => T): T {
  try {
    return compute();
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('Expected ')) return otherwise;
    throw error;
  }
}

/**
 * point + scalar * G as a multiplication of the base point and an addition: faster than the module's own call, whose time also depends on
 * the scalar, which may be a secret nonce. Zero has no multiple to add and takes that call.
 */
function pointAddScalar(tiny: TinyModule, point: Uint8Array, scalar: Uint8Array): Uint8Array | null {
  if (scalar.every((byte) => byte === 0)) return tiny.pointAddScalar(point, scalar, true);
  // Uncompressed between the two, which saves a square root.
  const multiple = tiny.pointFromScalar(scalar, false);
  return multiple === null ? null : tiny.pointAdd(point, multiple, true);
}

/** Bytes of this realm: the module knows no others (arrays of an iframe or a vm context), and would call a valid signature wrong. */
function own(bytes: Uint8Array): Uint8Array {
  return bytes instanceof Uint8Array ? bytes : Uint8Array.from(bytes);
}

/** What an examination gives for bytes, kept for the last ones that passed: each costs a square root. */
function lastFound(examine: (bytes: Uint8Array) => Uint8Array | undefined): (bytes: Uint8Array) => Uint8Array | undefined {
  let last: { readonly bytes: Uint8Array; readonly result: Uint8Array } | undefined;
  return (bytes) => {
    if (last !== undefined && Bytes.equal(last.bytes, bytes)) return last.result;
    const result = examine(bytes);
    if (result !== undefined) last = { bytes: Bytes.copy(bytes), result };
    return result;
  };
}

/**
 * A backend over `tiny`. Points are examined before the module computes with them: each error that it throws from inside WASM leaves part of
 * its stack behind, and some 3,000 malformed keys of strangers would break it for the whole process.
 */
export function adapt(tiny: TinyModule): Ecc {
  const isPoint = (point: Uint8Array): boolean => answer(false, () => tiny.isPointCompressed(own(point)));
  const isXOnly = (x: Uint8Array): boolean => answer(false, () => tiny.isXOnlyPoint(own(x)));
  // The same key comes many times in a row: the internal key of every output, the staker of two consents.
  const baseOf = lastFound((point) => (isPoint(point) ? tiny.pointCompress(own(point), false) : undefined));
  const signerOf = lastFound((x) => (isXOnly(x) ? x : undefined));
  const backend: Ecc = {
    name: 'wasm',
    pointFromScalar: (scalar) => answer(null, () => tiny.pointFromScalar(own(scalar), true)),
    isPoint,
    isXOnly,
    pointAdd: (a, b) => (isPoint(a) && isPoint(b) ? answer(null, () => tiny.pointAdd(own(a), own(b), true)) : null),
    pointAddScalar: (point, scalar) => {
      const base = baseOf(point);
      return base === undefined ? null : answer(null, () => pointAddScalar(tiny, base, own(scalar)));
    },
    pointMultiply: (point, scalar) => (isPoint(point) ? answer(null, () => tiny.pointMultiply(own(point), own(scalar), true)) : null),
    schnorrSign: (message32, secretKey, auxRand) => tiny.signSchnorr(own(message32), own(secretKey), own(auxRand)),
    schnorrVerify: (message32, publicKey, signature) => {
      if (signerOf(publicKey) === undefined) return false;
      // The module refuses every r >= n, but BIP340 allows r up to p: such a signature takes the long way.
      if (Bytes.toBigInt(signature.subarray(0, 32)) >= Scalar.N) return Bip340.verify(message32, publicKey, signature, backend);
      return answer(false, () => tiny.verifySchnorr(own(message32), own(publicKey), own(signature)));
    },
    ecdsaSign: (hash32, secretKey) => tiny.signRecoverable(Ecdsa.reduced(hash32), own(secretKey)),
    ecdsaRecover: (hash32, signature, recoveryId) => {
      // For 2 and 3 the module asks whether r is a coordinate, though it is r + n that must be one: these take the long way.
      if (recoveryId >= 2) return Ecdsa.recover(hash32, signature, recoveryId, backend);
      return answer(null, () => tiny.recover(own(hash32), own(signature), recoveryId, true));
    },
    ecdsaVerify: (hash32, publicKey, signature) =>
      isPoint(publicKey) && answer(false, () => tiny.verify(own(hash32), own(publicKey), own(signature), false)),
  };
  return Object.freeze(backend);
}

/** 1 * G has the x that SEC 2 gives: a module that loads but computes nothing is not taken. */
export function worksOnTheGenerator(backend: Ecc): boolean {
  const one = new Uint8Array(32);
  one[31] = 1;
  try {
    const point = backend.pointFromScalar(one);
    return point?.[0] === 2 && point[1] === 0x79 && point[32] === 0x98;
  } catch {
    return false;
  }
}
