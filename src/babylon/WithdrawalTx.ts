// Withdrawals: the staker alone takes a matured output through its timelock leaf (BIP68, BIP112).
import type * as Blocks from '../base/Blocks.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Sats from '../base/Sats.ts';
import * as Address from '../bitcoin/Address.ts';
import * as Dust from '../bitcoin/Dust.ts';
import * as Fee from '../bitcoin/Fee.ts';
import * as LeafSpend from '../bitcoin/LeafSpend.ts';
import type { SpendableLeaf } from '../bitcoin/TapTree.ts';
import * as Tx from '../bitcoin/Tx.ts';
import { check as checkContract, type StakingContract } from './StakingContract.ts';

export type Reason =
  | Tx.Reason
  | Fee.Reason
  | Address.Reason
  | Sats.Reason
  | { readonly code: 'withdrawal-tx.unknown-source'; readonly field: string }
  | { readonly code: 'withdrawal-tx.fee-choice' }
  | { readonly code: 'withdrawal-tx.insufficient'; readonly haveSats: string; readonly feeSats: string }
  | { readonly code: 'withdrawal-tx.dust'; readonly valueSats: string; readonly minSats: string };

/** Which output of a contract is withdrawn. */
export type Source = 'staking' | 'unbonding' | 'slashing-change';

/** Index of the change output in a slashing transaction; output 0 is the slashed amount. */
export const SLASHING_CHANGE_INDEX = 1;

/** A matured output of a contract. */
export type Input = {
  readonly contract: StakingContract;
  readonly from: Source;
  readonly outpoint: Tx.Outpoint;
  readonly valueSats: Sats.Sats;
};

export declare namespace build {
  type Options = {
    readonly inputs: readonly Input[];
    readonly destinationScriptPubKey: Uint8Array;
    /** Exactly one of the two. */
    readonly feeRateSatsPerKvb?: bigint;
    readonly feeSats?: Sats.Sats;
    /** A rate above 1000 sat/vB is refused unless it is allowed here. */
    readonly maxFeeRateSatsPerKvb?: bigint;
  };
  type Built = {
    readonly spends: readonly LeafSpend.LeafSpend[];
    readonly transaction: Tx.Transaction;
    readonly valueSats: Sats.Sats;
    readonly feeSats: Sats.Sats;
    readonly signedWeight: number;
  };
}

/**
 * The unsigned withdrawal of one or several matured outputs to one script: version 2, each input with the sequence of its own lock.
 * The weight is exact, with 64-byte signatures from every staker of the quorum.
 *
 * @unit fee rate: satoshi per 1000 vbytes
 * @throws address.not-payable - a destination that would give the coins away
 * @throws tx.too-heavy - more inputs than nodes relay in one transaction
 * @throws fee.too-low - a fee below the relay minimum: nobody would take the transaction
 * @throws withdrawal-tx.fee-choice, withdrawal-tx.insufficient, withdrawal-tx.dust, fee.too-high, tx.duplicate-input
 */
export function build(options: build.Options): build.Built {
  const sources = Check.list(Check.object(options, 'options').inputs, 'inputs').map((input, i) => ({
    ...input,
    ...lockOf(input, `inputs[${i}]`),
  }));
  const haveSats = sources.reduce((sum, { valueSats }, i) => sum + Sats.from(valueSats, `inputs[${i}].valueSats`), 0n);
  const scriptPubKey = Address.checkPayable(options.destinationScriptPubKey, 'destinationScriptPubKey');
  const inputs = sources.map(({ outpoint, lockBlocks }) => ({ outpoint, sequence: lockBlocks }));
  const signedWeight = Tx.checkWeight(weightOf(Tx.create(inputs, [{ scriptPubKey, valueSats: 0n }]), sources));
  const feeSats = feeOf(options, signedWeight);
  if (feeSats >= haveSats)
    fail<Reason>(
      { code: 'withdrawal-tx.insufficient', haveSats: haveSats.toString(), feeSats: feeSats.toString() },
      `a fee of ${feeSats} sat leaves nothing of ${haveSats} sat`,
    );
  const valueSats = Sats.from(haveSats - feeSats, 'valueSats');
  if (Dust.isDust(scriptPubKey, valueSats)) {
    const minSats = Dust.threshold(scriptPubKey).toString();
    fail<Reason>(
      { code: 'withdrawal-tx.dust', valueSats: valueSats.toString(), minSats },
      `${valueSats} sat would arrive, below the dust limit of ${minSats}`,
    );
  }
  const transaction = Tx.create(inputs, [{ scriptPubKey, valueSats }]);
  const spentOutputs = sources.map(({ output, valueSats: value }) => ({ scriptPubKey: output.scriptPubKey, valueSats: value }));
  const spends = LeafSpend.forInputs(
    transaction,
    spentOutputs,
    sources.map(({ leaf }, inputIndex) => ({ inputIndex, leaf })),
  );
  return { spends, transaction, valueSats, feeSats, signedWeight };
}

type Lock = {
  readonly output: { readonly scriptPubKey: Uint8Array };
  readonly leaf: SpendableLeaf;
  readonly lockBlocks: Blocks.TimelockBlocks;
};

function lockOf(input: Input, field: string): Lock {
  const { contract, from } = Check.object(input, field);
  const { stakingTimeBlocks, unbondingTimeBlocks } = checkContract(contract, `${field}.contract`).terms;
  if (from === 'staking') return { output: contract.staking, leaf: contract.staking.paths.timelock, lockBlocks: stakingTimeBlocks };
  if (from === 'unbonding') return { output: contract.unbonding, leaf: contract.unbonding.paths.timelock, lockBlocks: unbondingTimeBlocks };
  // The same leaf as the unbonding output's, in a tree of its own: another control block.
  if (from === 'slashing-change')
    return { output: contract.slashingChange, leaf: contract.slashingChange.paths.timelock, lockBlocks: unbondingTimeBlocks };
  return fail<Reason>({ code: 'withdrawal-tx.unknown-source', field }, `${field}.from: expected staking, unbonding or slashing-change`);
}

function weightOf(transaction: Tx.Transaction, sources: readonly (Lock & Input)[]): number {
  for (const [i, { contract, leaf }] of sources.entries()) {
    const { stakerPks, stakerQuorum } = contract.terms;
    const slots = stakerPks.map((_, at) => new Uint8Array(at < stakerQuorum ? 64 : 0));
    transaction.setWitness(i, [...slots, leaf.script, leaf.controlBlock]);
  }
  return transaction.weight();
}

function feeOf(options: build.Options, weight: number): Sats.Sats {
  const { feeRateSatsPerKvb, feeSats, maxFeeRateSatsPerKvb = Fee.MAX_RATE } = options;
  if ((feeRateSatsPerKvb === undefined) === (feeSats === undefined))
    fail<Reason>({ code: 'withdrawal-tx.fee-choice' }, 'give either feeRateSatsPerKvb or feeSats');
  if (feeRateSatsPerKvb !== undefined) return Fee.at(weight, Fee.rate(feeRateSatsPerKvb, 'feeRateSatsPerKvb', maxFeeRateSatsPerKvb));
  const fee = Sats.from(feeSats as Sats.Sats, 'feeSats');
  Fee.checkFloor(fee, weight);
  Fee.checkCeiling(fee, weight, maxFeeRateSatsPerKvb);
  return fee;
}
