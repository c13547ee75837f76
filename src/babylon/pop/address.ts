// The Bitcoin address in a BIP322 proof as the chain reads it, which is wider than what anybody should send. btcd btcutil/address.go DecodeAddress,
// btcutil/bech32; texts of refusals up to values that the decoder computes (the checksum that it would have expected).
import { sha256 } from '@noble/hashes/sha2.js';
import { bech32, bech32m, createBase58check } from '@scure/base';
import * as Bytes from '../../base/Bytes.ts';
import * as Network from '../../bitcoin/Network.ts';

/** A witness program (only that matters to the chain), another address that it knows, or its error text. */
export type ChainAddress =
  | {
      readonly kind: 'p2wpkh' | 'p2tr';
      readonly scriptPubKey: Uint8Array;
      readonly program: Uint8Array;
      readonly version: number;
      readonly prefix: string;
      readonly upperCase: boolean;
    }
  | { readonly kind: 'other' }
  | { readonly kind: 'none'; readonly reference: string };

const SEGWIT_PREFIXES: ReadonlySet<string> = new Set(Network.ALL.map((name) => Network.prefixes(name).bech32));
/** The longest bech32 text (BIP173); no base58 address is as long. */
const MAX_LENGTH = 90;
const base58check = createBase58check(sha256);

/** Any registered prefix in either case; a program of 20 bytes counts as a key hash whatever its version. */
export function readAddress(bytes: Uint8Array, network: Network.Network): ChainAddress {
  const text = String.fromCharCode(...bytes.subarray(0, 2 * MAX_LENGTH));
  const separator = text.lastIndexOf('1');
  if (separator > 1 && SEGWIT_PREFIXES.has(text.slice(0, separator).toLowerCase())) return readSegwit(text, bytes.length);
  if (/^([0-9a-fA-F]{66}|[0-9a-fA-F]{130})$/.test(text)) return { kind: 'other' };
  if (bytes.length > MAX_LENGTH) return none('decoded address is of unknown format');
  const decoded = decodeBase58(text);
  if (decoded === undefined)
    return none(/^[1-9A-HJ-NP-Za-km-z]{7,}$/.test(text) ? 'checksum mismatch' : 'decoded address is of unknown format');
  if (decoded.length !== 21) return none('decoded address is of unknown size');
  const { pubKeyHash, scriptHash } = Network.prefixes(network);
  return decoded[0] === pubKeyHash || decoded[0] === scriptHash ? { kind: 'other' } : none('unknown address type');
}

function readSegwit(text: string, length: number): ChainAddress {
  if (length < 8 || length > MAX_LENGTH) return none(`invalid bech32 string length ${length}`);
  const lower = text.toLowerCase();
  if (text !== lower && text !== text.toUpperCase()) return none('string not all lowercase or all uppercase');
  const old = bech32.decodeUnsafe(text, MAX_LENGTH);
  const decoded = old ?? bech32m.decodeUnsafe(text, MAX_LENGTH);
  if (decoded === undefined) return none('invalid checksum');
  const [version, ...words] = decoded.words;
  if (version === undefined) return none('no witness version');
  if (version > 16) return none(`invalid witness version: ${version}`);
  const program = bech32.fromWordsUnsafe(words);
  if (program === undefined) return none('invalid incomplete group');
  if (program.length < 2 || program.length > 40) return none('invalid data length');
  const size = program.length;
  if (version === 0 && size !== 20 && size !== 32) return none(`invalid data length for witness version 0: ${size}`);
  const form = version === 0 ? 'bech32' : 'bech32m';
  if (version <= 1 && (old !== undefined) !== (version === 0))
    return none(`invalid checksum expected ${form} encoding for address with witness version ${version}`);
  if (version > 1) return none(`unsupported witness version: 0x${version.toString(16)}`);
  if (size !== 20 && size !== 32) return none(`unsupported witness program length: ${size}`);
  if (size === 32 && version === 0) return { kind: 'other' };
  const kind = size === 20 ? 'p2wpkh' : 'p2tr';
  const bytes = Bytes.copy(program);
  const scriptPubKey = Bytes.concat(Uint8Array.of(kind === 'p2tr' ? 0x51 : 0x00, size), bytes);
  return { kind, scriptPubKey, program: bytes, version, prefix: decoded.prefix, upperCase: text !== lower };
}

function decodeBase58(text: string): Uint8Array | undefined {
  try {
    return base58check.decode(text);
  } catch {
    return undefined;
  }
}

function none(reference: string): ChainAddress {
  return { kind: 'none', reference };
}
