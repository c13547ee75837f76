// The failures of the embedded store. Unless it is said, whether a write happened is unknown; asking again tells.
import * as fs from 'node:fs';
import { fail, isSatlockError } from '../../base/Errors.ts';
import type { Reason as InputReason } from './storeInput.ts';

export type Reason =
  | { readonly code: 'store.missing'; readonly path: string }
  | { readonly code: 'store.corrupt'; readonly path: string; readonly problem: string }
  | { readonly code: 'store.truncated'; readonly path: string; readonly fileBytes: number; readonly neededBytes: number }
  | { readonly code: 'store.wrong-version'; readonly path: string; readonly found: string; readonly needed: string }
  | { readonly code: 'store.full'; readonly path: string; readonly problem: string }
  | { readonly code: 'store.read-only'; readonly path: string; readonly problem: string }
  | { readonly code: 'store.unavailable'; readonly path: string; readonly problem: string }
  | { readonly code: 'store.timeout'; readonly path: string; readonly waitedMs: number }
  | InputReason;

const ADVICE = 'nothing is signed from it: restore a backup, then raise the watermark of every key above what it may have signed';

/** Throws `store.corrupt`. */
export function corrupt(path: string, problem: string, cause?: unknown): never {
  fail<Reason>({ code: 'store.corrupt', path, problem }, `${path}: ${problem}; ${ADVICE}`, { cause });
}

/** Throws `store.truncated`. */
export function truncated(path: string, fileBytes: number, neededBytes: number): never {
  const what = `the file has ${fileBytes} bytes, but what it holds needs ${neededBytes}`;
  fail<Reason>({ code: 'store.truncated', path, fileBytes, neededBytes }, `${path}: ${what}; ${ADVICE}`);
}

/** Throws `store.wrong-version`. */
export function wrongVersion(path: string, found: string, needed: string): never {
  fail<Reason>({ code: 'store.wrong-version', path, found, needed }, `${path}: ${found}; this version of satlock reads ${needed}`);
}

/** Throws `store.read-only`. */
export function readOnly(path: string, problem: string, cause?: unknown): never {
  fail<Reason>({ code: 'store.read-only', path, problem }, `${path}: ${problem}`, { cause });
}

/** Throws `store.unavailable`. */
export function unavailable(path: string, problem: string, cause?: unknown): never {
  fail<Reason>({ code: 'store.unavailable', path, problem }, `${path}: ${problem}`, { cause });
}

/** Throws `store.timeout`. */
export function timedOut(path: string, waitedMs: number): never {
  const what = `not done within ${waitedMs} ms; another process may hold the store, or the disk does not answer`;
  fail<Reason>({ code: 'store.timeout', path, waitedMs }, `${path}: ${what}; whether it is written is unknown`);
}

// LMDB's own numbers, liblmdb/lmdb.h
const MDB_PAGE_NOTFOUND = -30797;
const MDB_CORRUPTED = -30796;
const MDB_INVALID = -30793;
const MDB_VERSION_MISMATCH = -30794;
const MDB_MAP_FULL = -30792;
const ENOSPC = 28;
const EDQUOT = 122;
const EFBIG = 27;
const EIO = 5;
const PERMISSIONS: readonly (number | string)[] = [1, 13, 30, 'EPERM', 'EACCES', 'EROFS'];
const FULLNESS: readonly (number | string)[] = [ENOSPC, EDQUOT, EFBIG, MDB_MAP_FULL, 'ENOSPC', 'EDQUOT', 'EFBIG'];
const DAMAGE: readonly (number | string)[] = [MDB_PAGE_NOTFOUND, MDB_CORRUPTED, MDB_INVALID];

/** Throws what LMDB or the file system reported as one of ours. An error that is ours already is thrown as it is. */
export function rethrow(path: string, error: unknown): never {
  if (isSatlockError(error)) throw error;
  const { code } = error as { readonly code?: number | string };
  const problem = error instanceof Error ? error.message : String(error);
  if (code !== undefined && (FULLNESS.includes(code) || (code === EIO && isFull(path)))) {
    fail<Reason>({ code: 'store.full', path, problem }, `${path}: no space left (${problem}); nothing was written`, { cause: error });
  }
  if (code !== undefined && PERMISSIONS.includes(code)) readOnly(path, `may not be written (${problem})`, error);
  if (code !== undefined && DAMAGE.includes(code)) corrupt(path, problem, error);
  if (code === MDB_VERSION_MISMATCH) wrongVersion(path, problem, 'LMDB data version 2');
  return unavailable(path, problem, error);
}

/**
 * LMDB reports a write that came out short, as on a full disk or at a limit of the file's size, as an input/output error. Whether it was
 * that, a file of our own tells: as long as the data file and a little more, with a little in it.
 */
function isFull(path: string): boolean {
  const probe = `${path}.${process.pid}.probe`;
  try {
    const handle = fs.openSync(probe, 'wx', 0o600);
    try {
      fs.ftruncateSync(handle, fs.statSync(path).size + PROBE_BYTES);
      fs.writeSync(handle, Buffer.alloc(PROBE_BYTES, 1), 0, PROBE_BYTES, 0);
      fs.fsyncSync(handle);
      return false;
    } finally {
      fs.closeSync(handle);
      fs.unlinkSync(probe);
    }
  } catch (error) {
    return FULLNESS.includes((error as NodeJS.ErrnoException).code ?? '');
  }
}

const PROBE_BYTES = 1 << 20;
