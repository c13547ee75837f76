// EigenLayer reference ledger: operators, delegation, and withdrawals from queue to payment (EigenLayer contracts DelegationManager).
import { payFromPod } from './eigenlayer-pods.ts';
import { addShares, currentFactor, increaseDelegation, slashingFactor, vaultWithdraw, withdrawable } from './eigenlayer-shares.ts';
import {
  add,
  BEACON,
  beaconFactor,
  exclude,
  get,
  include,
  latest,
  listAt,
  maxMagnitude,
  push,
  type State,
  scalingFactor,
  since1131,
  valueAt,
  type Withdrawal,
  type World,
} from './eigenlayer-state.ts';
import { at, flag, integer, integers, type Json, type JsonObject, text, textOr, texts } from './json.ts';
import { div, minus, mul, refuse, require, WAD } from './maths.ts';

/** Strategies a staker holds: the list in its order, BEACON last. */
export function heldStrategies(state: State, staker: string): string[] {
  const held = [...(state.list[staker] ?? [])];
  if (get(state.D, `${staker}|${BEACON}`) > 0n) held.push(BEACON);
  return held;
}

function delegateShares(state: State, staker: string, operator: string): void {
  state.op[staker] = operator;
  for (const strategy of heldStrategies(state, staker)) {
    const D = get(state.D, `${staker}|${strategy}`);
    const k = scalingFactor(state, staker, strategy);
    const added = strategy === BEACON ? mul(mul(D, k), beaconFactor(state, staker)) : D;
    increaseDelegation(state, { staker, operator, strategy, before: 0n, added, factor: maxMagnitude(state, operator, strategy) });
  }
}

export function registerOperator(world: World, op: JsonObject): Json {
  const { state } = world;
  const operator = text(op, 'operator');
  const delay = integer(op, 'allocationDelay');
  require(state.op[operator] === undefined, 'ActivelyDelegated');
  state.delays[operator] = { delay, pending: delay, isSet: true, eff: state.block };
  include(state.operators, operator);
  delegateShares(state, operator, operator);
  return { ok: true };
}

function delegateTo(state: State, staker: string, operator: string): void {
  require(state.op[staker] === undefined, 'ActivelyDelegated');
  require(state.op[operator] === operator, 'OperatorNotRegistered');
  delegateShares(state, staker, operator);
}

export function delegate(world: World, op: JsonObject): Json {
  delegateTo(world.state, text(op, 'staker'), text(op, 'operator'));
  return { ok: true };
}

/** Takes deposit shares away from a staker, token strategies and BEACON by their own rules. */
function removeDepositShares(state: State, staker: string, strategy: string, shares: bigint): void {
  const key = `${staker}|${strategy}`;
  const D = get(state.D, key);
  if (strategy === BEACON) {
    require(shares <= D, 'SharesNegative');
    state.D[key] = D - shares;
  } else {
    require(shares !== 0n, 'SharesAmountZero');
    require(shares <= D, 'SharesAmountTooHigh');
    state.D[key] = D - shares;
    if (D === shares) exclude(listAt(state.list, staker), strategy);
  }
  if (get(state.D, key) === 0n) state.k[key] = 0n;
}

/** Queues one withdrawal; the factors were computed before. */
function queueOne(
  world: World,
  staker: string,
  operator: string | undefined,
  parts: { strategies: string[]; depositShares: bigint[]; factors: bigint[] },
): Json {
  const { state } = world;
  const scaledShares: bigint[] = [];
  const atQueue: bigint[] = [];
  parts.strategies.forEach((strategy, i) => {
    const d = at(parts.depositShares, i);
    const factor = at(parts.factors, i);
    const k = scalingFactor(state, staker, strategy);
    const w = withdrawable(d, k, factor);
    const q = mul(d, k);
    if (operator !== undefined) {
      const key = `${operator}|${strategy}`;
      const recorded = !since1131(world) ? q : factor === 0n ? 0n : div(w, factor);
      push(state.H, key, state.block, latest(state.H, key, 0n) + recorded);
      state.S[key] = minus(get(state.S, key), w);
    }
    removeDepositShares(state, staker, strategy, d);
    scaledShares.push(q);
    atQueue.push(w);
  });
  const id = `W${state.withdrawals.length}`;
  state.withdrawals.push({
    id,
    staker,
    delegatedTo: operator,
    startBlock: state.block,
    strategies: parts.strategies,
    scaledShares,
    open: true,
  });
  return { id, withdrawableAtQueue: atQueue.map(String) };
}

/** Ends a delegation: one withdrawal for each strategy held. */
function undelegateShares(world: World, staker: string): Json[] {
  const { state } = world;
  const operator = state.op[staker];
  const strategies = heldStrategies(state, staker);
  const factors = strategies.map((strategy) => currentFactor(state, staker, strategy));
  delete state.op[staker];
  return strategies.map((strategy, i) =>
    queueOne(world, staker, operator, {
      strategies: [strategy],
      depositShares: [get(state.D, `${staker}|${strategy}`)],
      factors: [at(factors, i)],
    }),
  );
}

function checkUndelegate(state: State, staker: string, caller: string): void {
  const operator = state.op[staker];
  if (operator === undefined) refuse('NotActivelyDelegated');
  require(operator !== staker, 'OperatorsCannotUndelegate');
  require(caller === staker || caller === operator, 'CallerCannotUndelegate');
}

export function undelegate(world: World, op: JsonObject): Json {
  const staker = text(op, 'staker');
  checkUndelegate(world.state, staker, textOr(op, 'caller', staker));
  return { ok: true, withdrawals: undelegateShares(world, staker) };
}

export function redelegate(world: World, op: JsonObject): Json {
  const staker = text(op, 'staker');
  checkUndelegate(world.state, staker, staker);
  const withdrawals = undelegateShares(world, staker);
  delegateTo(world.state, staker, text(op, 'operator'));
  return { ok: true, withdrawals };
}

export function queueWithdrawal(world: World, op: JsonObject): Json {
  const { state } = world;
  const staker = text(op, 'staker');
  const strategies = texts(op, 'strategies');
  const depositShares = integers(op, 'depositShares');
  require(strategies.length === depositShares.length, 'InputArrayLengthMismatch');
  require(strategies.length !== 0, 'InputArrayLengthZero');
  const factors = strategies.map((strategy) => currentFactor(state, staker, strategy));
  return { ok: true, withdrawals: [queueOne(world, staker, state.op[staker], { strategies, depositShares, factors })] };
}

/** What slashing leaves of a queued withdrawal, its AVS part as of a block. */
function completionFactor(state: State, withdrawal: Withdrawal, strategy: string, block: bigint): bigint {
  const operator = withdrawal.delegatedTo;
  const magnitude = operator === undefined ? WAD : valueAt(state.M, `${operator}|${strategy}`, block, WAD);
  return slashingFactor(state, withdrawal.staker, strategy, magnitude);
}

/** Shares of a queued withdrawal as they stand now. */
export function queuedSharesNow(world: World, withdrawal: Withdrawal): bigint[] {
  const { state, config } = world;
  const until = withdrawal.startBlock + config.delay;
  const block = until < state.block ? until : state.block;
  return withdrawal.strategies.map((strategy, i) =>
    mul(at(withdrawal.scaledShares, i), completionFactor(state, withdrawal, strategy, block)),
  );
}

export function completeWithdrawal(world: World, op: JsonObject): Json {
  const { state, config } = world;
  const withdrawal = state.withdrawals.find((one) => one.id === text(op, 'withdrawal'));
  if (withdrawal === undefined) refuse('WithdrawalNotQueued');
  const { staker } = withdrawal;
  require(textOr(op, 'caller', staker) === staker, 'WithdrawerNotCaller');
  require(withdrawal.open, 'WithdrawalNotQueued');
  const until = withdrawal.startBlock + config.delay;
  require(state.block > until, 'WithdrawalDelayNotElapsed');
  const before = withdrawal.strategies.map((strategy) => completionFactor(state, withdrawal, strategy, until));
  const now = withdrawal.strategies.map((strategy) => currentFactor(state, staker, strategy));
  withdrawal.open = false;
  withdrawal.strategies.forEach((strategy, i) => {
    const shares = mul(at(withdrawal.scaledShares, i), at(before, i));
    if (shares === 0n) return;
    if (flag(op, 'receiveAsTokens')) {
      const paid = strategy === BEACON ? payFromPod(state, staker, shares) : vaultWithdraw(state, strategy, shares);
      add(state.tokens, `${staker}|${strategy}`, paid);
    } else {
      const had = addShares(state, staker, strategy, shares);
      increaseDelegation(state, { staker, operator: state.op[staker], strategy, before: had, added: shares, factor: at(now, i) });
    }
  });
  return { ok: true };
}
