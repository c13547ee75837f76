// The messages as values: field names in camelCase as the generated packages have them, bytes as Uint8Array, 64-bit integers as bigint.
// Babylon proto/babylon/{btcstaking/v1,finality/v1,incentive}/tx.proto and what they refer to.

/** How a proof of possession is signed. */
export type BtcSigType = 'BIP340' | 'BIP322' | 'ECDSA';

export type ProofOfPossessionBTC = {
  /** A number is accepted too, and read where the chain knows no name for it. */
  readonly btcSigType: BtcSigType | number;
  readonly btcSig: Uint8Array;
};

/** What `btcSig` holds for BIP322. */
export type BIP322Sig = { readonly address: string; readonly sig: Uint8Array };

/** A place in a block: `hash` is the block's, in internal order (display hex reversed). */
export type TransactionKey = { readonly index: number; readonly hash: Uint8Array };

/** `proof`: sibling hashes in internal order, leaf level first, joined. */
export type InclusionProof = { readonly key?: TransactionKey | undefined; readonly proof: Uint8Array };

export type MsgCreateBTCDelegation = {
  readonly stakerAddr: string;
  readonly pop?: ProofOfPossessionBTC | undefined;
  readonly btcPk: Uint8Array;
  readonly fpBtcPkList: readonly Uint8Array[];
  readonly stakingTime: number;
  readonly stakingValue: bigint;
  readonly stakingTx: Uint8Array;
  readonly stakingTxInclusionProof?: InclusionProof | undefined;
  readonly slashingTx: Uint8Array;
  readonly delegatorSlashingSig: Uint8Array;
  readonly unbondingTime: number;
  readonly unbondingTx: Uint8Array;
  readonly unbondingValue: bigint;
  readonly unbondingSlashingTx: Uint8Array;
  readonly delegatorUnbondingSlashingSig: Uint8Array;
};

/** Numbers from 8 on differ from {@link MsgCreateBTCDelegation}'s. */
export type MsgBtcStakeExpand = Omit<MsgCreateBTCDelegation, 'stakingTxInclusionProof'> & {
  /** Display txid, 64 hex digits. */
  readonly previousStakingTxHash: string;
  readonly fundingTx: Uint8Array;
};

export type MsgAddBTCDelegationInclusionProof = {
  readonly signer: string;
  readonly stakingTxHash: string;
  readonly stakingTxInclusionProof?: InclusionProof | undefined;
};

export type MsgAddCovenantSigs = {
  readonly signer: string;
  readonly pk: Uint8Array;
  readonly stakingTxHash: string;
  /** Adaptor signatures, one a finality provider. */
  readonly slashingTxSigs: readonly Uint8Array[];
  readonly unbondingTxSig: Uint8Array;
  readonly slashingUnbondingTxSigs: readonly Uint8Array[];
  /** For expansions only. */
  readonly stakeExpansionTxSig?: Uint8Array | undefined;
};

export type MsgBTCUndelegate = {
  readonly signer: string;
  readonly stakingTxHash: string;
  /** With witness. */
  readonly stakeSpendingTx: Uint8Array;
  readonly stakeSpendingTxInclusionProof?: InclusionProof | undefined;
  /** The previous transaction of every input. */
  readonly fundingTransactions: readonly Uint8Array[];
};

export type MsgSelectiveSlashingEvidence = { readonly signer: string; readonly recoveredFpBtcSk: Uint8Array };

export type Description = {
  readonly moniker: string;
  readonly identity?: string | undefined;
  readonly website?: string | undefined;
  readonly securityContact?: string | undefined;
  readonly details?: string | undefined;
};

/** Decimals in wire form: `Message.decimal('0.05')`. */
export type CommissionRates = { readonly rate: string; readonly maxRate: string; readonly maxChangeRate: string };

export type MsgCreateFinalityProvider = {
  readonly addr: string;
  readonly description?: Description | undefined;
  readonly btcPk: Uint8Array;
  readonly pop?: ProofOfPossessionBTC | undefined;
  readonly commission?: CommissionRates | undefined;
};

export type MsgEditFinalityProvider = {
  readonly addr: string;
  readonly btcPk: Uint8Array;
  readonly description?: Description | undefined;
  /** Decimal in wire form; left out, it stays. */
  readonly commission?: string | undefined;
};

/** `babylon.btcstaking.v1.Params`; `slashingRate` and `minCommissionRate` are decimals in wire form. */
export type ChainParams = {
  readonly covenantPks: readonly Uint8Array[];
  readonly covenantQuorum: number;
  readonly minStakingValueSat: bigint;
  readonly maxStakingValueSat: bigint;
  readonly minStakingTimeBlocks: number;
  readonly maxStakingTimeBlocks: number;
  readonly slashingPkScript: Uint8Array;
  readonly minSlashingTxFeeSat: bigint;
  readonly slashingRate: string;
  readonly unbondingTimeBlocks: number;
  readonly unbondingFeeSat: bigint;
  readonly minCommissionRate: string;
  readonly delegationCreationBaseGasFee: bigint;
  readonly allowListExpirationHeight: bigint;
  readonly btcActivationHeight: number;
};

export type MsgUpdateParams = { readonly authority: string; readonly params?: ChainParams | undefined };

export type MsgCommitPubRandList = {
  readonly signer: string;
  readonly fpBtcPk: Uint8Array;
  readonly startHeight: bigint;
  readonly numPubRand: bigint;
  readonly commitment: Uint8Array;
  readonly sig: Uint8Array;
};

/** `tendermint.crypto.Proof`: aunts from the leaf to the root. */
export type MerkleProof = {
  readonly total: bigint;
  readonly index: bigint;
  readonly leafHash: Uint8Array;
  readonly aunts: readonly Uint8Array[];
};

export type MsgAddFinalitySig = {
  readonly signer: string;
  readonly fpBtcPk: Uint8Array;
  readonly blockHeight: bigint;
  readonly pubRand: Uint8Array;
  readonly proof?: MerkleProof | undefined;
  readonly blockAppHash: Uint8Array;
  readonly finalitySig: Uint8Array;
};

export type MsgUnjailFinalityProvider = { readonly signer: string; readonly fpBtcPk: Uint8Array };

export type MsgResumeFinalityProposal = {
  readonly authority: string;
  readonly fpPksHex: readonly string[];
  readonly haltingHeight: number;
};

/** `type`: finality_provider, btc_staker or costaker. */
export type MsgWithdrawReward = { readonly type: string; readonly address: string };

export type MsgSetWithdrawAddress = { readonly delegatorAddress: string; readonly withdrawAddress: string };

/** Every message by its type URL. */
export type Values = {
  readonly '/babylon.btcstaking.v1.MsgCreateBTCDelegation': MsgCreateBTCDelegation;
  readonly '/babylon.btcstaking.v1.MsgBtcStakeExpand': MsgBtcStakeExpand;
  readonly '/babylon.btcstaking.v1.MsgAddBTCDelegationInclusionProof': MsgAddBTCDelegationInclusionProof;
  readonly '/babylon.btcstaking.v1.MsgAddCovenantSigs': MsgAddCovenantSigs;
  readonly '/babylon.btcstaking.v1.MsgBTCUndelegate': MsgBTCUndelegate;
  readonly '/babylon.btcstaking.v1.MsgSelectiveSlashingEvidence': MsgSelectiveSlashingEvidence;
  readonly '/babylon.btcstaking.v1.MsgCreateFinalityProvider': MsgCreateFinalityProvider;
  readonly '/babylon.btcstaking.v1.MsgEditFinalityProvider': MsgEditFinalityProvider;
  readonly '/babylon.btcstaking.v1.MsgUpdateParams': MsgUpdateParams;
  readonly '/babylon.finality.v1.MsgCommitPubRandList': MsgCommitPubRandList;
  readonly '/babylon.finality.v1.MsgAddFinalitySig': MsgAddFinalitySig;
  readonly '/babylon.finality.v1.MsgUnjailFinalityProvider': MsgUnjailFinalityProvider;
  readonly '/babylon.finality.v1.MsgResumeFinalityProposal': MsgResumeFinalityProposal;
  readonly '/babylon.incentive.MsgWithdrawReward': MsgWithdrawReward;
  readonly '/babylon.incentive.MsgSetWithdrawAddress': MsgSetWithdrawAddress;
};

export type TypeUrl = keyof Values;

/** A message with its type. */
export type Message<T extends TypeUrl = TypeUrl> = { readonly [U in T]: { readonly typeUrl: U; readonly value: Values[U] } }[T];

/** What a Cosmos transaction carries: the type and the protobuf bytes. */
export type Any = { readonly typeUrl: string; readonly value: Uint8Array };
