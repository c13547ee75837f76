// satlock ledger: what it prints of the vectors, what it compares, what it refuses.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { stateText } from '../../src/cli/commands/ledger/stateText.ts';
import { type Fields, wad } from '../../src/cli/commands/ledger/table.ts';
import { operationsOf } from '../../src/cli/commands/ledger/vocabulary.ts';
import * as Operations from '../../src/restaking/eigenlayer/Operations.ts';
import * as SymbioticOperations from '../../src/restaking/symbiotic/Operations.ts';
import * as Traces from '../../src/restaking/Traces.ts';
import { jsonOf } from '../vectors/support.ts';
import { satlock } from './run.ts';

const folder = mkdtempSync(join(tmpdir(), 'satlock-ledger-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const EIGENLAYER = 'vectors/eigenlayer/traces.json.gz';
const SYMBIOTIC = 'vectors/symbiotic/traces.json.gz';

let files = 0;
function file(content: unknown): string {
  const path = join(folder, `${files++}.json`);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const deposit = { op: 'deposit', staker: 'alice', strategy: 'S1', amount: '1000' };
const donation = { op: 'donate', strategy: 'S1', amount: 500 };
const config = { strategies: ['S1'] };
const trace = (...steps: readonly object[]): object => ({ id: 'mine', config, steps });

describe('satlock ledger run', () => {
  it('prints steps, results, the state as tables, and that all is as the file says', () => {
    const { code, out } = satlock(['ledger', 'run', EIGENLAYER, '--trace', 'T02']);
    expect(code).toBe(0);
    expect(out).toContain(`   10  slash avs=avs id=0 operator=op strategies=[S1] wads=[333333333333333333]
       ok slashId=2 shares=[65666666666666666666]`);
    expect(out).toContain(`  stakers
    staker  operator  strategy               deposit shares        scaling factor                 withdrawable
    alice   op        S1        200'000'000'000'000'012'345  1.055555555555555591  126'666'666'666'666'678'738
    bob     op        S1          7'000'000'000'000'000'000  1.111111111111111111    4'666'666'666'666'666'666
`);
    expect(out).toMatch(/\n\n14 steps, all as the file says: 14 results, 14 states\n$/);
  });

  it('runs all traces of a file', () => {
    const { code, out } = satlock(['ledger', 'run', SYMBIOTIC]);
    expect(code).toBe(0);
    expect(out).toMatch(/\n\n3 traces: 77 steps \(\d+ refused\), all as the file says: 77 results, 77 states\n$/);
  });

  it('prints what each step changed', () => {
    const path = file(trace({ op: deposit }, { op: donation }, { op: { ...deposit, amount: '0' } }));
    const { code, out } = satlock(['ledger', 'run', path, '--states', 'changes']);
    expect(code).toBe(0);
    expect(out).toBe(`mine
    0  deposit staker=alice strategy=S1 amount=1000
       ok shares=1000
       strategies: nothing -> {"S1":{"totalShares":"1000","tokenBalance":"1000"}}
       stakers: nothing -> {"alice":{"strategyList":["S1"],"depositShares":{"S1":"1000"},"withdrawableShares":{"S1":"1000"}}}
    1  donate strategy=S1 amount=500
       ok
       strategies.S1.tokenBalance: 1000 -> 1500
    2  deposit staker=alice strategy=S1 amount=0
       refused: NewSharesZero

3 steps (1 refused, of which the file does not say so of 1: step 2); the file expects nothing
`);
  });

  it.each([
    ['all', 2, 3],
    ['last', 0, 1],
    ['none', 0, 0],
  ])('--states %s', (states, ofSteps, inText) => {
    const path = file(trace({ op: deposit }, { op: donation }));
    const { traces } = JSON.parse(satlock(['ledger', 'run', path, '--states', states, '--json']).out);
    expect(traces[0].steps.filter((step: object) => 'state' in step)).toHaveLength(ofSteps);
    expect('state' in traces[0]).toBe(states !== 'none');
    const { out } = satlock(['ledger', 'run', path, '--states', states]);
    // The last of all states is printed once.
    expect(out.match(/vaults/g) ?? []).toHaveLength(Math.min(inText, 2));
  });

  it('answers 1 for another result, and says both; for another state, once', () => {
    const expected = { ok: true, shares: '1001' };
    const state = { strategies: { S1: { totalShares: '999', tokenBalance: '1000' } } };
    const path = file(trace({ op: deposit, result: expected, state }, { op: { op: 'advance', blocks: 1 }, state }));
    const { code, out } = satlock(['ledger', 'run', path, '--states', 'none']);
    expect(code).toBe(1);
    expect(out).toBe(`mine
    0  deposit staker=alice strategy=S1 amount=1000
       ok shares=1000
       DIFFERS: the file says ok shares=1001
       DIFFERS strategies.S1.totalShares: the file says 999, got 1000
    1  advance blocks=1
       ok

2 steps, 2 of them not as the file says
`);
    const { mismatches, traces } = JSON.parse(satlock(['ledger', 'run', path, '--json']).out);
    expect(mismatches).toBe(3);
    expect(traces[0]).toMatchObject({ id: 'mine', ledger: 'eigenlayer', mismatches: 3, compared: { results: 1, states: 2 } });
    expect(traces[0].steps[1].differences).toEqual([{ field: 'state.strategies.S1.totalShares', expected: '999', got: '1000' }]);
  });

  it('answers 1 where another version of the contracts gives other numbers', () => {
    const { code, out } = satlock(['ledger', 'run', EIGENLAYER, '--trace', 'T22', '--profile', 'v1.13.1']);
    expect(code).toBe(1);
    expect(out).toContain('       ok slashId=2 shares=[3521]\n       DIFFERS: the file says ok slashId=2 shares=[3525]\n');
  });

  it('goes on from a snapshot as if it had never stopped', () => {
    const [first, then, all] = [
      [{ op: deposit }],
      [{ op: donation }, { op: deposit }],
      [{ op: deposit }, { op: donation }, { op: deposit }],
    ];
    const saved = join(folder, 'saved.json');
    expect(satlock(['ledger', 'run', file(trace(...first)), '--save', saved]).code).toBe(0);
    const resumed = JSON.parse(satlock(['ledger', 'run', file(trace(...then)), '--from', saved, '--json']).out);
    const straight = JSON.parse(satlock(['ledger', 'run', file(trace(...all)), '--json']).out);
    expect(resumed.traces[0].state).toEqual(straight.traces[0].state);
    const explained = satlock(['ledger', 'explain', file(trace(...then)), '--from', saved, '--step', '1']).out;
    expect(explained).toContain('newShares                   floor(1000 * (1000 + 1000) / (1500 + 1000)) = 800');
    const before = readFileSync(saved, 'utf8');
    expect(satlock(['ledger', 'run', file(trace(...first)), '--save', saved]).code).toBe(2);
    expect(readFileSync(saved, 'utf8')).toBe(before);
  });
});

describe('satlock ledger run --against', () => {
  it('prints where two versions part, and what is equal again', () => {
    const { code, out } = satlock(['ledger', 'run', EIGENLAYER, '--trace', 'T22', '--against', 'v1.13.1']);
    expect(code).toBe(0);
    expect(out).toContain('(v1.12.0 -> v1.13.1)\n');
    expect(out).toContain(`
   18  slash avs=avs id=0 operator=op strategies=[S1] wads=[1000000000000000000]
       ok slashId=2 shares=[3525] -> ok slashId=2 shares=[3521]
       operatorSets.avs:0.burnOrRedistributable.2.S1: 3525 -> 3521
       operatorSets.avs:0.slashResolutionBlock: nothing -> {"1":"22550400","2":"22550400"}
       operators.op.slashableSharesInQueue.S1: equal again
`);
    // Two refusals in a row that both differ are both told.
    expect(out.match(/refused: WithdrawalAmountExceedsTotalDeposits -> refused: SlashResolutionDelayNotElapsed/g)).toHaveLength(2);
  });

  it('gives the same as JSON', () => {
    const { out } = satlock(['ledger', 'run', EIGENLAYER, '--trace', 'T22', '--against', 'v1.13.1', '--json']);
    const [only] = JSON.parse(out).traces;
    expect(only.profiles).toEqual(['v1.12.0', 'v1.13.1']);
    const slash = only.steps.find(({ step }: { step: number }) => step === 18);
    expect(slash.results).toEqual({
      before: { ok: true, slashId: '2', shares: ['3525'] },
      after: { ok: true, slashId: '2', shares: ['3521'] },
    });
    expect(slash.differences[0]).toEqual({ field: 'result.shares[0]', before: '3525', after: '3521' });
  });

  it('says that nothing differs', () => {
    expect(satlock(['ledger', 'run', EIGENLAYER, '--trace', 'T01', '--against', 'v1.13.1']).out).toMatch(/ {7}no difference\n$/);
  });
});

describe('satlock ledger explain', () => {
  it('prints each rounded integer with its formula', () => {
    const { code, out } = satlock(['ledger', 'explain', EIGENLAYER, '--trace', 'T02', '--step', '7']);
    expect(code).toBe(0);
    expect(out).toContain('scaled(alice,S1)');
    expect(out).toContain('floor(100000000000000000000 * 1000000000000000000 / 1e18) = 100000000000000000000');
    expect(out).toContain(' = 1055555555555555555\n');
    expect(out.match(/^ {2,4}\d+ {2}/gm)).toHaveLength(1);
  });

  it('prints every step, or gives JSON', () => {
    expect(satlock(['ledger', 'explain', EIGENLAYER, '--trace', 'T02']).out.match(/^ {2,4}\d+ {2}/gm)).toHaveLength(14);
    const { traces } = JSON.parse(satlock(['ledger', 'explain', EIGENLAYER, '--trace', 'T02', '--step', '7', '--json']).out);
    expect(traces[0].steps[0]).toMatchObject({ step: 7, operation: { op: 'deposit' }, result: { ok: true } });
    expect(traces[0].steps[0].intermediates.length).toBeGreaterThan(2);
  });
});

describe('refusals', () => {
  const unknownStrategy = { ...deposit, strategy: 'S9' };
  const unknownValidator = { op: 'setBeaconBalance', validator: 'v9', balanceGwei: '1' };
  it.each<readonly [string, unknown, string, string]>([
    ['an unknown strategy', trace({ op: deposit }, { op: unknownStrategy }), 'trace.bad-step', 'trace mine, step 1: strategy: '],
    ['an unknown field', trace({ op: { ...deposit, more: 1 } }), 'trace.bad-step', 'trace mine, step 0: more: no such field'],
    [
      'a missing field',
      trace({ op: { op: 'deposit', staker: 'alice', strategy: 'S1' } }),
      'trace.bad-step',
      'trace mine, step 0: amount: ',
    ],
    ['an unknown operation', trace({ op: { op: 'steal' } }), 'trace.bad-step', 'trace mine, step 0: op: expected one of '],
    [
      'what the ledger does not know',
      trace({ op: deposit }, { op: unknownValidator }),
      'trace.bad-step',
      'trace mine, step 1: validator: the ledger knows no v9 [',
    ],
    [
      'a bad configuration',
      { id: 'mine', config: { ...config, startBlock: -1 }, steps: [] },
      'trace.bad-file',
      'traces[0].config.startBlock: ',
    ],
    ['no traces', { traces: 3 }, 'trace.bad-file', 'traces: expected a list, got number'],
    ['no JSON', '{', 'cli.not-json', 'not a JSON file'],
  ])('%s is refused with code 2, naming the file and the place', (_, content, code, words) => {
    const path = file(content);
    for (const command of ['run', 'explain']) {
      const { code: exit, out, err } = satlock(['ledger', command, path]);
      expect([exit, out]).toEqual([2, '']);
      expect(err).toContain(`satlock: ${path}: ${words}`);
      expect(err).toContain(`[${code}]`);
      expect(err.split('\n')).toHaveLength(2);
    }
    const { reason } = JSON.parse(satlock(['ledger', 'run', path, '--json']).out).error;
    expect(reason).toMatchObject({ code, file: path });
  });

  it('a snapshot that is none names its own file', () => {
    const [path, snapshot] = [file(trace({ op: deposit })), file({ schema: 'other' })];
    const { code, err } = satlock(['ledger', 'run', path, '--from', snapshot]);
    expect(code).toBe(2);
    expect(err).toContain(`satlock: ${snapshot}: `);
    expect(err).toContain('[ledger.bad-snapshot]');
  });

  it.each<readonly [readonly string[], string]>([
    [['run', EIGENLAYER, '--trace', 'T99'], '--trace: the file has no trace T99; it has T01, '],
    [['run', EIGENLAYER, '--save', join(folder, 'never.json')], '--save: takes one trace, and there are 24'],
    [['run', SYMBIOTIC, '--profile', 'v1.12.0'], '--profile: trace S1 is of Symbiotic'],
    [['run', SYMBIOTIC, '--against', 'v1.12.0'], '--against: trace S1 is of Symbiotic'],
    [['run', EIGENLAYER, '--trace', 'T02', '--against', 'v1.13.1', '--from', 'x'], '--from: does not go with --against'],
    [['explain', EIGENLAYER, '--trace', 'T02', '--step', '14'], '--step: trace T02 has steps 0 to 13'],
    [['explain', EIGENLAYER, '--from', 'x'], '--from: takes one trace'],
    [['run', join(folder, 'missing.json')], 'there is no such file'],
  ])('%j has code 2', (args, words) => {
    const { code, out, err } = satlock(['ledger', ...args]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(words);
  });
});

describe('satlock ledger operations', () => {
  const parsers = { eigenlayer: Operations, symbiotic: SymbioticOperations };

  it('lists the fields of each', () => {
    const { code, out } = satlock(['ledger', 'operations']);
    expect(code).toBe(0);
    expect(out).toContain('\n  deposit staker strategy amount token?\n      tokens into a vault\n');
    expect(Object.keys(JSON.parse(satlock(['ledger', 'operations', '--ledger', 'symbiotic', '--json']).out))).toEqual(['symbiotic']);
  });

  // Any value that a field of this name takes.
  const texts =
    'staker strategy operator caller avs token who recipient earner claimer withdrawal validator slasher redistributionRecipient onBehalfOf account net resolver ' +
    'delegationApprover description submitter feeRecipient rewardsUpdater incentiveCouncil admin appointee target selector vaultAdmin arbitrator ' +
    'refusesRegistration refusesDeregistration';
  const lists = 'strategies tokens validators redistributionRecipients';
  const flags = 'receiveAsTokens compounding wrongCredentials slashed exiting activated revertIfNoBalance forged status';
  const values: Readonly<Record<string, unknown>> = {
    ...Object.fromEntries(texts.split(' ').map((name) => [name, 'a'])),
    ...Object.fromEntries(lists.split(' ').map((name) => [name, ['a']])),
    ...Object.fromEntries(flags.split(' ').map((name) => [name, true])),
    ...Object.fromEntries(['depositShares', 'newMagnitudes', 'numToClear', 'wads', 'ids', 'epochs'].map((name) => [name, ['1']])),
    ...{
      kind: 'avs',
      type: 'avs',
      earnings: [],
      operatorRewards: [],
      params: [],
      withdrawals: [],
      claims: [],
      contract: 'StrategyManager',
    },
    ...{ signature: { signer: 'a', nonce: '1' }, approval: { signer: 'a', salt: 'a', expiry: '1' } },
    distribution: { distributionType: 'Disabled', weight: '1', startEpoch: '1', totalEpochs: '1', submissions: [[['a', '1']]] },
  };
  const special: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    submitRewards: { strategies: [['a', '1']] },
    optInFee: { value: true },
    setRewardsForAllSubmitter: { value: true },
    vetoSlash: { who: 'a' },
    claim: { root: '1' },
  };
  const sampleOf = (op: string, name: string): unknown => special[op]?.[name] ?? values[name] ?? '1';

  it.each(Traces.LEDGERS)('of %s are all, and each takes its fields, no others, and none less', (ledger) => {
    const { fromJson, NAMES } = parsers[ledger];
    const listed = operationsOf(ledger);
    expect(listed.map(({ op }) => op).sort()).toEqual([...NAMES].sort());
    for (const { op, fields } of listed) {
      const json = (given: readonly { readonly name: string }[]): object => ({
        op,
        ...Object.fromEntries(given.map(({ name }) => [name, sampleOf(op, name)])),
      });
      const required = fields.filter(({ isOptional }) => !isOptional);
      expect(fromJson(json(fields)).op, op).toBe(op);
      expect(fromJson(json(required)).op, op).toBe(op);
      expect(Object.keys(fromJson(json(fields))).length, op).toBe(fields.length + 1);
      for (const { name } of required)
        expect(() => fromJson(json(fields.filter((field) => field.name !== name))), `${op} without ${name}`).toThrow(`${op}: ${name}: `);
    }
  });
});

describe('the tables', () => {
  const paths = [
    'eigenlayer/traces.json.gz',
    'eigenlayer/traces.v1.13.1.json.gz',
    'eigenlayer/fuzz.v1.13.1.json.gz',
    'symbiotic/traces.json.gz',
  ];

  /** Every number and name of a state, but what has its default. */
  function leaves(value: unknown, key: string): string[] {
    if (typeof value === 'string') return value === '0' || key === 'checkpoint' ? [] : [value];
    if (typeof value !== 'object' || value === null) return [];
    return Object.entries(value).flatMap(([name, one]) => leaves(one, name));
  }

  it.each(paths)('of %s show every number of every state', (path) => {
    let numbers = 0;
    for (const one of Traces.parse(jsonOf(path)).traces) {
      const machine = one.start();
      for (const [i] of one.steps.entries()) {
        Traces.step(one, machine, i);
        const state = machine.state() as Fields;
        const text = stateText(one.ledger, state);
        const shown = new Set(text.replaceAll("'", '').split(/[\s,]+/));
        const missing = leaves(state, '').filter((leaf) => !shown.has(leaf) && !shown.has(wad(leaf, '0').replaceAll("'", '')));
        expect(missing, `${one.id}, step ${i}\n${text}`).toEqual([]);
        numbers += shown.size;
      }
    }
    expect(numbers).toBeGreaterThan(1_000);
  });

  it('show as JSON what they do not know, and leave out what says nothing', () => {
    const text = stateText('eigenlayer', { block: '7', time: '84', novelty: { alice: '5' }, empty: {} });
    expect(text).toBe('block 7, time 84\n\nnovelty {\n  "alice": "5"\n}');
  });

  it.each([
    ['900000000000000000', '0.9'],
    ['1', '0.000000000000000001'],
    ['1055555555555555591', '1.055555555555555591'],
    ['-400000000000000001', '-0.400000000000000001'],
    [`1${'0'.repeat(36)}`, "1'000'000'000'000'000'000"],
    ['0', '0'],
  ])('write the fraction %s as %s', (value, text) => {
    expect(wad(value, '1')).toBe(text);
  });
});

describe('help', () => {
  it.each(['run', 'explain', 'operations', ''])('ledger %s has examples', (name) => {
    const { code, out } = satlock(['ledger', ...(name === '' ? [] : [name]), '--help']);
    expect(code).toBe(0);
    expect(out).toMatch(/Examples:\n {2}satlock ledger/);
  });
});
