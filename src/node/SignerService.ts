// A signer put together: keys, store, witness, what the chain shows, and the daemon over them. The order is what keeps a lost or exchanged store
// from signing: the store is opened and compared with what is known elsewhere before the first request is heard.
import { setImmediate as othersServed } from 'node:timers/promises';
import * as Hex from '../base/Hex.ts';
import { Signer, type SignerEvent } from '../signer/Signer.ts';
import type { SignStore } from '../signer/SignStore.ts';
import * as ChainEvidence from './chainEvidence.ts';
import { Observer, type RunningSigner, type ServeOptions, serve } from './daemon/SignerDaemon.ts';
import type { Binding, Keystore } from './keystore/Keystore.ts';
import { randomnessPool } from './randomnessPool.ts';
import * as SignerHome from './SignerHome.ts';
import * as Witness from './Witness.ts';

export type Options = {
  readonly paths: SignerHome.Paths;
  readonly config: SignerHome.Config;
  /** Its keys are unlocked, or wait for UnlockKey. */
  readonly keystore: Keystore;
  /** Overrides the config. */
  readonly store?: string | undefined;
  readonly listen: string;
  readonly hmacKey?: Uint8Array | undefined;
  readonly strict: boolean;
  readonly tls?: ServeOptions['tls'];
  readonly metrics?: ServeOptions['metrics'];
  /** The only chains that are served; all when absent. */
  readonly chains?: readonly string[] | undefined;
  /** Nodes that are asked what they have seen of the keys; before the first signature, too. */
  readonly babylonApi: readonly ChainEvidence.Node[];
  /** How often the chain is asked. @unit milliseconds */
  readonly watchEveryMs?: number;
  readonly log?: ServeOptions['log'];
  /** What an operator should read. */
  readonly warn: (message: string) => void;
};

export type Service = {
  readonly running: RunningSigner;
  readonly store: { readonly kind: SignStore['kind']; readonly storeId: string };
  readonly bindings: ReadonlyMap<string, Binding>;
};

/**
 * Starts a signer.
 *
 * @throws store.*, witness.*, daemon.*, keystore.*, owner-files.*
 * @throws signer-service.chain-unasked - a node that was named does not answer
 */
export async function start(options: Options): Promise<Service> {
  const { paths, config, keystore, warn } = options;
  const observer = new Observer();
  const create = SignerHome.neverHadStore(paths, keystore);
  const ending: (() => unknown)[] = [() => keystore.lock()];
  const end = async (): Promise<void> => {
    for (const each of ending.splice(0).reverse()) await quietly(each, warn);
  };
  try {
    const inner = await SignerHome.openStore(paths, options.store ?? config.store, { create, onWarning: warn });
    ending.push(() => inner.close());
    const store = observer.store(endingWith(inner, end));
    const { storeId } = await store.identity();
    const wasServed = keystore.list().some((key) => key.storeId === storeId);
    const bindings = keystore.bindTo(storeId);
    const onProblem = (error: unknown): void => warn(textOf(error));
    const witness = await Witness.open({ path: paths.witness, store: inner, onProblem, ...SignerHome.fileOf(inner, wasServed) });
    ending.push(() => witness.stop());
    const pool = randomnessPool();
    ending.push(() => pool.close());
    const { recognisers, ecc } = SignerHome.cryptoOf(config);
    const onEvent = (event: SignerEvent): void => observer.event(event);
    const signer = new Signer({
      ...{ store, keys: keystore, recognisers, ecc, randomness: pool, onEvent, nowMs: () => BigInt(Date.now()) },
      chains: options.chains ?? config.chains,
      othersServed,
    });
    ending.push(() => {
      for (const publicKey of keystore.publicKeys()) signer.forget(publicKey);
    });
    await tellFindings(witness, signer, warn);
    const watch = ChainEvidence.watch({ ...options, signer, publicKeys: () => keystore.publicKeys() });
    ending.push(() => watch.stop());
    await watch.first();
    const keys: ServeOptions['keystore'] = {
      list: () => keystore.list(),
      // A key that comes later is asked for before it can sign, as the others were.
      unlock: async (key, passphrase) => {
        await watch.before(Hex.decode(key));
        return keystore.unlock(key, passphrase);
      },
    };
    const running = await serve(serveOptions(options, { signer, store, observer, keystore: keys }));
    for (const [name, binding] of bindings) explain(name, binding, warn);
    return { running, store: { kind: store.kind, storeId }, bindings };
  } catch (error) {
    await end();
    throw error;
  }
}

/** The daemon closes the store as its last act; what looks at the store ends just before. */
function endingWith(inner: SignStore, end: () => Promise<void>): SignStore {
  return new Proxy(inner, {
    get(target, name) {
      if (name === 'close') return end;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

const PROBLEMS: Readonly<Record<Witness.Finding['problem'], string>> = {
  'other-store': 'this is another store than the one of the last start',
  'rolled-back': 'the store went back',
  copied: 'this file is a copy of the store, and the store may have gone on',
  'no-witness': 'the store has been served, but the witness.json beside it is gone: it may be a restored copy',
};

/** What the store has lost since it was last seen. */
async function tellFindings(witness: Witness.Witness, signer: Signer, warn: (message: string) => void): Promise<void> {
  for (const { publicKey, chainId, problem, signedElsewhereUpTo } of witness.findings) {
    await signer.observe({ publicKey, chainId }, signedElsewhereUpTo, 'witness');
    warn(`store.rolled-back: ${PROBLEMS[problem]}. ${ChainEvidence.fencedText(publicKey, chainId, signedElsewhereUpTo)}`);
  }
}

async function quietly(job: () => unknown, warn: (message: string) => void): Promise<void> {
  try {
    await job();
  } catch (error) {
    warn(textOf(error));
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function serveOptions(options: Options, made: Pick<ServeOptions, 'signer' | 'store' | 'observer' | 'keystore'>): ServeOptions {
  const { hmacKey, strict, tls, metrics, log } = options;
  return {
    ...made,
    keystore: made.keystore,
    listen: options.listen,
    auth: { strict, ...(hmacKey === undefined ? {} : { hmacKey }) },
    backupFolder: options.paths.backup,
    ...(tls === undefined ? {} : { tls }),
    ...(metrics === undefined ? {} : { metrics }),
    ...(log === undefined ? {} : { log }),
  };
}

/** What an operator has to do for a key that does not open by itself. */
function explain(name: string, binding: Binding, warn: (message: string) => void): void {
  const remedy = `satlock signer watermark raise --key ${name} --chain-id … --height <above the chain's last block>; and satlock signer history import`;
  if (binding === 'other-store')
    warn(`key ${name} belongs to another store than this one. Where this store has no history of it, it signs nothing before: ${remedy}`);
  if (binding === 'not-fresh') {
    warn(
      `key ${name} was made more than a day ago and was never served: its file may be a backup. Where there is no history, it signs nothing before: ${remedy}`,
    );
  }
  if (binding === 'imported') warn(`key ${name} was imported. Where there is no history of it, it signs nothing before: ${remedy}`);
}
