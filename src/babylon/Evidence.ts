// Evidence of equivocation: two votes of one provider for different blocks of one height, and the key that they give (babylon x/finality/types/finality.go).
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Ecc from '../crypto/Ecc.ts';
import * as Eots from '../crypto/Eots.ts';
import type * as PublicKey from '../crypto/PublicKey.ts';
import type * as SecretKey from '../crypto/SecretKey.ts';
import * as FinalityVote from './FinalityVote.ts';

export type Reason =
  | Check.Reason
  | Eots.Reason
  | { readonly code: 'evidence.different-provider' }
  | { readonly code: 'evidence.different-height'; readonly height1: string; readonly height2: string }
  | { readonly code: 'evidence.different-randomness' }
  | { readonly code: 'evidence.same-block' }
  | { readonly code: 'evidence.invalid-vote'; readonly which: 'canonical' | 'fork' };

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

/** As the chain stores it: without the canonical signature it is half, and nobody is slashed by it. */
export type StoredEvidence = Omit<Evidence, 'canonicalFinalitySig'> & { readonly canonicalFinalitySig: Uint8Array | undefined };

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

function checkVote(vote: FinalityVote.FinalityVote, name: string): void {
  const { finalityProviderPk, height, appHash, pubRand, signature } = Check.object(vote, name);
  Check.bytes(finalityProviderPk, `${name}.finalityProviderPk`, 32);
  Check.bigInteger(height, `${name}.height`, 0n, 0xffff_ffff_ffff_ffffn);
  Check.bytes(appHash, `${name}.appHash`, 32);
  Check.bytes(pubRand, `${name}.pubRand`, 32);
  Check.bytes(signature, `${name}.signature`, 32);
}
