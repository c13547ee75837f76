// Small ledgers for the tests of operator sets, allocations and slashes.
import { isSatlockError } from '../../../src/base/Errors.ts';
import * as AllocationManager from '../../../src/restaking/eigenlayer/AllocationManager.ts';
import * as Config from '../../../src/restaking/eigenlayer/Config.ts';
import * as DelegationManager from '../../../src/restaking/eigenlayer/DelegationManager.ts';
import { State } from '../../../src/restaking/eigenlayer/ledger/state.ts';
import { WAD } from '../../../src/restaking/eigenlayer/SlashingLib.ts';
import { Store } from '../../../src/restaking/state/store.ts';

export const DELAYS = { withdrawalDelayBlocks: 10n, deallocationDelayBlocks: 20n, configurationDelayBlocks: 30n } as const;

/** Short delays, block 1000, vaults S1, S2 and EIGEN. */
export function newLedger(): State {
  const strategies = [{ id: 'S1' }, { id: 'S2' }, { id: 'EIGEN', kind: 'eigen' as const }];
  return new State(Config.config({ ...DELAYS, startBlock: 1000n, strategies }), new Store());
}

export const SET = { avs: 'avs', id: 0n } as const;
export const S1 = { operator: 'op', strategy: 'S1' } as const;

/** An operator (allocation delay 0) and the set avs:0 of S1 and S2, not registered. */
export function withSet(): State {
  const ledger = newLedger();
  DelegationManager.registerAsOperator(ledger, { operator: 'op', allocationDelay: 0n });
  AllocationManager.updateAVSMetadataURI(ledger, { avs: 'avs' });
  AllocationManager.createOperatorSets(ledger, { ...SET, strategies: ['S1', 'S2'] });
  return ledger;
}

/** The same, registered, with an allocation of S1. */
export function withAllocation(magnitude: bigint = WAD): State {
  const ledger = withSet();
  AllocationManager.registerForOperatorSets(ledger, { operator: 'op', avs: 'avs', ids: [0n] });
  allocate(ledger, magnitude);
  return ledger;
}

export function allocate(ledger: State, magnitude: bigint, strategy: string = 'S1', id: bigint = 0n): object {
  return AllocationManager.modifyAllocations(ledger, {
    operator: 'op',
    avs: 'avs',
    id,
    strategies: [strategy],
    newMagnitudes: [magnitude],
  });
}

export function slash(ledger: State, wad: bigint, strategy: string = 'S1'): ReturnType<typeof AllocationManager.slashOperator> {
  return AllocationManager.slashOperator(ledger, { ...SET, operator: 'op', strategies: [strategy], wads: [wad] });
}

export function advance(ledger: State, blocks: bigint): void {
  ledger.setClock({ block: ledger.block + blocks, time: ledger.time + 12n * blocks });
}

/** The contract's error, or the code of a misuse; '' when it is not refused. Sees to it that nothing changes then. */
export function refusal(ledger: State, run: () => unknown): string {
  const before = JSON.stringify(ledger.store.save());
  try {
    run();
  } catch (error) {
    if (!isSatlockError(error)) throw error;
    if (JSON.stringify(ledger.store.save()) !== before) throw new Error(`${error.message} left a trace`);
    return error.code === 'ledger.reverted' && 'reference' in error.reason ? String(error.reason.reference) : error.code;
  }
  return '';
}
