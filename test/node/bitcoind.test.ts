// A real Bitcoin node: finding, starting and stopping one, and the regtest chain on top of it.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as ecc from 'tiny-secp256k1';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as Hex from '../../src/base/Hex.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as Bitcoind from '../../src/node/Bitcoind.ts';
import * as RegtestChain from '../../src/node/RegtestChain.ts';
import { describeIfNode, describeWithNode } from './support.ts';

const KEY = Uint8Array.from({ length: 32 }, () => 7);
const P2TR = Uint8Array.of(0x51, 0x20, ...ecc.xOnlyPointFromScalar(KEY));
const ANYONE_CAN_SPEND = Uint8Array.of(0x51);
const BURN = Hex.decode('6a07626162796c6f6e');
const LIMIT_MS = 60_000;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function commandLine(pid: number): string {
  if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  return execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 1_000 && !condition(); i++) await new Promise((done) => setTimeout(done, 20));
  expect(condition()).toBe(true);
}

/** Spends P2TR coins of KEY by the key path. */
function spend(coins: readonly RegtestChain.Funded[], outputs: readonly Tx.SpentOutput[], sequence = Tx.FINAL_SEQUENCE): Uint8Array {
  const transaction = Tx.create(
    coins.map(({ outpoint }) => ({ outpoint, sequence })),
    outputs,
  );
  const values = coins.map(({ valueSats }) => valueSats);
  for (const index of coins.keys()) {
    const digest = transaction.hashForWitnessV1(
      index,
      coins.map(() => P2TR),
      values,
      0,
    );
    transaction.setWitness(index, [ecc.signSchnorr(digest, KEY)]);
  }
  return Tx.encode(transaction);
}

describe('finding a node', () => {
  const folder = join(tmpdir(), `satlock-find-${process.pid}`);
  const script = fileURLToPath(new URL('../../scripts/bitcoind.mjs', import.meta.url));
  const nodeOnly = join(folder, 'node-only');
  const program = (path: string, text: string): string => {
    mkdirSync(join(folder, path), { recursive: true });
    writeFileSync(join(folder, path, 'bitcoind'), text, { mode: 0o755 });
    return join(folder, path, 'bitcoind');
  };
  const works = '#!/bin/sh\necho "Bitcoin Core daemon version v30.0.0"\n';
  const [named, onPath, cached] = ['named', 'path', 'xdg/satlock/bitcoind'].map((path) => join(folder, path, 'bitcoind'));
  beforeAll(() => {
    for (const path of ['named', 'path', 'xdg/satlock/bitcoind']) program(path, works);
    mkdirSync(nodeOnly);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const byScript = (env: NodeJS.ProcessEnv): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(process.execPath, [script, 'find'], { env, encoding: 'utf8' });

  it.each([
    ['BITCOIND first', { BITCOIND: named, PATH: join(folder, 'path'), XDG_CACHE_HOME: join(folder, 'xdg') }, named],
    ['then PATH', { BITCOIND: '', PATH: `${nodeOnly}:${join(folder, 'path')}`, XDG_CACHE_HOME: join(folder, 'xdg') }, onPath],
    ['then the cache', { PATH: nodeOnly, XDG_CACHE_HOME: join(folder, 'xdg') }, cached],
  ])('%s; the script agrees', (_name, env, expected) => {
    expect(Bitcoind.find(env)).toBe(expected);
    const { status, stdout } = byScript(env);
    expect({ status, stdout }).toEqual({ status: 0, stdout: `${expected}\n` });
  });

  it('does not pass over a BITCOIND that is no program', () => {
    const env = { BITCOIND: join(folder, 'absent'), PATH: join(folder, 'path') };
    expect(() => Bitcoind.find(env)).toThrow(/bitcoind.not-found/);
    const { status, stderr } = byScript(env);
    expect(status).toBe(3);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it.each([
    [[], 2],
    [['nonsense'], 2],
    [['find', '--allow-unsigned'], 2],
    [['--help'], 0],
  ])('script %j ends with %i', (args, status) => {
    expect(spawnSync(process.execPath, [script, ...args]).status).toBe(status);
  });

  it('refuses a program that is no node, or does not run', async () => {
    const other = program('other', '#!/bin/sh\necho hello\n');
    const broken = program('broken', '#!/bin/sh\nexit 1\n');
    await expect(Bitcoind.startRegtest({ binary: other })).rejects.toThrow(/bitcoind.not-usable/);
    await expect(Bitcoind.startRegtest({ binary: broken })).rejects.toThrow(/bitcoind.not-usable/);
  });

  it('reports the words of a node that ends at once, or that never answers, and leaves no folder', async () => {
    const own = join(folder, 'tmp');
    mkdirSync(own);
    const dying = program('dying', `${works}case "$1" in --version) exit 0;; esac\necho "Error: out of luck" >&2; exit 1\n`);
    const mute = program('mute', `${works}case "$1" in --version) exit 0;; esac\nexec sleep 1000\n`);
    const before = process.env['TMPDIR'];
    process.env['TMPDIR'] = own;
    try {
      await expect(Bitcoind.startRegtest({ binary: dying })).rejects.toThrow(/out of luck[\s\S]*bitcoind.start-failed/);
      await expect(Bitcoind.startRegtest({ binary: mute, startTimeoutMs: 200 })).rejects.toThrow(
        /no answer within 200 ms[\s\S]*bitcoind.start-failed/,
      );
    } finally {
      if (before === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = before;
    }
    expect(readdirSync(own)).toEqual([]);
  });
});

describeIfNode('the life of a node', () => {
  it(
    'keeps its password off the command line and out of reach, and leaves nothing behind',
    async () => {
      const node = await Bitcoind.startRegtest();
      try {
        expect(isAlive(node.pid)).toBe(true);
        const auth = node.rpcOptions.auth as { password: string };
        expect(commandLine(node.pid)).toContain(node.dataDir);
        expect(commandLine(node.pid)).not.toContain(auth.password);
        expect(statSync(join(node.dataDir, 'bitcoin.conf')).mode & 0o777).toBe(0o600);
        expect(readFileSync(join(node.dataDir, 'bitcoin.conf'), 'utf8')).not.toContain(auth.password);
        const network = await node.rpc.call('getnetworkinfo');
        expect(network).toMatchObject({ connections: 0, networkactive: true, localaddresses: [] });
        await expect(node.rpc.call('nosuchcall')).rejects.toThrow(/bitcoind-rpc.error/);
      } finally {
        await node.stop();
      }
      await node.stop();
      expect(isAlive(node.pid)).toBe(false);
      expect(existsSync(node.dataDir)).toBe(false);
      expect(process.listenerCount('SIGHUP')).toBe(0);
      await expect(node.rpc.call('getblockcount')).rejects.toThrow(/bitcoind-rpc.unreachable/);
    },
    LIMIT_MS,
  );

  it(
    'starts several at once, and cleans up after one that was killed',
    async () => {
      const nodes = await Promise.all([Bitcoind.startRegtest(), Bitcoind.startRegtest()]);
      const [killed, other] = nodes;
      try {
        process.kill(killed.pid, 'SIGKILL');
        await until(() => !isAlive(killed.pid));
      } finally {
        await Promise.all(nodes.map((node) => node.stop()));
      }
      for (const { pid, dataDir } of [killed, other]) expect([isAlive(pid), existsSync(dataDir)]).toEqual([false, false]);
    },
    LIMIT_MS,
  );

  it(
    'ends a node that hangs, even one that a script has started',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'satlock-script-'));
      const script = join(folder, 'bitcoind');
      writeFileSync(script, `#!/bin/sh\n"${Bitcoind.find()}" "$@" &\nwait\n`, { mode: 0o755 });
      try {
        const node = await Bitcoind.startRegtest({ binary: script });
        expect(commandLine(node.pid)).not.toContain(script);
        process.kill(node.pid, 'SIGSTOP');
        await node.stop();
        expect([isAlive(node.pid), existsSync(node.dataDir)]).toEqual([false, false]);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
    LIMIT_MS,
  );

  it.each(['SIGTERM', 'exit', 'throw'])(
    'does not outlive the process that started it: %s',
    async (how) => {
      const module = new URL('../../src/node/Bitcoind.ts', import.meta.url);
      const after =
        { exit: 'process.exit(5);', throw: 'setTimeout(() => { throw new Error("planted"); });' }[how] ?? 'setTimeout(() => {}, 100_000);';
      const code = `const { startRegtest } = await import(${JSON.stringify(module.href)});
        const node = await startRegtest(); console.log(JSON.stringify([node.pid, node.dataDir])); ${after}`;
      const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      let text = '';
      child.stdout.setEncoding('utf8').on('data', (data: string) => {
        text += data;
      });
      const end = new Promise<readonly [number | null, string | null]>((done) =>
        child.once('exit', (status, signal) => done([status, signal])),
      );
      await until(() => text.includes('\n') || child.exitCode !== null);
      const [pid, dataDir] = JSON.parse(text) as [number, string];
      if (how.startsWith('SIG')) child.kill(how as NodeJS.Signals);
      const [status, signal] = await end;
      expect(how.startsWith('SIG') ? signal : status).toBe({ exit: 5, throw: 1 }[how] ?? how);
      await until(() => !isAlive(pid));
      expect(existsSync(dataDir)).toBe(false);
    },
    LIMIT_MS,
  );
});

describeWithNode('the regtest chain', (host) => {
  let coins: readonly RegtestChain.Funded[] = [];
  beforeAll(async () => {
    coins = await Promise.all(Array.from({ length: 12 }, () => host.chain().fund(P2TR, 100_000n)));
  });
  const coin = (index: number): RegtestChain.Funded => coins[index] as RegtestChain.Funded;

  it('pays what was asked, in one block for all who ask together', async () => {
    const { height } = await host.chain().tip();
    const values = Array.from({ length: 300 }, (_, i) => BigInt(i) * 1_000n);
    const funded = await Promise.all(values.map((value) => host.chain().fund(P2TR, value)));
    expect(funded.map(({ valueSats }) => valueSats)).toEqual(values);
    expect(new Set(funded.map(({ confirmedHeight }) => confirmedHeight))).toEqual(new Set([height + 1]));
    expect(new Set(funded.map(({ txid, vout }) => `${txid}:${vout}`)).size).toBe(300);
    const last = funded[299] as RegtestChain.Funded;
    expect(await host.chain().unspent(last)).toEqual({ scriptPubKey: P2TR, valueSats: 299_000n, confirmations: 1 });
    expect(await host.chain().blockOf(last.txid)).toMatchObject({ height: height + 1, confirmations: 1 });
  });

  it('pays more than one coin holds, and mines for more when it runs out', async () => {
    const before = await host.chain().tip();
    const { valueSats, txid } = await host.chain().fund(P2TR, 1_500_00000000n);
    expect(valueSats).toBe(1_500_00000000n);
    const paid = Tx.decode(await host.chain().rawTransaction(txid));
    expect(paid.ins.length).toBeGreaterThan(1);
    expect((await host.chain().tip()).height).toBeGreaterThan(before.height + 1);
  });

  it(
    'gives up on what the chain can never pay, and goes on',
    async () => {
      await expect(host.chain().fund(P2TR, 21_000_000_00000000n)).rejects.toThrow(/regtest-chain.out-of-coins/);
      expect((await host.chain().fund(P2TR, 1_000n)).valueSats).toBe(1_000n);
    },
    LIMIT_MS,
  );

  it.each([
    [-1n, /input.out-of-range/],
    [2_100_000_000_000_001n, /input.out-of-range/],
  ])('refuses the amount %d', async (value, message) => {
    await expect(host.chain().fund(P2TR, value)).rejects.toThrow(message);
  });

  it('gives the verdict of the mempool', async () => {
    const good = spend([coin(0)], [{ scriptPubKey: P2TR, valueSats: 99_000n }]);
    expect(await host.chain().testAccept(good)).toEqual({ allowed: true, vsize: Tx.decode(good).virtualSize(), feeSats: 1_000n });
    const dust = spend([coin(0)], [{ scriptPubKey: P2TR, valueSats: 329n }]);
    expect(await host.chain().testAccept(dust)).toEqual({ allowed: false, rejectReason: 'dust' });
    const generous = spend([await host.chain().fund(P2TR, 10_000_000n)], [{ scriptPubKey: P2TR, valueSats: 330n }]);
    expect(await host.chain().testAccept(generous)).toMatchObject({ allowed: true, feeSats: 9_999_670n });
    const forged = Tx.decode(good);
    forged.setWitness(0, [Uint8Array.from({ length: 64 }, () => 1)]);
    const verdict = await host.chain().testAccept(Tx.encode(forged));
    expect(verdict.allowed ? null : RegtestChain.scriptErrorOf(verdict.rejectReason)).toBe('Invalid Schnorr signature');
    await expect(host.chain().testAccept(Uint8Array.of(1, 2, 3))).rejects.toThrow(/bitcoind-rpc.error/);
  });

  it('lets policy and consensus differ', async () => {
    const nonstandard = spend([coin(1)], [{ scriptPubKey: ANYONE_CAN_SPEND, valueSats: 99_000n }]);
    expect(await host.chain().testAccept(nonstandard)).toEqual({ allowed: false, rejectReason: 'scriptpubkey' });
    expect(await host.chain().generateBlockWith([nonstandard])).toEqual({ accepted: true });
  });

  it('gives the verdict of a block and leaves the chain alone', async () => {
    const before = await host.chain().tip();
    const good = spend([coin(2)], [{ scriptPubKey: P2TR, valueSats: 99_000n }]);
    expect(await host.chain().generateBlockWith([good])).toEqual({ accepted: true });
    expect(await host.chain().generateBlockWith([good, spend([coin(2)], [{ scriptPubKey: P2TR, valueSats: 1n }])])).toMatchObject({
      accepted: false,
    });
    const forged = Tx.decode(good);
    forged.setWitness(0, [Uint8Array.from({ length: 64 }, () => 1)]);
    const verdict = await host.chain().generateBlockWith([Tx.encode(forged)]);
    expect(verdict.accepted ? null : RegtestChain.scriptErrorOf(verdict.error)).toBe('Invalid Schnorr signature');
    const tooMuch = spend([coin(2)], [{ scriptPubKey: P2TR, valueSats: 100_001n }]);
    expect(await host.chain().generateBlockWith([tooMuch])).toMatchObject({
      accepted: false,
      error: expect.stringContaining('bad-txns-in-belowout'),
    });
    expect(await host.chain().tip()).toEqual(before);
    expect(await host.chain().unspent(coin(2))).not.toBeNull();
  });

  it('submits at any fee rate, burns included, and says why not', async () => {
    const generous = spend([await host.chain().fund(P2TR, 10_000_000n)], [{ scriptPubKey: P2TR, valueSats: 330n }]);
    expect(await host.chain().submit(generous)).toMatchObject({ accepted: true });
    const burn = spend([coin(3)], [{ scriptPubKey: BURN, valueSats: 50_000n }]);
    expect(await host.chain().testAccept(burn)).toMatchObject({ allowed: true });
    const txid = Tx.txid(Tx.decode(burn));
    expect(await host.chain().submit(burn)).toEqual({ accepted: true, txid });
    expect(await host.chain().blockOf(txid)).toBeNull();
    expect(await host.chain().unspent(coin(3))).toBeNull();
    const rival = spend([coin(3)], [{ scriptPubKey: P2TR, valueSats: 99_900n }]);
    expect(await host.chain().submit(rival)).toMatchObject({
      accepted: false,
      rpcCode: -26,
      rejectReason: expect.stringContaining('insufficient fee'),
    });
    const { height, hash } = await host.chain().mine(1);
    expect(await host.chain().blockOf(txid)).toEqual({ height, hash, confirmations: 1 });
    expect(await host.chain().submit(rival)).toMatchObject({ accepted: false, rpcCode: -25 });
    expect(await host.chain().rawTransaction(txid)).toEqual(burn);
  });

  it('mines the given transactions and nothing else, to whom it is told', async () => {
    const first = spend([coin(4)], [{ scriptPubKey: P2TR, valueSats: 99_000n }]);
    const waiting = spend([coin(5)], [{ scriptPubKey: P2TR, valueSats: 98_000n }]);
    await host.chain().submit(waiting);
    const { height } = await host.chain().mine(1, { txs: [first], to: ANYONE_CAN_SPEND });
    expect(await host.chain().blockOf(Tx.txid(Tx.decode(first)))).toMatchObject({ height });
    expect(await host.chain().blockOf(Tx.txid(Tx.decode(waiting)))).toBeNull();
    expect(Hex.encode(await host.chain().rawBlock(height))).toContain(Hex.encode(first));
    expect((await host.chain().mine(2)).height).toBe(height + 2);
    expect(await host.chain().blockOf(Tx.txid(Tx.decode(waiting)))).toMatchObject({ height: height + 1, confirmations: 2 });
    await expect(host.chain().mine(1, { txs: [first] })).rejects.toThrow(/regtest-chain.block-refused/);
    await expect(host.chain().mine(0)).rejects.toThrow(/input.out-of-range/);
  });

  it('holds a relative timelock until its block', async () => {
    const fresh = await host.chain().fund(P2TR, 50_000n);
    const late = spend([fresh], [{ scriptPubKey: P2TR, valueSats: 49_000n }], 3);
    expect(await host.chain().testAccept(late)).toEqual({ allowed: false, rejectReason: 'non-BIP68-final' });
    await host.chain().mine(1);
    expect(await host.chain().generateBlockWith([late])).toMatchObject({ accepted: false });
    await host.chain().mine(1);
    expect(await host.chain().testAccept(late)).toMatchObject({ allowed: true });
    expect(await host.chain().generateBlockWith([late])).toEqual({ accepted: true });
  });

  it('knows the median time past of each block', async () => {
    const { height, medianTime } = await host.chain().tip();
    expect(await host.chain().medianTimePast(height)).toBe(medianTime);
    expect(await host.chain().medianTimePast(height - 20)).toBeLessThan(medianTime);
    expect(await host.chain().medianTimePast(0)).toBe(1_296_688_602);
  });

  it('goes back and forth over a reorganisation', async () => {
    const funded = await host.chain().fund(P2TR, 70_000n);
    const top = await host.chain().tip();
    const block = (await host.node().rpc.call('getblock', top.hash)) as { tx: string[] };
    const coinbase = block.tx[0] ?? '';
    expect(await host.chain().blockOf(coinbase)).toMatchObject({ confirmations: 1 });
    const hash = await host.chain().invalidate(funded.confirmedHeight);
    expect(hash).toBe(top.hash);
    expect((await host.chain().tip()).height).toBe(top.height - 1);
    expect(await host.chain().blockOf(funded.txid)).toBeNull();
    expect(await host.chain().blockOf(coinbase)).toBeNull();
    expect(await host.chain().reconsider(hash)).toEqual(top);
    expect(await host.chain().unspent(funded)).toMatchObject({ confirmations: 1 });
    await host.chain().invalidate(funded.confirmedHeight);
    const other = await host.chain().fund(P2TR, 71_000n);
    expect(other.confirmedHeight).toBe(top.height);
  });

  it('answers null for what it does not know', async () => {
    expect(await host.chain().blockOf('00'.repeat(32))).toBeNull();
    expect(await host.chain().unspent({ txid: '00'.repeat(32), vout: 0 })).toBeNull();
  });

  it('refuses a key that is none', async () => {
    await expect(RegtestChain.create(host.node(), { secretKey: new Uint8Array(32) })).rejects.toThrow(/regtest-chain.bad-key/);
    await expect(RegtestChain.create(host.node(), { startBlocks: 100 })).rejects.toThrow(/input.out-of-range/);
  });
});

describe('script errors', () => {
  it.each([
    ['mempool-script-verify-flag-failed (Invalid Schnorr signature)', 'Invalid Schnorr signature'],
    [
      'mandatory-script-verify-flag-failed (Signature must be zero for failed CHECK(MULTI)SIG operation), input 0 of ab (wtxid cd), spending ef:0',
      'Signature must be zero for failed CHECK(MULTI)SIG operation',
    ],
    ['non-mandatory-script-verify-flag (unknown error)', 'unknown error'],
    ['dust', null],
    ['mempool-script-verify-flag-failed (cut', null],
  ])('%s', (reason, expected) => {
    expect(RegtestChain.scriptErrorOf(reason)).toBe(expected);
  });
});
