// What all delegators have: a network's maximum, and the stake of an operator in a subnetwork now and in the past.
// Implements symbioticfi/core src/contracts/delegator/BaseDelegator.sol. Hooks are contracts of others and have no part in a ledger.
import * as Check from '../../base/Check.ts';
import { require } from '../state/Revert.ts';
import * as NetworkLimits from './networkLimits.ts';
import * as OperatorNetworkSpecificDelegator from './OperatorNetworkSpecificDelegator.ts';
import * as OptIns from './optIns.ts';
import * as Requests from './requests.ts';
import * as Stakes from './stakes.ts';
import type { State } from './state.ts';

export type Reason = Requests.Reason;

/**
 * A network says how much stake one of its subnetworks takes at most; a limit above that comes down with it.
 *
 * @param request.amount @unit token wei
 * @throws ledger.reverted - NotNetwork, AlreadySet, InvalidNetwork (OperatorNetworkSpecificDelegator: another network)
 * @throws input.*, symbiotic.bad-id
 * @source symbioticfi/core src/contracts/delegator/BaseDelegator.sol setMaxNetworkLimit
 */
export function setMaxNetworkLimit(ledger: State, request: Requests.Subnetwork & { readonly amount: bigint }): Record<never, never> {
  const key = Requests.subnetwork(Check.object(request, 'request'));
  const amount = Requests.amount(request.amount, 'amount');
  return Requests.transaction(ledger, () => {
    const { maxNetworkLimit, subnetworks } = ledger.delegation;
    require(OptIns.isNetwork(ledger, request.net), 'NotNetwork');
    NetworkLimits.change(ledger, maxNetworkLimit, key, amount);
    if (ledger.config.delegator === 'operatorNetwork') OperatorNetworkSpecificDelegator.checkNetwork(ledger, key);
    else NetworkLimits.capNetworkLimit(ledger, key, amount);
    subnetworks.set(key, true);
    return {};
  });
}

/**
 * The vault's curator says how much stake a subnetwork gets, at most what the network takes. All delegators but OperatorNetworkSpecific have it.
 *
 * @param request.amount @unit token wei
 * @throws ledger.reverted - ExceedsMaxNetworkLimit, AlreadySet
 * @throws input.*, symbiotic.bad-id, symbiotic.no-such-function
 * @source symbioticfi/core src/contracts/delegator/NetworkRestakeDelegator.sol setNetworkLimit
 */
export function setNetworkLimit(ledger: State, request: Requests.Subnetwork & { readonly amount: bigint }): Record<never, never> {
  const key = Requests.subnetwork(Check.object(request, 'request'));
  const amount = Requests.amount(request.amount, 'amount');
  Requests.checkHas(ledger.config, 'setNetworkLimit');
  return Requests.transaction(ledger, () => {
    NetworkLimits.setNetworkLimit(ledger, key, amount);
    ledger.delegation.subnetworks.set(key, true);
    return {};
  });
}

/**
 * The stake of an operator in a subnetwork now: 0 unless it opted in to both the vault and the network.
 *
 * @unit token wei
 * @throws input.*, symbiotic.bad-id
 * @source symbioticfi/core src/contracts/delegator/BaseDelegator.sol stake
 */
export function stake(ledger: State, request: Requests.Subnetwork & { readonly operator: string }): bigint {
  return stakeAt(ledger, { ...Check.object(request, 'request'), timestamp: ledger.time });
}

/**
 * The stake that an operator had in a subnetwork.
 *
 * @unit token wei
 * @throws input.*, symbiotic.bad-id
 * @source symbioticfi/core src/contracts/delegator/BaseDelegator.sol stakeAt
 */
export function stakeAt(
  ledger: State,
  request: Requests.Subnetwork & {
    readonly operator: string;
    /** Not after now: what comes later is not known. @unit s */
    readonly timestamp: bigint;
  },
): bigint {
  const key = Requests.subnetwork(Check.object(request, 'request'));
  const operator = Requests.account(request.operator, 'operator');
  return Stakes.stakeAt(ledger, key, operator, Check.bigInteger(request.timestamp, 'timestamp', 0n, ledger.time));
}
