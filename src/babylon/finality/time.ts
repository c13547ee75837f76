// Times of blocks as nanoseconds since 1970: the chain compares them to the nanosecond, and there is no clock here.
// RFC 3339, as protobuf timestamps are written in JSON.
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';

export type Reason = Check.Reason | { readonly code: 'finality-view.bad-time'; readonly field: string };

/** 0001-01-01T00:00:00Z, what Go takes for no time at all. @unit nanoseconds since 1970 */
export const NO_TIME: bigint = -62_135_596_800n * 1_000_000_000n;

/** Where years begin in March the leap day is their last. */
function dayOf(year: number, month: number, day: number): number {
  const shifted = month > 2 ? year : year - 1;
  const leaps = Math.floor(shifted / 4) - Math.floor(shifted / 100) + Math.floor(shifted / 400);
  return 365 * shifted + leaps + Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1 - 719_468;
}

function lengthOf(year: number, month: number): number {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
}

const FORM = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?Z$/;

/**
 * `2026-05-12T08:00:00.5Z` in nanoseconds since 1970. Only UTC: other zones are not written by the chain.
 *
 * @unit result: nanoseconds, negative before 1970
 * @throws input.not-text, finality-view.bad-time
 */
export function parse(text: string, field: string): bigint {
  const match = FORM.exec(Check.text(text, field));
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = (match ?? []).slice(1, 7).map(Number);
  const fits = day >= 1 && day <= lengthOf(year, month) && hour < 24 && minute < 60 && second < 60;
  if (match === null || !fits)
    fail<Reason>({ code: 'finality-view.bad-time', field }, `${field}: expected a time such as 2026-05-12T08:00:00Z`);
  const seconds = BigInt(dayOf(year, month, day)) * 86_400n + BigInt(hour * 3_600 + minute * 60 + second);
  return seconds * 1_000_000_000n + BigInt((match[7] ?? '').padEnd(9, '0'));
}
