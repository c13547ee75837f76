// Tables against plain maps: random writes, nested operations that fail, forks of forks, snapshots.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { integer, text } from '../../../src/restaking/state/schemas.ts';
import { Store } from '../../../src/restaking/state/store.ts';
import { codeOf } from '../support.ts';

const KEYS = ['a', 'b', 'c', 'd', '__proto__', 'a|b'];
const open = (store: Store) => ({ store, numbers: store.table('numbers', integer), words: store.table('words', text) });
type Ledger = ReturnType<typeof open>;
type Model = { numbers: Map<string, bigint>; words: Map<string, string> };
type Pair = { readonly ledger: Ledger; readonly model: Model };

const copyOf = ({ numbers, words }: Model): Model => ({ numbers: new Map(numbers), words: new Map(words) });

function same({ ledger, model }: Pair): void {
  const sorted = <V>(map: Map<string, V>): [string, V][] => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  expect(ledger.numbers.entries()).toEqual(sorted(model.numbers));
  expect(ledger.words.entries()).toEqual(sorted(model.words));
  for (const key of KEYS) {
    expect(ledger.numbers.get(key)).toBe(model.numbers.get(key));
    expect(ledger.words.has(key)).toBe(model.words.has(key));
  }
}

function write({ ledger, model }: Pair, key: string, value: number): void {
  if (value % 5 === 0) {
    ledger.numbers.delete(key);
    model.numbers.delete(key);
  } else {
    ledger.numbers.set(key, BigInt(value));
    model.numbers.set(key, BigInt(value));
  }
  if (value % 3 === 0) {
    ledger.words.set(key, `word ${value}`);
    model.words.set(key, `word ${value}`);
  } else if (value % 7 === 0) {
    ledger.words.delete(key);
    model.words.delete(key);
  }
}

class Refused extends Error {}

/** An operation: writes, then perhaps a refusal; `inner` does the same inside, and its refusal may be caught. */
function operation(pair: Pair, steps: readonly Step[]): void {
  const before = copyOf(pair.model);
  try {
    pair.ledger.store.atomic(() => {
      for (const step of steps) {
        if (step.kind === 'write') write(pair, step.key, step.value);
        else if (step.kind === 'inner') operation(pair, step.steps);
        else throw new Refused();
      }
    });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    pair.model.numbers = before.numbers;
    pair.model.words = before.words;
  }
}

type Step =
  | { readonly kind: 'write'; readonly key: string; readonly value: number }
  | { readonly kind: 'inner'; readonly steps: readonly Step[] }
  | { readonly kind: 'refuse' };
const leaf = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('write' as const), key: fc.constantFrom(...KEYS), value: fc.integer({ min: -20, max: 200 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'refuse' as const }) },
);
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: leaf },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('inner' as const), steps: fc.array(leaf, { maxLength: 5 }) }) },
  ),
  { maxLength: 8 },
);

describe('a store', () => {
  it('is a set of maps: what is refused leaves no trace, forks are independent, snapshots go on the same', () => {
    const command = fc.record({ world: fc.nat(), act: fc.constantFrom('run', 'run', 'run', 'fork', 'save'), steps });
    fc.assert(
      fc.property(fc.array(command, { maxLength: 30 }), (commands) => {
        const worlds: Pair[] = [{ ledger: open(new Store()), model: { numbers: new Map(), words: new Map() } }];
        for (const { world, act, steps: todo } of commands) {
          const at = world % worlds.length;
          const pair = worlds[at] as Pair;
          if (act === 'run') operation(pair, todo);
          else if (act === 'fork') worlds.push({ ledger: open(pair.ledger.store.fork()), model: copyOf(pair.model) });
          else worlds[at] = { ledger: open(Store.load(JSON.parse(JSON.stringify(pair.ledger.store.save())))), model: pair.model };
        }
        for (const pair of worlds) same(pair);
      }),
      { seed: 6, numRuns: 400 },
    );
  });

  it('costs a fork nothing that grows with what it holds, and reads stay quick after forks in a row', () => {
    let { store, numbers } = open(new Store());
    for (let i = 0; i < 2_000; i++) numbers.set(`k${i}`, BigInt(i));
    for (let i = 0; i < 2_000; i++) {
      ({ store, numbers } = open(store.fork()));
      numbers.set(`k${i}`, -1n);
    }
    expect(numbers.entries().every(([, value]) => value === -1n)).toBe(true);
    expect(numbers.layers).toBeLessThanOrEqual(14);
  });

  it('is not forked inside an operation', () => {
    const { store } = open(new Store());
    expect(codeOf(() => store.atomic(() => store.fork()))).toBe('ledger.busy');
  });

  it.each<[string, unknown, string]>([
    ['no object', 7, 'tables'],
    ['a table that is no list', { numbers: {} }, 'tables.numbers'],
    ['a row that is no pair', { numbers: [['a']] }, 'tables.numbers.0'],
    ['a value of another type', { numbers: [['a', 1]] }, 'numbers["a"]'],
    ['a value that is no integer', { numbers: [['a', '1.5']] }, 'numbers["a"]'],
    ['an integer of 79 digits', { numbers: [['a', '9'.repeat(79)]] }, 'numbers["a"]'],
    [
      'a key twice',
      {
        numbers: [
          ['a', '1'],
          ['a', '2'],
        ],
      },
      'numbers["a"]',
    ],
  ])('refuses a snapshot with %s', (_, json, path) => {
    let code: unknown;
    try {
      open(Store.load(json));
    } catch (error) {
      code = (error as { readonly reason: unknown }).reason;
    }
    expect(code).toMatchObject({ code: 'ledger.bad-snapshot', path });
  });

  it('refuses a snapshot with a table that nobody knows', () => {
    const { store } = open(Store.load({ numbers: [], others: [] }));
    expect(codeOf(() => store.claimed())).toBe('ledger.bad-snapshot');
  });
});
