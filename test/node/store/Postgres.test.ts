// The PostgreSQL store against a real server: the rules of every store, settings that lose data, stores that were changed behind its back.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as SignerHome from '../../../src/node/SignerHome.ts';
import * as SignerService from '../../../src/node/SignerService.ts';
import * as PostgresStore from '../../../src/node/store/PostgresStore.ts';
import { PostgresMemory } from '../../../src/node/store/postgresLane.ts';
import type { PostgresSession } from '../../../src/node/store/postgresSession.ts';
import { parse } from '../../../src/node/store/postgresUrl.ts';
import type { SignStore } from '../../../src/signer/SignStore.ts';
import { missingPostgres, type PostgresServer, startPostgres } from '../../support/postgresServer.ts';
import { certificate, describeIfInstalled, until } from '../../support/serverProcess.ts';
import { conforms } from './conformance.ts';
import { codeOf, collect, record, rejects, slotOf } from './conformanceSupport.ts';

describeIfInstalled(missingPostgres, 'PostgreSQL', () => {
  let server: PostgresServer;
  let schemas = 0;
  const urls = new WeakMap<SignStore, string>();
  const slot = slotOf(1);

  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(async () => {
    await server?.stop();
  });

  const openAt = async (url: string): Promise<SignStore> => {
    const store = await PostgresStore.open(url);
    urls.set(store, url);
    return store;
  };
  const freshUrl = (more = ''): string => server.url(`?schema=s${++schemas}${more}`);
  const withStore = async (work: (store: SignStore, schema: string) => Promise<void>, more = ''): Promise<void> => {
    const store = await openAt(freshUrl(more));
    const schema = `s${schemas}`;
    try {
      await store.enrol(slot, -1n);
      await work(store, schema);
    } finally {
      await store.close();
    }
  };
  const inDatabase = (statement: string): Promise<string> => server.sql(statement, 'satlock');
  /** Ends every connection of the signer on the server's side. */
  const disconnect = async (): Promise<void> => {
    await server.sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'signer'");
  };
  /** Runs with a setting that the server reloads, and puts it back. */
  const withSetting = async (name: string, value: string, back: string, work: () => Promise<void>): Promise<void> => {
    const set = async (to: string): Promise<void> => {
      await server.configure([`${name} = ${to}`]);
      await until(`${name} is ${to}`, async () => (await server.sql(`SHOW ${name}`)).trim() === to.replaceAll("'", ''));
    };
    await set(value);
    try {
      await work();
    } finally {
      await set(back);
    }
  };

  conforms('PostgreSQL', () => openAt(freshUrl()), { again: (store) => openAt(urls.get(store) ?? ''), runs: 6 });

  describe('refuses a server that forgets', () => {
    for (const name of ['fsync', 'full_page_writes']) {
      test(`${name} = off, at connect and under an open store`, async () => {
        await withStore(async (store) => {
          await store.claim(slot, [record(1n)]);
          await withSetting(name, 'off', 'on', async () => {
            await rejects(openAt(freshUrl()), 'store.not-durable');
            // the connection may learn of it one command late
            await store.claim(slot, [record(2n)]).catch(() => undefined);
            await rejects(store.claim(slot, [record(3n)]), 'store.not-durable');
          });
          expect((await store.claim(slot, [record(4n)]))[0]?.kind).toBe('inserted');
        });
      });
    }

    test('standbys are required and none is named, or are named and no commit waits for them', async () => {
      await rejects(openAt(freshUrl('&standbys=required')), 'store.not-durable');
      await server.sql('ALTER ROLE signer SET synchronous_commit = local');
      try {
        await withSetting('synchronous_standby_names', "'nobody'", "''", async () => {
          await rejects(openAt(freshUrl()), 'store.not-durable');
        });
        // alone, the setting of the role does not matter: every transaction sets its own
        await withStore(async (store) => {
          expect(await store.claim(slot, [record(1n)])).toEqual([{ kind: 'inserted' }]);
        });
      } finally {
        await server.sql('ALTER ROLE signer RESET synchronous_commit');
      }
    });

    test('a signer without synchronous standbys starts and warns its operator', async () => {
      const root = mkdtempSync(join(tmpdir(), 'satlock-postgres-'));
      const warnings: string[] = [];
      try {
        const paths = SignerHome.init(join(root, 'home'));
        const { running } = await SignerService.start({
          ...{ paths, config: {}, keystore: SignerHome.keystore(paths), store: freshUrl(), listen: '127.0.0.1:0', strict: false },
          ...{ babylonApi: [], warn: (warning: string) => warnings.push(warning), log: { level: 'silent' } },
        });
        await running.stop();
        expect(warnings).toEqual([expect.stringContaining('no synchronous standby')]);
      } finally {
        rmSync(root, { recursive: true, force: true });
      }
    });

    test('tables that a crash empties', async () => {
      await withStore(async (_, schema) => {
        await inDatabase(`ALTER TABLE ${schema}.records SET UNLOGGED`);
        await rejects(openAt(server.url(`?schema=${schema}`)), 'store.not-durable');
      });
    });
  });

  describe('refuses another store than it knew', () => {
    test('of another version, with tables missing, or not there where none may be made', async () => {
      await rejects(PostgresStore.open(freshUrl(), { create: false }), 'store.missing');
      await withStore(async (_, schema) => {
        const url = server.url(`?schema=${schema}`);
        await (await PostgresStore.open(url, { create: false })).close();
        await inDatabase(`UPDATE ${schema}.meta SET version = '2'`);
        await rejects(openAt(url), 'store.wrong-version');
        await inDatabase(`DROP TABLE ${schema}.lists`);
        await rejects(openAt(url), 'store.corrupt');
      });
    });

    test('gone, exchanged or older, when it connects again', async () => {
      await withStore(async (store, schema) => {
        await store.claim(slot, [record(1n)]);
        await inDatabase(`UPDATE ${schema}.slots SET version = version - 1`);
        await disconnect();
        await until('it has noticed', () => codeOf(store.claim(slot, [record(2n)])).then((code) => code === 'store.rolled-back'));
        await inDatabase(`UPDATE ${schema}.slots SET version = version + 1`);
        expect((await store.claim(slot, [record(2n)]))[0]?.kind).toBe('inserted');
        // restored, and come further than before by what others signed since
        await inDatabase(`DELETE FROM ${schema}.records WHERE height = 2; UPDATE ${schema}.slots SET version = version + 100`);
        await disconnect();
        await until('it has noticed', () =>
          codeOf(store.claim(slot, [record(2n, 'another')])).then((code) => code === 'store.rolled-back'),
        );
        await store.close();
        const again = await openAt(server.url(`?schema=${schema}`));
        await again.claim(slot, [record(2n)]);
        await again.prune(slot, 2n);
        await disconnect();
        await until('pruned is not lost', () => codeOf(again.claim(slot, [record(3n)])).then((code) => code === 'resolved'));
        await inDatabase(`UPDATE ${schema}.meta SET store_id = '${'0'.repeat(32)}'`);
        await disconnect();
        await until('it has noticed', () => codeOf(again.read(slot, [])).then((code) => code === 'store.rolled-back'));
        await inDatabase(`DROP SCHEMA ${schema} CASCADE`);
        await disconnect();
        await until('it has noticed', () => codeOf(again.read(slot, [])).then((code) => code === 'store.rolled-back'));
        expect(await inDatabase(`SELECT count(*) FROM pg_namespace WHERE nspname = '${schema}'`)).toBe('0\n');
        await again.close();
      });
    });

    test('a record that cannot be read is told as damage, never as absent', async () => {
      await withStore(async (store, schema) => {
        await store.claim(slot, [record(1n)]);
        await inDatabase(`ALTER TABLE ${schema}.records DROP CONSTRAINT records_signing_root_check`);
        await inDatabase(`UPDATE ${schema}.records SET signing_root = '\\x00'`);
        await rejects(store.read(slot, [1n]), 'store.corrupt');
        await rejects(store.claim(slot, [record(1n)]), 'store.corrupt');
        await rejects(collect(store.records(slot)), 'store.corrupt');
      });
    });
  });

  describe('in trouble', () => {
    test('a slot that another session holds is a timeout, writes nothing, and is over when that session ends', async () => {
      await withStore(async (store, schema) => {
        const holder = server.sql(`BEGIN; SELECT 1 FROM ${schema}.slots FOR UPDATE; SELECT pg_sleep(1.2); COMMIT`, 'satlock');
        await until(
          'it holds the slot',
          async () => (await inDatabase("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(1%'")) !== '1\n',
        );
        await rejects(store.claim(slot, [record(1n, 'one')]), 'store.timeout');
        await holder;
        expect((await store.read(slot, [1n])).records).toEqual([undefined]);
        expect((await store.claim(slot, [record(1n, 'two')]))[0]?.kind).toBe('inserted');
      }, '&timeout=1000');
    });

    test('a lost connection rejects what was under way, and the next call connects again', async () => {
      await withStore(async (store) => {
        const pending = Array.from({ length: 5 }, (_, i) =>
          store.claim(slot, [record(BigInt(i))]).then(
            () => true,
            () => false,
          ),
        );
        server.proxy.cut();
        await Promise.all(pending);
        await rejects(store.claim(slot, [record(7n)]), 'store.unavailable');
        server.proxy.heal();
        await until('it is back', () =>
          store.claim(slot, [record(8n)]).then(
            () => true,
            () => false,
          ),
        );
        const [again] = await store.claim(slot, [record(8n, 'another')]);
        expect(again?.kind).toBe('held');
      });
    });

    test('a network that swallows everything is a timeout for reads, claims and who opens, and nothing hangs', async () => {
      const url = freshUrl('&timeout=400');
      const store = await openAt(url);
      try {
        await store.enrol(slot, -1n);
        server.proxy.freeze();
        const calls = [store.read(slot, [1n]), store.claim(slot, [record(1n)]), store.enrol(slotOf(2), 1n), store.identity(), openAt(url)];
        for (const call of await Promise.allSettled(calls)) expect(call.status === 'rejected' && call.reason.code).toBe('store.timeout');
        server.proxy.heal();
        await until('it is back', () =>
          store.claim(slot, [record(2n)]).then(
            () => true,
            () => false,
          ),
        );
      } finally {
        server.proxy.heal();
        await store.close();
      }
    });

    test('calls do not wait for one another behind a network that swallows everything', async () => {
      const store = await openAt(freshUrl('&timeout=400'));
      try {
        server.proxy.freeze();
        const calls = Array.from({ length: 100 }, (_, i) => codeOf(store.enrol(slotOf(i), 1n)));
        expect(new Set(await Promise.all(calls))).toEqual(new Set(['store.timeout']));
      } finally {
        server.proxy.heal();
        await store.close();
      }
    }, 20_000);

    test('what was answered is there after a kill of all server processes', async () => {
      await withStore(async (store) => {
        const told: bigint[] = [];
        let isOver = false;
        const writers = [0n, 1n, 2n].map(async (offset) => {
          for (let height = offset; !isOver; height += 3n) {
            const outcome = await store.claim(slot, [record(height)]).catch(() => undefined);
            if (outcome?.[0]?.kind === 'inserted') told.push(height);
            else if (outcome === undefined) await sleep(10);
          }
        });
        await until('some are written', () => told.length > 50);
        await server.kill();
        isOver = true;
        await Promise.all(writers);
        await server.restart();
        const there = new Set((await collect(store.records(slot))).map(({ height }) => height));
        expect(told.filter((height) => !there.has(height))).toEqual([]);
      });
    });

    test('a server that never speaks is a timeout', async () => {
      const sockets: Socket[] = [];
      const silent = createServer((socket) => void sockets.push(socket));
      await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
      const address = silent.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      await rejects(openAt(`postgres://x@127.0.0.1:${port}/y?timeout=300`), 'store.timeout');
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
  });

  test('a server of an earlier timeline is an old primary', () => {
    const memory = new PostgresMemory(true);
    const at = (timeline: number, hasStandbys: boolean): PostgresSession =>
      ({ where: 'stub', facts: { systemId: '1', timeline, hasStandbys } }) as unknown as PostgresSession;
    memory.check(at(2, true), 'a', new Map());
    expect(() => memory.check(at(1, true), 'a', new Map())).toThrow('store.rolled-back');
    expect(() => memory.check(at(2, false), 'a', new Map())).toThrow('store.not-durable');
    memory.check(at(3, false), 'a', new Map());
    expect(() => memory.check(at(3, false), 'b', new Map())).toThrow('store.rolled-back');
  });

  test('TLS as the URL asks for it: with the certificate of the server, and not with another', async () => {
    const certFile = await server.secure(await certificate());
    const encrypted = (): Promise<string> =>
      server
        .sql("SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'signer' AND ssl")
        .then((text) => text.trim());
    await until('the server speaks TLS', async () => (await server.sql('SHOW ssl')).trim() === 'on');
    await withStore(async (store) => {
      expect(await store.claim(slot, [record(1n)])).toEqual([{ kind: 'inserted' }]);
      expect(Number(await encrypted())).toBeGreaterThan(0);
    }, `&sslmode=verify-full&sslrootcert=${certFile}`);
    const other = await certificate();
    const otherFile = `${server.folder}/other.pem`;
    writeFileSync(otherFile, other.cert);
    await rejects(openAt(freshUrl(`&sslmode=verify-full&sslrootcert=${otherFile}`)), 'store.unavailable');
    const elsewhere = await server.secure(await certificate(['127.0.0.2']));
    await until('a certificate of another address is refused', async () => {
      const error: unknown = await openAt(freshUrl(`&sslmode=verify-full&sslrootcert=${elsewhere}`)).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'store.unavailable' });
      return /does not match certificate/.test(String(error));
    });
  });

  test('no password in any error', async () => {
    const url = server.url().replace(/:([^:@]*)@/, ':not-the-password@');
    const error: unknown = await openAt(url).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'store.unavailable' });
    expect(JSON.stringify(error) + String(error) + JSON.stringify((error as Error).cause)).not.toContain('not-the-password');
    for (const bad of [
      'postgres:secret',
      'postgres://u:secret@h/d?schema=A',
      'postgres://u:secret@h/d?timeout=1',
      'postgres://u:secret@h/d?standbys=2',
    ]) {
      const refused: unknown = await openAt(bad).catch((reason: unknown) => reason);
      expect(refused).toMatchObject({ code: 'store.bad-url' });
      expect(JSON.stringify(refused) + String(refused)).not.toContain('secret');
    }
  });

  test("URLs: several hosts, the driver's parameters kept, ours taken out", () => {
    const { hosts, schema, timeoutMs } = parse(
      'postgres://u:p%40@a:1,b:2/d?sslmode=verify-full&schema=x_1&timeout=700&sslrootcert=/ca.pem',
    );
    expect(hosts.map(({ where }) => where)).toEqual(['a:1', 'b:2']);
    expect(hosts[1]?.connectionString).toBe('postgres://u:p%40@b:2/d?sslmode=verify-full&sslrootcert=%2Fca.pem');
    expect({ schema, timeoutMs }).toEqual({ schema: 'x_1', timeoutMs: 700 });
  });
});
