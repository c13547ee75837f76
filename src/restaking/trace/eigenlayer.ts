// EigenLayer traces: their configuration and steps, in the words of "restaking-trace/1".
import { z } from 'zod';
import { fail } from '../../base/Errors.ts';
import * as Config from '../eigenlayer/Config.ts';
import * as EigenLayer from '../eigenlayer/EigenLayer.ts';
import * as Operations from '../eigenlayer/Operations.ts';
import type * as RewardsConfig from '../eigenlayer/RewardsConfig.ts';
import * as RewardsCoordinator from '../eigenlayer/RewardsCoordinator.ts';
import type { Schema } from '../state/store.ts';
import { decode } from '../state/store.ts';
import { isObject, type JsonObject, jsonOf } from './json.ts';
import type { Kind, Machine, Profiles, Result } from './machine.ts';
import { type ConfigReason, configProblem, limit, uint } from './shapes.ts';

const STRATEGY = z.union([
  z.string(),
  z.strictObject({
    id: z.string(),
    kind: z.enum(Config.KINDS).exactOptional(),
    maxPerDeposit: uint.exactOptional(),
    maxTotalDeposits: uint.exactOptional(),
  }),
]);
const EMISSIONS = z.strictObject({
  contract: z.string().exactOptional(),
  backingToken: z.string().exactOptional(),
  token: z.string().exactOptional(),
  inflationRate: uint.exactOptional(),
  startTime: uint.exactOptional(),
  epochLength: uint.exactOptional(),
  incentiveCouncil: z.string().exactOptional(),
});
/** Each field that is left out is mainnet's. */
const REWARDS: Schema<RewardsConfig.Given> = z.strictObject({
  calculationIntervalSeconds: uint.exactOptional(),
  maxRewardsDuration: uint.exactOptional(),
  maxRetroactiveLength: uint.exactOptional(),
  maxFutureLength: uint.exactOptional(),
  genesisRewardsTimestamp: uint.exactOptional(),
  activationDelay: uint.exactOptional(),
  defaultOperatorSplitBips: uint.exactOptional(),
  owner: z.string().exactOptional(),
  rewardsUpdater: z.string().exactOptional(),
  feeRecipient: z.string().exactOptional(),
  rewardsForAllSubmitters: z.array(z.string()).exactOptional(),
  emissions: EMISSIONS.exactOptional(),
});
const CONFIG = z.strictObject({
  profile: z.enum(Config.PROFILES).exactOptional(),
  minWithdrawalDelayBlocks: limit.exactOptional(),
  deallocationDelay: limit.exactOptional(),
  allocationConfigurationDelay: limit.exactOptional(),
  slashResolutionDelay: limit.exactOptional(),
  startBlock: limit.exactOptional(),
  startTime: uint.exactOptional(),
  strategies: z.array(STRATEGY),
  rewards: REWARDS.exactOptional(),
});

const TEXTS = z.array(z.string());

export const eigenLayerKind: Kind = {
  start: (json, profiles) => {
    const config = configOf(json, profiles);
    return { start: () => machine(EigenLayer.create(config), []), profile: config.profile };
  },
  operations: (config) => {
    const known = new Set([...configOf(config, {}).strategies.map(({ id }) => id), Config.BEACON]);
    return (json) => {
      const operation = Operations.fromJson(json);
      checkStrategies(operation, known);
      return operation;
    };
  },
  resume: (saved) => {
    if (!isObject(saved) || !Object.hasOwn(saved, 'splits')) return machine(EigenLayer.fromJson(saved), []);
    const { splits, ...ledger } = saved;
    return machine(EigenLayer.fromJson(ledger), decode(TEXTS, splits, 'splits'));
  },
};

function configOf(json: unknown, { over, otherwise }: Profiles): Config.Config {
  const read = z.safeDecode(CONFIG, json as z.input<typeof CONFIG>, { reportInput: true });
  if (!read.success) return configProblem(read.error);
  const { minWithdrawalDelayBlocks, deallocationDelay, allocationConfigurationDelay, slashResolutionDelay, ...rest } = read.data;
  // What is none of the known profiles is refused with the rest of the configuration.
  const chosen = (over ?? rest.profile ?? otherwise ?? Config.MAINNET.profile) as Config.Profile;
  return Config.config({
    ...(rest.startBlock === undefined ? {} : { startBlock: rest.startBlock }),
    ...(rest.startTime === undefined ? {} : { startTime: rest.startTime }),
    ...(minWithdrawalDelayBlocks === undefined ? {} : { withdrawalDelayBlocks: minWithdrawalDelayBlocks }),
    ...(deallocationDelay === undefined ? {} : { deallocationDelayBlocks: deallocationDelay }),
    ...(allocationConfigurationDelay === undefined ? {} : { configurationDelayBlocks: allocationConfigurationDelay }),
    ...(slashResolutionDelay === undefined ? {} : { slashResolutionDelayBlocks: slashResolutionDelay }),
    ...(rest.rewards === undefined ? {} : { rewards: rest.rewards }),
    profile: chosen,
    strategies: rest.strategies.map((strategy) => (typeof strategy === 'string' ? { id: strategy } : strategy)),
  });
}

function checkStrategies(operation: Operations.Operation, known: ReadonlySet<string>): void {
  for (const { field, strategy } of Operations.strategiesOf(operation)) {
    if (known.has(strategy)) continue;
    const problem = `the configuration knows no strategy ${strategy}`;
    fail<Operations.Reason>({ code: 'operation.bad-field', op: operation.op, field, problem }, `${operation.op}: ${field}: ${problem}`);
  }
}

/**
 * Traces show every split that one of their steps spoke of, a refused one too: those keys stand beside the ledger, in which a refused
 * operation leaves no trace.
 */
function machine(ledger: EigenLayer.Ledger, given: readonly string[]): Machine {
  const splits = new Set(given);
  const read = (given: unknown): Operations.Operation => {
    const operation = given as Operations.Operation;
    if (operation.op === 'setSplit') splits.add(RewardsCoordinator.splitKey(operation));
    return operation;
  };
  return {
    apply: (operation) => jsonOf(EigenLayer.apply(ledger, read(operation))) as Result,
    explain: (operation) => {
      const { outcome, intermediates } = EigenLayer.explain(ledger, read(operation));
      return { result: jsonOf(outcome) as Result, intermediates };
    },
    state: () => EigenLayer.view(ledger, { splits: [...splits] }) as JsonObject,
    save: () => {
      const refused = [...splits].filter((key) => !ledger.rewards.splits.has(key)).sort();
      return { ...EigenLayer.toJson(ledger), ...(refused.length === 0 ? {} : { splits: refused }) };
    },
  };
}

export type Reason = ConfigReason;
