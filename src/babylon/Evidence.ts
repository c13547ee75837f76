// Evidence of equivocation: two votes of one provider for different blocks of one height, and the key that they give (babylon x/finality/types/finality.go).
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Ecc from '../crypto/Ecc.ts';
import * as Eots from '../crypto/Eots.ts';
import type * as PublicKey from '../crypto/PublicKey.ts';
import * as SecretKey from '../crypto/SecretKey.ts';
import * as FinalityVote from './FinalityVote.ts';
import type { StoredEvidence } from './finality/evidenceRest.ts';
import * as Rest from './finality/evidenceRest.ts';
import type * as Message from './Message.ts';
import * as Registration from './Registration.ts';

export type { StoredEvidence } from './finality/evidenceRest.ts';

export type Reason =
  | Check.Reason
  | Eots.Reason
  | { readonly code: 'evidence.different-provider' }
  | { readonly code: 'evidence.different-height'; readonly height1: string; readonly height2: string }
  | { readonly code: 'evidence.different-randomness' }
  | { readonly code: 'evidence.same-block' }
  | { readonly code: 'evidence.invalid-vote'; readonly which: 'canonical' | 'fork' }
  | { readonly code: 'evidence.half' }
  | Rest.Reason
  | Registration.Reason;

/** Field names as on the chain. Without a canonical vote both votes may be forks: the key comes out all the same. */
export type Evidence = {
  readonly finalityProviderPk: PublicKey.XOnlyPublicKey;
  readonly height: bigint;
  readonly pubRand: Uint8Array;
  readonly canonicalAppHash: Uint8Array;
  readonly forkAppHash: Uint8Array;
  readonly canonicalFinalitySig: Uint8Array;
  readonly forkFinalitySig: Uint8Array;
};

/**
 * The evidence that two votes make. Both are verified first, so that extraction cannot fail afterwards.
 *
 * @throws evidence.different-provider, evidence.different-height, evidence.different-randomness - nothing follows from such a pair
 * @throws evidence.same-block - a repeated vote is harmless
 * @throws evidence.invalid-vote
 */
export function fromVotes(
  canonical: FinalityVote.FinalityVote,
  fork: FinalityVote.FinalityVote,
  context?: string,
  ecc: Ecc.Ecc = Ecc.auto(),
): Evidence {
  checkVote(canonical, 'canonical');
  checkVote(fork, 'fork');
  if (!Bytes.equal(canonical.finalityProviderPk, fork.finalityProviderPk))
    fail<Reason>({ code: 'evidence.different-provider' }, 'the votes are of two providers');
  if (canonical.height !== fork.height)
    fail<Reason>(
      { code: 'evidence.different-height', height1: canonical.height.toString(), height2: fork.height.toString() },
      'the votes are for two heights',
    );
  if (!Bytes.equal(canonical.pubRand, fork.pubRand))
    fail<Reason>({ code: 'evidence.different-randomness' }, 'the votes do not share their public randomness');
  if (Bytes.equal(canonical.appHash, fork.appHash)) fail<Reason>({ code: 'evidence.same-block' }, 'both votes are for the same block');
  for (const [which, vote] of [
    ['canonical', canonical],
    ['fork', fork],
  ] as const) {
    if (!FinalityVote.verify(vote, context, ecc))
      fail<Reason>({ code: 'evidence.invalid-vote', which }, `the ${which} vote has no valid signature`);
  }
  return {
    finalityProviderPk: Bytes.copy(canonical.finalityProviderPk) as PublicKey.XOnlyPublicKey,
    height: canonical.height,
    pubRand: Bytes.copy(canonical.pubRand),
    canonicalAppHash: Bytes.copy(canonical.appHash),
    forkAppHash: Bytes.copy(fork.appHash),
    canonicalFinalitySig: Bytes.copy(canonical.signature),
    forkFinalitySig: Bytes.copy(fork.signature),
  };
}

/**
 * The provider's secret key: the even-y one, which may be n minus the key that the provider has stored. Compare by public key.
 *
 * @throws eots.same-signature, eots.key-mismatch - for evidence that was not checked
 */
export function extractKey(evidence: Evidence, context?: string, ecc: Ecc.Ecc = Ecc.auto()): SecretKey.SecretKey {
  const { finalityProviderPk, height, pubRand } = Check.object(evidence, 'evidence');
  return Eots.extract(
    {
      publicKey: finalityProviderPk,
      pubRand,
      message1: FinalityVote.message(height, evidence.canonicalAppHash),
      signature1: evidence.canonicalFinalitySig,
      message2: FinalityVote.message(height, evidence.forkAppHash),
      signature2: evidence.forkFinalitySig,
      context,
    },
    ecc,
  );
}

/**
 * Why stored evidence does not give a key, or undefined when it does: the chain keeps half ones, and nobody checks what a node sends.
 *
 * @throws input.*
 */
export function check(evidence: StoredEvidence, context?: string, ecc: Ecc.Ecc = Ecc.auto()): Finding | undefined {
  const { finalityProviderPk, height, pubRand, canonicalAppHash, forkAppHash, canonicalFinalitySig, forkFinalitySig } = Check.object(
    evidence,
    'evidence',
  );
  if (canonicalFinalitySig === undefined) return 'half';
  if (Bytes.equal(Check.bytes(canonicalAppHash, 'canonicalAppHash', 32), Check.bytes(forkAppHash, 'forkAppHash', 32))) return 'same-block';
  const vote = { finalityProviderPk, height, pubRand };
  if (!FinalityVote.verify({ ...vote, appHash: canonicalAppHash, signature: canonicalFinalitySig }, context, ecc))
    return 'canonical-signature';
  return FinalityVote.verify({ ...vote, appHash: forkAppHash, signature: forkFinalitySig }, context, ecc) ? undefined : 'fork-signature';
}

/** Why evidence gives no key. */
export type Finding = 'half' | 'same-block' | 'canonical-signature' | 'fork-signature';

/** True when both signatures verify and are for two blocks: then {@link extractKey} gives the key. @throws input.* */
export function verify(evidence: StoredEvidence, context?: string, ecc: Ecc.Ecc = Ecc.auto()): boolean {
  return check(evidence, context, ecc) === undefined;
}

/**
 * The message that slashes by the key alone: for evidence that the chain does not act on, such as two votes for forks, or a conflicting vote of a
 * jailed provider. Evidence that the chain has made whole itself needs no message. The key is public from then on.
 *
 * @throws evidence.half, evidence.same-block, evidence.invalid-vote, babylon-address.*, input.*
 * @source babylon x/btcstaking/keeper/msg_server.go SelectiveSlashingEvidence
 */
export function selectiveSlashing(
  options: { readonly evidence: StoredEvidence; readonly signer: string; readonly context?: string },
  ecc: Ecc.Ecc = Ecc.auto(),
): Message.Message<'/babylon.btcstaking.v1.MsgSelectiveSlashingEvidence'> {
  const { evidence, signer, context } = Check.object(options, 'options');
  const finding = check(evidence, context, ecc);
  const { canonicalFinalitySig, finalityProviderPk } = evidence;
  if (canonicalFinalitySig === undefined) return fail<Reason>({ code: 'evidence.half' }, 'one vote of two is missing: it gives no key');
  if (finding === 'same-block') fail<Reason>({ code: 'evidence.same-block' }, 'both votes are for the same block');
  if (finding !== undefined) {
    const which = finding === 'fork-signature' ? 'fork' : 'canonical';
    fail<Reason>({ code: 'evidence.invalid-vote', which }, `the ${which} vote has no valid signature`);
  }
  const recoveredSecretKey = extractKey({ ...evidence, canonicalFinalitySig }, context, ecc);
  try {
    return Registration.selectiveSlashing({ signer, finalityProviderPk, recoveredSecretKey }, ecc);
  } finally {
    SecretKey.wipe(recoveredSecretKey);
  }
}

/**
 * Evidence out of a node's answer: `/babylon/finality/v1/finality_providers/{pk}/evidence`, one item of the list of all, or the event of a slashing.
 * Without a canonical signature it is half.
 *
 * @throws input.*, hex.*, finality-view.not-base64, finality-view.not-decimal
 * @source babylon proto/babylon/finality/v1/query.proto EvidenceResponse
 */
export function fromRest(json: unknown): StoredEvidence {
  return Rest.evidence(json);
}

/** Evidence as a node's REST interface writes it. @throws input.* */
export function toRest(evidence: StoredEvidence): Rest.EvidenceJson {
  return Rest.toJson(Check.object(evidence, 'evidence'));
}

/**
 * One page of `/babylon/finality/v1/evidences`. The list is no log: for every stored evidence it repeats its provider's first whole one, so repetitions
 * are taken out here; later evidence of a provider and half evidence never appear. Ask from height 0 each time: evidence of lower heights may come later.
 *
 * @returns `nextKey` of the next page, in base64
 * @throws as {@link fromRest}
 * @source babylon x/finality/keeper/grpc_query.go ListEvidences
 */
export function listFromRest(json: unknown): { readonly evidences: readonly StoredEvidence[]; readonly nextKey: string | undefined } {
  const { all, nextKey } = Rest.list(json);
  const byVotes = new Map(all.map((one) => [JSON.stringify(Rest.toJson(one)), one]));
  return { evidences: [...byVotes.values()], nextKey };
}

function checkVote(vote: FinalityVote.FinalityVote, name: string): void {
  const { finalityProviderPk, height, appHash, pubRand, signature } = Check.object(vote, name);
  Check.bytes(finalityProviderPk, `${name}.finalityProviderPk`, 32);
  Check.bigInteger(height, `${name}.height`, 0n, 0xffff_ffff_ffff_ffffn);
  Check.bytes(appHash, `${name}.appHash`, 32);
  Check.bytes(pubRand, `${name}.pubRand`, 32);
  Check.bytes(signature, `${name}.signature`, 32);
}
