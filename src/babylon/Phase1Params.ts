// Parameters of the lock-only phase 1: caps, the tag of the data output and the rules of the published parser.
// Implements bbn-1/parameters/README.md and parameters/parser/ParamsParser.go of babylonlabs-io/networks.
import * as Blocks from '../base/Blocks.ts';
import type { Brand } from '../base/Brand.ts';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as Sats from '../base/Sats.ts';
import * as Ecc from '../crypto/Ecc.ts';
import * as PublicKey from '../crypto/PublicKey.ts';
import * as Fields from './json/fields.ts';

/** How much is counted: a total over all versions, or everything up to a height. */
export type Cap =
  | { readonly kind: 'total'; readonly stakingCapSats: Sats.Sats }
  | { readonly kind: 'height'; readonly capHeight: Blocks.BlockHeight };

/** A checked version; made by {@link from} only. */
export type Phase1Params = {
  readonly version: number;
  /** First Bitcoin height at which this version applies. */
  readonly activationHeight: Blocks.BlockHeight;
  readonly cap: Cap;
  /** First 4 bytes of the data output. @shape 4 bytes */
  readonly tag: Uint8Array;
  /** In published order, which is not the order of scripts. */
  readonly covenantPks: readonly PublicKey.XOnlyPublicKey[];
  /** The same keys as published; the first byte is dropped everywhere. @shape 33 bytes each */
  readonly covenantPksCompressed: readonly Uint8Array[];
  readonly covenantQuorum: number;
  readonly unbondingTimeBlocks: Blocks.TimelockBlocks;
  readonly unbondingFeeSats: Sats.Sats;
  readonly minStakingValueSats: Sats.Sats;
  readonly maxStakingValueSats: Sats.Sats;
  readonly minStakingTimeBlocks: Blocks.TimelockBlocks;
  readonly maxStakingTimeBlocks: Blocks.TimelockBlocks;
  /** Here the including block counts as 1, unlike the chain's confirmation depth k. */
  readonly confirmationDepth: number;
};

/** The JSON form; exactly one of the two caps is not null. */
export type Phase1ParamsJson = {
  readonly version: number;
  readonly activationHeight: number;
  readonly stakingCapSats: string | null;
  readonly capHeight: number | null;
  readonly tagHex: string;
  readonly covenantPks: readonly { readonly compressed: string; readonly xonly: string }[];
  readonly covenantQuorum: number;
  readonly unbondingTimeBlocks: number;
  readonly unbondingFeeSats: string;
  readonly minStakingSats: string;
  readonly maxStakingSats: string;
  readonly minStakingTimeBlocks: number;
  readonly maxStakingTimeBlocks: number;
  readonly confirmationDepth: number;
};

/** Versions 0, 1, 2 … in order. */
export type Phase1Set = Brand<{ readonly versions: readonly [Phase1Params, ...Phase1Params[]] }, 'phase1-set'>;

export type Rule =
  | { readonly code: 'phase1.no-covenant-keys' }
  | { readonly code: 'phase1.quorum'; readonly quorum: number; readonly keys: number }
  | { readonly code: 'phase1.duplicate-covenant-key'; readonly key: string }
  | { readonly code: 'phase1.not-positive' }
  | { readonly code: 'phase1.stake-range'; readonly minSats: string; readonly maxSats: string }
  | { readonly code: 'phase1.unbonding-fee'; readonly feeSats: string; readonly minSats: string }
  | { readonly code: 'phase1.staking-time-range'; readonly minBlocks: number; readonly maxBlocks: number }
  | { readonly code: 'phase1.conflicting-fields'; readonly fields: readonly string[] }
  | { readonly code: 'phase1.cap-below-max-stake'; readonly capSats: string; readonly maxSats: string };

/** Every reason names the field by its path; those of a version name the version as well. */
export type Reason =
  | Fields.Reason
  | PublicKey.Reason
  | (Rule & { readonly version: number; readonly field: string })
  | { readonly code: 'phase1.not-a-set'; readonly got: string }
  | { readonly code: 'phase1.empty-set' }
  | { readonly code: 'phase1.version-gap'; readonly expected: number; readonly got: number }
  | { readonly code: 'phase1.activation-order'; readonly version: number; readonly previousHeight: number; readonly height: number }
  | { readonly code: 'phase1.cap-lowered'; readonly version: number; readonly previous: string; readonly got: string }
  | { readonly code: 'phase1.none-at-height'; readonly height: number; readonly firstActivationHeight: number };

const REQUIRED: readonly (keyof Phase1ParamsJson)[] = [
  'version',
  'activationHeight',
  'stakingCapSats',
  'capHeight',
  'tagHex',
  'covenantPks',
  'covenantQuorum',
  'unbondingTimeBlocks',
  'unbondingFeeSats',
  'minStakingSats',
  'maxStakingSats',
  'minStakingTimeBlocks',
  'maxStakingTimeBlocks',
  'confirmationDepth',
];

/** An unbonding output must be worth at least this much. */
const MIN_UNBONDING_OUTPUT = 1000n;

/**
 * The parameters that `json` spells, checked in the order of the published parser.
 *
 * @throws params.not-an-object, params.unknown-field, params.missing-field, input.*, hex.*, sats.*, public-key.*
 * @throws phase1.no-covenant-keys, phase1.quorum, phase1.stake-range, phase1.not-positive, phase1.unbonding-fee, phase1.staking-time-range,
 *   phase1.conflicting-fields - also when the two forms of a key differ, phase1.cap-below-max-stake
 * @throws phase1.duplicate-covenant-key - ours: the parser lets it pass
 */
export function from(json: unknown, ecc: Ecc.Ecc = Ecc.auto()): Phase1Params {
  const fields = Fields.from(json, 'phase1', REQUIRED);
  const version = Fields.uint32(fields, 'version');
  const refuse: Refuse = (rule, key, message) => {
    const field = `${fields.path}.${key}`;
    return fail<Reason>({ ...rule, version, field }, `${field}: ${message}`);
  };
  const tag = Fields.bytes(fields, 'tagHex', 4);
  const keys = readKeys(fields, refuse, ecc);
  const maxStakingValueSats = positive(fields, 'maxStakingSats', refuse);
  const minStakingValueSats = positive(fields, 'minStakingSats', refuse);
  if (minStakingValueSats > maxStakingValueSats) {
    const facts = { minSats: minStakingValueSats.toString(), maxSats: maxStakingValueSats.toString() };
    refuse({ code: 'phase1.stake-range', ...facts }, 'minStakingSats', `${facts.minSats} sat is above the maximum of ${facts.maxSats} sat`);
  }
  const unbondingTimeBlocks = timelock(fields, 'unbondingTimeBlocks');
  const unbondingFeeSats = positive(fields, 'unbondingFeeSats', refuse);
  if (minStakingValueSats < unbondingFeeSats + MIN_UNBONDING_OUTPUT) {
    const facts = { feeSats: unbondingFeeSats.toString(), minSats: minStakingValueSats.toString() };
    const message = `the minimum stake of ${facts.minSats} sat does not cover this fee of ${facts.feeSats} sat and 1000 sat more`;
    refuse({ code: 'phase1.unbonding-fee', ...facts }, 'unbondingFeeSats', message);
  }
  const maxStakingTimeBlocks = timelock(fields, 'maxStakingTimeBlocks');
  const minStakingTimeBlocks = timelock(fields, 'minStakingTimeBlocks');
  if (minStakingTimeBlocks > maxStakingTimeBlocks) {
    const facts = { minBlocks: minStakingTimeBlocks, maxBlocks: maxStakingTimeBlocks };
    const message = `${facts.minBlocks} blocks is above the maximum of ${facts.maxBlocks} blocks`;
    refuse({ code: 'phase1.staking-time-range', ...facts }, 'minStakingTimeBlocks', message);
  }
  const confirmationDepth = Check.integer(fields.values['confirmationDepth'], `${fields.path}.confirmationDepth`, 2, 65_535);
  const activationHeight = Fields.uint32(fields, 'activationHeight');
  if (activationHeight === 0) refuse({ code: 'phase1.not-positive' }, 'activationHeight', 'must be above 0');
  const cap = readCap(fields, maxStakingValueSats, refuse);
  return Object.freeze({
    ...{ version, activationHeight: Blocks.height(activationHeight), cap, tag, ...keys, unbondingTimeBlocks, unbondingFeeSats },
    ...{ minStakingValueSats, maxStakingValueSats, minStakingTimeBlocks, maxStakingTimeBlocks, confirmationDepth },
  });
}

/** The JSON form of `params`; {@link from} reads it back unchanged. */
export function toJson(params: Phase1Params): Phase1ParamsJson {
  Check.object(Check.object(params, 'params').cap, 'params.cap');
  Check.list(params.covenantPksCompressed, 'params.covenantPksCompressed');
  return {
    version: params.version,
    activationHeight: params.activationHeight,
    stakingCapSats: params.cap.kind === 'total' ? params.cap.stakingCapSats.toString() : null,
    capHeight: params.cap.kind === 'height' ? params.cap.capHeight : null,
    tagHex: Hex.encode(params.tag),
    covenantPks: params.covenantPksCompressed.map((key) => ({ compressed: Hex.encode(key), xonly: Hex.encode(key.subarray(1)) })),
    covenantQuorum: params.covenantQuorum,
    unbondingTimeBlocks: params.unbondingTimeBlocks,
    unbondingFeeSats: params.unbondingFeeSats.toString(),
    minStakingSats: params.minStakingValueSats.toString(),
    maxStakingSats: params.maxStakingValueSats.toString(),
    minStakingTimeBlocks: params.minStakingTimeBlocks,
    maxStakingTimeBlocks: params.maxStakingTimeBlocks,
    confirmationDepth: params.confirmationDepth,
  };
}

/**
 * The set of `list`, which must be in order; caps never fall.
 *
 * @throws phase1.empty-set, phase1.version-gap, phase1.activation-order
 * @throws phase1.cap-lowered - a total below the last earlier total, or a cap height below the last earlier one (the second by the README alone)
 */
export function setFrom(list: readonly Phase1Params[]): Phase1Set {
  const [first, ...rest] = Check.list(list, 'phase1Versions');
  if (first === undefined) fail<Reason>({ code: 'phase1.empty-set' }, 'a set of parameters needs at least one version');
  const versions = [first, ...rest] as const;
  const last = { height: 0n, total: 0n };
  let previousHeight = 0;
  for (const [expected, params] of versions.entries()) {
    const { version, activationHeight: height, cap } = Check.object(params, `phase1Versions[${expected}]`);
    Check.integer(height, `phase1Versions[${expected}].activationHeight`, 0, 0xffff_ffff);
    Check.object(cap, `phase1Versions[${expected}].cap`);
    if (version !== expected)
      fail<Reason>({ code: 'phase1.version-gap', expected, got: version }, `phase1[${version}]: expected version ${expected} here`);
    const got = cap.kind === 'total' ? cap.stakingCapSats : BigInt(cap.capHeight);
    const previous = last[cap.kind];
    if (got < previous) {
      const facts = { version, previous: previous.toString(), got: got.toString() };
      fail<Reason>({ code: 'phase1.cap-lowered', ...facts }, `phase1[${version}]: the cap falls from ${previous} to ${got}`);
    }
    last[cap.kind] = got;
    if (height <= previousHeight)
      fail<Reason>(
        { code: 'phase1.activation-order', version, previousHeight, height },
        `phase1[${version}].activationHeight: must be above ${previousHeight}, got ${height}`,
      );
    previousHeight = height;
  }
  return Object.freeze({ versions: Object.freeze(versions) }) as unknown as Phase1Set;
}

/**
 * The version in force at the height of the block that includes the staking transaction; its unbonding transaction keeps that version.
 *
 * @throws phase1.none-at-height
 */
export function atHeight(set: Phase1Set, height: Blocks.BlockHeight): Phase1Params {
  Check.integer(height, 'height', 0, 0xffff_ffff);
  const versions = versionsOf(set);
  const found = [...versions].reverse().find(({ activationHeight }) => activationHeight <= height);
  if (found !== undefined) return found;
  const firstActivationHeight = versions[0].activationHeight;
  return fail<Reason>(
    { code: 'phase1.none-at-height', height, firstActivationHeight },
    `no phase-1 parameters are in force at Bitcoin height ${height}; the first version activates at ${firstActivationHeight}`,
  );
}

/**
 * True when a stake that is valid otherwise is locked but not counted. Stakes are judged in chain order (height, then place in the
 * block); the one that crosses a total is still counted, and an unbonding makes room for later stakes only.
 *
 * @param activeTotalSats the sum of active stakes before this one, over all versions; satoshi
 * @source staking-indexer indexer/indexer.go
 */
export function isOverflow(params: Phase1Params, inclusionHeight: Blocks.BlockHeight, activeTotalSats: Sats.Sats): boolean {
  Check.integer(inclusionHeight, 'inclusionHeight', 0, 0xffff_ffff);
  Check.bigInteger(activeTotalSats, 'activeTotalSats', 0n, Sats.MAX);
  Check.object(Check.object(params, 'params').cap, 'params.cap');
  return params.cap.kind === 'height' ? inclusionHeight > params.cap.capHeight : activeTotalSats >= params.cap.stakingCapSats;
}

/** The versions of a set, told from the network that has it: the mistake is near. */
function versionsOf(set: Phase1Set): Phase1Set['versions'] {
  if (set === undefined || set === null) Check.missing('set');
  if (typeof set !== 'object' || !Array.isArray(set.versions) || set.versions.length === 0) {
    const got = Check.kindOf(set);
    fail<Reason>({ code: 'phase1.not-a-set', got }, `set: expected a Phase1Set, got ${got}; of a network it is network.phase1`);
  }
  for (const [i, params] of set.versions.entries())
    Check.integer(Check.object(params, `set.versions[${i}]`).activationHeight, `set.versions[${i}].activationHeight`, 0, 0xffff_ffff);
  return set.versions;
}

type Refuse = (rule: Rule, key: string, message: string) => never;

function readKeys(
  fields: Fields.Fields,
  refuse: Refuse,
  ecc: Ecc.Ecc,
): Pick<Phase1Params, 'covenantPks' | 'covenantPksCompressed' | 'covenantQuorum'> {
  const items = Fields.list(fields, 'covenantPks');
  const quorum = Fields.uint32(fields, 'covenantQuorum');
  if (items.length === 0) refuse({ code: 'phase1.no-covenant-keys' }, 'covenantPks', 'at least one key is needed');
  if (quorum < 1 || quorum > items.length)
    refuse({ code: 'phase1.quorum', quorum, keys: items.length }, 'covenantQuorum', `expected 1..${items.length}, got ${quorum}`);
  const seen = new Set<string>();
  const covenantPksCompressed: Uint8Array[] = [];
  const covenantPks: PublicKey.XOnlyPublicKey[] = [];
  for (const [i, item] of items.entries()) {
    const key = `covenantPks[${i}]`;
    const pair = Fields.from(item, `${fields.path}.${key}`, ['compressed', 'xonly']);
    const compressed = Fields.bytes(pair, 'compressed', 33);
    const pk = PublicKey.fromCompressedAnyParity(compressed, `${pair.path}.compressed`, ecc);
    if (!Bytes.equal(pk, Fields.bytes(pair, 'xonly', 32)))
      refuse({ code: 'phase1.conflicting-fields', fields: ['compressed', 'xonly'] }, key, 'the two forms of the key differ');
    const text = Hex.encode(pk);
    if (seen.has(text)) refuse({ code: 'phase1.duplicate-covenant-key', key: text }, key, `the key ${text} is there twice`);
    seen.add(text);
    covenantPksCompressed.push(compressed);
    covenantPks.push(pk);
  }
  return { covenantPks: Object.freeze(covenantPks), covenantPksCompressed: Object.freeze(covenantPksCompressed), covenantQuorum: quorum };
}

function readCap(fields: Fields.Fields, maxStakingValueSats: Sats.Sats, refuse: Refuse): Cap {
  const { stakingCapSats, capHeight } = fields.values;
  if ((stakingCapSats === null) === (capHeight === null)) {
    const message = 'exactly one of stakingCapSats and capHeight must be given, the other is null';
    refuse({ code: 'phase1.conflicting-fields', fields: ['stakingCapSats', 'capHeight'] }, 'stakingCapSats', message);
  }
  if (stakingCapSats === null) {
    const height = Fields.uint32(fields, 'capHeight');
    if (height === 0) refuse({ code: 'phase1.not-positive' }, 'capHeight', 'must be above 0');
    return Object.freeze({ kind: 'height', capHeight: Blocks.height(height) });
  }
  const cap = positive(fields, 'stakingCapSats', refuse);
  if (cap < maxStakingValueSats) {
    const facts = { capSats: cap.toString(), maxSats: maxStakingValueSats.toString() };
    refuse({ code: 'phase1.cap-below-max-stake', ...facts }, 'stakingCapSats', `below the largest stake of ${maxStakingValueSats} sat`);
  }
  return Object.freeze({ kind: 'total', stakingCapSats: cap });
}

function positive(fields: Fields.Fields, key: string, refuse: Refuse): Sats.Sats {
  const value = Fields.sats(fields, key);
  return value > 0n ? value : refuse({ code: 'phase1.not-positive' }, key, 'must be above 0');
}

function timelock(fields: Fields.Fields, key: string): Blocks.TimelockBlocks {
  return Blocks.timelock(Fields.uint32(fields, key), `${fields.path}.${key}`);
}
