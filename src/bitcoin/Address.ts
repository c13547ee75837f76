// Addresses (BIP173, BIP350, base58check) to output scripts and back. Encoding is bitcoinjs-lib's; what is refused is decided here.
import { fromBase58Check, fromBech32, toBase58Check, toBech32 } from 'bitcoinjs-lib/src/address';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Ecc from '../crypto/Ecc.ts';
import * as Network from './Network.ts';
import * as OutputScript from './OutputScript.ts';
import { OP } from './Script.ts';
import { isNums } from './TapTree.ts';

export type Reason =
  | Check.Reason
  | Network.Reason
  | { readonly code: 'address.malformed'; readonly field: string }
  | { readonly code: 'address.wrong-network'; readonly field: string; readonly expected: Network.Network }
  | { readonly code: 'address.unknown-version'; readonly field: string; readonly version: number }
  | { readonly code: 'address.not-on-curve'; readonly field: string }
  | { readonly code: 'address.no-address' }
  | { readonly code: 'address.not-payable'; readonly field: string };

/** The standard output scripts that have an address. */
export type Kind = 'p2pkh' | 'p2sh' | 'p2wpkh' | 'p2wsh' | 'p2tr';

/** What a standard output script pays to, or undefined. */
export function kindOf(script: Uint8Array): Kind | undefined {
  const [a, b] = Check.bytes(script, 'script');
  const last = script[script.length - 1];
  if (script.length === 34 && a === 0x51 && b === 0x20) return 'p2tr';
  if (script.length === 22 && a === 0x00 && b === 0x14) return 'p2wpkh';
  if (script.length === 34 && a === 0x00 && b === 0x20) return 'p2wsh';
  if (script.length === 23 && a === OP.HASH160 && b === 0x14 && last === OP.EQUAL) return 'p2sh';
  if (
    script.length === 25 &&
    a === OP.DUP &&
    b === OP.HASH160 &&
    script[2] === 0x14 &&
    script[23] === OP.EQUALVERIFY &&
    last === OP.CHECKSIG
  )
    return 'p2pkh';
  return undefined;
}

/**
 * Refuses an output script that takes the coins from their owner: empty and unknown ones are anybody's, OP_RETURN is nobody's.
 * Only the five kinds that have an address pass.
 *
 * @throws input.not-bytes, address.not-payable
 * @throws address.not-on-curve - a taproot key that nobody can spend: off the curve, or the bare NUMS key
 */
export function checkPayable(script: Uint8Array, field: string, ecc: Ecc.Ecc = Ecc.auto()): Uint8Array {
  if (typeof script === 'string')
    fail<Reason>(
      { code: 'input.not-bytes', field, got: 'string' },
      `${field}: expected an output script (bytes), got text; use Address.decode`,
    );
  if (kindOf(Check.bytes(script, field)) === undefined)
    fail<Reason>({ code: 'address.not-payable', field }, `${field}: not an output script with an address; coins sent there are lost`);
  if (kindOf(script) === 'p2tr') checkOutputKey(script.subarray(2), field, ecc);
  return script;
}

/**
 * The address of a standard output script.
 *
 * @throws address.no-address - for scripts without one (OP_RETURN, bare keys, unknown witness versions)
 */
export function encode(script: Uint8Array, network: Network.Network): string {
  const prefixes = Network.prefixes(network);
  switch (kindOf(script)) {
    case 'p2tr':
      return toBech32(script.subarray(2), 1, prefixes.bech32);
    case 'p2wpkh':
    case 'p2wsh':
      return toBech32(script.subarray(2), 0, prefixes.bech32);
    case 'p2sh':
      return toBase58Check(script.subarray(2, 22), prefixes.scriptHash);
    case 'p2pkh':
      return toBase58Check(script.subarray(3, 23), prefixes.pubKeyHash);
    default:
      return fail<Reason>({ code: 'address.no-address' }, 'this output script has no address');
  }
}

/**
 * The output script that an address pays to. Upper-case bech32 is accepted, mixed case is not.
 *
 * @throws address.malformed - bad checksum, alphabet or length
 * @throws address.wrong-network - valid, but of another network
 * @throws address.unknown-version - witness versions above 1: coins sent there are anyone's today
 * @throws address.not-on-curve - a taproot key that nobody can spend: off the curve, or the bare NUMS key
 */
export function decode(address: string, network: Network.Network, field = 'address', ecc: Ecc.Ecc = Ecc.auto()): Uint8Array {
  Check.text(address, field);
  // The longest address has 90 characters (BIP173); decoding takes time that grows with the square of the length.
  if (address.length > 90) fail<Reason>({ code: 'address.malformed', field }, `${field}: longer than any address`);
  const prefixes = Network.prefixes(network);
  const segwit = attempt(() => fromBech32(address));
  if (segwit !== undefined) {
    const { version, prefix, data } = segwit;
    const hrp = prefix.toLowerCase();
    if (hrp !== prefixes.bech32) wrongNetwork(field, network, (other) => other.bech32 === hrp);
    return witnessScript(version, data, field, ecc);
  }
  const legacy = attempt(() => fromBase58Check(address));
  if (legacy === undefined) fail<Reason>({ code: 'address.malformed', field }, `${field}: not a valid address${faultOf(address)}`);
  const { version, hash } = legacy;
  if (version === prefixes.pubKeyHash) return OutputScript.p2pkh(hash);
  if (version === prefixes.scriptHash) return OutputScript.p2sh(hash);
  return wrongNetwork(field, network, (other) => other.pubKeyHash === version || other.scriptHash === version);
}

function witnessScript(version: number, data: Uint8Array, field: string, ecc: Ecc.Ecc): Uint8Array {
  if (version === 0 && (data.length === 20 || data.length === 32)) return Bytes.concat(Uint8Array.of(0x00, data.length), data);
  if (version === 1 && data.length === 32) {
    checkOutputKey(data, field, ecc);
    return Bytes.concat(Uint8Array.of(0x51, 0x20), data);
  }
  if (version >= 1)
    fail<Reason>(
      { code: 'address.unknown-version', field, version },
      `${field}: witness version ${version} with ${data.length} bytes has no spending rule that protects the coins`,
    );
  return fail<Reason>({ code: 'address.malformed', field }, `${field}: a version 0 program has 20 or 32 bytes`);
}

function wrongNetwork(field: string, expected: Network.Network, matches: (other: Network.Prefixes) => boolean): never {
  const known = Network.ALL.filter((name) => matches(Network.prefixes(name)));
  const advice = known.length === 0 ? '' : `, but of ${known.join(', ')}`;
  fail<Reason>({ code: 'address.wrong-network', field, expected }, `${field}: this address is not of ${expected}${advice}`);
}

/** What to look at in a text that is no address: the first thing that is wrong with it. */
function faultOf(address: string): string {
  if (address === '') return ': the text is empty';
  const lower = address.toLowerCase();
  const bech32 = Network.ALL.map((name) => `${Network.prefixes(name).bech32}1`).find((start) => lower.startsWith(start));
  if (bech32 !== undefined && address !== lower && address !== address.toUpperCase()) return ': upper and lower case are mixed';
  const data = bech32 === undefined ? address : lower.slice(bech32.length);
  const alphabet = bech32 === undefined ? /[^1-9A-HJ-NP-Za-km-z]/ : /[^02-9ac-hj-np-z]/;
  const at = data.search(alphabet);
  if (at >= 0) return `: character ${at + address.length - data.length} does not occur in addresses`;
  // Program lengths of 20 and 32 bytes, and the 25 bytes of base58check.
  const usual = bech32 === undefined ? data.length >= 26 && data.length <= 35 : data.length === 39 || data.length === 59;
  return usual ? ': the checksum is wrong' : ': the length is wrong';
}

function attempt<T>(decoder: () => T): T | undefined {
  try {
    return decoder();
  } catch {
    return undefined;
  }
}

/** The bare NUMS key as output key has no known secret, and no tree that it could commit to: it is as dead as a key off the curve. */
function checkOutputKey(key: Uint8Array, field: string, ecc: Ecc.Ecc): void {
  const why = isNums(key) ? 'the bare NUMS key, for which nobody can sign' : ecc.isXOnly(key) ? undefined : 'not on the curve';
  if (why !== undefined)
    fail<Reason>({ code: 'address.not-on-curve', field }, `${field}: the taproot key is ${why}; coins sent there are lost`);
}
