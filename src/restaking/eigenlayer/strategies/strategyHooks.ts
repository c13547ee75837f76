// What a vault of its own kind checks beyond the common arithmetic before tokens become shares. What one checks of shares: durationVaults.ts.
// Implements the hook _beforeDeposit of eigenlayer-contracts src/contracts/strategies.
import { require } from '../../state/Revert.ts';
import { MAX_UINT256 } from '../../state/schemas.ts';
import type { StrategyConfig } from '../Config.ts';
import type { State } from '../ledger/state.ts';
import type { Limits } from './strategyStorage.ts';

/** The configuration of a vault. */
export function vaultConfig(state: State, strategy: string): StrategyConfig | undefined {
  return state.config.strategies[state.rank(strategy) ?? -1];
}

/** The caps of a `tvl` vault in force. */
export function limits(state: State, { id, maxPerDeposit = MAX_UINT256, maxTotalDeposits = MAX_UINT256 }: StrategyConfig): Limits {
  return state.strategies.limits.get(id) ?? { maxPerDeposit, maxTotalDeposits };
}

/**
 * Before the shares of a deposit are computed; `tokenBalance` has the new tokens already.
 *
 * @throws ledger.reverted - MaxPerDepositExceedsMax, BalanceExceedsMaxTotalDeposits
 */
export function beforeDeposit(state: State, vault: StrategyConfig | undefined, amount: bigint, tokenBalance: bigint): void {
  if (vault?.kind !== 'tvl') return;
  const { maxPerDeposit, maxTotalDeposits } = limits(state, vault);
  require(amount <= maxPerDeposit, 'MaxPerDepositExceedsMax');
  require(tokenBalance <= maxTotalDeposits, 'BalanceExceedsMaxTotalDeposits');
}
