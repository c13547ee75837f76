// AllocationManager: allocations, their delays, slashes, refusals in the contract's order. Numbers of the named traces T07, T12, T17, T18.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as AllocationManager from '../../../src/restaking/eigenlayer/AllocationManager.ts';
import * as View from '../../../src/restaking/eigenlayer/AllocationManagerView.ts';
import * as DelegationManager from '../../../src/restaking/eigenlayer/DelegationManager.ts';
import type { State } from '../../../src/restaking/eigenlayer/ledger/state.ts';
import { WAD } from '../../../src/restaking/eigenlayer/SlashingLib.ts';
import * as StrategyManager from '../../../src/restaking/eigenlayer/StrategyManager.ts';
import { advance, allocate, DELAYS, refusal, S1, SET, slash, withAllocation, withSet } from './allocation.ts';

const { deallocationDelayBlocks: DEALLOCATION, configurationDelayBlocks: CONFIGURATION } = DELAYS;
const allocation = (ledger: State, id = 0n) => View.getAllocation(ledger, { ...S1, avs: 'avs', id });
const register = (ledger: State, id = 0n) => AllocationManager.registerForOperatorSets(ledger, { operator: 'op', avs: 'avs', ids: [id] });
const deregister = (ledger: State, caller = 'op') =>
  AllocationManager.deregisterFromOperatorSets(ledger, { operator: 'op', avs: 'avs', ids: [0n], caller });

describe('modifyAllocations', () => {
  it('encumbers an increase at once and makes it slashable after the allocation delay', () => {
    const ledger = withSet();
    AllocationManager.setAllocationDelay(ledger, { operator: 'op', delay: 5n });
    advance(ledger, CONFIGURATION + 1n);
    allocate(ledger, WAD / 2n);
    expect(allocation(ledger)).toEqual({ currentMagnitude: 0n, pendingDiff: WAD / 2n, effectBlock: ledger.block + 5n });
    expect(View.getAllocatableMagnitude(ledger, S1)).toBe(WAD / 2n);
    advance(ledger, 4n);
    expect(refusal(ledger, () => allocate(ledger, WAD))).toBe('ModificationAlreadyPending');
    advance(ledger, 1n);
    expect(allocation(ledger)).toEqual({ currentMagnitude: WAD / 2n, pendingDiff: 0n, effectBlock: 0n });
    expect(View.getStrategyAllocations(ledger, S1)).toEqual([{ ...SET, currentMagnitude: WAD / 2n, pendingDiff: 0n, effectBlock: 0n }]);
  });

  it('releases at once what cannot be slashed: not registered, or not in the set any more', () => {
    const unregistered = withSet();
    allocate(unregistered, WAD);
    allocate(unregistered, 0n);
    expect(View.getAllocatedSets(unregistered, S1)).toEqual([]);
    expect(View.getEncumberedMagnitude(unregistered, S1)).toBe(0n);
    // In the same block again: it reads as settled.
    allocate(unregistered, 7n);

    const removed = withAllocation();
    AllocationManager.removeStrategiesFromOperatorSet(removed, { ...SET, strategies: ['S1'] });
    allocate(removed, 1n);
    expect(allocation(removed)).toEqual({ currentMagnitude: 1n, pendingDiff: 0n, effectBlock: 0n });
  });

  it('keeps a deallocation slashable through the delay, one block longer than it says', () => {
    const ledger = withAllocation();
    allocate(ledger, 0n);
    expect(allocation(ledger)).toEqual({ currentMagnitude: WAD, pendingDiff: -WAD, effectBlock: ledger.block + DEALLOCATION + 1n });
    advance(ledger, DEALLOCATION);
    expect(View.getEncumberedMagnitude(ledger, S1)).toBe(WAD);
    expect(refusal(ledger, () => allocate(ledger, WAD / 2n))).toBe('ModificationAlreadyPending');
    advance(ledger, 1n);
    expect(View.getEncumberedMagnitude(ledger, S1)).toBe(0n);
    // Until somebody clears the queue the set stays listed.
    expect(View.getAllocatedSets(ledger, S1)).toEqual([SET]);
    AllocationManager.clearDeallocationQueue(ledger, { operator: 'op', strategies: ['S1'], numToClear: [1n] });
    expect(View.getAllocatedSets(ledger, S1)).toEqual([]);
  });

  it('frees over deallocations before it counts what is left', () => {
    const ledger = withAllocation();
    AllocationManager.createOperatorSets(ledger, { avs: 'avs', params: [{ id: 1n, strategies: ['S1'] }] });
    allocate(ledger, 0n);
    expect(refusal(ledger, () => allocate(ledger, 1n, 'S1', 1n))).toBe('InsufficientMagnitude');
    advance(ledger, DEALLOCATION + 1n);
    allocate(ledger, WAD, 'S1', 1n);
    expect(allocation(ledger, 1n).currentMagnitude).toBe(WAD);
  });

  it('clears as many deallocations as asked for, oldest first', () => {
    const ledger = withSet();
    AllocationManager.createOperatorSets(ledger, { avs: 'avs', id: 1n, strategies: ['S1'] });
    AllocationManager.registerForOperatorSets(ledger, { operator: 'op', avs: 'avs', ids: [0n, 1n] });
    for (const id of [1n, 0n]) allocate(ledger, 10n, 'S1', id);
    for (const id of [1n, 0n]) allocate(ledger, 0n, 'S1', id);
    advance(ledger, DEALLOCATION + 1n);
    const clear = (n: bigint) => AllocationManager.clearDeallocationQueue(ledger, { operator: 'op', strategies: ['S1'], numToClear: [n] });
    const ids = () => View.getAllocatedSets(ledger, S1).map(({ id }) => id);
    clear(0n);
    expect(ids()).toEqual([1n, 0n]);
    clear(1n);
    expect(ids()).toEqual([0n]);
    clear(9n);
    expect(ids()).toEqual([]);
    expect(refusal(ledger, () => clear(65_536n))).toBe('input.out-of-range');
    const lengths = { operator: 'op', strategies: ['S1'], numToClear: [] };
    expect(refusal(ledger, () => AllocationManager.clearDeallocationQueue(ledger, lengths))).toBe('InputArrayLengthMismatch');
  });

  it('takes several sets in one transaction', () => {
    const ledger = withSet();
    AllocationManager.createOperatorSets(ledger, { avs: 'avs', id: 1n, strategies: [] });
    const half = { avs: 'avs', strategies: ['S1'], newMagnitudes: [WAD / 2n] };
    AllocationManager.modifyAllocations(ledger, {
      operator: 'op',
      params: [
        { ...half, id: 0n },
        { ...half, id: 1n },
      ],
    });
    expect(View.getAllocatedSets(ledger, S1).map(({ id }) => id)).toEqual([0n, 1n]);
    expect(View.getAllocatableMagnitude(ledger, S1)).toBe(0n);
    const more = {
      operator: 'op',
      params: [
        { ...half, strategies: ['S2'], id: 0n },
        { ...half, id: 2n },
      ],
    };
    expect(refusal(ledger, () => AllocationManager.modifyAllocations(ledger, more))).toBe('InvalidOperatorSet');
  });

  it('refuses in the contract’s order', () => {
    const ledger = withAllocation();
    const of = (change: object) => () =>
      AllocationManager.modifyAllocations(ledger, { operator: 'op', ...SET, strategies: ['S1'], newMagnitudes: [WAD], ...change });
    const nobody = { operator: 'nobody', id: 9n, newMagnitudes: [] };
    expect(refusal(ledger, of({ ...nobody, caller: 'mallory' }))).toBe('InvalidPermissions');
    expect(refusal(ledger, of(nobody))).toBe('UninitializedAllocationDelay');
    expect(refusal(ledger, of({ id: 9n, newMagnitudes: [] }))).toBe('InputArrayLengthMismatch');
    expect(refusal(ledger, of({ id: 9n }))).toBe('InvalidOperatorSet');
    expect(refusal(ledger, of({}))).toBe('SameMagnitude');
    expect(refusal(ledger, of({ newMagnitudes: [WAD + 1n] }))).toBe('InsufficientMagnitude');
    const most = (1n << 64n) - 1n;
    allocate(ledger, 5n, 'S2');
    expect(refusal(ledger, () => allocate(ledger, most, 'S2'))).toBe('InsufficientMagnitude');
    AllocationManager.createOperatorSets(ledger, { avs: 'avs', id: 1n, strategies: [] });
    expect(refusal(ledger, () => allocate(ledger, most, 'S2', 1n))).toBe("Error(SafeCast: value doesn't fit in 64 bits)");
    ledger.setPaused('AllocationManager', 0, true);
    expect(refusal(ledger, of({ caller: 'mallory' }))).toBe('CurrentlyPaused');
    expect(refusal(ledger, of({ newMagnitudes: [1n << 64n] }))).toBe('input.out-of-range');
    expect(refusal(ledger, of({ newMagnitudes: [1] }))).toBe('input.not-integer');
    expect(refusal(ledger, of({ strategies: ['S9'] }))).toBe('eigenlayer.unknown-id');
    expect(refusal(ledger, of({ operator: 'a|b' }))).toBe('eigenlayer.bad-id');
  });

  it('refuses a delay that leads beyond the last block', () => {
    const ledger = withSet();
    DelegationManager.registerAsOperator(ledger, { operator: 'late', allocationDelay: 0xffff_ffffn });
    const change = { operator: 'late', ...SET, strategies: ['S1'], newMagnitudes: [1n] };
    expect(refusal(ledger, () => AllocationManager.modifyAllocations(ledger, change))).toBe('Panic(0x11)');
  });
});

describe('setAllocationDelay', () => {
  const delayOf = (ledger: State) => View.getAllocationDelay(ledger, S1).delay;
  const set = (ledger: State, delay: bigint) => AllocationManager.setAllocationDelay(ledger, { operator: 'op', delay });

  it('takes effect one block after the configuration delay, and a second one restarts the clock', () => {
    const ledger = withSet();
    set(ledger, 3n);
    advance(ledger, CONFIGURATION);
    expect(delayOf(ledger)).toBe(0n);
    set(ledger, 4n);
    advance(ledger, 1n);
    expect(delayOf(ledger)).toBe(0n);
    advance(ledger, CONFIGURATION);
    expect(delayOf(ledger)).toBe(4n);
    // One that has matured is kept by the next.
    set(ledger, 5n);
    expect(delayOf(ledger)).toBe(4n);
  });

  it('is for operators', () => {
    const ledger = withSet();
    expect(View.getAllocationDelay(ledger, { operator: 'nobody' })).toEqual({ isSet: false, delay: 0n });
    const nobody = { operator: 'nobody', delay: 1n };
    expect(refusal(ledger, () => AllocationManager.setAllocationDelay(ledger, { ...nobody, caller: 'op' }))).toBe('InvalidPermissions');
    expect(refusal(ledger, () => AllocationManager.setAllocationDelay(ledger, nobody))).toBe('InvalidOperator');
    expect(refusal(ledger, () => set(ledger, 1n << 32n))).toBe('input.out-of-range');
  });
});

describe('slashOperator', () => {
  it('T07: a deallocation that waits shrinks with its own rounding', () => {
    const ledger = withSet();
    StrategyManager.depositIntoStrategy(ledger, { staker: 'op', strategy: 'S1', amount: 100n * WAD });
    register(ledger);
    allocate(ledger, 600_000_000_000_000_001n);
    allocate(ledger, 200_000_000_000_000_000n);
    const effectBlock = ledger.block + DEALLOCATION + 1n;
    expect(slash(ledger, 333_333_333_333_333_333n)).toEqual({ slashId: 1n, shares: [20_000_000_000_000_000_100n] });
    expect(allocation(ledger)).toEqual({
      currentMagnitude: 400_000_000_000_000_000n,
      pendingDiff: -266_666_666_666_666_667n,
      effectBlock,
    });
    expect(View.getMaxMagnitude(ledger, S1)).toBe(799_999_999_999_999_999n);
    expect(View.getEncumberedMagnitude(ledger, S1)).toBe(400_000_000_000_000_000n);
    advance(ledger, DEALLOCATION);
    slash(ledger, WAD / 2n);
    expect(allocation(ledger)).toMatchObject({ currentMagnitude: 200_000_000_000_000_000n, pendingDiff: -133_333_333_333_333_333n });
    advance(ledger, 1n);
    expect(allocation(ledger).currentMagnitude).toBe(66_666_666_666_666_667n);
    expect(View.getEncumberedMagnitude(ledger, S1)).toBe(66_666_666_666_666_667n);
    const strategies = ['S1'];
    expect(View.getMaxMagnitudesAtBlock(ledger, { operator: 'op', strategies, block: ledger.block - 2n })).toEqual([
      799_999_999_999_999_999n,
    ]);
    expect(View.getMaxMagnitudesAtBlock(ledger, { operator: 'op', strategies, block: 999n })).toEqual([WAD]);
  });

  it('T12: leaves an increase that waits alone, and uses up a slash id for nothing', () => {
    const ledger = withSet();
    register(ledger);
    AllocationManager.setAllocationDelay(ledger, { operator: 'op', delay: 5n });
    advance(ledger, CONFIGURATION + 1n);
    allocate(ledger, WAD / 2n);
    expect(slash(ledger, WAD)).toEqual({ slashId: 1n, shares: [0n] });
    expect(View.getMaxMagnitude(ledger, S1)).toBe(WAD);
    expect(StrategyManager.getPendingSlashIds(ledger, SET)).toEqual([]);
    advance(ledger, 5n);
    allocate(ledger, WAD);
    slash(ledger, WAD / 2n);
    expect(allocation(ledger)).toMatchObject({ currentMagnitude: WAD / 4n, pendingDiff: WAD / 2n });
    expect(View.getEncumberedMagnitude(ledger, S1)).toBe((3n * WAD) / 4n);
    expect(View.getSlashCount(ledger, SET)).toBe(2n);
  });

  it('T17: one unit of magnitude may cost no share, which is recorded all the same', () => {
    const ledger = withAllocation(3n);
    StrategyManager.depositIntoStrategy(ledger, { staker: 'op', strategy: 'S1', amount: 100n });
    expect(slash(ledger, 1n).shares).toEqual([0n]);
    expect(View.getMaxMagnitude(ledger, S1)).toBe(WAD - 1n);
    expect(StrategyManager.getPendingSlashIds(ledger, SET)).toEqual([1n]);
  });

  it('T18: a deallocation that is over is no longer slashed; its stale entry in the queue clears to nothing', () => {
    const ledger = withAllocation(WAD / 2n);
    allocate(ledger, WAD / 5n);
    advance(ledger, DEALLOCATION + 1n);
    slash(ledger, WAD / 2n);
    expect(allocation(ledger)).toEqual({ currentMagnitude: WAD / 10n, pendingDiff: 0n, effectBlock: 0n });
    const before = View.getEncumberedMagnitude(ledger, S1);
    AllocationManager.clearDeallocationQueue(ledger, { operator: 'op', strategies: ['S1'], numToClear: [65_535n] });
    expect([before, View.getEncumberedMagnitude(ledger, S1)]).toEqual([WAD / 10n, WAD / 10n]);
  });

  it('blocks new modifications until the block of a deallocation that was slashed away', () => {
    const ledger = withAllocation(WAD / 2n);
    allocate(ledger, WAD / 4n);
    slash(ledger, WAD);
    expect(allocation(ledger)).toMatchObject({ currentMagnitude: 0n, pendingDiff: 0n });
    expect(refusal(ledger, () => allocate(ledger, 1n))).toBe('ModificationAlreadyPending');
    advance(ledger, DEALLOCATION + 1n);
    allocate(ledger, 1n);
  });

  it('refuses in the contract’s order', () => {
    const ledger = withAllocation();
    const of = (change: object) => () =>
      AllocationManager.slashOperator(ledger, { ...SET, operator: 'op', strategies: ['S1'], wads: [1n], ...change });
    const wrong = { id: 9n, operator: 'nobody', caller: 'mallory' };
    expect(refusal(ledger, of({ ...wrong, wads: [] }))).toBe('InputArrayLengthMismatch');
    expect(refusal(ledger, of(wrong))).toBe('InvalidOperatorSet');
    expect(refusal(ledger, of({ operator: 'nobody', caller: 'mallory' }))).toBe('OperatorNotSlashable');
    expect(refusal(ledger, of({ caller: 'mallory', wads: [0n] }))).toBe('InvalidCaller');
    const two = { strategies: ['S2', 'S1'], wads: [1n, 0n] };
    expect(refusal(ledger, of(two))).toBe('StrategiesMustBeInAscendingOrder');
    expect(refusal(ledger, of({ strategies: ['S1', 'S1'], wads: [1n, 1n] }))).toBe('StrategiesMustBeInAscendingOrder');
    expect(refusal(ledger, of({ strategies: ['EIGEN'], wads: [0n] }))).toBe('InvalidWadToSlash');
    expect(refusal(ledger, of({ wads: [WAD + 1n] }))).toBe('InvalidWadToSlash');
    expect(refusal(ledger, of({ strategies: ['EIGEN'] }))).toBe('StrategyNotInOperatorSet');
    ledger.setPaused('AllocationManager', 1, true);
    expect(refusal(ledger, of({ wads: [] }))).toBe('CurrentlyPaused');
    expect(View.getSlashCount(ledger, SET)).toBe(0n);
  });
});

describe('registration', () => {
  it('leaves the operator slashable through the last block of the window, and keeps him out as long', () => {
    const ledger = withAllocation();
    deregister(ledger);
    expect(View.getMembers(ledger, SET)).toEqual([]);
    advance(ledger, DEALLOCATION);
    expect(refusal(ledger, () => register(ledger))).toBe('AlreadyMemberOfSet');
    slash(ledger, 1n);
    advance(ledger, 1n);
    expect(refusal(ledger, () => slash(ledger, 1n))).toBe('OperatorNotSlashable');
    register(ledger);
    expect(View.getMembers(ledger, SET)).toEqual(['op']);
  });

  it('refuses in the contract’s order', () => {
    const ledger = withSet();
    const of = (change: object) => () =>
      AllocationManager.registerForOperatorSets(ledger, { operator: 'op', avs: 'avs', ids: [9n], ...change });
    expect(refusal(ledger, of({ operator: 'nobody', caller: 'op' }))).toBe('InvalidPermissions');
    expect(refusal(ledger, of({ operator: 'nobody' }))).toBe('InvalidOperator');
    expect(refusal(ledger, of({}))).toBe('InvalidOperatorSet');
    expect(refusal(ledger, of({ ids: [0n, 0n] }))).toBe('AlreadyMemberOfSet');
    expect(refusal(ledger, () => deregister(ledger, 'mallory'))).toBe('InvalidCaller');
    expect(refusal(ledger, () => deregister(ledger, 'avs'))).toBe('NotMemberOfSet');
    ledger.setPaused('AllocationManager', 2, true);
    expect(refusal(ledger, of({ caller: 'mallory' }))).toBe('CurrentlyPaused');
    expect(refusal(ledger, () => deregister(ledger, 'mallory'))).toBe('CurrentlyPaused');
  });

  it('fails when the registrar of the AVS refuses, with his error', () => {
    const ledger = withSet();
    const refuse = (refusesRegistration: string | null, refusesDeregistration: string | null) =>
      AllocationManager.setAVSRegistrar(ledger, { avs: 'avs', refusesRegistration, refusesDeregistration });
    refuse('NotOnTheList', 'Error(stay)');
    expect(refusal(ledger, () => register(ledger))).toBe('NotOnTheList');
    refuse(null, 'Error(stay)');
    register(ledger);
    expect(refusal(ledger, () => deregister(ledger))).toBe('Error(stay)');
    refuse(null, null);
    deregister(ledger);
    expect(refusal(ledger, () => refuse('', null))).toBe('input.out-of-range');
  });
});

describe('invariants', () => {
  it('what is encumbered is what the sets hold, never more than the max magnitude; a refusal leaves no trace', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('allocate'), id: fc.bigInt({ min: 0n, max: 2n }), wad: fc.bigInt({ min: 0n, max: WAD }) }),
      fc.record({ kind: fc.constant('slash'), id: fc.bigInt({ min: 0n, max: 2n }), wad: fc.bigInt({ min: 1n, max: WAD }) }),
      fc.record({ kind: fc.constant('leave'), id: fc.bigInt({ min: 0n, max: 2n }), wad: fc.constant(0n) }),
      fc.record({ kind: fc.constant('join'), id: fc.bigInt({ min: 0n, max: 2n }), wad: fc.constant(0n) }),
      fc.record({ kind: fc.constant('clear'), id: fc.constant(0n), wad: fc.bigInt({ min: 0n, max: 2n }) }),
      fc.record({ kind: fc.constant('wait'), id: fc.constant(0n), wad: fc.bigInt({ min: 1n, max: 15n }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), (steps) => {
        const ledger = withSet();
        for (const id of [1n, 2n]) AllocationManager.createOperatorSets(ledger, { avs: 'avs', id, strategies: ['S1'] });
        const ids = [0n, 1n, 2n];
        AllocationManager.registerForOperatorSets(ledger, { operator: 'op', avs: 'avs', ids });
        for (const { kind, id, wad } of steps) {
          const before = View.getMaxMagnitude(ledger, S1);
          if (kind === 'wait') advance(ledger, wad);
          else refusal(ledger, () => perform(ledger, kind, id, wad));
          const held = ids.reduce((sum, set) => {
            const { currentMagnitude, pendingDiff } = allocation(ledger, set);
            return sum + currentMagnitude + (pendingDiff > 0n ? pendingDiff : 0n);
          }, 0n);
          expect(View.getEncumberedMagnitude(ledger, S1)).toBe(held);
          const max = View.getMaxMagnitude(ledger, S1);
          expect(View.getAllocatableMagnitude(ledger, S1)).toBe(max - held);
          expect(max <= before).toBe(true);
        }
      }),
      { seed: 21, numRuns: 60 },
    );
  });
});

function perform(ledger: State, kind: string, id: bigint, wad: bigint): unknown {
  const sets = { operator: 'op', avs: 'avs', ids: [id] };
  if (kind === 'allocate') return allocate(ledger, wad, 'S1', id);
  if (kind === 'slash') return AllocationManager.slashOperator(ledger, { avs: 'avs', id, operator: 'op', strategies: ['S1'], wads: [wad] });
  if (kind === 'leave') return AllocationManager.deregisterFromOperatorSets(ledger, sets);
  if (kind === 'join') return AllocationManager.registerForOperatorSets(ledger, sets);
  return AllocationManager.clearDeallocationQueue(ledger, { operator: 'op', strategies: ['S1'], numToClear: [wad] });
}
