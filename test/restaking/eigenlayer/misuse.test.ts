// What callers without types can send: every field of every operation missing or of another type, ledgers that are none, proxies that throw or
// change. Only errors of ours come out, and nothing has changed.
import { describe, expect, it } from 'vitest';
import { isSatlockError } from '../../../src/base/Errors.ts';
import * as EigenLayer from '../../../src/restaking/eigenlayer/EigenLayer.ts';
import * as Operations from '../../../src/restaking/eigenlayer/Operations.ts';
import { codeOf } from '../support.ts';
import { CONFIG, HISTORY } from './history.ts';

type Loose = { [key: string]: unknown };
type Path = readonly string[];

/** Each operation with the ledger as it is when the operation is accepted, all forms of an operation among them. */
const PLACES: readonly (readonly [title: string, operation: Operations.Operation, ledger: EigenLayer.Ledger])[] = (() => {
  const ledger = EigenLayer.create(CONFIG);
  return HISTORY.map((operation, i) => {
    const place = [`${i} ${operation.op}`, operation, EigenLayer.fork(ledger)] as const;
    EigenLayer.apply(ledger, operation);
    return place;
  });
})();

const apply = (ledger: EigenLayer.Ledger, given: unknown): EigenLayer.Outcome<object> =>
  EigenLayer.apply(ledger, given as Operations.Operation);
const textOf = (ledger: EigenLayer.Ledger): string => JSON.stringify(EigenLayer.toJson(ledger));

/** `threw` one of our errors, was refused by the contracts, or accepted. Any other error fails the test. */
function fate(ledger: EigenLayer.Ledger, given: unknown): 'threw' | 'refused' | 'accepted' {
  try {
    return apply(EigenLayer.fork(ledger), given).ok ? 'accepted' : 'refused';
  } catch (error) {
    if (isSatlockError(error)) return 'threw';
    throw error;
  }
}

/** All fields, those inside fields too. */
function pathsOf(value: unknown, above: Path = []): Path[] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  return Object.entries(value).flatMap(([key, one]) => [[...above, key], ...pathsOf(one, [...above, key])]);
}

function at(value: unknown, path: Path): unknown {
  return path.reduce((one, key) => (one as Loose)[key], value);
}

/** A deep copy in which one field is changed. */
function changed(operation: unknown, path: Path, change: (around: Loose, key: string) => void): Loose {
  const copy = structuredClone(operation) as Loose;
  change(at(copy, path.slice(0, -1)) as Loose, path[path.length - 1] ?? '');
  return copy;
}

const SOME = [
  Number.NaN,
  1.5,
  2 ** 60,
  true,
  Symbol('s'),
  () => 1n,
  new Date(0),
  new Map(),
  Object.create(null),
  /x/,
  { toString: () => 'S1' },
];
const TEXTS = ['', 'a|b', 'a:b', ' ', 'ä', 'x'.repeat(81), '\u0000'];

/** Nothing of it is of the type that `value` has. */
function wrongFor(value: unknown): readonly unknown[] {
  if (typeof value === 'bigint') return [...SOME, Number(value), `${value}`, {}, [], [value], Object(value), 1n << 256n, -(1n << 256n)];
  if (typeof value === 'string') return [...SOME, 1, 1n, {}, [], [value], Object(value)];
  if (typeof value === 'boolean') return [...SOME.filter((one) => one !== true), 0, 1, 'true', 'false', 1n, {}, [], Object(value)];
  if (value instanceof Uint8Array)
    return [...SOME, [...value], Array.from(value, String), 'ab'.repeat(32), new Uint16Array(32), value.buffer, new Proxy(value, {})];
  if (Array.isArray(value)) return [...SOME, 'S1', 1n, {}, { length: 0 }, { 0: value[0], length: 1 }, new Set(value), [Number.NaN], [[[]]]];
  return [...SOME.filter((one) => typeof one !== 'object'), 'S1', 1n, 0, [], [value], {}];
}

/** Free text. */
const ANY_TEXT = ['description'];
const ERROR_TEXT = ['refusesRegistration', 'refusesDeregistration'];
const NULLABLE = ['delegationApprover', 'submitter', ...ERROR_TEXT];

describe.each(PLACES)('%s', (_, operation, ledger) => {
  const paths = pathsOf(operation);

  it('takes no field of another type', () => {
    const before = textOf(ledger);
    for (const path of paths) {
      const value = at(operation, path);
      const key = path[path.length - 1] ?? '';
      if (value === null) continue;
      const texts = typeof value === 'string' && !ANY_TEXT.includes(key) && !ERROR_TEXT.includes(key) ? TEXTS : [];
      const nothing = NULLABLE.includes(key) ? [] : [null];
      for (const [i, wrong] of [...wrongFor(value), ...texts, ...nothing].entries()) {
        const given = changed(operation, path, (around, last) => (around[last] = wrong));
        expect([path.join('.'), i, fate(ledger, given)]).toEqual([path.join('.'), i, 'threw']);
        expect(codeOf(() => Operations.take(given))).toMatch(/^operation\./);
      }
    }
    expect(textOf(ledger)).toBe(before);
  });

  it('takes no field of another name', () => {
    for (const path of [['x'], ...paths.filter((one) => isPlain(at(operation, one))).map((one) => [...one, 'x'])]) {
      const given = changed(operation, path, (around, last) => (around[last] = undefined));
      const place = path.join('.');
      expect([place, codeOf(() => apply(ledger, given))]).toEqual([place, 'operation.bad-field']);
    }
  });

  it('may miss no field but those that may be left out', () => {
    const before = textOf(ledger);
    for (const path of paths.filter((one) => !/^\d+$/.test(one[one.length - 1] ?? ''))) {
      const isOptional = OPTIONAL.has(`${operation.op} ${path.filter((key) => !/^\d+$/.test(key)).join('.')}`);
      const place = path.join('.');
      const without = changed(operation, path, (around, last) => delete around[last]);
      expect([place, isTaken(without)]).toEqual([place, isOptional]);
      const undefinedOne = changed(operation, path, (around, last) => (around[last] = undefined));
      expect([place, fate(ledger, undefinedOne)]).toEqual([place, fate(ledger, without)]);
    }
    expect(textOf(ledger)).toBe(before);
  });

  it('may throw when it is looked at, at any field', () => {
    const before = textOf(ledger);
    const throws = (): never => {
      throw new TypeError('boo');
    };
    for (const path of paths) {
      const given = changed(operation, path, (around, last) => Object.defineProperty(around, last, { get: throws, enumerable: true }));
      expect([path.join('.'), codeOf(() => apply(ledger, given))]).toEqual([path.join('.'), 'operation.unreadable']);
    }
    expect(textOf(ledger)).toBe(before);
  });

  it('is what was checked: what it becomes afterwards is not seen', () => {
    const given = fickle(operation);
    // Of two forms the second is read after the first.
    const hasForms = ['submitRoot', 'claim', 'processClaims'].includes(operation.op) || 'params' in operation;
    if (hasForms) expect(['threw', 'accepted']).toContain(fate(ledger, given));
    else expect(apply(EigenLayer.fork(ledger), given)).toEqual(apply(EigenLayer.fork(ledger), operation));
  });
});

function isTaken(given: Loose): boolean {
  try {
    return Operations.take(given) !== undefined;
  } catch (error) {
    if (isSatlockError(error)) return false;
    throw error;
  }
}

function isPlain(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/** The same, but each field is itself only the first time that it is read. */
function fickle(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  const seen = new Set<PropertyKey>();
  return new Proxy(value, {
    get: (target, key) => {
      // `length` of a list may be read again; `op` is, to find the shape.
      if (seen.has(key) && key !== 'length' && key !== 'op') return () => 'other';
      seen.add(key);
      return fickle(Reflect.get(target, key));
    },
  });
}

const CALLER = [
  'modifyOperatorDetails undelegate completeWithdrawal updateAVSMetadataURI setAVSRegistrar createOperatorSet createOperatorSets',
  'createRedistributingOperatorSets addStrategies removeStrategies setAllocationDelay modifyAllocations registerForOperatorSets',
  'deregisterFromOperatorSets updateSlasher slash addPendingAdmin removePendingAdmin removeAdmin setAppointee removeAppointee',
  'setProofSubmitter verifyWithdrawalCredentials startCheckpoint setActivationDelay setDefaultOperatorSplit setFeeRecipient',
  'setRewardsUpdater setRewardsForAllSubmitter submitRoot disableRoot claim setSplit optInFee submitRewards setClaimerFor addDistribution',
  'updateDistribution setIncentiveCouncil lock advanceToWithdrawals updateTVLLimits updateDelegationApprover setRewardsClaimer',
].flatMap((names) => names.split(' '));

/** What may be left out; of a list of objects without the numbers. */
const OPTIONAL: ReadonlySet<string> = new Set([
  ...CALLER.map((op) => `${op} caller`),
  'deposit token',
  'depositIntoStrategyWithSignature token',
  'clearBurnOrRedistributableShares strategy',
  'registerOperator delegationApprover',
  'delegate approval',
  'redelegate approval',
  'completeWithdrawal tokens',
  'completeQueuedWithdrawals withdrawals.tokens',
  'completeQueuedWithdrawals withdrawals.caller',
  'createOperatorSet slasher',
  'createOperatorSet redistributionRecipient',
  'createOperatorSets params.slasher',
  'createRedistributingOperatorSets params.slasher',
  'pauseAll strategy',
  ...['effectiveBalanceGwei', 'compounding', 'wrongCredentials', 'activated'].map((field) => `newValidator ${field}`),
  ...['balanceGwei', 'effectiveBalanceGwei', 'slashed', 'exiting', 'activated'].map((field) => `setBeaconBalance ${field}`),
  'startCheckpoint revertIfNoBalance',
  'claim forged',
  'processClaims claims.caller',
  // What a type of submission or split needs of these, it misses itself.
  ...['id', 'amount', 'operatorRewards', 'description'].map((field) => `submitRewards ${field}`),
  'setSplit avs',
  'setSplit id',
  'addDistribution distribution.operatorSet',
  'updateDistribution distribution.operatorSet',
  'deployDurationVaultStrategy delegationApprover',
]);

describe('an operation', () => {
  const ledger = EigenLayer.create(CONFIG);
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const circular: Loose = { op: 'createPod' };
  circular['staker'] = circular;

  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'operation.unknown'],
    ['null', null, 'operation.unknown'],
    ['a text', 'advance', 'operation.unknown'],
    ['a number', 5, 'operation.unknown'],
    ['a list', [{ op: 'advance', blocks: 1n }], 'operation.unknown'],
    ['a function', () => ({ op: 'advance', blocks: 1n }), 'operation.unknown'],
    ['an empty object', {}, 'operation.unknown'],
    ['a name that is none', { op: 'nope' }, 'operation.unknown'],
    ['a name of every object', { op: 'constructor' }, 'operation.unknown'],
    ['the prototype', { op: '__proto__' }, 'operation.unknown'],
    ['a name in an object', { op: Object('advance'), blocks: 1n }, 'operation.unknown'],
    ['a symbol', { op: Symbol('advance') }, 'operation.unknown'],
    ['itself inside', circular, 'operation.bad-field'],
    ['a revoked proxy', revoked.proxy, 'operation.unreadable'],
    ['a revoked proxy inside', { op: 'createPod', staker: revoked.proxy }, 'operation.unreadable'],
    ['a revoked list', { op: 'addStrategiesToDepositWhitelist', strategies: revoked.proxy }, 'operation.unreadable'],
    [
      'a list of no length',
      { op: 'addStrategiesToDepositWhitelist', strategies: new Proxy([], { get: (_, key) => (key === 'length' ? 2 ** 53 : undefined) }) },
      'operation.unreadable',
    ],
  ])('is refused as %s', (_, given, code) => {
    const before = textOf(ledger);
    expect(codeOf(() => apply(ledger, given))).toBe(code);
    expect(codeOf(() => EigenLayer.explain(ledger, given as Operations.Operation))).toBe(code);
    expect(codeOf(() => Operations.toJson(given as Operations.Operation))).toBe(code);
    expect(textOf(ledger)).toBe(before);
  });

  it('may come from a class or another realm: its fields count', () => {
    class Advance {
      readonly op = 'advance';
      readonly blocks = 2n;
    }
    const fork = EigenLayer.fork(ledger);
    expect(apply(fork, new Advance())).toEqual({ ok: true });
    expect(apply(fork, Object.assign(Object.create(null), { op: 'advance', blocks: 1n }))).toEqual({ ok: true });
    expect(fork.block).toBe(CONFIG.startBlock + 3n);
  });

  it('that is refused tells of which field, and never what was in it', () => {
    const given = { op: 'depositIntoStrategyWithSignature', staker: 'alice', strategy: 'S1', amount: 'secret', expiry: 1n, signature: {} };
    expect(() => apply(ledger, given)).toThrow('depositIntoStrategyWithSignature: amount: expected a bigint, got string');
    expect(() => apply(ledger, { op: 'advance', blocks: 5 })).toThrow('advance: blocks: expected a bigint, got number');
  });

  it('is done on a ledger only', () => {
    for (const other of [undefined, null, {}, 'ledger', CONFIG, EigenLayer.toJson(ledger)]) {
      const advance = { op: 'advance', blocks: 1n } as const;
      expect(codeOf(() => EigenLayer.apply(other as never, advance))).toBe('input.not-object');
      expect(codeOf(() => EigenLayer.explain(other as never, advance))).toBe('input.not-object');
      expect(codeOf(() => EigenLayer.fork(other as never))).toBe('input.not-object');
      expect(codeOf(() => EigenLayer.view(other as never))).toBe('input.not-object');
      expect(codeOf(() => EigenLayer.toJson(other as never))).toBe('input.not-object');
    }
  });
});
