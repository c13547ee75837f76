// The embedded store keeps the rules of a sign store.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import * as LmdbStore from '../../../src/node/store/LmdbStore.ts';
import type { SignStore } from '../../../src/signer/SignStore.ts';
import { conforms } from './conformance.ts';
import { temporary } from './lmdbProcess.ts';

const root = temporary();
const folders = new WeakMap<SignStore, string>();
let made = 0;

afterAll(() => rmSync(root, { recursive: true, force: true }));

const opened = async (path: string): Promise<SignStore> => {
  const store = await LmdbStore.open({ path, create: true });
  folders.set(store, path);
  return store;
};

conforms('lmdb', () => opened(join(root, `${made++}`)), { again: (store) => opened(folders.get(store) ?? '') });
