// A signing request as an object: the plan of every input, the bytes of the PSBT, and what answers bring (BIP174 "Combiner", "Input Finalizer").
import * as Bytes from '../../base/Bytes.ts';
import * as Hex from '../../base/Hex.ts';
import type { Ecc } from '../../crypto/Ecc.ts';
import * as Sighash from '../Sighash.ts';
import * as Tx from '../Tx.ts';
import * as Codec from './codec.ts';
import { checkInputs, checkTransaction } from './compare.ts';
import { type Finished, finish } from './finish.ts';
import type { Planned } from './plan.ts';
import { type Fault, type InputSignature, read, Verifier } from './signatures.ts';
import { type Answer, bytesOf } from './text.ts';

/** What came back, checked: every signature here holds. */
export type Accepted = {
  /** For each input the signatures, in the order of the answers. */
  readonly signatures: readonly (readonly InputSignature[])[];
  /** The signed transaction, when no input misses a signature. */
  readonly transaction?: Tx.Transaction;
  /** The inputs that need more signatures. */
  readonly missing: readonly number[];
  /** What combining left out; empty where a whole answer is refused for it. */
  readonly ignored: readonly Ignored[];
};

/** A signature that was left out: of which answer, of which key, and why. */
export type Ignored = { readonly answer: number; readonly input: number; readonly publicKey: string; readonly why: Why };
export type Why = 'foreign-signature' | 'invalid-signature' | 'other-sighash-type';

/** A request; its bytes are made once and nobody's to change. */
export class Request {
  readonly #transaction: Tx.Transaction;
  readonly #planned: readonly Planned[];
  readonly #outputs: readonly (readonly Codec.Field[])[];
  readonly #global: readonly Codec.Field[];
  readonly #allowed: readonly number[];
  #context?: Sighash.Context;
  #bytes?: Uint8Array;

  constructor(
    transaction: Tx.Transaction,
    planned: readonly Planned[],
    fields: { readonly outputs: readonly (readonly Codec.Field[])[]; readonly global: readonly Codec.Field[] },
    allowed: readonly number[],
  ) {
    this.#transaction = transaction;
    this.#planned = planned;
    this.#outputs = fields.outputs;
    this.#global = fields.global;
    this.#allowed = allowed;
  }

  /** A fresh copy of the transaction that is to be signed, with the scriptSigs that are known in advance. */
  get transaction(): Tx.Transaction {
    return Tx.copy(this.#transaction);
  }

  /** The txid, which signing does not change; undefined where it does. */
  get txid(): string | undefined {
    return this.#planned.some(({ lock }) => 'era' in lock && lock.era === 'legacy') ? undefined : this.#transaction.getId();
  }

  /** The outputs that all inputs spend, in input order. */
  get spentOutputs(): readonly Tx.SpentOutput[] {
    return this.#planned.map(({ spent }) => ({ scriptPubKey: Bytes.copy(spent.scriptPubKey), valueSats: spent.valueSats }));
  }

  /** A fresh copy of the PSBT. */
  toBytes(): Uint8Array {
    this.#bytes ??= Codec.encode(
      this.#transaction,
      this.#global,
      this.#planned.map(({ fields }) => fields),
      this.#outputs,
    );
    return Bytes.copy(this.#bytes);
  }

  /** The answer, when it is one to this request. */
  open(answer: Answer, name: string): Codec.Parsed {
    const parsed = Codec.decode(bytesOf(answer, name));
    checkTransaction(this.#transaction, parsed.transaction);
    checkInputs(this.#transaction, this.#planned, parsed);
    return parsed;
  }

  /** The signatures of these answers that hold. `report` hears of all others, and throws where the reader is strict. */
  collect(answers: readonly Codec.Parsed[], ecc: Ecc, report: (fault: Fault, answer: number) => void): InputSignature[][] {
    this.#context ??= Sighash.prepare(this.#transaction, this.spentOutputs);
    const verifier = new Verifier(this.#context, this.#allowed, ecc);
    return this.#planned.map((plan, input) => {
      const held = new Map<string, InputSignature>();
      for (const [answer, { inputs }] of answers.entries()) {
        const map = inputs[input] as Codec.FieldMap;
        for (const one of read(verifier, input, plan, map, (fault) => report(fault, answer))) {
          const id = Hex.encode(one.publicKey);
          if (!held.has(id)) held.set(id, one);
        }
      }
      return [...held.values()];
    });
  }

  /** Scripts and witnesses of the inputs that these signatures, which hold, complete; undefined for the others. */
  finishedInputs(signatures: readonly (readonly InputSignature[])[]): readonly (Finished | undefined)[] {
    return this.#planned.map((plan, input) => {
      const finished = finish(plan, signatures[input] ?? []);
      return finished && { scriptSig: Bytes.copy(finished.scriptSig), witness: finished.witness.map(Bytes.copy) };
    });
  }

  /** The outcome of signatures that hold. */
  outcome(signatures: readonly (readonly InputSignature[])[], ignored: readonly Ignored[]): Accepted {
    const finished = this.finishedInputs(signatures);
    const missing = finished.flatMap((one, input) => (one === undefined ? [input] : []));
    if (missing.length > 0) return { signatures, missing, ignored };
    const transaction = Tx.copy(this.#transaction);
    for (const [input, one] of finished.entries()) {
      if (one === undefined) continue;
      transaction.setInputScript(input, one.scriptSig);
      transaction.setWitness(input, [...one.witness]);
    }
    return { signatures, missing, ignored, transaction };
  }

  /** One PSBT of the request and the answers: their own entries are kept, of the signatures only these. */
  merge(answers: readonly Codec.Parsed[], signatures: readonly (readonly InputSignature[])[]): Uint8Array {
    const inputs = this.#planned.map(({ fields, lock }, i) =>
      together(
        [...(signatures[i] ?? []).map((one) => signatureField(one, lock.type)), ...fields],
        answers.map((answer) => [...(answer.inputs[i] as Codec.FieldMap).values()].filter(({ key }) => !isSigned(key[0] as number))),
      ),
    );
    const outputs = this.#outputs.map((fields, i) =>
      together(
        fields,
        answers.map((answer) => [...(answer.outputs[i] as Codec.FieldMap).values()]),
      ),
    );
    const foreign = answers.map(({ global }) => [...global.values()].filter(({ key }) => !OWN_GLOBALS.includes(key[0] as number)));
    return Codec.encode(this.#transaction, together(this.#global, foreign), inputs, outputs);
  }
}

/** The unsigned transaction is written anew, a version of 0 is left out. */
const OWN_GLOBALS: readonly number[] = [Codec.GLOBAL.UNSIGNED_TX, Codec.GLOBAL.VERSION];

function isSigned(type: number): boolean {
  const { PARTIAL_SIG, FINAL_SCRIPTSIG, FINAL_SCRIPTWITNESS, TAP_KEY_SIG, TAP_SCRIPT_SIG } = Codec.INPUT;
  return [PARTIAL_SIG, FINAL_SCRIPTSIG, FINAL_SCRIPTWITNESS, TAP_KEY_SIG, TAP_SCRIPT_SIG].some((one) => one === type);
}

/** The entries of all lists; of those with the same key the first one wins. @source BIP174 "Combiner" */
function together(own: readonly Codec.Field[], others: readonly (readonly Codec.Field[])[]): readonly Codec.Field[] {
  const all = new Map(own.map((one) => [Hex.encode(one.key), one]));
  for (const one of others.flat()) {
    const id = Hex.encode(one.key);
    if (!all.has(id)) all.set(id, one);
  }
  return [...all.values()];
}

function signatureField({ publicKey, signature, leafHash }: InputSignature, lock: Planned['lock']['type']): Codec.Field {
  if (leafHash !== undefined) return Codec.field(Codec.INPUT.TAP_SCRIPT_SIG, signature, Bytes.concat(publicKey, leafHash));
  if (lock === 'key-path') return Codec.field(Codec.INPUT.TAP_KEY_SIG, signature);
  return Codec.field(Codec.INPUT.PARTIAL_SIG, signature, publicKey);
}
