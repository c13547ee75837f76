// Votes: the worked examples byte by byte, and every field of a vote is signed or bound.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as FinalityVote from '../../src/babylon/FinalityVote.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import * as SecretKey from '../../src/crypto/SecretKey.ts';
import { bytes, codeOf, filled, hex, keyOf, refusal, untyped } from '../support/stakes.ts';

type Case = { id: string; input: Record<string, string>; expect: Record<string, string> };
const open = (name: string): Case[] =>
  (JSON.parse(readFileSync(new URL(`../../vectors/eots/${name}.json`, import.meta.url), 'utf8')) as { cases: Case[] }).cases;
/** Signatures of the worked examples whose nonce follows from the key: chain bbn-1, no context, 40-byte messages. */
const signed = open('sign').filter(
  ({ id, input, expect: wanted }) =>
    input['message']?.length === 80 && input['context'] === undefined && wanted['signature'] && !id.startsWith('negated-key'),
);

describe('message', () => {
  it('is 8 bytes of height, big-endian, and the app hash', () => {
    expect(hex(FinalityVote.message(100_000n, filled(32, 0xab)))).toBe(`00000000000186a0${'ab'.repeat(32)}`);
    expect(hex(FinalityVote.message(0xffff_ffff_ffff_ffffn, filled(32, 0))).slice(0, 16)).toBe('ffffffffffffffff');
  });

  it('refuses heights beyond 64 bits and hashes of other lengths', () => {
    for (const height of [-1n, 1n << 64n])
      expect(refusal(() => FinalityVote.message(height, filled(32, 0)))).toEqual(['input.out-of-range', 'height']);
    for (const height of [5, '5', undefined])
      expect(refusal(() => FinalityVote.message(untyped(height), filled(32, 0)))).toEqual(['input.not-integer', 'height']);
    for (const length of [0, 31, 33])
      expect(refusal(() => FinalityVote.message(1n, filled(length, 0)))).toEqual(['input.wrong-length', 'appHash']);
    expect(refusal(() => FinalityVote.message(1n, untyped(undefined)))).toEqual(['input.not-bytes', 'appHash']);
  });
});

describe('the worked examples', () => {
  it('are at least the eight of all four parities', () => expect(signed.length).toBeGreaterThanOrEqual(8));

  it.each(signed.map((one) => [one.id, one] as const))('%s', (_, { input, expect: wanted }) => {
    const message = bytes(input['message'] as string);
    const height = BigInt(`0x${hex(message.subarray(0, 8))}`);
    const appHash = message.subarray(8);
    const secretKey = SecretKey.fromHex(input['secretKey'] as string);
    const vote = FinalityVote.unsafeSign({ secretKey, chainId: 'bbn-1', height, appHash });
    expect([hex(vote.finalityProviderPk), hex(vote.pubRand), hex(vote.signature)]).toEqual([
      wanted['publicKey'],
      wanted['publicNonce'],
      wanted['signature'],
    ]);
    expect(FinalityVote.verify(vote)).toBe(true);
  });
});

describe('verify', () => {
  const { secretKey } = keyOf('fp1');
  const vote = FinalityVote.unsafeSign({ secretKey, chainId: 'bbn-1', height: 77n, appHash: filled(32, 1) });

  it('is false with any field changed', () => {
    const changes: readonly Partial<FinalityVote.FinalityVote>[] = [
      { height: 78n },
      { appHash: filled(32, 2) },
      { pubRand: keyOf('nonce').publicKey },
      { finalityProviderPk: keyOf('fp2').publicKey },
      { signature: filled(32, 1) },
      { signature: filled(32, 0xff) },
      { signature: new Uint8Array(32) },
    ];
    for (const change of changes) expect(FinalityVote.verify({ ...vote, ...change })).toBe(false);
    expect(FinalityVote.verify(vote)).toBe(true);
  });

  it('separates signing contexts', () => {
    const context = 'd52fb66cbac092277b9c104e9fd73126b79d318b7b04424c57f4825073d59175';
    const other = FinalityVote.unsafeSign({ secretKey, chainId: 'bbn-1', height: 77n, appHash: filled(32, 1), context });
    expect([FinalityVote.verify(other, context), FinalityVote.verify(other), FinalityVote.verify(vote, context)]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('names misuse', () => {
    for (const length of [31, 33, 64])
      expect(codeOf(() => FinalityVote.verify({ ...vote, signature: filled(length, 1) }))).toBe('input.wrong-length');
    expect(refusal(() => FinalityVote.verify({ ...vote, finalityProviderPk: untyped(filled(33, 2)) }))).toEqual([
      'input.wrong-length',
      'publicKey',
    ]);
  });
});

describe('unsafeSign', () => {
  const { secretKey } = keyOf('fp1');

  it('derives its randomness from the stored bytes: the negated key of the same public key has other randomness', () => {
    const example = open('sign').find(({ id }) => id === 'negated-key-canonical') as Case;
    const negated = SecretKey.fromHex(example.input['secretKey'] as string);
    const vote = FinalityVote.unsafeSign({ secretKey: negated, chainId: 'bbn-1', height: 200_001n, appHash: filled(32, 1) });
    expect(hex(vote.finalityProviderPk)).toBe(example.expect['publicKey']);
    expect(hex(vote.pubRand)).not.toBe(example.expect['publicNonce']);
  });

  it('shares its randomness only between votes of one height and chain', () => {
    const at = (chainId: string, height: bigint): string =>
      hex(FinalityVote.unsafeSign({ secretKey, chainId, height, appHash: filled(32, 1) }).pubRand);
    expect(new Set([at('bbn-1', 1n), at('bbn-1', 2n), at('bbn-2', 1n), at('bbn-1', 0x1_0000_0001n)]).size).toBe(4);
  });

  it('keeps its own copy of the app hash and leaves the key alone', () => {
    const appHash = Buffer.alloc(32, 1);
    const before = hex(secretKey);
    const vote = FinalityVote.unsafeSign({ secretKey, chainId: 'bbn-1', height: 1n, appHash });
    appHash.fill(0);
    expect(FinalityVote.verify(vote)).toBe(true);
    expect(hex(secretKey)).toBe(before);
    expect(hex(vote.finalityProviderPk)).toBe(hex(PublicKey.ofSecret(secretKey)));
  });

  it('names misuse before it signs anything', () => {
    const sign = (changes: object) => () =>
      FinalityVote.unsafeSign(untyped({ secretKey, chainId: 'bbn-1', height: 1n, appHash: filled(32, 1), ...changes }));
    expect(refusal(sign({ appHash: undefined }))).toEqual(['input.not-bytes', 'appHash']);
    expect(refusal(sign({ height: 1 }))).toEqual(['input.not-integer', 'height']);
    expect(refusal(sign({ chainId: 5 }))).toEqual(['input.not-text', 'chainId']);
    expect(codeOf(sign({ secretKey: new Uint8Array(32) }))).toBe('secret-key.out-of-range');
    expect(codeOf(sign({ context: '\ud800' }))).toBe('eots.malformed-context');
  });
});
