// Rows of the PostgreSQL store read strictly: what has not the form that the tables promise is damage, and nothing is guessed.
import * as Hex from '../../base/Hex.ts';
import type { Claimed, SlotState } from '../../signer/SignStore.ts';
import { corrupt } from './clusterErrors.ts';
import type { Row, SlotName } from './clusterInput.ts';
import * as Input from './clusterInput.ts';
import type { Rows } from './postgresSession.ts';

/** The state of a slot with the number that grows with every change of it; undefined where the slot is not enrolled. */
export type StoredState = SlotState & { readonly version: bigint | undefined };

/** What is sent for one slot: at each height the first that asked. */
export type SlotClaims = { readonly slot: SlotName; readonly rows: Map<bigint, Row> };

export function nameOf({ key, chain }: SlotName): string {
  return `${key}:${chain}`;
}

/** @throws store.corrupt */
export function stateOf(row: Rows[number] | undefined, where: string): StoredState {
  if (row === undefined || row.length !== 4) corrupt('postgres', where, 'a slot cannot be read');
  const [watermark = null, highest = null, version = null, condemned = null] = row;
  if ((watermark === null) !== (version === null)) corrupt('postgres', where, 'half a slot');
  return {
    watermark: integer(watermark, where),
    highestSigned: integer(highest, where),
    condemned: condemned === null ? undefined : Input.nameText(condemned),
    version: integer(version, where),
  };
}

/** @throws store.corrupt */
export function recordsOf(rows: Rows, where: string): readonly Row[] {
  return rows.map(([height = null, root = null, signature = null, message = null, signedAtMs = null]) => {
    const at = integer(height, where);
    if (at === undefined || root === null || !isHex(root, 32) || (signature !== null && !isHex(signature, 32)))
      corrupt('postgres', where, `the record at height ${height} cannot be read`);
    return { height: at, root, signature, message, signedAtMs };
  });
}

/** Tells each claim of a slot what became of it, from what one transaction saw under the slot's lock. */
export function outcomesOf(seen: {
  readonly held: readonly Row[];
  readonly inserted: Rows;
  readonly completed: Rows;
  readonly state: StoredState;
  readonly sent: ReadonlyMap<bigint, Row>;
}): (row: Row) => Claimed {
  const { watermark, condemned } = seen.state;
  const held = new Map(seen.held.map((row) => [row.height, row]));
  for (const [height] of seen.completed) {
    const before = held.get(BigInt(height ?? ''));
    const by = seen.sent.get(BigInt(height ?? ''));
    if (before !== undefined && by !== undefined) held.set(before.height, { ...before, signature: by.signature });
  }
  const inserted = new Set(seen.inserted.map(([height]) => BigInt(height ?? '')));
  return (row) => {
    if (condemned !== undefined) return { kind: 'condemned', why: condemned };
    if (inserted.has(row.height)) {
      const sent = seen.sent.get(row.height);
      return sent === row || sent === undefined ? { kind: 'inserted' } : { kind: 'held', record: Input.record(sent) };
    }
    const there = held.get(row.height);
    if (there !== undefined) return { kind: 'held', record: Input.record(there) };
    if (watermark === undefined) return { kind: 'not-enrolled' };
    return { kind: 'below-watermark', watermark };
  };
}

function integer(text: string | null, where: string): bigint | undefined {
  if (text === null) return undefined;
  if (!/^-?\d{1,20}$/.test(text)) corrupt('postgres', where, 'a number cannot be read');
  return BigInt(text);
}

function isHex(text: string, bytes: number): boolean {
  try {
    Hex.decode(text, 'row', bytes);
    return true;
  } catch {
    return false;
  }
}
