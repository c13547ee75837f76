// Operator sets: that they exist, their strategies, their slasher.
// Implements the internal rules of eigenlayer-contracts src/contracts/core/AllocationManager.sol (_createOperatorSet, _addStrategyToOperatorSet,
// _updateSlasher, getSlasher).
import * as Check from '../../../base/Check.ts';
import { require, revert } from '../../state/Revert.ts';
import { BEACON, id as checkId, MAX_BLOCK } from '../Config.ts';
import { blockAfter } from '../ledger/blocks.ts';
import type { State } from '../ledger/state.ts';
import { BURN_ADDRESS } from '../strategies/slashedShares.ts';
import type { OperatorSet } from './allocationStorage.ts';

/** How a request names an operator set. */
export type OperatorSetId = {
  readonly avs: string;
  /** @unit 0..2^32-1 */
  readonly id: bigint;
};

const ZERO_ADDRESS = /^0x0{40}$/;

/** The key of an operator set in all tables, `avs:id`. @throws input.*, eigenlayer.bad-id */
export function setKey(set: OperatorSetId, at: string = ''): string {
  return `${checkId(set.avs, `${at}avs`)}:${Check.bigInteger(set.id, `${at}id`, 0n, MAX_BLOCK)}`;
}

/** @throws ledger.reverted - InvalidOperatorSet */
export function operatorSet(state: State, key: string): OperatorSet {
  return state.allocation.operatorSets.get(key) ?? revert('InvalidOperatorSet');
}

/** @throws ledger.reverted - InputAddressZero, InvalidRedistributionRecipient */
export function checkedRecipient(recipient: string): string {
  require(!ZERO_ADDRESS.test(recipient), 'InputAddressZero');
  require(recipient.toLowerCase() !== BURN_ADDRESS.toLowerCase(), 'InvalidRedistributionRecipient');
  return recipient;
}

/** @throws ledger.reverted - InvalidOperatorSet, InvalidStrategy, StrategyAlreadyInOperatorSet, InputAddressZero */
export function createSet(
  state: State,
  { avs, id }: OperatorSetId,
  strategies: readonly string[],
  slasher: string,
  redistributionRecipient: string | null,
): void {
  const key = `${avs}:${id}`;
  require(state.allocation.setsOfAvs.add(avs, key), 'InvalidOperatorSet');
  addStrategies(state, key, strategies, redistributionRecipient !== null);
  require(!ZERO_ADDRESS.test(slasher), 'InputAddressZero');
  state.allocation.operatorSets.set(key, {
    avs,
    id,
    redistributionRecipient,
    slashCount: 0n,
    slasher,
    pendingSlasher: slasher,
    slasherEffectBlock: state.block,
  });
}

/** A redistributing set takes neither native ETH nor EIGEN. @throws ledger.reverted - InvalidStrategy, StrategyAlreadyInOperatorSet */
export function addStrategies(state: State, key: string, strategies: readonly string[], isRedistributing: boolean): void {
  for (const strategy of strategies) {
    if (isRedistributing) require(strategy !== BEACON && !isEigen(state, strategy), 'InvalidStrategy');
    require(state.allocation.setStrategies.add(key, strategy), 'StrategyAlreadyInOperatorSet');
  }
}

/** Who slashes in this block. */
export function slasherOf(state: State, set: OperatorSet): string {
  return state.block >= set.slasherEffectBlock ? set.pendingSlasher : set.slasher;
}

/** Proposes a slasher; the same one again does not restart its clock. @throws ledger.reverted - InputAddressZero */
export function proposeSlasher(state: State, key: string, slasher: string): void {
  const set = operatorSet(state, key);
  require(!ZERO_ADDRESS.test(slasher), 'InputAddressZero');
  if (slasher === set.pendingSlasher && state.block < set.slasherEffectBlock) return;
  const slasherEffectBlock = blockAfter(state, state.config.configurationDelayBlocks + 1n);
  state.allocation.operatorSets.set(key, { ...set, slasher: slasherOf(state, set), pendingSlasher: slasher, slasherEffectBlock });
}

function isEigen(state: State, strategy: string): boolean {
  return state.config.strategies.some(({ id, kind }) => id === strategy && kind === 'eigen');
}
