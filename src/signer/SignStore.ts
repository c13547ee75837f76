// The port of the durable store: what a signer asks of it, and what it may rely on. Backends are in node/store; MemoryStore is the model.
// finality-provider eotsmanager/store/eotsstore.go keeps the same records, without watermarks, identity or atomic claims across processes.
import type { PublicKey } from './types.ts';

export type { PublicKey } from './types.ts';

/** One stream of one-time nonces: a key on a chain. @shape publicKey: 32 bytes, x-only */
export type Slot = { readonly publicKey: PublicKey; readonly chainId: string };

/**
 * What was signed at one height. The root decides what is the same message; the message itself is kept for audits where it is known.
 *
 * @shape signingRoot: 32 bytes, SHA-256 of the message; signature: 32 bytes
 * @unit height: chain height; signedAtMs: Unix milliseconds, informational only
 */
export type SignRecord = {
  readonly height: bigint;
  readonly signingRoot: Uint8Array;
  /** Absent for imported history: the same message is signed again to the same bytes, any other one is refused. */
  readonly signature?: Uint8Array;
  readonly message?: Uint8Array;
  readonly signedAtMs?: bigint;
};

/** What a store knows of a slot. @unit heights */
export type SlotState = {
  /** Nothing new is ever signed at this height or below. It only rises. -1n: every height is open. Undefined: the slot was never enrolled. */
  readonly watermark: bigint | undefined;
  readonly highestSigned: bigint | undefined;
  /** Set when two different messages at one height came to light: the key is spent, and is refused for ever. */
  readonly condemned: string | undefined;
};

export type Reading = SlotState & { readonly records: readonly (SignRecord | undefined)[] };

/** What became of one claim. Only `inserted` and `held` with the same root let a signature leave. */
export type Claimed =
  | { readonly kind: 'inserted' }
  | { readonly kind: 'held'; readonly record: SignRecord }
  | { readonly kind: 'below-watermark'; readonly watermark: bigint }
  | { readonly kind: 'not-enrolled' }
  | { readonly kind: 'condemned'; readonly why: string };

/** A list of public randomness that a signer made, so that any signer of the store knows its commitment again. @shape digest and root: 32 bytes */
export type RandomnessList = {
  readonly publicKey: PublicKey;
  readonly chainId: string;
  readonly startHeight: bigint;
  readonly count: number;
  readonly root: Uint8Array;
  /** What the commitment over this list signs. */
  readonly digest: Uint8Array;
};

/** Which store this is and how far it has come; a store that went back or was exchanged shows it here. */
export type StoreIdentity = {
  /** Random, made with the store. @shape 32 lower-case hex digits */
  readonly storeId: string;
  /** Grows with every commit that inserts a record or raises a watermark; never falls, but for a restored copy. */
  readonly sequence: bigint;
};

export type MergeInput = Slot & { readonly watermark: bigint; readonly records: readonly SignRecord[] };

/** What an import did to one slot. A contradiction condemns the key; nothing else of that slot is then written. */
export type Merged = Slot & {
  readonly added: number;
  readonly known: number;
  readonly watermarkBefore: bigint | undefined;
  readonly watermark: bigint;
  readonly contradiction: { readonly height: bigint } | undefined;
};

/**
 * The rules that every backend keeps, whatever is killed, paused or cut off:
 * - What a promise resolves to is on stable storage first, on as many machines as the store's majority (or synchronous standbys) is.
 *   That holds for what is *read* too: a record that another process has written, but not flushed, is flushed before it is told.
 * - Each claim is one atomic step: insert if the height is free, above the watermark, enrolled and not condemned.
 * - Claims of concurrent callers, processes and machines at one height are put in order by the store: one is inserted, the others see it.
 * - A failure of any kind rejects with a `store.*` code; whether the write happened is then unknown, and asking again tells.
 * - Watermarks only rise, records are never changed but for adding a missing signature of the same root.
 */
export interface SignStore {
  readonly kind: 'memory' | 'lmdb' | 'postgres' | 'etcd';
  /** @throws store.* */
  identity(): Promise<StoreIdentity>;
  /** State of the slot and the records at the given heights, in their order. */
  read(slot: Slot, heights: readonly bigint[]): Promise<Reading>;
  /** One outcome for each record, in order; heights within one call are distinct (`store.repeated-height` otherwise). Commits together. */
  claim(slot: Slot, records: readonly SignRecord[]): Promise<readonly Claimed[]>;
  /** Opens a slot with a watermark unless it is open already. */
  enrol(slot: Slot, watermark: bigint): Promise<'enrolled' | 'known'>;
  /** Raises (and enrols); a lower value changes nothing. Returns the watermark that now holds. */
  raiseWatermark(slot: Slot, height: bigint): Promise<bigint>;
  condemn(publicKey: PublicKey, why: string): Promise<void>;
  slots(): Promise<readonly (Slot & SlotState)[]>;
  /** Records of a slot in ascending height, read in pages; a consistent view is not promised while others write. */
  records(slot: Slot, range?: { readonly from?: bigint; readonly to?: bigint }): AsyncIterable<SignRecord>;
  /** Union of the records and maximum of the watermarks, in one atomic step for each slot. */
  merge(history: readonly MergeInput[]): Promise<readonly Merged[]>;
  /** Deletes records at or below `height`, after raising the watermark to it. Returns how many went. */
  prune(slot: Slot, height: bigint): Promise<number>;
  remember(list: RandomnessList): Promise<void>;
  recall(publicKey: PublicKey, digest: Uint8Array): Promise<RandomnessList | undefined>;
  close(): Promise<void>;
}
