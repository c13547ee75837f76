// Dates as day numbers: no clock, no time zone. Day 0 is 1970-01-01 of the proleptic Gregorian calendar.
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';

export type Reason = Check.Reason | { readonly code: 'stake-policy.bad-date'; readonly field: string };

/**
 * The day of `YYYY-MM-DD`.
 *
 * @throws stake-policy.bad-date, input.not-text
 */
export function dayOf(text: string, field: string): number {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(Check.text(text, field)) ?? [];
  const [y, m, d] = [Number(year), Number(month), Number(day)];
  const leap = (y % 4 === 0 && y % 100 !== 0) || y % 400 === 0;
  const length = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][m - 1];
  if (year === undefined || length === undefined || d < 1 || d > length)
    fail<Reason>({ code: 'stake-policy.bad-date', field }, `${field}: expected a date such as 2026-05-12`);
  // Years that begin in March: the leap day is then the last one.
  const shifted = m > 2 ? y : y - 1;
  const before = 365 * shifted + Math.floor(shifted / 4) - Math.floor(shifted / 100) + Math.floor(shifted / 400);
  return before + Math.floor((153 * ((m + 9) % 12) + 2) / 5) + d - 1 - 719_468;
}

/** Bitcoin's block 840000 was mined on 2024-04-20. */
const ANCHOR = { height: 840_000, day: 19_833 } as const;

/** About when a block of Bitcoin mainnet is mined, at 144 blocks a day. */
export function estimatedDay(height: number): number {
  return ANCHOR.day + Math.floor((height - ANCHOR.height) / 144);
}
