// Walking a B+ tree of LMDB (liblmdb/mdb.c, struct MDB_page and MDB_node) in the order of its keys, believing nothing: page numbers, kinds,
// offsets, lengths, order, separators and counts are checked, and no page may be reached twice.
import { setImmediate as turn } from 'node:timers/promises';
import { corrupt } from './lmdbFailure.ts';
import { EMPTY_ROOT, FIRST_PAGE, HEADER_BYTES, type PageFile, type Snapshot, type Tree } from './lmdbFile.ts';

const BRANCH = 0x01;
const LEAF = 0x02;
const OVERFLOW = 0x04;
const NODE_BYTES = 8;
const BIG_DATA = 0x01;
const BIG_DATA_BYTES = 24;
const MAX_DEPTH = 32;
const MAX_OVERFLOW_PAGES = 1 << 20;
/** Other work of the process goes on in between. */
const PAGES_AT_ONCE = 2_000;

export type Entry = { readonly key: Buffer; readonly value: Buffer };
type Bounds = { readonly from: Buffer | undefined; readonly before: Buffer | undefined };
type Order = (a: Buffer, b: Buffer) => number;

/** Which pages are taken, by a tree or as free ones. A page has one use. */
export class PageUse {
  readonly #file: PageFile;
  readonly #lastPage: bigint;
  readonly #taken: Uint8Array;

  constructor(file: PageFile, { lastPage }: Snapshot) {
    this.#file = file;
    this.#lastPage = lastPage;
    // an impossible number of pages is found out when the first of them is read, but not by reserving memory for them
    if (lastPage > 2n ** 34n) corrupt(file.path, `${lastPage} pages`);
    this.#taken = new Uint8Array(Number(lastPage / 8n) + 1);
  }

  take(page: bigint, what: string): void {
    if (page < FIRST_PAGE || page > this.#lastPage) corrupt(this.#file.path, `${what} ${page} is outside of the file`);
    const at = Number(page >> 3n);
    const bit = 1 << Number(page & 7n);
    const byte = this.#taken[at] ?? 0;
    if ((byte & bit) !== 0) corrupt(this.#file.path, `${what} ${page} is in use twice`);
    this.#taken[at] = byte | bit;
  }
}

/** Walks one tree of a snapshot. */
export class TreeWalk {
  readonly #file: PageFile;
  readonly #snapshot: Snapshot;
  readonly #use: PageUse;
  readonly #order: Order;
  readonly #count = { branchPages: 0n, leafPages: 0n, overflowPages: 0n, entries: 0n };
  #pagesRead = 0;
  #last: Buffer | undefined;

  /** @param order of keys: bytes for the main tree, numbers for the free pages */
  constructor(file: PageFile, snapshot: Snapshot, use: PageUse, order: Order) {
    this.#file = file;
    this.#snapshot = snapshot;
    this.#use = use;
    this.#order = order;
  }

  /** All entries in order. What the root says of the tree is compared at the end. @throws store.corrupt, store.truncated */
  async *entries(tree: Tree): AsyncGenerator<readonly Entry[]> {
    if (tree.root !== EMPTY_ROOT) {
      if (tree.depth < 1 || tree.depth > MAX_DEPTH) this.#fail('a tree', `has a depth of ${tree.depth}`);
      yield* this.#page(tree.root, tree.depth, { from: undefined, before: undefined });
    } else if (tree.depth !== 0) this.#fail('an empty tree', 'has a depth');
    for (const what of ['branchPages', 'leafPages', 'overflowPages', 'entries'] as const) {
      if (tree[what] !== this.#count[what]) this.#fail('a tree', `has ${this.#count[what]} ${what}, its root says ${tree[what]}`);
    }
  }

  async *#page(number: bigint, depth: number, bounds: Bounds): AsyncGenerator<readonly Entry[]> {
    this.#use.take(number, 'page');
    const page = this.#file.pages(number, 1, this.#snapshot.pageBytes);
    const kind = depth === 1 ? LEAF : BRANCH;
    this.#header(page, number, kind);
    if (++this.#pagesRead % PAGES_AT_ONCE === 0) await turn();
    const nodes = this.#nodes(page, number);
    if (kind === LEAF) {
      this.#count.leafPages++;
      yield nodes.map((node) => this.#entry(page, number, node, bounds));
      return;
    }
    this.#count.branchPages++;
    if (nodes.length < 2) this.#fail(`page ${number}`, 'branches to one page');
    for (const [i, node] of nodes.entries()) {
      // the first key of a branch page is empty: it stands for everything below the second
      const from = i === 0 ? bounds.from : this.#within(this.#key(page, number, node), bounds, number);
      const next = nodes[i + 1];
      const before = next === undefined ? bounds.before : this.#key(page, number, next);
      const child = BigInt(page.readUInt32LE(node)) | (BigInt(page.readUInt16LE(node + 4)) << 32n);
      yield* this.#page(child, depth - 1, { from, before });
    }
  }

  #header(page: Buffer, number: bigint, kind: number): void {
    if (page.readBigUInt64LE(0) !== number) this.#fail(`page ${number}`, `says that it is page ${page.readBigUInt64LE(0)}`);
    if (page.readUInt16LE(18) !== kind) this.#fail(`page ${number}`, `is of kind ${page.readUInt16LE(18)}, not ${kind}`);
    if (page.readBigUInt64LE(8) > this.#snapshot.transaction) this.#fail(`page ${number}`, 'is newer than the file');
  }

  /** Where the nodes begin, each with its whole head inside the page and none inside another. */
  #nodes(page: Buffer, number: bigint): number[] {
    const lower = page.readUInt16LE(20);
    const upper = page.readUInt16LE(22);
    if (lower % 2 !== 0 || lower > upper || HEADER_BYTES + upper > page.length) this.#fail(`page ${number}`, 'has impossible bounds');
    if (lower === 0) this.#fail(`page ${number}`, 'is empty');
    return Array.from({ length: lower / 2 }, (_, i) => {
      const at = HEADER_BYTES + page.readUInt16LE(HEADER_BYTES + 2 * i);
      if (at < HEADER_BYTES + upper || at % 2 !== 0 || at + NODE_BYTES > page.length) {
        this.#fail(`page ${number}`, 'has a node outside of its bounds');
      }
      return at;
    });
  }

  #key(page: Buffer, number: bigint, node: number): Buffer {
    const end = node + NODE_BYTES + page.readUInt16LE(node + 6);
    if (end > page.length) this.#fail(`page ${number}`, 'has a key that leaves it');
    return page.subarray(node + NODE_BYTES, end);
  }

  #within(key: Buffer, { from, before }: Bounds, number: bigint): Buffer {
    const isInside = (from === undefined || this.#order(key, from) >= 0) && (before === undefined || this.#order(key, before) < 0);
    if (!isInside) this.#fail(`page ${number}`, 'has a key that is not found from above');
    return key;
  }

  #entry(page: Buffer, number: bigint, node: number, bounds: Bounds): Entry {
    const key = this.#within(this.#key(page, number, node), bounds, number);
    if (this.#last !== undefined && this.#order(this.#last, key) >= 0) this.#fail(`page ${number}`, 'is out of order');
    this.#last = key;
    this.#count.entries++;
    const size = page.readUInt32LE(node);
    const at = node + NODE_BYTES + key.length;
    const flags = page.readUInt16LE(node + 4);
    if (flags === BIG_DATA) return { key, value: this.#overflow(page, number, at, size) };
    if (flags !== 0) this.#fail(`page ${number}`, `has a node with the flags ${flags}`);
    if (at + size > page.length) this.#fail(`page ${number}`, 'has a value that leaves it');
    return { key, value: page.subarray(at, at + size) };
  }

  #overflow(page: Buffer, number: bigint, at: number, size: number): Buffer {
    if (at + BIG_DATA_BYTES > page.length) this.#fail(`page ${number}`, 'has a value that leaves it');
    const { pageBytes } = this.#snapshot;
    const first = page.readBigUInt64LE(at);
    const count = Math.floor((HEADER_BYTES - 1 + size) / pageBytes) + 1;
    const told = page.readBigUInt64LE(at + 16);
    if (told !== BigInt(count) || count > MAX_OVERFLOW_PAGES) this.#fail(`page ${number}`, `has a value of ${size} bytes on ${told} pages`);
    for (let i = 0n; i < told; i++) this.#use.take(first + i, 'overflow page');
    const bytes = this.#file.pages(first, count, pageBytes);
    this.#header(bytes, first, OVERFLOW);
    if (bytes.readUInt32LE(20) !== count) this.#fail(`overflow page ${first}`, 'has another length');
    this.#count.overflowPages += told;
    return bytes.subarray(HEADER_BYTES, HEADER_BYTES + size);
  }

  #fail(where: string, problem: string): never {
    return corrupt(this.#file.path, `${where} ${problem}`);
  }
}

/** As LMDB orders keys of bytes. */
export function byBytes(a: Buffer, b: Buffer): number {
  return Buffer.compare(a, b);
}

/** As LMDB orders transaction numbers, which are the keys of the free pages. Keys of another length are sorted first, and refused later. */
export function byNumber(a: Buffer, b: Buffer): number {
  if (a.length !== 8 || b.length !== 8) return a.length - b.length;
  const [first, second] = [a.readBigUInt64LE(), b.readBigUInt64LE()];
  return first < second ? -1 : first > second ? 1 : 0;
}

/**
 * Takes the free pages of a value of the free tree: a count, then page numbers; a negative number says how many pages in a row begin
 * at the number behind it, and zero is an empty place (lmdb-js's own form, liblmdb/midl.c).
 */
export function takeFreePages(path: string, { key, value }: Entry, use: PageUse): void {
  if (key.length !== 8 || value.length < 8 || value.length % 8 !== 0) corrupt(path, 'a list of free pages is malformed');
  const count = value.readBigUInt64LE(0);
  if (count > BigInt(value.length / 8 - 1)) corrupt(path, 'a list of free pages is cut short');
  for (let at = 8; at <= 8 * Number(count); at += 8) {
    const number = value.readBigInt64LE(at);
    if (number > 0n) use.take(number, 'free page');
    if (number >= 0n) continue;
    at += 8;
    if (at > 8 * Number(count) || -number > 2n ** 34n) corrupt(path, 'a list of free pages is cut short');
    const first = value.readBigInt64LE(at);
    for (let i = 0n; i < -number; i++) use.take(first + i, 'free page');
  }
}
