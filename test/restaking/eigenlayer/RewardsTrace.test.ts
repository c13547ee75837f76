// Every operation of the trace R01 (made by the deployed contracts) on the rewards functions alone: the contracts around them are stand-ins.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import * as Config from '../../../src/restaking/eigenlayer/Config.ts';
import { State } from '../../../src/restaking/eigenlayer/ledger/state.ts';
import * as RewardsConfig from '../../../src/restaking/eigenlayer/RewardsConfig.ts';
import * as RewardsCoordinator from '../../../src/restaking/eigenlayer/RewardsCoordinator.ts';
import { rewardsView } from '../../../src/restaking/eigenlayer/rewards/rewardsView.ts';
import { outcome } from '../../../src/restaking/state/Revert.ts';
import { Store } from '../../../src/restaking/state/store.ts';

type Step = {
  readonly op: { readonly op: string } & Readonly<Record<string, unknown>>;
  readonly result: { readonly ok: boolean; readonly error?: string };
  readonly state?: { readonly rewards: unknown };
};
type Trace = {
  readonly id: string;
  readonly config: { readonly startBlock: number; readonly startTime: number; readonly strategies: readonly string[] };
  readonly steps: readonly Step[];
};

const FILE = new URL('../../../vectors/eigenlayer/traces.json.gz', import.meta.url);
const { traces } = JSON.parse(gunzipSync(readFileSync(FILE)).toString('utf8')) as { readonly traces: readonly Trace[] };
const trace = traces.find(({ id }) => id === 'R01') as Trace;

/** Numbers and decimal text become bigint. */
function read(value: unknown): unknown {
  if (typeof value === 'number' || (typeof value === 'string' && /^[0-9]+$/.test(value))) return BigInt(value);
  if (Array.isArray(value)) return value.map(read);
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, read(v)]));
  return value;
}

function run(state: State, op: Step['op']): object {
  const request = read(op) as never;
  switch (op.op) {
    case 'advance': {
      const blocks = BigInt(op['blocks'] as number);
      state.setClock({ block: state.block + blocks, time: state.time + 12n * blocks });
      return {};
    }
    case 'registerOperator':
      state.delegation.operators.set(op['operator'] as string, { delegationApprover: null } as never);
      return {};
    case 'createOperatorSet':
      state.allocation.operatorSets.set(`${op['avs']}:${op['id']}`, {} as never);
      return {};
    case 'submitRewards':
      return RewardsCoordinator.submitRewards(state, request);
    case 'setSplit':
      return RewardsCoordinator.setSplit(state, request);
    case 'optInFee':
      return RewardsCoordinator.setOptInForProtocolFee(state, request);
    case 'submitRoot':
      return RewardsCoordinator.submitRoot(state, request);
    case 'disableRoot':
      return RewardsCoordinator.disableRoot(state, request);
    case 'setClaimerFor':
      return RewardsCoordinator.setClaimerFor(state, request);
    case 'claim':
      return RewardsCoordinator.processClaim(state, request);
    default:
      throw new Error(`no such operation: ${op.op}`);
  }
}

describe('trace R01', () => {
  const { startBlock, startTime, strategies } = trace.config;
  const config = Config.config({
    profile: 'v1.12.0',
    startBlock: BigInt(startBlock),
    startTime: BigInt(startTime),
    strategies: strategies.map((id) => ({ id })),
  });
  const state = new State({ ...config, rewards: RewardsConfig.config() } as never, new Store());
  const touched = new Set<string>();

  it.each(trace.steps.map((step, i) => [i, step] as const))('step %i', (_i, { op, result, state: expected }) => {
    if (op.op === 'setSplit') touched.add(RewardsCoordinator.splitKey(read(op) as never));
    const got = outcome(() => run(state, op));
    expect(got).toEqual(result);
    expect(rewardsView(state, touched)).toEqual(expected?.rewards);
  });

  it('has all 62 steps with a state', () => {
    expect(trace.steps.length).toBe(62);
    expect(trace.steps.every((step) => step.state?.rewards !== undefined)).toBe(true);
  });
});
