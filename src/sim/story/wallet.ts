// Key-path spends of the stakers' own coins: `51 20 key` outputs, signed by BIP340 over the BIP341 key-path hash.
import * as Bytes from '../../base/Bytes.ts';
import * as Sighash from '../../bitcoin/Sighash.ts';
import type * as Tx from '../../bitcoin/Tx.ts';
import type * as Ecc from '../../crypto/Ecc.ts';
import * as Schnorr from '../../crypto/Schnorr.ts';
import type { Person } from './cast.ts';

/** The output script of a person's own coins. */
export function scriptOf(owner: Person): Uint8Array {
  return Bytes.concat(Uint8Array.of(0x51, 0x20), owner.publicKey);
}

/** Signs input `index` by key path, in place of the transaction that the caller made. */
export function signKeyPath(
  transaction: Tx.Transaction,
  index: number,
  spentOutputs: readonly Tx.SpentOutput[],
  owner: Person,
  ecc: Ecc.Ecc,
): void {
  const hash = Sighash.keyPath(Sighash.prepare(transaction, spentOutputs), index);
  transaction.setWitness(index, [Schnorr.sign(hash, owner.secretKey, new Uint8Array(32), ecc)]);
}
