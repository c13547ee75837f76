// The stage: the chain with a record of every transaction that it took, in order.
import { fail } from '../../base/Errors.ts';
import * as Tx from '../../bitcoin/Tx.ts';
import type { BitcoinPort } from '../chain/BitcoinPort.ts';
import type { Refusal, TxRecord } from './Account.ts';

export type Reason = { readonly code: 'story.refused'; readonly step: string; readonly txid: string; readonly rejectReason: string };

type Waiting = Omit<TxRecord, 'height'>;

export class Stage {
  readonly chain: BitcoinPort;
  readonly #records: TxRecord[] = [];
  readonly #refusals: Refusal[] = [];
  readonly #onStep: (text: string) => void;
  #waiting: Waiting[] = [];

  constructor(chain: BitcoinPort, onStep: (text: string) => void) {
    this.chain = chain;
    this.#onStep = onStep;
  }

  get records(): readonly TxRecord[] {
    return this.#records;
  }

  get refusals(): readonly Refusal[] {
    return this.#refusals;
  }

  /** Tells the reader what happens next. */
  say(text: string): void {
    this.#onStep(text);
  }

  /** Hands in a transaction that must be taken. @throws story.refused */
  async broadcast(step: string, transaction: Tx.Transaction, staker?: number): Promise<void> {
    const submission = await this.chain.submit(Tx.encode(transaction));
    const txid = Tx.txid(transaction);
    if (!submission.accepted) {
      const { rejectReason } = submission;
      fail<Reason>({ code: 'story.refused', step, txid, rejectReason }, `${step}: the chain refuses ${txid}: ${rejectReason}`);
    }
    this.#waiting.push({
      step,
      ...(staker === undefined ? {} : { staker }),
      txid,
      vsize: transaction.virtualSize(),
      hex: Tx.toHex(transaction),
    });
  }

  /** Mines; what was handed in is in the first new block. Returns the height of that block. */
  async confirm(blocks = 1): Promise<number> {
    const { height } = await this.chain.mine(blocks);
    const first = height - blocks + 1;
    this.#records.push(...this.#waiting.map((record) => ({ ...record, height: first })));
    this.#waiting = [];
    return first;
  }

  /** Tries something that the chain must refuse for a reason that contains `expected`. */
  async mustRefuse(attempt: string, transaction: Tx.Transaction, expected: readonly string[]): Promise<void> {
    const acceptance = await this.chain.testAccept(Tx.encode(transaction));
    const got = acceptance.allowed ? 'accepted' : acceptance.rejectReason;
    this.#refusals.push({
      attempt,
      expected: expected.join(' or '),
      got,
      refused: !acceptance.allowed && expected.some((text) => got.includes(text)),
    });
  }
}
