// The finality provider's part: commit randomness, vote honestly, then vote twice for one height. The evidence gives the key.

import * as Evidence from '../../babylon/Evidence.ts';
import * as FinalityVote from '../../babylon/FinalityVote.ts';
import type { StakingNetwork } from '../../babylon/Networks.ts';
import * as PubRandCommit from '../../babylon/PubRandCommit.ts';
import * as Bytes from '../../base/Bytes.ts';
import { fail } from '../../base/Errors.ts';
import * as Hex from '../../base/Hex.ts';
import type * as Ecc from '../../crypto/Ecc.ts';
import * as MerkleTree from '../../crypto/MerkleTree.ts';
import * as PublicKey from '../../crypto/PublicKey.ts';
import type * as SecretKey from '../../crypto/SecretKey.ts';
import type { Account } from './Account.ts';
import { bytesFor, type Person } from './cast.ts';

export type Reason = { readonly code: 'story.check-failed'; readonly check: string };

/** Babylon height of the first committed randomness. */
const START_HEIGHT = 2_000_000n;
const HONEST_VOTES = 3;

/** A provider that has voted honestly. */
export type Provider = {
  readonly person: Person;
  readonly commit: PubRandCommit.PubRandCommit;
  readonly pubRands: readonly Uint8Array[];
  readonly chainId: string;
  readonly seed: string;
};

/** Commits randomness for as many heights as the chain wants at least, then votes for the first heights; every vote is verified against the commitment, as the chain does. */
export function appear(person: Person, { chainId, finality }: StakingNetwork, seed: string, ecc: Ecc.Ecc): Provider {
  const numPubRand = Number(finality.minPubRand);
  const { commit, pubRands } = PubRandCommit.create(
    { secretKey: person.secretKey, chainId, startHeight: START_HEIGHT, numPubRand, auxRand: new Uint8Array(32) },
    ecc,
  );
  PubRandCommit.checkAgainst(finality, commit);
  insist(PubRandCommit.verify(commit, undefined, ecc), 'the commitment is signed by the provider');
  const provider = { person, commit, pubRands, chainId, seed };
  for (let i = 0; i < HONEST_VOTES; i++) {
    const height = START_HEIGHT + BigInt(i);
    const vote = voteFor(provider, height, `block ${height}`, ecc);
    insist(FinalityVote.verify(vote, undefined, ecc), `the vote for height ${height} verifies`);
    insist(
      PubRandCommit.includes(commit, height, vote.pubRand, MerkleTree.prove(pubRands, i)),
      `the randomness of height ${height} is committed`,
    );
  }
  return provider;
}

function voteFor({ person, chainId, seed }: Provider, height: bigint, block: string, ecc: Ecc.Ecc): FinalityVote.FinalityVote {
  return FinalityVote.unsafeSign({ secretKey: person.secretKey, chainId, height, appHash: bytesFor(seed, `app hash of ${block}`) }, ecc);
}

/** Two votes for one height, the evidence that they make, and the key that falls out of it. */
export function equivocate(provider: Provider, ecc: Ecc.Ecc): { readonly evidence: Evidence.Evidence; readonly key: SecretKey.SecretKey } {
  const height = START_HEIGHT + BigInt(HONEST_VOTES);
  const canonical = voteFor(provider, height, `block ${height}`, ecc);
  const fork = voteFor(provider, height, `block ${height} of a fork`, ecc);
  const evidence = Evidence.fromVotes(canonical, fork, undefined, ecc);
  const key = Evidence.extractKey(evidence, undefined, ecc);
  insist(Bytes.equal(PublicKey.ofSecret(key, ecc), provider.person.publicKey), 'the extracted key is the key of the provider');
  return { evidence, key };
}

/** The provider's part of the account. */
export function describe({ person, commit }: Provider, evidence: Evidence.Evidence, key: SecretKey.SecretKey): Account['finalityProvider'] {
  const vote = (appHash: Uint8Array, signature: Uint8Array): { appHash: string; signature: string } => ({
    appHash: Hex.encode(appHash),
    signature: Hex.encode(signature),
  });
  return {
    publicKey: Hex.encode(person.publicKey),
    commit: { startHeight: commit.startHeight, numPubRand: commit.numPubRand, commitment: Hex.encode(commit.commitment) },
    honestVotes: HONEST_VOTES,
    equivocation: {
      height: evidence.height,
      pubRand: Hex.encode(evidence.pubRand),
      votes: [vote(evidence.canonicalAppHash, evidence.canonicalFinalitySig), vote(evidence.forkAppHash, evidence.forkFinalitySig)],
    },
    extractedKey: Hex.encode(key),
  };
}

function insist(condition: boolean, check: string): void {
  if (!condition) fail<Reason>({ code: 'story.check-failed', check }, `this must hold and does not: ${check}`);
}
