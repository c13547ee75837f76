// From what stands in the form, or in a pasted JSON, to one value with everything that the page shows.
import * as Lib from '../../../src/index.ts';
import * as Demo from './demo.ts';
import { fail, type Problem, problemOf } from './problem.ts';

export type FieldName = 'network' | 'tip' | 'stakerPk' | 'providerPk' | 'amount' | 'time' | 'feeRate' | 'change' | 'coins' | 'json' | 'raw';
export type Texts = Readonly<Partial<Record<FieldName, string>>>;

export type View = {
  readonly network: Lib.Networks.StakingNetwork;
  readonly delegation: Lib.Delegation.Delegation;
  /** The version of the parameters, where one of the network fits. */
  readonly params: Lib.Params.StakingParams | undefined;
  /** Those that the staking transaction spends; not known of a pasted delegation. */
  readonly coins: readonly Lib.StakePolicy.PlanCoin[] | undefined;
  readonly tip: number | undefined;
  readonly feeRate: bigint;
  readonly owned: readonly Uint8Array[];
  readonly intent: Lib.StakePolicy.Intent;
  readonly signed: Demo.Signed | undefined;
};

export type Setting = { readonly isDemo: boolean; readonly staker: Lib.SecretKey.SecretKey; readonly ecc: Lib.Ecc };

/** Collects what is wrong field by field, so that all of it is told at once. */
class Reader {
  readonly problems: Problem[] = [];
  readonly #texts: Texts;

  constructor(texts: Texts) {
    this.#texts = texts;
  }

  read<T>(field: FieldName, parse: (text: string) => T): T | undefined {
    try {
      return parse((this.#texts[field] ?? '').trim());
    } catch (error) {
      this.problems.push({ ...problemOf(error), field });
      return undefined;
    }
  }
}

export type Outcome = { readonly view: View } | { readonly problems: readonly Problem[] };

/** The network of a name, with the demo committee where that is wanted. */
export function networkOf(name: string, { isDemo, staker, ecc }: Setting): Lib.Networks.StakingNetwork {
  const network = Lib.Networks.from(name, ecc);
  Lib.Networks.assertStaking(network);
  return isDemo ? Demo.networkOf(network, Demo.keysOf(staker, network.bitcoinNetwork, ecc), ecc) : network;
}

/** A stake as the form describes it. */
export async function build(texts: Texts, setting: Setting): Promise<Outcome> {
  const { ecc } = setting;
  const reader = new Reader(texts);
  const network = reader.read('network', (name) => networkOf(name, setting));
  if (network === undefined) return { problems: reader.problems };
  const tip = reader.read('tip', wholeNumber);
  const stakerPk = reader.read('stakerPk', (text) => Lib.PublicKey.fromHex(text, 'stakerPk', ecc));
  const finalityProviderPk = reader.read('providerPk', (text) => Lib.PublicKey.fromHex(text, 'finalityProviderPk', ecc));
  const valueSats = reader.read('amount', (text) => Lib.Sats.parse(text.replaceAll(',', ''), 'amount'));
  const stakingTimeBlocks = reader.read('time', wholeNumber);
  const feeRate = reader.read('feeRate', (text) => Lib.Fee.ratePerVbyte(text, 'feeRate'));
  const change = reader.read('change', (text) => Lib.Address.decode(text, network.bitcoinNetwork, 'change', ecc));
  const candidates = change === undefined ? undefined : reader.read('coins', (text) => coinsOf(text, change));
  if (
    tip === undefined ||
    stakerPk === undefined ||
    finalityProviderPk === undefined ||
    valueSats === undefined ||
    stakingTimeBlocks === undefined ||
    feeRate === undefined ||
    change === undefined ||
    candidates === undefined
  )
    return { problems: reader.problems };
  try {
    const terms = { stakerPk, finalityProviderPk, stakingTimeBlocks, valueSats, feeRateSatsPerKvb: feeRate, changeScriptPubKey: change };
    const { paramsSet } = network;
    const plan = Lib.StakePlan.forStake({ paramsSet, babylonBtcTipHeight: tip, candidates, ...terms }, ecc);
    const { delegation, params, coins } = plan;
    const signed = await signedOf(delegation, coins, network, setting);
    const intent = { valueSats, blocks: stakingTimeBlocks };
    return { view: { network, delegation, params, coins, tip, feeRate, owned: [change], intent, signed } };
  } catch (error) {
    return { problems: [problemOf(error)] };
  }
}

/** A delegation from its JSON form. */
export async function read(texts: Texts, setting: Setting): Promise<Outcome> {
  const { ecc } = setting;
  const reader = new Reader(texts);
  const delegation = reader.read('json', (text) => Lib.Delegation.fromJson(parseJson(text), ecc));
  const feeRate = 3_000n;
  if (delegation === undefined) return { problems: reader.problems };
  try {
    const named = networkOf(texts.network ?? '', { ...setting, isDemo: false });
    const keys = Demo.keysOf(setting.staker, named.bitcoinNetwork, ecc);
    const isOurs = Demo.isOurs(delegation.contract, keys);
    const network = isOurs ? Demo.networkOf(named, keys, ecc) : named;
    const params = paramsOf(network, delegation);
    const signed = await signedOf(delegation, undefined, network, setting);
    return { view: { network, delegation, params, coins: undefined, tip: undefined, feeRate, owned: [], intent: {}, signed } };
  } catch (error) {
    return { problems: [problemOf(error)] };
  }
}

/** The version of the network that the delegation names, or the newest with its committee, times and fees. */
function paramsOf(network: Lib.Networks.StakingNetwork, delegation: Lib.Delegation.Delegation): Lib.Params.StakingParams | undefined {
  const key = (list: readonly Uint8Array[]): string => list.map(Lib.Hex.encode).sort().join();
  const { terms } = delegation.contract;
  const fits = (params: Lib.Params.StakingParams): boolean =>
    key(params.covenantPks) === key(terms.covenantPks) &&
    params.covenantQuorum === terms.covenantQuorum &&
    params.unbondingTimeBlocks === terms.unbondingTimeBlocks &&
    params.unbondingFeeSats === delegation.rules.unbondingFeeSats;
  const { versions } = network.paramsSet;
  const named = versions.find(({ version }) => version === delegation.paramsVersion);
  return named !== undefined && fits(named) ? named : [...versions].reverse().find(fits);
}

async function signedOf(
  delegation: Lib.Delegation.Delegation,
  coins: readonly Lib.Coin.Coin[] | undefined,
  network: Lib.Networks.StakingNetwork,
  { staker, ecc }: Setting,
): Promise<Demo.Signed | undefined> {
  const keys = Demo.keysOf(staker, network.bitcoinNetwork, ecc);
  return Demo.isOurs(delegation.contract, keys) ? Demo.signAll(delegation, coins, staker, network, ecc) : undefined;
}

function wholeNumber(text: string): number {
  if (!/^[0-9]{1,9}$/.test(text.replaceAll(',', ''))) fail('page.not-a-number', 'expected a whole number');
  return Number(text.replaceAll(',', ''));
}

/** One coin a line: `txid:vout amount [confirmations]`. */
function coinsOf(text: string, scriptPubKey: Uint8Array): readonly Lib.StakePolicy.PlanCoin[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) fail('page.no-coins', 'expected at least one coin');
  return lines.map((line, i) => {
    const [, txid, vout, value, confirmations] = /^\s*([0-9a-f]{64}):(\d{1,9})\s+([\d,]+)(?:\s+(\d{1,8}))?\s*$/.exec(line) ?? [];
    if (txid === undefined || vout === undefined || value === undefined)
      return fail('page.bad-coin', `line ${i + 1}: expected txid:vout amount, and confirmations where they are known`);
    const outpoint = Lib.Tx.checkOutpoint({ txid, vout: Number(vout) }, `coins[${i}].outpoint`);
    const valueSats = Lib.Sats.parse(value.replaceAll(',', ''), `coins[${i}]`);
    return { outpoint, scriptPubKey, valueSats, ...(confirmations === undefined ? {} : { confirmations: Number(confirmations) }) };
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return fail('page.not-json', 'this is no JSON');
  }
}
