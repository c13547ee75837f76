// What becomes of a vote: every row of the table of forks, repetitions and conflicts, and evidence as nodes write it.
import { describe, expect, it } from 'vitest';
import * as Evidence from '../../../src/babylon/Evidence.ts';
import * as FinalityRules from '../../../src/babylon/FinalityRules.ts';
import type * as FinalityView from '../../../src/babylon/FinalityView.ts';
import * as PublicKey from '../../../src/crypto/PublicKey.ts';
import type * as SecretKey from '../../../src/crypto/SecretKey.ts';
import { codeOf, filled, hex, keyOf, SEED, untyped } from '../../support/stakes.ts';
import { appHashAt, blockAt, CARRIER, provider, TIP, type Vote, viewOf, voteAt } from './world.ts';

const H = TIP;
const canonical = voteAt(H);
const fork = voteAt(H, filled(32, 1));
const otherFork = voteAt(H, filled(32, 2));
const asFork = ({ value }: Vote) => ({ appHash: value.blockAppHash, signature: value.finalitySig, pubRand: value.pubRand });
const knowing = (votes: FinalityView.StoredVotes, more: Partial<FinalityView.ProviderOptions> = {}) =>
  viewOf({}, { votes: new Map([[H, votes]]), ...more });
const of = (message: Vote, view: FinalityView.FinalityView) => FinalityRules.consequenceOf(message, view);
const signed = { canonicalSignature: canonical.value.finalitySig };

describe('a vote for the chain’s block', () => {
  it('is counted, its fee comes back, and it raises the highest height', () => {
    expect(of(canonical, viewOf())).toEqual({
      kind: 'canonical',
      slashed: false,
      refundable: true,
      countsForLiveness: true,
      highestVotedHeight: 1_000,
    });
    expect(of(canonical, viewOf({}, { highestVotedHeight: 2_000 }))).toMatchObject({ highestVotedHeight: 2_000 });
  });

  it('is counted late too, but not for liveness', () => {
    expect(of(voteAt(996n), viewOf())).toMatchObject({ kind: 'canonical', refundable: true, countsForLiveness: false });
    // Block 1001 executes it: for 998 that is the last in time, for 997 one too late.
    expect(of(voteAt(998n), viewOf())).toMatchObject({ countsForLiveness: true });
    expect(of(voteAt(997n), viewOf())).toMatchObject({ countsForLiveness: false });
  });

  it('is refused when it comes again, harmlessly', () => {
    expect(of(canonical, knowing(signed))).toMatchObject({
      kind: 'rejected',
      failure: { check: 'vote.11', codespace: 'finality', code: 1109 },
      revealsKey: false,
    });
  });

  it('after a vote for a fork slashes, and the evidence gives the key', () => {
    const result = of(canonical, knowing({ fork: asFork(fork) }));
    expect(result).toMatchObject({ kind: 'completes-evidence', slashed: true, refundable: false });
    if (result.kind !== 'completes-evidence') return;
    expect(Evidence.check(result.evidence)).toBeUndefined();
    expect(hex(PublicKey.ofSecret(Evidence.extractKey(result.evidence as Evidence.Evidence)))).toBe(hex(provider.publicKey));
  });
});

describe('a vote for another block', () => {
  it('succeeds, is stored as half an evidence, and is not refunded', () => {
    const result = of(fork, viewOf());
    expect(result).toMatchObject({ kind: 'fork', slashed: false, refundable: false, replaces: 'nothing', revealsKey: false });
    if (result.kind === 'fork') expect(Evidence.check(result.evidence)).toBe('half');
  });

  it('after the canonical vote slashes', () => {
    const result = of(fork, knowing(signed));
    expect(result).toMatchObject({ kind: 'fork', slashed: true, revealsKey: true });
    if (result.kind !== 'fork') return;
    expect(Evidence.verify(result.evidence)).toBe(true);
    expect(result.evidence).toMatchObject({ canonicalAppHash: appHashAt(H), forkAppHash: filled(32, 1), height: H });
  });

  it('again overwrites the same; another fork overwrites the first, slashes nobody and gives the key away', () => {
    expect(of(fork, knowing({ fork: asFork(fork) }))).toMatchObject({
      kind: 'fork',
      slashed: false,
      replaces: 'the same',
      revealsKey: false,
    });
    expect(of(otherFork, knowing({ fork: asFork(fork) }))).toMatchObject({
      kind: 'fork',
      slashed: false,
      replaces: 'another fork',
      revealsKey: true,
    });
  });

  it.each([
    ['a jailed provider', {}, { jailed: true }, 'vote.9'],
    ['a slashed provider', {}, { slashedBabylonHeight: 5n }, 'vote.8'],
    ['a provider without power', {}, { power: new Map() }, 'vote.10'],
    ['a final and timestamped block', { blocks: [blockAt(H, true)], lastFinalizedEpoch: 10n }, {}, 'vote.5'],
  ] as const)('of %s is refused without evidence, and gives the key away all the same', (_, chain, ofProvider, check) => {
    const view = viewOf(chain, { votes: new Map([[H, signed]]), ...ofProvider });
    expect(of(fork, view)).toMatchObject({ kind: 'rejected', failure: { check }, revealsKey: true });
  });

  it('for a final block that is not timestamped yet is evidence still', () => {
    const view = viewOf({ blocks: [blockAt(H, true)], lastFinalizedEpoch: 9n }, { votes: new Map([[H, signed]]) });
    expect(of(fork, view)).toMatchObject({ kind: 'fork', slashed: true });
  });

  it('that does not verify gives nothing away', () => {
    const forged = { ...fork, value: { ...fork.value, finalitySig: filled(32, 5) } };
    expect(of(forged, knowing(signed))).toMatchObject({ kind: 'rejected', failure: { check: 'vote.14' }, revealsKey: false });
    const other = voteAt(999n, filled(32, 1));
    expect(of(other, viewOf({}, { votes: new Map([[999n, { canonicalSignature: filled(32, 5) }]]) }))).toMatchObject({ revealsKey: false });
  });
});

describe('evidence of a node', () => {
  const result = of(fork, knowing(signed));
  const evidence = (result.kind === 'fork' ? result.evidence : undefined) as Evidence.Evidence;
  const json = Evidence.toRest(evidence);

  it('is read as it is written, alone and in its field', () => {
    expect(json).toEqual({
      fp_btc_pk_hex: hex(provider.publicKey),
      block_height: '1000',
      pub_rand: Buffer.from(evidence.pubRand).toString('base64'),
      canonical_app_hash: Buffer.from(appHashAt(H)).toString('base64'),
      fork_app_hash: Buffer.alloc(32, 1).toString('base64'),
      canonical_finality_sig: Buffer.from(canonical.value.finalitySig).toString('base64'),
      fork_finality_sig: Buffer.from(fork.value.finalitySig).toString('base64'),
    });
    expect(Evidence.fromRest(json)).toEqual(evidence);
    expect(Evidence.fromRest({ evidence: json })).toEqual(evidence);
    const { fp_btc_pk_hex, ...rest } = json;
    expect(Evidence.fromRest({ ...rest, fp_btc_pk: fp_btc_pk_hex })).toEqual(evidence);
  });

  it('is half without a canonical signature, however that is written', () => {
    for (const nothing of [null, undefined, '']) {
      const half = Evidence.fromRest({ ...json, canonical_finality_sig: nothing });
      expect(Evidence.check(half)).toBe('half');
      expect(codeOf(() => Evidence.selectiveSlashing({ evidence: half, signer: CARRIER }))).toBe('evidence.half');
    }
  });

  it('is taken once from a list that repeats it', () => {
    const second = { ...json, block_height: '1001' };
    const page = Evidence.listFromRest({ evidences: [json, json, second, json], pagination: { next_key: 'AA==', total: '0' } });
    expect([page.evidences.map(({ height }) => height), page.nextKey]).toEqual([[1_000n, 1_001n], 'AA==']);
    expect(Evidence.listFromRest({ evidences: null, pagination: { next_key: null } })).toEqual({ evidences: [], nextKey: undefined });
  });

  it.each([
    [{ block_height: 1_000 }, 'input.not-text'],
    [{ block_height: '01' }, 'finality-view.not-decimal'],
    [{ block_height: '18446744073709551616' }, 'input.out-of-range'],
    [{ pub_rand: 'xyz' }, 'finality-view.not-base64'],
    [{ fork_finality_sig: 'AA==' }, 'input.wrong-length'],
    [{ fp_btc_pk_hex: 'ab' }, 'input.wrong-length'],
    [{ fork_app_hash: undefined }, 'input.not-text'],
  ])('with %j is refused', (changes, code) => {
    expect(codeOf(() => Evidence.fromRest({ ...json, ...changes }))).toBe(code);
  });

  it('that does not verify gives no key, and says which vote is at fault', () => {
    const say = (changes: Partial<Evidence.StoredEvidence>) => {
      const changed = { ...evidence, ...changes };
      return [Evidence.check(changed), codeOf(() => Evidence.selectiveSlashing({ evidence: changed, signer: CARRIER }))];
    };
    expect(say({ canonicalFinalitySig: filled(32, 3) })).toEqual(['canonical-signature', 'evidence.invalid-vote']);
    expect(say({ forkFinalitySig: filled(32, 3) })).toEqual(['fork-signature', 'evidence.invalid-vote']);
    expect(say({ forkAppHash: evidence.canonicalAppHash })).toEqual(['same-block', 'evidence.same-block']);
    expect(say({ height: 1_001n })).toEqual(['canonical-signature', 'evidence.invalid-vote']);
    expect(codeOf(() => Evidence.check(untyped({ ...evidence, pubRand: filled(31, 1) })))).toBe('input.wrong-length');
  });

  it('becomes the message that slashes by the key alone', () => {
    const { typeUrl, value } = Evidence.selectiveSlashing({ evidence, signer: CARRIER });
    expect(typeUrl).toBe('/babylon.btcstaking.v1.MsgSelectiveSlashingEvidence');
    expect(value.signer).toBe(CARRIER);
    expect(hex(PublicKey.ofSecret(value.recoveredFpBtcSk as SecretKey.SecretKey))).toBe(hex(provider.publicKey));
    expect(codeOf(() => Evidence.selectiveSlashing({ evidence, signer: 'bbn1' }))).toBe('babylon-address.malformed');
  });

  it('is not for another provider, whatever its key says', () => {
    const changed = { ...evidence, finalityProviderPk: keyOf('fp2').publicKey };
    expect(Evidence.verify(changed)).toBe(false);
    expect(SEED).toBeGreaterThan(0);
  });
});
