// Which contract keeps the deposit shares of a strategy: StrategyManager those of tokens, EigenPodManager those of native ETH.
// Implements eigenlayer-contracts DelegationManager._getShareManager and the IShareManager functions behind it.
import { BEACON } from './Config.ts';
import * as PodShares from './podShares.ts';
import * as StakerShares from './stakerShares.ts';
import type { State } from './state.ts';
import * as Vaults from './vaults.ts';

/** `stakerDepositShares`. */
export function depositShares(state: State, staker: string, strategy: string): bigint {
  return strategy === BEACON ? PodShares.depositShares(state, staker) : StakerShares.depositShares(state, staker, strategy);
}

/** @throws ledger.reverted - SharesAmountZero, MaxStrategiesExceeded */
export function addShares(
  state: State,
  staker: string,
  strategy: string,
  shares: bigint,
): { readonly prevDepositShares: bigint; readonly addedShares: bigint } {
  if (strategy === BEACON) return PodShares.addShares(state, staker, shares);
  return StakerShares.addShares(state, staker, strategy, shares);
}

/** @returns what is left @throws ledger.reverted - SharesAmountZero, SharesAmountTooHigh; native ETH: SharesNegative, and 0 is fine */
export function removeDepositShares(state: State, staker: string, strategy: string, shares: bigint): bigint {
  if (strategy === BEACON) return PodShares.removeDepositShares(state, staker, shares);
  return StakerShares.removeDepositShares(state, staker, strategy, shares);
}

/** @throws ledger.reverted - see {@link Vaults.withdraw}; native ETH: InsufficientWithdrawableBalance */
export function withdrawSharesAsTokens(state: State, staker: string, strategy: string, token: string, shares: bigint): void {
  if (strategy === BEACON) PodShares.withdrawAsTokens(state, staker, shares);
  else Vaults.withdraw(state, staker, strategy, token, shares);
}
