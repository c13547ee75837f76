// The trees of reward roots: an earner's tokens in a tree of their own, whose root is in the earner's leaf of the distribution tree.
// Implements eigenlayer-contracts src/contracts/core/RewardsCoordinator.sol (leaves), src/contracts/libraries/Merkle.sol (proofs by index),
// Layr-Labs/eigenlayer-rewards-proofs pkg/distribution/distribution.go (order of leaves) with wealdtech/go-merkletree merkletree.go
// (padding): leaves ascend by address; up to the next power of two 32 zero bytes stand in place of leaf hashes.
import { keccak_256 } from '@noble/hashes/sha3.js';
import * as Bytes from '../../base/Bytes.ts';
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';
import * as Hex from '../../base/Hex.ts';
import { MAX_UINT256 } from '../state/schemas.ts';
import * as Config from './Config.ts';
import { addressOf } from './ledger/addresses.ts';

export type Reason =
  | Config.Reason
  | { readonly code: 'rewards-merkle.no-leaves'; readonly field: string }
  | { readonly code: 'rewards-merkle.duplicate'; readonly field: string; readonly got: string }
  | { readonly code: 'rewards-merkle.not-in-tree'; readonly field: string; readonly got: string };

/** Cumulative amounts of an earner by token. @unit token wei */
export type Earnings = readonly (readonly [earner: string, tokens: readonly (readonly [token: string, cumulative: bigint])[]])[];

/** The nodes of a tree from the leaf hashes up, without those that cover padding only; the last level is the root. */
export type Levels = readonly (readonly Uint8Array[])[];

export type EarnerTree = {
  readonly earner: string;
  /** Ascending by address. */
  readonly tokens: readonly (readonly [token: string, cumulative: bigint])[];
  /** @shape 32 bytes */
  readonly tokenRoot: Uint8Array;
};

export type Distribution = {
  /** @shape 32 bytes */
  readonly root: Uint8Array;
  /** Ascending by address; the position is the index of the leaf. */
  readonly earners: readonly EarnerTree[];
  readonly levels: Levels;
};

/** What RewardsCoordinator.processClaim takes. */
export type MerkleClaim = {
  readonly rootIndex: bigint;
  readonly earnerIndex: bigint;
  /** Siblings from the leaf up. @shape 32 bytes each, one after the other */
  readonly earnerTreeProof: Uint8Array;
  readonly earnerLeaf: { readonly earner: string; readonly earnerTokenRoot: Uint8Array };
  readonly tokenIndices: readonly bigint[];
  readonly tokenTreeProofs: readonly Uint8Array[];
  readonly tokenLeaves: readonly { readonly token: string; readonly cumulativeEarnings: bigint }[];
};

const EARNER_LEAF_SALT = Uint8Array.of(0);
const TOKEN_LEAF_SALT = Uint8Array.of(1);
const HASH_BYTES = 32;
const MAX_UINT32 = 0xffff_ffffn;

/**
 * The address that stands for a name in leaves and hashes; an address (0x and 40 digits) is itself.
 *
 * @shape 20 bytes
 * @throws input.not-text, eigenlayer.bad-id
 */
export function address(id: string): Uint8Array {
  return addressOf(Config.id(id, 'id'));
}

/**
 * Hash of an earner's leaf: Keccak-256 of 0x00, the earner's address and the root of its tokens.
 *
 * @shape 32 bytes
 * @throws input.*, eigenlayer.bad-id
 * @source eigenlayer-contracts src/contracts/core/RewardsCoordinator.sol calculateEarnerLeafHash
 */
export function earnerLeaf(earner: string, tokenRoot: Uint8Array): Uint8Array {
  Config.id(earner, 'earner');
  return keccak_256(Bytes.concat(EARNER_LEAF_SALT, addressOf(earner), Check.bytes(tokenRoot, 'tokenRoot', HASH_BYTES)));
}

/**
 * Hash of a token's leaf: Keccak-256 of 0x01, the token's address and the cumulative amount as 32 bytes.
 *
 * @shape 32 bytes
 * @throws input.*, eigenlayer.bad-id
 * @source eigenlayer-contracts src/contracts/core/RewardsCoordinator.sol calculateTokenLeafHash
 */
export function tokenLeaf(token: string, cumulative: bigint): Uint8Array {
  Config.id(token, 'token');
  Check.bigInteger(cumulative, 'cumulative', 0n, MAX_UINT256);
  return keccak_256(Bytes.concat(TOKEN_LEAF_SALT, addressOf(token), Hex.decode(cumulative.toString(16).padStart(64, '0'))));
}

/**
 * All nodes above the given leaf hashes.
 *
 * @throws input.*, rewards-merkle.no-leaves
 * @source wealdtech/go-merkletree merkletree.go NewTree
 */
export function levels(leaves: readonly Uint8Array[]): Levels {
  Check.list(leaves, 'leaves').forEach((leaf, i) => {
    Check.bytes(leaf, `leaves[${i}]`, HASH_BYTES);
  });
  if (leaves.length === 0) fail<Reason>({ code: 'rewards-merkle.no-leaves', field: 'leaves' }, 'leaves: expected at least one');
  const all: (readonly Uint8Array[])[] = [leaves];
  for (let below = leaves; below.length > 1; ) {
    const padding = paddingNode(all.length - 1);
    const above: Uint8Array[] = [];
    for (let i = 0; i < below.length; i += 2) above.push(pairHash(below[i] ?? padding, below[i + 1] ?? padding));
    all.push(above);
    below = above;
  }
  return all;
}

/** The single node of the last level. @shape 32 bytes */
export function rootOf(tree: Levels): Uint8Array {
  return (
    tree[tree.length - 1]?.[0] ?? fail<Reason>({ code: 'rewards-merkle.no-leaves', field: 'tree' }, 'tree: expected at least one level')
  );
}

/**
 * The siblings of a leaf from the bottom up.
 *
 * @param node a node of the tree, undefined where all below is padding
 * @shape 32 bytes for each of `depth` levels
 */
export function proof(node: (level: number, index: number) => Uint8Array | undefined, depth: number, index: number): Uint8Array {
  const siblings: Uint8Array[] = [];
  for (let level = 0, at = index; level < depth; level++, at = Math.floor(at / 2))
    siblings.push(node(level, at % 2 === 0 ? at + 1 : at - 1) ?? paddingNode(level));
  return Bytes.concat(...siblings);
}

/**
 * The root that a leaf and its siblings lead to.
 *
 * @param siblings whole multiples of 32 bytes
 * @shape 32 bytes
 * @throws input.*
 * @source eigenlayer-contracts src/contracts/libraries/Merkle.sol processInclusionProofKeccak
 */
export function rootFrom(leaf: Uint8Array, index: bigint, siblings: Uint8Array): Uint8Array {
  Check.bytes(leaf, 'leaf', HASH_BYTES);
  Check.bigInteger(index, 'index', 0n, MAX_UINT256);
  if (Check.bytes(siblings, 'siblings').length % HASH_BYTES !== 0)
    Check.wrongLength('siblings', `a multiple of ${HASH_BYTES}`, siblings.length);
  let hash = leaf;
  for (let at = 0, place = index; at < siblings.length; at += HASH_BYTES, place >>= 1n) {
    const sibling = siblings.subarray(at, at + HASH_BYTES);
    hash = place % 2n === 0n ? pairHash(hash, sibling) : pairHash(sibling, hash);
  }
  return hash;
}

/**
 * Whether the leaf is in the tree at this index. An index that the depth cannot hold is not.
 *
 * @throws input.* - for anything but bytes and bigint
 * @source eigenlayer-contracts src/contracts/libraries/Merkle.sol verifyInclusionKeccak
 */
export function verifyInclusion(leaf: Uint8Array, index: bigint, siblings: Uint8Array, root: Uint8Array): boolean {
  Check.bytes(root, 'root', HASH_BYTES);
  Check.bigInteger(index, 'index', 0n, MAX_UINT256);
  if (Check.bytes(siblings, 'siblings').length % HASH_BYTES !== 0) return false;
  if (index >> BigInt(siblings.length / HASH_BYTES) !== 0n || root.every((byte) => byte === 0)) return false;
  return Bytes.equal(rootFrom(leaf, index, siblings), root);
}

/**
 * The trees of cumulative earnings. The order of what is given does not matter.
 *
 * @throws input.*, eigenlayer.bad-id, rewards-merkle.no-leaves, rewards-merkle.duplicate
 * @source Layr-Labs/eigenlayer-rewards-proofs pkg/distribution/distribution.go Merklize
 */
export function distribution(earnings: Earnings): Distribution {
  const rows = Check.list(earnings, 'earnings').map((row, i) => {
    const [earner, tokens] = Check.list(row as readonly unknown[], `earnings[${i}]`) as typeof row;
    Config.id(earner, `earnings[${i}].earner`);
    return { earner, ...tokenTree(tokens, `earnings[${i}].tokens`) };
  });
  const earners = ascending(rows, ({ earner }) => earner, 'earnings');
  const tree = levels(earners.map(({ earner, tokenRoot }) => earnerLeaf(earner, tokenRoot)));
  return { root: rootOf(tree), earners, levels: tree };
}

/**
 * The claim of some of an earner's tokens.
 *
 * @throws input.*, rewards-merkle.not-in-tree
 * @source Layr-Labs/eigenlayer-rewards-proofs pkg/claimgen/claimgen.go GetProofForEarner
 */
export function claim(given: Distribution, rootIndex: bigint, earner: string, tokens: readonly string[]): MerkleClaim {
  const index = given.earners.findIndex((entry) => entry.earner === earner);
  const entry = given.earners[index] ?? notInTree('earner', earner);
  const depth = given.levels.length - 1;
  const earnerTreeProof = proof((level, at) => given.levels[level]?.[at], depth, index);
  return claimOf({ rootIndex, index: BigInt(index), earner, earnerTreeProof, entry: entry.tokens, tokens });
}

/** The claim with a proof of the earner's leaf at hand. @throws rewards-merkle.not-in-tree */
export function claimOf(given: {
  readonly rootIndex: bigint;
  readonly index: bigint;
  readonly earner: string;
  readonly earnerTreeProof: Uint8Array;
  readonly entry: EarnerTree['tokens'];
  readonly tokens: readonly string[];
}): MerkleClaim {
  const tree = levels(given.entry.map(([token, cumulative]) => tokenLeaf(token, cumulative)));
  const places = Check.list(given.tokens, 'tokens').map((token) => {
    const place = given.entry.findIndex(([known]) => known === token);
    return place >= 0 ? place : notInTree('tokens', token);
  });
  return {
    rootIndex: given.rootIndex,
    earnerIndex: given.index,
    earnerTreeProof: given.earnerTreeProof,
    earnerLeaf: { earner: given.earner, earnerTokenRoot: rootOf(tree) },
    tokenIndices: places.map(BigInt),
    tokenTreeProofs: places.map((place) => proof((level, at) => tree[level]?.[at], tree.length - 1, place)),
    tokenLeaves: places.map((place) => {
      const [token, cumulativeEarnings] = given.entry[place] as readonly [string, bigint];
      return { token, cumulativeEarnings };
    }),
  };
}

/** A claim from outside, as the contract's types have it. @throws input.*, eigenlayer.bad-id */
export function checkedClaim(given: MerkleClaim): MerkleClaim {
  const { rootIndex, earnerIndex, earnerTreeProof, earnerLeaf, tokenIndices, tokenTreeProofs, tokenLeaves } = Check.object(given, 'claim');
  Check.bigInteger(rootIndex, 'claim.rootIndex', 0n, MAX_UINT32);
  Check.bigInteger(earnerIndex, 'claim.earnerIndex', 0n, MAX_UINT32);
  Check.bytes(earnerTreeProof, 'claim.earnerTreeProof');
  Config.id(Check.object(earnerLeaf, 'claim.earnerLeaf').earner, 'claim.earnerLeaf.earner');
  Check.bytes(earnerLeaf.earnerTokenRoot, 'claim.earnerLeaf.earnerTokenRoot', HASH_BYTES);
  Check.list(tokenIndices, 'claim.tokenIndices').forEach((index, i) => {
    Check.bigInteger(index, `claim.tokenIndices[${i}]`, 0n, MAX_UINT32);
  });
  Check.list(tokenTreeProofs, 'claim.tokenTreeProofs').forEach((siblings, i) => {
    Check.bytes(siblings, `claim.tokenTreeProofs[${i}]`);
  });
  Check.list(tokenLeaves, 'claim.tokenLeaves').forEach((leaf, i) => {
    Config.id(Check.object(leaf, `claim.tokenLeaves[${i}]`).token, `claim.tokenLeaves[${i}].token`);
    Check.bigInteger(leaf.cumulativeEarnings, `claim.tokenLeaves[${i}].cumulativeEarnings`, 0n, MAX_UINT256);
  });
  return given;
}

function tokenTree(given: EarnerTree['tokens'], field: string): Omit<EarnerTree, 'earner'> {
  Check.list(given, field).forEach(([token, cumulative], i) => {
    Config.id(token, `${field}[${i}].token`);
    Check.bigInteger(cumulative, `${field}[${i}].cumulative`, 0n, MAX_UINT256);
  });
  const tokens = ascending(given, ([token]) => token, field);
  if (tokens.length === 0) fail<Reason>({ code: 'rewards-merkle.no-leaves', field }, `${field}: expected at least one`);
  return { tokens, tokenRoot: rootOf(levels(tokens.map(([token, cumulative]) => tokenLeaf(token, cumulative)))) };
}

/** Sorted by address. @throws rewards-merkle.duplicate */
function ascending<T>(rows: readonly T[], idOf: (row: T) => string, field: string): T[] {
  const sorted = rows.map((row) => ({ row, bytes: addressOf(idOf(row)) })).sort((a, b) => Bytes.compare(a.bytes, b.bytes));
  for (let i = 1; i < sorted.length; i++) {
    const [a, b] = [sorted[i - 1], sorted[i]] as [(typeof sorted)[number], (typeof sorted)[number]];
    if (!Bytes.equal(a.bytes, b.bytes)) continue;
    const got = idOf(b.row);
    fail<Reason>({ code: 'rewards-merkle.duplicate', field, got }, `${field}: ${got} is there twice`);
  }
  return sorted.map(({ row }) => row);
}

/** A node with nothing but padding below. */
function paddingNode(level: number): Uint8Array {
  for (let next = PADDING.length; next <= level; next++) {
    const below = PADDING[next - 1] as Uint8Array;
    PADDING.push(pairHash(below, below));
  }
  return PADDING[level] as Uint8Array;
}
const PADDING: Uint8Array[] = [new Uint8Array(HASH_BYTES)];

function pairHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return keccak_256(Bytes.concat(left, right));
}

/** Throws `rewards-merkle.not-in-tree`. */
export function notInTree(field: string, got: string): never {
  return fail<Reason>({ code: 'rewards-merkle.not-in-tree', field, got }, `${field}: ${got} has no leaf`);
}
