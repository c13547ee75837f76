// Who may act for an account: the account itself while it has no admin, else its admins, else whom it appointed for exactly this function.
// Implements eigenlayer-contracts src/contracts/permissions/PermissionController.sol canCall and mixins/PermissionControllerMixin.sol.
import { require } from '../../state/Revert.ts';
import type { State } from '../ledger/state.ts';

/** A function that may be called for somebody else: the contract, and the name of its function in place of the selector. */
export type Target = { readonly target: string; readonly selector: string };

export function isAdmin(state: State, account: string, caller: string): boolean {
  const { admins } = state.allocation;
  return admins.size(account) === 0 ? account === caller : admins.has(account, caller);
}

export function canCall(state: State, account: string, caller: string, { target, selector }: Target): boolean {
  return isAdmin(state, account, caller) || state.allocation.appointees.has(`${account}|${target}|${selector}`, caller);
}

/** @throws ledger.reverted - InvalidPermissions */
export function checkCanCall(state: State, account: string, caller: string, target: Target): void {
  require(canCall(state, account, caller, target), 'InvalidPermissions');
}
