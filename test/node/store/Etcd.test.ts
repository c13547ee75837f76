// The etcd store against a real cluster of one member: the rules of every store, alarms, users, certificates, stores that were changed behind its back.
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { Etcd3 } from 'etcd3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as Input from '../../../src/node/store/clusterInput.ts';
import * as EtcdStore from '../../../src/node/store/EtcdStore.ts';
import { EtcdClient } from '../../../src/node/store/etcdClient.ts';
import { EtcdKeys } from '../../../src/node/store/etcdKeys.ts';
import { inspect } from '../../../src/node/store/etcdServer.ts';
import { EtcdSlots } from '../../../src/node/store/etcdSlots.ts';
import { useTls } from '../../../src/node/store/etcdTls.ts';
import { parse } from '../../../src/node/store/etcdUrl.ts';
import type { SignStore } from '../../../src/signer/SignStore.ts';
import { type EtcdCluster, missingEtcd, startEtcd } from '../../support/etcdServer.ts';
import { startProxy } from '../../support/proxy.ts';
import { certificate, describeIfInstalled, until } from '../../support/serverProcess.ts';
import { conforms } from './conformance.ts';
import { codeOf, collect, record, rejects, slotOf } from './conformanceSupport.ts';

describeIfInstalled(missingEtcd, 'etcd', () => {
  let cluster: EtcdCluster;
  let prefixes = 0;
  const urls = new WeakMap<SignStore, string>();
  const slot = slotOf(1);

  beforeAll(async () => {
    cluster = await startEtcd({ members: 1 });
  });
  afterAll(async () => {
    await cluster?.stop();
  });

  const openAt = async (url: string): Promise<SignStore> => {
    const store = await EtcdStore.open(url);
    urls.set(store, url);
    return store;
  };
  const withStore = async (work: (store: SignStore, prefix: string) => Promise<void>, more = ''): Promise<void> => {
    const prefix = `p${++prefixes}`;
    const store = await openAt(cluster.url(prefix, more));
    try {
      await store.enrol(slot, -1n);
      await work(store, prefix);
    } finally {
      await store.close();
    }
  };

  conforms('etcd', () => openAt(cluster.url(`p${++prefixes}`)), { again: (store) => openAt(urls.get(store) ?? ''), runs: 6 });

  describe('refuses another store than it knew', () => {
    test('one that is not there where none may be made, or of another version', async () => {
      await rejects(EtcdStore.open(cluster.url('nowhere'), { create: false }), 'store.missing');
      expect(await cluster.ctl(['get', '--prefix', 'nowhere'])).toBe('');
      await withStore(async (_, prefix) => {
        await (await EtcdStore.open(cluster.url(prefix), { create: false })).close();
        await cluster.ctl(['put', `${prefix}/meta`, JSON.stringify({ version: '2', storeId: '0'.repeat(32) })]);
        await rejects(openAt(cluster.url(prefix)), 'store.wrong-version');
      });
    });

    test('one that was wiped under an open handle: nothing is claimed, and no slot is opened in it', async () => {
      await withStore(async (store, prefix) => {
        await store.claim(slot, [record(1n)]);
        await cluster.ctl(['del', '--prefix', `${prefix}/`]);
        await rejects(store.claim(slot, [record(1n, 'another')]), 'store.rolled-back');
        const calls = [store.enrol(slot, -1n), store.raiseWatermark(slot, 5n), store.merge([{ ...slot, watermark: 1n, records: [] }])];
        expect(await Promise.all(calls.map(codeOf))).toEqual(['store.rolled-back', 'store.rolled-back', 'store.rolled-back']);
        // somebody makes it anew: still not the store that was opened
        const other = await openAt(cluster.url(prefix));
        await other.enrol(slot, -1n);
        await rejects(store.claim(slot, [record(1n, 'another')]), 'store.rolled-back');
        await rejects(store.enrol(slotOf(2), -1n), 'store.rolled-back');
        await rejects(store.identity(), 'store.rolled-back');
        await other.close();
      });
    });

    test('a record that was pruned is no sign of a wiped store', async () => {
      await withStore(async (store, prefix) => {
        const other = await openAt(cluster.url(prefix));
        await store.claim(slot, [record(5n)]);
        await other.prune(slot, 5n);
        expect(await store.claim(slot, [record(6n)])).toEqual([{ kind: 'inserted' }]);
        await other.close();
      });
    });

    test('a record that cannot be read is told as damage, never as absent', async () => {
      await withStore(async (store, prefix) => {
        await store.claim(slot, [record(1n), record(2n)]);
        const key = (await cluster.ctl(['get', '--prefix', '--keys-only', '--limit=1', `${prefix}/record/`])).trim();
        for (const value of ['', '{}', '{"root":"00"}', '[]', `{"root":"${'0'.repeat(64)}","signature":"zz"}`, '{"root":5}']) {
          await cluster.ctl(['put', key, '--', value]);
          await rejects(store.read(slot, [1n]), 'store.corrupt');
          await rejects(store.claim(slot, [record(1n)]), 'store.corrupt');
          await rejects(collect(store.records(slot)), 'store.corrupt');
        }
      });
    });
  });

  test('a vote that comes between what an import reads and what it writes condemns the key; nothing is written over', async () => {
    await withStore(async (store, prefix) => {
      const keys = new EtcdKeys(prefix);
      const client = new EtcdClient(parse(cluster.url(prefix)));
      const meta = (await client.range({ key: keys.meta() })).kvs[0];
      const slots = new EtcdSlots(client, keys, meta?.create_revision ?? '');
      const txn = client.txn.bind(client);
      let isFirst = true;
      client.txn = async (request, wrote) => {
        if (isFirst && request.compare !== undefined && request.compare.length > 2) {
          isFirst = false;
          expect(await store.claim(slot, [record(5n, 'ours')])).toEqual([{ kind: 'inserted' }]);
        }
        return txn(request, wrote);
      };
      const rows = [4n, 5n, 6n].map((height) => Input.row(record(height, 'theirs')));
      const merged = await slots.merge({ slot, name: Input.slotName(slot), watermark: 3n, rows });
      client.close();
      expect(isFirst).toBe(false);
      expect(merged).toMatchObject({ added: 0, contradiction: { height: 5n }, watermark: -1n });
      const { records, condemned, watermark } = await store.read(slot, [4n, 5n, 6n]);
      expect(records).toEqual([undefined, record(5n, 'ours'), undefined]);
      expect(condemned).toContain('5');
      expect(watermark).toBe(-1n);
    });
  });

  test('a large import and large messages are cut into requests that etcd takes', async () => {
    await withStore(async (store) => {
      const large = Array.from({ length: 40 }, (_, i) => ({ ...record(BigInt(i)), message: new Uint8Array(60_000).fill(i) }));
      expect((await store.claim(slot, large)).every(({ kind }) => kind === 'inserted')).toBe(true);
      expect((await store.read(slot, [0n, 39n])).records).toEqual([large[0], large[39]]);
      const [merged] = await store.merge([{ ...slotOf(2), watermark: 7n, records: large }]);
      expect(merged).toMatchObject({ added: 40, known: 0 });
      await expect(store.claim(slot, [{ ...record(99n), message: new Uint8Array(65_537) }])).rejects.toMatchObject({
        code: 'input.wrong-length',
      });
    });
  });

  test('the endpoint goes away in the middle: a failure, and then an answer that agrees with what is there', async () => {
    await withStore(async (store) => {
      const [member] = cluster.members;
      const pending = Array.from({ length: 5 }, (_, i) =>
        store.claim(slot, [record(BigInt(i))]).then(
          () => true,
          () => false,
        ),
      );
      member?.clientProxy.cut();
      await Promise.all(pending);
      expect(await codeOf(store.claim(slot, [record(7n)]))).toMatch(/^store\.(timeout|unavailable)$/);
      member?.clientProxy.freeze();
      member?.clientProxy.heal();
      await until('it is back', () =>
        store.claim(slot, [record(8n)]).then(
          () => true,
          () => false,
        ),
      );
      const again = await store.claim(slot, [record(8n, 'another')]);
      expect(again).toEqual([{ kind: 'held', record: record(8n) }]);
    }, '?timeout=700');
  });

  test('what an operator should know is told: one member, an endpoint that is silent', async () => {
    const dead = await startProxy({ port: 1 });
    dead.cut();
    const warnings: string[] = [];
    const url = cluster.url('w').replace('etcd://', `etcd://127.0.0.1:${dead.port},`);
    const store = await EtcdStore.open(url, { onWarning: (warning) => warnings.push(warning) });
    await store.enrol(slot, -1n);
    await store.close();
    await dead.close();
    expect(warnings).toHaveLength(2);
    expect(warnings.join()).toMatch(/1 member:.*1 of 2 etcd endpoints/);
  });

  test('alarms: no space and damage are refused at open, and a full cluster refuses claims', async () => {
    const small = await startEtcd({ members: 1, extraArgs: ['--quota-backend-bytes=2097152'] });
    try {
      const store = await EtcdStore.open(small.url('s'));
      await store.enrol(slot, -1n);
      await store.claim(slot, [record(1n)]);
      const fill = Array.from({ length: 4 }, (_, i) => small.ctl(['put', `fill${i}`, 'x'.repeat(120_000)]).catch(() => undefined));
      await Promise.all(fill);
      for (let i = 0n; (await codeOf(store.claim(slot, [{ ...record(100n + i), message: new Uint8Array(60_000) }]))) === 'resolved'; i++)
        if (i > 100n) throw new Error('never full');
      await rejects(store.claim(slot, [record(2n)]), 'store.full');
      expect((await store.read(slot, [1n, 2n])).records).toEqual([record(1n), undefined]);
      await rejects(EtcdStore.open(small.url('s')), 'store.full');
      await store.close();
    } finally {
      await small.stop();
    }
  });

  test('users with passwords, certificates on both sides, and nothing of either in errors', async () => {
    const pems = await certificate();
    const secure = await startEtcd({ members: 1, tls: pems });
    try {
      await secure.ctl(['user', 'add', 'root:r00t-secret']);
      await secure.ctl(['user', 'add', 'signer:s1gner/secret']);
      await secure.ctl(['role', 'add', 'signing']);
      await secure.ctl(['role', 'grant-permission', '--prefix=true', 'signing', 'readwrite', 'mine/']);
      await secure.ctl(['user', 'grant-role', 'signer', 'signing']);
      await secure.ctl(['user', 'grant-role', 'root', 'root']);
      await secure.ctl(['auth', 'enable']);
      const files = `?ca=${join(secure.folder, 'cert.pem')}&cert=${join(secure.folder, 'cert.pem')}&key=${join(secure.folder, 'key.pem')}&timeout=2000`;
      const as = (user: string, prefix = 'mine', parameters = files): string =>
        secure.url(prefix, parameters).replace('etcd://', `etcd://${user}@`);
      const store = await EtcdStore.open(as('signer:s1gner%2Fsecret'));
      await store.enrol(slot, -1n);
      expect(await store.claim(slot, [record(1n)])).toEqual([{ kind: 'inserted' }]);
      await store.close();
      const attempts = [
        as('signer:wrong-secret'),
        as('signer:s1gner%2Fsecret', 'yours'),
        secure.url('mine', files),
        as('signer:s1gner%2Fsecret', 'mine', '?timeout=500'),
        as('signer:s1gner%2Fsecret', 'mine', '?timeout=500&tls=1'),
      ];
      for (const url of attempts) {
        const error: unknown = await EtcdStore.open(url).catch((reason: unknown) => reason);
        expect(await codeOf(Promise.reject(error))).toMatch(/^store\.(unavailable|timeout)$/);
        expect(JSON.stringify(error) + String(error)).not.toContain('secret');
      }
    } finally {
      await secure.stop();
    }
  });

  test('TLS to an address, with a certificate of that address and of no other', async () => {
    const secure = await startEtcd({ members: 1, tls: await certificate(['127.0.0.1', '::1']) });
    const ends: (() => Promise<void>)[] = [() => secure.stop()];
    try {
      const file = (name: string): string => join(secure.folder, name);
      const files = `ca=${file('cert.pem')}&cert=${file('cert.pem')}&key=${file('key.pem')}`;
      const to = async (host: string): Promise<string> => {
        const forward = createServer((socket) => {
          const onward = connect({ host: '127.0.0.1', port: Number(secure.members[0]?.directEndpoint.split(':')[1]) });
          socket.on('error', () => onward.destroy()).pipe(onward);
          onward.on('error', () => socket.destroy()).pipe(socket);
        });
        await new Promise<void>((resolve) => forward.listen(0, host, resolve));
        ends.unshift(() => new Promise((resolve) => forward.close(() => resolve())));
        const { port } = forward.address() as { readonly port: number };
        return `etcd://${host.includes(':') ? `[${host}]` : host}:${port}/mine?timeout=2000&${files}`;
      };
      for (const host of ['127.0.0.1', '::1']) {
        const store = await EtcdStore.open(await to(host));
        await store.enrol(slot, -1n);
        expect((await store.claim(slot, [record(host === '::1' ? 2n : 1n)]))[0]?.kind).toBe('inserted');
        await store.close();
      }
      const error: unknown = await EtcdStore.open(await to('127.0.0.2')).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'store.timeout', message: expect.stringMatching(/does not match certificate/) });
    } finally {
      for (const end of ends) await end();
    }
  });

  test('a client library that keeps its credentials elsewhere is not used in clear, nor with credentials of its own', async () => {
    const open = (change: (pool: { hosts: unknown; authenticator: unknown }) => void): (() => void) => {
      const client = new Etcd3({ hosts: 'https://127.0.0.1:1' });
      change(Reflect.get(client, 'pool'));
      return () => useTls(client, '127.0.0.1:1', {});
    };
    expect(open(() => undefined)).not.toThrow();
    for (const change of [
      (pool: { hosts: unknown }) => Object.assign(pool, { hosts: [{ close: () => undefined }] }),
      (pool: { authenticator: unknown }) => Object.assign(pool, { authenticator: undefined }),
    ])
      expect(open(change)).toThrow('takes no credentials of ours');
  });

  test('releases that lose what they acknowledged, and a cluster that has noticed damage, are refused', async () => {
    const told = async (version: string, members: number, errors: readonly string[] = []): Promise<unknown> => {
      const answers = { version, errors, header: { cluster_id: '1' }, members: Array.from({ length: members }) };
      const stub = { where: 'stub', each: async () => [answers], ask: async () => answers } as unknown as Parameters<typeof inspect>[0];
      return codeOf(inspect(stub));
    };
    expect(await told('3.4.23', 1)).toBe('resolved');
    expect(await told('3.4.20', 3)).toBe('resolved');
    expect(await told('3.5.5', 1)).toBe('resolved');
    expect(await told('3.6.0-rc.1', 1)).toBe('resolved');
    for (const [version, members] of [
      ['3.4.20', 1],
      ['3.5.4', 1],
      ['3.5.2', 3],
      ['3.3.27', 3],
      ['2.3.8', 3],
      ['', 3],
    ] as const)
      expect(await told(version, members)).toBe('store.wrong-version');
    expect(await told('3.4.23', 3, ['memberID:1 alarm:CORRUPT '])).toBe('store.corrupt');
    expect(await told('3.4.23', 3, ['memberID:1 alarm:NOSPACE '])).toBe('store.full');
  });

  test('URLs', () => {
    expect(parse('etcd://a:1,b-c.d:2,[::1]:3/x/y/?timeout=700', {})).toEqual({
      endpoints: ['a:1', 'b-c.d:2', '[::1]:3'],
      prefix: 'x/y',
      timeoutMs: 700,
      auth: undefined,
      tls: undefined,
    });
    expect(parse('etcd://u@a:1', { SATLOCK_STORE_PASSWORD: 'p' })).toMatchObject({
      prefix: 'satlock',
      auth: { username: 'u', password: 'p' },
    });
    const bad = [
      'etcd://',
      'etcd:a:1',
      'etcd://a',
      'etcd://a:1,,b:2',
      'etcd://a:1/x?y=1',
      'etcd://a:1/x y',
      'etcd://a:1/?ca=/nothing/secret',
      'etcd://a:1/?cert=/dev/null',
    ];
    for (const url of bad) {
      let error: unknown;
      try {
        parse(url, {});
      } catch (caught) {
        error = caught;
      }
      expect(error).toMatchObject({ code: 'store.bad-url' });
      expect(String(error)).not.toContain('secret');
    }
  });
});
