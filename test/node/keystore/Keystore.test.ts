// The keystore: what goes in comes out, nothing that was changed opens, and nothing is overwritten.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HDKey } from '@scure/bip32';
import { validateMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import * as Hex from '../../../src/base/Hex.ts';
import * as PublicKey from '../../../src/crypto/PublicKey.ts';
import * as PubRand from '../../../src/crypto/PubRand.ts';
import * as SecretKey from '../../../src/crypto/SecretKey.ts';
import { FRESH_MS, Keystore } from '../../../src/node/keystore/Keystore.ts';

const root = mkdtempSync(join(tmpdir(), 'satlock-keystore-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const PASSPHRASE = 'correct horse';
const STORE = 'ab'.repeat(16);
const OTHER_STORE = 'cd'.repeat(16);
const ADDRESS = 'bbn1cyqgpk0nlsutlm5ymkfpya30fqntanc8slpure';
/** finality.md 11.2: the secret key, and its randomness on a chain at a height. */
const WORKED = [
  [
    '500372ad3b2c5c28b5e89ed8516c9ce5c8c86d6bda0e32722ec2c54b2005f657',
    'bbn-1',
    2_000_000n,
    '8deca3290d84c896b045ab150cd3f0d78fee800b614d4d02f7a542584e47b02e',
  ],
  [
    'b6aa77caf8db4d44d7c549f8116f7379646acf58691130e7b0984091bb417a7d',
    'bbn-test-6',
    1n,
    '704f8b88235cbe87097af4f535acf0bcc9b019d2ba3e047a18f9ffaa8ca03075',
  ],
] as const;

let folder = '';
let count = 0;
let now = Date.parse('2026-01-31T12:00:00Z');
beforeEach(() => {
  folder = join(root, `keys${count++}`);
  now = Date.parse('2026-01-31T12:00:00Z');
});
const open = (): Keystore => new Keystore({ folder, now: () => now, scryptN: 2 ** 14 });
const fileOf = (name: string): string => join(folder, `${name}.json`);
const json = (name: string): Record<string, unknown> => JSON.parse(readFileSync(fileOf(name), 'utf8'));
const codeOf = async (job: () => unknown): Promise<string> => {
  try {
    await job();
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  return 'no error';
};

describe('keys that are made and brought', () => {
  it('makes a key from 24 words that give the same key again as an import, at the master and at a path', async () => {
    const keystore = open();
    for (const hdPath of ['', "m/44'/118'/0'/0/0"]) {
      const name = `made${hdPath.length}`;
      const made = await keystore.generate({ name, passphrase: PASSPHRASE, hdPath });
      expect(made.mnemonic.split(' ')).toHaveLength(24);
      expect(validateMnemonic(made.mnemonic, wordlist)).toBe(true);
      expect(made).toMatchObject({ origin: 'generated', storeId: null, unlocked: false, hdPath: hdPath === '' ? 'm' : hdPath });
      expect(readFileSync(made.file, 'utf8')).not.toContain(made.mnemonic.split(' ').slice(0, 2).join(' '));
      keystore.remove(name);
      const again = await keystore.importMnemonic({ name, passphrase: PASSPHRASE, mnemonic: made.mnemonic, hdPath });
      expect(Hex.encode(again.publicKey)).toBe(Hex.encode(made.publicKey));
      expect(again.origin).toBe('imported');
    }
  });

  it('takes the BIP32 master key when there is no path: the published root of the first BIP39 vector', async () => {
    const mnemonic = `${'abandon '.repeat(11)}about`;
    const root = 'xprv9s21ZrQH143K3h3fDYiay8mocZ3afhfULfb5GX8kCBdno77K4HiA15Tg23wpbeF1pLfs1c5SPmYHrEpTuuRhxMwvKDwqdKiGJS9XFKzUsAF';
    const keystore = open();
    await keystore.importMnemonic({ name: 'vector', passphrase: PASSPHRASE, mnemonic, mnemonicPassphrase: 'TREZOR' });
    const secret = await keystore.export('vector', PASSPHRASE);
    expect(Hex.encode(secret)).toBe(Hex.encode(HDKey.fromExtendedKey(root).privateKey ?? new Uint8Array()));
  });

  it.each(WORKED)('reproduces the worked randomness of key %s on %s through an imported key', async (secret, chainId, height, pubRand) => {
    const keystore = open();
    const { publicKey } = await keystore.importSecret({ name: 'worked', passphrase: PASSPHRASE, secretKey: Hex.decode(secret) });
    await keystore.unlock('worked', PASSPHRASE);
    expect(Hex.encode(PubRand.derive(keystore.use(publicKey), chainId, height).pubRand)).toBe(pubRand);
  });

  it('keeps a key as it came, for both parities', async () => {
    const keystore = open();
    const prefixes = new Set<number | undefined>();
    for (let i = 1; i <= 6; i++) {
      const secretKey = SecretKey.fromHex(i.toString(16).padStart(64, '0'));
      prefixes.add(PublicKey.compressedOfSecret(secretKey)[0]);
      await keystore.importSecret({ name: `k${i}`, passphrase: PASSPHRASE, secretKey });
      expect(Hex.encode(await keystore.export(`k${i}`, PASSPHRASE))).toBe(Hex.encode(secretKey));
    }
    expect(prefixes).toEqual(new Set([2, 3]));
  });

  it('leaves the secret of the caller alone and stores no trace of it in clear', async () => {
    const [secret] = WORKED[0];
    const secretKey = Hex.decode(secret);
    await open().importSecret({ name: 'clear', passphrase: PASSPHRASE, secretKey });
    expect(Hex.encode(secretKey)).toBe(secret);
    expect(readFileSync(fileOf('clear'), 'utf8')).not.toContain(secret);
  });
});

describe('what is refused', () => {
  it('names that are paths, hidden, empty or too long', async () => {
    const keystore = open();
    for (const name of ['', '.', '..', '.hidden', '-rf', 'a/b', '../a', 'a\\b', 'a\0b', 'ä', 'a b', 'a\n', 'x'.repeat(65)]) {
      expect(await codeOf(() => keystore.generate({ name, passphrase: PASSPHRASE })), name).toBe('keystore.bad-name');
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  it('a name that is taken, also when the file came after the keystore was opened; the file stays as it is', async () => {
    const [one, two] = [open(), open()];
    await one.generate({ name: 'fp', passphrase: PASSPHRASE });
    const before = readFileSync(fileOf('fp'), 'utf8');
    expect(await codeOf(() => two.generate({ name: 'fp', passphrase: PASSPHRASE }))).toBe('keystore.name-taken');
    const both = await Promise.all(
      [1, 2].map((i) => codeOf(() => (i === 1 ? one : two).generate({ name: 'race', passphrase: PASSPHRASE }))),
    );
    expect(both.sort()).toEqual(['keystore.name-taken', 'no error']);
    expect(readFileSync(fileOf('fp'), 'utf8')).toBe(before);
  });

  it('the same key under two names, when it is brought and when the folder is read', async () => {
    const keystore = open();
    const secretKey = Hex.decode(WORKED[0][0]);
    await keystore.importSecret({ name: 'one', passphrase: PASSPHRASE, secretKey });
    expect(await codeOf(() => keystore.importSecret({ name: 'two', passphrase: PASSPHRASE, secretKey }))).toBe('keystore.key-known');
    writeFileSync(fileOf('two'), readFileSync(fileOf('one'), 'utf8').replace('"one"', '"two"'), { mode: 0o600 });
    expect(await codeOf(open)).toBe('keystore.duplicate-key');
  });

  it('short passphrases, keys out of range, bad words and bad paths, without repeating a secret', async () => {
    const keystore = open();
    expect(await codeOf(() => keystore.generate({ name: 'a', passphrase: '1234567' }))).toBe('keystore.short-passphrase');
    const zero = { name: 'a', passphrase: PASSPHRASE, secretKey: new Uint8Array(32) };
    expect(await codeOf(() => keystore.importSecret(zero))).toBe('secret-key.out-of-range');
    const words = `${'abandon '.repeat(11)}zebra`;
    const importing = keystore.importMnemonic({ name: 'a', passphrase: PASSPHRASE, mnemonic: words });
    await expect(importing).rejects.toMatchObject({ code: 'keystore.bad-mnemonic', message: expect.not.stringContaining('zebra') });
    for (const hdPath of ['44//1', "m/2147483648'", 'm/x', 'n/0', '1/'.repeat(11)]) {
      expect(await codeOf(() => keystore.generate({ name: 'a', passphrase: PASSPHRASE, hdPath })), hdPath).toBe('keystore.bad-hd-path');
    }
  });

  it('the wrong passphrase, to unlock, export, change and list addresses', async () => {
    const keystore = open();
    await keystore.generate({ name: 'fp', passphrase: PASSPHRASE });
    const wrong = 'wrong horse';
    for (const job of [
      () => keystore.unlock('fp', wrong),
      () => keystore.export('fp', wrong),
      () => keystore.changePassphrase('fp', wrong, 'another one'),
      () => keystore.allowAddress('fp', wrong, ADDRESS),
    ]) {
      expect(await codeOf(job)).toBe('keystore.wrong-passphrase');
    }
    expect(await codeOf(() => keystore.unlock('nobody', PASSPHRASE))).toBe('keystore.unknown-key');
  });

  it('looser permissions, with the command that mends them, and links in place of files', async () => {
    const keystore = open();
    await keystore.generate({ name: 'fp', passphrase: PASSPHRASE });
    expect(statSync(fileOf('fp')).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    chmodSync(fileOf('fp'), 0o640);
    expect(open).toThrow(`chmod 600 ${fileOf('fp')}`);
    chmodSync(fileOf('fp'), 0o600);
    chmodSync(folder, 0o750);
    expect(open).toThrow(`chmod 700 ${folder}`);
    chmodSync(folder, 0o700);
    symlinkSync(fileOf('fp'), fileOf('link'));
    expect(await codeOf(open)).toBe('owner-files.wrong-kind');
    rmSync(fileOf('link'));
    mkdirSync(fileOf('folder'));
    expect(await codeOf(open)).toBe('owner-files.wrong-kind');
  });
});

describe('a file that was changed', () => {
  type Parts = { [key: string]: unknown; kdf: object; cipher: { sealed: string }; state?: object };
  type Change = (file: Parts) => void;
  const UNLOCK: readonly [string, Change, string][] = [
    ['public key', (f) => Object.assign(f, { publicKey: WORKED[0][3] }), 'keystore.wrong-passphrase'],
    ['origin', (f) => Object.assign(f, { origin: 'generated' }), 'keystore.wrong-passphrase'],
    ['HD path', (f) => Object.assign(f, { hdPath: 'm' }), 'keystore.wrong-passphrase'],
    ['time', (f) => Object.assign(f, { createdAt: '2026-02-01T12:00:00.000Z' }), 'keystore.wrong-passphrase'],
    ['scrypt work', (f) => Object.assign(f.kdf, { n: 2 ** 15 }), 'keystore.wrong-passphrase'],
    ['sealed part', (f) => Object.assign(f.cipher, { sealed: `00${f.cipher.sealed.slice(2)}` }), 'keystore.wrong-passphrase'],
    ['nonce', (f) => Object.assign(f.cipher, { nonce: '00'.repeat(24) }), 'keystore.wrong-passphrase'],
    ['store', (f) => Object.assign(f.state ?? {}, { storeId: OTHER_STORE }), 'keystore.altered'],
    ['address', (f) => Object.assign(f.state ?? {}, { possessionAddresses: [ADDRESS] }), 'keystore.altered'],
    ['authenticator', (f) => Object.assign(f.state ?? {}, { mac: '00'.repeat(32) }), 'keystore.altered'],
  ];
  it.each(UNLOCK)('does not open when its %s was changed', async (_what, change, code) => {
    const keystore = open();
    await keystore.importSecret({ name: 'fp', passphrase: PASSPHRASE, secretKey: Hex.decode(WORKED[0][0]) });
    const file = json('fp') as Parts;
    change(file);
    writeFileSync(fileOf('fp'), JSON.stringify(file));
    expect(await codeOf(() => open().unlock('fp', PASSPHRASE))).toBe(code);
  });

  const READ: readonly [string, Change][] = [
    ['another format', (f) => Object.assign(f, { format: 'keyfile' })],
    ['another version', (f) => Object.assign(f, { version: 2 })],
    ['another name', (f) => Object.assign(f, { name: 'other' })],
    ['a name that is a path', (f) => Object.assign(f, { name: '../fp' })],
    ['too much work', (f) => Object.assign(f.kdf, { n: 2 ** 40 })],
    ['too much memory', (f) => Object.assign(f.kdf, { r: 2 ** 20 })],
    ['too many lanes', (f) => Object.assign(f.kdf, { p: 2 ** 20 })],
    ['too little work', (f) => Object.assign(f.kdf, { n: 2 })],
    ['work that is no power of two', (f) => Object.assign(f.kdf, { n: 100_000 })],
    ['another derivation', (f) => Object.assign(f.kdf, { name: 'md5' })],
    ['another cipher', (f) => Object.assign(f.cipher, { name: 'none' })],
    ['a short nonce', (f) => Object.assign(f.cipher, { nonce: '00' })],
    ['a field of its own', (f) => Object.assign(f, { comment: 'hello' })],
    ['a field of its own, deeper', (f) => Object.assign(f.state ?? {}, { trusted: true })],
    ['no state', (f) => delete f.state],
    ['a store id that is none', (f) => Object.assign(f.state ?? {}, { storeId: 'x' })],
    ['a date that is none', (f) => Object.assign(f, { createdAt: '2026-99-31T12:00:00.000Z' })],
  ];
  it.each(READ)('is not read with %s', async (_what, change) => {
    await open().generate({ name: 'fp', passphrase: PASSPHRASE });
    const file = json('fp') as Parts;
    change(file);
    writeFileSync(fileOf('fp'), JSON.stringify(file));
    expect(await codeOf(open)).toBe('keystore.malformed');
  });

  it('is not read when it is no JSON, null, a list or huge', async () => {
    await open().generate({ name: 'fp', passphrase: PASSPHRASE });
    for (const text of ['', '{', 'null', '[]', '7', '"x"']) {
      writeFileSync(fileOf('fp'), text);
      expect(await codeOf(open), text).toBe('keystore.malformed');
    }
    writeFileSync(fileOf('fp'), ' '.repeat(70_000));
    expect(await codeOf(open)).toBe('owner-files.too-large');
  });
});

describe('memory', () => {
  it('holds a key only while it is unlocked, and locking wipes it', async () => {
    const keystore = open();
    const { publicKey } = await keystore.generate({ name: 'fp', passphrase: PASSPHRASE });
    expect(() => keystore.use(publicKey)).toThrow('signer.locked-key');
    expect(() => keystore.use(new Uint8Array(32))).toThrow('signer.unknown-key');
    expect((await keystore.unlock('fp', PASSPHRASE)).unlocked).toBe(true);
    const secret = keystore.use(publicKey);
    await keystore.unlock(Hex.encode(publicKey), PASSPHRASE);
    expect(keystore.use(publicKey)).toBe(secret);
    expect(Hex.encode(PublicKey.ofSecret(secret))).toBe(Hex.encode(publicKey));
    keystore.lock();
    expect(secret.every((byte) => byte === 0)).toBe(true);
    expect(() => keystore.use(publicKey)).toThrow('signer.locked-key');
    expect(keystore.list()[0]?.unlocked).toBe(false);
    expect(JSON.stringify(keystore)).not.toContain('secret');
  });

  it('takes a bounded number of passphrases at a time', async () => {
    const keystore = open();
    await keystore.generate({ name: 'fp', passphrase: PASSPHRASE });
    const codes = await Promise.all(Array.from({ length: 40 }, () => codeOf(() => keystore.unlock('fp', 'wrong horse'))));
    expect(new Set(codes)).toEqual(new Set(['keystore.wrong-passphrase', 'keystore.busy']));
    expect((await keystore.unlock('fp', PASSPHRASE)).unlocked).toBe(true);
  });

  it('finds a key that another process added when it is unlocked', async () => {
    const daemon = open();
    const { publicKey } = await open().generate({ name: 'late', passphrase: PASSPHRASE });
    await daemon.unlock(Hex.encode(publicKey), PASSPHRASE);
    expect(daemon.publicKeys()).toHaveLength(1);
  });
});

describe('the store that a key belongs to', () => {
  it('is written to generated keys when they are unlocked, and stands in the file', async () => {
    const keystore = open();
    const { publicKey } = await keystore.generate({ name: 'fp', passphrase: PASSPHRASE });
    expect(keystore.opensByItself(publicKey)).toBe(false);
    expect(keystore.bindTo(STORE).get('fp')).toBe('locked');
    await keystore.unlock('fp', PASSPHRASE);
    expect(keystore.opensByItself(publicKey)).toBe(true);
    expect(json('fp')['state']).toMatchObject({ storeId: STORE });
    const later = open();
    await later.unlock('fp', PASSPHRASE);
    now += 365 * FRESH_MS;
    expect(later.bindTo(STORE).get('fp')).toBe('bound');
  });

  it('is not another one: an exchanged or lost store opens nothing by itself', async () => {
    const first = open();
    const { publicKey } = await first.generate({ name: 'fp', passphrase: PASSPHRASE });
    await first.unlock('fp', PASSPHRASE);
    first.bindTo(STORE);
    const second = open();
    await second.unlock('fp', PASSPHRASE);
    expect(second.bindTo(OTHER_STORE).get('fp')).toBe('other-store');
    expect(second.opensByItself(publicKey)).toBe(false);
    expect(json('fp')['state']).toMatchObject({ storeId: STORE });
  });

  it('is none for imported keys, ever', async () => {
    const keystore = open();
    const { publicKey } = await keystore.importSecret({ name: 'fp', passphrase: PASSPHRASE, secretKey: Hex.decode(WORKED[0][0]) });
    await keystore.unlock('fp', PASSPHRASE);
    expect(keystore.bindTo(STORE).get('fp')).toBe('imported');
    expect(keystore.opensByItself(publicKey)).toBe(false);
    expect(json('fp')['state']).toMatchObject({ storeId: null });
  });

  it.each([
    ['a day old', FRESH_MS + 1],
    ['of the future', -FRESH_MS],
  ])('is none for a generated key that is %s: its file may be a backup whose store is lost', async (_what, later) => {
    const keystore = open();
    const { publicKey } = await keystore.generate({ name: 'fp', passphrase: PASSPHRASE });
    now += later;
    await keystore.unlock('fp', PASSPHRASE);
    expect(keystore.bindTo(STORE).get('fp')).toBe('not-fresh');
    expect(keystore.opensByItself(publicKey)).toBe(false);
  });

  it('written by another process counts, once it is authentic', async () => {
    const [one, two] = [open(), open()];
    await one.generate({ name: 'fp', passphrase: PASSPHRASE });
    two.reload();
    await one.unlock('fp', PASSPHRASE);
    await two.unlock('fp', PASSPHRASE);
    expect(one.bindTo(STORE).get('fp')).toBe('bound');
    expect(two.bindTo(OTHER_STORE).get('fp')).toBe('other-store');
  });
});

describe('what changes later', () => {
  it('the passphrase, by sealing anew; the binding and the addresses stay', async () => {
    const keystore = open();
    const { publicKey } = await keystore.generate({ name: 'fp', passphrase: PASSPHRASE });
    keystore.bindTo(STORE);
    await keystore.unlock('fp', PASSPHRASE);
    const secret = Hex.encode(keystore.use(publicKey));
    await keystore.allowAddress('fp', PASSPHRASE, ADDRESS);
    const before = json('fp');
    await keystore.changePassphrase('fp', PASSPHRASE, 'another horse');
    const after = json('fp');
    expect((after['kdf'] as { salt: string }).salt).not.toBe((before['kdf'] as { salt: string }).salt);
    expect(after['state']).toMatchObject({ storeId: STORE, possessionAddresses: [ADDRESS] });
    expect(() => keystore.use(publicKey)).toThrow('signer.locked-key');
    expect(await codeOf(() => keystore.unlock('fp', PASSPHRASE))).toBe('keystore.wrong-passphrase');
    expect(Hex.encode(await keystore.export('fp', 'another horse'))).toBe(secret);
    expect(await codeOf(() => keystore.changePassphrase('fp', 'another horse', 'short'))).toBe('keystore.short-passphrase');
  });

  it('the addresses, which a running signer sees at once and only when they are authentic', async () => {
    const daemon = open();
    const { publicKey } = await daemon.generate({ name: 'fp', passphrase: PASSPHRASE });
    await daemon.unlock('fp', PASSPHRASE);
    expect(daemon.possessionAddresses(publicKey)).toEqual([]);
    await open().allowAddress('fp', PASSPHRASE, ADDRESS.toUpperCase());
    await open().allowAddress('fp', PASSPHRASE, ADDRESS);
    expect(daemon.possessionAddresses(publicKey)).toEqual([ADDRESS]);
    const file = json('fp');
    writeFileSync(
      fileOf('fp'),
      JSON.stringify({ ...file, state: { ...(file['state'] as object), possessionAddresses: [ADDRESS, 'bbn1evil'] } }),
    );
    expect(daemon.possessionAddresses(publicKey)).toEqual([ADDRESS]);
    writeFileSync(fileOf('fp'), JSON.stringify(file));
    await open().allowAddress('fp', PASSPHRASE, ADDRESS, false);
    expect(daemon.possessionAddresses(publicKey)).toEqual([]);
    expect(await codeOf(() => daemon.allowAddress('fp', PASSPHRASE, 'bbn1nonsense'))).toBe('babylon-address.malformed');
  });

  it('a file that another process changed meanwhile is not overwritten', async () => {
    const keystore = open();
    await keystore.generate({ name: 'fp', passphrase: PASSPHRASE });
    const [one, two] = [open(), open()];
    const codes = await Promise.all([
      codeOf(() => one.changePassphrase('fp', PASSPHRASE, 'another horse')),
      codeOf(() => two.changePassphrase('fp', PASSPHRASE, 'a third horse')),
    ]);
    expect(codes.sort()).toEqual(['keystore.changed-meanwhile', 'no error']);
  });

  it('deleting removes the file and the key', async () => {
    const keystore = open();
    const { publicKey } = await keystore.generate({ name: 'fp', passphrase: PASSPHRASE });
    await keystore.unlock('fp', PASSPHRASE);
    const secret = keystore.use(publicKey);
    keystore.remove('fp');
    expect(existsSync(fileOf('fp'))).toBe(false);
    expect(secret.every((byte) => byte === 0)).toBe(true);
    expect(keystore.list()).toEqual([]);
  });

  it('leaves no temporary files', () => {
    expect(
      readdirSync(root)
        .flatMap((each) => readdirSync(join(root, each)))
        .filter((file) => file.startsWith('.')),
    ).toEqual([]);
  });
});
