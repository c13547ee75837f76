// The reference ledgers against what the deployed contracts answered: every result and every given state of every trace.
import { describe, expect, it } from 'vitest';
import { ReferenceEigenLayer } from './eigenlayer.ts';
import { ReferenceSymbiotic } from './symbiotic.ts';
import { traces } from './traces.ts';

const files: readonly (readonly [string, number, number])[] = [
  ['eigenlayer/traces.json.gz', 24, 553],
  ['eigenlayer/traces.v1.13.1.json.gz', 23, 491],
  ['eigenlayer/fuzz.v1.12.0.json.gz', 6, 900],
  ['eigenlayer/fuzz.v1.13.1.json.gz', 6, 900],
  ['symbiotic/traces.json.gz', 3, 77],
];

describe.each(files)('%s', (file, traceCount, stepCount) => {
  const all = traces(file);

  it('is whole', () => {
    expect(all.length).toBe(traceCount);
    expect(all.reduce((sum, trace) => sum + trace.steps.length, 0)).toBe(stepCount);
  });

  it.each(all.map((trace) => [trace.id, trace] as const))('%s', (_, trace) => {
    const model = file.startsWith('symbiotic') ? new ReferenceSymbiotic(trace.config) : new ReferenceEigenLayer(trace.config);
    trace.steps.forEach((step, i) => {
      expect(model.apply(step.op), `result of step ${i} ${JSON.stringify(step.op)}`).toStrictEqual(step.result);
      if (step.state !== undefined) expect(model.state(), `state after step ${i} ${JSON.stringify(step.op)}`).toStrictEqual(step.state);
    });
  });
});
