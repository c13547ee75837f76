// A watch of a provider against a node on loopback whose answers have the shape of recorded ones; and nodes that are slow, large, wrong or gone.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as ProviderWatch from '../../src/node/ProviderWatch.ts';
import { hex, keyOf } from '../support/stakes.ts';

const { publicKey } = keyOf('fp1');
const pk = hex(publicKey);
const stranger = keyOf('fp2').publicKey;

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
let answers = new Map<string, unknown>();
let asked: string[] = [];
let server: Server;
let baseUrl = '';

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const found = answers.get(request.url ?? '') ?? answers.get((request.url ?? '').split('?')[0] ?? '');
    if (typeof found === 'function') return (found as Answer)(request, response);
    const known = found !== undefined;
    response.writeHead(known ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(found ?? { code: 5, message: 'Not Found', details: [] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
afterEach(() => {
  answers = new Map();
  asked = [];
});

const providerJson = (changes: object = {}) => ({
  finality_provider: {
    description: { moniker: 'one', identity: '', website: '', security_contact: '', details: '' },
    commission: '0.050000000000000000',
    addr: 'bbn1qyqszqgpqyqszqgpqyqszqgpqyqszqgpg9m7l2',
    btc_pk: pk,
    pop: { btc_sig_type: 'BIP340', btc_sig: 'AA==' },
    slashed_babylon_height: '0',
    slashed_btc_height: 0,
    height: '2000100',
    jailed: false,
    highest_voted_height: 2_000_077,
    commission_info: { max_rate: '0.2', max_change_rate: '0.01', update_time: '2025-05-01T00:00:00Z' },
    soft_deleted: false,
    ...changes,
  },
});
const latestJson = (height: string, chainId = 'bbn-1') => ({
  block_id: {},
  block: { header: { chain_id: chainId, height: '1', time: '2020-01-01T00:00:00Z' } },
  sdk_block: { header: { chain_id: chainId, height, time: '2026-05-12T08:00:00.123456789Z' } },
});
const LATEST = '/cosmos/base/tendermint/v1beta1/blocks/latest';
const PROVIDER = `/babylon/btcstaking/v1/finality_providers/${pk}/finality_provider`;
const refusal =
  (status: number, body: unknown): Answer =>
  (_, response) => {
    response.writeHead(status);
    response.end(JSON.stringify(body));
  };
const connect = (options: Partial<ProviderWatch.Options> = {}) => ProviderWatch.connect({ baseUrl, timeoutMs: 5_000, ...options });
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'answered',
    (error: { code?: string }) => error.code ?? String(error),
  );
const serve = (changes: object = {}, height = '2000100'): void => {
  answers.set(PROVIDER, providerJson(changes));
  answers.set(LATEST, latestJson(height));
};

describe('a sighting', () => {
  it("is the chain's own counter, with the tip of the node", async () => {
    serve();
    expect(await connect({ chainId: 'bbn-1' }).sighting(publicKey)).toEqual({
      publicKey,
      chainId: 'bbn-1',
      height: 2_000_077n,
      source: 'counter',
      tip: { chainId: 'bbn-1', height: 2_000_100n, timeNs: 1_778_572_800_123_456_789n },
      slashed: false,
      jailed: false,
    });
    expect(asked).toEqual([PROVIDER, LATEST]);
  });

  it('is none for a provider that never voted', async () => {
    serve({ highest_voted_height: 0 });
    expect((await connect().sighting(publicKey)).height).toBeUndefined();
  });

  it('tells of slashing and jailing', async () => {
    serve({ slashed_babylon_height: '77', jailed: true });
    expect(await connect().sighting(publicKey)).toMatchObject({ slashed: true, jailed: true });
  });

  it('counts everything up to the tip as voted where the counter of 32 bits has overflown', async () => {
    serve({ highest_voted_height: 5 }, '4294967296');
    expect(await connect().sighting(publicKey)).toMatchObject({ height: 4_294_967_296n, source: 'tip' });
    serve({ highest_voted_height: 4_294_967_295 }, '4294967295');
    expect(await connect().sighting(publicKey)).toMatchObject({ height: 4_294_967_295n, source: 'counter' });
  });

  it('is refused where the node contradicts itself, speaks of another chain or of another key', async () => {
    serve({}, '2000076');
    expect(await codeOf(connect().sighting(publicKey))).toBe('provider-watch.implausible');
    serve({}, '2000077');
    expect(await codeOf(connect().sighting(publicKey))).toBe('answered');
    expect(await codeOf(connect({ chainId: 'bbn-test-6' }).sighting(publicKey))).toBe('provider-watch.other-chain');
    serve({ btc_pk: hex(stranger) });
    expect(await codeOf(connect().sighting(publicKey))).toBe('provider-watch.other-provider');
  });

  it('is refused for a provider that the chain does not know, but not taken for that by any other refusal', async () => {
    serve();
    answers.set(PROVIDER, refusal(500, { code: 2, message: 'the finality provider is not found', details: [] }));
    expect(await codeOf(connect().sighting(publicKey))).toBe('provider-watch.unknown-provider');
    answers.set(PROVIDER, refusal(503, { code: 14, message: 'the node is catching up' }));
    await expect(connect().sighting(publicKey)).rejects.toMatchObject({
      reason: { code: 'provider-watch.refused', status: 503, grpcCode: 14, nodeMessage: 'the node is catching up' },
    });
  });

  it.each([
    ['a negative height', { highest_voted_height: -1 }, 'input.out-of-range'],
    ['a height of more than 32 bits', { highest_voted_height: 4_294_967_296 }, 'input.out-of-range'],
    ['text for a number', { highest_voted_height: '7' }, 'input.not-integer'],
    ['no key', { btc_pk: null }, 'input.not-text'],
    ['a slashing height that is no number', { slashed_babylon_height: '0x1' }, 'finality-view.not-decimal'],
  ])('is refused for an answer with %s', async (_, changes, code) => {
    serve(changes);
    expect(await codeOf(connect().sighting(publicKey))).toBe(code);
  });
});

describe('votes at heights', () => {
  it('are looked for from above', async () => {
    for (const [height, keys] of [
      [11, []],
      [10, [hex(stranger)]],
      [9, [hex(stranger), pk]],
      [8, [pk]],
    ] as const)
      answers.set(`/babylon/finality/v1/votes/${height}`, { btc_pks: keys });
    const watch = connect();
    expect(await watch.highestVoteIn(publicKey, 8n, 11n)).toBe(9n);
    expect(asked).toEqual([11, 10, 9].map((height) => `/babylon/finality/v1/votes/${height}`));
    expect(await watch.highestVoteIn(publicKey, 10n, 11n)).toBeUndefined();
    expect(await codeOf(watch.highestVoteIn(publicKey, 0n, 1_000n))).toBe('input.out-of-range');
  });
});

describe('facts', () => {
  const COMMITS = `/babylon/finality/v1/finality_providers/${pk}/pub_rand_commit_list`;
  const commit = (start: string) => ({
    [start]: { num_pub_rand: '8192', commitment: Buffer.alloc(32, 7).toString('base64'), epoch_num: '5555' },
  });

  it('are put together, commitments from all pages and in order', async () => {
    serve();
    answers.set(`${COMMITS}?pagination.limit=100`, {
      pub_rand_commit_map: { ...commit('2050000'), ...commit('9000') },
      pagination: { next_key: 'AB+/', total: '0' },
    });
    answers.set(`${COMMITS}?pagination.limit=100&pagination.key=AB%2B%2F`, {
      pub_rand_commit_map: commit('2100000'),
      pagination: { next_key: null },
    });
    answers.set('/babylon/finality/v1/params', {
      params: {
        max_active_finality_providers: 60,
        signed_blocks_window: '10000',
        finality_sig_timeout: '3',
        min_signed_per_window: '0.200000000000000000',
        min_pub_rand: '8192',
        jail_duration: '600s',
        finality_activation_height: '27600',
      },
    });
    answers.set('/babylon/checkpointing/v1/last_raw_checkpoint/CKPT_STATUS_FINALIZED', { raw_checkpoint: { epoch_num: '5500' } });
    const facts = await connect().facts(publicKey);
    expect(facts.commits.map(({ startHeight }) => startHeight)).toEqual([9_000n, 2_050_000n, 2_100_000n]);
    expect(facts).toMatchObject({
      lastFinalizedEpoch: 5_500n,
      params: { minPubRand: 8_192n, jailDurationSeconds: 600 },
      tip: { height: 2_000_100n },
    });
  });

  it('do without a final epoch, a block and signing info that are not there', async () => {
    const say = (message: string): Answer => refusal(500, { code: 2, message, details: [] });
    answers.set(
      '/babylon/checkpointing/v1/last_raw_checkpoint/CKPT_STATUS_FINALIZED',
      say('cannot find checkpoint with status CKPT_STATUS_FINALIZED'),
    );
    answers.set('/babylon/finality/v1/blocks/7', say('Block is not found'));
    answers.set(`/babylon/finality/v1/signing_infos/${pk}`, say(`SigningInfo not found for the finality provider ${pk}`));
    const watch = connect();
    expect(await watch.lastFinalizedEpoch()).toBe(0n);
    expect(await watch.block(7n)).toBeUndefined();
    expect(await watch.signingInfo(publicKey)).toBeUndefined();
    answers.set('/babylon/finality/v1/blocks/7', say('context deadline exceeded'));
    expect(await codeOf(watch.block(7n))).toBe('provider-watch.refused');
  });

  it('are read of blocks, power and signing info', async () => {
    answers.set('/babylon/finality/v1/blocks/7', {
      block: { height: '7', app_hash: Buffer.alloc(32, 9).toString('base64'), finalized: true },
    });
    answers.set(`/babylon/finality/v1/finality_providers/${pk}/power/7`, { voting_power: '123456789012' });
    answers.set(`/babylon/finality/v1/signing_infos/${pk}`, {
      signing_info: { fp_btc_pk_hex: pk, start_height: '5', missed_blocks_counter: '17', jailed_until: '1970-01-01T00:00:00Z' },
    });
    const watch = connect();
    expect(await watch.block(7n)).toEqual({ height: 7n, appHash: new Uint8Array(32).fill(9), finalized: true });
    expect(await watch.powerAt(publicKey, 7n)).toBe(123_456_789_012n);
    expect(await watch.signingInfo(publicKey)).toEqual({ btcPk: publicKey, startHeight: 5n, missedBlocks: 17n, jailedUntilNs: 0n });
  });

  it('stop at a list that never ends', async () => {
    answers.set(COMMITS, { pub_rand_commit_map: commit('9000'), pagination: { next_key: 'AA==' } });
    expect(await codeOf(connect().commits(publicKey))).toBe('provider-watch.endless-list');
  });
});

describe('a node that does not answer properly', () => {
  it('is timed out, though it has begun to answer', async () => {
    answers.set(LATEST, ((_, response) => {
      response.writeHead(200);
      response.write('{');
    }) satisfies Answer);
    await expect(connect({ timeoutMs: 100 }).tip()).rejects.toMatchObject({ reason: { code: 'provider-watch.timeout', timeoutMs: 100 } });
  });

  it('is cut off where it answers too much', async () => {
    answers.set(LATEST, ((_, response) => {
      response.writeHead(200);
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536))) {}
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    }) satisfies Answer);
    expect(await codeOf(connect({ maxBytes: 100_000 }).tip())).toBe('provider-watch.too-large');
  });

  it('may answer as much as is allowed, and not a byte more', async () => {
    const answer = latestJson('7');
    answers.set(LATEST, answer);
    const { length } = JSON.stringify(answer);
    expect(await codeOf(connect({ maxBytes: length }).tip())).toBe('answered');
    expect(await codeOf(connect({ maxBytes: length - 1 }).tip())).toBe('provider-watch.too-large');
  });

  it('is refused where it sends no JSON, sends elsewhere, hangs up, or is not there', async () => {
    answers.set(LATEST, ((_, response) => response.end('<html>')) satisfies Answer);
    expect(await codeOf(connect().tip())).toBe('provider-watch.not-json');
    answers.set(LATEST, ((_, response) => response.writeHead(302, { location: '/elsewhere' }).end()) satisfies Answer);
    expect(await codeOf(connect().tip())).toBe('provider-watch.unreachable');
    answers.set(LATEST, ((request) => request.socket.destroy()) satisfies Answer);
    expect(await codeOf(connect().tip())).toBe('provider-watch.unreachable');
    expect(await codeOf(connect({ baseUrl: 'http://127.0.0.1:1' }).tip())).toBe('provider-watch.unreachable');
  });

  it.each([
    ['a list', []],
    ['nothing', null],
    ['a number', 7],
    ['a block without height', { block: { header: { chain_id: 'bbn-1', time: '2026-05-12T08:00:00Z' } } }],
    ['a height of 0', latestJson('0')],
    ['a day that no month has', { block: { header: { chain_id: 'bbn-1', height: '1', time: '2026-02-29T08:00:00Z' } } }],
  ])('is refused where it sends %s', async (_, answer) => {
    answers.set(LATEST, ((_request, response) => response.end(JSON.stringify(answer))) satisfies Answer);
    expect(await codeOf(connect().tip())).toMatch(/^(input|finality-view)\./);
  });

  it.each(['ftp://127.0.0.1/', 'http://user:password@127.0.0.1/', 'http://127.0.0.1/?key=1', 'http://127.0.0.1/#a', '127.0.0.1:1317', ''])(
    'is not asked at %s',
    (url) => {
      expect(() => ProviderWatch.connect({ baseUrl: url })).toThrow(/bad-url/);
    },
  );
});
