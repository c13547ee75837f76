// From what a store answers to what leaves: the second decision. Pure, as the first one.
import * as Bytes from '../base/Bytes.ts';
import { fail } from '../base/Errors.ts';
import { type Decision, decide, type Question } from './Decision.ts';
import type { Outcome, Reason } from './ports.ts';
import type { Claimed, Reading, SignRecord } from './SignStore.ts';

/** One request, copied and read. */
export type Asked = Pick<Question, 'height' | 'signingRoot' | 'vote'> & { readonly message: Uint8Array };
/** A record whose signature nobody has seen yet. */
export type Signed = SignRecord & { readonly signature: Uint8Array };

/** What leaves: a refusal, a record that the store read out, or the next of what it made of the claims. */
export function released(decision: Decision | undefined, settled: IterableIterator<Outcome>): Outcome {
  if (decision?.kind === 'refuse') return { kind: 'refused', refusal: decision.refusal };
  if (decision?.kind === 'return') return { kind: 'returned', signature: Bytes.copy(decision.signature) };
  return settled.next().value ?? corrupt('a store lost an outcome');
}

/** What is decided. */
export function question(
  { height, signingRoot, vote, message }: Asked,
  stored: Question['stored'],
  lost: bigint | undefined,
): Question & Asked {
  return { height, signingRoot, vote, message, stored, signedElsewhereUpTo: lost };
}

/** The store's answer for one of the heights. */
export function stateAt(stored: Reading, i: number, height: bigint): Question['stored'] {
  const { watermark, highestSigned, condemned, records } = stored;
  return { watermark, highestSigned, condemned, record: checked(records[i], height) };
}

/** A record that cannot be one of this height is a sign of worse. */
function checked(record: SignRecord | undefined, height: bigint): SignRecord | undefined {
  if (record === undefined) return undefined;
  const { signature, signingRoot } = record;
  if (record.height !== height) return corrupt('a store answered with the record of another height');
  if (signingRoot.length !== 32 || (signature !== undefined && signature.length !== 32))
    return corrupt('a store answered with half a record');
  return record;
}

/** Decides again, from what the store says after the claim; only what it holds is let go. */
export function settle(asked: Question & Asked, claimed: Claimed | undefined, computed: Signed | undefined): Outcome {
  if (claimed === undefined || computed === undefined) return corrupt('a store lost an outcome');
  const decision = decide(question(asked, stateAfter(asked.stored, claimed, computed), asked.signedElsewhereUpTo));
  if (decision.kind === 'refuse') return { kind: 'refused', refusal: decision.refusal };
  if (decision.kind === 'return') {
    return { kind: claimed.kind === 'inserted' ? 'signed' : 'returned', signature: Bytes.copy(decision.signature) };
  }
  // A record of this very message that still has no signature: the message is durable, and its signature is always the same.
  if (claimed.kind === 'held') return { kind: 'returned', signature: Bytes.copy(computed.signature) };
  return corrupt('a store refused a claim that by its own answer it should have taken');
}

function stateAfter(before: Question['stored'], claimed: Claimed, computed: Signed): Question['stored'] {
  switch (claimed.kind) {
    case 'inserted':
      return { ...before, record: computed };
    case 'held':
      return { ...before, record: checked(claimed.record, computed.height) };
    case 'below-watermark':
      return { ...before, record: undefined, watermark: claimed.watermark };
    case 'not-enrolled':
      return { ...before, record: undefined, watermark: undefined };
    case 'condemned':
      return { ...before, condemned: claimed.why };
  }
}

/** A store that contradicts itself is not believed in either way. */
export function corrupt(message: string): never {
  return fail<Reason>({ code: 'store.corrupt' }, `${message}: nothing of this request was let go`);
}
