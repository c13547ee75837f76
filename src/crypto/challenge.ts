// The BIP340 challenge as an integer below 2^256, not reduced: EOTS refuses what BIP340 and the adaptor scheme reduce.
import { fromBytes32 } from './integers.ts';
import { taggedHash } from './TaggedHash.ts';

/**
 * int(TH("BIP0340/challenge", r || publicKey || message)).
 *
 * @source BIP340 "Verification"
 */
export function challenge(r: Uint8Array, publicKey: Uint8Array, message: Uint8Array): bigint {
  return fromBytes32(taggedHash('BIP0340/challenge', r, publicKey, message));
}
