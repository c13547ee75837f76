// A raw block read in place: transactions are walked once, strictly, and only what is asked for becomes an object.
// Implements the network form of blocks (BIP144), the Merkle root with its known ambiguity (CVE-2012-2459) and BIP141's commitment.
import { sha256 } from '@noble/hashes/sha2.js';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import { type Hits, Targets } from './block/targets.ts';
import { type InputView, type OutputView, TransactionView } from './block/view.ts';
import { HEADER_BYTES, MAX_BLOCK_BYTES, type Reason as MalformedReason, uint32, Walker } from './block/walker.ts';
import type * as Tx from './Tx.ts';

export { type Hits, type InputView, MAX_BLOCK_BYTES, type OutputView, Targets, TransactionView };

export type Reason =
  | Check.Reason
  | Hex.Reason
  | MalformedReason
  | { readonly code: 'block-reader.not-targets'; readonly got: string }
  | { readonly code: 'block-reader.no-coinbase' }
  | { readonly code: 'block-reader.wrong-merkle-root'; readonly expected: string; readonly got: string }
  | { readonly code: 'block-reader.repeated-transactions' }
  | { readonly code: 'block-reader.no-witness-commitment' }
  | { readonly code: 'block-reader.wrong-witness-commitment'; readonly expected: string; readonly got: string };

/** The 80 bytes in front of a block; hashes are text in display order. */
export type Header = {
  readonly version: number;
  readonly previousBlockHash: string;
  readonly merkleRoot: string;
  /** Seconds since 1970. */
  readonly time: number;
  readonly bits: number;
  readonly nonce: number;
  readonly hash: string;
};

/**
 * The header of a block, or of 80 bytes alone.
 *
 * @throws input.not-bytes, block-reader.truncated
 */
export function header(raw: Uint8Array): Header {
  Check.bytes(raw, 'block');
  if (raw.length < HEADER_BYTES)
    fail<Reason>(
      { code: 'block-reader.truncated', transaction: 0, at: raw.length },
      `block: a header has ${HEADER_BYTES} bytes, got ${raw.length}`,
    );
  return {
    version: uint32(raw, 0) | 0,
    previousBlockHash: displayed(raw.subarray(4, 36)),
    merkleRoot: displayed(raw.subarray(36, 68)),
    time: uint32(raw, 68),
    bits: uint32(raw, 72),
    nonce: uint32(raw, 76),
    hash: displayed(sha256(sha256(raw.subarray(0, HEADER_BYTES)))),
  };
}

/**
 * The transactions of a block, one after the other. A fault is thrown where it is met, so read to the end before anything counts.
 *
 * @throws block-reader.* - truncated, lengths not in their shortest form, counts beyond the bytes, no inputs or outputs, amounts above
 *   21 million BTC, bytes after the end; with the position
 */
export function* transactions(raw: Uint8Array): Generator<TransactionView> {
  const walker = new Walker(Check.bytes(raw, 'block'));
  while (!walker.atEnd()) {
    walker.step();
    yield new TransactionView(walker);
  }
}

/** What {@link walk} counts. */
export type Counts = { readonly transactions: number; readonly inputs: number; readonly outputs: number };

/**
 * Walks the whole block and keeps nothing: is it well-formed, and how much is in it?
 *
 * @throws as {@link transactions}
 */
export function walk(raw: Uint8Array): Counts {
  const walker = new Walker(Check.bytes(raw, 'block'));
  let inputs = 0;
  let outputs = 0;
  while (!walker.atEnd()) {
    walker.step();
    inputs += walker.inputCount;
    outputs += walker.outputCount;
  }
  return { transactions: walker.count, inputs, outputs };
}

/** A transaction of a block that has something of the targets. */
export type Match = Hits & { readonly transaction: TransactionView };

/**
 * The transactions that pay to a script, spend an outpoint, carry a tag or take a leaf of the targets, in the order of the block. All
 * others are passed over without an object. What is added to the targets between two matches is found in the transactions after them.
 *
 * @throws block-reader.not-targets, and as {@link transactions}
 */
export function* scan(raw: Uint8Array, targets: Targets): Generator<Match> {
  const walker = new Walker(Check.bytes(raw, 'block'));
  checkTargets(targets);
  for (let match = nextMatch(walker, targets); match !== undefined; match = nextMatch(walker, targets)) yield match;
}

// A function of its own: the loop over what is passed over stays outside of the generator.
function nextMatch(walker: Walker, targets: Targets): Match | undefined {
  while (!walker.atEnd()) {
    walker.step(targets);
    const hits = targets.take();
    if (hits !== undefined) return { ...hits, transaction: new TransactionView(walker) };
  }
  return undefined;
}

function checkTargets(targets: Targets): void {
  if (typeof targets === 'object' && targets !== null && typeof targets.take === 'function' && typeof targets.input === 'function') return;
  const got = Check.kindOf(targets);
  fail<Reason>({ code: 'block-reader.not-targets', got }, `targets: expected Targets, got ${got}; use BlockReader.targets`);
}

/** What to look for at the start; a tag is the first 4 bytes of the data in an OP_RETURN output. */
export type Wanted = {
  readonly scripts?: readonly Uint8Array[];
  readonly outpoints?: readonly Tx.Outpoint[];
  /** @shape 4 bytes each */
  readonly opReturnTags?: readonly Uint8Array[];
  /** Spends of leaves under this internal key, whatever they spend. @shape 32 bytes */
  readonly internalKey?: Uint8Array;
};

/** Targets of a scan. @throws input.*, hex.* */
export function targets(wanted: Wanted = {}): Targets {
  const { scripts = [], outpoints = [], opReturnTags = [], internalKey } = Check.object(wanted, 'wanted');
  const made = new Targets();
  for (const script of Check.list(scripts, 'scripts')) made.addScript(script);
  for (const outpoint of Check.list(outpoints, 'outpoints')) made.addOutpoint(outpoint);
  for (const tag of Check.list(opReturnTags, 'opReturnTags')) made.addTag(tag);
  if (internalKey !== undefined) made.setInternalKey(internalKey);
  return made;
}

/** What {@link check} looks at besides the form. */
export type CheckOptions = {
  /** Whether the transactions are those that the header commits to; true when left out. */
  readonly merkleRoot?: boolean;
  /** Whether the witnesses are those that the coinbase commits to; true when left out. */
  readonly witnessCommitment?: boolean;
};

/**
 * Refuses a block whose content is not what its header commits to. Proof of work, scripts and amounts are not looked at.
 *
 * @throws block-reader.wrong-merkle-root, block-reader.repeated-transactions - two lists of transactions with one root
 * @throws block-reader.no-coinbase - the first transaction spends something, or another one spends nothing
 * @throws block-reader.no-witness-commitment, block-reader.wrong-witness-commitment
 * @throws as {@link transactions}
 * @source Bitcoin Core CheckBlock, CheckWitnessMalleation; BIP141 "Commitment structure"
 */
export function check(raw: Uint8Array, options: CheckOptions = {}): Header {
  const { merkleRoot = true, witnessCommitment = true } = Check.object(options, 'options');
  const head = header(raw);
  const all = [...transactions(raw)];
  const [first] = all;
  for (const view of all) if (isCoinbase(view, raw) !== (view === first)) noCoinbase(view.index);
  if (merkleRoot) {
    const { root, repeated } = merkleRootOf(all.map((view) => view.hash()));
    const got = displayed(root);
    if (got !== head.merkleRoot)
      fail<Reason>(
        { code: 'block-reader.wrong-merkle-root', expected: head.merkleRoot, got },
        `block: its transactions have the Merkle root ${got}, the header says ${head.merkleRoot}`,
      );
    if (repeated)
      fail<Reason>({ code: 'block-reader.repeated-transactions' }, 'block: transactions are repeated in a way that the root hides');
  }
  if (witnessCommitment && first !== undefined) checkWitnesses(all, first);
  return head;
}

const COMMITMENT: Uint8Array = Uint8Array.of(0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed);

function checkWitnesses(all: readonly TransactionView[], coinbase: TransactionView): void {
  // Of several the last one counts; more bytes may follow the hash.
  const committed = [...coinbase.outputs()].reduce<Uint8Array | undefined>(
    (last, { scriptPubKey: script }) =>
      script.length >= 38 && Bytes.equal(script.subarray(0, 6), COMMITMENT) ? script.subarray(6, 38) : last,
    undefined,
  );
  if (committed === undefined) {
    if (all.some(({ hasWitness }) => hasWitness))
      fail<Reason>({ code: 'block-reader.no-witness-commitment' }, 'block: it has witnesses, and its coinbase commits to none');
    return;
  }
  const [reserved, ...more] = coinbase.witness(0);
  const expected = Hex.encode(committed);
  // The coinbase's own witness holds the value that the commitment was made with, so it cannot be part of it.
  const leaves = all.map((view, i) => (i === 0 ? new Uint8Array(32) : view.witnessHash()));
  const { root } = merkleRootOf(leaves);
  const got = reserved?.length === 32 && more.length === 0 ? Hex.encode(sha256(sha256(Bytes.concat(root, reserved)))) : 'no reserved value';
  if (got !== expected)
    fail<Reason>(
      { code: 'block-reader.wrong-witness-commitment', expected, got },
      `block: the coinbase commits to the witnesses ${expected}, these give ${got}`,
    );
}

/** By its bytes: one input whose outpoint is all zero and ffffffff. */
function isCoinbase(view: TransactionView, raw: Uint8Array): boolean {
  if (view.inputCount !== 1) return false;
  const at = view.offset + (view.hasWitness ? 6 : 4) + 1;
  for (let i = 0; i < 32; i++) if (raw[at + i] !== 0) return false;
  return uint32(raw, at + 32) === 0xffff_ffff;
}

function noCoinbase(index: number): never {
  const what = index === 0 ? 'the first transaction is no coinbase' : `transaction ${index} spends nothing`;
  return fail<Reason>({ code: 'block-reader.no-coinbase' }, `block: ${what}`);
}

function merkleRootOf(hashes: readonly Uint8Array[]): { readonly root: Uint8Array; readonly repeated: boolean } {
  let level = hashes;
  let repeated = false;
  while (level.length > 1) {
    const next: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const left = level[i] as Uint8Array;
      const right = level[i + 1];
      // An odd last hash is paired with itself: a block that repeats it for real has the same root.
      if (right !== undefined && Bytes.equal(left, right)) repeated = true;
      next.push(sha256(sha256(Bytes.concat(left, right ?? left))));
    }
    level = next;
  }
  return { root: level[0] ?? new Uint8Array(32), repeated };
}

function displayed(hash: Uint8Array): string {
  return Hex.encode(Bytes.reverse(hash));
}
