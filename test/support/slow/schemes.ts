// EOTS, adaptor signatures, randomness and the commitment tree over the textbook curve, line by line from their definitions.
// Written without a look at src; slow on purpose.
import {
  add,
  b32,
  compressed,
  decompress,
  int,
  inverse,
  isEven,
  join,
  lift,
  modulo,
  multiply,
  n,
  negate,
  type Point,
  p,
  sha256,
  tagged,
} from './secp256k1.ts';

type Bytes = Uint8Array;

export interface Normalised {
  readonly x: Bytes;
  readonly scalar: bigint;
  readonly odd: boolean;
}
const known = new Map<bigint, Normalised>();

/** x of k*G, and k or n-k, whichever has even y. Remembered, because the tests ask again and again. */
export function normalised(k: bigint): Normalised {
  const found = known.get(k);
  if (found !== undefined) return found;
  const point = multiply(k);
  if (point === null) throw new Error('infinity');
  const odd = !isEven(point);
  const made = { x: b32(point[0]), scalar: odd ? n - k : k, odd };
  known.set(k, made);
  return made;
}

export const eots = {
  challenge: (rx: Bytes, px: Bytes, message: Bytes): bigint => int(tagged('BIP0340/challenge', rx, px, sha256(message))),

  sign(sk: bigint, k: bigint, message: Bytes): Bytes {
    const key = normalised(sk);
    const nonce = normalised(k);
    return b32(modulo(nonce.scalar + eots.challenge(nonce.x, key.x, message) * key.scalar, n));
  },

  verify(px: Bytes, rx: Bytes, message: Bytes, sBytes: Bytes): boolean {
    const s = int(sBytes);
    const key = lift(int(px));
    if (key === undefined || s >= n || int(rx) >= p) return false;
    const e = eots.challenge(rx, px, message);
    if (e >= n) return false;
    const r = add(multiply(s), negate(multiply(e, key)));
    return r !== null && isEven(r) && r[0] === int(rx);
  },

  /** d = (s1-s2)/(e1-e2), the even key. */
  extract(px: Bytes, rx: Bytes, m1: Bytes, s1: Bytes, m2: Bytes, s2: Bytes): bigint {
    const difference = eots.challenge(rx, px, m1) - eots.challenge(rx, px, m2);
    return modulo((int(s1) - int(s2)) * inverse(difference, n), n);
  },
};

function hmacSha256(key: Bytes, data: Bytes): Bytes {
  const padded = Uint8Array.from({ length: 64 }, (_, i) => key[i] ?? 0);
  const inner = sha256(
    padded.map((byte) => byte ^ 0x36),
    data,
  );
  return sha256(
    padded.map((byte) => byte ^ 0x5c),
    inner,
  );
}

function be64(value: bigint): Bytes {
  return b32(value).slice(24);
}

/** The nonce of a height: HMAC(key, BE64(height) || chain-id || BE64(i)), the first in range. */
export function randomness(key: Bytes, chainId: string, height: bigint): { k: bigint; rx: Bytes } {
  for (let i = 0n; ; i++) {
    const k = int(hmacSha256(key, join(be64(height), new TextEncoder().encode(chainId), be64(i))));
    if (k > 0n && k < n) return { k, rx: normalised(k).x };
  }
}

export const bip340 = {
  sign(message: Bytes, sk: Bytes, aux: Bytes): Bytes {
    const key = normalised(int(sk));
    const mask = tagged('BIP0340/aux', aux);
    const t = b32(key.scalar).map((byte, i) => byte ^ (mask[i] ?? 0));
    const nonce = normalised(modulo(int(tagged('BIP0340/nonce', t, key.x, message)), n));
    const e = modulo(int(tagged('BIP0340/challenge', nonce.x, key.x, message)), n);
    return join(nonce.x, b32(modulo(nonce.scalar + e * key.scalar, n)));
  },

  verify(message: Bytes, px: Bytes, signature: Bytes): boolean {
    const key = lift(int(px));
    const r = int(signature.slice(0, 32));
    const s = int(signature.slice(32));
    if (key === undefined || r >= p || s >= n) return false;
    const e = modulo(int(tagged('BIP0340/challenge', b32(r), px, message)), n);
    const point = add(multiply(s), negate(multiply(e, key)));
    return point !== null && isEven(point) && point[0] === r;
  },
};

export const adaptor = {
  sign(sk: bigint, target: Bytes, message: Bytes, aux: Bytes): Bytes {
    const key = normalised(sk);
    const mask = tagged('SchnorrAdaptor/aux', aux);
    const masked = b32(key.scalar).map((byte, i) => byte ^ (mask[i] ?? 0));
    const k0 = modulo(int(tagged('SchnorrAdaptor/nonce', masked, target, key.x, message)), n);
    const t = decompress(target);
    if (t === undefined) throw new Error('no point');
    const r0 = compressed(add(multiply(k0), t));
    if (r0 === null) throw new Error('infinity');
    const e = modulo(int(tagged('BIP0340/challenge', r0.slice(1), key.x, message)), n);
    const k = r0[0] === 2 ? k0 : n - k0;
    return join(r0, b32(modulo(k + e * key.scalar, n)));
  },

  verify(px: Bytes, target: Bytes, message: Bytes, signature: Bytes): boolean {
    const key = lift(int(px));
    const r0 = decompress(signature.slice(0, 33));
    const s = int(signature.slice(33, 65));
    if (key === undefined || r0 === undefined || s === 0n || s >= n) return false;
    const e = modulo(int(tagged('BIP0340/challenge', signature.slice(1, 33), px, message)), n);
    const r: Point = add(multiply(s), negate(multiply(e, key)));
    if (r === null) return false;
    const t = compressed(add(r0, signature[0] === 2 ? negate(r) : r));
    return t !== null && Buffer.compare(t, target) === 0;
  },

  decrypt(signature: Bytes, t: bigint): Bytes {
    const s = int(signature.slice(33, 65));
    return join(signature.slice(1, 33), b32(modulo(signature[0] === 2 ? s + t : s - t, n)));
  },
};

/** The RFC 6962 tree by its recursive definition. */
export const merkle = {
  root(leaves: readonly Bytes[]): Bytes {
    const [first] = leaves;
    if (first === undefined) return sha256();
    if (leaves.length === 1) return sha256(Uint8Array.of(0), first);
    const left = merkle.leftSize(leaves.length);
    return sha256(Uint8Array.of(1), merkle.root(leaves.slice(0, left)), merkle.root(leaves.slice(left)));
  },

  path(leaves: readonly Bytes[], index: number): Bytes[] {
    if (leaves.length === 1) return [];
    const left = merkle.leftSize(leaves.length);
    if (index < left) return [...merkle.path(leaves.slice(0, left), index), merkle.root(leaves.slice(left))];
    return [...merkle.path(leaves.slice(left), index - left), merkle.root(leaves.slice(0, left))];
  },

  leftSize(count: number): number {
    return 2 ** (Math.ceil(Math.log2(count)) - 1);
  },
};
