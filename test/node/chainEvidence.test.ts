// What a node shows is told to the signer: at start before anything else, and again while it runs; a silent node lets nothing start.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as Hex from '../../src/base/Hex.ts';
import * as ChainEvidence from '../../src/node/chainEvidence.ts';

const publicKey = Hex.decode('8deca3290d84c896b045ab150cd3f0d78fee800b614d4d02f7a542584e47b02e');
const pk = Hex.encode(publicKey);
const TIP = '2000100';

let server: Server;
let baseUrl = '';
let voted: number | undefined;
let isUp = true;

beforeAll(async () => {
  server = createServer((request, response) => {
    const url = request.url ?? '';
    const answer = url.includes('blocks/latest')
      ? { sdk_block: { header: { chain_id: 'bbn-1', height: TIP, time: '2026-05-12T08:00:00Z' } } }
      : url.includes(pk) && voted !== undefined
        ? providerJson(voted)
        : undefined;
    if (!isUp) response.writeHead(503).end();
    else if (answer === undefined)
      response.writeHead(500).end(JSON.stringify({ code: 2, message: 'the finality provider is not found', details: [] }));
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  voted = undefined;
  isUp = true;
});

const providerJson = (height: number) => ({
  finality_provider: {
    description: { moniker: 'one', identity: '', website: '', security_contact: '', details: '' },
    commission: '0.050000000000000000',
    addr: 'bbn1qyqszqgpqyqszqgpqyqszqgpqyqszqgpg9m7l2',
    btc_pk: pk,
    pop: { btc_sig_type: 'BIP340', btc_sig: 'AA==' },
    slashed_babylon_height: '0',
    slashed_btc_height: 0,
    height: TIP,
    jailed: false,
    highest_voted_height: height,
    commission_info: { max_rate: '0.2', max_change_rate: '0.01', update_time: '2025-05-01T00:00:00Z' },
    soft_deleted: false,
  },
});

type Seen = { readonly chainId: string; readonly height: bigint; readonly source: string };

function watching(options: Partial<ChainEvidence.Options> = {}) {
  const seen: Seen[] = [];
  const warnings: string[] = [];
  const watch = ChainEvidence.watch({
    signer: {
      observe: async ({ chainId }, height, source) => {
        seen.push({ chainId, height, source });
        return height > 1_000n ? height : undefined;
      },
    },
    publicKeys: () => [publicKey],
    babylonApi: [{ baseUrl, chainId: 'bbn-1' }],
    warn: (message) => warnings.push(message),
    ...options,
  });
  return { watch, seen, warnings };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('the chain', () => {
  it('is asked before the start, and its highest vote is told to the signer', async () => {
    voted = 77;
    const { watch, seen, warnings } = watching();
    await watch.first();
    watch.stop();
    expect(seen).toEqual([{ chainId: 'bbn-1', height: 77n, source: 'chain' }]);
    expect(warnings).toEqual([]);
  });

  it('names itself where the operator did not', async () => {
    voted = 77;
    const { watch, seen } = watching({ babylonApi: [{ baseUrl }] });
    await watch.first();
    watch.stop();
    expect(seen).toEqual([{ chainId: 'bbn-1', height: 77n, source: 'chain' }]);
  });

  it('that shows a vote which the store does not hold makes a warning with the command that answers it', async () => {
    voted = 2_000_077;
    const { watch, warnings } = watching();
    await watch.first();
    watch.stop();
    expect(warnings).toEqual([expect.stringContaining(`satlock signer watermark raise --key ${pk} --chain-id bbn-1`)]);
    // What it says is also said of witnesses, which know that votes may be missing, not that one is.
    expect(warnings[0]).toMatch(`FENCED: a vote of ${pk} at height ${voted} of bbn-1 may exist that the store does not know.`);
  });

  it('that knows no such provider is no evidence', async () => {
    const { watch, seen } = watching();
    await watch.first();
    watch.stop();
    expect(seen).toEqual([]);
  });

  it.each([
    ['does not answer', { baseUrl: 'http://127.0.0.1:1' }],
    ['is another one', { chainId: 'bbn-2' }],
  ])('that %s lets nothing start', async (_what, node) => {
    voted = 77;
    const { watch, seen } = watching({ babylonApi: [{ baseUrl, ...node }] });
    await expect(watch.first()).rejects.toMatchObject({ code: 'signer-service.chain-unasked' });
    watch.stop();
    expect(seen).toEqual([]);
  });

  it('is asked again while the signer runs; a node that is down is told of once', async () => {
    voted = 77;
    const { watch, seen, warnings } = watching({ watchEveryMs: 1 });
    await watch.first();
    voted = 78;
    await until(() => seen.some(({ height }) => height === 78n));
    isUp = false;
    await until(() => warnings.length > 0);
    isUp = true;
    await until(() => warnings.length > 1);
    watch.stop();
    expect(warnings).toEqual([expect.stringContaining('cannot be asked'), expect.stringContaining('answers again')]);
  });
});
