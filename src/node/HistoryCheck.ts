// Looks through a signing history: does every record hold together, and does every signature verify under the randomness of its height?
// A signature says which message was signed only together with its randomness, and that follows from the key: without the key it stays unverified.
import { sha256 } from '@noble/hashes/sha2.js';
import * as Bytes from '../base/Bytes.ts';
import { auto, type Ecc } from '../crypto/Ecc.ts';
import * as Eots from '../crypto/Eots.ts';
import * as PubRand from '../crypto/PubRand.ts';
import type * as SecretKey from '../crypto/SecretKey.ts';
import type { Recognisers } from '../signer/Recognisers.ts';
import type { SignRecord, SignStore, Slot } from '../signer/SignStore.ts';

/** What is wrong with one record. */
export type Problem =
  /** The message does not hash to the root that decides about it. */
  | 'root-mismatch'
  /** The message is no vote, or a vote of another height. */
  | 'not-its-vote'
  /** The signature does not verify under the randomness that this key has at this height. */
  | 'bad-signature';

export type SlotReport = Slot & {
  readonly records: number;
  /** Signatures that were verified. */
  readonly verified: number;
  /** Signatures that were not: no key, or no message. */
  readonly unverified: number;
  /** Records of imported histories, which have none. */
  readonly unsigned: number;
  readonly problems: readonly { readonly height: bigint; readonly problem: Problem }[];
  readonly moreProblems: number;
};

export type Options = {
  readonly recognisers: Recognisers;
  /** The key of a slot, when it is unlocked. */
  readonly secretOf: (publicKey: Uint8Array) => SecretKey.SecretKey | undefined;
  readonly ecc?: Ecc;
};

const LISTED = 100;

/** Looks through one slot. @throws store.* */
export async function check(store: SignStore, slot: Slot, options: Options): Promise<SlotReport> {
  const { recognisers, ecc = auto() } = options;
  const secretKey = options.secretOf(slot.publicKey);
  const counts = { records: 0, verified: 0, unverified: 0, unsigned: 0 };
  const problems: { height: bigint; problem: Problem }[] = [];
  for await (const record of store.records(slot)) {
    counts.records++;
    if (record.signature === undefined) counts.unsigned++;
    else if (secretKey === undefined || record.message === undefined) counts.unverified++;
    else counts.verified++;
    const problem = problemOf(record, slot, recognisers) ?? signatureProblem(record, slot, secretKey, ecc);
    if (problem !== undefined) problems.push({ height: record.height, problem });
  }
  const { publicKey, chainId } = slot;
  return { publicKey, chainId, ...counts, problems: problems.slice(0, LISTED), moreProblems: Math.max(0, problems.length - LISTED) };
}

function problemOf(record: SignRecord, slot: Slot, recognisers: Recognisers): Problem | undefined {
  const { height, message, signingRoot } = record;
  if (message === undefined) return undefined;
  if (!Bytes.equal(sha256(message), signingRoot)) return 'root-mismatch';
  return recognisers.vote(message, slot.chainId)?.height === height ? undefined : 'not-its-vote';
}

function signatureProblem(
  { height, message, signature }: SignRecord,
  { publicKey, chainId }: Slot,
  secretKey: SecretKey.SecretKey | undefined,
  ecc: Ecc,
): Problem | undefined {
  if (secretKey === undefined || message === undefined || signature === undefined) return undefined;
  const nonce = PubRand.derive(secretKey, chainId, height, ecc);
  const { pubRand } = nonce;
  nonce.wipe();
  return Eots.verify({ publicKey, pubRand, message, signature }, ecc) ? undefined : 'bad-signature';
}
