// What a stranger's file could do to the ledgers: pass for right when it is wrong, exhaust the stack, corrupt a snapshot, leave a trace.
import { describe, expect, it } from 'vitest';
import * as EigenLayer from '../../src/restaking/eigenlayer/EigenLayer.ts';
import * as StrategyManager from '../../src/restaking/eigenlayer/StrategyManager.ts';
import * as StateDifferences from '../../src/restaking/StateDifferences.ts';
import * as Traces from '../../src/restaking/Traces.ts';
import * as AnyFile from '../../src/vectors/AnyFile.ts';
import { codeOf } from './support.ts';

const DEPOSIT = { op: 'deposit', staker: 'alice', strategy: 'S1', amount: '10' };
const RESULT = { ok: true, shares: '10' };

/** A trace of one deposit of which the file says `expected`. */
const trace = (expected: object, op: unknown = DEPOSIT): object => ({
  id: 'one',
  config: { strategies: ['S1'] },
  steps: [{ op, ...expected }],
});
const verify = (json: unknown): number => AnyFile.verify(AnyFile.parse(json)).failed;
const fieldOf = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    return (error as { readonly reason?: { readonly field?: string } }).reason?.field ?? error;
  }
  return 'no error';
};
const nested = (depth: number): unknown => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);

describe('an expectation that is wrong is found', () => {
  it.each<[string, object]>([
    ['a result that says less than what came of it', { ok: true }],
    ['a result that says nothing', {}],
    ['a refusal without its name', { ok: false }],
    ['a value more', { ...RESULT, tokens: '1' }],
    ['another number', { ...RESULT, shares: '11' }],
    ['a number in a list', { ...RESULT, shares: ['10'] }],
    ['a flag as text', { ...RESULT, ok: 'true' }],
    ['a value under a name that all objects have', JSON.parse('{"ok":true,"shares":"10","__proto__":{"x":"1"}}') as object],
  ])('%s', (_, result) => {
    expect(verify(trace({ result: RESULT }))).toBe(0);
    expect(verify(trace({ result }))).toBe(1);
  });

  it('a refusal of which the file only says that it is one', () => {
    const refused = { ...DEPOSIT, amount: '0' };
    expect(verify(trace({ result: { ok: false, error: 'NewSharesZero' } }, refused))).toBe(0);
    for (const result of [{}, { ok: false }, { error: null }]) expect(verify(trace({ result }, refused))).toBe(1);
  });

  it('a trace that expects nothing has not passed', () => {
    expect(verify(trace({}))).toBe(1);
    // a model's way is no result of the contracts: it is not compared, and alone it is nothing
    expect(verify(trace({ intermediates: [] }))).toBe(1);
    expect(verify(trace({ result: RESULT, intermediates: [{ what: 'newShares', expr: '', value: '7' }] }))).toBe(0);
    expect(verify({ id: 'one', config: { strategies: ['S1'] }, steps: [] })).toBe(1);
  });

  it.each<[string, string, object, object]>([
    ['a staker', 'maxMagnitude', { stakers: { X: { depositShares: { S1: '1000000000000000000' } } } }, { stakers: {} }],
    ['a staker', 'depositScalingFactor', { stakers: { X: { depositShares: { S1: '1000000000000000000' } } } }, { stakers: {} }],
    ['a vault', 'maxMagnitude', { strategies: { X: { totalShares: '1000000000000000000' } } }, { strategies: {} }],
    ['a holding', 'maxMagnitude', { stakers: { a: { depositShares: { X: '1000000000000000000' } } } }, { stakers: {} }],
    ['a holding', 'allocatableMagnitude', { operators: { a: { shares: { X: '1000000000000000000' } } } }, { operators: {} }],
    ['a holding', '__proto__', { operators: { a: { shares: { X: '1' } } } }, { operators: {} }],
  ])('%s named %s is no magnitude', (_, name, expected, got) => {
    const named = JSON.parse(JSON.stringify(expected).replace('"X"', JSON.stringify(name))) as Traces.Json;
    expect(StateDifferences.between(named, got as Traces.Json, 'state')).toHaveLength(1);
    expect(StateDifferences.between(got as Traces.Json, named, 'state')).toHaveLength(1);
  });

  it('names of magnitudes for all do not hide a 0 or the lack of one', () => {
    const zero = { stakers: { burnOrRedistributable: { depositShares: { S1: '0' } }, maxMagnitude: { tokens: { S1: '0' } } } };
    expect(StateDifferences.between(zero, { stakers: {} }, 'state')).toEqual([]);
    const whole = '1000000000000000000';
    const state = {
      operators: { a: { maxMagnitude: { maxMagnitude: whole, S1: whole } } },
      stakers: { a: { pod: { beaconChainSlashingFactor: whole } } },
    };
    expect(StateDifferences.between(state, { operators: {}, stakers: {} }, 'state')).toEqual([]);
    expect(StateDifferences.between({ operators: { a: { maxMagnitude: { S1: '0' } } } }, { operators: {} }, 'state')).toHaveLength(1);
    const slashes = (shares: object) => ({ operatorSets: { 'avs:0': { burnOrRedistributable: shares } } }) as Traces.Json;
    expect(StateDifferences.between(slashes({ '1': { S1: '0' } }), slashes({}), 'state')).toHaveLength(1);
  });
});

describe('an expectation that cannot be compared is refused', () => {
  it.each<[string, string]>([
    ['a number that JSON has rounded', '{"strategies":{"S1":{"totalShares":9007199254740993}}}'],
    ['a number that is no integer', '{"strategies":{"S1":{"totalShares":1.5}}}'],
    ['a number beyond all', '{"strategies":{"S1":{"totalShares":1e400}}}'],
  ])('%s', (_, state) => {
    expect(fieldOf(() => Traces.parse(trace({ state: JSON.parse(state) })))).toBe('traces[0].steps[0].state.strategies.S1.totalShares');
  });

  it.each(['result', 'state', 'intermediates'])('%s that exhausts the stack', (field) => {
    for (const depth of [100, 10_000, 200_000])
      expect(codeOf(() => verify(trace({ [field]: field === 'state' ? { stakers: nested(depth) } : nested(depth) })))).toBe(
        'trace.bad-file',
      );
  });

  it('none at all', () => {
    expect(fieldOf(() => Traces.parse({ traces: [] }))).toBe('traces');
  });

  it('one that contains itself', () => {
    const state: { stakers?: unknown } = {};
    state.stakers = state;
    expect(codeOf(() => Traces.parse(trace({ state })))).toBe('trace.bad-file');
  });

  it('intermediates that are no list', () => {
    expect(fieldOf(() => Traces.parse(trace({ intermediates: 7 })))).toBe('traces[0].steps[0].intermediates');
  });
});

describe('names that all objects have', () => {
  const run = (name: string): string => {
    const { traces } = Traces.parse(JSON.parse(JSON.stringify(history).replaceAll('NAME', name)));
    const [first] = traces;
    if (first === undefined) throw new Error('no trace');
    const machine = first.start();
    const results = first.steps.map((_, i) => Traces.step(first, machine, i));
    const again = Traces.resume('eigenlayer', JSON.parse(JSON.stringify(machine.save())));
    expect(again.state()).toEqual(machine.state());
    return JSON.stringify([results, machine.state()]).replaceAll(name, 'NAME');
  };
  const set = { avs: 'NAME', id: 0 };
  const strategies = ['NAME'];
  const history = {
    id: 'one',
    config: { strategies, minWithdrawalDelayBlocks: 5, deallocationDelay: 5, allocationConfigurationDelay: 5, slashResolutionDelay: 5 },
    steps: [
      { op: { op: 'registerOperator', operator: 'NAME', allocationDelay: 0 } },
      { op: { op: 'deposit', staker: 'NAME', strategy: 'NAME', amount: '1000000000000000000' } },
      { op: { op: 'createOperatorSet', ...set, strategies } },
      { op: { op: 'registerForOperatorSets', operator: 'NAME', avs: 'NAME', ids: [0] } },
      { op: { op: 'modifyAllocations', operator: 'NAME', ...set, strategies, newMagnitudes: ['500000000000000000'] } },
      { op: { op: 'advance', blocks: 1 } },
      { op: { op: 'slash', ...set, operator: 'NAME', strategies, wads: ['100000000000000000'] } },
      { op: { op: 'queueWithdrawal', staker: 'NAME', strategies, depositShares: ['1000'] } },
      { op: { op: 'advance', blocks: 9 } },
      { op: { op: 'completeWithdrawal', withdrawal: 'W0', receiveAsTokens: true } },
      { op: { op: 'clearBurnOrRedistributableShares', ...set, slashId: 1 } },
      { op: { op: 'setSplit', kind: 'pi', operator: 'NAME', split: 5 } },
    ],
  };

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', '__defineGetter__'])('%s is a name like any other', (name) => {
    expect(run(name)).toBe(run('somebody'));
    expect(run(name)).not.toContain('"ok":false');
  });
});

describe('a request that changes while it is looked at', () => {
  /** Gives 5, and what is bad once it was checked. */
  const changing = (bad: unknown): { staker: string; strategy: string; amount: bigint } => {
    let reads = 0;
    return Object.defineProperty({ staker: 'alice', strategy: 'S1', amount: 5n }, 'amount', {
      get: () => (reads++ === 0 ? 5n : bad),
      enumerable: true,
    });
  };

  it.each([-5n, 'x', undefined, 1n << 300n])('is taken as it was checked: then %s', (bad) => {
    const ledger = EigenLayer.create({ strategies: [{ id: 'S1' }] });
    StrategyManager.depositIntoStrategy(ledger, { staker: 'alice', strategy: 'S1', amount: 100n });
    expect(StrategyManager.depositIntoStrategy(ledger, changing(bad))).toEqual({ shares: 5n });
    expect(EigenLayer.apply(ledger, Object.assign(changing(bad), { op: 'deposit' as const }))).toEqual({ ok: true, shares: 5n });
  });
});
