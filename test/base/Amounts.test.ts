// Amounts, rates, timelocks: their limits on both sides, and that nothing is rounded or converted on the way in.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Blocks from '../../src/base/Blocks.ts';
import * as Rate from '../../src/base/Rate.ts';
import * as Sats from '../../src/base/Sats.ts';
import { codeOf, failure, refusal, SEED, sats, untyped } from '../support/stakes.ts';

const MAX = 2_100_000_000_000_000n;

describe('Sats', () => {
  it('refuses amounts that are no bigint: 500000, "500000", 0.5', () => {
    for (const value of [500_000, '500000', 0.5, Number.NaN, null, undefined])
      expect(refusal(() => Sats.from(untyped(value), 'valueSats'))).toEqual(['input.not-integer', 'valueSats']);
  });

  it('refuses negative amounts and more than 21 million bitcoin', () => {
    expect([Sats.from(0n), Sats.from(MAX)]).toEqual([0n, MAX]);
    for (const value of [-1n, MAX + 1n, 2n ** 63n]) expect(codeOf(() => Sats.from(value))).toBe('input.out-of-range');
  });

  it('refuses text that only some parsers read as a number', () => {
    for (const text of ['', '-1', '+1', '01', '1.0', '1e3', ' 1', '1\n', '0x10', '1_000', '１'])
      expect(
        codeOf(() => Sats.parse(text)),
        text,
      ).toBe('sats.bad-text');
    expect(codeOf(() => Sats.parse('2100000000000001'))).toBe('input.out-of-range');
    expect(codeOf(() => Sats.parse('9'.repeat(400)))).toBe('input.out-of-range');
    expect(codeOf(() => Sats.parse(untyped(5)))).toBe('input.not-text');
    expect([Sats.parse('0'), Sats.parse('2100000000000000')]).toEqual([0n, MAX]);
  });

  it('checks sums and differences again', () => {
    expect(codeOf(() => Sats.add(sats(MAX), sats(1)))).toBe('input.out-of-range');
    expect(failure(() => Sats.sub(sats(1), sats(2), 'changeSats')).reason).toMatchObject({
      code: 'sats.underflow',
      aSats: '1',
      bSats: '2',
    });
    expect([Sats.add(sats(1), sats(2)), Sats.sub(sats(2), sats(2))]).toEqual([3n, 0n]);
  });

  it('shows bitcoin exactly', () => {
    expect(Sats.format(sats(1))).toBe('0.00000001 BTC');
    expect(Sats.format(sats(MAX))).toBe('21000000.00000000 BTC');
    expect(Sats.format(sats(123_450_000))).toBe('1.23450000 BTC');
  });
});

describe('Rate', () => {
  it('takes what the chain takes: up to four decimals, strictly between 0 and 1', () => {
    for (const [text, units] of [
      ['0.5', 5000],
      ['0.25', 2500],
      ['0.255', 2550],
      ['0.2555', 2555],
      ['0.99', 9900],
      ['0.0001', 1],
      ['0.9999', 9999],
      ['0.001000000000000000', 10],
    ] as const)
      expect(Rate.parse(text)).toBe(units);
  });

  it('refuses 0, 1, negative rates and a fifth decimal instead of rounding', () => {
    for (const text of ['0', '0.0', '1', '1.0', '2', '00', '1.0000'])
      expect(
        codeOf(() => Rate.parse(text)),
        text,
      ).toBe('rate.out-of-range');
    for (const text of ['0.25555', '0.00005', '0.00004', '0.000100000000000001', '1.00001'])
      expect(
        codeOf(() => Rate.parse(text)),
        text,
      ).toBe('rate.too-precise');
    for (const text of ['-0.5', '', '.5', '5.', '1e-1', '0,5', ' 0.5', '0.5 ', '0.5\n', '0x1', 'NaN', '0.0001000000000000000'])
      expect(
        codeOf(() => Rate.parse(text)),
        JSON.stringify(text),
      ).toBe('rate.bad-text');
    expect(codeOf(() => Rate.parse(untyped(0.1)))).toBe('input.not-text');
  });

  it('reads back what it writes, for all 9999 rates', () => {
    for (let units = 1; units <= 9999; units++) {
      const text = Rate.format(Rate.from(units));
      expect(Rate.parse(text)).toBe(units);
      expect(text).not.toMatch(/0$/);
    }
  });

  it('does not write a rate of 10000 as 0.1: unchecked numbers are refused', () => {
    for (const units of [10_000, 20_000, 0, -1, 0.1, Number.NaN, '0.1'])
      expect(
        codeOf(() => Rate.format(untyped(units))),
        String(units),
      ).toMatch(/^input\./);
    expect([0, 1, 9999, 10_000, 0.5, Number.NaN].map(Rate.isValid)).toEqual([false, true, true, false, false, false]);
  });
});

describe('Blocks', () => {
  it('refuses a timelock of 0, of more than 16 bits, and fractions', () => {
    for (const value of [0, -1, 65_536, 70_000]) expect(refusal(() => Blocks.timelock(value, 'T'))).toEqual(['input.out-of-range', 'T']);
    for (const value of [100.5, '1000', 1000n, Number.NaN, null])
      expect(refusal(() => Blocks.timelock(untyped(value), 'T'))).toEqual(['input.not-integer', 'T']);
    expect([Blocks.timelock(1), Blocks.timelock(65_535)]).toEqual([1, 65_535]);
  });

  it('counts maturity from the block of the output', () => {
    expect(Blocks.maturity(Blocks.height(800_000), Blocks.timelock(1008))).toBe(801_008);
    expect(codeOf(() => Blocks.maturity(Blocks.height(0xffff_ffff), Blocks.timelock(1)))).toBe('input.out-of-range');
    expect(codeOf(() => Blocks.height(-1))).toBe('input.out-of-range');
  });

  it('adds without wrapping', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xfff0_0000 }), fc.integer({ min: 1, max: 65_535 }), (mined, lock) => {
        expect(Blocks.maturity(Blocks.height(mined), Blocks.timelock(lock))).toBe(mined + lock);
      }),
      { seed: SEED },
    );
  });
});
