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
