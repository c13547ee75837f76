// The store in memory keeps the rules that every backend keeps, and its images are copies.
import { describe, expect, test } from 'vitest';
import { MemoryStore } from '../../src/signer/MemoryStore.ts';
import { conforms } from '../node/store/conformance.ts';
import { record, slotOf } from '../node/store/conformanceSupport.ts';

conforms('MemoryStore', async () => new MemoryStore(), {
  again: async (store) => {
    if (!(store instanceof MemoryStore)) throw new Error('not a memory store');
    return store.another();
  },
  runs: 300,
});

describe('images of a MemoryStore', () => {
  const slot = slotOf(1);

  test('an image is the store at that time, and a store made from it goes on by itself', async () => {
    const store = new MemoryStore();
    await store.enrol(slot, -1n);
    await store.claim(slot, [record(1n)]);
    const image = store.image();
    await store.claim(slot, [record(2n)]);
    await store.prune(slot, 1n);
    const restored = new MemoryStore(image);
    expect(await restored.identity()).toEqual(image.identity);
    expect((await restored.read(slot, [1n, 2n])).records).toEqual([record(1n), undefined]);
    await restored.claim(slot, [record(3n)]);
    expect((await store.read(slot, [1n, 2n, 3n])).records).toEqual([undefined, record(2n), undefined]);
    expect((await new MemoryStore(image).read(slot, [3n])).records).toEqual([undefined]);
  });
});
