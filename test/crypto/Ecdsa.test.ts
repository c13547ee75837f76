// ECDSA: published RFC 6979 values, DER against OpenSSL (node:crypto) and against @noble/curves, low s, recovery, bad input.
import { createPrivateKey, createPublicKey, sign as nodeSign, verify as nodeVerify } from 'node:crypto';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Ecdsa from '../../src/crypto/Ecdsa.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import * as Scalar from '../../src/crypto/Scalar.ts';
import * as Slow from '../support/slow/secp256k1.ts';
import { anyBytes, anyScalar, backends, bytes, codeOf, failure, hex, key, SEED, utf8 } from './support.ts';

const { b32, n, sha256 } = Slow;
const rs = (r: bigint, s: bigint): Uint8Array => Slow.join(b32(r), b32(s));

describe('deterministic signatures', () => {
  // Widely published test values for secp256k1, SHA-256 and RFC 6979 (Trezor's and Bitcoin Core's test suites among others).
  it.each([
    [
      1n,
      'Satoshi Nakamoto',
      '934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d82442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5',
    ],
    [
      1n,
      'All those moments will be lost in time, like tears in rain. Time to die...',
      '8600dbd41e348fe5c9465ab92d23e3db8b98b873beecd930736488696438cb6b547fe64427496db33bf66019dacbf0039c04199abb0122918601db38a72cfc21',
    ],
    [
      n - 1n,
      'Satoshi Nakamoto',
      'fd567d121db66e382991534ada77a6bd3106f0a1098c231e47993447cd6af2d06b39cd0eb1bc8603e159ef5c20a5c8ad685a45b06ce9bebed3f153d10d93bed5',
    ],
  ])('of key %s over %s', (d, message, want) => {
    const hash = sha256(utf8(message));
    for (const ecc of backends) expect(hex(Ecdsa.sign(hash, key(d), ecc))).toBe(want);
  });

  it('lead back to the key', () => {
    fc.assert(
      fc.property(anyScalar, anyBytes(32), (d, hash) => {
        const publicKey = PublicKey.compressedOfSecret(key(d));
        const { signature, recoveryId } = Ecdsa.signRecoverable(hash, key(d));
        expect(signature).toEqual(Ecdsa.sign(hash, key(d)));
        expect(Ecdsa.verify(hash, publicKey, signature)).toBe(true);
        expect(Ecdsa.recover(hash, signature, recoveryId)).toEqual(publicKey);
        expect(Ecdsa.isLowS(signature)).toBe(true);
      }),
      { seed: SEED, numRuns: 50 },
    );
  });

  it('do not survive one changed bit', () => {
    const hash = sha256(utf8('one bit'));
    const publicKey = PublicKey.compressedOfSecret(key(99n));
    const signature = Ecdsa.sign(hash, key(99n));
    for (let at = 0; at < 64; at++) {
      const spoiled = signature.map((byte, i) => (i === at ? byte ^ 1 : byte));
      expect(Ecdsa.verify(hash, publicKey, spoiled)).toBe(false);
    }
  });

  it('with high s verify, and are lowered on request', () => {
    const hash = sha256(utf8('s'));
    const publicKey = PublicKey.compressedOfSecret(key(5n));
    const low = Ecdsa.sign(hash, key(5n));
    const high = Slow.join(low.slice(0, 32), b32(n - Slow.int(low.slice(32))));
    expect(Ecdsa.isLowS(high)).toBe(false);
    expect(Ecdsa.verify(hash, publicKey, high)).toBe(true);
    expect(Ecdsa.toLowS(high)).toEqual(low);
    expect(Ecdsa.toLowS(low)).toEqual(low);
    const half = n >> 1n;
    expect(Ecdsa.isLowS(rs(1n, half))).toBe(true);
    expect(Ecdsa.isLowS(rs(1n, half + 1n))).toBe(false);
    expect(Ecdsa.toLowS(rs(1n, n))).toEqual(rs(1n, n));
  });
});

describe('DER', () => {
  it('is what @noble/curves and OpenSSL read and write', () => {
    fc.assert(
      fc.property(anyScalar, anyScalar, (r, s) => {
        const der = Ecdsa.toDer(rs(r, s));
        expect(hex(der)).toBe(hex(new secp256k1.Signature(r, s).toBytes('der')));
        expect(Ecdsa.fromDer(der)).toEqual(rs(r, s));
        expect(der.length).toBeLessThanOrEqual(72);
      }),
      { seed: SEED, numRuns: 300 },
    );
    for (const [r, s] of [
      [1n, 1n],
      [0x7fn, 0x80n],
      [2n ** 255n, 2n ** 247n],
      [n - 1n, n - 1n],
    ] as const)
      expect(Ecdsa.fromDer(Ecdsa.toDer(rs(r, s)))).toEqual(rs(r, s));
    expect(hex(Ecdsa.toDer(rs(1n, 0x80n)))).toBe('300702010102020080');
  });

  it('of our signatures passes OpenSSL, and its signatures pass ours', () => {
    const secret = key(0x1234567890abcdefn);
    const point = secp256k1.Point.BASE.multiply(0x1234567890abcdefn).toAffine();
    const url = (value: bigint): string => Buffer.from(b32(value)).toString('base64url');
    const jwk = { kty: 'EC', crv: 'secp256k1', x: url(point.x), y: url(point.y), d: Buffer.from(secret).toString('base64url') };
    const privateKey = createPrivateKey({ key: jwk, format: 'jwk' });
    const message = utf8('satlock');
    const ours = Ecdsa.toDer(Ecdsa.sign(sha256(message), secret));
    expect(nodeVerify('sha256', message, createPublicKey(privateKey), ours)).toBe(true);
    for (let i = 0; i < 20; i++) {
      const theirs = Ecdsa.fromDer(nodeSign('sha256', message, privateKey));
      expect(Ecdsa.verify(sha256(message), PublicKey.compressedOfSecret(secret), theirs)).toBe(true);
    }
  });

  it.each([
    ['empty', ''],
    ['too short', '3005020101020101'.slice(0, 14)],
    ['too long', `3047${'0222'}${'00'.repeat(34)}${'0221'}${'01'.repeat(33)}`],
    ['another type in front', '310602010102010100'.slice(0, 16)],
    ['length too large', '3007020101020101'],
    ['length too small', '3005020101020101'],
    ['long form of the length', '308106020101020101'],
    ['r is no integer', '3006030101020101'],
    ['s is no integer', '3006020101030101'],
    ['r of no bytes', '300602000203010101'.slice(0, 16)],
    ['s of no bytes', '3006020201010200'],
    ['r runs over the end', '3006020701020101'],
    ['s runs over the end', '3006020101020201'],
    ['negative r', '3006020181020101'],
    ['negative s', '3006020101020180'],
    ['a zero too many before r', '300702020001020101'],
    ['a zero too many before s', '300702010102020001'],
    ['hash type byte still on it', '300602010102010101'],
    ['a byte behind s, counted', '300702010102010101'],
  ])('of another form is refused: %s', (_, text) => {
    expect(codeOf(() => Ecdsa.fromDer(bytes(text), 'sig'))).toBe('ecdsa.not-der');
    expect(failure(() => Ecdsa.fromDer(bytes(text), 'sig')).message).toMatch(/^sig: /);
  });

  it.each([
    ['r = 0', 0n, 1n, 'r'],
    ['s = 0', 1n, 0n, 's'],
    ['r = n', n, 1n, 'r'],
    ['s = n', 1n, n, 's'],
  ])('of %s is refused both ways', (_, r, s, part) => {
    expect(failure(() => Ecdsa.toDer(rs(r, s))).reason).toEqual({ code: 'ecdsa.out-of-range', field: 'signature', part });
    const integer = (value: bigint): Uint8Array => {
      const digits = value === 0n ? [0] : [...b32(value)].slice([...b32(value)].findIndex((byte) => byte !== 0));
      const padded = (digits[0] as number) >= 0x80 ? [0, ...digits] : digits;
      return Uint8Array.of(2, padded.length, ...padded);
    };
    const body = Slow.join(integer(r), integer(s));
    expect(failure(() => Ecdsa.fromDer(Uint8Array.of(0x30, body.length, ...body))).reason).toMatchObject({
      code: 'ecdsa.out-of-range',
      part,
    });
  });

  it('has one form only: a changed byte gives another signature or none', () => {
    const der = Ecdsa.toDer(Ecdsa.sign(sha256(utf8('x')), key(3n)));
    fc.assert(
      fc.property(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const other = der.map((byte, i) => (i === at ? byte ^ change : byte));
        let back: Uint8Array | undefined;
        try {
          back = Ecdsa.fromDer(other);
        } catch {
          return;
        }
        expect(hex(Ecdsa.toDer(back))).toBe(hex(other));
      }),
      { seed: SEED, numRuns: 500 },
    );
  });
});

describe('wrong input', () => {
  const hash = b32(1n);
  it('is refused by field', () => {
    expect(codeOf(() => Ecdsa.sign(hash.slice(1), key(1n)))).toBe('input.wrong-length');
    expect(codeOf(() => Ecdsa.sign(hash, new Uint8Array(32) as never))).toBe('secret-key.out-of-range');
    expect(codeOf(() => Ecdsa.sign(hash, b32(Scalar.N) as never))).toBe('secret-key.out-of-range');
    expect(codeOf(() => Ecdsa.verify(hash, new Uint8Array(32), rs(1n, 1n)))).toBe('input.wrong-length');
    expect(codeOf(() => Ecdsa.verify(hash, new Uint8Array(65), rs(1n, 1n)))).toBe('input.wrong-length');
    expect(codeOf(() => Ecdsa.verify(hash, new Uint8Array(33), new Uint8Array(65)))).toBe('input.wrong-length');
    for (const id of [-1, 4, 31]) expect(codeOf(() => Ecdsa.recover(hash, rs(1n, 1n), id))).toBe('input.out-of-range');
    expect(codeOf(() => Ecdsa.recover(hash, rs(1n, 1n), 0.5))).toBe('input.not-integer');
  });

  it('that is a key off the curve verifies nothing', () => {
    expect(Ecdsa.verify(hash, Uint8Array.of(2, ...b32(5n)), rs(1n, 1n))).toBe(false);
    expect(Ecdsa.verify(hash, Uint8Array.of(4, ...b32(1n)), rs(1n, 1n))).toBe(false);
  });

  it('does not change, and the key stays', () => {
    const secret = key(8n);
    Ecdsa.sign(hash, secret);
    expect(secret).toEqual(key(8n));
  });
});
