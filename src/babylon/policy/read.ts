// From a plan to a case: every field is checked by type and range, arrays of facts are made whole or left out.
import * as Check from '../../base/Check.ts';
import { fail, isSatlockError } from '../../base/Errors.ts';
import * as Hex from '../../base/Hex.ts';
import * as Rate from '../../base/Rate.ts';
import * as Sats from '../../base/Sats.ts';
import * as Coin from '../../bitcoin/Coin.ts';
import * as Network from '../../bitcoin/Network.ts';
import * as Tx from '../../bitcoin/Tx.ts';
import type * as Networks from '../Networks.ts';
import * as Params from '../Params.ts';
import * as ParamsSet from '../ParamsSet.ts';
import { dayOf, estimatedDay } from './days.ts';
import * as Fraction from './fraction.ts';
import { limitsOf } from './limits.ts';
import type * as Plan from './plan.ts';
import type { Case, Need } from './rule.ts';

export type Reason =
  | Check.Reason
  | { readonly code: 'stake-policy.not-boolean'; readonly field: string; readonly got: string }
  | { readonly code: 'stake-policy.duplicate-coin'; readonly field: string; readonly coin: string };

/** `read(value)` unless the value is left out. */
export function optional<T, R>(value: T | undefined, read: (value: T) => R): R | undefined {
  return value === undefined ? undefined : read(value);
}

/** @throws stake-policy.not-boolean */
export function flag(value: unknown, field: string): boolean {
  if (typeof value !== 'boolean')
    fail<Reason>(
      { code: 'stake-policy.not-boolean', field, got: Check.kindOf(value) },
      `${field}: expected true or false, got ${Check.kindOf(value)}`,
    );
  return value;
}

const height = (value: unknown, field: string): number => Check.integer(value, field, 0, 0xffff_ffff);

/** Part of a case that comes from network and chain. */
export function chainPart(
  network: Networks.Network | undefined,
  chain: Plan.ChainFacts | undefined,
): Pick<Case, 'network' | 'tipHeight' | 'babylonHeight' | 'latestParamsVersion' | 'today'> {
  const checked = optional(network, checkNetwork);
  const { tipHeight, babylonHeight, date, latestParamsVersion } = optional(chain, (given) => Check.object(given, 'chain')) ?? {};
  const tip = optional(tipHeight, (value) => height(value, 'chain.tipHeight'));
  const today = optional(date, (text) => ({ day: dayOf(text, 'chain.date'), estimated: false }));
  return {
    network: checked,
    tipHeight: tip,
    babylonHeight: optional(babylonHeight, (value) => Check.bigInteger(value, 'chain.babylonHeight', 0n, 0xffff_ffff_ffff_ffffn)),
    latestParamsVersion: optional(latestParamsVersion, (value) => Check.integer(value, 'chain.latestParamsVersion', 0, 0xffff_ffff)),
    today: today ?? (tip !== undefined && checked?.bitcoinNetwork === 'mainnet' ? { day: estimatedDay(tip), estimated: true } : undefined),
  };
}

function checkNetwork(network: Networks.Network): Networks.Network {
  Check.object(network, 'network');
  Check.text(network.name, 'network.name');
  Network.from(network.bitcoinNetwork);
  dayOf(network.asOf, 'network.asOf');
  if (network.paramsSet !== undefined) {
    ParamsSet.latest(network.paramsSet);
    for (const [i, params] of network.paramsSet.versions.entries()) checkParams(params, `network.paramsSet.versions[${i}]`);
  }
  if (network.phase1 !== undefined)
    for (const [i, entry] of Check.list(Check.object(network.phase1, 'network.phase1').versions, 'network.phase1.versions').entries())
      Check.bytes(Check.object(entry, `network.phase1.versions[${i}]`).tag, `network.phase1.versions[${i}].tag`, 4);
  if (network.btccheckpoint !== undefined)
    Check.integer(
      Check.object(network.btccheckpoint, 'network.btccheckpoint').btcConfirmationDepth,
      'network.btccheckpoint.btcConfirmationDepth',
      0,
      0xffff,
    );
  return network;
}

/** Every field of a version that a rule looks at. */
export function checkParams(params: Params.StakingParams, field = 'params'): Params.StakingParams {
  Params.check(params, field);
  for (const [i, key] of params.covenantPks.entries()) Check.bytes(key, `${field}.covenantPks[${i}]`, 32);
  for (const key of ['version', 'covenantQuorum', 'minStakingTimeBlocks', 'maxStakingTimeBlocks', 'unbondingTimeBlocks'] as const)
    height(params[key], `${field}.${key}`);
  height(params.btcActivationHeight, `${field}.btcActivationHeight`);
  for (const key of ['minStakingValueSats', 'maxStakingValueSats', 'minSlashingTxFeeSats', 'unbondingFeeSats'] as const)
    Sats.from(params[key], `${field}.${key}`);
  Check.bytes(params.slashingPkScript, `${field}.slashingPkScript`);
  Rate.from(params.slashingRate, `${field}.slashingRate`);
  Check.bigInteger(params.allowListExpirationHeight, `${field}.allowListExpirationHeight`, 0n, 0xffff_ffff_ffff_ffffn);
  return params;
}

/** Part of a case that comes from the provider. */
export function providerPart(
  provider: Plan.ProviderFacts | undefined,
): Pick<
  Case,
  'provider' | 'providerSlashed' | 'providerJailed' | 'providerDeleted' | 'providerActive' | 'commission' | 'commissionLimits'
> {
  if (provider === undefined) return {};
  Check.object(provider, 'provider');
  Check.bytes(provider.publicKey, 'provider.publicKey', 32);
  flag(provider.isRegistered, 'provider.isRegistered');
  const fraction = (key: 'commission' | 'maxCommission' | 'maxCommissionChange'): bigint | undefined =>
    optional(provider[key], (text) => Fraction.parse(text, `provider.${key}`));
  const max = fraction('maxCommission');
  const change = fraction('maxCommissionChange');
  return {
    provider,
    providerSlashed: optional(provider.isSlashed, (value) => flag(value, 'provider.isSlashed')),
    providerJailed: optional(provider.isJailed, (value) => flag(value, 'provider.isJailed')),
    providerDeleted: optional(provider.isDeleted, (value) => flag(value, 'provider.isDeleted')),
    providerActive: optional(provider.isActive, (value) => flag(value, 'provider.isActive')),
    commission: fraction('commission'),
    commissionLimits: max === undefined || change === undefined ? undefined : { max, change },
  };
}

/** Part of a case that comes from the wallet. */
export function walletPart(wallet: Plan.WalletFacts | undefined): Pick<Case, 'owns' | 'stakerKeys'> {
  if (wallet === undefined) return {};
  const { scripts, owns, stakerPks } = Check.object(wallet, 'wallet');
  const known = optional(
    scripts,
    (list) => new Set(Check.list(list, 'wallet.scripts').map((script, i) => Hex.encode(Check.bytes(script, `wallet.scripts[${i}]`)))),
  );
  const ask = optional(owns, (question) => Check.callable(question, 'wallet.owns'));
  return {
    owns:
      known === undefined && ask === undefined
        ? undefined
        : (script) => known?.has(Hex.encode(script)) === true || (ask !== undefined && flag(ask(script), 'wallet.owns(…)')),
    stakerKeys: optional(stakerPks, (list) =>
      Check.list(list, 'wallet.stakerPks').map((key, i) => Check.bytes(key, `wallet.stakerPks[${i}]`, 32)),
    ),
  };
}

type PerCoin = { readonly [N in Need]?: readonly (number | boolean | undefined)[] };

/**
 * Facts that a caller may know of each coin or output: what is known of one is looked at though it is not known of another, and `partly` says
 * so. Left out is what is known of none.
 */
export function eachOf<Facts extends PerCoin>(facts: Facts): Partial<Facts> & Pick<Case, 'partly'> {
  const isKnown = (value: unknown): boolean => value !== undefined;
  const entries = Object.entries(facts) as [Need, readonly unknown[]][];
  const known = entries.filter(([, list]) => list.length === 0 || list.some(isKnown));
  const partly = known.filter(([, list]) => !list.every(isKnown)).map(([need]) => need);
  return { ...(Object.fromEntries(known) as Partial<Facts>), partly };
}

/** Part of a case that comes from the coins; `extraSats` and `extraWeight` are those of an input that is none of them (the stake of an extension). */
export function coinPart(
  transaction: Tx.Transaction,
  coins: readonly Plan.PlanCoin[] | undefined,
  extra: { readonly outpoint: Tx.Outpoint; readonly valueSats: bigint; readonly witnessBytes: number } | undefined,
): Pick<Case, 'coins' | 'confirmations' | 'coinbase' | 'spent' | 'inscribed' | 'runes' | 'rare' | 'feeSats' | 'weight' | 'partly'> {
  if (coins === undefined) return { partly: [] };
  const checked = Check.list(coins, 'coins').map(checkCoin);
  checkDistinct(checked, 'coins');
  return {
    coins: checked,
    ...eachOf({
      confirmations: checked.map(({ confirmations }) => confirmations),
      coinbase: checked.map(({ isCoinbase }) => isCoinbase),
      spent: checked.map(({ isSpent }) => isSpent),
      inscribed: checked.map(({ hasInscription }) => hasInscription),
      runes: checked.map(({ hasRunes }) => hasRunes),
      rare: checked.map(({ hasRareSats }) => hasRareSats),
    }),
    ...feePart(transaction, checked, extra),
  };
}

/** Outpoints as keys of a map; of checked ones, whose txid is in lower case. */
export function placeOf({ txid, vout }: Tx.Outpoint): string {
  return `${txid}:${vout}`;
}

/**
 * Refuses a list that tells of one outpoint twice: it could tell two values.
 *
 * @throws stake-policy.duplicate-coin
 */
export function checkDistinct(list: readonly { readonly outpoint: Tx.Outpoint }[], name: string): void {
  const seen = new Set<string>();
  for (const [i, { outpoint }] of list.entries()) {
    const coin = placeOf(outpoint);
    const field = `${name}[${i}]`;
    if (seen.has(coin)) fail<Reason>({ code: 'stake-policy.duplicate-coin', field, coin }, `${field}: ${coin} is in the list twice`);
    seen.add(coin);
  }
}

function checkCoin(coin: Plan.PlanCoin, i: number): Plan.PlanCoin {
  const field = `coins[${i}]`;
  Check.object(coin, field);
  const outpoint = Tx.checkOutpoint(coin.outpoint, `${field}.outpoint`);
  Sats.from(coin.valueSats, `${field}.valueSats`);
  Check.bytes(coin.scriptPubKey, `${field}.scriptPubKey`);
  for (const key of ['redeemScript', 'witnessScript', 'tapInternalKey'] as const)
    optional(coin[key], (bytes) => Check.bytes(bytes, `${field}.${key}`));
  optional(coin.confirmations, (value) => height(value, `${field}.confirmations`));
  for (const key of ['isCoinbase', 'isSpent', 'hasInscription', 'hasRunes', 'hasRareSats'] as const)
    optional(coin[key], (value) => flag(value, `${field}.${key}`));
  return { ...coin, outpoint };
}

/** Fee and weight, when every input is among the coins and can be weighed. */
function feePart(
  transaction: Tx.Transaction,
  coins: readonly Plan.PlanCoin[],
  extra: Parameters<typeof coinPart>[2],
): Pick<Case, 'feeSats' | 'weight'> {
  let inSats = 0n;
  const weights: (number | undefined)[] = [];
  const known = new Map(coins.map((coin) => [placeOf(coin.outpoint), coin]));
  for (let i = 0; i < transaction.ins.length; i++) {
    if (extra !== undefined && Tx.spends(transaction, i, extra.outpoint)) {
      inSats += extra.valueSats;
      weights.push(4 * 41 + extra.witnessBytes);
      continue;
    }
    const coin = known.get(placeOf(Tx.outpointOf(transaction, i)));
    if (coin === undefined) return {};
    inSats += coin.valueSats;
    weights.push(weightOf(coin));
  }
  const outSats = transaction.outs.reduce((sum, { value }) => sum + value, 0n);
  return { feeSats: inSats - outSats, weight: totalWeight(transaction, weights) };
}

function totalWeight(transaction: Tx.Transaction, inputs: readonly (number | undefined)[]): number | undefined {
  const bare = Tx.stripped(transaction);
  for (let i = 0; i < bare.ins.length; i++) bare.setInputScript(i, new Uint8Array(0));
  // An empty input has 41 bytes; the marker and flag of a segwit transaction weigh 2.
  const rest = 4 * (bare.byteLength(false) - 41 * bare.ins.length) + 2;
  return inputs.reduce((sum, weight) => (sum === undefined || weight === undefined ? undefined : sum + weight), rest as number | undefined);
}

function weightOf(coin: Coin.Coin): number | undefined {
  try {
    return Coin.inputWeight(Coin.toInput(coin, 'coin', { allowTxidChange: true, weighOnly: true }));
  } catch (error) {
    // Kinds that cannot be weighed: the report says that the rate was not checked.
    if (isSatlockError(error)) return undefined;
    throw error;
  }
}

/** Part of a case that comes from limits. */
export function limitPart(limits: Partial<Plan.Limits> | undefined): Pick<Case, 'limits'> {
  return { limits: limitsOf(limits) };
}

/** A fee rate that is held against others. */
export function rateOf(value: bigint | undefined): bigint | undefined {
  return optional(value, (rate) => Check.bigInteger(rate, 'referenceFeeRateSatsPerKvb', 1n, Sats.MAX));
}

/** Texts of addresses. */
export function addressesOf(list: readonly string[] | undefined): readonly string[] | undefined {
  return optional(list, (texts) => Check.list(texts, 'addresses').map((text, i) => Check.text(text, `addresses[${i}]`)));
}
