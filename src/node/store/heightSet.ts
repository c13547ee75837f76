// A set of heights as runs, small in memory: votes stand at almost every height, so that a million of them is a few runs.
// Look-ups are O(log runs); adding in the middle moves what is behind it, O(runs), as one memory copy.

/** Runs of heights in ascending order, never touching each other: [first, last], both ends included. */
export class HeightSet {
  #firsts = new BigUint64Array(8);
  #lasts = new BigUint64Array(8);
  #runs = 0;

  /** How many runs there are; each takes 16 bytes. */
  get runs(): number {
    return this.#runs;
  }

  has(height: bigint): boolean {
    const at = this.#lastRunFrom(height);
    return at >= 0 && height <= this.#last(at);
  }

  add(height: bigint): void {
    const at = this.#lastRunFrom(height);
    if (at >= 0 && height <= this.#last(at)) return;
    const joinsLeft = at >= 0 && this.#last(at) + 1n === height;
    const joinsRight = at + 1 < this.#runs && this.#first(at + 1) === height + 1n;
    if (joinsLeft && joinsRight) {
      this.#lasts[at] = this.#last(at + 1);
      this.#removeRuns(at + 1, 1);
    } else if (joinsLeft) this.#lasts[at] = height;
    else if (joinsRight) this.#firsts[at + 1] = height;
    else this.#insertRun(at + 1, height);
  }

  /** Forgets every height up to and with this one. */
  removeUpTo(height: bigint): void {
    const at = this.#lastRunFrom(height);
    if (at < 0) return;
    const isCut = height < this.#last(at);
    if (isCut) this.#firsts[at] = height + 1n;
    this.#removeRuns(0, isCut ? at : at + 1);
  }

  /** The first height in [from, to] that is in the set. */
  firstIn(from: bigint, to: bigint): bigint | undefined {
    if (from > to) return undefined;
    if (this.has(from)) return from;
    const next = this.#lastRunFrom(from) + 1;
    return next < this.#runs && this.#first(next) <= to ? this.#first(next) : undefined;
  }

  /** The first height in [from, to] that is not in the set. */
  firstMissing(from: bigint, to: bigint): bigint | undefined {
    if (from > to) return undefined;
    const at = this.#lastRunFrom(from);
    if (at < 0 || this.#last(at) < from) return from;
    return this.#last(at) < to ? this.#last(at) + 1n : undefined;
  }

  /** The runs in ascending order: first and last height of each. */
  *[Symbol.iterator](): Generator<readonly [bigint, bigint]> {
    for (let at = 0; at < this.#runs; at++) yield [this.#first(at), this.#last(at)];
  }

  /** The last run that begins at or below the height; -1 when there is none. */
  #lastRunFrom(height: bigint): number {
    let low = 0;
    let high = this.#runs;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#first(middle) <= height) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #first(at: number): bigint {
    return this.#firsts[at] ?? 0n;
  }

  #last(at: number): bigint {
    return this.#lasts[at] ?? 0n;
  }

  #insertRun(at: number, height: bigint): void {
    if (this.#runs === this.#firsts.length) {
      this.#firsts = doubled(this.#firsts);
      this.#lasts = doubled(this.#lasts);
    }
    for (const ends of [this.#firsts, this.#lasts]) {
      ends.copyWithin(at + 1, at, this.#runs);
      ends[at] = height;
    }
    this.#runs++;
  }

  #removeRuns(at: number, count: number): void {
    for (const ends of [this.#firsts, this.#lasts]) ends.copyWithin(at, at + count, this.#runs);
    this.#runs -= count;
  }
}

function doubled(of: BigUint64Array): BigUint64Array<ArrayBuffer> {
  const larger = new BigUint64Array(of.length * 2);
  larger.set(of);
  return larger;
}
