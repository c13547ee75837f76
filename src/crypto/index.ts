// Contents page of the mathematics: no transaction, no chain.
/** Schnorr adaptor signatures: encrypted to a key, decrypted with it, and the key recovered from the result. */
export * as AdaptorSig from './AdaptorSig.ts';
export { auto as autoEcc, type Ecc } from './Ecc.ts';
/** ECDSA: sign, verify, recover the key, strict DER. */
export * as Ecdsa from './Ecdsa.ts';
/** Extractable one-time signatures of finality providers: sign, verify, extract. */
export * as Eots from './Eots.ts';
/** The Merkle tree of CometBFT: roots and proofs of inclusion. */
export * as MerkleTree from './MerkleTree.ts';
/** X-only public keys and their checks. */
export * as PublicKey from './PublicKey.ts';
/** Per-height secret and public randomness. */
export * as PubRand from './PubRand.ts';
/** Integers modulo the order of secp256k1. */
export * as Scalar from './Scalar.ts';
/** BIP340 signatures over messages of any length. */
export * as Schnorr from './Schnorr.ts';
/** Secret keys: checked, copied, wiped. */
export * as SecretKey from './SecretKey.ts';
/** BIP340 tagged hashes. */
export * as TaggedHash from './TaggedHash.ts';
