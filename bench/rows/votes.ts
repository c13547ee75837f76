// Rows 26 to 28: durable votes. The other side is the store's own durable commit of a record of the same size, in the same run: a vote is one
// such commit, so 1x is the limit for single requests. eotsd cannot run here; its bbolt commit waits for the same disk.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Etcd3 } from 'etcd3';
import { missingEtcd, startEtcd } from '../../test/support/etcdServer.ts';
import { missingPostgres, startPostgres } from '../../test/support/postgresServer.ts';
import { PROJECT } from '../build.ts';
import type { Fixtures } from '../fixtures.ts';
import type { Budget } from '../measure.ts';
import { compareWall, inLanes } from '../measureWall.ts';
import type { Finding, Latency } from '../report.ts';
import { type Bench, benchOver, type SignStore } from '../votes.ts';

/** Hash, signature, message, time and what an encoding adds: what one vote writes. */
const RECORD_BYTES = 128;
const BATCH = 1_000;

type Opened = {
  readonly name: string;
  readonly store: SignStore;
  /** One durable commit of one new record, by the store's own client and with the same settings. */
  readonly commit: () => Promise<void>;
  readonly close: () => Promise<void>;
};

/** Rows 26 and 27. */
export async function storeRows(fixtures: Fixtures, _: Budget, quick: boolean): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const open of [openLmdb, openPostgres, openEtcd]) {
    const opened = await open(fixtures);
    if (typeof opened === 'string') findings.push(skipped(opened));
    else {
      try {
        findings.push(...(await rowsOf(fixtures, opened, quick)));
      } finally {
        await opened.close();
      }
    }
  }
  return findings;
}

async function rowsOf(fixtures: Fixtures, { name, store, commit }: Opened, quick: boolean): Promise<readonly Finding[]> {
  const bench = await benchOver(fixtures, store, fixtures.lib.backends.native ?? fixtures.lib.backends.wasm);
  await prepare(bench, 50_000);
  const own = {
    name: `${name}: one durable commit of ${RECORD_BYTES} bytes`,
    request: async () => {
      await commit();
      return 1;
    },
  };
  const requests = quick ? 20 : 60;
  const rounds = quick ? 3 : 9;
  const single = await compareWall({ name: `satlock on ${name}: one vote`, request: bench.nextVote }, own, { rounds, requests });
  const lanes = await inLanes({ name: `latency: 64 callers at once, one vote each`, request: bench.nextVote }, 64, quick ? 5 : 20);
  const batches = await compareWall(
    { name: `satlock on ${name}: a vote of a batch of 1,000`, request: () => bench.nextBatch(BATCH) },
    own,
    {
      ...{ rounds: quick ? 3 : 5, requests: 3, otherRequests: requests },
    },
  );
  const perSecond = 1e6 / batches.comparison.ours.microseconds.median;
  const isDefault = name === 'LMDB';
  const checked = 'every vote is new and signed; the store resolves once its record is on the disk';
  return [
    {
      row: 26,
      kind: 'ratio',
      name: `One durable vote after another, ${name}`,
      checked,
      comparison: single.comparison,
      latencies: [...single.latencies, lanes],
      target: { text: ">= 0.9x of the store's own durable commits", met: single.comparison.ratio.median >= 0.9 },
      note: 'by the wall clock; both sides wait for the same disk in turns',
    },
    {
      row: 27,
      kind: 'ratio',
      name: `Durable votes in batches of 1,000, ${name}`,
      checked,
      comparison: batches.comparison,
      latencies: batches.latencies.slice(0, 1),
      ...(isDefault
        ? { target: { text: `>= 5,000/s (${Math.round(perSecond).toLocaleString('en-US')}/s)`, met: perSecond >= 5_000 } }
        : {
            note: `${Math.round(perSecond).toLocaleString('en-US')} votes per second; no target, the network round trips are on loopback here`,
          }),
    },
  ];
}

/** The points of the heights that follow, so that no vote multiplies: as after a commitment of randomness. */
async function prepare({ signer, slot, nextVotes }: Bench, count: number): Promise<void> {
  const [first] = nextVotes(1);
  await signer.randomness({ ...slot, startHeight: first?.height ?? 0n, count, interval: 1n });
}

function skipped(why: string): Finding {
  return { row: 26, kind: 'time', unit: '', name: `skipped: ${why}`, checked: 'nothing', times: [] };
}

/** A folder on the disk of the project: the temporary folder of a system may be memory. */
function diskFolder(name: string): { readonly path: string; readonly remove: () => void } {
  const path = join(PROJECT, '.cache', `bench-${name}-${process.pid}`);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

let serial = 0;
const record = (): Buffer => Buffer.alloc(RECORD_BYTES, serial & 0xff);

/** A key of 40 bytes, rising as those of votes do. */
function key(): Buffer {
  const made = Buffer.alloc(40, 7);
  made.writeBigUInt64BE(BigInt(serial++), 32);
  return made;
}

async function openLmdb({ lib }: Fixtures): Promise<Opened> {
  const { open } = (await lib.part('node/store/LmdbStore')) as typeof import('../../src/node/store/LmdbStore.ts');
  const lmdb = await import('lmdb');
  const [ours, bare] = [diskFolder('votes'), diskFolder('bare')];
  const store = await open({ path: ours.path, create: true });
  // As the store opens it: a commit is flushed before its promise resolves.
  const options = {
    path: bare.path,
    noSubdir: false,
    overlappingSync: false,
    encoding: 'binary',
    keyEncoding: 'binary',
    maxDbs: 1,
  } as const;
  const database = lmdb.open<Buffer, Buffer>(options);
  return {
    name: 'LMDB',
    store,
    commit: async () => {
      await database.put(key(), record());
    },
    close: async () => {
      await store.close();
      await database.close();
      for (const folder of [ours, bare]) folder.remove();
    },
  };
}

async function openPostgres({ lib }: Fixtures): Promise<Opened | string> {
  if (missingPostgres !== undefined) return missingPostgres;
  const { open } = (await lib.part('node/store/PostgresStore')) as typeof import('../../src/node/store/PostgresStore.ts');
  const { default: pg } = await import('pg');
  const server = await startPostgres();
  const store = await open(server.url('?schema=bench'));
  const client = new pg.Client({ connectionString: server.url() });
  await client.connect();
  await client.query('CREATE TABLE bare (key bytea PRIMARY KEY, value bytea NOT NULL)');
  return {
    name: 'PostgreSQL',
    store,
    commit: async () => {
      await client.query({ name: 'put', text: 'INSERT INTO bare VALUES ($1, $2)', values: [key(), record()] });
    },
    close: async () => {
      await store.close();
      await client.end();
      await server.stop();
    },
  };
}

async function openEtcd({ lib }: Fixtures): Promise<Opened | string> {
  if (missingEtcd !== undefined) return missingEtcd;
  const { open } = (await lib.part('node/store/EtcdStore')) as typeof import('../../src/node/store/EtcdStore.ts');
  const { Etcd3: Client } = await import('etcd3');
  const cluster = await startEtcd({ members: 1 });
  const store = await open(cluster.url('bench'));
  const client: Etcd3 = new Client({ hosts: cluster.members.map(({ endpoint }) => endpoint) });
  return {
    name: 'etcd (one member)',
    store,
    commit: async () => {
      await client.put(key()).value(record()).exec();
    },
    close: async () => {
      await store.close();
      client.close();
      await cluster.stop();
    },
  };
}

/** Row 28: through gRPC, as an fpd asks. Daemon and client share this process and its cores. */
export async function daemonRows(fixtures: Fixtures, _: Budget, quick: boolean): Promise<readonly Finding[]> {
  const { lib } = fixtures;
  const { serve } = (await lib.part('node/daemon/SignerDaemon')) as typeof import('../../src/node/daemon/SignerDaemon.ts');
  const { SignerClient } = (await lib.part('node/daemon/SignerClient')) as typeof import('../../src/node/daemon/SignerClient.ts');
  const { store, commit, close } = await openLmdb(fixtures);
  const bench = await benchOver(fixtures, store, lib.backends.native ?? lib.backends.wasm);
  await prepare(bench, 50_000);
  const hmacKey = new TextEncoder().encode('a key of the benchmark');
  const keystore = {
    list: () => [{ name: 'bench', publicKey: bench.slot.publicKey, unlocked: true }],
    unlock: async () => undefined,
  };
  const log = { level: 'silent' } as const;
  const running = await serve({ signer: bench.signer, keystore, store, listen: '127.0.0.1:0', auth: { hmacKey }, log });
  const client = new SignerClient({ address: running.address, hmacKey });
  const sign = async (): Promise<number> => {
    const [vote] = bench.nextVotes(1);
    if (vote === undefined) throw new Error('no vote');
    await client.sign({ ...bench.slot, ...vote });
    return 1;
  };
  const signBatch = async (): Promise<number> => {
    const { signatures } = await client.signBatch(bench.slot, bench.nextVotes(BATCH));
    if (signatures.size !== BATCH) throw new Error('a vote was not signed');
    return BATCH;
  };
  const own = {
    name: 'LMDB: one durable commit',
    request: async () => {
      await commit();
      return 1;
    },
  };
  try {
    const requests = quick ? 20 : 60;
    const single = await compareWall({ name: 'satlock: SignEOTS over gRPC with its MAC', request: sign }, own, {
      rounds: quick ? 3 : 9,
      requests,
    });
    const latencies: Latency[] = [...single.latencies];
    for (const lanes of [16, 64])
      latencies.push(await inLanes({ name: `latency: ${lanes} callers at once`, request: sign }, lanes, quick ? 5 : 20));
    latencies.push(await inLanes({ name: 'latency: SignBatchEOTS of 1,000', request: signBatch }, 1, quick ? 3 : 10));
    return [
      {
        row: 28,
        kind: 'ratio',
        name: 'One vote after another over gRPC, LMDB, by the wall clock',
        checked: 'every vote is new and signed',
        comparison: single.comparison,
        latencies,
        note: 'daemon and client share one process here; no target. eotsd itself cannot run here',
      },
    ];
  } finally {
    client.close();
    await running.stop();
    await close();
  }
}
