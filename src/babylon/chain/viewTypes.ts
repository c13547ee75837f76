// The shapes of a view and of what is in it.
import type * as Blocks from '../../base/Blocks.ts';
import type * as Sats from '../../base/Sats.ts';
import type * as ChainProfile from '../ChainProfile.ts';
import type * as ParamsSet from '../ParamsSet.ts';

/** A block of the canonical chain of Babylon's Bitcoin light client. `hash` in display order, `merkleRoot` in internal order. */
export type BitcoinHeader = { readonly hash: string; readonly height: Blocks.BlockHeight; readonly merkleRoot: Uint8Array };

/** What the chain knows of a finality provider. Jailing keeps nobody from delegating: it is here for readers. */
export type FinalityProvider = {
  /** @shape 32 bytes x-only */
  readonly btcPk: Uint8Array;
  readonly slashed: boolean;
  readonly jailed: boolean;
  /** Taken out at an upgrade, as a duplicate. */
  readonly softDeleted: boolean;
};

/** Who of the covenant has signed what. The chain verified the signatures when they came: their keys are enough. @shape keys of 32 bytes */
export type CovenantSigners = {
  readonly slashing: readonly Uint8Array[];
  readonly unbonding: readonly Uint8Array[];
  readonly unbondingSlashing: readonly Uint8Array[];
  /** For an expansion: the spend of the previous stake. */
  readonly expansion: readonly Uint8Array[];
};

/** A delegation as the chain stores it. */
export type DelegationRecord = {
  readonly stakerAddr: string;
  readonly btcPk: Uint8Array;
  readonly fpBtcPkList: readonly Uint8Array[];
  readonly stakingTimeBlocks: number;
  readonly unbondingTimeBlocks: number;
  readonly paramsVersion: number;
  /** Both 0 until an inclusion proof was accepted. */
  readonly startHeight: number;
  readonly endHeight: number;
  /** Tip of the light client when it was created; the REST interface does not tell it. */
  readonly btcTipHeight?: number;
  readonly totalSats: Sats.Sats;
  readonly stakingTx: Uint8Array;
  readonly stakingOutputIndex: number;
  readonly slashingTx: Uint8Array;
  readonly unbondingTx: Uint8Array;
  readonly unbondingSlashingTx: Uint8Array;
  readonly covenantSigners: CovenantSigners;
  /** There when it was reported as spent; an empty transaction stands for the registered unbonding transaction. */
  readonly unbondingInfo?: { readonly spendStakeTx: Uint8Array };
  /** There for an expansion. */
  readonly expansion?: {
    readonly previousStakingTxid: string;
    readonly fundingOutput: { readonly scriptPubKey: Uint8Array; readonly valueSats: bigint };
  };
};

/** Releases that differ in what they check; `main` is unreleased and the strictest. */
export type Release = 'v1' | 'v4.0' | 'v4.3' | 'main';

/** What a release checks. */
export type Features = {
  /** MsgBtcStakeExpand exists. */
  readonly stakeExpansion: boolean;
  /** An expansion that was unbonded early does not stand in the way of its parent's undelegation. */
  readonly unbondedExpansionIsSkipped: boolean;
  /** An expansion keeps the staker's key. */
  readonly expansionKeepsStakerKey: boolean;
  /** Deleted providers get no delegations. */
  readonly refusesDeletedProviders: boolean;
};

/** A checked view; made by `ChainView.from`. Txids and hashes are keys in lower-case display order, public keys in lower-case hex. */
export type ChainView = {
  readonly paramsSet: ParamsSet.ParamsSet;
  /** k: blocks on top of the including one. */
  readonly confirmationDepthBlocks: number;
  /** Of Babylon's light client, not of a Bitcoin node. */
  readonly tipHeight: Blocks.BlockHeight;
  /** Of Babylon itself; the allow list ends at one. */
  readonly babylonHeight: bigint;
  readonly release: Release;
  readonly features: Features;
  /** `generic`: a chain that takes several providers in a delegation, as the releases of the v3 line do. */
  readonly profile: ChainProfile.ChainProfile;
  /** Signing context of proofs of possession; mainnet has none. */
  readonly popContext: string | undefined;
  readonly headers: ReadonlyMap<string, BitcoinHeader>;
  readonly finalityProviders: ReadonlyMap<string, FinalityProvider>;
  readonly delegations: ReadonlyMap<string, DelegationRecord>;
  readonly allowedStakingTxids: ReadonlySet<string>;
  /** Heights of stakes that are known to be mined, whatever Babylon knows of them. */
  readonly minedAt: ReadonlyMap<string, Blocks.BlockHeight>;
};

export type Options = {
  readonly paramsSet: ParamsSet.ParamsSet;
  readonly confirmationDepthBlocks: number;
  readonly tipHeight: number;
  readonly babylonHeight: bigint;
  /** `main` when left out: what it refuses, some network may refuse. */
  readonly release?: Release;
  readonly profile?: ChainProfile.ChainProfile;
  readonly popContext?: string | undefined;
  /** A raw header tells hash and root itself. */
  readonly headers?: readonly (
    | BitcoinHeader
    | { readonly hash: string; readonly height: number; readonly merkleRoot: Uint8Array }
    | { readonly height: number; readonly raw: Uint8Array }
  )[];
  readonly finalityProviders?: readonly FinalityProvider[];
  readonly delegations?: readonly DelegationRecord[];
  readonly allowedStakingTxids?: readonly string[];
  readonly minedAt?: ReadonlyMap<string, number>;
};
