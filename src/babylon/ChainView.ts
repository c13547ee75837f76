// What must be known of a Babylon chain to judge a message before it is sent: plain data, looked up by key, nothing asynchronous.
// The chain's own state is babylon x/btcstaking/types (BTCDelegation, FinalityProvider), x/btclightclient and x/btccheckpoint.
import * as Blocks from '../base/Blocks.ts';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as Sats from '../base/Sats.ts';
import * as ChainProfile from './ChainProfile.ts';
import * as Header from './chain/header.ts';
import * as Rest from './chain/rest.ts';
import * as Transactions from './chain/transactions.ts';
import * as ViewJson from './chain/viewJson.ts';
import type { BitcoinHeader, ChainView, DelegationRecord, Features, FinalityProvider, Options, Release } from './chain/viewTypes.ts';
import type * as Json from './json/object.ts';
import type { StakingNetwork } from './Networks.ts';
import type * as Params from './Params.ts';
import * as ParamsSet from './ParamsSet.ts';

export type {
  BitcoinHeader,
  ChainView,
  CovenantSigners,
  DelegationRecord,
  Features,
  FinalityProvider,
  Options,
  Release,
} from './chain/viewTypes.ts';

const FEATURES: Readonly<Record<Release, Features>> = {
  v1: { stakeExpansion: false, unbondedExpansionIsSkipped: false, expansionKeepsStakerKey: false, refusesDeletedProviders: false },
  'v4.0': { stakeExpansion: true, unbondedExpansionIsSkipped: false, expansionKeepsStakerKey: false, refusesDeletedProviders: false },
  'v4.3': { stakeExpansion: true, unbondedExpansionIsSkipped: true, expansionKeepsStakerKey: false, refusesDeletedProviders: false },
  main: { stakeExpansion: true, unbondedExpansionIsSkipped: true, expansionKeepsStakerKey: true, refusesDeletedProviders: true },
};

export type Reason =
  | Check.Reason
  | Hex.Reason
  | Sats.Reason
  | ParamsSet.Reason
  | ChainProfile.Reason
  | Params.Reason
  | Json.Reason
  | Rest.Reason
  | { readonly code: 'chain-view.unknown-release'; readonly got: string }
  | { readonly code: 'chain-view.wrong-hash'; readonly field: string; readonly expected: string; readonly got: string }
  | { readonly code: 'chain-view.above-tip'; readonly field: string; readonly height: number; readonly tipHeight: number }
  | { readonly code: 'chain-view.malformed-transaction'; readonly field: string }
  | { readonly code: 'chain-view.not-a-view'; readonly field: string; readonly got: string };

/**
 * The view of these facts, every one checked and copied. What is not in it does not exist for the checks: give every delegation, provider
 * and block that the message names.
 *
 * @throws input.*, hex.*, params.not-a-set, chain-profile.unknown
 * @throws chain-view.unknown-release, chain-view.wrong-hash, chain-view.above-tip, chain-view.malformed-transaction
 */
export function from(options: Options): ChainView {
  const { paramsSet } = Check.object(options, 'options');
  ParamsSet.latest(paramsSet);
  const tipHeight = Blocks.height(options.tipHeight, 'tipHeight');
  const release = options.release ?? 'main';
  const features = featuresOf(release);
  const lists = {
    headers: (options.headers ?? []) as readonly (BitcoinHeader & { readonly raw?: Uint8Array })[],
    finalityProviders: options.finalityProviders ?? [],
    delegations: options.delegations ?? [],
    allowedStakingTxids: options.allowedStakingTxids ?? [],
  };
  const minedAt = options.minedAt ?? new Map<string, number>();
  Check.map(minedAt, 'minedAt', 'txid');
  const view: ChainView = Object.freeze({
    paramsSet,
    confirmationDepthBlocks: Check.integer(options.confirmationDepthBlocks, 'confirmationDepthBlocks', 1, 0xffff_ffff),
    tipHeight,
    babylonHeight: Check.bigInteger(options.babylonHeight, 'babylonHeight', 0n, 0xffff_ffff_ffff_ffffn),
    release,
    features,
    profile: ChainProfile.from(options.profile ?? ChainProfile.DEFAULT),
    popContext: options.popContext === undefined ? undefined : checkContext(options.popContext),
    headers: byKey(Check.list(lists.headers, 'headers').map((header, i) => checkHeader(header, `headers[${i}]`, tipHeight))),
    finalityProviders: byKey(
      Check.list(lists.finalityProviders, 'finalityProviders').map((one, i) => checkProvider(one, `finalityProviders[${i}]`)),
    ),
    delegations: byKey(
      Check.list(lists.delegations, 'delegations').map((one, i) => {
        const record = checkRecord(one, `delegations[${i}]`);
        return [txidOf(record), record] as const;
      }),
    ),
    allowedStakingTxids: new Set(
      Check.list(lists.allowedStakingTxids, 'allowedStakingTxids').map((txid, i) => checkTxid(txid, `allowedStakingTxids[${i}]`)),
    ),
    minedAt: new Map([...minedAt].map(([txid, height]) => [checkTxid(txid, 'minedAt'), Blocks.height(height, `minedAt ${txid}`)])),
  });
  made.add(view);
  return view;
}

// Views whose every part was checked; a copy with a change in it is none of them.
const made = new WeakSet<ChainView>();

/** The view of a known network: parameters and k are its own, the rest is as of now. @throws as {@link from} */
export function ofNetwork(network: StakingNetwork, options: Omit<Options, 'paramsSet' | 'confirmationDepthBlocks'>): ChainView {
  const { paramsSet, btccheckpoint } = Check.object(network, 'network');
  const { btcConfirmationDepth } = Check.object(btccheckpoint, 'network.btccheckpoint');
  return from({ ...Check.object(options, 'options'), paramsSet, confirmationDepthBlocks: btcConfirmationDepth });
}

/** The view with other facts in it; what is given replaces. @throws as {@link from} */
export function withFacts(view: ChainView, changes: Partial<Options>): ChainView {
  return from({ ...optionsOf(check(view)), ...Check.object(changes, 'changes') });
}

/** What a release checks. @throws chain-view.unknown-release */
export function featuresOf(release: Release): Features {
  if (typeof release !== 'string' || !Object.hasOwn(FEATURES, release)) {
    const got = typeof release === 'string' ? release : Check.kindOf(release);
    fail<Reason>({ code: 'chain-view.unknown-release', got }, `release: expected ${Object.keys(FEATURES).join(', ')}, got ${got}`);
  }
  return FEATURES[release];
}

/**
 * The view itself when it was made here; another copy's, or one put together by hand, is checked like the facts that it is made of.
 *
 * @throws input.missing, chain-view.not-a-view, and as {@link from}
 */
export function check(value: ChainView, field = 'chain'): ChainView {
  if (value === undefined || value === null) Check.missing(field);
  if (made.has(value)) return value;
  const maps = typeof value === 'object' ? [value.headers, value.finalityProviders, value.delegations, value.minedAt] : [undefined];
  if (!maps.every((map) => map instanceof Map) || !(value.allowedStakingTxids instanceof Set)) {
    const got = Check.kindOf(value);
    fail<Reason>({ code: 'chain-view.not-a-view', field, got }, `${field}: expected a ChainView, got ${got}; use ChainView.from`);
  }
  return from(optionsOf(value));
}

/** The facts of a view as they are given. */
function optionsOf(view: ChainView): Options {
  return {
    ...view,
    headers: [...view.headers.values()],
    finalityProviders: [...view.finalityProviders.values()],
    delegations: [...view.delegations.values()],
    allowedStakingTxids: [...view.allowedStakingTxids],
  };
}

/** The id of a stored delegation's staking transaction. */
export function txidOf(record: DelegationRecord): string {
  return readable(Check.object(record, 'record').stakingTx, 'stakingTx').txid;
}

/** The parameters that rule a stored delegation, for ever those of its version; undefined when the view has no such version. */
export function paramsOf(view: ChainView, record: DelegationRecord): Params.StakingParams | undefined {
  const { paramsVersion } = Check.object(record, 'record');
  return check(view).paramsSet.versions[Check.integer(paramsVersion, 'record.paramsVersion', 0, 0xffff_ffff)];
}

/** The JSON form: bytes in hex, amounts and Babylon heights in decimal text; {@link fromJson} reads it back unchanged. @throws chain-view.not-a-view */
export function toJson(view: ChainView): ViewJson.Json {
  return ViewJson.toJson(check(view));
}

/** The view that `json` spells, every part checked. @throws json.*, params.*, input.*, hex.*, sats.* and as {@link from} */
export function fromJson(json: unknown): ChainView {
  return from(ViewJson.optionsFromJson(json));
}

/**
 * A delegation out of the answer of a node's REST interface (`/babylon/btcstaking/v1/btc_delegation/{txid}`). The tip at its creation is not
 * in it.
 *
 * @throws input.*, hex.*, sats.*, chain-view.malformed-output, chain-view.malformed-transaction
 * @source babylon proto/babylon/btcstaking/v1/query.proto
 */
export function delegationFromRest(json: unknown): DelegationRecord {
  return checkRecord(Rest.delegation(json));
}

/** A provider out of the answer of a node's REST interface. @throws input.*, hex.* */
export function finalityProviderFromRest(json: unknown): FinalityProvider {
  return checkProvider(Rest.finalityProvider(json), 'finality_provider')[1];
}

/** A header out of the answer of a node's REST interface, for the option `headers`. @throws input.*, hex.*, chain-view.not-base64 */
export function headerFromRest(json: unknown): { readonly height: number; readonly raw: Uint8Array } {
  return Rest.header(json);
}

function checkContext(context: string): string {
  Hex.decode(context, 'popContext', 32);
  return context.toLowerCase();
}

function byKey<T>(entries: readonly (readonly [string, T])[]): ReadonlyMap<string, T> {
  return new Map(entries);
}

function checkHeader(
  header: BitcoinHeader & { readonly raw?: Uint8Array },
  field: string,
  tipHeight: number,
): readonly [string, BitcoinHeader] {
  Check.object(header, field);
  const height = Blocks.height(header.height, `${field}.height`);
  if (height > tipHeight)
    fail<Reason>(
      { code: 'chain-view.above-tip', field: `${field}.height`, height, tipHeight },
      `${field}.height: ${height} lies above the tip ${tipHeight}; the light client has no such block`,
    );
  const known = header.raw === undefined ? undefined : Header.read(Check.bytes(header.raw, `${field}.raw`, 80));
  const hash = known?.hash ?? checkTxid(header.hash, `${field}.hash`);
  if (known !== undefined && header.hash !== undefined && checkTxid(header.hash, `${field}.hash`) !== known.hash)
    fail<Reason>(
      { code: 'chain-view.wrong-hash', field: `${field}.hash`, expected: known.hash, got: header.hash },
      `${field}.hash: this header hashes to ${known.hash}`,
    );
  const merkleRoot = known?.merkleRoot ?? Bytes.copy(Check.bytes(header.merkleRoot, `${field}.merkleRoot`, 32));
  return [hash, Object.freeze({ hash, height, merkleRoot })];
}

function checkProvider(provider: FinalityProvider, field: string): readonly [string, FinalityProvider] {
  const { btcPk } = Check.object(provider, field);
  const key = checkKey(btcPk, `${field}.btcPk`);
  const flag = (name: 'slashed' | 'jailed' | 'softDeleted'): boolean => Check.flag(provider[name], `${field}.${name}`);
  return [
    Hex.encode(key),
    Object.freeze({ btcPk: key, slashed: flag('slashed'), jailed: flag('jailed'), softDeleted: flag('softDeleted') }),
  ];
}

/** A checked copy of a stored delegation. @throws input.*, hex.*, sats.*, chain-view.malformed-transaction */
export function checkRecord(record: DelegationRecord, field = 'delegation'): DelegationRecord {
  Check.object(record, field);
  const at = (name: string): string => `${field}.${name}`;
  const uint32 = (value: unknown, name: string): number => Check.integer(value, at(name), 0, 0xffff_ffff);
  const keys = (list: readonly Uint8Array[], name: string): readonly Uint8Array[] =>
    Check.list(list, at(name)).map((key, i) => checkKey(key, `${at(name)}[${i}]`));
  const transaction = (raw: Uint8Array, name: string): Uint8Array => {
    readable(Check.bytes(raw, at(name)), at(name));
    return Bytes.copy(raw);
  };
  const signers = Check.object(record.covenantSigners, at('covenantSigners'));
  const stakingTx = transaction(record.stakingTx, 'stakingTx');
  const outputs = readable(stakingTx, at('stakingTx')).transaction.outs.length;
  return Object.freeze({
    stakerAddr: Check.text(record.stakerAddr, at('stakerAddr')),
    btcPk: checkKey(record.btcPk, at('btcPk')),
    fpBtcPkList: keys(record.fpBtcPkList, 'fpBtcPkList'),
    stakingTimeBlocks: Blocks.timelock(record.stakingTimeBlocks, at('stakingTimeBlocks')),
    unbondingTimeBlocks: Blocks.timelock(record.unbondingTimeBlocks, at('unbondingTimeBlocks')),
    paramsVersion: uint32(record.paramsVersion, 'paramsVersion'),
    startHeight: uint32(record.startHeight, 'startHeight'),
    endHeight: uint32(record.endHeight, 'endHeight'),
    ...(record.btcTipHeight === undefined ? {} : { btcTipHeight: uint32(record.btcTipHeight, 'btcTipHeight') }),
    totalSats: Sats.from(record.totalSats, at('totalSats')),
    stakingTx,
    stakingOutputIndex: Check.integer(record.stakingOutputIndex, at('stakingOutputIndex'), 0, outputs - 1),
    slashingTx: transaction(record.slashingTx, 'slashingTx'),
    unbondingTx: transaction(record.unbondingTx, 'unbondingTx'),
    unbondingSlashingTx: transaction(record.unbondingSlashingTx, 'unbondingSlashingTx'),
    covenantSigners: Object.freeze({
      slashing: keys(signers.slashing, 'covenantSigners.slashing'),
      unbonding: keys(signers.unbonding, 'covenantSigners.unbonding'),
      unbondingSlashing: keys(signers.unbondingSlashing, 'covenantSigners.unbondingSlashing'),
      expansion: keys(signers.expansion, 'covenantSigners.expansion'),
    }),
    ...(record.unbondingInfo === undefined ? {} : { unbondingInfo: checkInfo(record.unbondingInfo, at('unbondingInfo')) }),
    ...(record.expansion === undefined ? {} : { expansion: checkExpansion(record.expansion, at('expansion')) }),
  });
}

function checkInfo(info: NonNullable<DelegationRecord['unbondingInfo']>, field: string): NonNullable<DelegationRecord['unbondingInfo']> {
  const { spendStakeTx } = Check.object(info, field);
  return Object.freeze({ spendStakeTx: Bytes.copy(Check.bytes(spendStakeTx, `${field}.spendStakeTx`)) });
}

function checkExpansion(expansion: NonNullable<DelegationRecord['expansion']>, field: string): NonNullable<DelegationRecord['expansion']> {
  const { previousStakingTxid, fundingOutput } = Check.object(expansion, field);
  const { scriptPubKey, valueSats } = Check.object(fundingOutput, `${field}.fundingOutput`);
  return Object.freeze({
    previousStakingTxid: checkTxid(previousStakingTxid, `${field}.previousStakingTxid`),
    fundingOutput: Object.freeze({
      scriptPubKey: Bytes.copy(Check.bytes(scriptPubKey, `${field}.fundingOutput.scriptPubKey`)),
      valueSats: Sats.from(valueSats, `${field}.fundingOutput.valueSats`),
    }),
  });
}

function readable(raw: Uint8Array, field: string): Transactions.Parsed {
  const parsed = Transactions.parse(Check.bytes(raw, field));
  if (typeof parsed === 'string')
    fail<Reason>({ code: 'chain-view.malformed-transaction', field }, `${field}: not a Bitcoin transaction (${parsed})`);
  return parsed;
}

function checkKey(key: Uint8Array, field: string): Uint8Array {
  return Bytes.copy(Check.bytes(key, field, 32));
}

function checkTxid(txid: string, field: string): string {
  Hex.decode(txid, field, 32);
  return txid.toLowerCase();
}
