// Inclusion proofs: a worked example, trees of every size, and every way in which a proof or a partial tree may lie.
import { sha256 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Message from '../../src/babylon/Message.ts';
import * as Bytes from '../../src/base/Bytes.ts';
import { isSatlockError } from '../../src/base/Errors.ts';
import * as Hex from '../../src/base/Hex.ts';
import * as InclusionProof from '../../src/bitcoin/InclusionProof.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';

const HH = (...parts: readonly Uint8Array[]): Uint8Array => sha256(sha256(Bytes.concat(...parts)));
const shownHash = (hash: Uint8Array): string => Hex.encode(Bytes.reverse(hash));
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
/** The example's block: leaves, root and header; the header's other fields are of no account. */
const LEAVES = [0, 1, 2, 3, 4].map((i) => HH(text(`satlock leaf ${i}`)));
const ROOT = Hex.decode('3511fdce037894942dd96ec985b416b7369a38208d408897b78a2d94043f4883');
const headerWith = (root: Uint8Array): Uint8Array => Bytes.concat(new Uint8Array(36).fill(1), root, new Uint8Array(12).fill(2));
const HEADER = headerWith(ROOT);
const BLOCK = shownHash(HH(HEADER));
const TXIDS = LEAVES.map(shownHash);
const PROOFS: Readonly<Record<number, string>> = {
  2: '5dd0dc29ef4291720984fe07d561f6f995afc036f16b5f6cfc29b5c4ef1c3ed0dc5b91038d96f6ca3d2b16941eea8a8bda57dfb69dae17327484c59dd62218f87fa89b0f9073780a313b9a21d7abffebf4b1a967ef5712186e12a4af7e883bf8',
  4: '48879048c0525e0ffff77e7f83b47d6267bec98b3de0668605f8358a3664a4987932321f831df3185752a0776fba362733e04e9d3e3147a839a911f7d621d03b8eb4af28c83dec0c8edf375a8aac733c81ad68d7856147cdc0f38c737c088237',
};
const TREES: Readonly<Record<number, string>> = {
  2: '0500000004dc5b91038d96f6ca3d2b16941eea8a8bda57dfb69dae17327484c59dd62218f813559af9b53c0f8e2a170e6e571dba2658610d81e546bf0ff766b57b3545f26e5dd0dc29ef4291720984fe07d561f6f995afc036f16b5f6cfc29b5c4ef1c3ed07fa89b0f9073780a313b9a21d7abffebf4b1a967ef5712186e12a4af7e883bf8011b',
  4: '05000000028eb4af28c83dec0c8edf375a8aac733c81ad68d7856147cdc0f38c737c08823748879048c0525e0ffff77e7f83b47d6267bec98b3de0668605f8358a3664a498011d',
};
const txid = (i: number): string => TXIDS[i] ?? '';
const proofOf = (i: number): InclusionProof.InclusionProof => InclusionProof.fromTxids({ txids: TXIDS, txid: txid(i), header: HEADER });
const treeOf = (i: number): Uint8Array => Bytes.concat(HEADER, Hex.decode(TREES[i] ?? ''));
const outcome = (call: () => unknown): string => {
  try {
    call();
    return 'accepted';
  } catch (error) {
    return isSatlockError(error) ? error.code : `crash: ${String(error)}`;
  }
};

describe('the worked example', () => {
  it.each([2, 4])('leaf %i: from txids, from the partial tree and from an Electrum answer', (i) => {
    const proof = proofOf(i);
    expect(Hex.encode(InclusionProof.toBytes(proof))).toBe(PROOFS[i]);
    expect(proof).toMatchObject({ txid: txid(i), blockHash: BLOCK, index: i, transactionCount: 5 });
    expect(InclusionProof.fromTxOutProof(treeOf(i))).toEqual(proof);
    const merkle = proof.siblings.map(shownHash);
    const { transactionCount: _, ...bare } = proof;
    expect(InclusionProof.fromElectrum({ txid: txid(i), blockHash: BLOCK, merkle, pos: i, block_height: 7 })).toEqual(bare);
    expect(InclusionProof.fromBytes({ txid: txid(i), blockHash: BLOCK, index: i, proof: Hex.decode(PROOFS[i] ?? '') })).toEqual(bare);
    expect(InclusionProof.verify(proof, HEADER)).toBe(true);
    expect(InclusionProof.verify(bare, HEADER)).toBe(true);
  });

  it.each([2, 4])('leaf %i with index + 8 passes on the chain and not here', (i) => {
    const proof = Hex.decode(PROOFS[i] ?? '');
    for (const index of [i, i + 8, i + 16]) expect(InclusionProof.verifyAsChain({ txid: txid(i), index, proof }, HEADER)).toBe(true);
    expect(InclusionProof.check({ ...proofOf(i), index: i + 8 }, HEADER)).toBe('inclusion-proof.index-beyond-depth');
    expect(InclusionProof.verifyAsChain({ txid: txid(i), index: i ^ 1, proof }, HEADER)).toBe(i === 4);
    expect(InclusionProof.verifyAsChain({ txid: txid(i), index: i, proof: proof.subarray(1) }, HEADER)).toBe(false);
    expect(InclusionProof.verifyAsChain({ txid: txid(i), index: i, proof: new Uint8Array() }, HEADER)).toBe(false);
  });

  it('the place beside a lonely leaf, which the chain takes for the leaf, is refused', () => {
    const { transactionCount: _, ...bare } = proofOf(4);
    expect(InclusionProof.check({ ...bare, index: 5 }, HEADER)).toBe('inclusion-proof.repeated-node');
    expect(InclusionProof.check({ ...proofOf(4), index: 5 }, HEADER)).toBe('inclusion-proof.wrong-depth');
    const merkle = bare.siblings.map(shownHash);
    expect(outcome(() => InclusionProof.fromElectrum({ ...bare, merkle, pos: 5 }))).toBe('inclusion-proof.repeated-node');
  });

  it('in a message and back', () => {
    const wire = Message.inclusionProof(proofOf(2));
    expect(wire).toEqual({ key: { index: 2, hash: HH(HEADER) }, proof: Hex.decode(PROOFS[2] ?? '') });
    const { transactionCount: _, ...bare } = proofOf(2);
    expect(Message.readInclusionProof(wire, txid(2))).toEqual(bare);
    expect(outcome(() => Message.readInclusionProof({ ...wire, key: undefined }, txid(2)))).toBe('input.missing');
    expect(outcome(() => Message.readInclusionProof({ ...wire, proof: new Uint8Array(31) }, txid(2)))).toBe('input.wrong-length');
    expect(outcome(() => Message.readInclusionProof({ key: { index: 1, hash: new Uint8Array(2) }, proof: wire.proof }, txid(2)))).toBe(
      'input.wrong-length',
    );
  });
});

describe('a partial tree', () => {
  const tree = treeOf(2);
  const at = 80 + 4;
  const change = (offset: number, byte: number): Uint8Array => {
    const result = Bytes.copy(tree);
    result[offset] = byte;
    return result;
  };
  const problems: readonly (readonly [string, Uint8Array, string])[] = [
    ['without transactions', change(80, 0), 'inclusion-proof.malformed-tree'],
    ['of too many transactions', change(82, 1), 'inclusion-proof.malformed-tree'],
    ['with more hashes than transactions', change(at, 6), 'inclusion-proof.malformed-tree'],
    [
      'with too few hashes',
      Bytes.concat(tree.subarray(0, at), Uint8Array.of(3), tree.subarray(at + 1, at + 97), Uint8Array.of(1, 0x1b)),
      'inclusion-proof.malformed-tree',
    ],
    [
      'with an unused hash',
      Bytes.concat(tree.subarray(0, at), Uint8Array.of(5), tree.subarray(at + 1, -2), new Uint8Array(32), Uint8Array.of(1, 0x1b)),
      'inclusion-proof.malformed-tree',
    ],
    ['with an unused byte of flags', Bytes.concat(tree.subarray(0, -2), Uint8Array.of(2, 0x1b, 0)), 'inclusion-proof.malformed-tree'],
    ['with a flag in the padding', Bytes.concat(tree.subarray(0, -1), Uint8Array.of(0x9b)), 'inclusion-proof.malformed-tree'],
    ['without flags', Bytes.concat(tree.subarray(0, -2), Uint8Array.of(0)), 'inclusion-proof.malformed-tree'],
    ['with a byte behind it', Bytes.concat(tree, Uint8Array.of(0)), 'inclusion-proof.malformed-tree'],
    ['truncated', tree.subarray(0, -1), 'inclusion-proof.malformed-tree'],
    [
      'with a long form of a short length',
      Bytes.concat(tree.subarray(0, at), Uint8Array.of(0xfd, 4, 0), tree.subarray(at + 1)),
      'inclusion-proof.malformed-tree',
    ],
    ['with an impossible length', change(at, 0xfe), 'inclusion-proof.malformed-tree'],
    ['with another hash', change(at + 5, 0), 'inclusion-proof.wrong-root'],
    ['with another count', change(80, 9), 'inclusion-proof.malformed-tree'],
    ['of a header with another root', Bytes.concat(headerWith(new Uint8Array(32)), tree.subarray(80)), 'inclusion-proof.wrong-root'],
    ['without a match', Bytes.concat(HEADER, Uint8Array.of(5, 0, 0, 0, 1), ROOT, Uint8Array.of(1, 0)), 'inclusion-proof.not-in-block'],
    ['only a header', HEADER, 'inclusion-proof.malformed-tree'],
  ];
  it.each(problems)('%s is refused', (_, raw, code) => {
    expect(outcome(() => InclusionProof.fromTxOutProof(raw))).toBe(code);
  });

  it('whose right node is its left (CVE-2012-2459) is refused', () => {
    // Four leaves a b c c have the root of the three leaves a b c.
    const [a, b, c] = LEAVES as [Uint8Array, Uint8Array, Uint8Array];
    const root = HH(HH(a, b), HH(c, c));
    const header = headerWith(root);
    const honest = Bytes.concat(header, Uint8Array.of(3, 0, 0, 0, 2), HH(a, b), c, Uint8Array.of(1, 0b1101));
    expect(InclusionProof.fromTxOutProof(honest)).toMatchObject({ index: 2, txid: shownHash(c) });
    const forged = Bytes.concat(header, Uint8Array.of(4, 0, 0, 0, 3), HH(a, b), c, c, Uint8Array.of(1, 0b10101));
    expect(outcome(() => InclusionProof.fromTxOutProof(forged))).toBe('inclusion-proof.malformed-tree');
    const left = Bytes.concat(header, Uint8Array.of(4, 0, 0, 0, 3), HH(a, b), c, c, Uint8Array.of(1, 0b01101));
    expect(outcome(() => InclusionProof.fromTxOutProof(left))).toBe('inclusion-proof.malformed-tree');
    expect(outcome(() => InclusionProof.fromTxids({ txids: [a, b, c, c].map(shownHash), txid: shownHash(c), header }))).toBe(
      'inclusion-proof.repeated-txid',
    );
    const claimed = { txid: shownHash(c), blockHash: shownHash(HH(header)), siblings: [c, HH(a, b)] };
    expect(InclusionProof.check({ ...claimed, index: 3 }, header)).toBe('inclusion-proof.repeated-node');
    expect(InclusionProof.check({ ...claimed, index: 2 }, header)).toBe(undefined);
    expect(InclusionProof.check({ ...claimed, index: 2, transactionCount: 4 }, header)).toBe('inclusion-proof.repeated-node');
    expect(InclusionProof.check({ ...claimed, index: 2, transactionCount: 3 }, header)).toBe(undefined);
  });

  it('for several transactions asks which one', () => {
    const both = Bytes.concat(
      HEADER,
      Uint8Array.of(5, 0, 0, 0, 5),
      ...LEAVES.slice(0, 4),
      Hex.decode(TREES[4] ?? '').subarray(37, 69),
      Uint8Array.of(2, 0b11101111, 0b11),
    );
    // Depth first: root, left half, its two pairs, the four leaves 0..3 (1 and 2 matched), then the lonely leaf.
    const flags = [1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 0];
    const packed = new Uint8Array(2);
    for (const [i, bit] of flags.entries()) packed[i >> 3] = (packed[i >> 3] ?? 0) | (bit << (i & 7));
    const tree = Bytes.concat(both.subarray(0, -2), packed);
    expect(outcome(() => InclusionProof.fromTxOutProof(tree))).toBe('inclusion-proof.several-matches');
    for (const i of [1, 2]) expect(InclusionProof.fromTxOutProof(tree, txid(i))).toEqual(proofOf(i));
    expect(outcome(() => InclusionProof.fromTxOutProof(tree, txid(3)))).toBe('inclusion-proof.not-in-block');
  });

  it('of random bytes never crashes and never passes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 80, maxLength: 300 }), (raw) => {
        expect(outcome(() => InclusionProof.fromTxOutProof(raw))).toMatch(/^inclusion-proof\./);
      }),
      { seed: 1, numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.nat(treeOf(2).length - 1), fc.integer({ min: 1, max: 255 }), (offset, bits) => {
        const raw = Bytes.copy(treeOf(2));
        raw[offset] = (raw[offset] ?? 0) ^ bits;
        const result = outcome(() => InclusionProof.fromTxOutProof(raw));
        // The header's other fields are not covered by the root.
        if (offset >= 36 && offset < 68) expect(result).toBe('inclusion-proof.wrong-root');
        else if (offset >= 84) expect(result).not.toBe('accepted');
      }),
      { seed: 2, numRuns: 500 },
    );
  });
});

describe('trees of every size', () => {
  const leaves = Array.from({ length: 70 }, (_, i) => HH(text(`leaf ${i}`)));
  /** Written apart from the library: the root by recursion over powers of two. */
  const rootOf = (nodes: readonly Uint8Array[]): Uint8Array => {
    const [only] = nodes;
    if (nodes.length === 1 && only !== undefined) return only;
    const pairs: Uint8Array[] = [];
    for (let i = 0; i < nodes.length; i += 2) pairs.push(HH(nodes[i] as Uint8Array, (nodes[i + 1] ?? nodes[i]) as Uint8Array));
    return rootOf(pairs);
  };

  it('give proofs that hold for their place alone', () => {
    for (let count = 1; count <= 33; count++) {
      const txids = leaves.slice(0, count).map(shownHash);
      const header = headerWith(rootOf(leaves.slice(0, count)));
      for (let i = 0; i < count; i++) {
        const proof = InclusionProof.fromTxids({ txids, txid: txids[i] ?? '', header });
        expect(InclusionProof.verify(proof, header)).toBe(true);
        const { transactionCount: _, ...bare } = proof;
        for (let other = 0; other < 2 ** proof.siblings.length; other++)
          if (other !== i) expect(InclusionProof.verify({ ...bare, index: other }, header), `${count}: ${i} as ${other}`).toBe(false);
      }
    }
  });

  it('refuse any changed byte, a sibling more or less, another transaction and another count', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 70 }), fc.nat(), fc.nat(), (count, at, where) => {
        const txids = leaves.slice(0, count).map(shownHash);
        const header = headerWith(rootOf(leaves.slice(0, count)));
        const index = at % count;
        const proof = InclusionProof.fromTxids({ txids, txid: txids[index] ?? '', header });
        const [first, ...rest] = proof.siblings;
        const siblings = proof.siblings.map(Bytes.copy);
        const level = where % siblings.length;
        const target = siblings[level] as Uint8Array;
        target[where % 32] = (target[where % 32] ?? 0) ^ 1;
        const wrong = [
          { ...proof, siblings },
          { ...proof, siblings: rest },
          { ...proof, siblings: [...proof.siblings, first as Uint8Array] },
          { ...proof, txid: txids[(index + 1) % count] ?? '' },
          { ...proof, transactionCount: 2 * count + 1 },
          { ...proof, blockHash: '00'.repeat(32) },
        ];
        for (const one of wrong) expect(InclusionProof.verify(one, header)).toBe(false);
      }),
      { seed: 3, numRuns: 200 },
    );
  });
});

describe('the header', () => {
  // The first block of Bitcoin: one transaction, an empty proof, and real work.
  const genesis = Hex.decode(
    '0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c',
  );
  const proof = InclusionProof.fromTxids({
    txids: ['4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b'],
    txid: '4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b',
    header: genesis,
  });

  it('of a block of one transaction: index 0 and no siblings', () => {
    expect(proof).toMatchObject({ index: 0, siblings: [], blockHash: '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f' });
    expect(InclusionProof.check(proof, genesis)).toBe(undefined);
  });

  it('must have work of the network when that is asked for', () => {
    expect(InclusionProof.check(proof, genesis, { network: 'mainnet' })).toBe(undefined);
    expect(InclusionProof.check(proof, genesis, { network: 'regtest' })).toBe(undefined);
    const idle = Bytes.copy(genesis);
    idle[76] = 0;
    const other = InclusionProof.fromTxids({ txids: [proof.txid], txid: proof.txid, header: idle });
    expect(InclusionProof.check(other, idle)).toBe(undefined);
    expect(InclusionProof.check(other, idle, { network: 'mainnet' })).toBe('inclusion-proof.no-work');
    for (const bits of ['ffff7f20', 'ffff0021', '00000000', 'ffff8020', 'ffffff1d']) {
      const easy = Bytes.copy(genesis);
      easy.set(Hex.decode(bits), 72);
      const claimed = InclusionProof.fromTxids({ txids: [proof.txid], txid: proof.txid, header: easy });
      expect(InclusionProof.check(claimed, easy, { network: 'mainnet' }), bits).toBe('inclusion-proof.no-work');
    }
  });
});

describe('a raw block', () => {
  const transaction = (i: number): Tx.Transaction =>
    Tx.create([{ outpoint: { txid: '11'.repeat(32), vout: i } }], [{ scriptPubKey: new Uint8Array(22).fill(i), valueSats: 1000n }]);
  const block = (count: number): { readonly raw: Uint8Array; readonly txids: readonly string[] } => {
    const all = Array.from({ length: count }, (_, i) => transaction(i));
    const txids = all.map(Tx.txid);
    const level = (nodes: readonly Uint8Array[]): Uint8Array =>
      nodes.length === 1
        ? (nodes[0] as Uint8Array)
        : level(
            Array.from({ length: Math.ceil(nodes.length / 2) }, (_, i) =>
              HH(nodes[2 * i] as Uint8Array, (nodes[2 * i + 1] ?? nodes[2 * i]) as Uint8Array),
            ),
          );
    const root = level(txids.map((id) => Hex.decode(id).reverse()));
    return { raw: Bytes.concat(headerWith(root), Uint8Array.of(count), ...all.map(Tx.encode)), txids };
  };

  it('gives the proofs of its txids', () => {
    const { raw, txids } = block(11);
    for (const id of txids) {
      const proof = InclusionProof.fromBlock(raw, id.toUpperCase());
      expect(proof).toEqual(InclusionProof.fromTxids({ txids, txid: id, header: raw.subarray(0, 80) }));
      expect(InclusionProof.verify(proof, raw.subarray(0, 80))).toBe(true);
    }
  });

  it('with another root, without the transaction or cut off is refused', () => {
    const { raw, txids } = block(3);
    expect(outcome(() => InclusionProof.fromBlock(raw, 'ab'.repeat(32)))).toBe('inclusion-proof.not-in-block');
    const changed = Bytes.copy(raw);
    changed[40] = (changed[40] ?? 0) ^ 1;
    expect(outcome(() => InclusionProof.fromBlock(changed, txids[1] ?? ''))).toBe('inclusion-proof.wrong-root');
    expect(outcome(() => InclusionProof.fromBlock(raw.subarray(0, -1), txids[1] ?? ''))).toMatch(/^block-reader\./);
    expect(outcome(() => InclusionProof.fromBlock(Bytes.concat(raw, Uint8Array.of(0)), txids[1] ?? ''))).toMatch(/^block-reader\./);
  });
});

describe('bad input', () => {
  const good = { txid: txid(2), blockHash: BLOCK, merkle: proofOf(2).siblings.map(shownHash), pos: 2 };
  it.each<[string, object, string]>([
    ['31-byte sibling', { merkle: [good.merkle[0]?.slice(2), ...good.merkle.slice(1)] }, 'input.wrong-length'],
    ['sibling that is no hex', { merkle: [`${good.merkle[0]?.slice(2)}zz`] }, 'hex.bad-digit'],
    ['index -3', { pos: -3 }, 'input.out-of-range'],
    ['index beyond the depth', { pos: 8 }, 'input.out-of-range'],
    ['index 1.5', { pos: 1.5 }, 'input.not-integer'],
    ['index as text', { pos: '2' }, 'input.not-integer'],
    ['2-byte block hash', { blockHash: 'abcd' }, 'input.wrong-length'],
    ['no block hash', { blockHash: undefined }, 'input.missing'],
    ['no merkle', { merkle: undefined }, 'input.missing'],
    ['txid with 0x', { txid: `0x${txid(2).slice(2)}` }, 'hex.bad-digit'],
    ['too deep', { merkle: Array.from({ length: 16 }, () => txid(1)), pos: 0 }, 'input.out-of-range'],
    ['height of text', { block_height: '7' }, 'input.not-integer'],
  ])('%s', (_, changes, code) => {
    expect(outcome(() => InclusionProof.fromElectrum({ ...good, ...changes } as typeof good))).toBe(code);
  });

  it('a list of txids that is not the block', () => {
    expect(outcome(() => InclusionProof.fromTxids({ txids: [], txid: txid(0), header: HEADER }))).toBe('inclusion-proof.no-transactions');
    expect(outcome(() => InclusionProof.fromTxids({ txids: TXIDS.slice(1), txid: txid(2), header: HEADER }))).toBe(
      'inclusion-proof.wrong-root',
    );
    expect(outcome(() => InclusionProof.fromTxids({ txids: TXIDS, txid: txid(2), header: HEADER, blockHash: '00'.repeat(32) }))).toBe(
      'inclusion-proof.other-block',
    );
    expect(outcome(() => InclusionProof.fromTxids({ txids: TXIDS, txid: txid(2) }))).toBe('input.missing');
    expect(InclusionProof.fromTxids({ txids: TXIDS, txid: txid(2), blockHash: BLOCK })).toEqual(proofOf(2));
  });

  it('results are frozen and share no bytes with the input', () => {
    const proof = proofOf(2);
    expect(Object.isFrozen(proof)).toBe(true);
    const raw = treeOf(2);
    const read = InclusionProof.fromTxOutProof(raw);
    raw.fill(0);
    expect(read).toEqual(proof);
  });
});
