// Small types of the signer that carry no rule of their own.

/** A finality provider's EOTS key. @shape 32 bytes, x-only */
export type PublicKey = Uint8Array;
