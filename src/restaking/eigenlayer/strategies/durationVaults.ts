// When a duration vault lets a staker get or give shares. Other vaults always do.
// Implements the hooks of eigenlayer-contracts src/contracts/strategies/DurationVaultStrategy.sol.

import { plus } from '../../state/checkedArithmetic.ts';
import { require } from '../../state/Revert.ts';
import type { State } from '../ledger/state.ts';
import * as Vaults from './vaults.ts';

/** Until v1.13.0 (DurationVaultStrategy of its mainnet deployment has neither the check nor the error). */
function asksForBlacklist(state: State): boolean {
  return state.config.profile === 'v1.12.0';
}

/**
 * Before a staker gets shares, by a deposit (whose tokens are in the vault by now) or by completing a withdrawal as shares.
 *
 * @throws ledger.reverted - DepositsLocked, UnderlyingTokenBlacklisted (v1.12.0), MustBeDelegatedToVaultOperator, DepositExceedsMaxPerDeposit,
 *   BalanceExceedsMaxTotalDeposits, Panic(0x11)
 */
export function beforeAddShares(state: State, staker: string, strategy: string, shares: bigint): void {
  const durationVault = state.strategies.durationVaults.get(strategy);
  if (durationVault === undefined) return;
  require(durationVault.state === 'DEPOSITS', 'DepositsLocked');
  require(!(asksForBlacklist(state) && durationVault.isTokenBlacklisted), 'UnderlyingTokenBlacklisted');
  require(state.delegation.stakers.get(staker)?.operator === strategy, 'MustBeDelegatedToVaultOperator');
  const vault = Vaults.vault(state, strategy);
  require(Vaults.sharesToUnderlying(vault, shares) <= durationVault.maxPerDeposit, 'DepositExceedsMaxPerDeposit');
  // Shares that wait in the queue do not count.
  const active = state.delegation.operatorShares.get(`${strategy}|${strategy}`) ?? 0n;
  require(Vaults.sharesToUnderlying(vault, plus(active, shares)) <= durationVault.stakeCap, 'BalanceExceedsMaxTotalDeposits');
}

/** Before shares are queued for withdrawal. @throws ledger.reverted - WithdrawalsLockedDuringAllocations */
export function beforeRemoveShares(state: State, strategy: string): void {
  require(state.strategies.durationVaults.get(strategy)?.state !== 'ALLOCATIONS', 'WithdrawalsLockedDuringAllocations');
}
