// A plan file: strict JSON to a plan, with the field's name in every refusal.
import * as Networks from '../babylon/Networks.ts';
import * as ParamsSet from '../babylon/ParamsSet.ts';
import type * as StakePolicy from '../babylon/StakePolicy.ts';
import * as StakingContract from '../babylon/StakingContract.ts';
import * as Blocks from '../base/Blocks.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as Sats from '../base/Sats.ts';
import * as Address from '../bitcoin/Address.ts';
import * as Fee from '../bitcoin/Fee.ts';
import type { Network } from '../bitcoin/Network.ts';
import * as Tx from '../bitcoin/Tx.ts';
import * as PublicKey from '../crypto/PublicKey.ts';

export type Reason = Check.Reason | { readonly code: 'cli.unknown-field'; readonly field: string };

type Json = Readonly<Record<string, unknown>>;

const FIELDS = [
  'network',
  'registration',
  'stakerPk',
  'finalityProviderPk',
  'stakingTimeBlocks',
  'stakingTransaction',
  'tipHeight',
  'paramsVersion',
  'step',
  'status',
  'hasInclusionProof',
  'isAllowListed',
  'slashingFeeSats',
  'feeRateSatsPerVbyte',
  'addresses',
  'chain',
  'inclusion',
  'provider',
  'wallet',
  'intent',
  'coins',
  'knownDelegations',
  'pop',
  'limits',
] as const;

/** An object with known fields only: a misspelled one would be a check that is not made. */
function object(value: unknown, field: string, known: readonly string[]): Json {
  const json = Check.object(value as Json, field);
  for (const key of Object.keys(json))
    if (!known.includes(key))
      fail<Reason>(
        { code: 'cli.unknown-field', field: `${field}.${key}` },
        `${field}.${key}: no such field; known are ${known.join(', ')}`,
      );
  return json;
}

function sats(value: unknown, field: string): Sats.Sats {
  return typeof value === 'number'
    ? Sats.from(BigInt(Check.integer(value, field, 0, Number.MAX_SAFE_INTEGER)), field)
    : Sats.parse(Check.text(value, field), field);
}

function hex(value: unknown, field: string, length?: number): Uint8Array {
  return Hex.decode(Check.text(value, field), field, length);
}

/** `{ [key]: read(value) }` when the value is there. */
function put<K extends string, T>(key: K, value: unknown, read: (value: unknown) => T): { readonly [P in K]?: T } {
  return value === undefined ? {} : ({ [key]: read(value) } as { readonly [P in K]?: T });
}

const same = (value: unknown): never => value as never;

/**
 * The plan that a file spells. The types inside are checked by `StakePolicy.review`.
 *
 * @throws cli.unknown-field, input.*, hex.*, sats.*, networks.*, params.*, staking-contract.*, address.*
 */
export function planFromJson(file: unknown): { readonly plan: StakePolicy.StakePlan; readonly bitcoinNetwork: Network } {
  const json = object(file, 'plan', FIELDS);
  const network = Networks.from(Check.text(json['network'], 'plan.network'));
  Networks.assertStaking(network);
  const tipHeight = Blocks.height(json['tipHeight'] as number, 'plan.tipHeight');
  const inclusion = json['inclusion'] === undefined ? undefined : object(json['inclusion'], 'plan.inclusion', ['height', 'index']);
  const height = inclusion === undefined ? tipHeight : Blocks.height(inclusion['height'] as number, 'plan.inclusion.height');
  const version = json['paramsVersion'];
  const params =
    version === undefined ? ParamsSet.atHeight(network.paramsSet, height) : ParamsSet.byVersion(network.paramsSet, version as number);
  const contract = StakingContract.fromParams(params, {
    stakerPk: PublicKey.fromHex(Check.text(json['stakerPk'], 'plan.stakerPk'), 'plan.stakerPk'),
    finalityProviderPks: [PublicKey.fromHex(Check.text(json['finalityProviderPk'], 'plan.finalityProviderPk'), 'plan.finalityProviderPk')],
    stakingTimeBlocks: json['stakingTimeBlocks'] as number,
  });
  const { bitcoinNetwork } = network;
  const plan: StakePolicy.StakePlan = {
    registration: same(json['registration']),
    contract,
    params,
    stakingTransaction: Tx.fromHex(Check.text(json['stakingTransaction'], 'plan.stakingTransaction'), 'plan.stakingTransaction'),
    network,
    chain: { tipHeight, ...chainOf(json['chain']) },
    ...put('inclusion', inclusion, same),
    ...put('step', json['step'], same),
    ...put('status', json['status'], same),
    ...put('hasInclusionProof', json['hasInclusionProof'], same),
    ...put('isAllowListed', json['isAllowListed'], same),
    ...put('slashingFeeSats', json['slashingFeeSats'], (value) => sats(value, 'plan.slashingFeeSats')),
    ...put('referenceFeeRateSatsPerKvb', json['feeRateSatsPerVbyte'], (value) => Fee.ratePerVbyte(value as number)),
    ...put('addresses', json['addresses'], same),
    ...put('provider', json['provider'], providerOf),
    ...put('wallet', json['wallet'], (value) => walletOf(value, bitcoinNetwork)),
    ...put('intent', json['intent'], intentOf),
    ...put('coins', json['coins'], (value) => Check.list(value as readonly unknown[], 'plan.coins').map(coinOf)),
    ...put('knownDelegations', json['knownDelegations'], (value) =>
      Check.list(value as readonly unknown[], 'plan.knownDelegations').map(knownOf),
    ),
    ...put('pop', json['pop'], (value) => same(object(value, 'plan.pop', ['type', 'context', 'bitcoinAddress', 'isValid']))),
    ...put('limits', json['limits'], limitsOf),
  };
  return { plan, bitcoinNetwork };
}

function chainOf(value: unknown): StakePolicy.ChainFacts {
  if (value === undefined) return {};
  const { babylonHeight, ...rest } = object(value, 'plan.chain', ['babylonHeight', 'date', 'latestParamsVersion']);
  return {
    ...(rest as StakePolicy.ChainFacts),
    ...put('babylonHeight', babylonHeight, (given) => sats(given, 'plan.chain.babylonHeight') as bigint),
  };
}

function providerOf(value: unknown): StakePolicy.ProviderFacts {
  const rates = ['commission', 'maxCommission', 'maxCommissionChange'];
  const flags = ['isRegistered', 'isSlashed', 'isJailed', 'isDeleted', 'isActive'];
  const json = object(value, 'plan.provider', ['publicKey', ...flags, ...rates]);
  return { ...(json as unknown as StakePolicy.ProviderFacts), publicKey: hex(json['publicKey'], 'plan.provider.publicKey', 32) };
}

function walletOf(value: unknown, network: Network): StakePolicy.WalletFacts {
  const json = object(value, 'plan.wallet', ['addresses', 'scripts', 'stakerPks']);
  const list = (key: string): readonly unknown[] | undefined =>
    json[key] === undefined ? undefined : Check.list(json[key] as readonly unknown[], `plan.wallet.${key}`);
  const addresses = list('addresses')?.map((text, i) =>
    Address.decode(Check.text(text, `plan.wallet.addresses[${i}]`), network, `plan.wallet.addresses[${i}]`),
  );
  const scripts = list('scripts')?.map((text, i) => hex(text, `plan.wallet.scripts[${i}]`));
  const owned = addresses === undefined && scripts === undefined ? undefined : [...(addresses ?? []), ...(scripts ?? [])];
  return {
    ...put('scripts', owned, same),
    ...put(
      'stakerPks',
      list('stakerPks')?.map((text, i) => hex(text, `plan.wallet.stakerPks[${i}]`, 32)),
      same,
    ),
  };
}

function intentOf(value: unknown): StakePolicy.Intent {
  const { valueSats, ...rest } = object(value, 'plan.intent', ['valueSats', 'days', 'blocks']);
  return { ...(rest as StakePolicy.Intent), ...put('valueSats', valueSats, (given) => sats(given, 'plan.intent.valueSats')) };
}

const COIN = ['confirmations', 'isCoinbase', 'isSpent', 'hasInscription', 'hasRunes', 'hasRareSats'];
const COIN_BYTES = ['scriptPubKey', 'redeemScript', 'witnessScript', 'tapInternalKey'] as const;

function coinOf(value: unknown, i: number): StakePolicy.PlanCoin {
  const field = `plan.coins[${i}]`;
  const json = object(value, field, ['txid', 'vout', 'valueSats', ...COIN_BYTES, ...COIN]);
  const facts = Object.fromEntries(COIN.flatMap((key) => (json[key] === undefined ? [] : [[key, json[key]]])));
  const bytes = Object.fromEntries(
    COIN_BYTES.flatMap((key) => (json[key] === undefined ? [] : [[key, hex(json[key], `${field}.${key}`)]])),
  );
  return {
    ...(facts as Partial<StakePolicy.PlanCoin>),
    ...(bytes as Partial<StakePolicy.PlanCoin>),
    scriptPubKey: hex(json['scriptPubKey'], `${field}.scriptPubKey`),
    outpoint: { txid: Check.text(json['txid'], `${field}.txid`), vout: json['vout'] as number },
    valueSats: sats(json['valueSats'], `${field}.valueSats`),
  };
}

function knownOf(value: unknown, i: number): StakePolicy.KnownDelegation {
  const field = `plan.knownDelegations[${i}]`;
  const json = object(value, field, ['stakerPk', 'stakingTxid', 'stakingOutputIndex']);
  return { ...(json as unknown as StakePolicy.KnownDelegation), stakerPk: hex(json['stakerPk'], `${field}.stakerPk`, 32) };
}

function limitsOf(value: unknown): Partial<StakePolicy.Limits> {
  const { maxFeeSats, ...rest } = Check.object(value as Json, 'plan.limits');
  return { ...(rest as Partial<StakePolicy.Limits>), ...put('maxFeeSats', maxFeeSats, (given) => sats(given, 'plan.limits.maxFeeSats')) };
}
