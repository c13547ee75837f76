// Claims in one slot of the etcd store: transactions that insert what is free, under the watermark and the mark on the key as they were read.
import type { ICompare, IKeyValue, IRequestOp, IResponseOp, ITxnResponse } from 'etcd3';
import type { Claimed } from '../../signer/SignStore.ts';
import { corrupt, rolledBack, unavailable } from './clusterErrors.ts';
import type { Row, SlotName } from './clusterInput.ts';
import * as Input from './clusterInput.ts';
import type { EtcdClient } from './etcdClient.ts';
import { absent, type EtcdKeys, fields, get, heightOf, hex16, NO_HEIGHT, put, recordRow, recordValue, unchanged } from './etcdKeys.ts';

/** etcd takes 128 comparisons or operations in a transaction unless it is told otherwise; some are not records. */
export const PER_TXN = 100;
/** etcd takes requests of 1.5 MiB; keys and frames need some of it. */
const CHARACTERS = 600_000;
/** Transactions of one call that are under way together: the cluster writes them to its log together. */
export const ABREAST = 10;
/** How often a slot or the free heights may change under a claim. */
const TRIES = 20;

/** A slot as it was read. The revisions are those of the keys, "0" where there is none. */
export type EtcdSlot = {
  readonly watermark: bigint | undefined;
  readonly condemned: string | undefined;
  readonly revision: string;
};

/** What is read to know a slot: two operations, in this order. */
export function slotOps(keys: EtcdKeys, slot: SlotName): readonly IRequestOp[] {
  return [get(keys.slot(slot)), get(keys.condemned(slot.key))];
}

/** The answers to {@link slotOps}. @throws store.corrupt */
export function slotFrom(responses: readonly IResponseOp[], where: string): EtcdSlot {
  const [slot, mark] = responses.map(({ response_range: range }) => range?.kvs[0]);
  return slotOf(slot, mark, where);
}

/** @throws store.corrupt */
export function slotOf(slot: IKeyValue | undefined, mark: IKeyValue | undefined, where: string): EtcdSlot {
  const watermark = slot === undefined ? undefined : fields(slot, where)['watermark'];
  if (slot !== undefined && (watermark === undefined || !/^(-1|\d{1,20})$/.test(watermark)))
    corrupt('etcd', where, 'a watermark cannot be read');
  return {
    watermark: watermark === undefined ? undefined : BigInt(watermark),
    condemned: mark === undefined ? undefined : (fields(mark, where)['why'] ?? corrupt('etcd', where, 'a mark cannot be read')),
    revision: slot?.mod_revision ?? '0',
  };
}

/** @throws store.corrupt */
export function highestOf(top: IKeyValue | undefined, where: string): bigint | undefined {
  const text = top?.value.toString() ?? NO_HEIGHT;
  return text === NO_HEIGHT ? undefined : heightOf(text, where);
}

/** A record that this handle has seen in a slot, with the revision that made it. */
type Anchor = { readonly height: bigint; readonly created: string };

/**
 * Claims for the slots of one handle. What it knows of a slot is only ever used under a comparison with what holds; and the last record that it saw
 * is compared too, so that a cluster that was restored to a time before it inserts nothing, however far it has come again since.
 */
export class EtcdClaims {
  readonly #client: EtcdClient;
  readonly #keys: EtcdKeys;
  readonly #known: Map<string, EtcdSlot> = new Map();
  readonly #anchors: Map<string, Anchor> = new Map();

  constructor(client: EtcdClient, keys: EtcdKeys) {
    this.#client = client;
    this.#keys = keys;
  }

  /** Outcomes for many callers of one slot together; of two at one height the first is sent, and the second told what became of it. */
  async claimTogether(slot: SlotName, calls: readonly (readonly Row[])[]): Promise<readonly (readonly Claimed[])[]> {
    const first = new Map<bigint, Row>();
    for (const row of calls.flat()) if (!first.has(row.height)) first.set(row.height, row);
    const outcomes = new Map<bigint, Claimed>();
    for (const wave of Input.chunks(portions([...first.values()]), ABREAST)) {
      for (const each of await Promise.all(wave.map((rows) => this.#claimSome(slot, rows)))) {
        for (const [height, outcome] of each) outcomes.set(height, outcome);
      }
    }
    return calls.map((rows) =>
      rows.map((row) => {
        const outcome = outcomes.get(row.height) ?? corrupt('etcd', this.#client.where, 'a claim without an answer');
        const winner = first.get(row.height);
        if (outcome.kind === 'held') return { ...outcome, record: structuredClone(outcome.record) };
        if (outcome.kind !== 'inserted' || winner === row || winner === undefined) return outcome;
        return { kind: 'held', record: Input.record(winner) };
      }),
    );
  }

  /**
   * One portion. Either every row that seems free is inserted in one transaction, or nothing, and the answer tells what stands in the way: then again
   * without the rows that are held. The puts stand bare in the transaction, for etcd does not count those inside others against its quota.
   */
  async #claimSome(slot: SlotName, rows: readonly Row[]): Promise<ReadonlyMap<bigint, Claimed>> {
    const name = Input.nameOf(slot);
    const outcomes = new Map<bigint, Claimed>();
    let known =
      this.#known.get(name) ??
      slotFrom((await this.#client.txn({ success: [...slotOps(this.#keys, slot)] })).responses, this.#client.where);
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      this.#known.set(name, known);
      const { condemned, watermark } = known;
      if (condemned !== undefined) return new Map(rows.map(({ height }) => [height, { kind: 'condemned', why: condemned }]));
      const left = rows.filter(({ height }) => !outcomes.has(height)).sort(byHeight);
      const open = left.filter(({ height }) => watermark !== undefined && height > watermark);
      const shut = left.filter((row) => !open.includes(row));
      const anchor = this.#anchors.get(name);
      const answer = await this.#insert(slot, known, anchor, open, shut);
      if (answer.succeeded) {
        for (const { height } of open) {
          this.#anchor(name, height, answer.header.revision);
          outcomes.set(height, { kind: 'inserted' });
        }
        await this.#readHeld(outcomes, slot, shut, answer.responses.slice(0, shut.length));
        for (const { height } of shut) if (!outcomes.has(height)) outcomes.set(height, closed(watermark));
        return outcomes;
      }
      known = slotFrom(answer.responses, this.#client.where);
      this.#checkAnchor(name, anchor, known, answer.responses[2]?.response_range.kvs[0]);
      if (known.condemned === undefined) await this.#readHeld(outcomes, slot, left, answer.responses.slice(3));
    }
    return unavailable('etcd', this.#client.where, `what was read changed ${TRIES} times during one claim`);
  }

  #insert(slot: SlotName, known: EtcdSlot, anchor: Anchor | undefined, open: readonly Row[], shut: readonly Row[]): Promise<ITxnResponse> {
    const key = (row: Row): Buffer => this.#keys.record(slot, row.height);
    return this.#client.txn(
      {
        compare: [
          unchanged(this.#keys.slot(slot), known.revision),
          absent(this.#keys.condemned(slot.key)),
          ...this.#anchored(slot, anchor),
          ...open.map((row) => absent(key(row))),
        ],
        success: [
          ...shut.map((row) => get(key(row))),
          ...open.map((row) => put(key(row), recordValue(row))),
          ...(open.length === 0 ? [] : [raiseTop(this.#keys, slot, open)]),
        ],
        failure: [
          ...slotOps(this.#keys, slot),
          get(anchor === undefined ? this.#keys.meta() : this.#keys.record(slot, anchor.height)),
          ...[...open, ...shut].sort(byHeight).map((row) => get(key(row))),
        ],
      },
      ({ succeeded }) => succeeded && open.length > 0,
    );
  }

  #anchored(slot: SlotName, anchor: Anchor | undefined): readonly ICompare[] {
    if (anchor === undefined) return [];
    return [{ key: this.#keys.record(slot, anchor.height), target: 'Create', result: 'Equal', create_revision: anchor.created }];
  }

  /** Only pruning takes a record away, and it leaves a watermark over it. */
  #checkAnchor(name: string, anchor: Anchor | undefined, { watermark }: EtcdSlot, kv: IKeyValue | undefined): void {
    if (anchor === undefined || kv?.create_revision === anchor.created) return;
    if (watermark === undefined || anchor.height > watermark)
      rolledBack('etcd', this.#client.where, `the record at height ${anchor.height}, which this process has seen, is not what it was`);
    this.#anchors.delete(name);
  }

  /** Notes a record that was read elsewhere. */
  saw(slot: SlotName, height: bigint, created: string): void {
    this.#anchor(Input.nameOf(slot), height, created);
  }

  #anchor(name: string, height: bigint, created: string): void {
    const last = this.#anchors.get(name);
    if (last === undefined || height > last.height) this.#anchors.set(name, { height, created });
  }

  /** Notes what is held at the heights that were asked for, one answer for each row. */
  async #readHeld(outcomes: Map<bigint, Claimed>, slot: SlotName, rows: readonly Row[], responses: readonly IResponseOp[]): Promise<void> {
    if (responses.length !== rows.length) corrupt('etcd', this.#client.where, 'an answer has another length than the request');
    for (const [i, row] of rows.entries()) {
      const kv = responses[i]?.response_range.kvs[0];
      if (kv === undefined) continue;
      const held = recordRow(kv, this.#client.where);
      if (held.height !== row.height) corrupt('etcd', this.#client.where, 'an answer is in another order than the request');
      const isLacking = held.signature === null && row.signature !== null && held.root === row.root;
      const after = isLacking ? await this.#complete(slot, held, row.signature, kv.mod_revision) : held;
      this.#anchor(Input.nameOf(slot), row.height, kv.create_revision);
      outcomes.set(row.height, { kind: 'held', record: Input.record(after) });
    }
  }

  /** Adds the signature that an imported record lacks, unless the record or the key has changed meanwhile: then it stays as it was read. */
  async #complete(slot: SlotName, held: Row, signature: string | null, revision: string): Promise<Row> {
    const key = this.#keys.record(slot, held.height);
    const row = { ...held, signature };
    const answer = await this.#client.txn({
      compare: [unchanged(key, revision), absent(this.#keys.condemned(slot.key))],
      success: [put(key, recordValue(row))],
    });
    return answer.succeeded ? row : held;
  }
}

/** Rows that fit into one transaction each. */
export function portions(rows: readonly Row[]): Row[][] {
  return Input.portions(rows, PER_TXN, CHARACTERS);
}

function closed(watermark: bigint | undefined): Claimed {
  return watermark === undefined ? { kind: 'not-enrolled' } : { kind: 'below-watermark', watermark };
}

function byHeight(a: Row, b: Row): number {
  return a.height < b.height ? -1 : 1;
}

/** Raises the highest height to the highest of these rows where it is lower. */
export function raiseTop(keys: EtcdKeys, slot: SlotName, rows: readonly Row[]): IRequestOp {
  const key = keys.top(slot);
  const top = hex16(rows.reduce((max, { height }) => (height > max ? height : max), 0n));
  return {
    request_txn: { compare: [{ key, target: 'Value', result: 'Less', value: Buffer.from(top) }], success: [put(key, top)] },
  };
}
