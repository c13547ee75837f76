// A transaction of a block as a place in its bytes: ids, inputs, outputs and witnesses are read when they are asked for.
import { sha256 } from '@noble/hashes/sha2.js';
import * as Bytes from '../../base/Bytes.ts';
import * as Check from '../../base/Check.ts';
import * as Hex from '../../base/Hex.ts';
import * as Tx from '../Tx.ts';
import { sizeAt, sizeBytes, uint32, type Walker } from './walker.ts';

/** An input in place. */
export type InputView = {
  readonly index: number;
  readonly outpoint: Tx.Outpoint;
  readonly scriptSig: Uint8Array;
  readonly sequence: number;
};
/** An output in place. */
export type OutputView = { readonly index: number; readonly valueSats: bigint; readonly scriptPubKey: Uint8Array };

/** One transaction of a block. All bytes that it hands out are copies. */
export class TransactionView {
  /** Its place in the block, from 0; 0 is the coinbase. */
  readonly index: number;
  /** Where its bytes begin in the block. */
  readonly offset: number;
  /** How many bytes it has, witness included. */
  readonly length: number;
  readonly inputCount: number;
  readonly outputCount: number;
  readonly hasWitness: boolean;
  readonly #raw: Uint8Array;
  readonly #inputsAt: number;
  readonly #outputsAt: number;
  readonly #witnessAt: number;
  readonly #lockTimeAt: number;
  #txid?: string;

  /** Made by the reader. */
  constructor(walker: Walker) {
    this.#raw = walker.raw;
    this.index = walker.index;
    this.offset = walker.start;
    this.length = walker.at - walker.start;
    this.inputCount = walker.inputCount;
    this.outputCount = walker.outputCount;
    this.hasWitness = walker.hasWitness;
    this.#inputsAt = walker.inputsAt;
    this.#outputsAt = walker.outputsAt;
    this.#witnessAt = walker.witnessAt;
    this.#lockTimeAt = walker.lockTimeAt;
  }

  /** Unsigned. */
  get version(): number {
    return uint32(this.#raw, this.offset);
  }

  get lockTime(): number {
    return uint32(this.#raw, this.#lockTimeAt);
  }

  /** Double SHA256 of the form without witness, in the order of the wire. @shape 32 bytes */
  hash(): Uint8Array {
    if (!this.hasWitness) return this.witnessHash();
    const raw = this.#raw;
    const state = sha256.create().update(raw.subarray(this.offset, this.offset + 4));
    // Marker and flag stand between the version and the inputs.
    state.update(raw.subarray(this.offset + 6, this.#witnessAt));
    return sha256(state.update(raw.subarray(this.#lockTimeAt, this.#lockTimeAt + 4)).digest());
  }

  /** Double SHA256 of all its bytes, in the order of the wire. @shape 32 bytes */
  witnessHash(): Uint8Array {
    return sha256(sha256(this.#raw.subarray(this.offset, this.offset + this.length)));
  }

  /** In display order. */
  get txid(): string {
    this.#txid ??= Hex.encode(this.hash().reverse());
    return this.#txid;
  }

  /** In display order. */
  get wtxid(): string {
    return Hex.encode(this.witnessHash().reverse());
  }

  /** Its bytes with witness. */
  bytes(): Uint8Array {
    return Bytes.copy(this.#raw.subarray(this.offset, this.offset + this.length));
  }

  /** The transaction as an object, for what goes deeper. @throws tx.malformed */
  transaction(): Tx.Transaction {
    return Tx.decode(this.bytes());
  }

  /** Its inputs, one after the other. */
  *inputs(): Generator<InputView> {
    let at = this.#inputsAt;
    for (let index = 0; index < this.inputCount; index++) {
      const scriptAt = at + 36 + sizeBytes(this.#raw, at + 36);
      const end = scriptAt + sizeAt(this.#raw, at + 36);
      yield {
        index,
        outpoint: outpointAt(this.#raw, at),
        scriptSig: Bytes.copy(this.#raw.subarray(scriptAt, end)),
        sequence: uint32(this.#raw, end),
      };
      at = end + 4;
    }
  }

  /** Its outputs, one after the other. */
  *outputs(): Generator<OutputView> {
    let at = this.#outputsAt;
    for (let index = 0; index < this.outputCount; index++) {
      const scriptAt = at + 8 + sizeBytes(this.#raw, at + 8);
      const end = scriptAt + sizeAt(this.#raw, at + 8);
      const valueSats = BigInt(uint32(this.#raw, at)) + (BigInt(uint32(this.#raw, at + 4)) << 32n);
      yield { index, valueSats, scriptPubKey: Bytes.copy(this.#raw.subarray(scriptAt, end)) };
      at = end;
    }
  }

  /**
   * The witness stack of an input, bottom first, with the annex if there is one.
   *
   * @throws input.not-integer, input.out-of-range
   */
  witness(inputIndex: number): readonly Uint8Array[] {
    Check.integer(inputIndex, 'inputIndex', 0, this.inputCount - 1);
    const raw = this.#raw;
    let at = this.#witnessAt;
    const items: Uint8Array[] = [];
    for (let input = 0; this.hasWitness && input <= inputIndex; input++) {
      const count = sizeAt(raw, at);
      at += sizeBytes(raw, at);
      for (let i = 0; i < count; i++) {
        const from = at + sizeBytes(raw, at);
        at = from + sizeAt(raw, at);
        if (input === inputIndex) items.push(Bytes.copy(raw.subarray(from, at)));
      }
    }
    return items;
  }
}

/** The outpoint at a place of the block. */
export function outpointAt(raw: Uint8Array, at: number): Tx.Outpoint {
  return { txid: Hex.encode(Bytes.reverse(raw.subarray(at, at + 32))), vout: uint32(raw, at + 32) };
}
