// Witnesses: every quorum of the committee gives a spend that a node takes, and nothing that somebody adds to the signatures breaks one.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as WithdrawalTx from '../../src/babylon/WithdrawalTx.ts';
import * as Witness from '../../src/babylon/Witness.ts';
import * as Bytes from '../../src/base/Bytes.ts';
import type { LeafSpend } from '../../src/bitcoin/LeafSpend.ts';
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
  P2TR,
  refusal,
  SEED,
  type Stake,
  signatureOf,
  signaturesOf,
  stakeOf,
  untyped,
  verdictOf,
} from '../support/stakes.ts';

const stake = stakeOf(castOf());
const { cast, contract, delegation } = stake;
const [staker] = cast.stakers as [KeyPair];
const all = signaturesOf(delegation.unbonding, cast.covenant);
const stakerSignature = signaturesOf(delegation.unbonding, cast.stakers);

type Given = Partial<Witness.Signatures>;
const assemble = (path: Witness.Path, spend: LeafSpend, signatures: Given, of: Stake = stake): Witness.Assembled =>
  Witness.assemble({ contract: of.contract, path, spend, signatures: { staker: [], ...signatures } });
const unbonding = (covenant: readonly Witness.KeySignature[], given: Given = {}): Witness.Assembled =>
  assemble('unbonding', delegation.unbonding, { staker: stakerSignature, covenant, ...given });
const judged = (spend: LeafSpend, { stack }: Witness.Assembled): string => judge(spend.withWitness(stack), spend.spentOutputs);

/** All subsets of `size` of the numbers below `count`. */
function subsets(count: number, size: number, from = 0): number[][] {
  if (size === 0) return [[]];
  return Array.from({ length: count - from }, (_, i) => from + i).flatMap((first) =>
    subsets(count, size - 1, first + 1).map((rest) => [first, ...rest]),
  );
}
const pick = <T>(list: readonly T[], indexes: readonly number[]): T[] => indexes.map((i) => list[i] as T);

describe('all quorums', () => {
  it('of 6 of 9, 84 of them, give 12 items that a node takes', () => {
    const quorums = subsets(9, 6);
    expect(quorums).toHaveLength(84);
    for (const quorum of quorums) {
      const assembled = unbonding(pick(all, quorum));
      expect(assembled.stack).toHaveLength(12);
      expect(assembled.ignored).toEqual([]);
      expect(assembled.stack.slice(0, 9).filter(({ length }) => length === 64)).toHaveLength(6);
      expect(judged(delegation.unbonding, assembled)).toBe('valid');
    }
  });

  it.each([
    ['1-of-1 covenant, 1 provider', castOf({ covenant: keysOf('cov', 1), covenantQuorum: 1 }), 4, 5],
    ['2-of-3 covenant, 3 providers', castOf({ covenant: keysOf('cov', 3), covenantQuorum: 2, providers: keysOf('fp', 3) }), 6, 9],
    ['3-of-3 stakers', castOf({ covenant: keysOf('cov', 3), covenantQuorum: 2, stakers: keysOf('s', 3), stakerQuorum: 3 }), 8, 9],
    ['2-of-3 stakers, 2 providers', castOf({ stakers: keysOf('s', 3), stakerQuorum: 2, providers: keysOf('fp', 2) }), 14, 16],
    ['17-of-20 covenant', castOf({ covenant: keysOf('many', 20), covenantQuorum: 17 }), 23, 24],
  ] as const)('%s: every path', (_, given: Cast, unbondingItems, slashingItems) => {
    const one = stakeOf(given);
    const stakers = given.stakers.slice(0, given.stakerQuorum);
    const covenant = given.covenant.slice(-given.covenantQuorum);
    const sign = (spend: LeafSpend, path: Witness.Path, provider?: KeyPair): Witness.Assembled =>
      assemble(
        path,
        spend,
        {
          staker: signaturesOf(spend, stakers),
          ...(path === 'timelock' ? {} : { covenant: signaturesOf(spend, covenant) }),
          ...(provider === undefined ? {} : { finalityProvider: signaturesOf(spend, [provider]) }),
        },
        one,
      );
    const { unbonding: early, stakingSlashing, unbondingSlashing, staking } = one.delegation;
    const freed = sign(early, 'unbonding');
    expect([freed.stack.length, judged(early, freed)]).toEqual([unbondingItems, 'valid']);
    for (const provider of given.providers)
      for (const spend of [stakingSlashing, unbondingSlashing]) {
        const slashed = sign(spend, 'slashing', provider);
        expect([slashed.stack.length, judged(spend, slashed)]).toEqual([slashingItems, 'valid']);
      }
    for (const from of ['staking', 'unbonding', 'slashing-change'] as const) {
      const inputs = [{ contract: one.contract, from, ...staking }];
      const [spend] = WithdrawalTx.build({ inputs, destinationScriptPubKey: P2TR, feeRateSatsPerKvb: 1_000n }).spends as [LeafSpend];
      const withdrawn = sign(spend, 'timelock');
      expect([withdrawn.stack.length, judged(spend, withdrawn)]).toEqual([given.stakers.length + 2, 'valid']);
    }
  });

  it('of 2 of 3 stakers, each pair', () => {
    const one = stakeOf(castOf({ stakers: [keyOf('staker'), keyOf('staker2'), keyOf('staker3')], stakerQuorum: 2 }));
    const spend = one.delegation.unbonding;
    const covenant = signaturesOf(spend, one.cast.covenant);
    const stakers = signaturesOf(spend, one.cast.stakers);
    for (const pair of subsets(3, 2)) {
      for (const order of [pair, [...pair].reverse()])
        expect(judged(spend, assemble('unbonding', spend, { staker: pick(stakers, order), covenant }, one))).toBe('valid');
    }
    expect(failure(() => assemble('unbonding', spend, { staker: stakers.slice(1, 2), covenant }, one)).reason).toMatchObject({
      role: 'staker',
      needed: 2,
      valid: 1,
    });
    const three = assemble('unbonding', spend, { staker: stakers, covenant }, one);
    expect(three.ignored.filter(({ role }) => role === 'staker')).toMatchObject([{ why: 'not-needed' }]);
    expect(judged(spend, three)).toBe('valid');
  });
});

describe('signature weights', () => {
  it.each([
    [1, 1, 676],
    [3, 2, 812],
    [5, 3, 946],
    [9, 6, 1280],
    [9, 9, 1472],
  ])('of unbonding with %i members and quorum %i: %i', (members, covenantQuorum, weight) => {
    const one = stakeOf(castOf({ covenant: keysOf('cov', members), covenantQuorum }));
    const spend = one.delegation.unbonding;
    const { stack } = assemble(
      'unbonding',
      spend,
      { staker: signaturesOf(spend, one.cast.stakers), covenant: signaturesOf(spend, one.cast.covenant) },
      one,
    );
    expect(spend.withWitness(stack).weight()).toBe(weight);
  });

  it.each([
    [9, 6, 1, [355, 368, 371, 380]],
    [9, 6, 2, [364, 377, 380, 389]],
    [9, 6, 3, [373, 386, 389, 398]],
    [5, 3, 1, [272, 285, 288, 297]],
    [3, 2, 1, [238, 251, 254, 263]],
    [1, 1, 1, [204, 217, 220, 229]],
  ] as const)(
    'of slashing with %i members, quorum %i and %i providers: %j vB by slashing script',
    (members, covenantQuorum, providers, expected) => {
      const scripts = ['6a07626162796c6f6e', `0014${'22'.repeat(20)}`, `76a914${'22'.repeat(20)}88ac`, `5120${'22'.repeat(32)}`];
      const given = castOf({ covenant: keysOf('cov', members), covenantQuorum, providers: keysOf('fp', providers) });
      const sizes = scripts.map((script) => {
        const one = stakeOf(given, { rules: { ...delegation.rules, slashingPkScript: bytes(script) } });
        const both = [one.delegation.stakingSlashing, one.delegation.unbondingSlashing].map((spend) => {
          const signatures = {
            staker: signaturesOf(spend, given.stakers),
            finalityProvider: signaturesOf(spend, given.providers.slice(0, 1)),
            covenant: signaturesOf(spend, given.covenant),
          };
          return spend.withWitness(assemble('slashing', spend, signatures, one).stack).virtualSize();
        });
        expect(both[0]).toBe(both[1]);
        return both[0];
      });
      expect(sizes).toEqual(expected);
    },
  );
});

describe('the worked example', () => {
  const one = stakeOf(castOf({ covenant: keysOf('cov', 3), covenantQuorum: 2 }));
  const [cov1, cov2, cov3] = one.cast.covenant as [KeyPair, KeyPair, KeyPair];
  const empty = '';

  it('has its slots descending: cov2, cov3, cov1', () => {
    const spend = one.delegation.unbonding;
    const given = { staker: signaturesOf(spend, [staker]), covenant: signaturesOf(spend, [cov1, cov3]) };
    const { stack } = assemble('unbonding', spend, given, one);
    expect(stack.slice(0, 4).map(hex)).toEqual([empty, ...[cov3, cov1, staker].map((pair) => hex(signatureOf(spend, pair)))]);
    expect(spend.withWitness(stack).weight()).toBe(812);
  });

  it('has the provider between covenant and staker', () => {
    const spend = one.delegation.stakingSlashing;
    const given = {
      staker: signaturesOf(spend, [staker]),
      finalityProvider: signaturesOf(spend, one.cast.providers),
      covenant: signaturesOf(spend, [cov1, cov2]),
    };
    const { stack } = assemble('slashing', spend, given, one);
    const [provider] = one.cast.providers as [KeyPair];
    expect(stack.slice(0, 5).map(hex)).toEqual([
      hex(signatureOf(spend, cov2)),
      empty,
      ...[cov1, provider, staker].map((pair) => hex(signatureOf(spend, pair))),
    ]);
    expect(spend.withWitness(stack).weight()).toBe(951);
  });
});

describe('signatures that do not belong are left out and named', () => {
  const six = pick(all, [0, 2, 3, 5, 7, 8]);
  const stranger = keyOf('stranger');
  const others = signaturesOf(delegation.stakingSlashing, cast.covenant);
  const why = ({ ignored }: Witness.Assembled): unknown[] => ignored.map((one) => [one.role, one.why]);

  it('more than the quorum: exactly the first valid six are used', () => {
    const assembled = unbonding(all);
    expect(why(assembled)).toEqual(Array.from({ length: 3 }, () => ['covenant', 'not-needed']));
    expect(assembled.ignored.map(({ publicKey }) => publicKey)).toEqual(all.slice(6).map(({ publicKey }) => hex(publicKey)));
    expect(judged(delegation.unbonding, assembled)).toBe('valid');
  });

  it('an unknown signer', () => {
    const assembled = unbonding([...signaturesOf(delegation.unbonding, [stranger]), ...six]);
    expect(assembled.ignored).toEqual([{ role: 'covenant', publicKey: hex(stranger.publicKey), why: 'unknown-signer' }]);
    expect(judged(delegation.unbonding, assembled)).toBe('valid');
  });

  it('the same signer twice counts once, also as another copy of the key', () => {
    const [first] = six as [Witness.KeySignature];
    const twice = [first, { publicKey: Buffer.from(first.publicKey), signature: first.signature }];
    expect(why(unbonding([...twice, ...six.slice(1)]))).toEqual([['covenant', 'repeated']]);
    expect(failure(() => unbonding([...twice, ...six.slice(1, 5)])).reason).toMatchObject({
      code: 'witness.quorum-not-reached',
      needed: 6,
      valid: 5,
    });
  });

  it('an invalid signature does not use up its signer: a later valid one of the same key counts', () => {
    const [first, ...rest] = six as [Witness.KeySignature, ...Witness.KeySignature[]];
    const assembled = unbonding([{ publicKey: first.publicKey, signature: filled(64, 7) }, ...rest, first]);
    expect(why(assembled)).toEqual([['covenant', 'invalid-signature']]);
    expect(judged(delegation.unbonding, assembled)).toBe('valid');
  });

  it.each([
    ['for another transaction', (i: number) => others[i]?.signature ?? filled(64, 0)],
    ['of zeros', () => new Uint8Array(64)],
    ['of one zero byte', () => new Uint8Array(1)],
    ['that are empty', () => new Uint8Array(0)],
    ['of 63 bytes', (i: number) => (all[i]?.signature ?? filled(64, 0)).subarray(1)],
    ['of 65 bytes ending 00', (i: number) => Bytes.concat(all[i]?.signature ?? filled(64, 0), Uint8Array.of(0))],
    ['of 65 bytes ending 01 over the DEFAULT hash', (i: number) => Bytes.concat(all[i]?.signature ?? filled(64, 0), Uint8Array.of(1))],
    ['of another member', (i: number) => all[(i + 1) % 9]?.signature ?? filled(64, 0)],
  ])('signatures %s, in front of six good ones', (_, bad) => {
    const spoiled = [1, 4, 6].map((i) => ({ publicKey: all[i]?.publicKey ?? filled(32, 0), signature: bad(i) }));
    const assembled = unbonding([...spoiled, ...six]);
    expect(why(assembled)).toEqual(spoiled.map(() => ['covenant', 'invalid-signature']));
    expect(judged(delegation.unbonding, assembled)).toBe('valid');
    expect(failure(() => unbonding([...spoiled, ...six.slice(1)])).reason).toMatchObject({
      code: 'witness.quorum-not-reached',
      role: 'covenant',
      needed: 6,
      valid: 5,
    });
  });

  it('65 bytes with ALL are used', () => {
    const spend = delegation.unbonding;
    const assembled = unbonding(signaturesOf(spend, cast.covenant.slice(0, 6), 1), { staker: signaturesOf(spend, cast.stakers, 0x81) });
    expect(
      assembled.stack
        .slice(0, 10)
        .map(({ length }) => length)
        .filter((length) => length > 0),
    ).toEqual(Array.from({ length: 7 }, () => 65));
    expect(judged(spend, assembled)).toBe('valid');
  });

  it('two providers: one signature is placed, since a second one would fail the spend', () => {
    const one = stakeOf(castOf({ providers: keysOf('fp', 3) }));
    const spend = one.delegation.stakingSlashing;
    const signatures = {
      staker: signaturesOf(spend, one.cast.stakers),
      finalityProvider: signaturesOf(spend, one.cast.providers),
      covenant: signaturesOf(spend, one.cast.covenant),
    };
    const assembled = assemble('slashing', spend, signatures, one);
    expect(assembled.ignored.filter(({ role }) => role === 'finalityProvider')).toHaveLength(2);
    expect(judged(spend, assembled)).toBe('valid');
  });
});

describe('any list of signatures', () => {
  it('gives a valid witness or says which quorum is missing, never an invalid witness', () => {
    const kinds = ['valid', 'invalid', 'stranger', 'other', 'short'] as const;
    const entry = fc.record({ kind: fc.constantFrom(...kinds), who: fc.integer({ min: 0, max: 8 }) });
    const other = signaturesOf(delegation.stakingSlashing, cast.covenant);
    const strangers = signaturesOf(delegation.unbonding, keysOf('stranger', 9));
    const signature = ({ kind, who }: { kind: (typeof kinds)[number]; who: number }): Witness.KeySignature => {
      const own = all[who] as Witness.KeySignature;
      if (kind === 'valid') return own;
      if (kind === 'stranger') return strangers[who] as Witness.KeySignature;
      if (kind === 'other') return { ...own, signature: (other[who] as Witness.KeySignature).signature };
      return { ...own, signature: kind === 'short' ? own.signature.subarray(0, 40) : filled(64, who) };
    };
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 24 }), (entries) => {
        const signers = new Set(entries.filter(({ kind }) => kind === 'valid').map(({ who }) => who)).size;
        const given = entries.map(signature);
        if (signers < 6) {
          expect(failure(() => unbonding(given)).reason).toMatchObject({ code: 'witness.quorum-not-reached', valid: signers });
          return;
        }
        const assembled = unbonding(given);
        expect(judged(delegation.unbonding, assembled)).toBe('valid');
        expect(assembled.ignored).toHaveLength(given.length - 6);
      }),
      { seed: SEED, numRuns: 150 },
    );
  });
});

describe('misuse', () => {
  it('a spend of another path or contract is refused: its slots would not fit', () => {
    const signed = { staker: signaturesOf(delegation.unbonding, cast.stakers), covenant: all };
    for (const path of untyped<readonly Witness.Path[]>(['timelock', 'slashing', 'other']))
      expect(codeOf(() => assemble(path, delegation.unbonding, signed))).toBe('witness.wrong-leaf');
    for (const spend of [delegation.stakingSlashing, delegation.unbondingSlashing])
      expect(codeOf(() => assemble('unbonding', spend, signed))).toBe('witness.wrong-leaf');
    const other = { ...stake, contract: contractOf(castOf({ covenantQuorum: 5 })) };
    expect(codeOf(() => assemble('unbonding', delegation.unbonding, signed, other))).toBe('witness.wrong-leaf');
  });

  it('keys of other lengths and signatures that are no bytes are named by place', () => {
    const entry = (publicKey: unknown, signature: unknown): Witness.KeySignature[] => [untyped({ publicKey, signature })];
    expect(refusal(() => unbonding(entry(Bytes.concat(Uint8Array.of(2), staker.publicKey), filled(64, 1))))).toEqual([
      'input.wrong-length',
      'signatures.covenant[0].publicKey',
    ]);
    expect(refusal(() => unbonding(entry(hex(staker.publicKey), filled(64, 1))))).toEqual([
      'input.not-bytes',
      'signatures.covenant[0].publicKey',
    ]);
    expect(refusal(() => unbonding(entry(staker.publicKey, 'xyz')))).toEqual(['input.not-bytes', 'signatures.covenant[0].signature']);
    expect(refusal(() => unbonding(untyped('all')))).toEqual(['input.not-list', 'signatures.covenant']);
    expect(failure(() => unbonding(all, { staker: [] })).reason).toMatchObject({ role: 'staker', needed: 1, valid: 0 });
    expect(
      failure(() => assemble('slashing', delegation.stakingSlashing, { staker: signaturesOf(delegation.stakingSlashing, cast.stakers) }))
        .reason,
    ).toMatchObject({ role: 'finalityProvider' });
  });

  it('later changes of the signatures given do not reach the witness', () => {
    const given = all.slice(0, 6).map(({ publicKey, signature }) => ({ publicKey, signature: Buffer.from(signature) }));
    const assembled = unbonding(given);
    for (const { signature } of given) signature.fill(0);
    expect(judged(delegation.unbonding, assembled)).toBe('valid');
  });
});

describe('what a node says of other witnesses, so that these tests can fail', () => {
  const spend = delegation.unbonding;
  const good = unbonding(all).stack;
  const spoil = (change: (stack: Uint8Array[]) => void): string => {
    const stack = good.map(Bytes.copy);
    change(stack);
    return judge(spend.withWitness(stack), spend.spentOutputs);
  };
  const slotOf = (i: number): number => good.findIndex((item) => hex(item) === hex(all[i]?.signature ?? new Uint8Array(0)));

  it.each([
    [
      'one signature too many',
      (stack: Uint8Array[]) =>
        stack.splice(
          stack.findIndex((item) => item.length === 0),
          1,
          signatureOf(spend, missing()),
        ),
    ],
    ['one too few', (stack: Uint8Array[]) => stack.splice(slotOf(0), 1, new Uint8Array(0))],
    ['slots ascending', (stack: Uint8Array[]) => stack.splice(0, 9, ...stack.slice(0, 9).reverse())],
    ['empty slots left out', (stack: Uint8Array[]) => stack.splice(0, 9, ...stack.slice(0, 9).filter(({ length }) => length > 0))],
    [
      'an empty slot of 64 zeros',
      (stack: Uint8Array[]) =>
        stack.splice(
          stack.findIndex((item) => item.length === 0),
          1,
          new Uint8Array(64),
        ),
    ],
  ])('%s', (_, change) => {
    expect(spoil(change)).not.toBe('valid');
  });

  /** The member whose slot is the first empty one. */
  function missing(): KeyPair {
    const used = new Set(good.map(hex));
    const descending = [...cast.covenant].sort((a, b) => Bytes.compare(b.publicKey, a.publicKey));
    return descending.find((pair) => !used.has(hex(signatureOf(spend, pair)))) as KeyPair;
  }
});

describe('parse', () => {
  const spend = delegation.stakingSlashing;
  const signatures = {
    staker: signaturesOf(spend, cast.stakers),
    finalityProvider: signaturesOf(spend, cast.providers),
    covenant: signaturesOf(spend, cast.covenant.slice(2, 8)),
  };
  const { stack } = assemble('slashing', spend, signatures);
  const parse =
    (witness: readonly Uint8Array[], path: Witness.Path = 'slashing', leaf = spend.leaf) =>
    () =>
      Witness.parse({ contract, path, leaf, witness });
  const texts = (list: readonly Witness.KeySignature[]): string[] =>
    list.map(({ publicKey, signature }) => `${hex(publicKey)}:${hex(signature)}`).sort();

  it('reads the signatures back by key', () => {
    const parsed = parse(stack)();
    for (const role of ['staker', 'finalityProvider', 'covenant'] as const) expect(texts(parsed[role])).toEqual(texts(signatures[role]));
  });

  it('drops an annex, which blocks may hold', () => {
    expect(texts(parse([...stack, bytes('50aabb')])().covenant)).toEqual(texts(signatures.covenant));
    expect(Witness.withoutAnnex([bytes('50')])).toHaveLength(1);
    expect(Witness.withoutAnnex([])).toEqual([]);
  });

  it('refuses another leaf, control block or number of slots', () => {
    expect(codeOf(parse(unbonding(all).stack))).toBe('witness.wrong-leaf');
    expect(codeOf(parse(stack, 'slashing', delegation.unbondingSlashing.leaf))).toBe('witness.wrong-leaf');
    for (const witness of [[], stack.slice(-1), [bytes('50')]]) expect(codeOf(parse(witness))).toBe('witness.wrong-leaf');
    expect(failure(parse(stack.slice(1))).reason).toEqual({ code: 'witness.wrong-count', expected: 13, got: 12 });
    expect(codeOf(parse([new Uint8Array(0), ...stack]))).toBe('witness.wrong-count');
  });

  it('agrees with what a node takes', () => {
    expect(verdictOf(spend.withWitness(stack), spend.spentOutputs)).toMatchObject({ consensusValid: true, standard: true });
  });
});
