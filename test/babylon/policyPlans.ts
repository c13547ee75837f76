// Plans in which nothing is wrong, for each of the four reviews: mainnet, version 5, 50,000,000 sat, everything known.
import * as Delegation from '../../src/babylon/Delegation.ts';
import * as ExtensionTx from '../../src/babylon/ExtensionTx.ts';
import * as Networks from '../../src/babylon/Networks.ts';
import type * as Params from '../../src/babylon/Params.ts';
import * as ParamsSet from '../../src/babylon/ParamsSet.ts';
import type * as StakePolicy from '../../src/babylon/StakePolicy.ts';
import * as StakingContract from '../../src/babylon/StakingContract.ts';
import * as StakingTx from '../../src/babylon/StakingTx.ts';
import * as WithdrawalTx from '../../src/babylon/WithdrawalTx.ts';
import * as Blocks from '../../src/base/Blocks.ts';
import type * as Sats from '../../src/base/Sats.ts';
import * as Address from '../../src/bitcoin/Address.ts';
import { coinOf } from '../support/coins.ts';
import { type KeyPair, keyOf, sats, stakingTransaction } from '../support/stakes.ts';

export const TIP = 949_000;
export const network: Networks.StakingNetwork = Networks.from('mainnet');
export const params: Params.StakingParams = ParamsSet.atHeight(network.paramsSet, Blocks.height(TIP));
export const staker: KeyPair = keyOf('policy staker');
export const provider: KeyPair = keyOf('policy provider');
export const VALUE: Sats.Sats = sats(50_000_000);

export const contractOptions: {
  readonly stakerPk: KeyPair['publicKey'];
  readonly finalityProviderPks: readonly KeyPair['publicKey'][];
  readonly stakingTimeBlocks: number;
} = {
  stakerPk: staker.publicKey,
  finalityProviderPks: [provider.publicKey],
  stakingTimeBlocks: 64_000,
};
export const contract: StakingContract.StakingContract = StakingContract.fromParams(params, contractOptions);

export const goodCoin: StakePolicy.PlanCoin = {
  ...coinOf('P2TR', 60_000_000n),
  confirmations: 6,
  isCoinbase: false,
  isSpent: false,
  hasInscription: false,
  hasRunes: false,
  hasRareSats: false,
};
/** The change goes back to the script of the coin. */
export const CHANGE: Uint8Array = goodCoin.scriptPubKey;
export const FEE_RATE: bigint = 2_000n;

/** Everything that a good provider is. */
export const goodProvider: StakePolicy.ProviderFacts = {
  publicKey: provider.publicKey,
  isRegistered: true,
  isSlashed: false,
  isJailed: false,
  isDeleted: false,
  isActive: true,
  commission: '0.05',
  maxCommission: '0.2',
  maxCommissionChange: '0.01',
};

export const chain: StakePolicy.ChainFacts = {
  tipHeight: TIP,
  babylonHeight: 3_000_000n,
  date: '2026-06-01',
  latestParamsVersion: params.version,
};
export const address: string = Address.encode(CHANGE, 'mainnet');

export function build(changes: Partial<StakingTx.build.Options> = {}): StakingTx.build.Built {
  return StakingTx.build({
    contract,
    valueSats: VALUE,
    coins: [goodCoin],
    changeScriptPubKey: CHANGE,
    feeRateSatsPerKvb: FEE_RATE,
    ...changes,
  });
}

export const built: StakingTx.build.Built = build();

/** A pre-staking registration with everything known and nothing wrong. */
export const goodStake: StakePolicy.StakePlan = {
  registration: 'pre-staking',
  contract,
  params,
  stakingTransaction: built.transaction,
  network,
  chain,
  provider: goodProvider,
  wallet: { scripts: [CHANGE], stakerPks: [staker.publicKey] },
  intent: { valueSats: VALUE, blocks: 64_000 },
  coins: [goodCoin],
  referenceFeeRateSatsPerKvb: FEE_RATE,
  addresses: [address],
  knownDelegations: [],
  pop: { type: 'BIP322', context: '', bitcoinAddress: address, isValid: true },
};

/** A stake that is on Bitcoin, deep enough, with its proof. */
export const goodPost: StakePolicy.StakePlan = {
  ...goodStake,
  registration: 'post-staking',
  inclusion: { height: TIP - 100, index: 5 },
  hasInclusionProof: true,
};

export const delegation: Delegation.Delegation = Delegation.from({
  contract,
  rules: params,
  stakingTransaction: stakingTransaction(contract, VALUE),
});

export function extend(changes: Partial<ExtensionTx.build.Options> = {}): ExtensionTx.build.Built {
  return ExtensionTx.build({
    previous: delegation,
    contract,
    valueSats: VALUE,
    funding: goodCoin,
    changeScriptPubKey: CHANGE,
    feeRateSatsPerKvb: FEE_RATE,
    ...changes,
  });
}

export const goodExtension: StakePolicy.ExtensionPlan = {
  ...goodStake,
  previous: delegation,
  stakingTransaction: extend().transaction,
  previousInclusionHeight: TIP - 1_000,
  previousStatus: 'ACTIVE',
  stakerAddress: 'bbn1a',
  previousStakerAddress: 'bbn1a',
};

export const goodUnbonding: StakePolicy.UnbondingPlan = {
  delegation,
  transaction: delegation.unbonding.transaction,
  inclusionHeight: TIP - 1_000,
  network,
  chain,
  provider: goodProvider,
  wallet: { stakerPks: [staker.publicKey] },
  covenantSignatures: 6,
  isStakeSpent: false,
  referenceFeeRateSatsPerKvb: FEE_RATE,
};

export const withdrawalInput: StakePolicy.PlanWithdrawalInput = {
  contract,
  from: 'unbonding',
  outpoint: delegation.unbondingOutput.outpoint,
  valueSats: delegation.unbondingOutput.valueSats,
  minedHeight: TIP - 1_000,
  isSpent: false,
};

export const withdrawal: WithdrawalTx.build.Built = WithdrawalTx.build({
  inputs: [withdrawalInput],
  destinationScriptPubKey: CHANGE,
  feeRateSatsPerKvb: FEE_RATE,
});

export const goodWithdrawal: StakePolicy.WithdrawalPlan = {
  transaction: withdrawal.transaction,
  inputs: [withdrawalInput],
  network,
  chain,
  provider: goodProvider,
  wallet: { scripts: [CHANGE] },
  addresses: [address],
  referenceFeeRateSatsPerKvb: FEE_RATE,
};
