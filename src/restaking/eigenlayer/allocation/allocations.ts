// What an operator allocates to operator sets: reading with matured modifications applied, writing, clearing the queue of deallocations.
// Implements the internal rules of eigenlayer-contracts src/contracts/core/AllocationManager.sol (_getUpdatedAllocation, _updateAllocationInfo,
// _clearDeallocationQueue) and AllocationManagerView.sol (_getFreeAndUsedMagnitude).
import { PairKeys } from '../../state/keys.ts';
import { minus, require } from '../../state/Revert.ts';
import type { State } from '../ledger/state.ts';
import type { Allocation } from './allocationStorage.ts';
import { maxMagnitude, stakeKey } from './magnitudes.ts';

export { allocationDelay } from './allocationDelay.ts';

/** An allocation, and what the operator holds in the strategy over all sets, as they are in this block. @unit 1e-18 */
export type Magnitudes = Allocation & { readonly maxMagnitude: bigint; readonly encumberedMagnitude: bigint };

const NONE: Allocation = { currentMagnitude: 0n, pendingDiff: 0n, effectBlock: 0n };
const MAX_UINT64 = (1n << 64n) - 1n;

const memberKeys = new PairKeys();
const allocationKeys = new PairKeys();

/** `operator|avs:id`. */
function memberKey(operator: string, setKey: string): string {
  return memberKeys.of(operator, setKey);
}

/** `operator|avs:id|strategy`. */
function allocationKey(operator: string, setKey: string, strategy: string): string {
  return allocationKeys.of(memberKey(operator, setKey), strategy);
}

/** Magnitudes are uint64, differences signed. @throws ledger.reverted - the SafeCast error */
export function plusDiff(magnitude: bigint, diff: bigint): bigint {
  const sum = magnitude + diff;
  // Below 0 it wraps around to a large number before it is cast.
  require(sum >= 0n && sum <= MAX_UINT64, "Error(SafeCast: value doesn't fit in 64 bits)");
  return sum;
}

/** Whether the set can slash the operator: it is registered, or left at most the deallocation delay ago. */
export function isOperatorSlashable(state: State, operator: string, setKey: string): boolean {
  const registration = state.allocation.registrations.get(memberKey(operator, setKey));
  return registration !== undefined && (registration.isRegistered || state.block <= registration.slashableUntil);
}

/** The allocation as if a modification whose block has come had been completed. Writes nothing. */
export function updatedAllocation(state: State, operator: string, setKey: string, strategy: string): Magnitudes {
  const stored = state.allocation.allocations.get(allocationKey(operator, setKey, strategy)) ?? NONE;
  const encumberedMagnitude = storedEncumbered(state, operator, strategy);
  const max = maxMagnitude(state, operator, strategy);
  if (state.block < stored.effectBlock) return { ...stored, maxMagnitude: max, encumberedMagnitude };
  const { currentMagnitude, pendingDiff } = stored;
  return {
    currentMagnitude: plusDiff(currentMagnitude, pendingDiff),
    pendingDiff: 0n,
    effectBlock: 0n,
    maxMagnitude: max,
    // An allocation was counted when it was made.
    encumberedMagnitude: pendingDiff < 0n ? plusDiff(encumberedMagnitude, pendingDiff) : encumberedMagnitude,
  };
}

/** Stores an allocation and what is encumbered, and keeps the lists of allocated sets and strategies. The max magnitude is not written. */
export function writeAllocation(state: State, operator: string, setKey: string, strategy: string, after: Magnitudes): void {
  const { currentMagnitude, pendingDiff, effectBlock, encumberedMagnitude } = after;
  const { allocations, encumberedMagnitudes, allocatedSets, allocatedStrategies } = state.allocation;
  if (encumberedMagnitude !== storedEncumbered(state, operator, strategy))
    encumberedMagnitudes.set(stakeKey(operator, strategy), encumberedMagnitude);
  const lists = memberKey(operator, setKey);
  allocations.set(allocationKey(operator, setKey, strategy), { currentMagnitude, pendingDiff, effectBlock });
  if (pendingDiff !== 0n) {
    allocatedStrategies.add(lists, strategy);
    allocatedSets.add(operator, setKey);
  } else if (currentMagnitude === 0n) {
    allocatedStrategies.remove(lists, strategy);
    if (allocatedStrategies.size(lists) === 0) allocatedSets.remove(operator, setKey);
  }
}

/** Completes up to `limit` deallocations, oldest first, until one whose block has not come. */
export function clearDeallocations(state: State, operator: string, strategy: string, limit: bigint): void {
  const queue = stakeKey(operator, strategy);
  const { deallocationQueues } = state.allocation;
  for (let cleared = 0n; cleared < limit; cleared++) {
    const setKey = deallocationQueues.at(queue, 0);
    if (setKey === undefined) return;
    const updated = updatedAllocation(state, operator, setKey, strategy);
    if (state.block < updated.effectBlock) return;
    writeAllocation(state, operator, setKey, strategy, updated);
    deallocationQueues.popFront(queue);
  }
}

/** What all sets hold of the operator's magnitude, deallocations whose block has come left out. @unit 1e-18 */
export function encumberedMagnitude(state: State, operator: string, strategy: string): bigint {
  const queue = stakeKey(operator, strategy);
  const { deallocationQueues, allocations } = state.allocation;
  let encumbered = storedEncumbered(state, operator, strategy);
  for (let i = 0; ; i++) {
    const setKey = deallocationQueues.at(queue, i);
    if (setKey === undefined) return encumbered;
    const { pendingDiff, effectBlock } = allocations.get(allocationKey(operator, setKey, strategy)) ?? NONE;
    if (state.block < effectBlock) return encumbered;
    encumbered = plusDiff(encumbered, pendingDiff);
  }
}

/** What the operator can still allocate. @unit 1e-18 */
export function allocatableMagnitude(state: State, operator: string, strategy: string): bigint {
  return minus(maxMagnitude(state, operator, strategy), encumberedMagnitude(state, operator, strategy));
}

function storedEncumbered(state: State, operator: string, strategy: string): bigint {
  return state.allocation.encumberedMagnitudes.get(stakeKey(operator, strategy)) ?? 0n;
}
