// Keys in a form that the library does not use, for tests of what it refuses.
import * as Slow from './slow/secp256k1.ts';

/** The uncompressed point of a secret key: 04, x, y. */
export function pointOf(secretKey: Uint8Array): Uint8Array {
  const [x, y] = Slow.multiply(Slow.int(secretKey)) as readonly [bigint, bigint];
  return Slow.join(Uint8Array.of(4), Slow.b32(x), Slow.b32(y));
}
