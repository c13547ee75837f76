// What the embedded store says when it cannot: full, read-only, missing, another format, another map size. Nothing is half-written.
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as lmdb from 'lmdb';
import { afterAll, describe, expect, test } from 'vitest';
import { hasCode } from '../../../src/base/Errors.ts';
import * as LmdbStore from '../../../src/node/store/LmdbStore.ts';
import * as Encoding from '../../../src/node/store/lmdbEncoding.ts';
import { openStore } from '../../../src/node/store/openStore.ts';
import { collect, record, rejects, slotOf } from './conformanceSupport.ts';
import { child, temporary } from './lmdbProcess.ts';

const root = temporary();
const slot = slotOf(1);
const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;

afterAll(() => rmSync(root, { recursive: true, force: true }));

async function made(name: string): Promise<string> {
  const path = join(root, name);
  const store = await LmdbStore.open({ path, create: true });
  await store.enrol(slot, -1n);
  await store.claim(slot, [record(1n)]);
  await store.close();
  return path;
}

describe('a store that is missing', () => {
  test('is not made unless that is asked: an empty store knows of no signature', async () => {
    const path = join(root, 'missing');
    await rejects(LmdbStore.open({ path }), 'store.missing');
    expect(existsSync(path)).toBe(false);
    mkdirSync(path);
    await rejects(LmdbStore.open({ path }), 'store.missing');
    await rejects(openStore(`lmdb:${path}`, { create: false }), 'store.missing');
    await rejects(LmdbStore.open({ path, readOnly: true, create: true }), 'store.missing');
    expect(readdirSync(path)).toEqual([]);
    writeFileSync(join(path, 'data.mdb'), '');
    await rejects(LmdbStore.open({ path }), 'store.truncated');
    await (await LmdbStore.open({ path, create: true })).close();
    await (await LmdbStore.open({ path })).close();
    const fresh = join(root, 'fresh', 'deep');
    await (await LmdbStore.open({ path: fresh, create: true })).close();
    expect(statSync(fresh).mode & 0o777).toBe(0o700);
    for (const file of ['data.mdb', 'lock.mdb']) expect(statSync(join(fresh, file)).mode & 0o777).toBe(0o600);
  });

  test('and one whose data file is taken away is not made anew by the process that had it open', async () => {
    const path = await made('taken');
    const store = await LmdbStore.open({ path, create: true });
    rmSync(join(path, 'data.mdb'));
    await rejects(store.claim(slot, [record(2n)]), 'store.corrupt');
    await store.close();
    expect(existsSync(join(path, 'data.mdb'))).toBe(false);
  });
});

describe('a store of another format', () => {
  test('is refused, whether LMDB or the records are of another version', async () => {
    const path = await made('version');
    const file = join(path, 'data.mdb');
    const bytes = readFileSync(file);
    const older = Buffer.from(bytes);
    older.writeUInt32LE(1, 28);
    writeFileSync(file, older);
    await rejects(LmdbStore.open({ path }), 'store.wrong-version');
    writeFileSync(file, bytes);
    const raw = lmdb.open<Buffer, Buffer>({ path, noSubdir: false, overlappingSync: false, encoding: 'binary', keyEncoding: 'binary' });
    const meta = raw.getBinary(Encoding.META_KEY);
    if (meta === undefined) throw new Error('no meta record');
    const content = Buffer.from(meta.subarray(Encoding.CHECKSUM_BYTES));
    content[7] = Encoding.FORMAT + 1;
    await raw.put(Encoding.META_KEY, Encoding.seal(Encoding.META_KEY, [content]));
    await raw.close();
    await rejects(LmdbStore.open({ path }), 'store.wrong-version');
  });

  test('an LMDB file of somebody else is no store', async () => {
    const path = join(root, 'foreign');
    const raw = lmdb.open({ path, noSubdir: false });
    await raw.put('somebody', 'else');
    await raw.close();
    await rejects(LmdbStore.open({ path, create: true }), 'store.corrupt');
    writeFileSync(join(path, 'data.mdb'), 'x'.repeat(20_000));
    await rejects(LmdbStore.open({ path, create: true }), 'store.corrupt');
  });
});

describe('a disk that is full', () => {
  test('the file may not grow (RLIMIT_FSIZE): store.full, what was answered is there, in order, and nothing else', async () => {
    const path = join(root, 'limit');
    const limited = child(['fill', path, 200], { under: ['prlimit', '--fsize=400000', '--'] });
    expect(await limited.ended).toMatchObject({ code: 0 });
    expect(limited.lines[1]).toBe('refused store.full');
    const [, there, told] = /^there (\d+) told (\d+) in order$/.exec(limited.lines[2] ?? '') ?? [];
    expect(Number(told)).toBeGreaterThan(50);
    expect(there).toBe(told);
    const store = await LmdbStore.open({ path });
    expect((await collect(store.records(slot))).length).toBe(Number(told));
    expect((await store.claim(slot, [record(1_000_000n)]))[0]?.kind).toBe('inserted');
    await store.close();
  }, 60_000);

  test.skipIf(!isRoot || spawnSync('mountpoint', ['/']).error !== undefined)(
    'a small tmpfs, full',
    async () => {
      const mount = join(root, 'tmpfs');
      mkdirSync(mount);
      if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=600k', 'tmpfs', mount]).status !== 0) return;
      try {
        const filler = child(['fill', join(mount, 'store'), 200]);
        expect(await filler.ended).toMatchObject({ code: 0 });
        expect(filler.lines[1]).toBe('refused store.full');
        expect(filler.lines[2]).toMatch(/^there (\d+) told \1 in order$/);
        spawnSync('mount', ['-o', 'remount,size=20m', mount]);
        const store = await LmdbStore.open({ path: join(mount, 'store') });
        expect((await store.claim(slot, [record(1_000_000n)]))[0]?.kind).toBe('inserted');
        await store.close();
        spawnSync('mount', ['-o', 'remount,ro', mount]);
        const opener = child(['open', join(mount, 'store')]);
        await opener.ended;
        expect(opener.lines).toEqual(['refused store.read-only']);
      } finally {
        spawnSync('umount', [mount]);
      }
    },
    60_000,
  );
});

describe.skipIf(!isRoot)('rights (root lends a process to nobody)', () => {
  const opened = async (path: string, ...how: string[]): Promise<string[]> => {
    const opener = child(['open', path, ...how], { uid: NOBODY });
    await opener.ended;
    return opener.lines;
  };

  test('a file or folder that may not be written: store.read-only; for reading it opens', async () => {
    const path = await made('rights');
    chmodSync(root, 0o755);
    chmodSync(path, 0o755);
    for (const file of readdirSync(path)) chmodSync(join(path, file), 0o644);
    expect(await opened(path)).toEqual(['refused store.read-only']);
    expect(await opened(join(path, 'new'), 'create')).toEqual(['refused store.read-only']);
    expect((await opened(path, 'read-only'))[0]).toMatch(/^(opened [0-9a-f]{32} store.read-only|refused store.read-only)$/);
    chownSync(path, NOBODY, NOBODY);
    for (const file of readdirSync(path)) chownSync(join(path, file), NOBODY, NOBODY);
    expect((await opened(path))[0]).toMatch(/inserted$/);
    expect((await opened(path, 'read-only'))[0]).toMatch(/store.read-only$/);
  }, 60_000);
});

describe('opened for reading', () => {
  test('everything reads, nothing changes', async () => {
    const path = await made('reading');
    const before = readFileSync(join(path, 'data.mdb'));
    const store = await LmdbStore.open({ path, readOnly: true });
    expect((await store.read(slot, [1n])).records).toEqual([record(1n)]);
    expect((await store.slots()).length).toBe(1);
    for (const attempt of [
      () => store.claim(slot, [record(2n)]),
      () => store.enrol(slotOf(2), 1n),
      () => store.raiseWatermark(slot, 9n),
      () => store.condemn(slot.publicKey, 'x'),
      () => store.merge([]),
      () => store.prune(slot, 1n),
    ]) {
      await rejects(attempt(), 'store.read-only');
    }
    // LMDB cannot open one folder for both in one process, in this order
    await rejects(LmdbStore.open({ path }), 'store.unavailable');
    await store.close();
    expect(readFileSync(join(path, 'data.mdb')).equals(before)).toBe(true);
  });
});

test('the map grows by itself', async () => {
  const path = join(root, 'growth');
  const store = await LmdbStore.open({ path, create: true, mapBytes: 2 ** 17 });
  await store.enrol(slot, -1n);
  const other = child(['race', path, 'another process', 2_000, 500, 'at once']);
  for (let i = 0; i < 10; i++) {
    const batch = Array.from({ length: 300 }, (_, k) => ({
      ...record(BigInt(10_000 + i * 300 + k)),
      message: new Uint8Array(2_000).fill(k),
    }));
    expect((await store.claim(slot, batch)).every(({ kind }) => kind === 'inserted')).toBe(true);
  }
  expect(await other.ended).toMatchObject({ code: 0 });
  expect(statSync(join(path, 'data.mdb')).size).toBeGreaterThan(40 * 2 ** 17);
  expect((await collect(store.records(slot))).length).toBe(5_000);
  await store.close();
}, 60_000);

describe('a backup', () => {
  test('is a whole store of its own, made while the other one serves, and never overwrites', async () => {
    const path = await made('serving');
    const store = await LmdbStore.open({ path });
    const target = join(root, 'backups');
    mkdirSync(target);
    let isDone = false;
    const claiming = (async () => {
      for (let height = 100n; !isDone; height++) await store.claim(slot, [record(height)]);
    })();
    const made3 = await Promise.all([store.backup(target), store.backup(target), store.backup(target)]);
    isDone = true;
    await claiming;
    expect(new Set(made3).size).toBe(3);
    expect(readdirSync(target).sort()).toEqual(made3.map((each) => each.slice(target.length + 1)).sort());
    const identity = await store.identity();
    for (const each of made3) {
      expect(each).toMatch(/satlock_\d{8}_\d{6}(_\d)?$/);
      expect(statSync(each).mode & 0o777).toBe(0o700);
      expect(readdirSync(each)).toEqual(['data.mdb']);
      expect(statSync(join(each, 'data.mdb')).mode & 0o777).toBe(0o600);
      const copy = await LmdbStore.open({ path: each, readOnly: true });
      const own = await copy.identity();
      expect(own.storeId).toBe(identity.storeId);
      expect(own.sequence).toBeLessThanOrEqual(identity.sequence);
      expect((await copy.read(slot, [1n])).records).toEqual([record(1n)]);
      await copy.close();
    }
    await store.close();
    await rejects(store.backup(target), 'store.unavailable');
  }, 60_000);

  test('that cannot be written leaves nothing behind', async () => {
    const path = await made('unwritable');
    const store = await LmdbStore.open({ path });
    const error: unknown = await store.backup(join(root, 'no such folder')).catch((cause: unknown) => cause);
    expect(hasCode(error, 'store.unavailable')).toBe(true);
    await store.close();
  });

  test('that is restored has a smaller sequence', async () => {
    const path = await made('restored');
    const store = await LmdbStore.open({ path });
    const copy = await store.backup(root);
    const before = await store.identity();
    await store.claim(slot, [record(5n)]);
    await store.close();
    rmSync(path, { recursive: true });
    cpSync(copy, path, { recursive: true });
    const restored = await LmdbStore.open({ path });
    expect(await restored.identity()).toEqual(before);
    expect((await restored.read(slot, [5n])).records).toEqual([undefined]);
    await restored.close();
  });
});

describe('the URL of a store', () => {
  test('lmdb:<path> and a home folder', async () => {
    const path = join(root, 'by-url', 'data');
    const store = await openStore(`lmdb:${path}`);
    const { storeId } = await store.identity();
    await store.close();
    for (const where of [`lmdb://${path}`, { home: join(root, 'by-url') }] as const) {
      const same = await openStore(where, { create: false });
      expect((await same.identity()).storeId).toBe(storeId);
      await same.close();
    }
  });

  test.each([
    '',
    'memory:',
    'sqlite:/x',
    'http://h/x',
    'lmdb:',
    'lmdb:relative',
    'lmdb://host/x',
    'lmdb:/x?y',
    'lmdb:/x#y',
    'lmdb:/x\0y',
    '/x',
    'C:\\x',
  ])('%j is none', async (url) => {
    await rejects(openStore(url), 'store.bad-url');
  });

  test('and what is refused does not tell the password', async () => {
    const error = await openStore('mysql://user:hunter2@host/x').catch((cause: unknown) => cause);
    expect(JSON.stringify(error)).not.toContain('hunter2');
    expect(String(error)).not.toContain('hunter2');
  });
});
