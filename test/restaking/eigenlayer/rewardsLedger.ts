// A ledger for tests of the rewards contracts alone: without vaults, stakers and operators.
import * as AllocationManager from '../../../src/restaking/eigenlayer/AllocationManager.ts';
import * as Config from '../../../src/restaking/eigenlayer/Config.ts';
import { State } from '../../../src/restaking/eigenlayer/ledger/state.ts';
import * as RewardsConfig from '../../../src/restaking/eigenlayer/RewardsConfig.ts';
import { outcome } from '../../../src/restaking/state/Revert.ts';
import { Store } from '../../../src/restaking/state/store.ts';

export function rewardsLedger(given: { readonly startTime: bigint; readonly rewards?: RewardsConfig.Given }): State {
  const config = Config.config({ strategies: [{ id: 'S1' }, { id: 'S2' }], startTime: given.startTime });
  return new State({ ...config, rewards: RewardsConfig.config(given.rewards) } as Config.Config, new Store());
}

export function addOperatorSet(ledger: State, avs: string, id: bigint): void {
  AllocationManager.updateAVSMetadataURI(ledger, { avs });
  AllocationManager.createOperatorSets(ledger, { avs, id, strategies: ['S1'] });
}

/** The deployed error name or `ok`. What was refused has left no trace. */
export function errorOf(ledger: State, run: () => object): string {
  const before = JSON.stringify(ledger.store.save());
  const result = outcome(run);
  if (result.ok) return 'ok';
  if (JSON.stringify(ledger.store.save()) !== before) throw new Error(`${result.error} has left a trace`);
  return result.error;
}
