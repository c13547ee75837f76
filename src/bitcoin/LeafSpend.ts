// One input of a transaction that spends a taproot output through a leaf: what is signed there, and whether a signature is right.
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Sats from '../base/Sats.ts';
import * as Ecc from '../crypto/Ecc.ts';
import * as Sighash from './Sighash.ts';
import type { SpendableLeaf } from './TapTree.ts';
import * as Tx from './Tx.ts';

export type Reason =
  | Check.Reason
  | Tx.Reason
  | { readonly code: 'leaf-spend.wrong-prevouts'; readonly inputs: number; readonly prevouts: number }
  | { readonly code: 'leaf-spend.not-a-leaf-spend'; readonly field: string; readonly got: string };

/** SIGHASH_DEFAULT: 64-byte signatures. All pre-signatures of the protocol use it. */
export const DEFAULT_HASH_TYPE = 0;

/** What a leaf spend is made of; `spentOutputs` are those of all inputs, in input order. */
export type Parts = {
  readonly transaction: Tx.Transaction;
  readonly inputIndex: number;
  readonly spentOutputs: readonly Tx.SpentOutput[];
  readonly leaf: SpendableLeaf;
};

/** A private copy of a transaction and its spent outputs, and the hashes over all of them: made once, however many inputs are ours. */
class Frame {
  readonly transaction: Tx.Transaction;
  readonly spentOutputs: readonly Tx.SpentOutput[];
  readonly txid: string;
  #context?: ReturnType<typeof Sighash.prepare>;

  constructor(transaction: Tx.Transaction, spentOutputs: readonly Tx.SpentOutput[]) {
    this.transaction = Tx.stripped(transaction);
    // Signature hashes are made later: what they cover must not change in the meantime.
    this.spentOutputs = spentOutputs.map((output, i) => {
      const { scriptPubKey, valueSats } = Check.object(output, `spentOutputs[${i}]`);
      return {
        scriptPubKey: Bytes.copy(Check.bytes(scriptPubKey, `spentOutputs[${i}].scriptPubKey`)),
        valueSats: Sats.from(valueSats, `spentOutputs[${i}].valueSats`),
      };
    });
    this.txid = Tx.txid(this.transaction);
  }

  get context(): ReturnType<typeof Sighash.prepare> {
    this.#context ??= Sighash.prepare(this.transaction, this.spentOutputs);
    return this.#context;
  }
}

/** A leaf spend; signature hashes are computed at first use and kept. */
export class LeafSpend {
  readonly #frame: Frame;
  readonly inputIndex: number;
  readonly leaf: SpendableLeaf;
  readonly #sighashes = new Map<number, Uint8Array>();

  /** Use {@link from} or {@link forInputs}: they check. */
  constructor(frame: Frame, inputIndex: number, leaf: SpendableLeaf) {
    this.#frame = frame;
    this.inputIndex = inputIndex;
    this.leaf = leaf;
  }

  get txid(): string {
    return this.#frame.txid;
  }

  /** The outputs that all inputs spend, in input order. */
  get spentOutputs(): readonly Tx.SpentOutput[] {
    return this.#frame.spentOutputs;
  }

  /** A fresh copy of the unsigned transaction. */
  get transaction(): Tx.Transaction {
    return Tx.copy(this.#frame.transaction);
  }

  /** The tapscript signature hash of this input (BIP341 ext_flag 1). */
  sighash(hashType: number = DEFAULT_HASH_TYPE): Uint8Array {
    let hash = this.#sighashes.get(hashType);
    if (hash === undefined) {
      hash = Sighash.tapscript(this.#frame.context, this.inputIndex, this.leaf.leafHash, { hashType });
      this.#sighashes.set(hashType, hash);
    }
    return hash.slice();
  }

  /** True when `signature` (64 bytes, or 65 with a hash type) is valid for `publicKey` here. Never throws. */
  verify(publicKey: Uint8Array, signature: Uint8Array, ecc: Ecc.Ecc = Ecc.auto()): boolean {
    const hashType = hashTypeOf(signature);
    if (hashType === undefined || !Check.isBytes(publicKey) || publicKey.length !== 32) return false;
    // SIGHASH_SINGLE without an output at this index signs nothing.
    if ((hashType & 3) === 3 && this.inputIndex >= this.#frame.transaction.outs.length) return false;
    return ecc.schnorrVerify(this.sighash(hashType), publicKey, signature.subarray(0, 64));
  }

  /** The transaction with this input's witness: the stack items, then the leaf script and its control block. */
  withWitness(stack: readonly Uint8Array[]): Tx.Transaction {
    const items = Check.list(stack, 'stack').map((item, i) => Bytes.copy(Check.bytes(item, `stack[${i}]`)));
    const signed = Tx.copy(this.#frame.transaction);
    signed.setWitness(this.inputIndex, items);
    return signed;
  }
}

/**
 * The spend of these parts.
 *
 * @throws leaf-spend.wrong-prevouts - when there is not one spent output for each input
 * @throws input.out-of-range - when there is no such input
 */
export function from(parts: Parts): LeafSpend {
  const { transaction, spentOutputs, inputIndex, leaf } = Check.object(parts, 'parts');
  const [spend] = forInputs(transaction, spentOutputs, [{ inputIndex, leaf }]);
  return spend as LeafSpend;
}

/**
 * The spends of several inputs of one transaction. They share what is the same for all: n inputs cost n, not n times n.
 *
 * @throws as {@link from}
 */
export function forInputs(
  transaction: Tx.Transaction,
  spentOutputs: readonly Tx.SpentOutput[],
  spent: readonly Pick<Parts, 'inputIndex' | 'leaf'>[],
): readonly LeafSpend[] {
  const inputs = Tx.check(transaction).ins.length;
  const prevouts = Check.list(spentOutputs, 'spentOutputs').length;
  if (inputs !== prevouts)
    fail<Reason>(
      { code: 'leaf-spend.wrong-prevouts', inputs, prevouts },
      `the transaction has ${inputs} inputs, ${prevouts} spent outputs are given`,
    );
  const frame = new Frame(transaction, spentOutputs);
  return Check.list(spent, 'spent').map((one, i) => {
    const { inputIndex, leaf } = Check.object(one, `spent[${i}]`);
    Tx.outpointOf(transaction, inputIndex);
    const { script, controlBlock, leafHash } = Check.object(leaf, 'leaf');
    Check.bytes(script, 'leaf.script');
    Check.bytes(controlBlock, 'leaf.controlBlock');
    Check.bytes(leafHash, 'leaf.leafHash', 32);
    return new LeafSpend(frame, inputIndex, leaf);
  });
}

/**
 * Returns `value` when it has the shape of a leaf spend: two installed copies of the package agree.
 *
 * @throws input.missing, leaf-spend.not-a-leaf-spend
 */
export function check(value: LeafSpend, field = 'spend'): LeafSpend {
  if (value === undefined || value === null) Check.missing(field);
  if (typeof value !== 'object' || typeof value.sighash !== 'function' || typeof value.withWitness !== 'function') {
    const got = Check.kindOf(value);
    const advice = 'make one with LeafSpend.from; a delegation has unbonding, stakingSlashing and unbondingSlashing';
    fail<Reason>({ code: 'leaf-spend.not-a-leaf-spend', field, got }, `${field}: expected a LeafSpend, got ${got}; ${advice}`);
  }
  return value;
}

/** The hash type of a Schnorr signature by its length and last byte; undefined for what Bitcoin refuses. */
export function hashTypeOf(signature: Uint8Array): number | undefined {
  if (!Check.isBytes(signature)) return undefined;
  if (signature.length === 64) return DEFAULT_HASH_TYPE;
  if (signature.length !== 65) return undefined;
  const hashType = signature[64] as number;
  return [0x01, 0x02, 0x03, 0x81, 0x82, 0x83].includes(hashType) ? hashType : undefined;
}
