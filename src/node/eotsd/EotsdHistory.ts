// The signing history of an eotsd, from its database or from a dump of it, in the form that a store merges. Nothing is ever written there.
// finality-provider eotsmanager/store/eotsstore.go. Every height on record is covered by the watermark, whatever its record looks like.
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';
import * as Hex from '../../base/Hex.ts';
import type { MergeInput, SignRecord } from '../../signer/SignStore.ts';
import { type Reason as BboltReason, looksLikeDatabase, type ReadOptions, readBuckets } from './bbolt.ts';
import { type Reason as DumpReason, parseLine } from './dumpLine.ts';
import { isLocked } from './locks.ts';
import { type EotsdRecord, type Oddity, parseRecord } from './signingRecord.ts';

export type { Oddity } from './signingRecord.ts';

export type Reason =
  | Check.Reason
  | BboltReason
  | DumpReason
  | { readonly code: 'eotsd.in-use' }
  | { readonly code: 'eotsd.incomplete-dump'; readonly expected: number | undefined; readonly found: number };

/** What a database or a dump holds. */
export type EotsdHistory = {
  /** One for each key and chain, in the order found; the watermark is the highest height on record. */
  readonly slots: readonly MergeInput[];
  /** Names of keys; a dump has none. @shape publicKey: 32 bytes */
  readonly keyNames: readonly { readonly publicKey: Uint8Array; readonly name: string }[];
  /** Records that an honest eotsd does not write. They are covered all the same; read them before the import. */
  readonly odd: readonly OddRecord[];
  /** All odd records, of which `odd` lists the first 1,000. */
  readonly oddCount: number;
  readonly recordCount: number;
};

/** @shape key: hex, as in the database */
export type OddRecord = { readonly key: string; readonly height: bigint | undefined; readonly oddities: readonly Oddity[] };

export type Options = ReadOptions & {
  /** Keeps no more than this many records of each slot, the highest ones; the watermark covers the others. All unless given. */
  readonly recordsPerSlot?: number | undefined;
  /** Reads a database that another process has locked. What that process signs afterwards is missing, and may be signed twice. */
  readonly unsafeWhileInUse?: boolean | undefined;
};

const RECORDS = 'signRecord';
const NAMES = 'fpKeyNames';
const MAX_ODD_LISTED = 1000;

/**
 * Reads an `eots.db`. Stop eotsd first: what it signs afterwards is not in the result. On Linux a database that is locked is refused.
 *
 * @throws eotsd.unreadable, eotsd.not-a-database, eotsd.wrong-version, eotsd.no-bucket - another file
 * @throws eotsd.truncated, eotsd.corrupt, eotsd.damaged-meta - a damaged one; nothing of it is used
 * @throws eotsd.in-use, eotsd.changed-while-reading - eotsd still runs
 * @source go.etcd.io/bbolt db.go, page.go; finality-provider eotsmanager/store/eotsstore.go
 */
export async function readDatabase(path: string, options: Options = {}): Promise<EotsdHistory> {
  const collected = new Collector(options);
  const refuseLocked = async (): Promise<void> => {
    if (options.unsafeWhileInUse === true || !(await isLocked(path))) return;
    fail<Reason>({ code: 'eotsd.in-use' }, 'another process has locked this database: stop eotsd first, for good, then read it');
  };
  await refuseLocked();
  for await (const { bucket, key, value } of readBuckets(path, [NAMES, RECORDS], RECORDS, options)) {
    if (bucket === RECORDS) collected.add(parseRecord(key, value));
    else collected.addName(key, value);
  }
  await refuseLocked();
  return collected.history();
}

/**
 * Reads a dump: JSON lines, one record each, and a last line that counts them, so that a dump which was cut off is refused. A record is
 * `{"key":"…","value":"…"}`, the two byte strings of the bucket `signRecord` in hex, or
 * `{"chain_id":"bbn-1","eots_pk":"…","height":"2000001","msg":"…","eots_sig":"…","timestamp_ms":"1767225600000"}`; the last line is
 * `{"records":2}`. `eots_sig` and `timestamp_ms` may be left out. Empty lines are passed over.
 *
 * @throws eotsd.unreadable, eotsd.malformed-line, eotsd.incomplete-dump
 */
export async function readDump(path: string, options: Options = {}): Promise<EotsdHistory> {
  const collected = new Collector(options);
  let expected: number | undefined;
  let number = 0;
  try {
    for await (const text of linesOf(path)) {
      number++;
      if (text.trim() === '') continue;
      if (expected !== undefined) incomplete(expected, collected.count + 1);
      const line = parseLine(text, number);
      if ('records' in line) expected = line.records;
      else collected.add(parseRecord(line.key, line.value));
    }
  } catch (error) {
    if (error instanceof Error && 'syscall' in error)
      fail<Reason>({ code: 'eotsd.unreadable' }, 'the file cannot be read', { cause: error });
    throw error;
  }
  if (expected !== collected.count) incomplete(expected, collected.count);
  return collected.history();
}

/** Reads either form, told apart by the first bytes. @throws as {@link readDatabase} and {@link readDump} */
export async function read(path: string, options: Options = {}): Promise<EotsdHistory> {
  return (await isDatabase(path)) ? readDatabase(path, options) : readDump(path, options);
}

/** True for a file that begins as a bbolt database. @throws eotsd.unreadable */
export async function isDatabase(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0);
      return looksLikeDatabase(buffer.subarray(0, bytesRead));
    } finally {
      await file.close();
    }
  } catch (cause) {
    return fail<Reason>({ code: 'eotsd.unreadable' }, 'the file cannot be read', { cause });
  }
}

/** The lines of a dump of `history`, without the records that have no slot or no readable value. */
export function* dumpLines(history: EotsdHistory): Generator<string, void, undefined> {
  let count = 0;
  for (const { publicKey, chainId, records } of history.slots) {
    for (const { height, message, signature, signedAtMs } of records) {
      if (message === undefined) continue;
      count++;
      yield JSON.stringify({
        chain_id: chainId,
        eots_pk: Hex.encode(publicKey),
        height: height.toString(),
        msg: Hex.encode(message),
        ...(signature === undefined ? {} : { eots_sig: Hex.encode(signature) }),
        ...(signedAtMs === undefined ? {} : { timestamp_ms: signedAtMs.toString() }),
      });
    }
  }
  yield JSON.stringify({ records: count });
}

async function* linesOf(path: string): AsyncGenerator<string, void, undefined> {
  const input = createReadStream(path, 'utf8');
  // An error of the stream ends the loop without a word, unless it is passed on.
  let failure: unknown;
  input.on('error', (error) => {
    failure = error;
  });
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) yield line;
  if (failure !== undefined) throw failure;
}

function incomplete(expected: number | undefined, found: number): never {
  const said = expected === undefined ? 'its last line, which counts the records, is missing' : `its last line counts ${expected} records`;
  fail<Reason>({ code: 'eotsd.incomplete-dump', expected, found }, `the dump is not whole: ${found} records were found, but ${said}`);
}

class Collector {
  readonly #perSlot: number;
  readonly #slots = new Map<string, { publicKey: Uint8Array; chainId: string; watermark: bigint; records: SignRecord[] }>();
  readonly #names: { publicKey: Uint8Array; name: string }[] = [];
  readonly #odd: OddRecord[] = [];
  #oddCount = 0;
  count = 0;

  constructor({ recordsPerSlot = Number.MAX_SAFE_INTEGER }: Options) {
    this.#perSlot = Check.integer(recordsPerSlot, 'recordsPerSlot', 0, Number.MAX_SAFE_INTEGER);
  }

  add({ slot, height, record, oddities, key }: EotsdRecord): void {
    this.count++;
    if (oddities.length > 0) {
      this.#oddCount++;
      if (this.#odd.length < MAX_ODD_LISTED) this.#odd.push({ key: Hex.encode(key), height, oddities });
    }
    if (slot === undefined || height === undefined) return;
    const id = `${Hex.encode(slot.publicKey)} ${slot.chainId}`;
    const own = this.#slots.get(id) ?? { ...slot, watermark: -1n, records: [] };
    this.#slots.set(id, own);
    if (height > own.watermark) own.watermark = height;
    if (record === undefined) return;
    own.records.push(record);
    // Twice as many before the lower half goes, so that each is moved once.
    if (own.records.length > 2 * this.#perSlot) own.records = this.#highest(own.records);
  }

  addName(key: Uint8Array, value: Uint8Array): void {
    if (key.length === 32) this.#names.push({ publicKey: key, name: new TextDecoder().decode(value) });
  }

  history(): EotsdHistory {
    const slots = [...this.#slots.values()].map((slot) => ({ ...slot, records: this.#highest(slot.records) }));
    return { slots, keyNames: this.#names, odd: this.#odd, oddCount: this.#oddCount, recordCount: this.count };
  }

  #highest(records: readonly SignRecord[]): SignRecord[] {
    const sorted = [...records].sort((a, b) => (a.height < b.height ? -1 : a.height > b.height ? 1 : 0));
    return sorted.slice(Math.max(0, sorted.length - this.#perSlot));
  }
}
