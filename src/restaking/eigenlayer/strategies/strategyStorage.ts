// What StrategyManager and the vaults (StrategyBase and its kinds) store.
import { z } from 'zod';
import { EnumerableSets } from '../../state/enumerableSets.ts';
import { flag, text, uint } from '../../state/schemas.ts';
import type { Schema, Store } from '../../state/store.ts';
import type { Table } from '../../state/table.ts';

/** A vault: its shares and its own token balance, which anyone may change (donations, rebases). */
export type Vault = { readonly totalShares: bigint; readonly tokenBalance: bigint };

/** Caps of a `tvl` vault that were changed. @unit token wei */
export type Limits = { readonly maxPerDeposit: bigint; readonly maxTotalDeposits: bigint };

export const VAULT_STATES = ['DEPOSITS', 'ALLOCATIONS', 'WITHDRAWALS'] as const;

/** A vault that is its own operator and locks deposits for a time. Times are 0 until they are known. @unit s */
export type DurationVault = {
  readonly state: (typeof VAULT_STATES)[number];
  readonly vaultAdmin: string;
  readonly arbitrator: string;
  readonly duration: bigint;
  readonly lockedAt: bigint;
  readonly unlockAt: bigint;
  readonly maturedAt: bigint;
  /** The operator set that it serves. */
  readonly avs: string;
  readonly id: bigint;
  /** @unit token wei */
  readonly maxPerDeposit: bigint;
  /** `maxTotalDeposits` of the contract. @unit token wei */
  readonly stakeCap: bigint;
  /** By StrategyFactory. */
  readonly isTokenBlacklisted: boolean;
};

const DURATION_VAULT: Schema<DurationVault> = z.strictObject({
  state: z.enum(VAULT_STATES),
  vaultAdmin: text,
  arbitrator: text,
  duration: uint,
  lockedAt: uint,
  unlockAt: uint,
  maturedAt: uint,
  avs: text,
  id: uint,
  maxPerDeposit: uint,
  stakeCap: uint,
  isTokenBlacklisted: flag,
});
const LIMITS: Schema<Limits> = z.strictObject({ maxPerDeposit: uint, maxTotalDeposits: uint });
const VAULT: Schema<Vault> = z.strictObject({ totalShares: uint, tokenBalance: uint });

export class StrategyStorage {
  /** By strategy; one without an entry is empty. */
  readonly vaults: Table<Vault>;
  /** Strategies taken off the whitelist: those of the configuration start on it. */
  readonly unlisted: Table<boolean>;
  /** Tokens paid out: `holder|token` to amount; BEACON stands for ETH wei. */
  readonly balances: Table<bigint>;
  /** `avs:id|slashId`: strategies whose slashed shares wait, in the contract's order. */
  readonly slashed: EnumerableSets;
  /** `avs:id|slashId|strategy` to those shares; 0 is an entry too. */
  readonly slashedShares: Table<bigint>;
  /** From v1.13.0. `avs:id|slashId` to the block after which they can be cleared. */
  readonly resolutionBlocks: Table<bigint>;
  /** `avs:id`: slash ids with something to clear. */
  readonly pendingSlashes: EnumerableSets;
  /** One set, `all`: operator sets with something to clear. */
  readonly pendingOperatorSets: EnumerableSets;
  /** By strategy: caps where they are no longer those of the configuration. */
  readonly limits: Table<Limits>;
  /** By strategy: those that are duration vaults. */
  readonly durationVaults: Table<DurationVault>;
  /** By staker: deposits by signature so far. */
  readonly signatureNonces: Table<bigint>;

  constructor(store: Store) {
    this.vaults = store.table('strategy.vaults', VAULT);
    this.unlisted = store.table('strategy.unlisted', flag);
    this.balances = store.table('strategy.balances', uint);
    this.slashed = new EnumerableSets(store, 'strategy.slashed');
    this.slashedShares = store.table('strategy.slashedShares', uint);
    this.resolutionBlocks = store.table('strategy.resolutionBlocks', uint);
    this.pendingSlashes = new EnumerableSets(store, 'strategy.pendingSlashes');
    this.pendingOperatorSets = new EnumerableSets(store, 'strategy.pendingOperatorSets');
    this.limits = store.table('strategy.limits', LIMITS);
    this.durationVaults = store.table('strategy.durationVaults', DURATION_VAULT);
    this.signatureNonces = store.table('strategy.signatureNonces', uint);
  }
}
