// The ledger against the independent reference in test/restaking/reference: random sequences, every result and every state.
import { describe, expect, it } from 'vitest';
import { symbioticKind } from '../../../src/restaking/trace/symbiotic.ts';
import { Random, symbioticSequence } from '../reference/generate.ts';
import { ReferenceSymbiotic } from '../reference/symbiotic.ts';

const SEEDS = Array.from({ length: 24 }, (_, i) => 7000 + i);
const LENGTH = 200;

describe('random sequences', () => {
  const seen = new Set<string>();

  it.each(SEEDS)('seed %i', (seed) => {
    const { config, ops } = symbioticSequence(new Random(seed), LENGTH);
    const reference = new ReferenceSymbiotic(config);
    const machine = symbioticKind.start(config, {}).start();
    ops.forEach((op, i) => {
      const result = machine.apply(symbioticKind.operations(config)(op));
      expect(result, `seed ${seed}, result of step ${i} ${JSON.stringify(op)}`).toStrictEqual(reference.apply(op));
      expect(machine.state(), `seed ${seed}, state after step ${i} ${JSON.stringify(op)}`).toStrictEqual(reference.state());
      seen.add(`${config['delegator']} ${config['slasher']}`).add(String(result['error'] ?? 'ok'));
    });
    expect(ops.length).toBeGreaterThanOrEqual(LENGTH);
  });

  it('were of all kinds, and met most refusals', () => {
    for (const kind of ['network instant', 'network veto', 'full instant', 'full veto']) expect(seen).toContain(kind);
    expect(seen.size).toBeGreaterThan(20);
  });
});
