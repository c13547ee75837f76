// MsgCreateBTCDelegation: every numbered check fails alone, in order, with the chain's code; what is built passes.
import { describe, expect, it } from 'vitest';
import { STEPS as STATEFUL } from '../../../src/babylon/chain/createStateful.ts';
import { STEPS as STATELESS } from '../../../src/babylon/chain/createStateless.ts';
import type { MsgCreateBTCDelegation } from '../../../src/babylon/Message.ts';
import * as ParamsSet from '../../../src/babylon/ParamsSet.ts';
import * as Registration from '../../../src/babylon/Registration.ts';
import * as Tx from '../../../src/bitcoin/Tx.ts';
import { filled, hex, keyOf, P2WPKH } from '../../support/stakes.ts';
import {
  changed,
  created,
  mineOf,
  paramsOf,
  paramsV1,
  provider,
  type Row,
  recordOf,
  STRANGER,
  slashUnbonding,
  stake,
  staker,
  TIP,
  V0,
  viewOf,
} from './world.ts';

const delegation = stake();
const message = created(delegation);
const chain = viewOf();

const withBlock = (height: number, index = 2) => mineOf(delegation, height, index);
const mined = withBlock(450);
const long = stake({ stakingTimeBlocks: 700 });
const small = stake({ valueSats: 40_000n });
const unbonding = delegation.unbonding.transaction;
const otherInput = changed(Tx.encode(unbonding), (tx) => {
  (tx.ins[0] as (typeof tx.ins)[number]).hash = filled(32, 9);
});
const otherIndex = changed(Tx.encode(unbonding), (tx) => {
  (tx.ins[0] as (typeof tx.ins)[number]).index = 1;
});
const otherFee = (feeSats: bigint): Uint8Array =>
  changed(Tx.encode(unbonding), (tx) => {
    (tx.outs[0] as (typeof tx.outs)[number]).value = delegation.stakingValueSats - feeSats;
  });
const remade = (raw: Uint8Array) => slashUnbonding(delegation, Tx.decode(raw));
const slashing = (change: (tx: Tx.Transaction) => void): Uint8Array => changed(message.value.slashingTx, change);
const output = (tx: Tx.Transaction, index: number) => tx.outs[index] as (typeof tx.outs)[number];
const twice = stake({ extraOutputs: [{ scriptPubKey: delegation.contract.staking.scriptPubKey, valueSats: 600_000n }] });
const twin = created(twice);
const twinTx = changed(twin.value.stakingTx, (tx) => {
  output(tx, 1).value = output(tx, 0).value;
});
const offCurve = filled(32, 0xff);

/** Facts of the chain about one txid say nothing about another. */
const touchesOf = (value: object, view: object, gasLimit: bigint | undefined): readonly string[] => [
  ...Object.keys(value),
  ...Object.keys(view),
  ...('delegations' in view || 'minedAt' in view ? ['stakingTx'] : []),
  ...(gasLimit === undefined ? [] : ['gas']),
];

type Rows = readonly Row<MsgCreateBTCDelegation>[];
const row = (
  check: string,
  code: string,
  why: string,
  field: string,
  text: string,
  rest: Pick<Row<MsgCreateBTCDelegation>, 'value' | 'chain' | 'gasLimit'>,
): Row<MsgCreateBTCDelegation> => ({
  name: `${check} ${why} in ${field}`,
  check,
  code,
  why,
  field,
  text,
  touches: touchesOf(rest.value ?? {}, rest.chain ?? {}, rest.gasLimit),
  ...rest,
});

const ROWS: Rows = [
  row('stateless.0', 'sdk/2', 'registration.key-length', 'btcPk', 'malformed data for BIP340 public key: tx parse error', {
    value: { btcPk: filled(31, 1) },
  }),
  row('stateless.0', 'sdk/2', 'registration.key-length', 'fpBtcPkList[0]', 'malformed data for BIP340 public key: tx parse error', {
    value: { fpBtcPkList: [new Uint8Array(0)] },
  }),
  row('stateless.0', 'sdk/2', 'registration.hash-length', 'stakingTxInclusionProof.key.hash', 'invalid header hash length', {
    value: { stakingTxInclusionProof: { key: { index: 1, hash: filled(31, 1) }, proof: filled(32, 1) } },
  }),
  row('stateless.1', 'undefined/1', 'registration.no-proof-key', 'stakingTxInclusionProof.key', 'key in InclusionProof is nil', {
    value: { stakingTxInclusionProof: { proof: filled(32, 1) } },
  }),
  row('stateless.1', 'undefined/1', 'registration.no-proof-hashes', 'stakingTxInclusionProof.proof', 'proof in InclussionProof is nil', {
    value: { stakingTxInclusionProof: { key: mined.wire.key, proof: new Uint8Array(0) } },
  }),
  row('stateless.2', 'undefined/1', 'registration.malformed-transaction', 'stakingTx', 'failed to deserialize staking tx: unexpected EOF', {
    value: { stakingTx: message.value.stakingTx.slice(0, -1) },
  }),
  row('stateless.2', 'undefined/1', 'registration.malformed-transaction', 'slashingTx', 'failed to deserialize staking slashing tx', {
    value: { slashingTx: filled(10, 1) },
  }),
  row('stateless.2', 'undefined/111222', 'registration.no-slashing-transaction', 'slashingTx', 'nil pointer', {
    value: { slashingTx: new Uint8Array(0) },
  }),
  row('stateless.2', 'undefined/1', 'registration.malformed-transaction', 'unbondingTx', 'failed to deserialize unbonding tx: EOF', {
    value: { unbondingTx: new Uint8Array(0) },
  }),
  row(
    'stateless.2',
    'undefined/1',
    'registration.malformed-transaction',
    'unbondingSlashingTx',
    'failed to deserialize unbonding slashing tx',
    {
      value: { unbondingSlashingTx: filled(3, 1) },
    },
  ),
  row('stateless.2', 'undefined/111222', 'registration.no-slashing-transaction', 'unbondingSlashingTx', 'nil pointer', {
    value: { unbondingSlashingTx: new Uint8Array(0) },
  }),
  row('stateless.3', 'undefined/1', 'registration.time-too-long', 'unbondingTime', 'unbonding time 65536 must be lower than 65535', {
    value: { unbondingTime: 65_536 },
  }),
  row('stateless.3', 'undefined/1', 'registration.time-too-long', 'stakingTime', 'staking time 65536 must be lower than 65535', {
    value: { stakingTime: 65_536 },
  }),
  row('stateless.4', 'undefined/1', 'registration.bad-address', 'stakerAddr', 'invalid staker address bbnvaloper1', {
    value: { stakerAddr: 'bbnvaloper1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq4ceu5w' },
  }),
  row('stateless.5', 'undefined/1', 'registration.no-pop-signature', 'pop.btcSig', 'empty BTC signature', {
    value: { pop: { btcSigType: 'ECDSA', btcSig: new Uint8Array(0) } },
  }),
  row('stateless.5', 'undefined/1', 'registration.pop-type', 'pop.btcSigType', 'invalid BTC signature type', {
    value: { pop: { btcSigType: 3, btcSig: filled(64, 1) } },
  }),
  row('stateless.5', 'undefined/1', 'registration.malformed-pop', 'pop.btcSig', 'invalid BTC ECDSA signature size', {
    value: { pop: { btcSigType: 'ECDSA', btcSig: filled(64, 1) } },
  }),
  row('stateless.5', 'undefined/1', 'registration.malformed-pop', 'pop.btcSig', 'invalid BTC BIP340 signature', {
    value: { pop: { btcSigType: 0, btcSig: filled(65, 1) } },
  }),
  row('stateless.5', 'undefined/1', 'registration.malformed-pop', 'pop.btcSig', 'invalid BTC BIP322 signature', {
    value: { pop: { btcSigType: 'BIP322', btcSig: filled(3, 0xff) } },
  }),
  row('stateless.6', 'undefined/1', 'registration.no-signature', 'delegatorSlashingSig', 'cannot parse nil *bbn.BIP340Signature', {
    value: { delegatorSlashingSig: new Uint8Array(0) },
  }),
  row('stateless.6', 'undefined/1', 'registration.malformed-signature', 'delegatorSlashingSig', 'invalid signature: r >= field prime', {
    value: { delegatorSlashingSig: filled(64, 0xff) },
  }),
  row('stateless.6', 'undefined/1', 'registration.malformed-signature', 'delegatorUnbondingSlashingSig', 'too long: 65 > 64', {
    value: { delegatorUnbondingSlashingSig: filled(65, 1) },
  }),
  row('stateless.7', 'undefined/1', 'registration.no-provider', 'fpBtcPkList', 'cannot parse empty list', { value: { fpBtcPkList: [] } }),
  row('stateless.7', 'undefined/1', 'public-key.not-on-curve', 'fpBtcPkList[0]', 'failed to parse list of *bbn.BIP340PubKey', {
    value: { fpBtcPkList: [offCurve] },
  }),
  row('stateless.7', 'btcstaking/1118', 'registration.duplicate-provider', 'fpBtcPkList[1]', 'contains duplicated finality provider', {
    value: { fpBtcPkList: [provider.publicKey, provider.publicKey] },
  }),
  row('stateless.7', 'btcstaking/1116', 'registration.several-providers', 'fpBtcPkList', 'it must contain exactly one', {
    value: { fpBtcPkList: [provider.publicKey, keyOf('fp2').publicKey] },
  }),
  row('stateless.8', 'undefined/1', 'registration.no-key', 'btcPk', 'cannot parse nil *bbn.BIP340PubKey', {
    value: { btcPk: new Uint8Array(0) },
  }),
  row('stateless.8', 'undefined/1', 'public-key.not-on-curve', 'btcPk', 'failed to parse staker public key', {
    value: { btcPk: offCurve },
  }),
  row('stateless.9', 'undefined/1', 'registration.negative-value', 'stakingValue', 'staking value must be positive', {
    value: { stakingValue: -1n },
  }),
  row('stateless.9', 'undefined/1', 'registration.negative-value', 'unbondingValue', 'unbonding value must be positive', {
    value: { unbondingValue: -1n },
  }),
  row('stateful.1', 'btcstaking/1117', 'pop.foreign-key', 'pop', 'does not match the given PK: the proof of possession is not valid', {
    value: { stakerAddr: STRANGER },
  }),
  row('stateful.2', 'btcstaking/1106', 'registration.already-registered', 'stakingTx', `duplicated tx hash: ${delegation.stakingTxid}`, {
    chain: { delegations: [recordOf(delegation)] },
  }),
  row('stateful.3', 'btcstaking/1100', 'registration.unknown-provider', 'fpBtcPkList[0]', 'is not found', {
    chain: { finalityProviders: [] },
  }),
  row('stateful.3', 'btcstaking/1104', 'registration.slashed-provider', 'fpBtcPkList[0]', 'finality key: ', {
    chain: { finalityProviders: [{ btcPk: provider.publicKey, slashed: true, jailed: true, softDeleted: true }] },
  }),
  row('stateful.3', 'btcstaking/1130', 'registration.deleted-provider', 'fpBtcPkList[0]', 'has been deleted', {
    chain: { finalityProviders: [{ btcPk: provider.publicKey, slashed: false, jailed: false, softDeleted: true }] },
  }),
  row('stateful.4', 'undefined/1', 'registration.unknown-block', 'stakingTxInclusionProof.key.hash', 'not found in BTC light client', {
    value: { stakingTxInclusionProof: mined.wire },
  }),
  row('stateful.4', 'btcstaking/1108', 'registration.not-included', 'stakingTxInclusionProof.proof', 'not included in the Bitcoin chain', {
    value: { stakingTxInclusionProof: { ...mined.wire, key: { ...mined.wire.key, index: 3 } } },
    chain: { headers: [mined.header] },
  }),
  row('stateful.4', 'btcstaking/1108', 'registration.coinbase', 'stakingTxInclusionProof.key.index', 'coinbase tx cannot be used', {
    value: { stakingTxInclusionProof: withBlock(450, 0).wire },
    chain: { headers: [withBlock(450, 0).header] },
  }),
  row(
    'stateful.4',
    'btcstaking/1108',
    'registration.not-deep',
    'stakingTxInclusionProof',
    'invalid inclusion proof: not k-deep: k=10; depth=9',
    {
      value: { stakingTxInclusionProof: withBlock(TIP - 9).wire },
      chain: { headers: [withBlock(TIP - 9).header] },
    },
  ),
  row(
    'stateful.4',
    'btcstaking/1108',
    'registration.timelock-too-short',
    'stakingTxInclusionProof',
    'no more than unbonding(=60) blocks left',
    {
      value: { stakingTxInclusionProof: mined.wire },
      chain: { headers: [mined.header], tipHeight: 450 + 1_000 - 20 },
    },
  ),
  row('stateful.4', 'undefined/1', 'params.none-at-height', 'stakingTx', 'no parameters found for block height 99', {
    chain: { tipHeight: 99 },
  }),
  row('stateful.5', 'btcstaking/1114', 'registration.unbonding-time', 'unbondingTime', 'unbonding time 61 must be equal to 60', {
    value: { unbondingTime: 61 },
  }),
  row('stateful.6', 'btcstaking/1108', 'staking-tx.no-staking-output', 'stakingValue', 'does not contain expected staking output', {
    value: { stakingValue: 500_001n },
  }),
  row('stateful.6', 'btcstaking/1108', 'staking-tx.no-staking-output', 'stakingTx', 'does not contain expected staking output', {
    value: { stakingTime: 1_001 },
  }),
  row('stateful.6', 'btcstaking/1108', 'staking-tx.several-staking-outputs', 'stakingValue', 'does not contain expected staking output', {
    value: { stakingTx: twinTx },
  }),
  row('stateful.6', 'btcstaking/1108', 'input.out-of-range', 'stakingTime', 'does not contain expected staking output', {
    value: { stakingTime: 0 },
  }),
  row(
    'stateful.7',
    'btcstaking/1108',
    'staking-tx.time-out-of-range',
    'stakingTime',
    'staking time 700 is out of bounds. Min: 800, Max: 64000',
    {
      value: created(long).value,
    },
  ),
  row('stateful.7', 'btcstaking/1108', 'staking-tx.value-out-of-range', 'stakingValue', 'staking value 40000 is out of bounds', {
    value: created(small).value,
  }),
  row('stateful.8', 'btcstaking/1108', 'pre-signed.version', 'slashingTx', 'invalid slashing tx: tx version must be between 1 and 2', {
    value: {
      slashingTx: slashing((tx) => {
        tx.version = 3;
      }),
    },
  }),
  row('stateful.8', 'btcstaking/1108', 'pre-signed.lock-time', 'slashingTx', 'must not have locktime', {
    value: {
      slashingTx: slashing((tx) => {
        tx.locktime = 1;
      }),
    },
  }),
  row('stateful.8', 'btcstaking/1108', 'slashing-tx.slashes-too-little', 'slashingTx', 'must slash at least', {
    value: {
      slashingTx: slashing((tx) => {
        output(tx, 0).value -= 1n;
      }),
    },
  }),
  row('stateful.8', 'btcstaking/1108', 'slashing-tx.fee-below-minimum', 'slashingTx', 'fee must be larger than 1000', {
    value: {
      slashingTx: slashing((tx) => {
        output(tx, 1).value += 1n;
      }),
    },
  }),
  row('stateful.8', 'btcstaking/1108', 'slashing-tx.wrong-change-script', 'slashingTx', 'invalid slashing tx change output pkscript', {
    value: {
      slashingTx: slashing((tx) => {
        output(tx, 1).script = P2WPKH;
      }),
    },
  }),
  row('stateful.8', 'btcstaking/1108', 'slashing-tx.wrong-input', 'slashingTx', 'must spend staking output', {
    value: {
      slashingTx: slashing((tx) => {
        (tx.ins[0] as (typeof tx.ins)[number]).index = 1;
      }),
    },
  }),
  row('stateful.9', 'btcstaking/1109', 'registration.bad-signature', 'delegatorSlashingSig', 'invalid delegator signature', {
    value: { delegatorSlashingSig: message.value.delegatorUnbondingSlashingSig },
  }),
  row('stateful.10', 'btcstaking/1114', 'pre-signed.version', 'unbondingTx', 'unbonding tx is not a valid pre-signed transaction', {
    value: {
      unbondingTx: changed(message.value.unbondingTx, (tx) => {
        tx.version = 1;
      }),
    },
  }),
  row('stateful.10', 'btcstaking/1114', 'unbonding-tx.wrong-script', 'unbondingTx', 'the unbonding output script is not expected', {
    value: {
      unbondingTx: changed(message.value.unbondingTx, (tx) => {
        output(tx, 0).script = P2WPKH;
      }),
    },
  }),
  row('stateful.10', 'btcstaking/1114', 'registration.unbonding-value', 'unbondingValue', 'the unbonding output value is not expected', {
    value: { unbondingValue: 497_999n },
  }),
  row('stateful.11', 'btcstaking/1114', 'slashing-tx.slashes-too-little', 'unbondingSlashingTx', 'err: slashing transaction must slash', {
    value: {
      unbondingSlashingTx: changed(message.value.unbondingSlashingTx, (tx) => {
        output(tx, 0).value -= 1n;
      }),
    },
  }),
  row('stateful.12', 'btcstaking/1109', 'registration.bad-signature', 'delegatorUnbondingSlashingSig', 'invalid delegator signature', {
    value: { delegatorUnbondingSlashingSig: message.value.delegatorSlashingSig },
  }),
  row('stateful.13', 'btcstaking/1114', 'unbonding-tx.wrong-input', 'unbondingTx', 'unbonding transaction must spend staking output', {
    value: remade(otherInput),
  }),
  row(
    'stateful.13',
    'btcstaking/1114',
    'unbonding-tx.wrong-input',
    'unbondingTx',
    'unbonding transaction input must spend staking output',
    {
      value: remade(otherIndex),
    },
  ),
  row('stateful.14', 'btcstaking/1114', 'unbonding-tx.fee-not-positive', 'unbondingTx', 'unbonding tx fee must be larger that 0', {
    value: remade(otherFee(0n)),
  }),
  row('stateful.14', 'btcstaking/1114', 'unbonding-tx.wrong-fee', 'unbondingTx', 'unbonding tx fee must be 2000, but got 2001', {
    value: remade(otherFee(2_001n)),
  }),
  row('stateful.15', 'btcstaking/1108', 'registration.not-in-allow-list', 'stakingTx', 'is not in the allow list', {
    chain: { paramsSet: ParamsSet.from([V0, paramsOf({ ...paramsV1, allowListExpirationHeight: '8' })]) },
  }),
  row('stateful.16', 'sdk/11', 'registration.out-of-gas', 'gasLimit', 'out of gas', { gasLimit: 1_094_999n }),
  row('own.1', 'satlock/0', 'registration.mined-without-proof', 'stakingTxInclusionProof', 'register it with its proof', {
    chain: { minedAt: new Map([[delegation.stakingTxid, 450]]) },
  }),
];

const apply = (...rows: Rows) => ({
  message: { ...message, value: Object.assign({}, message.value, ...rows.map(({ value }) => value)) as MsgCreateBTCDelegation },
  view: viewOf(Object.assign({}, ...rows.map((one) => one.chain))),
  options: Object.assign({}, ...rows.map(({ gasLimit }) => (gasLimit === undefined ? {} : { gasLimit }))) as Registration.CheckOptions,
});

const judge = (...rows: Rows): Registration.Verdict => {
  const { message: given, view, options } = apply(...rows);
  return Registration.check(given, view, options);
};

describe('each check alone', () => {
  it.each(ROWS.map((one) => [one.name, one] as const))('%s', (_, one) => {
    const verdict = judge(one);
    if (verdict.ok) throw new Error('expected a refusal');
    const { check, codespace, code, why, field, reference } = verdict;
    expect({ check, code: `${codespace}/${code}`, why, field }).toEqual({
      check: `create.${one.check}`,
      code: one.code,
      why: one.why,
      field: one.field,
    });
    expect(reference).toContain(one.text);
  });

  it('no number is left out', () => {
    const numbers = [...STATELESS, ...STATEFUL].map(([name]) => name);
    expect([...new Set(ROWS.map(({ check }) => check))].filter((name) => name !== 'own.1')).toEqual([...new Set(numbers)]);
  });

  it('a missing proof of possession', () => {
    const { pop: _, ...value } = message.value;
    expect(Registration.check({ ...message, value }, chain)).toMatchObject({
      check: 'create.stateless.5',
      reference: 'empty proof of possession',
    });
  });

  it('lengths that are not in their shortest form', () => {
    const raw = message.value.unbondingTx;
    const wide = Uint8Array.of(...raw.slice(0, 4), 0xfd, 1, 0, ...raw.slice(5));
    expect(raw[4]).toBe(1);
    expect(Registration.check({ ...message, value: { ...message.value, unbondingTx: wide } }, chain)).toMatchObject({
      check: 'create.stateless.2',
      reference: 'failed to deserialize unbonding tx: non-canonical varint 1',
    });
  });

  it('keys in two roles', () => {
    const value = { ...message.value, fpBtcPkList: [staker.publicKey] };
    const known = viewOf({ finalityProviders: [{ btcPk: staker.publicKey, slashed: false, jailed: false, softDeleted: false }] });
    expect(Registration.check({ ...message, value }, known)).toMatchObject({
      check: 'create.stateful.6',
      code: 1108,
      why: 'staking-contract.duplicate-key',
      reference: `failed to build staking info: error building staking info: error building scripts: key: ${hex(staker.publicKey)}: duplicated key in script: the BTC staking tx is not valid`,
    });
  });

  it('a staking transaction that no node takes', () => {
    const bad = changed(message.value.stakingTx, (tx) => {
      tx.ins.push({ ...(tx.ins[0] as (typeof tx.ins)[number]) });
    });
    expect(Registration.check({ ...message, value: { ...message.value, stakingTx: bad } }, chain)).toMatchObject({
      check: 'create.stateful.8',
      code: 1108,
      field: 'stakingTx',
      why: 'tx.duplicate-input',
    });
  });
});

describe('two faults at once', () => {
  const order = ROWS.map(({ check }) => check);
  const pairs = ROWS.flatMap((a, i) => ROWS.slice(i + 1).map((b) => [a, b] as const)).filter(
    ([a, b]) => a.check !== b.check && !a.touches.some((name) => b.touches.includes(name)),
  );

  it('the earlier one wins, whichever they are', () => {
    expect(pairs.length).toBeGreaterThan(900);
    for (const [a, b] of pairs) {
      const verdict = judge(a, b);
      if (verdict.ok) throw new Error(`${a.name} + ${b.name} passed`);
      expect(verdict.check, `${a.name} + ${b.name}`).toBe(`create.${a.check}`);
    }
    expect(order).toEqual([...order].sort((x, y) => rank(x) - rank(y)));
  });

  it('the report names both where they do not depend on each other', () => {
    const at = (check: string, field: string): Row<MsgCreateBTCDelegation> =>
      ROWS.find((one) => one.check === check && one.field === field) as Row<MsgCreateBTCDelegation>;
    const rows = [at('stateless.4', 'stakerAddr'), at('stateful.9', 'delegatorSlashingSig'), at('stateful.16', 'gasLimit')];
    const { message: given, view, options } = apply(...rows);
    const report = Registration.checkAll(given, view, options);
    expect(report.ok).toBe(false);
    expect(report.failures.map(({ check }) => check)).toEqual(['create.stateless.4', 'create.stateful.9', 'create.stateful.16']);
  });

  it('the first of the report is the verdict', () => {
    for (const one of ROWS) {
      const { message: given, view, options } = apply(one);
      const [first] = Registration.checkAll(given, view, options).failures;
      expect(first?.check, one.name).toBe(`create.${one.check}`);
      expect(first?.why, one.name).toBe(one.why);
    }
  });

  it('all faults of a proof are told', () => {
    const block = withBlock(TIP - 3, 0);
    const value = { ...message.value, stakingTxInclusionProof: block.wire };
    const view = viewOf({ headers: [block.header] });
    expect(Registration.checkAll({ ...message, value }, view).failures.map(({ why }) => why)).toEqual([
      'registration.coinbase',
      'registration.not-deep',
    ]);
  });
});

const rank = (check: string): number => {
  const [kind, number] = check.split('.');
  return (kind === 'stateless' ? 0 : kind === 'stateful' ? 100 : 200) + Number(number);
};
