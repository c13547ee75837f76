// The wallet import format: base58check of a network byte, the key, and 01 where its compressed public key is meant.

import { sha256 } from '@noble/hashes/sha2.js';
import { createBase58check } from '@scure/base';
import * as SecretKey from '../../src/crypto/SecretKey.ts';

const coder = createBase58check(sha256);

export function fromWIF(text: string): SecretKey.SecretKey {
  return SecretKey.from(coder.decode(text).slice(1, 33));
}

export function toWIF(secretKey: Uint8Array, network: 'mainnet' | 'test' = 'mainnet'): string {
  return coder.encode(Uint8Array.of(network === 'mainnet' ? 0x80 : 0xef, ...secretKey, 1));
}
