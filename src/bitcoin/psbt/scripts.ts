// What the scripts that a signer meets are made of: k-of-n CHECKMULTISIG, the groups of keys in a leaf of ours, the pushes of a scriptSig.
import * as Bytes from '../../base/Bytes.ts';
import * as Hex from '../../base/Hex.ts';
import * as Script from '../Script.ts';

const { OP } = Script;

/** So many signatures of these keys, in this order. */
export type Group = Script.Multisig;

/**
 * The keys of a k-of-n CHECKMULTISIG script, or undefined for any other script. One with a key twice is no script to sign for: whose signature
 * fills which slot could not be told.
 *
 * @param longKeys whether uncompressed keys count, which segwit outputs do not allow
 */
export function multisigOf(script: Uint8Array, longKeys: boolean): Group | undefined {
  // A broken script has no instructions at all.
  const group = instructionsOf(script).length === 0 ? undefined : Script.multisigOf(script, longKeys);
  return group !== undefined && new Set(group.keys.map(Hex.encode)).size === group.keys.length ? group : undefined;
}

/** The instructions, or none where the script is broken. */
function instructionsOf(script: Uint8Array): readonly Script.Instruction[] {
  try {
    return [...Script.instructions(script)];
  } catch {
    return [];
  }
}

/** All 32-byte pushes of a leaf: the keys that may sign there. */
export function keysIn(leafScript: Uint8Array): readonly Uint8Array[] {
  return instructionsOf(leafScript).flatMap(({ data }) => (data?.length === 32 ? [Bytes.copy(data)] : []));
}

/**
 * The groups of keys of a leaf in script order, when it is made of nothing but the blocks of staking leaves: one key, k-of-n by CHECKSIGADD,
 * and a relative timelock at the end. Undefined for any other script.
 *
 * @source BIP342; babylon btcstaking/scripts_utils.go
 */
export function groupsOf(leafScript: Uint8Array): readonly Group[] | undefined {
  const ops = instructionsOf(leafScript);
  const groups: Group[] = [];
  let at = 0;
  while (at < ops.length) {
    const key = ops[at]?.data;
    const check = ops[at + 1]?.opcode;
    if (key?.length === 32 && check === OP.CHECKSIG && ops[at + 2]?.data?.length === 32) {
      const many = manyAt(ops, at);
      if (many === undefined) return undefined;
      groups.push(many.group);
      at = many.next;
    } else if (key?.length === 32 && (check === OP.CHECKSIG || check === OP.CHECKSIGVERIFY)) {
      groups.push({ keys: [Bytes.copy(key)], threshold: 1 });
      at += 2;
      // What is left on the stack is the result of the script.
      if (check === OP.CHECKSIG) return at === ops.length ? groups : undefined;
    } else {
      const [lock, last] = ops.slice(at) as [Script.Instruction, Script.Instruction | undefined];
      const isLock = ops.length === at + 2 && last?.opcode === OP.CHECKSEQUENCEVERIFY && (Script.numberOf(lock) ?? 0) > 0;
      return isLock && groups.length > 0 ? groups : undefined;
    }
    if (at === ops.length) return endsTrue(ops) ? groups : undefined;
  }
  return undefined;
}

/** A script that ends in a VERIFY leaves nothing behind, and fails. */
function endsTrue(ops: readonly Script.Instruction[]): boolean {
  return ops[ops.length - 1]?.opcode === OP.NUMEQUAL;
}

/** `<k1> CHECKSIG <k2> CHECKSIGADD … <quorum> NUMEQUAL[VERIFY]` from `at` on. */
function manyAt(ops: readonly Script.Instruction[], from: number): { readonly group: Group; readonly next: number } | undefined {
  const keys: Uint8Array[] = [];
  let at = from;
  for (; ops[at]?.data?.length === 32; at += 2) {
    if (ops[at + 1]?.opcode !== (at === from ? OP.CHECKSIG : OP.CHECKSIGADD)) return undefined;
    keys.push(Bytes.copy(ops[at]?.data as Uint8Array));
  }
  const quorum = ops[at];
  const end = ops[at + 1]?.opcode;
  const threshold = quorum === undefined ? undefined : Script.numberOf(quorum);
  if (threshold === undefined || threshold < 1 || threshold > keys.length) return undefined;
  if (end !== OP.NUMEQUAL && end !== OP.NUMEQUALVERIFY) return undefined;
  if (end === OP.NUMEQUAL && at + 2 !== ops.length) return undefined;
  return { group: { keys, threshold }, next: at + 2 };
}

/** The items that a scriptSig pushes; undefined when it does something else, or not in the shortest form. */
export function pushesOf(scriptSig: Uint8Array): readonly Uint8Array[] | undefined {
  const items: Uint8Array[] = [];
  try {
    for (const { data } of Script.instructions(scriptSig)) {
      if (data === undefined) return undefined;
      items.push(Bytes.copy(data));
    }
  } catch {
    return undefined;
  }
  return Bytes.equal(Bytes.concat(...items.map(Script.push)), scriptSig) ? items : undefined;
}
