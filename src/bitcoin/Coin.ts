// Coins that a wallet spends beside our outputs: which kinds keep the txid when signed, and what their signatures weigh.
import { ripemd160 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Sats from '../base/Sats.ts';
import * as Address from './Address.ts';
import * as Script from './Script.ts';
import { compactSize } from './TapTree.ts';
import * as Tx from './Tx.ts';

export type Reason =
  | Check.Reason
  | Tx.Reason
  | Script.Reason
  | { readonly code: 'coin.txid-changes'; readonly field: string; readonly kind: string }
  | { readonly code: 'coin.unknown-script'; readonly field: string }
  | { readonly code: 'coin.missing-script'; readonly field: string; readonly which: 'redeemScript' | 'witnessScript' }
  | { readonly code: 'coin.wrong-script'; readonly field: string; readonly which: 'redeemScript' | 'witnessScript' };

/** Where a key of a hierarchical wallet comes from (BIP32, BIP174, BIP371). The key is 33 bytes compressed, for taproot 32 bytes x-only. */
export type KeyOrigin = { readonly publicKey: Uint8Array; readonly masterFingerprint: Uint8Array; readonly path: string };

/** A coin of the wallet. P2SH needs its redeem script, P2WSH its witness script, P2PKH and bare P2SH the transaction that made them. */
export type Coin = Tx.SpentOutput & {
  readonly outpoint: Tx.Outpoint;
  readonly redeemScript?: Uint8Array;
  readonly witnessScript?: Uint8Array;
  /** The raw transaction that made the coin (BIP174 nonWitnessUtxo): needed where the amount is not signed, wanted by hardware wallets. */
  readonly previousTransaction?: Uint8Array;
  /** The internal key of a taproot coin that is spent by key path (BIP86). */
  readonly tapInternalKey?: Uint8Array;
  /** For signers that find their keys by derivation: one entry for each key. */
  readonly keyOrigins?: readonly KeyOrigin[];
};

/** A coin as an input: the scriptSig is known before signing, and `witnessBytes` is the size of the largest usual witness. */
export type Input = { readonly outpoint: Tx.Outpoint; readonly scriptSig: Uint8Array; readonly witnessBytes: number };

/** Item count, a 72-byte ECDSA signature and a compressed key with their lengths. */
const P2WPKH_WITNESS = 1 + 73 + 34;
/** Item count and a 64-byte Schnorr signature with its length. */
const KEY_PATH_WITNESS = 1 + 65;

/**
 * The coin as an input whose signing does not change the txid.
 *
 * @throws coin.txid-changes - P2PKH and bare P2SH: their signature lies in the scriptSig, so a transaction that is pre-signed on top would be lost
 * @throws coin.unknown-script, coin.missing-script, coin.wrong-script
 */
export function toInput(coin: Coin, field = 'coin'): Input {
  Check.object(coin, field);
  // The form that block explorers and wallets give: named here, because what is missing would tell nobody what to do.
  if (coin.outpoint === undefined && 'txid' in coin)
    fail<Reason>(
      { code: 'input.missing', field: `${field}.outpoint` },
      `${field}.outpoint: missing; a coin is { outpoint: { txid, vout }, valueSats, scriptPubKey }`,
    );
  const outpoint = Tx.checkOutpoint(coin.outpoint, `${field}.outpoint`);
  Sats.from(coin.valueSats, `${field}.valueSats`);
  const script = Check.bytes(coin.scriptPubKey, `${field}.scriptPubKey`);
  const input = (witnessBytes: number, scriptSig: Uint8Array = new Uint8Array(0)): Input => ({ outpoint, scriptSig, witnessBytes });
  switch (Address.kindOf(script)) {
    case 'p2tr':
      return input(KEY_PATH_WITNESS);
    case 'p2wpkh':
      return input(P2WPKH_WITNESS);
    case 'p2wsh':
      return input(scriptWitnessBytes(witnessScriptOf(coin, script.subarray(2), field), field));
    case 'p2sh':
      return nested(coin, script.subarray(2, 22), field, input);
    case 'p2pkh':
      return fail<Reason>(
        { code: 'coin.txid-changes', field, kind: 'p2pkh' },
        `${field}: signing a P2PKH input changes the txid that everything pre-signed commits to; move the coin to a segwit address first`,
      );
    default:
      return fail<Reason>({ code: 'coin.unknown-script', field }, `${field}: not a standard output that this library can weigh`);
  }
}

function nested(coin: Coin, hash: Uint8Array, field: string, input: (witnessBytes: number, scriptSig: Uint8Array) => Input): Input {
  const { redeemScript } = coin;
  if (redeemScript === undefined)
    fail<Reason>({ code: 'coin.missing-script', field, which: 'redeemScript' }, `${field}: a P2SH coin needs its redeemScript`);
  if (!Bytes.equal(ripemd160(sha256(Check.bytes(redeemScript, `${field}.redeemScript`))), hash))
    fail<Reason>({ code: 'coin.wrong-script', field, which: 'redeemScript' }, `${field}: the redeemScript does not hash to the output`);
  const kind = Address.kindOf(redeemScript);
  if (kind === 'p2wpkh') return input(P2WPKH_WITNESS, Script.pushData(redeemScript));
  if (kind === 'p2wsh')
    return input(scriptWitnessBytes(witnessScriptOf(coin, redeemScript.subarray(2), field), field), Script.pushData(redeemScript));
  return fail<Reason>(
    { code: 'coin.txid-changes', field, kind: 'p2sh' },
    `${field}: signing a bare P2SH input changes the txid that everything pre-signed commits to`,
  );
}

function witnessScriptOf(coin: Coin, hash: Uint8Array, field: string): Uint8Array {
  const { witnessScript } = coin;
  if (witnessScript === undefined)
    fail<Reason>({ code: 'coin.missing-script', field, which: 'witnessScript' }, `${field}: a P2WSH coin needs its witnessScript`);
  if (!Bytes.equal(sha256(Check.bytes(witnessScript, `${field}.witnessScript`)), hash))
    fail<Reason>({ code: 'coin.wrong-script', field, which: 'witnessScript' }, `${field}: the witnessScript does not hash to the output`);
  return witnessScript;
}

/** Witness of a k-of-n CHECKMULTISIG script: count, the empty dummy, k signatures of 72 bytes, the script. */
function scriptWitnessBytes(script: Uint8Array, field: string): number {
  const ops = [...Script.instructions(script)];
  const [first] = ops;
  const last = ops[ops.length - 1];
  const k = first === undefined ? undefined : Script.numberOf(first);
  const n = ops.length >= 4 ? Script.numberOf(ops[ops.length - 2] as (typeof ops)[number]) : undefined;
  const keys = ops.slice(1, -2);
  const isMultisig = last?.opcode === CHECKMULTISIG && keys.length === n && keys.every((op) => op.data?.length === 33);
  if (k === undefined || k < 1 || n === undefined || k > n || !isMultisig)
    fail<Reason>({ code: 'coin.unknown-script', field }, `${field}: only k-of-n CHECKMULTISIG witness scripts can be weighed`);
  return 1 + 1 + 73 * k + compactSize(script.length).length + script.length;
}

const CHECKMULTISIG = 0xae;

/** The unsigned transaction over these inputs, with the scriptSigs that are known in advance. */
export function unsigned(inputs: readonly Input[], outputs: readonly Tx.SpentOutput[]): Tx.Transaction {
  const transaction = Tx.create(inputs, outputs);
  for (const [i, { scriptSig }] of inputs.entries()) Check.bytes(scriptSig, `inputs[${i}].scriptSig`);
  for (const [i, { scriptSig }] of inputs.entries()) if (scriptSig.length > 0) transaction.setInputScript(i, scriptSig);
  return transaction;
}

/** Weight of the transaction once signed: four times the stripped size, the marker and flag, and the witnesses. @unit weight units */
export function signedWeight(transaction: Tx.Transaction, inputs: readonly Input[]): number {
  Tx.check(transaction);
  for (const [i, input] of Check.list(inputs, 'inputs').entries())
    Check.integer(Check.object(input, `inputs[${i}]`).witnessBytes, `inputs[${i}].witnessBytes`, 0, Tx.MAX_STANDARD_WEIGHT);
  return 4 * transaction.byteLength(false) + 2 + inputs.reduce((sum, { witnessBytes }) => sum + witnessBytes, 0);
}
