// The chain's verdict on a proof of possession over given bytes: its checks in its order, the checks without state first.
// babylon x/btcstaking/types/pop.go ValidateBasic and Verify, crypto/bip322, crypto/ecdsa.
import { sha256 } from '@noble/hashes/sha2.js';
import * as Bytes from '../../base/Bytes.ts';
import * as Hex from '../../base/Hex.ts';
import * as Bip322 from '../../bitcoin/Bip322.ts';
import * as Network from '../../bitcoin/Network.ts';
import * as SignedMessage from '../../bitcoin/SignedMessage.ts';
import * as TapTree from '../../bitcoin/TapTree.ts';
import type { Ecc } from '../../crypto/Ecc.ts';
import * as Scalar from '../../crypto/Scalar.ts';
import { readAddress } from './address.ts';
import { decodeBip322Sig, encodeBip322Sig } from './encoding.ts';
import * as Reference from './reference.ts';

export type Type = 'BIP340' | 'BIP322' | 'ECDSA';

/** Why the chain refuses, as a code. */
export type Why =
  | 'pop.empty-signature'
  | 'pop.unknown-type'
  | 'pop.wrong-length'
  | 'pop.malformed-bip322'
  | 'pop.empty-part'
  | 'pop.malformed-witness'
  | 'pop.bad-address'
  | 'pop.unsupported-address'
  | 'pop.bad-header'
  | 'pop.no-key'
  | 'pop.foreign-key'
  | `pop.${Exclude<Bip322.Finding, 'unsupported-script' | 'wrong-item-count'>}`;

/** `stage`: whether the message is refused as malformed, or when it is executed (error btcstaking/1117 of a delegation). */
export type Refusal = { readonly valid: false; readonly why: Why; readonly reference: string; readonly stage: 'stateless' | 'stateful' };
export type Verdict = { readonly valid: true } | Refusal;

/** What is judged; every part was checked for its type and the key for its length. */
export type Case = {
  readonly type: Type;
  readonly signature: Uint8Array;
  readonly message: Uint8Array;
  readonly btcPk: Uint8Array;
  readonly network: Network.Network;
};

const VALID: Verdict = { valid: true };
const BIP322 = 'failed to verify possession of babylon sig by the BTC key: ';
const RECOVERY = 'failed to recover btc public key when verifying ECDSA PoP: ';

/** The first rule that fails, or that none does. */
export function judge(judged: Case, ecc: Ecc): Verdict {
  const malformed = formFault(judged);
  if (malformed !== undefined) return malformed;
  if (judged.type === 'BIP340') return judgeBip340(judged, ecc);
  return judged.type === 'BIP322' ? judgeBip322(judged, ecc) : judgeEcdsa(judged, ecc);
}

/**
 * What the chain refuses in a proof without looking at key, account or message: ValidateBasic. Of a BIP340 signature only r is held against its
 * limit: the parser takes any s (btcec schnorr/signature.go ParseSignature).
 */
export function formFault({ type, signature }: { readonly type: Type | undefined; readonly signature: Uint8Array }): Refusal | undefined {
  if (signature.length === 0) return stateless('pop.empty-signature', 'empty BTC signature');
  switch (type) {
    case 'BIP340': {
      const malformed = 'invalid BTC BIP340 signature: bytes cannot be converted to a *schnorr.Signature object';
      if (signature.length !== 64) return stateless('pop.wrong-length', malformed);
      return Bytes.toBigInt(signature.subarray(0, 32)) >= Scalar.P ? stateless('pop.out-of-range', malformed) : undefined;
    }
    case 'BIP322': {
      const parts = decodeBip322Sig(signature);
      return typeof parts === 'string' ? malformedBip322(parts) : undefined;
    }
    case 'ECDSA':
      return signature.length === 65 ? undefined : stateless('pop.wrong-length', 'invalid BTC ECDSA signature size');
    default:
      return stateless('pop.unknown-type', 'invalid BTC signature type');
  }
}

function malformedBip322(problem: string): Refusal {
  return stateless('pop.malformed-bip322', `invalid BTC BIP322 signature: ${problem}`);
}

/** As {@link judge}; a proof that was found valid lately is not judged again: it is taken from a wallet, then put into a message. */
export function judgeOnce(judged: Case, ecc: Ecc): Verdict {
  const { type, signature, message, btcPk, network } = judged;
  const valid = found.get(ecc) ?? new Set<string>();
  found.set(ecc, valid);
  const id = `${type}:${network}:${[btcPk, signature, message].map(Hex.encode).join(':')}`;
  if (valid.has(id)) return VALID;
  const verdict = judge(judged, ecc);
  if (!verdict.valid) return verdict;
  if (valid.size >= FOUND_MAX) valid.clear();
  valid.add(id);
  return verdict;
}

// By content, valid ones only, few. Pure memory, no behaviour.
const FOUND_MAX = 64;
const found = new WeakMap<Ecc, Set<string>>();

function judgeBip340({ signature, message, btcPk }: Case, ecc: Ecc): Verdict {
  if (!ecc.isXOnly(btcPk)) return stateful('pop.key-not-on-curve', Reference.offCurve(btcPk));
  return ecc.schnorrVerify(sha256(message), btcPk, signature) ? VALID : stateful('pop.invalid-signature', 'failed to verify pop.BtcSig');
}

function judgeBip322({ signature, message, btcPk, network }: Case, ecc: Ecc): Verdict {
  const parts = decodeBip322Sig(signature);
  if (typeof parts === 'string') return malformedBip322(parts);
  const refuse = (why: Why, reference: string): Verdict => stateful(why, BIP322 + reference);
  if (message.length === 0 || parts.address.length === 0 || parts.witness.length === 0)
    return refuse('pop.empty-part', 'cannot verify bip322 signature. One of the required parameters is empty');
  const read = Bip322.readWitness(parts.witness);
  if ('fault' in read) return refuse('pop.malformed-witness', Reference.ofWitness(read));
  const address = readAddress(parts.address, network);
  if (address.kind === 'none') return refuse('pop.bad-address', address.reference);
  if (address.kind === 'other') return refuse('pop.unsupported-address', Reference.UNSUPPORTED);
  const finding = Bip322.check(message, address.scriptPubKey, read.stack, ecc);
  if (finding === 'unsupported-script' || finding === 'wrong-item-count') return refuse('pop.unsupported-address', Reference.UNSUPPORTED);
  if (finding !== undefined) return refuse(`pop.${finding}`, Reference.ofFinding(finding, read.stack, address.program));
  if (address.kind === 'p2tr') {
    if (!ecc.isXOnly(btcPk)) return refuse('pop.key-not-on-curve', Reference.offCurve(btcPk));
    if (Bytes.equal(TapTree.tweak(btcPk, new Uint8Array(0), ecc).outputKey, address.program)) return VALID;
  } else {
    const [, publicKey] = read.stack;
    if (publicKey !== undefined && Bytes.equal(publicKey.subarray(1), btcPk)) return VALID;
  }
  return refuse('pop.foreign-key', 'bip322Sig.Address does not correspond to bip340PK');
}

function judgeEcdsa({ signature, message, btcPk }: Case, ecc: Ecc): Verdict {
  if (!ecc.isXOnly(btcPk)) return stateful('pop.key-not-on-curve', Reference.offCurve(btcPk));
  const header = signature[0] as number;
  const badHeader = header < 27 || header > 34;
  const recovered = badHeader ? null : SignedMessage.recover(message, signature, ecc);
  const reference = Reference.ofCompact(signature, recovered !== null);
  if (reference !== undefined) return stateful(whyOf(badHeader, recovered !== null, signature), RECOVERY + reference);
  if (recovered !== null && Bytes.equal(recovered.publicKey.subarray(1), btcPk)) return VALID;
  return stateful('pop.foreign-key', 'the recovered PK does not match the given PK');
}

function whyOf(badHeader: boolean, recovered: boolean, signature: Uint8Array): Why {
  if (badHeader) return 'pop.bad-header';
  if (recovered) return 'pop.high-s';
  const scalars = [signature.subarray(1, 33), signature.subarray(33)].map(Bytes.toBigInt);
  return scalars.every(Scalar.isNonZero) ? 'pop.no-key' : 'pop.out-of-range';
}

/** What the chain takes and nobody should send: another decoder may read it otherwise. */
export type Warning =
  | 'pop.bytes-after-witness'
  | 'pop.non-canonical-encoding'
  | 'pop.foreign-address-prefix'
  | 'pop.upper-case-address'
  | 'pop.odd-witness-version'
  | 'pop.uncompressed-header';

/** The leniencies of the chain that a proof makes use of. */
export function leniencies({ type, signature, network }: Omit<Case, 'message' | 'btcPk'>): readonly Warning[] {
  if (type === 'ECDSA') return signature.length === 65 && (signature[0] as number) < 31 ? ['pop.uncompressed-header'] : [];
  const parts = type === 'BIP322' ? decodeBip322Sig(signature) : '';
  if (typeof parts === 'string') return [];
  const found: Warning[] = [];
  const read = Bip322.readWitness(parts.witness);
  if ('stack' in read && read.next !== parts.witness.length) found.push('pop.bytes-after-witness');
  if (!Bytes.equal(encodeBip322Sig(parts), signature)) found.push('pop.non-canonical-encoding');
  const address = readAddress(parts.address, network);
  if (address.kind === 'p2wpkh' || address.kind === 'p2tr') {
    if (address.prefix !== Network.prefixes(network).bech32) found.push('pop.foreign-address-prefix');
    if (address.upperCase) found.push('pop.upper-case-address');
    if ((address.kind === 'p2wpkh') !== (address.version === 0)) found.push('pop.odd-witness-version');
  }
  return found;
}

function stateless(why: Why, reference: string): Refusal {
  return { valid: false, why, reference, stage: 'stateless' };
}

function stateful(why: Why, reference: string): Refusal {
  return { valid: false, why, reference, stage: 'stateful' };
}
