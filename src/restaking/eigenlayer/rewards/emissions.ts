// Emissions: epochs, what can be processed in one, and how a distribution becomes submissions.
// Implements the internal rules of eigenlayer-contracts src/contracts/core/EmissionsController.sol (_processDistribution,
// _tryCallRewardsCoordinator, _checkDistribution, _isButtonPressable, getTotalProcessableDistributions).

import { plus } from '../../state/checkedArithmetic.ts';
import { nameOf, require, revert } from '../../state/Revert.ts';
import type { State } from '../ledger/state.ts';
import { WHOLE_BIPS } from '../RewardsConfig.ts';
import { createPools } from './rewardsEntry.ts';
import { credit, emissionsConfig, transfer } from './rewardsParameters.ts';
import type { Distribution, EmissionsParameters, Epoch, SubmissionKind } from './rewardsStorage.ts';
import type { Submitter } from './rewardsSubmissions.ts';

const MAX_UINT64 = (1n << 64n) - 1n;
const FRESH: Epoch = { isMinted: false, totalProcessed: 0n, totalAdded: 0n };
/** How the RewardsCoordinator is called for a distribution that is no plain transfer. */
const KINDS: Readonly<Record<Exclude<Distribution['distributionType'], 'Disabled' | 'Manual'>, SubmissionKind>> = {
  RewardsForAllEarners: 'allEarners',
  OperatorSetTotalStake: 'totalStake',
  OperatorSetUniqueStake: 'uniqueStake',
  EigenDA: 'avs',
};

export function parameters(state: State): EmissionsParameters {
  const { incentiveCouncil } = emissionsConfig(state);
  return state.rewards.emissions.get('now') ?? { incentiveCouncil, totalWeight: 0n, distributionCount: 0n };
}

export function setParameters(state: State, changed: Partial<EmissionsParameters>): void {
  state.rewards.emissions.set('now', { ...parameters(state), ...changed });
}

/** undefined before emissions start. */
export function currentEpoch(state: State): bigint | undefined {
  const { startTime, epochLength } = emissionsConfig(state);
  return state.time < startTime ? undefined : (state.time - startTime) / epochLength;
}

export function epochOf(state: State, epoch: bigint): Epoch {
  return state.rewards.epochs.get(`${epoch}`) ?? FRESH;
}

/** Those added in an epoch wait for the next one; those added before the start do not count as added in any. */
export function processable(state: State, epoch: bigint | undefined): bigint {
  const { distributionCount } = parameters(state);
  return epoch === undefined ? distributionCount : distributionCount - epochOf(state, epoch).totalAdded;
}

export function isPressable(state: State, epoch: bigint | undefined): boolean {
  return epoch !== undefined && epochOf(state, epoch).totalProcessed < processable(state, epoch);
}

/** Once in an epoch: the whole emission, wrapped into the token that is given out. @returns what was minted */
export function mintOnce(state: State, epoch: bigint): bigint {
  const { contract, backingToken, token, inflationRate } = emissionsConfig(state);
  if (epochOf(state, epoch).isMinted) return 0n;
  credit(state, token, backingToken, inflationRate);
  credit(state, contract, token, inflationRate);
  state.rewards.epochs.set(`${epoch}`, { ...epochOf(state, epoch), isMinted: true });
  return inflationRate;
}

/** @throws ledger.reverted - Panic(0x11): the last epoch does not fit, which stops the whole press */
export function isDue({ distributionType, startEpoch, totalEpochs }: Distribution, epoch: bigint): boolean {
  if (distributionType === 'Disabled' || startEpoch > epoch) return false;
  if (totalEpochs === 0n) return true;
  require(startEpoch + totalEpochs <= MAX_UINT64, 'Panic(0x11)');
  return epoch < startEpoch + totalEpochs;
}

/**
 * Gives a distribution's part out; what fails stays with the contract. On chain a call that fails without a word, or by reentrancy, stops
 * the press (MaliciousCallDetected): in a ledger no call does either.
 *
 * @returns the name of the refusal, undefined when it worked, null when there was nothing to do
 */
export function giveOut(state: State, distribution: Distribution, epoch: bigint): string | undefined | null {
  const { contract, token, inflationRate, startTime, epochLength } = emissionsConfig(state);
  const { distributionType, weight, submissions, operatorSet } = distribution;
  const total = (inflationRate * weight) / WHOLE_BIPS;
  if (total === 0n || distributionType === 'Disabled') return null;
  if (distributionType === 'Manual')
    return attempt(state, () => transfer(state, token, contract, parameters(state).incentiveCouncil, total));
  const count = BigInt(submissions.length);
  if (count > total) return null;
  const startTimestamp = BigInt.asUintN(32, startTime + epochLength * epoch);
  const duration = BigInt.asUintN(32, epochLength);
  const pools = submissions.map((strategies) => ({ token, amount: total / count, startTimestamp, duration, strategies }));
  return attempt(state, () => createPools(state, submitter(distributionType, contract, operatorSet), pools));
}

/** @throws ledger.reverted - OperatorSetNotRegistered, StartEpochMustBeInTheFuture, TotalWeightExceedsMax, RewardsSubmissionsCannotBeEmpty */
export function checkDistribution(state: State, distribution: Distribution, epoch: bigint | undefined, otherWeight: bigint): void {
  const { distributionType, operatorSet, startEpoch, weight, submissions } = distribution;
  if (distributionType === 'OperatorSetTotalStake' || distributionType === 'OperatorSetUniqueStake')
    require(state.allocation.operatorSets.has(`${operatorSet?.avs}:${operatorSet?.id}`), 'OperatorSetNotRegistered');
  if (epoch !== undefined) require(startEpoch > epoch, 'StartEpochMustBeInTheFuture');
  require(plus(weight, otherWeight) <= WHOLE_BIPS, 'TotalWeightExceedsMax');
  require(distributionType === 'Manual' || submissions.length > 0, 'RewardsSubmissionsCannotBeEmpty');
}

/** The RewardsCoordinator sees the contract as its caller; for programmatic incentives also as the submitter. */
function submitter(type: keyof typeof KINDS, contract: string, operatorSet: Distribution['operatorSet']): Submitter {
  const kind = KINDS[type];
  if (type === 'RewardsForAllEarners') return { kind, caller: contract, avs: contract, operatorSetId: null };
  const { avs, id } = operatorSet ?? revert('InvalidOperatorSet');
  return { kind, caller: contract, avs, operatorSetId: type === 'EigenDA' ? null : id };
}

/** A call of its own: when it is refused nothing of it stays, and the caller goes on. */
function attempt(state: State, call: () => void): string | undefined {
  try {
    state.store.atomic(call);
    return undefined;
  } catch (error) {
    const name = nameOf(error);
    if (name === undefined) throw error;
    return name;
  }
}
