// The slasher: from a key to both slashings of every delegation, and from one published slashing back to the key.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MemberSignatures } from '../../src/babylon/Covenant.ts';
import * as Slasher from '../../src/babylon/Slasher.ts';
import * as Witness from '../../src/babylon/Witness.ts';
import * as Bytes from '../../src/base/Bytes.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as AdaptorSig from '../../src/crypto/AdaptorSig.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import {
  bytes,
  type Cast,
  castOf,
  codeOf,
  contractOf,
  failure,
  filled,
  hex,
  judge,
  type KeyPair,
  keyOf,
  keysOf,
  keyWithParity,
  P2WPKH,
  SEED,
  type Stake,
  signatureOf,
  signaturesOf,
  signedBy,
  slashableOf,
  stakeOf,
  untyped,
} from '../support/stakes.ts';

const SMALL: Partial<Cast> = { covenant: keysOf('cov', 3), covenantQuorum: 2 };
const TARGETS = ['staking', 'unbonding'] as const;
const provider = keyOf('fp1');
const judged = ({ spend, transaction }: Slasher.Slashed): string => judge(transaction, spend.spentOutputs);
/** The key as x-only public key: recovered keys are the even-y ones, stored keys may be their negatives. */
const publicOf = (key: Slasher.Recovered): string => hex(PublicKey.ofSecret(key.secretKey));

describe('slash', () => {
  it.each([0, 1, 2, 3, 4, 5])('with the stake at output %i: a node takes both slashings, and either gives the key back', (outputIndex) => {
    const slashable = slashableOf(stakeOf(castOf(SMALL), { outputIndex }));
    for (const target of TARGETS) {
      const slashed = Slasher.slash(slashable, target, provider.secretKey);
      expect(judged(slashed)).toBe('valid');
      expect(publicOf(Slasher.recoverKey(slashable, slashed.transaction))).toBe(hex(provider.publicKey));
    }
  });

  const lists = [1, 2, 3, 4].map((count) => {
    // The list order is not the sorted order, where there are two orders.
    const descending = [...keysOf('fp', count)].sort((a, b) => Bytes.compare(b.publicKey, a.publicKey));
    return descending.length > 2 ? [...descending.slice(1), descending[0] as KeyPair] : descending;
  });

  it.each(lists.flatMap((providers) => providers.map((_, position) => [position, providers.length, providers] as const)))(
    'by the provider at position %i of %i in the list',
    (position, _, providers) => {
      const slashable = slashableOf(stakeOf(castOf({ ...SMALL, providers })));
      const pair = providers[position] as KeyPair;
      for (const target of TARGETS) {
        const slashed = Slasher.slash(slashable, target, pair.secretKey);
        expect(judged(slashed)).toBe('valid');
        const recovered = Slasher.recoverKey(slashable, slashed.transaction);
        expect([hex(recovered.finalityProviderPk), publicOf(recovered)]).toEqual([hex(pair.publicKey), hex(pair.publicKey)]);
      }
    },
  );

  it.each([2, 3] as const)('with keys of parity 0%i, and with the negated key that evidence gives', (parity) => {
    const pair = keyWithParity('parity', parity);
    const slashable = slashableOf(
      stakeOf(castOf({ ...SMALL, providers: [pair], covenant: [2, 3].map((p) => keyWithParity('member', p as 2 | 3)) })),
    );
    const recovered = TARGETS.map((target) => {
      const slashed = Slasher.slash(slashable, target, pair.secretKey);
      expect(judged(slashed)).toBe('valid');
      return Slasher.recoverKey(slashable, slashed.transaction);
    });
    for (const { secretKey } of recovered) {
      // Recovery gives the decryption key, which is the even-y one; with it everything can be slashed again.
      expect(PublicKey.compressedOfSecret(secretKey)[0]).toBe(2);
      for (const target of TARGETS) expect(judged(Slasher.slash(slashable, target, secretKey))).toBe('valid');
    }
    const before = hex(pair.secretKey);
    Slasher.slash(slashable, 'staking', pair.secretKey);
    expect(hex(pair.secretKey)).toBe(before);
  });

  it('is refused to a key that is no provider of this delegation', () => {
    const slashable = slashableOf(stakeOf(castOf(SMALL)));
    for (const { secretKey, publicKey } of [keyOf('stranger'), keyOf('cov1'), keyOf('staker')])
      expect(failure(() => Slasher.slash(slashable, 'staking', secretKey)).reason).toEqual({
        code: 'slasher.not-its-provider',
        finalityProviderPk: hex(publicKey),
      });
  });

  it('works for 2-of-3 stakers and slashing transactions of version 1', () => {
    const several = castOf({ ...SMALL, stakers: keysOf('s', 3), stakerQuorum: 2 });
    const slashable = slashableOf(stakeOf(several, { slashingTxVersion: 1 }));
    for (const target of TARGETS) {
      const slashed = Slasher.slash(slashable, target, provider.secretKey);
      expect([judged(slashed), slashed.transaction.version]).toEqual(['valid', 1]);
      expect(publicOf(Slasher.recoverKey(slashable, slashed.transaction))).toBe(hex(provider.publicKey));
    }
  });
});

describe('faulty signatures', () => {
  const stake = stakeOf(castOf({ covenant: keysOf('cov', 5), covenantQuorum: 3 }));
  const good = slashableOf(stake);
  const members = good.covenantSignatures;
  const change = (i: number, changes: Partial<Record<keyof MemberSignatures, unknown>>): MemberSignatures =>
    untyped<MemberSignatures>({ ...(members[i] as MemberSignatures), ...changes });
  const slashWith = (covenantSignatures: readonly MemberSignatures[]): Slasher.Slashed =>
    Slasher.slash({ ...good, covenantSignatures }, 'staking', provider.secretKey);
  const [first, second] = members as [MemberSignatures, MemberSignatures];

  it.each([
    ['of another transaction', change(0, { stakingSlashing: first.unbondingSlashing })],
    ['of another member', change(0, { stakingSlashing: second.stakingSlashing })],
    ['that are missing', change(0, { stakingSlashing: [] })],
    ['whose list is missing', change(0, { stakingSlashing: undefined })],
    ['of zeros', change(0, { stakingSlashing: [new Uint8Array(65)] })],
    ['of another length', change(0, { stakingSlashing: [new Uint8Array(64)] })],
    ['that are text', change(0, { stakingSlashing: ['03ab'] })],
    [
      'with one flipped bit',
      change(0, { stakingSlashing: first.stakingSlashing.map((one) => one.map((byte, at) => (at === 64 ? byte ^ 1 : byte))) }),
    ],
  ])('of one member %s are skipped and named; the others still make the quorum', (_, bad) => {
    const slashed = slashWith([bad, ...members.slice(1)]);
    expect(judged(slashed)).toBe('valid');
    expect(slashed.ignored).toContainEqual({ role: 'covenant', publicKey: hex(first.covenantPk), why: 'invalid-signature' });
  });

  it.each([
    ['compressed', PublicKey.compressedOfSecret(keyOf('cov1').secretKey)],
    ['missing', undefined],
    ['text', hex(keyOf('cov1').publicKey)],
    ['of a stranger', keyOf('stranger').publicKey],
  ])('under a key that is %s are skipped and named', (_, covenantPk) => {
    const slashed = slashWith([change(0, { covenantPk }), ...members.slice(1)]);
    expect(judged(slashed)).toBe('valid');
    expect(slashed.ignored.filter(({ why }) => why === 'unknown-signer')).toHaveLength(1);
    expect(
      publicOf(Slasher.recoverKey({ ...good, covenantSignatures: [change(0, { covenantPk }), ...members.slice(1)] }, slashed.transaction)),
    ).toBe(hex(provider.publicKey));
  });

  it('of too many members are an error that counts the valid ones', () => {
    const bad = [0, 1, 2].map((i) => change(i, { stakingSlashing: [new Uint8Array(65)] }));
    expect(failure(() => slashWith([...bad, ...members.slice(3)])).reason).toMatchObject({
      code: 'witness.quorum-not-reached',
      role: 'covenant',
      needed: 3,
      valid: 2,
    });
    expect(
      failure(() =>
        Slasher.slash({ ...good, stakerSignatures: { stakingSlashing: [], unbondingSlashing: [] } }, 'staking', provider.secretKey),
      ).reason,
    ).toMatchObject({
      code: 'witness.quorum-not-reached',
      role: 'staker',
    });
  });

  it('of the 66-byte form are accepted, also as Buffers and also the second time', () => {
    const legacy = (list: readonly Uint8Array[]): Buffer[] => list.map((one) => Buffer.from(AdaptorSig.toLegacy66(AdaptorSig.decode(one))));
    const old = members.map((member) => ({
      ...member,
      stakingSlashing: legacy(member.stakingSlashing),
      unbondingSlashing: legacy(member.unbondingSlashing),
    }));
    expect(new Set(old.flatMap(({ stakingSlashing }) => stakingSlashing.map((one) => one[65])))).toEqual(new Set([0, 1]));
    for (let i = 0; i < 2; i++)
      for (const target of TARGETS) {
        const slashed = Slasher.slash({ ...good, covenantSignatures: old }, target, provider.secretKey);
        expect([judged(slashed), slashed.ignored.filter(({ why }) => why !== 'not-needed')]).toEqual(['valid', []]);
        expect(publicOf(Slasher.recoverKey({ ...good, covenantSignatures: old }, slashed.transaction))).toBe(hex(provider.publicKey));
      }
  });
});

describe('slashAll', () => {
  const stakes = [500_000n, 600_000n, 700_000n].map((valueSats, outputIndex) => stakeOf(castOf(SMALL), { valueSats, outputIndex }));
  const foreign = stakeOf(castOf({ ...SMALL, providers: [keyOf('fp2')] }));
  const slashables = [...stakes, foreign].map(slashableOf);

  it('completes both transactions of every delegation of the provider, and of no other', () => {
    const attempts = Slasher.slashAll(slashables, provider.secretKey);
    expect(attempts.map(({ delegation, target, ok }) => [delegation.stakingTxid, target, ok])).toEqual(
      stakes.flatMap(({ delegation }) => TARGETS.map((target) => [delegation.stakingTxid, target, true])),
    );
    for (const attempt of attempts) expect(attempt.ok && judged(attempt)).toBe('valid');
  });

  it('is not held up by a delegation without signatures, with broken rules, or with broken data', () => {
    const [one, two, three] = slashables as [Slasher.Slashable, Slasher.Slashable, Slasher.Slashable];
    const poor = stakeOf(castOf(SMALL), { valueSats: 3_000n });
    const broken = [
      { ...one, covenantSignatures: [] },
      untyped<Slasher.Slashable>({ ...two, stakerSignatures: undefined }),
      untyped<Slasher.Slashable>({ ...two, covenantSignatures: null }),
      { ...one, delegation: poor.delegation },
    ];
    const attempts = Slasher.slashAll([...broken, three], provider.secretKey);
    expect(attempts.map(({ ok }) => ok)).toEqual([...broken.flatMap(() => [false, false]), true, true]);
    expect(attempts.filter((attempt) => !attempt.ok && attempt.error instanceof Error)).toHaveLength(8);
  });

  it('gives what is due: the transaction whose output is unspent, again after a reorganisation', () => {
    const attempts = Slasher.slashAll(slashables.slice(0, 1), provider.secretKey);
    const states: Record<string, Slasher.OutputState> = {};
    const key = ({ txid, vout }: Tx.Outpoint): string => `${txid}:${vout}`;
    const [{ delegation }] = slashables as [Slasher.Slashable];
    const due = (): string[] => Slasher.due(attempts, (outpoint) => states[key(outpoint)] ?? 'unknown').map(({ target }) => target);
    expect(due()).toEqual([]);
    states[key(delegation.staking.outpoint)] = 'unspent';
    expect(due()).toEqual(['staking']);
    states[key(delegation.staking.outpoint)] = 'spent';
    states[key(delegation.unbondingOutput.outpoint)] = 'unspent';
    expect(due()).toEqual(['unbonding']);
    states[key(delegation.staking.outpoint)] = 'unspent';
    states[key(delegation.unbondingOutput.outpoint)] = 'unknown';
    expect(due()).toEqual(['staking']);
  });
});

describe('selective slashing', () => {
  it('gives the key away in 1,000 of 1,000 orders of the committee and of its signatures', () => {
    const cast = castOf({ providers: keysOf('fp', 2) });
    const stake = stakeOf(cast);
    const { covenantSignatures, stakerSignatures } = slashableOf(stake);
    const order = fc.shuffledSubarray([...cast.covenant.keys()], { minLength: 9, maxLength: 9 });
    let found = 0;
    fc.assert(
      fc.property(
        order,
        order,
        order,
        fc.constantFrom(...TARGETS),
        fc.integer({ min: 0, max: 1 }),
        (committee, given, known, target, position) => {
          const covenant = committee.map((i) => cast.covenant[i] as KeyPair);
          const { delegation } = stakeOf({ ...cast, covenant }, { contract: contractOf({ ...cast, covenant }) });
          const signed = (indexes: readonly number[]): MemberSignatures[] => indexes.map((i) => covenantSignatures[i] as MemberSignatures);
          const pair = cast.providers[position] as KeyPair;
          const { transaction } = Slasher.slash(
            { delegation, stakerSignatures, covenantSignatures: signed(given) },
            target,
            pair.secretKey,
          );
          // Who watches has the published transaction and the signatures, in an order of its own.
          const recovered = Slasher.recoverKey({ delegation, covenantSignatures: signed(known) }, Tx.decode(Tx.encode(transaction)));
          expect([hex(recovered.finalityProviderPk), publicOf(recovered)]).toEqual([hex(pair.publicKey), hex(pair.publicKey)]);
          found++;
        },
      ),
      { seed: SEED, numRuns: 1000 },
    );
    expect(found).toBe(1000);
  }, 120_000);

  const cast = castOf({ covenant: keysOf('cov', 5), covenantQuorum: 3, providers: keysOf('fp', 2) });
  const stake: Stake = stakeOf(cast);
  const slashable = slashableOf(stake);
  const spend = stake.delegation.stakingSlashing;
  const [one, two] = cast.providers as [KeyPair, KeyPair];

  /** A slashing in which the members of `fresh` sign anew and the others decrypt for `decryptedBy`; `signer` signs as provider. */
  function collude(fresh: readonly number[], decrypting: readonly number[], decryptedBy: KeyPair, signer: KeyPair): Tx.Transaction {
    const position = cast.providers.indexOf(decryptedBy);
    const decryptionKey = AdaptorSig.decryptionKeyFor(decryptedBy.secretKey, decryptedBy.publicKey);
    const decrypted = decrypting.map((i) => {
      const { covenantPk, stakingSlashing } = slashable.covenantSignatures[i] as MemberSignatures;
      return {
        publicKey: covenantPk,
        signature: AdaptorSig.decrypt({ adaptorSignature: stakingSlashing[position] as Uint8Array, decryptionKey }),
      };
    });
    const signatures = {
      staker: signaturesOf(spend, cast.stakers),
      finalityProvider: signaturesOf(spend, [signer]),
      covenant: [
        ...fresh
          .map((i) => cast.covenant[i] as KeyPair)
          .map((pair) => ({ publicKey: pair.publicKey, signature: signatureOf(spend, pair) })),
        ...decrypted,
      ],
    };
    const signed = spend.withWitness(Witness.assemble({ contract: stake.contract, path: 'slashing', spend, signatures }).stack);
    expect(judge(signed, spend.spentOutputs)).toBe('valid');
    return signed;
  }

  it('by colluding members with fresh signatures: one decrypted signature is enough, wherever it stands', () => {
    for (const honest of [0, 1, 2, 3, 4]) {
      const fresh = [0, 1, 2, 3, 4].filter((i) => i !== honest).slice(0, 2);
      const recovered = Slasher.recoverKey(slashable, collude(fresh, [honest], one, one));
      expect([publicOf(recovered), hex(recovered.from)]).toEqual([hex(one.publicKey), hex((cast.covenant[honest] as KeyPair).publicKey)]);
    }
  });

  it('by a whole quorum with fresh signatures gives nothing, and says so', () => {
    expect(failure(() => Slasher.recoverKey(slashable, collude([0, 1, 2], [], one, one))).reason).toEqual({
      code: 'slasher.no-key',
      tried: 6,
    });
  });

  it('hidden behind the signature of another provider gives the key that was used all the same', () => {
    const recovered = Slasher.recoverKey(slashable, collude([0], [1, 2], two, one));
    expect([hex(recovered.finalityProviderPk), publicOf(recovered)]).toEqual([hex(two.publicKey), hex(two.publicKey)]);
  });

  it('is found although the stored list has faulty, doubled or foreign entries in front', () => {
    const published = collude([0], [1, 2], one, one);
    const [a, b, c] = slashable.covenantSignatures as [MemberSignatures, MemberSignatures, MemberSignatures];
    const covenantSignatures = [
      { ...b, stakingSlashing: [filled(65, 2)] },
      { ...b, stakingSlashing: c.stakingSlashing },
      { ...c, stakingSlashing: [] },
      { ...a, covenantPk: keyOf('stranger').publicKey },
      ...slashable.covenantSignatures,
    ];
    expect(publicOf(Slasher.recoverKey({ ...slashable, covenantSignatures }, published))).toBe(hex(one.publicKey));
    expect(codeOf(() => Slasher.recoverKey({ ...slashable, covenantSignatures: [] }, published))).toBe('slasher.no-key');
  });

  it('is found behind an annex and in 65-byte signatures of the provider and staker', () => {
    const published = collude([0], [1, 2], one, one);
    const [input] = published.ins as [(typeof published.ins)[number]];
    published.setWitness(0, [...input.witness, bytes('50aa')]);
    expect(publicOf(Slasher.recoverKey(slashable, published))).toBe(hex(one.publicKey));
  });

  it('is not seen in other transactions: unbonding, withdrawal, a stranger', () => {
    const signers = { staker: cast.stakers, covenant: cast.covenant };
    const unbonding = signedBy(stake.contract, 'unbonding', stake.delegation.unbonding, signers);
    expect(codeOf(() => Slasher.recoverKey(slashable, unbonding))).toBe('witness.wrong-leaf');
    const stranger = Tx.create([{ outpoint: { txid: '99'.repeat(32), vout: 0 } }], [{ scriptPubKey: P2WPKH, valueSats: 1000n }]);
    expect(failure(() => Slasher.recoverKey(slashable, stranger)).reason).toEqual({
      code: 'slasher.not-this-slashing',
      txid: Tx.txid(stranger),
    });
    expect(codeOf(() => Slasher.recoverKey(slashable, spend.transaction))).toBe('witness.wrong-leaf');
  });

  it('frees the slasher of all other delegations of that provider', () => {
    const victims = [1, 2, 3].map((i) => slashableOf(stakeOf(cast, { valueSats: 500_000n + BigInt(i), outputIndex: i })));
    const { secretKey } = Slasher.recoverKey(slashable, collude([0], [1, 2], two, two));
    const attempts = Slasher.slashAll(victims, secretKey);
    expect(attempts).toHaveLength(6);
    for (const attempt of attempts) expect(attempt.ok && judged(attempt)).toBe('valid');
  });
});
