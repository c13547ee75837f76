// Weights, proportions and splits of the off-chain reward calculation, in PostgreSQL's arithmetic.
// Implements Layr-Labs/sidecar pkg/rewards/2_goldStakerRewardAmounts.go and the tables that repeat its formulas.

import { WHOLE_BIPS } from '../RewardsConfig.ts';
import * as Numeric from './numeric.ts';

export type Pairs = readonly (readonly [string, bigint])[];

/** Proportions have 15 decimals. */
const PROPORTION = 10n ** 15n;
/** Where nobody chose, and no default is known. @unit 1/10000 */
const FALLBACK_BIPS = 1_000n;

/** Of a strategy in an operator set. @unit 1e-18 */
export type Allocated = { readonly magnitude: bigint; readonly maxMagnitude: bigint };

/** amount / count without decimals, rounded as PostgreSQL rounds it. */
export function perDay(amount: bigint, count: bigint): bigint {
  return Numeric.floor(Numeric.quotient(Numeric.numeric(amount), Numeric.numeric(count)));
}

/**
 * The sum of shares by multiplier. Shares of 0 do not count. With `allocated` only the allocated part of each strategy does: shares by
 * magnitude, divided by the max magnitude, by the multiplier, in this order.
 *
 * @returns undefined when nothing counts: then there is no row at all
 */
export function weight(
  strategies: Pairs,
  shares: Pairs,
  allocated?: (strategy: string) => Allocated | undefined,
): Numeric.Numeric | undefined {
  const held = new Map(shares);
  let total: Numeric.Numeric | undefined;
  for (const [strategy, multiplier] of strategies) {
    const part = held.get(strategy) ?? 0n;
    const allocation = allocated?.(strategy);
    if (part <= 0n || (allocated !== undefined && !isAllocated(allocation))) continue;
    const counted = allocation === undefined ? Numeric.numeric(part) : allocatedPart(part, allocation);
    total = Numeric.sum(total ?? Numeric.ZERO, Numeric.product(counted, Numeric.numeric(multiplier)));
  }
  return total;
}

/** Tokens by weight, each by its proportion with 15 decimals. */
export function byProportion<T>(rows: readonly (readonly [T, Numeric.Numeric])[], tokens: bigint): (readonly [T, bigint])[] {
  const total = rows.reduce((sum, [, each]) => Numeric.sum(sum, each), Numeric.ZERO);
  if (total.units === 0n) return [];
  return rows.map(([row, each]) => {
    const proportion = Numeric.floor(Numeric.product(Numeric.quotient(each, total), Numeric.numeric(PROPORTION)));
    return [row, (proportion * tokens) / PROPORTION];
  });
}

/** tokens by weight / total, without the proportion's 15 decimals. */
export function byWeight<T>(rows: readonly (readonly [T, Numeric.Numeric])[], tokens: bigint): (readonly [T, bigint])[] {
  const total = rows.reduce((sum, [, each]) => Numeric.sum(sum, each), Numeric.ZERO);
  if (total.units === 0n) return [];
  return rows.map(([row, each]) => [row, Numeric.floor(Numeric.quotient(Numeric.product(Numeric.numeric(tokens), each), total))]);
}

/** What the operator keeps. The chosen split, else the default of the day, else 10%. */
export function operatorPart(tokens: bigint, chosen: bigint | undefined, byDefault: bigint | undefined): bigint {
  return perDay(tokens * (chosen ?? byDefault ?? FALLBACK_BIPS), WHOLE_BIPS);
}

function isAllocated(allocation: Allocated | undefined): boolean {
  return allocation !== undefined && allocation.magnitude > 0n && allocation.maxMagnitude > 0n;
}

function allocatedPart(shares: bigint, { magnitude, maxMagnitude }: Allocated): Numeric.Numeric {
  return Numeric.quotient(Numeric.numeric(shares * magnitude), Numeric.numeric(maxMagnitude));
}
