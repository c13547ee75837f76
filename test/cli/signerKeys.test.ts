// satlock signer init and keys: what an operator does first, as processes of their own.
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import * as ProofOfPossession from '../../src/babylon/ProofOfPossession.ts';
import * as Hex from '../../src/base/Hex.ts';
import * as SignerHome from '../../src/node/SignerHome.ts';
import { type Result, satlock } from './run.ts';

const folder = mkdtempSync(join(tmpdir(), 'satlock-signer-keys-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
vi.setConfig({ testTimeout: 240_000 });

const PASSPHRASE = 'only for tests';
const ENV = { SATLOCK_PASSPHRASE: PASSPHRASE };
const home = join(folder, 'home');
const SECRET = '500372ad3b2c5c28b5e89ed8516c9ce5c8c86d6bda0e32722ec2c54b2005f657';
const ADDRESS = 'bbn1cyqgpk0nlsutlm5ymkfpya30fqntanc8slpure';
const keys = (args: readonly string[], options: Parameters<typeof satlock>[1] = { env: ENV }): Result =>
  satlock(['signer', 'keys', ...args, '--home', home, '--json'], options);
const codeOf = (result: Result): string => JSON.parse(result.out).error.code;

describe('satlock signer init', () => {
  it('says what is missing before it ran', () => {
    const result = keys(['list']);
    expect(result.code).toBe(2);
    expect(JSON.parse(result.out).error).toMatchObject({
      code: 'signer-home.missing',
      message: expect.stringContaining(`init --home ${home}`),
    });
  });

  it('makes a home for its owner alone, and leaves one that is there as it is', () => {
    expect(satlock(['signer', 'init', '--home', home]).code).toBe(0);
    const config = readFileSync(join(home, 'config.json'), 'utf8');
    expect(JSON.parse(config)).toEqual({ format: 'satlock-signer', version: 1 });
    for (const name of ['', 'keys', 'data', 'backup']) expect(statSync(join(home, name)).mode & 0o777).toBe(0o700);
    expect(statSync(join(home, 'config.json')).mode & 0o777).toBe(0o600);
    const again = satlock(['signer', 'init', '--home', home, '--strict', '--json']);
    expect(again.code).toBe(2);
    expect(codeOf(again)).toBe('signer-home.exists');
    expect(readFileSync(join(home, 'config.json'), 'utf8')).toBe(config);
  });

  it('does not run with a config that is misspelt: it would not protect', () => {
    const other = join(folder, 'bad');
    SignerHome.init(other);
    writeFileSync(join(other, 'config.json'), '{"format":"satlock-signer","version":1,"strikt":true}');
    const result = satlock(['signer', 'keys', 'list', '--home', other]);
    expect(result.code).toBe(2);
    expect(result.err).toContain('strikt: unknown setting');
  });
});

describe('satlock signer keys', () => {
  let made: { publicKey: string; mnemonic?: string } = { publicKey: '' };

  it('add: prints the public key; the words only when they are asked for, and then once', () => {
    const result = keys(['add', '--name', 'fp', '--show-mnemonic']);
    expect(result.code).toBe(0);
    made = JSON.parse(result.out);
    expect(made).toMatchObject({ name: 'fp', origin: 'generated', hdPath: 'm', storeId: null });
    expect(made.mnemonic?.split(' ')).toHaveLength(24);
    const silent = keys(['add', '--name', 'silent']);
    expect(JSON.parse(silent.out).mnemonic).toBeUndefined();
    expect(silent.err).toContain('24 words');
    for (const name of ['fp', 'silent']) expect(statSync(join(home, 'keys', `${name}.json`)).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(home, 'keys', 'fp.json'), 'utf8')).not.toContain(made.mnemonic?.slice(0, 20));
    const listed = JSON.parse(keys(['list']).out).keys;
    expect(listed.map((key: { name: string }) => key.name)).toEqual(['fp', 'silent']);
  });

  it('add: a key with a store named belongs to it from the start, before it is copied anywhere', () => {
    const store = ['--store', `lmdb:${join(folder, 'store')}`];
    const bound = JSON.parse(keys(['add', '--name', 'bound', ...store]).out);
    expect(bound.storeId).toMatch(/^[0-9a-f]{32}$/);
    expect(JSON.parse(keys(['show', '--name', 'bound']).out).storeId).toBe(bound.storeId);
    const elsewhere = keys(['add', '--name', 'unmade', '--store', 'etcd://']);
    expect(elsewhere.code).toBe(2);
    expect(existsSync(join(home, 'keys', 'unmade.json'))).toBe(false);
    expect(keys(['delete', '--name', 'bound', '--yes']).code).toBe(0);
  });

  it('add: writes the words to a new file of their owner; nothing is left when the key is refused', () => {
    const words = join(folder, 'words');
    const refused = keys(['add', '--name', 'fp', '--mnemonic-file', words]);
    expect(refused.code).toBe(2);
    expect(codeOf(refused)).toBe('keystore.name-taken');
    expect(existsSync(words)).toBe(false);
    expect(keys(['add', '--name', 'third', '--mnemonic-file', words]).code).toBe(0);
    expect(statSync(words).mode & 0o777).toBe(0o600);
    expect(readFileSync(words, 'utf8').trim().split(' ')).toHaveLength(24);
    expect(codeOf(keys(['add', '--name', 'fourth', '--mnemonic-file', words]))).toBe('cli.file-exists');
    expect(existsSync(join(home, 'keys', 'fourth.json'))).toBe(false);
  });

  it('import-mnemonic: the same words are the same key, under no second name', () => {
    const words = join(folder, 'again');
    writeFileSync(words, `${made.mnemonic}\n`, { mode: 0o600 });
    const again = keys(['import-mnemonic', '--name', 'again', '--mnemonic-file', words]);
    expect(again.code).toBe(2);
    expect(JSON.parse(again.out).error.reason).toMatchObject({ code: 'keystore.key-known', name: 'fp' });
    expect(keys(['delete', '--name', 'fp']).code).toBe(2);
    expect(keys(['delete', '--name', 'fp', '--yes']).code).toBe(0);
    const result = keys(['import-mnemonic', '--name', 'fp', '--mnemonic-file', words]);
    expect(JSON.parse(result.out)).toMatchObject({ publicKey: made.publicKey, origin: 'imported' });
    expect(result.err).toContain('history import');
    expect(result.out + result.err).not.toContain(made.mnemonic);
    const argument = keys(['import-mnemonic', '--name', 'x', '--mnemonic-file', made.mnemonic ?? '']);
    expect(argument.code).toBe(2);
    expect(argument.out + argument.err).not.toContain(made.mnemonic);
  });

  it('import-hex and export: the bytes come back as they came, and only when it is asked for in full', () => {
    const result = keys(['import-hex', '--name', 'worked', '--secret-file', '-'], { env: ENV, input: `${SECRET}\n` });
    expect(result.code).toBe(0);
    expect(result.out + result.err).not.toContain(SECRET);
    const out = join(folder, 'out.hex');
    expect(keys(['export', '--name', 'worked', '--secret-file', out]).code).toBe(2);
    const wrong = keys(['export', '--name', 'worked', '--secret-file', out, '--unsafe-export-secret'], {
      env: { SATLOCK_PASSPHRASE: 'wrong one' },
    });
    expect(wrong.code).toBe(1);
    expect(codeOf(wrong)).toBe('keystore.wrong-passphrase');
    expect(existsSync(out)).toBe(false);
    const right = keys(['export', '--name', 'worked', '--secret-file', out, '--unsafe-export-secret']);
    expect(right.out + right.err).not.toContain(SECRET);
    expect(readFileSync(out, 'utf8')).toBe(`${SECRET}\n`);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    const argument = keys(['import-hex', '--name', 'x', '--secret-file', SECRET]);
    expect(argument.code).toBe(2);
    expect(argument.out + argument.err).not.toContain(SECRET);
  });

  it('takes the passphrase from a file, and says what to do where there is none', () => {
    const file = join(folder, 'passphrase');
    writeFileSync(file, `${PASSPHRASE}\n`, { mode: 0o600 });
    const proof = keys(['pop', '--name', 'worked', '--babylon-address', ADDRESS, '--passphrase-file', file], {});
    expect(proof.code).toBe(0);
    const { btcPk, btcSig } = JSON.parse(proof.out);
    const pop = { type: 'BIP340' as const, signature: Hex.decode(btcSig) };
    expect(ProofOfPossession.verify({ babylonAddress: ADDRESS, pop, btcPk: Hex.decode(btcPk), network: 'mainnet' }).valid).toBe(true);
    const none = keys(['pop', '--name', 'worked', '--babylon-address', ADDRESS], { env: { SATLOCK_PASSPHRASE: '' } });
    expect(none.code).toBe(2);
    expect(codeOf(none)).toBe('cli.no-secret');
    expect(codeOf(keys(['add', '--name', 'short'], { env: { SATLOCK_PASSPHRASE: 'short' } }))).toBe('keystore.short-passphrase');
  });

  it('allow-address and passphrase take the passphrase, and change what they say', () => {
    expect(codeOf(keys(['allow-address', '--name', 'worked', '--babylon-address', 'bbn1nonsense']))).toBe('babylon-address.malformed');
    expect(JSON.parse(keys(['allow-address', '--name', 'worked', '--babylon-address', ADDRESS]).out).possessionAddresses).toEqual([
      ADDRESS,
    ]);
    const changed = { ...ENV, SATLOCK_NEW_PASSPHRASE: 'another for tests' };
    expect(keys(['passphrase', '--name', 'worked'], { env: changed }).code).toBe(0);
    expect(JSON.parse(keys(['show', '--name', 'worked']).out).possessionAddresses).toEqual([ADDRESS]);
    const removed = ['allow-address', '--name', 'worked', '--babylon-address', ADDRESS, '--remove'];
    expect(codeOf(keys(removed))).toBe('keystore.wrong-passphrase');
    expect(JSON.parse(keys(removed, { env: { SATLOCK_PASSPHRASE: 'another for tests' } }).out).possessionAddresses).toEqual([]);
  });

  it('refuses files that others can read, with the command that mends them', () => {
    const file = join(home, 'keys', 'worked.json');
    chmodSync(file, 0o644);
    const result = keys(['list']);
    expect(result.code).toBe(3);
    expect(JSON.parse(result.out).error.message).toContain(`chmod 600 ${file}`);
    chmodSync(file, 0o600);
    expect(keys(['list']).code).toBe(0);
  });

  it('has help with an example for every command', () => {
    const { out } = satlock(['signer', 'keys', '--help']);
    const names = [...out.matchAll(/^ {2}([a-z-]+) \[options\]/gm)].map((match) => match[1] ?? '');
    expect(names).toEqual([
      'add',
      'import-hex',
      'import-mnemonic',
      'list',
      'show',
      'export',
      'delete',
      'passphrase',
      'allow-address',
      'pop',
    ]);
    for (const name of ['add', 'export', 'pop']) {
      const help = satlock(['signer', 'keys', name, '--help']);
      expect(help.code).toBe(0);
      expect(help.out).toMatch(/Example:\n {2}satlock signer keys/);
      expect(help.out).toContain('--json');
    }
  });
});
