// What a ledger is set up with: the version of the contracts, their delays, the strategies. Mainnet's values are the defaults.
// Sources: Layr-Labs/eigenlayer-contracts-zeus-metadata deploys/mainnet/parameters.json, eigenlayer-contracts script/configs/mainnet.json,
// eigenfoundation/ELIPs ELIP-016 (slash resolution delay), ELIP-019 (v1.13.1).
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';
import { ID, MAX_UINT256 } from '../state/schemas.ts';
import * as RewardsConfig from './RewardsConfig.ts';

/** Deployed versions that account differently. */
export const PROFILES = ['v1.12.0', 'v1.13.0', 'v1.13.1'] as const;
export type Profile = (typeof PROFILES)[number];

/** The pseudo-strategy of native ETH. It comes after all others, unless one has a higher address. */
export const BEACON = 'BEACON';

/** How vaults differ. */
export const KINDS = ['base', 'tvl', 'eigen'] as const;

/**
 * A vault. All keep shares alike; a `tvl` vault has caps, an `eigen` vault wraps its token one to one around the same arithmetic. A
 * `base` vault can become a duration vault (DurationVaultStrategy.initialize).
 */
export type StrategyConfig = {
  readonly id: string;
  readonly kind?: (typeof KINDS)[number];
  /** Only for `tvl`. @unit token wei */
  readonly maxPerDeposit?: bigint;
  readonly maxTotalDeposits?: bigint;
};

export type Config = {
  readonly profile: Profile;
  /** DelegationManager.minWithdrawalDelayBlocks: how long a queued withdrawal waits and stays slashable. */
  readonly withdrawalDelayBlocks: bigint;
  /** AllocationManager.DEALLOCATION_DELAY. */
  readonly deallocationDelayBlocks: bigint;
  /** AllocationManager.ALLOCATION_CONFIGURATION_DELAY: for a changed allocation delay and for a changed slasher. */
  readonly configurationDelayBlocks: bigint;
  /** From v1.13.0: how long slashed shares wait before they can be burned or redistributed. */
  readonly slashResolutionDelayBlocks: bigint;
  readonly startBlock: bigint;
  /** @unit s */
  readonly startTime: bigint;
  /** Ascending by address, as listed. BEACON is always there: after all names, and among addresses where its own is. */
  readonly strategies: readonly StrategyConfig[];
  /** Of RewardsCoordinator and EmissionsController. */
  readonly rewards: RewardsConfig.RewardsConfig;
};

/** What may be given: each that is left out is mainnet's. */
export type Given = Partial<Omit<Config, 'strategies' | 'rewards'>> &
  Pick<Config, 'strategies'> & { readonly rewards?: RewardsConfig.Given };

export type Reason =
  | RewardsConfig.Reason
  | { readonly code: 'eigenlayer.unknown-profile'; readonly got: string }
  | { readonly code: 'eigenlayer.unknown-kind' | 'eigenlayer.unused-field'; readonly field: string; readonly got: string }
  | { readonly code: 'eigenlayer.unknown-field'; readonly field: string }
  | { readonly code: 'eigenlayer.duplicate-strategy'; readonly field: string; readonly strategy: string };

/** Mainnet: 14 days, 14 days, 17.5 days, 7 days. @unit blocks of 12 s */
export const MAINNET: Omit<Config, 'strategies'> = {
  profile: 'v1.13.1',
  withdrawalDelayBlocks: 100_800n,
  deallocationDelayBlocks: 100_800n,
  configurationDelayBlocks: 126_000n,
  slashResolutionDelayBlocks: 50_400n,
  startBlock: 22_500_000n,
  startTime: 1_746_600_000n,
  rewards: RewardsConfig.MAINNET,
};

/** Blocks are uint32 where the contracts store them. */
export const MAX_BLOCK = 0xffff_ffffn;
const MAX_TIME = 0xffff_ffff_ffn;

const BLOCKS = [
  'withdrawalDelayBlocks',
  'deallocationDelayBlocks',
  'configurationDelayBlocks',
  'slashResolutionDelayBlocks',
  'startBlock',
] as const;

/**
 * The configuration with mainnet's values where `given` is silent.
 *
 * @throws input.*, eigenlayer.unknown-field, eigenlayer.unknown-profile, eigenlayer.unknown-kind, eigenlayer.unused-field,
 *   eigenlayer.bad-id, eigenlayer.duplicate-strategy, eigenlayer.not-aligned
 */
export function config(given: Given): Config {
  onlyFields(Check.object(given, 'config'), { ...MAINNET, strategies: [] }, '');
  const all = { ...MAINNET, ...defined(given) };
  const { profile } = all;
  if (!PROFILES.includes(profile))
    fail<Reason>({ code: 'eigenlayer.unknown-profile', got: String(profile) }, `profile: expected one of ${PROFILES.join(', ')}`);
  for (const field of BLOCKS) Check.bigInteger(all[field], field, 0n, MAX_BLOCK);
  const { withdrawalDelayBlocks, deallocationDelayBlocks, configurationDelayBlocks, slashResolutionDelayBlocks, startBlock } = all;
  const seen = new Set<string>([BEACON]);
  return {
    profile,
    withdrawalDelayBlocks,
    deallocationDelayBlocks,
    configurationDelayBlocks,
    slashResolutionDelayBlocks,
    startBlock,
    startTime: Check.bigInteger(all.startTime, 'startTime', 0n, MAX_TIME),
    strategies: Check.list(all.strategies, 'strategies').map((one, i) => {
      const checked = strategy(Check.object(one, `strategies[${i}]`), `strategies[${i}]`);
      const field = `strategies[${i}].id`;
      if (seen.has(checked.id))
        fail<Reason>({ code: 'eigenlayer.duplicate-strategy', field, strategy: checked.id }, `${field}: ${checked.id} is there already`);
      seen.add(checked.id);
      return checked;
    }),
    rewards: rewards(all.rewards),
  };
}

function rewards(given: RewardsConfig.Given): RewardsConfig.RewardsConfig {
  onlyFields(Check.object(given, 'rewards'), RewardsConfig.MAINNET, 'rewards.');
  if (given.emissions !== undefined)
    onlyFields(Check.object(given.emissions, 'rewards.emissions'), RewardsConfig.MAINNET.emissions, 'rewards.emissions.');
  const checked = RewardsConfig.config(defined(given));
  return { ...checked, rewardsForAllSubmitters: [...checked.rewardsForAllSubmitters] };
}

function strategy(given: StrategyConfig, at: string): StrategyConfig {
  onlyFields(given, { id: '', kind: '', maxPerDeposit: 0n, maxTotalDeposits: 0n }, `${at}.`);
  const { id: name, kind, maxPerDeposit, maxTotalDeposits } = given;
  id(name, `${at}.id`);
  if (kind !== undefined && !KINDS.includes(kind)) {
    const got = Check.text(kind, `${at}.kind`);
    fail<Reason>({ code: 'eigenlayer.unknown-kind', field: `${at}.kind`, got }, `${at}.kind: expected one of ${KINDS.join(', ')}`);
  }
  const caps = defined({ maxPerDeposit, maxTotalDeposits });
  for (const [field, value] of Object.entries(caps)) {
    Check.bigInteger(value, `${at}.${field}`, 0n, MAX_UINT256);
    if (kind !== 'tvl')
      fail<Reason>(
        { code: 'eigenlayer.unused-field', field: `${at}.${field}`, got: `${value}` },
        `${at}.${field}: only a tvl vault has it`,
      );
  }
  return { id: name, ...(kind === undefined ? {} : { kind }), ...caps };
}

/** A field of another name would be mainnet's without a word. @throws eigenlayer.unknown-field */
function onlyFields(given: object, known: object, at: string): void {
  for (const name of Object.keys(given)) {
    const field = `${at}${name}`.slice(0, 80);
    if (!Object.hasOwn(known, name)) fail<Reason>({ code: 'eigenlayer.unknown-field', field }, `${field}: no such field`);
  }
}

/** Without what is undefined. */
function defined<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

/** A name or an address: 1..80 visible ASCII characters, without `|` and `:`. @throws input.not-text, eigenlayer.bad-id */
export function id(value: string, field: string): string {
  if (!ID.test(Check.text(value, field))) {
    const got = value.length > 40 ? `${value.length} characters` : JSON.stringify(value);
    fail<Reason>({ code: 'eigenlayer.bad-id', field, got }, `${field}: expected 1..80 visible characters without | and :, got ${got}`);
  }
  return value;
}
