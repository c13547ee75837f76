// Files that only their owner may read, written so that a power cut leaves the old content or the new, never a part of it.
// POSIX: a name is durable when its folder is flushed too. On Windows modes and folder flushes do not exist and are left out.
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fail } from '../base/Errors.ts';

export type Reason =
  | { readonly code: 'owner-files.loose-permissions'; readonly path: string; readonly mode: string }
  | { readonly code: 'owner-files.wrong-kind'; readonly path: string; readonly expected: 'file' | 'folder' }
  | { readonly code: 'owner-files.too-large'; readonly path: string; readonly maxBytes: number };

const POSIX = process.platform !== 'win32';

/** Makes a folder that only its owner may enter, or checks one that is there. @throws owner-files.loose-permissions, owner-files.wrong-kind */
export function ensureFolder(path: string): void {
  makeFolders(path);
  checkFolder(path);
}

/** Makes a folder that only its owner may enter, with all folders above it that are missing; each name is durable. */
export function makeFolders(path: string): void {
  const first = fs.mkdirSync(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  const above = dirname(resolve(first));
  for (let at = resolve(path); at !== above; at = dirname(at)) flushFolder(dirname(at));
}

/** @throws owner-files.loose-permissions - with the command that mends it; owner-files.wrong-kind */
export function checkFolder(path: string): void {
  const { mode, isFolder } = ((stat) => ({ mode: stat.mode, isFolder: stat.isDirectory() }))(fs.statSync(path));
  if (!isFolder) fail<Reason>({ code: 'owner-files.wrong-kind', path, expected: 'folder' }, `${path}: not a folder`);
  checkMode(path, mode, '700');
}

/**
 * The text of a file that only its owner may read. A link is not followed: it could name what another user changes.
 *
 * @throws owner-files.loose-permissions, owner-files.wrong-kind, owner-files.too-large, and the file system's own errors
 */
export function read(path: string, maxBytes: number): string {
  let handle: number;
  try {
    handle = fs.openSync(path, fs.constants.O_RDONLY | (fs.constants.O_NOFOLLOW ?? 0) | (fs.constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ELOOP') throw cause;
    return fail<Reason>({ code: 'owner-files.wrong-kind', path, expected: 'file' }, `${path}: a link, not a file`, { cause });
  }
  try {
    const stat = fs.fstatSync(handle);
    if (!stat.isFile()) fail<Reason>({ code: 'owner-files.wrong-kind', path, expected: 'file' }, `${path}: not a file`);
    checkMode(path, stat.mode, '600');
    if (stat.size > maxBytes) fail<Reason>({ code: 'owner-files.too-large', path, maxBytes }, `${path}: larger than ${maxBytes} bytes`);
    return fs.readFileSync(handle, 'utf8');
  } finally {
    fs.closeSync(handle);
  }
}

/** Writes a new file, durably; EEXIST when the name is taken, also by another process at the same moment. */
export function create(path: string, text: string): void {
  const made = temporary(path, text);
  try {
    fs.linkSync(made, path);
  } finally {
    fs.unlinkSync(made);
  }
  flushFolder(dirname(path));
}

/** Puts new content in place of a file, durably and all at once. */
export function replace(path: string, text: string): void {
  const made = temporary(path, text);
  try {
    fs.renameSync(made, path);
  } catch (error) {
    fs.unlinkSync(made);
    throw error;
  }
  flushFolder(dirname(path));
}

/** Removes a file, durably. What a disk or its backups still hold of it is beyond reach. */
export function remove(path: string): void {
  fs.unlinkSync(path);
  flushFolder(dirname(path));
}

function temporary(path: string, text: string): string {
  const made = join(dirname(path), `.${basename(path)}.${randomBytes(8).toString('hex')}.tmp`);
  const handle = fs.openSync(made, 'wx', 0o600);
  try {
    fs.writeFileSync(handle, text);
    fs.fsyncSync(handle);
  } catch (error) {
    fs.closeSync(handle);
    fs.unlinkSync(made);
    throw error;
  }
  fs.closeSync(handle);
  return made;
}

/** Makes the names in a folder durable. */
export function flushFolder(path: string): void {
  if (!POSIX) return;
  const handle = fs.openSync(path, 'r');
  try {
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}

function checkMode(path: string, mode: number, remedy: '600' | '700'): void {
  if (!POSIX || (mode & 0o077) === 0) return;
  const bits = (mode & 0o777).toString(8);
  fail<Reason>(
    { code: 'owner-files.loose-permissions', path, mode: bits },
    `${path}: others than its owner have access (mode ${bits}); run: chmod ${remedy} ${path}`,
  );
}
