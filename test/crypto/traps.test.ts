// The mistakes that a port of this cryptography makes, each as a test; and the promises about secrets and inputs.
import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { isSatlockError } from '../../src/base/Errors.ts';
import * as AdaptorSig from '../../src/crypto/AdaptorSig.ts';
import * as Eots from '../../src/crypto/Eots.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import * as PubRand from '../../src/crypto/PubRand.ts';
import * as Schnorr from '../../src/crypto/Schnorr.ts';
import * as SecretKey from '../../src/crypto/SecretKey.ts';
import { adaptor, eots, normalised } from '../support/slow/schemes.ts';
import * as Slow from '../support/slow/secp256k1.ts';
import { bytes, cases, codeOf, hex, key, text, utf8 } from './support.ts';

const { b32, n } = Slow;
const message = Slow.join(b32(100n).slice(24), new Uint8Array(32).fill(7));

/** The first scalar from `start` on whose point has this parity. */
function scalarOf(odd: boolean, start: bigint): bigint {
  let k = start;
  while (normalised(k).odd !== odd) k++;
  return k;
}

afterEach(() => vi.restoreAllMocks());

describe('traps', () => {
  it('1: the message is hashed before the challenge', () => {
    const s = Eots.sign({ secretKey: key(3n), secRand: b32(11n), message });
    const unhashed = Slow.int(Slow.tagged('BIP0340/challenge', normalised(11n).x, normalised(3n).x, message));
    expect(hex(s)).not.toBe(hex(b32(Slow.modulo(normalised(11n).scalar + unhashed * normalised(3n).scalar, n))));
    expect(Schnorr.verify(message, normalised(3n).x, Slow.join(normalised(11n).x, s))).toBe(false);
    expect(Schnorr.verify(Slow.sha256(message), normalised(3n).x, Slow.join(normalised(11n).x, s))).toBe(true);
  });

  // 2, the challenge of n or more, is in overflow.test.ts: no input is known that has one.

  it('3: a signature is s alone', () => {
    expect(Eots.sign({ secretKey: key(3n), secRand: b32(11n), message })).toHaveLength(32);
  });

  it('4: the nonce is the given one, not one of a library', () => {
    const nonce = PubRand.fromSecret(b32(11n));
    const signer = Eots.signer(key(3n));
    const first = signer.sign(message, nonce);
    expect(hex(signer.sign(message, nonce))).toBe(hex(first));
    expect(hex(nonce.pubRand)).toBe(hex(normalised(11n).x));
    expect(hex(Schnorr.sign(Slow.sha256(message), key(3n), new Uint8Array(32)).slice(0, 32))).not.toBe(hex(nonce.pubRand));
  });

  it.each([
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ])('5: key odd %s, nonce odd %s', (oddKey, oddNonce) => {
    for (let round = 0n; round < 5n; round++) {
      const sk = scalarOf(oddKey, 1000n * (round + 1n));
      const k = scalarOf(oddNonce, 777_777n * (round + 1n));
      const signature = Eots.sign({ secretKey: key(sk), secRand: b32(k), message });
      expect(hex(signature)).toBe(hex(eots.sign(sk, k, message)));
      expect(Eots.verify({ publicKey: normalised(sk).x, pubRand: normalised(k).x, message, signature })).toBe(true);
    }
  });

  it('6: the extracted key is the even one; only its public key can be compared', () => {
    const sk = scalarOf(true, 5000n);
    const [message1, message2] = [utf8('one'), utf8('two')];
    const [signature1, signature2] = [message1, message2].map((m) => eots.sign(sk, 11n, m)) as [Uint8Array, Uint8Array];
    const publicKey = normalised(sk).x;
    const given = { pubRand: normalised(11n).x, message1, signature1, message2, signature2 };
    const extracted = Eots.extract({ publicKey, ...given });
    expect(hex(extracted)).toBe(hex(b32(n - sk)));
    expect(hex(PublicKey.ofSecret(extracted))).toBe(hex(publicKey));
    expect(hex(Eots.extract({ publicKey: Slow.join(Uint8Array.of(3), publicKey), ...given }))).toBe(hex(b32(sk)));
  });

  it('7: zero and non-canonical scalars are refused on the way in', () => {
    for (const bad of [0n, n, 2n ** 256n - 1n]) {
      expect(codeOf(() => Eots.sign({ secretKey: b32(bad) as SecretKey.SecretKey, secRand: b32(1n), message }))).toBe(
        'secret-key.out-of-range',
      );
      expect(codeOf(() => Eots.sign({ secretKey: key(1n), secRand: b32(bad), message }))).toBe('eots.nonce-out-of-range');
      expect(codeOf(() => Eots.signer(b32(bad) as SecretKey.SecretKey))).toBe('secret-key.out-of-range');
      expect(codeOf(() => PubRand.fromSecret(b32(bad)))).toBe('pub-rand.nonce-out-of-range');
    }
  });

  it('8: the nonce is keyed with the stored bytes: n - sk has other randomness', () => {
    const sk = 0x1234n;
    const [stored, negated] = [key(sk), key(n - sk)];
    expect(hex(PublicKey.ofSecret(stored))).toBe(hex(PublicKey.ofSecret(negated)));
    expect(hex(PubRand.derive(stored, 'bbn-1', 1n).pubRand)).not.toBe(hex(PubRand.derive(negated, 'bbn-1', 1n).pubRand));
  });

  it('9: the nonce hashes height, chain-id, iteration, in this order, eight bytes of zeros included', () => {
    const data = Slow.join(bytes('00000000001e8480'), utf8('bbn-1'), new Uint8Array(8));
    const k = Slow.int(createHmac('sha256', b32(77n)).update(data).digest());
    expect(hex(PubRand.derive(key(77n), 'bbn-1', 2_000_000n).pubRand)).toBe(hex(normalised(k).x));
    const others = [PubRand.derive(key(77n), 'bbn-2', 2_000_000n), PubRand.derive(key(77n), 'bbn-1', 2_000_001n)];
    for (const other of others) expect(hex(other.pubRand)).not.toBe(hex(normalised(k).x));
    const old = Slow.int(createHmac('sha256', b32(77n)).update(data.slice(0, -8)).digest());
    expect(hex(PubRand.derive(key(77n), 'bbn-1', 2_000_000n).pubRand)).not.toBe(hex(normalised(old).x));
  });

  it("10: the adaptor nonce hashes the x-only key; the Go signer's bytes verify all the same", () => {
    for (const { id, input } of cases('adaptor/worked.json', 'adaptor.signature', 18)) {
      if (!id.endsWith('-go-signer')) continue;
      const given = {
        publicKey: bytes(text(input, 'signerPublicKey')),
        encryptionKey: bytes(text(input, 'encryptionPublicKey')),
        message: bytes(text(input, 'message')),
        adaptorSignature: bytes(text(input, 'adaptorSignature')),
      };
      expect(AdaptorSig.verify(given)).toBe(true);
    }
  });

  it('11: decryption with an odd key as stored gives a signature that does not verify', () => {
    const provider = scalarOf(true, 9000n);
    const encryptionKey = normalised(provider).x;
    const hash = Slow.sha256(message);
    const adaptorSignature = AdaptorSig.sign({ secretKey: key(3n), encryptionKey, message: hash });
    const wrong = AdaptorSig.decrypt({ adaptorSignature, decryptionKey: b32(provider) });
    expect(Schnorr.verify(hash, normalised(3n).x, wrong)).toBe(false);
    const decryptionKey = AdaptorSig.decryptionKeyFor(key(provider), encryptionKey);
    const right = AdaptorSig.decrypt({ adaptorSignature, decryptionKey });
    expect(Schnorr.verify(hash, normalised(3n).x, right)).toBe(true);
    expect(hex(AdaptorSig.recover({ adaptorSignature, signature: right }))).toBe(hex(b32(n - provider)));
  });

  it('12: nothing is changed in place', () => {
    const odd = scalarOf(true, 9000n);
    const kept = {
      secretKey: key(odd),
      secRand: b32(scalarOf(true, 50n)),
      message: message.slice(),
      encryptionKey: normalised(odd).x,
      auxRand: new Uint8Array(32).fill(1),
      compressed: Slow.join(Uint8Array.of(3), normalised(odd).x),
      message2: utf8('other'),
    };
    const before = Object.values(kept).map(hex);
    const given = Object.freeze({ secretKey: kept.secretKey, secRand: kept.secRand, message: kept.message, context: 'ab'.repeat(32) });
    const signature = Eots.sign(given);
    const second = Eots.sign({ ...given, message: kept.message2 });
    const pubRand = PubRand.fromSecret(kept.secRand).pubRand;
    PubRand.derive(kept.secretKey, 'bbn-1', 3n);
    PubRand.derivePublic(kept.secretKey, 'bbn-1', 3n, 2);
    const context = given.context;
    const pair = { pubRand, message1: kept.message, signature1: signature, message2: kept.message2, signature2: second, context };
    const [s1, s2] = [hex(signature), hex(second)];
    Eots.extract(Object.freeze({ publicKey: kept.compressed, ...pair }));
    Eots.verify(Object.freeze({ publicKey: kept.encryptionKey, pubRand, message: kept.message, signature, context }));
    const signed = AdaptorSig.sign(Object.freeze({ ...kept }));
    const decryptionKey = AdaptorSig.decryptionKeyFor(kept.secretKey, kept.encryptionKey);
    AdaptorSig.decrypt(Object.freeze({ adaptorSignature: signed, decryptionKey }));
    AdaptorSig.decode(signed);
    Schnorr.sign(kept.message, kept.secretKey, kept.auxRand);
    Eots.signer(kept.secretKey).wipe();
    expect(Object.values(kept).map(hex)).toEqual(before);
    expect([hex(signature), hex(second)]).toEqual([s1, s2]);
    expect(hex(decryptionKey)).toBe(hex(b32(n - odd)));
  });

  it('13: missing auxiliary randomness is drawn from the cryptographic generator', () => {
    const draw = vi.spyOn(globalThis.crypto, 'getRandomValues');
    const weak = vi.spyOn(Math, 'random');
    const given = { secretKey: key(3n), encryptionKey: normalised(5n).x, message };
    const two = [AdaptorSig.sign(given), AdaptorSig.sign(given)];
    expect(hex(two[0] as Uint8Array)).not.toBe(hex(two[1] as Uint8Array));
    expect(draw).toHaveBeenCalledTimes(2);
    expect(weak).not.toHaveBeenCalled();
    for (const adaptorSignature of two)
      expect(adaptor.verify(normalised(3n).x, Slow.join(Uint8Array.of(2), normalised(5n).x), message, adaptorSignature)).toBe(true);
  });

  it('45: nobody can put a nonce pair together from outside', () => {
    const signer = Eots.signer(key(3n));
    const real = PubRand.fromSecret(b32(11n));
    const Made = real.constructor as new (...args: readonly unknown[]) => PubRand.NoncePair;
    expect(codeOf(() => new Made(Symbol('x'), 11n, normalised(12n).x))).toBe('pub-rand.forged-pair');
    expect(codeOf(() => new Made(undefined, 11n, normalised(12n).x))).toBe('pub-rand.forged-pair');
    const forgeries: readonly unknown[] = [
      { pubRand: normalised(12n).x, secRand: b32(11n) },
      Object.create(Made.prototype),
      Object.create(real),
      new Proxy(real, {}),
      { ...real },
      JSON.parse(JSON.stringify(real)),
      null,
      undefined,
      'pair',
    ];
    for (const forged of forgeries) expect(codeOf(() => signer.sign(message, forged as PubRand.NoncePair))).toBe('pub-rand.forged-pair');
  });

  it('45: a real pair whose public half is overridden signs under its own public half', () => {
    const signer = Eots.signer(key(3n));
    const real = PubRand.fromSecret(b32(11n));
    const honest = hex(signer.sign(message, PubRand.fromSecret(b32(11n))));
    expect(() => Object.defineProperty(real, 'pubRand', { value: normalised(12n).x })).toThrow(TypeError);
    vi.spyOn(Object.getPrototypeOf(real) as PubRand.NoncePair, 'pubRand', 'get').mockReturnValue(normalised(12n).x);
    expect(hex(real.pubRand)).toBe(hex(normalised(12n).x));
    expect(hex(signer.sign(message, real))).toBe(honest);
  });
});

describe('no error shows a secret', () => {
  const planted = 'deadbeefcafebabe'.repeat(4);
  const big = `ffffffff${'f'.repeat(24)}${'deadbeefcafebabe'.repeat(2)}`;
  const secret = bytes(planted);
  const out = bytes(big);
  const cast = (value: unknown): SecretKey.SecretKey => value as SecretKey.SecretKey;
  const context = planted;
  const attempts: Readonly<Record<string, () => unknown>> = {
    'SecretKey.from': () => SecretKey.from(out),
    'SecretKey.from long': () => SecretKey.from(Slow.join(secret, secret)),
    'SecretKey.from text': () => SecretKey.from(cast(planted)),
    'SecretKey.fromHex range': () => SecretKey.fromHex(big),
    'SecretKey.fromHex odd': () => SecretKey.fromHex(`${planted}a`),
    'SecretKey.fromHex digit': () => SecretKey.fromHex(`${planted.slice(1)}g`),
    'SecretKey.fromHex short': () => SecretKey.fromHex(planted.slice(2)),
    'PublicKey.ofSecret': () => PublicKey.ofSecret(cast(out)),
    'Schnorr.sign': () => Schnorr.sign(message, cast(out)),
    'PubRand.fromSecret': () => PubRand.fromSecret(out),
    'PubRand.derive': () => PubRand.derive(cast(out), 'bbn-1', 1n),
    'PubRand.derive height': () => PubRand.derive(cast(secret), 'bbn-1', -1n),
    'Eots.sign nonce': () => Eots.sign({ secretKey: cast(secret), secRand: out, message }),
    'Eots.sign key': () => Eots.sign({ secretKey: cast(out), secRand: secret, message }),
    'Eots.sign text': () => Eots.sign({ secretKey: cast(planted), secRand: secret, message }),
    'Eots.sign context': () => Eots.sign({ secretKey: cast(secret), secRand: secret, message, context: `${context}\ud800` }),
    'Eots.signer forged': () => Eots.signer(cast(secret)).sign(message, { secRand: planted } as unknown as PubRand.NoncePair),
    'Eots.extract': () =>
      Eots.extract({
        publicKey: normalised(3n).x,
        pubRand: normalised(4n).x,
        message1: utf8('a'),
        signature1: b32(1n),
        message2: utf8('b'),
        signature2: b32(2n),
      }),
    'AdaptorSig.sign': () => AdaptorSig.sign({ secretKey: cast(out), encryptionKey: normalised(5n).x, message }),
    'AdaptorSig.decryptionKeyFor': () => AdaptorSig.decryptionKeyFor(cast(secret), normalised(5n).x),
    'AdaptorSig.decrypt': () =>
      AdaptorSig.decrypt({
        adaptorSignature: adaptor.sign(3n, Slow.join(Uint8Array.of(2), normalised(5n).x), message, b32(0n)),
        decryptionKey: out,
      }),
  };

  it.each(Object.keys(attempts))('%s', (name) => {
    let caught: unknown;
    try {
      attempts[name]?.();
    } catch (error) {
      caught = error;
    }
    expect(isSatlockError(caught)).toBe(true);
    const error = caught as Error & { toJSON(): unknown };
    const shown = [error.message, error.stack ?? '', JSON.stringify(error), JSON.stringify(error.toJSON()), String(error.cause)]
      .join('\n')
      .toLowerCase();
    const numbers = [secret, out].flatMap((value) => [Slow.int(value), Slow.modulo(-Slow.int(value), n)]).map(String);
    // The context is no secret, but it is not repeated either.
    for (const part of ['deadbeefcafebabe', '222,173,190,239', ...numbers]) expect(shown).not.toContain(part);
  });

  it('Eots.extract does not put the wrong key into its refusal', () => {
    const [signature1, signature2] = [b32(1n), b32(2n)];
    const [message1, message2] = [utf8('a'), utf8('b')];
    const given = { publicKey: normalised(3n).x, pubRand: normalised(4n).x, message1, signature1, message2, signature2 };
    const wrong = eots.extract(given.publicKey, given.pubRand, message1, signature1, message2, signature2);
    try {
      Eots.extract(given);
      expect.unreachable();
    } catch (error) {
      expect(JSON.stringify(error)).not.toContain(hex(b32(wrong)));
    }
  });
});
