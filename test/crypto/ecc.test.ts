// One suite over all backends: BIP340's vectors, cross-checks of every method against the textbook curve, edges. And the choice of the host.
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import * as Ecc from '../../src/crypto/Ecc.ts';
import * as Bip340 from '../../src/crypto/ecc/bip340.ts';
import * as EccEcdsa from '../../src/crypto/ecc/ecdsa.ts';
import { pure } from '../../src/crypto/ecc/pure.ts';
import { adapt, worksOnTheGenerator } from '../../src/crypto/ecc/tiny.ts';
import { wasm } from '../../src/crypto/ecc/wasm.ts';
import * as Schnorr from '../../src/crypto/Schnorr.ts';
import * as SecretKey from '../../src/crypto/SecretKey.ts';
import * as Slow from '../support/slow/secp256k1.ts';
import { anyBytes, anyScalar, backends, bytes, codeOf, hex, rows, SEED } from './support.ts';

// The textbook curve is slow, and the machine may be busy.
vi.setConfig({ testTimeout: 120_000 });

const { b32, n, p } = Slow;
const G = Slow.compressed(Slow.G) as Uint8Array;
const minusG = Slow.compressed(Slow.negate(Slow.G)) as Uint8Array;
const OFF_CURVE = bytes('eefdea4cdb677750a420fee807eacf21eb9898ae79b9768766e4faa04a2d4a34');
const show = (value: Uint8Array | null): string => (value === null ? 'null' : hex(value));
const prefixed = (prefix: number, x: Uint8Array): Uint8Array => Uint8Array.of(prefix, ...x);

describe('all three backends are tested where the platform has a native binary', () => {
  it('finds pure and WASM everywhere', () => {
    expect(backends.map((ecc) => ecc.name)).toEqual(expect.arrayContaining(['pure', 'wasm']));
  });
});

describe.each(backends.map((ecc) => ({ name: ecc.name, ecc })))('backend $name', ({ ecc }) => {
  const vectors = rows('bip340/test-vectors.csv');

  it('has 19 BIP340 vectors', () => expect(vectors).toHaveLength(19));

  it.each(vectors.map((row) => ({ row, index: row['index'], comment: row['comment'] })))('BIP340 vector $index $comment', ({ row }) => {
    const message = bytes(row['message'] ?? '');
    const publicKey = bytes(row['public key'] ?? '');
    const signature = bytes(row['signature'] ?? '');
    if (row['secret key'] !== '') {
      const secretKey = SecretKey.fromHex(row['secret key'] ?? '');
      expect(show(ecc.pointFromScalar(secretKey)).slice(2)).toBe(hex(publicKey));
      expect(hex(Schnorr.sign(message, secretKey, bytes(row['aux_rand'] ?? ''), ecc))).toBe(hex(signature));
    }
    expect(Schnorr.verify(message, publicKey, signature, ecc)).toBe(row['verification result'] === 'TRUE');
  });

  it('agrees with the textbook curve on random points and scalars', () => {
    const point = fc.tuple(anyScalar, fc.boolean());
    fc.assert(
      fc.property(point, anyScalar, anyScalar, ([a, odd], b, t) => {
        const first = Slow.multiply(a);
        const A = Slow.compressed(odd ? Slow.negate(first) : first) as Uint8Array;
        const second = Slow.multiply(b);
        const B = Slow.compressed(second) as Uint8Array;
        const value = Slow.decompress(A) ?? null;
        expect(show(ecc.pointFromScalar(b32(b)))).toBe(hex(B));
        expect(ecc.isPoint(A)).toBe(true);
        expect(ecc.isXOnly(A.slice(1))).toBe(true);
        expect(show(ecc.pointAdd(A, B))).toBe(show(Slow.compressed(Slow.add(value, second))));
        expect(show(ecc.pointAddScalar(A, b32(t)))).toBe(show(Slow.compressed(Slow.add(value, Slow.multiply(t)))));
        expect(show(ecc.pointMultiply(A, b32(t)))).toBe(show(Slow.compressed(Slow.multiply(t, value))));
      }),
      { seed: SEED, numRuns: 12 },
    );
  });

  it('agrees with lift_x on whether an x is on the curve', () => {
    let on = 0;
    fc.assert(
      fc.property(anyBytes(32), (x) => {
        const want = Slow.lift(Slow.int(x)) !== undefined;
        on += want ? 1 : 0;
        expect(ecc.isXOnly(x)).toBe(want);
        expect(ecc.isPoint(prefixed(2, x))).toBe(want);
        expect(ecc.isPoint(prefixed(3, x))).toBe(want);
      }),
      { seed: SEED, numRuns: 60 },
    );
    expect(on).toBeGreaterThan(10);
    expect(on).toBeLessThan(50);
  });

  it('answers null for scalars that are no keys', () => {
    for (const scalar of [0n, n, n + 1n, 2n ** 256n - 1n]) {
      expect(ecc.pointFromScalar(b32(scalar))).toBeNull();
      expect(ecc.pointMultiply(G, b32(scalar))).toBeNull();
      expect(show(ecc.pointAddScalar(G, b32(scalar)))).toBe(scalar === 0n ? hex(G) : 'null');
    }
    expect(show(ecc.pointFromScalar(b32(1n)))).toBe(hex(G));
    expect(show(ecc.pointFromScalar(b32(n - 1n)))).toBe(hex(minusG));
    expect(show(ecc.pointMultiply(G, b32(n - 1n)))).toBe(hex(minusG));
  });

  it('computes s*G - e*P, for e = 0 too', () => {
    const x = Slow.compressed(Slow.multiply(5n))?.slice(1) as Uint8Array;
    const even = Slow.lift(Slow.int(x)) ?? null;
    for (const [s, e] of [
      [9n, 0n],
      [0n, 9n],
      [9n, 4n],
      [n - 1n, n - 1n],
    ] as const) {
      const want = Slow.compressed(Slow.add(Slow.multiply(s), Slow.negate(Slow.multiply(e, even))));
      expect(show(Bip340.noncePointOf(x, s, e, ecc))).toBe(show(want));
    }
    expect(Bip340.noncePointOf(x, 0n, 0n, ecc)).toBeNull();
  });

  it('answers null at infinity', () => {
    expect(ecc.pointAdd(G, minusG)).toBeNull();
    expect(ecc.pointAdd(minusG, G)).toBeNull();
    expect(ecc.pointAddScalar(G, b32(n - 1n))).toBeNull();
    expect(show(ecc.pointAdd(G, G))).toBe(show(Slow.compressed(Slow.multiply(2n))));
    expect(show(ecc.pointAddScalar(G, b32(1n)))).toBe(show(Slow.compressed(Slow.multiply(2n))));
  });

  it('answers null or false for what is no point', () => {
    const noPoints = [
      prefixed(2, OFF_CURVE),
      prefixed(3, OFF_CURVE),
      prefixed(2, b32(p)),
      prefixed(2, b32(p + 1n)),
      prefixed(2, new Uint8Array(32).fill(255)),
      prefixed(0, G.slice(1)),
      prefixed(4, G.slice(1)),
      prefixed(5, G.slice(1)),
      prefixed(6, G.slice(1)),
      new Uint8Array(33),
    ];
    for (const point of noPoints) {
      expect(ecc.isPoint(point)).toBe(false);
      expect(ecc.pointAdd(point, G)).toBeNull();
      expect(ecc.pointAdd(G, point)).toBeNull();
      expect(ecc.pointAddScalar(point, b32(1n))).toBeNull();
      expect(ecc.pointMultiply(point, b32(1n))).toBeNull();
    }
    for (const x of [OFF_CURVE, b32(p), b32(p + 1n), b32(2n ** 256n - 1n)]) expect(ecc.isXOnly(x)).toBe(false);
  });

  it('takes a key whose x lies between n and p', () => {
    let x = n;
    while (Slow.lift(x) === undefined) x++;
    expect(ecc.isXOnly(b32(x))).toBe(true);
    expect(ecc.isPoint(prefixed(3, b32(x)))).toBe(true);
  });

  it('says false, and does not throw, for signatures out of range', () => {
    const zeros = new Uint8Array(32);
    const x = G.slice(1);
    for (const r of [0n, n, n + 5n, p - 1n, p, 2n ** 256n - 1n]) {
      for (const s of [0n, 1n, n - 1n, n, 2n ** 256n - 1n]) {
        expect(ecc.schnorrVerify(zeros, x, Slow.join(b32(r), b32(s)))).toBe(false);
        expect(ecc.ecdsaVerify(zeros, G, Slow.join(b32(r), b32(s)))).toBe(false);
      }
    }
    expect(ecc.schnorrVerify(zeros, OFF_CURVE, new Uint8Array(64))).toBe(false);
    expect(ecc.ecdsaVerify(zeros, prefixed(2, OFF_CURVE), Slow.join(b32(1n), b32(1n)))).toBe(false);
  });

  it('verifies ECDSA with low and with high s, and no other', () => {
    fc.assert(
      fc.property(anyScalar, anyScalar, anyBytes(32), (d, k, hash) => {
        const r = (Slow.multiply(k) as readonly [bigint, bigint])[0] % n;
        const s = Slow.modulo(Slow.inverse(k, n) * (Slow.int(hash) + r * d), n);
        const P = Slow.compressed(Slow.multiply(d)) as Uint8Array;
        expect(ecc.ecdsaVerify(hash, P, Slow.join(b32(r), b32(s)))).toBe(true);
        expect(ecc.ecdsaVerify(hash, P, Slow.join(b32(r), b32(n - s)))).toBe(true);
        expect(ecc.ecdsaVerify(hash, P, Slow.join(b32(r), b32(s === 1n ? 2n : s - 1n)))).toBe(false);
        expect(
          ecc.ecdsaVerify(
            hash.map((byte) => byte ^ 1),
            P,
            Slow.join(b32(r), b32(s)),
          ),
        ).toBe(false);
      }),
      { seed: SEED, numRuns: 6 },
    );
  });

  it('signs ECDSA with low s, and recovers the key', () => {
    fc.assert(
      fc.property(anyScalar, anyBytes(32), (d, hash) => {
        const P = Slow.compressed(Slow.multiply(d)) as Uint8Array;
        const { signature, recoveryId } = ecc.ecdsaSign(hash, b32(d));
        expect(signature).toHaveLength(64);
        expect(Slow.int(signature.slice(32)) <= n / 2n).toBe(true);
        expect(ecc.ecdsaVerify(hash, P, signature)).toBe(true);
        expect(show(ecc.ecdsaRecover(hash, signature, recoveryId))).toBe(hex(P));
        expect(show(ecc.ecdsaRecover(hash, signature, (recoveryId ^ 1) as 0 | 1))).not.toBe(hex(P));
        const high = Slow.join(signature.slice(0, 32), b32(n - Slow.int(signature.slice(32))));
        expect(show(ecc.ecdsaRecover(hash, high, (recoveryId ^ 1) as 0 | 1))).toBe(hex(P));
        expect(show(EccEcdsa.recover(hash, signature, recoveryId, ecc))).toBe(hex(P));
      }),
      { seed: SEED, numRuns: 20 },
    );
  });

  it('signs hashes of n and more as RFC 6979 says', () => {
    const [below, above] = [b32(5n), b32(n + 5n)];
    expect(ecc.ecdsaSign(above, b32(7n))).toEqual(ecc.ecdsaSign(below, b32(7n)));
    expect(ecc.ecdsaSign(b32(2n ** 256n - 1n), b32(7n))).toEqual(pure.ecdsaSign(b32(2n ** 256n - 1n), b32(7n)));
  });

  it('recovers from a nonce whose x is r + n, also where r itself is no coordinate', () => {
    let tried = 0;
    let withoutPoint = 0;
    for (let r = 1n; withoutPoint < 3; r++) {
      const R = Slow.lift(r + n);
      if (R === undefined || R === null) continue;
      tried++;
      if (Slow.lift(r) === undefined) withoutPoint++;
      const hash = b32(r * 1_000_003n);
      const s = 123_456_789n;
      for (const parity of [0, 1] as const) {
        const nonce = parity === 0 ? R : Slow.negate(R);
        const want = Slow.multiply(Slow.inverse(r, n), Slow.add(Slow.multiply(s, nonce), Slow.negate(Slow.multiply(Slow.int(hash)))));
        const key = ecc.ecdsaRecover(hash, Slow.join(b32(r), b32(s)), (2 + parity) as 2 | 3);
        expect(show(key)).toBe(show(Slow.compressed(want)));
        expect(ecc.ecdsaVerify(hash, key as Uint8Array, Slow.join(b32(r), b32(s)))).toBe(true);
      }
    }
    expect(tried).toBeGreaterThanOrEqual(3);
  });

  it('recovers nothing from what no key signed', () => {
    const hash = b32(77n);
    const signature = (r: bigint, s: bigint): Uint8Array => Slow.join(b32(r), b32(s));
    let off = 2n;
    while (Slow.lift(off) !== undefined) off++;
    const x = (Slow.G as readonly [bigint, bigint])[0];
    for (const id of [0, 1, 2, 3] as const) {
      for (const [r, s] of [
        [0n, 1n],
        [1n, 0n],
        [n, 1n],
        [1n, n],
        [n + 1n, 1n],
        [2n ** 256n - 1n, 1n],
        [1n, 2n ** 256n - 1n],
      ] as const)
        expect(ecc.ecdsaRecover(hash, signature(r, s), id)).toBeNull();
    }
    for (const id of [0, 1] as const) expect(ecc.ecdsaRecover(hash, signature(off, 5n), id)).toBeNull();
    for (const id of [2, 3] as const) {
      expect(ecc.ecdsaRecover(hash, signature(p - n, 5n), id)).toBeNull();
      expect(ecc.ecdsaRecover(hash, signature(x, 5n), id)).toBeNull();
    }
    // s*R = h*G: the key would be infinity.
    expect(ecc.ecdsaRecover(hash, signature(x, 77n), Slow.isEven(Slow.G) ? 0 : 1)).toBeNull();
    // A hash of zero has no multiple of the generator to subtract.
    const zero = ecc.ecdsaRecover(new Uint8Array(32), signature(x, 5n), 0);
    expect(show(zero)).toBe(show(Slow.compressed(Slow.multiply(Slow.inverse(x, n) * 5n))));
    expect(show(EccEcdsa.recover(new Uint8Array(32), signature(x, 5n), 0, ecc))).toBe(show(zero));
  });

  it('changes none of its inputs', () => {
    // The signature has a high s, which the native library would lower in place.
    const inputs = [b32(7n), Slow.compressed(Slow.multiply(9n)) as Uint8Array, b32(11n), new Uint8Array(64).fill(0xf0)] as const;
    const before = inputs.map(hex);
    const [scalar, point, message, signature] = inputs;
    ecc.pointFromScalar(scalar);
    ecc.isPoint(point);
    ecc.pointAdd(point, G);
    ecc.pointAddScalar(point, scalar);
    ecc.pointMultiply(point, scalar);
    ecc.schnorrSign(message, scalar, message);
    ecc.schnorrVerify(message, point.slice(1), signature);
    ecc.ecdsaVerify(message, point, signature);
    ecc.ecdsaSign(message, scalar);
    ecc.ecdsaRecover(message, signature, 1);
    expect(inputs.map(hex)).toEqual(before);
  });

  it('cannot be changed', () => {
    expect(Object.isFrozen(ecc)).toBe(true);
  });
});

describe('the adapter of tiny-secp256k1', () => {
  it('is not taken when the module computes nothing, something else, or breaks', () => {
    const backend = (pointFromScalar: Ecc.Ecc['pointFromScalar']): Ecc.Ecc => ({ ...wasm, pointFromScalar });
    expect(worksOnTheGenerator(wasm)).toBe(true);
    expect(worksOnTheGenerator(backend(() => null))).toBe(false);
    expect(worksOnTheGenerator(backend(() => new Uint8Array(33)))).toBe(false);
    const broken = backend(() => {
      throw new RangeError('unreachable');
    });
    expect(worksOnTheGenerator(broken)).toBe(false);
  });

  it('lets failures through that are not about its input', () => {
    const broken = adapt({
      ...({} as Parameters<typeof adapt>[0]),
      pointFromScalar: () => {
        throw new RangeError('unreachable');
      },
    });
    expect(() => broken.pointFromScalar(b32(1n))).toThrow('unreachable');
  });
});

describe('the choice of the host', () => {
  afterEach(() => {
    vi.restoreAllMocks();
    vi.resetModules();
  });

  it('is WASM in Node, made once', () => {
    expect(Ecc.auto().name).toBe('wasm');
    expect(Ecc.auto()).toBe(Ecc.auto());
  });

  it('is pure JavaScript where no module can be loaded, and the native backend says so', async () => {
    vi.resetModules();
    vi.spyOn(process, 'getBuiltinModule').mockImplementation(() => undefined);
    const host = await import('../../src/crypto/ecc/host.ts');
    expect(host.hostLoader()).toBeUndefined();
    expect(host.hostBackend().name).toBe('pure');
    const { native } = await import('../../src/crypto/ecc/native.ts');
    expect(codeOf(() => native())).toBe('ecc.native-unavailable');
  });

  it('is pure JavaScript when the package is broken, and the native backend says so', async () => {
    vi.resetModules();
    const createRequire = (): ((name: string) => unknown) => () => {
      throw new Error('Cannot find module');
    };
    vi.spyOn(process, 'getBuiltinModule').mockImplementation((() => ({ createRequire })) as unknown as typeof process.getBuiltinModule);
    const host = await import('../../src/crypto/ecc/host.ts');
    expect(host.hostBackend().name).toBe('pure');
    const { native } = await import('../../src/crypto/ecc/native.ts');
    expect(codeOf(() => native())).toBe('ecc.native-unavailable');
  });

  it('gives the same ECDSA bytes whichever backend it is', () => {
    fc.assert(
      fc.property(anyScalar, anyBytes(32), (d, hash) => {
        const made = backends.map((ecc) => ecc.ecdsaSign(hash, b32(d))).map((one) => `${hex(one.signature)}/${one.recoveryId}`);
        expect(new Set(made).size).toBe(1);
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  it('gives the same bytes whichever backend it is', () => {
    const secretKey = SecretKey.fromHex('0b432b2677937381aef05bb02a66ecd012773062cf3fa2549e44f58ed2401710');
    const aux = new Uint8Array(32).fill(5);
    const message = new Uint8Array(17).fill(9);
    const signatures = [pure, wasm].map((ecc) => hex(Schnorr.sign(message, secretKey, aux, ecc)));
    expect(new Set(signatures).size).toBe(1);
  });
});
