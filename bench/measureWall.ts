// Wall-clock comparison for work that waits (for a disk, a server, another thread): the two sides take turns, and the time of every request is
// kept. Other load of the machine shows here; the load average in the head of the output says how much there was.

import type { Comparison } from './measure.ts';
import { spreadOf } from './measure.ts';
import type { Latency } from './report.ts';

/** One side: each call is one request, and answers with how many units it did (votes, points). */
export type WallSide = { readonly name: string; readonly request: () => Promise<number> };

type Timed = { readonly ms: readonly number[]; readonly units: number };

/** @unit milliseconds */
async function batch({ request }: WallSide, requests: number): Promise<Timed> {
  const ms: number[] = [];
  let units = 0;
  for (let i = 0; i < requests; i++) {
    const start = performance.now();
    units += await request();
    ms.push(performance.now() - start);
  }
  return { ms, units };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** The middle of the ratios of neighbours, per unit of work, and the latencies of the requests of both sides. */
export async function compareWall(
  ours: WallSide,
  other: WallSide,
  { rounds, requests, otherRequests = requests }: { readonly rounds: number; readonly requests: number; readonly otherRequests?: number },
): Promise<{ readonly comparison: Comparison; readonly latencies: readonly [Latency, Latency] }> {
  await batch(ours, requests);
  await batch(other, otherRequests);
  const [mine, theirs]: [Timed[], Timed[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    mine.push(await batch(ours, requests));
    theirs.push(await batch(other, otherRequests));
  }
  const perUnit = (timed: Timed): number => sum(timed.ms) / timed.units;
  const timing = ({ name }: WallSide, all: readonly Timed[]): Comparison['ours'] => ({
    name,
    microseconds: spreadOf(all.map((timed) => 1000 * perUnit(timed))),
  });
  const ratios = mine.map((timed, i) => perUnit(theirs[i] ?? { ms: [Number.NaN], units: 1 }) / perUnit(timed));
  return {
    comparison: { ours: timing(ours, mine), other: timing(other, theirs), ratio: spreadOf(ratios), rounds },
    latencies: [latency(`latency: ${ours.name}`, mine), latency(`latency: ${other.name}`, theirs)],
  };
}

/** Many requests at once: each of `lanes` callers asks again when it was answered. */
export async function inLanes(side: WallSide, lanes: number, requestsPerLane: number): Promise<Latency> {
  const start = performance.now();
  const all = await Promise.all(Array.from({ length: lanes }, () => batch(side, requestsPerLane)));
  const seconds = (performance.now() - start) / 1000;
  const units = sum(all.map((timed) => timed.units));
  return { ...latency(side.name, all), perSecond: units / seconds };
}

function latency(name: string, all: readonly Timed[]): Latency {
  const sorted = all.flatMap(({ ms }) => ms).sort((a, b) => a - b);
  const at = (share: number): number => 1000 * (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN);
  const units = sum(all.map((timed) => timed.units));
  return { name, p50: at(0.5), p99: at(0.99), max: at(1), perSecond: units / (sum(sorted) / 1000) };
}
