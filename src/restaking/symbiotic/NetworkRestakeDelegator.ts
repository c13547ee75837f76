// The delegator of type 0: inside a subnetwork operators share its limit by their shares; between subnetworks nothing is divided.
// Implements symbioticfi/core src/contracts/delegator/NetworkRestakeDelegator.sol.
import * as Check from '../../base/Check.ts';
import { plus } from '../state/checkedArithmetic.ts';
import { minus } from '../state/Revert.ts';
import { min, mulDivDown } from './arithmetic.ts';
import * as NetworkLimits from './networkLimits.ts';
import * as Requests from './requests.ts';
import type { State } from './state.ts';

export type Reason = Requests.Reason;

/**
 * Gives an operator shares of a subnetwork, in place of those it had.
 *
 * @throws ledger.reverted - AlreadySet, Panic(0x11)
 * @throws input.*, symbiotic.bad-id, symbiotic.no-such-function
 * @source symbioticfi/core src/contracts/delegator/NetworkRestakeDelegator.sol setOperatorNetworkShares
 */
export function setOperatorNetworkShares(
  ledger: State,
  request: Requests.Subnetwork & { readonly operator: string; readonly shares: bigint },
): Record<never, never> {
  const key = Requests.subnetwork(Check.object(request, 'request'));
  const operator = Requests.account(request.operator, 'operator');
  const shares = Requests.amount(request.shares, 'shares');
  Requests.checkHas(ledger.config, 'setOperatorNetworkShares');
  return Requests.transaction(ledger, () => {
    const { operatorNetworkShares, totalOperatorNetworkShares, subnetworks } = ledger.delegation;
    const before = NetworkLimits.latest(operatorNetworkShares, `${key}|${operator}`);
    NetworkLimits.change(ledger, operatorNetworkShares, `${key}|${operator}`, shares);
    const others = minus(NetworkLimits.latest(totalOperatorNetworkShares, key), before);
    NetworkLimits.set(ledger, totalOperatorNetworkShares, key, plus(others, shares));
    subnetworks.set(key, true);
    return {};
  });
}

/** The stake of an operator at a time, opt-ins aside: BaseDelegator.stakeAt looks at those. */
export function stakeAt(state: State, key: string, operator: string, time: bigint): bigint {
  const { networkLimit, operatorNetworkShares, totalOperatorNetworkShares } = state.delegation;
  const total = NetworkLimits.at(totalOperatorNetworkShares, key, time);
  if (total === 0n) return 0n;
  const shares = NetworkLimits.at(operatorNetworkShares, `${key}|${operator}`, time);
  const limited = min(NetworkLimits.at(state.vault.totals, 'activeStake', time), NetworkLimits.at(networkLimit, key, time));
  const stake = mulDivDown(shares, limited, total);
  state.note?.(`stakeAt(${key},${operator},${time})`, `floor(${shares} * ${limited} / ${total})`, stake);
  return stake;
}
