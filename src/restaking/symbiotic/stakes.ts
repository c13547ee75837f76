// The stake of an operator in a subnetwork at a time, by the ledger's delegator.
// Implements stakeAt of symbioticfi/core src/contracts/delegator/BaseDelegator.sol, which asks the type for its part.
import type { Delegator } from './Config.ts';
import * as FullRestakeDelegator from './FullRestakeDelegator.ts';
import * as NetworkRestakeDelegator from './NetworkRestakeDelegator.ts';
import * as OperatorNetworkSpecificDelegator from './OperatorNetworkSpecificDelegator.ts';
import * as OperatorSpecificDelegator from './OperatorSpecificDelegator.ts';
import * as OptIns from './optIns.ts';
import { networkOf } from './requests.ts';
import type { State } from './state.ts';

type StakeAt = (state: State, key: string, operator: string, time: bigint) => bigint;

const STAKES: { readonly [K in Delegator]: StakeAt } = {
  network: NetworkRestakeDelegator.stakeAt,
  full: FullRestakeDelegator.stakeAt,
  operator: OperatorSpecificDelegator.stakeAt,
  operatorNetwork: OperatorNetworkSpecificDelegator.stakeAt,
};

/** `key` is the subnetwork's, `net:id`. */
export function stakeAt(state: State, key: string, operator: string, time: bigint): bigint {
  if (!OptIns.isOptedInAt(state, operator, networkOf(key), time)) return 0n;
  return STAKES[state.config.delegator](state, key, operator, time);
}
