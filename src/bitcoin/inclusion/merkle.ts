// The Merkle tree of a block: pairs are hashed twice by SHA-256, the last node of an odd level stands in for its own partner.
// Bitcoin Core consensus/merkle.cpp, merkleblock.cpp.
import { sha256 } from '@noble/hashes/sha2.js';
import * as Bytes from '../../base/Bytes.ts';

/** SHA-256 twice. */
export function hash256(...parts: readonly Uint8Array[]): Uint8Array {
  const inner = sha256.create();
  for (const part of parts) inner.update(part);
  return sha256(inner.digest());
}

/** Levels of a tree of `count` leaves above the leaves. */
export function depthOf(count: number): number {
  let depth = 0;
  for (let size = count; size > 1; size = Math.ceil(size / 2)) depth++;
  return depth;
}

/** Nodes at `level` above the leaves. */
export function sizeAt(count: number, level: number): number {
  return Math.ceil(count / 2 ** level);
}

/** The siblings of leaf `index` from the leaf's level up, and the root. At least one leaf. */
export function branch(
  leaves: readonly Uint8Array[],
  index: number,
): { readonly siblings: readonly Uint8Array[]; readonly root: Uint8Array } {
  const siblings: Uint8Array[] = [];
  let level = leaves;
  for (let at = index; level.length > 1; at = Math.floor(at / 2)) {
    const last = level.length - 1;
    siblings.push(level[Math.min(at % 2 === 0 ? at + 1 : at - 1, last)] as Uint8Array);
    const above: Uint8Array[] = [];
    for (let i = 0; i <= last; i += 2) above.push(hash256(level[i] as Uint8Array, level[Math.min(i + 1, last)] as Uint8Array));
    level = above;
  }
  return { siblings, root: level[0] as Uint8Array };
}

/** The root above a leaf; bits of `index` beyond the siblings are not looked at. */
export function rootOf(leaf: Uint8Array, index: number, siblings: readonly Uint8Array[]): Uint8Array {
  let node = leaf;
  let at = index;
  for (const sibling of siblings) {
    node = at % 2 === 1 ? hash256(sibling, node) : hash256(node, sibling);
    at = Math.floor(at / 2);
  }
  return node;
}

/**
 * True when no sibling shows a leaf that is not there. A node without partner is its own sibling, and then it is the last of its level and so
 * are all above it; a right node that equals its left is the copy that makes two lists of transactions have one root.
 */
export function isGenuine(leaf: Uint8Array, index: number, siblings: readonly Uint8Array[], count: number | undefined): boolean {
  let node = leaf;
  let at = index;
  let last = false;
  for (const [level, sibling] of siblings.entries()) {
    const same = Bytes.equal(node, sibling);
    const right = at % 2 === 1;
    if (right && same) return false;
    if (!right && last && !same) return false;
    if (!right && same) last = true;
    if (!right && count !== undefined && same !== at + 1 >= sizeAt(count, level)) return false;
    node = right ? hash256(sibling, node) : hash256(node, sibling);
    at = Math.floor(at / 2);
  }
  return true;
}
