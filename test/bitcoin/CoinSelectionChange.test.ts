// Coin selection with a wish for change: followed where coins allow it, and never at the price of what is worth an output.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Coin from '../../src/bitcoin/Coin.ts';
import * as CoinSelection from '../../src/bitcoin/CoinSelection.ts';
import * as Fee from '../../src/bitcoin/Fee.ts';
import { bestOf, coinArbitrary, economic, LEGACY, select, wasteOf } from '../support/selection.ts';
import { codeOf, P2WPKH, SEED } from '../support/stakes.ts';
import { WALLET_KINDS, walletCoin } from '../support/wallets.ts';

describe('change that is wanted', () => {
  const coin = (value: bigint, i = 0): Coin.Coin => walletCoin('p2wpkh', value, i);

  it('is made smaller where no coins leave as much: what is worth an output is never the fee', () => {
    const made = select([coin(5_120_000n)], 5_000_000n, { minChangeSats: 150_000n });
    expect(made.outputs).toHaveLength(2);
    expect(made.feeSats).toBeLessThan(400n);
    expect(made.changeSats + made.feeSats).toBe(120_000n);
    expect(made.optimal).toBe(true);
  });

  it('is made where other coins leave it, or none', () => {
    const candidates = [coin(5_120_000n), coin(60_000n, 1)];
    expect(select(candidates, 5_000_000n).coins).toHaveLength(1);
    const more = select(candidates, 5_000_000n, { minChangeSats: 150_000n });
    expect(more.coins).toHaveLength(2);
    expect(more.changeSats).toBeGreaterThanOrEqual(150_000n);
    const none = select([...candidates, coin(5_000_400n, 2)], 5_000_000n, { minChangeSats: 150_000n, avoidChange: true });
    expect([none.changeSats, none.feeSats]).toEqual([0n, 400n]);
  });

  it('yields to an amount that may be given to the fee, and to nothing else', () => {
    const given = select([coin(5_120_000n)], 5_000_000n, { minChangeSats: 150_000n, avoidChange: { maxExcessSats: 130_000n } });
    expect([given.changeSats, given.feeSats]).toEqual([0n, 120_000n]);
    const kept = select([coin(5_120_000n)], 5_000_000n, { minChangeSats: 150_000n, avoidChange: { maxExcessSats: 1_000n } });
    expect(kept.changeSats).toBeGreaterThan(119_000n);
  });

  it('stays when small coins are spent along', () => {
    const candidates = [coin(5_120_000n), coin(2_000n, 1), coin(3_000n, 2)];
    const made = select(candidates, 5_000_000n, { minChangeSats: 150_000n, consolidate: true });
    expect(made.consolidated).toBe(2);
    expect(made.changeSats).toBeGreaterThan(120_000n);
  });

  it('gives the least waste of the coins that leave it, and of all when none do; never burns what is worth an output', () => {
    fc.assert(
      fc.property(
        fc.array(coinArbitrary(WALLET_KINDS), { minLength: 1, maxLength: 7 }),
        fc.integer({ min: 330, max: 20_000 }),
        fc.bigInt({ min: 100n, max: 9_000n }),
        fc.bigInt({ min: 340n, max: 20_000n }),
        (list, paid, rate, wanted) => {
          const coins = list.map(({ kind, value }, i) => walletCoin(kind, BigInt(value), i));
          const usable = economic(coins, rate);
          const best = bestOf(usable, BigInt(paid), rate, 5_000n, wanted) ?? bestOf(usable, BigInt(paid), rate, 5_000n);
          const chosen = (): CoinSelection.select.Selected =>
            select(coins, BigInt(paid), { feeRateSatsPerKvb: rate, minChangeSats: wanted, ...LEGACY });
          if (best === undefined) {
            expect(codeOf(chosen)).toBe('coin-selection.insufficient-funds');
            return;
          }
          const made = chosen();
          expect(wasteOf(made.coins, BigInt(paid), rate, 5_000n)).toBe(best);
          expect(made.wasteMillisats).toBe(best < 0n && best % 4n !== 0n ? best / 4n - 1n : best / 4n);
          if (made.changeSats === 0n) {
            const inputs = made.coins.map((one) => Coin.toInput(one, 'coin', LEGACY));
            const whole = Coin.signedWeight(Coin.unsigned(inputs, [...made.outputs, { scriptPubKey: P2WPKH, valueSats: 1n }]), inputs);
            expect(made.feeSats - Fee.at(whole, Fee.rate(rate))).toBeLessThan(CoinSelection.worthwhileChange(P2WPKH));
          } else expect(made.changeSats).toBeGreaterThanOrEqual(CoinSelection.worthwhileChange(P2WPKH));
        },
      ),
      { seed: SEED, numRuns: 200 },
    );
  });
});
