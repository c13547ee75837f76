// How a submission enters RewardsCoordinator: which function it is, whether that is paused, and who may call it.
// Implements eigenlayer-contracts src/contracts/core/RewardsCoordinator.sol create…Submission and create…Earners.
import { require } from '../../state/Revert.ts';
import { checkCanCall } from '../allocation/permissions.ts';
import { whenNotPaused } from '../ledger/requests.ts';
import type { State } from '../ledger/state.ts';
import { CONTRACT } from './rewardsParameters.ts';
import type { SubmissionKind } from './rewardsStorage.ts';
import { checkForAllSubmitter, type Directed, type Pool, type Submitter, submitDirected, submitPool } from './rewardsSubmissions.ts';

type Entry = {
  readonly selector: string;
  readonly pauseBit: number;
  readonly isForSet?: true;
  readonly isForAll?: true;
  /** Whom the AVS appointed may call it for the AVS. */
  readonly isDelegable?: true;
};

const ENTRIES: Readonly<Record<SubmissionKind, Entry>> = {
  avs: { selector: 'createAVSRewardsSubmission', pauseBit: 0 },
  forAll: { selector: 'createRewardsForAllSubmission', pauseBit: 1, isForAll: true },
  allEarners: { selector: 'createRewardsForAllEarners', pauseBit: 4, isForAll: true },
  operatorDirectedAVS: { selector: 'createOperatorDirectedAVSRewardsSubmission', pauseBit: 5, isDelegable: true },
  operatorDirectedSet: {
    selector: 'createOperatorDirectedOperatorSetRewardsSubmission',
    pauseBit: 9,
    isForSet: true,
    isDelegable: true,
  },
  uniqueStake: { selector: 'createUniqueStakeRewardsSubmission', pauseBit: 10, isForSet: true, isDelegable: true },
  totalStake: { selector: 'createTotalStakeRewardsSubmission', pauseBit: 11, isForSet: true, isDelegable: true },
};

export function isForSet(kind: SubmissionKind): boolean {
  return ENTRIES[kind].isForSet === true;
}

/** Callers other than the AVS can name themselves only where the AVS may appoint them. */
export function isDelegable(kind: SubmissionKind): boolean {
  return ENTRIES[kind].isDelegable === true;
}

/** @throws ledger.reverted - CurrentlyPaused, UnauthorizedCaller or InvalidPermissions, InvalidOperatorSet */
export function checkEntry(state: State, { kind, caller, avs, operatorSetId }: Submitter): void {
  const entry = ENTRIES[kind];
  whenNotPaused(state, CONTRACT, entry.pauseBit);
  if (entry.isForAll === true) checkForAllSubmitter(state, caller);
  if (entry.isDelegable === true) checkCanCall(state, avs, caller, { target: CONTRACT, selector: entry.selector });
  if (operatorSetId !== null) require(state.allocation.operatorSets.has(`${avs}:${operatorSetId}`), 'InvalidOperatorSet');
}

/** One call with several submissions in the amount form. @throws ledger.reverted - as checkEntry and submitPool */
export function createPools(state: State, submitter: Submitter, pools: readonly Pool[]): void {
  checkEntry(state, submitter);
  for (const pool of pools) submitPool(state, submitter, pool);
}

/** @throws ledger.reverted - as checkEntry and submitDirected */
export function createDirected(state: State, submitter: Submitter, directed: Directed): void {
  checkEntry(state, submitter);
  submitDirected(state, submitter, directed);
}
