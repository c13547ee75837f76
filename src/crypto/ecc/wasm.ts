// The WASM backend by a static import of tiny-secp256k1, which a bundler can see: the opt-in for browsers.
import * as tiny from 'tiny-secp256k1';
import type { Ecc } from './interface.ts';
import { adapt } from './tiny.ts';

/** The backend over tiny-secp256k1; the WASM is instantiated when this module is loaded. */
export const wasm: Ecc = adapt(tiny);
