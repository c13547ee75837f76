// The nonce pair of one EOTS signature, made only by the code that computes k*G. A signer that is handed a public value beside the
// secret one leaks its key when they do not belong together; so nobody can put a pair together from outside.
// babylon crypto/eots/eots.go; BIP340 "Default Signing" (the nonce of even y).
import type * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import type { Ecc } from './ecc/interface.ts';
import { evenPair } from './keyPair.ts';
import * as Scalar from './Scalar.ts';

export type Reason =
  | Check.Reason
  | { readonly code: 'pub-rand.forged-pair' }
  | { readonly code: 'pub-rand.wiped' }
  | { readonly code: 'pub-rand.nonce-out-of-range'; readonly field: string };

const FACTORY = Symbol('made by fromScalar');
let read: (pair: NoncePair) => { readonly scalar: bigint; readonly x: Uint8Array };

/** Secret randomness k and the public randomness x(k*G). Shows only the public half. */
export class NoncePair {
  readonly #pubRand: Uint8Array;
  #scalar: bigint;

  static {
    read = (pair) => {
      if (typeof pair !== 'object' || pair === null || !(#scalar in pair)) {
        fail<Reason>({ code: 'pub-rand.forged-pair' }, 'nonce: expected a pair made by PubRand.derive or PubRand.fromSecret');
      }
      return { scalar: pair.#scalar, x: pair.#pubRand };
    };
    // What Node's console shows; the name is a registered symbol, so no host module is needed for it.
    Object.defineProperty(NoncePair.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: NoncePair): string {
        return this.toString();
      },
    });
  }

  /** For {@link fromScalar} alone: the key to it does not leave this file. */
  constructor(key: symbol, scalar: bigint, pubRand: Uint8Array) {
    if (key !== FACTORY) fail<Reason>({ code: 'pub-rand.forged-pair' }, 'a nonce pair is made by PubRand.derive or PubRand.fromSecret');
    this.#scalar = scalar;
    this.#pubRand = pubRand;
    Object.freeze(this);
  }

  /** The public randomness, 32 bytes: a fresh copy. */
  get pubRand(): Uint8Array {
    return this.#pubRand.slice();
  }

  /** Forgets the secret half; signing with the pair then fails. Bigints cannot be overwritten, only dropped. */
  wipe(): void {
    this.#scalar = 0n;
  }

  toString(): string {
    return `NoncePair(${Hex.encode(this.#pubRand)})`;
  }

  toJSON(): { pubRand: string } {
    return { pubRand: Hex.encode(this.#pubRand) };
  }
}

/** The pair of the secret scalar k in 1..n-1. */
export function fromScalar(k: bigint, ecc: Ecc): NoncePair {
  const pair = evenPair(k, ecc);
  return new NoncePair(FACTORY, pair.scalar, pair.x);
}

/** The pair of the secret scalar k with its point, for the code that computed or authenticated it. @shape point: 33 bytes, k*G */
export function fromPoint(k: bigint, point: Uint8Array): NoncePair {
  return new NoncePair(FACTORY, point[0] === 3 ? Scalar.N - k : k, Uint8Array.prototype.slice.call(point, 1));
}

/**
 * The secret scalar, already the one of even y, and the public half that belongs to it. Read from the private fields: a property that
 * somebody put over `pubRand` would make the signer leak its key.
 *
 * @throws pub-rand.forged-pair, pub-rand.wiped
 */
export function halvesOf(pair: NoncePair): { readonly scalar: bigint; readonly x: Uint8Array } {
  const halves = read(pair);
  if (halves.scalar === 0n) fail<Reason>({ code: 'pub-rand.wiped' }, 'nonce: this pair was wiped');
  return halves;
}
