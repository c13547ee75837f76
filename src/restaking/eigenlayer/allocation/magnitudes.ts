// How much of an operator's stake in a strategy slashing has left: the max magnitude, a fraction of WAD that only falls.
// Implements eigenlayer-contracts AllocationManager.getMaxMagnitude and getMaxMagnitudesAtBlock.
import { PairKeys } from '../../state/keys.ts';
import * as Snapshots from '../../state/snapshots.ts';
import type { State } from '../ledger/state.ts';
import { WAD } from '../SlashingLib.ts';

const keys = new PairKeys();

/** `operator|strategy`, the key of many tables. */
export function stakeKey(operator: string, strategy: string): string {
  return keys.of(operator, strategy);
}

/** WAD for nobody (a staker who is not delegated) and for an operator who was never slashed. */
export function maxMagnitude(state: State, operator: string | null, strategy: string): bigint {
  return operator === null ? WAD : Snapshots.latest(state.allocation.maxMagnitudes.get(stakeKey(operator, strategy)), WAD);
}

/** As it was at the end of `block`. O(log slashes). */
export function maxMagnitudeAt(state: State, operator: string | null, strategy: string, block: bigint): bigint {
  return operator === null ? WAD : Snapshots.at(state.allocation.maxMagnitudes.get(stakeKey(operator, strategy)), block, WAD);
}
