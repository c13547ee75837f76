// 48 tamperings: eight kinds of change, at six transactions that others have to sign in advance. Each is refused by its own rule.
import { describe, expect, it } from 'vitest';
import * as ExtensionTx from '../../src/babylon/ExtensionTx.ts';
import * as PreSigned from '../../src/babylon/PreSigned.ts';
import * as SlashingTx from '../../src/babylon/SlashingTx.ts';
import * as UnbondingTx from '../../src/babylon/UnbondingTx.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import { coinOf } from '../support/coins.ts';
import { bytes, castOf, codeOf, contractOf, failure, filled, P2WPKH, RULES, sats, stakeOf } from '../support/stakes.ts';

const cast = castOf();
const stake = stakeOf(cast, { outputIndex: 2 });
const goStake = stakeOf(cast, { slashingTxVersion: 1 });
const funding = coinOf('P2TR', 30_000n);
const longer = contractOf(cast, { stakingTimeBlocks: 2016 });
const extension = ExtensionTx.build({
  previous: stake.delegation,
  contract: longer,
  valueSats: sats(500_000),
  funding,
  changeScriptPubKey: P2WPKH,
  feeRateSatsPerKvb: 5_000n,
});

type Flow = readonly [name: string, build: () => Tx.Transaction, check: (transaction: Tx.Transaction) => unknown];
const slashingFlow = (name: string, { contract, delegation }: typeof stake, target: 'staking' | 'unbonding'): Flow => [
  name,
  () => (target === 'staking' ? delegation.stakingSlashing : delegation.unbondingSlashing).transaction,
  (slashing) =>
    SlashingTx.check({ slashing, contract, funding: target === 'staking' ? delegation.staking : delegation.unbondingOutput, rules: RULES }),
];
const FLOWS: readonly Flow[] = [
  [
    'unbonding',
    () => stake.delegation.unbonding.transaction,
    (unbonding) =>
      UnbondingTx.check({ unbonding, contract: stake.contract, staking: stake.delegation.staking, feeSats: RULES.unbondingFeeSats }),
  ],
  slashingFlow('slashing', stake, 'staking'),
  slashingFlow('unbonding slashing', stake, 'unbonding'),
  slashingFlow('slashing, version 1', goStake, 'staking'),
  slashingFlow('unbonding slashing, version 1', goStake, 'unbonding'),
  [
    'extension',
    () => Tx.copy(extension.transaction),
    (transaction) => ExtensionTx.check({ transaction, previous: stake.delegation, contract: longer, funding }),
  ],
];

const KINDS: readonly (readonly [kind: string, tamper: (transaction: Tx.Transaction) => void])[] = [
  ['the outpoint', (t) => Object.assign(t.ins[0] as object, { hash: filled(32, 0xab) })],
  ['the output number', (t) => Object.assign(t.ins[0] as object, { index: 7 })],
  ['another input', (t) => t.addInput(filled(32, 0xcd), 0)],
  ['another output', (t) => t.addOutput(P2WPKH, 1_000_000n)],
  ['the output script', (t) => Object.assign(t.outs[0] as object, { script: P2WPKH })],
  ['the output value', (t) => Object.assign(t.outs[0] as object, { value: (t.outs[0] as { value: bigint }).value - 1n })],
  ['no outputs', (t) => t.outs.splice(0)],
  ['the first output doubled', (t) => t.outs.push({ ...(t.outs[0] as Tx.Transaction['outs'][number]) })],
];

describe.each(FLOWS)('%s', (_, build, check) => {
  it('passes as it was built', () => {
    expect(() => check(build())).not.toThrow();
  });

  it.each(KINDS)('does not pass with a change of %s', (__, tamper) => {
    const transaction = build();
    tamper(transaction);
    expect(codeOf(() => check(transaction))).toMatch(/^(tx|pre-signed|slashing-tx|unbonding-tx|extension-tx|staking-tx)\./);
  });
});

describe.each(FLOWS.slice(0, 5))('%s', (name, build, check) => {
  it.each([
    ['version 3', (t: Tx.Transaction) => Object.assign(t, { version: 3 }), 'pre-signed.version'],
    ['version 0', (t: Tx.Transaction) => Object.assign(t, { version: 0 }), 'pre-signed.version'],
    ['version -1', (t: Tx.Transaction) => Object.assign(t, { version: 0xffff_ffff }), 'pre-signed.version'],
    ['a locktime', (t: Tx.Transaction) => Object.assign(t, { locktime: 500 }), 'pre-signed.lock-time'],
    [
      'a replaceable sequence',
      (t: Tx.Transaction) => Object.assign(t.ins[0] as object, { sequence: 0xffff_fffd }),
      'pre-signed.replaceable',
    ],
    ['a sequence of 0', (t: Tx.Transaction) => Object.assign(t.ins[0] as object, { sequence: 0 }), 'pre-signed.replaceable'],
    ['a scriptSig', (t: Tx.Transaction) => Object.assign(t.ins[0] as object, { script: bytes('00') }), 'pre-signed.script-sig'],
  ] as const)('is refused with %s', (_, tamper, code) => {
    const transaction = build();
    tamper(transaction);
    expect(codeOf(() => check(transaction))).toBe(code);
  });

  it(name === 'unbonding' ? 'is refused in version 1' : 'passes in version 1 and 2', () => {
    const transactions = [1, 2].map((version) => Object.assign(build(), { version }));
    const codes = transactions.map((transaction) => {
      try {
        return check(transaction);
      } catch (error) {
        return (error as { code?: string }).code;
      }
    });
    expect(codes).toEqual(name === 'unbonding' ? ['pre-signed.version', undefined] : [undefined, undefined]);
  });
});

describe('PreSigned.check', () => {
  const shape = PreSigned.UNBONDING;

  it('tolerates a witness, as the chain does, up to the weight that nodes relay', () => {
    const transaction = stake.delegation.unbonding.transaction;
    transaction.setWitness(0, [new Uint8Array(1000)]);
    expect(() => PreSigned.check(transaction, shape)).not.toThrow();
    const room = 400_000 - 4 * 94 - 2 - 1 - 5;
    transaction.setWitness(0, [new Uint8Array(room)]);
    expect(transaction.weight()).toBe(400_000);
    expect(() => PreSigned.check(transaction, shape)).not.toThrow();
    transaction.setWitness(0, [new Uint8Array(room + 1)]);
    expect(failure(() => PreSigned.check(transaction, shape)).reason).toMatchObject({ code: 'pre-signed.too-heavy', weight: 400_001 });
  });

  it('asks in the order of the chain', () => {
    const transaction = stake.delegation.unbonding.transaction;
    const order: string[] = [];
    const steps: readonly (readonly [string, () => void])[] = [
      ['tx.bad-value', () => Object.assign(transaction.outs[0] as object, { value: 498_000n })],
      ['pre-signed.wrong-count', () => transaction.ins.pop()],
      ['pre-signed.wrong-count', () => transaction.outs.pop()],
      ['pre-signed.lock-time', () => Object.assign(transaction, { locktime: 0 })],
      ['pre-signed.version', () => Object.assign(transaction, { version: 2 })],
      ['pre-signed.too-heavy', () => transaction.setWitness(0, [])],
      ['pre-signed.replaceable', () => Object.assign(transaction.ins[0] as object, { sequence: 0xffff_ffff })],
      ['pre-signed.script-sig', () => Object.assign(transaction.ins[0] as object, { script: new Uint8Array(0) })],
    ];
    Object.assign(transaction, { locktime: 1, version: 1 });
    Object.assign(transaction.ins[0] as object, { sequence: 1, script: bytes('51') });
    Object.assign(transaction.outs[0] as object, { value: -1n });
    transaction.setWitness(0, [new Uint8Array(400_000)]);
    transaction.addInput(filled(32, 1), 0);
    transaction.addOutput(P2WPKH, 1n);
    for (const [, repair] of steps) {
      order.push(codeOf(() => PreSigned.check(transaction, shape)));
      repair();
    }
    expect(order).toEqual(steps.map(([code]) => code));
    expect(() => PreSigned.check(transaction, shape)).not.toThrow();
  });
});
