// What the published peer loses coins or integrity by, one test for each way, named after what it prevents. Each is driven through our flows
// with a wallet of the peer's kind; the longer tests are in test/wallet/hostile.test.ts and test/babylon.
import { describe, expect, it } from 'vitest';
import * as Delegation from '../../src/babylon/Delegation.ts';
import * as StakingContract from '../../src/babylon/StakingContract.ts';
import * as UnbondingTx from '../../src/babylon/UnbondingTx.ts';
import * as WitnessFinalizer from '../../src/babylon/WitnessFinalizer.ts';
import { isSatlockError } from '../../src/base/Errors.ts';
import * as Hex from '../../src/base/Hex.ts';
import * as Sats from '../../src/base/Sats.ts';
import * as SigningRequest from '../../src/bitcoin/SigningRequest.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as Steps from '../../src/wallet/Steps.ts';
import * as Utxo from '../../src/wallet/Utxo.ts';
import {
  approvalOf,
  babylonWallet,
  COVENANT,
  changed,
  coinsOf,
  FEE_RATE,
  keyOfType,
  PARAMS,
  PEER_INPUT,
  PROVIDER,
  peerInfo,
  peerManager,
  planOf,
  providerOf,
  STAKE_SATS,
  STAKER,
  STAKING_TIME,
  TIP,
  utxosOf,
  worldOf,
} from '../support/flows.ts';
import { peer, peerBitcoin } from '../support/peerWallet.ts';
import { filled, judge, keyOf, keysOf, P2WPKH, pks, signaturesOf, untyped } from '../support/stakes.ts';

async function codeOf(act: () => unknown): Promise<string> {
  try {
    await act();
  } catch (error) {
    if (isSatlockError(error)) return error.code;
    throw error;
  }
  return 'accepted';
}

const hex = Hex.encode;
const world = worldOf();
const { delegation, coins, built } = planOf(world);
const { contract } = delegation;
const signed = signaturesOf(delegation.unbonding, COVENANT);
const sigs = signed.map(({ publicKey, signature }) => ({ btcPkHex: hex(publicKey), sigHex: hex(signature) }));
const five = sigs.slice(0, 5);
const sixth = sigs[5] as (typeof sigs)[number];
const [first] = sigs as [(typeof sigs)[number]];

const unbond = (covenantSignatures: typeof sigs): Promise<string> =>
  codeOf(() => worldOf().staker.signUnbonding({ delegation, covenantSignatures }));

describe('never again', () => {
  it('A1: a stake is registered whose txid changes when it is signed', async () => {
    const key = keyOfType('p2pkh');
    const made = Tx.create([{ outpoint: { txid: '11'.repeat(32), vout: 0 } }], [{ scriptPubKey: key.scriptPubKey, valueSats: 9_000_000n }]);
    const legacy = key.coin({ outpoint: { txid: Tx.txid(made), vout: 0 }, valueSats: 9_000_000n, previousTransaction: Tx.encode(made) });
    const { staker, wallet } = worldOf();
    expect(await codeOf(() => planOf({ ...world, staker }, [legacy]))).toBe('coin.txid-changes');
    const stakingTransaction = Tx.create([legacy], [{ scriptPubKey: contract.staking.scriptPubKey, valueSats: STAKE_SATS }]);
    const other = Delegation.from({ contract, rules: PARAMS, stakingTransaction });
    expect(await codeOf(() => staker.signStaking({ delegation: other, coins: [legacy], approval: approvalOf(other) }))).toBe(
      'coin.txid-changes',
    );
    expect(wallet.asked).toEqual([]);
    // Nested coins too change their txid at the peer; ours carry the known script from the start.
    const nested = worldOf({}, 'p2sh-p2wpkh');
    const plan = planOf(nested);
    const done = await nested.staker.signStaking({ delegation: plan.delegation, coins: plan.coins, approval: approvalOf(plan.delegation) });
    expect(Tx.txid(done)).toBe(plan.delegation.stakingTxid);
    const info = peerInfo(nested.key);
    const manager = peerManager(providerOf({}, 'p2sh-p2wpkh'), babylonWallet());
    const account = nested.staker.account.babylonAddress;
    const withParent = plan.coins.map((coin) => {
      const parent = Tx.create([{ outpoint: { txid: '12'.repeat(32), vout: 0 } }], [coin]);
      return { ...coin, outpoint: { txid: Tx.txid(parent), vout: 0 }, previousTransaction: Tx.encode(parent) };
    });
    const { stakingTx } = await manager.preStakeRegistrationBabylonTransaction(info, PEER_INPUT, TIP, utxosOf(withParent), 3, account);
    const theirs = await manager.createSignedBtcStakingTransaction(info, PEER_INPUT, stakingTx, utxosOf(withParent), 0);
    expect(theirs.getId()).not.toBe(stakingTx.getId());
  });

  it.each(['sign-btc-slashing-transaction', 'sign-btc-unbonding-slashing-transaction'])(
    'A2: a slashing transaction of the wallet is sent in place of ours (%s)',
    async (name) => {
      const by = worldOf({
        swap: (psbt, options) =>
          options?.action?.name === name
            ? changed(psbt, ({ outs }) => {
                (outs[0] as Tx.Transaction['outs'][number]).script = by.key.scriptPubKey;
              })
            : psbt,
      });
      expect(await codeOf(() => by.staker.registerBeforeStaking(planOf(by)))).toBe('signing-request.other-output-script');
      expect(by.babylon.messages).toEqual([]);
    },
  );

  it('A3: a signature goes out that nobody has verified', async () => {
    const answer = (text: string): string => {
      const psbt = peerBitcoin.Psbt.fromHex(text);
      const [input] = psbt.data.inputs;
      const [old] = input?.tapScriptSig ?? [];
      if (input !== undefined && old !== undefined) input.tapScriptSig = [{ ...old, signature: Buffer.alloc(64, 7) }];
      return psbt.toHex();
    };
    const consent = worldOf({ finalize: false, answer });
    expect(await codeOf(() => consent.staker.registerBeforeStaking(planOf(consent)))).toBe('signing-request.invalid-signature');
    const foreign = await providerOf({}, 'p2tr', keyOf('stranger')).signMessage(world.staker.account.babylonAddress, 'bip322-simple');
    for (const message of [() => '', () => '07'.repeat(66), () => foreign]) {
      const by = worldOf({ message });
      expect(await codeOf(() => by.staker.registerBeforeStaking(planOf(by)))).toMatch(/^(pop|provider)[.]/);
    }
  });

  it('A4: a quorum is counted before names and signatures are normalised', async () => {
    expect(await unbond([...five, { ...first, btcPkHex: first.btcPkHex.toUpperCase() }])).toBe('covenant-approval.quorum-not-reached');
    expect(await unbond([...five, { ...first, btcPkHex: `${first.btcPkHex}zz` }])).toBe('hex.bad-digit');
    expect(await unbond([...five, { ...sixth, sigHex: '' }])).toBe('input.wrong-length');
    expect(await unbond([...five, { ...sixth, sigHex: 'xyz' }])).toMatch(/^hex[.]/);
  });

  it('A5: a bad signature takes the place of a good one', async () => {
    const mixed = [{ ...first, sigHex: '07'.repeat(64) }, ...sigs.slice(1, 7)];
    const { transaction } = await worldOf().staker.signUnbonding({ delegation, covenantSignatures: mixed });
    expect(judge(transaction, delegation.unbonding.spentOutputs)).toBe('valid');
    const theirs = peer.createCovenantWitness(
      [],
      COVENANT.map(({ publicKey }) => Buffer.from(publicKey)),
      mixed,
      6,
    );
    expect(theirs.some((item) => item.equals(Buffer.alloc(64, 7)))).toBe(true);
  });

  it('A6: amounts as text are put behind each other', async () => {
    const utxos = utxosOf(coinsOf(world.key, 60_000n, 60_000n)).map((utxo) => ({ ...utxo, value: untyped<number>('60000') }));
    expect(await codeOf(() => Utxo.toCoins(utxos))).toBe('input.not-integer');
    const texts = coinsOf(world.key, 60_000n, 60_000n).map((coin) => ({ ...coin, valueSats: untyped<bigint>('60000') }));
    expect(await codeOf(() => planOf(world, texts))).toBe('input.not-integer');
  });

  it('A7: a fractional quorum lets the staker leave alone', async () => {
    for (const covenantQuorum of [0.5, 5.7, 0, -1, Number.NaN, untyped<number>('6')])
      expect(await codeOf(() => StakingContract.from({ ...contract.terms, stakerPk: STAKER.publicKey, covenantQuorum }))).toMatch(
        /^input[.](not-integer|out-of-range)$/,
      );
  });

  it('A8: another amount is signed or registered than was asked', async () => {
    const txid = delegation.stakingTxid;
    const inclusionProof = { txid, blockHash: '01'.repeat(32), index: 1, siblings: [filled(32, 1)] };
    const terms = { finalityProviderPk: PROVIDER.publicKey, stakingTimeBlocks: STAKING_TIME, inclusionHeight: TIP, inclusionProof };
    const register = (valueSats: bigint): Promise<string> =>
      codeOf(() => worldOf().staker.registerAfterStaking({ ...terms, stakingTransaction: built.transaction, valueSats }));
    expect(await register(STAKE_SATS - 1_000_000n)).toBe('staking-tx.no-staking-output');
    expect(await register(STAKE_SATS)).toBe('accepted');
  });

  it('A9: an output is spent that is not of the stake', async () => {
    const unrelated = Tx.create([{ outpoint: { txid: '13'.repeat(32), vout: 0 } }], [{ scriptPubKey: P2WPKH, valueSats: 5_000_000n }]);
    const withdraw = (slashingTransaction: Tx.Transaction): Promise<string> =>
      codeOf(() =>
        worldOf().staker.withdraw({ outputs: [{ delegation, from: 'slashing-change', slashingTransaction }], feeRateSatsPerKvb: FEE_RATE }),
      );
    expect(await withdraw(unrelated)).toBe('staker.not-a-slashing');
    const unbonding = delegation.unbonding.transaction;
    (unbonding.ins[0] as Tx.Transaction['ins'][number]).hash = filled(32, 9);
    const { staking } = delegation;
    expect(await codeOf(() => UnbondingTx.check({ unbonding, contract, staking, feeSats: PARAMS.unbondingFeeSats }))).toBe(
      'unbonding-tx.wrong-input',
    );
    const { transaction, leaf } = delegation.unbonding;
    const spentOutput = { scriptPubKey: P2WPKH, valueSats: STAKE_SATS };
    expect(await codeOf(() => SigningRequest.from({ transaction, inputs: [{ leaf, spentOutput }] }))).toBe('psbt.wrong-leaf');
    // And of a slashing transaction the change is withdrawn, not what was burnt.
    const slashingTransaction = delegation.stakingSlashing.transaction;
    const { transaction: withdrawal } = await worldOf().staker.withdraw({
      outputs: [{ delegation, from: 'slashing-change', slashingTransaction }],
      feeRateSatsPerKvb: FEE_RATE,
    });
    expect(Tx.outpointOf(withdrawal, 0)).toEqual({ txid: delegation.stakingSlashing.txid, vout: 1 });
  });

  it('A10: one output is spent twice in a transaction', async () => {
    const [utxo] = utxosOf(coins) as [Utxo.Utxo];
    expect(await codeOf(() => Utxo.toCoins([utxo, { ...utxo, txid: utxo.txid.toUpperCase() }]))).toBe('utxo.duplicate');
    const [coin] = coins as [(typeof coins)[number]];
    expect(await codeOf(() => planOf(world, [coin, coin]))).toBe('tx.duplicate-input');
    const funding = { ...delegation.staking, scriptPubKey: contract.staking.scriptPubKey };
    const terms = { babylonBtcTipHeight: TIP, stakingTimeBlocks: STAKING_TIME, valueSats: STAKE_SATS, feeRateSatsPerKvb: FEE_RATE };
    expect(await codeOf(() => world.staker.planExtension({ ...terms, previous: delegation, funding }))).toBe(
      'extension-tx.funding-is-the-stake',
    );
  });

  it('A11: somebody signs three times what the chain refuses', async () => {
    const two = { finalityProviderPks: pks(keysOf('many', 2)), stakerPk: STAKER.publicKey, stakingTimeBlocks: STAKING_TIME };
    expect(await codeOf(() => StakingContract.fromParams(PARAMS, two))).toBe('staking-contract.profile');
    expect(await codeOf(() => StakingContract.fromParams(PARAMS, { ...two, profile: 'generic' }))).toBe('accepted');
  });

  it('A12: a finished unbonding lacks the empty slots of those who did not sign', async () => {
    const { unbonding: spend } = delegation;
    const request = Steps.unbonding(delegation).request;
    const signers = [STAKER, ...COVENANT.slice(2, 8)];
    const answers = signaturesOf(spend, signers).map(({ publicKey: pubkey, signature }) => {
      const psbt = SigningRequest.toPsbt(request);
      psbt.data.updateInput(0, { tapScriptSig: [{ pubkey, signature, leafHash: spend.leaf.leafHash }] });
      return psbt;
    });
    const { transaction } = WitnessFinalizer.finalizeLeaf({ contract, path: 'unbonding', spend, answers });
    expect(transaction?.ins[0]?.witness.length).toBe(12);
    expect(judge(transaction as Tx.Transaction, spend.spentOutputs)).toBe('valid');
  });

  it('what was planned stays what is signed: values of one delegation are one', () => {
    expect(Sats.from(delegation.stakingValueSats)).toBe(Tx.outputOf(delegation.stakingTransaction, 0).valueSats);
    expect(delegation.unbondingOutput.valueSats).toBe(STAKE_SATS - PARAMS.unbondingFeeSats);
  });
});
