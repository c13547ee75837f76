// The sign store in PostgreSQL, for signers on several machines. It keeps the rules of src/signer/SignStore.ts.
//
// A claim is one transaction: a lock on the key's row (shared) and on the slot's row (alone), then an insert of what is free and above the
// watermark, then a commit that returns once the WAL is on disk here and on the synchronous standbys. READ COMMITTED is enough, because every
// change of a slot takes the same row lock first and each statement after the lock sees all that was committed before it: what
// could change between the check and the insert is locked, and the primary key orders the rest. SERIALIZABLE would add only retries.
//
// What is read may have been committed here without being replicated yet. A slot's version says whether this handle has already seen
// exactly that state acknowledged; if not, a commit of our own is acknowledged first, for it lies behind the other one in the WAL.
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
import { corrupt, type OpenOptions, unavailable } from './clusterErrors.ts';
import { Group } from './clusterGroup.ts';
import type { Row, SlotName } from './clusterInput.ts';
import * as Input from './clusterInput.ts';
import { PostgresLane, PostgresMemory } from './postgresLane.ts';
import { mergeSlot } from './postgresMerge.ts';
import { lacking, outcomeOf, recordsOf, type Seen, type SlotClaims, type StoredState, stateOf, versionsOf } from './postgresRows.ts';
import type { PostgresSession, Rows } from './postgresSession.ts';
import { PostgresSql } from './postgresSql.ts';
import { type PostgresTarget, parse } from './postgresUrl.ts';

const PAGE = 1_000;
const PRUNE_AT_ONCE = 20_000;
/** Records or heights that go together in one transaction. */
const GROUP = 4_000;

type Claim = { readonly slot: SlotName; readonly rows: readonly Row[] };
type Look = { readonly slot: SlotName; readonly heights: readonly bigint[] };
type Looked = { readonly state: StoredState; readonly rows: readonly Row[] };

/**
 * Opens the store that a URL names, and makes its tables where there are none.
 *
 * @param url `postgres://user@host:port[,host:port]/database` with the driver's parameters (`sslmode`, …) and ours: `schema` (default satlock),
 * `timeout` in milliseconds for one call (default 5,000), `standbys=required`. The password may come from PGPASSWORD or ~/.pgpass.
 * @throws store.bad-url, store.unavailable, store.timeout, store.read-only, store.not-durable, store.wrong-version, store.corrupt, store.missing
 */
export async function open(url: string, options: OpenOptions = {}): Promise<PostgresStore> {
  const store = new PostgresStore(parse(url), options);
  try {
    await store.identity();
    if (!store.hasStandbys()) options.onWarning?.('the PostgreSQL server names no synchronous standby: what it holds is on one machine');
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** A sign store in a PostgreSQL database. Any number of handles on any number of machines may be open. */
export class PostgresStore implements SignStore {
  readonly kind = 'postgres';
  readonly #sql: PostgresSql;
  readonly #memory: PostgresMemory;
  readonly #writes: PostgresLane;
  readonly #reads: PostgresLane;
  /** Long pieces of work that must not keep votes waiting. */
  readonly #slow: PostgresLane;
  readonly #claims: Group<Claim, readonly Claimed[]>;
  readonly #looks: Group<Look, Looked>;
  #isClosed = false;

  /** Use {@link open}: it looks at the server first. */
  constructor(target: PostgresTarget, options: OpenOptions = {}) {
    this.#memory = new PostgresMemory(options.create ?? true);
    this.#sql = new PostgresSql(target.schema);
    const lane = (): PostgresLane => new PostgresLane(target, this.#sql, this.#memory);
    this.#writes = lane();
    this.#reads = lane();
    this.#slow = lane();
    this.#claims = new Group((claims) => this.#writes.run((session) => this.#claimTogether(session, claims)), GROUP);
    this.#looks = new Group((looks) => this.#reads.run((session) => this.#lookTogether(session, looks)), GROUP);
  }

  /** Whether commits are on a second machine before they are answered; known once something was asked. */
  hasStandbys(): boolean {
    return this.#memory.hasStandbys;
  }

  async identity(): Promise<StoreIdentity> {
    this.#checkOpen();
    return this.#reads.run(async (session) => {
      const [rows = []] = await session.look([this.#sql.states()]);
      await session.prove();
      this.#acknowledgeAll(rows);
      const { storeId } = this.#memory;
      if (storeId === undefined) corrupt('postgres', session.where, 'the store has no id');
      return { storeId, sequence: rows.reduce((sum, row) => sum + BigInt(row[4] ?? 0), 0n) };
    });
  }

  async read(slot: Slot, heights: readonly bigint[]): Promise<Reading> {
    this.#checkOpen();
    const name = Input.slotName(slot);
    const wanted = Check.list(heights, 'heights').map((height) => Input.height(height));
    const { state, rows } = await this.#looks.add({ slot: name, heights: wanted }, wanted.length + 1);
    const byHeight = new Map(rows.map((row) => [row.height, row]));
    const { watermark, highestSigned, condemned } = state;
    const records = wanted.map((height) => {
      const row = byHeight.get(height);
      return row === undefined ? undefined : Input.record(row);
    });
    return { watermark, highestSigned, condemned, records };
  }

  async claim(slot: Slot, records: readonly SignRecord[]): Promise<readonly Claimed[]> {
    this.#checkOpen();
    const name = Input.slotName(slot);
    const rows = Input.distinct(Check.list(records, 'records').map(Input.row));
    if (rows.length === 0) return [];
    return this.#claims.add({ slot: name, rows }, rows.length);
  }

  async enrol(slot: Slot, watermark: bigint): Promise<'enrolled' | 'known'> {
    this.#checkOpen();
    const name = Input.slotName(slot);
    const statement = this.#sql.enrol(name, Input.watermark(watermark));
    const [, , added] = await this.#write([this.#sql.addKey(name.key), this.#sql.lockKeys([name.key]), statement]);
    return added?.length === 1 ? 'enrolled' : 'known';
  }

  async raiseWatermark(slot: Slot, height: bigint): Promise<bigint> {
    this.#checkOpen();
    const name = Input.slotName(slot);
    return this.#raise(name, Input.watermark(height));
  }

  async condemn(publicKey: PublicKey, why: string): Promise<void> {
    this.#checkOpen();
    const statement = this.#sql.condemn(Input.keyName(publicKey), Input.textName(why, 'why'));
    await this.#write([statement]);
  }

  async slots(): Promise<readonly (Slot & SlotState)[]> {
    this.#checkOpen();
    return this.#reads.run(async (session) => {
      const [rows = []] = await session.look([this.#sql.states()]);
      await session.prove();
      this.#acknowledgeAll(rows);
      return rows.map(([key, chain, ...state]) => {
        const { watermark, highestSigned, condemned } = stateOf(state, session.where);
        return { publicKey: Hex.decode(key ?? ''), chainId: Input.nameText(chain ?? ''), watermark, highestSigned, condemned };
      });
    });
  }

  async *records(slot: Slot, range: { readonly from?: bigint; readonly to?: bigint } = {}): AsyncIterable<SignRecord> {
    const name = Input.slotName(slot);
    const to = Input.height(range.to ?? Input.HIGHEST, 'to');
    let from = Input.height(range.from ?? 0n, 'from');
    while (from <= to) {
      const start = from;
      this.#checkOpen();
      const rows = await this.#reads.run(async (session) => {
        const [state, page = []] = await session.look([this.#sql.state(name), this.#sql.page(name, start, to, PAGE)]);
        await this.#prove(session, [{ slot: name, state: stateOf(state?.[0], session.where) }]);
        return recordsOf(page, session.where);
      });
      for (const row of rows) yield Input.record(row);
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE || last.height === Input.HIGHEST) return;
      from = last.height + 1n;
    }
  }

  async merge(history: readonly MergeInput[]): Promise<readonly Merged[]> {
    this.#checkOpen();
    const jobs = Input.mergeJobs(history);
    const merged: Merged[] = [];
    for (const job of jobs) merged.push(await this.#slow.run((session) => mergeSlot(session, this.#sql, job)));
    return merged;
  }

  async prune(slot: Slot, height: bigint): Promise<number> {
    this.#checkOpen();
    const name = Input.slotName(slot);
    const upTo = Input.height(height);
    await this.#raise(name, upTo);
    const statements = [...this.#locks([name]), this.#sql.prune(name, upTo, PRUNE_AT_ONCE)];
    for (let total = 0; ; ) {
      const [, , counted] = await this.#write(statements);
      const gone = Number(counted?.[0]?.[0] ?? 0);
      total += gone;
      if (gone < PRUNE_AT_ONCE) return total;
    }
  }

  async remember(list: RandomnessList): Promise<void> {
    this.#checkOpen();
    await this.#write([this.#sql.remember(Input.listRow(list))]);
  }

  async recall(publicKey: PublicKey, digest: Uint8Array): Promise<RandomnessList | undefined> {
    this.#checkOpen();
    const [key, wanted] = [Input.keyName(publicKey), Input.digestName(digest)];
    const found = await this.#reads.run(async (session) => {
      const [rows = []] = await session.look([this.#sql.recall(key, wanted)]);
      if (rows.length > 0) await session.prove();
      return rows[0];
    });
    if (found === undefined) return undefined;
    const [chain, start, count, root] = found;
    return Input.list({ key, digest: wanted, chain: chain ?? '', start: start ?? '', count: count ?? '', root: root ?? '' });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#claims.idle(), this.#looks.idle()]);
    await Promise.all([this.#writes, this.#reads, this.#slow].map((lane) => lane.close()));
  }

  #checkOpen(): void {
    if (this.#isClosed) unavailable('postgres', 'this handle', 'the store is closed');
  }

  /** One transaction for all that waits: locks first, then for each slot what is held and what is new. */
  async #claimTogether(session: PostgresSession, claims: readonly Claim[]): Promise<readonly (readonly Claimed[])[]> {
    const bySlot = new Map<string, { slot: SlotName; rows: Map<bigint, Row> }>();
    for (const { slot, rows } of claims) {
      const together = bySlot.get(Input.nameOf(slot)) ?? { slot, rows: new Map<bigint, Row>() };
      bySlot.set(Input.nameOf(slot), together);
      // of two callers at one height the first is sent; the second is told what became of it
      for (const row of rows) if (!together.rows.has(row.height)) together.rows.set(row.height, row);
    }
    const slots = [...bySlot.values()];
    const locks = this.#locks(slots.map(({ slot }) => slot));
    const results = await session.commit([...locks, ...slots.flatMap((each) => this.#claimStatements(each))]);
    const answers = new Map<string, (row: Row) => Claimed>();
    for (const [i, each] of slots.entries()) {
      const seen = this.#seen(session, each, results.slice(locks.length + i * 3));
      this.#anchor(each, seen);
      await this.#complete(session, each, seen);
      answers.set(Input.nameOf(each.slot), (row) => outcomeOf(row, seen, each.rows));
    }
    return claims.map(({ slot, rows }) => {
      const answer = answers.get(Input.nameOf(slot));
      if (answer === undefined) corrupt('postgres', session.where, 'a claim without an answer');
      return rows.map(answer);
    });
  }

  #locks(slots: readonly SlotName[]): readonly string[] {
    return [this.#sql.lockKeys([...new Set(slots.map(({ key }) => key))]), this.#sql.lockSlots(slots)];
  }

  #claimStatements({ slot, rows }: SlotClaims): readonly string[] {
    return [this.#sql.held(slot, [...rows.keys()]), this.#sql.claim(slot, [...rows.values()]), this.#sql.state(slot)];
  }

  #seen(session: PostgresSession, { slot }: SlotClaims, [held = [], inserted = [], after]: readonly Rows[]): Seen {
    const state = stateOf(after?.[0], session.where);
    if (state.version !== undefined) this.#memory.acknowledge(Input.nameOf(slot), state.version);
    return {
      held: new Map(recordsOf(held, session.where).map((row) => [row.height, row])),
      inserted: new Set(inserted.map(([height]) => BigInt(height ?? ''))),
      state,
    };
  }

  #anchor({ slot, rows }: SlotClaims, { held, inserted }: Seen): void {
    for (const { height, root } of held.values()) this.#memory.anchor(slot, height, root);
    for (const { height, root } of rows.values()) if (inserted.has(height)) this.#memory.anchor(slot, height, root);
  }

  /** Adds the signatures that imported records lack. Rare, so it is a transaction of its own. */
  async #complete(session: PostgresSession, { slot, rows }: SlotClaims, seen: Seen): Promise<void> {
    const missing = lacking(rows, seen);
    if (missing.length === 0) return;
    const results = await session.commit([...this.#locks([slot]), this.#sql.complete(slot, missing, 'claim')]);
    for (const [height] of results[2] ?? []) {
      const [before, by] = [seen.held.get(BigInt(height ?? '')), rows.get(BigInt(height ?? ''))];
      if (before !== undefined && by !== undefined) seen.held.set(before.height, { ...before, signature: by.signature });
    }
  }

  async #lookTogether(session: PostgresSession, looks: readonly Look[]): Promise<readonly Looked[]> {
    const results = await session.look(looks.flatMap(({ slot, heights }) => [this.#sql.state(slot), this.#sql.held(slot, heights)]));
    const looked = looks.map(({ slot }, i) => ({
      slot,
      state: stateOf(results[2 * i]?.[0], session.where),
      rows: recordsOf(results[2 * i + 1] ?? [], session.where),
    }));
    await this.#prove(session, looked);
    for (const { slot, rows } of looked) for (const { height, root } of rows) this.#memory.anchor(slot, height, root);
    return looked;
  }

  /** Commits a mark unless every state that was read is one that this handle has seen acknowledged. */
  async #prove(session: PostgresSession, looked: readonly { readonly slot: SlotName; readonly state: StoredState }[]): Promise<void> {
    const isProven = looked.every(({ slot, state: { version, condemned } }) => {
      if (condemned !== undefined) return false;
      return version === undefined || this.#memory.versions.get(Input.nameOf(slot)) === version;
    });
    if (isProven) return;
    await session.prove();
    for (const { slot, state } of looked) if (state.version !== undefined) this.#memory.acknowledge(Input.nameOf(slot), state.version);
  }

  #acknowledgeAll(rows: Rows): void {
    for (const [name, version] of versionsOf(rows)) this.#memory.acknowledge(name, version);
  }

  async #raise(name: SlotName, height: bigint): Promise<bigint> {
    const statements = [this.#sql.addKey(name.key), this.#sql.lockKeys([name.key]), this.#sql.raise(name, height), this.#sql.state(name)];
    const watermark = (await this.#write(statements))[3]?.[0]?.[0];
    if (typeof watermark !== 'string') corrupt('postgres', 'the server', 'a slot is gone');
    return BigInt(watermark);
  }

  #write(statements: readonly string[]): Promise<readonly Rows[]> {
    return this.#slow.run((session) => session.commit(statements));
  }
}
