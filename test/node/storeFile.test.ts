// Which file a store is: a copy has another identity, and a store that hides its file is refused.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import * as LmdbStore from '../../src/node/store/LmdbStore.ts';
import * as StoreFile from '../../src/node/storeFile.ts';
import { MemoryStore } from '../../src/signer/MemoryStore.ts';

const root = mkdtempSync(join(tmpdir(), 'satlock-store-file-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('the identity of a store’s file', () => {
  it('stays when the store is opened again, and is not that of a copy', async () => {
    const identities: (string | undefined)[] = [];
    for (const path of [join(root, 'data'), join(root, 'data'), join(root, 'copy')]) {
      if (identities.length === 2) cpSync(join(root, 'data'), path, { recursive: true, preserveTimestamps: true });
      const store = await LmdbStore.open({ path, create: identities.length === 0 });
      identities.push(StoreFile.identityOf(store));
      await store.close();
    }
    const [first = '', again = '', copy = ''] = identities;
    expect([StoreFile.isSame(first, again), StoreFile.isSame(first, copy)]).toEqual([true, false]);
    expect(first).toMatch(/^[0-9]+(:[0-9]+)?$/);
  });

  it('is none for a store that has no file, and never none for LMDB', async () => {
    const store = new MemoryStore();
    expect(StoreFile.identityOf(store)).toBeUndefined();
    const hidden = new Proxy(store, { get: (target, name) => (name === 'kind' ? 'lmdb' : Reflect.get(target, name, target)) });
    expect(() => StoreFile.identityOf(hidden)).toThrow('[store-file.no-path]');
  });

  it.each([
    ['5', '5', true],
    ['5:7', '5', true],
    ['5:7', '5:7', true],
    ['5:7', '5:8', false],
    ['5:7', '6:7', false],
    ['5', '6', false],
  ])('%s and %s: the same %s', (a, b, isSame) => {
    expect([StoreFile.isSame(a, b), StoreFile.isSame(b, a)]).toEqual([isSame, isSame]);
  });
});
