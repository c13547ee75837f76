// All levels of one commitment's Merkle tree in one piece of memory, so that a proof costs a few copies instead of hashing every leaf again.
// cometbft crypto/merkle/tree.go splits at the largest power of two; pairing neighbours and lifting an odd last node gives the same tree.
import * as Check from '../../base/Check.ts';
import * as MerkleTree from '../../crypto/MerkleTree.ts';

const HASH = 32;

/** A tree over `count` values. @shape nodes: 32 bytes each, the leaf hashes first, the root last */
export type CommitTree = { readonly count: number; readonly nodes: Uint8Array; readonly levels: readonly Level[] };

/** A level of the tree: `length` nodes from node `start` on. */
type Level = { readonly start: number; readonly length: number };

/** The tree over at least one value. @throws input.not-list, input.not-bytes, input.wrong-length */
export function from(pubRands: readonly Uint8Array[]): CommitTree {
  const count = Check.list(pubRands, 'pubRands').length;
  Check.integer(count, 'pubRands.length', 1, 2 ** 24);
  const levels: Level[] = [{ start: 0, length: count }];
  let total = count;
  for (let length = count; length > 1; ) {
    length = Math.ceil(length / 2);
    levels.push({ start: total, length });
    total += length;
  }
  const nodes = new Uint8Array(total * HASH);
  for (const [i, pubRand] of pubRands.entries()) nodes.set(MerkleTree.leafHash(Check.bytes(pubRand, `pubRands[${i}]`, HASH)), i * HASH);
  for (const [i, level] of levels.entries()) {
    const above = levels[i + 1];
    if (above !== undefined) fill(nodes, level, above);
  }
  return { count, nodes, levels };
}

function fill(nodes: Uint8Array, below: Level, above: Level): void {
  for (let i = 0; i < above.length; i++) {
    const left = node(nodes, below, 2 * i);
    nodes.set(2 * i + 1 < below.length ? MerkleTree.innerHash(left, node(nodes, below, 2 * i + 1)) : left, (above.start + i) * HASH);
  }
}

function node(nodes: Uint8Array, { start }: Level, index: number): Uint8Array {
  return nodes.subarray((start + index) * HASH, (start + index + 1) * HASH);
}

/** The root: the commitment. @shape 32 bytes, a copy */
export function rootOf({ nodes }: CommitTree): Uint8Array {
  return nodes.slice(nodes.length - HASH);
}

/** The proof of one value. @throws input.not-integer, input.out-of-range */
export function prove({ count, nodes, levels }: CommitTree, index: number): MerkleTree.Proof {
  Check.integer(index, 'index', 0, count - 1);
  const aunts: Uint8Array[] = [];
  let position = index;
  for (const level of levels) {
    // The neighbour in the pair; an odd last node has none and goes up as it is.
    const other = position % 2 === 0 ? position + 1 : position - 1;
    if (other < level.length) aunts.push(node(nodes, level, other).slice());
    position = Math.floor(position / 2);
  }
  return { total: count, index, leafHash: nodes.slice(index * HASH, (index + 1) * HASH), aunts };
}
