// Pausing: each contract has 256 switches, each of which stops a group of its functions with `CurrentlyPaused`.
// Implements eigenlayer-contracts src/contracts/permissions/Pausable.sol. A ledger has no PauserRegistry: anyone is a pauser and the unpauser.
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';
import { require } from '../state/Revert.ts';
import { MAX_UINT256 } from '../state/schemas.ts';
import { BEACON } from './Config.ts';
import * as Requests from './ledger/requests.ts';
import type { State } from './ledger/state.ts';

export type Reason =
  | Requests.Reason
  | { readonly code: 'eigenlayer.unknown-contract' | 'eigenlayer.unused-field'; readonly field: string; readonly got: string };

/** Those that can be paused. The switches of all pods are EigenPodManager's; StrategyBase is each vault for itself. */
export const CONTRACTS = [
  'AllocationManager',
  'DelegationManager',
  'EigenPodManager',
  'EmissionsController',
  'RewardsCoordinator',
  'StrategyBase',
  'StrategyManager',
] as const;
export type Contract = (typeof CONTRACTS)[number];

/** The switches that a ledger knows: the position of each in the status. */
export const BITS: { readonly [K in Contract]: Readonly<Record<string, number>> } = {
  AllocationManager: { modifyAllocations: 0, operatorSlashing: 1, operatorSetRegistrationAndDeregistration: 2 },
  DelegationManager: { newDelegation: 0, enterWithdrawalQueue: 1, exitWithdrawalQueue: 2 },
  EigenPodManager: { newEigenPods: 0, verifyCredentials: 2, startCheckpoint: 6, verifyCheckpointProofs: 7, verifyStaleBalance: 8 },
  EmissionsController: { tokenFlows: 0 },
  RewardsCoordinator: {
    avsRewardsSubmission: 0,
    rewardsForAllSubmission: 1,
    processClaim: 2,
    submitDisableRoots: 3,
    rewardAllStakersAndOperators: 4,
    operatorDirectedAVSRewardsSubmission: 5,
    operatorAVSSplit: 6,
    operatorPISplit: 7,
    operatorSetSplit: 8,
    operatorDirectedOperatorSetRewardsSubmission: 9,
    uniqueStakeRewardsSubmission: 10,
    totalStakeRewardsSubmission: 11,
  },
  StrategyBase: { deposits: 0, withdrawals: 1 },
  StrategyManager: { deposits: 0, burningAndRedistribution: 1 },
};

export type PausedRequest = {
  readonly contract: Contract;
  /** Which vault: for StrategyBase, and only there. */
  readonly strategy?: string;
};

export type PauseRequest = PausedRequest & {
  /** All switches, a set bit for each that is to be off: also those that were off before. */
  readonly newPausedStatus: bigint;
};

type Nothing = Record<string, never>;

/**
 * Turns switches off; none may be turned on with it.
 *
 * @throws ledger.reverted - InvalidNewPausedStatus
 * @throws input.*, eigenlayer.unknown-contract, eigenlayer.unknown-id, eigenlayer.unused-field
 * @source eigenlayer-contracts src/contracts/permissions/Pausable.sol pause
 */
export function pause(ledger: State, request: PauseRequest): Nothing {
  return change(ledger, request, (now, next) => (now & next) === now);
}

/**
 * Turns switches on; none may be turned off with it.
 *
 * @throws ledger.reverted - InvalidNewPausedStatus
 * @throws input.*, eigenlayer.unknown-contract, eigenlayer.unknown-id, eigenlayer.unused-field
 * @source eigenlayer-contracts src/contracts/permissions/Pausable.sol unpause
 */
export function unpause(ledger: State, request: PauseRequest): Nothing {
  return change(ledger, request, (now, next) => (now & next) === next);
}

/**
 * Turns all switches off, also those that mean nothing yet.
 *
 * @throws input.*, eigenlayer.unknown-contract, eigenlayer.unknown-id, eigenlayer.unused-field
 * @source eigenlayer-contracts src/contracts/permissions/Pausable.sol pauseAll
 */
export function pauseAll(ledger: State, request: PausedRequest): Nothing {
  return change(ledger, { ...Check.object(request, 'request'), newPausedStatus: MAX_UINT256 }, () => true);
}

/**
 * All switches of a contract, a set bit for each that is off.
 *
 * @throws input.*, eigenlayer.unknown-contract, eigenlayer.unknown-id, eigenlayer.unused-field
 * @source eigenlayer-contracts src/contracts/permissions/Pausable.sol paused
 */
export function paused(ledger: State, request: PausedRequest): bigint {
  return ledger.pausedStatus(keyOf(ledger, request));
}

function change(ledger: State, request: PauseRequest, isAllowed: (now: bigint, next: bigint) => boolean): Nothing {
  const key = keyOf(ledger, request);
  const next = Requests.amount(request.newPausedStatus, 'newPausedStatus');
  return Requests.transaction(ledger, () => {
    require(isAllowed(ledger.pausedStatus(key), next), 'InvalidNewPausedStatus');
    ledger.setPausedStatus(key, next);
    return {};
  });
}

function keyOf(ledger: State, request: PausedRequest): string {
  const { contract, strategy } = Check.object(request, 'request');
  if (!CONTRACTS.includes(contract)) {
    const got = Check.text(contract, 'contract').slice(0, 80);
    fail<Reason>(
      { code: 'eigenlayer.unknown-contract', field: 'contract', got },
      `contract: expected one of ${CONTRACTS.join(', ')}, got ${got}`,
    );
  }
  if (contract === 'StrategyBase') {
    const vault = Requests.strategy(ledger, strategy ?? Check.missing('strategy'), 'strategy');
    // Native ETH has no vault.
    return vault === BEACON ? Requests.unknownId('strategy', vault) : `StrategyBase:${vault}`;
  }
  if (strategy !== undefined) {
    const got = Check.text(strategy, 'strategy').slice(0, 80);
    fail<Reason>({ code: 'eigenlayer.unused-field', field: 'strategy', got }, `strategy: ${contract} is one for all, leave it out`);
  }
  return contract;
}
