// The two wire forms of an adaptor signature. babylon crypto/schnorr-adaptor-signature/sig.go and types.go.
// 65 bytes: c || R0.x || s', c = 02 (R0 even) or 03 (odd). Obsolete 66 bytes: 02 || R0.x || s' || f, f = 00 (even) or 01 (odd).
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import type { Ecc } from './ecc/interface.ts';
import * as Scalar from './Scalar.ts';

/** The parts of an adaptor signature. */
export interface AdaptorSignature {
  /** R0, 33 bytes compressed. */
  readonly r0: Uint8Array;
  /** s', 32 bytes, below n. */
  readonly s: Uint8Array;
}

/** What is wrong with bytes of the right length. */
export type Fault = 'legacy-prefix' | 'legacy-flag' | 'r0-infinity' | 'r0-not-a-point' | 's-out-of-range';

export type Reason =
  | Check.Reason
  | { readonly code: 'adaptor.wrong-length'; readonly field: string; readonly gotBytes: number }
  | { readonly code: 'adaptor.malformed'; readonly field: string; readonly fault: Fault };

const TEXTS: Readonly<Record<Fault, string>> = {
  'legacy-prefix': 'the first byte of the 66-byte form is 02',
  'legacy-flag': 'the last byte of the 66-byte form is 00 or 01',
  'r0-infinity': 'R0 is the point at infinity',
  'r0-not-a-point': 'R0 is no compressed point of the curve',
  's-out-of-range': "s' is not below the group order n",
};

/**
 * R0 and s', or what is wrong with the bytes.
 *
 * @throws input.not-bytes, adaptor.wrong-length
 */
export function parse(bytes: Uint8Array, ecc: Ecc): { r0: Uint8Array; s: bigint } | Fault {
  const field = 'adaptorSignature';
  Check.bytes(bytes, field);
  if (bytes.length !== 65 && bytes.length !== 66) {
    const message = `${field}: expected 65 bytes (or 66 of the obsolete form), got ${bytes.length}`;
    fail<Reason>({ code: 'adaptor.wrong-length', field, gotBytes: bytes.length }, message);
  }
  const r0 = Bytes.copy(bytes.subarray(0, 33));
  if (bytes.length === 66) {
    if (bytes[0] !== 2) return 'legacy-prefix';
    const flag = bytes[65];
    if (flag !== 0 && flag !== 1) return 'legacy-flag';
    r0[0] = 2 + flag;
  }
  if (r0[0] === 0) return 'r0-infinity';
  if ((r0[0] !== 2 && r0[0] !== 3) || !ecc.isPoint(r0)) return 'r0-not-a-point';
  const s = Bytes.toBigInt(bytes.subarray(33, 65));
  return s >= Scalar.N ? 's-out-of-range' : { r0, s };
}

/** As {@link parse}; faults throw. */
export function decodeParts(bytes: Uint8Array, ecc: Ecc): { r0: Uint8Array; s: bigint } {
  const parsed = parse(bytes, ecc);
  if (typeof parsed !== 'string') return parsed;
  fail<Reason>({ code: 'adaptor.malformed', field: 'adaptorSignature', fault: parsed }, `adaptorSignature: ${TEXTS[parsed]}`);
}

/** As {@link decodeParts}, in bytes. */
export function decode(bytes: Uint8Array, ecc: Ecc): AdaptorSignature {
  const { r0, s } = decodeParts(bytes, ecc);
  return { r0, s: Scalar.toBytes(s) };
}

/**
 * The 65-byte form.
 *
 * @shape 65 bytes: 02 or 03 || R0.x || s'
 * @throws input.not-bytes, input.wrong-length, adaptor.malformed
 */
export function encode(signature: AdaptorSignature): Uint8Array {
  checkParts(signature);
  return Bytes.concat(signature.r0, signature.s);
}

/**
 * The obsolete 66-byte form, for software that knows no other.
 *
 * @shape 66 bytes: 02 || R0.x || s' || 00 or 01
 * @throws input.not-bytes, input.wrong-length, adaptor.malformed
 */
export function toLegacy66(signature: AdaptorSignature): Uint8Array {
  checkParts(signature);
  return Bytes.concat(Uint8Array.of(2), signature.r0.subarray(1), signature.s, Uint8Array.of(signature.r0[0] === 2 ? 0 : 1));
}

function checkParts(signature: AdaptorSignature): void {
  const { r0, s } = Check.object(signature, 'adaptorSignature');
  Check.bytes(r0, 'r0', 33);
  Check.bytes(s, 's', 32);
  const fault: Fault | undefined =
    r0[0] !== 2 && r0[0] !== 3 ? 'r0-not-a-point' : Bytes.toBigInt(s) >= Scalar.N ? 's-out-of-range' : undefined;
  if (fault !== undefined)
    fail<Reason>({ code: 'adaptor.malformed', field: 'adaptorSignature', fault }, `adaptorSignature: ${TEXTS[fault]}`);
}
