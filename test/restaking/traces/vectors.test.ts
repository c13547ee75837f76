// The traces of the deployed contracts through the library: results, states, and every rounded integer with its formula.
import { describe, expect, it } from 'vitest';
import * as StateDifferences from '../../../src/restaking/StateDifferences.ts';
import * as Traces from '../../../src/restaking/Traces.ts';
import * as AnyFile from '../../../src/vectors/AnyFile.ts';
import { jsonOf } from '../../vectors/support.ts';

const FILES = [
  'eigenlayer/traces.json.gz',
  'eigenlayer/traces.v1.13.1.json.gz',
  'eigenlayer/fuzz.v1.12.0.json.gz',
  'eigenlayer/fuzz.v1.13.1.json.gz',
  'symbiotic/traces.json.gz',
];

describe.each(FILES)('%s', (path) => {
  const file = Traces.parse(jsonOf(path));

  it('gives every result and every state', () => {
    expect(AnyFile.verify(AnyFile.parse(jsonOf(path)))).toEqual({ passed: file.traces.length, failed: 0, mismatches: [] });
  });

  it.each(file.traces.map((trace) => [trace.id, trace] as const))(
    '%s: explained step by step, and the same with a snapshot between steps',
    (_, trace) => {
      const machine = trace.start();
      let resumed = trace.start();
      for (const [i, { expected }] of trace.steps.entries()) {
        const { result, intermediates } = Traces.explain(trace, machine, i);
        expect([i, StateDifferences.between(expected.result ?? {}, result, 'result')]).toEqual([i, []]);
        expect([i, Traces.step(trace, resumed, i)]).toEqual([i, result]);
        if (expected.intermediates !== undefined)
          expect([i, intermediates.map(({ what, expr, value }) => ({ what, expr, value: String(value) }))]).toEqual([
            i,
            expected.intermediates,
          ]);
        if (expected.state === undefined) continue;
        expect([i, StateDifferences.between(expected.state, machine.state(), 'state')]).toEqual([i, []]);
        const saved: unknown = JSON.parse(JSON.stringify(machine.save()));
        expect(resumed.save()).toEqual(saved);
        resumed = Traces.resume(trace.ledger, saved);
        expect(resumed.save()).toEqual(saved);
      }
    },
  );
});
