// Node's Buffer: its `slice` is a view. Nothing that is given may change, and nothing that is kept may follow the caller's bytes.
import { describe, expect, it } from 'vitest';
import * as AdaptorSig from '../../src/crypto/AdaptorSig.ts';
import { native } from '../../src/crypto/ecc/native.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import * as SecretKey from '../../src/crypto/SecretKey.ts';

const secretKey = SecretKey.from(new Uint8Array(32).fill(5));
const encryptionKey = PublicKey.ofSecret(SecretKey.from(new Uint8Array(32).fill(9)));

describe('a Buffer', () => {
  it('of 66 bytes is read twice with the same result', () => {
    for (let i = 0; i < 8; i++) {
      const signature = AdaptorSig.sign({ secretKey, encryptionKey, message: new Uint8Array(32).fill(i), auxRand: new Uint8Array(32) });
      const old = Buffer.from(AdaptorSig.toLegacy66(AdaptorSig.decode(signature)));
      const before = Buffer.from(old);
      expect(AdaptorSig.decode(old)).toEqual(AdaptorSig.decode(signature));
      expect(old.equals(before)).toBe(true);
    }
  });

  it('with a public key may change afterwards', () => {
    const compressed = Buffer.from(PublicKey.compressedOfSecret(secretKey));
    const key = PublicKey.fromCompressedAnyParity(compressed);
    const before = Uint8Array.from(key);
    compressed.fill(0);
    expect(Uint8Array.from(key)).toEqual(before);
  });

  it('with a high-s signature is not normalised in place by the native backend', () => {
    const signature = Buffer.concat([Buffer.alloc(32, 1), Buffer.alloc(32, 0xfe)]);
    const before = Buffer.from(signature);
    native().ecdsaVerify(new Uint8Array(32), PublicKey.compressedOfSecret(secretKey), signature);
    expect(signature.equals(before)).toBe(true);
  });
});
