// Many sets of text, each under a name, in the order of OpenZeppelin's EnumerableSet: insertion order, and a removal moves the last element
// into the hole. The order decides what views return, so it is part of the state. Every operation is O(1) in the size of the set.
import { text, uint } from './schemas.ts';
import type { Store } from './store.ts';
import type { Table } from './table.ts';

export class EnumerableSets {
  readonly #sizes: Table<bigint>;
  /** `name|index` to element. */
  readonly #elements: Table<string>;
  /** `name|element` to index. */
  readonly #places: Table<bigint>;

  constructor(store: Store, table: string) {
    this.#sizes = store.table(`${table}.size`, uint);
    this.#elements = store.table(`${table}.element`, text);
    this.#places = store.table(`${table}.place`, uint);
  }

  has(name: string, element: string): boolean {
    return this.#places.has(`${name}|${element}`);
  }

  size(name: string): number {
    return Number(this.#sizes.get(name) ?? 0n);
  }

  /** @returns false when it was there already */
  add(name: string, element: string): boolean {
    if (this.has(name, element)) return false;
    const size = this.#sizes.get(name) ?? 0n;
    this.#elements.set(`${name}|${size}`, element);
    this.#places.set(`${name}|${element}`, size);
    this.#sizes.set(name, size + 1n);
    return true;
  }

  /** @returns false when it was not there */
  remove(name: string, element: string): boolean {
    const place = this.#places.get(`${name}|${element}`);
    if (place === undefined) return false;
    const last = (this.#sizes.get(name) as bigint) - 1n;
    if (place !== last) {
      const moved = this.#elements.get(`${name}|${last}`) as string;
      this.#elements.set(`${name}|${place}`, moved);
      this.#places.set(`${name}|${moved}`, place);
    }
    this.#elements.delete(`${name}|${last}`);
    this.#places.delete(`${name}|${element}`);
    if (last === 0n) this.#sizes.delete(name);
    else this.#sizes.set(name, last);
    return true;
  }

  /** In the contract's order. O(size). */
  values(name: string): string[] {
    return Array.from({ length: this.size(name) }, (_, i) => this.#elements.get(`${name}|${i}`) as string);
  }
}
