// Slashing transactions: the amount, the builder, and the check that the chain and the covenant make (babylon btcstaking/staking.go).

import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as Rate from '../base/Rate.ts';
import * as Sats from '../base/Sats.ts';
import * as Dust from '../bitcoin/Dust.ts';
import * as Fee from '../bitcoin/Fee.ts';
import * as Tx from '../bitcoin/Tx.ts';
import * as PreSigned from './PreSigned.ts';
import { check as checkContract, type StakingContract } from './StakingContract.ts';

/** `reference` is the text of the chain's own error. */
export type Reason =
  | PreSigned.Reason
  | Fee.Reason
  | Sats.Reason
  | { readonly code: 'slashing-tx.no-script'; readonly reference: string }
  | { readonly code: 'slashing-tx.bad-min-fee'; readonly reference: string }
  | { readonly code: 'slashing-tx.bad-rate'; readonly field: 'slashingRate'; readonly got: string; readonly reference: string }
  | { readonly code: 'slashing-tx.nothing-slashed'; readonly valueSats: string; readonly rate: string; readonly reference: string }
  | { readonly code: 'slashing-tx.no-change'; readonly changeSats: string; readonly reference: string }
  | {
      readonly code: 'slashing-tx.dust';
      readonly output: number;
      readonly valueSats: string;
      readonly minSats: string;
      readonly reference: string;
    }
  | { readonly code: 'slashing-tx.slashes-too-little'; readonly gotSats: string; readonly minSats: string; readonly reference: string }
  | { readonly code: 'slashing-tx.wrong-slashing-script'; readonly expected: string; readonly got: string; readonly reference: string }
  | { readonly code: 'slashing-tx.wrong-change-script'; readonly expected: string; readonly got: string; readonly reference: string }
  | { readonly code: 'slashing-tx.no-value'; readonly reference: string }
  | { readonly code: 'slashing-tx.spends-more'; readonly fundingSats: string; readonly outputsSats: string; readonly reference: string }
  | { readonly code: 'slashing-tx.fee-below-minimum'; readonly feeSats: string; readonly minFeeSats: string; readonly reference: string }
  | { readonly code: 'slashing-tx.wrong-input'; readonly reference: string };

/** The rules of a parameter version that concern slashing. */
export type Rules = {
  readonly slashingPkScript: Uint8Array;
  readonly slashingRate: Rate.RateBps;
  readonly minSlashingTxFeeSats: Sats.Sats;
};

/** An output that a slashing transaction spends: the staking output or the unbonding output. */
export type Funding = { readonly outpoint: Tx.Outpoint; readonly valueSats: Sats.Sats };

/**
 * What is slashed of `valueSats`, to the satoshi: the double product of value and rate, rounded half up.
 *
 * The one place of the library where a float meets an amount, because the protocol defines it so: Go computes it in IEEE doubles and
 * compares with `<`, and every other rounding gives another txid. Doubles hold every value up to 21e14 exactly.
 *
 * @unit satoshi
 * @source babylon btcstaking/staking.go:70, 344; btcutil/amount.go MulF64
 */
export function slashingAmountSats(valueSats: Sats.Sats, rate: Rate.RateBps): Sats.Sats {
  const product = Number(Sats.from(valueSats, 'valueSats')) * Number(Rate.format(Rate.from(rate)));
  return Sats.from(BigInt(Math.floor(product + 0.5)), 'slashingAmountSats');
}

export declare namespace build {
  type Options = {
    readonly contract: StakingContract;
    readonly funding: Funding;
    readonly rules: Rules;
    /** Fee; the parameter's minimum when left out. There is no maximum on the chain, so a ceiling of 1000 sat/vB guards the change. */
    readonly feeSats?: Sats.Sats;
    /** 2, or 1 as the Go builder writes; the txids differ and the chain takes both. */
    readonly version?: 1 | 2;
  };
}

/**
 * The unsigned slashing transaction: output 0 pays the slashed amount to the slashing script, output 1 returns the rest under `timelock(U)`.
 *
 * @throws slashing-tx.bad-min-fee, slashing-tx.bad-rate
 * @throws slashing-tx.no-script, slashing-tx.nothing-slashed, slashing-tx.no-change, slashing-tx.dust
 * @throws slashing-tx.fee-below-minimum, fee.too-high
 * @source babylon btcstaking/staking.go BuildSlashingTxFromStakingTxStrict
 */
export function build(options: build.Options): Tx.Transaction {
  const { contract, funding, rules } = Check.object(options, 'options');
  checkContract(contract);
  Check.object(funding, 'funding');
  checkRules(rules);
  const { slashingPkScript, slashingRate, minSlashingTxFeeSats } = rules;
  const feeSats = Sats.from(options.feeSats ?? minSlashingTxFeeSats, 'feeSats');
  const valueSats = Sats.from(funding.valueSats, 'funding.valueSats');
  if (slashingPkScript.length === 0)
    fail<Reason>({ code: 'slashing-tx.no-script', reference: 'slashing pk script must not be empty' }, 'the slashing script is empty');
  checkFee(feeSats, minSlashingTxFeeSats);
  const slashedSats = slashingAmountSats(valueSats, slashingRate);
  if (slashedSats <= 0n) {
    const rate = Rate.format(slashingRate);
    fail<Reason>(
      { code: 'slashing-tx.nothing-slashed', valueSats: valueSats.toString(), rate, reference: 'insufficient slashing amount' },
      `${rate} of ${valueSats} sat rounds to nothing`,
    );
  }
  const changeSats = valueSats - slashedSats - feeSats;
  if (changeSats <= 0n)
    fail<Reason>(
      { code: 'slashing-tx.no-change', changeSats: changeSats.toString(), reference: 'insufficient change amount' },
      `slashing ${slashedSats} sat and paying ${feeSats} sat leaves nothing of ${valueSats} sat`,
    );
  const transaction = Tx.create(
    [{ outpoint: funding.outpoint }],
    [
      { scriptPubKey: slashingPkScript, valueSats: slashedSats },
      { scriptPubKey: contract.slashingChange.scriptPubKey, valueSats: changeSats },
    ],
  );
  transaction.version = Check.integer(options.version ?? 2, 'version', 1, 2);
  checkDust(transaction);
  return transaction;
}

export declare namespace check {
  type Options = {
    readonly slashing: Tx.Transaction;
    readonly contract: StakingContract;
    readonly funding: Funding;
    readonly rules: Rules;
  };
}

/**
 * Refuses a slashing transaction that the chain or the covenant would refuse, in their order. Their first questions (is there a funding
 * transaction, is it sane, has it that output) are answered where a funding is made, in `Delegation.from`.
 *
 * @throws pre-signed.*, slashing-tx.*
 * @source babylon btcstaking/staking.go CheckSlashingTxMatchFundingTx
 */
export function check(options: check.Options): void {
  const { slashing, contract, rules } = Check.object(options, 'options');
  checkContract(contract);
  const funding = checkFunding(options.funding);
  checkRules(rules);
  PreSigned.check(slashing, PreSigned.SLASHING);
  const slashed = Tx.outputOf(slashing, 0);
  const change = Tx.outputOf(slashing, 1);
  const minSats = slashingAmountSats(funding.valueSats, rules.slashingRate);
  if (slashed.valueSats < minSats) {
    const reference = 'slashing transaction must slash at least staking output value * slashing rate';
    fail<Reason>(
      { code: 'slashing-tx.slashes-too-little', gotSats: slashed.valueSats.toString(), minSats: minSats.toString(), reference },
      `output 0 must slash at least ${minSats} sat, it has ${slashed.valueSats}`,
    );
  }
  checkScript(
    'slashing-tx.wrong-slashing-script',
    slashed.scriptPubKey,
    rules.slashingPkScript,
    'slashing transaction must pay to the provided slashing address',
  );
  const expectedChange = contract.slashingChange.scriptPubKey;
  const changeReference = `invalid slashing tx change output pkscript, expected: ${Hex.encode(expectedChange)}, got: ${Hex.encode(change.scriptPubKey)}`;
  checkScript('slashing-tx.wrong-change-script', change.scriptPubKey, expectedChange, changeReference);
  checkDust(slashing);
  const noValue = 'values of slashing and staking transaction must be larger than 0';
  if (slashed.valueSats <= 0n || funding.valueSats <= 0n)
    fail<Reason>({ code: 'slashing-tx.no-value', reference: noValue }, 'both the slashed and the funding value must be above 0');
  const outputsSats = slashed.valueSats + change.valueSats;
  if (funding.valueSats <= outputsSats) {
    const reference = 'slashing transaction must not spend more than staking transaction';
    fail<Reason>(
      { code: 'slashing-tx.spends-more', fundingSats: funding.valueSats.toString(), outputsSats: outputsSats.toString(), reference },
      `the outputs take ${outputsSats} of ${funding.valueSats} sat and leave no fee`,
    );
  }
  checkFee(funding.valueSats - outputsSats, rules.minSlashingTxFeeSats, false);
  const { txid, vout } = Tx.outpointOf(slashing, 0);
  if (txid !== funding.outpoint.txid)
    fail<Reason>(
      { code: 'slashing-tx.wrong-input', reference: 'slashing transaction must spend staking output' },
      `input 0 spends ${txid}, not the funding transaction`,
    );
  if (vout !== funding.outpoint.vout)
    fail<Reason>(
      { code: 'slashing-tx.wrong-input', reference: 'slashing transaction input must spend staking output' },
      `input 0 spends output ${vout}, not ${funding.outpoint.vout}`,
    );
}

function checkFunding(funding: Funding): Funding {
  const { outpoint, valueSats } = Check.object(funding, 'funding');
  return { outpoint: Tx.checkOutpoint(outpoint, 'funding.outpoint'), valueSats: Sats.from(valueSats, 'funding.valueSats') };
}

function checkRules(rules: Rules): void {
  const { slashingPkScript, slashingRate, minSlashingTxFeeSats } = Check.object(rules, 'rules');
  Check.bytes(slashingPkScript, 'slashingPkScript');
  if (Sats.from(minSlashingTxFeeSats, 'minSlashingTxFeeSats') <= 0n)
    fail<Reason>(
      { code: 'slashing-tx.bad-min-fee', reference: 'slashing transaction min fee must be larger than 0' },
      'the minimum fee of a slashing transaction must be above 0',
    );
  if (!Rate.isValid(slashingRate)) {
    const got = typeof slashingRate === 'number' ? String(slashingRate) : Check.kindOf(slashingRate);
    fail<Reason>(
      { code: 'slashing-tx.bad-rate', field: 'slashingRate', got, reference: 'invalid slashing rate' },
      `the slashing rate is an integer of ten-thousandths in 1..9999, got ${got}`,
    );
  }
}

function checkFee(feeSats: bigint, minFeeSats: bigint, ceiling = true): void {
  const min = minFeeSats.toString();
  if (feeSats < minFeeSats)
    fail<Reason>(
      {
        code: 'slashing-tx.fee-below-minimum',
        feeSats: feeSats.toString(),
        minFeeSats: min,
        reference: `slashing transaction fee must be larger than ${min}`,
      },
      `the fee must be at least ${min} sat, got ${feeSats}`,
    );
  // The parameter's own fee is the protocol's decision; only what a caller adds to it is held against the ceiling.
  if (ceiling && feeSats > minFeeSats) Fee.checkCeiling(feeSats, LARGEST_USUAL_WEIGHT);
}

/** Weight of a slashing spend with 9 covenant members and a P2WSH slashing script; the guard needs an order of magnitude, not a byte. */
const LARGEST_USUAL_WEIGHT = 1_520;

function checkScript(
  code: 'slashing-tx.wrong-slashing-script' | 'slashing-tx.wrong-change-script',
  got: Uint8Array,
  expected: Uint8Array,
  reference: string,
): void {
  if (!Bytes.equal(got, expected))
    fail<Reason>(
      { code, expected: Hex.encode(expected), got: Hex.encode(got), reference },
      `expected the output script ${Hex.encode(expected)}, got ${Hex.encode(got)}`,
    );
}

function checkDust(transaction: Tx.Transaction): void {
  for (const [output, { script, value }] of transaction.outs.entries()) {
    if (!Dust.isDust(script, value)) continue;
    const minSats = Dust.threshold(script).toString();
    fail<Reason>(
      { code: 'slashing-tx.dust', output, valueSats: value.toString(), minSats, reference: 'transaction contains a dust output' },
      `output ${output} has ${value} sat, below the dust limit of ${minSats}`,
    );
  }
}
