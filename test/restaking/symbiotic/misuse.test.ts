// Bad input is a typed error that names the field, before anything is done; it is never a refusal of the contracts.
import { describe, expect, it } from 'vitest';
import { isSatlockError } from '../../../src/base/Errors.ts';
import * as Config from '../../../src/restaking/symbiotic/Config.ts';
import * as Operations from '../../../src/restaking/symbiotic/Operations.ts';
import * as Slasher from '../../../src/restaking/symbiotic/Slasher.ts';
import * as Symbiotic from '../../../src/restaking/symbiotic/Symbiotic.ts';
import * as Vault from '../../../src/restaking/symbiotic/Vault.ts';
import * as VetoSlasher from '../../../src/restaking/symbiotic/VetoSlasher.ts';
import { codeOf } from '../support.ts';
import { accept, at, ledger, MAX, NET, restaked } from './support.ts';

const names = { networks: ['net'], operators: ['op1'] };
const reasonOf = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    if (isSatlockError(error)) return error.reason;
    throw error;
  }
  throw new Error('expected an error, got none');
};

describe('Config.config', () => {
  // What callers without types can send.
  const make = (given: object): Config.Config => Config.config({ ...names, ...given } as typeof names);

  it('fills in what the deployment scripts have', () => {
    expect(make({})).toEqual({ ...Config.DEFAULTS, ...names });
    expect([make({}).epochDuration, make({}).vetoDuration, make({}).resolverSetEpochsDelay]).toEqual([604_800n, 86_400n, 3n]);
  });

  it.each<[object, { code: string; field: string; [fact: string]: string }]>([
    [{ delegator: 'none' }, { code: 'symbiotic.unknown-type', field: 'delegator', got: 'none' }],
    [{ slasher: 'Instant' }, { code: 'symbiotic.unknown-type', field: 'slasher' }],
    [{ slasher: 1 }, { code: 'input.not-text', field: 'slasher' }],
    [{ epochDuration: 0n }, { code: 'input.out-of-range', field: 'epochDuration', min: '1', max: `${2n ** 48n - 1n}` }],
    [{ epochDuration: 604_800 }, { code: 'input.not-integer', field: 'epochDuration' }],
    [
      { slasher: 'veto', vetoDuration: 604_800n },
      { code: 'input.out-of-range', field: 'vetoDuration', max: '604799' },
    ],
    [
      { slasher: 'veto', resolverSetEpochsDelay: 2n },
      { code: 'input.out-of-range', field: 'resolverSetEpochsDelay', min: '3' },
    ],
    [{ startTime: -1n }, { code: 'input.out-of-range', field: 'startTime' }],
    [{ networks: 'net' }, { code: 'input.not-list', field: 'networks' }],
    [{ networks: undefined }, { code: 'input.missing', field: 'networks' }],
    [{ operators: ['op1', 'op:1'] }, { code: 'symbiotic.bad-id', field: 'operators[1]', got: '"op:1"' }],
    [{ accounts: ['a', 'b', 'a'] }, { code: 'symbiotic.duplicate-id', field: 'accounts[2]', id: 'a' }],
    [{ burner: '' }, { code: 'symbiotic.bad-id', field: 'burner' }],
    [{ delegator: 'operator' }, { code: 'input.missing', field: 'operator' }],
    [
      { delegator: 'operator', operator: 'op9' },
      { code: 'symbiotic.unknown-id', field: 'operator', got: 'op9' },
    ],
    [
      { delegator: 'operatorNetwork', operator: 'op1' },
      { code: 'input.missing', field: 'network' },
    ],
    [
      { delegator: 'operatorNetwork', operator: 'op1', network: 'x' },
      { code: 'symbiotic.unknown-id', field: 'network' },
    ],
    [{ operator: 'op1' }, { code: 'symbiotic.unused-field', field: 'operator', delegator: 'network' }],
    [
      { delegator: 'operator', operator: 'op1', network: 'net' },
      { code: 'symbiotic.unused-field', field: 'network' },
    ],
  ])('refuses what is wrong: $1', (given, reason) => {
    expect(reasonOf(() => make(given))).toMatchObject(reason);
  });

  it('asks nothing of a veto that the instant slasher does not have', () => {
    expect(make({ slasher: 'instant', vetoDuration: 604_800n, resolverSetEpochsDelay: 0n }).vetoDuration).toBe(604_800n);
  });

  it('keeps no list of the caller', () => {
    const operators = ['op1'];
    const state = Symbiotic.create({ networks: ['net'], operators });
    operators.push('op2');
    expect(state.config.operators).toEqual(['op1']);
  });

  it('is not asked without a configuration', () => {
    expect(codeOf(() => Symbiotic.create(null as never))).toBe('input.missing');
  });
});

describe('functions', () => {
  it('check their arguments before they do anything', () => {
    const state = ledger();
    const deposit = (request: object): unknown => reasonOf(() => Vault.deposit(state, request as { who: string; amount: bigint }));
    expect(deposit({ who: 'alice', amount: 1 })).toMatchObject({ code: 'input.not-integer', field: 'amount' });
    expect(deposit({ who: 'alice', amount: -1n })).toMatchObject({ code: 'input.out-of-range', field: 'amount' });
    expect(deposit({ who: 'alice', amount: MAX + 1n })).toMatchObject({ code: 'input.out-of-range', max: `${MAX}` });
    expect(deposit({ who: 'a|b', amount: 1n })).toMatchObject({ code: 'symbiotic.bad-id', field: 'who' });
    expect(deposit({ who: 'alice', amount: 1n, onBehalfOf: 5 })).toMatchObject({ code: 'input.not-text', field: 'onBehalfOf' });
    expect(codeOf(() => Vault.deposit(state, null as never))).toBe('input.missing');
    expect(codeOf(() => Vault.claimBatch(state, { who: 'alice', epochs: [1n, -1n] }))).toBe('input.out-of-range');
    expect(reasonOf(() => Vault.setDepositWhitelist(state, { status: 1 } as never))).toMatchObject({
      code: 'input.not-flag',
      field: 'status',
    });
    expect(at(state, 'activeStake')).toBe('0');
  });

  it('are of one type of delegator or slasher', () => {
    const instant = restaked();
    const veto = restaked({ slasher: 'veto', delegator: 'network' });
    const slash = { ...NET, operator: 'op1', amount: 1n, captureAgo: 1n };
    const missing = { code: 'symbiotic.no-such-function', field: 'slasher', got: 'instant' };
    expect(reasonOf(() => VetoSlasher.requestSlash(instant, slash))).toMatchObject({ ...missing, function: 'requestSlash' });
    expect(reasonOf(() => VetoSlasher.executeSlash(instant, { net: 'net', index: 0n }))).toMatchObject(missing);
    expect(reasonOf(() => VetoSlasher.vetoSlash(instant, { who: 'judge', index: 0n }))).toMatchObject(missing);
    expect(reasonOf(() => VetoSlasher.setResolver(instant, { ...NET, resolver: 'judge' }))).toMatchObject(missing);
    expect(codeOf(() => Slasher.slash(veto, slash))).toBe('symbiotic.no-such-function');
    const apply = (config: Partial<Config.Config>, operation: Operations.Operation): string =>
      codeOf(() => Symbiotic.apply(ledger(config), operation));
    const only = { delegator: 'operatorNetwork', operator: 'op1', network: 'net' } as const;
    expect(apply(only, { op: 'setNetworkLimit', ...NET, amount: 1n })).toBe('symbiotic.no-such-function');
    expect(apply({ delegator: 'full' }, { op: 'setOperatorNetworkShares', ...NET, operator: 'op1', shares: 1n })).toBe(
      'symbiotic.no-such-function',
    );
    expect(apply({}, { op: 'setOperatorNetworkLimit', ...NET, operator: 'op1', amount: 1n })).toBe('symbiotic.no-such-function');
  });

  it('know no capture before the beginning of time, and no time after its end', () => {
    const state = restaked();
    const slash = { op: 'slash', ...NET, operator: 'op1', amount: 1n, captureAgo: state.time + 1n } as const;
    expect(reasonOf(() => Symbiotic.apply(state, slash))).toMatchObject({ code: 'input.out-of-range', field: 'captureAgo' });
    expect(codeOf(() => Symbiotic.apply(state, { op: 'advance', seconds: 2n ** 48n }))).toBe('input.out-of-range');
    accept(state, { op: 'advance', seconds: 2n ** 48n - 1n - state.time });
    expect(state.time).toBe(2n ** 48n - 1n);
  });

  it('are found by the name of an operation', () => {
    expect(reasonOf(() => Symbiotic.apply(ledger(), { op: 'toString' } as never))).toMatchObject({
      code: 'operation.unknown',
      op: 'toString',
    });
    expect(codeOf(() => Symbiotic.apply(ledger(), undefined as never))).toBe('input.missing');
  });
});

describe('Operations.fromJson', () => {
  it('reads numbers as numbers or text', () => {
    const read = { op: 'deposit', who: 'alice', amount: 12n };
    expect(Operations.fromJson({ op: 'deposit', who: 'alice', amount: '12' })).toEqual(read);
    expect(Operations.fromJson({ op: 'deposit', who: 'alice', amount: 12 })).toEqual(read);
    expect(Operations.fromJson({ op: 'setResolver', net: 'net', id: '0', resolver: null })).toEqual({
      op: 'setResolver',
      ...NET,
      resolver: null,
    });
  });

  it.each([
    [null, { code: 'operation.unknown', op: 'nothing' }],
    [{ op: 7 }, { code: 'operation.unknown', op: 'number' }],
    [{ op: 'constructor' }, { code: 'operation.unknown', op: 'constructor' }],
    [
      { op: 'deposit', who: 'alice' },
      { code: 'operation.bad-field', op: 'deposit', field: 'amount' },
    ],
    [
      { op: 'deposit', amount: 1 },
      { code: 'operation.bad-field', field: 'who', problem: 'missing' },
    ],
    [
      { op: 'deposit', who: 'alice', amount: 2 ** 53 },
      { code: 'operation.bad-field', field: 'amount' },
    ],
    [
      { op: 'deposit', who: 'alice', amount: '01' },
      { code: 'operation.bad-field', field: 'amount' },
    ],
    [
      { op: 'deposit', who: 'alice', amount: -1 },
      { code: 'operation.bad-field', field: 'amount' },
    ],
    [
      { op: 'deposit', who: 'alice', amount: `${MAX + 1n}` },
      { code: 'operation.bad-field', problem: 'expected 0..2^256 - 1' },
    ],
    [
      { op: 'deposit', who: 'alice', amount: 1, to: 'bob' },
      { code: 'operation.bad-field', field: 'to', problem: 'no such field' },
    ],
    [
      { op: 'deposit', who: 'a:b', amount: 1 },
      { code: 'operation.bad-field', field: 'who' },
    ],
    [
      { op: 'claimBatch', who: 'alice', epochs: [1, 'x'] },
      { code: 'operation.bad-field', field: 'epochs.1' },
    ],
    [
      { op: 'setNetworkLimit', net: 'net', id: `${2n ** 96n}`, amount: 1 },
      { code: 'operation.bad-field', field: 'id' },
    ],
    [
      { op: 'advance', seconds: `${2n ** 48n}` },
      { code: 'operation.bad-field', field: 'seconds' },
    ],
  ])('refuses %j', (json, reason) => {
    expect(reasonOf(() => Operations.fromJson(json))).toMatchObject(reason);
  });

  it('knows every name', () => {
    expect(Operations.NAMES).toHaveLength(25);
  });
});

describe('a snapshot', () => {
  const saved = (): { schema: string; config: object; tables: Record<string, unknown> } =>
    JSON.parse(JSON.stringify(Symbiotic.toJson(restaked({ slasher: 'veto' }))));

  it('is refused when it is not one', () => {
    expect(codeOf(() => Symbiotic.fromJson(null))).toBe('ledger.bad-snapshot');
    expect(codeOf(() => Symbiotic.fromJson({ ...saved(), schema: 'satlock-eigenlayer/1' }))).toBe('ledger.bad-snapshot');
    expect(codeOf(() => Symbiotic.fromJson({ ...saved(), more: 1 }))).toBe('ledger.bad-snapshot');
    expect(codeOf(() => Symbiotic.fromJson({ ...saved(), config: { ...saved().config, slasher: 'x' } }))).toBe('ledger.bad-snapshot');
    expect(codeOf(() => Symbiotic.fromJson({ ...saved(), config: { ...saved().config, vetoDuration: '604800' } }))).toBe(
      'input.out-of-range',
    );
    const tables = (change: object): string => codeOf(() => Symbiotic.fromJson({ ...saved(), tables: { ...saved().tables, ...change } }));
    expect(tables({ 'vault.other': [['a', '1']] })).toBe('ledger.bad-snapshot');
    expect(tables({ 'vault.numbers': [['collateral', '-1']] })).toBe('ledger.bad-snapshot');
    expect(
      tables({
        'vault.totals': [
          [
            'activeStake',
            [
              ['2', '1'],
              ['1', '1'],
            ],
          ],
        ],
      }),
    ).toBe('ledger.bad-snapshot');
    expect(tables({ 'slasher.resolvers': [['net:0', []]] })).toBe('ledger.bad-snapshot');
  });
});
