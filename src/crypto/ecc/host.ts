// The one file of the pure folders that looks at the host: it asks whether a synchronous module loader exists (Node, Deno, Bun).
// Nothing here is visible to a bundler: neither node:module nor tiny-secp256k1 is imported.
import type { Ecc } from './interface.ts';
import { pure } from './pure.ts';
import { adapt, type TinyModule, worksOnTheGenerator } from './tiny.ts';

type Loader = (name: string) => unknown;

let chosen: Ecc | undefined;

/** WASM where the host can load it synchronously, pure JavaScript otherwise. The first call decides, and loads. */
export function hostBackend(): Ecc {
  chosen ??= loadWasm() ?? pure;
  return chosen;
}

/** The host's synchronous `require`, as seen from this file, or undefined in browsers and in bundles without a file address. */
export function hostLoader(): Loader | undefined {
  try {
    const nodeModule = globalThis.process?.getBuiltinModule?.('node:module');
    return nodeModule?.createRequire(import.meta.url);
  } catch {
    return undefined;
  }
}

function loadWasm(): Ecc | undefined {
  const load = hostLoader();
  if (load === undefined) return undefined;
  try {
    const backend = adapt(load('tiny-secp256k1') as TinyModule);
    return worksOnTheGenerator(backend) ? backend : undefined;
  } catch {
    return undefined;
  }
}
