// How much of an operator's stake a set can slash.
// Implements eigenlayer-contracts src/contracts/core/AllocationManagerView.sol getMinimumSlashableStake, getAllocatedStake,
// isOperatorRedistributable. Sets are named by their key `avs:id`.
import { isOperatorSlashable, plusDiff, updatedAllocation } from './allocation/allocations.ts';
import { operatorShares } from './delegation/delegatedShares.ts';
import type { State } from './ledger/state.ts';
import { divDown, mulDown } from './SlashingLib.ts';

/**
 * The least that the set can slash between now and `futureBlock`: deallocations that take effect by then are left out, allocations do not
 * count before they are in force. It does not foresee a deregistration, nor does it ask whether the set still has the strategy.
 *
 * @returns operator shares; 0 when the set cannot slash the operator now
 * @source eigenlayer-contracts src/contracts/core/AllocationManagerView.sol getMinimumSlashableStake
 */
export function minimumSlashableStake(ledger: State, operator: string, setKey: string, strategy: string, futureBlock: bigint): bigint {
  return isOperatorSlashable(ledger, operator, setKey) ? allocatedStakeAt(ledger, operator, setKey, strategy, futureBlock) : 0n;
}

/**
 * The operator's shares that are allocated to the set now, slashable or not.
 *
 * @returns operator shares
 * @source eigenlayer-contracts src/contracts/core/AllocationManagerView.sol getAllocatedStake
 */
export function allocatedStake(ledger: State, operator: string, setKey: string, strategy: string): bigint {
  return allocatedStakeAt(ledger, operator, setKey, strategy, ledger.block);
}

/**
 * Whether a redistributing set can slash the operator, among those where it is registered or has an allocation.
 *
 * @source eigenlayer-contracts src/contracts/core/AllocationManagerView.sol isOperatorRedistributable
 */
export function isOperatorRedistributable(ledger: State, operator: string): boolean {
  const { registeredSets, allocatedSets, operatorSets } = ledger.allocation;
  return [...registeredSets.values(operator), ...allocatedSets.values(operator)].some(
    (key) => isOperatorSlashable(ledger, operator, key) && typeof operatorSets.get(key)?.redistributionRecipient === 'string',
  );
}

function allocatedStakeAt(state: State, operator: string, setKey: string, strategy: string, futureBlock: bigint): bigint {
  const { maxMagnitude, currentMagnitude, pendingDiff, effectBlock } = updatedAllocation(state, operator, setKey, strategy);
  if (maxMagnitude === 0n) return 0n;
  const isReleased = pendingDiff < 0n && effectBlock <= futureBlock;
  const magnitude = isReleased ? plusDiff(currentMagnitude, pendingDiff) : currentMagnitude;
  return mulDown(operatorShares(state, operator, strategy), divDown(magnitude, maxMagnitude));
}
