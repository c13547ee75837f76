// Concurrency within a process and over two handles, and misuse: the third part of the suite.
import { expect, test } from 'vitest';
import type { Claimed, SignRecord, Slot } from '../../../src/signer/SignStore.ts';
import { collect, HIGHEST, inserted, record, rejects, type Setting, slotOf } from './conformanceSupport.ts';

export function races({ fresh, again }: Setting): void {
  const slot = slotOf(1);
  const oneWinner = (outcomes: readonly Claimed[], candidates: readonly SignRecord[]): SignRecord => {
    const winners = candidates.filter((_, i) => outcomes[i]?.kind === 'inserted');
    expect(winners.length).toBe(1);
    const [winner] = winners;
    if (winner === undefined) throw new Error('no winner');
    for (const outcome of outcomes) {
      if (outcome.kind !== 'inserted') expect(outcome).toEqual({ kind: 'held', record: winner });
    }
    return winner;
  };

  test('of concurrent claims at one height one is inserted and all others see it', async () => {
    const store = await fresh();
    await store.enrol(slot, -1n);
    for (let height = 1n; height <= 5n; height++) {
      const candidates = Array.from({ length: 20 }, (_, i) => record(height, `message ${i}`));
      const outcomes = await Promise.all(candidates.map((each) => store.claim(slot, [each])));
      const winner = oneWinner(outcomes.flat(), candidates);
      expect((await store.read(slot, [height])).records).toEqual([winner]);
    }
  });

  test('and so of claims through two handles', async () => {
    const one = await fresh();
    await one.enrol(slot, -1n);
    const two = await again(one);
    for (let height = 1n; height <= 10n; height++) {
      const candidates = Array.from({ length: 10 }, (_, i) => record(height, `message ${i}`));
      const outcomes = await Promise.all(candidates.map((each, i) => ((i + Number(height)) % 2 === 0 ? one : two).claim(slot, [each])));
      const winner = oneWinner(outcomes.flat(), candidates);
      for (const handle of [one, two]) expect((await handle.read(slot, [height])).records).toEqual([winner]);
    }
  });

  test('overlapping batches through two handles', async () => {
    const one = await fresh();
    await one.enrol(slot, -1n);
    const two = await again(one);
    const heights = Array.from({ length: 60 }, (_, i) => BigInt(i));
    const batches = Array.from({ length: 8 }, (_, b) => heights.slice(b * 5, b * 5 + 25).map((height) => record(height, `batch ${b}`)));
    const outcomes = await Promise.all(batches.map((batch, b) => (b % 2 === 0 ? one : two).claim(slot, batch)));
    const held = new Map((await collect(one.records(slot))).map((each) => [each.height, each]));
    for (const height of heights) {
      const told = batches.flatMap((batch, b) =>
        batch.flatMap((each, i) => (each.height === height ? [{ each, got: outcomes[b]?.[i] }] : [])),
      );
      const winners = told.filter(({ got }) => got?.kind === 'inserted');
      expect(winners.length).toBe(1);
      expect(held.get(height)).toEqual(winners[0]?.each);
      for (const { got } of told) if (got?.kind !== 'inserted') expect(got).toEqual({ kind: 'held', record: winners[0]?.each });
    }
  });

  test('claims, and a watermark that rises over them: what was told as inserted is there, nothing else below is', async () => {
    const one = await fresh();
    await one.enrol(slot, -1n);
    const two = await again(one);
    const told: Promise<readonly Claimed[]>[] = [];
    const raised: Promise<bigint>[] = [];
    for (let i = 0; i < 60; i++) {
      told.push((i % 2 === 0 ? one : two).claim(slot, [record(BigInt(i))]));
      if (i % 10 === 5) raised.push((i % 20 === 5 ? two : one).raiseWatermark(slot, BigInt(i + 5)));
    }
    const outcomes = (await Promise.all(told)).flat();
    await Promise.all(raised);
    const there = new Set((await collect(two.records(slot))).map(({ height }) => height));
    for (const [i, outcome] of outcomes.entries()) expect(there.has(BigInt(i))).toBe(inserted(outcome));
    expect((await one.read(slot, [])).watermark).toBe(60n);
    expect((await one.claim(slot, [record(60n)]))[0]).toEqual({ kind: 'below-watermark', watermark: 60n });
  });

  test('nothing is inserted after a watermark or a condemnation was answered', async () => {
    const one = await fresh();
    await one.enrol(slot, -1n);
    const two = await again(one);
    await two.read(slot, [1n]);
    await one.raiseWatermark(slot, 10n);
    expect(await two.claim(slot, [record(10n)])).toEqual([{ kind: 'below-watermark', watermark: 10n }]);
    await one.condemn(slot.publicKey, 'spent');
    expect(await two.claim(slot, [record(11n)])).toEqual([{ kind: 'condemned', why: 'spent' }]);
  });

  test('a claim and an import of another message at one height: told once, or the key is condemned', async () => {
    const one = await fresh();
    const two = await again(one);
    for (let i = 0; i < 8; i++) {
      const racing = slotOf(10 + i);
      await one.enrol(racing, -1n);
      const ours = record(5n, 'ours');
      const theirs = record(5n, 'theirs');
      const merge = (): Promise<readonly { contradiction: unknown }[]> => two.merge([{ ...racing, watermark: -1n, records: [theirs] }]);
      const claim = (): Promise<readonly Claimed[]> => one.claim(racing, [ours]);
      const [[claimed], [merged]] =
        i % 2 === 0 ? await Promise.all([claim(), merge()]) : await Promise.all([merge(), claim()]).then(([m, c]) => [c, m] as const);
      if (claimed?.kind === 'inserted') expect(merged?.contradiction).toEqual({ height: 5n });
      else expect(claimed).toEqual({ kind: 'held', record: theirs });
      expect((await one.read(racing, [])).condemned !== undefined).toBe(claimed?.kind === 'inserted');
    }
  });

  test('one of several handles enrols; the others know', async () => {
    const one = await fresh();
    const two = await again(one);
    const outcomes = await Promise.all([one, two, one, two].map((handle, i) => handle.enrol(slot, BigInt(i))));
    expect(outcomes.filter((outcome) => outcome === 'enrolled').length).toBe(1);
    expect((await two.read(slot, [])).watermark).toBe(BigInt(outcomes.indexOf('enrolled')));
  });
}

export function misuse({ fresh }: Setting): void {
  const slot = slotOf(1);

  test('values that no slot or record has are refused before anything is written', async () => {
    const store = await fresh();
    await store.enrol(slot, -1n);
    const { sequence } = await store.identity();
    const short: Slot = { publicKey: new Uint8Array(31), chainId: 'bbn-1' };
    for (const attempt of [
      () => store.claim(slot, [record(-1n)]),
      () => store.claim(slot, [record(HIGHEST + 1n)]),
      () => store.claim(slot, [record(1n), { ...record(2n), signingRoot: new Uint8Array(31) }]),
      () => store.claim(slot, [{ ...record(2n), signature: new Uint8Array(64) }]),
      () => store.claim(short, [record(1n)]),
      () => store.read(slot, [HIGHEST + 1n]),
      () => store.read(short, [1n]),
      () => store.enrol(short, -1n),
      () => store.enrol(slot, -2n),
      () => store.raiseWatermark(slot, HIGHEST + 1n),
      () => store.merge([{ ...slot, watermark: -2n, records: [] }]),
      () => store.merge([{ ...slot, watermark: 1n, records: [{ ...record(2n), signingRoot: new Uint8Array(33) }] }]),
      () => store.condemn(new Uint8Array(33), 'x'),
      () => store.prune(slot, HIGHEST + 1n),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ name: 'SatlockError' });
    }
    expect((await store.identity()).sequence).toBe(sequence);
    expect((await store.slots()).length).toBe(1);
    expect(await collect(store.records(slot))).toEqual([]);
  });

  test('half a surrogate pair, which UTF-8 cannot tell from another, is no chain id', async () => {
    const store = await fresh();
    await expect(store.enrol(slotOf(1, 'a\ud800'), -1n)).rejects.toMatchObject({ name: 'SatlockError' });
    await expect(store.claim(slotOf(1, '\udfff'), [record(1n)])).rejects.toMatchObject({ name: 'SatlockError' });
  });

  test('a closed store rejects, and closing again is allowed', async () => {
    const store = await fresh();
    await store.enrol(slot, -1n);
    await store.close();
    await store.close();
    for (const attempt of [
      () => store.identity(),
      () => store.read(slot, [1n]),
      () => store.claim(slot, [record(1n)]),
      () => store.raiseWatermark(slot, 1n),
      () => store.slots(),
      () => collect(store.records(slot)),
    ]) {
      await rejects(attempt(), 'store.unavailable');
    }
  });
}
