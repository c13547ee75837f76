// Three etcd members: the leader killed, paused or cut off from its peers, members cut off from their clients; and a snapshot that is restored.
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import * as EtcdStore from '../../../src/node/store/EtcdStore.ts';
import type { SignStore } from '../../../src/signer/SignStore.ts';
import { type EtcdCluster, type EtcdMember, missingEtcd, startEtcd } from '../../support/etcdServer.ts';
import { describeIfInstalled, until } from '../../support/serverProcess.ts';
import { race } from './clusterRace.ts';
import { record, rejects, slotOf } from './conformanceSupport.ts';

describeIfInstalled(missingEtcd, 'etcd with three members', () => {
  let cluster: EtcdCluster;
  const slot = slotOf(1);
  const handles: SignStore[] = [];

  beforeAll(async () => {
    cluster = await startEtcd({ members: 3 });
  });
  afterAll(async () => {
    await cluster?.stop();
  });
  afterEach(async () => {
    await Promise.all(handles.splice(0).map((handle) => handle.close()));
  });

  const openAt = async (url: string): Promise<SignStore> => {
    const store = await EtcdStore.open(url);
    handles.push(store);
    return store;
  };
  /** Handles that prefer one member each. */
  const three = async (prefix: string): Promise<readonly SignStore[]> => {
    const endpoints = cluster.members.map(({ endpoint }) => endpoint);
    const turned = endpoints.map((_, i) => [...endpoints.slice(i), ...endpoints.slice(0, i)].join(','));
    return Promise.all(turned.map((list) => openAt(`etcd://${list}/${prefix}?timeout=3000`)));
  };

  const troubles: readonly [string, (leader: EtcdMember) => Promise<void> | void, (leader: EtcdMember) => Promise<void> | void][] = [
    ['killed', (leader) => leader.kill(), (leader) => leader.restart()],
    ['paused', (leader) => leader.pause(), (leader) => leader.resume()],
    ['cut off from its peers', (leader) => leader.isolate(), (leader) => leader.heal()],
    ['frozen for its clients', (leader) => leader.clientProxy.freeze(), (leader) => leader.clientProxy.heal()],
    ['cut off from its clients', (leader) => leader.clientProxy.cut(), (leader) => leader.clientProxy.heal()],
  ];

  for (const [i, [what, harm, heal]] of troubles.entries()) {
    test(`the leader is ${what}: every signer is answered by the majority, and all are told one message for each height`, async () => {
      const racers = await three(`race${i}`);
      const [first] = racers;
      if (first === undefined) throw new Error('no racer');
      await first.enrol(slot, -1n);
      const running = race(racers, slot);
      try {
        await running.goesOn(10);
        const leader = await cluster.leader();
        await harm(leader);
        try {
          await running.goesOn(15);
        } finally {
          await heal(leader);
        }
        await running.goesOn(15);
      } finally {
        await running.stop();
      }
      await running.check(first);
      for (const racer of racers) await running.check(racer);
    });
  }

  test('without a majority nothing is answered: neither a claim nor what one member still remembers', async () => {
    const [one, two] = await three('minority');
    if (one === undefined || two === undefined) throw new Error('no handle');
    await one.enrol(slot, -1n);
    await one.claim(slot, [record(1n)]);
    const [, ...others] = cluster.members;
    await Promise.all(others.map((member) => member.pause()));
    try {
      const calls = [one.claim(slot, [record(2n)]), one.read(slot, [1n]), two.read(slot, [1n]), two.identity(), one.slots()];
      for (const call of await Promise.allSettled(calls))
        expect(call.status === 'rejected' && call.reason.code).toMatch(/^store\.(timeout|unavailable)$/);
    } finally {
      for (const member of others) member.resume();
    }
    await until('it answers', () =>
      two
        .read(slot, [1n])
        .then(({ records }) => records[0] !== undefined)
        .catch(() => false),
    );
    // the claim that nobody heard of may have come through: then it stands
    const [outcome] = await two.claim(slot, [record(2n, 'another')]);
    if (outcome?.kind === 'held') expect(outcome.record).toEqual(record(2n));
    else expect(outcome?.kind).toBe('inserted');
  });

  test('a snapshot restored in place has a lower revision, restored elsewhere another id; an open handle refuses it', async () => {
    const [store, reader, idle] = await three('snapshot');
    if (store === undefined || reader === undefined || idle === undefined) throw new Error('no handle');
    await store.enrol(slot, -1n);
    await store.claim(slot, [record(1n)]);
    const snapshot = join(cluster.folder, 'snapshot');
    await cluster.ctl(['snapshot', 'save', snapshot]);
    await store.claim(slot, [record(2n)]);
    const before = await store.identity();
    await reader.read(slot, [2n]);
    await idle.claim(slot, [record(1n)]);
    await idle.identity();
    await cluster.restore(snapshot);
    // this one has seen nothing that is lost but the revision, which its own claim would bring back to where it was
    await rejects(idle.claim(slot, [record(2n, 'another')]), 'store.rolled-back');
    await cluster.restore(snapshot);
    await until('it is noticed', () =>
      store.read(slot, [2n]).then(
        () => false,
        (error) => error.code === 'store.rolled-back',
      ),
    );
    await rejects(store.claim(slot, [record(2n, 'another')]), 'store.rolled-back');
    const [again] = await three('snapshot');
    const after = await again?.identity();
    expect(after?.storeId).toBe(before.storeId);
    expect(after?.sequence).toBeLessThan(before.sequence);
    expect((await again?.read(slot, [1n, 2n]))?.records).toEqual([record(1n), undefined]);
    // nor does it help that the restored cluster has come further than the lost one: what this process saw at height 2 is not there
    for (let height = 3n; height < 13n; height++) expect((await again?.claim(slot, [record(height)]))?.[0]?.kind).toBe('inserted');
    for (const each of [store, reader]) await rejects(each.claim(slot, [record(2n, 'another')]), 'store.rolled-back');
    expect((await again?.read(slot, [2n]))?.records).toEqual([undefined]);
    const elsewhere = await startEtcd({ members: 1, snapshot });
    try {
      const copy = await EtcdStore.open(elsewhere.url('snapshot'));
      expect((await copy.identity()).storeId).not.toBe(before.storeId);
      expect((await copy.read(slot, [1n])).records).toEqual([record(1n)]);
      await copy.close();
    } finally {
      await elsewhere.stop();
    }
  });
});
