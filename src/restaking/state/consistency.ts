// What must hold of a snapshot's tables together: an edited one would otherwise run into what no ledger can be in.
import { type Snapshots, toList } from './snapshots.ts';
import { badSnapshot } from './store.ts';
import type { Table } from './table.ts';

/** Of each history: no entry is later than the ledger's clock, all values are in 0..max. @throws ledger.bad-snapshot */
export function histories(name: string, table: Table<Snapshots>, now: bigint, max: bigint): void {
  for (const [key, history] of table.entries()) {
    const path = `${name}[${JSON.stringify(key)}]`;
    if (history.key > now) badSnapshot(path, `an entry of ${history.key}, and it is ${now}`);
    if (toList(history).some(([, value]) => value < 0n || value > max)) badSnapshot(path, `expected values of 0..${max}`);
  }
}

/** A list kept by index: as many records as its counter says, at 0, 1, … @throws ledger.bad-snapshot */
export function list(name: string, table: Table<NonNullable<unknown>>, count: bigint): void {
  const rows = table.entries().length;
  if (BigInt(rows) !== count) badSnapshot(name, `${rows} rows, and the counter says ${count}`);
  for (let i = 0; i < rows; i++) if (!table.has(`${i}`)) badSnapshot(name, `no row ${i}`);
}

/** @throws ledger.bad-snapshot - unless `holds` */
export function check(holds: boolean, name: string, key: string, problem: string): void {
  if (!holds) badSnapshot(`${name}[${JSON.stringify(key)}]`, problem);
}
