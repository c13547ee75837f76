// The door of grpc-js: how many calls, how many that are being received, and no byte of a message for a caller who offers no MAC.
// What is held back here waits in the client, by HTTP/2's flow control.
import { type Metadata, ServerInterceptingCall, type ServerInterceptingCallInterface, type ServerInterceptor, status } from '@grpc/grpc-js';
import type { Denied } from './auth.ts';
import type { Limits } from './ports.ts';

export type AdmissionOptions = {
  readonly limits: Limits;
  readonly precheck: (method: string, metadata: Metadata) => Denied | undefined;
  readonly onDenied: (method: string, peer: string, denied: Denied) => void;
  readonly onChange: (openCalls: number) => void;
  readonly isStopping: () => boolean;
  /** Did a call of this connection pass authentication? Strangers get half of every place, so that those who have passed find one. */
  readonly isProven: (peer: string) => boolean;
};

export class Admission {
  readonly #options: AdmissionOptions;
  #open = 0;
  #receiving = 0;
  #strangersReceiving = 0;
  readonly #onIdle: (() => void)[] = [];
  readonly #waiting: Visit[] = [];

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  readonly interceptor: ServerInterceptor = (definition, call) => new Visit(call, definition.path, this);

  /** Why this call is turned away before anything of it is read. */
  refusal(method: string, peer: string, metadata: Metadata): { readonly code: number; readonly details: string } | undefined {
    const { limits, precheck, onDenied, isStopping, isProven } = this.#options;
    if (isStopping()) return { code: status.UNAVAILABLE, details: 'the signer is stopping' };
    const max = isProven(peer) ? limits.maxCalls : half(limits.maxCalls);
    if (this.#open > max) return { code: status.RESOURCE_EXHAUSTED, details: `more than ${max} calls at once` };
    const denied = precheck(method, metadata);
    if (denied === undefined) return undefined;
    onDenied(method, peer, denied);
    return { code: status.UNAUTHENTICATED, details: denied.text };
  }

  get receiveTimeoutMs(): number {
    return this.#options.limits.receiveTimeoutMs;
  }

  entered(): void {
    this.#options.onChange(++this.#open);
  }

  left(): void {
    this.#options.onChange(--this.#open);
    if (this.#open === 0) for (const tell of this.#onIdle.splice(0)) tell();
  }

  /** Settles when no call is open, be it in its reading, its work or its answer. */
  async idle(): Promise<void> {
    if (this.#open > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  /** Lets a call receive its message now, or when another one has received its own. */
  queue(visit: Visit): void {
    visit.isStranger = !this.#options.isProven(visit.getPeer());
    this.#waiting.push(visit);
    this.#next();
  }

  received(visit: Visit, wasReceiving: boolean): void {
    if (wasReceiving) {
      this.#receiving--;
      if (visit.isStranger) this.#strangersReceiving--;
    } else {
      const at = this.#waiting.indexOf(visit);
      if (at >= 0) this.#waiting.splice(at, 1);
    }
    this.#next();
  }

  #next(): void {
    const { maxReceiving } = this.#options.limits;
    while (this.#receiving < maxReceiving) {
      const mayBeStranger = this.#strangersReceiving < half(maxReceiving);
      const at = this.#waiting.findIndex((visit) => mayBeStranger || !visit.isStranger);
      const [visit] = at < 0 ? [] : this.#waiting.splice(at, 1);
      if (visit === undefined) return;
      this.#receiving++;
      if (visit.isStranger) this.#strangersReceiving++;
      visit.receive();
    }
  }
}

function half(limit: number): number {
  return Math.ceil(limit / 2);
}

/** One call. Its end is told once, however it ends: grpc-js reports every end as a cancellation to the listener. */
class Visit extends ServerInterceptingCall {
  readonly #admission: Admission;
  readonly #call: ServerInterceptingCallInterface;
  isStranger = true;
  #state: 'new' | 'queued' | 'receiving' | 'received' = 'new';
  #ended = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(call: ServerInterceptingCallInterface, method: string, admission: Admission) {
    super(call, {
      start: (next) => {
        admission.entered();
        next({
          onReceiveMetadata: (metadata, pass) => {
            const refusal = admission.refusal(method, call.getPeer(), metadata);
            if (refusal !== undefined) call.sendStatus({ ...refusal, metadata: null });
            else pass(metadata);
          },
          onReceiveHalfClose: (pass) => {
            this.#finishReceiving();
            pass();
          },
          onCancel: () => this.#end(),
        });
      },
    });
    this.#call = call;
    this.#admission = admission;
  }

  override startRead(): void {
    // The first read waits for its turn; the second one only looks for the end of the stream.
    if (this.#state !== 'new') {
      super.startRead();
      return;
    }
    this.#state = 'queued';
    this.#timer = setTimeout(() => {
      this.#call.sendStatus({ code: status.DEADLINE_EXCEEDED, details: 'the request did not arrive in time', metadata: null });
    }, this.#admission.receiveTimeoutMs);
    this.#timer.unref();
    this.#admission.queue(this);
  }

  receive(): void {
    this.#state = 'receiving';
    super.startRead();
  }

  #finishReceiving(): void {
    clearTimeout(this.#timer);
    if (this.#state !== 'queued' && this.#state !== 'receiving') return;
    const wasReceiving = this.#state === 'receiving';
    this.#state = 'received';
    this.#admission.received(this, wasReceiving);
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#finishReceiving();
    this.#admission.left();
  }
}
