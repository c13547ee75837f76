// Taproot script trees (BIP341): leaf and branch hashes, the output key and a control block for every leaf.
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as Ecc from '../crypto/Ecc.ts';
import type { XOnlyPublicKey } from '../crypto/PublicKey.ts';
import * as PublicKey from '../crypto/PublicKey.ts';
import * as Scalar from '../crypto/Scalar.ts';
import * as SecretKey from '../crypto/SecretKey.ts';
import { taggedHash } from '../crypto/TaggedHash.ts';
import * as CompactSize from './CompactSize.ts';

export type Reason =
  | Check.Reason
  | SecretKey.Reason
  | { readonly code: 'tap-tree.bad-internal-key' }
  | { readonly code: 'tap-tree.not-a-tree'; readonly field: string; readonly got: string }
  | { readonly code: 'tap-tree.empty-script' }
  | { readonly code: 'tap-tree.duplicate-leaf' };

/** Leaf version of tapscript (BIP342). */
export const TAPSCRIPT = 0xc0;

/**
 * The internal key of every staking output: the x of SHA256(uncompressed generator), whose discrete logarithm nobody knows.
 * @source BIP341 "Constructing and spending Taproot outputs"
 */
const NUMS: Uint8Array = Hex.decode('50929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0');

/** A copy of that key: the one that outputs are built with is nobody's to change. */
export function nums(): XOnlyPublicKey {
  return Bytes.copy(NUMS) as XOnlyPublicKey;
}

/** True for that key, for which nobody can sign. */
export function isNums(key: Uint8Array): boolean {
  return Bytes.equal(key, NUMS);
}

/** A script, or two subtrees. The shape is written out: another shape with the same leaves is another address. */
export type Tree = Leaf | readonly [Tree, Tree];
export type Leaf = { readonly script: Uint8Array; readonly leafVersion?: number };

/** A leaf with all that a spend of it needs. */
export type SpendableLeaf = {
  readonly script: Uint8Array;
  readonly leafVersion: number;
  readonly leafHash: Uint8Array;
  readonly controlBlock: Uint8Array;
};

/** A finished output; `leaves` stand in the order of the tree from left to right. */
export type TapOutput = {
  readonly merkleRoot: Uint8Array;
  readonly outputKey: Uint8Array;
  readonly parity: 0 | 1;
  readonly scriptPubKey: Uint8Array;
  readonly leaves: readonly SpendableLeaf[];
};

/** Hash of a leaf: the version, the compact size of the script (3 bytes from 253 on), the script. */
export function leafHash(script: Uint8Array, leafVersion: number = TAPSCRIPT): Uint8Array {
  Check.bytes(script, 'script');
  Check.integer(leafVersion, 'leafVersion', 0, 255);
  return taggedHash('TapLeaf', Uint8Array.of(leafVersion), CompactSize.encode(script.length), script);
}

/** Hash of a branch; the children are sorted, so left and right do not matter. */
export function branchHash(a: Uint8Array, b: Uint8Array): Uint8Array {
  return Bytes.compare(a, b) <= 0 ? taggedHash('TapBranch', a, b) : taggedHash('TapBranch', b, a);
}

/**
 * Q = lift(internalKey) + TapTweak(internalKey || merkleRoot) G.
 *
 * @throws tap-tree.bad-internal-key - when the key does not lift, or (never in practice) the tweak is no scalar
 */
export function tweak(
  internalKey: Uint8Array,
  merkleRoot: Uint8Array,
  ecc: Ecc.Ecc = Ecc.auto(),
): { outputKey: Uint8Array; parity: 0 | 1 } {
  Check.bytes(internalKey, 'internalKey', 32);
  const point = ecc.pointAddScalar(Bytes.concat(Uint8Array.of(2), internalKey), taggedHash('TapTweak', internalKey, merkleRoot));
  if (point === null) fail<Reason>({ code: 'tap-tree.bad-internal-key' }, 'the internal key is not on the curve');
  return { outputKey: point.slice(1), parity: point[0] === 3 ? 1 : 0 };
}

/**
 * The output over `tree` with one point addition, whatever the number of leaves.
 *
 * @throws tap-tree.empty-script, tap-tree.duplicate-leaf, tap-tree.bad-internal-key
 */
export function build(tree: Tree, internalKey: Uint8Array = NUMS, ecc: Ecc.Ecc = Ecc.auto()): TapOutput {
  const { hash: merkleRoot, leaves } = walk(tree);
  const { outputKey, parity } = tweak(internalKey, merkleRoot, ecc);
  const seen = new Set(leaves.map((leaf) => Hex.encode(leaf.hash)));
  if (seen.size !== leaves.length) fail<Reason>({ code: 'tap-tree.duplicate-leaf' }, 'two leaves of the tree are equal');
  remember(internalKey, merkleRoot, { outputKey, parity }, ecc);
  return {
    merkleRoot,
    outputKey,
    parity,
    scriptPubKey: scriptPubKeyOf(outputKey),
    leaves: leaves.map(({ script, leafVersion, hash, path }) => ({
      script,
      leafVersion,
      leafHash: hash,
      controlBlock: Bytes.concat(Uint8Array.of(leafVersion | parity), internalKey, ...path),
    })),
  };
}

/**
 * True when the output key is the one of this internal key and root. What {@link build} has made lately is known, at no cost.
 *
 * @shape internalKey, merkleRoot, outputKey: 32 bytes
 * @throws input.*
 * @source BIP341 "Script validation rules"
 */
export function commits(
  output: { readonly outputKey: Uint8Array; readonly parity: number },
  internalKey: Uint8Array,
  merkleRoot: Uint8Array,
  ecc: Ecc.Ecc = Ecc.auto(),
): boolean {
  const { outputKey, parity } = Check.object(output, 'output');
  Check.bytes(outputKey, 'output.outputKey', 32);
  Check.bytes(internalKey, 'internalKey', 32);
  Check.bytes(merkleRoot, 'merkleRoot', 32);
  const known = built.get(ecc)?.get(commitmentOf(internalKey, merkleRoot));
  if (known !== undefined) return known === textOf(outputKey, parity);
  const point = ecc.pointAddScalar(Bytes.concat(Uint8Array.of(2), internalKey), taggedHash('TapTweak', internalKey, merkleRoot));
  return point !== null && textOf(point.subarray(1), point[0] === 3 ? 1 : 0) === textOf(outputKey, parity);
}

// A request for a signature checks that the output commits to its leaf, right after the output was made: the same point addition again. Pure
// memory, by content, no behaviour.
const BUILT_MAX = 64;
const built = new WeakMap<Ecc.Ecc, Map<string, string>>();

const commitmentOf = (internalKey: Uint8Array, merkleRoot: Uint8Array): string => Hex.encode(internalKey) + Hex.encode(merkleRoot);
const textOf = (outputKey: Uint8Array, parity: number): string => `${parity}${Hex.encode(outputKey)}`;

function remember(
  internalKey: Uint8Array,
  merkleRoot: Uint8Array,
  { outputKey, parity }: { readonly outputKey: Uint8Array; readonly parity: 0 | 1 },
  ecc: Ecc.Ecc,
): void {
  const known = built.get(ecc) ?? new Map<string, string>();
  built.set(ecc, known);
  if (known.size >= BUILT_MAX) known.clear();
  known.set(commitmentOf(internalKey, merkleRoot), textOf(outputKey, parity));
}

/** The output script of a taproot output key: `51 20 key`. */
export function scriptPubKeyOf(outputKey: Uint8Array): Uint8Array {
  return Bytes.concat(Uint8Array.of(0x51, 0x20), Check.bytes(outputKey, 'outputKey', 32));
}

/**
 * The secret key of the output key that {@link tweak} makes of this key's public one. The caller wipes it.
 *
 * @shape merkleRoot: 32 bytes, empty for an output without leaves (BIP86)
 * @throws input.not-bytes, secret-key.out-of-range
 * @source BIP341 "Constructing and spending Taproot outputs", taproot_tweak_seckey
 */
export function tweakSecret(secretKey: SecretKey.SecretKey, merkleRoot: Uint8Array, ecc: Ecc.Ecc = Ecc.auto()): SecretKey.SecretKey {
  Check.bytes(merkleRoot, 'merkleRoot');
  const point = PublicKey.compressedOfSecret(secretKey, ecc);
  const scalar = SecretKey.toScalar(secretKey);
  const even = point[0] === 3 ? Scalar.negate(scalar) : scalar;
  return SecretKey.from(Scalar.toBytes(Scalar.mod(even + Scalar.fromHash(taggedHash('TapTweak', point.subarray(1), merkleRoot)))));
}

type WalkedLeaf = {
  readonly script: Uint8Array;
  readonly leafVersion: number;
  readonly hash: Uint8Array;
  readonly path: readonly Uint8Array[];
};

function walk(tree: Tree, field = 'tree'): { hash: Uint8Array; leaves: readonly WalkedLeaf[] } {
  if (!Array.isArray(tree)) Check.object(tree, field);
  if ('script' in tree) {
    Check.bytes(tree.script, `${field}.script`);
    if (tree.script.length === 0) fail<Reason>({ code: 'tap-tree.empty-script' }, 'a leaf needs a script');
    const leafVersion = tree.leafVersion ?? TAPSCRIPT;
    const hash = leafHash(tree.script, leafVersion);
    return { hash, leaves: [{ script: Bytes.copy(tree.script), leafVersion, hash, path: [] }] };
  }
  if (!Array.isArray(tree) || tree.length !== 2) {
    const got = Check.kindOf(tree);
    fail<Reason>({ code: 'tap-tree.not-a-tree', field, got }, `${field}: expected a leaf { script } or a list of two subtrees, got ${got}`);
  }
  const left = walk(tree[0], `${field}[0]`);
  const right = walk(tree[1], `${field}[1]`);
  // The control block lists siblings from the leaf upwards: each level appends its own.
  const withSibling = (leaf: WalkedLeaf, sibling: Uint8Array): WalkedLeaf => ({ ...leaf, path: [...leaf.path, sibling] });
  return {
    hash: branchHash(left.hash, right.hash),
    leaves: [...left.leaves.map((leaf) => withSibling(leaf, right.hash)), ...right.leaves.map((leaf) => withSibling(leaf, left.hash))],
  };
}
