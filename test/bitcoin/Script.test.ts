// Number pushes byte by byte against bitcoinjs-lib, and the reader of instructions against everything that is not minimal.
import { script as bitcoinjs } from 'bitcoinjs-lib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Script from '../../src/bitcoin/Script.ts';
import { bytes, codeOf, failure, filled, hex, SEED, untyped } from '../support/stakes.ts';

const instructionsOf = (text: string): readonly Script.Instruction[] => [...Script.instructions(bytes(text))];
const numberIn = (text: string): number | undefined => Script.numberOf(instructionsOf(text)[0] as Script.Instruction);

describe('pushNumber', () => {
  it('writes all 65536 lock times as bitcoinjs-lib compiles them', () => {
    for (let value = 0; value <= 65_535; value++) {
      const expected = bitcoinjs.compile([bitcoinjs.number.encode(value)]);
      if (hex(Script.pushNumber(value)) !== hex(expected)) expect.fail(`${value}: ${hex(Script.pushNumber(value))}, ${hex(expected)}`);
    }
  });

  it('writes the boundary values of the number encoding', () => {
    const expected: readonly (readonly [number, string])[] = [
      [0, '00'],
      [1, '51'],
      [16, '60'],
      [17, '0111'],
      [127, '017f'],
      [128, '028000'],
      [144, '029000'],
      [255, '02ff00'],
      [256, '020001'],
      [1008, '02f003'],
      [32_767, '02ff7f'],
      [32_768, '03008000'],
      [64_000, '0300fa00'],
      [65_535, '03ffff00'],
      [0x7fff_ffff, '04ffffff7f'],
    ];
    for (const [value, text] of expected) expect(hex(Script.pushNumber(value)), String(value)).toBe(text);
  });

  it('refuses what would be truncated', () => {
    for (const value of [-1, 2 ** 31]) expect(codeOf(() => Script.pushNumber(value))).toBe('input.out-of-range');
    for (const value of [5.7, 0.5, Number.NaN, '5', 5n]) expect(codeOf(() => Script.pushNumber(untyped(value)))).toBe('input.not-integer');
  });

  it('is read back by numberOf', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0x7fff_ffff }), (value) => numberIn(hex(Script.pushNumber(value))) === value),
      { seed: SEED },
    );
  });
});

describe('numberOf', () => {
  it('does not read another form of the same number: another form is another address', () => {
    // 16 as data, 128 without sign byte (which is -0), 127 with one, padded zeros, PUSHDATA1, an empty PUSHDATA1, a negative.
    for (const text of [
      '0110',
      '0180',
      '027f00',
      '03f00300',
      '0200f0',
      '4c0111',
      '4c00',
      '0181',
      '05ffffffff00',
      '4f',
      `20${'11'.repeat(32)}`,
    ])
      expect(numberIn(text), text).toBeUndefined();
  });
});

describe('instructions', () => {
  it('refuse pushes over the end, with the position', () => {
    for (const [text, at] of [
      ['5102ff', 1],
      ['4c', 0],
      ['4c05ff', 0],
      ['514dff', 1],
      ['4e00000001', 0],
      ['4effffffff', 0],
    ] as const)
      expect(failure(() => instructionsOf(text)).reason, text).toEqual({ code: 'script.truncated', at });
  });

  it('read all push forms', () => {
    expect(instructionsOf('00024142ac4c0143').map(({ at, opcode, data }) => [at, opcode, data && hex(data)])).toEqual([
      [0, 0, ''],
      [1, 2, '4142'],
      [4, 0xac, undefined],
      [5, 0x4c, '43'],
    ]);
  });

  it('never fail in another way than script.truncated', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (script) => {
        try {
          const length = [...Script.instructions(script)].length;
          expect(length).toBeLessThanOrEqual(script.length);
        } catch (error) {
          expect((error as { code?: string }).code).toBe('script.truncated');
        }
      }),
      { seed: SEED, numRuns: 2000 },
    );
  });
});

describe('pushData and toAsm', () => {
  it('refuse a push that would need another opcode', () => {
    expect(hex(Script.pushData(filled(75, 1)).subarray(0, 1))).toBe('4b');
    for (const length of [0, 76]) expect(codeOf(() => Script.pushData(new Uint8Array(length)))).toBe('input.out-of-range');
  });

  it('names opcodes, numbers and unknown bytes', () => {
    expect(Script.toAsm(bytes('02f003b2ac02abcdba9cfe'))).toBe(
      '1008 OP_CHECKSEQUENCEVERIFY OP_CHECKSIG abcd OP_CHECKSIGADD OP_NUMEQUAL OP_UNKNOWN_fe',
    );
  });
});
