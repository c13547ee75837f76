// Epochs of a vault: spans of equal length since it was made.
// Implements symbioticfi/core src/contracts/vault/VaultStorage.sol (epochAt, currentEpoch, currentEpochStart).
import { require } from '../state/Revert.ts';
import type { State } from './state.ts';

/** @throws ledger.reverted - InvalidTimestamp (before the vault was made) */
export function epochAt(state: State, timestamp: bigint): bigint {
  const { startTime, epochDuration } = state.config;
  require(timestamp >= startTime, 'InvalidTimestamp');
  return (timestamp - startTime) / epochDuration;
}

export function currentEpoch(state: State): bigint {
  return epochAt(state, state.time);
}

export function currentEpochStart(state: State): bigint {
  const { startTime, epochDuration } = state.config;
  return startTime + currentEpoch(state) * epochDuration;
}
