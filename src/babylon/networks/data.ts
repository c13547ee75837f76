// Shape of the bundled parameter files: amounts, gas and Babylon heights are decimal text, Bitcoin heights and counts are numbers.
// Loose where Params and Phase1Params check anyway, so that the large literals compile fast.

/** A covenant key as phase 1 published it (33 bytes) beside the 32 bytes that scripts use. */
export type CompressedKey = { readonly compressed: string; readonly xonly: string };

/** `fromBabylonHeight`: the Babylon height from which the values hold. */
export type CheckpointEntry = {
  readonly fromBabylonHeight: string;
  readonly btcConfirmationDepth: number;
  readonly checkpointFinalizationTimeout: number;
  readonly checkpointTagHex: string;
  readonly source: string;
};

export type NetworkData = {
  readonly schema: number;
  readonly network: string;
  readonly bitcoinNetwork: string;
  readonly babylonChainId: string | null;
  /** ISO date of the newest source. */
  readonly asOf: string;
  /** `repository commit-or-tag: path`. */
  readonly sources: readonly string[];
  /** Which sources were compared and what came out. */
  readonly agreement: string;
  readonly covenantNames?: Readonly<Record<string, string>>;
  readonly phase1: {
    readonly tagHex: string;
    readonly tagAscii: string;
    readonly confirmationDepth: number;
    readonly versions: readonly unknown[];
  } | null;
  readonly btcstaking: { readonly versions: readonly unknown[] } | null;
  readonly btccheckpoint: {
    readonly history: readonly CheckpointEntry[];
    readonly btcConfirmationDepth: number;
    readonly checkpointFinalizationTimeout: number;
    readonly checkpointTagHex: string;
  } | null;
  readonly btclightclient?: {
    readonly baseHeight: number;
    readonly baseHash: string;
    readonly baseHeaderHex: string;
    readonly insertHeadersAllowList: readonly string[];
  };
  readonly finality: {
    readonly maxActiveFinalityProviders: number;
    readonly signedBlocksWindow: string;
    readonly finalitySigTimeout: string;
    readonly minSignedPerWindow: string;
    readonly minPubRand: string;
    readonly jailDurationSeconds: number;
    readonly finalityActivationHeight: string;
    readonly source: string;
  } | null;
  readonly epoching?: { readonly epochInterval: string };
  /** A null height is blank in the source. */
  readonly upgrades?: readonly { readonly name: string; readonly height: string | null }[];
  /** Topic to the reason why it is not known. */
  readonly unknown: Readonly<Record<string, string>>;
  readonly allowList?: { readonly transactionHashes: number; readonly source: string; readonly expiredAtBabylonHeight: string };
};
