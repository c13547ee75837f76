// That a transaction stands in a block: made from the block, from its txids, from Bitcoin Core's gettxoutproof or from an Electrum server's
// answer, and checked against the header. Babylon x/btccheckpoint/types/btcutils.go, Bitcoin Core merkleblock.cpp.
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as BlockReader from './BlockReader.ts';
import * as Merkle from './inclusion/merkle.ts';
import * as PartialTree from './inclusion/partialTree.ts';
import { hasWork } from './inclusion/work.ts';
import * as Network from './Network.ts';

/** A transaction's place in a block and the hashes beside its way to the Merkle root. */
export type InclusionProof = {
  /** Display hex. */
  readonly txid: string;
  /** Display hex. */
  readonly blockHash: string;
  /** Place in the block, from 0; 0 is the coinbase. */
  readonly index: number;
  /** In internal order (as hashed, not as displayed), the leaf's level first. @shape 32 bytes each */
  readonly siblings: readonly Uint8Array[];
  /** Number of transactions of the block, where the source tells it. */
  readonly transactionCount?: number;
};

/** Why a proof does not hold. */
export type Finding =
  | 'inclusion-proof.other-block'
  | 'inclusion-proof.no-work'
  | 'inclusion-proof.index-beyond-depth'
  | 'inclusion-proof.wrong-depth'
  | 'inclusion-proof.repeated-node'
  | 'inclusion-proof.wrong-root';

export type Reason =
  | Check.Reason
  | Hex.Reason
  | Network.Reason
  | BlockReader.Reason
  | PartialTree.Reason
  | { readonly code: Finding }
  | { readonly code: 'inclusion-proof.not-in-block'; readonly txid: string }
  | { readonly code: 'inclusion-proof.repeated-txid'; readonly txid: string }
  | { readonly code: 'inclusion-proof.several-matches'; readonly txids: readonly string[] }
  | { readonly code: 'inclusion-proof.no-transactions' };

/** No block has more leaves than this depth holds: 4,000,000 weight units, 240 a transaction. */
const MAX_DEPTH = 15;

/** What {@link fromTxids} reads. */
export type TxidsOptions = {
  /** All txids of the block in its order, display hex (never wtxids). */
  readonly txids: readonly string[];
  readonly txid: string;
  /** Given the header, the root is checked; otherwise the hash is taken as it is. */
  readonly header?: Uint8Array;
  readonly blockHash?: string;
};

/**
 * The proof from the list of a block's txids (`getblock <hash> 1`). Give the header, and the list is held against its root.
 *
 * @throws inclusion-proof.not-in-block, inclusion-proof.repeated-txid, inclusion-proof.no-transactions
 * @throws inclusion-proof.wrong-root, inclusion-proof.other-block - when the header is given
 * @throws input.*, hex.*
 */
export function fromTxids(options: TxidsOptions): InclusionProof {
  const { txids, txid, header, blockHash } = Check.object(options, 'options');
  const leaves = Array.from(Check.list(txids, 'txids'), (one, i) => internal(one, `txids[${i}]`));
  if (header === undefined) return fromLeaves(leaves, txid, display(internal(blockHash, 'blockHash')), undefined);
  const head = headerOf(header);
  if (blockHash !== undefined && display(internal(blockHash, 'blockHash')) !== head.hash) refuse('inclusion-proof.other-block');
  return fromLeaves(leaves, txid, head.hash, head.merkleRoot);
}

/**
 * The proof from a raw block, whose root is checked. Witness commitment and work are not looked at: {@link BlockReader.check} and
 * {@link check} do.
 *
 * @throws inclusion-proof.not-in-block, inclusion-proof.wrong-root, inclusion-proof.repeated-txid, block-reader.*
 */
export function fromBlock(block: Uint8Array, txid: string): InclusionProof {
  const head = BlockReader.header(block);
  const leaves: Uint8Array[] = [];
  for (const view of BlockReader.transactions(block)) leaves.push(view.hash());
  return fromLeaves(leaves, txid, head.hash, head.merkleRoot);
}

function fromLeaves(leaves: readonly Uint8Array[], txid: string, blockHash: string, merkleRoot: string | undefined): InclusionProof {
  if (leaves.length === 0) fail<Reason>({ code: 'inclusion-proof.no-transactions' }, 'txids: a block has at least its coinbase');
  const wanted = display(internal(txid, 'txid'));
  const seen = new Set<string>();
  let index = -1;
  for (const [i, leaf] of leaves.entries()) {
    const id = display(leaf);
    // Repeated at the end of the list, they leave the root as it is.
    if (seen.has(id)) fail<Reason>({ code: 'inclusion-proof.repeated-txid', txid: id }, `txids: ${id} is there twice`);
    seen.add(id);
    if (id === wanted) index = i;
  }
  if (index < 0) notInBlock(wanted);
  const { siblings, root } = Merkle.branch(leaves, index);
  if (merkleRoot !== undefined && display(root) !== merkleRoot) refuse('inclusion-proof.wrong-root');
  return made({ txid: wanted, blockHash, index, siblings, transactionCount: leaves.length });
}

/**
 * The proof from Bitcoin Core's `gettxoutproof`. The root is checked against the header in it; whether that header is one of the chain is for
 * the caller to know.
 *
 * @param txid which one, when the answer is for several
 * @throws inclusion-proof.malformed-tree - bytes missing or left over, flags or hashes unused, a node that equals its partner
 * @throws inclusion-proof.wrong-root, inclusion-proof.not-in-block, inclusion-proof.several-matches
 */
export function fromTxOutProof(raw: Uint8Array, txid?: string): InclusionProof {
  const { header, count, root, matches } = PartialTree.parse(raw, 'txOutProof');
  const head = headerOf(header);
  if (display(root) !== head.merkleRoot) refuse('inclusion-proof.wrong-root');
  const wanted = txid === undefined ? undefined : display(internal(txid, 'txid'));
  const found = matches.filter(({ leaf }) => wanted === undefined || display(leaf) === wanted);
  const [match, another] = found;
  if (match === undefined) return notInBlock(wanted ?? 'no transaction');
  if (another !== undefined) {
    const txids = found.map(({ leaf }) => display(leaf));
    return fail<Reason>(
      { code: 'inclusion-proof.several-matches', txids },
      `txOutProof: it is for ${txids.length} transactions; say which`,
    );
  }
  const { leaf, index, siblings } = match;
  return made({ txid: display(leaf), blockHash: head.hash, index, siblings, transactionCount: count });
}

/** The answer of an Electrum server or an explorer (`merkle-proof`), whose hashes are in display order. */
export type ElectrumProof = {
  readonly merkle: readonly string[];
  readonly pos: number;
  /** Not part of the proof. */
  readonly block_height?: number;
};

/**
 * The proof from an Electrum server or an explorer. Nothing in it can be checked before the header is there: {@link check}.
 *
 * @throws inclusion-proof.index-beyond-depth, inclusion-proof.repeated-node, input.*, hex.*
 */
export function fromElectrum(options: ElectrumProof & { readonly txid: string; readonly blockHash: string }): InclusionProof {
  const { merkle, pos, block_height: height, txid, blockHash } = Check.object(options, 'options');
  if (height !== undefined) Check.integer(height, 'block_height', 0, 0xffff_ffff);
  const siblings = Array.from(Check.list(merkle, 'merkle'), (one, i) => internal(one, `merkle[${i}]`));
  if (siblings.length > MAX_DEPTH) Check.outOfRange('merkle.length', 0n, BigInt(MAX_DEPTH), String(siblings.length));
  const index = Check.integer(pos, 'pos', 0, 2 ** siblings.length - 1);
  const leaf = internal(txid, 'txid');
  if (!Merkle.isGenuine(leaf, index, siblings, undefined)) refuse('inclusion-proof.repeated-node');
  return made({ txid: display(leaf), blockHash: display(internal(blockHash, 'blockHash')), index, siblings });
}

/** What {@link check} looks at besides the tree. */
export type CheckOptions = {
  /** Given a network, the header must have work: its hash below its target, the target one of the network. */
  readonly network?: Network.Network;
};

/**
 * Why a proof does not hold under a header; undefined when it does. Stricter than the chain: the index lies within the depth, the depth fits
 * the number of transactions where it is known, and no node is shown twice.
 *
 * @param header the 80 bytes of the block's header
 * @throws input.*, hex.* - a proof or header of wrong shape
 */
export function check(proof: InclusionProof, header: Uint8Array, options: CheckOptions = {}): Finding | undefined {
  const { leaf, index, siblings, transactionCount: count, blockHash } = shape(proof);
  const head = headerOf(header);
  const { network } = Check.object(options, 'options');
  if (blockHash !== head.hash) return 'inclusion-proof.other-block';
  if (network !== undefined && !hasWork(head, Network.from(network))) return 'inclusion-proof.no-work';
  if (siblings.length > MAX_DEPTH) return 'inclusion-proof.wrong-depth';
  if (index >= 2 ** siblings.length) return 'inclusion-proof.index-beyond-depth';
  if (count !== undefined && (siblings.length !== Merkle.depthOf(count) || index >= count)) return 'inclusion-proof.wrong-depth';
  if (!Merkle.isGenuine(leaf, index, siblings, count)) return 'inclusion-proof.repeated-node';
  return display(Merkle.rootOf(leaf, index, siblings)) === head.merkleRoot ? undefined : 'inclusion-proof.wrong-root';
}

/** True when {@link check} finds nothing. @throws input.*, hex.* */
export function verify(proof: InclusionProof, header: Uint8Array, options: CheckOptions = {}): boolean {
  return check(proof, header, options) === undefined;
}

/** A proof as a message carries it. */
export type WireProof = { readonly txid: string; readonly index: number; readonly proof: Uint8Array };

/**
 * The chain's own verdict on the tree: bits of the index beyond the depth are ignored, and nothing is asked of the number of transactions.
 * The block hash, index 0 and the depth in the chain are other checks of it.
 *
 * @throws input.*, hex.*
 * @source babylon x/btccheckpoint/types/btcutils.go
 */
export function verifyAsChain(wire: WireProof, header: Uint8Array): boolean {
  const { txid, index, proof } = Check.object(wire, 'proof');
  const leaf = internal(txid, 'proof.txid');
  Check.integer(index, 'proof.index', 0, 0xffff_ffff);
  const { merkleRoot } = headerOf(header);
  if (Check.bytes(proof, 'proof.proof').length % 32 !== 0) return false;
  return display(Merkle.rootOf(leaf, index, nodesOf(proof))) === merkleRoot;
}

/** The siblings joined, as messages carry them. @throws input.*, hex.* */
export function toBytes(proof: InclusionProof): Uint8Array {
  return Bytes.concat(...shape(proof).siblings);
}

/**
 * The proof of joined siblings.
 *
 * @throws input.wrong-length - no whole number of hashes
 */
export function fromBytes(wire: WireProof & { readonly blockHash: string }): InclusionProof {
  const { txid, index, proof, blockHash } = Check.object(wire, 'proof');
  if (Check.bytes(proof, 'proof.proof').length % 32 !== 0) Check.wrongLength('proof.proof', 'whole hashes of 32', proof.length);
  const { leaf, siblings } = shape({ txid, index, blockHash, siblings: nodesOf(proof) });
  return made({ txid: display(leaf), blockHash: display(internal(blockHash, 'proof.blockHash')), index, siblings });
}

function nodesOf(bytes: Uint8Array): readonly Uint8Array[] {
  return Array.from({ length: bytes.length / 32 }, (_, i) => Bytes.copy(bytes.subarray(32 * i, 32 * i + 32)));
}

function shape(proof: InclusionProof): {
  readonly leaf: Uint8Array;
  readonly blockHash: string;
  readonly index: number;
  readonly siblings: readonly Uint8Array[];
  readonly transactionCount: number | undefined;
} {
  const { txid, blockHash, index, siblings, transactionCount } = Check.object(proof, 'proof');
  if (transactionCount !== undefined) Check.integer(transactionCount, 'proof.transactionCount', 1, 0xffff_ffff);
  return {
    leaf: internal(txid, 'proof.txid'),
    blockHash: display(internal(blockHash, 'proof.blockHash')),
    index: Check.integer(index, 'proof.index', 0, 0xffff_ffff),
    siblings: Array.from(Check.list(siblings, 'proof.siblings'), (one, i) => Check.bytes(one, `proof.siblings[${i}]`, 32)),
    transactionCount,
  };
}

function made(proof: InclusionProof): InclusionProof {
  return Object.freeze({ ...proof, siblings: Object.freeze(proof.siblings.map(Bytes.copy)) });
}

function headerOf(header: Uint8Array): BlockReader.Header {
  return BlockReader.header(Check.bytes(header, 'header', PartialTree.HEADER_BYTES));
}

function internal(hash: string | undefined, field: string): Uint8Array {
  if (hash === undefined) Check.missing(field);
  return Hex.decode(hash, field, 32).reverse();
}

function display(hash: Uint8Array): string {
  return Hex.encode(Bytes.reverse(hash));
}

/** What each finding means, in words. */
export const WHY: Readonly<Record<Finding, string>> = {
  'inclusion-proof.other-block': 'the header is that of another block',
  'inclusion-proof.no-work': 'the header has no work of this network',
  'inclusion-proof.index-beyond-depth': 'the index lies beyond the depth of the tree',
  'inclusion-proof.wrong-depth': 'the depth does not fit the number of transactions',
  'inclusion-proof.repeated-node': 'a node equals its partner: the transaction may not stand there',
  'inclusion-proof.wrong-root': 'the hashes do not lead to the Merkle root of the header',
};

function refuse(code: Finding): never {
  return fail<Reason>({ code }, WHY[code]);
}

function notInBlock(txid: string): never {
  return fail<Reason>({ code: 'inclusion-proof.not-in-block', txid }, `txid: ${txid} is not in this block`);
}
