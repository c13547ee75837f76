// How a request to slash names whom, how much and when: the same for both slashers.
import * as Check from '../../base/Check.ts';
import { require } from '../state/Revert.ts';
import * as OptIns from './optIns.ts';
import * as Requests from './requests.ts';
import type { Capture } from './slashes.ts';
import type { State } from './state.ts';

/** Sent by the network's middleware. */
export type SlashRequest = Requests.Subnetwork & {
  readonly operator: string;
  /** @unit token wei */
  readonly amount: bigint;
  /** The capture's age. @unit s */
  readonly captureAgo: bigint;
};

/** @throws input.*, symbiotic.bad-id */
export function read(ledger: State, request: SlashRequest): { readonly net: string; readonly amount: bigint; readonly capture: Capture } {
  const subnetwork = Requests.subnetwork(Check.object(request, 'request'));
  const operator = Requests.account(request.operator, 'operator');
  const amount = Requests.amount(request.amount, 'amount');
  const captureTimestamp = ledger.time - Check.bigInteger(request.captureAgo, 'captureAgo', 0n, ledger.time);
  return { net: request.net, amount, capture: { subnetwork, operator, captureTimestamp } };
}

/** A network that is not registered has no middleware. @throws ledger.reverted - NotNetworkMiddleware */
export function checkMiddleware(ledger: State, net: string): void {
  require(OptIns.isNetwork(ledger, net), 'NotNetworkMiddleware');
}
