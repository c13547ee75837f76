// The request form of the reference's remote signer, `POST /v1/sign-transactions`: transactions, leaf scripts and encryption keys, nothing else.
// The reference signs whatever scripts it is handed. Here keys are read out of the scripts, the rest is looked for in the operator's own
// parameters, everything is rebuilt, and what cannot be rebuilt is not signed.
// covenant-emulator covenant-signer/signerservice/types/signtransactions.go, covenant-signer/signerapp/signer.go.
import * as Blocks from '../base/Blocks.ts';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail, isSatlockError } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as Sats from '../base/Sats.ts';
import * as CompactSize from '../bitcoin/CompactSize.ts';
import * as Tapscript from '../bitcoin/Tapscript.ts';
import * as TapTree from '../bitcoin/TapTree.ts';
import * as Tx from '../bitcoin/Tx.ts';
import * as Ecc from '../crypto/Ecc.ts';
import type { XOnlyPublicKey } from '../crypto/PublicKey.ts';
import type { DelegationRecord } from './ChainView.ts';
import * as CovenantReview from './CovenantReview.ts';
import * as CovenantSigner from './CovenantSigner.ts';
import * as Fields from './json/fields.ts';
import * as Json from './json/object.ts';
import * as LeafReader from './LeafReader.ts';
import type { StakingParams } from './Params.ts';
import * as ParamsSet from './ParamsSet.ts';

export type Reason =
  | CovenantReview.Reason
  | CovenantSigner.Reason
  | Fields.Reason
  | Json.Reason
  | LeafReader.Reason
  | Tx.Reason
  | { readonly code: 'covenant-remote.other-leaf'; readonly field: string; readonly expected: string; readonly got: string }
  | { readonly code: 'covenant-remote.several-stakers'; readonly field: string; readonly got: number }
  | { readonly code: 'covenant-remote.bad-encryption-key'; readonly field: string }
  | { readonly code: 'covenant-remote.two-expansions'; readonly field: string }
  | { readonly code: 'covenant-remote.malformed-output'; readonly field: string };

/** What the caller knows besides the request; each of them saves a search. */
export type Hints = {
  readonly stakingTimeBlocks?: number;
  readonly paramsVersion?: number;
  readonly previousStakingTimeBlocks?: number;
  /** So many staking times are tried at most; all that the parameters allow when left out. Each takes about a tenth of a millisecond. */
  readonly maxTimesTried?: number;
};

export type Options = { readonly request: unknown; readonly policy: CovenantReview.Policy; readonly hints?: Hints };

const REQUIRED = [
  'staking_tx_hex',
  'slashing_tx_hex',
  'unbonding_tx_hex',
  'slash_unbonding_tx_hex',
  'staking_output_idx',
  'slashing_script_hex',
  'unbonding_script_hex',
  'unbonding_slashing_script_hex',
  'fp_enc_keys',
] as const;
const EXPANSION = [
  'previous_active_stake_tx_hex',
  'other_funding_output_hex',
  'previous_staking_output_idx',
  'previous_active_stake_unbonding_script_hex',
] as const;
/** The staker's signatures are ours: the reference's form has no place for them. One of its releases has the expansion's fields beside the others. */
const OPTIONAL = ['stake_expansion', 'delegator_slashing_sig_hex', 'delegator_unbonding_slashing_sig_hex', ...EXPANSION] as const;

/** What a request says, before anything is looked up. */
type Read = {
  readonly stakingTx: Tx.Transaction;
  readonly stakingOutputIndex: number;
  readonly raw: { readonly slashing: Uint8Array; readonly unbonding: Uint8Array; readonly unbondingSlashing: Uint8Array };
  readonly scripts: CovenantReview.Scripts;
  readonly staker: XOnlyPublicKey;
  readonly covenant: LeafReader.Group;
  readonly finalityProviderPks: readonly Uint8Array[];
  readonly signatures: CovenantReview.Subject['stakerSignatures'];
  readonly previous: ReadPrevious | undefined;
};

type ReadPrevious = {
  readonly stakingTx: Tx.Transaction;
  readonly stakingOutputIndex: number;
  readonly staker: XOnlyPublicKey;
  readonly covenant: LeafReader.Group;
  readonly fundingOutput: Tx.SpentOutput;
};

/**
 * The report on a request. The version is not in it: of the operator's versions with this committee the one under which everything agrees is
 * taken, or the one with the fewest faults.
 *
 * @throws json.*, input.*, hex.*, tx.*, leaf-reader.*, covenant-remote.* - a request that says nothing that could be checked
 */
export function review(options: Options & { readonly covenantPk?: Uint8Array }, ecc: Ecc.Ecc = Ecc.auto()): CovenantReview.Report {
  return best(options, ecc).report;
}

/**
 * What is to be signed for a request.
 *
 * @throws covenant-signer.refused - with the report
 * @throws as {@link review}
 */
export function prepare(options: Options & { readonly covenantPk: Uint8Array }, ecc: Ecc.Ecc = Ecc.auto()): CovenantSigner.Prepared {
  const { covenantPk } = Check.object(options, 'options');
  const { subject, policy } = best(options, ecc);
  return CovenantSigner.prepare({ subject, policy, covenantPk }, ecc);
}

/** The answer in the reference's form, hex throughout. */
export type Response = {
  readonly slashing_transactions_signatures: readonly string[];
  readonly unbonding_transaction_signature: string;
  readonly slash_unbonding_transactions_signatures: readonly string[];
  /** Empty where there is no expansion. */
  readonly stake_expansion_transaction_signature: string;
};

/** Signatures in the reference's form. @throws input.* */
export function toResponse(signatures: CovenantSigner.Signatures): Response {
  const { stakingSlashing, unbonding, unbondingSlashing, expansion } = Check.object(signatures, 'signatures');
  return {
    slashing_transactions_signatures: hexList(stakingSlashing, 'stakingSlashing'),
    unbonding_transaction_signature: Hex.encode(Check.bytes(unbonding, 'unbonding', 64)),
    slash_unbonding_transactions_signatures: hexList(unbondingSlashing, 'unbondingSlashing'),
    stake_expansion_transaction_signature: expansion === undefined ? '' : Hex.encode(Check.bytes(expansion, 'expansion', 64)),
  };
}

function hexList(signatures: readonly Uint8Array[], field: string): string[] {
  return Check.list(signatures, field).map((signature, i) => Hex.encode(Check.bytes(signature, `${field}[${i}]`)));
}

type Reviewed = {
  readonly report: CovenantReview.Report;
  readonly subject: CovenantReview.Subject;
  readonly policy: CovenantReview.Policy;
};

function best(options: Options & { readonly covenantPk?: Uint8Array }, ecc: Ecc.Ecc): Reviewed {
  const { request, policy: given, hints = {}, covenantPk } = Check.object(options, 'options');
  const { requireStakerSignatures = false } = Check.object(given, 'policy');
  // The reference's form has no place for the staker's signatures; they may be added, and are demanded where the operator says so. A proof of
  // possession cannot be in it: whose policy demands one signs nothing for this form.
  const policy = { ...given, requireStakerSignatures };
  ParamsSet.latest(policy.paramsSet);
  const read = readRequest(request, ecc);
  const { previous, finalityProviderPks } = read;
  const before = previous === undefined ? undefined : previousOf(previous, finalityProviderPks, policy.paramsSet, hints, ecc);
  let found: Reviewed | undefined;
  for (const params of candidates(policy.paramsSet, read.covenant, Check.object(hints, 'hints').paramsVersion)) {
    const subject = subjectOf(read, params, before, hints, ecc);
    const report = CovenantReview.review({ subject, policy, ...(covenantPk === undefined ? {} : { covenantPk }) }, ecc);
    if (report.ok) return { report, subject, policy };
    const faults = CovenantReview.failures(report).length;
    if (found === undefined || faults < CovenantReview.failures(found.report).length) found = { report, subject, policy };
  }
  return found as Reviewed;
}

/** Versions with this committee and quorum, newest first; where there is none the newest stands for what was expected. */
function candidates(set: ParamsSet.ParamsSet, covenant: LeafReader.Group, wanted: number | undefined): readonly StakingParams[] {
  if (wanted !== undefined) return [ParamsSet.byVersion(set, wanted)];
  const sorted = (keys: readonly Uint8Array[]): string => keys.map(Hex.encode).sort().join();
  const asked = sorted(covenant.keys);
  const alike = set.versions.filter(
    ({ covenantPks, covenantQuorum }) => covenantQuorum === covenant.quorum && sorted(covenantPks) === asked,
  );
  return alike.length === 0 ? [ParamsSet.latest(set)] : [...alike].reverse();
}

function subjectOf(
  read: Read,
  params: StakingParams,
  before: DelegationRecord | undefined,
  hints: Hints,
  ecc: Ecc.Ecc,
): CovenantReview.Subject {
  const { previous } = read;
  const parts = { ...read, params, providers: read.finalityProviderPks, hint: hints.stakingTimeBlocks, tries: triesOf(hints) };
  const expansion =
    previous === undefined
      ? {}
      : { expansion: { previousStakingTxid: Tx.txid(previous.stakingTx), fundingOutput: previous.fundingOutput } };
  return {
    record: {
      ...recordOf(parts, timeOf(parts, ecc)),
      slashingTx: read.raw.slashing,
      unbondingTx: read.raw.unbonding,
      unbondingSlashingTx: read.raw.unbondingSlashing,
      ...expansion,
    },
    stakerSignatures: read.signatures,
    scripts: read.scripts,
    ...(before === undefined ? {} : { previous: before }),
  };
}

/** An expansion keeps the provider, so that the stake before can be rebuilt with it. Its own later transactions are not in the request. */
function previousOf(
  previous: ReadPrevious,
  providers: readonly Uint8Array[],
  set: ParamsSet.ParamsSet,
  hints: Hints,
  ecc: Ecc.Ecc,
): DelegationRecord {
  let first: Parts | undefined;
  for (const params of candidates(set, previous.covenant, undefined)) {
    const parts = { ...previous, params, providers, hint: hints.previousStakingTimeBlocks, tries: triesOf(hints) };
    const blocks = timeOf(parts, ecc);
    if (blocks !== undefined) return recordOf(parts, blocks);
    first ??= parts;
  }
  return recordOf(first as Parts, undefined);
}

type Parts = {
  readonly stakingTx: Tx.Transaction;
  readonly stakingOutputIndex: number;
  readonly staker: XOnlyPublicKey;
  readonly providers: readonly Uint8Array[];
  readonly params: StakingParams;
  readonly hint: number | undefined;
  readonly tries: number;
};

/** The delegation as the chain would have stored it under this version; a time that was not found stands for the longest. */
function recordOf(
  { stakingTx, stakingOutputIndex, staker, providers, params }: Parts,
  stakingTimeBlocks: number | undefined,
): DelegationRecord {
  const raw = Tx.encode(stakingTx);
  return {
    stakerAddr: '',
    btcPk: staker,
    fpBtcPkList: providers,
    stakingTimeBlocks: stakingTimeBlocks ?? params.maxStakingTimeBlocks,
    unbondingTimeBlocks: params.unbondingTimeBlocks,
    paramsVersion: params.version,
    startHeight: 0,
    endHeight: 0,
    totalSats: Sats.from(Tx.outputOf(stakingTx, stakingOutputIndex, 'staking_output_idx').valueSats, 'staking value'),
    stakingTx: raw,
    stakingOutputIndex,
    slashingTx: raw,
    unbondingTx: raw,
    unbondingSlashingTx: raw,
    covenantSigners: { slashing: [], unbonding: [], unbondingSlashing: [], expansion: [] },
  };
}

/**
 * The staking time is in no script of the request, only in the hash of the leaf beside them: the times that the parameters allow are tried,
 * the longest, the shortest and whole days first. Without a match the review finds the output wrong.
 */
function timeOf({ stakingTx, stakingOutputIndex, staker, providers, params, hint, tries }: Parts, ecc: Ecc.Ecc): number | undefined {
  if (hint !== undefined) return Blocks.timelock(hint, 'hints.stakingTimeBlocks');
  const { minStakingTimeBlocks: min, maxStakingTimeBlocks: max, covenantPks, covenantQuorum } = params;
  const { scriptPubKey } = Tx.outputOf(stakingTx, stakingOutputIndex, 'staking_output_idx');
  const stakerPart = Tapscript.multiKey([staker], 1, 'verify', 'staker');
  const covenantPart = Tapscript.multiKey(covenantPks, covenantQuorum, 'leave', 'covenant');
  const providerPart = Tapscript.multiKey(providers as readonly XOnlyPublicKey[], 1, 'verify', 'providers');
  const unbonding = TapTree.leafHash(Bytes.concat(stakerPart, covenantPart));
  const slashing = TapTree.leafHash(Bytes.concat(stakerPart, providerPart, covenantPart));
  const nums = TapTree.nums();
  let tried = 0;
  for (const blocks of times(min, max)) {
    if (tried++ === tries) break;
    const timelock = TapTree.leafHash(Tapscript.timelock([staker], 1, Blocks.timelock(blocks), 'staker'));
    const root = TapTree.branchHash(TapTree.branchHash(timelock, unbonding), slashing);
    const { outputKey } = TapTree.tweak(nums, root, ecc);
    if (Bytes.equal(TapTree.scriptPubKeyOf(outputKey), scriptPubKey)) return blocks;
  }
  return undefined;
}

function triesOf({ maxTimesTried }: Hints): number {
  return maxTimesTried === undefined ? Number.POSITIVE_INFINITY : Check.integer(maxTimesTried, 'hints.maxTimesTried', 0, 0xffff_ffff);
}

const DAY = 144;

function* times(min: number, max: number): Generator<number> {
  yield max;
  yield min;
  for (let days = Math.ceil(min / DAY) * DAY; days <= max; days += DAY) yield days;
  for (let blocks = max; blocks >= min; blocks--) yield blocks;
}

function readRequest(json: unknown, ecc: Ecc.Ecc): Read {
  const fields = Json.from(json, 'request', undefined, REQUIRED, OPTIONAL);
  const hex = (key: string): Uint8Array => Fields.bytes(fields, key);
  const whole = (key: string): Uint8Array => Tx.encode(Tx.decode(hex(key), `request.${key}`));
  const scripts = {
    slashing: hex('slashing_script_hex'),
    unbonding: hex('unbonding_script_hex'),
    unbondingSlashing: hex('unbonding_slashing_script_hex'),
  };
  const slashing = leafOf(scripts.slashing, 'slashing', 'slashing_script_hex', ecc);
  const staker = onlyStaker(slashing.stakers, 'slashing_script_hex');
  const given = expansionIn(fields);
  const previous = given === undefined ? undefined : readPrevious(given, ecc);
  return {
    stakingTx: Tx.decode(hex('staking_tx_hex'), 'request.staking_tx_hex'),
    stakingOutputIndex: Fields.uint32(fields, 'staking_output_idx'),
    raw: { slashing: whole('slashing_tx_hex'), unbonding: whole('unbonding_tx_hex'), unbondingSlashing: whole('slash_unbonding_tx_hex') },
    scripts: previous === undefined ? scripts : { ...scripts, previousUnbonding: previous.script },
    staker,
    covenant: slashing.covenant,
    finalityProviderPks: Fields.bytesList(fields, 'fp_enc_keys', 33).map((key, i) => providerOf(key, `request.fp_enc_keys[${i}]`)),
    signatures: {
      ...signatureOf(fields, 'delegator_slashing_sig_hex', 'stakingSlashing'),
      ...signatureOf(fields, 'delegator_unbonding_slashing_sig_hex', 'unbondingSlashing'),
    },
    previous,
  };
}

/** The expansion as an object of its own, or beside the other fields: there an empty transaction means none. */
function expansionIn({ values }: Fields.Fields): unknown {
  const nested = values['stake_expansion'];
  const isNested = nested !== undefined && nested !== null;
  const flat = values['previous_active_stake_tx_hex'];
  if (flat === undefined || flat === null || flat === '') return isNested ? nested : undefined;
  if (isNested)
    fail<Reason>(
      { code: 'covenant-remote.two-expansions', field: 'request.stake_expansion' },
      'request.stake_expansion: the stake before is named twice',
    );
  return Object.fromEntries(EXPANSION.map((key) => [key, values[key]]));
}

function signatureOf(
  fields: Fields.Fields,
  key: string,
  name: 'stakingSlashing' | 'unbondingSlashing',
): CovenantReview.Subject['stakerSignatures'] {
  const given = fields.values[key];
  return given === undefined || given === null || given === '' ? {} : { [name]: Fields.bytes(fields, key) };
}

/** The chain lifts providers' keys to even y: an adaptor signature under the other point would never verify there. */
function providerOf(key: Uint8Array, field: string): Uint8Array {
  if (key[0] !== 2)
    fail<Reason>({ code: 'covenant-remote.bad-encryption-key', field }, `${field}: expected 02 and the provider's x-only key`);
  return key.slice(1);
}

function readPrevious(json: unknown, ecc: Ecc.Ecc): ReadPrevious & { readonly script: Uint8Array } {
  const fields = Json.from(json, 'request.stake_expansion', undefined, EXPANSION);
  const field = 'previous_active_stake_unbonding_script_hex';
  const script = Fields.bytes(fields, field);
  const leaf = leafOf(script, 'unbonding', field, ecc);
  const stakingTx = Tx.decode(Fields.bytes(fields, 'previous_active_stake_tx_hex'), 'request.previous_active_stake_tx_hex');
  const stakingOutputIndex = Fields.uint32(fields, 'previous_staking_output_idx');
  Tx.outputOf(stakingTx, stakingOutputIndex, 'request.previous_staking_output_idx');
  return {
    stakingTx,
    stakingOutputIndex,
    staker: onlyStaker(leaf.stakers, field),
    covenant: leaf.covenant,
    fundingOutput: outputOf(Fields.bytes(fields, 'other_funding_output_hex'), 'request.other_funding_output_hex'),
    script,
  };
}

type LeafOf<Path extends LeafReader.Leaf['path']> = Extract<LeafReader.Leaf, { readonly path: Path }>;

function leafOf<Path extends LeafReader.Leaf['path']>(script: Uint8Array, path: Path, field: string, ecc: Ecc.Ecc): LeafOf<Path> {
  const leaf = LeafReader.parse(script, ecc);
  if (!isOf(leaf, path))
    return fail<Reason>(
      { code: 'covenant-remote.other-leaf', field: `request.${field}`, expected: path, got: leaf.path },
      `request.${field}: expected the ${path} leaf, this is a ${leaf.path} leaf`,
    );
  return leaf;
}

function isOf<Path extends LeafReader.Leaf['path']>(leaf: LeafReader.Leaf, path: Path): leaf is LeafOf<Path> {
  return leaf.path === path;
}

function onlyStaker({ keys }: LeafReader.Group, field: string): XOnlyPublicKey {
  const [key] = keys;
  if (key === undefined || keys.length !== 1)
    return fail<Reason>(
      { code: 'covenant-remote.several-stakers', field: `request.${field}`, got: keys.length },
      `request.${field}: a delegation has one staker key, this has ${keys.length}`,
    );
  return key;
}

/** An output as transactions carry it: value, length, script. */
function outputOf(raw: Uint8Array, field: string): Tx.SpentOutput {
  const malformed = (): never =>
    fail<Reason>({ code: 'covenant-remote.malformed-output', field }, `${field}: not the bytes of a transaction output`);
  if (raw.length < 9) return malformed();
  const size = CompactSize.read(raw, 8);
  if ('fault' in size || BigInt(size.next) + size.value !== BigInt(raw.length)) return malformed();
  return { valueSats: Sats.from(Bytes.toBigInt(Bytes.reverse(raw.subarray(0, 8))), field), scriptPubKey: raw.slice(size.next) };
}

/** True for the refusal of a delegation, as opposed to a request that cannot be read. */
export function isRefusal(error: unknown): boolean {
  return isSatlockError(error) && error.code === 'covenant-signer.refused';
}
