// The native backend: libsecp256k1 through the prebuilt binary of the npm package `secp256k1`, which the user installs beside this one.
// That package has no Schnorr calls, so BIP340 is built from its point operations.
import { fail } from '../../base/Errors.ts';
import * as Bip340 from './bip340.ts';
import * as Ecdsa from './ecdsa.ts';
import { hostLoader } from './host.ts';
import type { Ecc, RecoveryId } from './interface.ts';

export type Reason = { readonly code: 'ecc.native-unavailable' } | { readonly code: 'ecc.cannot-sign' };

/** The functions of secp256k1 5.x that are used here. They throw on bad input, and some work in place. */
export interface NativeModule {
  publicKeyCreate(secretKey: Uint8Array, compressed: boolean): Uint8Array;
  publicKeyVerify(publicKey: Uint8Array): boolean;
  publicKeyCombine(publicKeys: readonly Uint8Array[], compressed: boolean): Uint8Array;
  publicKeyTweakAdd(publicKey: Uint8Array, tweak: Uint8Array, compressed: boolean): Uint8Array;
  publicKeyTweakMul(publicKey: Uint8Array, tweak: Uint8Array, compressed: boolean): Uint8Array;
  signatureNormalize(signature: Uint8Array): Uint8Array;
  ecdsaSign(message: Uint8Array, secretKey: Uint8Array): { readonly signature: Uint8Array; readonly recid: number };
  ecdsaRecover(signature: Uint8Array, recid: number, message: Uint8Array, compressed: boolean): Uint8Array;
  ecdsaVerify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
}

let loaded: Ecc | undefined;

/**
 * The backend over the native library, loaded at the first call.
 *
 * @throws ecc.native-unavailable - outside Node, without the package, or without a binary for this platform
 */
export function native(): Ecc {
  loaded ??= adapt(load());
  return loaded;
}

function load(): NativeModule {
  const message = 'the native backend needs the package "secp256k1" with its binary for this platform';
  const require = hostLoader();
  if (require === undefined) fail<Reason>({ code: 'ecc.native-unavailable' }, `${message}, and a host that loads packages`);
  try {
    return require('secp256k1/bindings') as NativeModule;
  } catch (cause) {
    return fail<Reason>({ code: 'ecc.native-unavailable' }, message, { cause });
  }
}

/** The answer, or `otherwise` when the module refuses its input. It throws plain `Error`s for all of them. */
function answer<T>(otherwise: T, compute: () => T): T {
  try {
    return compute();
  } catch {
    return otherwise;
  }
}

/** Through the generator multiplication, which is constant-time: the scalar may be a secret nonce, and publicKeyTweakAdd is not. */
function pointAddScalar(module: NativeModule, point: Uint8Array, scalar: Uint8Array): Uint8Array {
  if (scalar.every((byte) => byte === 0)) return module.publicKeyTweakAdd(point, scalar, true);
  return module.publicKeyCombine([point, module.publicKeyCreate(scalar, false)], true);
}

/** A backend over `module`. */
export function adapt(module: NativeModule): Ecc {
  const points = {
    pointFromScalar: (scalar: Uint8Array) => answer(null, () => module.publicKeyCreate(scalar, true)),
    isPoint: (point: Uint8Array) => point.length === 33 && answer(false, () => module.publicKeyVerify(point)),
    isXOnly: (x: Uint8Array) => x.length === 32 && answer(false, () => module.publicKeyVerify(even(x))),
    pointAdd: (a: Uint8Array, b: Uint8Array) => answer(null, () => module.publicKeyCombine([a, b], true)),
    pointAddScalar: (point: Uint8Array, scalar: Uint8Array) => answer(null, () => pointAddScalar(module, point, scalar)),
    pointMultiply: (point: Uint8Array, scalar: Uint8Array) => answer(null, () => module.publicKeyTweakMul(point, scalar, true)),
  };
  return Object.freeze<Ecc>({
    name: 'native',
    ...points,
    schnorrSign: (message32, secretKey, auxRand) =>
      Bip340.sign(message32, secretKey, auxRand, points) ?? fail<Reason>({ code: 'ecc.cannot-sign' }, 'the secret key is out of range'),
    schnorrVerify: (message32, publicKey, signature) => Bip340.verify(message32, publicKey, signature, points),
    ecdsaSign: (hash32, secretKey) => {
      const { signature, recid } = module.ecdsaSign(Ecdsa.reduced(hash32), secretKey);
      return { signature, recoveryId: recid as RecoveryId };
    },
    ecdsaRecover: (hash32, signature, recoveryId) => answer(null, () => module.ecdsaRecover(signature, recoveryId, hash32, true)),
    ecdsaVerify: (hash32, publicKey, signature) =>
      // The library takes low s only; normalising works in place, hence the copy.
      publicKey.length === 33 &&
      answer(false, () => module.ecdsaVerify(module.signatureNormalize(new Uint8Array(signature)), hash32, publicKey)),
  });
}

function even(x: Uint8Array): Uint8Array {
  const point = new Uint8Array(33);
  point[0] = 2;
  point.set(x, 1);
  return point;
}
