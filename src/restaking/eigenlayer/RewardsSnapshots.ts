// The daily snapshots of the off-chain reward calculation: which change of the chain's state counts from which day on, and which days a
// submission covers. Implements Layr-Labs/sidecar docs/docs/sidecar/rewards/calculation.md ("Data Transformation", "Calculation Ranges")
// and pkg/rewards/*Snapshots.go, and the rule for slashed stakers of pkg/eigenState/stakerShares/stakerShares.go.
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';
import { MAX_UINT256 } from '../state/schemas.ts';
import { WAD } from './SlashingLib.ts';

export type Reason = Check.Reason | { readonly code: 'rewards.not-in-order'; readonly field: string; readonly at: number };

/** @unit s */
export const DAY = 86_400n;
const MAX_TIME = 0xffff_ffff_ffffn;

/** What something was set to, when. In the order of the chain. @unit s */
export type Change<T> = { readonly time: bigint; readonly value: T };

/** 00:00 UTC of the day. @unit s @throws input.* */
export function dayOf(time: bigint): bigint {
  Check.bigInteger(time, 'time', 0n, MAX_TIME);
  return time - (time % DAY);
}

/** From which snapshot on a change counts: the end of its day; at 00:00 UTC itself the next one. @unit s @throws input.* */
export function snapshotAfter(time: bigint): bigint {
  return dayOf(time) + DAY;
}

/**
 * The snapshots by which a submission is given out: the start day is none of them, the end day is. A day at 00:00 UTC.
 *
 * @unit s
 * @throws input.*
 * @source Layr-Labs/sidecar docs/docs/sidecar/rewards/calculation.md "Calculation Ranges"
 */
export function snapshotDays(startTimestamp: bigint, duration: bigint): bigint[] {
  const start = dayOf(startTimestamp);
  const days = Check.bigInteger(duration, 'duration', 0n, 0xffff_ffffn) / DAY;
  return Array.from({ length: Number(days) }, (_, i) => start + DAY * BigInt(i + 1));
}

/**
 * Shares of a staker or an operator, a delegation, a split: the last value before the snapshot, undefined when there was none.
 *
 * @throws input.*, rewards.not-in-order
 * @source Layr-Labs/sidecar pkg/rewards/stakerShareSnapshots.go, operatorShareSnapshots.go, stakerDelegationSnapshots.go
 */
export function valueAt<T>(changes: readonly Change<T>[], day: bigint): T | undefined {
  return lastBy(ordered(changes, 'changes'), day, ({ time }) => snapshotAfter(time))?.value;
}

/**
 * Whether an operator is registered to an AVS or to an operator set: registrations count from the end of their day on, deregistrations from
 * its beginning, and those of one day together do not count.
 *
 * @throws input.*, rewards.not-in-order
 * @source Layr-Labs/sidecar pkg/rewards/operatorAvsRegistrationSnapshots.go, operatorSetOperatorRegistrationSnapshots.go
 */
export function isRegisteredAt(changes: readonly Change<boolean>[], day: bigint): boolean {
  return ordered(changes, 'changes').some(({ time, value: isRegistered }, i) => {
    if (!isRegistered) return false;
    const next = changes[i + 1];
    return snapshotAfter(time) <= day && (next === undefined || day < dayOf(next.time));
  });
}

/**
 * The magnitude of an allocation: the first one and increases count from the end of the day of their effect on, decreases from its beginning.
 *
 * @param changes at the times of their effect blocks
 * @throws input.*, rewards.not-in-order
 * @source Layr-Labs/sidecar pkg/rewards/operatorAllocationSnapshots.go
 */
export function allocationAt(changes: readonly Change<bigint>[], day: bigint): bigint {
  const daily = lastOfEachDay(ordered(changes, 'changes'));
  const starts = daily.map(({ time, value }, i) => {
    const before = daily[i - 1]?.value;
    return { value, start: before === undefined || value > before ? snapshotAfter(time) : dayOf(time) };
  });
  return lastBy(starts, day, ({ start }) => start)?.value ?? 0n;
}

/**
 * An operator's max magnitude: a change counts from the beginning of its day on.
 *
 * @throws input.*, rewards.not-in-order
 * @source Layr-Labs/sidecar pkg/rewards/operatorAllocationSnapshots.go max_magnitude_windows
 */
export function maxMagnitudeAt(changes: readonly Change<bigint>[], day: bigint): bigint {
  return lastBy(ordered(changes, 'changes'), day, ({ time }) => dayOf(time))?.value ?? WAD;
}

/**
 * A staker's shares off chain after a slash of the operator. Not what the contracts compute: the two differ by dust, more with every slash.
 *
 * @param wadSlashed of the event. @unit 1e-18
 * @throws input.*
 * @source Layr-Labs/sidecar pkg/eigenState/stakerShares/stakerShares.go prepareState
 */
export function sharesAfterSlash(shares: bigint, wadSlashed: bigint): bigint {
  Check.bigInteger(shares, 'shares', -MAX_UINT256, MAX_UINT256);
  Check.bigInteger(wadSlashed, 'wadSlashed', 0n, WAD);
  // Native shares could fall below 0 before slashing came; those are left alone.
  return shares <= 0n ? shares : shares - (shares * wadSlashed) / WAD;
}

/**
 * The `wadSlashed` that stands for a lower beacon chain slashing factor.
 *
 * @unit 1e-18
 * @throws input.*
 * @source Layr-Labs/sidecar pkg/eigenState/stakerShares/stakerShares.go handleBeaconChainSlashingFactorDecreasedEvent
 */
export function beaconWadSlashed(factorBefore: bigint, factorAfter: bigint): bigint {
  Check.bigInteger(factorBefore, 'factorBefore', 1n, WAD);
  Check.bigInteger(factorAfter, 'factorAfter', 0n, factorBefore);
  return WAD - (WAD * factorAfter) / factorBefore;
}

/** The last one whose start is not after the day; where starts are equal the later one. */
function lastBy<T>(rows: readonly T[], day: bigint, startOf: (row: T) => bigint): T | undefined {
  let last: { readonly row: T; readonly start: bigint } | undefined;
  for (const row of rows) {
    const start = startOf(row);
    if (start <= day && (last === undefined || start >= last.start)) last = { row, start };
  }
  return last?.row;
}

function lastOfEachDay<T>(changes: readonly Change<T>[]): readonly Change<T>[] {
  return changes.filter(({ time }, i) => {
    const next = changes[i + 1];
    return next === undefined || dayOf(next.time) !== dayOf(time);
  });
}

function ordered<T>(changes: readonly Change<T>[], field: string): readonly Change<T>[] {
  Check.list(changes, field).forEach(({ time }, i) => {
    Check.bigInteger(time, `${field}[${i}].time`, 0n, MAX_TIME);
    const before = changes[i - 1]?.time ?? 0n;
    if (time < before) fail<Reason>({ code: 'rewards.not-in-order', field, at: i }, `${field}[${i}]: earlier than the one before`);
  });
  return changes;
}
