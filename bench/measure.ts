// Interleaved timing of two sides in one process: A B A B …, the ratio of each pair of neighbours, then the middle of the ratios.
// Neighbours share the state of the machine, so their ratio survives other load that would spoil either time alone. The clock is the CPU
// time of this process: it stands still while others have the core. Everything measured here is synchronous, so nothing waits meanwhile.

/** One side of a comparison. */
export type Side = {
  readonly name: string;
  /** One operation; `i` counts from 0 within a batch. */
  readonly run: (i: number) => unknown;
  /** Called before each timed batch with its number of operations, outside the clock: fresh inputs are made here. */
  readonly prepare?: (count: number) => void;
};

export type Budget = {
  /** Pairs of batches, when the time allows it. */
  readonly rounds: number;
  /** Length of one batch. @unit milliseconds */
  readonly batchMs: number;
  /** Longest time for the pairs of one comparison; three pairs are always made. @unit milliseconds */
  readonly maxMs: number;
};

export type Spread = { readonly min: number; readonly median: number; readonly max: number };
/** Times of one operation. @unit microseconds */
export type Timing = { readonly name: string; readonly microseconds: Spread };
export type Comparison = { readonly ours: Timing; readonly other: Timing; readonly ratio: Spread; readonly rounds: number };

/** Time for the compiler before anything counts. @unit milliseconds */
const WARM_UP_MS = 60;

/** Keeps results alive, so that no compiler can drop the work. */
let sink: unknown;

/** Times one batch. @unit milliseconds per operation */
function batch(side: Side, count: number): number {
  side.prepare?.(count);
  const start = process.cpuUsage();
  for (let i = 0; i < count; i++) sink = side.run(i);
  const { user, system } = process.cpuUsage(start);
  return Math.max(1, user + system) / 1000 / count;
}

/** Warms the side up and finds how many operations fill a batch. */
function calibrate(side: Side, { batchMs }: Budget): number {
  let count = 1;
  let spentMs = 0;
  for (;;) {
    const each = batch(side, count);
    spentMs += each * count;
    if (each * count >= batchMs / 2 && spentMs >= Math.max(2 * batchMs, WARM_UP_MS)) return Math.max(1, Math.round(batchMs / each));
    count = each * count >= batchMs / 2 ? count : Math.min(count * 2, 1 << 20);
  }
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (i: number): number => sorted[i] ?? Number.NaN;
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
  return { min: at(0), median, max: at(sorted.length - 1) };
}

/** How many times as fast `ours` is as `other`: above 1, ours is the faster one. */
export function compare(ours: Side, other: Side, budget: Budget): Comparison {
  const counts = [calibrate(ours, budget), calibrate(other, budget)] as const;
  const times: [number[], number[]] = [[], []];
  const start = performance.now();
  for (let round = 0; round < budget.rounds; round++) {
    if (round >= 3 && performance.now() - start > budget.maxMs) break;
    times[0].push(batch(ours, counts[0]));
    times[1].push(batch(other, counts[1]));
  }
  const timing = (side: Side, ms: readonly number[]): Timing => ({
    name: side.name,
    microseconds: spreadOf(ms.map((time) => time * 1000)),
  });
  const ratio = spreadOf(times[1].map((time, i) => time / (times[0][i] ?? Number.NaN)));
  return { ours: timing(ours, times[0]), other: timing(other, times[1]), ratio, rounds: times[0].length };
}

/** Times sides of several sizes, interleaved: all sizes, then all sizes again. @unit microseconds per operation */
export function sweep(sides: readonly Side[], budget: Budget): readonly Timing[] {
  const counts = sides.map((side) => calibrate(side, budget));
  const times: number[][] = sides.map(() => []);
  const start = performance.now();
  for (let round = 0; round < budget.rounds; round++) {
    if (round >= 3 && performance.now() - start > budget.maxMs) break;
    for (const [i, side] of sides.entries()) times[i]?.push(1000 * batch(side, counts[i] ?? 1));
  }
  return sides.map(({ name }, i) => ({ name, microseconds: spreadOf(times[i] ?? []) }));
}

/** The k of time ~ size^k that fits the points best (least squares of the logarithms): 1 is linear, 2 quadratic. */
export function exponentOf(points: readonly { readonly size: number; readonly time: number }[]): number {
  const xs = points.map(({ size }) => Math.log(size));
  const ys = points.map(({ time }) => Math.log(time));
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const mx = mean(xs);
  const my = mean(ys);
  const covariance = xs.reduce((sum, x, i) => sum + (x - mx) * ((ys[i] ?? 0) - my), 0);
  return covariance / xs.reduce((sum, x) => sum + (x - mx) ** 2, 0);
}

/** What was computed last; exported so that it counts as used. */
export function lastResult(): unknown {
  return sink;
}
