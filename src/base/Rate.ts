// The slashing rate, the one fraction of the protocol that is decided by text: at most four decimals, strictly between 0 and 1.
import type { Brand } from './Brand.ts';
import * as Check from './Check.ts';
import { fail } from './Errors.ts';

/** A rate in ten-thousandths, 1..9999. */
export type RateBps = Brand<number, 'rate-1e-4'>;

export type Reason =
  | Check.Reason
  | { readonly code: 'rate.bad-text'; readonly field: string }
  | { readonly code: 'rate.too-precise'; readonly field: string; readonly maxDecimals: 4 }
  | { readonly code: 'rate.out-of-range'; readonly field: string; readonly got: string };

/**
 * Parses "0.001" or the chain's 18-place "0.001000000000000000".
 *
 * @throws rate.bad-text - no plain decimal, or more than 18 places
 * @throws rate.too-precise - a non-zero digit after the fourth place
 * @throws rate.out-of-range - not strictly between 0 and 1
 * @source babylon btcstaking/types.go IsSlashingRateValid
 */
export function parse(text: string, field = 'slashingRate'): RateBps {
  Check.text(text, field);
  const match = /^([0-9]{1,20})(?:\.([0-9]{1,18}))?$/.exec(text);
  if (match === null) fail<Reason>({ code: 'rate.bad-text', field }, `${field}: expected a decimal fraction such as 0.001`);
  const whole = BigInt(match[1] ?? '0');
  const places = (match[2] ?? '').padEnd(18, '0');
  if (/[1-9]/.test(places.slice(4)))
    fail<Reason>({ code: 'rate.too-precise', field, maxDecimals: 4 }, `${field}: at most 4 decimals, got ${text}`);
  const units = whole * 10_000n + BigInt(places.slice(0, 4));
  if (units < 1n || units > 9_999n)
    fail<Reason>({ code: 'rate.out-of-range', field, got: text }, `${field}: expected a rate strictly between 0 and 1, got ${text}`);
  return Number(units) as RateBps;
}

/** True for an integer of ten-thousandths strictly between 0 and 1. */
export function isValid(tenThousandths: number): boolean {
  return Number.isInteger(tenThousandths) && tenThousandths >= 1 && tenThousandths <= 9_999;
}

/**
 * A rate from its ten-thousandths.
 *
 * @throws input.not-integer, input.out-of-range
 */
export function from(tenThousandths: number, field = 'slashingRate'): RateBps {
  return Check.integer(tenThousandths, field, 1, 9_999) as RateBps;
}

/**
 * "0.001": the shortest decimal text of the rate.
 *
 * @throws input.not-integer, input.out-of-range - 10000 would read as 0.1
 */
export function format(rate: RateBps): string {
  return `0.${from(rate).toString().padStart(4, '0').replace(/0+$/, '')}`;
}
