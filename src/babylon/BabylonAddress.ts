// Babylon account addresses: bech32 (BIP173) of 20 bytes under the prefix "bbn", the same on every Babylon network.
// babylon app/params/config.go (prefixes); cosmos-sdk types/address.go AccAddressFromBech32.
import { bech32 } from '@scure/base';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';

export type Reason =
  | Check.Reason
  | { readonly code: 'babylon-address.malformed'; readonly field: string }
  | { readonly code: 'babylon-address.wrong-prefix'; readonly field: string; readonly prefix: string }
  | { readonly code: 'babylon-address.wrong-length'; readonly field: string; readonly gotBytes: number };

/** An account: `text` in lower case, as the chain writes and signs it, and the 20 bytes that it spells. */
export type BabylonAddress = { readonly text: string; readonly bytes: Uint8Array };

export const PREFIX = 'bbn';
/** Accounts that a key controls; modules and contracts have 32 bytes. */
export const ACCOUNT_BYTES = 20;
/** Cosmos lifts BIP173's limit of 90 characters, for accounts longer than those of keys. */
const MAX_LENGTH = 1023;

/**
 * The account that a text spells. Text in upper case is the same account and comes out in lower case; mixed case is refused, and so are the
 * validator prefixes. Accounts of modules and contracts (32 bytes) are refused: no key controls them, so nobody could claim what they are owed.
 *
 * @shape bytes: 20
 * @throws input.not-text
 * @throws babylon-address.malformed - bad checksum, alphabet, case, blanks around it
 * @throws babylon-address.wrong-prefix - bbnvaloper, bbnvalcons, cosmos, a Bitcoin address
 * @throws babylon-address.wrong-length - other than 20 bytes
 * @source BIP173; cosmos-sdk types/address.go
 */
export function parse(text: string, field = 'babylonAddress'): BabylonAddress {
  const address = parseAny(text, field);
  checkLength(address.bytes, field);
  return address;
}

/**
 * The account that a text spells, of a key, a module or a contract: what the chain takes where it asks for an account.
 *
 * @shape bytes: 1..255
 * @throws input.not-text, babylon-address.malformed, babylon-address.wrong-prefix, babylon-address.wrong-length
 * @source cosmos-sdk types/address.go AccAddressFromBech32, VerifyAddressFormat
 */
export function parseAny(text: string, field = 'babylonAddress'): BabylonAddress {
  Check.text(text, field);
  const decoded = text.length > MAX_LENGTH ? undefined : bech32.decodeUnsafe(text, MAX_LENGTH);
  if (decoded === undefined) {
    fail<Reason>({ code: 'babylon-address.malformed', field }, `${field}: not a Babylon address${faultOf(text)}`);
  }
  const { prefix } = decoded;
  if (prefix !== PREFIX) {
    const advice = prefix.startsWith(PREFIX) ? ': that is a validator, give the account (bbn1…)' : '';
    fail<Reason>({ code: 'babylon-address.wrong-prefix', field, prefix }, `${field}: expected bbn1…, got ${prefix}1…${advice}`);
  }
  const bytes = bech32.fromWordsUnsafe(decoded.words);
  if (bytes === undefined) fail<Reason>({ code: 'babylon-address.malformed', field }, `${field}: not a Babylon address: bits left over`);
  if (bytes.length === 0 || bytes.length > 255) checkLength(bytes, field);
  return { text: text.toLowerCase(), bytes: Bytes.copy(bytes) };
}

/**
 * The text of an account.
 *
 * @shape bytes: 20
 * @throws input.not-bytes, babylon-address.wrong-length
 * @source BIP173
 */
export function encode(bytes: Uint8Array): string {
  checkLength(Check.bytes(bytes, 'bytes'), 'bytes');
  return bech32.encode(PREFIX, bech32.toWords(Bytes.copy(bytes)), MAX_LENGTH);
}

function checkLength(bytes: Uint8Array, field: string): void {
  const gotBytes = bytes.length;
  if (gotBytes === ACCOUNT_BYTES) return;
  const what = gotBytes === 32 ? '; 32 bytes are a module or contract, which no key controls' : '';
  const message = `${field}: an account has ${ACCOUNT_BYTES} bytes, got ${gotBytes}${what}`;
  fail<Reason>({ code: 'babylon-address.wrong-length', field, gotBytes }, message);
}

/** What to look at in a text that is no bech32. */
function faultOf(text: string): string {
  if (text === '') return ': the text is empty';
  if (text !== text.trim()) return ': blanks around it';
  if (text !== text.toLowerCase() && text !== text.toUpperCase()) return ': upper and lower case are mixed';
  if (text.length > MAX_LENGTH) return ': too long';
  return ': a wrong character or checksum';
}
