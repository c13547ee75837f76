// Little-endian fields and outputs in the form in which transactions and signature messages have them.
import { sha256 } from '@noble/hashes/sha2.js';
import * as CompactSize from '../CompactSize.ts';

/** 4 bytes, little-endian; a negative number becomes its unsigned reading. */
export function uint32(value: number): Uint8Array {
  const result = new Uint8Array(4);
  new DataView(result.buffer).setUint32(0, value, true);
  return result;
}

/** An amount as 8 bytes, little-endian, signed. */
export function amount(value: bigint): Uint8Array {
  const result = new Uint8Array(8);
  new DataView(result.buffer).setBigInt64(0, value, true);
  return result;
}

/** The bytes after their length. */
export function withLength(bytes: Uint8Array): readonly [Uint8Array, Uint8Array] {
  return [CompactSize.encode(bytes.length), bytes];
}

/** Transaction id and index that an input spends, 36 bytes. */
export function outpoint({ hash, index }: { readonly hash: Uint8Array; readonly index: number }): readonly Uint8Array[] {
  return [hash, uint32(index)];
}

/** An output as a transaction has it. */
export function output({ value, script }: { readonly value: bigint; readonly script: Uint8Array }): readonly Uint8Array[] {
  return [amount(value), ...withLength(script)];
}

/** Single SHA256 over the concatenated parts. */
export function hashOf(parts: Iterable<Uint8Array>): Uint8Array {
  const state = sha256.create();
  for (const part of parts) state.update(part);
  return state.digest();
}
