// Who may veto the slashes of a subnetwork: a history whose last entry may lie in the future.
// Implements _resolver, resolverAt and the inner part of setResolver of symbioticfi/core src/contracts/slasher/VetoSlasher.sol.
import { require, revert } from '../state/Revert.ts';
import { MAX_TIME } from './Config.ts';
import { currentEpochStart } from './epochs.ts';
import type { State } from './state.ts';
import type { ResolverChange } from './storage.ts';

type History = readonly ResolverChange[];

/** Null: nobody. */
export function resolverAt(state: State, subnetwork: string, time: bigint): string | null {
  return last((state.slashing.resolvers.get(subnetwork) ?? []).filter((change) => change.time <= time));
}

/**
 * The first resolver counts at once; a later one some epochs after the start of the current one, in place of one that does not count yet.
 *
 * @throws ledger.reverted - AlreadySet, SafeCastOverflowedUintDowncast
 */
export function setResolver(state: State, subnetwork: string, resolver: string | null): void {
  const history = state.slashing.resolvers.get(subnetwork);
  if (history === undefined) {
    require(resolver !== null, 'AlreadySet');
    state.slashing.resolvers.set(subnetwork, [{ time: state.time, resolver }]);
    return;
  }
  const past = history.filter(({ time }) => time <= state.time);
  require(past.length < history.length || resolver !== last(past), 'AlreadySet');
  // Back to the resolver that counts: only the pending change is dropped.
  const next = resolver === last(past) ? past : [...past, { time: effectiveTime(state), resolver }];
  state.slashing.resolvers.set(subnetwork, next);
}

function last(history: History): string | null {
  return history[history.length - 1]?.resolver ?? null;
}

function effectiveTime(state: State): bigint {
  const { resolverSetEpochsDelay, epochDuration } = state.config;
  const time = currentEpochStart(state) + resolverSetEpochsDelay * epochDuration;
  if (time > MAX_TIME) revert('SafeCastOverflowedUintDowncast');
  return time;
}
