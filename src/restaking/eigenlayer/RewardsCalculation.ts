// What everybody earns by a submission: the off-chain calculation on daily snapshots, as pure functions.
// Implements Layr-Labs/sidecar docs/docs/sidecar/rewards/calculation.md and pkg/rewards/1_…21_gold….go with the rules that hold since the
// last of mainnet's changes to them (Trinity, Colorado, Sabine); earlier ones are not here.
//
// Decimals: the sidecar leaves them to PostgreSQL's `numeric`, and so does this (numeric.ts): quotients are rounded half up before they are
// floored, and from about 17 digits on have no decimals at all, so that a "floor" may be 1 wei above the exact one.
// Not established: which of the sidecar's historic shares of stakers (before slashing) a given root was made with. Snapshots are the
// caller's; RewardsSnapshots says how the sidecar takes them, and its shares differ from the contracts' by dust after slashes.
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';
import type { Earnings } from './RewardsMerkle.ts';
import * as RewardsSnapshots from './RewardsSnapshots.ts';
import type { Numeric } from './rewards/numeric.ts';
import type { Submission } from './rewards/rewardsStorage.ts';
import { type Allocated, byProportion, byWeight, operatorPart, type Pairs, perDay, weight } from './rewards/rewardsWeights.ts';

export type Reason =
  | Check.Reason
  | RewardsSnapshots.Reason
  | { readonly code: 'rewards.missing-day'; readonly dayTime: string }
  | { readonly code: 'rewards.duplicate-day'; readonly dayTime: string }
  | { readonly code: 'rewards.not-calculated'; readonly kind: string };

/** A submission as RewardsCoordinator keeps it (RewardsCoordinatorViews.submissions), net of the fee. */
export type SubmissionTerms = Pick<
  Submission,
  'kind' | 'avs' | 'operatorSetId' | 'amount' | 'operatorRewards' | 'strategies' | 'startTimestamp' | 'duration'
>;

/** A staker by the snapshot of a day: its shares by strategy. */
export type StakerDay = { readonly staker: string; readonly shares: Pairs };

/** An operator by the snapshot of a day. Splits are left out where the operator chose none. @unit of splits 1/10000 */
export type OperatorDay = {
  readonly operator: string;
  /** Those delegated to it. */
  readonly stakers: readonly StakerDay[];
  /** Its own shares by strategy: for stake in operator sets. */
  readonly shares?: Pairs;
  /** AVSs that it is registered to; `strategies` are those that it restakes for the AVS. */
  readonly avss?: readonly { readonly avs: string; readonly strategies: readonly string[]; readonly split?: bigint }[];
  /** Operator sets that it is registered to. */
  readonly operatorSets?: readonly {
    readonly avs: string;
    readonly id: bigint;
    readonly split?: bigint;
    readonly allocations?: readonly (Allocated & { readonly strategy: string })[];
  }[];
  /** For programmatic incentives. */
  readonly piSplit?: bigint;
};

export type DaySnapshot = {
  /** 00:00 UTC. @unit s */
  readonly day: bigint;
  readonly defaultSplit?: bigint;
  readonly operators: readonly OperatorDay[];
  /** The strategies of operator sets. */
  readonly operatorSets?: readonly { readonly avs: string; readonly id: bigint; readonly strategies: readonly string[] }[];
};

/** @unit of `amount` token wei */
export type Reward = { readonly day: bigint; readonly earner: string; readonly amount: bigint };

/** Tokens of one day by earner. */
type Paid = (readonly [earner: string, amount: bigint])[];
type Registered = { readonly operator: OperatorDay; readonly split: bigint | undefined };

/**
 * Tokens of a submission for one day; what is not given out on a day is not given out later.
 *
 * @unit token wei
 * @throws input.*
 * @source Layr-Labs/sidecar pkg/rewards/1_goldActiveRewards.go, 15_goldActiveUniqueAndTotalStakeRewards.go
 */
export function tokensPerDay(amount: bigint, duration: bigint): bigint {
  Check.bigInteger(amount, 'amount', 0n, 10n ** 38n);
  return perDay(amount, Check.bigInteger(duration, 'duration', RewardsSnapshots.DAY, 0xffff_ffffn) / RewardsSnapshots.DAY);
}

/**
 * What everybody earns by a submission on the days of the given snapshots: operators, stakers, and the AVS where it gets tokens back. Days
 * outside the submission are ignored; an operator-directed submission needs all of its days.
 *
 * @returns by day, then in order of first mention; an earner is there once a day; amounts of 0 are left out
 * @throws input.*, rewards.missing-day, rewards.duplicate-day
 * @throws rewards.not-calculated - the kind `forAll`, which mainnet does not use
 * @source Layr-Labs/sidecar pkg/rewards/22_goldStaging.go
 */
export function rewardsOf(submission: SubmissionTerms, snapshots: readonly DaySnapshot[]): Reward[] {
  const { kind, startTimestamp, duration } = Check.object(submission, 'submission');
  const byDay = new Map<bigint, DaySnapshot>();
  for (const snapshot of Check.list(snapshots, 'snapshots')) {
    const dayTime = `${snapshot.day}`;
    if (byDay.has(snapshot.day)) fail<Reason>({ code: 'rewards.duplicate-day', dayTime }, `snapshots: ${dayTime} is there twice`);
    byDay.set(snapshot.day, snapshot);
  }
  const days = RewardsSnapshots.snapshotDays(startTimestamp, duration);
  if (kind === 'operatorDirectedAVS' || kind === 'operatorDirectedSet') {
    const all = days.map((day) => byDay.get(day) ?? missingDay(day));
    return merged(directed(submission, all));
  }
  const given = days.flatMap((day) => byDay.get(day) ?? []);
  const perDayTokens = tokensPerDay(submission.amount, duration);
  return merged(given.map((snapshot) => [snapshot.day, pool(submission, snapshot, perDayTokens)]));
}

/**
 * Cumulative earnings for the tree of a root: sums by earner and token.
 *
 * @throws input.*
 * @source Layr-Labs/sidecar pkg/rewards/rewards.go (cumulative amounts by earner and token)
 */
export function cumulative(rewards: readonly { readonly token: string; readonly rewards: readonly Reward[] }[]): Earnings {
  const earners = new Map<string, Map<string, bigint>>();
  for (const { token, rewards: each } of Check.list(rewards, 'rewards'))
    for (const { earner, amount } of each) {
      const tokens = earners.get(earner) ?? new Map<string, bigint>();
      tokens.set(token, (tokens.get(token) ?? 0n) + amount);
      earners.set(earner, tokens);
    }
  return [...earners].map(([earner, tokens]) => [earner, [...tokens]]);
}

function pool(submission: SubmissionTerms, snapshot: DaySnapshot, tokens: bigint): Paid {
  switch (submission.kind) {
    case 'avs':
      return byStakers(submission, snapshot, tokens, ofAvs(submission.avs, snapshot), true);
    case 'allEarners':
      return byStakers(submission, snapshot, tokens, ofAny(snapshot), false);
    case 'uniqueStake':
      return byStake(submission, snapshot, tokens, true);
    case 'totalStake':
      return byStake(submission, snapshot, tokens, false);
    default:
      return fail<Reason>({ code: 'rewards.not-calculated', kind: submission.kind }, `${submission.kind}: not calculated`);
  }
}

/** All stakers of all eligible operators by weight, and each operator its split of what its stakers get. Tables 2, 3, 5, 6. */
function byStakers(
  { strategies, avs }: SubmissionTerms,
  { defaultSplit }: DaySnapshot,
  tokens: bigint,
  operators: readonly Registered[],
  onlyRestaked: boolean,
): Paid {
  const rows = operators.flatMap((registered) => {
    const restaked = registered.operator.avss?.find((each) => each.avs === avs)?.strategies ?? [];
    const counted = strategies.filter(([strategy, multiplier]) => multiplier !== 0n && (!onlyRestaked || restaked.includes(strategy)));
    return stakerWeights(registered.operator, counted).map(([staker, each]) => [{ ...registered, staker }, each] as const);
  });
  return byProportion(rows, tokens).flatMap(([{ operator, split, staker }, amount]) => {
    const kept = operatorPart(amount, split, defaultSplit);
    return [
      [operator.operator, kept],
      [staker, amount - kept],
    ] as const;
  });
}

/** Operators of a set by their stake, then each operator's stakers by theirs; the AVS gets the day back when nobody got anything. 16 to 21. */
function byStake(submission: SubmissionTerms, snapshot: DaySnapshot, tokens: bigint, onlyAllocated: boolean): Paid {
  const { strategies, avs } = submission;
  const rows = ofSet(submission, snapshot).flatMap((registered) => {
    const allocated = onlyAllocated ? allocationsOf(registered.operator, submission) : undefined;
    const each = weight(strategies, registered.operator.shares ?? [], allocated);
    return each === undefined ? [] : [[{ ...registered, allocated }, each] as const];
  });
  const counted = strategies.filter(([, multiplier]) => multiplier !== 0n);
  const paid = byWeight(rows, tokens).flatMap(([{ operator, split, allocated }, amount]): Paid => {
    const kept = operatorPart(amount, split, snapshot.defaultSplit);
    return [[operator.operator, kept], ...byProportion(stakerWeights(operator, counted, allocated), amount - kept)];
  });
  return paid.some(([, amount]) => amount > 0n) ? paid : [[avs, tokens]];
}

/** Each named operator has an amount of its own, spread over the days on which it was registered. Tables 7 to 14. */
function directed(submission: SubmissionTerms, snapshots: readonly DaySnapshot[]): (readonly [bigint, Paid])[] {
  const { avs, operatorRewards } = submission;
  const isForSet = submission.kind === 'operatorDirectedSet';
  const eligible = snapshots.map((snapshot) => {
    const registered = isForSet ? ofSet(submission, snapshot) : ofAvs(avs, snapshot);
    return new Map(registered.map((each) => [each.operator.operator, each]));
  });
  const spread = (operatorRewards ?? []).map(([operator, amount]) => {
    const registeredDays = eligible.filter((day) => day.has(operator)).length;
    return { operator, registeredDays, tokens: perDay(amount, BigInt(registeredDays === 0 ? snapshots.length : registeredDays)) };
  });
  const unregistered = spread.filter(({ registeredDays }) => registeredDays === 0).reduce((sum, { tokens }) => sum + tokens, 0n);
  return snapshots.map((snapshot, i) => {
    const counted = directedStrategies(submission, snapshot);
    const paid: (readonly [string, bigint])[] = [];
    let unstaked = 0n;
    for (const { operator, tokens } of spread) {
      const registered = eligible[i]?.get(operator);
      if (registered === undefined) continue;
      const kept = operatorPart(tokens, registered.split, snapshot.defaultSplit);
      paid.push([operator, kept], ...byProportion(stakerWeights(registered.operator, counted), tokens - kept));
      if (isForSet && !hasRegisteredStrategy(submission, snapshot)) unstaked += tokens - kept;
    }
    // The sidecar unites both refunds as a set: when they are equal only one is paid.
    const refunds = unregistered === unstaked ? [unregistered] : [unregistered, unstaked];
    return [snapshot.day, [...paid, ...refunds.map((amount) => [avs, amount] as const)]] as const;
  });
}

/** For an AVS all strategies of the submission count; for a set those that it has on that day. */
function directedStrategies({ kind, avs, operatorSetId, strategies }: SubmissionTerms, snapshot: DaySnapshot): Pairs {
  const weighted = strategies.filter(([, multiplier]) => multiplier !== 0n);
  if (kind !== 'operatorDirectedSet') return weighted;
  const set = snapshot.operatorSets?.find((each) => each.avs === avs && each.id === operatorSetId)?.strategies ?? [];
  return weighted.filter(([strategy]) => set.includes(strategy));
}

/** Also one with multiplier 0 counts here. */
function hasRegisteredStrategy({ avs, operatorSetId, strategies }: SubmissionTerms, snapshot: DaySnapshot): boolean {
  const set = snapshot.operatorSets?.find((each) => each.avs === avs && each.id === operatorSetId)?.strategies ?? [];
  return strategies.some(([strategy]) => set.includes(strategy));
}

function stakerWeights(
  operator: OperatorDay,
  strategies: Pairs,
  allocated?: (strategy: string) => Allocated | undefined,
): (readonly [staker: string, weight: Numeric])[] {
  return operator.stakers.flatMap(({ staker, shares }) => {
    const each = weight(strategies, shares, allocated);
    return each === undefined ? [] : [[staker, each] as const];
  });
}

function ofAvs(avs: string, { operators }: DaySnapshot): Registered[] {
  return operators.flatMap((operator) => {
    const registration = operator.avss?.find((each) => each.avs === avs);
    return registration === undefined ? [] : [{ operator, split: registration.split }];
  });
}

/** Registered to any AVS or any operator set. */
function ofAny({ operators }: DaySnapshot): Registered[] {
  return operators
    .filter(({ avss, operatorSets }) => (avss?.length ?? 0) + (operatorSets?.length ?? 0) > 0)
    .map((operator) => ({ operator, split: operator.piSplit }));
}

function ofSet({ avs, operatorSetId }: SubmissionTerms, { operators }: DaySnapshot): Registered[] {
  return operators.flatMap((operator) => {
    const registration = operator.operatorSets?.find((each) => each.avs === avs && each.id === operatorSetId);
    return registration === undefined ? [] : [{ operator, split: registration.split }];
  });
}

function allocationsOf(operator: OperatorDay, { avs, operatorSetId }: SubmissionTerms): (strategy: string) => Allocated | undefined {
  const set = operator.operatorSets?.find((each) => each.avs === avs && each.id === operatorSetId);
  return (strategy) => set?.allocations?.find((each) => each.strategy === strategy);
}

/** One row for each earner and day. */
function merged(days: readonly (readonly [bigint, Paid])[]): Reward[] {
  return days.flatMap(([day, paid]) => {
    const amounts = new Map<string, bigint>();
    for (const [earner, amount] of paid) amounts.set(earner, (amounts.get(earner) ?? 0n) + amount);
    return [...amounts].filter(([, amount]) => amount > 0n).map(([earner, amount]) => ({ day, earner, amount }));
  });
}

function missingDay(day: bigint): never {
  return fail<Reason>({ code: 'rewards.missing-day', dayTime: `${day}` }, `snapshots: the day ${day} is missing`);
}
