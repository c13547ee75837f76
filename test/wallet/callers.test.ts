// What a caller gets wrong on the way to a stake: heights, addresses, keys, amounts, proofs, coins. The ids are those of the table of bad
// inputs that the TypeScript peer was tried on.
import { describe, expect, it } from 'vitest';
import * as Delegation from '../../src/babylon/Delegation.ts';
import type * as ExtensionTx from '../../src/babylon/ExtensionTx.ts';
import * as Networks from '../../src/babylon/Networks.ts';
import { SatlockError } from '../../src/base/Errors.ts';
import * as Hex from '../../src/base/Hex.ts';
import type { Coin } from '../../src/bitcoin/Coin.ts';
import type * as InclusionProof from '../../src/bitcoin/InclusionProof.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import * as StakePlan from '../../src/wallet/StakePlan.ts';
import * as Staker from '../../src/wallet/Staker.ts';
import * as Steps from '../../src/wallet/Steps.ts';
import * as Utxo from '../../src/wallet/Utxo.ts';
import {
  approvalOf,
  babylonWallet,
  COVENANT,
  codeOf,
  coinsOf,
  FEE_RATE,
  fundingOf,
  keyOfType,
  NETWORK,
  PARAMS,
  PROVIDER,
  planOf,
  proofOf,
  STAKE_SATS,
  STAKE_TERMS,
  STAKER,
  STAKING_TIME,
  TERMS,
  TIP,
  utxosOf,
  worldOf,
} from '../support/flows.ts';
import { failure, filled, keyOf, P2WPKH, untyped } from '../support/stakes.ts';

const hex = Hex.encode;

describe('what a caller gets wrong', () => {
  it('H10: a tip height below 0, before the first parameters, or no integer', async () => {
    const world = worldOf();
    const plan = (babylonBtcTipHeight: number) => () =>
      world.staker.plan({ ...STAKE_TERMS, babylonBtcTipHeight, coins: coinsOf(world.key, 8_000_000n) });
    expect(await codeOf(plan(-5))).toBe('input.out-of-range');
    expect(await codeOf(plan(5))).toBe('params.none-at-height');
    expect(await codeOf(plan(Number.NaN))).toBe('input.not-integer');
  });

  it('H12, H13: Babylon addresses of another length or prefix', async () => {
    const { staker, wallet, key } = worldOf();
    for (const babylonAddress of ['bbn1qqqqqqqqv70kd6', 'bbnvaloper1cyqgpk0nlsutlm5ymkfpya30fqntanc8slpure', 'cosmos1x', ''])
      expect(
        await codeOf(() => Staker.from({ network: NETWORK, account: { ...staker.account, babylonAddress }, bitcoin: wallet })),
      ).toMatch(/^babylon-address[.]/);
    expect(key.address).toBe(staker.account.address);
  });

  it('H14: a provider key with something behind it', () => {
    expect(failure(() => PublicKey.fromHex(`${hex(PROVIDER.publicKey)}zz`)).code).toMatch(/^hex[.]/);
    const world = worldOf();
    const finalityProviderPk = untyped<PublicKey.XOnlyPublicKey>(`${hex(PROVIDER.publicKey)}zz`);
    expect(failure(() => world.staker.plan({ ...STAKE_TERMS, finalityProviderPk, coins: coinsOf(world.key, 8_000_000n) })).code).toBe(
      'input.not-bytes',
    );
  });

  it('A8, H16, H21: another value than the transaction pays', async () => {
    const world = worldOf();
    const { contract, built, coins } = planOf(world);
    const stakingTransaction = built.transaction;
    const existing = { stakingTransaction, inclusionHeight: TIP, inclusionProof: proofOf(stakingTransaction), ...TERMS };
    expect(await codeOf(() => world.staker.registerAfterStaking({ ...existing, valueSats: STAKE_SATS + 1n }))).toBe(
      'staking-tx.no-staking-output',
    );
    // One delegation has one value: of a changed transaction it is another delegation, which nobody has approved.
    const tampered = Tx.copy(stakingTransaction);
    (tampered.outs[0] as Tx.Transaction['outs'][number]).value += 1n;
    const delegation = Delegation.from({ contract, rules: PARAMS, stakingTransaction: tampered });
    const approval = approvalOf(planOf(world).delegation);
    expect(await codeOf(() => world.staker.signStaking({ delegation, coins, approval }))).toBe('covenant-approval.quorum-not-reached');
    expect(world.wallet.asked).toEqual([]);
  });

  it('G04: two outputs of the stake', async () => {
    const world = worldOf();
    const { contract } = planOf(world);
    const stake = { scriptPubKey: contract.staking.scriptPubKey, valueSats: STAKE_SATS };
    const stakingTransaction = Tx.create([{ outpoint: { txid: '12'.repeat(32), vout: 0 } }], [stake, stake]);
    const options = { stakingTransaction, inclusionHeight: TIP, inclusionProof: proofOf(stakingTransaction), ...TERMS };
    expect(await codeOf(() => world.staker.registerAfterStaking(options))).toBe('staking-tx.several-staking-outputs');
  });

  it('H18, H19: every failure is of the one exported class, with a code', async () => {
    expect(() => planOf(worldOf(), [])).toThrow(SatlockError);
    const world = worldOf();
    await expect(world.staker.registerBeforeStaking(untyped(undefined))).rejects.toBeInstanceOf(SatlockError);
    await expect(world.staker.signStaking(untyped({}))).rejects.toBeInstanceOf(SatlockError);
  });

  it('H20: proofs with short nodes, impossible places, other transactions or other blocks', async () => {
    const world = worldOf();
    const stakingTransaction = planOf(world).built.transaction;
    const right = proofOf(stakingTransaction);
    const register = (inclusionProof: InclusionProof.InclusionProof, header?: Uint8Array): Promise<string> =>
      codeOf(() =>
        world.staker.registerAfterStaking({
          stakingTransaction,
          inclusionHeight: TIP,
          inclusionProof,
          ...TERMS,
          ...(header === undefined ? {} : { header }),
        }),
      );
    expect(await register({ ...right, siblings: [filled(31, 1)] })).toBe('input.wrong-length');
    expect(await register({ ...right, index: -3 })).toBe('input.out-of-range');
    expect(await register({ ...right, index: 5 })).toBe('inclusion-proof.index-beyond-depth');
    expect(await register({ ...right, index: 0 })).toBe('stake-plan.coinbase');
    expect(await register({ ...right, blockHash: 'beef' })).toBe('input.wrong-length');
    expect(await register({ ...right, txid: 'cd'.repeat(32) })).toBe('stake-plan.other-transaction');
    expect(await register(right, new Uint8Array(80))).toBe('inclusion-proof.other-block');
    expect(world.wallet.asked).toEqual([]);
  });

  it('H22, H24: fees of withdrawals are what was asked, to a percent', async () => {
    for (const from of ['staking', 'unbonding'] as const)
      for (const feeRateSatsPerKvb of [1_000n, 1_500n, 3_000n, 10_000n, 250_000n]) {
        const world = worldOf();
        const { delegation } = planOf(world);
        const { transaction, feeSats } = await world.staker.withdraw({ outputs: [{ delegation, from }], feeRateSatsPerKvb });
        const asked = (Number(feeRateSatsPerKvb) * transaction.virtualSize()) / 1000;
        expect(Number(feeSats) / asked).toBeGreaterThanOrEqual(1);
        expect(Number(feeSats) / asked).toBeLessThanOrEqual(1.01);
      }
  });

  it('H25, H26: fees of stakes too, with ten coins', async () => {
    for (const addressType of ['p2tr', 'p2wpkh', 'p2sh-p2wpkh'] as const) {
      const world = worldOf({}, addressType);
      const coins = coinsOf(world.key, ...Array.from({ length: 10 }, () => 600_000n));
      const { built, delegation } = planOf(world, coins);
      const signed = await world.staker.signStaking({ delegation, coins, approval: approvalOf(delegation) });
      const asked = (Number(FEE_RATE) * signed.virtualSize()) / 1000;
      expect(Number(built.feeSats) / asked).toBeGreaterThanOrEqual(1);
      expect(Number(built.feeSats) / asked).toBeLessThanOrEqual(1.01);
    }
  });

  it('H27: nothing has to be initialised', () => {
    // The peer's curve is of the peer's own copy of bitcoinjs-lib; ours has none set, and no test of this folder sets one.
    expect(planOf(worldOf()).delegation.stakingTxid).toMatch(/^[0-9a-f]{64}$/);
  });

  it('H28: covenant keys in another case are the same keys', () => {
    const upper = COVENANT.map(({ publicKey }) => PublicKey.fromHex(hex(publicKey).toUpperCase()));
    const world = worldOf();
    const { delegation: previous } = planOf(world);
    const { funding } = fundingOf(world);
    const params = { ...PARAMS, covenantPks: upper };
    const contract = StakePlan.forExtension({
      paramsSet: untyped({ versions: [params] }),
      ...STAKE_TERMS,
      previous,
      funding,
      changeScriptPubKey: world.key.scriptPubKey,
    });
    expect(contract.delegation.contract.terms.covenantPks.map(hex)).toEqual(COVENANT.map(({ publicKey }) => hex(publicKey)));
  });

  it('H30: an extension whose fee no single coin pays: a plan to make one of several', async () => {
    const world = worldOf();
    const { delegation: previous } = planOf(world);
    const candidates = coinsOf(world.key, 900n, 900n, 900n, 900n, 900n, 900n);
    const error = failure(() => world.staker.planExtension({ ...STAKE_TERMS, previous, candidates }));
    expect(error.code).toBe('extension-tx.needs-consolidation');
    const { plan } = error.reason as unknown as { readonly plan: ExtensionTx.ConsolidationPlan };
    expect(BigInt(plan.valueSats)).toBeGreaterThan(900n);
    expect(Tx.fromHex(plan.transaction).ins).toHaveLength(plan.inputs.length);
    const chosen = world.staker.planExtension({
      ...STAKE_TERMS,
      previous,
      candidates: [...candidates, ...coinsOf(world.key, 50_000n)].slice(5),
    });
    expect(chosen.funding.valueSats).toBe(50_000n);
    const { funding } = fundingOf(world, 400n);
    expect(await codeOf(() => world.staker.planExtension({ ...STAKE_TERMS, previous, funding }))).toBe('extension-tx.insufficient-funds');
  });

  it('A10, H31: the stake itself as the coin that extends it, and one coin twice', async () => {
    const world = worldOf();
    const { delegation: previous, contract } = planOf(world);
    const funding = { outpoint: previous.staking.outpoint, scriptPubKey: contract.staking.scriptPubKey, valueSats: STAKE_SATS };
    expect(await codeOf(() => world.staker.planExtension({ ...STAKE_TERMS, previous, funding }))).toBe('extension-tx.funding-is-the-stake');
    const [utxo] = utxosOf(coinsOf(world.key, 8_000_000n));
    if (utxo === undefined) throw new Error('a coin');
    expect(await codeOf(() => Utxo.toCoins([utxo, { ...utxo, txid: utxo.txid.toUpperCase() }]))).toBe('utxo.duplicate');
    const [coin] = coinsOf(world.key, 8_000_000n);
    if (coin === undefined) throw new Error('a coin');
    expect(await codeOf(() => planOf(world, [coin, coin]))).toBe('tx.duplicate-input');
  });

  it('A6, D23-D27, D30-D35: coins that are no coins', async () => {
    const [right] = utxosOf(coinsOf(keyOfType('p2tr'), 8_000_000n));
    if (right === undefined) throw new Error('a coin');
    for (const wrong of [
      { value: '1000000' },
      { value: Number.NaN },
      { value: 1_000_000.7 },
      { value: -1 },
      { value: 2 ** 53 },
      { txid: '00'.repeat(30) },
      { txid: `${'00'.repeat(31)}zz` },
      { vout: -1 },
      { vout: 1.5 },
      { scriptPubKey: 'hello' },
      { redeemScript: 'abc' },
      { rawTxHex: 'zz' },
    ]) {
      const code = await codeOf(() => Utxo.toCoin({ ...right, ...untyped<typeof right>(wrong) }));
      expect(code, JSON.stringify(wrong)).toMatch(/^(input|hex|sats)[.]/);
    }
    expect(Utxo.toCoin({ ...right, value: 5n }).valueSats).toBe(5n);
  });

  it('G05-G07, A9: withdrawals from what is no output of the delegation', async () => {
    const world = worldOf();
    const { delegation } = planOf(world);
    const unrelated = Tx.create([{ outpoint: { txid: '13'.repeat(32), vout: 0 } }], [{ scriptPubKey: P2WPKH, valueSats: 5_000n }]);
    const from = 'slashing-change';
    const run = (slashingTransaction?: Tx.Transaction): Promise<string> =>
      codeOf(() =>
        world.staker.withdraw({
          outputs: [{ delegation, from, ...(slashingTransaction === undefined ? {} : { slashingTransaction }) }],
          feeRateSatsPerKvb: FEE_RATE,
        }),
      );
    expect(await run(unrelated)).toBe('staker.not-a-slashing');
    expect(await run()).toBe('tx.not-a-transaction');
    expect(await run(delegation.unbonding.transaction)).toMatch(/^(pre-signed|slashing-tx)[.]/);
    expect(world.wallet.asked).toEqual([]);
  });

  it('a withdrawal before its time', async () => {
    const world = worldOf();
    const { delegation } = planOf(world);
    const run = (from: 'staking' | 'unbonding', tipHeight: number) => () =>
      world.staker.withdraw({ outputs: [{ delegation, from, confirmedHeight: 900_000 }], feeRateSatsPerKvb: FEE_RATE, tipHeight });
    // The next block may hold it from maturity on, and the tip is one below the next block.
    expect(await codeOf(run('staking', 900_000 + STAKING_TIME - 2))).toBe('staker.not-mature');
    await expect(run('staking', 900_000 + STAKING_TIME - 1)()).resolves.toBeDefined();
    expect(await codeOf(run('unbonding', 900_000 + PARAMS.unbondingTimeBlocks - 2))).toBe('staker.not-mature');
    await expect(run('unbonding', 900_000 + PARAMS.unbondingTimeBlocks - 1)()).resolves.toBeDefined();
  });

  it('a Babylon wallet on another chain', async () => {
    const { wallet, staker } = worldOf();
    const elsewhere = Staker.from({ network: NETWORK, account: staker.account, bitcoin: wallet, babylon: babylonWallet('bbn-test-6') });
    expect(await codeOf(() => elsewhere.registerBeforeStaking(planOf(worldOf())))).toBe('staker.wrong-chain-id');
  });

  it('an address of another key, unless it is meant', () => {
    const { staker, wallet } = worldOf();
    const address = 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4';
    const of = (account: Staker.Account): Staker.Staker => Staker.from({ network: NETWORK, account, bitcoin: wallet });
    expect(failure(() => of({ ...staker.account, address })).code).toBe('staker.foreign-address');
    expect(of({ ...staker.account, address, addressIsForeign: true }).account.address).toBe(address);
    expect(of({ ...staker.account, publicKey: staker.stakerPk }).stakerPk).toEqual(staker.stakerPk);
  });

  it('options in the selection that would change the txid of what is registered', () => {
    const world = worldOf();
    const selection = untyped<StakePlan.Selection>({ registration: 'post-staking', replaceable: true, allowTxidChange: true });
    const { built } = world.staker.plan({
      babylonBtcTipHeight: TIP,
      finalityProviderPk: PROVIDER.publicKey,
      stakingTimeBlocks: STAKING_TIME,
      valueSats: STAKE_SATS,
      feeRateSatsPerKvb: FEE_RATE,
      candidates: coinsOf(world.key, 8_000_000n),
      selection,
    });
    expect([built.txidIsFinal, built.transaction.ins.map(({ sequence }) => sequence)]).toEqual([true, [Tx.FINAL_SEQUENCE]]);
  });

  it('an error of the guard rails, though nobody reviewed the plan', async () => {
    const { key, wallet, staker } = worldOf();
    const own = Staker.from({ network: Networks.from('bbn-1'), account: staker.account, bitcoin: wallet });
    const plan = planOf({ ...worldOf(), staker: own }, coinsOf(key, 8_000_000n));
    // The tip is that of another version than the plan was made for.
    const older = { ...plan, babylonBtcTipHeight: 900_000 };
    expect(await codeOf(() => own.registerBeforeStaking(older))).toBe('stake-policy.errors');
    expect(wallet.asked).toEqual([]);
  });

  it('warnings that nobody has read, and a report of another plan', async () => {
    const world = worldOf();
    const plan = planOf(world);
    const provider = { publicKey: PROVIDER.publicKey, isRegistered: true, isJailed: true };
    const report = world.staker.review(plan, { provider });
    const warnings = report.findings.filter(({ severity }) => severity === 'warning').map(({ code }) => code);
    expect(warnings).toContain('provider.jailed');
    expect(await codeOf(() => world.staker.registerBeforeStaking(plan, { report }))).toBe('stake-policy.unacknowledged');
    const other = planOf(world, coinsOf(world.key, 9_000_000n));
    const guard = { report, acknowledged: warnings };
    expect(await codeOf(() => world.staker.registerBeforeStaking(other, guard))).toBe('staker.report-of-another-plan');
    expect(world.wallet.asked).toEqual([]);
    await expect(world.staker.registerBeforeStaking(plan, guard)).resolves.toBeDefined();
  });

  it('an extension that the guard rails refuse', async () => {
    const world = worldOf();
    const { delegation: previous } = planOf(world);
    const funding = coinsOf(world.key, 400_000n)[0] as Coin;
    const options = { babylonBtcTipHeight: TIP, previous, stakingTimeBlocks: STAKING_TIME, feeRateSatsPerKvb: FEE_RATE, funding };
    const plan = world.staker.planExtension(options);
    const report = world.staker.reviewExtension(plan, { previousStakerAddress: 'bbn1somebodyelse' });
    expect(report.findings.filter(({ severity }) => severity === 'error').map(({ code }) => code)).not.toEqual([]);
    expect(await codeOf(() => world.staker.registerExtension(plan, { report, fundingTransaction: plan.built.transaction }))).toBe(
      'stake-policy.errors',
    );
  });

  it('steps of contracts with several stakers say whose signature they want', () => {
    const { delegation } = planOf(worldOf());
    expect(failure(() => Steps.unbonding(delegation, { stakerPk: keyOf('stranger').publicKey })).code).toBe('steps.not-a-staker');
    expect(Steps.unbonding(delegation, { stakerPk: STAKER.publicKey }).name).toBe('unbonding');
  });

  it('a height of maturity without the tip to hold it against', async () => {
    const world = worldOf();
    const { delegation } = planOf(world);
    const outputs = [{ delegation, from: 'staking' as const, confirmedHeight: TIP }];
    expect(await codeOf(() => world.staker.withdraw({ outputs, feeRateSatsPerKvb: FEE_RATE }))).toBe('input.missing');
    expect(await codeOf(() => world.staker.withdraw({ outputs, feeRateSatsPerKvb: FEE_RATE, tipHeight: TIP }))).toBe('staker.not-mature');
  });

  it('coins to choose from and coins to spend at once', () => {
    const world = worldOf();
    const coins = coinsOf(world.key, 8_000_000n);
    const { scriptPubKey: changeScriptPubKey } = world.key;
    const options = { ...STAKE_TERMS, paramsSet: NETWORK.paramsSet, stakerPk: STAKER.publicKey, changeScriptPubKey, candidates: coins };
    expect(StakePlan.forStake(options).built.changeSats).toBeGreaterThan(0n);
    expect(failure(() => StakePlan.forStake(untyped({ ...options, coins }))).code).toBe('stake-plan.coins-choice');
  });
});
