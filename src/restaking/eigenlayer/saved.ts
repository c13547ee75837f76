// A ledger as JSON: its configuration and its tables.
import { z } from 'zod';
import { integer, uint } from '../state/schemas.ts';
import { decode, type SavedTables, type Schema } from '../state/store.ts';
import { type Config, PROFILES } from './Config.ts';

export const SAVED_SCHEMA = 'satlock-eigenlayer/1';

export type Saved = { readonly schema: typeof SAVED_SCHEMA; readonly config: unknown; readonly tables: SavedTables };

const STRATEGY = z.strictObject({
  id: z.string(),
  kind: z.enum(['base', 'tvl', 'eigen']).exactOptional(),
  maxPerDeposit: uint.exactOptional(),
  maxTotalDeposits: uint.exactOptional(),
});
const CONFIG = z.strictObject({
  profile: z.enum(PROFILES),
  withdrawalDelayBlocks: uint,
  deallocationDelayBlocks: uint,
  configurationDelayBlocks: uint,
  slashResolutionDelayBlocks: uint,
  startBlock: uint,
  startTime: integer,
  strategies: z.array(STRATEGY),
}) as unknown as Schema<Config>;
const SAVED = z.strictObject({ schema: z.literal(SAVED_SCHEMA), config: z.unknown(), tables: z.unknown() });

export function savedConfig(config: Config): unknown {
  return z.encode(CONFIG, config);
}

/** @throws ledger.bad-snapshot */
export function readSaved(json: unknown): { readonly config: Config; readonly tables: unknown } {
  const { config, tables } = decode(SAVED, json, 'snapshot');
  return { config: decode(CONFIG, config, 'config'), tables };
}
