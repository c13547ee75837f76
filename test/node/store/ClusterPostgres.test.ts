// Two PostgreSQL servers, of which one takes part in every commit of the other: stopped, cut off, killed, promoted.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import * as PostgresStore from '../../../src/node/store/PostgresStore.ts';
import type { SignStore } from '../../../src/signer/SignStore.ts';
import { missingPostgres, type PostgresPair, startPostgresPair } from '../../support/postgresServer.ts';
import { describeIfInstalled, until } from '../../support/serverProcess.ts';
import { type Race, race } from './clusterRace.ts';
import { codeOf, record, rejects, slotOf } from './conformanceSupport.ts';

describeIfInstalled(missingPostgres, 'PostgreSQL with a synchronous standby', () => {
  let pair: PostgresPair;
  const slot = slotOf(1);
  const handles: SignStore[] = [];
  let running: Race | undefined;

  beforeAll(async () => {
    pair = await startPostgresPair();
  });
  afterAll(async () => {
    await pair?.standby.stop();
    await pair?.primary.stop();
  });
  afterEach(async () => {
    await running?.stop();
    await Promise.all(handles.splice(0).map((handle) => handle.close()));
  });

  const onPrimary = async (more: string): Promise<SignStore> => {
    const store = await PostgresStore.open(pair.primary.url(more));
    handles.push(store);
    return store;
  };
  const onBoth = async (more: string): Promise<SignStore> => {
    const store = await PostgresStore.open(pair.bothUrl(more));
    handles.push(store);
    return store;
  };
  const onServer = (server: PostgresPair['primary'], schema: string, height: number): Promise<string> =>
    server.sql(`SELECT count(*) FROM ${schema}.records WHERE height = ${height}`, 'satlock').then((text) => text.trim());
  const standbyIsBack = (): Promise<void> =>
    until('the standby takes part', async () => (await pair.primary.sql('SELECT sync_state FROM pg_stat_replication')).trim() === 'sync');
  const waits = (): Promise<void> =>
    until(
      'a commit waits',
      async () => (await pair.primary.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")).trim() !== '0',
    );

  describe('while the standby does not answer', () => {
    test('a claim is no success, and the record that it left on the primary is told to nobody, until the standby has it', async () => {
      const [one, two] = [await onPrimary('?schema=a&timeout=800'), await onPrimary('?schema=a&timeout=800')];
      await one.enrol(slot, -1n);
      await one.claim(slot, [record(1n)]);
      await two.read(slot, [1n]);
      await pair.standby.pause();
      try {
        expect(await codeOf(one.claim(slot, [record(2n)]))).toBe('store.timeout');
        // the server's side of the call that was given up is ended: now every session of this server sees the record
        await until('it is on the primary', async () => (await onServer(pair.primary, 'a', 2)) === '1');
        const calls = [one, two].flatMap((handle) => [
          handle.read(slot, [2n]),
          handle.claim(slot, [record(2n)]),
          handle.identity(),
          handle.slots(),
          handle.records(slot)[Symbol.asyncIterator]().next(),
        ]);
        expect(new Set(await Promise.all(calls.map(codeOf)))).toEqual(new Set(['store.timeout']));
        await rejects(onPrimary('?schema=a&timeout=800'), 'store.timeout');
      } finally {
        pair.standby.resume();
      }
      await standbyIsBack();
      await until('it answers', async () => (await codeOf(two.read(slot, [2n]))) === 'resolved');
      expect((await two.read(slot, [2n])).records).toEqual([record(2n)]);
      expect(await one.claim(slot, [record(2n, 'another')])).toEqual([{ kind: 'held', record: record(2n) }]);
      const connections = await pair.primary.sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'signer'");
      expect(Number(connections)).toBeLessThanOrEqual(6);
    });

    test('a wait that somebody breaks off is no success', async () => {
      const store = await onPrimary('?schema=b');
      await store.enrol(slot, -1n);
      await pair.standby.pause();
      try {
        const claimed = codeOf(store.claim(slot, [record(1n)]));
        await waits();
        await pair.primary.sql("SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
        expect(await claimed).toBe('store.not-durable');
      } finally {
        pair.standby.resume();
      }
      await standbyIsBack();
      expect((await store.claim(slot, [record(1n, 'another')]))[0]).toEqual({ kind: 'held', record: record(1n) });
    });

    test('nor is one that ends because the list of standbys is emptied; a list that stays empty is refused', async () => {
      const store = await onPrimary('?schema=c');
      await store.enrol(slot, -1n);
      await pair.standby.pause();
      try {
        const claimed = codeOf(store.claim(slot, [record(1n)]));
        await waits();
        await pair.primary.configure(["synchronous_standby_names = ''"]);
        expect(await claimed).toBe('store.not-durable');
      } finally {
        pair.standby.resume();
        await pair.primary.configure([`synchronous_standby_names = '${pair.standbyName}'`]);
      }
      await standbyIsBack();
      expect((await store.read(slot, [1n])).records).toEqual([record(1n)]);
      // the list is emptied under an open connection: refused there, and by the next connection of this handle too
      await pair.primary.configure(["synchronous_standby_names = ''"]);
      try {
        await until('it is noticed', async () => (await codeOf(store.claim(slot, [record(2n)]))) === 'store.not-durable');
        for (let i = 0; i < 3; i++) expect(await codeOf(store.claim(slot, [record(3n)]))).toBe('store.not-durable');
        await rejects(onPrimary('?schema=c&standbys=required'), 'store.not-durable');
      } finally {
        await pair.primary.configure([`synchronous_standby_names = '${pair.standbyName}'`]);
      }
      await standbyIsBack();
      await until('it goes on', async () => (await codeOf(store.claim(slot, [record(4n)]))) === 'resolved');
    });
  });

  test('a standby is refused', async () => {
    await rejects(PostgresStore.open(pair.standby.url('?schema=a')), 'store.read-only');
  });

  test('racers over a stopped and a killed primary and a promoted standby: one message for each height, none lost, none that only the old one has', async () => {
    const schema = 'r';
    const more = `?schema=${schema}&timeout=1000`;
    const racers = [await onBoth(more), await onBoth(more), await onBoth(more)];
    const old = await onPrimary(more);
    const [first] = racers;
    await first?.enrol(slot, -1n);
    await first?.enrol(slotOf(2), -1n);
    await old.claim(slotOf(2), [record(1n)]);
    running = race(racers, slot);
    const failed = (): number => running?.failures().length ?? 0;
    await running.goesOn(20);
    await pair.primary.pause();
    await until('somebody notices', () => failed() > 2);
    pair.primary.resume();
    await running.goesOn(20);
    await pair.standby.pause();
    await until('somebody notices', () => failed() > 8);
    pair.standby.resume();
    await running.goesOn(20);
    // from here on the primary commits alone, and must not say so
    pair.replication.cut();
    expect(await codeOf(old.claim(slotOf(2), [record(2n)]))).toBe('store.timeout');
    await until('it is on the primary', async () => (await onServer(pair.primary, schema, 2)) !== '0');
    await pair.primary.kill();
    // only a standby answers: nothing that somebody would have to mend in the store
    for (let i = 0; i < 3; i++)
      expect(await first?.read(slot, [1n]).catch((error: unknown) => error)).toMatchObject({ code: 'store.unavailable' });
    expect(await first?.identity().catch(String)).toMatch(/no host is a primary now/);
    await pair.standby.promote();
    await running.goesOn(20);
    await pair.primary.restart();
    expect(
      await pair.primary.sql(`SELECT count(*) FROM ${schema}.records WHERE height = 2 AND get_byte(public_key, 0) = 2`, 'satlock'),
    ).toBe('1\n');
    const calls = [
      old.read(slotOf(2), [2n]),
      old.claim(slotOf(2), [record(2n)]),
      old.read(slot, [1n]),
      old.identity(),
      PostgresStore.open(pair.primary.url(more)),
    ];
    expect(new Set(await Promise.all(calls.map(codeOf)))).toEqual(new Set(['store.timeout']));
    // who opens both finds the new one, although the old one is the first and answers
    await onBoth(more);
    await running.goesOn(20);
    await running.stop();
    const [now] = racers;
    if (now === undefined) throw new Error('no racer');
    await running.check(now);
    expect(await now.claim(slotOf(2), [record(2n, 'another')])).toEqual([{ kind: 'inserted' }]);
    expect((await now.read(slotOf(2), [1n])).records).toEqual([record(1n)]);
    // who was on the new primary does not go back to the old one, even if that one would commit
    await pair.primary.configure(["synchronous_standby_names = ''"]);
    await pair.primary.sql('SELECT 1');
    const fresh = await onBoth(more);
    expect((await fresh.read(slotOf(2), [2n])).records).toEqual([record(2n, 'another')]);
    pair.standby.proxy.cut();
    await until('it looks for the old one', async () => (await codeOf(now.claim(slot, [record(1_000_000n)]))) === 'store.rolled-back');
    pair.standby.proxy.heal();
    await until('it is back', async () => (await codeOf(now.claim(slot, [record(1_000_000n)]))) === 'resolved');
  });
});
