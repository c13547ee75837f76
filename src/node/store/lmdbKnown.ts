// What a process has seen of the store, small enough to keep in memory: heights that are signed, watermarks, condemned keys.
// The store may only grow against it. Where the store shows less, a page was lost or the file was exchanged, and nothing may be signed.
import { HeightSet } from './heightSet.ts';

type KnownSlot = { readonly signed: HeightSet; watermark: bigint };

/** A record that is gone although nothing pruned it, a watermark that fell, a key that is no longer condemned: each is told as a problem. */
export class Known {
  readonly #slots = new Map<string, KnownSlot>();
  readonly #condemned = new Set<string>();
  #sequence = -1n;

  /** @param slot the slot's short name in keys */
  sawSlot(slot: string, watermark: bigint): void {
    const known = this.#slots.get(slot);
    if (known === undefined) this.#slots.set(slot, { signed: new HeightSet(), watermark });
    else if (known.watermark < watermark) known.watermark = watermark;
  }

  sawRecord(slot: string, height: bigint): void {
    let known = this.#slots.get(slot);
    if (known === undefined) {
      known = { signed: new HeightSet(), watermark: -1n };
      this.#slots.set(slot, known);
    }
    known.signed.add(height);
  }

  sawCondemned(publicKey: string): void {
    this.#condemned.add(publicKey);
  }

  sawSequence(sequence: bigint): void {
    if (sequence > this.#sequence) this.#sequence = sequence;
  }

  /** Records up to here were deleted, and a watermark stands over them. */
  sawPruned(slot: string, height: bigint): void {
    this.#slots.get(slot)?.signed.removeUpTo(height);
  }

  /** What contradicts the store's answer about a slot, if anything. */
  slotProblem(slot: string, watermark: bigint | undefined): string | undefined {
    const known = this.#slots.get(slot);
    if (known === undefined || (watermark !== undefined && watermark >= known.watermark)) return undefined;
    return `a slot had the watermark ${known.watermark}, now it has ${watermark ?? 'none'}`;
  }

  /** What contradicts the answer that no record is at a height above the watermark. */
  absenceProblem(slot: string, height: bigint, watermark: bigint | undefined): string | undefined {
    if (watermark !== undefined && height <= watermark) return undefined;
    return this.#slots.get(slot)?.signed.has(height) ? `the record at height ${height} is gone` : undefined;
  }

  /** The same for all heights between two records that follow each other. */
  gapProblem(slot: string, from: bigint, to: bigint, watermark: bigint | undefined): string | undefined {
    const first = watermark !== undefined && watermark >= from ? watermark + 1n : from;
    const lost = this.#slots.get(slot)?.signed.firstIn(first, to);
    return lost === undefined ? undefined : `the record at height ${lost} is gone`;
  }

  /** The first thing that this memory has and a newer one lacks. */
  lackOf(newer: Known): string | undefined {
    for (const [slot, { signed, watermark }] of this.#slots) {
      const now = newer.#slots.get(slot);
      if (now === undefined || now.watermark < watermark) return 'a watermark fell';
      for (const [first, last] of signed) {
        const from = first > now.watermark ? first : now.watermark + 1n;
        const lost = now.signed.firstMissing(from, last);
        if (lost !== undefined) return `the record at height ${lost} is gone`;
      }
    }
    const isFreed = [...this.#condemned].some((publicKey) => !newer.#condemned.has(publicKey));
    return isFreed ? 'a condemned key is not condemned any more' : this.sequenceProblem(newer.#sequence);
  }

  condemnedProblem(publicKey: string, isCondemned: boolean): string | undefined {
    return !isCondemned && this.#condemned.has(publicKey) ? 'a condemned key is not condemned any more' : undefined;
  }

  sequenceProblem(sequence: bigint): string | undefined {
    return sequence < this.#sequence ? `the sequence was ${this.#sequence}, now it is ${sequence}` : undefined;
  }
}
