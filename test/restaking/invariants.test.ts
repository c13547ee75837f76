// What restaking ledgers keep over any sequence of operations, and what they are known not to keep, with the numbers of the deployed contracts.
// Every implementation listed below is held to both.
import { describe, expect, it } from 'vitest';
import { ReferenceEigenLayer } from './reference/eigenlayer.ts';
import { eigenLayerSequence, Random, symbioticSequence } from './reference/generate.ts';
import { type Json, type JsonObject, object, text, texts } from './reference/json.ts';
import { ReferenceSymbiotic } from './reference/symbiotic.ts';
import { type Trace, traces } from './reference/traces.ts';

type Ledger = { apply(op: Json): Json; state(): Json };
type Implementation = readonly [name: string, create: (config: Json) => Ledger];

const eigenLayers: readonly Implementation[] = [['reference', (config) => new ReferenceEigenLayer(config)]];
const symbiotics: readonly Implementation[] = [['reference', (config) => new ReferenceSymbiotic(config)]];

const SEEDS = 24;
const LENGTH = 200;
const WAD = 10n ** 18n;

/** A look at a state: numbers at paths, names of objects. Built anew for each state. */
class View {
  readonly state: JsonObject;
  constructor(state: Json) {
    this.state = object(state, 'state');
  }

  at(...path: string[]): Json | undefined {
    let value: Json | undefined = this.state;
    for (const name of path) value = value !== null && typeof value === 'object' && !Array.isArray(value) ? value[name] : undefined;
    return value;
  }

  number(path: string[], otherwise = 0n): bigint {
    const value = this.at(...path);
    return value === undefined ? otherwise : BigInt(String(value));
  }

  names(...path: string[]): string[] {
    return Object.keys(object(this.at(...path) ?? {}, path.join('.')));
  }

  sum(paths: string[][]): bigint {
    return paths.reduce((total, path) => total + this.number(path), 0n);
  }
}

/** Σ of what an operator's stakers could withdraw of a strategy. */
function withdrawableUnder(view: View, operator: string, strategy: string): bigint {
  const stakers = view.names('stakers').filter((staker) => view.at('stakers', staker, 'delegatedTo') === operator);
  return view.sum(stakers.map((staker) => ['stakers', staker, 'withdrawableShares', strategy]));
}

/** Shares of a vault that somebody may still ask for: stakers, queued withdrawals, recorded burns. */
function claimsOn(view: View, strategy: string): bigint {
  let claims = view.sum(view.names('stakers').map((staker) => ['stakers', staker, 'withdrawableShares', strategy]));
  for (const id of view.names('withdrawals')) {
    const withdrawal = object(view.at('withdrawals', id), id);
    const shares = texts(withdrawal, 'sharesNow');
    texts(withdrawal, 'strategies').forEach((one, i) => {
      if (one === strategy) claims += BigInt(shares[i] ?? '0');
    });
  }
  for (const set of view.names('operatorSets')) {
    for (const id of view.names('operatorSets', set, 'burnOrRedistributable')) {
      claims += view.number(['operatorSets', set, 'burnOrRedistributable', id, strategy]);
    }
  }
  return claims;
}

/** Magnitudes of one operator: encumbered is what its allocations say, within the maximum, which never grows. */
function checkMagnitudes(view: View, before: View, operator: string, strategy: string): void {
  const path = ['operators', operator];
  let allocated = 0n;
  for (const set of view.names(...path, 'allocations')) {
    const cur = view.number([...path, 'allocations', set, strategy, 'currentMagnitude']);
    const diff = view.number([...path, 'allocations', set, strategy, 'pendingDiff']);
    allocated += diff > 0n ? cur + diff : cur;
  }
  const max = view.number([...path, 'maxMagnitude', strategy], WAD);
  expect(view.number([...path, 'encumberedMagnitude', strategy])).toBe(allocated);
  expect(allocated <= max).toBe(true);
  expect(view.number([...path, 'allocatableMagnitude', strategy], WAD)).toBe(max - allocated);
  expect(max <= before.number([...path, 'maxMagnitude', strategy], WAD)).toBe(true);
}

function checkEigenLayer(view: View, before: View, profile: string): void {
  const tokens = view.names('strategies');
  for (const operator of view.names('operators')) {
    for (const strategy of [...tokens, 'BEACON']) {
      checkMagnitudes(view, before, operator, strategy);
      if (strategy === 'BEACON') continue;
      const held = view.number(['operators', operator, 'shares', strategy]);
      expect(held >= withdrawableUnder(view, operator, strategy), `${operator} shares of ${strategy}`).toBe(true);
    }
  }
  for (const staker of view.names('stakers')) {
    const path = ['stakers', staker, 'pod', 'beaconChainSlashingFactor'];
    expect(view.number(path, WAD) <= before.number(path, WAD)).toBe(true);
  }
  for (const set of view.names('operatorSets')) {
    const members = texts(object(view.at('operatorSets', set), set), 'members');
    const registered = view
      .names('operators')
      .filter((one) => texts(object(view.at('operators', one), one), 'registeredSets').includes(set));
    expect([...members].sort()).toEqual(registered.sort());
  }
  if (profile !== 'v1.13.1') return;
  for (const strategy of tokens) {
    const exist = view.number(['strategies', strategy, 'totalShares']);
    expect(exist >= claimsOn(view, strategy), `${strategy}: ${exist} exist, ${claimsOn(view, strategy)} claimed`).toBe(true);
  }
}

/** An object cut to the names of an earlier one: what a dump lists only because an operation named it may come anew. */
function cutTo(value: Json | undefined, names: string[]): JsonObject {
  const all = object(value ?? {}, 'value');
  return Object.fromEntries(names.map((name) => [name, all[name] ?? null]));
}

/** A refused operation changes nothing but the names that a dump lists: a staker, a split, a subnetwork never heard of before. */
function checkUnchanged(view: View, before: View): void {
  const cut = (state: JsonObject): JsonObject => {
    const rewards = object(state['rewards'] ?? {}, 'rewards');
    return {
      ...state,
      stakers: cutTo(state['stakers'], before.names('stakers')),
      stakes: cutTo(state['stakes'], before.names('stakes')),
      rewards: { ...rewards, splits: cutTo(rewards['splits'], before.names('rewards', 'splits')) },
    };
  };
  expect(cut(view.state)).toEqual(cut(before.state));
}

function replay(ledger: Ledger, trace: Trace, steps: number): JsonObject[] {
  return trace.steps.slice(0, steps).map((step) => object(ledger.apply(step.op), 'result'));
}

function traceOf(id: string): Trace {
  const trace = traces('eigenlayer/traces.v1.13.1.json.gz').find((one) => one.id === id);
  if (trace === undefined) throw new Error(`no trace ${id}`);
  return trace;
}

const PROFILES = ['v1.12.0', 'v1.13.0', 'v1.13.1'] as const;

describe.each(eigenLayers)('EigenLayer ledger: %s', (_, create) => {
  it.each(Array.from({ length: SEEDS }, (__, i) => 100 + i))('keeps its invariants, seed %i', (seed) => {
    const { config, ops } = eigenLayerSequence(new Random(seed), LENGTH);
    const ledger = create(config);
    let before = new View(ledger.state());
    ops.forEach((op, i) => {
      const result = object(ledger.apply(op), 'result');
      const view = new View(ledger.state());
      try {
        if (result['ok'] === true) checkEigenLayer(view, before, text(config, 'profile'));
        else checkUnchanged(view, before);
      } catch (error) {
        throw new Error(`operation ${i} ${JSON.stringify(op)}: ${String(error)}`, { cause: error });
      }
      before = view;
    });
  });

  it.each(PROFILES)('native shares fall below what the one staker may withdraw (T21), %s', (profile) => {
    const trace = traceOf('T21');
    const ledger = create({ ...trace.config, profile });
    const slashes = trace.steps.flatMap((step, i) => (step.op['op'] === 'slash' ? [i] : []));
    replay(ledger, trace, (slashes[slashes.length - 1] ?? 0) + 1);
    const view = new View(ledger.state());
    expect(view.number(['operators', 'op', 'shares', 'BEACON'])).toBe(50_819_999_999_999_999_985n);
    expect(withdrawableUnder(view, 'op', 'BEACON')).toBe(50_820_000_000_000_000_033n);
    expect(ledger.apply({ op: 'undelegate', staker: 'alice' })).toEqual({ ok: false, error: 'Panic(0x11)' });
  });

  it.each([
    ['v1.12.0', '3525'],
    ['v1.13.0', '3525'],
    ['v1.13.1', '3521'],
  ])('only v1.13.1 never records a larger burn than exists (T22), %s', (profile, recorded) => {
    const trace = traceOf('T22');
    const ledger = create({ ...trace.config, profile });
    const results = replay(ledger, trace, 19);
    expect(results[18]).toEqual({ ok: true, slashId: '2', shares: [recorded] });
    ledger.apply({ op: 'advance', blocks: 50_401 });
    const clear = (slashId: number): Json => ledger.apply({ op: 'clearBurnOrRedistributableShares', avs: 'avs', id: 0, slashId });
    expect(clear(1)).toEqual({ ok: true, amounts: ['496'] });
    expect(new View(ledger.state()).number(['strategies', 'S1', 'totalShares'])).toBe(3524n);
    const refused = { ok: false, error: 'WithdrawalAmountExceedsTotalDeposits' };
    expect(clear(2)).toEqual(profile === 'v1.13.1' ? { ok: true, amounts: ['3521'] } : refused);
  });

  it.each(PROFILES)('a burn waits for its resolution block since v1.13.0 (T22), %s', (profile) => {
    const trace = traceOf('T22');
    const ledger = create({ ...trace.config, profile });
    replay(ledger, trace, 13);
    ledger.apply({ op: 'advance', blocks: 50_400 });
    const clear = (): Json => ledger.apply({ op: 'clearBurnOrRedistributableShares', avs: 'avs', id: 0, slashId: 1 });
    if (profile !== 'v1.12.0') {
      expect(clear()).toEqual({ ok: false, error: 'SlashResolutionDelayNotElapsed' });
      ledger.apply({ op: 'advance', blocks: 1 });
    }
    expect(clear()).toEqual({ ok: true, amounts: ['496'] });
  });

  it.each(PROFILES)('the counter of burnable native shares ignores the beacon factor of queued ones (T15), %s', (profile) => {
    const trace = traceOf('T15');
    const ledger = create({ ...trace.config, profile });
    const slash = trace.steps.findIndex((step) => step.op['op'] === 'slash');
    replay(ledger, trace, slash);
    const before = new View(ledger.state());
    expect(before.number(['stakers', 'alice', 'pod', 'beaconChainSlashingFactor'])).toBe((WAD * 3n) / 4n);
    const worth = 24n * WAD;
    expect(texts(object(before.at('withdrawals', 'W0'), 'W0'), 'sharesNow')).toEqual([String(worth)]);
    expect(object(ledger.apply(trace.steps[slash]?.op ?? null), 'result')['ok']).toBe(true);
    const after = new View(ledger.state());
    const active = before.number(['operators', 'op', 'shares', 'BEACON']) - after.number(['operators', 'op', 'shares', 'BEACON']);
    const counted = after.number(['burnableETHShares']) - before.number(['burnableETHShares']);
    expect(active).toBe((24n * WAD) / 10n);
    expect(counted - active).toBe((32n * WAD) / 10n);
    expect(texts(object(after.at('withdrawals', 'W0'), 'W0'), 'sharesNow')).toEqual([String((worth * 9n) / 10n)]);
  });
});

function checkSymbiotic(view: View, before: View, deposited: bigint): void {
  const accounts = view.names('accounts');
  const accountSum = (field: string): bigint => view.sum(accounts.map((account) => ['accounts', account, field]));
  expect(accountSum('activeShares')).toBe(view.number(['activeShares']));
  expect(accountSum('activeBalance') <= view.number(['activeStake'])).toBe(true);
  expect(view.number(['collateral']) + view.number(['burner']) + accountSum('tokens')).toBe(deposited);
  expect(view.number(['totalStake']) <= view.number(['collateral'])).toBe(true);
  for (const epoch of view.names('withdrawalShares')) {
    expect(view.sum(accounts.map((account) => ['accounts', account, 'withdrawalShares', epoch]))).toBe(
      view.number(['withdrawalShares', epoch]),
    );
    const worth = view.sum(accounts.map((account) => ['accounts', account, 'withdrawalsOf', epoch]));
    expect(worth <= view.number(['withdrawals', epoch])).toBe(true);
  }
  for (const place of view.names('stakes')) {
    expect(view.number(['stakes', place, 'stake']) <= view.number(['activeStake'])).toBe(true);
    for (const field of ['cumulativeSlash', 'latestSlashedCaptureTimestamp']) {
      expect(view.number(['stakes', place, field]) >= before.number(['stakes', place, field])).toBe(true);
    }
  }
}

describe.each(symbiotics)('Symbiotic ledger: %s', (_, create) => {
  it.each(Array.from({ length: SEEDS }, (__, i) => 100 + i))('keeps its invariants, seed %i', (seed) => {
    const { config, ops } = symbioticSequence(new Random(seed), LENGTH);
    const ledger = create(config);
    let before = new View(ledger.state());
    let deposited = 0n;
    ops.forEach((op, i) => {
      const result = object(ledger.apply(op), 'result');
      if (op['op'] === 'deposit' && result['ok'] === true) deposited += BigInt(text(op, 'amount'));
      const view = new View(ledger.state());
      try {
        if (result['ok'] === true) checkSymbiotic(view, before, deposited);
        else checkUnchanged(view, before);
      } catch (error) {
        throw new Error(`operation ${i} ${JSON.stringify(op)}: ${String(error)}`, { cause: error });
      }
      before = view;
    });
  });

  it('a slasher may count more than the vault can pay (S3)', () => {
    const trace = traces('symbiotic/traces.json.gz').find((one) => one.id === 'S3');
    if (trace === undefined) throw new Error('no trace S3');
    const ledger = create(trace.config);
    replay(ledger, trace, 13);
    const before = new View(ledger.state());
    expect(ledger.apply(trace.steps[13]?.op ?? null)).toEqual({ ok: true, slashedAmount: '650' });
    expect(new View(ledger.state()).number(['burner']) - before.number(['burner'])).toBe(357n);
    expect(ledger.apply(trace.steps[14]?.op ?? null)).toEqual({ ok: true, slashedAmount: '24' });
    expect(new View(ledger.state()).number(['burner']) - before.number(['burner'])).toBe(357n);
  });
});
