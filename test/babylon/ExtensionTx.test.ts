// Extensions: two inputs in their order, the old committee's witness, and what the chain asks of new terms.
import { describe, expect, it } from 'vitest';
import * as Delegation from '../../src/babylon/Delegation.ts';
import * as ExtensionTx from '../../src/babylon/ExtensionTx.ts';
import type * as StakingContract from '../../src/babylon/StakingContract.ts';
import * as Witness from '../../src/babylon/Witness.ts';
import * as Coin from '../../src/bitcoin/Coin.ts';
import * as LeafSpend from '../../src/bitcoin/LeafSpend.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import { BARE_P2SH, coinOf, type Kind, P2PKH, sign } from '../support/coins.ts';
import {
  BURN,
  castOf,
  codeOf,
  contractOf,
  failure,
  filled,
  hex,
  judge,
  keyOf,
  keysOf,
  P2TR,
  P2WPKH,
  pks,
  RULES,
  reference,
  refusal,
  sats,
  signaturesOf,
  stakeOf,
  stakingTransaction,
  untyped,
} from '../support/stakes.ts';
import { purseOf, walletCoin } from '../support/wallets.ts';

const cast = castOf();
const { delegation: previous } = stakeOf(cast, { outputIndex: 1 });
const next = contractOf(cast, { stakingTimeBlocks: 2016 });
const build = (options: Partial<Record<keyof ExtensionTx.build.Options, unknown>> = {}): ExtensionTx.build.Built =>
  ExtensionTx.build(
    untyped<ExtensionTx.build.Options>({
      previous,
      contract: next,
      valueSats: sats(500_000),
      funding: coinOf('P2TR', 30_000n),
      changeScriptPubKey: P2WPKH,
      feeRateSatsPerKvb: 1_000n,
      ...options,
    }),
  );
const fails = (options: Partial<Record<keyof ExtensionTx.build.Options, unknown>>) => () => build(options);
const other = (changes: Partial<StakingContract.Options>, of = cast): StakingContract.StakingContract =>
  contractOf(of, { stakingTimeBlocks: 2016, ...changes });

describe('the worked example', () => {
  it('gives the sighash of input 0, which covers both prevouts', () => {
    const small = castOf({ covenant: keysOf('cov', 3), covenantQuorum: 2 });
    const stakingTx = Tx.fromHex(
      '020000000111111111111111111111111111111111111111111111111111111111111111110300000000ffffffff0220a1070000000000225120d3aefe29fd5c62d7b2382b1f7c956cc4d8342e6f310c1c0bf2553fa96f93110840e2010000000000160014222222222222222222222222222222222222222200000000',
    );
    const old = Delegation.from({ contract: contractOf(small), rules: RULES, stakingTransaction: stakingTx });
    const funding = {
      outpoint: { txid: '55'.repeat(32), vout: 1 },
      valueSats: 30_000n,
      scriptPubKey: Uint8Array.from([0, 20, ...filled(20, 0x44)]),
    };
    const contract = contractOf(small, { stakingTimeBlocks: 2016 });
    // The example leaves 5,000 sat to the fee; at this rate the builder leaves the same.
    const transaction = Tx.fromHex(
      '0200000002f55c2b5f13c95133194ae640220780855adf60408ab7d7290ae8d45c7a4ee9870000000000ffffffff55555555555555555555555555555555555555555555555555555555555555550100000000ffffffff0220a10700000000002251204b0f5ea2f47120f0d84b62488471536760a75f8ca41abdcd9f979a6ed55aedbba861000000000000160014222222222222222222222222222222222222222200000000',
    );
    expect(ExtensionTx.check({ transaction, previous: old, contract, funding })).toEqual({ stakingOutputIndex: 0 });
    const built = build({ previous: old, contract, funding, feeRateSatsPerKvb: 1_000n });
    const same = Tx.copy(built.transaction);
    Object.assign(same.outs[1] as object, { value: 25_000n });
    expect(Tx.toHex(same)).toBe(Tx.toHex(transaction));
    expect(Tx.txid(transaction)).toBe('6e1fe0f93e71ea7c9d05dc661354905fe72cac0d0388c7e8818cda39457b9628');
    const spend = LeafSpend.from({ transaction, inputIndex: 0, spentOutputs: built.spend.spentOutputs, leaf: built.spend.leaf });
    expect(hex(spend.sighash())).toBe('32b0038ffe6911189021df9ae909fe3cf0f107db383b97aa36b1b5c0a09d552e');
  });
});

describe('the weight announced is the weight of the signed transaction', () => {
  // vbytes: no change, P2WPKH change, P2TR change.
  it.each([
    ['P2WPKH', [388, 419, 431]],
    ['P2TR', [378, 409, 421]],
    ['P2SH-P2WPKH', [411, 442, 454]],
    ['P2WSH 2-of-3', [425, 456, 468]],
  ] as const)('%s', (kind: Kind, expected) => {
    const sizes = [
      { funding: coinOf(kind, 600n) },
      { funding: coinOf(kind, 30_000n) },
      { funding: coinOf(kind, 30_000n), changeScriptPubKey: P2TR },
    ].map((options) => {
      const { spend, transaction, signedWeight, feeSats } = build(options);
      const signatures = { staker: signaturesOf(spend, cast.stakers), covenant: signaturesOf(spend, cast.covenant) };
      const { stack } = Witness.assemble({ contract: previous.contract, path: 'unbonding', spend, signatures });
      const signed = spend.withWitness(stack);
      const prevouts: readonly Tx.SpentOutput[] = [spend.spentOutputs[0] as Tx.SpentOutput, options.funding];
      sign(signed, 1, kind, prevouts);
      expect(signed.weight()).toBe(signedWeight);
      expect(Tx.txid(signed)).toBe(Tx.txid(transaction));
      expect(500_000n + options.funding.valueSats - signed.outs.reduce((sum, { value }) => sum + value, 0n)).toBe(feeSats);
      if (kind === 'P2WPKH' || kind === 'P2TR') expect(judge(signed, prevouts)).toBe('valid');
      return signed.virtualSize();
    });
    expect(sizes).toEqual(expected);
  });

  it('of a bigger old committee: 20 of 30, with a leaf of more than 1000 bytes', () => {
    const big = castOf({ covenant: keysOf('many', 30), covenantQuorum: 20 });
    const { delegation } = stakeOf(big);
    const { spend, signedWeight } = build({ previous: delegation, contract: other({}, big) });
    const signatures = { staker: signaturesOf(spend, big.stakers), covenant: signaturesOf(spend, big.covenant) };
    const signed = spend.withWitness(Witness.assemble({ contract: delegation.contract, path: 'unbonding', spend, signatures }).stack);
    const prevouts = [spend.spentOutputs[0] as Tx.SpentOutput, coinOf('P2TR', 30_000n)];
    sign(signed, 1, 'P2TR', prevouts);
    expect(signed.weight()).toBe(signedWeight);
    expect(judge(signed, prevouts)).toBe('valid');
  });
});

describe('funding', () => {
  it('is refused when it is the stake itself, also with its txid in upper case', () => {
    const { scriptPubKey } = previous.contract.staking;
    for (const txid of [previous.stakingTxid, previous.stakingTxid.toUpperCase()])
      expect(codeOf(fails({ funding: { outpoint: { txid, vout: 1 }, valueSats: 500_000n, scriptPubKey } }))).toBe(
        'extension-tx.funding-is-the-stake',
      );
  });

  it('is refused when signing it changes the txid', () => {
    const coin = coinOf('P2TR', 30_000n);
    expect(codeOf(fails({ funding: { ...coin, scriptPubKey: P2PKH } }))).toBe('coin.txid-changes');
    expect(codeOf(fails({ funding: { ...coin, ...BARE_P2SH } }))).toBe('coin.txid-changes');
  });

  it('is refused without value, with too little, and with amounts that are none', () => {
    expect(reference(fails({ funding: coinOf('P2TR', 0n) }))).toEqual([
      'extension-tx.funding-without-value',
      'stake expansion funding output has invalid value 0',
    ]);
    expect(failure(fails({ funding: coinOf('P2TR', 377n) })).reason).toMatchObject({
      code: 'extension-tx.insufficient-funds',
      haveSats: '500377',
    });
    expect(build({ funding: coinOf('P2TR', 378n) }).changeSats).toBe(0n);
    for (const value of ['30000', 30_000, Number.NaN])
      expect(refusal(fails({ funding: { ...coinOf('P2TR', 1n), valueSats: value } }))).toEqual(['input.not-integer', 'funding.valueSats']);
  });

  it('does not burn change: it is refused above the ceiling, and scripts that give it away are refused', () => {
    expect(codeOf(fails({ feeRateSatsPerKvb: 1_000_001n }))).toBe('input.out-of-range');
    for (const script of [BURN, new Uint8Array(0)])
      expect(refusal(fails({ changeScriptPubKey: script }))).toEqual(['address.not-payable', 'changeScriptPubKey']);
  });

  it('changed after the build changes no sighash', () => {
    const coin = coinOf('P2TR', 30_000n);
    const scriptPubKey = Buffer.from(coin.scriptPubKey);
    const { spend } = build({ funding: { ...coin, scriptPubKey } });
    scriptPubKey.fill(0);
    expect(hex(spend.sighash())).toBe(hex(build().spend.sighash()));
  });
});

describe('fund', () => {
  const CHANGE = purseOf('p2wpkh').scriptPubKey;
  const fund = (options: Partial<Record<keyof ExtensionTx.fund.Options, unknown>> = {}): ExtensionTx.fund.Funded =>
    ExtensionTx.fund(
      untyped<ExtensionTx.fund.Options>({
        previous,
        contract: next,
        valueSats: sats(500_000),
        candidates: [],
        changeScriptPubKey: CHANGE,
        feeRateSatsPerKvb: 2_000n,
        ...options,
      }),
    );
  const planOf = (act: () => unknown): ExtensionTx.ConsolidationPlan => {
    const { reason } = failure(act);
    expect(reason.code).toBe('extension-tx.needs-consolidation');
    return (reason as unknown as { plan: ExtensionTx.ConsolidationPlan }).plan;
  };

  it('takes the one coin that wastes least: none other would do better', () => {
    for (const values of [
      [900n, 1_000n, 50_000n],
      [2_000n, 800n, 790n],
      [60_000n, 70_000n],
    ]) {
      const candidates = values.flatMap((value, i) => [walletCoin('p2tr', value, i), walletCoin('p2wpkh', value, i)]);
      const found = fund({ candidates });
      const cost = ({ feeSats, changeSats }: ExtensionTx.build.Built, kind: number): bigint =>
        feeSats * 4000n + (changeSats > 0n ? 272n * 2_000n : 0n) - BigInt(kind) * 2_000n;
      const best = Math.min(
        ...candidates.flatMap((coin) => {
          try {
            const weight = Coin.inputWeight(Coin.toInput(coin));
            return [Number(cost(build({ funding: coin, changeScriptPubKey: CHANGE, feeRateSatsPerKvb: 2_000n }), weight))];
          } catch {
            return [];
          }
        }),
      );
      // Fees are whole satoshi of whole vbytes.
      expect(Number(cost(found, Coin.inputWeight(Coin.toInput(found.funding))))).toBeLessThanOrEqual(best + 4_000 + 3 * 2_000);
      expect(found.transaction.ins).toHaveLength(2);
    }
  });

  it('H31: excludes the stake itself and every output of both contracts', () => {
    const outputs = [previous.contract, next].flatMap(({ staking, unbonding, slashingChange }) => [staking, unbonding, slashingChange]);
    const own = outputs.map(({ scriptPubKey }, vout) => ({ outpoint: { txid: 'dd'.repeat(32), vout }, valueSats: 900_000n, scriptPubKey }));
    const stake = {
      outpoint: { txid: previous.stakingTxid, vout: 1 },
      valueSats: 500_000n,
      scriptPubKey: previous.contract.staking.scriptPubKey,
    };
    const good = walletCoin('p2wpkh', 5_000n);
    const found = fund({ candidates: [stake, ...own, good] });
    expect(found.funding).toBe(good);
    expect(found.skipped.map(({ why }) => why)).toEqual(own.map(() => 'never-use').concat('never-use'));
    expect(codeOf(() => fund({ candidates: [stake, ...own] }))).toBe('extension-tx.insufficient-funds');
    for (const coin of own) expect(codeOf(fails({ funding: coin }))).toBe('staking-tx.coin-is-the-contract');
    for (const { scriptPubKey } of outputs)
      expect(codeOf(fails({ changeScriptPubKey: scriptPubKey }))).toBe('extension-tx.change-is-the-contract');
  });

  it('H30, row 23: five small coins give a plan to make one of them, and that one is enough', () => {
    for (const raise of [0n, 700n]) {
      for (const kind of ['p2wpkh', 'p2tr', 'p2sh-p2wpkh', 'p2wsh 2-of-3', 'p2pkh'] as const) {
        const candidates = [1, 2, 3, 4, 5].map((id) => walletCoin(kind, 375n, id));
        const changeScriptPubKey = purseOf(kind === 'p2pkh' ? 'p2tr' : kind).scriptPubKey;
        const options = { candidates, changeScriptPubKey, feeRateSatsPerKvb: 1_000n, valueSats: sats(500_000n + raise) };
        const plan = planOf(() => fund(options));
        const transaction = Tx.fromHex(plan.transaction);
        expect(transaction.ins.length).toBe(plan.inputs.length);
        expect([hex(transaction.outs[0]?.script ?? P2TR), transaction.outs[0]?.value]).toEqual([plan.scriptPubKey, BigInt(plan.valueSats)]);
        expect(375n * BigInt(plan.inputs.length)).toBe(BigInt(plan.valueSats) + BigInt(plan.feeSats));
        const { previousTransaction: _, ...one } = walletCoin(kind === 'p2pkh' ? 'p2tr' : kind, BigInt(plan.valueSats), 9);
        expect(hex(one.scriptPubKey)).toBe(plan.scriptPubKey);
        expect(fund({ ...options, candidates: [one] }).transaction.outs[0]?.value).toBe(500_000n + raise);
      }
    }
  });

  it('row 23: the plan leaves never-use and spent coins alone, and says when all together are not enough', () => {
    const candidates = [1, 2, 3, 4, 5].map((id) => walletCoin('p2wpkh', 375n, id));
    const [first, second] = candidates as [Coin.Coin, Coin.Coin];
    const isSpent = ({ outpoint }: Coin.Coin): boolean => outpoint.txid === second.outpoint.txid;
    const plan = planOf(() => fund({ candidates, neverUse: [first.outpoint], isSpent, feeRateSatsPerKvb: 1_000n }));
    const used = plan.inputs.map(({ txid }) => txid);
    expect(used).not.toContain(first.outpoint.txid);
    expect(used).not.toContain(second.outpoint.txid);
    expect(failure(() => fund({ candidates, valueSats: sats(900_000), feeRateSatsPerKvb: 1_000n })).reason).toMatchObject({
      code: 'extension-tx.insufficient-funds',
      haveSats: '1875',
    });
    expect(codeOf(() => fund())).toBe('extension-tx.insufficient-funds');
  });

  it('checks terms before coins', () => {
    expect(codeOf(() => fund({ valueSats: sats(499_999) }))).toBe('extension-tx.value-decreased');
    expect(codeOf(() => fund({ contract: other({ stakerPk: keyOf('thief').publicKey }) }))).toBe('extension-tx.other-staker');
    expect(codeOf(() => fund({ feeRateSatsPerKvb: 1_000_001n }))).toBe('input.out-of-range');
  });
});

describe('terms', () => {
  it('keep the staker and, on the chain, the provider', () => {
    expect(reference(fails({ contract: other({ stakerPk: keyOf('thief').publicKey }) }))).toEqual([
      'extension-tx.other-staker',
      'staker pk does not match previous staker pk',
    ]);
    const provider = { finalityProviderPks: pks([keyOf('fp2')]) };
    expect(codeOf(fails({ contract: other({ ...provider, profile: 'babylon-v4' }) }))).toBe('extension-tx.other-finality-provider');
    expect(fails({ contract: other(provider) })).not.toThrow();
  });

  it('keep quorum and number of several stakers', () => {
    const three = castOf({ stakers: keysOf('s', 3), stakerQuorum: 2 });
    const { delegation } = stakeOf(three);
    for (const stakers of [
      { pks: pks(three.stakers), quorum: 3 },
      { pks: pks(keysOf('s', 2)), quorum: 2 },
    ])
      expect(codeOf(fails({ previous: delegation, contract: other({ stakers }, three) }))).toBe('extension-tx.other-staker');
    expect(
      fails({ previous: delegation, contract: other({ stakers: { pks: pks(three.stakers).reverse(), quorum: 2 } }, three) }),
    ).not.toThrow();
  });

  it('raise or keep the value', () => {
    expect(reference(fails({ valueSats: sats(499_999) }))).toEqual([
      'extension-tx.value-decreased',
      'staking expansion output amount 499999 is less than previous delegation amount 500000',
    ]);
    expect(build({ valueSats: sats(510_000) }).transaction.outs[0]?.value).toBe(510_000n);
    for (const value of [500_000, '500000']) expect(refusal(fails({ valueSats: value }))).toEqual(['input.not-integer', 'valueSats']);
  });

  it('need as many common members as the larger quorum: a new member cannot sign for the old output', () => {
    const committee = (kept: number, fresh: number, quorum: number): StakingContract.StakingContract =>
      other({ covenantPks: pks([...keysOf('cov', kept), ...keysOf('new', fresh)]), covenantQuorum: quorum });
    expect(fails({ contract: committee(6, 3, 6) })).not.toThrow();
    expect(failure(fails({ contract: committee(5, 4, 5) })).reason).toMatchObject({
      code: 'extension-tx.covenant-overlap',
      needed: 6,
      common: 5,
    });
    expect(failure(fails({ contract: committee(6, 4, 7) })).reason).toMatchObject({ needed: 7, common: 6 });
  });
});

describe('check', () => {
  const funding: Coin.Coin = coinOf('P2TR', 30_000n);
  const check =
    (change: (transaction: Tx.Transaction) => void, options: Partial<ExtensionTx.check.Options> = {}) =>
    () => {
      const transaction = Tx.copy(build().transaction);
      change(transaction);
      return ExtensionTx.check({ transaction, previous, contract: next, funding, ...options });
    };
  const nothing = (): void => undefined;

  it('takes what build gives, and other outputs in any order', () => {
    expect(check(nothing)()).toEqual({ stakingOutputIndex: 0 });
    expect(check((t) => void t.outs.reverse())()).toEqual({ stakingOutputIndex: 1 });
  });

  const txid = previous.stakingTxid;
  it.each([
    ['one input', (t: Tx.Transaction) => t.ins.pop(), 'extension-tx.wrong-input-count', 'stake expansion must have 2 inputs (TxIn)'],
    [
      'three inputs',
      (t: Tx.Transaction) => t.addInput(filled(32, 9), 0),
      'extension-tx.wrong-input-count',
      'stake expansion must have 2 inputs (TxIn)',
    ],
    [
      'the inputs swapped',
      (t: Tx.Transaction) => t.ins.reverse(),
      'extension-tx.wrong-input',
      `stake expansion first input must be the previous staking transaction hash ${txid}`,
    ],
    [
      'another funding',
      (t: Tx.Transaction) => Object.assign(t.ins[1] as object, { hash: filled(32, 9) }),
      'extension-tx.wrong-input',
      `stake expansion second input must be the given funding tx hash ${'55'.repeat(32)}`,
    ],
    [
      'another funding output',
      (t: Tx.Transaction) => Object.assign(t.ins[1] as object, { index: 4 }),
      'extension-tx.wrong-input',
      "the given funding tx doesn't have the expected output index 4",
    ],
    [
      'another output of the staking transaction',
      (t: Tx.Transaction) => Object.assign(t.ins[0] as object, { index: 0 }),
      'extension-tx.wrong-input',
      'staking expansion tx input index 0 does not match previous delegation staking output index 1',
    ],
    [
      'no stake',
      (t: Tx.Transaction) => t.outs.shift(),
      'staking-tx.no-staking-output',
      'staking tx does not contain expected staking output',
    ],
    [
      'less stake',
      (t: Tx.Transaction) => Object.assign(t.outs[0] as object, { value: 499_999n }),
      'extension-tx.value-decreased',
      'staking expansion output amount 499999 is less than previous delegation amount 500000',
    ],
    [
      'no fee',
      (t: Tx.Transaction) => Object.assign(t.outs[1] as object, { value: 30_000n }),
      'extension-tx.no-fee',
      'invalid transaction fee: inputs 530000 <= outputs 530000',
    ],
  ] as const)('refuses %s', (_, change, code, text) => expect(reference(check(change))).toEqual([code, text]));

  it('refuses other terms, and a stake that is there twice', () => {
    expect(codeOf(check(nothing, { contract: other({ stakerPk: keyOf('thief').publicKey }) }))).toBe('extension-tx.other-staker');
    expect(codeOf(check((t) => void t.outs.push({ script: next.staking.scriptPubKey, value: 1n })))).toBe(
      'staking-tx.several-staking-outputs',
    );
    expect(codeOf(check((t) => void t.outs.splice(0)))).toBe('tx.no-outputs');
  });

  it('is about the previous stake at its own index, whatever that is', () => {
    for (const index of [0, 1, 5]) {
      const { delegation } = stakeOf(cast, { stakingTransaction: stakingTransaction(previous.contract, 500_000n, index) });
      const { transaction } = build({ previous: delegation });
      expect(Tx.outpointOf(transaction, 0)).toEqual({ txid: delegation.stakingTxid, vout: index });
      expect(ExtensionTx.check({ transaction, previous: delegation, contract: next, funding })).toEqual({ stakingOutputIndex: 0 });
    }
  });
});
