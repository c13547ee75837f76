// A secret scalar together with its point: the start of every signature, and the BIP340 rule that a signer uses the scalar of even y.
import { fail } from '../base/Errors.ts';
import type { Ecc } from './ecc/interface.ts';
import * as Scalar from './Scalar.ts';

/** What a signer needs: the x-only point and the scalar whose point has even y. */
export interface EvenPair {
  readonly scalar: bigint;
  readonly x: Uint8Array;
  /** True when the given scalar had to be negated. */
  readonly negated: boolean;
}

/** The even pair of a scalar in 1..n-1. */
export function evenPair(scalar: bigint, ecc: Ecc): EvenPair {
  const point = pointOf(scalar, ecc);
  const negated = point[0] === 3;
  return { scalar: negated ? Scalar.N - scalar : scalar, x: point.slice(1), negated };
}

/** scalar * G as 33 bytes, for a scalar in 1..n-1. */
export function pointOf(scalar: bigint, ecc: Ecc): Uint8Array {
  const bytes = Scalar.toBytes(scalar);
  const point = ecc.pointFromScalar(bytes);
  bytes.fill(0);
  return point ?? fail({ code: 'scalar.out-of-range', field: 'scalar' }, 'the backend has no point for this scalar');
}
