// Evidence: two conflicting votes give the key, whatever the parities, and no other pair of votes is taken for such.
import { describe, expect, it } from 'vitest';
import * as Evidence from '../../src/babylon/Evidence.ts';
import * as FinalityVote from '../../src/babylon/FinalityVote.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import * as SecretKey from '../../src/crypto/SecretKey.ts';
import { codeOf, failure, filled, hex, keyOf, keyWithParity, untyped } from '../support/stakes.ts';

const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const { secretKey } = keyOf('fp1');
const at = (changes: Partial<Parameters<typeof FinalityVote.unsafeSign>[0]> = {}): FinalityVote.FinalityVote =>
  FinalityVote.unsafeSign({ secretKey, chainId: 'bbn-1', height: 77n, appHash: filled(32, 1), ...changes });
const canonical = at();
const fork = at({ appHash: filled(32, 2) });

describe('two votes for one height', () => {
  it('of the worked example give its key', () => {
    const sk = '500372ad3b2c5c28b5e89ed8516c9ce5c8c86d6bda0e32722ec2c54b2005f657';
    const example = { secretKey: SecretKey.fromHex(sk), chainId: 'bbn-1', height: 100_000n } as const;
    const votes = [
      '1d6707ff7fb5cda1ff6de65e4a24610375f8fa57383a3c572b3f93dc329da2bc',
      'ccbe349d84a16d5d89d38a57f0b1024a2218984b37d1fb6a9842ef189d705221',
    ].map((text) => FinalityVote.unsafeSign({ ...example, appHash: Uint8Array.from(Buffer.from(text, 'hex')) })) as [
      FinalityVote.FinalityVote,
      FinalityVote.FinalityVote,
    ];
    expect(votes.map(({ signature }) => hex(signature))).toEqual([
      'c65b6127aa6da21697f1cf4424c102f240353ecf9cccfc8d53b2079899f4be43',
      '53740fb9b0e5b288ed6fe94d3f06f4d47af18e6290e2182e028fddc9e16ad717',
    ]);
    expect(hex(Evidence.extractKey(Evidence.fromVotes(...votes)))).toBe(sk);
  });

  it.each([
    ['even', 2],
    ['odd', 3],
  ] as const)('give the even-y key of a provider with %s y, at many heights (both parities of the nonce)', (_, parity) => {
    const pair = keyWithParity('evidence', parity);
    const stored = BigInt(`0x${hex(pair.secretKey)}`);
    const even = parity === 2 ? stored : N - stored;
    for (let height = 1n; height <= 12n; height++) {
      const vote = (block: number) =>
        FinalityVote.unsafeSign({ secretKey: pair.secretKey, chainId: 'bbn-1', height, appHash: filled(32, block) });
      const extracted = Evidence.extractKey(Evidence.fromVotes(vote(1), vote(2)));
      expect(hex(extracted)).toBe(even.toString(16).padStart(64, '0'));
      expect(hex(PublicKey.ofSecret(extracted))).toBe(hex(pair.publicKey));
    }
  });

  it('give the same key in either order, and with two forks', () => {
    const third = at({ appHash: filled(32, 3) });
    const keys = [
      [canonical, fork],
      [fork, canonical],
      [fork, third],
    ].map(([a, b]) => hex(Evidence.extractKey(Evidence.fromVotes(a as FinalityVote.FinalityVote, b as FinalityVote.FinalityVote))));
    expect(new Set(keys).size).toBe(1);
  });

  it('do not follow later changes of the votes', () => {
    const mine = { ...fork, signature: Buffer.from(fork.signature), appHash: Buffer.from(fork.appHash) };
    const evidence = Evidence.fromVotes(canonical, mine);
    mine.signature.fill(0);
    mine.appHash.fill(0);
    expect(hex(PublicKey.ofSecret(Evidence.extractKey(evidence)))).toBe(hex(keyOf('fp1').publicKey));
  });
});

describe('is no evidence', () => {
  const taken = (a: FinalityVote.FinalityVote, b: FinalityVote.FinalityVote, context?: string) => () => Evidence.fromVotes(a, b, context);

  it('the same block twice: a repeated vote is harmless', () => {
    expect(codeOf(taken(canonical, canonical))).toBe('evidence.same-block');
    expect(codeOf(taken(canonical, { ...canonical, signature: filled(32, 1) }))).toBe('evidence.same-block');
  });

  it('another height, another provider, other randomness', () => {
    expect(failure(taken(canonical, at({ height: 78n, appHash: filled(32, 2) }))).reason).toEqual({
      code: 'evidence.different-height',
      height1: '77',
      height2: '78',
    });
    expect(codeOf(taken(canonical, at({ secretKey: keyOf('fp2').secretKey, appHash: filled(32, 2) })))).toBe('evidence.different-provider');
    expect(codeOf(taken(canonical, at({ chainId: 'bbn-2', appHash: filled(32, 2) })))).toBe('evidence.different-randomness');
  });

  it('a vote without valid signature, on either side, or of another context', () => {
    for (const signature of [filled(32, 1), new Uint8Array(32), filled(32, 0xff), canonical.signature]) {
      expect(failure(taken(canonical, { ...fork, signature })).reason).toEqual({ code: 'evidence.invalid-vote', which: 'fork' });
    }
    expect(failure(taken({ ...canonical, signature: filled(32, 1) }, fork)).reason).toEqual({
      code: 'evidence.invalid-vote',
      which: 'canonical',
    });
    expect(codeOf(taken(canonical, fork, 'context'))).toBe('evidence.invalid-vote');
  });

  it('a forged vote for a block that nobody voted for', () => {
    expect(codeOf(taken(canonical, { ...canonical, appHash: filled(32, 9) }))).toBe('evidence.invalid-vote');
  });
});

describe('extractKey on evidence that was not checked', () => {
  const evidence = Evidence.fromVotes(canonical, fork);

  it('says that it does not fit instead of giving a wrong key', () => {
    expect(codeOf(() => Evidence.extractKey({ ...evidence, forkFinalitySig: evidence.canonicalFinalitySig }))).toBe('eots.same-signature');
    expect(codeOf(() => Evidence.extractKey({ ...evidence, forkAppHash: evidence.canonicalAppHash }))).toBe('eots.same-message');
    for (const change of [
      { height: 78n },
      { forkFinalitySig: filled(32, 1) },
      { pubRand: keyOf('other').publicKey },
      { finalityProviderPk: keyOf('fp2').publicKey },
      { canonicalAppHash: filled(32, 7) },
    ])
      expect(codeOf(() => Evidence.extractKey({ ...evidence, ...change }))).toBe('eots.key-mismatch');
    expect(codeOf(() => Evidence.extractKey({ ...evidence, forkFinalitySig: filled(32, 0xff) }))).toBe('eots.s-out-of-range');
    expect(codeOf(() => Evidence.extractKey({ ...evidence, pubRand: untyped(filled(31, 1)) }))).toBe('input.wrong-length');
  });
});
