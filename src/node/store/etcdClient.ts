// Calls to an etcd cluster: linearizable ones only, from one endpoint to the next until one answers or the time is over.
//
// Every request that is sent here may be sent again, for none does harm twice: writes compare what they build on, so that a lost answer or a
// late duplicate changes nothing that its first copy did not. The client library's own retries and circuit breakers are off.
// Every answer is looked at for where it comes from: another cluster id, or a revision below one that this handle has seen, is a
// cluster that was restored or exchanged behind our back.
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Etcd3,
  type IOptions,
  type IRangeRequest,
  type IRangeResponse,
  type IResponseHeader,
  type ITxnRequest,
  type ITxnResponse,
} from 'etcd3';
import { isSatlockError } from '../../base/Errors.ts';
import { corrupt, full, rolledBack, textOf, timedOut, unavailable } from './clusterErrors.ts';
import { useTls } from './etcdTls.ts';
import type { EtcdTarget } from './etcdUrl.ts';

/** A policy of the client library that does nothing. */
const ONCE: NonNullable<NonNullable<IOptions['faultHandling']>['global']> = {
  // the library's type asks for this field, and nobody reads it
  _altReturn: undefined as never,
  onSuccess: () => ({ dispose: () => undefined }),
  onFailure: () => ({ dispose: () => undefined }),
  execute: async (call, signal = new AbortController().signal) => call({ signal }),
};

const GRPC_OPTIONS = {
  // a new channel dials at once, whatever became of the last one
  'grpc.use_local_subchannel_pool': 1,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 3_000,
  'grpc.max_receive_message_length': 64 * 1024 * 1024,
};

/** One endpoint gets this part of a call's time before the next is asked. */
const PATIENCE = 3;
const PAUSE_MS = 50;

type Call<T> = (client: Etcd3, options: { readonly deadline: number }) => Promise<T>;

export class EtcdClient {
  readonly where: string;
  readonly #target: EtcdTarget;
  readonly #clients: (Etcd3 | undefined)[] = [];
  #preferred = 0;
  #clusterId: string | undefined;
  #revision = 0n;
  #isClosed = false;

  constructor(target: EtcdTarget) {
    this.#target = target;
    this.where = target.endpoints.join(',');
  }

  get clusterId(): string {
    return this.#clusterId ?? '';
  }

  /** @throws store.* */
  async range(request: IRangeRequest): Promise<IRangeResponse> {
    const floor = this.#revision;
    return this.#checked(await this.ask((client, options) => client.kv.range({ ...request, serializable: false }, options)), floor);
  }

  /**
   * @param wrote whether an answer says that something was written: then the revision must have grown
   * @throws store.*
   */
  async txn(request: ITxnRequest, wrote: (answer: ITxnResponse) => boolean = () => false): Promise<ITxnResponse> {
    const floor = this.#revision;
    const answer = await this.ask((client, options) => client.kv.txn(request, options));
    return this.#checked(answer, wrote(answer) ? floor + 1n : floor);
  }

  /** Deletes a range of keys and tells how many there were. @throws store.* */
  async deleteRange(key: Buffer, end: Buffer): Promise<number> {
    const floor = this.#revision;
    const answer = await this.ask((client, options) => client.kv.deleteRange({ key, range_end: end }, options));
    return Number(this.#checked(answer, floor).deleted);
  }

  /**
   * Runs a call at the endpoint that answered last, and at the others in turn.
   *
   * @throws store.timeout, store.unavailable - whether anything was written is then unknown
   */
  async ask<T>(call: Call<T>): Promise<T> {
    const { endpoints, timeoutMs } = this.#target;
    const end = Date.now() + timeoutMs;
    let problem = '';
    for (let tried = 0; ; tried++) {
      if (this.#isClosed) unavailable('etcd', this.where, 'the store is closed');
      const left = end - Date.now();
      if (left <= 0) timedOut('etcd', `${this.where} (${problem})`, timeoutMs);
      const patience = endpoints.length === 1 ? left : Math.min(left, Math.ceil(timeoutMs / PATIENCE));
      const index = this.#preferred % endpoints.length;
      try {
        return await this.#attempt(index, call, Date.now() + patience);
      } catch (error) {
        if (isSatlockError(error)) throw error;
        const text = `${endpoints[index]}: ${textOf(error)}`;
        // that the last try had no time left says less than why those before it failed
        if (problem === '' || !/DEADLINE_EXCEEDED|no answer in time/.test(text)) problem = text;
        if (!mayPass(error)) unavailable('etcd', this.where, text, error);
        // another caller may have moved on already
        if (this.#preferred % endpoints.length === index) this.#preferred++;
        if (tried % endpoints.length === endpoints.length - 1) await sleep(PAUSE_MS);
      }
    }
  }

  /** Asks every endpoint for itself; undefined where one does not answer. */
  async each<T>(call: Call<T>): Promise<readonly (T | undefined)[]> {
    const { endpoints, timeoutMs } = this.#target;
    const until = Date.now() + Math.ceil(timeoutMs / PATIENCE);
    return Promise.all(endpoints.map((_, i) => this.#attempt(i, call, until).catch(() => undefined)));
  }

  close(): void {
    this.#isClosed = true;
    for (const client of this.#clients) client?.close();
  }

  async #attempt<T>(index: number, call: Call<T>, deadline: number): Promise<T> {
    const client = this.#clients[index] ?? this.#connect(index);
    this.#clients[index] = client;
    let timer: NodeJS.Timeout | undefined;
    // the library may wait for things that know no deadline: a second clock, a little later
    const over = new Promise<never>((_, failed) => {
      timer = setTimeout(() => failed(new Error('no answer in time')), deadline - Date.now() + 200);
    });
    try {
      return await Promise.race([call(client, { deadline }), over]);
    } catch (error) {
      const text = textOf(error);
      if (/database space exceeded/i.test(text)) full('etcd', this.where, error);
      if (/corrupt/i.test(text)) corrupt('etcd', this.where, text, error);
      if (mayPass(error) && this.#clients[index] === client) {
        this.#clients[index] = undefined;
        client.close();
      }
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  #connect(index: number): Etcd3 {
    const { endpoints, tls, auth } = this.#target;
    const endpoint = endpoints[index] ?? '';
    const client = new Etcd3({
      hosts: `${tls === undefined ? 'http' : 'https'}://${endpoint}`,
      grpcOptions: GRPC_OPTIONS,
      faultHandling: { host: () => ONCE, global: ONCE },
      ...(auth === undefined ? {} : { auth: { ...auth, callOptions: () => ({ deadline: Date.now() + this.#target.timeoutMs }) } }),
    });
    if (tls !== undefined) useTls(client, endpoint, tls);
    return client;
  }

  /** @param floor the least that the revision can be, by what this handle knew when it asked: a linearizable answer is never older */
  #checked<T extends { readonly header: IResponseHeader }>(answer: T, floor: bigint): T {
    const { cluster_id: clusterId, revision } = answer.header;
    this.#clusterId ??= clusterId;
    if (clusterId !== this.#clusterId) rolledBack('etcd', this.where, `this is cluster ${clusterId}, and it was ${this.#clusterId}`);
    const at = BigInt(revision);
    if (at < floor) rolledBack('etcd', this.where, `its revision is ${at}, and it had come to ${this.#revision}`);
    if (at > this.#revision) this.#revision = at;
    return answer;
  }
}

/** False for what another endpoint or another moment will not change. */
function mayPass(error: unknown): boolean {
  return !/too many operations|too large|larger than max|permission denied|authentication (failed|is not enabled)|user name is empty|duplicate key/i.test(
    textOf(error),
  );
}
