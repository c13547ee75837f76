// What EigenPodManager does for DelegationManager: native deposit shares, the beacon chain slashing factor, paying out through the pod.
// Implements eigenlayer-contracts src/contracts/pods/EigenPodManager.sol and EigenPod.withdrawRestakedBeaconChainETH.
import { minus, require, revert, UNDERFLOW } from '../../state/Revert.ts';
import { BEACON } from '../Config.ts';
import type { State } from '../ledger/state.ts';
import { WAD } from '../SlashingLib.ts';
import type { Pod, PodOwner } from './podStorage.ts';

/** The beacon chain and the pods count in gwei, everything else in wei. @unit wei */
export const GWEI = 1_000_000_000n;

/** Shares are int256 in EigenPodManager. */
const MAX_INT256 = (1n << 255n) - 1n;

/** Native deposit shares. @unit wei */
export function depositShares(state: State, staker: string): bigint {
  return owner(state, staker).depositShares;
}

/** WAD until the first loss that a checkpoint showed; can be 0. */
export function beaconFactor(state: State, staker: string): bigint {
  return owner(state, staker).beaconChainSlashingFactor;
}

/** Writes what is left of the beacon chain slashing factor: it only falls. */
export function setBeaconFactor(state: State, staker: string, beaconChainSlashingFactor: bigint): void {
  state.pods.owners.set(staker, { ...owner(state, staker), beaconChainSlashingFactor });
}

/** @throws ledger.reverted - SharesNegative from 2^255 on, Panic(0x11) */
export function addShares(state: State, staker: string, shares: bigint): { prevDepositShares: bigint; addedShares: bigint } {
  require(shares <= MAX_INT256, 'SharesNegative');
  const before = owner(state, staker);
  if (before.depositShares + shares > MAX_INT256) revert(UNDERFLOW);
  state.pods.owners.set(staker, { ...before, depositShares: before.depositShares + shares });
  return { prevDepositShares: before.depositShares, addedShares: shares };
}

/** 0 shares are fine. @returns what is left @throws ledger.reverted - SharesNegative when there are fewer */
export function removeDepositShares(state: State, staker: string, shares: bigint): bigint {
  require(shares <= MAX_INT256, "Error(SafeCast: value doesn't fit in an int256)");
  const before = owner(state, staker);
  require(shares <= before.depositShares, 'SharesNegative');
  const left = before.depositShares - shares;
  state.pods.owners.set(staker, { ...before, depositShares: left });
  return left;
}

/**
 * The pod pays whole gwei; the staker loses the rest, of which nothing remembers.
 *
 * @throws ledger.reverted - SharesNegative from 2^255 on, InsufficientWithdrawableBalance when less has exited and been checkpointed
 */
export function withdrawAsTokens(state: State, staker: string, shares: bigint): void {
  require(shares > 0n && shares <= MAX_INT256, 'SharesNegative');
  // The contract cuts to uint64 here.
  const gwei = BigInt.asUintN(64, shares / GWEI);
  const pod = state.pods.pods.get(staker);
  require(pod !== undefined && gwei <= pod.restakedExecutionLayerGwei, 'InsufficientWithdrawableBalance');
  const paid = gwei * GWEI;
  const after: Pod = {
    ...pod,
    restakedExecutionLayerGwei: pod.restakedExecutionLayerGwei - gwei,
    balanceWei: minus(pod.balanceWei, paid),
  };
  state.pods.pods.set(staker, after);
  const account = `${staker}|${BEACON}`;
  state.strategies.balances.set(account, (state.strategies.balances.get(account) ?? 0n) + paid);
}

function owner(state: State, staker: string): PodOwner {
  return state.pods.owners.get(staker) ?? { depositShares: 0n, beaconChainSlashingFactor: WAD };
}
