// Claims in one slot of the etcd store: transactions that insert what is free, under the watermark and the mark on the key as they were read.
import type { IKeyValue, IRequestOp, IResponseOp } from 'etcd3';
import type { Claimed } from '../../signer/SignStore.ts';
import { corrupt, unavailable } from './clusterErrors.ts';
import type { Row, SlotName } from './clusterInput.ts';
import * as Input from './clusterInput.ts';
import type { EtcdClient } from './etcdClient.ts';
import { absent, type EtcdKeys, fields, get, heightOf, hex16, NO_HEIGHT, put, recordRow, recordValue, unchanged } from './etcdKeys.ts';

/** etcd takes 128 operations in a transaction unless it is told otherwise; each record is one, with one inside. */
export const PER_TXN = 100;
/** etcd takes requests of 1.5 MiB; keys and frames need some of it. */
const CHARACTERS = 600_000;
/** Transactions of one call that are under way together: the cluster writes them to its log together. */
export const ABREAST = 10;
/** How often a slot may change under a claim. Only a raised watermark or a condemnation changes it, so two are many. */
const TRIES = 10;

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

/** Claims for the slots of one handle; what it knows of a slot is only ever used under a comparison with what holds. */
export class EtcdClaims {
  readonly #client: EtcdClient;
  readonly #keys: EtcdKeys;
  readonly #known: Map<string, EtcdSlot> = new Map();

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

  async #claimSome(slot: SlotName, rows: readonly Row[]): Promise<readonly (readonly [bigint, Claimed])[]> {
    const name = `${slot.key}:${slot.chain}`;
    let known = this.#known.get(name);
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      known ??= slotFrom((await this.#client.txn({ success: [...slotOps(this.#keys, slot)] })).responses, this.#client.where);
      this.#known.set(name, known);
      const { condemned } = known;
      if (condemned !== undefined) return rows.map(({ height }) => [height, { kind: 'condemned', why: condemned }]);
      const answer = await this.#client.txn({
        compare: [unchanged(this.#keys.slot(slot), known.revision), absent(this.#keys.condemned(slot.key))],
        success: [...this.#insertOps(slot, known, rows)],
        failure: [...slotOps(this.#keys, slot)],
      });
      if (answer.succeeded) return this.#outcomes(slot, known, rows, answer.responses);
      known = slotFrom(answer.responses, this.#client.where);
    }
    return unavailable('etcd', this.#client.where, `the slot changed ${TRIES} times during one claim`);
  }

  /** One operation for each record, and one for the highest height. */
  #insertOps(slot: SlotName, { watermark }: EtcdSlot, rows: readonly Row[]): readonly IRequestOp[] {
    const isOpen = ({ height }: Row): boolean => watermark !== undefined && height > watermark;
    const open = rows.filter(isOpen);
    const ops = rows.map((row): IRequestOp => {
      const key = this.#keys.record(slot, row.height);
      if (!isOpen(row)) return get(key);
      return { request_txn: { compare: [absent(key)], success: [put(key, recordValue(row))], failure: [get(key)] } };
    });
    // whether inserted now or held before: after the transaction there is a record at each open height
    return open.length === 0 ? ops : [...ops, raiseTop(this.#keys, slot, open)];
  }

  async #outcomes(
    slot: SlotName,
    { watermark }: EtcdSlot,
    rows: readonly Row[],
    responses: readonly IResponseOp[],
  ): Promise<readonly (readonly [bigint, Claimed])[]> {
    const outcomes: (readonly [bigint, Claimed])[] = [];
    for (const [i, row] of rows.entries()) {
      const response = responses[i];
      if (response === undefined) corrupt('etcd', this.#client.where, 'an answer is too short');
      const inner = response.response_txn;
      const kv = (inner?.responses[0] ?? response).response_range?.kvs[0];
      if (inner?.succeeded === true) outcomes.push([row.height, { kind: 'inserted' }]);
      else if (kv !== undefined) {
        const held = recordRow(kv, this.#client.where);
        const isLacking = held.signature === null && row.signature !== null && held.root === row.root;
        const after = isLacking ? await this.#complete(slot, held, row.signature, kv.mod_revision) : held;
        outcomes.push([row.height, { kind: 'held', record: Input.record(after) }]);
      } else if (watermark === undefined) outcomes.push([row.height, { kind: 'not-enrolled' }]);
      else if (row.height <= watermark) outcomes.push([row.height, { kind: 'below-watermark', watermark }]);
      else corrupt('etcd', this.#client.where, 'a record is neither there nor free');
    }
    return outcomes;
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

/** Raises the highest height to the highest of these rows where it is lower. */
export function raiseTop(keys: EtcdKeys, slot: SlotName, rows: readonly Row[]): IRequestOp {
  const key = keys.top(slot);
  const top = hex16(rows.reduce((max, { height }) => (height > max ? height : max), 0n));
  return {
    request_txn: { compare: [{ key, target: 'Value', result: 'Less', value: Buffer.from(top) }], success: [put(key, top)] },
  };
}
