// Proof that the holder of a Bitcoin key agrees to a Babylon account: what is signed, the signature in the chain's form, what wallets return,
// and the chain's verdict. babylon x/btcstaking/types/pop.go, proto/babylon/btcstaking/v1/pop.proto; with signing context
// babylon v3.0.0-rc.3 app/signingcontext/builder.go.
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as Address from '../bitcoin/Address.ts';
import * as Bip322 from '../bitcoin/Bip322.ts';
import * as Network from '../bitcoin/Network.ts';
import * as SignedMessage from '../bitcoin/SignedMessage.ts';
import * as Ecc from '../crypto/Ecc.ts';
import * as Schnorr from '../crypto/Schnorr.ts';
import type * as SecretKey from '../crypto/SecretKey.ts';
import * as BabylonAddress from './BabylonAddress.ts';
import { type Answer, type Reason as AnswerReason, readAnswer } from './pop/answer.ts';
import { encodeBip322Sig, encodePop } from './pop/encoding.ts';
import { judgeOnce, leniencies, type Refusal, type Type, type Verdict, type Warning, type Why } from './pop/verdict.ts';

export type { Refusal, Type, Verdict, Warning, Why };

export type Reason =
  | Check.Reason
  | Hex.Reason
  | Address.Reason
  | BabylonAddress.Reason
  | Bip322.Reason
  | SecretKey.Reason
  | AnswerReason
  | { readonly code: 'pop.bad-context'; readonly field: string }
  | { readonly code: 'pop.bad-chain-id'; readonly field: string }
  | { readonly code: 'pop.unknown-type'; readonly field: string }
  | { readonly code: 'pop.unknown-role'; readonly field: string }
  | { readonly code: 'pop.wrong-type-for-address'; readonly field: string; readonly type: Type; readonly kind: string }
  | { readonly code: Why; readonly field: string; readonly reference: string };

/** A proof: `signature` is `btc_sig` of the message (for BIP322 address and witness in protobuf). */
export type Pop = { readonly type: Type; readonly signature: Uint8Array };

/** Who proves; only a signing context tells them apart. */
export type Role = 'staker' | 'finalityProvider';

/** The numbers of the types in `BTCSigType`. */
export const TYPES: readonly Type[] = ['BIP340', 'BIP322', 'ECDSA'];

const TAGS: Readonly<Record<Role, string>> = { staker: 'staker_pop', finalityProvider: 'fp_pop' };

/** `context`: the 64 hex digits of {@link context}, on chains that have one; none when left out or empty. */
export type Signed = { readonly babylonAddress: string; readonly context?: string };

/**
 * The signing context of a chain of the v3 line, as text. The chains that run today (bbn-1, bbn-test-6) have none.
 *
 * @throws pop.bad-chain-id, pop.unknown-role, input.*
 * @source babylon v3.0.0-rc.3 app/signingcontext/builder.go
 */
export function context(options: { readonly chainId: string; readonly role: Role; readonly version?: number }): string {
  const { chainId, role, version = 0 } = Check.object(options, 'options');
  // Chain ids of CometBFT have at most 50 characters; a slash would move the borders of the fields.
  if (!/^[!-.0-~]{1,50}$/.test(Check.text(chainId, 'chainId')))
    fail<Reason>({ code: 'pop.bad-chain-id', field: 'chainId' }, 'chainId: expected 1..50 visible ASCII characters without a slash');
  if (typeof role !== 'string' || !Object.hasOwn(TAGS, role))
    fail<Reason>({ code: 'pop.unknown-role', field: 'role' }, 'role: expected staker or finalityProvider');
  Check.integer(version, 'version', 0, 0xffff_ffff);
  const module_ = BabylonAddress.encode(sha256(utf8ToBytes('btcstaking')).subarray(0, BabylonAddress.ACCOUNT_BYTES));
  return Hex.encode(sha256(utf8ToBytes(`btcstaking/${version}/${TAGS[role]}/${chainId}/${module_}`)));
}

/**
 * The text that a wallet is asked to sign for BIP322 and ECDSA.
 *
 * @throws input.not-text, babylon-address.*, pop.bad-context
 * @source babylon x/btcstaking/types/pop.go MsgToSignBIP322
 */
export function textFor(signed: Signed): string {
  const { babylonAddress, context: given } = Check.object(signed, 'options');
  return contextOf(given) + BabylonAddress.parse(babylonAddress).text;
}

/**
 * The bytes that are signed, before any hashing: BIP340 takes the account's bytes, the others its text.
 *
 * @shape BIP340: 20 bytes; others: 42; with a context 64 more
 * @throws input.*, babylon-address.*, pop.bad-context, pop.unknown-type
 * @source babylon x/btcstaking/types/pop.go
 */
export function messageFor(options: Signed & { readonly type: Type }): Uint8Array {
  const { type, babylonAddress, context: given } = Check.object(options, 'options');
  return messageOf(typeOf(type), BabylonAddress.parse(babylonAddress), contextOf(given));
}

function messageOf(type: Type, address: BabylonAddress.BabylonAddress, prefix: string): Uint8Array {
  const account = type === 'BIP340' ? address.bytes : utf8ToBytes(address.text);
  return Bytes.concat(utf8ToBytes(prefix), account);
}

/** What a wallet is asked: the type of the proof, and the name of the method that wallets know for it. */
export type WalletMethod = { readonly type: 'BIP322' | 'ECDSA'; readonly method: 'bip322-simple' | 'ecdsa' };

/**
 * How a wallet with this address signs: BIP322 for P2TR and P2WPKH, ECDSA for every other, P2SH-P2WPKH among them (the chain knows no BIP322
 * for it).
 *
 * @throws input.not-text, address.*, network.unknown
 * @source babylon x/btcstaking/types/pop.go isSupportedAddressAndWitness; btc-staking-ts src/staking/manager.ts
 */
export function methodFor(address: string, network: Network.Network): WalletMethod {
  const kind = Address.kindOf(Address.decode(address, network));
  return kind === 'p2tr' || kind === 'p2wpkh' ? { type: 'BIP322', method: 'bip322-simple' } : { type: 'ECDSA', method: 'ecdsa' };
}

export type SignOptions = Signed & {
  readonly type: Type;
  readonly secretKey: SecretKey.SecretKey;
  /** For BIP322: the P2TR (BIP86) or P2WPKH address of the key. */
  readonly address?: string;
  readonly network?: Network.Network;
  /** 32 bytes for Schnorr signatures; fresh random ones when left out. */
  readonly auxRand?: Uint8Array;
};

/**
 * A proof by somebody who holds the key.
 *
 * @throws input.*, secret-key.out-of-range, babylon-address.*, address.*, network.unknown, pop.bad-context, pop.unknown-type
 * @throws bip322.not-your-script - the address is not the one of this key
 * @throws pop.wrong-type-for-address - BIP322 for an address that is neither P2TR nor P2WPKH
 * @source babylon x/btcstaking/types/pop.go
 */
export function sign(options: SignOptions, ecc: Ecc.Ecc = Ecc.auto()): Pop {
  const { type, secretKey, address, network, auxRand } = Check.object(options, 'options');
  const message = messageFor(options);
  if (type === 'BIP340') return { type, signature: Schnorr.sign(sha256(message), secretKey, auxRand, ecc) };
  if (type === 'ECDSA') return { type, signature: SignedMessage.sign(message, secretKey, ecc) };
  if (address === undefined) Check.missing('address');
  if (network === undefined) Check.missing('network');
  const scriptPubKey = Address.decode(address, network, 'address', ecc);
  checkNative(scriptPubKey);
  const witness = Bip322.signSimple(message, secretKey, scriptPubKey, auxRand === undefined ? {} : { auxRand }, ecc);
  return { type, signature: bip322Sig(scriptPubKey, network, witness) };
}

export type WalletAnswer = Signed & {
  /** What `signMessage` returned. */
  readonly signatureBase64: string;
  /** The x-only key of the stake. */
  readonly btcPk: Uint8Array;
  /** The wallet's Bitcoin address. */
  readonly address: string;
  readonly network: Network.Network;
};

/**
 * The proof in what a wallet's `signMessage` returned for {@link textFor}, verified. Which method signed shows in the bytes: 65 are ECDSA
 * (BIP137's headers are converted), a witness is BIP322, and a full BIP322 transaction is reduced to its witness.
 *
 * @throws input.*, babylon-address.*, address.*, network.unknown, pop.bad-context
 * @throws pop.empty-answer, pop.hex-answer, pop.not-base64, pop.unknown-form - no signature in the form that wallets return
 * @throws pop.wrong-type-for-address - BIP322 for an address that must sign by ECDSA
 * @throws bip322.not-simple - a full transaction that says more than a simple signature can
 * @throws pop.foreign-key, pop.invalid-signature, pop.high-s and the other codes of {@link verify} - the chain would refuse it
 * @source babylon x/btcstaking/types/pop.go; BIP137; BIP322
 */
export function fromWallet(answer: WalletAnswer, ecc: Ecc.Ecc = Ecc.auto()): Pop {
  const { btcPk, network } = Check.object(answer, 'answer');
  const text = textFor(answer);
  Check.bytes(btcPk, 'btcPk', 32);
  const pop = readWallet(answer, ecc);
  const verdict = judgeOnce({ ...pop, message: utf8ToBytes(text), btcPk, network }, ecc);
  if (!verdict.valid) {
    const { why, reference } = verdict;
    fail<Reason>(
      { code: why, field: 'signatureBase64', reference },
      `signatureBase64: the chain would refuse this proof (${reference || 'invalid signature'}): is it of this key, account and address?`,
    );
  }
  return pop;
}

/**
 * The proof in what a wallet returned, converted as {@link fromWallet} does and not verified: for {@link verify}, which says what is wrong.
 *
 * @throws as fromWallet, but for what the chain would refuse
 */
export function readWallet(answer: Omit<WalletAnswer, 'btcPk'>, ecc: Ecc.Ecc = Ecc.auto()): Pop {
  const { signatureBase64, address, network } = Check.object(answer, 'answer');
  const text = textFor(answer);
  const scriptPubKey = Address.decode(address, network, 'address', ecc);
  const found = readAnswer(signatureBase64);
  return found.form === 'compact'
    ? { type: 'ECDSA', signature: SignedMessage.withPlainHeader(found.bytes, 'signatureBase64') }
    : { type: 'BIP322', signature: witnessPop(found, text, scriptPubKey, network) };
}

function witnessPop({ form, bytes }: Answer, text: string, scriptPubKey: Uint8Array, network: Network.Network): Uint8Array {
  checkNative(scriptPubKey);
  return bip322Sig(scriptPubKey, network, form === 'witness' ? bytes : Bip322.simpleFromFull(text, scriptPubKey, bytes));
}

/** The address in its own network's prefix and lower case, whatever the wallet wrote. */
function bip322Sig(scriptPubKey: Uint8Array, network: Network.Network, witness: Uint8Array): Uint8Array {
  return encodeBip322Sig({ address: utf8ToBytes(Address.encode(scriptPubKey, network)), witness });
}

function checkNative(scriptPubKey: Uint8Array): void {
  const kind = Address.kindOf(scriptPubKey) ?? 'unknown';
  if (kind === 'p2wpkh' || kind === 'p2tr') return;
  const message = `address: the chain takes BIP322 of P2TR and P2WPKH addresses only; let a ${kind} address sign by ECDSA`;
  fail<Reason>({ code: 'pop.wrong-type-for-address', field: 'address', type: 'BIP322', kind }, message);
}

export type VerifyOptions = Signed & {
  readonly pop: Pop;
  /** The x-only key of the stake. */
  readonly btcPk: Uint8Array;
  /** Matters to the chain's words about base58 addresses only; mainnet when left out. */
  readonly network?: Network.Network;
};

/**
 * The chain's verdict, with its leniencies ({@link warnings} names those that a proof makes use of). A refusal says the chain's text.
 *
 * @throws input.*, babylon-address.*, network.unknown, pop.bad-context, pop.unknown-type
 * @source babylon x/btcstaking/types/pop.go ValidateBasic, Verify
 */
export function verify(options: VerifyOptions, ecc: Ecc.Ecc = Ecc.auto()): Verdict {
  const { pop, babylonAddress, btcPk, context: given, network } = Check.object(options, 'options');
  const checked = checkPop(pop);
  const message = messageOf(checked.type, BabylonAddress.parseAny(babylonAddress), contextOf(given));
  return verifyMessage({ pop: checked, message, btcPk, ...(network === undefined ? {} : { network }) }, ecc);
}

/**
 * The chain's verdict over bytes that were signed, wherever they come from.
 *
 * @throws input.*, network.unknown, pop.unknown-type
 * @source babylon x/btcstaking/types/pop.go VerifyBIP340, VerifyBIP322, VerifyECDSA
 */
export function verifyMessage(
  options: { readonly pop: Pop; readonly message: Uint8Array; readonly btcPk: Uint8Array; readonly network?: Network.Network },
  ecc: Ecc.Ecc = Ecc.auto(),
): Verdict {
  const { pop, message, btcPk, network = 'mainnet' } = Check.object(options, 'options');
  Check.bytes(message, 'message');
  Check.bytes(btcPk, 'btcPk', 32);
  return judgeOnce({ ...checkPop(pop), message, btcPk, network: Network.from(network) }, ecc);
}

/**
 * What the chain tolerates in this proof and nobody should send: bytes after the witness, unknown or repeated fields, an address of another
 * network. Empty for every proof that is made here.
 *
 * @throws input.*, network.unknown, pop.unknown-type
 */
export function warnings(pop: Pop, network: Network.Network): readonly Warning[] {
  return leniencies({ ...checkPop(pop), network: Network.from(network) });
}

/**
 * The protobuf bytes of a proof (message `ProofOfPossessionBTC`).
 *
 * @throws input.*, pop.unknown-type
 * @source babylon proto/babylon/btcstaking/v1/pop.proto
 */
export function encode(pop: Pop): Uint8Array {
  const { type, signature } = checkPop(pop);
  return encodePop(TYPES.indexOf(type), signature);
}

/**
 * The message part `pop` with the field names of the published types.
 *
 * @throws input.*, pop.unknown-type
 */
export function toMessage(pop: Pop): { readonly btcSigType: Type; readonly btcSig: Uint8Array } {
  const { type, signature } = checkPop(pop);
  return { btcSigType: type, btcSig: Bytes.copy(signature) };
}

/**
 * What `signature` of a BIP322 proof holds: the bytes of the wallet's answer around the address.
 *
 * @throws input.*
 * @source babylon proto/babylon/btcstaking/v1/pop.proto BIP322Sig
 */
export function fromBip322(address: string, witness: Uint8Array): Pop {
  const bytes = utf8ToBytes(Check.text(address, 'address'));
  return { type: 'BIP322', signature: encodeBip322Sig({ address: bytes, witness: Check.bytes(witness, 'witness') }) };
}

function checkPop(pop: Pop): Pop {
  const { type, signature } = Check.object(pop, 'pop');
  return { type: typeOf(type, 'pop.type'), signature: Check.bytes(signature, 'pop.signature') };
}

function typeOf(type: Type, field = 'type'): Type {
  if (typeof type !== 'string' || !TYPES.includes(type))
    fail<Reason>({ code: 'pop.unknown-type', field }, `${field}: expected one of ${TYPES.join(', ')}`);
  return type;
}

/** None is the empty text; otherwise the chain hashes 64 lower-case hex digits as text. */
function contextOf(given: string | undefined): string {
  if (given === undefined) return '';
  if (/^([0-9a-f]{64})?$/.test(Check.text(given, 'context'))) return given;
  return fail<Reason>({ code: 'pop.bad-context', field: 'context' }, 'context: expected nothing or 64 lower-case hex digits');
}
