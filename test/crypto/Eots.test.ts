// EOTS: the vectors on every backend, 130 random cases against the textbook, and what must not verify, sign or extract.
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import * as Eots from '../../src/crypto/Eots.ts';
import * as PubRand from '../../src/crypto/PubRand.ts';
import * as Schnorr from '../../src/crypto/Schnorr.ts';
import * as SecretKey from '../../src/crypto/SecretKey.ts';
import { eots, normalised } from '../support/slow/schemes.ts';
import * as Slow from '../support/slow/secp256k1.ts';
import { anyMessage, anyScalar, backends, bytes, cases, codeOf, field, hex, key, optionalText, SEED, text, utf8 } from './support.ts';

// The textbook curve is slow, and the machine may be busy.
vi.setConfig({ testTimeout: 120_000 });

const { b32, n, p } = Slow;
const signing = cases('eots/sign.json', 'eots.sign', 20);
const verifying = cases('eots/verify.json', 'eots.verify', 28);
const extracting = cases('eots/extract.json', 'eots.extract', 18);
const OFF_CURVE = bytes('eefdea4cdb677750a420fee807eacf21eb9898ae79b9768766e4faa04a2d4a34');

describe.each(backends.map((ecc) => ({ name: ecc.name, ecc })))('EOTS vectors on $name', ({ ecc }) => {
  it.each(signing)('sign $id', ({ input, expect: want }) => {
    const context = optionalText(input, 'context');
    const message = field(input, 'message');
    const secRand = field(input, 'secretNonce');
    if (want['error'] !== undefined) {
      const act = (): unknown => Eots.sign({ secretKey: field(input, 'secretKey') as SecretKey.SecretKey, secRand, message, context }, ecc);
      expect(codeOf(act)).toBe(want['error']);
      return;
    }
    const secretKey = SecretKey.fromHex(text(input, 'secretKey'));
    expect(hex(Eots.sign({ secretKey, secRand, message, context }, ecc))).toBe(want['signature']);
    const signer = Eots.signer(secretKey, ecc);
    const nonce = PubRand.fromSecret(secRand, ecc);
    expect(hex(signer.sign(message, nonce, context))).toBe(want['signature']);
    if (want['publicKey'] !== undefined) expect(hex(signer.publicKey)).toBe(want['publicKey']);
    if (want['publicNonce'] !== undefined) expect(hex(nonce.pubRand)).toBe(want['publicNonce']);
    const made = { publicKey: signer.publicKey, pubRand: nonce.pubRand, message, signature: field(want, 'signature'), context };
    expect(Eots.verify(made, ecc)).toBe(true);
    expect(Eots.check(made, ecc)).toBeUndefined();
    expect(Eots.verify({ ...made, context: context === undefined ? 'another' : '' }, ecc)).toBe(false);
  });

  it.each(verifying)('verify $id', ({ input, expect: want }) => {
    const given = {
      publicKey: field(input, 'publicKey'),
      pubRand: field(input, 'publicNonce'),
      message: field(input, 'message'),
      signature: field(input, 'signature'),
    };
    expect(Eots.verify(given, ecc)).toBe(want['valid']);
    expect(Eots.check(given, ecc) === undefined).toBe(want['valid']);
  });

  it.each(extracting)('extract $id', ({ input, expect: want }) => {
    const act = (): Uint8Array =>
      Eots.extract(
        {
          publicKey: field(input, 'publicKey'),
          pubRand: field(input, 'publicNonce'),
          message1: field(input, 'message1'),
          signature1: field(input, 'signature1'),
          message2: field(input, 'message2'),
          signature2: field(input, 'signature2'),
        },
        ecc,
      );
    if (want['error'] === undefined) expect(hex(act())).toBe(want['secretKey']);
    else expect(codeOf(act)).toBe(want['error']);
  });
});

describe('EOTS against the textbook', () => {
  it('signs, verifies and extracts 130 times, with at least 20 cases of each parity', () => {
    const seen: Record<string, number> = {};
    const two = fc.tuple(anyMessage, anyMessage).filter(([a, b]) => hex(a) !== hex(b));
    fc.assert(
      fc.property(anyScalar, anyScalar, two, fc.nat(backends.length - 1), (sk, k, [message1, message2], which) => {
        const ecc = backends[which];
        const [keyPair, noncePair] = [normalised(sk), normalised(k)];
        const parity = `${keyPair.odd ? 'odd' : 'even'}-${noncePair.odd ? 'odd' : 'even'}`;
        seen[parity] = (seen[parity] ?? 0) + 1;
        const [publicKey, pubRand, secRand] = [keyPair.x, noncePair.x, b32(k)];
        const secretKey = key(sk);
        const signature1 = Eots.sign({ secretKey, secRand, message: message1 }, ecc);
        const signature2 = Eots.signer(secretKey, ecc).sign(message2, PubRand.fromSecret(secRand, ecc));
        expect(hex(signature1)).toBe(hex(eots.sign(sk, k, message1)));
        expect(hex(signature2)).toBe(hex(eots.sign(sk, k, message2)));
        expect(Eots.verify({ publicKey, pubRand, message: message1, signature: signature1 }, ecc)).toBe(true);
        expect(Eots.verify({ publicKey, pubRand, message: message2, signature: signature1 }, ecc)).toBe(false);
        expect(Schnorr.verify(Slow.sha256(message1), publicKey, Slow.join(pubRand, signature1), ecc)).toBe(true);
        const pair = { publicKey, pubRand, message1, signature1, message2, signature2 };
        const even = hex(b32(eots.extract(publicKey, pubRand, message1, signature1, message2, signature2)));
        expect(hex(Eots.extract(pair, ecc))).toBe(even);
        expect(even).toBe(hex(b32(keyPair.scalar)));
        const compressed = Slow.join(Uint8Array.of(keyPair.odd ? 3 : 2), publicKey);
        expect(hex(Eots.extract({ ...pair, publicKey: compressed }, ecc))).toBe(hex(b32(sk)));
      }),
      { seed: SEED, numRuns: 130 },
    );
    expect(Object.keys(seen).sort()).toEqual(['even-even', 'even-odd', 'odd-even', 'odd-odd']);
    for (const count of Object.values(seen)) expect(count).toBeGreaterThanOrEqual(20);
  });

  it('refuses 70 altered signatures, messages, keys and nonces, and so does the textbook', () => {
    const findings = new Set<string>();
    const change = fc.constantFrom('signature', 'message', 'publicKey', 'pubRand', 'negated', 'order', 'random', 'zero');
    fc.assert(
      fc.property(anyScalar, anyScalar, anyMessage, change, anyScalar, fc.nat(255), (sk, k, message, what, other, bit) => {
        const good = { publicKey: normalised(sk).x, pubRand: normalised(k).x, message, signature: eots.sign(sk, k, message) };
        const flip = (value: Uint8Array): Uint8Array => value.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
        const altered: Eots.VerifyInput = {
          signature: { ...good, signature: flip(good.signature) },
          message: { ...good, message: Slow.join(message, Uint8Array.of(bit)) },
          publicKey: { ...good, publicKey: flip(good.publicKey) },
          pubRand: { ...good, pubRand: flip(good.pubRand) },
          negated: { ...good, signature: b32(n - Slow.int(good.signature)) },
          order: { ...good, signature: b32(n + BigInt(bit)) },
          random: { ...good, signature: b32(other) },
          zero: { ...good, signature: new Uint8Array(32) },
        }[what];
        expect(eots.verify(altered.publicKey, altered.pubRand, altered.message, altered.signature)).toBe(false);
        for (const ecc of backends) expect(Eots.verify(altered, ecc)).toBe(false);
        const finding = Eots.check(altered);
        expect(finding).toBeDefined();
        for (const ecc of backends) expect(Eots.check(altered, ecc)).toBe(finding);
        findings.add(finding ?? '');
      }),
      { seed: SEED, numRuns: 70 },
    );
    // A wrong s ends in either of the first two, half of the time each; which one is chance.
    expect([...findings].sort()).toEqual(expect.arrayContaining(['odd-r', 'public-key-not-on-curve', 's-out-of-range', 'unequal-r']));
  });

  it('refuses to extract from 40 pairs of which one signature is not valid', () => {
    fc.assert(
      fc.property(anyScalar, anyScalar, anyScalar, fc.nat(4), (sk, k, other, which) => {
        const [message1, message2] = [utf8('a'), utf8('b')];
        const [publicKey, pubRand] = [normalised(sk).x, normalised(k).x];
        const signature1 = eots.sign(sk, k, message1);
        const good = { publicKey, pubRand, message1, signature1, message2, signature2: eots.sign(sk, k, message2) };
        const bad: Eots.ExtractInput = [
          { ...good, signature2: b32(other) },
          { ...good, signature2: eots.sign(other, k, message2) },
          { ...good, signature2: eots.sign(sk, other, message2) },
          { ...good, publicKey: normalised(other).x },
          { ...good, pubRand: normalised(other).x },
        ][which] as Eots.ExtractInput;
        for (const ecc of backends) expect(codeOf(() => Eots.extract(bad, ecc))).toBe('eots.key-mismatch');
      }),
      { seed: SEED, numRuns: 40 },
    );
  });
});

describe('EOTS check', () => {
  const publicKey = normalised(3n).x;
  const message = utf8('m');

  it('names infinity, odd R and unequal R, in the order of the chain', () => {
    // s = e*d makes R infinite; s = e*d +- k gives R = +-k*G, whatever R.x was given.
    const pubRand = normalised(11n).x;
    const ed = (eots.challenge(pubRand, publicKey, message) * normalised(3n).scalar) % n;
    const finding = (s: bigint, given = pubRand): string | undefined =>
      Eots.check({ publicKey, pubRand: given, message, signature: b32(Slow.modulo(s, n)) });
    expect(finding(ed)).toBe('infinity');
    expect(finding(ed + normalised(11n).scalar)).toBeUndefined();
    expect(finding(ed - normalised(11n).scalar)).toBe('odd-r');
    expect(finding(ed + normalised(12n).scalar)).toBe('unequal-r');
    expect(finding(ed - normalised(12n).scalar)).toBe('odd-r');
  });

  it('names what is out of range', () => {
    const pubRand = normalised(11n).x;
    const signature = eots.sign(3n, 11n, message);
    expect(Eots.check({ publicKey, pubRand, message, signature: b32(n) })).toBe('s-out-of-range');
    expect(Eots.check({ publicKey, pubRand: b32(p), message, signature })).toBe('r-out-of-range');
    expect(Eots.check({ publicKey: OFF_CURVE, pubRand, message, signature })).toBe('public-key-not-on-curve');
    expect(Eots.check({ publicKey, pubRand: OFF_CURVE, message, signature })).toMatch(/^(odd-r|unequal-r)$/);
  });
});

describe('EOTS misuse', () => {
  const secretKey = key(3n);
  const good = { publicKey: normalised(3n).x, pubRand: normalised(11n).x, message: utf8('m'), signature: eots.sign(3n, 11n, utf8('m')) };
  const pair = {
    publicKey: good.publicKey,
    pubRand: good.pubRand,
    message1: utf8('m'),
    signature1: good.signature,
    message2: utf8('n'),
    signature2: eots.sign(3n, 11n, utf8('n')),
  };

  it('throws for lengths and types', () => {
    const short = new Uint8Array(31);
    for (const name of ['publicKey', 'pubRand', 'signature'] as const) {
      expect(codeOf(() => Eots.verify({ ...good, [name]: short }))).toBe('input.wrong-length');
      expect(codeOf(() => Eots.check({ ...good, [name]: short }))).toBe('input.wrong-length');
    }
    for (const name of ['publicKey', 'pubRand', 'signature1', 'signature2'] as const) {
      expect(codeOf(() => Eots.extract({ ...pair, [name]: short }))).toBe('input.wrong-length');
    }
    expect(codeOf(() => Eots.verify({ ...good, message: 'm' as unknown as Uint8Array }))).toBe('input.not-bytes');
    expect(codeOf(() => Eots.verify({ ...good, context: 1 as unknown as string }))).toBe('input.not-text');
    expect(codeOf(() => Eots.sign({ secretKey, secRand: short, message: good.message }))).toBe('input.wrong-length');
    expect(codeOf(() => Eots.signer(short as SecretKey.SecretKey))).toBe('input.wrong-length');
  });

  it('refuses odd contexts', () => {
    expect(codeOf(() => Eots.verify({ ...good, context: '\ud800' }))).toBe('eots.malformed-context');
  });

  it('refuses a compressed key with another prefix, and a key off the curve', () => {
    expect(codeOf(() => Eots.extract({ ...pair, publicKey: Slow.join(Uint8Array.of(4), pair.publicKey) }))).toBe('eots.bad-prefix');
    expect(codeOf(() => Eots.extract({ ...pair, publicKey: OFF_CURVE }))).toBe('public-key.not-on-curve');
  });

  it('refuses to sign after wiping', () => {
    const signer = Eots.signer(secretKey);
    const nonce = PubRand.fromSecret(b32(11n));
    expect(hex(signer.sign(good.message, nonce))).toBe(hex(good.signature));
    signer.wipe();
    expect(codeOf(() => signer.sign(good.message, nonce))).toBe('eots.wiped-signer');
    expect(hex(secretKey)).toBe(hex(b32(3n)));
  });

  it('does not let a caller change the key of a signer', () => {
    const signer = Eots.signer(secretKey);
    signer.publicKey.fill(0);
    expect(hex(signer.sign(good.message, PubRand.fromSecret(b32(11n))))).toBe(hex(good.signature));
    expect(Object.isFrozen(signer)).toBe(true);
  });
});
