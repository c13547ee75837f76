// Bytes and hex: exact, strict, and never a view of the caller's memory.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Bytes from '../../src/base/Bytes.ts';
import * as Hex from '../../src/base/Hex.ts';
import { codeOf, failure, refusal, SEED, untyped } from '../support/stakes.ts';

const any = fc.uint8Array({ maxLength: 80 });

describe('Bytes', () => {
  it('reverses a copy: a Buffer keeps its bytes (its slice shares memory)', () => {
    const buffer = Buffer.from([1, 2, 3]);
    expect([...Bytes.reverse(buffer)]).toEqual([3, 2, 1]);
    expect([...buffer]).toEqual([1, 2, 3]);
  });

  it('copies with memory of its own', () => {
    const buffer = Buffer.from([1, 2, 3]);
    const copied = Bytes.copy(buffer);
    buffer.fill(0);
    expect([...copied]).toEqual([1, 2, 3]);
    expect(Buffer.isBuffer(copied)).toBe(false);
  });

  it('orders unsigned bytes, a prefix first, as Buffer.compare does and text order does not', () => {
    fc.assert(
      fc.property(any, any, (a, b) => {
        expect(Math.sign(Bytes.compare(a, b))).toBe(Buffer.compare(a, b));
        expect(Bytes.equal(a, b)).toBe(Buffer.compare(a, b) === 0);
      }),
      { seed: SEED },
    );
    expect(Bytes.compare(Uint8Array.of(9), Uint8Array.of(10))).toBeLessThan(0);
    expect(Bytes.compare(Uint8Array.of(0x7f), Uint8Array.of(0x80))).toBeLessThan(0);
  });

  it('concatenates into fresh memory', () => {
    const part = Uint8Array.of(1, 2);
    const whole = Bytes.concat(part, new Uint8Array(0), Uint8Array.of(3));
    part.fill(9);
    expect([...whole]).toEqual([1, 2, 3]);
  });

  it('spells heights big-endian and refuses what does not fit into 64 bits', () => {
    expect(Hex.encode(Bytes.fromUint64BE(100_000n))).toBe('00000000000186a0');
    expect(Hex.encode(Bytes.fromUint64BE(0xffff_ffff_ffff_ffffn))).toBe('ff'.repeat(8));
    for (const value of [-1n, 1n << 64n]) expect(codeOf(() => Bytes.fromUint64BE(value))).toBe('input.out-of-range');
    expect(codeOf(() => Bytes.fromUint64BE(untyped(5)))).toBe('input.not-integer');
  });

  it('reads integers of any length, and writes 32 bytes that read back', () => {
    fc.assert(
      fc.property(any, (value) => {
        expect(Bytes.toBigInt(value)).toBe(value.length === 0 ? 0n : BigInt(`0x${Hex.encode(value)}`));
      }),
      { seed: SEED },
    );
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 256n) - 1n }), (value) => Bytes.toBigInt(Bytes.fromBigInt32(value)) === value),
      { seed: SEED },
    );
  });
});

describe('Hex', () => {
  it('stops at nothing but the end: trailing characters are refused, not dropped', () => {
    const key = 'a7'.repeat(32);
    for (const text of [`${key}zz`, `${key} # comment`, `0x${key}`, ` ${key}`, `${key}\n`, `${key}ｆｆ`])
      expect(
        codeOf(() => Hex.decode(text, 'key', 32)),
        text,
      ).toMatch(/^hex\.(bad-digit|odd-length)$/);
    expect(failure(() => Hex.decode('00zz', 'key')).reason).toEqual({ code: 'hex.bad-digit', field: 'key', at: 2 });
    expect(failure(() => Hex.decode('000', 'key')).reason).toEqual({ code: 'hex.odd-length', field: 'key', digits: 3 });
    expect(refusal(() => Hex.decode('0011', 'key', 32))).toEqual(['input.wrong-length', 'key']);
    expect(refusal(() => Hex.decode(untyped(new Uint8Array(2)), 'key'))).toEqual(['input.not-text', 'key']);
  });

  it('reads upper, lower and mixed case alike, and writes lower', () => {
    expect(Hex.encode(Hex.decode('DeadBEEF'))).toBe('deadbeef');
    fc.assert(
      fc.property(any, (value) => Bytes.equal(Hex.decode(Hex.encode(value).toUpperCase()), value)),
      { seed: SEED },
    );
  });
});
