// An 80-byte Bitcoin block header: its hash and its Merkle root; and the Merkle check as the chain makes it
// (babylon x/btccheckpoint/types/btcutils.go VerifyInclusionProof), which ignores bits of the index above the branch.
import { sha256 } from '@noble/hashes/sha2.js';
import * as Bytes from '../../base/Bytes.ts';
import * as Hex from '../../base/Hex.ts';

const hash256 = (bytes: Uint8Array): Uint8Array => sha256(sha256(bytes));

/** @shape raw: 80 bytes; hash: display hex; merkleRoot: 32 bytes, internal order */
export function read(raw: Uint8Array): { readonly hash: string; readonly merkleRoot: Uint8Array } {
  return { hash: Hex.encode(hash256(raw).reverse()), merkleRoot: Bytes.copy(raw.subarray(36, 68)) };
}

/**
 * True when the branch leads from the transaction to the root.
 *
 * @shape txHash, merkleRoot: 32 bytes internal order; proof: siblings of 32 bytes, leaf level first
 */
export function isIncluded(txHash: Uint8Array, merkleRoot: Uint8Array, proof: Uint8Array, index: number): boolean {
  if (proof.length % 32 !== 0) return false;
  if (proof.length === 0) return index === 0 && Bytes.equal(txHash, merkleRoot);
  let current = txHash;
  let place = index;
  for (let at = 0; at < proof.length; at += 32) {
    const sibling = proof.subarray(at, at + 32);
    current = hash256(place % 2 === 1 ? Bytes.concat(sibling, current) : Bytes.concat(current, sibling));
    place = Math.floor(place / 2);
  }
  return Bytes.equal(current, merkleRoot);
}

/** True when the index has bits that the branch does not use: the chain overlooks them, other readers refuse. */
export function isIndexTooLarge(proof: Uint8Array, index: number): boolean {
  return index >= 2 ** (proof.length / 32);
}
