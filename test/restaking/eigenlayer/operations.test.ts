// The vocabulary is whole: every operation can be done, stands in traces and snapshots, survives JSON, and names its strategies.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import * as EigenLayer from '../../../src/restaking/eigenlayer/EigenLayer.ts';
import { DATA_SHAPES } from '../../../src/restaking/eigenlayer/ledger/operationShapes.ts';
import * as Operations from '../../../src/restaking/eigenlayer/Operations.ts';
import { planOf, quickTake } from '../../../src/restaking/eigenlayer/operations/quickTake.ts';
import * as Traces from '../../../src/restaking/Traces.ts';
import { codeOf } from '../support.ts';
import { CONFIG, CONFIG_JSON, HISTORY } from './history.ts';
import { operationOf, STRATEGY_MARK } from './operationArbitraries.ts';

const RUNS = { seed: 20_261_121, numRuns: 60 };

describe('every operation', () => {
  it('is accepted at its place in one history', () => {
    const ledger = EigenLayer.create(CONFIG);
    for (const operation of HISTORY)
      expect([operation.op, EigenLayer.apply(ledger, operation)]).toMatchObject([operation.op, { ok: true }]);
    expect([...new Set(HISTORY.map(({ op }) => op))].sort()).toEqual([...Operations.NAMES].sort());
  });

  it('gives the history the results of the contracts that it is there for', () => {
    const ledger = EigenLayer.create(CONFIG);
    const results = HISTORY.map((operation) => [operation.op, EigenLayer.apply(ledger, operation)] as const);
    const of = (op: string): unknown[] => results.filter(([name]) => name === op).map(([, result]) => result);
    // Half of 10^18 is allocated, a tenth of that is slashed: 5% of 1,004,999 shares (5,000 tokens came before the donation).
    expect(of('slash')).toEqual([{ ok: true, slashId: 1n, shares: [50_250n] }]);
    expect(of('deposit')[0]).toEqual({ ok: true, shares: 1_000_000n });
    expect(of('queueWithdrawals')).toMatchObject([{ withdrawals: [{ id: 'W1' }, { id: 'W2' }] }]);
    // 60.07% of a million: 600,000 in two submissions and 700 to the council; the rest is swept.
    expect(of('pressButton')).toEqual([
      { ok: true, epoch: 1n, minted: 1_000_000n, processed: [{ distributionId: 0n }, { distributionId: 1n }] },
    ]);
    expect(of('sweep')).toEqual([{ ok: true, swept: 399_300n }]);
    expect(of('advanceToWithdrawals')).toEqual([{ ok: true, deallocated: true, deregistered: true }]);
    expect(EigenLayer.view(ledger)['rewards']).toMatchObject({
      balances: { purse: { USD: '2024' }, alice: { USD: '500' }, carol: { USD: '300' }, council2: { E: '400000' } },
      roots: '3',
    });
    expect(EigenLayer.apply(ledger, { op: 'deposit', staker: 'alice', strategy: 'S1', amount: 9n })).toEqual({
      ok: false,
      error: 'CurrentlyPaused',
    });
  });

  it('stands in a trace, with the same results as without, also when every step goes on from a snapshot', () => {
    const steps = HISTORY.map((operation) => ({ op: Operations.toJson(operation) }));
    const json: unknown = JSON.parse(JSON.stringify({ schema: Traces.SCHEMA, traces: [{ id: 'all', config: CONFIG_JSON, steps }] }));
    const [trace] = Traces.parse(json).traces;
    if (trace === undefined) throw new Error('no trace');
    const ledger = EigenLayer.create(CONFIG);
    let machine = trace.start();
    HISTORY.forEach((operation, i) => {
      expect(Traces.step(trace, machine, i)).toEqual(textOf(EigenLayer.apply(ledger, operation)));
      machine = Traces.resume('eigenlayer', JSON.parse(JSON.stringify(machine.save())));
    });
    expect(machine.save()).toEqual(EigenLayer.toJson(ledger));
    expect(EigenLayer.toJson(EigenLayer.fromJson(EigenLayer.toJson(ledger)))).toEqual(EigenLayer.toJson(ledger));
  });

  it('with a refusal leaves no trace in a fork of any point of the history', () => {
    const ledger = EigenLayer.create(CONFIG);
    for (const operation of HISTORY) {
      const before = JSON.stringify(EigenLayer.toJson(ledger));
      // Most cannot be done twice or by nobody.
      for (const other of HISTORY) {
        if (EigenLayer.apply(EigenLayer.fork(ledger), other).ok) continue;
        EigenLayer.apply(ledger, other);
        break;
      }
      expect(JSON.stringify(EigenLayer.toJson(ledger))).toBe(before);
      EigenLayer.apply(ledger, operation);
    }
  });
});

it('the usual operations are taken without their schemas', () => {
  const usual: readonly Operations.Operation[] = [
    { op: 'advance', blocks: 1n },
    { op: 'deposit', staker: 'a', strategy: 'S1', amount: 1n },
    { op: 'delegate', staker: 'a', operator: 'o' },
    { op: 'queueWithdrawal', staker: 'a', strategies: ['S1'], depositShares: [1n] },
    { op: 'completeWithdrawal', withdrawal: 'W0', receiveAsTokens: true },
    { op: 'modifyAllocations', operator: 'o', avs: 'v', id: 0n, strategies: ['S1'], newMagnitudes: [1n] },
    { op: 'slash', avs: 'v', id: 0n, operator: 'o', strategies: ['S1'], wads: [1n], caller: 'c' },
  ];
  for (const operation of usual) expect(quickTake(planOf(DATA_SHAPES[operation.op]), operation.op, operation)).toEqual(operation);
});

describe.each(Operations.NAMES)('%s', (name) => {
  it('survives JSON text, whatever is in its fields', () => {
    fc.assert(
      fc.property(operationOf(name), (operation) => {
        const json = Operations.toJson(operation);
        expect(Operations.fromJson(JSON.parse(JSON.stringify(json)))).toEqual(operation);
        expect(numbersIn(json)).toEqual([]);
        expect(Operations.take(operation)).toEqual(operation);
        expect(Operations.take(operation)).not.toBe(operation);
      }),
      RUNS,
    );
  });

  it('is taken without its schema only when the schema takes it, and alike', () => {
    const schema = DATA_SHAPES[name] as z.ZodType;
    const plan = planOf(schema);
    const junk = fc.constantFrom(
      undefined,
      null,
      -1n,
      1n << 256n,
      7,
      '',
      'a|b',
      'a',
      true,
      [],
      ['a'],
      [7],
      [undefined],
      {},
      new Uint8Array(1),
    );
    fc.assert(
      fc.property(operationOf(name), fc.nat(), junk, fc.boolean(), (operation, at, value, isAdded) => {
        const fields = Object.keys(operation).filter((field) => field !== 'op');
        const field = isAdded || fields.length === 0 ? 'more' : (fields[at % fields.length] as string);
        for (const given of [operation, { ...operation, [field]: value }]) {
          const quick = quickTake(plan, name, given);
          const read = schema.safeParse(given);
          if (quick !== undefined) expect(read).toEqual({ success: true, data: quick });
        }
      }),
      RUNS,
    );
  });

  it('names its strategies wherever they stand, and no trace takes one that is not configured', () => {
    fc.assert(
      fc.property(operationOf(name), (operation) => {
        const marked = textsIn(operation).filter((text) => text.startsWith(STRATEGY_MARK));
        const named = Operations.strategiesOf(operation);
        expect(named.map(({ strategy }) => strategy).sort()).toEqual(marked.sort());
        const json = Operations.toJson(operation);
        const parse = (strategies: readonly string[]): unknown =>
          Traces.parse([{ id: 'one', config: { strategies }, steps: [{ op: json }] }]);
        const all = [...new Set(marked)];
        expect(parse(all)).toBeDefined();
        for (const missing of all) expect(codeOf(() => parse(all.filter((one) => one !== missing)))).toBe('trace.bad-step');
      }),
      RUNS,
    );
  });

  it('has strategies, and nothing else, in the fields that are called so', () => {
    fc.assert(
      fc.property(operationOf(name), (operation) => {
        for (const [path, text] of textEntries(operation, '')) {
          // A pair of the submissions is a strategy and its multiplier.
          const isCalled = /(^|\.)(strategy|strategies(\.\d+){1,2}|submissions\.\d+\.\d+\.0)$/.test(path);
          expect([path, text.startsWith(STRATEGY_MARK)]).toEqual([path, isCalled]);
        }
      }),
      RUNS,
    );
  });
});

describe('an operation as JSON', () => {
  it('has integers as decimal text and bytes as hex', () => {
    expect(Operations.toJson({ op: 'submitRoot', endTimestamp: 7n, root: new Uint8Array(32).fill(0xab) })).toEqual({
      op: 'submitRoot',
      endTimestamp: '7',
      root: 'ab'.repeat(32),
    });
    expect(Operations.toJson({ op: 'recordBalanceUpdate', staker: 'a', prevRestakedBalanceWei: 0n, balanceDeltaWei: -5n })).toEqual({
      op: 'recordBalanceUpdate',
      staker: 'a',
      prevRestakedBalanceWei: '0',
      balanceDeltaWei: '-5',
    });
  });

  it('leaves out what is undefined', () => {
    const operation = { op: 'undelegate', staker: 'a', caller: undefined } as unknown as Operations.Operation;
    expect(Object.keys(Operations.toJson(operation))).toEqual(['op', 'staker']);
  });

  it('is refused where it is none', () => {
    expect(codeOf(() => Operations.toJson({ op: 'nope' } as never))).toBe('operation.unknown');
    expect(codeOf(() => Operations.toJson({ op: 'advance', blocks: 5 } as never))).toBe('operation.bad-field');
    expect(codeOf(() => Operations.toJson({ op: 'advance', blocks: 1n << 32n }))).toBe('operation.bad-field');
  });

  it.each<[object, string, string]>([
    [{ op: 'createPod', staker: 7 }, 'staker', 'Invalid input: expected string, received number'],
    [{ op: 'createPod' }, 'staker', 'missing'],
    [{ op: 'advance' }, 'blocks', 'missing'],
    [{ op: 'advance', blocks: true }, 'blocks', 'expected an integer below 2^53, or decimal digits as text'],
    [{ op: 'advance', blocks: '4294967296' }, 'blocks', 'expected 0..2^32 - 1'],
    [{ op: 'submitRoot', endTimestamp: 1, root: '00' }, 'root', 'expected 32 bytes'],
    [{ op: 'submitRoot', endTimestamp: 1, root: `0x${'00'.repeat(31)}` }, 'root', 'expected bytes in lower-case hex, without 0x'],
    [{ op: 'submitRoot', endTimestamp: 1, earnings: [], root: '00'.repeat(32) }, 'root', 'no such field'],
    [{ op: 'setAVSRegistrar', avs: 'a', refusesRegistration: null }, 'refusesDeregistration', 'missing'],
    [{ op: 'queueWithdrawals', staker: 'a', params: [{ strategies: [] }] }, 'params.0.depositShares', 'missing'],
    [{ op: 'sweep', caller: 'a' }, 'caller', 'no such field'],
  ])('tells what is wrong: %j', (json, field, problem) => {
    expect(reasonOf(() => Operations.fromJson(json))).toMatchObject({ code: 'operation.bad-field', field, problem });
  });
});

describe('the arbitraries', () => {
  it('know every kind of field that a shape has', () => {
    expect(Object.keys(DATA_SHAPES)).toHaveLength(Operations.NAMES.length);
    expect(() => operationOf('nope' as never, { nope: {} as z.ZodType })).toThrow('no arbitrary');
  });
});

function reasonOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return (error as { reason: unknown }).reason;
  }
  return undefined;
}

/** As traces print results. */
function textOf(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? `${one}` : one)));
}

function numbersIn(value: unknown): unknown[] {
  if (typeof value === 'number' || typeof value === 'bigint') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}

const textsIn = (value: unknown): string[] => textEntries(value, '').map(([, text]) => text);

function textEntries(value: unknown, path: string): [path: string, text: string][] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  return Object.entries(value).flatMap(([key, one]) => textEntries(one, path === '' ? key : `${path}.${key}`));
}
