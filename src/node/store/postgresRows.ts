// Rows of the PostgreSQL store read strictly: what has not the form that the tables promise is damage, and nothing is guessed.
import * as Hex from '../../base/Hex.ts';
import type { Claimed, SlotState } from '../../signer/SignStore.ts';
import { corrupt } from './clusterErrors.ts';
import type { Row, SlotName } from './clusterInput.ts';
import * as Input from './clusterInput.ts';
import type { Rows } from './postgresSession.ts';

/** The state of a slot with the number that grows with every change of it; undefined where the slot is not enrolled. */
export type StoredState = SlotState & { readonly version: bigint | undefined };

/** What is sent for one slot (at each height the first that asked), and what one transaction saw of it under the slot's lock. */
export type SlotClaims = { readonly slot: SlotName; readonly rows: ReadonlyMap<bigint, Row> };
export type Seen = { readonly held: Map<bigint, Row>; readonly inserted: ReadonlySet<bigint>; readonly state: StoredState };

/** The version of each slot by its name, from rows of all states. */
export function versionsOf(rows: Rows): ReadonlyMap<string, bigint> {
  return new Map(rows.map(([key, chain, , , version]) => [Input.nameOf({ key: key ?? '', chain: chain ?? '' }), BigInt(version ?? 0)]));
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

/** What became of one claim. */
export function outcomeOf(row: Row, { held, inserted, state }: Seen, sent: ReadonlyMap<bigint, Row>): Claimed {
  if (state.condemned !== undefined) return { kind: 'condemned', why: state.condemned };
  const first = sent.get(row.height);
  if (inserted.has(row.height))
    return first === row || first === undefined ? { kind: 'inserted' } : { kind: 'held', record: Input.record(first) };
  const there = held.get(row.height);
  if (there !== undefined) return { kind: 'held', record: Input.record(there) };
  if (state.watermark === undefined) return { kind: 'not-enrolled' };
  return { kind: 'below-watermark', watermark: state.watermark };
}

/** The claims that bring a signature for a message which is held without one, as imported history is. */
export function lacking(rows: ReadonlyMap<bigint, Row>, { held, state }: Seen): readonly Row[] {
  if (state.condemned !== undefined) return [];
  return [...rows.values()].filter((row) => {
    const there = held.get(row.height);
    return there !== undefined && there.signature === null && row.signature !== null && there.root === row.root;
  });
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
