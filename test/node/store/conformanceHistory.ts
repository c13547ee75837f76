// Merging, pruning and listing: the second part of the suite.
import { expect, test } from 'vitest';
import type { MergeInput, RandomnessList } from '../../../src/signer/SignStore.ts';
import { bytes32, collect, HIGHEST, record, rootOf, type Setting, slotOf } from './conformanceSupport.ts';

export function merges({ fresh, again }: Setting): void {
  const slot = slotOf(1);

  test('a merge enrols, unites records (below the watermark too) and takes the higher watermark', async () => {
    const store = await fresh();
    const input: MergeInput = { ...slot, watermark: 10n, records: [record(3n), record(12n), record(11n)] };
    expect(await store.merge([input])).toEqual([
      { ...slot, added: 3, known: 0, watermarkBefore: undefined, watermark: 10n, contradiction: undefined },
    ]);
    expect(await store.merge([{ ...slot, watermark: 4n, records: [record(3n), record(4n)] }])).toEqual([
      { ...slot, added: 1, known: 1, watermarkBefore: 10n, watermark: 10n, contradiction: undefined },
    ]);
    expect(await store.merge([{ ...slot, watermark: 15n, records: [] }])).toEqual([
      { ...slot, added: 0, known: 0, watermarkBefore: 10n, watermark: 15n, contradiction: undefined },
    ]);
    expect(await collect((await again(store)).records(slot))).toEqual([record(3n), record(4n), record(11n), record(12n)]);
    expect(await store.read(slot, [])).toEqual({ watermark: 15n, highestSigned: 12n, condemned: undefined, records: [] });
    expect(await store.claim(slot, [record(5n)])).toEqual([{ kind: 'below-watermark', watermark: 15n }]);
    expect(await store.merge([])).toEqual([]);
  });

  test('a merge adds a missing signature and never replaces one', async () => {
    const store = await fresh();
    await store.merge([{ ...slot, watermark: -1n, records: [{ height: 1n, signingRoot: rootOf('m') }] }]);
    await store.merge([{ ...slot, watermark: -1n, records: [{ height: 1n, signingRoot: rootOf('m'), signature: bytes32(1) }] }]);
    expect((await store.read(slot, [1n])).records[0]?.signature).toEqual(bytes32(1));
    await store.merge([{ ...slot, watermark: -1n, records: [{ height: 1n, signingRoot: rootOf('m') }] }]);
    await store.merge([{ ...slot, watermark: -1n, records: [{ height: 1n, signingRoot: rootOf('m'), signature: bytes32(2) }] }]);
    expect((await store.read(slot, [1n])).records[0]?.signature).toEqual(bytes32(1));
  });

  test('a contradiction condemns the key and writes nothing else of that slot; other keys are merged', async () => {
    const store = await fresh();
    const innocent = slotOf(2);
    await store.merge([{ ...slot, watermark: 1n, records: [record(7n)] }]);
    const merged = await store.merge([
      { ...slot, watermark: 50n, records: [record(6n), record(7n, 'another'), record(8n)] },
      { ...innocent, watermark: 2n, records: [record(7n, 'another')] },
    ]);
    expect(merged).toEqual([
      { ...slot, added: 0, known: 0, watermarkBefore: 1n, watermark: 1n, contradiction: { height: 7n } },
      { ...innocent, added: 1, known: 0, watermarkBefore: undefined, watermark: 2n, contradiction: undefined },
    ]);
    const reading = await store.read(slot, [6n, 7n, 8n]);
    expect(reading.condemned).toBeTruthy();
    expect({ ...reading, condemned: undefined }).toEqual({
      watermark: 1n,
      highestSigned: 7n,
      condemned: undefined,
      records: [undefined, record(7n), undefined],
    });
    expect((await store.read(innocent, [])).condemned).toBeUndefined();
    expect((await store.claim(slot, [record(99n)]))[0]?.kind).toBe('condemned');
  });

  test('a file that contradicts itself condemns as well', async () => {
    const store = await fresh();
    const [merged] = await store.merge([{ ...slot, watermark: 1n, records: [record(7n), record(8n), record(7n, 'another')] }]);
    expect(merged?.contradiction).toEqual({ height: 7n });
    expect((await store.read(slot, [7n, 8n])).records).toEqual([undefined, undefined]);
    expect((await store.read(slot, [])).condemned).toBeTruthy();
  });

  test('one slot twice in a history is one after the other', async () => {
    const store = await fresh();
    const merged = await store.merge([
      { ...slot, watermark: 5n, records: [record(6n)] },
      { ...slot, watermark: 3n, records: [record(6n), record(7n)] },
    ]);
    expect(merged).toEqual([
      { ...slot, added: 1, known: 0, watermarkBefore: undefined, watermark: 5n, contradiction: undefined },
      { ...slot, added: 1, known: 1, watermarkBefore: 5n, watermark: 5n, contradiction: undefined },
    ]);
  });
}

export function prunes({ fresh, again }: Setting): void {
  const slot = slotOf(1);

  test('pruning raises the watermark, deletes up to it and forgets nothing that it stands for', async () => {
    const store = await fresh();
    const other = slotOf(1, 'other');
    for (const each of [slot, other]) {
      await store.enrol(each, -1n);
      await store.claim(
        each,
        [1n, 2n, 3n, 10n, 11n].map((height) => record(height)),
      );
    }
    expect(await store.prune(slot, 3n)).toBe(3);
    for (const handle of [store, await again(store)]) {
      expect(await collect(handle.records(slot))).toEqual([record(10n), record(11n)]);
      expect(await handle.read(slot, [3n, 10n])).toEqual({
        watermark: 3n,
        highestSigned: 11n,
        condemned: undefined,
        records: [undefined, record(10n)],
      });
      expect(await handle.claim(slot, [record(2n, 'another'), record(3n)])).toEqual([
        { kind: 'below-watermark', watermark: 3n },
        { kind: 'below-watermark', watermark: 3n },
      ]);
    }
    expect((await collect(store.records(other))).length).toBe(5);
    expect(await store.prune(slot, 1n)).toBe(0);
    expect((await store.read(slot, [])).watermark).toBe(3n);
    expect(await store.prune(slot, 11n)).toBe(2);
    // what is known to be signed never falls, whether the height itself is remembered or only the watermark over it
    const { watermark, highestSigned } = await store.read(slot, []);
    expect(watermark).toBe(11n);
    expect(highestSigned === undefined || highestSigned === 11n).toBe(true);
  });

  test('pruning deeper than a page', async () => {
    const store = await fresh();
    await store.enrol(slot, -1n);
    await store.claim(
      slot,
      Array.from({ length: 3000 }, (_, i) => record(BigInt(i))),
    );
    expect(await store.prune(slot, 2899n)).toBe(2900);
    expect((await collect(store.records(slot))).map(({ height }) => height)).toEqual(
      Array.from({ length: 100 }, (_, i) => BigInt(i + 2900)),
    );
  });
}

export function lists({ fresh, again }: Setting): void {
  const slot = slotOf(1);

  test('records come in ascending height, both ends of a range belong to it', async () => {
    const store = await fresh();
    await store.enrol(slot, -1n);
    const heights = [256n, 1n, 2n ** 40n, 255n, 0n, HIGHEST, 257n, 2n ** 63n, 65_536n];
    await store.claim(
      slot,
      heights.map((height) => record(height)),
    );
    const inOrder = [...heights].sort((a, b) => (a < b ? -1 : 1));
    const told = async (range?: { from?: bigint; to?: bigint }): Promise<bigint[]> =>
      (await collect(store.records(slot, range))).map(({ height }) => height);
    expect(await told()).toEqual(inOrder);
    expect(await told({ from: 1n, to: 256n })).toEqual([1n, 255n, 256n]);
    expect(await told({ from: 258n })).toEqual([65_536n, 2n ** 40n, 2n ** 63n, HIGHEST]);
    expect(await told({ to: 0n })).toEqual([0n]);
    expect(await told({ from: HIGHEST, to: HIGHEST })).toEqual([HIGHEST]);
    expect(await told({ from: 3n, to: 2n })).toEqual([]);
    expect(await collect(store.records(slotOf(9)))).toEqual([]);
  });

  test('a listing may be left early and is not disturbed by claims', async () => {
    const store = await fresh();
    await store.enrol(slot, -1n);
    const many = Array.from({ length: 2500 }, (_, i) => record(BigInt(i * 2)));
    await store.claim(slot, many);
    const seen: bigint[] = [];
    for await (const { height } of store.records(slot)) {
      seen.push(height);
      if (seen.length === 1200) await store.claim(slot, [record(1n), record(4901n)]);
      if (seen.length === 2000) break;
    }
    expect(seen.length).toBe(2000);
    expect(new Set(seen).size).toBe(2000);
    expect((await collect(store.records(slot))).length).toBe(2502);
  });

  test('a list of randomness is recalled by its digest and key, by every handle, and remembering it twice changes nothing', async () => {
    const store = await fresh();
    const list: RandomnessList = {
      publicKey: slot.publicKey,
      chainId: 'bbn-1',
      startHeight: HIGHEST - 99n,
      count: 100,
      root: bytes32(5),
      digest: bytes32(6),
    };
    expect(await store.recall(slot.publicKey, list.digest)).toBeUndefined();
    await store.remember(list);
    await store.remember(list);
    const longest: RandomnessList = { ...list, chainId: '', startHeight: 0n, count: 4_294_967_295, digest: bytes32(7) };
    await store.remember(longest);
    for (const handle of [store, await again(store)]) {
      expect(await handle.recall(slot.publicKey, list.digest)).toEqual(list);
      expect(await handle.recall(slot.publicKey, longest.digest)).toEqual(longest);
      expect(await handle.recall(slotOf(2).publicKey, list.digest)).toBeUndefined();
      expect(await handle.recall(slot.publicKey, bytes32(8))).toBeUndefined();
    }
    expect(await store.slots()).toEqual([]);
  });
}
