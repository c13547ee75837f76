// The RPC client against a server of our own: exact amounts, order of batches, every way to fail. Needs no Bitcoin node.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import * as Sats from '../../src/base/Sats.ts';
import * as Rpc from '../../src/node/BitcoindRpc.ts';

const SECRET = 'planted-password-9f31';
const auth = { user: 'someone', password: SECRET };

interface Seen {
  readonly body: string;
  readonly authorization: string | undefined;
}

const servers: Server[] = [];
const seen: Seen[] = [];

/** Serves one fixed answer; `null` never answers. */
async function serve(answer: string | null, status = 200): Promise<number> {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      seen.push({ body, authorization: request.headers.authorization });
      if (answer !== null) response.writeHead(status, { 'content-type': 'application/json' }).end(answer);
    });
  });
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

afterEach(async () => {
  seen.length = 0;
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
});

async function failureOf(action: () => unknown): Promise<{ code: string; text: string; reason: Record<string, unknown> }> {
  try {
    await action();
  } catch (error) {
    const { reason, message, stack } = error as { reason: Record<string, unknown>; message: string; stack: string };
    return { code: String(reason?.['code']), text: `${message}${stack}${JSON.stringify(reason)}`, reason };
  }
  throw new Error('it did not fail');
}

describe('amounts', () => {
  it('are never floats', () => {
    expect(Rpc.parseJson('{"value":0.10000000,"n":3,"big":12345678901234567890,"e":1e-8,"text":"1.5, \\"2.5\\""}')).toEqual({
      value: '0.10000000',
      n: 3,
      big: '12345678901234567890',
      e: '1e-8',
      text: '1.5, "2.5"',
    });
    expect(() => Rpc.parseJson('{"a":1.}')).toThrow(SyntaxError);
  });

  it('parses long hex and long runs of escapes', () => {
    const hex = 'ab1.5'.repeat(400_000);
    expect(Rpc.parseJson(`["${hex}",-2.50]`)).toEqual([hex, '-2.50']);
    expect(Rpc.parseJson(`["${'\\"1.5'.repeat(100_000)}"]`)).toEqual(['"1.5'.repeat(100_000)]);
  });

  it('agrees with JSON.parse wherever there are only integers', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const integersOnly = JSON.parse(
          JSON.stringify(value, (_key, item: unknown) => (typeof item === 'number' ? Math.trunc(item % 1e9) : item)),
        );
        expect(Rpc.parseJson(JSON.stringify(integersOnly, null, 1))).toEqual(JSON.parse(JSON.stringify(integersOnly)));
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  it('reads bitcoin text exactly', () => {
    expect(Rpc.btcTextToSats('0.00001')).toBe(1000n);
    expect(Rpc.btcTextToSats('20999999.99999999')).toBe(2_099_999_999_999_999n);
    expect(Rpc.btcTextToSats('21000000')).toBe(2_100_000_000_000_000n);
    expect(Rpc.asSats(50, 'amount')).toBe(5_000_000_000n);
  });

  it.each(['', '.5', '1.', '-1', '+1', '1e-8', '0.000000001', ' 1', '1,0', '0x1', '100000000'])('refuses %j', (text) => {
    expect(() => Rpc.btcTextToSats(text)).toThrow(/bitcoind-rpc.bad-amount/);
  });

  it('refuses more than there can be', () => {
    expect(() => Rpc.btcTextToSats('21000000.00000001')).toThrow(/input.out-of-range/);
  });

  it('writes what it reads', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: Sats.MAX }), (value) => {
        const sats = Sats.from(value);
        expect(Rpc.btcTextToSats(Rpc.satsToBtcText(sats))).toBe(sats);
      }),
      { seed: 8 },
    );
    expect(Rpc.satsToBtcText(Sats.from(1000n))).toBe('0.00001000');
  });
});

describe('calls', () => {
  it('sends bytes as hex, bigints as integers, and the credentials', async () => {
    const port = await serve('{"result":{"ok":true},"error":null,"id":0}');
    const rpc = Rpc.connect({ port, auth });
    expect(await rpc.call('some', Uint8Array.of(0, 255), 7n, ['x', null, { a: 1 }])).toEqual({ ok: true });
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ jsonrpc: '1.0', id: 0, method: 'some', params: ['00ff', 7, ['x', null, { a: 1 }]] });
    expect(seen[0]?.authorization).toBe(`Basic ${Buffer.from(`someone:${SECRET}`).toString('base64')}`);
  });

  it('refuses a fraction as a parameter: an amount is text', async () => {
    const rpc = Rpc.connect({ port: await serve('{"result":1}'), auth });
    expect((await failureOf(() => rpc.call('some', 0.1))).code).toBe('input.not-integer');
    expect(seen).toEqual([]);
  });

  it('reads the cookie file at each call', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'satlock-cookie-'));
    try {
      const cookieFile = join(folder, '.cookie');
      const rpc = Rpc.connect({ port: await serve('{"result":1}'), auth: { cookieFile } });
      expect((await failureOf(() => rpc.call('some'))).code).toBe('bitcoind-rpc.no-cookie');
      writeFileSync(cookieFile, '__cookie__:one\n');
      await rpc.call('some');
      writeFileSync(cookieFile, '__cookie__:two');
      await rpc.call('some');
      const sent = seen.map(({ authorization }) => Buffer.from((authorization ?? '').slice(6), 'base64').toString());
      expect(sent).toEqual(['__cookie__:one', '__cookie__:two']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('answers a batch in the order of the calls', async () => {
    const port = await serve('[{"id":1,"result":"b"},{"id":0,"result":"a","error":null}]');
    expect(await Rpc.connect({ port, auth }).batch([{ method: 'x' }, { method: 'y' }])).toEqual(['a', 'b']);
    expect(await Rpc.connect({ port, auth }).batch([])).toEqual([]);
  });

  it('fails a batch with the call that was refused, or that has no answer', async () => {
    const rpc = Rpc.connect({ port: await serve('[{"id":0,"result":1},{"id":1,"result":null,"error":{"code":-5,"message":"no"}}]'), auth });
    const failure = await failureOf(() => rpc.batch([{ method: 'x' }, { method: 'y' }]));
    expect(failure.reason).toEqual({ code: 'bitcoind-rpc.error', method: 'y', rpcCode: -5, rpcMessage: 'no' });
    expect((await failureOf(() => rpc.batch([{ method: 'x' }, { method: 'y' }, { method: 'z' }]))).code).toBe('bitcoind-rpc.error');
    const short = Rpc.connect({ port: await serve('[{"id":0,"result":1}]'), auth });
    expect((await failureOf(() => short.batch([{ method: 'x' }, { method: 'y' }]))).code).toBe('bitcoind-rpc.bad-response');
  });
});

describe('failures', () => {
  it.each([
    [500, '{"result":null,"error":{"code":-26,"message":"dust"},"id":0}', 'bitcoind-rpc.error'],
    [401, '', 'bitcoind-rpc.unauthorized'],
    [503, 'Work queue depth exceeded', 'bitcoind-rpc.bad-response'],
    [200, '{"id":0}', 'bitcoind-rpc.bad-response'],
    [200, '[]', 'bitcoind-rpc.bad-response'],
    [200, '{"error":{"code":"x","message":1}}', 'bitcoind-rpc.bad-response'],
  ])('HTTP %i %s gives %s, without the password', async (status, answer, code) => {
    const rpc = Rpc.connect({ port: await serve(answer, status), auth });
    const failure = await failureOf(() => rpc.call('some'));
    expect(failure.code).toBe(code);
    expect(failure.text).not.toContain(SECRET);
  });

  it('tells a silent server from an absent one', async () => {
    const silent = Rpc.connect({ port: await serve(null), auth, timeoutMs: 50 });
    expect((await failureOf(() => silent.call('some'))).code).toBe('bitcoind-rpc.timeout');
    const port = await serve('{}');
    await new Promise((done) => servers.pop()?.close(done));
    const failure = await failureOf(() => Rpc.connect({ port, auth }).call('some'));
    expect(failure.reason).toEqual({ code: 'bitcoind-rpc.unreachable', method: 'some', port });
    expect(failure.text).not.toContain(SECRET);
  });

  it.each(['example.org', '192.168.1.2', '0.0.0.0', '127.0.0.1@example.org', ''])('refuses the host %j', async (host) => {
    expect((await failureOf(() => Rpc.connect({ host, port: 1, auth }))).code).toBe('bitcoind-rpc.not-loopback');
  });

  it.each([0, 65_536, 1.5])('refuses the port %j', (port) => {
    expect(() => Rpc.connect({ port, auth })).toThrow(/port/);
  });
});
