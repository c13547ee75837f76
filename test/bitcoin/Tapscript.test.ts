// The blocks of staking leaves: one form for each set of keys, and no block that anybody, or nobody, can satisfy.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Tapscript from '../../src/bitcoin/Tapscript.ts';
import { bytes, codeOf, failure, hex, type keyOf, keysOf, pks, refusal, SEED, untyped } from '../support/stakes.ts';

const [a, b, c] = pks(keysOf('cov', 3)) as [
  ReturnType<typeof keyOf>['publicKey'],
  ReturnType<typeof keyOf>['publicKey'],
  ReturnType<typeof keyOf>['publicKey'],
];

describe('one key', () => {
  it('is CHECKSIG, never CHECKSIG 1 NUMEQUAL', () => {
    expect(hex(Tapscript.multiKey([a], 1, 'leave'))).toBe(`20${hex(a)}ac`);
    expect(hex(Tapscript.multiKey([a], 1, 'verify'))).toBe(`20${hex(a)}ad`);
  });

  it('of another length than 32 bytes is refused: BIP342 lets anybody sign for it', () => {
    for (const length of [0, 1, 31, 33, 64])
      expect(refusal(() => Tapscript.singleKey(untyped(new Uint8Array(length)), 'leave'))).toEqual(['input.wrong-length', 'key']);
  });

  it('does not hide a wrong quorum, which its script cannot show', () => {
    for (const quorum of [0, 2, 5, -1]) expect(codeOf(() => Tapscript.multiKey([a], quorum, 'leave'))).toBe('tapscript.bad-quorum');
  });
});

describe('several keys', () => {
  it('stand ascending by their bytes, with the long form also for a quorum of 1', () => {
    // cov1 < cov3 < cov2
    const tail = `20${hex(a)}ac20${hex(c)}ba20${hex(b)}ba`;
    expect(hex(Tapscript.multiKey([a, b, c], 2, 'leave'))).toBe(`${tail}529c`);
    expect(hex(Tapscript.multiKey([c, b, a], 1, 'verify'))).toBe(`${tail}519d`);
  });

  it('need a quorum of 17 and more as a push, not as an opcode', () => {
    const keys = pks(keysOf('many', 20));
    expect(hex(Tapscript.multiKey(keys, 16, 'leave')).slice(-4)).toBe('609c');
    expect(hex(Tapscript.multiKey(keys, 17, 'leave')).slice(-6)).toBe('01119c');
  });

  it('refuse quorum 0 (the staker alone could spend), above n, and fractions (0.5 wrote 0, 5.7 wrote 5)', () => {
    for (const quorum of [0, -1, 4, 1000])
      expect(failure(() => Tapscript.multiKey([a, b, c], quorum, 'leave', 'covenantPks')).reason).toEqual({
        code: 'tapscript.bad-quorum',
        field: 'covenantPks',
        quorum,
        keys: 3,
      });
    for (const quorum of [0.5, 2.7, Number.NaN, '2', 2n, null])
      expect(codeOf(() => Tapscript.multiKey([a, b, c], untyped(quorum), 'leave'))).toBe('input.not-integer');
  });

  it('refuse none, duplicates and wrong lengths, by field', () => {
    expect(refusal(() => Tapscript.multiKey([], 1, 'leave', 'covenantPks'))).toEqual(['tapscript.no-keys', 'covenantPks']);
    expect(failure(() => Tapscript.multiKey([a, b, a], 2, 'leave', 'covenantPks')).reason).toEqual({
      code: 'tapscript.duplicate-key',
      field: 'covenantPks',
      key: hex(a),
    });
    expect(refusal(() => Tapscript.multiKey([a, untyped(a.subarray(1))], 1, 'leave', 'pks'))).toEqual(['input.wrong-length', 'pks[1]']);
    expect(refusal(() => Tapscript.multiKey([a, untyped(hex(b))], 1, 'leave', 'pks'))).toEqual(['input.not-bytes', 'pks[1]']);
  });

  it('give one script whatever the order, and leave the list as it was', () => {
    const keys = pks(keysOf('cov', 9));
    const script = hex(Tapscript.multiKey(keys, 6, 'leave'));
    fc.assert(
      fc.property(fc.shuffledSubarray(keys, { minLength: 9, maxLength: 9 }), (order) => {
        const before = [...order];
        expect(hex(Tapscript.multiKey(Object.freeze(order), 6, 'leave'))).toBe(script);
        expect(order).toEqual(before);
      }),
      { seed: SEED },
    );
  });
});

describe('timelock', () => {
  it('has the signature check in front and the number on the stack', () => {
    expect(hex(Tapscript.timelock([a], 1, untyped(1008)))).toBe(`20${hex(a)}ad02f003b2`);
    expect(hex(Tapscript.timelock([a], 1, untyped(16)))).toBe(`20${hex(a)}ad60b2`);
  });

  it('of 0 blocks is refused: the leaf could never be spent', () => {
    for (const blocks of [0, 65_536, -1]) expect(codeOf(() => Tapscript.timelock([a], 1, untyped(blocks)))).toBe('input.out-of-range');
    expect(codeOf(() => Tapscript.timelock([a], 1, untyped(100.5)))).toBe('input.not-integer');
  });
});

describe('sortKeys', () => {
  it('compares bytes, not their text: 09 comes before 0a, 0a before 64', () => {
    // As text these arrays read "9,…", "10,…" and "100,…", which is the other way round.
    const keys = ['64', '0a', '09'].map((start) => bytes(start + '00'.repeat(31)));
    expect(Tapscript.sortKeys(untyped(keys)).map((key) => hex(key).slice(0, 2))).toEqual(['09', '0a', '64']);
  });
});
