// Reading a whole store through before it is used: the tree, every entry's checksum, and that no entry is missing. What is found goes into
// the memory of heights. O(entries).
import * as Encoding from './lmdbEncoding.ts';
import { corrupt, wrongVersion } from './lmdbFailure.ts';
import type { PageFile, Snapshot } from './lmdbFile.ts';
import type { Known } from './lmdbKnown.ts';
import { byBytes, byNumber, type Entry, PageUse, TreeWalk, takeFreePages } from './lmdbTree.ts';

/**
 * The meta record of the newer state, which is whole; undefined for one without any entry.
 *
 * @throws store.corrupt, store.truncated, store.wrong-version
 */
export async function verify(file: PageFile, snapshots: readonly [Snapshot, Snapshot], known: Known): Promise<Encoding.Meta | undefined> {
  file.checkRoots(snapshots);
  const [snapshot] = snapshots;
  const use = new PageUse(file, snapshot);
  const found = new Found(file.path, known);
  for await (const entries of new TreeWalk(file, snapshot, use, byBytes).entries(snapshot.main)) {
    for (const each of entries) found.add(each);
  }
  // pages that are free and in use at once would be overwritten by the next commits
  for await (const entries of new TreeWalk(file, snapshot, use, byNumber).entries(snapshot.free)) {
    for (const each of entries) takeFreePages(file.path, each, use);
  }
  return found.meta();
}

class Found {
  readonly #path: string;
  readonly #known: Known;
  readonly #sum = new Encoding.Sum();
  #entries = 0;
  #meta: Encoding.Meta | undefined;

  constructor(path: string, known: Known) {
    this.#path = path;
    this.#known = known;
  }

  add({ key, value }: Entry): void {
    const kind = Encoding.kindOf(key) ?? corrupt(this.#path, 'there is an entry of no known kind');
    const content = Encoding.unseal(key, value) ?? corrupt(this.#path, `an entry (${kind}) does not fit its checksum`);
    if (kind === 'meta') {
      this.#meta = this.#readMeta(content);
      return;
    }
    this.#entries++;
    this.#sum.add(value);
    if (!this.#learn(kind, key, content)) corrupt(this.#path, `an entry (${kind}) is malformed`);
  }

  meta(): Encoding.Meta | undefined {
    const meta = this.#meta;
    if (meta === undefined) return this.#entries === 0 ? undefined : corrupt(this.#path, 'the meta record is missing');
    if (meta.entries !== BigInt(this.#entries))
      corrupt(this.#path, `there are ${this.#entries} entries, the meta record counts ${meta.entries}`);
    if (meta.sum !== this.#sum.value) corrupt(this.#path, 'the entries are not those that the meta record adds up');
    this.#known.sawSequence(meta.sequence);
    return meta;
  }

  #learn(kind: Exclude<Encoding.Kind, 'meta'>, key: Buffer, content: Buffer): boolean {
    if (kind === 'record') {
      this.#known.sawRecord(Encoding.slotNameOf(key), Encoding.heightOf(key));
      return Encoding.isRecord(content);
    }
    if (kind === 'slot') {
      const entry = Encoding.decodeSlot(content);
      if (entry === undefined) return false;
      this.#known.sawSlot(Encoding.slotNameOf(key), entry.watermark);
      return Encoding.slotKey(Encoding.slotIdOf(entry)).equals(key);
    }
    if (kind === 'condemned') this.#known.sawCondemned(key.toString('hex', 1));
    return kind === 'condemned' || Encoding.decodeList(key, content) !== undefined;
  }

  #readMeta(content: Buffer): Encoding.Meta {
    const meta = Encoding.decodeMeta(content);
    if (meta === undefined) return corrupt(this.#path, 'the meta record is malformed');
    if ('format' in meta) return wrongVersion(this.#path, `the store has format ${meta.format}`, `format ${Encoding.FORMAT}`);
    return meta;
  }
}
