// MsgBTCUndelegate: the staking output has been spent on Bitcoin, by the unbonding transaction, an expansion or anything else.
// Babylon x/btcstaking/keeper/{msg_server,unbonding_transaction_sig_validation}.go.
import * as Bytes from '../../base/Bytes.ts';
import * as Hex from '../../base/Hex.ts';
import * as Sighash from '../../bitcoin/Sighash.ts';
import * as TapTree from '../../bitcoin/TapTree.ts';
import * as Tx from '../../bitcoin/Tx.ts';
import type { Ecc } from '../../crypto/Ecc.ts';
import type { Delegation } from '../Delegation.ts';
import * as DelegationStatus from '../DelegationStatus.ts';
import type { MsgBTCUndelegate } from '../Message.ts';
import { withoutAnnex } from '../Witness.ts';
import { ACTIVATION, type Activation } from './addInclusionProof.ts';
import * as Basics from './basics.ts';
import { type Base, checkTypes, once, parsedOrNone } from './context.ts';
import * as Header from './header.ts';
import * as Inclusion from './inclusion.ts';
import * as Stored from './stored.ts';
import * as Transactions from './transactions.ts';
import { caught, every, type Failure, first, type Outcome, plain, type Step, staking, type Warning } from './verdict.ts';

type Context = Base<MsgBTCUndelegate> & {
  readonly stored: () => Stored.Stored | Exclude<Outcome, undefined>;
  readonly spending: () => Transactions.Parsed | undefined;
  /** The expansion that the spending transaction is, when it must be activated first. */
  readonly expansion: () => Stored.Stored | undefined;
};

const PROOF = 'stakeSpendingTxInclusionProof';

const STATELESS: readonly Step<Context>[] = [
  ['stateless.0', decodes],
  ['stateless.1', hashIsLong],
  ['stateless.2', proofIsThere],
  ['stateless.2', proofIsWhole],
  ['stateless.3', spendingTxIsThere],
  ['stateless.4', spendingTxReads],
  ['stateless.5', spendingTxIsSane],
];

const STATEFUL: readonly Step<Context>[] = [
  ['stateful.1', delegationExists],
  ['stateful.1', isOpen],
  ['stateful.2', headerIsKnown],
  ['stateful.3', expansionBecomesActive],
  ['stateful.3', isIncluded],
  ['stateful.4', spendsTheStake],
  ['stateful.5', fundingIsThere],
  ['stateful.6', stakerSigned],
];

function contextOf(base: Base<MsgBTCUndelegate>): Context {
  const { value, chain, ecc } = base;
  const kinds = { signer: 'text', stakingTxHash: 'text', stakeSpendingTx: 'bytes', fundingTransactions: 'bytesList' } as const;
  checkTypes(value, { ...kinds, [PROOF]: 'proof' });
  const spending = once(() => parsedOrNone(value.stakeSpendingTx));
  const expansion = once(() => {
    const record = chain.delegations.get(spending()?.txid ?? '');
    if (record?.expansion === undefined) return undefined;
    if (chain.features.unbondedExpansionIsSkipped && record.unbondingInfo !== undefined) return undefined;
    const child = Stored.load(chain, spending()?.txid ?? '', 'stakeSpendingTx', ecc);
    return Stored.isStored(child) ? child : undefined;
  });
  return { ...base, stored: once(() => Stored.load(chain, value.stakingTxHash, 'stakingTxHash', ecc)), spending, expansion };
}

function named(failure: Failure): Failure {
  return { ...failure, check: `undelegate.${failure.check}` };
}

export function firstFailure(base: Base<MsgBTCUndelegate>): Failure | undefined {
  const context = contextOf(base);
  const failure = first(STATELESS, context) ?? first(STATEFUL, context);
  return failure === undefined ? undefined : named(failure);
}

export function allFailures(base: Base<MsgBTCUndelegate>): readonly Failure[] {
  const context = contextOf(base);
  return [...every(STATELESS, context), ...every(STATEFUL, context)].map(named);
}

function decodes({ value }: Context): Outcome {
  return Basics.proofDecodes(value[PROOF], PROOF);
}

function hashIsLong({ value }: Context): Outcome {
  return Basics.hashIsLong(value.stakingTxHash, 'stakingTxHash');
}

function proofIsThere({ value }: Context): Outcome {
  return value[PROOF] === undefined ? plain('empty inclusion proof', { field: PROOF, why: 'registration.no-proof' }) : undefined;
}

function proofIsWhole({ value }: Context): Outcome {
  const proof = value[PROOF];
  return proof === undefined ? 'blocked' : Basics.proofIsWhole(proof, PROOF, 'invalid inclusion proof: ');
}

function spendingTxIsThere({ value }: Context): Outcome {
  if (value.stakeSpendingTx.length > 0) return undefined;
  return plain('empty delegator unbonding signature', { field: 'stakeSpendingTx', why: 'registration.no-spending-transaction' });
}

function spendingTxReads({ value }: Context): Outcome {
  if (value.stakeSpendingTx.length === 0) return 'blocked';
  return Basics.transactionReads(value.stakeSpendingTx, 'stakeSpendingTx', 'invalid stake spending tx tx');
}

function spendingTxIsSane({ spending }: Context): Outcome {
  const parsed = spending();
  if (parsed === undefined) return 'blocked';
  const fault = caught(() => Tx.checkSanity(parsed.transaction));
  if (fault === undefined) return undefined;
  return plain(`invalid stake spending tx: ${fault.reference}`, Basics.whyOf(fault, 'stakeSpendingTx'));
}

function delegationExists({ stored }: Context): Outcome {
  const delegation = stored();
  return Stored.isStored(delegation) ? undefined : delegation;
}

/** PENDING and VERIFIED are open too: so a stake that nobody ever proved is closed. */
function isOpen({ chain, stored }: Context): Outcome {
  const delegation = stored();
  if (!Stored.isStored(delegation)) return 'blocked';
  const status = DelegationStatus.inView(chain, delegation.record);
  if (status !== 'UNBONDED' && status !== 'EXPIRED') return undefined;
  const why = { field: 'stakingTxHash', why: 'registration.already-unbonded', facts: { status } };
  return staking(1119, 'cannot unbond an unbonded BTC delegation', why);
}

function headerIsKnown({ value, chain }: Context): Outcome {
  const proof = value[PROOF];
  if (proof === undefined) return 'blocked';
  if (Inclusion.heightOf(chain, proof) !== undefined) return undefined;
  return staking(1119, 'stake spending tx is not on BTC chain', { field: `${PROOF}.key.hash`, why: 'registration.unknown-block' });
}

/** The child's proof comes with its parent's end: deep, or the whole message fails and the parent stays active. */
function expansionBecomesActive({ value, chain, expansion }: Context): Outcome {
  const child = expansion();
  const proof = value[PROOF];
  if (child === undefined) return undefined;
  if (proof?.key === undefined) return 'blocked';
  const failure = first<Activation>(ACTIVATION, { chain, stored: child, proof, field: PROOF });
  if (failure === undefined) return undefined;
  const { field, why, facts = {} } = failure;
  const text = `failed to handle stake expansion inclusion: ${failure.reference}`;
  return staking(1119, text, { field, why, facts: { ...facts, expansionTxid: child.txid } });
}

/** No depth is asked: who shows the spend shows the intent. */
function isIncluded({ value, chain, spending, expansion }: Context): Outcome {
  const proof = value[PROOF];
  const txid = spending()?.txid;
  if (expansion() !== undefined) return undefined;
  const header = proof === undefined ? undefined : chain.headers.get(Basics.blockHashOf(proof));
  if (proof?.key === undefined || header === undefined || txid === undefined) return 'blocked';
  if (Header.isIncluded(Transactions.wireHash(txid), header.merkleRoot, proof.proof, proof.key.index)) return undefined;
  const text = 'stake spending tx is not included in the Bitcoin chain: invalid inclusion proof';
  return staking(1119, text, { field: `${PROOF}.proof`, why: 'registration.not-included' });
}

/** Place of the input that spends the stake; below 0 when there is none. */
function inputIndexOf({ record, txid }: Stored.Stored, transaction: Tx.Transaction): number {
  return transaction.ins.findIndex(({ hash, index }) => index === record.stakingOutputIndex && Hex.encode(Bytes.reverse(hash)) === txid);
}

function spendsTheStake({ stored, spending }: Context): Outcome {
  const delegation = stored();
  const transaction = spending()?.transaction;
  if (!Stored.isStored(delegation) || transaction === undefined) return 'blocked';
  if (inputIndexOf(delegation, transaction) >= 0) return undefined;
  const outpoint = `${delegation.txid}:${delegation.record.stakingOutputIndex}`;
  const text = `stake spending tx does not spend staking output: transaction does not spend the expected output ${outpoint}`;
  return staking(1119, text, { field: 'stakeSpendingTx', why: 'registration.other-spend', facts: { outpoint } });
}

function fundingIsThere({ value }: Context): Outcome {
  const prefix = 'failed to parse funding transactions: ';
  if (value.fundingTransactions.length === 0) {
    const why = { field: 'fundingTransactions', why: 'registration.no-funding-transactions' };
    return staking(1119, `${prefix}no funding transactions provided`, why);
  }
  for (const [i, raw] of value.fundingTransactions.entries()) {
    const parsed = Transactions.parse(raw);
    if (typeof parsed !== 'string') continue;
    const why = { field: `fundingTransactions[${i}]`, why: 'registration.malformed-transaction' };
    return staking(1119, `${prefix}failed to parse funding transaction: ${parsed}`, why);
  }
  return undefined;
}

function stakerSigned({ value, ecc, stored, spending }: Context): Outcome {
  const delegation = stored();
  const transaction = spending()?.transaction;
  const funding = value.fundingTransactions.map(parsedOrNone);
  if (!Stored.isStored(delegation) || transaction === undefined || funding.length === 0 || funding.includes(undefined)) return 'blocked';
  const inputIndex = inputIndexOf(delegation, transaction);
  if (inputIndex < 0) return 'blocked';
  const fault = stakerFault({
    transaction,
    inputIndex,
    stakerPk: delegation.record.btcPk,
    stakingOutput: Tx.outputOf(delegation.stakingTx.transaction, delegation.record.stakingOutputIndex),
    funding: funding.filter((one) => one !== undefined),
    ecc,
  });
  if (fault === undefined) return undefined;
  const text = `failed to verify stake spending tx staker signature: ${fault.text}`;
  return staking(1119, text, { field: fault.field, why: fault.why, facts: { inputIndex } });
}

/** A spend of a stake and all that its signature covers. */
type StakerSpend = {
  readonly transaction: Tx.Transaction;
  readonly inputIndex: number;
  readonly stakerPk: Uint8Array;
  readonly stakingOutput: Tx.SpentOutput;
  readonly funding: readonly Pick<Transactions.Parsed, 'transaction' | 'txid'>[];
  readonly ecc: Ecc;
};

type StakerFault = { readonly text: string; readonly field: string; readonly why: string };

/** Why the witness does not show the staker's signature; whichever path it takes, that signature lies under script and control block. */
function stakerFault(spend: StakerSpend): StakerFault | undefined {
  const { transaction, inputIndex, stakingOutput, ecc } = spend;
  const fault = (text: string, why: string, field = 'stakeSpendingTx'): StakerFault => ({ text, field, why });
  const witness = transaction.ins[inputIndex]?.witness ?? [];
  const items = withoutAnnex(witness);
  const [signature, script, control] = items.slice(-3);
  if (signature === undefined || script === undefined || control === undefined) {
    const text = `Expected at least 3 elements in the witness stack. Provided amount of elements: ${items.length}`;
    return fault(text, 'registration.no-witness');
  }
  const path = (control.length - 33) / 32;
  if (!Number.isInteger(path) || path < 0 || path > 128)
    return fault('failed to parse control block in witness: invalid size', 'registration.bad-control-block');
  if (!commits(control, script, stakingOutput.scriptPubKey, ecc))
    return fault('failed to verify taproot leaf commitment in witness', 'registration.bad-control-block');
  const hashType = signature.length === 64 ? 0 : (signature[64] ?? 0);
  const parses = signature.length === 64 || (signature.length === 65 && hashType !== 0);
  const malformed = parses ? Basics.signatureFault(signature.subarray(0, 64)) : `invalid sig len: ${signature.length}`;
  if (malformed !== undefined)
    return fault(`failed to parse schnorr signature from witness: ${malformed}`, 'registration.malformed-signature');
  const spentOutputs = previousOutputs(transaction, spend.funding);
  if (typeof spentOutputs === 'string') {
    const text = `failed to build output fetcher from provided funding transactions: ${spentOutputs}`;
    return fault(text, 'registration.missing-funding-transaction', 'fundingTransactions');
  }
  const annex = items.length === witness.length ? {} : { annex: witness[witness.length - 1] as Uint8Array };
  let valid = false;
  const failed = caught(() => {
    const context = Sighash.prepare(transaction, spentOutputs);
    const hash = Sighash.tapscript(context, inputIndex, TapTree.leafHash(script), { hashType, ...annex });
    valid = ecc.schnorrVerify(hash, spend.stakerPk, signature.subarray(0, 64));
  });
  if (failed !== undefined) return fault(`failed to calculate tapscript signature hash: ${failed.reference}`, failed.why);
  return valid ? undefined : fault('failed to verify schnorr signature', 'registration.bad-signature');
}

/** The same for a message that is being built: what the spending transaction lacks. */
export function spendFault(options: {
  readonly delegation: Delegation;
  readonly spendingTransaction: Tx.Transaction;
  readonly funding: readonly Tx.Transaction[];
  readonly ecc: Ecc;
}): StakerFault | undefined {
  const { delegation, spendingTransaction: transaction, funding, ecc } = options;
  const { stakingTxid, stakingOutputIndex } = delegation;
  const inputIndex = transaction.ins.findIndex((_, i) => Tx.spends(transaction, i, { txid: stakingTxid, vout: stakingOutputIndex }));
  const text = `transaction does not spend the expected output ${stakingTxid}:${stakingOutputIndex}`;
  if (inputIndex < 0) return { text, field: 'spendingTransaction', why: 'registration.other-spend' };
  const fault = stakerFault({
    transaction,
    inputIndex,
    stakerPk: delegation.contract.terms.stakerPks[0] as Uint8Array,
    stakingOutput: Tx.outputOf(delegation.stakingTransaction, stakingOutputIndex),
    funding: funding.map((one) => ({ transaction: one, txid: Tx.txid(one) })),
    ecc,
  });
  return fault?.field === 'stakeSpendingTx' ? { ...fault, field: 'spendingTransaction' } : fault;
}

/** True when the leaf is one of the output's tree. */
function commits(control: Uint8Array, script: Uint8Array, scriptPubKey: Uint8Array, ecc: Ecc): boolean {
  const version = control[0] ?? 0;
  let root = TapTree.leafHash(script, version & 0xfe);
  for (let at = 33; at < control.length; at += 32) root = TapTree.branchHash(root, control.subarray(at, at + 32));
  const internalKey = control.subarray(1, 33);
  if (!ecc.isXOnly(internalKey)) return false;
  const { outputKey, parity } = TapTree.tweak(internalKey, root, ecc);
  return parity === (version & 1) && Bytes.equal(TapTree.scriptPubKeyOf(outputKey), scriptPubKey);
}

/** The outputs that all inputs spend, out of the transactions given with the message. */
function previousOutputs(transaction: Tx.Transaction, funding: StakerSpend['funding']): readonly Tx.SpentOutput[] | string {
  const byTxid = new Map(funding.map((parsed) => [parsed.txid, parsed.transaction]));
  const outputs: Tx.SpentOutput[] = [];
  for (const input of transaction.ins) {
    const txid = Hex.encode(Bytes.reverse(input.hash));
    const previous = byTxid.get(txid);
    if (previous === undefined) return `input references transaction ${txid} which is not in funding transactions`;
    if (input.index >= previous.outs.length)
      return `input references transaction ${txid} which has fewer outputs than the input index ${input.index}`;
    outputs.push(Tx.outputOf(previous, input.index));
  }
  return outputs;
}

export function warnings({ value }: Base<MsgBTCUndelegate>): readonly Warning[] {
  const found = [...Inclusion.warnings(value[PROOF], PROOF)];
  const raws = [['stakeSpendingTx', value.stakeSpendingTx] as const].concat(
    value.fundingTransactions.map((raw, i) => [`fundingTransactions[${i}]`, raw] as never),
  );
  for (const [field, raw] of raws) {
    const trailing = parsedOrNone(raw)?.trailingBytes ?? 0;
    if (trailing > 0)
      found.push({ why: 'registration.trailing-bytes', field, message: `${field}: ${trailing} bytes stand behind the transaction` });
  }
  return found;
}
