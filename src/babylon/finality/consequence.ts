// What follows from a vote once it is on the chain: the table of forks, repetitions and conflicts. Babylon x/finality/keeper/msg_server.go
// AddFinalitySig, x/finality/keeper/evidence.go. Success of the transaction does not mean that the vote counted.
import * as Bytes from '../../base/Bytes.ts';
import * as Check from '../../base/Check.ts';
import type { XOnlyPublicKey } from '../../crypto/PublicKey.ts';
import type { Failure } from '../chain/verdict.ts';
import { first } from '../chain/verdict.ts';
import { providerOf } from './context.ts';
import type { StoredEvidence } from './evidenceRest.ts';
import * as VoteRules from './voteRules.ts';

/** What becomes of a vote. */
export type Consequence =
  | {
      /** Nothing of it is stored, not even as evidence. */
      readonly kind: 'rejected';
      readonly failure: Failure;
      /** With what is known already, this signature gives the key away, though the chain does not slash. */
      readonly revealsKey: boolean;
    }
  | {
      readonly kind: 'canonical';
      readonly slashed: false;
      /** The fee comes back, if every message of the transaction is such a one. */
      readonly refundable: true;
      /** Included in the next block it is in time for the chain's count of missed blocks. */
      readonly countsForLiveness: boolean;
      /** As the chain stores it afterwards, in 32 bits. */
      readonly highestVotedHeight: number;
    }
  | {
      /** For the chain's block, after a vote for another one. */
      readonly kind: 'completes-evidence';
      readonly slashed: true;
      readonly refundable: false;
      readonly evidence: StoredEvidence;
      readonly highestVotedHeight: number;
    }
  | {
      /** For another block. The transaction succeeds. */
      readonly kind: 'fork';
      /** With the vote for the chain's block that is stored already. */
      readonly slashed: boolean;
      readonly refundable: false;
      /** What the chain stores; without a canonical signature it is half. */
      readonly evidence: StoredEvidence;
      /** What it overwrites: only the last fork vote of a height is kept. */
      readonly replaces: 'nothing' | 'the same' | 'another fork';
      /** Two signatures under one randomness exist, whether the chain holds both or not. */
      readonly revealsKey: boolean;
    };

/** The consequence of a vote in the next block. */
export function of(context: VoteRules.Context): Consequence {
  const { value, view } = context;
  const failure = first(VoteRules.STEPS, context);
  const provider = providerOf(context, value.fpBtcPk);
  const block = view.blocks.get(value.blockHeight);
  if (failure !== undefined) {
    const named = { ...failure, check: `${VoteRules.NAME}.${failure.check}` };
    return { kind: 'rejected', failure: named, revealsKey: revealsKey(context) };
  }
  // The questions have made sure of both.
  if (provider === undefined || block === undefined) return Check.missing('view');
  const known = provider.votes.get(value.blockHeight) ?? {};
  const low = Number(BigInt.asUintN(32, value.blockHeight));
  const highestVotedHeight = Math.max(provider.highestVotedHeight, low);
  const common = {
    finalityProviderPk: Bytes.copy(provider.btcPk) as XOnlyPublicKey,
    height: value.blockHeight,
    pubRand: Bytes.copy(value.pubRand),
    canonicalAppHash: Bytes.copy(block.appHash),
  };
  if (!Bytes.equal(block.appHash, value.blockAppHash)) {
    const canonicalFinalitySig = known.canonicalSignature === undefined ? undefined : Bytes.copy(known.canonicalSignature);
    const fork = { forkAppHash: Bytes.copy(value.blockAppHash), forkFinalitySig: Bytes.copy(value.finalitySig) };
    const isSame = known.fork !== undefined && Bytes.equal(known.fork.appHash, value.blockAppHash);
    return {
      kind: 'fork',
      slashed: canonicalFinalitySig !== undefined,
      refundable: false,
      evidence: { ...common, ...fork, canonicalFinalitySig },
      replaces: known.fork === undefined ? 'nothing' : isSame ? 'the same' : 'another fork',
      revealsKey: revealsKey(context),
    };
  }
  if (known.fork !== undefined) {
    const evidence: StoredEvidence = {
      ...common,
      // The evidence keeps the randomness of the fork vote; both are the committed one.
      pubRand: Bytes.copy(known.fork.pubRand),
      canonicalFinalitySig: Bytes.copy(value.finalitySig),
      forkAppHash: Bytes.copy(known.fork.appHash),
      forkFinalitySig: Bytes.copy(known.fork.signature),
    };
    return { kind: 'completes-evidence', slashed: true, refundable: false, evidence, highestVotedHeight };
  }
  const countsForLiveness = view.tipHeight + 1n <= VoteRules.lastInclusion(context);
  return { kind: 'canonical', slashed: false, refundable: true, countsForLiveness, highestVotedHeight };
}

/** True when another signature of the same randomness is known and both verify: anybody can compute the key from them. */
function revealsKey(context: VoteRules.Context): boolean {
  const { value, view, ecc } = context;
  const known = providerOf(context, value.fpBtcPk)?.votes.get(value.blockHeight);
  if (known === undefined || !VoteRules.isFormed(context) || !ecc.isXOnly(value.fpBtcPk)) return false;
  if (VoteRules.signatureFinding(context) !== undefined) return false;
  const block = view.blocks.get(value.blockHeight);
  const others = [
    ...(known.canonicalSignature === undefined || block === undefined
      ? []
      : [{ appHash: block.appHash, signature: known.canonicalSignature }]),
    ...(known.fork === undefined ? [] : [known.fork]),
  ];
  return others.some(({ appHash, signature }) => {
    if (Bytes.equal(appHash, value.blockAppHash)) return false;
    const other = { ...context, value: { ...value, blockAppHash: appHash, finalitySig: signature } };
    return VoteRules.signatureFinding(other) === undefined;
  });
}
