// A covenant member that trusts nobody: it signs what it has rebuilt itself and nothing else, verifies its own signatures, and hands them out
// as the chain's message. babylon x/btcstaking MsgAddCovenantSigs; covenant-emulator covenant-signer signs whatever scripts it is handed.
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import type { LeafSpend } from '../bitcoin/LeafSpend.ts';
import * as AdaptorSig from '../crypto/AdaptorSig.ts';
import * as Ecc from '../crypto/Ecc.ts';
import * as PublicKey from '../crypto/PublicKey.ts';
import * as Schnorr from '../crypto/Schnorr.ts';
import type * as SecretKey from '../crypto/SecretKey.ts';
import * as BabylonAddress from './BabylonAddress.ts';
import * as ChainView from './ChainView.ts';
import type * as Covenant from './Covenant.ts';
import * as CovenantReview from './CovenantReview.ts';
import { check as judge } from './chain/judge.ts';
import * as Message from './Message.ts';

export type Reason =
  | Check.Reason
  | CovenantReview.Reason
  | AdaptorSig.Reason
  | BabylonAddress.Reason
  | { readonly code: 'covenant-signer.refused'; readonly report: CovenantReview.Report; readonly checks: readonly string[] }
  | { readonly code: 'covenant-signer.other-key'; readonly expected: string; readonly got: string }
  | { readonly code: 'covenant-signer.not-prepared'; readonly field: string }
  | { readonly code: 'covenant-signer.self-check-failed'; readonly field: string; readonly reference: string };

/** What is signed for one stake, found good: the rebuilt spends and the one name of all of them. */
export type Prepared = {
  readonly report: CovenantReview.Report;
  readonly covenantPk: PublicKey.XOnlyPublicKey;
  /** Of the stake: a member signs one set of transactions for it, for ever. */
  readonly outpoint: { readonly txid: string; readonly vout: number };
  /** The keys that the adaptor signatures are encrypted under, in the order of the signature lists. */
  readonly finalityProviderPks: readonly Uint8Array[];
  readonly spends: {
    readonly stakingSlashing: LeafSpend;
    readonly unbonding: LeafSpend;
    readonly unbondingSlashing: LeafSpend;
    /** Input 0 of an expansion. */
    readonly expansion?: LeafSpend;
  };
  /** SHA-256 over member, stake, providers and every signature hash: two requests with the same digest ask for the same signatures. @shape 32 bytes */
  readonly digest: Uint8Array;
};

/** A member's signatures for one stake. @shape adaptor signatures: 65 bytes, one for each provider; the others 64 */
export type Signatures = Covenant.MemberSignatures & { readonly expansion?: Uint8Array };

// What was found good here; a copy with a change in it is none of them.
const prepared = new WeakMap<Prepared, Origin>();

/** What it was made of, for the chain's own judgement. */
type Origin = { readonly records: readonly ChainView.DelegationRecord[]; readonly policy: CovenantReview.Policy };

/**
 * Everything that is to be signed, or the refusal with the whole report.
 *
 * @throws covenant-signer.refused - at least one question failed; `reason.report` has all
 * @throws as `CovenantReview.review`
 */
export function prepare(
  options: Required<Pick<CovenantReview.Options, 'subject' | 'policy' | 'covenantPk'>>,
  ecc: Ecc.Ecc = Ecc.auto(),
): Prepared {
  const { covenantPk: given } = Check.object(options, 'options');
  const covenantPk = PublicKey.fromXOnly(given, 'covenantPk', ecc);
  const { report, facts } = CovenantReview.reviewed(options, ecc);
  const [stakingSlashing, unbonding, unbondingSlashing] = [facts.stakingSlashing(), facts.unbonding(), facts.unbondingSlashing()];
  const expansion = report.isExpansion ? facts.expansion() : undefined;
  const isWhole = !report.isExpansion || expansion !== undefined;
  if (!report.ok || stakingSlashing === undefined || unbonding === undefined || unbondingSlashing === undefined || !isWhole) {
    const checks = CovenantReview.failures(report).map(({ check }) => check);
    return fail<Reason>({ code: 'covenant-signer.refused', report, checks }, `not signed: ${checks.join(', ')}`);
  }
  const { record } = facts.stake;
  // It names the stake in the log: who changed it would have a second set signed.
  const outpoint = Object.freeze({ ...facts.stake.outpoint });
  const spends = { stakingSlashing, unbonding, unbondingSlashing, ...(expansion === undefined ? {} : { expansion }) };
  const { fpBtcPkList: finalityProviderPks } = record;
  const digest = digestOf({ covenantPk, outpoint, finalityProviderPks, spends });
  const result: Prepared = Object.freeze({ report, covenantPk, outpoint, finalityProviderPks, spends: Object.freeze(spends), digest });
  const records = facts.previous === undefined ? [record] : [record, withoutParent(facts.previous.record)];
  prepared.set(result, { records, policy: { ...options.policy } });
  return result;
}

/** Of the delegation before only its own facts count; where it came from need not be known. */
function withoutParent({ expansion: _, ...record }: ChainView.DelegationRecord): ChainView.DelegationRecord {
  return record;
}

function digestOf({ covenantPk, outpoint, finalityProviderPks, spends }: Omit<Prepared, 'report' | 'digest'>): Uint8Array {
  const { stakingSlashing, unbonding, unbondingSlashing, expansion } = spends;
  const hashes = [stakingSlashing, unbonding, unbondingSlashing, ...(expansion === undefined ? [] : [expansion])].map((one) =>
    one.sighash(),
  );
  const parts = [covenantPk, utf8ToBytes(`${outpoint.txid}:${outpoint.vout}`), ...finalityProviderPks, ...hashes];
  // Each part with its length, and how many there are of either kind: no two requests run together to the same bytes.
  const framed = parts.map((part) => Bytes.concat(Bytes.fromUint64BE(BigInt(part.length)), part));
  const counts = [finalityProviderPks.length, hashes.length].map((count) => Bytes.fromUint64BE(BigInt(count)));
  return sha256(Bytes.concat(utf8ToBytes('satlock-covenant-request-v1'), Uint8Array.of(0), ...counts, ...framed));
}

/** Returns `value` when {@link prepare} made it. @throws covenant-signer.not-prepared */
export function check(value: Prepared, field = 'prepared'): Prepared {
  if (value === undefined || value === null) Check.missing(field);
  if (!prepared.has(value)) notPrepared(field);
  return value;
}

function notPrepared(field: string): never {
  return fail<Reason>({ code: 'covenant-signer.not-prepared', field }, `${field}: expected what CovenantSigner.prepare gives`);
}

/**
 * The signatures. Each is verified before it is given out; a log that must stand first is written by the caller, see `CovenantLog`.
 *
 * @throws covenant-signer.not-prepared, covenant-signer.other-key, covenant-signer.self-check-failed
 */
export function sign(
  options: { readonly prepared: Prepared; readonly secretKey: SecretKey.SecretKey; readonly auxRand?: Uint8Array },
  ecc: Ecc.Ecc = Ecc.auto(),
): Signatures {
  const { prepared: given, secretKey, auxRand } = Check.object(options, 'options');
  const { covenantPk, finalityProviderPks, spends } = check(given);
  const got = PublicKey.ofSecret(secretKey, ecc);
  if (!Bytes.equal(got, covenantPk)) {
    const facts = { expected: Hex.encode(covenantPk), got: Hex.encode(got) };
    fail<Reason>(
      { code: 'covenant-signer.other-key', ...facts },
      `the key is that of ${facts.got}, the request was checked for ${facts.expected}`,
    );
  }
  const aux = auxRand === undefined ? {} : { auxRand };
  const encrypt = (spend: LeafSpend): readonly Uint8Array[] =>
    finalityProviderPks.map((encryptionKey) => AdaptorSig.sign({ secretKey, encryptionKey, message: spend.sighash(), ...aux }, ecc));
  const plain = (spend: LeafSpend): Uint8Array => Schnorr.sign(spend.sighash(), secretKey, auxRand, ecc);
  const signatures: Signatures = {
    covenantPk: Bytes.copy(covenantPk) as PublicKey.XOnlyPublicKey,
    stakingSlashing: encrypt(spends.stakingSlashing),
    unbonding: plain(spends.unbonding),
    unbondingSlashing: encrypt(spends.unbondingSlashing),
    ...(spends.expansion === undefined ? {} : { expansion: plain(spends.expansion) }),
  };
  verify(given, signatures, ecc);
  return signatures;
}

/**
 * Refuses signatures that are not what the request asks for: new ones, or ones that a log kept. First each alone over the rebuilt
 * transactions, then all of them as the chain would judge them over the transactions as they were given.
 *
 * @throws covenant-signer.not-prepared, covenant-signer.self-check-failed, input.*
 */
export function verify(value: Prepared, signatures: Signatures, ecc: Ecc.Ecc = Ecc.auto()): void {
  const { covenantPk, finalityProviderPks, spends } = check(value);
  const { stakingSlashing, unbonding, unbondingSlashing, expansion } = Check.object(signatures, 'signatures');
  if (!Bytes.equal(Check.bytes(signatures.covenantPk, 'covenantPk', 32), covenantPk)) selfCheckFailed('covenantPk');
  adaptorsHold(value, spends.stakingSlashing, stakingSlashing, 'stakingSlashing', ecc);
  adaptorsHold(value, spends.unbondingSlashing, unbondingSlashing, 'unbondingSlashing', ecc);
  if (!spends.unbonding.verify(covenantPk, Check.bytes(unbonding, 'unbonding', 64), ecc)) selfCheckFailed('unbonding');
  if ((expansion === undefined) !== (spends.expansion === undefined)) selfCheckFailed('expansion');
  if (expansion !== undefined && spends.expansion?.verify(covenantPk, Check.bytes(expansion, 'expansion', 64), ecc) !== true)
    selfCheckFailed('expansion');
  if (finalityProviderPks.length === 0) selfCheckFailed('finalityProviderPks');
  chainTakes(value, messageOf(value, signatures, STAND_IN), ecc);
}

function adaptorsHold(
  { covenantPk, finalityProviderPks }: Prepared,
  spend: LeafSpend,
  signatures: readonly Uint8Array[],
  field: string,
  ecc: Ecc.Ecc,
): void {
  if (Check.list(signatures, field).length !== finalityProviderPks.length) selfCheckFailed(field);
  for (const [i, encryptionKey] of finalityProviderPks.entries()) {
    const adaptorSignature = Bytes.copy(Check.bytes(signatures[i], `${field}[${i}]`, 65));
    const valid = AdaptorSig.verify({ publicKey: covenantPk, encryptionKey, message: spend.sighash(), adaptorSignature }, ecc);
    if (!valid) selfCheckFailed(`${field}[${i}]`);
  }
}

function selfCheckFailed(field: string, reference = ''): never {
  return fail<Reason>(
    { code: 'covenant-signer.self-check-failed', field, reference },
    `${field}: this is no signature for the request; nothing is released${reference === '' ? '' : ` (${reference})`}`,
  );
}

/** Anybody may send covenant signatures: for the judgement the account plays no part. */
const STAND_IN = BabylonAddress.encode(new Uint8Array(20).fill(1));

/** Another road to the same answer: the chain's own checks, which rebuild from the stored record and not from what was rebuilt here. */
function chainTakes(value: Prepared, message: Message.Message, ecc: Ecc.Ecc): void {
  const { records, policy } = prepared.get(value) ?? notPrepared('prepared');
  const { paramsSet, tipHeight, release } = policy;
  // Without a tip the stake counts as mined a moment ago; expiry was asked before.
  const tip = tipHeight ?? Math.max(...records.map(({ startHeight }) => startHeight));
  const chain = ChainView.from({
    paramsSet,
    tipHeight: tip,
    babylonHeight: 0n,
    confirmationDepthBlocks: 1,
    delegations: records,
    profile: 'generic',
    ...(release === undefined ? {} : { release }),
  });
  const verdict = judge(message, chain, {}, ecc);
  if (!verdict.ok) selfCheckFailed(verdict.field, verdict.reference);
}

/**
 * The chain's message with these signatures.
 *
 * @throws covenant-signer.not-prepared, covenant-signer.self-check-failed, babylon-address.*, input.*
 */
export function toMessage(
  options: { readonly prepared: Prepared; readonly signatures: Signatures; readonly signer: string },
  ecc: Ecc.Ecc = Ecc.auto(),
): Message.Message<'/babylon.btcstaking.v1.MsgAddCovenantSigs'> {
  const { prepared: value, signatures, signer } = Check.object(options, 'options');
  verify(value, signatures, ecc);
  return messageOf(value, signatures, BabylonAddress.parse(signer, 'signer').text);
}

function messageOf(
  { covenantPk, outpoint }: Prepared,
  { stakingSlashing, unbonding, unbondingSlashing, expansion }: Signatures,
  signer: string,
): Message.Message<'/babylon.btcstaking.v1.MsgAddCovenantSigs'> {
  return {
    typeUrl: Message.ADD_COVENANT_SIGS,
    value: {
      signer,
      pk: Bytes.copy(covenantPk),
      stakingTxHash: outpoint.txid,
      slashingTxSigs: stakingSlashing.map(Bytes.copy),
      unbondingTxSig: Bytes.copy(unbonding),
      slashingUnbondingTxSigs: unbondingSlashing.map(Bytes.copy),
      ...(expansion === undefined ? {} : { stakeExpansionTxSig: Bytes.copy(expansion) }),
    },
  };
}
