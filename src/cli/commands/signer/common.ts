// What the commands of the signer share: the home, the store, names of keys, and files that hold secrets.
import { closeSync, openSync, unlinkSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { fail } from '../../../base/Errors.ts';
import * as Hex from '../../../base/Hex.ts';
import type { KeyInfo, Keystore } from '../../../node/keystore/Keystore.ts';
import type { Config, Paths } from '../../../node/SignerHome.ts';
import { type Reason, usage } from '../../io.ts';

export type Json = { readonly json?: boolean };
export type HomeOption = Json & { readonly home?: string };

export type Home = { readonly paths: Paths; readonly config: Config; readonly keystore: Keystore };

export function homeOptions(command: Command): Command {
  return command
    .option('--home <dir>', 'folder of the signer; without it SATLOCK_HOME, or .satlock in your home folder')
    .option('--json', 'print JSON');
}

/** The home and its keys. Loaded only when a command runs. */
export async function openHome({ home }: HomeOption): Promise<Home> {
  const SignerHome = await import('../../../node/SignerHome.ts');
  const opened = SignerHome.open(home ?? SignerHome.defaultHome());
  const { scryptN } = opened.config;
  return { ...opened, keystore: SignerHome.keystore(opened.paths, scryptN === undefined ? {} : { scryptN }) };
}

/** A key as commands print it. */
export function describeKey(key: KeyInfo): Record<string, unknown> {
  const { name, publicKey, origin, hdPath, createdAt, storeId, possessionAddresses, file } = key;
  return { name, publicKey: Hex.encode(publicKey), origin, hdPath, createdAt, storeId, possessionAddresses, file };
}

/** Opens a new file that only its owner can read; what is there is never overwritten. Made before the secret is, so that no work is lost. */
export function newSecretFile(file: string, option: string): { write(text: string): void; discard(): void } {
  if (file === '-') usage(option, 'expected a file name: a secret goes to a file that only you can read');
  let handle: number;
  try {
    handle = openSync(file, 'wx', 0o600);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    return fail<Reason>({ code: 'cli.file-exists', file }, `${file} exists; a secret is never written over it, choose another name`, {
      cause,
    });
  }
  return {
    write(text) {
      try {
        writeFileSync(handle, `${text}\n`);
      } finally {
        closeSync(handle);
      }
    },
    discard() {
      closeSync(handle);
      unlinkSync(file);
    },
  };
}
