// What the rewards part of a ledger is set up with: RewardsCoordinator's limits and EmissionsController's rate. Mainnet's values are the defaults.
// Sources: Layr-Labs/eigenlayer-contracts-zeus-metadata deploys/mainnet/parameters.json and
// deploys/mainnet/2026-03-02-14-33-v1.12.0-incentive-council/0/foundry.deploy.json (emissions), eigenlayer-contracts
// src/contracts/core/storage/RewardsCoordinatorStorage.sol (fee, highest amount).
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';
import { ID } from '../state/schemas.ts';

/** How a whole is counted in splits, fees and weights. @unit 1/10000 */
export const WHOLE_BIPS = 10_000n;
/** Of a submission whose caller opted in. @unit 1/10000 */
export const PROTOCOL_FEE_BIPS = 2_000n;
/** No submission has more. @unit token wei */
export const MAX_REWARDS_AMOUNT: bigint = 10n ** 38n - 1n;
/** The account that holds all submitted tokens. */
export const COORDINATOR = 'RC';

export type EmissionsConfig = {
  /** The account of the contract: it submits to the RewardsCoordinator and holds what is minted. */
  readonly contract: string;
  /** The token that is minted, and the token that it is wrapped into. */
  readonly backingToken: string;
  readonly token: string;
  /** Minted with the first press of an epoch. @unit token wei */
  readonly inflationRate: bigint;
  /** @unit s, a multiple of the calculation interval */
  readonly startTime: bigint;
  /** @unit s, a multiple of the calculation interval */
  readonly epochLength: bigint;
  /** Until the owner names another. */
  readonly incentiveCouncil: string;
};

export type RewardsConfig = {
  /** Durations and start times are multiples of it; a multiple of a day. @unit s */
  readonly calculationIntervalSeconds: bigint;
  /** @unit s */
  readonly maxRewardsDuration: bigint;
  /** How far back a submission may start. @unit s */
  readonly maxRetroactiveLength: bigint;
  /** How far ahead a submission may start. @unit s */
  readonly maxFutureLength: bigint;
  /** No submission starts earlier. @unit s */
  readonly genesisRewardsTimestamp: bigint;
  /** Of roots and of splits, until the owner changes it. @unit s */
  readonly activationDelay: bigint;
  /** An operator's part where it chose none, until the owner changes it. @unit 1/10000 */
  readonly defaultOperatorSplitBips: bigint;
  readonly owner: string;
  /** Posts roots, until the owner names another. */
  readonly rewardsUpdater: string;
  readonly feeRecipient: string;
  /** Who may submit for all earners from the start. */
  readonly rewardsForAllSubmitters: readonly string[];
  readonly emissions: EmissionsConfig;
};

export type Reason =
  | Check.Reason
  | { readonly code: 'eigenlayer.bad-id'; readonly field: string; readonly got: string }
  | { readonly code: 'eigenlayer.not-aligned'; readonly field: string; readonly multipleOf: string; readonly got: string };

/** Mainnet, 2026. The roles are names: a ledger knows accounts by any name. */
export const MAINNET: RewardsConfig = {
  calculationIntervalSeconds: 86_400n,
  maxRewardsDuration: 63_072_000n,
  maxRetroactiveLength: 14_515_200n,
  maxFutureLength: 2_592_000n,
  genesisRewardsTimestamp: 1_710_979_200n,
  activationDelay: 604_800n,
  defaultOperatorSplitBips: 1_000n,
  owner: 'owner',
  rewardsUpdater: 'rewardsUpdater',
  feeRecipient: 'feeRecipient',
  rewardsForAllSubmitters: ['EmissionsController'],
  emissions: {
    contract: 'EmissionsController',
    backingToken: 'bEIGEN',
    token: 'EIGEN',
    inflationRate: 2_356_969_864_211_533_000_000_000n,
    startTime: 1_773_878_400n,
    epochLength: 604_800n,
    incentiveCouncil: 'incentiveCouncil',
  },
};

const MAX_UINT32 = 0xffff_ffffn;
/** The cadence of snapshots. @unit s */
const DAY = 86_400n;

/** Fields that may be given: each that is left out is mainnet's. */
export type Given = Partial<Omit<RewardsConfig, 'emissions'>> & { readonly emissions?: Partial<EmissionsConfig> };

/**
 * The configuration with mainnet's values where `given` is silent.
 *
 * @throws input.*, eigenlayer.bad-id, eigenlayer.not-aligned - as the constructors of both contracts refuse
 * @source eigenlayer-contracts src/contracts/core/storage/RewardsCoordinatorStorage.sol, EmissionsControllerStorage.sol constructor
 */
export function config(given: Given = {}): RewardsConfig {
  Check.object(given, 'rewards');
  if (given.emissions !== undefined) Check.object(given.emissions, 'rewards.emissions');
  const all: RewardsConfig = { ...MAINNET, ...given, emissions: { ...MAINNET.emissions, ...given.emissions } };
  for (const field of ['maxRewardsDuration', 'maxRetroactiveLength', 'maxFutureLength', 'activationDelay'] as const)
    Check.bigInteger(all[field], `rewards.${field}`, 0n, MAX_UINT32);
  aligned(
    Check.bigInteger(all.calculationIntervalSeconds, 'rewards.calculationIntervalSeconds', 1n, MAX_UINT32),
    DAY,
    'calculationIntervalSeconds',
  );
  const genesis = Check.bigInteger(all.genesisRewardsTimestamp, 'rewards.genesisRewardsTimestamp', 0n, MAX_UINT32);
  aligned(genesis, all.calculationIntervalSeconds, 'genesisRewardsTimestamp');
  Check.bigInteger(all.defaultOperatorSplitBips, 'rewards.defaultOperatorSplitBips', 0n, WHOLE_BIPS);
  for (const field of ['owner', 'rewardsUpdater', 'feeRecipient'] as const) id(all[field], `rewards.${field}`);
  Check.list(all.rewardsForAllSubmitters, 'rewards.rewardsForAllSubmitters').forEach((submitter, i) => {
    id(submitter, `rewards.rewardsForAllSubmitters[${i}]`);
  });
  checkEmissions(all.emissions, all.calculationIntervalSeconds);
  return all;
}

function checkEmissions(emissions: EmissionsConfig, interval: bigint): void {
  for (const field of ['contract', 'backingToken', 'token', 'incentiveCouncil'] as const)
    id(emissions[field], `rewards.emissions.${field}`);
  Check.bigInteger(emissions.inflationRate, 'rewards.emissions.inflationRate', 0n, MAX_REWARDS_AMOUNT);
  aligned(Check.bigInteger(emissions.startTime, 'rewards.emissions.startTime', 0n, MAX_UINT32), interval, 'emissions.startTime');
  aligned(Check.bigInteger(emissions.epochLength, 'rewards.emissions.epochLength', 1n, MAX_UINT32), interval, 'emissions.epochLength');
}

function aligned(value: bigint, multipleOf: bigint, name: string): void {
  if (value % multipleOf === 0n) return;
  const field = `rewards.${name}`;
  fail<Reason>(
    { code: 'eigenlayer.not-aligned', field, multipleOf: multipleOf.toString(), got: value.toString() },
    `${field}: expected a multiple of ${multipleOf}, got ${value}`,
  );
}

function id(value: string, field: string): void {
  if (ID.test(Check.text(value, field))) return;
  const got = value.length > 40 ? `${value.length} characters` : JSON.stringify(value);
  fail<Reason>({ code: 'eigenlayer.bad-id', field, got }, `${field}: expected 1..80 visible characters without | and :, got ${got}`);
}
