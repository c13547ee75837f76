// EigenLayer reference ledger: vaults of token strategies, deposits, and the rule that adds shares to a delegation (EigenLayer contracts
// StrategyBase, StrategyManager, DelegationManager).

import {
  add,
  BEACON,
  beaconFactor,
  get,
  include,
  listAt,
  maxMagnitude,
  type State,
  scalingFactor,
  type World,
} from './eigenlayer-state.ts';
import { integer, type Json, type JsonObject, text } from './json.ts';
import { div, MAX_UINT256, minus, mul, plus, refuse, require, times, WAD } from './maths.ts';

const VIRTUAL = 1000n;
const MAX_TOTAL_SHARES = 10n ** 38n - 1n;

/** The exchange rate that a vault emits after each operation: its product may overflow. */
function emitExchangeRate(state: State, strategy: string): void {
  const virtualBalance = get(state.bal, strategy) + VIRTUAL;
  times(WAD, virtualBalance);
}

/** Shares for tokens that have already arrived in the vault. */
export function vaultDeposit(state: State, strategy: string, amount: bigint): bigint {
  const balanceBefore = get(state.bal, strategy) - amount;
  const total = get(state.T, strategy);
  const shares = times(amount, total + VIRTUAL) / (balanceBefore + VIRTUAL);
  require(shares !== 0n, 'NewSharesZero');
  state.T[strategy] = plus(total, shares);
  require(get(state.T, strategy) <= MAX_TOTAL_SHARES, 'TotalSharesExceedsMax');
  emitExchangeRate(state, strategy);
  return shares;
}

/** Takes shares out of a vault and tells what they are paid. */
export function vaultWithdraw(state: State, strategy: string, shares: bigint): bigint {
  const total = get(state.T, strategy);
  require(shares <= total, 'WithdrawalAmountExceedsTotalDeposits');
  const balance = get(state.bal, strategy);
  const out = times(balance + VIRTUAL, shares) / (total + VIRTUAL);
  state.T[strategy] = total - shares;
  require(out <= balance, 'Error(ERC20: balance)');
  state.bal[strategy] = balance - out;
  emitExchangeRate(state, strategy);
  return out;
}

/** Factor that slashing leaves of a staker's shares, for a given max magnitude. */
export function slashingFactor(state: State, staker: string, strategy: string, magnitude: bigint): bigint {
  return strategy === BEACON ? mul(magnitude, beaconFactor(state, staker)) : magnitude;
}

/** The same under the staker's present operator. */
export function currentFactor(state: State, staker: string, strategy: string): bigint {
  return slashingFactor(state, staker, strategy, maxMagnitude(state, state.op[staker], strategy));
}

/** What a staker could withdraw of some deposit shares, in three steps that are each rounded. */
export function withdrawable(depositShares: bigint, k: bigint, factor: bigint): bigint {
  return mul(mul(depositShares, k), factor);
}

/** Adds deposit shares to a staker; answers how many there were before. */
export function addShares(state: State, staker: string, strategy: string, shares: bigint): bigint {
  const key = `${staker}|${strategy}`;
  const before = get(state.D, key);
  if (strategy !== BEACON) {
    require(shares !== 0n, 'SharesAmountZero');
    if (before === 0n) {
      const list = listAt(state.list, staker);
      require(list.length < 32, 'MaxStrategiesExceeded');
      include(list, strategy);
    }
  }
  state.D[key] = before + shares;
  return before;
}

/** Increase delegation: the new scaling factor, and the operator's shares. */
export function increaseDelegation(
  state: State,
  increase: { staker: string; operator: string | undefined; strategy: string; before: bigint; added: bigint; factor: bigint },
): void {
  const { staker, operator, strategy, before, added, factor } = increase;
  if (factor === 0n) refuse('FullySlashed');
  if (added === 0n) return;
  const key = `${staker}|${strategy}`;
  const k = scalingFactor(state, staker, strategy);
  if (before === 0n) {
    state.k[key] = div(k, factor);
  } else {
    const current = mul(mul(before, k), factor);
    const ratio = div(plus(current, added), plus(before, added));
    const next = div(ratio, factor);
    require(next !== 0n, 'InvalidDepositScalingFactor');
    state.k[key] = next;
  }
  if (operator !== undefined) state.S[`${operator}|${strategy}`] = plus(get(state.S, `${operator}|${strategy}`), added);
}

export function deposit(world: World, op: JsonObject): Json {
  const { state, config } = world;
  const staker = text(op, 'staker');
  const strategy = text(op, 'strategy');
  const amount = integer(op, 'amount');
  require(config.strategies.includes(strategy), 'StrategyNotWhitelisted');
  if (get(state.bal, strategy) + amount > MAX_UINT256) refuse('Panic(0x11)');
  add(state.bal, strategy, amount);
  const shares = vaultDeposit(state, strategy, amount);
  const before = addShares(state, staker, strategy, shares);
  increaseDelegation(state, {
    ...{ staker, strategy, before },
    operator: state.op[staker],
    added: shares,
    factor: currentFactor(state, staker, strategy),
  });
  return { ok: true, shares: String(shares) };
}

export function donate(world: World, op: JsonObject): Json {
  add(world.state.bal, text(op, 'strategy'), integer(op, 'amount'));
  return { ok: true };
}

export function rebaseDown(world: World, op: JsonObject): Json {
  const strategy = text(op, 'strategy');
  require(integer(op, 'amount') <= get(world.state.bal, strategy), 'Error(ERC20: balance)');
  world.state.bal[strategy] = minus(get(world.state.bal, strategy), integer(op, 'amount'));
  return { ok: true };
}
