// A lock file that names the process that holds it: Node offers no lock of the operating system that ends with its process. It is made by link(2),
// whole or not at all. The lock of a process that is gone is removed by one process at a time, which holds a lock on that very lock meanwhile:
// of two that find it, the slower one must not remove the lock that the faster one has taken since.
// A process killed just after it removed such a lock leaves a file that ends in the removed lock's nonce: nothing ever asks for it again.
import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { isSatlockError } from '../base/Errors.ts';
import * as OwnerFiles from './ownerFiles.ts';

/** Who holds a lock, as far as that can be read. */
export type Holder = { readonly pid: number | undefined; readonly host: string | undefined };

/** A held lock. */
export type Lock = {
  /** False once somebody took it away. */
  readonly isOurs: () => boolean;
  readonly release: () => void;
};

export type Options = {
  /** How long to wait for the holder, without serving anything else meanwhile; default 0. */
  readonly waitMs?: number;
  /** Throws the caller's own error. */
  readonly refuse: (holder: Holder) => never;
};

type Content = {
  readonly pid: number;
  readonly host: string;
  /** Of this start of the machine, and the namespaces in which process and start have their numbers; empty where the system does not tell. */
  readonly boot: string;
  readonly namespaces: string;
  /** When the process started, as the system counts; tells it from a later one of the same number. */
  readonly started: string;
  readonly nonce: string;
};

const MAX_BYTES = 4_096;
const PAUSE_MS = 5;
const UNKNOWN: Holder = { pid: undefined, host: undefined };
const known = ({ pid, host }: Content): Holder => ({ pid, host });

/**
 * Takes the lock. One whose process is gone, on this machine, is taken over; a lock of another machine, or one that cannot be read, never is.
 *
 * @throws what `refuse` throws; owner-files.*
 */
export function take(path: string, { waitMs = 0, refuse }: Options): Lock {
  const until = performance.now() + waitMs;
  for (;;) {
    const taken = attempt(path);
    if ('release' in taken) return taken;
    if (performance.now() >= until) return refuse(taken);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
  }
}

/** For a message. */
export function nameOf({ pid, host }: Holder): string {
  return pid === undefined ? 'an unknown process' : `process ${pid} on ${host}`;
}

function attempt(path: string): Lock | Holder {
  const nonce = randomBytes(16).toString('hex');
  if (isMade(path, nonce)) return lockOf(path, nonce);
  const holder = read(path);
  if (holder === 'unreadable') return UNKNOWN;
  if (holder !== undefined) {
    if (!isGone(holder)) return known(holder);
    const right = attempt(`${path}.${holder.nonce}`);
    if (!('release' in right)) return known(holder);
    try {
      // Its process is gone, and to remove it is our right alone: what is read here stays until it is removed here.
      if (nonceIn(path) === holder.nonce) rmSync(path);
    } finally {
      right.release();
    }
  }
  if (isMade(path, nonce)) return lockOf(path, nonce);
  const next = read(path);
  return next === undefined || next === 'unreadable' ? UNKNOWN : known(next);
}

function lockOf(path: string, nonce: string): Lock {
  const isOurs = (): boolean => {
    try {
      return nonceIn(path) === nonce;
    } catch (error) {
      if (!isSatlockError(error)) throw error;
      return false;
    }
  };
  return {
    isOurs,
    release: () => {
      if (isOurs()) rmSync(path, { force: true });
    },
  };
}

function isMade(path: string, nonce: string): boolean {
  const { pid } = process;
  const { started = '' } = processOf(pid) ?? {};
  const content: Content = { pid, host: hostname(), boot: bootId(), namespaces: namespaces(), started, nonce };
  try {
    OwnerFiles.create(path, `${JSON.stringify(content)}\n`);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

function nonceIn(path: string): string | undefined {
  const content = read(path);
  return content === 'unreadable' ? undefined : content?.nonce;
}

/** Undefined when there is none; of one that says nothing it cannot be known whose it is. */
function read(path: string): Content | 'unreadable' | undefined {
  let text: string;
  try {
    text = OwnerFiles.read(path, MAX_BYTES);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { pid, nonce, ...texts } = (JSON.parse(text) ?? {}) as Partial<Content>;
    const { host, boot, namespaces, started } = texts;
    const isNamed = typeof host === 'string' && typeof boot === 'string' && typeof namespaces === 'string' && typeof started === 'string';
    // The nonce becomes a part of a file's name.
    if (typeof pid === 'number' && Number.isSafeInteger(pid) && isNamed && typeof nonce === 'string' && /^[0-9a-f]{32}$/.test(nonce))
      return { pid, host, boot, namespaces, started, nonce };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return 'unreadable';
}

/** Of this machine, and its process is no more. When in doubt it lives. */
function isGone({ pid, host, boot, namespaces: theirs, started }: Content): boolean {
  if (host !== hostname() || pid <= 0) return false;
  const bootNow = bootId();
  if (boot !== bootNow && boot !== '' && bootNow !== '') return true;
  if (theirs !== namespaces()) return false;
  const now = processOf(pid);
  if (now !== undefined && (now.isDead || (started !== '' && now.started !== started))) return true;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Of proc_pid_stat(5): a process that ended and that nobody has asked about yet still has a number. Undefined where it cannot be read. */
function processOf(pid: number): { readonly started: string; readonly isDead: boolean } | undefined {
  const stat = textOf(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // The second field is the program's name in parentheses, and may hold anything.
  const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const started = rest[18];
  return started === undefined ? undefined : { started, isDead: state === 'Z' || state === 'X' };
}

/** Changes with every start of the machine. */
function bootId(): string {
  return textOf(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
}

function namespaces(): string {
  return ['pid', 'time'].map((kind) => textOf(() => readlinkSync(`/proc/self/ns/${kind}`))).join(' ');
}

/** Empty where the system does not tell it. */
function textOf(look: () => string): string {
  try {
    return look();
  } catch {
    return '';
  }
}
