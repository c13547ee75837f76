// The unbonding transaction: moves the whole stake, less a fixed fee, under the shorter timelock (babylon x/btcstaking/types/validate_parsed_message.go).
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as Sats from '../base/Sats.ts';
import * as CompactSize from '../bitcoin/CompactSize.ts';
import * as Dust from '../bitcoin/Dust.ts';
import * as Fee from '../bitcoin/Fee.ts';
import * as Tx from '../bitcoin/Tx.ts';
import * as PreSigned from './PreSigned.ts';
import type { Funding } from './SlashingTx.ts';
import { check as checkContract, type StakingContract } from './StakingContract.ts';

export type Reason =
  | PreSigned.Reason
  | Sats.Reason
  | Fee.Reason
  | { readonly code: 'unbonding-tx.fee-not-positive'; readonly feeSats: string; readonly reference: string }
  | { readonly code: 'unbonding-tx.dust'; readonly valueSats: string; readonly minSats: string }
  | { readonly code: 'unbonding-tx.wrong-script'; readonly expected: string; readonly got: string }
  | { readonly code: 'unbonding-tx.wrong-fee'; readonly expectedSats: string; readonly gotSats: string; readonly reference: string }
  | { readonly code: 'unbonding-tx.wrong-input'; readonly reference: string };

/** Index of the unbonding output: there is only one. */
export const OUTPUT_INDEX = 0;

/**
 * Weight of the unbonding transaction, or of any other input 0 through the unbonding leaf with one taproot output, once signed: all slots of the
 * committee, as many of them filled as the quorum.
 *
 * @unit weight units
 */
export function signedWeight(contract: StakingContract): number {
  return 4 * STRIPPED_BYTES + 2 + witnessBytes(contract);
}

/** Version, counts, one input without scriptSig, one taproot output, lock time. */
const STRIPPED_BYTES = 94;

/**
 * Size of the witness that spends a staking output through its unbonding leaf, with the item count.
 *
 * @unit bytes
 */
export function witnessBytes(contract: StakingContract): number {
  const { covenantPks, covenantQuorum, stakerPks, stakerQuorum } = checkContract(contract).terms;
  const { script, controlBlock } = contract.staking.paths.unbonding;
  const slots = 65 * (covenantQuorum + stakerQuorum) + (covenantPks.length - covenantQuorum) + (stakerPks.length - stakerQuorum);
  const count = CompactSize.encode(covenantPks.length + stakerPks.length + 2).length;
  return count + slots + CompactSize.encode(script.length).length + script.length + 1 + controlBlock.length;
}

/**
 * The unsigned unbonding transaction: version 2, one input, one output of exactly value - fee.
 *
 * @unit feeSats: satoshi, the parameter `unbonding_fee_sat`
 * @throws unbonding-tx.fee-not-positive, unbonding-tx.dust, sats.underflow
 * @throws fee.too-high - above `maxFeeRateSatsPerKvb` (1000 sat/vB when left out): a fee in rules that were written by hand
 */
export function build(options: {
  readonly contract: StakingContract;
  readonly staking: Funding;
  readonly feeSats: Sats.Sats;
  readonly maxFeeRateSatsPerKvb?: bigint;
}): Tx.Transaction {
  const { contract, staking } = Check.object(options, 'options');
  checkContract(contract);
  Check.object(staking, 'staking');
  const feeSats = Sats.from(options.feeSats, 'unbondingFeeSats');
  if (feeSats <= 0n)
    fail<Reason>(
      { code: 'unbonding-tx.fee-not-positive', feeSats: feeSats.toString(), reference: 'unbonding tx fee must be larger that 0' },
      'the unbonding fee must be above 0',
    );
  const valueSats = Sats.sub(Sats.from(staking.valueSats, 'staking.valueSats'), feeSats, 'unbondingValueSats');
  const { scriptPubKey } = contract.unbonding;
  if (Dust.isDust(scriptPubKey, valueSats)) {
    const minSats = Dust.threshold(scriptPubKey).toString();
    fail<Reason>(
      { code: 'unbonding-tx.dust', valueSats: valueSats.toString(), minSats },
      `after the fee ${valueSats} sat are left, below the dust limit of ${minSats}`,
    );
  }
  Fee.checkCeiling(feeSats, signedWeight(contract), options.maxFeeRateSatsPerKvb);
  return Tx.create([{ outpoint: staking.outpoint }], [{ scriptPubKey, valueSats }]);
}

/**
 * Refuses an unbonding transaction that the chain would refuse for this stake, in its order.
 *
 * @throws pre-signed.*, unbonding-tx.*
 */
export function check(options: {
  readonly unbonding: Tx.Transaction;
  readonly contract: StakingContract;
  readonly staking: Funding;
  readonly feeSats: Sats.Sats;
}): void {
  const { unbonding, contract, staking, feeSats } = Check.object(options, 'options');
  checkContract(contract);
  const outpoint = Tx.checkOutpoint(Check.object(staking, 'staking').outpoint, 'staking.outpoint');
  Sats.from(staking.valueSats, 'staking.valueSats');
  Sats.from(feeSats, 'unbondingFeeSats');
  PreSigned.check(unbonding, PreSigned.UNBONDING);
  const output = Tx.outputOf(unbonding, OUTPUT_INDEX);
  const expected = contract.unbonding.scriptPubKey;
  if (!Bytes.equal(output.scriptPubKey, expected)) {
    fail<Reason>(
      { code: 'unbonding-tx.wrong-script', expected: Hex.encode(expected), got: Hex.encode(output.scriptPubKey) },
      'the output does not pay to the unbonding script of this contract',
    );
  }
  const { txid, vout } = Tx.outpointOf(unbonding, 0);
  if (txid !== outpoint.txid)
    fail<Reason>(
      { code: 'unbonding-tx.wrong-input', reference: 'unbonding transaction must spend staking output' },
      `input 0 spends ${txid}, not the staking transaction`,
    );
  if (vout !== outpoint.vout)
    fail<Reason>(
      { code: 'unbonding-tx.wrong-input', reference: 'unbonding transaction input must spend staking output' },
      `input 0 spends output ${vout}, not ${outpoint.vout}`,
    );
  const paid = staking.valueSats - output.valueSats;
  if (paid <= 0n)
    fail<Reason>(
      { code: 'unbonding-tx.fee-not-positive', feeSats: paid.toString(), reference: 'unbonding tx fee must be larger that 0' },
      `the transaction pays a fee of ${paid} sat`,
    );
  if (paid !== feeSats) {
    const reference = `unbonding tx fee must be ${feeSats}, but got ${paid}`;
    fail<Reason>(
      { code: 'unbonding-tx.wrong-fee', expectedSats: feeSats.toString(), gotSats: paid.toString(), reference },
      `the fee must be exactly ${feeSats} sat, got ${paid}`,
    );
  }
}
