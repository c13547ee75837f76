// The traces of the deployed contracts: every result and every state, to the wei.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import * as Operations from '../../../src/restaking/symbiotic/Operations.ts';
import * as Symbiotic from '../../../src/restaking/symbiotic/Symbiotic.ts';
import type { Json } from '../../../src/restaking/trace/json.ts';
import type { Machine } from '../../../src/restaking/trace/machine.ts';
import { symbioticKind } from '../../../src/restaking/trace/symbiotic.ts';

type Step = { readonly op: Json; readonly result: Json; readonly state: Json };
type Trace = { readonly name: string; readonly config: Json; readonly steps: readonly Step[] };

const file = new URL('../../../vectors/symbiotic/traces.json.gz', import.meta.url);
const traces: readonly Trace[] = JSON.parse(gunzipSync(readFileSync(file)).toString('utf8'));
const start = ({ config }: Trace): Machine => symbioticKind.start(config, {}).start();

describe.each(traces.map((trace) => [trace.name, trace] as const))('%s', (_, trace) => {
  it('gives every result and every state', () => {
    const machine = start(trace);
    trace.steps.forEach(({ op, result, state }, i) => {
      expect(machine.apply(symbioticKind.operations(trace.config)(op)), `result of step ${i}`).toStrictEqual(result);
      expect(machine.state(), `state after step ${i}`).toStrictEqual(state);
    });
  });

  it('gives the same when it is saved and read again before each step', () => {
    let machine = start(trace);
    for (const { op, result, state } of trace.steps) {
      machine = symbioticKind.resume(JSON.parse(JSON.stringify(machine.save())));
      expect(machine.apply(symbioticKind.operations(trace.config)(op))).toStrictEqual(result);
      expect(machine.state()).toStrictEqual(state);
    }
  });

  it('tells the rounded integers without changing the results', () => {
    const machine = start(trace);
    for (const { op, result } of trace.steps)
      expect(machine.explain(symbioticKind.operations(trace.config)(op)).result).toStrictEqual(result);
  });
});

it('reads the three traces with their 77 steps', () => {
  expect(traces.map(({ name }) => name)).toEqual(['S1', 'S2', 'S3']);
  expect(traces.flatMap(({ steps }) => steps)).toHaveLength(77);
});

const [first] = traces as [Trace];
const refusal = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return (error as { readonly reason: unknown }).reason;
  }
};

describe('a trace', () => {
  it('lists a subnetwork that only a refused operation named, and the ledger does not', () => {
    const machine = start(first);
    const saved = machine.save();
    const operation = Operations.fromJson({ op: 'setNetworkLimit', net: 'net', id: 7, amount: 1 });
    expect(machine.apply(operation)).toEqual({ ok: false, error: 'ExceedsMaxNetworkLimit' });
    expect(Object.keys(machine.state()['stakes'] as object)).toEqual(['net:7|op1', 'net:7|op2']);
    const { named, ...ledger } = machine.save() as { named: unknown };
    expect(named).toEqual(['net:7']);
    expect(ledger).toEqual(saved);
    expect(symbioticKind.resume({ ...ledger, named }).state()).toEqual(machine.state());
    expect(Symbiotic.view(Symbiotic.fromJson(ledger))['stakes']).toEqual({});
  });

  it('refuses a configuration by its field', () => {
    const begin = (change: object): unknown => refusal(() => symbioticKind.start({ ...(first.config as object), ...change }, {}));
    expect(begin({ epochDuration: -1 })).toMatchObject({ code: 'trace.bad-config', field: 'epochDuration' });
    expect(begin({ delegator: 'none' })).toMatchObject({ code: 'trace.bad-config', field: 'delegator' });
    expect(begin({ epochs: 1 })).toMatchObject({ code: 'trace.bad-config', field: 'epochs', problem: 'no such field' });
    expect(begin({ networks: ['net', 'net'] })).toMatchObject({ code: 'symbiotic.duplicate-id', field: 'networks[1]' });
    expect(begin({ epochDuration: 0 })).toMatchObject({ code: 'input.out-of-range', field: 'epochDuration', min: '1' });
  });

  it('refuses operations that its delegator or slasher does not have', () => {
    const read = (operation: object): unknown => refusal(() => symbioticKind.operations(first.config)(operation));
    expect(read({ op: 'vetoSlash', index: 0, who: 'judge' })).toMatchObject({ code: 'operation.bad-field', op: 'vetoSlash', field: 'op' });
    expect(read({ op: 'setOperatorNetworkLimit', net: 'net', id: 0, operator: 'op1', amount: 1 })).toMatchObject({
      code: 'operation.bad-field',
      field: 'op',
    });
    expect(read({ op: 'slice', net: 'net' })).toMatchObject({ code: 'operation.unknown', op: 'slice' });
  });
});
