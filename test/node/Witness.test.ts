// The witness remembers how far a store has come, and finds out when it went back.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import * as Witness from '../../src/node/Witness.ts';
import { decide } from '../../src/signer/Decision.ts';
import { MemoryStore } from '../../src/signer/MemoryStore.ts';
import type { SignStore, Slot } from '../../src/signer/SignStore.ts';
import { record, rejects, rootOf, slotOf } from './store/conformanceSupport.ts';

const root = mkdtempSync(join(tmpdir(), 'satlock-witness-'));
const slot = slotOf(1);
let files = 0;

afterAll(() => rmSync(root, { recursive: true, force: true }));

function fresh(): string {
  return join(root, `${files++}.json`);
}

async function opened(path: string, store: SignStore): Promise<Witness.Witness> {
  return Witness.open({ path, store, everyMs: 0 });
}

/** A store with votes up to `height`, and what it was at height 5. */
async function history(height: bigint): Promise<{ store: MemoryStore; restored: () => MemoryStore }> {
  const store = new MemoryStore();
  await store.enrol(slot, -1n);
  for (let at = 1n; at <= 5n; at++) await store.claim(slot, [record(at)]);
  const image = store.image();
  for (let at = 6n; at <= height; at++) await store.claim(slot, [record(at)]);
  return { store, restored: () => new MemoryStore(image) };
}

/** Would another message than the first one be signed at this height? */
async function signs(store: SignStore, of: Slot, height: bigint, findings: readonly Witness.Finding[]): Promise<boolean> {
  const { records, ...state } = await store.read(of, [height]);
  const finding = findings.find(({ publicKey, chainId }) => publicKey[0] === of.publicKey[0] && chainId === of.chainId);
  const decision = decide({
    height,
    signingRoot: rootOf('another message'),
    vote: { height },
    stored: { ...state, record: records[0] },
    signedElsewhereUpTo: finding?.signedElsewhereUpTo,
  });
  return decision.kind === 'sign';
}

describe('a store that goes on', () => {
  test('has nothing to find, and the file is for its owner only', async () => {
    const path = fresh();
    const { store } = await history(9n);
    const first = await opened(path, store);
    expect(first.findings).toEqual([]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await store.claim(slot, [record(10n)]);
    await first.stop();
    const again = await opened(path, store);
    expect(again.findings).toEqual([]);
    await store.claim(slot, [record(11n)]);
    // not stopped: what came after the last look is not known, and that is no finding
    expect((await opened(path, store)).findings).toEqual([]);
    expect(readFileSync(path, 'utf8')).toContain('"knownUpTo": "11"');
    expect(readdirSync(root).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('is looked at by itself, and nothing is written when nothing changed', async () => {
    const path = fresh();
    const { store } = await history(6n);
    const witness = await Witness.open({ path, store, everyMs: 10 });
    await store.claim(slot, [record(7n)]);
    for (let i = 0; i < 500 && !readFileSync(path, 'utf8').includes('"knownUpTo": "7"'); i++) await sleep(10);
    expect(readFileSync(path, 'utf8')).toContain('"knownUpTo": "7"');
    const { ino } = statSync(path);
    await sleep(60);
    expect(statSync(path).ino).toBe(ino);
    await witness.stop();
  });
});

describe('a store that went back', () => {
  test('is fenced at every height that may have been signed, until the watermark is raised', async () => {
    const path = fresh();
    const { store, restored } = await history(9n);
    await (await opened(path, store)).stop();
    const back = restored();
    const witness = await opened(path, back);
    expect(witness.findings).toEqual([{ ...slot, problem: 'rolled-back', signedElsewhereUpTo: 9n }]);
    for (const height of [6n, 9n, 10n, 1_000n]) expect(await signs(back, slot, height, witness.findings)).toBe(false);
    // without the fence it would sign again
    expect(await signs(back, slot, 6n, [])).toBe(true);
    await witness.stop();
    // across restarts, and although the sequence may have passed by the old one through other slots
    for (let key = 2; key < 12; key++) await back.enrol(slotOf(key), -1n);
    expect((await opened(path, back)).findings.length).toBe(1);
    await back.raiseWatermark(slot, 8n);
    expect((await opened(path, back)).findings.length).toBe(1);
    await back.raiseWatermark(slot, 9n);
    const lifted = await opened(path, back);
    expect(lifted.findings).toEqual([]);
    expect(await signs(back, slot, 9n, [])).toBe(false);
    expect(await signs(back, slot, 10n, [])).toBe(true);
  });

  test('is fenced too when only a late vote below the highest one is lost', async () => {
    const path = fresh();
    const store = new MemoryStore();
    await store.enrol(slot, -1n);
    await store.claim(slot, [record(100n)]);
    const image = store.image();
    await store.claim(slot, [record(95n)]);
    await (await opened(path, store)).stop();
    const back = new MemoryStore(image);
    const { findings } = await opened(path, back);
    expect(findings.map(({ problem }) => problem)).toEqual(['rolled-back']);
    expect(await signs(back, slot, 95n, findings)).toBe(false);
    expect(await signs(back, slot, 101n, findings)).toBe(false);
    await back.raiseWatermark(slot, findings[0]?.signedElsewhereUpTo ?? 0n);
    expect(await signs(back, slot, 95n, findings)).toBe(false);
    expect(await signs(back, slot, 101n, findings)).toBe(true);
    expect((await opened(path, back)).findings).toEqual([]);
  });

  test('a watermark that was raised and is lost counts as well', async () => {
    const path = fresh();
    const store = new MemoryStore();
    await store.enrol(slot, -1n);
    const image = store.image();
    await store.raiseWatermark(slot, 500n);
    await (await opened(path, store)).stop();
    const back = new MemoryStore(image);
    const { findings } = await opened(path, back);
    expect(findings.map(({ signedElsewhereUpTo }) => signedElsewhereUpTo)).toEqual([500n]);
    expect(await signs(back, slot, 400n, findings)).toBe(false);
  });

  test('another store, or an empty one, is fenced in all slots; one into which the history was imported is not', async () => {
    const path = fresh();
    const { store } = await history(9n);
    await store.enrol(slotOf(2), -1n);
    await store.claim(slotOf(2), [record(3n)]);
    await (await opened(path, store)).stop();
    const empty = new MemoryStore();
    const { findings } = await opened(path, empty);
    expect(findings.map(({ problem, signedElsewhereUpTo }) => [problem, signedElsewhereUpTo])).toEqual([
      ['other-store', 9n],
      ['other-store', 3n],
    ]);
    await empty.enrol(slot, -1n);
    expect(await signs(empty, slot, 10n, findings)).toBe(false);
    await empty.merge([{ ...slot, watermark: 9n, records: [record(9n)] }]);
    // after the file was written for the new store the fence of the other slot stands
    expect((await opened(path, empty)).findings.map(({ publicKey }) => publicKey[0])).toEqual([2]);
    await empty.raiseWatermark(slotOf(2), 3n);
    expect((await opened(path, empty)).findings).toEqual([]);
  });
});

describe('the file', () => {
  test.each([
    ['cut short', (text: string) => text.slice(0, -20)],
    ['empty', () => ''],
    ['no object', () => '[]'],
    ['null', () => 'null'],
    ['a height lowered', (text: string) => text.replace('"knownUpTo": "9"', '"knownUpTo": "8"')],
    ['another format', (text: string) => text.replace('satlock-witness', 'satlock-wetness')],
    ['another version', (text: string) => text.replace('"version": 1', '"version": 2')],
    ['the checksum gone', (text: string) => text.replace(/,\s*"checksum": "[0-9a-f]+"/, '')],
    ['a slot gone', (text: string) => text.replace(/"slots": \[[^\]]*\]/, '"slots": []')],
  ])('%s: refused with the remedy, and left as it is', async (_what, spoil) => {
    const path = fresh();
    const { store } = await history(9n);
    await (await opened(path, store)).stop();
    const before = readFileSync(path, 'utf8');
    const spoilt = spoil(before);
    expect(spoilt).not.toBe(before);
    writeFileSync(path, spoilt);
    await rejects(opened(path, store), 'witness.corrupt');
    await expect(opened(path, store)).rejects.toThrow(/watermark raise.*remove the file/);
    expect(readFileSync(path, 'utf8')).toBe(spoilt);
  });

  test('cannot be written: says so', async () => {
    const { store } = await history(6n);
    await rejects(opened(join(root, 'no such folder', 'witness.json'), store), 'witness.unwritable');
    const path = fresh();
    const problems: unknown[] = [];
    const witness = await Witness.open({ path, store, everyMs: 5, onProblem: (error) => problems.push(error) });
    await store.close();
    for (let i = 0; i < 500 && problems.length === 0; i++) await sleep(10);
    expect(problems.length).toBeGreaterThan(0);
    await expect(witness.stop()).rejects.toMatchObject({ name: 'SatlockError' });
  });

  test('odd chain ids and heights at both ends come back', async () => {
    const path = fresh();
    const store = new MemoryStore();
    const slots = [slotOf(1, ''), slotOf(1, 'a"b\\\n\0'), slotOf(1, '鏈'), slotOf(2, '')];
    for (const each of slots) await store.raiseWatermark(each, 2n ** 64n - 1n);
    await store.enrol(slotOf(3), -1n);
    await (await opened(path, store)).stop();
    expect((await opened(path, store)).findings).toEqual([]);
    const empty = new MemoryStore();
    const { findings } = await opened(path, empty);
    expect(findings.map(({ chainId }) => chainId)).toEqual(slots.map(({ chainId }) => chainId));
  });
});

describe('a copy', () => {
  test.each<[string, string | undefined, string | undefined, boolean]>([
    ['another inode', '11:500', '12:500', true],
    ['the same inode, used again', '11:500', '11:900', true],
    ['the same file', '11:500', '11:500', false],
    ['a file system that does not tell births any more', '11:500', '11', false],
    ['a store without a file', undefined, undefined, false],
  ])('is noticed by its file: %s', async (_, before, now, isCopy) => {
    const path = fresh();
    const { store } = await history(9n);
    const of = (file: string | undefined): Parameters<typeof Witness.open>[0] => ({
      ...{ path, store, everyMs: 0 },
      ...(file === undefined ? {} : { file }),
    });
    await (await Witness.open(of(before))).stop();
    const { findings } = await Witness.open(of(now));
    expect(findings.map(({ problem }) => problem)).toEqual(isCopy ? ['copied'] : []);
    expect(await signs(store, slot, 10n, findings)).toBe(!isCopy);
    if (!isCopy) return;
    // The fence stays when it is started again, and a watermark above everything that the copy knows ends it.
    expect((await Witness.open(of(now))).findings.map(({ signedElsewhereUpTo }) => signedElsewhereUpTo)).toEqual([10n]);
    await store.raiseWatermark(slot, 20n);
    expect((await Witness.open(of(now))).findings).toEqual([]);
  });

  test('is what a store without its witness is taken for, once a key belongs to it', async () => {
    const { store } = await history(9n);
    const lost = { path: fresh(), store, everyMs: 0, file: '1:2', wasServed: true };
    expect(await Witness.look(lost)).toMatchObject([{ problem: 'no-witness', signedElsewhereUpTo: 10n }]);
    const { findings } = await Witness.open(lost);
    expect(await signs(store, slot, 10n, findings)).toBe(false);
    expect((await Witness.open(lost)).findings).toHaveLength(1);
    expect((await Witness.open({ ...lost, path: fresh(), wasServed: false })).findings).toEqual([]);
    // A first start that ended before the witness was written has nothing to lose.
    expect((await Witness.open({ ...lost, path: fresh(), store: new MemoryStore() })).findings).toEqual([]);
  });
});
