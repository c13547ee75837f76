// A P2WPKH input beside ours: BIP141 program of 20 bytes, BIP143 signature hash, BIP66 signature encoding.
import { ripemd160 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import * as Bytes from '../../base/Bytes.ts';
import type { Ecc } from '../../crypto/Ecc.ts';
import * as Sighash from '../Sighash.ts';
import { amount, hashOf, outpoint, output, uint32 } from './encode.ts';
import { MAX_ITEM_BYTES, MAX_STANDARD_ITEM_BYTES } from './limits.ts';
import type { ScriptRule } from './rules.ts';
import type { InputCheck } from './taproot.ts';

/** Order of the curve. */
const N = 0xffff_ffff_ffff_ffff_ffff_ffff_ffff_fffe_baae_dce6_af48_a03b_bfd2_5e8c_d036_4141n;
/** The field prime. */
const P = 2n ** 256n - 2n ** 32n - 977n;

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
  if (!Bytes.equal(ripemd160(sha256(publicKey)), keyHash)) return 'EQUALVERIFY';
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

/** The two integers of a strict DER signature without its hash type byte. @source BIP66 "DER encoding reference" */
function parseDer(der: Uint8Array): { readonly r: bigint; readonly s: bigint } | undefined {
  if (der.length < 8 || der.length > 72 || der[0] !== 0x30 || der[1] !== der.length - 2) return undefined;
  const r = derInteger(der, 2);
  if (r === undefined) return undefined;
  const s = derInteger(der, r.next);
  return s === undefined || s.next !== der.length ? undefined : { r: r.value, s: s.value };
}

function derInteger(der: Uint8Array, at: number): { readonly value: bigint; readonly next: number } | undefined {
  const length = der[at + 1];
  if (der[at] !== 0x02 || length === undefined || length === 0 || at + 2 + length > der.length) return undefined;
  const bytes = der.subarray(at + 2, at + 2 + length);
  const [first, second] = bytes as unknown as [number, number | undefined];
  if ((first & 0x80) !== 0) return undefined;
  if (first === 0 && second !== undefined && (second & 0x80) === 0) return undefined;
  return { value: Bytes.toBigInt(bytes), next: at + 2 + length };
}

function verify({ context, inputIndex, scriptPubKey, ecc }: InputCheck, signature: Uint8Array, publicKey: Uint8Array): boolean {
  const parsed = parseDer(signature.subarray(0, -1));
  const point = compress(publicKey, ecc);
  if (parsed === undefined || point === undefined || parsed.r >= N || parsed.s >= N) return false;
  const hash = keyHashSighash(context, inputIndex, scriptPubKey.subarray(2), signature[signature.length - 1] as number);
  return ecc.ecdsaVerify(hash, point, Bytes.concat(Bytes.fromBigInt32(parsed.r), Bytes.fromBigInt32(parsed.s)));
}

/** The compressed form of a key that consensus accepts: compressed, uncompressed, or hybrid with the right parity. */
function compress(publicKey: Uint8Array, ecc: Ecc): Uint8Array | undefined {
  const prefix = publicKey[0] as number;
  if (publicKey.length === 33) return (prefix === 2 || prefix === 3) && ecc.isPoint(publicKey) ? publicKey : undefined;
  if (publicKey.length !== 65 || (prefix !== 4 && prefix !== 6 && prefix !== 7)) return undefined;
  const x = Bytes.toBigInt(publicKey.subarray(1, 33));
  const y = Bytes.toBigInt(publicKey.subarray(33));
  const odd = (y & 1n) === 1n;
  if (x >= P || y >= P || (y * y - x * x * x - 7n) % P !== 0n) return undefined;
  if (prefix !== 4 && (prefix === 7) !== odd) return undefined;
  return Bytes.concat(Uint8Array.of(odd ? 3 : 2), publicKey.subarray(1, 33));
}

/**
 * The hash that a P2WPKH signature signs; every byte is a hash type here.
 *
 * @shape 32 bytes
 * @source BIP143 "Specification"
 */
export function keyHashSighash(context: Sighash.Context, inputIndex: number, keyHash: Uint8Array, hashType: number): Uint8Array {
  const { transaction, spentOutputs, shared } = context;
  const input = transaction.ins[inputIndex] as Sighash.Signable['ins'][number];
  const coverage = hashType & 0x1f;
  const anyoneCanPay = (hashType & Sighash.TYPE.ANYONE_CAN_PAY) !== 0;
  const coversAll = coverage !== Sighash.TYPE.NONE && coverage !== Sighash.TYPE.SINGLE;
  const none = new Uint8Array(32);
  const matching = coverage === Sighash.TYPE.SINGLE ? transaction.outs[inputIndex] : undefined;
  const outputs = coversAll ? shared.outputs : matching && hashOf(output(matching));
  const message = Bytes.concat(
    uint32(transaction.version),
    anyoneCanPay ? none : sha256(shared.prevouts),
    anyoneCanPay || !coversAll ? none : sha256(shared.sequences),
    ...outpoint(input),
    // The script code of the program: DUP HASH160 <key hash> EQUALVERIFY CHECKSIG, with its length.
    Uint8Array.of(0x19, 0x76, 0xa9, 0x14),
    keyHash,
    Uint8Array.of(0x88, 0xac),
    amount((spentOutputs[inputIndex] as Sighash.Context['spentOutputs'][number]).valueSats),
    uint32(input.sequence),
    outputs === undefined ? none : sha256(outputs),
    uint32(transaction.locktime),
    uint32(hashType),
  );
  return sha256(sha256(message));
}
