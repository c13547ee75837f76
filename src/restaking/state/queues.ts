// Many first-in-first-out queues of text, each under a name (OpenZeppelin's DoubleEndedQueue, used at two ends). Every operation is O(1).
import { z } from 'zod';
import { text, uint } from './schemas.ts';
import type { Schema, Store } from './store.ts';
import type { Table } from './table.ts';

type Ends = { readonly begin: bigint; readonly end: bigint };
const ENDS: Schema<Ends> = z.strictObject({ begin: uint, end: uint });

export class Queues {
  readonly #ends: Table<Ends>;
  readonly #elements: Table<string>;

  constructor(store: Store, table: string) {
    this.#ends = store.table(`${table}.ends`, ENDS);
    this.#elements = store.table(`${table}.element`, text);
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
    return this.#elements.get(`${name}|${this.#of(name).begin + BigInt(i)}`);
  }

  /** Takes the front away; nothing happens when the queue is empty. */
  popFront(name: string): void {
    const { begin, end } = this.#of(name);
    if (begin === end) return;
    this.#elements.delete(`${name}|${begin}`);
    this.#ends.set(name, { begin: begin + 1n, end });
  }

  #of(name: string): Ends {
    return this.#ends.get(name) ?? { begin: 0n, end: 0n };
  }
}
