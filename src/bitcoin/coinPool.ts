// The coins that a selection may take: checked once, weighed once, and every coin that is left out with its reason.
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail, hasCode } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as Sats from '../base/Sats.ts';
import * as Address from './Address.ts';
import * as Coin from './Coin.ts';
import * as CompactSize from './CompactSize.ts';
import * as Dust from './Dust.ts';
import * as Tx from './Tx.ts';
import { type Weighed, weigh } from './weigh.ts';

/** Why a candidate is not looked at any further. */
export type Why =
  | 'never-use'
  | 'spent'
  | 'unspendable'
  | 'unknown-script'
  | 'missing-script'
  | 'txid-changes'
  | 'missing-previous-transaction'
  | 'uneconomic';

export type Skipped = { readonly outpoint: Tx.Outpoint; readonly valueSats: bigint; readonly why: Why };

export type Reason =
  | Coin.Reason
  | Sats.Reason
  | { readonly code: 'coin-selection.duplicate-coin'; readonly field: string; readonly txid: string; readonly vout: number }
  | { readonly code: 'coin-selection.unknown-coin'; readonly field: string; readonly txid: string; readonly vout: number }
  | { readonly code: 'coin-selection.must-and-never'; readonly txid: string; readonly vout: number }
  | { readonly code: 'coin-selection.must-use-skipped'; readonly txid: string; readonly vout: number; readonly why: Why }
  | { readonly code: 'coin-selection.bad-answer'; readonly field: string; readonly got: string };

/** Which candidates may be spent. */
export type PoolOptions = {
  readonly candidates: readonly Coin.Coin[];
  /** Spent in any case, in this order; each is one of the candidates. */
  readonly mustUse?: readonly Tx.Outpoint[];
  /** Never spent: inscriptions, coins promised elsewhere. Those that are no candidates do not matter. */
  readonly neverUse?: readonly Tx.Outpoint[];
  /** Coins of these output scripts are never spent. */
  readonly neverUseScripts?: readonly Uint8Array[];
  /** Asked for each candidate that could be spent; answers true for one that is gone, and is no promise. */
  readonly isSpent?: (coin: Coin.Coin) => boolean;
  /** `true` takes P2PKH and bare P2SH multisig: only for a transaction that nothing is pre-signed on top of. */
  readonly allowTxidChange?: boolean;
};

/** A coin that may be spent. `weight` is without marker bytes and the input count. */
export type Member = {
  readonly coin: Coin.Coin;
  readonly input: Coin.Input;
  /** The value as the search counts; amounts are taken from the coin. */
  readonly value: number;
  readonly weight: number;
  readonly legacy: boolean;
  readonly script: string;
  readonly type: Address.Kind | undefined;
};

/** `optional` is in the order of value, the largest first, then of outpoint: nothing depends on the order of the candidates. */
export type Pool = { readonly must: readonly Member[]; readonly optional: readonly Member[]; readonly skipped: readonly Skipped[] };

/** A name for an output. */
export const keyOf = ({ txid, vout }: Tx.Outpoint): string => `${txid}:${vout}`;

/** The largest first, equal ones by txid and output index. */
export function byValue(a: Member, b: Member): number {
  if (a.value !== b.value) return b.value - a.value;
  const x = a.input.outpoint;
  const y = b.input.outpoint;
  return x.txid < y.txid ? -1 : x.txid > y.txid ? 1 : x.vout - y.vout;
}

/** Reads, checks and weighs the candidates. A coin is uneconomic when its input costs at least its value at this rate (sat/kvB). */
export function poolOf(options: PoolOptions, rate: number): Pool {
  const candidates = Check.list(options.candidates, 'candidates');
  const never = new Set((options.neverUse === undefined ? [] : outpointsOf(options.neverUse, 'neverUse')).map(keyOf));
  const neverScripts = new Set(scriptsOf(options.neverUseScripts));
  const must = options.mustUse === undefined ? [] : outpointsOf(options.mustUse, 'mustUse');
  const mustKeys = new Set(must.map(keyOf));
  for (const outpoint of must)
    if (never.has(keyOf(outpoint)))
      fail<Reason>({ code: 'coin-selection.must-and-never', ...outpoint }, `${keyOf(outpoint)} is in mustUse and in neverUse`);
  if (mustKeys.size !== must.length) {
    const once = new Set<string>();
    duplicate(
      'mustUse',
      must.find((one) => once.size === once.add(keyOf(one)).size),
    );
  }
  const scales = new Scales(options.allowTxidChange === true);
  const seen = new Outpoints();
  // Names of outputs cost more than all else about a coin: they are made where somebody asks by them.
  const named = never.size > 0 || mustKeys.size > 0;
  const members = new Map<string, Member>();
  const optional: Member[] = [];
  const skipped: Skipped[] = [];
  let total = 0n;
  for (const [i, coin] of candidates.entries()) {
    const { outpoint, script, value } = read(coin, i);
    const key = named ? keyOf(outpoint) : '';
    if (!seen.add(outpoint)) duplicate(`candidates[${i}]`, outpoint);
    total += coin.valueSats;
    const isMust = mustKeys.has(key);
    const why = never.has(key) || neverScripts.has(script) ? 'never-use' : scales.faultOf(coin, script, i);
    const member = why === undefined ? scales.member(coin, outpoint, script, value) : undefined;
    const reason = why ?? (member === undefined ? undefined : laterFault(options, member, isMust ? -1 : rate, i));
    if (reason !== undefined) {
      if (isMust)
        fail<Reason>({ code: 'coin-selection.must-use-skipped', ...outpoint, why: reason }, `${key} must be used, but it is ${reason}`);
      skipped.push({ outpoint, valueSats: coin.valueSats, why: reason });
    } else if (member !== undefined) {
      if (isMust) members.set(key, member);
      else optional.push(member);
    }
  }
  Sats.from(total, 'candidates total');
  const forced = must.map((outpoint, i) => {
    const member = members.get(keyOf(outpoint));
    if (member !== undefined) return member;
    const field = `mustUse[${i}]`;
    return fail<Reason>(
      { code: 'coin-selection.unknown-coin', field, ...outpoint },
      `${field}: ${keyOf(outpoint)} is none of the candidates`,
    );
  });
  return { must: forced, optional: optional.sort(byValue), skipped };
}

/** Outputs by transaction: few wallets have two of one. */
class Outpoints {
  readonly #known = new Map<string, number | Set<number>>();

  /** False when it is there already. */
  add({ txid, vout }: Tx.Outpoint): boolean {
    const others = this.#known.get(txid);
    if (others === undefined) {
      this.#known.set(txid, vout);
      return true;
    }
    if (typeof others !== 'number') {
      const before = others.size;
      return others.add(vout).size > before;
    }
    if (others === vout) return false;
    this.#known.set(txid, new Set([others, vout]));
    return true;
  }
}

function duplicate(field: string, outpoint: Tx.Outpoint | undefined): never {
  const { txid, vout } = outpoint ?? { txid: '', vout: 0 };
  fail<Reason>({ code: 'coin-selection.duplicate-coin', field, txid, vout }, `${field}: ${txid}:${vout} is there a second time`);
}

function outpointsOf(outpoints: readonly Tx.Outpoint[], field: string): readonly Tx.Outpoint[] {
  return Check.list(outpoints, field).map((outpoint, i) => Tx.checkOutpoint(outpoint, `${field}[${i}]`));
}

function scriptsOf(scripts: readonly Uint8Array[] | undefined): readonly string[] {
  return scripts === undefined
    ? []
    : Check.list(scripts, 'neverUseScripts').map((script, i) => scriptKey(Check.bytes(script, `neverUseScripts[${i}]`)));
}

/** True for 64 lower-case hex digits. */
function isTxid(text: string): boolean {
  if (text.length !== 64) return false;
  for (let i = 0; i < 64; i++) {
    const digit = text.charCodeAt(i);
    if (digit < 0x30 || digit > 0x66 || (digit > 0x39 && digit < 0x61)) return false;
  }
  return true;
}

/** The right form is told first, and quickly: a wallet has thousands of coins. Anything else is checked field by field, for the error. */
function read(coin: Coin.Coin, i: number): { outpoint: Tx.Outpoint; script: string; value: number } {
  const isCoin = typeof coin === 'object' && coin !== null && typeof coin.outpoint === 'object' && coin.outpoint !== null;
  const { txid, vout } = isCoin ? coin.outpoint : { txid: '', vout: 0 };
  const good = typeof txid === 'string' && isTxid(txid) && Number.isInteger(vout) && vout >= 0 && vout < 0xffff_ffff;
  const outpoint = good ? { txid, vout } : outpointOf(coin, `candidates[${i}]`);
  const { valueSats } = coin;
  if (typeof valueSats !== 'bigint' || valueSats < 0n || valueSats > Sats.MAX) Sats.from(valueSats, `candidates[${i}].valueSats`);
  if (!Check.isBytes(coin.scriptPubKey)) Check.bytes(coin.scriptPubKey, `candidates[${i}].scriptPubKey`);
  return { outpoint, script: scriptKey(coin.scriptPubKey), value: Number(valueSats) };
}

function outpointOf(coin: Coin.Coin, field: string): Tx.Outpoint {
  Check.object(coin, field);
  // Coin.toInput names this mistake.
  if (coin.outpoint === undefined) Coin.toInput(coin, field);
  return Tx.checkOutpoint(coin.outpoint, `${field}.outpoint`);
}

/** A name for a script, one character a byte; long ones are no output scripts of a wallet and are told apart in hex. */
function scriptKey(script: Uint8Array): string {
  return script.length <= 64 ? String.fromCharCode(...script) : Hex.encode(script);
}

function laterFault(options: PoolOptions, member: Member, rate: number, i: number): Why | undefined {
  if (member.value * 4000 <= member.weight * rate) return 'uneconomic';
  if (options.isSpent === undefined) return undefined;
  const answer: unknown = Check.callable(options.isSpent, 'isSpent')(member.coin);
  if (typeof answer !== 'boolean') {
    const got = Check.kindOf(answer);
    const field = `candidates[${i}]`;
    fail<Reason>({ code: 'coin-selection.bad-answer', field, got }, `isSpent answers true or false, for ${field} it answered ${got}`);
  }
  return answer ? 'spent' : undefined;
}

type Scale = { readonly coin: Coin.Coin; readonly weighed: Weighed; readonly weight: number; readonly type: Address.Kind | undefined };

/** Weighs each kind of coin once: a wallet has many coins of few scripts. */
class Scales {
  readonly #allowTxidChange: boolean;
  readonly #known = new Map<string, Scale>();

  constructor(allowTxidChange: boolean) {
    this.#allowTxidChange = allowTxidChange;
  }

  faultOf(coin: Coin.Coin, script: string, i: number): Why | undefined {
    const { weighed } = this.#weigh(coin, script, i);
    if ('fault' in weighed) {
      if (weighed.fault === 'missing-script') return 'missing-script';
      // Data of a coin that contradict each other are a mistake, not a kind of coin.
      if (weighed.fault === 'wrong-script') Coin.toInput(coin, `candidates[${i}]`);
      return Dust.isUnspendable(coin.scriptPubKey) ? 'unspendable' : 'unknown-script';
    }
    if (!('changesTxid' in weighed)) return undefined;
    if (!this.#allowTxidChange) return 'txid-changes';
    return coin.previousTransaction === undefined ? 'missing-previous-transaction' : undefined;
  }

  member(coin: Coin.Coin, outpoint: Tx.Outpoint, script: string, value: number): Member | undefined {
    const { weighed, weight, type } = this.#weigh(coin, script, 0);
    if ('fault' in weighed) return undefined;
    const { scriptSig, witnessBytes } = weighed;
    const legacy = 'scriptSigBytes' in weighed;
    const input: Coin.Input = legacy
      ? { outpoint, scriptSig, witnessBytes, scriptSigBytes: weighed.scriptSigBytes }
      : { outpoint, scriptSig, witnessBytes };
    return { coin, input, value, weight, legacy, script, type };
  }

  #weigh(coin: Coin.Coin, script: string, i: number): Scale {
    const known = this.#known.get(script);
    if (known !== undefined && same(known.coin.redeemScript, coin.redeemScript) && same(known.coin.witnessScript, coin.witnessScript))
      return known;
    const weighed = weighOrSkip(coin, `candidates[${i}]`);
    const bytes = 'fault' in weighed ? 0 : 'scriptSigBytes' in weighed ? weighed.scriptSigBytes : weighed.scriptSig.length;
    const witness = 'fault' in weighed ? 0 : weighed.witnessBytes;
    const scale = {
      coin,
      weighed,
      weight: 4 * (40 + CompactSize.encode(bytes).length + bytes) + witness,
      type: Address.kindOf(coin.scriptPubKey),
    };
    this.#known.set(script, scale);
    return scale;
  }
}

/** A script with a push over its end hashes well and can never be run: unspendable like any other unknown one. */
function weighOrSkip(coin: Coin.Coin, field: string): Weighed {
  try {
    return weigh(coin, field);
  } catch (error) {
    if (hasCode<Reason, 'script.truncated'>(error, 'script.truncated')) return { fault: 'unknown-script' };
    throw error;
  }
}

function same(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && Check.isBytes(b) && Bytes.equal(a, b));
}
