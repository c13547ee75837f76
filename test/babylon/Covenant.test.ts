// Covenant signatures: what a member makes passes its own check, and every other signature in their place is refused by field.
import { describe, expect, it } from 'vitest';
import * as Covenant from '../../src/babylon/Covenant.ts';
import * as Bytes from '../../src/base/Bytes.ts';
import * as AdaptorSig from '../../src/crypto/AdaptorSig.ts';
import {
  castOf,
  codeOf,
  failure,
  filled,
  hex,
  type KeyPair,
  keyOf,
  keysOf,
  refusal,
  signatureOf,
  stakeOf,
  untyped,
} from '../support/stakes.ts';

const cast = castOf({ covenant: keysOf('cov', 3), covenantQuorum: 2, providers: keysOf('fp', 3) });
const stake = stakeOf(cast);
const { delegation } = stake;
const [member, second] = cast.covenant as [KeyPair, KeyPair, KeyPair];
const aux = new Uint8Array(32);
const good = Covenant.sign({ delegation, secretKey: member.secretKey, auxRand: aux });
const check = (changes: Partial<Record<keyof Covenant.MemberSignatures, unknown>>) => () =>
  Covenant.check({ delegation, signatures: untyped<Covenant.MemberSignatures>({ ...good, ...changes }) });
const badAt = (act: () => unknown): unknown => {
  const { reason } = failure(act);
  return reason.code === 'covenant.bad-signature' ? (reason as { field?: string }).field : reason.code;
};

describe('sign', () => {
  it('gives one adaptor signature for each provider in the list order, and they pass the check', () => {
    expect([good.stakingSlashing.length, good.unbondingSlashing.length]).toEqual([3, 3]);
    expect([...good.stakingSlashing, ...good.unbondingSlashing].map(({ length }) => length)).toEqual([65, 65, 65, 65, 65, 65]);
    expect(good.unbonding).toHaveLength(64);
    expect(check({})).not.toThrow();
    for (const [i, { publicKey: encryptionKey }] of cast.providers.entries())
      expect(
        AdaptorSig.verify({
          publicKey: member.publicKey,
          encryptionKey,
          message: delegation.stakingSlashing.sighash(),
          adaptorSignature: good.stakingSlashing[i] as Uint8Array,
        }),
      ).toBe(true);
  });

  it('draws fresh randomness when none is given', () => {
    const [one, two] = [1, 2].map(() => Covenant.sign({ delegation, secretKey: member.secretKey }));
    expect(hex(one?.unbonding ?? aux)).not.toBe(hex(two?.unbonding ?? aux));
    expect(() => Covenant.check({ delegation, signatures: one as Covenant.MemberSignatures })).not.toThrow();
  });

  it('refuses a key that is no member: a staker, a provider, a member of a later committee', () => {
    for (const { secretKey, publicKey } of [keyOf('staker'), ...cast.providers, keyOf('cov4')])
      expect(failure(() => Covenant.sign({ delegation, secretKey })).reason).toEqual({
        code: 'covenant.not-a-member',
        publicKey: hex(publicKey),
        reference: 'btcstaking/1107',
      });
  });
});

describe('check refuses', () => {
  it('a signature list of another length', () => {
    for (const list of [[], good.stakingSlashing.slice(1), [...good.stakingSlashing, good.stakingSlashing[0]]]) {
      expect(failure(check({ stakingSlashing: list })).reason).toEqual({
        code: 'covenant.wrong-count',
        field: 'stakingSlashing',
        expected: 3,
        got: list.length,
      });
      expect(refusal(check({ unbondingSlashing: list }))).toEqual(['covenant.wrong-count', 'unbondingSlashing']);
    }
    expect(refusal(check({ stakingSlashing: undefined }))).toEqual(['input.missing', 'stakingSlashing']);
  });

  it('the list in sorted order when the providers stand otherwise', () => {
    const byKey = [...cast.providers.keys()].sort((a, b) =>
      Bytes.compare((cast.providers[a] as KeyPair).publicKey, (cast.providers[b] as KeyPair).publicKey),
    );
    expect(byKey).not.toEqual([0, 1, 2]);
    const sorted = byKey.map((i) => good.stakingSlashing[i]);
    const firstWrong = byKey.findIndex((from, to) => from !== to);
    expect(badAt(check({ stakingSlashing: sorted }))).toBe(`stakingSlashing[${firstWrong}]`);
  });

  it('signatures of the other transaction, another member, another delegation, and one flipped bit', () => {
    const others = Covenant.sign({ delegation, secretKey: second.secretKey, auxRand: aux });
    const elsewhere = Covenant.sign({
      delegation: stakeOf(cast, { valueSats: 500_001n }).delegation,
      secretKey: member.secretKey,
      auxRand: aux,
    });
    expect(badAt(check({ stakingSlashing: good.unbondingSlashing }))).toBe('stakingSlashing[0]');
    expect(badAt(check({ unbondingSlashing: good.stakingSlashing }))).toBe('unbondingSlashing[0]');
    for (const signatures of [others, elsewhere]) {
      expect(badAt(check({ stakingSlashing: signatures.stakingSlashing }))).toBe('stakingSlashing[0]');
      expect(badAt(check({ unbonding: signatures.unbonding }))).toBe('unbonding');
    }
    const flipped = good.stakingSlashing.map(Bytes.copy);
    (flipped[2] as Uint8Array)[64] = ((flipped[2] as Uint8Array)[64] as number) ^ 1;
    expect(badAt(check({ stakingSlashing: flipped }))).toBe('stakingSlashing[2]');
    expect(badAt(check({ covenantPk: second.publicKey }))).toBe('stakingSlashing[0]');
  });

  it('a finished signature in place of an adaptor signature, and other lengths', () => {
    const finished = signatureOf(delegation.stakingSlashing, member);
    const list = (signature: Uint8Array): readonly Uint8Array[] => [signature, ...good.stakingSlashing.slice(1)];
    expect(badAt(check({ stakingSlashing: list(Bytes.concat(Uint8Array.of(2), finished)) }))).toBe('stakingSlashing[0]');
    for (const length of [0, 64, 67]) expect(codeOf(check({ stakingSlashing: list(filled(length, 2)) }))).toBe('adaptor.wrong-length');
  });

  it('an unbonding signature of 65 bytes: Bitcoin would take it, the chain does not', () => {
    const long = signatureOf(delegation.unbonding, member, 1);
    expect(refusal(check({ unbonding: long }))).toEqual(['input.wrong-length', 'unbonding']);
    expect(badAt(check({ unbonding: new Uint8Array(64) }))).toBe('unbonding');
  });

  it('keys that are none', () => {
    for (const key of [hex(member.publicKey), undefined])
      expect(refusal(check({ covenantPk: key }))).toEqual(['input.not-bytes', 'covenantPk']);
    expect(refusal(check({ covenantPk: filled(33, 2) }))).toEqual(['input.wrong-length', 'covenantPk']);
    expect(codeOf(check({ covenantPk: keyOf('stranger').publicKey }))).toBe('covenant.not-a-member');
  });
});

describe('the obsolete 66-byte form', () => {
  it('is taken in every place', () => {
    const legacy = (list: readonly Uint8Array[]): Uint8Array[] =>
      list.map((signature) => AdaptorSig.toLegacy66(AdaptorSig.decode(signature)));
    expect(check({ stakingSlashing: legacy(good.stakingSlashing), unbondingSlashing: legacy(good.unbondingSlashing) })).not.toThrow();
  });

  it('as a Buffer is taken twice: the first look does not change it', () => {
    // 66 bytes with an odd R0 carry the parity at the end; reading them must not write it to the front.
    const buffers = (list: readonly Uint8Array[]): Buffer[] =>
      list.map((one) => Buffer.from(AdaptorSig.toLegacy66(AdaptorSig.decode(one))));
    const legacy = { stakingSlashing: buffers(good.stakingSlashing), unbondingSlashing: buffers(good.unbondingSlashing) };
    const texts = (): string[] => [...legacy.stakingSlashing, ...legacy.unbondingSlashing].map((one) => one.toString('hex'));
    const before = texts();
    expect(new Set(before.map((text) => text.slice(-2))).size).toBe(2);
    for (let i = 0; i < 2; i++) expect(check(legacy)).not.toThrow();
    expect(texts()).toEqual(before);
  });
});
