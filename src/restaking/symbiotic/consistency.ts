// What must hold of a snapshot of a Symbiotic ledger beyond the form of its records.
import * as Consistency from '../state/consistency.ts';
import { MAX_UINT256 } from '../state/schemas.ts';
import { MAX_TIME } from './Config.ts';
import type { State } from './state.ts';

const EPOCH = /^(?:0|[1-9][0-9]{0,14})$/;

/** @throws ledger.bad-snapshot */
export function checkSaved(state: State): void {
  const { vault, delegation, slashing, registry, time } = state;
  Consistency.check(time <= MAX_TIME, 'clock', 'now', `expected 0..${MAX_TIME}`);
  for (const [name, table] of Object.entries({
    'vault.totals': vault.totals,
    'vault.activeSharesOf': vault.activeSharesOf,
    'delegator.maxNetworkLimit': delegation.maxNetworkLimit,
    'delegator.networkLimit': delegation.networkLimit,
    'delegator.operatorNetworkLimit': delegation.operatorNetworkLimit,
    'delegator.operatorNetworkShares': delegation.operatorNetworkShares,
    'delegator.totalOperatorNetworkShares': delegation.totalOperatorNetworkShares,
    'slasher.cumulativeSlash': slashing.cumulativeSlash,
    'registry.vaultOptIns': registry.vaultOptIns,
    'registry.networkOptIns': registry.networkOptIns,
  }))
    Consistency.histories(name, table, time, MAX_UINT256);
  for (const [epoch] of vault.withdrawals.entries()) Consistency.check(EPOCH.test(epoch), 'vault.withdrawals', epoch, 'expected an epoch');
  for (const [key] of vault.withdrawalSharesOf.entries())
    Consistency.check(EPOCH.test(key.slice(0, key.indexOf('|'))), 'vault.withdrawalSharesOf', key, 'expected epoch|account');
  Consistency.list('slasher.requests', slashing.requests, slashing.counters.get('requests') ?? 0n);
}
