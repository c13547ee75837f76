/** What one slash of an operator set does: magnitudes, operator shares, queued withdrawals, stakers. */

/** Operator sets, registrations, allocations of slashable stake, slashing. */
export * as AllocationManager from './eigenlayer/AllocationManager.ts';
export * as AllocationManagerView from './eigenlayer/AllocationManagerView.ts';
export * as AllocationSlash from './eigenlayer/AllocationSlash.ts';
/** Validators as the beacon chain has them, about which pods prove things. */
export * as BeaconChain from './eigenlayer/BeaconChain.ts';
/** Versions of the contracts, delays, strategies. */
export * as EigenLayerConfig from './eigenlayer/Config.ts';
/** Delegation, undelegation, withdrawals queued and completed. */
export * as DelegationManager from './eigenlayer/DelegationManager.ts';
/** Token vaults that lock for a time and restake as their own operator. */
export * as DurationVaultStrategy from './eigenlayer/DurationVaultStrategy.ts';
/** One ledger of EigenLayer: created, changed by operations, forked, saved, explained. */
export * as EigenLayer from './eigenlayer/EigenLayer.ts';
/** A pod's proofs: credentials, checkpoints, stale balances. */
export * as EigenPod from './eigenlayer/EigenPod.ts';
export * as EigenPodManager from './eigenlayer/EigenPodManager.ts';
/** Programmatic incentives: what is minted and where it goes. */
export * as EmissionsController from './eigenlayer/EmissionsController.ts';
/** All operations as data, and their JSON. */
export * as EigenLayerOperations from './eigenlayer/Operations.ts';
/** Pausing groups of functions, as the contracts number them. */
export * as Pausable from './eigenlayer/Pausable.ts';
/** Who may act for an operator or an AVS. */
export * as PermissionController from './eigenlayer/PermissionController.ts';
/** The documented off-chain calculation of rewards. */
export * as RewardsCalculation from './eigenlayer/RewardsCalculation.ts';
/** What the rewards contracts are set up with. */
export * as RewardsConfig from './eigenlayer/RewardsConfig.ts';
/** Submissions, splits, roots and claims of rewards. */
export * as RewardsCoordinator from './eigenlayer/RewardsCoordinator.ts';
export * as RewardsCoordinatorViews from './eigenlayer/RewardsCoordinatorViews.ts';
/** The trees of earners and tokens that reward roots commit to. */
export * as RewardsMerkle from './eigenlayer/RewardsMerkle.ts';
/** Days of the off-chain calculation: which state counts on which day. */
export * as RewardsSnapshots from './eigenlayer/RewardsSnapshots.ts';
/** How much of an operator's stake a set could slash. */
export * as SlashableStake from './eigenlayer/SlashableStake.ts';
/** EigenLayer's fixed-point arithmetic on WAD, rounding in the name. */
export * as SlashingLib from './eigenlayer/SlashingLib.ts';
/** Vaults: shares, their price, donations and rebases. */
export * as StrategyBase from './eigenlayer/StrategyBase.ts';
/** Deposits, the whitelist, burning and redistribution of slashed shares. */
export * as StrategyManager from './eigenlayer/StrategyManager.ts';
/** Where two states of a ledger differ, absent values being their defaults. */
export * as StateDifferences from './StateDifferences.ts';
/** Delegator and slasher types, epochs, networks, operators. */
export * as SymbioticConfig from './symbiotic/Config.ts';
export * as SymbioticOperations from './symbiotic/Operations.ts';
/** One ledger of a Symbiotic vault with its delegator and slasher: created, changed by operations, forked, saved, explained. */
export * as Symbiotic from './symbiotic/Symbiotic.ts';
/** Histories of a ledger as files, read strictly and run step by step. */
export * as Traces from './Traces.ts';
