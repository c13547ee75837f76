// EigenLayer reference ledger: allocation delays, magnitudes and their pending changes (EigenLayer contracts AllocationManager).
import { existingSet, isSlashable, setName } from './eigenlayer-sets.ts';
import { type Allocation, exclude, get, include, listAt, maxMagnitude, type State, type World } from './eigenlayer-state.ts';
import { array, at, integer, integers, type Json, type JsonObject, object, text, textOr, texts } from './json.ts';
import { refuse, require } from './maths.ts';

export type Updated = { E: bigint; allocation: Allocation };

export function allocationDelay(state: State, operator: string): { isSet: boolean; delay: bigint } {
  const record = state.delays[operator];
  if (record === undefined) return { isSet: false, delay: 0n };
  if (record.eff !== 0n && state.block >= record.eff) return { isSet: true, delay: record.pending };
  return { isSet: record.isSet, delay: record.delay };
}

export function setAllocationDelay(world: World, op: JsonObject): Json {
  const { state, config } = world;
  const operator = text(op, 'operator');
  require(textOr(op, 'caller', operator) === operator, 'InvalidPermissions');
  require(state.op[operator] === operator, 'InvalidOperator');
  const { isSet, delay } = allocationDelay(state, operator);
  state.delays[operator] = { isSet, delay, pending: integer(op, 'delay'), eff: state.block + config.config + 1n };
  return { ok: true };
}

/** An allocation as it counts now; nothing is written. */
export function updated(state: State, operator: string, set: string, strategy: string): Updated {
  const stored = state.allocations[`${operator}|${set}|${strategy}`] ?? { cur: 0n, diff: 0n, eff: 0n };
  const E = get(state.E, `${operator}|${strategy}`);
  if (state.block < stored.eff) return { E, allocation: { ...stored } };
  return {
    E: stored.diff < 0n ? E + stored.diff : E,
    allocation: { cur: stored.cur + stored.diff, diff: 0n, eff: 0n },
  };
}

export function write(state: State, operator: string, set: string, strategy: string, next: Updated): void {
  state.E[`${operator}|${strategy}`] = next.E;
  state.allocations[`${operator}|${set}|${strategy}`] = { ...next.allocation };
  const strategies = listAt(state.allocatedStrategies, `${operator}|${set}`);
  const sets = listAt(state.allocatedSets, operator);
  if (next.allocation.diff !== 0n) {
    include(strategies, strategy);
    include(sets, set);
  } else if (next.allocation.cur === 0n) {
    exclude(strategies, strategy);
    if (strategies.length === 0) exclude(sets, set);
  }
}

function clearQueue(state: State, operator: string, strategy: string, atMost: bigint): void {
  const queue = listAt(state.Q, `${operator}|${strategy}`);
  let cleared = 0n;
  while (queue.length > 0 && cleared < atMost) {
    const set = at(queue, 0);
    const now = updated(state, operator, set, strategy);
    if (state.block < now.allocation.eff) return;
    write(state, operator, set, strategy, now);
    queue.shift();
    cleared += 1n;
  }
}

export function clearDeallocationQueue(world: World, op: JsonObject): Json {
  const operator = text(op, 'operator');
  const strategies = texts(op, 'strategies');
  const numToClear = integers(op, 'numToClear');
  require(strategies.length === numToClear.length, 'InputArrayLengthMismatch');
  strategies.forEach((strategy, i) => {
    clearQueue(world.state, operator, strategy, at(numToClear, i));
  });
  return { ok: true };
}

/** Encumbered magnitude with the deallocations that could be cleared taken off. */
export function encumbered(state: State, operator: string, strategy: string): bigint {
  let E = get(state.E, `${operator}|${strategy}`);
  for (const set of state.Q[`${operator}|${strategy}`] ?? []) {
    const stored = state.allocations[`${operator}|${set}|${strategy}`] ?? { cur: 0n, diff: 0n, eff: 0n };
    if (state.block < stored.eff) break;
    if (stored.diff < 0n) E += stored.diff;
  }
  return E;
}

function modifyOne(
  world: World,
  operator: string,
  change: { set: string; strategy: string; magnitude: bigint; slashable: boolean; delay: bigint },
): void {
  const { state, config } = world;
  const { set, strategy } = change;
  clearQueue(state, operator, strategy, 65_535n);
  const now = updated(state, operator, set, strategy);
  require(now.allocation.eff === 0n, 'ModificationAlreadyPending');
  const diff = change.magnitude - now.allocation.cur;
  require(diff !== 0n, 'SameMagnitude');
  if (diff < 0n) {
    const isInSet = existingSet(state, set).strategies.includes(strategy);
    if (isInSet && change.slashable && now.allocation.cur !== 0n) {
      listAt(state.Q, `${operator}|${strategy}`).push(set);
      now.allocation.diff = diff;
      now.allocation.eff = state.block + config.dealloc + 1n;
    } else {
      now.E += diff;
      now.allocation.cur = change.magnitude;
      now.allocation.eff = state.block;
    }
  } else {
    now.E += diff;
    require(now.E < 2n ** 64n, "Error(SafeCast: value doesn't fit in 64 bits)");
    require(now.E <= maxMagnitude(state, operator, strategy), 'InsufficientMagnitude');
    now.allocation.diff = diff;
    now.allocation.eff = state.block + change.delay;
  }
  write(state, operator, set, strategy, now);
}

export function modifyAllocations(world: World, op: JsonObject): Json {
  const { state } = world;
  const operator = text(op, 'operator');
  require(textOr(op, 'caller', operator) === operator, 'InvalidPermissions');
  const { isSet, delay } = allocationDelay(state, operator);
  if (!isSet) refuse('UninitializedAllocationDelay');
  const elements = op['params'] === undefined ? [op] : array(op, 'params').map((one) => object(one, 'params'));
  for (const element of elements) {
    const strategies = texts(element, 'strategies');
    const magnitudes = integers(element, 'newMagnitudes');
    require(strategies.length === magnitudes.length, 'InputArrayLengthMismatch');
    const set = existingSet(state, setName(element)).name;
    const slashable = isSlashable(state, operator, set);
    strategies.forEach((strategy, i) => {
      modifyOne(world, operator, { set, strategy, magnitude: at(magnitudes, i), slashable, delay });
    });
  }
  return { ok: true };
}
