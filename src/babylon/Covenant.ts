// What a covenant member signs for a delegation: adaptor signatures for each provider on both slashing transactions, a plain one for unbonding.
// Lists stand in the order of the delegation's provider list, which is neither ascending nor descending (babylon x/btcstaking MsgAddCovenantSigs).
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
import { check as checkDelegation, type Delegation, type Reason as DelegationReason } from './Delegation.ts';

export type Reason =
  | Check.Reason
  | AdaptorSig.Reason
  | DelegationReason
  | { readonly code: 'covenant.not-a-member'; readonly publicKey: string; readonly reference: string }
  | { readonly code: 'covenant.wrong-count'; readonly field: string; readonly expected: number; readonly got: number }
  | { readonly code: 'covenant.bad-signature'; readonly field: string; readonly publicKey: string; readonly reference: string };

/** One member's signatures for one delegation. @shape adaptor signatures: 65 bytes (old form 66), one for each provider; unbonding: 64 bytes */
export type MemberSignatures = {
  readonly covenantPk: PublicKey.XOnlyPublicKey;
  readonly stakingSlashing: readonly Uint8Array[];
  readonly unbondingSlashing: readonly Uint8Array[];
  readonly unbonding: Uint8Array;
};

/**
 * Signs a delegation as a covenant member. The transactions are built from the contract and parameters here, never taken from outside.
 *
 * @throws covenant.not-a-member
 */
export function sign(
  options: { readonly delegation: Delegation; readonly secretKey: SecretKey.SecretKey; readonly auxRand?: Uint8Array },
  ecc: Ecc.Ecc = Ecc.auto(),
): MemberSignatures {
  const { delegation, secretKey, auxRand } = Check.object(options, 'options');
  checkDelegation(delegation);
  const covenantPk = PublicKey.ofSecret(secretKey, ecc);
  checkMember(delegation, covenantPk);
  const encrypt = (spend: LeafSpend): Uint8Array[] =>
    delegation.contract.terms.finalityProviderPks.map((encryptionKey) =>
      AdaptorSig.sign({ secretKey, encryptionKey, message: spend.sighash(), ...(auxRand === undefined ? {} : { auxRand }) }, ecc),
    );
  return {
    covenantPk,
    stakingSlashing: encrypt(delegation.stakingSlashing),
    unbondingSlashing: encrypt(delegation.unbondingSlashing),
    unbonding: Schnorr.sign(delegation.unbonding.sighash(), secretKey, auxRand, ecc),
  };
}

/**
 * Refuses signatures that the chain would refuse.
 *
 * @throws covenant.not-a-member, covenant.wrong-count, covenant.bad-signature
 * @source babylon x/btcstaking/keeper/msg_server.go AddCovenantSigs
 */
export function check(
  options: { readonly delegation: Delegation; readonly signatures: MemberSignatures },
  ecc: Ecc.Ecc = Ecc.auto(),
): void {
  const { delegation, signatures } = Check.object(options, 'options');
  checkDelegation(delegation);
  const { covenantPk } = Check.object(signatures, 'signatures');
  Check.bytes(covenantPk, 'covenantPk', 32);
  checkMember(delegation, covenantPk);
  checkAdaptors(delegation, delegation.stakingSlashing, covenantPk, signatures.stakingSlashing, 'stakingSlashing', ecc);
  checkAdaptors(delegation, delegation.unbondingSlashing, covenantPk, signatures.unbondingSlashing, 'unbondingSlashing', ecc);
  const unbonding = Check.bytes(signatures.unbonding, 'unbonding', 64);
  if (!delegation.unbonding.verify(covenantPk, unbonding, ecc)) badSignature('unbonding', covenantPk);
}

function checkAdaptors(
  delegation: Delegation,
  spend: LeafSpend,
  publicKey: PublicKey.XOnlyPublicKey,
  signatures: readonly Uint8Array[],
  field: string,
  ecc: Ecc.Ecc,
): void {
  const { finalityProviderPks } = delegation.contract.terms;
  const expected = finalityProviderPks.length;
  const got = Check.list(signatures, field).length;
  if (got !== expected)
    fail<Reason>(
      { code: 'covenant.wrong-count', field, expected, got },
      `${field}: one adaptor signature for each of the ${expected} providers is needed, got ${got}`,
    );
  for (const [i, encryptionKey] of finalityProviderPks.entries()) {
    const adaptorSignature = Bytes.copy(Check.bytes(signatures[i], `${field}[${i}]`));
    if (!AdaptorSig.verify({ publicKey, encryptionKey, message: spend.sighash(), adaptorSignature }, ecc))
      badSignature(`${field}[${i}]`, publicKey);
  }
}

function checkMember(delegation: Delegation, covenantPk: Uint8Array): void {
  const publicKey = Hex.encode(covenantPk);
  if (!delegation.contract.terms.covenantPks.some((pk) => Hex.encode(pk) === publicKey)) {
    fail<Reason>(
      { code: 'covenant.not-a-member', publicKey, reference: 'btcstaking/1107' },
      `${publicKey} is no member of this delegation's covenant`,
    );
  }
}

function badSignature(field: string, publicKey: Uint8Array): never {
  fail<Reason>(
    { code: 'covenant.bad-signature', field, publicKey: Hex.encode(publicKey), reference: 'btcstaking/1110' },
    `${field}: not a valid signature of ${Hex.encode(publicKey)}`,
  );
}
