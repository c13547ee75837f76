// What must hold of a snapshot of an EigenLayer ledger beyond the form of its records.
import * as Consistency from '../../state/consistency.ts';
import { MAX_UINT256 } from '../../state/schemas.ts';
import { MAX_BLOCK } from '../Config.ts';
import { parameters } from '../rewards/rewardsParameters.ts';
import { WAD } from '../SlashingLib.ts';
import type { State } from './state.ts';

const MAX_TIME = 0xffff_ffff_ffffn;
const ID = /^W(?:0|[1-9][0-9]*)$/;

/** @throws ledger.bad-snapshot */
export function checkSaved(state: State): void {
  const { check } = Consistency;
  check(state.block <= MAX_BLOCK && state.time <= MAX_TIME, 'clock', 'now', 'beyond the last block');
  Consistency.histories('allocation.maxMagnitudes', state.allocation.maxMagnitudes, state.block, WAD);
  Consistency.histories('delegation.queuedScaledShares', state.delegation.queuedScaledShares, state.block, MAX_UINT256);
  withdrawals(state);
  const given = state.delegation.counters.get('withdrawals') ?? 0n;
  for (const [key, { holdings, nonce }] of state.delegation.stakers.entries()) {
    check(nonce <= given, 'delegation.stakers', key, 'more withdrawals than were queued in all');
    for (const { strategy } of holdings) known(state, strategy, 'delegation.stakers', key);
  }
  for (const [key] of state.pods.podValidators.entries()) {
    const [owner = '', validator = ''] = key.split('|');
    const isThere = state.pods.pods.has(owner) && state.pods.beaconValidators.has(validator);
    check(isThere, 'pods.podValidators', key, 'no such pod or no such validator');
  }
  for (const [key, { beaconChainSlashingFactor }] of state.pods.owners.entries())
    check(beaconChainSlashingFactor <= WAD, 'pods.owners', key, `beaconChainSlashingFactor: expected 0..${WAD}`);
  Consistency.list('rewards.roots', state.rewards.roots, parameters(state).rootCount);
  Consistency.list('emissions.distributions', state.rewards.distributions, state.rewards.emissions.get('now')?.distributionCount ?? 0n);
}

/** Every queued withdrawal is among its staker's, and nothing else is. */
function withdrawals(state: State): void {
  const { withdrawals: all, queued, counters, completed } = state.delegation;
  const [name, rows] = ['delegation.withdrawals', all.entries()];
  const given = counters.get('withdrawals') ?? 0n;
  for (const [id, { staker, strategies, scaledShares }] of rows) {
    Consistency.check(ID.test(id) && BigInt(id.slice(1)) < given && !completed.has(id), name, id, 'no id that was given');
    Consistency.check(strategies.length === scaledShares.length, name, id, 'strategies and scaledShares differ in length');
    for (const strategy of strategies) known(state, strategy, name, id);
    Consistency.check(queued.has(staker, id), name, id, "not among its staker's");
  }
  Consistency.check(queued.total() === BigInt(rows.length), 'delegation.queued', '', `expected the ids of ${rows.length} withdrawals`);
}

function known(state: State, strategy: string, name: string, key: string): void {
  Consistency.check(state.rank(strategy) !== undefined, name, key, `the configuration knows no strategy ${strategy.slice(0, 80)}`);
}
