// Whether the daemon can sign now, and what its store says of itself: asked at most once in a while, and never waited for without a limit.
import * as Hex from '../../base/Hex.ts';
import type { SignStore } from '../../signer/SignStore.ts';
import type { Observer } from './Observer.ts';
import type { KeysPort } from './ports.ts';

const PROBE_EVERY_MS = 1_000;
const SLOTS_EVERY_MS = 5_000;
const KEYS_EVERY_MS = 1_000;
const LIMIT_MS = 2_000;

export type ProbeOptions = {
  readonly store: SignStore;
  readonly keystore: KeysPort;
  readonly observer: Observer;
  readonly isStopping: () => boolean;
};

export class Probe {
  readonly #options: ProbeOptions;
  readonly #storeProblem: () => Promise<string | undefined>;
  readonly #refreshSlots: () => Promise<void>;
  #known: ReadonlySet<string> = new Set();
  #knownAt = Number.NEGATIVE_INFINITY;
  #first = true;

  constructor(options: ProbeOptions) {
    this.#options = options;
    this.#storeProblem = cached(PROBE_EVERY_MS, () => this.#ask());
    this.#refreshSlots = cached(SLOTS_EVERY_MS, async () => {
      const slots = await limited(this.#options.store.slots());
      if (slots !== undefined) this.#options.observer.slots(slots);
    });
  }

  /** Undefined when votes can be signed. */
  async notReady(): Promise<string | undefined> {
    const { observer, isStopping } = this.#options;
    if (isStopping()) return 'stopping';
    if (observer.halt !== undefined) return `halted: ${observer.halt.message}`;
    return this.#storeProblem();
  }

  /** Brings the gauges up to date. Never rejects. */
  async refresh(): Promise<void> {
    const { observer } = this.#options;
    this.keys();
    await Promise.allSettled([this.#refreshSlots(), this.#storeProblem()]);
    observer.metrics.halted.set(observer.halt === undefined ? 0 : 1);
  }

  isKnownKey(publicKeyHex: string): boolean {
    if (!this.#known.has(publicKeyHex) && performance.now() - this.#knownAt > KEYS_EVERY_MS) this.keys();
    return this.#known.has(publicKeyHex);
  }

  keys(): void {
    const { observer, keystore } = this.#options;
    const keys = keystore.list();
    const known = new Set(keys.map((key) => Hex.encode(key.publicKey)));
    const fresh = [...known].filter((key) => !this.#known.has(key)).length;
    if (!this.#first && fresh > 0) observer.metrics.createdKeys.inc(fresh);
    this.#first = false;
    this.#known = known;
    this.#knownAt = performance.now();
    observer.metrics.keys.set(keys.length);
    observer.metrics.unlockedKeys.set(keys.filter((key) => key.unlocked).length);
  }

  async #ask(): Promise<string | undefined> {
    const { store, observer } = this.#options;
    const answer = await limited(store.identity());
    observer.metrics.storeReachable.set(answer === undefined ? 0 : 1);
    return answer === undefined ? 'the store does not answer' : undefined;
  }
}

/** Undefined when it fails or takes too long. */
async function limited<T>(work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), LIMIT_MS);
    timer.unref();
  });
  try {
    return await Promise.race([work, late]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

function cached<T>(everyMs: number, ask: () => Promise<T>): () => Promise<T> {
  let last: Promise<T> | undefined;
  let at = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    if (last === undefined || now - at >= everyMs) {
      at = now;
      last = ask();
    }
    return last;
  };
}
