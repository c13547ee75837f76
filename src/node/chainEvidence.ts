// What the chain shows of the signer's keys, told to the signer: at start, before anything is signed, and again and again.
// A vote that the chain counts and the store does not hold means that the store is an old copy, or that somebody else signs with the key.
import { fail, hasCode, isSatlockError } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import type { Signer } from '../signer/Signer.ts';
import * as ProviderWatch from './ProviderWatch.ts';

/** A Babylon node: the address of its REST interface, and the chain that it must be of. */
export type Node = { readonly baseUrl: string; readonly chainId?: string };

export type Options = {
  readonly signer: Pick<Signer, 'observe'>;
  readonly publicKeys: () => readonly Uint8Array[];
  readonly babylonApi: readonly Node[];
  /** @unit milliseconds */
  readonly watchEveryMs?: number;
  readonly warn: (message: string) => void;
};

export type Reason = { readonly code: 'signer-service.chain-unasked'; readonly node: string };

const EVERY_MS = 60_000;

export type ChainWatch = {
  /** Asks every node once. @throws signer-service.chain-unasked - and nothing may be signed before it was */
  first(): Promise<void>;
  /** Asks every node about one key, before it is unlocked while the signer runs. @throws signer-service.chain-unasked */
  before(publicKey: Uint8Array): Promise<void>;
  stop(): void;
};

export function watch(options: Options): ChainWatch {
  const { babylonApi, warn, watchEveryMs = EVERY_MS } = options;
  const nodes = babylonApi.map((node) => ({ name: node.chainId ?? hostOf(node.baseUrl), node: ProviderWatch.connect(node) }));
  const failing = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const again = (): void => {
    if (stopped || nodes.length === 0) return;
    timer = setTimeout(async () => {
      for (const { name, node } of nodes) {
        try {
          await ask(options, node);
          if (failing.delete(name)) warn(`the node ${name} answers again`);
        } catch (error) {
          if (!failing.has(name)) warn(`the node ${name} cannot be asked what it has seen of the keys: ${textOf(error)}`);
          failing.add(name);
        }
      }
      again();
    }, watchEveryMs);
    timer.unref();
  };
  const askAll = async (publicKeys: readonly Uint8Array[]): Promise<void> => {
    for (const { name, node } of nodes) {
      try {
        await ask(options, node, publicKeys);
      } catch (cause) {
        fail<Reason>(
          { code: 'signer-service.chain-unasked', node: name },
          `the node ${name} was to be asked what it has seen of the keys, before anything is signed: ${textOf(cause)}`,
          { cause },
        );
      }
    }
  };
  return {
    async first() {
      await askAll(options.publicKeys());
      again();
    },
    before: (publicKey) => askAll([publicKey]),
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

async function ask(options: Options, node: ProviderWatch.ProviderWatch, publicKeys = options.publicKeys()): Promise<void> {
  // First of all, whichever keys it knows: is it the chain that it was named for?
  await node.tip();
  for (const publicKey of publicKeys) {
    const seen = await sightingOf(node, publicKey);
    if (seen?.height === undefined) continue;
    const { chainId, height } = seen;
    const lost = await options.signer.observe({ publicKey, chainId }, height, 'chain');
    if (lost !== undefined) options.warn(fencedText(publicKey, chainId, lost));
  }
}

/** A key that the chain does not know has not voted there. */
async function sightingOf(node: ProviderWatch.ProviderWatch, publicKey: Uint8Array): Promise<ProviderWatch.Sighting | undefined> {
  try {
    return await node.sighting(publicKey);
  } catch (error) {
    if (hasCode<ProviderWatch.Reason, 'provider-watch.unknown-provider'>(error, 'provider-watch.unknown-provider')) return undefined;
    throw error;
  }
}

/** An address may hold a password. */
function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'of --babylon-api';
}

/** The one text for every kind of evidence, with the command that answers it. */
export function fencedText(publicKey: Uint8Array, chainId: string, lost: bigint): string {
  const key = Hex.encode(publicKey);
  // The chain id may come from the node: as a word for the shell it says nothing else.
  const chain = /^[A-Za-z0-9._-]+$/.test(chainId) ? chainId : `'${chainId.replace(/[^A-Za-z0-9._/ -]/g, '?')}'`;
  return (
    `FENCED: a vote of ${key} at height ${lost} of ${chain} may exist that the store does not know. The store is an old copy, or another signer has ` +
    'this key, or a node lies: ask a second one for the height. Nothing new is signed. Stop every other signer of the key, then: satlock signer ' +
    `watermark raise --key ${key} --chain-id ${chain} --height <at least ${lost}, better the chain's last block and a margin>`
  );
}

function textOf(error: unknown): string {
  return isSatlockError(error) || error instanceof Error ? error.message : String(error);
}
