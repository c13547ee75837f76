// The state of a ledger as the traces print it: decimal text, by the contracts' views; what has its default (0, WAD for factors and
// magnitudes) is left out.
import * as AllocationViews from '../allocation/allocations.ts';
import { maxMagnitude } from '../allocation/magnitudes.ts';
import { BEACON } from '../Config.ts';
import * as DelegatedShares from '../delegation/delegatedShares.ts';
import type { Withdrawal } from '../delegation/delegationStorage.ts';
import * as StakerShares from '../delegation/stakerShares.ts';
import { queuedWithdrawalShares } from '../delegation/withdrawals.ts';
import * as PodShares from '../pods/podShares.ts';
import type { Pod } from '../pods/podStorage.ts';
import * as RewardsView from '../rewards/rewardsView.ts';
import * as SlashableStake from '../SlashableStake.ts';
import * as SlashingLib from '../SlashingLib.ts';
import { BURN_ADDRESS } from '../strategies/slashedShares.ts';
import type { State } from './state.ts';
import type {
  AllocationView,
  Amounts,
  CheckpointView,
  OperatorSetView,
  OperatorView,
  PodView,
  StakerView,
  StateView,
  VaultView,
  WithdrawalView,
} from './stateViewTypes.ts';

/**
 * O(n log n) in all that the ledger holds: for looking, not for stepping.
 *
 * @param splits keys of rewards splits to show beside those that were set
 */
export function viewOf(state: State, splits: readonly string[] = []): StateView {
  const balances = balancesByHolder(state);
  const touched = touchedByOperator(state);
  const recipients = new Set<string>();
  for (const [, { redistributionRecipient }] of state.allocation.operatorSets.entries())
    if (redistributionRecipient !== null) recipients.add(redistributionRecipient);
  return {
    block: `${state.block}`,
    time: `${state.time}`,
    strategies: Object.fromEntries(state.config.strategies.map(({ id }) => [id, vault(state, id)])),
    stakers: stakers(state, balances),
    operators: Object.fromEntries(state.delegation.operators.entries().map(([id]) => [id, operator(state, id, touched(id))])),
    operatorSets: Object.fromEntries(state.allocation.operatorSets.entries().map(([key]) => [key, operatorSet(state, key)])),
    burnableETHShares: `${state.pods.numbers.get('burnableETHShares') ?? 0n}`,
    burnAddress: balances.get(BURN_ADDRESS) ?? {},
    recipients: Object.fromEntries([...recipients].sort().map((name) => [name, balances.get(name) ?? {}])),
    withdrawals: Object.fromEntries(state.delegation.withdrawals.entries().map(([id, record]) => [id, withdrawal(state, record)])),
    rewards: RewardsView.rewardsView(state, splits),
  };
}

function vault(state: State, id: string): VaultView {
  const { totalShares, tokenBalance } = state.strategies.vaults.get(id) ?? { totalShares: 0n, tokenBalance: 0n };
  return { totalShares: `${totalShares}`, tokenBalance: `${tokenBalance}` };
}

function balancesByHolder(state: State): Map<string, Amounts> {
  const byHolder = new Map<string, [string, string][]>();
  for (const [key, amount] of state.strategies.balances.entries()) {
    const [holder = '', token = ''] = key.split('|');
    const tokens = byHolder.get(holder) ?? [];
    tokens.push([token, `${amount}`]);
    byHolder.set(holder, tokens);
  }
  return new Map([...byHolder].map(([holder, tokens]) => [holder, Object.fromEntries(tokens)]));
}

function stakers(state: State, balances: ReadonlyMap<string, Amounts>): StateView['stakers'] {
  const names = new Set<string>();
  for (const table of [state.delegation.stakers, state.pods.owners, state.pods.pods]) for (const [id] of table.entries()) names.add(id);
  return Object.fromEntries([...names].sort().map((id) => [id, staker(state, id, balances.get(id) ?? {})]));
}

function staker(state: State, id: string, tokens: Amounts): StakerView {
  const { operator: delegatedTo } = StakerShares.staker(state, id);
  const held = heldBy(state, id);
  const factor = (x: string): bigint => DelegatedShares.depositScalingFactor(state, id, x);
  const withdrawable = held.map(([x, shares]): [string, string] => {
    const slashing = DelegatedShares.slashingFactor(state, id, x, maxMagnitude(state, delegatedTo, x));
    return [x, `${SlashingLib.withdrawableShares(shares, factor(x), slashing)}`];
  });
  const pod = state.pods.pods.get(id);
  const scaled = [...held.map(([x]) => x), BEACON].filter((x) => factor(x) !== SlashingLib.WAD);
  return {
    delegatedTo,
    strategyList: held.map(([x]) => x),
    depositShares: Object.fromEntries(held.map(([x, shares]) => [x, `${shares}`])),
    withdrawableShares: Object.fromEntries(withdrawable),
    depositScalingFactor: Object.fromEntries(scaled.map((x) => [x, `${factor(x)}`])),
    tokens,
    ...(pod === undefined ? {} : { pod: podView(state, id, pod) }),
  };
}

/** Strategies with deposit shares in the contract's order, native ETH last. */
function heldBy(state: State, id: string): [string, bigint][] {
  const tokens = StakerShares.staker(state, id).holdings.map(({ strategy, depositShares }): [string, bigint] => [strategy, depositShares]);
  const native = PodShares.depositShares(state, id);
  return native > 0n ? [...tokens, [BEACON, native]] : tokens;
}

function podView(state: State, id: string, pod: Pod): PodView {
  return {
    beaconChainSlashingFactor: `${PodShares.beaconFactor(state, id)}`,
    restakedExecutionLayerGwei: `${pod.restakedExecutionLayerGwei}`,
    balanceWei: `${pod.balanceWei}`,
    activeValidatorCount: `${pod.activeValidatorCount}`,
    currentCheckpointTimestamp: `${pod.currentCheckpointTimestamp}`,
    lastCheckpointTimestamp: `${pod.lastCheckpointTimestamp}`,
    checkpoint: checkpointView(pod),
  };
}

function checkpointView({ checkpoint }: Pod): CheckpointView {
  return {
    proofsRemaining: `${checkpoint.proofsRemaining}`,
    podBalanceGwei: `${checkpoint.podBalanceGwei}`,
    balanceDeltasGwei: `${checkpoint.balanceDeltasGwei}`,
    prevBeaconBalanceGwei: `${checkpoint.prevBeaconBalanceGwei}`,
  };
}

/** Where an operator is or was: sets that it registered for (it stays slashable for a while), allocations by set and strategy. */
type Touched = { readonly registrations: string[]; readonly allocations: [set: string, strategy: string][] };

function touchedByOperator(state: State): (operator: string) => Touched {
  const byOperator = new Map<string, Touched>();
  const of = (id: string): Touched => {
    const touched = byOperator.get(id) ?? { registrations: [], allocations: [] };
    byOperator.set(id, touched);
    return touched;
  };
  for (const [key] of state.allocation.registrations.entries()) {
    const [id = '', set = ''] = key.split('|');
    of(id).registrations.push(set);
  }
  for (const [key] of state.allocation.allocations.entries()) {
    const [id = '', set = '', strategy = ''] = key.split('|');
    of(id).allocations.push([set, strategy]);
  }
  return of;
}

function operator(state: State, id: string, touched: Touched): OperatorView {
  const strategies = [...state.config.strategies.map((strategy) => strategy.id), BEACON];
  const each = (of: (strategy: string) => bigint, otherwise: bigint): Amounts =>
    Object.fromEntries(strategies.flatMap((x) => (of(x) === otherwise ? [] : [[x, `${of(x)}`] as const])));
  const allocatedSets = state.allocation.allocatedSets.values(id);
  const registeredSets = state.allocation.registeredSets.values(id);
  const sets = [...new Set([...allocatedSets, ...touched.registrations])];
  const { isSet, delay } = AllocationViews.allocationDelay(state, id);
  const stakes = (of: (key: string, x: string) => bigint): OperatorView['allocatedStake'] =>
    bySet(allocatedSets, (key) => each((x) => of(key, x), 0n));
  const later = state.block + state.config.deallocationDelayBlocks + 1n;
  // In a chain younger than the withdrawal delay the contract's view reverts.
  const hasWindow = state.block > state.config.withdrawalDelayBlocks;
  return {
    shares: each((x) => DelegatedShares.operatorShares(state, id, x), 0n),
    maxMagnitude: each((x) => maxMagnitude(state, id, x), SlashingLib.WAD),
    encumberedMagnitude: each((x) => AllocationViews.encumberedMagnitude(state, id, x), 0n),
    allocatableMagnitude: each((x) => AllocationViews.allocatableMagnitude(state, id, x), SlashingLib.WAD),
    slashableSharesInQueue: hasWindow ? each((x) => DelegatedShares.slashableSharesInQueue(state, id, x), 0n) : {},
    allocationDelay: { isSet, delay: `${delay}` },
    allocatedSets,
    registeredSets,
    allocations: allocations(state, id, touched.allocations),
    slashable: Object.fromEntries(sets.map((key) => [key, AllocationViews.isOperatorSlashable(state, id, key)])),
    minSlashableStake: stakes((key, x) => SlashableStake.minimumSlashableStake(state, id, key, x, state.block)),
    minSlashableStakeAfterDeallocationDelay: stakes((key, x) => SlashableStake.minimumSlashableStake(state, id, key, x, later)),
    allocatedStake: stakes((key, x) => SlashableStake.allocatedStake(state, id, key, x)),
  };
}

function bySet(keys: readonly string[], of: (key: string) => Amounts): OperatorView['allocatedStake'] {
  return Object.fromEntries(keys.map((key) => [key, of(key)]));
}

/** Every allocation that was ever made: one that was slashed away while it waited still has its block. */
function allocations(state: State, id: string, sets: readonly (readonly [string, string])[]): OperatorView['allocations'] {
  const bySetKey = new Map<string, [string, AllocationView][]>();
  for (const [key, x] of sets) {
    const { currentMagnitude, pendingDiff, effectBlock } = AllocationViews.updatedAllocation(state, id, key, x);
    const strategies = bySetKey.get(key) ?? [];
    strategies.push([x, { currentMagnitude: `${currentMagnitude}`, pendingDiff: `${pendingDiff}`, effectBlock: `${effectBlock}` }]);
    bySetKey.set(key, strategies);
  }
  return Object.fromEntries([...bySetKey].map(([key, strategies]) => [key, Object.fromEntries(strategies)]));
}

function operatorSet(state: State, key: string): OperatorSetView {
  const { slashed, slashedShares, pendingSlashes, resolutionBlocks } = state.strategies;
  const slashIds = pendingSlashes.values(key);
  const entries = (id: string): Amounts =>
    Object.fromEntries(slashed.values(`${key}|${id}`).map((x) => [x, `${slashedShares.get(`${key}|${id}|${x}`) ?? 0n}`]));
  const blocks = slashIds.flatMap((id) => {
    const block = resolutionBlocks.get(`${key}|${id}`);
    return block === undefined ? [] : [[id, `${block}`] as const];
  });
  return {
    members: state.allocation.members.values(key),
    strategies: state.allocation.setStrategies.values(key),
    slashCount: `${state.allocation.operatorSets.get(key)?.slashCount ?? 0n}`,
    burnOrRedistributable: Object.fromEntries(slashIds.map((id) => [id, entries(id)])),
    ...(blocks.length === 0 ? {} : { slashResolutionBlock: Object.fromEntries(blocks) }),
  };
}

function withdrawal(state: State, record: Withdrawal): WithdrawalView {
  const { staker: id, operator: delegatedTo, startBlock, strategies, scaledShares } = record;
  return {
    staker: id,
    delegatedTo,
    startBlock: `${startBlock}`,
    strategies,
    scaledShares: scaledShares.map(String),
    sharesNow: queuedWithdrawalShares(state, record).map(String),
  };
}
