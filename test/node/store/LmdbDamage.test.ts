// Damage of every kind that the walk through the file looks for, one by one: each is refused at opening, by its own words.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as lmdb from 'lmdb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isSatlockError } from '../../../src/base/Errors.ts';
import * as LmdbStore from '../../../src/node/store/LmdbStore.ts';
import * as Encoding from '../../../src/node/store/lmdbEncoding.ts';
import { record, slotOf } from './conformanceSupport.ts';
import { temporary } from './lmdbProcess.ts';

const PAGE = 4096;
const HEAD = 24;
const root = temporary();
const slot = slotOf(1);
let whole: Buffer;
let copies = 0;

beforeAll(async () => {
  const path = join(root, 'base');
  const store = await LmdbStore.open({ path, create: true });
  await store.enrol(slot, -1n);
  for (let i = 0; i < 6; i++) {
    await store.claim(
      slot,
      Array.from({ length: 50 }, (_, k) => record(BigInt(i * 50 + k))),
    );
  }
  await store.claim(slot, [{ ...record(1_000n), message: new Uint8Array(20_000).fill(0x61) }]);
  await store.close();
  whole = readFileSync(join(path, 'data.mdb'));
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

/** The newer meta page, and pages that its main tree uses. */
function parts(of: Buffer): { meta: number; root: number; leaf: number; overflow: number; free: number } {
  const meta = of.readBigUInt64LE(152) > of.readBigUInt64LE(PAGE + 152) ? 0 : PAGE;
  const at = (page: bigint): number => Number(page) * PAGE;
  const top = at(of.readBigUInt64LE(meta + 136));
  const child = (page: number, i: number): number => {
    const node = page + HEAD + of.readUInt16LE(page + HEAD + 2 * i);
    return at(BigInt(of.readUInt32LE(node)));
  };
  const last = of.readUInt16LE(top + 20) / 2 - 1;
  const leaf = child(top, 1);
  const lastLeaf = child(top, last);
  // the record with the long message is the last record, before the slot
  const nodes = Array.from(
    { length: of.readUInt16LE(lastLeaf + 20) / 2 },
    (_, i) => lastLeaf + HEAD + of.readUInt16LE(lastLeaf + HEAD + 2 * i),
  );
  const big = nodes.find((node) => of.readUInt16LE(node + 4) === 1);
  if (big === undefined || of.readUInt16LE(meta + 102) !== 2) throw new Error('the base is built otherwise');
  const pointer = big + 8 + of.readUInt16LE(big + 6);
  return { meta, root: top, leaf, overflow: at(of.readBigUInt64LE(pointer)), free: at(of.readBigUInt64LE(meta + 88)) };
}

/** Where the i-th node of a page begins. */
function node(of: Buffer, page: number, i: number): number {
  return page + HEAD + of.readUInt16LE(page + HEAD + 2 * i);
}

type Damage = readonly [what: string, damage: (bytes: Buffer) => void, code: string, words: RegExp];

const DAMAGES: readonly Damage[] = [
  [
    'a bit of a message',
    (b) => b.fill(0x58, b.lastIndexOf(Buffer.from('vote at 77')), b.lastIndexOf(Buffer.from('vote at 77')) + 1),
    'store.corrupt',
    /checksum/,
  ],
  ['a bit on an overflow page', (b) => b.writeUInt8(0x62, parts(b).overflow + 9_000), 'store.corrupt', /checksum/],
  ['the stamp of LMDB', (b) => b.writeUInt32LE(1, PAGE + 24), 'store.corrupt', /stamp/],
  ['the kind of a meta page', (b) => b.writeUInt16LE(2, 18), 'store.corrupt', /is none/],
  ['the page size', (b) => b.writeUInt32LE(8_192, 48), 'store.corrupt', /is none|page size/],
  ['another page size in the second meta page', (b) => b.writeUInt32LE(8_192, PAGE + 48), 'store.corrupt', /different page sizes/],
  ['a flag of the main tree', (b) => b.writeUInt16LE(4, 100), 'store.corrupt', /flags/],
  ['an impossible map', (b) => b.writeBigUInt64LE(2n ** 50n, 40), 'store.corrupt', /impossible/],
  [
    'a state that is much newer',
    (b) => b.writeBigUInt64LE(b.readBigUInt64LE(parts(b).meta + 152) + 2n, parts(b).meta + 152),
    'store.corrupt',
    /transactions/,
  ],
  [
    'the newer state called the older one',
    (b) => b.writeBigUInt64LE(b.readBigUInt64LE(parts(b).meta + 152) - 2n, parts(b).meta + 152),
    'store.corrupt',
    /root of transaction/,
  ],
  [
    'both states exchanged',
    (b) =>
      Buffer.concat([b.subarray(24, 192), b.subarray(PAGE + 24, PAGE + 192)]).copy(b, PAGE + 24, 0, 168) &&
      b.copy(b, 24, PAGE + 24, PAGE + 192),
    'store.corrupt',
    /transactions|exchanged|root/,
  ],
  ['a count of entries', (b) => b.writeBigUInt64LE(7n, parts(b).meta + 128), 'store.corrupt', /its root says/],
  ['a count of leaf pages', (b) => b.writeBigUInt64LE(1n, parts(b).meta + 112), 'store.corrupt', /its root says/],
  ['the depth', (b) => b.writeUInt16LE(3, parts(b).meta + 102), 'store.corrupt', /of kind/],
  ['a depth beyond all', (b) => b.writeUInt16LE(3_000, parts(b).meta + 102), 'store.corrupt', /depth/],
  ['a root outside of the file', (b) => b.writeBigUInt64LE(2n ** 40n, parts(b).meta + 136), 'store.corrupt', /no root|outside/],
  ['no root', (b) => b.writeBigUInt64LE(2n ** 64n - 1n, parts(b).meta + 136), 'store.corrupt', /root/],
  ['the number of a page', (b) => b.writeBigUInt64LE(3n, parts(b).leaf), 'store.corrupt', /says that it is page 3/],
  ['the kind of a page', (b) => b.writeUInt16LE(1, parts(b).leaf + 18), 'store.corrupt', /of kind 1/],
  ['a page of the future', (b) => b.writeBigUInt64LE(2n ** 40n, parts(b).leaf + 8), 'store.corrupt', /newer/],
  ['the bounds of a page', (b) => b.writeUInt16LE(5_000, parts(b).leaf + 22), 'store.corrupt', /bounds/],
  ['an odd bound', (b) => b.writeUInt16LE(3, parts(b).leaf + 20), 'store.corrupt', /bounds/],
  ['an empty page', (b) => b.writeUInt16LE(0, parts(b).leaf + 20), 'store.corrupt', /empty/],
  ['where a node begins', (b) => b.writeUInt16LE(4_090, parts(b).leaf + HEAD), 'store.corrupt', /node outside/],
  ['the length of a key', (b) => b.writeUInt16LE(60_000, node(b, parts(b).leaf, 3) + 6), 'store.corrupt', /key that leaves/],
  ['the length of a value', (b) => b.writeUInt32LE(60_000, node(b, parts(b).leaf, 3)), 'store.corrupt', /value that leaves/],
  ['the flags of a node', (b) => b.writeUInt16LE(2, node(b, parts(b).leaf, 3) + 4), 'store.corrupt', /flags 2/],
  [
    'two nodes exchanged',
    (b) =>
      b
        .subarray(parts(b).leaf + HEAD + 4, parts(b).leaf + HEAD + 8)
        .swap16()
        .swap32(),
    'store.corrupt',
    /order/,
  ],
  ['a key above its place', (b) => b.writeUInt8(0xff, node(b, parts(b).root, 1) + 8 + 10), 'store.corrupt', /not found from above|order/],
  ['a separator a little too low', (b) => lower(b, node(b, parts(b).root, 2)), 'store.corrupt', /not found from above/],
  [
    'a page used twice',
    (b) => b.writeUInt32LE(b.readUInt32LE(node(b, parts(b).root, 1)), node(b, parts(b).root, 2)),
    'store.corrupt',
    /twice/,
  ],
  ['a child outside of the file', (b) => b.writeUInt32LE(4_000_000, node(b, parts(b).root, 2)), 'store.corrupt', /outside/],
  ['a meta page as a child', (b) => b.writeUInt32LE(1, node(b, parts(b).root, 2)), 'store.corrupt', /outside/],
  ['the pages of a long value', (b) => b.writeUInt32LE(2, parts(b).overflow + 20), 'store.corrupt', /length/],
  ['a free page that is in use', (b) => freePage(b, BigInt(parts(b).leaf / PAGE)), 'store.corrupt', /free page \d+ is in use twice/],
  ['a free page outside of the file', (b) => freePage(b, 2n ** 33n), 'store.corrupt', /free page \d+ is outside/],
  ['more free pages than there is room for', (b) => b.writeBigUInt64LE(900n, freeList(b)), 'store.corrupt', /cut short/],
  ['the end of the file', (b) => b.fill(0, b.length - PAGE), 'store.corrupt', /./],
];

/** Lowers the last byte of a branch's key, so that the records between are looked for on the wrong page. */
function lower(b: Buffer, at: number): void {
  const end = at + 8 + b.readUInt16LE(at + 6) - 1;
  b.writeUInt8((b[end] ?? 0) - 1, end);
}

/** Where the value of the last free list begins. */
function freeList(b: Buffer): number {
  const { free } = parts(b);
  const at = node(b, free, b.readUInt16LE(free + 20) / 2 - 1);
  return at + 8 + b.readUInt16LE(at + 6);
}

function freePage(b: Buffer, page: bigint): void {
  b.writeBigInt64LE(page, freeList(b) + 8);
}

async function refusal(bytes: Buffer): Promise<readonly [string, string]> {
  const path = join(root, `copy-${copies++}`);
  mkdirSync(path);
  writeFileSync(join(path, 'data.mdb'), bytes);
  try {
    await (await LmdbStore.open({ path })).close();
    return ['opened', ''];
  } catch (error) {
    return isSatlockError(error) ? [error.code, error.message] : ['unexpected', String(error)];
  } finally {
    rmSync(path, { recursive: true });
  }
}

test('undamaged, it opens', async () => {
  expect(await refusal(Buffer.from(whole))).toEqual(['opened', '']);
});

test.each(DAMAGES)('%s', async (_what, damage, code, words) => {
  const bytes = Buffer.from(whole);
  damage(bytes);
  expect(bytes.equals(whole)).toBe(false);
  const [told, message] = await refusal(bytes);
  expect([told, words.test(message) ? 'by its words' : message]).toEqual([code, 'by its words']);
});

/** Changes the store through LMDB, so that the file is whole as LMDB sees it. */
async function changed(
  change: (raw: lmdb.RootDatabase<Buffer, Buffer>, meta: Encoding.Meta) => Promise<unknown>,
): Promise<readonly [string, string]> {
  const path = join(root, `raw-${copies++}`);
  mkdirSync(path);
  writeFileSync(join(path, 'data.mdb'), whole);
  const raw = lmdb.open<Buffer, Buffer>({ path, noSubdir: false, overlappingSync: false, encoding: 'binary', keyEncoding: 'binary' });
  const content = raw.getBinary(Encoding.META_KEY)?.subarray(Encoding.CHECKSUM_BYTES);
  const meta = content && Encoding.decodeMeta(content);
  if (meta === undefined || 'format' in meta) throw new Error('no meta record');
  await change(raw, meta);
  await raw.close();
  return refusal(readFileSync(join(path, 'data.mdb')));
}

const slotId = Encoding.slotIdOf(slot);
const key = Encoding.recordKey(slotId, 77n);

test('a record that is gone without a trace in LMDB is missed by the count, or by the sum', async () => {
  expect((await changed((raw) => raw.remove(key)))[1]).toMatch(/counts 302/);
  const [, message] = await changed(async (raw, meta) => {
    await raw.remove(key);
    await raw.put(Encoding.META_KEY, Encoding.encodeMeta({ ...meta, entries: meta.entries - 1n }));
  });
  expect(message).toMatch(/adds up/);
});

test('a record in place of another, with a right checksum of its own, is found', async () => {
  expect((await changed((raw) => raw.put(key, Encoding.encodeRecord(key, record(77n, 'another')))))[1]).toMatch(/adds up/);
});

test('a record under another height does not fit its checksum', async () => {
  const [, message] = await changed(async (raw) => {
    const value = raw.getBinary(key);
    await raw.put(Encoding.recordKey(slotId, 999n), value ?? Buffer.alloc(0));
  });
  expect(message).toMatch(/checksum/);
});

test('entries of no known kind, a malformed record, a slot under another name and a lost meta record are refused', async () => {
  const strange = Buffer.from('strange');
  expect((await changed((raw) => raw.put(strange, Encoding.seal(strange, []))))[1]).toMatch(/no known kind/);
  expect((await changed((raw) => raw.put(key, Encoding.seal(key, [Buffer.alloc(10)]))))[1]).toMatch(/malformed/);
  const name = Encoding.slotKey(Encoding.slotIdOf(slotOf(2)));
  const content = Encoding.encodeSlot(name, { ...slot, watermark: 5n, highestSigned: 7n }).subarray(Encoding.CHECKSUM_BYTES);
  expect((await changed((raw) => raw.put(name, Encoding.seal(name, [content]))))[1]).toMatch(/malformed/);
  expect((await changed((raw) => raw.remove(Encoding.META_KEY)))[1]).toMatch(/meta record is missing/);
  expect((await changed((raw) => raw.put(Encoding.META_KEY, Encoding.seal(Encoding.META_KEY, [Buffer.from('satlock\u0001')]))))[1]).toMatch(
    /meta record is malformed/,
  );
});
