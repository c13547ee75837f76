// Many sets of text, each under a name, in the order of OpenZeppelin's EnumerableSet: insertion order, and a removal moves the last element
// into the hole. The order decides what views return, so it is part of the state. Every operation is O(1) in the size of the set.
import { z } from 'zod';
import { text, uint } from './schemas.ts';
import { badSnapshot, type Schema, type Store } from './store.ts';
import type { Table } from './table.ts';

/** A set with no more elements is one record: most sets are small, and a copy of a few names costs less than a look-up. */
const SMALL = 8;

/** The elements of a small set, in order; of a larger one the number. Which of them depends on the size alone. */
type Head = readonly string[] | bigint;

const HEAD: Schema<Head> = z.union([
  z
    .array(text)
    .min(1)
    .max(SMALL)
    .refine((elements) => new Set(elements).size === elements.length, 'an element is there twice'),
  uint.refine((size) => size > BigInt(SMALL), 'a small set is a list'),
]);

export class EnumerableSets {
  readonly #heads: Table<Head>;
  /** Of large sets, `name|index` to element. */
  readonly #elements: Table<string>;
  /** Of large sets, `name|element` to index. */
  readonly #places: Table<bigint>;

  constructor(store: Store, table: string) {
    this.#heads = store.table(table, HEAD);
    this.#elements = store.table(`${table}.element`, text);
    this.#places = store.table(`${table}.place`, uint);
    store.whenLoaded(() => this.#check(table));
  }

  has(name: string, element: string): boolean {
    const head = this.#heads.get(name);
    if (head === undefined) return false;
    return typeof head === 'bigint' ? this.#places.has(`${name}|${element}`) : head.includes(element);
  }

  size(name: string): number {
    const head = this.#heads.get(name);
    if (head === undefined) return 0;
    return typeof head === 'bigint' ? Number(head) : head.length;
  }

  /** How many elements all sets have. O(their number). */
  total(): bigint {
    return this.#heads.entries().reduce((sum, [, head]) => sum + (typeof head === 'bigint' ? head : BigInt(head.length)), 0n);
  }

  /** @returns false when it was there already */
  add(name: string, element: string): boolean {
    if (this.has(name, element)) return false;
    const head = this.#heads.get(name) ?? [];
    if (typeof head === 'bigint') {
      this.#place(name, head, element);
      this.#heads.set(name, head + 1n);
      return true;
    }
    // Exactly as long as it needs to be: a list that is pushed to keeps room for sixteen more.
    const all = head.concat(element);
    if (all.length <= SMALL) this.#heads.set(name, all);
    else {
      for (const [i, each] of all.entries()) this.#place(name, BigInt(i), each);
      this.#heads.set(name, BigInt(all.length));
    }
    return true;
  }

  /** @returns false when it was not there */
  remove(name: string, element: string): boolean {
    if (!this.has(name, element)) return false;
    const head = this.#heads.get(name) as Head;
    if (typeof head === 'bigint') this.#removeLarge(name, head - 1n, element);
    else if (head.length === 1) this.#heads.delete(name);
    else {
      const left = head.slice(0, -1);
      const place = head.indexOf(element);
      if (place < left.length) left[place] = head[left.length] as string;
      this.#heads.set(name, left);
    }
    return true;
  }

  /** In the contract's order. O(size). */
  values(name: string): string[] {
    const head = this.#heads.get(name);
    if (typeof head !== 'bigint') return [...(head ?? [])];
    return Array.from({ length: Number(head) }, (_, i) => this.#elements.get(`${name}|${i}`) as string);
  }

  #place(name: string, place: bigint, element: string): void {
    this.#elements.set(`${name}|${place}`, element);
    this.#places.set(`${name}|${element}`, place);
  }

  #removeLarge(name: string, last: bigint, element: string): void {
    const place = this.#places.get(`${name}|${element}`) as bigint;
    if (place !== last) this.#place(name, place, this.#elements.get(`${name}|${last}`) as string);
    this.#elements.delete(`${name}|${last}`);
    this.#places.delete(`${name}|${element}`);
    this.#heads.set(name, last);
    if (last > BigInt(SMALL)) return;
    const left = this.values(name);
    for (const [i, each] of left.entries()) {
      this.#elements.delete(`${name}|${i}`);
      this.#places.delete(`${name}|${each}`);
    }
    this.#heads.set(name, left);
  }

  /** Every place of a large set has an element, every element its place, and there is no other. @throws ledger.bad-snapshot */
  #check(table: string): void {
    const large = this.#heads.entries().filter((entry): entry is [string, bigint] => typeof entry[1] === 'bigint');
    const total = large.reduce((sum, [, size]) => sum + size, 0n);
    for (const [part, rows] of [
      ['element', this.#elements.entries().length],
      ['place', this.#places.entries().length],
    ] as const)
      if (BigInt(rows) !== total) badSnapshot(`${table}.${part}`, `${rows} rows, and the sets have ${total} elements`);
    for (const [name, size] of large)
      for (let i = 0n; i < size; i++) {
        const element = this.#elements.get(`${name}|${i}`);
        if (element === undefined || this.#places.get(`${name}|${element}`) !== i)
          badSnapshot(`${table}.element["${name}|${i}"]`, 'not an element of the set at this place');
      }
  }
}
