// Pairs from prepared points are those of the derivation, and nobody can put points of another key, chain or height into a source.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Ecc } from '../../src/crypto/Ecc.ts';
import * as Eots from '../../src/crypto/Eots.ts';
import { wasm } from '../../src/crypto/ecc/wasm.ts';
import * as PubRand from '../../src/crypto/PubRand.ts';
import type * as SecretKey from '../../src/crypto/SecretKey.ts';
import { randomness } from '../support/slow/schemes.ts';
import { b32, n } from '../support/slow/secp256k1.ts';
import { anyScalar, backends, codeOf, hex, key, SEED, utf8 } from './support.ts';

const secretKey = key(0x5eedn);
const CHAIN = 'bbn-1';
const range = (startHeight: bigint, count: number, interval = 1n): PubRand.HeightRange => ({ startHeight, count, interval });

/** A backend that counts its multiplications of the base point. */
function counting(): { readonly ecc: Ecc; readonly calls: () => number } {
  let calls = 0;
  const pointFromScalar: Ecc['pointFromScalar'] = (scalar) => {
    calls++;
    return wasm.pointFromScalar(scalar);
  };
  return { ecc: { ...wasm, pointFromScalar }, calls: () => calls };
}

describe('a source of nonces', () => {
  it.each(backends.map((ecc) => ({ name: ecc.name, ecc })))('gives the pairs of the derivation, prepared or not ($name)', ({ ecc }) => {
    const source = PubRand.source(secretKey, CHAIN, { ecc });
    source.prepare(range(1_000n, 70));
    const signer = Eots.signer(secretKey, ecc);
    const message = utf8('m');
    for (const height of [999n, 1_000n, 1_001n, 1_023n, 1_024n, 1_069n, 1_070n]) {
      const [mine, plain] = [source.pair(height), PubRand.derive(secretKey, CHAIN, height, ecc)];
      expect(source.holds(height)).toBe(height >= 1_000n && height < 1_070n);
      expect(hex(mine.pubRand)).toBe(hex(plain.pubRand));
      const s = signer.sign(message, mine);
      expect(hex(s)).toBe(hex(signer.sign(message, plain)));
      expect(Eots.verify({ publicKey: signer.publicKey, pubRand: plain.pubRand, message, signature: s }, ecc)).toBe(true);
    }
  });

  it('gives the textbook values for any key, chain, start and interval', () => {
    fc.assert(
      fc.property(
        anyScalar,
        fc.string({ unit: 'binary', maxLength: 20 }),
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n - 300n }),
        fc.bigInt({ min: 1n, max: 100n }),
        (d, chainId, start, interval) => {
          const { points } = PubRand.source(key(d), chainId).prepare(range(start, 3, interval));
          const want = [0n, 1n, 2n].map((j) => hex(randomness(b32(d), chainId, start + j * interval).rx));
          expect(PubRand.publicOf(points).map(hex)).toEqual(want);
          expect(points[0] === 2 || points[0] === 3).toBe(true);
        },
      ),
      { seed: SEED, numRuns: 10 },
    );
  });

  it('multiplies once for a prepared height, and never again', () => {
    const { ecc, calls } = counting();
    const source = PubRand.source(secretKey, CHAIN, { ecc });
    source.prepare(range(64n, 64));
    expect(calls()).toBe(64);
    for (let height = 64n; height < 128n; height++) source.pair(height);
    expect(calls()).toBe(64);
    source.pair(63n);
    source.pair(128n);
    expect(calls()).toBe(66);
  });

  it('finds heights of sparse and overlapping ranges, up to the last height there is', () => {
    const source = PubRand.source(secretKey, CHAIN);
    source.prepare(range(10n, 5, 100n));
    source.prepare(range(200n, 20));
    source.prepare(range(2n ** 64n - 3n, 3));
    const held = [10n, 110n, 210n, 310n, 410n, 200n, 219n, 2n ** 64n - 1n];
    for (const height of held) {
      expect(source.holds(height)).toBe(true);
      expect(hex(source.pair(height).pubRand)).toBe(hex(PubRand.derive(secretKey, CHAIN, height).pubRand));
    }
    for (const height of [0n, 11n, 109n, 199n, 220n, 2n ** 64n - 4n]) expect(source.holds(height)).toBe(false);
    expect(codeOf(() => source.prepare(range(2n ** 64n - 3n, 4)))).toBe('input.out-of-range');
    expect(codeOf(() => source.prepare(range(5n, 2, 2n ** 64n - 1n)))).toBe('input.out-of-range');
    expect(codeOf(() => source.prepare(range(5n, 2, 0n)))).toBe('input.out-of-range');
  });

  it('keeps no more points than it may, the newest ones', () => {
    const source = PubRand.source(secretKey, CHAIN, { maxKept: 128 });
    source.prepare(range(0n, 192));
    expect([0n, 63n, 64n, 191n].map((height) => source.holds(height))).toEqual([false, false, true, true]);
    expect(hex(source.pair(0n).pubRand)).toBe(hex(PubRand.derive(secretKey, CHAIN, 0n).pubRand));
    const none = PubRand.source(secretKey, CHAIN, { maxKept: 0 });
    none.prepare(range(0n, 3));
    expect(none.holds(0n)).toBe(false);
  });

  it('knows its own key, byte for byte, and keeps a copy of it', () => {
    const mine = Uint8Array.from(secretKey) as SecretKey.SecretKey;
    const source = PubRand.source(mine, CHAIN);
    const before = hex(source.pair(7n).pubRand);
    expect(source.isOf(mine)).toBe(true);
    expect(source.isOf(key(n - 0x5eedn))).toBe(false);
    mine.fill(0);
    expect(source.isOf(secretKey)).toBe(true);
    expect(hex(source.pair(7n).pubRand)).toBe(before);
  });

  it('gives nothing once it is wiped', () => {
    const source = PubRand.source(secretKey, CHAIN);
    const sealed = PubRand.sealedPoints(secretKey, CHAIN, range(1n, 2));
    source.wipe();
    expect(codeOf(() => source.pair(1n))).toBe('pub-rand.wiped');
    expect(codeOf(() => source.prepare(range(1n, 1)))).toBe('pub-rand.wiped');
    expect(codeOf(() => source.adopt(sealed))).toBe('pub-rand.wiped');
    expect(source.holds(1n)).toBe(false);
    expect(source.isOf(secretKey)).toBe(false);
  });

  it('hands out points, and changing them changes nothing', () => {
    const source = PubRand.source(secretKey, CHAIN);
    const { points } = source.prepare(range(1n, 2));
    const before = hex(source.pair(1n).pubRand);
    points.fill(0);
    expect(hex(source.pair(1n).pubRand)).toBe(before);
  });

  it('stops at a backend that has no point for a good scalar', () => {
    const ecc: Ecc = { ...wasm, pointFromScalar: () => null };
    expect(codeOf(() => PubRand.sealedPoints(secretKey, CHAIN, range(1n, 1), ecc))).toBe('scalar.out-of-range');
  });
});

describe('sealed points', () => {
  const sealed = PubRand.sealedPoints(secretKey, CHAIN, range(100n, 4, 2n));

  it('are taken from another thread with their seal', () => {
    const { ecc, calls } = counting();
    const source = PubRand.source(secretKey, CHAIN, { ecc });
    source.adopt(structuredClone(sealed));
    expect([100n, 102n, 106n].map((height) => hex(source.pair(height).pubRand))).toEqual(
      [100n, 102n, 106n].map((height) => hex(PubRand.derive(secretKey, CHAIN, height).pubRand)),
    );
    expect(calls()).toBe(0);
    expect(source.holds(101n)).toBe(false);
  });

  it('are refused when anything about them was changed', () => {
    const flipped = (bytes: Uint8Array, at: number): Uint8Array => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
    const forgeries: PubRand.SealedPoints[] = [
      { ...sealed, points: flipped(sealed.points, 0) },
      { ...sealed, points: flipped(sealed.points, 131) },
      { ...sealed, seal: flipped(sealed.seal, 31) },
      { ...sealed, startHeight: 101n },
      { ...sealed, interval: 1n },
      { ...sealed, count: 3, points: sealed.points.slice(0, 99) },
      PubRand.sealedPoints(key(n - 0x5eedn), CHAIN, range(100n, 4, 2n)),
      PubRand.sealedPoints(secretKey, 'bbn-2', range(100n, 4, 2n)),
    ];
    const source = PubRand.source(secretKey, CHAIN);
    for (const forged of forgeries) {
      expect(codeOf(() => source.adopt(forged))).toBe('pub-rand.bad-seal');
    }
    for (const height of [100n, 101n, 102n, 103n, 104n, 106n]) expect(source.holds(height)).toBe(false);
    expect(codeOf(() => source.adopt({ ...sealed, count: 3 }))).toBe('input.wrong-length');
  });

  it('have a seal for each 512, which are those of the parts', () => {
    const asked = range(5n, 1_100, 3n);
    const parts = PubRand.splitRange(asked);
    expect(parts).toEqual([range(5n, 512, 3n), range(5n + 1_536n, 512, 3n), range(5n + 3_072n, 76, 3n)]);
    const sealedParts = parts.map((part) => PubRand.sealedPoints(secretKey, CHAIN, part));
    const whole = PubRand.joinSealed(sealedParts);
    expect(whole).toEqual(PubRand.sealedPoints(secretKey, CHAIN, asked));
    expect(whole.seal).toHaveLength(96);
    const [a, b, c] = sealedParts as [PubRand.SealedPoints, PubRand.SealedPoints, PubRand.SealedPoints];
    for (const wrong of [
      [b, a],
      [a, a],
      [a, c],
      [c, a],
      [a, { ...b, interval: 1n }],
    ]) {
      expect(codeOf(() => PubRand.joinSealed(wrong))).toBe('pub-rand.gap');
    }
    const short = PubRand.sealedPoints(secretKey, CHAIN, range(5n, 3));
    expect(codeOf(() => PubRand.joinSealed([short, PubRand.sealedPoints(secretKey, CHAIN, range(8n, 3))]))).toBe('pub-rand.gap');
    expect(codeOf(() => PubRand.joinSealed([]))).toBe('input.missing');
    expect(codeOf(() => PubRand.joinSealed([{ ...a, points: a.points.slice(33) }]))).toBe('input.wrong-length');
    // A seal of one part does not fit another, and one wrong part spoils the whole.
    const source = PubRand.source(secretKey, CHAIN);
    const swapped = whole.seal.slice();
    swapped.set(b.seal, 0);
    swapped.set(a.seal, 32);
    expect(codeOf(() => source.adopt({ ...whole, seal: swapped }))).toBe('pub-rand.bad-seal');
    expect(codeOf(() => source.adopt({ ...whole, points: whole.points.map((byte, i) => (i === 600 * 33 ? byte ^ 1 : byte)) }))).toBe(
      'pub-rand.bad-seal',
    );
    expect(source.holds(5n)).toBe(false);
    source.adopt(whole);
    expect(source.holds(5n + 3n * 1_099n)).toBe(true);
  });

  it('may be computed bit by bit', () => {
    const steps = PubRand.pointsInSteps(secretKey, CHAIN, range(7n, 10));
    expect([steps.advance(4), steps.advance(4)]).toEqual([true, true]);
    expect(codeOf(() => steps.finish())).toBe('input.missing');
    expect(steps.advance(4)).toBe(false);
    expect(steps.finish()).toEqual(PubRand.sealedPoints(secretKey, CHAIN, range(7n, 10)));
    steps.wipe();
    const wiped = PubRand.pointsInSteps(secretKey, CHAIN, range(7n, 10));
    wiped.wipe();
    expect(codeOf(() => wiped.advance(1))).toBe('pub-rand.wiped');
  });

  it('have a seal that is no nonce of the key', () => {
    const { seal } = PubRand.sealedPoints(secretKey, CHAIN, range(0n, 1));
    expect(hex(PubRand.derive(secretKey, CHAIN, 0n).pubRand)).not.toBe(hex(PubRand.fromSecret(seal).pubRand));
  });
});

describe('signRoot', () => {
  it('signs what sign does, given the hash', () => {
    const signer = Eots.signer(secretKey);
    const pair = PubRand.derive(secretKey, CHAIN, 9n);
    const message = utf8('a vote');
    for (const context of [undefined, '', 'ab'.repeat(32)]) {
      expect(hex(signer.signRoot(Eots.messageRoot(message, context), pair))).toBe(hex(signer.sign(message, pair, context)));
    }
    expect(codeOf(() => signer.signRoot(message, pair))).toBe('input.wrong-length');
    signer.wipe();
    expect(codeOf(() => signer.signRoot(Eots.messageRoot(message), pair))).toBe('eots.wiped-signer');
  });
});
