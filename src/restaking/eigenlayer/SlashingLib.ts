// The fixed-point arithmetic of EigenLayer's slashing: fractions of WAD = 10^18, rounding in the name, no two floors ever merged.
// Implements Layr-Labs/eigenlayer-contracts src/contracts/libraries/SlashingLib.sol. The names in the comments are the deployed ones.
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';

/** One whole. @unit 1e-18 */
export const WAD = 1_000_000_000_000_000_000n;

/** `reference` is what the contract reverts with. */
export type Reason =
  | Check.Reason
  | { readonly code: 'slashing-lib.division-by-zero'; readonly reference: 'Panic(0x12)' }
  | { readonly code: 'slashing-lib.overflow'; readonly reference: 'Error(Math: mulDiv overflow)' | 'Panic(0x11)' }
  | { readonly code: 'slashing-lib.fully-slashed'; readonly reference: 'FullySlashed' }
  | { readonly code: 'slashing-lib.bad-deposit-scaling-factor'; readonly reference: 'InvalidDepositScalingFactor' };

const MAX_UINT256 = (1n << 256n) - 1n;

/** floor(x y / WAD): `mulWad`. @throws input.*, slashing-lib.overflow */
export function mulDown(x: bigint, y: bigint): bigint {
  return mulDivDown(x, y, WAD);
}

/** ceil(x y / WAD): `mulWadRoundUp`. @throws input.*, slashing-lib.overflow */
export function mulUp(x: bigint, y: bigint): bigint {
  return mulDivUp(x, y, WAD);
}

/** floor(x WAD / y): `divWad`. @throws input.*, slashing-lib.overflow, slashing-lib.division-by-zero */
export function divDown(x: bigint, y: bigint): bigint {
  return mulDivDown(x, WAD, y);
}

/** floor(x y / d) on exact integers. @throws input.*, slashing-lib.overflow, slashing-lib.division-by-zero */
export function mulDivDown(x: bigint, y: bigint, d: bigint): bigint {
  checkOperands(x, y, d);
  return quotient(x * y, d);
}

/** ceil(x y / d) on exact integers. @throws input.*, slashing-lib.overflow, slashing-lib.division-by-zero */
export function mulDivUp(x: bigint, y: bigint, d: bigint): bigint {
  checkOperands(x, y, d);
  const product = x * y;
  const floor = quotient(product, d);
  return floor * d === product ? floor : sum(floor, 1n);
}

/**
 * What `depositShares` weigh before slashing since the deposit: `scaleForQueueWithdrawal`.
 *
 * @param depositScalingFactor as the getter returns it: WAD where nothing is stored
 */
export function scaledShares(depositShares: bigint, depositScalingFactor: bigint): bigint {
  return mulDown(depositShares, depositScalingFactor);
}

/**
 * What a staker can withdraw: `calcWithdrawable`. Two floors, one after the other: floor(d k f / WAD^2) would be another number.
 *
 * @param slashingFactor the operator's max magnitude (WAD when not delegated); for native ETH times the beacon factor, floored before
 */
export function withdrawableShares(depositShares: bigint, depositScalingFactor: bigint, slashingFactor: bigint): bigint {
  const scaled = scaledShares(depositShares, depositScalingFactor);
  return withdrawableFromScaled(scaled, slashingFactor);
}

/** What a queued withdrawal of these scaled shares pays: `scaleForCompleteWithdrawal`. */
export function withdrawableFromScaled(scaled: bigint, slashingFactor: bigint): bigint {
  return mulDown(scaled, slashingFactor);
}

/**
 * The deposit shares behind `withdrawable`: `calcDepositShares`.
 *
 * @throws slashing-lib.division-by-zero - a factor of 0
 */
export function depositSharesOf(withdrawable: bigint, depositScalingFactor: bigint, slashingFactor: bigint): bigint {
  return divDown(divDown(withdrawable, depositScalingFactor), slashingFactor);
}

/**
 * The operator shares that a slash takes, `calcSlashedAmount`: what remains is rounded up, in favour of stakers.
 *
 * @throws slashing-lib.division-by-zero - when the max magnitude was 0 before
 * @throws input.out-of-range - when the magnitude rises
 */
export function slashedShares(shares: bigint, maxMagnitudeBefore: bigint, maxMagnitudeAfter: bigint): bigint {
  Check.bigInteger(maxMagnitudeAfter, 'maxMagnitudeAfter', 0n, maxMagnitudeBefore);
  return shares - mulDivUp(shares, maxMagnitudeAfter, maxMagnitudeBefore);
}

/**
 * The scaling factor after a deposit, so that shares are not charged for slashing before them: `DepositScalingFactor.update`.
 *
 * @param depositSharesBefore the deposit shares before `addedShares`; 0 for a first deposit or a delegation
 * @throws slashing-lib.fully-slashed - slashing factor 0, even when nothing is added
 * @throws slashing-lib.bad-deposit-scaling-factor - when the new factor would be 0
 */
export function depositScalingFactorAfter(
  depositScalingFactor: bigint,
  depositSharesBefore: bigint,
  addedShares: bigint,
  slashingFactor: bigint,
): bigint {
  if (slashingFactor === 0n)
    fail<Reason>({ code: 'slashing-lib.fully-slashed', reference: 'FullySlashed' }, 'nothing can be added where everything was slashed');
  if (addedShares === 0n) return depositScalingFactor;
  if (depositSharesBefore === 0n) return divDown(depositScalingFactor, slashingFactor);
  const current = withdrawableShares(depositSharesBefore, depositScalingFactor, slashingFactor);
  const ratio = divDown(sum(current, addedShares), sum(depositSharesBefore, addedShares));
  const factor = divDown(ratio, slashingFactor);
  if (factor === 0n) {
    const reference = 'InvalidDepositScalingFactor';
    fail<Reason>({ code: 'slashing-lib.bad-deposit-scaling-factor', reference }, 'the deposit scaling factor would be 0');
  }
  return factor;
}

function checkOperands(x: bigint, y: bigint, d: bigint): void {
  Check.bigInteger(x, 'x', 0n, MAX_UINT256);
  Check.bigInteger(y, 'y', 0n, MAX_UINT256);
  Check.bigInteger(d, 'd', 0n, MAX_UINT256);
}

/** The quotient. A product of more than 256 bits is too large for a divisor of 0 as well: the contract compares before it divides. */
function quotient(product: bigint, d: bigint): bigint {
  if (d === 0n && product <= MAX_UINT256)
    fail<Reason>({ code: 'slashing-lib.division-by-zero', reference: 'Panic(0x12)' }, 'division by 0');
  const result = d === 0n ? product : product / d;
  if (result > MAX_UINT256) fail<Reason>({ code: 'slashing-lib.overflow', reference: 'Error(Math: mulDiv overflow)' }, 'above 256 bits');
  return result;
}

/** Checked addition. */
function sum(a: bigint, b: bigint): bigint {
  if (a + b > MAX_UINT256) fail<Reason>({ code: 'slashing-lib.overflow', reference: 'Panic(0x11)' }, 'above 256 bits');
  return a + b;
}
