// Many first-in-first-out queues of text, each under a name (OpenZeppelin's DoubleEndedQueue, used at two ends). Every operation is O(1).
import { z } from 'zod';
import { text, uint } from './schemas.ts';
import { badSnapshot, type Schema, type Store } from './store.ts';
import type { Table } from './table.ts';

type Ends = { readonly begin: bigint; readonly end: bigint };
const EMPTY: Ends = { begin: 0n, end: 0n };
const ENDS: Schema<Ends> = z.strictObject({ begin: uint, end: uint });

export class Queues {
  readonly #ends: Table<Ends>;
  readonly #elements: Table<string>;

  constructor(store: Store, table: string) {
    this.#ends = store.table(`${table}.ends`, ENDS);
    this.#elements = store.table(`${table}.element`, text);
    store.whenLoaded(() => this.#check(table));
  }

  length(name: string): number {
    const { begin, end } = this.#of(name);
    return Number(end - begin);
  }

  pushBack(name: string, element: string): void {
    const { begin, end } = this.#of(name);
    this.#elements.set(`${name}|${end}`, element);
    this.#ends.set(name, { begin, end: end + 1n });
  }

  /** The i-th from the front. */
  at(name: string, i: number): string | undefined {
    const { begin, end } = this.#of(name);
    const place = begin + BigInt(i);
    return place < end ? this.#elements.get(`${name}|${place}`) : undefined;
  }

  /** Takes the front away; nothing happens when the queue is empty. */
  popFront(name: string): void {
    const { begin, end } = this.#of(name);
    if (begin === end) return;
    this.#elements.delete(`${name}|${begin}`);
    this.#ends.set(name, { begin: begin + 1n, end });
  }

  #of(name: string): Ends {
    return this.#ends.get(name) ?? EMPTY;
  }

  /** Every place between the ends has an element, and there is no other. @throws ledger.bad-snapshot */
  #check(table: string): void {
    const all = this.#ends.entries();
    const total = all.reduce((sum, [, { begin, end }]) => sum + end - begin, 0n);
    const rows = this.#elements.entries().length;
    if (BigInt(rows) !== total || all.some(([, { begin, end }]) => begin > end))
      badSnapshot(`${table}.element`, `${rows} rows, and the queues have ${total} elements`);
    for (const [name, { begin, end }] of all)
      for (let i = begin; i < end; i++) if (!this.#elements.has(`${name}|${i}`)) badSnapshot(`${table}.element`, `no row "${name}|${i}"`);
  }
}
