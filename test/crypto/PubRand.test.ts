// Public randomness against its vectors and the textbook; the nonce pair that shows only its public half.
import { createHmac } from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import * as Eots from '../../src/crypto/Eots.ts';
import * as PubRand from '../../src/crypto/PubRand.ts';
import * as SecretKey from '../../src/crypto/SecretKey.ts';
import { randomness } from '../support/slow/schemes.ts';
import { b32, n } from '../support/slow/secp256k1.ts';
import { anyScalar, backends, bytes, cases, codeOf, failure, hex, key, optionalText, SEED, text, utf8 } from './support.ts';

// The textbook curve is slow, and the machine may be busy.
vi.setConfig({ testTimeout: 120_000 });

const vectors = cases('eots/randomness.json', 'eots.randomness', 14);
const anyHeight = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

describe.each(backends.map((ecc) => ({ name: ecc.name, ecc })))('PubRand on $name', ({ ecc }) => {
  it.each(vectors)('vector $id', ({ input, expect: want }) => {
    const secretKey = SecretKey.fromHex(text(input, 'secretKey'));
    const height = BigInt(text(input, 'height'));
    const pair = PubRand.derive(secretKey, text(input, 'chainId'), height, ecc);
    expect(hex(pair.pubRand)).toBe(want['publicNonce']);
    expect(PubRand.derivePublic(secretKey, text(input, 'chainId'), height, 1, ecc).map(hex)).toEqual([want['publicNonce']]);
    const secretNonce = optionalText(want, 'secretNonce');
    if (secretNonce !== undefined) {
      const message = utf8('one message');
      expect(hex(PubRand.fromSecret(bytes(secretNonce), ecc).pubRand)).toBe(want['publicNonce']);
      expect(hex(Eots.signer(secretKey, ecc).sign(message, pair))).toBe(
        hex(Eots.sign({ secretKey, secRand: bytes(secretNonce), message }, ecc)),
      );
    }
  });

  it('gives the textbook values for any key, chain and height', () => {
    fc.assert(
      fc.property(anyScalar, fc.string({ unit: 'binary', maxLength: 40 }), anyHeight, (d, chainId, height) => {
        expect(hex(PubRand.derive(key(d), chainId, height, ecc).pubRand)).toBe(hex(randomness(b32(d), chainId, height).rx));
      }),
      { seed: SEED, numRuns: 12 },
    );
  });

  it('lists consecutive heights', () => {
    const list = PubRand.derivePublic(key(99n), 'bbn-1', 2_000_000n, 7, ecc);
    expect(list.map(hex)).toEqual(list.map((_, i) => hex(PubRand.derive(key(99n), 'bbn-1', 2_000_000n + BigInt(i), ecc).pubRand)));
    expect(PubRand.derivePublic(key(99n), 'bbn-1', 5n, 0, ecc)).toEqual([]);
    expect(PubRand.derivePublic(key(99n), 'bbn-1', 2n ** 64n - 1n, 1, ecc)).toHaveLength(1);
    expect(codeOf(() => PubRand.derivePublic(key(99n), 'bbn-1', 2n ** 64n - 1n, 2, ecc))).toBe('input.out-of-range');
  });

  it('normalises the secret half: k and n-k are one pair', () => {
    const secretKey = key(77n);
    const message = utf8('m');
    const [a, b] = [PubRand.fromSecret(b32(1234n), ecc), PubRand.fromSecret(b32(n - 1234n), ecc)];
    expect(hex(a.pubRand)).toBe(hex(b.pubRand));
    const signer = Eots.signer(secretKey, ecc);
    expect(hex(signer.sign(message, a))).toBe(hex(signer.sign(message, b)));
  });
});

describe('PubRand refuses', () => {
  it('nonces out of range', () => {
    for (const k of [0n, n, 2n ** 256n - 1n]) {
      expect(failure(() => PubRand.fromSecret(b32(k))).reason).toEqual({ code: 'pub-rand.nonce-out-of-range', field: 'secRand' });
    }
    expect(codeOf(() => PubRand.fromSecret(new Uint8Array(31)))).toBe('input.wrong-length');
  });

  it('heights that are no 64-bit integers, wiped keys, and what is no text', () => {
    expect(codeOf(() => PubRand.derive(key(5n), 'bbn-1', -1n))).toBe('input.out-of-range');
    expect(codeOf(() => PubRand.derive(key(5n), 'bbn-1', 2n ** 64n))).toBe('input.out-of-range');
    expect(codeOf(() => PubRand.derive(key(5n), 'bbn-1', 5 as unknown as bigint))).toBe('input.not-integer');
    expect(codeOf(() => PubRand.derive(key(5n), 1 as unknown as string, 5n))).toBe('input.not-text');
    expect(codeOf(() => PubRand.derive(new Uint8Array(32) as SecretKey.SecretKey, 'bbn-1', 5n))).toBe('secret-key.out-of-range');
    expect(codeOf(() => PubRand.derivePublic(key(5n), 'bbn-1', 5n, -1))).toBe('input.out-of-range');
    expect(codeOf(() => PubRand.derivePublic(key(5n), 'bbn-1', 5n, 1.5))).toBe('input.not-integer');
  });

  it('a chain-id with half a surrogate pair, which two texts would share', () => {
    expect(codeOf(() => PubRand.derive(key(5n), 'bbn\ud800', 5n))).toBe('pub-rand.malformed-chain-id');
    expect(codeOf(() => PubRand.derive(key(5n), '\udc00bbn', 5n))).toBe('pub-rand.malformed-chain-id');
    expect(PubRand.derive(key(5n), 'bbn-\u{1f600}', 5n).pubRand).toHaveLength(32);
  });
});

describe('a nonce pair', () => {
  const secret = 'c0ffee00'.repeat(8);
  const pair = PubRand.fromSecret(bytes(secret));

  it('shows only its public half, however it is printed', () => {
    const shown = [
      String(pair),
      JSON.stringify(pair),
      JSON.stringify({ pair }),
      inspect(pair, { showHidden: true, depth: 9 }),
      Object.keys(pair).join(),
      JSON.stringify(Object.getOwnPropertyNames(pair)),
      JSON.stringify(Object.entries(pair)),
    ];
    const planted = [
      secret,
      (n - BigInt(`0x${secret}`)).toString(16),
      BigInt(`0x${secret}`).toString(),
      (n - BigInt(`0x${secret}`)).toString(),
    ];
    for (const text of shown) for (const part of planted) expect(text.toLowerCase()).not.toContain(part);
    expect(shown[0]).toContain(hex(pair.pubRand));
    expect(JSON.parse(shown[1] ?? '')).toEqual({ pubRand: hex(pair.pubRand) });
    expect(shown[3]).toContain(hex(pair.pubRand));
  });

  it('hands out copies of its public half', () => {
    pair.pubRand.fill(0);
    expect(hex(pair.pubRand)).toBe(hex(PubRand.fromSecret(bytes(secret)).pubRand));
  });

  it('does not sign once it is wiped', () => {
    const one = PubRand.fromSecret(bytes(secret));
    one.wipe();
    expect(codeOf(() => Eots.signer(key(5n)).sign(utf8('m'), one))).toBe('pub-rand.wiped');
    expect(one.pubRand).toHaveLength(32);
  });
});

describe('the derivation with a domain tag', () => {
  it('is HMAC over tag, length of the chain-id, chain-id, height and iteration', () => {
    const secretKey = key(77n);
    for (const [chainId, height] of [
      ['bbn-1', 2_000_000n],
      ['', 0n],
      ['ü/ö', 2n ** 64n - 1n],
    ] as const) {
      const uint64 = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(16, '0'), 'hex');
      const chain = Buffer.from(chainId, 'utf8');
      const data = Buffer.concat([Buffer.from('satlock/eots-nonce/v1'), uint64(BigInt(chain.length)), chain, uint64(height), uint64(0n)]);
      const secRand = createHmac('sha256', secretKey).update(data).digest();
      const expected = hex(PubRand.fromSecret(Uint8Array.from(secRand)).pubRand);
      expect(hex(PubRand.deriveTagged(secretKey, chainId, height).pubRand)).toBe(expected);
      expect(hex(PubRand.derive(secretKey, chainId, height).pubRand)).not.toBe(expected);
    }
  });

  it('gives pairs that sign', () => {
    const signer = Eots.signer(key(78n));
    const nonce = PubRand.deriveTagged(key(78n), 'bbn-1', 5n);
    const signature = signer.sign(utf8('m'), nonce);
    expect(Eots.verify({ publicKey: signer.publicKey, pubRand: nonce.pubRand, message: utf8('m'), signature })).toBe(true);
  });
});
