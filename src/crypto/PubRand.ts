// Public randomness of a finality provider: the nonce of each height, derived from the key, the chain-id and the height.
// finality-provider eotsmanager/randgenerator/randgenerator.go (builds since February 2025, which hash the iteration too).
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import { auto, type Ecc } from './Ecc.ts';
import { pointOf } from './keyPair.ts';
import * as Nonce from './nonce.ts';
import * as Scalar from './Scalar.ts';
import * as SecretKey from './SecretKey.ts';

export type { NoncePair } from './nonce.ts';

export type Reason =
  | Check.Reason
  | SecretKey.Reason
  | Nonce.Reason
  | { readonly code: 'pub-rand.malformed-chain-id'; readonly field: string };

const MAX_HEIGHT = 0xffff_ffff_ffff_ffffn;

/**
 * The nonce pair of a height. The key bytes count as stored: a key whose parity was normalised elsewhere gives other randomness.
 *
 * @unit height: Babylon block height, 0..2^64-1
 * @throws input.not-bytes, input.wrong-length, input.not-text, input.not-integer, input.out-of-range
 * @throws secret-key.out-of-range, pub-rand.malformed-chain-id
 * @source finality-provider eotsmanager/randgenerator/randgenerator.go GenerateRandomness
 */
export function derive(secretKey: SecretKey.SecretKey, chainId: string, height: bigint, ecc: Ecc = auto()): Nonce.NoncePair {
  const scalars = scalarsFor(secretKey, chainId);
  try {
    return Nonce.fromScalar(scalars.at(height), ecc);
  } finally {
    scalars.wipe();
  }
}

/**
 * The public randomness of `count` consecutive heights, for a commitment.
 *
 * @shape 32 bytes each: x of k*G
 * @unit startHeight: Babylon block height; count: 0..2^24
 * @throws as {@link derive}; input.out-of-range when the last height passes 2^64-1
 */
export function derivePublic(
  secretKey: SecretKey.SecretKey,
  chainId: string,
  startHeight: bigint,
  count: number,
  ecc: Ecc = auto(),
): Uint8Array[] {
  Check.bigInteger(startHeight, 'startHeight', 0n, MAX_HEIGHT);
  Check.integer(count, 'count', 0, 2 ** 24);
  const scalars = scalarsFor(secretKey, chainId);
  try {
    return Array.from({ length: count }, (_, offset) => pointOf(scalars.at(startHeight + BigInt(offset)), ecc).slice(1));
  } finally {
    scalars.wipe();
  }
}

/**
 * The pair of a secret nonce that was made elsewhere. It may serve for one message only.
 *
 * @shape secRand: 32 bytes, 1..n-1
 * @throws input.not-bytes, input.wrong-length
 * @throws pub-rand.nonce-out-of-range - 0, or the group order and more: with k = 0 one signature reveals the key
 */
export function fromSecret(secRand: Uint8Array, ecc: Ecc = auto()): Nonce.NoncePair {
  const k = Bytes.toBigInt(Check.bytes(secRand, 'secRand', 32));
  if (!Scalar.isNonZero(k)) {
    fail<Reason>({ code: 'pub-rand.nonce-out-of-range', field: 'secRand' }, 'secRand: a nonce is an integer from 1 to n-1');
  }
  return Nonce.fromScalar(k, ecc);
}

/** The secret scalars of one key and chain; the HMAC state after the key is computed once. */
function scalarsFor(secretKey: SecretKey.SecretKey, chainId: string): { at(height: bigint): bigint; wipe(): void } {
  SecretKey.toScalar(secretKey);
  const chain = chainIdBytes(chainId);
  const keyed = hmac.create(sha256, secretKey);
  return {
    at(height) {
      const prefix = Bytes.concat(Bytes.fromUint64BE(height, 'height'), chain);
      for (let iteration = 0n; ; iteration++) {
        const digest: Uint8Array = keyed.clone().update(prefix).update(Bytes.fromUint64BE(iteration)).digest();
        const k = Bytes.toBigInt(digest);
        digest.fill(0);
        if (Scalar.isNonZero(k)) return k;
      }
    },
    wipe: () => keyed.destroy(),
  };
}

function chainIdBytes(chainId: string): Uint8Array {
  const bytes = utf8ToBytes(Check.text(chainId, 'chainId'));
  // Text with half a surrogate pair has no UTF-8 form: the encoder would replace it, and two chains would share their nonces.
  if (/\p{Surrogate}/u.test(chainId)) {
    fail<Reason>({ code: 'pub-rand.malformed-chain-id', field: 'chainId' }, 'chainId: no well-formed Unicode text');
  }
  return bytes;
}
