// The people of the story. All keys follow from the seed: they are for show, and everybody can compute them.
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import type { StakingParams } from '../../babylon/Params.ts';
import * as Bytes from '../../base/Bytes.ts';
import * as Sats from '../../base/Sats.ts';
import type * as Ecc from '../../crypto/Ecc.ts';
import * as PublicKey from '../../crypto/PublicKey.ts';
import * as SecretKey from '../../crypto/SecretKey.ts';

/** A key of the story. */
export type Person = { readonly name: string; readonly secretKey: SecretKey.SecretKey; readonly publicKey: PublicKey.XOnlyPublicKey };

/** 32 bytes that follow from the seed and a label. */
export function bytesFor(seed: string, label: string): Uint8Array {
  return sha256(utf8ToBytes(`satlock story\n${seed}\n${label}`));
}

export function person(seed: string, name: string, ecc: Ecc.Ecc): Person {
  const secretKey = SecretKey.from(bytesFor(seed, name));
  return { name, secretKey, publicKey: PublicKey.ofSecret(secretKey, ecc) };
}

/** The largest stake of the story: it must fit into the coins of a fresh test chain. */
const MAX_STAKE = Sats.from(2_000_000_000n);

/**
 * Stakes of very different sizes within the limits of the parameters: log-uniform by the seed, in integers: min * 2^k * (1 + fraction / 2^16).
 */
export function stakeSizes(seed: string, count: number, params: StakingParams): readonly Sats.Sats[] {
  const min = params.minStakingValueSats;
  const max = params.maxStakingValueSats < MAX_STAKE ? params.maxStakingValueSats : MAX_STAKE;
  const doublings = Math.max(0, (max / min).toString(2).length - 1);
  return Array.from({ length: count }, (_, i) => {
    const random = bytesFor(seed, `stake ${i}`);
    const base = min << BigInt((random[0] as number) % (doublings + 1));
    const size = base + ((base * Bytes.toBigInt(random.subarray(1, 3))) >> 16n);
    return Sats.from(size > max ? max : size);
  });
}
