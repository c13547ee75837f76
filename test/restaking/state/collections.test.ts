// Histories, sets and queues against the plainest models: a list searched from its end, an array with swap-and-pop, an array.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EnumerableSets } from '../../../src/restaking/state/enumerableSets.ts';
import { Queues } from '../../../src/restaking/state/queues.ts';
import * as Snapshots from '../../../src/restaking/state/snapshots.ts';
import { Store } from '../../../src/restaking/state/store.ts';
import { codeOf } from '../support.ts';

describe('a history', () => {
  it('finds the last value at or before a key, in every version of it', () => {
    const entries = fc.array(fc.tuple(fc.bigInt(0n, 4n), fc.bigInt(0n, 1_000n)), { minLength: 1, maxLength: 120 });
    fc.assert(
      fc.property(entries, (pushes) => {
        let key = 0n;
        let history: Snapshots.Snapshots | undefined;
        let model: (readonly [bigint, bigint])[] = [];
        const versions: [Snapshots.Snapshots, typeof model][] = [];
        for (const [step, value] of pushes) {
          key += step;
          history = Snapshots.push(history, key, value);
          model = [...model.filter(([at]) => at !== key), [key, value]];
          versions.push([history, model]);
        }
        for (const [version, list] of versions) {
          expect(Snapshots.toList(version)).toEqual(list);
          expect(Snapshots.latest(version, -1n)).toBe(list.at(-1)?.[1]);
          for (let at = -1n; at <= key + 1n; at++)
            expect(Snapshots.at(version, at, -1n)).toBe(list.filter(([k]) => k <= at).at(-1)?.[1] ?? -1n);
        }
      }),
      { seed: 7, numRuns: 150 },
    );
    expect([Snapshots.latest(undefined, 5n), Snapshots.at(undefined, 9n, 5n)]).toEqual([5n, 5n]);
  });

  it('is searched in a logarithm of its length', () => {
    let history: Snapshots.Snapshots | undefined;
    for (let key = 0n; key < 100_000n; key++) history = Snapshots.push(history, key, key);
    for (const wanted of [0n, 1n, 31_337n, 65_536n, 99_998n]) {
      let steps = 0;
      const counted = (node: Snapshots.Snapshots | undefined): Snapshots.Snapshots | undefined =>
        node &&
        new Proxy(node, {
          get: (target, field) => {
            if (field === 'previous' || field === 'jump') {
              if (field === 'previous') steps++;
              return counted(target[field]);
            }
            return Reflect.get(target, field) as unknown;
          },
        });
      expect(Snapshots.at(counted(history), wanted, -1n)).toBe(wanted);
      expect(steps).toBeLessThan(40);
    }
  });
});

/** More than a small set holds. */
const ELEMENTS = 'abcdefghijklmn';

describe('sets', () => {
  it('keep the order of swap and pop, each under its name', () => {
    const act = fc.record({ set: fc.constantFrom('x', 'y'), add: fc.boolean(), element: fc.constantFrom(...ELEMENTS) });
    // Filled first, so that the sets grow and shrink around the size at which they are kept in another way.
    const filled = [...ELEMENTS].flatMap((element) => ['x', 'y'].map((set) => ({ set, add: true, element })));
    const history = fc.tuple(fc.nat(filled.length), fc.array(act, { maxLength: 80 }));
    fc.assert(
      fc.property(history, ([filling, rest]) => {
        const acts = [...filled.slice(0, filling), ...rest];
        const store = new Store();
        const sets = new EnumerableSets(store, 's');
        const model: Record<string, string[]> = { x: [], y: [] };
        for (const { set, add, element } of acts) {
          const list = model[set] as string[];
          const place = list.indexOf(element);
          if (add) {
            expect(sets.add(set, element)).toBe(place < 0);
            if (place < 0) list.push(element);
          } else {
            expect(sets.remove(set, element)).toBe(place >= 0);
            if (place >= 0) {
              list[place] = list.at(-1) as string;
              list.pop();
            }
          }
        }
        for (const [name, list] of Object.entries(model)) {
          expect(sets.values(name)).toEqual(list);
          expect(sets.size(name)).toBe(list.length);
          for (const element of ELEMENTS) expect(sets.has(name, element)).toBe(list.includes(element));
        }
        // How a set came to be does not show.
        const fresh = new Store();
        const again = new EnumerableSets(fresh, 's');
        for (const [name, list] of Object.entries(model)) for (const element of list) again.add(name, element);
        expect(store.save()).toEqual(fresh.save());
        const loaded = new EnumerableSets(Store.load(JSON.parse(JSON.stringify(store.save()))), 's');
        for (const [name, list] of Object.entries(model)) expect(loaded.values(name)).toEqual(list);
      }),
      { seed: 8, numRuns: 200 },
    );
  });
});

describe('sets in a snapshot', () => {
  it.each([
    ['an element twice', { s: [['x', ['a', 'a']]] }],
    ['an empty set', { s: [['x', []]] }],
    ['a small set as a number', { s: [['x', '8']] }],
    ['a large set as a list', { s: [['x', [...'abcdefghi']]] }],
  ])('are refused: %s', (_, tables) => {
    expect(codeOf(() => new EnumerableSets(Store.load(tables), 's'))).toBe('ledger.bad-snapshot');
  });
});

describe('queues', () => {
  it('give what came first', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.string()), { maxLength: 60 }), (acts) => {
        const queues = new Queues(new Store(), 'q');
        const model: string[] = [];
        for (const element of acts) {
          if (element === null) {
            queues.popFront('one');
            model.shift();
          } else {
            queues.pushBack('one', element);
            model.push(element);
          }
          expect(queues.length('one')).toBe(model.length);
          expect(Array.from({ length: model.length + 1 }, (_, i) => queues.at('one', i))).toEqual([...model, undefined]);
        }
      }),
      { seed: 9, numRuns: 200 },
    );
  });
});
