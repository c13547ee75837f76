// What the signatures of a coin weigh, by its output script and the scripts that it hides (bytes of BIP16, BIP141, BIP143, BIP341 spends).
import { sha256 } from '@noble/hashes/sha2.js';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import * as Address from './Address.ts';
import * as CompactSize from './CompactSize.ts';
import { hash160 } from './OutputScript.ts';
import * as Script from './Script.ts';

/** The scripts of a coin. */
export type Scripts = { readonly scriptPubKey: Uint8Array; readonly redeemScript?: Uint8Array; readonly witnessScript?: Uint8Array };

type Which = 'redeemScript' | 'witnessScript';

/** Sizes of a signed input, or why there are none. `changesTxid` is there when the signatures lie in the scriptSig. */
export type Weighed =
  | { readonly scriptSig: Uint8Array; readonly witnessBytes: number }
  | { readonly scriptSig: Uint8Array; readonly witnessBytes: 0; readonly scriptSigBytes: number; readonly changesTxid: 'p2pkh' | 'p2sh' }
  | { readonly fault: 'unknown-script'; readonly which?: Which }
  | { readonly fault: 'missing-script' | 'wrong-script'; readonly which: Which };

/** A DER signature of an s in the lower half, with its hash type: 71 bytes for one half of all r, 72 for the other. */
const ECDSA = 72;
const COMPRESSED = 33;
/** Item count, signature and compressed key with their lengths. */
const P2WPKH_WITNESS = 1 + (1 + ECDSA) + (1 + COMPRESSED);
/** Item count and a 64-byte Schnorr signature with its length. */
const KEY_PATH_WITNESS = 1 + 65;
const P2PKH_SCRIPT_SIG = 1 + ECDSA + 1 + COMPRESSED;
const NOTHING = new Uint8Array(0);
/** Consensus: bytes of one pushed element. */
const MAX_PUSH = 520;
/** Relay policy: signature operations of a P2SH script. */
const MAX_P2SH_KEYS = 15;

/** The sizes of the coin's input; `field` names the coin in errors about types. */
export function weigh(coin: Scripts, field: string): Weighed {
  const script = Check.bytes(coin.scriptPubKey, `${field}.scriptPubKey`);
  switch (Address.kindOf(script)) {
    case 'p2tr':
      return { scriptSig: NOTHING, witnessBytes: KEY_PATH_WITNESS };
    case 'p2wpkh':
      return { scriptSig: NOTHING, witnessBytes: P2WPKH_WITNESS };
    case 'p2wsh':
      return scriptHash(coin, script.subarray(2), NOTHING, field);
    case 'p2sh':
      return payToScriptHash(coin, script.subarray(2, 22), field);
    case 'p2pkh':
      return { scriptSig: NOTHING, witnessBytes: 0, scriptSigBytes: P2PKH_SCRIPT_SIG, changesTxid: 'p2pkh' };
    default:
      return { fault: 'unknown-script' };
  }
}

function payToScriptHash(coin: Scripts, hash: Uint8Array, field: string): Weighed {
  const { redeemScript } = coin;
  if (redeemScript === undefined) return { fault: 'missing-script', which: 'redeemScript' };
  if (!Bytes.equal(hash160(Check.bytes(redeemScript, `${field}.redeemScript`)), hash))
    return { fault: 'wrong-script', which: 'redeemScript' };
  const kind = Address.kindOf(redeemScript);
  if (kind === 'p2wpkh') return { scriptSig: Script.pushData(redeemScript), witnessBytes: P2WPKH_WITNESS };
  if (kind === 'p2wsh') return scriptHash(coin, redeemScript.subarray(2), Script.pushData(redeemScript), field);
  const { length } = redeemScript;
  const group = Script.multisigOf(redeemScript, true);
  if (group === undefined || group.keys.length > MAX_P2SH_KEYS || length > MAX_PUSH)
    return { fault: 'unknown-script', which: 'redeemScript' };
  const scriptSigBytes = 1 + (1 + ECDSA) * group.threshold + Script.push(redeemScript).length;
  // The element that CHECKMULTISIG takes too many comes first: one byte OP_0.
  return { scriptSig: NOTHING, witnessBytes: 0, scriptSigBytes, changesTxid: 'p2sh' };
}

function scriptHash(coin: Scripts, hash: Uint8Array, scriptSig: Uint8Array, field: string): Weighed {
  const { witnessScript } = coin;
  if (witnessScript === undefined) return { fault: 'missing-script', which: 'witnessScript' };
  if (!Bytes.equal(sha256(Check.bytes(witnessScript, `${field}.witnessScript`)), hash))
    return { fault: 'wrong-script', which: 'witnessScript' };
  const group = Script.multisigOf(witnessScript, false);
  if (group === undefined) return { fault: 'unknown-script', which: 'witnessScript' };
  const { length } = witnessScript;
  // Item count, the empty dummy, the signatures, the script.
  return { scriptSig, witnessBytes: 1 + 1 + (1 + ECDSA) * group.threshold + CompactSize.encode(length).length + length };
}
