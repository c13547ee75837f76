// One LMDB environment: opened once for each folder in a process, whatever number of handles there is; writes go through one queue.
//
// Durability. lmdb-js commits before it flushes unless `overlappingSync` is off. With it off a commit writes the pages, calls fdatasync, and
// then writes the meta page through a descriptor that was opened with O_DSYNC; its promise resolves after both. Readers see a commit only then.
// A commit that is seen but was not flushed is left only by a process that died between the two; so what others wrote is flushed again
// (fdatasync of our own) before it is told: the sequence in the meta record says whether there is anything of others.
//
// Group commit. Operations wait in the queue while a commit is under way, and go together into the next one.
import * as fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import * as lmdb from 'lmdb';
import * as OwnerFiles from '../ownerFiles.ts';
import { DATA_FILE, inodeOf, LOCK_FILE, settled, withFile } from './lmdbDisk.ts';
import * as Encoding from './lmdbEncoding.ts';
import { corrupt, readOnly, rethrow, timedOut, truncated } from './lmdbFailure.ts';
import { Known } from './lmdbKnown.ts';
import { verify } from './lmdbVerify.ts';
import { Changes, type Target, View } from './lmdbView.ts';

type Database = lmdb.RootDatabase<Buffer, Buffer> & Target;

type Operation = {
  readonly weight: number;
  /** Runs inside the transaction. */
  readonly apply: (changes: Changes) => void;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
  isAbandoned: boolean;
};

export type Settings = {
  /** Real path of the folder. */
  readonly path: string;
  readonly readOnly: boolean;
  readonly create: boolean;
  readonly timeoutMs: number;
  /** Address space that is mapped at first; it grows by itself. @unit bytes */
  readonly mapBytes: number;
};

/** Entries that go into one commit. */
const MAX_WEIGHT = 20_000;
/** After a failure the store is opened anew, and read through, at most this often. */
const REOPEN_EVERY_MS = 1_000;
/**
 * Without `overlappingSync` a commit is flushed before its promise resolves. `eventTurnBatching` would add a promise that nobody holds: a failed
 * commit rejects it, and that ends the process; batches are made here anyway. The types do not know `permissionsMode`.
 */
const OPTIONS = {
  noSubdir: false,
  overlappingSync: false,
  eventTurnBatching: false,
  encoding: 'binary',
  keyEncoding: 'binary',
  maxDbs: 1,
  permissionsMode: 0o600,
} as const;

export class Environment {
  readonly settings: Settings;
  readonly #file: string;
  readonly #lockFile: string;
  #known = new Known();
  #database: Database | undefined;
  #handle = -1;
  #inode: bigint | undefined;
  #lockInode: bigint | undefined;
  /** Everything up to this sequence is on stable storage. */
  #durable = -1n;
  #queue: Operation[] = [];
  #draining: Promise<void> | undefined;
  /** Why nothing works any more. Set once, for ever. */
  #spoilt: unknown;
  /** Why the environment has to be opened anew. */
  #broken: { readonly error: unknown; readonly atMs: number } | undefined;
  #opening: Promise<Database> | undefined;

  constructor(settings: Settings) {
    this.settings = settings;
    this.#file = join(settings.path, DATA_FILE);
    this.#lockFile = join(settings.path, LOCK_FILE);
  }

  /** @throws store.* */
  async open(): Promise<void> {
    await this.#ready();
  }

  /** What a function sees in one state of the store, once that state is on stable storage. The function may be called only at once. */
  async read<T>(look: (view: View) => T): Promise<T> {
    const database = await this.#ready();
    let told: T;
    let sequence: bigint;
    const view = new View(this.#file, database, this.#known);
    try {
      database.resetReadTxn();
      sequence = view.meta().sequence;
      told = look(view);
    } catch (error) {
      return this.#spoil(error);
    }
    await this.#flushed(sequence);
    view.learn();
    return told;
  }

  /** Queues a change; resolves with its outcome once the commit is on stable storage. `weight`: how many entries it may write. */
  write<T>(weight: number, change: (changes: Changes) => T): Promise<T> {
    const { path, timeoutMs } = this.settings;
    if (this.settings.readOnly) return Promise.resolve().then(() => readOnly(path, 'the store was opened for reading only'));
    return new Promise<T>((resolve, reject) => {
      let outcome: { readonly value: T } | undefined;
      const end = <A>(then: (value: A) => void) => {
        return (value: A): void => {
          clearTimeout(timer);
          then(value);
        };
      };
      const operation: Operation = {
        weight,
        apply: (changes) => {
          outcome = { value: change(changes) };
        },
        done: end<void>(() => {
          if (outcome === undefined) reject(new Error('an operation was not run'));
          else resolve(outcome.value);
        }),
        failed: end(reject),
        isAbandoned: false,
      };
      const timer = setTimeout(() => {
        operation.isAbandoned = true;
        try {
          timedOut(path, timeoutMs);
        } catch (error) {
          reject(error);
        }
      }, timeoutMs);
      this.#queue.push(operation);
      this.#draining ??= this.#drain();
    });
  }

  /** Copies one state of the data file into an empty folder, while others go on. The copy is not flushed. */
  async copy(to: string): Promise<void> {
    const database = await this.#ready();
    try {
      await database.backup(to, false);
    } catch (error) {
      rethrow(to, error);
    }
  }

  /** Waits for what is queued, then lets go of the files. */
  async close(): Promise<void> {
    const idle = async (): Promise<'idle'> => {
      while (this.#draining !== undefined) await this.#draining;
      await this.#opening?.catch(() => undefined);
      return 'idle';
    };
    // a transaction that never ends (LMDB could not begin one) keeps its lock: closing would wait for it on the main thread, for ever
    const ended = await Promise.race([idle(), sleep(this.settings.timeoutMs, 'stuck', { ref: false })]);
    if (ended === 'idle') await this.#letGo();
  }

  async #drain(): Promise<void> {
    // calls of the same turn go together: the first of them should not go alone
    await Promise.resolve();
    while (this.#queue.length > 0) await this.#commit();
    this.#draining = undefined;
  }

  async #commit(): Promise<void> {
    const batch: Operation[] = [];
    try {
      const database = await this.#ready();
      const changes = await this.#transaction(database, batch);
      this.#sameFiles();
      if (changes.sequence > changes.base) this.#durable = changes.sequence;
      await this.#flushed(changes.sequence);
      changes.learn();
      for (const { done } of batch) done();
    } catch (error) {
      // what could not even begin fails as well: the queue must not wait for ever
      const failed = batch.length > 0 ? batch : this.#take();
      for (const operation of failed) operation.failed(error);
    }
  }

  async #transaction(
    database: Database,
    batch: Operation[],
  ): Promise<{ readonly base: bigint; readonly sequence: bigint; readonly learn: () => void }> {
    try {
      return await database.childTransaction(() => {
        // taken only now, with the writer lock held: whatever was asked while another process had it goes along
        batch.push(...this.#take());
        // Under another lock file this transaction would not see what others wrote, and would overwrite it: nothing is written then.
        this.#sameFiles();
        const changes = new Changes(this.#file, database, this.#known);
        for (const { apply } of batch) apply(changes);
        const sequence = changes.finish();
        this.#sameFiles();
        return { base: changes.base, sequence, learn: () => changes.learn() };
      });
    } catch (error) {
      const cause = await causeOf(error);
      try {
        return rethrow(this.#file, cause);
      } catch (told) {
        // a failed commit may leave LMDB unusable (MDB_PANIC): it is opened anew, and read through, before the next use
        this.#broken = { error: told, atMs: Date.now() };
        return this.#spoil(told);
      }
    }
  }

  #take(): Operation[] {
    let weight = 0;
    let count = 0;
    for (const each of this.#queue) {
      weight += each.weight;
      if (count > 0 && weight > MAX_WEIGHT) break;
      count++;
    }
    return this.#queue.splice(0, count).filter(({ isAbandoned }) => !isAbandoned);
  }

  /** Whatever is known up to this sequence is on stable storage when this resolves. */
  async #flushed(sequence: bigint): Promise<void> {
    if (sequence <= this.#durable) return;
    try {
      await promisify(fs.fdatasync)(this.#handle);
    } catch (error) {
      // the kernel reports lost pages once, and takes them for written afterwards: a second try would prove nothing
      this.#spoilt ??= error;
      return rethrow(this.#file, error);
    }
    if (sequence > this.#durable) this.#durable = sequence;
  }

  /**
   * The folder still holds the files that are open: a commit into a file that was taken away would be lost, and with another lock file
   * others would write at the same time.
   */
  #sameFiles(): void {
    if (inodeOf(this.#file) === this.#inode && inodeOf(this.#lockFile) === this.#lockInode) return;
    try {
      corrupt(this.#file, 'the data file or lock.mdb was removed or exchanged while it was in use');
    } catch (error) {
      this.#spoil(error);
    }
  }

  /** An answer that cannot be trusted makes all later ones untrusted. Throws the error. */
  #spoil(error: unknown): never {
    try {
      return rethrow(this.#file, error);
    } catch (told) {
      const { code } = told as { readonly code?: string };
      if (code === 'store.corrupt' || code === 'store.truncated' || code === 'store.wrong-version') this.#spoilt ??= told;
      throw told;
    }
  }

  async #ready(): Promise<Database> {
    if (this.#spoilt !== undefined) return rethrow(this.#file, this.#spoilt);
    if (this.#database !== undefined && this.#broken === undefined) return this.#database;
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #open(): Promise<Database> {
    if (this.#broken !== undefined && Date.now() - this.#broken.atMs < REOPEN_EVERY_MS) throw this.#broken.error;
    await this.#letGo();
    try {
      return await this.#openFiles();
    } catch (error) {
      await this.#letGo();
      const wasBroken = this.#broken !== undefined;
      try {
        return this.#spoil(error);
      } catch (told) {
        if (wasBroken) this.#broken = { error: told, atMs: Date.now() };
        throw told;
      }
    }
  }

  async #openFiles(): Promise<Database> {
    const { path, readOnly: isReadOnly, create, mapBytes } = this.settings;
    const isNew = !fs.existsSync(this.#file) || fs.statSync(this.#file).size === 0;
    // a first opening with nothing there makes the store; a later one never does
    if (isNew && (!create || this.#inode !== undefined)) truncated(this.#file, 0, 2 * 4096);
    if (!isReadOnly) fs.accessSync(isNew ? path : this.#file, fs.constants.W_OK);
    // before LMDB maps the file
    if (!isNew) await withFile(this.#file, (file) => settled(() => file.snapshots()));
    const database = lmdb.open<Buffer, Buffer>({ ...OPTIONS, path, readOnly: isReadOnly, mapSize: mapBytes }) as Database;
    this.#database = database;
    this.#handle = fs.openSync(this.#file, 'r');
    this.#inode = fs.fstatSync(this.#handle, { bigint: true }).ino;
    this.#lockInode = inodeOf(this.#lockFile);
    const known = new Known();
    let meta = await this.#verified(database, known);
    if (meta === undefined) {
      if (!create) corrupt(this.#file, 'the file holds nothing');
      await this.#found(database);
      meta = await this.#verified(database, known);
    }
    if (meta === undefined) return corrupt(this.#file, 'the file holds nothing after it was begun');
    const { sequence } = meta;
    // what an earlier process left in the page cache is flushed before anything of it is told
    await promisify(fs.fdatasync)(this.#handle);
    const view = new View(this.#file, database, this.#known);
    database.resetReadTxn();
    // what this process knew before it opened the file again must still be there
    const problem = this.#known.lackOf(known);
    if (problem !== undefined) corrupt(this.#file, problem);
    view.meta();
    this.#durable = sequence;
    this.#known = known;
    this.#broken = undefined;
    return database;
  }

  /** Reads one state through, page by page, while a reader keeps other processes from using its pages again. */
  async #verified(database: Database, known: Known): Promise<Encoding.Meta | undefined> {
    const pin = database.useReadTransaction();
    try {
      return await withFile(this.#file, async (file) => verify(file, await settled(() => file.snapshots()), known));
    } finally {
      pin.done();
    }
  }

  /** Writes the meta record of a new store, and makes the name of the file durable. */
  async #found(database: Database): Promise<void> {
    const storeId = Buffer.from(globalThis.crypto.getRandomValues(new Uint8Array(16))).toString('hex');
    await database.childTransaction(() => {
      // another process may have been first
      if (database.getBinary(Encoding.META_KEY) !== undefined) return;
      database.put(Encoding.META_KEY, Encoding.encodeMeta({ storeId, sequence: 0n, entries: 0n, sum: 0n }));
    });
    OwnerFiles.flushFolder(this.settings.path);
  }

  async #letGo(): Promise<void> {
    const database = this.#database;
    this.#database = undefined;
    await database?.close();
    if (this.#handle >= 0) fs.closeSync(this.#handle);
    this.#handle = -1;
  }
}

/** lmdb-js rejects a failed commit with a general error; the reason comes a moment later, in a promise of its own. */
async function causeOf(error: unknown): Promise<unknown> {
  const { commitError } = error as { readonly commitError?: Promise<unknown> };
  if (commitError === undefined) return error;
  return Promise.race([commitError.catch((cause: unknown) => cause), sleep(1_000, error, { ref: false })]);
}
