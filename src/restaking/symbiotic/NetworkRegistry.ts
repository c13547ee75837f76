// Networks that register after the ledger began; nobody has opted in to them.
// Implements symbioticfi/core src/contracts/NetworkRegistry.sol.
import * as Check from '../../base/Check.ts';
import { require } from '../state/Revert.ts';
import * as OptIns from './optIns.ts';
import * as Requests from './requests.ts';
import type { State } from './state.ts';

export type Reason = Requests.Reason;

/**
 * Makes an account a network, with itself as its middleware.
 *
 * @throws ledger.reverted - NetworkAlreadyRegistered
 * @throws input.*, symbiotic.bad-id
 * @source symbioticfi/core src/contracts/NetworkRegistry.sol registerNetwork
 */
export function registerNetwork(ledger: State, request: { readonly net: string }): Record<never, never> {
  const net = Requests.account(Check.object(request, 'request').net, 'net');
  return Requests.transaction(ledger, () => {
    require(!OptIns.isNetwork(ledger, net), 'NetworkAlreadyRegistered');
    ledger.registry.entities.add('networks', net);
    return {};
  });
}
