// What is known of a slot's votes by anything but the store, and whether the store knows them too. A vote that the store does not hold
// means that the store is an older copy, or another one: the slot is fenced until its watermark is raised over that vote.
import * as Hex from '../base/Hex.ts';
import type { Reading, Slot } from './SignStore.ts';

/**
 * Where evidence comes from. A vote on the chain is harmless if the store holds a record of its height. A witness has seen this store, or
 * another one in its place, further than it is now: what is missing may be at any height, so only a watermark answers it.
 */
export type EvidenceSource = 'chain' | 'witness';

/** One slot's evidence. */
type Known = {
  /** Heights of votes seen elsewhere, not yet looked up in the store. */
  readonly seen: Set<bigint>;
  /** The highest vote that the store has lost. */
  lost: bigint | undefined;
  /** The highest height that the store itself has told this process. */
  told: bigint | undefined;
  /** The last heights that it has told. */
  readonly recent: Set<bigint>;
};

/** They are looked up with the next read; a provider has one highest vote, so there are hardly ever two. */
const MAX_SEEN = 256;
const MAX_RECENT = 4096;

/** What is to be read, and what is known of it already. */
type Before = {
  /** The heights asked, and after them those of votes seen elsewhere. */
  readonly lookUp: readonly bigint[];
  /** Which of them the store has held. */
  readonly held: readonly number[];
  readonly told: bigint | undefined;
};

export class Evidence {
  readonly #slots = new Map<string, Known>();

  /** Takes note of a vote. It counts from now on, whatever is being asked at this moment. */
  observe(slot: Slot, height: bigint, source: EvidenceSource): void {
    const known = this.#of(slot);
    if (source === 'witness') known.lost = higher(known.lost, height);
    else known.seen.add(height);
    // Only while the store does not answer, and then nothing is signed either.
    if (known.seen.size > MAX_SEEN) known.seen.delete(lowest(known.seen));
  }

  /** The store holds records at these heights: a later reading without them, or that knows nothing so high, comes from an older copy. */
  told(slot: Slot, heights: readonly bigint[]): void {
    if (heights.length === 0) return;
    const known = this.#of(slot);
    known.told = heights.reduce(higher, known.told ?? 0n);
    for (const height of heights) known.recent.add(height);
    for (const oldest of known.recent) {
      if (known.recent.size <= MAX_RECENT) break;
      known.recent.delete(oldest);
    }
  }

  /** What the next reading of these heights must be compared with. Taken before the store is asked: answers may overtake each other. */
  before(slot: Slot, heights: readonly bigint[]): Before {
    const known = this.#slots.get(idOf(slot));
    if (known === undefined) return { lookUp: heights, held: [], told: undefined };
    const held = heights.flatMap((height, i) => (known.recent.has(height) ? [i] : []));
    return { lookUp: known.seen.size === 0 ? heights : [...heights, ...known.seen], held, told: known.told };
  }

  /**
   * Compares a reading, of the heights `before.lookUp`, with the evidence.
   *
   * @returns the highest vote that the store has lost, and whether that is news
   */
  compare(slot: Slot, before: Before, reading: Reading): { readonly lost: bigint | undefined; readonly newlyLost: boolean } {
    const known = this.#slots.get(idOf(slot));
    if (known === undefined) return { lost: undefined, newlyLost: false };
    const { watermark = -1n, highestSigned = -1n } = reading;
    const lostBefore = known.lost;
    const isMissing = (i: number): boolean => reading.records[i] === undefined && (before.lookUp[i] ?? -1n) > watermark;
    for (const height of known.seen) {
      const i = before.lookUp.indexOf(height);
      if (i >= 0) known.seen.delete(height);
      if (i >= 0 && isMissing(i)) known.lost = higher(known.lost, height);
    }
    const { told } = before;
    if (told !== undefined && (told > highestSigned || before.held.some(isMissing))) known.lost = higher(known.lost, told);
    // A watermark over it answers for all that is lost.
    if (known.lost !== undefined && known.lost <= watermark) known.lost = undefined;
    return { lost: known.lost, newlyLost: known.lost !== undefined && known.lost !== lostBefore };
  }

  /** The highest vote that is known to be lost, or that may be. */
  lost(slot: Slot): bigint | undefined {
    return this.#slots.get(idOf(slot))?.lost;
  }

  #of(slot: Slot): Known {
    const id = idOf(slot);
    const known = this.#slots.get(id) ?? { seen: new Set(), lost: undefined, told: undefined, recent: new Set() };
    this.#slots.set(id, known);
    return known;
  }
}

function idOf({ publicKey, chainId }: Slot): string {
  return Hex.encode(publicKey) + chainId;
}

function lowest(heights: ReadonlySet<bigint>): bigint {
  return [...heights].reduce((a, b) => (a < b ? a : b));
}

function higher(a: bigint | undefined, b: bigint): bigint {
  return a === undefined || a < b ? b : a;
}
