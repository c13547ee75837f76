// One process at a time, whoever is killed meanwhile.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { Keystore } from '../../src/node/keystore/Keystore.ts';
import * as ProcessLock from '../../src/node/processLock.ts';
import { type Child, child } from './store/lmdbProcess.ts';

const root = mkdtempSync(join(tmpdir(), 'satlock-lock-'));
const children: Child[] = [];
afterAll(async () => {
  for (const each of children) each.process.kill('SIGKILL');
  await Promise.all(children.map(({ ended }) => ended));
  rmSync(root, { recursive: true, force: true });
});

let folder = '';
let path = '';
let count = 0;
beforeEach(() => {
  folder = join(root, `${count++}`);
  mkdirSync(folder, { mode: 0o700 });
  path = join(folder, '.lock');
});

const start = (...args: readonly (string | number)[]): Child => {
  const started = child(args, { script: new URL('./lockChild.ts', import.meta.url) });
  children.push(started);
  return started;
};

class Held extends Error {
  readonly holder: ProcessLock.Holder;
  constructor(holder: ProcessLock.Holder) {
    super('held');
    this.holder = holder;
  }
}
const refuse = (holder: ProcessLock.Holder): never => {
  throw new Held(holder);
};
const holder = (): ProcessLock.Holder | undefined => {
  try {
    ProcessLock.take(path, { refuse }).release();
    return undefined;
  } catch (error) {
    if (error instanceof Held) return error.holder;
    throw error;
  }
};

/** The lock that a killed process left. */
async function leaveLock(file: string): Promise<void> {
  const killed = start('hold', file);
  await killed.said('held');
  killed.process.kill('SIGKILL');
  await killed.ended;
}

describe('a lock', () => {
  it('is held by one, who is named, and is free after its release', () => {
    const lock = ProcessLock.take(path, { refuse });
    expect(holder()).toEqual({ pid: process.pid, host: hostname() });
    expect(lock.isOurs()).toBe(true);
    lock.release();
    expect(lock.isOurs()).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
    expect(holder()).toBeUndefined();
  });

  it('of another process is held while that lives, also stopped, and taken over when it was killed', async () => {
    const other = start('hold', path);
    await other.said('held');
    const named = { pid: other.process.pid, host: hostname() };
    expect(holder()).toEqual(named);
    other.process.kill('SIGSTOP');
    expect(holder()).toEqual(named);
    other.process.kill('SIGKILL');
    await other.ended;
    expect(holder()).toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is taken over when those who were removing it were killed, too', async () => {
    await leaveLock(path);
    const nonceOf = (file: string): string => JSON.parse(readFileSync(file, 'utf8')).nonce;
    // Written as by the one who removes the first: its process is gone like the other's.
    const second = `${path}.${nonceOf(path)}`;
    const text = readFileSync(path, 'utf8').replace(nonceOf(path), '1'.repeat(32));
    writeFileSync(second, text, { mode: 0o600 });
    expect(holder()).toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is nobody else’s to remove while somebody removes it', async () => {
    await leaveLock(path);
    const { nonce, pid } = JSON.parse(readFileSync(path, 'utf8'));
    const right = ProcessLock.take(`${path}.${nonce}`, { refuse });
    expect(holder()).toEqual({ pid, host: hostname() });
    expect(existsSync(path)).toBe(true);
    right.release();
    expect(holder()).toBeUndefined();
  });

  it.runIf(process.platform === 'linux')('of a process whose number another one has now is taken over', () => {
    const lock = ProcessLock.take(path, { refuse });
    const content = JSON.parse(readFileSync(path, 'utf8'));
    for (const [changes, isFree] of [
      [{}, false],
      [{ started: `${Number(content.started) - 1}` }, true],
      [{ started: '' }, false],
      [{ boot: 'another start of this machine' }, true],
      [{ boot: '' }, false],
      [{ started: '1', namespaces: 'of a container' }, false],
      [{ started: '1', host: 'elsewhere' }, false],
      [{ started: 1 }, false],
      [{ started: '1', nonce: 'no nonce' }, false],
    ] as const) {
      writeFileSync(path, JSON.stringify({ ...content, ...changes }), { mode: 0o600 });
      expect(holder() === undefined, JSON.stringify(changes)).toBe(isFree);
    }
    lock.release();
  });

  it.each(['', 'null', '5', '{}', '{"pid":1', '[]'])('that says %j belongs to nobody knows whom', (text) => {
    writeFileSync(path, text, { mode: 0o600 });
    expect(holder()).toEqual({ pid: undefined, host: undefined });
  });

  it.runIf(process.platform === 'linux')(
    'lets one process in at a time, of many that are killed while they hold it or wait for it',
    async () => {
      mkdirSync(join(folder, 'marks'));
      const [steady, dying] = [
        [start('take often', folder, 150, 0), start('take often', folder, 150, 0)],
        Array.from({ length: 6 }, () => start('take often', folder, 1_000_000, 15)),
      ];
      await Promise.all([...steady, ...dying].map(({ ended }) => ended));
      for (const each of steady) expect([each.lines, each.errors()]).toEqual([['done'], '']);
      for (const each of dying) expect([each.lines, each.errors(), await each.ended]).toEqual([[], '', { code: null, signal: 'SIGKILL' }]);
      expect(holder()).toBeUndefined();
    },
  );
});

describe('fresh keys that several processes bind to a store each at the same moment', () => {
  it('belong to one store each, and every process says the same of it', async () => {
    const passphrase = 'correct horse';
    const keystore = new Keystore({ folder, scryptN: 2 ** 14 });
    const names = Array.from({ length: 8 }, (_, i) => `key${i}`);
    for (const name of names) await keystore.generate({ name, passphrase });
    const storeIds = Array.from({ length: 4 }, (_, i) => `${i}`.repeat(32));
    const binders = storeIds.map((storeId) => start('bind', folder, storeId, passphrase));
    await Promise.all(binders.map(({ said }) => said('ready')));
    await leaveLock(path);
    writeFileSync(join(folder, 'go'), '');
    await Promise.all(binders.map(({ said }) => said('done')));
    keystore.reload();
    for (const name of names) {
      const said = binders.map(({ lines }) => lines.find((line) => line.startsWith(`${name} `)));
      const { storeId } = keystore.find(name);
      expect(said).toEqual(storeIds.map((each) => `${name} ${each === storeId ? 'bound' : 'other-store'}`));
    }
  });
});
