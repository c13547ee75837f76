// The embedded store keeps the rules of a sign store.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as LmdbStore from '../../../src/node/store/LmdbStore.ts';
import type { SignStore } from '../../../src/signer/SignStore.ts';
import { conforms } from './conformance.ts';

const folders = new WeakMap<SignStore, string>();

const opened = async (path: string): Promise<SignStore> => {
  const store = await LmdbStore.open({ path, create: true });
  folders.set(store, path);
  return store;
};

conforms('lmdb', () => opened(join(mkdtempSync(join(tmpdir(), 'satlock-lmdb-')), 'data')), {
  again: (store) => opened(folders.get(store) ?? ''),
  dispose: async (store) => rmSync(join(folders.get(store) ?? '', '..'), { recursive: true, force: true }),
});
