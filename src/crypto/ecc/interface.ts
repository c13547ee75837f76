// What this library needs from secp256k1: one small interface for all backends of this folder.

/** Which of the up to four points with this r the nonce was: bit 0 is the parity of y, bit 1 says that x was r + n. */
export type RecoveryId = 0 | 1 | 2 | 3;

/** 64 bytes r || s, and the way back to the public key. */
export type RecoverableSignature = { readonly signature: Uint8Array; readonly recoveryId: RecoveryId };

/**
 * A backend. Points are 33 bytes compressed, x-only keys 32 bytes, scalars 32 bytes big-endian.
 * Functions answer `null` (or false) for what has no answer: a scalar of 0 or >= n, an x off the curve, the point at infinity.
 * Lengths are the caller's duty: the public modules check them before they call.
 */
export interface Ecc {
  readonly name: 'wasm' | 'native' | 'pure';
  /** scalar * G, or null when the scalar is 0 or >= n. */
  readonly pointFromScalar: (scalar: Uint8Array) => Uint8Array | null;
  /** True when the 33 bytes are a compressed point of the curve. */
  readonly isPoint: (point: Uint8Array) => boolean;
  /** True when x < p and a point with this x exists (BIP340 lift_x succeeds). */
  readonly isXOnly: (x: Uint8Array) => boolean;
  /** a + b, or null at infinity or for an invalid point. */
  readonly pointAdd: (a: Uint8Array, b: Uint8Array) => Uint8Array | null;
  /** point + scalar * G (scalar may be 0), or null. */
  readonly pointAddScalar: (point: Uint8Array, scalar: Uint8Array) => Uint8Array | null;
  /** scalar * point, or null when the scalar is 0 or >= n, or the point is invalid. */
  readonly pointMultiply: (point: Uint8Array, scalar: Uint8Array) => Uint8Array | null;
  /** BIP340 with a 32-byte message. The key is in 1..n-1. */
  readonly schnorrSign: (message32: Uint8Array, secretKey: Uint8Array, auxRand: Uint8Array) => Uint8Array;
  /** BIP340 with a 32-byte message; false for anything that does not verify. */
  readonly schnorrVerify: (message32: Uint8Array, publicKey: Uint8Array, signature: Uint8Array) => boolean;
  /** ECDSA over a hash: nonce of RFC 6979 without extra data, low s. The key is in 1..n-1. */
  readonly ecdsaSign: (hash32: Uint8Array, secretKey: Uint8Array) => RecoverableSignature;
  /** The compressed key that signed, low or high s, or null when there is none. */
  readonly ecdsaRecover: (hash32: Uint8Array, signature: Uint8Array, recoveryId: RecoveryId) => Uint8Array | null;
  /** ECDSA, 64-byte r||s, low or high s; for the P2WPKH inputs beside ours. */
  readonly ecdsaVerify: (hash32: Uint8Array, publicKey: Uint8Array, signature: Uint8Array) => boolean;
}
