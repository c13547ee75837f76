// One slash of an operator by an operator set, in one strategy: magnitudes, operator shares, queued withdrawals, what is to be burned.
// Implements eigenlayer-contracts src/contracts/core/AllocationManager.sol _slashOperator.
import { require } from '../../state/Revert.ts';
import * as Snapshots from '../../state/snapshots.ts';
import { slashOperatorShares } from '../delegation/delegatedShares.ts';
import type { State } from '../ledger/state.ts';
import { WAD } from '../SlashingLib.ts';
import { recordSlashedShares } from '../strategies/slashedShares.ts';
import { updatedAllocation, writeAllocation } from './allocations.ts';
import { stakeKey } from './magnitudes.ts';
import { type SlashedMagnitudes, slashMagnitudes } from './slashedMagnitudes.ts';

export type Slash = { readonly operator: string; readonly setKey: string; readonly slashId: bigint };

/** Fractions are of (0, 1]; strategies ascend and are of the set. @throws ledger.reverted - in the order of the checks */
export function checkStrategy(state: State, setKey: string, strategy: string, wad: bigint, previous: string | undefined): void {
  require(previous === undefined || rank(state, strategy) > rank(state, previous), 'StrategiesMustBeInAscendingOrder');
  require(wad > 0n && wad <= WAD, 'InvalidWadToSlash');
  require(state.allocation.setStrategies.has(setKey, strategy), 'StrategyNotInOperatorSet');
}

/**
 * Slashes `wad` of what the set holds of the strategy; nothing happens when it holds nothing. The number of writes does not depend on how
 * many stakers or withdrawals the operator has. The deallocation queue stays as it is.
 *
 * @returns what is recorded for burning or redistribution, perhaps 0
 */
export function slashStrategy(state: State, { operator, setKey, slashId }: Slash, strategy: string, wad: bigint): bigint {
  const before = updatedAllocation(state, operator, setKey, strategy);
  if (before.currentMagnitude === 0n) return 0n;
  const after = slashMagnitudes(before, wad);
  if (state.note !== undefined) noteMagnitudes(state, strategy, wad, before, after);
  writeAllocation(state, operator, setKey, strategy, { ...after, effectBlock: before.effectBlock });
  const history = stakeKey(operator, strategy);
  const { maxMagnitudes } = state.allocation;
  maxMagnitudes.set(history, Snapshots.push(maxMagnitudes.get(history), state.block, after.maxMagnitude));
  const { operatorShares, queuedShares } = slashOperatorShares(state, operator, strategy, before.maxMagnitude, after.maxMagnitude);
  const shares = operatorShares + queuedShares;
  recordSlashedShares(state, setKey, slashId, strategy, shares);
  return shares;
}

function noteMagnitudes(
  state: State,
  strategy: string,
  wad: bigint,
  before: { readonly currentMagnitude: bigint; readonly maxMagnitude: bigint; readonly pendingDiff: bigint },
  { slashedMagnitude, wadSlashed, pendingDiffReduction }: SlashedMagnitudes,
): void {
  state.note?.(`slashedMagnitude(${strategy})`, `ceil(${before.currentMagnitude} * ${wad} / 1e18)`, slashedMagnitude);
  state.note?.(`wadSlashed(${strategy})`, `floor(${slashedMagnitude} * 1e18 / ${before.maxMagnitude})`, wadSlashed);
  if (before.pendingDiff < 0n)
    state.note?.(`pendingDiffReduction(${strategy})`, `ceil(${-before.pendingDiff} * ${wad} / 1e18)`, pendingDiffReduction);
}

function rank(state: State, strategy: string): number {
  return state.rank(strategy) ?? -1;
}
