// A consolidation: many coins of a wallet become one, while fees are low or because a later transaction may spend only one coin.
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Sats from '../base/Sats.ts';
import * as Address from './Address.ts';
import type * as Coin from './Coin.ts';
import * as Coins from './Coin.ts';
import { keyOf, type Member, type PoolOptions, type Reason as PoolReason, poolOf, type Skipped } from './coinPool.ts';
import * as Dust from './Dust.ts';
import * as Fee from './Fee.ts';
import * as Tx from './Tx.ts';

export type Reason =
  | PoolReason
  | Fee.Reason
  | Address.Reason
  | { readonly code: 'consolidation-tx.nothing-to-do'; readonly coins: number }
  | { readonly code: 'consolidation-tx.dust'; readonly valueSats: string; readonly minSats: string }
  | { readonly code: 'consolidation-tx.insufficient-funds'; readonly haveSats: string; readonly needSats: string };

export declare namespace build {
  type Options = PoolOptions & {
    /** Where everything goes: a script of the wallet. */
    readonly scriptPubKey: Uint8Array;
    readonly feeRateSatsPerKvb: bigint;
    /** Only coins up to this value; all of them when left out. */
    readonly upToSats?: bigint;
    /** Stop as soon as the output has this value: the fewest coins that do it, the largest first. */
    readonly enoughSats?: bigint;
    readonly maxInputs?: number;
    /** False makes the transaction final; left out, it opts in to replacement (BIP125), so that its fee can be raised. */
    readonly replaceable?: boolean;
    readonly maxFeeRateSatsPerKvb?: bigint;
  };
  type Built = {
    readonly transaction: Tx.Transaction;
    readonly coins: readonly Coin.Coin[];
    readonly inputs: readonly Coin.Input[];
    readonly valueSats: Sats.Sats;
    readonly feeSats: Sats.Sats;
    readonly signedWeight: number;
    /** Coins that would have been worth spending but did not fit, or were not needed. */
    readonly left: readonly Tx.Outpoint[];
    readonly skipped: readonly Skipped[];
  };
}

/**
 * The unsigned transaction that makes one coin out of many: the coins of `mustUse`, then the smallest first, as many as a node relays. With
 * `enoughSats` the largest first, until the output is worth that much. Coins that cost more than they bring are left out.
 *
 * Nothing is pre-signed on top of it, so that P2PKH and bare P2SH may be spent when `allowTxidChange` is true.
 *
 * @throws consolidation-tx.nothing-to-do - fewer than two coins are worth it; with `enoughSats`, none
 * @throws consolidation-tx.insufficient-funds - all of them together do not reach `enoughSats`
 * @throws consolidation-tx.dust, coin-selection.*, coin.*, fee.*, address.not-payable, tx.too-heavy
 */
export function build(options: build.Options): build.Built {
  Check.object(options, 'options');
  const maxRate = options.maxFeeRateSatsPerKvb ?? Fee.MAX_RATE;
  const feeRate = Fee.rate(options.feeRateSatsPerKvb, 'feeRateSatsPerKvb', maxRate);
  const scriptPubKey = Address.checkPayable(options.scriptPubKey, 'scriptPubKey');
  const upToSats = Sats.from(options.upToSats ?? Sats.MAX, 'upToSats');
  const enough = options.enoughSats === undefined ? undefined : Sats.from(options.enoughSats, 'enoughSats');
  const maxInputs = Check.integer(options.maxInputs ?? Tx.MAX_STANDARD_WEIGHT, 'maxInputs', 1, Tx.MAX_STANDARD_WEIGHT);
  const { must, optional, skipped } = poolOf(options, Number(feeRate));
  const wanted = optional.filter(({ coin }) => coin.valueSats <= upToSats);
  const order = enough === undefined ? [...wanted].reverse() : wanted;
  const taken = take({ must, order, enough, maxInputs, output: scriptPubKey, feeRate });
  // One coin may be moved when the new one must have a certain value: a legacy coin to a segwit script.
  if (taken.length < (enough === undefined ? 2 : 1))
    fail<Reason>({ code: 'consolidation-tx.nothing-to-do', coins: taken.length }, 'fewer than two coins are worth it');
  const sequence = options.replaceable === false ? {} : { sequence: Coins.REPLACEABLE_SEQUENCE };
  const inputs = taken.map(({ coin, input }) => ({
    ...Coins.toInput(coin, keyOf(input.outpoint), { allowTxidChange: true }),
    ...sequence,
  }));
  const haveSats = taken.reduce((sum, { coin }) => sum + coin.valueSats, 0n);
  const signedWeight = Tx.checkWeight(Coins.signedWeight(Coins.unsigned(inputs, [{ scriptPubKey, valueSats: 0n }]), inputs));
  const feeSats = Fee.at(signedWeight, feeRate);
  const minSats = Dust.threshold(scriptPubKey);
  const valueSats = haveSats - feeSats;
  if (enough !== undefined && valueSats < enough)
    fail<Reason>(
      { code: 'consolidation-tx.insufficient-funds', haveSats: haveSats.toString(), needSats: (enough + feeSats).toString() },
      `${taken.length} coins have ${haveSats} sat; with their fee ${enough + feeSats} sat are needed`,
    );
  if (valueSats < minSats)
    fail<Reason>(
      { code: 'consolidation-tx.dust', valueSats: valueSats.toString(), minSats: minSats.toString() },
      `after the fee ${valueSats} sat are left, below the dust limit of ${minSats}`,
    );
  const spent = new Set(taken);
  return {
    transaction: Coins.unsigned(inputs, [{ scriptPubKey, valueSats }]),
    coins: taken.map(({ coin }) => coin),
    inputs,
    valueSats: Sats.from(valueSats),
    feeSats,
    signedWeight,
    left: optional.filter((member) => !spent.has(member)).map(({ input }) => input.outpoint),
    skipped,
  };
}

type Taking = {
  readonly must: readonly Member[];
  readonly order: readonly Member[];
  readonly enough: bigint | undefined;
  readonly maxInputs: number;
  readonly output: Uint8Array;
  readonly feeRate: Fee.RatePerKvb;
};

/** Upper bound of the weight beside the inputs: 4 × (version, lock time, two counts, an output), marker and flag. */
function frameWeight(output: Uint8Array): number {
  return 4 * (8 + 5 + 1 + 9 + output.length) + 2;
}

/** A legacy input has an empty witness of one byte as soon as another input has one. */
const weightOf = ({ weight, legacy }: Member): number => weight + (legacy ? 1 : 0);

function take({ must, order, enough, maxInputs, output, feeRate }: Taking): readonly Member[] {
  const taken = [...must];
  let weight = frameWeight(output) + must.reduce((sum, one) => sum + weightOf(one), 0);
  let value = must.reduce((sum, { coin }) => sum + coin.valueSats, 0n);
  for (const one of order) {
    // Weighed a little too heavy here: the answer to "enough" must hold for the exact fee.
    if (enough !== undefined && taken.length >= 1 && value >= enough + Fee.at(weight, feeRate)) break;
    if (taken.length >= maxInputs || weight + weightOf(one) > Tx.MAX_STANDARD_WEIGHT) break;
    taken.push(one);
    weight += weightOf(one);
    value += one.coin.valueSats;
  }
  return taken;
}
