// Which function of which contract an operation is.
import * as AllocationManager from '../AllocationManager.ts';
import * as BeaconChain from '../BeaconChain.ts';
import * as Clock from '../Clock.ts';
import * as DelegationManager from '../DelegationManager.ts';
import * as DurationVaultStrategy from '../DurationVaultStrategy.ts';
import * as EigenPod from '../EigenPod.ts';
import * as EigenPodManager from '../EigenPodManager.ts';
import * as EmissionsController from '../EmissionsController.ts';
import type { Operation } from '../Operations.ts';
import * as Pausable from '../Pausable.ts';
import * as PermissionController from '../PermissionController.ts';
import * as RewardsCoordinator from '../RewardsCoordinator.ts';
import * as StrategyBase from '../StrategyBase.ts';
import * as StrategyManager from '../StrategyManager.ts';
import type { ResultOf } from './results.ts';
import type { State } from './state.ts';

type Handlers = { readonly [K in Operation['op']]: (ledger: State, operation: Extract<Operation, { op: K }>) => ResultOf<K> };

const HANDLERS: Handlers = {
  advance: Clock.advance,
  donate: StrategyBase.donate,
  rebaseDown: StrategyBase.rebaseDown,
  setTVLLimits: StrategyBase.setTVLLimits,
  deposit: StrategyManager.depositIntoStrategy,
  depositIntoStrategyWithSignature: StrategyManager.depositIntoStrategyWithSignature,
  addStrategiesToDepositWhitelist: StrategyManager.addStrategiesToDepositWhitelist,
  removeStrategiesFromDepositWhitelist: StrategyManager.removeStrategiesFromDepositWhitelist,
  clearBurnOrRedistributableShares: StrategyManager.clearBurnOrRedistributableShares,
  registerOperator: DelegationManager.registerAsOperator,
  modifyOperatorDetails: DelegationManager.modifyOperatorDetails,
  delegate: DelegationManager.delegateTo,
  undelegate: DelegationManager.undelegate,
  redelegate: DelegationManager.redelegate,
  queueWithdrawal: DelegationManager.queueWithdrawals,
  queueWithdrawals: DelegationManager.queueWithdrawals,
  completeWithdrawal: DelegationManager.completeQueuedWithdrawal,
  completeQueuedWithdrawals: DelegationManager.completeQueuedWithdrawals,
  updateAVSMetadataURI: AllocationManager.updateAVSMetadataURI,
  setAVSRegistrar: AllocationManager.setAVSRegistrar,
  createOperatorSet: (ledger, operation) => {
    // Traces leave out that an AVS publishes its metadata before its first operator set.
    const { avs, caller } = operation;
    if (caller === undefined && !ledger.allocation.avss.has(avs)) AllocationManager.updateAVSMetadataURI(ledger, { avs });
    return AllocationManager.createOperatorSets(ledger, operation);
  },
  createOperatorSets: AllocationManager.createOperatorSets,
  createRedistributingOperatorSets: AllocationManager.createRedistributingOperatorSets,
  addStrategies: AllocationManager.addStrategiesToOperatorSet,
  removeStrategies: AllocationManager.removeStrategiesFromOperatorSet,
  setAllocationDelay: AllocationManager.setAllocationDelay,
  modifyAllocations: AllocationManager.modifyAllocations,
  clearDeallocationQueue: AllocationManager.clearDeallocationQueue,
  registerForOperatorSets: AllocationManager.registerForOperatorSets,
  deregisterFromOperatorSets: AllocationManager.deregisterFromOperatorSets,
  updateSlasher: AllocationManager.updateSlasher,
  slash: AllocationManager.slashOperator,
  addPendingAdmin: PermissionController.addPendingAdmin,
  removePendingAdmin: PermissionController.removePendingAdmin,
  acceptAdmin: PermissionController.acceptAdmin,
  removeAdmin: PermissionController.removeAdmin,
  setAppointee: PermissionController.setAppointee,
  removeAppointee: PermissionController.removeAppointee,
  pause: Pausable.pause,
  unpause: Pausable.unpause,
  pauseAll: Pausable.pauseAll,
  createPod: EigenPodManager.createPod,
  newValidator: BeaconChain.newValidator,
  setBeaconBalance: BeaconChain.setBeaconBalance,
  podReceive: EigenPod.podReceive,
  setProofSubmitter: EigenPod.setProofSubmitter,
  verifyWithdrawalCredentials: EigenPod.verifyWithdrawalCredentials,
  startCheckpoint: EigenPod.startCheckpoint,
  verifyStaleBalance: EigenPod.verifyStaleBalance,
  verifyCheckpointProofs: EigenPod.verifyCheckpointProofs,
  recordBalanceUpdate: EigenPodManager.recordBeaconChainETHBalanceUpdate,
  setSplit: RewardsCoordinator.setSplit,
  optInFee: RewardsCoordinator.setOptInForProtocolFee,
  submitRewards: RewardsCoordinator.submitRewards,
  submitRoot: RewardsCoordinator.submitRoot,
  disableRoot: RewardsCoordinator.disableRoot,
  setClaimerFor: RewardsCoordinator.setClaimerFor,
  claim: RewardsCoordinator.processClaim,
  processClaims: (ledger, { claims }) => RewardsCoordinator.processClaims(ledger, claims),
  setActivationDelay: RewardsCoordinator.configure,
  setDefaultOperatorSplit: (ledger, { split, ...request }) =>
    RewardsCoordinator.configure(ledger, { ...request, defaultOperatorSplitBips: split }),
  setFeeRecipient: RewardsCoordinator.configure,
  setRewardsUpdater: RewardsCoordinator.configure,
  setRewardsForAllSubmitter: (ledger, { submitter, value, ...request }) =>
    RewardsCoordinator.configure(ledger, { ...request, rewardsForAllSubmitter: { submitter, value } }),
  pressButton: EmissionsController.pressButton,
  sweep: EmissionsController.sweep,
  addDistribution: EmissionsController.addDistribution,
  updateDistribution: EmissionsController.updateDistribution,
  setIncentiveCouncil: EmissionsController.setIncentiveCouncil,
  deployDurationVaultStrategy: DurationVaultStrategy.initialize,
  lock: DurationVaultStrategy.lock,
  advanceToWithdrawals: DurationVaultStrategy.advanceToWithdrawals,
  markMatured: DurationVaultStrategy.markMatured,
  blacklistToken: DurationVaultStrategy.blacklistToken,
  updateTVLLimits: DurationVaultStrategy.updateTVLLimits,
  updateDelegationApprover: DurationVaultStrategy.updateDelegationApprover,
  setRewardsClaimer: DurationVaultStrategy.setRewardsClaimer,
};

/** @throws ledger.reverted, input.*, eigenlayer.* */
export function dispatch<O extends Operation>(ledger: State, operation: O): ResultOf<O['op']> {
  // A name selects its member of the union, which the table's type says for each and TypeScript cannot for all.
  const handle = HANDLERS[operation.op] as unknown as (ledger: State, operation: O) => ResultOf<O['op']>;
  return handle(ledger, operation);
}
