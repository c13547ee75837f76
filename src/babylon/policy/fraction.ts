// Decimal fractions such as commissions, exact: units of 10^-18, as the chain counts.
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';

export type Reason = Check.Reason | { readonly code: 'stake-policy.bad-fraction'; readonly field: string };

const ONE = 10n ** 18n;

/**
 * The units of "0.05"; from 0 to 1, at most 18 places.
 *
 * @throws stake-policy.bad-fraction, input.not-text
 */
export function parse(text: string, field: string): bigint {
  const [, whole = '', places = ''] = /^([01])(?:\.(\d{1,18}))?$/.exec(Check.text(text, field)) ?? [];
  const units = BigInt(whole === '' ? 2 : whole) * ONE + BigInt(places.padEnd(18, '0'));
  if (units > ONE) fail<Reason>({ code: 'stake-policy.bad-fraction', field }, `${field}: expected a decimal fraction from 0 to 1 as text`);
  return units;
}

/** "5 %", exact. */
export function percent(units: bigint): string {
  const places = (units % (ONE / 100n)).toString().padStart(16, '0').replace(/0+$/, '');
  return `${units / (ONE / 100n)}${places === '' ? '' : `.${places}`} %`;
}
