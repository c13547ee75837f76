// A P2WPKH input beside ours: BIP141 program of 20 bytes, BIP143 signature hash, BIP66 signature encoding.
import * as Bytes from '../../base/Bytes.ts';
import * as OutputScript from '../OutputScript.ts';
import * as Sighash from '../Sighash.ts';
import { N, parseDer, verify as verifyEcdsa } from './ecdsa.ts';
import { MAX_ITEM_BYTES, MAX_STANDARD_ITEM_BYTES } from './limits.ts';
import type { ScriptRule } from './rules.ts';
import type { InputCheck } from './taproot.ts';

/**
 * The consensus rule that a P2WPKH input breaks, or undefined.
 *
 * @source BIP141 "Witness program", BIP143, BIP66
 */
export function checkKeyHash(check: InputCheck): ScriptRule | undefined {
  const [signature, publicKey, ...more] = check.input.witness;
  if (signature === undefined || publicKey === undefined || more.length > 0) return 'WITNESS_PROGRAM_MISMATCH';
  const longest = Math.max(signature.length, publicKey.length);
  if (longest > MAX_ITEM_BYTES) return 'PUSH_SIZE';
  if (longest > MAX_STANDARD_ITEM_BYTES) check.notePolicy('PUSH_SIZE');
  const keyHash = check.scriptPubKey.subarray(2);
  if (!Bytes.equal(OutputScript.hash160(publicKey), keyHash)) return 'EQUALVERIFY';
  const encoding = checkEncoding(check, signature, publicKey);
  if (encoding !== undefined) return encoding;
  if (signature.length > 0 && verify(check, signature, publicKey)) return undefined;
  if (signature.length > 0) check.notePolicy('SIG_NULLFAIL');
  return 'EVAL_FALSE';
}

/** DER is consensus; low s, known hash types and compressed keys are relay rules. */
function checkEncoding(check: InputCheck, signature: Uint8Array, publicKey: Uint8Array): ScriptRule | undefined {
  if (signature.length > 0) {
    const parsed = parseDer(signature.subarray(0, -1));
    if (parsed === undefined) return 'SIG_DER';
    // Out-of-range integers read as 0, which is low.
    if (parsed.r < N && parsed.s < N && parsed.s > N / 2n) check.notePolicy('SIG_HIGH_S');
    const hashType = (signature[signature.length - 1] as number) & 0x7f;
    if (hashType < 1 || hashType > 3) check.notePolicy('SIG_HASHTYPE');
  }
  const known = (publicKey.length === 33 && (publicKey[0] === 2 || publicKey[0] === 3)) || (publicKey.length === 65 && publicKey[0] === 4);
  if (!known) check.notePolicy('PUBKEYTYPE');
  else if (publicKey.length !== 33) check.notePolicy('WITNESS_PUBKEYTYPE');
  return undefined;
}

function verify({ context, inputIndex, scriptPubKey, ecc }: InputCheck, signature: Uint8Array, publicKey: Uint8Array): boolean {
  const parsed = parseDer(signature.subarray(0, -1));
  if (parsed === undefined) return false;
  const hashType = signature[signature.length - 1] as number;
  return verifyEcdsa(
    Sighash.segwitV0(context, inputIndex, OutputScript.p2pkh(scriptPubKey.subarray(2)), { hashType }),
    publicKey,
    parsed,
    ecc,
  );
}
