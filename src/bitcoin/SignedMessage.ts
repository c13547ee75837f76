// "Bitcoin Signed Message": 65 bytes of ECDSA with the way back to the key, as Bitcoin Core's signmessage makes them, and the headers by which
// BIP137 marks segwit addresses. Bitcoin Core src/common/signmessage.cpp; BIP137.
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Ecc from '../crypto/Ecc.ts';
import * as Ecdsa from '../crypto/Ecdsa.ts';
import type * as SecretKey from '../crypto/SecretKey.ts';
import * as CompactSize from './CompactSize.ts';
import { type Reason as MessageReason, messageBytes } from './messageBytes.ts';

export type Reason =
  | Check.Reason
  | MessageReason
  | SecretKey.Reason
  | { readonly code: 'signed-message.bad-header'; readonly field: string; readonly header: number };

/** Text is signed as UTF-8. */
export type Message = string | Uint8Array;

/** `compressed`: the key's compressed form made the address (headers 31..34); the bit is a remark of the signer, nothing is signed of it. */
export type Recovered = { readonly publicKey: Uint8Array; readonly compressed: boolean };

const PREFIX = utf8ToBytes('\u0018Bitcoin Signed Message:\n');
/** The first of four headers: uncompressed key, compressed key, and BIP137's two for segwit. */
const HEADER = { uncompressed: 27, compressed: 31, nested: 35, segwit: 39, end: 43 } as const;

/**
 * The hash that is signed.
 *
 * @shape 32 bytes
 * @throws input.not-bytes, message.half-surrogate
 * @source Bitcoin Core src/common/signmessage.cpp MessageHash
 */
export function digest(message: Message): Uint8Array {
  const bytes = messageBytes(message);
  return sha256(sha256(Bytes.concat(PREFIX, CompactSize.encode(bytes.length), bytes)));
}

/**
 * A signed message, with the header of a compressed key (31..34).
 *
 * @shape 65 bytes: header || r || s
 * @throws input.*, message.half-surrogate, secret-key.out-of-range
 * @source Bitcoin Core src/common/signmessage.cpp MessageSign
 */
export function sign(message: Message, secretKey: SecretKey.SecretKey, ecc: Ecc.Ecc = Ecc.auto()): Uint8Array {
  const { signature, recoveryId } = Ecdsa.signRecoverable(digest(message), secretKey, ecc);
  return Bytes.concat(Uint8Array.of(HEADER.compressed + recoveryId), signature);
}

/**
 * The key that signed, or null when none did. High s passes here; {@link Ecdsa.isLowS} tells.
 *
 * @shape signature: 65 bytes, header 27..34; publicKey: 33 bytes compressed
 * @throws input.*, message.half-surrogate
 * @throws signed-message.bad-header - below 27 or above 34; 35..42 are BIP137's, see {@link withPlainHeader}
 * @source Bitcoin Core src/pubkey.cpp CPubKey::RecoverCompact
 */
export function recover(message: Message, signature: Uint8Array, ecc: Ecc.Ecc = Ecc.auto()): Recovered | null {
  const header = Check.bytes(signature, 'signature', 65)[0] as number;
  if (header < HEADER.uncompressed || header >= HEADER.nested) badHeader(header);
  const code = header - HEADER.uncompressed;
  const publicKey = Ecdsa.recover(digest(message), signature.subarray(1), code & 3, ecc);
  return publicKey === null ? null : { publicKey, compressed: (code & 4) !== 0 };
}

/**
 * True when the holder of this key signed the message. Headers 27..42 count alike: all four families say the same of the key.
 *
 * @shape publicKey: 33 bytes compressed; signature: 65 bytes
 * @throws input.*, message.half-surrogate, signed-message.bad-header
 */
export function verify(message: Message, publicKey: Uint8Array, signature: Uint8Array, ecc: Ecc.Ecc = Ecc.auto()): boolean {
  Check.bytes(publicKey, 'publicKey', 33);
  const recovered = recover(message, withPlainHeader(signature), ecc);
  return recovered !== null && Bytes.equal(recovered.publicKey, publicKey);
}

/**
 * The same signature with BIP137's headers for segwit addresses (35..38 P2SH-P2WPKH, 39..42 P2WPKH) written as those of a compressed key.
 *
 * @shape 65 bytes, header 27..34
 * @throws input.*, signed-message.bad-header - below 27 or above 42
 * @source BIP137 "Procedure for signing/verifying a signature"
 */
export function withPlainHeader(signature: Uint8Array, field = 'signature'): Uint8Array {
  const header = Check.bytes(signature, field, 65)[0] as number;
  if (header < HEADER.uncompressed || header >= HEADER.end) badHeader(header, field);
  const result = Bytes.copy(signature);
  if (header >= HEADER.nested) result[0] = HEADER.compressed + ((header - HEADER.nested) & 3);
  return result;
}

function badHeader(header: number, field = 'signature'): never {
  const message = `${field}: the first byte of a signed message is 27..34 (35..42 by BIP137), got ${header}`;
  fail<Reason>({ code: 'signed-message.bad-header', field, header }, message);
}
