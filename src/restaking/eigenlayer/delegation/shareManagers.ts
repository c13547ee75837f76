// Which contract keeps the deposit shares of a strategy: StrategyManager those of tokens, EigenPodManager those of native ETH.
// Implements eigenlayer-contracts DelegationManager._getShareManager and the IShareManager functions behind it.
import { BEACON } from '../Config.ts';
import type { State } from '../ledger/state.ts';
import * as PodShares from '../pods/podShares.ts';
import { WAD } from '../SlashingLib.ts';
import * as Vaults from '../strategies/vaults.ts';
import type { Staker } from './delegationStorage.ts';
import * as StakerShares from './stakerShares.ts';

/** `stakerDepositShares`. */
export function depositShares(state: State, staker: string, strategy: string): bigint {
  return strategy === BEACON ? PodShares.depositShares(state, staker) : StakerShares.depositShares(state, staker, strategy);
}

/** What the staker's record becomes is still to be written. @throws ledger.reverted - SharesAmountZero, MaxStrategiesExceeded */
export function addShares(state: State, staker: string, strategy: string, shares: bigint): StakerShares.Added {
  if (strategy !== BEACON) return StakerShares.addShares(state, staker, strategy, shares);
  return { ...PodShares.addShares(state, staker, shares), record: StakerShares.staker(state, staker) };
}

/**
 * The staker's record, still to be written, after shares are gone; with the last one the scaling factor is reset.
 *
 * @throws ledger.reverted - SharesAmountZero, SharesAmountTooHigh; native ETH: SharesNegative, and 0 is fine
 */
export function removeDepositShares(state: State, id: string, record: Staker, strategy: string, shares: bigint): Staker {
  if (strategy !== BEACON) return StakerShares.withoutShares(state, record, strategy, shares);
  const left = PodShares.removeDepositShares(state, id, shares);
  return left === 0n ? StakerShares.withBeaconFactor(record, WAD) : record;
}

/** @throws ledger.reverted - see {@link Vaults.withdraw}; native ETH: InsufficientWithdrawableBalance */
export function withdrawSharesAsTokens(state: State, staker: string, strategy: string, token: string, shares: bigint): void {
  if (strategy === BEACON) PodShares.withdrawAsTokens(state, staker, shares);
  else Vaults.withdraw(state, staker, strategy, token, shares);
}
