// Admins and appointees of operators and AVSs. Slashing asks nobody here: only the slasher of an operator set slashes.
// Implements eigenlayer-contracts src/contracts/permissions/PermissionController.sol. Contracts and functions are named as deployed, e.g.
// `AllocationManager`, `modifyAllocations`; overloaded functions share their name.
import { require } from '../state/Revert.ts';
import { isAdmin as mayAdminister, canCall as mayCall } from './allocation/permissions.ts';
import { id } from './Config.ts';
import { type Reason as RequestReason, transaction } from './ledger/requests.ts';
import type { State } from './ledger/state.ts';

export type Reason = RequestReason;

/** `caller` is the account itself when it is left out. */
export type AdminRequest = { readonly account: string; readonly admin: string; readonly caller?: string };
export type AppointeeRequest = {
  readonly account: string;
  readonly appointee: string;
  /** A contract. */
  readonly target: string;
  /** The name of a function. */
  readonly selector: string;
  readonly caller?: string;
};

/**
 * Proposes an admin, who has to accept.
 *
 * @throws ledger.reverted - NotAdmin, AdminAlreadySet, AdminAlreadyPending
 * @source eigenlayer-contracts src/contracts/permissions/PermissionController.sol addPendingAdmin
 */
export function addPendingAdmin(ledger: State, request: AdminRequest): Record<string, never> {
  return change(ledger, request, { admin: request.admin }, () => {
    const { account, admin } = request;
    require(!ledger.allocation.admins.has(account, admin), 'AdminAlreadySet');
    require(ledger.allocation.pendingAdmins.add(account, admin), 'AdminAlreadyPending');
  });
}

/**
 * Takes a proposal back.
 *
 * @throws ledger.reverted - NotAdmin, AdminNotPending
 * @source eigenlayer-contracts src/contracts/permissions/PermissionController.sol removePendingAdmin
 */
export function removePendingAdmin(ledger: State, request: AdminRequest): Record<string, never> {
  return change(ledger, request, { admin: request.admin }, () => {
    require(ledger.allocation.pendingAdmins.remove(request.account, request.admin), 'AdminNotPending');
  });
}

/**
 * A proposed admin accepts; with the first one the account can no longer act for itself.
 *
 * @throws ledger.reverted - AdminNotPending
 * @source eigenlayer-contracts src/contracts/permissions/PermissionController.sol acceptAdmin
 */
export function acceptAdmin(ledger: State, request: { readonly account: string; readonly caller: string }): Record<string, never> {
  const account = id(request.account, 'account');
  const caller = id(request.caller, 'caller');
  return transaction(ledger, () => {
    require(ledger.allocation.pendingAdmins.remove(account, caller), 'AdminNotPending');
    ledger.allocation.admins.add(account, caller);
    return {};
  });
}

/**
 * Removes an admin, never the last one.
 *
 * @throws ledger.reverted - NotAdmin, CannotHaveZeroAdmins, AdminNotSet
 * @source eigenlayer-contracts src/contracts/permissions/PermissionController.sol removeAdmin
 */
export function removeAdmin(ledger: State, request: AdminRequest): Record<string, never> {
  return change(ledger, request, { admin: request.admin }, () => {
    const { admins } = ledger.allocation;
    require(admins.size(request.account) > 1, 'CannotHaveZeroAdmins');
    require(admins.remove(request.account, request.admin), 'AdminNotSet');
  });
}

/**
 * Lets somebody call one function of one contract for the account.
 *
 * @throws ledger.reverted - NotAdmin, AppointeeAlreadySet
 * @source eigenlayer-contracts src/contracts/permissions/PermissionController.sol setAppointee
 */
export function setAppointee(ledger: State, request: AppointeeRequest): Record<string, never> {
  const { account, appointee, target, selector } = request;
  return change(ledger, request, { appointee, target, selector }, () => {
    const isNew = ledger.allocation.appointeePermissions.add(`${account}|${appointee}`, `${target}|${selector}`);
    require(isNew, 'AppointeeAlreadySet');
    ledger.allocation.appointees.add(`${account}|${target}|${selector}`, appointee);
  });
}

/**
 * Takes that back.
 *
 * @throws ledger.reverted - NotAdmin, AppointeeNotSet
 * @source eigenlayer-contracts src/contracts/permissions/PermissionController.sol removeAppointee
 */
export function removeAppointee(ledger: State, request: AppointeeRequest): Record<string, never> {
  const { account, appointee, target, selector } = request;
  return change(ledger, request, { appointee, target, selector }, () => {
    const wasSet = ledger.allocation.appointeePermissions.remove(`${account}|${appointee}`, `${target}|${selector}`);
    require(wasSet, 'AppointeeNotSet');
    ledger.allocation.appointees.remove(`${account}|${target}|${selector}`, appointee);
  });
}

/** Whether `caller` is an admin of `account`; an account without admins is its own. */
export function isAdmin(ledger: State, request: { readonly account: string; readonly caller: string }): boolean {
  return mayAdminister(ledger, request.account, request.caller);
}

export function isPendingAdmin(ledger: State, request: { readonly account: string; readonly pendingAdmin: string }): boolean {
  return ledger.allocation.pendingAdmins.has(request.account, request.pendingAdmin);
}

/** The account itself while it has none. */
export function getAdmins(ledger: State, request: { readonly account: string }): string[] {
  const { admins } = ledger.allocation;
  return admins.size(request.account) === 0 ? [request.account] : admins.values(request.account);
}

export function getPendingAdmins(ledger: State, request: { readonly account: string }): string[] {
  return ledger.allocation.pendingAdmins.values(request.account);
}

/** Whether `caller` may call the function for `account`. */
export function canCall(ledger: State, request: Omit<AppointeeRequest, 'appointee'> & { readonly caller: string }): boolean {
  return mayCall(ledger, request.account, request.caller, request);
}

/** The functions that `appointee` may call for `account`. */
export function getAppointeePermissions(
  ledger: State,
  request: { readonly account: string; readonly appointee: string },
): { readonly target: string; readonly selector: string }[] {
  return ledger.allocation.appointeePermissions.values(`${request.account}|${request.appointee}`).map((permission) => {
    const [target = '', selector = ''] = permission.split('|');
    return { target, selector };
  });
}

/** Those whom `account` lets call one function. */
export function getAppointees(
  ledger: State,
  { account, target, selector }: { readonly account: string; readonly target: string; readonly selector: string },
): string[] {
  return ledger.allocation.appointees.values(`${account}|${target}|${selector}`);
}

/** What only an admin does. */
function change(
  ledger: State,
  { account, caller = account }: { readonly account: string; readonly caller?: string },
  names: Readonly<Record<string, string>>,
  run: () => void,
): Record<string, never> {
  for (const [field, value] of Object.entries({ account, ...names, caller })) id(value, field);
  return transaction(ledger, () => {
    require(mayAdminister(ledger, account, caller), 'NotAdmin');
    run();
    return {};
  });
}
