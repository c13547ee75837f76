// What DelegationManager stores, with the deposit shares that StrategyManager keeps for a staker (one record, so that a deposit is one write).
import { z } from 'zod';
import { EnumerableSets } from '../../state/enumerableSets.ts';
import { flag, text, uint } from '../../state/schemas.ts';
import { type Snapshots, snapshots } from '../../state/snapshots.ts';
import type { Schema, Store } from '../../state/store.ts';
import type { Table } from '../../state/table.ts';

/** What a staker holds of one strategy. */
export type Holding = { readonly strategy: string; readonly depositShares: bigint; readonly depositScalingFactor: bigint };

export type Staker = {
  /** null: not delegated. An operator is delegated to itself. */
  readonly operator: string | null;
  /** Token strategies with deposit shares, in the order of stakerStrategyList (a removal moves the last into the hole). At most 32. */
  readonly holdings: readonly Holding[];
  /** Of native ETH, whose deposit shares the pod keeps; WAD where nothing is stored. */
  readonly beaconScalingFactor: bigint;
  /** Withdrawals queued so far. */
  readonly nonce: bigint;
};

export type Withdrawal = {
  readonly staker: string;
  /** The operator when it was queued. */
  readonly operator: string | null;
  readonly nonce: bigint;
  readonly startBlock: bigint;
  readonly strategies: readonly string[];
  readonly scaledShares: readonly bigint[];
};

export type Operator = {
  /** Whose approval a delegation needs. */
  readonly delegationApprover: string | null;
};

const HOLDING: Schema<Holding> = z.strictObject({ strategy: text, depositShares: uint, depositScalingFactor: uint });
const STAKER: Schema<Staker> = z.strictObject({
  operator: text.nullable(),
  holdings: z.array(HOLDING),
  beaconScalingFactor: uint,
  nonce: uint,
});
const WITHDRAWAL: Schema<Withdrawal> = z.strictObject({
  staker: text,
  operator: text.nullable(),
  nonce: uint,
  startBlock: uint,
  strategies: z.array(text),
  scaledShares: z.array(uint),
});
const OPERATOR: Schema<Operator> = z.strictObject({ delegationApprover: text.nullable() });

export class DelegationStorage {
  readonly stakers: Table<Staker>;
  /** Those that registered. */
  readonly operators: Table<Operator>;
  /** `operator|strategy` to shares; no entry is 0. */
  readonly operatorShares: Table<bigint>;
  /** `operator|strategy` to the history of scaled shares ever queued. */
  readonly queuedScaledShares: Table<Snapshots>;
  /** Queued and not completed, by id. */
  readonly withdrawals: Table<Withdrawal>;
  /** By id, those completed: whose they were, `staker|n` where it was of n > 1 strategies. */
  readonly completed: Table<string>;
  /** Staker to the ids of queued withdrawals. */
  readonly queued: EnumerableSets;
  /** Counters by name: `withdrawals` (ids given so far). */
  readonly counters: Table<bigint>;
  /** `approver|salt`: approvals that were used. */
  readonly spentSalts: Table<boolean>;

  constructor(store: Store) {
    this.stakers = store.table('delegation.stakers', STAKER);
    this.operators = store.table('delegation.operators', OPERATOR);
    this.operatorShares = store.table('delegation.operatorShares', uint);
    this.queuedScaledShares = store.table('delegation.queuedScaledShares', snapshots);
    this.withdrawals = store.table('delegation.withdrawals', WITHDRAWAL);
    this.completed = store.table('delegation.completed', text);
    this.queued = new EnumerableSets(store, 'delegation.queued');
    this.counters = store.table('delegation.counters', uint);
    this.spentSalts = store.table('delegation.spentSalts', flag);
  }
}
