// Who is let in over the wire, where the daemon listens at all, and TLS: MACs, replays, addresses, certificates that are exchanged.
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import * as selfsigned from 'selfsigned';
import { describe, expect, it } from 'vitest';
import { isLoopback, parseAddress } from '../../../src/node/daemon/addresses.ts';
import * as Mac from '../../../src/node/daemon/mac.ts';
import type { ServeOptions } from '../../../src/node/daemon/SignerDaemon.ts';
import * as Wire from '../../../src/node/daemon/wire.ts';
import { MemoryStore } from '../../../src/signer/MemoryStore.ts';
import { EotsClient } from '../../support/eotsClient.ts';
import { atEnd, CHAIN, failure, HMAC_KEY, KEY_BYTES, PASSPHRASE, start, vote, type World } from './support.ts';

const { status } = grpc;
const UNAUTHENTICATED = { code: status.UNAUTHENTICATED };

function bare(world: World, hmacKey?: string): EotsClient {
  const client = new EotsClient(world.running.address, hmacKey === undefined ? {} : { hmacKey });
  atEnd(() => client.close());
  return client;
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'satlock-daemon-'));
  atEnd(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const body = (world: World, height = 5n): Uint8Array =>
  Wire.SignEOTSRequest.encode({ uid: world.keys.publicKey, chainId: new TextEncoder().encode(CHAIN), msg: vote(height), height });

describe('with an HMAC key', () => {
  it('nothing is done without it but Ping and the health check', async () => {
    const world = await start({ auth: { hmacKey: KEY_BYTES } });
    const client = bare(world);
    await client.ping();
    expect(await world.client().isServing()).toBe(true);
    for (const method of [
      'SignEOTS',
      'SignBatchEOTS',
      'SignSchnorrSig',
      'UnsafeSignEOTS',
      'CreateRandomnessPairList',
      'SaveEOTSKeyName',
      'UnlockKey',
      'Backup',
    ]) {
      expect(await failure(client.call(method, body(world))), method).toMatchObject({ ...UNAUTHENTICATED, details: 'HMAC not provided' });
    }
    expect(await failure(bare(world, 'another key').call('SignEOTS', body(world)))).toMatchObject({
      ...UNAUTHENTICATED,
      details: 'invalid HMAC',
    });
    expect(await world.metric('satlock_signer_auth_failures_total{why="missing"}')).toBe(8);
    expect(await world.metric('satlock_signer_auth_failures_total{why="invalid"}')).toBe(1);
    expect(await world.store.slots()).toEqual([]);
    expect(await bare(world, HMAC_KEY).sign(world.keys.publicKey, CHAIN, 5n, vote(5n))).toHaveLength(32);
  });

  it('the MAC of one message does not serve for another', async () => {
    const world = await start({ auth: { hmacKey: KEY_BYTES } });
    const metadata = new grpc.Metadata();
    metadata.set('x-fpd-hmac', createHmac('sha256', HMAC_KEY).update(body(world, 5n)).digest('base64'));
    expect(await failure(bare(world).call('SignEOTS', body(world, 6n), metadata))).toMatchObject({ details: 'invalid HMAC' });
  });

  it('a recorded request of our client is refused: again, for another method, after a minute', async () => {
    const world = await start({ auth: { hmacKey: KEY_BYTES } });
    const method = '/proto.EOTSManager/SignEOTS';
    const headers = (timeMs: number): grpc.Metadata => {
      const stamp = { method, timeMs: `${timeMs}`, nonce: Mac.freshNonce() };
      const metadata = new grpc.Metadata();
      metadata.set(Mac.STRONG, Mac.strongMac(KEY_BYTES, stamp, body(world)));
      metadata.set(Mac.TIME, stamp.timeMs);
      metadata.set(Mac.NONCE, stamp.nonce);
      return metadata;
    };
    const recorded = headers(Date.now());
    const client = bare(world);
    expect(await failure(client.call('UnsafeSignEOTS', body(world), recorded.clone()))).toMatchObject({
      ...UNAUTHENTICATED,
      details: 'invalid HMAC',
    });
    await client.call('SignEOTS', body(world), recorded.clone());
    expect(await failure(client.call('SignEOTS', body(world), recorded.clone()))).toMatchObject(UNAUTHENTICATED);
    expect(await failure(client.call('SignEOTS', body(world), headers(Date.now() - 60_000)))).toMatchObject(UNAUTHENTICATED);
    await client.call('SignEOTS', body(world), headers(Date.now()));
  });

  it('strict mode takes our MAC alone, and says so at the start of the other', async () => {
    const strict = await start({ auth: { hmacKey: KEY_BYTES, strict: true } });
    expect(await failure(bare(strict, HMAC_KEY).call('SignEOTS', body(strict)))).toMatchObject({
      ...UNAUTHENTICATED,
      details: expect.stringMatching(/strict/),
    });
    const ours = strict.client({ hmacKey: KEY_BYTES });
    expect(await ours.sign({ publicKey: strict.keys.publicKey, chainId: CHAIN, height: 5n, message: vote(5n) })).toHaveLength(32);
    expect(strict.lines.join('')).not.toMatch(/bare-mac/);
    const lenient = await start({ auth: { hmacKey: KEY_BYTES } });
    expect(lenient.lines.join('')).toMatch(/bare-mac/);
    expect((await start()).lines.join('')).toMatch(/no-auth/);
  });
});

describe('where it listens', () => {
  const refused = (options: Partial<ServeOptions>): Promise<unknown> =>
    start({ ...options } as Parameters<typeof start>[0]).then(
      (world) => `it listens on ${world.running.address}`,
      (error: { readonly code?: string }) => error.code,
    );

  it('on loopback without authentication, and nowhere else', async () => {
    expect(await refused({ listen: '0.0.0.0:0' })).toBe('daemon.unauthenticated-listen');
    expect(await refused({ listen: '[::]:0' })).toBe('daemon.unauthenticated-listen');
    expect(await refused({ listen: '10.1.2.3:12582' })).toBe('daemon.unauthenticated-listen');
    expect(await refused({ listen: '128.0.0.1:0' })).toBe('daemon.unauthenticated-listen');
    expect(await refused({ listen: '0.0.0.0:0', auth: { strict: false } })).toBe('daemon.unauthenticated-listen');
    const world = await start({ listen: '0.0.0.0:0', auth: { hmacKey: KEY_BYTES } });
    expect(world.lines.join('')).toMatch(/no-tls/);
  });

  it('never with an empty key, and strict only with something to be strict about', async () => {
    for (const empty of ['', ' ', '\n', '\t \n']) {
      expect(await refused({ auth: { hmacKey: new TextEncoder().encode(empty) } }), JSON.stringify(empty)).toBe('daemon.empty-hmac-key');
    }
    expect(await refused({ auth: { strict: true } })).toBe('daemon.strict-without-auth');
  });

  it('at addresses that are addresses', async () => {
    const odd = [
      '',
      '127.0.0.1',
      ':1',
      'example.com:1',
      '127.0.0.1:65536',
      '127.0.0.1:x',
      '[127.0.0.1]:1',
      '::1:1',
      '127.1:80',
      'unix:relative',
      `unix:/${'x'.repeat(101)}`,
    ];
    for (const listen of odd) expect(await refused({ listen }), listen).toBe('daemon.bad-address');
    expect(parseAddress('localhost:1', 'listen')).toEqual({ kind: 'tcp', host: '127.0.0.1', port: 1, isLoopback: true });
    expect(['127.0.0.1', '127.255.0.9', '::1', '::ffff:127.0.0.1', '0:0:0:0:0:0:0:1'].every(isLoopback)).toBe(true);
    expect(['0.0.0.0', '::', '128.0.0.1', '::ffff:10.0.0.1', '::2', '1127.0.0.1'].some(isLoopback)).toBe(false);
  });

  it('not where somebody listens already', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    atEnd(() => other.close());
    const { port } = other.address() as { port: number };
    expect(await refused({ listen: `127.0.0.1:${port}` })).toBe('daemon.cannot-listen');
  });

  it('on a Unix socket of its owner, also where a killed daemon left one, but not over a living one', async () => {
    const path = join(folder(), 'signer.sock');
    const world = await start({ listen: `unix:${path}`, auth: { hmacKey: KEY_BYTES } });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await world.client({ hmacKey: KEY_BYTES }).ping();
    expect(await bare(world, HMAC_KEY).sign(world.keys.publicKey, CHAIN, 5n, vote(5n))).toHaveLength(32);
    expect(await refused({ listen: `unix:${path}` })).toBe('daemon.cannot-listen');
    await world.running.stop();
    // what kill -9 leaves
    const { execFileSync } = await import('node:child_process');
    const leave = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    expect(() => execFileSync(process.execPath, ['-e', leave], { stdio: 'ignore' })).toThrow();
    expect(statSync(path).isSocket()).toBe(true);
    await (await start({ listen: `unix:${path}` })).client().ping();
  });

  it('metrics stay on loopback unless they are sent out on purpose', async () => {
    expect(await refused({ metrics: { listen: '0.0.0.0:0' } })).toBe('daemon.metrics-not-loopback');
    expect((await start({ metrics: { listen: '0.0.0.0:0', anywhere: true } })).running.metricsAddress).toMatch(/^0\.0\.0\.0:\d+$/);
  });
});

type Pem = { readonly cert: string; readonly private: string };
const authority = async (name: string): Promise<Pem> =>
  selfsigned.generate([{ name: 'commonName', value: name }], {
    keySize: 2_048,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, digitalSignature: true, critical: true },
    ],
  });
const certificate = async (name: string, ca: Pem, ip = '127.0.0.1'): Promise<Pem> =>
  selfsigned.generate([{ name: 'commonName', value: name }], {
    keySize: 2_048,
    ca: { key: ca.private, cert: ca.cert },
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip }] }],
  });
const pem = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('TLS', () => {
  async function files() {
    const ca = await authority('test authority');
    const server = await certificate('signer', ca);
    const where = folder();
    const paths = { certFile: join(where, 'cert.pem'), keyFile: join(where, 'key.pem'), clientCaFile: join(where, 'ca.pem') };
    writeFileSync(paths.certFile, server.cert);
    writeFileSync(paths.keyFile, server.private);
    writeFileSync(paths.clientCaFile, ca.cert);
    return { ca, paths };
  }

  it('answers on TLS only, and takes passphrases there', async () => {
    const { ca, paths } = await files();
    const { certFile, keyFile } = paths;
    const world = await start({ tls: { certFile, keyFile }, auth: { hmacKey: KEY_BYTES } });
    const client = world.client({ hmacKey: KEY_BYTES, tls: { ca: pem(ca.cert) } });
    await client.unlock(world.keys.publicKey, PASSPHRASE);
    expect(await client.sign({ publicKey: world.keys.publicKey, chainId: CHAIN, height: 5n, message: vote(5n) })).toHaveLength(32);
    expect(await failure(world.client({ hmacKey: KEY_BYTES, deadlineMs: 1_000 }).ping())).toBeDefined();
    const stranger = await authority('stranger');
    expect(await failure(world.client({ tls: { ca: pem(stranger.cert) }, deadlineMs: 1_000 }).ping())).toBeDefined();
  });

  it('is checked against the address that was dialled, or against the name or address that was asked for', async () => {
    const { ca, paths } = await files();
    const { certFile, keyFile } = paths;
    const write = async (ip: string): Promise<void> => {
      const { cert, private: key } = await certificate('signer', ca, ip);
      writeFileSync(certFile, cert);
      writeFileSync(keyFile, key);
    };
    const serving = async (ip: string, listen: string): Promise<World> => {
      await write(ip);
      return start({ tls: { certFile, keyFile }, listen });
    };
    const tls = { ca: pem(ca.cert) };
    await (await serving('127.0.0.1', '127.0.0.1:0')).client({ tls }).ping();
    await (await serving('::1', '[::1]:0')).client({ tls }).ping();
    const elsewhere = await serving('127.0.0.2', '127.0.0.1:0');
    await elsewhere.client({ tls: { ...tls, serverName: '127.0.0.2' } }).ping();
    for (const each of [tls, { ...tls, serverName: '127.0.0.1' }, { ...tls, serverName: 'signer.example' }]) {
      const error = await failure(elsewhere.client({ tls: each, deadlineMs: 1_000 }).ping());
      expect(error.message).toMatch(/does not match certificate/);
    }
    const world = await serving('::2', '[::1]:0');
    expect((await failure(world.client({ tls, deadlineMs: 1_000 }).ping())).message).toMatch(/does not match certificate/);
  });

  it('with client certificates stands in for the MAC, and lets nobody else in', async () => {
    const { ca, paths } = await files();
    const world = await start({ tls: paths, listen: '127.0.0.1:0', auth: { strict: true } });
    const fpd = await certificate('fpd', ca);
    const tls = { ca: pem(ca.cert), cert: pem(fpd.cert), key: pem(fpd.private) };
    expect(
      await world.client({ tls }).sign({ publicKey: world.keys.publicKey, chainId: CHAIN, height: 5n, message: vote(5n) }),
    ).toHaveLength(32);
    expect(await failure(world.client({ tls: { ca: tls.ca }, deadlineMs: 1_000 }).ping())).toBeDefined();
    const other = await authority('another authority');
    const forged = await certificate('fpd', other);
    expect(
      await failure(world.client({ tls: { ca: tls.ca, cert: pem(forged.cert), key: pem(forged.private) }, deadlineMs: 1_000 }).ping()),
    ).toBeDefined();
  });

  it('reads new files while it runs, and keeps the old ones when the new are no good', async () => {
    const { ca, paths } = await files();
    const { certFile, keyFile } = paths;
    const world = await start({ tls: { certFile, keyFile } });
    await world.client({ tls: { ca: pem(ca.cert) } }).ping();
    writeFileSync(certFile, 'no certificate');
    expect(await failure(world.running.reloadTls())).toMatchObject({ code: 'daemon.bad-tls' });
    await world.client({ tls: { ca: pem(ca.cert) } }).ping();
    const next = await authority('next authority');
    const renewed = await certificate('signer', next);
    writeFileSync(certFile, renewed.cert);
    writeFileSync(keyFile, renewed.private);
    const old = world.client({ tls: { ca: pem(ca.cert) }, deadlineMs: 2_000 });
    await old.ping();
    await world.running.reloadTls();
    await world.client({ tls: { ca: pem(next.cert) } }).ping();
    // also who was connected has to come back, and sees the new certificate
    expect(await failure(old.ping())).toBeDefined();
  });

  it('a call on a connection of old files is answered, also when the daemon stops', async () => {
    const { ca, paths } = await files();
    const { certFile, keyFile } = paths;
    let release: () => void = () => undefined;
    let begin: () => void = () => undefined;
    const began = new Promise<void>((resolve) => {
      begin = resolve;
    });
    class SlowStore extends MemoryStore {
      override async claim(...args: Parameters<MemoryStore['claim']>): ReturnType<MemoryStore['claim']> {
        begin();
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        return super.claim(...args);
      }
    }
    const world = await start({ tls: { certFile, keyFile }, store: new SlowStore() });
    const client = world.client({ tls: { ca: pem(ca.cert) } });
    const signing = client.sign({ publicKey: world.keys.publicKey, chainId: CHAIN, height: 5n, message: vote(5n) });
    await began;
    await world.running.reloadTls();
    const stopping = world.running.stop();
    release();
    expect(await signing).toHaveLength(32);
    await stopping;
  });

  it('refuses files that are missing, odd or of different keys, without a word of them', async () => {
    const { ca, paths } = await files();
    const other = await certificate('other', ca);
    const attempt = async (tls: NonNullable<ServeOptions['tls']>): Promise<string> => `${await failure(start({ tls }))}`;
    expect(await attempt({ ...paths, certFile: '/nonexistent' })).toMatch(/daemon.bad-tls/);
    writeFileSync(paths.keyFile, other.private);
    expect(await attempt(paths)).toMatch(/not the key of/);
    writeFileSync(paths.keyFile, 'secret words that are no key');
    const error = await attempt(paths);
    expect(error).toMatch(/daemon.bad-tls/);
    expect(error).not.toMatch(/secret words/);
  });

  it('a passphrase is not taken in clear from far away', async () => {
    const world = await start({ listen: '0.0.0.0:0', auth: { hmacKey: KEY_BYTES } });
    const { networkInterfaces } = await import('node:os');
    const outside = Object.values(networkInterfaces())
      .flatMap((each) => each ?? [])
      .find(({ family, internal }) => family === 'IPv4' && !internal);
    if (outside === undefined) return;
    const client = world.client({ address: `${outside.address}:${world.running.port}`, hmacKey: KEY_BYTES });
    await client.ping();
    expect(await failure(client.unlock(world.keys.publicKey, PASSPHRASE))).toMatchObject({ reason: { status: 'FAILED_PRECONDITION' } });
  });
});
