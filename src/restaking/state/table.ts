// A table of a ledger: immutable records by text key, with an undo journal (a refused operation leaves no trace) and copy-on-write layers
// (a fork shares everything that neither side has written since).
import { fail } from '../../base/Errors.ts';

/** Marks a key that a lower layer has and that was deleted above it. */
const GONE: unique symbol = Symbol('gone');
type Slot<V> = V | typeof GONE;
type Layer<V> = ReadonlyMap<string, Slot<V>>;

/** What a table takes back: its slot under a key, as it was. */
type Undoable = { readonly restore: (key: string, slot: unknown) => void };

/** What was written since the outermost operation began, oldest first: three columns, so that a write allocates nothing here. */
export class Journal {
  readonly #tables: Undoable[] = [];
  readonly #keys: string[] = [];
  readonly #slots: unknown[] = [];
  #length = 0;
  #depth = 0;

  get isOpen(): boolean {
    return this.#depth > 0;
  }

  record(table: Undoable, key: string, slot: unknown): void {
    if (this.#depth === 0) return;
    const i = this.#length++;
    this.#tables[i] = table;
    this.#keys[i] = key;
    this.#slots[i] = slot;
  }

  /** Runs `run`; when it throws, everything that it wrote is taken back. May be nested. */
  atomic<T>(run: () => T): T {
    const start = this.#length;
    this.#depth++;
    try {
      return run();
    } catch (error) {
      while (this.#length > start) {
        const i = --this.#length;
        (this.#tables[i] as Undoable).restore(this.#keys[i] as string, this.#slots[i]);
      }
      throw error;
    } finally {
      this.#depth--;
      if (this.#depth === 0) this.#clear();
    }
  }

  /** The columns stay as long as a usual operation needs them. */
  #clear(): void {
    this.#length = 0;
    if (this.#tables.length <= USUAL_WRITES) return;
    this.#tables.length = 0;
    this.#keys.length = 0;
    this.#slots.length = 0;
  }
}

/** More writes than operations of a few strategies make. */
const USUAL_WRITES = 64;

export class Table<V extends NonNullable<unknown>> {
  readonly #journal: Journal;
  #top = new Map<string, Slot<V>>();
  /** Newest first; shared with other forks and never written. */
  #below: readonly Layer<V>[];

  constructor(journal: Journal, below: readonly Layer<V>[] = []) {
    this.#journal = journal;
    this.#below = below;
  }

  /** The record, which must not be changed: write another one. O(1), or O(log n) layers after n forks in a row. */
  get(key: string): V | undefined {
    const slot = this.#slot(key);
    return slot === GONE ? undefined : slot;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  set(key: string, value: V): void {
    this.#write(key, value);
  }

  delete(key: string): void {
    if (this.get(key) !== undefined) this.#write(key, GONE);
  }

  /** All records in the order of their keys (by code unit), so that it depends on nothing but the content. O(n log n). */
  entries(): [string, V][] {
    const merged = new Map<string, Slot<V>>();
    for (const layer of [...this.#below].reverse()) for (const [key, slot] of layer) merged.set(key, slot);
    for (const [key, slot] of this.#top) merged.set(key, slot);
    const all = [...merged].filter((entry): entry is [string, V] => entry[1] !== GONE);
    return all.sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** How many maps a look-up may have to ask. */
  get layers(): number {
    return this.#below.length + 1;
  }

  /** A table with the same content; from now on neither sees what the other writes. O(1) but for the merging of layers. */
  fork(journal: Journal): Table<V> {
    if (this.#journal.isOpen) fail({ code: 'ledger.busy' }, 'a ledger cannot be forked inside one of its operations');
    if (this.#top.size > 0) {
      this.#below = compacted([this.#top, ...this.#below]);
      this.#top = new Map();
    }
    return new Table(journal, this.#below);
  }

  #slot(key: string): Slot<V> | undefined {
    // Tables that are hardly ever used are asked by every operation.
    const slot = this.#top.size === 0 ? undefined : this.#top.get(key);
    if (slot !== undefined) return slot;
    for (const layer of this.#below) {
      const found = layer.get(key);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #write(key: string, slot: Slot<V>): void {
    if (this.#journal.isOpen) this.#journal.record(this, key, this.#top.get(key));
    // Nothing below knows the key: then there is nothing to hide.
    if (slot === GONE && this.#below.length === 0) this.#top.delete(key);
    else this.#top.set(key, slot);
  }

  /** For the journal alone. */
  restore(key: string, slot: unknown): void {
    if (slot === undefined) this.#top.delete(key);
    else this.#top.set(key, slot as Slot<V>);
  }
}

/** Merges layers of similar size, as a binary counter does: each record is copied O(log n) times, and there are O(log n) layers. */
function compacted<V>(layers: readonly Layer<V>[]): readonly Layer<V>[] {
  const rest = [...layers];
  for (;;) {
    const [first, second] = rest;
    if (first === undefined || second === undefined || first.size * 2 < second.size) return rest;
    const isLowest = rest.length === 2;
    const merged = new Map(second);
    for (const [key, slot] of first) {
      if (slot === GONE && isLowest) merged.delete(key);
      else merged.set(key, slot);
    }
    rest.splice(0, 2, merged);
  }
}
