// What a ledger is set up with: the version of the contracts, their delays, the strategies. Mainnet's values are the defaults.
// Sources: Layr-Labs/eigenlayer-contracts-zeus-metadata deploys/mainnet/parameters.json, eigenlayer-contracts script/configs/mainnet.json,
// eigenfoundation/ELIPs ELIP-016 (slash resolution delay), ELIP-019 (v1.13.1).
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';
import { ID } from '../state/schemas.ts';

/** Deployed versions that account differently. */
export const PROFILES = ['v1.12.0', 'v1.13.0', 'v1.13.1'] as const;
export type Profile = (typeof PROFILES)[number];

/** The pseudo-strategy of native ETH. It comes after all others, as its address does. */
export const BEACON = 'BEACON';

/** A vault. All keep shares alike; a `tvl` vault has caps, an `eigen` vault wraps its token one to one around the same arithmetic. */
export type StrategyConfig = {
  readonly id: string;
  readonly kind?: 'base' | 'tvl' | 'eigen';
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
  /** Ascending by address, as listed; BEACON is always there and always last. */
  readonly strategies: readonly StrategyConfig[];
};

export type Reason =
  | Check.Reason
  | { readonly code: 'eigenlayer.unknown-profile'; readonly got: string }
  | { readonly code: 'eigenlayer.bad-id'; readonly field: string; readonly got: string }
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
};

/** Blocks are uint32 where the contracts store them. */
export const MAX_BLOCK = 0xffff_ffffn;
const MAX_TIME = 0xffff_ffff_ffn;

/**
 * The configuration with mainnet's values where `given` is silent.
 *
 * @throws input.*, eigenlayer.unknown-profile, eigenlayer.bad-id, eigenlayer.duplicate-strategy
 */
export function config(given: Partial<Config> & Pick<Config, 'strategies'>): Config {
  const all: Config = { ...MAINNET, ...given };
  if (!PROFILES.includes(all.profile))
    fail<Reason>({ code: 'eigenlayer.unknown-profile', got: String(all.profile) }, `profile: expected one of ${PROFILES.join(', ')}`);
  for (const field of [
    'withdrawalDelayBlocks',
    'deallocationDelayBlocks',
    'configurationDelayBlocks',
    'slashResolutionDelayBlocks',
  ] as const)
    Check.bigInteger(all[field], field, 0n, MAX_BLOCK);
  Check.bigInteger(all.startBlock, 'startBlock', 0n, MAX_BLOCK);
  Check.bigInteger(all.startTime, 'startTime', 0n, MAX_TIME);
  const seen = new Set<string>([BEACON]);
  Check.list(all.strategies, 'strategies').forEach((strategy, i) => {
    const field = `strategies[${i}].id`;
    id(strategy.id, field);
    if (seen.has(strategy.id))
      fail<Reason>({ code: 'eigenlayer.duplicate-strategy', field, strategy: strategy.id }, `${field}: ${strategy.id} is there already`);
    seen.add(strategy.id);
  });
  return all;
}

/** A name or an address: 1..80 visible ASCII characters, without `|` and `:`. @throws input.not-text, eigenlayer.bad-id */
export function id(value: string, field: string): string {
  if (!ID.test(Check.text(value, field))) {
    const got = value.length > 40 ? `${value.length} characters` : JSON.stringify(value);
    fail<Reason>({ code: 'eigenlayer.bad-id', field, got }, `${field}: expected 1..80 visible characters without | and :, got ${got}`);
  }
  return value;
}
