// Trees and proofs against the claims in eigenlayer-contracts src/test/test-data/rewardsCoordinator/processClaimProofs_*.json (made by
// eigenlayer-rewards-proofs), and properties of trees of any size.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Hex from '../../../src/base/Hex.ts';
import * as RewardsMerkle from '../../../src/restaking/eigenlayer/RewardsMerkle.ts';

const hex = Hex.encode;
const bytes = Hex.decode;

/** processClaimProofs_Root1.json */
const EARNER = '0xf2288d736d27c1584ebf7be5f52f9e4d47251aee';
const ROOT1 = bytes('c5d6bb1073f9040366851b5971493165893558f1cdc0b0046b6703baa85cddfc');
const TOKEN_ROOT1 = 'a81e82a39e6da197c3c83b8b1343eb7e8a969db52d4bfc424fd04d60350d76e3';
const EARNER_PROOF = bytes(
  '04da796e892869089dfdaae7269c8eb12548f6aa3774a747322b65c42d1ca0050d38d6d5e7e9e65ba24c275fcc0f0c377d8fb6ed089770d849c39a1829d1edf27e78a529aa8f867a3777f97541a23fb1844d6ae24c3b8ca1cc981510e5d08bda',
);
const TOKENS = [
  ['0x1006dd1b8c3d0ef53489bed27577c75299f71473', 1000000000000000000n],
  ['0x11a4b85eab283c98d27c8ae64469224d55ed1894', 400000000000000000n],
  ['0x43afffbe0afacdabe9ce7dbc4f07407a2b788a84', 30000000000000000000n],
  ['0x748a3ed7e6b04239150d7ebe12d7aef3e3994a23', 250000000000n],
  ['0xd275b23e0a5b68ae251b0dc4c81104cba36e7cd6', 884300000000000000n],
  ['0xec562acb9e470de27dca2495950660fa9fbd85f8', 42000000000000n],
] as const;
/** Of token 4 of 6: its second sibling covers padding only. */
const PROOF_OF_TOKEN_4 =
  '1e9348730aee854752d72b32f4eed96ad80093807b53f3a07068536ce96d0e9aad3228b676f7d3cd4284a5443f17f1962b36e491b30a40b2405849e597ba5fb51ab784a49394ced1b194ec2cac2163a6a5a0108e31a2510f82162f3d41b79962';

describe('a claim of the deployed contracts', () => {
  const given = RewardsMerkle.distribution([[EARNER, [...TOKENS].reverse()]]);

  it('has the token root and the proofs that this builds, padding included', () => {
    expect(hex(given.earners[0]?.tokenRoot ?? new Uint8Array())).toBe(TOKEN_ROOT1);
    const claim = RewardsMerkle.claim(given, 0n, EARNER, [TOKENS[4][0]]);
    expect(hex(claim.tokenTreeProofs[0] ?? new Uint8Array())).toBe(PROOF_OF_TOKEN_4);
    expect(claim.tokenIndices).toEqual([4n]);
    expect(claim.tokenLeaves).toEqual([{ token: TOKENS[4][0], cumulativeEarnings: TOKENS[4][1] }]);
  });

  it('proves its earner at index 3 and nowhere else', () => {
    const leaf = RewardsMerkle.earnerLeaf(EARNER, bytes(TOKEN_ROOT1));
    for (let index = 0n; index < 8n; index++) expect(RewardsMerkle.verifyInclusion(leaf, index, EARNER_PROOF, ROOT1)).toBe(index === 3n);
    expect(RewardsMerkle.verifyInclusion(leaf, 11n, EARNER_PROOF, ROOT1)).toBe(false);
    expect(RewardsMerkle.verifyInclusion(leaf, 3n, EARNER_PROOF.subarray(1), ROOT1)).toBe(false);
    expect(RewardsMerkle.verifyInclusion(leaf, 3n, EARNER_PROOF, new Uint8Array(32))).toBe(false);
  });

  it('with a single token has that leaf as its token root (processClaimProofs_SingleTokenLeaf.json)', () => {
    const single = RewardsMerkle.distribution([[EARNER, [TOKENS[0]]]]);
    expect(hex(single.earners[0]?.tokenRoot ?? new Uint8Array())).toBe('167f18d55815451f979244946b7eb2ce019c323a9e02fba1b2e05e19a27b91b5');
    const root = bytes('86867b737e68a56280554c0447ac6b43ba1cb68f4a46d1d9a0ecb919f912959b');
    const leaf = RewardsMerkle.earnerLeaf(EARNER, single.earners[0]?.tokenRoot ?? new Uint8Array());
    expect(RewardsMerkle.verifyInclusion(leaf, 3n, EARNER_PROOF, root)).toBe(true);
  });

  it('of a single earner has the leaf as its root (processClaimProofs_SingleEarnerLeaf.json)', () => {
    const leaf = RewardsMerkle.earnerLeaf(
      '0x0d6ba28b9919cfcdb6b233469cc5ce30b979e08e',
      bytes('12104ce9deb6e62ef479656476be1da6d71905234252cf9a5c9733e6cb115d77'),
    );
    expect(hex(leaf)).toBe('d4aa4d1bdb95eb78f061238d587609407301a05bd952334ad6b5e8ca60bb347e');
  });

  it('counts the last of eight (processClaimProofs_MaxEarnerAndLeafIndices.json)', () => {
    const leaf = RewardsMerkle.tokenLeaf('0x7fbfdd1dfd80730385aee232cc9f79b8ae12a654', 3000000000000000000n);
    const proof = bytes(
      '3cd04e8fc6f23812c570fe12292a30bb9e105e00f5913ac4b4938f23e65d8d10e6b1403d58c9d5450952e7d96c81305dad9fb966e8a27d3a42058e3958a0d30033148e91b455542d05deb81b8305b672e742cd3145f7022a0089bad2e6af9173',
    );
    const root = bytes('f8e7e20b32aae1d818dcb593b98982841e9a0ed12c161ad603e3ee3948746cba');
    expect(RewardsMerkle.verifyInclusion(leaf, 7n, proof, root)).toBe(true);
    expect(RewardsMerkle.verifyInclusion(leaf, 6n, proof, root)).toBe(false);
  });
});

describe('trees of any size', () => {
  const earnings = fc.uniqueArray(
    fc.tuple(fc.string({ unit: fc.constantFrom(...'abcdef0123456789'), minLength: 1, maxLength: 8 }), fc.nat()),
    {
      minLength: 1,
      maxLength: 40,
      selector: ([name]) => name,
    },
  );

  it('prove each earner and each token, and no other amount', () => {
    fc.assert(
      fc.property(earnings, (rows) => {
        const given = RewardsMerkle.distribution(rows.map(([earner, amount]) => [earner, [['T', BigInt(amount)]]]));
        for (const [earner, amount] of rows) {
          const claim = RewardsMerkle.claim(given, 0n, earner, ['T']);
          const leaf = RewardsMerkle.earnerLeaf(earner, claim.earnerLeaf.earnerTokenRoot);
          expect(RewardsMerkle.verifyInclusion(leaf, claim.earnerIndex, claim.earnerTreeProof, given.root)).toBe(true);
          const forged = RewardsMerkle.earnerLeaf(earner, RewardsMerkle.tokenLeaf('T', BigInt(amount) + 1n));
          expect(RewardsMerkle.verifyInclusion(forged, claim.earnerIndex, claim.earnerTreeProof, given.root)).toBe(false);
        }
      }),
      { seed: 4, numRuns: 60 },
    );
  });

  it('do not depend on the order in which earnings are given', () => {
    fc.assert(
      fc.property(earnings, (rows) => {
        const tree = (list: typeof rows): string =>
          hex(RewardsMerkle.distribution(list.map(([earner, amount]) => [earner, [['T', BigInt(amount)]]])).root);
        expect(tree([...rows].reverse())).toBe(tree(rows));
      }),
      { seed: 5, numRuns: 40 },
    );
  });
});

describe('names and addresses', () => {
  it('a name stands for the end of its Keccak-256, an address for itself, BEACON for its pseudo-address', () => {
    // Keccak-256 of "" is c5d2…a470; of "a" 3ac2…8b7b (the XKCP test vectors).
    expect(hex(RewardsMerkle.address('a'))).toBe('3ac225168df54212a25c1c01fd35bebfea408fdac2e31ddd6f80a4bbf9a5f1cb'.slice(24));
    expect(hex(RewardsMerkle.address('0x00000000000000000000000000000000000E16E4'))).toBe('00000000000000000000000000000000000e16e4');
    expect(hex(RewardsMerkle.address('BEACON'))).toBe('beac0eeeeeeeeeeeeeeeeeeeeeeeeeeeeeebeac0');
  });
});

describe('misuse', () => {
  const code = (run: () => unknown): unknown => {
    try {
      run();
      return 'nothing';
    } catch (error) {
      return (error as { code?: unknown }).code;
    }
  };
  it.each([
    [() => RewardsMerkle.distribution([]), 'rewards-merkle.no-leaves'],
    [() => RewardsMerkle.distribution([['a', []]]), 'rewards-merkle.no-leaves'],
    [
      () =>
        RewardsMerkle.distribution([
          ['a', [['T', 1n]]],
          ['a', [['T', 1n]]],
        ]),
      'rewards-merkle.duplicate',
    ],
    [
      () =>
        RewardsMerkle.distribution([
          [
            'a',
            [
              ['T', 1n],
              ['T', 2n],
            ],
          ],
        ]),
      'rewards-merkle.duplicate',
    ],
    [
      () =>
        RewardsMerkle.distribution([
          [`0x${'AB'.repeat(20)}`, [['T', 1n]]],
          [`0x${'ab'.repeat(20)}`, [['T', 1n]]],
        ]),
      'rewards-merkle.duplicate',
    ],
    [() => RewardsMerkle.distribution([['a', [['T', 1n << 256n]]]]), 'input.out-of-range'],
    [() => RewardsMerkle.distribution([['a|b', [['T', 1n]]]]), 'eigenlayer.bad-id'],
    [() => RewardsMerkle.claim(RewardsMerkle.distribution([['a', [['T', 1n]]]]), 0n, 'b', ['T']), 'rewards-merkle.not-in-tree'],
    [() => RewardsMerkle.claim(RewardsMerkle.distribution([['a', [['T', 1n]]]]), 0n, 'a', ['U']), 'rewards-merkle.not-in-tree'],
    [() => RewardsMerkle.earnerLeaf('a', new Uint8Array(31)), 'input.wrong-length'],
    [() => RewardsMerkle.rootFrom(new Uint8Array(32), 0n, new Uint8Array(33)), 'input.wrong-length'],
  ])('case %#', (run, expected) => {
    expect(code(run)).toBe(expected);
  });
});
