// The delegator of type 3: one operator for one network, whose own maximum is the only limit.
// Implements symbioticfi/core src/contracts/delegator/OperatorNetworkSpecificDelegator.sol.
import { require } from '../state/Revert.ts';
import { min } from './arithmetic.ts';
import * as NetworkLimits from './networkLimits.ts';
import { networkOf } from './requests.ts';
import type { State } from './state.ts';

/** Only the one network sets a maximum. @throws ledger.reverted - InvalidNetwork */
export function checkNetwork(state: State, key: string): void {
  require(networkOf(key) === state.config.network, 'InvalidNetwork');
}

/** The stake of an operator at a time, opt-ins aside: BaseDelegator.stakeAt looks at those. */
export function stakeAt(state: State, key: string, operator: string, time: bigint): bigint {
  if (networkOf(key) !== state.config.network || operator !== state.config.operator) return 0n;
  const active = NetworkLimits.at(state.vault.totals, 'activeStake', time);
  return min(active, NetworkLimits.at(state.delegation.maxNetworkLimit, key, time));
}
