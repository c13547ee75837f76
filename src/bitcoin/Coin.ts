// Coins that a wallet spends beside our outputs: which kinds keep the txid when signed, and what their signatures weigh.
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Sats from '../base/Sats.ts';
import * as CompactSize from './CompactSize.ts';
import type * as Script from './Script.ts';
import { isNums } from './TapTree.ts';
import * as Tx from './Tx.ts';
import { type Weighed, weigh } from './weigh.ts';

export type Reason =
  | Check.Reason
  | Tx.Reason
  | Script.Reason
  | { readonly code: 'coin.txid-changes'; readonly field: string; readonly kind: string }
  | { readonly code: 'coin.unknown-script'; readonly field: string }
  | { readonly code: 'coin.missing-script'; readonly field: string; readonly which: 'redeemScript' | 'witnessScript' }
  | { readonly code: 'coin.wrong-script'; readonly field: string; readonly which: 'redeemScript' | 'witnessScript' }
  | { readonly code: 'coin.missing-previous-transaction'; readonly field: string; readonly kind: string }
  | { readonly code: 'coin.wrong-previous-transaction'; readonly field: string; readonly what: 'txid' | 'vout' | 'script' | 'value' }
  | { readonly code: 'coin.not-key-path'; readonly field: string };

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

/**
 * A coin as an input: `scriptSig` is what is known of it before signing, and `witnessBytes` is the size of the largest usual witness, 0 for
 * none. `scriptSigBytes` is there only when signing changes the txid: the size of the scriptSig that the signatures make.
 */
export type Input = {
  readonly outpoint: Tx.Outpoint;
  readonly scriptSig: Uint8Array;
  readonly witnessBytes: number;
  readonly scriptSigBytes?: number;
  /** Left out, the input is final (ffffffff). */
  readonly sequence?: number;
};

export type InputOptions = {
  /** `true` takes P2PKH and bare P2SH multisig: only for a transaction that nothing is pre-signed on top of. */
  readonly allowTxidChange?: boolean;
  /** `true` asks for the weight alone: nothing will be signed, so that the previous transaction of a legacy coin may be missing. */
  readonly weighOnly?: boolean;
};

/** Opts in to replacement by fee, without a timelock (BIP125). */
export const REPLACEABLE_SEQUENCE = 0xffff_fffd;

/**
 * The coin as an input. Signatures are counted with 72 bytes (ECDSA with its hash type) and 64 bytes (Schnorr), keys with 33: a P2PKH coin of
 * an uncompressed key is 32 bytes larger, which its script does not tell.
 *
 * Without `allowTxidChange` only coins are taken whose signing leaves the txid as it is.
 *
 * @throws coin.txid-changes - P2PKH and bare P2SH: their signature lies in the scriptSig, so a transaction that is pre-signed on top would be lost
 * @throws coin.missing-previous-transaction - of those, when they are allowed: what their signatures cover says nothing about the amount
 * @throws coin.wrong-previous-transaction - the transaction given is another, or its output is not this coin
 * @throws coin.not-key-path - a taproot coin whose internal key nobody has: a staking output is no coin of the wallet
 * @throws coin.unknown-script, coin.missing-script, coin.wrong-script
 * @source BIP141 "Transaction size calculations"
 */
export function toInput(coin: Coin, field = 'coin', options: InputOptions = {}): Input {
  Check.object(coin, field);
  Check.object(options, 'options');
  // The form that block explorers and wallets give: named here, because what is missing would tell nobody what to do.
  if (coin.outpoint === undefined && 'txid' in coin)
    fail<Reason>(
      { code: 'input.missing', field: `${field}.outpoint` },
      `${field}.outpoint: missing; a coin is { outpoint: { txid, vout }, valueSats, scriptPubKey }`,
    );
  const outpoint = Tx.checkOutpoint(coin.outpoint, `${field}.outpoint`);
  Sats.from(coin.valueSats, `${field}.valueSats`);
  const weighed = weigh(coin, field);
  if ('fault' in weighed) return refuse(weighed, field);
  checkKeyPath(coin, field);
  checkPrevious(coin, outpoint, field);
  const { scriptSig, witnessBytes } = weighed;
  if (!('changesTxid' in weighed)) return { outpoint, scriptSig, witnessBytes };
  const { changesTxid: kind, scriptSigBytes } = weighed;
  if (options.allowTxidChange !== true)
    fail<Reason>(
      { code: 'coin.txid-changes', field, kind },
      kind === 'p2pkh'
        ? `${field}: signing a P2PKH input changes the txid that everything pre-signed commits to; move the coin to a segwit address first`
        : `${field}: signing a bare P2SH input changes the txid that everything pre-signed commits to`,
    );
  if (coin.previousTransaction === undefined && options.weighOnly !== true)
    fail<Reason>(
      { code: 'coin.missing-previous-transaction', field, kind },
      `${field}: previousTransaction is missing; a ${kind.toUpperCase()} signature does not cover the amount, so that the signer must see it`,
    );
  return { outpoint, scriptSig, witnessBytes, scriptSigBytes };
}

function refuse(weighed: Extract<Weighed, { fault: string }>, field: string): never {
  if (weighed.fault === 'unknown-script') {
    const advice =
      weighed.which === undefined
        ? 'not a standard output that this library can weigh'
        : `only k-of-n CHECKMULTISIG can be weighed, its ${weighed.which} is another`;
    return fail<Reason>({ code: 'coin.unknown-script', field }, `${field}: ${advice}`);
  }
  const { which } = weighed;
  if (weighed.fault === 'wrong-script')
    return fail<Reason>({ code: 'coin.wrong-script', field, which }, `${field}: the ${which} does not hash to the output`);
  const kind = which === 'redeemScript' ? 'P2SH' : 'P2WSH';
  return fail<Reason>({ code: 'coin.missing-script', field, which }, `${field}: a ${kind} coin needs its ${which}`);
}

function checkKeyPath({ tapInternalKey }: Coin, field: string): void {
  if (tapInternalKey !== undefined && isNums(Check.bytes(tapInternalKey, `${field}.tapInternalKey`, 32)))
    fail<Reason>({ code: 'coin.not-key-path', field }, `${field}: nobody can sign for this internal key; the coin is locked by scripts`);
}

/** A signer takes amount and script from the transaction: a forged one would make it sign a fee that nobody sees. */
function checkPrevious(coin: Coin, { txid, vout }: Tx.Outpoint, field: string): void {
  if (coin.previousTransaction === undefined) return;
  const where = `${field}.previousTransaction`;
  const previous = Tx.decode(coin.previousTransaction, where);
  const output = previous.outs[vout];
  const what =
    Tx.txid(previous) !== txid
      ? 'txid'
      : output === undefined
        ? 'vout'
        : !Bytes.equal(output.script, coin.scriptPubKey)
          ? 'script'
          : output.value !== coin.valueSats
            ? 'value'
            : undefined;
  if (what !== undefined)
    fail<Reason>(
      { code: 'coin.wrong-previous-transaction', field: where, what },
      `${where}: it is not the transaction that made this coin: the ${what} differs`,
    );
}

/** The unsigned transaction over these inputs, with the scriptSigs that are known in advance. */
export function unsigned(inputs: readonly Input[], outputs: readonly Tx.SpentOutput[]): Tx.Transaction {
  const transaction = Tx.create(inputs, outputs);
  for (const [i, { scriptSig }] of inputs.entries()) Check.bytes(scriptSig, `inputs[${i}].scriptSig`);
  for (const [i, { scriptSig }] of inputs.entries()) if (scriptSig.length > 0) transaction.setInputScript(i, scriptSig);
  return transaction;
}

/**
 * What one input adds to the weight of a transaction that has a witness, without its share of the input count.
 *
 * @unit weight units
 */
export function inputWeight(input: Input): number {
  const { scriptSig, witnessBytes, scriptSigBytes } = checkSizes(input, 'input');
  const bytes = scriptSigBytes ?? scriptSig.length;
  return 4 * (40 + CompactSize.encode(bytes).length + bytes) + (witnessBytes === 0 ? 1 : witnessBytes);
}

function checkSizes(input: Input, field: string): Input {
  const { scriptSig, witnessBytes, scriptSigBytes } = Check.object(input, field);
  Check.bytes(scriptSig, `${field}.scriptSig`);
  Check.integer(witnessBytes, `${field}.witnessBytes`, 0, Tx.MAX_STANDARD_WEIGHT);
  if (scriptSigBytes !== undefined) Check.integer(scriptSigBytes, `${field}.scriptSigBytes`, 0, Tx.MAX_STANDARD_WEIGHT);
  return input;
}

/**
 * Weight of the transaction once signed: four times the stripped size with the scriptSigs that signing makes, the marker and flag when there
 * is any witness, and the witnesses (one byte for an input without).
 *
 * @unit weight units
 * @source BIP141 "Transaction size calculations", BIP144
 */
export function signedWeight(transaction: Tx.Transaction, inputs: readonly Input[]): number {
  Tx.check(transaction);
  let scriptSigs = 0;
  let witnesses = 0;
  let empty = 0;
  for (const [i, input] of Check.list(inputs, 'inputs').entries()) {
    const { scriptSig, witnessBytes, scriptSigBytes } = checkSizes(input, `inputs[${i}]`);
    if (scriptSigBytes !== undefined)
      scriptSigs +=
        CompactSize.encode(scriptSigBytes).length + scriptSigBytes - CompactSize.encode(scriptSig.length).length - scriptSig.length;
    witnesses += witnessBytes;
    if (witnessBytes === 0) empty++;
  }
  return 4 * (transaction.byteLength(false) + scriptSigs) + (witnesses === 0 ? 0 : 2 + witnesses + empty);
}
