// The transaction under the glass, from either form: a transaction with witnesses, or a PSBT with leaves, partial signatures and prevouts.
import * as Bytes from '../../base/Bytes.ts';
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';
import type { Psbt } from '../../bitcoin/Psbt.ts';
import * as Tx from '../../bitcoin/Tx.ts';
import type { KeySignature } from '../Witness.ts';

export type Reason = Check.Reason | Tx.Reason | { readonly code: 'recognise.not-a-psbt'; readonly got: string };

/** A leaf that a PSBT offers, with the signatures made for it so far. */
export type OfferedLeaf = { readonly script: Uint8Array; readonly controlBlock: Uint8Array };

export type SubjectInput = {
  readonly outpoint: Tx.Outpoint;
  readonly sequence: number;
  readonly scriptSig: Uint8Array;
  readonly witness: readonly Uint8Array[];
  readonly offered: readonly OfferedLeaf[];
  readonly partial: readonly (KeySignature & { readonly leafHash: Uint8Array })[];
  readonly prevout: Tx.SpentOutput | undefined;
};
export type Subject = { readonly transaction: Tx.Transaction; readonly txid: string; readonly inputs: readonly SubjectInput[] };

export function fromTransaction(transaction: Tx.Transaction, spentOutputs: readonly (Tx.SpentOutput | undefined)[] = []): Subject {
  const own = ownCopy(transaction);
  return {
    transaction: own,
    txid: Tx.txid(own),
    inputs: own.ins.map((input, i) => ({
      outpoint: Tx.outpointOf(own, i),
      sequence: input.sequence,
      scriptSig: input.script,
      witness: input.witness,
      offered: [],
      partial: [],
      prevout: checkPrevout(spentOutputs[i], i),
    })),
  };
}

/** By its bytes: an object whose fields cannot be written, such as a negative version, is no transaction. */
function ownCopy(transaction: Tx.Transaction): Tx.Transaction {
  try {
    return Tx.decode(Tx.encode(transaction));
  } catch (cause) {
    return fail<Reason>({ code: 'tx.malformed', field: 'transaction' }, 'transaction: it cannot be written as bytes', { cause });
  }
}

function checkPrevout(prevout: Tx.SpentOutput | undefined, i: number): Tx.SpentOutput | undefined {
  if (prevout === undefined) return undefined;
  const { scriptPubKey, valueSats } = Check.object(prevout, `spentOutputs[${i}]`);
  return {
    scriptPubKey: Bytes.copy(Check.bytes(scriptPubKey, `spentOutputs[${i}].scriptPubKey`)),
    valueSats: Check.bigInteger(valueSats, `spentOutputs[${i}].valueSats`, 0n, 2_100_000_000_000_000n),
  };
}

/** By shape: a PSBT of another copy of bitcoinjs-lib is as good. */
export function fromPsbt(psbt: Psbt, spentOutputs: readonly (Tx.SpentOutput | undefined)[] = []): Subject {
  const data: unknown = typeof psbt === 'object' && psbt !== null ? psbt.data : undefined;
  if (typeof data !== 'object' || data === null || !Array.isArray(psbt.data.inputs) || typeof psbt.data.globalMap !== 'object') {
    const got = Check.kindOf(psbt);
    fail<Reason>({ code: 'recognise.not-a-psbt', got }, `psbt: expected a Psbt, got ${got}; use Psbt.Psbt.fromBase64 or fromHex`);
  }
  const transaction = Tx.decode(Uint8Array.from(psbt.data.globalMap.unsignedTx.toBuffer()), 'psbt.unsignedTx');
  const plain = fromTransaction(transaction, spentOutputs);
  return {
    ...plain,
    inputs: plain.inputs.map((input, i) => {
      const {
        witnessUtxo,
        nonWitnessUtxo,
        tapLeafScript = [],
        tapScriptSig = [],
        finalScriptWitness,
        finalScriptSig,
      } = psbt.data.inputs[i] ?? {};
      return {
        ...input,
        scriptSig: finalScriptSig ?? input.scriptSig,
        witness: finalScriptWitness === undefined ? [] : stackOf(finalScriptWitness, i),
        offered: tapLeafScript.map(({ script, controlBlock }) => ({ script, controlBlock })),
        partial: tapScriptSig.map(({ pubkey, signature, leafHash }) => ({ publicKey: pubkey, signature, leafHash })),
        prevout: input.prevout ?? prevoutOf(witnessUtxo, nonWitnessUtxo, input.outpoint),
      };
    }),
  };
}

type WitnessUtxo = { readonly script: Uint8Array; readonly value: bigint };

/** The full transaction counts only when it is the one that the input names. */
function prevoutOf(
  witnessUtxo: WitnessUtxo | undefined,
  nonWitnessUtxo: Uint8Array | undefined,
  { txid, vout }: Tx.Outpoint,
): Tx.SpentOutput | undefined {
  if (witnessUtxo !== undefined) return { scriptPubKey: witnessUtxo.script, valueSats: BigInt(witnessUtxo.value) };
  if (nonWitnessUtxo === undefined) return undefined;
  const funding = Tx.decode(nonWitnessUtxo, 'psbt.nonWitnessUtxo');
  return Tx.txid(funding) === txid && vout < funding.outs.length ? Tx.outputOf(funding, vout) : undefined;
}

/** A witness as a PSBT holds it: the stack with its lengths. It is read as that of a transaction with one input. */
function stackOf(finalScriptWitness: Uint8Array, input: number): readonly Uint8Array[] {
  const head = Uint8Array.from([2, 0, 0, 0, 0, 1, 1, ...new Uint8Array(32).fill(1), 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, ...new Uint8Array(9)]);
  const transaction = Tx.decode(Bytes.concat(head, finalScriptWitness, new Uint8Array(4)), `psbt.inputs[${input}].finalScriptWitness`);
  return transaction.ins[0]?.witness ?? [];
}
