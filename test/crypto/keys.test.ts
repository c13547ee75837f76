// Scalars, secret keys and public keys: ranges, forms, and what their errors say and do not say.
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import * as Scalar from '../../src/crypto/Scalar.ts';
import * as SecretKey from '../../src/crypto/SecretKey.ts';
import * as Slow from '../support/slow/secp256k1.ts';
import { anyScalar, backends, bytes, codeOf, failure, hex, key, SEED } from './support.ts';

// The textbook curve is slow, and the machine may be busy.
vi.setConfig({ testTimeout: 120_000 });

const { b32, n, p } = Slow;
const OFF_CURVE = 'eefdea4cdb677750a420fee807eacf21eb9898ae79b9768766e4faa04a2d4a34';

describe('Scalar', () => {
  it('has the numbers of SEC 2', () => {
    expect(Scalar.N).toBe(n);
    expect(Scalar.P).toBe(p);
  });

  it('reads 32 bytes strictly', () => {
    expect(Scalar.fromBytes(b32(n - 1n))).toBe(n - 1n);
    expect(Scalar.fromBytes(b32(0n))).toBe(0n);
    expect(codeOf(() => Scalar.fromBytes(b32(n)))).toBe('scalar.out-of-range');
    expect(codeOf(() => Scalar.fromBytes(new Uint8Array(31)))).toBe('input.wrong-length');
    expect(codeOf(() => Scalar.fromBytes('00'.repeat(32) as unknown as Uint8Array))).toBe('input.not-bytes');
  });

  it('reduces hashes, and only hashes', () => {
    expect(Scalar.fromHash(b32(n))).toBe(0n);
    expect(Scalar.fromHash(b32(n - 1n))).toBe(n - 1n);
    expect(Scalar.fromHash(b32(2n ** 256n - 1n))).toBe(2n ** 256n - 1n - n);
  });

  it('writes what it reads', () => {
    fc.assert(
      fc.property(anyScalar, (x) => {
        expect(Scalar.fromBytes(Scalar.toBytes(x))).toBe(x);
        expect(hex(Scalar.toBytes(x))).toBe(hex(b32(x)));
      }),
      { seed: SEED },
    );
  });

  it('inverts', () => {
    for (const x of [1n, 2n, n - 1n, n - 2n, (n + 1n) / 2n]) expect((Scalar.invert(x) * x) % n).toBe(1n);
    fc.assert(
      fc.property(anyScalar, (x) => {
        expect(Scalar.invert(x)).toBe(Slow.power(x, n - 2n, n));
        expect(Scalar.invert(x - n)).toBe(Scalar.invert(x));
      }),
      { seed: SEED },
    );
    expect(codeOf(() => Scalar.invert(0n))).toBe('scalar.no-inverse');
    expect(codeOf(() => Scalar.invert(n))).toBe('scalar.no-inverse');
  });

  it('takes remainders and negates', () => {
    expect(Scalar.mod(-1n)).toBe(n - 1n);
    expect(Scalar.mod(n)).toBe(0n);
    expect(Scalar.mod(-n)).toBe(0n);
    expect(Scalar.negate(0n)).toBe(0n);
    expect(Scalar.negate(1n)).toBe(n - 1n);
    expect([0n, 1n, n - 1n, n, -1n].map(Scalar.isNonZero)).toEqual([false, true, true, false, false]);
  });
});

describe('SecretKey', () => {
  it('takes 1 to n-1 as a copy', () => {
    const source = b32(n - 1n);
    const made = SecretKey.from(source);
    source.fill(0);
    expect(hex(made)).toBe(hex(b32(n - 1n)));
    expect(hex(SecretKey.fromHex(hex(b32(1n)).toUpperCase()))).toBe(hex(b32(1n)));
  });

  it.each([0n, n, n + 1n, 2n ** 256n - 1n])('refuses %s', (value) => {
    const error = failure(() => SecretKey.from(b32(value), 'stakerKey'));
    expect(error.reason).toEqual({ code: 'secret-key.out-of-range', field: 'stakerKey' });
    expect(codeOf(() => SecretKey.fromHex(hex(b32(value))))).toBe('secret-key.out-of-range');
  });

  it('refuses other lengths and types', () => {
    expect(codeOf(() => SecretKey.from(new Uint8Array(33)))).toBe('input.wrong-length');
    expect(codeOf(() => SecretKey.from([1, 2] as unknown as Uint8Array))).toBe('input.not-bytes');
    expect(codeOf(() => SecretKey.fromHex('abc'))).toBe('hex.odd-length');
    expect(codeOf(() => SecretKey.fromHex('zz'.repeat(32)))).toBe('hex.bad-digit');
    expect(codeOf(() => SecretKey.fromHex('01'))).toBe('input.wrong-length');
  });

  it('draws keys that differ and are in range', () => {
    const drawn = Array.from({ length: 20 }, () => SecretKey.random());
    expect(new Set(drawn.map(hex)).size).toBe(20);
    for (const one of drawn) expect(hex(SecretKey.from(one))).toBe(hex(one));
  });

  it('wipes in place, and a wiped key is refused everywhere', () => {
    const wiped = SecretKey.random();
    SecretKey.wipe(wiped);
    expect([...wiped]).toEqual(Array(32).fill(0));
    expect(codeOf(() => PublicKey.ofSecret(wiped))).toBe('secret-key.out-of-range');
    expect(codeOf(() => SecretKey.toScalar(wiped))).toBe('secret-key.out-of-range');
  });
});

describe.each(backends.map((ecc) => ({ name: ecc.name, ecc })))('PublicKey on $name', ({ ecc }) => {
  const even = Slow.compressed(Slow.multiply(1n)) as Uint8Array;
  const odd = Slow.compressed(Slow.negate(Slow.multiply(1n))) as Uint8Array;

  it('takes x-only keys as a copy', () => {
    const source = even.slice(1);
    const made = PublicKey.fromXOnly(source, 'k', ecc);
    source.fill(0);
    expect(hex(made)).toBe(hex(even.slice(1)));
    expect(hex(PublicKey.fromHex(hex(even.slice(1)), 'k', ecc))).toBe(hex(even.slice(1)));
  });

  it('refuses x off the curve, x >= p, and other lengths', () => {
    expect(failure(() => PublicKey.fromHex(OFF_CURVE, 'covenantKey', ecc)).reason).toEqual({
      code: 'public-key.not-on-curve',
      field: 'covenantKey',
    });
    // p + 1 would be x = 1 after reduction, which is on the curve.
    for (const x of [p, p + 1n, 2n ** 256n - 1n])
      expect(codeOf(() => PublicKey.fromXOnly(b32(x), 'k', ecc))).toBe('public-key.not-on-curve');
    expect(codeOf(() => PublicKey.fromXOnly(even, 'k', ecc))).toBe('input.wrong-length');
    expect(codeOf(() => PublicKey.fromHex('00', 'k', ecc))).toBe('input.wrong-length');
  });

  it('takes compressed keys of even y, and of odd y only by name', () => {
    expect(hex(PublicKey.fromCompressed(even, 'k', ecc))).toBe(hex(even.slice(1)));
    const error = failure(() => PublicKey.fromCompressed(odd, 'k', ecc));
    expect(error.reason).toEqual({ code: 'public-key.odd-y', field: 'k' });
    expect(error.message).toContain('x-only');
    expect(error.message).toContain('fromCompressedAnyParity');
    expect(hex(PublicKey.fromCompressedAnyParity(odd, 'k', ecc))).toBe(hex(even.slice(1)));
    expect(hex(PublicKey.fromCompressedAnyParity(even, 'k', ecc))).toBe(hex(even.slice(1)));
  });

  it.each([4, 6, 7])('refuses prefix %i as uncompressed', (prefix) => {
    const short = Uint8Array.of(prefix, ...even.slice(1));
    const long = Uint8Array.of(prefix, ...even.slice(1), ...even.slice(1));
    for (const value of [short, long]) {
      expect(codeOf(() => PublicKey.fromCompressed(value, 'k', ecc))).toBe('public-key.uncompressed');
      expect(codeOf(() => PublicKey.fromCompressedAnyParity(value, 'k', ecc))).toBe('public-key.uncompressed');
    }
  });

  it('refuses other prefixes, lengths and points off the curve', () => {
    expect(codeOf(() => PublicKey.fromCompressed(Uint8Array.of(5, ...even.slice(1)), 'k', ecc))).toBe('public-key.bad-prefix');
    expect(codeOf(() => PublicKey.fromCompressed(Uint8Array.of(0, ...even.slice(1)), 'k', ecc))).toBe('public-key.bad-prefix');
    expect(codeOf(() => PublicKey.fromCompressed(even.slice(1), 'k', ecc))).toBe('input.wrong-length');
    expect(codeOf(() => PublicKey.fromCompressed(new Uint8Array(0), 'k', ecc))).toBe('input.wrong-length');
    expect(codeOf(() => PublicKey.fromCompressed(bytes(`02${OFF_CURVE}`), 'k', ecc))).toBe('public-key.not-on-curve');
    expect(codeOf(() => PublicKey.fromCompressed(bytes(`03${OFF_CURVE}`), 'k', ecc))).toBe('public-key.not-on-curve');
  });

  it('computes the key of a secret, for secrets of either parity', () => {
    fc.assert(
      fc.property(anyScalar, (d) => {
        const point = Slow.compressed(Slow.multiply(d)) as Uint8Array;
        expect(hex(PublicKey.ofSecret(key(d), ecc))).toBe(hex(point.slice(1)));
        expect(hex(PublicKey.ofSecret(key(n - d), ecc))).toBe(hex(point.slice(1)));
        expect(hex(PublicKey.compressedOfSecret(key(d), ecc))).toBe(hex(point));
      }),
      { seed: SEED, numRuns: 10 },
    );
  });
});
