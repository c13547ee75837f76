// What the rows of the table of bad inputs start from: one stake in all its parts, each with a way to change it, of whatever type.
import { toBech32 } from 'bitcoinjs-lib/src/address';
import * as Delegation from '../../src/babylon/Delegation.ts';
import type * as ExtensionTx from '../../src/babylon/ExtensionTx.ts';
import * as Params from '../../src/babylon/Params.ts';
import * as ProofOfPossession from '../../src/babylon/ProofOfPossession.ts';
import * as SlashingTx from '../../src/babylon/SlashingTx.ts';
import * as StakingContract from '../../src/babylon/StakingContract.ts';
import * as StakingTx from '../../src/babylon/StakingTx.ts';
import * as UnbondingTx from '../../src/babylon/UnbondingTx.ts';
import * as Hex from '../../src/base/Hex.ts';
import * as Rate from '../../src/base/Rate.ts';
import * as Sats from '../../src/base/Sats.ts';
import type { Coin } from '../../src/bitcoin/Coin.ts';
import * as Fee from '../../src/bitcoin/Fee.ts';
import * as InclusionProof from '../../src/bitcoin/InclusionProof.ts';
import * as SigningRequest from '../../src/bitcoin/SigningRequest.ts';
import * as TapTree from '../../src/bitcoin/TapTree.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import type * as PublicKey from '../../src/crypto/PublicKey.ts';
import type { Withdrawable } from '../../src/wallet/Staker.ts';
import * as Staker from '../../src/wallet/Staker.ts';
import * as Steps from '../../src/wallet/Steps.ts';
import * as Utxo from '../../src/wallet/Utxo.ts';
import {
  approvalOf,
  BABYLON_ADDRESS,
  COVENANT,
  changed,
  coinsOf,
  FEE_RATE,
  keyOfType,
  NETWORK,
  PARAMS,
  PROVIDER,
  planOf,
  providerOf,
  STAKE_SATS,
  STAKER,
  STAKING_TIME,
  TIP,
  utxosOf,
  type World,
  worldOf,
} from '../support/flows.ts';
import { type Habits, peerBitcoin } from '../support/peerWallet.ts';
import { filled, keyOf, P2WPKH, pks, RULES, signaturesOf, untyped } from '../support/stakes.ts';
import { signWallet, walletCoin } from '../support/wallets.ts';

export function must(holds: boolean, what = 'the result'): void {
  if (!holds) throw new Error(`${what} is wrong`);
}

export const hex: (bytes: Uint8Array) => string = Hex.encode;
export const same = (a: Uint8Array, b: Uint8Array): boolean => hex(a) === hex(b);

// ---- what the rows start from

export const members: PublicKey.XOnlyPublicKey[] = pks(COVENANT);
export const member = members[0] as PublicKey.XOnlyPublicKey;
export const provider: PublicKey.XOnlyPublicKey = PROVIDER.publicKey;
export const staker: PublicKey.XOnlyPublicKey = STAKER.publicKey;
export const NUMS: Uint8Array = TapTree.nums();

export const terms: StakingContract.Options = {
  stakerPk: staker,
  finalityProviderPks: [provider],
  covenantPks: members,
  covenantQuorum: 6,
  stakingTimeBlocks: 1_000,
  unbondingTimeBlocks: 301,
  profile: 'generic',
};
type Terms = {
  readonly babylonBtcTipHeight: number;
  readonly finalityProviderPk: PublicKey.XOnlyPublicKey;
  readonly stakingTimeBlocks: number;
  readonly valueSats: bigint;
  readonly feeRateSatsPerKvb: bigint;
};
/** A contract with changed terms, of whatever type. */
export const contract = (changes: object = {}): StakingContract.StakingContract => {
  const made = StakingContract.from({ ...terms, ...changes });
  must(made.staking.scriptPubKey.length === 34);
  return made;
};
export const json: Params.StakingParamsJson = Params.toJson(PARAMS);
export const params = (changes: object): Params.StakingParams => Params.from({ ...json, ...changes });

export const world: World = worldOf();
export const plans: ReturnType<typeof planOf> = planOf(world);
export const delegation: Delegation.Delegation = plans.delegation;
export const stakeTerms: Terms = {
  babylonBtcTipHeight: TIP,
  finalityProviderPk: provider,
  stakingTimeBlocks: STAKING_TIME,
  valueSats: STAKE_SATS,
  feeRateSatsPerKvb: FEE_RATE,
};
export const coins: readonly Coin[] = coinsOf(world.key, 8_000_000n);
export const stake = (changes: object = {}): ReturnType<Staker.Staker['plan']> =>
  world.staker.plan(untyped({ ...stakeTerms, coins, ...changes }));

export const utxo: Utxo.Utxo = utxosOf(coins)[0] as Utxo.Utxo;
export const coinOf = (changes: object): Coin => Utxo.toCoin(untyped({ ...utxo, ...changes }));

export const stakeOptions: StakingTx.build.Options = {
  contract: contract(),
  coins,
  valueSats: Sats.from(500_000n),
  changeScriptPubKey: P2WPKH,
  feeRateSatsPerKvb: FEE_RATE,
};
export const build = (changes: object): StakingTx.build.Built => StakingTx.build(untyped({ ...stakeOptions, ...changes }));

export function withdraw(
  changes: object,
  output: Partial<Withdrawable> = {},
  by: World = worldOf(),
): ReturnType<Staker.Staker['withdraw']> {
  const outputs = [{ delegation, from: 'staking' as const, ...output }];
  return by.staker.withdraw(untyped({ outputs, feeRateSatsPerKvb: FEE_RATE, ...changes }));
}

export const account: Staker.Account = { ...world.staker.account };
export const login = (changes: object): Staker.Staker =>
  Staker.from({ network: NETWORK, bitcoin: providerOf(), account: { ...account, ...changes } });

export const slash = (rules: object, valueSats = 5_000_000n): Tx.Transaction =>
  SlashingTx.build({
    contract: contract(),
    funding: { outpoint: { txid: '11'.repeat(32), vout: 0 }, valueSats: Sats.from(valueSats) },
    rules: untyped({
      slashingPkScript: PARAMS.slashingPkScript,
      slashingRate: PARAMS.slashingRate,
      minSlashingTxFeeSats: PARAMS.minSlashingTxFeeSats,
      ...rules,
    }),
  });

export const unbondFee = (feeSats: unknown): Tx.Transaction =>
  UnbondingTx.build({ contract: contract(), staking: delegation.staking, feeSats: untyped(feeSats) });

export const checkUnbonding = (change: (unbonding: Tx.Transaction) => void): void => {
  const unbonding = delegation.unbonding.transaction;
  change(unbonding);
  UnbondingTx.check({ unbonding, contract: delegation.contract, staking: delegation.staking, feeSats: PARAMS.unbondingFeeSats });
};
export const inputOf = ({ ins }: Tx.Transaction): Tx.Transaction['ins'][number] => ins[0] as Tx.Transaction['ins'][number];
export const outputOf = ({ outs }: Tx.Transaction): Tx.Transaction['outs'][number] => outs[0] as Tx.Transaction['outs'][number];

type Sig = { btcPkHex: string; sigHex: string };
export const sigs: readonly Sig[] = signaturesOf(delegation.unbonding, COVENANT).map(({ publicKey, signature }) => ({
  btcPkHex: hex(publicKey),
  sigHex: hex(signature),
}));
export const sig = (i: number): Sig => sigs[i] as Sig;
export const five: readonly Sig[] = sigs.slice(0, 5);
export const unbond = (covenantSignatures: readonly Sig[]): Promise<Steps.Completed> =>
  worldOf().staker.signUnbonding({ delegation, covenantSignatures });
/** Twelve items: nine slots with six signatures, the staker's, script and control block. */
export const unbonds = async (covenantSignatures: readonly Sig[]): Promise<void> => {
  const { transaction } = await unbond(covenantSignatures);
  const { witness } = inputOf(transaction);
  must(witness.length === 12 && witness.slice(0, 9).filter(({ length }) => length === 64 || length === 65).length === 6, 'the witness');
};

export const register = async (habits: Habits): Promise<Staker.Registered> => {
  const by = worldOf(habits);
  return by.staker.registerBeforeStaking(planOf(by));
};

export const proofOf = (transaction: Tx.Transaction): InclusionProof.InclusionProof => {
  const txid = Tx.txid(transaction);
  return InclusionProof.fromTxids({ txids: ['ab'.repeat(32), txid], txid, blockHash: '01'.repeat(32) });
};
export const stakingTransaction: Tx.Transaction = plans.built.transaction;
export const registerAfter = (changes: object): Promise<Staker.Registered> =>
  worldOf().staker.registerAfterStaking(
    untyped({ ...stakeTerms, stakingTransaction, inclusionHeight: TIP, inclusionProof: proofOf(stakingTransaction), ...changes }),
  );

export const made: Tx.Transaction = Tx.create(
  [{ outpoint: { txid: '66'.repeat(32), vout: 0 } }],
  [{ scriptPubKey: world.key.scriptPubKey, valueSats: 200_000n }],
);
export const funding: Coin = world.key.coin({
  outpoint: { txid: Tx.txid(made), vout: 0 },
  valueSats: 200_000n,
  previousTransaction: Tx.encode(made),
});
export const extendTerms: Omit<ExtensionTx.build.Options, 'funding'> = {
  previous: delegation,
  contract: StakingContract.fromParams(PARAMS, { stakerPk: staker, finalityProviderPks: [provider], stakingTimeBlocks: STAKING_TIME }),
  valueSats: STAKE_SATS as Sats.Sats,
  changeScriptPubKey: P2WPKH,
  feeRateSatsPerKvb: FEE_RATE,
};

/** Paid over asked, of the signed transaction: 0 to 1 %. */
export function mustPay(feeSats: bigint, transaction: Tx.Transaction, satsPerVbyte: number): void {
  const ratio = Number(feeSats) / (transaction.virtualSize() * satsPerVbyte);
  must(ratio >= 1 && ratio <= 1.01, `a fee of ${ratio} times the rate`);
}

export async function signedStake(type: 'p2tr' | 'p2wpkh', count: number): Promise<void> {
  const by = worldOf({}, type);
  const many = coinsOf(by.key, ...Array.from({ length: count }, () => 700_000n));
  const plan = by.staker.plan({ ...stakeTerms, feeRateSatsPerKvb: 10_000n, coins: many });
  const signed = await by.staker.signStaking({ delegation: plan.delegation, coins: many, approval: approvalOf(plan.delegation) });
  mustPay(plan.built.feeSats, signed, 10);
}

export const legacyCoin: Coin = walletCoin('p2pkh', 900_000n);
const { previousTransaction: _, ...withoutParent } = legacyCoin;
export const bareLegacy: Coin = withoutParent;
export const odd = (script: string, valueSats: bigint): Coin => ({
  outpoint: { txid: '3c'.repeat(32), vout: 0 },
  valueSats,
  scriptPubKey: Hex.decode(script),
});
/** A plan that leaves this coin out, though it is the largest. */
export function skips(coin: Coin, more: object = {}): void {
  const plan = world.staker.plan(untyped({ ...stakeTerms, candidates: [coin, ...coins], ...more }));
  must(plan.coins.length === 1 && plan.coins[0]?.outpoint.txid === coins[0]?.outpoint.txid, 'the choice');
}

export const legacyKey: ReturnType<typeof keyOfType> = keyOfType('p2pkh');
export const taproot: string = world.key.address;
/** Witness version 16. */
export const FUTURE: string = toBech32(filled(32, 0x22), 16, 'bc');

// ---- rows that need more than a line

export function aliased(): void {
  const own = { ...PARAMS, covenantPks: [...PARAMS.covenantPks] };
  const from = StakingContract.fromParams(own, { stakerPk: staker, finalityProviderPks: [provider], stakingTimeBlocks: STAKING_TIME });
  const before = hex(from.staking.scriptPubKey);
  own.covenantQuorum = 1;
  own.covenantPks.length = 1;
  must(!Reflect.set(from.terms, 'covenantQuorum', 1), 'a change of the terms');
  must(hex(from.staking.scriptPubKey) === before && from.terms.covenantQuorum === 6);
  must(Object.isFrozen(PARAMS) && Object.isFrozen(PARAMS.covenantPks), 'what the parameters are made of');
}

export function timelock(blocks: number, push: string): void {
  const { script } = contract({ stakingTimeBlocks: blocks }).staking.paths.timelock;
  must(hex(script) === `20${hex(staker)}ad${push}b2`, hex(script));
}

export function legacyAddress(): void {
  const { address, publicKey } = legacyKey;
  must(ProofOfPossession.methodFor(address, 'mainnet').type === 'ECDSA', 'the method');
  const by = login({ address, publicKey });
  const plan = by.plan({ ...stakeTerms, candidates: [legacyCoin, ...coins] });
  must(plan.built.txidIsFinal && same(Tx.outputOf(plan.built.transaction, 1).scriptPubKey, legacyKey.scriptPubKey), 'the plan');
}

export function hiddenFee(): void {
  const exact = Fee.at(486, Fee.rate(FEE_RATE));
  const { transaction, feeSats, changeSats } = build({ coins: [walletCoin('p2wpkh', 500_000n + exact + 290n)] });
  must(transaction.outs.length === 1 && changeSats === 0n && feeSats === exact + 290n, 'the fee');
}

export function change(): void {
  for (let rest = 0n; rest < 2_000n; rest += 7n) {
    const { transaction, feeSats, changeSats } = build({ coins: [walletCoin('p2wpkh', 501_000n + rest)] });
    const paid = 501_000n + rest - transaction.outs.reduce((sum, { value }) => sum + value, 0n);
    must(paid === feeSats && (changeSats === 0n ? transaction.outs.length === 1 : changeSats >= 294n), `change of ${changeSats}`);
  }
}

export function tight(): void {
  for (let surplus = 2_440n; surplus <= 3_300n; surplus += 20n) {
    const { transaction } = build({ coins: [walletCoin('p2wpkh', 500_000n + surplus)], feeRateSatsPerKvb: 20_000n });
    must(transaction.outs.length === (surplus < 3_060n + 294n ? 1 : 2), `a surplus of ${surplus}`);
  }
}

export function slashed(): void {
  for (let i = 1; i <= 3_000; i++) {
    const value = 500_000 + ((i * 7_919_777) % 2_000_000_000);
    const rate = 1 + ((i * 37) % 9_999);
    const want = Math.floor(value * Number((rate / 10_000).toFixed(4)) + 0.5);
    must(SlashingTx.slashingAmountSats(Sats.from(BigInt(value)), Rate.from(rate)) === BigInt(want), `${value} at ${rate}`);
  }
}

export function quorumSeven(): unknown {
  const more = StakingContract.from({ ...delegation.contract.terms, stakerPk: staker, covenantQuorum: 7 });
  const tx = Tx.create(
    [{ outpoint: { txid: '12'.repeat(32), vout: 0 } }],
    [{ scriptPubKey: more.staking.scriptPubKey, valueSats: STAKE_SATS }],
  );
  const other = Delegation.from({ contract: more, rules: RULES, stakingTransaction: tx });
  const covenantSignatures = signaturesOf(other.unbonding, COVENANT.slice(0, 6));
  return worldOf().staker.signUnbonding({ delegation: other, covenantSignatures });
}

export async function sixtyFive(): Promise<void> {
  const typed = signaturesOf(delegation.unbonding, COVENANT.slice(0, 1), 1).map(({ signature }) => ({ ...sig(0), sigHex: hex(signature) }));
  await unbonds([...typed, ...sigs.slice(1, 6)]);
  // A hash type that does not exist, and one that the signature is not of: neither counts, and six others do.
  for (const type of ['04', '00', '81']) await unbonds([{ ...sig(0), sigHex: sig(0).sigHex + type }, ...sigs.slice(1, 7)]);
}

export function twoStakes(): unknown {
  const output = { scriptPubKey: delegation.contract.staking.scriptPubKey, valueSats: STAKE_SATS };
  const twice = Tx.create([{ outpoint: { txid: '12'.repeat(32), vout: 0 } }], [output, output]);
  return registerAfter({ stakingTransaction: twice, inclusionProof: proofOf(twice) });
}

export function leafOver(scriptPubKey: Uint8Array): unknown {
  const { transaction, leaf } = delegation.unbondingSlashing;
  return SigningRequest.from({ transaction, inputs: [{ leaf, spentOutput: { scriptPubKey, valueSats: 5_000_000n } }] });
}

export async function pays(rate: bigint, satsPerVbyte: number, from: 'staking' | 'unbonding'): Promise<void> {
  const { transaction, feeSats } = await withdraw({ feeRateSatsPerKvb: rate }, { from });
  mustPay(feeSats, transaction, satsPerVbyte);
}

export function fields(): void {
  const keyOrigins = [{ publicKey: staker, masterFingerprint: filled(4, 1), path: "m/86'/0'/0'/0/0" }];
  const [leafInput] = SigningRequest.toPsbt(Steps.unbonding(delegation, { keyOrigins }).request).data.inputs;
  must(leafInput?.tapBip32Derivation?.length === 1 && leafInput.tapMerkleRoot?.length === 32, 'the leaf');
  const coin = walletCoin('p2wpkh', 900_000n);
  const { transaction } = build({ coins: [coin] });
  const request = SigningRequest.from({ transaction, inputs: [{ coin }], sighashType: 1 });
  const [coinInput] = SigningRequest.toPsbt(request).data.inputs;
  must(coinInput?.nonWitnessUtxo !== undefined && coinInput.sighashType === 1, 'the coin');
}

/** A wallet that puts another signature into its answer. */
export function answering(signature: (old: Uint8Array) => Uint8Array): Habits {
  const answer = (text: string): string => {
    const psbt = peerBitcoin.Psbt.fromHex(text);
    const [input] = psbt.data.inputs;
    const [old] = input?.tapScriptSig ?? [];
    if (input !== undefined && old !== undefined) input.tapScriptSig = [{ ...old, signature: Buffer.from(signature(old.signature)) }];
    return psbt.toHex();
  };
  return { finalize: false, answer };
}

export async function foreignPop(): Promise<unknown> {
  const foreign = await providerOf({}, 'p2tr', keyOf('stranger')).signMessage(BABYLON_ADDRESS, 'bip322-simple');
  return register({ message: () => foreign });
}

export function swappedStake(): unknown {
  const by = worldOf({
    swap: (psbt) =>
      changed(psbt, (tx) => {
        outputOf(tx).script = P2WPKH;
      }),
  });
  return by.staker.signStaking({ delegation, coins, approval: approvalOf(delegation) });
}

export function otherAmount(): unknown {
  const tampered = Tx.copy(stakingTransaction);
  outputOf(tampered).value += 1_000_000n;
  const other = Delegation.from({ contract: delegation.contract, rules: PARAMS, stakingTransaction: tampered });
  return world.staker.signStaking({ delegation: other, coins, approval: approvalOf(delegation) });
}

export function legacyFee(): void {
  const many = Array.from({ length: 10 }, (_, i) => walletCoin('p2pkh', 900_000n, 60 + i));
  const built = build({ coins: many, feeRateSatsPerKvb: 10_000n, registration: 'post-staking', allowTxidChange: true });
  for (const i of many.keys()) signWallet(built.transaction, i, 'p2pkh', many);
  mustPay(built.feeSats, built.transaction, 10);
}
