// Which function of which contract an operation is.
import * as AllocationManager from './AllocationManager.ts';
import * as BeaconChain from './BeaconChain.ts';
import * as Clock from './Clock.ts';
import * as DelegationManager from './DelegationManager.ts';
import * as EigenPod from './EigenPod.ts';
import * as EigenPodManager from './EigenPodManager.ts';
import type { Operation } from './Operations.ts';
import * as RewardsCoordinator from './RewardsCoordinator.ts';
import * as StrategyBase from './StrategyBase.ts';
import * as StrategyManager from './StrategyManager.ts';
import type { State } from './state.ts';

type Handlers = { readonly [K in Operation['op']]: (ledger: State, operation: Extract<Operation, { op: K }>) => object };

const HANDLERS: Handlers = {
  advance: Clock.advance,
  deposit: StrategyManager.depositIntoStrategy,
  donate: StrategyBase.donate,
  rebaseDown: StrategyBase.rebaseDown,
  clearBurnOrRedistributableShares: StrategyManager.clearBurnOrRedistributableShares,
  registerOperator: DelegationManager.registerAsOperator,
  delegate: DelegationManager.delegateTo,
  undelegate: DelegationManager.undelegate,
  redelegate: DelegationManager.redelegate,
  queueWithdrawal: DelegationManager.queueWithdrawals,
  completeWithdrawal: DelegationManager.completeQueuedWithdrawal,
  createOperatorSet: (ledger, operation) => {
    // Traces leave out that an AVS publishes its metadata before its first operator set.
    const { avs } = operation;
    if (!ledger.allocation.avss.has(avs)) AllocationManager.updateAVSMetadataURI(ledger, { avs });
    return AllocationManager.createOperatorSets(ledger, operation);
  },
  addStrategies: AllocationManager.addStrategiesToOperatorSet,
  removeStrategies: AllocationManager.removeStrategiesFromOperatorSet,
  setAllocationDelay: AllocationManager.setAllocationDelay,
  modifyAllocations: AllocationManager.modifyAllocations,
  clearDeallocationQueue: AllocationManager.clearDeallocationQueue,
  registerForOperatorSets: AllocationManager.registerForOperatorSets,
  deregisterFromOperatorSets: AllocationManager.deregisterFromOperatorSets,
  updateSlasher: AllocationManager.updateSlasher,
  slash: AllocationManager.slashOperator,
  createPod: EigenPodManager.createPod,
  newValidator: BeaconChain.newValidator,
  setBeaconBalance: BeaconChain.setBeaconBalance,
  podReceive: EigenPod.podReceive,
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
};

/** @throws ledger.reverted, input.*, eigenlayer.* */
export function dispatch(ledger: State, operation: Operation): object {
  // A name selects its member of the union, which the table's type says for each and TypeScript cannot for all.
  const handle = HANDLERS[operation.op] as (ledger: State, operation: Operation) => object;
  return handle(ledger, operation);
}
