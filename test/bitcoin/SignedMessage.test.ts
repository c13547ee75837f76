// "Bitcoin Signed Message": babylon's and the worked vectors, bip322-js as a second implementation, headers of BIP137, bad input.
import { createRequire } from 'node:module';
import { ripemd160 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import * as Address from '../../src/bitcoin/Address.ts';
import * as SignedMessage from '../../src/bitcoin/SignedMessage.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import * as SecretKey from '../../src/crypto/SecretKey.ts';
import { backends } from '../crypto/support.ts';
import * as Slow from '../support/slow/secp256k1.ts';
import { bytes, codeOf, failure, hex, SEED } from '../support/stakes.ts';

vi.setConfig({ testTimeout: 120_000 });

const { Verifier } = createRequire(import.meta.url)('bip322-js') as {
  readonly Verifier: { verifySignature(address: string, message: string, signature: string): boolean };
};
const secret = SecretKey.fromHex('6c6cfc74997e11ab2f6195c12481ed5ecea6c1cb4ce54f2c7aa84aaa51f51efa');
const point = PublicKey.compressedOfSecret(secret);
const ACCOUNT = 'bbn1cyqgpk0nlsutlm5ymkfpya30fqntanc8slpure';
const CONTEXT = 'd89ed83fa7bfaefcad17838ffc92977fd1f9113fe07c59f3b71e2ac20e541e97';
const hash160 = (value: Uint8Array): Uint8Array => ripemd160(sha256(value));
const keyHashAddress = (key: Uint8Array): string => Address.encode(Uint8Array.of(0x76, 0xa9, 20, ...hash160(key), 0x88, 0xac), 'mainnet');
const withHeader = (signature: Uint8Array, header: number): Uint8Array => Uint8Array.of(header, ...signature.slice(1));

describe('a signed message', () => {
  it.each([
    [
      ACCOUNT,
      '771fe6cd07181f4559694aca75cfb385815f7da0ecb5602364b9e0b6e98eb6d0',
      '1f54d4069b05db5cd52a7b8e1e729d631cb6c344452190417de4e4a183319b55c43a11f9daaf446d9cd2ce45128b3cfa906e243afcb2aa15d2ebd4be07cc5693c8',
    ],
    [
      CONTEXT + ACCOUNT,
      '64ee6e2d7ddbfb7bc2c2aa4980ed49069958fd250ab6a18b756966f9f8718522',
      '209b29ec51edde3d9ddc1ef508efbd774b739889a42d8182aa92b8a2ade52b3e7b205329fd272c4e8637e343f6c4b03fc5ef2a581bd26f62a81e2ece28f00a6bb5',
    ],
  ])('over %s is the worked one, on every backend', (message, digest, signature) => {
    expect(hex(SignedMessage.digest(message))).toBe(digest);
    for (const ecc of backends) {
      expect(hex(SignedMessage.sign(message, secret, ecc))).toBe(signature);
      expect(SignedMessage.recover(message, bytes(signature), ecc)).toEqual({ publicKey: point, compressed: true });
      expect(SignedMessage.verify(message, point, bytes(signature), ecc)).toBe(true);
    }
  });

  it('is what babylon signs: crypto/ecdsa/ecdsa_test.go', () => {
    const key = SecretKey.fromHex('adce25dc25ef89f06a722abdc4b601d706c9efc6bc84075355e6b96ca3871621');
    const signature = Buffer.from(SignedMessage.sign('hello world', key)).toString('base64');
    expect(signature).toBe('IDtG3XPLpiKOp4PjTzCo/ng8gm4MFTTyHeh/DaPC1XYsYaj5Jr4h8dnxmwuJtNkPkH40rEfnrrO8fgZKNOIF5iM=');
  });

  it('passes in bip322-js, and no other message does, 300 times', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.string({ maxLength: 400 }), (d, message) => {
        fc.pre(d.some((byte) => byte !== 0) && (d[0] ?? 0) < 255);
        const key = SecretKey.from(d);
        const publicKey = PublicKey.compressedOfSecret(key);
        const signature = SignedMessage.sign(message, key);
        const text = Buffer.from(signature).toString('base64');
        expect(Verifier.verifySignature(keyHashAddress(publicKey), message, text)).toBe(true);
        expect(SignedMessage.verify(message, publicKey, signature)).toBe(true);
        expect(SignedMessage.verify(`${message}.`, publicKey, signature)).toBe(false);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it('does not survive a change of any byte behind the header', () => {
    const signature = SignedMessage.sign(ACCOUNT, secret);
    for (let at = 1; at < 65; at++)
      expect(
        SignedMessage.verify(
          ACCOUNT,
          point,
          signature.map((byte, i) => (i === at ? byte ^ 1 : byte)),
        ),
      ).toBe(false);
    expect(SignedMessage.verify(ACCOUNT, point, withHeader(signature, 31 + ((31 - (signature[0] as number)) & 1 ? 0 : 1)))).toBe(false);
  });

  it('has its length in one, three or five bytes before it', () => {
    const prefix = [0x18, ...new TextEncoder().encode('Bitcoin Signed Message:\n')];
    for (const [size, length] of [
      [252, [252]],
      [253, [0xfd, 253, 0]],
      [65_535, [0xfd, 255, 255]],
      [65_536, [0xfe, 0, 0, 1, 0]],
    ] as const) {
      const body = new Uint8Array(size).fill(97);
      expect(hex(SignedMessage.digest(body))).toBe(hex(sha256(sha256(Uint8Array.from([...prefix, ...length, ...body])))));
    }
  });
});

describe('headers', () => {
  const signature = SignedMessage.sign(ACCOUNT, secret);
  it('say whether the key was compressed, and lead to the same key', () => {
    const old = withHeader(signature, (signature[0] as number) - 4);
    expect(SignedMessage.recover(ACCOUNT, old)).toEqual({ publicKey: point, compressed: false });
    expect(SignedMessage.verify(ACCOUNT, point, old)).toBe(true);
  });

  it('of BIP137 are converted', () => {
    for (let recovery = 0; recovery < 4; recovery++) {
      for (const first of [31, 35, 39])
        expect(SignedMessage.withPlainHeader(withHeader(signature, first + recovery))[0]).toBe(31 + recovery);
      expect(SignedMessage.withPlainHeader(withHeader(signature, 27 + recovery))[0]).toBe(27 + recovery);
    }
    const segwit = withHeader(signature, (signature[0] as number) + 8);
    const before = hex(segwit);
    expect(hex(SignedMessage.withPlainHeader(segwit))).toBe(hex(signature));
    expect(SignedMessage.verify(ACCOUNT, point, segwit)).toBe(true);
    expect(hex(segwit)).toBe(before);
    expect(codeOf(() => SignedMessage.recover(ACCOUNT, segwit))).toBe('signed-message.bad-header');
  });

  it('outside are refused by number', () => {
    for (const header of [0, 1, 26, 43, 255]) {
      const reason = { code: 'signed-message.bad-header', field: 'signature', header };
      expect(failure(() => SignedMessage.withPlainHeader(withHeader(signature, header))).reason).toEqual(reason);
      expect(failure(() => SignedMessage.recover(ACCOUNT, withHeader(signature, header))).reason).toEqual(reason);
    }
  });

  it('of recovery 2 and 3 mean r + n', () => {
    let r = 1n;
    while (Slow.lift(r + Slow.n) === undefined) r++;
    const odd = Slow.join(Uint8Array.of(33), Slow.b32(r), Slow.b32(5n));
    const recovered = SignedMessage.recover('m', odd);
    const R = Slow.lift(r + Slow.n) ?? null;
    const h = Slow.int(SignedMessage.digest('m'));
    const want = Slow.multiply(Slow.inverse(r, Slow.n), Slow.add(Slow.multiply(5n, R), Slow.negate(Slow.multiply(h))));
    expect(hex(recovered?.publicKey ?? new Uint8Array(0))).toBe(hex(Slow.compressed(want) as Uint8Array));
    expect(SignedMessage.recover('m', withHeader(signature, (signature[0] as number) + 2))).toBeNull();
  });
});

describe('wrong input', () => {
  it('is refused by field', () => {
    expect(codeOf(() => SignedMessage.recover('m', new Uint8Array(64)))).toBe('input.wrong-length');
    expect(codeOf(() => SignedMessage.withPlainHeader(new Uint8Array(66)))).toBe('input.wrong-length');
    expect(codeOf(() => SignedMessage.verify('m', new Uint8Array(32), new Uint8Array(65)))).toBe('input.wrong-length');
    expect(codeOf(() => SignedMessage.digest('\ud800'))).toBe('message.half-surrogate');
    expect(codeOf(() => SignedMessage.digest(5 as never))).toBe('input.not-bytes');
    expect(SignedMessage.recover('m', Uint8Array.of(31, ...new Uint8Array(64)))).toBeNull();
  });
});
