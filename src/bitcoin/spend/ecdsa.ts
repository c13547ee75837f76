// ECDSA signatures as scripts before taproot have them: strict DER with a hash type byte, and the key forms that consensus knows (BIP66).
import * as Bytes from '../../base/Bytes.ts';
import type { Ecc } from '../../crypto/Ecc.ts';
import * as Ecdsa from '../../crypto/Ecdsa.ts';
import { N, P } from '../../crypto/Scalar.ts';

export { N } from '../../crypto/Scalar.ts';

/** The two integers of a signature. */
export type Integers = { readonly r: bigint; readonly s: bigint };

/** The two integers of a strict DER signature without its hash type byte. @source BIP66 "DER encoding reference" */
export function parseDer(der: Uint8Array): Integers | undefined {
  const parsed = Ecdsa.parseDer(der);
  return typeof parsed === 'string' ? undefined : parsed;
}

/** True when the integers are in range and sign `hash` for the key, compressed or not. High s is for the caller to judge. */
export function verify(hash: Uint8Array, publicKey: Uint8Array, { r, s }: Integers, ecc: Ecc): boolean {
  const point = compress(publicKey, ecc);
  if (point === undefined || r >= N || s >= N) return false;
  return ecc.ecdsaVerify(hash, point, Bytes.concat(Bytes.fromBigInt32(r), Bytes.fromBigInt32(s)));
}

/** The compressed form of a key that consensus accepts: compressed, uncompressed, or hybrid with the right parity. */
function compress(publicKey: Uint8Array, ecc: Ecc): Uint8Array | undefined {
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
