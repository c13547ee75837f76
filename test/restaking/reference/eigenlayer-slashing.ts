// EigenLayer reference ledger: slashing, what is burned or redistributed of it, and the views of slashable stake (EigenLayer contracts
// AllocationManager, DelegationManager, StrategyManager).
import { updated, write } from './eigenlayer-allocation.ts';
import { existingSet, isSlashable, setName, slasherOf } from './eigenlayer-sets.ts';
import { vaultWithdraw } from './eigenlayer-shares.ts';
import {
  add,
  BEACON,
  findSet,
  get,
  latest,
  maxMagnitude,
  type OperatorSet,
  push,
  since1130,
  strategyOrder,
  valueAt,
  type World,
} from './eigenlayer-state.ts';
import { at, integer, integers, type Json, type JsonObject, text, textOr, texts } from './json.ts';
import { div, minus, mul, mulDivUp, mulUp, require, WAD } from './maths.ts';

/** Queued shares that a slash of the whole magnitude would take now. */
export function slashableInQueue(world: World, operator: string, strategy: string): bigint {
  const { state, config } = world;
  const key = `${operator}|${strategy}`;
  const recent = latest(state.H, key, 0n) - valueAt(state.H, key, minus(state.block, config.delay + 1n), 0n);
  return mul(recent, maxMagnitude(state, operator, strategy));
}

/** Slashes one strategy; answers the shares to be burned. */
function slashOne(world: World, operator: string, set: OperatorSet, hit: { slashId: bigint; strategy: string; wad: bigint }): bigint {
  const { state, config } = world;
  const { strategy, wad } = hit;
  const key = `${operator}|${strategy}`;
  const now = updated(state, operator, set.name, strategy);
  if (now.allocation.cur === 0n) return 0n;
  const M = maxMagnitude(state, operator, strategy);
  const z = mulUp(now.allocation.cur, wad);
  now.allocation.cur -= z;
  now.E -= z;
  const next = M - z;
  if (now.allocation.diff < 0n) now.allocation.diff += mulUp(-now.allocation.diff, wad);
  write(state, operator, set.name, strategy, now);
  const queued = slashableInQueue(world, operator, strategy);
  push(state.M, key, state.block, next);
  const S = get(state.S, key);
  const active = S - mulDivUp(S, next, M);
  state.S[key] = S - active;
  const fromQueue = queued - mulDivUp(queued, next, M);
  const total = active + fromQueue;
  if (strategy === BEACON) {
    state.burnableETHShares += total;
  } else {
    set.burns.push({ slashId: hit.slashId, strategy, shares: total });
    if (since1130(world)) set.resolution[String(hit.slashId)] ??= state.block + config.resolution;
  }
  return total;
}

export function slash(world: World, op: JsonObject): Json {
  const { state } = world;
  const operator = text(op, 'operator');
  const strategies = texts(op, 'strategies');
  const wads = integers(op, 'wads');
  require(strategies.length === wads.length, 'InputArrayLengthMismatch');
  const set = existingSet(state, setName(op));
  require(isSlashable(state, operator, set.name), 'OperatorNotSlashable');
  require(textOr(op, 'caller', text(op, 'avs')) === slasherOf(state, set), 'InvalidCaller');
  set.slashCount += 1n;
  const slashId = set.slashCount;
  const order = strategyOrder(world);
  const shares = strategies.map((strategy, i) => {
    const wad = at(wads, i);
    require(i === 0 || order.indexOf(at(strategies, i - 1)) < order.indexOf(strategy), 'StrategiesMustBeInAscendingOrder');
    require(wad > 0n && wad <= WAD, 'InvalidWadToSlash');
    require(set.strategies.includes(strategy), 'StrategyNotInOperatorSet');
    return slashOne(world, operator, set, { slashId, strategy, wad });
  });
  return { ok: true, slashId: String(slashId), shares: shares.map(String) };
}

export function clearBurnOrRedistributableShares(world: World, op: JsonObject): Json {
  const { state } = world;
  const set = findSet(state, setName(op));
  const only = op['strategy'] === undefined ? undefined : text(op, 'strategy');
  if (set === undefined) return { ok: true, amounts: only === undefined ? [] : ['0'] };
  const slashId = integer(op, 'slashId');
  if (since1130(world)) require(state.block > get(set.resolution, String(slashId)), 'SlashResolutionDelayNotElapsed');
  const due = set.burns.filter((burn) => burn.slashId === slashId && (only === undefined || burn.strategy === only));
  const amounts = due.map((burn) => {
    if (burn.shares === 0n) return 0n;
    const paid = vaultWithdraw(state, burn.strategy, burn.shares);
    if (set.recipient === undefined) {
      add(state.burnAddress, burn.strategy, paid);
    } else {
      const held = state.recipients[set.recipient] ?? {};
      add(held, burn.strategy, paid);
      state.recipients[set.recipient] = held;
    }
    return paid;
  });
  set.burns = set.burns.filter((burn) => !due.includes(burn));
  if (!set.burns.some((burn) => burn.slashId === slashId)) delete set.resolution[String(slashId)];
  if (only !== undefined && due.length === 0) amounts.push(0n);
  return { ok: true, amounts: amounts.map(String) };
}

/** Part of the operator's shares that a set could slash at least until a future block. */
export function minimumSlashable(world: World, place: { operator: string; set: string; strategy: string; futureBlock: bigint }): bigint {
  const { state } = world;
  if (!isSlashable(state, place.operator, place.set)) return 0n;
  return allocatedStake(world, place);
}

export function allocatedStake(world: World, place: { operator: string; set: string; strategy: string; futureBlock: bigint }): bigint {
  const { state } = world;
  const { operator, set, strategy, futureBlock } = place;
  const M = maxMagnitude(state, operator, strategy);
  if (M === 0n) return 0n;
  const { allocation } = updated(state, operator, set, strategy);
  const leaves = allocation.diff < 0n && allocation.eff <= futureBlock;
  const cur = leaves ? allocation.cur + allocation.diff : allocation.cur;
  return mul(get(state.S, `${operator}|${strategy}`), div(cur, M));
}
