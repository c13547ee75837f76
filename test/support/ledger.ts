// What ever came out of the signers of one key, whoever of them gave it: no height may have two messages, no message two signatures.
import * as Hex from '../../src/base/Hex.ts';

export class Ledger {
  readonly released: Map<bigint, { readonly message: Uint8Array; readonly sig: string }> = new Map();

  /** @throws Error - on the second message, or the second signature, of a height */
  add(height: bigint, message: Uint8Array, sig: Uint8Array): void {
    const known = this.released.get(height);
    if (known !== undefined && Hex.encode(known.message) !== Hex.encode(message))
      throw new Error(`two messages signed at height ${height}`);
    if (known !== undefined && known.sig !== Hex.encode(sig)) throw new Error(`two signatures of one message at height ${height}`);
    this.released.set(height, { message, sig: Hex.encode(sig) });
  }
}
