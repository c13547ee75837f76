// Who may act for an operator or an AVS.
import { describe, expect, it } from 'vitest';
import * as AllocationManager from '../../../src/restaking/eigenlayer/AllocationManager.ts';
import * as PermissionController from '../../../src/restaking/eigenlayer/PermissionController.ts';
import { allocate, newLedger, refusal, SET, slash, withAllocation, withSet } from './allocation.ts';

const { addPendingAdmin, acceptAdmin, removeAdmin, removePendingAdmin, setAppointee, removeAppointee } = PermissionController;

describe('admins', () => {
  it('take over from the account when the first one accepts', () => {
    const ledger = newLedger();
    expect(PermissionController.getAdmins(ledger, { account: 'op' })).toEqual(['op']);
    addPendingAdmin(ledger, { account: 'op', admin: 'boss' });
    expect(PermissionController.isPendingAdmin(ledger, { account: 'op', pendingAdmin: 'boss' })).toBe(true);
    expect(PermissionController.isAdmin(ledger, { account: 'op', caller: 'op' })).toBe(true);
    acceptAdmin(ledger, { account: 'op', caller: 'boss' });
    expect(PermissionController.getAdmins(ledger, { account: 'op' })).toEqual(['boss']);
    expect(PermissionController.getPendingAdmins(ledger, { account: 'op' })).toEqual([]);
    expect(refusal(ledger, () => addPendingAdmin(ledger, { account: 'op', admin: 'x' }))).toBe('NotAdmin');
  });

  it('are refused in the contract’s order', () => {
    const ledger = newLedger();
    const boss = { account: 'op', admin: 'boss' };
    expect(refusal(ledger, () => addPendingAdmin(ledger, { ...boss, caller: 'boss' }))).toBe('NotAdmin');
    expect(refusal(ledger, () => removePendingAdmin(ledger, boss))).toBe('AdminNotPending');
    expect(refusal(ledger, () => acceptAdmin(ledger, { account: 'op', caller: 'boss' }))).toBe('AdminNotPending');
    addPendingAdmin(ledger, boss);
    expect(refusal(ledger, () => addPendingAdmin(ledger, boss))).toBe('AdminAlreadyPending');
    acceptAdmin(ledger, { account: 'op', caller: 'boss' });
    const asBoss = { ...boss, caller: 'boss' };
    expect(refusal(ledger, () => addPendingAdmin(ledger, asBoss))).toBe('AdminAlreadySet');
    expect(refusal(ledger, () => removeAdmin(ledger, asBoss))).toBe('CannotHaveZeroAdmins');
    addPendingAdmin(ledger, { account: 'op', admin: 'op', caller: 'boss' });
    acceptAdmin(ledger, { account: 'op', caller: 'op' });
    expect(refusal(ledger, () => removeAdmin(ledger, { account: 'op', admin: 'mallory' }))).toBe('AdminNotSet');
    removeAdmin(ledger, boss);
    expect(refusal(ledger, () => removeAdmin(ledger, boss))).toBe('CannotHaveZeroAdmins');
    expect(refusal(ledger, () => addPendingAdmin(ledger, { account: 'o p', admin: 'x' }))).toBe('eigenlayer.bad-id');
  });
});

describe('appointees', () => {
  const modify = { account: 'op', appointee: 'bot', target: 'AllocationManager', selector: 'modifyAllocations' };

  it('may call exactly one function of one contract', () => {
    const ledger = withSet();
    const act = () =>
      AllocationManager.modifyAllocations(ledger, { operator: 'op', ...SET, strategies: ['S1'], newMagnitudes: [5n], caller: 'bot' });
    expect(refusal(ledger, act)).toBe('InvalidPermissions');
    setAppointee(ledger, { ...modify, target: 'DelegationManager' });
    setAppointee(ledger, { ...modify, selector: 'registerForOperatorSets' });
    expect(refusal(ledger, act)).toBe('InvalidPermissions');
    setAppointee(ledger, modify);
    expect(refusal(ledger, act)).toBe('');
    expect(PermissionController.getAppointeePermissions(ledger, modify)).toEqual([
      { target: 'DelegationManager', selector: 'modifyAllocations' },
      { target: 'AllocationManager', selector: 'registerForOperatorSets' },
      { target: 'AllocationManager', selector: 'modifyAllocations' },
    ]);
    expect(PermissionController.getAppointees(ledger, modify)).toEqual(['bot']);
    expect(refusal(ledger, () => setAppointee(ledger, modify))).toBe('AppointeeAlreadySet');
    removeAppointee(ledger, modify);
    expect(PermissionController.canCall(ledger, { ...modify, caller: 'bot' })).toBe(false);
    expect(refusal(ledger, () => removeAppointee(ledger, modify))).toBe('AppointeeNotSet');
    expect(refusal(ledger, () => setAppointee(ledger, { ...modify, caller: 'bot' }))).toBe('NotAdmin');
  });

  it('an account with an admin cannot act for itself, but still slashes as slasher', () => {
    const ledger = withAllocation();
    for (const account of ['op', 'avs']) {
      addPendingAdmin(ledger, { account, admin: 'boss' });
      acceptAdmin(ledger, { account, caller: 'boss' });
    }
    expect(refusal(ledger, () => allocate(ledger, 1n))).toBe('InvalidPermissions');
    expect(refusal(ledger, () => AllocationManager.createOperatorSets(ledger, { avs: 'avs', id: 5n, strategies: [] }))).toBe(
      'InvalidPermissions',
    );
    const byBoss = { ...SET, operator: 'op', strategies: ['S1'], wads: [1n], caller: 'boss' };
    expect(refusal(ledger, () => AllocationManager.slashOperator(ledger, byBoss))).toBe('InvalidCaller');
    expect(slash(ledger, 1n).slashId).toBe(1n);
    // The AVS's admin may take the operator out of a set.
    AllocationManager.deregisterFromOperatorSets(ledger, { operator: 'op', avs: 'avs', ids: [0n], caller: 'boss' });
  });
});
