// Sign, return what was signed, or refuse: the whole rule that keeps a provider from signing twice, without a clock, a disk or a key.
// finality-provider eotsmanager/localmanager.go decides by the record alone; the watermark is EIP-3076's, the height rule is ours.
import type { Vote } from './Recognisers.ts';
import type { SignRecord, SlotState } from './SignStore.ts';

/** Why nothing is signed. Each is a stable code; heights in the facts. */
export type Refusal =
  | { readonly code: 'signer.not-a-vote' }
  | { readonly code: 'signer.height-mismatch'; readonly height: bigint; readonly voteHeight: bigint }
  | { readonly code: 'signer.double-sign'; readonly height: bigint }
  | { readonly code: 'signer.key-condemned'; readonly why: string }
  | { readonly code: 'signer.not-enrolled' }
  | { readonly code: 'signer.below-watermark'; readonly height: bigint; readonly watermark: bigint }
  | { readonly code: 'signer.fenced'; readonly height: bigint; readonly signedElsewhereUpTo: bigint; readonly watermark: bigint };

export type Question = {
  /** The height asked for: it selects the nonce. */
  readonly height: bigint;
  /** SHA-256 of the message. @shape 32 bytes */
  readonly signingRoot: Uint8Array;
  /** What the recogniser read in the message; undefined: not a vote. */
  readonly vote: Vote | undefined;
  /** What the store holds for the slot and, if anything, at this height. */
  readonly stored: SlotState & { readonly record: SignRecord | undefined };
  /**
   * The highest height at which a vote of this key is known to exist that the store does not hold: the chain shows it, or a witness of an
   * earlier state of the store. Then the store has lost votes, and which ones nobody can tell. Only a watermark as high lifts that: later
   * signatures above it do not, they say nothing about the lost ones.
   */
  readonly signedElsewhereUpTo: bigint | undefined;
};

export type Decision =
  | { readonly kind: 'sign' }
  | { readonly kind: 'return'; readonly signature: Uint8Array }
  | { readonly kind: 'refuse'; readonly refusal: Refusal };

/**
 * Decides one request. The order matters: a condemned key does nothing any more; then what is stored at the height comes before watermarks
 * and fences, so that a repeated request is answered for ever with the same bytes, and nothing else is ever answered at that height.
 */
export function decide(question: Question): Decision {
  const { height, signingRoot, vote, stored, signedElsewhereUpTo } = question;
  const { record, watermark, condemned } = stored;
  if (vote === undefined) return refuse({ code: 'signer.not-a-vote' });
  if (vote.height !== height) return refuse({ code: 'signer.height-mismatch', height, voteHeight: vote.height });
  if (condemned !== undefined) return refuse({ code: 'signer.key-condemned', why: condemned });
  if (record !== undefined && !same(record.signingRoot, signingRoot)) return refuse({ code: 'signer.double-sign', height });
  if (record?.signature !== undefined) return { kind: 'return', signature: record.signature };
  if (watermark === undefined) return refuse({ code: 'signer.not-enrolled' });
  // An imported record names this very message without its signature, which comes out the same again: its height is not a new one.
  if (record === undefined && height <= watermark) return refuse({ code: 'signer.below-watermark', height, watermark });
  if (signedElsewhereUpTo !== undefined && signedElsewhereUpTo > watermark) {
    return refuse({ code: 'signer.fenced', height, signedElsewhereUpTo, watermark });
  }
  return { kind: 'sign' };
}

function refuse(refusal: Refusal): Decision {
  return { kind: 'refuse', refusal };
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
