// For tests of coin selection: wallets of every kind, and the best subset of one by trying them all.
import fc from 'fast-check';
import * as Coin from '../../src/bitcoin/Coin.ts';
import * as CoinSelection from '../../src/bitcoin/CoinSelection.ts';
import * as Dust from '../../src/bitcoin/Dust.ts';
import * as Fee from '../../src/bitcoin/Fee.ts';
import type * as Tx from '../../src/bitcoin/Tx.ts';
import { P2TR, P2WPKH } from './stakes.ts';
import type { WalletKind } from './wallets.ts';

type Options = CoinSelection.select.Options;
export const LEGACY: { readonly allowTxidChange: true } = { allowTxidChange: true };

export const select = (candidates: readonly Coin.Coin[], paid: bigint, options: Partial<Options> = {}): CoinSelection.select.Selected =>
  CoinSelection.select({
    candidates,
    outputs: [{ scriptPubKey: P2TR, valueSats: paid }],
    feeRateSatsPerKvb: 2_000n,
    changeScriptPubKey: P2WPKH,
    ...options,
  });
export const sum = (coins: readonly { readonly valueSats: bigint }[]): bigint =>
  coins.reduce((total, { valueSats }) => total + valueSats, 0n);
export const keys = (coins: readonly Coin.Coin[]): string[] => coins.map(({ outpoint }) => `${outpoint.txid}:${outpoint.vout}`);
export const outpoints = (coins: readonly Coin.Coin[]): Tx.Outpoint[] => coins.map(({ outpoint }) => outpoint);

/** What a subset wastes, by the definition and by weighing the transaction that would be made; undefined when it cannot pay. */
export function wasteOf(coins: readonly Coin.Coin[], paid: bigint, rate: bigint, later: bigint, wanted = 0n): bigint | undefined {
  if (coins.length === 0) return undefined;
  const inputs = coins.map((coin) => Coin.toInput(coin, 'coin', LEGACY));
  const outputs = [{ scriptPubKey: P2TR, valueSats: paid }];
  const weigh = (outs: readonly Tx.SpentOutput[]): number => Coin.signedWeight(Coin.unsigned(inputs, outs), inputs);
  const have = sum(coins) - paid;
  const plain = weigh(outputs);
  const withChange = weigh([...outputs, { scriptPubKey: P2WPKH, valueSats: 1n }]);
  if (have < Fee.at(plain, Fee.rate(rate))) return undefined;
  const spendLater = 272n * later;
  const minChange = [Dust.threshold(P2WPKH), (spendLater + 3999n) / 4000n].reduce((a, b) => (a > b ? a : b));
  const value = rate < later ? rate : later;
  const inputWeights = inputs.reduce((total, input) => total + BigInt(Coin.inputWeight(input) - (input.witnessBytes === 0 ? 1 : 0)), 0n);
  const change = have - Fee.at(withChange, Fee.rate(rate));
  // In 1/4000 sat.
  if (change < minChange) return have * 4000n - inputWeights * value;
  if (change < wanted) return undefined;
  return BigInt(withChange) * rate + spendLater - inputWeights * value;
}

export function bestOf(coins: readonly Coin.Coin[], paid: bigint, rate: bigint, later: bigint, wanted?: bigint): bigint | undefined {
  let best: bigint | undefined;
  for (let mask = 1; mask < 2 ** coins.length; mask++) {
    const waste = wasteOf(
      coins.filter((_, i) => (mask >> i) & 1),
      paid,
      rate,
      later,
      wanted,
    );
    if (waste !== undefined && (best === undefined || waste < best)) best = waste;
  }
  return best;
}

export const economic = (coins: readonly Coin.Coin[], rate: bigint): Coin.Coin[] =>
  coins.filter((coin) => {
    const input = Coin.toInput(coin, 'coin', LEGACY);
    return coin.valueSats * 4000n > BigInt(Coin.inputWeight(input) - (input.witnessBytes === 0 ? 1 : 0)) * rate;
  });

export const coinArbitrary = (kinds: readonly WalletKind[]): fc.Arbitrary<{ kind: WalletKind; value: number }> =>
  fc.record({
    kind: fc.constantFrom(...kinds),
    value: fc.oneof(fc.integer({ min: 300, max: 9_000 }), fc.constantFrom(5_000, 5_068, 7_000)),
  });
