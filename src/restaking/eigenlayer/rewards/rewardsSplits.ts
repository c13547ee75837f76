// What part of its rewards an operator keeps: three tables of splits, each change of which takes effect after a delay.
// Implements the internal rules of eigenlayer-contracts src/contracts/core/RewardsCoordinator.sol (_setOperatorSplit, _getOperatorSplit).
import { require } from '../../state/Revert.ts';
import type { State } from '../ledger/state.ts';
import { WHOLE_BIPS } from '../RewardsConfig.ts';
import { activation, parameters } from './rewardsParameters.ts';

/** Stands for "the default" until a first split is in effect. */
const NEVER_ACTIVE = 65_535n;

/** @throws ledger.reverted - Panic(0x11) (a time above 2^32), SplitExceedsMax, PreviousSplitPending */
export function changeSplit(state: State, key: string, split: bigint): void {
  const activatedAt = activation(state);
  const last = state.rewards.splits.get(key);
  require(split <= WHOLE_BIPS, 'SplitExceedsMax');
  require(state.time > (last?.activatedAt ?? 0n), 'PreviousSplitPending');
  const oldBips = last === undefined || last.activatedAt === 0n ? NEVER_ACTIVE : last.newBips;
  state.rewards.splits.set(key, { oldBips, newBips: split, activatedAt });
}

/** In effect now. @unit 1/10000 */
export function splitOf(state: State, key: string): bigint {
  const split = state.rewards.splits.get(key);
  if (split === undefined || split.activatedAt === 0n) return parameters(state).defaultOperatorSplitBips;
  if (state.time >= split.activatedAt) return split.newBips;
  return split.oldBips === NEVER_ACTIVE ? parameters(state).defaultOperatorSplitBips : split.oldBips;
}
