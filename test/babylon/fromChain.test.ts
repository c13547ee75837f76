// Parameters as the chain and the indexer print them: the same versions as the bundled ones, and nothing guessed.
import { describe, expect, it } from 'vitest';
import * as Networks from '../../src/babylon/Networks.ts';
import * as Params from '../../src/babylon/Params.ts';
import * as ParamsSet from '../../src/babylon/ParamsSet.ts';
import { isSatlockError } from '../../src/base/Errors.ts';
import * as Hex from '../../src/base/Hex.ts';

const facts = (call: () => unknown): { readonly code: string; readonly field: string | undefined } => {
  try {
    call();
  } catch (error) {
    if (isSatlockError(error)) return { code: error.code, field: (error.reason as { readonly field?: string }).field };
    throw error;
  }
  return { code: 'accepted', field: undefined };
};

type Form = 'chain' | 'indexer' | 'upgrade';

/** A bundled version as others print it: the chain amounts as text and base64, the indexer numbers and hex, the upgrade code numbers and base64. */
function printed(params: Params.StakingParams, form: Form): Readonly<Record<string, unknown>> {
  const amount = (value: bigint): unknown => (form === 'chain' ? value.toString() : Number(value));
  const script = params.slashingPkScript;
  return {
    covenant_pks: params.covenantPks.map(Hex.encode),
    covenant_quorum: params.covenantQuorum,
    min_staking_value_sat: amount(params.minStakingValueSats),
    max_staking_value_sat: amount(params.maxStakingValueSats),
    min_staking_time_blocks: params.minStakingTimeBlocks,
    max_staking_time_blocks: params.maxStakingTimeBlocks,
    slashing_pk_script: form === 'indexer' ? Hex.encode(script) : Buffer.from(script).toString('base64'),
    min_slashing_tx_fee_sat: amount(params.minSlashingTxFeeSats),
    slashing_rate: Params.toJson(params).slashingRate,
    unbonding_time_blocks: params.unbondingTimeBlocks,
    unbonding_fee_sat: amount(params.unbondingFeeSats),
    min_commission_rate: params.minCommissionRate,
    delegation_creation_base_gas_fee: amount(params.delegationCreationBaseGasFee),
    allow_list_expiration_height: amount(params.allowListExpirationHeight),
    btc_activation_height: params.btcActivationHeight,
  };
}

const bare = ({ sources: _, ...params }: Params.StakingParams): unknown => params;
const networks = (['bbn-1', 'bbn-test-6', 'bbn-test-5'] as const).map((name) => {
  const network = Networks.from(name);
  Networks.assertStaking(network);
  return network;
});
const [mainnet] = networks;
const latest = ParamsSet.latest(mainnet?.paramsSet ?? (undefined as unknown as ParamsSet.ParamsSet));

describe('one version', () => {
  it('as the REST gateway answers for mainnet', () => {
    // The text of an answer to params/btc_height/{h}, keys shortened to the set that is bundled.
    const answer = {
      params: {
        covenant_pks: latest.covenantPks.map(Hex.encode),
        covenant_quorum: 6,
        min_staking_value_sat: '500000',
        max_staking_value_sat: '500000000000',
        min_staking_time_blocks: 64000,
        max_staking_time_blocks: 64000,
        slashing_pk_script: 'agdiYWJ5bG9u',
        min_slashing_tx_fee_sat: '150000',
        slashing_rate: '0.001000000000000000',
        unbonding_time_blocks: 301,
        unbonding_fee_sat: '9600',
        min_commission_rate: '0.030000000000000000',
        delegation_creation_base_gas_fee: '1095000',
        allow_list_expiration_height: '139920',
        btc_activation_height: 905634,
      },
      version: 5,
    };
    expect(Params.fromChain(answer)).toEqual(bare(latest));
  });

  it.each<Form>(['chain', 'indexer', 'upgrade'])('of every network in the form of %s', (form) => {
    for (const { paramsSet } of networks)
      for (const params of paramsSet.versions) {
        const { version } = params;
        for (const json of [
          { version, ...printed(params, form) },
          { version, params: printed(params, form) },
          { params: { version, ...printed(params, form) } },
        ])
          expect(Params.fromChain(json)).toEqual(bare(params));
        expect(Params.fromChain({ params: printed(params, form) }, { version })).toEqual(bare(params));
      }
  });

  it('needs its number, and only one', () => {
    const json = { params: printed(latest, 'chain') };
    expect(facts(() => Params.fromChain(json))).toEqual({ code: 'params.no-version', field: 'params.version' });
    expect(facts(() => Params.fromChain({ ...json, version: 5 }, { version: 4 })).code).toBe('params.other-version');
    expect(facts(() => Params.fromChain({ ...json, version: '5' })).code).toBe('input.not-integer');
  });

  it('tells hex from base64 by the script that comes out', () => {
    const script =
      (slashing_pk_script: string, options: Parameters<typeof Params.fromChain>[1] = {}) =>
      (): string =>
        Hex.encode(
          Params.fromChain({ version: 5, ...printed(latest, 'chain'), slashing_rate: '0.1', slashing_pk_script }, options).slashingPkScript,
        );
    const p2tr = `5120${'ab'.repeat(32)}`;
    const p2pkh = `76a914${'01'.repeat(20)}88ac`;
    for (const hex of [p2tr, p2pkh, `0014${'cd'.repeat(20)}`, `a914${'cd'.repeat(20)}87`, '6a07626162796c6f6e']) {
      expect(script(hex)(), hex).toBe(hex);
      expect(script(Buffer.from(hex, 'hex').toString('base64'))(), hex).toBe(hex);
      expect(script(hex, { scriptEncoding: 'hex' })()).toBe(hex);
    }
    // Both readings are scripts of no known kind.
    expect(facts(script('51'.repeat(8))).code).toBe('params.bad-script');
    expect(script('51'.repeat(8), { scriptEncoding: 'hex' })()).toBe('51'.repeat(8));
    expect(facts(script('not a script')).code).toBe('params.bad-script');
    expect(facts(script('zz', { scriptEncoding: 'hex' })).code).toBe('hex.bad-digit');
    expect(facts(script('6a0', { scriptEncoding: 'base64' })).code).toBe('params.bad-script');
    expect(facts(script('')).code).toBe('params.no-slashing-script');
  });

  it.each<[string, unknown, string, string]>([
    ['covenant_quorum', undefined, 'params.missing-field', 'params[5].covenant_quorum'],
    ['unbonding_fee', 5, 'params.unknown-field', 'params[5].unbonding_fee'],
    ['unbonding_fee_sat', 9600.5, 'input.not-integer', 'params[5].unbonding_fee_sat'],
    ['unbonding_fee_sat', -1, 'input.out-of-range', 'params[5].unbonding_fee_sat'],
    ['unbonding_fee_sat', 2 ** 60, 'input.not-integer', 'params[5].unbonding_fee_sat'],
    ['unbonding_fee_sat', '9600.5', 'sats.bad-text', 'params[5].unbondingFeeSats'],
    ['unbonding_fee_sat', null, 'input.not-text', 'params[5].unbonding_fee_sat'],
    ['unbonding_fee_sat', '0', 'params.unbonding-fee', 'params[5].unbondingFeeSats'],
    ['slashing_rate', 0.001, 'input.not-text', 'params[5].slashing_rate'],
    ['slashing_rate', '1.000000000000000000', 'params.slashing-rate', 'params[5].slashingRate'],
    ['slashing_rate', '0.000010000000000000', 'params.slashing-rate', 'params[5].slashingRate'],
    ['covenant_quorum', 4, 'params.quorum-no-majority', 'params[5].covenantQuorum'],
    ['covenant_quorum', '6x', 'input.not-integer', 'params[5].covenantQuorum'],
    ['covenant_pks', 'ab', 'input.not-list', 'params[5].covenant_pks'],
    ['covenant_pks', [5], 'input.not-text', 'params[5].covenant_pks[0]'],
    ['unbonding_time_blocks', 65_536, 'params.unbonding-time-limit', 'params[5].unbondingTimeBlocks'],
    ['max_finality_providers', 2, 'params.too-many-finality-providers', 'params[5].max_finality_providers'],
    ['max_finality_providers', 1, 'accepted', ''],
  ])('%s, case %#', (key, value, code, field) => {
    const { [key]: _, ...rest } = printed(latest, 'chain');
    const found = facts(() => Params.fromChain({ version: 5, ...rest, ...(value === undefined ? {} : { [key]: value }) }));
    expect(found.code).toBe(code);
    if (field !== '') expect(found.field).toBe(field);
  });
});

describe('all versions', () => {
  it('of an answer to params_versions, of the network info and of a bare list, in any order', () => {
    for (const { paramsSet } of networks) {
      const wanted = paramsSet.versions.map(bare);
      const entries = (form: Form): unknown[] =>
        paramsSet.versions.map((params) => ({ version: params.version, params: printed(params, form) }));
      const flat = paramsSet.versions.map((params) => ({ version: params.version, ...printed(params, 'indexer') })).reverse();
      for (const json of [
        { params: entries('chain'), pagination: { next_key: null, total: '7' } },
        { data: { params: { bbn: flat, btc: [] } } },
        { params: { bbn: flat } },
        entries('upgrade').reverse(),
      ])
        expect(ParamsSet.fromChain(json).versions).toEqual(wanted);
    }
  });

  it('must be all of them', () => {
    const entries =
      latest === undefined
        ? []
        : (mainnet?.paramsSet.versions ?? []).map((params) => ({ version: params.version, params: printed(params, 'chain') }));
    const more = { params: entries.slice(0, 3), pagination: { next_key: 'AAAAAw==' } };
    expect(facts(() => ParamsSet.fromChain(more)).code).toBe('params.incomplete-list');
    expect(facts(() => ParamsSet.fromChain(entries.slice(1))).code).toBe('params.version-gap');
    expect(facts(() => ParamsSet.fromChain([...entries, entries[0]])).code).toBe('params.version-gap');
    expect(facts(() => ParamsSet.fromChain([])).code).toBe('params.empty-set');
    for (const json of [undefined, null, 5, 'x', {}, { params: {} }, { params: { bbn: 5 } }])
      expect(facts(() => ParamsSet.fromChain(json)).code).toMatch(/^(params|input)\./);
  });

  it('two versions with one activation height are refused, whatever their order', () => {
    const entries = (mainnet?.paramsSet.versions ?? []).map((params) => ({
      version: params.version,
      params: { ...printed(params, 'chain'), ...(params.version === 3 ? { btc_activation_height: 874_088 } : {}) },
    }));
    expect(facts(() => ParamsSet.fromChain(entries)).code).toBe('params.activation-order');
    expect(facts(() => ParamsSet.fromChain([...entries].reverse())).code).toBe('params.activation-order');
  });
});
