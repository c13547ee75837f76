// A Bitcoin chain in memory: coins, a mempool and blocks every ten minutes. Every spend is judged by verifySpend, signatures and timelocks included.
import { sha256 } from '@noble/hashes/sha2.js';
import * as Bytes from '../../base/Bytes.ts';
import * as Check from '../../base/Check.ts';
import * as Hex from '../../base/Hex.ts';
import * as Sats from '../../base/Sats.ts';
import * as SpendCheck from '../../bitcoin/SpendCheck.ts';
import * as Tx from '../../bitcoin/Tx.ts';
import * as Ecc from '../../crypto/Ecc.ts';
import type { Acceptance, BitcoinPort, Coin, Submission } from './BitcoinPort.ts';

type Unspent = SpendCheck.Prevout & { readonly confirmedHeight: number };
type Judged = { readonly transaction: Tx.Transaction; readonly txid: string; readonly rejectReason?: string };

const BLOCK_SECONDS = 600;
/** The median of the last eleven blocks is the time of the sixth. */
const MEDIAN_DEPTH = 5;

/** Where the chain starts. @unit seconds since 1970 */
export type Options = { readonly height: number; readonly time: number };

/** The chain; it grows only when it is told to, so the same calls give the same chain. */
export class EmbeddedChain implements BitcoinPort {
  readonly #ecc: Ecc.Ecc;
  readonly #unspent = new Map<string, Unspent>();
  readonly #known = new Set<string>();
  readonly #spentInMempool = new Set<string>();
  #mempool: Tx.Transaction[] = [];
  #height: number;
  #time: number;
  #funded = 0;

  constructor(options: Options, ecc: Ecc.Ecc = Ecc.auto()) {
    this.#height = Check.integer(options.height, 'height', 0, 0x7fff_ffff);
    this.#time = Check.integer(options.time, 'time', 0, 0xffff_ffff);
    this.#ecc = ecc;
  }

  readonly tip = async (): Promise<{ readonly height: number }> => ({ height: this.#height });

  readonly fund = async (scriptPubKey: Uint8Array, valueSats: bigint): Promise<Coin> => {
    // The coin's origin is outside of the story: an outpoint that nothing else can have.
    const txid = Hex.encode(sha256(Bytes.fromUint64BE(BigInt(++this.#funded), 'funded')));
    const outpoint = { txid, vout: 0 };
    await this.mine(1);
    const coin = { scriptPubKey: Bytes.copy(scriptPubKey), valueSats: Sats.from(valueSats), confirmedHeight: this.#height };
    this.#unspent.set(keyOf(outpoint), coin);
    return { outpoint, ...coin };
  };

  readonly testAccept = async (rawTx: Uint8Array): Promise<Acceptance> => {
    const { rejectReason } = this.#judge(rawTx);
    return rejectReason === undefined ? { allowed: true } : { allowed: false, rejectReason };
  };

  readonly submit = async (rawTx: Uint8Array): Promise<Submission> => {
    const { transaction, txid, rejectReason } = this.#judge(rawTx);
    if (rejectReason !== undefined) return { accepted: false, rejectReason };
    this.#mempool.push(transaction);
    for (const i of transaction.ins.keys()) this.#spentInMempool.add(keyOf(Tx.outpointOf(transaction, i)));
    return { accepted: true, txid };
  };

  readonly mine = async (blocks: number): Promise<{ readonly height: number }> => {
    Check.integer(blocks, 'blocks', 1, 1_000_000);
    for (const transaction of this.#mempool) this.#confirm(transaction, this.#height + 1);
    this.#mempool = [];
    this.#spentInMempool.clear();
    this.#height += blocks;
    this.#time += blocks * BLOCK_SECONDS;
    return { height: this.#height };
  };

  #confirm(transaction: Tx.Transaction, confirmedHeight: number): void {
    const txid = Tx.txid(transaction);
    this.#known.add(txid);
    for (const i of transaction.ins.keys()) this.#unspent.delete(keyOf(Tx.outpointOf(transaction, i)));
    for (const [vout, { script, value }] of transaction.outs.entries()) {
      this.#unspent.set(keyOf({ txid, vout }), { scriptPubKey: script, valueSats: value, confirmedHeight });
    }
  }

  #judge(rawTx: Uint8Array): Judged {
    const transaction = Tx.decode(rawTx);
    const txid = Tx.txid(transaction);
    const refuse = (rejectReason: string): Judged => ({ transaction, txid, rejectReason });
    if (this.#known.has(txid)) return refuse('txn-already-known');
    const prevouts: Unspent[] = [];
    for (const i of transaction.ins.keys()) {
      const key = keyOf(Tx.outpointOf(transaction, i));
      const prevout = this.#unspent.get(key);
      if (prevout === undefined) return refuse('missing-inputs');
      if (this.#spentInMempool.has(key)) return refuse('txn-mempool-conflict');
      prevouts.push(prevout);
    }
    const medianTime = this.#time - MEDIAN_DEPTH * BLOCK_SECONDS;
    const verdict = SpendCheck.verifySpend({ transaction, prevouts, tipHeight: this.#height, medianTime }, this.#ecc);
    if (verdict.standard) return { transaction, txid };
    return refuse(verdict.rejectReason ?? `mempool-script-verify-flag-failed (${verdict.scriptError})`);
  }
}

function keyOf({ txid, vout }: Tx.Outpoint): string {
  return `${txid}:${vout}`;
}
