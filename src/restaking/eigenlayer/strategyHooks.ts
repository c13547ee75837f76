// The two calls by which a vault may refuse that a staker gets or gives shares; only a few kinds of vaults use them.
// Implements eigenlayer-contracts StrategyBase.beforeAddShares, beforeRemoveShares.
import type { State } from './state.ts';

/** Before a staker gets shares, by a deposit or by completing a withdrawal as shares. */
export function beforeAddShares(_state: State, _staker: string, _strategy: string, _shares: bigint): void {}

/** Before a staker's shares are queued for withdrawal. */
export function beforeRemoveShares(_state: State, _staker: string, _strategy: string, _shares: bigint): void {}
