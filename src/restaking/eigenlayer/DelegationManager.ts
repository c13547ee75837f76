// Operators, delegation and the withdrawal queue.
// Implements eigenlayer-contracts src/contracts/core/DelegationManager.sol; v1.13.1 after ELIP-019.
import * as Check from '../../base/Check.ts';
import { require, revert } from '../state/Revert.ts';
import { initAllocationDelay } from './allocation/allocationDelay.ts';
import { canCall, checkCanCall } from './allocation/permissions.ts';
import { MAX_BLOCK } from './Config.ts';
import * as DelegatedShares from './delegation/delegatedShares.ts';
import * as Delegations from './delegation/delegations.ts';
import * as StakerShares from './delegation/stakerShares.ts';
import * as WithdrawalQueue from './delegation/withdrawalQueue.ts';
import * as Withdrawals from './delegation/withdrawals.ts';
import { ZERO_ADDRESS } from './ledger/addresses.ts';
import * as Requests from './ledger/requests.ts';
import type { State } from './ledger/state.ts';

export type { Approval } from './delegation/delegations.ts';
export * from './delegation/delegationViews.ts';
export type { Queued } from './delegation/withdrawals.ts';

export type Reason = Requests.Reason;

type Nothing = Record<string, never>;
export type QueuedWithdrawals = { readonly withdrawals: readonly Withdrawals.Queued[] };

export type RegisterRequest = {
  readonly operator: string;
  /** How long its new allocations wait; in force at once. @unit blocks, 0..2^32-1 */
  readonly allocationDelay: bigint;
  /** Whose approval delegations need; nobody's when left out. */
  readonly delegationApprover?: string | null;
};

/**
 * Makes an account an operator, for ever: it delegates to itself with all it holds.
 *
 * @throws ledger.reverted - ActivelyDelegated, CurrentlyPaused
 * @throws input.*, eigenlayer.bad-id
 * @source eigenlayer-contracts src/contracts/core/DelegationManager.sol registerAsOperator
 */
export function registerAsOperator(ledger: State, request: RegisterRequest): Nothing {
  const operator = Requests.account(request.operator, 'operator');
  const delay = Check.bigInteger(request.allocationDelay, 'allocationDelay', 0n, MAX_BLOCK);
  const delegationApprover = approver(request.delegationApprover);
  return Requests.transaction(ledger, () => {
    require(StakerShares.staker(ledger, operator).operator === null, 'ActivelyDelegated');
    initAllocationDelay(ledger, operator, delay);
    ledger.delegation.operators.set(operator, { delegationApprover });
    Delegations.delegate(ledger, operator, operator);
    return {};
  });
}

/**
 * Changes whose approval delegations need.
 *
 * @param request.caller the operator when left out
 * @throws ledger.reverted - InvalidPermissions, OperatorNotRegistered
 * @throws input.*, eigenlayer.bad-id
 * @source eigenlayer-contracts src/contracts/core/DelegationManager.sol modifyOperatorDetails
 */
export function modifyOperatorDetails(
  ledger: State,
  request: { readonly operator: string; readonly delegationApprover: string | null; readonly caller?: string },
): Nothing {
  const operator = Requests.account(request.operator, 'operator');
  const caller = Requests.account(request.caller ?? operator, 'caller');
  const delegationApprover = approver(request.delegationApprover);
  return Requests.transaction(ledger, () => {
    checkCanCall(ledger, operator, caller, { target: Delegations.CONTRACT, selector: 'modifyOperatorDetails' });
    require(Delegations.isOperator(ledger, operator), 'OperatorNotRegistered');
    ledger.delegation.operators.set(operator, { delegationApprover });
    return {};
  });
}

export type DelegateRequest = { readonly staker: string; readonly operator: string; readonly approval?: Delegations.Approval };

/**
 * Puts all of a staker's shares, now and later, under an operator.
 *
 * @throws ledger.reverted - ActivelyDelegated, OperatorNotRegistered, SaltSpent, SignatureExpired, InvalidSignature, CurrentlyPaused,
 *   FullySlashed
 * @throws input.*, eigenlayer.bad-id
 * @source eigenlayer-contracts src/contracts/core/DelegationManager.sol delegateTo
 */
export function delegateTo(ledger: State, request: DelegateRequest): Nothing {
  checkDelegate(request);
  return Requests.transaction(ledger, () => {
    delegate(ledger, request);
    return {};
  });
}

/**
 * Takes a staker from under its operator and queues all its shares, one withdrawal a strategy.
 *
 * @param request.caller the staker when left out; or the operator, one it lets, its approver
 * @throws ledger.reverted - NotActivelyDelegated, OperatorsCannotUndelegate, CallerCannotUndelegate, CurrentlyPaused, Panic(0x11)
 * @throws input.*, eigenlayer.bad-id
 * @source eigenlayer-contracts src/contracts/core/DelegationManager.sol undelegate
 */
export function undelegate(ledger: State, request: { readonly staker: string; readonly caller?: string }): QueuedWithdrawals {
  const staker = Requests.account(request.staker, 'staker');
  const caller = Requests.account(request.caller ?? staker, 'caller');
  return Requests.transaction(ledger, () => ({ withdrawals: leave(ledger, staker, caller) }));
}

/**
 * Undelegates and delegates to another operator in one transaction; the shares come back by completing the withdrawals as shares.
 *
 * @throws ledger.reverted - those of {@link undelegate}, then those of {@link delegateTo}
 * @throws input.*, eigenlayer.bad-id
 * @source eigenlayer-contracts src/contracts/core/DelegationManager.sol redelegate
 */
export function redelegate(ledger: State, request: DelegateRequest): QueuedWithdrawals {
  checkDelegate(request);
  return Requests.transaction(ledger, () => {
    const withdrawals = leave(ledger, request.staker, request.staker);
    delegate(ledger, request);
    return { withdrawals };
  });
}

/** What goes into one withdrawal. */
export type WithdrawalParams = {
  readonly strategies: readonly string[];
  /** Of each strategy; deposit shares, not withdrawable ones (see {@link convertToDepositShares}). */
  readonly depositShares: readonly bigint[];
};

/**
 * Queues withdrawals: each waits the delay, is slashable until its end, and is then completed as a whole.
 *
 * @param request one withdrawal, or several as `params`
 * @throws ledger.reverted - CurrentlyPaused, InputArrayLengthMismatch, InputArrayLengthZero, and for each strategy Panic(0x11) (more than the
 *   operator has), SharesAmountZero, SharesAmountTooHigh, SharesNegative (native ETH)
 * @throws input.*, eigenlayer.unknown-id, eigenlayer.bad-id
 * @source eigenlayer-contracts src/contracts/core/DelegationManager.sol queueWithdrawals
 */
export function queueWithdrawals(
  ledger: State,
  request: { readonly staker: string } & (WithdrawalParams | { readonly params: readonly WithdrawalParams[] }),
): QueuedWithdrawals {
  const staker = Requests.account(request.staker, 'staker');
  const all = 'params' in request ? Check.list(request.params, 'params') : [request];
  all.forEach((params, i) => {
    const at = 'params' in request ? `params[${i}].` : '';
    Requests.strategies(ledger, params.strategies, `${at}strategies`);
    Requests.amounts(params.depositShares, `${at}depositShares`);
  });
  return Requests.transaction(ledger, () => {
    Requests.whenNotPaused(ledger, Delegations.CONTRACT, Delegations.PAUSED_ENTER_WITHDRAWAL_QUEUE);
    const { operator } = StakerShares.staker(ledger, staker);
    const withdrawals = all.map(({ strategies, depositShares }) => {
      require(strategies.length === depositShares.length, 'InputArrayLengthMismatch');
      const slashingFactors = DelegatedShares.slashingFactors(ledger, staker, operator, strategies);
      return Withdrawals.queueWithdrawal(ledger, {
        staker,
        operator,
        strategies: [...strategies],
        depositShares,
        slashingFactors,
      });
    });
    return { withdrawals };
  });
}

export type CompleteRequest = {
  /** The id that queueing returned. */
  readonly withdrawal: string;
  /** False: as shares, which count for the operator of that day. */
  readonly receiveAsTokens: boolean;
  /** One for each strategy, named as the strategy when left out. */
  readonly tokens?: readonly string[];
  /** The staker when left out; nobody else may. */
  readonly caller?: string;
};

/**
 * Completes a queued withdrawal whose delay is over; what was slashed to nothing is left out without a word.
 *
 * @throws ledger.reverted - CurrentlyPaused, InputArrayLengthMismatch, WithdrawerNotCaller, WithdrawalNotQueued, WithdrawalDelayNotElapsed;
 *   as tokens those of the vault, InsufficientWithdrawableBalance; as shares MaxStrategiesExceeded, FullySlashed,
 *   InvalidDepositScalingFactor
 * @throws input.*, eigenlayer.bad-id
 * @source eigenlayer-contracts src/contracts/core/DelegationManager.sol completeQueuedWithdrawal
 */
export function completeQueuedWithdrawal(ledger: State, request: CompleteRequest): Nothing {
  checkComplete(request, '');
  return Requests.transaction(ledger, () => {
    Requests.whenNotPaused(ledger, Delegations.CONTRACT, Delegations.PAUSED_EXIT_WITHDRAWAL_QUEUE);
    complete(ledger, request);
    return {};
  });
}

/**
 * Completes several withdrawals in order, all or none.
 *
 * @throws ledger.reverted - those of {@link completeQueuedWithdrawal}
 * @throws input.*, eigenlayer.bad-id
 * @source eigenlayer-contracts src/contracts/core/DelegationManager.sol completeQueuedWithdrawals
 */
export function completeQueuedWithdrawals(ledger: State, request: { readonly withdrawals: readonly CompleteRequest[] }): Nothing {
  const all = Check.list(request.withdrawals, 'withdrawals');
  all.forEach((one, i) => {
    checkComplete(one, `withdrawals[${i}].`);
  });
  return Requests.transaction(ledger, () => {
    Requests.whenNotPaused(ledger, Delegations.CONTRACT, Delegations.PAUSED_EXIT_WITHDRAWAL_QUEUE);
    for (const one of all) complete(ledger, one);
    return {};
  });
}

function delegate(ledger: State, { staker, operator, approval }: DelegateRequest): void {
  require(StakerShares.staker(ledger, staker).operator === null, 'ActivelyDelegated');
  require(Delegations.isOperator(ledger, operator), 'OperatorNotRegistered');
  Delegations.checkApproval(ledger, operator, approval);
  Delegations.delegate(ledger, staker, operator);
}

function leave(ledger: State, staker: string, caller: string): Withdrawals.Queued[] {
  const { operator } = StakerShares.staker(ledger, staker);
  if (operator === null) return revert('NotActivelyDelegated');
  require(operator !== staker, 'OperatorsCannotUndelegate');
  if (caller !== staker) {
    const mayCall = canCall(ledger, operator, caller, { target: Delegations.CONTRACT, selector: 'undelegate' });
    require(mayCall || caller === ledger.delegation.operators.get(operator)?.delegationApprover, 'CallerCannotUndelegate');
  }
  return Delegations.undelegate(ledger, staker);
}

function complete(ledger: State, { withdrawal: id, receiveAsTokens, tokens, caller }: CompleteRequest): void {
  const withdrawal = ledger.delegation.withdrawals.get(id);
  // One that was completed is still its staker's; one that never was is nobody's.
  const known = withdrawal === undefined ? WithdrawalQueue.completed(ledger, id) : { ...withdrawal, parts: withdrawal.strategies.length };
  if (known !== undefined && tokens !== undefined) require(tokens.length === known.parts, 'InputArrayLengthMismatch');
  if (known !== undefined && caller !== undefined) require(caller === known.staker, 'WithdrawerNotCaller');
  if (withdrawal === undefined) revert('WithdrawalNotQueued');
  Withdrawals.completeWithdrawal(ledger, id, withdrawal, { receiveAsTokens, tokens: tokens ?? withdrawal.strategies });
}

function checkDelegate({ staker, operator, approval }: DelegateRequest): void {
  Requests.account(staker, 'staker');
  Requests.account(operator, 'operator');
  if (approval === undefined) return;
  Requests.account(approval.signer, 'approval.signer');
  Requests.account(approval.salt, 'approval.salt');
  Requests.amount(approval.expiry, 'approval.expiry');
}

function checkComplete({ withdrawal, receiveAsTokens, tokens, caller }: CompleteRequest, at: string): void {
  Check.text(withdrawal, `${at}withdrawal`);
  Check.flag(receiveAsTokens, `${at}receiveAsTokens`);
  if (caller !== undefined) Requests.account(caller, `${at}caller`);
  if (tokens !== undefined) Check.list(tokens, `${at}tokens`).forEach((token, i) => void Requests.account(token, `${at}tokens[${i}]`));
}

function approver(given: string | null | undefined): string | null {
  if (given === undefined || given === null) return null;
  return Requests.account(given, 'delegationApprover') === ZERO_ADDRESS ? null : given;
}
