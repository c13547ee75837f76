// BIP340 signatures over messages of any length.
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import { auto, type Ecc } from './Ecc.ts';
import * as Bip340 from './ecc/bip340.ts';
import * as SecretKey from './SecretKey.ts';

export type Reason = Check.Reason | { readonly code: 'secret-key.out-of-range'; readonly field: string };

/**
 * A BIP340 signature. Without `auxRand` 32 fresh random bytes are drawn, as the standard advises.
 *
 * @shape auxRand: 32 bytes; result: 64 bytes r || s
 * @throws input.not-bytes, input.wrong-length, secret-key.out-of-range
 * @source BIP340 "Default Signing"
 */
export function sign(message: Uint8Array, secretKey: SecretKey.SecretKey, auxRand?: Uint8Array, ecc: Ecc = auto()): Uint8Array {
  Check.bytes(message, 'message');
  const aux = auxRand === undefined ? globalThis.crypto.getRandomValues(new Uint8Array(32)) : Check.bytes(auxRand, 'auxRand', 32);
  const key = SecretKey.from(secretKey);
  try {
    if (message.length === 32) return ecc.schnorrSign(message, key, aux);
    const signature = Bip340.sign(message, key, aux, ecc);
    return (
      signature ?? fail<Reason>({ code: 'secret-key.out-of-range', field: 'secretKey' }, 'secretKey: the nonce of this message is zero')
    );
  } finally {
    SecretKey.wipe(key);
  }
}

/**
 * True when `signature` is valid for the message and key; false for r >= p, s >= n and a key off the curve.
 *
 * @shape publicKey: 32 bytes x-only; signature: 64 bytes r || s
 * @throws input.not-bytes, input.wrong-length
 * @source BIP340 "Verification"
 */
export function verify(message: Uint8Array, publicKey: Uint8Array, signature: Uint8Array, ecc: Ecc = auto()): boolean {
  Check.bytes(message, 'message');
  Check.bytes(publicKey, 'publicKey', 32);
  Check.bytes(signature, 'signature', 64);
  if (message.length === 32) return ecc.schnorrVerify(message, publicKey, signature);
  return Bip340.verify(message, publicKey, signature, ecc);
}

/**
 * As {@link verify}, but what was found valid lately is not computed again: for signatures that are verified when they arrive and once more
 * when they are used.
 *
 * @shape publicKey: 32 bytes x-only; signature: 64 bytes r || s
 * @throws input.not-bytes, input.wrong-length
 * @source BIP340 "Verification"
 */
export function verifyOnce(message: Uint8Array, publicKey: Uint8Array, signature: Uint8Array, ecc: Ecc = auto()): boolean {
  Check.bytes(message, 'message');
  Check.bytes(publicKey, 'publicKey', 32);
  Check.bytes(signature, 'signature', 64);
  const valid = found.get(ecc) ?? new Set<string>();
  found.set(ecc, valid);
  const id = Hex.encode(publicKey) + Hex.encode(signature) + Hex.encode(message);
  if (valid.has(id)) return true;
  if (!verify(message, publicKey, signature, ecc)) return false;
  if (valid.size >= FOUND_MAX) valid.clear();
  valid.add(id);
  return true;
}

// By content, valid ones only, few: the second look follows soon. Pure memory, no behaviour.
const FOUND_MAX = 64;
const found = new WeakMap<Ecc, Set<string>>();
