// Raising the fee of a transaction that waits: its replacement (BIP125) and a child that pays for its parent.
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Sats from '../base/Sats.ts';
import * as Address from './Address.ts';
import type * as Coin from './Coin.ts';
import * as Coins from './Coin.ts';
import * as CoinSelection from './CoinSelection.ts';
import * as Dust from './Dust.ts';
import * as Fee from './Fee.ts';
import * as Tx from './Tx.ts';

export type Reason =
  | CoinSelection.Reason
  | { readonly code: 'fee-bump.wrong-coins'; readonly inputs: number; readonly coins: number }
  | { readonly code: 'fee-bump.other-coin'; readonly input: number; readonly txid: string; readonly vout: number }
  | { readonly code: 'fee-bump.not-replaceable' }
  | { readonly code: 'fee-bump.spends-more'; readonly inputsSats: string; readonly outputsSats: string }
  | { readonly code: 'fee-bump.same-rate'; readonly oldRateSatsPerKvb: string; readonly feeRateSatsPerKvb: string }
  | { readonly code: 'fee-bump.insufficient-funds'; readonly haveSats: string; readonly needSats: string }
  | { readonly code: 'fee-bump.wrong-output'; readonly outputIndex: number }
  | { readonly code: 'fee-bump.not-from-parent'; readonly parentTxid: string; readonly txid: string }
  | { readonly code: 'fee-bump.unsigned-parent' }
  | { readonly code: 'fee-bump.not-needed'; readonly parentRateSatsPerKvb: string };

/**
 * What nodes ask a replacement to pay for its own relay, beyond the fee of what it replaces: 1 sat/vB. Bitcoin Core 30 asks 0.1, older nodes
 * 1, and a replacement must pass all of them.
 */
export const INCREMENTAL_RATE: Fee.RatePerKvb = 1_000n as Fee.RatePerKvb;

/**
 * The least fee of a replacement of this weight: at the new rate, and at least what the replaced transactions pay plus its own relay.
 *
 * @throws input.*, fee.*
 * @source BIP125 rules 3 and 4
 */
export function replacementFee(options: {
  readonly signedWeight: number;
  readonly replacedFeeSats: bigint;
  readonly feeRateSatsPerKvb: bigint;
  readonly incrementalRateSatsPerKvb?: bigint;
  readonly maxFeeRateSatsPerKvb?: bigint;
}): Sats.Sats {
  const { signedWeight, replacedFeeSats, feeRateSatsPerKvb } = Check.object(options, 'options');
  const rate = Fee.rate(feeRateSatsPerKvb, 'feeRateSatsPerKvb', options.maxFeeRateSatsPerKvb ?? Fee.MAX_RATE);
  const incremental = Fee.rate(options.incrementalRateSatsPerKvb ?? INCREMENTAL_RATE, 'incrementalRateSatsPerKvb');
  const least = Sats.from(replacedFeeSats, 'replacedFeeSats') + Fee.at(signedWeight, incremental);
  const asked = Fee.at(signedWeight, rate);
  return Sats.from(asked > least ? asked : least, 'feeSats');
}

export declare namespace replace {
  type Options = {
    /** The transaction that waits, signed or not. */
    readonly transaction: Tx.Transaction;
    /** The coins that it spends, in the order of its inputs. */
    readonly coins: readonly Coin.Coin[];
    readonly feeRateSatsPerKvb: bigint;
    /** The output that may become smaller or go away; all others stay as they are. Left out, there is none. */
    readonly changeIndex?: number;
    /** Where new change goes when there was none; needed with `candidates`, whose rest would go to the fee. */
    readonly changeScriptPubKey?: Uint8Array;
    /** Confirmed coins to add when the change is not enough, the largest first (BIP125 rule 2: no unconfirmed ones). */
    readonly candidates?: readonly Coin.Coin[];
    /** What transactions pay that spend outputs of this one: they go away with it (BIP125 rule 3). */
    readonly descendantFeesSats?: bigint;
    /** `true` replaces a transaction that does not opt in: nodes with full replacement take it, others do not. */
    readonly allowUnsignalled?: boolean;
    readonly allowTxidChange?: boolean;
    readonly incrementalRateSatsPerKvb?: bigint;
    readonly maxFeeRateSatsPerKvb?: bigint;
  };
  type Replaced = {
    readonly transaction: Tx.Transaction;
    /** The coins of its inputs: those of the old transaction, then those added. */
    readonly coins: readonly Coin.Coin[];
    readonly inputs: readonly Coin.Input[];
    readonly feeSats: Sats.Sats;
    readonly oldFeeSats: Sats.Sats;
    /** 0 when there is no change output any more. */
    readonly changeSats: Sats.Sats;
    readonly signedWeight: number;
  };
}

/**
 * The unsigned replacement of a transaction: the same inputs and sequences, the same outputs but for smaller change, and coins added when that
 * is not enough. It pays the new rate, more than all that it replaces by its own relay fee, and a higher rate than the old one.
 *
 * @throws fee-bump.not-replaceable - no input signals (sequence below fffffffe): others may not take the replacement
 * @throws fee-bump.wrong-coins, fee-bump.other-coin - the coins are not what the inputs spend
 * @throws fee-bump.same-rate - the new rate is not above the old one
 * @throws fee-bump.insufficient-funds, fee-bump.spends-more, coin.*, coin-selection.*, fee.*, tx.*
 * @source BIP125 "Implementation Details"
 */
export function replace(options: replace.Options): replace.Replaced {
  const old = oldOf(options);
  const { transaction, changeIndex, changeScript, feeRate, oldFeeSats } = old;
  const kept = transaction.outs.flatMap(({ script, value }, i) => (i === changeIndex ? [] : [{ scriptPubKey: script, valueSats: value }]));
  const paid = kept.reduce((sum, { valueSats }) => sum + valueSats, 0n);
  const extra = extraCoins(options, old);
  const coins = [...options.coins];
  const inputs = [...old.inputs];
  const plain = kept.length > 0 ? kept : [{ scriptPubKey: changeScript ?? NOTHING, valueSats: 0n }];
  let leastWeight = Coins.signedWeight(Coins.unsigned(inputs, plain), inputs);
  let have = coins.reduce((sum, { valueSats }) => sum + valueSats, 0n);
  for (let added = 0; ; added++) {
    // Outputs are tried only where the coins might be enough: a transaction for each coin that is added would be quadratic work.
    const made = have - paid < leastFee(options, old, leastWeight) ? undefined : outputsFor(old, options, inputs, kept, have - paid);
    if (made !== undefined) {
      Fee.checkCeiling(made.feeSats, made.signedWeight, options.maxFeeRateSatsPerKvb ?? Fee.MAX_RATE);
      if (Fee.rateOf(made.feeSats, made.signedWeight) <= old.oldRate) sameRate(old.oldRate, feeRate);
      const next = Coins.unsigned(inputs, made.outputs);
      next.version = transaction.version;
      next.locktime = transaction.locktime;
      const { feeSats, signedWeight } = made;
      const changeSats = Sats.from(have - paid - feeSats);
      return { transaction: next, coins, inputs, feeSats, oldFeeSats, changeSats, signedWeight };
    }
    const more = extra[added];
    if (more === undefined) {
      const weight = Coins.signedWeight(Coins.unsigned(inputs, plain), inputs);
      const needSats = (paid + leastFee(options, old, weight)).toString();
      fail<Reason>(
        { code: 'fee-bump.insufficient-funds', haveSats: have.toString(), needSats },
        `the coins have ${have} sat, the outputs to keep and the new fee need ${needSats}; give candidates or a changeIndex`,
      );
    }
    coins.push(more.coin);
    inputs.push({ ...more.input, sequence: Coins.REPLACEABLE_SEQUENCE });
    have += more.coin.valueSats;
    leastWeight += leastInputWeight(more.input);
  }
}

/** Without the byte that a legacy input has beside one with a witness. */
const leastInputWeight = (input: Coin.Input): number => Coins.inputWeight(input) - 1;

const NOTHING = new Uint8Array(0);

type Old = {
  readonly transaction: Tx.Transaction;
  readonly inputs: readonly Coin.Input[];
  readonly changeIndex: number | undefined;
  readonly changeScript: Uint8Array | undefined;
  readonly feeRate: Fee.RatePerKvb;
  readonly oldFeeSats: Sats.Sats;
  readonly replacedFeeSats: bigint;
  readonly oldRate: bigint;
};

function oldOf(options: replace.Options): Old {
  const { transaction, coins, changeIndex } = Check.object(options, 'options');
  Tx.checkSanity(Tx.check(transaction));
  const inputs = inputsOf(transaction, coins, options.allowTxidChange === true);
  if (options.allowUnsignalled !== true && !signals(transaction))
    fail<Reason>(
      { code: 'fee-bump.not-replaceable' },
      'no input of the transaction signals replacement (BIP125); raise its fee by a child, or allow it by name',
    );
  const feeRate = Fee.rate(options.feeRateSatsPerKvb, 'feeRateSatsPerKvb', options.maxFeeRateSatsPerKvb ?? Fee.MAX_RATE);
  const oldFeeSats = feeOf(transaction, coins);
  const oldRate = Fee.rateOf(oldFeeSats, weightOf(transaction, inputs));
  if (feeRate <= oldRate) sameRate(oldRate, feeRate);
  const change = changeIndex === undefined ? undefined : Tx.outputOf(transaction, changeIndex, 'changeIndex').scriptPubKey;
  const given =
    options.changeScriptPubKey === undefined ? undefined : Address.checkPayable(options.changeScriptPubKey, 'changeScriptPubKey');
  const descendants = options.descendantFeesSats === undefined ? 0n : Sats.from(options.descendantFeesSats, 'descendantFeesSats');
  const changeScript = change ?? given;
  // What an added coin has beyond the fee is the wallet's, and nobody else can say where it goes.
  if (changeScript === undefined && options.candidates !== undefined) Check.missing('changeScriptPubKey');
  return { transaction, inputs, changeIndex, changeScript, feeRate, oldFeeSats, replacedFeeSats: oldFeeSats + descendants, oldRate };
}

function sameRate(oldRate: bigint, feeRate: bigint): never {
  fail<Reason>(
    { code: 'fee-bump.same-rate', oldRateSatsPerKvb: oldRate.toString(), feeRateSatsPerKvb: feeRate.toString() },
    `the transaction pays ${oldRate} sat/kvB already; a replacement must pay a higher rate`,
  );
}

/** True when a transaction opts in to replacement: a sequence below fffffffe (BIP125), which every relative timelock has. */
export function signals(transaction: Tx.Transaction): boolean {
  return Tx.check(transaction).ins.some(({ sequence }) => sequence < 0xffff_fffe);
}

function inputsOf(transaction: Tx.Transaction, coins: readonly Coin.Coin[], allowTxidChange: boolean): readonly Coin.Input[] {
  const inputs = transaction.ins.length;
  if (Check.list(coins, 'coins').length !== inputs)
    fail<Reason>(
      { code: 'fee-bump.wrong-coins', inputs, coins: coins.length },
      `${inputs} inputs spend ${inputs} coins, got ${coins.length}`,
    );
  return coins.map((coin, i) => {
    const input = Coins.toInput(coin, `coins[${i}]`, { allowTxidChange });
    const { txid, vout } = Tx.outpointOf(transaction, i);
    if (input.outpoint.txid !== txid || input.outpoint.vout !== vout)
      fail<Reason>(
        { code: 'fee-bump.other-coin', input: i, txid, vout },
        `input ${i} spends ${txid}:${vout}, the coin given for it is another`,
      );
    return { ...input, sequence: (transaction.ins[i] as Tx.Transaction['ins'][number]).sequence };
  });
}

function feeOf(transaction: Tx.Transaction, coins: readonly Coin.Coin[]): Sats.Sats {
  const have = coins.reduce((sum, { valueSats }) => sum + valueSats, 0n);
  const out = transaction.outs.reduce((sum, { value }) => sum + value, 0n);
  if (out > have)
    fail<Reason>(
      { code: 'fee-bump.spends-more', inputsSats: have.toString(), outputsSats: out.toString() },
      `the outputs take ${out} sat, the coins have ${have}`,
    );
  return Sats.from(have - out, 'feeSats');
}

/** Of a signed transaction what it weighs, of an unsigned one what it will. */
function weightOf(transaction: Tx.Transaction, inputs: readonly Coin.Input[]): number {
  if (isSigned(transaction)) return transaction.weight();
  const outputs = transaction.outs.map(({ script, value }) => ({ scriptPubKey: script, valueSats: value }));
  return Coins.signedWeight(Coins.unsigned(inputs, outputs), inputs);
}

/** The scriptSig of a nested coin alone is no signature: it is known before. */
function isSigned({ ins }: Tx.Transaction): boolean {
  return ins.every(({ script, witness }) => witness.length > 0 || (script.length > 0 && !Dust.isWitnessProgram(script.subarray(1))));
}

function extraCoins(options: replace.Options, old: Old): { readonly coin: Coin.Coin; readonly input: Coin.Input }[] {
  if (options.candidates === undefined) return [];
  const spent = new Set(old.inputs.map(({ outpoint: { txid, vout } }) => `${txid}:${vout}`));
  const { coins } = CoinSelection.usable({
    candidates: options.candidates,
    feeRateSatsPerKvb: old.feeRate,
    allowTxidChange: options.allowTxidChange === true,
    maxFeeRateSatsPerKvb: options.maxFeeRateSatsPerKvb ?? Fee.MAX_RATE,
  });
  const own = Tx.txid(old.transaction);
  return coins.filter(({ input: { outpoint } }) => !spent.has(`${outpoint.txid}:${outpoint.vout}`) && outpoint.txid !== own);
}

function leastFee(options: replace.Options, old: Old, signedWeight: number): bigint {
  const { incrementalRateSatsPerKvb, maxFeeRateSatsPerKvb } = options;
  return replacementFee({
    signedWeight,
    replacedFeeSats: old.replacedFeeSats,
    feeRateSatsPerKvb: old.feeRate,
    ...(incrementalRateSatsPerKvb === undefined ? {} : { incrementalRateSatsPerKvb }),
    ...(maxFeeRateSatsPerKvb === undefined ? {} : { maxFeeRateSatsPerKvb }),
  });
}

type Made = { readonly outputs: readonly Tx.SpentOutput[]; readonly feeSats: Sats.Sats; readonly signedWeight: number };

/** The outputs with what is left as change in its old place, or without change; undefined when the fee cannot be paid. */
function outputsFor(
  old: Old,
  options: replace.Options,
  inputs: readonly Coin.Input[],
  kept: readonly Tx.SpentOutput[],
  left: bigint,
): Made | undefined {
  const weigh = (outputs: readonly Tx.SpentOutput[]): number => Tx.checkWeight(Coins.signedWeight(Coins.unsigned(inputs, outputs), inputs));
  const { changeScript, changeIndex = kept.length } = old;
  if (changeScript !== undefined) {
    const withChange = (valueSats: bigint): readonly Tx.SpentOutput[] => [
      ...kept.slice(0, changeIndex),
      { scriptPubKey: changeScript, valueSats },
      ...kept.slice(changeIndex),
    ];
    const signedWeight = weigh(withChange(0n));
    const feeSats = leastFee(options, old, signedWeight);
    const change = left - feeSats;
    if (change > 0n && !Dust.isDust(changeScript, change))
      return { outputs: withChange(change), feeSats: Sats.from(feeSats), signedWeight };
  }
  if (kept.length === 0) return undefined;
  const signedWeight = weigh(kept);
  return left >= leastFee(options, old, signedWeight) ? { outputs: kept, feeSats: Sats.from(left), signedWeight } : undefined;
}

// ---- a child that pays for its parent

/** A transaction that waits. `signedWeight` may be left out of one that is signed. */
export type Parent = { readonly transaction: Tx.Transaction; readonly feeSats: bigint; readonly signedWeight?: number };

export declare namespace child {
  type Options = {
    readonly parent: Parent;
    /** The output of the parent that is ours, as a coin. */
    readonly coin: Coin.Coin;
    /** What parent and child together are to pay. */
    readonly packageFeeRateSatsPerKvb: bigint;
    /** Where the rest goes; the coin's own script when left out. */
    readonly destinationScriptPubKey?: Uint8Array;
    /** Confirmed coins to add when the output is not worth enough, the largest first. */
    readonly candidates?: readonly Coin.Coin[];
    readonly maxFeeRateSatsPerKvb?: bigint;
  };
  type Child = {
    readonly transaction: Tx.Transaction;
    readonly coins: readonly Coin.Coin[];
    readonly inputs: readonly Coin.Input[];
    readonly feeSats: Sats.Sats;
    readonly valueSats: Sats.Sats;
    readonly signedWeight: number;
    /** Of both together, rounded down. */
    readonly packageRateSatsPerKvb: bigint;
  };
}

/**
 * The unsigned child: spends our output of a transaction that waits and pays so much that miners take both (CPFP). It may be replaced itself.
 *
 * A parent below what a full mempool asks is taken only in a package with the child (submitpackage), one below a node's fixed minimum never.
 *
 * @throws fee-bump.not-from-parent, fee-bump.wrong-output - the coin is no output of the parent
 * @throws fee-bump.not-needed - the parent pays this rate itself
 * @throws fee-bump.unsigned-parent - give its signedWeight
 * @throws fee-bump.insufficient-funds, fee.too-high, coin.*, coin-selection.*, address.not-payable
 */
export function child(options: child.Options): child.Child {
  const { parent, coin } = Check.object(options, 'options');
  const maxRate = options.maxFeeRateSatsPerKvb ?? Fee.MAX_RATE;
  const rate = Fee.rate(options.packageFeeRateSatsPerKvb, 'packageFeeRateSatsPerKvb', maxRate);
  const { parentFee, parentBytes } = parentOf(parent, rate);
  const first = { ...Coins.toInput(coin, 'coin', { allowTxidChange: true }), sequence: Coins.REPLACEABLE_SEQUENCE };
  checkOutput(parent.transaction, coin, first.outpoint);
  const scriptPubKey = Address.checkPayable(options.destinationScriptPubKey ?? coin.scriptPubKey, 'destinationScriptPubKey');
  const { candidates } = options;
  const extra =
    candidates === undefined
      ? []
      : [...CoinSelection.usable({ candidates, feeRateSatsPerKvb: rate, maxFeeRateSatsPerKvb: maxRate }).coins].filter(
          ({ input: { outpoint } }) => outpoint.txid !== first.outpoint.txid,
        );
  const feeFor = (weight: number): bigint => {
    const own = Fee.at(weight, rate);
    // Nodes round each transaction up to whole vbytes and compare the sums.
    const together = Fee.at(4 * (parentBytes + Math.ceil(weight / 4)), rate) - parentFee;
    return together > own ? together : own;
  };
  const coins = [coin];
  const inputs: Coin.Input[] = [first];
  const weigh = (): number => Tx.checkWeight(Coins.signedWeight(Coins.unsigned(inputs, [{ scriptPubKey, valueSats: 0n }]), inputs));
  let leastWeight = weigh();
  let haveSats: bigint = coin.valueSats;
  for (let added = 0; ; added++) {
    const more = extra[added];
    // Weighed as a whole only where the coins might be enough, or are all there are: for each coin that is added it would be quadratic work.
    const mayDo = more === undefined || haveSats > feeFor(leastWeight);
    const signedWeight = mayDo ? weigh() : leastWeight;
    const feeSats = feeFor(signedWeight);
    const valueSats = haveSats - feeSats;
    if (valueSats > 0n && !Dust.isDust(scriptPubKey, valueSats)) {
      Fee.checkCeiling(parentFee + feeSats, 4 * parentBytes + signedWeight, maxRate);
      return {
        transaction: Coins.unsigned(inputs, [{ scriptPubKey, valueSats }]),
        coins,
        inputs,
        feeSats: Sats.from(feeSats),
        valueSats: Sats.from(valueSats),
        signedWeight,
        packageRateSatsPerKvb: Fee.rateOf(parentFee + feeSats, 4 * (parentBytes + Math.ceil(signedWeight / 4))),
      };
    }
    if (more === undefined) {
      const needSats = (feeSats + Dust.threshold(scriptPubKey)).toString();
      fail<Reason>(
        { code: 'fee-bump.insufficient-funds', haveSats: haveSats.toString(), needSats },
        `the child needs ${needSats} sat for its fee and an output that is no dust, its coins have ${haveSats}; give candidates`,
      );
    }
    coins.push(more.coin);
    inputs.push({ ...more.input, sequence: Coins.REPLACEABLE_SEQUENCE });
    haveSats += more.coin.valueSats;
    leastWeight += leastInputWeight(more.input);
  }
}

function parentOf(parent: Parent, rate: Fee.RatePerKvb): { readonly parentFee: bigint; readonly parentBytes: number } {
  const { transaction, feeSats, signedWeight } = Check.object(parent, 'parent');
  Tx.check(transaction, 'parent.transaction');
  const parentFee = Sats.from(feeSats, 'parent.feeSats');
  if (signedWeight === undefined && !isSigned(transaction))
    fail<Reason>({ code: 'fee-bump.unsigned-parent' }, 'parent: the transaction is not signed; give its signedWeight');
  const weight = Check.integer(signedWeight ?? transaction.weight(), 'parent.signedWeight', 1, Tx.MAX_STANDARD_WEIGHT);
  const parentRate = Fee.rateOf(parentFee, weight);
  if (parentRate >= rate)
    fail<Reason>(
      { code: 'fee-bump.not-needed', parentRateSatsPerKvb: parentRate.toString() },
      `the parent pays ${parentRate} sat/kvB itself, a child adds nothing`,
    );
  return { parentFee, parentBytes: Math.ceil(weight / 4) };
}

function checkOutput(parent: Tx.Transaction, coin: Coin.Coin, { txid, vout }: Tx.Outpoint): void {
  const parentTxid = Tx.txid(parent);
  if (txid !== parentTxid)
    fail<Reason>({ code: 'fee-bump.not-from-parent', parentTxid, txid }, `the coin is of ${txid}, the parent is ${parentTxid}`);
  const output = parent.outs[vout];
  if (output === undefined || output.value !== coin.valueSats || !Bytes.equal(output.script, coin.scriptPubKey))
    fail<Reason>({ code: 'fee-bump.wrong-output', outputIndex: vout }, `output ${vout} of the parent is not this coin`);
}
