// From a provider's key to complete slashing transactions, and from a published slashing transaction back to the key.
// Adaptor signatures stand in provider list order, witness slots descending by key: looked up by key here, never by position in the witness.
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail, isSatlockError } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import type { LeafSpend } from '../bitcoin/LeafSpend.ts';
import * as Tx from '../bitcoin/Tx.ts';
import * as AdaptorSig from '../crypto/AdaptorSig.ts';
import * as Ecc from '../crypto/Ecc.ts';
import * as PublicKey from '../crypto/PublicKey.ts';
import * as Schnorr from '../crypto/Schnorr.ts';
import * as SecretKey from '../crypto/SecretKey.ts';
import type { MemberSignatures } from './Covenant.ts';
import { check as checkDelegation, type Delegation, type Reason as DelegationReason } from './Delegation.ts';
import * as Witness from './Witness.ts';

export type Reason =
  | Check.Reason
  | Witness.Reason
  | DelegationReason
  | { readonly code: 'slasher.unknown-target' }
  | AdaptorSig.Reason
  | { readonly code: 'slasher.not-its-provider'; readonly finalityProviderPk: string }
  | { readonly code: 'slasher.not-this-slashing'; readonly txid: string }
  | { readonly code: 'slasher.no-key'; readonly tried: number };

/** Which of the two outputs is slashed: whichever is unspent. */
export type Target = 'staking' | 'unbonding';

/** A delegation with the signatures that were collected when it was admitted. */
export type Slashable = {
  readonly delegation: Delegation;
  /** The staker's own consent, 64 bytes each; for M-of-N stakers several. */
  readonly stakerSignatures: {
    readonly stakingSlashing: readonly Witness.KeySignature[];
    readonly unbondingSlashing: readonly Witness.KeySignature[];
  };
  readonly covenantSignatures: readonly MemberSignatures[];
};

/** A signed slashing transaction. */
export type Slashed = { readonly transaction: Tx.Transaction; readonly spend: LeafSpend; readonly ignored: readonly Witness.Ignored[] };

/**
 * Completes the slashing transaction of one output: the covenant's adaptor signatures are decrypted with the provider's key, the provider's
 * own signature is made with it, the staker's was given in advance.
 *
 * @throws slasher.not-its-provider - the key belongs to none of the delegation's providers
 * @throws witness.quorum-not-reached - too few signatures are valid; those that fail to decrypt or verify are skipped and named
 */
export function slash(slashable: Slashable, target: Target, finalityProviderKey: SecretKey.SecretKey, ecc: Ecc.Ecc = Ecc.auto()): Slashed {
  const delegation = delegationOf(slashable);
  const { contract } = delegation;
  const finalityProviderPk = PublicKey.ofSecret(finalityProviderKey, ecc);
  const position = contract.terms.finalityProviderPks.findIndex((pk) => Bytes.equal(pk, finalityProviderPk));
  if (position < 0)
    fail<Reason>(
      { code: 'slasher.not-its-provider', finalityProviderPk: Hex.encode(finalityProviderPk) },
      `${Hex.encode(finalityProviderPk)} is no provider of this delegation`,
    );
  checkTarget(target);
  Check.list(Check.object(slashable.stakerSignatures, 'stakerSignatures').stakingSlashing, 'stakerSignatures.stakingSlashing');
  const { spend, list } = sideOf(slashable, target);
  const decryptionKey = AdaptorSig.decryptionKeyFor(finalityProviderKey, finalityProviderPk, ecc);
  try {
    const { named, nameless } = byName(slashable.covenantSignatures);
    const covenant = named.map((member) => ({
      publicKey: member.covenantPk,
      signature: decrypt(member[list]?.[position], decryptionKey, ecc),
    }));
    const finalityProvider = [
      { publicKey: finalityProviderPk, signature: Schnorr.sign(spend.sighash(), finalityProviderKey, new Uint8Array(32), ecc) },
    ];
    const signatures = { staker: slashable.stakerSignatures[list], finalityProvider, covenant };
    const { stack, ignored } = Witness.assemble({ contract, path: 'slashing', spend, signatures }, ecc);
    return { transaction: spend.withWitness(stack), spend, ignored: [...ignored, ...nameless] };
  } finally {
    SecretKey.wipe(decryptionKey);
  }
}

/** Sets aside the entries whose key is none: stored data of one member must not hold up the quorum of the others. */
function byName(members: readonly MemberSignatures[]): {
  readonly named: readonly (Pick<MemberSignatures, 'covenantPk'> & Partial<MemberSignatures>)[];
  readonly nameless: readonly Witness.Ignored[];
} {
  for (const [i, member] of Check.list(members, 'covenantSignatures').entries()) Check.object(member, `covenantSignatures[${i}]`);
  const isNamed = ({ covenantPk }: MemberSignatures): boolean => Check.isBytes(covenantPk) && covenantPk.length === 32;
  const nameless = members
    .filter((member) => !isNamed(member))
    .map(({ covenantPk }): Witness.Ignored => {
      return { role: 'covenant', publicKey: Check.isBytes(covenantPk) ? Hex.encode(covenantPk) : '', why: 'unknown-signer' };
    });
  return { named: members.filter(isNamed), nameless };
}

/** An adaptor signature that cannot be decrypted gives an empty signature: it is then ignored as invalid, and the others still count. */
function decrypt(adaptorSignature: Uint8Array | undefined, decryptionKey: SecretKey.SecretKey, ecc: Ecc.Ecc): Uint8Array {
  if (adaptorSignature === undefined) return new Uint8Array(0);
  try {
    return AdaptorSig.decrypt({ adaptorSignature: Bytes.copy(Check.bytes(adaptorSignature, 'adaptorSignature')), decryptionKey }, ecc);
  } catch (error) {
    if (!isSatlockError(error)) throw error;
    return new Uint8Array(0);
  }
}

/** What became of one output of one delegation. */
export type Attempt = { readonly delegation: Delegation; readonly target: Target } & (
  | ({ readonly ok: true } & Slashed)
  | { readonly ok: false; readonly error: unknown }
);

/**
 * Completes both slashing transactions of every delegation of the provider: of each pair, the one whose output is unspent can be mined.
 * One faulty delegation does not hold up the others. Linear in the number of delegations.
 */
export function slashAll(
  slashables: readonly Slashable[],
  finalityProviderKey: SecretKey.SecretKey,
  ecc: Ecc.Ecc = Ecc.auto(),
): readonly Attempt[] {
  const finalityProviderPk = PublicKey.ofSecret(finalityProviderKey, ecc);
  return Check.list(slashables, 'slashables')
    .filter((slashable, i) => delegationOf(slashable, `slashables[${i}]`).contract.hasFinalityProvider(finalityProviderPk))
    .flatMap((slashable) =>
      (['staking', 'unbonding'] as const).map((target): Attempt => {
        const { delegation } = slashable;
        try {
          return { delegation, target, ok: true, ...slash(slashable, target, finalityProviderKey, ecc) };
        } catch (error) {
          return { delegation, target, ok: false, error };
        }
      }),
    );
}

/** What the chain, its mempool included, says of an output right now. `unknown`: its transaction is not there (yet, or after a reorganisation). */
export type OutputState = 'unspent' | 'spent' | 'unknown';

/**
 * The slashing transactions that should be broadcast now: those whose output is there and unspent. Nothing is remembered between calls, so
 * a slashing that a reorganisation has undone comes back by itself, and whichever of the two outputs exists is the one that is slashed.
 */
export function due(
  attempts: readonly Attempt[],
  stateOf: (outpoint: Tx.Outpoint) => OutputState,
): readonly (Attempt & { readonly ok: true })[] {
  Check.callable(stateOf, 'stateOf');
  for (const [i, attempt] of Check.list(attempts, 'attempts').entries()) Check.object(attempt, `attempts[${i}]`);
  return attempts.filter((attempt): attempt is Attempt & { readonly ok: true } => attempt.ok && stateOf(targetOf(attempt)) === 'unspent');
}

/** The output that an attempt slashes. */
export function targetOf(attempt: Pick<Attempt, 'delegation' | 'target'>): Tx.Outpoint {
  const delegation = delegationOf(attempt, 'attempt');
  const { target } = attempt;
  checkTarget(target);
  return (target === 'staking' ? delegation.staking : delegation.unbondingOutput).outpoint;
}

/** The key that a published slashing gave away. */
export type Recovered = {
  readonly finalityProviderPk: PublicKey.XOnlyPublicKey;
  readonly secretKey: SecretKey.SecretKey;
  readonly from: PublicKey.XOnlyPublicKey;
};

/**
 * The provider's key out of a slashing transaction that somebody published selectively: a covenant signature in its witness is the decryption
 * of a known adaptor signature, and the two give the decryption key. Every slot is tried, since a colluding member may have signed afresh,
 * and with every provider's adaptor signature, since a second provider may have signed in the place of the one whose key was used.
 * The key is the even-y one: it signs and slashes like the stored key, but may be n minus it. Compare by public key.
 *
 * @throws slasher.not-this-slashing - the transaction spends neither output of the delegation
 * @throws witness.wrong-leaf, witness.wrong-count - it spends one, but not through the slashing leaf
 * @throws slasher.no-key - every covenant signature was made afresh
 * @source vigilante btcstaking-tracker/atomicslasher (with the slots in their true order)
 */
export function recoverKey(
  slashable: Pick<Slashable, 'delegation' | 'covenantSignatures'>,
  published: Tx.Transaction,
  ecc: Ecc.Ecc = Ecc.auto(),
): Recovered {
  const delegation = delegationOf(slashable);
  Tx.check(published, 'published');
  const { target, inputIndex } = findTarget(delegation, published);
  const { leaf, list } =
    target === 'staking'
      ? { leaf: delegation.contract.staking.paths.slashing, list: 'stakingSlashing' as const }
      : { leaf: delegation.contract.unbonding.paths.slashing, list: 'unbondingSlashing' as const };
  const witness = published.ins[inputIndex]?.witness ?? [];
  const parsed = Witness.parse({ contract: delegation.contract, path: 'slashing', leaf, witness });
  const { finalityProviderPks } = delegation.contract.terms;
  const { named } = byName(slashable.covenantSignatures);
  let tried = 0;
  for (const { publicKey, signature } of parsed.covenant) {
    for (const member of named.filter(({ covenantPk }) => Bytes.equal(covenantPk, publicKey))) {
      for (const [position, finalityProviderPk] of finalityProviderPks.entries()) {
        const adaptorSignature = member[list]?.[position];
        if (adaptorSignature === undefined) continue;
        tried++;
        const secretKey = tryRecover(adaptorSignature, signature.subarray(0, 64), ecc);
        if (secretKey !== undefined && Bytes.equal(PublicKey.ofSecret(secretKey, ecc), finalityProviderPk))
          return { finalityProviderPk, secretKey, from: member.covenantPk };
      }
    }
  }
  return fail<Reason>(
    { code: 'slasher.no-key', tried },
    `none of the covenant signatures is the decryption of one of the ${tried} known adaptor signatures`,
  );
}

/** The key, or undefined when the signature is no decryption of this adaptor signature. */
function tryRecover(adaptorSignature: Uint8Array, signature: Uint8Array, ecc: Ecc.Ecc): SecretKey.SecretKey | undefined {
  try {
    return AdaptorSig.recover({ adaptorSignature: Bytes.copy(Check.bytes(adaptorSignature, 'adaptorSignature')), signature }, ecc);
  } catch (error) {
    if (!isSatlockError(error)) throw error;
    return undefined;
  }
}

function sideOf({ delegation }: Slashable, target: Target): { spend: LeafSpend; list: 'stakingSlashing' | 'unbondingSlashing' } {
  return target === 'staking'
    ? { spend: delegation.stakingSlashing, list: 'stakingSlashing' }
    : { spend: delegation.unbondingSlashing, list: 'unbondingSlashing' };
}

function delegationOf(holder: { readonly delegation: Delegation }, field = 'slashable'): Delegation {
  return checkDelegation(Check.object(holder, field).delegation, `${field}.delegation`);
}

/** A target that does not exist would read as unbonding. */
function checkTarget(target: Target): void {
  if (target !== 'staking' && target !== 'unbonding')
    fail<Reason>({ code: 'slasher.unknown-target' }, 'target: expected staking or unbonding');
}

function findTarget(delegation: Delegation, published: Tx.Transaction): { target: Target; inputIndex: number } {
  for (const target of ['staking', 'unbonding'] as const) {
    const { outpoint } = target === 'staking' ? delegation.staking : delegation.unbondingOutput;
    const inputIndex = published.ins.findIndex((_, i) => Tx.spends(published, i, outpoint));
    if (inputIndex >= 0) return { target, inputIndex };
  }
  const txid = Tx.txid(published);
  return fail<Reason>(
    { code: 'slasher.not-this-slashing', txid },
    `${txid} spends neither the staking nor the unbonding output of this delegation`,
  );
}
