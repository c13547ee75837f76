// The configuration of a ledger: what it refuses, and that snapshots and traces carry every field of it.
import { describe, expect, it } from 'vitest';
import { isSatlockError } from '../../../src/base/Errors.ts';
import * as Config from '../../../src/restaking/eigenlayer/Config.ts';
import * as EigenLayer from '../../../src/restaking/eigenlayer/EigenLayer.ts';
import * as RewardsConfig from '../../../src/restaking/eigenlayer/RewardsConfig.ts';
import * as Traces from '../../../src/restaking/Traces.ts';
import { CONFIG, CONFIG_JSON } from './history.ts';

type Loose = { [key: string]: unknown };

function reasonOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    if (isSatlockError(error)) return error.reason;
    throw error;
  }
  throw new Error('expected an error, got none');
}

/** The configuration in a snapshot. */
const savedOf = (saved: unknown): Loose => (saved as { readonly config: Loose }).config;
const traceOf = (config: unknown): Traces.Trace => {
  const [trace] = Traces.parse([{ id: 'one', config, steps: [] }]).traces;
  if (trace === undefined) throw new Error('no trace');
  return trace;
};

/** Every field with the fields in it. */
function fieldsOf(value: unknown, at: string = ''): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [at];
  return Object.entries(value).flatMap(([key, one]) => fieldsOf(one, at === '' ? key : `${at}.${key}`));
}

/** In all that is written, `value` at the place of one field. */
function withField(whole: Loose, path: string, value: unknown): Loose {
  const copy = structuredClone(whole);
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  const around = keys.reduce((one, key) => one[key] as Loose, copy);
  around[last] = value;
  return copy;
}

describe('a configuration', () => {
  it('is mainnet where it is silent', () => {
    expect(EigenLayer.create({ strategies: [{ id: 'S1' }] }).config).toEqual({ ...Config.MAINNET, strategies: [{ id: 'S1' }] });
    expect(Config.config({ strategies: [], rewards: { owner: 'boss', emissions: { token: 'E' } } }).rewards).toEqual({
      ...RewardsConfig.MAINNET,
      owner: 'boss',
      emissions: { ...RewardsConfig.MAINNET.emissions, token: 'E' },
    });
    expect(Config.config({ strategies: [], startBlock: undefined } as never).startBlock).toBe(Config.MAINNET.startBlock);
  });

  it('has every field of the test, none of them a default', () => {
    const fields = fieldsOf({ ...Config.MAINNET, strategies: [] });
    expect(fieldsOf(CONFIG).sort()).toEqual(fields.sort());
    for (const field of fields.filter((one) => one !== 'strategies')) {
      const [ours, standard] = [CONFIG, Config.MAINNET].map((one) =>
        field.split('.').reduce((at, key) => at[key] as Loose, one as unknown as Loose),
      );
      expect([field, ours]).not.toEqual([field, standard]);
    }
  });

  it('keeps nothing that its caller can change', () => {
    const given = structuredClone<unknown>(CONFIG) as { strategies: { id: string }[]; rewards: { rewardsForAllSubmitters: string[] } };
    const ledger = EigenLayer.create(given as unknown as Config.Config);
    given.strategies.push({ id: 'S9' });
    (given.strategies[0] as { id: string }).id = 'S8';
    given.rewards.rewardsForAllSubmitters.push('me');
    expect(ledger.config).toEqual(CONFIG);
  });

  it.each<[object, object]>([
    [{ withdrawalDelay: 5n }, { code: 'eigenlayer.unknown-field', field: 'withdrawalDelay' }],
    [{ rewards: { fee: 5n } }, { code: 'eigenlayer.unknown-field', field: 'rewards.fee' }],
    [{ rewards: { emissions: { rate: 5n } } }, { code: 'eigenlayer.unknown-field', field: 'rewards.emissions.rate' }],
    [{ strategies: [{ id: 'S1', cap: 5n }] }, { code: 'eigenlayer.unknown-field', field: 'strategies[0].cap' }],
    [{ profile: 'v1.11.0' }, { code: 'eigenlayer.unknown-profile', got: 'v1.11.0' }],
    [{ startBlock: 5 }, { code: 'input.not-integer', field: 'startBlock' }],
    [{ startBlock: 1n << 32n }, { code: 'input.out-of-range', field: 'startBlock' }],
    [{ startTime: -1n }, { code: 'input.out-of-range', field: 'startTime' }],
    [{ strategies: 'S1' }, { code: 'input.not-list', field: 'strategies' }],
    [{ strategies: undefined }, { code: 'input.missing', field: 'strategies' }],
    [{ strategies: ['S1'] }, { code: 'input.not-object', field: 'strategies[0]' }],
    [{ strategies: [{ id: 'a|b' }] }, { code: 'eigenlayer.bad-id', field: 'strategies[0].id' }],
    [{ strategies: [{ id: 'BEACON' }] }, { code: 'eigenlayer.duplicate-strategy', field: 'strategies[0].id' }],
    [{ strategies: [{ id: 'S1', kind: 'duration' }] }, { code: 'eigenlayer.unknown-kind', field: 'strategies[0].kind', got: 'duration' }],
    [{ strategies: [{ id: 'S1', kind: 5 }] }, { code: 'input.not-text', field: 'strategies[0].kind' }],
    [{ strategies: [{ id: 'S1', maxPerDeposit: 5n }] }, { code: 'eigenlayer.unused-field', field: 'strategies[0].maxPerDeposit' }],
    [
      { strategies: [{ id: 'S1', kind: 'tvl', maxTotalDeposits: 5 }] },
      { code: 'input.not-integer', field: 'strategies[0].maxTotalDeposits' },
    ],
    [{ rewards: null }, { code: 'input.missing', field: 'rewards' }],
    [{ rewards: { emissions: 5 } }, { code: 'input.not-object', field: 'rewards.emissions' }],
    [{ rewards: { owner: 'a b' } }, { code: 'eigenlayer.bad-id', field: 'rewards.owner' }],
    [{ rewards: { genesisRewardsTimestamp: 5n } }, { code: 'eigenlayer.not-aligned', field: 'rewards.genesisRewardsTimestamp' }],
  ])('is refused: %o', (given, reason) => {
    expect(reasonOf(() => EigenLayer.create({ strategies: [{ id: 'S1' }], ...given }))).toMatchObject(reason);
  });

  it('is asked for', () => {
    expect(reasonOf(() => EigenLayer.create(undefined as never))).toMatchObject({ code: 'input.missing', field: 'config' });
  });
});

describe('a snapshot', () => {
  const saved = JSON.parse(JSON.stringify(EigenLayer.toJson(EigenLayer.create(CONFIG)))) as Loose;

  it('has every field of the configuration, as text', () => {
    expect(fieldsOf(savedOf(saved)).sort()).toEqual(fieldsOf(CONFIG).sort());
    expect(EigenLayer.fromJson(saved).config).toEqual(CONFIG);
    expect(EigenLayer.toJson(EigenLayer.fromJson(saved))).toEqual(saved);
  });

  it.each(fieldsOf(CONFIG))('needs %s, and takes no other type', (field) => {
    for (const value of [undefined, null, 5, true, { a: 1 }])
      expect(reasonOf(() => EigenLayer.fromJson(withField(saved, `config.${field}`, value)))).toMatchObject({
        code: 'ledger.bad-snapshot',
      });
  });

  it.each(['config.x', 'config.rewards.x', 'config.rewards.emissions.x', 'config.strategies.0.x'])('takes no %s', (field) => {
    expect(reasonOf(() => EigenLayer.fromJson(withField(saved, field, '1')))).toMatchObject({ code: 'ledger.bad-snapshot', path: field });
  });
});

describe("a trace's configuration", () => {
  it('can say all that a ledger can be set up with', () => {
    const machine = traceOf(CONFIG_JSON).start();
    expect(EigenLayer.fromJson(machine.save()).config).toEqual(CONFIG);
    expect(fieldsOf(CONFIG_JSON)).toHaveLength(fieldsOf(CONFIG).length);
  });

  it('takes mainnet for what it leaves out, also of rewards', () => {
    const configOf = (config: unknown): Config.Config => EigenLayer.fromJson(traceOf(config).start().save()).config;
    expect(configOf({ strategies: ['S1'], rewards: {} })).toEqual(configOf({ strategies: [{ id: 'S1' }] }));
    expect(configOf({ strategies: [], rewards: { emissions: { token: 'E' } } }).rewards.emissions).toEqual({
      ...RewardsConfig.MAINNET.emissions,
      token: 'E',
    });
  });

  it.each(fieldsOf(CONFIG_JSON))('takes no other type for %s', (field) => {
    for (const value of [null, true, -1, 1.5, { a: 1 }])
      expect(reasonOf(() => traceOf(withField(CONFIG_JSON, field, value)))).toMatchObject({ code: 'trace.bad-file' });
  });

  it.each(['x', 'rewards.x', 'rewards.emissions.x', 'strategies.0.x'])('takes no %s', (field) => {
    expect(reasonOf(() => traceOf(withField(CONFIG_JSON, field, '1')))).toMatchObject({
      code: 'trace.bad-file',
      field: `traces[0].config.${field}`,
      problem: 'no such field',
    });
  });

  it('is refused with the field where a value cannot be', () => {
    const bad = (rewards: object): unknown => reasonOf(() => traceOf({ strategies: [], rewards }));
    expect(bad({ activationDelay: '4294967296' })).toMatchObject({ field: 'traces[0].config.rewards.activationDelay' });
    expect(bad({ emissions: { startTime: 1 } })).toMatchObject({ field: 'traces[0].config.rewards.emissions.startTime' });
    expect(reasonOf(() => traceOf({ strategies: [{ id: 'S1', maxPerDeposit: '5' }] }))).toMatchObject({
      field: 'traces[0].config.strategies[0].maxPerDeposit',
    });
  });
});
