// Reading entries, inside a transaction or outside: every value is checked against its checksum and against what this process has seen before.
import * as Hex from '../../base/Hex.ts';
import type { RandomnessList, SignRecord, Slot } from '../../signer/SignStore.ts';
import * as Encoding from './lmdbEncoding.ts';
import { corrupt, wrongVersion } from './lmdbFailure.ts';
import type { Known } from './lmdbKnown.ts';

type PublicKey = Slot['publicKey'];

/** What is needed of an LMDB database to read it. */
export interface Source {
  getBinary(key: Buffer): Buffer | undefined;
  getRange(options: { readonly start: Buffer; readonly end?: Buffer; readonly limit?: number }): Iterable<{ key: Buffer; value: Buffer }>;
}

/** One state of the store, read and checked entry by entry. */
export class View {
  protected readonly path: string;
  protected readonly known: Known;
  readonly #source: Source;
  readonly #news: (() => void)[] = [];

  constructor(path: string, source: Source, known: Known) {
    this.path = path;
    this.#source = source;
    this.known = known;
  }

  /** Keeps in mind what was seen: to be called once it is on stable storage, for what is not may be gone after a power cut. */
  learn(): void {
    for (const each of this.#news.splice(0)) each();
  }

  /** @throws store.corrupt, store.wrong-version */
  meta(): Encoding.Meta {
    const content = this.content(Encoding.META_KEY);
    const meta = content && Encoding.decodeMeta(content);
    if (meta === undefined) return corrupt(this.path, 'the meta record is missing or malformed');
    if ('format' in meta) return wrongVersion(this.path, `the store has format ${meta.format}`, `format ${Encoding.FORMAT}`);
    this.#refuse(this.known.sequenceProblem(meta.sequence));
    this.news(() => this.known.sawSequence(meta.sequence));
    return meta;
  }

  slot(slot: Slot, slotId: Buffer): Encoding.SlotEntry | undefined {
    const key = Encoding.slotKey(slotId);
    const name = Encoding.slotNameOf(key);
    const content = this.content(key);
    const entry = content && (Encoding.decodeSlot(content) ?? corrupt(this.path, 'a slot is malformed'));
    this.#refuse(this.known.slotProblem(name, entry?.watermark));
    if (entry === undefined) return undefined;
    if (entry.chainId !== slot.chainId || !Buffer.from(entry.publicKey).equals(slot.publicKey)) {
      return corrupt(this.path, 'a slot lies under the name of another');
    }
    this.news(() => this.known.sawSlot(name, entry.watermark));
    return entry;
  }

  slots(): Encoding.SlotEntry[] {
    const entries: Encoding.SlotEntry[] = [];
    for (const { key, value } of this.#source.getRange(Encoding.SLOT_RANGE)) {
      const entry = Encoding.decodeSlot(this.#checked(key, value)) ?? corrupt(this.path, 'a slot is malformed');
      if (!Encoding.slotKey(Encoding.slotIdOf(entry)).equals(key)) return corrupt(this.path, 'a slot lies under the name of another');
      this.#refuse(this.known.slotProblem(Encoding.slotNameOf(key), entry.watermark));
      entries.push(entry);
    }
    return entries;
  }

  /** @param watermark the slot's, as this view shows it: below it records may have been pruned */
  record(slotId: Buffer, height: bigint, watermark: bigint | undefined): SignRecord | undefined {
    const key = Encoding.recordKey(slotId, height);
    const content = this.content(key);
    const name = Encoding.slotNameOf(key);
    if (content === undefined) {
      this.#refuse(this.known.absenceProblem(name, height, watermark));
      return undefined;
    }
    this.news(() => this.known.sawRecord(name, height));
    return Encoding.decodeRecord(height, content) ?? corrupt(this.path, `the record at height ${height} is malformed`);
  }

  /** Up to `limit` records in [from, to], in ascending height. */
  records(slotId: Buffer, range: { readonly from: bigint; readonly to: bigint; readonly limit: number }): SignRecord[] {
    const { from, to, limit } = range;
    const end = Buffer.concat([Encoding.recordKey(slotId, to), Uint8Array.of(0)]);
    const records: SignRecord[] = [];
    for (const { key, value } of this.#source.getRange({ start: Encoding.recordKey(slotId, from), end, limit })) {
      const content = this.#checked(key, value);
      const height = Encoding.heightOf(key);
      const record = content && Encoding.decodeRecord(height, content);
      if (record === undefined) return corrupt(this.path, `the record at height ${height} is malformed`);
      records.push(record);
    }
    return records;
  }

  /** Nothing that this process knows is missing between these records, which were read from `from` on. */
  checkComplete(slotId: Buffer, records: readonly SignRecord[], range: { from: bigint; to: bigint }, watermark: bigint | undefined): void {
    const name = Encoding.slotNameOf(Encoding.slotKey(slotId));
    let from = range.from;
    for (const { height } of records) {
      this.#refuse(this.known.gapProblem(name, from, height - 1n, watermark));
      from = height + 1n;
    }
    this.#refuse(this.known.gapProblem(name, from, range.to, watermark));
  }

  condemned(publicKey: PublicKey): string | undefined {
    const why = this.content(Encoding.condemnedKey(publicKey))?.toString('utf8');
    const name = Hex.encode(publicKey);
    this.#refuse(this.known.condemnedProblem(name, why !== undefined));
    if (why !== undefined) this.news(() => this.known.sawCondemned(name));
    return why;
  }

  list(publicKey: PublicKey, digest: Uint8Array): RandomnessList | undefined {
    const key = Encoding.listKey(publicKey, digest);
    const content = this.content(key);
    if (content === undefined) return undefined;
    return Encoding.decodeList(key, content) ?? corrupt(this.path, 'a list of randomness is malformed');
  }

  /** The value as it lies there, checksum included. */
  protected raw(key: Buffer): Buffer | undefined {
    return this.#source.getBinary(key);
  }

  protected content(key: Buffer): Buffer | undefined {
    const value = this.raw(key);
    return value && this.#checked(key, value);
  }

  protected news(learn: () => void): void {
    this.#news.push(learn);
  }

  #checked(key: Buffer, value: Buffer): Buffer {
    return Encoding.unseal(key, value) ?? corrupt(this.path, `an entry (${Encoding.kindOf(key) ?? 'unknown'}) does not fit its checksum`);
  }

  #refuse(problem: string | undefined): void {
    if (problem !== undefined) corrupt(this.path, problem);
  }
}

/** What is needed of an LMDB database to write it, inside a transaction. */
export interface Target extends Source {
  put(key: Buffer, value: Buffer): unknown;
  remove(key: Buffer): unknown;
}

/** A view inside a write transaction. Entries and their sum are counted as they change; nothing is remembered before the commit. */
export class Changes extends View {
  readonly #target: Target;
  readonly #before: Encoding.Meta;
  #entries: bigint;
  #sum: bigint;
  #isChanged = false;

  constructor(path: string, target: Target, known: Known) {
    super(path, target, known);
    this.#target = target;
    this.#before = this.meta();
    this.#entries = this.#before.entries;
    this.#sum = this.#before.sum;
  }

  /** The sequence that this transaction began with. */
  get base(): bigint {
    return this.#before.sequence;
  }

  putSlot(slotId: Buffer, entry: Encoding.SlotEntry): void {
    const key = Encoding.slotKey(slotId);
    this.#put(key, Encoding.encodeSlot(key, entry));
    this.news(() => this.known.sawSlot(Encoding.slotNameOf(key), entry.watermark));
  }

  putRecord(slotId: Buffer, record: SignRecord): void {
    const key = Encoding.recordKey(slotId, record.height);
    this.#put(key, Encoding.encodeRecord(key, record));
    this.news(() => this.known.sawRecord(Encoding.slotNameOf(key), record.height));
  }

  removeRecord(slotId: Buffer, height: bigint): boolean {
    const key = Encoding.recordKey(slotId, height);
    const before = this.raw(key);
    if (before === undefined) return false;
    if (Encoding.unseal(key, before) === undefined) return corrupt(this.path, `the record at height ${height} does not fit its checksum`);
    this.#target.remove(key);
    this.#entries--;
    this.#sum = Encoding.added(this.#sum, before, undefined);
    this.#isChanged = true;
    return true;
  }

  putCondemned(publicKey: PublicKey, why: string): void {
    const key = Encoding.condemnedKey(publicKey);
    this.#put(key, Encoding.seal(key, [Buffer.from(why, 'utf8')]));
    this.news(() => this.known.sawCondemned(Hex.encode(publicKey)));
  }

  putList(list: RandomnessList): void {
    this.#put(Encoding.listKey(list.publicKey, list.digest), Encoding.encodeList(list));
  }

  /** After the deletion is on stable storage, these heights are no longer expected. */
  pruned(slotId: Buffer, height: bigint): void {
    this.news(() => this.known.sawPruned(Encoding.slotNameOf(Encoding.slotKey(slotId)), height));
  }

  /** Writes the meta record when anything changed; returns the sequence that then holds. */
  finish(): bigint {
    if (!this.#isChanged) return this.base;
    const sequence = this.base + 1n;
    this.#target.put(Encoding.META_KEY, Encoding.encodeMeta({ ...this.#before, sequence, entries: this.#entries, sum: this.#sum }));
    this.news(() => this.known.sawSequence(sequence));
    return sequence;
  }

  #put(key: Buffer, value: Buffer): void {
    const before = this.raw(key);
    this.#target.put(key, value);
    if (before === undefined) this.#entries++;
    this.#sum = Encoding.added(this.#sum, before, value);
    this.#isChanged = true;
  }
}
