// The sign store in one folder on one machine, on LMDB. It keeps the rules of src/signer/SignStore.ts, for any number of processes that
// open the folder: LMDB's writer lock puts their claims in order. finality-provider keeps eots.db (bbolt), for one process alone.
//
// Cost: opening reads everything once, O(entries); a claim or a read is O(log entries); memory holds 16 bytes for each run of signed heights.
import * as fs from 'node:fs';
import { join } from 'node:path';
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';
import type {
  Claimed,
  Merged,
  MergeInput,
  RandomnessList,
  Reading,
  SignRecord,
  SignStore,
  Slot,
  SlotState,
  StoreIdentity,
} from '../../signer/SignStore.ts';
import * as OwnerFiles from '../ownerFiles.ts';
import { copyTo } from './lmdbBackup.ts';
import { DATA_FILE } from './lmdbDisk.ts';
import * as Encoding from './lmdbEncoding.ts';
import { Environment } from './lmdbEnvironment.ts';
import { type Reason, readOnly, rethrow, unavailable } from './lmdbFailure.ts';
import * as Input from './lmdbInput.ts';
import { claimOne, mergeOne } from './lmdbRules.ts';

type PublicKey = Slot['publicKey'];

export type { Reason } from './lmdbFailure.ts';

export type Options = {
  /** The folder; LMDB keeps data.mdb and lock.mdb in it. */
  readonly path: string;
  readonly readOnly?: boolean;
  /** Makes the store where there is none. Without it a missing store is refused: an empty one knows of no signature. */
  readonly create?: boolean;
  /** How long a change may wait for the disk and for other processes; default 15,000. */
  readonly timeoutMs?: number;
  /** Address space to begin with, for tests; default 1 GiB. It grows by itself. @unit bytes */
  readonly mapBytes?: number;
};

const PAGE = 1_000;
const PRUNE_AT_ONCE = 5_000;
const GIB = 2 ** 30;

/** Environments by the real path of their folder: a process must not open one twice. */
const environments = new Map<
  string,
  { readonly environment: Environment; readonly opened: Promise<void>; handles: number; closing?: Promise<void> }
>();

/**
 * Opens the store in a folder. Reads all of it first, O(entries), some 3 to 5 seconds for a million records: what does not fit together is
 * refused.
 *
 * @throws store.missing - there is none and `create` is not set
 * @throws store.corrupt, store.truncated, store.wrong-version, store.read-only, store.full, store.unavailable
 */
export async function open(options: Options): Promise<LmdbStore> {
  const { readOnly: isReadOnly = false, create = false, timeoutMs = 15_000, mapBytes = GIB } = options;
  const path = folderOf(options.path, create && !isReadOnly);
  let entry = environments.get(path);
  for (; entry?.closing !== undefined; entry = environments.get(path)) await entry.closing;
  // a handle that may write serves one that only reads as well; LMDB does not allow the other way round within a process
  if (entry?.environment.settings.readOnly && !isReadOnly) unavailable(path, 'this process has the store open for reading only');
  if (entry === undefined) {
    const environment = new Environment({ path, readOnly: isReadOnly, create, timeoutMs, mapBytes });
    entry = { environment, opened: environment.open(), handles: 0 };
    environments.set(path, entry);
  }
  const own = entry;
  own.handles++;
  const release = async (): Promise<void> => {
    if (--own.handles > 0) return;
    own.closing = own.environment.close().finally(() => environments.delete(path));
    await own.closing;
  };
  try {
    await own.opened;
  } catch (error) {
    await release();
    throw error;
  }
  return new LmdbStore(own.environment, { isReadOnly, release });
}

function folderOf(path: string, create: boolean): string {
  try {
    if (create) OwnerFiles.makeFolders(path);
    const folder = fs.realpathSync(path);
    const data = fs.statSync(join(folder, DATA_FILE), { throwIfNoEntry: false });
    if (data === undefined && !create) missing(path);
    return folder;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') missing(path, error);
    return rethrow(path, error);
  }
}

function missing(path: string, cause?: unknown): never {
  const advice = 'if there was one, restore it; a new store knows of no signature';
  return fail<Reason>({ code: 'store.missing', path }, `${path}: there is no store here; ${advice}`, { cause });
}

/** A handle on a store; others of this process and of other processes may be open on the same folder. */
export class LmdbStore implements SignStore {
  readonly kind = 'lmdb';
  /** The folder's real path: which file lies in it tells a copy from the original (src/node/storeFile.ts). */
  readonly path: string;
  readonly #environment: Environment;
  readonly #isReadOnly: boolean;
  readonly #release: () => Promise<void>;
  #closed: Promise<void> | undefined;

  /** Made by {@link open}. */
  constructor(environment: Environment, options: { readonly isReadOnly: boolean; readonly release: () => Promise<void> }) {
    this.path = environment.settings.path;
    this.#environment = environment;
    this.#isReadOnly = options.isReadOnly;
    this.#release = options.release;
  }

  async identity(): Promise<StoreIdentity> {
    const { storeId, sequence } = await this.#reader().read((view) => view.meta());
    return { storeId, sequence };
  }

  async read(slot: Slot, heights: readonly bigint[]): Promise<Reading> {
    const own = Input.slot(slot);
    const asked = heights.map((height) => Input.height(height));
    const slotId = Encoding.slotIdOf(own);
    return this.#reader().read((view) => {
      const condemned = view.condemned(own.publicKey);
      const { watermark, highestSigned } = view.slot(own, slotId) ?? NOTHING;
      return { watermark, highestSigned, condemned, records: asked.map((height) => view.record(slotId, height, watermark)) };
    });
  }

  async claim(slot: Slot, records: readonly SignRecord[]): Promise<readonly Claimed[]> {
    const own = Input.slot(slot);
    const given = Input.distinct(records);
    const slotId = Encoding.slotIdOf(own);
    return this.#writer().write(given.length + 1, (changes) => given.map((record) => claimOne(changes, own, slotId, record)));
  }

  async enrol(slot: Slot, watermark: bigint): Promise<'enrolled' | 'known'> {
    const own = Input.slot(slot);
    Input.watermark(watermark);
    const slotId = Encoding.slotIdOf(own);
    return this.#writer().write(1, (changes) => {
      if (changes.slot(own, slotId) !== undefined) return 'known';
      changes.putSlot(slotId, { ...own, watermark, highestSigned: undefined });
      return 'enrolled';
    });
  }

  async raiseWatermark(slot: Slot, height: bigint): Promise<bigint> {
    const own = Input.slot(slot);
    Input.watermark(height);
    const slotId = Encoding.slotIdOf(own);
    return this.#writer().write(1, (changes) => {
      const entry = changes.slot(own, slotId);
      if (entry !== undefined && entry.watermark >= height) return entry.watermark;
      changes.putSlot(slotId, { ...own, watermark: height, highestSigned: entry?.highestSigned });
      return height;
    });
  }

  async condemn(publicKey: PublicKey, why: string): Promise<void> {
    const own = Input.publicKey(publicKey);
    Input.text(why, 'why');
    await this.#writer().write(1, (changes) => {
      if (changes.condemned(own) === undefined) changes.putCondemned(own, why);
    });
  }

  async slots(): Promise<readonly (Slot & SlotState)[]> {
    return this.#reader().read((view) =>
      view.slots().map(({ publicKey, chainId, watermark, highestSigned }) => ({
        publicKey,
        chainId,
        watermark,
        highestSigned,
        condemned: view.condemned(publicKey),
      })),
    );
  }

  async *records(slot: Slot, range: { readonly from?: bigint; readonly to?: bigint } = {}): AsyncIterable<SignRecord> {
    const own = Input.slot(slot);
    const slotId = Encoding.slotIdOf(own);
    const to = Input.height(range.to ?? Input.HIGHEST, 'to');
    let from = Input.height(range.from ?? 0n, 'from');
    while (from <= to) {
      const page = await this.#reader().read((view) => {
        const found = view.records(slotId, { from, to, limit: PAGE });
        const upTo = found.length < PAGE ? to : (found.at(-1)?.height ?? to);
        view.checkComplete(slotId, found, { from, to: upTo }, view.slot(own, slotId)?.watermark);
        return found;
      });
      yield* page;
      if (page.length < PAGE) return;
      from = (page.at(-1)?.height ?? to) + 1n;
    }
    // an empty range of a closed store is refused as well
    this.#reader();
  }

  async merge(history: readonly MergeInput[]): Promise<readonly Merged[]> {
    const inputs = history.map((input) => Input.history(input));
    const merged: Merged[] = [];
    this.#writer();
    for (const input of inputs) merged.push(await this.#writer().write(input.records.length + 2, (changes) => mergeOne(changes, input)));
    return merged;
  }

  async prune(slot: Slot, height: bigint): Promise<number> {
    const own = Input.slot(slot);
    Input.height(height);
    const slotId = Encoding.slotIdOf(own);
    await this.raiseWatermark(own, height);
    let gone = 0;
    for (;;) {
      const page = await this.#reader().read((view) => view.records(slotId, { from: 0n, to: height, limit: PRUNE_AT_ONCE }));
      if (page.length === 0) return gone;
      gone += await this.#writer().write(page.length, (changes) => {
        const removed = page.filter((record) => changes.removeRecord(slotId, record.height)).length;
        changes.pruned(slotId, page.at(-1)?.height ?? 0n);
        return removed;
      });
    }
  }

  async remember(list: RandomnessList): Promise<void> {
    const own = Input.list(list);
    await this.#writer().write(1, (changes) => {
      if (changes.list(own.publicKey, own.digest) === undefined) changes.putList(own);
    });
  }

  async recall(publicKey: PublicKey, digest: Uint8Array): Promise<RandomnessList | undefined> {
    const [own, wanted] = [Input.publicKey(publicKey), Input.digest(digest)];
    return this.#reader().read((view) => view.list(own, wanted));
  }

  /**
   * Copies the store, while it is used, to a new folder `satlock_YYYYMMDD_HHMMSS` (UTC) below `dir`, reads the copy through, and returns
   * its path once it is on stable storage. Nothing is ever overwritten. A restored copy has a smaller sequence: raise the watermarks
   * first. O(entries).
   *
   * @throws store.full, store.read-only, store.corrupt, store.unavailable
   */
  async backup(dir: string): Promise<string> {
    return copyTo(Check.text(dir, 'dir'), this.#reader());
  }

  async close(): Promise<void> {
    this.#closed ??= this.#release();
    await this.#closed;
  }

  #reader(): Environment {
    if (this.#closed !== undefined) return unavailable(this.path, 'this handle was closed');
    return this.#environment;
  }

  #writer(): Environment {
    if (this.#isReadOnly) return readOnly(this.path, 'the store was opened for reading only');
    return this.#reader();
  }
}

const NOTHING = { watermark: undefined, highestSigned: undefined } as const;
