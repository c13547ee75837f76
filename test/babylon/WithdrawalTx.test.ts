// Withdrawals: the right leaf, control block and sequence for each output, exact weights, and no destination that loses the coins.
import { describe, expect, it } from 'vitest';
import * as WithdrawalTx from '../../src/babylon/WithdrawalTx.ts';
import * as Witness from '../../src/babylon/Witness.ts';
import * as LeafSpend from '../../src/bitcoin/LeafSpend.ts';
import * as SpendCheck from '../../src/bitcoin/SpendCheck.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import {
  BURN,
  bytes,
  type Cast,
  castOf,
  codeOf,
  contractOf,
  failure,
  hex,
  judge,
  keyOf,
  keysOf,
  P2TR,
  P2WPKH,
  refusal,
  sats,
  signaturesOf,
  stakeOf,
  untyped,
} from '../support/stakes.ts';

const cast = castOf({ covenant: keysOf('cov', 3), covenantQuorum: 2 });
const contract = contractOf(cast);
const outpoint = { txid: '87e94e7a5cd4e80a29d7b78a4060df5a8580072240e64a193351c9135f2b5cf5', vout: 0 };
const input = (from: WithdrawalTx.Source, changes: Partial<WithdrawalTx.Input> = {}): WithdrawalTx.Input => ({
  contract,
  from,
  outpoint,
  valueSats: sats(500_000),
  ...changes,
});
const build = (options: Partial<Record<keyof WithdrawalTx.build.Options, unknown>> = {}): WithdrawalTx.build.Built =>
  WithdrawalTx.build(
    untyped<WithdrawalTx.build.Options>({
      inputs: [input('staking')],
      destinationScriptPubKey: P2TR,
      feeRateSatsPerKvb: 1_000n,
      ...options,
    }),
  );
const fails = (options: Partial<Record<keyof WithdrawalTx.build.Options, unknown>>) => () => build(options);

function sign(built: WithdrawalTx.build.Built, inputs: readonly WithdrawalTx.Input[], of: Cast = cast): Tx.Transaction {
  const signed = Tx.copy(built.transaction);
  for (const [i, spend] of built.spends.entries()) {
    const { contract: terms } = inputs[i] as WithdrawalTx.Input;
    const staker = signaturesOf(spend, of.stakers);
    signed.setWitness(i, [...Witness.assemble({ contract: terms, path: 'timelock', spend, signatures: { staker } }).stack]);
  }
  return signed;
}

describe('the worked example', () => {
  it.each([
    ['staking', outpoint, 500_000n, 499_000n, 581, '4d02e6a7b3a00b27b62bdd01291f96e893716a82cc2c0cc5d467644d698063ab'],
    [
      'unbonding',
      { txid: '89ae0f4cecfcdd4f4c5b76528e74bc59f5b5cc0ac1952efc30774c5957399f78', vout: 0 },
      498_000n,
      497_000n,
      549,
      '6c5342ba7d3bcce12b50eb4b70ba3cce1a6b348e44ae466fff0a841e426d9125',
    ],
    [
      'slashing-change',
      { txid: 'cf419c2d33cd4a81c6ad6133be2e25f567bb867d4f6d7ef6844e2175895665cc', vout: 1 },
      449_000n,
      448_500n,
      517,
      '773611e3794d0c8ed61bdf9e54ccd814e661ffc4e78ca3051f993338f1dfcc36',
    ],
  ] as const)('%s', (from, point, have, arriving, weight, sighash) => {
    const inputs = [input(from, { outpoint: point, valueSats: sats(have) })];
    const built = build({ inputs, feeRateSatsPerKvb: undefined, feeSats: have - arriving });
    expect(built.valueSats).toBe(arriving);
    expect(built.spends.map((spend) => hex(spend.sighash()))).toEqual([sighash]);
    expect([built.signedWeight, sign(built, inputs).weight()]).toEqual([weight, weight]);
  });
});

describe('vbytes by output, lock and destination', () => {
  const DESTINATIONS = [P2WPKH, bytes(`a914${'22'.repeat(20)}87`), bytes(`76a914${'22'.repeat(20)}88ac`), P2TR];
  it.each([
    ['staking', 100, [133, 134, 136, 145]],
    ['staking', 64_000, [134, 135, 137, 146]],
    ['unbonding', 100, [125, 126, 128, 137]],
    ['unbonding', 64_000, [126, 127, 129, 138]],
    ['slashing-change', 100, [117, 118, 120, 129]],
    ['slashing-change', 64_000, [118, 119, 121, 130]],
  ] as const)('%s after %i blocks', (from, blocks, expected) => {
    const terms = contractOf(cast, { stakingTimeBlocks: blocks, unbondingTimeBlocks: blocks });
    const inputs = [input(from, { contract: terms })];
    const sizes = DESTINATIONS.map((destinationScriptPubKey) => {
      const built = build({ inputs, destinationScriptPubKey });
      const signed = sign(built, inputs);
      expect(signed.weight()).toBe(built.signedWeight);
      expect(judge(signed, built.spends[0]?.spentOutputs ?? [])).toBe('valid');
      return signed.virtualSize();
    });
    expect(sizes).toEqual(expected);
  });

  it('of 2-of-3 stakers: 180 to P2TR', () => {
    const several: Cast = { ...cast, stakers: [keyOf('staker'), keyOf('staker2'), keyOf('staker3')], stakerQuorum: 2 };
    const inputs = [input('staking', { contract: contractOf(several) })];
    const built = build({ inputs });
    const signed = sign(built, inputs, several);
    expect([signed.weight(), signed.virtualSize()]).toEqual([built.signedWeight, 180]);
    expect(judge(signed, built.spends[0]?.spentOutputs ?? [])).toBe('valid');
  });
});

describe('time locks', () => {
  const { delegation } = stakeOf(cast);
  const inputs: readonly WithdrawalTx.Input[] = [
    input('staking', delegation.staking),
    input('unbonding', { ...delegation.unbondingOutput, contract: contractOf(cast, { unbondingTimeBlocks: 300 }) }),
    input('slashing-change', {
      outpoint: { txid: delegation.stakingSlashing.txid, vout: WithdrawalTx.SLASHING_CHANGE_INDEX },
      valueSats: sats(449_000),
    }),
  ];
  const built = build({ inputs });

  it('give each input the sequence of its own lock, in version 2', () => {
    expect(built.transaction.version).toBe(2);
    expect(built.transaction.ins.map(({ sequence }) => sequence)).toEqual([1008, 300, 144]);
    expect(built.spends.map(({ inputIndex }) => inputIndex)).toEqual([0, 1, 2]);
    expect(built.feeSats + built.valueSats).toBe(inputs.reduce((sum, { valueSats }) => sum + valueSats, 0n));
  });

  it('let several outputs go together, each once it is mature and none a block before', () => {
    const signed = sign(built, inputs);
    expect(signed.weight()).toBe(built.signedWeight);
    const spent = built.spends[0]?.spentOutputs ?? [];
    expect(judge(signed, spent)).toBe('valid');
    const at = (heights: readonly number[], tipHeight: number): SpendCheck.Verdict =>
      SpendCheck.verifySpend({
        transaction: signed,
        prevouts: spent.map((output, i) => ({ ...output, confirmedHeight: heights[i] ?? 0 })),
        tipHeight,
        medianTime: 1_800_000_000,
      });
    // Spendable in the block at mined + lock; the tip is one below it.
    expect(at([1000, 1708, 1864], 2007)).toMatchObject({ consensusValid: true, standard: true });
    for (const heights of [
      [1001, 1708, 1864],
      [1000, 1709, 1864],
      [1000, 1708, 1865],
    ])
      expect(at(heights, 2007)).toMatchObject({ consensusValid: false, rejectReason: 'non-BIP68-final' });
  });

  it('fail with another sequence or version, although all is signed again', () => {
    const single = build();
    const [spend] = single.spends;
    for (const [sequence, version] of [
      [1007, 2],
      [0xffff_ffff, 2],
      [0x8000_03f0, 2],
      [1008, 1],
    ] as const) {
      const transaction = Tx.copy(single.transaction);
      Object.assign(transaction.ins[0] as object, { sequence });
      transaction.version = version;
      if (spend === undefined) throw new Error('no spend');
      const changed = { transaction, inputIndex: 0, spentOutputs: spend.spentOutputs, leaf: spend.leaf };
      const resigned = sign({ ...single, transaction, spends: [LeafSpend.from(changed)] }, [input('staking')]);
      expect(judge(resigned, spend.spentOutputs), `${sequence.toString(16)} v${version}`).not.toBe('valid');
    }
  });
});

describe('the destination', () => {
  it.each([
    ['nothing, which anybody can spend', ''],
    ['OP_RETURN, which burns the stake', hex(BURN)],
    ['OP_TRUE', '51'],
    ['the anchor', '51024e73'],
    ['a future witness version', `5220${'33'.repeat(32)}`],
  ])('is refused: %s', (_, text) =>
    expect(refusal(fails({ destinationScriptPubKey: bytes(text) }))).toEqual(['address.not-payable', 'destinationScriptPubKey']),
  );

  it('is refused when it is no bytes', () => {
    for (const value of [undefined, 'bc1q', null])
      expect(refusal(fails({ destinationScriptPubKey: value }))).toEqual(['input.not-bytes', 'destinationScriptPubKey']);
  });

  it.each([
    ['P2TR', P2TR, 330n],
    ['P2WPKH', P2WPKH, 294n],
    ['P2SH', bytes(`a914${'22'.repeat(20)}87`), 540n],
    ['P2PKH', bytes(`76a914${'22'.repeat(20)}88ac`), 546n],
  ] as const)('holds the dust limit of %s on both sides', (_, destinationScriptPubKey, min) => {
    const leaving = (value: bigint) =>
      fails({
        destinationScriptPubKey,
        feeRateSatsPerKvb: undefined,
        feeSats: 1_000n,
        inputs: [input('staking', { valueSats: sats(1_000n + value) })],
      });
    expect(
      build({
        destinationScriptPubKey,
        feeRateSatsPerKvb: undefined,
        feeSats: 1_000n,
        inputs: [input('staking', { valueSats: sats(1_000n + min) })],
      }).valueSats,
    ).toBe(min);
    expect(failure(leaving(min - 1n)).reason).toEqual({ code: 'withdrawal-tx.dust', valueSats: String(min - 1n), minSats: String(min) });
    expect(codeOf(leaving(0n))).toBe('withdrawal-tx.insufficient');
  });
});

describe('the fee', () => {
  it('is given in one way', () => {
    for (const options of [{ feeRateSatsPerKvb: undefined }, { feeSats: 1_000n }])
      expect(codeOf(fails(options))).toBe('withdrawal-tx.fee-choice');
  });

  it('is refused as text, number or NaN', () => {
    for (const value of ['10', 10, 1.5, Number.NaN]) {
      expect(refusal(fails({ feeRateSatsPerKvb: value }))).toEqual(['input.not-integer', 'feeRateSatsPerKvb']);
      expect(refusal(fails({ feeRateSatsPerKvb: undefined, feeSats: value }))).toEqual(['input.not-integer', 'feeSats']);
    }
    expect(refusal(fails({ feeRateSatsPerKvb: -1n }))).toEqual(['input.out-of-range', 'feeRateSatsPerKvb']);
  });

  it('is refused below the relay minimum and above the ceiling', () => {
    const paying = (feeSats: bigint) => fails({ feeRateSatsPerKvb: undefined, feeSats });
    for (const feeSats of [0n, 14n]) expect(codeOf(paying(feeSats))).toBe('fee.too-low');
    expect(build({ feeRateSatsPerKvb: undefined, feeSats: 15n }).feeSats).toBe(15n);
    expect(failure(paying(146_001n)).reason).toMatchObject({ code: 'fee.too-high', weight: 581 });
    expect(codeOf(paying(500_000n))).toBe('fee.too-high');
    expect(codeOf(fails({ inputs: [input('staking', { valueSats: sats(100) })] }))).toBe('withdrawal-tx.insufficient');
  });
});

describe('inputs', () => {
  it('are refused when there are none, one is there twice, or its output is unknown', () => {
    expect(codeOf(fails({ inputs: [] }))).toBe('tx.no-inputs');
    expect(
      codeOf(fails({ inputs: [input('staking'), input('unbonding', { outpoint: { ...outpoint, txid: outpoint.txid.toUpperCase() } })] })),
    ).toBe('tx.duplicate-input');
    expect(refusal(fails({ inputs: [input(untyped('slashing'))] }))).toEqual(['withdrawal-tx.unknown-source', 'inputs[0]']);
    expect(refusal(fails({ inputs: 'all' }))).toEqual(['input.not-list', 'inputs']);
  });

  it('are refused with values that are no satoshi', () => {
    for (const value of [500_000, '500000', Number.NaN])
      expect(refusal(fails({ inputs: [input('staking'), input('staking', { valueSats: untyped(value) })] }))).toEqual([
        'input.not-integer',
        'inputs[1].valueSats',
      ]);
  });

  it('are refused when no node would relay so many', () => {
    const many = Array.from({ length: 1100 }, (_, vout) => input('staking', { outpoint: { ...outpoint, vout } }));
    expect(codeOf(fails({ inputs: many }))).toBe('tx.too-heavy');
    expect(build({ inputs: many.slice(0, 1000) }).signedWeight).toBeLessThanOrEqual(400_000);
  });
});
