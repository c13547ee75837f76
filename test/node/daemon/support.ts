// A daemon in this process over a store in memory, with a key of the test's own; everything is stopped after each test.
import { afterEach } from 'vitest';
import * as FinalityVote from '../../../src/babylon/FinalityVote.ts';
import { type ClientOptions, SignerClient } from '../../../src/node/daemon/SignerClient.ts';
import { Observer, type RunningSigner, type ServeOptions, serve } from '../../../src/node/daemon/SignerDaemon.ts';
import { fastest } from '../../../src/node/fastestEcc.ts';
import { babylonRecognisers } from '../../../src/node/recognisers.ts';
import { MemoryStore } from '../../../src/signer/MemoryStore.ts';
import { Signer } from '../../../src/signer/Signer.ts';
import type { SignStore } from '../../../src/signer/SignStore.ts';
import { TestKeys } from './keys.ts';

export { PASSPHRASE, TestKeys } from './keys.ts';

export const CHAIN = 'daemon-test-1';
export const HMAC_KEY = 'a key for tests only';
export const KEY_BYTES: Uint8Array = new TextEncoder().encode(HMAC_KEY);

export type World = {
  readonly running: RunningSigner;
  readonly keys: TestKeys;
  readonly store: SignStore;
  readonly signer: Signer;
  readonly observer: Observer;
  readonly lines: string[];
  /** A client of ours; closed after the test. */
  client(options?: Partial<ClientOptions>): SignerClient;
  /** Value of a metric, with labels as prom-client writes them; undefined when there is no such series. */
  metric(series: string): Promise<number | undefined>;
};

const endings: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

/** For what a test opens itself. */
export function atEnd(end: () => unknown): void {
  endings.push(end);
}

export async function start(
  options: Partial<Omit<ServeOptions, 'store' | 'signer' | 'keystore'>> & { readonly store?: SignStore; readonly keys?: TestKeys } = {},
): Promise<World> {
  const { keys = new TestKeys(), store: inner = new MemoryStore(), ...others } = options;
  const observer = new Observer({ defaultMetrics: false });
  const store = observer.store(inner);
  const onEvent = observer.event.bind(observer);
  const signer = new Signer({ store, keys, recognisers: babylonRecognisers(), nowMs: () => BigInt(Date.now()), onEvent, ecc: fastest() });
  const lines: string[] = [];
  const log = { level: 'trace', stream: { write: (line: string) => void lines.push(line) } } as const;
  const running = await serve({ ...{ signer, keystore: keys, store, observer, log, listen: '127.0.0.1:0' }, ...others });
  endings.push(() => running.stop());
  return {
    ...{ running, keys, store, signer, observer, lines },
    client: (given = {}) => {
      const client = new SignerClient({ address: running.address, deadlineMs: 10_000, ...given });
      endings.push(() => client.close());
      return client;
    },
    async metric(series) {
      const text = await observer.registry.metrics();
      const line = text.split('\n').find((each) => each.startsWith(`${series} `));
      return line === undefined ? undefined : Number(line.slice(series.length + 1));
    },
  };
}

/** A vote for a height; `fork` chooses the block. */
export function vote(height: bigint, fork = 0): Uint8Array {
  return FinalityVote.message(height, new Uint8Array(32).fill(fork));
}

/** What a promise was rejected with. */
export async function failure(promise: Promise<unknown>): Promise<{ readonly code: number; readonly details: string } & Error> {
  try {
    await promise;
  } catch (error) {
    return error as { readonly code: number; readonly details: string } & Error;
  }
  throw new Error('it did not fail');
}
