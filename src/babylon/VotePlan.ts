// Which heights a provider votes for, the messages of the votes, and what is left of a batch after a refusal. Everything is looked up by height.
// Finality-provider finality-provider/service/finality_submitter.go FilterBlocksForVoting, SubmitBatchFinalitySignatures; bootstrap.go for the start.
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as Ecc from '../crypto/Ecc.ts';
import * as Eots from '../crypto/Eots.ts';
import type * as PublicKey from '../crypto/PublicKey.ts';
import * as BabylonAddress from './BabylonAddress.ts';
import * as ChainError from './ChainError.ts';
import type { FinalityParams, IndexedBlock, ProviderRecord, StoredCommit } from './FinalityView.ts';
import * as FinalityView from './FinalityView.ts';
import * as FinalityVote from './FinalityVote.ts';
import type { Message } from './Message.ts';
import * as PubRandCommit from './PubRandCommit.ts';
import * as RandomnessIndex from './RandomnessIndex.ts';
import type { Proven } from './RandomnessProofs.ts';

export type Reason =
  | Check.Reason
  | BabylonAddress.Reason
  | Eots.Reason
  | RandomnessIndex.Reason
  | { readonly code: 'vote-plan.no-proof'; readonly height: string }
  | { readonly code: 'vote-plan.bad-proof'; readonly height: string; readonly reference: 'finality/1108' }
  | { readonly code: 'vote-plan.bad-signature'; readonly height: string; readonly finding: Eots.Finding }
  | { readonly code: 'vote-plan.repeated-height'; readonly height: string }
  | { readonly code: 'vote-plan.no-such-message'; readonly index: number; readonly messages: number };

/** What is known when votes are planned. */
export type Facts = {
  readonly tipHeight: bigint;
  readonly params: Pick<FinalityParams, 'finalityActivationHeight' | 'finalitySigTimeout'>;
  readonly epochInterval: bigint;
  readonly lastFinalizedEpoch: bigint;
  readonly provider: Pick<ProviderRecord, 'slashedBabylonHeight' | 'jailed' | 'softDeleted'>;
  /** The highest height that was voted for; undefined: none. */
  readonly lastVotedHeight: bigint | undefined;
  /** The provider's power by height; a height that is not in it is unknown. @unit satoshi */
  readonly power: ReadonlyMap<bigint, bigint>;
  readonly index: RandomnessIndex.RandomnessIndex;
  /** Votes of one transaction; 1,000 when left out. */
  readonly maxVotes?: number;
};

/** A vote to be signed. */
export type Planned = {
  readonly height: bigint;
  readonly appHash: Uint8Array;
  readonly commit: StoredCommit;
  /** In the next block it is in time for the chain's count of missed blocks. */
  readonly countsForLiveness: boolean;
};

/** Why a height is not voted for. `power-unknown`, `not-timestamped`, `over-limit`, `above-tip` and `jailed` may pass. */
export type Why =
  | 'slashed'
  | 'deleted'
  | 'jailed'
  | 'above-tip'
  | 'before-activation'
  | 'voted'
  | 'finalized-and-timestamped'
  | 'power-unknown'
  | 'no-power'
  | 'no-randomness'
  | 'not-timestamped'
  | 'over-limit';

export type Plan = { readonly votes: readonly Planned[]; readonly skipped: readonly { readonly height: bigint; readonly why: Why }[] };

export type Vote = Message<'/babylon.finality.v1.MsgAddFinalitySig'>;

const UINT64_MAX = 0xffff_ffff_ffff_ffffn;

/**
 * The votes for these blocks, ascending, and for every other block why there is none.
 *
 * @throws input.*, vote-plan.repeated-height - two blocks of one height: one of them is another chain's
 * @source finality-provider finality-provider/service/finality_submitter.go FilterBlocksForVoting; babylon x/finality/keeper/msg_server.go
 */
export function plan(facts: Facts, blocks: readonly IndexedBlock[]): Plan {
  const { maxVotes } = Check.object(facts, 'facts');
  const most = Check.integer(maxVotes ?? 1_000, 'maxVotes', 1, 1_000_000);
  const known = checkFacts(facts);
  const votes: Planned[] = [];
  const skipped: { height: bigint; why: Why }[] = [];
  for (const { height, appHash, finalized } of ascending(blocks)) {
    const answer = judge(known, height, finalized);
    if (typeof answer === 'string') skipped.push({ height, why: answer });
    else if (votes.length === most) skipped.push({ height, why: 'over-limit' });
    else {
      const countsForLiveness = known.tipHeight + 1n <= height + known.params.finalitySigTimeout;
      votes.push({ height, appHash: Bytes.copy(appHash), commit: answer, countsForLiveness });
    }
  }
  return { votes, skipped };
}

/** The commitment that the vote is proved by, or why there is no vote. */
function judge(facts: Facts, height: bigint, finalized: boolean): StoredCommit | Why {
  const { tipHeight, params, provider, lastVotedHeight, power, index, lastFinalizedEpoch, epochInterval } = facts;
  if (provider.slashedBabylonHeight !== 0n) return 'slashed';
  if (provider.softDeleted) return 'deleted';
  if (provider.jailed) return 'jailed';
  // The chain knows a block from its own end on: a vote goes into the next one at the earliest.
  if (height > tipHeight) return 'above-tip';
  if (height < params.finalityActivationHeight) return 'before-activation';
  if (lastVotedHeight !== undefined && height <= lastVotedHeight) return 'voted';
  if (finalized && lastFinalizedEpoch >= FinalityView.epochOf(height, epochInterval)) return 'finalized-and-timestamped';
  const own = power.get(height);
  if (own === undefined) return 'power-unknown';
  if (own === 0n) return 'no-power';
  const found = RandomnessIndex.find(index, height, lastFinalizedEpoch);
  if (found.kind === 'usable') return found.commit;
  return found.kind === 'none' ? 'no-randomness' : 'not-timestamped';
}

/** What a signer is asked for: height and message of each vote. @shape message: 40 bytes */
export function requests(votes: readonly Planned[]): readonly { readonly height: bigint; readonly message: Uint8Array }[] {
  return Check.list(votes, 'votes').map((vote, i) => {
    const { height, appHash } = Check.object(vote, `votes[${i}]`);
    return { height, message: FinalityVote.message(height, appHash) };
  });
}

/**
 * The messages of planned votes, each signature and each proof verified first. Heights without a signature, which a signer refused, are named and
 * left out: nothing is ever matched by its place in a list.
 *
 * @shape signatures: 32 bytes, by height
 * @throws babylon-address.*, input.*, vote-plan.no-proof
 * @throws vote-plan.bad-proof, vote-plan.bad-signature - the chain would refuse the whole transaction
 */
export function messages(
  options: {
    readonly signer: string;
    readonly publicKey: PublicKey.XOnlyPublicKey;
    readonly votes: readonly Planned[];
    readonly signatures: ReadonlyMap<bigint, Uint8Array>;
    readonly proofs: ReadonlyMap<bigint, Proven>;
    readonly context?: string;
  },
  ecc: Ecc.Ecc = Ecc.auto(),
): { readonly messages: readonly Vote[]; readonly unsigned: readonly bigint[] } {
  const { publicKey, votes, signatures, proofs, context } = Check.object(options, 'options');
  const signer = BabylonAddress.parse(options.signer, 'signer').text;
  Check.bytes(publicKey, 'publicKey', 32);
  const built: Vote[] = [];
  const unsigned: bigint[] = [];
  Check.map(signatures, 'signatures', 'height');
  Check.map(proofs, 'proofs', 'height');
  for (const [i, vote] of Check.list(votes, 'votes').entries()) {
    Check.object(Check.object(vote, `votes[${i}]`).commit, `votes[${i}].commit`);
    const signature = signatures.get(vote.height);
    if (signature === undefined) {
      unsigned.push(vote.height);
      continue;
    }
    const proven = provenFor(vote, publicKey, proofs.get(vote.height));
    const height = vote.height.toString();
    const signed = { publicKey, pubRand: proven.pubRand, message: FinalityVote.message(vote.height, vote.appHash), signature, context };
    const finding = Eots.check(signed, ecc);
    if (finding !== undefined)
      fail<Reason>({ code: 'vote-plan.bad-signature', height, finding }, `the signature for height ${height} does not verify (${finding})`);
    built.push(messageOf(signer, publicKey, vote, proven, signature));
  }
  return { messages: built, unsigned };
}

function provenFor({ height, commit }: Planned, finalityProviderPk: PublicKey.XOnlyPublicKey, proven: Proven | undefined): Proven {
  if (proven === undefined)
    return fail<Reason>({ code: 'vote-plan.no-proof', height: height.toString() }, `no proof of randomness was given for height ${height}`);
  const { pubRand, proof } = Check.object(proven, 'proof');
  const { startHeight, numPubRand, commitment } = commit;
  const full = { finalityProviderPk, startHeight, numPubRand, commitment, signature: new Uint8Array(64) };
  if (proven.height !== height || !PubRandCommit.includes(full, height, Check.bytes(pubRand, 'pubRand', 32), proof))
    fail<Reason>(
      { code: 'vote-plan.bad-proof', height: height.toString(), reference: 'finality/1108' },
      `the proof given for height ${height} does not show that its randomness was committed`,
    );
  return proven;
}

function messageOf(signer: string, publicKey: Uint8Array, vote: Planned, { pubRand, proof }: Proven, signature: Uint8Array): Vote {
  return {
    typeUrl: '/babylon.finality.v1.MsgAddFinalitySig',
    value: {
      signer,
      fpBtcPk: Bytes.copy(publicKey),
      blockHeight: vote.height,
      pubRand: Bytes.copy(pubRand),
      proof: {
        total: BigInt(proof.total),
        index: BigInt(proof.index),
        leafHash: Bytes.copy(proof.leafHash),
        aunts: proof.aunts.map(Bytes.copy),
      },
      blockAppHash: Bytes.copy(vote.appHash),
      finalitySig: Bytes.copy(signature),
    },
  };
}

/** What to do after a refusal of a transaction with these messages. */
export type Next<M> =
  /** The refused message is useless by now (counted already, or for a final block): send the others. */
  | { readonly kind: 'resend'; readonly rest: readonly M[]; readonly dropped: M }
  /** Every message was useless: nothing is left to send, and nothing failed. */
  | { readonly kind: 'done'; readonly dropped: M }
  | { readonly kind: 'stop'; readonly meaning: ChainError.Meaning };

/**
 * Takes the refused message out of a batch where the refusal is of the harmless kind (finality/1109 and 1116) and says which message it was. The
 * given list is not changed.
 *
 * @throws input.*, vote-plan.no-such-message - the index is not of this batch
 */
export function afterRefusal<M>(batch: readonly M[], answer: ChainError.Answer): Next<M> {
  const { length } = Check.list(batch, 'batch');
  const meaning = ChainError.classify(answer);
  // A transaction with one message has no other to be meant.
  const index = meaning.messageIndex ?? (length === 1 ? 0 : undefined);
  if (meaning.action !== 'drop-message' || index === undefined) return { kind: 'stop', meaning };
  const dropped = batch[index];
  if (index >= length || dropped === undefined)
    return fail<Reason>(
      { code: 'vote-plan.no-such-message', index, messages: length },
      `message ${index} was refused, but the batch has ${length}`,
    );
  const rest = batch.filter((_, i) => i !== index);
  return rest.length === 0 ? { kind: 'done', dropped } : { kind: 'resend', rest, dropped };
}

/** The highest height among votes that were accepted, and nothing more: a height that was skipped is not voted for. */
export function lastVoted(accepted: readonly Vote[], before?: bigint): bigint | undefined {
  let last = before;
  for (const [i, vote] of Check.list(accepted, 'accepted').entries()) {
    const { blockHeight } = Check.object(Check.object(vote, `accepted[${i}]`).value, `accepted[${i}].value`);
    uint64(blockHeight, `accepted[${i}].value.blockHeight`);
    if (last === undefined || blockHeight > last) last = blockHeight;
  }
  return last;
}

/**
 * The first height to look at after a start: one above all that was voted for and all that is final, not below the activation of finality.
 *
 * @throws input.*
 * @source finality-provider finality-provider/service/bootstrap.go DetermineStartHeight
 */
export function startHeight(known: {
  readonly lastVotedHeight: bigint | undefined;
  /** The chain's own count, of which nothing follows above 2^32. */
  readonly highestVotedHeight: bigint | undefined;
  readonly lastFinalizedHeight: bigint | undefined;
  readonly finalityActivationHeight: bigint;
}): bigint {
  const { lastVotedHeight, highestVotedHeight, lastFinalizedHeight, finalityActivationHeight } = Check.object(known, 'known');
  let start = uint64(finalityActivationHeight, 'finalityActivationHeight');
  for (const [name, height] of Object.entries({ lastVotedHeight, highestVotedHeight, lastFinalizedHeight })) {
    if (height !== undefined && uint64(height, name) + 1n > start) start = height + 1n;
  }
  return start;
}

function ascending(blocks: readonly IndexedBlock[]): readonly IndexedBlock[] {
  const sorted = Check.list(blocks, 'blocks').map((block, i) => {
    const { height, appHash } = Check.object(block, `blocks[${i}]`);
    uint64(height, `blocks[${i}].height`);
    Check.bytes(appHash, `blocks[${i}].appHash`, 32);
    return block;
  });
  sorted.sort((a, b) => (a.height < b.height ? -1 : 1));
  for (const [i, { height, appHash }] of sorted.entries()) {
    const next = sorted[i + 1];
    if (next?.height !== height) continue;
    const hashes = `${Hex.encode(appHash)} and ${Hex.encode(next.appHash)}`;
    fail<Reason>({ code: 'vote-plan.repeated-height', height: height.toString() }, `height ${height} is given twice, with ${hashes}`);
  }
  return sorted;
}

function checkFacts(facts: Facts): Facts {
  uint64(facts.tipHeight, 'tipHeight');
  Check.object(facts.params, 'params');
  uint64(facts.params.finalityActivationHeight, 'params.finalityActivationHeight');
  uint64(facts.params.finalitySigTimeout, 'params.finalitySigTimeout');
  Check.bigInteger(facts.epochInterval, 'epochInterval', 1n, UINT64_MAX);
  uint64(facts.lastFinalizedEpoch, 'lastFinalizedEpoch');
  uint64(Check.object(facts.provider, 'provider').slashedBabylonHeight, 'provider.slashedBabylonHeight');
  if (facts.lastVotedHeight !== undefined) uint64(facts.lastVotedHeight, 'lastVotedHeight');
  Check.map(facts.power, 'power', 'height');
  RandomnessIndex.last(facts.index);
  return facts;
}

function uint64(value: bigint, field: string): bigint {
  return Check.bigInteger(value, field, 0n, UINT64_MAX);
}
