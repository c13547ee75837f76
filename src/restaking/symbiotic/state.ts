// The state of one Symbiotic ledger: a storage for each contract, the clock, and a place for notes on rounded numbers.
import { uint } from '../state/schemas.ts';
import type { Store } from '../state/store.ts';
import type { Table } from '../state/table.ts';
import type { Config } from './Config.ts';
import { DelegatorStorage, RegistryStorage, SlasherStorage, VaultStorage } from './storage.ts';

/** Told of every rounded integer in order: what it is and of whom (`mintedShares(alice)`), the formula with its operands, the value. */
export type Note = (what: string, expr: string, value: bigint) => void;

export class State {
  readonly config: Config;
  readonly store: Store;
  readonly vault: VaultStorage;
  readonly delegation: DelegatorStorage;
  readonly slashing: SlasherStorage;
  readonly registry: RegistryStorage;
  /** Set while an operation is explained. Call it as `state.note?.(…)`: then its arguments are not even computed otherwise. */
  note: Note | undefined;
  readonly #clock: Table<bigint>;
  readonly #operators: ReadonlySet<string>;
  readonly #networks: ReadonlySet<string>;

  constructor(config: Config, store: Store) {
    this.config = config;
    this.store = store;
    this.#clock = store.table('clock', uint);
    this.vault = new VaultStorage(store);
    this.delegation = new DelegatorStorage(store);
    this.slashing = new SlasherStorage(store);
    this.registry = new RegistryStorage(store);
    this.#operators = new Set(config.operators);
    this.#networks = new Set(config.networks);
  }

  /** When operations run. @unit s */
  get time(): bigint {
    return this.#clock.get('now') ?? this.config.startTime;
  }

  setTime(time: bigint): void {
    this.#clock.set('now', time);
  }

  /** Registered and opted in to everything when the ledger began. */
  isConfiguredOperator(operator: string): boolean {
    return this.#operators.has(operator);
  }

  isConfiguredNetwork(net: string): boolean {
    return this.#networks.has(net);
  }
}
