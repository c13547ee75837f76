// Bitcoin script as bytes: the opcodes that our leaves use, minimal number pushes, and a reader of instructions (BIP342, BIP62 minimality).
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';

export type Reason =
  | Check.Reason
  | { readonly code: 'script.truncated'; readonly at: number }
  | { readonly code: 'script.not-a-number'; readonly at: number };

/** The opcodes of staking leaves and of the output scripts beside them. */
export const OP = {
  PUSH_0: 0x00,
  PUSHDATA1: 0x4c,
  PUSHDATA2: 0x4d,
  PUSHDATA4: 0x4e,
  NEGATE_1: 0x4f,
  NUMBER_1: 0x51,
  NUMBER_16: 0x60,
  RETURN: 0x6a,
  DUP: 0x76,
  EQUAL: 0x87,
  EQUALVERIFY: 0x88,
  NUMEQUAL: 0x9c,
  NUMEQUALVERIFY: 0x9d,
  HASH160: 0xa9,
  CHECKSIG: 0xac,
  CHECKSIGVERIFY: 0xad,
  CHECKMULTISIG: 0xae,
  CHECKSEQUENCEVERIFY: 0xb2,
  CHECKSIGADD: 0xba,
} as const;

/**
 * The minimal push of a number: OP_0, OP_1…OP_16, else little-endian sign-and-magnitude bytes (128 is `02 80 00`).
 *
 * @unit value 0..2^31-1
 */
export function pushNumber(value: number): Uint8Array {
  Check.integer(value, 'scriptNumber', 0, 0x7fff_ffff);
  if (value === 0) return Uint8Array.of(OP.PUSH_0);
  if (value <= 16) return Uint8Array.of(OP.NUMBER_1 + value - 1);
  const digits: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) digits.push(rest % 256);
  // The top bit of the last byte is the sign: a set bit needs one more byte.
  if ((digits[digits.length - 1] as number) >= 0x80) digits.push(0);
  return Uint8Array.of(digits.length, ...digits);
}

/** The push of 1..75 bytes: the length, then the data. */
export function pushData(data: Uint8Array): Uint8Array {
  Check.integer(Check.bytes(data, 'data').length, 'pushLength', 1, 75);
  return Bytes.concat(Uint8Array.of(data.length), data);
}

/**
 * The push of any data that a scriptSig may hold, in its shortest form up to OP_PUSHDATA2: empty data is OP_0. Single bytes are pushed as they
 * are: no signature, key or script is one.
 *
 * @shape data: up to 65535 bytes
 * @throws input.not-bytes, input.out-of-range
 * @source BIP62 rule 3
 */
export function push(data: Uint8Array): Uint8Array {
  const length = Check.integer(Check.bytes(data, 'data').length, 'pushLength', 0, 0xffff);
  if (length === 0) return Uint8Array.of(OP.PUSH_0);
  if (length <= 75) return pushData(data);
  if (length <= 0xff) return Bytes.concat(Uint8Array.of(OP.PUSHDATA1, length), data);
  return Bytes.concat(Uint8Array.of(OP.PUSHDATA2, length & 0xff, length >> 8), data);
}

/** One instruction of a script; `data` is there for pushes, including the empty push of OP_0. */
export type Instruction = { readonly at: number; readonly opcode: number; readonly data?: Uint8Array };

/**
 * The instructions of `script`, one after the other.
 *
 * @throws script.truncated - when a push runs over the end
 */
export function* instructions(script: Uint8Array): Generator<Instruction> {
  Check.bytes(script, 'script');
  let at = 0;
  while (at < script.length) {
    const start = at;
    const opcode = script[at++] as number;
    if (opcode > OP.PUSHDATA4) {
      yield { at: start, opcode };
      continue;
    }
    let length = opcode;
    const sizeBytes = opcode === OP.PUSHDATA1 ? 1 : opcode === OP.PUSHDATA2 ? 2 : opcode === OP.PUSHDATA4 ? 4 : 0;
    if (sizeBytes > 0) {
      if (at + sizeBytes > script.length) truncated(start);
      length = 0;
      for (let i = sizeBytes - 1; i >= 0; i--) length = length * 256 + (script[at + i] as number);
      at += sizeBytes;
    }
    if (at + length > script.length) truncated(start);
    yield { at: start, opcode, data: script.subarray(at, at + length) };
    at += length;
  }
}

function truncated(at: number): never {
  fail<Reason>({ code: 'script.truncated', at }, `the push at byte ${at} runs over the end of the script`);
}

/**
 * The number that an instruction pushes, in the one minimal form that {@link pushNumber} writes; undefined for anything else.
 */
export function numberOf(instruction: Instruction): number | undefined {
  const { opcode, data } = Check.object(instruction, 'instruction');
  if (data !== undefined) Check.bytes(data, 'instruction.data');
  if (opcode === OP.PUSH_0) return 0;
  if (opcode >= OP.NUMBER_1 && opcode <= OP.NUMBER_16) return opcode - OP.NUMBER_1 + 1;
  if (data === undefined || data.length < 1 || data.length > 4 || opcode !== data.length) return undefined;
  let value = 0;
  for (let i = data.length - 1; i >= 0; i--) value = value * 256 + (data[i] as number);
  if (value > 0x7fff_ffff || value <= 16) return undefined;
  return Bytes.equal(pushNumber(value).subarray(1), data) ? value : undefined;
}

/** So many signatures of these keys, in this order. */
export type Multisig = { readonly keys: readonly Uint8Array[]; readonly threshold: number };

/** Consensus: keys of one CHECKMULTISIG. */
const MAX_MULTISIG_KEYS = 20;

/**
 * The keys and the threshold of a k-of-n CHECKMULTISIG script, or undefined for any other script.
 *
 * @param longKeys whether uncompressed keys count, which segwit outputs do not allow
 * @throws input.not-bytes, script.truncated
 */
export function multisigOf(script: Uint8Array, longKeys: boolean): Multisig | undefined {
  const ops = [...instructions(script)];
  const [first] = ops;
  const count = ops[ops.length - 2];
  if (first === undefined || count === undefined || ops.length < 4 || ops[ops.length - 1]?.opcode !== OP.CHECKMULTISIG) return undefined;
  const threshold = numberOf(first);
  const keys = ops.slice(1, -2).flatMap(({ data }) => (data === undefined ? [] : [Bytes.copy(data)]));
  const known = keys.every((key) => key.length === 33 || (longKeys && key.length === 65));
  if (threshold === undefined || threshold < 1 || threshold > keys.length) return undefined;
  if (!known || keys.length !== ops.length - 3 || numberOf(count) !== keys.length || keys.length > MAX_MULTISIG_KEYS) return undefined;
  return { keys, threshold };
}

/** The script in words, as block explorers show it: keys in hex, numbers in decimal, opcodes by name. */
export function toAsm(script: Uint8Array): string {
  return [...instructions(script)]
    .map((instruction) => {
      const number = numberOf(instruction);
      if (number !== undefined) return `${number}`;
      if (instruction.data !== undefined) return Hex.encode(instruction.data);
      return ASM_NAMES.get(instruction.opcode) ?? `OP_UNKNOWN_${instruction.opcode.toString(16).padStart(2, '0')}`;
    })
    .join(' ');
}

const ASM_NAMES: ReadonlyMap<number, string> = new Map(Object.entries(OP).map(([name, opcode]) => [opcode, `OP_${name}`]));
