// Relay rules outside scripts: which transactions an empty mempool takes, fees aside (Bitcoin Core's policy as Bitcoin Knots 29.4 applies it).
import * as Dust from '../Dust.ts';
import { OP } from '../Script.ts';
import * as TapTree from '../TapTree.ts';
import { type SpendOutput, type SpendTransaction, strippedBytes, weightOf } from './decode.ts';
import { type Failure, transactionFailure } from './rules.ts';
import { isPushOnly } from './scriptSig.ts';
import { splitAnnex } from './taproot.ts';

/** More than one is refused whatever the fee. */
const MAX_DUST_OUTPUTS = 1;
/** @unit weight units */
const MAX_WEIGHT = 400_000;
/** @unit bytes */
const MIN_STRIPPED_BYTES = 65;
/** @unit bytes */
const MAX_SCRIPT_SIG_BYTES = 1650;
/** @unit bytes */
const MAX_DATA_SCRIPT_BYTES = 83;
/** Longest output script that carries no data (reduced-data proposal, BIP110). @unit bytes */
const MAX_OUTPUT_SCRIPT_BYTES = 34;
/** @unit bytes */
const MAX_TAPSCRIPT_ITEM_BYTES = 80;
const MAX_SIGOPS_COST = 16_000;
/** @unit vbytes per signature operation */
const VBYTES_PER_SIGOP = 20;
/** Largest transaction of version 3 (BIP431). @unit vbytes */
const MAX_TRUC_VBYTES = 10_000;

/**
 * The rules that need no spent outputs, in the order in which nodes check them.
 *
 * @source Bitcoin Core policy/policy.cpp IsStandardTx
 */
export function checkStandard(transaction: SpendTransaction): Failure | undefined {
  const { version } = transaction;
  if (version < 1 || version > 3) return transactionFailure('version', `versions 1 to 3 are relayed, this is ${version | 0}`);
  const weight = weightOf(transaction);
  if (weight > MAX_WEIGHT) return transactionFailure('tx-size', `${weight} weight units, at most ${MAX_WEIGHT} are relayed`);
  for (const [inputIndex, { script }] of transaction.ins.entries()) {
    if (script.length > MAX_SCRIPT_SIG_BYTES)
      return transactionFailure('scriptsig-size', `scriptSig of ${script.length} bytes`, inputIndex);
    if (!isPushOnly(script)) return transactionFailure('scriptsig-not-pushonly', 'the scriptSig does more than push', inputIndex);
  }
  const failure = checkOutputs(transaction);
  if (failure !== undefined) return failure;
  const bytes = strippedBytes(transaction);
  if (bytes < MIN_STRIPPED_BYTES)
    return transactionFailure('tx-size-small', `${bytes} bytes without witness, at least ${MIN_STRIPPED_BYTES} are relayed`);
  return undefined;
}

function checkOutputs({ outs }: SpendTransaction): Failure | undefined {
  let dataOutputs = 0;
  for (const [i, { script }] of outs.entries()) {
    const kind = kindOf(script);
    if (kind === 'nonstandard') return transactionFailure('scriptpubkey', `output ${i} has no standard script`);
    if (kind === 'data') dataOutputs++;
  }
  const dust = dustOutputs(outs);
  if (dust.length > MAX_DUST_OUTPUTS) return dustFailure(outs, dust);
  return dataOutputs > 1 ? transactionFailure('multi-op-return', `${dataOutputs} data outputs, one is relayed`) : undefined;
}

function dustOutputs(outs: SpendTransaction['outs']): readonly number[] {
  return [...outs.keys()].filter((i) => Dust.isDust((outs[i] as SpendOutput).script, (outs[i] as SpendOutput).value));
}

function dustFailure(outs: SpendTransaction['outs'], [i = 0]: readonly number[]): Failure {
  const { script, value } = outs[i] as SpendOutput;
  return transactionFailure('dust', `output ${i} has ${value} sat, it needs ${Dust.threshold(script)}`);
}

/**
 * One output of dust may be there when nothing is paid to miners: such a transaction comes with a child that spends the dust.
 *
 * @source Bitcoin Core policy/ephemeral_policy.cpp PreCheckEphemeralTx
 */
export function checkEphemeralDust({ outs }: SpendTransaction, feeSats: bigint): Failure | undefined {
  const dust = dustOutputs(outs);
  return dust.length > 0 && feeSats !== 0n ? dustFailure(outs, dust) : undefined;
}

/** Standard output scripts: keys, hashes, witness programs, up to 3 bare keys, and one data output of up to 83 bytes. */
function kindOf(script: Uint8Array): 'standard' | 'data' | 'nonstandard' {
  if (script[0] === OP.RETURN) {
    return script.length <= MAX_DATA_SCRIPT_BYTES && isPushOnly(script.subarray(1)) ? 'data' : 'nonstandard';
  }
  if (Dust.isWitnessProgram(script)) {
    const version0 = script[0] === 0;
    return version0 && script.length !== 22 && script.length !== 34 ? 'nonstandard' : 'standard';
  }
  return isKeyHash(script) || isScriptHash(script) || isBareKey(script) || isBareMultisig(script) ? 'standard' : 'nonstandard';
}

function isKeyHash(script: Uint8Array): boolean {
  return (
    script.length === 25 &&
    script[0] === OP.DUP &&
    script[1] === OP.HASH160 &&
    script[2] === 20 &&
    script[23] === OP.EQUALVERIFY &&
    script[24] === OP.CHECKSIG
  );
}

function isScriptHash(script: Uint8Array): boolean {
  return script.length === 23 && script[0] === OP.HASH160 && script[1] === 20 && script[22] === OP.EQUAL;
}

/** True for the first byte and length of a public key. */
function isKey(key: Uint8Array): boolean {
  const first = key[0];
  return key.length === 33 ? first === 2 || first === 3 : key.length === 65 && (first === 4 || first === 6 || first === 7);
}

function isBareKey(script: Uint8Array): boolean {
  return script[0] === script.length - 2 && script[script.length - 1] === OP.CHECKSIG && isKey(script.subarray(1, -1));
}

function isBareMultisig(script: Uint8Array): boolean {
  const CHECKMULTISIG = 0xae;
  const number = (opcode: number | undefined): number => (opcode === undefined ? 0 : opcode - OP.NUMBER_1 + 1);
  const [required, total] = [number(script[0]), number(script[script.length - 2])];
  if (script[script.length - 1] !== CHECKMULTISIG || total < 1 || total > 3 || required < 1 || required > total) return false;
  let at = 1;
  let keys = 0;
  for (; at < script.length - 2; keys++) {
    const length = script[at] as number;
    if (!isKey(script.subarray(at + 1, at + 1 + length))) return false;
    at += 1 + length;
  }
  return at === script.length - 2 && keys === total;
}

/**
 * Output scripts longer than Bitcoin Knots relays; nodes check this together with the amounts.
 *
 * @source Bitcoin Knots 29.4; BIP110
 */
export function checkOutputSizes({ outs }: SpendTransaction): Failure | undefined {
  const index = outs.findIndex(({ script }) => script.length > (script[0] === OP.RETURN ? MAX_DATA_SCRIPT_BYTES : MAX_OUTPUT_SCRIPT_BYTES));
  if (index < 0) return undefined;
  return transactionFailure('bad-txns-vout-script-toolarge', `output ${index} has a script of more than ${MAX_OUTPUT_SCRIPT_BYTES} bytes`);
}

/**
 * Annex and item sizes of the taproot inputs.
 *
 * @source Bitcoin Core policy/policy.cpp IsWitnessStandard
 */
export function checkWitnesses({ ins }: SpendTransaction, isTaproot: (inputIndex: number) => boolean): Failure | undefined {
  for (const [inputIndex, { witness }] of ins.entries()) {
    if (!isTaproot(inputIndex)) continue;
    const { annex, stack } = splitAnnex(witness);
    if (annex !== undefined) return transactionFailure('bad-witness-taproot-annex', 'the witness has an annex', inputIndex);
    if (stack.length < 2) continue;
    const [leafVersion] = stack[stack.length - 1] as Uint8Array;
    if (leafVersion === undefined)
      return transactionFailure('bad-witness-taproot-control-missing', 'the control block is empty', inputIndex);
    if ((leafVersion & 0xfe) !== TapTree.TAPSCRIPT) continue;
    if (stack.slice(0, -2).some((item) => item.length > MAX_TAPSCRIPT_ITEM_BYTES)) {
      const text = `an item of the witness has more than ${MAX_TAPSCRIPT_ITEM_BYTES} bytes`;
      return transactionFailure('bad-witness-taproot-stackitem-size', text, inputIndex);
    }
  }
  return undefined;
}

/**
 * Signature operations, and the size of a transaction of version 3.
 *
 * @source BIP431 "Specification"
 */
export function checkSize(transaction: SpendTransaction, sigopsCost: number): Failure | undefined {
  if (sigopsCost > MAX_SIGOPS_COST)
    return transactionFailure('bad-txns-too-many-sigops', `${sigopsCost} signature operations are too many`);
  const vbytes = Math.ceil(Math.max(weightOf(transaction), sigopsCost * VBYTES_PER_SIGOP) / 4);
  if (transaction.version !== 3 || vbytes <= MAX_TRUC_VBYTES) return undefined;
  return transactionFailure('truc-vsize-toobig', `version 3 with ${vbytes} vbytes, at most ${MAX_TRUC_VBYTES} are relayed`);
}
