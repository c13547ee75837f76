// The staking transaction: weights as measured on signed transactions, honest fees, and no coin whose signature changes the txid.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as StakingContract from '../../src/babylon/StakingContract.ts';
import * as StakingTx from '../../src/babylon/StakingTx.ts';
import type * as Coin from '../../src/bitcoin/Coin.ts';
import * as Fee from '../../src/bitcoin/Fee.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import { BARE_P2SH, coinOf, type Kind, P2PKH, sign } from '../support/coins.ts';
import {
  BURN,
  bytes,
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
  refusal,
  SEED,
  sats,
  untyped,
} from '../support/stakes.ts';
import { STABLE_KINDS, signWallet, WALLET_KINDS, walletCoin } from '../support/wallets.ts';

const contract = contractOf(castOf());
const build = (options: Partial<StakingTx.build.Options> = {}): StakingTx.build.Built =>
  StakingTx.build({
    contract,
    valueSats: sats(500_000),
    coins: [coinOf('P2WPKH', 1_000_000n)],
    changeScriptPubKey: P2WPKH,
    feeRateSatsPerKvb: 1_000n,
    ...options,
  });
const fails = (options: Partial<Record<keyof StakingTx.build.Options, unknown>>) => () =>
  build(untyped<Partial<StakingTx.build.Options>>(options));
/** 73 bytes: OP_RETURN and 71 bytes of data. */
const DATA = bytes(`6a47${'00'.repeat(71)}`);

describe('the weight announced is the weight of the signed transaction', () => {
  // vbytes with one input: no change, P2WPKH change, P2TR change, data output and P2WPKH change; two inputs and P2WPKH change.
  const TABLE: readonly (readonly [Kind, readonly [number, number, number, number, number]])[] = [
    ['P2SH-P2WPKH', [145, 176, 188, 258, 267]],
    ['P2WPKH', [122, 153, 165, 235, 221]],
    ['P2WSH 2-of-3', [158, 189, 201, 271, 294]],
    ['P2WSH 3-of-5', [194, 225, 237, 307, 364]],
    ['P2TR', [111, 142, 154, 224, 200]],
  ];

  it.each(TABLE)('%s', (kind, expected) => {
    const one = [coinOf(kind, 1_000_000n)];
    const shapes: readonly Partial<StakingTx.build.Options>[] = [
      { coins: [coinOf(kind, 500_400n)] },
      { coins: one },
      { coins: one, changeScriptPubKey: P2TR },
      { coins: one, opReturnScript: DATA },
      { coins: [coinOf(kind, 400_000n, 1), coinOf(kind, 400_000n, 2)] },
    ];
    const sizes = shapes.map((shape) => {
      const { transaction, signedWeight, feeSats } = build(shape);
      const coins = shape.coins as readonly Coin.Coin[];
      const signed = Tx.copy(transaction);
      for (const i of coins.keys()) sign(signed, i, kind, coins);
      expect(signed.weight()).toBe(signedWeight);
      expect(Tx.txid(signed)).toBe(Tx.txid(transaction));
      const paid = coins.reduce((sum, coin) => sum + coin.valueSats, 0n) - signed.outs.reduce((sum, { value }) => sum + value, 0n);
      expect(paid).toBe(feeSats);
      if (kind === 'P2TR' || kind === 'P2WPKH') expect(judge(signed, coins)).toBe('valid');
      return signed.virtualSize();
    });
    expect(sizes).toEqual(expected);
  });
});

describe('fees', () => {
  it('are paid as asked, within a satoshi, from 0.1 to 1000 sat/vB', () => {
    const kinds: readonly Kind[] = ['P2WPKH', 'P2TR', 'P2SH-P2WPKH', 'P2WSH 2-of-3', 'P2WSH 3-of-5'];
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...kinds), { minLength: 1, maxLength: 12 }),
        fc.bigInt({ min: 100n, max: 1_000_000n }),
        (list, rate) => {
          const coins = list.map((kind, i) => coinOf(kind, 10_000_000n, i + 1));
          const { feeSats, signedWeight, changeSats, transaction } = build({ coins, feeRateSatsPerKvb: rate });
          expect(changeSats).toBeGreaterThan(0n);
          expect(feeSats).toBe(Fee.at(signedWeight, Fee.rate(rate)));
          expect(transaction.outs.map(({ value }) => value)).toEqual([500_000n, changeSats]);
        },
      ),
      { seed: SEED },
    );
  });

  it('include change that is dropped: what is reported is what is paid', () => {
    // 153 sat for the fee with change; the change would be 293 and is dust, so that 446 are paid.
    const { feeSats, changeSats, transaction } = build({ coins: [coinOf('P2WPKH', 500_446n)] });
    expect([feeSats, changeSats, transaction.outs.length]).toEqual([446n, 0n, 1]);
  });

  it('keep change from its dust limit on: 294 for P2WPKH, 330 for P2TR, 546 for P2PKH', () => {
    const changeAt = (have: bigint, changeScriptPubKey: Uint8Array): bigint =>
      build({ coins: [coinOf('P2WPKH', have)], changeScriptPubKey }).changeSats;
    for (const [script, min, fee] of [
      [P2WPKH, 294n, 153n],
      [P2TR, 330n, 165n],
      [P2PKH, 546n, 156n],
    ] as const) {
      expect(changeAt(500_000n + fee + min, script)).toBe(min);
      expect(changeAt(500_000n + fee + min - 1n, script)).toBe(0n);
    }
  });

  it('do not make a stake impossible whose change would not fit', () => {
    // 486 weight units without change, 610 with it: any rest from 0 on is enough, also where the change would cost more than there is.
    const fee = Fee.at(486, Fee.rate(20_000n));
    for (let rest = 0n; rest < 700n; rest += 7n)
      expect(build({ coins: [coinOf('P2WPKH', 500_000n + fee + rest)], feeRateSatsPerKvb: 20_000n }).feeSats).toBe(fee + rest);
    expect(failure(fails({ coins: [coinOf('P2WPKH', 500_000n + fee - 1n)], feeRateSatsPerKvb: 20_000n })).reason).toEqual({
      code: 'staking-tx.insufficient-funds',
      haveSats: String(500_000n + fee - 1n),
      needSats: String(500_000n + fee),
    });
  });

  it('above the ceiling are refused unless they are allowed by name', () => {
    expect(refusal(fails({ feeRateSatsPerKvb: 1_000_001n }))).toEqual(['input.out-of-range', 'feeRateSatsPerKvb']);
    expect(build({ feeRateSatsPerKvb: 1_500_000n, maxFeeRateSatsPerKvb: 1_500_000n }).feeSats).toBe(
      Fee.at(610, Fee.rate(1_500_000n, 'rate', 1_500_000n)),
    );
    for (const max of [Number.NaN, 2e6, '2000000'])
      expect(codeOf(fails({ feeRateSatsPerKvb: 1_500_000n, maxFeeRateSatsPerKvb: max }))).toBe('input.not-integer');
    expect(codeOf(fails({ coins: [coinOf('P2WPKH', 500_446n)], maxFeeRateSatsPerKvb: 2_000n }))).toBe('fee.too-high');
  });
});

describe('coins', () => {
  it('of legacy type are refused before anything is built: the signed txid would be another than the registered one', () => {
    const legacy = { ...coinOf('P2WPKH', 1_000_000n, 0x77), scriptPubKey: P2PKH };
    expect(failure(fails({ coins: [coinOf('P2TR', 1_000_000n), legacy] })).reason).toEqual({
      code: 'coin.txid-changes',
      field: 'coins[1]',
      kind: 'p2pkh',
    });
    expect(codeOf(fails({ coins: [{ ...legacy, ...BARE_P2SH }] }))).toBe('coin.txid-changes');
  });

  it('twice in the list are refused, also when one txid is in upper case', () => {
    const coin = { ...coinOf('P2WPKH', 400_000n), outpoint: { txid: 'ab'.repeat(32), vout: 0 } };
    for (const txid of ['ab'.repeat(32), 'AB'.repeat(32)])
      expect(codeOf(fails({ coins: [coin, { ...coin, outpoint: { txid, vout: 0 } }] }))).toBe('tx.duplicate-input');
  });

  it('with values that are no satoshi are refused: text would be joined', () => {
    const two = (value: unknown): unknown =>
      [coinOf('P2WPKH', 1n, 1), coinOf('P2WPKH', 1n, 2)].map((coin) => ({ ...coin, valueSats: value }));
    for (const value of ['300000', 300_000, Number.NaN, 0.5])
      expect(refusal(fails({ coins: two(value) }))).toEqual(['input.not-integer', 'coins[0].valueSats']);
    expect(codeOf(fails({ coins: [] }))).toBe('tx.no-inputs');
    expect(refusal(fails({ coins: undefined }))).toEqual(['input.missing', 'coins']);
    expect(codeOf(fails({ coins: [coinOf('P2WPKH', 0n)] }))).toBe('staking-tx.insufficient-funds');
  });

  it('so many that no node relays the transaction are refused', () => {
    const many = (count: number): Coin.Coin[] =>
      Array.from({ length: count }, (_, i) => ({ ...coinOf('P2TR', 10_000n), outpoint: { txid: '55'.repeat(32), vout: i } }));
    expect(build({ coins: many(1730) }).signedWeight).toBeLessThanOrEqual(400_000);
    expect(failure(fails({ coins: many(1740) })).reason).toMatchObject({ code: 'tx.too-heavy', maxWeight: 400_000 });
  });
});

describe('the stake', () => {
  it('is refused as number, text, float, negative or above 21 million', () => {
    for (const value of [500_000, '500000', 500_000.5, Number.NaN, null])
      expect(refusal(fails({ valueSats: value }))).toEqual(['input.not-integer', 'valueSats']);
    for (const value of [-1n, 2_100_000_000_000_001n])
      expect(refusal(fails({ valueSats: value }))).toEqual(['input.out-of-range', 'valueSats']);
  });

  it('is refused below 330 sat', () => {
    expect(build({ valueSats: sats(330) }).transaction.outs[0]?.value).toBe(330n);
    expect(failure(fails({ valueSats: 329n })).reason).toEqual({
      code: 'staking-tx.dust',
      field: 'valueSats',
      valueSats: '329',
      minSats: '330',
    });
    expect(codeOf(fails({ valueSats: 0n }))).toBe('staking-tx.dust');
  });

  it('is output 0, the data output 1, and both keep their value', () => {
    const { transaction, stakingOutputIndex } = build({ opReturnScript: DATA });
    expect(stakingOutputIndex).toBe(0);
    expect(transaction.outs.map(({ script, value }) => [hex(script).slice(0, 4), value])).toEqual([
      ['5120', 500_000n],
      ['6a47', 0n],
      ['0014', 1_000_000n - 500_000n - 235n],
    ]);
  });
});

describe('scripts that give coins away are refused', () => {
  it.each([
    ['nothing, which anybody can spend', ''],
    ['OP_TRUE', '51'],
    ['the anchor', '51024e73'],
    ['OP_RETURN', '6a07626162796c6f6e'],
    ['a future witness version', `5220${'33'.repeat(32)}`],
  ])('as change: %s', (_, text) =>
    expect(refusal(fails({ changeScriptPubKey: bytes(text) }))).toEqual(['address.not-payable', 'changeScriptPubKey']),
  );

  it('as data output: what is not OP_RETURN would be an unspent output of 0 sat', () => {
    for (const script of [P2WPKH, new Uint8Array(0), bytes('51')])
      expect(codeOf(fails({ opReturnScript: script }))).toBe('staking-tx.not-a-data-output');
    expect(refusal(fails({ opReturnScript: '6a' }))).toEqual(['input.not-bytes', 'opReturnScript']);
    expect(build({ opReturnScript: BURN }).transaction.outs).toHaveLength(3);
  });

  it('changed after the build change nothing', () => {
    const change = Buffer.from(P2WPKH);
    const { transaction } = build({ changeScriptPubKey: change });
    const before = Tx.toHex(transaction);
    change.fill(0);
    for (const { script } of transaction.outs.slice(0, 1)) script.fill(0);
    expect(hex(contract.staking.scriptPubKey).startsWith('5120')).toBe(true);
    expect(Tx.toHex(build({ changeScriptPubKey: P2WPKH }).transaction)).toBe(before);
  });
});

describe('registration before the transaction is sent', () => {
  it('A1: refuses whatever would change the txid under the pre-signed transactions', () => {
    const legacy = walletCoin('p2pkh', 1_000_000n);
    expect(codeOf(fails({ coins: [legacy] }))).toBe('coin.txid-changes');
    for (const option of ['allowTxidChange', 'replaceable'] as const)
      for (const registration of [undefined, 'pre-staking'])
        expect(failure(fails({ coins: [legacy], [option]: true, registration })).reason).toEqual({
          code: 'staking-tx.txid-must-be-final',
          option,
        });
    for (const registration of ['later', 7, null, {}])
      if (registration !== null) expect(codeOf(fails({ registration }))).toBe('staking-tx.unknown-registration');
    expect(build().txidIsFinal).toBe(true);
  });

  it('is the default; after the confirmation legacy coins and replacement are possible, and the result says that the txid is not final', () => {
    const coins = [walletCoin('p2pkh', 1_000_000n, 1), walletCoin('p2wpkh', 1_000n, 2)];
    const late = { registration: 'post-staking', coins } as const;
    expect(codeOf(fails(late))).toBe('coin.txid-changes');
    const built = build({ ...late, allowTxidChange: true });
    expect([built.txidIsFinal, built.transaction.ins[0]?.sequence]).toEqual([false, 0xffff_ffff]);
    const signed = Tx.copy(built.transaction);
    signWallet(signed, 0, 'p2pkh', coins);
    signWallet(signed, 1, 'p2wpkh', coins);
    expect(signed.weight()).toBe(built.signedWeight);
    expect(Tx.txid(signed)).not.toBe(Tx.txid(built.transaction));
    const replaceable = build({ registration: 'post-staking', replaceable: true });
    expect([replaceable.txidIsFinal, replaceable.transaction.ins[0]?.sequence]).toEqual([false, 0xffff_fffd]);
    expect(build({ registration: 'post-staking' }).txidIsFinal).toBe(true);
  });
});

describe('outputs of the contract', () => {
  it('are no change and no coins: no key leads out of them', () => {
    for (const { scriptPubKey } of [contract.staking, contract.unbonding, contract.slashingChange]) {
      expect(codeOf(fails({ changeScriptPubKey: scriptPubKey }))).toBe('staking-tx.change-is-the-contract');
      const coin = { outpoint: { txid: 'cc'.repeat(32), vout: 0 }, valueSats: 900_000n, scriptPubKey };
      expect(failure(fails({ coins: [coinOf('P2TR', 9_000n), coin] })).reason).toEqual({
        code: 'staking-tx.coin-is-the-contract',
        field: 'coins[1]',
      });
    }
  });
});

describe('the data output', () => {
  const data = (text: string) => fails({ opReturnScript: bytes(text) });

  it('is pushes of at most 83 bytes in all: nodes relay nothing else', () => {
    for (const text of ['6a', `6a4c50${'00'.repeat(80)}`, '6a0051604f', '6a0102030405'.slice(0, 6)]) expect(data(text)).not.toThrow();
    for (const text of [`6a4c51${'00'.repeat(81)}`, '6a51ac', '6a61', '6a05aabb', '6a4c', '6a4d0500aa'])
      expect(failure(data(text)).reason).toEqual({ code: 'staking-tx.data-not-standard', bytes: text.length / 2, maxBytes: 83 });
  });
});

describe('fund', () => {
  const { minStakingValueSats, maxStakingValueSats } = { minStakingValueSats: 500_000n, maxStakingValueSats: 9_000_000n };
  const params = untyped<StakingTx.fund.Options['params']>({
    version: 3,
    covenantPks: pks(keysOf('cov', 9)),
    covenantQuorum: 6,
    unbondingTimeBlocks: 144,
    unbondingFeeSats: 2_000n,
    slashingPkScript: BURN,
    slashingRate: 10,
    minSlashingTxFeeSats: 1_000n,
    minStakingValueSats,
    maxStakingValueSats,
    minStakingTimeBlocks: 1000,
    maxStakingTimeBlocks: 2000,
  });
  const candidates = WALLET_KINDS.map((kind, i) => walletCoin(kind, 300_000n + BigInt(i), i));
  const fund = (options: Partial<Record<keyof StakingTx.fund.Options, unknown>> = {}): StakingTx.fund.Funded =>
    StakingTx.fund(
      untyped<StakingTx.fund.Options>({
        contract,
        params,
        valueSats: sats(1_000_000),
        candidates,
        changeScriptPubKey: P2WPKH,
        feeRateSatsPerKvb: 3_000n,
        ...options,
      }),
    );

  it('chooses coins and builds: the same as build with these coins', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 500_000n, max: 2_000_000n }), fc.bigInt({ min: 100n, max: 90_000n }), (value, rate) => {
        const funded = fund({ valueSats: value, feeRateSatsPerKvb: rate });
        const built = build({ valueSats: sats(value), coins: funded.coins, feeRateSatsPerKvb: rate, minChangeSats: 340n });
        expect(Tx.toHex(funded.transaction)).toBe(Tx.toHex(built.transaction));
        expect([funded.feeSats, funded.changeSats, funded.signedWeight, funded.txidIsFinal]).toEqual([
          built.feeSats,
          built.changeSats,
          built.signedWeight,
          true,
        ]);
        expect(funded.coins.every(({ scriptPubKey }) => hex(scriptPubKey) !== hex(P2PKH))).toBe(true);
      }),
      { seed: SEED, numRuns: 60 },
    );
  });

  it('no wish for change makes a fee of what is worth an output', () => {
    const wish = { valueSats: sats(1_000_000), feeRateSatsPerKvb: 2_000n, minChangeSats: 150_000n };
    const coin = walletCoin('p2wpkh', 1_120_000n);
    const funded = fund({ ...wish, candidates: [coin] });
    const built = build({ ...wish, coins: [coin] });
    expect(Tx.toHex(funded.transaction)).toBe(Tx.toHex(built.transaction));
    expect(built.feeSats).toBeLessThan(400n);
    expect(built.changeSats + built.feeSats).toBe(120_000n);
    // 68 vbytes at 5 sat/vB: below that the wish is followed.
    const rest = built.feeSats + 339n;
    expect(build({ ...wish, coins: [walletCoin('p2wpkh', 1_000_000n + rest)] }).changeSats).toBe(0n);
    expect(build({ ...wish, coins: [walletCoin('p2wpkh', 1_000_001n + rest)] }).changeSats).toBe(340n);
    expect(build({ ...wish, minChangeSats: 294n, coins: [walletCoin('p2wpkh', 1_000_000n + rest)] }).changeSats).toBe(339n);
  });

  it('row 3: leaves legacy coins alone, however many there are', () => {
    const legacy = Array.from({ length: 5 }, (_, i) => walletCoin('p2pkh', 900_000n, 90 + i));
    expect(codeOf(() => fund({ candidates: legacy }))).toBe('coin-selection.insufficient-funds');
    const funded = fund({ candidates: [...legacy, ...candidates] });
    expect(funded.selection.skipped.filter(({ why }) => why === 'txid-changes').length).toBeGreaterThanOrEqual(5);
    const late = fund({ candidates: legacy, registration: 'post-staking', allowTxidChange: true });
    expect(late.txidIsFinal).toBe(false);
  });

  it('D02, D06, B12: holds value and time against the parameters', () => {
    for (const value of [499_999n, 9_000_001n]) expect(codeOf(() => fund({ valueSats: value }))).toBe('staking-tx.value-out-of-range');
    expect(refusal(() => fund({ valueSats: 2_200_000_000_000_000n }))).toEqual(['input.out-of-range', 'valueSats']);
    expect(codeOf(() => fund({ contract: contractOf(castOf(), { stakingTimeBlocks: 2001 }) }))).toBe('staking-tx.time-out-of-range');
    for (const blocks of [100.5, 20.9, Number.NaN, '1000'])
      expect(refusal(() => contractOf(castOf(), { stakingTimeBlocks: untyped(blocks) }))).toEqual([
        'input.not-integer',
        'stakingTimeBlocks',
      ]);
    expect(codeOf(() => fund({ params: undefined }))).toMatch(/^(input|params)\./);
  });

  it('D01, D03, D05, D17: refuses a value that is no satoshi', () => {
    for (const value of [500_000.5, Number.NaN, '500000', 500_000])
      expect(refusal(() => fund({ valueSats: value }))).toEqual(['input.not-integer', 'valueSats']);
  });

  it('D43: reports what is paid, change that is not made included', () => {
    const fee = Fee.at(486, Fee.rate(3_000n));
    const funded = fund({ valueSats: 500_000n, candidates: [walletCoin('p2wpkh', 500_000n + fee + 300n)] });
    expect([funded.feeSats, funded.changeSats]).toEqual([fee + 300n, 0n]);
  });

  it('never takes an output of the contract, whatever is offered', () => {
    const stake = { outpoint: { txid: 'cc'.repeat(32), vout: 0 }, valueSats: 90_000_000n, scriptPubKey: contract.staking.scriptPubKey };
    expect(fund({ candidates: [stake, ...candidates] }).selection.skipped[0]).toMatchObject({ why: 'never-use', valueSats: 90_000_000n });
  });

  it('D19, D20, D21: knows no lock time: with final inputs it would have no effect, and is not dropped without a word', () => {
    for (const name of ['lockHeight', 'lockTime', 'locktime'])
      for (const lock of [800_000, -1, 1.5, filled(32, 1), 0])
        expect(refusal(() => fund({ [name]: lock } as never))).toEqual(['staking-tx.no-lock-time', name]);
  });

  it('stakes with its data output, and with consolidation', () => {
    const funded = fund({ opReturnScript: DATA, consolidate: { upToSats: 400_000n, maxFeeRateSatsPerKvb: 3_000n } });
    expect(funded.transaction.outs.map(({ script }) => hex(script).slice(0, 4))).toEqual(['5120', '6a47', '0014']);
    expect(funded.selection.consolidated).toBeGreaterThan(3);
    expect(funded.coins).toHaveLength(STABLE_KINDS.length);
  });
});

describe('findOutput', () => {
  const paying = (...values: readonly bigint[]): Tx.Transaction =>
    Tx.create(
      [{ outpoint: { txid: '11'.repeat(32), vout: 0 } }],
      [{ scriptPubKey: P2WPKH, valueSats: 5n }, ...values.map((valueSats) => ({ scriptPubKey: contract.staking.scriptPubKey, valueSats }))],
    );

  it('finds the stake at any index, by script', () => {
    expect(StakingTx.findOutput(paying(7n), contract)).toBe(1);
    expect(StakingTx.findOutput(paying(7n, 8n, 9n), contract, sats(9))).toBe(3);
  });

  it('refuses two stakes: without a value whatever their values, with it when both have it', () => {
    expect(failure(() => StakingTx.findOutput(paying(7n, 8n), contract)).reason).toMatchObject({
      code: 'staking-tx.several-staking-outputs',
      indexes: [1, 2],
      reference: 'staking tx does not contain expected staking output',
    });
    expect(codeOf(() => StakingTx.findOutput(paying(7n, 8n, 7n), contract, sats(7)))).toBe('staking-tx.several-staking-outputs');
  });

  it('refuses none, another value and the output of other terms', () => {
    expect(failure(() => StakingTx.findOutput(paying(), contract)).reason).toMatchObject({
      code: 'staking-tx.no-staking-output',
      reference: 'staking tx does not contain expected staking output',
    });
    expect(failure(() => StakingTx.findOutput(paying(7n), contract, sats(8))).reason).toMatchObject({
      code: 'staking-tx.no-staking-output',
      paidSats: '7',
    });
    expect(codeOf(() => StakingTx.findOutput(paying(7n), contractOf(castOf(), { stakingTimeBlocks: 1009 })))).toBe(
      'staking-tx.no-staking-output',
    );
  });
});

describe('checkAgainst', () => {
  const params = untyped<Parameters<typeof StakingTx.checkAgainst>[0]>({
    version: 3,
    covenantPks: pks(keysOf('cov', 9)).reverse(),
    covenantQuorum: 6,
    unbondingTimeBlocks: 144,
    minStakingValueSats: 500_000n,
    maxStakingValueSats: 600_000n,
    minStakingTimeBlocks: 1000,
    maxStakingTimeBlocks: 2000,
  });
  const check =
    (value: bigint, changes: Partial<StakingContract.Options> = {}) =>
    () =>
      StakingTx.checkAgainst(params, contractOf(castOf(), changes), sats(value));

  it('holds the limits of value and time on both sides', () => {
    for (const value of [500_000n, 600_000n]) expect(check(value)).not.toThrow();
    for (const value of [499_999n, 600_001n]) expect(codeOf(check(value))).toBe('staking-tx.value-out-of-range');
    for (const stakingTimeBlocks of [1000, 2000]) expect(check(500_000n, { stakingTimeBlocks })).not.toThrow();
    for (const stakingTimeBlocks of [999, 2001])
      expect(codeOf(check(500_000n, { stakingTimeBlocks }))).toBe('staking-tx.time-out-of-range');
  });

  it('refuses the covenant, quorum and unbonding time of another version, by field', () => {
    for (const [field, changes] of [
      ['unbondingTimeBlocks', { unbondingTimeBlocks: 145 }],
      ['covenantQuorum', { covenantQuorum: 5 }],
      ['covenantPks', { covenantPks: pks([...keysOf('cov', 8), keyOf('new')]) }],
    ] as const)
      expect(refusal(check(500_000n, changes))).toEqual(['staking-tx.params-mismatch', field]);
  });

  it('does not mind the order of the committee', () => {
    expect(() =>
      StakingTx.checkAgainst(params, StakingContract.from({ ...contract.terms, stakerPk: keyOf('staker').publicKey }), sats(500_000)),
    ).not.toThrow();
  });
});
