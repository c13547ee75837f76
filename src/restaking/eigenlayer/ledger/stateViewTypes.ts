// The state of a ledger as the traces print it, as types. Amounts, blocks and times are decimal text; what has its default is left out.
import type { RewardsView } from '../rewards/rewardsView.ts';

/** By strategy. */
export type Amounts = { readonly [strategy: string]: string };
type Named<T> = { readonly [name: string]: T };

export type VaultView = { readonly totalShares: string; readonly tokenBalance: string };

export type CheckpointView = {
  readonly proofsRemaining: string;
  readonly podBalanceGwei: string;
  readonly balanceDeltasGwei: string;
  readonly prevBeaconBalanceGwei: string;
};

export type PodView = {
  readonly beaconChainSlashingFactor: string;
  readonly restakedExecutionLayerGwei: string;
  readonly balanceWei: string;
  readonly activeValidatorCount: string;
  readonly currentCheckpointTimestamp: string;
  readonly lastCheckpointTimestamp: string;
  readonly checkpoint: CheckpointView;
};

export type StakerView = {
  readonly delegatedTo: string | null;
  /** In the contract's order, native ETH last. */
  readonly strategyList: readonly string[];
  readonly depositShares: Amounts;
  readonly withdrawableShares: Amounts;
  readonly depositScalingFactor: Amounts;
  /** Paid out so far; BEACON in wei. */
  readonly tokens: Amounts;
  readonly pod?: PodView;
};

export type AllocationView = { readonly currentMagnitude: string; readonly pendingDiff: string; readonly effectBlock: string };

export type OperatorView = {
  readonly shares: Amounts;
  readonly maxMagnitude: Amounts;
  readonly encumberedMagnitude: Amounts;
  readonly allocatableMagnitude: Amounts;
  readonly slashableSharesInQueue: Amounts;
  readonly allocationDelay: { readonly isSet: boolean; readonly delay: string };
  readonly allocatedSets: readonly string[];
  readonly registeredSets: readonly string[];
  /** By set and strategy; as in all below a set is `avs:id`. */
  readonly allocations: Named<Named<AllocationView>>;
  readonly slashable: Named<boolean>;
  readonly minSlashableStake: Named<Amounts>;
  readonly minSlashableStakeAfterDeallocationDelay: Named<Amounts>;
  readonly allocatedStake: Named<Amounts>;
};

export type OperatorSetView = {
  readonly members: readonly string[];
  readonly strategies: readonly string[];
  readonly slashCount: string;
  /** By slash id. */
  readonly burnOrRedistributable: Named<Amounts>;
  /** By slash id; from v1.13.0. */
  readonly slashResolutionBlock?: Named<string>;
};

export type WithdrawalView = {
  readonly staker: string;
  readonly delegatedTo: string | null;
  readonly startBlock: string;
  readonly strategies: readonly string[];
  readonly scaledShares: readonly string[];
  readonly sharesNow: readonly string[];
};

export type StateView = {
  readonly block: string;
  readonly time: string;
  readonly strategies: Named<VaultView>;
  readonly stakers: Named<StakerView>;
  readonly operators: Named<OperatorView>;
  /** By `avs:id`. */
  readonly operatorSets: Named<OperatorSetView>;
  readonly burnableETHShares: string;
  readonly burnAddress: Amounts;
  readonly recipients: Named<Amounts>;
  readonly withdrawals: Named<WithdrawalView>;
  readonly rewards: RewardsView;
};
