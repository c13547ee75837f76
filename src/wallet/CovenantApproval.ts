// The covenant's signatures as a staker meets them: three lists, each with the signatures of at least a quorum. They are verified before coins
// move: a stake whose covenant has not signed can be left only when its timelock ends (babylon x/btcstaking/types/btc_delegation.go HasCovenantQuorums).
import { base64 } from '@scure/base';
import type { MemberSignatures } from '../babylon/Covenant.ts';
import { check as checkDelegation, type Delegation } from '../babylon/Delegation.ts';
import type { KeySignature } from '../babylon/Witness.ts';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import { check as checkSpend, type LeafSpend } from '../bitcoin/LeafSpend.ts';
import * as AdaptorSig from '../crypto/AdaptorSig.ts';
import * as Ecc from '../crypto/Ecc.ts';

export type Reason =
  | Check.Reason
  | Hex.Reason
  | { readonly code: 'covenant-approval.not-base64'; readonly field: string }
  | {
      readonly code: 'covenant-approval.quorum-not-reached';
      readonly list: List;
      readonly needed: number;
      readonly valid: number;
      readonly ignored: readonly Ignored[];
    };

/** The three lists that a quorum must have signed; an extension has a fourth, by the old committee. */
export type List = 'stakingSlashing' | 'unbondingSlashing' | 'unbonding' | 'extension';
/** A signature that does not count, and why. */
export type Ignored = { readonly publicKey: string; readonly why: 'unknown-signer' | 'invalid-signature' | 'repeated' };
/** A member's adaptor signatures on one slashing transaction, one for each provider. */
export type AdaptorSignatures = { readonly publicKey: Uint8Array; readonly signatures: readonly Uint8Array[] };

export type CovenantApproval = {
  readonly stakingSlashing: readonly AdaptorSignatures[];
  readonly unbondingSlashing: readonly AdaptorSignatures[];
  readonly unbonding: readonly KeySignature[];
};

/** A signature as the chain's and the peer's interfaces give it. */
export type HexSignature = { readonly btcPkHex: string; readonly sigHex: string };

/** The approval of members' messages (`MsgAddCovenantSigs`). */
export function fromMembers(members: readonly MemberSignatures[]): CovenantApproval {
  const list = Check.list(members, 'members').map((member, i) => Check.object(member, `members[${i}]`));
  return {
    stakingSlashing: list.map(({ covenantPk, stakingSlashing }) => ({ publicKey: covenantPk, signatures: stakingSlashing })),
    unbondingSlashing: list.map(({ covenantPk, unbondingSlashing }) => ({ publicKey: covenantPk, signatures: unbondingSlashing })),
    unbonding: list.map(({ covenantPk, unbonding }) => ({ publicKey: covenantPk, signature: unbonding })),
  };
}

/** What a node of Babylon has of a delegation's covenant; `previousStake`: for an extension, on the spend of the stake before. */
export type RestApproval = CovenantApproval & { readonly previousStake: readonly KeySignature[] };

/**
 * The approval in a node's answer to `/babylon/btcstaking/v1/btc_delegation/{txid}`, with or without the field `btc_delegation` around it.
 * Nothing is verified here: {@link check} does, and every flow that needs the approval.
 *
 * @throws input.*, hex.*, covenant-approval.not-base64
 * @source babylon proto/babylon/btcstaking/v1/query.proto BTCDelegationResponse
 */
export function fromRest(json: unknown): RestApproval {
  const outer = answer(json, 'btc_delegation');
  const one = isThere(outer['btc_delegation']) ? answer(outer['btc_delegation'], 'btc_delegation') : outer;
  const undelegation = answer(one['undelegation_response'], 'undelegation_response');
  const extension = isThere(one['stk_exp']) ? answer(one['stk_exp'], 'stk_exp') : {};
  return {
    stakingSlashing: adaptorsFromRest(one['covenant_sigs'], 'covenant_sigs'),
    unbondingSlashing: adaptorsFromRest(undelegation['covenant_slashing_sigs'], 'covenant_slashing_sigs'),
    unbonding: signaturesFromRest(undelegation['covenant_unbonding_sig_list'], 'covenant_unbonding_sig_list'),
    previousStake: signaturesFromRest(extension['previous_stk_covenant_sigs'], 'previous_stk_covenant_sigs'),
  };
}

type Answer = Readonly<Record<string, unknown>>;

const answer = (value: unknown, field: string): Answer => Check.object(value as Answer, field);
const isThere = (value: unknown): boolean => value !== null && value !== undefined;
const entries = (value: unknown, field: string): readonly unknown[] =>
  isThere(value) ? Check.list(value as readonly unknown[], field) : [];

function adaptorsFromRest(list: unknown, field: string): readonly AdaptorSignatures[] {
  return entries(list, field).map((entry, i) => {
    const at = `${field}[${i}]`;
    const { cov_pk: key, adaptor_sigs: signatures } = answer(entry, at);
    const decoded = entries(signatures, `${at}.adaptor_sigs`).map((text, j) => fromBase64(text, `${at}.adaptor_sigs[${j}]`));
    return { publicKey: Hex.decode(Check.text(key, `${at}.cov_pk`), `${at}.cov_pk`, 32), signatures: decoded };
  });
}

function signaturesFromRest(list: unknown, field: string): readonly KeySignature[] {
  return entries(list, field).map((entry, i) => {
    const at = `${field}[${i}]`;
    const { pk, sig } = answer(entry, at);
    const signature = Check.bytes(fromBase64(sig, `${at}.sig`), `${at}.sig`, 64);
    return { publicKey: Hex.decode(Check.text(pk, `${at}.pk`), `${at}.pk`, 32), signature };
  });
}

function fromBase64(value: unknown, field: string): Uint8Array {
  const text = Check.text(value, field);
  try {
    return base64.decode(text);
  } catch (cause) {
    return fail<Reason>({ code: 'covenant-approval.not-base64', field }, `${field}: expected base64`, { cause });
  }
}

/**
 * Signatures in hex, of x-only keys in either case. What is no key or no signature by its form is refused here, by its field; whether it is
 * of a member and holds is asked where it is used.
 *
 * @throws input.*, hex.*
 */
export function fromHex(signatures: readonly HexSignature[], field = 'covenantSignatures'): readonly KeySignature[] {
  return Check.list(signatures, field).map((one, i) => read(one, `${field}[${i}]`));
}

function read(one: HexSignature, field: string): KeySignature {
  const { btcPkHex, sigHex } = Check.object(one, field);
  const signature = Hex.decode(sigHex, `${field}.sigHex`);
  if (signature.length !== 65) Check.bytes(signature, `${field}.sigHex`, 64);
  return { publicKey: Hex.decode(btcPkHex, `${field}.btcPkHex`, 32), signature };
}

/** Signatures in either form, as bytes. */
export function signaturesOf(signatures: readonly (KeySignature | HexSignature)[], field = 'covenantSignatures'): readonly KeySignature[] {
  return Check.list(signatures, field).map((one, i) => {
    const at = `${field}[${i}]`;
    if ('btcPkHex' in Check.object(one, at)) return read(one as HexSignature, at);
    const { publicKey, signature } = one as KeySignature;
    return { publicKey: Check.bytes(publicKey, `${at}.publicKey`, 32), signature: Check.bytes(signature, `${at}.signature`) };
  });
}

/**
 * Refuses a delegation that the covenant has not approved in full: at least a quorum of valid signatures in each of the three lists. Bad
 * signatures and strangers' do not count and do no harm.
 *
 * @throws covenant-approval.quorum-not-reached
 */
export function check(approval: CovenantApproval, delegation: Delegation, ecc: Ecc.Ecc = Ecc.auto()): void {
  const { stakingSlashing, unbondingSlashing, unbonding } = Check.object(approval, 'approval');
  checkDelegation(delegation);
  checkUnbonding(delegation, unbonding, ecc);
  count('stakingSlashing', delegation, stakingSlashing, (one, field) =>
    adaptorsHold(delegation, delegation.stakingSlashing, one, field, ecc),
  );
  count('unbondingSlashing', delegation, unbondingSlashing, (one, field) =>
    adaptorsHold(delegation, delegation.unbondingSlashing, one, field, ecc),
  );
}

/**
 * Refuses an unbonding that the covenant has not signed: a quorum of valid signatures on the unbonding transaction.
 *
 * @throws covenant-approval.quorum-not-reached
 */
export function checkUnbonding(delegation: Delegation, signatures: readonly KeySignature[], ecc: Ecc.Ecc = Ecc.auto()): void {
  checkDelegation(delegation);
  count('unbonding', delegation, signatures, ({ publicKey, signature }) => delegation.unbonding.verify(publicKey, signature, ecc));
}

/**
 * Refuses an extension that the old committee has not signed: a quorum of valid signatures on the spend of the previous stake.
 *
 * @throws covenant-approval.quorum-not-reached
 */
export function checkPrevious(
  previous: Delegation,
  spend: LeafSpend,
  signatures: readonly KeySignature[],
  ecc: Ecc.Ecc = Ecc.auto(),
): void {
  checkDelegation(previous, 'previous');
  count('extension', previous, signatures, ({ publicKey, signature }) => checkSpend(spend).verify(publicKey, signature, ecc));
}

function count<T extends { readonly publicKey: Uint8Array }>(
  list: List,
  { contract }: Delegation,
  given: readonly T[],
  holds: (one: T, field: string) => boolean,
): void {
  const { covenantPks, covenantQuorum: needed } = contract.terms;
  const open = new Set(covenantPks.map(Hex.encode));
  const members = new Set(open);
  const ignored: Ignored[] = [];
  let valid = 0;
  for (const [i, one] of Check.list(given, `approval.${list}`).entries()) {
    const field = `approval.${list}[${i}]`;
    const publicKey = Hex.encode(Check.bytes(Check.object(one, field).publicKey, `${field}.publicKey`, 32));
    const why = !members.has(publicKey)
      ? 'unknown-signer'
      : !open.has(publicKey)
        ? 'repeated'
        : valid === needed || holds(one, field)
          ? undefined
          : 'invalid-signature';
    if (why !== undefined) {
      ignored.push({ publicKey, why });
      continue;
    }
    open.delete(publicKey);
    if (valid < needed) valid++;
  }
  if (valid < needed)
    fail<Reason>(
      { code: 'covenant-approval.quorum-not-reached', list, needed, valid, ignored },
      `${list}: ${needed} valid covenant signatures are needed, ${valid} of the ${given.length} given are`,
    );
}

function adaptorsHold(delegation: Delegation, spend: LeafSpend, one: AdaptorSignatures, field: string, ecc: Ecc.Ecc): boolean {
  const { finalityProviderPks } = delegation.contract.terms;
  const signatures = Check.list(one.signatures, `${field}.signatures`);
  if (signatures.length !== finalityProviderPks.length) return false;
  const message = spend.sighash();
  return finalityProviderPks.every((encryptionKey, i) => {
    const adaptorSignature = Bytes.copy(Check.bytes(signatures[i], `${field}.signatures[${i}]`));
    if (adaptorSignature.length !== 65 && adaptorSignature.length !== 66) return false;
    return AdaptorSig.verify({ publicKey: one.publicKey, encryptionKey, message, adaptorSignature }, ecc);
  });
}
