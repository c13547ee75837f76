// Output scripts of hashes against bitcoinjs-lib's payments, multisig scripts and pushes, and the tweaked secret against its public key.
import { payments } from 'bitcoinjs-lib';
import { describe, expect, it } from 'vitest';
import * as OutputScript from '../../src/bitcoin/OutputScript.ts';
import * as Script from '../../src/bitcoin/Script.ts';
import * as TapTree from '../../src/bitcoin/TapTree.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import * as SecretKey from '../../src/crypto/SecretKey.ts';
import { bytes, codeOf, filled, hex, untyped } from '../support/stakes.ts';

const keys = [1, 2, 3].map((n) => PublicKey.compressedOfSecret(SecretKey.from(filled(32, n))));
const [pubkey] = keys as [Uint8Array];

describe('OutputScript', () => {
  it('is what bitcoinjs-lib pays to', () => {
    const hash = OutputScript.hash160(pubkey);
    const segwit = payments.p2wpkh({ pubkey });
    expect(hex(OutputScript.p2pkh(hash))).toBe(hex(payments.p2pkh({ pubkey }).output as Uint8Array));
    expect(hex(OutputScript.p2wpkh(hash))).toBe(hex(segwit.output as Uint8Array));
    const nested = OutputScript.p2sh(OutputScript.hash160(OutputScript.p2wpkh(hash)));
    expect(hex(nested)).toBe(hex(payments.p2sh({ redeem: segwit }).output as Uint8Array));
  });

  it.each([
    ['p2pkh', OutputScript.p2pkh],
    ['p2sh', OutputScript.p2sh],
    ['p2wpkh', OutputScript.p2wpkh],
  ] as const)('%s takes 20 bytes', (_, make) => {
    expect([19, 21, 32].map((length) => codeOf(() => make(filled(length, 1))))).toEqual(Array(3).fill('input.wrong-length'));
    expect(codeOf(() => make(untyped('00')))).toBe('input.not-bytes');
  });
});

describe('Script.multisigOf', () => {
  const script = (text: string): Uint8Array => bytes(text);
  const push = (key: Uint8Array): string => hex(Script.push(key));

  it('reads what bitcoinjs-lib writes', () => {
    for (const m of [1, 2, 3]) {
      const output = payments.p2ms({ m, pubkeys: keys }).output as Uint8Array;
      expect(Script.multisigOf(output, false)).toEqual({ keys, threshold: m });
    }
  });

  it('takes uncompressed keys only where they may stand', () => {
    const long = filled(65, 4);
    const output = script(`51${push(long)}51ae`);
    expect(Script.multisigOf(output, true)?.keys).toEqual([long]);
    expect(Script.multisigOf(output, false)).toBeUndefined();
  });

  it.each([
    ['no keys', '5150ae'],
    ['threshold 0', `00${push(pubkey)}51ae`],
    ['threshold above the keys', `52${push(pubkey)}51ae`],
    ['another count', `51${push(pubkey)}52ae`],
    ['CHECKMULTISIGVERIFY', `51${push(pubkey)}51af`],
    ['something behind', `51${push(pubkey)}51ae51`],
    ['an opcode among the keys', `51${push(pubkey)}ac52ae`],
    ['21 keys', `51${push(pubkey).repeat(21)}0115ae`],
  ])('is undefined for %s', (_, text) => {
    expect(Script.multisigOf(script(text), true)).toBeUndefined();
  });

  it('refuses a push that runs over the end', () => {
    expect(codeOf(() => Script.multisigOf(script('4c'), true))).toBe('script.truncated');
  });
});

describe('Script.push', () => {
  it.each([
    [0, '00'],
    [1, '01'],
    [75, '4b'],
    [76, '4c4c'],
    [255, '4cff'],
    [256, '4d0001'],
    [520, '4d0802'],
  ] as const)('of %i bytes starts %s', (length, start) => {
    const pushed = Script.push(filled(length, 7));
    expect(hex(pushed).startsWith(start)).toBe(true);
    expect([...Script.instructions(pushed)].map(({ data }) => data?.length)).toEqual([length]);
  });

  it('refuses what has no push of two length bytes', () => {
    expect(codeOf(() => Script.push(filled(0x1_0000, 1)))).toBe('input.out-of-range');
  });
});

describe('TapTree.tweakSecret', () => {
  // Both parities of the key occur below.
  it.each([1, 2, 3, 4, 5, 6])('is the secret of the output key that tweak makes, for secret %i', (n) => {
    const secret = SecretKey.from(filled(32, n));
    for (const root of [new Uint8Array(0), filled(32, 9)]) {
      const { outputKey } = TapTree.tweak(PublicKey.ofSecret(secret), root);
      expect(hex(PublicKey.ofSecret(TapTree.tweakSecret(secret, root)))).toBe(hex(outputKey));
    }
    expect(secret).toEqual(filled(32, n));
  });

  it('refuses a wiped key and roots that are none', () => {
    expect(codeOf(() => TapTree.tweakSecret(untyped(new Uint8Array(32)), new Uint8Array(0)))).toBe('secret-key.out-of-range');
    expect(codeOf(() => TapTree.tweakSecret(SecretKey.from(filled(32, 1)), untyped('00')))).toBe('input.not-bytes');
  });
});
