// The randomness pool gives the points of the derivation, whatever its threads do: work, die, lie or never start.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { isSatlockError } from '../../../src/base/Errors.ts';
import { pure } from '../../../src/crypto/ecc/pure.ts';
import * as PubRand from '../../../src/crypto/PubRand.ts';
import * as SecretKey from '../../../src/crypto/SecretKey.ts';
import { RandomnessPool, type RandomnessPoolOptions } from '../../../src/node/randomnessPool.ts';

const secretKey = SecretKey.fromHex('1b'.repeat(32));
const CHAIN = 'bbn-1';
const range = (startHeight: bigint, count: number, interval = 1n): PubRand.HeightRange => ({ startHeight, count, interval });
const expected = (asked: PubRand.HeightRange, chainId = CHAIN): PubRand.SealedPoints => PubRand.sealedPoints(secretKey, chainId, asked);

const folder = mkdtempSync(join(tmpdir(), 'satlock-pool-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A thread's file of the test's own. */
function thread(name: string, source: string): URL {
  const path = join(folder, `${name}.mjs`);
  writeFileSync(path, `import { parentPort } from 'node:worker_threads';\n${source}\n`);
  return pathToFileURL(path);
}

const open: RandomnessPool[] = [];
function pool(options: RandomnessPoolOptions): RandomnessPool {
  const made = new RandomnessPool(options);
  open.push(made);
  return made;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return isSatlockError(error) ? error.code : `no error of ours: ${String(error)}`;
}

describe('a randomness pool', () => {
  it.each([0, 1, 2])('computes ranges of any size, several at once, on %i threads', async (threads) => {
    const made = pool({ threads });
    const asked = [range(0n, 0), range(7n, 1), range(1_000n, 513), range(5n, 300, 7n), range(2n ** 64n - 40n, 40)];
    const got = await Promise.all(asked.map((each) => made.points(secretKey, CHAIN, each)));
    expect(got).toEqual(asked.map((each) => expected(each)));
    expect(await made.points(secretKey, 'other', range(3n, 2))).toEqual(expected(range(3n, 2), 'other'));
    expect(made.running).toBe(threads);
    await made.close();
    expect(made.running).toBe(0);
  });

  it('gives what a source of nonces adopts', async () => {
    const source = PubRand.source(secretKey, CHAIN);
    source.adopt(await pool({ threads: 1 }).points(secretKey, CHAIN, range(50n, 600)));
    expect(source.holds(649n)).toBe(true);
    expect(source.pair(649n).pubRand).toEqual(PubRand.derive(secretKey, CHAIN, 649n).pubRand);
  });

  it('leaves the key of the caller alone, and is not confused when that is wiped meanwhile', async () => {
    const mine = SecretKey.from(secretKey);
    const first = pool({ threads: 1 }).points(mine, CHAIN, range(1n, 1_100));
    SecretKey.wipe(mine);
    expect(await first).toEqual(expected(range(1n, 1_100)));
    expect([...secretKey].every((byte) => byte === 0x1b)).toBe(true);
  });

  it.each([
    ['whose file is missing', new URL('file:///nowhere/at/all.mjs')],
    ['that die when they start', thread('dead', 'throw new Error("dead")')],
    ['that leave when they are asked', thread('leaves', 'parentPort.on("message", () => process.exit(1))')],
    ['that cannot compute', thread('cannot', 'parentPort.on("message", ({ id }) => parentPort.postMessage({ id, sealed: undefined }))')],
  ])('goes on without threads %s', async (_, workerUrl) => {
    const made = pool({ threads: 2, workerUrl });
    expect(await made.points(secretKey, CHAIN, range(1n, 1_030))).toEqual(expected(range(1n, 1_030)));
    expect(await made.points(secretKey, CHAIN, range(1n, 3))).toEqual(expected(range(1n, 3)));
  });

  it('does not start threads for ever that die', async () => {
    const made = pool({ threads: 2, workerUrl: thread('dead-again', 'throw new Error("dead")') });
    for (let i = 0; i < 5; i++) await made.points(secretKey, CHAIN, range(1n, 3));
    expect(made.running).toBe(0);
  });

  it('hands on what its threads answer with their seals, by which a source finds a lie', async () => {
    const lie = 'points: new Uint8Array(33 * range.count).fill(2), seal: new Uint8Array(32)';
    const workerUrl = thread(
      'liar',
      `parentPort.on("message", ({ id, range }) => parentPort.postMessage({ id, sealed: { ...range, ${lie} } }))`,
    );
    const lied = await pool({ threads: 1, workerUrl }).points(secretKey, CHAIN, range(1n, 3));
    const source = PubRand.source(secretKey, CHAIN);
    expect(await codeOf(Promise.resolve().then(() => source.adopt(lied)))).toBe('pub-rand.bad-seal');
    expect(source.holds(1n)).toBe(false);
  });

  it('serves others between its slices where it computes on the calling thread', async () => {
    const made = pool({ threads: 0, ecc: pure });
    let turns = 0;
    let done = false;
    const count = (): void => {
      turns++;
      if (!done) setImmediate(count);
    };
    setImmediate(count);
    const ranges = [range(1n, 200), range(1_000n, 200)];
    const got = await Promise.all(ranges.map((each) => made.points(secretKey, CHAIN, each)));
    done = true;
    expect(got).toEqual(ranges.map((each) => expected(each)));
    // Two heights of that backend fill a good part of a slice; without slices there would be two turns.
    expect(turns).toBeGreaterThan(20);
  });

  it('rejects what is under way when it is closed, and what comes later', async () => {
    for (const threads of [0, 1]) {
      const made = pool({ threads });
      const under = codeOf(made.points(secretKey, CHAIN, range(1n, 20_000)));
      await new Promise((resolve) => setTimeout(resolve, 20));
      await made.close();
      expect(await under).toBe('randomness.closed');
      expect(await codeOf(made.points(secretKey, CHAIN, range(1n, 1)))).toBe('randomness.closed');
      expect(made.running).toBe(0);
    }
  });

  it('refuses misuse before it starts anything', async () => {
    const made = pool({ threads: 1 });
    expect(await codeOf(made.points(new Uint8Array(32) as SecretKey.SecretKey, CHAIN, range(1n, 1)))).toBe('secret-key.out-of-range');
    expect(await codeOf(made.points(secretKey, 'a\ud800', range(1n, 1)))).toBe('pub-rand.malformed-chain-id');
    expect(await codeOf(made.points(secretKey, CHAIN, range(-1n, 1)))).toBe('input.out-of-range');
    expect(await codeOf(made.points(secretKey, CHAIN, undefined as unknown as PubRand.HeightRange))).toBe('input.missing');
    expect(made.running).toBe(0);
    expect(() => new RandomnessPool({ threads: -1 })).toThrow('threads');
  });
});
