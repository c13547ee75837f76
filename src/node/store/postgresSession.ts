// One checked connection to a PostgreSQL primary, and the only form in which transactions run on it.
//
// Why an acknowledged commit is durable: `synchronous_commit` is set inside every transaction, whatever the role or the URL says, so a commit
// returns after its WAL is flushed here and on the synchronous standbys that the server names. A wait that is broken off ends in a WARNING
// and a plain success (PostgreSQL manual, 27.2.8): any warning is therefore a refusal. WAL is one sequence: an acknowledged commit
// made after a read proves everything that was read, also what another session had committed here but not yet replicated. So each
// transaction writes a message into the WAL (`pg_logical_emit_message`): without a write of its own its commit would wait for nothing.
import { Socket } from 'node:net';
import pg from 'pg';
import { isSatlockError } from '../../base/Errors.ts';
import { notDurable, readOnly, textOf, timedOut, unavailable, wrongVersion } from './clusterErrors.ts';
import { failOf } from './postgresErrors.ts';
import type { PostgresTarget } from './postgresUrl.ts';

/** Rows as text, whatever their types: nothing is rounded or parsed by the driver. */
export type Rows = readonly (readonly (string | null)[])[];

type Line = { readonly client: pg.Client; readonly socket: Socket };

/** What a connection says of its server. */
export type ServerFacts = {
  readonly systemId: string;
  readonly timeline: number;
  readonly hasStandbys: boolean;
};

const AS_TEXT = { getTypeParser: () => (value: string | null) => value };
/** Statements that every transaction begins with. */
const PROLOGUE = 7;
/** PostgreSQL 12, as `server_version_num` writes it: the oldest that was looked at. */
const OLDEST = 120_000;
const PASSED: unique symbol = Symbol('the time has passed');

/** A connection that is used by one caller at a time. After any failure but a clean SQL error it is closed. */
export class PostgresSession {
  readonly where: string;
  readonly facts: ServerFacts;
  readonly #client: pg.Client;
  readonly #socket: Socket;
  readonly #target: PostgresTarget;
  readonly #commitLevel: string;
  readonly #pid: string;
  readonly #started: string;
  readonly #connectionString: string;
  #warnings: string[] = [];
  #problem: string | undefined;

  /** Use {@link connect}. */
  constructor(
    { client, socket }: Line,
    target: PostgresTarget,
    host: PostgresTarget['hosts'][number],
    answers: Record<string, string | null>,
  ) {
    this.#client = client;
    this.#socket = socket;
    this.#target = target;
    this.where = host.where;
    this.#connectionString = host.connectionString;
    this.facts = checked(answers, host.where, target.needsStandbys);
    // remote_apply waits for more than a flush and stays; everything else becomes a flush on all machines
    this.#commitLevel = answers['level'] === 'remote_apply' ? 'remote_apply' : 'on';
    this.#pid = answers['pid'] ?? '';
    this.#started = answers['started'] ?? '';
    client.on('error', (error) => {
      this.#problem ??= textOf(error);
    });
    client.on('end', () => {
      this.#problem ??= 'the connection ended';
    });
    client.on('notice', (notice) => this.#warnings.push(notice.message ?? 'a warning without words'));
  }

  isUsable(): boolean {
    return this.#problem === undefined;
  }

  /**
   * Runs statements in one transaction and one round trip, and returns the rows of each after the commit is acknowledged.
   *
   * @throws store.not-durable - the commit was not replicated, or the server was told to forget; what was written may be there or not
   */
  async commit(statements: readonly string[]): Promise<readonly Rows[]> {
    this.#warnings = [];
    const results = await this.#query([...this.#prologue(), ...statements, EPILOGUE, 'COMMIT'].join(';\n'));
    await this.#settle(results.slice(-2));
    return results.slice(PROLOGUE, PROLOGUE + statements.length).map((result) => result.rows as Rows);
  }

  /** The same for reads: one snapshot, nothing durable. Follow it by {@link prove} unless all that was read is known to be durable. */
  async look(statements: readonly string[]): Promise<readonly Rows[]> {
    const text = ['BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', 'SET LOCAL search_path = pg_catalog', ...statements, 'COMMIT'].join(
      ';\n',
    );
    const results = await this.#query(text);
    return results.slice(2, 2 + statements.length).map((result) => result.rows as Rows);
  }

  /** A commit that writes nothing but a mark: acknowledged, it proves everything that was read before it. */
  async prove(): Promise<void> {
    await this.commit([]);
  }

  /** Several steps in one transaction, the later ones depending on the earlier ones. Not retried, not sent in one go. */
  async transaction<T>(steps: (run: (statement: string) => Promise<Rows>) => Promise<T>): Promise<T> {
    this.#warnings = [];
    await this.#query(this.#prologue().join(';\n'));
    try {
      const outcome = await steps(async (statement) => (await this.#query(statement))[0]?.rows as Rows);
      await this.#settle(await this.#query(`${EPILOGUE};\nCOMMIT`));
      return outcome;
    } catch (error) {
      if (this.isUsable()) await this.#rollBack();
      throw error;
    }
  }

  /** Ends the connection; what is under way on it ends too. */
  async close(): Promise<void> {
    this.#problem ??= 'closed';
    const limit = deadline(1_000);
    await Promise.race([this.#client.end().catch(() => undefined), limit.passed.catch(() => undefined)]);
    limit.clear();
    // a server that takes no leave must not keep this process alive
    this.#socket.destroy();
  }

  #prologue(): readonly string[] {
    const ms = this.#target.timeoutMs;
    return [
      'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE',
      `SET LOCAL synchronous_commit = ${this.#commitLevel}`,
      `SET LOCAL lock_timeout = ${Math.ceil(ms * 0.6)}`,
      `SET LOCAL statement_timeout = ${Math.ceil(ms * 0.8)}`,
      'SET LOCAL client_min_messages = warning',
      'SET LOCAL standard_conforming_strings = on',
      'SET LOCAL search_path = pg_catalog',
    ];
  }

  /** Judges the end of a transaction: the settings under which it committed, and what the server said about it. */
  async #settle(last: readonly pg.QueryArrayResult[]): Promise<void> {
    const [epilogue, commit] = last;
    const [fsync, pageWrites, level, standbys] = (epilogue?.rows[0] ?? []) as Rows[number];
    if (commit?.command !== 'COMMIT') return this.#refuse(`the transaction ended in ${commit?.command ?? 'nothing'}`);
    const [warning] = this.#warnings;
    if (warning !== undefined) return this.#refuse(warning);
    if (fsync !== 'on' || pageWrites !== 'on') return this.#refuse('fsync or full_page_writes was turned off');
    if (level !== this.#commitLevel) return this.#refuse(`synchronous_commit is ${level}`);
    if (!this.facts.hasStandbys) return;
    if (standbys === '') return this.#refuse('the server named standbys and names none any more');
    // Who empties the list releases every commit that waits, without a warning. The next command sees the new list.
    const [after] = await this.#query('SHOW synchronous_standby_names');
    if (after?.rows[0]?.[0] === '') this.#refuse('the list of standbys was emptied while the commit waited for them');
  }

  #refuse(problem: string): never {
    this.#problem ??= problem;
    notDurable('postgres', this.where, problem);
  }

  async #query(text: string): Promise<readonly pg.QueryArrayResult[]> {
    if (this.#problem !== undefined) unavailable('postgres', this.where, this.#problem);
    const limit = deadline(this.#target.timeoutMs);
    try {
      const sent = this.#client.query<(string | null)[]>({ text, rowMode: 'array', types: AS_TEXT });
      const results: unknown = await Promise.race([sent, limit.passed]);
      return Array.isArray(results) ? results : [results as pg.QueryArrayResult];
    } catch (error) {
      return this.#failed(error);
    } finally {
      limit.clear();
    }
  }

  async #failed(error: unknown): Promise<never> {
    if (error instanceof pg.DatabaseError) {
      await this.#rollBack();
      failOf(error, this.where, this.#target.timeoutMs);
    }
    this.#problem ??= textOf(error);
    void this.close();
    if (error === PASSED) {
      void this.#free();
      timedOut('postgres', this.where, this.#target.timeoutMs);
    }
    unavailable('postgres', this.where, `the connection was lost: ${textOf(error)}`, error);
  }

  async #rollBack(): Promise<void> {
    const limit = deadline(1_000);
    try {
      await Promise.race([this.#client.query('ROLLBACK'), limit.passed]);
    } catch {
      this.#problem ??= 'a transaction could not be rolled back';
      void this.close();
    } finally {
      limit.clear();
    }
  }

  /** Ends the server's side of a connection that we gave up: a commit that waits for a standby would keep its locks for ever. */
  async #free(): Promise<void> {
    const client = new pg.Client({ connectionString: this.#connectionString, connectionTimeoutMillis: 2_000, query_timeout: 2_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      const text = 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND backend_start::text = $2';
      await client.query(text, [this.#pid, this.#started]);
    } catch {
      // the server cannot be reached: then it will notice by itself
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

const EPILOGUE = `SELECT current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit'),
 current_setting('synchronous_standby_names'), pg_logical_emit_message(true, 'satlock', '')`;

const QUESTIONS = `SELECT current_setting('fsync') AS fsync, current_setting('full_page_writes') AS page_writes,
 current_setting('synchronous_standby_names') AS standbys, pg_is_in_recovery()::text AS recovery,
 current_setting('server_version_num') AS version, (SELECT reset_val FROM pg_settings WHERE name = 'synchronous_commit') AS level,
 (SELECT system_identifier::text FROM pg_control_system()) AS system_id,
 CASE WHEN pg_is_in_recovery() THEN NULL ELSE left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) END AS timeline,
 pg_backend_pid()::text AS pid, (SELECT backend_start::text FROM pg_stat_activity WHERE pid = pg_backend_pid()) AS started`;

/**
 * Connects to one host and looks whether its server may be trusted with signatures.
 *
 * @throws store.unavailable, store.timeout, store.read-only, store.not-durable, store.wrong-version
 */
export async function connect(target: PostgresTarget, host: PostgresTarget['hosts'][number]): Promise<PostgresSession> {
  const { timeoutMs } = target;
  const socket = new Socket();
  const client = new pg.Client({
    application_name: 'satlock',
    connectionString: host.connectionString,
    stream: () => socket,
    // our own clock is the first to strike
    connectionTimeoutMillis: timeoutMs + 500,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  });
  client.on('error', () => undefined);
  const limit = deadline(timeoutMs);
  try {
    const asked = client.connect().then(() => client.query<Record<string, string | null>>({ text: QUESTIONS, types: AS_TEXT }));
    const answer = await Promise.race([asked, limit.passed]);
    return new PostgresSession({ client, socket }, target, host, answer.rows[0] ?? {});
  } catch (error) {
    socket.destroy();
    if (error === PASSED) timedOut('postgres', host.where, timeoutMs);
    if (error instanceof pg.DatabaseError) failOf(error, host.where, timeoutMs);
    if (isSatlockError(error)) throw error;
    return unavailable('postgres', host.where, `cannot connect: ${textOf(error)}`, error);
  } finally {
    limit.clear();
  }
}

function checked(answers: Record<string, string | null>, where: string, needsStandbys: boolean): ServerFacts {
  const { fsync, page_writes: pageWrites, standbys, recovery, level, system_id: systemId, timeline, version } = answers;
  if (recovery !== 'false') readOnly('postgres', where, 'the server is a standby');
  if (!(Number(version) >= OLDEST)) wrongVersion('postgres', `server ${version}`, `server ${OLDEST} or later`);
  if (fsync !== 'on') notDurable('postgres', where, 'fsync is off');
  if (pageWrites !== 'on') notDurable('postgres', where, 'full_page_writes is off');
  const hasStandbys = standbys !== '';
  if (hasStandbys && (level === 'off' || level === 'local'))
    notDurable('postgres', where, `standbys are named, but synchronous_commit is ${level} by default`);
  if (needsStandbys && !hasStandbys) notDurable('postgres', where, 'synchronous_standby_names is empty');
  return { systemId: systemId ?? '', timeline: Number.parseInt(timeline ?? '0', 16), hasStandbys };
}

/** A promise that rejects with PASSED when the time is over, unless it is cleared. */
function deadline(ms: number): { readonly passed: Promise<never>; readonly clear: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const passed = new Promise<never>((_, failed) => {
    timer = setTimeout(() => failed(PASSED), ms);
  });
  return { passed, clear: () => clearTimeout(timer) };
}
