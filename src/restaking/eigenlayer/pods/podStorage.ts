// What EigenPodManager and the pods store, and the part of the beacon chain that pods prove things about.
import { z } from 'zod';
import { flag, integer, text, uint } from '../../state/schemas.ts';
import type { Schema, Store } from '../../state/store.ts';
import type { Table } from '../../state/table.ts';

export type Checkpoint = {
  readonly proofsRemaining: bigint;
  readonly podBalanceGwei: bigint;
  readonly balanceDeltasGwei: bigint;
  readonly prevBeaconBalanceGwei: bigint;
};

/** What EigenPodManager keeps for a pod owner. */
export type PodOwner = {
  /** Native deposit shares. @unit wei */
  readonly depositShares: bigint;
  /** WAD until the first loss; can become 0. */
  readonly beaconChainSlashingFactor: bigint;
};

export type Pod = {
  readonly restakedExecutionLayerGwei: bigint;
  readonly activeValidatorCount: bigint;
  /** 0 when no checkpoint is open. */
  readonly currentCheckpointTimestamp: bigint;
  readonly lastCheckpointTimestamp: bigint;
  /** Keeps its last values after it finished. */
  readonly checkpoint: Checkpoint;
  readonly balanceWei: bigint;
  /** Who besides the owner may start checkpoints and verify credentials. */
  readonly proofSubmitter: string | null;
};

/** What a pod knows of a validator. */
export type PodValidator = {
  readonly status: 'ACTIVE' | 'WITHDRAWN';
  readonly restakedBalanceGwei: bigint;
  readonly lastCheckpointedAt: bigint;
};

/** What the beacon chain knows of a validator. */
export type BeaconValidator = {
  readonly podOwner: string;
  readonly balanceGwei: bigint;
  readonly effectiveBalanceGwei: bigint;
  readonly isCompounding: boolean;
  /** Credentials that point elsewhere. */
  readonly hasWrongCredentials: boolean;
  readonly isSlashed: boolean;
  readonly isExiting: boolean;
  readonly isActivated: boolean;
  /** What the balance was when the pod's checkpoint of this timestamp started, kept once it differs from `balanceGwei`. */
  readonly balanceAtCheckpoint: { readonly timestamp: bigint; readonly balanceGwei: bigint } | null;
};

const CHECKPOINT: Schema<Checkpoint> = z.strictObject({
  proofsRemaining: uint,
  podBalanceGwei: uint,
  balanceDeltasGwei: integer,
  prevBeaconBalanceGwei: uint,
});
const OWNER: Schema<PodOwner> = z.strictObject({ depositShares: uint, beaconChainSlashingFactor: uint });
const POD: Schema<Pod> = z.strictObject({
  restakedExecutionLayerGwei: uint,
  activeValidatorCount: uint,
  currentCheckpointTimestamp: uint,
  lastCheckpointTimestamp: uint,
  checkpoint: CHECKPOINT,
  balanceWei: uint,
  proofSubmitter: text.nullable(),
});
const POD_VALIDATOR: Schema<PodValidator> = z.strictObject({
  status: z.enum(['ACTIVE', 'WITHDRAWN']),
  restakedBalanceGwei: uint,
  lastCheckpointedAt: uint,
});
const BEACON_VALIDATOR: Schema<BeaconValidator> = z.strictObject({
  podOwner: text,
  balanceGwei: uint,
  effectiveBalanceGwei: uint,
  isCompounding: flag,
  hasWrongCredentials: flag,
  isSlashed: flag,
  isExiting: flag,
  isActivated: flag,
  balanceAtCheckpoint: z.strictObject({ timestamp: uint, balanceGwei: uint }).nullable(),
});

export class PodStorage {
  /** By staker. */
  readonly owners: Table<PodOwner>;
  readonly pods: Table<Pod>;
  /** `owner|validator`; one without an entry is INACTIVE. */
  readonly podValidators: Table<PodValidator>;
  /** By validator. */
  readonly beaconValidators: Table<BeaconValidator>;
  /** Single numbers by name: `burnableETHShares`. */
  readonly numbers: Table<bigint>;

  constructor(store: Store) {
    this.owners = store.table('pods.owners', OWNER);
    this.pods = store.table('pods.pods', POD);
    this.podValidators = store.table('pods.podValidators', POD_VALIDATOR);
    this.beaconValidators = store.table('pods.beaconValidators', BEACON_VALIDATOR);
    this.numbers = store.table('pods.numbers', uint);
  }
}
