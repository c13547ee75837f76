// The queued withdrawals by id, and those of a staker in the order of the contract's set: a completed one's place is taken by the last.
// Implements eigenlayer-contracts DelegationManager._queuedWithdrawals and _stakerQueuedWithdrawalRoots.

import type { State } from '../ledger/state.ts';
import type { Withdrawal } from './delegationStorage.ts';

/** @returns the id: they are counted over the whole ledger */
export function enqueue(state: State, withdrawal: Withdrawal): string {
  const { counters, withdrawals, queued } = state.delegation;
  const { staker, operator, nonce, startBlock, strategies, scaledShares } = withdrawal;
  const count = counters.get('withdrawals') ?? 0n;
  const id = `W${count}`;
  counters.set('withdrawals', count + 1n);
  withdrawals.set(id, { staker, operator, nonce, startBlock, strategies, scaledShares });
  queued.add(staker, id);
  return id;
}

/** Takes a withdrawal out; whose it was, and of how many strategies, is remembered. */
export function dequeue(state: State, id: string, { staker, strategies }: Withdrawal): void {
  const { completed, withdrawals, queued } = state.delegation;
  queued.remove(staker, id);
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
  return state.delegation.queued.values(staker);
}
