// The queued withdrawals by id, and those of a staker in the order of the contract's set: a completed one's place is taken by the last.
// Implements eigenlayer-contracts DelegationManager._queuedWithdrawals and _stakerQueuedWithdrawalRoots.

import type { State } from '../ledger/state.ts';
import type { Withdrawal } from './delegationStorage.ts';

/** @returns the id: they are counted over the whole ledger */
export function enqueue(state: State, withdrawal: Omit<Withdrawal, 'place'>): string {
  const { counters, withdrawals, queued, queuedCounts } = state.delegation;
  const { staker, operator, nonce, startBlock, strategies, scaledShares } = withdrawal;
  const count = counters.get('withdrawals') ?? 0n;
  const place = queuedCounts.get(staker) ?? 0n;
  const id = `W${count}`;
  counters.set('withdrawals', count + 1n);
  withdrawals.set(id, { staker, operator, nonce, startBlock, strategies, scaledShares, place });
  queued.set(`${staker}|${place}`, id);
  queuedCounts.set(staker, place + 1n);
  return id;
}

/** Takes a withdrawal out; whose it was, and of how many strategies, is remembered. */
export function dequeue(state: State, id: string, { staker, place, strategies }: Withdrawal): void {
  const { completed, withdrawals, queued, queuedCounts } = state.delegation;
  const last = (queuedCounts.get(staker) ?? 1n) - 1n;
  const lastKey = `${staker}|${last}`;
  const moved = queued.get(lastKey);
  const record = moved === undefined || place === last ? undefined : withdrawals.get(moved);
  if (moved !== undefined && record !== undefined) {
    queued.set(`${staker}|${place}`, moved);
    withdrawals.set(moved, { ...record, place });
  }
  queued.delete(lastKey);
  if (last === 0n) queuedCounts.delete(staker);
  else queuedCounts.set(staker, last);
  withdrawals.delete(id);
  completed.set(id, strategies.length === 1 ? staker : `${staker}|${strategies.length}`);
}

/** What is remembered of a completed withdrawal: a second try shows it to the contract again, which looks at these two first. */
export function completed(state: State, id: string): { readonly staker: string; readonly parts: number } | undefined {
  const [staker, parts = '1'] = state.delegation.completed.get(id)?.split('|') ?? [];
  return staker === undefined ? undefined : { staker, parts: Number(parts) };
}

/** The ids of a staker's queued withdrawals. O(their number). */
export function queuedIds(state: State, staker: string): string[] {
  const count = Number(state.delegation.queuedCounts.get(staker) ?? 0n);
  return Array.from({ length: count }, (_, place) => state.delegation.queued.get(`${staker}|${place}`) as string);
}
