// What DelegationManager tells: who delegates to whom, what stakers can withdraw, what operators have, what is queued.
// Implements the view functions of eigenlayer-contracts src/contracts/core/DelegationManager.sol.
import { revert } from '../../state/Revert.ts';
import * as Requests from '../ledger/requests.ts';
import type { State } from '../ledger/state.ts';
import * as SlashingLib from '../SlashingLib.ts';
import * as DelegatedShares from './delegatedShares.ts';
import type { Withdrawal } from './delegationStorage.ts';
import { isOperator as isSelfDelegated } from './delegations.ts';
import * as ShareManagers from './shareManagers.ts';
import * as StakerShares from './stakerShares.ts';
import * as WithdrawalQueue from './withdrawalQueue.ts';
import * as Withdrawals from './withdrawals.ts';

type OfStaker = { readonly staker: string };
type OfOperator = { readonly operator: string };
type Several = { readonly strategies: readonly string[] };

/** A list that is shorter than the one that leads. */
const OUT_OF_BOUNDS = 'Panic(0x32)';

/** A queued withdrawal, and what it would pay by all slashing so far. @unit shares */
export type QueuedWithdrawal = Withdrawal & { readonly id: string; readonly shares: readonly bigint[] };

/** The operator of a staker; null when there is none. */
export function delegatedTo(ledger: State, { staker }: OfStaker): string | null {
  return StakerShares.staker(ledger, staker).operator;
}

export function isDelegated(ledger: State, request: OfStaker): boolean {
  return delegatedTo(ledger, request) !== null;
}

export function isOperator(ledger: State, { operator }: OfOperator): boolean {
  return isSelfDelegated(ledger, operator);
}

/** Whose approval delegations to an operator need; null: nobody's. */
export function delegationApprover(ledger: State, { operator }: OfOperator): string | null {
  return ledger.delegation.operators.get(operator)?.delegationApprover ?? null;
}

export function delegationApproverSaltIsSpent(ledger: State, request: { readonly approver: string; readonly salt: string }): boolean {
  return ledger.delegation.spentSalts.has(`${request.approver}|${request.salt}`);
}

/** How many withdrawals a staker has queued so far. */
export function cumulativeWithdrawalsQueued(ledger: State, { staker }: OfStaker): bigint {
  return StakerShares.staker(ledger, staker).nonce;
}

/** @unit blocks */
export function minWithdrawalDelayBlocks(ledger: State): bigint {
  return ledger.config.withdrawalDelayBlocks;
}

/** WAD where nothing is stored. @unit 1e-18 @throws input.not-text, eigenlayer.unknown-id */
export function depositScalingFactor(ledger: State, { staker, strategy }: OfStaker & { readonly strategy: string }): bigint {
  return DelegatedShares.depositScalingFactor(ledger, staker, Requests.strategy(ledger, strategy, 'strategy'));
}

/** @unit shares @throws input.*, eigenlayer.unknown-id */
export function getOperatorShares(ledger: State, { operator, strategies }: OfOperator & Several): bigint[] {
  return Requests.strategies(ledger, strategies, 'strategies').map((x) => DelegatedShares.operatorShares(ledger, operator, x));
}

/** For each operator the shares of each strategy. @throws input.*, eigenlayer.unknown-id */
export function getOperatorsShares(
  ledger: State,
  { operators, strategies }: Several & { readonly operators: readonly string[] },
): bigint[][] {
  return operators.map((operator) => getOperatorShares(ledger, { operator, strategies }));
}

/**
 * What a full slash would take from queued withdrawals. @unit shares
 *
 * @throws ledger.reverted - Panic(0x11) while the chain is younger than the withdrawal delay
 * @throws input.*, eigenlayer.unknown-id
 * @source eigenlayer-contracts src/contracts/core/DelegationManager.sol getSlashableSharesInQueue
 */
export function getSlashableSharesInQueue(ledger: State, { operator, strategy }: OfOperator & { readonly strategy: string }): bigint {
  Requests.strategy(ledger, strategy, 'strategy');
  return Requests.transaction(ledger, () => DelegatedShares.slashableSharesInQueue(ledger, operator, strategy));
}

/**
 * What a staker could withdraw, and the deposit shares behind it.
 *
 * @throws ledger.reverted - Error(Math: mulDiv overflow)
 * @throws input.*, eigenlayer.unknown-id
 * @source eigenlayer-contracts src/contracts/core/DelegationManager.sol getWithdrawableShares
 */
export function getWithdrawableShares(
  ledger: State,
  { staker, strategies }: OfStaker & Several,
): { readonly withdrawableShares: bigint[]; readonly depositShares: bigint[] } {
  Requests.strategies(ledger, strategies, 'strategies');
  return Requests.transaction(ledger, () => {
    const { operator } = StakerShares.staker(ledger, staker);
    const depositShares = strategies.map((strategy) => ShareManagers.depositShares(ledger, staker, strategy));
    const factors = DelegatedShares.slashingFactors(ledger, staker, operator, strategies);
    const withdrawableShares = strategies.map((strategy, i) => {
      const scaling = DelegatedShares.depositScalingFactor(ledger, staker, strategy);
      return SlashingLib.withdrawableShares(depositShares[i] ?? 0n, scaling, factors[i] ?? 0n);
    });
    return { withdrawableShares, depositShares };
  });
}

/** Token strategies in the contract's order, then native ETH if there is any, with deposit shares. */
export function getDepositedShares(ledger: State, { staker }: OfStaker): { readonly strategies: string[]; readonly shares: bigint[] } {
  return Withdrawals.depositedShares(ledger, staker);
}

/**
 * The deposit shares to queue in order to withdraw so many shares.
 *
 * @throws ledger.reverted - Panic(0x12) where everything was slashed, Error(Math: mulDiv overflow)
 * @throws input.*, eigenlayer.unknown-id
 * @source eigenlayer-contracts src/contracts/core/DelegationManager.sol convertToDepositShares
 */
export function convertToDepositShares(
  ledger: State,
  { staker, strategies, withdrawableShares }: OfStaker & Several & { readonly withdrawableShares: readonly bigint[] },
): bigint[] {
  Requests.strategies(ledger, strategies, 'strategies');
  Requests.amounts(withdrawableShares, 'withdrawableShares');
  return Requests.transaction(ledger, () => {
    const { operator } = StakerShares.staker(ledger, staker);
    const factors = DelegatedShares.slashingFactors(ledger, staker, operator, strategies);
    return strategies.map((strategy, i) => {
      const scaling = DelegatedShares.depositScalingFactor(ledger, staker, strategy);
      return SlashingLib.depositSharesOf(withdrawableShares[i] ?? revert(OUT_OF_BOUNDS), scaling, factors[i] ?? 0n);
    });
  });
}

/** Undefined when no such withdrawal is queued: never was, or is completed. */
export function getQueuedWithdrawal(ledger: State, { withdrawal: id }: { readonly withdrawal: string }): QueuedWithdrawal | undefined {
  const record = ledger.delegation.withdrawals.get(id);
  return record && { ...record, id, shares: Withdrawals.queuedWithdrawalShares(ledger, record) };
}

/** Those of a staker, in the contract's order. */
export function getQueuedWithdrawals(ledger: State, { staker }: OfStaker): QueuedWithdrawal[] {
  return WithdrawalQueue.queuedIds(ledger, staker).flatMap((withdrawal) => getQueuedWithdrawal(ledger, { withdrawal }) ?? []);
}
