// A delegation: the stake at any output, what follows from it byte by byte, and nothing that a caller could change in the meantime.
import { describe, expect, it } from 'vitest';
import * as Delegation from '../../src/babylon/Delegation.ts';
import * as Rate from '../../src/base/Rate.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import {
  bytes,
  castOf,
  codeOf,
  contractOf,
  failure,
  hex,
  judge,
  keysOf,
  P2WPKH,
  RULES,
  refusal,
  sats,
  signedBy,
  stakeOf,
  stakingTransaction,
  untyped,
} from '../support/stakes.ts';

const cast = castOf({ covenant: keysOf('cov', 3), covenantQuorum: 2 });
const contract = contractOf(cast);
const from = (options: Partial<Record<keyof Delegation.Options, unknown>> = {}): Delegation.Delegation =>
  Delegation.from(
    untyped<Delegation.Options>({ contract, rules: RULES, stakingTransaction: stakingTransaction(contract, 500_000n), ...options }),
  );
const fails = (options: Partial<Record<keyof Delegation.Options, unknown>>) => () => from(options);

describe('the worked example', () => {
  const delegation = from();

  it('has the txids and sighashes of an independent script', () => {
    expect([delegation.stakingTxid, delegation.unbonding.txid, delegation.stakingSlashing.txid, delegation.unbondingSlashing.txid]).toEqual(
      [
        '87e94e7a5cd4e80a29d7b78a4060df5a8580072240e64a193351c9135f2b5cf5',
        '89ae0f4cecfcdd4f4c5b76528e74bc59f5b5cc0ac1952efc30774c5957399f78',
        'cf419c2d33cd4a81c6ad6133be2e25f567bb867d4f6d7ef6844e2175895665cc',
        'a8fc2ff6cfc686435bc972514f9cba639ae55ec446e188079ef43ebf4c07a756',
      ],
    );
    expect([delegation.unbonding, delegation.stakingSlashing, delegation.unbondingSlashing].map((spend) => hex(spend.sighash()))).toEqual([
      '752531edbe5986831fe375b460a43c1f0bb3b61b2947c80b643a2fc0893b2bef',
      '7f13bd3e55c6b38ecaa0fd2c539aae9c430b6eebe282165f3a7a86684cfa4c1b',
      'b648676f22da09e5f2fd73d55cbc7be8727467fd58b8e37c25ca7a63aefe1d6a',
    ]);
  });

  it('cannot be changed by hand', () => {
    expect(() => Object.assign(delegation, { stakingValueSats: 1n })).toThrow(TypeError);
    expect(delegation.stakingValueSats).toBe(500_000n);
  });

  it('has other txids in version 1, as the Go builder writes slashing transactions', () => {
    const go = from({ slashingTxVersion: 1 });
    expect(go.stakingSlashing.transaction.version).toBe(1);
    expect(go.stakingSlashing.txid).not.toBe(delegation.stakingSlashing.txid);
    expect(go.unbonding.txid).toBe(delegation.unbonding.txid);
  });
});

describe('the stake', () => {
  it.each([0, 1, 2, 3, 4, 5])('at output %i: every transaction spends it, and a node takes all of them', (outputIndex) => {
    const stake = stakeOf(cast, { outputIndex });
    const { delegation } = stake;
    expect(delegation.stakingOutputIndex).toBe(outputIndex);
    const signers = { staker: cast.stakers, finalityProvider: cast.providers, covenant: cast.covenant };
    for (const [path, spend] of [
      ['unbonding', delegation.unbonding],
      ['slashing', delegation.stakingSlashing],
      ['slashing', delegation.unbondingSlashing],
    ] as const)
      expect(judge(signedBy(stake.contract, path, spend, signers), spend.spentOutputs)).toBe('valid');
    expect(Tx.outpointOf(delegation.unbonding.transaction, 0)).toEqual({ txid: delegation.stakingTxid, vout: outputIndex });
    expect(Tx.outpointOf(delegation.stakingSlashing.transaction, 0).vout).toBe(outputIndex);
    expect(Tx.outpointOf(delegation.unbondingSlashing.transaction, 0)).toEqual({ txid: delegation.unbonding.txid, vout: 0 });
  });

  it('is refused when it is there twice, unless the index says which', () => {
    const twice = stakingTransaction(contract, 500_000n);
    twice.outs.push({ script: contract.staking.scriptPubKey, value: 400_000n });
    expect(codeOf(fails({ stakingTransaction: twice }))).toBe('staking-tx.several-staking-outputs');
    expect(from({ stakingTransaction: twice, stakingOutputIndex: 2 }).stakingValueSats).toBe(400_000n);
  });

  it('is refused at an output that pays elsewhere or does not exist', () => {
    expect(failure(fails({ stakingOutputIndex: 1 })).reason).toEqual({ code: 'delegation.not-the-staking-output', index: 1 });
    for (const index of [2, -1])
      expect(refusal(fails({ stakingOutputIndex: index }))).toEqual(['input.out-of-range', 'stakingOutputIndex']);
    for (const index of [0.5, '0', null])
      expect(refusal(fails({ stakingOutputIndex: index }))).toEqual(['input.not-integer', 'stakingOutputIndex']);
    expect(codeOf(fails({ contract: contractOf(cast, { covenantQuorum: 1 }) }))).toBe('staking-tx.no-staking-output');
  });

  it('is refused in a transaction that Bitcoin refuses', () => {
    const broken = stakingTransaction(contract, 500_000n);
    broken.ins.push({ ...(broken.ins[0] as (typeof broken.ins)[number]) });
    expect(codeOf(fails({ stakingTransaction: broken }))).toBe('tx.duplicate-input');
    const rich = stakingTransaction(contract, 500_000n);
    Object.assign(rich.outs[0] as object, { value: (1n << 60n) - 1n });
    expect(codeOf(fails({ stakingTransaction: rich }))).toBe('tx.bad-value');
  });

  it('counts without its witness: signing a segwit stake changes nothing that follows', () => {
    const signed = stakingTransaction(contract, 500_000n);
    signed.setWitness(0, [bytes('aabb')]);
    const delegation = from({ stakingTransaction: signed });
    expect(delegation.unbonding.txid).toBe(from().unbonding.txid);
    expect(delegation.stakingTransaction.hasWitnesses()).toBe(false);
    expect(signed.hasWitnesses()).toBe(true);
  });

  it('read from a Buffer gives the same transactions', () => {
    const delegation = from({ stakingTransaction: Tx.decode(Buffer.from(Tx.encode(stakingTransaction(contract, 500_000n)))) });
    expect(delegation.unbondingSlashing.txid).toBe(from().unbondingSlashing.txid);
  });
});

describe('rules', () => {
  it.each([
    ['slashingPkScript', ['6a', null, undefined], 'input.not-bytes'],
    ['slashingRate', ['0.1', 0.1, Number.NaN], 'input.not-integer'],
    ['slashingRate', [0, 10_000, -1], 'input.out-of-range'],
    ['minSlashingTxFeeSats', [1000, '1000', Number.NaN], 'input.not-integer'],
    ['unbondingFeeSats', [2000, '2000', Number.NaN], 'input.not-integer'],
    ['unbondingFeeSats', [-1n, 2_100_000_000_000_001n], 'input.out-of-range'],
  ] as const)('refuse %s of other types or ranges: %#', (field, values, code) => {
    for (const value of values) expect(refusal(fails({ rules: { ...RULES, [field]: value } }))).toEqual([code, `rules.${field}`]);
  });

  it('that leave nothing are refused where the transaction is made', () => {
    expect(codeOf(() => from({ rules: { ...RULES, unbondingFeeSats: sats(500_000) } }).unbonding)).toBe('unbonding-tx.dust');
    expect(codeOf(() => from({ rules: { ...RULES, minSlashingTxFeeSats: sats(450_000) } }).stakingSlashing)).toBe('slashing-tx.no-change');
    expect(codeOf(() => from({ slashingTxVersion: 3 }).stakingSlashing)).toBe('input.out-of-range');
    expect(codeOf(() => from({ slashingFeeSats: sats(999) }).stakingSlashing)).toBe('slashing-tx.fee-below-minimum');
  });

  it('changed afterwards change nothing, nor does the staking transaction, nor what is handed out', () => {
    const rules = { ...RULES, slashingPkScript: Buffer.from(RULES.slashingPkScript) };
    const transaction = stakingTransaction(contract, 500_000n);
    const delegation = from({ rules, stakingTransaction: transaction });
    rules.slashingPkScript.fill(0);
    Object.assign(rules, { slashingRate: Rate.parse('0.9'), unbondingFeeSats: sats(1), minSlashingTxFeeSats: sats(5) });
    for (const output of transaction.outs) Object.assign(output, { value: 1n, script: P2WPKH });
    transaction.locktime = 7;
    for (const { script } of delegation.stakingTransaction.outs) script.fill(0);
    for (const { script } of delegation.unbonding.transaction.outs) script.fill(0);
    expect([delegation.unbonding.txid, delegation.stakingSlashing.txid, delegation.unbondingSlashing.txid]).toEqual([
      '89ae0f4cecfcdd4f4c5b76528e74bc59f5b5cc0ac1952efc30774c5957399f78',
      'cf419c2d33cd4a81c6ad6133be2e25f567bb867d4f6d7ef6844e2175895665cc',
      'a8fc2ff6cfc686435bc972514f9cba639ae55ec446e188079ef43ebf4c07a756',
    ]);
    expect(() => Object.assign(delegation.rules, { slashingRate: 1 })).toThrow(TypeError);
  });
});
