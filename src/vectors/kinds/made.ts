// What generated inputs are made of: keys, committees, bad values. Keys follow from the stream, so they are worth nothing.
import * as Hex from '../../base/Hex.ts';
import type { Ecc } from '../../crypto/Ecc.ts';
import * as PublicKey from '../../crypto/PublicKey.ts';
import * as SecretKey from '../../crypto/SecretKey.ts';
import type { Input } from '../model.ts';
import type { Random } from '../random.ts';

/** n, the order of the group, and p, the prime of the field, as 32 bytes of hex. */
export const ORDER = 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141';
export const FIELD_PRIME = 'fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f';
export const ZERO: string = '00'.repeat(32);
/** The internal key of every staking output: nobody can sign for it. */
export const NUMS = '50929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0';

/** Relative locks at every change of the push's length, and next to them. @unit blocks */
export const LOCKS = [1, 2, 15, 16, 17, 100, 127, 128, 144, 255, 256, 1008, 10_000, 32_767, 32_768, 64_000, 65_534, 65_535] as const;

export const NETWORKS = ['mainnet', 'testnet', 'signet', 'regtest'] as const;

export type KeyPair = { readonly secretKey: SecretKey.SecretKey; readonly publicKey: PublicKey.XOnlyPublicKey };

/** Either sign of y. */
export function secretKey(random: Random): SecretKey.SecretKey {
  const bytes = random.bytes(32);
  // Below 2^255, hence below n; a stream that gives 32 zeros does not occur.
  bytes[0] = (bytes[0] as number) & 0x7f;
  return SecretKey.from(bytes);
}

export function keyPair(random: Random, ecc: Ecc): KeyPair {
  const secret = secretKey(random);
  return { secretKey: secret, publicKey: PublicKey.ofSecret(secret, ecc) };
}

export function keyPairs(count: number, random: Random, ecc: Ecc): KeyPair[] {
  return Array.from({ length: count }, () => keyPair(random, ecc));
}

export function hexOf(pairs: readonly KeyPair[]): string[] {
  return pairs.map(({ publicKey }) => Hex.encode(publicKey));
}

/** 32 bytes that are no x of the curve; about every second number is none. */
export function offCurve(random: Random, ecc: Ecc): string {
  for (;;) {
    const bytes = random.bytes(32);
    if (!ecc.isXOnly(bytes)) return Hex.encode(bytes);
  }
}

/** Hex of random bytes. */
export function hex(random: Random, bytes: number): string {
  return Hex.encode(random.bytes(bytes));
}

/** Hex with one bit turned, for signatures and transactions that must no longer fit. */
export function flipped(digits: string, random: Random): string {
  const bytes = Hex.decode(digits);
  const at = random.integer(0, bytes.length - 1);
  bytes[at] = (bytes[at] as number) ^ (1 << random.integer(0, 7));
  return Hex.encode(bytes);
}

/** `input` with other values for some fields. */
export function but(input: Input, changes: Input): Input {
  return { ...input, ...changes };
}

/** `input` without a field. */
export function without(input: Input, key: string): Input {
  return Object.fromEntries(Object.entries(input).filter(([name]) => name !== key));
}
