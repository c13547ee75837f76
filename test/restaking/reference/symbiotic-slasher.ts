// Symbiotic reference ledger: delegators (network and full restaking) and slashers (instant and with veto) of Symbiotic core.
import { at, integer, type Json, type JsonObject, text } from './json.ts';
import { min, mulDiv, refuse, require } from './maths.ts';
import { epochAt, latest, pushAt, type SlashRequest, type State, subnetwork, valueAt, type World } from './symbiotic-state.ts';
import { vaultOnSlash } from './symbiotic-vault.ts';

export function setMaxNetworkLimit(world: World, op: JsonObject): Json {
  const { state } = world;
  const sub = subnetwork(op);
  const amount = integer(op, 'amount');
  require((state.maxNetworkLimit[sub] ?? 0n) !== amount, 'AlreadySet');
  state.maxNetworkLimit[sub] = amount;
  if (latest(state.networkLimit[sub]) > amount) pushAt(state.networkLimit, sub, state.time, amount);
  return { ok: true };
}

export function setNetworkLimit(world: World, op: JsonObject): Json {
  const { state } = world;
  const sub = subnetwork(op);
  const amount = integer(op, 'amount');
  require(amount <= (state.maxNetworkLimit[sub] ?? 0n), 'ExceedsMaxNetworkLimit');
  require(latest(state.networkLimit[sub]) !== amount, 'AlreadySet');
  pushAt(state.networkLimit, sub, state.time, amount);
  return { ok: true };
}

export function setOperatorNetworkLimit(world: World, op: JsonObject): Json {
  const { state } = world;
  const key = `${subnetwork(op)}|${text(op, 'operator')}`;
  const amount = integer(op, 'amount');
  require(latest(state.operatorLimit[key]) !== amount, 'AlreadySet');
  pushAt(state.operatorLimit, key, state.time, amount);
  return { ok: true };
}

export function setOperatorNetworkShares(world: World, op: JsonObject): Json {
  const { state } = world;
  const sub = subnetwork(op);
  const key = `${sub}|${text(op, 'operator')}`;
  const shares = integer(op, 'shares');
  const before = latest(state.operatorShares[key]);
  require(before !== shares, 'AlreadySet');
  pushAt(state.totalOperatorShares, sub, state.time, latest(state.totalOperatorShares[sub]) - before + shares);
  pushAt(state.operatorShares, key, state.time, shares);
  return { ok: true };
}

/** Stake that a delegator gave an operator in a subnetwork at a moment. */
export function stakeAt(world: World, sub: string, operator: string, time: bigint): bigint {
  const { state, config } = world;
  const key = `${sub}|${operator}`;
  const limited = min(valueAt(state.activeStake, time), valueAt(state.networkLimit[sub], time));
  if (config.delegator === 'full') return min(limited, valueAt(state.operatorLimit[key], time));
  const total = valueAt(state.totalOperatorShares[sub], time);
  return total === 0n ? 0n : mulDiv(valueAt(state.operatorShares[key], time), limited, total);
}

/** Stake that can still be slashed for a capture. */
export function slashableStake(world: World, sub: string, operator: string, capture: bigint): bigint {
  const { state, config } = world;
  const key = `${sub}|${operator}`;
  if (capture < state.time - config.epochDuration || capture >= state.time) return 0n;
  if (capture < (state.latestCapture[key] ?? 0n)) return 0n;
  const stake = stakeAt(world, sub, operator, capture);
  const since = latest(state.cumulativeSlash[key]) - valueAt(state.cumulativeSlash[key], capture);
  return stake - min(since, stake);
}

function record(world: World, sub: string, operator: string, slashed: bigint, capture: bigint): void {
  const { state } = world;
  const key = `${sub}|${operator}`;
  if ((state.latestCapture[key] ?? 0n) < capture) state.latestCapture[key] = capture;
  pushAt(state.cumulativeSlash, key, state.time, latest(state.cumulativeSlash[key]) + slashed);
  vaultOnSlash(world, slashed, capture);
}

export function slash(world: World, op: JsonObject): Json {
  const { state, config } = world;
  const sub = subnetwork(op);
  const operator = text(op, 'operator');
  const capture = state.time - integer(op, 'captureAgo');
  require(capture >= state.time - config.epochDuration && capture < state.time, 'InvalidCaptureTimestamp');
  const slashed = min(integer(op, 'amount'), slashableStake(world, sub, operator, capture));
  require(slashed !== 0n, 'InsufficientSlash');
  record(world, sub, operator, slashed, capture);
  return { ok: true, slashedAmount: String(slashed) };
}

export function requestSlash(world: World, op: JsonObject): Json {
  const { state, config } = world;
  const sub = subnetwork(op);
  const operator = text(op, 'operator');
  const capture = state.time - integer(op, 'captureAgo');
  const earliest = state.time + config.vetoDuration - config.epochDuration;
  require(capture >= earliest && capture < state.time, 'InvalidCaptureTimestamp');
  const amount = min(integer(op, 'amount'), slashableStake(world, sub, operator, capture));
  require(amount !== 0n, 'InsufficientSlash');
  const deadline = state.time + config.vetoDuration;
  state.requests.push({ net: text(op, 'net'), subnetwork: sub, operator, amount, capture, deadline, completed: false });
  return { ok: true, slashIndex: String(state.requests.length - 1) };
}

function requestOf(state: State, op: JsonObject): SlashRequest {
  return state.requests[Number(integer(op, 'index'))] ?? refuse('SlashRequestNotExist');
}

function resolverAt(state: State, sub: string, time: bigint): string | undefined {
  let resolver: string | undefined;
  for (const point of state.resolvers[sub] ?? []) if (point.time <= time) resolver = point.resolver;
  return resolver;
}

export function executeSlash(world: World, op: JsonObject): Json {
  const { state, config } = world;
  const request = requestOf(state, op);
  require(text(op, 'net') === request.net, 'NotNetworkMiddleware');
  const captured = resolverAt(state, request.subnetwork, request.capture);
  const present = resolverAt(state, request.subnetwork, state.time - 1n);
  require(captured === undefined || present === undefined || request.deadline <= state.time, 'VetoPeriodNotEnded');
  require(state.time - request.capture <= config.epochDuration, 'SlashPeriodEnded');
  const slashed = min(request.amount, slashableStake(world, request.subnetwork, request.operator, request.capture));
  require(slashed !== 0n, 'InsufficientSlash');
  require(!request.completed, 'SlashRequestCompleted');
  request.completed = true;
  record(world, request.subnetwork, request.operator, slashed, request.capture);
  return { ok: true, slashedAmount: String(slashed) };
}

export function vetoSlash(world: World, op: JsonObject): Json {
  const { state } = world;
  const request = requestOf(state, op);
  const captured = resolverAt(state, request.subnetwork, request.capture);
  const present = resolverAt(state, request.subnetwork, state.time - 1n);
  require(captured !== undefined && present !== undefined, 'NoResolver');
  require(text(op, 'who') === captured, 'NotResolver');
  require(state.time < request.deadline, 'VetoPeriodEnded');
  require(!request.completed, 'SlashRequestCompleted');
  request.completed = true;
  return { ok: true };
}

export function setResolver(world: World, op: JsonObject): Json {
  const { state, config } = world;
  const sub = subnetwork(op);
  const resolver = op['resolver'] === undefined || op['resolver'] === null ? undefined : text(op, 'resolver');
  const points = state.resolvers[sub] ?? [];
  state.resolvers[sub] = points;
  if (points.length === 0) {
    require(resolver !== undefined, 'AlreadySet');
    points.push({ time: state.time, resolver });
    return { ok: true };
  }
  if (at(points, points.length - 1).time > state.time) points.pop();
  else require(at(points, points.length - 1).resolver !== resolver, 'AlreadySet');
  if (at(points, points.length - 1).resolver !== resolver) {
    const epochStart = config.startTime + epochAt(config, state.time) * config.epochDuration;
    points.push({ time: epochStart + config.resolverSetEpochsDelay * config.epochDuration, resolver });
  }
  return { ok: true };
}
