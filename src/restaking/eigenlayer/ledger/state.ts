// The state of one EigenLayer ledger: one storage for each contract, the clock, and a place for notes on rounded numbers.
import { z } from 'zod';
import { uint } from '../../state/schemas.ts';
import type { Schema, Store } from '../../state/store.ts';
import type { Table } from '../../state/table.ts';
import { AllocationStorage } from '../allocation/allocationStorage.ts';
import type { Config } from '../Config.ts';
import { DelegationStorage } from '../delegation/delegationStorage.ts';
import { PodStorage } from '../pods/podStorage.ts';
import { RewardsStorage } from '../rewards/rewardsStorage.ts';
import { StrategyStorage } from '../strategies/strategyStorage.ts';
import { isAboveBeacon } from './addresses.ts';

type Clock = { readonly block: bigint; readonly time: bigint };
const CLOCK: Schema<Clock> = z.strictObject({ block: uint, time: uint });

/** Told of every rounded integer in order: what it is and of whom (`scaled(alice,S1)`), the formula with its operands, the value. */
export type Note = (what: string, expr: string, value: bigint) => void;

export class State {
  readonly config: Config;
  readonly store: Store;
  readonly strategies: StrategyStorage;
  readonly delegation: DelegationStorage;
  readonly allocation: AllocationStorage;
  readonly pods: PodStorage;
  readonly rewards: RewardsStorage;
  /**
   * Set while an operation is explained. Call it as `state.note?.(…)`: then its arguments are not even computed otherwise.
   */
  note: Note | undefined;
  readonly #clock: Table<Clock>;
  readonly #paused: Table<bigint>;
  readonly #ranks: ReadonlyMap<string, number>;
  readonly #beaconRank: number;

  constructor(config: Config, store: Store) {
    this.config = config;
    this.store = store;
    this.#clock = store.table('clock', CLOCK);
    this.#paused = store.table('paused', uint);
    this.strategies = new StrategyStorage(store);
    this.delegation = new DelegationStorage(store);
    this.allocation = new AllocationStorage(store);
    this.pods = new PodStorage(store);
    this.rewards = new RewardsStorage(store);
    this.#ranks = new Map(config.strategies.map(({ id }, i) => [id, i]));
    // Between two places of the list.
    this.#beaconRank = config.strategies.filter(({ id }) => !isAboveBeacon(id)).length - 0.5;
  }

  /** The number of the block in which operations run. */
  get block(): bigint {
    return this.#clock.get('now')?.block ?? this.config.startBlock;
  }

  /** @unit s */
  get time(): bigint {
    return this.#clock.get('now')?.time ?? this.config.startTime;
  }

  setClock(clock: { readonly block: bigint; readonly time: bigint }): void {
    this.#clock.set('now', { block: clock.block, time: clock.time });
  }

  /** Position in ascending order of addresses: as configured, BEACON where its address is (after all names), unknown ids undefined. */
  rank(strategy: string): number | undefined {
    return strategy === 'BEACON' ? this.#beaconRank : this.#ranks.get(strategy);
  }

  /** Whether a function group of a contract is paused, e.g. `isPaused('DelegationManager', 1)`. */
  isPaused(contract: string, bit: number): boolean {
    const status = this.#paused.get(contract);
    return status !== undefined && ((status >> BigInt(bit)) & 1n) === 1n;
  }

  setPaused(contract: string, bit: number, isPaused: boolean): void {
    const [status, mask] = [this.pausedStatus(contract), 1n << BigInt(bit)];
    this.setPausedStatus(contract, isPaused ? status | mask : status & ~mask);
  }

  /** A set bit for each function group that is paused. */
  pausedStatus(contract: string): bigint {
    return this.#paused.get(contract) ?? 0n;
  }

  setPausedStatus(contract: string, status: bigint): void {
    if (status === 0n) this.#paused.delete(contract);
    else this.#paused.set(contract, status);
  }
}
