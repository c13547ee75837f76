// MsgBtcStakeExpand: its own checks one by one, then those of a registration, and how long there is time for it.
import { describe, expect, it } from 'vitest';
import type * as ChainView from '../../../src/babylon/ChainView.ts';
import type { MsgBtcStakeExpand } from '../../../src/babylon/Message.ts';
import * as ParamsSet from '../../../src/babylon/ParamsSet.ts';
import * as Registration from '../../../src/babylon/Registration.ts';
import * as Bytes from '../../../src/base/Bytes.ts';
import * as Tx from '../../../src/bitcoin/Tx.ts';
import { filled, hex, keyOf, keysOf, P2WPKH, pks } from '../../support/stakes.ts';
import {
  changed,
  covenant,
  paramsOf,
  paramsV1,
  partsOf,
  paying,
  provider,
  type Row,
  recordOf,
  STRANGER,
  stake,
  staker,
  V0,
  V1,
  viewOf,
} from './world.ts';

const old = stake({ outputIndex: 1 });
const funding = paying(50_000n, 2);
const inputs = [old.staking.outpoint, { txid: Tx.txid(funding), vout: 1 }];
const child = stake({ inputs, valueSats: 520_000n });
const message = Registration.extend({ ...partsOf(child), previous: old, fundingTransaction: funding });
const parent = recordOf(old, { minedHeight: 410 });
const base = { delegations: [parent] };
const known = (...keys: readonly Uint8Array[]) => keys.map((btcPk) => ({ btcPk, slashed: false, jailed: false, softDeleted: false }));

/** The same message over another staking transaction. */
const over = (options: Parameters<typeof stake>[0]): MsgBtcStakeExpand => {
  const delegation = stake({ inputs, valueSats: 520_000n, ...options });
  const { owner = staker } = options ?? {};
  const { value } = Registration.create(partsOf(delegation, owner));
  return { ...value, previousStakingTxHash: old.stakingTxid, fundingTx: Tx.encode(funding) };
};
const output = (tx: Tx.Transaction, index: number) => tx.outs[index] as (typeof tx.outs)[number];
const worthless = Tx.decode(
  changed(Tx.encode(funding), (tx) => {
    output(tx, 1).value = 0n;
  }),
);
const elsewhere = Tx.create([{ outpoint: { txid: '88'.repeat(32), vout: 0 } }], [{ scriptPubKey: P2WPKH, valueSats: 90_000n }]);
const otherStake = stake({ valueSats: 60_000n, inputs: [{ txid: '99'.repeat(32), vout: 0 }] });

type Rows = readonly Row<MsgBtcStakeExpand>[];
const row = (
  check: string,
  code: string,
  why: string,
  field: string,
  text: string,
  rest: Pick<Row<MsgBtcStakeExpand>, 'value' | 'chain'>,
): Row<MsgBtcStakeExpand> => ({
  name: `${check} ${why} in ${field}`,
  check,
  code,
  why,
  field,
  text,
  touches: [...Object.keys(rest.value ?? {}), ...Object.keys(rest.chain ?? {})],
  ...rest,
});

const fresh = keysOf('new', 3);
const rotated = (count: number): ChainView.Options['paramsSet'] =>
  ParamsSet.from([
    V0,
    V1,
    paramsOf({
      ...paramsV1,
      version: 2,
      btcActivationHeight: 450,
      covenantPks: pks([...covenant.slice(0, count), ...fresh.slice(count)]).map(hex),
    }),
  ]);

const ROWS: Rows = [
  row('stateless.0', 'sdk/2', 'registration.not-in-release', 'typeUrl', 'unable to resolve type URL', { chain: { release: 'v1' } }),
  row('stateless.4', 'undefined/1', 'registration.bad-address', 'stakerAddr', 'invalid staker address', { value: { stakerAddr: 'bbn1x' } }),
  row('stateless.10', 'undefined/1', 'registration.hash-length', 'previousStakingTxHash', 'max hash string length is 64 bytes', {
    value: { previousStakingTxHash: '0'.repeat(65) },
  }),
  row('stateless.10', 'undefined/1', 'registration.hash-not-hex', 'previousStakingTxHash', 'encoding/hex: invalid byte', {
    value: { previousStakingTxHash: 'z'.repeat(64) },
  }),
  row('stateless.11', 'undefined/1', 'registration.malformed-transaction', 'fundingTx', 'EOF', { value: { fundingTx: new Uint8Array(0) } }),
  row('stateless.12', 'undefined/1', 'extension-tx.wrong-input-count', 'stakingTx', 'must have 2 inputs (TxIn)', {
    value: over({ inputs: inputs.slice(0, 1) }),
  }),
  row('stateless.13', 'undefined/1', 'extension-tx.wrong-input', 'stakingTx', 'first input must be the previous staking transaction hash', {
    value: { previousStakingTxHash: '12'.repeat(32) },
  }),
  row('stateless.14', 'undefined/1', 'extension-tx.wrong-input', 'fundingTx', 'second input must be the given funding tx hash', {
    value: { fundingTx: Tx.encode(elsewhere) },
  }),
  row('stateless.15', 'undefined/1', 'registration.no-funding-output', 'fundingTx', 'expected output index 2 (has 2 outputs)', {
    value: over({ inputs: [inputs[0] as Tx.Outpoint, { txid: Tx.txid(funding), vout: 2 }] }),
  }),
  row('stateless.16', 'undefined/1', 'extension-tx.funding-without-value', 'fundingTx', 'funding output has invalid value 0', {
    value: {
      ...over({ inputs: [inputs[0] as Tx.Outpoint, { txid: Tx.txid(worthless), vout: 1 }] }),
      fundingTx: Tx.encode(worthless),
    },
  }),
  row('stateful.1', 'btcstaking/1102', 'registration.unknown-delegation', 'previousStakingTxHash', 'the BTC delegation is not found', {
    chain: { delegations: [] },
  }),
  row('stateful.1', 'undefined/1', 'registration.parent-not-active', 'previousStakingTxHash', 'is not active, current status is VERIFIED', {
    chain: { delegations: [recordOf(old)] },
  }),
  row('stateful.1', 'undefined/1', 'params.unknown-version', 'previousStakingTxHash', 'params version in BTC delegation is not found', {
    chain: { delegations: [{ ...parent, paramsVersion: 7 }] },
  }),
  row('stateful.2', 'undefined/1', 'registration.other-account', 'stakerAddr', 'does not match with current staker address', {
    chain: { delegations: [{ ...parent, stakerAddr: STRANGER }] },
  }),
  row(
    'stateful.3',
    'undefined/1',
    'extension-tx.other-finality-provider',
    'fpBtcPkList[0]',
    'is not the same as FP of the stake expansion',
    {
      value: over({ providers: [keyOf('fp2')] }),
      chain: { finalityProviders: known(keyOf('fp2').publicKey) },
    },
  ),
  row('stateful.4', 'undefined/1', 'extension-tx.other-staker', 'btcPk', 'does not match previous staker pk', {
    value: over({ owner: keyOf('other staker') }),
  }),
  row('stateful.4', 'btcstaking/1130', 'registration.deleted-provider', 'fpBtcPkList[0]', 'has been deleted', {
    chain: { finalityProviders: [{ btcPk: provider.publicKey, slashed: false, jailed: false, softDeleted: true }] },
  }),
  row('stateful.5', 'undefined/1', 'extension-tx.funding-is-the-stake', 'fundingTx', 'the funding output cannot be a staking output', {
    value: {
      ...over({ inputs: [inputs[0] as Tx.Outpoint, otherStake.staking.outpoint] }),
      fundingTx: Tx.encode(otherStake.stakingTransaction),
    },
    chain: { delegations: [parent, recordOf(otherStake)] },
  }),
  row(
    'stateful.6',
    'undefined/1',
    'extension-tx.wrong-input',
    'stakingTx',
    'input index 0 does not match previous delegation staking output index 1',
    {
      value: over({ inputs: [{ txid: old.stakingTxid, vout: 0 }, inputs[1] as Tx.Outpoint] }),
    },
  ),
  row('stateful.7', 'undefined/1', 'extension-tx.value-decreased', 'stakingValue', 'output amount 499999 is less than previous', {
    value: over({ valueSats: 499_999n }),
  }),
  row('stateful.7', 'undefined/1', 'extension-tx.no-fee', 'stakingTx', 'invalid transaction fee: inputs 550000 <= outputs 550000', {
    value: over({ extraOutputs: [{ scriptPubKey: P2WPKH, valueSats: 30_000n }] }),
  }),
  row('stateful.8', 'undefined/1', 'extension-tx.covenant-overlap', 'previousStakingTxHash', 'insufficient covenant committee overlap', {
    chain: { paramsSet: rotated(1) },
  }),
  row('stateful.9.2', 'btcstaking/1106', 'registration.already-registered', 'stakingTx', 'duplicated tx hash', {
    chain: { delegations: [parent, recordOf(child)] },
  }),
  row('stateful.9.3', 'btcstaking/1104', 'registration.slashed-provider', 'fpBtcPkList[0]', 'finality key', {
    chain: { finalityProviders: [{ btcPk: provider.publicKey, slashed: true, jailed: false, softDeleted: false }] },
  }),
  row('stateful.9.6', 'btcstaking/1108', 'staking-tx.no-staking-output', 'stakingTx', 'does not contain expected staking output', {
    chain: { paramsSet: rotated(2) },
  }),
  row('stateful.9.9', 'btcstaking/1109', 'registration.bad-signature', 'delegatorSlashingSig', 'invalid delegator signature', {
    value: { delegatorSlashingSig: message.value.delegatorUnbondingSlashingSig },
  }),
  row('own.1', 'satlock/0', 'registration.expansion-too-late', 'previousStakingTxHash', 'start by height 1171', {
    chain: { tipHeight: 1_172 },
  }),
];

const judge = (value: Partial<MsgBtcStakeExpand> = {}, changes: Partial<ChainView.Options> = {}): Registration.Verdict =>
  Registration.check({ ...message, value: { ...message.value, ...value } }, viewOf({ ...base, ...changes }));

describe('each check alone', () => {
  it.each(ROWS.map((one) => [one.name, one] as const))('%s', (_, one) => {
    const verdict = judge(one.value, one.chain);
    if (verdict.ok) throw new Error('expected a refusal');
    const { check, codespace, code, why, field, reference } = verdict;
    expect({ check, code: `${codespace}/${code}`, why, field }).toEqual({
      check: `expand.${one.check}`,
      code: one.code,
      why: one.why,
      field: one.field,
    });
    expect(reference).toContain(one.text);
    const report = Registration.checkAll({ ...message, value: { ...message.value, ...one.value } }, viewOf({ ...base, ...one.chain }));
    expect(report.failures[0]?.check).toBe(`expand.${one.check}`);
  });

  it('the earlier of two wins', () => {
    const pairs = ROWS.flatMap((a, i) => ROWS.slice(i + 1).map((b) => [a, b] as const)).filter(
      ([a, b]) => a.check !== b.check && !a.touches.some((name) => b.touches.includes(name)),
    );
    expect(pairs.length).toBeGreaterThan(100);
    for (const [a, b] of pairs) {
      const verdict = judge({ ...a.value, ...b.value }, { ...a.chain, ...b.chain });
      if (verdict.ok) throw new Error(`${a.name} + ${b.name} passed`);
      expect(verdict.check, `${a.name} + ${b.name}`).toBe(`expand.${a.check}`);
    }
  });
});

describe('an extension as it is built', () => {
  it('passes', () => {
    expect(judge()).toEqual({ ok: true, warnings: [] });
  });

  it('may keep the amount, name the parent in upper case and the account too', () => {
    expect(judge(over({ valueSats: 500_000n })).ok).toBe(true);
    expect(judge({ previousStakingTxHash: old.stakingTxid.toUpperCase(), stakerAddr: message.value.stakerAddr.toUpperCase() }).ok).toBe(
      true,
    );
  });

  it('may change the staker key under the releases that do not ask', () => {
    const value = over({ owner: keyOf('other staker') });
    expect(judge(value, { release: 'v4.0' }).ok).toBe(true);
    expect(judge(value, { release: 'v4.3' }).ok).toBe(true);
    expect(judge(value, { release: 'main' })).toMatchObject({ ok: false, why: 'extension-tx.other-staker' });
  });

  it('may be an extension of an extension', () => {
    const grandparent = recordOf(stake({ inputs: [{ txid: '66'.repeat(32), vout: 0 }] }), { minedHeight: 410 });
    const expansion = {
      previousStakingTxid: stake({ inputs: [{ txid: '66'.repeat(32), vout: 0 }] }).stakingTxid,
      fundingOutput: { scriptPubKey: P2WPKH, valueSats: 1n },
    };
    const signers = { ...parent.covenantSigners, expansion: pks(covenant.slice(0, 2)) };
    expect(judge({}, { delegations: [{ ...parent, expansion, covenantSigners: signers }, grandparent] }).ok).toBe(true);
    expect(judge({}, { delegations: [{ ...parent, expansion }, grandparent] })).toMatchObject({
      check: 'expand.stateful.1',
      facts: { status: 'PENDING' },
    });
    expect(judge({}, { delegations: [{ ...parent, expansion }] })).toMatchObject({ code: 1102, check: 'expand.stateful.1' });
  });

  it('takes a funding output of a registered transaction that is not the stake', () => {
    const view = viewOf({ delegations: [parent, recordOf(otherStake)] });
    const value = {
      ...over({ inputs: [inputs[0] as Tx.Outpoint, { txid: otherStake.stakingTxid, vout: 1 }] }),
      fundingTx: Tx.encode(otherStake.stakingTransaction),
    };
    const verdict = Registration.check({ ...message, value }, view);
    expect(verdict.ok ? '' : verdict.why).not.toBe('extension-tx.funding-is-the-stake');
  });

  it('short hashes and bytes behind the funding transaction are told', () => {
    const raw = Bytes.concat(message.value.fundingTx, filled(1, 0));
    expect(judge({ fundingTx: raw }).warnings.map(({ why }) => why)).toEqual(['registration.trailing-bytes']);
    expect(judge({ previousStakingTxHash: 'abc' }).warnings.map(({ why }) => why)).toEqual(['registration.short-hash']);
  });
});

describe('mainnet figures of the deadline', () => {
  it('500 blocks before the end of a mainnet stake it is too late', () => {
    const params = paramsOf({ ...paramsV1, unbondingTimeBlocks: 301 });
    const previous = stake({ params, outputIndex: 1, stakingTimeBlocks: 64_000 });
    const spend = [previous.staking.outpoint, { txid: Tx.txid(funding), vout: 1 }];
    const next = stake({ params, inputs: spend, valueSats: 520_000n, stakingTimeBlocks: 64_000 });
    const extension = Registration.extend({ ...partsOf(next), previous, fundingTransaction: funding });
    const at = (tipHeight: number): Registration.Verdict =>
      Registration.check(
        extension,
        viewOf({
          paramsSet: ParamsSet.from([V0, params]),
          confirmationDepthBlocks: 30,
          tipHeight,
          delegations: [recordOf(previous, { minedHeight: 910_000, params })],
        }),
      );
    expect(at(973_500).ok).toBe(true);
    expect(at(973_501)).toMatchObject({ ok: false, codespace: 'satlock', why: 'registration.expansion-too-late' });
    expect(at(973_698)).toMatchObject({ codespace: 'satlock' });
    expect(at(973_699)).toMatchObject({ codespace: 'undefined', why: 'registration.parent-not-active', facts: { status: 'EXPIRED' } });
  });
});
