// Adaptor signatures: the upstream vectors and worked examples on every backend, 100 random cases against the textbook, refusals.
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import * as AdaptorSig from '../../src/crypto/AdaptorSig.ts';
import type { Ecc } from '../../src/crypto/Ecc.ts';
import * as Schnorr from '../../src/crypto/Schnorr.ts';
import * as SecretKey from '../../src/crypto/SecretKey.ts';
import { adaptor, bip340, normalised } from '../support/slow/schemes.ts';
import * as Slow from '../support/slow/secp256k1.ts';
import {
  anyBytes,
  anyMessage,
  anyScalar,
  backends,
  bytes,
  type Case,
  cases,
  codeOf,
  failure,
  field,
  hex,
  key,
  rows,
  SEED,
  text,
} from './support.ts';

// The textbook curve is slow, and the machine may be busy.
vi.setConfig({ testTimeout: 120_000 });

const { b32, n, p } = Slow;
const OFF_CURVE = bytes('eefdea4cdb677750a420fee807eacf21eb9898ae79b9768766e4faa04a2d4a34');
const presig = cases('adaptor/presig.json', 'adaptor.signature', 17);
const adapt = cases('adaptor/adapt.json', 'adaptor.signature', 5);
const secadaptor = cases('adaptor/secadaptor.json', 'adaptor.signature', 4);
const worked = cases('adaptor/worked.json', 'adaptor.signature', 18);
const legacy = cases('adaptor/legacy66.json', 'adaptor.signature', 16);

/** Runs one case of the exchange format and checks every field that it lists. */
function run({ input, expect: want }: Case, ecc: Ecc): void {
  if (want['error'] !== undefined) {
    expect(codeOf(() => compute(input, ecc))).toBe(want['error']);
    return;
  }
  const got: Readonly<Record<string, unknown>> = compute(input, ecc);
  for (const [name, value] of Object.entries(want)) expect([name, got[name]]).toEqual([name, value]);
}

function compute(input: Case['input'], ecc: Ecc): Record<string, unknown> {
  const made = (name: string): Uint8Array | undefined => (input[name] === undefined ? undefined : field(input, name));
  const published = made('signature');
  if (published !== undefined) {
    const given = { adaptorSignature: field(input, 'adaptorSignature'), signature: published };
    return { recoveredDecryptionKey: hex(AdaptorSig.recover(given, ecc)) };
  }
  const encryptionKey = field(input, 'encryptionPublicKey');
  const message = field(input, 'message');
  const adaptorSignature =
    made('adaptorSignature') ??
    AdaptorSig.sign(
      { secretKey: SecretKey.fromHex(text(input, 'signerSecretKey')), encryptionKey, message, auxRand: field(input, 'auxRand') },
      ecc,
    );
  const valid = AdaptorSig.verify({ publicKey: field(input, 'signerPublicKey'), encryptionKey, message, adaptorSignature }, ecc);
  const secret = made('decryptionSecretKey');
  if (secret === undefined) return { valid, adaptorSignature: hex(adaptorSignature) };
  const decryptionKey = AdaptorSig.decryptionKeyFor(SecretKey.from(secret), encryptionKey, ecc);
  const signature = AdaptorSig.decrypt({ adaptorSignature, decryptionKey }, ecc);
  expect(Schnorr.verify(message, field(input, 'signerPublicKey'), signature, ecc)).toBe(valid);
  return { valid, signature: hex(signature), adaptorSignature: hex(adaptorSignature) };
}

describe.each(backends.map((ecc) => ({ name: ecc.name, ecc })))('adaptor vectors on $name', ({ ecc }) => {
  it.each(presig)('$id $comment', (one) => run(one, ecc));
  it.each(adapt)('$id $comment', (one) => run(one, ecc));
  it.each(secadaptor)('$id $comment', (one) => run(one, ecc));
  it.each(worked)('$id $comment', (one) => run(one, ecc));
  it.each(legacy)('$id', (one) => run(one, ecc));
});

describe('the converted vectors are the upstream rows', () => {
  const low = (row: Readonly<Record<string, string>>, name: string): string => (row[name] ?? '').toLowerCase();

  it('presig: 15 rows', () => {
    const upstream = rows('adaptor/upstream/presig_vectors.csv');
    expect(upstream).toHaveLength(15);
    for (const row of upstream) {
      const ours = presig.filter(({ id }) => id.split('-')[1] === row['index']);
      expect(ours).toHaveLength(row['secret key'] === '' ? 1 : 2);
      for (const { input, expect: want } of ours) {
        expect(input).toMatchObject({
          signerPublicKey: low(row, 'public key'),
          encryptionPublicKey: low(row, 'adaptor'),
          message: low(row, 'message'),
        });
        expect(want['valid']).toBe(row['result'] === 'TRUE');
        expect(input['adaptorSignature'] ?? want['adaptorSignature']).toBe(low(row, 'pre-signature'));
      }
    }
  });

  it('adapt: 5 rows', () => {
    const upstream = rows('adaptor/upstream/adapt_vectors.csv');
    expect(upstream).toHaveLength(5);
    for (const row of upstream) {
      const ours = adapt.find(({ id }) => id === `adapt-${row['index']}`);
      expect(ours?.input).toEqual({
        signerPublicKey: low(row, 'pubkey'),
        encryptionPublicKey: hex(Slow.compressed(Slow.multiply(Slow.int(bytes(row['secadaptor'] ?? '')))) as Uint8Array),
        message: low(row, 'message'),
        adaptorSignature: low(row, 'pre-signature'),
        decryptionSecretKey: low(row, 'secadaptor'),
      });
      expect(ours?.expect).toEqual({ valid: row['result'] === 'TRUE', signature: low(row, 'BIP340 signature') });
    }
  });

  it('secadaptor: 4 rows', () => {
    const upstream = rows('adaptor/upstream/secadaptor_vectors.csv');
    expect(upstream).toHaveLength(4);
    for (const row of upstream) {
      const ours = secadaptor.find(({ id }) => id === `secadaptor-${row['index']}`);
      expect(ours?.input).toEqual({ adaptorSignature: low(row, 'pre-signature'), signature: low(row, 'BIP340 signature') });
      expect(ours?.expect['recoveredDecryptionKey'] === low(row, 'secadaptor')).toBe(row['result'] === 'TRUE');
    }
  });
});

describe('adaptor signatures against the textbook', () => {
  it('signs, verifies, decrypts and recovers 100 times, for all parities of key, encryption key and R0', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(anyScalar, anyScalar, anyMessage, anyBytes(32), fc.nat(backends.length - 1), (sk, t, message, auxRand, which) => {
        const ecc = backends[which];
        const encryptionKey = Slow.compressed(Slow.multiply(t)) as Uint8Array;
        const publicKey = normalised(sk).x;
        const made = AdaptorSig.sign({ secretKey: key(sk), encryptionKey, message, auxRand }, ecc);
        seen.add(`${normalised(sk).odd}-${encryptionKey[0]}-${made[0]}`);
        expect(hex(made)).toBe(hex(adaptor.sign(sk, encryptionKey, message, auxRand)));
        expect(AdaptorSig.verify({ publicKey, encryptionKey, message, adaptorSignature: made }, ecc)).toBe(true);
        for (const holder of [key(t), key(n - t)]) {
          const decryptionKey = AdaptorSig.decryptionKeyFor(holder, encryptionKey, ecc);
          expect(hex(decryptionKey)).toBe(hex(b32(t)));
        }
        const signature = AdaptorSig.decrypt({ adaptorSignature: made, decryptionKey: b32(t) }, ecc);
        expect(hex(signature)).toBe(hex(adaptor.decrypt(made, t)));
        expect(bip340.verify(message, publicKey, signature)).toBe(true);
        expect(Schnorr.verify(message, publicKey, signature, ecc)).toBe(true);
        expect(hex(AdaptorSig.recover({ adaptorSignature: made, signature }, ecc))).toBe(hex(b32(t)));
        const old = AdaptorSig.toLegacy66(AdaptorSig.decode(made, ecc));
        expect(old).toHaveLength(66);
        expect(old[0]).toBe(2);
        expect(hex(AdaptorSig.encode(AdaptorSig.decode(old, ecc)))).toBe(hex(made));
        expect(hex(AdaptorSig.recover({ adaptorSignature: old, signature }, ecc))).toBe(hex(b32(t)));
      }),
      { seed: SEED, numRuns: 100 },
    );
    expect(seen.size).toBe(8);
  });

  it('refuses 60 altered ones, and so does the textbook', () => {
    const change = fc.constantFrom('signature', 'message', 'publicKey', 'encryptionKey', 'parity', 'negatedT', 'random', 'zero', 'order');
    fc.assert(
      fc.property(anyScalar, anyScalar, anyMessage, change, anyScalar, fc.nat(255), (sk, t, message, what, other, bit) => {
        const encryptionKey = Slow.compressed(Slow.multiply(t)) as Uint8Array;
        const made = adaptor.sign(sk, encryptionKey, message, new Uint8Array(32));
        const good = { publicKey: normalised(sk).x, encryptionKey, message, adaptorSignature: made };
        const flip = (value: Uint8Array, from: number): Uint8Array =>
          value.map((byte, i) => (i === from + (bit >> 3) ? byte ^ (1 << (bit & 7)) : byte));
        const withS = (s: bigint): Uint8Array => Slow.join(made.slice(0, 33), b32(s));
        const altered: AdaptorSig.VerifyInput = {
          signature: { ...good, adaptorSignature: flip(made, bit % 2 === 0 ? 1 : 33) },
          message: { ...good, message: Slow.join(message, Uint8Array.of(bit)) },
          publicKey: { ...good, publicKey: flip(good.publicKey, 0) },
          encryptionKey: { ...good, encryptionKey: flip(encryptionKey, 1) },
          parity: { ...good, adaptorSignature: made.map((byte, i) => (i === 0 ? byte ^ 1 : byte)) },
          negatedT: { ...good, encryptionKey: encryptionKey.map((byte, i) => (i === 0 ? byte ^ 1 : byte)) },
          random: { ...good, adaptorSignature: withS(other) },
          zero: { ...good, adaptorSignature: withS(0n) },
          order: { ...good, adaptorSignature: withS(n + BigInt(bit)) },
        }[what];
        expect(adaptor.verify(altered.publicKey, altered.encryptionKey, altered.message, altered.adaptorSignature)).toBe(false);
        for (const ecc of backends) expect(AdaptorSig.verify(altered, ecc)).toBe(false);
      }),
      { seed: SEED, numRuns: 60 },
    );
  });
});

describe('adaptor signature refusals', () => {
  const sk = key(3n);
  const encryptionKey = Slow.compressed(Slow.multiply(5n)) as Uint8Array;
  const message = new Uint8Array(32);
  const good = adaptor.sign(3n, encryptionKey, message, message);
  const signature = adaptor.decrypt(good, 5n);
  const withS = (s: bigint): Uint8Array => Slow.join(good.slice(0, 33), b32(s));
  const withHead = (prefix: number, x: Uint8Array): Uint8Array => Slow.join(Uint8Array.of(prefix), x, good.slice(33));
  const legacyOf = (prefix: number, flag: number): Uint8Array => Slow.join(Uint8Array.of(prefix), good.slice(1), Uint8Array.of(flag));

  it.each([
    ['r0-infinity', withHead(0, good.slice(1, 33))],
    ['r0-not-a-point', withHead(4, good.slice(1, 33))],
    ['r0-not-a-point', withHead(2, OFF_CURVE)],
    ['r0-not-a-point', withHead(2, b32(p))],
    ['s-out-of-range', withS(n)],
    ['legacy-prefix', legacyOf(3, 0)],
    ['legacy-flag', legacyOf(2, 2)],
  ])('decode: %s', (fault, encoded) => {
    expect(failure(() => AdaptorSig.decode(encoded)).reason).toEqual({ code: 'adaptor.malformed', field: 'adaptorSignature', fault });
    expect(codeOf(() => AdaptorSig.decrypt({ adaptorSignature: encoded, decryptionKey: b32(5n) }))).toBe('adaptor.malformed');
    expect(codeOf(() => AdaptorSig.recover({ adaptorSignature: encoded, signature }))).toBe('adaptor.malformed');
    expect(AdaptorSig.check({ publicKey: normalised(3n).x, encryptionKey, message, adaptorSignature: encoded })).toBe(fault);
  });

  it.each([0, 64, 67])('decode: %i bytes', (length) => {
    expect(failure(() => AdaptorSig.decode(new Uint8Array(length))).reason).toEqual({
      code: 'adaptor.wrong-length',
      field: 'adaptorSignature',
      gotBytes: length,
    });
  });

  it('check names what is wrong', () => {
    const given = { publicKey: normalised(3n).x, encryptionKey, message, adaptorSignature: good };
    const ed = Slow.int(good.slice(33)) - (good[0] === 2 ? 1n : 0n);
    expect(ed).toBeGreaterThan(0n);
    expect(AdaptorSig.check(given)).toBeUndefined();
    expect(AdaptorSig.check({ ...given, adaptorSignature: withS(0n) })).toBe('zero-s');
    expect(AdaptorSig.check({ ...given, publicKey: OFF_CURVE })).toBe('public-key-not-on-curve');
    expect(AdaptorSig.check({ ...given, encryptionKey: new Uint8Array(33) })).toBe('encryption-key-not-on-curve');
    expect(AdaptorSig.check({ ...given, encryptionKey: OFF_CURVE })).toBe('encryption-key-not-on-curve');
    expect(AdaptorSig.check({ ...given, message: new Uint8Array(31) })).toBe('encryption-key-mismatch');
    const e = Slow.modulo(Slow.int(Slow.tagged('BIP0340/challenge', good.slice(1, 33), given.publicKey, message)), n);
    expect(AdaptorSig.check({ ...given, adaptorSignature: withS((e * normalised(3n).scalar) % n) })).toBe('infinity');
  });

  it('scalars of zero and out of range', () => {
    expect(codeOf(() => AdaptorSig.decrypt({ adaptorSignature: withS(0n), decryptionKey: b32(5n) }))).toBe('adaptor.zero-scalar');
    expect(codeOf(() => AdaptorSig.decrypt({ adaptorSignature: good, decryptionKey: b32(0n) }))).toBe('adaptor.zero-scalar');
    expect(codeOf(() => AdaptorSig.decrypt({ adaptorSignature: good, decryptionKey: b32(n) }))).toBe('adaptor.decryption-key-out-of-range');
    const recover = (adaptorSignature: Uint8Array, r: Uint8Array, s: bigint): string =>
      codeOf(() => AdaptorSig.recover({ adaptorSignature, signature: Slow.join(r, b32(s)) }));
    const r = good.slice(1, 33);
    expect(recover(withS(0n), r, 5n)).toBe('adaptor.zero-scalar');
    expect(recover(good, r, 0n)).toBe('adaptor.zero-scalar');
    expect(recover(good, r, Slow.int(good.slice(33)))).toBe('adaptor.zero-scalar');
    expect(recover(good, r, n)).toBe('adaptor.s-out-of-range');
    expect(recover(good, b32(p), 5n)).toBe('adaptor.r-out-of-range');
    expect(recover(good, normalised(9n).x, 5n)).toBe('adaptor.different-r');
  });

  it('keys that do not fit or are none', () => {
    expect(codeOf(() => AdaptorSig.decryptionKeyFor(sk, encryptionKey))).toBe('adaptor.key-mismatch');
    const act = (bad: Uint8Array): unknown => AdaptorSig.sign({ secretKey: sk, encryptionKey: bad, message });
    expect(failure(() => act(new Uint8Array(33))).reason).toEqual({
      code: 'adaptor.bad-encryption-key',
      field: 'encryptionKey',
      why: 'prefix',
    });
    expect(failure(() => act(OFF_CURVE)).reason).toMatchObject({ code: 'adaptor.bad-encryption-key', why: 'not-on-curve' });
    expect(codeOf(() => act(new Uint8Array(34)))).toBe('input.wrong-length');
    expect(codeOf(() => AdaptorSig.sign({ secretKey: new Uint8Array(32) as SecretKey.SecretKey, encryptionKey, message }))).toBe(
      'secret-key.out-of-range',
    );
    expect(codeOf(() => AdaptorSig.sign({ secretKey: sk, encryptionKey, message, auxRand: new Uint8Array(31) }))).toBe(
      'input.wrong-length',
    );
  });

  it('releases nothing that does not verify', () => {
    const [real] = backends;
    if (real === undefined) throw new Error('no backend');
    const faulty: Ecc = { ...real, pointMultiply: () => Slow.compressed(Slow.G) };
    expect(codeOf(() => AdaptorSig.sign({ secretKey: sk, encryptionKey, message }, faulty))).toBe('adaptor.self-check-failed');
  });

  it('encode takes well-formed parts only', () => {
    const parts = AdaptorSig.decode(good);
    expect(hex(AdaptorSig.encode(parts))).toBe(hex(good));
    expect(codeOf(() => AdaptorSig.encode({ ...parts, s: b32(n) }))).toBe('adaptor.malformed');
    expect(codeOf(() => AdaptorSig.toLegacy66({ ...parts, r0: new Uint8Array(33) }))).toBe('adaptor.malformed');
    expect(codeOf(() => AdaptorSig.encode({ ...parts, r0: new Uint8Array(32) }))).toBe('input.wrong-length');
  });

  it('an x-only encryption key means even y', () => {
    const x = normalised(5n).x;
    const a = AdaptorSig.sign({ secretKey: sk, encryptionKey: x, message, auxRand: message });
    const b = AdaptorSig.sign({ secretKey: sk, encryptionKey: Slow.join(Uint8Array.of(2), x), message, auxRand: message });
    expect(hex(a)).toBe(hex(b));
    expect(AdaptorSig.verify({ publicKey: normalised(3n).x, encryptionKey: x, message, adaptorSignature: a })).toBe(true);
    expect(hex(AdaptorSig.decryptionKeyFor(key(5n), x))).toBe(hex(b32(normalised(5n).scalar)));
  });
});
