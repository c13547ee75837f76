// Executes a tapscript leaf made of the opcodes of staking scripts (BIP342, BIP112). Anything else is refused, not guessed.
// One run gives both verdicts: consensus rules end it, relay rules are only noted.
import { fail } from '../../base/Errors.ts';
import { OP } from '../Script.ts';
import { MAX_ITEM_BYTES, MAX_STACK_ITEMS, MAX_STANDARD_ITEM_BYTES } from './limits.ts';
import type { ScriptRule } from './rules.ts';
import { decodeNumber, encodeNumber, isMinimalNumber, isMinimalPush, isTrue } from './scriptNum.ts';

export type Reason = { readonly code: 'spend.unknown-opcode'; readonly inputIndex: number; readonly opcode: number; readonly at: number };

/** What one non-empty signature costs of the budget. @unit weight units */
const SIGNATURE_COST = 50;

/** What a leaf is run with. `checkSignature` answers the broken rule of a 64- or 65-byte signature, or of any other length. */
export type Execution = {
  readonly inputIndex: number;
  readonly script: Uint8Array;
  readonly initialStack: readonly Uint8Array[];
  /** @unit bytes */
  readonly witnessBytes: number;
  readonly version: number;
  readonly sequence: number;
  readonly checkSignature: (publicKey: Uint8Array, signature: Uint8Array) => ScriptRule | undefined;
  readonly notePolicy: (rule: ScriptRule) => void;
};

type Step = { readonly opcode: number; readonly at: number; readonly data: Uint8Array | undefined; readonly next: number };
type Machine = { readonly stack: Uint8Array[]; budget: number; readonly execution: Execution };
type Outcome = ScriptRule | undefined;

const TRUE = Uint8Array.of(1);
const FALSE = new Uint8Array(0);

/**
 * The consensus rule that the leaf breaks, or undefined when the spend may go on.
 *
 * @throws spend.unknown-opcode - when the execution meets an opcode that no staking leaf has
 * @source BIP342 "Script execution", "Resource limits"
 */
export function execute(execution: Execution): Outcome {
  const { script } = execution;
  const scanned = scan(script);
  if (scanned === 'op-success') {
    execution.notePolicy('DISCOURAGE_OP_SUCCESS');
    return undefined;
  }
  if (scanned === 'truncated') return 'BAD_OPCODE';
  if (execution.initialStack.length > MAX_STACK_ITEMS) return 'STACK_SIZE';
  if (execution.initialStack.some((item) => item.length > MAX_ITEM_BYTES)) return 'PUSH_SIZE';
  if (execution.initialStack.some((item) => item.length > MAX_STANDARD_ITEM_BYTES)) execution.notePolicy('PUSH_SIZE');

  const machine: Machine = { stack: [...execution.initialStack], budget: execution.witnessBytes + 50, execution };
  for (let step = stepAt(script, 0); step !== undefined; step = stepAt(script, step.next)) {
    const outcome = perform(machine, step);
    if (outcome !== undefined) return outcome;
    if (machine.stack.length > MAX_STACK_ITEMS) return 'STACK_SIZE';
  }
  if (machine.stack.length !== 1) return 'CLEANSTACK';
  return isTrue(machine.stack[0] as Uint8Array) ? undefined : 'EVAL_FALSE';
}

/** Reads to the end or to the first OP_SUCCESSx; one behind a push that runs over the end does not count. */
function scan(script: Uint8Array): 'op-success' | 'truncated' | 'whole' {
  let at = 0;
  while (at < script.length) {
    const step = stepAt(script, at);
    if (step === undefined) return 'truncated';
    if (isOpSuccess(step.opcode)) return 'op-success';
    at = step.next;
  }
  return 'whole';
}

/** The step at a position; undefined at the end and for a push that runs over it. */
function stepAt(script: Uint8Array, at: number): Step | undefined {
  const opcode = script[at];
  if (opcode === undefined) return undefined;
  if (opcode > OP.PUSHDATA4) return { opcode, at, data: undefined, next: at + 1 };
  const sizeBytes = opcode < OP.PUSHDATA1 ? 0 : 2 ** (opcode - OP.PUSHDATA1);
  let start = at + 1;
  let length = opcode;
  if (sizeBytes > 0) {
    if (start + sizeBytes > script.length) return undefined;
    length = 0;
    for (let i = sizeBytes - 1; i >= 0; i--) length = length * 256 + (script[start + i] as number);
    start += sizeBytes;
  }
  const next = start + length;
  return next > script.length ? undefined : { opcode, at, data: script.subarray(start, next), next };
}

/** The opcodes that BIP342 reserves: a leaf with one is spendable by anybody. */
function isOpSuccess(opcode: number): boolean {
  return (
    opcode === 80 ||
    opcode === 98 ||
    (opcode >= 126 && opcode <= 129) ||
    (opcode >= 131 && opcode <= 134) ||
    opcode === 137 ||
    opcode === 138 ||
    opcode === 141 ||
    opcode === 142 ||
    (opcode >= 149 && opcode <= 153) ||
    (opcode >= 187 && opcode <= 254)
  );
}

function perform(machine: Machine, { opcode, at, data }: Step): Outcome {
  const { stack, execution } = machine;
  if (data !== undefined) return push(machine, opcode, data);
  if (opcode >= OP.NUMBER_1 && opcode <= OP.NUMBER_16) {
    stack.push(Uint8Array.of(opcode - OP.NUMBER_1 + 1));
    return undefined;
  }
  switch (opcode) {
    case OP.NEGATE_1:
      stack.push(encodeNumber(-1));
      return undefined;
    case OP.CHECKSIG:
    case OP.CHECKSIGVERIFY:
      return checkSig(machine, opcode === OP.CHECKSIGVERIFY);
    case OP.CHECKSIGADD:
      return checkSigAdd(machine);
    case OP.NUMEQUAL:
    case OP.NUMEQUALVERIFY:
      return numEqual(machine, opcode === OP.NUMEQUALVERIFY);
    case OP.CHECKSEQUENCEVERIFY:
      return checkSequence(machine);
    default: {
      const { inputIndex } = execution;
      return fail<Reason>(
        { code: 'spend.unknown-opcode', inputIndex, opcode, at },
        `input ${inputIndex}: not a Babylon leaf, it has opcode ${opcode} at byte ${at}`,
      );
    }
  }
}

function push(machine: Machine, opcode: number, data: Uint8Array): Outcome {
  if (data.length > MAX_ITEM_BYTES) return 'PUSH_SIZE';
  if (data.length > MAX_STANDARD_ITEM_BYTES) machine.execution.notePolicy('PUSH_SIZE');
  if (!isMinimalPush(opcode, data)) machine.execution.notePolicy('MINIMALDATA');
  machine.stack.push(data);
  return undefined;
}

function checkSig(machine: Machine, verify: boolean): Outcome {
  const { stack } = machine;
  if (stack.length < 2) return 'INVALID_STACK_OPERATION';
  const publicKey = stack.pop() as Uint8Array;
  const signature = stack.pop() as Uint8Array;
  const outcome = verifySignature(machine, publicKey, signature);
  if (outcome !== undefined) return outcome;
  const success = signature.length > 0;
  if (verify) return success ? undefined : 'CHECKSIGVERIFY';
  stack.push(success ? TRUE : FALSE);
  return undefined;
}

function checkSigAdd(machine: Machine): Outcome {
  const { stack } = machine;
  if (stack.length < 3) return 'INVALID_STACK_OPERATION';
  const publicKey = stack.pop() as Uint8Array;
  const count = readNumber(machine, stack.pop() as Uint8Array, 4);
  const signature = stack.pop() as Uint8Array;
  // The number is read first: a bad one hides a bad signature.
  if (count === undefined) return 'UNKNOWN_ERROR';
  const outcome = verifySignature(machine, publicKey, signature);
  if (outcome !== undefined) return outcome;
  stack.push(encodeNumber(count + (signature.length > 0 ? 1 : 0)));
  return undefined;
}

/** An empty signature fails without an error, a non-empty one must be valid. */
function verifySignature(machine: Machine, publicKey: Uint8Array, signature: Uint8Array): Outcome {
  if (signature.length > 0) {
    machine.budget -= SIGNATURE_COST;
    if (machine.budget < 0) return 'TAPSCRIPT_VALIDATION_WEIGHT';
  }
  if (publicKey.length === 0) return 'PUBKEYTYPE';
  if (publicKey.length !== 32) {
    machine.execution.notePolicy('DISCOURAGE_UPGRADABLE_PUBKEYTYPE');
    return undefined;
  }
  return signature.length === 0 ? undefined : machine.execution.checkSignature(publicKey, signature);
}

function numEqual(machine: Machine, verify: boolean): Outcome {
  const { stack } = machine;
  if (stack.length < 2) return 'INVALID_STACK_OPERATION';
  const second = stack.pop() as Uint8Array;
  const a = readNumber(machine, stack.pop() as Uint8Array, 4);
  const b = readNumber(machine, second, 4);
  if (a === undefined || b === undefined) return 'UNKNOWN_ERROR';
  if (verify) return a === b ? undefined : 'NUMEQUALVERIFY';
  stack.push(a === b ? TRUE : FALSE);
  return undefined;
}

/** Compares the operand, which stays on the stack, with the sequence of the input. */
function checkSequence(machine: Machine): Outcome {
  const { stack, execution } = machine;
  const top = stack[stack.length - 1];
  if (top === undefined) return 'INVALID_STACK_OPERATION';
  const operand = readNumber(machine, top, 5);
  if (operand === undefined) return 'UNKNOWN_ERROR';
  if (operand < 0) return 'NEGATIVE_LOCKTIME';
  // Five bytes hold more than 32 bits: the upper ones have no meaning.
  const required = (operand % 2 ** 32) >>> 0;
  const { version, sequence } = execution;
  if ((required & 0x8000_0000) !== 0) return undefined;
  const sameUnit = ((required ^ sequence) & 0x0040_0000) === 0;
  const satisfied = version >= 2 && (sequence & 0x8000_0000) === 0 && sameUnit && (sequence & 0xffff) >= (required & 0xffff);
  return satisfied ? undefined : 'UNSATISFIED_LOCKTIME';
}

function readNumber({ execution }: Machine, item: Uint8Array, maxBytes: number): number | undefined {
  if (item.length > maxBytes) return undefined;
  if (!isMinimalNumber(item)) execution.notePolicy('UNKNOWN_ERROR');
  return decodeNumber(item);
}
