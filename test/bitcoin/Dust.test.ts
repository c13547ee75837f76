// The dust limits of relay policy, on both sides: one number for all scripts would refuse stakes that the chain takes.
import { describe, expect, it } from 'vitest';
import * as Dust from '../../src/bitcoin/Dust.ts';
import { bytes, filled, P2TR } from '../support/stakes.ts';

const LIMITS: readonly (readonly [name: string, script: string, min: bigint])[] = [
  ['P2TR', `5120${'22'.repeat(32)}`, 330n],
  ['P2WPKH', `0014${'22'.repeat(20)}`, 294n],
  ['P2WSH', `0020${'22'.repeat(32)}`, 330n],
  ['P2PKH', `76a914${'22'.repeat(20)}88ac`, 546n],
  ['P2SH', `a914${'22'.repeat(20)}87`, 540n],
  ['P2A', '51024e73', 240n],
  ['a bare script of 9 bytes', '51'.repeat(9), 498n],
  ['an unknown witness version of 32 bytes', `5220${'22'.repeat(32)}`, 330n],
  ['a witness program of 40 bytes', `6028${'22'.repeat(40)}`, 354n],
  ['41 bytes, which is no witness program', `6029${'22'.repeat(41)}`, 600n],
  ['1 byte, which is no witness program', '510122', 480n],
  ['two pushes, which is no witness program', '5102222251', 486n],
];

describe('Dust', () => {
  it.each(LIMITS)('%s', (_, text, min) => {
    const script = bytes(text);
    expect(Dust.threshold(script)).toBe(min);
    expect([Dust.isDust(script, min - 1n), Dust.isDust(script, min)]).toEqual([true, false]);
  });

  it('exempts OP_RETURN and nothing else that starts otherwise', () => {
    expect([Dust.isDust(bytes('6a'), 0n), Dust.isDust(bytes('516a'), 0n)]).toEqual([false, true]);
  });

  it('counts scripts above 10,000 bytes as dust at any value: nobody could spend them', () => {
    expect([10_000, 10_001].map((length) => Dust.isDust(filled(length, 0x51), 10n ** 9n))).toEqual([false, true]);
  });

  it('counts the length prefix of long scripts', () => {
    expect(Dust.threshold(filled(252, 0x51))).toBe(3n * (8n + 1n + 252n + 148n));
    expect(Dust.threshold(filled(253, 0x51))).toBe(3n * (8n + 3n + 253n + 148n));
  });

  it('is the formula of btcd: floor(value * 1000 / (3 * size)) < 1000', () => {
    for (const [, text] of LIMITS) {
      const script = bytes(text);
      const size = Dust.threshold(script) / 3n;
      for (let value = 0n; value < 700n; value++) expect(Dust.isDust(script, value)).toBe((value * 1000n) / (3n * size) < 1000n);
    }
    expect(Dust.isDust(P2TR, 0n)).toBe(true);
  });
});
