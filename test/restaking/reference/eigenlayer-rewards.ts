// EigenLayer reference ledger: rewards on the chain (EigenLayer contracts RewardsCoordinator).
import { existingSet, setName } from './eigenlayer-sets.ts';
import { add, BEACON, findSet, get, include, type Rewards, type Split, strategyOrder, type World } from './eigenlayer-state.ts';
import { array, flag, integer, integerOr, type Json, type JsonObject, pairs, text, textOr, texts } from './json.ts';
import { refuse, require } from './maths.ts';

const NEVER = 65_535n;
const MAX_AMOUNT = 10n ** 38n - 1n;
const UPDATER = 'updater';

function constant(world: World, name: string, otherwise: bigint): bigint {
  return integerOr(world.config.rewards ?? {}, name, otherwise);
}

const activationDelay = (world: World): bigint => constant(world, 'activationDelay', 604_800n);

function splitKey(op: JsonObject): string {
  const kind = text(op, 'kind');
  const operator = text(op, 'operator');
  if (kind === 'avs') return `avs|${operator}|${text(op, 'avs')}`;
  if (kind === 'pi') return `pi|${operator}`;
  return `set|${operator}|${text(op, 'avs')}|${integer(op, 'id')}`;
}

export function splitNow(world: World, key: string): bigint {
  const split = world.state.rewards.splits.find((one) => one.key === key);
  const otherwise = constant(world, 'defaultSplit', 1000n);
  const { time } = world.state;
  if (split === undefined || split.at === 0n) return otherwise;
  if (split.old === NEVER && time < split.at) return otherwise;
  return time >= split.at ? split.new : split.old;
}

export function setSplit(world: World, op: JsonObject): Json {
  const { state } = world;
  const key = splitKey(op);
  include(world.namedSplits, key);
  if (text(op, 'kind') === 'set') existingSet(state, setName(op));
  const value = integer(op, 'split');
  require(value <= 10_000n, 'SplitExceedsMax');
  let split = state.rewards.splits.find((one) => one.key === key);
  if (split === undefined) {
    const made: Split = { key, old: 0n, new: 0n, at: 0n };
    split = made;
    state.rewards.splits.push(made);
  }
  require(state.time > split.at, 'PreviousSplitPending');
  split.old = split.at === 0n ? NEVER : split.new;
  split.new = value;
  split.at = state.time + activationDelay(world);
  return { ok: true };
}

export function optInFee(world: World, op: JsonObject): Json {
  world.state.rewards.feeOptIn[text(op, 'who')] = flag(op, 'value');
  return { ok: true };
}

/** Checks that all forms of submissions share. */
function checkCommon(world: World, op: JsonObject): { start: bigint; duration: bigint } {
  const { time } = world.state;
  const strategies = pairs(op, 'strategies').map(([strategy]) => strategy);
  const start = integer(op, 'startTimestamp');
  const duration = integer(op, 'duration');
  const interval = constant(world, 'calculationInterval', 86_400n);
  require(strategies.length !== 0, 'InputArrayLengthZero');
  require(duration <= constant(world, 'maxDuration', 63_072_000n), 'DurationExceedsMax');
  require(duration % interval === 0n, 'InvalidDurationRemainder');
  require(duration !== 0n, 'DurationIsZero');
  require(start % interval === 0n, 'InvalidStartTimestampRemainder');
  const earliest = time - constant(world, 'maxRetroactive', 14_515_200n);
  require(start >= earliest && start >= constant(world, 'genesis', 1_710_979_200n), 'StartTimestampTooFarInPast');
  const order = strategyOrder(world);
  strategies.forEach((strategy, i) => {
    require(strategy === BEACON || world.config.strategies.includes(strategy), 'StrategyNotWhitelisted');
    const previous = strategies[i - 1];
    require(previous === undefined || order.indexOf(previous) < order.indexOf(strategy), 'StrategiesNotInAscendingOrder');
  });
  return { start, duration };
}

/** Tokens that arrive in the coordinator: the fee leaves, the rest stays. */
function receive(rewards: Rewards, caller: string, token: string, amounts: bigint[]): void {
  for (const amount of amounts) {
    const fee = rewards.feeOptIn[caller] === true ? (amount * 2000n) / 10_000n : 0n;
    add(rewards.balances, `RC|${token}`, amount - fee);
    add(rewards.balances, `feeRecipient|${token}`, fee);
  }
}

export function submitRewards(world: World, op: JsonObject): Json {
  const { state } = world;
  const kind = text(op, 'type');
  const avs = text(op, 'avs');
  const token = text(op, 'token');
  if (kind === 'allEarners') refuse('UnauthorizedCaller');
  const isForSet = kind === 'uniqueStake' || kind === 'totalStake' || kind === 'operatorDirectedSet';
  if (isForSet && findSet(state, setName(op)) === undefined) refuse('InvalidOperatorSet');
  const { start, duration } = checkCommon(world, op);
  if (kind.startsWith('operatorDirected')) {
    const rewards = pairs(op, 'operatorRewards');
    require(rewards.length !== 0, 'InputArrayLengthZero');
    require(start + duration < state.time, 'SubmissionNotRetroactive');
    rewards.forEach(([operator, amount], i) => {
      const previous = rewards[i - 1];
      require(previous === undefined || previous[0] < operator, 'OperatorsNotInAscendingOrder');
      require(amount > 0n, 'AmountIsZero');
    });
    const total = rewards.reduce((sum, [, amount]) => sum + amount, 0n);
    require(total <= MAX_AMOUNT, 'AmountExceedsMax');
    receive(
      state.rewards,
      avs,
      token,
      rewards.map(([, amount]) => amount),
    );
  } else {
    const amount = integer(op, 'amount');
    require(amount !== 0n, 'AmountIsZero');
    require(amount <= MAX_AMOUNT, 'AmountExceedsMax');
    require(start <= state.time + constant(world, 'maxFuture', 2_592_000n), 'StartTimestampTooFarInFuture');
    receive(state.rewards, avs, token, [amount]);
  }
  add(state.rewards.nonces, avs, 1n);
  return { ok: true };
}

export function submitRoot(world: World, op: JsonObject): Json {
  const { rewards, time } = world.state;
  require(textOr(op, 'caller', UPDATER) === UPDATER, 'UnauthorizedCaller');
  const end = integer(op, 'endTimestamp');
  require(end > rewards.lastEnd, 'NewRootMustBeForNewCalculatedPeriod');
  require(end < time, 'RewardsEndTimestampNotElapsed');
  const earnings = array(op, 'earnings').map((entry) => {
    if (!Array.isArray(entry) || typeof entry[0] !== 'string' || entry[1] === undefined) throw new TypeError('earnings hold no pair');
    return { earner: entry[0], tokens: pairs({ tokens: entry[1] }, 'tokens') };
  });
  rewards.roots.push({ end, activatedAt: time + activationDelay(world), disabled: false, earnings });
  rewards.lastEnd = end;
  return { ok: true };
}

export function disableRoot(world: World, op: JsonObject): Json {
  const { rewards, time } = world.state;
  require(textOr(op, 'caller', UPDATER) === UPDATER, 'UnauthorizedCaller');
  const root = rewards.roots[Number(integer(op, 'index'))];
  if (root === undefined) refuse('InvalidRootIndex');
  require(!root.disabled, 'RootDisabled');
  require(time < root.activatedAt, 'RootAlreadyActivated');
  root.disabled = true;
  return { ok: true };
}

export function setClaimerFor(world: World, op: JsonObject): Json {
  world.state.rewards.claimerFor[text(op, 'earner')] = text(op, 'claimer');
  return { ok: true };
}

export function claim(world: World, op: JsonObject): Json {
  const { rewards, time } = world.state;
  const earner = text(op, 'earner');
  const root = rewards.roots[Number(integer(op, 'root'))];
  if (root === undefined) throw new Error(`no root: ${JSON.stringify(op)}`);
  require(!root.disabled, 'RootDisabled');
  require(time >= root.activatedAt, 'RootNotActivated');
  require(!flag(op, 'forged'), 'InvalidClaimProof');
  const earnings = root.earnings.find((one) => one.earner === earner);
  if (earnings === undefined) throw new Error(`no earnings: ${JSON.stringify(op)}`);
  require(textOr(op, 'caller', earner) === (rewards.claimerFor[earner] ?? earner), 'UnauthorizedCaller');
  for (const token of texts(op, 'tokens')) {
    const cumulative = earnings.tokens.find(([name]) => name === token)?.[1];
    if (cumulative === undefined) throw new Error(`no earnings of ${token}: ${JSON.stringify(op)}`);
    const before = get(rewards.claimed, `${earner}|${token}`);
    require(cumulative > before, 'EarningsNotGreaterThanClaimed');
    rewards.claimed[`${earner}|${token}`] = cumulative;
    const due = cumulative - before;
    require(due <= get(rewards.balances, `RC|${token}`), 'Error(ERC20: balance)');
    add(rewards.balances, `RC|${token}`, -due);
    add(rewards.balances, `${text(op, 'recipient')}|${token}`, due);
  }
  return { ok: true };
}
