// Lengths on the wire: every border of the forms, and each way in which bytes are no length.
import { describe, expect, it } from 'vitest';
import * as CompactSize from '../../src/bitcoin/CompactSize.ts';
import { bytes, codeOf, hex } from '../support/stakes.ts';

const FORMS: readonly (readonly [number, string])[] = [
  [0, '00'],
  [252, 'fc'],
  [253, 'fdfd00'],
  [342, 'fd5601'],
  [376, 'fd7801'],
  [65_535, 'fdffff'],
  [65_536, 'fe00000100'],
  [0x8000_0000, 'fe00000080'],
  [0xffff_ffff, 'feffffffff'],
];

describe('CompactSize', () => {
  it.each(FORMS)('writes %i as %s and reads it back, whatever follows', (length, text) => {
    expect(hex(CompactSize.encode(length))).toBe(text);
    expect(CompactSize.read(bytes(`aa${text}bb`), 1)).toEqual({ value: BigInt(length), next: 1 + text.length / 2 });
  });

  it('reads what 8 bytes say, which nobody writes', () => {
    expect(CompactSize.read(bytes('ff0000000001000000'), 0)).toEqual({ value: 1n << 32n, next: 9 });
    expect(CompactSize.read(bytes(`ff${'ff'.repeat(8)}`), 0)).toEqual({ value: (1n << 64n) - 1n, next: 9 });
  });

  it.each([
    ['', 'end', 0n, 0],
    ['fd', 'end', 0n, 0xfd],
    ['fd00', 'end-inside', 0n, 0xfd],
    ['fe000000', 'end-inside', 0n, 0xfe],
    ['fdfc00', 'non-minimal', 252n, 0xfd],
    ['feffff0000', 'non-minimal', 65_535n, 0xfe],
    ['ffffffffff00000000', 'non-minimal', 0xffff_ffffn, 0xff],
  ] as const)('%j is none: %s', (text, fault, value, form) => {
    expect(CompactSize.read(bytes(text), 0)).toEqual({ fault, at: 0, value, form });
  });

  it('refuses lengths that are none', () => {
    expect([-1, 0x1_0000_0000].map((length) => codeOf(() => CompactSize.encode(length)))).toEqual([
      'input.out-of-range',
      'input.out-of-range',
    ]);
    expect(codeOf(() => CompactSize.encode(1.5))).toBe('input.not-integer');
  });
});
