// The PostgreSQL store against a real server: the rules of every store, the ends of the numbers, settings that lose data.
import { afterAll, beforeAll } from 'vitest';
import * as PostgresStore from '../../../src/node/store/PostgresStore.ts';
import type { SignStore } from '../../../src/signer/SignStore.ts';
import { missingPostgres, type PostgresServer, startPostgres } from '../../support/postgresServer.ts';
import { describeIfInstalled } from '../../support/serverProcess.ts';
import { conforms } from './conformance.ts';

describeIfInstalled(missingPostgres, 'PostgreSQL', () => {
  let server: PostgresServer;
  let schemas = 0;
  const urls = new WeakMap<SignStore, string>();

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

  conforms('PostgreSQL', () => openAt(server.url(`?schema=s${++schemas}`)), { again: (store) => openAt(urls.get(store) ?? ''), runs: 10 });
});
