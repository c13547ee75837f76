// The key of a covenant member: from a file of its own, from the environment, or from a keystore.
import type { Command } from 'commander';
import * as PublicKey from '../../../crypto/PublicKey.ts';
import * as SecretKey from '../../../crypto/SecretKey.ts';
import { readSecret, SECRET_VARIABLE, usage } from '../../io.ts';
import { openHome } from '../signer/common.ts';
import { PASSPHRASE_HELP, passphrase } from '../signer/passphrase.ts';

export type KeyOptions = {
  readonly secretFile?: string;
  readonly home?: string;
  readonly key?: string;
  readonly passphraseFile?: string;
};

export function keyOptions(command: Command): Command {
  return command
    .option('--secret-file <file>', `the member's secret key as hex, - for stdin; without it ${SECRET_VARIABLE} is read`)
    .option('--key <name>', 'or a key of a keystore, by name or public key (satlock signer keys)')
    .option('--home <dir>', 'folder of that keystore; without it SATLOCK_HOME, or .satlock in your home folder')
    .option('--passphrase-file <file>', PASSPHRASE_HELP);
}

/** Runs with the key, which is wiped afterwards. */
export async function withKey<T>(
  options: KeyOptions,
  run: (secretKey: SecretKey.SecretKey, publicKey: PublicKey.XOnlyPublicKey) => T | Promise<T>,
): Promise<T> {
  const secretKey = await secretOf(options);
  try {
    return await run(secretKey, PublicKey.ofSecret(secretKey));
  } finally {
    SecretKey.wipe(secretKey);
  }
}

async function secretOf({ secretFile, home, key, passphraseFile }: KeyOptions): Promise<SecretKey.SecretKey> {
  if (key === undefined) {
    if (home !== undefined || passphraseFile !== undefined) usage('--key', 'needed beside --home and --passphrase-file');
    return readSecret(secretFile);
  }
  if (secretFile !== undefined) usage('--key', 'give either --key or --secret-file');
  const { keystore } = await openHome(home === undefined ? {} : { home });
  keystore.find(key);
  return keystore.export(key, await passphrase(passphraseFile, false));
}
