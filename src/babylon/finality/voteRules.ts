// MsgAddFinalitySig in the chain's order of questions, and after them ours: what the chain takes and costs the provider its key.
// Babylon x/finality/types/msg.go ValidateBasic and VerifyFinalitySig, x/finality/keeper/msg_server.go AddFinalitySig.
import * as Bytes from '../../base/Bytes.ts';
import * as Hex from '../../base/Hex.ts';
import * as Eots from '../../crypto/Eots.ts';
import * as MerkleTree from '../../crypto/MerkleTree.ts';
import * as Basics from '../chain/basics.ts';
import { type Outcome, own, plain, type Step, staking, type Warning } from '../chain/verdict.ts';
import * as FinalityView from '../FinalityView.ts';
import * as FinalityVote from '../FinalityVote.ts';
import type { MsgAddFinalitySig } from '../Message.ts';
import * as RandomnessIndex from '../RandomnessIndex.ts';
import { type Base, checkTypes, decodes, featuresOf, providerOf, signerParses } from './context.ts';
import { EOTS, finality } from './errors.ts';
import type { StoredCommit } from './types.ts';

export type Context = Base<MsgAddFinalitySig>;

const UINT64 = 1n << 64n;

export const NAME = 'vote';

/** The numbers are those of the chain; 0 is what fails before, in the decoder. */
export const STEPS: readonly Step<Context>[] = [
  ['0', fieldsDecode],
  ['1', signerIsAccount],
  ['2', fieldsAreThere],
  ['3', finalityIsActive],
  ['4', blockIsIndexed],
  ['5', heightIsOpen],
  ['6', providerIsNotDeleted],
  ['7', providerExists],
  ['8', providerIsNotSlashed],
  ['9', providerIsNotJailed],
  ['10', providerHasPower],
  ['11', voteIsNew],
  ['12', randomnessIsCommitted],
  ['12', commitmentIsTimestamped],
  ['13', proofIsOfTheHeight],
  ['13', proofIsOfTheCommitment],
  ['13', proofVerifies],
  ['14', signatureVerifies],
];

/** What the chain takes. */
export const OWN: readonly Step<Context>[] = [
  ['own.1', isForTheChainsBlock],
  ['own.2', doesNotCompleteEvidence],
];

export function checkValue(value: MsgAddFinalitySig): void {
  checkTypes(value, {
    signer: 'text',
    fpBtcPk: 'bytes',
    blockHeight: 'uint64',
    pubRand: 'bytes',
    proof: 'proof',
    blockAppHash: 'bytes',
    finalitySig: 'bytes',
  });
}

function fieldsDecode({ value }: Context): Outcome {
  return (
    decodes(value.fpBtcPk, 'fpBtcPk', 'malformed data for BIP340 public key') ??
    decodes(value.pubRand, 'pubRand', 'invalid data length') ??
    decodes(value.finalitySig, 'finalitySig', 'invalid data length')
  );
}

function signerIsAccount({ value: { signer } }: Context): Outcome {
  return signerParses(signer, () => `invalid signer address: got ${signer}`);
}

function fieldsAreThere({ value }: Context): Outcome {
  const missing = (text: string, field: string): Outcome => finality(1108, text, { field, why: 'finality-rules.missing' });
  if (value.fpBtcPk.length === 0) return missing('empty Finality Provider BTC PubKey', 'fpBtcPk');
  if (value.pubRand.length === 0) return missing('empty Public Randomness', 'pubRand');
  if (value.proof === undefined) return missing('empty inclusion proof', 'proof');
  if (value.finalitySig.length === 0) return missing('empty finality signature', 'finalitySig');
  const got = value.blockAppHash.length;
  if (got === 32) return undefined;
  const why = { field: 'blockAppHash', why: 'finality-rules.length', facts: { gotBytes: got } };
  return finality(1108, `invalid block app hash length: got ${got}, want 32`, why);
}

function finalityIsActive({ value: { blockHeight }, view }: Context): Outcome {
  const activation = view.params.finalityActivationHeight;
  if (blockHeight >= activation) return undefined;
  const text = `finality block height: ${blockHeight} is lower than activation height ${activation}`;
  return finality(1115, text, { field: 'blockHeight', why: 'finality-rules.not-active', facts: { blockHeight, activation } });
}

function blockIsIndexed({ value: { blockHeight }, view }: Context): Outcome {
  if (view.blocks.has(blockHeight)) return undefined;
  return finality(1100, '', {
    field: 'blockHeight',
    why: 'finality-rules.unknown-block',
    facts: { blockHeight, tipHeight: view.tipHeight },
  });
}

function heightIsOpen({ value: { blockHeight }, view }: Context): Outcome {
  const block = view.blocks.get(blockHeight);
  if (block === undefined) return 'blocked';
  const epoch = FinalityView.epochOf(blockHeight, view.epochInterval);
  if (!block.finalized || view.lastFinalizedEpoch < epoch) return undefined;
  return finality(1116, `height: ${blockHeight}`, { field: 'blockHeight', why: 'finality-rules.outdated', facts: { blockHeight, epoch } });
}

function providerIsNotDeleted(context: Context): Outcome {
  const provider = providerOf(context, context.value.fpBtcPk);
  if (provider === undefined) return 'blocked';
  if (!provider.softDeleted || !featuresOf(context.view).deletedCannotVote) return undefined;
  const text = `fp_btc_pk_hex: ${Hex.encode(provider.btcPk)}`;
  return finality(1122, text, { field: 'fpBtcPk', why: 'finality-rules.deleted-provider' });
}

function providerExists(context: Context): Outcome {
  const { fpBtcPk } = context.value;
  if (fpBtcPk.length !== 32) return 'blocked';
  if (providerOf(context, fpBtcPk) !== undefined) return undefined;
  return staking(1100, '', { field: 'fpBtcPk', why: 'finality-rules.unknown-provider', facts: { publicKey: Hex.encode(fpBtcPk) } });
}

function providerIsNotSlashed(context: Context): Outcome {
  const provider = providerOf(context, context.value.fpBtcPk);
  if (provider === undefined) return 'blocked';
  if (provider.slashedBabylonHeight === 0n) return undefined;
  const text = `finality provider public key: ${Hex.encode(provider.btcPk)}`;
  return staking(1104, text, { field: 'fpBtcPk', why: 'finality-rules.slashed-provider' });
}

function providerIsNotJailed(context: Context): Outcome {
  const provider = providerOf(context, context.value.fpBtcPk);
  if (provider === undefined) return 'blocked';
  if (!provider.jailed) return undefined;
  const text = `finality provider public key: ${Hex.encode(provider.btcPk)}`;
  return staking(1121, text, { field: 'fpBtcPk', why: 'finality-rules.jailed-provider' });
}

function providerHasPower(context: Context): Outcome {
  const { fpBtcPk, blockHeight } = context.value;
  const provider = providerOf(context, fpBtcPk);
  if (provider === undefined) return 'blocked';
  if ((provider.power.get(blockHeight) ?? 0n) > 0n) return undefined;
  const text = `the finality provider ${Hex.encode(fpBtcPk)} does not have voting power at height ${blockHeight}`;
  return finality(1108, text, { field: 'blockHeight', why: 'finality-rules.no-power', facts: { blockHeight } });
}

/** The one duplicate that the chain knows: the very signature that it stores. */
function voteIsNew(context: Context): Outcome {
  const { fpBtcPk, blockHeight, finalitySig } = context.value;
  const provider = providerOf(context, fpBtcPk);
  if (provider === undefined) return 'blocked';
  const stored = provider.votes.get(blockHeight)?.canonicalSignature;
  if (stored === undefined || !Bytes.equal(stored, finalitySig)) return undefined;
  return finality(1109, '', { field: 'finalitySig', why: 'finality-rules.duplicate', facts: { blockHeight } });
}

/** The commitment that rules the height. */
function commitOf(context: Context): StoredCommit | undefined {
  const provider = providerOf(context, context.value.fpBtcPk);
  return provider === undefined ? undefined : RandomnessIndex.lookUp(provider, context.value.blockHeight);
}

function randomnessIsCommitted(context: Context): Outcome {
  const { fpBtcPk, blockHeight } = context.value;
  const provider = providerOf(context, fpBtcPk);
  if (provider === undefined) return 'blocked';
  if (RandomnessIndex.lookUp(provider, blockHeight) !== undefined) return undefined;
  const why = { field: 'blockHeight', why: 'finality-rules.no-randomness', facts: { blockHeight } };
  // Not even an index: the store's own error, which has no code.
  if (provider.commits.length === 0) return plain('collections: not found', why);
  const before = provider.commits.filter(({ startHeight }) => startHeight <= blockHeight).at(-1);
  if (before === undefined) return finality(1103, 'height is less than the smallest start height in index', why);
  const found = `found PubRandCommit with startHeight ${before.startHeight} and NumPubRand ${before.numPubRand}`;
  return finality(1103, `height ${blockHeight} is not in range of ${found}`, why);
}

function commitmentIsTimestamped(context: Context): Outcome {
  const commit = commitOf(context);
  if (commit === undefined) return 'blocked';
  const { lastFinalizedEpoch } = context.view;
  const why = { field: 'blockHeight', why: 'finality-rules.not-timestamped', facts: { epochNum: commit.epochNum, lastFinalizedEpoch } };
  if (lastFinalizedEpoch === 0n) return finality(1111, 'no finalized epoch yet', why);
  if (lastFinalizedEpoch >= commit.epochNum) return undefined;
  const numbers = `last committed epoch number: ${commit.epochNum}, last finalized epoch number: ${lastFinalizedEpoch}`;
  return finality(1111, `the finality provider ${Hex.encode(context.value.fpBtcPk)} ${numbers}`, why);
}

function proofIsOfTheHeight(context: Context): Outcome {
  const commit = commitOf(context);
  const { proof, blockHeight } = context.value;
  if (commit === undefined || proof === undefined) return 'blocked';
  // As the chain computes it: a negative index wraps around.
  const of = (commit.startHeight + proof.index + UINT64) % UINT64;
  if (of === blockHeight) return undefined;
  const text = `the inclusion proof (for height ${of}) does not correspond to the given height (${blockHeight}) in the message`;
  return finality(1108, text, {
    field: 'proof.index',
    why: 'finality-rules.proof-of-other-height',
    facts: { provedHeight: of, blockHeight },
  });
}

function proofIsOfTheCommitment(context: Context): Outcome {
  const commit = commitOf(context);
  const { proof } = context.value;
  if (commit === undefined || proof === undefined) return 'blocked';
  if (proof.total === commit.numPubRand) return undefined;
  const text = `the total number of public randomnesses in the proof (${proof.total}) does not match the number of public randomnesses committed (${commit.numPubRand})`;
  const facts = { total: proof.total, numPubRand: commit.numPubRand };
  return finality(1108, text, { field: 'proof.total', why: 'finality-rules.proof-of-other-commitment', facts });
}

function proofVerifies(context: Context): Outcome {
  const commit = commitOf(context);
  const { proof, pubRand } = context.value;
  if (commit === undefined || proof === undefined || pubRand.length !== 32) return 'blocked';
  const { leafHash, aunts } = proof;
  const finding = MerkleTree.check(commit.commitment, pubRand, { total: Number(proof.total), index: Number(proof.index), leafHash, aunts });
  if (finding === undefined) return undefined;
  const isInvalid = finding === 'invalid-leaf-hash' || finding === 'invalid-root-hash';
  const text = isInvalid ? 'the inclusion proof of the public randomness is invalid' : 'failed to unwrap proof';
  return finality(1108, `${text}: ${finding.replaceAll('-', ' ')}`, {
    field: 'proof',
    why: 'finality-rules.bad-proof',
    facts: { finding },
  });
}

/** Why the vote's signature does not verify; undefined when it does, or when its parts have no form. */
export function signatureFinding({ value, ecc }: Context): Eots.Finding | undefined {
  const { fpBtcPk, pubRand, blockHeight, blockAppHash, finalitySig } = value;
  const message = FinalityVote.message(blockHeight, blockAppHash);
  return Eots.check({ publicKey: fpBtcPk, pubRand, message, signature: finalitySig }, ecc);
}

/** True when all that is signed and verified has its length. */
export function isFormed({ value }: Context): boolean {
  return [value.fpBtcPk, value.pubRand, value.blockAppHash, value.finalitySig].every(({ length }) => length === 32);
}

function signatureVerifies(context: Context): Outcome {
  if (!isFormed(context)) return 'blocked';
  const keyFault = Basics.keyFault(context.value.fpBtcPk, context.ecc);
  if (keyFault !== undefined) return plain(keyFault, { field: 'fpBtcPk', why: 'public-key.not-on-curve' });
  const finding = signatureFinding(context);
  if (finding === undefined) return undefined;
  const why = { why: 'finality-rules.bad-signature', facts: { finding } };
  switch (finding) {
    case 's-out-of-range':
      return own('s is not below the group order: the chain reduces it, others refuse it', { field: 'finalitySig', ...why });
    case 'r-out-of-range':
      return own('the randomness is not below the field prime: the chain reduces it, others refuse it', { field: 'pubRand', ...why });
    case 'public-key-not-on-curve':
      return 'blocked';
    default:
      return plain(EOTS[finding], { field: 'finalitySig', ...why });
  }
}

/** The chain takes a vote for another block as half of the evidence: from then on the right vote costs the key. */
function isForTheChainsBlock({ value: { blockHeight, blockAppHash }, view }: Context): Outcome {
  const block = view.blocks.get(blockHeight);
  if (block === undefined || blockAppHash.length !== 32) return 'blocked';
  if (Bytes.equal(block.appHash, blockAppHash)) return undefined;
  const text = `the vote is for another block than the chain's at height ${blockHeight}: it is stored as evidence of equivocation`;
  return own(text, { field: 'blockAppHash', why: 'finality-rules.fork-vote', facts: { blockHeight } });
}

function doesNotCompleteEvidence(context: Context): Outcome {
  const { fpBtcPk, blockHeight } = context.value;
  const provider = providerOf(context, fpBtcPk);
  if (provider === undefined || isForTheChainsBlock(context) !== undefined) return 'blocked';
  if (provider.votes.get(blockHeight)?.fork === undefined) return undefined;
  const text = `the chain knows a vote of this provider for another block at height ${blockHeight}: with this one it slashes it`;
  return own(text, { field: 'blockHeight', why: 'finality-rules.completes-evidence', facts: { blockHeight } });
}

/** The last block into which a vote must go to count for liveness. */
export function lastInclusion(context: Context): bigint {
  return context.value.blockHeight + context.view.params.finalitySigTimeout;
}

export function warnings(context: Context): readonly Warning[] {
  const next = context.view.tipHeight + 1n;
  const last = lastInclusion(context);
  if (next <= last) return [];
  const message = `included in block ${next} the vote counts as missed: block ${last} was the last in time`;
  return [{ why: 'finality-rules.late', field: 'blockHeight', message }];
}
