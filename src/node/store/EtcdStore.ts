// The sign store in etcd, for signers on several machines. It keeps the rules of src/signer/SignStore.ts.
//
// A record is a key that is written if it is not there, in a transaction that compares the slot's key (its watermark) and the mark on
// the provider's key with what was read before: both unchanged, or nothing is inserted. etcd answers once a majority has the entry on disk, and a
// linearizable read, the only kind used here, tells nothing that a majority could lose. One claim or import goes in transactions of 100
// records: what one transaction holds is one step. An import of more raises the watermark with its first one.
import { createHash, randomBytes } from 'node:crypto';
import * as Check from '../../base/Check.ts';
import * as Hex from '../../base/Hex.ts';
import type {
  Claimed,
  Merged,
  MergeInput,
  PublicKey,
  RandomnessList,
  Reading,
  SignRecord,
  SignStore,
  Slot,
  SlotState,
  StoreIdentity,
} from '../../signer/SignStore.ts';
import { corrupt, missing, type OpenOptions, rolledBack, unavailable, wrongVersion } from './clusterErrors.ts';
import { Group } from './clusterGroup.ts';
import type { Row, SlotName } from './clusterInput.ts';
import * as Input from './clusterInput.ts';
import { EtcdClaims, highestOf, slotOf } from './etcdClaims.ts';
import { EtcdClient } from './etcdClient.ts';
import { absent, after, EtcdKeys, fields, put, recordRow, VERSION } from './etcdKeys.ts';
import { inspect } from './etcdServer.ts';
import { EtcdSlots } from './etcdSlots.ts';
import { parse } from './etcdUrl.ts';

const PAGE = 1_000;
const PRUNE_AT_ONCE = 5_000;
/** Records that go together. */
const GROUP = 4_000;

/**
 * Opens the store that a URL names, and makes it where there is none.
 *
 * @param url `etcd://host:port[,host:port]/prefix` with `timeout` in milliseconds for one call (default 5,000), `ca`, `cert` and `key` (files) or `tls=1`;
 * user and password in front of the hosts, the password also from SATLOCK_STORE_PASSWORD
 * @throws store.bad-url, store.unavailable, store.timeout, store.full, store.corrupt, store.wrong-version, store.missing
 */
export async function open(url: string, options: OpenOptions = {}): Promise<EtcdStore> {
  const target = parse(url);
  const client = new EtcdClient(target);
  const keys = new EtcdKeys(target.prefix);
  try {
    for (const warning of await inspect(client)) options.onWarning?.(warning);
    return new EtcdStore(client, keys, await enter(client, keys, options.create ?? true));
  } catch (error) {
    client.close();
    throw error;
  }
}

/** Finds the store's own key, or writes it; its creation is compared wherever a slot is opened, so that a store that was wiped stays shut. */
async function enter(client: EtcdClient, keys: EtcdKeys, mayCreate: boolean): Promise<{ readonly id: string; readonly createdAt: string }> {
  const meta = keys.meta();
  const value = JSON.stringify({ version: VERSION, storeId: randomBytes(16).toString('hex') });
  if (mayCreate) await client.txn({ compare: [absent(meta)], success: [put(meta, value)] });
  const kv = (await client.range({ key: meta })).kvs[0];
  if (kv === undefined) missing('etcd', client.where);
  const { version, storeId } = fields(kv, client.where);
  if (version !== VERSION) wrongVersion('etcd', `a store of version ${version}`, `version ${VERSION}`);
  if (storeId === undefined || !/^[0-9a-f]{32}$/.test(storeId)) corrupt('etcd', client.where, 'the store has no id');
  return { id: storeId, createdAt: kv.create_revision };
}

/** A sign store in an etcd cluster. Any number of handles on any number of machines may be open. */
export class EtcdStore implements SignStore {
  readonly kind = 'etcd';
  readonly #client: EtcdClient;
  readonly #keys: EtcdKeys;
  readonly #meta: { readonly id: string; readonly createdAt: string };
  readonly #slots: EtcdSlots;
  readonly #claims: EtcdClaims;
  readonly #groups: Map<string, Group<readonly Row[], readonly Claimed[]>> = new Map();
  #isClosed = false;

  /** Use {@link open}: it looks at the cluster first. */
  constructor(client: EtcdClient, keys: EtcdKeys, meta: { readonly id: string; readonly createdAt: string }) {
    this.#client = client;
    this.#keys = keys;
    this.#meta = meta;
    this.#slots = new EtcdSlots(client, keys, meta.createdAt);
    this.#claims = new EtcdClaims(client, keys);
  }

  async identity(): Promise<StoreIdentity> {
    this.#checkOpen();
    const answer = await this.#client.range({ key: this.#keys.meta() });
    if (answer.kvs[0]?.create_revision !== this.#meta.createdAt)
      rolledBack('etcd', this.#client.where, 'this is another store than before');
    // A snapshot restored into a new cluster brings the store's key along; the cluster's id tells the copy from the original.
    const text = `satlock etcd store ${this.#meta.id} ${this.#client.clusterId}`;
    return { storeId: createHash('sha256').update(text).digest('hex').slice(0, 32), sequence: BigInt(answer.header.revision) };
  }

  async read(slot: Slot, heights: readonly bigint[]): Promise<Reading> {
    this.#checkOpen();
    const name = Input.slotName(slot);
    const wanted = Check.list(heights, 'heights').map((height) => Input.height(height));
    const { watermark, highest, condemned, held } = await this.#slots.look(name, wanted);
    for (const [height, { created }] of held) this.#claims.saw(name, height, created);
    const records = wanted.map((height) => {
      const found = held.get(height);
      return found === undefined ? undefined : Input.record(found.row);
    });
    return { watermark, highestSigned: highest, condemned, records };
  }

  async claim(slot: Slot, records: readonly SignRecord[]): Promise<readonly Claimed[]> {
    this.#checkOpen();
    const name = Input.slotName(slot);
    const rows = Input.distinct(Check.list(records, 'records').map(Input.row));
    if (rows.length === 0) return [];
    return this.#group(name).add(rows, rows.length);
  }

  async enrol(slot: Slot, watermark: bigint): Promise<'enrolled' | 'known'> {
    this.#checkOpen();
    const name = Input.slotName(slot);
    return this.#slots.enrol(name, Input.watermark(watermark));
  }

  async raiseWatermark(slot: Slot, height: bigint): Promise<bigint> {
    this.#checkOpen();
    const name = Input.slotName(slot);
    return this.#slots.raise(name, Input.watermark(height));
  }

  async condemn(publicKey: PublicKey, why: string): Promise<void> {
    this.#checkOpen();
    Input.textName(why, 'why');
    await this.#slots.condemn(Input.keyName(publicKey), why);
  }

  async slots(): Promise<readonly (Slot & SlotState)[]> {
    this.#checkOpen();
    const kinds = ['slot', 'top', 'condemned'] as const;
    const { responses } = await this.#client.txn({ success: kinds.map((kind) => ({ request_range: this.#keys.all(kind) })) });
    const [slots = [], tops = [], marks = []] = responses.map(({ response_range: range }) => range.kvs);
    const { where } = this.#client;
    return slots.map((kv) => {
      const [key = '', chain = ''] = this.#keys.names(kv.key, 'slot');
      const top = tops.find((each) => each.key.equals(this.#keys.top({ key, chain })));
      const mark = marks.find((each) => each.key.equals(this.#keys.condemned(key)));
      const { watermark, condemned } = slotOf(kv, mark, where);
      const highestSigned = highestOf(top, where);
      return { publicKey: Hex.decode(key, 'key', 32), chainId: Input.nameText(chain), watermark, highestSigned, condemned };
    });
  }

  async *records(slot: Slot, range: { readonly from?: bigint; readonly to?: bigint } = {}): AsyncIterable<SignRecord> {
    const name = Input.slotName(slot);
    const to = Input.height(range.to ?? Input.HIGHEST, 'to');
    let key = this.#keys.record(name, Input.height(range.from ?? 0n, 'from'));
    const end = after(this.#keys.record(name, to));
    while (key.compare(end) < 0) {
      this.#checkOpen();
      const { kvs, more } = await this.#client.range({ key, range_end: end, limit: PAGE });
      for (const kv of kvs) yield Input.record(recordRow(kv, this.#client.where));
      const last = kvs.at(-1);
      if (last === undefined || !more) return;
      key = after(last.key);
    }
  }

  async merge(history: readonly MergeInput[]): Promise<readonly Merged[]> {
    this.#checkOpen();
    const jobs = Input.mergeJobs(history);
    const merged: Merged[] = [];
    for (const job of jobs) merged.push(await this.#slots.merge(job));
    return merged;
  }

  async prune(slot: Slot, height: bigint): Promise<number> {
    this.#checkOpen();
    const name = Input.slotName(slot);
    const upTo = Input.height(height);
    await this.#slots.raise(name, upTo);
    const [first, end] = [this.#keys.record(name, 0n), after(this.#keys.record(name, upTo))];
    for (let total = 0; ; ) {
      const { kvs, more } = await this.#client.range({ key: first, range_end: end, limit: PRUNE_AT_ONCE, keys_only: true });
      const last = kvs.at(-1);
      if (last === undefined) return total;
      total += await this.#client.deleteRange(first, after(last.key));
      if (!more) return total;
    }
  }

  async remember(list: RandomnessList): Promise<void> {
    this.#checkOpen();
    const { key: owner, digest, ...value } = Input.listRow(list);
    const key = this.#keys.list(owner, digest);
    await this.#client.txn({ compare: [absent(key)], success: [put(key, JSON.stringify(value))] });
  }

  async recall(publicKey: PublicKey, digest: Uint8Array): Promise<RandomnessList | undefined> {
    this.#checkOpen();
    const [key, wanted] = [Input.keyName(publicKey), Input.digestName(digest)];
    const kv = (await this.#client.range({ key: this.#keys.list(key, wanted) })).kvs[0];
    if (kv === undefined) return undefined;
    const { chain, start, count, root } = fields(kv, this.#client.where);
    if (chain === undefined || start === undefined || count === undefined || root === undefined)
      corrupt('etcd', this.#client.where, 'a list of randomness cannot be read');
    return Input.list({ key, digest: wanted, chain, start, count, root });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#groups.values()].map((group) => group.idle()));
    this.#client.close();
  }

  #checkOpen(): void {
    if (this.#isClosed) unavailable('etcd', this.#client.where, 'the store is closed');
  }

  #group(name: SlotName): Group<readonly Row[], readonly Claimed[]> {
    const id = Input.nameOf(name);
    const known = this.#groups.get(id);
    if (known !== undefined) return known;
    const group = new Group<readonly Row[], readonly Claimed[]>((calls) => this.#claims.claimTogether(name, calls), GROUP);
    this.#groups.set(id, group);
    return group;
  }
}
