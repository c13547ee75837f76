// The shapes of a finality view and of what is in it. Babylon proto/babylon/finality/v1/finality.proto, proto/babylon/btcstaking/v1/btcstaking.proto.

import type { Release } from '../chain/viewTypes.ts';
import type { Finality } from '../Networks.ts';

/** The parameters of the finality module, as `Networks.from(…).finality` has them. */
export type FinalityParams = Omit<Finality, 'source'>;

/**
 * A commitment of randomness as the chain stores it: for the heights startHeight .. startHeight + numPubRand - 1.
 *
 * @shape commitment: 32 bytes
 */
export type StoredCommit = {
  readonly startHeight: bigint;
  readonly numPubRand: bigint;
  readonly commitment: Uint8Array;
  /** The epoch in which it was executed; it serves once that epoch is final on Bitcoin. */
  readonly epochNum: bigint;
};

/** A block as the finality module keeps it. @shape appHash: 32 bytes, that of the block's own header */
export type IndexedBlock = { readonly height: bigint; readonly appHash: Uint8Array; readonly finalized: boolean };

/** What the chain counts of a provider's votes. @unit jailedUntilNs: nanoseconds since 1970, as block times */
export type SigningInfo = { readonly startHeight: bigint; readonly missedBlocks: bigint; readonly jailedUntilNs: bigint };

/** What the chain knows of the votes of a provider for one height. @shape appHash, pubRand and signatures: 32 bytes */
export type StoredVotes = {
  /** s of the vote for the chain's own block. */
  readonly canonicalSignature?: Uint8Array;
  /** The last vote for another block: half an evidence, or with the canonical signature a whole one. */
  readonly fork?: { readonly appHash: Uint8Array; readonly signature: Uint8Array; readonly pubRand: Uint8Array };
};

/** A provider as the chain stores it. */
export type ProviderRecord = {
  /** @shape 32 bytes, x-only */
  readonly btcPk: Uint8Array;
  /** The account that registered it, for ever: it alone unjails. */
  readonly addr: string;
  /** 0: not slashed. */
  readonly slashedBabylonHeight: bigint;
  readonly jailed: boolean;
  readonly softDeleted: boolean;
  /** The height modulo 2^32: the chain keeps 32 bits of it. */
  readonly highestVotedHeight: number;
};

/** A provider in a view, with all that is known of it. */
export type ProviderFacts = ProviderRecord & {
  readonly commits: readonly StoredCommit[];
  /** Voting power by height; what is absent is 0. @unit satoshi */
  readonly power: ReadonlyMap<bigint, bigint>;
  readonly votes: ReadonlyMap<bigint, StoredVotes>;
  readonly signingInfo: SigningInfo | undefined;
};

/** A checked view; made by `FinalityView.from`. Public keys are keys of maps in lower-case hex. */
export type FinalityView = {
  /** The last block: the state is the one after it, and a message is executed in the next block. */
  readonly tipHeight: bigint;
  /** Time of the last block. The next one is later. @unit nanoseconds since 1970 */
  readonly tipTimeNs: bigint;
  readonly params: FinalityParams;
  /** Blocks of an epoch. */
  readonly epochInterval: bigint;
  /** The last epoch whose checkpoint is final on Bitcoin; 0: none. */
  readonly lastFinalizedEpoch: bigint;
  readonly release: Release;
  /** Least commission of a new provider, in the wire form of decimals. */
  readonly minCommissionRate: string;
  /** Signing context of proofs of possession; mainnet has none. */
  readonly popContext: string | undefined;
  readonly blocks: ReadonlyMap<bigint, IndexedBlock>;
  readonly providers: ReadonlyMap<string, ProviderFacts>;
};

/** The facts of a provider as they are given. */
export type ProviderOptions = ProviderRecord & {
  readonly commits?: readonly StoredCommit[];
  readonly power?: ReadonlyMap<bigint, bigint>;
  readonly votes?: ReadonlyMap<bigint, StoredVotes>;
  readonly signingInfo?: SigningInfo | undefined;
};

/** What a view is made of. */
export type Options = {
  readonly tipHeight: bigint;
  readonly tipTimeNs: bigint;
  readonly params: FinalityParams;
  readonly epochInterval: bigint;
  readonly lastFinalizedEpoch: bigint;
  /** `main` when left out: what it refuses, some network may refuse. */
  readonly release?: Release;
  /** 0 when left out. */
  readonly minCommissionRate?: string;
  readonly popContext?: string | undefined;
  readonly blocks?: readonly IndexedBlock[];
  readonly providers?: readonly ProviderOptions[];
};
