// A stake extension: a new staking transaction whose first input is the previous stake, spent through its unbonding leaf.
// The rules are those of babylon x/btcstaking/types/msg.go GetStakeExpansion and x/btcstaking/keeper/msg_server.go.
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail, hasCode } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as Sats from '../base/Sats.ts';
import * as Address from '../bitcoin/Address.ts';
import * as Coin from '../bitcoin/Coin.ts';
import * as CoinSelection from '../bitcoin/CoinSelection.ts';
import * as ConsolidationTx from '../bitcoin/ConsolidationTx.ts';
import * as Dust from '../bitcoin/Dust.ts';
import * as Fee from '../bitcoin/Fee.ts';
import * as LeafSpend from '../bitcoin/LeafSpend.ts';
import * as Tx from '../bitcoin/Tx.ts';
import { check as checkDelegation, type Delegation, type Reason as DelegationReason } from './Delegation.ts';
import { check as checkContract, type StakingContract } from './StakingContract.ts';
import * as StakingTx from './StakingTx.ts';
import * as UnbondingTx from './UnbondingTx.ts';

export type Reason =
  | Tx.Reason
  | Fee.Reason
  | Coin.Reason
  | Address.Reason
  | Sats.Reason
  | { readonly code: 'extension-tx.other-staker'; readonly reference: string }
  | { readonly code: 'extension-tx.other-finality-provider'; readonly reference: string }
  | { readonly code: 'extension-tx.value-decreased'; readonly newSats: string; readonly oldSats: string; readonly reference: string }
  | { readonly code: 'extension-tx.covenant-overlap'; readonly needed: number; readonly common: number; readonly reference: string }
  | StakingTx.Reason
  | DelegationReason
  | { readonly code: 'extension-tx.wrong-input-count'; readonly got: number; readonly reference: string }
  | { readonly code: 'extension-tx.wrong-input'; readonly input: 0 | 1; readonly reference: string }
  | { readonly code: 'extension-tx.no-fee'; readonly inputsSats: string; readonly outputsSats: string; readonly reference: string }
  | { readonly code: 'extension-tx.funding-is-the-stake'; readonly field: 'funding' }
  | ConsolidationTx.Reason
  | { readonly code: 'extension-tx.needs-consolidation'; readonly plan: ConsolidationPlan }
  | { readonly code: 'extension-tx.change-is-the-contract' }
  | { readonly code: 'extension-tx.funding-without-value'; readonly reference: string }
  | { readonly code: 'extension-tx.insufficient-funds'; readonly haveSats: string; readonly needSats: string };

/** What to do first when no single coin is enough: a transaction to sign, send and wait for; its output is the funding coin then. */
export type ConsolidationPlan = {
  readonly inputs: readonly Tx.Outpoint[];
  /** Output 0, in hex. */
  readonly scriptPubKey: string;
  readonly valueSats: string;
  readonly feeSats: string;
  /** The unsigned transaction, in hex. */
  readonly transaction: string;
};

export declare namespace build {
  type Options = {
    readonly previous: Delegation;
    readonly contract: StakingContract;
    /** At least the previous value. */
    readonly valueSats: Sats.Sats;
    /** Exactly one coin pays the fee: the chain wants two inputs. */
    readonly funding: Coin.Coin;
    readonly changeScriptPubKey: Uint8Array;
    readonly feeRateSatsPerKvb: bigint;
    readonly maxFeeRateSatsPerKvb?: bigint;
  };
  type Built = {
    readonly spend: LeafSpend.LeafSpend;
    readonly transaction: Tx.Transaction;
    readonly stakingOutputIndex: 0;
    readonly feeSats: Sats.Sats;
    readonly changeSats: Sats.Sats;
    readonly signedWeight: number;
  };
}

/**
 * The unsigned extension: input 0 the previous stake, input 1 the funding coin, output 0 the new stake, then the change.
 * `spend` is input 0, for the staker's and the *old* committee's signatures; input 1 is signed as usual.
 *
 * @throws extension-tx.*, coin.*, fee.*, tx.too-heavy
 * @throws staking-tx.coin-is-the-contract - a funding coin that is an output of the old or the new contract: no key path leads out of it
 * @throws extension-tx.change-is-the-contract - change under the locks of the old or the new contract
 * @throws address.not-payable - a change script that would give the change away
 */
export function build(options: build.Options): build.Built {
  const { previous, contract, funding } = Check.object(options, 'options');
  checkDelegation(previous, 'previous');
  checkContract(contract);
  checkTerms(previous, contract);
  const valueSats = Sats.from(options.valueSats, 'valueSats');
  const oldSats = previous.stakingValueSats;
  checkValue(valueSats, oldSats);
  checkFunding(previous, funding);
  const input = Coin.toInput(funding, 'funding');
  for (const one of [previous.contract, contract]) StakingTx.checkForeign(one, funding, 'funding');
  const maxRate = options.maxFeeRateSatsPerKvb ?? Fee.MAX_RATE;
  const feeRate = Fee.rate(options.feeRateSatsPerKvb, 'feeRateSatsPerKvb', maxRate);
  const inputs = [stakeInput(previous), input];
  const stake = { scriptPubKey: contract.staking.scriptPubKey, valueSats };
  const haveSats = oldSats + funding.valueSats;
  const plain = Coin.unsigned(inputs, [stake]);
  const plainWeight = Tx.checkWeight(Coin.signedWeight(plain, inputs));
  const changeScript = changeScriptOf(options);
  const changeWeight = plainWeight + 4 * (9 + changeScript.length);
  const changeSats = haveSats - valueSats - Fee.at(changeWeight, feeRate);
  const withChange = changeSats > 0n && !Dust.isDust(changeScript, changeSats);
  const needSats = valueSats + Fee.at(plainWeight, feeRate);
  if (!withChange && haveSats < needSats)
    fail<Reason>(
      { code: 'extension-tx.insufficient-funds', haveSats: haveSats.toString(), needSats: needSats.toString() },
      `stake and funding have ${haveSats} sat, the new stake and the fee need ${needSats}`,
    );
  const transaction = withChange ? Coin.unsigned(inputs, [stake, { scriptPubKey: changeScript, valueSats: changeSats }]) : plain;
  const signedWeight = withChange ? changeWeight : plainWeight;
  const feeSats = Sats.from(haveSats - valueSats - (withChange ? changeSats : 0n), 'feeSats');
  Fee.checkCeiling(feeSats, signedWeight, maxRate);
  const spentOutputs = [
    { scriptPubKey: previous.contract.staking.scriptPubKey, valueSats: oldSats },
    { scriptPubKey: funding.scriptPubKey, valueSats: funding.valueSats },
  ];
  const spend = LeafSpend.from({ transaction, inputIndex: 0, spentOutputs, leaf: previous.contract.staking.paths.unbonding });
  return { spend, transaction, stakingOutputIndex: 0, feeSats, changeSats: withChange ? Sats.from(changeSats) : Sats.ZERO, signedWeight };
}

/** Change that pays to a contract would be a second stake, or look like one. */
function changeScriptOf({ previous, contract, changeScriptPubKey }: Omit<build.Options, 'funding'>): Uint8Array {
  const script = Address.checkPayable(changeScriptPubKey, 'changeScriptPubKey');
  const outputs = [previous.contract, contract].flatMap(({ staking, unbonding, slashingChange }) => [staking, unbonding, slashingChange]);
  if (Address.kindOf(script) === 'p2tr' && outputs.some(({ scriptPubKey }) => Bytes.equal(scriptPubKey, script)))
    fail<Reason>(
      { code: 'extension-tx.change-is-the-contract' },
      'changeScriptPubKey: an output of the old or the new contract; give an address of the wallet',
    );
  return script;
}

export declare namespace fund {
  type Options = Omit<build.Options, 'funding'> &
    Omit<CoinSelection.PoolOptions, 'mustUse' | 'neverUseScripts' | 'allowTxidChange'> & {
      /** What spending a coin later is expected to cost: 5 sat/vB when left out. */
      readonly laterFeeRateSatsPerKvb?: bigint;
    };
  type Funded = build.Built & { readonly funding: Coin.Coin; readonly skipped: readonly CoinSelection.Skipped[] };
}

/**
 * Chooses the one coin that pays for an extension, the one that wastes least, and builds the extension with it. The stake itself and other
 * outputs of the two contracts are never taken, nor coins whose signing would change the txid.
 *
 * @throws extension-tx.needs-consolidation - no single coin is enough but several are; `plan` is the transaction that makes one of them
 * @throws extension-tx.insufficient-funds - all coins together are not enough
 * @throws as {@link build}; coin-selection.*
 */
export function fund(options: fund.Options): fund.Funded {
  const quote = quoteOf(options);
  const { coins, skipped } = CoinSelection.usable({ ...options, mustUse: [], allowTxidChange: false, neverUseScripts: quote.ownScripts });
  const stake = options.previous.staking.outpoint;
  let best: { readonly coin: Coin.Coin; readonly waste: bigint } | undefined;
  for (const { coin, input } of coins) {
    if (input.outpoint.txid === stake.txid && input.outpoint.vout === stake.vout) continue;
    const waste = wasteOf(quote, coin.valueSats, Coin.inputWeight(input));
    // The coins come largest first: of equally good ones the smaller is taken.
    if (waste !== undefined && (best === undefined || waste <= best.waste)) best = { coin, waste };
  }
  if (best === undefined) return needsConsolidation(options, quote);
  const { coin: funding } = best;
  return { ...build({ ...options, funding }), funding, skipped };
}

/** What an extension costs beside its funding input; weights in weight units. */
type Quote = {
  readonly missingSats: bigint;
  readonly baseWeight: number;
  readonly changeWeight: number;
  readonly changeScript: Uint8Array;
  readonly feeRate: Fee.RatePerKvb;
  readonly laterRate: bigint;
  readonly ownScripts: readonly Uint8Array[];
};

function quoteOf(options: fund.Options): Quote {
  const { previous, contract } = Check.object(options, 'options');
  checkDelegation(previous, 'previous');
  checkContract(contract);
  checkTerms(previous, contract);
  const valueSats = Sats.from(options.valueSats, 'valueSats');
  checkValue(valueSats, previous.stakingValueSats);
  const feeRate = Fee.rate(options.feeRateSatsPerKvb, 'feeRateSatsPerKvb', options.maxFeeRateSatsPerKvb ?? Fee.MAX_RATE);
  const later = Fee.rate(options.laterFeeRateSatsPerKvb ?? CoinSelection.LATER_RATE, 'laterFeeRateSatsPerKvb');
  const changeScript = changeScriptOf(options);
  const inputs = [stakeInput(previous)];
  const outputs = [previous.contract, contract].flatMap(({ staking, unbonding, slashingChange }) => [staking, unbonding, slashingChange]);
  return {
    missingSats: valueSats - previous.stakingValueSats,
    baseWeight: Coin.signedWeight(Coin.unsigned(inputs, [{ scriptPubKey: contract.staking.scriptPubKey, valueSats }]), inputs),
    changeWeight: 4 * (9 + changeScript.length),
    changeScript,
    feeRate,
    laterRate: later < feeRate ? later : feeRate,
    ownScripts: outputs.map(({ scriptPubKey }) => scriptPubKey),
  };
}

/** In 1/4000 sat: the fee, plus what the change costs later, less what the coin would have cost later; undefined when it is not enough. */
function wasteOf(quote: Quote, valueSats: bigint, inputWeight: number): bigint | undefined {
  const { missingSats, baseWeight, changeWeight, changeScript, feeRate, laterRate } = quote;
  const have = valueSats - missingSats;
  const weight = baseWeight + inputWeight;
  if (have < Fee.at(weight, feeRate)) return undefined;
  const change = have - Fee.at(weight + changeWeight, feeRate);
  const saved = BigInt(inputWeight) * laterRate;
  if (change <= 0n || Dust.isDust(changeScript, change)) return have * 4000n - saved;
  return BigInt(weight + changeWeight) * feeRate + BigInt(spendWeightOf(changeScript) ?? LEGACY_INPUT) * laterRate - saved;
}

/** Weight of a P2PKH input: the most that a usual output costs to spend. */
const LEGACY_INPUT = 592;

/** Weight of the input that spends such an output; undefined where a hidden script decides. */
function spendWeightOf(script: Uint8Array): number | undefined {
  const kind = Address.kindOf(script);
  return kind === 'p2tr' ? 230 : kind === 'p2wpkh' ? 272 : undefined;
}

function needsConsolidation(options: fund.Options, quote: Quote): never {
  const { coins } = CoinSelection.usable({ ...options, mustUse: [], allowTxidChange: true, neverUseScripts: quote.ownScripts });
  const like =
    coins.find(({ coin }) => Bytes.equal(coin.scriptPubKey, quote.changeScript)) ??
    coins.find(({ input }) => input.scriptSigBytes === undefined);
  const isKnown = spendWeightOf(quote.changeScript) !== undefined;
  const scriptPubKey = isKnown ? quote.changeScript : (like?.coin.scriptPubKey ?? quote.changeScript);
  const inputWeight = spendWeightOf(scriptPubKey) ?? (like === undefined ? LEGACY_INPUT : Coin.inputWeight(like.input));
  const enough = quote.missingSats + Fee.at(quote.baseWeight + inputWeight, quote.feeRate);
  const haveSats = coins.reduce((sum, { coin }) => sum + coin.valueSats, 0n).toString();
  let built: ConsolidationTx.build.Built;
  try {
    const least = Dust.threshold(scriptPubKey);
    built = ConsolidationTx.build({
      candidates: coins.map(({ coin }) => coin),
      scriptPubKey,
      feeRateSatsPerKvb: quote.feeRate,
      enoughSats: enough < least ? least : enough,
      allowTxidChange: true,
      maxFeeRateSatsPerKvb: options.maxFeeRateSatsPerKvb ?? Fee.MAX_RATE,
    });
  } catch (error) {
    const isPoor = hasCode<Reason, 'consolidation-tx.insufficient-funds'>(error, 'consolidation-tx.insufficient-funds');
    if (!isPoor && !hasCode<Reason, 'consolidation-tx.nothing-to-do'>(error, 'consolidation-tx.nothing-to-do')) throw error;
    const needSats = isPoor ? error.reason.needSats : enough.toString();
    return fail<Reason>(
      { code: 'extension-tx.insufficient-funds', haveSats, needSats },
      `the extension needs ${enough} sat beside the stake in one coin; all coins together have ${haveSats} sat`,
    );
  }
  const plan: ConsolidationPlan = {
    inputs: built.inputs.map(({ outpoint }) => outpoint),
    scriptPubKey: Hex.encode(scriptPubKey),
    valueSats: built.valueSats.toString(),
    feeSats: built.feeSats.toString(),
    transaction: Tx.toHex(built.transaction),
  };
  return fail<Reason>(
    { code: 'extension-tx.needs-consolidation', plan },
    `an extension spends one coin, and none has ${enough} sat; make one out of ${plan.inputs.length} coins first (see reason.plan)`,
  );
}

export declare namespace check {
  type Options = {
    readonly transaction: Tx.Transaction;
    readonly previous: Delegation;
    readonly contract: StakingContract;
    readonly funding: Tx.SpentOutput & { readonly outpoint: Tx.Outpoint };
  };
}

/**
 * Refuses an extension transaction that the chain would refuse, in its order; gives the index of the new staking output.
 *
 * @throws extension-tx.*, tx.*, staking-tx.no-staking-output, staking-tx.several-staking-outputs
 * @source babylon x/btcstaking/types/msg.go GetStakeExpansion, x/btcstaking/keeper/msg_server.go BtcStakeExpand
 */
export function check(options: check.Options): { readonly stakingOutputIndex: number } {
  const { transaction, previous, contract, funding } = Check.object(options, 'options');
  checkDelegation(previous, 'previous');
  checkContract(contract);
  Tx.checkSanity(transaction);
  const got = transaction.ins.length;
  if (got !== 2) {
    const reference = 'stake expansion must have 2 inputs (TxIn)';
    fail<Reason>({ code: 'extension-tx.wrong-input-count', got, reference }, `an extension has exactly 2 inputs, this one has ${got}`);
  }
  const stake = previous.staking.outpoint;
  const first = Tx.outpointOf(transaction, 0);
  if (first.txid !== stake.txid) wrongInput(0, `stake expansion first input must be the previous staking transaction hash ${stake.txid}`);
  const coin = Tx.checkOutpoint(Check.object(funding, 'funding').outpoint, 'funding.outpoint');
  const second = Tx.outpointOf(transaction, 1);
  if (second.txid !== coin.txid) wrongInput(1, `stake expansion second input must be the given funding tx hash ${coin.txid}`);
  if (second.vout !== coin.vout) wrongInput(1, `the given funding tx doesn't have the expected output index ${second.vout}`);
  checkTerms(previous, contract);
  checkFunding(previous, funding);
  if (first.vout !== stake.vout) {
    wrongInput(0, `staking expansion tx input index ${first.vout} does not match previous delegation staking output index ${stake.vout}`);
  }
  const stakingOutputIndex = StakingTx.findOutput(transaction, contract);
  checkValue(Sats.from(Tx.outputOf(transaction, stakingOutputIndex).valueSats), previous.stakingValueSats);
  const inputsSats = previous.stakingValueSats + funding.valueSats;
  const outputsSats = transaction.outs.reduce((sum, { value }) => sum + value, 0n);
  if (inputsSats <= outputsSats) {
    const reference = `invalid transaction fee: inputs ${inputsSats} <= outputs ${outputsSats}`;
    const reason = {
      code: 'extension-tx.no-fee',
      inputsSats: inputsSats.toString(),
      outputsSats: outputsSats.toString(),
      reference,
    } as const;
    fail<Reason>(reason, `the outputs take ${outputsSats} of ${inputsSats} sat and leave no fee`);
  }
  return { stakingOutputIndex };
}

function wrongInput(input: 0 | 1, reference: string): never {
  fail<Reason>({ code: 'extension-tx.wrong-input', input, reference }, `input ${input} is not the one that an extension needs there`);
}

function checkValue(valueSats: Sats.Sats, oldSats: Sats.Sats): void {
  if (valueSats >= oldSats) return;
  const reference = `staking expansion output amount ${valueSats} is less than previous delegation amount ${oldSats}`;
  const reason = { code: 'extension-tx.value-decreased', newSats: valueSats.toString(), oldSats: oldSats.toString(), reference } as const;
  fail<Reason>(reason, `an extension keeps or raises the stake: ${oldSats} sat before, ${valueSats} now`);
}

/** The old committee decides the size of the witness: all its slots, `quorum` of them filled. */
function stakeInput(previous: Delegation): Coin.Input {
  return {
    outpoint: previous.staking.outpoint,
    scriptSig: new Uint8Array(0),
    witnessBytes: UnbondingTx.witnessBytes(previous.contract),
  };
}

function checkTerms(previous: Delegation, contract: StakingContract): void {
  const before = previous.contract.terms;
  const after = contract.terms;
  if (!sameKeys(before.stakerPks, after.stakerPks) || before.stakerQuorum !== after.stakerQuorum) {
    fail<Reason>(
      { code: 'extension-tx.other-staker', reference: 'staker pk does not match previous staker pk' },
      'an extension keeps the staker key',
    );
  }
  if (after.profile === 'babylon-v4' && !sameKeys(before.finalityProviderPks, after.finalityProviderPks)) {
    fail<Reason>(
      { code: 'extension-tx.other-finality-provider', reference: 'different finality provider' },
      'an extension keeps the finality provider (profile babylon-v4)',
    );
  }
  const members = new Set(after.covenantPks.map((key) => Hex.encode(key)));
  const common = before.covenantPks.filter((key) => members.has(Hex.encode(key))).length;
  // A new member cannot sign for the old output and a message carries all signatures at once: both quorums come from the common members.
  const needed = Math.max(before.covenantQuorum, after.covenantQuorum);
  if (common < needed) {
    const reference = `insufficient covenant committee overlap: need at least ${before.covenantQuorum} members from old committee in new committee`;
    fail<Reason>(
      { code: 'extension-tx.covenant-overlap', needed, common, reference },
      `${needed} covenant members must belong to both committees, ${common} do`,
    );
  }
}

function checkFunding(previous: Delegation, funding: check.Options['funding']): void {
  const { txid, vout } = Tx.checkOutpoint(Check.object(funding, 'funding').outpoint, 'funding.outpoint');
  if (typeof funding.valueSats !== 'bigint') Sats.from(funding.valueSats, 'funding.valueSats');
  if (txid === previous.stakingTxid && vout === previous.stakingOutputIndex)
    fail<Reason>({ code: 'extension-tx.funding-is-the-stake', field: 'funding' }, 'the funding coin is the stake itself');
  if (funding.valueSats <= 0n)
    fail<Reason>(
      { code: 'extension-tx.funding-without-value', reference: `stake expansion funding output has invalid value ${funding.valueSats}` },
      'the funding coin has no value',
    );
}

function sameKeys(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  const sorted = (keys: readonly Uint8Array[]): Uint8Array[] => [...keys].sort(Bytes.compare);
  return a.length === b.length && Bytes.equal(Bytes.concat(...sorted(a)), Bytes.concat(...sorted(b)));
}
