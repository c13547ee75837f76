// The statements of the PostgreSQL store as text. Values come in as hex and decimal digits only, which need no escaping.
import type { ListRow, Row, SlotName } from './clusterInput.ts';

/** Writes the statements for the tables of one schema. */
export class PostgresSql {
  readonly #schema: string;

  constructor(schema: string) {
    this.#schema = schema;
  }

  /** Holds what condemns these keys until the commit. Locks are taken on keys first, then on slots, each in order: no two can wait for each other. */
  lockKeys(keys: readonly string[], strength: 'SHARE' | 'UPDATE' = 'SHARE'): string {
    return `SELECT 1 FROM ${this.#schema}.keys WHERE public_key IN (${keys.map(bytea).join(', ')}) ORDER BY public_key FOR ${strength}`;
  }

  /** Holds the watermarks of these slots: who raises one waits, and whoever waited here sees the raised one. */
  lockSlots(slots: readonly SlotName[]): string {
    const names = slots.map(({ key, chain }) => `(${bytea(key)}, ${bytea(chain)})`).join(', ');
    return `SELECT 1 FROM ${this.#schema}.slots WHERE (public_key, chain_id) IN (${names}) ORDER BY public_key, chain_id FOR UPDATE`;
  }

  addKey(key: string): string {
    return `INSERT INTO ${this.#schema}.keys (public_key) VALUES (${bytea(key)}) ON CONFLICT DO NOTHING`;
  }

  /** One row if the slot is new. */
  enrol(slot: SlotName, watermark: bigint): string {
    return `INSERT INTO ${this.#schema}.slots (public_key, chain_id, watermark, version) VALUES (${values(slot)}, ${watermark}, 1)
 ON CONFLICT DO NOTHING RETURNING 1`;
  }

  raise(slot: SlotName, watermark: bigint): string {
    return `INSERT INTO ${this.#schema}.slots AS s (public_key, chain_id, watermark, version) VALUES (${values(slot)}, ${watermark}, 1)
 ON CONFLICT (public_key, chain_id) DO UPDATE SET watermark = excluded.watermark, version = s.version + 1 WHERE s.watermark < excluded.watermark`;
  }

  /** The first reason stays. */
  condemn(key: string, why: string): string {
    return `INSERT INTO ${this.#schema}.keys AS k (public_key, condemned) VALUES (${bytea(key)}, ${bytea(why)})
 ON CONFLICT (public_key) DO UPDATE SET condemned = excluded.condemned WHERE k.condemned IS NULL`;
  }

  /** One row: watermark, highest, version, condemned. All null where nothing is known. */
  state({ key, chain }: SlotName): string {
    return `SELECT s.watermark, s.highest, s.version, encode(k.condemned, 'hex') FROM (VALUES (1)) AS one(n)
 LEFT JOIN ${this.#schema}.keys k ON k.public_key = ${bytea(key)}
 LEFT JOIN ${this.#schema}.slots s ON s.public_key = ${bytea(key)} AND s.chain_id = ${bytea(chain)}`;
  }

  /** The same with the slot's names in front, of all slots. */
  states(): string {
    return `SELECT encode(s.public_key, 'hex'), encode(s.chain_id, 'hex'), s.watermark, s.highest, s.version, encode(k.condemned, 'hex')
 FROM ${this.#schema}.slots s JOIN ${this.#schema}.keys k USING (public_key) ORDER BY s.public_key, s.chain_id`;
  }

  /** Records at these heights. */
  held(slot: SlotName, heights: readonly bigint[]): string {
    return `${this.#records()} WHERE ${where(slot)} AND height = ANY ('{${heights.join(',')}}'::numeric[])`;
  }

  page(slot: SlotName, from: bigint, to: bigint, limit: number): string {
    return `${this.#records()} WHERE ${where(slot)} AND height BETWEEN ${from} AND ${to} ORDER BY height LIMIT ${limit}`;
  }

  /**
   * Inserts what is free, above the watermark and of no condemned key, and returns the heights that it inserted. The slot is locked before:
   * at READ COMMITTED each statement sees what was committed before it began, so the watermark and the mark on the key are the last ones.
   */
  claim(slot: SlotName, rows: readonly Row[]): string {
    return `WITH added AS (INSERT INTO ${this.#schema}.records (public_key, chain_id, height, signing_root, signature, message, signed_at_ms)
 SELECT ${values(slot)}, a.* FROM ${unnest(rows)} WHERE a.height > (SELECT watermark FROM ${this.#schema}.slots WHERE ${where(slot)})
 AND EXISTS (SELECT 1 FROM ${this.#schema}.keys WHERE public_key = ${bytea(slot.key)} AND condemned IS NULL)
 ON CONFLICT DO NOTHING RETURNING height), ${this.#changed(slot, 'added')} SELECT height FROM added`;
  }

  /** The same for imported history, whatever the watermark is. */
  add(slot: SlotName, rows: readonly Row[]): string {
    return `WITH added AS (INSERT INTO ${this.#schema}.records (public_key, chain_id, height, signing_root, signature, message, signed_at_ms)
 SELECT ${values(slot)}, a.* FROM ${unnest(rows)} ON CONFLICT DO NOTHING RETURNING height), ${this.#changed(slot, 'added')} SELECT height FROM added`;
  }

  /** Adds signatures where the same message is known without one; of a condemned key nothing changes but by an import. */
  complete(slot: SlotName, rows: readonly Row[], by: 'claim' | 'import'): string {
    const open =
      by === 'import' ? '' : ` AND EXISTS (SELECT 1 FROM ${this.#schema}.keys WHERE public_key = ${bytea(slot.key)} AND condemned IS NULL)`;
    const heights = rows.map(({ height }) => height).join(',');
    return `WITH completed AS (UPDATE ${this.#schema}.records r SET signature = a.signature FROM ${unnest(rows)}
 WHERE r.public_key = ${bytea(slot.key)} AND r.chain_id = ${bytea(slot.chain)} AND r.height = ANY ('{${heights}}'::numeric[])
 AND r.height = a.height AND r.signing_root = a.signing_root AND r.signature IS NULL AND a.signature IS NOT NULL${open}
 RETURNING r.height), ${this.#changed(slot, 'completed')} SELECT height FROM completed`;
  }

  /** Deletes some of the records at or below a height and tells how many. */
  prune(slot: SlotName, height: bigint, limit: number): string {
    const upTo = `(SELECT height FROM ${this.#schema}.records WHERE ${where(slot)} AND height <= ${height} ORDER BY height OFFSET ${limit - 1} LIMIT 1)`;
    return `WITH gone AS (DELETE FROM ${this.#schema}.records WHERE ${where(slot)} AND height <= COALESCE(${upTo}, ${height}) RETURNING 1),
 changed AS (UPDATE ${this.#schema}.slots SET version = version + 1 WHERE ${where(slot)} AND EXISTS (SELECT 1 FROM gone))
 SELECT count(*) FROM gone`;
  }

  remember(list: ListRow): string {
    const { key, digest, chain, start, count, root } = list;
    return `INSERT INTO ${this.#schema}.lists (public_key, digest, chain_id, start_height, count, root)
 VALUES (${bytea(key)}, ${bytea(digest)}, ${bytea(chain)}, ${start}, ${count}, ${bytea(root)}) ON CONFLICT DO NOTHING`;
  }

  recall(key: string, digest: string): string {
    return `SELECT encode(chain_id, 'hex'), start_height, count, encode(root, 'hex') FROM ${this.#schema}.lists
 WHERE public_key = ${bytea(key)} AND digest = ${bytea(digest)}`;
  }

  #records(): string {
    return `SELECT height, encode(signing_root, 'hex'), encode(signature, 'hex'), encode(message, 'hex'), signed_at_ms FROM ${this.#schema}.records`;
  }

  /** A slot's version grows with every statement that changes its records, so that one number tells whether anything did. */
  #changed(slot: SlotName, by: string): string {
    return `changed AS (UPDATE ${this.#schema}.slots SET version = version + 1, highest = GREATEST(highest, (SELECT max(height) FROM ${by}))
 WHERE ${where(slot)} AND EXISTS (SELECT 1 FROM ${by}))`;
  }
}

function bytea(hex: string): string {
  return `'\\x${hex}'::bytea`;
}

function values({ key, chain }: SlotName): string {
  return `${bytea(key)}, ${bytea(chain)}`;
}

function where({ key, chain }: SlotName): string {
  return `public_key = ${bytea(key)} AND chain_id = ${bytea(chain)}`;
}

/** Rows as a table `a`: one array for each column. */
function unnest(rows: readonly Row[]): string {
  const bytes = (of: (row: Row) => string | null): string => `'{${rows.map((row) => arrayBytes(of(row))).join(',')}}'::bytea[]`;
  const numbers = (of: (row: Row) => string | null): string => `'{${rows.map((row) => of(row) ?? 'NULL').join(',')}}'::numeric[]`;
  const columns = [
    numbers((row) => row.height.toString()),
    bytes((row) => row.root),
    bytes((row) => row.signature),
    bytes((row) => row.message),
    numbers((row) => row.signedAtMs),
  ];
  return `unnest(${columns.join(', ')}) AS a(height, signing_root, signature, message, signed_at_ms)`;
}

/** Inside an array's quotes the backslash of `\x` is doubled. */
function arrayBytes(hex: string | null): string {
  return hex === null ? 'NULL' : `"\\\\x${hex}"`;
}
