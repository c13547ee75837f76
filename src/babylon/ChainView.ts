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
import * as Transactions from './chain/transactions.ts';
import type { StakingNetwork } from './Networks.ts';
import type * as Params from './Params.ts';
import * as ParamsSet from './ParamsSet.ts';

/** A block of the canonical chain of Babylon's Bitcoin light client. `hash` in display order, `merkleRoot` in internal order. */
export type BitcoinHeader = { readonly hash: string; readonly height: Blocks.BlockHeight; readonly merkleRoot: Uint8Array };

/** What the chain knows of a finality provider. Jailing keeps nobody from delegating: it is here for readers. */
export type FinalityProvider = {
  /** @shape 32 bytes x-only */
  readonly btcPk: Uint8Array;
  readonly slashed: boolean;
  readonly jailed: boolean;
  /** Taken out at an upgrade, as a duplicate. */
  readonly softDeleted: boolean;
};

/** Who of the covenant has signed what. The chain verified the signatures when they came: their keys are enough. @shape keys of 32 bytes */
export type CovenantSigners = {
  readonly slashing: readonly Uint8Array[];
  readonly unbonding: readonly Uint8Array[];
  readonly unbondingSlashing: readonly Uint8Array[];
  /** For an expansion: the spend of the previous stake. */
  readonly expansion: readonly Uint8Array[];
};

/** A delegation as the chain stores it. */
export type DelegationRecord = {
  readonly stakerAddr: string;
  readonly btcPk: Uint8Array;
  readonly fpBtcPkList: readonly Uint8Array[];
  readonly stakingTimeBlocks: number;
  readonly unbondingTimeBlocks: number;
  readonly paramsVersion: number;
  /** Both 0 until an inclusion proof was accepted. */
  readonly startHeight: number;
  readonly endHeight: number;
  /** Tip of the light client when it was created; the REST interface does not tell it. */
  readonly btcTipHeight?: number;
  readonly totalSats: Sats.Sats;
  readonly stakingTx: Uint8Array;
  readonly stakingOutputIndex: number;
  readonly slashingTx: Uint8Array;
  readonly unbondingTx: Uint8Array;
  readonly unbondingSlashingTx: Uint8Array;
  readonly covenantSigners: CovenantSigners;
  /** There when it was reported as spent; an empty transaction stands for the registered unbonding transaction. */
  readonly unbondingInfo?: { readonly spendStakeTx: Uint8Array };
  /** There for an expansion. */
  readonly expansion?: {
    readonly previousStakingTxid: string;
    readonly fundingOutput: { readonly scriptPubKey: Uint8Array; readonly valueSats: bigint };
  };
};

/** Releases that differ in what they check; `main` is unreleased and the strictest. */
export type Release = 'v1' | 'v4.0' | 'v4.3' | 'main';

/** What a release checks. */
export type Features = {
  /** MsgBtcStakeExpand exists. */
  readonly stakeExpansion: boolean;
  /** An expansion that was unbonded early does not stand in the way of its parent's undelegation. */
  readonly unbondedExpansionIsSkipped: boolean;
  /** An expansion keeps the staker's key. */
  readonly expansionKeepsStakerKey: boolean;
  /** Deleted providers get no delegations. */
  readonly refusesDeletedProviders: boolean;
};

const FEATURES: Readonly<Record<Release, Features>> = {
  v1: { stakeExpansion: false, unbondedExpansionIsSkipped: false, expansionKeepsStakerKey: false, refusesDeletedProviders: false },
  'v4.0': { stakeExpansion: true, unbondedExpansionIsSkipped: false, expansionKeepsStakerKey: false, refusesDeletedProviders: false },
  'v4.3': { stakeExpansion: true, unbondedExpansionIsSkipped: true, expansionKeepsStakerKey: false, refusesDeletedProviders: false },
  main: { stakeExpansion: true, unbondedExpansionIsSkipped: true, expansionKeepsStakerKey: true, refusesDeletedProviders: true },
};

/** A checked view; made by {@link from}. Txids and hashes are keys in lower-case display order, public keys in lower-case hex. */
export type ChainView = {
  readonly paramsSet: ParamsSet.ParamsSet;
  /** k: blocks on top of the including one. */
  readonly confirmationDepthBlocks: number;
  /** Of Babylon's light client, not of a Bitcoin node. */
  readonly tipHeight: Blocks.BlockHeight;
  /** Of Babylon itself; the allow list ends at one. */
  readonly babylonHeight: bigint;
  readonly release: Release;
  readonly features: Features;
  /** `generic`: a chain that takes several providers in a delegation, as the releases of the v3 line do. */
  readonly profile: ChainProfile.ChainProfile;
  /** Signing context of proofs of possession; mainnet has none. */
  readonly popContext: string | undefined;
  readonly headers: ReadonlyMap<string, BitcoinHeader>;
  readonly finalityProviders: ReadonlyMap<string, FinalityProvider>;
  readonly delegations: ReadonlyMap<string, DelegationRecord>;
  readonly allowedStakingTxids: ReadonlySet<string>;
  /** Heights of stakes that are known to be mined, whatever Babylon knows of them. */
  readonly minedAt: ReadonlyMap<string, Blocks.BlockHeight>;
};

export type Options = {
  readonly paramsSet: ParamsSet.ParamsSet;
  readonly confirmationDepthBlocks: number;
  readonly tipHeight: number;
  readonly babylonHeight: bigint;
  /** `main` when left out: what it refuses, some network may refuse. */
  readonly release?: Release;
  readonly profile?: ChainProfile.ChainProfile;
  readonly popContext?: string | undefined;
  /** A raw header tells hash and root itself. */
  readonly headers?: readonly (
    | BitcoinHeader
    | { readonly hash: string; readonly height: number; readonly merkleRoot: Uint8Array }
    | { readonly height: number; readonly raw: Uint8Array }
  )[];
  readonly finalityProviders?: readonly FinalityProvider[];
  readonly delegations?: readonly DelegationRecord[];
  readonly allowedStakingTxids?: readonly string[];
  readonly minedAt?: ReadonlyMap<string, number>;
};

export type Reason =
  | Check.Reason
  | Hex.Reason
  | Sats.Reason
  | ParamsSet.Reason
  | ChainProfile.Reason
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
  if (!(minedAt instanceof Map)) wrongMap(minedAt);
  return Object.freeze({
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
}

/** The view of a known network: parameters and k are its own, the rest is as of now. @throws as {@link from} */
export function ofNetwork(network: StakingNetwork, options: Omit<Options, 'paramsSet' | 'confirmationDepthBlocks'>): ChainView {
  const { paramsSet, btccheckpoint } = Check.object(network, 'network');
  const { btcConfirmationDepth } = Check.object(btccheckpoint, 'network.btccheckpoint');
  return from({ ...Check.object(options, 'options'), paramsSet, confirmationDepthBlocks: btcConfirmationDepth });
}

/** The view with other facts in it; what is given replaces. @throws as {@link from} */
export function withFacts(view: ChainView, changes: Partial<Options>): ChainView {
  check(view);
  return from({
    ...view,
    headers: [...view.headers.values()],
    finalityProviders: [...view.finalityProviders.values()],
    delegations: [...view.delegations.values()],
    allowedStakingTxids: [...view.allowedStakingTxids],
    ...Check.object(changes, 'changes'),
  });
}

/** What a release checks. @throws chain-view.unknown-release */
export function featuresOf(release: Release): Features {
  if (typeof release !== 'string' || !Object.hasOwn(FEATURES, release)) {
    const got = typeof release === 'string' ? release : Check.kindOf(release);
    fail<Reason>({ code: 'chain-view.unknown-release', got }, `release: expected ${Object.keys(FEATURES).join(', ')}, got ${got}`);
  }
  return FEATURES[release];
}

/** Returns `value` when it has the shape of a view. @throws input.missing, chain-view.not-a-view */
export function check(value: ChainView, field = 'chain'): ChainView {
  if (value === undefined || value === null) Check.missing(field);
  const maps = typeof value === 'object' ? [value.headers, value.finalityProviders, value.delegations, value.minedAt] : [undefined];
  if (!maps.every((map) => map instanceof Map) || !(value.allowedStakingTxids instanceof Set)) {
    const got = Check.kindOf(value);
    fail<Reason>({ code: 'chain-view.not-a-view', field, got }, `${field}: expected a ChainView, got ${got}; use ChainView.from`);
  }
  return value;
}

/** The id of a stored delegation's staking transaction. */
export function txidOf(record: DelegationRecord): string {
  return readable(record.stakingTx, 'stakingTx').txid;
}

/** The parameters that rule a stored delegation, for ever those of its version; undefined when the view has no such version. */
export function paramsOf(view: ChainView, record: DelegationRecord): Params.StakingParams | undefined {
  return view.paramsSet.versions[record.paramsVersion];
}

function checkContext(context: string): string {
  Hex.decode(context, 'popContext', 32);
  return context.toLowerCase();
}

function wrongMap(value: unknown): never {
  return fail<Check.Reason>(
    { code: 'input.not-object', field: 'minedAt', got: Check.kindOf(value) },
    'minedAt: expected a Map from txid to height',
  );
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
  const flag = (name: 'slashed' | 'jailed' | 'softDeleted'): boolean => checkFlag(provider[name], `${field}.${name}`);
  return [
    Hex.encode(key),
    Object.freeze({ btcPk: key, slashed: flag('slashed'), jailed: flag('jailed'), softDeleted: flag('softDeleted') }),
  ];
}

function checkFlag(value: unknown, field: string): boolean {
  if (typeof value !== 'boolean')
    fail<Check.Reason>({ code: 'input.not-object', field, got: Check.kindOf(value) }, `${field}: expected true or false`);
  return value;
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
    ...(record.unbondingInfo === undefined
      ? {}
      : { unbondingInfo: { spendStakeTx: Bytes.copy(Check.bytes(record.unbondingInfo.spendStakeTx, at('unbondingInfo.spendStakeTx'))) } }),
    ...(record.expansion === undefined ? {} : { expansion: checkExpansion(record.expansion, at('expansion')) }),
  });
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
