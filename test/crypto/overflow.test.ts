// A challenge hash of n or more: EOTS refuses it, the adaptor scheme and BIP340 reduce it. No message is known that has one, so the
// tagged hash is replaced here by one that always gives 2^256 - 1.
import { describe, expect, it, vi } from 'vitest';
import * as AdaptorSig from '../../src/crypto/AdaptorSig.ts';
import * as Eots from '../../src/crypto/Eots.ts';
import * as PubRand from '../../src/crypto/PubRand.ts';
import { normalised } from '../support/slow/schemes.ts';
import { b32, modulo, n } from '../support/slow/secp256k1.ts';
import { backends, codeOf, hex, key, utf8 } from './support.ts';

vi.mock('../../src/crypto/TaggedHash.ts', () => ({ taggedHash: () => new Uint8Array(32).fill(255) }));

const E = 2n ** 256n - 1n;
const message = utf8('m');

describe.each(backends.map((ecc) => ({ name: ecc.name, ecc })))('a challenge of n or more on $name', ({ ecc }) => {
  const [publicKey, pubRand] = [normalised(3n).x, normalised(11n).x];
  const reduced = b32(modulo(normalised(11n).scalar + (E % n) * normalised(3n).scalar, n));

  it('is refused by EOTS in signing, verification and extraction', () => {
    expect(codeOf(() => Eots.sign({ secretKey: key(3n), secRand: b32(11n), message }, ecc))).toBe('eots.challenge-overflow');
    expect(codeOf(() => Eots.signer(key(3n), ecc).sign(message, PubRand.fromSecret(b32(11n), ecc)))).toBe('eots.challenge-overflow');
    expect(Eots.verify({ publicKey, pubRand, message, signature: reduced }, ecc)).toBe(false);
    expect(Eots.check({ publicKey, pubRand, message, signature: reduced }, ecc)).toBe('challenge-overflow');
    const pair = { publicKey, pubRand, message1: message, signature1: b32(1n), message2: utf8('n'), signature2: b32(2n) };
    expect(codeOf(() => Eots.extract(pair, ecc))).toBe('eots.challenge-overflow');
  });

  it('is reduced by the adaptor scheme', () => {
    const given = { encryptionKey: normalised(5n).x, message };
    const adaptorSignature = AdaptorSig.sign({ secretKey: key(3n), ...given, auxRand: new Uint8Array(32) }, ecc);
    expect(AdaptorSig.verify({ publicKey, ...given, adaptorSignature }, ecc)).toBe(true);
    const k0 = E % n;
    const k = adaptorSignature[0] === 2 ? k0 : n - k0;
    expect(hex(adaptorSignature.slice(33))).toBe(hex(b32(modulo(k + (E % n) * normalised(3n).scalar, n))));
  });
});
