// The staking transaction: built over witness inputs only, found in a transaction, held against the parameters (babylon types/btcutils.go).
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail, hasCode } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as Sats from '../base/Sats.ts';
import * as Address from '../bitcoin/Address.ts';
import * as Coin from '../bitcoin/Coin.ts';
import * as CoinSelection from '../bitcoin/CoinSelection.ts';
import * as Dust from '../bitcoin/Dust.ts';
import * as Fee from '../bitcoin/Fee.ts';
import * as Script from '../bitcoin/Script.ts';
import * as Tx from '../bitcoin/Tx.ts';
import * as Params from './Params.ts';
import { check as checkContract, type StakingContract } from './StakingContract.ts';

export type Reason =
  | Tx.Reason
  | Fee.Reason
  | Sats.Reason
  | Coin.Reason
  | Address.Reason
  | { readonly code: 'staking-tx.no-staking-output'; readonly reference: string; readonly paidSats?: string }
  | { readonly code: 'staking-tx.several-staking-outputs'; readonly indexes: readonly number[]; readonly reference: string }
  | { readonly code: 'staking-tx.insufficient-funds'; readonly haveSats: string; readonly needSats: string }
  | CoinSelection.Reason
  | { readonly code: 'staking-tx.not-a-data-output' }
  | { readonly code: 'staking-tx.data-not-standard'; readonly bytes: number; readonly maxBytes: number }
  | { readonly code: 'staking-tx.change-is-the-contract' }
  | { readonly code: 'staking-tx.coin-is-the-contract'; readonly field: string }
  | { readonly code: 'staking-tx.txid-must-be-final'; readonly option: 'allowTxidChange' | 'replaceable' }
  | { readonly code: 'staking-tx.no-lock-time'; readonly field: string }
  | { readonly code: 'staking-tx.unknown-registration'; readonly got: string }
  | { readonly code: 'staking-tx.dust'; readonly field: 'valueSats'; readonly valueSats: string; readonly minSats: string }
  | {
      readonly code: 'staking-tx.value-out-of-range';
      readonly field: 'valueSats';
      readonly valueSats: string;
      readonly minSats: string;
      readonly maxSats: string;
    }
  | {
      readonly code: 'staking-tx.time-out-of-range';
      readonly field: 'stakingTimeBlocks';
      readonly blocks: number;
      readonly minBlocks: number;
      readonly maxBlocks: number;
    }
  | {
      readonly code: 'staking-tx.params-mismatch';
      readonly field: 'covenantPks' | 'covenantQuorum' | 'unbondingTimeBlocks';
      readonly expected: string;
      readonly got: string;
    };

const NOT_FOUND = 'staking tx does not contain expected staking output';

/**
 * When the delegation is registered on the Babylon chain. `pre-staking`: before the staking transaction is sent, with everything pre-signed on
 * top of its txid, which therefore must be final. `post-staking`: after it is confirmed, with the txid that the chain then shows.
 */
export type Registration = 'pre-staking' | 'post-staking';

/** What both ways to build have in common. */
type Common = {
  readonly contract: StakingContract;
  readonly valueSats: Sats.Sats;
  readonly changeScriptPubKey: Uint8Array;
  readonly feeRateSatsPerKvb: bigint;
  /** The phase-1 data output, when there is one. */
  readonly opReturnScript?: Uint8Array;
  /** `pre-staking` when left out. */
  readonly registration?: Registration;
  /** `true` spends P2PKH and bare P2SH coins too. Only with `post-staking`: make the delegation of the signed transaction. */
  readonly allowTxidChange?: boolean;
  /** `true` opts in to replacement (BIP125). Only with `post-staking`: a replacement has another txid. */
  readonly replaceable?: boolean;
  /** A rate above 1000 sat/vB is refused unless it is allowed here. */
  readonly maxFeeRateSatsPerKvb?: bigint;
};

export declare namespace build {
  type Options = Common & {
    /** The parameters in force: value, staking time and covenant are held against them. Leave out only what no chain will judge. */
    readonly params?: Params.StakingParams;
    /** All of them are spent, in this order. */
    readonly coins: readonly Coin.Coin[];
    /**
     * Less change than this goes to the fee, as long as it is not worth an output (`CoinSelection.worthwhileChange`): what is worth one is paid
     * out, however much is asked for here. Its dust limit when left out.
     */
    readonly minChangeSats?: bigint;
  };
  type Built = {
    readonly transaction: Tx.Transaction;
    readonly stakingOutputIndex: 0;
    readonly feeSats: Sats.Sats;
    readonly changeSats: Sats.Sats;
    readonly signedWeight: number;
    /** False when signing changes the txid, or the transaction may be replaced: nothing can be pre-signed on top of it yet. */
    readonly txidIsFinal: boolean;
  };
}

/**
 * The unsigned staking transaction: output 0 is the stake, then the data output, then the change. Its txid is final, because inputs whose
 * signing would change it (P2PKH, bare P2SH) are refused: everything that is pre-signed later commits to the txid. Only for registration after
 * the confirmation may they be allowed, and `txidIsFinal` says so then.
 *
 * The weight is that of the signed transaction (72-byte ECDSA, 64-byte Schnorr). Change below its dust limit, or below `minChangeSats` as
 * far as it is not worth an output, goes to the fee, and `feeSats` says so.
 *
 * @throws staking-tx.value-out-of-range, staking-tx.time-out-of-range, staking-tx.params-mismatch - against `params`
 * @throws coin.* - unknown or txid-changing inputs
 * @throws staking-tx.txid-must-be-final - an option that makes the txid change, with registration before the transaction is sent
 * @throws staking-tx.coin-is-the-contract - an output of this contract among the coins: no key path leads out of it
 * @throws staking-tx.change-is-the-contract - change under the contract's own locks would be a second stake, or look like one
 * @throws address.not-payable - a change script that would give the change away
 * @throws staking-tx.not-a-data-output, staking-tx.data-not-standard, tx.too-heavy
 * @throws staking-tx.no-lock-time - a lock time among the options, under any of its names
 * @throws staking-tx.insufficient-funds, staking-tx.dust, fee.too-high, tx.duplicate-input
 */
export function build(options: build.Options): build.Built {
  const { contract, coins } = Check.object(options, 'options');
  const { stake, data, allowTxidChange, replaceable, changeScript } = termsOf(options, contract);
  if (options.params !== undefined) checkAgainst(options.params, contract, stake.valueSats);
  const maxRate = options.maxFeeRateSatsPerKvb ?? Fee.MAX_RATE;
  const feeRate = Fee.rate(options.feeRateSatsPerKvb, 'feeRateSatsPerKvb', maxRate);
  const dust = Dust.threshold(changeScript);
  const asked = options.minChangeSats === undefined ? dust : Check.bigInteger(options.minChangeSats, 'minChangeSats', dust, Sats.MAX);
  const worth = CoinSelection.worthwhileChange(changeScript);
  const minChange = asked < worth ? asked : worth;
  const inputs = Check.list(coins, 'coins').map((coin, i) => {
    const input = Coin.toInput(coin, `coins[${i}]`, { allowTxidChange });
    checkForeign(contract, coin, `coins[${i}]`);
    return replaceable ? { ...input, sequence: Coin.REPLACEABLE_SEQUENCE } : input;
  });
  const haveSats = coins.reduce((sum, coin) => sum + coin.valueSats, 0n);
  const withoutChange = Coin.unsigned(inputs, [stake, ...data]);
  const plainWeight = Tx.checkWeight(Coin.signedWeight(withoutChange, inputs));
  const changeWeight = Tx.checkWeight(plainWeight + 4 * (9 + changeScript.length));
  const changeSats = haveSats - stake.valueSats - Fee.at(changeWeight, feeRate);
  const txidIsFinal = !replaceable && inputs.every(({ scriptSigBytes }) => scriptSigBytes === undefined);
  if (changeSats >= minChange) {
    const transaction = Coin.unsigned(inputs, [stake, ...data, { scriptPubKey: changeScript, valueSats: changeSats }]);
    return {
      transaction,
      stakingOutputIndex: 0,
      feeSats: Sats.from(haveSats - stake.valueSats - changeSats),
      changeSats: Sats.from(changeSats),
      signedWeight: changeWeight,
      txidIsFinal,
    };
  }
  const needSats = stake.valueSats + Fee.at(plainWeight, feeRate);
  if (haveSats < needSats)
    fail<Reason>(
      { code: 'staking-tx.insufficient-funds', haveSats: haveSats.toString(), needSats: needSats.toString() },
      `the coins have ${haveSats} sat, stake and fee need ${needSats} sat`,
    );
  const feeSats = Sats.from(haveSats - stake.valueSats, 'feeSats');
  Fee.checkCeiling(feeSats, plainWeight, maxRate);
  return { transaction: withoutChange, stakingOutputIndex: 0, feeSats, changeSats: Sats.ZERO, signedWeight: plainWeight, txidIsFinal };
}

export declare namespace fund {
  type Options = Common &
    Omit<CoinSelection.select.Options, 'outputs' | 'neverUseScripts'> & {
      /** The parameters in force: value, staking time and covenant are held against them. */
      readonly params: Params.StakingParams;
    };
  type Funded = build.Built & {
    /** The coins that are spent, in the order of the inputs. */
    readonly coins: readonly Coin.Coin[];
    readonly selection: CoinSelection.select.Selected;
  };
}

/**
 * Chooses coins of a wallet for a stake and builds the unsigned transaction as {@link build} does. Coins that cannot be spent here are left out
 * and listed in `selection.skipped`; the contract's own outputs are never touched.
 *
 * @throws as {@link build} and `CoinSelection.select`
 */
export function fund(options: fund.Options): fund.Funded {
  const { contract, params } = Check.object(options, 'options');
  const { stake, data, allowTxidChange, replaceable, changeScript } = termsOf(options, contract);
  checkAgainst(params, contract, stake.valueSats);
  const selection = CoinSelection.select({
    ...options,
    outputs: [stake, ...data],
    changeScriptPubKey: changeScript,
    neverUseScripts: outputsOf(contract),
    allowTxidChange,
  });
  const inputs = selection.inputs.map((input) => (replaceable ? { ...input, sequence: Coin.REPLACEABLE_SEQUENCE } : input));
  const { feeSats, changeSats, signedWeight } = selection;
  return {
    transaction: Coin.unsigned(inputs, selection.outputs),
    stakingOutputIndex: 0,
    feeSats,
    changeSats,
    signedWeight,
    txidIsFinal: !replaceable && inputs.every(({ scriptSigBytes }) => scriptSigBytes === undefined),
    coins: selection.coins,
    selection,
  };
}

type Terms = {
  readonly stake: { readonly scriptPubKey: Uint8Array; readonly valueSats: Sats.Sats };
  readonly data: readonly Tx.SpentOutput[];
  readonly changeScript: Uint8Array;
  readonly allowTxidChange: boolean;
  readonly replaceable: boolean;
};

/** Options of other libraries: the inputs are final, so that a lock time would have no effect, and is not dropped without a word. */
const LOCK_TIMES = ['lockHeight', 'lockTime', 'locktime'];

function termsOf(options: Common, contract: StakingContract): Terms {
  checkContract(contract);
  const lock = LOCK_TIMES.find((name) => (options as Readonly<Record<string, unknown>>)[name] !== undefined);
  if (lock !== undefined)
    fail<Reason>({ code: 'staking-tx.no-lock-time', field: lock }, `${lock}: a staking transaction has none; its inputs are final`);
  const valueSats = Sats.from(options.valueSats, 'valueSats');
  const stake = { scriptPubKey: contract.staking.scriptPubKey, valueSats };
  const minSats = Dust.threshold(stake.scriptPubKey);
  if (valueSats < minSats)
    fail<Reason>(
      { code: 'staking-tx.dust', field: 'valueSats', valueSats: valueSats.toString(), minSats: minSats.toString() },
      `a stake of ${valueSats} sat is below the dust limit of ${minSats}`,
    );
  const changeScript = Address.checkPayable(options.changeScriptPubKey, 'changeScriptPubKey');
  if (isOf(contract, changeScript))
    fail<Reason>(
      { code: 'staking-tx.change-is-the-contract' },
      'changeScriptPubKey: an output of this contract; give an address of the wallet',
    );
  const registration: unknown = options.registration ?? 'pre-staking';
  if (registration !== 'pre-staking' && registration !== 'post-staking') {
    const got = typeof registration === 'string' ? registration : Check.kindOf(registration);
    fail<Reason>({ code: 'staking-tx.unknown-registration', got }, `registration: expected pre-staking or post-staking, got ${got}`);
  }
  const flags = { allowTxidChange: options.allowTxidChange === true, replaceable: options.replaceable === true };
  for (const option of ['allowTxidChange', 'replaceable'] as const)
    if (flags[option] && registration === 'pre-staking')
      fail<Reason>(
        { code: 'staking-tx.txid-must-be-final', option },
        `${option}: what is registered before it is sent keeps its txid; possible only with registration 'post-staking'`,
      );
  const data = options.opReturnScript === undefined ? [] : [{ scriptPubKey: dataScript(options.opReturnScript), valueSats: 0n }];
  return { stake, data, changeScript, ...flags };
}

/** The output scripts of a contract; later ones are asked for only where they are needed, since each costs a curve operation. */
function outputsOf(contract: StakingContract): readonly Uint8Array[] {
  return [contract.staking.scriptPubKey, contract.unbonding.scriptPubKey, contract.slashingChange.scriptPubKey];
}

function isOf(contract: StakingContract, script: Uint8Array): boolean {
  return Address.kindOf(script) === 'p2tr' && outputsOf(contract).some((own) => Bytes.equal(own, script));
}

/** @throws staking-tx.coin-is-the-contract */
export function checkForeign(contract: StakingContract, coin: Tx.SpentOutput, field = 'coin'): void {
  checkContract(contract);
  if (isOf(contract, Check.bytes(Check.object(coin, field).scriptPubKey, `${field}.scriptPubKey`)))
    fail<Reason>(
      { code: 'staking-tx.coin-is-the-contract', field },
      `${field}: an output of this contract, which is locked by scripts; it is no coin of the wallet`,
    );
}

/** Bytes of an OP_RETURN script that all nodes relay: Bitcoin Core up to 29 and its default before took no more. */
const MAX_DATA_SCRIPT = 83;

function dataScript(script: Uint8Array): Uint8Array {
  if (!Dust.isUnspendable(Check.bytes(script, 'opReturnScript')))
    fail<Reason>({ code: 'staking-tx.not-a-data-output' }, 'opReturnScript: a data output starts with OP_RETURN (6a)');
  if (script.length > MAX_DATA_SCRIPT || !isPushOnly(script.subarray(1)))
    fail<Reason>(
      { code: 'staking-tx.data-not-standard', bytes: script.length, maxBytes: MAX_DATA_SCRIPT },
      `opReturnScript: nodes relay OP_RETURN with pushes and nothing else, ${MAX_DATA_SCRIPT} bytes at most; got ${script.length}`,
    );
  return script;
}

function isPushOnly(script: Uint8Array): boolean {
  try {
    return [...Script.instructions(script)].every(({ opcode }) => opcode <= Script.OP.NUMBER_16);
  } catch (error) {
    if (hasCode<Script.Reason, 'script.truncated'>(error, 'script.truncated')) return false;
    throw error;
  }
}

/**
 * Index of the output that pays to the contract. With `valueSats`, outputs of another value are passed over, as the chain does; without it a
 * second output of the same script is refused whatever its value, since nothing tells which one is meant.
 *
 * @throws staking-tx.no-staking-output, staking-tx.several-staking-outputs, input.*
 */
export function findOutput(transaction: Tx.Transaction, contract: StakingContract, valueSats?: Sats.Sats): number {
  const script = checkContract(contract).staking.scriptPubKey;
  if (valueSats !== undefined) Sats.from(valueSats, 'valueSats');
  const indexes = Tx.check(transaction).outs.flatMap((output, i) =>
    Bytes.equal(output.script, script) && (valueSats === undefined || output.value === valueSats) ? [i] : [],
  );
  const [index, ...more] = indexes;
  if (index === undefined) {
    const paid = transaction.outs.find(({ script: other }) => Bytes.equal(other, script))?.value;
    const advice =
      paid === undefined
        ? 'one of its keys, the staking time or the parameter version may be another'
        : `one pays ${paid} sat to it, not ${valueSats} sat`;
    fail<Reason>(
      { code: 'staking-tx.no-staking-output', reference: NOT_FOUND, ...(paid === undefined ? {} : { paidSats: paid.toString() }) },
      `no output pays to this contract: ${advice}`,
    );
  }
  if (more.length > 0)
    fail<Reason>(
      { code: 'staking-tx.several-staking-outputs', indexes, reference: NOT_FOUND },
      `outputs ${indexes.join(', ')} pay to this contract; one is allowed`,
    );
  return index;
}

/**
 * Refuses a stake that a parameter version does not allow.
 *
 * @throws staking-tx.value-out-of-range, staking-tx.time-out-of-range, staking-tx.params-mismatch
 * @source babylon x/btcstaking/types/validate_parsed_message.go
 */
export function checkAgainst(params: Params.StakingParams, contract: StakingContract, valueSats: Sats.Sats): void {
  Params.check(params);
  checkContract(contract);
  Sats.from(valueSats, 'valueSats');
  const { minStakingValueSats, maxStakingValueSats, minStakingTimeBlocks, maxStakingTimeBlocks } = params;
  const { stakingTimeBlocks } = contract.terms;
  if (stakingTimeBlocks < minStakingTimeBlocks || stakingTimeBlocks > maxStakingTimeBlocks) {
    const reason = {
      code: 'staking-tx.time-out-of-range',
      field: 'stakingTimeBlocks',
      blocks: stakingTimeBlocks,
      minBlocks: minStakingTimeBlocks,
      maxBlocks: maxStakingTimeBlocks,
    } as const;
    fail<Reason>(reason, `the staking time must be ${minStakingTimeBlocks}..${maxStakingTimeBlocks} blocks, got ${stakingTimeBlocks}`);
  }
  if (valueSats < minStakingValueSats || valueSats > maxStakingValueSats) {
    const reason = {
      code: 'staking-tx.value-out-of-range',
      field: 'valueSats',
      valueSats: valueSats.toString(),
      minSats: minStakingValueSats.toString(),
      maxSats: maxStakingValueSats.toString(),
    } as const;
    fail<Reason>(reason, `the stake must be ${minStakingValueSats}..${maxStakingValueSats} sat, got ${valueSats}`);
  }
  checkTerms(params, contract);
}

/**
 * Refuses a contract that was made under another parameter version: its pre-signed transactions would have the wrong fees and scripts.
 *
 * @throws staking-tx.params-mismatch
 */
export function checkTerms(
  params: Pick<Params.StakingParams, 'version' | 'covenantPks' | 'covenantQuorum' | 'unbondingTimeBlocks'>,
  contract: StakingContract,
): void {
  Check.list(Check.object(params, 'params').covenantPks, 'params.covenantPks');
  Check.integer(params.covenantQuorum, 'params.covenantQuorum', 0, 0xffff_ffff);
  Check.integer(params.unbondingTimeBlocks, 'params.unbondingTimeBlocks', 0, 0xffff_ffff);
  checkContract(contract);
  const { unbondingTimeBlocks, covenantPks, covenantQuorum } = contract.terms;
  const mismatch = (field: 'covenantPks' | 'covenantQuorum' | 'unbondingTimeBlocks', expected: string, got: string): void => {
    if (expected !== got) {
      Check.integer(params.version, 'params.version', 0, 0xffff_ffff);
      fail<Reason>(
        { code: 'staking-tx.params-mismatch', field, expected, got },
        `${field}: parameter version ${params.version} has ${expected}, the contract ${got}`,
      );
    }
  };
  mismatch('unbondingTimeBlocks', String(params.unbondingTimeBlocks), String(unbondingTimeBlocks));
  mismatch('covenantQuorum', String(params.covenantQuorum), String(covenantQuorum));
  const names = (keys: readonly Uint8Array[]): string =>
    keys
      .map((key) => Hex.encode(key))
      .sort()
      .join(',');
  mismatch('covenantPks', names(params.covenantPks), names(covenantPks));
}
