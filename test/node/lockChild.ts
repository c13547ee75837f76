// A process of its own for tests of the lock between processes: it holds one until it is killed, or takes it many times, or binds keys to its store.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Keystore } from '../../src/node/keystore/Keystore.ts';
import * as ProcessLock from '../../src/node/processLock.ts';

const [, , command = '', path = '', ...rest] = process.argv;
const say = (line: string): void => void writeSync(1, `${line}\n`);

const take = (file: string): ProcessLock.Lock =>
  ProcessLock.take(file, {
    waitMs: 60_000,
    refuse: (holder) => {
      throw new Error(`held by ${ProcessLock.nameOf(holder)}`);
    },
  });

async function hold(): Promise<void> {
  take(path);
  say('held');
  await sleep(600_000);
}

/** A process that was killed and that its parent has not asked about yet is in state Z. */
const isAlive = (pid: number): boolean => {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

/** Whoever holds the lock has its mark in the folder; another mark there may be that of a process that was killed. */
function takeOften(): void {
  const [times = 0, deathIn = 0] = rest.map(Number);
  const marks = join(path, 'marks');
  const mine = join(marks, `${process.pid}`);
  const others = (): readonly string[] => readdirSync(marks).filter((pid) => pid !== `${process.pid}` && isAlive(Number(pid)));
  for (let i = 0; i < times; i++) {
    const lock = take(join(path, '.lock'));
    mkdirSync(mine);
    for (let look = 0; look < 20; look++) for (const other of others()) say(`beside ${other}`);
    if (!lock.isOurs()) say('taken away');
    if (deathIn > 0 && Math.random() * deathIn < 1) process.kill(process.pid, 'SIGKILL');
    rmdirSync(mine);
    lock.release();
  }
  say('done');
}

async function bind(): Promise<void> {
  const [storeId = '', passphrase = ''] = rest;
  const keystore = new Keystore({ folder: path });
  await keystore.unlockEach(passphrase);
  say('ready');
  // all begin together
  while (!existsSync(join(path, 'go'))) await sleep(1);
  for (const [name, binding] of keystore.bindTo(storeId)) say(`${name} ${binding}`);
  say('done');
}

if (command === 'hold') await hold();
else if (command === 'take often') takeOften();
else if (command === 'bind') await bind();
else throw new Error(`no such command: ${command}`);
