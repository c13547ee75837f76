// What the commands of the signer share: the home with its keys, and a key as they print it.
import type { Command } from 'commander';
import * as Hex from '../../../base/Hex.ts';
import type { KeyInfo, Keystore } from '../../../node/keystore/Keystore.ts';
import type { Config, Paths } from '../../../node/SignerHome.ts';
import { onFile } from '../../io.ts';

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
  const folder = home ?? SignerHome.defaultHome();
  const opened = onFile('--home', folder, () => SignerHome.open(folder));
  const { scryptN } = opened.config;
  return { ...opened, keystore: SignerHome.keystore(opened.paths, scryptN === undefined ? {} : { scryptN }) };
}

/** A key as commands print it. */
export function describeKey(key: KeyInfo): Record<string, unknown> {
  const { name, publicKey, origin, hdPath, createdAt, storeId, possessionAddresses, file } = key;
  return { name, publicKey: Hex.encode(publicKey), origin, hdPath, createdAt, storeId, possessionAddresses, file };
}
