// One call from its bytes to its answer: size, MAC, message, work, and what is told of it in metrics and logs.
// finality-provider eotsmanager/service/{server,hmac}.go.
import { type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js';
import { isSatlockError } from '../../base/Errors.ts';
import * as Hex from '../../base/Hex.ts';
import type { Slot } from '../../signer/SignStore.ts';
import { isLoopback } from './addresses.ts';
import type { Auth, Denied } from './auth.ts';
import { type Log, Throttle } from './log.ts';
import type { Answer, AnyMethod, Told } from './methods.ts';
import type { Observer } from './Observer.ts';
import type { Limits } from './ports.ts';
import { Status, toStatus } from './status.ts';

export type CallsOptions = {
  readonly auth: Auth;
  readonly observer: Observer;
  readonly log: Log;
  readonly limits: Limits;
  readonly isTls: boolean;
  /** The caller of this connection is no stranger. */
  readonly onProven: (peer: string) => void;
  /** Keys that may stand in labels of metrics: what strangers ask for may not. */
  readonly isKnownKey: (publicKeyHex: string) => boolean;
};

type Call = ServerUnaryCall<Buffer, Uint8Array>;

/** After the store failed for good, these are answered Unavailable without asking it. */
const SIGNING: ReadonlySet<string> = new Set(['CreateRandomnessPairList', 'SignEOTS', 'SignSchnorrSig', 'SignBatchEOTS']);
/** Refused heights that a log line names. */
const MAX_LOGGED = 20;

export class Calls {
  readonly #options: CallsOptions;
  readonly #strangers = new Throttle();
  readonly #running = new Set<Promise<unknown>>();

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  /** The handler that grpc-js calls. Nothing that happens inside gets out but as a status. */
  handler(path: string, name: string, method: AnyMethod): (call: Call, callback: sendUnaryData<Uint8Array>) => void {
    return (call, callback) => {
      const started = performance.now();
      const toldOf: { told: Told } = { told: {} };
      this.#answer(path, name, method, call, (told) => {
        toldOf.told = told;
        // At once: what was stored counts, also when the answer comes too late.
        this.#measure(told);
      }).then(
        ({ bytes, trailers }) => {
          this.#tell(name, call.getPeer(), started, toldOf.told);
          callback(null, bytes, trailers);
        },
        (error: unknown) => {
          const answer = toStatus(error, method.what);
          this.#tell(name, call.getPeer(), started, toldOf.told, answer, error);
          callback(answer.toResponse(), null, answer.metadata);
        },
      );
    };
  }

  /** Settles when no call is being worked on any more. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled([...this.#running]);
  }

  denied(method: string, peer: string, { why, text }: Denied): void {
    this.#options.observer.metrics.authFailures.inc({ why });
    this.#strangers.run((leftOut) => {
      this.#options.log.warn({ event: 'denied', method, peer, why, text, ...(leftOut > 0 ? { leftOut } : {}) }, 'a call was not let in');
    });
  }

  async #answer(path: string, name: string, method: AnyMethod, call: Call, tell: (told: Told) => void): Promise<Answer> {
    const { auth, observer, limits, isTls, onProven } = this.#options;
    const { request, metadata } = call;
    const peer = call.getPeer();
    if (request.length > method.maxBytes) {
      throw new Status(status.INVALID_ARGUMENT, `${name}: a request has at most ${method.maxBytes} bytes, got ${request.length}`);
    }
    const decoded = once(() => decode(method, request));
    const denied = auth.check({ method: path, metadata, request, canonical: () => method.codec.encode(decoded()) });
    if (denied !== undefined) {
      this.denied(path, peer, denied);
      throw new Status(denied.why === 'busy' ? status.RESOURCE_EXHAUSTED : status.UNAUTHENTICATED, denied.text);
    }
    const message: unknown = decoded();
    onProven(peer);
    if (observer.halt !== undefined && SIGNING.has(name)) throw haltedStatus(observer.halt.message);
    const work = method.run(message, { isPrivate: isTls || isPrivatePeer(peer) }, tell);
    const settled = work.then(noop, noop).finally(() => this.#running.delete(settled));
    this.#running.add(settled);
    return within(limits.callTimeoutMs * (method.patience ?? 1), work);
  }

  #tell(name: string, peer: string, started: number, told: Told, answer?: Status, error?: unknown): void {
    const { metrics } = this.#options.observer;
    const code = answer === undefined ? 'OK' : (status[answer.code] ?? 'UNKNOWN');
    const seconds = (performance.now() - started) / 1_000;
    metrics.calls.inc({ method: name, status: code });
    metrics.callSeconds.observe({ method: name }, seconds);
    if (isSatlockError(error) && error.code.startsWith('store.')) this.#options.observer.storeFailed(error);
    this.#write(name, peer, seconds, told, code, answer, error);
  }

  #measure(told: Told): void {
    const { observer, isKnownKey } = this.#options;
    const { metrics } = observer;
    const key = { fp_btc_pk_hex: told.publicKey !== undefined && isKnownKey(told.publicKey) ? told.publicKey : 'unknown' };
    if (told.signed !== undefined && told.signed > 0) metrics.signed.inc(key, told.signed);
    if (told.lastSigned !== undefined) metrics.signedHeight.set(key, Number(told.lastSigned));
    if (told.returned !== undefined && told.returned > 0) metrics.returned.inc(key, told.returned);
    for (const { refusal } of told.refused ?? []) metrics.refused.inc({ ...key, code: refusal.code });
    if (told.schnorr === true) metrics.schnorr.inc(key);
    if (told.randomness !== undefined) {
      metrics.randomnessLists.inc(key);
      metrics.randomnessValues.inc(key, told.randomness.count);
      metrics.randomnessHeight.set(key, Number(told.randomness.startHeight));
    }
    this.#measureFences(told);
  }

  #measureFences({ publicKey, chainId, signed, refused }: Told): void {
    if (publicKey === undefined || chainId === undefined || !this.#options.isKnownKey(publicKey)) return;
    const slot: Slot = { publicKey: Hex.decode(publicKey), chainId };
    if (refused?.some(({ refusal }) => refusal.code === 'signer.fenced') === true) this.#options.observer.fenced(slot, true);
    else if (signed !== undefined && signed > 0) this.#options.observer.fenced(slot, false);
  }

  #write(name: string, peer: string, seconds: number, told: Told, code: string, answer?: Status, error?: unknown): void {
    const { log } = this.#options;
    const { refused = [], height, lastSigned, randomness, ...others } = told;
    const facts = {
      ...{ event: 'call', method: name, peer, status: code, ms: Math.round(seconds * 1e6) / 1e3, ...others },
      ...(height === undefined ? {} : { height: height.toString() }),
      ...(lastSigned === undefined ? {} : { lastSigned: lastSigned.toString() }),
      ...(randomness === undefined ? {} : { startHeight: randomness.startHeight.toString(), count: randomness.count }),
      ...(refused.length === 0 ? {} : { refused: refused.length, refusals: refused.slice(0, MAX_LOGGED).map(refusalFacts) }),
    };
    if (answer === undefined && refused.length === 0) {
      if (name === 'Ping' || name === 'Check') log.debug(facts, 'answered');
      else log.info(facts, 'answered');
      return;
    }
    if (refused.length > 0) {
      log.warn({ ...facts, ...(answer === undefined ? {} : { text: answer.details }) }, 'refused');
      return;
    }
    if (answer?.code === status.UNAUTHENTICATED) return;
    // The text of an unexpected error may hold anything; its kind and place tell enough.
    const inner = isSatlockError(error) || error instanceof Status ? {} : placeOf(error);
    const write = (leftOut: number): void => {
      const more = { ...(isSatlockError(error) ? { code: error.code } : {}), ...inner, ...(leftOut > 0 ? { leftOut } : {}) };
      log.warn({ ...facts, text: answer?.details, ...more }, 'failed');
    };
    this.#strangers.run(write);
  }
}

function haltedStatus(why: string): Status {
  return new Status(status.UNAVAILABLE, `signing is halted: ${why}; mend the store and start the signer again`);
}

function refusalFacts({ height, refusal }: { readonly height: bigint; readonly refusal: { readonly code: string } }): unknown {
  return { height: height.toString(), code: refusal.code };
}

/** Where an error came from, without its words: a stack's first line holds them. */
function placeOf(error: unknown): { readonly error: string; readonly at?: string } {
  if (!(error instanceof Error)) return { error: typeof error };
  const at = error.stack?.split('\n').find((line) => /^\s+at /.test(line));
  return { error: error.name, ...(at === undefined ? {} : { at: at.trim() }) };
}

function decode(method: AnyMethod, request: Uint8Array): unknown {
  try {
    return method.codec.decode(request);
  } catch (error) {
    if (isSatlockError(error) && error.code === 'wire.malformed') {
      throw new Status(status.INTERNAL, `grpc: error unmarshalling request: ${error.message}`);
    }
    throw error;
  }
}

function isPrivatePeer(peer: string): boolean {
  // grpc-js says `unknown` for Unix sockets, which have no remote address.
  return peer === 'unknown' || isLoopback(peer.slice(0, peer.lastIndexOf(':')));
}

async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const text = `no answer within ${limitMs} ms; what was signed is stored, and asking again returns it`;
    timer = setTimeout(() => reject(new Status(status.DEADLINE_EXCEEDED, text)), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function noop(): void {}
