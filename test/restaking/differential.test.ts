// The ledger beside the second, literal implementation of the tests, over random histories of all profiles: every result and, every few
// steps, the whole state. Symbiotic has a test of its own beside its ledger's.
import { describe, expect, it } from 'vitest';
import * as StateDifferences from '../../src/restaking/StateDifferences.ts';
import * as Traces from '../../src/restaking/Traces.ts';
import { ReferenceEigenLayer } from './reference/eigenlayer.ts';
import { eigenLayerSequence, Random, type Sequence } from './reference/generate.ts';

/** More with SATLOCK_LEDGER_SEEDS: `SATLOCK_LEDGER_SEEDS=2000 npx vitest run test/restaking/differential.test.ts`. */
const SEEDS = Number(process.env['SATLOCK_LEDGER_SEEDS'] ?? 40);
const LENGTH = 150;
const STATE_EVERY = 5;

/** @returns how many operations ran, and how many were refused */
function compare({ config, ops }: Sequence, reference: ReferenceEigenLayer): { steps: number; refused: number } {
  // On chain a strategy that nobody knows is one that is not on the whitelist; here it is bad input, which has tests of its own.
  const known = ops.filter((op) => !JSON.stringify(op).includes('"UNKNOWN"'));
  const [trace] = Traces.parse({ id: 'random', config, steps: known.map((op) => ({ op })) }, { ledger: 'eigenlayer' }).traces;
  if (trace === undefined) throw new Error('no trace');
  const machine = trace.start();
  let refused = 0;
  for (const [i, op] of known.entries()) {
    const wanted = reference.apply(op);
    const got = Traces.step(trace, machine, i);
    expect([i, op, got]).toEqual([i, op, wanted]);
    if (got['ok'] !== true) refused++;
    if (i % STATE_EVERY !== 0 && i !== known.length - 1) continue;
    const [theirs, ours] = [reference.state(), machine.state()];
    expect([i, op, StateDifferences.between(theirs, ours, 'state')]).toEqual([i, op, []]);
  }
  return { steps: known.length, refused };
}

const seeds = Array.from({ length: SEEDS }, (_, i) => 7_000 + i);

describe('EigenLayer, random histories', () => {
  it.each(seeds)('seed %i', (seed) => {
    const sequence = eigenLayerSequence(new Random(seed), LENGTH);
    const { steps, refused } = compare(sequence, new ReferenceEigenLayer(sequence.config));
    expect(steps - refused).toBeGreaterThan(steps / 2);
  });
});
