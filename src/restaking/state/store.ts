// All tables of one ledger: one journal, forked together, saved and loaded together.
import { z } from 'zod';
import { fail } from '../../base/Errors.ts';
import { firstProblem } from './problem.ts';
import { Journal, Table } from './table.ts';

export type Reason =
  | { readonly code: 'ledger.busy' }
  | { readonly code: 'ledger.two-schemas'; readonly table: string }
  | { readonly code: 'ledger.bad-snapshot'; readonly path: string; readonly problem: string };

/** JSON text of a record; `Schema<V>` reads and writes it. */
export type Schema<V> = z.ZodType<V, unknown>;

/** Table name to a list of [key, record]. */
export type SavedTables = Readonly<Record<string, readonly (readonly [string, unknown])[]>>;

type Known = { readonly table: Table<NonNullable<unknown>>; readonly schema: Schema<NonNullable<unknown>> };

const SAVED = z.record(z.string(), z.array(z.tuple([z.string(), z.unknown()])));

export class Store {
  readonly #journal = new Journal();
  readonly #tables = new Map<string, Known>();
  /** Read from a snapshot and not yet claimed by a table. */
  readonly #loaded = new Map<string, readonly (readonly [string, unknown])[]>();
  /** Of a snapshot that is being read: what else must hold of it. */
  #checks: (() => void)[] | undefined;

  /** The table of this name, made when it is asked for first. @throws ledger.two-schemas - a name stands for one schema */
  table<V extends NonNullable<unknown>>(name: string, schema: Schema<V>): Table<V> {
    const known = this.#tables.get(name);
    if (known !== undefined) {
      // The schema says what the records are: with another one the cast below would be untrue.
      if (known.schema !== (schema as unknown)) fail<Reason>({ code: 'ledger.two-schemas', table: name }, `table ${name}: two schemas`);
      return known.table as unknown as Table<V>;
    }
    const table = new Table<V>(this.#journal);
    for (const [key, json] of this.#loaded.get(name) ?? []) {
      const path = `${name}[${JSON.stringify(key)}]`;
      if (table.has(key)) badSnapshot(path, 'the key is there twice');
      table.set(key, decode(schema, json, path));
    }
    this.#loaded.delete(name);
    this.#tables.set(name, { table, schema } as unknown as Known);
    return table;
  }

  /** Runs `run`; when it throws, nothing that it wrote stays. */
  atomic<T>(run: () => T): T {
    return this.#journal.atomic(run);
  }

  /** A store with the same content that shares all unchanged records. @throws ledger.busy - inside an operation */
  fork(): Store {
    const copy = new Store();
    for (const [name, { table, schema }] of this.#tables) copy.#tables.set(name, { table: table.fork(copy.#journal), schema });
    return copy;
  }

  /** Plain JSON; equal contents give equal text. O(n log n). @throws ledger.bad-snapshot - after one that was edited */
  save(): SavedTables {
    const names = [...this.#tables.keys()].sort();
    return Object.fromEntries(
      names.map((name) => {
        const { table, schema } = this.#tables.get(name) as Known;
        return [name, table.entries().map(([key, value]) => [key, encode(schema, value, `${name}[${JSON.stringify(key)}]`)] as const)];
      }),
    );
  }

  /** A store whose tables are filled as they are asked for. Call {@link claimed} after the last one. @throws ledger.bad-snapshot */
  static load(json: unknown): Store {
    const store = new Store();
    store.#checks = [];
    for (const [name, rows] of Object.entries(decode(SAVED, json, 'tables'))) store.#loaded.set(name, rows);
    return store;
  }

  /** Runs `check` when all tables of a snapshot have been read; never on a store that made its records itself. */
  whenLoaded(check: () => void): void {
    this.#checks?.push(check);
  }

  /** @throws ledger.bad-snapshot - when the snapshot has a table that nobody asked for, or its tables contradict each other */
  claimed(): void {
    for (const name of this.#loaded.keys()) badSnapshot(name, 'no such table');
    const checks = this.#checks ?? [];
    this.#checks = undefined;
    for (const check of checks) check();
  }
}

/** @throws ledger.bad-snapshot */
export function decode<V>(schema: Schema<V>, json: unknown, path: string): V {
  const read = z.safeDecode(schema, json);
  if (read.success) return read.data;
  const { field, problem } = firstProblem(read.error);
  return badSnapshot(field === '' ? path : `${path}.${field}`, problem);
}

/** What was read from an edited snapshot may grow beyond what can be written. @throws ledger.bad-snapshot */
function encode<V>(schema: Schema<V>, value: V, path: string): unknown {
  const written = z.safeEncode(schema, value);
  return written.success ? written.data : badSnapshot(path, firstProblem(written.error).problem);
}

/** Throws `ledger.bad-snapshot`. */
export function badSnapshot(path: string, problem: string): never {
  fail<Reason>({ code: 'ledger.bad-snapshot', path, problem }, `snapshot: ${path}: ${problem}`);
}
