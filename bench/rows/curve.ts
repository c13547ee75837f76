// Rows 7 and 8: adaptor signatures and the curve itself, for each backend.
import { schnorr, secp256k1 } from '@noble/curves/secp256k1.js';
import type { Ecc } from '../build.ts';
import { AUX, type Fixtures, hash, hex, same, yes } from '../fixtures.ts';
import { type Budget, compare } from '../measure.ts';
import { tiny } from '../peers.ts';
import type { Finding } from '../report.ts';

function backendsOf({ lib }: Fixtures): readonly Ecc[] {
  const { pure, wasm, native } = lib.backends;
  return native === undefined ? [pure, wasm] : [pure, wasm, native];
}

const absent = (fixtures: Fixtures): { note?: string } =>
  fixtures.lib.backends.native === undefined ? { note: 'the native package has no binary here: its rows are left out' } : {};

/** Row 7. */
export function adaptorRows(fixtures: Fixtures, budget: Budget): readonly Finding[] {
  const { lib, staker, provider } = fixtures;
  const message = hash('slashing');
  const encryptionKey = provider.publicKey;
  const { secretKey, publicKey } = staker;
  const expected = hex(lib.AdaptorSig.sign({ secretKey, encryptionKey, message, auxRand: AUX }, lib.backends.pure));
  const verifySchnorr = (ecc: Ecc): (() => boolean) => {
    const signature = ecc.schnorrSign(message, secretKey, AUX);
    return () => ecc.schnorrVerify(message, publicKey, signature);
  };
  return backendsOf(fixtures).flatMap((ecc): Finding[] => {
    const adaptorSignature = lib.AdaptorSig.sign({ secretKey, encryptionKey, message, auxRand: AUX }, ecc);
    same('adaptor signatures', hex(adaptorSignature), expected);
    const decryptionKey = lib.AdaptorSig.decryptionKeyFor(provider.secretKey, encryptionKey, ecc);
    const decrypted = lib.AdaptorSig.decrypt({ adaptorSignature, decryptionKey }, ecc);
    yes('the decrypted signature is valid BIP340', tiny.verifySchnorr(message, publicKey, decrypted));
    const operations = {
      sign: () => lib.AdaptorSig.sign({ secretKey, encryptionKey, message, auxRand: AUX }, ecc),
      verify: () => lib.AdaptorSig.verify({ publicKey, encryptionKey, message, adaptorSignature }, ecc),
      decrypt: () => lib.AdaptorSig.decrypt({ adaptorSignature, decryptionKey }, ecc),
    };
    return Object.entries(operations).map(([name, run]) => ({
      row: 7,
      kind: 'ratio',
      name: `Adaptor signature: ${name}, ${ecc.name}`,
      checked: 'the same bytes from every backend; decrypted, tiny-secp256k1 verifies them',
      comparison: compare(
        { name: `satlock: AdaptorSig.${name}, ${ecc.name}`, run },
        { name: `one BIP340 verification, ${ecc.name}`, run: verifySchnorr(ecc) },
        budget,
      ),
      ...absent(fixtures),
    }));
  });
}

/** Row 8. */
export function curveRows(fixtures: Fixtures, budget: Budget): readonly Finding[] {
  const { staker } = fixtures;
  const message = hash('message');
  const scalar = hash('scalar');
  const signature = tiny.signSchnorr(message, staker.secretKey, AUX);
  const expected = hex(tiny.pointFromScalar(scalar, true) ?? new Uint8Array());
  const noblePoint = (): Uint8Array => secp256k1.getPublicKey(scalar, true);
  same('points', hex(noblePoint()), expected);
  return backendsOf(fixtures).flatMap((ecc): Finding[] => {
    same('points', hex(ecc.pointFromScalar(scalar) ?? new Uint8Array()), expected);
    yes('the signature verifies', ecc.schnorrVerify(message, staker.publicKey, signature));
    const isPure = ecc.name === 'pure';
    const point = isPure
      ? { name: '@noble/curves: getPublicKey', run: noblePoint }
      : { name: 'tiny-secp256k1: pointFromScalar', run: () => tiny.pointFromScalar(scalar, true) };
    const verify = isPure
      ? { name: '@noble/curves: schnorr.verify', run: () => schnorr.verify(signature, message, staker.publicKey) }
      : { name: 'tiny-secp256k1: verifySchnorr', run: () => tiny.verifySchnorr(message, staker.publicKey, signature) };
    return [
      {
        row: 8,
        kind: 'ratio',
        name: `Base point multiplication, ${ecc.name}`,
        checked: 'point',
        comparison: compare({ name: `satlock: pointFromScalar, ${ecc.name}`, run: () => ecc.pointFromScalar(scalar) }, point, budget),
        ...absent(fixtures),
      },
      {
        row: 8,
        kind: 'ratio',
        name: `BIP340 verification, ${ecc.name}`,
        checked: 'the same signature is accepted',
        comparison: compare(
          { name: `satlock: schnorrVerify, ${ecc.name}`, run: () => ecc.schnorrVerify(message, staker.publicKey, signature) },
          verify,
          budget,
        ),
        ...absent(fixtures),
      },
    ];
  });
}
