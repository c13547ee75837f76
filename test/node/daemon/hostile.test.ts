// A daemon in a process of its own against strangers: thousands of connections, broken frames, floods, oversized and half-sent messages, wrong
// MACs. It must live, answer an honest client meanwhile, and keep its memory.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import http2 from 'node:http2';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SignerClient } from '../../../src/node/daemon/SignerClient.ts';
import * as Wire from '../../../src/node/daemon/wire.ts';
import { EotsClient } from '../../support/eotsClient.ts';
import { TestKeys } from './keys.ts';
import { CHAIN, failure, HMAC_KEY, KEY_BYTES, vote } from './support.ts';

const MiB = 1 << 20;
/** The daemon itself has some 120 MiB, and a garbage collector that takes its time. */
const MAX_GROWTH = 256 * MiB;
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

let child: ChildProcess;
let port = 0;
let publicKey: Uint8Array = new Uint8Array(0);
let honest: SignerClient;
let height = 1_000n;
const sockets = new Set<Socket>();

beforeAll(async () => {
  const settings = { listen: '127.0.0.1:0', hmacKey: HMAC_KEY, limits: { receiveTimeoutMs: 2_000 } };
  child = spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'process.ts')], {
    env: { ...process.env, DAEMON: JSON.stringify(settings) },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  child.stderr?.resume();
  const [ready] = await new Promise<readonly [{ readonly port: number }]>((resolve, reject) => {
    child.once('message', (message) => resolve([message as { readonly port: number }]));
    child.once('exit', (code) => reject(new Error(`the daemon ended with ${code}`)));
  });
  ({ port } = ready);
  ({ publicKey } = new TestKeys());
  honest = new SignerClient({ address: `127.0.0.1:${port}`, hmacKey: KEY_BYTES, deadlineMs: 20_000 });
  await signOne();
});

afterAll(() => {
  honest.close();
  for (const socket of sockets) socket.destroy();
  child.kill('SIGKILL');
});

function memory(): Promise<number> {
  return new Promise((resolve) => {
    child.once('message', (message) => resolve((message as { readonly memory: { readonly rss: number } }).memory.rss));
    child.send('memory');
  });
}

/** An honest vote: the daemon lives, and has time for its work. */
async function signOne(): Promise<void> {
  height++;
  expect(await honest.sign({ publicKey, chainId: CHAIN, height, message: vote(height) })).toHaveLength(32);
}

function open(): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('connect', () => resolve(socket));
    socket.once('close', () => {
      sockets.delete(socket);
      resolve(socket);
    });
    socket.resume();
  });
}

/** Sends bytes, and waits until the daemon hangs up or has had its time. */
async function shout(bytes: Uint8Array): Promise<void> {
  const socket = await open();
  await new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
    socket.write(bytes, () => setTimeout(resolve, 20));
  });
  socket.destroy();
}

function frame(type: number, flags: number, stream: number, payload: Uint8Array, length = payload.length): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

const settingsFrame = frame(4, 0, 0, new Uint8Array(0));
const hello = Buffer.concat([PREFACE, settingsFrame]);
const repeat = (count: number, part: (i: number) => Uint8Array): Buffer => Buffer.concat(Array.from({ length: count }, (_, i) => part(i)));
const SIGN = '/proto.EOTSManager/SignEOTS';
const BATCH = '/proto.EOTSManager/SignBatchEOTS';

/** One call by hand: any headers, any bytes; its gRPC status, or undefined when the stream broke. */
async function call(
  session: http2.ClientHttp2Session,
  path: string,
  bytes: Uint8Array,
  headers: Record<string, string> = {},
  finish = true,
): Promise<number | undefined> {
  return new Promise((resolve) => {
    const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers', ...headers });
    let code: number | undefined;
    const note = (found: http2.IncomingHttpHeaders): void => {
      if (found['grpc-status'] !== undefined) code = Number(found['grpc-status']);
    };
    stream.on('response', note).on('trailers', note);
    stream
      .on('error', () => undefined)
      .on('end', () => {
        resolve(code);
        stream.close();
      });
    stream.on('close', () => resolve(code));
    stream.resume();
    if (finish) stream.end(bytes);
    else stream.write(bytes);
  });
}

async function withSession<T>(job: (session: http2.ClientHttp2Session) => Promise<T>): Promise<T> {
  const session = http2.connect(`http://127.0.0.1:${port}`, { maxSessionMemory: 1_000 });
  session.on('error', () => undefined);
  try {
    return await job(session);
  } finally {
    session.destroy();
  }
}

function grpcFrame(bytes: Uint8Array, compressed = 0, length = bytes.length): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(compressed, 0);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, bytes]);
}

const WRONG = { 'x-fpd-hmac': Buffer.alloc(32).toString('base64') };

describe('strangers', () => {
  it('10,000 connections that say nothing, or half a preface, or only hello', async () => {
    const before = await memory();
    let most = 0;
    for (let round = 0; round < 20; round++) {
      const opened = await Promise.all(Array.from({ length: 500 }, open));
      for (const [i, socket] of opened.entries()) {
        if (i % 3 === 1) socket.write(PREFACE.subarray(0, 12));
        if (i % 3 === 2) socket.write(hello);
      }
      await signOne();
      most = Math.max(most, await memory());
    }
    // What is left is as many as the daemon lets be, and its own client's.
    await new Promise((resolve) => setTimeout(resolve, 200));
    const left = sockets.size;
    console.info(`10,000 connections: ${left} left, memory ${mib(before)} -> at most ${mib(most)} MiB`);
    expect(left).toBeLessThanOrEqual(256);
    expect(most - before).toBeLessThan(MAX_GROWTH);
    for (const socket of sockets) socket.destroy();
    await signOne();
  });

  it('a connection without a word is closed', async () => {
    const socket = await open();
    await new Promise((resolve) => socket.once('close', resolve));
    await signOne();
  });

  it('bytes that are no HTTP/2, and frames that are none', async () => {
    const before = await memory();
    const odd: readonly Uint8Array[] = [
      Buffer.from('GET / HTTP/1.1\r\nhost: x\r\n\r\n'),
      Buffer.from('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'),
      PREFACE,
      ...Array.from({ length: 40 }, (_, i) => randomBytes(1 + i * 97)),
      ...Array.from({ length: 40 }, (_, i) => Buffer.concat([hello, randomBytes(1 + i * 97)])),
      Buffer.concat([hello, frame(0, 0, 1, randomBytes(100))]),
      Buffer.concat([hello, frame(1, 4, 1, randomBytes(200))]),
      Buffer.concat([hello, frame(1, 4, 0, randomBytes(20))]),
      Buffer.concat([hello, frame(1, 4, 2, Buffer.from([0x82]))]),
      Buffer.concat([hello, frame(0, 0, 1, new Uint8Array(0), 0xff_ffff)]),
      Buffer.concat([hello, frame(4, 0, 0, Buffer.from([0, 4, 0xff, 0xff, 0xff, 0xff]))]),
      Buffer.concat([hello, frame(8, 0, 0, Buffer.from([0x7f, 0xff, 0xff, 0xff])), frame(8, 0, 0, Buffer.from([0x7f, 0xff, 0xff, 0xff]))]),
      Buffer.concat([hello, frame(3, 0, 1, Buffer.alloc(4))]),
      Buffer.concat([hello, frame(99, 255, 0x7fff_ffff, randomBytes(50))]),
    ];
    for (const bytes of odd) await shout(bytes);
    await signOne();
    expect((await memory()) - before).toBeLessThan(MAX_GROWTH);
  });

  it('floods of pings, settings, resets and endless headers', async () => {
    const before = await memory();
    const open1 = frame(1, 4, 1, Buffer.from([0x83, 0x86, 0x84]));
    const floods: readonly Uint8Array[] = [
      Buffer.concat([hello, repeat(50_000, () => frame(6, 0, 0, Buffer.alloc(8)))]),
      Buffer.concat([hello, repeat(50_000, () => settingsFrame)]),
      Buffer.concat([
        hello,
        repeat(20_000, (i) =>
          Buffer.concat([frame(1, 4, 1 + 2 * i, Buffer.from([0x83, 0x86, 0x84])), frame(3, 0, 1 + 2 * i, Buffer.from([0, 0, 0, 8]))]),
        ),
      ]),
      Buffer.concat([
        hello,
        frame(1, 0, 1, Buffer.from([0x83])),
        repeat(5_000, () => frame(9, 0, 1, Buffer.concat([Buffer.from([0, 1, 0x61, 0x7f, 0x81, 0x07]), Buffer.alloc(1_000, 0x61)]))),
      ]),
      Buffer.concat([hello, open1, repeat(50_000, () => frame(0, 0, 1, new Uint8Array(0)))]),
    ];
    for (const bytes of floods) await shout(bytes);
    await signOne();
    expect((await memory()) - before).toBeLessThan(MAX_GROWTH);
  });

  it('messages beyond the limit, also such as only say so, or grow when unpacked', async () => {
    const before = await memory();
    const big = Buffer.alloc(16 * MiB + 1);
    for (let i = 0; i < 5; i++) {
      expect(await withSession((session) => call(session, BATCH, grpcFrame(new Uint8Array(10), 0, 0xffff_ffff), WRONG))).toBe(
        status.RESOURCE_EXHAUSTED,
      );
      expect(await withSession((session) => call(session, BATCH, grpcFrame(big), WRONG))).toBe(status.RESOURCE_EXHAUSTED);
    }
    const bomb = gzipSync(Buffer.alloc(64 * MiB));
    expect(await withSession((session) => call(session, BATCH, grpcFrame(bomb, 1), { ...WRONG, 'grpc-encoding': 'gzip' }))).toBe(
      status.RESOURCE_EXHAUSTED,
    );
    expect(
      await withSession((session) => call(session, BATCH, grpcFrame(randomBytes(100), 1), { ...WRONG, 'grpc-encoding': 'gzip' })),
    ).toBe(status.INTERNAL);
    expect(await withSession((session) => call(session, BATCH, grpcFrame(randomBytes(100), 1), { ...WRONG, 'grpc-encoding': 'br' }))).toBe(
      status.UNIMPLEMENTED,
    );
    expect(await withSession((session) => call(session, SIGN, new Uint8Array(0), WRONG))).toBe(status.UNIMPLEMENTED);
    const two = Buffer.concat([grpcFrame(new Uint8Array(3)), grpcFrame(new Uint8Array(3))]);
    expect(await withSession((session) => call(session, SIGN, two, WRONG))).toBe(status.UNIMPLEMENTED);
    await signOne();
    const after = await memory();
    console.info(`oversized messages: memory ${mib(before)} -> ${mib(after)} MiB`);
    expect(after - before).toBeLessThan(MAX_GROWTH);
  });

  it('callers without a MAC are turned away before their message is read', async () => {
    const codes = await withSession((session) =>
      Promise.all(Array.from({ length: 20 }, () => call(session, BATCH, grpcFrame(new Uint8Array(100), 0, 16 * MiB), {}, false))),
    );
    expect(codes).toEqual(Array.from({ length: 20 }, () => status.UNAUTHENTICATED));
    await signOne();
  });

  it('thousands of wrong MACs, with small messages and with large ones', async () => {
    const before = await memory();
    const stranger = new EotsClient(`127.0.0.1:${port}`, { hmacKey: 'a wrong key' });
    const body = Wire.SignEOTSRequest.encode({
      uid: publicKey,
      chainId: new TextEncoder().encode(CHAIN),
      msg: new Uint8Array(1_000),
      height: 5n,
    });
    try {
      for (let round = 0; round < 20; round++) {
        const errors = await Promise.all(Array.from({ length: 50 }, () => failure(stranger.call('SignEOTS', body))));
        for (const error of errors) expect(error).toMatchObject({ code: status.UNAUTHENTICATED });
      }
      const large = Buffer.alloc(4 * MiB);
      for (let round = 0; round < 10; round++) {
        const errors = await Promise.all(Array.from({ length: 4 }, () => failure(stranger.call('SignBatchEOTS', large))));
        for (const error of errors) expect([status.UNAUTHENTICATED, status.INTERNAL]).toContain(error.code);
      }
    } finally {
      stranger.close();
    }
    await signOne();
    const after = await memory();
    console.info(`wrong MACs: memory ${mib(before)} -> ${mib(after)} MiB`);
    expect(after - before).toBeLessThan(MAX_GROWTH);
  });

  it('hundreds of large messages that never end', async () => {
    const before = await memory();
    const part = grpcFrame(new Uint8Array(600_000), 0, 16 * MiB);
    const sessions = Array.from({ length: 20 }, () =>
      http2.connect(`http://127.0.0.1:${port}`, { maxSessionMemory: 1_000 }).on('error', () => undefined),
    );
    const answers = sessions.flatMap((session) => Array.from({ length: 40 }, () => call(session, BATCH, part, WRONG, false)));
    const results = await Promise.all(answers);
    const after = await memory();
    for (const session of sessions) session.destroy();
    console.info(
      `half-sent messages: memory ${mib(before)} -> ${mib(after)} MiB, ${results.filter((code) => code === status.DEADLINE_EXCEEDED).length} of 800 timed out`,
    );
    expect(results.every((code) => code === status.DEADLINE_EXCEEDED || code === status.RESOURCE_EXHAUSTED)).toBe(true);
    expect(after - before).toBeLessThan(MAX_GROWTH);
    await signOne();
    expect(await honest.isServing()).toBe(true);
  });
});

function mib(bytes: number): number {
  return Math.round(bytes / MiB);
}
