// Everything that can be done to an EigenLayer ledger, as types: one member of the union for each name (two where there are two forms).
import type { AllocationOperation } from '../operations/allocation.ts';
import type { DelegationOperation } from '../operations/delegation.ts';
import type { DurationVaultOperation } from '../operations/durationVaults.ts';
import type { EmissionsOperation } from '../operations/emissions.ts';
import type { PermissionOperation } from '../operations/permissions.ts';
import type { PodOperation } from '../operations/pods.ts';
import type { RewardsOperation } from '../operations/rewards.ts';
import type { VaultOperation } from '../operations/vaults.ts';

export type Operation =
  | VaultOperation
  | DelegationOperation
  | AllocationOperation
  | PermissionOperation
  | PodOperation
  | RewardsOperation
  | EmissionsOperation
  | DurationVaultOperation;
