// Messages to the chain, built from a delegation and verified parts, and judged as the chain would judge them before they are sent.
// Babylon x/btcstaking/types/msg.go, x/btcstaking/keeper/msg_server.go.
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as Sats from '../base/Sats.ts';
import type * as InclusionProof from '../bitcoin/InclusionProof.ts';
import * as LeafSpend from '../bitcoin/LeafSpend.ts';
import * as Tx from '../bitcoin/Tx.ts';
import * as Ecc from '../crypto/Ecc.ts';
import * as PublicKey from '../crypto/PublicKey.ts';
import * as Schnorr from '../crypto/Schnorr.ts';
import type * as SecretKey from '../crypto/SecretKey.ts';
import * as BabylonAddress from './BabylonAddress.ts';
import * as Covenant from './Covenant.ts';
import type { Reason as JudgeReason } from './chain/judge.ts';
import { spendFault } from './chain/undelegate.ts';
import * as Delegation from './Delegation.ts';
import * as ExtensionTx from './ExtensionTx.ts';
import * as Message from './Message.ts';
import * as ProofOfPossession from './ProofOfPossession.ts';

/** What the chain would answer, and what it would have to be told besides. */
export type { Checked, CheckOptions, Failure, Readiness, Report, Verdict, Warning } from './chain/judge.ts';
export { check, checkAll, readiness } from './chain/judge.ts';

export type Reason =
  | Check.Reason
  | Hex.Reason
  | Sats.Reason
  | Tx.Reason
  | BabylonAddress.Reason
  | JudgeReason
  | Covenant.Reason
  | Delegation.Reason
  | ExtensionTx.Reason
  | ProofOfPossession.Reason
  | Message.Reason
  | { readonly code: 'registration.several-stakers'; readonly got: number }
  | { readonly code: 'registration.bad-pop'; readonly why: string; readonly reference: string }
  | { readonly code: 'registration.bad-signature'; readonly field: string }
  | { readonly code: 'registration.other-transaction'; readonly field: string; readonly expected: string; readonly got: string }
  | { readonly code: 'registration.other-value'; readonly field: string; readonly expectedSats: string; readonly gotSats: string }
  | { readonly code: 'registration.coinbase'; readonly field: string }
  | { readonly code: 'registration.other-provider'; readonly expected: string; readonly got: string }
  | { readonly code: 'registration.bad-spend'; readonly field: string; readonly why: string; readonly reference: string };

/** What a staker gives for a registration. */
export type CreateOptions = {
  readonly delegation: Delegation.Delegation;
  /** Account of the rewards, bbn1… */
  readonly stakerAddress: string;
  readonly pop: ProofOfPossession.Pop;
  /** Signing context of the proof of possession; mainnet has none. */
  readonly popContext?: string;
  /** The staker's over both slashing transactions. @shape 64 bytes */
  readonly stakingSlashingSignature: Uint8Array;
  readonly unbondingSlashingSignature: Uint8Array;
  /** Needed for a stake that is mined already: without it such a stake could never become active. */
  readonly inclusionProof?: InclusionProof.InclusionProof;
  /** What was meant to be staked and what was signed, held against the delegation. */
  readonly expected?: Expected;
};

/** Facts from elsewhere (a form, a wallet's answer, a signer) that must agree with the delegation. Transactions are compared by txid. */
export type Expected = {
  readonly stakingValueSats?: Sats.Sats;
  readonly stakingTransaction?: Tx.Transaction;
  readonly unbondingTransaction?: Tx.Transaction;
  readonly stakingSlashingTransaction?: Tx.Transaction;
  readonly unbondingSlashingTransaction?: Tx.Transaction;
};

/**
 * The registration of a stake. Every part is verified against the delegation: signatures, proof of possession, transactions.
 *
 * @throws delegation.not-a-delegation, babylon-address.*, input.*
 * @throws registration.several-stakers - the chain knows one key a delegation
 * @throws registration.bad-pop, registration.bad-signature
 * @throws registration.other-transaction, registration.other-value - what was signed or asked for is not this delegation
 * @throws registration.coinbase - a proof for place 0
 * @source babylon x/btcstaking/types/create_delegation_parser.go
 */
export function create(
  options: CreateOptions,
  ecc: Ecc.Ecc = Ecc.auto(),
): Message.Message<'/babylon.btcstaking.v1.MsgCreateBTCDelegation'> {
  const { delegation, inclusionProof } = Check.object(options, 'options');
  const value = registrationOf(options, ecc);
  const proof = inclusionProof === undefined ? {} : { stakingTxInclusionProof: wireProof(inclusionProof, delegation.stakingTxid) };
  return { typeUrl: Message.CREATE_BTC_DELEGATION, value: { ...value, ...proof } };
}

/** What a staker gives for an extension: `previous` is the ACTIVE delegation, `fundingTransaction` holds the coin that pays the fee. */
export type ExtendOptions = Omit<CreateOptions, 'inclusionProof'> & {
  readonly previous: Delegation.Delegation;
  readonly fundingTransaction: Tx.Transaction;
};

/**
 * The registration of an extension: a stake whose transaction spends the previous one.
 *
 * @throws as {@link create}; extension-tx.* - the transaction is no extension of `previous`
 * @source babylon x/btcstaking/types/msg.go GetStakeExpansion
 */
export function extend(options: ExtendOptions, ecc: Ecc.Ecc = Ecc.auto()): Message.Message<'/babylon.btcstaking.v1.MsgBtcStakeExpand'> {
  const { delegation, previous, fundingTransaction } = Check.object(options, 'options');
  const value = registrationOf(options, ecc);
  Delegation.check(previous, 'previous');
  Tx.check(fundingTransaction, 'fundingTransaction');
  const transaction = delegation.stakingTransaction;
  const txid = Tx.txid(fundingTransaction);
  const vout = transaction.ins[1]?.index ?? 0;
  const funding = { outpoint: { txid, vout }, ...Tx.outputOf(fundingTransaction, vout, 'fundingTransaction.outputIndex') };
  ExtensionTx.check({ transaction, previous, contract: delegation.contract, funding });
  return {
    typeUrl: Message.BTC_STAKE_EXPAND,
    value: { ...value, previousStakingTxHash: previous.stakingTxid, fundingTx: Tx.encode(Tx.stripped(fundingTransaction)) },
  };
}

function registrationOf(options: CreateOptions, ecc: Ecc.Ecc): Message.MsgCreateBTCDelegation {
  const { delegation, pop } = options;
  Delegation.check(delegation);
  const { stakerPks, finalityProviderPks, stakingTimeBlocks, unbondingTimeBlocks } = delegation.contract.terms;
  const [btcPk] = stakerPks;
  if (btcPk === undefined || stakerPks.length !== 1)
    fail<Reason>({ code: 'registration.several-stakers', got: stakerPks.length }, 'a delegation on the chain has exactly one staker key');
  const { text: stakerAddr } = BabylonAddress.parse(options.stakerAddress, 'stakerAddress');
  checkExpected(delegation, options.expected);
  checkPop(options, stakerAddr, btcPk, ecc);
  const { stakingSlashing, unbonding, unbondingSlashing } = delegation;
  return {
    stakerAddr,
    pop: ProofOfPossession.toMessage(pop),
    btcPk: Bytes.copy(btcPk),
    fpBtcPkList: finalityProviderPks.map(Bytes.copy),
    stakingTime: stakingTimeBlocks,
    stakingValue: delegation.stakingValueSats,
    stakingTx: Tx.encode(delegation.stakingTransaction),
    slashingTx: Tx.encode(stakingSlashing.transaction),
    delegatorSlashingSig: verified(stakingSlashing, btcPk, options.stakingSlashingSignature, 'stakingSlashingSignature', ecc),
    unbondingTime: unbondingTimeBlocks,
    unbondingTx: Tx.encode(unbonding.transaction),
    unbondingValue: delegation.unbondingOutput.valueSats,
    unbondingSlashingTx: Tx.encode(unbondingSlashing.transaction),
    delegatorUnbondingSlashingSig: verified(
      unbondingSlashing,
      btcPk,
      options.unbondingSlashingSignature,
      'unbondingSlashingSignature',
      ecc,
    ),
  };
}

function checkPop({ pop, popContext }: CreateOptions, babylonAddress: string, btcPk: Uint8Array, ecc: Ecc.Ecc): void {
  const context = popContext === undefined ? {} : { context: popContext };
  const verdict = ProofOfPossession.verify({ pop, babylonAddress, btcPk, ...context }, ecc);
  if (verdict.valid) return;
  const { why, reference } = verdict;
  fail<Reason>({ code: 'registration.bad-pop', why, reference }, `pop: it does not bind this key to this account (${reference})`);
}

function verified(spend: LeafSpend.LeafSpend, publicKey: Uint8Array, signature: Uint8Array, field: string, ecc: Ecc.Ecc): Uint8Array {
  Check.bytes(signature, field, 64);
  if (!Schnorr.verifyOnce(spend.sighash(), publicKey, signature, ecc))
    fail<Reason>({ code: 'registration.bad-signature', field }, `${field}: not this key's signature of this transaction`);
  return Bytes.copy(signature);
}

/** The peer registers a value and signs another; here both are held against each other. */
function checkExpected(delegation: Delegation.Delegation, expected: Expected | undefined): void {
  if (expected === undefined) return;
  const { stakingValueSats, ...transactions } = Check.object(expected, 'expected');
  if (stakingValueSats !== undefined && Sats.from(stakingValueSats, 'expected.stakingValueSats') !== delegation.stakingValueSats) {
    const facts = { expectedSats: stakingValueSats.toString(), gotSats: delegation.stakingValueSats.toString() };
    const message = `the staking output has ${facts.gotSats} sat, expected were ${facts.expectedSats}`;
    fail<Reason>({ code: 'registration.other-value', field: 'expected.stakingValueSats', ...facts }, message);
  }
  const ours = {
    stakingTransaction: delegation.stakingTxid,
    unbondingTransaction: delegation.unbonding.txid,
    stakingSlashingTransaction: delegation.stakingSlashing.txid,
    unbondingSlashingTransaction: delegation.unbondingSlashing.txid,
  };
  for (const name of Object.keys(ours) as (keyof typeof ours)[]) {
    const given = transactions[name];
    if (given !== undefined) checkTxid(Tx.txid(Tx.check(given, `expected.${name}`)), ours[name], `expected.${name}`);
  }
}

function checkTxid(got: string, expected: string, field: string): void {
  if (got !== expected)
    fail<Reason>(
      { code: 'registration.other-transaction', field, expected, got },
      `${field}: it is ${got}, the delegation's is ${expected}`,
    );
}

function wireProof(proof: InclusionProof.InclusionProof, txid: string): Message.InclusionProof {
  Check.object(proof, 'inclusionProof');
  const wire = Message.inclusionProof(proof);
  checkTxid(proof.txid.toLowerCase(), txid, 'inclusionProof.txid');
  if (proof.index === 0)
    fail<Reason>({ code: 'registration.coinbase', field: 'inclusionProof.index' }, 'inclusionProof.index: place 0 is the coinbase');
  return wire;
}

/**
 * The proof that a VERIFIED delegation is mined. Anybody may send it; an extension is reported by {@link undelegate} of its parent instead.
 *
 * @throws babylon-address.*, delegation.not-a-delegation, registration.other-transaction, registration.coinbase, input.*, hex.*
 */
export function inclusion(options: {
  readonly signer: string;
  readonly delegation: Delegation.Delegation;
  readonly inclusionProof: InclusionProof.InclusionProof;
}): Message.Message<'/babylon.btcstaking.v1.MsgAddBTCDelegationInclusionProof'> {
  const { signer, delegation, inclusionProof } = Check.object(options, 'options');
  const { stakingTxid } = Delegation.check(delegation);
  const value = {
    signer: BabylonAddress.parse(signer, 'signer').text,
    stakingTxHash: stakingTxid,
    stakingTxInclusionProof: wireProof(inclusionProof, stakingTxid),
  };
  return { typeUrl: Message.ADD_INCLUSION_PROOF, value };
}

/**
 * The report that a stake is spent. `spendingTransaction` carries its witness, `fundingTransactions` are those of all its inputs; the staking
 * transaction itself is added. The staker's signature in the witness is verified.
 *
 * @throws babylon-address.*, delegation.not-a-delegation, registration.other-transaction, registration.coinbase, input.*, hex.*
 * @throws registration.bad-spend - it does not spend the stake, lacks a previous transaction, or shows no signature of the staker
 */
export function undelegate(
  options: {
    readonly signer: string;
    readonly delegation: Delegation.Delegation;
    readonly spendingTransaction: Tx.Transaction;
    readonly inclusionProof: InclusionProof.InclusionProof;
    readonly fundingTransactions?: readonly Tx.Transaction[];
  },
  ecc: Ecc.Ecc = Ecc.auto(),
): Message.Message<'/babylon.btcstaking.v1.MsgBTCUndelegate'> {
  const { signer, delegation, spendingTransaction, inclusionProof, fundingTransactions = [] } = Check.object(options, 'options');
  Delegation.check(delegation);
  Tx.check(spendingTransaction, 'spendingTransaction');
  const given = Check.list(fundingTransactions, 'fundingTransactions').map((one, i) =>
    Tx.stripped(Tx.check(one, `fundingTransactions[${i}]`)),
  );
  const others = given.filter((one) => Tx.txid(one) !== delegation.stakingTxid);
  const funding = [delegation.stakingTransaction, ...others];
  const fault = spendFault({ delegation, spendingTransaction, funding, ecc });
  if (fault !== undefined) {
    const { field, why, text: reference } = fault;
    fail<Reason>({ code: 'registration.bad-spend', field, why, reference }, `${field}: ${reference}`);
  }
  return {
    typeUrl: Message.BTC_UNDELEGATE,
    value: {
      signer: BabylonAddress.parse(signer, 'signer').text,
      stakingTxHash: delegation.stakingTxid,
      stakeSpendingTx: Tx.encode(spendingTransaction),
      stakeSpendingTxInclusionProof: wireProof(inclusionProof, Tx.txid(spendingTransaction)),
      fundingTransactions: funding.map(Tx.encode),
    },
  };
}

/**
 * A covenant member's signatures. For an extension `extension` is the spend of the previous stake (`ExtensionTx.build(…).spend`).
 *
 * @throws covenant.*, babylon-address.*, registration.bad-signature, input.*
 */
export function covenantSignatures(
  options: {
    readonly signer: string;
    readonly delegation: Delegation.Delegation;
    readonly signatures: Covenant.MemberSignatures;
    readonly extension?: { readonly spend: LeafSpend.LeafSpend; readonly signature: Uint8Array };
  },
  ecc: Ecc.Ecc = Ecc.auto(),
): Message.Message<'/babylon.btcstaking.v1.MsgAddCovenantSigs'> {
  const { signer, delegation, signatures, extension } = Check.object(options, 'options');
  Covenant.check({ delegation, signatures }, ecc);
  const { covenantPk, stakingSlashing, unbonding, unbondingSlashing } = signatures;
  const value = {
    signer: BabylonAddress.parse(signer, 'signer').text,
    pk: Bytes.copy(covenantPk),
    stakingTxHash: delegation.stakingTxid,
    slashingTxSigs: stakingSlashing.map(Bytes.copy),
    unbondingTxSig: Bytes.copy(unbonding),
    slashingUnbondingTxSigs: unbondingSlashing.map(Bytes.copy),
  };
  if (extension === undefined) return { typeUrl: Message.ADD_COVENANT_SIGS, value };
  const { spend, signature } = Check.object(extension, 'extension');
  const { txid } = LeafSpend.check(spend, 'extension.spend');
  checkTxid(txid, delegation.stakingTxid, 'extension.spend');
  const stakeExpansionTxSig = verified(spend, covenantPk, signature, 'extension.signature', ecc);
  return { typeUrl: Message.ADD_COVENANT_SIGS, value: { ...value, stakeExpansionTxSig } };
}

/**
 * The evidence of selective slashing: the provider's key. Its public key is given too, so that no other key is published by mistake.
 *
 * @throws registration.other-provider, secret-key.out-of-range, babylon-address.*, input.*
 */
export function selectiveSlashing(
  options: { readonly signer: string; readonly finalityProviderPk: Uint8Array; readonly recoveredSecretKey: SecretKey.SecretKey },
  ecc: Ecc.Ecc = Ecc.auto(),
): Message.Message<'/babylon.btcstaking.v1.MsgSelectiveSlashingEvidence'> {
  const { signer, finalityProviderPk, recoveredSecretKey } = Check.object(options, 'options');
  const expected = Hex.encode(Check.bytes(finalityProviderPk, 'finalityProviderPk', 32));
  const got = Hex.encode(PublicKey.ofSecret(recoveredSecretKey, ecc));
  if (got !== expected)
    fail<Reason>({ code: 'registration.other-provider', expected, got }, `the key is that of ${got}, not of the provider ${expected}`);
  const value = { signer: BabylonAddress.parse(signer, 'signer').text, recoveredFpBtcSk: Bytes.copy(recoveredSecretKey) };
  return { typeUrl: Message.SELECTIVE_SLASHING_EVIDENCE, value };
}
