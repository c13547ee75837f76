// The scriptSig of a witness input. It must be empty; but a node runs it first, so its own error, where it has one, comes first.
import { OP } from '../Script.ts';
import { MAX_ITEM_BYTES, MAX_STACK_ITEMS } from './limits.ts';
import type { ScriptRule } from './rules.ts';
import { isTrue } from './scriptNum.ts';

const MAX_SCRIPT_BYTES = 10_000;
const MAX_OPERATIONS = 201;
const NOP = 0x61;

/** One step of a scriptSig: the opcode, and for pushes how many bytes; undefined when a push runs over the end. */
type Step = { readonly opcode: number; readonly pushedBytes?: number } | undefined;

function* steps(script: Uint8Array): Generator<Step> {
  let at = 0;
  while (at < script.length) {
    const opcode = script[at++] as number;
    if (opcode > OP.PUSHDATA4) {
      yield { opcode };
      continue;
    }
    const sizeBytes = opcode < OP.PUSHDATA1 ? 0 : 2 ** (opcode - OP.PUSHDATA1);
    let pushedBytes = sizeBytes === 0 ? opcode : 0;
    for (let i = sizeBytes - 1; i >= 0; i--) pushedBytes = pushedBytes * 256 + (script[at + i] ?? Number.NaN);
    at += sizeBytes + pushedBytes;
    if (!(at <= script.length)) return yield undefined;
    yield { opcode, pushedBytes };
  }
}

/** True when the script only pushes; the reserved opcode 80 counts as a push here. @source Bitcoin Core CScript::IsPushOnly */
export function isPushOnly(script: Uint8Array): boolean {
  for (const step of steps(script)) if (step === undefined || step.opcode > OP.NUMBER_16) return false;
  return true;
}

/**
 * The consensus rule that scriptSig and program break before the witness is looked at, or undefined.
 * Pushes and no-operations are followed to the letter; a scriptSig of other opcodes is named for not being empty, which it breaks anyway.
 *
 * @source BIP141 "Witness program"; Bitcoin Core VerifyScript
 */
export function checkScriptSig(scriptSig: Uint8Array, program: Uint8Array): ScriptRule | undefined {
  if (scriptSig.length > MAX_SCRIPT_BYTES) return 'SCRIPT_SIZE';
  let stackItems = 0;
  let operations = 0;
  for (const step of steps(scriptSig)) {
    if (step === undefined) return 'BAD_OPCODE';
    if (step.pushedBytes !== undefined && step.pushedBytes > MAX_ITEM_BYTES) return 'PUSH_SIZE';
    if (step.opcode > OP.NUMBER_16 && ++operations > MAX_OPERATIONS) return 'OP_COUNT';
    if (isDisabled(step.opcode)) return 'DISABLED_OPCODE';
    if (isReserved(step.opcode)) return 'BAD_OPCODE';
    if (step.opcode === OP.RETURN) return 'OP_RETURN';
    if (step.opcode <= OP.NUMBER_16) stackItems++;
    else if (!isNop(step.opcode)) return checkOperation(step.opcode, stackItems);
    if (stackItems > MAX_STACK_ITEMS) return 'STACK_SIZE';
  }
  // The output script pushes the version and the program; a program of zeros is false.
  if (stackItems + 2 > MAX_STACK_ITEMS) return 'STACK_SIZE';
  if (!isTrue(program)) return 'EVAL_FALSE';
  return scriptSig.length > 0 ? 'WITNESS_MALLEATED' : undefined;
}

/** What the first operation runs into, as far as the number of items tells; if it succeeds, the scriptSig fails for being there. */
function checkOperation(opcode: number, stackItems: number): ScriptRule {
  const IF = 0x63;
  const ENDIF = 0x68;
  const FROM_ALT_STACK = 0x6c;
  if (opcode === FROM_ALT_STACK) return 'INVALID_ALTSTACK_OPERATION';
  if (opcode >= IF && opcode <= ENDIF) return 'UNBALANCED_CONDITIONAL';
  return stackItems < (NEEDED_ITEMS.get(opcode) ?? 1) ? 'INVALID_STACK_OPERATION' : 'WITNESS_MALLEATED';
}

/** How many items the operations take; one where none is written. */
const NEEDED_ITEMS: ReadonlyMap<number, number> = new Map([
  // DEPTH and CODESEPARATOR take none
  ...[0x74, 0xab].map((opcode): [number, number] => [opcode, 0]),
  // 2DROP 2DUP, NIP OVER PICK ROLL, SWAP TUCK, EQUAL EQUALVERIFY, the binary arithmetic, CHECKSIG CHECKSIGVERIFY
  ...[0x6d, 0x6e, 0x77, 0x78, 0x79, 0x7a, 0x7c, 0x7d, 0x87, 0x88, 0xac, 0xad].map((opcode): [number, number] => [opcode, 2]),
  ...Array.from({ length: 18 }, (_, i): [number, number] => [0x93 + i, 2]),
  // 3DUP ROT WITHIN
  ...[0x6f, 0x7b, 0xa5].map((opcode): [number, number] => [opcode, 3]),
  // 2OVER 2SWAP, 2ROT
  ...[0x70, 0x72].map((opcode): [number, number] => [opcode, 4]),
  [0x71, 6],
]);

/** Opcodes that were never given a meaning; VERIF and VERNOTIF are not even skipped. */
function isReserved(opcode: number): boolean {
  return [0x50, 0x62, 0x65, 0x66, 0x89, 0x8a].includes(opcode) || opcode > 0xb9;
}

function isNop(opcode: number): boolean {
  return opcode === NOP || opcode === 0xb0 || (opcode >= 0xb3 && opcode <= 0xb9);
}

/** The string and arithmetic opcodes that were switched off in 2010. */
function isDisabled(opcode: number): boolean {
  return (
    (opcode >= 0x7e && opcode <= 0x81) ||
    (opcode >= 0x83 && opcode <= 0x86) ||
    opcode === 0x8d ||
    opcode === 0x8e ||
    (opcode >= 0x95 && opcode <= 0x99)
  );
}
