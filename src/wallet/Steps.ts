// The steps of every flow: what a wallet is asked to sign for a delegation, and what becomes of its answer. Nothing here is async, and nothing
// is taken from the wallet but signatures: transactions are those that were built.

import { check as checkDelegation, type Delegation } from '../babylon/Delegation.ts';
import type * as ExtensionTx from '../babylon/ExtensionTx.ts';
import { check as checkContract, type StakingContract } from '../babylon/StakingContract.ts';
import type * as WithdrawalTx from '../babylon/WithdrawalTx.ts';
import * as Witness from '../babylon/Witness.ts';
import * as WitnessFinalizer from '../babylon/WitnessFinalizer.ts';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as Coin from '../bitcoin/Coin.ts';
import type { LeafSpend } from '../bitcoin/LeafSpend.ts';
import * as Sighash from '../bitcoin/Sighash.ts';
import * as SigningRequest from '../bitcoin/SigningRequest.ts';
import * as Tx from '../bitcoin/Tx.ts';
import * as Ecc from '../crypto/Ecc.ts';
import * as ContractMetadata from './ContractMetadata.ts';
import * as Covenant from './CovenantApproval.ts';
import type { SignInput, SignPsbtOptions } from './Provider.ts';
import type { Name, Step, Reason as StepReason } from './Step.ts';

export type Reason =
  | StepReason
  | Witness.Reason
  | Covenant.Reason
  | ContractMetadata.Reason
  | Coin.Reason
  | { readonly code: 'steps.several-stakers'; readonly stakers: number }
  | { readonly code: 'steps.not-a-staker'; readonly publicKey: string };

/** Who signs: what helps a wallet or device to find its key. All of it may be left out. */
export type Signer = {
  /** The x-only staker key; needed where a contract has several. */
  readonly stakerPk?: Uint8Array;
  /** The wallet's compressed key, with its parity. */
  readonly publicKey?: Uint8Array;
  /** The wallet's Bitcoin address. */
  readonly address?: string;
  /** Where the staker key comes from (x-only), for signers that derive. */
  readonly keyOrigins?: readonly Coin.KeyOrigin[];
};

/** Taproot signatures of type ALL cover what DEFAULT does; some wallets give them. Pre-signatures may not be of that type. */
const ALSO_ALL = [Sighash.TYPE.ALL];

/**
 * The staker's consent to the slashing of the staking or the unbonding output. The signature has 64 bytes: the chain stores no other.
 *
 * @throws steps.*, contract-metadata.*
 */
export function slashingConsent(
  delegation: Delegation,
  target: 'staking' | 'unbonding',
  signer: Signer = {},
  ecc: Ecc.Ecc = Ecc.auto(),
): Step<Witness.KeySignature> {
  const { contract } = checkDelegation(delegation);
  const isStaking = target !== 'unbonding';
  const spend = isStaking ? delegation.stakingSlashing : delegation.unbondingSlashing;
  const metadata = isStaking ? ContractMetadata.stakingSlashing(delegation) : ContractMetadata.unbondingSlashing(delegation);
  return leafStep(isStaking ? 'staking-slashing' : 'unbonding-slashing', { contract, spend, signer, metadata, isPreSigned: true }, ecc);
}

/**
 * The staker's signature on the unbonding transaction. With the covenant's it is completed by {@link completeUnbonding}.
 *
 * @throws steps.*, contract-metadata.*
 */
export function unbonding(delegation: Delegation, signer: Signer = {}, ecc: Ecc.Ecc = Ecc.auto()): Step<Witness.KeySignature> {
  const { contract, unbonding: spend } = checkDelegation(delegation);
  return leafStep('unbonding', { contract, spend, signer, metadata: ContractMetadata.unbonding(delegation), isPreSigned: false }, ecc);
}

/** A finished transaction, and the signatures that were not used. */
export type Completed = { readonly transaction: Tx.Transaction; readonly ignored: readonly Witness.Ignored[] };

/**
 * The unbonding transaction with everybody's signatures: each is verified, any valid quorum of the covenant is taken, absent members' slots
 * stay empty.
 *
 * @throws witness.quorum-not-reached, input.*, hex.*
 */
export function completeUnbonding(
  delegation: Delegation,
  signatures: {
    readonly staker: readonly Witness.KeySignature[];
    readonly covenant: readonly (Witness.KeySignature | Covenant.HexSignature)[];
  },
  ecc: Ecc.Ecc = Ecc.auto(),
): Completed {
  const { contract, unbonding: spend } = checkDelegation(delegation);
  const { staker, covenant } = Check.object(signatures, 'signatures');
  const all = { staker, covenant: Covenant.signaturesOf(covenant, 'signatures.covenant') };
  const { stack, ignored } = Witness.assemble({ contract, path: 'unbonding', spend, signatures: all }, ecc);
  return { transaction: spend.withWitness(stack), ignored };
}

/**
 * The staking transaction over the wallet's coins. Coins whose signing would change the txid are refused here, before anybody signs: everything
 * that was registered commits to it.
 *
 * @param coins in the order of the transaction's inputs
 * @param outputs what the signer may know of outputs: with the keys of the change a hardware wallet shows it as change
 * @throws coin.txid-changes, psbt.*, signing-request.*
 */
export function staking(
  delegation: Delegation,
  coins: readonly Coin.Coin[],
  outputs: readonly SigningRequest.OutputInfo[] = [],
  ecc: Ecc.Ecc = Ecc.auto(),
): Step<Tx.Transaction> {
  const { contract, stakingTxid, stakingTransaction: transaction } = checkDelegation(delegation);
  const inputs = Check.list(coins, 'coins').map((coin, i) => {
    Coin.toInput(coin, `coins[${i}]`);
    return { coin };
  });
  const request = SigningRequest.from({ transaction, inputs, outputs, allowedSighashTypes: ALSO_ALL }, ecc);
  return {
    name: 'staking',
    request,
    options: ContractMetadata.staking(contract),
    accept: (answer) => complete('staking', SigningRequest.accept(request, answer, ecc), stakingTxid),
  };
}

/**
 * The withdrawal of matured outputs of one staker, as {@link WithdrawalTx.build} made it.
 *
 * @param inputs those that it was built from, in order
 * @throws steps.*, contract-metadata.*
 */
export function withdrawal(
  built: WithdrawalTx.build.Built,
  inputs: readonly WithdrawalTx.Input[],
  signer: Signer = {},
  ecc: Ecc.Ecc = Ecc.auto(),
): Step<Tx.Transaction> {
  const { spends, transaction } = Check.object(built, 'built');
  const [first] = Check.list(inputs, 'inputs');
  const { contract, from } = Check.object(first as WithdrawalTx.Input, 'inputs[0]');
  stakerOf(checkContract(contract, 'inputs[0].contract'), signer);
  const request = SigningRequest.fromLeafSpends(spends, { ...origins(signer), allowedSighashTypes: ALSO_ALL }, ecc);
  const txid = Tx.txid(transaction);
  const metadata = ContractMetadata.withdrawal(contract, from);
  return {
    name: 'withdrawal',
    request,
    options: { ...metadata, signInputs: spends.map(({ inputIndex }) => leafInput(inputIndex, signer)) },
    accept: (answer) => complete('withdrawal', SigningRequest.accept(request, answer, ecc), txid),
  };
}

/**
 * The extension of a stake, as {@link ExtensionTx.build} made it: input 0 by the staker and the old committee, input 1 by the wallet. The
 * covenant's signatures are verified first: nobody is asked to sign what cannot be completed.
 *
 * @param covenantSignatures on input 0, the chain's `previous_stk_covenant_sigs`
 * @throws covenant-approval.quorum-not-reached, coin.*, steps.*, signing-request.*
 */
export function extension(
  options: {
    readonly previous: Delegation;
    readonly contract: StakingContract;
    readonly built: ExtensionTx.build.Built;
    readonly funding: Coin.Coin;
    readonly covenantSignatures: readonly (Witness.KeySignature | Covenant.HexSignature)[];
    readonly signer?: Signer;
    readonly outputs?: readonly SigningRequest.OutputInfo[];
  },
  ecc: Ecc.Ecc = Ecc.auto(),
): Step<Tx.Transaction> {
  const { previous, contract, built, funding, signer = {}, outputs = [] } = Check.object(options, 'options');
  checkDelegation(previous, 'previous');
  checkContract(contract);
  const { spend } = Check.object(built, 'built');
  const covenant = Covenant.signaturesOf(options.covenantSignatures);
  Covenant.checkPrevious(previous, spend, covenant, ecc);
  Coin.toInput(funding, 'funding');
  const more = { coins: { 1: funding }, outputs, allowedSighashTypes: ALSO_ALL };
  const request = SigningRequest.fromLeafSpend(spend, { ...more, ...origins(signer) }, ecc);
  const publicKey = stakerOf(previous.contract, signer);
  const accept = (answer: SigningRequest.Answer): Tx.Transaction => {
    signatureOf('extension', SigningRequest.accept(request, answer, ecc), spend, publicKey);
    const { transaction, missing } = WitnessFinalizer.finalizeLeaf(
      { contract: previous.contract, path: 'unbonding', spend, answers: [answer], signatures: { covenant }, ...more },
      ecc,
    );
    return complete('extension', { missing, ...(transaction === undefined ? {} : { transaction }) }, spend.txid);
  };
  const { address } = signer;
  const fundingInput: SignInput = { index: 1, ...(address === undefined ? owner(signer) : { address }) };
  return {
    name: 'extension',
    request,
    options: { ...ContractMetadata.extension(contract), autoFinalized: false, signInputs: [leafInput(0, signer), fundingInput] },
    accept,
  };
}

type LeafParts = {
  readonly contract: StakingContract;
  readonly spend: LeafSpend;
  readonly signer: Signer;
  readonly metadata: ContractMetadata.Metadata;
  readonly isPreSigned: boolean;
};

function leafStep(name: Name, { contract, spend, signer, metadata, isPreSigned }: LeafParts, ecc: Ecc.Ecc): Step<Witness.KeySignature> {
  const publicKey = stakerOf(contract, signer);
  const types = isPreSigned ? {} : { allowedSighashTypes: ALSO_ALL };
  const request = SigningRequest.fromLeafSpend(spend, { ...origins(signer), ...types }, ecc);
  const options: SignPsbtOptions = { ...metadata, autoFinalized: false, signInputs: [leafInput(0, signer)] };
  return { name, request, options, accept: (answer) => signatureOf(name, SigningRequest.accept(request, answer, ecc), spend, publicKey) };
}

/** The staker's signature in what came back; a wallet that signs by another key has signed something, but not this. */
function signatureOf(step: Name, accepted: SigningRequest.Accepted, spend: LeafSpend, publicKey: Uint8Array): Witness.KeySignature {
  const found = accepted.signatures[spend.inputIndex]?.find(
    (one) => Bytes.equal(one.publicKey, publicKey) && one.leafHash !== undefined && Bytes.equal(one.leafHash, spend.leaf.leafHash),
  );
  if (found === undefined) {
    const key = Hex.encode(publicKey);
    return fail<Reason>({ code: 'step.not-signed', step, publicKey: key }, `${step}: the wallet did not sign by the staker key ${key}`);
  }
  return { publicKey: Bytes.copy(found.publicKey), signature: Bytes.copy(found.signature) };
}

function complete(
  step: Name,
  { transaction, missing }: Pick<SigningRequest.Accepted, 'transaction' | 'missing'>,
  txid: string,
): Tx.Transaction {
  if (transaction === undefined)
    return fail<Reason>({ code: 'step.incomplete', step, inputs: missing }, `${step}: inputs ${missing.join(', ')} need more signatures`);
  const got = Tx.txid(transaction);
  if (got !== txid)
    fail<Reason>({ code: 'step.txid-changed', step, expected: txid, got }, `${step}: signing changed the txid from ${txid} to ${got}`);
  return transaction;
}

/** A leaf is signed by the key as it is. Both names of that are given: wallets know one or the other. */
function leafInput(index: number, signer: Signer): SignInput {
  return { index, ...owner(signer), useTweakedSigner: false, disableTweakSigner: true };
}

/** Whose input it is, by key where the wallet's is known: an address says which coins, a key says who. */
function owner({ publicKey, address }: Signer): Pick<SignInput, 'publicKey' | 'address'> {
  if (publicKey !== undefined) return { publicKey: Hex.encode(Check.bytes(publicKey, 'signer.publicKey', 33)) };
  return address === undefined ? {} : { address: Check.text(address, 'signer.address') };
}

function origins({ keyOrigins }: Signer): Pick<SigningRequest.fromLeafSpend.More, 'keyOrigins'> {
  return keyOrigins === undefined ? {} : { keyOrigins };
}

function stakerOf(contract: StakingContract, signer: Signer): Uint8Array {
  const { stakerPks } = contract.terms;
  const { stakerPk } = Check.object(signer, 'signer');
  if (stakerPk === undefined) {
    const [only, ...more] = stakerPks;
    if (only === undefined || more.length > 0)
      return fail<Reason>(
        { code: 'steps.several-stakers', stakers: stakerPks.length },
        'the contract has several stakers: say which one signs',
      );
    return only;
  }
  Check.bytes(stakerPk, 'signer.stakerPk', 32);
  if (!stakerPks.some((key) => Bytes.equal(key, stakerPk)))
    fail<Reason>(
      { code: 'steps.not-a-staker', publicKey: Hex.encode(stakerPk) },
      `${Hex.encode(stakerPk)} is not a staker of this contract`,
    );
  return stakerPk;
}
