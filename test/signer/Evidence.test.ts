// Votes that exist and that the store does not hold: whatever shows them, the signer signs nothing new until an operator has raised the watermark.
import { describe, expect, test } from 'vitest';
import { MemoryStore } from '../../src/signer/MemoryStore.ts';
import type { Reading } from '../../src/signer/SignStore.ts';
import { ask, codeOf, signatureOf, world } from './support.ts';

describe('evidence of lost votes', () => {
  test('a vote on the chain that the store holds, or that is under the watermark, changes nothing', async () => {
    const at = world();
    await ask(at, 7n);
    expect(await at.signer.observe(at.slot, 7n, 'chain')).toBeUndefined();
    expect((await ask(at, 8n)).kind).toBe('signed');
    await at.store.raiseWatermark(at.slot, 20n);
    expect(await at.signer.observe(at.slot, 20n, 'chain')).toBeUndefined();
    expect((await ask(at, 21n)).kind).toBe('signed');
  });

  test('one that the store does not hold stops everything new until the watermark is raised to it; what is recorded is still returned', async () => {
    const at = world();
    const signature = signatureOf(await ask(at, 7n));
    expect(await at.signer.observe(at.slot, 12n, 'chain')).toBe(12n);
    expect(await ask(at, 13n)).toEqual({
      kind: 'refused',
      refusal: { code: 'signer.fenced', height: 13n, signedElsewhereUpTo: 12n, watermark: -1n },
    });
    expect(await ask(at, 7n)).toEqual({ kind: 'returned', signature });
    expect(codeOf(await ask(at, 7n, 'other'))).toBe('signer.double-sign');
    expect((await ask({ ...at, slot: { ...at.slot, chainId: 'other' } }, 13n)).kind).toBe('signed');
    await at.store.raiseWatermark(at.slot, 11n);
    expect(codeOf(await ask(at, 13n))).toBe('signer.fenced');
    await at.store.raiseWatermark(at.slot, 12n);
    expect((await ask(at, 13n)).kind).toBe('signed');
    expect(at.events.filter(({ kind }) => kind === 'fenced')).toEqual([{ kind: 'fenced', slot: at.slot, height: 12n }]);
  });

  test('a signature far ahead does not hide it', async () => {
    const at = world();
    await ask(at, 1_000_000n);
    expect(await at.signer.observe(at.slot, 12n, 'chain')).toBe(12n);
    expect(codeOf(await ask(at, 11n))).toBe('signer.fenced');
    expect(codeOf(await ask(at, 1_000_001n))).toBe('signer.fenced');
  });

  test('a later vote that the store holds does not hide an earlier one that it does not', async () => {
    const at = world();
    await ask(at, 7n);
    await Promise.all([at.signer.observe(at.slot, 5n, 'chain'), at.signer.observe(at.slot, 7n, 'chain')]);
    expect(codeOf(await ask(at, 8n))).toBe('signer.fenced');
  });

  test('a witness is believed even where the store has a record of that height: others may be missing', async () => {
    const at = world();
    await ask(at, 7n);
    expect(await at.signer.observe(at.slot, 7n, 'witness')).toBe(7n);
    expect(codeOf(await ask(at, 6n))).toBe('signer.fenced');
    await at.store.raiseWatermark(at.slot, 7n);
    expect(await at.signer.observe(at.slot, 7n, 'witness')).toBeUndefined();
    expect((await ask(at, 8n)).kind).toBe('signed');
  });

  test('keeps a slot from opening by itself', async () => {
    const at = world();
    expect(await at.signer.observe(at.slot, 12n, 'chain')).toBe(12n);
    expect(codeOf(await ask(at, 13n))).toBe('signer.not-enrolled');
    expect(await at.store.slots()).toEqual([]);
  });

  test('counts from when it was told, whatever the store does', async () => {
    const at = world();
    await ask(at, 7n);
    const { read } = at.store;
    at.store.read = async () => {
      throw new Error('away');
    };
    expect(await at.signer.observe(at.slot, 12n, 'chain')).toBeUndefined();
    expect(await at.signer.observe(at.slot, 3n, 'witness')).toBe(3n);
    at.store.read = read;
    expect(codeOf(await ask(at, 13n))).toBe('signer.fenced');
    await at.store.raiseWatermark(at.slot, 11n);
    expect(await ask(at, 13n)).toMatchObject({ refusal: { signedElsewhereUpTo: 12n } });
  });

  test('told while a request waits for the store, it is kept for the next one', async () => {
    const at = world();
    const read = at.store.read.bind(at.store);
    let told: Promise<unknown> = Promise.resolve();
    at.store.read = async (slot, heights) => {
      at.store.read = read;
      const reading: Reading = await read(slot, heights);
      told = at.signer.observe(at.slot, 12n, 'chain');
      return reading;
    };
    await ask(at, 7n);
    await told;
    expect(codeOf(await ask(at, 8n))).toMatch(/signer\.(fenced|not-enrolled)/);
  });

  test('is not forgotten while the store is away, however much comes', async () => {
    const at = world();
    await ask(at, 7n);
    const { read } = at.store;
    at.store.read = async () => {
      throw new Error('away');
    };
    for (let height = 600n; height > 0n; height--) await at.signer.observe(at.slot, height, 'chain');
    at.store.read = read;
    expect(await ask(at, 601n)).toMatchObject({ refusal: { code: 'signer.fenced', signedElsewhereUpTo: 600n } });
  });
});

describe('a store that goes back under a running signer', () => {
  test('is noticed when its highest vote is gone', async () => {
    const store = new MemoryStore();
    const at = world({ store });
    await ask(at, 7n);
    const image = store.image();
    await ask(at, 9n);
    const older = new MemoryStore(image);
    store.read = older.read.bind(older);
    store.claim = older.claim.bind(older);
    expect(await ask(at, 10n)).toMatchObject({ refusal: { code: 'signer.fenced', signedElsewhereUpTo: 9n } });
    await older.raiseWatermark(at.slot, 9n);
    expect((await ask(at, 10n)).kind).toBe('signed');
  });

  test('is noticed when a late vote is gone and a higher one is not', async () => {
    const store = new MemoryStore();
    const at = world({ store });
    await ask(at, 9n);
    const image = store.image();
    await ask(at, 7n);
    const older = new MemoryStore(image);
    store.read = older.read.bind(older);
    store.claim = older.claim.bind(older);
    expect(await ask(at, 7n, 'other')).toMatchObject({ refusal: { code: 'signer.fenced', signedElsewhereUpTo: 9n } });
    expect(codeOf(await ask(at, 8n))).toBe('signer.fenced');
  });

  test('is not suspected for answers that overtake each other, or for pruning', async () => {
    const store = new MemoryStore();
    const at = world({ store });
    await ask(at, 1n);
    const read = store.read.bind(store);
    let held: (() => void) | undefined;
    store.read = async (slot, heights) => {
      const reading = await read(slot, heights);
      if (heights.includes(2n) && held === undefined) await new Promise<void>((resolve) => (held = resolve));
      return reading;
    };
    const slow = ask(at, 2n);
    await ask(at, 3n);
    await ask(world({ store: at.store }), 4n);
    held?.();
    expect((await slow).kind).toBe('signed');
    await ask(at, 6n);
    await store.prune(at.slot, 3n);
    expect(codeOf(await ask(at, 3n))).toBe('signer.below-watermark');
    expect((await ask(at, 5n)).kind).toBe('signed');
    await store.prune(at.slot, 6n);
    expect((await ask(at, 7n)).kind).toBe('signed');
  });
});
