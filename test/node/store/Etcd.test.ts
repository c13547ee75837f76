// The etcd store against a real cluster of one member: the rules of every store, snapshots that are restored, alarms.
import { afterAll, beforeAll } from 'vitest';
import * as EtcdStore from '../../../src/node/store/EtcdStore.ts';
import type { SignStore } from '../../../src/signer/SignStore.ts';
import { type EtcdCluster, missingEtcd, startEtcd } from '../../support/etcdServer.ts';
import { describeIfInstalled } from '../../support/serverProcess.ts';
import { conforms } from './conformance.ts';

describeIfInstalled(missingEtcd, 'etcd', () => {
  let cluster: EtcdCluster;
  let prefixes = 0;
  const urls = new WeakMap<SignStore, string>();

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

  conforms('etcd', () => openAt(cluster.url(`p${++prefixes}`)), { again: (store) => openAt(urls.get(store) ?? ''), runs: 10 });
});
