// Who is registered, and who had opted in to what at a time.
// Implements the views of symbioticfi/core src/contracts/common/Registry.sol and src/contracts/service/OptInService.sol.
import * as Snapshots from '../state/snapshots.ts';
import type { State } from './state.ts';

/** An opt-in's history, and what it was before its first entry: configured operators have opted in when the ledger began. */
export type OptIn = { readonly history: Snapshots.Snapshots | undefined; readonly initially: bigint };

export function isOperator(state: State, operator: string): boolean {
  return state.isConfiguredOperator(operator) || state.registry.entities.has('operators', operator);
}

export function isNetwork(state: State, net: string): boolean {
  return state.isConfiguredNetwork(net) || state.registry.entities.has('networks', net);
}

export function vaultOptIn(state: State, operator: string): OptIn {
  return { history: state.registry.vaultOptIns.get(operator), initially: state.isConfiguredOperator(operator) ? 1n : 0n };
}

export function networkOptIn(state: State, operator: string, net: string): OptIn {
  const initially = state.isConfiguredOperator(operator) && state.isConfiguredNetwork(net) ? 1n : 0n;
  return { history: state.registry.networkOptIns.get(`${operator}|${net}`), initially };
}

/** Both opt-ins, without which an operator has no stake in a network. */
export function isOptedInAt(state: State, operator: string, net: string, time: bigint): boolean {
  return [vaultOptIn(state, operator), networkOptIn(state, operator, net)].every(
    ({ history, initially }) => Snapshots.at(history, time, initially) === 1n,
  );
}
