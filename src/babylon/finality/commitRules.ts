// MsgCommitPubRandList in the chain's order of questions. Babylon x/finality/types/msg.go ValidateBasic and VerifySig,
// x/finality/keeper/msg_server.go CommitPubRandList.
import * as Hex from '../../base/Hex.ts';
import type { XOnlyPublicKey } from '../../crypto/PublicKey.ts';
import * as Basics from '../chain/basics.ts';
import { type Outcome, type Step, staking, type Warning } from '../chain/verdict.ts';
import type { MsgCommitPubRandList } from '../Message.ts';
import * as PubRandCommit from '../PubRandCommit.ts';
import { endOf } from '../RandomnessIndex.ts';
import { MAX_OFFSET } from '../RandomnessPlan.ts';
import { type Base, checkTypes, decodes, featuresOf, providerOf, signerParses } from './context.ts';
import { finality } from './errors.ts';

type Context = Base<MsgCommitPubRandList>;

const UINT64 = 1n << 64n;

export const NAME = 'commit';

/** The numbers are those of the chain; 0 is what fails before, in the decoder. */
export const STEPS: readonly Step<Context>[] = [
  ['0', keyDecodes],
  ['1', signerIsAccount],
  ['2', commitmentHasItsLength],
  ['3', heightsDoNotOverflow],
  ['4', startIsNear],
  ['5', finalityIsActive],
  ['6', isLargeEnough],
  ['7', keyIsThere],
  ['8', providerExists],
  ['9', providerIsNotDeleted],
  ['10', signatureVerifies],
  ['11', startIsNew],
];

export function checkValue(value: MsgCommitPubRandList): void {
  checkTypes(value, { signer: 'text', fpBtcPk: 'bytes', startHeight: 'uint64', numPubRand: 'uint64', commitment: 'bytes', sig: 'bytes' });
}

function keyDecodes({ value }: Context): Outcome {
  return decodes(value.fpBtcPk, 'fpBtcPk', 'malformed data for BIP340 public key');
}

function signerIsAccount({ value: { signer } }: Context): Outcome {
  return signerParses(signer, (inner) => `invalid signer address (${inner})`);
}

function commitmentHasItsLength({ value }: Context): Outcome {
  const got = value.commitment.length;
  if (got === 32) return undefined;
  return finality(1106, `commitment must be 32 bytes, got ${got}`, {
    field: 'commitment',
    why: 'finality-rules.length',
    facts: { gotBytes: got },
  });
}

function heightsDoNotOverflow({ value: { startHeight, numPubRand } }: Context): Outcome {
  const end = (startHeight + numPubRand) % UINT64;
  if (startHeight < end) return undefined;
  const text = `public rand commit start block height: ${startHeight} is equal or higher than (start height + num pub rand) ${end}`;
  return finality(1117, text, { field: 'numPubRand', why: 'finality-rules.overflow', facts: { startHeight, numPubRand } });
}

/** The height at execution is that of the next block. */
function startIsNear({ value: { startHeight }, view }: Context): Outcome {
  const height = view.tipHeight + 1n;
  if (!featuresOf(view).limitsOffset || startHeight < height + MAX_OFFSET) return undefined;
  const text = `start height ${startHeight} is too far into the future. Current height is ${height} and max offset is ${MAX_OFFSET}`;
  return finality(1106, text, { field: 'startHeight', why: 'finality-rules.too-far-ahead', facts: { startHeight, height } });
}

function finalityIsActive({ value: { startHeight }, view }: Context): Outcome {
  const activation = view.params.finalityActivationHeight;
  if (startHeight >= activation) return undefined;
  const text = `public rand commit start block height: ${startHeight} is lower than activation height ${activation}`;
  return finality(1115, text, { field: 'startHeight', why: 'finality-rules.not-active', facts: { startHeight, activation } });
}

function isLargeEnough({ value: { numPubRand }, view }: Context): Outcome {
  const min = view.params.minPubRand;
  if (numPubRand >= min) return undefined;
  const text = `required minimum: ${min}, actual: ${numPubRand}`;
  return finality(1105, text, { field: 'numPubRand', why: 'finality-rules.too-few', facts: { numPubRand, min } });
}

function keyIsThere({ value }: Context): Outcome {
  if (value.fpBtcPk.length > 0) return undefined;
  return finality(1106, 'empty finality provider public key', { field: 'fpBtcPk', why: 'finality-rules.no-key' });
}

function providerExists(context: Context): Outcome {
  const { fpBtcPk } = context.value;
  if (fpBtcPk.length !== 32) return 'blocked';
  if (providerOf(context, fpBtcPk) !== undefined) return undefined;
  const facts = { publicKey: Hex.encode(fpBtcPk) };
  const text = `the finality provider with BTC PK [${fpBtcPk.join(' ')}] is not registered`;
  return staking(1100, text, { field: 'fpBtcPk', why: 'finality-rules.unknown-provider', facts });
}

function providerIsNotDeleted(context: Context): Outcome {
  const provider = providerOf(context, context.value.fpBtcPk);
  if (provider === undefined) return 'blocked';
  if (!provider.softDeleted || !featuresOf(context.view).deletedCannotCommit) return undefined;
  const text = `fp_btc_pk_hex: ${Hex.encode(provider.btcPk)}`;
  return finality(1122, text, { field: 'fpBtcPk', why: 'finality-rules.deleted-provider' });
}

function signatureVerifies(context: Context): Outcome {
  const { value, ecc } = context;
  const { startHeight, numPubRand, commitment, fpBtcPk, sig } = value;
  const prefix = 'invalid signature over the public randomness list: ';
  if (fpBtcPk.length !== 32) return 'blocked';
  const keyFault = Basics.keyFault(fpBtcPk, ecc);
  if (keyFault !== undefined) return finality(1106, `${prefix}${keyFault}`, { field: 'fpBtcPk', why: 'public-key.not-on-curve' });
  if (sig.length === 0) return finality(1106, `${prefix}empty signature`, { field: 'sig', why: 'finality-rules.no-signature' });
  const fault = Basics.signatureFault(sig);
  if (fault !== undefined) return finality(1106, `${prefix}${fault}`, { field: 'sig', why: 'finality-rules.malformed-signature' });
  if (commitmentHasItsLength(context) !== undefined || heightsDoNotOverflow(context) !== undefined) return 'blocked';
  const commit = { finalityProviderPk: fpBtcPk as XOnlyPublicKey, startHeight, numPubRand, commitment, signature: sig };
  if (PubRandCommit.verify(commit, undefined, ecc)) return undefined;
  return finality(1106, `${prefix}failed to verify signature`, { field: 'sig', why: 'finality-rules.bad-signature' });
}

function startIsNew(context: Context): Outcome {
  const provider = providerOf(context, context.value.fpBtcPk);
  if (provider === undefined) return 'blocked';
  const last = provider.commits.at(-1);
  const { startHeight } = context.value;
  if (last === undefined || startHeight > endOf(last)) return undefined;
  const end = endOf(last);
  const text = `the start height (${startHeight}) has overlap with the height of the highest public randomness committed (${end})`;
  return finality(1106, text, { field: 'startHeight', why: 'finality-rules.overlap', facts: { startHeight, lastCommittedHeight: end } });
}

/** What the chain takes and a provider should know. */
export function warnings(context: Context): readonly Warning[] {
  const { value, view } = context;
  const provider = providerOf(context, value.fpBtcPk);
  if (provider === undefined) return [];
  const found: Warning[] = [];
  const last = provider.commits.at(-1);
  const end = last === undefined ? undefined : endOf(last);
  if (end !== undefined && value.startHeight > end + 1n) {
    const message = `heights ${end + 1n} to ${value.startHeight - 1n} stay without randomness: no power there`;
    found.push({ why: 'finality-rules.gap', field: 'startHeight', message });
  }
  if (value.startHeight <= view.tipHeight)
    found.push({ why: 'finality-rules.past', field: 'startHeight', message: 'randomness for heights of the past is never used' });
  if (provider.slashedBabylonHeight !== 0n)
    found.push({ why: 'finality-rules.slashed-provider', field: 'fpBtcPk', message: 'a slashed provider never votes again' });
  return found;
}
