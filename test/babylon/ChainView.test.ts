// Views: checked and copied facts, JSON and back, and the answers of a node's REST interface.
import { describe, expect, it } from 'vitest';
import * as ChainView from '../../src/babylon/ChainView.ts';
import * as DelegationStatus from '../../src/babylon/DelegationStatus.ts';
import * as Networks from '../../src/babylon/Networks.ts';
import * as Registration from '../../src/babylon/Registration.ts';
import * as Bytes from '../../src/base/Bytes.ts';
import * as Hex from '../../src/base/Hex.ts';
import { codeOf, filled, hex, P2TR, refusal, untyped } from '../support/stakes.ts';
import { created, mineOf, provider, recordOf, stake, TIP, viewOf } from './chain/world.ts';

const delegation = stake();
const mined = mineOf(delegation, 450);
const record = recordOf(delegation);
const expansion: ChainView.DelegationRecord = {
  ...recordOf(stake({ outputIndex: 1 })),
  expansion: { previousStakingTxid: delegation.stakingTxid, fundingOutput: { scriptPubKey: P2TR, valueSats: 5n } },
  unbondingInfo: { spendStakeTx: new Uint8Array(0) },
};
const full = viewOf({
  headers: [mined.header],
  delegations: [record, expansion],
  allowedStakingTxids: [delegation.stakingTxid.toUpperCase()],
  minedAt: new Map([[delegation.stakingTxid, 450]]),
  popContext: 'ab'.repeat(32),
  release: 'v4.3',
  profile: 'generic',
});

describe('a view', () => {
  it('finds by display hash, key and txid', () => {
    expect([...full.headers.keys()]).toEqual([mined.inclusionProof.blockHash]);
    expect(full.delegations.has(delegation.stakingTxid)).toBe(true);
    expect(full.allowedStakingTxids.has(delegation.stakingTxid)).toBe(true);
    expect(full.finalityProviders.has(hex(provider.publicKey))).toBe(true);
  });

  it('keeps copies', () => {
    const btcPk = Bytes.copy(provider.publicKey);
    const view = viewOf({ finalityProviders: [{ btcPk, slashed: false, jailed: false, softDeleted: false }] });
    btcPk.fill(0);
    expect(view.finalityProviders.get(hex(provider.publicKey))?.btcPk).toEqual(Bytes.copy(provider.publicKey));
  });

  it('takes the parameters and the depth of a network', () => {
    const view = ChainView.ofNetwork(Networks.from('mainnet'), { tipHeight: 910_000, babylonHeight: 200_000n });
    expect([view.confirmationDepthBlocks, view.paramsSet.versions.length, view.release]).toEqual([30, 6, 'main']);
  });

  it('with other facts', () => {
    const later = ChainView.withFacts(full, { tipHeight: TIP + 1 });
    expect(later.tipHeight).toBe(TIP + 1);
    expect(ChainView.toJson({ ...later, tipHeight: full.tipHeight })).toEqual(ChainView.toJson(full));
  });

  it.each<[string, Partial<ChainView.Options>, string, string]>([
    ['a block above the tip', { headers: [{ ...mined.header, height: TIP + 1 }] }, 'chain-view.above-tip', 'headers[0].height'],
    ['a header of 79 bytes', { headers: [{ height: 1, raw: filled(79, 0) }] }, 'input.wrong-length', 'headers[0].raw'],
    ['another hash', { headers: [untyped({ ...mined.header, hash: '12'.repeat(32) })] }, 'chain-view.wrong-hash', 'headers[0].hash'],
    ['a short hash', { headers: [{ hash: '12', height: 1, merkleRoot: filled(32, 1) }] }, 'input.wrong-length', 'headers[0].hash'],
    [
      'a short root',
      { headers: [{ hash: '12'.repeat(32), height: 1, merkleRoot: filled(31, 1) }] },
      'input.wrong-length',
      'headers[0].merkleRoot',
    ],
    ['a compressed key', { finalityProviders: [untyped({ btcPk: filled(33, 2) })] }, 'input.wrong-length', 'finalityProviders[0].btcPk'],
    [
      'a flag that is none',
      { finalityProviders: [untyped({ btcPk: provider.publicKey, slashed: 0 })] },
      'input.not-flag',
      'finalityProviders[0].slashed',
    ],
    [
      'a transaction that does not read',
      { delegations: [{ ...record, stakingTx: filled(5, 1) }] },
      'chain-view.malformed-transaction',
      'delegations[0].stakingTx',
    ],
    [
      'an output that is not there',
      { delegations: [{ ...record, stakingOutputIndex: 2 }] },
      'input.out-of-range',
      'delegations[0].stakingOutputIndex',
    ],
    ['a time of 0', { delegations: [{ ...record, stakingTimeBlocks: 0 }] }, 'input.out-of-range', 'delegations[0].stakingTimeBlocks'],
    ['a depth of 0', { confirmationDepthBlocks: 0 }, 'input.out-of-range', 'confirmationDepthBlocks'],
    ['a height as number', { babylonHeight: untyped(7) }, 'input.not-integer', 'babylonHeight'],
    ['a list of txids that are none', { allowedStakingTxids: ['zz'] }, 'hex.bad-digit', 'allowedStakingTxids[0]'],
    ['a context that is none', { popContext: 'bbn-1' }, 'hex.odd-length', 'popContext'],
    ['heights in an object', { minedAt: untyped({}) }, 'input.not-map', 'minedAt'],
  ])('refuses %s', (_, changes, code, field) => {
    expect(refusal(() => viewOf(changes))).toEqual([code, field]);
  });

  it('refuses a release and a profile that do not exist', () => {
    expect(codeOf(() => viewOf({ release: untyped('v9') }))).toBe('chain-view.unknown-release');
    expect(codeOf(() => viewOf({ release: untyped('toString') }))).toBe('chain-view.unknown-release');
    expect(codeOf(() => viewOf({ profile: untyped('v4') }))).toBe('chain-profile.unknown');
    expect(codeOf(() => ChainView.from(untyped(undefined)))).toBe('input.missing');
  });
});

describe('JSON', () => {
  it('comes back unchanged through text', () => {
    const json = ChainView.toJson(full);
    const back = ChainView.fromJson(JSON.parse(JSON.stringify(json)));
    expect(back).toEqual(full);
    expect(ChainView.toJson(back)).toEqual(json);
  });

  it('judges as before', () => {
    const view = viewOf({ headers: [mined.header] });
    const back = ChainView.fromJson(JSON.parse(JSON.stringify(ChainView.toJson(view))));
    expect(Registration.check(created(delegation, mined.inclusionProof), back)).toEqual({ ok: true, warnings: [] });
  });

  it('names unknown and missing fields', () => {
    const json = ChainView.toJson(full);
    expect(refusal(() => ChainView.fromJson({ ...json, extra: 1 }))).toEqual(['json.unknown-field', 'chain.extra']);
    const { tipHeight: _, ...without } = json;
    expect(refusal(() => ChainView.fromJson(without))).toEqual(['json.missing-field', 'chain.tipHeight']);
    expect(codeOf(() => ChainView.fromJson(null))).toBe('json.not-an-object');
  });
});

/** As a node prints it (babylon x/btcstaking/types/query.go): keys and transactions hex, signatures base64, amounts text. */
function restOf(one: ChainView.DelegationRecord, changes: Record<string, unknown> = {}): Record<string, unknown> {
  const keys = (list: readonly Uint8Array[], name: string) =>
    list.map((key) => ({ [name]: hex(key), sig: 'AAAA', adaptor_sigs: ['AAAA'] }));
  return {
    staker_addr: one.stakerAddr,
    btc_pk: hex(one.btcPk),
    fp_btc_pk_list: one.fpBtcPkList.map(hex),
    staking_time: one.stakingTimeBlocks,
    start_height: one.startHeight,
    end_height: one.endHeight,
    total_sat: one.totalSats.toString(),
    staking_tx_hex: hex(one.stakingTx),
    slashing_tx_hex: hex(one.slashingTx),
    delegator_slash_sig_hex: '00',
    covenant_sigs: keys(one.covenantSigners.slashing, 'cov_pk'),
    staking_output_idx: one.stakingOutputIndex,
    active: false,
    status_desc: 'VERIFIED',
    unbonding_time: one.unbondingTimeBlocks,
    undelegation_response: {
      unbonding_tx_hex: hex(one.unbondingTx),
      covenant_unbonding_sig_list: keys(one.covenantSigners.unbonding, 'pk'),
      slashing_tx_hex: hex(one.unbondingSlashingTx),
      covenant_slashing_sigs: keys(one.covenantSigners.unbondingSlashing, 'cov_pk'),
      delegator_unbonding_info_response: null,
    },
    params_version: one.paramsVersion,
    stk_exp: null,
    ...changes,
  };
}

describe('answers of a node', () => {
  const { btcTipHeight: _, ...known } = record;

  it('a delegation, with and without the field around it', () => {
    expect(ChainView.delegationFromRest({ btc_delegation: restOf(record) })).toEqual(known);
    expect(ChainView.delegationFromRest(restOf(record))).toEqual(known);
  });

  it('presence of the unbonding counts, not its content', () => {
    const undelegation = restOf(record)['undelegation_response'] as object;
    const gone = { undelegation_response: { ...undelegation, delegator_unbonding_info_response: { spend_stake_tx_hex: '' } } };
    const read = ChainView.delegationFromRest(restOf(record, gone));
    expect(read.unbondingInfo).toEqual({ spendStakeTx: new Uint8Array(0) });
    expect(DelegationStatus.inView(viewOf(), read)).toBe('UNBONDED');
  });

  it('an expansion with its funding output', () => {
    const stkExp = {
      previous_staking_tx_hash_hex: delegation.stakingTxid,
      other_funding_tx_out_hex: `50c3000000000000${'22'}${hex(P2TR)}`,
      previous_stk_covenant_sigs: [{ pk: hex(provider.publicKey), sig: 'AAAA' }],
    };
    const read = ChainView.delegationFromRest(restOf(record, { stk_exp: stkExp }));
    expect(read.expansion).toEqual({
      previousStakingTxid: delegation.stakingTxid,
      fundingOutput: { scriptPubKey: P2TR, valueSats: 50_000n },
    });
    expect(read.covenantSigners.expansion).toEqual([Bytes.copy(provider.publicKey)]);
    const cut = { ...stkExp, other_funding_tx_out_hex: '50c3' };
    expect(codeOf(() => ChainView.delegationFromRest(restOf(record, { stk_exp: cut })))).toBe('chain-view.malformed-output');
  });

  it('a provider is slashed by the height at which it was', () => {
    const json = { btc_pk: hex(provider.publicKey), slashed_babylon_height: '0', jailed: true, soft_deleted: false, commission: '0.05' };
    const read = ChainView.finalityProviderFromRest({ finality_provider: json });
    expect(read).toEqual({ btcPk: Bytes.copy(provider.publicKey), slashed: false, jailed: true, softDeleted: false });
    expect(ChainView.finalityProviderFromRest({ ...json, slashed_babylon_height: '12' }).slashed).toBe(true);
    expect(codeOf(() => ChainView.finalityProviderFromRest({ ...json, slashed_babylon_height: 0 }))).toBe('input.not-text');
  });

  it('a header', () => {
    const raw = mined.header.raw;
    const read = ChainView.headerFromRest({ header: { header_hex: hex(raw), hash_hex: '', height: 450, work: '1' } });
    expect(read).toEqual({ height: 450, raw });
    expect(viewOf({ headers: [read] }).headers.has(mined.inclusionProof.blockHash)).toBe(true);
    expect(ChainView.headerFromRest({ header: Buffer.from(raw).toString('base64'), height: 450 })).toEqual({ height: 450, raw });
    expect(codeOf(() => ChainView.headerFromRest({ header: '###', height: 450 }))).toBe('chain-view.not-base64');
  });

  it('refuses what is something else', () => {
    for (const json of [null, [], {}, 'x', { btc_delegation: {} }])
      expect(codeOf(() => ChainView.delegationFromRest(json))).toMatch(/^input\./);
    expect(codeOf(() => ChainView.delegationFromRest(restOf(record, { total_sat: 500_000 })))).toBe('input.not-text');
    expect(codeOf(() => ChainView.delegationFromRest(restOf(record, { staking_tx_hex: hex(Hex.decode('00')) })))).toBe(
      'chain-view.malformed-transaction',
    );
  });
});
