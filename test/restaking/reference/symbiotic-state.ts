// State of the Symbiotic reference ledger (V1 vault, delegator, slasher): every quantity that the contracts keep as checkpoints is a list of
// (time, value), searched from the start.
import { integer, integerOr, type JsonObject, text, texts } from './json.ts';

export type Point = { time: bigint; value: bigint };
export type Withdrawals = { epoch: bigint; assets: bigint; shares: bigint };
export type WithdrawalShares = { epoch: bigint; account: string; shares: bigint; claimed: boolean };
export type ResolverPoint = { time: bigint; resolver: string | undefined };
export type SlashRequest = {
  net: string;
  subnetwork: string;
  operator: string;
  amount: bigint;
  capture: bigint;
  deadline: bigint;
  completed: boolean;
};
export type State = {
  time: bigint;
  activeStake: Point[];
  activeShares: Point[];
  sharesOf: Record<string, Point[]>;
  withdrawals: Withdrawals[];
  withdrawalShares: WithdrawalShares[];
  collateral: bigint;
  burner: bigint;
  tokens: Record<string, bigint>;
  maxNetworkLimit: Record<string, bigint>;
  networkLimit: Record<string, Point[]>;
  operatorLimit: Record<string, Point[]>;
  operatorShares: Record<string, Point[]>;
  totalOperatorShares: Record<string, Point[]>;
  cumulativeSlash: Record<string, Point[]>;
  latestCapture: Record<string, bigint>;
  resolvers: Record<string, ResolverPoint[]>;
  requests: SlashRequest[];
};
export type Config = {
  epochDuration: bigint;
  vetoDuration: bigint;
  resolverSetEpochsDelay: bigint;
  delegator: string;
  slasher: string;
  startTime: bigint;
  networks: string[];
  operators: string[];
  accounts: string[];
};
/** Subnetworks that an operation ever named are listed by traces, whether or not it was refused: they stand beside the state. */
export type World = { config: Config; state: State; subnetworks: string[] };

export function readConfig(json: JsonObject): Config {
  return {
    epochDuration: integer(json, 'epochDuration'),
    vetoDuration: integerOr(json, 'vetoDuration', 0n),
    resolverSetEpochsDelay: integerOr(json, 'resolverSetEpochsDelay', 3n),
    delegator: text(json, 'delegator'),
    slasher: text(json, 'slasher'),
    startTime: integer(json, 'startTime'),
    networks: texts(json, 'networks'),
    operators: texts(json, 'operators'),
    accounts: texts(json, 'accounts'),
  };
}

export function emptyState(time: bigint): State {
  return {
    ...{
      time,
      activeStake: [],
      activeShares: [],
      sharesOf: {},
      withdrawals: [],
      withdrawalShares: [],
      collateral: 0n,
      burner: 0n,
      tokens: {},
    },
    ...{ maxNetworkLimit: {}, networkLimit: {}, operatorLimit: {}, operatorShares: {}, totalOperatorShares: {} },
    ...{ cumulativeSlash: {}, latestCapture: {}, resolvers: {}, requests: [] },
  };
}

export function latest(points: Point[] | undefined): bigint {
  return points?.[points.length - 1]?.value ?? 0n;
}

export function valueAt(points: Point[] | undefined, time: bigint): bigint {
  let value = 0n;
  for (const point of points ?? []) if (point.time <= time) value = point.value;
  return value;
}

/** A checkpoint in the second of the last one overwrites it. */
export function push(points: Point[], time: bigint, value: bigint): void {
  const last = points[points.length - 1];
  if (last !== undefined && last.time === time) last.value = value;
  else points.push({ time, value });
}

export function pushAt(table: Record<string, Point[]>, key: string, time: bigint, value: bigint): void {
  const points = table[key] ?? [];
  table[key] = points;
  push(points, time, value);
}

export function epochAt(config: Config, time: bigint): bigint {
  return (time - config.startTime) / config.epochDuration;
}

export function withdrawalsOfEpoch(state: State, epoch: bigint): Withdrawals {
  const found = state.withdrawals.find((one) => one.epoch === epoch);
  if (found !== undefined) return found;
  const made = { epoch, assets: 0n, shares: 0n };
  state.withdrawals.push(made);
  return made;
}

export function withdrawalSharesOf(state: State, epoch: bigint, account: string): WithdrawalShares {
  const found = state.withdrawalShares.find((one) => one.epoch === epoch && one.account === account);
  if (found !== undefined) return found;
  const made = { epoch, account, shares: 0n, claimed: false };
  state.withdrawalShares.push(made);
  return made;
}

export function subnetwork(op: JsonObject): string {
  return `${text(op, 'net')}:${integer(op, 'id')}`;
}
