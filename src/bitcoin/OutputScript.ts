// The output scripts of key and script hashes (BIP13, BIP16, BIP141) and the hash in them. Taproot outputs are TapTree's, their addresses Address's.
import { ripemd160 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { OP } from './Script.ts';

export type Reason = Check.Reason;

/**
 * RIPEMD160(SHA256(bytes)): of a public key in the form that signs, or of a redeem script.
 *
 * @shape result: 20 bytes
 * @throws input.not-bytes
 */
export function hash160(bytes: Uint8Array): Uint8Array {
  return ripemd160(sha256(Check.bytes(bytes, 'bytes')));
}

/**
 * `DUP HASH160 <keyHash> EQUALVERIFY CHECKSIG`. It is also what a P2WPKH input signs in place of its script.
 *
 * @shape keyHash: 20 bytes; result: 25
 * @throws input.not-bytes, input.wrong-length
 * @source BIP143 "Specification"
 */
export function p2pkh(keyHash: Uint8Array): Uint8Array {
  Check.bytes(keyHash, 'keyHash', 20);
  return Bytes.concat(Uint8Array.of(OP.DUP, OP.HASH160, 0x14), keyHash, Uint8Array.of(OP.EQUALVERIFY, OP.CHECKSIG));
}

/**
 * `HASH160 <scriptHash> EQUAL`.
 *
 * @shape scriptHash: 20 bytes; result: 23
 * @throws input.not-bytes, input.wrong-length
 * @source BIP16 "Specification"
 */
export function p2sh(scriptHash: Uint8Array): Uint8Array {
  return Bytes.concat(Uint8Array.of(OP.HASH160, 0x14), Check.bytes(scriptHash, 'scriptHash', 20), Uint8Array.of(OP.EQUAL));
}

/**
 * The version 0 program of a compressed key's hash.
 *
 * @shape keyHash: 20 bytes; result: 22
 * @throws input.not-bytes, input.wrong-length
 * @source BIP141 "Witness program"
 */
export function p2wpkh(keyHash: Uint8Array): Uint8Array {
  return Bytes.concat(Uint8Array.of(OP.PUSH_0, 0x14), Check.bytes(keyHash, 'keyHash', 20));
}
