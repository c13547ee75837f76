// Programmatic incentives: each epoch a fixed amount is minted and given out by weights that the incentive council sets.
// Implements eigenlayer-contracts src/contracts/core/EmissionsController.sol (v1.12.0). Rules: emissions.ts.
import * as Check from '../../base/Check.ts';
import { require, revert } from '../state/Revert.ts';
import { id } from './Config.ts';
import { isSame, ZERO_ADDRESS } from './ledger/addresses.ts';
import { amount, type Reason as RequestReason, transaction, whenNotPaused } from './ledger/requests.ts';
import type { State } from './ledger/state.ts';
import {
  checkDistribution,
  currentEpoch,
  epochOf,
  giveOut,
  isDue,
  isPressable,
  mintOnce,
  parameters,
  processable,
  setParameters,
} from './rewards/emissions.ts';
import { balanceOf, checkOwner, emissionsConfig, rewardsConfig, transfer } from './rewards/rewardsParameters.ts';
import { multipliers, uint32, uint64 } from './rewards/rewardsRequests.ts';
import { DISTRIBUTION_TYPES, type Distribution, type DistributionType } from './rewards/rewardsStorage.ts';
import type { Pairs } from './rewards/rewardsSubmissions.ts';

export type Reason = RequestReason;

const CONTRACT = 'EmissionsController';
/** Stands for "not started" where the contract returns a number. */
const NEVER = (1n << 256n) - 1n;

export type DistributionRequest = {
  readonly distributionType: DistributionType;
  /** @unit 1/10000 of the epoch's emission */
  readonly weight: bigint;
  readonly startEpoch: bigint;
  /** 0: without end. */
  readonly totalEpochs: bigint;
  /** Needed for operator sets, and for EigenDA (its AVS). */
  readonly operatorSet?: { readonly avs: string; readonly id: bigint };
  /** Strategies and multipliers of each submission; none for Manual. */
  readonly submissions: readonly Pairs[];
};

/** A distribution that was given out; with `error`, the contract's name of it, its tokens stayed. */
export type Processed = { readonly distributionId: bigint; readonly error?: string };

/**
 * Mints the epoch's emission (with the first press) and gives out the next `length` distributions. Anyone can press.
 *
 * @throws ledger.reverted - CurrentlyPaused, EmissionsNotStarted, AllDistributionsProcessed, Panic(0x11)
 * @throws input.*
 * @source eigenlayer-contracts src/contracts/core/EmissionsController.sol pressButton
 */
export function pressButton(
  ledger: State,
  request: { readonly length: bigint },
): { readonly epoch: bigint; readonly minted: bigint; readonly processed: readonly Processed[] } {
  const length = amount(request.length, 'length');
  return transaction(ledger, () => {
    whenNotPaused(ledger, CONTRACT, 0);
    const epoch = currentEpoch(ledger) ?? revert('EmissionsNotStarted');
    const end = processable(ledger, epoch);
    const next = epochOf(ledger, epoch).totalProcessed;
    require(next < end, 'AllDistributionsProcessed');
    const minted = mintOnce(ledger, epoch);
    require(next + length <= NEVER, 'Panic(0x11)');
    const last = next + length > end ? end : next + length;
    const processed: Processed[] = [];
    for (let distributionId = next; distributionId < last; distributionId++) {
      const distribution = distributionAt(ledger, distributionId);
      if (!isDue(distribution, epoch)) continue;
      const error = giveOut(ledger, distribution, epoch);
      if (error !== null) processed.push({ distributionId, ...(error === undefined ? {} : { error }) });
    }
    ledger.rewards.epochs.set(`${epoch}`, { ...epochOf(ledger, epoch), totalProcessed: last });
    return { epoch, minted, processed };
  });
}

/**
 * Sends what is left of the emissions to the council, once nothing is left to process; until then nothing happens.
 *
 * @returns what was sent. @unit token wei
 * @throws ledger.reverted - CurrentlyPaused
 * @source eigenlayer-contracts src/contracts/core/EmissionsController.sol sweep
 */
export function sweep(ledger: State): { readonly swept: bigint } {
  const { contract, token } = emissionsConfig(ledger);
  return transaction(ledger, () => {
    whenNotPaused(ledger, CONTRACT, 0);
    const swept = isButtonPressable(ledger) ? 0n : balanceOf(ledger, contract, token);
    transfer(ledger, token, contract, parameters(ledger).incentiveCouncil, swept);
    return { swept };
  });
}

/**
 * Adds a distribution, for epochs to come.
 *
 * @param request.caller the council when left out
 * @throws ledger.reverted - CallerIsNotIncentiveCouncil, CannotAddDisabledDistribution, AllDistributionsMustBeProcessed,
 * OperatorSetNotRegistered, StartEpochMustBeInTheFuture, TotalWeightExceedsMax, RewardsSubmissionsCannotBeEmpty
 * @throws input.*, eigenlayer.bad-id, eigenlayer.unknown-id
 * @source eigenlayer-contracts src/contracts/core/EmissionsController.sol addDistribution
 */
export function addDistribution(
  ledger: State,
  request: { readonly distribution: DistributionRequest; readonly caller?: string },
): { readonly distributionId: bigint } {
  const distribution = read(ledger, request.distribution);
  return asCouncil(ledger, request.caller, () => {
    const epoch = currentEpoch(ledger);
    const { totalWeight, distributionCount: distributionId } = parameters(ledger);
    require(distribution.distributionType !== 'Disabled', 'CannotAddDisabledDistribution');
    require(!isPressable(ledger, epoch), 'AllDistributionsMustBeProcessed');
    checkDistribution(ledger, distribution, epoch, totalWeight);
    if (epoch !== undefined) {
      const record = epochOf(ledger, epoch);
      ledger.rewards.epochs.set(`${epoch}`, { ...record, totalAdded: record.totalAdded + 1n });
    }
    ledger.rewards.distributions.set(`${distributionId}`, distribution);
    setParameters(ledger, { totalWeight: totalWeight + distribution.weight, distributionCount: distributionId + 1n });
    return { distributionId };
  });
}

/**
 * Puts a distribution in the place of another one, for epochs to come; with the type Disabled it ends.
 *
 * @param request.caller the council when left out
 * @throws ledger.reverted - CallerIsNotIncentiveCouncil, Panic(0x32) (no such distribution), AllDistributionsMustBeProcessed,
 * OperatorSetNotRegistered, StartEpochMustBeInTheFuture, TotalWeightExceedsMax, RewardsSubmissionsCannotBeEmpty
 * @throws input.*, eigenlayer.bad-id, eigenlayer.unknown-id
 * @source eigenlayer-contracts src/contracts/core/EmissionsController.sol updateDistribution
 */
export function updateDistribution(
  ledger: State,
  request: { readonly distributionId: bigint; readonly distribution: DistributionRequest; readonly caller?: string },
): Record<string, never> {
  const distribution = read(ledger, request.distribution);
  const distributionId = amount(request.distributionId, 'distributionId');
  return asCouncil(ledger, request.caller, () => {
    const epoch = currentEpoch(ledger);
    const otherWeight = parameters(ledger).totalWeight - distributionAt(ledger, distributionId).weight;
    require(!isPressable(ledger, epoch), 'AllDistributionsMustBeProcessed');
    checkDistribution(ledger, distribution, epoch, otherWeight);
    ledger.rewards.distributions.set(`${distributionId}`, distribution);
    setParameters(ledger, { totalWeight: otherWeight + distribution.weight });
    return {};
  });
}

/**
 * Names another council.
 *
 * @param request.caller the owner when left out
 * @throws ledger.reverted - Error(Ownable: caller is not the owner), InputAddressZero
 * @throws input.*, eigenlayer.bad-id
 * @source eigenlayer-contracts src/contracts/core/EmissionsController.sol setIncentiveCouncil
 */
export function setIncentiveCouncil(
  ledger: State,
  request: { readonly incentiveCouncil: string; readonly caller?: string },
): Record<string, never> {
  const incentiveCouncil = id(request.incentiveCouncil, 'incentiveCouncil');
  const caller = id(request.caller ?? rewardsConfig(ledger).owner, 'caller');
  return transaction(ledger, () => {
    checkOwner(ledger, caller);
    require(incentiveCouncil !== ZERO_ADDRESS, 'InputAddressZero');
    setParameters(ledger, { incentiveCouncil });
    return {};
  });
}

/** 2^256 - 1 before emissions start. @source EmissionsController.sol getCurrentEpoch */
export function getCurrentEpoch(ledger: State): bigint {
  return currentEpoch(ledger) ?? NEVER;
}

/** Whether this epoch has distributions left to process. @source EmissionsController.sol isButtonPressable */
export function isButtonPressable(ledger: State): boolean {
  return isPressable(ledger, currentEpoch(ledger));
}

/** When the next epoch starts. @unit s @source EmissionsController.sol nextTimeButtonPressable */
export function nextTimeButtonPressable(ledger: State): bigint {
  const { startTime, epochLength } = emissionsConfig(ledger);
  const epoch = currentEpoch(ledger);
  return epoch === undefined ? startTime : startTime + epochLength * (epoch + 1n);
}

/** When this epoch started; 2^256 - 1 before the first one. @unit s @source EmissionsController.sol lastTimeButtonPressable */
export function lastTimeButtonPressable(ledger: State): bigint {
  const { startTime, epochLength } = emissionsConfig(ledger);
  const epoch = currentEpoch(ledger);
  return epoch === undefined ? NEVER : startTime + epochLength * epoch;
}

/** All but those added in this epoch. @source EmissionsController.sol getTotalProcessableDistributions */
export function getTotalProcessableDistributions(ledger: State): bigint {
  return processable(ledger, currentEpoch(ledger));
}

/** @throws ledger.reverted - Panic(0x32) @source EmissionsController.sol getDistribution */
export function getDistribution(ledger: State, distributionId: bigint): Distribution {
  return distributionAt(ledger, amount(distributionId, 'distributionId'));
}

/** Of all distributions together. @unit 1/10000 @source EmissionsController.sol totalWeight */
export function totalWeight(ledger: State): bigint {
  return parameters(ledger).totalWeight;
}

function distributionAt(ledger: State, distributionId: bigint): Distribution {
  return ledger.rewards.distributions.get(`${distributionId}`) ?? revert('Panic(0x32)');
}

function asCouncil<T>(ledger: State, caller: string | undefined, run: () => T): T {
  if (caller !== undefined) id(caller, 'caller');
  return transaction(ledger, () => {
    const { incentiveCouncil } = parameters(ledger);
    require(isSame(caller ?? incentiveCouncil, incentiveCouncil), 'CallerIsNotIncentiveCouncil');
    return run();
  });
}

function read(ledger: State, given: DistributionRequest): Distribution {
  const { distributionType, weight, startEpoch, totalEpochs, operatorSet, submissions } = Check.object(given, 'distribution');
  const isKnown = DISTRIBUTION_TYPES.includes(distributionType);
  const needsSet = ['OperatorSetTotalStake', 'OperatorSetUniqueStake', 'EigenDA'].includes(distributionType);
  if (needsSet && operatorSet === undefined) Check.missing('distribution.operatorSet');
  return {
    distributionType: isKnown ? distributionType : Check.missing('distribution.distributionType'),
    weight: uint64(weight, 'distribution.weight'),
    startEpoch: uint64(startEpoch, 'distribution.startEpoch'),
    totalEpochs: uint64(totalEpochs, 'distribution.totalEpochs'),
    operatorSet:
      operatorSet === undefined
        ? null
        : { avs: id(operatorSet.avs, 'distribution.operatorSet.avs'), id: uint32(operatorSet.id, 'distribution.operatorSet.id') },
    submissions: Check.list(submissions, 'distribution.submissions').map((pairs, i) =>
      multipliers(ledger, pairs, `distribution.submissions[${i}]`),
    ),
  };
}
