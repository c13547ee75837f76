// Seeded randomness for the generators of operation sequences: the same seed gives the same sequence on every machine.
import { at } from './json.ts';

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 32 random bits (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  below(limit: number): number {
    return this.next() % limit;
  }

  /** From and to are both possible. */
  between(from: number, to: number): number {
    return from + this.below(to - from + 1);
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(list: readonly T[]): T {
    return at(list, this.below(list.length));
  }

  /** Uniform below a limit of any size. */
  bigBelow(limit: bigint): bigint {
    let value = 0n;
    for (let bits = 0; bits < 320; bits += 32) value = (value << 32n) | BigInt(this.next());
    return limit <= 0n ? 0n : value % limit;
  }

  /** One of the first digits + 1 powers of ten, times something: every size is as likely as any other. */
  ofAnySize(digits: number): bigint {
    const power = 10n ** BigInt(this.below(digits + 1));
    return this.chance(30) ? power : power + this.bigBelow(9n * power);
  }

  /** A part of a whole: all, all but one, one, half, a third, or anything between. */
  part(whole: bigint): bigint {
    if (whole <= 1n) return whole;
    const how = this.below(10);
    if (how < 2) return whole;
    if (how === 2) return whole - 1n;
    if (how === 3) return 1n;
    if (how === 4) return whole / 2n;
    if (how === 5) return whole / 3n + 1n;
    return 1n + this.bigBelow(whole);
  }

  /** Some of a list, in its order, at least one. */
  some<T>(list: readonly T[]): T[] {
    const chosen = list.filter(() => this.chance(50));
    return chosen.length > 0 || list.length === 0 ? chosen : [this.pick(list)];
  }

  shuffled<T>(list: readonly T[]): T[] {
    const left = [...list];
    const result: T[] = [];
    while (left.length > 0) result.push(...left.splice(this.below(left.length), 1));
    return result;
  }
}
