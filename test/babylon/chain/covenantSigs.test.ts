// MsgAddCovenantSigs: each check alone, and what passes.
import { describe, expect, it } from 'vitest';
import type * as ChainView from '../../../src/babylon/ChainView.ts';
import * as ParamsSet from '../../../src/babylon/ParamsSet.ts';
import * as Registration from '../../../src/babylon/Registration.ts';
import * as LeafSpend from '../../../src/bitcoin/LeafSpend.ts';
import * as Tx from '../../../src/bitcoin/Tx.ts';
import { filled, hex, type KeyPair, keyOf, keysOf, pks, signatureOf } from '../../support/stakes.ts';
import { ACCOUNT, covenant, memberOf, paramsOf, paramsV1, paying, recordOf, stake, V0, V1, viewOf } from './world.ts';

const member = covenant[2] as KeyPair;
const delegation = stake();
const record = recordOf(delegation);
const message = Registration.covenantSignatures({ signer: ACCOUNT, delegation, signatures: memberOf(delegation, member) });
type Value = typeof message.value;
const judge = (value: Partial<Value> = {}, view: Partial<ChainView.Options> = {}) =>
  Registration.check({ ...message, value: { ...message.value, ...value } }, viewOf({ delegations: [record], ...view }));

/** [check, code, why, field, text] */
type Answer = readonly [string, string, string, string, string];

function expectRefusal(verdict: Registration.Verdict, [check, code, why, field, text]: Answer): void {
  if (verdict.ok) throw new Error('expected a refusal');
  expect([verdict.check, `${verdict.codespace}/${verdict.code}`, verdict.why, verdict.field]).toEqual([
    `covenantSigs.${check}`,
    code,
    why,
    field,
  ]);
  expect(verdict.reference).toContain(text);
}

const signed = { ...record.covenantSigners, slashing: pks(covenant), unbonding: pks(covenant), unbondingSlashing: pks(covenant) };
const bad = 'covenant.bad-signature';
const rows: readonly (readonly [Partial<Value>, Partial<ChainView.Options>, Answer])[] = [
  [{ pk: filled(33, 2) }, {}, ['stateless.0', 'sdk/2', 'registration.key-length', 'pk', 'malformed data for BIP340 public key']],
  [{ pk: new Uint8Array(0) }, {}, ['stateless.1', 'undefined/1', 'registration.no-key', 'pk', 'empty BTC covenant public key']],
  [{ pk: filled(32, 0xff) }, {}, ['stateless.1', 'undefined/1', 'public-key.not-on-curve', 'pk', 'invalid BTC public key']],
  [{ slashingTxSigs: [] }, {}, ['stateless.2', 'undefined/1', 'registration.no-signature', 'slashingTxSigs', 'empty covenant signatures']],
  [{ stakingTxHash: 'ab' }, {}, ['stateless.3', 'undefined/1', 'registration.hash-length', 'stakingTxHash', 'is not 64']],
  [
    { unbondingTxSig: new Uint8Array(0) },
    {},
    ['stateless.4', 'undefined/1', 'registration.no-signature', 'unbondingTxSig', 'empty covenant signature'],
  ],
  [
    { unbondingTxSig: filled(63, 1) },
    {},
    ['stateless.4', 'undefined/1', 'registration.malformed-signature', 'unbondingTxSig', 'too short: 63 < 64'],
  ],
  [
    { slashingUnbondingTxSigs: [] },
    {},
    ['stateless.5', 'undefined/1', 'registration.no-signature', 'slashingUnbondingTxSigs', 'empty covenant signature'],
  ],
  [{}, { delegations: [] }, ['stateful.1', 'btcstaking/1102', 'registration.unknown-delegation', 'stakingTxHash', 'not found']],
  [{ pk: keyOf('stranger').publicKey }, {}, ['stateful.2', 'btcstaking/1107', 'covenant.not-a-member', 'pk', 'covenant pk: ']],
  [
    {},
    { delegations: [{ ...record, covenantSigners: signed }] },
    ['stateful.3', 'btcstaking/1123', 'registration.already-signed', 'pk', 'is already submitted'],
  ],
  [
    {},
    { delegations: [{ ...record, unbondingInfo: { spendStakeTx: new Uint8Array(0) } }] },
    [
      'stateful.4',
      'btcstaking/1110',
      'registration.already-unbonded',
      'stakingTxHash',
      'the BTC delegation is already unbonded: the covenant',
    ],
  ],
  [
    { slashingTxSigs: [...message.value.slashingTxSigs, ...message.value.slashingTxSigs] },
    {},
    ['stateful.5', 'btcstaking/1110', 'covenant.wrong-count', 'slashingTxSigs', 'number of covenant signatures: 2, number of finality'],
  ],
  [
    { slashingTxSigs: message.value.slashingUnbondingTxSigs },
    {},
    ['stateful.5', 'btcstaking/1110', bad, 'slashingTxSigs[0]', 'the covenant signature is not valid'],
  ],
  [{ slashingTxSigs: [filled(3, 1)] }, {}, ['stateful.5', 'btcstaking/1110', bad, 'slashingTxSigs[0]', 'err: ']],
  [
    { slashingUnbondingTxSigs: [filled(65, 1), filled(65, 1)] },
    {},
    ['stateful.6', 'btcstaking/1110', 'covenant.wrong-count', 'slashingUnbondingTxSigs', 'number of covenant signatures: 2'],
  ],
  [
    { unbondingTxSig: signatureOf(delegation.stakingSlashing, member) },
    {},
    ['stateful.7', 'btcstaking/1110', bad, 'unbondingTxSig', 'signature is not valid'],
  ],
  [
    { slashingUnbondingTxSigs: message.value.slashingTxSigs },
    {},
    ['stateful.8', 'btcstaking/1110', bad, 'slashingUnbondingTxSigs[0]', 'err: '],
  ],
  [
    { stakeExpansionTxSig: filled(64, 1) },
    {},
    [
      'stateful.9',
      'btcstaking/1110',
      'registration.unwanted-expansion-signature',
      'stakeExpansionTxSig',
      'error validating stake expansion signatures: stake expansion tx signature provided for non-stake expansion delegation',
    ],
  ],
];

describe('each check alone', () => {
  it.each(rows.map((one) => [`${one[2][0]} ${one[2][2]}`, ...one] as const))('%s', (_, value, view, answer) => {
    expectRefusal(judge(value, view), answer);
    const all = { ...message, value: { ...message.value, ...value } };
    expect(Registration.checkAll(all, viewOf({ delegations: [record], ...view })).failures[0]?.check).toBe(`covenantSigs.${answer[0]}`);
  });
});

describe('what passes', () => {
  it('before the quorum, after it, and while the stake is active', () => {
    for (const signedBy of [0, 1, 2]) expect(judge({}, { delegations: [recordOf(delegation, { signed: signedBy })] }).ok).toBe(true);
    expect(judge({}, { delegations: [recordOf(delegation, { minedHeight: 450 })] })).toEqual({ ok: true, warnings: [] });
  });

  it('not any more once it has expired', () => {
    const expired = recordOf(delegation, { minedHeight: 450 });
    expect(judge({}, { delegations: [expired], tipHeight: 1_389 }).ok).toBe(true);
    expect(judge({}, { delegations: [expired], tipHeight: 1_390 })).toMatchObject({ code: 1110, check: 'covenantSigs.stateful.4' });
  });

  it('signed in one list only is not yet signed', () => {
    const half = { ...record.covenantSigners, slashing: pks(covenant) };
    expect(judge({}, { delegations: [{ ...record, covenantSigners: half }] }).ok).toBe(true);
  });

  it('an empty expansion signature counts as none', () => {
    expect(judge({ stakeExpansionTxSig: new Uint8Array(0) }).ok).toBe(true);
  });
});

describe('for an extension', () => {
  const funding = paying(50_000n);
  const coin = Tx.outputOf(funding, 0);
  const child = stake({ inputs: [delegation.staking.outpoint, { txid: Tx.txid(funding), vout: 0 }], valueSats: 520_000n });
  const spend = LeafSpend.from({
    transaction: child.stakingTransaction,
    inputIndex: 0,
    spentOutputs: [{ scriptPubKey: delegation.contract.staking.scriptPubKey, valueSats: delegation.stakingValueSats }, coin],
    leaf: delegation.contract.staking.paths.unbonding,
  });
  const extension = { spend, signature: signatureOf(spend, member) };
  const own = Registration.covenantSignatures({ signer: ACCOUNT, delegation: child, signatures: memberOf(child, member), extension });
  const parent = recordOf(delegation, { minedHeight: 450 });
  const pending: ChainView.DelegationRecord = {
    ...recordOf(child),
    expansion: { previousStakingTxid: delegation.stakingTxid, fundingOutput: coin },
  };
  const judgeOwn = (value: Partial<Value> = {}, records: readonly ChainView.DelegationRecord[] = [parent, pending], view = {}) =>
    Registration.check({ ...own, value: { ...own.value, ...value } }, viewOf({ delegations: records, ...view }));
  const field = 'stakeExpansionTxSig';

  it('passes with the signature over the spend of the parent', () => {
    expect(judgeOwn()).toEqual({ ok: true, warnings: [] });
  });

  it('needs it, once, and right', () => {
    const { stakeExpansionTxSig: _, ...without } = own.value;
    const absent = Registration.check({ ...own, value: without }, viewOf({ delegations: [parent, pending] }));
    expectRefusal(absent, [
      'stateful.9',
      'btcstaking/1110',
      'registration.no-signature',
      field,
      'empty stake expansion covenant signature',
    ]);
    const again = { ...pending, covenantSigners: { ...pending.covenantSigners, expansion: [member.publicKey] } };
    expectRefusal(judgeOwn({}, [parent, again]), [
      'stateful.9',
      'btcstaking/1110',
      'registration.already-signed',
      field,
      'stake expansion transaction: the covenant signature is already submitted: the covenant signature is not valid',
    ]);
    for (const signature of [filled(64, 1), filled(63, 1), signatureOf(child.unbonding, member)])
      expectRefusal(judgeOwn({ [field]: signature }), [
        'stateful.9',
        'btcstaking/1110',
        'covenant.bad-signature',
        field,
        'bad covenant signature',
      ]);
  });

  it('the member belongs to the old committee too, and the committees overlap', () => {
    const fresh = keysOf('new', 2);
    const committee = (keys: readonly KeyPair[]) => ({ covenantPks: pks(keys).map(hex) });
    const others = paramsOf({ ...paramsV1, version: 2, btcActivationHeight: 450, ...committee([...fresh, covenant[0] as KeyPair]) });
    const set = ParamsSet.from([V0, V1, others]);
    expectRefusal(judgeOwn({}, [{ ...parent, paramsVersion: 2 }, pending], { paramsSet: set }), [
      'stateful.9',
      'btcstaking/1110',
      'covenant.not-a-member',
      field,
      'was not a member at params (version 2) of the previous delegation',
    ]);
    const apart = paramsOf({ ...paramsV1, version: 2, btcActivationHeight: 450, ...committee([...fresh, member]) });
    expectRefusal(judgeOwn({}, [{ ...parent, paramsVersion: 2 }, pending], { paramsSet: ParamsSet.from([V0, V1, apart]) }), [
      'stateful.9',
      'btcstaking/1110',
      'extension-tx.covenant-overlap',
      field,
      'not enough overlap in covenant committee members for stake expansion: quorum=2',
    ]);
  });

  it('the parent must be known', () => {
    expectRefusal(judgeOwn({}, [pending]), [
      'stateful.1',
      'btcstaking/1102',
      'registration.unknown-delegation',
      'stakingTxHash',
      'failed to get previous BTC delegation for stake expansion',
    ]);
  });
});
