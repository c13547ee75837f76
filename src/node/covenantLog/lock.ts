// A lock file with the process that holds it. POSIX has no lock that Node offers; the log does not rest on this one alone, see CovenantLog.
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { fail, isSatlockError } from '../../base/Errors.ts';
import * as OwnerFiles from '../ownerFiles.ts';

export type Reason = {
  readonly code: 'covenant-log.locked';
  readonly lock: string;
  readonly pid: number | undefined;
  readonly host: string | undefined;
};

type Holder = { readonly pid: number; readonly host: string; readonly boot: string; readonly nonce: string };

const MAX_BYTES = 4_096;

/** A held lock. */
export type Lock = {
  /** False once somebody took it away. */
  readonly isOurs: () => boolean;
  readonly release: () => void;
};

/**
 * Takes the lock. One whose process is gone, on this machine, is taken over; a lock of another machine, or one that cannot be read, never is.
 *
 * @throws covenant-log.locked, owner-files.*
 */
export function take(path: string): Lock {
  const mine: Holder = { pid: process.pid, host: hostname(), boot: bootId(), nonce: randomBytes(16).toString('hex') };
  const text = `${JSON.stringify(mine)}\n`;
  if (!made(path, text)) {
    const holder = read(path);
    if (holder !== undefined && !isGone(holder)) held(path, holder);
    if (holder !== undefined) rmSync(path, { force: true });
    if (!made(path, text)) held(path, read(path));
  }
  const isOurs = (): boolean => {
    try {
      return read(path)?.nonce === mine.nonce;
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

function made(path: string, text: string): boolean {
  try {
    OwnerFiles.create(path, text);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

/** Undefined when there is none. @throws covenant-log.locked - for one that says nothing: whose it is cannot be known */
function read(path: string): Holder | undefined {
  let text: string;
  try {
    text = OwnerFiles.read(path, MAX_BYTES);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { pid, host, boot, nonce } = JSON.parse(text) as Partial<Holder>;
    if (Number.isSafeInteger(pid) && typeof host === 'string' && typeof boot === 'string' && typeof nonce === 'string')
      return { pid: pid as number, host, boot, nonce };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return held(path, undefined);
}

/** Of this machine, and its process is no more. When in doubt it lives. */
function isGone({ pid, host, boot }: Holder): boolean {
  if (host !== hostname() || pid <= 0) return false;
  if (boot !== bootId()) return true;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Changes with every start of the machine; empty where the system does not tell it. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}

function held(lock: string, holder: Holder | undefined): never {
  const who = holder === undefined ? 'an unknown process' : `process ${holder.pid} on ${holder.host}`;
  return fail<Reason>(
    { code: 'covenant-log.locked', lock, pid: holder?.pid, host: holder?.host },
    `${lock}: ${who} writes this log; if it is gone for certain, delete the lock file`,
  );
}
