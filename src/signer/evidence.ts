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
};

/** They are looked up with the next read; a provider has one highest vote, so there are hardly ever two. */
const MAX_SEEN = 256;

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

  /** The store holds records at these heights: a later reading that knows nothing so high comes from an older copy. */
  told(slot: Slot, heights: readonly bigint[]): void {
    if (heights.length === 0) return;
    const known = this.#of(slot);
    known.told = heights.reduce(higher, known.told ?? 0n);
  }

  /** What the next reading of the slot must be compared with. Taken before the store is asked: answers may overtake each other. */
  before(slot: Slot): { readonly lookUp: readonly bigint[]; readonly told: bigint | undefined } {
    const known = this.#slots.get(idOf(slot));
    return { lookUp: known === undefined ? [] : [...known.seen], told: known?.told };
  }

  /**
   * Compares a reading with the evidence. `records` are those at `before.lookUp`.
   *
   * @returns the highest vote that the store has lost, and whether the store went back under this process
   */
  compare(
    slot: Slot,
    before: ReturnType<Evidence['before']>,
    reading: Reading,
  ): { readonly lost: bigint | undefined; readonly newlyLost: boolean } {
    const known = this.#slots.get(idOf(slot));
    if (known === undefined) return { lost: undefined, newlyLost: false };
    const watermark = reading.watermark ?? -1n;
    const lostBefore = known.lost;
    for (const [i, height] of before.lookUp.entries()) {
      known.seen.delete(height);
      if (reading.records[i] === undefined && height > watermark) known.lost = higher(known.lost, height);
    }
    if (before.told !== undefined && before.told > watermark && before.told > (reading.highestSigned ?? -1n)) {
      known.lost = higher(known.lost, before.told);
    }
    if (known.lost !== undefined && known.lost <= watermark) known.lost = undefined;
    return { lost: known.lost, newlyLost: known.lost !== undefined && known.lost !== lostBefore };
  }

  /** The highest vote that is known to be lost, or that may be. */
  lost(slot: Slot): bigint | undefined {
    return this.#slots.get(idOf(slot))?.lost;
  }

  #of(slot: Slot): Known {
    const id = idOf(slot);
    const known = this.#slots.get(id) ?? { seen: new Set(), lost: undefined, told: undefined };
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
