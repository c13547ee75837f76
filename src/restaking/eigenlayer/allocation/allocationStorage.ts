// What AllocationManager stores: operator sets, registrations, allocations, magnitudes, delays, slashers. And what PermissionController does.
import { z } from 'zod';
import { EnumerableSets } from '../../state/enumerableSets.ts';
import { Queues } from '../../state/queues.ts';
import { flag, integer, text, uint } from '../../state/schemas.ts';
import { type Snapshots, snapshots } from '../../state/snapshots.ts';
import type { Schema, Store } from '../../state/store.ts';
import type { Table } from '../../state/table.ts';

/** As stored: matured modifications are applied by those who read. */
export type Allocation = { readonly currentMagnitude: bigint; readonly pendingDiff: bigint; readonly effectBlock: bigint };

export type OperatorSet = {
  readonly avs: string;
  readonly id: bigint;
  /** null: slashed shares are burned. */
  readonly redistributionRecipient: string | null;
  readonly slashCount: bigint;
  readonly slasher: string;
  /** In force from `slasherEffectBlock` on. */
  readonly pendingSlasher: string;
  readonly slasherEffectBlock: bigint;
};

export type Registration = { readonly isRegistered: boolean; readonly slashableUntil: bigint };
export type AllocationDelay = {
  readonly delay: bigint;
  readonly isSet: boolean;
  readonly pendingDelay: bigint;
  readonly effectBlock: bigint;
};

/** An AVS's registrar that refuses: the error names with which it reverts, null where it agrees. */
export type Registrar = { readonly refusesRegistration: string | null; readonly refusesDeregistration: string | null };

const ALLOCATION: Schema<Allocation> = z.strictObject({ currentMagnitude: uint, pendingDiff: integer, effectBlock: uint });
const OPERATOR_SET: Schema<OperatorSet> = z.strictObject({
  avs: text,
  id: uint,
  redistributionRecipient: text.nullable(),
  slashCount: uint,
  slasher: text,
  pendingSlasher: text,
  slasherEffectBlock: uint,
});
const REGISTRATION: Schema<Registration> = z.strictObject({ isRegistered: flag, slashableUntil: uint });
const DELAY: Schema<AllocationDelay> = z.strictObject({ delay: uint, isSet: flag, pendingDelay: uint, effectBlock: uint });
const REGISTRAR: Schema<Registrar> = z.strictObject({ refusesRegistration: text.nullable(), refusesDeregistration: text.nullable() });

export class AllocationStorage {
  /** By `avs:id`. */
  readonly operatorSets: Table<OperatorSet>;
  /** By AVS: its sets `avs:id`. */
  readonly setsOfAvs: EnumerableSets;
  /** `avs:id` to its strategies, and to its members. */
  readonly setStrategies: EnumerableSets;
  readonly members: EnumerableSets;
  /** Operator to `avs:id`: registered sets; sets with an allocation. */
  readonly registeredSets: EnumerableSets;
  readonly allocatedSets: EnumerableSets;
  /** `operator|avs:id` to strategies with an allocation. */
  readonly allocatedStrategies: EnumerableSets;
  /** `operator|avs:id`. */
  readonly registrations: Table<Registration>;
  /** `operator|avs:id|strategy`. */
  readonly allocations: Table<Allocation>;
  /** `operator|strategy` to the history of the max magnitude; WAD where there is none. */
  readonly maxMagnitudes: Table<Snapshots>;
  /** `operator|strategy`; as stored. */
  readonly encumberedMagnitudes: Table<bigint>;
  /** `operator|strategy` to `avs:id` with a deallocation under way, oldest first. */
  readonly deallocationQueues: Queues;
  /** By operator. */
  readonly allocationDelays: Table<AllocationDelay>;
  /** AVSs with metadata. */
  readonly avss: Table<boolean>;
  /** By AVS; one without an entry agrees to everything. */
  readonly registrars: Table<Registrar>;
  /** By account: admins, and those that have not accepted yet. */
  readonly admins: EnumerableSets;
  readonly pendingAdmins: EnumerableSets;
  /** `account|target|selector` to appointees. */
  readonly appointees: EnumerableSets;
  /** `account|appointee` to `target|selector`. */
  readonly appointeePermissions: EnumerableSets;

  constructor(store: Store) {
    this.operatorSets = store.table('allocation.operatorSets', OPERATOR_SET);
    this.setsOfAvs = new EnumerableSets(store, 'allocation.setsOfAvs');
    this.setStrategies = new EnumerableSets(store, 'allocation.setStrategies');
    this.members = new EnumerableSets(store, 'allocation.members');
    this.registeredSets = new EnumerableSets(store, 'allocation.registeredSets');
    this.allocatedSets = new EnumerableSets(store, 'allocation.allocatedSets');
    this.allocatedStrategies = new EnumerableSets(store, 'allocation.allocatedStrategies');
    this.registrations = store.table('allocation.registrations', REGISTRATION);
    this.allocations = store.table('allocation.allocations', ALLOCATION);
    this.maxMagnitudes = store.table('allocation.maxMagnitudes', snapshots);
    this.encumberedMagnitudes = store.table('allocation.encumberedMagnitudes', uint);
    this.deallocationQueues = new Queues(store, 'allocation.deallocationQueues');
    this.allocationDelays = store.table('allocation.delays', DELAY);
    this.avss = store.table('allocation.avss', flag);
    this.registrars = store.table('allocation.registrars', REGISTRAR);
    this.admins = new EnumerableSets(store, 'permission.admins');
    this.pendingAdmins = new EnumerableSets(store, 'permission.pendingAdmins');
    this.appointees = new EnumerableSets(store, 'permission.appointees');
    this.appointeePermissions = new EnumerableSets(store, 'permission.appointeePermissions');
  }
}
