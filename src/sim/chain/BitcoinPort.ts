// What a story needs of a Bitcoin chain: coins, verdicts, blocks. An embedded chain and a real node both serve it.
import type * as Tx from '../../bitcoin/Tx.ts';

/** A confirmed coin. */
export type Coin = Tx.SpentOutput & { readonly outpoint: Tx.Outpoint; readonly confirmedHeight: number };

/** The relay verdict on a transaction; `rejectReason` is a node's text. */
export type Acceptance = { readonly allowed: true } | { readonly allowed: false; readonly rejectReason: string };
export type Submission = { readonly accepted: true; readonly txid: string } | { readonly accepted: false; readonly rejectReason: string };

/** Asynchronous, because a node is another process. */
export interface BitcoinPort {
  /** Pays `valueSats` to a script and confirms the payment. */
  readonly fund: (scriptPubKey: Uint8Array, valueSats: bigint) => Promise<Coin>;
  /** Whether the next block may take the transaction and nodes would relay it. Changes nothing. */
  readonly testAccept: (rawTx: Uint8Array) => Promise<Acceptance>;
  /** Hands the transaction in for the next block. */
  readonly submit: (rawTx: Uint8Array) => Promise<Submission>;
  /** Adds blocks; the first one confirms what was submitted. */
  readonly mine: (blocks: number) => Promise<{ readonly height: number }>;
  readonly tip: () => Promise<{ readonly height: number }>;
}
