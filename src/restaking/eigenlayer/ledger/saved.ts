// A ledger as JSON: its configuration and its tables.
import { z } from 'zod';
import { integer, uint } from '../../state/schemas.ts';
import { decode, type SavedTables, type Schema } from '../../state/store.ts';
import { type Config, KINDS, PROFILES, type StrategyConfig } from '../Config.ts';
import type { EmissionsConfig, RewardsConfig } from '../RewardsConfig.ts';

export const SAVED_SCHEMA = 'satlock-eigenlayer/1';

export type Saved = { readonly schema: typeof SAVED_SCHEMA; readonly config: unknown; readonly tables: SavedTables };

const STRATEGY: Schema<StrategyConfig> = z.strictObject({
  id: z.string(),
  kind: z.enum(KINDS).exactOptional(),
  maxPerDeposit: uint.exactOptional(),
  maxTotalDeposits: uint.exactOptional(),
});
const EMISSIONS: Schema<EmissionsConfig> = z.strictObject({
  contract: z.string(),
  backingToken: z.string(),
  token: z.string(),
  inflationRate: uint,
  startTime: uint,
  epochLength: uint,
  incentiveCouncil: z.string(),
});
const REWARDS: Schema<RewardsConfig> = z.strictObject({
  calculationIntervalSeconds: uint,
  maxRewardsDuration: uint,
  maxRetroactiveLength: uint,
  maxFutureLength: uint,
  genesisRewardsTimestamp: uint,
  activationDelay: uint,
  defaultOperatorSplitBips: uint,
  owner: z.string(),
  rewardsUpdater: z.string(),
  feeRecipient: z.string(),
  rewardsForAllSubmitters: z.array(z.string()),
  emissions: EMISSIONS,
});
const CONFIG: Schema<Config> = z.strictObject({
  profile: z.enum(PROFILES),
  withdrawalDelayBlocks: uint,
  deallocationDelayBlocks: uint,
  configurationDelayBlocks: uint,
  slashResolutionDelayBlocks: uint,
  startBlock: uint,
  startTime: integer,
  strategies: z.array(STRATEGY),
  rewards: REWARDS,
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
