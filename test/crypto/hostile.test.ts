// What strangers send, many times over, and bytes that were made elsewhere: the default backend must keep its answers and its life.
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { auto, type RecoveryId } from '../../src/crypto/Ecc.ts';
import * as Eots from '../../src/crypto/Eots.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import * as Schnorr from '../../src/crypto/Schnorr.ts';
import * as SecretKey from '../../src/crypto/SecretKey.ts';

const offCurve = new Uint8Array(32);
offCurve[31] = 5;
const secretKey = SecretKey.from(new Uint8Array(32).fill(3));
const publicKey = PublicKey.ofSecret(secretKey);
const message = new Uint8Array(32).fill(8);
const signature = Schnorr.sign(message, secretKey, new Uint8Array(32));

describe('the default backend', () => {
  it('outlives 6,000 keys off the curve in every operation that takes a point', () => {
    const ecc = auto();
    expect(ecc.name).toBe('wasm');
    const bad = Uint8Array.of(2, ...offCurve);
    // r is no coordinate: recovery must find that out before the module does.
    const noSignature = Uint8Array.of(...offCurve, ...message);
    const good = PublicKey.compressedOfSecret(secretKey);
    for (let i = 0; i < 6_000; i++) {
      ecc.schnorrVerify(message, offCurve, signature);
      ecc.pointAdd(bad, good);
      ecc.pointAddScalar(bad, message);
      ecc.pointMultiply(bad, message);
      ecc.ecdsaVerify(message, bad, signature);
      ecc.ecdsaRecover(message, noSignature, (i & 3) as RecoveryId);
    }
    expect(Eots.verify({ publicKey: offCurve, pubRand: offCurve, message, signature: message })).toBe(false);
    expect(Schnorr.verify(message, publicKey, signature)).toBe(true);
  });

  it('takes byte arrays of another realm for what they are', () => {
    const foreign = runInNewContext('(bytes) => Uint8Array.from(bytes)') as (bytes: readonly number[]) => Uint8Array;
    expect(Schnorr.verify(foreign([...message]), foreign([...publicKey]), foreign([...signature]))).toBe(true);
    expect([...PublicKey.fromCompressedAnyParity(foreign([...PublicKey.compressedOfSecret(secretKey)]))]).toEqual([...publicKey]);
    expect([...Schnorr.sign(foreign([...message]), secretKey, foreign([...new Uint8Array(32)]))]).toEqual([...signature]);
  });
});
