// A table of a ledger: immutable records by text key, with an undo journal (a refused operation leaves no trace) and copy-on-write layers
// (a fork shares everything that neither side has written since).
import { fail } from '../../base/Errors.ts';

/** Marks a key that a lower layer has and that was deleted above it. */
const GONE: unique symbol = Symbol('gone');
type Slot<V> = V | typeof GONE;
type Layer<V> = ReadonlyMap<string, Slot<V>>;

/** What was written since the outermost operation began, oldest first. */
export class Journal {
  readonly #undo: (() => void)[] = [];
  #depth = 0;

  get isOpen(): boolean {
    return this.#depth > 0;
  }

  record(undo: () => void): void {
    if (this.#depth > 0) this.#undo.push(undo);
  }

  /** Runs `run`; when it throws, everything that it wrote is taken back. May be nested. */
  atomic<T>(run: () => T): T {
    const start = this.#undo.length;
    this.#depth++;
    try {
      return run();
    } catch (error) {
      while (this.#undo.length > start) (this.#undo.pop() as () => void)();
      throw error;
    } finally {
      this.#depth--;
      if (this.#depth === 0) this.#undo.length = 0;
    }
  }
}

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
    const slot = this.#top.get(key);
    if (slot !== undefined) return slot;
    for (const layer of this.#below) {
      const found = layer.get(key);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #write(key: string, slot: Slot<V>): void {
    const top = this.#top;
    const old = top.get(key);
    if (this.#journal.isOpen) this.#journal.record(() => (old === undefined ? top.delete(key) : top.set(key, old)));
    // Nothing below knows the key: then there is nothing to hide.
    if (slot === GONE && this.#below.length === 0) top.delete(key);
    else top.set(key, slot);
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
