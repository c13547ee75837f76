// Kind adaptor.signature: sign, verify, decrypt and recover (babylon crypto/schnorr-adaptor-signature/sig.go).
import * as Hex from '../../base/Hex.ts';
import * as AdaptorSig from '../../crypto/AdaptorSig.ts';
import type { Ecc } from '../../crypto/Ecc.ts';
import * as PublicKey from '../../crypto/PublicKey.ts';
import * as SecretKey from '../../crypto/SecretKey.ts';
import type { Definition, Draft, Outputs, Spoiling } from '../definition.ts';
import * as Field from '../fields.ts';
import type { Input, Value } from '../model.ts';
import type { Random } from '../random.ts';
import * as Read from '../reader.ts';
import * as Made from './made.ts';

export const adaptorSignature: Definition = {
  kind: 'adaptor.signature',
  about: 'to verify and decrypt, to sign, or to recover the decryption key; whatever the input is complete for',
  input: {
    signerPublicKey: Field.optional(Field.about(Field.hex(32, 33), 'x-only; of a compressed key the parity is dropped')),
    encryptionPublicKey: Field.optional(Field.about(Field.hex(32, 33), 'x-only means even y')),
    message: Field.optional(Field.about(Field.hex(), 'used as it is')),
    adaptorSignature: Field.optional(Field.about(Field.hex(65, 66), '66 bytes: the old form')),
    decryptionSecretKey: Field.optional(Field.about(Field.hex(32), 'either sign: the one whose point is encryptionPublicKey is used')),
    signerSecretKey: Field.optional(Field.hex(32)),
    auxRand: Field.optional(Field.hex(32)),
    signature: Field.optional(Field.about(Field.hex(64), 'the published signature, to recover the key from')),
  },
  forms: [
    ['signerPublicKey', 'encryptionPublicKey', 'message', 'adaptorSignature'],
    ['signerSecretKey', 'auxRand', 'encryptionPublicKey', 'message'],
    ['adaptorSignature', 'signature'],
    ['adaptorSignature', 'decryptionSecretKey'],
  ],
  expect: {
    adaptorSignature: Field.hex(),
    valid: Field.boolean(),
    signature: Field.about(Field.hex(), '64 bytes, after decryption'),
    recoveredDecryptionKey: Field.hex(),
  },
  outputs(input, ecc) {
    let made: Uint8Array | undefined;
    const has = (...keys: readonly string[]): boolean => keys.every((key) => Read.has(input, key));
    const signs = has('signerSecretKey', 'auxRand', 'encryptionPublicKey', 'message');
    const adaptor = (): Uint8Array => {
      if (has('adaptorSignature')) return Read.bytes(input, 'adaptorSignature');
      made ??= sign(input, ecc);
      return made;
    };
    const outputs: Record<string, () => Value> = {};
    if (signs) outputs['adaptorSignature'] = () => Hex.encode(sign(input, ecc));
    if ((signs || has('adaptorSignature', 'signerPublicKey')) && has('encryptionPublicKey', 'message')) {
      outputs['valid'] = () =>
        AdaptorSig.verify(
          {
            publicKey: signerOf(input, ecc),
            encryptionKey: Read.bytes(input, 'encryptionPublicKey'),
            message: Read.bytes(input, 'message'),
            adaptorSignature: adaptor(),
          },
          ecc,
        );
    }
    return { ...outputs, ...secretOutputs(input, adaptor, ecc) };
  },
  draft: makeDraft,
  spoilings: spoilings(),
};

function secretOutputs(input: Input, adaptor: () => Uint8Array, ecc: Ecc): Outputs {
  const outputs: Record<string, () => Value> = {};
  if (Read.has(input, 'decryptionSecretKey')) {
    outputs['signature'] = () => {
      const given = SecretKey.from(Read.bytes(input, 'decryptionSecretKey'), 'decryptionSecretKey');
      const decryptionKey = Read.has(input, 'encryptionPublicKey')
        ? AdaptorSig.decryptionKeyFor(given, Read.bytes(input, 'encryptionPublicKey'), ecc)
        : given;
      return Hex.encode(AdaptorSig.decrypt({ adaptorSignature: adaptor(), decryptionKey }, ecc));
    };
  }
  if (Read.has(input, 'signature')) {
    outputs['recoveredDecryptionKey'] = () =>
      Hex.encode(AdaptorSig.recover({ adaptorSignature: adaptor(), signature: Read.bytes(input, 'signature') }, ecc));
  }
  return outputs;
}

function sign(input: Input, ecc: Ecc): Uint8Array {
  return AdaptorSig.sign(
    {
      secretKey: SecretKey.from(Read.bytes(input, 'signerSecretKey'), 'signerSecretKey'),
      encryptionKey: Read.bytes(input, 'encryptionPublicKey'),
      message: Read.bytes(input, 'message'),
      auxRand: Read.bytes(input, 'auxRand'),
    },
    ecc,
  );
}

/** x-only. A key off the curve is left as it is: a signature of it is not valid, which is an answer and no refusal. */
function signerOf(input: Input, ecc: Ecc): Uint8Array {
  if (!Read.has(input, 'signerPublicKey')) return PublicKey.ofSecret(SecretKey.from(Read.bytes(input, 'signerSecretKey')), ecc);
  const key = Read.bytes(input, 'signerPublicKey');
  return key.length === 33 ? PublicKey.fromCompressedAnyParity(key, 'signerPublicKey', ecc) : key;
}

type Parts = { readonly signing: Input; readonly verifying: Input; readonly decrypting: Input; readonly recovering: Input };

function makeParts(random: Random, ecc: Ecc): Parts {
  const signer = Made.keyPair(random, ecc);
  const holder = Made.keyPair(random, ecc);
  // Compressed with its own parity, or x-only, which means even whatever the holder's parity.
  const encryptionKey = random.chance(50) ? PublicKey.compressedOfSecret(holder.secretKey, ecc) : holder.publicKey;
  const message = random.bytes(random.pick([32, 32, 32, 0, 17]));
  const auxRand = random.bytes(32);
  const adaptor = AdaptorSig.sign({ secretKey: signer.secretKey, encryptionKey, message, auxRand }, ecc);
  const decryptionKey = AdaptorSig.decryptionKeyFor(holder.secretKey, encryptionKey, ecc);
  const signature = Hex.encode(AdaptorSig.decrypt({ adaptorSignature: adaptor, decryptionKey }, ecc));
  const shown = random.chance(25) ? AdaptorSig.toLegacy66(AdaptorSig.decode(adaptor, ecc)) : adaptor;
  const common = { encryptionPublicKey: Hex.encode(encryptionKey), message: Hex.encode(message) };
  const verifying = { signerPublicKey: Hex.encode(signer.publicKey), ...common, adaptorSignature: Hex.encode(shown) };
  return {
    signing: { ...common, signerSecretKey: Hex.encode(signer.secretKey), auxRand: Hex.encode(auxRand) },
    verifying,
    decrypting: { ...verifying, decryptionSecretKey: Hex.encode(holder.secretKey) },
    recovering: { adaptorSignature: Hex.encode(shown), signature },
  };
}

function makeDraft(random: Random, _index: number, ecc: Ecc): Draft {
  const { signing, verifying, decrypting, recovering } = makeParts(random, ecc);
  const turned = (field: string): Input => Made.but(verifying, { [field]: Made.flipped(String(verifying[field]), random) });
  const message = verifying['message'] === '' ? verifying : turned('message');
  return random.pick<Draft>([
    { name: 'sign', input: signing },
    { name: 'sign', input: signing },
    { name: 'verify', input: verifying },
    { name: 'decrypt', input: decrypting },
    { name: 'decrypt', input: decrypting },
    { name: 'recover', input: recovering },
    { name: 'recover', input: recovering },
    { name: 'other-message', input: message },
    { name: 'other-signer', input: Made.but(verifying, { signerPublicKey: Hex.encode(Made.keyPair(random, ecc).publicKey) }) },
    { name: 'other-encryption-key', input: Made.but(verifying, { encryptionPublicKey: Hex.encode(Made.keyPair(random, ecc).publicKey) }) },
    { name: 'one-bit-turned', input: turned('adaptorSignature') },
    { name: 'signer-off-curve', input: Made.but(verifying, { signerPublicKey: Made.offCurve(random, ecc) }) },
  ]);
}

function spoilings(): readonly Spoiling[] {
  const spoiling = (name: string, error: string, spoil: (parts: Parts, random: Random, ecc: Ecc) => Input): Spoiling => ({
    name,
    error,
    spoil: (random, ecc) => spoil(makeParts(random, ecc), random, ecc),
  });
  /** The start of the 65-byte form, then another s'. */
  const withS = ({ recovering }: Parts, s: string): string => `02${String(recovering['signature']).slice(0, 64)}${s}`;
  return [
    spoiling('64-bytes', 'adaptor.wrong-length', ({ verifying }, random) =>
      Made.but(verifying, { adaptorSignature: Made.hex(random, 64) }),
    ),
    spoiling('67-bytes', 'adaptor.wrong-length', ({ verifying }, random) =>
      Made.but(verifying, { adaptorSignature: Made.hex(random, 67) }),
    ),
    spoiling('empty', 'adaptor.wrong-length', ({ decrypting }) => Made.but(decrypting, { adaptorSignature: '' })),
    spoiling('decrypt-malformed', 'adaptor.malformed', (parts) =>
      Made.but(parts.decrypting, { adaptorSignature: `05${withS(parts, Made.ORDER).slice(2)}` }),
    ),
    spoiling('recover-s-is-order', 'adaptor.malformed', (parts) =>
      Made.but(parts.recovering, { adaptorSignature: withS(parts, Made.ORDER) }),
    ),
    spoiling('recover-zero-s', 'adaptor.zero-scalar', (parts) => Made.but(parts.recovering, { adaptorSignature: withS(parts, Made.ZERO) })),
    spoiling('recover-other-r', 'adaptor.different-r', ({ recovering }, random, ecc) =>
      Made.but(recovering, { adaptorSignature: makeParts(random, ecc).recovering['adaptorSignature'] }),
    ),
    spoiling('recover-s-above-order', 'adaptor.s-out-of-range', ({ recovering }) =>
      Made.but(recovering, { signature: `${String(recovering['signature']).slice(0, 64)}${Made.ORDER}` }),
    ),
    spoiling('recover-r-is-field-prime', 'adaptor.r-out-of-range', ({ recovering }) =>
      Made.but(recovering, { signature: `${Made.FIELD_PRIME}${String(recovering['signature']).slice(64)}` }),
    ),
    spoiling('recover-63-bytes', 'input.wrong-length', ({ recovering }) =>
      Made.but(recovering, { signature: String(recovering['signature']).slice(2) }),
    ),
    spoiling('key-of-another', 'adaptor.key-mismatch', ({ decrypting }, random) =>
      Made.but(decrypting, { decryptionSecretKey: Hex.encode(Made.secretKey(random)) }),
    ),
    spoiling('zero-decryption-key', 'secret-key.out-of-range', ({ decrypting }) =>
      Made.but(decrypting, { decryptionSecretKey: Made.ZERO }),
    ),
    spoiling('sign-for-key-off-curve', 'adaptor.bad-encryption-key', ({ signing }, random, ecc) =>
      Made.but(signing, { encryptionPublicKey: Made.offCurve(random, ecc) }),
    ),
    spoiling('sign-for-bad-prefix', 'adaptor.bad-encryption-key', ({ signing }, random, ecc) =>
      Made.but(signing, { encryptionPublicKey: `04${Hex.encode(Made.keyPair(random, ecc).publicKey)}` }),
    ),
    spoiling('sign-for-uncompressed', 'input.wrong-length', ({ signing }, random) =>
      Made.but(signing, { encryptionPublicKey: `04${Made.hex(random, 64)}` }),
    ),
    spoiling('sign-with-zero-key', 'secret-key.out-of-range', ({ signing }) => Made.but(signing, { signerSecretKey: Made.ZERO })),
    spoiling('sign-with-short-aux', 'input.wrong-length', ({ signing }, random) => Made.but(signing, { auxRand: Made.hex(random, 16) })),
    spoiling('signer-31-bytes', 'input.wrong-length', ({ verifying }, random) =>
      Made.but(verifying, { signerPublicKey: Made.hex(random, 31) }),
    ),
  ];
}
