// The numbers above or below which a warning is raised, and their usual values.
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';
import * as Sats from '../../base/Sats.ts';
import * as Fraction from './fraction.ts';
import type { Limits } from './plan.ts';

export type Reason = Check.Reason | Fraction.Reason | { readonly code: 'stake-policy.unknown-limit'; readonly field: string };

export const DEFAULTS: Limits = Object.freeze({
  activationMarginBlocks: 12,
  lockTolerancePercent: 10,
  longLockBlocks: 64_000,
  maxCommission: '0.2',
  maxFeeSats: 100_000n,
  maxFeeShareBps: 100,
  maxUnbondingFeeShareBps: 500,
  maxSlashingFeeShareBps: 1000,
  maxFeeRatePercent: 300,
  minFeeRatePercent: 50,
  deadlineMarginBlocks: 144,
  maxDataAgeDays: 90,
});

/** The limits with changes. @throws stake-policy.unknown-limit, input.*, stake-policy.bad-fraction */
export function limitsOf(changes: Partial<Limits> | undefined): Limits {
  if (changes === undefined) return DEFAULTS;
  Check.object(changes, 'limits');
  for (const [key, value] of Object.entries(changes)) {
    const field = `limits.${key}`;
    if (!Object.hasOwn(DEFAULTS, key)) fail<Reason>({ code: 'stake-policy.unknown-limit', field }, `${field}: there is no such limit`);
    if (key === 'maxCommission') Fraction.parse(value as string, field);
    else if (key === 'maxFeeSats') Sats.from(value as bigint, field);
    else Check.integer(value, field, 0, 1_000_000_000);
  }
  return { ...DEFAULTS, ...changes };
}
