// What can be slashed of an operator for a capture, and the record of what was.
// Implements symbioticfi/core src/contracts/slasher/BaseSlasher.sol. Burner and delegator hooks are contracts of others: their failures change
// nothing, and they have no part in a ledger.

import { plus } from '../state/checkedArithmetic.ts';
import { minus } from '../state/Revert.ts';
import * as Snapshots from '../state/snapshots.ts';
import { min, uint48 } from './arithmetic.ts';
import * as Stakes from './stakes.ts';
import type { State } from './state.ts';
import * as VaultSlash from './vaultSlash.ts';

/** An operator in a subnetwork at a time of capture. */
export type Capture = { readonly subnetwork: string; readonly operator: string; readonly captureTimestamp: bigint };

/** Captures before this are too old. @throws ledger.reverted - Panic(0x11) (while the clock is below the epoch's length) */
export function oldestCapture(state: State): bigint {
  return uint48(state.time - state.config.epochDuration);
}

/** Not too old, not now or later, and not before the last capture for which the operator was slashed. */
export function slashableStake(state: State, { subnetwork, operator, captureTimestamp }: Capture): bigint {
  const key = `${subnetwork}|${operator}`;
  const { latestSlashedCaptureTimestamp, cumulativeSlash } = state.slashing;
  if (captureTimestamp < oldestCapture(state) || captureTimestamp >= state.time) return 0n;
  if (captureTimestamp < (latestSlashedCaptureTimestamp.get(key) ?? 0n)) return 0n;
  const stake = Stakes.stakeAt(state, subnetwork, operator, captureTimestamp);
  const history = cumulativeSlash.get(key);
  const slashedSince = minus(Snapshots.latest(history, 0n), Snapshots.at(history, captureTimestamp, 0n));
  return stake - min(slashedSince, stake);
}

/** Books a slash and takes it from the vault, which may hold less. */
export function record(state: State, { subnetwork, operator, captureTimestamp }: Capture, amount: bigint): void {
  const key = `${subnetwork}|${operator}`;
  const { latestSlashedCaptureTimestamp, cumulativeSlash } = state.slashing;
  if ((latestSlashedCaptureTimestamp.get(key) ?? 0n) < captureTimestamp) latestSlashedCaptureTimestamp.set(key, captureTimestamp);
  const history = cumulativeSlash.get(key);
  cumulativeSlash.set(key, Snapshots.push(history, state.time, plus(Snapshots.latest(history, 0n), amount)));
  VaultSlash.onSlash(state, amount, captureTimestamp);
}
