// What a Babylon signer takes for a vote, for the digest of a randomness commitment and for a proof of possession.
// babylon x/finality/types/msg.go (MsgToSign of votes and commitments), x/btcstaking/types/pop.go; with signing context
// babylon v3.0.0-rc.3 app/signingcontext/builder.go.
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import * as BabylonAddress from '../babylon/BabylonAddress.ts';
import * as ProofOfPossession from '../babylon/ProofOfPossession.ts';
import * as PubRandCommit from '../babylon/PubRandCommit.ts';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import type { Recognisers } from '../signer/Recognisers.ts';

export type Reason =
  | Check.Reason
  | BabylonAddress.Reason
  | ProofOfPossession.Reason
  | PubRandCommit.Reason
  | { readonly code: 'recognisers.bad-context'; readonly field: string };

/** The texts that a chain of the BSN line puts in front of what is signed. @shape 64 lower-case hex digits each */
export type SigningContexts = { readonly vote: string; readonly commitment: string; readonly possession: string };

export type RecogniserOptions = {
  /** By chain id. A chain that is not named has none, as bbn-1. A vote of a chain that is named must carry its context. */
  readonly contexts?: Readonly<Record<string, SigningContexts>>;
  /** Also signs what `eotsd pop export` signs: the hash of the address as text. */
  readonly exportedPossession?: boolean;
};

const VOTE_BYTES = 40;
const NO_PREFIX = new Uint8Array(0);

/**
 * The recognisers of Babylon.
 *
 * @throws recognisers.bad-context
 */
export function babylonRecognisers(options: RecogniserOptions = {}): Recognisers {
  const { contexts = {}, exportedPossession = false } = Check.object(options, 'options');
  const byChain = new Map(Object.entries(contexts).map(([chainId, texts]) => [chainId, checkContexts(texts, chainId)] as const));
  const possession = ['', ...[...byChain.values()].map((texts) => texts.possession)];
  const votePrefixes = new Map([...byChain].map(([chainId, texts]) => [chainId, utf8ToBytes(texts.vote)] as const));
  return {
    vote(message, chainId) {
      Check.bytes(message, 'message');
      const prefix = votePrefixes.get(chainId) ?? NO_PREFIX;
      if (message.length !== prefix.length + VOTE_BYTES || !Bytes.equal(message.subarray(0, prefix.length), prefix)) return undefined;
      return { height: Bytes.toBigInt(message.subarray(prefix.length, prefix.length + 8)) };
    },
    commitmentDigest({ chainId, startHeight, count, root }) {
      const commit = { startHeight, numPubRand: BigInt(Check.integer(count, 'count', 1, 0xffff_ffff)), commitment: root };
      return PubRandCommit.signingHash(commit, byChain.get(chainId)?.commitment ?? '');
    },
    possessionDigests(address) {
      const account = BabylonAddress.parse(address);
      const messages = possession.map((context) =>
        ProofOfPossession.messageFor({ type: 'BIP340', babylonAddress: account.text, ...(context === '' ? {} : { context }) }),
      );
      if (exportedPossession) messages.push(utf8ToBytes(account.text));
      return messages.map((message) => sha256(message));
    },
  };
}

/**
 * The signing contexts of a chain of the BSN line.
 *
 * @throws pop.bad-chain-id, input.*
 * @source babylon v3.0.0-rc.3 app/signingcontext/builder.go
 */
export function signingContexts(chainId: string, version = 0): SigningContexts {
  const possession = ProofOfPossession.context({ chainId, role: 'finalityProvider', version });
  const finality = BabylonAddress.encode(sha256(utf8ToBytes('finality')).subarray(0, BabylonAddress.ACCOUNT_BYTES));
  const of = (tag: string): string => Hex.encode(sha256(utf8ToBytes(`btcstaking/${version}/${tag}/${chainId}/${finality}`)));
  return { vote: of('fp_fin_vote'), commitment: of('fp_rand_commit'), possession };
}

function checkContexts(texts: SigningContexts, chainId: string): SigningContexts {
  const { vote, commitment, possession } = Check.object(texts, `contexts.${chainId}`);
  for (const [name, text] of Object.entries({ vote, commitment, possession })) {
    if (typeof text === 'string' && /^[0-9a-f]{64}$/.test(text)) continue;
    const field = `contexts.${chainId}.${name}`;
    fail<Reason>({ code: 'recognisers.bad-context', field }, `${field}: expected 64 lower-case hex digits`);
  }
  return { vote, commitment, possession };
}
