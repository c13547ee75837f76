// The fastest backend of this machine: libsecp256k1 as a binary where the optional package `secp256k1` is installed, WASM otherwise.
import { auto, type Ecc } from '../crypto/Ecc.ts';
import { native } from '../crypto/ecc/native.ts';
import { worksOnTheGenerator } from '../crypto/ecc/tiny.ts';

let chosen: Ecc | undefined;

/** Looked for once per thread. */
export function fastest(): Ecc {
  chosen ??= nativeOrUndefined() ?? auto();
  return chosen;
}

function nativeOrUndefined(): Ecc | undefined {
  try {
    const backend = native();
    return worksOnTheGenerator(backend) ? backend : undefined;
  } catch {
    return undefined;
  }
}
