// A staker's pod: withdrawal credentials of validators, checkpoints of their balances, the ETH that they paid out.
// Implements eigenlayer-contracts src/contracts/pods/EigenPod.sol. Proofs are taken as given: they show the synthetic beacon state of the
// current block, those of a checkpoint the state at its start.
import * as Check from '../../base/Check.ts';
import { require } from '../state/Revert.ts';
import * as Requests from './ledger/requests.ts';
import type { State } from './ledger/state.ts';
import * as BalanceUpdates from './pods/balanceUpdates.ts';
import * as Checkpoints from './pods/checkpoints.ts';
import * as Lookups from './pods/podLookups.ts';
import { GWEI } from './pods/podShares.ts';
import type { BeaconValidator, Pod } from './pods/podStorage.ts';

export type Reason = Lookups.Reason;

type Nothing = Record<never, never>;

/**
 * Makes validators of the beacon chain the pod's own, and their effective balances the owner's native shares.
 *
 * @param request.caller the owner when left out
 * @throws ledger.reverted - OnlyEigenPodOwnerOrProofSubmitter, CurrentlyPaused, BeaconTimestampTooFarInPast,
 *   BeaconTimestampBeforeLatestCheckpoint, CredentialsAlreadyVerified, ValidatorInactiveOnBeaconChain, ValidatorIsExitingBeaconChain,
 *   WithdrawalCredentialsNotForEigenPod, FullySlashed, InvalidDepositScalingFactor
 * @throws eigenlayer.unknown-id (no pod, no such validator), input.*
 * @source eigenlayer-contracts src/contracts/pods/EigenPod.sol verifyWithdrawalCredentials
 */
export function verifyWithdrawalCredentials(
  ledger: State,
  request: { readonly staker: string; readonly validators: readonly string[]; readonly caller?: string },
): Nothing {
  const { staker } = Check.object(request, 'request');
  const pod = Lookups.podOf(ledger, staker);
  const caller = Requests.account(request.caller ?? staker, 'caller');
  const validators = Lookups.validators(ledger, request.validators);
  return Requests.transaction(ledger, () => {
    onlyOwnerOrProofSubmitter(staker, pod, caller);
    Lookups.whenNotPaused(ledger, 'verifyCredentials');
    require(ledger.time > pod.currentCheckpointTimestamp, 'BeaconTimestampTooFarInPast');
    require(ledger.time > pod.lastCheckpointTimestamp, 'BeaconTimestampBeforeLatestCheckpoint');
    const addedGwei = validators.reduce((sum, id) => sum + verifyOne(ledger, staker, id), 0n);
    BalanceUpdates.record(ledger, staker, 0n, addedGwei * GWEI);
    return {};
  });
}

/**
 * Opens a checkpoint: the ETH that came into the pod becomes shares once every active validator's balance is proven; at once without any.
 *
 * @param request.caller the owner when left out
 * @param request.revertIfNoBalance refuses when no whole gwei came in; false when left out
 * @throws ledger.reverted - OnlyEigenPodOwnerOrProofSubmitter, CurrentlyPaused, CheckpointAlreadyActive, CannotCheckpointTwiceInSingleBlock,
 *   NoBalanceToCheckpoint, FullySlashed, InvalidDepositScalingFactor
 * @throws eigenlayer.unknown-id (no pod), input.*
 * @source eigenlayer-contracts src/contracts/pods/EigenPod.sol startCheckpoint
 */
export function startCheckpoint(
  ledger: State,
  request: { readonly staker: string; readonly revertIfNoBalance?: boolean; readonly caller?: string },
): Nothing {
  const { staker } = Check.object(request, 'request');
  const pod = Lookups.podOf(ledger, staker);
  const caller = Requests.account(request.caller ?? staker, 'caller');
  const revertIfNoBalance = Lookups.flag(request.revertIfNoBalance, 'revertIfNoBalance');
  return Requests.transaction(ledger, () => {
    onlyOwnerOrProofSubmitter(staker, pod, caller);
    Lookups.whenNotPaused(ledger, 'startCheckpoint');
    Checkpoints.start(ledger, staker, pod, revertIfNoBalance);
    return {};
  });
}

/**
 * Opens a checkpoint on anyone's word, shown that an active validator of the pod was slashed on the beacon chain.
 *
 * @throws ledger.reverted - CurrentlyPaused, BeaconTimestampTooFarInPast, ValidatorNotActiveInPod, ValidatorNotSlashedOnBeaconChain,
 *   CheckpointAlreadyActive, CannotCheckpointTwiceInSingleBlock
 * @throws eigenlayer.unknown-id (no pod, no such validator), input.*
 * @source eigenlayer-contracts src/contracts/pods/EigenPod.sol verifyStaleBalance
 */
export function verifyStaleBalance(ledger: State, request: { readonly staker: string; readonly validator: string }): Nothing {
  const { staker, validator } = Check.object(request, 'request');
  const pod = Lookups.podOf(ledger, staker);
  const { isSlashed } = Lookups.beaconValidator(ledger, validator, 'validator');
  return Requests.transaction(ledger, () => {
    Lookups.whenNotPaused(ledger, 'startCheckpoint');
    Lookups.whenNotPaused(ledger, 'verifyStaleBalance');
    const known = ledger.pods.podValidators.get(`${staker}|${validator}`);
    require(ledger.time > (known?.lastCheckpointedAt ?? 0n), 'BeaconTimestampTooFarInPast');
    require(known?.status === 'ACTIVE', 'ValidatorNotActiveInPod');
    require(isSlashed, 'ValidatorNotSlashedOnBeaconChain');
    Checkpoints.start(ledger, staker, pod, false);
    return {};
  });
}

/**
 * Proves balances for the open checkpoint, on anyone's behalf; validators that need no proof are passed over. With the last one the pod
 * reports: a gain becomes shares, a loss lowers the owner's beacon chain slashing factor.
 *
 * @throws ledger.reverted - CurrentlyPaused, NoActiveCheckpoint, FullySlashed, InvalidDepositScalingFactor, Panic(0x11)
 * @throws eigenlayer.unknown-id (no pod, no such validator), input.*
 * @source eigenlayer-contracts src/contracts/pods/EigenPod.sol verifyCheckpointProofs
 */
export function verifyCheckpointProofs(
  ledger: State,
  request: { readonly staker: string; readonly validators: readonly string[] },
): Nothing {
  const { staker } = Check.object(request, 'request');
  const pod = Lookups.podOf(ledger, staker);
  const validators = Lookups.validators(ledger, request.validators);
  return Requests.transaction(ledger, () => {
    Lookups.whenNotPaused(ledger, 'verifyCheckpointProofs');
    Checkpoints.prove(ledger, staker, pod, validators);
    return {};
  });
}

/**
 * ETH comes into the pod: from an exited validator, from rewards, from anyone.
 *
 * @param request.wei what is below a gwei never becomes shares until it adds up
 * @throws eigenlayer.unknown-id (no pod), input.*
 * @source eigenlayer-contracts src/contracts/pods/EigenPod.sol receive
 */
export function podReceive(ledger: State, request: { readonly staker: string; readonly wei: bigint }): Nothing {
  const { staker } = Check.object(request, 'request');
  const pod = Lookups.podOf(ledger, staker);
  // All ETH is one uint256.
  const balanceWei = Requests.amount(pod.balanceWei + Requests.amount(request.wei, 'wei'), 'wei');
  return Requests.transaction(ledger, () => {
    ledger.pods.pods.set(staker, { ...pod, balanceWei });
    return {};
  });
}

/**
 * Names another account that may verify credentials and start checkpoints; null: only the owner.
 *
 * @param request.caller the owner when left out
 * @throws ledger.reverted - OnlyEigenPodOwner
 * @throws eigenlayer.unknown-id (no pod), input.*, eigenlayer.bad-id
 * @source eigenlayer-contracts src/contracts/pods/EigenPod.sol setProofSubmitter
 */
export function setProofSubmitter(
  ledger: State,
  request: { readonly staker: string; readonly submitter: string | null; readonly caller?: string },
): Nothing {
  const { staker, submitter } = Check.object(request, 'request');
  const pod = Lookups.podOf(ledger, staker);
  const proofSubmitter = submitter === null ? null : Requests.account(submitter, 'submitter');
  const caller = Requests.account(request.caller ?? staker, 'caller');
  return Requests.transaction(ledger, () => {
    require(caller === staker, 'OnlyEigenPodOwner');
    ledger.pods.pods.set(staker, { ...pod, proofSubmitter });
    return {};
  });
}

function onlyOwnerOrProofSubmitter(owner: string, pod: Pod, caller: string): void {
  require(caller === owner || caller === pod.proofSubmitter, 'OnlyEigenPodOwnerOrProofSubmitter');
}

/** @returns what it adds. @unit gwei */
function verifyOne(ledger: State, owner: string, id: string): bigint {
  const key = `${owner}|${id}`;
  require(!ledger.pods.podValidators.has(key), 'CredentialsAlreadyVerified');
  const validator = ledger.pods.beaconValidators.get(id) as BeaconValidator;
  require(validator.isActivated, 'ValidatorInactiveOnBeaconChain');
  require(!validator.isExiting, 'ValidatorIsExitingBeaconChain');
  require(validator.podOwner === owner && !validator.hasWrongCredentials, 'WithdrawalCredentialsNotForEigenPod');
  const restakedBalanceGwei = validator.effectiveBalanceGwei;
  // An earlier one of the same list has changed it.
  const pod = ledger.pods.pods.get(owner) as Pod;
  const { checkpoint, currentCheckpointTimestamp: current, lastCheckpointTimestamp: last } = pod;
  // Not before the open checkpoint: it cannot be proven in it.
  ledger.pods.podValidators.set(key, { status: 'ACTIVE', restakedBalanceGwei, lastCheckpointedAt: current === 0n ? last : current });
  // Added even when no checkpoint is open; the next one starts from 0.
  const prevBeaconBalanceGwei = Checkpoints.uint64(checkpoint.prevBeaconBalanceGwei + restakedBalanceGwei);
  const after: Pod = {
    ...pod,
    activeValidatorCount: pod.activeValidatorCount + 1n,
    checkpoint: { ...checkpoint, prevBeaconBalanceGwei },
  };
  ledger.pods.pods.set(owner, after);
  return restakedBalanceGwei;
}
