// Pods of stakers, and their reports of gains and losses on the beacon chain.
// Implements eigenlayer-contracts src/contracts/pods/EigenPodManager.sol. What DelegationManager calls of it is in podShares.ts.
import * as Check from '../../base/Check.ts';
import { require } from '../state/Revert.ts';
import * as Requests from './ledger/requests.ts';
import type { State } from './ledger/state.ts';
import * as BalanceUpdates from './pods/balanceUpdates.ts';
import * as Lookups from './pods/podLookups.ts';
import * as PodShares from './pods/podShares.ts';
import type { Pod } from './pods/podStorage.ts';

export type Reason = Lookups.Reason;

const NEW_POD: Pod = {
  restakedExecutionLayerGwei: 0n,
  activeValidatorCount: 0n,
  currentCheckpointTimestamp: 0n,
  lastCheckpointTimestamp: 0n,
  checkpoint: { proofsRemaining: 0n, podBalanceGwei: 0n, balanceDeltasGwei: 0n, prevBeaconBalanceGwei: 0n },
  balanceWei: 0n,
  proofSubmitter: null,
};

/** int256. */
const LIMIT = 1n << 255n;

/**
 * Makes the pod of a staker, to which validators' withdrawal credentials point.
 *
 * @throws ledger.reverted - CurrentlyPaused, EigenPodAlreadyExists
 * @throws input.*, eigenlayer.bad-id
 * @source eigenlayer-contracts src/contracts/pods/EigenPodManager.sol createPod
 */
export function createPod(ledger: State, request: { readonly staker: string }): Record<never, never> {
  const staker = Requests.account(Check.object(request, 'request').staker, 'staker');
  return Requests.transaction(ledger, () => {
    Lookups.whenNotPaused(ledger, 'newPods');
    require(!ledger.pods.pods.has(staker), 'EigenPodAlreadyExists');
    ledger.pods.pods.set(staker, NEW_POD);
    return {};
  });
}

/**
 * A pod's report without the proofs behind it; the pod itself stays as it is.
 *
 * @param request.prevRestakedBalanceWei what the pod held before, for a loss; @unit wei
 * @param request.balanceDeltaWei signed; @unit wei
 * @throws ledger.reverted - OnlyEigenPod (there is none), SharesNotMultipleOfGwei, FullySlashed, InvalidDepositScalingFactor, Panic(0x11)
 * @throws input.*, eigenlayer.bad-id
 * @source eigenlayer-contracts src/contracts/pods/EigenPodManager.sol recordBeaconChainETHBalanceUpdate
 */
export function recordBeaconChainETHBalanceUpdate(
  ledger: State,
  request: { readonly staker: string; readonly prevRestakedBalanceWei: bigint; readonly balanceDeltaWei: bigint },
): Record<never, never> {
  const staker = Requests.account(Check.object(request, 'request').staker, 'staker');
  const previous = Requests.amount(request.prevRestakedBalanceWei, 'prevRestakedBalanceWei');
  const delta = Check.bigInteger(request.balanceDeltaWei, 'balanceDeltaWei', -LIMIT, LIMIT - 1n);
  return Requests.transaction(ledger, () => {
    require(ledger.pods.pods.has(staker), 'OnlyEigenPod');
    BalanceUpdates.record(ledger, staker, previous, delta);
    return {};
  });
}

/**
 * What losses on the beacon chain have left of a staker's native stake: WAD until the first, 0 for a dead pod.
 *
 * @unit 1e-18
 * @throws input.*, eigenlayer.bad-id
 * @source eigenlayer-contracts src/contracts/pods/EigenPodManager.sol beaconChainSlashingFactor
 */
export function beaconChainSlashingFactor(ledger: State, staker: string): bigint {
  return PodShares.beaconFactor(ledger, Requests.account(staker, 'staker'));
}

/**
 * Native deposit shares of a staker, before any slashing.
 *
 * @unit wei
 * @throws input.*, eigenlayer.bad-id
 * @source eigenlayer-contracts src/contracts/pods/EigenPodManager.sol stakerDepositShares
 */
export function stakerDepositShares(ledger: State, staker: string): bigint {
  return PodShares.depositShares(ledger, Requests.account(staker, 'staker'));
}

/**
 * Native shares that AVSs slashed: a counter only, nothing burns them. Its queued part ignores losses on the beacon chain, as deployed.
 *
 * @unit wei
 * @source eigenlayer-contracts src/contracts/pods/EigenPodManager.sol burnableETHShares
 */
export function burnableETHShares(ledger: State): bigint {
  return ledger.pods.numbers.get('burnableETHShares') ?? 0n;
}
