// What a wallet knows of something that it is about to sign, as plain data. Everything that is left out is reported as not checked.
import type * as Sats from '../../base/Sats.ts';
import type * as Coin from '../../bitcoin/Coin.ts';
import type * as Tx from '../../bitcoin/Tx.ts';
import type { Delegation } from '../Delegation.ts';
import type * as Networks from '../Networks.ts';
import type * as Params from '../Params.ts';
import type { StakingContract } from '../StakingContract.ts';
import type * as WithdrawalTx from '../WithdrawalTx.ts';

/**
 * `pre-staking`: registered first, broadcast when the covenant has signed. `post-staking`: on Bitcoin first. `migration`: a stake of phase 1.
 */
export type RegistrationKind = 'pre-staking' | 'post-staking' | 'migration';

/** A coin with what is known of it beyond what a transaction needs; each fact that is missing is reported. */
export type PlanCoin = Coin.Coin & {
  /** 0: in the mempool only; 1: in the newest block. */
  readonly confirmations?: number;
  readonly isCoinbase?: boolean;
  /** Another transaction spends it already, in a block or in the mempool. */
  readonly isSpent?: boolean;
  readonly hasInscription?: boolean;
  readonly hasRunes?: boolean;
  readonly hasRareSats?: boolean;
};

/** The chains as the wallet sees them now. */
export type ChainFacts = {
  /** Tip of Babylon's own Bitcoin light client, which may lie behind that of a Bitcoin node. */
  readonly tipHeight?: number;
  readonly babylonHeight?: bigint;
  /** Today, `YYYY-MM-DD`; without it the age of the parameters is estimated from the tip, on Bitcoin mainnet. */
  readonly date?: string;
  /** The newest version that the chain's `params` query returned. */
  readonly latestParamsVersion?: number;
};

/** The finality provider as the chain's query returns it; rates are decimal text such as "0.05". */
export type ProviderFacts = {
  /** x-only. @shape 32 bytes */
  readonly publicKey: Uint8Array;
  readonly isRegistered: boolean;
  readonly isSlashed?: boolean;
  readonly isJailed?: boolean;
  readonly isDeleted?: boolean;
  /** Among those that vote now. */
  readonly isActive?: boolean;
  readonly commission?: string;
  readonly maxCommission?: string;
  /** Largest change within a day. */
  readonly maxCommissionChange?: string;
};

/** What belongs to the wallet. */
export type WalletFacts = {
  /** Output scripts of its own … */
  readonly scripts?: readonly Uint8Array[];
  /** … or a question that can be asked of each. */
  readonly owns?: (scriptPubKey: Uint8Array) => boolean;
  /** x-only keys that it can sign with. */
  readonly stakerPks?: readonly Uint8Array[];
};

/** What the user meant; one of the two durations. */
export type Intent = { readonly valueSats?: Sats.Sats; readonly days?: number; readonly blocks?: number };

/** A delegation that is known already. */
export type KnownDelegation = {
  readonly stakerPk: Uint8Array;
  readonly stakingTxid: string;
  readonly stakingOutputIndex: number;
};

/** The proof of possession that goes with a registration. */
export type PopFacts = {
  readonly type: 'BIP340' | 'BIP322' | 'ECDSA';
  /** Signing context; empty text: none. */
  readonly context?: string;
  /** With BIP322: the address that signed. */
  readonly bitcoinAddress?: string;
  /** What `ProofOfPossession.verify` said. */
  readonly isValid?: boolean;
};

/** Numbers above or below which a warning is raised. */
export type Limits = {
  /** An activation of new parameters within so many blocks. */
  readonly activationMarginBlocks: number;
  /** A lock longer than the days asked for, by more than so many hundredths. */
  readonly lockTolerancePercent: number;
  readonly longLockBlocks: number;
  /** Decimal fractions as text. */
  readonly maxCommission: string;
  readonly maxFeeSats: bigint;
  /** Hundredths of a percent of the stake. */
  readonly maxFeeShareBps: number;
  readonly maxUnbondingFeeShareBps: number;
  readonly maxSlashingFeeShareBps: number;
  /** Percent of the reference rate. */
  readonly maxFeeRatePercent: number;
  readonly minFeeRatePercent: number;
  /** Blocks left before a registration or an extension comes too late. */
  readonly deadlineMarginBlocks: number;
  readonly maxDataAgeDays: number;
};

/** What the reviews of a stake and of an extension have in common. */
export type StakeFacts = {
  readonly contract: StakingContract;
  /** The version that contract and pre-signed transactions were made with. */
  readonly params: Params.StakingParams;
  readonly stakingTransaction: Tx.Transaction;
  readonly network?: Networks.Network;
  readonly chain?: ChainFacts;
  readonly provider?: ProviderFacts;
  readonly wallet?: WalletFacts;
  readonly intent?: Intent;
  /** The coins that the transaction spends, in any order; of an extension the funding coin only. */
  readonly coins?: readonly PlanCoin[];
  /** What confirms soon at the moment. @unit satoshi per 1000 vbytes */
  readonly referenceFeeRateSatsPerKvb?: bigint;
  /** Texts as the user or the wallet gave them: change, withdrawal, staker address. */
  readonly addresses?: readonly string[];
  readonly knownDelegations?: readonly KnownDelegation[];
  readonly pop?: PopFacts;
  /** Whether the staking txid stands in the allow list of the network. */
  readonly isAllowListed?: boolean;
  /** Fee of both slashing transactions, when it is not the parameters' minimum. */
  readonly slashingFeeSats?: Sats.Sats;
  readonly limits?: Partial<Limits>;
};

/** A planned stake. */
export type StakePlan = StakeFacts & {
  readonly registration: RegistrationKind;
  /** `register` (default): message and pre-signatures; `broadcast`: the staking transaction itself. */
  readonly step?: 'register' | 'broadcast';
  /** Status of the delegation on the chain: asked for before the broadcast of a pre-staking registration. */
  readonly status?: string;
  /** The block that includes the staking transaction, when there is one; `index` is its place in the block. */
  readonly inclusion?: { readonly height: number; readonly index?: number };
  /** Whether the registration carries an inclusion proof. */
  readonly hasInclusionProof?: boolean;
};

/** A planned extension of a stake. */
export type ExtensionPlan = StakeFacts & {
  readonly previous: Delegation;
  /** Bitcoin height of the block with the previous stake. */
  readonly previousInclusionHeight?: number;
  readonly previousStatus?: string;
  /** Babylon accounts: an extension keeps the account. */
  readonly stakerAddress?: string;
  readonly previousStakerAddress?: string;
};

/** A planned unbonding before the end. */
export type UnbondingPlan = {
  readonly delegation: Delegation;
  /** What the wallet is asked to sign. */
  readonly transaction?: Tx.Transaction;
  readonly inclusionHeight?: number;
  readonly network?: Networks.Network;
  readonly chain?: ChainFacts;
  readonly provider?: ProviderFacts;
  readonly wallet?: Pick<WalletFacts, 'stakerPks'>;
  /** How many covenant signatures on the unbonding transaction have been verified. */
  readonly covenantSignatures?: number;
  readonly isStakeSpent?: boolean;
  readonly referenceFeeRateSatsPerKvb?: bigint;
  readonly limits?: Partial<Limits>;
};

/** An output that is withdrawn, with what is known of it. */
export type PlanWithdrawalInput = WithdrawalTx.Input & { readonly minedHeight?: number; readonly isSpent?: boolean };

/** A planned withdrawal. */
export type WithdrawalPlan = {
  readonly transaction: Tx.Transaction;
  readonly inputs: readonly PlanWithdrawalInput[];
  readonly network?: Networks.Network;
  readonly chain?: ChainFacts;
  readonly provider?: ProviderFacts;
  readonly wallet?: WalletFacts;
  readonly addresses?: readonly string[];
  readonly referenceFeeRateSatsPerKvb?: bigint;
  readonly limits?: Partial<Limits>;
};
