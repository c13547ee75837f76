// PSBTs (BIP174, BIP371) of our transactions: what a signer needs to see, and the signatures that come back. The format is bitcoinjs-lib's.
import { Psbt } from 'bitcoinjs-lib/src/psbt';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Ecc from '../crypto/Ecc.ts';
import * as Address from './Address.ts';
import type { Coin } from './Coin.ts';
import * as Coins from './Coin.ts';
import * as LeafSpends from './LeafSpend.ts';
import * as TapTree from './TapTree.ts';
import * as Tx from './Tx.ts';

export { Psbt };

export type Reason =
  | Coins.Reason
  | { readonly code: 'psbt.wrong-coins'; readonly inputs: number; readonly coins: number }
  | { readonly code: 'psbt.other-coin'; readonly input: number; readonly txid: string; readonly vout: number }
  | { readonly code: 'psbt.other-internal-key'; readonly input: number }
  | LeafSpends.Reason
  | { readonly code: 'psbt.not-a-psbt'; readonly got: string }
  | { readonly code: 'psbt.already-final'; readonly input: number }
  | { readonly code: 'psbt.other-transaction' };

/**
 * The PSBT of a transaction over wallet coins, in input order. Linear in the number of inputs.
 *
 * @param tapInternalKey the wallet's x-only key, for taproot coins that it signs by key path (BIP86)
 * @throws psbt.wrong-coins, psbt.other-coin - when a coin is not what the input spends; coin.*
 * @throws psbt.other-internal-key - when a taproot coin does not belong to that key: no signer could sign for it
 */
export function fromCoins(
  transaction: Tx.Transaction,
  coins: readonly Coin[],
  tapInternalKey?: Uint8Array,
  ecc: Ecc.Ecc = Ecc.auto(),
): Psbt {
  const inputs = Tx.check(transaction).ins.length;
  if (inputs !== Check.list(coins, 'coins').length)
    fail<Reason>(
      { code: 'psbt.wrong-coins', inputs, coins: coins.length },
      `the transaction has ${inputs} inputs, ${coins.length} coins are given`,
    );
  const psbt = skeleton(transaction);
  const ownKey =
    tapInternalKey === undefined ? undefined : TapTree.tweak(Check.bytes(tapInternalKey, 'tapInternalKey', 32), NO_TREE, ecc).outputKey;
  for (const [input, coin] of coins.entries()) {
    Coins.toInput(coin, `coins[${input}]`);
    if (!Tx.spends(transaction, input, coin.outpoint)) {
      const { txid, vout } = Tx.outpointOf(transaction, input);
      fail<Reason>(
        { code: 'psbt.other-coin', input, txid, vout },
        `input ${input} spends ${txid}:${vout}, the coin given for it is another`,
      );
    }
    const isTaproot = Address.kindOf(coin.scriptPubKey) === 'p2tr';
    if (isTaproot && ownKey !== undefined && !Bytes.equal(ownKey, coin.scriptPubKey.subarray(2)))
      fail<Reason>({ code: 'psbt.other-internal-key', input }, `input ${input}: the taproot coin is not one of tapInternalKey (BIP86)`);
    psbt.updateInput(input, {
      witnessUtxo: { script: coin.scriptPubKey, value: coin.valueSats },
      ...(coin.redeemScript === undefined ? {} : { redeemScript: coin.redeemScript }),
      ...(coin.witnessScript === undefined ? {} : { witnessScript: coin.witnessScript }),
      ...(isTaproot && tapInternalKey !== undefined ? { tapInternalKey } : {}),
    });
  }
  return psbt;
}

/** The PSBT of a transaction that spends one of our outputs through a leaf: the leaf, its control block and all spent outputs. */
export function fromLeafSpend(spend: LeafSpends.LeafSpend): Psbt {
  LeafSpends.check(spend);
  const psbt = skeleton(spend.transaction);
  for (const [input, { scriptPubKey, valueSats }] of spend.spentOutputs.entries())
    psbt.updateInput(input, { witnessUtxo: { script: scriptPubKey, value: valueSats } });
  const { script, controlBlock, leafVersion } = spend.leaf;
  psbt.updateInput(spend.inputIndex, { tapInternalKey: TapTree.nums(), tapLeafScript: [{ script, controlBlock, leafVersion }] });
  return psbt;
}

/**
 * The script-path signatures that signers have put into a PSBT for this leaf. They are not verified here: assembling a witness does that.
 *
 * @throws psbt.other-transaction - when the PSBT is not of this spend: a wallet has changed something
 */
export function signaturesFor(
  psbt: Psbt,
  spend: LeafSpends.LeafSpend,
): readonly { readonly publicKey: Uint8Array; readonly signature: Uint8Array }[] {
  checkPsbt(psbt);
  LeafSpends.check(spend);
  if (!Bytes.equal(transactionOf(psbt).getHash(), unsignedOf(spend.transaction).getHash()))
    fail<Reason>({ code: 'psbt.other-transaction' }, 'the PSBT is of another transaction than the one that was to be signed');
  const signatures = psbt.data.inputs[spend.inputIndex]?.tapScriptSig ?? [];
  return signatures
    .filter(({ leafHash }) => Bytes.equal(leafHash, spend.leaf.leafHash))
    .map(({ pubkey, signature }) => ({ publicKey: pubkey, signature }));
}

/** Puts a finished witness into the PSBT in place of its signatures, as a finalizer does. */
export function finalize(psbt: Psbt, inputIndex: number, witness: readonly Uint8Array[]): void {
  checkPsbt(psbt);
  Check.integer(inputIndex, 'inputIndex', 0, psbt.data.inputs.length - 1);
  for (const [i, item] of Check.list(witness, 'witness').entries()) Check.bytes(item, `witness[${i}]`);
  if (psbt.data.inputs[inputIndex]?.finalScriptWitness !== undefined)
    fail<Reason>({ code: 'psbt.already-final', input: inputIndex }, `input ${inputIndex} of the PSBT has its final witness already`);
  const parts = witness.flatMap((item) => [TapTree.compactSize(item.length), item]);
  psbt.data.updateInput(inputIndex, { finalScriptWitness: Bytes.concat(TapTree.compactSize(witness.length), ...parts) });
  psbt.data.clearFinalizedInput(inputIndex);
}

/** By shape: a PSBT of another copy of bitcoinjs-lib is as good. */
function checkPsbt(psbt: Psbt): void {
  if (psbt === undefined || psbt === null) Check.missing('psbt');
  if (typeof psbt === 'object' && typeof psbt.data === 'object' && psbt.data !== null && Array.isArray(psbt.data.inputs)) return;
  const got = Check.kindOf(psbt);
  fail<Reason>({ code: 'psbt.not-a-psbt', got }, `psbt: expected a Psbt, got ${got}; use Psbt.Psbt.fromBase64 or fromHex`);
}

function transactionOf(psbt: Psbt): Tx.Transaction {
  return Tx.decode(Uint8Array.from(psbt.data.globalMap.unsignedTx.toBuffer()), 'psbt.unsignedTx');
}

/**
 * The PSBT of a transaction with nothing known about its inputs. It is parsed: to add inputs one by one would look again at all those before.
 *
 * @source BIP174 "Specification": magic, the unsigned transaction under key 00, an empty map for each input and output
 */
function skeleton(transaction: Tx.Transaction): Psbt {
  const unsigned = unsignedOf(transaction);
  const raw = unsigned.toBuffer();
  const endOfMaps = new Uint8Array(1 + unsigned.ins.length + unsigned.outs.length);
  return Psbt.fromBuffer(Bytes.concat(MAGIC, UNSIGNED_TX_KEY, TapTree.compactSize(raw.length), raw, endOfMaps));
}

/** As a PSBT holds it: no witness, and no scriptSig either, though that of a nested coin is known in advance (BIP174). */
function unsignedOf(transaction: Tx.Transaction): Tx.Transaction {
  const unsigned = Tx.stripped(transaction);
  for (const input of unsigned.ins) input.script = new Uint8Array(0);
  return unsigned;
}

/** An output without scripts commits to the internal key alone. */
const NO_TREE = new Uint8Array(0);
const MAGIC = Uint8Array.of(0x70, 0x73, 0x62, 0x74, 0xff);
const UNSIGNED_TX_KEY = Uint8Array.of(0x01, 0x00);
