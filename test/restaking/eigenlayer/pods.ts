// A small ledger for the tests of pods: a clock, an operator, a staker delegated to him.
import * as Config from '../../../src/restaking/eigenlayer/Config.ts';
import { State } from '../../../src/restaking/eigenlayer/ledger/state.ts';
import { WAD } from '../../../src/restaking/eigenlayer/SlashingLib.ts';
import { outcome } from '../../../src/restaking/state/Revert.ts';
import * as Snapshots from '../../../src/restaking/state/snapshots.ts';
import { Store } from '../../../src/restaking/state/store.ts';

export const GWEI: bigint = 1_000_000_000n;
export const ETH: bigint = 10n ** 18n;

export function newLedger(): State {
  return new State(Config.config({ strategies: [{ id: 'S1' }, { id: 'S2' }] }), new Store());
}

export function advance(ledger: State, blocks: bigint = 1n): void {
  ledger.setClock({ block: ledger.block + blocks, time: ledger.time + 12n * blocks });
}

/** Delegates a staker that has no shares yet, and sets what slashing left of the operator. */
export function delegate(ledger: State, staker: string, operator: string, magnitude: bigint = WAD): void {
  ledger.delegation.operators.set(operator, { delegationApprover: null });
  ledger.delegation.stakers.set(staker, { operator, holdings: [], beaconScalingFactor: WAD, nonce: 0n });
  slashTo(ledger, operator, magnitude);
}

export function slashTo(ledger: State, operator: string, magnitude: bigint): void {
  const key = `${operator}|BEACON`;
  ledger.allocation.maxMagnitudes.set(key, Snapshots.push(ledger.allocation.maxMagnitudes.get(key), ledger.block, magnitude));
}

/** The name with which the ledger refuses; '' when it does not. Sees to it that a refusal changes nothing. */
export function refusal(ledger: State, run: () => object): string {
  const before = JSON.stringify(ledger.store.save());
  const result = outcome(run);
  if (result.ok) return '';
  if (JSON.stringify(ledger.store.save()) !== before) throw new Error(`${result.error} left a trace`);
  return result.error;
}

/** All rounded numbers of an operation as lines `what = value`. */
export function notes(ledger: State, run: () => unknown): string[] {
  const lines: string[] = [];
  ledger.note = (what, expr, value) => void lines.push(`${what} = ${expr} = ${value}`);
  run();
  ledger.note = undefined;
  return lines;
}
