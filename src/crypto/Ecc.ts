// The elliptic curve as a value: one small interface, three backends (ecc/), no global state that a caller could change.
// A backend is passed as the last argument, and where it is left out `auto()` gives the host's best one.
import { hostBackend } from './ecc/host.ts';
import type { Ecc } from './ecc/interface.ts';

export type { Ecc, RecoverableSignature, RecoveryId } from './ecc/interface.ts';

/**
 * The backend for callers that name none: WASM in Node, Deno and Bun (instantiated at first use), pure JavaScript elsewhere.
 * The choice is made once per copy of the package and nobody can change it.
 */
export function auto(): Ecc {
  return hostBackend();
}
