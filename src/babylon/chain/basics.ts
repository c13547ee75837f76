// Checks that several messages share: decoding, addresses, hashes, signatures, the form of a proof of inclusion.
import * as Bytes from '../../base/Bytes.ts';
import * as Hex from '../../base/Hex.ts';
import type { Ecc } from '../../crypto/Ecc.ts';
import * as Scalar from '../../crypto/Scalar.ts';
import * as BabylonAddress from '../BabylonAddress.ts';
import type { InclusionProof } from '../Message.ts';
import * as Transactions from './transactions.ts';
import { type Caught, caught, type Outcome, plain, undecodable, type Warning } from './verdict.ts';

/** Keys have 32 bytes or the message does not decode. Nothing at all stands for an absent field and decodes. */
export function keyDecodes(key: Uint8Array, field: string, repeated = false): Outcome {
  if (key.length === 32 || (key.length === 0 && !repeated)) return undefined;
  return undecodable('malformed data for BIP340 public key', { field, why: 'registration.key-length' });
}

/** So has the block hash of a proof. */
export function proofDecodes(proof: InclusionProof | undefined, field: string): Outcome {
  const length = proof?.key?.hash.length ?? 32;
  if (length === 32 || length === 0) return undefined;
  return undecodable('invalid header hash length', { field: `${field}.key.hash`, why: 'registration.hash-length' });
}

/** A proof that is there has both parts. Empty bytes do not travel: the chain reads them as a missing proof. */
export function proofIsWhole(proof: InclusionProof, field: string, prefix: string): Outcome {
  if (proof.key === undefined)
    return plain(`${prefix}key in InclusionProof is nil`, { field: `${field}.key`, why: 'registration.no-proof-key' });
  if (proof.proof.length === 0)
    return plain(`${prefix}proof in InclussionProof is nil`, { field: `${field}.proof`, why: 'registration.no-proof-hashes' });
  return undefined;
}

/** An account of this chain. */
export function addressParses(address: string, field: string, text: (inner: string) => string): Outcome {
  const fault = caught(() => BabylonAddress.parseAny(address));
  if (fault === undefined) return undefined;
  return plain(text(fault.reference), { field, why: 'registration.bad-address', facts: { cause: fault.why } });
}

/** What the chain takes as an account and no key controls: modules, contracts and typing errors of other lengths. */
export function accountWarnings(address: string, field: string): readonly Warning[] {
  if (caught(() => BabylonAddress.parseAny(address)) !== undefined) return [];
  const fault = caught(() => BabylonAddress.parse(address));
  return fault === undefined ? [] : [{ why: 'registration.no-key-account', field, message: `${field}: ${fault.reference}` }];
}

/** Fields that hold txids have all 64 digits. */
export function hashIsLong(hash: string, field: string): Outcome {
  return hash.length === 64 ? undefined : plain('staking tx hash is not 64', { field, why: 'registration.hash-length' });
}

/** The key in the store that a hash text means, or undefined when it is no hex. Short texts are filled with zeros from the left. */
export function storeKey(hash: string): string | undefined {
  return /^[0-9a-f]{0,64}$/i.test(hash) ? hash.toLowerCase().padStart(64, '0') : undefined;
}

/** The refusal of a hash text that is no hex. */
export function hashIsHex(hash: string, field: string): Outcome {
  const at = [...hash].findIndex((digit) => !/[0-9a-f]/i.test(digit));
  if (hash.length > 64) return plain('max hash string length is 64 bytes', { field, why: 'registration.hash-length' });
  if (at < 0) return undefined;
  return plain('encoding/hex: invalid byte', { field, why: 'registration.hash-not-hex', facts: { at } });
}

/**
 * Why a BIP340 signature does not even parse, in the words of the curve library; undefined when it does. An s of the group order and more
 * parses (btcec schnorr/signature.go ParseSignature); it fails when it is verified.
 */
export function signatureFault(signature: Uint8Array): string | undefined {
  if (signature.length < 64) return `malformed signature: too short: ${signature.length} < 64`;
  if (signature.length > 64) return `malformed signature: too long: ${signature.length} > 64`;
  if (Bytes.toBigInt(signature.subarray(0, 32)) >= Scalar.P) return 'invalid signature: r >= field prime';
  return undefined;
}

/** Why an x-only key is none. */
export function keyFault(key: Uint8Array, ecc: Ecc): string | undefined {
  return ecc.isXOnly(key) ? undefined : 'invalid public key: x coordinate is not on the secp256k1 curve';
}

/** A transaction that reads. */
export function transactionReads(raw: Uint8Array, field: string, text: string): Outcome {
  const parsed = Transactions.parse(raw);
  return typeof parsed === 'string' ? plain(`${text}: ${parsed}`, { field, why: 'registration.malformed-transaction' }) : undefined;
}

/** The block hash of a proof in display order, as the store knows it. */
export function blockHashOf(proof: InclusionProof): string {
  return proof.key === undefined ? '' : Hex.encode(Bytes.reverse(proof.key.hash));
}

/** A fault of a module below as the why of a refusal. */
export function whyOf(fault: Caught, field: string): { readonly field: string; readonly why: string; readonly facts: Caught['facts'] } {
  return { field, why: fault.why, facts: fault.facts };
}
