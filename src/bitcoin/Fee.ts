// Fees as integers: satoshi per 1000 virtual bytes, rounded up, with a ceiling against typing errors.
import type { Brand } from '../base/Brand.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Sats from '../base/Sats.ts';

/** A fee rate in satoshi per 1000 vbytes: 1 sat/vB is 1000. */
export type RatePerKvb = Brand<bigint, 'sat/kvB'>;

export type Reason =
  | Check.Reason
  | { readonly code: 'fee.too-high'; readonly feeSats: string; readonly maxFeeSats: string; readonly weight: number }
  | { readonly code: 'fee.too-low'; readonly feeSats: string; readonly minFeeSats: string };

/** 1000 sat/vB: above it a rate is taken for a mistake, unless the caller allows it by name. */
export const MAX_RATE: RatePerKvb = 1_000_000n as RatePerKvb;
/** 0.1 sat/vB, the relay minimum of Bitcoin Core since 29.1. */
export const MIN_RATE: RatePerKvb = 100n as RatePerKvb;

/** @unit satoshi per 1000 vbytes @throws input.not-integer, input.out-of-range */
export function rate(satsPerKvb: bigint, field = 'feeRateSatsPerKvb', max: bigint = MAX_RATE): RatePerKvb {
  Check.bigInteger(max, `${field} maximum`, MIN_RATE, Sats.MAX);
  const advice = 'the unit is satoshi per 1000 vbytes: 1 sat/vB is 1000n';
  if (typeof satsPerKvb === 'number')
    fail<Reason>(
      { code: 'input.not-integer', field, got: `the number ${satsPerKvb}` },
      `${field}: expected a bigint, got a number; ${advice}`,
    );
  if (typeof satsPerKvb === 'bigint' && satsPerKvb < MIN_RATE) {
    const facts = { field, min: MIN_RATE.toString(), max: max.toString(), got: satsPerKvb.toString() };
    fail<Reason>({ code: 'input.out-of-range', ...facts }, `${field}: expected ${facts.min}..${facts.max}, got ${facts.got}; ${advice}`);
  }
  return Check.bigInteger(satsPerKvb, field, MIN_RATE, max) as RatePerKvb;
}

/**
 * ceil(vsize * rate / 1000), with vsize = ceil(weight / 4) as nodes count it: never below what a node asks at this rate.
 *
 * @unit weight units of the signed transaction
 */
export function at(weight: number, feeRate: RatePerKvb): Sats.Sats {
  return Sats.from(exact(weight, feeRate), 'feeSats');
}

function exact(weight: number, satsPerKvb: bigint): bigint {
  const vbytes = (BigInt(Check.integer(weight, 'weight', 1, Number.MAX_SAFE_INTEGER)) + 3n) / 4n;
  if (typeof satsPerKvb !== 'bigint') Check.bigInteger(satsPerKvb, 'feeRateSatsPerKvb', MIN_RATE, Sats.MAX);
  return (vbytes * satsPerKvb + 999n) / 1000n;
}

/**
 * Refuses a fee below what the relay minimum is for this weight.
 *
 * @throws fee.too-low
 */
export function checkFloor(feeSats: bigint, weight: number): void {
  if (typeof feeSats !== 'bigint') Sats.from(feeSats, 'feeSats');
  const min = at(weight, MIN_RATE);
  if (feeSats < min)
    fail<Reason>(
      { code: 'fee.too-low', feeSats: feeSats.toString(), minFeeSats: min.toString() },
      `a fee of ${feeSats} sat for ${weight} weight units is below the relay minimum of ${min} sat`,
    );
}

/**
 * Refuses a fee above what `maxRate` gives for this weight.
 *
 * @throws fee.too-high
 */
export function checkCeiling(feeSats: bigint, weight: number, maxRate: bigint = MAX_RATE): void {
  if (typeof feeSats !== 'bigint') Sats.from(feeSats, 'feeSats');
  const max = exact(weight, rate(maxRate, 'maxFeeRateSatsPerKvb', Sats.MAX));
  if (feeSats > max)
    fail<Reason>(
      { code: 'fee.too-high', feeSats: feeSats.toString(), maxFeeSats: max.toString(), weight },
      `a fee of ${feeSats} sat for ${weight} weight units is above the limit of ${max} sat; allow it by name if it is meant`,
    );
}
