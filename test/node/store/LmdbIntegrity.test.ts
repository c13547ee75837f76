// A damaged data file is refused, or still reads right: never another answer, and never a dead process.
import { copyFileSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import * as lmdb from 'lmdb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as LmdbStore from '../../../src/node/store/LmdbStore.ts';
import * as Encoding from '../../../src/node/store/lmdbEncoding.ts';
import { bytes32, collect, record, rejects, slotOf } from './conformanceSupport.ts';
import { child, temporary } from './lmdbProcess.ts';

const PAGE = 4096;
const root = temporary();
const base = join(root, 'base');
const slot = slotOf(1);
let expected = '';

const copy = (name: string): string => {
  const folder = join(root, name);
  mkdirSync(folder);
  copyFileSync(join(base, 'data.mdb'), join(folder, 'data.mdb'));
  return folder;
};

beforeAll(async () => {
  // several levels, free pages, values on overflow pages, and every kind of entry
  const store = await LmdbStore.open({ path: base, create: true });
  for (const each of [slot, slotOf(2), slotOf(3, 'other'), slotOf(9)]) await store.enrol(each, -1n);
  for (let i = 0; i < 8; i++) {
    const heights = Array.from({ length: 60 }, (_, k) => BigInt(i * 1000 + k));
    await store.claim(
      slot,
      heights.map((height) => (height % 50n === 7n ? { ...record(height), message: new Uint8Array(9_000).fill(i) } : record(height))),
    );
    await store.claim(
      slotOf(2),
      heights.map((height) => record(height)),
    );
  }
  await store.prune(slotOf(2), 5_000n);
  await store.condemn(slotOf(3).publicKey, 'spent');
  const list = { publicKey: slot.publicKey, chainId: 'bbn-1', startHeight: 1n, count: 100, root: bytes32(1), digest: bytes32(2) };
  await store.remember(list);
  // the last commit is one that must not be lost
  await store.claim(slot, [record(70_000n)]);
  await store.close();
  const [digest = ''] = await (async () => {
    const reader = child(['digest', base]);
    await reader.ended;
    return reader.lines;
  })();
  expected = digest;
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Runs the mutations in processes of their own; a process that dies names the mutation that killed it. */
async function verdicts(name: string, mutations: readonly object[]): Promise<string[]> {
  const folder = copy(name);
  const list = join(folder, 'list.json');
  writeFileSync(list, JSON.stringify({ mutations, expected }));
  const told: string[] = [];
  const runner = child(['damage', folder, list, 0]);
  const { code, signal } = await runner.ended;
  for (const line of runner.lines) {
    const [, index, verdict] = /^(\d+) (.*)$/.exec(line) ?? [];
    if (index !== undefined && verdict !== undefined) told[Number(index)] = verdict;
  }
  expect({ code, signal, errors: runner.errors().slice(-500) }).toMatchObject({ code: 0, signal: null });
  rmSync(folder, { recursive: true });
  return told;
}

const REFUSED = /^store\.(corrupt|truncated|wrong-version)$/;

describe('a damaged data file', () => {
  test('a bit flipped anywhere: refused, or every record still reads right', async () => {
    const size = statSync(join(base, 'data.mdb')).size;
    // every page several times, heads of pages more often: what LMDB believes without looking is there
    const mutations = fc.sample(
      fc.record({
        kind: fc.constant('flip'),
        at: fc.oneof(
          fc.nat(size - 1),
          fc.tuple(fc.nat(size / PAGE - 1), fc.nat(47)).map(([page, at]) => page * PAGE + at),
          fc.nat(2 * PAGE - 1),
          fc.tuple(fc.nat(1), fc.nat(167)).map(([page, at]) => page * PAGE + at),
        ),
        bit: fc.nat(7),
      }),
      { numRuns: 400, seed: 20_251_121 },
    );
    const told = await verdicts('flips', mutations);
    expect(told.length).toBe(mutations.length);
    for (const [i, verdict] of told.entries()) {
      if (verdict !== 'same' && !REFUSED.test(verdict)) expect.fail(`${JSON.stringify(mutations[i])}: ${verdict}`);
    }
    // both happen: pages in use are refused, free ones do not matter
    expect(told.filter((verdict) => verdict === 'same').length).toBeGreaterThan(20);
    expect(told.filter((verdict) => REFUSED.test(verdict)).length).toBeGreaterThan(100);
  }, 240_000);

  test('bits of both meta pages, all of the numbers that say which state is newer', async () => {
    const mutations = Array.from({ length: 2 * 168 * 8 }, (_, i) => ({
      kind: 'flip',
      at: Math.floor(i / (168 * 8)) * PAGE + (Math.floor(i / 8) % 168),
      bit: i % 8,
    })).filter(({ at }, i) => i % 13 === 0 || at % PAGE === 152 || at % PAGE === 153);
    const told = await verdicts('metas', mutations);
    for (const [i, verdict] of told.entries()) {
      if (verdict !== 'same' && !REFUSED.test(verdict)) expect.fail(`${JSON.stringify(mutations[i])}: ${verdict}`);
    }
  }, 240_000);

  test('a file that is cut short, and pages of zeros', async () => {
    const size = statSync(join(base, 'data.mdb')).size;
    const mutations = fc.sample(
      fc.oneof(
        fc.record({ kind: fc.constant('cut'), at: fc.integer({ min: 0, max: size - 1 }), bit: fc.constant(0) }),
        fc.record({ kind: fc.constant('cut'), at: fc.nat(size / PAGE).map((page) => page * PAGE), bit: fc.constant(0) }),
        fc.record({ kind: fc.constant('zero'), at: fc.nat(size - 64), bit: fc.constant(0) }),
      ),
      { numRuns: 120, seed: 7 },
    );
    const told = await verdicts('cuts', mutations);
    for (const [i, verdict] of told.entries()) {
      if (verdict !== 'same' && !REFUSED.test(verdict)) expect.fail(`${JSON.stringify(mutations[i])}: ${verdict}`);
    }
  }, 240_000);

  test('a cut file says so', async () => {
    const folder = copy('cut');
    truncateSync(join(folder, 'data.mdb'), 10 * PAGE);
    await rejects(LmdbStore.open({ path: folder }), 'store.truncated');
    truncateSync(join(folder, 'data.mdb'), 100);
    await rejects(LmdbStore.open({ path: folder }), 'store.truncated');
  });
});

describe('while a store is open', () => {
  test('a value that changes under it is refused, and everything after it', async () => {
    const folder = copy('live');
    const store = await LmdbStore.open({ path: folder });
    const file = join(folder, 'data.mdb');
    const { message } = record(1_003n);
    const bytes = readFileSync(file);
    // in the page cache, as a bad disk or a stray program would
    let at = bytes.indexOf(message);
    for (; at >= 0; at = bytes.indexOf(message, at + 1)) bytes[at] = 0x58;
    writeFileSync(file, bytes);
    await rejects(store.read(slot, [1_003n]), 'store.corrupt');
    await rejects(store.claim(slot, [record(123_456n)]), 'store.corrupt');
    await rejects(store.identity(), 'store.corrupt');
    await rejects(store.claim(slotOf(2), [record(123_456n)]), 'store.corrupt');
    await store.close();
    await rejects(LmdbStore.open({ path: folder }), 'store.corrupt');
  });

  test('a claim that meets a damaged entry writes nothing of its batch, nor of others in the same commit', async () => {
    const folder = copy('half');
    const store = await LmdbStore.open({ path: folder });
    const file = join(folder, 'data.mdb');
    const bytes = readFileSync(file);
    const { message } = record(1_003n);
    for (let at = bytes.indexOf(message); at >= 0; at = bytes.indexOf(message, at + 1)) bytes[at] = 0x58;
    writeFileSync(file, bytes);
    const together = [store.claim(slotOf(2), [record(90_000n)]), store.claim(slot, [record(90_000n), record(1_003n), record(90_001n)])];
    for (const each of together) await rejects(each, 'store.corrupt');
    await store.close();
    const raw = lmdb.open<Buffer, Buffer>({
      path: folder,
      noSubdir: false,
      overlappingSync: false,
      encoding: 'binary',
      keyEncoding: 'binary',
    });
    for (const [of, height] of [
      [slotOf(2), 90_000n],
      [slot, 90_000n],
      [slot, 90_001n],
    ] as const) {
      expect(raw.getBinary(Encoding.recordKey(Encoding.slotIdOf(of), height))).toBeUndefined();
    }
    expect(raw.getBinary(Encoding.recordKey(Encoding.slotIdOf(slot), 1_003n))).toBeDefined();
    await raw.close();
  });

  test('a file that is exchanged or removed under it takes no more claims', async () => {
    for (const [how, name] of [
      ['exchanged', 'data.mdb'],
      ['removed', 'data.mdb'],
      ['unlocked', 'lock.mdb'],
    ] as const) {
      const folder = copy(how);
      const store = await LmdbStore.open({ path: folder });
      await store.claim(slot, [record(90_000n)]);
      rmSync(join(folder, name));
      if (how === 'exchanged') copyFileSync(join(base, 'data.mdb'), join(folder, 'data.mdb'));
      await rejects(store.claim(slot, [record(90_001n)]), 'store.corrupt');
      await rejects(store.read(slot, [90_000n]), 'store.corrupt');
      await store.close();
    }
  });

  test('what it knew must still be there when the file went back to an older state', async () => {
    const folder = copy('back');
    const store = await LmdbStore.open({ path: folder });
    const older = readFileSync(join(folder, 'data.mdb'));
    await store.claim(slot, [record(90_000n)]);
    await store.claim(slot, [record(90_001n)]);
    writeFileSync(join(folder, 'data.mdb'), older);
    await rejects(store.claim(slot, [record(90_000n, 'another')]), 'store.corrupt');
    await rejects(store.read(slot, [90_000n]), 'store.corrupt');
    await store.close();
  });
});

test('opening again after thousands of commits finds every page in one place', async () => {
  const folder = join(root, 'torture');
  let store = await LmdbStore.open({ path: folder, create: true, mapBytes: 2 ** 17 });
  const random = fc.sample(fc.record({ key: fc.nat(4), height: fc.nat(4_000), size: fc.nat(6_000), what: fc.nat(20), n: fc.nat(30) }), {
    numRuns: 600,
    seed: 99,
  });
  for (const [i, { key, height, size, what, n }] of random.entries()) {
    const at = slotOf(key);
    if (what === 0) await store.prune(at, BigInt(height >> 2));
    else if (what === 1) await store.raiseWatermark(at, BigInt(height >> 4));
    else {
      await store.enrol(at, -1n);
      const records = Array.from({ length: n }, (_, k) => ({
        ...record(BigInt(height + k * 3)),
        message: new Uint8Array(size >> (k % 5)).fill(k),
      }));
      await store.claim(at, records);
    }
    if (i % 150 === 149) {
      await store.close();
      store = await LmdbStore.open({ path: folder });
    }
  }
  const counts = await Promise.all([0, 1, 2, 3, 4].map(async (key) => (await collect(store.records(slotOf(key)))).length));
  expect(counts.every((count) => count > 100)).toBe(true);
  await store.close();
}, 240_000);
