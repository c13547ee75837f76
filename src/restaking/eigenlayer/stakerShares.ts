// What a staker holds: deposit shares and scaling factors of token strategies, in the order of the contract's list.
// Implements eigenlayer-contracts StrategyManager._addShares, _removeDepositShares and the stored DepositScalingFactor.
import { require, revert } from '../state/Revert.ts';
import { plus } from './arithmetic.ts';
import { BEACON } from './Config.ts';
import type { Holding, Staker } from './delegationStorage.ts';
import * as DurationVaults from './durationVaults.ts';
import { WAD } from './SlashingLib.ts';
import type { State } from './state.ts';

/** StrategyManager.MAX_STAKER_STRATEGY_LIST_LENGTH; native shares do not count. */
export const MAX_STRATEGIES = 32;

const NOBODY: Staker = { operator: null, holdings: [], beaconScalingFactor: WAD, nonce: 0n };

/** The record of a staker, also of one that nobody heard of yet. */
export function staker(state: State, id: string): Staker {
  return state.delegation.stakers.get(id) ?? NOBODY;
}

/** Deposit shares of a token strategy. */
export function depositShares(state: State, id: string, strategy: string): bigint {
  return holding(staker(state, id), strategy)?.depositShares ?? 0n;
}

/** A staker's record as it will be: whoever changes it last writes it, so that an operation writes it once. */
export type Added = { readonly record: Staker; readonly prevDepositShares: bigint; readonly addedShares: bigint };

/**
 * A staker with more shares of a token strategy; nothing is written yet.
 *
 * @throws ledger.reverted - SharesAmountZero, those of duration vaults, MaxStrategiesExceeded
 */
export function withShares(state: State, id: string, strategy: string, shares: bigint): Added {
  require(shares !== 0n, 'SharesAmountZero');
  DurationVaults.beforeAddShares(state, id, strategy, shares);
  const before = staker(state, id);
  const held = holding(before, strategy);
  if (held !== undefined) {
    const record = withHolding(before, { ...held, depositShares: plus(held.depositShares, shares) });
    return { record, prevDepositShares: held.depositShares, addedShares: shares };
  }
  require(before.holdings.length < MAX_STRATEGIES, 'MaxStrategiesExceeded');
  // Where nothing is held the stored factor was reset: it is WAD.
  const holdings = [...before.holdings, { strategy, depositShares: shares, depositScalingFactor: WAD }];
  return { record: { ...before, holdings }, prevDepositShares: 0n, addedShares: shares };
}

/**
 * A staker with fewer shares of a token strategy; the last one takes the strategy off the list, and its scaling factor with it. Nothing is
 * written yet.
 *
 * @throws ledger.reverted - SharesAmountZero, SharesAmountTooHigh, those of duration vaults
 */
export function withoutShares(state: State, before: Staker, strategy: string, shares: bigint): Staker {
  require(shares !== 0n, 'SharesAmountZero');
  const held = holding(before, strategy);
  if (held === undefined || shares > held.depositShares) return revert('SharesAmountTooHigh');
  DurationVaults.beforeRemoveShares(state, strategy);
  if (shares < held.depositShares) return withHolding(before, { ...held, depositShares: held.depositShares - shares });
  return { ...before, holdings: without(before.holdings, strategy) };
}

/** The deposit scaling factor, WAD where nothing is stored. */
export function scalingFactor(record: Staker, strategy: string): bigint {
  if (strategy === BEACON) return record.beaconScalingFactor;
  return holding(record, strategy)?.depositScalingFactor ?? WAD;
}

/** A staker with another scaling factor; one of a token strategy that is not held has nowhere to stay. */
export function withScalingFactor(before: Staker, strategy: string, depositScalingFactor: bigint): Staker {
  if (strategy === BEACON) {
    return before.beaconScalingFactor === depositScalingFactor ? before : { ...before, beaconScalingFactor: depositScalingFactor };
  }
  const held = holding(before, strategy);
  return held === undefined || held.depositScalingFactor === depositScalingFactor
    ? before
    : withHolding(before, { ...held, depositScalingFactor });
}

function holding(record: Staker, strategy: string): Holding | undefined {
  return record.holdings.find((held) => held.strategy === strategy);
}

function withHolding(before: Staker, after: Holding): Staker {
  const holdings = before.holdings.map((held) => (held.strategy === after.strategy ? after : held));
  return { ...before, holdings };
}

/** The last moves into the hole. */
function without(holdings: readonly Holding[], strategy: string): readonly Holding[] {
  const at = holdings.findIndex((held) => held.strategy === strategy);
  const last = holdings.at(-1);
  return holdings.slice(0, -1).map((held, i) => (i === at && last !== undefined ? last : held));
}
