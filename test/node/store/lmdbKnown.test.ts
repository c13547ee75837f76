// What a process remembers of the store finds everything that the store lacks afterwards.
import { expect, test } from 'vitest';
import { Known } from '../../../src/node/store/lmdbKnown.ts';

function filled(): Known {
  const known = new Known();
  known.sawSlot('slot', 3n);
  for (const height of [2n, 5n, 6n, 9n]) known.sawRecord('slot', height);
  known.sawCondemned('key');
  known.sawSequence(7n);
  return known;
}

test('nothing is wrong with what it saw, nor with more', () => {
  const known = filled();
  expect(known.slotProblem('slot', 3n)).toBeUndefined();
  expect(known.slotProblem('slot', 4n)).toBeUndefined();
  expect(known.slotProblem('another', undefined)).toBeUndefined();
  expect(known.absenceProblem('slot', 7n, 3n)).toBeUndefined();
  expect(known.absenceProblem('another', 5n, undefined)).toBeUndefined();
  expect(known.condemnedProblem('key', true)).toBeUndefined();
  expect(known.condemnedProblem('another', false)).toBeUndefined();
  expect(known.sequenceProblem(7n)).toBeUndefined();
  expect(known.lackOf(filled())).toBeUndefined();
  expect(new Known().lackOf(filled())).toBeUndefined();
});

test('a record that is gone, unless a watermark stands over it', () => {
  const known = filled();
  expect(known.absenceProblem('slot', 5n, 3n)).toMatch(/height 5 is gone/);
  expect(known.absenceProblem('slot', 5n, undefined)).toMatch(/height 5 is gone/);
  expect(known.absenceProblem('slot', 5n, 4n)).toMatch(/height 5 is gone/);
  expect(known.absenceProblem('slot', 5n, 5n)).toBeUndefined();
  expect(known.gapProblem('slot', 7n, 9n, 3n)).toMatch(/height 9 is gone/);
  expect(known.gapProblem('slot', 7n, 8n, 3n)).toBeUndefined();
  expect(known.gapProblem('slot', 0n, 4n, 3n)).toBeUndefined();
  expect(known.gapProblem('slot', 0n, 5n, 3n)).toMatch(/height 5 is gone/);
  expect(known.gapProblem('slot', 0n, 9n, 9n)).toBeUndefined();
  known.sawPruned('slot', 5n);
  expect(known.absenceProblem('slot', 5n, undefined)).toBeUndefined();
  expect(known.absenceProblem('slot', 6n, undefined)).toMatch(/height 6 is gone/);
});

test('a watermark that fell, a slot that is gone, a key that is no longer condemned, a sequence that went back', () => {
  const known = filled();
  expect(known.slotProblem('slot', 2n)).toBeDefined();
  expect(known.slotProblem('slot', undefined)).toBeDefined();
  known.sawSlot('slot', 1n);
  expect(known.slotProblem('slot', 2n)).toBeDefined();
  expect(known.condemnedProblem('key', false)).toBeDefined();
  expect(known.sequenceProblem(6n)).toBeDefined();
  known.sawSequence(2n);
  expect(known.sequenceProblem(6n)).toBeDefined();
});

test('a file that was opened again has all of it', () => {
  const lacking = (change: (known: Known) => void, base: Known = new Known()): string | undefined => {
    change(base);
    return filled().lackOf(base);
  };
  const almost = (without: string): Known => {
    const known = new Known();
    known.sawSlot('slot', without === 'watermark' ? 2n : 3n);
    for (const height of [5n, 6n, 9n]) if (without !== `${height}`) known.sawRecord('slot', height);
    if (without !== 'key') known.sawCondemned('key');
    known.sawSequence(without === 'sequence' ? 6n : 8n);
    return known;
  };
  expect(lacking(() => undefined, almost('nothing'))).toBeUndefined();
  for (const without of ['watermark', '5', '6', '9', 'key', 'sequence']) expect(lacking(() => undefined, almost(without))).toBeDefined();
  expect(lacking((known) => known.sawSlot('slot', 9n), almost('9'))).toBeUndefined();
  expect(lacking(() => undefined)).toBeDefined();
});
