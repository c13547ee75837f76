// A textbook secp256k1 in affine coordinates over bigints, written from BIP340's text. Shares nothing with src: it is what src is compared with.
import { createHash } from 'node:crypto';

export const p: bigint = 2n ** 256n - 2n ** 32n - 977n;
export const n = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
/** An affine point, or null for infinity. */
export type Point = readonly [x: bigint, y: bigint] | null;
export const G: Point = [
  0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n,
  0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n,
];

/** The remainder that is never negative. */
export function modulo(a: bigint, m: bigint): bigint {
  return ((a % m) + m) % m;
}

export function power(base: bigint, exponent: bigint, m: bigint): bigint {
  let result = 1n;
  let square = modulo(base, m);
  for (let e = exponent; e > 0n; e >>= 1n) {
    if (e & 1n) result = (result * square) % m;
    square = (square * square) % m;
  }
  return result;
}

/** The inverse: the invariant of the loop is u*a = x and v*a = y modulo m. */
export function inverse(a: bigint, m: bigint): bigint {
  let [x, u, y, v] = [modulo(a, m), 1n, m, 0n];
  while (x !== 0n) {
    const q = y / x;
    [y, x, v, u] = [x, y - q * x, u, v - q * u];
  }
  return modulo(v, m);
}

export function add(a: Point, b: Point): Point {
  if (a === null) return b;
  if (b === null) return a;
  if (a[0] === b[0] && modulo(a[1] + b[1], p) === 0n) return null;
  const slope = a[0] === b[0] ? 3n * a[0] * a[0] * inverse(2n * a[1], p) : (b[1] - a[1]) * inverse(b[0] - a[0], p);
  const x = modulo(slope * slope - a[0] - b[0], p);
  return [x, modulo(slope * (a[0] - x) - a[1], p)];
}

export function negate(a: Point): Point {
  return a === null ? null : [a[0], modulo(-a[1], p)];
}

const doublingsOfG: Point[] = [];

/** k * point by double and add; the doublings of G are kept. */
export function multiply(k: bigint, point: Point = G): Point {
  let result: Point = null;
  let doubled = point;
  let bit = 0;
  for (let rest = modulo(k, n); rest > 0n; rest >>= 1n, bit++) {
    if (rest & 1n) result = add(result, doubled);
    if (point === G) {
      doublingsOfG[bit + 1] ??= add(doubled, doubled);
      doubled = doublingsOfG[bit + 1] as Point;
    } else {
      doubled = add(doubled, doubled);
    }
  }
  return result;
}

export function isEven(point: Point): boolean {
  return point !== null && point[1] % 2n === 0n;
}

/** lift_x: the point with this x and even y, or undefined. */
export function lift(x: bigint): Point | undefined {
  if (x >= p) return undefined;
  const square = (x ** 3n + 7n) % p;
  const y = power(square, (p + 1n) / 4n, p);
  if ((y * y) % p !== square) return undefined;
  return [x, y % 2n === 0n ? y : p - y];
}

export function b32(value: bigint): Uint8Array {
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(64, '0'), 'hex'));
}

export function int(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}

export function compressed(point: Point): Uint8Array | null {
  return point === null ? null : Uint8Array.from([isEven(point) ? 2 : 3, ...b32(point[0])]);
}

/** The point that 33 bytes spell, or undefined. */
export function decompress(bytes: Uint8Array): Point | undefined {
  if (bytes.length !== 33 || (bytes[0] !== 2 && bytes[0] !== 3)) return undefined;
  const even = lift(int(bytes.slice(1)));
  if (even === undefined) return undefined;
  return bytes[0] === 2 ? even : negate(even);
}

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(
    createHash('sha256')
      .update(join(...parts))
      .digest(),
  );
}

export function tagged(tag: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const hash = sha256(new TextEncoder().encode(tag));
  return sha256(hash, hash, ...parts);
}
