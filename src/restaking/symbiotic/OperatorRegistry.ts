// Operators that register after the ledger began; they have not opted in to anything.
// Implements symbioticfi/core src/contracts/OperatorRegistry.sol.
import * as Check from '../../base/Check.ts';
import { require } from '../state/Revert.ts';
import * as OptIns from './optIns.ts';
import * as Requests from './requests.ts';
import type { State } from './state.ts';

export type Reason = Requests.Reason;

/**
 * Makes an account an operator.
 *
 * @throws ledger.reverted - OperatorAlreadyRegistered
 * @throws input.*, symbiotic.bad-id
 * @source symbioticfi/core src/contracts/OperatorRegistry.sol registerOperator
 */
export function registerOperator(ledger: State, request: { readonly operator: string }): Record<never, never> {
  const operator = Requests.account(Check.object(request, 'request').operator, 'operator');
  return Requests.transaction(ledger, () => {
    require(!OptIns.isOperator(ledger, operator), 'OperatorAlreadyRegistered');
    ledger.registry.entities.add('operators', operator);
    return {};
  });
}
