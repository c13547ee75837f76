// Coin selection: optimal against every subset of small wallets, exact fees, never-use never spent, and no answer that depends on luck.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Coin from '../../src/bitcoin/Coin.ts';
import type * as CoinSelection from '../../src/bitcoin/CoinSelection.ts';
import * as Fee from '../../src/bitcoin/Fee.ts';
import { bestOf, coinArbitrary, economic, keys, LEGACY, outpoints, select, sum, wasteOf } from '../support/selection.ts';
import { bytes, codeOf, failure, refusal, SEED, untyped } from '../support/stakes.ts';
import { STABLE_KINDS, signWallet, WALLET_KINDS, type WalletKind, walletCoin } from '../support/wallets.ts';

describe('the subset of least waste', () => {
  it.each([
    ['one kind', ['p2wpkh'] as const],
    ['two kinds', ['p2wpkh', 'p2tr'] as const],
    ['all kinds, legacy ones too', WALLET_KINDS],
  ])('is found, and proven: no subset of a small wallet is better (%s)', (_, kinds) => {
    let changeless = 0;
    let impossible = 0;
    fc.assert(
      fc.property(
        fc.array(coinArbitrary(kinds), { minLength: 1, maxLength: 7 }),
        fc.integer({ min: 330, max: 30_000 }),
        fc.constantFrom(100n, 1_000n, 3_337n, 5_000n, 12_345n, 25_000n),
        fc.constantFrom(1_000n, 5_000n, 20_000n),
        (list, paidNumber, rate, later) => {
          const coins = list.map(({ kind, value }, i) => walletCoin(kind, BigInt(value), i));
          const paid = BigInt(paidNumber);
          const best = bestOf(economic(coins, rate), paid, rate, later);
          const options = { feeRateSatsPerKvb: rate, laterFeeRateSatsPerKvb: later, ...LEGACY };
          if (best === undefined) {
            impossible++;
            expect(codeOf(() => select(coins, paid, options))).toBe('coin-selection.insufficient-funds');
            return;
          }
          const found = select(coins, paid, options);
          if (found.changeSats === 0n) changeless++;
          expect(found.optimal).toBe(true);
          expect(wasteOf(found.coins, paid, rate, later)).toBe(best);
          expect(found.wasteMillisats).toBe(best >= 0n || best % 4n === 0n ? best / 4n : best / 4n - 1n);
        },
      ),
      { seed: SEED, numRuns: 100 },
    );
    expect(changeless).toBeGreaterThan(3);
    expect(impossible).toBeGreaterThan(3);
  });

  it('is a changeless one where there is one, found among many coins', () => {
    // 40 coins, of which exactly three make the payment and its fee to the satoshi.
    const coins = Array.from({ length: 40 }, (_, i) => walletCoin('p2wpkh', BigInt(100_000 + ((i * 48_271_003) % 999_983)), i));
    const three = [coins[3], coins[17], coins[31]] as Coin.Coin[];
    const fee = Fee.at(4 * (10 + 43 + 3 * 41) + 2 + 3 * 108, Fee.rate(4_000n));
    const found = select(coins, sum(three) - fee, { feeRateSatsPerKvb: 4_000n });
    expect(found.changeSats).toBe(0n);
    expect(found.method).toBe('branch-and-bound');
    expect([found.coins.length, found.feeSats]).toEqual([3, fee]);
  });

  it('does not depend on the order of the candidates, nor on chance', () => {
    const values = fc.array(fc.integer({ min: 1_000, max: 4_000 }), { minLength: 5, maxLength: 30 });
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 1_000_000 }), (list, salt) => {
        const coins = list.map((value, i) => walletCoin(i % 2 ? 'p2wpkh' : 'p2tr', BigInt(value - (value % 500)), i));
        const mixed = coins.map((coin, i) => ({ coin, at: (i * salt) % 31 })).sort((a, b) => a.at - b.at);
        const paid = sum(coins) / 3n;
        const again = mixed.map(({ coin }) => coin);
        expect(keys(select(again, paid).coins)).toEqual(keys(select(coins, paid).coins));
      }),
      { seed: SEED },
    );
  });
});

describe('what is chosen pays', () => {
  const kindList = fc.array(fc.record({ kind: fc.constantFrom(...WALLET_KINDS), value: fc.integer({ min: 20_000, max: 2_000_000 }) }), {
    minLength: 1,
    maxLength: 8,
  });

  it('exactly the fee that it reports, for the weight that the signed transaction has', () => {
    fc.assert(
      fc.property(kindList, fc.bigInt({ min: 100n, max: 50_000n }), (list, rate) => {
        const coins = list.map(({ kind, value }, i) => walletCoin(kind, BigInt(value), i));
        const kinds = new Map(list.map(({ kind }, i) => [keys(coins)[i], kind]));
        const economicSum = sum(economic(coins, rate));
        const paid = economicSum / 2n;
        if (paid < 50_000n) return;
        const found = select(coins, paid, { feeRateSatsPerKvb: rate, ...LEGACY });
        const transaction = Coin.unsigned(found.inputs, found.outputs);
        expect(found.feeSats).toBe(sum(found.coins) - transaction.outs.reduce((total, { value }) => total + value, 0n));
        expect(found.signedWeight).toBe(Coin.signedWeight(transaction, found.inputs));
        if (found.changeSats > 0n) expect(found.feeSats).toBe(Fee.at(found.signedWeight, Fee.rate(rate)));
        for (const [i, key] of keys(found.coins).entries()) signWallet(transaction, i, kinds.get(key) as WalletKind, found.coins);
        expect(transaction.weight()).toBe(found.signedWeight);
      }),
      { seed: SEED, numRuns: 40 },
    );
  });

  it('whenever there is enough: the rest may be anything from zero on (D45: the peer finds "insufficient funds" there)', () => {
    for (const rate of [1_000n, 20_000n, 200_000n]) {
      const fee = Fee.at(4 * (10 + 41 + 43) + 2 + 108, Fee.rate(rate));
      for (let rest = 0n; rest < 50n * rate; rest += rate + 7n) {
        const found = select([walletCoin('p2wpkh', 500_000n + fee + rest)], 500_000n, { feeRateSatsPerKvb: rate });
        expect(found.feeSats + found.changeSats).toBe(fee + rest);
      }
      const short = walletCoin('p2wpkh', 500_000n + fee - 1n);
      expect(failure(() => select([short], 500_000n, { feeRateSatsPerKvb: rate })).reason).toEqual({
        code: 'coin-selection.insufficient-funds',
        haveSats: String(short.valueSats),
        needSats: String(500_000n + fee),
        coins: 1,
        skipped: {},
      });
    }
  });

  it('when all of many coins are needed to the last satoshi, steps of the input count included', () => {
    for (const count of [252, 253, 300]) {
      const coins = Array.from({ length: count }, (_, i) => walletCoin('p2tr', 10_000n + BigInt(i % 5), i));
      const weight = 4 * (8 + (count < 253 ? 1 : 3) + 1 + 43 + 41 * count) + 2 + 66 * count;
      const fee = Fee.at(weight, Fee.rate(2_000n));
      const found = select(coins, sum(coins) - fee);
      expect([found.coins.length, found.feeSats, found.changeSats, found.signedWeight]).toEqual([count, fee, 0n, weight]);
      expect(Coin.signedWeight(Coin.unsigned(found.inputs, found.outputs), found.inputs)).toBe(weight);
      expect(codeOf(() => select(coins, sum(coins) - fee + 1n))).toBe('coin-selection.insufficient-funds');
    }
  });

  it('with 10,000 coins, and says so when the tries were not enough for a proof', () => {
    const coins = Array.from({ length: 10_000 }, (_, i) => ({
      ...walletCoin('p2wpkh', 1n),
      previousTransaction: undefined as never,
      outpoint: { txid: (i + 1).toString(16).padStart(64, '0'), vout: 0 },
      valueSats: BigInt(5_000 + ((i * 7_919) % 100_003)),
    })).map(({ previousTransaction: _, ...coin }) => coin);
    const found = select(coins, 40_000_000n, { maxTries: 1_000 });
    expect(sum(found.coins)).toBe(40_000_000n + found.feeSats + found.changeSats);
    expect(found.optimal).toBe(false);
    expect(failure(() => select(coins, sum(coins) - 3_000_000n)).reason).toMatchObject({
      code: 'coin-selection.too-many-coins',
      maxWeight: 400_000,
    });
  });

  it('with 100,000 coins of two values, and with a wish of 100,000 that is there twice, in work that grows with their number', () => {
    const { previousTransaction: _, ...one } = walletCoin('p2wpkh', 1n);
    const coins = Array.from({ length: 100_000 }, (_, i) => ({
      ...one,
      outpoint: { txid: (i + 1).toString(16).padStart(64, '0'), vout: 0 },
      valueSats: i % 2 === 0 ? 100_003n : 100_001n,
    }));
    const found = select(coins, 40_000_000n);
    expect(sum(found.coins)).toBe(40_000_000n + found.feeSats + found.changeSats);
    const mustUse = [...coins.map(({ outpoint }) => outpoint), { txid: 'A0'.padStart(64, '0'), vout: 0 }];
    expect(codeOf(() => select(coins, 40_000_000n, { mustUse }))).toBe('coin-selection.duplicate-coin');
  });
});

describe('coins that are left out', () => {
  const good = [walletCoin('p2wpkh', 600_000n, 1), walletCoin('p2tr', 500_000n, 2)];
  const strange = (script: string, id: number): Coin.Coin => ({
    outpoint: { txid: 'ee'.repeat(32), vout: id },
    valueSats: 90_000_000n,
    scriptPubKey: bytes(script),
  });

  it('D36, D37: an OP_RETURN, a P2PK or an unknown output at the top does not make staking impossible', () => {
    const key = `21${'02'.repeat(33)}ac`;
    const bad = [strange('6a0474657374', 0), strange(key, 1), strange(`5220${'33'.repeat(32)}`, 2), strange('51', 3), strange('', 4)];
    const found = select([...bad, ...good], 550_000n);
    expect(keys(found.coins)).toEqual(keys(good.slice(0, 1)));
    expect(found.skipped.map(({ outpoint, why }) => [outpoint.vout, why])).toEqual([
      [0, 'unspendable'],
      [1, 'unknown-script'],
      [2, 'unknown-script'],
      [3, 'unknown-script'],
      [4, 'unknown-script'],
    ]);
  });

  it('D38: a P2PKH coin without its transaction is left out when legacy coins are allowed, and any when they are not', () => {
    const { previousTransaction: _, ...bare } = walletCoin('p2pkh', 90_000_000n, 3);
    const whole = walletCoin('p2pkh', 80_000_000n, 4);
    expect(select([bare, whole, ...good], 550_000n).skipped.map(({ why }) => why)).toEqual(['txid-changes', 'txid-changes']);
    const found = select([bare, whole, ...good], 5_500_000n, LEGACY);
    expect(found.skipped).toEqual([{ outpoint: bare.outpoint, valueSats: 90_000_000n, why: 'missing-previous-transaction' }]);
    expect(keys(found.coins)).toEqual(keys([whole]));
  });

  it('are those that cost more than they bring, by their own weight', () => {
    // 68 vbytes at 10 sat/vB are 680 sat; 57.5 are 575; of a P2PKH input 148 are 1480.
    const edge = [
      walletCoin('p2wpkh', 680n, 5),
      walletCoin('p2wpkh', 681n, 6),
      walletCoin('p2tr', 575n, 7),
      walletCoin('p2tr', 576n, 8),
      walletCoin('p2pkh', 1_480n, 9),
      walletCoin('p2pkh', 1_481n, 10),
    ];
    const { skipped } = select([...edge, ...good], 550_000n, { feeRateSatsPerKvb: 10_000n, ...LEGACY });
    expect(skipped.map(({ valueSats, why }) => [valueSats, why])).toEqual([
      [680n, 'uneconomic'],
      [575n, 'uneconomic'],
      [1_480n, 'uneconomic'],
    ]);
  });

  it('row 23: never-use is never spent, whatever else is asked (inscriptions)', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ value: fc.integer({ min: 600, max: 90_000 }), never: fc.boolean(), must: fc.boolean() }), {
          minLength: 2,
          maxLength: 25,
        }),
        fc.constantFrom('none' as const, 'prefer' as const, 'strict' as const),
        fc.boolean(),
        fc.boolean(),
        (list, privacy, avoidChange, consolidate) => {
          const coins = list.map(({ value }, i) => walletCoin(i % 3 ? 'p2wpkh' : 'p2tr', BigInt(value), i, `owner ${i % 4}`));
          const never = coins.filter((_, i) => list[i]?.never);
          const must = coins.filter((_, i) => list[i]?.must && !list[i]?.never).slice(0, 3);
          const capital = outpoints(never).map(({ txid, vout }) => ({ txid: txid.toUpperCase(), vout }));
          const options = { neverUse: capital, mustUse: outpoints(must), privacy, avoidChange, consolidate };
          let found: CoinSelection.select.Selected;
          try {
            found = select(coins, sum(coins) / 4n + 400n, options);
          } catch {
            return;
          }
          const spent = new Set(keys(found.coins));
          for (const key of keys(never)) expect(spent.has(key)).toBe(false);
          for (const key of keys(must)) expect(spent.has(key)).toBe(true);
          expect(keys(found.coins).slice(0, must.length)).toEqual(keys(must));
          expect(sum(found.coins)).toBe(sum(found.outputs) + found.feeSats);
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
  });

  it('D42: what is spent already, as the wallet says when it is asked', () => {
    const [first] = good as [Coin.Coin, Coin.Coin];
    const found = select(good, 400_000n, { isSpent: ({ outpoint }) => outpoint.txid === first.outpoint.txid });
    expect(found.skipped).toEqual([{ outpoint: first.outpoint, valueSats: 600_000n, why: 'spent' }]);
    // A promise is true for every coin, and false for none.
    for (const answer of [Promise.resolve(false), undefined, 0, 'no'])
      expect(codeOf(() => select(good, 400_000n, { isSpent: untyped(() => answer) }))).toBe('coin-selection.bad-answer');
  });

  it('are named in the error when they are missing', () => {
    const { reason, message } = failure(() => select([strange('6a', 0), walletCoin('p2wpkh', 100n, 1), ...good], 2_000_000n));
    expect(reason).toMatchObject({ code: 'coin-selection.insufficient-funds', coins: 2, skipped: { unspendable: 1, uneconomic: 1 } });
    expect(message).toContain('1 unspendable');
  });

  it('leave a reason when they must be used', () => {
    const tiny = walletCoin('p2wpkh', 100n, 1);
    expect(select([tiny, ...good], 400_000n, { mustUse: [tiny.outpoint] }).coins[0]).toBe(tiny);
    const legacy = walletCoin('p2pkh', 1_000_000n, 3);
    expect(failure(() => select([legacy, ...good], 400_000n, { mustUse: [legacy.outpoint] })).reason).toMatchObject({
      code: 'coin-selection.must-use-skipped',
      why: 'txid-changes',
    });
    expect(codeOf(() => select(good, 4_000n, { mustUse: [{ txid: 'ab'.repeat(32), vout: 0 }] }))).toBe('coin-selection.unknown-coin');
    const [first] = good as [Coin.Coin, Coin.Coin];
    expect(codeOf(() => select(good, 4_000n, { mustUse: [first.outpoint], neverUse: [first.outpoint] }))).toBe(
      'coin-selection.must-and-never',
    );
    expect(codeOf(() => select(good, 4_000n, { mustUse: [first.outpoint, first.outpoint] }))).toBe('coin-selection.duplicate-coin');
  });
});

describe('one outpoint twice', () => {
  const coin = { ...walletCoin('p2wpkh', 400_000n), outpoint: { txid: 'ab'.repeat(32), vout: 0 } };
  const { previousTransaction: _, ...bare } = coin;

  it.each(['ab'.repeat(32), 'AB'.repeat(32), 'aB'.repeat(32)])('D39, D40: is refused, in whatever case its txid is written: %s', (txid) => {
    expect(codeOf(() => select([bare, { ...bare, outpoint: { txid, vout: 0 } }], 500_000n))).toBe('coin-selection.duplicate-coin');
  });
});

describe('amounts and outpoints that are none', () => {
  const coin = walletCoin('p2wpkh', 400_000n);
  const other = walletCoin('p2wpkh', 400_000n, 9);
  const refused = (change: object): readonly [string, unknown] =>
    refusal(() => select([other, untyped({ ...coin, previousTransaction: undefined, ...change })], 300_000n));

  it.each([
    ['D23, D24, D25', { valueSats: '60000' }, 'input.not-integer', 'valueSats'],
    ['D26', { valueSats: Number.NaN }, 'input.not-integer', 'valueSats'],
    ['D27', { valueSats: 1_000_000.7 }, 'input.not-integer', 'valueSats'],
    ['a number', { valueSats: 1_000_000 }, 'input.not-integer', 'valueSats'],
    ['D30', { outpoint: { txid: 'ab'.repeat(30), vout: 0 } }, 'input.wrong-length', 'outpoint.txid'],
    ['D31', { outpoint: { txid: `${'ab'.repeat(31)}zz`, vout: 0 } }, 'hex.bad-digit', 'outpoint.txid'],
    ['D32', { outpoint: { txid: 'ab'.repeat(32), vout: -1 } }, 'input.out-of-range', 'outpoint.vout'],
    ['D33', { outpoint: { txid: 'ab'.repeat(32), vout: 1.5 } }, 'input.not-integer', 'outpoint.vout'],
    ['D35', { scriptPubKey: 'hello' }, 'input.not-bytes', 'scriptPubKey'],
  ])('%s: refused by name', (_, change, code, field) => {
    expect(refused(change)).toEqual([code, `candidates[1].${field}`]);
  });

  it('D29: bigint is the one form that is taken', () => {
    expect(select([coin], 300_000n).coins).toEqual([coin]);
  });

  it('more bitcoin than there can be is refused', () => {
    const rich = [1, 2].map((id) => walletCoin('p2wpkh', 2_000_000_000_000_000n, id));
    expect(refusal(() => select(rich, 300_000n))).toEqual(['input.out-of-range', 'candidates total']);
  });
});

describe('fee rates', () => {
  const coins = [walletCoin('p2wpkh', 900_000n)];
  it('D07, D08, D11, D12, D13, D15: negative, zero, absurd, NaN and text are refused', () => {
    for (const rate of [-5n, 0n, 99n, 1_000_000_000n])
      expect(refusal(() => select(coins, 500_000n, { feeRateSatsPerKvb: rate }))).toEqual(['input.out-of-range', 'feeRateSatsPerKvb']);
    for (const rate of [Number.NaN, '5', 5, 1.5])
      expect(refusal(() => select(coins, 500_000n, { feeRateSatsPerKvb: untyped(rate) }))).toEqual([
        'input.not-integer',
        'feeRateSatsPerKvb',
      ]);
  });

  it('D09, D14: fractions of a satoshi per vbyte are paid as asked', () => {
    for (const text of ['0.1', '1.5', '1.3', '0.25']) {
      const rate = Fee.ratePerVbyte(text);
      const found = select(coins, 500_000n, { feeRateSatsPerKvb: rate });
      expect(found.feeSats).toBe(Fee.at(610, rate));
    }
  });

  it('row 12: the real rate is the asked one up to +1 %, over all kinds of input and 100 rates, but for the satoshi that is the least step', () => {
    for (const kind of WALLET_KINDS) {
      for (let step = 0; step < 100; step++) {
        const rate = BigInt(Math.round(100 * 10 ** (step / 25)));
        const found = select([walletCoin(kind, 90_000_000n)], 500_000n, { feeRateSatsPerKvb: rate, ...LEGACY });
        // In 1/1000 sat: what the vbytes that nodes count cost at exactly this rate.
        const exact = BigInt(Math.ceil(found.signedWeight / 4)) * rate;
        const over = found.feeSats * 1000n - exact;
        expect(over >= 0n && over < 1000n).toBe(true);
        if (found.feeSats > 100n) expect(over * 100n <= exact).toBe(true);
      }
    }
  });
});

describe('avoidChange', () => {
  it('prefers a subset without change, and pays up to what is allowed for it', () => {
    const coins = [walletCoin('p2wpkh', 1_000_000n, 1), walletCoin('p2wpkh', 502_000n, 2)];
    expect(select(coins, 500_000n).changeSats).toBeGreaterThan(0n);
    expect(select(coins, 500_000n, { avoidChange: true }).changeSats).toBeGreaterThan(0n);
    const found = select(coins, 500_000n, { avoidChange: { maxExcessSats: 2_000n } });
    expect([found.coins.length, found.changeSats, found.feeSats]).toEqual([1, 0n, 2_000n]);
    expect(select(coins, 500_000n, { avoidChange: { maxExcessSats: 1_700n } }).changeSats).toBeGreaterThan(0n);
  });

  it('takes the changeless subset of least waste: none of a small wallet is better', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 500, max: 9_000 }), { minLength: 1, maxLength: 8 }),
        fc.bigInt({ min: 400n, max: 20_000n }),
        (list, paid) => {
          const coins = list.map((value, i) => walletCoin('p2wpkh', BigInt(value), i));
          const rate = 1_000n;
          const maxExcessSats = 700n;
          let best: bigint | undefined;
          for (let mask = 1; mask < 2 ** coins.length; mask++) {
            const subset = coins.filter((_, i) => (mask >> i) & 1);
            const excess = sum(subset) - paid - Fee.at(4 * (10 + 43 + 41 * subset.length) + 2 + 108 * subset.length, Fee.rate(rate));
            if (excess >= 0n && excess <= maxExcessSats) {
              const waste = (sum(subset) - paid) * 4000n - BigInt(subset.length) * 272n * rate;
              if (best === undefined || waste < best) best = waste;
            }
          }
          if (best === undefined) return;
          const found = select(coins, paid, { feeRateSatsPerKvb: rate, avoidChange: { maxExcessSats } });
          expect(found.changeSats).toBe(0n);
          expect(found.wasteMillisats <= best / 4n).toBe(true);
        },
      ),
      { seed: SEED, numRuns: 200 },
    );
  });
});

describe('consolidate', () => {
  const small = Array.from({ length: 30 }, (_, i) => walletCoin('p2wpkh', BigInt(2_000 + i), i));
  const large = walletCoin('p2wpkh', 2_000_000n, 99);

  it('spends all small coins along while the rate is low, the smallest first when not all fit', () => {
    const found = select([...small, large], 500_000n, { feeRateSatsPerKvb: 1_000n, consolidate: true });
    expect([found.coins.length, found.consolidated]).toEqual([31, 30]);
    expect(found.signedWeight).toBe(Coin.signedWeight(Coin.unsigned(found.inputs, found.outputs), found.inputs));
    expect(found.feeSats).toBe(Fee.at(found.signedWeight, Fee.rate(1_000n)));
    const few = select([...small, large], 500_000n, { feeRateSatsPerKvb: 1_000n, consolidate: true, maxInputs: 6 });
    expect(few.coins.map(({ valueSats }) => valueSats)).toEqual([2_000_000n, 2_004n, 2_003n, 2_002n, 2_001n, 2_000n]);
  });

  it('does nothing at a high rate, and leaves coins above the limit alone', () => {
    expect(select([...small, large], 500_000n, { feeRateSatsPerKvb: 6_000n, consolidate: true }).consolidated).toBe(0);
    const options = { feeRateSatsPerKvb: 6_000n, consolidate: { upToSats: 2_009n, maxFeeRateSatsPerKvb: 6_000n } };
    expect(select([...small, large], 500_000n, options).consolidated).toBe(10);
  });

  it('stays below the standard weight', () => {
    const many = Array.from({ length: 2_000 }, (_, i) => walletCoin('p2tr', BigInt(2_000 + i), i));
    const found = select([...many, large], 500_000n, { feeRateSatsPerKvb: 1_000n, consolidate: true });
    expect(found.signedWeight).toBe(Coin.signedWeight(Coin.unsigned(found.inputs, found.outputs), found.inputs));
    expect(found.signedWeight).toBeGreaterThan(399_700);
    expect(found.signedWeight).toBeLessThanOrEqual(400_000);
  });
});

describe('privacy', () => {
  const a = [walletCoin('p2wpkh', 300_000n, 1, 'a'), walletCoin('p2wpkh', 310_000n, 2, 'a')];
  const b = [walletCoin('p2wpkh', 250_000n, 3, 'b')];
  const c = [walletCoin('p2tr', 900_000n, 4, 'c'), walletCoin('p2tr', 800n, 5, 'c')];

  it('prefer: one script alone where it is enough, and all of its coins', () => {
    const found = select([...b, ...a, ...c], 200_000n, { privacy: 'prefer' });
    expect([keys(found.coins), found.linked]).toEqual([keys(b), 'one-script']);
    const two = select([...b, ...a, ...c], 260_000n, { privacy: 'prefer' });
    expect([keys(two.coins), two.linked]).toEqual([keys([...a].reverse()), 'one-script']);
  });

  it('prefer: then one kind of script, then whatever is there; strict: never two kinds', () => {
    expect(select([...b, ...a], 700_000n, { privacy: 'prefer' }).linked).toBe('one-kind');
    expect(select([...b, ...a, ...c], 1_500_000n, { privacy: 'prefer' }).linked).toBe('several-kinds');
    expect(codeOf(() => select([...b, ...a, ...c], 1_500_000n, { privacy: 'strict' }))).toBe('coin-selection.privacy');
    expect(codeOf(() => select([...b, ...a, ...c], 2_500_000n, { privacy: 'strict' }))).toBe('coin-selection.insufficient-funds');
  });

  it('never leaves a part of a script behind, but for coins not worth their fee', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 100, max: 90_000 }), { minLength: 2, maxLength: 20 }),
        fc.integer({ min: 2, max: 9 }),
        (list, share) => {
          const coins = list.map((value, i) => walletCoin(i % 2 ? 'p2wpkh' : 'p2tr', BigInt(value), i, `o${i % 5}`));
          let found: CoinSelection.select.Selected;
          try {
            found = select(coins, sum(coins) / BigInt(share) + 330n, { privacy: 'prefer' });
          } catch {
            return;
          }
          const scripts = new Set(found.coins.map(({ scriptPubKey }) => String(scriptPubKey)));
          const left = new Set([...keys(found.coins), ...found.skipped.map(({ outpoint: { txid, vout } }) => `${txid}:${vout}`)]);
          for (const coin of coins) if (scripts.has(String(coin.scriptPubKey))) expect(left.has(keys([coin])[0] as string)).toBe(true);
        },
      ),
      { seed: SEED },
    );
  });
});

describe('limits', () => {
  const coins = Array.from({ length: 12 }, (_, i) => walletCoin('p2wpkh', 50_000n, i));

  it('of inputs and weight are kept, and the error tells what would be needed', () => {
    expect(select(coins, 140_000n, { maxInputs: 3 }).coins).toHaveLength(3);
    expect(failure(() => select(coins, 160_000n, { maxInputs: 3 })).reason).toMatchObject({
      code: 'coin-selection.too-many-coins',
      neededInputs: 4,
      maxInputs: 3,
    });
    expect(failure(() => select(coins, 160_000n, { maxWeight: 1_200 })).reason).toMatchObject({ code: 'coin-selection.too-many-coins' });
    expect(select(coins, 140_000n, { maxWeight: 1_200 }).signedWeight).toBeLessThanOrEqual(1_200);
  });

  it('finds few heavy coins where many light ones are not allowed', () => {
    const heavy = walletCoin('p2wsh 11-of-20', 500_000n, 50);
    const found = select([...coins, heavy], 400_000n, { maxInputs: 2, feeRateSatsPerKvb: 20_000n });
    expect(found.coins[0]).toBe(heavy);
  });

  it('above the ceiling nothing is burned for want of change', () => {
    expect(codeOf(() => select([walletCoin('p2wpkh', 500_446n)], 500_000n, { maxFeeRateSatsPerKvb: 2_000n }))).toBe('fee.too-high');
  });

  it('D18: outputs of dust, and none at all, are refused', () => {
    expect(failure(() => select(coins, 329n)).reason).toMatchObject({ code: 'coin-selection.dust-output', output: 0, minSats: '330' });
    expect(refusal(() => select(coins, 1n, { outputs: [] }))).toEqual(['input.missing', 'outputs[0]']);
    expect(select(coins, 1n, { outputs: [{ scriptPubKey: bytes('6a0401020304'), valueSats: 0n }] }).coins).toHaveLength(1);
  });

  it('change that would be lost is refused', () => {
    for (const script of ['', '6a', '51'])
      expect(codeOf(() => select(coins, 5_000n, { changeScriptPubKey: bytes(script) }))).toBe('address.not-payable');
  });
});

it('stable kinds are the ones that are taken without being asked', () => {
  for (const kind of WALLET_KINDS) {
    const chosen = (): unknown => select([walletCoin(kind, 90_000n)], 5_000n).coins;
    if (STABLE_KINDS.includes(kind)) expect(chosen()).toHaveLength(1);
    else expect(codeOf(chosen)).toBe('coin-selection.insufficient-funds');
  }
});
