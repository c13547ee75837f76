// The proof that a staking transaction lies on Bitcoin, as the chain accepts one for a delegation.
// Babylon x/btcstaking/keeper/inclusion_proof.go VerifyInclusionProofAndGetHeight.
import type { ChainView } from '../ChainView.ts';
import type { InclusionProof } from '../Message.ts';
import { blockHashOf } from './basics.ts';
import * as Header from './header.ts';
import * as Transactions from './transactions.ts';
import { type Outcome, plain, type Step, staking, type Warning } from './verdict.ts';

/** A proof with what it is held against. `transaction` is undefined where the message holds none that reads. */
export type Subject = {
  readonly chain: ChainView;
  readonly proof: InclusionProof;
  readonly field: string;
  readonly txid: string | undefined;
  readonly stakingTimeBlocks: number;
  readonly unbondingTimeBlocks: number;
};

const PREFIX = 'invalid inclusion proof: ';

/** The five questions, in the chain's order. */
export const STEPS: readonly Step<Subject>[] = [
  ['1', headerIsKnown],
  ['2', branchLeadsToRoot],
  ['3', isNoCoinbase],
  ['4', isDeep],
  ['5', hasTimeLeft],
];

/** Height of the block that the proof names; undefined when the light client does not have it. */
export function heightOf(chain: ChainView, proof: InclusionProof): number | undefined {
  return chain.headers.get(blockHashOf(proof))?.height;
}

function headerIsKnown({ chain, proof, field }: Subject): Outcome {
  if (heightOf(chain, proof) !== undefined) return undefined;
  const text = `${PREFIX}staking tx inclusion proof header ${blockHashOf(proof)} is not found in BTC light client state`;
  return plain(text, { field: `${field}.key.hash`, why: 'registration.unknown-block' });
}

function branchLeadsToRoot({ chain, proof, field, txid }: Subject): Outcome {
  const header = chain.headers.get(blockHashOf(proof));
  if (header === undefined || txid === undefined) return 'blocked';
  if (Header.isIncluded(Transactions.wireHash(txid), header.merkleRoot, proof.proof, proof.key?.index ?? 0)) return undefined;
  return refuse('not included in the Bitcoin chain', `${field}.proof`, 'registration.not-included');
}

function isNoCoinbase({ proof, field }: Subject): Outcome {
  if (proof.key?.index !== 0) return undefined;
  return refuse('coinbase tx cannot be used for staking', `${field}.key.index`, 'registration.coinbase');
}

function isDeep({ chain, proof, field }: Subject): Outcome {
  const height = heightOf(chain, proof);
  if (height === undefined) return 'blocked';
  const depth = chain.tipHeight - height;
  const k = chain.confirmationDepthBlocks;
  if (depth >= k) return undefined;
  return refuse(`not k-deep: k=${k}; depth=${depth}`, field, 'registration.not-deep', { k, depth, missing: k - depth });
}

function hasTimeLeft({ chain, proof, field, stakingTimeBlocks, unbondingTimeBlocks }: Subject): Outcome {
  const height = heightOf(chain, proof);
  if (height === undefined) return 'blocked';
  if (chain.tipHeight + unbondingTimeBlocks < height + stakingTimeBlocks) return undefined;
  const text = `staking tx's timelock has no more than unbonding(=${unbondingTimeBlocks}) blocks left`;
  const facts = { endHeight: height + stakingTimeBlocks, tipHeight: chain.tipHeight, unbondingTimeBlocks };
  return refuse(text, field, 'registration.timelock-too-short', facts);
}

function refuse(text: string, field: string, why: string, facts: Readonly<Record<string, unknown>> = {}): Outcome {
  const failure = staking(1108, text, { field, why, facts });
  return { ...failure, reference: PREFIX + failure.reference };
}

/** The chain overlooks bits of the index; a reader that does not will refuse the proof. */
export function warnings(proof: InclusionProof | undefined, field: string): readonly Warning[] {
  if (proof?.key === undefined || !Header.isIndexTooLarge(proof.proof, proof.key.index)) return [];
  const message = `${field}.key.index: ${proof.key.index} does not fit a branch of ${proof.proof.length / 32} hashes; the chain ignores the rest`;
  return [{ why: 'registration.index-beyond-branch', field: `${field}.key.index`, message }];
}
