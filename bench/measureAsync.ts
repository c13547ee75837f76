// The comparison of measure.ts for sides that answer with a promise, such as a flow with a wallet in it; and for a side that takes many
// seconds, which is run a few times and not warmed up. Nothing waits for anything here: canned wallets answer at once, so the CPU time of the
// process is the time of the work.
import { type Budget, type Comparison, spreadOf, type Timing } from './measure.ts';

/** One side; `run` may answer with a promise. */
export type AsyncSide = {
  readonly name: string;
  readonly run: () => unknown;
  /** Runs that are made in place of what the budget says, not warmed up: for work of many seconds. */
  readonly times?: number;
};

/** @unit milliseconds per operation */
async function batch({ run }: AsyncSide, count: number): Promise<number> {
  const start = process.cpuUsage();
  for (let i = 0; i < count; i++) await run();
  const { user, system } = process.cpuUsage(start);
  return Math.max(1, user + system) / 1000 / count;
}

/** Flows run through much code, which the compiler takes longer to see; a side of many seconds has it in its first run. @unit milliseconds */
const WARM_UP_MS = 2_500;
const QUICK_WARM_UP_MS = 600;

/** Warms the side up and finds how many operations fill a batch. */
async function calibrate(side: AsyncSide, { batchMs, maxMs }: Budget): Promise<number> {
  if (side.times !== undefined) return 1;
  let spentMs = 0;
  for (let count = 1; ; ) {
    const each = await batch(side, count);
    spentMs += each * count;
    if (each * count >= batchMs / 2 && spentMs >= (maxMs < 1_000 ? QUICK_WARM_UP_MS : WARM_UP_MS))
      return Math.max(1, Math.round(batchMs / each));
    if (each * count < batchMs / 2) count *= 2;
  }
}

/** As `compare`: interleaved batches, the middle of the ratios of neighbours. */
export async function compareAsync(ours: AsyncSide, other: AsyncSide, budget: Budget): Promise<Comparison> {
  // Beside a side that is run once or twice ours gets longer batches: there are few to take the middle of.
  const longer = other.times === undefined ? budget : { ...budget, batchMs: 8 * budget.batchMs };
  const counts = [await calibrate(ours, longer), await calibrate(other, budget)] as const;
  const times: [number[], number[]] = [[], []];
  const least = Math.min(3, ours.times ?? 3, other.times ?? 3);
  const most = Math.min(budget.rounds, ours.times ?? budget.rounds, other.times ?? budget.rounds);
  const start = performance.now();
  for (let round = 0; round < most; round++) {
    if (round >= least && performance.now() - start > budget.maxMs) break;
    times[0].push(await batch(ours, counts[0]));
    times[1].push(await batch(other, counts[1]));
  }
  const timing = ({ name }: AsyncSide, ms: readonly number[]): Comparison['ours'] => ({
    name,
    microseconds: spreadOf(ms.map((time) => time * 1000)),
  });
  const ratio = spreadOf(times[1].map((time, i) => time / (times[0][i] ?? Number.NaN)));
  return { ours: timing(ours, times[0]), other: timing(other, times[1]), ratio, rounds: times[0].length };
}

/** Times sides of several sizes, interleaved and once each before the clock; one run is one batch. @unit microseconds per run */
export async function sweepAsync(sides: readonly AsyncSide[], budget: Budget): Promise<readonly Timing[]> {
  for (const { run } of sides) await run();
  const times: number[][] = sides.map(() => []);
  const start = performance.now();
  for (let round = 0; round < budget.rounds; round++) {
    if (round >= 2 && performance.now() - start > budget.maxMs) break;
    for (const [i, side] of sides.entries()) times[i]?.push(1000 * (await batch(side, 1)));
  }
  return sides.map(({ name }, i) => ({ name, microseconds: spreadOf(times[i] ?? []) }));
}
