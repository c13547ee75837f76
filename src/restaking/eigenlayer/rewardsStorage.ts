// What RewardsCoordinator stores.
import { z } from 'zod';
import { flag, text, uint } from '../state/schemas.ts';
import type { Schema, Store } from '../state/store.ts';
import type { Table } from '../state/table.ts';

export type Split = { readonly oldBips: bigint; readonly newBips: bigint; readonly activatedAt: bigint };

const SPLIT: Schema<Split> = z.strictObject({ oldBips: uint, newBips: uint, activatedAt: uint });

export class RewardsStorage {
  /** `avs|operator|avs`, `pi|operator`, `set|operator|avs|id`. */
  readonly splits: Table<Split>;
  readonly claimers: Table<string>;
  /** Those whose submissions pay the protocol fee. */
  readonly feePayers: Table<boolean>;
  readonly nonces: Table<bigint>;
  /** `earner|token`. */
  readonly claimed: Table<bigint>;

  constructor(store: Store) {
    this.splits = store.table('rewards.splits', SPLIT);
    this.claimers = store.table('rewards.claimers', text);
    this.feePayers = store.table('rewards.feePayers', flag);
    this.nonces = store.table('rewards.nonces', uint);
    this.claimed = store.table('rewards.claimed', uint);
  }
}
