// What operators rely on: backups in one folder, metrics, health, a store that fails, logs without secrets, and how the daemon stops.
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { SatlockError } from '../../../src/base/Errors.ts';
import * as Hex from '../../../src/base/Hex.ts';
import { Throttle } from '../../../src/node/daemon/log.ts';
import * as Interchange from '../../../src/signer/Interchange.ts';
import { MemoryStore } from '../../../src/signer/MemoryStore.ts';
import type { Claimed, SignStore, StoreIdentity } from '../../../src/signer/SignStore.ts';
import { EotsClient } from '../../support/eotsClient.ts';
import { atEnd, CHAIN, failure, HMAC_KEY, KEY_BYTES, PASSPHRASE, start, vote } from './support.ts';

const { status } = grpc;

function folder(): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'satlock-daemon-')));
  atEnd(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A store in memory whose claims do what a test says. */
class OddStore extends MemoryStore {
  claims: () => Promise<void> = async () => undefined;
  identities: () => Promise<void> = async () => undefined;
  isClosed = false;

  override async claim(...args: Parameters<SignStore['claim']>): Promise<readonly Claimed[]> {
    await this.claims();
    return super.claim(...args);
  }

  override async identity(): Promise<StoreIdentity> {
    await this.identities();
    return super.identity();
  }

  override async close(): Promise<void> {
    this.isClosed = true;
    await super.close();
  }
}

const failing = (code: string) => async (): Promise<void> => {
  throw new SatlockError({ code }, `the disk says ${code}`);
};

describe('backups', () => {
  it('are six in ten minutes: who may call must not fill the disk', async () => {
    const world = await start({ backupFolder: join(folder(), 'backup') });
    const client = world.client();
    for (let i = 0; i < 6; i++) await client.backup(`${i}`);
    await expect(client.backup('7')).rejects.toThrow(/more than 6 backups/);
  });

  it('go below the configured folder, and are histories where the store has no file', async () => {
    const root = join(folder(), 'backup');
    const world = await start({ backupFolder: root });
    const client = world.client();
    await client.sign({ publicKey: world.keys.publicKey, chainId: CHAIN, height: 5n, message: vote(5n) });
    const name = await client.backup();
    expect(name).toMatch(/^satlock_\d{8}_\d{6}\.json$/);
    expect(statSync(root).mode & 0o777).toBe(0o700);
    expect(statSync(join(root, name)).mode & 0o777).toBe(0o600);
    const [history] = Interchange.parse(readFileSync(join(root, name), 'utf8'));
    expect(history?.records.map(({ height }) => height)).toEqual([5n]);
    const deeper = await client.backup('2026/11');
    expect(existsSync(join(root, '2026/11', deeper))).toBe(true);
    expect(await client.backup(join(root, 'weekly'))).toMatch(/^satlock_/);
  });

  it('go nowhere else', async () => {
    const outer = folder();
    const root = join(outer, 'backup');
    const elsewhere = join(outer, 'elsewhere');
    mkdirSync(elsewhere);
    const world = await start({ backupFolder: root });
    symlinkSync(elsewhere, join(root, 'link'));
    symlinkSync(join(outer, 'nothing'), join(root, 'dangling'));
    writeFileSync(join(root, 'file'), '');
    const client = world.client();
    const before = readdirSync(outer).sort();
    const paths = [
      '..',
      '../elsewhere',
      'a/../../elsewhere',
      elsewhere,
      '/etc',
      '/',
      `${root}x`,
      'link',
      'link/deeper',
      'dangling',
      'file',
      'a/b/c/d/e',
      'a\0b',
      '../backup/../elsewhere',
    ];
    for (const path of paths) {
      expect(await failure(client.backup(path)), path).toMatchObject({ reason: { status: 'INVALID_ARGUMENT' } });
    }
    expect(readdirSync(outer).sort()).toEqual(before);
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  it('are the hot copy of a store that can make one', async () => {
    const root = folder();
    const copies: string[] = [];
    const store = Object.assign(new MemoryStore(), {
      backup: async (where: string) => {
        copies.push(where);
        return join(where, 'data.mdb');
      },
    });
    const world = await start({ backupFolder: root, store });
    expect(await world.client().backup('x')).toBe('data.mdb');
    expect(copies).toEqual([join(root, 'x')]);
  });
});

describe('health', () => {
  it('is told over HTTP and gRPC: up, ready, and nothing but those pages', async () => {
    const store = new OddStore();
    const world = await start({ store, metrics: { listen: '127.0.0.1:0' } });
    const get = (path: string, method = 'GET'): Promise<Response> => fetch(`http://${world.running.metricsAddress}${path}`, { method });
    expect((await get('/healthz')).status).toBe(200);
    expect((await get('/readyz')).status).toBe(200);
    expect(await (await get('/metrics')).text()).toMatch(/^satlock_signer_watermark_height|eots_created_keys_counter 0/m);
    expect((await get('/')).status).toBe(404);
    expect((await get('/metrics', 'POST')).status).toBe(405);
    expect(await world.client().isServing()).toBe(true);
    expect(await failure(new EotsClient(world.running.address).call('../grpc.health.v1.Health/Check', new Uint8Array(0)))).toBeDefined();
  });

  it('is bad while the store does not answer, and good again after', async () => {
    const store = new OddStore();
    const world = await start({ store, metrics: { listen: '127.0.0.1:0' } });
    store.identities = failing('store.unavailable');
    const ready = async (): Promise<number> => (await fetch(`http://${world.running.metricsAddress}/readyz`)).status;
    expect(await ready()).toBe(503);
    expect((await fetch(`http://${world.running.metricsAddress}/healthz`)).status).toBe(200);
    expect(await world.client().isServing()).toBe(false);
    store.identities = async () => undefined;
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(await ready()).toBe(200);
  });
});

describe('a store that fails', () => {
  it('for a while: Unavailable, and then it works again', async () => {
    const store = new OddStore();
    const world = await start({ store });
    const request = { publicKey: world.keys.publicKey, chainId: CHAIN, height: 5n, message: vote(5n) };
    for (const code of ['store.unavailable', 'store.timeout']) {
      store.claims = failing(code);
      expect(await failure(world.client().sign(request))).toMatchObject({
        reason: { status: 'UNAVAILABLE', details: expect.stringMatching(code) },
      });
    }
    store.claims = async () => undefined;
    expect(await world.client().sign(request)).toHaveLength(32);
    expect(world.running.halted()).toBeUndefined();
    expect(await world.metric('satlock_signer_store_failures_total{code="store.timeout"}')).toBe(1);
    expect(await world.metric(`eots_fp_total_eots_sign_counter{fp_btc_pk_hex="${Hex.encode(world.keys.publicKey)}"}`)).toBe(1);
  });

  for (const code of ['store.corrupt', 'store.full', 'store.read-only', 'store.truncated', 'store.rolled-back', 'store.not-durable']) {
    it(`for good (${code}): signing halts, says why, and is never tried again`, async () => {
      const store = new OddStore();
      const world = await start({ store, metrics: { listen: '127.0.0.1:0' } });
      const client = world.client();
      const slot = { publicKey: world.keys.publicKey, chainId: CHAIN };
      await client.sign({ ...slot, height: 4n, message: vote(4n) });
      store.claims = failing(code);
      await failure(client.sign({ ...slot, height: 5n, message: vote(5n) }));
      let asked = 0;
      store.claims = async () => void asked++;
      const halted = { reason: { status: 'UNAVAILABLE', details: expect.stringMatching(new RegExp(`halted.*${code}`)) } };
      expect(await failure(client.sign({ ...slot, height: 5n, message: vote(5n) }))).toMatchObject(halted);
      expect(await failure(client.signBatch(slot, [{ height: 6n, message: vote(6n) }]))).toMatchObject(halted);
      expect(await failure(client.randomness({ ...slot, startHeight: 1n, count: 1 }))).toMatchObject(halted);
      expect(await failure(world.signer.sign({ ...slot, height: 7n, message: vote(7n) }))).toMatchObject({ code: 'daemon.halted' });
      expect(asked).toBe(0);
      expect(world.running.halted()).toMatch(code);
      const ready = await fetch(`http://${world.running.metricsAddress}/readyz`);
      expect([ready.status, await ready.text()]).toEqual([503, expect.stringMatching(code)]);
      expect(await world.metric('satlock_signer_halted')).toBe(1);
      expect(world.lines.join('')).toMatch(/"event":"halted"/);
      await client.ping();
    });
  }

  it('halts on what the signer itself finds wrong in it', async () => {
    const store = new OddStore();
    store.claim = async () => [];
    const world = await start({ store });
    await failure(world.client().sign({ publicKey: world.keys.publicKey, chainId: CHAIN, height: 5n, message: vote(5n) }));
    expect(world.running.halted()).toMatch('store.corrupt');
  });

  it('with an error of nobody we know: Internal, and its words stay inside', async () => {
    const store = new OddStore();
    const world = await start({ store });
    world.signer.signDigest = async () => {
      throw new Error(`secret: ${Hex.encode(world.keys.secretKey)}`);
    };
    const error = await failure(world.client().signDigest({ publicKey: world.keys.publicKey, digest: new Uint8Array(32) }));
    expect(error).toMatchObject({ reason: { status: 'INTERNAL', details: 'failed to sign Schnorr signature: internal error' } });
    expect(world.lines.join('')).not.toContain(Hex.encode(world.keys.secretKey));
    expect(world.lines.join('')).toMatch(/"error":"Error"/);
  });
});

describe('metrics', () => {
  it('of signatures move when the record is stored, not before', async () => {
    const store = new OddStore();
    const world = await start({ store });
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    store.claims = () => held;
    const series = `eots_fp_total_eots_sign_counter{fp_btc_pk_hex="${Hex.encode(world.keys.publicKey)}"}`;
    const signing = world.client().sign({ publicKey: world.keys.publicKey, chainId: CHAIN, height: 5n, message: vote(5n) });
    await world.client().ping();
    expect(await world.metric(series)).toBeUndefined();
    release();
    await signing;
    expect(await world.metric(series)).toBe(1);
  });

  it('have no series for what strangers write', async () => {
    const world = await start();
    const client = world.client();
    for (let i = 1; i <= 20; i++) {
      await failure(client.sign({ publicKey: new Uint8Array(32).fill(i), chainId: CHAIN, height: 5n, message: vote(5n) }));
      await failure(client.sign({ publicKey: new Uint8Array(32).fill(i), chainId: CHAIN, height: 5n, message: vote(6n) }));
    }
    const text = await world.observer.registry.metrics();
    expect(text).toMatch(/satlock_signer_refused_total\{fp_btc_pk_hex="unknown",code="signer.height-mismatch"\} 20/);
    expect(text).not.toContain(Hex.encode(new Uint8Array(32).fill(7)));
  });

  it('show watermarks, heights, keys, connections and the build', async () => {
    const world = await start({ metrics: { listen: '127.0.0.1:0' } });
    await world.client().sign({ publicKey: world.keys.publicKey, chainId: CHAIN, height: 5n, message: vote(5n) });
    await world.store.raiseWatermark({ publicKey: world.keys.publicKey, chainId: CHAIN }, 4n);
    const text = await (await fetch(`http://${world.running.metricsAddress}/metrics`)).text();
    const labels = `{fp_btc_pk_hex="${Hex.encode(world.keys.publicKey)}",chain_id="${CHAIN}"}`;
    expect(text).toContain(`satlock_signer_watermark_height${labels} 4`);
    expect(text).toContain(`satlock_signer_highest_signed_height${labels} 5`);
    expect(text).toContain('satlock_signer_unlocked_keys 1');
    expect(text).toContain('satlock_signer_connections 1');
    expect(text).toContain('satlock_signer_open_calls 0');
    expect(text).toMatch(/satlock_build_info\{version="[^"]+",node="v[^"]+",store="memory"\} 1/);
    expect(text).toMatch(/satlock_signer_call_seconds_bucket\{le="0.005",method="SignEOTS"\} \d/);
    expect(text).toMatch(/satlock_signer_store_seconds_count\{operation="claim"\} 1/);
  });
});

describe('logs', () => {
  it('of a full run hold no key, passphrase, MAC, message or signature', async () => {
    const root = folder();
    const world = await start({ auth: { hmacKey: KEY_BYTES }, backupFolder: root, metrics: { listen: '127.0.0.1:0' } });
    const client = world.client({ hmacKey: KEY_BYTES });
    const { publicKey, secretKey } = world.keys;
    const sent: string[] = [];
    const original = grpc.Metadata.prototype.set;
    grpc.Metadata.prototype.set = function set(key, value) {
      if (/^x-(fpd-hmac|satlock-mac|satlock-nonce)$/.test(key)) sent.push(String(value));
      return original.call(this, key, value);
    };
    atEnd(() => {
      grpc.Metadata.prototype.set = original;
    });
    const sig = await client.sign({ publicKey, chainId: CHAIN, height: 5n, message: vote(5n, 0x5a) });
    await failure(client.sign({ publicKey, chainId: CHAIN, height: 5n, message: vote(5n, 0x5b) }));
    const { signatures } = await client.signBatch({ publicKey, chainId: CHAIN }, [{ height: 6n, message: vote(6n, 0x5c) }]);
    await client.randomness({ publicKey, chainId: CHAIN, startHeight: 1n, count: 5 });
    await client.unlock(publicKey, PASSPHRASE);
    await failure(client.unlock(publicKey, 'a mistyped passphrase'));
    await failure(client.signDigest({ publicKey, digest: new Uint8Array(32).fill(0x5d) }));
    await client.backup();
    await failure(client.backup('../../etc'));
    await failure(world.client().sign({ publicKey, chainId: CHAIN, height: 7n, message: vote(7n) }));
    await failure(world.client({ hmacKey: new TextEncoder().encode('a wrong key') }).ping());
    await failure(world.client({ hmacKey: KEY_BYTES, mac: 'bare' }).saveKeyName('zzz', new Uint8Array(33)));
    await fetch(`http://${world.running.metricsAddress}/metrics`);
    await world.running.stop();
    const text = world.lines.join('');
    expect(world.lines.length).toBeGreaterThan(12);
    const secrets = [...sent, HMAC_KEY, PASSPHRASE, 'a mistyped passphrase', 'a wrong key'];
    const bytes = [
      secretKey,
      sig,
      signatures.get(6n) ?? new Uint8Array(1),
      vote(5n, 0x5a),
      vote(5n, 0x5b),
      vote(6n, 0x5c),
      new Uint8Array(32).fill(0x5d),
      KEY_BYTES,
    ];
    for (const each of bytes)
      secrets.push(
        Hex.encode(each),
        Buffer.from(each).toString('base64'),
        Buffer.from(each).toString('base64url'),
        `${[...each].join(',')}`,
      );
    const seen = secrets.filter((secret) => secret.length > 2 && text.includes(secret));
    expect(sent.length).toBeGreaterThan(15);
    expect(seen).toEqual([]);
    for (const line of world.lines)
      expect(JSON.parse(line)).toMatchObject({ level: expect.any(String), time: expect.any(String), msg: expect.any(String) });
    expect(text).toContain('"code":"signer.double-sign"');
  });

  it('are not filled by strangers', async () => {
    const throttle = new Throttle(3, 10_000);
    const lines: number[] = [];
    for (let i = 0; i < 100; i++) throttle.run((leftOut) => lines.push(leftOut), i);
    throttle.run((leftOut) => lines.push(leftOut), 20_000);
    expect(lines).toEqual([0, 0, 0, 97]);
    const world = await start({ auth: { hmacKey: KEY_BYTES } });
    const client = world.client();
    for (let i = 0; i < 60; i++)
      await failure(client.sign({ publicKey: world.keys.publicKey, chainId: CHAIN, height: 5n, message: vote(5n) }));
    expect(world.lines.filter((line) => line.includes('denied')).length).toBeLessThan(60);
    expect(await world.metric('satlock_signer_auth_failures_total{why="missing"}')).toBe(60);
  });
});

describe('stopping', () => {
  it('finishes what runs, takes nothing new, and closes the store last', async () => {
    const store = new OddStore();
    const world = await start({ store });
    let release: () => void = () => undefined;
    const began = new Promise<void>((resolve) => {
      store.claims = () => {
        resolve();
        return new Promise((done) => {
          release = done;
        });
      };
    });
    const signing = world.client().sign({ publicKey: world.keys.publicKey, chainId: CHAIN, height: 5n, message: vote(5n) });
    await began;
    let stopped = false;
    const stopping = world.running.stop().then(() => {
      stopped = true;
    });
    expect(await failure(world.client({ deadlineMs: 1_000 }).ping())).toBeDefined();
    expect([stopped, store.isClosed]).toEqual([false, false]);
    release();
    expect(await signing).toHaveLength(32);
    await stopping;
    expect(store.isClosed).toBe(true);
    await world.running.closed;
  });

  it('waits for what a client that has gone has begun', async () => {
    const store = new OddStore();
    const world = await start({ store });
    let release: () => void = () => undefined;
    const began = new Promise<void>((resolve) => {
      store.claims = () => {
        resolve();
        return new Promise((done) => {
          release = done;
        });
      };
    });
    const client = new EotsClient(world.running.address, { deadlineMs: 500 });
    const gaveUp = failure(client.sign(world.keys.publicKey, CHAIN, 5n, vote(5n)));
    await began;
    expect(await gaveUp).toMatchObject({ code: status.DEADLINE_EXCEEDED });
    client.close();
    const stopping = world.running.stop();
    await expect.poll(() => world.metric('satlock_signer_connections')).toBe(0);
    expect(store.isClosed).toBe(false);
    release();
    await stopping;
    expect(store.isClosed).toBe(true);
  });

  it('waits for a call that hangs no longer than its limit, and not at all when told twice', async () => {
    const store = new OddStore();
    store.claims = () => new Promise(() => undefined);
    const request = (world: { readonly keys: { readonly publicKey: Uint8Array } }) => ({
      publicKey: world.keys.publicKey,
      chainId: CHAIN,
      height: 5n,
      message: vote(5n),
    });
    const patient = await start({ store, limits: { stopTimeoutMs: 200 } });
    const one = failure(patient.client().sign(request(patient)));
    await patient.client().ping();
    await patient.running.stop();
    expect(await one).toBeDefined();
    expect(store.isClosed).toBe(true);
    const second = new OddStore();
    second.claims = () => new Promise(() => undefined);
    const hurried = await start({ store: second, limits: { stopTimeoutMs: 600_000 } });
    const two = failure(hurried.client().sign(request(hurried)));
    await hurried.client().ping();
    void hurried.running.stop();
    await hurried.running.abort();
    expect(await two).toBeDefined();
    expect(second.isClosed).toBe(true);
  });

  it('answers a call that takes too long, and the record stands', async () => {
    const store = new OddStore();
    let release: () => void = () => undefined;
    store.claims = () =>
      new Promise((done) => {
        release = done;
      });
    const world = await start({ store, limits: { callTimeoutMs: 100 } });
    const request = { publicKey: world.keys.publicKey, chainId: CHAIN, height: 5n, message: vote(5n) };
    expect(await failure(world.client().sign(request))).toMatchObject({
      reason: { status: 'DEADLINE_EXCEEDED', details: expect.stringMatching(/asking again/) },
    });
    release();
    store.claims = async () => undefined;
    expect(await world.client().sign(request)).toHaveLength(32);
  });

  it('by SIGTERM in a process of its own: answers first, ends with 0, leaves no socket', async () => {
    const path = join(folder(), 's.sock');
    const child = spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'process.ts')], {
      env: { ...process.env, DAEMON: JSON.stringify({ listen: `unix:${path}` }) },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    atEnd(() => child.kill('SIGKILL'));
    await new Promise((resolve) => child.once('message', resolve));
    const client = new EotsClient(`unix:${path}`);
    atEnd(() => client.close());
    await client.ping();
    const exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve([code, signal])));
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(existsSync(path)).toBe(false);
    expect(status.OK).toBe(0);
  });
});
