// Submissions of rewards: their checks in the contract's order, the tokens, the protocol fee.
// Implements the internal rules of eigenlayer-contracts src/contracts/core/RewardsCoordinator.sol (_validateCommonRewardsSubmission,
// _validateRewardsSubmission, _validateOperatorDirectedRewardsSubmission, _takeProtocolFee, _takeOperatorDirectedProtocolFee).

import { plus, times } from '../../state/checkedArithmetic.ts';
import { minus, require } from '../../state/Revert.ts';
import { BEACON } from '../Config.ts';
import { isBefore, isSame, plainKey, ZERO_ADDRESS } from '../ledger/addresses.ts';
import type { State } from '../ledger/state.ts';
import { COORDINATOR, MAX_REWARDS_AMOUNT, PROTOCOL_FEE_BIPS, WHOLE_BIPS } from '../RewardsConfig.ts';
import { credit, emissionsConfig, isForAllSubmitter, parameters, plus32, rewardsConfig, transfer } from './rewardsParameters.ts';
import type { Submission, SubmissionKind } from './rewardsStorage.ts';

export type Pairs = readonly (readonly [string, bigint])[];

type Common = {
  readonly token: string;
  readonly strategies: Pairs;
  /** @unit s */
  readonly startTimestamp: bigint;
  /** @unit s */
  readonly duration: bigint;
};

/** In the amount form. */
export type Pool = Common & { readonly amount: bigint };
/** In the operator-directed form. */
export type Directed = Common & { readonly operatorRewards: Pairs; readonly description: string };

/** For whom a submission is, and who calls. */
export type Submitter = {
  readonly kind: SubmissionKind;
  readonly caller: string;
  readonly avs: string;
  readonly operatorSetId: bigint | null;
};

/** The kinds that pay no protocol fee. */
const FREE: readonly SubmissionKind[] = ['forAll', 'allEarners'];

/** @throws ledger.reverted - UnauthorizedCaller */
export function checkForAllSubmitter(state: State, caller: string): void {
  require(isForAllSubmitter(state, caller), 'UnauthorizedCaller');
}

/**
 * @throws ledger.reverted - InputArrayLengthZero, DurationExceedsMax, InvalidDurationRemainder, DurationIsZero,
 * InvalidStartTimestampRemainder, StartTimestampTooFarInPast, StrategyNotWhitelisted, StrategiesNotInAscendingOrder, AmountIsZero,
 * AmountExceedsMax, StartTimestampTooFarInFuture
 */
export function submitPool(state: State, submitter: Submitter, pool: Pool): void {
  checkCommon(state, pool);
  require(pool.amount > 0n, 'AmountIsZero');
  require(pool.amount <= MAX_REWARDS_AMOUNT, 'AmountExceedsMax');
  require(pool.startTimestamp <= state.time + rewardsConfig(state).maxFutureLength, 'StartTimestampTooFarInFuture');
  const fee = FREE.includes(submitter.kind) ? 0n : feeOf(state, submitter.caller, pool.amount);
  pull(state, submitter.caller, pool.token, pool.amount, fee);
  record(state, submitter, pool, { amount: pool.amount - fee, operatorRewards: null, description: null });
}

/**
 * @throws ledger.reverted - as for a pool up to StrategiesNotInAscendingOrder, then InputArrayLengthZero, SubmissionNotRetroactive,
 * InvalidAddressZero, OperatorsNotInAscendingOrder, AmountIsZero, AmountExceedsMax
 */
export function submitDirected(state: State, submitter: Submitter, directed: Directed): void {
  checkCommon(state, directed);
  require(directed.operatorRewards.length > 0, 'InputArrayLengthZero');
  require(plus32(directed.startTimestamp, directed.duration) < state.time, 'SubmissionNotRetroactive');
  let total = 0n;
  let last: string | undefined;
  const net: [string, bigint][] = [];
  for (const [operator, amount] of directed.operatorRewards) {
    require(operator !== ZERO_ADDRESS, 'InvalidAddressZero');
    require(last === undefined || isBefore(last, operator), 'OperatorsNotInAscendingOrder');
    require(amount > 0n, 'AmountIsZero');
    total = plus(total, amount);
    net.push([operator, amount - feeOf(state, submitter.caller, amount)]);
    last = operator;
  }
  require(total <= MAX_REWARDS_AMOUNT, 'AmountExceedsMax');
  const netTotal = net.reduce((sum, [, amount]) => sum + amount, 0n);
  pull(state, submitter.caller, directed.token, total, total - netTotal);
  record(state, submitter, directed, { amount: netTotal, operatorRewards: net, description: directed.description });
}

function checkCommon(state: State, { strategies, startTimestamp, duration }: Common): void {
  const { calculationIntervalSeconds, maxRewardsDuration, maxRetroactiveLength, genesisRewardsTimestamp } = rewardsConfig(state);
  require(strategies.length > 0, 'InputArrayLengthZero');
  require(duration <= maxRewardsDuration, 'DurationExceedsMax');
  require(duration % calculationIntervalSeconds === 0n, 'InvalidDurationRemainder');
  require(duration > 0n, 'DurationIsZero');
  require(startTimestamp % calculationIntervalSeconds === 0n, 'InvalidStartTimestampRemainder');
  const isRecent = minus(state.time, maxRetroactiveLength) <= startTimestamp && genesisRewardsTimestamp <= startTimestamp;
  require(isRecent, 'StartTimestampTooFarInPast');
  let last = -1;
  for (const [strategy] of strategies) {
    require(strategy === BEACON || !state.strategies.unlisted.has(strategy), 'StrategyNotWhitelisted');
    const rank = state.rank(strategy) ?? -1;
    require(rank > last, 'StrategiesNotInAscendingOrder');
    last = rank;
  }
}

/** Of the caller, whoever it submits for. Also who pays nothing meets the overflow. @throws ledger.reverted - Panic(0x11) */
function feeOf(state: State, caller: string, amount: bigint): bigint {
  const fee = times(amount, PROTOCOL_FEE_BIPS) / WHOLE_BIPS;
  return state.rewards.feePayers.has(plainKey(caller)) ? fee : 0n;
}

/** All comes into the contract, the fee goes on. Only the emissions are tokens that the ledger knows; others come from outside. */
function pull(state: State, payer: string, token: string, amount: bigint, fee: bigint): void {
  if (isSame(payer, emissionsConfig(state).contract)) transfer(state, token, emissionsConfig(state).contract, COORDINATOR, amount);
  else credit(state, COORDINATOR, token, amount);
  transfer(state, token, COORDINATOR, parameters(state).feeRecipient, fee);
}

function record(
  state: State,
  { kind, avs, operatorSetId }: Submitter,
  { token, strategies, startTimestamp, duration }: Common,
  net: Pick<Submission, 'amount' | 'operatorRewards' | 'description'>,
): void {
  const nonce = state.rewards.nonces.get(avs) ?? 0n;
  const submittedAt = state.time;
  const submission = { kind, avs, operatorSetId, nonce, token, ...net, strategies, startTimestamp, duration, submittedAt };
  state.rewards.submissions.set(`${avs}|${nonce}`, submission);
  state.rewards.nonces.set(avs, nonce + 1n);
}
