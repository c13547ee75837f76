// EigenLayer reference ledger: operator sets, their members and slashers (EigenLayer contracts AllocationManager).
import { BEACON, exclude, findSet, include, listAt, type OperatorSet, type State, type World } from './eigenlayer-state.ts';
import { integer, integers, type Json, type JsonObject, text, textOr, texts } from './json.ts';
import { refuse, require } from './maths.ts';

export function setName(op: JsonObject): string {
  return `${text(op, 'avs')}:${integer(op, 'id')}`;
}

export function existingSet(state: State, name: string): OperatorSet {
  return findSet(state, name) ?? refuse('InvalidOperatorSet');
}

export function createOperatorSet(world: World, op: JsonObject): Json {
  const { state } = world;
  const name = setName(op);
  require(findSet(state, name) === undefined, 'InvalidOperatorSet');
  const recipient = op['redistributionRecipient'] === undefined ? undefined : text(op, 'redistributionRecipient');
  const strategies: string[] = [];
  for (const strategy of texts(op, 'strategies')) {
    require(recipient === undefined || strategy !== BEACON, 'InvalidStrategy');
    require(include(strategies, strategy), 'StrategyAlreadyInOperatorSet');
  }
  const slasher = textOr(op, 'slasher', text(op, 'avs'));
  state.sets.push({
    ...{ name, strategies, recipient, slasher },
    ...{ members: [], slashCount: 0n, pendingSlasher: slasher, slasherEff: 0n, burns: [], resolution: {} },
  });
  if (recipient !== undefined) state.recipients[recipient] ??= {};
  return { ok: true };
}

export function addStrategies(world: World, op: JsonObject): Json {
  const set = existingSet(world.state, setName(op));
  for (const strategy of texts(op, 'strategies')) {
    require(set.recipient === undefined || strategy !== BEACON, 'InvalidStrategy');
    require(include(set.strategies, strategy), 'StrategyAlreadyInOperatorSet');
  }
  return { ok: true };
}

export function removeStrategies(world: World, op: JsonObject): Json {
  const set = existingSet(world.state, setName(op));
  for (const strategy of texts(op, 'strategies')) require(exclude(set.strategies, strategy), 'StrategyNotInOperatorSet');
  return { ok: true };
}

export function isSlashable(state: State, operator: string, set: string): boolean {
  if ((state.registeredSets[operator] ?? []).includes(set)) return true;
  const until = state.slashableUntil[`${operator}|${set}`];
  return until !== undefined && state.block <= until;
}

export function registerForOperatorSets(world: World, op: JsonObject): Json {
  const { state } = world;
  const operator = text(op, 'operator');
  require(textOr(op, 'caller', operator) === operator, 'InvalidPermissions');
  require(state.op[operator] === operator, 'InvalidOperator');
  for (const id of integers(op, 'ids')) {
    const set = existingSet(state, `${text(op, 'avs')}:${id}`);
    require(!isSlashable(state, operator, set.name), 'AlreadyMemberOfSet');
    include(listAt(state.registeredSets, operator), set.name);
    include(set.members, operator);
  }
  return { ok: true };
}

export function deregisterFromOperatorSets(world: World, op: JsonObject): Json {
  const { state, config } = world;
  const operator = text(op, 'operator');
  const avs = text(op, 'avs');
  const caller = textOr(op, 'caller', operator);
  require(caller === operator || caller === avs, 'InvalidCaller');
  for (const id of integers(op, 'ids')) {
    const set = existingSet(state, `${avs}:${id}`);
    require(exclude(listAt(state.registeredSets, operator), set.name), 'NotMemberOfSet');
    exclude(set.members, operator);
    state.slashableUntil[`${operator}|${set.name}`] = state.block + config.dealloc;
  }
  return { ok: true };
}

/** Who may slash now: a matured proposal replaces the old slasher. */
export function slasherOf(state: State, set: OperatorSet): string {
  return set.slasherEff !== 0n && state.block >= set.slasherEff ? set.pendingSlasher : set.slasher;
}

export function updateSlasher(world: World, op: JsonObject): Json {
  const { state, config } = world;
  const set = existingSet(state, setName(op));
  const slasher = text(op, 'slasher');
  const isPending = set.slasherEff !== 0n && state.block < set.slasherEff;
  if (isPending && set.pendingSlasher === slasher) return { ok: true };
  set.slasher = slasherOf(state, set);
  set.pendingSlasher = slasher;
  set.slasherEff = state.block + config.config + 1n;
  return { ok: true };
}
