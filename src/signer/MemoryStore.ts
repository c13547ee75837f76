// The store in memory: the model that the durable backends are compared with, and what simulations and tests use.
// It keeps every rule of SignStore but the one on stable storage: what it holds dies with the process, unless its image is kept.
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as Checked from './checks.ts';
import type {
  Claimed,
  Merged,
  MergeInput,
  RandomnessList,
  Reading,
  SignRecord,
  SignStore,
  Slot,
  SlotState,
  StoreIdentity,
} from './SignStore.ts';
import type { PublicKey } from './types.ts';

export type Reason =
  | Checked.Reason
  | { readonly code: 'store.repeated-height'; readonly height: bigint }
  | { readonly code: 'store.unavailable' };

/** Everything that a store holds, for restarts and restored copies in tests. Its content is nobody's business but the store's. */
export type MemoryImage = {
  readonly identity: StoreIdentity;
  readonly slots: ReadonlyMap<string, Cell>;
  readonly condemned: ReadonlyMap<string, string>;
  readonly lists: ReadonlyMap<string, RandomnessList>;
};

/** One slot. Its map is changed in place, the rest and the records never. */
type Cell = {
  readonly slot: Slot;
  readonly watermark: bigint | undefined;
  readonly highestSigned: bigint | undefined;
  readonly records: Map<bigint, SignRecord>;
};

/** What all handles on one store share. */
type Content = {
  readonly storeId: string;
  sequence: bigint;
  readonly slots: Map<string, Cell>;
  readonly condemned: Map<string, string>;
  readonly lists: Map<string, RandomnessList>;
};

/** A sign store in memory. Every method takes effect before its promise is handed out: the one thread puts calls in order. */
export class MemoryStore implements SignStore {
  readonly kind = 'memory';
  #content: Content;
  #closed = false;

  /** An empty store, or one that goes on from an image. */
  constructor(image?: MemoryImage) {
    this.#content = {
      storeId: image?.identity.storeId ?? Hex.encode(globalThis.crypto.getRandomValues(new Uint8Array(16))),
      sequence: image?.identity.sequence ?? 0n,
      slots: copyOf(image?.slots ?? new Map()),
      condemned: new Map(image?.condemned),
      lists: new Map(image?.lists),
    };
  }

  /** What the store holds now; later changes do not touch it. */
  image(): MemoryImage {
    const { storeId, sequence, slots, condemned, lists } = this.#content;
    return { identity: { storeId, sequence }, slots: copyOf(slots), condemned: new Map(condemned), lists: new Map(lists) };
  }

  /** One more handle on this store, as a second process or machine has it. Closing one leaves the others open. */
  another(): MemoryStore {
    const handle = new MemoryStore();
    handle.#content = this.#content;
    return handle;
  }

  async identity(): Promise<StoreIdentity> {
    const { storeId, sequence } = this.#open();
    return { storeId, sequence };
  }

  async read(slot: Slot, heights: readonly bigint[]): Promise<Reading> {
    const cell = this.#cell(Checked.slot(slot));
    const records = heights.map((height) => cell.records.get(Checked.height(height)));
    return { ...this.#stateOf(cell), records: records.map((record) => record && Checked.record(record)) };
  }

  async claim(slot: Slot, records: readonly SignRecord[]): Promise<readonly Claimed[]> {
    const own = Checked.slot(slot);
    const given = records.map(Checked.record);
    const heights = given.map(({ height }) => height);
    const repeated = new Set(heights).size < heights.length ? heights.find((height, i) => heights.indexOf(height) < i) : undefined;
    if (repeated !== undefined)
      fail<Reason>({ code: 'store.repeated-height', height: repeated }, `height ${repeated} stands twice in one claim`);
    const outcomes = given.map((record) => this.#claimOne(own, record));
    if (outcomes.some(({ kind }) => kind === 'inserted')) this.#content.sequence++;
    return outcomes;
  }

  async enrol(slot: Slot, watermark: bigint): Promise<'enrolled' | 'known'> {
    const cell = this.#cell(Checked.slot(slot));
    Checked.watermark(watermark);
    if (cell.watermark !== undefined) return 'known';
    this.#put({ ...cell, watermark });
    this.#content.sequence++;
    return 'enrolled';
  }

  async raiseWatermark(slot: Slot, height: bigint): Promise<bigint> {
    return this.#raise(Checked.slot(slot), Checked.watermark(height));
  }

  async condemn(publicKey: PublicKey, why: string): Promise<void> {
    this.#condemn(Check.bytes(publicKey, 'publicKey', 32), Check.text(why, 'why'));
  }

  async slots(): Promise<readonly (Slot & SlotState)[]> {
    return [...this.#open().slots.values()].map((cell) => ({ ...Checked.slot(cell.slot), ...this.#stateOf(cell) }));
  }

  async *records(slot: Slot, range: { readonly from?: bigint; readonly to?: bigint } = {}): AsyncIterable<SignRecord> {
    const { records } = this.#cell(Checked.slot(slot));
    const { from = 0n, to = Checked.MAX_HEIGHT } = range;
    const inRange = [...records.keys()].filter((height) => height >= from && height <= to);
    for (const height of inRange.sort((a, b) => (a < b ? -1 : 1))) {
      const record = records.get(height);
      if (record !== undefined) yield Checked.record(record);
    }
  }

  async merge(history: readonly MergeInput[]): Promise<readonly Merged[]> {
    this.#open();
    return history.map(Checked.history).map((input) => this.#mergeOne(input));
  }

  async prune(slot: Slot, height: bigint): Promise<number> {
    const own = Checked.slot(slot);
    this.#raise(own, Checked.height(height));
    const { records } = this.#cell(own);
    const gone = [...records.keys()].filter((recorded) => recorded <= height);
    for (const recorded of gone) records.delete(recorded);
    return gone.length;
  }

  async remember(list: RandomnessList): Promise<void> {
    this.#open().lists.set(listId(list.publicKey, list.digest), copyOfList(list));
  }

  async recall(publicKey: PublicKey, digest: Uint8Array): Promise<RandomnessList | undefined> {
    const list = this.#open().lists.get(listId(publicKey, digest));
    return list && copyOfList(list);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #open(): Content {
    if (this.#closed) fail<Reason>({ code: 'store.unavailable' }, 'this store was closed');
    return this.#content;
  }

  #claimOne(slot: Slot, record: SignRecord): Claimed {
    const cell = this.#cell(slot);
    const { condemned, watermark } = this.#stateOf(cell);
    if (condemned !== undefined) return { kind: 'condemned', why: condemned };
    const held = cell.records.get(record.height);
    if (held !== undefined) {
      const after = completed(held, record);
      cell.records.set(record.height, after);
      return { kind: 'held', record: Checked.record(after) };
    }
    if (watermark === undefined) return { kind: 'not-enrolled' };
    if (record.height <= watermark) return { kind: 'below-watermark', watermark };
    this.#insert(cell, record);
    return { kind: 'inserted' };
  }

  #mergeOne(input: MergeInput): Merged {
    const { publicKey, chainId, records } = input;
    const before = this.#cell(input);
    const unchanged = { publicKey, chainId, added: 0, known: 0, watermarkBefore: before.watermark, contradiction: undefined };
    const height = contradictionIn(before.records, records);
    if (height !== undefined) {
      this.#condemn(publicKey, `two different messages are known at height ${height} of ${chainId}`);
      return { ...unchanged, watermark: before.watermark ?? -1n, contradiction: { height } };
    }
    const watermark = this.#raise(input, input.watermark);
    const knownBefore = before.records.size;
    for (const record of records) this.#add(this.#cell(input), record);
    const added = this.#cell(input).records.size - knownBefore;
    if (added > 0) this.#content.sequence++;
    return { ...unchanged, added, known: records.length - added, watermark };
  }

  #add(cell: Cell, record: SignRecord): void {
    const held = cell.records.get(record.height);
    if (held === undefined) this.#insert(cell, record);
    else cell.records.set(record.height, completed(held, record));
  }

  #insert(cell: Cell, record: SignRecord): void {
    cell.records.set(record.height, record);
    const { highestSigned } = cell;
    this.#put({ ...cell, highestSigned: highestSigned !== undefined && highestSigned > record.height ? highestSigned : record.height });
  }

  #raise(slot: Slot, watermark: bigint): bigint {
    const cell = this.#cell(slot);
    if (cell.watermark !== undefined && cell.watermark >= watermark) return cell.watermark;
    this.#put({ ...cell, watermark });
    this.#content.sequence++;
    return watermark;
  }

  #condemn(publicKey: PublicKey, why: string): void {
    const { condemned } = this.#open();
    const id = Hex.encode(publicKey);
    if (!condemned.has(id)) condemned.set(id, why);
  }

  #cell(slot: Slot): Cell {
    const { publicKey, chainId } = slot;
    const known = this.#open().slots.get(slotId(slot));
    return known ?? { slot: { publicKey, chainId }, watermark: undefined, highestSigned: undefined, records: new Map() };
  }

  #put(cell: Cell): void {
    this.#open().slots.set(slotId(cell.slot), cell);
  }

  #stateOf({ slot, watermark, highestSigned }: Cell): SlotState {
    return { watermark, highestSigned, condemned: this.#content.condemned.get(Hex.encode(slot.publicKey)) };
  }
}

/** The key has a fixed length, so that no chain-id can look like another slot. */
function slotId({ publicKey, chainId }: Slot): string {
  return Hex.encode(publicKey) + chainId;
}

function listId(publicKey: PublicKey, digest: Uint8Array): string {
  return Hex.encode(Check.bytes(publicKey, 'publicKey', 32)) + Hex.encode(Check.bytes(digest, 'digest', 32));
}

function copyOf(slots: ReadonlyMap<string, Cell>): Map<string, Cell> {
  return new Map([...slots].map(([id, cell]) => [id, { ...cell, records: new Map(cell.records) }]));
}

function copyOfList(list: RandomnessList): RandomnessList {
  return { ...list, publicKey: Bytes.copy(list.publicKey), root: Bytes.copy(list.root), digest: Bytes.copy(list.digest) };
}

/** The record held, with the signature that it lacked where the other one is of the same message. Nothing else of a record ever changes. */
function completed(held: SignRecord, other: SignRecord): SignRecord {
  if (held.signature !== undefined || other.signature === undefined || !Bytes.equal(held.signingRoot, other.signingRoot)) return held;
  return { ...held, signature: other.signature };
}

/** The first height at which the records contradict what is held, or each other. */
function contradictionIn(held: ReadonlyMap<bigint, SignRecord>, records: readonly SignRecord[]): bigint | undefined {
  const roots = new Map<bigint, Uint8Array>();
  for (const { height, signingRoot } of records) {
    const known = held.get(height)?.signingRoot ?? roots.get(height);
    if (known !== undefined && !Bytes.equal(known, signingRoot)) return height;
    roots.set(height, signingRoot);
  }
  return undefined;
}
