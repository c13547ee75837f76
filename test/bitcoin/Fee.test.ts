// Fees: integers, rounded up, with a floor and a ceiling that a strange argument cannot switch off.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Fee from '../../src/bitcoin/Fee.ts';
import { codeOf, failure, refusal, SEED, untyped } from '../support/stakes.ts';

describe('rate', () => {
  it('refuses NaN, negatives, zero, text, floats, and a million satoshi per byte', () => {
    for (const value of [Number.NaN, -5, 1.5, '5', 5000, null, undefined])
      expect(refusal(() => Fee.rate(untyped(value), 'feeRate'))).toEqual(['input.not-integer', 'feeRate']);
    for (const value of [-5n, 0n, 99n, 1_000_001n, 1_000_000_000n])
      expect(refusal(() => Fee.rate(value, 'feeRate'))).toEqual(['input.out-of-range', 'feeRate']);
  });

  it('takes fractions of a satoshi per byte as integers: 0.1, 1.5, 1000', () => {
    for (const value of [100n, 1_500n, 1_000_000n]) expect(Fee.rate(value)).toBe(value);
  });

  it('goes above the ceiling only when the caller allows it by name, and a strange ceiling allows nothing', () => {
    expect(Fee.rate(2_000_000n, 'feeRate', 2_000_000n)).toBe(2_000_000n);
    for (const max of [Number.NaN, 2e6, '2000000', null])
      expect(codeOf(() => Fee.rate(2_000_000n, 'feeRate', untyped(max)))).toBe('input.not-integer');
  });
});

describe('ratePerVbyte', () => {
  it('D09, D14: takes fractions exactly, as a number or as decimal text', () => {
    for (const [given, rate] of [
      [1.5, 1_500n],
      [0.1, 100n],
      ['0.25', 250n],
      [1.3, 1_300n],
      ['1.300000', 1_300n],
      [1000, 1_000_000n],
      ['12', 12_000n],
      [1.001, 1_001n],
    ] as const)
      expect(Fee.ratePerVbyte(given)).toBe(rate);
  });

  it('is exact for every thousandth: no double gets in between', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 1_000_000 }), (thousandths) => {
        expect(Fee.ratePerVbyte(thousandths / 1000)).toBe(BigInt(thousandths));
        expect(Fee.ratePerVbyte(Fee.formatPerVbyte(Fee.rate(BigInt(thousandths))))).toBe(BigInt(thousandths));
      }),
      { seed: SEED },
    );
  });

  it('D12, D15: refuses NaN, infinity, exponents, blanks, signs and other types, with the field', () => {
    for (const given of [
      Number.NaN,
      Number.POSITIVE_INFINITY,
      -1,
      1e21,
      1e-7,
      '5 ',
      ' 5',
      '+5',
      '-5',
      '1e3',
      '0x5',
      '05',
      '.5',
      '5.',
      '',
      '1,5',
      null,
      5n,
      {},
    ])
      expect(refusal(() => Fee.ratePerVbyte(untyped(given), 'feeRate'))).toEqual(['fee.bad-rate', 'feeRate']);
  });

  it('refuses more decimals than it can keep, and rates outside the limits (D07, D08, D11)', () => {
    for (const given of [0.1 + 0.2, '1.0001', 1.2345]) expect(codeOf(() => Fee.ratePerVbyte(given))).toBe('fee.rate-too-precise');
    for (const given of [0, '0.099', 1000.001, 1_000_000]) expect(codeOf(() => Fee.ratePerVbyte(given))).toBe('input.out-of-range');
    expect(Fee.ratePerVbyte(2000, 'feeRate', 2_000_000n)).toBe(2_000_000n);
  });
});

describe('rateOf', () => {
  it('is what a node compares: by whole vbytes, rounded down', () => {
    expect(Fee.rateOf(153n, 610)).toBe(1_000n);
    expect(Fee.rateOf(153n, 613)).toBe(993n);
    expect(refusal(() => Fee.rateOf(5n, 0))).toEqual(['input.out-of-range', 'weight']);
  });
});

describe('at', () => {
  it('is the least fee that a node takes at this rate: nodes round the weight up to whole vbytes first', () => {
    fc.assert(
      fc.property(fc.integer({ min: 300, max: 400_000 }), fc.bigInt({ min: 100n, max: 1_000_000n }), (weight, rate) => {
        const asked = BigInt(Math.ceil(weight / 4)) * rate;
        const paid = Fee.at(weight, Fee.rate(rate)) * 1000n;
        expect(paid >= asked && paid < asked + 1000n).toBe(true);
      }),
      { seed: SEED },
    );
    // Seen on a node with a relay minimum of 20 sat/vB: 152.5 vbytes are 153, and 3050 sat were refused.
    expect(Fee.at(610, Fee.rate(20_000n))).toBe(3_060n);
    expect(Fee.at(610, Fee.rate(1_000n))).toBe(153n);
    expect(Fee.at(612, Fee.rate(1_000n))).toBe(153n);
    expect(Fee.at(613, Fee.rate(1_000n))).toBe(154n);
  });
});

describe('checkCeiling and checkFloor', () => {
  it('hold 1000 sat/vB and 0.1 sat/vB on both sides', () => {
    Fee.checkCeiling(100_000n, 400);
    expect(failure(() => Fee.checkCeiling(100_001n, 400)).reason).toEqual({
      code: 'fee.too-high',
      feeSats: '100001',
      maxFeeSats: '100000',
      weight: 400,
    });
    Fee.checkFloor(10n, 400);
    expect(failure(() => Fee.checkFloor(9n, 400)).reason).toEqual({ code: 'fee.too-low', feeSats: '9', minFeeSats: '10' });
  });

  it('are not switched off by a ceiling that is no number', () => {
    for (const max of [Number.NaN, null, 'much'])
      expect(codeOf(() => Fee.checkCeiling(10n ** 12n, 400, untyped(max)))).toBe('input.not-integer');
  });
});
