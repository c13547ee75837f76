// satlock signer serve and the commands beside it, as an operator meets them: a first start, a restart, and every way to lose a store.
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import * as FinalityVote from '../../src/babylon/FinalityVote.ts';
import * as Hex from '../../src/base/Hex.ts';
import * as Eots from '../../src/crypto/Eots.ts';
import { EotsClient } from '../support/eotsClient.ts';
import {
  cleanUp,
  type Daemon,
  ENVIRONMENT,
  HMAC_KEY,
  type Home,
  newHome,
  satlock,
  serve,
  temporaryFolder,
} from '../support/signerProcess.ts';
import { satlock as runToEnd } from './run.ts';

afterAll(cleanUp);
// Processes of their own, each of which compiles the sources: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const CHAIN = 'bbn-1';
const voteFor = (height: bigint, fork = 1): Uint8Array => FinalityVote.message(height, new Uint8Array(32).fill(fork));
const signer = async (args: readonly string[]): Promise<unknown> => JSON.parse(await satlock(['signer', ...args, '--json']));
const json = <T>(value: unknown): T => value as T;

type Refused = { readonly code: number; readonly details: string };

/** A running daemon with a client, stopped as systemd stops it. */
async function withDaemon<T>(
  home: Home,
  job: (client: EotsClient, daemon: Daemon) => Promise<T>,
  args: readonly string[] = [],
): Promise<T> {
  const daemon = await serve(home.home, args);
  const client = new EotsClient(daemon.address, { hmacKey: HMAC_KEY });
  try {
    return await job(client, daemon);
  } catch (error) {
    throw new Error(`with this daemon:\n${daemon.stderr()}`, { cause: error });
  } finally {
    client.close();
    daemon.child.kill('SIGTERM');
    expect(await daemon.exited).toEqual({ code: 0, signal: null });
  }
}

const signed = async (home: Home, heights: readonly bigint[]): Promise<string[]> =>
  withDaemon(home, async (client) => {
    const signatures: string[] = [];
    for (const height of heights) signatures.push(Hex.encode(await client.sign(home.publicKey, CHAIN, height, voteFor(height))));
    return signatures;
  });
const refusal = (job: Promise<unknown>): Promise<Refused> =>
  job.then(
    () => ({ code: status.OK, details: 'signed' }),
    (error: Refused) => ({ code: error.code, details: error.details }),
  );

describe('a new provider', () => {
  it('signs after init and keys add; the same again after a restart; never another message at the height', async () => {
    const home = await newHome();
    const [first, second] = await withDaemon(home, async (client, daemon) => {
      await client.ping();
      const [pubRand] = await client.randomness(home.publicKey, CHAIN, 1_000n, 1);
      const signature = await client.sign(home.publicKey, CHAIN, 1_000n, voteFor(1_000n));
      const vote = { publicKey: home.publicKey, pubRand: pubRand ?? new Uint8Array(), message: voteFor(1_000n), signature };
      expect(Eots.verify(vote)).toBe(true);
      expect(await refusal(client.sign(home.publicKey, CHAIN, 1_000n, voteFor(1_000n, 2)))).toEqual({
        code: status.FAILED_PRECONDITION,
        details: 'double sign',
      });
      expect(daemon.stderr()).not.toMatch(/only for tests/);
      return [Hex.encode(signature), Hex.encode(await client.sign(home.publicKey, CHAIN, 1_001n, voteFor(1_001n)))];
    });
    await withDaemon(home, async (client) => {
      expect(Hex.encode(await client.sign(home.publicKey, CHAIN, 1_000n, voteFor(1_000n)))).toBe(first);
      expect(Hex.encode(await client.sign(home.publicKey, CHAIN, 1_001n, voteFor(1_001n)))).toBe(second);
      expect((await refusal(client.sign(home.publicKey, CHAIN, 1_001n, voteFor(1_001n, 2)))).details).toBe('double sign');
    });
    const { slots, store, keys } = json<{ slots: object[]; store: { storeId: string }; keys: object[] }>(
      await signer(['status', '--home', home.home]),
    );
    expect(slots).toEqual([expect.objectContaining({ chainId: CHAIN, watermark: '-1', highestSigned: '1001', condemned: null })]);
    expect(keys).toEqual([expect.objectContaining({ storeId: store.storeId, belongsToStore: true })]);
    const { slots: checked } = json<{ slots: object[] }>(await signer(['history', 'verify', '--home', home.home]));
    expect(checked).toEqual([expect.objectContaining({ records: 2, verified: 2, problems: [] })]);
    const verify = ['signer', 'history', 'verify', '--home', home.home, '--json'];
    const wrong = runToEnd(verify, { env: { SATLOCK_PASSPHRASE: 'wrong one' } });
    expect([wrong.code, JSON.parse(wrong.out).error.code]).toEqual([1, 'keystore.wrong-passphrase']);
    // Without any it looks at what needs none.
    const without = runToEnd(verify, { env: { SATLOCK_PASSPHRASE: '' } });
    expect([without.code, JSON.parse(without.out).slots]).toEqual([0, [expect.objectContaining({ records: 2, verified: 0 })]]);
  });

  it('is told where it listens in one line, and stops at SIGINT too', async () => {
    const home = await newHome();
    const daemon = await serve(home.home, ['--metrics', '127.0.0.1:0']);
    daemon.child.kill('SIGINT');
    expect(await daemon.exited).toEqual({ code: 0, signal: null });
  });

  it('without a passphrase starts with locked keys, which UnlockKey opens; with a wrong one not at all', async () => {
    const home = await newHome();
    const { SATLOCK_PASSPHRASE: _, ...without } = ENVIRONMENT;
    const daemon = await serve(home.home, [], without);
    const client = new EotsClient(daemon.address, { hmacKey: HMAC_KEY });
    expect(await refusal(client.sign(home.publicKey, CHAIN, 1n, voteFor(1n)))).toMatchObject({ code: status.UNKNOWN });
    const unlock = (passphrase: string): Promise<unknown> => {
      const body = new BinaryWriter().uint32(10).bytes(home.publicKey).uint32(18).string(passphrase).finish();
      return client.call('UnlockKey', body);
    };
    expect((await refusal(unlock('wrong one'))).code).not.toBe(status.OK);
    await unlock('only for tests');
    expect(await client.sign(home.publicKey, CHAIN, 1n, voteFor(1n))).toHaveLength(32);
    expect(daemon.stderr()).not.toMatch(/only for tests|wrong one/);
    client.close();
    await daemon.kill('SIGTERM');
    const wrong = runToEnd(['signer', 'serve', '--home', home.home, '--listen', '127.0.0.1:0', '--json'], {
      env: { SATLOCK_PASSPHRASE: 'wrong one' },
    });
    expect(wrong.code).toBe(1);
    expect(JSON.parse(wrong.out).error.code).toBe('keystore.wrong-passphrase');
  });
});

describe('what serve does not start with', () => {
  let home: Home;
  beforeAll(async () => {
    home = await newHome();
  });

  it.each([
    [['--listen', '0.0.0.0:0'], {}, 2, 'daemon.unauthenticated-listen'],
    [['--strict'], {}, 2, 'daemon.strict-without-auth'],
    [['--listen', '127.0.0.1:0'], { SATLOCK_HMAC_KEY: '' }, 2, 'cli.usage'],
    [['--store', 'mysql://x'], {}, 2, 'store.bad-url'],
    [['--unlock', 'nobody'], {}, 2, 'cli.usage'],
    [['--listen', '127.0.0.1:0', '--babylon-api', 'http://127.0.0.1:1'], {}, 3, 'signer-service.chain-unasked'],
  ])('serve %j with %j exits %i: %s', (args, env, code, reason) => {
    const result = runToEnd(['signer', 'serve', '--home', home.home, ...args, '--json'], {
      env: { SATLOCK_PASSPHRASE: 'only for tests', ...env },
    });
    expect(result.code).toBe(code);
    expect(JSON.parse(result.out).error.code).toBe(reason);
  });
});

describe('a store that is lost', () => {
  it('restored from a copy signs nothing new, repeats what it knows, and goes on above a raised watermark', async () => {
    const home = await newHome();
    const [known] = await signed(home, [1_000n]);
    const copy = join(temporaryFolder('copy'), 'data');
    cpSync(join(home.home, 'data'), copy, { recursive: true });
    await signed(home, [1_001n, 1_002n]);
    rmSync(join(home.home, 'data'), { recursive: true });
    cpSync(copy, join(home.home, 'data'), { recursive: true });
    await withDaemon(home, async (client, daemon) => {
      expect(daemon.stderr()).toContain('store.rolled-back');
      expect(Hex.encode(await client.sign(home.publicKey, CHAIN, 1_000n, voteFor(1_000n)))).toBe(known);
      for (const height of [1_001n, 1_002n, 1_003n]) {
        const answer = await refusal(client.sign(home.publicKey, CHAIN, height, voteFor(height, 2)));
        expect(answer).toMatchObject({ code: status.FAILED_PRECONDITION, details: expect.stringContaining('1003') });
      }
      await signer(['watermark', 'raise', '--home', home.home, '--key', 'alice', '--chain-id', CHAIN, '--height', '1010']);
      expect((await refusal(client.sign(home.publicKey, CHAIN, 1_010n, voteFor(1_010n)))).code).toBe(status.FAILED_PRECONDITION);
      expect(await client.sign(home.publicKey, CHAIN, 1_011n, voteFor(1_011n))).toHaveLength(32);
    });
    await withDaemon(home, async (client, daemon) => {
      expect(daemon.stderr()).not.toContain('store.rolled-back');
      expect(await client.sign(home.publicKey, CHAIN, 1_012n, voteFor(1_012n))).toHaveLength(32);
    });
  });

  it('that is gone stays gone: none is made in passing; another one signs nothing', async () => {
    const home = await newHome();
    await signed(home, [1_000n]);
    renameSync(join(home.home, 'data'), join(home.home, 'data.lost'));
    rmSync(join(home.home, 'witness.json'));
    const env = { SATLOCK_PASSPHRASE: 'only for tests' };
    const { code, out } = runToEnd(['signer', 'serve', '--home', home.home, '--listen', '127.0.0.1:0', '--json'], { env });
    expect(code).toBe(3);
    expect(JSON.parse(out).error.code).toBe('store.missing');
    expect(existsSync(join(home.home, 'data', 'data.mdb'))).toBe(false);
    const other = await newHome();
    await signed(other, [5n]);
    cpSync(join(other.home, 'data'), join(home.home, 'data'), { recursive: true });
    await withDaemon(home, async (client, daemon) => {
      expect(daemon.stderr()).toContain('belongs to another store');
      expect((await refusal(client.sign(home.publicKey, CHAIN, 1_000n, voteFor(1_000n, 2)))).details).toContain('watermark raise');
      expect((await refusal(client.sign(home.publicKey, CHAIN, 9_999n, voteFor(9_999n)))).code).toBe(status.FAILED_PRECONDITION);
    });
  });

  it('is replaced by an import: what the file lists is answered with the same bytes, everything above is open', async () => {
    const home = await newHome();
    const signatures = await signed(home, [1_000n, 1_001n]);
    const file = join(temporaryFolder('history'), 'history.json');
    await signer(['history', 'export', '--home', home.home, '--out', file]);
    expect(readFileSync(file, 'utf8')).not.toContain(signatures[0]);
    rmSync(join(home.home, 'data'), { recursive: true });
    rmSync(join(home.home, 'witness.json'));
    const { merged } = json<{ merged: object[] }>(await signer(['history', 'import', file, '--home', home.home]));
    expect(merged).toEqual([expect.objectContaining({ name: 'alice', chainId: CHAIN, added: 2, watermark: '1001', contradiction: null })]);
    await withDaemon(home, async (client) => {
      expect(Hex.encode(await client.sign(home.publicKey, CHAIN, 1_000n, voteFor(1_000n)))).toBe(signatures[0]);
      expect((await refusal(client.sign(home.publicKey, CHAIN, 1_001n, voteFor(1_001n, 2)))).details).toBe('double sign');
      expect((await refusal(client.sign(home.publicKey, CHAIN, 999n, voteFor(999n)))).code).toBe(status.FAILED_PRECONDITION);
      expect(await client.sign(home.publicKey, CHAIN, 1_002n, voteFor(1_002n))).toHaveLength(32);
    });
  });
});

describe('a key that comes from elsewhere', () => {
  it('signs nothing before its watermark was raised', async () => {
    const folder = temporaryFolder('imported');
    const home = join(folder, 'home');
    const secretFile = join(folder, 'key');
    writeFileSync(secretFile, '500372ad3b2c5c28b5e89ed8516c9ce5c8c86d6bda0e32722ec2c54b2005f657\n', { mode: 0o600 });
    await signer(['init', '--home', home]);
    const { publicKey } = json<{ publicKey: string }>(
      await signer(['keys', 'import-hex', '--home', home, '--name', 'fp', '--secret-file', secretFile]),
    );
    await withDaemon({ home, publicKey: Hex.decode(publicKey) }, async (client) => {
      const key = Hex.decode(publicKey);
      expect((await refusal(client.sign(key, CHAIN, 7n, voteFor(7n)))).details).toMatch(/history import|watermark raise/);
      await signer(['watermark', 'raise', '--home', home, '--key', 'fp', '--chain-id', CHAIN, '--height', '2000000']);
      expect((await refusal(client.sign(key, CHAIN, 7n, voteFor(7n)))).code).toBe(status.FAILED_PRECONDITION);
      expect(await client.sign(key, CHAIN, 2_000_001n, voteFor(2_000_001n))).toHaveLength(32);
    });
  });
});

describe('the history', () => {
  it('is backed up and pruned beside a running signer; a contradiction condemns the key', async () => {
    const home = await newHome();
    await withDaemon(home, async (client) => {
      for (const height of [1n, 2n, 3n]) await client.sign(home.publicKey, CHAIN, height, voteFor(height));
      const { backup } = json<{ backup: string }>(await signer(['backup', '--home', home.home]));
      expect(readdirSync(join(home.home, 'backup')).map((name) => join(home.home, 'backup', name))).toContain(backup);
      const prune = ['history', 'prune', '--home', home.home, '--key', 'alice', '--chain-id', CHAIN, '--height', '2'];
      expect(runToEnd(['signer', ...prune, '--json']).code).toBe(2);
      expect(await signer([...prune, '--yes'])).toMatchObject({ deleted: 2 });
      expect((await refusal(client.sign(home.publicKey, CHAIN, 2n, voteFor(2n)))).code).toBe(status.FAILED_PRECONDITION);
      const root = { height: '3', signing_root: 'ab'.repeat(32) };
      const dump = join(temporaryFolder('dump'), 'dump.jsonl');
      const record = { chain_id: CHAIN, eots_pk: Hex.encode(home.publicKey), height: root.height, msg: Hex.encode(voteFor(3n, 2)) };
      writeFileSync(dump, `${JSON.stringify(record)}\n{"records":1}\n`);
      const condemned = runToEnd(['signer', 'history', 'import', dump, '--home', home.home, '--json']);
      expect(condemned.code).toBe(1);
      expect(JSON.parse(condemned.out).merged).toEqual([expect.objectContaining({ contradiction: { height: '3' } })]);
      expect((await refusal(client.sign(home.publicKey, CHAIN, 4n, voteFor(4n)))).code).toBe(status.FAILED_PRECONDITION);
    });
  });

  it('of another key or chain is refused as a whole', async () => {
    const home = await newHome();
    const dump = join(temporaryFolder('dump'), 'dump.jsonl');
    const record = { chain_id: CHAIN, eots_pk: '11'.repeat(32), height: '3', msg: Hex.encode(voteFor(3n)) };
    writeFileSync(dump, `${JSON.stringify(record)}\n{"records":1}\n`);
    const run = (...args: string[]) => runToEnd(['signer', 'history', 'import', dump, '--home', home.home, '--json', ...args]);
    rmSync(join(home.home, 'data'), { recursive: true });
    expect(JSON.parse(run().out).error).toMatchObject({
      reason: { code: 'interchange.foreign-key', publicKey: '11'.repeat(32) },
      message: expect.stringContaining('--any-key'),
    });
    // A file that is not taken makes no store.
    expect(existsSync(join(home.home, 'data'))).toBe(false);
    expect(JSON.parse(run('--any-key', '--chain-id', 'bbn-2').out).error.code).toBe('interchange.foreign-chain');
    expect(run('--any-key', '--chain-id', CHAIN).code).toBe(0);
  });
});
