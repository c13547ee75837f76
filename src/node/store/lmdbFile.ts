// The data file of LMDB (data version 2, liblmdb/mdb.c) read page by page, without mapping it: a mapped file that is cut short kills the
// process (SIGBUS), and LMDB follows damaged page numbers and lengths without looking. Here both are only refused.
import * as fs from 'node:fs';
import { corrupt, truncated, wrongVersion } from './lmdbFailure.ts';

/** Bytes before what a page holds. */
export const HEADER_BYTES = 24;
const META_BYTES = 168;
const MAGIC = 0xbeef_c0de;
const DATA_VERSION = 2;
const META_PAGES = 2;
/** The root of a tree that has no page. */
export const EMPTY_ROOT: bigint = 2n ** 64n - 1n;
const PAGE_META = 0x08;
const INTEGER_KEYS = 0x08;
/** Persisted flags that a data file of ours may have. */
const MAX_MAP = 2n ** 47n;

/** The root of a tree and what it is said to hold. */
export type Tree = {
  readonly depth: number;
  readonly branchPages: bigint;
  readonly leafPages: bigint;
  readonly overflowPages: bigint;
  readonly entries: bigint;
  /** All ones for an empty tree. */
  readonly root: bigint;
};

/** One state of the file. */
export type Snapshot = {
  readonly pageBytes: number;
  readonly lastPage: bigint;
  readonly transaction: bigint;
  readonly free: Tree;
  readonly main: Tree;
};

/** Reads pages of an open file; every length is checked. */
export class PageFile {
  readonly path: string;
  readonly #handle: number;

  constructor(path: string, handle: number) {
    this.path = path;
    this.#handle = handle;
  }

  /**
   * The two states that the meta pages hold, the newer one first. They are written in turn, so that their transaction numbers differ by one:
   * anything else is damage, such as a flipped bit that would make LMDB take the older state for the newer one.
   *
   * @throws store.truncated, store.corrupt, store.wrong-version
   */
  snapshots(): readonly [Snapshot, Snapshot] {
    const { pageBytes } = this.#meta(0n, undefined);
    const metas = [this.#meta(0n, pageBytes), this.#meta(1n, pageBytes)] as const;
    const [even, odd] = metas;
    const isNew = even.transaction === 0n && odd.transaction === 0n;
    const apart = even.transaction - odd.transaction;
    if (!isNew && apart !== 1n && apart !== -1n) {
      corrupt(this.path, `the meta pages are of transactions ${even.transaction} and ${odd.transaction}`);
    }
    if (!isNew && (even.transaction % 2n !== 0n || odd.transaction % 2n !== 1n)) corrupt(this.path, 'the meta pages are exchanged');
    return even.transaction > odd.transaction ? [even, odd] : [odd, even];
  }

  /**
   * Every commit of ours writes the root of the main tree anew, with its own number. So a state whose root has another number is not the
   * state that was written under it: a flipped bit in the newer number would otherwise bring the older state back, whole and wrong.
   * Both states are still in the file as long as a reader holds the newer one.
   */
  checkRoots(snapshots: readonly [Snapshot, Snapshot]): void {
    for (const { transaction, main, pageBytes, lastPage } of snapshots) {
      if (main.root === EMPTY_ROOT && transaction <= 1n) continue;
      if (main.root > lastPage) corrupt(this.path, `transaction ${transaction} has no root`);
      const found = this.pages(main.root, 1, pageBytes).readBigUInt64LE(8);
      if (found !== transaction) corrupt(this.path, `the root of transaction ${transaction} is of transaction ${found}`);
    }
  }

  /** Pages from `first` on, whole. @throws store.truncated */
  pages(first: bigint, count: number, pageBytes: number): Buffer {
    const bytes = Buffer.allocUnsafe(count * pageBytes);
    const at = Number(first) * pageBytes;
    const got = this.#read(bytes, at);
    if (got < bytes.length) return truncated(this.path, fs.fstatSync(this.#handle).size, at + bytes.length);
    return bytes;
  }

  #read(into: Buffer, at: number): number {
    let got = 0;
    while (got < into.length) {
      const bytes = fs.readSync(this.#handle, into, got, into.length - got, at + got);
      if (bytes === 0) break;
      got += bytes;
    }
    return got;
  }

  #meta(page: bigint, pageBytes: number | undefined): Snapshot {
    const head = this.pages(0n, 1, HEADER_BYTES + META_BYTES);
    const bytes = pageBytes === undefined ? head : this.pages(page, 1, pageBytes);
    const what = `meta page ${page}`;
    if (bytes.readBigUInt64LE(0) !== page || bytes.readUInt16LE(18) !== PAGE_META) corrupt(this.path, `${what} is none`);
    if (bytes.readUInt32LE(24) !== MAGIC) corrupt(this.path, `${what} has no LMDB stamp`);
    const version = bytes.readUInt32LE(28);
    if (version !== DATA_VERSION) wrongVersion(this.path, `LMDB data version ${version}`, `${DATA_VERSION}`);
    const size = bytes.readUInt32LE(48);
    if (size < 512 || size > 65_536 || (size & (size - 1)) !== 0) corrupt(this.path, `${what} names a page size of ${size}`);
    if (pageBytes !== undefined && size !== pageBytes) corrupt(this.path, 'the meta pages name different page sizes');
    const lastPage = bytes.readBigUInt64LE(144);
    const mapBytes = bytes.readBigUInt64LE(40);
    if (bytes.readBigUInt64LE(32) !== 0n || mapBytes > MAX_MAP || lastPage < 1n || lastPage > MAX_MAP / BigInt(size)) {
      corrupt(this.path, `${what} names an impossible address or size`);
    }
    if (bytes.readUInt16LE(52) !== INTEGER_KEYS || bytes.readUInt16LE(100) !== 0 || bytes.readUInt32LE(96) !== 0) {
      corrupt(this.path, `${what} has flags that no store of ours has`);
    }
    const free = treeAt(bytes, 52);
    const main = treeAt(bytes, 100);
    return { pageBytes: size, lastPage, transaction: bytes.readBigUInt64LE(152), free, main };
  }
}

function treeAt(bytes: Buffer, at: number): Tree {
  return {
    depth: bytes.readUInt16LE(at + 2),
    branchPages: bytes.readBigUInt64LE(at + 4),
    leafPages: bytes.readBigUInt64LE(at + 12),
    overflowPages: bytes.readBigUInt64LE(at + 20),
    entries: bytes.readBigUInt64LE(at + 28),
    root: bytes.readBigUInt64LE(at + 36),
  };
}

/** How many of the first pages are meta pages. */
export const FIRST_PAGE: bigint = BigInt(META_PAGES);
