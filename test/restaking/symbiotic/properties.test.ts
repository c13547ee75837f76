// What any sequence of operations keeps, for every pair of delegator and slasher: no token is lost or made, shares add up, nobody's stake is
// above the vault, and a refused operation, a fork or a snapshot changes nothing.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as BaseDelegator from '../../../src/restaking/symbiotic/BaseDelegator.ts';
import { DELEGATORS, type Delegator, SLASHERS, type Slasher } from '../../../src/restaking/symbiotic/Config.ts';
import * as Operations from '../../../src/restaking/symbiotic/Operations.ts';
import { checkHas } from '../../../src/restaking/symbiotic/requests.ts';
import * as Symbiotic from '../../../src/restaking/symbiotic/Symbiotic.ts';

const EPOCH = 1000;
const START = 10_000;
const ACCOUNTS = ['alice', 'bob', 'carol'];
const NETWORKS = ['net', 'net2'];
const OPERATORS = ['op1', 'op2'];
const kinds = DELEGATORS.flatMap((delegator) => SLASHERS.map((slasher) => [delegator, slasher] as const));

const create = (delegator: Delegator, slasher: Slasher): Symbiotic.Ledger =>
  Symbiotic.create({
    ...{ delegator, slasher, networks: NETWORKS, operators: OPERATORS, accounts: ACCOUNTS, burner: 'fire' },
    ...{ epochDuration: BigInt(EPOCH), vetoDuration: 300n, startTime: BigInt(START) },
    ...(delegator === 'operator' || delegator === 'operatorNetwork' ? { operator: 'op1' } : {}),
    ...(delegator === 'operatorNetwork' ? { network: 'net' } : {}),
  });

const who = fc.constantFrom(...ACCOUNTS);
const net = fc.constantFrom('net', 'net', 'net2');
const operator = fc.constantFrom('op1', 'op1', 'op2');
const small = fc.integer({ min: 0, max: 60 });
const large = fc.oneof(small, fc.bigInt({ min: 0n, max: 10n ** 24n }).map(String));
const epoch = fc.integer({ min: 0, max: 12 });
const shape = (op: string, fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<object> =>
  fc.record({ op: fc.constant(op), ...fields });
const id = fc.constant(0);
const hit = {
  net,
  id,
  operator,
  amount: large,
  captureAgo: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: EPOCH + 5 })),
};
const index = fc.constantFrom(0, 0, 0, 1, 2, 9);

const operation = fc.oneof(
  { weight: 8, arbitrary: shape('advance', { seconds: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: EPOCH })) }) },
  { weight: 8, arbitrary: shape('deposit', { who, amount: large, onBehalfOf: who }) },
  { weight: 5, arbitrary: shape('withdraw', { who, amount: large, claimer: who }) },
  { weight: 5, arbitrary: shape('redeem', { who, shares: large, claimer: who }) },
  { weight: 4, arbitrary: shape('claim', { who, epoch, recipient: who }) },
  { weight: 1, arbitrary: shape('claimBatch', { who, epochs: fc.array(epoch, { maxLength: 3 }) }) },
  { weight: 10, arbitrary: shape('slash', hit) },
  { weight: 8, arbitrary: shape('requestSlash', hit) },
  { weight: 6, arbitrary: shape('executeSlash', { net, index }) },
  { weight: 1, arbitrary: shape('vetoSlash', { who: fc.constant('judge'), index }) },
  { weight: 1, arbitrary: shape('setResolver', { net, id, resolver: fc.constantFrom('judge', null) }) },
  { weight: 1, arbitrary: shape('setMaxNetworkLimit', { net, id, amount: large }) },
  { weight: 2, arbitrary: shape('setNetworkLimit', { net, id, amount: large }) },
  { weight: 2, arbitrary: shape('setOperatorNetworkLimit', { net, id, operator, amount: large }) },
  { weight: 2, arbitrary: shape('setOperatorNetworkShares', { net, id, operator, shares: fc.integer({ min: 0, max: 3 }) }) },
  { weight: 1, arbitrary: shape('optOutVault', { operator }) },
  { weight: 1, arbitrary: shape('optInVault', { operator }) },
  { weight: 1, arbitrary: shape('optOutNetwork', { operator, net }) },
  { weight: 1, arbitrary: shape('optInNetwork', { operator, net }) },
  { weight: 1, arbitrary: shape('setDepositLimit', { limit: large }) },
  { weight: 1, arbitrary: shape('setIsDepositLimit', { status: fc.boolean() }) },
);

/** Limits and shares for both networks and operators, where the delegator has them. */
const opening: readonly object[] = [
  ...NETWORKS.flatMap((name) => [
    { op: 'setMaxNetworkLimit', net: name, id: 0, amount: `${10n ** 25n}` },
    { op: 'setNetworkLimit', net: name, id: 0, amount: `${10n ** 24n}` },
    ...OPERATORS.flatMap((one) => [
      { op: 'setOperatorNetworkLimit', net: name, id: 0, operator: one, amount: `${10n ** 23n}` },
      { op: 'setOperatorNetworkShares', net: name, id: 0, operator: one, shares: 1 },
    ]),
  ]),
  { op: 'deposit', who: 'alice', amount: 1000 },
  { op: 'advance', seconds: EPOCH - 10 },
];

/** Those operations that the ledger's contracts have; a slash by veto is a request and, where there is no resolver, its execution at once. */
function run(state: Symbiotic.Ledger, operations: readonly object[], each: (one: Operations.Operation) => void): void {
  for (const json of [...opening, ...operations]) {
    const one = Operations.fromJson(json);
    if (one.op === 'slash' && state.config.slasher === 'veto') {
      each({ ...one, op: 'requestSlash' });
      each({ op: 'executeSlash', net: one.net, index: newest(state, 0n) });
    } else if (has(state, one)) each(one.op === 'executeSlash' ? { ...one, index: newest(state, one.index) } : one);
  }
}

function has(state: Symbiotic.Ledger, { op }: Operations.Operation): boolean {
  try {
    checkHas(state.config, op);
    return true;
  } catch {
    return false;
  }
}

/** Counted from the newest request back, so that most are young enough. */
function newest(state: Symbiotic.Ledger, back: bigint): bigint {
  const count = state.slashing.counters.get('requests') ?? 0n;
  return back < count ? count - 1n - back : back;
}

type Fields = { readonly [key: string]: Fields };
const view = (state: Symbiotic.Ledger): Fields => Symbiotic.view(state) as unknown as Fields;
const sum = (values: readonly unknown[]): bigint => values.reduce<bigint>((total, value) => total + BigInt(String(value ?? 0)), 0n);
const fields = (node: Fields | undefined): readonly Fields[] => Object.values(node ?? {});
const num = (node: Fields, ...path: string[]): bigint =>
  BigInt(String(path.reduce<Fields | undefined>((one, key) => one?.[key], node) ?? 0));

/** Every sum over a state. `deposited` is all that was ever paid in. */
function checkSums(state: Symbiotic.Ledger, deposited: bigint): void {
  const now = view(state);
  const accounts = fields(now['accounts']);
  const active = num(now, 'activeStake');
  const collateral = num(now, 'collateral');
  expect(sum(accounts.map((one) => one['tokens'])) + num(now, 'burner') + collateral).toBe(deposited);
  expect(sum(accounts.map((one) => one['activeShares']))).toBe(num(now, 'activeShares'));
  expect(sum(accounts.map((one) => one['activeBalance']))).toBeLessThanOrEqual(active);
  for (const [at, shares] of Object.entries(now['withdrawalShares'] ?? {})) {
    expect(sum(accounts.map((one) => one['withdrawalShares']?.[at]))).toBe(BigInt(String(shares)));
    expect(sum(accounts.map((one) => one['withdrawalsOf']?.[at]))).toBeLessThanOrEqual(num(now, 'withdrawals', at));
  }
  expect(num(now, 'totalStake')).toBeLessThanOrEqual(collateral);
  expect(sum(accounts.map((one) => one['slashableBalance']))).toBeLessThanOrEqual(num(now, 'totalStake'));
  // All that anybody could still ask for is there.
  expect(claimable(state, now) + active).toBeLessThanOrEqual(collateral);
  // The slashers may have booked more than the vault could send, never less.
  expect(sum(fields(now['stakes']).map((one) => one['cumulativeSlash']))).toBeGreaterThanOrEqual(num(now, 'burner'));
  for (const name of NETWORKS) {
    const stakes = OPERATORS.map((one) => BaseDelegator.stake(state, { net: name, id: 0n, operator: one }));
    const shared = stakes.reduce((a, b) => (state.config.delegator === 'full' ? (a > b ? a : b) : a + b), 0n);
    expect(shared).toBeLessThanOrEqual(active);
  }
}

function claimable(state: Symbiotic.Ledger, now: Fields): bigint {
  return Object.entries(now['accounts'] ?? {}).reduce((total, [name, one]) => {
    const due = Object.entries(one['withdrawalsOf'] ?? {}).filter(
      ([at]) => state.vault.withdrawalSharesOf.get(`${at}|${name}`)?.isClaimed === false,
    );
    return total + sum(due.map(([, amount]) => amount));
  }, 0n);
}

describe.each(kinds)('%s, %s', (delegator, slasher) => {
  const sequences = fc.array(operation, { minLength: 20, maxLength: 60 });
  const seed = 20_260_825;

  it('keeps all sums', () => {
    let slashes = 0;
    fc.assert(
      fc.property(sequences, (operations) => {
        const state = create(delegator, slasher);
        let deposited = 0n;
        run(state, operations, (one) => {
          const result = Symbiotic.apply(state, one);
          if (one.op === 'deposit' && result.ok) deposited += one.amount;
          if (result.ok && (one.op === 'slash' || one.op === 'executeSlash')) slashes++;
          checkSums(state, deposited);
        });
      }),
      { seed, numRuns: 30 },
    );
    expect(slashes).toBeGreaterThan(15);
  });

  it('never lowers what was slashed, nor changes the stake of the past', () => {
    fc.assert(
      fc.property(sequences, (operations) => {
        const state = create(delegator, slasher);
        const past: { readonly time: bigint; readonly stake: bigint }[] = [];
        let slashed = 0n;
        run(state, operations, (one) => {
          const was = BaseDelegator.stake(state, { net: 'net', id: 0n, operator: 'op1' });
          const before = state.time;
          Symbiotic.apply(state, one);
          if (state.time > before) past.push({ time: state.time - 1n, stake: was });
          for (const { time, stake } of past)
            expect(BaseDelegator.stakeAt(state, { net: 'net', id: 0n, operator: 'op1', timestamp: time })).toBe(stake);
          const now = sum(fields(view(state)['stakes']).map((each) => each['cumulativeSlash']));
          expect(now).toBeGreaterThanOrEqual(slashed);
          slashed = now;
        });
      }),
      { seed, numRuns: 20 },
    );
  });

  it('books at most what was slashable, and a refused operation leaves no trace', () => {
    fc.assert(
      fc.property(sequences, (operations) => {
        const state = create(delegator, slasher);
        run(state, operations, (one) => {
          const before = JSON.stringify(Symbiotic.toJson(state));
          const { outcome, intermediates } = Symbiotic.explain(state, one);
          if (!outcome.ok) expect(JSON.stringify(Symbiotic.toJson(state))).toBe(before);
          if (one.op === 'slash' && outcome.ok) expect(BigInt(String(outcome['slashedAmount']))).toBeLessThanOrEqual(one.amount);
          for (const { expr, value } of intermediates) expect(value).toBe(evaluate(expr));
        });
      }),
      { seed, numRuns: 25 },
    );
  });

  it('is the same ledger after a fork or a snapshot, and a fork leaves the other alone', () => {
    fc.assert(
      fc.property(sequences, (operations) => {
        let state = create(delegator, slasher);
        run(state, operations, (one) => {
          const fork = Symbiotic.fork(state);
          const copy = Symbiotic.fromJson(JSON.parse(JSON.stringify(Symbiotic.toJson(state))));
          const before = JSON.stringify(Symbiotic.toJson(state));
          const result = Symbiotic.apply(fork, one);
          expect(JSON.stringify(Symbiotic.toJson(state))).toBe(before);
          expect(Symbiotic.apply(state, one)).toEqual(result);
          expect(Symbiotic.apply(copy, one)).toEqual(result);
          expect(JSON.stringify(Symbiotic.toJson(copy))).toBe(JSON.stringify(Symbiotic.toJson(state)));
          expect(JSON.stringify(Symbiotic.toJson(fork))).toBe(JSON.stringify(Symbiotic.toJson(state)));
          state = fork;
        });
      }),
      { seed, numRuns: 15 },
    );
  });
});

/** `floor(a * (b + 1) / (c + 1))` and the like. */
function evaluate(expr: string): bigint {
  const found = /^(floor|ceil)\((\d+) \* (\d+|\(\d+ \+ 1\)) \/ (\d+|\(\d+ \+ 1\))\)$/.exec(expr);
  if (found === null) throw new Error(`no formula: ${expr}`);
  const [, how, x, y, d] = found;
  const value = (text: string | undefined): bigint => BigInt(text?.match(/\d+/)?.[0] ?? '') + (text?.startsWith('(') ? 1n : 0n);
  const product = value(x) * value(y);
  return how === 'floor' ? product / value(d) : (product + value(d) - 1n) / value(d);
}
