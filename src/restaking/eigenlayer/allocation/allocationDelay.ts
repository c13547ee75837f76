// How long an operator's new allocations wait before they become slashable. The delay itself changes with a delay; at registration at once.
// Implements eigenlayer-contracts src/contracts/core/AllocationManager.sol _setAllocationDelay and getAllocationDelay.
import { blockAfter } from '../ledger/blocks.ts';
import type { State } from '../ledger/state.ts';

/** `isSet`: whether the operator ever had one in force; without, it cannot allocate. @unit blocks */
export type DelayInForce = { readonly isSet: boolean; readonly delay: bigint };

/** The delay in this block. */
export function allocationDelay(state: State, operator: string): DelayInForce {
  const stored = state.allocation.allocationDelays.get(operator);
  if (stored === undefined) return { isSet: false, delay: 0n };
  const hasMatured = stored.effectBlock !== 0n && state.block >= stored.effectBlock;
  return hasMatured ? { isSet: true, delay: stored.pendingDelay } : { isSet: stored.isSet, delay: stored.delay };
}

/** At registration: in force at once. */
export function initAllocationDelay(state: State, operator: string, delay: bigint): void {
  state.allocation.allocationDelays.set(operator, { delay, isSet: true, pendingDelay: delay, effectBlock: state.block });
}

/** Later: in force after the configuration delay, counted from now. One that waits and has not matured is forgotten. */
export function changeAllocationDelay(state: State, operator: string, pendingDelay: bigint): void {
  const effectBlock = blockAfter(state, state.config.configurationDelayBlocks + 1n);
  state.allocation.allocationDelays.set(operator, { ...allocationDelay(state, operator), pendingDelay, effectBlock });
}
