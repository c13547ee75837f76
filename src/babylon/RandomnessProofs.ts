// Randomness of a height with the proof that it was committed, made on demand from the deterministic derivation: nothing is stored that could be
// lost or overwritten. Finality-provider keeps proofs in a database under heights, where a second attempt overwrites those of the first.
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Ecc from '../crypto/Ecc.ts';
import type * as MerkleTree from '../crypto/MerkleTree.ts';
import * as PubRand from '../crypto/PubRand.ts';
import type * as SecretKey from '../crypto/SecretKey.ts';
import type { StoredCommit } from './FinalityView.ts';
import * as CommitTree from './finality/commitTree.ts';
import * as RandomnessIndex from './RandomnessIndex.ts';

export type Reason =
  | Check.Reason
  | PubRand.Reason
  | RandomnessIndex.Reason
  | { readonly code: 'randomness-proofs.no-commit'; readonly height: string; readonly reference: 'finality/1103' }
  | { readonly code: 'randomness-proofs.too-large'; readonly numPubRand: string; readonly max: number }
  | { readonly code: 'randomness-proofs.wrong-count'; readonly expected: number; readonly got: number }
  | { readonly code: 'randomness-proofs.other-root'; readonly startHeight: string; readonly numPubRand: string };

/** The public randomness of `count` heights from `startHeight` on, in order; a signer's `CreateRandomnessPairList`. @shape 32 bytes each */
export type Source = (startHeight: bigint, count: number) => Promise<readonly Uint8Array[]>;

/** What a vote carries besides its signature. */
export type Proven = {
  readonly height: bigint;
  readonly pubRand: Uint8Array;
  readonly proof: MerkleTree.Proof;
  readonly commit: StoredCommit;
};

export interface Prover {
  /**
   * Randomness and proof of one height, by its own commitment. The first question about a commitment derives all of it, later ones copy.
   *
   * @throws randomness-proofs.no-commit - the chain would answer finality/1103
   * @throws randomness-proofs.other-root - the source's randomness is not what was committed: other key, other chain-id, or a derivation of old
   *   builds (before February 2025). A vote with it would be refused, and it reveals nothing
   * @throws randomness-proofs.too-large, randomness-proofs.wrong-count, input.*, and what the source throws
   */
  at(height: bigint): Promise<Proven>;
}

/** Larger commitments are derived by nobody here. @unit heights */
export const MAX_COUNT: number = 2 ** 24;

type Prepared = { readonly pubRands: readonly Uint8Array[]; readonly tree: CommitTree.CommitTree };

/**
 * A prover over the chain's commitments. Trees of the last `maxCached` commitments (2 unless said otherwise, about 5 MB for 50,000 heights) are kept.
 *
 * @throws input.*, randomness-index.repeated-start
 */
export function prover(options: {
  readonly commits: readonly StoredCommit[];
  readonly source: Source;
  readonly maxCached?: number;
}): Prover {
  const { commits, source, maxCached } = Check.object(options, 'options');
  Check.callable(source, 'source');
  const most = Check.integer(maxCached ?? 2, 'maxCached', 1, 1_000);
  const index = RandomnessIndex.from(commits);
  const cache = new Map<bigint, Promise<Prepared>>();
  const preparedOf = (commit: StoredCommit): Promise<Prepared> => {
    const { startHeight } = commit;
    const known = cache.get(startHeight);
    // The map keeps the order of insertion: what is used goes to the end, the first is the one longest unused.
    cache.delete(startHeight);
    const prepared = known ?? prepare(commit, source);
    cache.set(startHeight, prepared);
    if (known === undefined) {
      prepared.catch(() => {
        if (cache.get(startHeight) === prepared) cache.delete(startHeight);
      });
      for (const oldest of cache.keys()) if (cache.size > most) cache.delete(oldest);
    }
    return prepared;
  };
  return {
    at: async (height) => {
      const commit = RandomnessIndex.lookUp(index, height);
      if (commit === undefined)
        return fail<Reason>(
          { code: 'randomness-proofs.no-commit', height: height.toString(), reference: 'finality/1103' },
          `no commitment covers height ${height}`,
        );
      const { pubRands, tree } = await preparedOf(commit);
      const place = Number(height - commit.startHeight);
      return { height, pubRand: Bytes.copy(pubRands[place] as Uint8Array), proof: CommitTree.prove(tree, place), commit };
    },
  };
}

async function prepare(commit: StoredCommit, source: Source): Promise<Prepared> {
  const { startHeight, numPubRand, commitment } = commit;
  if (numPubRand > BigInt(MAX_COUNT))
    return fail<Reason>(
      { code: 'randomness-proofs.too-large', numPubRand: numPubRand.toString(), max: MAX_COUNT },
      `a commitment over ${numPubRand} heights is too large to be derived again`,
    );
  const expected = Number(numPubRand);
  const pubRands = (await source(startHeight, expected)).map((one, i) => Bytes.copy(Check.bytes(one, `pubRands[${i}]`, 32)));
  if (pubRands.length !== expected)
    fail<Reason>(
      { code: 'randomness-proofs.wrong-count', expected, got: pubRands.length },
      `the source gave ${pubRands.length} values for ${expected} heights`,
    );
  const tree = CommitTree.from(pubRands);
  if (!Bytes.equal(CommitTree.rootOf(tree), commitment))
    fail<Reason>(
      { code: 'randomness-proofs.other-root', startHeight: startHeight.toString(), numPubRand: numPubRand.toString() },
      `the randomness from height ${startHeight} on is not what was committed: another key, another chain-id or an old derivation`,
    );
  return { pubRands, tree };
}

/** The root over randomness: what is committed. @shape 32 bytes @throws input.* */
export function rootOf(pubRands: readonly Uint8Array[]): Uint8Array {
  return CommitTree.rootOf(CommitTree.from(pubRands));
}

/** A source that derives from a key in memory. A provider asks its signer instead. @throws input.*, secret-key.out-of-range, pub-rand.malformed-chain-id */
export function secretSource(secretKey: SecretKey.SecretKey, chainId: string, ecc: Ecc.Ecc = Ecc.auto()): Source {
  PubRand.derivePublic(secretKey, chainId, 0n, 0, ecc);
  return (startHeight, count) => Promise.resolve(PubRand.derivePublic(secretKey, chainId, startHeight, count, ecc));
}
