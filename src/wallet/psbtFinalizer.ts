// Final witnesses for the inputs that are complete (BIP174 "Input Finalizer"). Leaves of several keys are left alone: their empty slots
// are a matter of the contract, and a standard finaliser breaks them; SigningRequest and Witness know them.
import * as Bytes from '../base/Bytes.ts';
import * as Hex from '../base/Hex.ts';
import * as Address from '../bitcoin/Address.ts';
import type { Psbt } from '../bitcoin/Psbt.ts';
import * as Psbts from '../bitcoin/Psbt.ts';
import * as Script from '../bitcoin/Script.ts';
import * as Tx from '../bitcoin/Tx.ts';

type InputData = Psbt['data']['inputs'][number];
type Final = { readonly scriptSig?: Uint8Array; readonly witness?: readonly Uint8Array[] };

/** Finalises input `index` when its signatures are complete; otherwise nothing happens. */
export function finalizeInput(psbt: Psbt, index: number): void {
  const data = psbt.data.inputs[index];
  const final = data === undefined ? undefined : finalOf(data, psbt, index);
  if (final === undefined) return;
  if (final.scriptSig !== undefined) psbt.data.updateInput(index, { finalScriptSig: final.scriptSig });
  if (final.witness === undefined) psbt.data.clearFinalizedInput(index);
  else Psbts.finalize(psbt, index, final.witness);
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
  const nested = redeemScript === undefined ? {} : { scriptSig: Script.push(redeemScript) };
  if (witnessScript !== undefined) {
    const signatures = multisigOf(witnessScript, partialSig);
    return signatures === undefined ? undefined : { ...nested, witness: [new Uint8Array(0), ...signatures, witnessScript] };
  }
  const program = redeemScript ?? spentScript(data, psbt, index);
  if (program === undefined) return undefined;
  const kind = Address.kindOf(Uint8Array.from(program));
  if (kind === 'p2wpkh') return { ...nested, witness: [first.signature, first.pubkey] };
  if (kind === 'p2pkh') return { scriptSig: Bytes.concat(Script.push(first.signature), Script.push(first.pubkey)) };
  if (redeemScript === undefined) return undefined;
  const signatures = multisigOf(redeemScript, partialSig);
  return signatures === undefined
    ? undefined
    : { scriptSig: Bytes.concat(Uint8Array.of(0), ...signatures.map(Script.push), Script.push(redeemScript)) };
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
  const group = Script.multisigOf(Uint8Array.from(script), true);
  const byKey = new Map(partial.map(({ pubkey, signature }) => [Hex.encode(pubkey), signature]));
  const signatures = group?.keys.flatMap((key) => byKey.get(Hex.encode(key)) ?? []);
  return group === undefined || signatures === undefined || signatures.length < group.threshold
    ? undefined
    : signatures.slice(0, group.threshold);
}
