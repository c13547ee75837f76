// Several processes on one folder: racing, killed, stopped, traced.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import * as Hex from '../../../src/base/Hex.ts';
import * as LmdbStore from '../../../src/node/store/LmdbStore.ts';
import { collect, record, rejects, slotOf } from './conformanceSupport.ts';
import { type Child, child, temporary } from './lmdbProcess.ts';

const root = temporary();
const slot = slotOf(1);
let folders = 0;

afterAll(() => rmSync(root, { recursive: true, force: true }));

async function prepared(): Promise<string> {
  const path = join(root, `${folders++}`);
  const store = await LmdbStore.open({ path, create: true });
  await store.enrol(slot, -1n);
  await store.close();
  return path;
}

/** What a child said of a height. */
function toldBy({ lines }: Child): { readonly height: bigint; readonly kind: string; readonly root: string }[] {
  return lines.flatMap((line) => {
    const [, height, kind, told] = /^(\d+) (inserted|held) ([0-9a-f]{64})$/.exec(line) ?? [];
    return height === undefined || kind === undefined || told === undefined ? [] : [{ height: BigInt(height), kind, root: told }];
  });
}

describe('several processes on one store', () => {
  test.each([
    ['one by one', 24, 1],
    ['in batches', 400, 20],
  ])(
    'eight of them race for the same heights, %s: one message at each height',
    async (_how, heights, batch) => {
      const path = await prepared();
      const racers = Array.from({ length: 8 }, (_, i) => child(['race', path, `racer ${i}`, heights, batch]));
      await Promise.all(racers.map(({ said }) => said('ready')));
      writeFileSync(join(path, 'go'), '');
      const ends = await Promise.all(racers.map(({ ended }) => ended));
      expect(ends).toEqual(racers.map(() => ({ code: 0, signal: null })));
      const roots = new Map<bigint, Set<string>>();
      const winners = new Map<bigint, number>();
      for (const { height, kind, root: told } of racers.flatMap(toldBy)) {
        roots.set(height, (roots.get(height) ?? new Set()).add(told));
        if (kind === 'inserted') winners.set(height, (winners.get(height) ?? 0) + 1);
      }
      expect(roots.size).toBe(heights);
      expect([...roots.values()].every(({ size }) => size === 1)).toBe(true);
      expect([...winners.values()].every((count) => count === 1)).toBe(true);
      expect(winners.size).toBe(heights);
      // it was a race: more than one of them won
      expect(racers.filter((racer) => toldBy(racer).some(({ kind }) => kind === 'inserted')).length).toBeGreaterThan(1);
      const store = await LmdbStore.open({ path });
      for (const { height, signingRoot } of await collect(store.records(slot))) {
        expect(roots.get(height)).toEqual(new Set([Hex.encode(signingRoot)]));
      }
      await store.close();
    },
    180_000,
  );

  test('killed at any moment, two at once: what was answered is there, and nothing else takes its place', async () => {
    const path = await prepared();
    const answered = new Map<bigint, string>();
    for (let kill = 0; kill < 5; kill++) {
      const claimers = [child(['claim', path, `life ${kill} a`, kill * 100]), child(['claim', path, `life ${kill} b`, kill * 100])];
      await Promise.all(claimers.map(({ said }) => said(/inserted/)));
      await sleep(10 + ((kill * 37) % 90));
      for (const { process } of claimers) process.kill('SIGKILL');
      await Promise.all(claimers.map(({ ended }) => ended));
      for (const { height, root: told } of claimers.flatMap(toldBy)) {
        expect(answered.get(height) ?? told).toBe(told);
        answered.set(height, told);
      }
      // opening reads all of it through
      const store = await LmdbStore.open({ path });
      const there = new Map((await collect(store.records(slot))).map(({ height, signingRoot }) => [height, Hex.encode(signingRoot)]));
      for (const [height, told] of answered) expect(there.get(height)).toBe(told);
      const [height] = answered.keys();
      if (height !== undefined) {
        const [conflict] = await store.claim(slot, [record(height, 'a conflict')]);
        expect(conflict?.kind).toBe('held');
      }
      await store.close();
    }
    expect(answered.size).toBeGreaterThan(20);
  }, 180_000);

  test('a process that is stopped while it may hold the lock: claims end with store.timeout, and go on when it does', async () => {
    const path = await prepared();
    const store = await LmdbStore.open({ path, timeoutMs: 700 });
    const claimer = child(['claim', path, 'stopped', 0]);
    await claimer.said(/inserted/);
    let timeouts = 0;
    for (let i = 0; i < 12 && timeouts === 0; i++) {
      await sleep(5 * i);
      claimer.process.kill('SIGSTOP');
      const outcome = await store.claim(slot, [record(BigInt(1_000_000 + i))]).then(
        ([claimed]) => claimed?.kind,
        (error: unknown) => (error as { code?: string }).code,
      );
      expect(['inserted', 'store.timeout']).toContain(outcome);
      if (outcome === 'store.timeout') {
        timeouts++;
        await rejects(store.claim(slot, [record(BigInt(2_000_000 + i))]), 'store.timeout');
      }
      claimer.process.kill('SIGCONT');
    }
    const [after] = await Promise.race([store.claim(slot, [record(3_000_000n)]), sleep(700, [{ kind: 'late' }])]).catch(() => [
      { kind: 'late' },
    ]);
    if (after?.kind === 'late') await store.claim(slot, [record(3_000_001n)]);
    claimer.process.kill('SIGKILL');
    await claimer.ended;
    await store.close();
  }, 120_000);
});

const canTrace = spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status === 0;

type Call = { readonly call: string; readonly text: string; readonly at: number };

/** System calls of a trace in the order of their ends, those of other threads in between put together. */
function callsOf(file: string): Call[] {
  const begun = new Map<string, string>();
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line, at) => {
      const [, pid = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
      if (rest.endsWith('<unfinished ...>')) {
        begun.set(pid, rest.replace(/ *<unfinished \.\.\.>$/, ''));
        return [];
      }
      const resumed = /^<\.\.\. (\w+) resumed>(.*)$/.exec(rest);
      const text = resumed === null ? rest : `${begun.get(pid) ?? ''}${resumed[2]}`;
      const call = /^(\w+)\(/.exec(text)?.[1];
      return call === undefined ? [] : [{ call, text, at }];
    });
}

describe.skipIf(!canTrace)('the system calls of a claim (strace)', () => {
  test('an answer leaves after fdatasync of the pages and the synchronous write of the meta page; what another process wrote is flushed first', async () => {
    const path = await prepared();
    mkdirSync(join(root, 'trace'), { recursive: true });
    const file = join(root, 'trace', 'calls');
    const tracer = ['strace', '-f', '-s', '64', '-o', file, '-e', 'trace=openat,fdatasync,fsync,pwrite64,pwritev,writev,write'];
    const traced = child(['marked', path, 12], { under: tracer });
    await traced.said('waiting');
    const store = await LmdbStore.open({ path });
    await store.claim(slot, [record(1_000n)]);
    await store.close();
    await traced.said('told');
    await traced.ended;
    const calls = callsOf(file);
    const data = calls.filter(({ call, text }) => call === 'openat' && text.includes('data.mdb'));
    const descriptor = ({ text }: Call): string => /= (\d+)$/.exec(text)?.[1] ?? 'none';
    const synchronous = new Set(data.filter(({ text }) => /O_D?SYNC/.test(text)).map(descriptor));
    const all = new Set(data.map(descriptor));
    const mark = (what: string): number => calls.findIndex(({ call, text }) => call === 'write' && text.includes(`"${what}\\n"`));
    for (let i = 0; i < 12; i++) {
      const between = calls.slice(mark(`asked ${i}`), mark(`answered ${i}`));
      const on = (each: Call, set: Set<string>): boolean => set.has(/\((\d+)/.exec(each.text)?.[1] ?? '');
      const pages = between.findIndex((each) => /^(pwrite64|pwritev|writev)$/.test(each.call) && on(each, all) && !on(each, synchronous));
      const flush = between.findIndex((each, k) => k > pages && each.call === 'fdatasync' && on(each, all) && each.text.endsWith('= 0'));
      const meta = between.findIndex((each, k) => k > flush && each.call === 'pwrite64' && on(each, synchronous));
      expect({ i, pages: pages >= 0, flush: flush > pages, meta: meta > flush }).toEqual({ i, pages: true, flush: true, meta: true });
    }
    const reading = calls.slice(mark('waiting'), mark('told'));
    expect(reading.some(({ call, text }) => call === 'fdatasync' && text.endsWith('= 0'))).toBe(true);
  }, 120_000);
});

test.skipIf(canTrace)('no strace here: that an answer waits for the disk is not checked', () => {
  expect(canTrace).toBe(false);
});

test('another lock file under a running store: nothing is written over what others wrote', async () => {
  const path = await prepared();
  const first = await LmdbStore.open({ path });
  await first.claim(slot, [record(1n)]);
  rmSync(join(path, 'lock.mdb'));
  // Another process, with a lock file of its own, takes a height.
  const other = child(['race', path, 'the other one', 2, 1]);
  await other.said('ready');
  writeFileSync(join(path, 'go'), '');
  expect(await other.ended).toEqual({ code: 0, signal: null });
  const theirs = toldBy(other).find(({ kind }) => kind === 'inserted');
  if (theirs === undefined) throw new Error('the other process inserted nothing');
  await rejects(first.claim(slot, [record(theirs.height)]), 'store.corrupt');
  await first.close().catch(() => undefined);
  const again = await LmdbStore.open({ path });
  const { records } = await again.read(slot, [theirs.height]);
  expect(Hex.encode(records[0]?.signingRoot ?? new Uint8Array())).toBe(theirs.root);
  await again.close();
});
