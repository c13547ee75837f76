// What the contracts of a Symbiotic V1 vault store. Histories are by timestamp; one entry a second, the last.
import { z } from 'zod';
import { EnumerableSets } from '../state/enumerableSets.ts';
import { flag, text, uint } from '../state/schemas.ts';
import { type Snapshots, snapshots } from '../state/snapshots.ts';
import type { Schema, Store } from '../state/store.ts';
import type { Table } from '../state/table.ts';

/** Withdrawals that become claimable when an epoch has ended. */
export type EpochWithdrawals = { readonly assets: bigint; readonly shares: bigint };

/** One account's part of them. */
export type ClaimerShares = { readonly shares: bigint; readonly isClaimed: boolean };

export type VaultSettings = { readonly depositWhitelist: boolean; readonly isDepositLimit: boolean; readonly depositLimit: bigint };

/** A request to a slasher with veto. */
export type SlashRequest = {
  readonly net: string;
  /** `net:id`. */
  readonly subnetwork: string;
  readonly operator: string;
  readonly amount: bigint;
  readonly captureTimestamp: bigint;
  readonly vetoDeadline: bigint;
  readonly completed: boolean;
};

/** From when on somebody (null: nobody) may veto; the last may lie in the future. */
export type ResolverChange = { readonly time: bigint; readonly resolver: string | null };

const WITHDRAWALS: Schema<EpochWithdrawals> = z.strictObject({ assets: uint, shares: uint });
const CLAIMER_SHARES: Schema<ClaimerShares> = z.strictObject({ shares: uint, isClaimed: flag });
const SETTINGS: Schema<VaultSettings> = z.strictObject({ depositWhitelist: flag, isDepositLimit: flag, depositLimit: uint });
const REQUEST: Schema<SlashRequest> = z.strictObject({
  net: text,
  subnetwork: text,
  operator: text,
  amount: uint,
  captureTimestamp: uint,
  vetoDeadline: uint,
  completed: flag,
});
const RESOLVERS: Schema<readonly ResolverChange[]> = z.array(z.strictObject({ time: uint, resolver: text.nullable() })).min(1);

export class VaultStorage {
  /** `activeStake` and `activeShares`. */
  readonly totals: Table<Snapshots>;
  /** By account. */
  readonly activeSharesOf: Table<Snapshots>;
  /** By epoch. */
  readonly withdrawals: Table<EpochWithdrawals>;
  /** `epoch|account`. */
  readonly withdrawalSharesOf: Table<ClaimerShares>;
  /** Tokens by holder: what was paid to accounts and to the burner; the vault's own are `collateral`. */
  readonly balances: Table<bigint>;
  /** Single numbers by name: `collateral`. */
  readonly numbers: Table<bigint>;
  /** `now`. */
  readonly settings: Table<VaultSettings>;
  readonly whitelistedDepositors: Table<boolean>;

  constructor(store: Store) {
    this.totals = store.table('vault.totals', snapshots);
    this.activeSharesOf = store.table('vault.activeSharesOf', snapshots);
    this.withdrawals = store.table('vault.withdrawals', WITHDRAWALS);
    this.withdrawalSharesOf = store.table('vault.withdrawalSharesOf', CLAIMER_SHARES);
    this.balances = store.table('vault.balances', uint);
    this.numbers = store.table('vault.numbers', uint);
    this.settings = store.table('vault.settings', SETTINGS);
    this.whitelistedDepositors = store.table('vault.whitelistedDepositors', flag);
  }
}

/** A subnetwork's key is `net:id`, an operator's in it `net:id|operator`. */
export class DelegatorStorage {
  readonly maxNetworkLimit: Table<Snapshots>;
  readonly networkLimit: Table<Snapshots>;
  readonly operatorNetworkLimit: Table<Snapshots>;
  readonly operatorNetworkShares: Table<Snapshots>;
  readonly totalOperatorNetworkShares: Table<Snapshots>;
  /** Subnetworks that accepted operations named. */
  readonly subnetworks: Table<boolean>;

  constructor(store: Store) {
    this.maxNetworkLimit = store.table('delegator.maxNetworkLimit', snapshots);
    this.networkLimit = store.table('delegator.networkLimit', snapshots);
    this.operatorNetworkLimit = store.table('delegator.operatorNetworkLimit', snapshots);
    this.operatorNetworkShares = store.table('delegator.operatorNetworkShares', snapshots);
    this.totalOperatorNetworkShares = store.table('delegator.totalOperatorNetworkShares', snapshots);
    this.subnetworks = store.table('delegator.subnetworks', flag);
  }
}

export class SlasherStorage {
  /** `net:id|operator`. */
  readonly cumulativeSlash: Table<Snapshots>;
  /** `net:id|operator`. */
  readonly latestSlashedCaptureTimestamp: Table<bigint>;
  /** By index. */
  readonly requests: Table<SlashRequest>;
  /** Counters by name: `requests`. */
  readonly counters: Table<bigint>;
  /** By subnetwork, oldest first: at most one for each `resolverSetEpochsDelay` epochs. */
  readonly resolvers: Table<readonly ResolverChange[]>;

  constructor(store: Store) {
    this.cumulativeSlash = store.table('slasher.cumulativeSlash', snapshots);
    this.latestSlashedCaptureTimestamp = store.table('slasher.latestSlashedCaptureTimestamp', uint);
    this.requests = store.table('slasher.requests', REQUEST);
    this.counters = store.table('slasher.counters', uint);
    this.resolvers = store.table('slasher.resolvers', RESOLVERS);
  }
}

/** Who is registered besides the configured ones, and who opted in to what. */
export class RegistryStorage {
  /** `operators`, `networks`. */
  readonly entities: EnumerableSets;
  /** By operator, 1 or 0; the configured ones are opted in until an entry says otherwise. */
  readonly vaultOptIns: Table<Snapshots>;
  /** `operator|net`, likewise. */
  readonly networkOptIns: Table<Snapshots>;

  constructor(store: Store) {
    this.entities = new EnumerableSets(store, 'registry.entities');
    this.vaultOptIns = store.table('registry.vaultOptIns', snapshots);
    this.networkOptIns = store.table('registry.networkOptIns', snapshots);
  }
}
