// Coins on a real node: one spend of every kind of input against the weight announced, replacements, children that pay for their parents,
// consolidations, and stakes out of a mixed wallet.
import { expect, it } from 'vitest';
import * as ExtensionTx from '../../src/babylon/ExtensionTx.ts';
import * as FeeBumping from '../../src/babylon/FeeBumping.ts';
import * as StakingTx from '../../src/babylon/StakingTx.ts';
import * as Hex from '../../src/base/Hex.ts';
import * as Sats from '../../src/base/Sats.ts';
import * as Coin from '../../src/bitcoin/Coin.ts';
import * as CoinSelection from '../../src/bitcoin/CoinSelection.ts';
import * as ConsolidationTx from '../../src/bitcoin/ConsolidationTx.ts';
import * as Fee from '../../src/bitcoin/Fee.ts';
import * as FeeBump from '../../src/bitcoin/FeeBump.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import type { RegtestChain } from '../../src/node/RegtestChain.ts';
import { failure, untyped } from '../support/stakes.ts';
import { purseOf, STABLE_KINDS, signWallet, WALLET_KINDS, type WalletKind } from '../support/wallets.ts';
import { describeWithNode } from './support.ts';
import * as World from './world.ts';

const LIMIT_MS = 120_000;
const LEGACY = { allowTxidChange: true } as const;
const HOME = World.p2wpkh(World.HOME);

async function coinOf(chain: RegtestChain, kind: WalletKind, valueSats: bigint): Promise<Coin.Coin & { readonly kind: WalletKind }> {
  const { outpoint, scriptPubKey, valueSats: value } = await chain.fund(purseOf(kind).scriptPubKey, valueSats);
  const previousTransaction = await chain.rawTransaction(outpoint.txid);
  return { ...purseOf(kind), outpoint, scriptPubKey, valueSats: value, previousTransaction, kind };
}

function signed(unsigned: Tx.Transaction, coins: readonly Coin.Coin[]): Tx.Transaction {
  const transaction = Tx.copy(unsigned);
  for (const [i, coin] of coins.entries()) signWallet(transaction, i, untyped<{ kind: WalletKind }>(coin).kind, coins);
  return transaction;
}

const sum = (coins: readonly { readonly valueSats: bigint }[]): bigint => coins.reduce((total, { valueSats }) => total + valueSats, 0n);

describeWithNode('coins', ({ chain, node }) => {
  it(
    'one spend of every kind of input weighs what was announced, and the node takes it',
    async () => {
      const coins = await Promise.all(WALLET_KINDS.map((kind) => coinOf(chain(), kind, 200_000n)));
      for (const coin of coins) {
        const rate = Fee.ratePerVbyte(1.5);
        const found = CoinSelection.select({
          candidates: [coin],
          outputs: [{ scriptPubKey: HOME, valueSats: 50_000n }],
          feeRateSatsPerKvb: rate,
          changeScriptPubKey: coin.scriptPubKey,
          ...LEGACY,
        });
        const transaction = signed(Coin.unsigned(found.inputs, found.outputs), [coin]);
        const { vsize, feeSats } = await World.mustPass(chain(), transaction);
        expect([coin.kind, vsize]).toEqual([coin.kind, Math.ceil(found.signedWeight / 4)]);
        expect([coin.kind, feeSats]).toEqual([coin.kind, found.feeSats]);
        expect(transaction.weight()).toBe(found.signedWeight);
      }
      // All of them in one transaction, which pays for every input.
      const built = ConsolidationTx.build({ candidates: coins, scriptPubKey: HOME, feeRateSatsPerKvb: 1_234n, ...LEGACY });
      const all = signed(built.transaction, built.coins);
      expect(built.coins).toHaveLength(WALLET_KINDS.length);
      expect(all.weight()).toBe(built.signedWeight);
      await World.confirm(chain(), all);
    },
    LIMIT_MS,
  );

  it(
    'wallets that sign shorter: the announced weight is never below and at most 1 vbyte an input above the real one',
    async () => {
      for (const kind of World.COIN_KINDS) {
        const purse = World.purse(kind, `sizes ${kind}`);
        const coin = await World.fundPurse(chain(), purse, 100_000n);
        const inputs = [Coin.toInput(coin)];
        const unsigned = Coin.unsigned(inputs, [{ scriptPubKey: HOME, valueSats: 95_000n }]);
        World.signCoin(unsigned, 0, [coin], purse);
        const { vsize = 0 } = await World.mustPass(chain(), unsigned);
        const announced = Coin.signedWeight(Coin.unsigned(inputs, [{ scriptPubKey: HOME, valueSats: 95_000n }]), inputs) / 4;
        expect(announced).toBeGreaterThanOrEqual(vsize - 1);
        expect(announced - vsize).toBeLessThanOrEqual(1);
        expect(Coin.signedWeight(Tx.stripped(unsigned), inputs)).toBeGreaterThanOrEqual(unsigned.weight());
      }
    },
    LIMIT_MS,
  );

  it(
    'a replacement goes into the mempool: lower change, then coins added (BIP125 rules 3 and 4); one that pays too little does not',
    async () => {
      const [coin, more] = await Promise.all([coinOf(chain(), 'p2wpkh', 100_000n), coinOf(chain(), 'p2sh-p2wpkh', 90_000n)]);
      const inputs = [{ ...Coin.toInput(coin), sequence: Coin.REPLACEABLE_SEQUENCE }];
      const outputs = [
        { scriptPubKey: HOME, valueSats: 60_000n },
        { scriptPubKey: coin.scriptPubKey, valueSats: 39_700n },
      ];
      const first = signed(Coin.unsigned(inputs, outputs), [coin]);
      expect(await chain().submit(Tx.encode(first))).toMatchObject({ accepted: true });
      const bump = { transaction: first, coins: [coin], changeIndex: 1 };
      // The same at 10 satoshi more: the node says no, which is why the library does not make it.
      const cheap = Coin.unsigned(inputs, [outputs[0] as Tx.SpentOutput, { scriptPubKey: coin.scriptPubKey, valueSats: 39_690n }]);
      expect(await chain().testAccept(Tx.encode(signed(cheap, [coin])))).toMatchObject({
        allowed: false,
        rejectReason: expect.stringContaining('insufficient fee'),
      });
      const lower = FeeBump.replace({ ...bump, feeRateSatsPerKvb: 2_200n });
      expect(lower.feeSats).toBe(300n + BigInt(Math.ceil(lower.signedWeight / 4)));
      const second = signed(lower.transaction, lower.coins);
      expect(await chain().submit(Tx.encode(second))).toEqual({ accepted: true, txid: Tx.txid(second) });
      const added = FeeBump.replace({
        transaction: second,
        coins: lower.coins,
        changeIndex: 1,
        candidates: [more],
        feeRateSatsPerKvb: 400_000n,
      });
      expect([added.coins.length, added.transaction.outs[0]?.value]).toEqual([2, 60_000n]);
      const third = signed(added.transaction, added.coins);
      expect(third.weight()).toBe(added.signedWeight);
      expect(await chain().submit(Tx.encode(third))).toEqual({ accepted: true, txid: Tx.txid(third) });
      expect(await chain().unspent({ txid: Tx.txid(second), vout: 0 })).toBeNull();
      await chain().mine(1);
      expect(await chain().blockOf(Tx.txid(third))).not.toBeNull();
    },
    LIMIT_MS,
  );

  it(
    'a child pays for its parent: both are taken as a package, at the rate that was asked for both',
    async () => {
      const kinds: readonly WalletKind[] = ['p2tr', 'p2wpkh', 'p2sh-p2wpkh', 'p2wsh 2-of-3', 'p2pkh'];
      const coins = await Promise.all(kinds.map((kind) => coinOf(chain(), kind, 100_000n)));
      for (const coin of coins) {
        const inputs = [Coin.toInput(coin, 'coin', LEGACY)];
        const parent = signed(Coin.unsigned(inputs, [{ scriptPubKey: coin.scriptPubKey, valueSats: 99_940n }]), [coin]);
        // 60 sat are a quarter of a satoshi for each vbyte and less.
        const own = { ...coin, outpoint: { txid: Tx.txid(parent), vout: 0 }, valueSats: 99_940n, previousTransaction: Tx.encode(parent) };
        const built = FeeBump.child({ parent: { transaction: parent, feeSats: 60n }, coin: own, packageFeeRateSatsPerKvb: 5_000n });
        const child = signed(built.transaction, [own]);
        const answer = untyped<{ package_msg: string; 'tx-results': Record<string, { vsize: number; fees: { base: number } }> }>(
          await node().rpc.call('submitpackage', [Tx.toHex(parent), Tx.toHex(child)]),
        );
        expect(answer.package_msg, JSON.stringify(answer)).toBe('success');
        const results = Object.values(answer['tx-results']);
        const bytes = results.reduce((total, { vsize }) => total + vsize, 0);
        const fees = results.reduce((total, { fees: { base } }) => total + Math.round(base * 1e8), 0);
        expect(fees).toBe(Number(built.feeSats) + 60);
        expect((fees * 1000) / bytes).toBeGreaterThanOrEqual(5_000);
        expect((fees * 1000) / bytes).toBeLessThan(5_050);
      }
      await chain().mine(1);
    },
    LIMIT_MS,
  );

  it(
    'a stake out of a mixed wallet confirms, its change pays for it when it is slow, and coins of other kinds are left out',
    async () => {
      const cast = World.castOf({ name: 'funding', covenant: [2, 3], stakingTimeBlocks: 20, unbondingTimeBlocks: 5 });
      const candidates = await Promise.all(WALLET_KINDS.map((kind) => coinOf(chain(), kind, 120_000n)));
      const params = untyped<StakingTx.fund.Options['params']>({
        version: 7,
        ...cast.rules,
        covenantPks: cast.contract.terms.covenantPks,
        covenantQuorum: 2,
        unbondingTimeBlocks: 5,
        minStakingValueSats: 1n,
        maxStakingValueSats: 10n ** 9n,
        minStakingTimeBlocks: 1,
        maxStakingTimeBlocks: 100,
        feeRateSatsPerKvb: 1n,
      });
      const options = {
        contract: cast.contract,
        params,
        valueSats: Sats.from(500_000n),
        candidates,
        changeScriptPubKey: purseOf('p2tr').scriptPubKey,
        feeRateSatsPerKvb: 1_000n,
      };
      const funded = StakingTx.fund(options);
      expect(funded.selection.skipped.map(({ why }) => why)).toEqual(
        WALLET_KINDS.filter((kind) => !STABLE_KINDS.includes(kind)).map(() => 'txid-changes'),
      );
      const stake = signed(funded.transaction, funded.coins);
      expect(Tx.txid(stake)).toBe(Tx.txid(funded.transaction));
      const { vsize } = await World.mustPass(chain(), stake);
      expect(vsize).toBe(Math.ceil(funded.signedWeight / 4));
      expect(await chain().submit(Tx.encode(stake))).toMatchObject({ accepted: true });
      const change = {
        ...purseOf('p2tr'),
        kind: 'p2tr',
        outpoint: { txid: Tx.txid(stake), vout: 1 },
        valueSats: funded.changeSats,
      } as const;
      const child = FeeBumping.child({
        kind: 'staking-registered',
        contracts: [cast.contract],
        parent: { transaction: stake, feeSats: funded.feeSats },
        coin: change,
        packageFeeRateSatsPerKvb: 9_000n,
      });
      const paying = signed(child.transaction, [change]);
      expect(await chain().submit(Tx.encode(paying))).toEqual({ accepted: true, txid: Tx.txid(paying) });
      await chain().mine(1);
      expect(await chain().blockOf(Tx.txid(paying))).not.toBeNull();
      expect(await chain().blockOf(Tx.txid(stake))).not.toBeNull();
      expect(World.delegationOf(cast, stake).stakingValueSats).toBe(500_000n);
      // Registration after the confirmation takes the legacy coins as well, and may be replaced.
      const rest = candidates.filter((coin) => !funded.coins.includes(coin));
      const late = StakingTx.fund({
        ...options,
        candidates: rest,
        valueSats: Sats.from(sum(rest) - 60_000n),
        registration: 'post-staking',
        ...LEGACY,
        replaceable: true,
        changeScriptPubKey: HOME,
      });
      expect(late.txidIsFinal).toBe(false);
      const slow = signed(late.transaction, late.coins);
      expect(Tx.txid(slow)).not.toBe(Tx.txid(late.transaction));
      await World.mustPass(chain(), slow);
      expect(await chain().submit(Tx.encode(slow))).toMatchObject({ accepted: true });
      const faster = FeeBumping.replaceStaking({
        registration: 'post-staking',
        contract: cast.contract,
        transaction: slow,
        coins: late.coins,
        changeIndex: 1,
        feeRateSatsPerKvb: 7_000n,
        ...LEGACY,
      });
      await World.confirm(chain(), signed(faster.transaction, faster.coins));
    },
    LIMIT_MS,
  );

  it(
    'an extension without a large coin tells the consolidation, which confirms and then funds it; a withdrawal is replaced',
    async () => {
      const cast = World.castOf({ name: 'extend and leave', covenant: [2, 3], stakingTimeBlocks: 4, unbondingTimeBlocks: 2 });
      const [stake, other] = (await World.openStakes(chain(), cast, 2)) as [World.Stake, World.Stake];
      const small = await Promise.all([0, 1, 2, 3, 4].map(() => coinOf(chain(), 'p2wpkh', 2_000n)));
      const options = {
        previous: stake.delegation,
        contract: cast.contract,
        valueSats: Sats.from(stake.delegation.stakingValueSats + 4_000n),
        changeScriptPubKey: purseOf('p2wpkh').scriptPubKey,
        feeRateSatsPerKvb: 2_000n,
      };
      const { reason } = failure(() => ExtensionTx.fund({ ...options, candidates: small }));
      const { code, plan } = untyped<{ code: string; plan: ExtensionTx.ConsolidationPlan }>(reason);
      expect(code).toBe('extension-tx.needs-consolidation');
      const spent = plan.inputs.map(
        ({ txid, vout }) => small.find(({ outpoint }) => outpoint.txid === txid && outpoint.vout === vout) as Coin.Coin,
      );
      const first = signed(Tx.fromHex(plan.transaction), spent);
      await World.confirm(chain(), first);
      const one = {
        ...purseOf('p2wpkh'),
        kind: 'p2wpkh',
        scriptPubKey: Hex.decode(plan.scriptPubKey),
        outpoint: { txid: Tx.txid(first), vout: 0 },
        valueSats: BigInt(plan.valueSats),
      } as const;
      const built = ExtensionTx.fund({ ...options, candidates: [one] });
      const extension = World.complete(cast, 'unbonding', built.spend);
      signWallet(extension, 1, 'p2wpkh', [built.spend.spentOutputs[0] as Coin.Coin, one]);
      expect(extension.weight()).toBe(built.signedWeight);
      await World.confirm(chain(), extension);

      await chain().mine(4);
      const withdrawal = World.withdraw(other, 'staking');
      expect(await chain().submit(Tx.encode(withdrawal.transaction))).toMatchObject({ accepted: true });
      expect(FeeBumping.answer('withdrawal', withdrawal.transaction, [HOME])).toMatchObject({
        replacement: { possible: true },
        child: { possible: true },
      });
      const input = { contract: other.delegation.contract, from: 'staking', ...other.delegation.staking } as const;
      const replaced = FeeBumping.replaceWithdrawal({
        inputs: [input],
        destinationScriptPubKey: HOME,
        replacedFeeSats: withdrawal.built.feeSats,
        feeRateSatsPerKvb: World.FEE_RATE + 1n,
      });
      expect(replaced.feeSats).toBe(withdrawal.built.feeSats + BigInt(Math.ceil(replaced.signedWeight / 4)));
      await World.confirm(chain(), World.complete(cast, 'timelock', replaced.spends[0] as (typeof replaced.spends)[number]));
    },
    LIMIT_MS,
  );
});
