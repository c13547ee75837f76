// What a staker holds: deposit shares and scaling factors of token strategies, in the order of the contract's list.
// Implements eigenlayer-contracts StrategyManager._addShares, _removeDepositShares and the stored DepositScalingFactor.
import { require, revert } from '../../state/Revert.ts';
import { BEACON } from '../Config.ts';
import type { State } from '../ledger/state.ts';
import { WAD } from '../SlashingLib.ts';
import * as DurationVaults from '../strategies/durationVaults.ts';
import type { Holding, Staker } from './delegationStorage.ts';

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

/** Shares on their way to a staker: what the record was before them. Who takes them up writes it. */
export type Added = { readonly record: Staker; readonly prevDepositShares: bigint; readonly addedShares: bigint };

/**
 * Lets a staker get shares of a token strategy; nothing is written yet.
 *
 * @throws ledger.reverted - SharesAmountZero, those of duration vaults, MaxStrategiesExceeded
 */
export function addShares(state: State, id: string, strategy: string, shares: bigint): Added {
  require(shares !== 0n, 'SharesAmountZero');
  DurationVaults.beforeAddShares(state, id, strategy, shares);
  const record = staker(state, id);
  const prevDepositShares = holding(record, strategy)?.depositShares ?? 0n;
  if (prevDepositShares === 0n) require(record.holdings.length < MAX_STRATEGIES, 'MaxStrategiesExceeded');
  return { record, prevDepositShares, addedShares: shares };
}

/** A staker with these deposit shares, which are not 0, and this scaling factor; of native ETH only the factor is kept here. */
export function withShares(before: Staker, strategy: string, depositShares: bigint, depositScalingFactor: bigint): Staker {
  if (strategy === BEACON) return withBeaconFactor(before, depositScalingFactor);
  // Of most holdings it is one whole: the same one, not another big integer for each.
  return withHolding(before, { strategy, depositShares, depositScalingFactor: depositScalingFactor === WAD ? WAD : depositScalingFactor });
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
  if (shares < held.depositShares) {
    const { depositShares, depositScalingFactor } = held;
    return withHolding(before, { strategy, depositShares: depositShares - shares, depositScalingFactor });
  }
  return { ...before, holdings: without(before.holdings, strategy) };
}

/** The deposit scaling factor, WAD where nothing is stored. */
export function scalingFactor(record: Staker, strategy: string): bigint {
  if (strategy === BEACON) return record.beaconScalingFactor;
  return holding(record, strategy)?.depositScalingFactor ?? WAD;
}

/** A staker with another scaling factor of native ETH. */
export function withBeaconFactor(before: Staker, beaconScalingFactor: bigint): Staker {
  return before.beaconScalingFactor === beaconScalingFactor ? before : { ...before, beaconScalingFactor };
}

function holding(record: Staker, strategy: string): Holding | undefined {
  return record.holdings.find((held) => held.strategy === strategy);
}

/** In its place on the list, or at the end. */
function withHolding({ operator, holdings, beaconScalingFactor, nonce }: Staker, after: Holding): Staker {
  const at = holdings.findIndex((held) => held.strategy === after.strategy);
  // Exactly as long as it needs to be: a list that is pushed to keeps room for sixteen more.
  if (at === -1) return { operator, holdings: holdings.concat(after), beaconScalingFactor, nonce };
  const changed = holdings.slice();
  changed[at] = after;
  return { operator, holdings: changed, beaconScalingFactor, nonce };
}

/** The last moves into the hole. */
function without(holdings: readonly Holding[], strategy: string): readonly Holding[] {
  const at = holdings.findIndex((held) => held.strategy === strategy);
  const last = holdings.at(-1);
  return holdings.slice(0, -1).map((held, i) => (i === at && last !== undefined ? last : held));
}
