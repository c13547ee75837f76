// The chain's questions to a provider's messages: each alone, their order, and what passes. The numbers are those of the chain's handlers.
import { describe, expect, it } from 'vitest';
import * as FinalityRules from '../../../src/babylon/FinalityRules.ts';
import type * as FinalityView from '../../../src/babylon/FinalityView.ts';
import type * as Message from '../../../src/babylon/Message.ts';
import { codeOf, filled, keyOf, untyped } from '../../support/stakes.ts';
import {
  appHashAt,
  blockAt,
  CARRIER,
  commitFrom,
  create,
  FIRST,
  jailed,
  NOW,
  OWNER,
  params,
  provider,
  SECOND,
  TIP,
  unjail,
  viewOf,
  voteAt,
} from './world.ts';

/** [check, code, why, field, text] */
type Answer = readonly [string, string, string, string, string];
type Of<V> = readonly [value: Partial<V>, chain: Partial<FinalityView.Options>, ofProvider: Partial<FinalityView.ProviderOptions>, Answer];

function expectRefusal(verdict: FinalityRules.Verdict, answer: Answer): void {
  if (verdict.ok) throw new Error('expected a refusal');
  const { check, codespace, code, why, field, reference } = verdict;
  expect([check, `${codespace}/${code}`, why, field]).toEqual(answer.slice(0, 4));
  expect(reference).toContain(answer[4]);
}

/** Each row breaks one thing: it is the first refusal and, but for what follows from it, the only one. */
function eachAlone<T extends FinalityRules.Checked>(message: T, rows: readonly Of<T['value']>[]): void {
  it.each(rows.map((row) => [`${row[3][0]} ${row[3][2]} (${row[3][3]})`, ...row] as const))('%s', (_, value, chain, ofProvider, answer) => {
    const changed = { ...message, value: { ...message.value, ...value } } as T;
    const view = viewOf(chain, ofProvider);
    expectRefusal(FinalityRules.check(changed, view), answer);
    const { ok, failures } = FinalityRules.checkAll(changed, view);
    expect([ok, failures[0]?.check, failures[0]?.why]).toEqual([false, answer[0], answer[2]]);
  });

  it('asks in the order of the chain: of two faults the earlier one is named', () => {
    const numbered = rows.map((row) => ({ row, order: orderOf(row[3][0]) }));
    for (const { row: first, order } of numbered) {
      for (const { row: second, order: later } of numbered) {
        const apart = [...keysOf(first)].every((key) => !keysOf(second).has(key)) && !takesProviders(first, second);
        if (order >= later || !apart) continue;
        const value = { ...message.value, ...first[0], ...second[0] };
        const view = viewOf({ ...first[1], ...second[1] }, { ...first[2], ...second[2] });
        const verdict = FinalityRules.check({ ...message, value } as T, view);
        expect(verdict).toMatchObject({ ok: false, check: first[3][0], why: first[3][2] });
      }
    }
  });
}

const keysOf = (row: readonly object[]): ReadonlySet<string> => new Set(row.slice(0, 3).flatMap((part) => Object.keys(part)));
/** A view without providers has no use for changes of one. */
const takesProviders = (...rows: readonly (readonly object[])[]): boolean =>
  rows.some((row) => 'providers' in (row[1] ?? {})) && rows.some((row) => Object.keys(row[2] ?? {}).length > 0);
/** 'vote.12' is 12, 'vote.own.1' comes after all numbers. */
const orderOf = (check: string): number => {
  const [, part = '', own] = check.split('.');
  return part === 'own' ? 100 + Number(own) : Number(part);
};
const none = { providers: [] };
const NO_KEY = new Uint8Array(0);

describe('MsgCommitPubRandList', () => {
  const message = commitFrom(1_011n);
  const { sig } = message.value;

  it('passes', () => {
    expect(FinalityRules.check(message, viewOf())).toEqual({ ok: true, warnings: [] });
    expect(FinalityRules.checkAll(message, viewOf())).toEqual({ ok: true, failures: [], warnings: [] });
  });

  describe('each check alone', () => {
    eachAlone(message, [
      [{ fpBtcPk: filled(33, 2) }, {}, {}, ['commit.0', 'sdk/2', 'finality-rules.length', 'fpBtcPk', 'malformed data for BIP340']],
      [{ signer: 'bbn1' }, {}, {}, ['commit.1', 'sdk/7', 'finality-rules.bad-address', 'signer', 'invalid signer address (']],
      [
        { commitment: filled(31, 1) },
        {},
        {},
        ['commit.2', 'finality/1106', 'finality-rules.length', 'commitment', 'commitment must be 32 bytes, got 31'],
      ],
      [{ numPubRand: 0n }, {}, {}, ['commit.3', 'finality/1117', 'finality-rules.overflow', 'numPubRand', 'is equal or higher than']],
      [
        { startHeight: 0xffff_ffff_ffff_fffen, numPubRand: 4n },
        {},
        {},
        ['commit.3', 'finality/1117', 'finality-rules.overflow', 'numPubRand', '18446744073709551614 is equal or higher'],
      ],
      [
        commitFrom(161_001n).value,
        {},
        {},
        ['commit.4', 'finality/1106', 'finality-rules.too-far-ahead', 'startHeight', 'Current height is 1001 and max offset is 160000'],
      ],
      [
        {},
        { params: { ...params, finalityActivationHeight: 1_012n } },
        {},
        ['commit.5', 'finality/1115', 'finality-rules.not-active', 'startHeight', '1011 is lower than activation height 1012'],
      ],
      [
        { numPubRand: 4n },
        { params: { ...params, minPubRand: 5n } },
        {},
        ['commit.6', 'finality/1105', 'finality-rules.too-few', 'numPubRand', 'required minimum: 5, actual: 4'],
      ],
      [
        { fpBtcPk: NO_KEY },
        {},
        {},
        ['commit.7', 'finality/1106', 'finality-rules.no-key', 'fpBtcPk', 'empty finality provider public key'],
      ],
      [{}, none, {}, ['commit.8', 'btcstaking/1100', 'finality-rules.unknown-provider', 'fpBtcPk', 'is not registered: the finality']],
      [{}, {}, { softDeleted: true }, ['commit.9', 'finality/1122', 'finality-rules.deleted-provider', 'fpBtcPk', 'fp_btc_pk_hex: ']],
      [{ sig: NO_KEY }, {}, {}, ['commit.10', 'finality/1106', 'finality-rules.no-signature', 'sig', 'empty signature: the public']],
      [{ sig: filled(63, 1) }, {}, {}, ['commit.10', 'finality/1106', 'finality-rules.malformed-signature', 'sig', 'too short: 63 < 64']],
      [
        { sig: commitFrom(1_012n).value.sig },
        {},
        {},
        ['commit.10', 'finality/1106', 'finality-rules.bad-signature', 'sig', 'list: failed to verify signature: the public'],
      ],
      [{ numPubRand: 5n }, {}, {}, ['commit.10', 'finality/1106', 'finality-rules.bad-signature', 'sig', 'failed to verify signature']],
      [
        commitFrom(1_010n).value,
        {},
        {},
        ['commit.11', 'finality/1106', 'finality-rules.overlap', 'startHeight', 'the start height (1010) has overlap with'],
      ],
    ]);
  });

  it('passes at the limits: the last start that is near enough, the first heights of finality, one height more than committed', () => {
    const passes = (message: Message.Message, view: FinalityView.FinalityView): boolean => FinalityRules.check(message, view).ok;
    expect(passes(commitFrom(161_000n), viewOf())).toBe(true);
    expect(passes(message, viewOf({ params: { ...params, finalityActivationHeight: 1_011n } }))).toBe(true);
    expect(passes(commitFrom(500n), viewOf({}, { commits: [] }))).toBe(true);
    expect(passes(commitFrom(990n), viewOf({}, { commits: [FIRST] }))).toBe(true);
    expect(passes(commitFrom(989n), viewOf({}, { commits: [FIRST] }))).toBe(false);
  });

  it('is refused in what releases have added: the offset, and deleted providers', () => {
    const verdicts = (message: Message.Message, ofProvider = {}) =>
      (['v1', 'v4.0', 'v4.3', 'main'] as const).map((release) => FinalityRules.check(message, viewOf({ release }, ofProvider)).ok);
    expect(verdicts(commitFrom(161_001n))).toEqual([true, false, false, false]);
    expect(verdicts(message, { softDeleted: true })).toEqual([true, true, true, false]);
  });

  it('passes for a jailed and a slashed provider, as on the chain, with a warning where it is useless or leaves a gap', () => {
    const whys = (message: Message.Message, ofProvider: Partial<FinalityView.ProviderOptions> = {}) => {
      const verdict = FinalityRules.check(message, viewOf({}, ofProvider));
      return [verdict.ok, ...verdict.warnings.map(({ why }) => why)];
    };
    expect(whys(message, { jailed: true })).toEqual([true]);
    expect(whys(message, { slashedBabylonHeight: 5n })).toEqual([true, 'finality-rules.slashed-provider']);
    expect(whys(commitFrom(1_012n))).toEqual([true, 'finality-rules.gap']);
    expect(whys(commitFrom(991n), { commits: [FIRST] })).toEqual([true, 'finality-rules.gap', 'finality-rules.past']);
    expect(whys(commitFrom(TIP), { commits: [] })).toEqual([true, 'finality-rules.past']);
    expect(whys(commitFrom(TIP + 1n), { commits: [] })).toEqual([true]);
    expect(sig).toHaveLength(64);
  });
});

describe('MsgAddFinalitySig', () => {
  const message = voteAt(1_000n);
  const { value } = message;
  const proof = value.proof as Message.MerkleProof;
  const other = voteAt(1_000n, appHashAt(999n)).value;
  const old = voteAt(985n).value;

  it('passes', () => {
    expect(FinalityRules.check(message, viewOf())).toEqual({ ok: true, warnings: [] });
    expect(FinalityRules.check(voteAt(995n), viewOf())).toMatchObject({ ok: true, warnings: [{ why: 'finality-rules.late' }] });
  });

  describe('each check alone', () => {
    eachAlone(message, [
      [{ fpBtcPk: filled(31, 2) }, {}, {}, ['vote.0', 'sdk/2', 'finality-rules.length', 'fpBtcPk', 'malformed data for BIP340']],
      [{ pubRand: filled(33, 2) }, {}, {}, ['vote.0', 'sdk/2', 'finality-rules.length', 'pubRand', 'invalid data length']],
      [{ finalitySig: filled(64, 2) }, {}, {}, ['vote.0', 'sdk/2', 'finality-rules.length', 'finalitySig', 'invalid data length']],
      [{ signer: 'bbn1' }, {}, {}, ['vote.1', 'sdk/7', 'finality-rules.bad-address', 'signer', 'invalid signer address: got bbn1']],
      [{ fpBtcPk: NO_KEY }, {}, {}, ['vote.2', 'finality/1108', 'finality-rules.missing', 'fpBtcPk', 'empty Finality Provider']],
      [{ pubRand: NO_KEY }, {}, {}, ['vote.2', 'finality/1108', 'finality-rules.missing', 'pubRand', 'empty Public Randomness']],
      [{ proof: undefined }, {}, {}, ['vote.2', 'finality/1108', 'finality-rules.missing', 'proof', 'empty inclusion proof']],
      [{ finalitySig: NO_KEY }, {}, {}, ['vote.2', 'finality/1108', 'finality-rules.missing', 'finalitySig', 'empty finality signature']],
      [{ blockAppHash: filled(20, 1) }, {}, {}, ['vote.2', 'finality/1108', 'finality-rules.length', 'blockAppHash', 'got 20, want 32']],
      [
        {},
        { params: { ...params, finalityActivationHeight: 1_001n } },
        {},
        ['vote.3', 'finality/1115', 'finality-rules.not-active', 'blockHeight', '1000 is lower than activation height 1001'],
      ],
      [{}, { blocks: [] }, {}, ['vote.4', 'finality/1100', 'finality-rules.unknown-block', 'blockHeight', 'Block is not found']],
      [
        {},
        { blocks: [blockAt(1_000n, true)], lastFinalizedEpoch: 10n },
        {},
        ['vote.5', 'finality/1116', 'finality-rules.outdated', 'blockHeight', 'height: 1000: the voting block'],
      ],
      [{}, {}, { softDeleted: true }, ['vote.6', 'finality/1122', 'finality-rules.deleted-provider', 'fpBtcPk', 'is deleted']],
      [{}, none, {}, ['vote.7', 'btcstaking/1100', 'finality-rules.unknown-provider', 'fpBtcPk', 'is not found']],
      [
        {},
        {},
        { slashedBabylonHeight: 1n },
        ['vote.8', 'btcstaking/1104', 'finality-rules.slashed-provider', 'fpBtcPk', 'already been slashed'],
      ],
      [{}, {}, { jailed: true }, ['vote.9', 'btcstaking/1121', 'finality-rules.jailed-provider', 'fpBtcPk', 'already been jailed']],
      [
        {},
        {},
        { power: new Map([[999n, 5n]]) },
        ['vote.10', 'finality/1108', 'finality-rules.no-power', 'blockHeight', 'does not have voting power at height 1000'],
      ],
      [
        { finalitySig: value.finalitySig },
        {},
        { votes: new Map([[1_000n, { canonicalSignature: value.finalitySig }]]) },
        ['vote.11', 'finality/1109', 'finality-rules.duplicate', 'finalitySig', 'duplicated finality vote'],
      ],
      [
        {},
        {},
        { commits: [FIRST] },
        [
          'vote.12',
          'finality/1103',
          'finality-rules.no-randomness',
          'blockHeight',
          'found PubRandCommit with startHeight 980 and NumPubRand 10',
        ],
      ],
      [
        {},
        {},
        { commits: [{ ...SECOND, startHeight: 1_001n }] },
        ['vote.12', 'finality/1103', 'finality-rules.no-randomness', 'blockHeight', 'less than the smallest start height'],
      ],
      [{}, {}, { commits: [] }, ['vote.12', 'undefined/1', 'finality-rules.no-randomness', 'blockHeight', 'collections: not found']],
      [
        {},
        {},
        { commits: [FIRST, { ...SECOND, epochNum: 10n }] },
        [
          'vote.12',
          'finality/1111',
          'finality-rules.not-timestamped',
          'blockHeight',
          'last committed epoch number: 10, last finalized epoch number: 9',
        ],
      ],
      [
        {},
        { lastFinalizedEpoch: 0n },
        {},
        ['vote.12', 'finality/1111', 'finality-rules.not-timestamped', 'blockHeight', 'no finalized epoch yet'],
      ],
      [
        { proof: { ...proof, index: 4n } },
        {},
        {},
        [
          'vote.13',
          'finality/1108',
          'finality-rules.proof-of-other-height',
          'proof.index',
          '(for height 999) does not correspond to the given height (1000)',
        ],
      ],
      [
        { proof: { ...proof, index: -1n } },
        {},
        {},
        ['vote.13', 'finality/1108', 'finality-rules.proof-of-other-height', 'proof.index', '(for height 994)'],
      ],
      [
        { proof: { ...proof, total: 10n } },
        {},
        {},
        [
          'vote.13',
          'finality/1108',
          'finality-rules.proof-of-other-commitment',
          'proof.total',
          'in the proof (10) does not match the number',
        ],
      ],
      [
        { proof: { ...proof, aunts: proof.aunts.slice(1) } },
        {},
        {},
        ['vote.13', 'finality/1108', 'finality-rules.bad-proof', 'proof', 'is invalid: invalid root hash'],
      ],
      [
        { proof: { ...proof, leafHash: filled(31, 1) } },
        {},
        {},
        ['vote.13', 'finality/1108', 'finality-rules.bad-proof', 'proof', 'failed to unwrap proof: leaf hash length'],
      ],
      [
        { pubRand: voteAt(999n).value.pubRand },
        {},
        {},
        ['vote.13', 'finality/1108', 'finality-rules.bad-proof', 'proof', 'is invalid: invalid leaf hash'],
      ],
      [
        { finalitySig: other.finalitySig },
        {},
        {},
        ['vote.14', 'undefined/1', 'finality-rules.bad-signature', 'finalitySig', 'calculated R '],
      ],
      [
        { finalitySig: filled(32, 0xff) },
        {},
        {},
        ['vote.14', 'satlock/0', 'finality-rules.bad-signature', 'finalitySig', 'not below the group order'],
      ],
      [
        { blockAppHash: other.blockAppHash, finalitySig: other.finalitySig },
        {},
        {},
        ['vote.own.1', 'satlock/0', 'finality-rules.fork-vote', 'blockAppHash', "another block than the chain's at height 1000"],
      ],
      [
        {},
        {},
        { votes: new Map([[1_000n, { fork: { appHash: other.blockAppHash, signature: other.finalitySig, pubRand: other.pubRand } }]]) },
        ['vote.own.2', 'satlock/0', 'finality-rules.completes-evidence', 'blockHeight', 'with this one it slashes it'],
      ],
    ]);
  });

  it('passes at the limits: a final block whose epoch is not final, an epoch that is final whose block is not', () => {
    const passes = (changes: Partial<FinalityView.Options>): boolean => FinalityRules.check(message, viewOf(changes)).ok;
    expect(passes({ blocks: [blockAt(1_000n, true)], lastFinalizedEpoch: 9n })).toBe(true);
    expect(passes({ blocks: [blockAt(1_000n, false)], lastFinalizedEpoch: 10n })).toBe(true);
    expect(passes({ params: { ...params, finalityActivationHeight: 1_000n } })).toBe(true);
  });

  it('warns of a vote that comes too late to count: after h + 3', () => {
    const late = (tipHeight: bigint): readonly string[] =>
      FinalityRules.check(message, viewOf({ tipHeight })).warnings.map(({ why }) => why);
    expect([1_002n, 1_003n].map(late)).toEqual([[], ['finality-rules.late']]);
  });

  it('of a deleted provider passes in the first release only', () => {
    const ok = (release: FinalityView.Options['release']) =>
      FinalityRules.check(message, viewOf({ release: release ?? 'main' }, { softDeleted: true })).ok;
    expect((['v1', 'v4.0', 'v4.3', 'main'] as const).map(ok)).toEqual([true, false, false, false]);
  });

  it('with a proof that was fetched as one run of heights over a gap is refused: the proof of another height', () => {
    // Heights 989 and 995 were filtered for voting; the run from 989 on gives 990's place for 995.
    const shifted = { ...voteAt(995n), value: { ...voteAt(995n).value, proof: voteAt(996n).value.proof } };
    expect(FinalityRules.check(shifted, viewOf())).toMatchObject({ code: 1108, why: 'finality-rules.proof-of-other-height' });
    expect(old.proof).toBeDefined();
  });
});

describe('MsgUnjailFinalityProvider', () => {
  it('passes when jailing is over, to the nanosecond', () => {
    expect(FinalityRules.check(unjail, viewOf({}, jailed))).toEqual({ ok: true, warnings: [] });
  });

  describe('each check alone', () => {
    const info = { startHeight: 900n, missedBlocks: 0n };
    const rows: readonly Of<typeof unjail.value>[] = [
      [{ fpBtcPk: filled(31, 2) }, {}, {}, ['unjail.0', 'sdk/2', 'finality-rules.length', 'fpBtcPk', 'malformed data for BIP340']],
      [{ fpBtcPk: NO_KEY }, {}, {}, ['unjail.1', 'undefined/111222', 'finality-rules.no-key', 'fpBtcPk', 'nil pointer dereference']],
      [{}, none, {}, ['unjail.2', 'btcstaking/1100', 'finality-rules.unknown-provider', 'fpBtcPk', 'failed to get finality provider ']],
      [
        { signer: CARRIER },
        {},
        {},
        ['unjail.3', 'undefined/1', 'finality-rules.other-signer', 'signer', `address ${OWNER} does not match`],
      ],
      [
        { signer: OWNER.toUpperCase() },
        {},
        {},
        ['unjail.3', 'undefined/1', 'finality-rules.other-signer', 'signer', 'does not match the signer BBN1'],
      ],
      [{}, {}, { jailed: false }, ['unjail.4', 'btcstaking/1122', 'finality-rules.not-jailed', 'fpBtcPk', 'is not jailed']],
      [
        {},
        {},
        { signingInfo: undefined },
        ['unjail.5', 'undefined/1', 'finality-rules.no-signing-info', 'fpBtcPk', 'failed to get the signing'],
      ],
      [
        {},
        {},
        { signingInfo: { ...info, jailedUntilNs: -62_135_596_800_000_000_000n } },
        ['unjail.6', 'btcstaking/1122', 'finality-rules.not-jailed', 'fpBtcPk', 'is not jailed'],
      ],
      [
        {},
        {},
        { signingInfo: { ...info, jailedUntilNs: NOW } },
        ['unjail.6', 'finality/1112', 'finality-rules.too-early', 'fpBtcPk', 'the jailing period is not passed'],
      ],
      [
        {},
        {},
        { slashedBabylonHeight: 9n },
        ['unjail.7', 'btcstaking/1104', 'finality-rules.slashed-provider', 'fpBtcPk', 'failed to unjail'],
      ],
    ];
    eachAlone(
      unjail,
      rows.map(([value, chain, ofProvider, answer]) => [value, chain, { ...jailed, ...ofProvider }, answer] as const),
    );
  });
});

describe('MsgCreateFinalityProvider', () => {
  const commission = create.value.commission as Message.CommissionRates;
  const description = create.value.description as Message.Description;
  const pop = create.value.pop as Message.ProofOfPossessionBTC;

  it('passes, and with the least commission', () => {
    expect(FinalityRules.check(create, viewOf())).toEqual({ ok: true, warnings: [] });
    const value = { ...create.value, commission: { ...commission, rate: '30000000000000000' } };
    expect(FinalityRules.check({ ...create, value }, viewOf()).ok).toBe(true);
  });

  describe('each check alone', () => {
    const rate = (changes: Partial<Message.CommissionRates>) => ({ commission: { ...commission, ...changes } });
    const about = (changes: Partial<Message.Description>) => ({ description: { ...description, ...changes } });
    const c = 'finality-rules.commission';
    const d = 'finality-rules.description';
    eachAlone(create, [
      [{ btcPk: filled(33, 2) }, {}, {}, ['createProvider.0', 'sdk/2', 'finality-rules.length', 'btcPk', 'malformed data']],
      [rate({ rate: '0.05' }), {}, {}, ['createProvider.0', 'sdk/2', 'finality-rules.bad-decimal', 'commission', 'tx parse error']],
      [{ commission: undefined }, {}, {}, ['createProvider.1', 'btcstaking/1125', 'finality-rules.no-commission', 'commission', 'empty']],
      [rate({ maxRate: '' }), {}, {}, ['createProvider.1', 'undefined/111222', 'finality-rules.no-commission', 'commission', 'panic']],
      [rate({ maxRate: '-1' }), {}, {}, ['createProvider.2', 'staking/9', c, 'commission.maxRate', 'must be positive']],
      [rate({ maxRate: '1000000000000000001' }), {}, {}, ['createProvider.2', 'staking/10', c, 'commission.maxRate', 'more than 100%']],
      [rate({ rate: '-1' }), {}, {}, ['createProvider.2', 'staking/9', c, 'commission.rate', 'must be positive']],
      [rate({ rate: '200000000000000001' }), {}, {}, ['createProvider.2', 'btcstaking/1112', c, 'commission.rate', 'more than one']],
      [rate({ maxChangeRate: '-1' }), {}, {}, ['createProvider.2', 'staking/13', c, 'commission.maxChangeRate', 'change rate must be']],
      [
        rate({ maxChangeRate: '200000000000000001' }),
        {},
        {},
        ['createProvider.2', 'staking/14', c, 'commission.maxChangeRate', 'than the max'],
      ],
      [{ description: undefined }, {}, {}, ['createProvider.3', 'undefined/1', d, 'description', 'empty description']],
      [about({ moniker: '' }), {}, {}, ['createProvider.3', 'undefined/1', d, 'description.moniker', 'empty moniker']],
      [about({ moniker: 'é'.repeat(36) }), {}, {}, ['createProvider.3', 'sdk/18', d, 'description.moniker', 'got: 72, max: 70']],
      [about({ identity: 'x'.repeat(3_001) }), {}, {}, ['createProvider.3', 'sdk/18', d, 'description.identity', 'max: 3000']],
      [about({ website: 'x'.repeat(141) }), {}, {}, ['createProvider.3', 'sdk/18', d, 'description.website', 'max: 140']],
      [
        about({ securityContact: 'x'.repeat(141) }),
        {},
        {},
        ['createProvider.3', 'sdk/18', d, 'description.securityContact', 'security contact'],
      ],
      [about({ details: 'x'.repeat(281) }), {}, {}, ['createProvider.3', 'sdk/18', d, 'description.details', 'max: 280']],
      [{ btcPk: NO_KEY }, {}, {}, ['createProvider.4', 'undefined/1', 'finality-rules.no-key', 'btcPk', 'empty BTC public key']],
      [
        { btcPk: filled(32, 0xff) },
        {},
        {},
        ['createProvider.4', 'undefined/1', 'public-key.not-on-curve', 'btcPk', 'invalid BTC public key'],
      ],
      [{ pop: undefined }, {}, {}, ['createProvider.5', 'undefined/1', 'registration.no-pop', 'pop', 'empty proof of possession']],
      [{ addr: 'bbn1' }, {}, {}, ['createProvider.6', 'undefined/1', 'registration.bad-address', 'addr', 'invalid FP addr: bbn1 - ']],
      [
        { pop: { ...pop, btcSigType: 7 } },
        {},
        {},
        ['createProvider.7', 'undefined/1', 'registration.pop-type', 'pop.btcSigType', 'invalid BTC'],
      ],
      [
        { pop: { ...pop, btcSig: filled(63, 1) } },
        {},
        {},
        ['createProvider.7', 'undefined/1', 'registration.malformed-pop', 'pop.btcSig', 'BIP340'],
      ],
      [
        { addr: OWNER },
        none,
        {},
        ['createProvider.8', 'undefined/1', 'pop.invalid-signature', 'pop', 'code = InvalidArgument desc = invalid proof'],
      ],
      [
        {},
        {},
        { addr: CARRIER },
        ['createProvider.9', 'btcstaking/1103', 'finality-rules.address-taken', 'addr', 'same babylon address: bbn1'],
      ],
      [
        rate({ rate: '29999999999999999' }),
        {},
        {},
        ['createProvider.10', 'btcstaking/1111', c, 'commission.rate', 'rate of 0.030000000000000000'],
      ],
      [
        {},
        {},
        { btcPk: create.value.btcPk },
        ['createProvider.11', 'btcstaking/1103', 'finality-rules.key-taken', 'btcPk', 'already been registered'],
      ],
    ]);
  });
});

describe('arguments that are no message and no view', () => {
  it('are errors', () => {
    const message = voteAt(1_000n);
    const judge = (value: object, view: unknown = viewOf()) => codeOf(() => FinalityRules.check(untyped(value), untyped(view)));
    expect(judge({ typeUrl: '/babylon.finality.v1.MsgResumeFinalityProposal', value: {} })).toBe('finality-rules.not-checked');
    expect(judge({ ...message, value: { ...message.value, blockHeight: 5 } })).toBe('input.not-integer');
    expect(judge({ ...message, value: { ...message.value, proof: { total: 1n } } })).toBe('input.not-integer');
    expect(judge(message, {})).toBe('finality-view.not-a-view');
    expect(judge(message, null)).toBe('input.missing');
    expect(FinalityRules.check(message, { ...viewOf() })).toEqual({ ok: true, warnings: [] });
    expect(keyOf('fp1').publicKey).toEqual(provider.publicKey);
  });
});
