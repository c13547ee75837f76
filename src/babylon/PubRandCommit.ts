// Commitment of public randomness: one Merkle root over consecutive heights, signed by plain BIP340 (babylon x/finality/types/msg.go MsgCommitPubRandList).
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Ecc from '../crypto/Ecc.ts';
import * as MerkleTree from '../crypto/MerkleTree.ts';
import * as PublicKey from '../crypto/PublicKey.ts';
import * as PubRand from '../crypto/PubRand.ts';
import * as Schnorr from '../crypto/Schnorr.ts';
import type * as SecretKey from '../crypto/SecretKey.ts';

export type Reason =
  | Check.Reason
  | PubRand.Reason
  | { readonly code: 'pub-rand-commit.overflow'; readonly startHeight: string; readonly numPubRand: string; readonly reference: string }
  | { readonly code: 'pub-rand-commit.too-early'; readonly startHeight: string; readonly min: string; readonly reference: string }
  | { readonly code: 'pub-rand-commit.too-few'; readonly numPubRand: string; readonly min: string; readonly reference: string };

/** A commitment to the randomness of heights startHeight .. startHeight + numPubRand - 1. @shape commitment: 32 bytes; signature: 64 bytes */
export type PubRandCommit = {
  readonly finalityProviderPk: PublicKey.XOnlyPublicKey;
  readonly startHeight: bigint;
  readonly numPubRand: bigint;
  readonly commitment: Uint8Array;
  readonly signature: Uint8Array;
};

/**
 * The 32 bytes that are signed: SHA256(context || start || count || root), heights as 8 bytes big-endian.
 *
 * @throws pub-rand-commit.overflow - count 0, or heights beyond 2^64-1
 */
export function signingHash(commit: Pick<PubRandCommit, 'startHeight' | 'numPubRand' | 'commitment'>, context = ''): Uint8Array {
  const { startHeight, numPubRand } = Check.object(commit, 'commit');
  const start = Bytes.fromUint64BE(startHeight, 'startHeight');
  const count = Bytes.fromUint64BE(numPubRand, 'numPubRand');
  if (numPubRand === 0n || startHeight + numPubRand > 0xffff_ffff_ffff_ffffn) {
    const reason = {
      code: 'pub-rand-commit.overflow',
      startHeight: startHeight.toString(),
      numPubRand: numPubRand.toString(),
      reference: 'finality/1117',
    } as const;
    fail<Reason>(reason, `a commitment covers 1 or more heights below 2^64, got ${numPubRand} from ${startHeight}`);
  }
  return sha256(Bytes.concat(utf8ToBytes(Check.text(context, 'context')), start, count, Check.bytes(commit.commitment, 'commitment', 32)));
}

/**
 * Derives the randomness of the heights and commits to it. The list may be kept for the proofs (`MerkleTree.proveAll`) or derived again: both give the same.
 *
 * @unit numPubRand: heights, at most 2^24
 */
export function create(
  options: {
    readonly secretKey: SecretKey.SecretKey;
    readonly chainId: string;
    readonly startHeight: bigint;
    readonly numPubRand: number;
    readonly auxRand?: Uint8Array;
    readonly context?: string;
  },
  ecc: Ecc.Ecc = Ecc.auto(),
): { readonly commit: PubRandCommit; readonly pubRands: readonly Uint8Array[] } {
  const { secretKey, chainId, startHeight, numPubRand, auxRand, context } = Check.object(options, 'options');
  const pubRands = PubRand.derivePublic(secretKey, chainId, startHeight, numPubRand, ecc);
  const body = { startHeight, numPubRand: BigInt(numPubRand), commitment: MerkleTree.root(pubRands) };
  const signature = Schnorr.sign(signingHash(body, context), secretKey, auxRand, ecc);
  return { commit: { finalityProviderPk: PublicKey.ofSecret(secretKey, ecc), ...body, signature }, pubRands };
}

/**
 * Refuses a commitment to fewer heights than the chain takes, or to heights before finality starts.
 *
 * @param finality of `Networks.from(…)`: mainnet wants 8192 heights at least
 * @throws pub-rand-commit.too-few, pub-rand-commit.too-early, pub-rand-commit.overflow
 * @source babylon x/finality/keeper/msg_server.go CommitPubRandList
 */
export function checkAgainst(
  finality: { readonly minPubRand: bigint; readonly finalityActivationHeight: bigint },
  commit: Pick<PubRandCommit, 'startHeight' | 'numPubRand' | 'commitment'>,
): void {
  const { startHeight, numPubRand } = Check.object(commit, 'commit');
  signingHash(commit);
  const { minPubRand, finalityActivationHeight } = Check.object(finality, 'finality');
  Check.bigInteger(minPubRand, 'finality.minPubRand', 0n, 0xffff_ffff_ffff_ffffn);
  Check.bigInteger(finalityActivationHeight, 'finality.finalityActivationHeight', 0n, 0xffff_ffff_ffff_ffffn);
  if (startHeight < finalityActivationHeight) {
    const reason = {
      code: 'pub-rand-commit.too-early',
      startHeight: startHeight.toString(),
      min: finalityActivationHeight.toString(),
      reference: 'finality/1115',
    } as const;
    fail<Reason>(reason, `startHeight: finality starts at height ${finalityActivationHeight}, got ${startHeight}`);
  }
  if (numPubRand < minPubRand) {
    const reason = {
      code: 'pub-rand-commit.too-few',
      numPubRand: numPubRand.toString(),
      min: minPubRand.toString(),
      reference: 'finality/1105',
    } as const;
    fail<Reason>(reason, `numPubRand: the chain takes ${minPubRand} heights at least, got ${numPubRand}`);
  }
}

/** True when the commitment is signed by its provider. */
export function verify(commit: PubRandCommit, context?: string, ecc: Ecc.Ecc = Ecc.auto()): boolean {
  const hash = signingHash(commit, context);
  return Schnorr.verify(hash, commit.finalityProviderPk, commit.signature, ecc);
}

/** True when `proof` shows that `pubRand` is the committed randomness of `height`; false for malformed proofs, which strangers may send. */
export function includes(commit: PubRandCommit, height: bigint, pubRand: Uint8Array, proof: MerkleTree.Proof): boolean {
  const { startHeight, numPubRand } = Check.object(commit, 'commit');
  Check.bigInteger(startHeight, 'startHeight', 0n, 0xffff_ffff_ffff_ffffn);
  Check.bigInteger(height, 'height', 0n, 0xffff_ffff_ffff_ffffn);
  const { index, total } = Check.object(proof, 'proof');
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(total)) return false;
  const isItsPlace = BigInt(index) === height - startHeight && BigInt(total) === numPubRand;
  return isItsPlace && MerkleTree.verify(commit.commitment, pubRand, proof);
}
