// Finished inputs: scriptSig and witness from signatures that are known to be right, exactly as many as the script takes, in its order.
import * as Bytes from '../../base/Bytes.ts';
import * as Hex from '../../base/Hex.ts';
import { push } from '../Script.ts';
import type { Planned } from './plan.ts';
import type { Group } from './scripts.ts';
import type { InputSignature } from './signatures.ts';

/** What is put into an input. */
export type Finished = { readonly scriptSig: Uint8Array; readonly witness: readonly Uint8Array[] };

const EMPTY = new Uint8Array(0);

/**
 * The finished input, or undefined while signatures are missing. Slots of those who did not sign stay in the witness of a leaf as empty items:
 * the script consumes one item for each key.
 *
 * @source BIP174 "Input Finalizer"; BIP342 "Rules for signature opcodes"
 */
export function finish({ lock, scriptSig }: Planned, signatures: readonly InputSignature[]): Finished | undefined {
  const byKey = new Map(signatures.map(({ publicKey, signature }) => [Hex.encode(publicKey), signature]));
  switch (lock.type) {
    case 'key-hash': {
      const [only] = signatures;
      if (only === undefined) return undefined;
      const { signature, publicKey } = only;
      if (lock.era === 'v0') return { scriptSig, witness: [signature, publicKey] };
      return { scriptSig: Bytes.concat(push(signature), push(publicKey)), witness: [] };
    }
    case 'key-path': {
      const [only] = signatures;
      return only === undefined ? undefined : { scriptSig, witness: [only.signature] };
    }
    case 'multisig': {
      const slots = slotsOf(lock.group, byKey);
      if (slots === undefined) return undefined;
      // CHECKMULTISIG takes one item more than it uses.
      const items = [EMPTY, ...slots.filter(({ length }) => length > 0), lock.scriptCode];
      return lock.era === 'v0' ? { scriptSig, witness: items } : { scriptSig: Bytes.concat(...items.map(push)), witness: [] };
    }
    case 'leaf': {
      const groups = lock.groups?.map((group) => slotsOf(group, byKey));
      if (groups === undefined || groups.includes(undefined)) return undefined;
      // The stack is consumed from its top: the last key of the script has the lowest item.
      const slots = groups.flatMap((slots) => slots ?? []).reverse();
      return { scriptSig, witness: [...slots, lock.leaf.script, lock.leaf.controlBlock] };
    }
    default:
      return undefined;
  }
}

/** One slot for each key in script order, filled up to the threshold and no further: one too many fails the script as well. */
function slotsOf({ keys, threshold }: Group, byKey: ReadonlyMap<string, Uint8Array>): readonly Uint8Array[] | undefined {
  let filled = 0;
  const slots = keys.map((key) => {
    const signature = filled < threshold ? byKey.get(Hex.encode(key)) : undefined;
    if (signature !== undefined) filled++;
    return signature ?? EMPTY;
  });
  return filled === threshold ? slots : undefined;
}
