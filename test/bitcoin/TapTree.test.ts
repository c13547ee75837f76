// Trees and outputs: the official wallet vectors of BIP341, and who may change what afterwards.
import { readFileSync } from 'node:fs';
import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, it } from 'vitest';
import * as Address from '../../src/bitcoin/Address.ts';
import * as TapTree from '../../src/bitcoin/TapTree.ts';
import * as Ecc from '../../src/crypto/Ecc.ts';
import { bytes, codeOf, filled, hex, untyped } from '../support/stakes.ts';

type Leaf = { script: string; leafVersion: number };
type Given = Leaf | readonly [Given, Given];
type Vector = {
  given: { internalPubkey: string; scriptTree: Given | null };
  intermediary: { merkleRoot: string | null; tweakedPubkey: string };
  expected: { scriptPubKey: string; bip350Address: string; scriptPathControlBlocks?: string[] };
};
const file = readFileSync(new URL('../../vectors/bip341/wallet-test-vectors.json', import.meta.url), 'utf8');
const vectors = (JSON.parse(file) as { scriptPubKey: Vector[] }).scriptPubKey.filter(({ given }) => given.scriptTree !== null);

const treeOf = (given: Given): TapTree.Tree =>
  'script' in given ? { script: bytes(given.script), leafVersion: given.leafVersion } : [treeOf(given[0]), treeOf(given[1])];

describe('BIP341 wallet vectors', () => {
  it('are six with a tree', () => expect(vectors).toHaveLength(6));

  it.each(vectors.map((vector, i) => [i, vector] as const))(
    'vector %i: output, address and control blocks',
    (_, { given, intermediary, expected }) => {
      const output = TapTree.build(treeOf(given.scriptTree as Given), bytes(given.internalPubkey));
      expect(hex(output.merkleRoot)).toBe(intermediary.merkleRoot);
      expect(hex(output.outputKey)).toBe(intermediary.tweakedPubkey);
      expect(hex(output.scriptPubKey)).toBe(expected.scriptPubKey);
      expect(output.leaves.map(({ controlBlock }) => hex(controlBlock))).toEqual(expected.scriptPathControlBlocks);
      expect(output.leaves.every(({ controlBlock, leafVersion }) => controlBlock[0] === (leafVersion | output.parity))).toBe(true);
      expect(Address.encode(output.scriptPubKey, 'mainnet')).toBe(expected.bip350Address);
    },
  );
});

describe('the internal key', () => {
  it('is the hash of the generator, whose logarithm nobody knows', () => {
    const generator =
      '0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8';
    expect(hex(TapTree.nums())).toBe(hex(sha256(bytes(generator))));
  });

  it('off the curve is refused', () => {
    for (const key of [filled(32, 0xff), filled(32, 0)])
      expect(codeOf(() => TapTree.build({ script: bytes('51') }, key))).toBe('tap-tree.bad-internal-key');
  });
});

describe('build', () => {
  const [one, two] = [{ script: bytes('51') }, { script: bytes('52') }];

  it('refuses empty and equal leaves', () => {
    expect(codeOf(() => TapTree.build([one, { script: new Uint8Array(0) }]))).toBe('tap-tree.empty-script');
    expect(codeOf(() => TapTree.build([one, { script: bytes('51') }]))).toBe('tap-tree.duplicate-leaf');
  });

  it('is the same whichever child stands left, and another one for another shape', () => {
    const three = { script: bytes('53') };
    const root = (tree: TapTree.Tree): string => hex(TapTree.build(tree).merkleRoot);
    expect(root([[one, two], three])).toBe(root([three, [two, one]]));
    expect(root([[one, two], three])).not.toBe(root([[one, three], two]));
  });

  it('keeps its own copy of a script: what the caller does to it later changes no leaf', () => {
    const script = Buffer.from('51', 'hex');
    const { leaves } = TapTree.build({ script });
    script.fill(0);
    expect(leaves.map((leaf) => hex(leaf.script))).toEqual(['51']);
  });

  it('takes an input of another realm of types only with bytes', () => {
    expect(() => TapTree.build(untyped({ script: '51' }))).toThrow();
  });
});

describe('commits', () => {
  const [internalKey] = vectors.map(({ given }) => bytes(given.internalPubkey)) as [Uint8Array];

  /** A backend that counts, with nothing remembered for it. */
  function counted(): { readonly ecc: Ecc.Ecc; readonly additions: () => number } {
    const real = Ecc.auto();
    let calls = 0;
    const pointAddScalar: Ecc.Ecc['pointAddScalar'] = (...args) => {
      calls++;
      return real.pointAddScalar(...args);
    };
    return { ecc: { ...real, pointAddScalar }, additions: () => calls };
  }

  it('computes for outputs of others, and knows those that were built here', () => {
    const { merkleRoot, ...output } = TapTree.build([{ script: bytes('51') }, { script: bytes('52') }], internalKey);
    const { ecc, additions } = counted();
    expect(TapTree.commits(output, internalKey, merkleRoot, ecc)).toBe(true);
    expect(additions()).toBe(1);
    TapTree.build([{ script: bytes('51') }, { script: bytes('52') }], internalKey, ecc);
    expect(additions()).toBe(2);
    expect(TapTree.commits(output, internalKey, merkleRoot, ecc)).toBe(true);
    expect(additions()).toBe(2);
  });

  it.each(['remembered', 'computed'])('is false for another key, root, output or parity: %s', (how) => {
    const { ecc } = counted();
    const { merkleRoot, outputKey, parity } = TapTree.build({ script: bytes('51') }, internalKey, how === 'remembered' ? ecc : undefined);
    expect(TapTree.commits({ outputKey, parity }, internalKey, merkleRoot, ecc)).toBe(true);
    expect(TapTree.commits({ outputKey, parity: 1 - parity }, internalKey, merkleRoot, ecc)).toBe(false);
    expect(TapTree.commits({ outputKey: internalKey, parity }, internalKey, merkleRoot, ecc)).toBe(false);
    expect(TapTree.commits({ outputKey, parity }, TapTree.nums(), merkleRoot, ecc)).toBe(false);
    expect(TapTree.commits({ outputKey, parity }, internalKey, filled(32, 0x11), ecc)).toBe(false);
    expect(TapTree.commits({ outputKey, parity }, filled(32, 0xff), merkleRoot, ecc)).toBe(false);
  });

  it('remembers bytes, not arrays: what is done to an output afterwards changes no answer', () => {
    const { ecc } = counted();
    const { merkleRoot, outputKey, parity } = TapTree.build({ script: bytes('51') }, internalKey, ecc);
    const kept = outputKey.slice();
    outputKey.fill(0);
    expect(TapTree.commits({ outputKey, parity }, internalKey, merkleRoot, ecc)).toBe(false);
    expect(TapTree.commits({ outputKey: kept, parity }, internalKey, merkleRoot, ecc)).toBe(true);
  });
});
