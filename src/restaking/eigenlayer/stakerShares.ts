// What a staker holds: deposit shares and scaling factors of token strategies, in the order of the contract's list.
// Implements eigenlayer-contracts StrategyManager._addShares, _removeDepositShares and the stored DepositScalingFactor.
import { require, revert } from '../state/Revert.ts';
import { plus } from './arithmetic.ts';
import { BEACON } from './Config.ts';
import type { Holding, Staker } from './delegationStorage.ts';
import { WAD } from './SlashingLib.ts';
import type { State } from './state.ts';
import * as Hooks from './strategyHooks.ts';

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

/**
 * Gives a staker shares of a token strategy.
 *
 * @returns deposit shares before, and those added
 * @throws ledger.reverted - SharesAmountZero, MaxStrategiesExceeded
 */
export function addShares(state: State, id: string, strategy: string, shares: bigint): { prevDepositShares: bigint; addedShares: bigint } {
  require(shares !== 0n, 'SharesAmountZero');
  Hooks.beforeAddShares(state, id, strategy, shares);
  const before = staker(state, id);
  const held = holding(before, strategy);
  const prevDepositShares = held?.depositShares ?? 0n;
  if (held === undefined) require(before.holdings.length < MAX_STRATEGIES, 'MaxStrategiesExceeded');
  // Where nothing is held the stored factor was reset: it is WAD.
  const depositScalingFactor = held?.depositScalingFactor ?? WAD;
  write(state, id, before, { strategy, depositShares: plus(prevDepositShares, shares), depositScalingFactor });
  return { prevDepositShares, addedShares: shares };
}

/**
 * Takes shares of a token strategy away; the last one takes the strategy off the list.
 *
 * @returns what is left
 * @throws ledger.reverted - SharesAmountZero, SharesAmountTooHigh
 */
export function removeDepositShares(state: State, id: string, strategy: string, shares: bigint): bigint {
  require(shares !== 0n, 'SharesAmountZero');
  const before = staker(state, id);
  const held = holding(before, strategy);
  if (held === undefined || shares > held.depositShares) return revert('SharesAmountTooHigh');
  Hooks.beforeRemoveShares(state, id, strategy, shares);
  const left = held.depositShares - shares;
  if (left > 0n) write(state, id, before, { ...held, depositShares: left });
  else state.delegation.stakers.set(id, { ...before, holdings: without(before.holdings, strategy) });
  return left;
}

/** The deposit scaling factor, WAD where nothing is stored. */
export function scalingFactor(record: Staker, strategy: string): bigint {
  if (strategy === BEACON) return record.beaconScalingFactor;
  return holding(record, strategy)?.depositScalingFactor ?? WAD;
}

export function setScalingFactor(state: State, id: string, strategy: string, depositScalingFactor: bigint): void {
  const before = staker(state, id);
  if (strategy === BEACON) {
    state.delegation.stakers.set(id, { ...before, beaconScalingFactor: depositScalingFactor });
    return;
  }
  const held = holding(before, strategy);
  // A token strategy that is not held has no factor: the last withdrawal resets it.
  if (held !== undefined && held.depositScalingFactor !== depositScalingFactor) write(state, id, before, { ...held, depositScalingFactor });
}

function holding(record: Staker, strategy: string): Holding | undefined {
  return record.holdings.find((held) => held.strategy === strategy);
}

function write(state: State, id: string, before: Staker, after: Holding): void {
  const at = before.holdings.findIndex((held) => held.strategy === after.strategy);
  const holdings = at === -1 ? [...before.holdings, after] : replaced(before.holdings, at, after);
  state.delegation.stakers.set(id, { ...before, holdings });
}

/** The last moves into the hole. */
function without(holdings: readonly Holding[], strategy: string): readonly Holding[] {
  const at = holdings.findIndex((held) => held.strategy === strategy);
  const last = holdings.at(-1);
  return last === undefined || at === -1 ? holdings : replaced(holdings, at, last).slice(0, -1);
}

function replaced(holdings: readonly Holding[], at: number, holding: Holding): Holding[] {
  const copy = holdings.slice();
  copy[at] = holding;
  return copy;
}
