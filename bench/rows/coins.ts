// Rows 3 and 15: many coins. The staking transaction that needs 100 of 1,000 coins, the cost against the coins that a wallet has, and the PSBT
// over 1,000 inputs.

import type { peer } from '../../test/support/peerWallet.ts';
import { type Fixtures, hex, same, yes } from '../fixtures.ts';
import { type Budget, exponentOf, sweep } from '../measure.ts';
import { compareAsync } from '../measureAsync.ts';
import type { Finding } from '../report.ts';
import { type Coin, PEER_RATE, STAKING_TIME, Wallet } from '../wallet.ts';

type Funded = import('../../src/index.ts').StakingTx.fund.Funded;

const COIN_SATS = 1_000_000n;
/** Each coin a satoshi less than the one before it: the peer sorts by value. */
const valuesOf = (count: number): readonly bigint[] => Array.from({ length: count }, (_, i) => COIN_SATS + BigInt(count - i));
/** What `used` of these coins can pay for, and no fewer: half a coin is left for the fee. */
const stakeOf = (used: number): bigint => (BigInt(used) * 2n - 1n) * (COIN_SATS / 2n);

function funder(fixtures: Fixtures, wallet: Wallet, valueSats: bigint): (coins: readonly Coin[]) => Funded {
  const { lib, params, provider } = fixtures;
  const terms = { stakerPk: wallet.staker.publicKey, finalityProviderPks: [provider.publicKey], stakingTimeBlocks: STAKING_TIME };
  const stake = lib.Sats.from(valueSats);
  const changeScriptPubKey = wallet.scriptPubKey;
  return (candidates) => {
    const contract = lib.StakingContract.fromParams(params, terms);
    return lib.StakingTx.fund({
      contract,
      params,
      valueSats: stake,
      candidates,
      changeScriptPubKey,
      feeRateSatsPerKvb: BigInt(PEER_RATE * 1000),
    });
  };
}

/** Row 15: 100 of 1,000; half of it in a quick run. */
async function hundred(fixtures: Fixtures, budget: Budget, quick: boolean): Promise<Finding> {
  const [used, count, target] = quick ? ([50, 1_000, 250] as const) : ([100, 1_000, 1_000] as const);
  const wallet = new Wallet(fixtures, 'p2tr');
  const coins = wallet.coins(valuesOf(count));
  const utxos = wallet.utxos(coins);
  const fund = funder(fixtures, wallet, stakeOf(used));
  const mine = fund(coins);
  const stake = mine.transaction.outs[0];
  let theirs: ReturnType<InstanceType<typeof peer.Staking>['createStakingTransaction']>['transaction'] | undefined;
  const comparison = await compareAsync(
    { name: 'satlock: StakingContract.fromParams, StakingTx.fund', run: () => fund(coins) },
    {
      name: 'btc-staking-ts: Staking.createStakingTransaction',
      times: quick ? 1 : 2,
      run: () => {
        theirs = wallet.peerStaking().createStakingTransaction(Number(stakeOf(used)), [...utxos], PEER_RATE).transaction;
      },
    },
    budget,
  );
  same('numbers of inputs', `${mine.transaction.ins.length}`, `${theirs?.ins.length}`);
  same('inputs used', `${mine.transaction.ins.length}`, `${used}`);
  same(
    'stakes',
    `${hex(stake?.script ?? new Uint8Array())}:${stake?.value}`,
    `${hex(theirs?.outs[0]?.script ?? new Uint8Array())}:${theirs?.outs[0]?.value}`,
  );
  return {
    ...{ row: 15, kind: 'ratio', name: `Staking transaction using ${used} of ${count.toLocaleString('en-US')} P2TR coins`, comparison },
    checked: 'the stake and the number of inputs; which coins, and the change, differ: we choose those of least waste and weigh exactly',
    target: { text: `>= ${target}x`, met: comparison.ratio.median >= target },
    note: quick
      ? "half of 100: the peer's time grows with the square of the used coins, ours hardly, so that 1,000x at 100 is 250x at 50"
      : 'the peer is run twice, not warmed up; it examines every chosen coin again for each one that it adds',
  };
}

/** Row 15: one coin used, out of more and more; and all used. */
function curves(fixtures: Fixtures, budget: Budget): readonly Finding[] {
  const wallet = new Wallet(fixtures, 'p2wpkh');
  const sizes = [10, 100, 1_000, 10_000];
  const fund = funder(fixtures, wallet, 100_000_000n);
  const one = sizes.map((size) => wallet.coinsForOne(size));
  for (const coins of one) yes('one coin is used', fund(coins).transaction.ins.length === 1);
  const tenth = sizes.map((size) => ({ coins: wallet.coins(valuesOf(size)), fund: funder(fixtures, wallet, stakeOf(size / 10)) }));
  const few = tenth.slice(0, 3);
  for (const [i, { coins, fund: run }] of few.entries()) yes('a tenth is used', run(coins).transaction.ins.length === (sizes[i] ?? 0) / 10);
  const timings = sweep(
    [
      ...one.map((coins, i) => ({ name: `one of ${sizes[i]}`, run: () => fund(coins) })),
      ...few.map(({ coins, fund: run }, i) => ({ name: `a tenth of ${sizes[i]}`, run: () => run(coins) })),
    ],
    budget,
  );
  const points = timings.map(({ microseconds }, i) => ({ size: sizes[i % 4] ?? 0, microseconds }));
  const curve = (name: string, of: typeof points): { name: string; points: typeof points; exponent: number } => ({
    name,
    points: of,
    exponent: exponentOf(of.map(({ size, microseconds }) => ({ size, time: microseconds.median }))),
  });
  const both = [curve('satlock, one coin used', points.slice(0, 4)), curve('satlock, every tenth coin used', points.slice(4))];
  const worst = Math.max(...both.map(({ exponent }) => exponent));
  const largest = points[3]?.microseconds.median ?? Number.NaN;
  return [
    {
      ...{ row: 15, kind: 'curve', name: 'Staking transaction against the coins of a wallet', curves: both },
      checked: 'the number of inputs; scripts and choice of coins are inside the clock',
      target: { text: 'linear or better (n^1.15), 10,000 coins below 100 ms', met: worst <= 1.15 && largest < 100_000 },
    },
  ];
}

/** Row 3: the PSBT of a transaction that is there. */
async function thousandInputs(fixtures: Fixtures, budget: Budget, quick: boolean): Promise<Finding> {
  const { lib } = fixtures;
  const count = quick ? 300 : 1_000;
  const wallet = new Wallet(fixtures, 'p2wpkh');
  const coins = wallet.coins(valuesOf(count));
  const utxos = wallet.utxos(coins);
  const { transaction } = funder(fixtures, wallet, stakeOf(count))(coins);
  yes('all coins are used', transaction.ins.length === count);
  const staking = wallet.peerStaking();
  const theirs = wallet.peerTransaction(lib.Tx.toHex(transaction));
  const ordered = lib.StakePlan.coinsOf(transaction, coins);
  const ours = (): string => lib.SigningRequest.toHex(lib.SigningRequest.from({ transaction, inputs: ordered.map((coin) => ({ coin })) }));
  const unsigned = (psbtHex: string): string => hex(lib.Psbt.Psbt.fromHex(psbtHex).data.globalMap.unsignedTx.toBuffer());
  let their = '';
  const comparison = await compareAsync(
    { name: 'satlock: SigningRequest.from, toHex', run: ours },
    {
      name: 'btc-staking-ts: Staking.toStakingPsbt, toHex',
      times: quick ? 1 : 3,
      run: () => {
        their = staking.toStakingPsbt(theirs, utxos).toHex();
      },
    },
    budget,
  );
  same('unsigned transactions', unsigned(ours()), unsigned(their));
  same('bytes of the PSBT', ours(), their);
  return {
    ...{ row: 3, kind: 'ratio', name: `Staking PSBT with ${count.toLocaleString('en-US')} P2WPKH inputs`, comparison },
    checked: 'the bytes of the PSBT',
    target: { text: '>= 20x', met: comparison.ratio.median >= 20 },
  };
}

export async function coinRows(fixtures: Fixtures, budget: Budget, quick: boolean): Promise<readonly Finding[]> {
  return [await hundred(fixtures, budget, quick), ...curves(fixtures, budget), await thousandInputs(fixtures, budget, quick)];
}
