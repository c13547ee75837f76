// Finality votes: the signed bytes and the vote (babylon x/finality/types/msg.go MsgAddFinalitySig).
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import * as Ecc from '../crypto/Ecc.ts';
import * as Eots from '../crypto/Eots.ts';
import type * as PublicKey from '../crypto/PublicKey.ts';
import * as PubRand from '../crypto/PubRand.ts';
import type * as SecretKey from '../crypto/SecretKey.ts';

export type Reason = Check.Reason | Eots.Reason | PubRand.Reason;

/** A provider's vote for the block of a height. @shape appHash, pubRand and signature: 32 bytes each */
export type FinalityVote = {
  readonly finalityProviderPk: PublicKey.XOnlyPublicKey;
  /** Babylon height, 64 bits. */
  readonly height: bigint;
  /** The AppHash of the header of that height: the state after the block before it. */
  readonly appHash: Uint8Array;
  readonly pubRand: Uint8Array;
  readonly signature: Uint8Array;
};

/**
 * What a vote signs: the height (8 bytes, big-endian) and the app hash; EOTS hashes it with SHA-256. There is no chain-id in it.
 *
 * @shape 40 bytes; the signing context of the BSN line is not part of it, but an argument of every signing function
 */
export function message(height: bigint, appHash: Uint8Array): Uint8Array {
  return Bytes.concat(Bytes.fromUint64BE(height, 'height'), Check.bytes(appHash, 'appHash', 32));
}

/**
 * Makes a vote, with no memory of other votes: a provider signs through a signer that refuses a second message, or it loses its key.
 * `unsafe` names exactly that; simulations and tests equivocate on purpose.
 *
 * @throws input.*, secret-key.out-of-range
 */
export function unsafeSign(
  options: {
    readonly secretKey: SecretKey.SecretKey;
    readonly chainId: string;
    readonly height: bigint;
    readonly appHash: Uint8Array;
    readonly context?: string;
  },
  ecc: Ecc.Ecc = Ecc.auto(),
): FinalityVote {
  const { secretKey, chainId, height, appHash, context } = Check.object(options, 'options');
  const signed = message(height, appHash);
  const signer = Eots.signer(secretKey, ecc);
  const nonce = PubRand.derive(secretKey, chainId, height, ecc);
  try {
    return {
      finalityProviderPk: signer.publicKey,
      height,
      appHash: Bytes.copy(appHash),
      pubRand: nonce.pubRand,
      signature: signer.sign(signed, nonce, context),
    };
  } finally {
    signer.wipe();
    nonce.wipe();
  }
}

/** True when the vote's signature is valid under its own public randomness (whether that was committed is {@link PubRandCommit}'s matter). */
export function verify(vote: FinalityVote, context?: string, ecc: Ecc.Ecc = Ecc.auto()): boolean {
  const { finalityProviderPk, pubRand, signature } = Check.object(vote, 'vote');
  return Eots.verify({ publicKey: finalityProviderPk, pubRand, message: message(vote.height, vote.appHash), signature, context }, ecc);
}
