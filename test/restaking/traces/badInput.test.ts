// Trace files that are not as they should be: refused whole, before anything runs, with the place.
import { describe, expect, it } from 'vitest';
import { isSatlockError } from '../../../src/base/Errors.ts';
import * as Operations from '../../../src/restaking/eigenlayer/Operations.ts';
import * as Traces from '../../../src/restaking/Traces.ts';

type Loose = { [key: string]: unknown };

const DEPOSIT = { op: 'deposit', staker: 'alice', strategy: 'S1', amount: '10' };
const file = (change: (trace: Loose, whole: Loose) => void = () => undefined): unknown => {
  const trace: Loose = { id: 'one', config: { strategies: ['S1'] }, steps: [{ op: DEPOSIT }, { op: { ...DEPOSIT } }] };
  const whole: Loose = { schema: Traces.SCHEMA, traces: [trace] };
  change(trace, whole);
  return whole;
};
const step = (op: unknown): unknown => file((trace) => (trace['steps'] = [{ op: DEPOSIT }, { op }]));

function reasonOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    if (isSatlockError(error)) return { ...error.reason, message: error.message };
    throw error;
  }
  throw new Error('expected an error, got none');
}

describe('a trace file', () => {
  it('may be an object, a list of traces or one trace', () => {
    const trace = { config: { strategies: ['S1'] }, steps: [{ op: DEPOSIT }] };
    for (const given of [{ traces: [trace] }, [trace], trace]) expect(Traces.parse(given).traces).toHaveLength(1);
  });

  it.each<[string, unknown, string]>([
    ['nothing', null, 'file'],
    ['text', 'trace', 'file'],
    ['no traces', { schema: Traces.SCHEMA }, 'traces'],
    ['traces that are no list', { traces: {} }, 'traces'],
    ['a field of its own', file((_, whole) => (whole['comment'] = '')), 'comment'],
    ['a trace that is no object', { traces: [7] }, 'traces[0]'],
    ['no steps', { traces: [{ config: {} }] }, 'traces[0].config.strategies'],
    ['steps that are no list', file((trace) => (trace['steps'] = {})), 'traces[0].steps'],
    ['an unknown field of a trace', file((trace) => (trace['note'] = '')), 'traces[0].note'],
    ['an id that is no text', file((trace) => (trace['id'] = 7)), 'traces[0].id'],
    ['an id twice', file((trace, whole) => (whole['traces'] = [trace, trace])), 'id'],
    ['an unknown field of a step', file((trace) => (trace['steps'] = [{ op: DEPOSIT, expect: {} }])), 'traces[0].steps[0].expect'],
    ['a step without operation', file((trace) => (trace['steps'] = [{}])), 'traces[0].steps[0].op'],
    ['no configuration', file((trace) => delete trace['config']), 'traces[0].config'],
    ['an unknown profile', file((trace) => (trace['config'] = { strategies: [], profile: 'v1' })), 'traces[0].config.profile'],
    ['an unknown setting', file((trace) => (trace['config'] = { strategies: [], delay: 7 })), 'traces[0].config.delay'],
    [
      'a negative delay',
      file((trace) => (trace['config'] = { strategies: [], deallocationDelay: -1 })),
      'traces[0].config.deallocationDelay',
    ],
    ['a strategy twice', file((trace) => (trace['config'] = { strategies: ['S1', 'S1'] })), 'traces[0].config.strategies[1].id'],
    ['a strategy with a colon', file((trace) => (trace['config'] = { strategies: ['a:b'] })), 'traces[0].config.strategies[0].id'],
    ['another schema', file((_, whole) => (whole['schema'] = 'restaking-trace/2')), 'schema'],
    ['an unknown kind', file((_, whole) => (whole['kind'] = 'karak.trace')), 'kind'],
  ])('is refused with %s', (_, json, field) => {
    expect(reasonOf(() => Traces.parse(json))).toMatchObject({ code: 'trace.bad-file', field });
  });

  it('is refused where a profile is asked for that nobody knows', () => {
    expect(reasonOf(() => Traces.parse(file(), { profile: 'v9' }))).toMatchObject({ code: 'trace.bad-file' });
  });

  it.each<[string, unknown, string]>([
    ['an operation that nobody knows', { op: 'mint' }, 'op'],
    ['an operation named like a method', { op: 'constructor' }, 'op'],
    ['no operation', 'deposit', 'op'],
    ['a missing field', { op: 'deposit', staker: 'alice', strategy: 'S1' }, 'amount'],
    ['a field too many', { ...DEPOSIT, memo: '' }, 'memo'],
    ['a negative amount', { ...DEPOSIT, amount: '-1' }, 'amount'],
    ['half a wei', { ...DEPOSIT, amount: '1.5' }, 'amount'],
    ['half a wei as a number', { ...DEPOSIT, amount: 1.5 }, 'amount'],
    ['a number that JSON has rounded', { ...DEPOSIT, amount: 2 ** 53 }, 'amount'],
    ['hex', { ...DEPOSIT, amount: '0x10' }, 'amount'],
    ['an empty amount', { ...DEPOSIT, amount: '' }, 'amount'],
    ['2^256', { ...DEPOSIT, amount: (1n << 256n).toString() }, 'amount'],
    ['a strategy that is not configured', { ...DEPOSIT, strategy: 'S9' }, 'strategy'],
    [
      'an unknown strategy in a list',
      { op: 'queueWithdrawal', staker: 'a', strategies: ['S1', 'S9'], depositShares: ['1', '1'] },
      'strategies.1',
    ],
    ['a name with a separator', { ...DEPOSIT, staker: 'a|b' }, 'staker'],
    ['an empty name', { ...DEPOSIT, staker: '' }, 'staker'],
    ['a name of another type', { ...DEPOSIT, staker: 7 }, 'staker'],
    ['a block number beyond uint32', { op: 'advance', blocks: 2 ** 32 }, 'blocks'],
    [
      'magnitudes in two forms',
      { op: 'modifyAllocations', operator: 'o', avs: 'v', id: 0, strategies: [], newMagnitudes: [], params: [] },
      'params',
    ],
  ])('is refused whole with %s in a step', (_, op, field) => {
    expect(reasonOf(() => Traces.parse(step(op)))).toMatchObject({ code: 'trace.bad-step', trace: 'one', step: 1, field });
  });

  it('names the step of an id that does not exist when it is its turn', () => {
    const [trace] = Traces.parse(step({ op: 'setBeaconBalance', validator: 'v7', balanceGwei: 1 })).traces;
    if (trace === undefined) throw new Error('no trace');
    const machine = trace.start();
    expect(Traces.step(trace, machine, 0)).toEqual({ ok: true, shares: '10' });
    const before = machine.save();
    expect(reasonOf(() => Traces.step(trace, machine, 1))).toMatchObject({
      code: 'trace.bad-step',
      trace: 'one',
      step: 1,
      field: 'validator',
    });
    expect(machine.save()).toEqual(before);
    expect(reasonOf(() => Traces.step(trace, machine, 2))).toMatchObject({ code: 'input.out-of-range', field: 'step' });
  });

  it('takes 2^256 - 1 and numbers below 2^53', () => {
    expect(Operations.fromJson({ ...DEPOSIT, amount: ((1n << 256n) - 1n).toString() })).toMatchObject({ amount: (1n << 256n) - 1n });
    expect(Operations.fromJson({ ...DEPOSIT, amount: 2 ** 53 - 1 })).toMatchObject({ amount: 2n ** 53n - 1n });
  });

  it("takes the profile that is asked for before the trace's own, and that before the file's", () => {
    const profileOf = (own: string | undefined, whole: string | undefined, over?: string): string | undefined => {
      const json = file((trace, all) => {
        trace['config'] = { strategies: ['S1'], ...(own === undefined ? {} : { profile: own }) };
        if (whole !== undefined) all['profile'] = whole;
      });
      return Traces.parse(json, over === undefined ? {} : { profile: over }).traces[0]?.profile;
    };
    expect(profileOf(undefined, undefined)).toBe('v1.13.1');
    expect(profileOf(undefined, 'v1.12.0')).toBe('v1.12.0');
    expect(profileOf('v1.13.0', 'v1.12.0')).toBe('v1.13.0');
    expect(profileOf('v1.13.0', 'v1.12.0', 'v1.13.1')).toBe('v1.13.1');
  });

  it('remembers beside the ledger which splits a refused step spoke of', () => {
    const [trace] = Traces.parse(step({ op: 'setSplit', kind: 'avs', operator: 'o', avs: 'v', split: 10_001 })).traces;
    if (trace === undefined) throw new Error('no trace');
    const machine = trace.start();
    expect(Traces.step(trace, machine, 1)).toEqual({ ok: false, error: 'SplitExceedsMax' });
    const saved: unknown = JSON.parse(JSON.stringify(machine.save()));
    expect(Traces.resume('eigenlayer', saved).state()).toEqual(machine.state());
    expect(reasonOf(() => Traces.resume('eigenlayer', { ...(saved as object), splits: [7] }))).toMatchObject({
      code: 'ledger.bad-snapshot',
      path: 'splits.0',
    });
  });
});
