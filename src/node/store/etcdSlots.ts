// Slots of the etcd store: enrolling, raising, condemning, importing, and looking up records. All writes compare what they build on.
import type { ICompare, IRequestOp, IResponseOp } from 'etcd3';
import type { Merged } from '../../signer/SignStore.ts';
import { rolledBack, unavailable } from './clusterErrors.ts';
import type { MergeJob, Row, SlotName } from './clusterInput.ts';
import * as Input from './clusterInput.ts';
import { ABREAST, type EtcdSlot, highestOf, PER_TXN, portions, raiseTop, slotFrom, slotOps } from './etcdClaims.ts';
import type { EtcdClient } from './etcdClient.ts';
import { absent, after, type EtcdKeys, get, NO_HEIGHT, put, recordRow, recordValue, unchanged } from './etcdKeys.ts';

const TRIES = 20;
/** Read at once even when only some of the keys between the first and the last are wanted. */
const SPARE_KEYS = 200;

/** A record as it is held, with the revision to compare before it is changed, and the one that made it. */
export type Held = { readonly row: Row; readonly revision: string; readonly created: string };

export class EtcdSlots {
  readonly #client: EtcdClient;
  readonly #keys: EtcdKeys;
  readonly #createdAt: string;

  /** @param createdAt revision at which the store was made: slots are opened in that store only, not in one that was wiped */
  constructor(client: EtcdClient, keys: EtcdKeys, createdAt: string) {
    this.#client = client;
    this.#keys = keys;
    this.#createdAt = createdAt;
  }

  async enrol(slot: SlotName, watermark: bigint): Promise<'enrolled' | 'known'> {
    const answer = await this.#client.txn(
      {
        compare: [this.#sameStore(), absent(this.#keys.slot(slot))],
        success: [...this.#slotOps(slot, watermark)],
        failure: [get(this.#keys.slot(slot))],
      },
      ({ succeeded }) => succeeded,
    );
    if (answer.succeeded) return 'enrolled';
    if (answer.responses[0]?.response_range.kvs[0] === undefined) rolledBack('etcd', this.#client.where, 'the store was wiped');
    return 'known';
  }

  async raise(slot: SlotName, watermark: bigint): Promise<bigint> {
    return this.#retried(async () => {
      const now = await this.state(slot);
      if (now.watermark !== undefined && now.watermark >= watermark) return now.watermark;
      const answer = await this.#client.txn(
        { compare: [this.#sameStore(), unchanged(this.#keys.slot(slot), now.revision)], success: [...this.#slotOps(slot, watermark)] },
        ({ succeeded }) => succeeded,
      );
      return answer.succeeded ? watermark : undefined;
    });
  }

  /** The first reason stays. */
  async condemn(key: string, why: string): Promise<void> {
    const mark = this.#keys.condemned(key);
    await this.#client.txn({ compare: [absent(mark)], success: [put(mark, JSON.stringify({ why }))] });
  }

  async state(slot: SlotName): Promise<EtcdSlot> {
    const { responses } = await this.#client.txn({ success: [...slotOps(this.#keys, slot)] });
    return slotFrom(responses, this.#client.where);
  }

  /** The state of a slot and its highest height at one moment, with the records at a few heights at that moment too, at many a little later. */
  async look(
    slot: SlotName,
    heights: readonly bigint[],
  ): Promise<EtcdSlot & { readonly highest: bigint | undefined; readonly held: ReadonlyMap<bigint, Held> }> {
    const ops = [...slotOps(this.#keys, slot), get(this.#keys.top(slot))];
    const isFew = heights.length <= PER_TXN;
    const { responses } = await this.#client.txn({ success: [...ops, ...(isFew ? this.#lookUp(slot, sortedSet(heights)) : [])] });
    const { where } = this.#client;
    return {
      ...slotFrom(responses, where),
      highest: highestOf(responses[2]?.response_range.kvs[0], where),
      held: isFew ? heldFrom(responses.slice(ops.length), where) : await this.held(slot, heights),
    };
  }

  /** What is held at these heights. */
  async held(slot: SlotName, heights: readonly bigint[]): Promise<ReadonlyMap<bigint, Held>> {
    const found = new Map<bigint, Held>();
    for (const wave of Input.chunks(Input.chunks(sortedSet(heights), PER_TXN), ABREAST)) {
      const answers = await Promise.all(wave.map((chunk) => this.#client.txn({ success: [...this.#lookUp(slot, chunk)] })));
      for (const { responses } of answers) for (const [height, held] of heldFrom(responses, this.#client.where)) found.set(height, held);
    }
    return found;
  }

  #lookUp(slot: SlotName, sorted: readonly bigint[]): readonly IRequestOp[] {
    const [first = 0n, last = 0n] = [sorted[0], sorted.at(-1)];
    if (sorted.length < 2 || last - first >= SPARE_KEYS) return sorted.map((height) => get(this.#keys.record(slot, height)));
    return [{ request_range: { key: this.#keys.record(slot, first), range_end: after(this.#keys.record(slot, last)) } }];
  }

  /** Unites the records and takes the higher watermark; a contradiction writes nothing but the mark on the key. */
  async merge({ slot, name, watermark, rows }: MergeJob): Promise<Merged> {
    const before = await this.state(name);
    const merged = { ...slot, watermarkBefore: before.watermark };
    const condemned = async (height: bigint): Promise<Merged> => {
      await this.condemn(name.key, Input.contradictionText(height, slot.chainId));
      return { ...merged, added: 0, known: 0, watermark: before.watermark ?? -1n, contradiction: { height } };
    };
    const heights = rows.map(({ height }) => height);
    const height = Input.contradiction(rows, rootsOf(await this.held(name, heights)));
    if (height !== undefined) return condemned(height);
    let added = 0;
    const united = Input.united(rows);
    // at least one transaction, for the watermark; it goes first, so that what follows can be repeated after any failure
    for (const chunk of united.length === 0 ? [[]] : portions(united)) {
      const outcome = await this.#mergeSome(name, watermark, chunk);
      if ('contradiction' in outcome) return condemned(outcome.contradiction);
      added += outcome.added;
    }
    const after = before.watermark !== undefined && before.watermark > watermark ? before.watermark : watermark;
    return { ...merged, added, known: rows.length - added, watermark: after, contradiction: undefined };
  }

  /** One transaction: the watermark, and what is new or lacked its signature; again from the start when anything of it changed meanwhile. */
  async #mergeSome(
    name: SlotName,
    watermark: bigint,
    rows: readonly Row[],
  ): Promise<{ readonly added: number } | { readonly contradiction: bigint }> {
    return this.#retried(async () => {
      const now = await this.state(name);
      const held = await this.held(
        name,
        rows.map(({ height }) => height),
      );
      const contradiction = Input.contradiction(rows, rootsOf(held));
      if (contradiction !== undefined) return { contradiction };
      const compare: ICompare[] = [this.#sameStore(), unchanged(this.#keys.slot(name), now.revision)];
      const success: IRequestOp[] = [];
      if (now.watermark === undefined || now.watermark < watermark) success.push(...this.#slotOps(name, watermark, rows.length === 0));
      for (const row of rows) {
        const known = held.get(row.height);
        const key = this.#keys.record(name, row.height);
        compare.push(unchanged(key, known?.revision ?? '0'));
        if (known === undefined) success.push(put(key, recordValue(row)));
        else if (known.row.signature === null && row.signature !== null)
          success.push(put(key, recordValue({ ...known.row, signature: row.signature })));
      }
      if (rows.length > 0) success.push(...this.#topOps(name, rows));
      const answer = await this.#client.txn({ compare, success });
      return answer.succeeded ? { added: rows.filter(({ height }) => !held.has(height)).length } : undefined;
    });
  }

  /** The watermark, and a place for the highest height where there is none. */
  #slotOps(slot: SlotName, watermark: bigint, withTop = true): readonly IRequestOp[] {
    const top = this.#keys.top(slot);
    const place: IRequestOp = { request_txn: { compare: [absent(top)], success: [put(top, NO_HEIGHT)] } };
    const value = JSON.stringify({ watermark: watermark.toString() });
    return [put(this.#keys.slot(slot), value), ...(withTop ? [place] : [])];
  }

  /** The highest height, whether there is a place for it yet or not. */
  #topOps(slot: SlotName, rows: readonly Row[]): readonly IRequestOp[] {
    const raise = raiseTop(this.#keys, slot, rows);
    const written = raise.request_txn?.success ?? [];
    const top = this.#keys.top(slot);
    return [{ request_txn: { compare: [absent(top)], success: written, failure: [raise] } }];
  }

  #sameStore(): ICompare {
    return { key: this.#keys.meta(), target: 'Create', result: 'Equal', create_revision: this.#createdAt };
  }

  async #retried<T>(step: () => Promise<T | undefined>): Promise<T> {
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      const outcome = await step();
      if (outcome !== undefined) return outcome;
    }
    const meta = (await this.#client.range({ key: this.#keys.meta() })).kvs[0];
    if (meta?.create_revision !== this.#createdAt) rolledBack('etcd', this.#client.where, 'the store was wiped or replaced');
    return unavailable('etcd', this.#client.where, `what was read changed ${TRIES} times before it could be written`);
  }
}

function sortedSet(heights: readonly bigint[]): readonly bigint[] {
  return [...new Set(heights)].sort((a, b) => (a < b ? -1 : 1));
}

function heldFrom(responses: readonly IResponseOp[], where: string): ReadonlyMap<bigint, Held> {
  const kvs = responses.flatMap(({ response_range: range }) => range.kvs);
  const found = kvs.map((kv): Held => ({ row: recordRow(kv, where), revision: kv.mod_revision, created: kv.create_revision }));
  return new Map(found.map((held) => [held.row.height, held]));
}

function rootsOf(held: ReadonlyMap<bigint, Held>): ReadonlyMap<bigint, string> {
  return new Map([...held].map(([height, { row }]) => [height, row.root]));
}
