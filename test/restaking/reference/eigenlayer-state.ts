// State of the EigenLayer reference ledger: the variables of the rules under their own letters, in plain tables. A table's key is made of names
// joined by '|'; an operator set's name is 'avs:id'. Absent means the default.
import { integerOr, type JsonObject, text, texts } from './json.ts';
import { WAD } from './maths.ts';

export const BEACON = 'BEACON';

export type Table = Record<string, bigint>;
/** One entry of a history of values by block. */
export type Point = { key: bigint; value: bigint };
export type Allocation = { cur: bigint; diff: bigint; eff: bigint };
export type DelayRecord = { delay: bigint; isSet: boolean; pending: bigint; eff: bigint };
export type BurnEntry = { slashId: bigint; strategy: string; shares: bigint };
export type OperatorSet = {
  name: string;
  strategies: string[];
  members: string[];
  recipient: string | undefined;
  slashCount: bigint;
  slasher: string;
  pendingSlasher: string;
  slasherEff: bigint;
  burns: BurnEntry[];
  resolution: Table;
};
export type Withdrawal = {
  id: string;
  staker: string;
  delegatedTo: string | undefined;
  startBlock: bigint;
  strategies: string[];
  scaledShares: bigint[];
  open: boolean;
};
export type PodValidator = { name: string; restakedGwei: bigint; lastCheckpointedAt: bigint; status: 'ACTIVE' | 'WITHDRAWN' };
export type BeaconValidator = {
  name: string;
  owner: string;
  balanceGwei: bigint;
  effectiveGwei: bigint;
  wrongCredentials: boolean;
  slashed: boolean;
  exiting: boolean;
};
export type Pod = {
  staker: string;
  rel: bigint;
  active: bigint;
  cur: bigint;
  last: bigint;
  balanceWei: bigint;
  remaining: bigint;
  podBalanceGwei: bigint;
  deltas: bigint;
  prevBeaconBalance: bigint;
  /** Beacon balances at the start of the open checkpoint. */
  snapshot: Table;
  validators: PodValidator[];
};
export type Split = { key: string; old: bigint; new: bigint; at: bigint };
export type Root = { end: bigint; activatedAt: bigint; disabled: boolean; earnings: { earner: string; tokens: [string, bigint][] }[] };
export type Rewards = {
  splits: Split[];
  balances: Table;
  nonces: Table;
  claimed: Table;
  roots: Root[];
  lastEnd: bigint;
  feeOptIn: Record<string, boolean>;
  claimerFor: Record<string, string>;
};
export type State = {
  block: bigint;
  time: bigint;
  T: Table;
  bal: Table;
  op: Record<string, string>;
  list: Record<string, string[]>;
  D: Table;
  k: Table;
  b: Table;
  tokens: Table;
  operators: string[];
  S: Table;
  M: Record<string, Point[]>;
  H: Record<string, Point[]>;
  E: Table;
  allocations: Record<string, Allocation>;
  Q: Record<string, string[]>;
  delays: Record<string, DelayRecord>;
  registeredSets: Record<string, string[]>;
  slashableUntil: Table;
  allocatedSets: Record<string, string[]>;
  allocatedStrategies: Record<string, string[]>;
  sets: OperatorSet[];
  burnableETHShares: bigint;
  burnAddress: Table;
  recipients: Record<string, Table>;
  withdrawals: Withdrawal[];
  pods: Pod[];
  beacon: BeaconValidator[];
  rewards: Rewards;
};

export type Config = {
  delay: bigint;
  dealloc: bigint;
  config: bigint;
  resolution: bigint;
  strategies: string[];
  profile: string;
  rewards: JsonObject | undefined;
};

/** Stakers and splits that an operation ever named are listed by traces, whether or not it was refused: they stand beside the state. */
export type World = { config: Config; state: State; namedStakers: string[]; namedSplits: string[] };

export function readConfig(json: JsonObject): Config {
  const rewards = json['rewards'];
  return {
    delay: integerOr(json, 'minWithdrawalDelayBlocks', 100_800n),
    dealloc: integerOr(json, 'deallocationDelay', 100_800n),
    config: integerOr(json, 'allocationConfigurationDelay', 126_000n),
    resolution: integerOr(json, 'slashResolutionDelay', 50_400n),
    strategies: texts(json, 'strategies').filter((strategy) => strategy !== BEACON),
    profile: json['profile'] === undefined ? 'v1.13.1' : text(json, 'profile'),
    rewards: rewards !== null && typeof rewards === 'object' && !Array.isArray(rewards) ? rewards : undefined,
  };
}

export function emptyState(block: bigint, time: bigint): State {
  return {
    ...{ block, time, T: {}, bal: {}, op: {}, list: {}, D: {}, k: {}, b: {}, tokens: {}, operators: [], S: {}, M: {}, H: {}, E: {} },
    ...{ allocations: {}, Q: {}, delays: {}, registeredSets: {}, slashableUntil: {}, allocatedSets: {}, allocatedStrategies: {}, sets: [] },
    ...{ burnableETHShares: 0n, burnAddress: {}, recipients: {}, withdrawals: [], pods: [], beacon: [] },
    rewards: { splits: [], balances: {}, nonces: {}, claimed: {}, roots: [], lastEnd: 0n, feeOptIn: {}, claimerFor: {} },
  };
}

/** Strategies in ascending order of address, BEACON last. */
export function strategyOrder(world: World): string[] {
  return [...world.config.strategies, BEACON];
}

export function since1130(world: World): boolean {
  return world.config.profile !== 'v1.12.0';
}

export function since1131(world: World): boolean {
  return world.config.profile === 'v1.13.1';
}

export function get(table: Table, key: string): bigint {
  return table[key] ?? 0n;
}

export function add(table: Table, key: string, amount: bigint): void {
  table[key] = get(table, key) + amount;
}

/** A list under a key, made when it is not there. */
export function listAt(lists: Record<string, string[]>, key: string): string[] {
  const found = lists[key];
  if (found !== undefined) return found;
  const made: string[] = [];
  lists[key] = made;
  return made;
}

/** Enumerable set: insertion order, no duplicates. Answers whether it was added. */
export function include(list: string[], item: string): boolean {
  if (list.includes(item)) return false;
  list.push(item);
  return true;
}

/** Enumerable set: the last element moves into the hole. Answers whether it was there. */
export function exclude(list: string[], item: string): boolean {
  const place = list.indexOf(item);
  if (place < 0) return false;
  const last = list.pop();
  if (last !== undefined && place < list.length) list[place] = last;
  return true;
}

/** History: pushing under the key of the last entry overwrites it. */
export function push(histories: Record<string, Point[]>, name: string, key: bigint, value: bigint): void {
  const points = histories[name] ?? [];
  histories[name] = points;
  const entry = { key: BigInt.asUintN(32, key), value: BigInt.asUintN(224, value) };
  const last = points[points.length - 1];
  if (last !== undefined && last.key === entry.key) last.value = entry.value;
  else points.push(entry);
}

export function latest(histories: Record<string, Point[]>, name: string, otherwise: bigint): bigint {
  const points = histories[name] ?? [];
  return points[points.length - 1]?.value ?? otherwise;
}

export function valueAt(histories: Record<string, Point[]>, name: string, key: bigint, otherwise: bigint): bigint {
  let value = otherwise;
  for (const point of histories[name] ?? []) if (point.key <= key) value = point.value;
  return value;
}

/** Latest max magnitude of an operator, or WAD where nobody is. */
export function maxMagnitude(state: State, operator: string | undefined, strategy: string): bigint {
  return operator === undefined ? WAD : latest(state.M, `${operator}|${strategy}`, WAD);
}

/** The deposit scaling factor as its getter gives it: a stored 0 means WAD. */
export function scalingFactor(state: State, staker: string, strategy: string): bigint {
  const stored = get(state.k, `${staker}|${strategy}`);
  return stored === 0n ? WAD : stored;
}

/** Beacon chain slashing factor: unset means WAD, and 0 is a value. */
export function beaconFactor(state: State, staker: string): bigint {
  return state.b[staker] ?? WAD;
}

export function findSet(state: State, name: string): OperatorSet | undefined {
  return state.sets.find((set) => set.name === name);
}

export function findPod(state: State, staker: string): Pod | undefined {
  return state.pods.find((pod) => pod.staker === staker);
}
