// PSBTs (BIP174, BIP371) as objects of bitcoinjs-lib, for callers that work with those. What is in them, and the check of what comes back, is
// the business of SigningRequest.
import { Psbt } from 'bitcoinjs-lib/src/psbt';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Ecc from '../crypto/Ecc.ts';
import * as Address from './Address.ts';
import type { Coin } from './Coin.ts';
import * as LeafSpends from './LeafSpend.ts';
import { unsignedOf } from './psbt/codec.ts';
import * as SigningRequest from './SigningRequest.ts';
import * as Tx from './Tx.ts';
import { encodeWitness } from './witnessBytes.ts';

export { Psbt };

export type Reason =
  | SigningRequest.Reason
  | { readonly code: 'psbt.wrong-coins'; readonly inputs: number; readonly coins: number }
  | { readonly code: 'psbt.already-final'; readonly input: number }
  | { readonly code: 'psbt.other-transaction' };

/**
 * The PSBT of a transaction over wallet coins, in input order. Linear in the number of inputs. {@link SigningRequest} also checks the answer.
 *
 * @param tapInternalKey the wallet's x-only key, for taproot coins that it signs by key path (BIP86) and that do not name theirs
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
  if (tapInternalKey !== undefined) Check.bytes(tapInternalKey, 'tapInternalKey', 32);
  const sources = coins.map((coin, i) => {
    const { scriptPubKey } = Check.object(coin, `coins[${i}]`);
    const isTaproot = Address.kindOf(Check.bytes(scriptPubKey, `coins[${i}].scriptPubKey`)) === 'p2tr';
    return { coin: isTaproot && tapInternalKey !== undefined ? { ...coin, tapInternalKey: coin.tapInternalKey ?? tapInternalKey } : coin };
  });
  return SigningRequest.toPsbt(SigningRequest.from({ transaction, inputs: sources }, ecc));
}

/**
 * The PSBT of a transaction that spends one of our outputs through a leaf: the leaf, its control block and all spent outputs. Of coins beside
 * it the scripts and keys are shown when they are given in `coins`, by input index.
 *
 * @throws as SigningRequest.fromLeafSpend
 */
export function fromLeafSpend(spend: LeafSpends.LeafSpend, more: SigningRequest.fromLeafSpend.More = {}, ecc: Ecc.Ecc = Ecc.auto()): Psbt {
  return SigningRequest.toPsbt(SigningRequest.fromLeafSpend(spend, more, ecc));
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
  psbt.data.updateInput(inputIndex, { finalScriptWitness: encodeWitness(witness) });
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
