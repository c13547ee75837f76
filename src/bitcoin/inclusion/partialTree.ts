// A part of a block's Merkle tree, as `gettxoutproof` gives it: header, number of transactions, hashes and flags in depth-first order.
// Bitcoin Core merkleblock.cpp (CMerkleBlock, CPartialMerkleTree::ExtractMatches); stricter in the padding of the flags.
import * as Bytes from '../../base/Bytes.ts';
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';
import * as CompactSize from '../CompactSize.ts';
import { depthOf, hash256, sizeAt } from './merkle.ts';

export type Reason = Check.Reason | { readonly code: 'inclusion-proof.malformed-tree'; readonly field: string; readonly problem: string };

export const HEADER_BYTES = 80;
/** A block of 4,000,000 weight units has no more transactions of 60 bytes. */
const MAX_TRANSACTIONS = 16_666;

/** A matched leaf with the hashes beside its way to the root, leaf level first. */
export type Match = { readonly leaf: Uint8Array; readonly index: number; readonly siblings: readonly Uint8Array[] };

export type PartialTree = {
  readonly header: Uint8Array;
  readonly count: number;
  readonly root: Uint8Array;
  readonly matches: readonly Match[];
};

/** @throws inclusion-proof.malformed-tree */
export function parse(raw: Uint8Array, field: string): PartialTree {
  const bytes = Bytes.copy(Check.bytes(raw, field));
  const refuse = (problem: string): never =>
    fail<Reason>({ code: 'inclusion-proof.malformed-tree', field, problem }, `${field}: ${problem}`);
  if (bytes.length < HEADER_BYTES + 6) refuse('shorter than a header and a tree');
  const view = new DataView(bytes.buffer);
  const count = view.getUint32(HEADER_BYTES, true);
  if (count === 0 || count > MAX_TRANSACTIONS) refuse(`a block has 1..${MAX_TRANSACTIONS} transactions, this one ${count}`);
  let at = HEADER_BYTES + 4;
  const length = (): number => {
    const size = CompactSize.read(bytes, at);
    if ('fault' in size) return refuse(size.fault === 'non-minimal' ? 'a length not in its shortest form' : 'truncated');
    if (size.value > MAX_TRANSACTIONS) refuse('a length that is not possible here');
    at = size.next;
    return Number(size.value);
  };
  const take = (size: number): Uint8Array => {
    if (at + size > bytes.length) refuse('truncated');
    at += size;
    return bytes.slice(at - size, at);
  };
  const hashCount = length();
  if (hashCount > count) refuse('more hashes than transactions');
  const hashes = Array.from({ length: hashCount }, () => take(32));
  const flags = take(length());
  if (at !== bytes.length) refuse(`${bytes.length - at} bytes after the end`);
  return { header: bytes.slice(0, HEADER_BYTES), count, ...extract(count, hashes, flags, refuse) };
}

type Node = { readonly hash: Uint8Array; readonly matches: readonly Match[] };

function extract(
  count: number,
  hashes: readonly Uint8Array[],
  flags: Uint8Array,
  refuse: (problem: string) => never,
): { readonly root: Uint8Array; readonly matches: readonly Match[] } {
  let usedHashes = 0;
  let usedFlags = 0;
  const flag = (at: number): boolean => (((flags[at >> 3] ?? 0) >> (at & 7)) & 1) === 1;
  const visit = (level: number, position: number): Node => {
    if (usedFlags >= 8 * flags.length) refuse('too few flags');
    const marked = flag(usedFlags++);
    if (level === 0 || !marked) {
      const hash = hashes[usedHashes++] ?? refuse('too few hashes');
      return { hash, matches: level === 0 && marked ? [{ leaf: hash, index: position, siblings: [] }] : [] };
    }
    const left = visit(level - 1, 2 * position);
    const paired = 2 * position + 1 < sizeAt(count, level - 1);
    const right = paired ? visit(level - 1, 2 * position + 1) : { hash: left.hash, matches: [] };
    // Two lists of transactions would have this root (CVE-2012-2459).
    if (paired && Bytes.equal(left.hash, right.hash)) refuse('a node equals its partner');
    const beside = (matches: readonly Match[], sibling: Uint8Array): readonly Match[] =>
      matches.map((match) => ({ ...match, siblings: [...match.siblings, sibling] }));
    return {
      hash: hash256(left.hash, right.hash),
      matches: [...beside(left.matches, right.hash), ...beside(right.matches, left.hash)],
    };
  };
  const root = visit(depthOf(count), 0);
  if (usedHashes !== hashes.length) refuse('hashes that no node uses');
  if (Math.ceil(usedFlags / 8) !== flags.length) refuse('flags that no node uses');
  for (let at = usedFlags; at < 8 * flags.length; at++) if (flag(at)) refuse('a flag set in the padding');
  return { root: root.hash, matches: root.matches };
}
