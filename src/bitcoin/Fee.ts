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
  | { readonly code: 'fee.too-low'; readonly feeSats: string; readonly minFeeSats: string }
  | { readonly code: 'fee.bad-rate'; readonly field: string; readonly got: string }
  | { readonly code: 'fee.rate-too-precise'; readonly field: string; readonly maxDecimals: 3 };

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
 * The rate that a number or decimal text of satoshi per vbyte spells, exactly: 1.5 and "0.25" are 1500 and 250 sat/kvB. A number counts as the
 * shortest decimal that spells it, as JSON writes it.
 *
 * @unit satoshi per vbyte, at most 3 decimals
 * @throws fee.bad-rate - NaN, infinite, negative, exponents, blanks, signs, anything that is no plain decimal
 * @throws fee.rate-too-precise - a non-zero digit after the third decimal, such as 0.1 + 0.2 has
 * @throws input.out-of-range - below 0.1 or above `max` (in sat/kvB; 1000 sat/vB when left out)
 */
export function ratePerVbyte(satsPerVbyte: number | string, field = 'feeRate', max: bigint = MAX_RATE): RatePerKvb {
  const isNumber = typeof satsPerVbyte === 'number';
  const text = isNumber ? String(satsPerVbyte) : satsPerVbyte;
  const match = typeof text === 'string' ? /^(0|[1-9][0-9]{0,15})(?:\.([0-9]{1,18}))?$/.exec(text) : null;
  if (match === null) {
    const got = isNumber ? text : Check.kindOf(satsPerVbyte);
    fail<Reason>({ code: 'fee.bad-rate', field, got }, `${field}: expected satoshi per vbyte as a number or decimal text, got ${got}`);
  }
  const places = (match[2] ?? '').padEnd(3, '0');
  if (/[1-9]/.test(places.slice(3)))
    fail<Reason>({ code: 'fee.rate-too-precise', field, maxDecimals: 3 }, `${field}: at most 3 decimals of a satoshi per vbyte`);
  return rate(BigInt(match[1] ?? '0') * 1000n + BigInt(places.slice(0, 3)), field, max);
}

/** "1.5": the rate in satoshi per vbyte, the shortest decimal text. @throws input.not-integer, input.out-of-range */
export function formatPerVbyte(feeRate: RatePerKvb): string {
  Check.bigInteger(feeRate, 'feeRate', 0n, Sats.MAX);
  const places = (feeRate % 1000n).toString().padStart(3, '0').replace(/0+$/, '');
  return `${feeRate / 1000n}${places === '' ? '' : `.${places}`}`;
}

/**
 * The rate that a fee is for this weight, rounded down: what a node compares.
 *
 * @unit satoshi per 1000 vbytes
 */
export function rateOf(feeSats: bigint, weight: number): bigint {
  const vbytes = (BigInt(Check.integer(weight, 'weight', 1, Number.MAX_SAFE_INTEGER)) + 3n) / 4n;
  return (Sats.from(feeSats, 'feeSats') * 1000n) / vbytes;
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
