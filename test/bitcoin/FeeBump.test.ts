// Fee bumps: the rules of BIP125 held exactly, outputs kept, and packages at the rate that was asked.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Coin from '../../src/bitcoin/Coin.ts';
import * as ConsolidationTx from '../../src/bitcoin/ConsolidationTx.ts';
import * as Dust from '../../src/bitcoin/Dust.ts';
import * as Fee from '../../src/bitcoin/Fee.ts';
import * as FeeBump from '../../src/bitcoin/FeeBump.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import { bytes, codeOf, failure, hex, judge, P2TR, P2WPKH, refusal, SEED, untyped } from '../support/stakes.ts';
import { signWallet, WALLET_KINDS, type WalletKind, walletCoin } from '../support/wallets.ts';

const LEGACY = { allowTxidChange: true } as const;
const sum = (list: readonly { readonly valueSats: bigint }[]): bigint => list.reduce((total, { valueSats }) => total + valueSats, 0n);
const outOf = (transaction: Tx.Transaction): bigint => transaction.outs.reduce((total, { value }) => total + value, 0n);

/** A waiting transaction with a payment and change, unsigned. */
function waiting(coins: readonly Coin.Coin[], changeSats: bigint, feeSats: bigint, sequence = Coin.REPLACEABLE_SEQUENCE): Tx.Transaction {
  const inputs = coins.map((coin) => ({ ...Coin.toInput(coin, 'coin', LEGACY), sequence }));
  return Coin.unsigned(inputs, [
    { scriptPubKey: P2TR, valueSats: sum(coins) - changeSats - feeSats },
    { scriptPubKey: P2WPKH, valueSats: changeSats },
  ]);
}

describe('replace', () => {
  const coins = [walletCoin('p2wpkh', 100_000n, 1)];
  const bump = (options: Partial<FeeBump.replace.Options> = {}): FeeBump.replace.Replaced =>
    FeeBump.replace({ transaction: waiting(coins, 30_000n, 200n), coins, changeIndex: 1, feeRateSatsPerKvb: 5_000n, ...options });

  it('pays the new rate, at least the old fee and its own relay, and a higher rate than before; outputs stay', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...WALLET_KINDS), { minLength: 1, maxLength: 4 }),
        fc.bigInt({ min: 400n, max: 60_000n }),
        fc.bigInt({ min: 200n, max: 20_000n }),
        fc.bigInt({ min: 200n, max: 90_000n }),
        fc.boolean(),
        (kinds, changeSats, oldFee, rate, isSigned) => {
          const mine = kinds.map((kind, i) => walletCoin(kind, 100_000n, i));
          const unsigned = waiting(mine, changeSats, oldFee);
          const transaction = Tx.copy(unsigned);
          if (isSigned) for (const [i, kind] of kinds.entries()) signWallet(transaction, i, kind, mine);
          const candidates = [walletCoin('p2tr', 900_000n, 50), walletCoin('p2wpkh', 3_000n, 51), ...mine];
          const inputs = mine.map((coin) => Coin.toInput(coin, 'coin', LEGACY));
          const oldRate = Fee.rateOf(oldFee, Coin.signedWeight(unsigned, inputs));
          const options = { transaction, coins: mine, changeIndex: 1, candidates, feeRateSatsPerKvb: rate, ...LEGACY };
          if (rate <= oldRate) {
            expect(codeOf(() => FeeBump.replace(options))).toBe('fee-bump.same-rate');
            return;
          }
          const found = FeeBump.replace(options);
          expect(sum(found.coins) - outOf(found.transaction)).toBe(found.feeSats);
          expect(found.signedWeight).toBe(Coin.signedWeight(found.transaction, found.inputs));
          expect(found.feeSats >= Fee.at(found.signedWeight, Fee.rate(rate))).toBe(true);
          expect(found.feeSats >= oldFee + BigInt(Math.ceil(found.signedWeight / 4))).toBe(true);
          expect(Fee.rateOf(found.feeSats, found.signedWeight)).toBeGreaterThan(oldRate);
          expect([hex(found.transaction.outs[0]?.script ?? P2WPKH), found.transaction.outs[0]?.value]).toEqual([
            hex(P2TR),
            unsigned.outs[0]?.value,
          ]);
          for (const [i] of mine.entries()) expect(Tx.outpointOf(found.transaction, i)).toEqual(Tx.outpointOf(unsigned, i));
          expect(FeeBump.signals(found.transaction)).toBe(true);
          if (found.changeSats > 0n) expect(Dust.isDust(P2WPKH, found.changeSats)).toBe(false);
          expect(found.transaction.outs.length).toBe(found.changeSats > 0n ? 2 : 1);
        },
      ),
      { seed: SEED, numRuns: 150 },
    );
  });

  it('keeps version and lock time, and counts what spends the old one', () => {
    const transaction = waiting(coins, 30_000n, 200n);
    transaction.locktime = 800_000;
    transaction.version = 1;
    const found = bump({ transaction, descendantFeesSats: 9_000n });
    expect([found.transaction.locktime, found.transaction.version, found.oldFeeSats]).toEqual([800_000, 1, 200n]);
    expect(found.feeSats).toBe(9_200n + 153n);
  });

  it('refuses what nobody would take: no signal, no higher rate, too little money', () => {
    expect(codeOf(() => bump({ transaction: waiting(coins, 30_000n, 200n, 0xffff_fffe) }))).toBe('fee-bump.not-replaceable');
    expect(bump({ transaction: waiting(coins, 30_000n, 200n, 0xffff_ffff), allowUnsignalled: true }).feeSats).toBe(765n);
    expect(failure(() => bump({ feeRateSatsPerKvb: 1_307n })).reason).toMatchObject({
      code: 'fee-bump.same-rate',
      oldRateSatsPerKvb: '1307',
    });
    expect(failure(() => bump({ feeRateSatsPerKvb: 300_000n })).reason).toMatchObject({
      code: 'fee-bump.insufficient-funds',
      haveSats: '100000',
    });
    const { changeIndex: _, ...withoutChange } = {
      transaction: waiting(coins, 30_000n, 200n),
      coins,
      feeRateSatsPerKvb: 5_000n,
      changeIndex: 1,
    };
    expect(codeOf(() => FeeBump.replace(withoutChange))).toBe('fee-bump.insufficient-funds');
    expect(codeOf(() => bump({ feeRateSatsPerKvb: 1_000_001n }))).toBe('input.out-of-range');
  });

  it('refuses coins that are not those of its inputs, and outputs of its own as new coins', () => {
    const other = walletCoin('p2wpkh', 100_000n, 2);
    expect(failure(() => bump({ coins: [other] })).reason).toMatchObject({ code: 'fee-bump.other-coin', input: 0 });
    expect(codeOf(() => bump({ coins: [] }))).toBe('fee-bump.wrong-coins');
    expect(
      codeOf(() => bump({ coins: [{ ...coins[0], previousTransaction: undefined, valueSats: 50_000n } as unknown as Coin.Coin] })),
    ).not.toBe('');
    const transaction = waiting(coins, 30_000n, 200n);
    const own = { outpoint: { txid: Tx.txid(transaction), vout: 1 }, valueSats: 30_000n, scriptPubKey: P2WPKH };
    expect(codeOf(() => bump({ transaction, candidates: [own], feeRateSatsPerKvb: 300_000n }))).toBe('fee-bump.insufficient-funds');
    expect(refusal(() => bump({ changeIndex: 2 }))).toEqual(['input.out-of-range', 'changeIndex']);
  });

  it('adds no coin without a place for its change: the rest of it would be the fee', () => {
    const candidates = [walletCoin('p2tr', 100_000n, 3)];
    const all = { coins, transaction: waiting(coins, 30_000n, 200n), feeRateSatsPerKvb: 20_000n, candidates };
    expect(refusal(() => FeeBump.replace(all))).toEqual(['input.missing', 'changeScriptPubKey']);
    const found = FeeBump.replace({ ...all, changeScriptPubKey: P2WPKH });
    expect(found.feeSats).toBe(Fee.at(found.signedWeight, Fee.rate(20_000n)));
    expect(sum(found.coins) - outOf(found.transaction)).toBe(found.feeSats);
  });
});

describe('child', () => {
  it('brings both to the rate that was asked, whatever the kinds', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...WALLET_KINDS),
        fc.bigInt({ min: 20n, max: 500n }),
        fc.bigInt({ min: 6_000n, max: 90_000n }),
        fc.boolean(),
        (kind: WalletKind, feeSats, rate, isPoor) => {
          const coin = walletCoin(kind, isPoor ? 2_000n : 200_000n, 3);
          const parent = Coin.unsigned(
            [Coin.toInput(coin, 'coin', LEGACY)],
            [{ scriptPubKey: coin.scriptPubKey, valueSats: coin.valueSats - feeSats }],
          );
          signWallet(parent, 0, kind, [coin]);
          const own = {
            ...coin,
            outpoint: { txid: Tx.txid(parent), vout: 0 },
            valueSats: coin.valueSats - feeSats,
            previousTransaction: Tx.encode(parent),
          };
          const candidates = [walletCoin('p2tr', 300_000n, 4)];
          const found = FeeBump.child({ parent: { transaction: parent, feeSats }, coin: own, packageFeeRateSatsPerKvb: rate, candidates });
          const kinds = [kind, 'p2tr' as const].slice(0, found.coins.length);
          const signed = Tx.copy(found.transaction);
          for (const [i, one] of kinds.entries()) signWallet(signed, i, one, found.coins);
          expect(signed.weight()).toBe(found.signedWeight);
          if (kinds.every((one) => one === 'p2tr' || one === 'p2wpkh')) expect(judge(signed, found.coins)).toBe('valid');
          const vbytes = BigInt(signed.virtualSize() + parent.virtualSize());
          const paid = found.feeSats + feeSats;
          expect(paid * 1000n >= rate * vbytes && paid * 1000n < rate * vbytes + 1000n).toBe(true);
          expect(sum(found.coins) - found.feeSats).toBe(found.valueSats);
        },
      ),
      { seed: SEED, numRuns: 80 },
    );
  });

  const coin = walletCoin('p2wpkh', 50_000n, 5);
  const parent = Coin.unsigned([Coin.toInput(coin)], [{ scriptPubKey: coin.scriptPubKey, valueSats: 49_900n }]);
  signWallet(parent, 0, 'p2wpkh', [coin]);
  const { previousTransaction: _, ...bare } = coin;
  const own = { ...bare, outpoint: { txid: Tx.txid(parent), vout: 0 }, valueSats: 49_900n };
  const child = (options: Partial<FeeBump.child.Options> = {}): FeeBump.child.Child =>
    FeeBump.child({ parent: { transaction: parent, feeSats: 100n }, coin: own, packageFeeRateSatsPerKvb: 5_000n, ...options });

  it('refuses a coin that is no output of the parent, a parent that pays enough, and one whose weight nobody knows', () => {
    expect(child().packageRateSatsPerKvb).toBe(5_000n);
    expect(codeOf(() => child({ coin: bare }))).toBe('fee-bump.not-from-parent');
    expect(codeOf(() => child({ coin: { ...own, valueSats: 49_901n } }))).toBe('fee-bump.wrong-output');
    expect(codeOf(() => child({ coin: { ...own, outpoint: { ...own.outpoint, vout: 1 } } }))).toBe('fee-bump.wrong-output');
    expect(failure(() => child({ packageFeeRateSatsPerKvb: 900n })).reason).toMatchObject({ code: 'fee-bump.not-needed' });
    expect(codeOf(() => child({ parent: { transaction: Tx.stripped(parent), feeSats: 100n } }))).toBe('fee-bump.unsigned-parent');
    expect(child({ parent: { transaction: Tx.stripped(parent), feeSats: 100n, signedWeight: parent.weight() } })).toEqual(child());
    expect(codeOf(() => child({ packageFeeRateSatsPerKvb: 300_000n }))).toBe('fee-bump.insufficient-funds');
    expect(codeOf(() => child({ destinationScriptPubKey: bytes('6a') }))).toBe('address.not-payable');
  });
});

describe('a consolidation', () => {
  const many = Array.from({ length: 40 }, (_, i) => walletCoin(i % 2 ? 'p2wpkh' : 'p2tr', BigInt(500 + i * 100), i));
  const build = (options: Partial<ConsolidationTx.build.Options> = {}): ConsolidationTx.build.Built =>
    ConsolidationTx.build({ candidates: many, scriptPubKey: P2TR, feeRateSatsPerKvb: 10_000n, ...options });

  it('spends every coin that is worth it, pays exactly, and may be replaced', () => {
    const { transaction, coins, feeSats, valueSats, signedWeight, skipped, inputs } = build();
    expect(skipped.map(({ valueSats: value, why }) => [value, why])).toEqual([
      [500n, 'uneconomic'],
      [600n, 'uneconomic'],
    ]);
    expect(coins).toHaveLength(38);
    expect(transaction.outs.map(({ value }) => value)).toEqual([valueSats]);
    expect(sum(coins) - valueSats).toBe(feeSats);
    expect(feeSats).toBe(Fee.at(signedWeight, Fee.rate(10_000n)));
    expect(signedWeight).toBe(Coin.signedWeight(transaction, inputs));
    expect(FeeBump.signals(transaction)).toBe(true);
    expect(FeeBump.signals(build({ replaceable: false }).transaction)).toBe(false);
  });

  it('takes the smallest first when not all fit, and the fewest when it is to reach a value', () => {
    expect(build({ maxInputs: 3, feeRateSatsPerKvb: 5_000n }).coins.map(({ valueSats }) => valueSats)).toEqual([500n, 600n, 700n]);
    expect(build({ upToSats: 2_000n }).coins).toHaveLength(14);
    const enough = build({ enoughSats: 10_000n });
    expect(enough.valueSats).toBeGreaterThanOrEqual(10_000n);
    expect(enough.coins.map(({ valueSats }) => valueSats)).toEqual([4_400n, 4_300n, 4_200n]);
    expect(enough.left).toHaveLength(35);
    expect(failure(() => build({ enoughSats: 90_000n })).reason).toMatchObject({ code: 'consolidation-tx.insufficient-funds' });
    const heavy = build({ candidates: Array.from({ length: 2_000 }, (_, i) => walletCoin('p2tr', 5_000n, i)) });
    expect(heavy.signedWeight).toBeGreaterThan(399_000);
    expect(heavy.left.length + heavy.coins.length).toBe(2_000);
  });

  it('of fewer than two coins, to scripts that give it away, or of dust is refused', () => {
    expect(codeOf(() => build({ candidates: many.slice(0, 3) }))).toBe('consolidation-tx.nothing-to-do');
    expect(codeOf(() => build({ scriptPubKey: bytes('51') }))).toBe('address.not-payable');
    expect(codeOf(() => build({ candidates: [many[2], many[3]] as Coin.Coin[] }))).toBe('consolidation-tx.dust');
    expect(codeOf(() => build({ feeRateSatsPerKvb: untyped(5) }))).toBe('input.not-integer');
  });
});
