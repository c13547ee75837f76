// The delegator of type 1: every operator of every subnetwork may have all of the vault up to its limits; the same stake serves many times.
// Implements symbioticfi/core src/contracts/delegator/FullRestakeDelegator.sol.
import * as Check from '../../base/Check.ts';
import { min } from './arithmetic.ts';
import * as NetworkLimits from './networkLimits.ts';
import * as Requests from './requests.ts';
import type { State } from './state.ts';

export type Reason = Requests.Reason;

/**
 * Limits what an operator has in a subnetwork.
 *
 * @param request.amount @unit token wei
 * @throws ledger.reverted - AlreadySet
 * @throws input.*, symbiotic.bad-id, symbiotic.no-such-function
 * @source symbioticfi/core src/contracts/delegator/FullRestakeDelegator.sol setOperatorNetworkLimit
 */
export function setOperatorNetworkLimit(
  ledger: State,
  request: Requests.Subnetwork & { readonly operator: string; readonly amount: bigint },
): Record<never, never> {
  const key = Requests.subnetwork(Check.object(request, 'request'));
  const operator = Requests.account(request.operator, 'operator');
  const amount = Requests.amount(request.amount, 'amount');
  Requests.checkHas(ledger.config, 'setOperatorNetworkLimit');
  return Requests.transaction(ledger, () => {
    const { operatorNetworkLimit, subnetworks } = ledger.delegation;
    NetworkLimits.change(ledger, operatorNetworkLimit, `${key}|${operator}`, amount);
    subnetworks.set(key, true);
    return {};
  });
}

/** The stake of an operator at a time, opt-ins aside: BaseDelegator.stakeAt looks at those. */
export function stakeAt(state: State, key: string, operator: string, time: bigint): bigint {
  const { networkLimit, operatorNetworkLimit } = state.delegation;
  const active = NetworkLimits.at(state.vault.totals, 'activeStake', time);
  const limit = NetworkLimits.at(networkLimit, key, time);
  return min(active, min(limit, NetworkLimits.at(operatorNetworkLimit, `${key}|${operator}`, time)));
}
