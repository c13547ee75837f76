// One input of a transaction that spends a taproot output through a leaf: what is signed there, and whether a signature is right.
import * as Bytes from '../base/Bytes.ts';
import { fail } from '../base/Errors.ts';
import * as Ecc from '../crypto/Ecc.ts';
import * as Sighash from './Sighash.ts';
import type { SpendableLeaf } from './TapTree.ts';
import * as Tx from './Tx.ts';

export type Reason = { readonly code: 'leaf-spend.wrong-prevouts'; readonly inputs: number; readonly prevouts: number };

/** SIGHASH_DEFAULT: 64-byte signatures. All pre-signatures of the protocol use it. */
export const DEFAULT_HASH_TYPE = 0;

/** What a leaf spend is made of; `spentOutputs` are those of all inputs, in input order. */
export type Parts = {
  readonly transaction: Tx.Transaction;
  readonly inputIndex: number;
  readonly spentOutputs: readonly Tx.SpentOutput[];
  readonly leaf: SpendableLeaf;
};

/** A leaf spend; signature hashes are computed at first use and kept. */
export class LeafSpend {
  readonly #transaction: Tx.Transaction;
  readonly inputIndex: number;
  readonly spentOutputs: readonly Tx.SpentOutput[];
  readonly leaf: SpendableLeaf;
  readonly txid: string;
  #context?: ReturnType<typeof Sighash.prepare>;
  readonly #sighashes = new Map<number, Uint8Array>();

  /** Use {@link from}: it checks. */
  constructor(parts: Parts) {
    this.#transaction = Tx.stripped(parts.transaction);
    this.inputIndex = parts.inputIndex;
    // Signature hashes are made later: what they cover must not change in the meantime.
    this.spentOutputs = parts.spentOutputs.map(({ scriptPubKey, valueSats }) => ({ scriptPubKey: Bytes.copy(scriptPubKey), valueSats }));
    this.leaf = parts.leaf;
    this.txid = Tx.txid(this.#transaction);
  }

  /** A fresh copy of the unsigned transaction. */
  get transaction(): Tx.Transaction {
    return Tx.copy(this.#transaction);
  }

  /** The tapscript signature hash of this input (BIP341 ext_flag 1). */
  sighash(hashType: number = DEFAULT_HASH_TYPE): Uint8Array {
    let hash = this.#sighashes.get(hashType);
    if (hash === undefined) {
      this.#context ??= Sighash.prepare(this.#transaction, this.spentOutputs);
      hash = Sighash.tapscript(this.#context, this.inputIndex, this.leaf.leafHash, { hashType });
      this.#sighashes.set(hashType, hash);
    }
    return hash.slice();
  }

  /** True when `signature` (64 bytes, or 65 with a hash type) is valid for `publicKey` here. Never throws. */
  verify(publicKey: Uint8Array, signature: Uint8Array, ecc: Ecc.Ecc = Ecc.auto()): boolean {
    const hashType = hashTypeOf(signature);
    if (hashType === undefined || publicKey.length !== 32) return false;
    // SIGHASH_SINGLE without an output at this index signs nothing.
    if ((hashType & 3) === 3 && this.inputIndex >= this.#transaction.outs.length) return false;
    return ecc.schnorrVerify(this.sighash(hashType), publicKey, signature.subarray(0, 64));
  }

  /** The transaction with this input's witness: the stack items, then the leaf script and its control block. */
  withWitness(stack: readonly Uint8Array[]): Tx.Transaction {
    const signed = Tx.copy(this.#transaction);
    signed.setWitness(this.inputIndex, stack.map(Bytes.copy));
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
  const inputs = parts.transaction.ins.length;
  const prevouts = parts.spentOutputs.length;
  if (inputs !== prevouts)
    fail<Reason>(
      { code: 'leaf-spend.wrong-prevouts', inputs, prevouts },
      `the transaction has ${inputs} inputs, ${prevouts} spent outputs are given`,
    );
  Tx.outpointOf(parts.transaction, parts.inputIndex);
  return new LeafSpend(parts);
}

/** The hash type of a Schnorr signature by its length and last byte; undefined for what Bitcoin refuses. */
export function hashTypeOf(signature: Uint8Array): number | undefined {
  if (signature.length === 64) return DEFAULT_HASH_TYPE;
  if (signature.length !== 65) return undefined;
  const hashType = signature[64] as number;
  return [0x01, 0x02, 0x03, 0x81, 0x82, 0x83].includes(hashType) ? hashType : undefined;
}
