// MsgAddBTCDelegationInclusionProof, MsgBTCUndelegate, MsgSelectiveSlashingEvidence: each check alone, the first of two, and what passes.
import { describe, expect, it } from 'vitest';
import type * as ChainView from '../../../src/babylon/ChainView.ts';
import type * as Delegation from '../../../src/babylon/Delegation.ts';
import * as ExtensionTx from '../../../src/babylon/ExtensionTx.ts';
import * as Registration from '../../../src/babylon/Registration.ts';
import * as Witness from '../../../src/babylon/Witness.ts';
import * as Bytes from '../../../src/base/Bytes.ts';
import * as Hex from '../../../src/base/Hex.ts';
import * as InclusionProof from '../../../src/bitcoin/InclusionProof.ts';
import * as LeafSpend from '../../../src/bitcoin/LeafSpend.ts';
import * as Sighash from '../../../src/bitcoin/Sighash.ts';
import * as Tx from '../../../src/bitcoin/Tx.ts';
import * as Schnorr from '../../../src/crypto/Schnorr.ts';
import { filled, P2TR, P2WPKH, pks, signatureOf, signedBy } from '../../support/stakes.ts';
import { ACCOUNT, blockWith, changed, covenant, mineOf, partsOf, paying, provider, recordOf, stake, staker, TIP, viewOf } from './world.ts';

const delegation = stake();
const mined = mineOf(delegation, 450);
const verified = recordOf(delegation);

/** [check, code, why, field, text] of a refusal. */
type Answer = readonly [string, string, string, string, string];

function expectRefusal(verdict: Registration.Verdict, [check, code, why, field, text]: Answer): void {
  if (verdict.ok) throw new Error('expected a refusal');
  expect([verdict.check, `${verdict.codespace}/${verdict.code}`, verdict.why, verdict.field]).toEqual([check, code, why, field]);
  expect(verdict.reference).toContain(text);
}

describe('inclusion proof of a verified delegation', () => {
  const message = Registration.inclusion({ signer: ACCOUNT, delegation, inclusionProof: mined.inclusionProof });
  type Value = typeof message.value;
  const judge = (value: Partial<Value> = {}, view: Partial<ChainView.Options> = {}) =>
    Registration.check(
      { ...message, value: { ...message.value, ...value } },
      viewOf({ delegations: [verified], headers: [mined.header], ...view }),
    );
  const at = (height: number) => {
    const block = mineOf(delegation, height);
    return [{ stakingTxInclusionProof: block.wire }, { headers: [block.header] }] as const;
  };
  const proof = 'stakingTxInclusionProof';
  const rows: readonly (readonly [Partial<Value>, Partial<ChainView.Options>, Answer])[] = [
    [
      { [proof]: { key: { index: 1, hash: filled(31, 1) }, proof: filled(32, 1) } },
      {},
      ['inclusion.stateless.0', 'sdk/2', 'registration.hash-length', `${proof}.key.hash`, 'invalid header hash length'],
    ],
    [{ stakingTxHash: 'ab' }, {}, ['inclusion.stateless.1', 'undefined/1', 'registration.hash-length', 'stakingTxHash', 'is not 64']],
    [{ [proof]: undefined }, {}, ['inclusion.stateless.2', 'undefined/1', 'registration.no-proof', proof, 'empty inclusion proof']],
    [
      { [proof]: { proof: filled(32, 1) } },
      {},
      ['inclusion.stateless.3', 'undefined/1', 'registration.no-proof-key', `${proof}.key`, 'invalid inclusion proof: key in'],
    ],
    [
      { signer: 'bbn1' },
      {},
      ['inclusion.stateless.4', 'undefined/1', 'registration.bad-address', 'signer', 'invalid signer addr: bbn1 - '],
    ],
    [
      { stakingTxHash: 'zz'.repeat(32) },
      {},
      ['inclusion.stateful.1', 'undefined/1', 'registration.hash-not-hex', 'stakingTxHash', 'encoding/hex'],
    ],
    [{}, { delegations: [] }, ['inclusion.stateful.1', 'btcstaking/1102', 'registration.unknown-delegation', 'stakingTxHash', 'not found']],
    [
      {},
      {
        delegations: [
          { ...verified, expansion: { previousStakingTxid: stake({ outputIndex: 1 }).stakingTxid, fundingOutput: funds(1n) } },
          recordOf(stake({ outputIndex: 1 })),
        ],
      },
      ['inclusion.stateful.2', 'undefined/1', 'registration.is-expansion', 'stakingTxHash', 'use MsgBTCUndelegate'],
    ],
    [
      {},
      { delegations: [recordOf(delegation, { minedHeight: 450 })] },
      ['inclusion.stateful.3', 'undefined/1', 'registration.already-proved', proof, 'already has inclusion proof'],
    ],
    [
      {},
      { delegations: [recordOf(delegation, { signed: 1 })] },
      ['inclusion.stateful.4', 'undefined/1', 'registration.no-quorum', proof, 'has not received a quorum'],
    ],
    [
      {},
      { delegations: [{ ...verified, unbondingInfo: { spendStakeTx: new Uint8Array(0) } }] },
      ['inclusion.stateful.5', 'undefined/1', 'registration.already-unbonded', proof, 'is already unbonded'],
    ],
    [{}, { headers: [] }, ['inclusion.stateful.6', 'undefined/1', 'registration.unknown-block', `${proof}.key.hash`, 'is not found in']],
    [
      { [proof]: { ...mined.wire, proof: filled(96, 1) } },
      {},
      ['inclusion.stateful.6', 'btcstaking/1108', 'registration.not-included', `${proof}.proof`, 'invalid inclusion proof: not included'],
    ],
    [
      ...at(TIP - 9),
      ['inclusion.stateful.6', 'btcstaking/1108', 'registration.not-deep', proof, 'invalid inclusion proof: not k-deep: k=10; depth=9'],
    ],
    [
      ...at(404),
      ['inclusion.stateful.7', 'btcstaking/1124', 'registration.included-too-early', proof, '405, staking tx inclusion height: 404'],
    ],
  ];

  it.each(rows.map((one) => [`${one[2][0]} ${one[2][2]}`, ...one] as const))('%s', (_, value, view, answer) => {
    expectRefusal(judge(value, view), answer);
    const report = Registration.checkAll(
      { ...message, value: { ...message.value, ...value } },
      viewOf({ delegations: [verified], headers: [mined.header], ...view }),
    );
    expect(report.failures[0]?.check).toBe(answer[0]);
  });

  it('passes, also in the very block that was the tip at creation', () => {
    expect(judge()).toEqual({ ok: true, warnings: [] });
    expect(judge(...at(405))).toEqual({ ok: true, warnings: [] });
    const { btcTipHeight: _, ...unknownTip } = verified;
    const early = at(404);
    expect(judge(early[0], { ...early[1], delegations: [unknownTip] }).ok).toBe(true);
  });

  it('a stake that was registered without proof though it was mined is lost: what the check of the registration prevents', () => {
    const registered = recordOf(delegation, { btcTipHeight: TIP });
    expectRefusal(judge({}, { delegations: [registered] }), [
      'inclusion.stateful.7',
      'btcstaking/1124',
      'registration.included-too-early',
      proof,
      'the staking transaction is included too early in BTC chain',
    ]);
    const again = Registration.create({ ...partsOf(delegation), inclusionProof: mined.inclusionProof });
    expect(Registration.check(again, viewOf({ delegations: [registered], headers: [mined.header] }))).toMatchObject({ code: 1106 });
  });
});

function funds(valueSats: bigint): { readonly scriptPubKey: Uint8Array; readonly valueSats: bigint } {
  return { scriptPubKey: P2TR, valueSats };
}

describe('undelegation', () => {
  const unbond = (one: Delegation.Delegation): Tx.Transaction =>
    signedBy(one.contract, 'unbonding', one.unbonding, { staker: [staker], covenant: covenant.slice(0, 2) });
  const spending = unbond(delegation);
  const block = blockWith(delegation.unbonding.txid, 495);
  const message = Registration.undelegate({ signer: ACCOUNT, delegation, spendingTransaction: spending, inclusionProof: block.proof });
  type Value = typeof message.value;
  const active = recordOf(delegation, { minedHeight: 450 });
  const judge = (value: Partial<Value> = {}, view: Partial<ChainView.Options> = {}) =>
    Registration.check(
      { ...message, value: { ...message.value, ...value } },
      viewOf({ delegations: [active], headers: [block.header], ...view }),
    );
  const proof = 'stakeSpendingTxInclusionProof';
  const wire = message.value[proof] as NonNullable<Value[typeof proof]>;
  const witness = (change: (items: Uint8Array[]) => Uint8Array[]): Partial<Value> => ({
    stakeSpendingTx: changed(message.value.stakeSpendingTx, (tx) => tx.setWitness(0, change([...(tx.ins[0]?.witness ?? [])]))),
  });
  const put = (fromEnd: number, item: Uint8Array) => witness((items) => items.map((one, i) => (i === items.length - fromEnd ? item : one)));
  const otherParity = () => {
    const control = Bytes.copy(delegation.contract.staking.paths.unbonding.controlBlock);
    control[0] = (control[0] as number) ^ 1;
    return put(1, control);
  };
  const field = 'stakeSpendingTx';
  const refused = (why: string, text: string, where = field): Answer => ['undelegate.stateful.6', 'btcstaking/1119', why, where, text];
  const rows: readonly (readonly [Partial<Value>, Partial<ChainView.Options>, Answer])[] = [
    [
      { [proof]: { ...wire, key: { index: 1, hash: filled(1, 1) } } },
      {},
      ['undelegate.stateless.0', 'sdk/2', 'registration.hash-length', `${proof}.key.hash`, 'invalid header hash length'],
    ],
    [{ stakingTxHash: '' }, {}, ['undelegate.stateless.1', 'undefined/1', 'registration.hash-length', 'stakingTxHash', 'is not 64']],
    [{ [proof]: undefined }, {}, ['undelegate.stateless.2', 'undefined/1', 'registration.no-proof', proof, 'empty inclusion proof']],
    [
      { [proof]: { proof: wire.proof } },
      {},
      ['undelegate.stateless.2', 'undefined/1', 'registration.no-proof-key', `${proof}.key`, 'key in InclusionProof is nil'],
    ],
    [
      { [field]: new Uint8Array(0) },
      {},
      ['undelegate.stateless.3', 'undefined/1', 'registration.no-spending-transaction', field, 'empty delegator unbonding signature'],
    ],
    [
      { [field]: filled(9, 9) },
      {},
      ['undelegate.stateless.4', 'undefined/1', 'registration.malformed-transaction', field, 'invalid stake spending tx tx: '],
    ],
    [
      {
        [field]: changed(message.value[field], (tx) => {
          tx.outs.length = 0;
        }),
      },
      {},
      ['undelegate.stateless.5', 'undefined/1', 'tx.no-outputs', field, 'invalid stake spending tx: '],
    ],
    [
      {},
      { delegations: [] },
      ['undelegate.stateful.1', 'btcstaking/1102', 'registration.unknown-delegation', 'stakingTxHash', 'not found'],
    ],
    [
      {},
      { delegations: [{ ...active, unbondingInfo: { spendStakeTx: new Uint8Array(0) } }] },
      [
        'undelegate.stateful.1',
        'btcstaking/1119',
        'registration.already-unbonded',
        'stakingTxHash',
        'cannot unbond an unbonded BTC delegation',
      ],
    ],
    [
      {},
      { tipHeight: 1_390 },
      [
        'undelegate.stateful.1',
        'btcstaking/1119',
        'registration.already-unbonded',
        'stakingTxHash',
        'cannot unbond an unbonded BTC delegation',
      ],
    ],
    [
      {},
      { headers: [] },
      ['undelegate.stateful.2', 'btcstaking/1119', 'registration.unknown-block', `${proof}.key.hash`, 'is not on BTC chain'],
    ],
    [
      { [proof]: { ...wire, proof: filled(32, 2) } },
      {},
      ['undelegate.stateful.3', 'btcstaking/1119', 'registration.not-included', `${proof}.proof`, 'invalid inclusion proof'],
    ],
    [
      {},
      { delegations: [active, recordOf(stake({ outputIndex: 1 }))] },
      ['undelegate.stateful.4', 'btcstaking/1119', 'registration.other-spend', field, 'does not spend the expected output'],
    ],
    [
      { fundingTransactions: [] },
      {},
      [
        'undelegate.stateful.5',
        'btcstaking/1119',
        'registration.no-funding-transactions',
        'fundingTransactions',
        'no funding transactions provided',
      ],
    ],
    [
      { fundingTransactions: [filled(5, 5)] },
      {},
      [
        'undelegate.stateful.5',
        'btcstaking/1119',
        'registration.malformed-transaction',
        'fundingTransactions[0]',
        'failed to parse funding',
      ],
    ],
    [witness((items) => items.slice(-2)), {}, refused('registration.no-witness', 'Expected at least 3 elements in the witness stack')],
    [witness(() => []), {}, refused('registration.no-witness', 'Provided amount of elements: 0')],
    [put(1, filled(34, 0xc0)), {}, refused('registration.bad-control-block', 'failed to parse control block in witness')],
    [put(1, filled(65, 0xc0)), {}, refused('registration.bad-control-block', 'failed to verify taproot leaf commitment')],
    [otherParity(), {}, refused('registration.bad-control-block', 'failed to verify taproot leaf commitment')],
    [put(2, filled(10, 1)), {}, refused('registration.bad-control-block', 'failed to verify taproot leaf commitment')],
    [put(3, filled(66, 1)), {}, refused('registration.malformed-signature', 'invalid sig len: 66')],
    [put(3, Bytes.concat(filled(64, 1), Uint8Array.of(0))), {}, refused('registration.malformed-signature', 'invalid sig len: 65')],
    [put(3, filled(64, 0xff)), {}, refused('registration.malformed-signature', 'r >= field prime')],
    [
      put(3, Bytes.concat(filled(64, 1), Uint8Array.of(4))),
      {},
      refused('sighash.bad-hash-type', 'failed to calculate tapscript signature hash'),
    ],
    [
      put(3, signatureOf(delegation.stakingSlashing, staker)),
      {},
      refused('registration.bad-signature', 'failed to verify schnorr signature'),
    ],
    [
      { fundingTransactions: [Tx.encode(paying(1n))] },
      {},
      refused('registration.missing-funding-transaction', 'which is not in funding transactions', 'fundingTransactions'),
    ],
  ];

  it.each(rows.map((one) => [`${one[2][0]} ${one[2][2]}`, ...one] as const))('%s', (_, value, view, answer) => {
    const changes = view.delegations?.length === 2 ? { ...value, stakingTxHash: stake({ outputIndex: 1 }).stakingTxid } : value;
    expectRefusal(judge(changes, view), answer);
    const all = { ...message, value: { ...message.value, ...changes } };
    expect(Registration.checkAll(all, viewOf({ delegations: [active], headers: [block.header], ...view })).failures[0]?.check).toBe(
      answer[0],
    );
  });

  it('passes at any depth, for delegations that nobody proved, with an annex, with a hash type', () => {
    expect(judge()).toEqual({ ok: true, warnings: [] });
    expect(judge({}, { delegations: [recordOf(delegation, { signed: 0 })] }).ok).toBe(true);
    expect(judge({}, { delegations: [verified] }).ok).toBe(true);
    const spend = delegation.unbonding;
    const annex = Uint8Array.of(0x50, 1);
    const context = Sighash.prepare(spend.transaction, spend.spentOutputs);
    const hash = Sighash.tapscript(context, 0, spend.leaf.leafHash, { annex });
    const own = Schnorr.sign(hash, staker.secretKey, new Uint8Array(32));
    expect(judge(witness((items) => [...items.map((one, i) => (i === items.length - 3 ? own : one)), annex])).ok).toBe(true);
    expect(judge(put(3, signatureOf(spend, staker, 1))).ok).toBe(true);
    expect(judge(put(3, signatureOf(spend, staker, 0x81))).ok).toBe(true);
  });

  it('a slashing of the stake satisfies it: the staker signed that too', () => {
    const spend = delegation.stakingSlashing;
    const slashed = signedBy(delegation.contract, 'slashing', spend, {
      staker: [staker],
      finalityProvider: [provider],
      covenant: covenant.slice(0, 2),
    });
    const own = blockWith(spend.txid, 495);
    const report = Registration.undelegate({ signer: ACCOUNT, delegation, spendingTransaction: slashed, inclusionProof: own.proof });
    expect(Registration.check(report, viewOf({ delegations: [active], headers: [own.header] })).ok).toBe(true);
  });

  it('index 0 and bits beyond the branch pass here, the latter with a warning', () => {
    const first = blockWith(delegation.unbonding.txid, 496, 0);
    const value = {
      [proof]: { key: { index: 0, hash: Hex.decode(first.proof.blockHash).reverse() }, proof: InclusionProof.toBytes(first.proof) },
    };
    expect(judge(value, { headers: [first.header] }).ok).toBe(true);
    const large = { ...wire, key: { ...(wire.key as NonNullable<typeof wire.key>), index: 2 + 16 } };
    expect(judge({ [proof]: large }).warnings.map(({ why }) => why)).toEqual(['registration.index-beyond-branch']);
  });

  describe('of a parent by its extension', () => {
    const old = delegation;
    const funding = paying(50_000n);
    const child = stake({ inputs: [old.staking.outpoint, { txid: Tx.txid(funding), vout: 0 }], valueSats: 520_000n });
    const [stakeOutput, coin] = [
      { scriptPubKey: old.contract.staking.scriptPubKey, valueSats: old.stakingValueSats },
      Tx.outputOf(funding, 0),
    ];
    const spend = LeafSpend.from({
      transaction: child.stakingTransaction,
      inputIndex: 0,
      spentOutputs: [stakeOutput, coin],
      leaf: old.contract.staking.paths.unbonding,
    });
    const signatures = { staker: [{ publicKey: staker.publicKey, signature: signatureOf(spend, staker) }], covenant: covenantSigs(spend) };
    const transaction = spend.withWitness(Witness.assemble({ contract: old.contract, path: 'unbonding', spend, signatures }).stack);
    const deep = blockWith(child.stakingTxid, 470);
    const report = (inclusionProof: InclusionProof.InclusionProof) =>
      Registration.undelegate({
        signer: ACCOUNT,
        delegation: old,
        spendingTransaction: transaction,
        inclusionProof,
        fundingTransactions: [funding],
      });
    const signers = { ...verified.covenantSigners, expansion: pks(covenant.slice(0, 2)) };
    const pending: ChainView.DelegationRecord = {
      ...recordOf(child),
      covenantSigners: signers,
      expansion: { previousStakingTxid: old.stakingTxid, fundingOutput: coin },
    };
    const judgeAt = (height: number, record: ChainView.DelegationRecord = pending, view: Partial<ChainView.Options> = {}) => {
      const own = blockWith(child.stakingTxid, height);
      return Registration.check(report(own.proof), viewOf({ delegations: [active, record], headers: [own.header], ...view }));
    };

    it('passes once the extension is deep', () => {
      expect(Registration.check(report(deep.proof), viewOf({ delegations: [active, pending], headers: [deep.header] }))).toEqual({
        ok: true,
        warnings: [],
      });
      expect(judgeAt(490).ok).toBe(true);
      expectRefusal(judgeAt(491), [
        'undelegate.stateful.3',
        'btcstaking/1119',
        'registration.not-deep',
        proof,
        'failed to handle stake expansion inclusion: invalid inclusion proof: not k-deep',
      ]);
    });

    it('asks the extension for everything that a proof needs', () => {
      const whys = [
        judgeAt(470, { ...pending, covenantSigners: verified.covenantSigners }),
        judgeAt(470, { ...pending, btcTipHeight: 471 }),
        judgeAt(470, { ...pending, startHeight: 470, endHeight: 1_470 }),
      ].map((verdict) => (verdict.ok ? 'passed' : verdict.why));
      expect(whys).toEqual(['registration.no-quorum', 'registration.included-too-early', 'registration.already-proved']);
    });

    it('an extension that was unbonded before stands in the way under the releases before v4.3 only', () => {
      const unbonded = { ...pending, unbondingInfo: { spendStakeTx: new Uint8Array(0) } };
      expect(judgeAt(491, unbonded).ok).toBe(true);
      expectRefusal(judgeAt(470, unbonded, { release: 'v4.0' }), [
        'undelegate.stateful.3',
        'btcstaking/1119',
        'registration.already-unbonded',
        proof,
        'is already unbonded: invalid undelegation request',
      ]);
    });

    it('lacks a previous transaction', () => {
      const value = { ...report(deep.proof).value, fundingTransactions: [Tx.encode(old.stakingTransaction)] };
      const verdict = Registration.check({ ...message, value }, viewOf({ delegations: [active, pending], headers: [deep.header] }));
      expectRefusal(verdict, refused('registration.missing-funding-transaction', Tx.txid(funding), 'fundingTransactions'));
    });

    it('ExtensionTx builds the same spend', () => {
      const built = ExtensionTx.build({
        previous: old,
        contract: child.contract,
        valueSats: child.stakingValueSats,
        funding: { outpoint: { txid: Tx.txid(funding), vout: 0 }, ...coin },
        changeScriptPubKey: P2WPKH,
        feeRateSatsPerKvb: 2_000n,
      });
      expect(built.spend.leaf).toEqual(spend.leaf);
    });
  });
});

function covenantSigs(spend: LeafSpend.LeafSpend): Witness.KeySignature[] {
  return covenant.slice(0, 2).map((pair) => ({ publicKey: pair.publicKey, signature: signatureOf(spend, pair) }));
}

describe('selective slashing', () => {
  const message = Registration.selectiveSlashing({
    signer: ACCOUNT,
    finalityProviderPk: provider.publicKey,
    recoveredSecretKey: provider.secretKey,
  });
  const judge = (value: Partial<typeof message.value> = {}, view: Partial<ChainView.Options> = {}) =>
    Registration.check({ ...message, value: { ...message.value, ...value } }, viewOf(view));
  const key = 'recoveredFpBtcSk';

  it('passes for a provider that is known and not slashed', () => {
    expect(judge()).toEqual({ ok: true, warnings: [] });
    expect(judge({}, { finalityProviders: [{ btcPk: provider.publicKey, slashed: false, jailed: true, softDeleted: true }] }).ok).toBe(
      true,
    );
  });

  it.each<[Partial<typeof message.value>, Partial<ChainView.Options>, Answer]>([
    [
      { signer: '' },
      {},
      ['selectiveSlashing.stateless.1', 'undefined/1', 'registration.bad-address', 'signer', 'invalid signer addr:  - '],
    ],
    [
      { [key]: filled(31, 1) },
      {},
      ['selectiveSlashing.stateless.2', 'undefined/1', 'registration.key-length', key, 'Expected length: 32, got 31'],
    ],
    [{ [key]: filled(32, 0) }, {}, ['selectiveSlashing.own.1', 'satlock/0', 'secret-key.out-of-range', key, 'zero']],
    [
      { [key]: filled(32, 1) },
      {},
      ['selectiveSlashing.stateful.1', 'btcstaking/1100', 'registration.unknown-provider', key, 'is not found'],
    ],
    [
      {},
      { finalityProviders: [{ btcPk: provider.publicKey, slashed: true, jailed: false, softDeleted: false }] },
      ['selectiveSlashing.stateful.2', 'btcstaking/1104', 'registration.slashed-provider', key, 'has already been slashed'],
    ],
  ])('%#', (value, view, answer) => {
    const verdict = judge(value, view);
    expectRefusal(verdict, answer);
    const report = Registration.checkAll({ ...message, value: { ...message.value, ...value } }, viewOf(view));
    expect(report.failures[0]?.check).toBe(answer[0]);
    expect(JSON.stringify([verdict, report])).not.toContain('01'.repeat(31));
  });

  it('tells nothing of the key', () => {
    const text = JSON.stringify([judge({}, { finalityProviders: [] }), judge()]);
    expect(text).not.toContain(Hex.encode(provider.secretKey));
  });
});
