// The one key of the daemon's tests: public knowledge, and known to both ends.
import { SatlockError } from '../../../src/base/Errors.ts';
import * as Hex from '../../../src/base/Hex.ts';
import * as PublicKey from '../../../src/crypto/PublicKey.ts';
import * as SecretKey from '../../../src/crypto/SecretKey.ts';
import type { KeysPort } from '../../../src/node/daemon/SignerDaemon.ts';

export const PASSPHRASE = 'correct horse battery';

/** One generated key, unlocked or waiting for its passphrase. */
export class TestKeys implements KeysPort {
  readonly secretKey: SecretKey.SecretKey = SecretKey.fromHex('b7e151628aed2a6abf7158809cf4f3c762e7160f38b4da56a784d9045190cfef');
  readonly publicKey: Uint8Array = PublicKey.ofSecret(this.secretKey);
  unlocked = true;
  addresses: readonly string[] = [];
  opens = true;

  list(): ReturnType<KeysPort['list']> {
    return [{ name: 'alice', publicKey: this.publicKey, unlocked: this.unlocked }];
  }

  async unlock(key: string, passphrase: string): Promise<void> {
    if (key !== Hex.encode(this.publicKey)) throw new SatlockError({ code: 'keystore.unknown-key' }, 'no such key');
    if (passphrase !== PASSPHRASE) throw new SatlockError({ code: 'keystore.wrong-passphrase' }, 'wrong passphrase');
    this.unlocked = true;
  }

  publicKeys(): readonly Uint8Array[] {
    return [this.publicKey];
  }

  use(publicKey: Uint8Array): SecretKey.SecretKey {
    if (Hex.encode(publicKey) !== Hex.encode(this.publicKey)) throw new SatlockError({ code: 'signer.unknown-key' }, 'no such key');
    if (!this.unlocked) throw new SatlockError({ code: 'signer.locked-key' }, 'locked');
    return this.secretKey;
  }

  opensByItself(publicKey: Uint8Array): boolean {
    return this.opens && Hex.encode(publicKey) === Hex.encode(this.publicKey);
  }

  possessionAddresses(): readonly string[] {
    return this.addresses;
  }
}
