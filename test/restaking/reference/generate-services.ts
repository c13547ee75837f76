// Random operations of services and operators: operator sets, magnitudes, slashes, burns.
import type { EigenLayerBuilder } from './generate-eigenlayer.ts';
import { BEACON, type Proposal } from './generate-staking.ts';
import type { JsonObject } from './json.ts';

const WAD = 10n ** 18n;

/** 'avs:id' as the two fields of an operation. */
function place(set: string): { avs: string; id: number } {
  const [avs, id] = set.split(':');
  return { avs: avs ?? '', id: Number(id) };
}

function anySet(b: EigenLayerBuilder): string {
  return b.random.chance(2) ? 'v1:99' : b.random.pick(b.names('operatorSets'));
}

export function createOperatorSet(b: EigenLayerBuilder): Proposal {
  const sets = b.names('operatorSets');
  const isNew = sets.length < 6 && b.random.chance(70);
  const where = isNew ? { avs: b.random.pick(['v1', 'v2']), id: 10 + sets.length } : place(b.random.pick(sets));
  const strategies = b.random.shuffled(b.random.some([...b.strategies.slice(0, 3), BEACON]));
  if (b.random.chance(10)) strategies.push(...strategies.slice(0, 1));
  const isRedistributing = b.random.chance(40);
  const chosen = isRedistributing && b.random.chance(85) ? strategies.filter((one) => one !== BEACON) : strategies;
  return {
    ...{ op: 'createOperatorSet', ...where, strategies: chosen },
    ...(isRedistributing ? { redistributionRecipient: b.random.pick(['rec', 'rec2']) } : {}),
    ...(b.random.chance(20) ? { slasher: 'slasher' } : {}),
  };
}

export function changeStrategies(b: EigenLayerBuilder): Proposal {
  const set = anySet(b);
  const has = b.list('operatorSets', set, 'strategies');
  const lacks = [...b.strategies.slice(0, 3), BEACON].filter((strategy) => !has.includes(strategy));
  const isAdding = lacks.length > 0 && b.random.chance(65);
  const fitting = isAdding ? lacks : has;
  const strategy = b.random.pick(b.random.chance(85) && fitting.length > 0 ? fitting : [...b.strategies.slice(0, 3), BEACON]);
  return { op: isAdding ? 'addStrategies' : 'removeStrategies', ...place(set), strategies: [strategy] };
}

function anyOperator(b: EigenLayerBuilder): string {
  return b.random.chance(3) ? 'a' : b.random.pick(b.names('operators'));
}

export function changeMembership(b: EigenLayerBuilder): Proposal {
  const operator = anyOperator(b);
  const all = b.names('operatorSets');
  const registered = b.list('operators', operator, 'registeredSets');
  const slashable = b.names('operators', operator, 'slashable');
  const free = all.filter((set) => !slashable.includes(set));
  if (b.random.chance(registered.length > 2 ? 55 : 25)) {
    const set = registered.length > 0 && b.random.chance(85) ? b.random.pick(registered) : b.random.chance(60) ? undefined : anySet(b);
    if (set === undefined) return undefined;
    const { avs, id } = place(set);
    const caller = b.random.chance(10) ? 'mallory' : b.random.chance(25) ? avs : undefined;
    return { op: 'deregisterFromOperatorSets', operator, avs, ids: [id], ...(caller === undefined ? {} : { caller }) };
  }
  if (free.length === 0 && b.random.chance(80)) return undefined;
  const set = free.length > 0 && b.random.chance(85) ? b.random.pick(free) : anySet(b);
  const { avs, id } = place(set);
  const also = free.filter((one) => one !== set && place(one).avs === avs).map((one) => place(one).id);
  const ids = b.random.chance(20) ? [id, ...also.slice(0, 1)] : [id];
  return { op: 'registerForOperatorSets', operator, avs, ids, ...(b.random.chance(3) ? { caller: 'mallory' } : {}) };
}

export function setAllocationDelay(b: EigenLayerBuilder): Proposal {
  const operator = b.random.chance(10) ? 'a' : b.random.pick(b.names('operators'));
  return { op: 'setAllocationDelay', operator, delay: b.random.below(8) };
}

/** A new magnitude for one allocation, most often one that is possible. */
function newMagnitude(b: EigenLayerBuilder, operator: string, set: string, strategy: string): bigint {
  const cur = b.number(['operators', operator, 'allocations', set, strategy, 'currentMagnitude']);
  const free = b.number(['operators', operator, 'allocatableMagnitude', strategy], WAD);
  const odd = b.random.below(100);
  if (odd < 3) return cur;
  if (odd < 7) return cur + free + 1n + b.random.ofAnySize(18);
  if (cur > 0n && (free === 0n || b.random.chance(45))) return cur - b.random.part(cur);
  if (b.random.chance(10)) return cur + b.random.ofAnySize(2);
  return cur + b.random.part(free);
}

export function modifyAllocations(b: EigenLayerBuilder): Proposal {
  if (b.random.chance(1)) {
    return { op: 'modifyAllocations', operator: 'b', avs: 'v1', id: 0, strategies: ['S1'], newMagnitudes: ['1'] };
  }
  const operator = b.random.pick(b.names('operators'));
  const sets = b.names('operatorSets');
  const element = (): JsonObject => {
    const registered = b.list('operators', operator, 'registeredSets');
    const set = b.random.chance(2) ? 'v2:77' : b.random.pick(registered.length > 0 && b.random.chance(75) ? registered : sets);
    const inSet = b.list('operatorSets', set, 'strategies').slice(0, 4);
    const from = b.random.chance(90) && inSet.length > 0 ? inSet : [...b.strategies.slice(0, 3), BEACON];
    const settled = from.filter((one) => {
      const isFree = b.number(['operators', operator, 'allocatableMagnitude', one], WAD) > 0n;
      const allocation = ['operators', operator, 'allocations', set, one];
      return b.number([...allocation, 'effectBlock']) === 0n && (isFree || b.number([...allocation, 'currentMagnitude']) > 0n);
    });
    const strategies = b.random.some(settled.length > 0 && b.random.chance(94) ? settled : from);
    const magnitudes = strategies.map((strategy) => String(newMagnitude(b, operator, set, strategy)));
    if (b.random.chance(1)) magnitudes.pop();
    return { ...place(set), strategies, newMagnitudes: magnitudes };
  };
  if (b.random.chance(8)) return { op: 'modifyAllocations', operator, params: [element(), element()] };
  return { op: 'modifyAllocations', operator, ...element() };
}

export function clearDeallocationQueue(b: EigenLayerBuilder): Proposal {
  const strategies = b.random.shuffled(b.random.some([...b.strategies.slice(0, 3), BEACON]));
  const numToClear = strategies.map(() => b.random.pick([0, 1, 1, 2, 65_535]));
  if (b.random.chance(4)) numToClear.pop();
  return { op: 'clearDeallocationQueue', operator: anyOperator(b), strategies, numToClear };
}

export function updateSlasher(b: EigenLayerBuilder): Proposal {
  const set = anySet(b);
  return { op: 'updateSlasher', ...place(set), slasher: b.random.pick(['slasher', 'slasher2', place(set).avs]) };
}

function wad(b: EigenLayerBuilder): bigint {
  const how = b.random.below(100);
  if (how < 12) return 1n;
  if (how < 18) return WAD;
  if (how < 22) return WAD - 1n;
  if (how < 45) return b.random.ofAnySize(17);
  if (how < 50) return WAD / 3n;
  return 1n + b.random.bigBelow(WAD / 2n);
}

export function slash(b: EigenLayerBuilder): Proposal {
  const candidates = b
    .names('operators')
    .flatMap((operator) => b.names('operators', operator, 'slashable').map((set) => [operator, set] as const));
  if (candidates.length === 0 || b.random.chance(8)) {
    if (b.random.chance(50)) return undefined;
    return { op: 'slash', ...place(anySet(b)), operator: b.random.pick(b.operatorNames), strategies: ['S1'], wads: ['1'] };
  }
  const [operator, set] = b.random.pick(candidates);
  const order = [...b.strategies, BEACON];
  const has = b.list('operatorSets', set, 'strategies');
  const strategies = b.random.some(order.filter((one) => has.includes(one))).slice(0, 4);
  const wads = strategies.map(() => String(wad(b)));
  const caller = b.random.chance(3) ? 'mallory' : b.slasherOf(set);
  const odd = b.random.below(100);
  if (odd < 2) wads.pop();
  else if (odd < 5) strategies.reverse();
  else if (odd < 7) strategies.push(b.random.pick(order));
  else if (odd < 9) wads[0] = String(b.random.pick([0n, WAD + 1n]));
  else if (odd < 11 && !has.includes('S1')) strategies[0] = 'S1';
  if (odd >= 5 && odd < 7) wads.push('1');
  return { op: 'slash', ...place(set), operator, strategies, wads, ...(caller === place(set).avs ? {} : { caller }) };
}

export function clearBurn(b: EigenLayerBuilder): Proposal {
  const due = b.names('operatorSets').flatMap((set) => {
    const ids = b.names('operatorSets', set, 'burnOrRedistributable');
    const block = b.number(['block']);
    return ids.map((id) => ({ set, id, isRipe: block > b.number(['operatorSets', set, 'slashResolutionBlock', id]) }));
  });
  const ripe = due.filter((one) => one.isRipe);
  const pool = ripe.length > 0 && b.random.chance(90) ? ripe : b.random.chance(25) ? due : [];
  if (pool.length === 0) {
    if (b.random.chance(80)) return undefined;
    return { op: 'clearBurnOrRedistributableShares', ...place(anySet(b)), slashId: b.random.between(1, 9) };
  }
  const { set, id } = b.random.pick(pool);
  const inMap = b.names('operatorSets', set, 'burnOrRedistributable', id);
  const strategy = b.random.pick(b.random.chance(85) ? inMap : b.strategies);
  return {
    ...{ op: 'clearBurnOrRedistributableShares', ...place(set), slashId: Number(id) },
    ...(b.random.chance(35) ? { strategy } : {}),
  };
}
