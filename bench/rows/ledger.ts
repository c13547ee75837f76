// Rows 29 to 34: the restaking ledgers, which nothing stands beside: operations, slashes, memory, growth and forks have targets instead.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { PROJECT } from '../build.ts';
import { type Fixtures, same, yes } from '../fixtures.ts';
import {
  type EigenLayer,
  joining,
  type Ledger,
  ledgerOf,
  Mixed,
  MixedVault,
  type Operation,
  type Purpose,
  run,
  type Size,
  type Symbiotic,
  vaultOf,
} from '../ledgers.ts';
import { type Budget, exponentOf, type Side, type Spread, spreadOf, sweep, type Timing } from '../measure.ts';
import type { Finding } from '../report.ts';

const OPERATORS = { operators: 1_000, sets: 100 } as const;
const STAKERS = 100_000;
const PER_SECOND = 100_000;
/** Until the compiler has seen every kind of operation often. */
const WARM_UP = 20_000;
/** Batches so long that every one has its share of collecting garbage. */
function longer({ rounds }: Budget, batchMs: number): Budget {
  return { rounds, batchMs, maxMs: 10_000 };
}

type Rows = { readonly lib: EigenLayer; readonly budget: Budget; readonly quick: boolean };

/** A ledger and the sequence that runs on it. */
class World {
  readonly size: Size;
  readonly ledger: Ledger;
  readonly #lib: EigenLayer;
  readonly #mixed: Mixed;
  #refused = 0;

  constructor(lib: EigenLayer, stakers: number) {
    this.#lib = lib;
    this.size = { ...OPERATORS, stakers };
    this.ledger = ledgerOf(lib, this.size);
    this.#mixed = new Mixed(this.size);
    const side = this.side('warm-up');
    side.prepare?.(WARM_UP);
    for (let i = 0; i < WARM_UP; i++) side.run(i);
  }

  /** Operations that go on where those before stopped; they are made outside the clock. */
  side(name: string, purpose?: Purpose): Side {
    let operations: readonly Operation[] = [];
    return {
      name,
      prepare: (count) => {
        operations = Array.from({ length: count }, () => this.#mixed.next(purpose));
      },
      run: (i) => {
        const outcome = this.#lib.apply(this.ledger, operations[i] as Operation);
        if (!outcome.ok) this.#refused++;
        return outcome;
      },
    };
  }

  /** The sequence knows which of its operations are refused. */
  check(): void {
    same('refused operations', `${this.#refused}`, `${this.#mixed.made.refused}`);
  }
}

const perSecond = ({ min, median, max }: Spread): Spread => ({ min: 1e6 / max, median: 1e6 / median, max: 1e6 / min });
const rates = (timings: readonly Timing[]): readonly { readonly name: string; readonly spread: Spread }[] =>
  timings.map(({ name, microseconds }) => ({ name, spread: perSecond(microseconds) }));

/** Single kinds, on a ledger of their own: what they queue is never completed, and what they slash never cleared. */
function singleKinds({ lib, budget }: Rows): readonly Timing[] {
  const world = new World(lib, STAKERS);
  const purposes: readonly Purpose[] = ['deposit', 'queue', 'slash'];
  return sweep(
    purposes.map((purpose) => world.side(`only: ${purpose}`, purpose)),
    budget,
  );
}

/** Row 29. */
function mixed(world: World, rows: Rows): Finding {
  const { budget, quick } = rows;
  const timings = sweep([world.side('mixed')], longer(budget, quick ? 120 : 250));
  const times = rates([...timings, ...(quick ? [] : singleKinds(rows))]);
  world.check();
  return {
    ...{ row: 29, kind: 'time', unit: 'operations/s', times },
    name: 'EigenLayer operations: 1,000 operators, 100 operator sets, 100,000 stakers',
    checked:
      'every operation is accepted, but for the one in a hundred that is made to be refused; the traces of the contracts are in the tests',
    target: { text: '>= 100,000 operations/s', met: (times[0]?.spread.median ?? 0) >= PER_SECOND },
    note: '33 % deposits, 20 % queued, 20 % completed, 8 % delegations and undelegations, 7 % clearing, 5 % allocations, 5 % slashes',
  };
}

/** The writes of tables while `run` runs. */
async function writesOf({ lib: { part } }: Fixtures, run: () => void): Promise<number> {
  const { Table } = (await part('restaking/state/table')) as typeof import('../../src/restaking/state/table.ts');
  const { set, delete: remove } = Table.prototype;
  let writes = 0;
  Table.prototype.set = function (...args) {
    writes++;
    set.apply(this, args);
  };
  Table.prototype.delete = function (...args) {
    writes++;
    remove.apply(this, args);
  };
  try {
    run();
  } finally {
    Table.prototype.set = set;
    Table.prototype.delete = remove;
  }
  return writes;
}

/** Row 30. */
async function slashes(fixtures: Fixtures, { lib, budget }: Rows): Promise<Finding> {
  const sizes = [10, 1_000, 100_000];
  const ledger = ledgerOf(lib, { operators: sizes.length, sets: sizes.length, stakers: 0 });
  const sides: Side[] = [];
  const writes: number[] = [];
  for (const [i, size] of sizes.entries()) {
    for (let j = 0; j < size; j++) run(lib, ledger, joining(`staker${i}-${j}`, `operator${i}`, j));
    const slash: Operation = {
      op: 'slash',
      avs: `avs${i}`,
      id: BigInt(i),
      operator: `operator${i}`,
      strategies: ['S1'],
      wads: [10n ** 9n],
    };
    const once = (): unknown => {
      const outcome = lib.apply(ledger, slash);
      yes('the slash is accepted', outcome.ok);
      return outcome;
    };
    once();
    writes.push(await writesOf(fixtures, once));
    sides.push({ name: `${size}`, run: once });
  }
  const points = sweep(sides, budget).map(({ microseconds }, i) => ({ size: sizes[i] ?? 0, microseconds }));
  const exponent = exponentOf(points.map(({ size, microseconds }) => ({ size, time: microseconds.median })));
  const [count = 0] = writes;
  return {
    ...{ row: 30, kind: 'curve', curves: [{ name: 'one slash in one strategy', points, exponent }] },
    name: 'Slash of an operator with n delegators',
    checked: `writes to tables by one slash: ${writes.join(', ')}`,
    target: { text: 'the same number of writes for every n', met: count > 0 && writes.every((each) => each === count) },
  };
}

/** Row 31. */
function memory({ lib }: Fixtures): Finding {
  const flags = ['--expose-gc', '--import', 'tsx', join(PROJECT, 'bench', 'ledgerMemory.ts')];
  const output = execFileSync(process.execPath, [...flags, lib.rootUrl, `${STAKERS}`], { cwd: PROJECT, encoding: 'utf8' });
  const bytes = Object.entries(JSON.parse(output) as Record<string, number>);
  return {
    ...{ row: 31, kind: 'time', unit: 'bytes' },
    name: 'Memory of a ledger for each of 100,000 stakers',
    times: bytes.map(([name, value]) => ({ name, spread: spreadOf([value]) })),
    checked: 'nothing to compare; the heap after a full collection, in a process of its own, less what it was before the stakers came',
    target: { text: '< 1,000 bytes in every case', met: bytes.length > 0 && bytes.every(([, value]) => value < 1_000) },
  };
}

/** Row 32. */
function growth(world: World, { lib, budget, quick }: Rows): Finding {
  const sizes = quick ? [1_000, 10_000, STAKERS] : [1_000, 10_000, STAKERS, 1_000_000];
  const worlds = sizes.map((stakers) => (stakers === world.size.stakers ? world : new World(lib, stakers)));
  const timings = sweep(
    worlds.map(({ size }, i) => (worlds[i] as World).side(`${size.stakers}`)),
    longer(budget, quick ? 100 : 250),
  );
  for (const each of worlds) each.check();
  const points = timings.map(({ microseconds }, i) => ({ size: sizes[i] ?? 0, microseconds }));
  const exponent = exponentOf(points.map(({ size, microseconds }) => ({ size, time: microseconds.median })));
  return {
    ...{ row: 32, kind: 'curve', name: 'One operation of the mix of row 29 with n stakers' },
    curves: [{ name: 'mixed', points, exponent }],
    checked: 'as row 29',
    target: { text: 'flat but for the caches of the processor (n^0.15)', met: exponent <= 0.15 },
  };
}

/** @unit microseconds of CPU time */
function microsecondsOf(run: () => unknown): number {
  const start = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(start);
  return Math.max(1, user + system);
}

/** On a small ledger: to write a whole one three times takes longer than all that is measured. */
function checkForks(lib: EigenLayer): void {
  const { ledger } = new World(lib, 1_000);
  const deposit: Operation = { op: 'deposit', staker: 'staker1', strategy: 'S1', amount: 10n ** 15n };
  const text = (of: Ledger): string => JSON.stringify(lib.toJson(of));
  const before = text(ledger);
  const fork = lib.fork(ledger);
  same('a fork and its ledger', text(fork), before);
  run(lib, fork, [deposit]);
  same('a ledger whose fork went on', text(ledger), before);
  same('a fork that went on and a ledger that did', text(fork), text(run(lib, ledger, [deposit])));
}

/** Row 33. */
function forks({ ledger }: World, { lib, quick }: Rows): Finding {
  const deposit: Operation = { op: 'deposit', staker: 'staker1', strategy: 'S1', amount: 10n ** 15n };
  const forksInRow = 1_000;
  let copy = lib.fork(ledger);
  const forking = (): void => {
    for (let i = 0; i < forksInRow; i++) {
      run(lib, copy, [deposit]);
      copy = lib.fork(copy);
    }
  };
  const deep = (): unknown => lib.fromJson(lib.toJson(ledger));
  forking();
  const times: [number[], number[]] = [[], []];
  const rounds = quick ? 1 : 3;
  for (let round = 0; round < rounds; round++) {
    times[0].push(microsecondsOf(forking) / forksInRow);
    times[1].push(microsecondsOf(deep));
  }
  checkForks(lib);
  const [ours, other] = times.map((each) => spreadOf(each)) as [Spread, Spread];
  const ratio = spreadOf((times[1] ?? []).map((time, i) => time / (times[0][i] ?? Number.NaN)));
  return {
    ...{ row: 33, kind: 'ratio', name: 'An independent copy of a ledger with 100,000 stakers' },
    comparison: {
      ours: { name: 'satlock: a deposit and a fork, 1,000 in a row', microseconds: ours },
      other: { name: 'satlock: fromJson(toJson(ledger))', microseconds: other },
      ratio,
      rounds,
    },
    checked: 'with 1,000 stakers: the fork has the same state; what happens to it does not show in the ledger',
    target: { text: '>= 1,000x', met: ratio.median >= 1_000 },
  };
}

/** Row 34. */
async function symbiotic({ lib: { part } }: Fixtures, budget: Budget): Promise<Finding> {
  const lib = (await part('restaking/symbiotic/Symbiotic')) as Symbiotic;
  const size = { operators: 100, stakers: STAKERS };
  const vault = vaultOf(lib, size);
  const sequence = new MixedVault(size);
  let operations: ReturnType<MixedVault['next']>[] = [];
  const side: Side = {
    name: 'mixed',
    prepare: (count) => {
      operations = Array.from({ length: count }, () => sequence.next());
    },
    run: (i) => {
      const outcome = lib.apply(vault, operations[i] as (typeof operations)[number]);
      yes('the operation is accepted', outcome.ok);
      return outcome;
    },
  };
  side.prepare?.(WARM_UP);
  for (let i = 0; i < WARM_UP; i++) side.run(i);
  const times = rates(sweep([side], longer(budget, 120)));
  return {
    ...{ row: 34, kind: 'time', unit: 'operations/s', times },
    name: 'Symbiotic operations: one vault, 4 networks, 100 operators, 100,000 depositors',
    checked: 'every operation is accepted; the traces of the contracts are in the tests',
    target: { text: '>= 100,000 operations/s', met: (times[0]?.spread.median ?? 0) >= PER_SECOND },
    note: '40 % deposits, 20 % claims (or deposits), 20 % withdrawals, 10 % time, 5 % shares of operators, 5 % slashes',
  };
}

export async function ledgerRows(fixtures: Fixtures, budget: Budget, quick: boolean): Promise<readonly Finding[]> {
  const lib = (await fixtures.lib.part('restaking/eigenlayer/EigenLayer')) as EigenLayer;
  const rows: Rows = { lib, budget, quick };
  const world = new World(lib, STAKERS);
  return [
    mixed(world, rows),
    await slashes(fixtures, rows),
    memory(fixtures),
    growth(world, rows),
    forks(world, rows),
    await symbiotic(fixtures, budget),
  ];
}
