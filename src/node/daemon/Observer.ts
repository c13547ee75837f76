// What the daemon knows about its own work: counters under the names of eotsd's metrics and more, and whether the store made it stop signing.
// finality-provider metrics/eots_collectors.go. eotsd's sign metrics move before the record is stored, ours after.
import { collectDefaultMetrics, Registry } from 'prom-client';
import { fail, isSatlockError } from '../../base/Errors.ts';
import * as Hex from '../../base/Hex.ts';
import type { SignerEvent } from '../../signer/Signer.ts';
import type { SignStore, Slot, SlotState } from '../../signer/SignStore.ts';
import { type Metrics, makeMetrics } from './metrics.ts';

export type Reason = { readonly code: 'daemon.halted'; readonly cause: string };

/** Failures after which nothing may be signed until a human has looked: the store is there, but it cannot be relied on. */
const HALTING: ReadonlySet<string> = new Set(
  ['corrupt', 'full', 'read-only', 'truncated', 'rolled-back', 'not-durable', 'wrong-version'].map((problem) => `store.${problem}`),
);

/** Series of one metric with chain ids in their labels: chain ids come from callers. */
const MAX_SLOT_SERIES = 1_000;
const TIMED = ['identity', 'read', 'claim', 'enrol', 'raiseWatermark', 'condemn', 'slots', 'merge', 'prune', 'remember', 'recall'] as const;

/** Why the signer stopped signing. */
export type Halt = { readonly code: string; readonly message: string };

/** Made before the signer, so that the store can be watched: `const store = observer.store(await openStore(…))`. */
export class Observer {
  readonly registry: Registry = new Registry();
  readonly metrics: Metrics;
  readonly #fenced = new Set<string>();
  readonly #counted = new WeakSet<object>();
  readonly #listeners: ((halt: Halt) => void)[] = [];
  #halt: Halt | undefined;

  constructor(options: { readonly defaultMetrics?: boolean } = {}) {
    this.metrics = makeMetrics(this.registry);
    if (options.defaultMetrics ?? true) collectDefaultMetrics({ register: this.registry });
  }

  /** Why nothing is signed any more, if so. Only a restart changes it. */
  get halt(): Halt | undefined {
    return this.#halt;
  }

  onHalt(listener: (halt: Halt) => void): void {
    this.#listeners.push(listener);
  }

  /** Remembers a failure of the store that must stop all signing; others are only counted. */
  storeFailed(error: unknown): void {
    if (typeof error === 'object' && error !== null) {
      if (this.#counted.has(error)) return;
      this.#counted.add(error);
    }
    this.metrics.storeFailures.inc({ code: isSatlockError(error) ? error.code : 'unknown' });
    if (this.#halt !== undefined || !isSatlockError(error) || !HALTING.has(error.code)) return;
    this.#halt = { code: error.code, message: error.message };
    this.metrics.halted.set(1);
    for (const listener of this.#listeners) listener(this.#halt);
  }

  /** The same store, timed. After a failure that must stop all signing it claims nothing more. */
  store(inner: SignStore): SignStore {
    return new Proxy(inner, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        if (!TIMED.some((timed) => timed === name)) return (...args: readonly unknown[]) => Reflect.apply(member, target, args) as unknown;
        return (...args: readonly unknown[]) => this.#timed(String(name), () => Reflect.apply(member, target, args) as Promise<unknown>);
      },
    });
  }

  /** For `SignerOptions.onEvent`. What is signed is counted by the daemon, from what it answers. */
  event(event: SignerEvent): void {
    if (event.kind === 'fenced') this.fenced(event.slot, true);
  }

  fenced(slot: Slot, isFenced: boolean): void {
    const key = `${Hex.encode(slot.publicKey)}/${slot.chainId}`;
    if (isFenced && this.#fenced.size < MAX_SLOT_SERIES) this.#fenced.add(key);
    if (!isFenced) this.#fenced.delete(key);
    this.metrics.fencedSlots.set(this.#fenced.size);
  }

  /** Shows what the store says of its slots. */
  slots(slots: readonly (Slot & SlotState)[]): void {
    const { watermark, highestSigned, condemned } = this.metrics;
    watermark.reset();
    highestSigned.reset();
    condemned.set(new Set(slots.filter((slot) => slot.condemned !== undefined).map((slot) => Hex.encode(slot.publicKey))).size);
    for (const slot of slots.slice(0, MAX_SLOT_SERIES)) {
      const labels = { fp_btc_pk_hex: Hex.encode(slot.publicKey), chain_id: slot.chainId };
      if (slot.watermark !== undefined) watermark.set(labels, Number(slot.watermark));
      if (slot.highestSigned !== undefined) highestSigned.set(labels, Number(slot.highestSigned));
    }
  }

  async #timed(operation: string, call: () => Promise<unknown>): Promise<unknown> {
    if (operation === 'claim' && this.#halt !== undefined) {
      fail<Reason>({ code: 'daemon.halted', cause: this.#halt.code }, `signing is halted: ${this.#halt.message}`);
    }
    const end = this.metrics.storeSeconds.startTimer({ operation });
    try {
      return await call();
    } catch (error) {
      this.storeFailed(error);
      throw error;
    } finally {
      end();
    }
  }
}
