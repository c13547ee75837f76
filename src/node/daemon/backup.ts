// Backup: a copy of the store below one folder, whatever path a caller names. eotsd creates any path that the request says
// (finality-provider eotsmanager/store/eotsstore.go).
import * as fs from 'node:fs';
import { basename, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { status } from '@grpc/grpc-js';
import { fail } from '../../base/Errors.ts';
import type { SignStore } from '../../signer/SignStore.ts';
import * as OwnerFiles from '../ownerFiles.ts';
import type { Reason } from './ports.ts';
import { Status } from './status.ts';

const MAX_DEPTH = 4;
/** Backups in ten minutes, and how much room must be left for each: who may call must not be able to fill the disk. */
const MAX_RECENT = 6;
const RECENT_MS = 600_000;
const ROOM = 3;

/** A store that can copy its own file while it works. */
type HotCopy = { backup(folder: string): Promise<string> };

export type BackupOptions = {
  readonly folder: string | undefined;
  readonly store: SignStore;
  /** The history as interchange text, for stores that have no file. */
  readonly exportHistory: (store: SignStore) => Promise<string>;
  readonly now?: () => Date;
};

export class Backups {
  readonly #options: BackupOptions;
  #running = false;
  #recent: readonly number[] = [];

  /** @throws daemon.bad-backup-folder */
  constructor(options: BackupOptions) {
    this.#options = options;
    if (options.folder === undefined) return;
    try {
      OwnerFiles.ensureFolder(options.folder);
    } catch (cause) {
      const problem = cause instanceof Error ? cause.message : 'unusable';
      fail<Reason>({ code: 'daemon.bad-backup-folder', problem }, `backup folder: ${problem}`, { cause });
    }
  }

  /** Writes one backup and returns its file name. One at a time. */
  async write(wanted: string): Promise<string> {
    const { folder, store } = this.#options;
    if (folder === undefined) throw new Status(status.FAILED_PRECONDITION, 'failed to backup: no backup folder is configured');
    if (this.#running) throw new Status(status.RESOURCE_EXHAUSTED, 'failed to backup: another backup is being written');
    this.#running = true;
    try {
      const target = folderBelow(fs.realpathSync(folder), wanted);
      this.#ration(folder);
      if (isHotCopy(store)) return basename(await store.backup(target));
      const name = `satlock_${stamp((this.#options.now ?? (() => new Date()))())}.json`;
      OwnerFiles.create(join(target, name), await this.#options.exportHistory(store));
      return name;
    } finally {
      this.#running = false;
    }
  }

  #ration(folder: string): void {
    const now = performance.now();
    this.#recent = this.#recent.filter((at) => now - at < RECENT_MS);
    if (this.#recent.length >= MAX_RECENT) {
      throw new Status(status.RESOURCE_EXHAUSTED, `failed to backup: more than ${MAX_RECENT} backups in ten minutes`);
    }
    const { bavail, bsize } = fs.statfsSync(folder);
    const last = fs.readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
    const largest = Math.max(0, ...last.map(({ name }) => fs.statSync(join(folder, name)).size));
    if (bavail * bsize < ROOM * largest) {
      throw new Status(status.RESOURCE_EXHAUSTED, `failed to backup: there is no room for ${ROOM} more of the size of the last one`);
    }
    this.#recent = [...this.#recent, now];
  }
}

/**
 * The folder that a caller means: empty for the configured one, else below it. No `..` out of it, no link on the way.
 *
 * @throws a status, InvalidArgument
 */
function folderBelow(root: string, wanted: string): string {
  const refuse = (why: string): never => {
    throw new Status(status.INVALID_ARGUMENT, `failed to backup: backup_dir: ${why}; backups go below the configured folder only`);
  };
  if (wanted.includes('\0')) refuse('a zero byte');
  const inside = relative(root, resolve(root, wanted === '' ? '.' : wanted));
  if (isAbsolute(inside) || inside === '..' || inside.startsWith(`..${sep}`)) refuse('outside');
  const steps = inside === '' ? [] : inside.split(sep);
  if (steps.length > MAX_DEPTH || inside.length > 255) refuse('too deep');
  let path = root;
  for (const step of steps) {
    path = join(path, step);
    const found = fs.lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) fs.mkdirSync(path, { mode: 0o700 });
    else if (!found.isDirectory()) refuse('a link or a file is in the way');
  }
  if (fs.realpathSync(path) !== path) refuse('a link is in the way');
  return path;
}

function isHotCopy(store: SignStore): store is SignStore & HotCopy {
  return typeof (store as Partial<HotCopy>).backup === 'function';
}

/** As eotsd writes it: 20251121_183000, in UTC. */
function stamp(date: Date): string {
  return date.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '_');
}
