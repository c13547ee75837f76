// Kinds eots.sign, eots.verify and eots.extract: one-time signatures of finality providers (babylon crypto/eots/eots.go).
import * as Hex from '../../base/Hex.ts';
import type { Ecc } from '../../crypto/Ecc.ts';
import * as Eots from '../../crypto/Eots.ts';
import * as PublicKey from '../../crypto/PublicKey.ts';
import * as PubRand from '../../crypto/PubRand.ts';
import * as SecretKey from '../../crypto/SecretKey.ts';
import type { Definition, Spoiling } from '../definition.ts';
import * as Field from '../fields.ts';
import type { Input } from '../model.ts';
import type { Random } from '../random.ts';
import * as Read from '../reader.ts';
import * as Made from './made.ts';

const CONTEXT = Field.optional(Field.about(Field.text(), 'text before the message: empty on the main line, 64 hex digits on the BSN line'));

/** The optional signing context, where an input has one. */
export function contextOf(input: Input): { context?: string } {
  return Read.has(input, 'context') ? { context: Read.text(input, 'context') } : {};
}

export const eotsSign: Definition = {
  kind: 'eots.sign',
  about: 'one signature of a secret key under a secret nonce; both are normalised to even y inside',
  input: { secretKey: Field.hex(32), secretNonce: Field.hex(32), message: Field.hex(), context: CONTEXT },
  expect: { publicKey: Field.hex(), publicNonce: Field.hex(), signature: Field.about(Field.hex(), 's, 32 bytes') },
  outputs(input, ecc) {
    const secretKey = SecretKey.from(Read.bytes(input, 'secretKey'));
    const secRand = Read.bytes(input, 'secretNonce');
    const message = Read.bytes(input, 'message');
    const context = contextOf(input);
    return {
      // First, since it has the fullest set of refusals.
      signature: () => Hex.encode(Eots.sign({ secretKey, secRand, message, ...context }, ecc)),
      publicKey: () => Hex.encode(PublicKey.ofSecret(secretKey, ecc)),
      publicNonce: () => Hex.encode(PubRand.fromSecret(secRand, ecc).pubRand),
    };
  },
  draft(random) {
    const input = signInput(random);
    return { name: 'context' in input ? 'with-context' : 'main-line', input };
  },
  spoilings: [
    spoilSign('zero-key', 'secret-key.out-of-range', () => ({ secretKey: Made.ZERO })),
    spoilSign('key-is-order', 'secret-key.out-of-range', () => ({ secretKey: Made.ORDER })),
    spoilSign('key-above-order', 'secret-key.out-of-range', () => ({ secretKey: 'ff'.repeat(32) })),
    spoilSign('key-31-bytes', 'input.wrong-length', (random) => ({ secretKey: Made.hex(random, 31) })),
    spoilSign('zero-nonce', 'eots.nonce-out-of-range', () => ({ secretNonce: Made.ZERO })),
    spoilSign('nonce-is-order', 'eots.nonce-out-of-range', () => ({ secretNonce: Made.ORDER })),
    spoilSign('nonce-33-bytes', 'input.wrong-length', (random) => ({ secretNonce: Made.hex(random, 33) })),
    spoilSign('odd-hex', 'hex.odd-length', (random) => ({ message: Made.hex(random, 8).slice(1) })),
    spoilSign('no-hex', 'hex.bad-digit', (random) => ({ message: `0x${Made.hex(random, 8)}` })),
    spoilSign('half-a-surrogate', 'eots.malformed-context', () => ({ context: 'a\ud800' })),
  ],
};

export const eotsVerify: Definition = {
  kind: 'eots.verify',
  about: 'whether s is valid for the message under the public nonce',
  input: {
    publicKey: Field.hex(32),
    publicNonce: Field.hex(32),
    message: Field.hex(),
    signature: Field.about(Field.hex(32), 's'),
  },
  expect: { valid: Field.boolean() },
  outputs(input, ecc) {
    const publicKey = Read.bytes(input, 'publicKey');
    const pubRand = Read.bytes(input, 'publicNonce');
    const message = Read.bytes(input, 'message');
    const signature = Read.bytes(input, 'signature');
    return { valid: () => Eots.verify({ publicKey, pubRand, message, signature }, ecc) };
  },
  draft(random, _index, ecc) {
    const good = verifyInput(random, ecc);
    const [name, changes] = random.pick<readonly [string, Input]>([
      ['valid', {}],
      ['valid', {}],
      ['valid', {}],
      ['other-s', { signature: Made.flipped(String(good['signature']), random) }],
      ['other-message', { message: Made.flipped(String(good['message']), random) }],
      ['other-nonce', { publicNonce: Hex.encode(Made.keyPair(random, ecc).publicKey) }],
      ['other-key', { publicKey: Hex.encode(Made.keyPair(random, ecc).publicKey) }],
      ['key-off-curve', { publicKey: Made.offCurve(random, ecc) }],
      ['s-is-order', { signature: Made.ORDER }],
      ['r-is-field-prime', { publicNonce: Made.FIELD_PRIME }],
      ['zero-s', { signature: Made.ZERO }],
    ]);
    return { name, input: Made.but(good, changes) };
  },
  spoilings: [
    spoilVerify('key-33-bytes', 'input.wrong-length', (random) => ({ publicKey: `02${Made.hex(random, 32)}` })),
    spoilVerify('key-uncompressed', 'input.wrong-length', (random) => ({ publicKey: `04${Made.hex(random, 64)}` })),
    spoilVerify('nonce-31-bytes', 'input.wrong-length', (random) => ({ publicNonce: Made.hex(random, 31) })),
    spoilVerify('signature-64-bytes', 'input.wrong-length', (random) => ({ signature: Made.hex(random, 64) })),
    spoilVerify('signature-empty', 'input.wrong-length', () => ({ signature: '' })),
    spoilVerify('odd-hex', 'hex.odd-length', (random) => ({ signature: Made.hex(random, 32).slice(1) })),
    spoilVerify('no-hex', 'hex.bad-digit', (random) => ({ publicKey: `${Made.hex(random, 31)}g0` })),
    spoilVerify('signature-a-number', 'input.not-text', () => ({ signature: 7 })),
  ],
};

export const eotsExtract: Definition = {
  kind: 'eots.extract',
  about: 'the secret key behind two signatures under one nonce',
  input: {
    publicKey: Field.about(Field.hex(32, 33), 'x-only: the even-y key comes out; compressed: the key of that parity'),
    publicNonce: Field.hex(32),
    message1: Field.hex(),
    signature1: Field.hex(32),
    message2: Field.hex(),
    signature2: Field.hex(32),
  },
  expect: { secretKey: Field.hex() },
  outputs(input, ecc) {
    const publicKey = Read.bytes(input, 'publicKey');
    const pubRand = Read.bytes(input, 'publicNonce');
    const [message1, signature1] = [Read.bytes(input, 'message1'), Read.bytes(input, 'signature1')];
    const [message2, signature2] = [Read.bytes(input, 'message2'), Read.bytes(input, 'signature2')];
    return { secretKey: () => Hex.encode(Eots.extract({ publicKey, pubRand, message1, signature1, message2, signature2 }, ecc)) };
  },
  draft(random, _index, ecc) {
    const { input, compressed } = extractInput(random, ecc);
    return random.chance(50) ? { name: 'x-only', input } : { name: 'compressed', input: Made.but(input, { publicKey: compressed }) };
  },
  spoilings: [
    spoilExtract('same-signature', 'eots.same-signature', (good) => ({ message2: good['message1'], signature2: good['signature1'] })),
    spoilExtract('same-message', 'eots.same-message', (good) => ({ message2: good['message1'] })),
    spoilExtract('messages-swapped', 'eots.key-mismatch', (good) => ({ message1: good['message2'], message2: good['message1'] })),
    spoilExtract('other-key', 'eots.key-mismatch', (_, random, ecc) => ({ publicKey: Hex.encode(Made.keyPair(random, ecc).publicKey) })),
    spoilExtract('other-nonce', 'eots.key-mismatch', (_, random, ecc) => ({
      publicNonce: Hex.encode(Made.keyPair(random, ecc).publicKey),
    })),
    spoilExtract('s-is-order', 'eots.s-out-of-range', () => ({ signature2: Made.ORDER })),
    spoilExtract('r-is-field-prime', 'eots.r-out-of-range', () => ({ publicNonce: Made.FIELD_PRIME })),
    spoilExtract('key-off-curve', 'public-key.not-on-curve', (_, random, ecc) => ({ publicKey: Made.offCurve(random, ecc) })),
    spoilExtract('bad-prefix', 'eots.bad-prefix', (good) => ({ publicKey: `04${good['publicKey']}` })),
    spoilExtract('key-uncompressed', 'input.wrong-length', (_, random) => ({ publicKey: `04${Made.hex(random, 64)}` })),
    spoilExtract('signature-31-bytes', 'input.wrong-length', (_, random) => ({ signature1: Made.hex(random, 31) })),
  ],
};

function signInput(random: Random): Input {
  const context = random.chance(25) ? { context: Made.hex(random, 32) } : {};
  return {
    secretKey: Hex.encode(Made.secretKey(random)),
    secretNonce: Hex.encode(Made.secretKey(random)),
    // Votes have 40 bytes; the scheme takes any number, none included.
    message: Made.hex(random, random.pick([0, 1, 32, 40, 40, 40, 100])),
    ...context,
  };
}

function verifyInput(random: Random, ecc: Ecc): Input {
  const { secretKey, publicKey } = Made.keyPair(random, ecc);
  const secRand = Made.secretKey(random);
  const message = random.bytes(40);
  return {
    publicKey: Hex.encode(publicKey),
    publicNonce: Hex.encode(PubRand.fromSecret(secRand, ecc).pubRand),
    message: Hex.encode(message),
    signature: Hex.encode(Eots.sign({ secretKey, secRand, message }, ecc)),
  };
}

function extractInput(random: Random, ecc: Ecc): { readonly input: Input; readonly compressed: string } {
  const { secretKey, publicKey } = Made.keyPair(random, ecc);
  const secRand = Made.secretKey(random);
  const [message1, message2] = [random.bytes(40), random.bytes(40)];
  const input = {
    publicKey: Hex.encode(publicKey),
    publicNonce: Hex.encode(PubRand.fromSecret(secRand, ecc).pubRand),
    message1: Hex.encode(message1),
    signature1: Hex.encode(Eots.sign({ secretKey, secRand, message: message1 }, ecc)),
    message2: Hex.encode(message2),
    signature2: Hex.encode(Eots.sign({ secretKey, secRand, message: message2 }, ecc)),
  };
  return { input, compressed: Hex.encode(PublicKey.compressedOfSecret(secretKey, ecc)) };
}

function spoilSign(name: string, error: string, changes: (random: Random) => Input): Spoiling {
  return { name, error, spoil: (random) => Made.but(signInput(random), changes(random)) };
}

function spoilVerify(name: string, error: string, changes: (random: Random) => Input): Spoiling {
  return { name, error, spoil: (random, ecc) => Made.but(verifyInput(random, ecc), changes(random)) };
}

function spoilExtract(name: string, error: string, changes: (good: Input, random: Random, ecc: Ecc) => Input): Spoiling {
  return {
    name,
    error,
    spoil: (random, ecc) => {
      const { input } = extractInput(random, ecc);
      return Made.but(input, changes(input, random, ecc));
    },
  };
}
