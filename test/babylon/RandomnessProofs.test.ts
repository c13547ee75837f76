// Commitments with gaps between them: which one rules a height, and that the proof of every height is that of its own commitment.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StoredCommit } from '../../src/babylon/FinalityView.ts';
import * as PubRandCommit from '../../src/babylon/PubRandCommit.ts';
import * as RandomnessIndex from '../../src/babylon/RandomnessIndex.ts';
import * as RandomnessProofs from '../../src/babylon/RandomnessProofs.ts';
import * as MerkleTree from '../../src/crypto/MerkleTree.ts';
import * as PubRand from '../../src/crypto/PubRand.ts';
import * as SecretKey from '../../src/crypto/SecretKey.ts';
import { bytes, codeOf, filled, hex, keyOf, SEED } from '../support/stakes.ts';

const { secretKey, publicKey } = keyOf('fp1');
const CHAIN = 'bbn-1';
const rejectedWith = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'answered',
    (error: { code?: string }) => error.code ?? String(error),
  );
const stored = (startHeight: bigint, numPubRand: bigint, changes: Partial<StoredCommit> = {}): StoredCommit => ({
  startHeight,
  numPubRand,
  commitment: filled(32, 1),
  epochNum: 5n,
  ...changes,
});
/** As the chain would store it. */
const committed = (startHeight: bigint, count: number): StoredCommit => ({
  startHeight,
  numPubRand: BigInt(count),
  commitment: MerkleTree.root(PubRand.derivePublic(secretKey, CHAIN, startHeight, count)),
  epochNum: 1n,
});
const source = RandomnessProofs.secretSource(secretKey, CHAIN);

describe('the index', () => {
  const index = RandomnessIndex.from([stored(200n, 10n, { epochNum: 9n }), stored(100n, 50n), stored(300n, 1n)]);
  const startAt = (height: bigint): bigint | undefined => RandomnessIndex.lookUp(index, height)?.startHeight;

  it('finds the commitment with the largest start, if it reaches the height', () => {
    expect([99n, 100n, 149n, 150n, 199n, 200n, 209n, 210n, 299n, 300n, 301n].map(startAt)).toEqual([
      undefined,
      100n,
      100n,
      undefined,
      undefined,
      200n,
      200n,
      undefined,
      undefined,
      300n,
      undefined,
    ]);
    expect(RandomnessIndex.lookUp(RandomnessIndex.from([]), 5n)).toBeUndefined();
    expect(RandomnessIndex.last(index)?.startHeight).toBe(300n);
  });

  it('looks at no other commitment, though it would reach farther', () => {
    const nested = RandomnessIndex.from([stored(100n, 1_000n), stored(200n, 10n)]);
    expect(RandomnessIndex.lookUp(nested, 250n)).toBeUndefined();
    expect(RandomnessIndex.gaps(nested, { from: 90n, to: 220n })).toEqual([
      { from: 90n, to: 99n },
      { from: 210n, to: 220n },
    ]);
  });

  it('tells what a vote would find: nothing, nothing final, or its commitment', () => {
    const kinds = (height: bigint): readonly string[] => [0n, 4n, 5n, 9n].map((epoch) => RandomnessIndex.find(index, height, epoch).kind);
    expect(kinds(120n)).toEqual(['not-timestamped', 'not-timestamped', 'usable', 'usable']);
    expect(kinds(205n)).toEqual(['not-timestamped', 'not-timestamped', 'not-timestamped', 'usable']);
    expect(kinds(250n)).toEqual(['none', 'none', 'none', 'none']);
    const genesis = RandomnessIndex.from([stored(100n, 50n, { epochNum: 0n })]);
    expect(RandomnessIndex.find(genesis, 120n, 0n).kind).toBe('not-timestamped');
  });

  it('is refused over two commitments of one start, and over values that no chain has', () => {
    expect(codeOf(() => RandomnessIndex.from([stored(100n, 5n), stored(100n, 6n)]))).toBe('randomness-index.repeated-start');
    expect(codeOf(() => RandomnessIndex.from([stored(100n, 0n)]))).toBe('input.out-of-range');
    expect(codeOf(() => RandomnessIndex.from([stored(5n, 0xffff_ffff_ffff_ffffn)]))).toBe('input.out-of-range');
    expect(codeOf(() => RandomnessIndex.from([stored(100n, 5n, { commitment: filled(31, 1) })]))).toBe('input.wrong-length');
  });

  it('agrees with a search one by one, on random commitments', () => {
    const spans = fc.array(fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 })), { maxLength: 12 });
    fc.assert(
      fc.property(spans, fc.integer({ min: 0, max: 10 }), (pairs, from) => {
        let at = 0n;
        const commits = pairs.map(([gap, length]) => {
          const start = at + BigInt(gap);
          at = start + BigInt(length);
          return stored(start, BigInt(length));
        });
        const built = RandomnessIndex.from([...commits].reverse());
        const uncovered: bigint[] = [];
        for (let height = 0n; height <= at + 13n; height++) {
          const expected = commits.find(({ startHeight, numPubRand }) => startHeight <= height && height < startHeight + numPubRand);
          expect(RandomnessIndex.lookUp(built, height)?.startHeight).toBe(expected?.startHeight);
          if (expected === undefined && height >= BigInt(from)) uncovered.push(height);
        }
        const gaps = RandomnessIndex.gaps(built, { from: BigInt(from), to: at + 13n });
        const listed = gaps.flatMap((gap) => Array.from({ length: Number(gap.to - gap.from) + 1 }, (_, i) => gap.from + BigInt(i)));
        expect(listed).toEqual(uncovered);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});

describe('the proofs', () => {
  it('are those of the worked example', async () => {
    const file = readFileSync(new URL('../../vectors/eots/commitment.json', import.meta.url), 'utf8');
    const [first] = (JSON.parse(file) as { cases: { input: { publicNonces: string[] }; expect: { commitment: string } }[] }).cases;
    const pubRands = (first?.input.publicNonces ?? []).map(bytes);
    expect(hex(RandomnessProofs.rootOf(pubRands))).toBe('f81b23ed5efa04549da71563ed228813523bfe5ffee4dfdcf7d2ad2374f71714');
    const key = SecretKey.fromHex('500372ad3b2c5c28b5e89ed8516c9ce5c8c86d6bda0e32722ec2c54b2005f657');
    const commit = stored(2_000_000n, 5n, { commitment: bytes(first?.expect.commitment ?? '') });
    const { proof, pubRand } = await RandomnessProofs.prover({
      commits: [commit],
      source: RandomnessProofs.secretSource(key, CHAIN),
    }).at(2_000_003n);
    expect(pubRand).toEqual(pubRands[3]);
    expect([proof.index, proof.total, ...proof.aunts.map(hex)]).toEqual([
      3,
      5,
      '355fe44e461dc3afe67d040ca288a8838e5d186263dde15847a2727da3634b47',
      '8dd64c8d447871711712f065a58dae98bd351a35925e0df2bd02bc2e1f068585',
      'c432242f77bdf87529898c4712185d13b9415d9243166239deefab75beda0724',
    ]);
  });

  it('are those of the tree by definition, for every size up to 70 and every place', () => {
    const values = Array.from({ length: 70 }, (_, i) => filled(32, i));
    return Promise.all(
      values.map(async (_, i) => {
        const part = values.slice(0, i + 1);
        const { root, proofs } = MerkleTree.proveAll(part);
        expect(RandomnessProofs.rootOf(part)).toEqual(root);
        const commits = [stored(10n, BigInt(part.length), { commitment: root })];
        const prover = RandomnessProofs.prover({ commits, source: () => Promise.resolve(part) });
        for (const place of part.keys()) expect((await prover.at(10n + BigInt(place))).proof).toEqual(proofs[place]);
      }),
    );
  });

  it('verify at their heights, whatever gaps lie between the commitments and in whatever order heights are asked', async () => {
    const spans = fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 9 })), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(
        spans,
        fc.array(fc.nat(), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 3 }),
        async (pairs, picks, maxCached) => {
          let at = 1_000n;
          const commits = pairs.map(([gap, length]) => {
            const commit = committed(at + BigInt(gap), length);
            at = RandomnessIndex.endOf(commit) + 1n;
            return commit;
          });
          const covered = commits.flatMap((commit) =>
            Array.from({ length: Number(commit.numPubRand) }, (_, i) => commit.startHeight + BigInt(i)),
          );
          const prover = RandomnessProofs.prover({ commits, source, maxCached });
          for (const pick of picks) {
            const height = covered[pick % covered.length] as bigint;
            const { pubRand, proof, commit } = await prover.at(height);
            const full = { ...commit, finalityProviderPk: publicKey, signature: filled(64, 0) };
            expect(PubRandCommit.includes(full, height, pubRand, proof)).toBe(true);
            expect(pubRand).toEqual(PubRand.derive(secretKey, CHAIN, height).pubRand);
            for (const other of [height - 1n, height + 1n]) expect(PubRandCommit.includes(full, other, pubRand, proof)).toBe(false);
          }
        },
      ),
      { seed: SEED, numRuns: 40 },
    );
  });

  it('are derived once for all heights of a commitment, also when they are asked at the same time', async () => {
    const calls: bigint[] = [];
    const commits = [committed(100n, 8), committed(200n, 8), committed(300n, 8)];
    const counting: RandomnessProofs.Source = (start, count) => {
      calls.push(start);
      return source(start, count);
    };
    const prover = RandomnessProofs.prover({ commits, source: counting });
    await Promise.all([100n, 107n, 103n, 200n].map((height) => prover.at(height)));
    expect(calls).toEqual([100n, 200n]);
    await prover.at(101n);
    await prover.at(300n);
    await prover.at(102n);
    expect(calls).toEqual([100n, 200n, 300n]);
    await prover.at(201n);
    expect(calls).toEqual([100n, 200n, 300n, 200n]);
  });

  it('are asked again after a source has failed', async () => {
    let fails = true;
    const prover = RandomnessProofs.prover({
      commits: [committed(100n, 3)],
      source: (start, count) => (fails ? Promise.reject(new Error('the signer is locked')) : source(start, count)),
    });
    await expect(prover.at(100n)).rejects.toThrow('the signer is locked');
    fails = false;
    expect((await prover.at(100n)).proof.index).toBe(0);
  });

  it('cannot be changed from outside', async () => {
    const prover = RandomnessProofs.prover({ commits: [committed(100n, 3)], source });
    const first = await prover.at(101n);
    first.pubRand.fill(0);
    first.proof.leafHash.fill(0);
    for (const aunt of first.proof.aunts) aunt.fill(0);
    const { pubRand, proof, commit } = await prover.at(101n);
    expect(MerkleTree.verify(commit.commitment, pubRand, proof)).toBe(true);
  });

  it.each([
    ['a gap', [committed(100n, 3)], 103n, source, 'randomness-proofs.no-commit'],
    [
      'another chain-id',
      [committed(100n, 3)],
      100n,
      RandomnessProofs.secretSource(secretKey, 'bbn-test-6'),
      'randomness-proofs.other-root',
    ],
    [
      'another key',
      [committed(100n, 3)],
      100n,
      RandomnessProofs.secretSource(keyOf('fp2').secretKey, CHAIN),
      'randomness-proofs.other-root',
    ],
    ['too few values', [committed(100n, 3)], 100n, (start: bigint) => source(start, 2), 'randomness-proofs.wrong-count'],
    [
      'values of other lengths',
      [committed(100n, 3)],
      100n,
      () => Promise.resolve([filled(33, 2), filled(33, 2), filled(33, 2)]),
      'input.wrong-length',
    ],
    ['a commitment that nobody can derive', [stored(100n, 1n << 40n)], 100n, source, 'randomness-proofs.too-large'],
    ['no height', [committed(100n, 3)], -1n, source, 'input.out-of-range'],
  ] as const)('are refused for %s', async (_, commits, height, from, code) => {
    expect(await rejectedWith(RandomnessProofs.prover({ commits, source: from }).at(height))).toBe(code);
  });
});
