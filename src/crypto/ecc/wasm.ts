// The WASM backend by a static import of tiny-secp256k1, which a bundler can see: the opt-in for browsers.
import * as tiny from 'tiny-secp256k1';
import { fail } from '../../base/Errors.ts';
import type { Ecc } from './interface.ts';
import { adapt, worksOnTheGenerator } from './tiny.ts';

export type Reason = { readonly code: 'ecc.wasm-broken' };

/**
 * The backend over tiny-secp256k1; the WASM is instantiated when this module is loaded, and tried once: some bundlers (Vite 8) unwrap the
 * globals that a WASM module exports, on which this one fails. Then the import throws `ecc.wasm-broken`; the pure backend needs no bundler's help.
 */
export const wasm: Ecc = tried(adapt(tiny));

function tried(backend: Ecc): Ecc {
  if (!worksOnTheGenerator(backend))
    fail<Reason>(
      { code: 'ecc.wasm-broken' },
      'the WASM module was loaded but does not compute: the bundler has changed how it is imported',
    );
  return backend;
}
