// Reading of staking parameters: shape, the chain's rules in the chain's order, and the rules it misses.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Networks from '../../src/babylon/Networks.ts';
import * as Params from '../../src/babylon/Params.ts';
import * as ParamsSet from '../../src/babylon/ParamsSet.ts';
import { height } from '../../src/base/Blocks.ts';
import { isSatlockError } from '../../src/base/Errors.ts';

const mainnet = Networks.from('bbn-1');
const good = Params.toJson(ParamsSet.latest(mainnet.paramsSet));
const P2WPKH = '00145be12624d08a2b424095d7c07221c33450d14bf1';

function reasonOf(run: () => unknown): Record<string, unknown> {
  try {
    run();
  } catch (error) {
    if (isSatlockError(error)) return { ...error.reason };
    throw error;
  }
  throw new Error('expected an error');
}

const refusal = (changes: Record<string, unknown>) => reasonOf(() => Params.from({ ...good, ...changes }));

describe('shape', () => {
  it('reads what it writes', () => {
    const params = Params.from(good);
    expect(Params.toJson(params)).toEqual(good);
    expect(Params.from(Params.toJson(params))).toEqual(params);
    expect(params.slashingRate).toBe(10);
    expect(params.minStakingValueSats).toBe(500_000n);
    expect(params.allowListExpirationHeight).toBe(139_920n);
  });

  it('names version and path of a missing and of an unknown field', () => {
    for (const key of Object.keys(good).filter((name) => name !== 'sources' && name !== 'version')) {
      const { [key]: _dropped, ...rest } = good as Record<string, unknown>;
      expect(reasonOf(() => Params.from(rest))).toEqual({ code: 'params.missing-field', field: `params[5].${key}`, version: 5 });
    }
    expect(refusal({ slashing_rate: '0.001' })).toEqual({ code: 'params.unknown-field', field: 'params[5].slashing_rate', version: 5 });
    const { version: _version, ...unversioned } = good;
    expect(reasonOf(() => Params.from(unversioned))).toEqual({ code: 'params.missing-field', field: 'params.version' });
  });

  it('takes an object and nothing else', () => {
    for (const json of [null, undefined, 5, 'text', [good], new Uint8Array(3)])
      expect(reasonOf(() => Params.from(json))).toMatchObject({ code: 'params.not-an-object', field: 'params' });
    expect(reasonOf(() => Params.from(Object.create(good)))).toMatchObject({ code: 'params.missing-field' });
  });

  it('does not convert', () => {
    expect(refusal({ covenantQuorum: '6' })).toMatchObject({ code: 'input.not-integer', field: 'params[5].covenantQuorum' });
    expect(refusal({ covenantQuorum: 6.5 })).toMatchObject({ code: 'input.not-integer' });
    expect(refusal({ minStakingValueSats: 500_000 })).toMatchObject({ code: 'input.not-text', field: 'params[5].minStakingValueSats' });
    expect(refusal({ minStakingValueSats: '5e5' })).toMatchObject({ code: 'sats.bad-text' });
    expect(refusal({ maxStakingValueSats: '2100000000000001' })).toMatchObject({ code: 'input.out-of-range' });
    expect(refusal({ delegationCreationBaseGasFee: '0x10' })).toMatchObject({ code: 'params.not-decimal' });
    expect(refusal({ allowListExpirationHeight: '18446744073709551616' })).toMatchObject({ code: 'input.out-of-range' });
    expect(refusal({ slashingPkScriptHex: '6a0' })).toMatchObject({ code: 'hex.odd-length' });
    expect(refusal({ covenantPks: [`02${good.covenantPks[0]}`] })).toMatchObject({
      code: 'input.wrong-length',
      field: 'params[5].covenantPks[0]',
    });
    expect(refusal({ btcActivationHeight: 2 ** 32 })).toMatchObject({ code: 'input.out-of-range' });
    expect(refusal({ sources: 'one' })).toMatchObject({ code: 'input.not-list' });
  });
});

describe('rules', () => {
  const offCurve = `${'00'.repeat(31)}05`;
  // One entry a rule, in the chain's order, then ours.
  const rules: readonly (readonly [string, Record<string, unknown>])[] = [
    ['params.quorum-zero', { covenantQuorum: 0 }],
    ['params.quorum-no-majority', { covenantQuorum: 4 }],
    ['params.stake-not-positive', { minStakingValueSats: '0' }],
    ['params.stake-not-positive', { maxStakingValueSats: '0' }],
    ['params.stake-range', { maxStakingValueSats: '499999' }],
    ['params.staking-time-limit', { minStakingTimeBlocks: 0 }],
    ['params.staking-time-limit', { maxStakingTimeBlocks: 65_536 }],
    ['params.staking-time-range', { maxStakingTimeBlocks: 63_999 }],
    ['public-key.not-on-curve', { covenantPks: [...good.covenantPks.slice(1), offCurve] }],
    ['params.duplicate-covenant-key', { covenantPks: [...good.covenantPks.slice(1), good.covenantPks[3]?.toUpperCase()] }],
    ['params.slashing-fee-not-positive', { minSlashingTxFeeSats: '0' }],
    ['params.commission-rate', { minCommissionRate: '1.000000000000000001' }],
    ['params.slashing-rate', { slashingRate: '0.00005' }],
    ['params.unbonding-fee', { unbondingFeeSats: '500000' }],
    ['params.slashing-dust', { slashingPkScriptHex: P2WPKH, minStakingValueSats: '303099' }],
    ['params.unbonding-time-limit', { unbondingTimeBlocks: 65_536 }],
    ['params.no-covenant-keys', { covenantPks: [] }],
    ['params.quorum-above-keys', { covenantQuorum: 10 }],
    ['params.unbonding-time-zero', { unbondingTimeBlocks: 0 }],
    ['params.no-slashing-script', { slashingPkScriptHex: '' }],
  ];

  it.each(rules)('%s %j', (code, changes) => {
    const reason = refusal(changes);
    expect(reason).toMatchObject({ code });
    expect(reason['field']).toMatch(/^params\[5\]\./);
  });

  it('keeps the order of the chain: of two faults the earlier rule speaks', () => {
    for (const [i, [code, changes]] of rules.entries()) {
      for (const [later, others] of rules.slice(i + 1)) {
        const overlap = Object.keys(changes).some((key) => Object.hasOwn(others, key));
        // Other faults of the same field, and amounts or keys that a second change shifts, are no pair of independent faults.
        if (overlap || later === 'params.slashing-dust' || code === 'params.slashing-dust') continue;
        if (code === 'params.quorum-no-majority' && later === 'params.no-covenant-keys') continue;
        if (code === 'params.no-covenant-keys' || later === 'params.no-covenant-keys') continue;
        const reason = refusal({ ...others, ...changes });
        expect([code, reason['code'], later]).toEqual([code, code, later]);
      }
    }
    // Dust, whose amounts depend on two other fields, comes before the rules for the unbonding time.
    const dust = { slashingPkScriptHex: P2WPKH, minStakingValueSats: '303099', unbondingTimeBlocks: 0 };
    expect(refusal(dust)).toMatchObject({ code: 'params.slashing-dust' });
    expect(refusal({ covenantPks: [], covenantQuorum: 1, unbondingTimeBlocks: 0 })).toMatchObject({ code: 'params.no-covenant-keys' });
  });

  it('gives the text of the Go error where it has a name', () => {
    expect(refusal({ unbondingFeeSats: '0' })).toMatchObject({ code: 'params.unbonding-fee', reference: 'invalid unbonding fee' });
    expect(refusal({ slashingRate: '1' })).toMatchObject({ code: 'params.slashing-rate', reference: 'invalid slashing rate' });
  });

  it('knows the limits', () => {
    const accepts = (changes: Record<string, unknown>) => Params.from({ ...good, ...changes });
    expect(accepts({ covenantQuorum: 5 }).covenantQuorum).toBe(5);
    expect(accepts({ covenantQuorum: 9 }).covenantQuorum).toBe(9);
    // Exactly half is no majority.
    expect(refusal({ covenantPks: good.covenantPks.slice(1), covenantQuorum: 4 })).toMatchObject({ quorum: 4, keys: 8 });
    expect(accepts({ minStakingTimeBlocks: 1, maxStakingTimeBlocks: 65_535 }).minStakingTimeBlocks).toBe(1);
    expect(accepts({ unbondingTimeBlocks: 1 }).unbondingTimeBlocks).toBe(1);
    expect(accepts({ unbondingFeeSats: '499999' }).unbondingFeeSats).toBe(499_999n);
    expect(accepts({ slashingRate: '0.9999' }).slashingRate).toBe(9999);
    expect(accepts({ minCommissionRate: '0' }).minCommissionRate).toBe('0');
    expect(accepts({ minCommissionRate: '1.000' }).minCommissionRate).toBe('1.000');
    for (const text of ['-0.1', '.5', '1e-2', '0.0000000000000000001', '', 'nil'])
      expect(refusal({ minCommissionRate: text })).toMatchObject({ code: 'params.commission-rate' });
    // A slashing fee above the smallest stake passes, as it does on the chain.
    expect(accepts({ minSlashingTxFeeSats: '999999999' }).minSlashingTxFeeSats).toBe(999_999_999n);
  });

  it('measures dust on the rounded slash of the smallest unbonding output', () => {
    // 294 sat is the threshold of this script; (303100 - 9600) * 0.001 = 293.5 rounds up to it, one satoshi less does not.
    expect(Params.from({ ...good, slashingPkScriptHex: P2WPKH, minStakingValueSats: '303100' }).minStakingValueSats).toBe(303_100n);
    expect(refusal({ slashingPkScriptHex: P2WPKH, minStakingValueSats: '303099' })).toMatchObject({
      code: 'params.slashing-dust',
      slashedSats: '293',
      thresholdSats: '294',
    });
    // An output that begins with OP_RETURN is exempt at any amount.
    expect(Params.from({ ...good, minStakingValueSats: '9601' }).minStakingValueSats).toBe(9_601n);
  });

  it('demands an unbonding time above the finalisation timeout, strictly', () => {
    const params = Params.from(good);
    expect(() => Params.assertAboveFinalization(params, 300)).not.toThrow();
    expect(reasonOf(() => Params.assertAboveFinalization(params, 301))).toEqual({
      code: 'params.unbonding-time-not-above-finalization',
      version: 5,
      unbondingTimeBlocks: 301,
      finalizationTimeoutBlocks: 301,
    });
  });
});

describe('choice of version', () => {
  const set = mainnet.paramsSet;

  it('takes the greatest activation not above the height', () => {
    const cases: readonly (readonly [number, number])[] = [
      [857_910, 0],
      [864_789, 0],
      [864_790, 1],
      [874_087, 1],
      [874_088, 2],
      [891_424, 2],
      [891_425, 3],
      [893_362, 4],
      [905_633, 4],
      [905_634, 5],
      [4_294_967_295, 5],
    ];
    for (const [at, version] of cases) expect([at, ParamsSet.atHeight(set, height(at)).version]).toEqual([at, version]);
    expect(reasonOf(() => ParamsSet.atHeight(set, height(857_909)))).toEqual({
      code: 'params.none-at-height',
      height: 857_909,
      firstActivationHeight: 857_910,
      reference: 'no parameters found for block height 857909',
    });
  });

  it('agrees with a search over all versions', () => {
    fc.assert(
      fc.property(fc.integer({ min: 857_910, max: 920_000 }), (at) => {
        const expected = set.versions.filter(({ btcActivationHeight }) => btcActivationHeight <= at).length - 1;
        expect(ParamsSet.atHeight(set, height(at)).version).toBe(expected);
        const next = ParamsSet.activationAfter(set, height(at));
        expect(next?.params.version).toBe(expected === 5 ? undefined : expected + 1);
        if (next !== undefined) {
          expect(next.blocksUntil).toBeGreaterThan(0);
          expect(ParamsSet.atHeight(set, height(at + next.blocksUntil)).version).toBe(expected + 1);
          expect(ParamsSet.atHeight(set, height(at + next.blocksUntil - 1)).version).toBe(expected);
        }
      }),
      { seed: 7, numRuns: 200 },
    );
  });

  it('finds by version and gives the newest', () => {
    expect(ParamsSet.byVersion(set, 4).unbondingFeeSats).toBe(9_600n);
    expect(ParamsSet.latest(set).version).toBe(5);
    expect(reasonOf(() => ParamsSet.byVersion(set, 6))).toEqual({ code: 'params.unknown-version', version: 6, latest: 5 });
    expect(reasonOf(() => ParamsSet.byVersion(set, -1))).toMatchObject({ code: 'input.out-of-range' });
    expect(ParamsSet.activationAfter(set, height(0))).toMatchObject({ blocksUntil: 857_910 });
  });

  it('refuses an unbonding time that is longer than every staking time', () => {
    const json = Params.toJson(set.versions[0]);
    const times = (unbondingTimeBlocks: number): Params.StakingParams =>
      Params.from({ ...json, minStakingTimeBlocks: 10, maxStakingTimeBlocks: 300, unbondingTimeBlocks });
    expect(reasonOf(() => times(301))).toMatchObject({ code: 'params.unbonding-time-above-staking', maxStakingTimeBlocks: 300 });
    expect(times(300).unbondingTimeBlocks).toBe(300);
  });

  it('refuses gaps, disorder and nothing at all', () => {
    const [first, second, third] = set.versions;
    if (second === undefined || third === undefined) throw new Error('mainnet has more versions');
    expect(reasonOf(() => ParamsSet.from([]))).toEqual({ code: 'params.empty-set' });
    expect(reasonOf(() => ParamsSet.from([first, third]))).toEqual({ code: 'params.version-gap', expected: 1, got: 2 });
    expect(reasonOf(() => ParamsSet.from([second]))).toEqual({ code: 'params.version-gap', expected: 0, got: 1 });
    const early = Params.from({ ...Params.toJson(second), btcActivationHeight: first.btcActivationHeight });
    expect(reasonOf(() => ParamsSet.from([first, early]))).toMatchObject({
      code: 'params.activation-order',
      version: 1,
      reference: 'pairs must be sorted by start height in ascending order',
    });
  });
});
