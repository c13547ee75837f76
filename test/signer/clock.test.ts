// A clock that jumps: times are kept for information, and decide nothing.
import { expect, test } from 'vitest';
import { MemoryStore } from '../../src/signer/MemoryStore.ts';
import { ask, codeOf, signatureOf, world } from './support.ts';

test.each([
  ['back to 1970', 0n],
  ['far into the future', 2n ** 62n],
  ['an hour back and forth', -3_600_000n],
])('a clock that jumps %s changes no decision', async (_, jump) => {
  const store = new MemoryStore();
  let now = 1_700_000_000_000n;
  const at = world({ store, nowMs: () => now });
  const first = await ask(at, 5n, 'a');
  now = jump < 0n ? now + jump : jump;
  expect(signatureOf(await ask(at, 5n, 'a'))).toEqual(signatureOf(first));
  expect(codeOf(await ask(at, 5n, 'b'))).toBe('signer.double-sign');
  expect(codeOf(await ask(at, 6n, 'a'))).toBe('signed');
  now = 1_700_000_000_000n;
  // Another signer on the same store, whose clock never jumped.
  const other = world({ store });
  expect(codeOf(await ask(other, 6n, 'b'))).toBe('signer.double-sign');
  expect(signatureOf(await ask(other, 5n, 'a'))).toEqual(signatureOf(first));
});
