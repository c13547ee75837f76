// A pod's checkpoint: opened with the ETH that lies in the pod, one balance proof for each active validator, then one report.
// Implements eigenlayer-contracts src/contracts/pods/EigenPod.sol _startCheckpoint, _verifyCheckpointProof, _updateCheckpoint.
import { minus, require, revert, UNDERFLOW } from '../../state/Revert.ts';
import type { State } from '../ledger/state.ts';
import * as BalanceUpdates from './balanceUpdates.ts';
import { GWEI } from './podShares.ts';
import type { BeaconValidator, Checkpoint, Pod, PodValidator } from './podStorage.ts';

/** @throws ledger.reverted - CheckpointAlreadyActive, CannotCheckpointTwiceInSingleBlock, NoBalanceToCheckpoint, those of the report */
export function start(state: State, owner: string, pod: Pod, revertIfNoBalance: boolean): void {
  require(pod.currentCheckpointTimestamp === 0n, 'CheckpointAlreadyActive');
  require(pod.lastCheckpointTimestamp !== state.time, 'CannotCheckpointTwiceInSingleBlock');
  const podBalanceGwei = minus(BigInt.asUintN(64, pod.balanceWei / GWEI), pod.restakedExecutionLayerGwei);
  require(!revertIfNoBalance || podBalanceGwei > 0n, 'NoBalanceToCheckpoint');
  const proofsRemaining = BigInt.asUintN(24, pod.activeValidatorCount);
  const checkpoint: Checkpoint = { proofsRemaining, podBalanceGwei, balanceDeltasGwei: 0n, prevBeaconBalanceGwei: 0n };
  update(state, owner, { ...pod, currentCheckpointTimestamp: state.time }, checkpoint);
}

/**
 * Proves balances of validators as they were when the checkpoint started; those that need no proof are passed over.
 *
 * @throws ledger.reverted - NoActiveCheckpoint, Panic(0x11), those of the report
 */
export function prove(state: State, owner: string, pod: Pod, validators: readonly string[]): void {
  const timestamp = pod.currentCheckpointTimestamp;
  require(timestamp !== 0n, 'NoActiveCheckpoint');
  let checkpoint = pod.checkpoint;
  let activeValidatorCount = pod.activeValidatorCount;
  for (const id of validators) {
    const known = state.pods.podValidators.get(`${owner}|${id}`);
    // The second: proven already, or verified since the start.
    if (known?.status !== 'ACTIVE' || known.lastCheckpointedAt >= timestamp) continue;
    // A pod's active validator is one of the beacon chain's.
    const balanceGwei = balanceAt(state.pods.beaconValidators.get(id) as BeaconValidator, timestamp);
    const status: PodValidator['status'] = balanceGwei === 0n ? 'WITHDRAWN' : 'ACTIVE';
    if (status === 'WITHDRAWN') activeValidatorCount = minus(activeValidatorCount, 1n);
    checkpoint = {
      ...checkpoint,
      proofsRemaining: minus(checkpoint.proofsRemaining, 1n),
      prevBeaconBalanceGwei: uint64(checkpoint.prevBeaconBalanceGwei + known.restakedBalanceGwei),
      balanceDeltasGwei: int64(checkpoint.balanceDeltasGwei + int64(cutInt64(balanceGwei) - cutInt64(known.restakedBalanceGwei))),
    };
    state.pods.podValidators.set(`${owner}|${id}`, { status, restakedBalanceGwei: balanceGwei, lastCheckpointedAt: timestamp });
  }
  update(state, owner, { ...pod, activeValidatorCount }, checkpoint);
}

/** Checked uint64 of Solidity. @throws ledger.reverted - Panic(0x11) */
export function uint64(value: bigint): bigint {
  if (value !== BigInt.asUintN(64, value)) revert(UNDERFLOW);
  return value;
}

/** Stores the checkpoint; when nothing remains to be proven it is over and reported. */
function update(state: State, owner: string, pod: Pod, checkpoint: Checkpoint): void {
  if (checkpoint.proofsRemaining !== 0n) {
    state.pods.pods.set(owner, { ...pod, checkpoint });
    return;
  }
  // Without the pod's own new ETH, but less what was withdrawn since the start.
  const previousGwei = uint64(pod.restakedExecutionLayerGwei + checkpoint.prevBeaconBalanceGwei);
  const deltaGwei = int64(cutInt64(checkpoint.podBalanceGwei) + checkpoint.balanceDeltasGwei);
  state.pods.pods.set(owner, {
    ...pod,
    checkpoint,
    restakedExecutionLayerGwei: uint64(pod.restakedExecutionLayerGwei + checkpoint.podBalanceGwei),
    lastCheckpointTimestamp: pod.currentCheckpointTimestamp,
    currentCheckpointTimestamp: 0n,
  });
  BalanceUpdates.record(state, owner, previousGwei * GWEI, deltaGwei * GWEI);
}

/** The current balance, not the effective one. */
function balanceAt(validator: BeaconValidator, timestamp: bigint): bigint {
  const { balanceAtCheckpoint } = validator;
  return balanceAtCheckpoint?.timestamp === timestamp ? balanceAtCheckpoint.balanceGwei : validator.balanceGwei;
}

/** Solidity's conversion from uint64: no check. */
function cutInt64(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

function int64(value: bigint): bigint {
  if (value !== cutInt64(value)) revert(UNDERFLOW);
  return value;
}
