// What a story leaves behind: who did what, every transaction, what each staker lost and when the rest comes back. Plain data, exact integers.
import type * as Sats from '../../base/Sats.ts';

/** Where a stake was when the provider signed twice. */
export type Fate = 'active' | 'unbonding' | 'extended' | 'withdrawn';

/** One transaction of the story; `height` is that of its block. */
export type TxRecord = {
  readonly step: string;
  readonly staker?: number;
  readonly txid: string;
  readonly height: number;
  readonly vsize: number;
  readonly hex: string;
};

/** The outcome for one staker. Heights are Bitcoin heights. */
export type StakerOutcome = {
  readonly index: number;
  readonly publicKey: string;
  readonly stakingAddress: string;
  readonly fate: Fate;
  readonly stakeSats: Sats.Sats;
  /** Burnt or paid to the slashing script. */
  readonly slashedSats: Sats.Sats;
  /** Taken from the stake by the unbonding, the slashing and the withdrawal transaction. Staking and extension were paid from other coins. */
  readonly feesSats: Sats.Sats;
  readonly returnedSats: Sats.Sats;
  /** When the coins are the staker's again. */
  readonly returnedHeight: number;
};

/** Something that the chain must refuse, and did. */
export type Refusal = { readonly attempt: string; readonly expected: string; readonly got: string; readonly refused: boolean };

/** The same rate on a restaking ledger. Shares are satoshi with ten decimals (18 places to the coin, as on Ethereum). */
export type RestakingOutcome = {
  readonly allocated: string;
  readonly stakers: readonly {
    readonly index: number;
    readonly lossShares: bigint;
    readonly keptShares: bigint;
    readonly exit: string;
  }[];
  readonly totalLossShares: bigint;
};

export type Account = {
  readonly network: string;
  readonly chain: string;
  readonly seed: string;
  readonly paramsVersion: number;
  /** Date of the newest source of the built-in parameters. */
  readonly paramsAsOf: string;
  readonly params: {
    readonly slashingRate: string;
    readonly slashingPkScript: string;
    readonly minSlashingTxFeeSats: Sats.Sats;
    readonly unbondingFeeSats: Sats.Sats;
    readonly unbondingTimeBlocks: number;
    readonly stakingTimeBlocks: number;
  };
  readonly covenant: { readonly members: number; readonly quorum: number; readonly publicKeys: readonly string[] };
  readonly finalityProvider: {
    readonly publicKey: string;
    readonly commit: { readonly startHeight: bigint; readonly numPubRand: bigint; readonly commitment: string };
    readonly honestVotes: number;
    readonly equivocation: {
      readonly height: bigint;
      readonly pubRand: string;
      readonly votes: readonly { readonly appHash: string; readonly signature: string }[];
    };
    /** Public from the moment of the second vote: everybody can compute it. */
    readonly extractedKey: string;
  };
  readonly faultHeight: number;
  readonly stakers: readonly StakerOutcome[];
  readonly refusals: readonly Refusal[];
  readonly restaking: readonly RestakingOutcome[];
  readonly transactions: readonly TxRecord[];
  readonly checks: readonly { readonly name: string; readonly ok: boolean }[];
};
