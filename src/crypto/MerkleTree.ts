// The Merkle tree of CometBFT (RFC 6962 without its log): commitments to public randomness, proofs of inclusion.
// cometbft crypto/merkle/{tree,proof,hash}.go v0.38. Leaves and inner nodes hash with different prefixes; no leaf is ever doubled.
import { sha256 } from '@noble/hashes/sha2.js';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';

/** That a leaf is in a tree: `aunts` are the sibling hashes on the way up, from the leaf to the root. */
export interface Proof {
  readonly total: number;
  readonly index: number;
  readonly leafHash: Uint8Array;
  readonly aunts: readonly Uint8Array[];
}

/** Why a proof does not hold. The chain gives one code for all of them (finality/1108). */
export type Finding =
  | 'total-out-of-range'
  | 'index-out-of-range'
  | 'leaf-hash-length'
  | 'too-many-aunts'
  | 'aunt-length'
  | 'invalid-leaf-hash'
  | 'invalid-root-hash';

export type Reason = Check.Reason;

/** The most aunts that a proof may have. */
export const MAX_AUNTS = 100;

const LEAF_PREFIX = Uint8Array.of(0);
const INNER_PREFIX = Uint8Array.of(1);

/** SHA256(00 || leaf). */
export function leafHash(leaf: Uint8Array): Uint8Array {
  return sha256(Bytes.concat(LEAF_PREFIX, leaf));
}

/** SHA256(01 || left || right). */
export function innerHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(Bytes.concat(INNER_PREFIX, left, right));
}

/**
 * The root over `leaves`, in order; SHA-256 of nothing for an empty list.
 *
 * @shape 32 bytes
 * @throws input.not-list, input.not-bytes
 * @source cometbft crypto/merkle/tree.go HashFromByteSlices
 */
export function root(leaves: readonly Uint8Array[]): Uint8Array {
  const hashes = hashesOf(leaves);
  return hashes.length === 0 ? sha256(new Uint8Array(0)) : subtree(hashes, 0, hashes.length, undefined);
}

/**
 * The proof of one leaf.
 *
 * @unit index: position in `leaves`, from 0
 * @throws input.not-list, input.not-bytes, input.not-integer, input.out-of-range
 */
export function prove(leaves: readonly Uint8Array[], index: number): Proof {
  const hashes = hashesOf(leaves);
  Check.integer(index, 'index', 0, hashes.length - 1);
  const aunts: Uint8Array[] = [];
  let start = 0;
  let end = hashes.length;
  while (end - start > 1) {
    const middle = start + split(end - start);
    const goesLeft = index < middle;
    aunts.push(goesLeft ? subtree(hashes, middle, end, undefined) : subtree(hashes, start, middle, undefined));
    if (goesLeft) end = middle;
    else start = middle;
  }
  return { total: hashes.length, index, leafHash: hashes[index] as Uint8Array, aunts: aunts.reverse() };
}

/**
 * The proofs of all leaves and the root, each inner node hashed once.
 *
 * @throws input.not-list, input.not-bytes
 * @source cometbft crypto/merkle/proof.go ProofsFromByteSlices
 */
export function proveAll(leaves: readonly Uint8Array[]): { readonly root: Uint8Array; readonly proofs: readonly Proof[] } {
  const hashes = hashesOf(leaves);
  if (hashes.length === 0) return { root: sha256(new Uint8Array(0)), proofs: [] };
  const aunts: Uint8Array[][] = hashes.map(() => []);
  const top = subtree(hashes, 0, hashes.length, aunts);
  const total = hashes.length;
  const proofs = hashes.map((hash, index) => ({ total, index, leafHash: hash, aunts: aunts[index] as Uint8Array[] }));
  return { root: top, proofs };
}

/**
 * True when `proof` shows that `leaf` is in the tree with this root.
 *
 * @throws input.not-bytes, input.wrong-length - for the root and the leaf
 */
export function verify(rootHash: Uint8Array, leaf: Uint8Array, proof: Proof): boolean {
  return check(rootHash, leaf, proof) === undefined;
}

/**
 * Why `proof` does not show that `leaf` is in the tree with this root, or undefined when it does.
 *
 * @throws input.not-bytes, input.wrong-length - for the root and the leaf
 * @source cometbft crypto/merkle/proof.go Verify, ValidateBasic
 */
export function check(rootHash: Uint8Array, leaf: Uint8Array, proof: Proof): Finding | undefined {
  Check.bytes(rootHash, 'root', 32);
  Check.bytes(leaf, 'leaf');
  Check.object(proof, 'proof');
  if (!Number.isSafeInteger(proof.total) || proof.total < 1) return 'total-out-of-range';
  if (!Number.isSafeInteger(proof.index) || proof.index < 0 || proof.index >= proof.total) return 'index-out-of-range';
  if (!isHash(proof.leafHash)) return 'leaf-hash-length';
  if (!Array.isArray(proof.aunts) || proof.aunts.length > MAX_AUNTS) return 'too-many-aunts';
  if (!proof.aunts.every(isHash)) return 'aunt-length';
  if (!Bytes.equal(proof.leafHash, leafHash(leaf))) return 'invalid-leaf-hash';
  const computed = climb(proof.index, proof.total, proof.leafHash, proof.aunts);
  return computed !== undefined && Bytes.equal(computed, rootHash) ? undefined : 'invalid-root-hash';
}

/** Proofs come from strangers: what is no hash is a finding, not a misuse. */
function isHash(value: unknown): boolean {
  return Check.isBytes(value) && value.length === 32;
}

/** The largest power of two strictly below `count`, for count > 1; exact up to 2^53, hence no bit operators. */
function split(count: number): number {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}

/** The root that leaf and aunts give, or undefined when the number of aunts does not fit the tree. */
function climb(index: number, total: number, leaf: Uint8Array, aunts: readonly Uint8Array[]): Uint8Array | undefined {
  const goesLeft: boolean[] = [];
  let position = index;
  let width = total;
  while (width > 1) {
    const left = split(width);
    const isLeft = position < left;
    goesLeft.push(isLeft);
    position -= isLeft ? 0 : left;
    width = isLeft ? left : width - left;
  }
  if (goesLeft.length !== aunts.length) return undefined;
  return aunts.reduce((hash, aunt) => (goesLeft.pop() === true ? innerHash(hash, aunt) : innerHash(aunt, hash)), leaf);
}

/** The hash over hashes[start..end); where `aunts` is given, notes at each leaf the sibling that it needs. */
function subtree(hashes: readonly Uint8Array[], start: number, end: number, aunts: readonly Uint8Array[][] | undefined): Uint8Array {
  if (end - start === 1) return hashes[start] as Uint8Array;
  const middle = start + split(end - start);
  const left = subtree(hashes, start, middle, aunts);
  const right = subtree(hashes, middle, end, aunts);
  if (aunts !== undefined) {
    for (let i = start; i < middle; i++) aunts[i]?.push(right);
    for (let i = middle; i < end; i++) aunts[i]?.push(left);
  }
  return innerHash(left, right);
}

function hashesOf(leaves: readonly Uint8Array[]): Uint8Array[] {
  return Check.list(leaves, 'leaves').map((leaf, i) => leafHash(Check.bytes(leaf, `leaves[${i}]`)));
}
