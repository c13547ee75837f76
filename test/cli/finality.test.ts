// satlock finality: against a real signer process and a node on loopback; and what it refuses before anything is signed.
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import * as Evidence from '../../src/babylon/Evidence.ts';
import * as FinalityRules from '../../src/babylon/FinalityRules.ts';
import * as FinalityView from '../../src/babylon/FinalityView.ts';
import * as FinalityVote from '../../src/babylon/FinalityVote.ts';
import * as Message from '../../src/babylon/Message.ts';
import { sendable } from '../../src/cli/commands/finality/sendable.ts';
import { toJson } from '../../src/cli/io.ts';
import { run } from '../../src/cli/main.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import type * as SecretKey from '../../src/crypto/SecretKey.ts';
import { OWNER } from '../babylon/finality/world.ts';
import { cleanUp, HMAC_KEY, newHome, serve, temporaryFolder } from '../support/signerProcess.ts';
import { filled, hex, keyOf } from '../support/stakes.ts';

type Result = { readonly code: number; readonly out: string; readonly err: string };

/** Runs a command line in this process, whose node and signer answer meanwhile; a process each would take minutes. */
async function satlock(args: readonly string[]): Promise<Result> {
  const written = { out: '', err: '' };
  const streams = [process.stdout, process.stderr] as const;
  const listeners = streams.map((stream) => stream.listeners('error'));
  const spies = streams.map((stream, i) =>
    vi.spyOn(stream, 'write').mockImplementation((chunk) => {
      written[i === 0 ? 'out' : 'err'] += chunk.toString();
      return true;
    }),
  );
  process.exitCode = 0;
  try {
    await run(['node', 'satlock', 'finality', ...args]);
    return { code: Number(process.exitCode ?? 0), ...written };
  } finally {
    process.exitCode = 0;
    for (const spy of spies) spy.mockRestore();
    for (const [i, stream] of streams.entries())
      for (const listener of stream.listeners('error'))
        if (!listeners[i]?.includes(listener)) stream.removeListener('error', listener as () => void);
  }
}
const json = async (args: readonly string[]): Promise<{ code: number; data: Record<string, unknown>; err: string }> => {
  const { code, out, err } = await satlock([...args, '--json']);
  return { code, data: JSON.parse(out) as Record<string, unknown>, err };
};

const TIP = 2_000_000n;
const base64 = (value: Uint8Array): string => Buffer.from(value).toString('base64');
const appHashAt = (height: bigint): Uint8Array => filled(32, Number(height % 251n));

/** A node with one provider, whose state the tests change. */
class Node {
  readonly #server: Server;
  url = '';
  publicKey = '';
  commits: Record<string, { num_pub_rand: string; commitment: string; epoch_num: string }> = {};
  jailed = false;
  power = '5000';
  voters: string[] = [];
  chainId = 'bbn-1';
  asked: string[] = [];

  constructor() {
    this.#server = createServer((request, response) => {
      const path = (request.url ?? '').split('?')[0] ?? '';
      this.asked.push(path);
      const answer = this.#answer(path);
      // A connection of its own for each: one that is kept may be closed while the process is busy with thousands of heights.
      response.writeHead(answer === undefined ? 500 : 200, { connection: 'close' });
      response.end(JSON.stringify(answer ?? { code: 2, message: 'Block is not found' }));
    });
  }

  #answer(path: string): unknown {
    const [, kind, height] = /^\/babylon\/finality\/v1\/(blocks|votes)\/(\d+)$/.exec(path) ?? [];
    if (kind === 'votes') return { btc_pks: this.voters };
    if (kind === 'blocks')
      return BigInt(height ?? 0) > TIP
        ? undefined
        : { block: { height, app_hash: base64(appHashAt(BigInt(height ?? 0))), finalized: false } };
    if (path.endsWith('/blocks/latest'))
      return { sdk_block: { header: { chain_id: this.chainId, height: TIP.toString(), time: '2026-05-12T08:00:00Z' } } };
    if (path.endsWith('/finality_provider'))
      return {
        finality_provider: {
          addr: OWNER,
          btc_pk: this.publicKey,
          slashed_babylon_height: '0',
          jailed: this.jailed,
          highest_voted_height: 0,
          height: TIP.toString(),
          soft_deleted: false,
        },
      };
    if (path.includes('/power/')) return { voting_power: this.power };
    if (path.endsWith('/pub_rand_commit_list')) return { pub_rand_commit_map: this.commits, pagination: { next_key: null } };
    if (path.endsWith('/params'))
      return {
        params: {
          max_active_finality_providers: 60,
          signed_blocks_window: '10000',
          finality_sig_timeout: '3',
          min_signed_per_window: '0.2',
          min_pub_rand: '100',
          jail_duration: '600s',
          finality_activation_height: '27600',
        },
      };
    return path.includes('last_raw_checkpoint') ? { raw_checkpoint: { epoch_num: '5400' } } : undefined;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }
  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

const node = new Node();
const folder = temporaryFolder('finality');
let address = '';
let publicKey = '';
let asked: string[] = [];
let account: string[] = [];

beforeAll(async () => {
  process.env['SATLOCK_HMAC_KEY'] = HMAC_KEY;
  await node.listen();
  const home = await newHome();
  publicKey = hex(home.publicKey);
  node.publicKey = publicKey;
  ({ address } = await serve(home.home));
  asked = ['--signer', address, '--public-key', publicKey, '--babylon-api', node.url];
  account = ['--account', OWNER];
}, 60_000);
afterAll(async () => {
  delete process.env['SATLOCK_HMAC_KEY'];
  cleanUp();
  await node.close();
});

const messageOf = (data: Record<string, unknown>): Message.Message => {
  const { typeUrl, value } = data['any'] as { typeUrl: string; value: string };
  const message = Message.decode({ typeUrl, value: Buffer.from(value, 'base64') });
  expect(Message.toJson(message)).toEqual(data['message']);
  return message;
};

describe('satlock finality commit', () => {
  it('plans, asks the signer for randomness and signature, and prints a message that the chain takes', async () => {
    const plan = await json(['commit', ...asked, '--count', '128', '--plan-only']);
    expect(plan.data['plan']).toEqual({ kind: 'commit', startHeight: '2018360', numPubRand: 128, reason: 'first' });
    const { code, data, err } = await json(['commit', ...asked, ...account, '--count', '128']);
    expect([code, err, data['account']]).toEqual([0, '', OWNER]);
    const message = messageOf(data);
    expect(message.value).toMatchObject({ startHeight: 2_018_360n, numPubRand: 128n, signer: OWNER });
    const view = FinalityView.from({
      tipHeight: TIP,
      tipTimeNs: 0n,
      epochInterval: 360n,
      lastFinalizedEpoch: 5_400n,
      params: {
        maxActiveFinalityProviders: 60,
        signedBlocksWindow: 10_000n,
        finalitySigTimeout: 3n,
        minSignedPerWindow: '0.2',
        minPubRand: 100n,
        jailDurationSeconds: 600,
        finalityActivationHeight: 27_600n,
      },
      providers: [
        {
          btcPk: Buffer.from(publicKey, 'hex'),
          addr: OWNER,
          slashedBabylonHeight: 0n,
          jailed: false,
          softDeleted: false,
          highestVotedHeight: 0,
        },
      ],
    });
    expect(FinalityRules.check(message, view)).toEqual({ ok: true, warnings: [] });
  });

  it('does nothing where enough is committed', async () => {
    node.commits = { '2018360': { num_pub_rand: '1000', commitment: base64(filled(32, 1)), epoch_num: '5500' } };
    const { code, data } = await json(['commit', ...asked, ...account, '--count', '128']);
    expect([code, data['plan'], data['any']]).toEqual([0, { kind: 'nothing', reason: 'enough', dueAtTip: '2000872' }, undefined]);
    node.commits = {};
  });

  it('prints no message that the chain would refuse, and says why', async () => {
    node.commits = { '2018360': { num_pub_rand: '1000', commitment: base64(filled(32, 1)), epoch_num: '5500' } };
    const { code, data } = await json(['commit', ...asked, ...account, '--count', '128', '--start', '2019359']);
    expect([code, data['any'], (data['failure'] as { check: string }).check]).toEqual([1, undefined, 'commit.11']);
    node.commits = {};
  });

  it('signs with a key out of a file, without a node: heights are given', async () => {
    const file = join(folder, 'provider.key');
    writeFileSync(file, `${hex(keyOf('fp1').secretKey)}\n`, { mode: 0o600 });
    const args = ['commit', '--secret-file', file, '--count', '9000', '--tip', '2000000', '--last-committed', '2020000', ...account];
    const { code, data, err } = await json(args);
    expect([code, data['plan']]).toMatchObject([0, { startHeight: '2020001', reason: 'extend' }]);
    expect(err).toContain('was not held against the state of the chain');
    expect(messageOf(data).value).toMatchObject({ fpBtcPk: Uint8Array.from(keyOf('fp1').publicKey), numPubRand: 9_000n });
  });

  it.each([
    [['--count', '8191', '--tip', '5', '--last-committed', 'none'], 'randomness-plan.too-few'],
    [['--tip', '5'], 'cli.usage'],
    [['--last-committed', 'none'], 'cli.usage'],
    [['--tip', '5', '--last-committed', 'none', '--network', 'phase1-testnet'], 'networks.no-staking'],
  ])('is refused with %j', async (args, code) => {
    const result = await json(['commit', '--plan-only', ...args]);
    expect([result.code, (result.data['error'] as { code: string }).code]).toEqual([2, code]);
  });

  it('asks no node of another chain', async () => {
    node.chainId = 'bbn-test-6';
    const { code, data } = await json(['commit', ...asked, '--plan-only']);
    expect([code, (data['error'] as { code: string }).code]).toEqual([3, 'provider-watch.other-chain']);
    node.chainId = 'bbn-1';
  });
});

describe('satlock finality vote', () => {
  const COUNT = 128;
  const START = 1_999_900n;
  const vote = (height: bigint, ...more: string[]) => json(['vote', ...asked, ...account, '--height', height.toString(), ...more]);
  const whyOf = (data: Record<string, unknown>): string => data['refused'] as string;

  beforeAll(async () => {
    const { data } = await json(['commit', ...asked, ...account, '--count', `${COUNT}`, '--start', START.toString()]);
    const value = messageOf(data).value as Message.MsgCommitPubRandList;
    node.commits = { [START.toString()]: { num_pub_rand: `${COUNT}`, commitment: base64(value.commitment), epoch_num: '5300' } };
  });

  it('prints a message with signature and proof that the chain takes', async () => {
    const { code, data, err } = await vote(TIP);
    expect([code, err, data['height']]).toEqual([0, '', '2000000']);
    const value = messageOf(data).value as Message.MsgAddFinalitySig;
    expect([value.proof?.index, value.proof?.total, value.blockAppHash]).toEqual([100n, 128n, appHashAt(TIP)]);
    expect(
      FinalityVote.verify({
        finalityProviderPk: PublicKey.fromHex(publicKey),
        height: TIP,
        appHash: appHashAt(TIP),
        pubRand: value.pubRand,
        signature: value.finalitySig,
      }),
    ).toBe(true);
    expect((await vote(TIP)).data['any']).toEqual(data['any']);
  });

  it('without a node takes the commitment from its options, and says what was not checked', async () => {
    const own = asked.slice(0, 4);
    const args = ['--app-hash', hex(appHashAt(TIP)), '--commit-start', START.toString(), '--commit-count', `${COUNT}`];
    const { code, data, err } = await json(['vote', ...own, ...account, '--height', TIP.toString(), ...args]);
    expect(code).toBe(0);
    expect(err).toContain('was not held against the state of the chain');
    expect(data['any']).toEqual((await vote(TIP)).data['any']);
    const wrongRoot = await json(['vote', ...own, ...account, '--height', TIP.toString(), ...args, '--commit-root', hex(filled(32, 9))]);
    expect((wrongRoot.data['error'] as { code: string }).code).toBe('randomness-proofs.other-root');
  });

  it('signs nothing for another block than that of the chain', async () => {
    const { code, data } = await vote(1_999_999n, '--app-hash', hex(filled(32, 1)));
    expect([code, whyOf(data)]).toEqual([1, expect.stringContaining('evidence of equivocation')]);
    // Nothing was signed there: the right vote still is.
    expect((await vote(1_999_999n)).code).toBe(0);
  });

  it('signs nothing that the chain would refuse', async () => {
    expect(whyOf((await vote(TIP + 1n)).data)).toContain('no block at height 2000001 yet');
    node.jailed = true;
    expect(whyOf((await vote(1_999_998n)).data)).toContain('jailed');
    node.jailed = false;
    node.power = '0';
    expect(whyOf((await vote(1_999_998n)).data)).toContain('no-power');
    node.power = '5000';
    expect(whyOf((await vote(START - 1n)).data)).toContain('no-randomness');
    node.voters = [publicKey];
    const { code, data } = await vote(1_999_998n);
    expect([code, whyOf(data)]).toEqual([1, expect.stringContaining('counts a vote of this provider')]);
    node.voters = [];
  });

  it("ends with the signer's refusal of a second message at a height", async () => {
    const args = ['--app-hash', hex(filled(32, 1)), '--commit-start', START.toString(), '--commit-count', `${COUNT}`];
    const { code, data } = await json(['vote', ...asked.slice(0, 4), ...account, '--height', TIP.toString(), ...args]);
    expect([code, whyOf(data)]).toEqual([1, 'the signer refuses: double sign']);
  });

  it('is refused before anything is asked where options are missing', async () => {
    const own = ['vote', '--public-key', publicKey, ...account, '--height', '7'];
    for (const args of [own, [...own, '--app-hash', hex(filled(32, 1))], [...own, '--app-hash', 'ab']])
      expect((await satlock(args)).code).toBe(2);
    const { code, data } = await json([
      ...own,
      '--app-hash',
      hex(filled(32, 1)),
      '--commit-start',
      '5',
      '--commit-count',
      '2',
      '--signer',
      address,
    ]);
    expect([code, (data['error'] as { message: string }).message]).toEqual([2, expect.stringContaining('does not contain height 7')]);
  });
});

describe('satlock finality evidence', () => {
  const pair = keyOf('fp1');
  const at = (appHash: Uint8Array) => FinalityVote.unsafeSign({ secretKey: pair.secretKey, chainId: 'bbn-1', height: 77n, appHash });
  const votes = [at(filled(32, 1)), at(filled(32, 2))] as const;
  const evidence = Evidence.fromVotes(...votes);
  const fileOf = (name: string, content: unknown): string => {
    const file = join(folder, name);
    writeFileSync(file, JSON.stringify(content));
    return file;
  };

  it('verifies what a node answers, and shows no secret', async () => {
    const result = await satlock(['evidence', fileOf('one.json', { evidence: Evidence.toRest(evidence) })]);
    expect([result.code, result.out]).toEqual([0, `${hex(pair.publicKey)} height 77  valid: the key of this provider is public\n`]);
    expect((await satlock(['evidence', fileOf('one.json', Evidence.toRest(evidence)), '--json'])).out).not.toContain(hex(pair.secretKey));
  });

  it('writes the key to a new file of its owner, and builds the message that slashes by it', async () => {
    const keyFile = join(folder, 'recovered.key');
    const list = { evidences: [Evidence.toRest(evidence), Evidence.toRest(evidence)], pagination: { next_key: null } };
    const { code, data } = await json(['evidence', fileOf('list.json', list), '--key-file', keyFile, '--account', OWNER]);
    expect([code, data['valid'], (data['evidence'] as unknown[]).length]).toEqual([0, true, 1]);
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    const recovered = readFileSync(keyFile, 'utf8').trim();
    const message = messageOf(data);
    expect(message.typeUrl).toBe('/babylon.btcstaking.v1.MsgSelectiveSlashingEvidence');
    const { recoveredFpBtcSk } = message.value as Message.MsgSelectiveSlashingEvidence;
    expect(hex(recoveredFpBtcSk)).toBe(recovered);
    expect(hex(PublicKey.ofSecret(recoveredFpBtcSk as SecretKey.SecretKey))).toBe(hex(pair.publicKey));
  });

  it('takes two votes, such as the chain does not act on', async () => {
    const message = ({ height, appHash, pubRand, signature }: FinalityVote.FinalityVote) =>
      Message.toJson({
        typeUrl: '/babylon.finality.v1.MsgAddFinalitySig',
        value: { signer: OWNER, fpBtcPk: pair.publicKey, blockHeight: height, pubRand, blockAppHash: appHash, finalitySig: signature },
      });
    const { code, data } = await json(['evidence', fileOf('votes.json', votes.map(message))]);
    expect([code, data['valid']]).toEqual([0, true]);
    const once = await json(['evidence', fileOf('once.json', [message(votes[0]), message(votes[0])])]);
    expect((once.data['error'] as { code: string }).code).toBe('evidence.same-block');
  });

  it('takes what satlock finality vote --json prints, in one file or in two', async () => {
    const proof = { total: 1n, index: 0n, leafHash: filled(32, 3), aunts: [] };
    const printed = votes.map(({ height, appHash, pubRand, signature }) => ({
      height: height.toString(),
      ...sendable({
        typeUrl: '/babylon.finality.v1.MsgAddFinalitySig',
        value: {
          signer: OWNER,
          fpBtcPk: pair.publicKey,
          blockHeight: height,
          pubRand,
          proof,
          blockAppHash: appHash,
          finalitySig: signature,
        },
      }),
    }));
    const printedFiles = printed.map((one, i) => {
      const file = join(folder, `printed-${i}.json`);
      writeFileSync(file, toJson(one));
      return file;
    });
    const both = await json(['evidence', ...printedFiles, '--account', OWNER]);
    expect([both.code, both.data['valid']]).toEqual([0, true]);
    expect(messageOf(both.data).typeUrl).toBe('/babylon.btcstaking.v1.MsgSelectiveSlashingEvidence');
    const list = join(folder, 'printed.json');
    writeFileSync(list, `[${printed.map(toJson).join()}]`);
    expect((await json(['evidence', list, '--account', OWNER])).data['any']).toEqual(both.data['any']);
    const alone = await json(['evidence', ...printedFiles.slice(0, 1)]);
    expect([alone.code, (alone.data['error'] as { message: string }).message]).toEqual([2, expect.stringContaining('expected two votes')]);
  });

  it('of which nothing gives a key ends with exit code 1', async () => {
    const half = { ...Evidence.toRest(evidence), canonical_finality_sig: null };
    const { code, data } = await json(['evidence', fileOf('half.json', half), '--account', OWNER, '--key-file', join(folder, 'never.key')]);
    expect([code, data['valid'], data['any'], (data['evidence'] as { finding: string }[])[0]?.finding]).toEqual([
      1,
      false,
      undefined,
      'half',
    ]);
    expect(existsSync(join(folder, 'never.key'))).toBe(false);
    expect((await satlock(['evidence', fileOf('none.json', { evidences: [] })])).out).toBe('no evidence\n');
  });

  it('of several providers needs the choice of one', async () => {
    const other = keyOf('fp2');
    const sign = (appHash: Uint8Array) => FinalityVote.unsafeSign({ secretKey: other.secretKey, chainId: 'bbn-1', height: 9n, appHash });
    const second = Evidence.fromVotes(sign(filled(32, 1)), sign(filled(32, 2)));
    const file = fileOf('two.json', { evidences: [evidence, second].map(Evidence.toRest) });
    expect((await json(['evidence', file, '--account', OWNER])).code).toBe(2);
    const { data } = await json(['evidence', file, '--account', OWNER, '--provider', hex(other.publicKey)]);
    const { recoveredFpBtcSk } = messageOf(data).value as Message.MsgSelectiveSlashingEvidence;
    expect(hex(PublicKey.ofSecret(recoveredFpBtcSk as SecretKey.SecretKey))).toBe(hex(other.publicKey));
  });
});

describe('help', () => {
  it.each(['commit', 'vote', 'evidence'])('of %s has an example', async (name) => {
    const { code, out } = await satlock([name, '--help']);
    expect([code, out]).toEqual([0, expect.stringMatching(/Examples?:\n {2}satlock finality/)]);
    expect(out).toContain('--json');
  });
});
