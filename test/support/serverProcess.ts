// Programs that tests start: found on the machine, run as an unprivileged user in a temporary folder, and ended whatever becomes of the test.
import { type ChildProcess, execFileSync, type StdioOptions, spawn } from 'node:child_process';
import { accessSync, chmodSync, chownSync, constants, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as selfsigned from 'selfsigned';
import { describe, it } from 'vitest';

export type Account = { readonly uid: number; readonly gid: number };

/** A running program, of which any number may have been started and ended before under the same name. */
export interface ServerProcess {
  readonly pid: number;
  readonly isRunning: () => boolean;
  /** Sends to the process and to all its descendants: programs that fork sessions of their own too. */
  readonly signal: (signal: NodeJS.Signals) => void;
  /** Stops it where it is, and waits until none of its threads runs any more. */
  readonly pause: () => Promise<void>;
  /** Ends it with `signal`, with SIGKILL after some seconds, and waits. */
  readonly stop: (signal: NodeJS.Signals) => Promise<void>;
}

const left = new Set<ServerProcess>();
const folders = new Set<string>();
let isHooked = false;

/** Ends everything that is still running when this process ends, and removes its folders. */
function hook(): void {
  if (isHooked) return;
  isHooked = true;
  process.on('exit', () => {
    for (const each of left) each.signal('SIGKILL');
    for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });
}

/** The first of these folders (then those of PATH) that holds the program; undefined when none does. */
export function findProgram(name: string, first: readonly string[] = []): string | undefined {
  const candidates = [...first, ...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin'].filter((folder) => folder !== '');
  return candidates.map((folder) => join(folder, name)).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whom programs run as: nobody in particular when the tests run as root, else whoever runs them. */
export function account(preferred: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of [preferred, 'nobody']) {
    try {
      const number = (flag: string): number => Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }).toString());
      return { uid: number('-u'), gid: number('-g') };
    } catch {
      // no such user
    }
  }
  return undefined;
}

/**
 * A new temporary folder that the account owns; removed at the end of this process at the latest. In memory where there is plenty of it:
 * a kill of a process loses nothing that it wrote either way, and servers that wait for a disk take most of the time of these tests.
 */
export function newFolder(name: string, owner: Account | undefined): string {
  hook();
  const folder = mkdtempSync(join(hasRoom('/dev/shm') ? '/dev/shm' : tmpdir(), `satlock-${name}-`));
  folders.add(folder);
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid);
  chmodSync(folder, 0o700);
  return folder;
}

function hasRoom(path: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize > 3 * 2 ** 30 && freemem() > 4 * 2 ** 30;
  } catch {
    return false;
  }
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  folders.delete(folder);
}

/**
 * Starts a program with its output in a file.
 *
 * @param lastSignal what the kernel sends it should this process be killed, where `setpriv` is installed
 */
export function start(
  program: string,
  args: readonly string[],
  options: { readonly account: Account | undefined; readonly cwd: string; readonly log: string; readonly lastSignal: 'KILL' | 'QUIT' },
): ServerProcess {
  hook();
  const setpriv = findProgram('setpriv');
  const identity = options.account;
  const log = openSync(options.log, 'a');
  const stdio: StdioOptions = ['ignore', log, log];
  const drop = identity === undefined ? [] : [`--reuid=${identity.uid}`, `--regid=${identity.gid}`, '--clear-groups'];
  const environment = { PATH: process.env['PATH'] ?? '', HOME: options.cwd, LC_ALL: 'C' };
  const child =
    setpriv === undefined
      ? spawn(program, args, { cwd: options.cwd, env: environment, stdio, ...identity })
      : spawn(setpriv, [...drop, `--pdeathsig=${options.lastSignal}`, program, ...args], { cwd: options.cwd, env: environment, stdio });
  return watch(child);
}

function watch(child: ChildProcess): ServerProcess {
  const { pid } = child;
  if (pid === undefined) throw new Error('the program did not start');
  let isOver = false;
  const over = new Promise<void>((done) => {
    const end = (): void => {
      isOver = true;
      left.delete(running);
      done();
    };
    child.once('exit', end);
    child.once('error', end);
  });
  const signal = (name: NodeJS.Signals): void => {
    if (isOver) return;
    for (const each of [...descendants(pid), pid]) {
      try {
        process.kill(each, name);
      } catch {
        // gone in the meantime
      }
    }
  };
  const running: ServerProcess = {
    pid,
    isRunning: () => !isOver,
    signal,
    pause: async () => {
      signal('SIGSTOP');
      await until('it stands still', () => [...descendants(pid), pid].every(standsStill));
    },
    stop: async (name) => {
      if (isOver) return;
      signal('SIGCONT');
      if (name === 'SIGKILL') signal(name);
      else child.kill(name);
      const limit = new AbortController();
      await Promise.race([over, sleep(8_000, undefined, { signal: limit.signal }).catch(() => undefined)]);
      limit.abort();
      if (!isOver) signal('SIGKILL');
      await over;
    },
  };
  left.add(running);
  return running;
}

function standsStill(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).every((thread) =>
      /^State:\s+[TtZ]/m.test(readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8')),
    );
  } catch {
    return true;
  }
}

function descendants(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .split(' ')
      .filter((each) => each !== '')
      .map(Number);
    return children.flatMap((child) => [...descendants(child), child]);
  } catch {
    return [];
  }
}

/** Asks until it is so. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>, limitMs = 30_000, log?: string): Promise<void> {
  const end = Date.now() + limitMs;
  for (;;) {
    if (await isSo()) return;
    if (Date.now() > end) throw new Error(`${what}: not within ${limitMs} ms\n${log === undefined ? '' : lastLines(log)}`);
    await sleep(50);
  }
}

function lastLines(file: string): string {
  try {
    return readFileSync(file, 'utf8').split('\n').slice(-20).join('\n');
  } catch {
    return '';
  }
}

/** The newest folder of a program that is installed in folders by version. */
export function versionFolders(parent: string): readonly string[] {
  try {
    return readdirSync(parent)
      .sort((a, b) => Number(b) - Number(a))
      .map((version) => join(parent, version, 'bin'));
  } catch {
    return [];
  }
}

/** A `describe` block that needs a server: skipped with one line where it is missing, an error with SATLOCK_REQUIRE_SERVERS=1. */
export function describeIfInstalled(missing: string | undefined, name: string, body: () => void): void {
  if (missing === undefined) {
    describe(name, body);
    return;
  }
  if (process.env['SATLOCK_REQUIRE_SERVERS'] === '1') {
    describe(name, () => {
      it('needs its server', () => {
        throw new Error(`SATLOCK_REQUIRE_SERVERS=1, but ${missing}`);
      });
    });
    return;
  }
  process.stderr.write(`${name}: skipped, ${missing}\n`);
  describe.skip(name, body);
}

/** A certificate that is its own authority, for servers on these addresses and for their clients. */
export async function certificate(addresses: readonly string[] = ['127.0.0.1']): Promise<{ readonly cert: string; readonly key: string }> {
  const { cert, private: key } = await selfsigned.generate([{ name: 'commonName', value: 'satlock test' }], {
    keyType: 'ec',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true },
      { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
      { name: 'subjectAltName', altNames: addresses.map((ip) => ({ type: 7, ip })) },
    ],
  });
  return { cert, key };
}
