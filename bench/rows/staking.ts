// Row 3: the staking transaction and its PSBT over many wallet coins.
import { type Fixtures, hash, hex, same, yes } from '../fixtures.ts';
import { type Budget, exponentOf, type Side, sweep } from '../measure.ts';
import type { Utxo } from '../peers.ts';
import type { Curve, Finding } from '../report.ts';
import { peerStaking } from './contract.ts';

type Coin = import('../../src/index.ts').Coin.Coin;

/** P2WPKH, the kind that costs the peer least. */
const SCRIPT = Uint8Array.from(Buffer.from('0014751e76e8199196d454941c45d1b3a323f1433bd6', 'hex'));
/** Coins so large, and a stake so close to their sum, that every one of them is needed. */
const COIN_SATS = 1_000_000n;
const SPARE_SATS = 500_000n;

function coinsOf(count: number): readonly Coin[] {
  return Array.from({ length: count }, (_, i) => ({
    outpoint: { txid: hex(hash(`coin ${i}`)), vout: i % 3 },
    scriptPubKey: SCRIPT,
    // Falling values: the peer sorts its coins, and the order of inputs is to be the same.
    valueSats: COIN_SATS + BigInt(count - i),
  }));
}

function sumOf(coins: readonly Coin[]): bigint {
  return coins.reduce((sum, { valueSats }) => sum + valueSats, 0n);
}

export function stakingRows(fixtures: Fixtures, budget: Budget, quick: boolean): readonly Finding[] {
  const { lib } = fixtures;
  const contract = lib.StakingContract.from(fixtures.terms(fixtures.staker.publicKey));
  const peer = peerStaking(fixtures, fixtures.staker.publicKey);
  const ours = (coins: readonly Coin[]): import('../../src/index.ts').Psbt.Psbt => {
    const valueSats = lib.Sats.from(sumOf(coins) - SPARE_SATS);
    const { transaction } = lib.StakingTx.build({ contract, valueSats, coins, changeScriptPubKey: SCRIPT, feeRateSatsPerKvb: 1_000n });
    return lib.Psbt.fromCoins(transaction, coins);
  };
  const theirs = (coins: readonly Utxo[], amount: number): ReturnType<typeof peer.toStakingPsbt> =>
    peer.toStakingPsbt(peer.createStakingTransaction(amount, [...coins], 1).transaction, [...coins]);
  const utxosOf = (coins: readonly Coin[]): Utxo[] =>
    coins.map(({ outpoint, valueSats }) => ({ ...outpoint, value: Number(valueSats), scriptPubKey: hex(SCRIPT) }));

  const sample = coinsOf(10);
  const mine = ours(sample);
  const other = theirs(utxosOf(sample), Number(sumOf(sample) - SPARE_SATS));
  same('inputs', JSON.stringify(mine.txInputs.map(input)), JSON.stringify(other.txInputs.map(input)));
  same('stakes', output(mine.txOutputs[0]), output(other.txOutputs[0]));
  same('change scripts', hex(mine.txOutputs[1]?.script ?? new Uint8Array()), hex(other.txOutputs[1]?.script ?? new Uint8Array()));

  const side = (name: string, size: number): Side => {
    const coins = coinsOf(size);
    if (name === 'satlock') return { name: `${name} ${size}`, run: () => ours(coins) };
    const utxos = utxosOf(coins);
    const amount = Number(sumOf(coins) - SPARE_SATS);
    yes('the peer takes all coins', theirs(utxos, amount).inputCount === size);
    return { name: `${name} ${size}`, run: () => theirs(utxos, amount) };
  };
  const curve = (name: string, sizes: readonly number[]): Curve => {
    const timings = sweep(
      sizes.map((size) => side(name, size)),
      budget,
    );
    const points = timings.map(({ microseconds }, i) => ({ size: sizes[i] ?? 0, microseconds }));
    return { name, points, exponent: exponentOf(points.map(({ size, microseconds }) => ({ size, time: microseconds.median }))) };
  };
  const curves = [curve('satlock', [10, 100, 1000]), curve('btc-staking-ts', quick ? [10, 50] : [10, 50, 100])];
  const exponent = curves[0]?.exponent ?? Number.NaN;
  return [
    {
      row: 3,
      kind: 'curve',
      name: 'Staking transaction and PSBT over n P2WPKH coins',
      checked: 'inputs in order, stake and change script; the change differs by the fee (the peer estimates, we weigh)',
      curves,
      target: { text: 'linear: exponent below 1.2', met: exponent < 1.2 },
    },
  ];
}

function input({ hash: txid, index, sequence }: { hash: Uint8Array; index: number; sequence?: number }): string {
  return `${hex(txid)}:${index}:${sequence}`;
}

function output(item: { readonly script: Uint8Array; readonly value: bigint | number } | undefined): string {
  return item === undefined ? 'none' : `${hex(item.script)}:${item.value}`;
}
