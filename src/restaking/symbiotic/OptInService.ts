// Operators say which vaults and networks they serve, and when they stop.
// Implements symbioticfi/core src/contracts/service/OptInService.sol, which is deployed twice: for vaults and for networks.
import * as Check from '../../base/Check.ts';
import { require } from '../state/Revert.ts';
import * as Snapshots from '../state/snapshots.ts';
import type { Table } from '../state/table.ts';
import * as OptIns from './optIns.ts';
import * as Requests from './requests.ts';
import type { State } from './state.ts';

export type Reason = Requests.Reason;

type OfVault = { readonly operator: string };
type OfNetwork = { readonly operator: string; readonly net: string };

/**
 * An operator opts in to the ledger's vault: without that it has no stake.
 *
 * @throws ledger.reverted - NotWho, AlreadyOptedIn
 * @throws input.*, symbiotic.bad-id
 * @source symbioticfi/core src/contracts/service/OptInService.sol optIn
 */
export function optInVault(ledger: State, request: OfVault): Record<never, never> {
  const operator = Requests.account(Check.object(request, 'request').operator, 'operator');
  return Requests.transaction(ledger, () => {
    require(OptIns.isOperator(ledger, operator), 'NotWho');
    return optIn(ledger, ledger.registry.vaultOptIns, operator, OptIns.vaultOptIn(ledger, operator));
  });
}

/**
 * An operator leaves the vault: from now on it has no stake, and captures before now still count.
 *
 * @throws ledger.reverted - NotOptedIn, OptOutCooldown (in the second in which it opted in)
 * @throws input.*, symbiotic.bad-id
 * @source symbioticfi/core src/contracts/service/OptInService.sol optOut
 */
export function optOutVault(ledger: State, request: OfVault): Record<never, never> {
  const operator = Requests.account(Check.object(request, 'request').operator, 'operator');
  return Requests.transaction(ledger, () => optOut(ledger, ledger.registry.vaultOptIns, operator, OptIns.vaultOptIn(ledger, operator)));
}

/**
 * An operator opts in to a network: without that it has no stake there.
 *
 * @throws ledger.reverted - NotWho, NotWhereEntity, AlreadyOptedIn
 * @throws input.*, symbiotic.bad-id
 * @source symbioticfi/core src/contracts/service/OptInService.sol optIn
 */
export function optInNetwork(ledger: State, request: OfNetwork): Record<never, never> {
  const { operator, net } = ofNetwork(request);
  return Requests.transaction(ledger, () => {
    require(OptIns.isOperator(ledger, operator), 'NotWho');
    require(OptIns.isNetwork(ledger, net), 'NotWhereEntity');
    return optIn(ledger, ledger.registry.networkOptIns, `${operator}|${net}`, OptIns.networkOptIn(ledger, operator, net));
  });
}

/**
 * An operator leaves a network.
 *
 * @throws ledger.reverted - NotOptedIn, OptOutCooldown (in the second in which it opted in)
 * @throws input.*, symbiotic.bad-id
 * @source symbioticfi/core src/contracts/service/OptInService.sol optOut
 */
export function optOutNetwork(ledger: State, request: OfNetwork): Record<never, never> {
  const { operator, net } = ofNetwork(request);
  const key = `${operator}|${net}`;
  return Requests.transaction(ledger, () => optOut(ledger, ledger.registry.networkOptIns, key, OptIns.networkOptIn(ledger, operator, net)));
}

function ofNetwork(request: OfNetwork): OfNetwork {
  const operator = Requests.account(Check.object(request, 'request').operator, 'operator');
  return { operator, net: Requests.account(request.net, 'net') };
}

function optIn(ledger: State, table: Table<Snapshots.Snapshots>, key: string, { history, initially }: OptIns.OptIn): Record<never, never> {
  require(Snapshots.latest(history, initially) === 0n, 'AlreadyOptedIn');
  table.set(key, Snapshots.push(history, ledger.time, 1n));
  return {};
}

function optOut(ledger: State, table: Table<Snapshots.Snapshots>, key: string, { history, initially }: OptIns.OptIn): Record<never, never> {
  require(Snapshots.latest(history, initially) === 1n, 'NotOptedIn');
  require((history?.key ?? ledger.config.startTime) !== ledger.time, 'OptOutCooldown');
  table.set(key, Snapshots.push(history, ledger.time, 0n));
  return {};
}
