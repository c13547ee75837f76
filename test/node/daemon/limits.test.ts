// The limits one by one, small enough to be reached: connections, calls, messages that are received, batches; and limits that are none.

import http2 from 'node:http2';
import { connect, type Socket } from 'node:net';
import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import * as Wire from '../../../src/node/daemon/wire.ts';
import { EotsClient } from '../../support/eotsClient.ts';
import { atEnd, CHAIN, failure, HMAC_KEY, KEY_BYTES, start, vote, type World } from './support.ts';

function openTo(world: World): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: world.running.port });
    atEnd(() => socket.destroy());
    socket.on('error', () => undefined).once('connect', () => resolve(socket));
    socket.resume();
  });
}

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => (socket.destroyed ? resolve() : socket.once('close', () => resolve())));

/** A call whose message never comes to its end. */
function halfCall(
  world: World,
  headers: Record<string, string> = {},
  bytes = 5,
): { readonly answer: Promise<number | undefined>; readonly finish: (rest: Uint8Array) => void } {
  const session = http2.connect(`http://127.0.0.1:${world.running.port}`);
  atEnd(() => session.destroy());
  session.on('error', () => undefined);
  const stream = session.request({
    ':method': 'POST',
    ':path': '/proto.EOTSManager/SignBatchEOTS',
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  let code: number | undefined;
  const note = (found: http2.IncomingHttpHeaders): void => {
    if (found['grpc-status'] !== undefined) code = Number(found['grpc-status']);
  };
  const answer = new Promise<number | undefined>((resolve) => {
    stream
      .on('response', note)
      .on('trailers', note)
      .on('error', () => undefined)
      .on('end', () => resolve(code))
      .on('close', () => resolve(code));
  });
  stream.resume();
  stream.write(Buffer.from([0, 0, 0, 0, 1]).subarray(0, bytes));
  return { answer, finish: (rest) => stream.end(rest) };
}

describe('connections', () => {
  it('the oldest stranger gives way to the newest; who has proven itself stays', async () => {
    const world = await start({ auth: { hmacKey: KEY_BYTES }, limits: { maxConnections: 4 } });
    const honest = new EotsClient(world.running.address, { hmacKey: HMAC_KEY });
    atEnd(() => honest.close());
    await honest.sign(world.keys.publicKey, CHAIN, 5n, vote(5n));
    const strangers: Socket[] = [];
    for (let i = 0; i < 3; i++) strangers.push(await openTo(world));
    const [first, second] = strangers;
    const newest = await openTo(world);
    await closed(first as Socket);
    expect([second?.destroyed, newest.destroyed]).toEqual([false, false]);
    for (let i = 0; i < 10; i++) await openTo(world);
    expect(await world.metric('satlock_signer_connections')).toBe(4);
    // the same connection, never cut; and a newcomer is let in
    await honest.sign(world.keys.publicKey, CHAIN, 5n, vote(5n));
    expect(await world.metric('satlock_signer_connections_dropped_total{why="evicted"}')).toBe(11);
    await world.client({ hmacKey: KEY_BYTES }).isServing();
  });

  it('a newcomer waits outside when all have proven themselves', async () => {
    const world = await start({ limits: { maxConnections: 2 } });
    const two = [new EotsClient(world.running.address), new EotsClient(world.running.address, { deadlineMs: 20_001 })];
    for (const client of two) atEnd(() => client.close());
    const sessions = [http2.connect(`http://${world.running.address}`), http2.connect(`http://${world.running.address}`)];
    for (const session of sessions) {
      atEnd(() => session.destroy());
      session.on('error', () => undefined);
      const stream = session.request({
        ':method': 'POST',
        ':path': '/proto.EOTSManager/Ping',
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      stream.end(Buffer.alloc(5));
      stream.resume();
      await new Promise((resolve) => stream.once('close', resolve));
    }
    await closed(await openTo(world));
    expect(await world.metric('satlock_signer_connections_dropped_total{why="full"}')).toBe(1);
    expect(sessions.map((session) => session.destroyed)).toEqual([false, false]);
  });

  it('that say nothing are closed after their time', async () => {
    const world = await start({ limits: { receiveTimeoutMs: 100 } });
    await closed(await openTo(world));
    expect(await world.metric('satlock_signer_connections_dropped_total{why="silent"}')).toBe(1);
    await expect.poll(() => world.metric('satlock_signer_connections')).toBe(0);
  });
});

describe('calls', () => {
  it('beyond the limit are told to come again', async () => {
    // strangers get half of it
    const world = await start({ limits: { maxCalls: 6 } });
    const waiting = Array.from({ length: 3 }, () => halfCall(world));
    await expect.poll(() => world.metric('satlock_signer_open_calls')).toBe(3);
    expect(await failure(world.client().isServing())).toMatchObject({ reason: { status: 'RESOURCE_EXHAUSTED' } });
    for (const { finish } of waiting) finish(new Uint8Array(1));
    expect(await Promise.all(waiting.map(({ answer }) => answer))).toEqual([status.INTERNAL, status.INTERNAL, status.INTERNAL]);
    expect(await world.client().isServing()).toBe(true);
    await expect.poll(() => world.metric('satlock_signer_open_calls')).toBe(0);
  });

  it('of those who have passed find a place while strangers hold theirs', async () => {
    const world = await start({ auth: { hmacKey: KEY_BYTES }, limits: { maxCalls: 8, maxReceiving: 4, receiveTimeoutMs: 60_000 } });
    const honest = new EotsClient(world.running.address, { hmacKey: HMAC_KEY });
    atEnd(() => honest.close());
    await honest.sign(world.keys.publicKey, CHAIN, 5n, vote(5n));
    const wrong = { 'x-fpd-hmac': 'AAAA' };
    const strangers = Array.from({ length: 12 }, () => halfCall(world, wrong));
    await expect.poll(() => world.metric('satlock_signer_open_calls')).toBe(4);
    await Promise.all([6n, 7n, 8n].map((height) => honest.sign(world.keys.publicKey, CHAIN, height, vote(height))));
    await honest.ping();
    const refused = await Promise.all(strangers.map(({ answer }) => Promise.race([answer, Promise.resolve('waiting')])));
    expect(refused.filter((code) => code === 'waiting')).toHaveLength(4);
  });

  it('are received a few at a time, the others when those are done', async () => {
    const world = await start({ limits: { maxReceiving: 1 } });
    const slot = { publicKey: world.keys.publicKey, chainId: CHAIN };
    const client = world.client();
    await client.ping();
    const first = halfCall(world);
    await expect.poll(() => world.metric('satlock_signer_open_calls')).toBe(1);
    const second = client.sign({ ...slot, height: 5n, message: vote(5n) });
    await expect.poll(() => world.metric('satlock_signer_open_calls')).toBe(2);
    expect(await failure(world.client({ deadlineMs: 300 }).ping())).toMatchObject({ reason: { status: 'DEADLINE_EXCEEDED' } });
    expect((await world.store.read(slot, [5n])).records).toEqual([undefined]);
    first.finish(new Uint8Array(1));
    await first.answer;
    expect(await second).toHaveLength(32);
  });

  it('whose client goes away make room, waiting or received', async () => {
    const world = await start({ limits: { maxReceiving: 1, receiveTimeoutMs: 60_000 } });
    const sessions = Array.from({ length: 3 }, () => http2.connect(`http://${world.running.address}`).on('error', () => undefined));
    for (const session of sessions) {
      const stream = session.request({
        ':method': 'POST',
        ':path': '/proto.EOTSManager/SignEOTS',
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      stream.on('error', () => undefined).write(Buffer.from([0, 0, 0, 0, 1]));
    }
    await expect.poll(() => world.metric('satlock_signer_open_calls')).toBe(3);
    for (const session of sessions) session.destroy();
    await expect.poll(() => world.metric('satlock_signer_open_calls')).toBe(0);
    expect(await world.client().sign({ publicKey: world.keys.publicKey, chainId: CHAIN, height: 5n, message: vote(5n) })).toHaveLength(32);
  });

  it('whose message does not come are ended', async () => {
    const world = await start({ limits: { receiveTimeoutMs: 100, maxReceiving: 1 } });
    const calls = [halfCall(world), halfCall(world), halfCall(world, {}, 2)];
    expect(await Promise.all(calls.map(({ answer }) => answer))).toEqual([
      status.DEADLINE_EXCEEDED,
      status.DEADLINE_EXCEEDED,
      status.DEADLINE_EXCEEDED,
    ]);
    expect(await world.client().isServing()).toBe(true);
  });

  it('of a batch hold so many votes', async () => {
    const world = await start({ limits: { maxBatch: 3 } });
    const votes = [1n, 2n, 3n, 4n].map((height) => ({ height, message: vote(height) }));
    const slot = { publicKey: world.keys.publicKey, chainId: CHAIN };
    expect(await failure(world.client().signBatch(slot, votes))).toMatchObject({ reason: { status: 'INVALID_ARGUMENT' } });
    expect((await world.client().signBatch(slot, votes.slice(1))).signatures.size).toBe(3);
    expect((await world.client().signBatch(slot, [])).signatures.size).toBe(0);
  });

  it('name no more refusals than a header may hold', async () => {
    const world = await start();
    const slot = { publicKey: world.keys.publicKey, chainId: CHAIN };
    const votes = (fork: number) => Array.from({ length: 500 }, (_, i) => ({ height: BigInt(i), message: vote(BigInt(i), fork) }));
    await world.client().signBatch(slot, votes(0).slice(0, 400));
    const { signatures, refused, refusedCount } = await world.client().signBatch(slot, votes(1));
    expect([signatures.size, refused.length, refusedCount]).toEqual([100, 64, 400]);
  });

  it('have messages of the size that was agreed, both ways', async () => {
    const world = await start({ limits: { maxMessageBytes: 40_000 } });
    const slot = { publicKey: world.keys.publicKey, chainId: CHAIN };
    const client = world.client();
    expect(await failure(client.randomness({ ...slot, startHeight: 1n, count: 1_177 }))).toMatchObject({
      reason: { details: expect.stringMatching(/at most 1176 values fit the message limit of 40000 bytes/) },
    });
    expect(await client.randomness({ ...slot, startHeight: 1n, count: 1_176 })).toHaveLength(1_176);
    expect(
      Wire.CreateRandomnessPairListResponse.encode({ pubRandList: Array.from({ length: 1_176 }, () => new Uint8Array(32)) }).length,
    ).toBeLessThanOrEqual(40_000);
  });
});

describe('limits', () => {
  it('are whole numbers above zero', async () => {
    for (const value of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31]) {
      expect(await failure(start({ limits: { maxConnections: value } }))).toMatchObject({ code: 'daemon.bad-limit' });
    }
  });
});
