// The remote signer over HTTP: the reference's forms of question and answer, a MAC, bounds, and one set of signatures for a stake.
import { createHmac } from 'node:crypto';
import * as fs from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as Hex from '../../src/base/Hex.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import { CovenantLog, read } from '../../src/node/CovenantLog.ts';
import * as CovenantServer from '../../src/node/CovenantServer.ts';
import { pay } from '../babylon/covenant/forgeries.ts';
import { altered, delegation, member, policy, remoteRequestOf } from '../babylon/covenant/requests.ts';
import { hex, P2TR } from '../support/stakes.ts';

const HMAC_KEY = 'a text of the config';
const folder = fs.mkdtempSync(join(tmpdir(), 'satlock-covenant-server-'));
const path = join(folder, 'member.log');
const events: CovenantServer.Event[] = [];
let server: CovenantServer.Running;
let log: CovenantLog;

beforeAll(async () => {
  log = CovenantLog.open({ path });
  server = await CovenantServer.serve({
    listen: '127.0.0.1:0',
    secretKey: member.secretKey,
    policy,
    hints: { stakingTimeBlocks: 1_000 },
    log,
    hmacKey: HMAC_KEY,
    onEvent: (event) => events.push(event),
  });
});
afterAll(async () => {
  await server.close();
  log.close();
  fs.rmSync(folder, { recursive: true, force: true });
});

type Answer = {
  readonly status: number;
  readonly body: { readonly data?: Record<string, unknown>; readonly errorCode?: string; readonly checks?: string[] };
};

function ask(options: {
  readonly method?: string;
  readonly path?: string;
  readonly body?: string | Uint8Array;
  readonly mac?: string | null;
}): Promise<Answer> {
  const { method = 'POST', path: route = '/v1/sign-transactions', body = '' } = options;
  const mac = options.mac === undefined ? createHmac('sha256', HMAC_KEY).update(body).digest('hex') : options.mac;
  return new Promise((resolve, reject) => {
    const headers = mac === null ? {} : { 'X-Covenant-HMAC': mac };
    const request = httpRequest({ host: '127.0.0.1', port: server.port, method, path: route, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString('utf8')) }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

const good = JSON.stringify(remoteRequestOf(delegation));

describe('sign-transactions', () => {
  it('answers in the reference’s form, twice with the same bytes, and has one line in the log', async () => {
    const first = await ask({ body: good });
    expect(first.status).toBe(200);
    const { data = {} } = first.body;
    expect(Object.keys(data)).toEqual([
      'slashing_transactions_signatures',
      'unbonding_transaction_signature',
      'slash_unbonding_transactions_signatures',
      'stake_expansion_transaction_signature',
    ]);
    expect(delegation.unbonding.verify(member.publicKey, Hex.decode(data['unbonding_transaction_signature'] as string))).toBe(true);
    expect((await ask({ body: good })).body).toEqual(first.body);
    expect(read(path)).toHaveLength(1);
    expect(events.map(({ outcome }) => outcome)).toEqual(['signed', 'stored']);
  });

  it('refuses what it cannot rebuild, and another set for the same stake', async () => {
    const forged = altered(delegation.unbonding.transaction, pay(0, P2TR));
    const refused = await ask({ body: JSON.stringify({ ...remoteRequestOf(delegation), unbonding_tx_hex: Tx.toHex(forged) }) });
    expect(refused).toMatchObject({ status: 400, body: { errorCode: 'covenant-signer.refused' } });
    expect(refused.body.checks).toContain('unbonding.script');
    const slashing = altered(delegation.stakingSlashing.transaction, ({ outs: [, change] }) => {
      if (change !== undefined) change.value -= 1n;
    });
    const second = await ask({ body: JSON.stringify({ ...remoteRequestOf(delegation), slashing_tx_hex: Tx.toHex(slashing) }) });
    expect(second).toMatchObject({ status: 409, body: { errorCode: 'covenant-log.conflict' } });
    expect(read(path)).toHaveLength(1);
  });

  it('asks for a MAC over the body', async () => {
    for (const mac of [null, '', 'zz', '0'.repeat(64), createHmac('sha256', 'other').update(good).digest('hex')])
      expect(await ask({ body: good, mac })).toMatchObject({ status: 401 });
    const mac = createHmac('sha256', HMAC_KEY).update(good).digest('hex');
    expect(await ask({ body: `${good} `, mac })).toMatchObject({ status: 401 });
    expect(await ask({ body: good, mac: mac.toUpperCase() })).toMatchObject({ status: 200 });
  });

  it('is not troubled by what is no request', async () => {
    for (const body of ['', 'null', '[]', '{}', '{"fp_enc_keys":null}', 'x', '"', Uint8Array.of(0xff, 0xfe), '[[[[[[', '{"__proto__":1}'])
      expect((await ask({ body })).status).toBe(400);
    expect((await ask({ body: new Uint8Array(5 * 1024 * 1024).fill(32) }).catch(() => ({ status: 413 }))).status).toBe(413);
    for (const [method, route] of [
      ['GET', '//'],
      ['POST', 'http://['],
      ['GET', '/v1/sign-transactions'],
      ['POST', '/v1/unlock'],
      ['POST', '/v1/lock'],
      ['POST', '/'],
      ['DELETE', '/v1/public-key'],
    ] as const)
      expect((await ask({ method, path: route })).status).toBe(404);
    expect((await ask({ body: good })).status).toBe(200);
  });

  it('and not by bytes that are no HTTP', async () => {
    const closed = await new Promise<boolean>((resolve) => {
      const socket = connect(server.port, '127.0.0.1', () => socket.write('\0\0\0garbage\r\n\r\n'));
      socket.on('data', () => undefined);
      socket.on('close', () => resolve(true));
      socket.on('error', () => undefined);
    });
    expect(closed).toBe(true);
    expect((await ask({ body: good })).status).toBe(200);
  });
});

describe('public-key', () => {
  it('is the compressed key, without a MAC', async () => {
    const { status, body } = await ask({ method: 'GET', path: '/v1/public-key', mac: null });
    expect([status, body.data]).toEqual([200, { public_key_hex: hex(PublicKey.compressedOfSecret(member.secretKey)) }]);
  });
});

describe('serve', () => {
  const options = (changes: Partial<CovenantServer.Options>): CovenantServer.Options => ({
    listen: '127.0.0.1:0',
    secretKey: member.secretKey,
    policy,
    log,
    ...changes,
  });

  it('listens elsewhere than on this machine only with a MAC key', async () => {
    for (const listen of ['0.0.0.0:0', '[::]:0', '[::ffff:10.0.0.1]:0'])
      for (const mac of [{}, { hmacKey: '' }])
        await expect(CovenantServer.serve(options({ listen, ...mac }))).rejects.toMatchObject({ code: 'covenant-server.no-mac' });
  });

  it('takes no name that could stand for another machine tomorrow', async () => {
    for (const listen of ['127.0.0.1.example.org:0', '127.1:0', 'nowhere', '127.0.0.1:65536'])
      await expect(CovenantServer.serve(options({ listen, hmacKey: HMAC_KEY }))).rejects.toMatchObject({ code: 'daemon.bad-address' });
  });

  it('says so when the port is taken', async () => {
    await expect(CovenantServer.serve(options({ listen: `127.0.0.1:${server.port}` }))).rejects.toMatchObject({
      code: 'daemon.cannot-listen',
      reason: { problem: 'EADDRINUSE' },
    });
  });

  it('never tells the key', () => {
    expect(JSON.stringify(events)).not.toContain(hex(member.secretKey));
  });
});
