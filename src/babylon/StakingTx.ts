// The staking transaction: built over witness inputs only, found in a transaction, held against the parameters (babylon types/btcutils.go).
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as Sats from '../base/Sats.ts';
import * as Address from '../bitcoin/Address.ts';
import * as Coin from '../bitcoin/Coin.ts';
import * as Dust from '../bitcoin/Dust.ts';
import * as Fee from '../bitcoin/Fee.ts';
import * as Tx from '../bitcoin/Tx.ts';
import * as Params from './Params.ts';
import { check as checkContract, type StakingContract } from './StakingContract.ts';

export type Reason =
  | Tx.Reason
  | Fee.Reason
  | Sats.Reason
  | Coin.Reason
  | Address.Reason
  | { readonly code: 'staking-tx.no-staking-output'; readonly reference: string }
  | { readonly code: 'staking-tx.several-staking-outputs'; readonly indexes: readonly number[]; readonly reference: string }
  | { readonly code: 'staking-tx.insufficient-funds'; readonly haveSats: string; readonly needSats: string }
  | { readonly code: 'staking-tx.not-a-data-output' }
  | { readonly code: 'staking-tx.dust'; readonly valueSats: string; readonly minSats: string }
  | { readonly code: 'staking-tx.value-out-of-range'; readonly valueSats: string; readonly minSats: string; readonly maxSats: string }
  | { readonly code: 'staking-tx.time-out-of-range'; readonly blocks: number; readonly minBlocks: number; readonly maxBlocks: number }
  | {
      readonly code: 'staking-tx.params-mismatch';
      readonly field: 'covenantPks' | 'covenantQuorum' | 'unbondingTimeBlocks';
      readonly expected: string;
      readonly got: string;
    };

const NOT_FOUND = 'staking tx does not contain expected staking output';

export declare namespace build {
  type Options = {
    readonly contract: StakingContract;
    readonly valueSats: Sats.Sats;
    /** The parameters in force: value, staking time and covenant are held against them. Leave out only what no chain will judge. */
    readonly params?: Params.StakingParams;
    /** All of them are spent, in this order. */
    readonly coins: readonly Coin.Coin[];
    readonly changeScriptPubKey: Uint8Array;
    readonly feeRateSatsPerKvb: bigint;
    /** The phase-1 data output, when there is one. */
    readonly opReturnScript?: Uint8Array;
    /** A rate above 1000 sat/vB is refused unless it is allowed here. */
    readonly maxFeeRateSatsPerKvb?: bigint;
  };
  type Built = {
    readonly transaction: Tx.Transaction;
    readonly stakingOutputIndex: 0;
    readonly feeSats: Sats.Sats;
    readonly changeSats: Sats.Sats;
    readonly signedWeight: number;
  };
}

/**
 * The unsigned staking transaction: output 0 is the stake, then the data output, then the change. Its txid is final, because inputs whose
 * signing would change it (P2PKH, bare P2SH) are refused: everything that is pre-signed later commits to the txid.
 *
 * The weight is that of the signed transaction (72-byte ECDSA, 64-byte Schnorr). Change below its dust limit goes to the fee, and `feeSats` says so.
 *
 * @throws staking-tx.value-out-of-range, staking-tx.time-out-of-range, staking-tx.params-mismatch - against `params`
 * @throws coin.* - unknown or txid-changing inputs
 * @throws address.not-payable - a change script that would give the change away
 * @throws staking-tx.not-a-data-output, tx.too-heavy
 * @throws staking-tx.insufficient-funds, staking-tx.dust, fee.too-high, tx.duplicate-input
 */
export function build(options: build.Options): build.Built {
  const { contract, coins } = Check.object(options, 'options');
  checkContract(contract);
  const valueSats = Sats.from(options.valueSats, 'valueSats');
  if (options.params !== undefined) checkAgainst(options.params, contract, valueSats);
  const maxRate = options.maxFeeRateSatsPerKvb ?? Fee.MAX_RATE;
  const feeRate = Fee.rate(options.feeRateSatsPerKvb, 'feeRateSatsPerKvb', maxRate);
  const stake = { scriptPubKey: contract.staking.scriptPubKey, valueSats };
  const minSats = Dust.threshold(stake.scriptPubKey);
  if (valueSats < minSats)
    fail<Reason>(
      { code: 'staking-tx.dust', valueSats: valueSats.toString(), minSats: minSats.toString() },
      `a stake of ${valueSats} sat is below the dust limit of ${minSats}`,
    );
  const data = options.opReturnScript === undefined ? [] : [{ scriptPubKey: dataScript(options.opReturnScript), valueSats: 0n }];
  const inputs = Check.list(coins, 'coins').map((coin, i) => Coin.toInput(coin, `coins[${i}]`));
  const haveSats = coins.reduce((sum, coin) => sum + coin.valueSats, 0n);
  const withoutChange = Coin.unsigned(inputs, [stake, ...data]);
  const plainWeight = Tx.checkWeight(Coin.signedWeight(withoutChange, inputs));
  const changeScript = Address.checkPayable(options.changeScriptPubKey, 'changeScriptPubKey');
  const changeWeight = Tx.checkWeight(plainWeight + 4 * (9 + changeScript.length));
  const changeSats = haveSats - valueSats - Fee.at(changeWeight, feeRate);
  if (changeSats > 0n && !Dust.isDust(changeScript, changeSats)) {
    const transaction = Coin.unsigned(inputs, [stake, ...data, { scriptPubKey: changeScript, valueSats: changeSats }]);
    return {
      transaction,
      stakingOutputIndex: 0,
      feeSats: Sats.from(haveSats - valueSats - changeSats),
      changeSats: Sats.from(changeSats),
      signedWeight: changeWeight,
    };
  }
  const needSats = valueSats + Fee.at(plainWeight, feeRate);
  if (haveSats < needSats)
    fail<Reason>(
      { code: 'staking-tx.insufficient-funds', haveSats: haveSats.toString(), needSats: needSats.toString() },
      `the coins have ${haveSats} sat, stake and fee need ${needSats} sat`,
    );
  const feeSats = Sats.from(haveSats - valueSats, 'feeSats');
  Fee.checkCeiling(feeSats, plainWeight, maxRate);
  return { transaction: withoutChange, stakingOutputIndex: 0, feeSats, changeSats: Sats.ZERO, signedWeight: plainWeight };
}

function dataScript(script: Uint8Array): Uint8Array {
  if (!Dust.isUnspendable(Check.bytes(script, 'opReturnScript')))
    fail<Reason>({ code: 'staking-tx.not-a-data-output' }, 'opReturnScript: a data output starts with OP_RETURN (6a)');
  return script;
}

/**
 * Index of the output that pays to the contract. With `valueSats`, outputs of another value are passed over, as the chain does; without it a
 * second output of the same script is refused whatever its value, since nothing tells which one is meant.
 *
 * @throws staking-tx.no-staking-output, staking-tx.several-staking-outputs
 */
export function findOutput(transaction: Tx.Transaction, contract: StakingContract, valueSats?: Sats.Sats): number {
  const script = checkContract(contract).staking.scriptPubKey;
  const indexes = Tx.check(transaction).outs.flatMap((output, i) =>
    Bytes.equal(output.script, script) && (valueSats === undefined || output.value === valueSats) ? [i] : [],
  );
  const [index, ...more] = indexes;
  if (index === undefined) fail<Reason>({ code: 'staking-tx.no-staking-output', reference: NOT_FOUND }, 'no output pays to this contract');
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
      blocks: stakingTimeBlocks,
      minBlocks: minStakingTimeBlocks,
      maxBlocks: maxStakingTimeBlocks,
    } as const;
    fail<Reason>(reason, `the staking time must be ${minStakingTimeBlocks}..${maxStakingTimeBlocks} blocks, got ${stakingTimeBlocks}`);
  }
  if (valueSats < minStakingValueSats || valueSats > maxStakingValueSats) {
    const reason = {
      code: 'staking-tx.value-out-of-range',
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
