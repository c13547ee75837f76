// Public randomness on worker threads: ranges are cut into pieces, which come back sealed by the key. Where no thread starts, the calling
// thread computes in slices, between which it serves others. finality-provider eotsmanager/localmanager.go computes all in one go.
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { setImmediate as othersServed } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import type { Ecc } from '../crypto/Ecc.ts';
import * as PubRand from '../crypto/PubRand.ts';
import * as SecretKey from '../crypto/SecretKey.ts';
import { fastest } from './fastestEcc.ts';
import type { Answer, Task } from './randomnessTask.ts';

export type Reason = PubRand.Reason | { readonly code: 'randomness.closed' };

export type RandomnessPoolOptions = {
  /** 0: everything on the calling thread. Unless given: as many as the machine runs at once, at most 4. */
  readonly threads?: number | undefined;
  /** What the calling thread computes with where it has to. */
  readonly ecc?: Ecc | undefined;
  /** The file that the threads run; for tests. */
  readonly workerUrl?: URL | undefined;
};

/** Pieces that lie with a thread at once, so that it need not wait for the next. */
const AHEAD = 2;
/** Threads that may die before the pool goes on without any. */
const MAX_DEATHS = 3;
/** How long the calling thread computes before it serves others. @unit milliseconds */
const SLICE_MS = 8;

/**
 * Computes the points of ranges. Threads start with the first range, and keep the process alive only while they work. It holds a copy of a
 * key while a range of it is under way, and so does each thread for its piece; all are wiped.
 */
export class RandomnessPool {
  readonly #size: number;
  readonly #ecc: Ecc;
  readonly #workerUrl: URL;
  readonly #threads = new Set<Thread>();
  #deaths = 0;
  #closed = false;
  /** The end of what the calling thread is to compute: one slice at a time, however many ranges wait. */
  #slices: Promise<unknown> = Promise.resolve();

  constructor(options: RandomnessPoolOptions = {}) {
    const { threads = Math.min(4, availableParallelism()), ecc = fastest(), workerUrl = ownWorker() } = options;
    this.#size = Check.integer(threads, 'threads', 0, 64);
    this.#ecc = ecc;
    this.#workerUrl = workerUrl;
  }

  /** Threads that live now. */
  get running(): number {
    return this.#threads.size;
  }

  /**
   * The points of a range with their seal, in order of height.
   *
   * @throws input.*, secret-key.out-of-range, pub-rand.malformed-chain-id
   * @throws randomness.closed - the pool was closed before the range was done
   */
  async points(secretKey: SecretKey.SecretKey, chainId: string, range: PubRand.HeightRange): Promise<PubRand.SealedPoints> {
    this.#assertOpen();
    const ranges = PubRand.splitRange(range);
    // Computes nothing, and says at once what is wrong with the key or the chain.
    const nothing = PubRand.sealedPoints(secretKey, chainId, { ...range, count: 0 }, this.#ecc);
    if (ranges.length === 0) return nothing;
    const own = SecretKey.from(secretKey);
    try {
      return PubRand.joinSealed(await this.#compute(own, chainId, ranges));
    } finally {
      SecretKey.wipe(own);
    }
  }

  /** Stops the threads; ranges under way are rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    const threads = [...this.#threads];
    this.#threads.clear();
    await Promise.all(threads.map((thread) => thread.stop()));
  }

  /** Several lanes take one piece after another, until none is left. */
  async #compute(secretKey: SecretKey.SecretKey, chainId: string, ranges: readonly PubRand.HeightRange[]): Promise<PubRand.SealedPoints[]> {
    const parts: PubRand.SealedPoints[] = [];
    const pieces = ranges.entries();
    const lane = async (): Promise<void> => {
      for (const [i, range] of pieces) {
        const answer = await this.#idlest()?.compute(secretKey, chainId, range);
        this.#assertOpen();
        parts[i] = answer ?? (await this.#computeHere(secretKey, chainId, range));
      }
    };
    const lanes = Array.from({ length: Math.max(1, this.#size * AHEAD) }, lane);
    // All of them end before the key is wiped.
    for (const outcome of await Promise.allSettled(lanes)) if (outcome.status === 'rejected') throw outcome.reason;
    return parts;
  }

  /** The thread with the least to do; undefined when there is none. */
  #idlest(): Thread | undefined {
    while (!this.#closed && this.#threads.size < this.#size && this.#deaths < MAX_DEATHS) {
      const thread = new Thread(this.#workerUrl, () => {
        if (this.#threads.delete(thread)) this.#deaths++;
      });
      this.#threads.add(thread);
    }
    let idlest: Thread | undefined;
    for (const thread of this.#threads) if (idlest === undefined || thread.load < idlest.load) idlest = thread;
    return idlest;
  }

  async #computeHere(secretKey: SecretKey.SecretKey, chainId: string, range: PubRand.HeightRange): Promise<PubRand.SealedPoints> {
    const points = PubRand.pointsInSteps(secretKey, chainId, range, this.#ecc);
    try {
      for (let count = 4, isMore = true; isMore; ) {
        const compute = async (): Promise<number> => {
          await othersServed();
          this.#assertOpen();
          const start = performance.now();
          isMore = points.advance(count);
          return performance.now() - start;
        };
        const turn = this.#slices.then(compute);
        this.#slices = turn.catch(() => undefined);
        const tookMs = await turn;
        // Towards slices of SLICE_MS, never more than doubled: the first ones are slow, because nothing is compiled yet.
        count = Math.max(1, Math.min(2 * count, Math.floor((count * SLICE_MS) / Math.max(tookMs, 0.01))));
      }
      return points.finish();
    } finally {
      points.wipe();
    }
  }

  #assertOpen(): void {
    if (this.#closed) fail<Reason>({ code: 'randomness.closed' }, 'this randomness pool was closed');
  }
}

/** A pool that a signer takes as its source of randomness. */
export function randomnessPool(options: RandomnessPoolOptions = {}): RandomnessPool {
  return new RandomnessPool(options);
}

/** One worker thread, and what it was asked. It answers every question, with undefined when it dies. */
class Thread {
  readonly #worker: Worker;
  readonly #open = new Map<number, (sealed: PubRand.SealedPoints | undefined) => void>();
  readonly #onDeath: () => void;
  #next = 0;

  constructor(url: URL, onDeath: () => void) {
    this.#onDeath = onDeath;
    // The name of a thread shows in the tools of the system; nothing of the command line or the environment is handed over.
    this.#worker = new Worker(url, { name: 'satlock-randomness', execArgv: loaderFor(url), stdin: false });
    this.#worker.unref();
    this.#worker.on('message', ({ id, sealed }: Answer) => this.#settle(id, sealed));
    // A file that is missing or broken shows here.
    this.#worker.on('error', () => this.#die());
    this.#worker.on('exit', () => this.#die());
  }

  get load(): number {
    return this.#open.size;
  }

  compute(secretKey: SecretKey.SecretKey, chainId: string, range: PubRand.HeightRange): Promise<PubRand.SealedPoints | undefined> {
    return new Promise((resolve) => {
      const id = this.#next++;
      if (this.#open.size === 0) this.#worker.ref();
      this.#open.set(id, resolve);
      const copy = SecretKey.from(secretKey);
      // Moved, not copied: no second copy stays behind on this side.
      this.#worker.postMessage({ id, secretKey: copy, chainId, range } satisfies Task, [copy.buffer as ArrayBuffer]);
    });
  }

  async stop(): Promise<void> {
    this.#die();
    await this.#worker.terminate();
  }

  #settle(id: number, sealed: PubRand.SealedPoints | undefined): void {
    const resolve = this.#open.get(id);
    this.#open.delete(id);
    if (this.#open.size === 0) this.#worker.unref();
    resolve?.(sealed);
  }

  #die(): void {
    this.#onDeath();
    for (const id of [...this.#open.keys()]) this.#settle(id, undefined);
  }
}

/** Beside this file, with its ending: as source and as built. */
function ownWorker(): URL {
  return new URL(`./randomnessWorker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);
}

/** What a thread needs to read its file: nothing once built, the loader of the development tools for source. */
function loaderFor(url: URL): string[] {
  if (!url.pathname.endsWith('.ts')) return [];
  try {
    const api = new URL('./esm/api/index.mjs', pathToFileURL(createRequire(import.meta.url).resolve('tsx')));
    return ['--import', `data:text/javascript,import { register } from ${JSON.stringify(api.href)}; register();`];
  } catch {
    return [];
  }
}
