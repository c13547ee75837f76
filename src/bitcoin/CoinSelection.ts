// Coin selection: the coins of least waste for given outputs, exactly weighed. Branch and bound finds changeless subsets, a search over the
// number of coins of each weight those with change. No randomness: equal coins are told apart by value, txid and output index.
// Why no library: coinselect counts bytes without the discount of witnesses, takes amounts as numbers and has no coins that must be spent;
// @scure/btc-signer's selectUTXO accumulates coins in a given order. Neither proves that no other choice wastes less.
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Sats from '../base/Sats.ts';
import * as Address from './Address.ts';
import type * as Coin from './Coin.ts';
import * as Coins from './Coin.ts';
import * as CompactSize from './CompactSize.ts';
import { byValue, keyOf, type Member, type Pool, type PoolOptions, type Reason as PoolReason, poolOf, type Skipped } from './coinPool.ts';
import { type Found, type Item, judge, type Problem, search } from './coinSearch.ts';
import * as Dust from './Dust.ts';
import * as Fee from './Fee.ts';
import * as Tx from './Tx.ts';

export type { PoolOptions, Skipped, Why } from './coinPool.ts';

export type Reason =
  | PoolReason
  | Fee.Reason
  | Address.Reason
  | { readonly code: 'coin-selection.dust-output'; readonly output: number; readonly valueSats: string; readonly minSats: string }
  | {
      readonly code: 'coin-selection.insufficient-funds';
      readonly haveSats: string;
      readonly needSats: string;
      readonly coins: number;
      readonly skipped: Readonly<Record<string, number>>;
    }
  | {
      readonly code: 'coin-selection.too-many-coins';
      readonly neededInputs: number;
      readonly neededWeight: number;
      readonly maxInputs: number;
      readonly maxWeight: number;
    }
  | { readonly code: 'coin-selection.privacy'; readonly needSats: string }
  | { readonly code: 'coin-selection.bad-option'; readonly field: string };

/** How far coins of different scripts may meet in one transaction, which tells everybody that they have one owner. */
export type Privacy = 'none' | 'prefer' | 'strict';

/** Spends small coins along, while they are cheap to spend. */
export type Consolidation = {
  /** Coins up to this value count as small; 100,000 sat when left out. */
  readonly upToSats?: bigint;
  /** Above this rate nothing is consolidated; the later rate when left out. */
  readonly maxFeeRateSatsPerKvb?: bigint;
};

export declare namespace select {
  type Options = PoolOptions & {
    /** What is paid beside the change: at least one output. */
    readonly outputs: readonly Tx.SpentOutput[];
    readonly feeRateSatsPerKvb: bigint;
    readonly changeScriptPubKey: Uint8Array;
    /** What spending a coin later is expected to cost: 5 sat/vB when left out. */
    readonly laterFeeRateSatsPerKvb?: bigint;
    /**
     * The change that is wanted: coins that leave at least this much, or no change at all, are preferred; `privacy` goes before it. Where there
     * are none, less change is made, and nothing is given to the fee that is worth an output: more than its dust limit and than what spending
     * it later costs. That worth is what is wanted when it is left out; an amount below it makes change down to the amount.
     */
    readonly minChangeSats?: bigint;
    /** Prefer a subset without change, even at more waste. With an amount, that much may be given to the fee for it, worth an output or not. */
    readonly avoidChange?: boolean | { readonly maxExcessSats: bigint };
    readonly consolidate?: boolean | Consolidation;
    /**
     * `none`: least waste alone. `prefer`: all coins of a script together; one script alone when it is enough, else one kind of script, else
     * whatever is there. `strict`: as `prefer`, and never two kinds of script.
     */
    readonly privacy?: Privacy;
    readonly maxInputs?: number;
    readonly maxWeight?: number;
    /** Steps of each search, 100,000 when left out; `optimal` says whether they were enough. */
    readonly maxTries?: number;
    /** A rate above 1000 sat/vB is refused unless it is allowed here. */
    readonly maxFeeRateSatsPerKvb?: bigint;
  };
  type Selected = {
    /** First the coins of `mustUse` in their order, then the others: the largest first, equal ones by txid and output index. */
    readonly coins: readonly Coin.Coin[];
    readonly inputs: readonly Coin.Input[];
    /** The outputs asked for, then the change if there is any. */
    readonly outputs: readonly Tx.SpentOutput[];
    /** What the transaction pays: inputs less outputs. */
    readonly feeSats: Sats.Sats;
    readonly changeSats: Sats.Sats;
    readonly signedWeight: number;
    /** Fee now, plus the later cost of the change, less the later cost of the spent coins; in 1/1000 sat, rounded down. */
    readonly wasteMillisats: bigint;
    readonly method: 'branch-and-bound' | 'fewest-weight';
    /** Proven: no subset that keeps to the options wastes less. With `consolidate`, before the small coins were added. */
    readonly optimal: boolean;
    readonly linked: 'one-script' | 'one-kind' | 'several-kinds';
    /** Coins that were added only to be rid of them. */
    readonly consolidated: number;
    readonly skipped: readonly Skipped[];
  };
}

/** 5 sat/vB. */
export const LATER_RATE: Fee.RatePerKvb = 5_000n as Fee.RatePerKvb;
export const MAX_TRIES = 100_000;
/** Above it products of rate and size leave the integers that a double holds. */
const MAX_EXACT_RATE = 9_000_000_000n;
const SMALL_SATS = 100_000n;
const MAX_EXCESS = 1_000_000_000n;
const PRIVACY: readonly Privacy[] = ['none', 'prefer', 'strict'];

/**
 * Chooses coins for the outputs. Left out, with a reason in `skipped`, are coins that must not, cannot or need not be spent: on the list,
 * gone, of unknown scripts, or worth no more than their own input costs. Waste is counted as `Selected.wasteMillisats` says, with the rate for
 * later spends not above the rate of now: low fees alone are no reason to spend more coins, `consolidate` is.
 *
 * Coins whose signing changes the txid are left out unless `allowTxidChange` is true.
 *
 * @unit fee rates in satoshi per 1000 vbytes, values in satoshi
 * @throws coin-selection.insufficient-funds - with what is there and what would be enough for these coins
 * @throws coin-selection.too-many-coins - there is enough, but not in so few coins: consolidate first
 * @throws coin-selection.privacy - there is enough, but only in coins of several kinds
 * @throws coin-selection.duplicate-coin - one outpoint twice, in whatever case its txid is written
 * @throws coin-selection.unknown-coin, coin-selection.must-and-never, coin-selection.must-use-skipped, coin-selection.bad-answer
 * @throws coin-selection.dust-output, coin-selection.bad-option, coin.*, fee.*, address.not-payable, input.*
 * @source Bitcoin Core wallet/coinselection.cpp for the idea of the waste metric (no code of it)
 */
export function select(options: select.Options): select.Selected {
  const terms = termsOf(options);
  const pool = poolOf(options, terms.rate);
  const problem = problemOf(terms, pool);
  for (const members of tiersOf(terms, pool, problem)) {
    const found = solve(terms, problem, members);
    if (found !== undefined) return finish(terms, pool, found);
  }
  return insufficient(terms, pool);
}

/** Coins that may be spent, the largest first, equal ones by txid and output index; those of `mustUse` before them. */
export type Usable = {
  readonly coins: readonly { readonly coin: Coin.Coin; readonly input: Coin.Input }[];
  readonly skipped: readonly Skipped[];
};

/**
 * The candidates that may be spent at this rate, and why the others may not: the first step of {@link select} alone.
 *
 * @throws coin-selection.duplicate-coin, coin-selection.unknown-coin, coin-selection.must-and-never, coin-selection.must-use-skipped
 * @throws coin-selection.bad-answer, coin.*, fee.*, input.*
 */
export function usable(options: PoolOptions & { readonly feeRateSatsPerKvb: bigint; readonly maxFeeRateSatsPerKvb?: bigint }): Usable {
  const { feeRateSatsPerKvb, maxFeeRateSatsPerKvb } = Check.object(options, 'options');
  const rate = Fee.rate(feeRateSatsPerKvb, 'feeRateSatsPerKvb', maxFeeRateSatsPerKvb ?? Fee.MAX_RATE);
  const { must, optional, skipped } = poolOf(options, Number(rate));
  return { coins: [...must, ...optional].map(({ coin, input }) => ({ coin, input })), skipped };
}

// ---- options

type Terms = {
  readonly outputs: readonly Tx.SpentOutput[];
  readonly changeScript: Uint8Array;
  readonly paidSats: Sats.Sats;
  readonly feeRate: Fee.RatePerKvb;
  readonly rate: number;
  readonly maxRate: bigint;
  readonly laterRate: number;
  readonly minChange: number | undefined;
  readonly maxExcess: number | undefined;
  readonly avoidsChange: boolean;
  readonly smallUpTo: number | undefined;
  readonly privacy: Privacy;
  readonly maxInputs: number;
  readonly maxWeight: number;
  readonly maxTries: number;
};

function termsOf(options: select.Options): Terms {
  Check.object(options, 'options');
  const maxRate = options.maxFeeRateSatsPerKvb ?? Fee.MAX_RATE;
  const feeRate = Fee.rate(options.feeRateSatsPerKvb, 'feeRateSatsPerKvb', maxRate);
  Check.bigInteger(feeRate, 'feeRateSatsPerKvb', Fee.MIN_RATE, MAX_EXACT_RATE);
  const later = Fee.rate(options.laterFeeRateSatsPerKvb ?? LATER_RATE, 'laterFeeRateSatsPerKvb');
  const outputs = outputsOf(options.outputs);
  const changeScript = Address.checkPayable(options.changeScriptPubKey, 'changeScriptPubKey');
  const { minChangeSats, avoidChange = false, privacy = 'none' } = options;
  if (!PRIVACY.includes(privacy)) badOption('privacy', `one of ${PRIVACY.join(', ')}`);
  const dust = Dust.threshold(changeScript);
  if (minChangeSats !== undefined) Check.bigInteger(minChangeSats, 'minChangeSats', dust, Sats.MAX);
  return {
    outputs,
    changeScript,
    paidSats: Sats.from(
      outputs.reduce((sum, { valueSats }) => sum + valueSats, 0n),
      'outputs total',
    ),
    feeRate,
    rate: Number(feeRate),
    maxRate,
    laterRate: Number(later),
    minChange: minChangeSats === undefined ? undefined : Number(minChangeSats),
    maxExcess: excessOf(avoidChange),
    avoidsChange: avoidChange !== false,
    smallUpTo: smallOf(options.consolidate, feeRate, later),
    privacy,
    maxInputs: Check.integer(options.maxInputs ?? 100_000, 'maxInputs', 1, 100_000),
    maxWeight: Check.integer(options.maxWeight ?? Tx.MAX_STANDARD_WEIGHT, 'maxWeight', 1, Tx.MAX_STANDARD_WEIGHT),
    maxTries: Check.integer(options.maxTries ?? MAX_TRIES, 'maxTries', 0, 100_000_000),
  };
}

function badOption(field: string, expected: string): never {
  fail<Reason>({ code: 'coin-selection.bad-option', field }, `${field}: expected ${expected}`);
}

function outputsOf(outputs: readonly Tx.SpentOutput[]): readonly Tx.SpentOutput[] {
  if (Check.list(outputs, 'outputs').length === 0) Check.missing('outputs[0]');
  return outputs.map((output, i) => {
    const { scriptPubKey, valueSats } = Check.object(output, `outputs[${i}]`);
    Check.bytes(scriptPubKey, `outputs[${i}].scriptPubKey`);
    Sats.from(valueSats, `outputs[${i}].valueSats`);
    if (Dust.isDust(scriptPubKey, valueSats)) {
      const minSats = Dust.threshold(scriptPubKey).toString();
      fail<Reason>(
        { code: 'coin-selection.dust-output', output: i, valueSats: valueSats.toString(), minSats },
        `outputs[${i}]: ${valueSats} sat are below the dust limit of ${minSats}`,
      );
    }
    return { scriptPubKey, valueSats };
  });
}

function excessOf(avoidChange: NonNullable<select.Options['avoidChange']>): number | undefined {
  if (typeof avoidChange === 'boolean') return avoidChange ? 0 : undefined;
  const { maxExcessSats } = Check.object(avoidChange, 'avoidChange');
  return Number(Check.bigInteger(maxExcessSats, 'avoidChange.maxExcessSats', 0n, MAX_EXCESS));
}

function smallOf(consolidate: select.Options['consolidate'], rate: bigint, later: bigint): number | undefined {
  if (consolidate === undefined || consolidate === false) return undefined;
  const { upToSats, maxFeeRateSatsPerKvb } = consolidate === true ? {} : Check.object(consolidate, 'consolidate');
  const limit = Check.bigInteger(maxFeeRateSatsPerKvb ?? later, 'consolidate.maxFeeRateSatsPerKvb', 0n, Sats.MAX);
  const small = Number(Sats.from(upToSats ?? SMALL_SATS, 'consolidate.upToSats'));
  return rate <= limit ? small : undefined;
}

// ---- which coins may meet

/** The sets of coins to try, the one that says least about their owner first. */
function tiersOf({ privacy }: Terms, { must, optional }: Pool, { target }: Problem): readonly (readonly Member[])[] {
  if (privacy === 'none') return [optional];
  const byScript = groupBy(optional, ({ script }) => script);
  const byKind = groupBy(optional, kindOf);
  const mustScripts = new Set(must.map(({ script }) => script));
  const mustKinds = new Set(must.map(kindOf));
  const all = privacy === 'strict' ? [] : [optional];
  if (mustKinds.size > 1) return [optional];
  const kinds = mustKinds.size === 1 ? [...mustKinds].map((kind) => byKind.get(kind) ?? []) : [...byKind.values()];
  if (mustScripts.size > 1) return [...kinds, ...all];
  const scripts = mustScripts.size === 1 ? [...mustScripts].map((script) => byScript.get(script) ?? []) : [...byScript.values()];
  // Of several scripts that are each enough, the smallest; of several kinds, the richest.
  const sum = (members: readonly Member[]): number => members.reduce((total, { value }) => total + value, 0);
  const enough = scripts.filter((members) => sum(members) >= target);
  return [...enough.sort((a, b) => sum(a) - sum(b)), ...kinds.sort((a, b) => sum(b) - sum(a)), ...all];
}

/** A script hash tells only when it is spent what it hid: nested coins of one key and others are different kinds then. */
function kindOf({ type, coin, legacy }: Member): string {
  return type === 'p2sh' ? `p2sh ${legacy} ${coin.witnessScript === undefined}` : `${type}`;
}

function groupBy(members: readonly Member[], name: (member: Member) => string): Map<string, Member[]> {
  const groups = new Map<string, Member[]>();
  for (const member of members) {
    const key = name(member);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [member]);
    else group.push(member);
  }
  return groups;
}

// ---- the search

type Solution = { readonly problem: Problem; readonly members: readonly Member[]; readonly found: Found; readonly exhausted: boolean };

/** Members that are spent together become one item; with privacy those of a script. */
function bundlesOf({ privacy }: Terms, members: readonly Member[]): readonly (readonly Member[])[] {
  return privacy === 'none' ? members.map((member) => [member]) : [...groupBy(members, ({ script }) => script).values()];
}

function itemOf(bundle: readonly Member[]): Item {
  const item = { value: 0, weight: 0, count: bundle.length, legacy: 0, segwit: false };
  for (const { value, weight, legacy } of bundle) {
    item.value += value;
    item.weight += weight;
    if (legacy) item.legacy++;
    else item.segwit = true;
  }
  return item;
}

function problemOf(terms: Terms, { must, optional }: Pool): Problem {
  const { outputs, changeScript, rate } = terms;
  const base = itemOf(must);
  const sizes = outputs.reduce((sum, { scriptPubKey: { length } }) => sum + 8 + CompactSize.encode(length).length + length, 0);
  const countBytes = CompactSize.encode(outputs.length).length;
  const changeBytes = 8 + CompactSize.encode(changeScript.length).length + changeScript.length;
  const later = terms.laterRate;
  const spendWeight = changeSpendWeight(changeScript, [...must, ...optional]);
  const worth = Number(worthOf(changeScript, spendWeight, BigInt(later)));
  return {
    target: Number(terms.paidSats) - base.value,
    // Version, lock time and the count of outputs; the count of inputs depends on the choice.
    baseWeight: 4 * (8 + countBytes + sizes) + base.weight,
    baseCount: base.count,
    baseLegacy: base.legacy,
    baseSegwit: base.segwit,
    changeWeight: 4 * (changeBytes + CompactSize.encode(outputs.length + 1).length - countBytes),
    leastChange: Math.min(terms.minChange ?? worth, worth),
    minChange: terms.minChange ?? worth,
    changeSpendCost: spendWeight * later,
    rate,
    laterRate: Math.min(later, rate),
    maxExcess: terms.maxExcess,
    maxWeight: terms.maxWeight,
    maxCount: terms.maxInputs,
    maxTries: terms.maxTries,
  };
}

/** The least that is worth an output, when spending it weighs this much at this rate. @unit satoshi */
function worthOf(changeScript: Uint8Array, spendWeight: number, laterRate: bigint): bigint {
  const dust = Dust.threshold(changeScript);
  const cost = (BigInt(spendWeight) * laterRate + 3999n) / 4000n;
  return cost > dust ? cost : dust;
}

/**
 * The least change that is worth an output: its dust limit, or what spending it later costs, whichever is more. Of a script hash, whose spend
 * nobody has shown, the cost is that which the dust rule assumes.
 *
 * @unit satoshi, satoshi per 1000 vbytes
 * @throws address.not-payable, address.not-on-curve, fee.*, input.*
 */
export function worthwhileChange(changeScriptPubKey: Uint8Array, laterFeeRateSatsPerKvb: bigint = LATER_RATE): Sats.Sats {
  const script = Address.checkPayable(changeScriptPubKey, 'changeScriptPubKey');
  const later = Fee.rate(laterFeeRateSatsPerKvb, 'laterFeeRateSatsPerKvb');
  return Sats.from(worthOf(script, changeSpendWeight(script, []), later));
}

/** What spending the change will weigh; of a script hash nobody has shown yet, what the dust rule assumes. */
function changeSpendWeight(script: Uint8Array, members: readonly Member[]): number {
  const kind = Address.kindOf(script);
  if (kind === 'p2sh' || kind === 'p2wsh') {
    const like = members.find(
      ({ coin }) => coin.scriptPubKey.length === script.length && coin.scriptPubKey.every((byte, i) => byte === script[i]),
    );
    return like?.weight ?? (kind === 'p2wsh' ? 4 * 67 : 4 * 148);
  }
  return kind === 'p2tr' ? 230 : kind === 'p2wpkh' ? 272 : 592;
}

function solve(terms: Terms, problem: Problem, members: readonly Member[]): Solution | undefined {
  const bundles = bundlesOf(terms, members);
  const { found, exhausted } = search(problem, bundles.map(itemOf));
  if (found === undefined) return undefined;
  const chosen = found.chosen.flatMap((i) => bundles[i] as readonly Member[]);
  return { problem, members: chosen, found, exhausted };
}

/** Adds small coins, the smallest first, as many as fit: each brings more than it costs. */
function withSmall(terms: Terms, { optional }: Pool, solution: Solution): readonly Member[] {
  const { smallUpTo, privacy } = terms;
  const { problem, members } = solution;
  // A small coin more makes change again.
  if (smallUpTo === undefined || terms.avoidsChange) return [];
  const taken = new Set(members.map(({ input }) => keyOf(input.outpoint)));
  const kinds = new Set(members.map(kindOf));
  const small = optional.filter(
    (one) => one.value <= smallUpTo && !taken.has(keyOf(one.input.outpoint)) && (privacy === 'none' || kinds.has(kindOf(one))),
  );
  const added: Member[] = [];
  const sum = { ...itemOf(members) };
  const limit = terms.maxWeight - problem.baseWeight - problem.changeWeight - 22;
  for (const one of small.reverse()) {
    const legacy = sum.legacy + (one.legacy ? 1 : 0);
    if (problem.baseCount + sum.count + 1 > terms.maxInputs || sum.weight + one.weight + legacy + problem.baseLegacy > limit) break;
    sum.count++;
    sum.weight += one.weight;
    sum.legacy = legacy;
    added.push(one);
  }
  return added;
}

// ---- the result

function finish(terms: Terms, pool: Pool, solution: Solution): select.Selected {
  const { problem, found, exhausted } = solution;
  const small = withSmall(terms, pool, solution);
  // They only add to the change: where less of it was made than is wanted, it is no less now.
  const minChange = found.change === 0 ? problem.minChange : Math.min(problem.minChange, found.change);
  const more =
    small.length === 0 ? undefined : judge({ ...problem, minChange, maxExcess: undefined }, itemOf([...solution.members, ...small]));
  const added = more === undefined ? [] : small;
  const verdict = more ?? found;
  const members = [...solution.members, ...added].sort(byValue);
  const all = [...pool.must, ...members];
  // The search has chosen; what is paid and what comes back is counted anew, in integers of any size.
  const haveSats = all.reduce((sum, { coin }) => sum + coin.valueSats, 0n);
  const restSats = haveSats - terms.paidSats;
  const changeSats = verdict.change === 0 ? Sats.ZERO : Sats.from(restSats - Fee.at(verdict.weight, terms.feeRate), 'changeSats');
  const feeSats = Sats.from(restSats - changeSats, 'feeSats');
  Fee.checkCeiling(feeSats, verdict.weight, terms.maxRate);
  // Previous transactions are looked at here and not before: those of the coins that are spent.
  const inputs = all.map(({ coin, input }) => Coins.toInput(coin, keyOf(input.outpoint), { allowTxidChange: true }));
  const mustCost = itemOf(pool.must).weight * problem.laterRate;
  return {
    coins: all.map(({ coin }) => coin),
    inputs,
    outputs: verdict.change === 0 ? terms.outputs : [...terms.outputs, { scriptPubKey: terms.changeScript, valueSats: changeSats }],
    feeSats,
    changeSats,
    signedWeight: verdict.weight,
    wasteMillisats: BigInt(Math.floor((verdict.waste - mustCost) / 4)),
    method: found.by,
    optimal: exhausted,
    linked: linkOf(all),
    consolidated: added.length,
    skipped: pool.skipped,
  };
}

function linkOf(members: readonly Member[]): select.Selected['linked'] {
  if (new Set(members.map(({ script }) => script)).size <= 1) return 'one-script';
  return new Set(members.map(kindOf)).size <= 1 ? 'one-kind' : 'several-kinds';
}

function insufficient(terms: Terms, pool: Pool): never {
  const limitless = { ...terms, maxInputs: Number.MAX_SAFE_INTEGER, maxWeight: Number.MAX_SAFE_INTEGER };
  const problem = problemOf(limitless, pool);
  const { found } = search(
    problem,
    pool.optional.map((member) => itemOf([member])),
  );
  const all = itemOf(pool.optional);
  const weight = problem.baseWeight + all.weight + 4 + (all.segwit || problem.baseSegwit ? 2 : 0);
  const needSats = (terms.paidSats + Fee.at(weight, terms.feeRate)).toString();
  if (found !== undefined) {
    const neededInputs = problem.baseCount + found.chosen.length;
    if (neededInputs > terms.maxInputs || found.weight > terms.maxWeight) {
      const { maxInputs, maxWeight } = terms;
      fail<Reason>(
        { code: 'coin-selection.too-many-coins', neededInputs, neededWeight: found.weight, maxInputs, maxWeight },
        `there is enough only in ${neededInputs} coins or more (${found.weight} weight units), above the limit; consolidate first`,
      );
    }
    fail<Reason>({ code: 'coin-selection.privacy', needSats }, 'there is enough only in coins that the privacy option keeps apart');
  }
  const coins = [...pool.must, ...pool.optional];
  const haveSats = coins.reduce((sum, { coin }) => sum + coin.valueSats, 0n).toString();
  const skipped: Record<string, number> = {};
  for (const { why } of pool.skipped) skipped[why] = (skipped[why] ?? 0) + 1;
  const left = Object.entries(skipped).map(([why, count]) => `${count} ${why}`);
  fail<Reason>(
    { code: 'coin-selection.insufficient-funds', haveSats, needSats, coins: coins.length, skipped },
    `${coins.length} coins have ${haveSats} sat, ${needSats} are needed with their fee${left.length === 0 ? '' : `; left out: ${left.join(', ')}`}`,
  );
}
