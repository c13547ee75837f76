// The tables of a sign store in PostgreSQL: made by the first who opens the store, checked by everybody after.
// Heights need 64 bits without a sign: numeric(20) holds them exactly and is read by people; bigint would not.
import { createHash, randomBytes } from 'node:crypto';
import { corrupt, notDurable, wrongVersion } from './clusterErrors.ts';
import type { PostgresSession } from './postgresSession.ts';

const VERSION = '1';
const TABLES = ['meta', 'keys', 'slots', 'records', 'lists'] as const;

/** The statements that make an empty store. Harmless where it exists already. */
function definition(schema: string, storeId: string): readonly string[] {
  const height = 'numeric(20)';
  const isHeight = (name: string, min = 0): string => `CHECK (${name} BETWEEN ${min} AND 18446744073709551615)`;
  const is32 = (name: string): string => `CHECK (octet_length(${name}) = 32)`;
  return [
    // Two who make the tables of one schema at the same moment would get in each other's way.
    `SELECT pg_advisory_xact_lock(hashtext('satlock ${schema}'))`,
    `CREATE SCHEMA IF NOT EXISTS ${schema}`,
    `CREATE TABLE IF NOT EXISTS ${schema}.meta (the_only boolean PRIMARY KEY DEFAULT true CHECK (the_only), version text NOT NULL, store_id text NOT NULL)`,
    `CREATE TABLE IF NOT EXISTS ${schema}.keys (public_key bytea PRIMARY KEY ${is32('public_key')}, condemned bytea)`,
    `CREATE TABLE IF NOT EXISTS ${schema}.slots (public_key bytea NOT NULL REFERENCES ${schema}.keys, chain_id bytea NOT NULL,
 watermark ${height} NOT NULL ${isHeight('watermark', -1)}, highest ${height} ${isHeight('highest')},
 version bigint NOT NULL, PRIMARY KEY (public_key, chain_id))`,
    `CREATE TABLE IF NOT EXISTS ${schema}.records (public_key bytea NOT NULL, chain_id bytea NOT NULL, height ${height} NOT NULL ${isHeight('height')},
 signing_root bytea NOT NULL ${is32('signing_root')}, signature bytea ${is32('signature')}, message bytea, signed_at_ms ${height},
 PRIMARY KEY (public_key, chain_id, height))`,
    `CREATE TABLE IF NOT EXISTS ${schema}.lists (public_key bytea NOT NULL ${is32('public_key')}, digest bytea NOT NULL ${is32('digest')},
 chain_id bytea NOT NULL, start_height ${height} NOT NULL ${isHeight('start_height')}, count bigint NOT NULL, root bytea NOT NULL ${is32('root')},
 PRIMARY KEY (public_key, digest))`,
    `INSERT INTO ${schema}.meta (version, store_id) VALUES ('${VERSION}', '${storeId}') ON CONFLICT DO NOTHING`,
  ];
}

/**
 * Looks at the store behind a connection.
 *
 * @returns its id, which another server (by system identifier) does not have even when the tables were copied to it; undefined where there is no store
 * @throws store.wrong-version, store.corrupt, store.not-durable
 */
export async function identify(session: PostgresSession, schema: string): Promise<string | undefined> {
  const [found] = await session.look([
    `SELECT c.relname, c.relpersistence FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = '${schema}' AND c.relkind IN ('r', 'p')`,
  ]);
  const tables = new Map(found?.map(([name, persistence]) => [name, persistence]));
  if (!TABLES.some((name) => tables.has(name))) return undefined;
  const missing = TABLES.filter((name) => !tables.has(name));
  if (missing.length > 0) corrupt('postgres', session.where, `tables are missing in schema ${schema}: ${missing.join(', ')}`);
  const fleeting = TABLES.filter((name) => tables.get(name) !== 'p');
  if (fleeting.length > 0) notDurable('postgres', session.where, `tables are unlogged: ${fleeting.join(', ')}`);
  const [meta] = await session.look([`SELECT version, store_id FROM ${schema}.meta`]);
  const [version, storeId] = meta?.[0] ?? [];
  if (version !== VERSION) wrongVersion('postgres', `tables of version ${version}`, `version ${VERSION}`);
  if (typeof storeId !== 'string' || !/^[0-9a-f]{32}$/.test(storeId)) corrupt('postgres', session.where, 'the store has no id');
  return createHash('sha256').update(`satlock postgres store ${storeId} ${session.facts.systemId}`).digest('hex').slice(0, 32);
}

/** Makes the tables, unless another process was faster, and returns the id of the store. */
export async function create(session: PostgresSession, schema: string): Promise<string> {
  await session.commit(definition(schema, randomBytes(16).toString('hex')));
  return (await identify(session, schema)) ?? corrupt('postgres', session.where, `no tables in schema ${schema} after making them`);
}
