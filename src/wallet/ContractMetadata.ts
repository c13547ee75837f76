// What wallets are told of a transaction: the action, and the contracts with the parameters that a hardware wallet rebuilds the scripts from.
// The ids, names and fields are an agreement between wallets (btc-staking-ts src/types/{contract,action}.ts, unisat bitcoin-address-verifier).

import { check as checkDelegation, type Delegation } from '../babylon/Delegation.ts';
import { check as checkContract, type StakingContract } from '../babylon/StakingContract.ts';
import type { Source } from '../babylon/WithdrawalTx.ts';
import type * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import type { LeafSpend } from '../bitcoin/LeafSpend.ts';
import type { Contract } from './Provider.ts';

export type Reason =
  | Check.Reason
  | { readonly code: 'contract-metadata.several-stakers'; readonly stakers: number }
  | { readonly code: 'contract-metadata.unknown-source' };

/** What is signed, by the name of its action. */
export const ACTIONS = {
  staking: 'sign-btc-staking-transaction',
  extension: 'sign-btc-staking-expansion-transaction',
  unbonding: 'sign-btc-unbonding-transaction',
  withdrawal: 'sign-btc-withdraw-transaction',
  stakingSlashing: 'sign-btc-slashing-transaction',
  unbondingSlashing: 'sign-btc-unbonding-slashing-transaction',
} as const;

/** The action and its contracts, as a wallet's options have them. */
export type Metadata = { readonly action: { readonly name: string }; readonly contracts: readonly Contract[] };

/** The staking transaction of a contract. */
export function staking(contract: StakingContract): Metadata {
  return { action: { name: ACTIONS.staking }, contracts: [stakingTerms('babylon:staking', contract)] };
}

/** An extension: the new contract only. The agreement has no place for the old one. */
export function extension(contract: StakingContract): Metadata {
  return { action: { name: ACTIONS.extension }, contracts: [stakingTerms('babylon:staking-expansion', contract)] };
}

/** The unbonding transaction of a delegation. */
export function unbonding(delegation: Delegation): Metadata {
  const { contract } = checkDelegation(delegation);
  return { action: { name: ACTIONS.unbonding }, contracts: [stakingTerms('babylon:staking', contract), unbondingTerms(delegation)] };
}

/** The slashing transaction of the staking output. */
export function stakingSlashing(delegation: Delegation): Metadata {
  const { contract, stakingSlashing: spend } = checkDelegation(delegation);
  return {
    action: { name: ACTIONS.stakingSlashing },
    contracts: [stakingTerms('babylon:staking', contract), ...slashingTerms(delegation, spend)],
  };
}

/** The slashing transaction of the unbonding output. */
export function unbondingSlashing(delegation: Delegation): Metadata {
  const { unbondingSlashing: spend } = checkDelegation(delegation);
  return {
    action: { name: ACTIONS.unbondingSlashing },
    contracts: [unbondingTerms(delegation), ...slashingTerms(delegation, spend)],
  };
}

/** The withdrawal of an output of a contract. */
export function withdrawal(contract: StakingContract, from: Source): Metadata {
  const { stakingTimeBlocks, unbondingTimeBlocks } = checkContract(contract).terms;
  if (from !== 'staking' && from !== 'unbonding' && from !== 'slashing-change')
    fail<Reason>({ code: 'contract-metadata.unknown-source' }, 'from: expected staking, unbonding or slashing-change');
  const timelockBlocks = from === 'staking' ? stakingTimeBlocks : unbondingTimeBlocks;
  return {
    action: { name: ACTIONS.withdrawal },
    contracts: [{ id: 'babylon:withdraw', params: { stakerPk: stakerOf(contract), timelockBlocks } }],
  };
}

function stakingTerms(id: 'babylon:staking' | 'babylon:staking-expansion', contract: StakingContract): Contract {
  const { stakingTimeBlocks, unbondingTimeBlocks } = checkContract(contract).terms;
  // The name says minimum; the agreement means the unbonding time itself.
  return { id, params: { ...keys(contract), minUnbondingTime: unbondingTimeBlocks, stakingDuration: stakingTimeBlocks } };
}

function unbondingTerms({ contract, rules }: Delegation): Contract {
  const { unbondingTimeBlocks } = contract.terms;
  return { id: 'babylon:unbonding', params: { ...keys(contract), unbondingTimeBlocks, unbondingFeeSat: Number(rules.unbondingFeeSats) } };
}

function slashingTerms({ contract, rules }: Delegation, spend: LeafSpend): readonly Contract[] {
  const haveSats = spend.spentOutputs.reduce((sum, { valueSats }) => sum + valueSats, 0n);
  const paidSats = spend.transaction.outs.reduce((sum, { value }) => sum + value, 0n);
  const { unbondingTimeBlocks } = contract.terms;
  const params = { stakerPk: stakerOf(contract), unbondingTimeBlocks, slashingFeeSat: Number(haveSats - paidSats) };
  return [
    { id: 'babylon:slashing', params },
    { id: 'babylon:slashing-burn', params: { stakerPk: params.stakerPk, slashingPkScriptHex: Hex.encode(rules.slashingPkScript) } },
  ];
}

function keys(contract: StakingContract): Contract['params'] {
  const { finalityProviderPks, covenantPks, covenantQuorum } = contract.terms;
  return {
    stakerPk: stakerOf(contract),
    finalityProviders: finalityProviderPks.map(Hex.encode),
    covenantPks: covenantPks.map(Hex.encode),
    covenantThreshold: covenantQuorum,
  };
}

/** The agreement knows one staker. */
function stakerOf(contract: StakingContract): string {
  const [staker, ...more] = contract.terms.stakerPks;
  if (staker === undefined || more.length > 0)
    fail<Reason>(
      { code: 'contract-metadata.several-stakers', stakers: contract.terms.stakerPks.length },
      'the wallet metadata describes contracts of one staker',
    );
  return Hex.encode(staker);
}
