// Evidence in the JSON of a node's REST interface: the key is hex, other bytes are base64, the height is text. Babylon
// proto/babylon/finality/v1/query.proto EvidenceResponse.
import { base64 } from '@scure/base';
import * as Check from '../../base/Check.ts';
import * as Hex from '../../base/Hex.ts';
import type { XOnlyPublicKey } from '../../crypto/PublicKey.ts';
import * as Rest from './rest.ts';

export type Reason = Rest.Reason;

/**
 * Evidence as the chain stores it: without the canonical signature it is half, and nobody is slashed by it.
 *
 * @shape pubRand, hashes and signatures: 32 bytes
 */
export type StoredEvidence = {
  readonly finalityProviderPk: XOnlyPublicKey;
  readonly height: bigint;
  readonly pubRand: Uint8Array;
  readonly canonicalAppHash: Uint8Array;
  readonly forkAppHash: Uint8Array;
  readonly canonicalFinalitySig: Uint8Array | undefined;
  readonly forkFinalitySig: Uint8Array;
};

export type EvidenceJson = {
  readonly fp_btc_pk_hex: string;
  readonly block_height: string;
  readonly pub_rand: string;
  readonly canonical_app_hash: string;
  readonly fork_app_hash: string;
  readonly canonical_finality_sig: string | null;
  readonly fork_finality_sig: string;
};

/** Events name the key as the module's own type does, answers as text; both write hex. */
export function evidence(json: unknown): StoredEvidence {
  const one = Rest.inner(json, 'evidence');
  const canonical = one['canonical_finality_sig'];
  return {
    finalityProviderPk: Rest.key(one['fp_btc_pk_hex'] ?? one['fp_btc_pk'], 'fp_btc_pk_hex') as XOnlyPublicKey,
    height: Rest.uint64(one['block_height'], 'block_height'),
    pubRand: Rest.bytes(one['pub_rand'], 'pub_rand', 32),
    canonicalAppHash: Rest.bytes(one['canonical_app_hash'], 'canonical_app_hash', 32),
    forkAppHash: Rest.bytes(one['fork_app_hash'], 'fork_app_hash', 32),
    canonicalFinalitySig:
      canonical === undefined || canonical === null || canonical === '' ? undefined : Rest.bytes(canonical, 'canonical_finality_sig', 32),
    forkFinalitySig: Rest.bytes(one['fork_finality_sig'], 'fork_finality_sig', 32),
  };
}

export function toJson(one: StoredEvidence): EvidenceJson {
  return {
    fp_btc_pk_hex: Hex.encode(one.finalityProviderPk),
    block_height: one.height.toString(),
    pub_rand: base64.encode(one.pubRand),
    canonical_app_hash: base64.encode(one.canonicalAppHash),
    fork_app_hash: base64.encode(one.forkAppHash),
    canonical_finality_sig: one.canonicalFinalitySig === undefined ? null : base64.encode(one.canonicalFinalitySig),
    fork_finality_sig: base64.encode(one.forkFinalitySig),
  };
}

/** One page of evidences as it comes. */
export function list(json: unknown): { readonly all: readonly StoredEvidence[]; readonly nextKey: string | undefined } {
  const outer = Rest.object(json, 'evidences');
  const all = Rest.items(outer['evidences'], 'evidences').map(evidence);
  const pagination = outer['pagination'];
  const key = pagination === undefined || pagination === null ? undefined : Rest.object(pagination, 'pagination')['next_key'];
  return { all, nextKey: key === undefined || key === null || key === '' ? undefined : Check.text(key, 'pagination.next_key') };
}
