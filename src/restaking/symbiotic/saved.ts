// A ledger as JSON: its configuration and its tables.
import { z } from 'zod';
import { uint } from '../state/schemas.ts';
import { decode, type SavedTables, type Schema } from '../state/store.ts';
import { type Config, DELEGATORS, SLASHERS } from './Config.ts';

export const SAVED_SCHEMA = 'satlock-symbiotic/1';

export type Saved = { readonly schema: typeof SAVED_SCHEMA; readonly config: unknown; readonly tables: SavedTables };

const IDS = z.array(z.string());
const CONFIG: Schema<Config> = z.strictObject({
  delegator: z.enum(DELEGATORS),
  slasher: z.enum(SLASHERS),
  operator: z.string().exactOptional(),
  network: z.string().exactOptional(),
  epochDuration: uint,
  vetoDuration: uint,
  resolverSetEpochsDelay: uint,
  startTime: uint,
  networks: IDS,
  operators: IDS,
  accounts: IDS,
  burner: z.string(),
});
const SAVED = z.strictObject({ schema: z.literal(SAVED_SCHEMA), config: z.unknown(), tables: z.unknown() });

export function savedConfig(config: Config): unknown {
  return z.encode(CONFIG, config);
}

/** @throws ledger.bad-snapshot */
export function readSaved(json: unknown): { readonly config: Config; readonly tables: unknown } {
  const { config, tables } = decode(SAVED, json, 'snapshot');
  return { config: decode(CONFIG, config, 'config'), tables };
}
