// BIP340 over messages of any length; the published vectors run in ecc.test.ts on every backend.
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import * as Schnorr from '../../src/crypto/Schnorr.ts';
import type * as SecretKey from '../../src/crypto/SecretKey.ts';
import { bip340 } from '../support/slow/schemes.ts';
import { b32, n, p } from '../support/slow/secp256k1.ts';
import { anyBytes, anyMessage, anyScalar, backends, codeOf, hex, key, SEED } from './support.ts';

// The textbook curve is slow, and the machine may be busy.
vi.setConfig({ testTimeout: 120_000 });

afterEach(() => vi.restoreAllMocks());

describe.each(backends.map((ecc) => ({ name: ecc.name, ecc })))('Schnorr on $name', ({ ecc }) => {
  it('gives the bytes of the textbook, for every length', () => {
    const message = fc.oneof(anyMessage, anyBytes(32));
    fc.assert(
      fc.property(message, anyScalar, anyBytes(32), anyBytes(1), (m, d, aux, flip) => {
        const signature = Schnorr.sign(m, key(d), aux, ecc);
        expect(hex(signature)).toBe(hex(bip340.sign(m, b32(d), aux)));
        const publicKey = PublicKey.ofSecret(key(d), ecc);
        expect(Schnorr.verify(m, publicKey, signature, ecc)).toBe(true);
        const bad = signature.slice();
        const at = (flip[0] ?? 0) % 64;
        bad[at] = (bad[at] ?? 0) ^ 1;
        expect(Schnorr.verify(m, publicKey, bad, ecc)).toBe(bip340.verify(m, publicKey, bad));
        expect(Schnorr.verify(m, publicKey, bad, ecc)).toBe(false);
        expect(Schnorr.verify(Uint8Array.of(...m, 0), publicKey, signature, ecc)).toBe(false);
      }),
      { seed: SEED, numRuns: 12 },
    );
  });

  it('verified once is not computed twice, and nothing else is taken for it', () => {
    const schnorrVerify = vi.fn(ecc.schnorrVerify);
    const counted = { ...ecc, schnorrVerify };
    const m = new Uint8Array(32).fill(7);
    const publicKey = PublicKey.ofSecret(key(5n), ecc);
    const signature = Schnorr.sign(m, key(5n), new Uint8Array(32), ecc);
    const once = (a = m, b: Uint8Array = publicKey, c = signature): boolean => Schnorr.verifyOnce(a, b, c, counted);
    expect([once(), once(), once()]).toEqual([true, true, true]);
    expect(schnorrVerify).toHaveBeenCalledTimes(1);
    const bad = signature.slice();
    bad[63] = (bad[63] ?? 0) ^ 1;
    for (let i = 0; i < 2; i++) {
      expect(once(m, publicKey, bad)).toBe(false);
      expect(once(new Uint8Array(32))).toBe(false);
      expect(once(m, PublicKey.ofSecret(key(7n), ecc))).toBe(false);
    }
    expect(schnorrVerify).toHaveBeenCalledTimes(7);
    // The memory is of the bytes, not of the arrays that held them.
    signature.fill(0);
    expect(once()).toBe(false);
    expect(Schnorr.verifyOnce(new Uint8Array(5), publicKey, bad, ecc)).toBe(false);
    expect(codeOf(() => once(m, publicKey.slice(1)))).toBe('input.wrong-length');
  });

  it('is false for s >= n and r >= p, whatever the message length', () => {
    const publicKey = PublicKey.ofSecret(key(5n), ecc);
    for (const m of [new Uint8Array(32), new Uint8Array(5)]) {
      const good = Schnorr.sign(m, key(5n), new Uint8Array(32), ecc);
      expect(Schnorr.verify(m, publicKey, good, ecc)).toBe(true);
      expect(Schnorr.verify(m, publicKey, Uint8Array.of(...good.slice(0, 32), ...b32(n)), ecc)).toBe(false);
      expect(Schnorr.verify(m, publicKey, Uint8Array.of(...b32(p), ...good.slice(32)), ecc)).toBe(false);
      expect(Schnorr.verify(m, b32(p), good, ecc)).toBe(false);
    }
  });

  it('throws for lengths and types', () => {
    const [m, publicKey, signature] = [new Uint8Array(32), PublicKey.ofSecret(key(5n), ecc), new Uint8Array(64)];
    expect(codeOf(() => Schnorr.verify(m, publicKey, new Uint8Array(65), ecc))).toBe('input.wrong-length');
    expect(codeOf(() => Schnorr.verify(m, new Uint8Array(33), signature, ecc))).toBe('input.wrong-length');
    expect(codeOf(() => Schnorr.verify('00' as unknown as Uint8Array, publicKey, signature, ecc))).toBe('input.not-bytes');
    expect(codeOf(() => Schnorr.sign(m, key(5n), new Uint8Array(31), ecc))).toBe('input.wrong-length');
    expect(codeOf(() => Schnorr.sign(m, new Uint8Array(32) as SecretKey.SecretKey, m, ecc))).toBe('secret-key.out-of-range');
  });

  it('draws fresh randomness when none is given', () => {
    const draw = vi.spyOn(globalThis.crypto, 'getRandomValues');
    const m = new Uint8Array(32);
    const [a, b] = [Schnorr.sign(m, key(7n), undefined, ecc), Schnorr.sign(m, key(7n), undefined, ecc)];
    expect(draw.mock.calls.filter(([target]) => target instanceof Uint8Array && target.length === 32).length).toBeGreaterThanOrEqual(2);
    expect(hex(a)).not.toBe(hex(b));
    expect(Schnorr.verify(m, PublicKey.ofSecret(key(7n), ecc), a, ecc)).toBe(true);
  });
});
