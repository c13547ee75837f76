// EigenLayer reference ledger: the state as traces print it. What has its default value is left out.
import { allocationDelay, encumbered, updated } from './eigenlayer-allocation.ts';
import { heldStrategies, queuedSharesNow } from './eigenlayer-delegation.ts';
import { splitNow } from './eigenlayer-rewards.ts';
import { isSlashable } from './eigenlayer-sets.ts';
import { currentFactor, withdrawable } from './eigenlayer-shares.ts';
import { allocatedStake, minimumSlashable, slashableInQueue } from './eigenlayer-slashing.ts';
import {
  findPod,
  get,
  maxMagnitude,
  type OperatorSet,
  type Pod,
  scalingFactor,
  since1130,
  strategyOrder,
  type Table,
  type World,
} from './eigenlayer-state.ts';
import type { Json, JsonObject } from './json.ts';
import { WAD } from './maths.ts';

/** Values by name without those that have the default. */
function sparse(names: string[], value: (name: string) => bigint, otherwise = 0n): JsonObject {
  const result: JsonObject = {};
  for (const name of names) if (value(name) !== otherwise) result[name] = String(value(name));
  return result;
}

/** Objects by name without the empty ones. */
function sparseObjects(names: string[], value: (name: string) => JsonObject): JsonObject {
  const result: JsonObject = {};
  for (const name of names) if (Object.keys(value(name)).length > 0) result[name] = value(name);
  return result;
}

function podDump(world: World, pod: Pod): JsonObject {
  return {
    beaconChainSlashingFactor: String(world.state.b[pod.staker] ?? WAD),
    restakedExecutionLayerGwei: String(pod.rel),
    balanceWei: String(pod.balanceWei),
    activeValidatorCount: String(pod.active),
    currentCheckpointTimestamp: String(pod.cur),
    lastCheckpointTimestamp: String(pod.last),
    checkpoint: {
      proofsRemaining: String(pod.remaining),
      podBalanceGwei: String(pod.podBalanceGwei),
      balanceDeltasGwei: String(pod.deltas),
      prevBeaconBalanceGwei: String(pod.prevBeaconBalance),
    },
  };
}

function stakerDump(world: World, staker: string): JsonObject {
  const { state } = world;
  const all = strategyOrder(world);
  const pod = findPod(state, staker);
  const k = (strategy: string): bigint => scalingFactor(state, staker, strategy);
  const D = (strategy: string): bigint => get(state.D, `${staker}|${strategy}`);
  return {
    delegatedTo: state.op[staker] ?? null,
    strategyList: heldStrategies(state, staker),
    depositShares: sparse(all, D),
    withdrawableShares: sparse(all, (strategy) => withdrawable(D(strategy), k(strategy), currentFactor(state, staker, strategy))),
    depositScalingFactor: sparse(all, k, WAD),
    tokens: sparse(all, (strategy) => get(state.tokens, `${staker}|${strategy}`)),
    ...(pod === undefined ? {} : { pod: podDump(world, pod) }),
  };
}

function allocationsDump(world: World, operator: string, set: string): JsonObject {
  const result: JsonObject = {};
  for (const strategy of strategyOrder(world)) {
    const { allocation } = updated(world.state, operator, set, strategy);
    if (allocation.cur === 0n && allocation.diff === 0n && allocation.eff === 0n) continue;
    result[strategy] = {
      currentMagnitude: String(allocation.cur),
      pendingDiff: String(allocation.diff),
      effectBlock: String(allocation.eff),
    };
  }
  return result;
}

function operatorDump(world: World, operator: string): JsonObject {
  const { state, config } = world;
  const all = strategyOrder(world);
  const sets = state.sets.map((set) => set.name);
  const M = (strategy: string): bigint => maxMagnitude(state, operator, strategy);
  const delay = allocationDelay(state, operator);
  const slashable: JsonObject = {};
  for (const set of sets) if (isSlashable(state, operator, set)) slashable[set] = true;
  const stakes = (futureBlock: bigint, view: typeof allocatedStake): JsonObject =>
    sparseObjects(sets, (set) => sparse(all, (strategy) => view(world, { operator, set, strategy, futureBlock })));
  const later = stakes(state.block + config.dealloc + 1n, minimumSlashable);
  return {
    shares: sparse(all, (strategy) => get(state.S, `${operator}|${strategy}`)),
    maxMagnitude: sparse(all, M, WAD),
    encumberedMagnitude: sparse(all, (strategy) => encumbered(state, operator, strategy)),
    allocatableMagnitude: sparse(all, (strategy) => M(strategy) - encumbered(state, operator, strategy), WAD),
    slashableSharesInQueue: sparse(all, (strategy) => slashableInQueue(world, operator, strategy)),
    allocationDelay: { isSet: delay.isSet, delay: String(delay.delay) },
    allocatedSets: [...(state.allocatedSets[operator] ?? [])],
    registeredSets: [...(state.registeredSets[operator] ?? [])],
    allocations: sparseObjects(sets, (set) => allocationsDump(world, operator, set)),
    slashable,
    minSlashableStake: stakes(state.block, minimumSlashable),
    ...(Object.keys(later).length === 0 ? {} : { minSlashableStakeAfterDeallocationDelay: later }),
    allocatedStake: stakes(state.block, allocatedStake),
  };
}

function setDump(world: World, set: OperatorSet): JsonObject {
  const burns: Record<string, JsonObject> = {};
  for (const burn of set.burns) {
    const entries = burns[String(burn.slashId)] ?? {};
    entries[burn.strategy] = String(burn.shares);
    burns[String(burn.slashId)] = entries;
  }
  return {
    members: [...set.members],
    strategies: [...set.strategies],
    slashCount: String(set.slashCount),
    burnOrRedistributable: burns,
    ...(since1130(world) ? { slashResolutionBlock: sparse(Object.keys(set.resolution), (id) => get(set.resolution, id)) } : {}),
  };
}

/** A table with keys 'a|b' as objects in objects. */
function nested(table: Table): JsonObject {
  const result: Record<string, JsonObject> = {};
  for (const key of Object.keys(table)) {
    const place = key.indexOf('|');
    const outer = key.slice(0, place);
    const value = get(table, key);
    if (value === 0n) continue;
    const inner = result[outer] ?? {};
    inner[key.slice(place + 1)] = String(value);
    result[outer] = inner;
  }
  return result;
}

function rewardsDump(world: World): JsonObject {
  const { rewards } = world.state;
  const splits: JsonObject = {};
  for (const key of world.namedSplits) splits[key] = String(splitNow(world, key));
  return {
    splits,
    balances: nested(rewards.balances),
    nonces: sparse(Object.keys(rewards.nonces), (avs) => get(rewards.nonces, avs)),
    cumulativeClaimed: nested(rewards.claimed),
    roots: String(rewards.roots.length),
  };
}

function byName(names: string[], value: (name: string) => Json): JsonObject {
  const result: JsonObject = {};
  for (const name of names) result[name] = value(name);
  return result;
}

export function dump(world: World): JsonObject {
  const { state, config } = world;
  const all = strategyOrder(world);
  const withdrawals: JsonObject = {};
  for (const withdrawal of state.withdrawals.filter((one) => one.open)) {
    withdrawals[withdrawal.id] = {
      staker: withdrawal.staker,
      delegatedTo: withdrawal.delegatedTo ?? null,
      startBlock: String(withdrawal.startBlock),
      strategies: [...withdrawal.strategies],
      scaledShares: withdrawal.scaledShares.map(String),
      sharesNow: queuedSharesNow(world, withdrawal).map(String),
    };
  }
  const sets: JsonObject = {};
  for (const set of state.sets) sets[set.name] = setDump(world, set);
  return {
    block: String(state.block),
    time: String(state.time),
    strategies: byName(config.strategies, (strategy) => ({
      totalShares: String(get(state.T, strategy)),
      tokenBalance: String(get(state.bal, strategy)),
    })),
    stakers: byName(world.namedStakers, (staker) => stakerDump(world, staker)),
    operators: byName(state.operators, (operator) => operatorDump(world, operator)),
    operatorSets: sets,
    burnableETHShares: String(state.burnableETHShares),
    burnAddress: sparse(all, (strategy) => get(state.burnAddress, strategy)),
    recipients: byName(Object.keys(state.recipients), (name) => sparse(all, (strategy) => get(state.recipients[name] ?? {}, strategy))),
    withdrawals,
    ...(config.rewards === undefined ? {} : { rewards: rewardsDump(world) }),
  };
}
