// PostgreSQL's `numeric`, for quantities that are not negative: sums and products are exact, a quotient is rounded (half up) to as many
// decimals as the server chooses. The reward calculation runs in PostgreSQL, and for long numbers that choice decides the last token wei: a
// quotient of 17 and more digits before the point has no decimals, so that the "floor" around it finds a number that was rounded already.
// Implements the rules of PostgreSQL src/backend/utils/adt/numeric.c (select_div_scale, div_var, round_var), from their description; compared
// with PostgreSQL 15.
import { DIVISION_BY_ZERO, revert } from '../../state/Revert.ts';

/** `units / 10^scale`. */
export type Numeric = { readonly units: bigint; readonly scale: number };

const MIN_SIGNIFICANT_DIGITS = 16;
const MAX_SCALE = 1000;
/** Digits are kept in groups of four. */
const GROUP = 4;

export function numeric(value: bigint): Numeric {
  return { units: value, scale: 0 };
}

export const ZERO: Numeric = numeric(0n);

export function sum(a: Numeric, b: Numeric): Numeric {
  const scale = Math.max(a.scale, b.scale);
  return { units: rescaled(a, scale) + rescaled(b, scale), scale };
}

export function product(a: Numeric, b: Numeric): Numeric {
  return { units: a.units * b.units, scale: a.scale + b.scale };
}

/** @throws ledger.reverted - Panic(0x12) when `b` is 0; callers see to it that it is not */
export function quotient(a: Numeric, b: Numeric): Numeric {
  if (b.units === 0n) revert(DIVISION_BY_ZERO);
  const scale = quotientScale(a, b);
  const dividend = a.units * 10n ** BigInt(scale - a.scale + b.scale);
  return { units: (2n * dividend + b.units) / (2n * b.units), scale };
}

export function floor({ units, scale }: Numeric): bigint {
  return units / 10n ** BigInt(scale);
}

/** At least 16 significant digits by an estimate that may be one group of four too high, and no fewer decimals than either operand has. */
function quotientScale(a: Numeric, b: Numeric): number {
  const [first, second] = [leading(a), leading(b)];
  const weight = first.weight - second.weight - (first.digit <= second.digit ? 1 : 0);
  return Math.min(Math.max(MIN_SIGNIFICANT_DIGITS - weight * GROUP, a.scale, b.scale, 0), MAX_SCALE);
}

/** The first group of digits that is not 0, and its power of 10^4. */
function leading({ units, scale }: Numeric): { readonly weight: number; readonly digit: number } {
  if (units === 0n) return { weight: 0, digit: 0 };
  const groupsBehind = Math.ceil(scale / GROUP);
  const digits = `${units}${'0'.repeat(groupsBehind * GROUP - scale)}`;
  const groups = Math.ceil(digits.length / GROUP);
  const firstLength = digits.length - (groups - 1) * GROUP;
  return { weight: groups - 1 - groupsBehind, digit: Number(digits.slice(0, firstLength)) };
}

function rescaled({ units, scale }: Numeric, to: number): bigint {
  return units * 10n ** BigInt(to - scale);
}
