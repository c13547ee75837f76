// Shares that were slashed and wait to be burned or redistributed; for native ETH only a counter.
// Implements eigenlayer-contracts StrategyManager and EigenPodManager increaseBurnOrRedistributableShares.

import { plus } from '../../state/checkedArithmetic.ts';
import { require } from '../../state/Revert.ts';
import { BEACON } from '../Config.ts';
import { blockAfter } from '../ledger/blocks.ts';
import type { State } from '../ledger/state.ts';

/** Where slashed shares of a set without recipient go. */
export const BURN_ADDRESS = '0x00000000000000000000000000000000000E16E4';

/** The name of the only set in `pendingOperatorSets`. */
export const PENDING = 'all';

/** Whether the profile makes slashed shares wait (ELIP-016). */
export function hasResolutionDelay(state: State): boolean {
  return state.config.profile !== 'v1.12.0';
}

/** Adds what one slash took of one strategy; 0 is an entry too. @throws ledger.reverted - StrategyAlreadyInSlash */
export function recordSlashedShares(state: State, setKey: string, slashId: bigint, strategy: string, shares: bigint): void {
  if (strategy === BEACON) {
    state.pods.numbers.set('burnableETHShares', plus(state.pods.numbers.get('burnableETHShares') ?? 0n, shares));
    return;
  }
  const { slashed, slashedShares, pendingSlashes, pendingOperatorSets, resolutionBlocks } = state.strategies;
  const slash = `${setKey}|${slashId}`;
  require(slashed.add(slash, strategy), 'StrategyAlreadyInSlash');
  slashedShares.set(`${slash}|${strategy}`, shares);
  pendingOperatorSets.add(PENDING, setKey);
  const isFirst = pendingSlashes.add(setKey, String(slashId));
  if (isFirst && hasResolutionDelay(state)) resolutionBlocks.set(slash, blockAfter(state, state.config.slashResolutionDelayBlocks));
}

/** Takes the entry of a strategy out of a slash; with its last entry the slash is over. @returns its shares, 0 when there is none */
export function takeSlashedShares(state: State, setKey: string, slashId: bigint, strategy: string): bigint {
  const { slashed, slashedShares, pendingSlashes, pendingOperatorSets, resolutionBlocks } = state.strategies;
  const slash = `${setKey}|${slashId}`;
  const shares = slashedShares.get(`${slash}|${strategy}`) ?? 0n;
  slashed.remove(slash, strategy);
  slashedShares.delete(`${slash}|${strategy}`);
  if (slashed.size(slash) === 0) {
    pendingSlashes.remove(setKey, String(slashId));
    resolutionBlocks.delete(slash);
    if (pendingSlashes.size(setKey) === 0) pendingOperatorSets.remove(PENDING, setKey);
  }
  return shares;
}
