// Real PostgreSQL servers on loopback ports: one alone, or one with a standby that takes part in every commit.
import { execFile } from 'node:child_process';
import { appendFileSync, chownSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePorts, startProxy, type TcpProxy } from './proxy.ts';
import { account, findProgram, newFolder, removeFolder, type ServerProcess, start, until, versionFolders } from './serverProcess.ts';

export interface PostgresServer {
  /** A URL for clients, through the proxy. */
  readonly url: (parameters?: string) => string;
  readonly port: number;
  readonly proxy: TcpProxy;
  readonly folder: string;
  readonly process: () => ServerProcess;
  readonly kill: () => Promise<void>;
  readonly pause: () => Promise<void>;
  readonly resume: () => void;
  readonly restart: () => Promise<void>;
  readonly promote: () => Promise<void>;
  /** One statement by psql as the superuser, straight to the server; rows as text. */
  readonly sql: (statement: string, database?: string) => Promise<string>;
  /** Serves by TLS from now on; returns the path of the certificate. */
  readonly secure: (pem: { readonly cert: string; readonly key: string }) => Promise<string>;
  /** Adds settings and reloads them. */
  readonly configure: (lines: readonly string[]) => Promise<void>;
  readonly stop: () => Promise<void>;
}

const folders = versionFolders('/usr/lib/postgresql');
const programs = Object.fromEntries(
  ['initdb', 'postgres', 'pg_basebackup', 'pg_ctl', 'psql'].map((name) => [name, findProgram(name, folders)]),
);

/** Why PostgreSQL cannot be started here; undefined when it can. */
export const missingPostgres: string | undefined = Object.values(programs).includes(undefined)
  ? 'there is no PostgreSQL server (Debian: postgresql)'
  : undefined;

/** The name by which a standby is named in `synchronous_standby_names`. */
const STANDBY = 'satlock_standby';

const PASSWORD = 'satlock-test-password';

/** A new server with a role `signer` (password by md5/scram) that owns the database `satlock`. */
export async function startPostgres(settings: readonly string[] = []): Promise<PostgresServer> {
  const folder = newFolder('postgres', account('postgres'));
  const data = join(folder, 'data');
  const pwFile = join(folder, 'pw');
  writeFileSync(pwFile, PASSWORD);
  const owner = account('postgres');
  await run(
    'initdb',
    ['-D', data, '-U', 'postgres', '-A', 'scram-sha-256', `--pwfile=${pwFile}`, '-N', '-E', 'UTF8', '--locale=C'],
    folder,
    true,
  );
  writeFileSync(
    join(data, 'pg_hba.conf'),
    ['local all all trust', 'host all all 127.0.0.1/32 scram-sha-256', 'host replication all 127.0.0.1/32 scram-sha-256', ''].join('\n'),
  );
  void owner;
  const server = await launch(folder, data, settings);
  await server.sql(`CREATE ROLE signer LOGIN PASSWORD '${PASSWORD}'`);
  await server.sql('CREATE DATABASE satlock OWNER signer');
  return server;
}

export interface PostgresPair {
  readonly primary: PostgresServer;
  readonly standby: PostgresServer;
  readonly standbyName: string;
  /** What the standby receives goes through here. */
  readonly replication: TcpProxy;
  /** A URL of both servers, the first primary first. */
  readonly bothUrl: (parameters?: string) => string;
}

/** A server whose commits wait for a standby's disk, and that standby. */
export async function startPostgresPair(): Promise<PostgresPair> {
  const primary = await startPostgres();
  const replication = await startProxy({ port: primary.port });
  try {
    const folder = newFolder('standby', account('postgres'));
    const data = join(folder, 'data');
    const from = `host=127.0.0.1 port=${replication.port} user=postgres password=${PASSWORD} application_name=${STANDBY}`;
    await run('pg_basebackup', ['-D', data, '-d', from, '-R', '-X', 'stream', '-c', 'fast', '-N'], folder);
    const standby = await launch(folder, data, []);
    await primary.configure([`synchronous_standby_names = '${STANDBY}'`]);
    await until('the standby takes part', async () => (await primary.sql('SELECT sync_state FROM pg_stat_replication')).trim() === 'sync');
    const bothUrl = (parameters = ''): string => primary.url(parameters).replace(/@([^/]*)/, `@$1,127.0.0.1:${standby.proxy.port}`);
    return {
      primary,
      standby: {
        ...standby,
        stop: async () => {
          await replication.close();
          await standby.stop();
        },
      },
      standbyName: STANDBY,
      replication,
      bothUrl,
    };
  } catch (error) {
    await replication.close();
    await primary.stop();
    throw error;
  }
}

async function launch(folder: string, data: string, settings: readonly string[]): Promise<PostgresServer> {
  const [port = 0] = await freePorts(1);
  const proxy = await startProxy({ port });
  const log = join(folder, 'log');
  const basics = [
    `port = ${port}`,
    "listen_addresses = '127.0.0.1'",
    `unix_socket_directories = '${folder}'`,
    'shared_buffers = 16MB',
    'max_connections = 150',
    'wal_sender_timeout = 0',
    'max_wal_size = 128MB',
    'min_wal_size = 32MB',
    'autovacuum = off',
  ];
  // what initdb left unsynced is many small files: one call for all of them after a crash
  if (Number(/ (\d+)/.exec(await run('postgres', ['-V'], folder))?.[1]) >= 14) basics.push('recovery_init_sync_method = syncfs');
  appendFileSync(join(data, 'postgresql.conf'), `${[...basics, ...settings].join('\n')}\n`);
  let running: ServerProcess;
  const psql = (statement: string, database = 'postgres'): Promise<string> => {
    const how = ['-h', folder, '-p', `${port}`, '-U', 'postgres', '-d', database, '-XAtq', '-v', 'ON_ERROR_STOP=1'];
    return run('psql', [...how, '-c', statement], folder);
  };
  const begin = async (): Promise<void> => {
    running = start(programs['postgres'] ?? '', ['-D', data], { account: account('postgres'), cwd: folder, log, lastSignal: 'QUIT' });
    await until('PostgreSQL answers', async () => (await psql('SELECT 1').catch(() => '')).trim() === '1', 30_000, log);
  };
  await begin();
  const configure = async (lines: readonly string[]): Promise<void> => {
    appendFileSync(join(data, 'postgresql.conf'), `${lines.join('\n')}\n`);
    await psql('SELECT pg_reload_conf()');
  };
  return {
    url: (parameters = '') => `postgres://signer:${PASSWORD}@127.0.0.1:${proxy.port}/satlock${parameters}`,
    port,
    proxy,
    folder,
    process: () => running,
    kill: () => running.stop('SIGKILL'),
    pause: () => running.pause(),
    resume: () => running.signal('SIGCONT'),
    restart: async () => {
      if (running.isRunning()) await running.stop('SIGKILL');
      await begin();
    },
    promote: async () => {
      await run('pg_ctl', ['promote', '-D', data, '-w', '-t', '20'], folder);
    },
    sql: psql,
    secure: async ({ cert, key }) => {
      const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
      const owner = account('postgres');
      for (const [file, text] of [
        [certFile, cert],
        [keyFile, key],
      ] as const) {
        writeFileSync(file, text, { mode: 0o600 });
        if (owner !== undefined) chownSync(file, owner.uid, owner.gid);
      }
      await configure(['ssl = on', `ssl_cert_file = '${certFile}'`, `ssl_key_file = '${keyFile}'`]);
      return certFile;
    },
    configure,
    stop: async () => {
      await running.stop('SIGQUIT');
      await proxy.close();
      removeFolder(folder);
    },
  };
}

async function run(name: string, args: readonly string[], folder: string, isQuiet = false): Promise<string> {
  const path = programs[name];
  if (path === undefined) throw new Error(missingPostgres);
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, LC_ALL: 'C' };
  const { stdout } = await promisify(execFile)(path, [...args], { env, cwd: folder, ...account('postgres'), timeout: 60_000 });
  return isQuiet ? '' : stdout;
}

/** The last lines of a server's log, for failures. */
export function logOf(server: PostgresServer): string {
  const log = join(server.folder, 'log');
  return existsSync(log) ? readFileSync(log, 'utf8') : '';
}
