// Final witnesses for the inputs that are complete (BIP174 "Input Finalizer"). Leaves of several keys are left alone: their empty slots
// are a matter of the contract, and a standard finaliser breaks them; SigningRequest and Witness know them.
import * as Bytes from '../base/Bytes.ts';
import * as Hex from '../base/Hex.ts';
import * as Address from '../bitcoin/Address.ts';
import type { Psbt } from '../bitcoin/Psbt.ts';
import * as Script from '../bitcoin/Script.ts';
import { compactSize } from '../bitcoin/TapTree.ts';
import * as Tx from '../bitcoin/Tx.ts';

type InputData = Psbt['data']['inputs'][number];
type Final = { readonly scriptSig?: Uint8Array; readonly witness?: readonly Uint8Array[] };

/** Finalises input `index` when its signatures are complete; otherwise nothing happens. */
export function finalizeInput(psbt: Psbt, index: number): void {
  const data = psbt.data.inputs[index];
  const final = data === undefined ? undefined : finalOf(data, psbt, index);
  if (final === undefined) return;
  psbt.data.updateInput(index, {
    ...(final.scriptSig === undefined ? {} : { finalScriptSig: final.scriptSig }),
    ...(final.witness === undefined ? {} : { finalScriptWitness: stackBytes(final.witness) }),
  });
  psbt.data.clearFinalizedInput(index);
}

function finalOf(data: InputData, psbt: Psbt, index: number): Final | undefined {
  if (data.tapKeySig !== undefined) return { witness: [data.tapKeySig] };
  const [leaf] = data.tapLeafScript ?? [];
  if (leaf !== undefined) {
    const key = loneKey(Uint8Array.from(leaf.script));
    const signature = data.tapScriptSig?.find(({ pubkey }) => key !== undefined && Bytes.equal(pubkey, key))?.signature;
    return signature === undefined ? undefined : { witness: [signature, leaf.script, leaf.controlBlock] };
  }
  const { redeemScript, witnessScript, partialSig = [] } = data;
  const [first] = partialSig;
  if (first === undefined) return undefined;
  const nested = redeemScript === undefined ? {} : { scriptSig: push(redeemScript) };
  if (witnessScript !== undefined) {
    const signatures = multisigOf(witnessScript, partialSig);
    return signatures === undefined ? undefined : { ...nested, witness: [new Uint8Array(0), ...signatures, witnessScript] };
  }
  const program = redeemScript ?? spentScript(data, psbt, index);
  if (program === undefined) return undefined;
  const kind = Address.kindOf(Uint8Array.from(program));
  if (kind === 'p2wpkh') return { ...nested, witness: [first.signature, first.pubkey] };
  if (kind === 'p2pkh') return { scriptSig: Bytes.concat(push(first.signature), push(first.pubkey)) };
  if (redeemScript === undefined) return undefined;
  const signatures = multisigOf(redeemScript, partialSig);
  return signatures === undefined ? undefined : { scriptSig: Bytes.concat(Uint8Array.of(0), ...signatures.map(push), push(redeemScript)) };
}

function spentScript(data: InputData, psbt: Psbt, index: number): Uint8Array | undefined {
  if (data.witnessUtxo !== undefined) return data.witnessUtxo.script;
  const vout = psbt.txInputs[index]?.index;
  if (data.nonWitnessUtxo === undefined || vout === undefined) return undefined;
  return Tx.decode(Uint8Array.from(data.nonWitnessUtxo), 'nonWitnessUtxo').outs[vout]?.script;
}

/** The key of `key CHECKSIGVERIFY blocks CHECKSEQUENCEVERIFY`: the timelock leaf, which one signature completes. */
function loneKey(script: Uint8Array): Uint8Array | undefined {
  const [key, verify, , csv, ...more] = [...Script.instructions(script)];
  const fits =
    key?.data?.length === 32 &&
    verify?.opcode === Script.OP.CHECKSIGVERIFY &&
    csv?.opcode === Script.OP.CHECKSEQUENCEVERIFY &&
    more.length === 0;
  return fits ? key.data : undefined;
}

/** The signatures of a k-of-n CHECKMULTISIG script in the order of its keys, exactly k of them; undefined while there are fewer. */
function multisigOf(
  script: Uint8Array,
  partial: readonly { readonly pubkey: Uint8Array; readonly signature: Uint8Array }[],
): readonly Uint8Array[] | undefined {
  const [first, ...rest] = [...Script.instructions(Uint8Array.from(script))];
  const needed = first === undefined ? undefined : Script.numberOf(first);
  if (needed === undefined || needed < 1) return undefined;
  const byKey = new Map(partial.map(({ pubkey, signature }) => [Hex.encode(pubkey), signature]));
  const signatures = rest.flatMap(({ data }) => {
    const signature = data === undefined ? undefined : byKey.get(Hex.encode(data));
    return signature === undefined ? [] : [signature];
  });
  return signatures.length < needed ? undefined : signatures.slice(0, needed);
}

function push(data: Uint8Array): Uint8Array {
  if (data.length <= 75) return Bytes.concat(Uint8Array.of(data.length), data);
  if (data.length <= 255) return Bytes.concat(Uint8Array.of(Script.OP.PUSHDATA1, data.length), data);
  return Bytes.concat(Uint8Array.of(Script.OP.PUSHDATA2, data.length & 0xff, data.length >> 8), data);
}

function stackBytes(witness: readonly Uint8Array[]): Uint8Array {
  return Bytes.concat(compactSize(witness.length), ...witness.flatMap((item) => [compactSize(item.length), item]));
}
