// A taproot input: key path or script path, annex, control block, commitment (BIP341).
import * as Bytes from '../../base/Bytes.ts';
import type { Ecc } from '../../crypto/Ecc.ts';
import { taggedHash } from '../../crypto/TaggedHash.ts';
import * as Sighash from '../Sighash.ts';
import * as TapTree from '../TapTree.ts';
import { type SpendInput, witnessBytes } from './decode.ts';
import { execute } from './interpreter.ts';
import type { ScriptRule } from './rules.ts';

const ANNEX_TAG = 0x50;
const HASH_BYTES = 32;
/** Deepest leaf. */
const MAX_PATH = 128;
/** Deepest leaf whose spend Bitcoin Knots relays (reduced-data proposal, BIP110); Bitcoin Core relays all. */
const MAX_STANDARD_PATH = 7;

/** One input under judgement. */
export type InputCheck = {
  readonly context: Sighash.Context;
  readonly inputIndex: number;
  readonly input: SpendInput;
  readonly scriptPubKey: Uint8Array;
  readonly ecc: Ecc;
  readonly notePolicy: (rule: ScriptRule) => void;
};

/** The parts of a taproot witness. */
export type TaprootWitness = {
  readonly annex?: Uint8Array;
  /** All items but the annex. */
  readonly stack: readonly Uint8Array[];
};

/** Takes the annex off: the last of two or more items, when it starts with 50. */
export function splitAnnex(witness: readonly Uint8Array[]): TaprootWitness {
  const last = witness[witness.length - 1];
  if (witness.length < 2 || last === undefined || last[0] !== ANNEX_TAG) return { stack: witness };
  return { annex: last, stack: witness.slice(0, -1) };
}

/**
 * The consensus rule that a taproot input breaks, or undefined.
 *
 * @throws spend.unknown-opcode
 * @source BIP341 "Script validation rules"
 */
export function checkTaproot(check: InputCheck): ScriptRule | undefined {
  const { witness } = check.input;
  if (witness.length === 0) return 'WITNESS_PROGRAM_WITNESS_EMPTY';
  const { annex, stack } = splitAnnex(witness);
  const options = annex === undefined ? {} : { annex };
  if (stack.length === 1) {
    const verify = signatureChecker(check, (hashType) => Sighash.keyPath(check.context, check.inputIndex, { ...options, hashType }));
    return verify(check.scriptPubKey.subarray(2), stack[0] as Uint8Array);
  }
  const control = stack[stack.length - 1] as Uint8Array;
  const script = stack[stack.length - 2] as Uint8Array;
  const pathLength = (control.length - 33) / HASH_BYTES;
  if (!Number.isInteger(pathLength) || pathLength < 0 || pathLength > MAX_PATH) return 'TAPROOT_WRONG_CONTROL_SIZE';
  if (pathLength > MAX_STANDARD_PATH) check.notePolicy('TAPROOT_WRONG_CONTROL_SIZE');

  const leafVersion = (control[0] as number) & 0xfe;
  const leafHash = TapTree.leafHash(script, leafVersion);
  if (!commits(control, leafHash, check.scriptPubKey.subarray(2), check.ecc)) return 'WITNESS_PROGRAM_MISMATCH';
  if (leafVersion !== TapTree.TAPSCRIPT) {
    check.notePolicy('DISCOURAGE_UPGRADABLE_TAPROOT_VERSION');
    return undefined;
  }
  return execute({
    inputIndex: check.inputIndex,
    script,
    initialStack: stack.slice(0, -2),
    witnessBytes: witnessBytes(witness),
    version: check.context.transaction.version,
    sequence: check.input.sequence,
    checkSignature: signatureChecker(check, (hashType) =>
      Sighash.tapscript(check.context, check.inputIndex, leafHash, { ...options, hashType }),
    ),
    notePolicy: check.notePolicy,
  });
}

/** True when the output key is the internal key tweaked by the root that leaf and path lead to. */
function commits(control: Uint8Array, leafHash: Uint8Array, outputKey: Uint8Array, ecc: Ecc): boolean {
  const internalKey = control.subarray(1, 33);
  let root = leafHash;
  for (let at = 33; at < control.length; at += HASH_BYTES) root = TapTree.branchHash(root, control.subarray(at, at + HASH_BYTES));
  if (!ecc.isXOnly(internalKey)) return false;
  const point = ecc.pointAddScalar(Bytes.concat(Uint8Array.of(2), internalKey), taggedHash('TapTweak', internalKey, root));
  return point !== null && (point[0] as number) - 2 === ((control[0] as number) & 1) && Bytes.equal(point.subarray(1), outputKey);
}

/**
 * Verifies signatures of one input. All of a leaf sign the same, so each hash type is hashed once, however many signatures there are.
 */
function signatureChecker(
  check: InputCheck,
  sighash: (hashType: number) => Uint8Array,
): (key: Uint8Array, signature: Uint8Array) => ScriptRule | undefined {
  const { context, inputIndex, ecc } = check;
  const hashes = new Map<number, Uint8Array>();
  return (publicKey, signature) => {
    if (signature.length !== 64 && signature.length !== 65) return 'SCHNORR_SIG_SIZE';
    const hashType = signature.length === 65 ? (signature[64] as number) : Sighash.TYPE.DEFAULT;
    if (signature.length === 65 && hashType === Sighash.TYPE.DEFAULT) return 'SCHNORR_SIG_HASHTYPE';
    if (!Sighash.isHashType(hashType)) return 'SCHNORR_SIG_HASHTYPE';
    if ((hashType & 3) === Sighash.TYPE.SINGLE && inputIndex >= context.transaction.outs.length) return 'SCHNORR_SIG_HASHTYPE';
    let hash = hashes.get(hashType);
    if (hash === undefined) {
      hash = sighash(hashType);
      hashes.set(hashType, hash);
    }
    return ecc.schnorrVerify(hash, publicKey, signature.subarray(0, 64)) ? undefined : 'SCHNORR_SIG';
  };
}
