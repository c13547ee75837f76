// An operator gives an operator set more or less of its magnitude.
// Implements the body of eigenlayer-contracts src/contracts/core/AllocationManager.sol modifyAllocations.
import { require } from '../../state/Revert.ts';
import { blockAfter } from '../ledger/blocks.ts';
import type { State } from '../ledger/state.ts';
import { clearDeallocations, isOperatorSlashable, type Magnitudes, plusDiff, updatedAllocation, writeAllocation } from './allocations.ts';
import { stakeKey } from './magnitudes.ts';
import { operatorSet } from './operatorSets.ts';

/** New magnitudes in one operator set. */
export type Change = {
  readonly setKey: string;
  readonly strategies: readonly string[];
  /** @unit 1e-18 */
  readonly newMagnitudes: readonly bigint[];
};

/** More than any queue holds: uint16. */
const ALL = 65_535n;

/**
 * @param delay the operator's allocation delay; @unit blocks
 * @throws ledger.reverted - InputArrayLengthMismatch, InvalidOperatorSet, ModificationAlreadyPending, SameMagnitude, InsufficientMagnitude,
 *   Panic(0x11), the SafeCast error
 */
export function changeAllocations(state: State, operator: string, { setKey, strategies, newMagnitudes }: Change, delay: bigint): void {
  require(strategies.length === newMagnitudes.length, 'InputArrayLengthMismatch');
  operatorSet(state, setKey);
  const isSlashableBySet = isOperatorSlashable(state, operator, setKey);
  strategies.forEach((strategy, i) => {
    // Deallocations that are over free magnitude for this change.
    clearDeallocations(state, operator, strategy, ALL);
    const before = updatedAllocation(state, operator, setKey, strategy);
    require(before.effectBlock === 0n, 'ModificationAlreadyPending');
    const diff = (newMagnitudes[i] ?? 0n) - before.currentMagnitude;
    require(diff !== 0n, 'SameMagnitude');
    // Something is allocated when it shrinks.
    const isSlashable = isSlashableBySet && state.allocation.setStrategies.has(setKey, strategy);
    if (diff < 0n && isSlashable) state.allocation.deallocationQueues.pushBack(stakeKey(operator, strategy), setKey);
    const after = diff > 0n ? increased(state, before, diff, delay) : decreased(state, before, diff, isSlashable);
    writeAllocation(state, operator, setKey, strategy, after);
  });
}

/** Encumbered at once, slashable after the operator's allocation delay. */
function increased(state: State, before: Magnitudes, diff: bigint, delay: bigint): Magnitudes {
  const encumberedMagnitude = plusDiff(before.encumberedMagnitude, diff);
  require(encumberedMagnitude <= before.maxMagnitude, 'InsufficientMagnitude');
  return { ...before, encumberedMagnitude, pendingDiff: diff, effectBlock: blockAfter(state, delay) };
}

/** What could be slashed stays slashable for the deallocation delay; anything else is free at once. */
function decreased(state: State, before: Magnitudes, diff: bigint, isSlashable: boolean): Magnitudes {
  if (isSlashable) return { ...before, pendingDiff: diff, effectBlock: blockAfter(state, state.config.deallocationDelayBlocks + 1n) };
  return {
    ...before,
    encumberedMagnitude: plusDiff(before.encumberedMagnitude, diff),
    currentMagnitude: before.currentMagnitude + diff,
    effectBlock: state.block,
  };
}
