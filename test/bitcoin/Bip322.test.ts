// BIP322: the vectors of the BIP, bip322-js as a second implementation, every rule broken once, one changed byte anywhere.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { ripemd160 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import * as Address from '../../src/bitcoin/Address.ts';
import * as Bip322 from '../../src/bitcoin/Bip322.ts';
import * as TapTree from '../../src/bitcoin/TapTree.ts';
import type * as Tx from '../../src/bitcoin/Tx.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import * as SecretKey from '../../src/crypto/SecretKey.ts';
import { backends } from '../crypto/support.ts';
import { pointOf } from '../support/points.ts';
import * as Slow from '../support/slow/secp256k1.ts';
import { bytes, codeOf, failure, hex, SEED } from '../support/stakes.ts';
import { fromWIF, toWIF } from '../support/wif.ts';

vi.setConfig({ testTimeout: 120_000 });

interface Signed {
  readonly message: string;
  readonly private_keys: readonly string[];
  readonly address: string;
  readonly type: string;
  readonly bip322_signatures: readonly string[];
}
interface Published {
  readonly tx_hashes?: readonly Readonly<Record<'message' | 'address' | 'message_hash' | 'to_spend_tx_hash' | 'to_sign_tx_hash', string>>[];
  readonly simple: readonly Signed[];
  readonly full?: readonly Signed[];
  readonly error: readonly {
    readonly description: string;
    readonly message: string;
    readonly address: string;
    readonly signature: string;
  }[];
}

const load = (name: string): Published =>
  JSON.parse(readFileSync(new URL(`../../vectors/bip322/${name}-test-vectors.json`, import.meta.url), 'utf8')) as Published;
const published = [load('basic'), load('generated')];
const base64 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replace(/^(smp|ful|pof)/, ''), 'base64'));
const scriptOf = (address: string): Uint8Array => Address.decode(address, 'mainnet');
const isSingle = ({ type }: Signed): boolean => type === 'p2wpkh' || type === 'p2tr';

const { Signer, Verifier } = createRequire(import.meta.url)('bip322-js') as {
  readonly Signer: { sign(wif: string, address: string, message: string): string };
  readonly Verifier: { verifySignature(address: string, message: string, signature: string): boolean };
};

const hash160 = (value: Uint8Array): Uint8Array => ripemd160(sha256(value));
const keyHashScript = (publicKey: Uint8Array): Uint8Array => Uint8Array.of(0, 20, ...hash160(publicKey));
const taprootScript = (publicKey: Uint8Array): Uint8Array =>
  TapTree.scriptPubKeyOf(TapTree.tweak(publicKey.slice(1), new Uint8Array(0)).outputKey);
const secret = SecretKey.from(new Uint8Array(32).fill(7));
const point = PublicKey.compressedOfSecret(secret);
const P2WPKH = keyHashScript(point);
const P2TR = taprootScript(point);
const MESSAGE = 'bbn1cyqgpk0nlsutlm5ymkfpya30fqntanc8slpure';
const signed = (script: Uint8Array): readonly Uint8Array[] =>
  Bip322.decodeWitness(Bip322.signSimple(MESSAGE, secret, script, { auxRand: new Uint8Array(32) }));

describe('the vectors of the BIP', () => {
  it.each(published[0]?.tx_hashes ?? [])('hashes of "$message"', (row) => {
    const script = scriptOf(row.address);
    expect(hex(Bip322.messageHash(row.message))).toBe(row.message_hash);
    expect(Bip322.toSpend(row.message, script).getId()).toBe(row.to_spend_tx_hash);
    expect(Bip322.toSign(row.message, script).getId()).toBe(row.to_sign_tx_hash);
  });

  const simple = published.flatMap((file) => file.simple);
  it('are as many as published', () => {
    expect(simple.filter(isSingle)).toHaveLength(5);
    expect(published.flatMap((file) => file.full ?? [])).toHaveLength(10);
    expect(published.flatMap((file) => file.error)).toHaveLength(36);
  });

  it.each(simple)('simple signatures of $type over "$message"', (row) => {
    for (const signature of row.bip322_signatures) {
      expect(Bip322.verifySimple(row.message, scriptOf(row.address), base64(signature))).toBe(isSingle(row));
    }
    if (!isSingle(row)) return;
    const secretKey = fromWIF(row.private_keys[0] ?? '');
    const witness = Bip322.signSimple(row.message, secretKey, scriptOf(row.address), { auxRand: new Uint8Array(32) });
    expect(Bip322.verifySimple(row.message, scriptOf(row.address), witness)).toBe(true);
    // The other signatures of P2WPKH have more entropy than RFC 6979 alone, those of P2TR the same as here.
    if (row.type === 'p2wpkh') expect(row.bip322_signatures.map(base64).map(hex)).toContain(hex(witness));
  });

  it.each(published.flatMap((file) => file.full ?? []))('full signatures of $type say version 2, which a simple one cannot', (row) => {
    for (const signature of row.bip322_signatures)
      expect(codeOf(() => Bip322.simpleFromFull(row.message, scriptOf(row.address), base64(signature)))).toBe('bip322.not-simple');
  });

  it.each(published.flatMap((file) => file.error))('refuses: $description', (row) => {
    // The two rows about prefixes are for readers of text.
    if (/prefix/.test(row.description)) return;
    expect(Bip322.verifySimple(row.message, scriptOf(row.address), base64(row.signature))).toBe(false);
  });
});

describe('against bip322-js', () => {
  it('its signatures pass here and ours there, 300 times', () => {
    let refused = 0;
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.string({ maxLength: 200 }),
        fc.constantFrom('p2wpkh', 'p2tr'),
        fc.boolean(),
        (d, message, kind, spoil) => {
          fc.pre(d.some((byte) => byte !== 0) && (d[0] ?? 0) < 255 && !/[\ud800-\udfff]/.test(message));
          const secretKey = SecretKey.from(d);
          const publicKey = PublicKey.compressedOfSecret(secretKey);
          const script = kind === 'p2tr' ? taprootScript(publicKey) : keyHashScript(publicKey);
          const address = Address.encode(script, 'mainnet');
          const theirs = base64(Signer.sign(toWIF(d), address, message));
          expect(Bip322.verifySimple(message, script, theirs)).toBe(true);
          const ours = Buffer.from(Bip322.signSimple(message, secretKey, script)).toString('base64');
          expect(Verifier.verifySignature(address, message, ours)).toBe(true);
          if (!spoil) return;
          expect(Verifier.verifySignature(address, `${message} `, ours)).toBe(false);
          expect(Bip322.verifySimple(`${message} `, script, theirs)).toBe(false);
          refused++;
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
    expect(refused).toBeGreaterThan(100);
  });
});

describe('a simple signature', () => {
  it('is the same whichever backend signs, and verifies with each', () => {
    for (const script of [P2WPKH, P2TR]) {
      const made = backends.map((ecc) => Bip322.signSimple(MESSAGE, secret, script, { auxRand: new Uint8Array(32) }, ecc));
      expect(new Set(made.map(hex)).size).toBe(1);
      for (const ecc of backends) expect(Bip322.verifySimple(MESSAGE, script, made[0] as Uint8Array, ecc)).toBe(true);
    }
  });

  it('does not survive a change of any byte, of the message, of the script', () => {
    for (const script of [P2WPKH, P2TR]) {
      const witness = Bip322.encodeWitness(signed(script));
      for (let at = 0; at < witness.length; at++)
        for (const change of [1, 0x80])
          expect(
            Bip322.verifySimple(
              MESSAGE,
              script,
              witness.map((byte, i) => (i === at ? byte ^ change : byte)),
            ),
            `${at}`,
          ).toBe(false);
      for (const part of [witness.slice(1), witness.slice(0, -1), Uint8Array.of(...witness, 0), new Uint8Array(0), Uint8Array.of(0)])
        expect(Bip322.verifySimple(MESSAGE, script, part)).toBe(false);
      expect(Bip322.verifySimple(`${MESSAGE}x`, script, witness)).toBe(false);
      expect(Bip322.verifySimple(MESSAGE, script === P2TR ? P2WPKH : P2TR, witness)).toBe(false);
    }
  });

  it('of P2TR may say ALL', () => {
    const hash = Bip322.sighash(MESSAGE, P2TR, 1);
    expect(hex(hash)).not.toBe(hex(Bip322.sighash(MESSAGE, P2TR)));
    const tweaked = Slow.modulo(evenSecret() + Slow.int(Slow.tagged('TapTweak', point.slice(1))), Slow.n);
    const signature = backends[0]?.schnorrSign(hash, Slow.b32(tweaked), new Uint8Array(32)) as Uint8Array;
    expect(Bip322.check(MESSAGE, P2TR, [Uint8Array.of(...signature, 1)])).toBeUndefined();
    expect(Bip322.check(MESSAGE, P2TR, [signature])).toBe('invalid-signature');
  });

  it('needs the address of its key', () => {
    const other = PublicKey.compressedOfSecret(SecretKey.from(new Uint8Array(32).fill(8)));
    for (const script of [keyHashScript(other), taprootScript(other), TapTree.scriptPubKeyOf(point.slice(1))])
      expect(codeOf(() => Bip322.signSimple(MESSAGE, secret, script))).toBe('bip322.not-your-script');
    for (const script of [
      Uint8Array.of(0xa9, 20, ...hash160(P2WPKH), 0x87),
      new Uint8Array(0),
      Uint8Array.of(0, 32, ...new Uint8Array(32)),
    ])
      expect(codeOf(() => Bip322.signSimple(MESSAGE, secret, script))).toBe('bip322.unsupported-script');
  });

  it('is of text as UTF-8, and of nothing that has no UTF-8 form', () => {
    expect(hex(Bip322.messageHash('ä'))).toBe(hex(Bip322.messageHash(Uint8Array.of(0xc3, 0xa4))));
    expect(codeOf(() => Bip322.messageHash('a\ud800'))).toBe('message.half-surrogate');
    expect(codeOf(() => Bip322.messageHash('\udc00a'))).toBe('message.half-surrogate');
    expect(hex(Bip322.messageHash('😀'))).toBe(hex(Bip322.messageHash(Uint8Array.of(0xf0, 0x9f, 0x98, 0x80))));
  });
});

function evenSecret(): bigint {
  const d = Slow.int(secret);
  return point[0] === 2 ? d : Slow.n - d;
}

describe('check names the rule', () => {
  const key = signed(P2WPKH)[1] as Uint8Array;
  const ecdsa = signed(P2WPKH)[0] as Uint8Array;
  const schnorr = signed(P2TR)[0] as Uint8Array;
  const uncompressed = pointOf(secret);
  const put = (value: Uint8Array, at: number, byte: number): Uint8Array =>
    value.map((old, i) => (i === (at < 0 ? value.length + at : at) ? byte : old));
  const rows: readonly (readonly [string, Bip322.Finding, Uint8Array, readonly Uint8Array[]])[] = [
    ['a P2SH output', 'unsupported-script', Uint8Array.of(0xa9, 20, ...new Uint8Array(20), 0x87), [ecdsa, key]],
    ['no items', 'wrong-item-count', P2TR, []],
    ['an annex', 'wrong-item-count', P2TR, [schnorr, Uint8Array.of(0x50)]],
    ['a script path', 'wrong-item-count', P2TR, [schnorr, Uint8Array.of(0x51), Uint8Array.of(0xc0, ...new Uint8Array(32))]],
    ['a signature alone', 'wrong-item-count', P2WPKH, [ecdsa]],
    ['three items', 'wrong-item-count', P2WPKH, [ecdsa, key, key]],
    ['an empty signature', 'bad-signature-length', P2WPKH, [new Uint8Array(0), key]],
    ['8 bytes', 'bad-signature-length', P2WPKH, [new Uint8Array(8), key]],
    ['63 bytes', 'bad-signature-length', P2TR, [schnorr.slice(1)]],
    ['66 bytes', 'bad-signature-length', P2TR, [Uint8Array.of(...schnorr, 1, 1)]],
    ['no hash type', 'bad-hash-type', P2WPKH, [put(ecdsa, -1, 0), key]],
    ['NONE', 'bad-hash-type', P2WPKH, [put(ecdsa, -1, 2), key]],
    ['SINGLE', 'bad-hash-type', P2WPKH, [put(ecdsa, -1, 3), key]],
    ['ALL with anyone can pay', 'bad-hash-type', P2WPKH, [put(ecdsa, -1, 0x81), key]],
    ['DEFAULT written out', 'bad-hash-type', P2TR, [Uint8Array.of(...schnorr, 0)]],
    ['taproot SINGLE', 'bad-hash-type', P2TR, [Uint8Array.of(...schnorr, 3)]],
    ['taproot ALL with anyone can pay', 'bad-hash-type', P2TR, [Uint8Array.of(...schnorr, 0x81)]],
    ['DEFAULT called ALL', 'invalid-signature', P2TR, [Uint8Array.of(...schnorr, 1)]],
    ['an item of 521 bytes', 'item-too-large', P2WPKH, [Uint8Array.of(...new Uint8Array(520), 1), key]],
    ['another key', 'wrong-public-key', P2WPKH, [ecdsa, put(key, 0, (key[0] as number) ^ 1)]],
    [
      'a zero too many',
      'not-der',
      P2WPKH,
      [Uint8Array.of(0x30, (ecdsa[1] as number) + 1, 2, (ecdsa[3] as number) + 1, 0, ...ecdsa.slice(4)), key],
    ],
    ['BER', 'not-der', P2WPKH, [Uint8Array.of(0x30, 0x81, ...ecdsa.slice(1)), key]],
    ['high s', 'high-s', P2WPKH, [highS(ecdsa), key]],
    ['an uncompressed key', 'uncompressed-key', keyHashScript(uncompressed), [ecdsa, uncompressed]],
    ['a hybrid key', 'uncompressed-key', keyHashScript(put(uncompressed, 0, 6)), [ecdsa, put(uncompressed, 0, 6)]],
    ['a key of 33 bytes with prefix 05', 'uncompressed-key', keyHashScript(put(key, 0, 5)), [ecdsa, put(key, 0, 5)]],
    ['a key off the curve', 'key-not-on-curve', keyHashScript(offCurve()), [ecdsa, offCurve()]],
    ['a taproot key off the curve', 'key-not-on-curve', Uint8Array.of(0x51, 32, ...offCurve().slice(1)), [schnorr]],
    ['r = 0', 'out-of-range', P2WPKH, [bytes('300602010002010101'), key]],
    ['s = 0', 'out-of-range', P2WPKH, [bytes('300602010102010001'), key]],
    ['taproot r = p', 'out-of-range', P2TR, [Slow.join(Slow.b32(Slow.p), schnorr.slice(32))]],
    ['another signature', 'invalid-signature', P2WPKH, [bytes('300602010102010101'), key]],
    ['taproot s = n', 'invalid-signature', P2TR, [Slow.join(schnorr.slice(0, 32), Slow.b32(Slow.n))]],
  ];
  it.each(rows)('%s: %s', (_, finding, script, stack) => {
    for (const ecc of backends) expect(Bip322.check(MESSAGE, script, stack, ecc)).toBe(finding);
    expect(Bip322.verifySimple(MESSAGE, script, Bip322.encodeWitness(stack))).toBe(false);
  });

  function highS(der: Uint8Array): Uint8Array {
    const length = der[3] as number;
    const s = Slow.n - Slow.int(der.slice(6 + length, -1));
    const body = Slow.join(der.slice(2, 4 + length), Uint8Array.of(2, 33, 0), Slow.b32(s));
    return Slow.join(Uint8Array.of(0x30, body.length), body, Uint8Array.of(1));
  }

  function offCurve(): Uint8Array {
    let x = 1n;
    while (Slow.lift(x) !== undefined) x++;
    return Uint8Array.of(2, ...Slow.b32(x));
  }
});

describe('a witness', () => {
  it('is read back as written', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 300 }), (stack) => {
        expect(Bip322.decodeWitness(Bip322.encodeWitness(stack))).toEqual(stack);
      }),
      { seed: SEED, numRuns: 50 },
    );
  });

  it.each([
    ['empty', '', 'end', 0],
    ['an item is missing', '01', 'end', 1],
    ['an item is cut', '0102aa', 'end-inside', 2],
    ['a length is cut', '01fd01', 'end-inside', 1],
    ['a length is missing after its form', '01fe', 'end', 1],
    ['252 in three bytes', 'fdfc00', 'non-minimal', 0],
    ['65535 in five bytes', '01feffff0000', 'non-minimal', 1],
    ['2^32-1 in nine bytes', '01ffffffffff00000000', 'non-minimal', 1],
    ['more items than fit', 'fe01093d00', 'too-many', 0],
    ['an item larger than a block', '01fe01093d00', 'too-large', 1],
    ['2^63 bytes', '01ff0000000000000080', 'too-large', 1],
  ])('with a fault: %s', (_, text, fault, at) => {
    expect(Bip322.readWitness(bytes(text))).toMatchObject({ fault, at });
    expect(failure(() => Bip322.decodeWitness(bytes(text))).reason).toMatchObject({
      code: 'bip322.malformed-witness',
      field: 'witness',
      at,
    });
  });

  it('may be followed by other bytes only where the reader says so', () => {
    expect(Bip322.readWitness(bytes('0101aa00'))).toEqual({ stack: [bytes('aa')], next: 3 });
    expect(failure(() => Bip322.decodeWitness(bytes('0101aa00'))).reason).toMatchObject({ code: 'bip322.malformed-witness', at: 3 });
    // Four million items are announced, none is there: answered at once.
    expect(Bip322.readWitness(bytes('fe00093d00'))).toMatchObject({ fault: 'end' });
  });
});

describe('a full signature', () => {
  const full = (change: (transaction: Tx.Transaction) => void = () => {}): Uint8Array => {
    const transaction = Bip322.toSign(MESSAGE, P2WPKH);
    transaction.setWitness(0, [...signed(P2WPKH)]);
    change(transaction);
    return transaction.toBuffer();
  };
  const inputOf = (transaction: Tx.Transaction): Tx.Transaction['ins'][number] => transaction.ins[0] as Tx.Transaction['ins'][number];

  const outputOf = (transaction: Tx.Transaction): { value: bigint; script: Uint8Array } =>
    transaction.outs[0] as { value: bigint; script: Uint8Array };

  it('holds the simple one', () => {
    expect(hex(Bip322.simpleFromFull(MESSAGE, P2WPKH, full()))).toBe(hex(Bip322.encodeWitness(signed(P2WPKH))));
  });

  it.each<readonly [string, (transaction: Tx.Transaction) => void, RegExp]>([
    [
      'a version',
      (tx) => {
        tx.version = 2;
      },
      /version is 2/,
    ],
    [
      'a lock time',
      (tx) => {
        tx.locktime = 9;
      },
      /lock time is 9/,
    ],
    [
      'a sequence',
      (tx) => {
        inputOf(tx).sequence = 1;
      },
      /sequence is 1/,
    ],
    [
      'a scriptSig',
      (tx) => {
        inputOf(tx).script = bytes('0014');
      },
      /scriptSig/,
    ],
    ['another input beside', (tx) => void tx.addInput(new Uint8Array(32).fill(1), 0), /2 inputs/],
    [
      'another output index',
      (tx) => {
        inputOf(tx).index = 1;
      },
      /another message/,
    ],
    [
      'an output of value',
      (tx) => {
        outputOf(tx).value = 1n;
      },
      /output/,
    ],
    [
      'an output of another script',
      (tx) => {
        outputOf(tx).script = bytes('51');
      },
      /output/,
    ],
    ['two outputs', (tx) => void tx.addOutput(bytes('6a'), 0n), /output/],
  ])('with %s is not simple', (_, change, problem) => {
    const error = failure(() => Bip322.simpleFromFull(MESSAGE, P2WPKH, full(change)));
    expect(error.code).toBe('bip322.not-simple');
    expect(error.message).toMatch(problem);
  });

  it('for another message, address or in pieces is refused', () => {
    expect(codeOf(() => Bip322.simpleFromFull('x', P2WPKH, full()))).toBe('bip322.not-simple');
    expect(codeOf(() => Bip322.simpleFromFull(MESSAGE, P2TR, full()))).toBe('bip322.not-simple');
    expect(codeOf(() => Bip322.simpleFromFull(MESSAGE, P2WPKH, full().slice(0, -1)))).toBe('tx.malformed');
  });
});
