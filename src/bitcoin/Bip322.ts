// Signed messages of segwit addresses: the two virtual transactions of BIP322, its "simple" signature for P2WPKH and for the key path of P2TR,
// and the way from a "full" signature to a simple one. BIP322 version 2.0.0; encodings of BIP141, BIP143, BIP341, BIP86.
import { Transaction } from 'bitcoinjs-lib/src/transaction';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Ecc from '../crypto/Ecc.ts';
import * as Ecdsa from '../crypto/Ecdsa.ts';
import * as PublicKey from '../crypto/PublicKey.ts';
import * as Scalar from '../crypto/Scalar.ts';
import * as SecretKey from '../crypto/SecretKey.ts';
import { taggedHash } from '../crypto/TaggedHash.ts';
import * as Address from './Address.ts';
import { type Reason as MessageReason, messageBytes } from './messageBytes.ts';
import * as OutputScript from './OutputScript.ts';
import { OP } from './Script.ts';
import * as Sighash from './Sighash.ts';
import * as TapTree from './TapTree.ts';
import * as Tx from './Tx.ts';
import { encodeWitness, readWitness, type Reason as WitnessReason } from './witnessBytes.ts';

export { decodeWitness, encodeWitness, readWitness, type WitnessFault, type WitnessRead } from './witnessBytes.ts';

export type Reason =
  | Check.Reason
  | MessageReason
  | SecretKey.Reason
  | Tx.Reason
  | { readonly code: 'bip322.unsupported-script'; readonly field: string; readonly kind: string }
  | { readonly code: 'bip322.not-your-script'; readonly field: string }
  | WitnessReason
  | { readonly code: 'bip322.not-simple'; readonly field: string; readonly problem: string };

/** What is wrong with a simple signature: the first rule that fails, in the order of a script interpreter. */
export type Finding =
  | 'unsupported-script'
  | 'wrong-item-count'
  | 'bad-signature-length'
  | 'bad-hash-type'
  | 'item-too-large'
  | 'wrong-public-key'
  | 'not-der'
  | 'high-s'
  | 'uncompressed-key'
  | 'key-not-on-curve'
  | 'out-of-range'
  | 'invalid-signature';

/** Text is signed as UTF-8. */
export type Message = string | Uint8Array;

/** Script elements of segwit version 0 have no more bytes than this. */
const MAX_ITEM_BYTES = 520;
/** 30 len 02 01 r 02 01 s, and the hash type. */
const SHORTEST_ECDSA = 9;

/**
 * The tagged hash of a message.
 *
 * @shape 32 bytes
 * @throws input.not-bytes, message.half-surrogate
 * @source BIP322 "Full"
 */
export function messageHash(message: Message): Uint8Array {
  return taggedHash('BIP0322-signed-message', messageBytes(message));
}

/**
 * The virtual transaction whose only output has the script that is signed for.
 *
 * @throws input.not-bytes, message.half-surrogate
 * @source BIP322 "Full"
 */
export function toSpend(message: Message, scriptPubKey: Uint8Array): Tx.Transaction {
  Check.bytes(scriptPubKey, 'scriptPubKey');
  const transaction = new Transaction();
  transaction.version = 0;
  const commitment = Bytes.concat(Uint8Array.of(OP.PUSH_0, 0x20), messageHash(message));
  transaction.addInput(new Uint8Array(32), 0xffff_ffff, 0, commitment);
  transaction.addOutput(Bytes.copy(scriptPubKey), 0n);
  return transaction;
}

/**
 * The virtual transaction that spends {@link toSpend}; its witness is the signature.
 *
 * @throws input.not-bytes, message.half-surrogate
 * @source BIP322 "Full"
 */
export function toSign(message: Message, scriptPubKey: Uint8Array): Tx.Transaction {
  const transaction = new Transaction();
  transaction.version = 0;
  transaction.addInput(toSpend(message, scriptPubKey).getHash(), 0, 0);
  transaction.addOutput(Uint8Array.of(OP.RETURN), 0n);
  return transaction;
}

/**
 * The hash that a simple signature signs.
 *
 * @param hashType ALL for P2WPKH; DEFAULT (when left out) or ALL for P2TR
 * @shape 32 bytes
 * @throws input.*, message.half-surrogate, sighash.bad-hash-type
 * @throws bip322.unsupported-script - neither P2WPKH nor P2TR
 * @source BIP143 and BIP341 over {@link toSign}
 */
export function sighash(message: Message, scriptPubKey: Uint8Array, hashType?: number): Uint8Array {
  const kind = signable(scriptPubKey);
  const context = Sighash.prepare(toSign(message, scriptPubKey), [{ scriptPubKey, valueSats: 0n }]);
  if (kind === 'p2tr') return Sighash.keyPath(context, 0, { hashType: hashType ?? Sighash.TYPE.DEFAULT });
  return Sighash.segwitV0(context, 0, OutputScript.p2pkh(scriptPubKey.subarray(2)), { hashType: hashType ?? Sighash.TYPE.ALL });
}

/** `auxRand`: 32 bytes for a P2TR signature (fresh random ones when left out); `hashType`: see {@link sighash}. */
export type SignOptions = { readonly auxRand?: Uint8Array };

/**
 * The simple signature of the holder of `secretKey`, whose address must be the P2WPKH or the BIP86 P2TR one of that key.
 *
 * @shape a witness: count, then each item after its length (P2WPKH: signature and key; P2TR: 64 bytes)
 * @throws input.*, message.half-surrogate, secret-key.out-of-range, bip322.unsupported-script
 * @throws bip322.not-your-script - the script is of another key, or of a taproot output with leaves
 * @source BIP322 "Signing"; BIP86
 */
export function signSimple(
  message: Message,
  secretKey: SecretKey.SecretKey,
  scriptPubKey: Uint8Array,
  options: SignOptions = {},
  ecc: Ecc.Ecc = Ecc.auto(),
): Uint8Array {
  const kind = signable(scriptPubKey);
  const { auxRand } = Check.object(options, 'options');
  const publicKey = PublicKey.compressedOfSecret(secretKey, ecc);
  const own = kind === 'p2tr' ? taprootScript(publicKey.subarray(1), ecc) : OutputScript.p2wpkh(OutputScript.hash160(publicKey));
  if (!Bytes.equal(own, scriptPubKey)) {
    const message_ = `scriptPubKey: not the ${kind === 'p2tr' ? 'BIP86 P2TR' : 'P2WPKH'} output of this key`;
    fail<Reason>({ code: 'bip322.not-your-script', field: 'scriptPubKey' }, message_);
  }
  const hash = sighash(message, scriptPubKey);
  if (kind === 'p2wpkh') {
    const signature = Bytes.concat(Ecdsa.toDer(Ecdsa.sign(hash, secretKey, ecc)), Uint8Array.of(Sighash.TYPE.ALL));
    return encodeWitness([signature, publicKey]);
  }
  const aux = auxRand === undefined ? globalThis.crypto.getRandomValues(new Uint8Array(32)) : Check.bytes(auxRand, 'auxRand', 32);
  const tweaked = TapTree.tweakSecret(secretKey, new Uint8Array(0), ecc);
  try {
    return encodeWitness([ecc.schnorrSign(hash, tweaked, aux)]);
  } finally {
    SecretKey.wipe(tweaked);
  }
}

/**
 * True when `signature` is a simple signature of the message for the script; nothing may follow its last item.
 *
 * @throws input.not-bytes, message.half-surrogate
 * @source BIP322 "Verification"
 */
export function verifySimple(message: Message, scriptPubKey: Uint8Array, signature: Uint8Array, ecc: Ecc.Ecc = Ecc.auto()): boolean {
  Check.bytes(signature, 'signature');
  messageBytes(message);
  Check.bytes(scriptPubKey, 'scriptPubKey');
  const read = readWitness(signature);
  return 'stack' in read && read.next === signature.length && check(message, scriptPubKey, read.stack, ecc) === undefined;
}

/**
 * The first rule that a witness breaks, or undefined when it signs the message for the script.
 *
 * @throws input.*, message.half-surrogate
 * @source BIP322 "Required rules"; order of btcd txscript/engine.go under its standard flags, after babylon crypto/bip322/bip322.go
 */
export function check(
  message: Message,
  scriptPubKey: Uint8Array,
  stack: readonly Uint8Array[],
  ecc: Ecc.Ecc = Ecc.auto(),
): Finding | undefined {
  messageBytes(message);
  const kind = Address.kindOf(scriptPubKey);
  for (const [i, item] of Check.list(stack, 'stack').entries()) Check.bytes(item, `stack[${i}]`);
  const [signature, publicKey] = stack;
  if (kind === 'p2tr') {
    if (signature === undefined || stack.length !== 1) return 'wrong-item-count';
    return checkTaproot(message, scriptPubKey, signature, ecc);
  }
  if (kind !== 'p2wpkh') return 'unsupported-script';
  if (signature === undefined || publicKey === undefined || stack.length !== 2) return 'wrong-item-count';
  return checkKeyHash(message, scriptPubKey, signature, publicKey, ecc);
}

function checkTaproot(message: Message, scriptPubKey: Uint8Array, signature: Uint8Array, ecc: Ecc.Ecc): Finding | undefined {
  if (signature.length !== 64 && signature.length !== 65) return 'bad-signature-length';
  if (signature.length === 65 && signature[64] !== Sighash.TYPE.ALL) return 'bad-hash-type';
  const key = scriptPubKey.subarray(2);
  if (!ecc.isXOnly(key)) return 'key-not-on-curve';
  if (Bytes.toBigInt(signature.subarray(0, 32)) >= Scalar.P) return 'out-of-range';
  const hashType = signature.length === 65 ? Sighash.TYPE.ALL : Sighash.TYPE.DEFAULT;
  const hash = sighash(message, scriptPubKey, hashType);
  return ecc.schnorrVerify(hash, key, signature.subarray(0, 64)) ? undefined : 'invalid-signature';
}

function checkKeyHash(
  message: Message,
  scriptPubKey: Uint8Array,
  signature: Uint8Array,
  publicKey: Uint8Array,
  ecc: Ecc.Ecc,
): Finding | undefined {
  if (signature.length < SHORTEST_ECDSA) return 'bad-signature-length';
  if (signature[signature.length - 1] !== Sighash.TYPE.ALL) return 'bad-hash-type';
  if (Math.max(signature.length, publicKey.length) > MAX_ITEM_BYTES) return 'item-too-large';
  if (!Bytes.equal(OutputScript.hash160(publicKey), scriptPubKey.subarray(2))) return 'wrong-public-key';
  const parsed = Ecdsa.parseDer(signature.subarray(0, -1));
  if (typeof parsed === 'string') return 'not-der';
  if (parsed.s > Scalar.N >> 1n) return 'high-s';
  if (publicKey.length !== 33 || (publicKey[0] !== 2 && publicKey[0] !== 3)) return 'uncompressed-key';
  if (!ecc.isPoint(publicKey)) return 'key-not-on-curve';
  if (!Scalar.isNonZero(parsed.r) || !Scalar.isNonZero(parsed.s)) return 'out-of-range';
  const compact = Bytes.concat(Scalar.toBytes(parsed.r), Scalar.toBytes(parsed.s));
  return ecc.ecdsaVerify(sighash(message, scriptPubKey), publicKey, compact) ? undefined : 'invalid-signature';
}

/**
 * The simple signature inside a full one, when it can be said as a simple one: a single native segwit input that spends {@link toSpend}, and
 * nothing set that the simple form leaves at its default. Signatures are not verified here.
 *
 * @param raw the transaction `toSign` with its witness
 * @throws input.*, message.half-surrogate, tx.malformed
 * @throws bip322.not-simple - which of its fields says more than a simple signature can, or that it is for another message or script
 * @source BIP322 "Full", "Simple"
 */
export function simpleFromFull(message: Message, scriptPubKey: Uint8Array, raw: Uint8Array): Uint8Array {
  const expected = toSign(message, scriptPubKey);
  const given = Tx.decode(raw, 'signature');
  const [input] = given.ins;
  const [wanted] = expected.ins;
  if (input === undefined || wanted === undefined || given.ins.length !== 1)
    notSimple(`${given.ins.length} inputs, where a simple signature has 1`);
  const witness = encodeWitness(input.witness);
  if (input.script.length > 0) notSimple('its input has a scriptSig: the address is not native segwit');
  if (given.version !== 0) notSimple(`its version is ${given.version}, not 0`);
  if (given.locktime !== 0) notSimple(`its lock time is ${given.locktime}, not 0`);
  if (input.sequence !== 0) notSimple(`its sequence is ${input.sequence}, not 0`);
  if (!Bytes.equal(input.hash, wanted.hash) || input.index !== 0) notSimple('it is for another message or another address');
  expected.setWitness(0, [...input.witness]);
  if (!Bytes.equal(expected.toBuffer(), given.toBuffer())) notSimple('its output is not one OP_RETURN of value 0');
  return witness;
}

function notSimple(problem: string): never {
  fail<Reason>({ code: 'bip322.not-simple', field: 'signature', problem }, `signature: a full BIP322 transaction, but ${problem}`);
}

function signable(scriptPubKey: Uint8Array): 'p2wpkh' | 'p2tr' {
  const kind = Address.kindOf(Check.bytes(scriptPubKey, 'scriptPubKey'));
  if (kind === 'p2wpkh' || kind === 'p2tr') return kind;
  const message = 'scriptPubKey: only P2WPKH and P2TR outputs are signed for by BIP322 here';
  return fail<Reason>({ code: 'bip322.unsupported-script', field: 'scriptPubKey', kind: kind ?? 'unknown' }, message);
}

/** The taproot output of a key alone. @source BIP86 "Address derivation" */
function taprootScript(publicKey: Uint8Array, ecc: Ecc.Ecc): Uint8Array {
  return TapTree.scriptPubKeyOf(TapTree.tweak(publicKey, new Uint8Array(0), ecc).outputKey);
}
