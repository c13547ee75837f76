// Decimals of the chain: 18 places, kept as whole numbers of 10^-18. Cosmos-sdk math LegacyDec; rounding to integers is banker's.
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';

export type Reason = Check.Reason | { readonly code: 'finality-view.bad-decimal'; readonly field: string };

export const ONE: bigint = 10n ** 18n;

/** "0.2" as 200000000000000000. @throws input.not-text, finality-view.bad-decimal */
export function parse(text: string, field: string): bigint {
  const match = /^([0-9]{1,18})(?:\.([0-9]{1,18}))?$/.exec(Check.text(text, field));
  if (match === null) fail<Reason>({ code: 'finality-view.bad-decimal', field }, `${field}: expected a decimal such as 0.2`);
  return BigInt((match[1] ?? '') + (match[2] ?? '').padEnd(18, '0'));
}

/** The wire form: digits, the value times 10^18, with a sign when negative. @throws input.not-text, finality-view.bad-decimal */
export function wire(text: string, field: string): bigint {
  if (!/^-?(0|[1-9][0-9]{0,77})$/.test(Check.text(text, field)))
    fail<Reason>({ code: 'finality-view.bad-decimal', field }, `${field}: expected digits, the value times 10^18`);
  return BigInt(text);
}

/** The nearest integer; halves go to the even one. For values that are not negative. @source cosmos-sdk math/dec.go chopPrecisionAndRound */
export function round(value: bigint): bigint {
  const whole = value / ONE;
  const twice = 2n * (value % ONE);
  return twice > ONE || (twice === ONE && whole % 2n === 1n) ? whole + 1n : whole;
}
