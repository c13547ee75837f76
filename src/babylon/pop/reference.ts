// The chain's words for a signature that its script engine or key recovery refuses: what a user finds in the failed transaction.
// btcd v0.24 txscript/engine.go, sigvalidate.go, wire/common.go; dcrd dcrec/secp256k1/v4 ecdsa/signature.go;
// babylon crypto/bip322/{bip322,witness}.go.
import * as Bytes from '../../base/Bytes.ts';
import * as Hex from '../../base/Hex.ts';
import type * as Bip322 from '../../bitcoin/Bip322.ts';
import * as Scalar from '../../crypto/Scalar.ts';

export const UNSUPPORTED = 'unsupported bip322 address type. Only supported options are p2wpkh and p2tr bip86 key spending path';
const SIGHASH = 'sighash validation failed: ';

/** The text for a witness of the right shape whose script does not succeed. */
export function ofFinding(finding: Bip322.Finding, stack: readonly Uint8Array[], program: Uint8Array): string {
  const [signature = new Uint8Array(0)] = stack;
  const taproot = program.length === 32;
  switch (finding) {
    case 'bad-signature-length':
      return SIGHASH + badLength(signature.length, taproot);
    case 'bad-hash-type': {
      const type = `0x${Hex.encode(signature.subarray(-1))}`;
      return taproot
        ? `${SIGHASH}invalid sighash type for taproot: ${type}, expected SIGHASH_ALL (0x01) or SIGHASH_DEFAULT`
        : `${SIGHASH}invalid sighash type for P2WPKH: ${type}, expected SIGHASH_ALL (0x01)`;
    }
    case 'item-too-large': {
      const size = stack.map(({ length }) => length).find((length) => length > 520) ?? 0;
      return `element size ${size} exceeds max allowed size 520`;
    }
    case 'wrong-public-key':
      return 'OP_EQUALVERIFY failed';
    case 'not-der':
      return derFault(signature.subarray(0, -1));
    case 'high-s':
      return 'signature is not canonical due to unnecessarily high S value';
    case 'uncompressed-key':
      return 'only compressed keys are accepted post-segwit';
    case 'key-not-on-curve':
      return taproot ? offCurve(program) : 'false stack entry at end of script execution';
    case 'out-of-range':
      return taproot ? 'invalid signature: r >= field prime' : 'false stack entry at end of script execution';
    case 'invalid-signature':
      // The engine's error for the key path has an empty text.
      return taproot ? '' : 'signature not empty on failed checksig';
    default:
      return UNSUPPORTED;
  }
}

/** Of a key that is no coordinate. */
export function offCurve(x: Uint8Array): string {
  if (Bytes.toBigInt(x) >= Scalar.P) return 'invalid public key: x >= field prime';
  return `invalid public key: x coordinate ${Hex.encode(x)} is not on the secp256k1 curve`;
}

function badLength(length: number, taproot: boolean): string {
  if (length === 0) return 'empty signature in witness';
  if (taproot) return `invalid taproot signature length: ${length}, expected 64 (SIGHASH_DEFAULT) or 65 (with sighash byte)`;
  return `signature too short for P2WPKH: ${length} bytes`;
}

/** The first fault in the engine's order, which looks at all lengths before it looks at the integers. */
function derFault(der: Uint8Array): string {
  const { length } = der;
  const text = (fault: string): string => `malformed signature: ${fault}`;
  const byte = (at: number): number => der[at] ?? 0;
  const hex = (value: number): string => `0x${value.toString(16)}`;
  if (length < 8) return text(`too short: ${length} < 8`);
  if (length > 72) return text(`too long: ${length} > 72`);
  if (byte(0) !== 0x30) return text(`format has wrong type: ${hex(byte(0))}`);
  if (byte(1) !== length - 2) return text(`bad length: ${byte(1)} != ${length - 2}`);
  const atS = 4 + byte(3);
  if (atS >= length) return text('S type indicator missing');
  if (atS + 1 >= length) return text('S length missing');
  if (atS + 2 + byte(atS + 1) !== length) return text('invalid S length');
  return text(integerFault('R', der.subarray(2, atS)) ?? integerFault('S', der.subarray(atS)) ?? 'no fault');
}

function integerFault(name: string, encoded: Uint8Array): string | undefined {
  const [type = 0, length = 0, first = 0, second = 0] = encoded;
  if (type !== 2) return `${name} integer marker: 0x${type.toString(16)} != 0x2`;
  if (length === 0) return `${name} length is zero`;
  if (first >= 0x80) return `${name} is negative`;
  return length > 1 && first === 0 && second < 0x80 ? `${name} value has too much padding` : undefined;
}

/** Of bytes that are no witness. */
export function ofWitness(read: Extract<Bip322.WitnessRead, { readonly fault: Bip322.WitnessFault }>): string {
  const { fault, value, form } = read;
  switch (fault) {
    case 'end':
      return 'EOF';
    case 'end-inside':
      return 'unexpected EOF';
    case 'non-minimal': {
      const least = form === 0xfd ? 'fd' : form === 0xfe ? '10000' : '100000000';
      return `ReadVarInt: non-canonical varint ${value.toString(16)} - discriminant ${form.toString(16)} must encode a value greater than ${least}`;
    }
    case 'too-many':
      return `too many witness items to fit into max message size [count ${value}, max 4000000]`;
    case 'too-large':
      return `script witness item is larger than the max allowed size [count ${value}, max 4000000]`;
  }
}

/** The text with which the chain refuses 65 bytes before it compares keys, or undefined when a key follows from them. */
export function ofCompact(signature: Uint8Array, recovered: boolean): string | undefined {
  const header = signature[0] ?? 0;
  if (header < 27 || header > 34) return `invalid signature: public key recovery code ${header} is not in the valid range [27, 34]`;
  const r = Bytes.toBigInt(signature.subarray(1, 33));
  const s = Bytes.toBigInt(signature.subarray(33));
  if (r >= Scalar.N) return 'invalid signature: R >= group order';
  if (r === 0n) return 'invalid signature: R is 0';
  if (s >= Scalar.N) return 'invalid signature: S >= group order';
  if (s === 0n) return 'invalid signature: S is 0';
  if (!recovered) {
    if (((header - 27) & 2) !== 0 && r + Scalar.N >= Scalar.P) return 'invalid signature: signature R + N >= P';
    return 'invalid signature: not for a valid curve point';
  }
  return s > Scalar.N >> 1n ? 'invalid signature: S >= group order/2' : undefined;
}
