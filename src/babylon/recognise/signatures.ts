// Who has signed a leaf spend: slots by key, and each signature held against the hash that it must sign (BIP342).
import * as Hex from '../../base/Hex.ts';
import { hashTypeOf } from '../../bitcoin/LeafSpend.ts';
import * as Sighash from '../../bitcoin/Sighash.ts';
import type * as Tx from '../../bitcoin/Tx.ts';
import type { XOnlyPublicKey } from '../../crypto/PublicKey.ts';
import type * as Witness from '../Witness.ts';
import type { Problems } from './problem.ts';
import type { Revealed, Seen } from './seen.ts';

/** A filled slot. */
export type Signer = {
  readonly role: Witness.Role;
  readonly publicKey: XOnlyPublicKey;
  readonly signature: Uint8Array;
  readonly isValid?: boolean;
};
export type Signed = { readonly signers: readonly Signer[]; readonly signed: 'complete' | 'partial' | 'none' };

export function checkSignatures(seen: Seen, inputIndex: number, revealed: Revealed | undefined, problems: Problems): Signed {
  if (revealed === undefined) return { signers: [], signed: 'none' };
  const { leaf, signatures, isFinal } = revealed;
  const verify = verifier(seen, inputIndex, revealed);
  const signers: Signer[] = [];
  let isComplete = true;
  const quorums = {
    staker: leaf.stakers.quorum,
    ...(leaf.path === 'slashing' ? { finalityProvider: 1 } : {}),
    ...(leaf.path === 'timelock' ? {} : { covenant: leaf.covenant.quorum }),
  } as const;
  for (const [role, needed] of Object.entries(quorums) as [Witness.Role, number][]) {
    const given = signatures[role];
    for (const { publicKey, signature } of given) {
      const isValid = verify(publicKey, signature);
      signers.push({ role, publicKey: publicKey as XOnlyPublicKey, signature, ...(isValid === undefined ? {} : { isValid }) });
      const key = Hex.encode(publicKey);
      problems.must(isValid !== false, 'recognise.invalid-signature', `${role} ${key}: the signature is not valid here`, { role, key });
    }
    if (given.length < needed) isComplete = false;
    // One too many fails the script as well as one too few. A PSBT may hold more: what is placed is chosen later.
    if (isFinal)
      problems.must(
        given.length === needed,
        'recognise.wrong-quorum',
        `${role}: exactly ${needed} signatures are needed, ${given.length} are there`,
        {
          ...{ role, needed, got: given.length },
        },
      );
  }
  return { signers, signed: isComplete ? 'complete' : signers.length === 0 ? 'none' : 'partial' };
}

type Verify = (publicKey: Uint8Array, signature: Uint8Array) => boolean | undefined;

/** Undefined answers while a spent output is missing: every signature covers all of them. */
function verifier({ subject, prevouts, context }: Seen, inputIndex: number, { spendable, annex }: Revealed): Verify {
  const known = prevouts.filter((prevout): prevout is Tx.SpentOutput => prevout !== undefined);
  if (known.length !== subject.inputs.length) return () => undefined;
  const { transaction } = subject;
  const prepared = Sighash.prepare(transaction, known);
  const hashes = new Map<number, Uint8Array>();
  return (publicKey, signature) => {
    const hashType = hashTypeOf(signature);
    if (hashType === undefined || ((hashType & 3) === 3 && inputIndex >= transaction.outs.length)) return false;
    const hash =
      hashes.get(hashType) ??
      Sighash.tapscript(prepared, inputIndex, spendable.leafHash, { hashType, ...(annex === undefined ? {} : { annex }) });
    hashes.set(hashType, hash);
    return context.ecc.schnorrVerify(hash, publicKey, signature.subarray(0, 64));
  };
}
