// A small chain with one provider: two commitments with a gap between them, power, blocks of which some are final, and the provider's messages.
import { sha256 } from '@noble/hashes/sha2.js';
import * as BabylonAddress from '../../../src/babylon/BabylonAddress.ts';
import * as FinalityView from '../../../src/babylon/FinalityView.ts';
import * as FinalityVote from '../../../src/babylon/FinalityVote.ts';
import type * as Message from '../../../src/babylon/Message.ts';
import * as ProofOfPossession from '../../../src/babylon/ProofOfPossession.ts';
import * as PubRandCommit from '../../../src/babylon/PubRandCommit.ts';
import * as MerkleTree from '../../../src/crypto/MerkleTree.ts';
import * as PubRand from '../../../src/crypto/PubRand.ts';
import { type KeyPair, keyOf } from '../../support/stakes.ts';

export const CHAIN = 'bbn-1';
export const provider: KeyPair = keyOf('fp1');
export const addressOf = (name: string): string => BabylonAddress.encode(sha256(new TextEncoder().encode(name)).slice(0, 20));
export const OWNER: string = addressOf('owner');
export const CARRIER: string = addressOf('carrier');
export const TIP = 1_000n;
/** 2026-05-12T08:00:00Z. */
export const NOW: bigint = 1_778_572_800n * 1_000_000_000n;

export const params: FinalityView.FinalityParams = {
  maxActiveFinalityProviders: 3,
  signedBlocksWindow: 100n,
  finalitySigTimeout: 3n,
  minSignedPerWindow: '0.200000000000000000',
  minPubRand: 4n,
  jailDurationSeconds: 600,
  finalityActivationHeight: 500n,
};

export const appHashAt = (height: bigint): Uint8Array => sha256(new TextEncoder().encode(`app hash ${height}`));
export const blockAt = (height: bigint, finalized = false): FinalityView.IndexedBlock => ({
  height,
  appHash: appHashAt(height),
  finalized,
});

export const randsOf = (start: bigint, count: number, pair: KeyPair = provider): Uint8Array[] =>
  PubRand.derivePublic(pair.secretKey, CHAIN, start, count);
/** As the chain stores it. */
export const storedCommit = (startHeight: bigint, count: number, epochNum: bigint): FinalityView.StoredCommit => ({
  startHeight,
  numPubRand: BigInt(count),
  commitment: MerkleTree.root(randsOf(startHeight, count)),
  epochNum,
});

/** Heights 980..989 and 995..1010: a gap of five. The second is final on Bitcoin with epoch 9. */
export const FIRST: FinalityView.StoredCommit = storedCommit(980n, 10, 5n);
export const SECOND: FinalityView.StoredCommit = storedCommit(995n, 16, 9n);

export const providerFacts: FinalityView.ProviderOptions = {
  btcPk: provider.publicKey,
  addr: OWNER,
  slashedBabylonHeight: 0n,
  jailed: false,
  softDeleted: false,
  highestVotedHeight: 985,
  commits: [FIRST, SECOND],
  power: new Map(Array.from({ length: 31 }, (_, i) => [980n + BigInt(i), 5_000n])),
};

/** Epochs of 100 blocks: 901..1000 is epoch 10; the last final one is 9. */
export function viewOf(
  changes: Partial<FinalityView.Options> = {},
  ofProvider: Partial<FinalityView.ProviderOptions> = {},
): FinalityView.FinalityView {
  return FinalityView.from({
    tipHeight: TIP,
    tipTimeNs: NOW,
    params,
    epochInterval: 100n,
    lastFinalizedEpoch: 9n,
    minCommissionRate: '30000000000000000',
    blocks: Array.from({ length: 21 }, (_, i) => blockAt(980n + BigInt(i), i < 10)),
    providers: [{ ...providerFacts, ...ofProvider }],
    ...changes,
  });
}

export type Vote = Message.Message<'/babylon.finality.v1.MsgAddFinalitySig'>;

/** A vote with its proof. Nothing keeps this provider from signing twice: tests equivocate on purpose. */
export function voteAt(height: bigint, appHash: Uint8Array = appHashAt(height), pair: KeyPair = provider): Vote {
  const vote = FinalityVote.unsafeSign({ secretKey: pair.secretKey, chainId: CHAIN, height, appHash });
  const commit = height < SECOND.startHeight ? FIRST : SECOND;
  const place = Number(height - commit.startHeight);
  const count = Number(commit.numPubRand);
  const rands = randsOf(commit.startHeight, count, pair);
  const proof = MerkleTree.prove(rands, Math.min(Math.max(place, 0), count - 1));
  return {
    typeUrl: '/babylon.finality.v1.MsgAddFinalitySig',
    value: {
      signer: CARRIER,
      fpBtcPk: vote.finalityProviderPk,
      blockHeight: height,
      pubRand: vote.pubRand,
      proof: { total: BigInt(proof.total), index: BigInt(proof.index), leafHash: proof.leafHash, aunts: proof.aunts },
      blockAppHash: appHash,
      finalitySig: vote.signature,
    },
  };
}

export type Commit = Message.Message<'/babylon.finality.v1.MsgCommitPubRandList'>;

export function commitFrom(startHeight: bigint, numPubRand = 4): Commit {
  const { commit } = PubRandCommit.create({
    secretKey: provider.secretKey,
    chainId: CHAIN,
    startHeight,
    numPubRand,
    auxRand: new Uint8Array(32),
  });
  return {
    typeUrl: '/babylon.finality.v1.MsgCommitPubRandList',
    value: {
      signer: CARRIER,
      fpBtcPk: commit.finalityProviderPk,
      startHeight,
      numPubRand: BigInt(numPubRand),
      commitment: commit.commitment,
      sig: commit.signature,
    },
  };
}

export const unjail: Message.Message<'/babylon.finality.v1.MsgUnjailFinalityProvider'> = {
  typeUrl: '/babylon.finality.v1.MsgUnjailFinalityProvider',
  value: { signer: OWNER, fpBtcPk: provider.publicKey },
};

export const jailed: Partial<FinalityView.ProviderOptions> = {
  jailed: true,
  signingInfo: { startHeight: 900n, missedBlocks: 0n, jailedUntilNs: NOW - 1n },
};

const newcomer = keyOf('fp new');
export const create: Message.Message<'/babylon.btcstaking.v1.MsgCreateFinalityProvider'> = {
  typeUrl: '/babylon.btcstaking.v1.MsgCreateFinalityProvider',
  value: {
    addr: CARRIER,
    description: { moniker: 'new', identity: '', website: '', securityContact: '', details: '' },
    btcPk: newcomer.publicKey,
    pop: ProofOfPossession.toMessage(ProofOfPossession.sign({ type: 'BIP340', secretKey: newcomer.secretKey, babylonAddress: CARRIER })),
    commission: { rate: '50000000000000000', maxRate: '200000000000000000', maxChangeRate: '10000000000000000' },
  },
};
