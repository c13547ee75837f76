// BIP340 tagged hashes over a closed table of tags. The hash state after the tag is computed once and cloned.
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import * as Check from '../base/Check.ts';

/** Every tag that occurs in BIP340, BIP341, BIP322 and the adaptor scheme. */
export type Tag =
  | 'BIP0340/aux'
  | 'BIP0340/nonce'
  | 'BIP0340/challenge'
  | 'TapLeaf'
  | 'TapBranch'
  | 'TapTweak'
  | 'TapSighash'
  | 'SchnorrAdaptor/aux'
  | 'SchnorrAdaptor/nonce'
  | 'BIP0322-signed-message';

export type Reason = Check.Reason;

type State = ReturnType<typeof sha256.create>;
/** The state after the tag, and one to work in: a fresh copy for each hash would cost half as much as the hashing. */
type Tagged = { readonly state: State; readonly scratch: State };
const states = new Map<Tag, Tagged>();

function statesOf(tag: Tag): Tagged {
  let tagged = states.get(tag);
  if (tagged === undefined) {
    const hash = sha256(utf8ToBytes(Check.text(tag, 'tag')));
    const state = sha256.create().update(hash).update(hash);
    tagged = { state, scratch: state.clone() };
    states.set(tag, tagged);
  }
  return tagged;
}

/**
 * SHA256(SHA256(tag) || SHA256(tag) || parts…), 32 bytes.
 *
 * @source BIP340 "Tagged hashes"
 */
export function taggedHash(tag: Tag, ...parts: readonly Uint8Array[]): Uint8Array {
  const { state, scratch } = statesOf(tag);
  state._cloneInto(scratch);
  for (const part of parts) scratch.update(Check.bytes(part, 'part'));
  // Wipes the working state too: the parts may be secret.
  return scratch.digest();
}
