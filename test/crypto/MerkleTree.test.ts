// The commitment tree: constants of RFC 6962, the worked example, every proof of every small tree, and each kind of bad proof.
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import * as MerkleTree from '../../src/crypto/MerkleTree.ts';
import { merkle } from '../support/slow/schemes.ts';
import { anyBytes, bytes, cases, codeOf, field, hex, SEED } from './support.ts';

// The textbook curve is slow, and the machine may be busy.
vi.setConfig({ testTimeout: 120_000 });

const leavesOf = (count: number): Uint8Array[] => Array.from({ length: count }, (_, i) => new Uint8Array(32).fill(i + 1));

describe('MerkleTree', () => {
  it('has the constants of RFC 6962', () => {
    expect(hex(MerkleTree.root([]))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(hex(MerkleTree.root([new Uint8Array(0)]))).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d');
    expect(hex(MerkleTree.leafHash(new Uint8Array(0)))).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d');
    expect(MerkleTree.proveAll([])).toEqual({ root: MerkleTree.root([]), proofs: [] });
  });

  it.each(cases('eots/commitment.json', 'eots.commitment', 13))('vector $id', ({ input, expect: want }) => {
    const leaves = (input['publicNonces'] as string[]).map(bytes);
    expect(hex(MerkleTree.root(leaves))).toBe(want['commitment']);
    if (typeof input['proofIndex'] !== 'number') return;
    const proof = MerkleTree.prove(leaves, input['proofIndex']);
    expect(hex(proof.leafHash)).toBe(want['leafHash']);
    expect(proof.aunts.map(hex)).toEqual(want['aunts']);
    expect(MerkleTree.verify(field(want, 'commitment'), leaves[input['proofIndex']] ?? new Uint8Array(0), proof)).toBe(true);
  });

  it('agrees with the recursive definition for every tree of 1 to 40 leaves and every index', () => {
    for (let count = 1; count <= 40; count++) {
      const leaves = leavesOf(count);
      const root = MerkleTree.root(leaves);
      const all = MerkleTree.proveAll(leaves);
      expect(hex(root)).toBe(hex(merkle.root(leaves)));
      expect(hex(all.root)).toBe(hex(root));
      leaves.forEach((leaf, index) => {
        const proof = MerkleTree.prove(leaves, index);
        expect(proof.aunts.map(hex)).toEqual(merkle.path(leaves, index).map(hex));
        expect(all.proofs[index]).toEqual(proof);
        expect(proof).toMatchObject({ total: count, index });
        expect(MerkleTree.verify(root, leaf, proof)).toBe(true);
      });
    }
  });

  it('never accepts a proof for another leaf, place or size', () => {
    fc.assert(
      fc.property(fc.array(anyBytes(32), { minLength: 2, maxLength: 30 }), fc.nat(), fc.nat(), anyBytes(32), (leaves, i, j, other) => {
        const index = i % leaves.length;
        const leaf = leaves[index] as Uint8Array;
        const root = MerkleTree.root(leaves);
        const proof = MerkleTree.prove(leaves, index);
        expect(MerkleTree.check(root, leaf, proof)).toBeUndefined();
        expect(MerkleTree.check(root, other, proof)).toBe('invalid-leaf-hash');
        expect(MerkleTree.check(root, other, { ...proof, leafHash: MerkleTree.leafHash(other) })).toBe('invalid-root-hash');
        const elsewhere = j % leaves.length;
        if (elsewhere !== index) expect(MerkleTree.verify(root, leaf, { ...proof, index: elsewhere })).toBe(false);
        expect(MerkleTree.verify(root, leaf, { ...proof, total: leaves.length * 2 + 1 })).toBe(false);
        expect(MerkleTree.verify(root, leaf, { ...proof, aunts: proof.aunts.slice(1) })).toBe(false);
        expect(MerkleTree.verify(root, leaf, { ...proof, aunts: [...proof.aunts, other] })).toBe(false);
      }),
      { seed: SEED, numRuns: 60 },
    );
  });

  it('takes no inner node for a leaf', () => {
    const leaves = leavesOf(4);
    const all = MerkleTree.proveAll(leaves);
    const inner = Uint8Array.of(...(all.proofs[0]?.leafHash ?? []), ...(all.proofs[1]?.leafHash ?? []));
    const aunts = [all.proofs[0]?.aunts[1] as Uint8Array];
    expect(MerkleTree.verify(all.root, inner, { total: 2, index: 0, leafHash: MerkleTree.leafHash(inner), aunts })).toBe(false);
  });

  it('names what is wrong', () => {
    const leaves = leavesOf(5);
    const root = MerkleTree.root(leaves);
    const leaf = leaves[3] as Uint8Array;
    const proof = MerkleTree.prove(leaves, 3);
    const check = (change: Partial<MerkleTree.Proof>): string | undefined => MerkleTree.check(root, leaf, { ...proof, ...change });
    const aunt = new Uint8Array(32);
    expect(check({ total: 0 })).toBe('total-out-of-range');
    expect(check({ total: -1 })).toBe('total-out-of-range');
    expect(check({ total: 5.5 })).toBe('total-out-of-range');
    expect(check({ total: Number.NaN })).toBe('total-out-of-range');
    expect(check({ total: 0, index: 0, aunts: [] })).toBe('total-out-of-range');
    expect(check({ index: -1 })).toBe('index-out-of-range');
    expect(check({ index: 5 })).toBe('index-out-of-range');
    expect(check({ leafHash: new Uint8Array(31) })).toBe('leaf-hash-length');
    expect(check({ aunts: Array(101).fill(aunt) })).toBe('too-many-aunts');
    expect(check({ aunts: Array(100).fill(aunt) })).toBe('invalid-root-hash');
    expect(check({ aunts: [new Uint8Array(33)] })).toBe('aunt-length');
    expect(check({ leafHash: aunt })).toBe('invalid-leaf-hash');
    expect(check({ aunts: [] })).toBe('invalid-root-hash');
    expect(check({ total: 2 ** 53 - 1, index: 2 ** 53 - 2 })).toBe('invalid-root-hash');
    expect(MerkleTree.check(new Uint8Array(32), leaf, proof)).toBe('invalid-root-hash');
  });

  it('throws for misuse', () => {
    const leaves = leavesOf(5);
    expect(codeOf(() => MerkleTree.prove(leaves, 5))).toBe('input.out-of-range');
    expect(codeOf(() => MerkleTree.prove(leaves, -1))).toBe('input.out-of-range');
    expect(codeOf(() => MerkleTree.prove([], 0))).toBe('input.out-of-range');
    expect(codeOf(() => MerkleTree.root('leaves' as unknown as Uint8Array[]))).toBe('input.not-list');
    expect(codeOf(() => MerkleTree.root(['00' as unknown as Uint8Array]))).toBe('input.not-bytes');
    expect(codeOf(() => MerkleTree.verify(new Uint8Array(31), leaves[0] as Uint8Array, MerkleTree.prove(leaves, 0)))).toBe(
      'input.wrong-length',
    );
  });

  it('changes none of its inputs', () => {
    const leaves = Object.freeze(leavesOf(9));
    const before = leaves.map(hex);
    const all = MerkleTree.proveAll(leaves);
    const proof = MerkleTree.prove(leaves, 8);
    MerkleTree.check(all.root, leaves[8] as Uint8Array, Object.freeze({ ...proof, aunts: Object.freeze(proof.aunts) }));
    expect(leaves.map(hex)).toEqual(before);
  });
});
