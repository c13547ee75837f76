// What a pod's report does to shares: a gain adds shares, a loss lowers the owner's beacon chain slashing factor.
// Implements eigenlayer-contracts src/contracts/pods/EigenPodManager.sol recordBeaconChainETHBalanceUpdate, _reduceSlashingFactor.
import { minus, require } from '../../state/Revert.ts';
import { BEACON } from '../Config.ts';
import * as DelegatedShares from '../delegation/delegatedShares.ts';
import type { State } from '../ledger/state.ts';
import * as SlashingLib from '../SlashingLib.ts';
import * as PodShares from './podShares.ts';

/**
 * @param prevRestakedBalanceWei what the pod held before the report; counts for a loss only
 * @param balanceDeltaWei signed
 * @throws ledger.reverted - SharesNotMultipleOfGwei, FullySlashed, InvalidDepositScalingFactor, Panic(0x11)
 */
export function record(state: State, podOwner: string, prevRestakedBalanceWei: bigint, balanceDeltaWei: bigint): void {
  require(balanceDeltaWei % PodShares.GWEI === 0n, 'SharesNotMultipleOfGwei');
  if (balanceDeltaWei > 0n) {
    const { prevDepositShares, addedShares } = PodShares.addShares(state, podOwner, balanceDeltaWei);
    DelegatedShares.increaseDelegation(state, podOwner, BEACON, prevDepositShares, addedShares);
  } else if (balanceDeltaWei < 0n) {
    const decrease = reduceSlashingFactor(state, podOwner, prevRestakedBalanceWei, -balanceDeltaWei);
    DelegatedShares.decreaseBeaconShares(state, podOwner, PodShares.depositShares(state, podOwner), decrease);
  }
}

function reduceSlashingFactor(state: State, podOwner: string, prevWei: bigint, lossWei: bigint): bigint {
  const leftWei = minus(prevWei, lossWei);
  const before = PodShares.beaconFactor(state, podOwner);
  const after = SlashingLib.mulDivDown(before, leftWei, prevWei);
  state.note?.(`beaconChainSlashingFactor(${podOwner})`, `floor(${before} * ${leftWei} / ${prevWei})`, after);
  PodShares.setBeaconFactor(state, podOwner, after);
  return before - after;
}
