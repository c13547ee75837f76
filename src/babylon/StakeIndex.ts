// Blocks in, events out: who staked, unbonded, was slashed, withdrew or extended. A block costs what its bytes cost, memory holds the outputs
// that are under a contract and the last blocks' changes; a reorganisation takes blocks off again, newest first.
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as BlockReader from '../bitcoin/BlockReader.ts';
import * as TapTree from '../bitcoin/TapTree.ts';
import * as Tx from '../bitcoin/Tx.ts';
import * as Ecc from '../crypto/Ecc.ts';
import * as Recognise from './Recognise.ts';

export type Reason =
  | Recognise.Reason
  | BlockReader.Reason
  | {
      readonly code: 'stake-index.not-next';
      readonly field: 'previousBlockHash' | 'height';
      readonly expected: string;
      readonly got: string;
    }
  | { readonly code: 'stake-index.nothing-to-undo' };

export type Options = Recognise.Options & {
  /** Blocks that can be taken off again; 100 when left out. */
  readonly undoBlocks?: number;
  /** Report spends of leaves of stakes that were never seen, when a known committee proves them; on when left out. */
  readonly discover?: boolean;
};

/** What a transaction did. `place` says where it stands; `detail` is the whole recognition of the output or input. */
export type Event = Place &
  (
    | { readonly kind: 'staked'; readonly detail: Recognise.Staking }
    | { readonly kind: 'unbonded' | 'slashed' | 'withdrawn' | 'extended' | 'unexpected'; readonly detail: Recognise.Spend }
    | { readonly kind: 'look-alike'; readonly detail: Recognise.LookAlike }
  );
export type Place = {
  readonly height: number;
  readonly blockHash: string;
  readonly txid: string;
  /** Place of the transaction in the block. */
  readonly transactionIndex: number;
};

const KINDS = {
  unbonding: 'unbonded',
  slashing: 'slashed',
  withdrawal: 'withdrawn',
  extension: 'extended',
  unexpected: 'unexpected',
} as const satisfies Record<Recognise.Kind, string>;

/** Everything that is needed to take a block off: what stood at each place that was changed, in the order of the changes. */
type Undo = {
  readonly tipBefore: { readonly height: number; readonly hash: string } | undefined;
  readonly events: Event[];
  readonly journal: { readonly outpoint: Tx.Outpoint; readonly before: Recognise.Tracked | undefined }[];
  readonly activeSatsBefore: bigint;
};

/** The state after the last block. */
export class StakeIndex {
  readonly #context: Recognise.Context;
  readonly #targets: BlockReader.Targets;
  readonly #undoBlocks: number;
  #undo: Undo[] = [];
  #tip: { readonly height: number; readonly hash: string } | undefined;
  #phase1ActiveSats = 0n;

  /** Use {@link create}: it checks. */
  constructor(context: Recognise.Context, targets: BlockReader.Targets, undoBlocks: number) {
    this.#context = context;
    this.#targets = targets;
    this.#undoBlocks = undoBlocks;
  }

  /** Height and hash (display order) of the last block; undefined before the first. */
  get tip(): { readonly height: number; readonly hash: string } | undefined {
    return this.#tip;
  }

  /** How many blocks can be taken off. */
  get undoCount(): number {
    return this.#undo.length;
  }

  /** Unspent outputs under known contracts, and those that the given delegations may have one day. */
  get trackedCount(): number {
    return this.#context.trackedCount;
  }

  /** The stakes of phase 1 that are active and counted: an unbonding makes room under a cap, a withdrawal does not. @unit satoshi */
  get phase1ActiveSats(): bigint {
    return this.#phase1ActiveSats;
  }

  /** The output at this place when it is under a known contract. @throws input.*, hex.* */
  find(outpoint: Tx.Outpoint): Recognise.Tracked | undefined {
    return this.#context.lookup(Tx.checkOutpoint(outpoint));
  }

  /**
   * Reads the next block. A block that is refused changes nothing.
   *
   * @param verify also hold the transactions against the Merkle root and the witness commitment: for blocks of strangers
   * @throws stake-index.not-next - its height or the block before it does not fit the last one
   * @throws block-reader.* - malformed, or with `verify` not what the header commits to
   */
  connect(block: Uint8Array, height: number, verify: 'verify' | 'trust' = 'trust'): readonly Event[] {
    Check.integer(height, 'height', 0, 0xffff_ffff);
    // All of it is walked first: a fault at the end must not leave half a block behind.
    if (verify === 'verify') BlockReader.check(block);
    else BlockReader.walk(block);
    const { hash, previousBlockHash } = BlockReader.header(block);
    if (this.#tip !== undefined) {
      mustBe('previousBlockHash', this.#tip.hash, previousBlockHash);
      mustBe('height', `${this.#tip.height + 1}`, `${height}`);
    }
    const tipBefore = this.#tip ?? (height === 0 ? undefined : { height: height - 1, hash: previousBlockHash });
    const undo: Undo = { tipBefore, events: [], journal: [], activeSatsBefore: this.#phase1ActiveSats };
    try {
      for (const { transaction } of BlockReader.scan(block, this.#targets)) {
        // The coinbase spends nothing, and nobody stakes with it.
        if (transaction.index > 0) this.#apply(transaction, height, hash, undo);
      }
    } catch (error) {
      this.#restore(undo);
      throw error;
    }
    this.#tip = { height, hash };
    this.#undo.push(undo);
    if (this.#undo.length > this.#undoBlocks) this.#undo = this.#undo.slice(1);
    return [...undo.events];
  }

  /**
   * Takes the last block off, and gives the events that are no more, newest first.
   *
   * @throws stake-index.nothing-to-undo - no block is left, or it lies deeper than is remembered
   */
  disconnect(): readonly Event[] {
    const undo = this.#undo.pop();
    if (undo === undefined)
      return fail<Reason>({ code: 'stake-index.nothing-to-undo' }, 'no block to take off, or it is deeper than undoBlocks');
    this.#restore(undo);
    this.#tip = undo.tipBefore;
    return [...undo.events].reverse();
  }

  #apply(view: BlockReader.TransactionView, height: number, blockHash: string, undo: Undo): void {
    const at = { height, phase1ActiveSats: this.#phase1ActiveSats };
    const { txid, stakings, spends, lookAlikes } = Recognise.transaction(view.transaction(), this.#context, at, this.#context.ecc);
    const place: Place = { height, blockHash, txid, transactionIndex: view.index };
    for (const detail of spends) {
      undo.events.push({ ...place, kind: KINDS[detail.kind], detail });
      this.#spend(detail, txid, height, undo);
    }
    for (const detail of stakings) {
      undo.events.push({ ...place, kind: 'staked', detail });
      this.#stake(detail, txid, height, undo);
    }
    for (const detail of lookAlikes) undo.events.push({ ...place, kind: 'look-alike', detail });
  }

  #spend(detail: Recognise.Spend, txid: string, confirmedHeight: number, undo: Undo): void {
    const spent = this.#context.lookup(detail.outpoint);
    if (spent !== undefined) {
      this.#set(detail.outpoint, undefined, undo);
      if (detail.kind === 'unbonding' && spent.isCounted === true) this.#phase1ActiveSats -= spent.valueSats;
    }
    const { next, contract, rules, paramsVersion, stake } = detail;
    if (next === undefined || contract === undefined) return;
    const outpoint = { txid, vout: next.outputIndex };
    // A given delegation waits for this output already and knows more of it.
    const known = this.#context.lookup(outpoint);
    this.#set(
      outpoint,
      {
        ...(spent?.delegation === undefined ? {} : { delegation: spent.delegation }),
        ...(rules === undefined ? {} : { rules }),
        ...(paramsVersion === undefined ? {} : { paramsVersion }),
        ...known,
        ...{ outpoint, contract, confirmedHeight, valueSats: next.valueSats, source: next.source },
        ...{ phase: spent?.phase ?? 2, stake: stake ?? detail.outpoint },
      },
      undo,
    );
  }

  #stake(detail: Recognise.Staking, txid: string, confirmedHeight: number, undo: Undo): void {
    const { contract, outputIndex, valueSats, phase, rules, paramsVersion, isOverflow, problems } = detail;
    const outpoint = { txid, vout: outputIndex };
    const isCounted = phase === 1 && isOverflow === false && problems.length === 0;
    if (isCounted) this.#phase1ActiveSats += valueSats;
    this.#set(
      outpoint,
      {
        ...(rules === undefined ? {} : { rules }),
        ...(paramsVersion === undefined ? {} : { paramsVersion }),
        ...this.#context.lookup(outpoint),
        ...{ outpoint, source: 'staking', contract, valueSats, phase, confirmedHeight, isCounted, stake: outpoint },
      },
      undo,
    );
  }

  /** Changes what stands at a place, in the index and in what is looked for. */
  #set(outpoint: Tx.Outpoint, output: Recognise.Tracked | undefined, undo: Undo | undefined): void {
    undo?.journal.push({ outpoint, before: this.#context.lookup(outpoint) });
    if (output === undefined) {
      this.#context.untrack(outpoint);
      this.#targets.deleteOutpoint(outpoint);
    } else {
      this.#context.track(output);
      this.#targets.addOutpoint(outpoint);
    }
  }

  #restore(undo: Undo): void {
    for (const { outpoint, before } of [...undo.journal].reverse()) this.#set(outpoint, before, undefined);
    this.#phase1ActiveSats = undo.activeSatsBefore;
  }
}

/**
 * An index that knows what the options say, before its first block.
 *
 * @throws as `Recognise.context`
 */
export function create(options: Options, ecc: Ecc.Ecc = Ecc.auto()): StakeIndex {
  const { undoBlocks = 100, discover = true } = Check.object(options, 'options');
  Check.integer(undoBlocks, 'undoBlocks', 0, 100_000);
  const context = Recognise.context(options, ecc);
  const targets = BlockReader.targets({
    scripts: context.expectedScripts,
    outpoints: [...context.tracked].map(({ outpoint }) => outpoint),
    opReturnTags: (context.phase1?.versions ?? []).map(({ tag }) => tag),
    ...(discover === true ? { internalKey: TapTree.nums() } : {}),
  });
  return new StakeIndex(context, targets, undoBlocks);
}

function mustBe(field: 'previousBlockHash' | 'height', expected: string, got: string): void {
  if (got !== expected)
    fail<Reason>({ code: 'stake-index.not-next', field, expected, got }, `${field}: the next block has ${expected}, got ${got}`);
}
