// Databases that the real library wrote are read record for record; damaged ones are refused, whatever is damaged.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSatlockError } from '../../../src/base/Errors.ts';
import * as Hex from '../../../src/base/Hex.ts';
import { readBuckets } from '../../../src/node/eotsd/bbolt.ts';
import * as EotsdHistory from '../../../src/node/eotsd/EotsdHistory.ts';
import type { SignRecord } from '../../../src/signer/SignStore.ts';
import { bytesOf, fileOf, folderPath, vote } from './databases.ts';

const key = (byte: number): string => byte.toString(16).repeat(32);
const root = (message: Uint8Array): Uint8Array => Uint8Array.from(createHash('sha256').update(message).digest());
const heights = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

function record(height: number, salt: number): SignRecord {
  const { message, signature } = vote(height, salt);
  return { height: BigInt(height), signingRoot: root(message), signature, message, signedAtMs: 1_700_000_000_000n + BigInt(height) };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return isSatlockError(error) ? error.code : `no error of ours: ${String(error)}`;
}

/** The bytes, changed. */
function changed(bytes: Buffer, change: (copy: Buffer) => void): string {
  const copy = Buffer.from(bytes);
  change(copy);
  return fileOf(copy);
}

/** The meta page of the last transaction, as the file has it. */
function newest(bytes: Buffer, pageSize: number): { readonly at: number; readonly other: number; readonly root: number } {
  const [a, b] = [bytes.readBigUInt64LE(64), bytes.readBigUInt64LE(pageSize + 64)];
  const at = a > b ? 0 : pageSize;
  return { at, other: pageSize - at, root: Number(bytes.readBigUInt64LE(at + 32)) };
}

const history = bytesOf('history');
const meta = newest(history, 4096);
/** Walks the sound file, by the tests' own few lines. */
const reachable = ((): Set<number> => {
  const seen = new Set<number>();
  const visit = (page: number): void => {
    seen.add(page);
    const at = page * 4096;
    const [flags, count] = [history.readUInt16LE(at + 8), history.readUInt16LE(at + 10)];
    for (let i = 0; i < count; i++) {
      const element = at + 16 + 16 * i;
      if (flags === 1) visit(Number(history.readBigUInt64LE(element + 8)));
      else if (history.readUInt32LE(element) === 1) {
        const value = element + history.readUInt32LE(element + 4) + history.readUInt32LE(element + 8);
        const child = Number(history.readBigUInt64LE(value));
        if (child !== 0) visit(child);
      }
    }
  };
  visit(meta.root);
  return seen;
})();

/** The first branch page that counts; free pages keep what was in them. */
const branch = [...reachable].find((page) => history.readUInt16LE(page * 4096 + 8) === 1) ?? 0;

const nextUsed = Math.min(...[...reachable].filter((page) => page > branch));

describe('a database that eotsd left', () => {
  it('gives every vote, none that was deleted, and the names', async () => {
    const path = fileOf(history);
    const read = await EotsdHistory.read(path);
    expect(read.recordCount).toBe(2851);
    const slots = read.slots.map(({ publicKey, chainId, watermark, records }) => ({
      pk: Hex.encode(publicKey),
      chainId,
      watermark,
      records,
    }));
    expect(slots.slice(0, 3)).toEqual([
      { pk: key(0xa1), chainId: 'bbn-1', watermark: 2_002_350n, records: heights(2_000_001, 2_002_350).map((h) => record(h, 0x11)) },
      { pk: key(0xb2), chainId: 'bbn-1', watermark: 2_000_200n, records: heights(2_000_001, 2_000_200).map((h) => record(h, 0x33)) },
      { pk: key(0xa1), chainId: 'bbn-test-5', watermark: 799n, records: heights(500, 799).map((h) => record(h, 0x22)) },
    ]);
    const long = Buffer.alloc(20_008, 0x5a);
    long.writeBigUInt64BE(7n);
    expect(slots[3]).toEqual({
      ...{ pk: key(0xb2), chainId: 'overflow', watermark: 7n },
      records: [{ height: 7n, signingRoot: root(long), signedAtMs: 1n }],
    });
    expect(read.odd.map(({ height, oddities }) => ({ height, oddities }))).toEqual([
      { height: 7n, oddities: ['not-a-vote', 'bad-signature'] },
    ]);
    expect(read.keyNames.map(({ publicKey, name }) => [Hex.encode(publicKey), name])).toEqual([
      [key(0xa1), 'alice'],
      [key(0xb2), 'bob 🦉'],
    ]);
  });

  it('is not touched', async () => {
    const path = fileOf(history);
    const before = statSync(path, { bigint: true });
    await EotsdHistory.readDatabase(path);
    const after = statSync(path, { bigint: true });
    expect([after.mtimeNs, after.ctimeNs, after.size]).toEqual([before.mtimeNs, before.ctimeNs, before.size]);
    expect(Buffer.compare(readFileSync(path), history)).toBe(0);
  });

  it('may have no vote yet', async () => {
    const read = await EotsdHistory.read(fileOf(bytesOf('fresh')));
    expect(read).toMatchObject({ slots: [], odd: [], oddCount: 0, recordCount: 0 });
    expect(read.keyNames.map(({ name }) => name)).toEqual(['alice']);
  });

  it('gives odd records by name, and covers the height of each', async () => {
    const read = await EotsdHistory.read(fileOf(bytesOf('odd')));
    expect(read.recordCount).toBe(12);
    const odd = read.odd.map(({ key: hex, oddities }) => [
      Buffer.from(hex, 'hex')
        .toString('latin1')
        .replace(/\xc3+.*$/s, ''),
      oddities,
    ]);
    expect(Object.fromEntries(odd)).toEqual({
      empty: ['unreadable-value'],
      garbage: ['unreadable-value'],
      'no-s': ['bad-signature', 'bad-time'],
      'other-height': ['height-mismatch'],
      's-of-n': ['bad-signature'],
      'short key': ['no-slot'],
      'short-s': ['bad-signature'],
      text: ['not-a-vote'],
      'unknown-field': ['unknown-field'],
      '': ['no-slot'],
    });
    const slot = (chainId: string) => read.slots.find((each) => each.chainId === chainId);
    for (const chainId of ['empty', 'garbage']) expect(slot(chainId)).toMatchObject({ watermark: 5n, records: [] });
    for (const chainId of ['short-s', 'no-s', 's-of-n']) {
      expect(slot(chainId)?.records.map(({ height, signature }) => [height, signature])).toEqual([[5n, undefined]]);
    }
    expect(slot('other-height')?.records.map(({ height }) => height)).toEqual([6n]);
    expect(slot('text')?.records.map(({ signingRoot }) => signingRoot)).toEqual([root(Buffer.from('no vote'))]);
    expect(slot('context')?.records[0]?.message).toHaveLength(104);
    // The worked record of the specification.
    const [worked] = slot('bbn-1')?.records ?? [];
    expect(Hex.encode(slot('bbn-1')?.publicKey ?? new Uint8Array(0))).toBe(
      'dd25f870e7f2f27fb1a9772eff67e1c55d8d8a6b07f58629b24be6010b897fd0',
    );
    expect(worked).toMatchObject({ height: 2_000_003n, signedAtMs: 1_767_225_600_000n });
    expect(Hex.encode(worked?.signature ?? new Uint8Array(0))).toBe('e336eb5d9a64294c3ee1c3f4ede06fdb1a896f183e3689952c75aa17bebb96a1');
    expect(Hex.encode(worked?.message ?? new Uint8Array(0))).toMatch(/^00000000001e84839934d1f6/);
  });

  it('may be read without its oldest votes, which the watermark covers', async () => {
    const read = await EotsdHistory.read(fileOf(history), { recordsPerSlot: 10 });
    expect(read.slots.map(({ watermark, records }) => [watermark, records.length, records[0]?.height])).toEqual([
      [2_002_350n, 10, 2_002_341n],
      [2_000_200n, 10, 2_000_191n],
      [799n, 10, 790n],
      [7n, 1, 7n],
    ]);
    expect((await EotsdHistory.read(fileOf(history), { recordsPerSlot: 0 })).slots.map(({ records }) => records.length)).toEqual([
      0, 0, 0, 0,
    ]);
  });
});

describe('a damaged database is refused:', () => {
  it('cut off anywhere', async () => {
    for (const length of [0, 1, 79, 80, 4096, 8191, 8192, 12_288, history.length - 4096 * 40, 500_000]) {
      const code = await codeOf(EotsdHistory.readDatabase(fileOf(history.subarray(0, length))));
      expect(['eotsd.not-a-database', 'eotsd.damaged-meta', 'eotsd.truncated'], `${length} bytes: ${code}`).toContain(code);
    }
  });

  it.each([0, 1])('meta page %i: the last votes may be missing', async (page) => {
    const path = changed(history, (copy) => copy.writeUInt8((copy[page * 4096 + 64] ?? 0) ^ 1, page * 4096 + 64));
    expect(await codeOf(EotsdHistory.readDatabase(path))).toBe('eotsd.damaged-meta');
    const allowed = await EotsdHistory.readDatabase(path, { allowDamagedMeta: true });
    // The last transaction wrote the one long record.
    expect(allowed.recordCount).toBe(page * 4096 === meta.at ? 2850 : 2851);
  });

  it('both meta pages, another version, another kind of file', async () => {
    const both = changed(history, (copy) => {
      for (const at of [16, 4096 + 16]) copy.writeUInt8(0, at);
    });
    expect(await codeOf(EotsdHistory.readDatabase(both))).toBe('eotsd.not-a-database');
    const version = changed(history, (copy) => {
      for (const at of [0, 4096]) {
        copy.writeUInt32LE(3, at + 20);
        seal(copy, at);
      }
    });
    expect(await codeOf(EotsdHistory.readDatabase(version))).toBe('eotsd.wrong-version');
    expect(await codeOf(EotsdHistory.readDatabase(fileOf('{"no": "database"}')))).toBe('eotsd.not-a-database');
    expect(await codeOf(EotsdHistory.readDatabase(join(folderPath, 'absent.db')))).toBe('eotsd.unreadable');
    mkdirSync(join(folderPath, 'folder'));
    expect(await codeOf(EotsdHistory.readDatabase(join(folderPath, 'folder')))).toBe('eotsd.unreadable');
    const noBucket = changed(bytesOf('fresh'), (copy) => {
      for (let at = copy.indexOf('signRecord'); at >= 0; at = copy.indexOf('signRecord', at)) copy.write('signRecorD', at);
    });
    expect(await codeOf(EotsdHistory.readDatabase(noBucket))).toBe('eotsd.no-bucket');
  });

  it.each<[string, (copy: Buffer, at: number) => void]>([
    ['a branch that points to itself', (copy, at) => copy.writeBigUInt64LE(BigInt(branch), at + 24)],
    ['two elements with one page', (copy, at) => copy.writeBigUInt64LE(copy.readBigUInt64LE(at + 24), at + 40)],
    ['children in another order', (copy, at) => swap(copy, at + 24, at + 40)],
    ['a page beyond the file', (copy, at) => copy.writeBigUInt64LE(2n ** 40n, at + 24)],
    ['a page number of 64 bits', (copy, at) => copy.writeBigUInt64LE(2n ** 64n - 1n, at + 24)],
    ['a meta page as child', (copy, at) => copy.writeBigUInt64LE(1n, at + 24)],
    ['another page number in its header', (copy, at) => copy.writeBigUInt64LE(9n, at)],
    ['no kind', (copy, at) => copy.writeUInt16LE(0, at + 8)],
    ['more elements than there is room for', (copy, at) => copy.writeUInt16LE(65_535, at + 10)],
    ['no element', (copy, at) => copy.writeUInt16LE(0, at + 10)],
    ['overflow beyond the file', (copy, at) => copy.writeUInt32LE(0xffff_ffff, at + 12)],
    ['overflow into a page that is used', (copy, at) => copy.writeUInt32LE(nextUsed - branch, at + 12)],
    ['a key beyond its end', (copy, at) => copy.writeUInt32LE(5000, at + 20)],
  ])('%s', async (_, change) => {
    expect(branch).toBeGreaterThan(1);
    expect(await codeOf(EotsdHistory.readDatabase(changed(history, (copy) => change(copy, branch * 4096))))).toBe('eotsd.corrupt');
  });

  it('a tree of a thousand levels', async () => {
    // Each branch has one child, the next page.
    const levels = 1000;
    const deep = Buffer.alloc((levels + 3) * 4096);
    history.copy(deep, 0, 0, 8192);
    for (const at of [0, 4096]) {
      deep.writeBigUInt64LE(2n, at + 32);
      deep.writeBigUInt64LE(BigInt(levels + 3), at + 56);
      seal(deep, at);
    }
    for (let page = 2; page < levels + 2; page++) {
      deep.writeBigUInt64LE(BigInt(page), page * 4096);
      deep.writeUInt16LE(1, page * 4096 + 8);
      deep.writeUInt16LE(1, page * 4096 + 10);
      deep.writeBigUInt64LE(BigInt(page + 1), page * 4096 + 24);
    }
    expect(await codeOf(EotsdHistory.readDatabase(fileOf(deep)))).toBe('eotsd.corrupt');
  });

  it('or read, whatever bytes are changed; never anything else', async () => {
    const odd = bytesOf('odd');
    const pages = [...reachable];
    const place = fc.oneof(
      fc.record({ file: fc.constant(odd), at: fc.nat({ max: odd.length - 9 }) }),
      fc.record({ file: fc.constant(history), at: fc.nat({ max: history.length - 9 }) }),
      // Headers and the first elements of pages that count.
      fc.record({
        file: fc.constant(history),
        at: fc.tuple(fc.constantFrom(...pages), fc.nat({ max: 80 })).map(([page, at]) => page * 4096 + at),
      }),
    );
    const outcomes = new Set<string>();
    await fc.assert(
      fc.asyncProperty(place, fc.uint8Array({ minLength: 1, maxLength: 8 }), async ({ file, at }, bytes) => {
        const path = changed(file, (copy) => copy.set(bytes, at));
        outcomes.add(
          await EotsdHistory.readDatabase(path).then(
            () => 'read',
            (error: unknown) => {
              if (!isSatlockError(error) || !error.code.startsWith('eotsd.')) throw error;
              return error.code;
            },
          ),
        );
      }),
      { seed: 20_260_101, numRuns: 250 },
    );
    expect([...outcomes].sort()).toEqual(expect.arrayContaining(['eotsd.corrupt', 'eotsd.damaged-meta', 'read']));
  });
});

describe('a database in use', () => {
  it('is refused when it changes while it is read', async () => {
    const path = fileOf(history);
    const entries = readBuckets(path, ['signRecord'], 'signRecord');
    expect((await entries.next()).done).toBe(false);
    // The other meta page is overwritten, as the next commit does.
    const file = openSync(path, 'r+');
    writeSync(file, Buffer.from([1]), 0, 1, meta.other + 64);
    closeSync(file);
    const rest = async (): Promise<void> => {
      for await (const _ of entries);
    };
    expect(await codeOf(rest())).toBe('eotsd.changed-while-reading');
  });

  it('is called changed, not damaged, when a page that was written meanwhile makes no sense', async () => {
    const path = fileOf(history);
    const entries = readBuckets(path, ['signRecord'], 'signRecord');
    await entries.next();
    const file = openSync(path, 'r+');
    writeSync(file, Buffer.from([1]), 0, 1, meta.other + 64);
    for (let page = 2; page < history.length / 4096; page++) writeSync(file, Buffer.alloc(16, 0xff), 0, 16, page * 4096);
    closeSync(file);
    const rest = async (): Promise<void> => {
      for await (const _ of entries);
    };
    expect(await codeOf(rest())).toBe('eotsd.changed-while-reading');
  });

  const hasFlock = process.platform === 'linux' && spawnSync('flock', ['--version']).status === 0;
  it.skipIf(!hasFlock)('is refused while another process has it locked', async () => {
    const path = fileOf(history);
    const holder = spawn('flock', ['-x', path, '-c', 'echo locked; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    });
    try {
      await new Promise((resolve) => holder.stdout.once('data', resolve));
      expect(await codeOf(EotsdHistory.readDatabase(path))).toBe('eotsd.in-use');
      expect((await EotsdHistory.readDatabase(path, { unsafeWhileInUse: true })).recordCount).toBe(2851);
    } finally {
      if (holder.pid !== undefined) process.kill(-holder.pid, 'SIGKILL');
    }
    for (let i = 0; i < 100 && (await codeOf(EotsdHistory.readDatabase(path))) === 'eotsd.in-use'; i++) await sleep(20);
    expect((await EotsdHistory.readDatabase(path)).recordCount).toBe(2851);
  });
});

function swap(copy: Buffer, a: number, b: number): void {
  const [x, y] = [copy.readBigUInt64LE(a), copy.readBigUInt64LE(b)];
  copy.writeBigUInt64LE(y, a);
  copy.writeBigUInt64LE(x, b);
}

/** Writes the checksum of a meta page: FNV-1a over the 56 bytes before it. */
function seal(copy: Buffer, at: number): void {
  let hash = 0xcbf29ce484222325n;
  for (const byte of copy.subarray(at + 16, at + 72)) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) % 2n ** 64n;
  copy.writeBigUInt64LE(hash, at + 72);
}
