// What must be known of the chain to judge a provider's messages: the tip, the parameters, blocks, and each provider's commitments, power and votes.
// Babylon x/finality/keeper, x/btcstaking/keeper/finality_providers.go; the node's answers are read by the functions that end in FromRest.
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as ChainView from './ChainView.ts';
import * as Decimals from './finality/decimals.ts';
import * as Rest from './finality/rest.ts';
import * as Time from './finality/time.ts';
import type {
  FinalityParams,
  FinalityView,
  IndexedBlock,
  Options,
  ProviderFacts,
  ProviderOptions,
  ProviderRecord,
  SigningInfo,
  StoredCommit,
  StoredVotes,
} from './finality/types.ts';
import type { StakingNetwork } from './Networks.ts';

export type * from './finality/types.ts';

export type Reason =
  | Check.Reason
  | Hex.Reason
  | Time.Reason
  | Rest.Reason
  | Decimals.Reason
  | ChainView.Reason
  | { readonly code: 'finality-view.above-tip'; readonly field: string; readonly height: string; readonly tipHeight: string }
  | { readonly code: 'finality-view.repeated'; readonly field: string }
  | { readonly code: 'finality-view.not-a-view'; readonly field: string; readonly got: string };

const UINT64_MAX = 0xffff_ffff_ffff_ffffn;
const INT64_MAX = 0x7fff_ffff_ffff_ffffn;

// Views whose every part was checked; a copy with a change in it is none of them.
const made = new WeakSet<FinalityView>();

/**
 * The view of these facts, every one checked and copied. What is not in it does not exist for the checks: give each provider, block, commitment,
 * vote and power that a message is about.
 *
 * @throws input.*, hex.*, finality-view.above-tip, finality-view.repeated, finality-view.bad-decimal, chain-view.unknown-release
 */
export function from(options: Options): FinalityView {
  const given = Check.object(options, 'options');
  const release = given.release ?? 'main';
  ChainView.featuresOf(release);
  const tipHeight = uint64(given.tipHeight, 'tipHeight');
  const blocks = Check.list(given.blocks ?? [], 'blocks').map((one, i) => checkBlock(one, `blocks[${i}]`, tipHeight));
  const providers = Check.list(given.providers ?? [], 'providers').map((one, i) => checkProvider(one, `providers[${i}]`));
  const minCommissionRate = given.minCommissionRate ?? '0';
  Decimals.wire(minCommissionRate, 'minCommissionRate');
  const view: FinalityView = Object.freeze({
    tipHeight,
    tipTimeNs: Check.bigInteger(given.tipTimeNs, 'tipTimeNs', -INT64_MAX * 100n, INT64_MAX * 100n),
    params: checkParams(given.params),
    epochInterval: Check.bigInteger(given.epochInterval, 'epochInterval', 1n, UINT64_MAX),
    lastFinalizedEpoch: uint64(given.lastFinalizedEpoch, 'lastFinalizedEpoch'),
    release,
    minCommissionRate,
    popContext: given.popContext === undefined ? undefined : contextOf(given.popContext),
    blocks: unique(blocks, ({ height }) => height, 'blocks'),
    providers: unique(providers, ({ btcPk }) => Hex.encode(btcPk), 'providers'),
  });
  made.add(view);
  return view;
}

/** The view of a known network: parameters and epochs are its own, the rest is as of now. @throws as {@link from} */
export function ofNetwork(network: StakingNetwork, options: Omit<Options, 'params' | 'epochInterval'>): FinalityView {
  const { finality, epochInterval } = Check.object(network, 'network');
  if (epochInterval === undefined) return Check.missing('network.epochInterval');
  return from({ ...Check.object(options, 'options'), params: finality, epochInterval });
}

/** The view with other facts in it; what is given replaces. @throws as {@link from} */
export function withFacts(view: FinalityView, changes: Partial<Options>): FinalityView {
  return from({ ...optionsOf(check(view)), ...Check.object(changes, 'changes') });
}

/** The view itself when it was made here; one put together by hand is checked like the facts that it is made of. @throws finality-view.not-a-view, and as {@link from} */
export function check(value: FinalityView, field = 'view'): FinalityView {
  if (value === undefined || value === null) Check.missing(field);
  if (made.has(value)) return value;
  if (typeof value !== 'object' || !(value.blocks instanceof Map) || !(value.providers instanceof Map)) {
    const got = Check.kindOf(value);
    fail<Reason>({ code: 'finality-view.not-a-view', field, got }, `${field}: expected a FinalityView, got ${got}; use FinalityView.from`);
  }
  return from(optionsOf(value));
}

function optionsOf(view: FinalityView): Options {
  return { ...view, blocks: [...view.blocks.values()], providers: [...view.providers.values()] };
}

/** The provider of a key, when the view knows it. @throws input.* */
export function providerOf(view: FinalityView, publicKey: Uint8Array): ProviderFacts | undefined {
  return check(view).providers.get(Hex.encode(Check.bytes(publicKey, 'publicKey', 32)));
}

/** The epoch of a height: 0 for genesis alone, 1 for the first `epochInterval` blocks. @source babylon x/epoching/keeper/epochs.go CalculateEpochNumber */
export function epochOf(height: bigint, epochInterval: bigint): bigint {
  uint64(height, 'height');
  Check.bigInteger(epochInterval, 'epochInterval', 1n, UINT64_MAX);
  return (height + epochInterval - 1n) / epochInterval;
}

/**
 * A provider out of the answer of a node (`/babylon/btcstaking/v1/finality_providers/{pk}/finality_provider`). `queriedHeight` is the node's tip.
 *
 * @throws input.*, hex.*, finality-view.not-decimal
 */
export function providerFromRest(json: unknown): ProviderRecord & { readonly queriedHeight: bigint } {
  return Rest.provider(json);
}

/** Signing info out of `/babylon/finality/v1/signing_infos/{pk}`. @throws input.*, hex.*, finality-view.* */
export function signingInfoFromRest(json: unknown): SigningInfo & { readonly btcPk: Uint8Array } {
  return Rest.signingInfo(json);
}

/** Commitments out of `…/finality_providers/{pk}/pub_rand_commit_list`, ascending. @throws input.*, finality-view.* */
export function commitsFromRest(json: unknown): readonly StoredCommit[] {
  return Rest.commits(json);
}

/** A block out of `/babylon/finality/v1/blocks/{height}`. @throws input.*, finality-view.* */
export function blockFromRest(json: unknown): IndexedBlock {
  return Rest.block(json);
}

/** The keys that have voted for the chain's block, out of `/babylon/finality/v1/votes/{height}`. Votes for other blocks are not in it. @throws input.*, hex.* */
export function votersFromRest(json: unknown): readonly Uint8Array[] {
  return Rest.votes(json);
}

/** The parameters out of `/babylon/finality/v1/params`. @throws input.*, finality-view.* */
export function paramsFromRest(json: unknown): FinalityParams {
  return checkParams(Rest.params(json));
}

/** Power out of `…/finality_providers/{pk}/power/{height}`. @unit satoshi @throws input.*, finality-view.not-decimal */
export function powerFromRest(json: unknown): bigint {
  return Rest.power(json);
}

/** The last final epoch out of `/babylon/checkpointing/v1/last_raw_checkpoint/CKPT_STATUS_FINALIZED`. @throws input.*, finality-view.not-decimal */
export function finalizedEpochFromRest(json: unknown): bigint {
  return Rest.checkpointEpoch(json);
}

/** The time of a block's header as nanoseconds since 1970. @throws input.not-text, finality-view.bad-time */
export function timeNs(text: string, field = 'time'): bigint {
  return Time.parse(text, field);
}

function contextOf(context: string): string {
  Hex.decode(context, 'popContext', 32);
  return context.toLowerCase();
}

function unique<K, T>(values: readonly T[], keyOf: (value: T) => K, field: string): ReadonlyMap<K, T> {
  const map = new Map<K, T>();
  for (const [i, value] of values.entries()) {
    const key = keyOf(value);
    if (map.has(key)) fail<Reason>({ code: 'finality-view.repeated', field: `${field}[${i}]` }, `${field}[${i}]: given twice`);
    map.set(key, value);
  }
  return map;
}

function uint64(value: bigint, field: string): bigint {
  return Check.bigInteger(value, field, 0n, UINT64_MAX);
}

function checkParams(params: FinalityParams): FinalityParams {
  const given = Check.object(params, 'params');
  const { minSignedPerWindow } = given;
  const least = Decimals.parse(minSignedPerWindow, 'params.minSignedPerWindow');
  if (least > Decimals.ONE) Check.outOfRange('params.minSignedPerWindow', 0n, 1n, minSignedPerWindow);
  return Object.freeze({
    maxActiveFinalityProviders: Check.integer(given.maxActiveFinalityProviders, 'params.maxActiveFinalityProviders', 1, 0xffff_ffff),
    signedBlocksWindow: Check.bigInteger(given.signedBlocksWindow, 'params.signedBlocksWindow', 1n, INT64_MAX),
    finalitySigTimeout: Check.bigInteger(given.finalitySigTimeout, 'params.finalitySigTimeout', 1n, INT64_MAX),
    minSignedPerWindow,
    minPubRand: Check.bigInteger(given.minPubRand, 'params.minPubRand', 1n, UINT64_MAX),
    jailDurationSeconds: Check.integer(given.jailDurationSeconds, 'params.jailDurationSeconds', 0, Number.MAX_SAFE_INTEGER),
    finalityActivationHeight: uint64(given.finalityActivationHeight, 'params.finalityActivationHeight'),
  });
}

function checkBlock(block: IndexedBlock, field: string, tipHeight: bigint): IndexedBlock {
  const { height, appHash, finalized } = Check.object(block, field);
  uint64(height, `${field}.height`);
  if (height > tipHeight)
    fail<Reason>(
      { code: 'finality-view.above-tip', field: `${field}.height`, height: height.toString(), tipHeight: tipHeight.toString() },
      `${field}.height: ${height} lies above the tip ${tipHeight}`,
    );
  return Object.freeze({
    height,
    appHash: Bytes.copy(Check.bytes(appHash, `${field}.appHash`, 32)),
    finalized: Check.flag(finalized, `${field}.finalized`),
  });
}

function checkProvider(provider: ProviderOptions, field: string): ProviderFacts {
  const { btcPk, addr, slashedBabylonHeight, highestVotedHeight, signingInfo } = Check.object(provider, field);
  const commits = Check.list(provider.commits ?? [], `${field}.commits`).map((one, i) => checkCommit(one, `${field}.commits[${i}]`));
  const byStart = unique(commits, ({ startHeight }) => startHeight, `${field}.commits`);
  return Object.freeze({
    btcPk: Bytes.copy(Check.bytes(btcPk, `${field}.btcPk`, 32)),
    addr: Check.text(addr, `${field}.addr`),
    slashedBabylonHeight: uint64(slashedBabylonHeight, `${field}.slashedBabylonHeight`),
    jailed: Check.flag(provider.jailed, `${field}.jailed`),
    softDeleted: Check.flag(provider.softDeleted, `${field}.softDeleted`),
    highestVotedHeight: Check.integer(highestVotedHeight, `${field}.highestVotedHeight`, 0, 0xffff_ffff),
    commits: Object.freeze([...byStart.values()].sort((a, b) => (a.startHeight < b.startHeight ? -1 : 1))),
    power: byHeight(provider.power, `${field}.power`, uint64),
    votes: byHeight(provider.votes, `${field}.votes`, checkVotes),
    signingInfo: signingInfo === undefined ? undefined : checkSigningInfo(signingInfo, `${field}.signingInfo`),
  });
}

function byHeight<T>(
  given: ReadonlyMap<bigint, T> | undefined,
  field: string,
  one: (value: T, field: string) => T,
): ReadonlyMap<bigint, T> {
  if (given === undefined) return new Map();
  return new Map(
    [...Check.map(given, field, 'height')].map(([height, value]) => [uint64(height, field), one(value, `${field} ${height}`)]),
  );
}

function checkCommit(commit: StoredCommit, field: string): StoredCommit {
  const { startHeight, numPubRand, commitment, epochNum } = Check.object(commit, field);
  uint64(startHeight, `${field}.startHeight`);
  return Object.freeze({
    startHeight,
    numPubRand: Check.bigInteger(numPubRand, `${field}.numPubRand`, 1n, UINT64_MAX - startHeight),
    commitment: Bytes.copy(Check.bytes(commitment, `${field}.commitment`, 32)),
    epochNum: uint64(epochNum, `${field}.epochNum`),
  });
}

function checkVotes(votes: StoredVotes, field: string): StoredVotes {
  const { canonicalSignature, fork } = Check.object(votes, field);
  const hash = (value: Uint8Array, name: string): Uint8Array => Bytes.copy(Check.bytes(value, `${field}.${name}`, 32));
  return Object.freeze({
    ...(canonicalSignature === undefined ? {} : { canonicalSignature: hash(canonicalSignature, 'canonicalSignature') }),
    ...(fork === undefined
      ? {}
      : {
          fork: Object.freeze({
            appHash: hash(Check.object(fork, `${field}.fork`).appHash, 'fork.appHash'),
            signature: hash(fork.signature, 'fork.signature'),
            pubRand: hash(fork.pubRand, 'fork.pubRand'),
          }),
        }),
  });
}

function checkSigningInfo(info: SigningInfo, field: string): SigningInfo {
  const { startHeight, missedBlocks, jailedUntilNs } = Check.object(info, field);
  return Object.freeze({
    startHeight: Check.bigInteger(startHeight, `${field}.startHeight`, 0n, INT64_MAX),
    missedBlocks: Check.bigInteger(missedBlocks, `${field}.missedBlocks`, 0n, INT64_MAX),
    jailedUntilNs: Check.bigInteger(jailedUntilNs, `${field}.jailedUntilNs`, -INT64_MAX * 100n, INT64_MAX * 100n),
  });
}
