// A reader of bbolt files, and nothing but a reader: meta pages, branch and leaf pages, inline buckets, overflow pages. go.etcd.io/bbolt db.go,
// page.go, bucket.go, format version 2 as little-endian machines write it. Every number in a file is checked before it is followed.
import { type FileHandle, open } from 'node:fs/promises';
import { fail, isSatlockError } from '../../base/Errors.ts';

export type Reason =
  | { readonly code: 'eotsd.unreadable' }
  | { readonly code: 'eotsd.not-a-database' }
  | { readonly code: 'eotsd.wrong-version'; readonly version: number }
  | { readonly code: 'eotsd.damaged-meta' }
  | { readonly code: 'eotsd.truncated'; readonly page: number }
  | { readonly code: 'eotsd.corrupt'; readonly page: number; readonly what: string }
  | { readonly code: 'eotsd.changed-while-reading' }
  | { readonly code: 'eotsd.no-bucket'; readonly bucket: string };

/** One pair of a bucket. Fresh copies, nobody else's memory. */
export type Entry = { readonly key: Uint8Array; readonly value: Uint8Array };

export type ReadOptions = {
  /**
   * Reads a file of whose two meta pages one is damaged. The last transaction, and so the last votes, may be missing then: raise the
   * watermark over what the chain shows.
   */
  readonly allowDamagedMeta?: boolean | undefined;
};

/** Where a bucket begins: a page of its own, or bytes within the page of its parent. */
type Root = { readonly page: number } | { readonly inline: Page };
type Meta = { readonly pageSize: number; readonly root: number; readonly pages: number; readonly transaction: bigint };
type Page = {
  readonly id: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly kind: 'branch' | 'leaf';
  readonly count: number;
};
type Element = { readonly key: Uint8Array; readonly value: Uint8Array; readonly isBucket: boolean };

const MAGIC = 0xed0cdaed;
const VERSION = 2;
const META_BYTES = 64;
/** What the checksum covers: everything before it. */
const META_SUMMED = 56;
const PAGE_HEADER = 16;
const BRANCH = 1;
const LEAF = 2;
const META = 4;
const BUCKET_FLAG = 1;
const BUCKET_HEADER = 16;
/** Trees of a bbolt file have few levels; a deeper one goes in circles or was made to hurt. */
const MAX_DEPTH = 64;
/** Longer than any message that gRPC lets through by default. */
const MAX_RUN_BYTES = 1 << 26;
const SMALLEST_PAGE = 512;
const LARGEST_PAGE = 1 << 24;

/** True for the beginning of a bbolt file. */
export function looksLikeDatabase(head: Uint8Array): boolean {
  return head.length >= PAGE_HEADER + 4 && viewOf(head).getUint32(PAGE_HEADER, true) === MAGIC;
}

/**
 * The pairs of the named top-level buckets, in order of their keys. The file is opened for reading only, and its meta pages are compared
 * before and after: one that changes meanwhile is refused, since a writer uses pages again.
 *
 * @param required - a bucket without which the file is refused; others may be missing
 * @throws eotsd.*
 */
export async function* readBuckets(
  path: string,
  buckets: readonly string[],
  required: string,
  options: ReadOptions = {},
): AsyncGenerator<Entry & { readonly bucket: string }, void, undefined> {
  const file = await opened(path);
  try {
    const reader = await Reader.from(file, options);
    try {
      const roots = await reader.topLevel();
      if (!roots.has(required)) {
        fail<Reason>({ code: 'eotsd.no-bucket', bucket: required }, `this database has no bucket "${required}": it is not an eotsd's`);
      }
      for (const bucket of buckets) {
        const root = roots.get(bucket);
        if (root === undefined) continue;
        for await (const { key, value, isBucket } of reader.elements(root)) {
          if (isBucket) corrupt(0, `a bucket within the bucket ${bucket}`);
          yield { bucket, key: Uint8Array.from(key), value: Uint8Array.from(value) };
        }
      }
    } catch (error) {
      // What looks broken may only have been written to meanwhile.
      if (isSatlockError(error) && !(await reader.isUnchanged())) changed(error);
      throw error;
    }
    if (!(await reader.isUnchanged())) changed();
  } finally {
    await file.close();
  }
}

async function opened(path: string): Promise<FileHandle> {
  const message = 'the file cannot be read';
  const file = await open(path, 'r').catch((cause: unknown) => fail<Reason>({ code: 'eotsd.unreadable' }, message, { cause }));
  const isFile = await file.stat().then(
    (stats) => stats.isFile(),
    () => false,
  );
  if (isFile) return file;
  await file.close();
  return fail<Reason>({ code: 'eotsd.unreadable' }, 'this is no regular file');
}

class Reader {
  readonly #file: FileHandle;
  readonly #meta: Meta;
  readonly #metaBytes: Uint8Array;
  /** Each page belongs to one place of one tree: a second visit is a cycle or a shared page, and neither is sound. */
  readonly #visited = new Set<number>();

  private constructor(file: FileHandle, meta: Meta, metaBytes: Uint8Array) {
    this.#file = file;
    this.#meta = meta;
    this.#metaBytes = metaBytes;
  }

  static async from(file: FileHandle, options: ReadOptions): Promise<Reader> {
    const { meta, bytes } = await newestMeta(file, options);
    return new Reader(file, meta, bytes);
  }

  async isUnchanged(): Promise<boolean> {
    const now = await metaBytesOf(this.#file, this.#meta.pageSize);
    return now.length === this.#metaBytes.length && now.every((byte, i) => byte === this.#metaBytes[i]);
  }

  async topLevel(): Promise<Map<string, Root>> {
    const roots = new Map<string, Root>();
    for await (const { key, value, isBucket } of this.elements({ page: this.#meta.root })) {
      if (isBucket) roots.set(new TextDecoder().decode(key), this.#bucket(value));
    }
    return roots;
  }

  /** Every element of a tree, from left to right; keys rise strictly. */
  async *elements(root: Root): AsyncGenerator<Element, void, undefined> {
    const first = 'page' in root ? await this.#page(root.page) : root.inline;
    const stack = [{ page: first, next: 0 }];
    let last: Uint8Array | undefined;
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      if (top.next >= top.page.count) {
        stack.pop();
        continue;
      }
      const at = top.next++;
      if (top.page.kind === 'branch') {
        if (stack.length >= MAX_DEPTH) corrupt(top.page.id, 'the tree is too deep');
        stack.push({ page: await this.#page(branchElement(top.page, at)), next: 0 });
        continue;
      }
      const element = leafElement(top.page, at);
      if (last !== undefined && Buffer.compare(last, element.key) >= 0) corrupt(top.page.id, 'keys out of order');
      last = element.key;
      yield element;
    }
  }

  /** A bucket is the number of its root page and a sequence; without a page, its only page follows. */
  #bucket(value: Uint8Array): Root {
    if (value.length < BUCKET_HEADER) corrupt(0, 'a bucket without a header');
    const page = pageNumber(viewOf(value), 0, 0);
    return page === 0 ? { inline: parsePage(value.subarray(BUCKET_HEADER), 0, 0) } : { page };
  }

  async #page(id: number): Promise<Page> {
    const { pageSize, pages } = this.#meta;
    if (id < 2 || id >= pages) corrupt(id, 'no such page');
    const head = await this.#run(id, 1);
    const overflow = viewOf(head).getUint32(12, true);
    const run = overflow + 1;
    if (id + run > pages || run * pageSize > MAX_RUN_BYTES) corrupt(id, 'it is longer than the file');
    for (let i = id; i < id + run; i++) {
      if (this.#visited.has(i)) corrupt(i, 'it is used twice');
      this.#visited.add(i);
    }
    return parsePage(overflow === 0 ? head : await this.#run(id, run), id, id);
  }

  async #run(id: number, count: number): Promise<Uint8Array> {
    const { pageSize } = this.#meta;
    const bytes = await readAt(this.#file, id * pageSize, count * pageSize);
    if (bytes.length < count * pageSize) {
      fail<Reason>({ code: 'eotsd.truncated', page: id }, `the file ends within page ${id}: it was cut off`);
    }
    return bytes;
  }
}

/** A page by its header: id (8 bytes), flags (2), count (2), overflow (4). */
function parsePage(bytes: Uint8Array, id: number, expectedId: number): Page {
  if (bytes.length < PAGE_HEADER) corrupt(id, 'no room for a page');
  const view = viewOf(bytes);
  if (view.getBigUint64(0, true) !== BigInt(expectedId)) corrupt(id, 'it calls itself another page');
  const flags = view.getUint16(8, true);
  if (flags !== BRANCH && flags !== LEAF) corrupt(id, 'neither branch nor leaf');
  const count = view.getUint16(10, true);
  if (PAGE_HEADER + 16 * count > bytes.length) corrupt(id, 'more elements than it can hold');
  if (flags === BRANCH && count === 0) corrupt(id, 'an empty branch');
  return { id, bytes, view, kind: flags === BRANCH ? 'branch' : 'leaf', count };
}

/** position (4), key length (4), page (8) */
function branchElement({ id, view, bytes }: Page, index: number): number {
  const at = PAGE_HEADER + 16 * index;
  slice(bytes, id, at + view.getUint32(at, true), view.getUint32(at + 4, true));
  return pageNumber(view, at + 8, id);
}

/** flags (4), position (4), key length (4), value length (4); positions count from the element itself */
function leafElement({ id, view, bytes }: Page, index: number): Element {
  const at = PAGE_HEADER + 16 * index;
  const flags = view.getUint32(at, true);
  const start = at + view.getUint32(at + 4, true);
  const keyLength = view.getUint32(at + 8, true);
  const key = slice(bytes, id, start, keyLength);
  const value = slice(bytes, id, start + keyLength, view.getUint32(at + 12, true));
  return { key, value, isBucket: (flags & BUCKET_FLAG) !== 0 };
}

function slice(bytes: Uint8Array, page: number, start: number, length: number): Uint8Array {
  if (start + length > bytes.length) corrupt(page, 'an element beyond its end');
  return bytes.subarray(start, start + length);
}

function pageNumber(view: DataView, at: number, page: number): number {
  const value = view.getBigUint64(at, true);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : corrupt(page, 'it points beyond every file');
}

/** The meta page of the last transaction. Both are valid in every database that was written by one writer and is whole. */
async function newestMeta(file: FileHandle, { allowDamagedMeta = false }: ReadOptions): Promise<{ meta: Meta; bytes: Uint8Array }> {
  const first = metaOf(await readAt(file, 0, PAGE_HEADER + META_BYTES));
  const second = first === undefined ? await searchSecond(file) : metaOf(await readAt(file, first.pageSize, PAGE_HEADER + META_BYTES));
  const newest = first === undefined || (second !== undefined && second.transaction > first.transaction) ? second : first;
  if (newest === undefined) fail<Reason>({ code: 'eotsd.not-a-database' }, 'this is no bbolt database: neither meta page is valid');
  if ((first === undefined || second === undefined || first.pageSize !== second.pageSize) && !allowDamagedMeta) {
    fail<Reason>(
      { code: 'eotsd.damaged-meta' },
      'one of the two meta pages is damaged: the last votes may be missing from what the other one shows',
    );
  }
  return { meta: newest, bytes: await metaBytesOf(file, newest.pageSize) };
}

/** Without the first meta page nobody says how long a page is. */
async function searchSecond(file: FileHandle): Promise<Meta | undefined> {
  for (let pageSize = SMALLEST_PAGE; pageSize <= LARGEST_PAGE; pageSize *= 2) {
    const meta = metaOf(await readAt(file, pageSize, PAGE_HEADER + META_BYTES));
    if (meta?.pageSize === pageSize) return meta;
  }
  return undefined;
}

/** A meta page: magic, version, page size, flags (4 bytes each), root page, sequence, free list, pages, transaction, checksum (8 each). */
function metaOf(bytes: Uint8Array): Meta | undefined {
  if (bytes.length < PAGE_HEADER + META_BYTES) return undefined;
  const page = viewOf(bytes);
  const view = viewOf(bytes.subarray(PAGE_HEADER));
  if (page.getUint16(8, true) !== META || view.getUint32(0, true) !== MAGIC) return undefined;
  if (view.getBigUint64(META_SUMMED, true) !== fnv64a(bytes.subarray(PAGE_HEADER, PAGE_HEADER + META_SUMMED))) return undefined;
  const version = view.getUint32(4, true);
  if (version !== VERSION) fail<Reason>({ code: 'eotsd.wrong-version', version }, `a bbolt file of format ${version}, expected ${VERSION}`);
  const pageSize = view.getUint32(8, true);
  if (pageSize < SMALLEST_PAGE || pageSize > LARGEST_PAGE || (pageSize & (pageSize - 1)) !== 0) corrupt(0, `pages of ${pageSize} bytes`);
  return {
    pageSize,
    root: pageNumber(view, 16, 0),
    pages: pageNumber(view, 40, 0),
    transaction: view.getBigUint64(48, true),
  };
}

function fnv64a(bytes: Uint8Array): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash;
}

async function metaBytesOf(file: FileHandle, pageSize: number): Promise<Uint8Array> {
  const length = PAGE_HEADER + META_BYTES;
  return Buffer.concat([await readAt(file, 0, length), await readAt(file, pageSize, length)]);
}

/** What the file holds there; fewer bytes at its end. */
async function readAt(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.alloc(length);
  let filled = 0;
  try {
    while (filled < length) {
      const { bytesRead } = await file.read(bytes, filled, length - filled, position + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
  } catch (cause) {
    fail<Reason>({ code: 'eotsd.unreadable' }, 'the file cannot be read', { cause });
  }
  return bytes.subarray(0, filled);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function corrupt(page: number, what: string): never {
  fail<Reason>({ code: 'eotsd.corrupt', page, what }, `page ${page} of the database is damaged: ${what}`);
}

function changed(cause?: unknown): never {
  fail<Reason>(
    { code: 'eotsd.changed-while-reading' },
    'the database was written to meanwhile: stop eotsd first, then read it',
    cause === undefined ? {} : { cause },
  );
}
