// ECDSA signatures as scripts before taproot have them: strict DER with a hash type byte, and the key forms that consensus knows (BIP66).
import * as Bytes from '../../base/Bytes.ts';
import type { Ecc } from '../../crypto/Ecc.ts';

/** Order of the curve. */
export const N = 0xffff_ffff_ffff_ffff_ffff_ffff_ffff_fffe_baae_dce6_af48_a03b_bfd2_5e8c_d036_4141n;
/** The field prime. */
const P = 2n ** 256n - 2n ** 32n - 977n;

/** The two integers of a signature. */
export type Integers = { readonly r: bigint; readonly s: bigint };

/** The two integers of a strict DER signature without its hash type byte. @source BIP66 "DER encoding reference" */
export function parseDer(der: Uint8Array): Integers | undefined {
  if (der.length < 8 || der.length > 72 || der[0] !== 0x30 || der[1] !== der.length - 2) return undefined;
  const r = derInteger(der, 2);
  if (r === undefined) return undefined;
  const s = derInteger(der, r.next);
  return s === undefined || s.next !== der.length ? undefined : { r: r.value, s: s.value };
}

function derInteger(der: Uint8Array, at: number): { readonly value: bigint; readonly next: number } | undefined {
  const length = der[at + 1];
  if (der[at] !== 0x02 || length === undefined || length === 0 || at + 2 + length > der.length) return undefined;
  const bytes = der.subarray(at + 2, at + 2 + length);
  const [first, second] = bytes as unknown as [number, number | undefined];
  if ((first & 0x80) !== 0) return undefined;
  if (first === 0 && second !== undefined && (second & 0x80) === 0) return undefined;
  return { value: Bytes.toBigInt(bytes), next: at + 2 + length };
}

/** True when the integers are in range and sign `hash` for the key, compressed or not. High s is for the caller to judge. */
export function verify(hash: Uint8Array, publicKey: Uint8Array, { r, s }: Integers, ecc: Ecc): boolean {
  const point = compress(publicKey, ecc);
  if (point === undefined || r >= N || s >= N) return false;
  return ecc.ecdsaVerify(hash, point, Bytes.concat(Bytes.fromBigInt32(r), Bytes.fromBigInt32(s)));
}

/** The compressed form of a key that consensus accepts: compressed, uncompressed, or hybrid with the right parity. */
export function compress(publicKey: Uint8Array, ecc: Ecc): Uint8Array | undefined {
  const prefix = publicKey[0] as number;
  if (publicKey.length === 33) return (prefix === 2 || prefix === 3) && ecc.isPoint(publicKey) ? publicKey : undefined;
  if (publicKey.length !== 65 || (prefix !== 4 && prefix !== 6 && prefix !== 7)) return undefined;
  const x = Bytes.toBigInt(publicKey.subarray(1, 33));
  const y = Bytes.toBigInt(publicKey.subarray(33));
  const odd = (y & 1n) === 1n;
  if (x >= P || y >= P || (y * y - x * x * x - 7n) % P !== 0n) return undefined;
  if (prefix !== 4 && (prefix === 7) !== odd) return undefined;
  return Bytes.concat(Uint8Array.of(odd ? 3 : 2), publicKey.subarray(1, 33));
}
