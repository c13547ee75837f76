// Connections of one store handle: made when needed, one piece of work at a time on each, given up after any failure.
import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode, type SatlockError } from '../../base/Errors.ts';
import { missing, notDurable, type Reason, rolledBack, timedOut, unavailable } from './clusterErrors.ts';
import { nameOf, type SlotName } from './clusterInput.ts';
import { isRetryable } from './postgresErrors.ts';
import { recordsOf, stateOf, versionsOf } from './postgresRows.ts';
import { create, identify } from './postgresSchema.ts';
import { connect, type PostgresSession } from './postgresSession.ts';
import type { PostgresSql } from './postgresSql.ts';
import type { PostgresTarget } from './postgresUrl.ts';

/** How long a handle that has found a primary waits for a better one. */
const GRACE_MS = 500;

/** What a handle has seen acknowledged. A server that knows less was exchanged, restored or left behind by a failover. */
export class PostgresMemory {
  readonly mayCreate: boolean;
  storeId: string | undefined;
  timeline = 0;
  hasStandbys = false;
  /** The version of each slot, by its names. @shape key and chain as hex, with a colon */
  readonly versions: Map<string, bigint> = new Map();

  constructor(mayCreate: boolean) {
    this.mayCreate = mayCreate;
  }

  /** The highest record of each slot that this handle has seen. */
  readonly anchors: Map<string, { readonly slot: SlotName; readonly height: bigint; readonly root: string }> = new Map();

  /** @throws store.rolled-back */
  check(session: PostgresSession, storeId: string, versions: ReadonlyMap<string, bigint>): void {
    const { timeline } = session.facts;
    if (this.storeId !== undefined && this.storeId !== storeId) rolledBack('postgres', session.where, 'this is another store than before');
    if (timeline < this.timeline)
      rolledBack('postgres', session.where, `its timeline is ${timeline}, but the store had come to ${this.timeline}: an old primary`);
    // A promoted standby may have no standby of its own yet. But a primary that goes on has not lost its standbys' names by itself.
    if (this.hasStandbys && !session.facts.hasStandbys && timeline === this.timeline)
      notDurable(
        'postgres',
        session.where,
        'the server named standbys and names none any more; start the signer anew to go on with one machine',
      );
    for (const [name, version] of this.versions) {
      const now = versions.get(name) ?? 0n;
      if (now < version) rolledBack('postgres', session.where, `slot ${name} is at version ${now} and was at ${version}`);
    }
    this.storeId = storeId;
    this.hasStandbys = session.facts.hasStandbys;
    this.timeline = timeline;
  }

  /** Notes a record that an acknowledged claim inserted or found. */
  anchor(slot: SlotName, height: bigint, root: string): void {
    const name = nameOf(slot);
    const last = this.anchors.get(name);
    if (last === undefined || height > last.height) this.anchors.set(name, { slot, height, root });
  }

  /** Notes what an acknowledged transaction, or a read followed by one, has told. */
  acknowledge(name: string, version: bigint): void {
    if (version > (this.versions.get(name) ?? 0n)) this.versions.set(name, version);
  }
}

/** One connection at a time, to whichever of the hosts is the primary. */
export class PostgresLane {
  readonly #target: PostgresTarget;
  readonly #sql: PostgresSql;
  readonly #memory: PostgresMemory;
  #session: PostgresSession | undefined;
  #tail: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(target: PostgresTarget, sql: PostgresSql, memory: PostgresMemory) {
    this.#target = target;
    this.#sql = sql;
    this.#memory = memory;
  }

  /**
   * Runs `work` after everything that was asked before. Work that the server ended because of another transaction is run again, twice.
   *
   * @throws store.timeout - also when its turn does not come in time: then nothing was sent
   */
  run<T>(work: (session: PostgresSession) => Promise<T>): Promise<T> {
    const { timeoutMs } = this.#target;
    const asked = Date.now();
    const turn = this.#tail.then(async () => {
      // Behind a server that does not answer, each would wait for all before it.
      if (Date.now() - asked > timeoutMs) timedOut('postgres', 'this handle', timeoutMs);
      try {
        return await this.#attempts(work);
      } catch (error) {
        return this.#judged(error);
      }
    });
    this.#tail = turn.catch(() => undefined);
    return turn;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#tail;
    await this.#session?.close();
  }

  async #attempts<T>(work: (session: PostgresSession) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const session = await this.#ready();
      try {
        return await work(session);
      } catch (error) {
        if (attempt === 3 || !isRetryable(error)) throw error;
      }
    }
  }

  /**
   * Only who opens a store is told that a server is a standby. Later it means that the primary is gone and the standby not promoted yet, which
   * passes: nobody has to mend a store for that.
   */
  #judged(error: unknown): never {
    if (!isStandby(error) || this.#memory.timeline === 0) throw error;
    // it may be another server than the one that this connection was made to
    void this.#session?.close();
    this.#session = undefined;
    return unavailable('postgres', error.reason.where, 'no host is a primary now: this one is a standby', error);
  }

  async #ready(): Promise<PostgresSession> {
    if (this.#isClosed) unavailable('postgres', 'this handle', 'the store is closed');
    if (this.#session?.isUsable() === true) return this.#session;
    void this.#session?.close();
    this.#session = undefined;
    const session = await this.#primary();
    try {
      const { schema } = this.#target;
      const found = await identify(session, schema);
      // Only who opens a store may make it: one that is gone later is not replaced by an empty one.
      if (found === undefined && this.#memory.storeId !== undefined)
        rolledBack('postgres', session.where, 'the tables of the store are gone');
      if (found === undefined && !this.#memory.mayCreate) missing('postgres', session.where);
      const storeId = found ?? (await create(session, schema));
      const [rows = []] = await session.look([this.#sql.states()]);
      await this.#checkAnchors(session);
      this.#memory.check(session, storeId, versionsOf(rows));
      this.#session = session;
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /**
   * Connects to all hosts at once and takes the primary of the latest timeline: after a failover the old one may be up and willing too.
   * A handle that knows a timeline waits only a little for the others, one that opens the store as long as for anything.
   */
  async #primary(): Promise<PostgresSession> {
    const { hosts, timeoutMs } = this.#target;
    const found: PostgresSession[] = [];
    let isOver = false;
    const attempts = hosts.map(async (host) => {
      const session = await connect(this.#target, host);
      if (isOver) void session.close();
      else found.push(session);
    });
    const all = Promise.allSettled(attempts);
    const patience = new AbortController();
    const grace = this.#memory.timeline === 0 ? timeoutMs : GRACE_MS;
    const first = Promise.any(attempts).then(() => sleep(grace, undefined, { signal: patience.signal }));
    await Promise.race([all, first.catch(() => all)]);
    patience.abort();
    isOver = true;
    const best = found.reduce<PostgresSession | undefined>(
      (a, b) => (a === undefined || b.facts.timeline > a.facts.timeline ? b : a),
      undefined,
    );
    for (const session of found) if (session !== best) void session.close();
    if (best !== undefined) return best;
    // nobody is left to wait for: all have failed
    throw (await all).reduce<unknown>((worst, each) => (each.status === 'rejected' ? moreTelling(worst, each.reason) : worst), undefined);
  }

  /** Only pruning takes a record away, and it leaves a watermark over it. A store that has come as far as before on another way is told by this. */
  async #checkAnchors(session: PostgresSession): Promise<void> {
    const anchors = [...this.#memory.anchors.values()];
    if (anchors.length === 0) return;
    const results = await session.look(anchors.flatMap(({ slot, height }) => [this.#sql.state(slot), this.#sql.held(slot, [height])]));
    for (const [i, { slot, height, root }] of anchors.entries()) {
      const { watermark = -1n } = stateOf(results[2 * i]?.[0], session.where);
      const [held] = recordsOf(results[2 * i + 1] ?? [], session.where);
      const isPruned = held === undefined && height <= watermark;
      if (!isPruned && held?.root !== root)
        rolledBack(
          'postgres',
          session.where,
          `the record at height ${height} of slot ${nameOf(slot)}, which this process has seen, is not what it was`,
        );
    }
  }
}

/** That a host cannot be reached says less than what another one answered. */
function moreTelling(a: unknown, b: unknown): unknown {
  const isMute = (error: unknown): boolean =>
    error === undefined ||
    hasCode<Reason, Reason['code']>(error, 'store.unavailable') ||
    hasCode<Reason, Reason['code']>(error, 'store.timeout');
  if (a === undefined) return b;
  return isMute(a) || isStandby(a) ? b : a;
}

function isStandby(error: unknown): error is SatlockError<Extract<Reason, { readonly code: 'store.read-only' }>> {
  return hasCode<Reason, 'store.read-only'>(error, 'store.read-only');
}
