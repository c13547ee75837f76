// The folder of a signer: when an empty store may be made in passing, and when one is missing.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import * as SignerHome from '../../src/node/SignerHome.ts';

const root = mkdtempSync(join(tmpdir(), 'satlock-home-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const options = { scryptN: 2 ** 14 };
const STORE = 'ab'.repeat(16);
const PASSPHRASE = 'only for tests';

describe('a signer that never had a store', () => {
  it('is one without a witness, whose keys belong to none', async () => {
    const paths = SignerHome.init(join(root, 'new'));
    const keystore = SignerHome.keystore(paths, options);
    expect(SignerHome.neverHadStore(paths, keystore)).toBe(true);
    await keystore.generate({ name: 'fp', passphrase: PASSPHRASE });
    expect(SignerHome.neverHadStore(paths, keystore)).toBe(true);
  });

  it('is none when a key belongs to one, or a witness has seen one', async () => {
    const paths = SignerHome.init(join(root, 'old'));
    const keystore = SignerHome.keystore(paths, options);
    await keystore.generate({ name: 'fp', passphrase: PASSPHRASE });
    await keystore.unlock('fp', PASSPHRASE);
    keystore.bindTo(STORE);
    expect(SignerHome.neverHadStore(paths, SignerHome.keystore(paths, options))).toBe(false);
    keystore.remove('fp');
    expect(SignerHome.neverHadStore(paths, keystore)).toBe(true);
    writeFileSync(paths.witness, '{}');
    expect(SignerHome.neverHadStore(paths, keystore)).toBe(false);
  });

  it('gets no store where one is missing: reading never makes one', async () => {
    const paths = SignerHome.init(join(root, 'reading'));
    await expect(SignerHome.openStore(paths, undefined, { readOnly: true })).rejects.toMatchObject({ code: 'store.missing' });
    await expect(SignerHome.openStore(paths, undefined, { create: false })).rejects.toMatchObject({ code: 'store.missing' });
    const store = await SignerHome.openStore(paths, undefined, { create: true });
    expect((await store.identity()).sequence).toBe(0n);
    await store.close();
  });
});

describe('the config', () => {
  it.each([
    ['store', 5],
    ['metrics', ''],
    ['babylonApi', { 'bbn-1': 5 }],
    ['contexts', { 'bbn-1': { vote: 'x', commitment: 'x', possession: 'x' } }],
    ['contexts', { 'bbn-1': { vote: '00'.repeat(32) } }],
    ['anything', true],
  ])('is refused with %s %j', (field, value) => {
    const settings = { [field]: value } as unknown as SignerHome.Config;
    expect(() => SignerHome.init(join(root, 'bad'), settings)).toThrow(`${field}: `);
  });

  it.each([
    ['{', 'not JSON'],
    ['[]', 'expected an object'],
    ['{"format":"satlock-signer","version":1,"strikt":true}', 'strikt: unknown setting'],
    ['{"format":"satlock-signer","version":1,"strict":"yes"}', 'strict: expected true or false'],
    ['{"format":"satlock-signer","version":9}', 'version'],
    ['{"format":"other","version":1}', 'format'],
  ])('is refused when it reads %s', (text, message) => {
    const home = join(root, 'unread');
    const paths = SignerHome.pathsOf(home);
    if (!existsSync(home)) SignerHome.init(home);
    writeFileSync(paths.config, text);
    expect(() => SignerHome.open(home)).toThrow(message);
  });

  it('comes back as it was written', () => {
    const text = '00'.repeat(32);
    const config = {
      ...{ store: 'etcd://127.0.0.1:2379/x', listen: '127.0.0.1:1', strict: true, babylonApi: { 'bbn-1': 'http://127.0.0.1:1317' } },
      contexts: { 'bsn-1': { vote: text, commitment: text, possession: text } },
    };
    const home = join(root, 'full');
    SignerHome.init(home, config);
    expect(SignerHome.open(home).config).toEqual(config);
    expect(SignerHome.cryptoOf(config).recognisers.vote(new Uint8Array(104), 'bsn-1')).toBeUndefined();
  });
});
