// Snapshots that somebody edited: refused with the place, or a ledger that neither crashes nor hangs. And histories with hostile names and numbers.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSatlockError } from '../../src/base/Errors.ts';
import * as EigenLayer from '../../src/restaking/eigenlayer/EigenLayer.ts';
import * as Operations from '../../src/restaking/eigenlayer/Operations.ts';
import * as Symbiotic from '../../src/restaking/symbiotic/Symbiotic.ts';
import * as Traces from '../../src/restaking/Traces.ts';
import { jsonOf } from '../vectors/support.ts';

const MAX = ((1n << 256n) - 1n).toString();

type Rows = [string, unknown][];
type Saved = { config: { [key: string]: unknown }; tables: { [name: string]: Rows } };

const plain = (value: unknown): Saved => JSON.parse(JSON.stringify(value)) as Saved;
const tables = (saved: Saved, name: string): Rows => saved.tables[name] ?? [];
const codes = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (isSatlockError(error)) return error.code;
    throw error;
  }
  return 'taken';
};

function eigenLayer(): Saved {
  const ledger = EigenLayer.create({ strategies: [{ id: 'S1' }], withdrawalDelayBlocks: 5n, deallocationDelayBlocks: 5n });
  const done = (op: object): unknown => EigenLayer.apply(ledger, Operations.fromJson(op));
  const strategies = ['S1'];
  done({ op: 'registerOperator', operator: 'op', allocationDelay: 0 });
  done({ op: 'deposit', staker: 'alice', strategy: 'S1', amount: '1000' });
  done({ op: 'delegate', staker: 'alice', operator: 'op' });
  for (let id = 0; id < 12; id++) {
    done({ op: 'createOperatorSet', avs: 'avs', id, strategies });
    done({ op: 'registerForOperatorSets', operator: 'op', avs: 'avs', ids: [id] });
  }
  done({ op: 'modifyAllocations', operator: 'op', avs: 'avs', id: 0, strategies, newMagnitudes: ['500000000000000000'] });
  done({ op: 'advance', blocks: 1 });
  done({ op: 'slash', avs: 'avs', id: 0, operator: 'op', strategies, wads: ['100000000000000000'] });
  done({ op: 'modifyAllocations', operator: 'op', avs: 'avs', id: 0, strategies, newMagnitudes: ['1'] });
  for (let i = 0; i < 3; i++) done({ op: 'queueWithdrawal', staker: 'alice', strategies, depositShares: ['100'] });
  done({ op: 'createPod', staker: 'alice' });
  done({ op: 'newValidator', staker: 'alice', validator: 'v', balanceGwei: 32_000_000_000 });
  done({ op: 'verifyWithdrawalCredentials', staker: 'alice', validators: ['v'] });
  done({ op: 'submitRoot', endTimestamp: 5, earnings: [['alice', [['T', '7']]]] });
  return plain(EigenLayer.toJson(ledger));
}

const set = (name: string, key: string, value: unknown) => (saved: Saved) => {
  for (const row of tables(saved, name)) if (row[0] === key) row[1] = value;
};
const field = (name: string, key: string, changed: object) => (saved: Saved) => {
  for (const row of tables(saved, name)) if (row[0] === key) row[1] = { ...(row[1] as object), ...changed };
};
const without =
  (name: string, i = 0) =>
  (saved: Saved) =>
    void tables(saved, name).splice(i, 1);

describe('a snapshot of EigenLayer', () => {
  it('is taken as it was saved', () => {
    expect(EigenLayer.toJson(EigenLayer.fromJson(eigenLayer()))).toEqual(eigenLayer());
  });

  it.each<[string, (saved: Saved) => void]>([
    ['a large set that says it is larger', set('allocation.registeredSets', 'op', '13')],
    ['a large set of 2^256 - 1', set('allocation.registeredSets', 'op', MAX)],
    ['a large set of 10^9', set('allocation.registeredSets', 'op', '1000000000')],
    ['a large set without one of its elements', without('allocation.registeredSets.element')],
    ['a large set without one of its places', without('allocation.registeredSets.place')],
    ['two elements at one place', set('allocation.registeredSets.place', 'op|avs:1', '0')],
    ['an element twice', set('allocation.registeredSets.element', 'op|1', 'avs:0')],
    ['a queue of 2^256 - 1', set('allocation.deallocationQueues.ends', 'op|S1', { begin: '0', end: MAX })],
    ['a queue whose front is behind its end', set('allocation.deallocationQueues.ends', 'op|S1', { begin: '2', end: '1' })],
    ['a queue without its element', without('allocation.deallocationQueues.element')],
    ['a history that is ahead of the clock', without('clock')],
    ['a magnitude above 1', set('allocation.maxMagnitudes', 'op|S1', [['22500001', '1000000000000000001']])],
    ['a negative magnitude', set('allocation.maxMagnitudes', 'op|S1', [['22500001', '-1']])],
    [
      'a history in another order',
      set('allocation.maxMagnitudes', 'op|S1', [
        ['2', '1'],
        ['1', '1'],
      ]),
    ],
    ['a clock beyond the last block', field('clock', 'now', { block: '4294967296' })],
    ['a time beyond all', field('clock', 'now', { time: MAX })],
    ['a withdrawal less', without('delegation.withdrawals')],
    ['a staker less', without('delegation.queued')],
    ['2^256 - 1 withdrawals of a staker', set('delegation.queued', 'alice', MAX)],
    ['a queued withdrawal twice', set('delegation.queued', 'alice', ['W0', 'W0', 'W2'])],
    ['a queued withdrawal more', set('delegation.queued', 'alice', ['W0', 'W1', 'W2', 'W3'])],
    ["another one's withdrawal", field('delegation.withdrawals', 'W1', { staker: 'bob' })],
    ['a withdrawal with fewer shares than strategies', field('delegation.withdrawals', 'W1', { scaledShares: [] })],
    ['a withdrawal of an unknown strategy', field('delegation.withdrawals', 'W1', { strategies: ['S9'] })],
    ['a counter that gives ids again', set('delegation.counters', 'withdrawals', '1')],
    ['a completed withdrawal that is queued', (saved) => void tables(saved, 'delegation.completed').push(['W1', 'alice'])],
    ['a holding of an unknown strategy', (saved) => void Object.assign(saved.config, { strategies: [] })],
    ['a validator of no pod', without('pods.pods')],
    ['a validator that the beacon chain does not have', without('pods.beaconValidators')],
    ['a root less', without('rewards.roots')],
    ['a table of another name', (saved) => void Object.assign(saved.tables, { withdrawals: [] })],
    ['a record less a field', set('clock', 'now', { block: '1' })],
    ['a record with a field more', field('clock', 'now', { epoch: '1' })],
    ['a negative balance', field('strategy.vaults', 'S1', { tokenBalance: '-1' })],
    ['a balance of 2^256', field('strategy.vaults', 'S1', { tokenBalance: (1n << 256n).toString() })],
    ['another schema', (saved) => Object.assign(saved, { schema: 'satlock-symbiotic/1' })],
  ])('is refused with %s', (_, change) => {
    const saved = eigenLayer();
    const before = JSON.stringify(saved);
    change(saved);
    expect(JSON.stringify(saved)).not.toBe(before);
    expect(codes(() => EigenLayer.fromJson(saved))).toBe('ledger.bad-snapshot');
  });
});

describe('a snapshot of Symbiotic', () => {
  const saved = (): Saved => {
    const ledger = Symbiotic.create({ networks: ['n'], operators: ['o'], epochDuration: 1000n, vetoDuration: 10n });
    Symbiotic.apply(ledger, { op: 'advance', seconds: 10n });
    Symbiotic.apply(ledger, { op: 'deposit', who: 'alice', amount: 1000n });
    Symbiotic.apply(ledger, { op: 'withdraw', who: 'alice', amount: 10n });
    return plain(Symbiotic.toJson(ledger));
  };
  const [[claim = ''] = []] = tables(saved(), 'vault.withdrawalSharesOf');

  it.each<[string, (saved: Saved) => void]>([
    ['a history that is ahead of the clock', without('clock')],
    ['a negative stake', set('vault.totals', 'activeStake', [['1750000010', '-1']])],
    ['2^256 - 1 requests', (changed) => void tables(changed, 'slasher.counters').push(['requests', MAX])],
    ['an epoch that is none', (changed) => void tables(changed, 'vault.withdrawals').push(['x', { assets: '1', shares: '1' }])],
    [
      "a claimer's epoch that is none",
      (changed) => void tables(changed, 'vault.withdrawalSharesOf').push(['x|a', { shares: '1', isClaimed: false }]),
    ],
    ['a time beyond all', set('clock', 'now', MAX)],
  ])('is refused with %s', (_, change) => {
    expect(claim).not.toBe('');
    expect(Symbiotic.toJson(Symbiotic.fromJson(saved()))).toEqual(saved());
    const changed = saved();
    change(changed);
    expect(codes(() => Symbiotic.fromJson(changed))).toBe('ledger.bad-snapshot');
  });
});

/** Of all that a snapshot consists of: where, and what it is. */
function places(json: unknown, found: [parent: { [key: string]: unknown }, key: string][] = []): typeof found {
  if (typeof json !== 'object' || json === null) return found;
  for (const [key, value] of Object.entries(json)) {
    found.push([json as { [key: string]: unknown }, key]);
    places(value, found);
  }
  return found;
}

describe('any snapshot that somebody edited', () => {
  const files = ['eigenlayer/traces.v1.13.1.json.gz', 'symbiotic/traces.json.gz'];
  const traces = files.flatMap((path) => Traces.parse(jsonOf(path)).traces);
  const ends = traces.map((trace) => {
    const machine = trace.start();
    const middle = trace.steps.length >> 1;
    for (let i = 0; i < middle; i++) Traces.step(trace, machine, i);
    return { trace, middle, saved: JSON.stringify(machine.save()) };
  });
  const values = ['0', '1', '99999999', '4294967296', '18446744073709551616', MAX, '-5', 'alice', 'op', 'S1', 'avs:0', '__proto__', ''];
  const edit = fc.record({ at: fc.nat(), how: fc.constantFrom('value', 'value', 'drop', 'twice'), value: fc.constantFrom(...values) });

  it('is refused, or goes on without a crash', () => {
    let taken = 0;
    fc.assert(
      fc.property(fc.nat(ends.length - 1), fc.array(edit, { minLength: 1, maxLength: 3 }), (which, edits) => {
        const { trace, middle, saved } = ends[which] as (typeof ends)[number];
        const json = JSON.parse(saved) as Saved;
        for (const { at, how, value } of edits) {
          const all = places(json.tables);
          const [parent, key] = all[at % all.length] as (typeof all)[number];
          if (how === 'value') parent[key] = typeof parent[key] === 'string' ? value : parent[key];
          else if (Array.isArray(parent))
            parent.splice(Number(key), 1, ...(how === 'twice' ? [parent[Number(key)], parent[Number(key)]] : []));
        }
        let machine: Traces.Machine;
        try {
          machine = Traces.resume(trace.ledger, json);
        } catch (error) {
          return isSatlockError(error) && /^(ledger|input|eigenlayer|symbiotic)\./.test(error.code);
        }
        taken++;
        for (let i = middle; i < trace.steps.length; i++) codes(() => Traces.step(trace, machine, i));
        codes(() => machine.state());
        return true;
      }),
      { seed: 21, numRuns: 300 },
    );
    expect(taken).toBeGreaterThan(50);
  });
});
