// Commitments of randomness: the worked example byte by byte, the limits of 64 bits, and proofs that strangers send.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as PubRandCommit from '../../src/babylon/PubRandCommit.ts';
import * as MerkleTree from '../../src/crypto/MerkleTree.ts';
import * as SecretKey from '../../src/crypto/SecretKey.ts';
import { bytes, codeOf, failure, filled, hex, keyOf, refusal, untyped } from '../support/stakes.ts';

type Case = {
  id: string;
  input: { publicNonces: string[]; startHeight: string; context?: string; proofIndex: number };
  expect: { commitment: string; signingHash: string };
};
const file = readFileSync(new URL('../../vectors/eots/commitment.json', import.meta.url), 'utf8');
const cases = (JSON.parse(file) as { cases: Case[] }).cases;

const secretKey = SecretKey.fromHex('500372ad3b2c5c28b5e89ed8516c9ce5c8c86d6bda0e32722ec2c54b2005f657');
const START = 2_000_000n;
const { commit, pubRands } = PubRandCommit.create({
  secretKey,
  chainId: 'bbn-1',
  startHeight: START,
  numPubRand: 5,
  auxRand: new Uint8Array(32),
});
const { proofs } = MerkleTree.proveAll(pubRands);
const proofAt = (i: number): MerkleTree.Proof => proofs[i] as MerkleTree.Proof;
const randAt = (i: number): Uint8Array => pubRands[i] as Uint8Array;

describe('the worked example', () => {
  it('has the randomness, the root and the signature', () => {
    expect(pubRands.map(hex)).toEqual(cases[0]?.input.publicNonces);
    expect(hex(commit.commitment)).toBe('f81b23ed5efa04549da71563ed228813523bfe5ffee4dfdcf7d2ad2374f71714');
    expect(hex(PubRandCommit.signingHash(commit))).toBe('279567d2c98525280fe0dcfe959ed921c350c81c8ed07df21326017a9639319b');
    expect(hex(commit.signature)).toBe(
      '044377c35540174547a65ca2beb60b39e08f56e6c04058393af964ba0b4e897798522d0d7302d2ec771db9d1483e84d5e70ad49ca0d5db7edf14b6883594d1d4',
    );
    expect(PubRandCommit.verify(commit)).toBe(true);
  });

  it.each(cases.filter((one) => one.expect.signingHash !== undefined).map((one) => [one.id, one] as const))(
    '%s: hash and root',
    (_, { input, expect: wanted }) => {
      const nonces = input.publicNonces.map(bytes);
      const body = { startHeight: BigInt(input.startHeight), numPubRand: BigInt(nonces.length), commitment: MerkleTree.root(nonces) };
      expect(hex(body.commitment)).toBe(wanted.commitment);
      expect(hex(PubRandCommit.signingHash(body, input.context))).toBe(wanted.signingHash);
    },
  );
});

describe('verify', () => {
  it('is false with any field changed, and in another context', () => {
    for (const change of [
      { startHeight: START + 1n },
      { numPubRand: 6n },
      { commitment: filled(32, 1) },
      { finalityProviderPk: keyOf('fp1').publicKey },
      { signature: filled(64, 1) },
    ])
      expect(PubRandCommit.verify({ ...commit, ...change })).toBe(false);
    expect(PubRandCommit.verify(commit, 'context')).toBe(false);
    const other = PubRandCommit.create({ secretKey, chainId: 'bbn-1', startHeight: 1n, numPubRand: 1, context: 'context' });
    expect([PubRandCommit.verify(other.commit, 'context'), PubRandCommit.verify(other.commit)]).toEqual([true, false]);
  });

  it('names misuse', () => {
    expect(refusal(() => PubRandCommit.verify({ ...commit, signature: filled(63, 1) }))).toEqual(['input.wrong-length', 'signature']);
    expect(refusal(() => PubRandCommit.verify(commit, untyped(5)))).toEqual(['input.not-text', 'context']);
    expect(refusal(() => PubRandCommit.verify({ ...commit, commitment: filled(31, 1) }))).toEqual(['input.wrong-length', 'commitment']);
  });
});

describe('signingHash', () => {
  const at = (startHeight: unknown, numPubRand: unknown) => () =>
    PubRandCommit.signingHash(untyped({ startHeight, numPubRand, commitment: filled(32, 0) }));

  it('refuses count 0 and heights that pass 2^64, as the chain does', () => {
    const max = 0xffff_ffff_ffff_ffffn;
    expect(failure(at(5n, 0n)).reason).toMatchObject({ code: 'pub-rand-commit.overflow', reference: 'finality/1117' });
    expect(codeOf(at(max, 1n))).toBe('pub-rand-commit.overflow');
    expect(codeOf(at(max - 4n, 5n))).toBe('pub-rand-commit.overflow');
    expect(at(max - 5n, 5n)).not.toThrow();
    for (const [start, count] of [
      [-1n, 5n],
      [1n << 64n, 5n],
      [0n, 1n << 64n],
    ])
      expect(codeOf(at(start, count))).toBe('input.out-of-range');
    for (const value of [5, '5', undefined]) {
      expect(refusal(at(value, 5n))).toEqual(['input.not-integer', 'startHeight']);
      expect(refusal(at(5n, value))).toEqual(['input.not-integer', 'numPubRand']);
    }
  });
});

describe('includes', () => {
  it('is true for each height with its own randomness and proof, and for no other', () => {
    for (let i = 0; i < 5; i++)
      for (let j = 0; j < 5; j++)
        for (const height of [START + BigInt(i), START + BigInt(j)])
          expect(PubRandCommit.includes(commit, height, randAt(i), proofAt(j))).toBe(i === j && height === START + BigInt(i));
    for (const height of [START - 1n, START + 5n]) expect(PubRandCommit.includes(commit, height, randAt(0), proofAt(0))).toBe(false);
  });

  it('is false for a proof out of a tree of another size', () => {
    const longer = MerkleTree.proveAll([...pubRands, filled(32, 9)]).proofs[0] as MerkleTree.Proof;
    expect(PubRandCommit.includes(commit, START, randAt(0), longer)).toBe(false);
    expect(PubRandCommit.includes(commit, START, randAt(0), { ...proofAt(0), total: 6 })).toBe(false);
  });

  it('is false, without throwing, for what strangers send', () => {
    const proof = proofAt(0);
    for (const change of [
      { index: 0.5 },
      { index: Number.NaN },
      { index: -1 },
      { total: 5.5 },
      { total: Number.POSITIVE_INFINITY },
      { index: '0' },
      { total: null },
      { aunts: [] },
      { aunts: [...proof.aunts, filled(32, 0)] },
      { aunts: proof.aunts.map((aunt) => aunt.subarray(1)) },
      { leafHash: filled(31, 0) },
      { leafHash: filled(32, 0) },
    ])
      expect(PubRandCommit.includes(commit, START, randAt(0), untyped({ ...proof, ...change }))).toBe(false);
  });
});

describe('create', () => {
  it('refuses an empty commitment and counts that are none', () => {
    const create =
      (numPubRand: unknown, startHeight: unknown = 1n) =>
      () =>
        PubRandCommit.create(untyped({ secretKey, chainId: 'bbn-1', startHeight, numPubRand }));
    expect(codeOf(create(0))).toBe('pub-rand-commit.overflow');
    for (const count of [-1, 2 ** 24 + 1]) expect(codeOf(create(count))).toBe('input.out-of-range');
    for (const count of [1.5, '5', 5n]) expect(codeOf(create(count))).toBe('input.not-integer');
    expect(codeOf(create(2, 0xffff_ffff_ffff_ffffn))).toBe('input.out-of-range');
  });
});
