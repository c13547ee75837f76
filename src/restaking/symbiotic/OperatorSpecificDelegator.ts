// The delegator of type 2: one operator, for any number of networks; the same stake serves all of them.
// Implements symbioticfi/core src/contracts/delegator/OperatorSpecificDelegator.sol.
import { min } from './arithmetic.ts';
import * as NetworkLimits from './networkLimits.ts';
import type { State } from './state.ts';

/** The stake of an operator at a time, opt-ins aside: BaseDelegator.stakeAt looks at those. */
export function stakeAt(state: State, key: string, operator: string, time: bigint): bigint {
  if (operator !== state.config.operator) return 0n;
  const active = NetworkLimits.at(state.vault.totals, 'activeStake', time);
  return min(active, NetworkLimits.at(state.delegation.networkLimit, key, time));
}
