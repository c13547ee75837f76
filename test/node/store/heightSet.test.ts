// Runs of heights against a plain set.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HeightSet } from '../../../src/node/store/heightSet.ts';

const SIZE = 60;
const all = Array.from({ length: SIZE }, (_, i) => BigInt(i));

test('agrees with a set for any history', () => {
  const step = fc.record({ what: fc.constantFrom('add', 'add', 'add', 'add', 'cut'), height: fc.nat(SIZE - 1) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
      const [runs, set] = [new HeightSet(), new Set<bigint>()];
      for (const { what, height } of steps) {
        const at = BigInt(height);
        if (what === 'add') {
          runs.add(at);
          set.add(at);
        } else {
          runs.removeUpTo(at);
          for (const each of [...set]) if (each <= at) set.delete(each);
        }
      }
      expect(all.filter((height) => runs.has(height))).toEqual(all.filter((height) => set.has(height)));
      const listed = [...runs].flatMap(([first, last]) => all.filter((height) => height >= first && height <= last));
      expect(listed).toEqual(all.filter((height) => set.has(height)));
      const joined = [...runs].every(([first], i, list) => i === 0 || first > (list[i - 1]?.[1] ?? 0n) + 1n);
      expect(joined).toBe(true);
      for (let from = 0n; from < 60n; from += 7n) {
        for (let to = from - 1n; to < 60n; to += 11n) {
          const range = all.filter((height) => height >= from && height <= to);
          expect(runs.firstIn(from, to)).toBe(range.find((height) => set.has(height)));
          expect(runs.firstMissing(from, to)).toBe(range.find((height) => !set.has(height)));
        }
      }
    }),
    { numRuns: 400, seed: 5 },
  );
});

test('both ends of eight bytes', () => {
  const highest = 2n ** 64n - 1n;
  const runs = new HeightSet();
  for (const height of [0n, highest, highest - 1n, 1n]) runs.add(height);
  expect([...runs]).toEqual([
    [0n, 1n],
    [highest - 1n, highest],
  ]);
  runs.removeUpTo(highest - 1n);
  expect([...runs]).toEqual([[highest, highest]]);
  runs.removeUpTo(highest);
  expect(runs.runs).toBe(0);
});

test('a million heights in a row are one run', () => {
  const runs = new HeightSet();
  for (let height = 0n; height < 1_000_000n; height++) runs.add(height);
  expect(runs.runs).toBe(1);
});
