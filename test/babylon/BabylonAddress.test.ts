// Babylon accounts: the one form of text, and what looks like it.
import { bech32, bech32m } from '@scure/base';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as BabylonAddress from '../../src/babylon/BabylonAddress.ts';
import { bytes, codeOf, failure, filled, hex, SEED } from '../support/stakes.ts';

const TEXT = 'bbn1cyqgpk0nlsutlm5ymkfpya30fqntanc8slpure';
const RAW = 'c10080d9f3fc38bfee84dd9212762f4826becf07';
const make = (prefix: string, length: number): string => bech32.encode(prefix, bech32.toWords(filled(length, 7)), 1023);

describe('a Babylon account', () => {
  it('is 20 bytes in bech32', () => {
    const { text, bytes: raw } = BabylonAddress.parse(TEXT);
    expect([text, hex(raw)]).toEqual([TEXT, RAW]);
    expect(BabylonAddress.encode(bytes(RAW))).toBe(TEXT);
  });

  it('comes back as it went', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), (raw) => {
        const text = BabylonAddress.encode(raw);
        expect(text).toHaveLength(42);
        expect(hex(BabylonAddress.parse(text).bytes)).toBe(hex(raw));
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it('in upper case is the same account, written in lower case', () => {
    expect(BabylonAddress.parse(TEXT.toUpperCase())).toEqual(BabylonAddress.parse(TEXT));
  });

  it('has one wrong character nowhere', () => {
    fc.assert(
      fc.property(fc.integer({ min: 4, max: TEXT.length - 1 }), fc.constantFrom(...'qpzry9x8gf2tvdw0s3jn54khce6mua7l'), (at, digit) => {
        if (TEXT[at] === digit) return;
        expect(codeOf(() => BabylonAddress.parse(TEXT.slice(0, at) + digit + TEXT.slice(at + 1)))).toBe('babylon-address.malformed');
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it.each([
    ['nothing', '', 'babylon-address.malformed'],
    ['mixed case', `B${TEXT.slice(1)}`, 'babylon-address.malformed'],
    ['a blank behind', `${TEXT} `, 'babylon-address.malformed'],
    ['a line feed in front', `\n${TEXT}`, 'babylon-address.malformed'],
    ['bech32m', bech32m.encode('bbn', bech32m.toWords(filled(20, 7))), 'babylon-address.malformed'],
    ['bits left over', bech32.encode('bbn', [...bech32.toWords(filled(20, 7)), 1]), 'babylon-address.malformed'],
    ['no bech32', RAW, 'babylon-address.malformed'],
    ['2,000 characters', make('bbn', 20).repeat(50), 'babylon-address.malformed'],
    ['H12: 5 bytes', 'bbn1qqqqqqqqv70kd6', 'babylon-address.wrong-length'],
    ['no bytes', make('bbn', 0), 'babylon-address.wrong-length'],
    ['19 bytes', make('bbn', 19), 'babylon-address.wrong-length'],
    ['21 bytes', make('bbn', 21), 'babylon-address.wrong-length'],
    ['a module or contract: 32 bytes', make('bbn', 32), 'babylon-address.wrong-length'],
    ['H13: a validator', make('bbnvaloper', 20), 'babylon-address.wrong-prefix'],
    ['a consensus key', make('bbnvalcons', 20), 'babylon-address.wrong-prefix'],
    ['an account of another chain', make('cosmos', 20), 'babylon-address.wrong-prefix'],
    ['a Bitcoin address', 'bc1qrh9c8stymum6gu3q8uv6z8geyc8qtjlcs6fffz', 'babylon-address.wrong-prefix'],
  ])('is not %s', (_, text, code) => {
    expect(failure(() => BabylonAddress.parse(text, 'stakerAddress')).reason).toMatchObject({ code, field: 'stakerAddress' });
  });

  it('says what is wrong', () => {
    expect(failure(() => BabylonAddress.parse(make('bbnvaloper', 20))).message).toContain('validator');
    expect(failure(() => BabylonAddress.parse(make('bbn', 32))).message).toContain('contract');
    expect(failure(() => BabylonAddress.parse(`${TEXT} `)).message).toContain('blanks');
    expect(codeOf(() => BabylonAddress.encode(filled(32, 1)))).toBe('babylon-address.wrong-length');
    expect(codeOf(() => BabylonAddress.parse(5 as never))).toBe('input.not-text');
  });

  it('for the chain may be a module, too', () => {
    for (const length of [1, 5, 20, 32, 255]) expect(BabylonAddress.parseAny(make('bbn', length)).bytes).toHaveLength(length);
    for (const length of [0, 256]) expect(codeOf(() => BabylonAddress.parseAny(make('bbn', length)))).toBe('babylon-address.wrong-length');
  });
});
