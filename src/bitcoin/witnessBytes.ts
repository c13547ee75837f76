// A witness as bytes and back: a count, then each item after its length. BIP144 "Serialization"; limits of babylon crypto/bip322/witness.go.
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as CompactSize from './CompactSize.ts';

export type Reason =
  | Check.Reason
  | { readonly code: 'bip322.malformed-witness'; readonly field: string; readonly at: number; readonly problem: string };

/**
 * A witness as bytes.
 *
 * @shape count, then each item after its length
 * @throws input.not-list, input.not-bytes
 * @source BIP144 "Serialization"
 */
export function encodeWitness(stack: readonly Uint8Array[]): Uint8Array {
  const parts = [CompactSize.encode(Check.list(stack, 'stack').length)];
  for (const [i, item] of stack.entries()) parts.push(CompactSize.encode(Check.bytes(item, `stack[${i}]`).length), item);
  return Bytes.concat(...parts);
}

/**
 * The items of a witness; nothing may follow the last one.
 *
 * @throws input.not-bytes
 * @throws bip322.malformed-witness - truncated, a length that is not in its shortest form, bytes left over
 * @source BIP144 "Serialization"
 */
export function decodeWitness(bytes: Uint8Array, field = 'witness'): readonly Uint8Array[] {
  const read = readWitness(Check.bytes(bytes, field));
  if ('fault' in read) malformed(field, read.at, FAULT_TEXT[read.fault]);
  if (read.next !== bytes.length) malformed(field, read.next, `${bytes.length - read.next} bytes follow the last item`);
  return read.stack;
}

/** Why bytes are no witness. */
export type WitnessFault = CompactSize.Fault | 'too-many' | 'too-large';

/** A witness at the front of bytes, or the fault and where it is. `value` and `form`: of a length that breaks a rule. */
export type WitnessRead =
  | { readonly stack: readonly Uint8Array[]; readonly next: number }
  | { readonly fault: WitnessFault; readonly at: number; readonly value: bigint; readonly form: number };

/** Items of a witness, and bytes of an item: more than a block can hold. babylon crypto/bip322/witness.go */
const MAX_WITNESS = 4_000_000n;

const FAULT_TEXT: Readonly<Record<WitnessFault, string>> = {
  end: 'the bytes end here',
  'end-inside': 'the bytes end inside of an item or a length',
  'non-minimal': 'a length that has a shorter form',
  'too-many': 'more items than a block can hold',
  'too-large': 'an item larger than a block',
};

/** Reads a witness and says where it ends: what follows is the caller's business. */
export function readWitness(bytes: Uint8Array): WitnessRead {
  Check.bytes(bytes, 'witness');
  const count = CompactSize.read(bytes, 0);
  if ('fault' in count) return count;
  if (count.value > MAX_WITNESS) return { fault: 'too-many', at: 0, value: count.value, form: 0 };
  const stack: Uint8Array[] = [];
  let at = count.next;
  for (let left = count.value; left > 0n; left--) {
    const length = CompactSize.read(bytes, at);
    if ('fault' in length) return length;
    if (length.value > MAX_WITNESS) return { fault: 'too-large', at, value: length.value, form: 0 };
    const end = length.next + Number(length.value);
    if (end > bytes.length) return { fault: length.next === bytes.length ? 'end' : 'end-inside', at: length.next, value: 0n, form: 0 };
    stack.push(Bytes.copy(bytes.subarray(length.next, end)));
    at = end;
  }
  return { stack, next: at };
}

function malformed(field: string, at: number, problem: string): never {
  fail<Reason>({ code: 'bip322.malformed-witness', field, at, problem }, `${field}: no witness at byte ${at}: ${problem}`);
}
