// One version of the staking parameters, read strictly and checked by the chain's own rules. Babylon x/btcstaking/types/params.go.
import * as Blocks from '../base/Blocks.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as Rate from '../base/Rate.ts';
import * as Sats from '../base/Sats.ts';
import * as Dust from '../bitcoin/Dust.ts';
import * as Ecc from '../crypto/Ecc.ts';
import * as PublicKey from '../crypto/PublicKey.ts';
import * as Fields from './json/fields.ts';
import * as ChainParams from './params/fromChain.ts';
import * as SlashingTx from './SlashingTx.ts';

/** A checked version; made by {@link from} only. */
export type StakingParams = {
  readonly version: number;
  /** First Bitcoin height at which this version applies. */
  readonly btcActivationHeight: Blocks.BlockHeight;
  /** In the chain's stored order, which is not the order of scripts. */
  readonly covenantPks: readonly PublicKey.XOnlyPublicKey[];
  readonly covenantQuorum: number;
  readonly minStakingValueSats: Sats.Sats;
  readonly maxStakingValueSats: Sats.Sats;
  readonly minStakingTimeBlocks: Blocks.TimelockBlocks;
  readonly maxStakingTimeBlocks: Blocks.TimelockBlocks;
  /** Output script that receives the slashed coins, byte for byte. */
  readonly slashingPkScript: Uint8Array;
  readonly minSlashingTxFeeSats: Sats.Sats;
  readonly slashingRate: Rate.RateBps;
  readonly unbondingTimeBlocks: Blocks.TimelockBlocks;
  /** Exact fee of the unbonding transaction, not a minimum. */
  readonly unbondingFeeSats: Sats.Sats;
  /** Decimal fraction as text, 0..1. */
  readonly minCommissionRate: string;
  readonly delegationCreationBaseGasFee: bigint;
  /** Babylon height; 0: there is no allow list. */
  readonly allowListExpirationHeight: bigint;
  /** Where the values come from, when the file says so. */
  readonly sources?: readonly string[];
};

/** The JSON form: amounts, gas and Babylon heights are decimal text, Bitcoin heights and counts numbers, scripts and keys hex. */
export type StakingParamsJson = {
  readonly version: number;
  readonly btcActivationHeight: number;
  readonly covenantPks: readonly string[];
  readonly covenantQuorum: number;
  readonly minStakingValueSats: string;
  readonly maxStakingValueSats: string;
  readonly minStakingTimeBlocks: number;
  readonly maxStakingTimeBlocks: number;
  readonly slashingPkScriptHex: string;
  readonly minSlashingTxFeeSats: string;
  readonly slashingRate: string;
  readonly unbondingTimeBlocks: number;
  readonly unbondingFeeSats: string;
  readonly minCommissionRate: string;
  readonly delegationCreationBaseGasFee: string;
  readonly allowListExpirationHeight: string;
  readonly sources?: readonly string[];
};

const REQUIRED: readonly (keyof StakingParamsJson)[] = [
  'version',
  'btcActivationHeight',
  'covenantPks',
  'covenantQuorum',
  'minStakingValueSats',
  'maxStakingValueSats',
  'minStakingTimeBlocks',
  'maxStakingTimeBlocks',
  'slashingPkScriptHex',
  'minSlashingTxFeeSats',
  'slashingRate',
  'unbondingTimeBlocks',
  'unbondingFeeSats',
  'minCommissionRate',
  'delegationCreationBaseGasFee',
  'allowListExpirationHeight',
];

/**
 * The parameters that `json` spells. First its shape is read, then the chain's rules are applied in the chain's order, then ours.
 *
 * @throws params.not-an-object, params.unknown-field, params.missing-field, params.not-decimal, input.*, hex.*, sats.* - the shape
 * @throws params.quorum-zero, params.quorum-no-majority, params.stake-not-positive, params.stake-range, params.staking-time-limit,
 *   params.staking-time-range, public-key.not-on-curve, params.duplicate-covenant-key, params.slashing-fee-not-positive,
 *   params.commission-rate, params.slashing-rate, params.unbonding-fee, params.slashing-dust, params.unbonding-time-limit - the chain's rules
 * @throws params.no-covenant-keys, params.quorum-above-keys, params.unbonding-time-zero,
 *   params.unbonding-time-above-staking, params.no-slashing-script - ours: the chain lets them pass
 * @source babylon x/btcstaking/types/params.go Validate
 */
export function from(json: unknown, ecc: Ecc.Ecc = Ecc.auto()): StakingParams {
  const draft = read(Fields.from(json, 'params', REQUIRED, ['sources']));
  checkCommittee(draft);
  checkStakes(draft);
  const covenantPks = liftKeys(draft, ecc);
  checkFeesAndRates(draft);
  const slashingRate = rateOf(draft);
  checkUnbondingFee(draft);
  checkDust(draft, slashingRate);
  if (draft.unbondingTimeBlocks > Blocks.MAX_TIMELOCK) {
    const got = draft.unbondingTimeBlocks;
    refuse(draft, { code: 'params.unbonding-time-limit', got, max: 65_535 }, 'unbondingTimeBlocks', `at most 65535 blocks, got ${got}`);
  }
  checkBeyondTheChain(draft);
  return Object.freeze({
    ...draft,
    covenantPks: Object.freeze(covenantPks),
    slashingRate,
    btcActivationHeight: Blocks.height(draft.btcActivationHeight),
    minStakingTimeBlocks: Blocks.timelock(draft.minStakingTimeBlocks),
    maxStakingTimeBlocks: Blocks.timelock(draft.maxStakingTimeBlocks),
    unbondingTimeBlocks: Blocks.timelock(draft.unbondingTimeBlocks),
  });
}

/**
 * The parameters as the chain's REST and CLI answers (`params/btc_height/{h}`, an entry of `params_versions`) or the indexer's API print
 * them: snake_case, amounts as text or numbers, the slashing script in base64 or hex. The same rules apply as in {@link from}; errors
 * of the shape name the chain's fields, errors of the rules ours.
 *
 * @throws params.no-version - the answer to `params` does not tell its version: give `options.version`
 * @throws params.bad-script, params.too-many-finality-providers, params.other-version, and as {@link from}
 * @source babylon proto/babylon/btcstaking/v1/query.proto
 */
export function fromChain(json: unknown, options: ChainParams.Options = {}, ecc: Ecc.Ecc = Ecc.auto()): StakingParams {
  return from(ChainParams.toOurs(json, 'params', Check.object(options, 'options')), ecc);
}

const NUMBERS = ['version', 'covenantQuorum', 'minStakingTimeBlocks', 'maxStakingTimeBlocks', 'unbondingTimeBlocks'] as const;
const AMOUNTS = ['minStakingValueSats', 'maxStakingValueSats'] as const;

/**
 * Returns `value` when it has the shape of a parameter version.
 *
 * @throws input.missing, params.not-parameters - with the way from a network or a set to a version
 */
export function check(value: StakingParams, field = 'params'): StakingParams {
  if (value === undefined || value === null) Check.missing(field);
  if (
    typeof value !== 'object' ||
    !Array.isArray(value.covenantPks) ||
    !NUMBERS.every((key) => typeof value[key] === 'number') ||
    !AMOUNTS.every((key) => typeof value[key] === 'bigint')
  ) {
    const got = Check.kindOf(value);
    const advice = 'take one with ParamsSet.atHeight(network.paramsSet, height) or ParamsSet.latest(network.paramsSet)';
    fail<Reason>({ code: 'params.not-parameters', field, got }, `${field}: expected one version of the parameters, got ${got}; ${advice}`);
  }
  return value;
}

/** The JSON form of `params`; {@link from} reads it back unchanged. */
export function toJson(params: StakingParams): StakingParamsJson {
  check(params);
  for (const key of ['minSlashingTxFeeSats', 'unbondingFeeSats'] as const) Sats.from(params[key], `params.${key}`);
  for (const key of ['delegationCreationBaseGasFee', 'allowListExpirationHeight'] as const)
    Check.bigInteger(params[key], `params.${key}`, 0n, 0xffff_ffff_ffff_ffffn);
  if (params.sources !== undefined) Check.list(params.sources, 'params.sources');
  return {
    version: params.version,
    btcActivationHeight: params.btcActivationHeight,
    covenantPks: params.covenantPks.map(Hex.encode),
    covenantQuorum: params.covenantQuorum,
    minStakingValueSats: params.minStakingValueSats.toString(),
    maxStakingValueSats: params.maxStakingValueSats.toString(),
    minStakingTimeBlocks: params.minStakingTimeBlocks,
    maxStakingTimeBlocks: params.maxStakingTimeBlocks,
    slashingPkScriptHex: Hex.encode(params.slashingPkScript),
    minSlashingTxFeeSats: params.minSlashingTxFeeSats.toString(),
    // 18 places, as the chain prints its decimals.
    slashingRate: Rate.format(params.slashingRate).padEnd(20, '0'),
    unbondingTimeBlocks: params.unbondingTimeBlocks,
    unbondingFeeSats: params.unbondingFeeSats.toString(),
    minCommissionRate: params.minCommissionRate,
    delegationCreationBaseGasFee: params.delegationCreationBaseGasFee.toString(),
    allowListExpirationHeight: params.allowListExpirationHeight.toString(),
    ...(params.sources === undefined ? {} : { sources: [...params.sources] }),
  };
}

/**
 * The rule that a governance change must keep besides: the unbonding time lies strictly above the finalisation timeout w of the
 * checkpoints, so that a slashing transaction wins the race against an unbonding.
 *
 * @throws params.unbonding-time-not-above-finalization
 * @source babylon x/btcstaking/keeper/params.go
 */
export function assertAboveFinalization(params: StakingParams, finalizationTimeoutBlocks: number): void {
  check(params);
  Check.integer(finalizationTimeoutBlocks, 'finalizationTimeoutBlocks', 1, 0xffff_ffff);
  if (params.unbondingTimeBlocks <= finalizationTimeoutBlocks) {
    const facts = { unbondingTimeBlocks: params.unbondingTimeBlocks, finalizationTimeoutBlocks };
    fail<Reason>(
      { code: 'params.unbonding-time-not-above-finalization', version: params.version, ...facts },
      `params[${params.version}].unbondingTimeBlocks: must be above the ${finalizationTimeoutBlocks} blocks of finalisation, got ${params.unbondingTimeBlocks}`,
    );
  }
}

// The fields after the shape has been read and before the rules are applied.
type Draft = ReturnType<typeof read>;

function read(fields: Fields.Fields) {
  return {
    version: Fields.uint32(fields, 'version'),
    btcActivationHeight: Fields.uint32(fields, 'btcActivationHeight'),
    covenantPks: Fields.bytesList(fields, 'covenantPks', 32),
    covenantQuorum: Fields.uint32(fields, 'covenantQuorum'),
    minStakingValueSats: Fields.sats(fields, 'minStakingValueSats'),
    maxStakingValueSats: Fields.sats(fields, 'maxStakingValueSats'),
    minStakingTimeBlocks: Fields.uint32(fields, 'minStakingTimeBlocks'),
    maxStakingTimeBlocks: Fields.uint32(fields, 'maxStakingTimeBlocks'),
    slashingPkScript: Fields.bytes(fields, 'slashingPkScriptHex'),
    minSlashingTxFeeSats: Fields.sats(fields, 'minSlashingTxFeeSats'),
    slashingRate: Fields.text(fields, 'slashingRate'),
    unbondingTimeBlocks: Fields.uint32(fields, 'unbondingTimeBlocks'),
    unbondingFeeSats: Fields.sats(fields, 'unbondingFeeSats'),
    minCommissionRate: Fields.text(fields, 'minCommissionRate'),
    delegationCreationBaseGasFee: Fields.uint64(fields, 'delegationCreationBaseGasFee'),
    allowListExpirationHeight: Fields.uint64(fields, 'allowListExpirationHeight'),
    ...(Object.hasOwn(fields.values, 'sources') ? { sources: Object.freeze(Fields.textList(fields, 'sources')) } : {}),
  };
}

function checkCommittee(draft: Draft): void {
  const { covenantQuorum: quorum, covenantPks } = draft;
  if (quorum === 0) refuse(draft, { code: 'params.quorum-zero' }, 'covenantQuorum', 'must be above 0');
  if (2 * quorum <= covenantPks.length) {
    const facts = { quorum, keys: covenantPks.length };
    refuse(draft, { code: 'params.quorum-no-majority', ...facts }, 'covenantQuorum', `${quorum} of ${covenantPks.length} is no majority`);
  }
}

function checkStakes(draft: Draft): void {
  for (const field of ['minStakingValueSats', 'maxStakingValueSats'] as const) {
    if (draft[field] === 0n) refuse(draft, { code: 'params.stake-not-positive', field }, field, 'must be above 0 sat');
  }
  const { minStakingValueSats: min, maxStakingValueSats: max } = draft;
  if (min > max) {
    const facts = { minSats: min.toString(), maxSats: max.toString() };
    refuse(draft, { code: 'params.stake-range', ...facts }, 'minStakingValueSats', `${min} sat is above the maximum of ${max} sat`);
  }
  for (const field of ['minStakingTimeBlocks', 'maxStakingTimeBlocks'] as const) {
    const got = draft[field];
    if (got < 1 || got > Blocks.MAX_TIMELOCK)
      refuse(draft, { code: 'params.staking-time-limit', field, got, max: 65_535 }, field, `expected 1..65535 blocks, got ${got}`);
  }
  const { minStakingTimeBlocks: minBlocks, maxStakingTimeBlocks: maxBlocks } = draft;
  if (minBlocks > maxBlocks) {
    const message = `${minBlocks} blocks is above the maximum of ${maxBlocks} blocks`;
    refuse(draft, { code: 'params.staking-time-range', minBlocks, maxBlocks }, 'minStakingTimeBlocks', message);
  }
}

function liftKeys(draft: Draft, ecc: Ecc.Ecc): readonly PublicKey.XOnlyPublicKey[] {
  const keys = draft.covenantPks.map((key, i) => PublicKey.fromXOnly(key, `params[${draft.version}].covenantPks[${i}]`, ecc));
  const seen = new Set<string>();
  for (const key of keys.map(Hex.encode)) {
    if (seen.has(key)) refuse(draft, { code: 'params.duplicate-covenant-key', key }, 'covenantPks', `the key ${key} is there twice`);
    seen.add(key);
  }
  return keys;
}

function checkFeesAndRates(draft: Draft): void {
  if (draft.minSlashingTxFeeSats === 0n)
    refuse(draft, { code: 'params.slashing-fee-not-positive' }, 'minSlashingTxFeeSats', 'must be above 0 sat');
  // 0, 1, or 0.… with at most the 18 places of the chain's decimals.
  if (!/^(0(\.[0-9]{1,18})?|1(\.0{1,18})?)$/.test(draft.minCommissionRate)) {
    const got = draft.minCommissionRate;
    refuse(draft, { code: 'params.commission-rate', got }, 'minCommissionRate', `expected a decimal fraction 0..1, got ${got}`);
  }
}

function rateOf(draft: Draft): Rate.RateBps {
  try {
    return Rate.parse(draft.slashingRate, `params[${draft.version}].slashingRate`);
  } catch (cause) {
    const got = draft.slashingRate;
    const message = `expected a rate strictly between 0 and 1 with at most 4 decimals, got ${got}`;
    return refuse(draft, { code: 'params.slashing-rate', got, reference: 'invalid slashing rate' }, 'slashingRate', message, cause);
  }
}

function checkUnbondingFee(draft: Draft): void {
  const { unbondingFeeSats: fee, minStakingValueSats: min } = draft;
  if (fee > 0n && fee < min) return;
  const facts = { feeSats: fee.toString(), minStakingValueSats: min.toString(), reference: 'invalid unbonding fee' } as const;
  refuse(
    draft,
    { code: 'params.unbonding-fee', ...facts },
    'unbondingFeeSats',
    `expected above 0 and below the minimum stake of ${min} sat, got ${fee}`,
  );
}

// The slash of the smallest unbonding output must be relayed. A data output is exempt, its coins are burnt.
function checkDust(draft: Draft, rate: Rate.RateBps): void {
  const smallest = Sats.sub(draft.minStakingValueSats, draft.unbondingFeeSats);
  const slashed = SlashingTx.slashingAmountSats(smallest, rate);
  if (!Dust.isDust(draft.slashingPkScript, slashed)) return;
  const facts = { slashedSats: slashed.toString(), thresholdSats: Dust.threshold(draft.slashingPkScript).toString() };
  const message = `the smallest slash of ${slashed} sat is dust for this script`;
  refuse(draft, { code: 'params.slashing-dust', ...facts }, 'slashingPkScriptHex', message);
}

// What the chain would accept and what can then lock coins for ever, or build nothing at all.
function checkBeyondTheChain(draft: Draft): void {
  const { covenantPks, covenantQuorum: quorum } = draft;
  if (covenantPks.length === 0) refuse(draft, { code: 'params.no-covenant-keys' }, 'covenantPks', 'at least one key is needed');
  if (quorum > covenantPks.length) {
    const facts = { quorum, keys: covenantPks.length };
    refuse(draft, { code: 'params.quorum-above-keys', ...facts }, 'covenantQuorum', `${quorum} of ${covenantPks.length} can never sign`);
  }
  if (draft.unbondingTimeBlocks === 0)
    refuse(draft, { code: 'params.unbonding-time-zero' }, 'unbondingTimeBlocks', 'an output with lock 0 can never be withdrawn');
  const { unbondingTimeBlocks, maxStakingTimeBlocks } = draft;
  if (unbondingTimeBlocks > maxStakingTimeBlocks) {
    const facts = { unbondingTimeBlocks, maxStakingTimeBlocks };
    const message = `${unbondingTimeBlocks} blocks are above every staking time (at most ${maxStakingTimeBlocks}): to unbond would take longer than to wait`;
    refuse(draft, { code: 'params.unbonding-time-above-staking', ...facts }, 'unbondingTimeBlocks', message);
  }
  if (draft.slashingPkScript.length === 0)
    refuse(draft, { code: 'params.no-slashing-script' }, 'slashingPkScriptHex', 'an empty script takes no slashed coins');
}

/** What a rule refuses; every reason names the version and the field besides its own facts. */
export type Rule =
  | { readonly code: 'params.quorum-zero' }
  | { readonly code: 'params.quorum-no-majority'; readonly quorum: number; readonly keys: number }
  | { readonly code: 'params.stake-not-positive'; readonly field: string }
  | { readonly code: 'params.stake-range'; readonly minSats: string; readonly maxSats: string }
  | { readonly code: 'params.staking-time-limit'; readonly field: string; readonly got: number; readonly max: 65_535 }
  | { readonly code: 'params.staking-time-range'; readonly minBlocks: number; readonly maxBlocks: number }
  | { readonly code: 'params.duplicate-covenant-key'; readonly key: string }
  | { readonly code: 'params.slashing-fee-not-positive' }
  | { readonly code: 'params.commission-rate'; readonly got: string }
  | { readonly code: 'params.slashing-rate'; readonly got: string; readonly reference: 'invalid slashing rate' }
  | {
      readonly code: 'params.unbonding-fee';
      readonly feeSats: string;
      readonly minStakingValueSats: string;
      readonly reference: 'invalid unbonding fee';
    }
  | { readonly code: 'params.slashing-dust'; readonly slashedSats: string; readonly thresholdSats: string }
  | { readonly code: 'params.unbonding-time-limit'; readonly got: number; readonly max: 65_535 }
  | { readonly code: 'params.no-covenant-keys' }
  | { readonly code: 'params.quorum-above-keys'; readonly quorum: number; readonly keys: number }
  | { readonly code: 'params.unbonding-time-zero' }
  | { readonly code: 'params.unbonding-time-above-staking'; readonly unbondingTimeBlocks: number; readonly maxStakingTimeBlocks: number }
  | { readonly code: 'params.no-slashing-script' };

export type Reason =
  | Fields.Reason
  | ChainParams.Reason
  | PublicKey.Reason
  | (Rule & { readonly version: number; readonly field: string })
  | { readonly code: 'params.not-parameters'; readonly field: string; readonly got: string }
  | {
      readonly code: 'params.unbonding-time-not-above-finalization';
      readonly version: number;
      readonly unbondingTimeBlocks: number;
      readonly finalizationTimeoutBlocks: number;
    };

function refuse(draft: Draft, rule: Rule, key: string, message: string, cause?: unknown): never {
  const field = `params[${draft.version}].${key}`;
  fail<Reason>({ ...rule, version: draft.version, field }, `${field}: ${message}`, cause === undefined ? {} : { cause });
}
