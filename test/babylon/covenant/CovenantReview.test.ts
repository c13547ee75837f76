// The member's own look: what passes, and every single forgery that must be found by it alone, with consistent signatures of the staker.
import { describe, expect, it } from 'vitest';
import * as CovenantReview from '../../../src/babylon/CovenantReview.ts';
import * as CovenantSigner from '../../../src/babylon/CovenantSigner.ts';
import * as Networks from '../../../src/babylon/Networks.ts';
import * as ProofOfPossession from '../../../src/babylon/ProofOfPossession.ts';
import { failure, hex, untyped } from '../../support/stakes.ts';
import { dataOf } from '../../vectors/support.ts';
import { ACCOUNT, covenant, created, STRANGER, stake, staker, V1 } from '../chain/world.ts';
import { attacker, forgedUnbonding, pay, ROWS, V0_JSON } from './forgeries.ts';
import { altered, delegation, faultOf, member, policy, rest, restOf, signedBy, stranger, withFields } from './requests.ts';

const review = (json: unknown, changes: Partial<CovenantReview.Policy> = {}): CovenantReview.Report =>
  CovenantReview.review({
    subject: CovenantReview.fromRest(json),
    policy: { ...policy, ...changes },
    covenantPk: member.publicKey,
  });

describe('what passes', () => {
  it('a delegation by the rules: every question is answered, in the fixed order', () => {
    const report = review(rest);
    expect(report.items.filter(({ outcome }) => outcome === 'failed' || outcome === 'not-reached')).toEqual([]);
    expect(report.ok).toBe(true);
    expect(report.items.map(({ check }) => check)).toEqual(CovenantReview.CHECKS);
    expect(report.items.map(({ number }) => number)).toEqual(CovenantReview.CHECKS.map((_, i) => i + 1));
    expect(new Set(CovenantReview.CHECKS).size).toBe(CovenantReview.CHECKS.length);
    expect(report.items.filter(({ outcome }) => outcome === 'passed').length).toBeGreaterThanOrEqual(35);
    // Goes into a file as it is.
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it('slashing transactions of version 1, with a larger slash and a larger fee than asked: the chain takes them', () => {
    const own = stake({ slashingTxVersion: 1 });
    expect(faultOf(restOf(own))).toBeUndefined();
    const slashing = altered(delegation.stakingSlashing.transaction, ({ outs: [slashed, change] }) => {
      if (slashed !== undefined) slashed.value += 2n;
      if (change !== undefined) change.value -= 500n;
    });
    expect(faultOf(restOf(delegation, { slashing }))).toBeUndefined();
  });

  it('above the quorum: it is told, and is no obstacle', () => {
    const report = review(withFields(rest, signedBy(covenant.slice(0, 2))));
    expect(report.ok).toBe(true);
    expect(report.items.at(-1)).toMatchObject({ check: 'state.quorum', outcome: 'told', expected: 'quorum 2' });
    expect(report.items.at(-1)?.got).toBe('2 slashing, 2 unbonding, 2 unbonding slashing');
  });

  it('a member that stands in one list only, and an active stake', () => {
    const one = { covenant_sigs: [{ cov_pk: hex(member.publicKey), adaptor_sigs: [] }] };
    expect(faultOf(withFields(rest, one))).toBeUndefined();
    expect(faultOf(withFields(rest, { start_height: 450, end_height: 1_450 }))).toBeUndefined();
  });

  it('a real delegation of the public testnet, under the parameters of its network', () => {
    const json = dataOf<{ readonly btc_delegation: object }>('babylon/upstream/testnet-delegation.json').btc_delegation;
    const { paramsSet } = Networks.from('bbn-test-5');
    const subject = CovenantReview.fromRest(json);
    const strange = CovenantReview.review({ subject, policy: { paramsSet } });
    expect(CovenantReview.failures(strange).map(({ check }) => check)).toEqual([]);
    const signer = paramsSet.versions[6]?.covenantPks[0];
    if (signer === undefined) throw new Error('no committee');
    // A member that stands there already is told so, with the chain's code.
    const signed = subject.record.covenantSigners.slashing[0];
    if (signed === undefined) throw new Error('nobody signed');
    const again = CovenantReview.review({ subject, policy: { paramsSet }, covenantPk: signed });
    expect(CovenantReview.failures(again)).toMatchObject([{ check: 'state.not-signed', reference: 'btcstaking/1123' }]);
  });

  it('a message of the staker with its proof of possession', () => {
    const message = created(stake());
    const subject = CovenantReview.fromMessage(message, { params: V1 });
    const report = CovenantReview.review({ subject, policy: { ...policy, requirePop: true }, covenantPk: member.publicKey });
    expect(CovenantReview.failures(report)).toEqual([]);
    expect(report.items.find(({ check }) => check === 'staker.possession')?.outcome).toBe('passed');
  });

  it.each([
    ['a proof of a type that there is not', { pop: { btcSigType: 9, btcSig: new Uint8Array(64) } }, 'covenant-review.unknown-pop-type'],
    ['a proof that is none', { pop: 5 }, 'input.not-object'],
    ['no list of bytes for a signature', { delegatorSlashingSig: undefined }, 'input.not-bytes'],
    ['text for a signature', { delegatorUnbondingSlashingSig: 'aa' }, 'input.not-bytes'],
  ])('no message with %s', (_, changes, code) => {
    const message = created(stake());
    const changed = { ...message, value: { ...message.value, ...changes } };
    expect(failure(() => CovenantReview.fromMessage(untyped(changed), { params: V1 })).code).toBe(code);
  });
});

describe('refused by the member alone', () => {
  it.each(ROWS.map((row) => [row[0], row] as const))('%s', (_, [, json, fault, changes = {}]) => {
    expect(faultOf(json(), changes)).toEqual(fault);
    const subject = CovenantReview.fromRest(json());
    const { reason } = failure(() => CovenantSigner.prepare({ subject, policy: { ...policy, ...changes }, covenantPk: member.publicKey }));
    expect(reason).toMatchObject({ code: 'covenant-signer.refused' });
    const { checks = [] } = reason as { readonly checks?: readonly string[] };
    expect(checks).toContain(fault[0]);
    // A second line: whatever is wrong with a pre-signed transaction, it is not the rebuilt one either.
    const [, of] = /^((?:unbonding-)?slashing|unbonding)\./.exec(fault[0]) ?? [];
    if (of !== undefined) expect(checks).toContain(`${of}.rebuilt`);
  });

  it('an unbonded stake, also where no tip height is known', () => {
    const unbonded = withFields(rest, { '.delegator_unbonding_info_response': { spend_stake_tx_hex: '' } });
    const subject = CovenantReview.fromRest(unbonded);
    const report = CovenantReview.review({ subject, policy: { paramsSet: policy.paramsSet }, covenantPk: member.publicKey });
    expect(CovenantReview.failures(report)).toMatchObject([{ check: 'state.open', why: 'registration.already-unbonded' }]);
  });

  it('a member of no committee, and one of the other version only', () => {
    expect(faultOf(rest, {}, { covenantPk: stranger.publicKey })).toEqual(['keys.member', 'covenant.not-a-member', 'btcstaking/1107']);
  });

  it('a proof of possession of another account, of another key, or of no known form', () => {
    const good = ProofOfPossession.sign({ type: 'BIP340', secretKey: staker.secretKey, babylonAddress: ACCOUNT });
    const popOf = (pop: ProofOfPossession.Pop) => ({ btc_sig_type: pop.type, btc_sig: Buffer.from(pop.signature).toString('base64') });
    expect(faultOf(rest, { requirePop: true }, { pop: popOf(good) })).toBeUndefined();
    const bad = [
      ProofOfPossession.sign({ type: 'BIP340', secretKey: staker.secretKey, babylonAddress: STRANGER }),
      ProofOfPossession.sign({ type: 'ECDSA', secretKey: stranger.secretKey, babylonAddress: ACCOUNT }),
    ];
    for (const one of bad) expect(faultOf(rest, {}, { pop: popOf(one) })?.[0]).toBe('staker.possession');
    expect(failure(() => faultOf(rest, {}, { pop: { btc_sig_type: 9, btc_sig: '' } })).code).toBe('covenant-review.unknown-pop-type');
  });
});

describe('versions', () => {
  it('one that was replaced within the week may still be waiting, one that was replaced before may not', () => {
    expect(faultOf(V0_JSON, { tipHeight: 1_407 })).toBeUndefined();
    expect(faultOf(V0_JSON, { tipHeight: 1_408 })?.[0]).toBe('params.height');
    expect(faultOf(V0_JSON, { tipHeight: 1_500, registrationAgeBlocks: 2_000 })).toBeUndefined();
  });

  it('a stake registered with proof has the version of its block, one without that of the tip of then', () => {
    const mined = withFields(V0_JSON, { start_height: 399, end_height: 1_399 });
    expect(faultOf(mined, { createdAtHeight: 450 })).toBeUndefined();
    expect(faultOf(withFields(V0_JSON, { start_height: 400, end_height: 1_400 }), { createdAtHeight: 450 })?.[0]).toBe('params.height');
    expect(faultOf(withFields(V0_JSON, { start_height: 405, end_height: 1_405 }), { createdAtHeight: 399 })).toBeUndefined();
  });
});

describe('the text', () => {
  it('has a line for each question and ends with the verdict', () => {
    expect(CovenantReview.toText(review(rest))).toMatch(/every check passed$/);
    const text = CovenantReview.toText(review(forgedUnbonding(pay(0, attacker))));
    for (const check of CovenantReview.CHECKS) expect(text).toContain(` ${check}: `);
    expect(text).toContain(`got      ${hex(attacker)}`);
    expect(text).toMatch(/refused: .*unbonding\.script/);
  });
});

describe('what stands behind a transaction', () => {
  it('is a warning: the chain stores it', () => {
    const report = review(withFields(rest, { slashing_tx_hex: `${rest['slashing_tx_hex'] as string}00` }));
    expect([report.ok, report.warnings]).toEqual([true, ['slashingTx: 1 bytes stand behind the transaction']]);
  });
});
