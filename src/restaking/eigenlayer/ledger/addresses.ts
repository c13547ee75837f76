// Accounts, tokens and strategies as the 20-byte addresses that contracts hash. A ledger may know them by any name: a name that is no
// address stands for the last 20 bytes of its Keccak-256.
import { keccak_256 } from '@noble/hashes/sha3.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import * as Hex from '../../../base/Hex.ts';
import { BEACON } from '../Config.ts';

const ADDRESS = /^0x[0-9a-fA-F]{40}$/;
/** The pseudo-strategy of native ETH. */
const BEACON_ADDRESS = 'beac0eeeeeeeeeeeeeeeeeeeeeeeeeeeeeebeac0';
/** "Nobody", as contracts write it. */
export const ZERO_ADDRESS = '0x0000000000000000000000000000000000000000';

/** @shape 20 bytes */
export function addressOf(id: string): Uint8Array {
  if (ADDRESS.test(id)) return Hex.decode(id.slice(2));
  if (id === BEACON) return Hex.decode(BEACON_ADDRESS);
  return keccak_256(utf8ToBytes(id)).slice(12);
}

/** One key for all ways to write an account: its address in hex. */
export function accountKey(id: string): string {
  return ADDRESS.test(id) ? id.slice(2).toLowerCase() : Hex.encode(addressOf(id));
}

/** One key for all ways to write an address; a name is its own. Unlike `accountKey` it hashes nothing, and takes no name for its stand-in. */
export function plainKey(id: string): string {
  return ADDRESS.test(id) ? id.toLowerCase() : id;
}

/** Whether a strategy has an address above that of native ETH; one with a name counts as below. */
export function isAboveBeacon(id: string): boolean {
  return ADDRESS.test(id) && id.slice(2).toLowerCase() > BEACON_ADDRESS;
}

/** Both are the same name, or the same address. */
export function isSame(a: string, b: string): boolean {
  return a === b || plainKey(a) === plainKey(b);
}

/**
 * Ascending order where a contract asks for it: addresses by value, names by their text (nobody who writes names knows the order of their
 * stand-ins), addresses before names.
 */
export function isBefore(a: string, b: string): boolean {
  return orderKey(a) < orderKey(b);
}

/** A digit starts every address, and `~` (above all letters) is put in front of names. */
function orderKey(id: string): string {
  return ADDRESS.test(id) ? id.toLowerCase() : `~${id}`;
}
