// Every flow from the plan to the signed transaction, over the wallet that the peer's users have, and beside the peer's own manager.
import { describe, expect, it } from 'vitest';
import * as Covenant from '../../src/babylon/Covenant.ts';
import * as Delegation from '../../src/babylon/Delegation.ts';
import * as Message from '../../src/babylon/Message.ts';
import * as Networks from '../../src/babylon/Networks.ts';
import * as OpReturn from '../../src/babylon/OpReturn.ts';
import * as ParamsSet from '../../src/babylon/ParamsSet.ts';
import * as Phase1Params from '../../src/babylon/Phase1Params.ts';
import * as Slasher from '../../src/babylon/Slasher.ts';
import * as Hex from '../../src/base/Hex.ts';
import type { Coin } from '../../src/bitcoin/Coin.ts';
import * as Psbt from '../../src/bitcoin/Psbt.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as HdAccount from '../../src/wallet/HdAccount.ts';
import * as StakePlan from '../../src/wallet/StakePlan.ts';
import * as Staker from '../../src/wallet/Staker.ts';
import * as Step from '../../src/wallet/Step.ts';
import * as Steps from '../../src/wallet/Steps.ts';
import * as Utxo from '../../src/wallet/Utxo.ts';
import {
  approvalOf,
  BABYLON_ADDRESS,
  babylonWallet,
  COVENANT,
  coinsOf,
  FEE_RATE,
  keyOfType,
  NETWORK,
  PARAMS,
  PEER_INPUT,
  PROVIDER,
  peerInfo,
  peerManager,
  planOf,
  proofOf,
  providerOf,
  STAKE_SATS,
  STAKER,
  STAKING_TIME,
  TERMS,
  TIP,
  utxosOf,
  worldOf,
} from '../support/flows.ts';
import { type Habits, peerBitcoin } from '../support/peerWallet.ts';
import { judge, keyOf, P2WPKH, signaturesOf } from '../support/stakes.ts';

type Fields = Readonly<Record<string, unknown>>;

const hex = Hex.encode;
/** Message fields with bytes as hex, for comparison across copies of Uint8Array and Buffer. */
function shown(value: unknown): unknown {
  if (value instanceof Uint8Array) return hex(Uint8Array.from(value));
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shown(inner)]));
}

const HABITS: readonly (readonly [string, Habits])[] = [
  ['hex, as the options say', {}],
  ['base64', { encoding: 'base64' }],
  ['upper-case hex', { encoding: 'HEX' }],
  ['always finalised', { finalize: true }],
  ['never finalised', { finalize: false }],
  ['never finalised, base64', { finalize: false, encoding: 'base64' }],
  ['together', { batch: true }],
];

/** The output that a withdrawal spends. */
function spentBy({ delegation, from, slashingTransaction }: Staker.Withdrawable): Tx.SpentOutput {
  const { contract } = delegation;
  if (slashingTransaction !== undefined) return Tx.outputOf(slashingTransaction, 1);
  if (from === 'staking') return { scriptPubKey: contract.staking.scriptPubKey, valueSats: delegation.stakingValueSats };
  return { scriptPubKey: contract.unbonding.scriptPubKey, valueSats: delegation.unbondingOutput.valueSats };
}

/** Names of what the wallet was asked, in order. */
const actions = (wallet: {
  readonly asked: readonly { readonly method: string; readonly options?: { readonly action?: { readonly name: string } } }[];
}) => wallet.asked.map(({ method, options }) => `${method} ${options?.action?.name ?? ''}`.trim());

describe('a stake from the plan to its end', () => {
  it.each(HABITS)('with a wallet that answers %s', async (_, habits) => {
    const world = worldOf(habits);
    const { staker, key } = world;
    const coins = coinsOf(key, 3_000_000n, 3_000_000n);
    const plan = planOf(world, coins);

    // 1. Registration: two consents, the proof, the message.
    const registered = await staker.registerBeforeStaking(plan);
    expect(registered.message.typeUrl).toBe(Message.CREATE_BTC_DELEGATION);
    expect(registered.signedBabylonTx).toEqual(Uint8Array.of(1, 2, 3));
    expect(actions(world.wallet)).toEqual(
      ['slashing', 'unbonding-slashing']
        .map((name) => `${habits.batch === true ? 'signPsbts' : 'signPsbt'} sign-btc-${name}-transaction`)
        .concat('signMessage'),
    );
    const { delegation } = registered;
    expect(delegation.stakingSlashing.verify(STAKER.publicKey, registered.consents.staking.signature)).toBe(true);

    // 2. The covenant approves; the staker signs and sends.
    const staking = await staker.signStaking({ delegation, coins, approval: approvalOf(delegation) });
    expect(judge(staking, coins)).toBe('valid');
    expect(Tx.txid(staking)).toBe(delegation.stakingTxid);

    // 3. Unbonding, with more covenant signatures than needed.
    const covenantSignatures = signaturesOf(delegation.unbonding, COVENANT);
    const { transaction: unbonding, ignored } = await staker.signUnbonding({ delegation, covenantSignatures });
    expect(judge(unbonding, delegation.unbonding.spentOutputs)).toBe('valid');
    expect(ignored.map(({ why }) => why)).toEqual(['not-needed', 'not-needed', 'not-needed']);

    // 4. Withdrawals of all three kinds.
    const slashable = {
      delegation,
      stakerSignatures: { stakingSlashing: [registered.consents.staking], unbondingSlashing: [registered.consents.unbonding] },
      covenantSignatures: COVENANT.map(({ secretKey }) => Covenant.sign({ delegation, secretKey })),
    };
    for (const output of [
      { delegation, from: 'staking', confirmedHeight: 100 },
      { delegation, from: 'unbonding', confirmedHeight: 100 },
      { delegation, from: 'slashing-change', slashingTransaction: Slasher.slash(slashable, 'staking', PROVIDER.secretKey).transaction },
      { delegation, from: 'slashing-change', slashingTransaction: Slasher.slash(slashable, 'unbonding', PROVIDER.secretKey).transaction },
    ] as const) {
      const { transaction, valueSats, feeSats } = await staker.withdraw({
        outputs: [output],
        feeRateSatsPerKvb: FEE_RATE,
        tipHeight: 100_000,
      });
      const spent = spentBy(output);
      expect(judge(transaction, [spent])).toBe('valid');
      expect(valueSats + feeSats).toBe(spent.valueSats);
    }
  });

  it.each(['p2tr', 'p2wpkh', 'p2sh-p2wpkh'] as const)('with coins and address of type %s', async (type) => {
    const world = worldOf({}, type);
    const coins = coinsOf(world.key, 6_000_000n);
    const registered = await world.staker.registerBeforeStaking(planOf(world, coins));
    expect(registered.pop.type).toBe(type === 'p2sh-p2wpkh' ? 'ECDSA' : 'BIP322');
    const { delegation } = registered;
    const staking = await world.staker.signStaking({ delegation, coins, approval: approvalOf(delegation) });
    expect(Tx.txid(staking)).toBe(delegation.stakingTxid);
    if (type !== 'p2sh-p2wpkh') expect(judge(staking, coins)).toBe('valid');
  });

  it('chooses coins of the wallet, and finds them again to sign', async () => {
    const world = worldOf();
    const candidates = coinsOf(world.key, 400_000n, 3_000_000n, 900_000n, 5_200_000n, 60_000n);
    const { babylonBtcTipHeight, ...rest } = { babylonBtcTipHeight: TIP, finalityProviderPk: PROVIDER.publicKey, valueSats: STAKE_SATS };
    const plan = world.staker.plan({
      ...rest,
      babylonBtcTipHeight,
      stakingTimeBlocks: STAKING_TIME,
      feeRateSatsPerKvb: FEE_RATE,
      candidates,
    });
    expect(plan.coins.length).toBeGreaterThan(0);
    const { delegation } = await world.staker.registerBeforeStaking(plan);
    const staking = await world.staker.signStaking({ delegation, coins: candidates, approval: approvalOf(delegation) });
    expect(judge(staking, plan.coins)).toBe('valid');
  });

  it('is signed by a hierarchical account, which finds its keys by their origins', async () => {
    const mnemonic = 'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about';
    const account = HdAccount.fromMnemonic({ mnemonic }, { network: 'mainnet', purpose: 86 });
    const first = account.derive({ index: 0 });
    const staker = Staker.from({
      network: NETWORK,
      account: {
        address: account.address,
        publicKey: account.publicKey,
        babylonAddress: BABYLON_ADDRESS,
        keyOrigins: [first.leafKeyOrigin],
      },
      bitcoin: HdAccount.fromMnemonic({ mnemonic }, { network: 'mainnet', purpose: 86 }),
    });
    const place = { change: true, index: 400 };
    const coins = [account.coin({ outpoint: { txid: '5b'.repeat(32), vout: 0 }, valueSats: 6_000_000n, place })];
    const plan = staker.plan({
      babylonBtcTipHeight: TIP,
      finalityProviderPk: PROVIDER.publicKey,
      stakingTimeBlocks: STAKING_TIME,
      valueSats: STAKE_SATS,
      feeRateSatsPerKvb: FEE_RATE,
      coins,
    });
    const { delegation, signedBabylonTx } = await staker.registerBeforeStaking(plan);
    expect(signedBabylonTx).toBeUndefined();
    expect(judge(await staker.signStaking({ delegation, coins, approval: approvalOf(delegation) }), coins)).toBe('valid');
    const step = Steps.unbonding(delegation, { keyOrigins: [first.leafKeyOrigin] });
    const [derivation] = Psbt.Psbt.fromHex(Step.psbtHex(step)).data.inputs[0]?.tapBip32Derivation ?? [];
    expect(derivation?.path).toBe("m/86'/0'/0'/0/0");
    expect(derivation?.leafHashes.map(hex)).toEqual([hex(delegation.unbonding.leaf.leafHash)]);
  });
});

describe('an extension', () => {
  it('asks the wallet for the transaction that made the funding coin, and believes only the right one', async () => {
    const world = worldOf();
    const { key, wallet, staker } = world;
    const made = Tx.create([{ outpoint: { txid: '66'.repeat(32), vout: 0 } }], [{ scriptPubKey: key.scriptPubKey, valueSats: 200_000n }]);
    const other = Tx.create([{ outpoint: { txid: '67'.repeat(32), vout: 0 } }], [{ scriptPubKey: key.scriptPubKey, valueSats: 200_000n }]);
    const funding: Coin = key.coin({ outpoint: { txid: Tx.txid(made), vout: 0 }, valueSats: 200_000n });
    const { delegation: previous } = planOf(world);
    const options = { babylonBtcTipHeight: TIP, previous, stakingTimeBlocks: STAKING_TIME, feeRateSatsPerKvb: FEE_RATE, funding };
    const plan = staker.planExtension(options);
    const answering = (transaction: Tx.Transaction): Staker.Staker => {
      const { account, network } = staker;
      const bitcoin = { ...wallet, getTransactionHex: async () => Tx.toHex(transaction) };
      return Staker.from({ account, network, bitcoin });
    };
    await expect(answering(other).registerExtension(plan)).rejects.toMatchObject({ code: 'staker.other-transaction' });
    const { message } = await answering(made).registerExtension(plan);
    expect((message.value as unknown as Fields)['fundingTx']).toEqual(Tx.encode(made));
  });

  it.each(HABITS)('with a wallet that answers %s', async (_, habits) => {
    const world = worldOf(habits);
    const { staker, key } = world;
    const { delegation: previous } = planOf(world);
    const made = Tx.create([{ outpoint: { txid: '66'.repeat(32), vout: 0 } }], [{ scriptPubKey: key.scriptPubKey, valueSats: 200_000n }]);
    const funding: Coin = key.coin({
      outpoint: { txid: Tx.txid(made), vout: 0 },
      valueSats: 200_000n,
      previousTransaction: Tx.encode(made),
    });
    const plan = staker.planExtension({
      babylonBtcTipHeight: TIP,
      previous,
      stakingTimeBlocks: STAKING_TIME,
      valueSats: STAKE_SATS + 100_000n,
      feeRateSatsPerKvb: FEE_RATE,
      funding,
    });
    const registered = await staker.registerExtension(plan);
    expect(registered.message.typeUrl).toBe(Message.BTC_STAKE_EXPAND);
    expect((registered.message.value as unknown as Fields)['previousStakingTxHash']).toBe(previous.stakingTxid);
    const covenantSignatures = signaturesOf(plan.built.spend, COVENANT.slice(2)).map(({ publicKey, signature }) => ({
      btcPkHex: hex(publicKey).toUpperCase(),
      sigHex: hex(signature),
    }));
    const transaction = await staker.signExtension({ plan, approval: approvalOf(plan.delegation), covenantSignatures });
    expect(judge(transaction, plan.built.spend.spentOutputs)).toBe('valid');
    expect(Tx.txid(transaction)).toBe(plan.delegation.stakingTxid);
    // The report to Babylon: the extension ends its parent.
    const { message } = await staker.reportSpend({
      delegation: previous,
      spendingTransaction: transaction,
      inclusionProof: proofOf(transaction),
      fundingTransactions: [made],
    });
    expect(message.typeUrl).toBe(Message.BTC_UNDELEGATE);
  });
});

describe('what exists on Bitcoin already', () => {
  const existing = () => {
    const world = worldOf();
    const plan = planOf(world);
    return { world, delegation: plan.delegation, transaction: plan.built.transaction };
  };

  it('is registered with its proof', async () => {
    const { world, transaction } = existing();
    const inclusionProof = proofOf(transaction);
    const { message } = await world.staker.registerAfterStaking({
      stakingTransaction: transaction,
      inclusionHeight: TIP,
      inclusionProof,
      ...TERMS,
    });
    const { key, proof } = (message.value as { stakingTxInclusionProof: { key: { index: number }; proof: Uint8Array } })
      .stakingTxInclusionProof;
    expect([key.index, hex(proof)]).toEqual([1, 'ab'.repeat(32)]);
  });

  it('as the message that the peer makes of the same stake, byte for byte', async () => {
    const { world, transaction } = existing();
    const inclusionProof = proofOf(transaction);
    await world.staker.registerAfterStaking({ stakingTransaction: transaction, inclusionHeight: TIP, inclusionProof, ...TERMS });
    const wallet = providerOf();
    const babylon = babylonWallet();
    await peerManager(wallet, babylon).postStakeRegistrationBabylonTransaction(
      peerInfo(world.key),
      peerBitcoin.Transaction.fromHex(Tx.toHex(transaction)),
      TIP,
      PEER_INPUT,
      { pos: 1, merkle: ['ab'.repeat(32)], blockHashHex: inclusionProof.blockHash },
      BABYLON_ADDRESS,
    );
    expect(shown(world.babylon.messages)).toEqual(shown(babylon.messages));
    // What the two asked of the wallet: the same actions and contracts, in the same order; ours adds options.
    expect(actions(world.wallet)).toEqual(actions(wallet));
    const contracts = (asked: typeof wallet.asked) => asked.map(({ options }) => options?.contracts);
    expect(contracts(world.wallet.asked)).toEqual(contracts(wallet.asked));
  });

  it('is read from the data output of the lock-only phase', async () => {
    const mainnet = Networks.from('bbn-1');
    const phase1 = mainnet.phase1 as Phase1Params.Phase1Set;
    const height = 864_795;
    const version = Phase1Params.atHeight(phase1, height as never);
    const key = keyOfType('p2tr');
    const staker = Staker.from({
      network: mainnet,
      account: { address: key.address, publicKey: key.publicKey, babylonAddress: BABYLON_ADDRESS },
      bitcoin: providerOf(),
    });
    const params = ParamsSet.atHeight(mainnet.paramsSet, height as never);
    const contract = StakePlan.forStake({
      paramsSet: mainnet.paramsSet,
      babylonBtcTipHeight: height,
      stakerPk: key.stakerPk,
      finalityProviderPk: PROVIDER.publicKey,
      stakingTimeBlocks: 64_000,
      valueSats: 700_000n,
      feeRateSatsPerKvb: FEE_RATE,
      changeScriptPubKey: key.scriptPubKey,
      coins: coinsOf(key, 1_000_000n),
    }).contract;
    const data = OpReturn.build({
      tag: version.tag,
      stakerPk: key.stakerPk,
      finalityProviderPk: PROVIDER.publicKey,
      stakingTimeBlocks: 64_000,
    });
    const transaction = Tx.create(
      [{ outpoint: { txid: '67'.repeat(32), vout: 0 } }],
      [
        { scriptPubKey: P2WPKH, valueSats: 5_000n },
        { scriptPubKey: contract.staking.scriptPubKey, valueSats: 700_000n },
        { scriptPubKey: data, valueSats: 0n },
      ],
    );
    const options = { stakingTransaction: transaction, inclusionHeight: height, inclusionProof: proofOf(transaction) };
    const { delegation, message } = await staker.registerPhase1(options);
    expect(delegation.stakingOutputIndex).toBe(1);
    expect((message.value as { unbondingTime: number }).unbondingTime).toBe(params.unbondingTimeBlocks);
    const other = Staker.from({
      network: mainnet,
      account: { address: key.address, publicKey: keyOf('somebody').publicKey, babylonAddress: BABYLON_ADDRESS, addressIsForeign: true },
      bitcoin: providerOf(),
    });
    await expect(other.registerPhase1(options)).rejects.toMatchObject({ code: 'stake-plan.other-staker' });
  });
});

describe('beside the peer', () => {
  it('both make the same registration of the same staking transaction', async () => {
    const world = worldOf({}, 'p2wpkh');
    const coins = coinsOf(world.key, 8_000_000n);
    const wallet = providerOf({}, 'p2wpkh');
    const babylon = babylonWallet();
    const { stakingTx } = await peerManager(wallet, babylon).preStakeRegistrationBabylonTransaction(
      peerInfo(world.key),
      PEER_INPUT,
      TIP,
      utxosOf(coins),
      3,
      BABYLON_ADDRESS,
    );
    const delegation = Delegation.from({
      contract: planOf(world, coins).contract,
      rules: PARAMS,
      stakingTransaction: Tx.fromHex(stakingTx.toHex()),
    });
    await world.staker.registerBeforeStaking({ delegation });
    expect(shown(world.babylon.messages)).toEqual(shown(babylon.messages));
  });

  it('both finish the same unbonding and withdrawals', async () => {
    const world = worldOf();
    const { delegation } = planOf(world);
    const manager = peerManager(providerOf(), babylonWallet());
    const staking = peerBitcoin.Transaction.fromHex(Tx.toHex(delegation.stakingTransaction));
    const quorum = signaturesOf(delegation.unbonding, COVENANT.slice(0, 6));
    const { transaction } = await manager.createSignedBtcUnbondingTransaction(
      peerInfo(world.key),
      PEER_INPUT,
      0,
      staking,
      peerBitcoin.Transaction.fromHex(Tx.toHex(delegation.unbonding.transaction)),
      quorum.map(({ publicKey, signature }) => ({ btcPkHex: hex(publicKey), sigHex: hex(signature) })),
    );
    const ours = await world.staker.signUnbonding({ delegation, covenantSignatures: quorum });
    expect(Tx.toHex(ours.transaction)).toBe(transaction.toHex());
  });

  it('its coins are read as they are', () => {
    const key = keyOfType('p2tr');
    const coins = coinsOf(key, 5_000n, 6_000n);
    expect(Utxo.toCoins(utxosOf(coins), key.stakerPk)).toEqual(coins);
    const foreign = coinsOf(keyOfType('p2tr', keyOf('somebody')), 7_000n);
    expect(Utxo.toCoins(utxosOf(foreign), key.stakerPk)[0]?.tapInternalKey).toBeUndefined();
  });
});
