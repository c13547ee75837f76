// Rows 22 to 25: what a finality signer computes. eotsd cannot run here, so its speed is translated: it signs with libsecp256k1's Go port at
// about twice the rate of tiny-secp256k1's BIP340 sign, and its randomness costs one multiplication of the base point in native code.
import { createRequire } from 'node:module';
import { sha256 } from '@noble/hashes/sha2.js';
import type { Ecc } from '../build.ts';
import { type Fixtures, hex, same, yes } from '../fixtures.ts';
import { type Budget, compare, type Side } from '../measure.ts';
import { compareAsync } from '../measureAsync.ts';
import { compareWall } from '../measureWall.ts';
import { tiny } from '../peers.ts';
import type { Finding } from '../report.ts';
import { CHAIN, inMemory, START, votes } from '../votes.ts';

const HEIGHTS = 1_024;
const ZERO = new Uint8Array(32);

export async function signerRows(fixtures: Fixtures, budget: Budget, quick: boolean): Promise<readonly Finding[]> {
  return [
    ...(await voteRows(fixtures, budget)),
    ...randomnessRows(fixtures, budget),
    ...(await threadRows(fixtures, quick)),
    ...(await commitRows(fixtures, quick)),
  ];
}

/** The sign path without the disk, piece by piece as Signer goes through it, and Signer itself over a store in memory. */
async function voteRows(fixtures: Fixtures, budget: Budget): Promise<readonly Finding[]> {
  const { lib, provider } = fixtures;
  const { wasm } = lib.backends;
  const { secretKey, publicKey } = provider;
  const { decide } = (await lib.part('signer/Decision')) as typeof import('../../src/signer/Decision.ts');
  const { KeyMaterial } = (await lib.part('signer/keyMaterial')) as typeof import('../../src/signer/keyMaterial.ts');
  const { babylonRecognisers } = (await lib.part('node/recognisers')) as typeof import('../../src/node/recognisers.ts');
  const recognisers = babylonRecognisers();
  const material = new KeyMaterial(secretKey, wasm, undefined);
  material.source(CHAIN).prepare({ startHeight: START, count: HEIGHTS, interval: 1n });
  const asked = votes(START, HEIGHTS);
  const stored = { watermark: START - 1n, highestSigned: START - 1n, condemned: undefined, record: undefined };
  const sign = (i: number): Uint8Array => {
    const { height, message } = asked[i & (HEIGHTS - 1)] as (typeof asked)[number];
    const vote = recognisers.vote(message, CHAIN);
    const signingRoot = sha256(message);
    const decision = decide({ height, signingRoot, vote, stored, signedElsewhereUpTo: undefined });
    if (decision.kind !== 'sign') throw new Error(`expected to sign, got ${decision.kind}`);
    return material.sign(CHAIN, height, signingRoot, false).signature;
  };
  for (const [i, { height, message }] of asked.entries()) {
    const { pubRand } = lib.PubRand.derive(secretKey, CHAIN, height, wasm);
    yes('tiny-secp256k1 verifies the vote', tiny.verifySchnorr(sha256(message), publicKey, lib.Bytes.concat(pubRand, sign(i))));
  }
  const other = { name: 'tiny-secp256k1: signSchnorr', run: () => tiny.signSchnorr(HASH, secretKey, ZERO) };
  const path = compare({ name: 'satlock: recognise, decide, derive the nonce, sign', run: sign }, other, budget);
  const memory = await inMemory(fixtures, wasm);
  await memory.signer.randomness({ publicKey, chainId: CHAIN, startHeight: START, count: 100_000, interval: 1n });
  const whole = await compareAsync(
    { name: 'satlock: Signer.signBatch of 100, store in memory', run: () => memory.nextBatch(100) },
    { name: '100 times tiny-secp256k1: signSchnorr', run: () => times(100, other.run) },
    budget,
  );
  return [
    {
      row: 22,
      kind: 'ratio',
      name: 'Vote without the disk, its public nonce computed when the randomness was made',
      checked: 'tiny-secp256k1 verifies every vote as a BIP340 signature under the randomness derived anew',
      comparison: path,
      target: { text: '>= 30x', met: path.ratio.median >= 30 },
      note: "eotsd does not run here; 30x tiny-secp256k1 stands for 15x the Go reference's signature",
    },
    {
      row: 22,
      kind: 'ratio',
      name: 'The same with all that Signer does beside: copies, evidence, events, promises, records kept',
      checked: 'each outcome is a new signature',
      comparison: whole,
    },
  ];
}

const HASH = sha256(ZERO);

function times(count: number, run: () => unknown): void {
  for (let i = 0; i < count; i++) run();
}

type NativeModule = { readonly publicKeyCreate: (secretKey: Uint8Array, compressed: boolean) => Uint8Array };

/** The functions of the native package as its users call them. */
function nativeModule(): NativeModule | undefined {
  try {
    return createRequire(import.meta.url)('secp256k1/bindings') as NativeModule;
  } catch {
    return undefined;
  }
}

/** Randomness on one thread against the bare multiplications of the same backend, and of the other one. */
function randomnessRows({ lib, provider }: Fixtures, budget: Budget): readonly Finding[] {
  const { secretKey } = provider;
  const { wasm, native } = lib.backends;
  const module = nativeModule();
  const count = 512;
  const range = { startHeight: START, count, interval: 1n };
  const generate = (ecc: Ecc): Side => ({
    name: `satlock: points of ${count} heights, ${ecc.name} backend`,
    run: () => lib.PubRand.sealedPoints(secretKey, CHAIN, range, ecc),
  });
  const bareWasm = {
    name: `tiny-secp256k1: ${count} times pointFromScalar`,
    run: () => times(count, () => tiny.pointFromScalar(secretKey, true)),
  };
  const checked = 'the points of both backends, and the randomness of each height derived alone';
  const first = lib.PubRand.publicOf(lib.PubRand.sealedPoints(secretKey, CHAIN, range, wasm).points);
  const last = hex(first.at(-1) ?? ZERO);
  same('randomness', last, hex(lib.PubRand.derive(secretKey, CHAIN, START + BigInt(count - 1), wasm).pubRand));
  const onWasm = compare(generate(wasm), bareWasm, budget);
  const findings: Finding[] = [
    {
      row: 23,
      kind: 'ratio',
      name: 'Randomness on one thread, default backend (WASM)',
      checked,
      comparison: onWasm,
      target: { text: '>= 0.85x of its own bare multiplications', met: onWasm.ratio.median >= 0.85 },
      note: 'the other side is the least that the points cost: 1x is the limit',
    },
  ];
  if (native === undefined || module === undefined) return findings;
  const theirs = lib.PubRand.sealedPoints(secretKey, CHAIN, range, native).points;
  same('points of the backends', hex(theirs), hex(lib.PubRand.sealedPoints(secretKey, CHAIN, range, wasm).points));
  const bareNative = {
    name: `secp256k1 (native): ${count} times publicKeyCreate`,
    run: () => times(count, () => module.publicKeyCreate(secretKey, true)),
  };
  const onNative = compare(generate(native), bareNative, budget);
  const across = compare(generate(wasm), bareNative, budget);
  return [
    ...findings,
    {
      row: 23,
      kind: 'ratio',
      name: 'Randomness on one thread, native backend (where the package secp256k1 is installed)',
      checked,
      comparison: onNative,
      target: { text: '>= 0.85x of the bare multiplications', met: onNative.ratio.median >= 0.85 },
    },
    { row: 23, kind: 'ratio', name: 'The WASM backend against native bare multiplications', checked, comparison: across },
  ];
}

/** Two worker threads against one that multiplies in native code; by the wall clock, so other load counts. */
async function threadRows({ lib, provider }: Fixtures, quick: boolean): Promise<readonly Finding[]> {
  const module = nativeModule();
  if (module === undefined) return [];
  const { RandomnessPool } = (await lib.part('node/randomnessPool')) as typeof import('../../src/node/randomnessPool.ts');
  const { secretKey } = provider;
  const count = quick ? 4_096 : 20_480;
  const bare = {
    name: 'secp256k1 (native): publicKeyCreate in a loop, one thread',
    request: async () => {
      times(count, () => module.publicKeyCreate(secretKey, true));
      return count;
    },
  };
  const pool = new RandomnessPool({ threads: 2 });
  try {
    const range = { startHeight: START, count, interval: 1n };
    const sealed = await pool.points(secretKey, CHAIN, range);
    same('points', hex(sealed.points), hex(lib.PubRand.sealedPoints(secretKey, CHAIN, range).points));
    yes('both threads run', pool.running === 2);
    const ours = {
      name: 'satlock: RandomnessPool, two threads',
      request: async () => {
        await pool.points(secretKey, CHAIN, range);
        return count;
      },
    };
    const rounds = quick ? 3 : 9;
    const work = await workOf(ours.request, bare.request);
    const { comparison } = await compareWall(ours, bare, { rounds, requests: 1 });
    return [
      {
        row: 24,
        kind: 'ratio',
        name: 'Randomness on two threads, by the wall clock',
        checked: 'the points of one thread',
        comparison,
        target: { text: '>= 1.8x', met: comparison.ratio.median >= 1.8 },
        note: `all threads together take ${work.toFixed(2)}x the CPU time of the bare loop per point: two idle cores give at most ${(2 / work).toFixed(2)}x, other load takes it away`,
      },
    ];
  } finally {
    await pool.close();
  }
}

/** CPU time of all threads of one side over that of the other. */
async function workOf(ours: () => Promise<number>, other: () => Promise<number>): Promise<number> {
  const cpu = async (run: () => Promise<number>): Promise<number> => {
    const start = process.cpuUsage();
    await run();
    const { user, system } = process.cpuUsage(start);
    return user + system;
  };
  const ratios: number[] = [];
  for (let i = 0; i < 5; i++) ratios.push((await cpu(ours)) / (await cpu(other)));
  return ratios.sort((a, b) => a - b)[2] ?? Number.NaN;
}

/** From nothing to a commitment with the proofs of all its heights. */
async function commitRows({ lib, provider }: Fixtures, quick: boolean): Promise<readonly Finding[]> {
  const { RandomnessPool } = (await lib.part('node/randomnessPool')) as typeof import('../../src/node/randomnessPool.ts');
  const { secretKey } = provider;
  const heights = 10_000;
  const range = { startHeight: START, count: heights, interval: 1n };
  const prove = (points: Uint8Array): { readonly root: Uint8Array; readonly proofs: readonly unknown[] } =>
    lib.MerkleTree.proveAll(lib.PubRand.publicOf(points));
  const seconds = async (
    run: () => Promise<{ readonly root: Uint8Array; readonly proofs: readonly unknown[] }>,
  ): Promise<[number, string]> => {
    const start = performance.now();
    const { root, proofs } = await run();
    const took = (performance.now() - start) / 1000;
    yes('a proof for each height', proofs.length === heights);
    return [took, hex(root)];
  };
  const pool = new RandomnessPool({ threads: 2 });
  const ways = [
    { name: 'WASM, one thread', run: async () => prove(lib.PubRand.sealedPoints(secretKey, CHAIN, range, lib.backends.wasm).points) },
    { name: 'RandomnessPool, two threads', run: async () => prove((await pool.points(secretKey, CHAIN, range)).points) },
  ];
  try {
    const results: { name: string; all: number[]; root: string }[] = [];
    for (const { name, run } of ways) {
      const all: number[] = [];
      let root = '';
      for (let i = 0; i < (quick ? 1 : 3); i++) {
        const [took, of] = await seconds(run);
        all.push(took);
        root = of;
      }
      results.push({ name, all, root });
    }
    same('roots', results[0]?.root ?? '', results[1]?.root ?? '-');
    const worst = Math.max(...results.flatMap(({ all }) => all));
    return [
      {
        row: 25,
        kind: 'time',
        unit: 's',
        name: `${heights.toLocaleString('en-US')} heights committed, with all proofs, by the wall clock`,
        checked: 'the root of both ways',
        times: results.map(({ name, all }) => ({
          name,
          spread: { min: Math.min(...all), median: [...all].sort((a, b) => a - b)[all.length >> 1] ?? 0, max: Math.max(...all) },
        })),
        target: { text: '< 5 s each', met: worst < 5 },
      },
    ];
  } finally {
    await pool.close();
  }
}
