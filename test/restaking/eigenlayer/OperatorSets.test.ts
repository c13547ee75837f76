// Operator sets: making them, their strategies, their slasher, what they can slash.
import { describe, expect, it } from 'vitest';
import * as AllocationManager from '../../../src/restaking/eigenlayer/AllocationManager.ts';
import * as View from '../../../src/restaking/eigenlayer/AllocationManagerView.ts';
import * as DelegationManager from '../../../src/restaking/eigenlayer/DelegationManager.ts';
import { WAD } from '../../../src/restaking/eigenlayer/SlashingLib.ts';
import * as StrategyManager from '../../../src/restaking/eigenlayer/StrategyManager.ts';
import { advance, allocate, DELAYS, newLedger, refusal, S1, SET, slash, withAllocation, withSet } from './allocation.ts';

const { deallocationDelayBlocks: DEALLOCATION, configurationDelayBlocks: CONFIGURATION } = DELAYS;
const ZERO = `0x${'0'.repeat(40)}`;
const BURN = '0x00000000000000000000000000000000000E16E4';

describe('createOperatorSets', () => {
  it('needs an AVS that announced itself', () => {
    const ledger = newLedger();
    const create = () => AllocationManager.createOperatorSets(ledger, { ...SET, strategies: [] });
    expect(refusal(ledger, create)).toBe('NonexistentAVSMetadata');
    expect(refusal(ledger, () => AllocationManager.updateAVSMetadataURI(ledger, { avs: 'avs', caller: 'mallory' }))).toBe(
      'InvalidPermissions',
    );
    AllocationManager.updateAVSMetadataURI(ledger, { avs: 'avs' });
    create();
    expect(View.getOperatorSetCount(ledger, { avs: 'avs' })).toBe(1);
    expect(View.getSlasher(ledger, SET)).toBe('avs');
    expect(View.getRedistributionRecipient(ledger, SET)).toBe(BURN);
  });

  it('refuses in the contract’s order, all sets or none', () => {
    const ledger = withSet();
    const create = (change: object) => () =>
      AllocationManager.createOperatorSets(ledger, { avs: 'avs', id: 1n, strategies: ['S1', 'BEACON', 'EIGEN'], ...change });
    expect(refusal(ledger, create({ id: 0n, strategies: ['S1', 'S1'] }))).toBe('InvalidOperatorSet');
    expect(refusal(ledger, create({ strategies: ['S1', 'S1'], slasher: ZERO }))).toBe('StrategyAlreadyInOperatorSet');
    expect(refusal(ledger, create({ slasher: ZERO }))).toBe('InputAddressZero');
    expect(refusal(ledger, create({ caller: 'mallory', id: 0n }))).toBe('InvalidPermissions');
    const some = { avs: 'avs', params: [1n, 2n, 1n].map((id) => ({ id, strategies: [] })) };
    expect(refusal(ledger, () => AllocationManager.createOperatorSets(ledger, some))).toBe('InvalidOperatorSet');
    expect(View.getOperatorSetCount(ledger, { avs: 'avs' })).toBe(1);
    expect(refusal(ledger, create({}))).toBe('');
    expect(refusal(ledger, create({ id: 1n << 32n }))).toBe('input.out-of-range');
    expect(refusal(ledger, create({ id: 2n, strategies: ['S9'] }))).toBe('eigenlayer.unknown-id');
    expect(refusal(ledger, create({ id: 2n, strategies: undefined }))).toBe('input.missing');
  });

  it('makes redistributing sets of ordinary vaults only', () => {
    const ledger = withSet();
    const create = (redistributionRecipient: string, strategies: readonly string[]) => () =>
      AllocationManager.createOperatorSets(ledger, { avs: 'avs', id: 1n, strategies, redistributionRecipient });
    expect(refusal(ledger, create(ZERO, ['BEACON']))).toBe('InputAddressZero');
    expect(refusal(ledger, create(BURN.toLowerCase(), ['BEACON']))).toBe('InvalidRedistributionRecipient');
    expect(refusal(ledger, create('fund', ['S1', 'BEACON']))).toBe('InvalidStrategy');
    expect(refusal(ledger, create('fund', ['EIGEN']))).toBe('InvalidStrategy');
    create('fund', ['S2', 'S1'])();
    const set = { avs: 'avs', id: 1n };
    expect(View.getRedistributionRecipient(ledger, set)).toBe('fund');
    expect(View.getStrategiesInOperatorSet(ledger, set)).toEqual(['S2', 'S1']);
    const add = (strategy: string) => () => AllocationManager.addStrategiesToOperatorSet(ledger, { ...set, strategies: [strategy] });
    expect(refusal(ledger, add('EIGEN'))).toBe('InvalidStrategy');
    expect(refusal(ledger, add('S1'))).toBe('StrategyAlreadyInOperatorSet');
    const lengths = { avs: 'mallory', params: [], redistributionRecipients: ['fund'] };
    expect(refusal(ledger, () => AllocationManager.createRedistributingOperatorSets(ledger, lengths))).toBe('InputArrayLengthMismatch');
  });
});

describe('strategies of a set', () => {
  it('are added at the end; a removal moves the last into the hole', () => {
    const ledger = withSet();
    const change = (strategies: readonly string[]) => ({ ...SET, strategies });
    AllocationManager.addStrategiesToOperatorSet(ledger, change(['BEACON', 'EIGEN']));
    AllocationManager.removeStrategiesFromOperatorSet(ledger, change(['S1']));
    expect(View.getStrategiesInOperatorSet(ledger, SET)).toEqual(['EIGEN', 'S2', 'BEACON']);
    const remove = (request: object) => () =>
      AllocationManager.removeStrategiesFromOperatorSet(ledger, { ...change(['S2', 'S1']), ...request });
    expect(refusal(ledger, remove({}))).toBe('StrategyNotInOperatorSet');
    expect(refusal(ledger, remove({ id: 9n }))).toBe('InvalidOperatorSet');
    expect(refusal(ledger, remove({ caller: 'op' }))).toBe('InvalidPermissions');
  });
});

describe('updateSlasher', () => {
  it('takes effect one block after the configuration delay; the same proposal does not restart it, another one does', () => {
    const ledger = withAllocation();
    const propose = (slasher: string) => AllocationManager.updateSlasher(ledger, { ...SET, slasher });
    const from = ledger.block + CONFIGURATION + 1n;
    propose('guard');
    advance(ledger, 5n);
    propose('guard');
    expect(View.getPendingSlasher(ledger, SET)).toEqual({ pendingSlasher: 'guard', effectBlock: from });
    advance(ledger, CONFIGURATION - 5n);
    expect(View.getSlasher(ledger, SET)).toBe('avs');
    advance(ledger, 1n);
    expect(View.getSlasher(ledger, SET)).toBe('guard');
    expect(View.getPendingSlasher(ledger, SET)).toBeUndefined();
    expect(refusal(ledger, () => slash(ledger, 1n))).toBe('InvalidCaller');
    propose('other');
    advance(ledger, 5n);
    propose('third');
    advance(ledger, CONFIGURATION);
    expect(View.getSlasher(ledger, SET)).toBe('guard');
    advance(ledger, 1n);
    expect(View.getSlasher(ledger, SET)).toBe('third');
    // In force, and proposed once more: he waits for nothing, yet the contract sets his clock.
    propose('third');
    expect(View.getSlasher(ledger, SET)).toBe('third');
    expect(View.getPendingSlasher(ledger, SET)).toEqual({ pendingSlasher: 'third', effectBlock: ledger.block + CONFIGURATION + 1n });
  });

  it('refuses in the contract’s order', () => {
    const ledger = withSet();
    const update = (change: object) => () => AllocationManager.updateSlasher(ledger, { ...SET, slasher: ZERO, ...change });
    expect(refusal(ledger, update({ id: 9n, caller: 'op' }))).toBe('InvalidPermissions');
    expect(refusal(ledger, update({ id: 9n }))).toBe('InvalidOperatorSet');
    expect(refusal(ledger, update({}))).toBe('InputAddressZero');
  });
});

describe('stake of a set', () => {
  const stake = { ...SET, operators: ['op', 'nobody'], strategies: ['S1', 'S2'] };

  it('floors the part first, leaves deallocations out from their block on, and asks whether the operator is slashable now', () => {
    const ledger = withAllocation(WAD / 3n);
    StrategyManager.depositIntoStrategy(ledger, { staker: 'op', strategy: 'S1', amount: 100n });
    slash(ledger, WAD / 2n);
    // 166666666666666666 of 833333333333333333 is just below a fifth; 83 shares are left.
    const zeros = [0n, 0n];
    expect(View.getMaxMagnitude(ledger, S1)).toBe(833_333_333_333_333_333n);
    expect(View.getAllocatedStake(ledger, stake)).toEqual([[16n, 0n], zeros]);
    allocate(ledger, 0n);
    const at = (futureBlock: bigint) => View.getMinimumSlashableStake(ledger, { ...stake, futureBlock });
    expect(at(ledger.block + DEALLOCATION)).toEqual([[16n, 0n], zeros]);
    expect(at(ledger.block + DEALLOCATION + 1n)).toEqual([zeros, zeros]);
    AllocationManager.deregisterFromOperatorSets(ledger, { operator: 'op', avs: 'avs', ids: [0n] });
    expect(at(ledger.block)).toEqual([[16n, 0n], zeros]);
    advance(ledger, DEALLOCATION);
    expect(View.isOperatorSlashable(ledger, { operator: 'op', ...SET })).toBe(true);
    advance(ledger, 1n);
    expect(at(ledger.block)).toEqual([zeros, zeros]);
  });

  it('does not count an increase before its block, nor for a set without the operator, nor after a slash to 0', () => {
    const ledger = withSet();
    StrategyManager.depositIntoStrategy(ledger, { staker: 'staker', strategy: 'S1', amount: 1000n });
    DelegationManager.delegateTo(ledger, { staker: 'staker', operator: 'op' });
    AllocationManager.registerForOperatorSets(ledger, { operator: 'op', avs: 'avs', ids: [0n] });
    AllocationManager.setAllocationDelay(ledger, { operator: 'op', delay: 5n });
    advance(ledger, CONFIGURATION + 1n);
    allocate(ledger, WAD);
    const least = () => View.getMinimumSlashableStake(ledger, { ...stake, operators: ['op'], futureBlock: ledger.block + 100n });
    expect(least()).toEqual([[0n, 0n]]);
    advance(ledger, 5n);
    expect(least()).toEqual([[1000n, 0n]]);
    AllocationManager.createOperatorSets(ledger, { avs: 'avs', id: 1n, strategies: ['S2'] });
    StrategyManager.depositIntoStrategy(ledger, { staker: 'staker', strategy: 'S2', amount: 500n });
    allocate(ledger, WAD / 2n, 'S2', 1n);
    advance(ledger, 5n);
    const other = { ...stake, operators: ['op'], id: 1n };
    expect(View.getAllocatedStake(ledger, other)).toEqual([[0n, 250n]]);
    expect(View.getMinimumSlashableStake(ledger, { ...other, futureBlock: ledger.block })).toEqual([[0n, 0n]]);
    slash(ledger, WAD);
    expect(least()).toEqual([[0n, 0n]]);
    expect(View.getAllocatableMagnitude(ledger, S1)).toBe(0n);
  });

  it('can be redistributed while a redistributing set can slash', () => {
    const ledger = withAllocation(WAD / 2n);
    expect(View.isOperatorRedistributable(ledger, S1)).toBe(false);
    AllocationManager.createOperatorSets(ledger, { avs: 'avs', id: 1n, strategies: ['S1'], redistributionRecipient: 'fund' });
    allocate(ledger, 1n, 'S1', 1n);
    expect(View.isOperatorRedistributable(ledger, S1)).toBe(false);
    const sets = { operator: 'op', avs: 'avs', ids: [1n] };
    AllocationManager.registerForOperatorSets(ledger, sets);
    expect(View.isOperatorRedistributable(ledger, S1)).toBe(true);
    AllocationManager.deregisterFromOperatorSets(ledger, sets);
    advance(ledger, DEALLOCATION);
    expect(View.isOperatorRedistributable(ledger, S1)).toBe(true);
    advance(ledger, 1n);
    expect(View.isOperatorRedistributable(ledger, S1)).toBe(false);
  });
});
