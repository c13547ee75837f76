// How shares count for an operator: the slashing factor, the deposit scaling factor, operator shares, what still slashable queues hold.
// Implements the internal rules of eigenlayer-contracts src/contracts/core/DelegationManager.sol.

import { plus } from '../../state/checkedArithmetic.ts';
import { minus, require } from '../../state/Revert.ts';
import * as Snapshots from '../../state/snapshots.ts';
import { maxMagnitude, stakeKey } from '../allocation/magnitudes.ts';
import { BEACON } from '../Config.ts';
import type { State } from '../ledger/state.ts';
import * as PodShares from '../pods/podShares.ts';
import * as SlashingLib from '../SlashingLib.ts';
import type { Staker } from './delegationStorage.ts';
import * as StakerShares from './stakerShares.ts';

/** Snapshots keep uint224, and the library cuts without a word. */
const SNAPSHOT_BITS = 224;

/** `_getSlashingFactor`: the max magnitude; for native ETH the beacon chain's losses are folded in, floored before it is applied. */
export function slashingFactor(state: State, staker: string, strategy: string, magnitude: bigint): bigint {
  if (strategy !== BEACON) return magnitude;
  const beacon = PodShares.beaconFactor(state, staker);
  const factor = SlashingLib.mulDown(magnitude, beacon);
  state.note?.(`slashingFactor(${staker},${strategy})`, `floor(${magnitude} * ${beacon} / 1e18)`, factor);
  return factor;
}

/** `_getSlashingFactors`, now and under `operator` (null: not delegated). */
export function slashingFactors(state: State, staker: string, operator: string | null, strategies: readonly string[]): bigint[] {
  return strategies.map((strategy) => slashingFactor(state, staker, strategy, maxMagnitude(state, operator, strategy)));
}

/** `depositScalingFactor`: WAD where nothing is stored. @unit 1e-18 */
export function depositScalingFactor(state: State, staker: string, strategy: string): bigint {
  return StakerShares.scalingFactor(StakerShares.staker(state, staker), strategy);
}

/** What an operator's stakers delegate of a strategy. */
export function operatorShares(state: State, operator: string, strategy: string): bigint {
  return state.delegation.operatorShares.get(stakeKey(operator, strategy)) ?? 0n;
}

/** `increaseDelegatedShares`: new shares count for the staker's operator from now on. @throws ledger.reverted - FullySlashed, … */
export function increaseDelegation(state: State, staker: string, strategy: string, prevDepositShares: bigint, addedShares: bigint): void {
  increaseWith(state, staker, strategy, { record: StakerShares.staker(state, staker), prevDepositShares, addedShares });
}

/** The same, for shares that no record has yet. */
export function increaseWith(state: State, staker: string, strategy: string, added: StakerShares.Added): void {
  const magnitude = maxMagnitude(state, added.record.operator, strategy);
  delegateShares(state, staker, strategy, added, slashingFactor(state, staker, strategy, magnitude));
}

/**
 * `_increaseDelegation`: the scaling factor takes up the slashing so far, so that added shares do not pay for it.
 * Writes the record, with the shares (those of native ETH are the pod's).
 *
 * @returns the record as written
 * @throws ledger.reverted - FullySlashed (also when nothing is added), InvalidDepositScalingFactor
 */
export function delegateShares(state: State, staker: string, strategy: string, added: StakerShares.Added, factor: bigint): Staker {
  const { record, prevDepositShares, addedShares } = added;
  require(factor !== 0n, 'FullySlashed');
  if (addedShares === 0n) return record;
  const before = StakerShares.scalingFactor(record, strategy);
  const after = SlashingLib.depositScalingFactorAfter(before, prevDepositShares, addedShares, factor);
  if (state.note !== undefined) noteScalingFactor(state, `${staker},${strategy}`, added, factor, before, after);
  const changed = StakerShares.withShares(record, strategy, plus(prevDepositShares, addedShares), after);
  state.delegation.stakers.set(staker, changed);
  if (record.operator === null) return changed;
  const key = stakeKey(record.operator, strategy);
  state.delegation.operatorShares.set(key, plus(state.delegation.operatorShares.get(key) ?? 0n, addedShares));
  return changed;
}

/** `_decreaseDelegation`. @throws ledger.reverted - Panic(0x11) when the operator has fewer */
export function decreaseOperatorShares(state: State, operator: string, strategy: string, shares: bigint): void {
  const key = stakeKey(operator, strategy);
  state.delegation.operatorShares.set(key, minus(state.delegation.operatorShares.get(key) ?? 0n, shares));
}

/** `decreaseDelegatedShares`: the staker's validators lost; the operator's shares follow, deposit shares and scaling factor stay. */
export function decreaseBeaconShares(state: State, staker: string, depositShares: bigint, beaconFactorDecrease: bigint): void {
  const record = StakerShares.staker(state, staker);
  if (record.operator === null) return;
  const magnitude = maxMagnitude(state, record.operator, BEACON);
  const decrease = SlashingLib.mulDown(magnitude, beaconFactorDecrease);
  const scaled = SlashingLib.scaledShares(depositShares, record.beaconScalingFactor);
  const shares = SlashingLib.withdrawableFromScaled(scaled, decrease);
  const of = `${staker},${BEACON}`;
  state.note?.('factorDecrease', `floor(${magnitude} * ${beaconFactorDecrease} / 1e18)`, decrease);
  state.note?.(`scaled(${of})`, `floor(${depositShares} * ${record.beaconScalingFactor} / 1e18)`, scaled);
  state.note?.(`operatorSharesRemoved(${of})`, `floor(${scaled} * ${decrease} / 1e18)`, shares);
  decreaseOperatorShares(state, record.operator, BEACON, shares);
}

/** `_addQueuedSlashableShares`: a history by block, so that a slash finds what was queued in its window. */
export function queueScaledShares(state: State, operator: string, strategy: string, scaled: bigint): void {
  const key = stakeKey(operator, strategy);
  const history = state.delegation.queuedScaledShares.get(key);
  const before = Snapshots.latest(history, 0n);
  const after = plus(before, scaled);
  state.note?.(`cumulativeScaledShares(${operator},${strategy})@${state.block}`, `${before} + ${scaled}`, after);
  state.delegation.queuedScaledShares.set(key, Snapshots.push(history, state.block, BigInt.asUintN(SNAPSHOT_BITS, after)));
}

/**
 * `slashOperatorShares` up to the recording of what was slashed: takes shares from the operator and counts those of withdrawals that
 * are queued and still slashable. One write, however many stakers.
 *
 * @throws ledger.reverted - Panic(0x11) in the first blocks of a chain, Panic(0x12) when nothing was left before
 */
export function slashOperatorShares(
  state: State,
  operator: string,
  strategy: string,
  prevMaxMagnitude: bigint,
  newMaxMagnitude: bigint,
): { readonly operatorShares: bigint; readonly queuedShares: bigint } {
  const shares = operatorShares(state, operator, strategy);
  const slashed = SlashingLib.slashedShares(shares, prevMaxMagnitude, newMaxMagnitude);
  state.note?.(`operatorSharesSlashed(${strategy})`, `${shares} - ceil(${shares} * ${newMaxMagnitude} / ${prevMaxMagnitude})`, slashed);
  const queuedShares = slashableInQueue(state, operator, strategy, prevMaxMagnitude, newMaxMagnitude);
  decreaseOperatorShares(state, operator, strategy, slashed);
  return { operatorShares: slashed, queuedShares };
}

/** `getSlashableSharesInQueue`: what a full slash would take from queued withdrawals. @throws ledger.reverted - Panic(0x11), see above */
export function slashableSharesInQueue(state: State, operator: string, strategy: string): bigint {
  return slashableInQueue(state, operator, strategy, maxMagnitude(state, operator, strategy), 0n);
}

function slashableInQueue(state: State, operator: string, strategy: string, before: bigint, after: bigint): bigint {
  if (before === 0n) return 0n;
  const history = state.delegation.queuedScaledShares.get(stakeKey(operator, strategy));
  // The window includes the block in which the delay of a withdrawal ends.
  const lastOutside = minus(minus(state.block, state.config.withdrawalDelayBlocks), 1n);
  const total = Snapshots.latest(history, 0n);
  const outside = Snapshots.at(history, lastOutside, 0n);
  const scaled = minus(total, outside);
  if (scaled === 0n) return 0n;
  const of = `${operator},${strategy}`;
  state.note?.(`queuedScaledInWindow(${of})`, `${total} - ${outside} (value at block ${lastOutside})`, scaled);
  const queued = SlashingLib.withdrawableFromScaled(scaled, before);
  state.note?.(`queuedShares(${of})`, `floor(${scaled} * ${before} / 1e18)`, queued);
  const slashed = SlashingLib.slashedShares(queued, before, after);
  state.note?.(`slashedFromQueue(${of})`, `${queued} - ceil(${queued} * ${after} / ${before})`, slashed);
  return slashed;
}

/** The steps of `SlashingLib.depositScalingFactorAfter`, told one by one. */
function noteScalingFactor(state: State, of: string, added: StakerShares.Added, factor: bigint, before: bigint, after: bigint): void {
  const { prevDepositShares: prev, addedShares } = added;
  let ratio = before;
  if (prev > 0n) {
    const scaled = SlashingLib.scaledShares(prev, before);
    const current = SlashingLib.withdrawableFromScaled(scaled, factor);
    ratio = SlashingLib.divDown(current + addedShares, prev + addedShares);
    state.note?.(`scaled(${of})`, `floor(${prev} * ${before} / 1e18)`, scaled);
    state.note?.(`currentShares(${of})`, `floor(${scaled} * ${factor} / 1e18)`, current);
    state.note?.(`ratio(${of})`, `floor((${current} + ${addedShares}) * 1e18 / (${prev} + ${addedShares}))`, ratio);
  }
  state.note?.(`newScalingFactor(${of})`, `floor(${ratio} * 1e18 / ${factor})`, after);
}
