// From PSBTs of several parties to the finished spend of a contract's output. Standard finalizers leave out the empty slots of those who did not
// sign and so break unbonding and slashing transactions; here the slots follow from the contract (BIP174 "Input Finalizer", BIP342).
import * as Check from '../base/Check.ts';
import * as Hex from '../base/Hex.ts';
import type { Coin } from '../bitcoin/Coin.ts';
import { check as checkSpend, type LeafSpend } from '../bitcoin/LeafSpend.ts';
import * as SigningRequest from '../bitcoin/SigningRequest.ts';
import type * as Tx from '../bitcoin/Tx.ts';
import * as Ecc from '../crypto/Ecc.ts';
import { check as checkContract, type StakingContract } from './StakingContract.ts';
import * as Witness from './Witness.ts';

export type Reason = Witness.Reason | SigningRequest.Reason;

export declare namespace finalizeLeaf {
  type Options = {
    readonly contract: StakingContract;
    readonly path: Witness.Path;
    readonly spend: LeafSpend;
    /** PSBTs of this spend from any of the parties, finished or not; several parties may have signed one. */
    readonly answers: readonly SigningRequest.Answer[];
    /** Signatures that came another way, such as the covenant's from the chain. */
    readonly signatures?: Partial<Witness.Signatures>;
    /** Coins beside the contract's output by input index, where their scripts are needed: what funds an extension. */
    readonly coins?: Readonly<Record<number, Coin>>;
    /** Hash types beside DEFAULT that are accepted, such as ALL (1). */
    readonly allowedSighashTypes?: readonly number[];
  };
  type Finalized = {
    /** The complete witness of the contract's input, with script and control block. */
    readonly stack: readonly Uint8Array[];
    /** The signed transaction, when no other input misses a signature. */
    readonly transaction?: Tx.Transaction;
    /** Other inputs that need more signatures. */
    readonly missing: readonly number[];
    /** Signatures that were not used, and why. */
    readonly ignored: readonly (Witness.Ignored | SigningRequest.Ignored)[];
  };
}

/**
 * The finished spend: any valid quorum is picked, slots of absent members stay empty, wrong and foreign signatures are left out and told.
 *
 * @throws witness.quorum-not-reached, witness.wrong-leaf
 * @throws psbt.*, signing-request.other-* - when an answer is of another transaction
 * @source babylon btcstaking/witness_utils.go
 */
export function finalizeLeaf(options: finalizeLeaf.Options, ecc: Ecc.Ecc = Ecc.auto()): finalizeLeaf.Finalized {
  const { contract, path, spend, answers, signatures = {}, coins, allowedSighashTypes } = Check.object(options, 'options');
  checkContract(contract);
  checkSpend(spend);
  Check.object(signatures, 'signatures');
  const more = { ...(coins === undefined ? {} : { coins }), ...(allowedSighashTypes === undefined ? {} : { allowedSighashTypes }) };
  const request = SigningRequest.fromLeafSpend(spend, more, ecc);
  const combined = SigningRequest.combine(request, answers, ecc);
  const fromPsbts = combined.signatures[spend.inputIndex] ?? [];
  const { stakerPks, finalityProviderPks, covenantPks } = contract.terms;
  const of = (role: Witness.Role, keys: readonly Uint8Array[]): readonly Witness.KeySignature[] => {
    const known = new Set(keys.map(Hex.encode));
    return [
      ...fromPsbts.filter(({ publicKey }) => known.has(Hex.encode(publicKey))),
      ...Check.list(signatures[role] ?? [], `signatures.${role}`),
    ];
  };
  const assembled = Witness.assemble(
    {
      contract,
      path,
      spend,
      signatures: {
        staker: of('staker', stakerPks),
        finalityProvider: of('finalityProvider', finalityProviderPks),
        covenant: of('covenant', covenantPks),
      },
    },
    ecc,
  );
  const missing = combined.missing.filter((input) => input !== spend.inputIndex);
  return {
    stack: assembled.stack,
    missing,
    ignored: [...combined.ignored, ...assembled.ignored],
    ...(missing.length > 0 ? {} : { transaction: signedBy(request, combined, spend, assembled.stack) }),
  };
}

/** The other inputs are finished by the request, the contract's own by its witness. */
function signedBy(
  request: SigningRequest.SigningRequest,
  { signatures }: SigningRequest.Accepted,
  spend: LeafSpend,
  stack: readonly Uint8Array[],
): Tx.Transaction {
  const transaction = spend.withWitness(stack);
  const others = request.finishedInputs(signatures);
  for (const [input, finished] of others.entries()) {
    if (finished === undefined || input === spend.inputIndex) continue;
    transaction.setInputScript(input, finished.scriptSig);
    transaction.setWitness(input, [...finished.witness]);
  }
  return transaction;
}
