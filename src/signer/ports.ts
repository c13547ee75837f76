// What a signer is given, what it answers and what it tells: the types around Signer.
import type { Ecc } from '../crypto/Ecc.ts';
import type * as PubRand from '../crypto/PubRand.ts';
import type * as SecretKey from '../crypto/SecretKey.ts';
import type * as Checked from './checks.ts';
import type { Refusal } from './Decision.ts';
import type { Recognisers } from './Recognisers.ts';
import type { SignStore, Slot } from './SignStore.ts';
import type { PublicKey } from './types.ts';

export type Reason =
  | Checked.Reason
  | { readonly code: 'signer.unknown-digest'; readonly publicKey: string }
  | { readonly code: 'signer.unknown-key' | 'signer.locked-key'; readonly publicKey: string }
  | { readonly code: 'signer.key-mismatch'; readonly publicKey: string }
  | { readonly code: 'signer.foreign-chain'; readonly chainId: string }
  | {
      readonly code: 'signer.too-many';
      readonly what: 'items' | 'heights' | 'chain-id' | 'chains';
      readonly max: number;
      readonly got: number;
    }
  | { readonly code: 'signer.repeated-height'; readonly height: bigint }
  | { readonly code: 'signer.bad-signature'; readonly height: bigint }
  | { readonly code: 'store.corrupt' | 'store.unavailable' };

/** The keys that may be used now. */
export interface KeyRing {
  readonly publicKeys: () => readonly Uint8Array[];
  /** The secret of a key; it stays the ring's own. @throws signer.unknown-key, signer.locked-key */
  use(publicKey: Uint8Array): SecretKey.SecretKey;
  /** True for a key that was generated with the open store and thus has no history anywhere else: its slots open by themselves. */
  opensByItself(publicKey: Uint8Array): boolean;
  /** Addresses for which the operator lets the key prove its possession. */
  possessionAddresses(publicKey: Uint8Array): readonly string[];
}

/** Computes points elsewhere, on other threads. */
export interface RandomnessSource {
  /** The sealed points of a range. What does not carry the key's seal is not used. */
  points(secretKey: SecretKey.SecretKey, chainId: string, range: PubRand.HeightRange): Promise<PubRand.SealedPoints>;
}

/** What happened. Nothing here is secret. */
export type SignerEvent =
  | { readonly kind: 'signed' | 'returned'; readonly slot: Slot; readonly height: bigint }
  | { readonly kind: 'refused'; readonly slot: Slot; readonly height: bigint; readonly refusal: Refusal }
  | { readonly kind: 'enrolled'; readonly slot: Slot }
  /** The store does not hold a vote that exists: from now on the slot signs nothing new until its watermark is raised to that height. */
  | { readonly kind: 'fenced'; readonly slot: Slot; readonly height: bigint }
  | { readonly kind: 'randomness'; readonly slot: Slot; readonly startHeight: bigint; readonly count: number }
  | { readonly kind: 'digest'; readonly publicKey: PublicKey; readonly what: 'commitment' | 'possession' };

export type SignerOptions = {
  readonly store: SignStore;
  readonly keys: KeyRing;
  /** The only chains that are served; all when absent. A commitment's digest does not say its chain: name yours. */
  readonly chains?: readonly string[] | undefined;
  readonly recognisers: Recognisers;
  /** @unit Unix milliseconds; kept with the records for information only */
  readonly nowMs: () => bigint;
  readonly randomness?: RandomnessSource | undefined;
  /** Serves other calls: awaited between the slices of a long list of randomness. Absent: the list is worked through in one go. */
  readonly othersServed?: (() => Promise<unknown>) | undefined;
  readonly ecc?: Ecc | undefined;
  readonly onEvent?: ((event: SignerEvent) => void) | undefined;
  readonly limits?: Limits | undefined;
  /**
   * Verifies every new signature before it is claimed, at the cost of a BIP340 verification, many times that of the signature itself. Off
   * unless asked for: one faulty s gives nothing away, it takes a second one at the same height to be compared with, and the store hands
   * out the first for ever. Where there may be a second one (a record of another signer, imported without its signature), it is verified
   * always.
   */
  readonly verifyAll?: boolean | undefined;
};

/** @unit maxItems: votes in one batch; maxHeights: values in one list of randomness; pointsKept: per key and chain, 33 bytes each */
export type Limits = {
  readonly maxItems?: number | undefined;
  readonly maxHeights?: number | undefined;
  readonly pointsKept?: number | undefined;
  readonly listsKept?: number | undefined;
};

/** One vote asked for. @unit height: chain height */
export type Item = { readonly height: bigint; readonly message: Uint8Array };

/** What became of a request. @shape signature: 32 bytes, s */
export type Outcome =
  | { readonly kind: 'signed' | 'returned'; readonly signature: Uint8Array }
  | { readonly kind: 'refused'; readonly refusal: Refusal };
