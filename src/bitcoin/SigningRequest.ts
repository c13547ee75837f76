// What a signer is asked, and what it may answer: a PSBT with everything a wallet or device looks for (BIP174, BIP371), and the check of what
// comes back, field by field and signature by signature, before anything of it is used. Finished inputs are made here, not by the signer.
import { Psbt } from 'bitcoinjs-lib/src/psbt';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as Ecc from '../crypto/Ecc.ts';
import type { Coin, KeyOrigin } from './Coin.ts';
import * as LeafSpends from './LeafSpend.ts';
import * as Codec from './psbt/codec.ts';
import { type Changed, changed } from './psbt/compare.ts';
import { type AccountKey, accountField } from './psbt/origins.ts';
import { type OutputInfo, type Reason as OutputReason, plan as planOutputs } from './psbt/outputs.ts';
import { type InputSource, type Planned, Planner, type Reason as PlanReason, planCoin, planLeaf, planOutput } from './psbt/plan.ts';
import { type Accepted, type Ignored, Request, type Why } from './psbt/request.ts';
import type { Fault, InputSignature } from './psbt/signatures.ts';
import { type Answer, toBase64 as encodeBase64, type Reason as TextReason } from './psbt/text.ts';
import * as Sighash from './Sighash.ts';
import { uint32 } from './spend/encode.ts';
import * as Tx from './Tx.ts';

export type { Accepted, AccountKey, Answer, Ignored, InputSignature, InputSource, OutputInfo, Why };

export type Reason =
  | Check.Reason
  | Tx.Reason
  | LeafSpends.Reason
  | Codec.Reason
  | PlanReason
  | OutputReason
  | TextReason
  | Sighash.Reason
  | Changed
  | Fault
  | { readonly code: 'signing-request.wrong-inputs'; readonly inputs: number; readonly sources: number }
  | { readonly code: 'signing-request.not-a-source'; readonly field: string }
  | { readonly code: 'signing-request.signed-already'; readonly input: number }
  | { readonly code: 'signing-request.not-a-request'; readonly field: string; readonly got: string }
  | { readonly code: 'signing-request.other-transaction'; readonly field: string }
  | { readonly code: 'signing-request.missing-signature'; readonly input: number };

export type Options = {
  readonly transaction: Tx.Transaction;
  /** What each input spends, in input order. */
  readonly inputs: readonly InputSource[];
  /** Written into the PSBT when given; DEFAULT (for ECDSA: ALL) otherwise, which is what every pre-signature of Babylon must be. */
  readonly sighashType?: number;
  /** Hash types that are accepted beside it: some wallets sign taproot inputs with ALL, 65 bytes. Never for pre-signatures. */
  readonly allowedSighashTypes?: readonly number[];
  /** What signers may know of outputs; with the keys of the change a hardware wallet shows it as change. */
  readonly outputs?: readonly OutputInfo[];
  readonly globalXpubs?: readonly AccountKey[];
  /** P2PKH and bare P2SH coins: signing changes the txid, so nothing may be pre-signed on top of this transaction. */
  readonly allowTxidChange?: boolean;
};

/** A signing request; make one with {@link from} or {@link fromLeafSpend}. */
export type SigningRequest = Request;

/**
 * The request to sign this transaction. What is said of inputs and outputs is checked first: a signer believes it. Linear in the inputs.
 *
 * @throws signing-request.wrong-inputs, signing-request.not-a-source, signing-request.signed-already
 * @throws coin.txid-changes - for legacy coins, unless `allowTxidChange` says that nothing is pre-signed on top
 * @throws psbt.other-coin, psbt.wrong-leaf, psbt.other-internal-key, psbt.foreign-key-origin, coin.*, psbt.*
 * @source BIP174, BIP371
 */
export function from(options: Options, ecc: Ecc.Ecc = Ecc.auto()): SigningRequest {
  const { transaction, inputs, allowTxidChange = false } = Check.object(options, 'options');
  Tx.checkSanity(transaction);
  const sources = Check.list(inputs, 'inputs');
  if (sources.length !== transaction.ins.length)
    fail<Reason>(
      { code: 'signing-request.wrong-inputs', inputs: transaction.ins.length, sources: sources.length },
      `the transaction has ${transaction.ins.length} inputs, ${sources.length} are described`,
    );
  const planner = new Planner(Tx.stripped(transaction), allowTxidChange === true, ecc);
  const planned = sources.map((source, i) => planSource(planner, i, source));
  return make(options, planner.transaction, planned, ecc);
}

function planSource(planner: Planner, input: number, source: InputSource): Planned {
  const name = `inputs[${input}]`;
  Check.object(source, name);
  if ('coin' in source) return planCoin(planner, input, source.coin, `${name}.coin`);
  if ('leaf' in source) return planLeaf(planner, input, source, name);
  return fail<Reason>(
    { code: 'signing-request.not-a-source', field: name },
    `${name}: expected { coin } for a coin of a wallet, or { leaf, spentOutput } for an output of a contract`,
  );
}

function make(
  options: Omit<Options, 'transaction' | 'inputs'>,
  transaction: Tx.Transaction,
  planned: readonly Planned[],
  ecc: Ecc.Ecc,
): SigningRequest {
  const { sighashType, allowedSighashTypes = [], outputs = [], globalXpubs = [] } = options;
  const types = [sighashType ?? Sighash.TYPE.DEFAULT, ...Check.list(allowedSighashTypes, 'allowedSighashTypes')];
  for (const [i, type] of types.entries()) checkType(type, i === 0 ? 'sighashType' : `allowedSighashTypes[${i - 1}]`);
  for (const [input, { script }] of transaction.ins.entries()) {
    const known = (planned[input] as Planned).scriptSig;
    if (script.length > 0 && !Bytes.equal(script, known))
      fail<Reason>({ code: 'signing-request.signed-already', input }, `input ${input} has a scriptSig that it cannot have before signing`);
    transaction.setInputScript(input, Bytes.copy(known));
  }
  const asked = (plan: Planned): Planned => (sighashType === undefined ? plan : withType(plan, sighashType));
  const global = Check.list(globalXpubs, 'globalXpubs').map((key, i) => accountField(key, `globalXpubs[${i}]`));
  return new Request(transaction, planned.map(asked), { outputs: planOutputs(transaction, outputs, ecc), global }, types);
}

function checkType(type: number, name: string): void {
  Check.integer(type, name, 0, 255);
  if (!Sighash.isHashType(type)) fail<Reason>({ code: 'sighash.bad-hash-type', hashType: type }, `${name}: no hash type: ${type}`);
}

/** @source BIP174 PSBT_IN_SIGHASH_TYPE; ECDSA has no DEFAULT */
function withType(plan: Planned, sighashType: number): Planned {
  const type = 'era' in plan.lock && sighashType === Sighash.TYPE.DEFAULT ? Sighash.TYPE.ALL : sighashType;
  return { ...plan, fields: [...plan.fields, Codec.field(Codec.INPUT.SIGHASH_TYPE, uint32(type))] };
}

export declare namespace fromLeafSpend {
  type More = Omit<Options, 'transaction' | 'inputs'> & {
    /** Coins beside the contract's output by input index: what funds an extension. */
    readonly coins?: Readonly<Record<number, Coin>>;
    /** Keys of the leaf that the signer finds by derivation (x-only). */
    readonly keyOrigins?: readonly KeyOrigin[];
    /** The staker's compressed key, for signers that work as Bitcoin Core's wallet does. */
    readonly walletKey?: Uint8Array;
  };
}

/**
 * The request to sign a spend of a contract's output. Inputs of which only the spent output is known are shown to the signer as far as that
 * goes; those that need a script (P2WSH) or an earlier transaction need their coin in `coins`.
 *
 * @throws as {@link from}
 */
export function fromLeafSpend(spend: LeafSpends.LeafSpend, more: fromLeafSpend.More = {}, ecc: Ecc.Ecc = Ecc.auto()): SigningRequest {
  LeafSpends.check(spend);
  return fromLeafSpends([spend], more, ecc);
}

/**
 * The request to sign several inputs of one transaction through leaves, such as a withdrawal of many outputs.
 *
 * @throws signing-request.other-transaction - when the spends are not of one transaction
 * @throws as {@link from}
 */
export function fromLeafSpends(
  spends: readonly LeafSpends.LeafSpend[],
  more: fromLeafSpend.More = {},
  ecc: Ecc.Ecc = Ecc.auto(),
): SigningRequest {
  const [first] = Check.list(spends, 'spends').map((spend, i) => LeafSpends.check(spend, `spends[${i}]`));
  if (first === undefined) Check.missing('spends[0]');
  const { coins = {}, keyOrigins, walletKey, allowTxidChange = false } = Check.object(more, 'more');
  Check.object(coins, 'coins');
  const { transaction, spentOutputs, txid } = first;
  const planner = new Planner(transaction, allowTxidChange === true, ecc);
  const byInput = new Map<number, LeafSpends.LeafSpend>();
  for (const [i, spend] of spends.entries()) {
    if (spend.txid !== txid)
      fail<Reason>(
        { code: 'signing-request.other-transaction', field: `spends[${i}]` },
        `spends[${i}]: of another transaction than the first`,
      );
    byInput.set(spend.inputIndex, spend);
  }
  for (const input of Object.keys(coins))
    if (!(Number(input) in transaction.ins) || byInput.has(Number(input)))
      fail<Reason>(
        { code: 'signing-request.not-a-source', field: `coins[${input}]` },
        `coins[${input}]: not an input that a coin pays for`,
      );
  const keys = { ...(keyOrigins === undefined ? {} : { keyOrigins }), ...(walletKey === undefined ? {} : { walletKey }) };
  const planned = Check.list(spentOutputs, 'spend.spentOutputs').map((spentOutput, i) => {
    const leaf = byInput.get(i)?.leaf;
    if (leaf !== undefined) return planLeaf(planner, i, { leaf, spentOutput, ...keys }, `inputs[${i}]`);
    const coin = coins[i];
    if (coin !== undefined) return sameOutput(planCoin(planner, i, coin, `coins[${i}]`), spentOutput, i);
    return planOutput(spentOutput, (transaction.ins[i] as Tx.Transaction['ins'][number]).script, `spend.spentOutputs[${i}]`);
  });
  return make(more, transaction, planned, ecc);
}

/** The signature of the leaf covers the amounts and scripts of all inputs: a coin that says something else is another coin. */
function sameOutput(plan: Planned, { scriptPubKey, valueSats }: Tx.SpentOutput, input: number): Planned {
  const { spent } = plan;
  const place = { input };
  if (!Bytes.equal(spent.scriptPubKey, scriptPubKey))
    changed('other-coin', `coins[${input}].scriptPubKey`, Hex.encode(scriptPubKey), Hex.encode(spent.scriptPubKey), place);
  if (spent.valueSats !== valueSats) changed('other-coin', `coins[${input}].valueSats`, String(valueSats), String(spent.valueSats), place);
  return plan;
}

/**
 * Returns `value` when it has the shape of a request: two installed copies of the package agree.
 *
 * @throws input.missing, signing-request.not-a-request
 */
export function check(value: SigningRequest, field = 'request'): SigningRequest {
  if (value === undefined || value === null) Check.missing(field);
  if (typeof value !== 'object' || typeof value.toBytes !== 'function' || typeof value.collect !== 'function') {
    const got = Check.kindOf(value);
    fail<Reason>(
      { code: 'signing-request.not-a-request', field, got },
      `${field}: expected a SigningRequest, got ${got}; use SigningRequest.from or SigningRequest.fromLeafSpend`,
    );
  }
  return value;
}

/** The PSBT as bytes, always the same ones for the same request. */
export function toBytes(request: SigningRequest): Uint8Array {
  return check(request).toBytes();
}

/** The PSBT as hex, the form that browser wallets take. */
export function toHex(request: SigningRequest): string {
  return Hex.encode(check(request).toBytes());
}

/** The PSBT as base64, the form that hardware wallets and Bitcoin Core take. */
export function toBase64(request: SigningRequest): string {
  return encodeBase64(check(request).toBytes());
}

/** The PSBT as an object of bitcoinjs-lib. */
export function toPsbt(request: SigningRequest): Psbt {
  return Psbt.fromBuffer(check(request).toBytes());
}

/**
 * What the answer of one signer brings, once all of it is right: the transaction is the one asked for, every signature holds, and each input
 * has at least one.
 *
 * @throws psbt.not-a-psbt, psbt.malformed, psbt.unsupported-version
 * @throws signing-request.other-* - the field that was changed, with what was asked and what came
 * @throws signing-request.invalid-signature, signing-request.foreign-signature, signing-request.missing-signature
 */
export function accept(request: SigningRequest, answer: Answer, ecc: Ecc.Ecc = Ecc.auto()): Accepted {
  const parsed = check(request).open(answer, 'answer');
  const signatures = request.collect([parsed], ecc, refuse);
  const input = signatures.findIndex(({ length }) => length === 0);
  if (input >= 0)
    fail<Reason>(
      { code: 'signing-request.missing-signature', input },
      `input ${input}: the signer returned no signature; if it holds only some of the keys, use combine`,
    );
  return request.outcome(signatures, []);
}

/**
 * What the answers of several signers bring together. Each must be of the transaction asked for; signatures that do not hold are left out and
 * told, so that one bad signer does not stop a quorum of good ones.
 *
 * @throws as {@link accept}, but for signatures
 */
export function combine(request: SigningRequest, answers: readonly Answer[], ecc: Ecc.Ecc = Ecc.auto()): Accepted {
  const { signatures, ignored } = gather(request, answers, ecc);
  return request.outcome(signatures, ignored);
}

/**
 * One PSBT with the right signatures of all answers, and with every other entry that signers put into theirs, known or not.
 *
 * @throws as {@link combine}
 * @source BIP174 "Combiner"
 */
export function merge(request: SigningRequest, answers: readonly Answer[], ecc: Ecc.Ecc = Ecc.auto()): Uint8Array {
  const { opened, signatures } = gather(request, answers, ecc);
  return request.merge(opened, signatures);
}

type Gathered = {
  readonly opened: readonly Codec.Parsed[];
  readonly signatures: readonly (readonly InputSignature[])[];
  readonly ignored: readonly Ignored[];
};

function gather(request: SigningRequest, answers: readonly Answer[], ecc: Ecc.Ecc): Gathered {
  check(request);
  const opened = Check.list(answers, 'answers').map((answer, i) => request.open(answer, `answers[${i}]`));
  const ignored: Ignored[] = [];
  const signatures = request.collect(opened, ecc, ({ code, input, publicKey }, answer) => {
    ignored.push({ answer, input, publicKey, why: code.slice(PREFIX.length) as Why });
  });
  return { opened, signatures, ignored };
}

const PREFIX = 'signing-request.';

function refuse(fault: Fault): never {
  const { input, publicKey } = fault;
  const of = publicKey === '' ? '' : ` of key ${publicKey}`;
  switch (fault.code) {
    case 'signing-request.foreign-signature':
      return fail<Reason>(fault, `input ${input}: a signature${of}, which has no part in this input`);
    case 'signing-request.other-sighash-type':
      return fail<Reason>(
        fault,
        `input ${input}: sighash type ${fault.got}${of} where ${fault.expected} was asked (${fault.field}); see allowedSighashTypes`,
      );
    default:
      return fail<Reason>(fault, `input ${input}: the signature${of} is not valid (${fault.why})`);
  }
}
