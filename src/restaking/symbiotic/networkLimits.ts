// How much of the vault a subnetwork may have: a maximum set by the network, and below it a limit set by the vault's curator.
// Implements maxNetworkLimit, setNetworkLimit and _setMaxNetworkLimit, which are the same in symbioticfi/core
// src/contracts/delegator/{NetworkRestakeDelegator,FullRestakeDelegator,OperatorSpecificDelegator}.sol.
import { require } from '../state/Revert.ts';
import * as Snapshots from '../state/snapshots.ts';
import type { Table } from '../state/table.ts';
import type { State } from './state.ts';

type History = Table<Snapshots.Snapshots>;

export function latest(history: History, key: string): bigint {
  return Snapshots.latest(history.get(key), 0n);
}

export function at(history: History, key: string, time: bigint): bigint {
  return Snapshots.at(history.get(key), time, 0n);
}

/** Writes from now on. */
export function set(state: State, history: History, key: string, value: bigint): void {
  history.set(key, Snapshots.push(history.get(key), state.time, value));
}

/** @throws ledger.reverted - AlreadySet */
export function change(state: State, history: History, key: string, value: bigint): void {
  require(latest(history, key) !== value, 'AlreadySet');
  set(state, history, key, value);
}

/** @throws ledger.reverted - ExceedsMaxNetworkLimit, AlreadySet */
export function setNetworkLimit(state: State, key: string, amount: bigint): void {
  const { maxNetworkLimit, networkLimit } = state.delegation;
  require(amount <= latest(maxNetworkLimit, key), 'ExceedsMaxNetworkLimit');
  change(state, networkLimit, key, amount);
}

/** A limit above the new maximum comes down with it, at once. */
export function capNetworkLimit(state: State, key: string, maximum: bigint): void {
  const { networkLimit } = state.delegation;
  if (latest(networkLimit, key) > maximum) set(state, networkLimit, key, maximum);
}
