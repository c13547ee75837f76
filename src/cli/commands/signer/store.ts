// The store of a signer as commands reach it: the one of --store, of config.json, or the one in the home. A running daemon may have it open.
import type { Command } from 'commander';
import * as Hex from '../../../base/Hex.ts';
import type { KeyInfo } from '../../../node/keystore/Keystore.ts';
import type { SignStore, Slot, SlotState } from '../../../signer/SignStore.ts';
import { usage } from '../../io.ts';
import { type Home, type HomeOption, homeOptions, openHome } from './common.ts';

export type StoreOption = HomeOption & { readonly store?: string };

export function storeOptions(command: Command): Command {
  return homeOptions(command).option(
    '--store <url>',
    'lmdb:<path>, postgres://… or etcd://…; without it what config.json names, or LMDB in the home',
  );
}

/**
 * Runs a job on the store, and closes it whatever happens. `create` makes a store where one is missing: for the commands that say what the
 * lost one knew.
 */
export async function withStore<T>(
  options: StoreOption,
  job: (store: SignStore, home: Home) => Promise<T>,
  how: { readonly readOnly?: boolean; readonly create?: boolean } = {},
): Promise<T> {
  const home = await openHome(options);
  const SignerHome = await import('../../../node/SignerHome.ts');
  const url = options.store ?? home.config.store;
  // A store elsewhere is made by who serves, raises or imports: to look at a mistyped name must not make one.
  const isOwn = url === undefined && how.readOnly !== true && SignerHome.neverHadStore(home.paths, home.keystore);
  const store = await SignerHome.openStore(home.paths, url, { readOnly: how.readOnly === true, create: how.create ?? isOwn });
  try {
    return await job(store, home);
  } finally {
    await store.close();
  }
}

/** A key by its name in the home, or any key by its 64 hex digits: a store knows keys that a home no longer has. */
export function publicKeyOf({ keystore }: Home, key: string, option: string): Uint8Array {
  const known = keystore.list().find(({ name, publicKey }) => name === key || Hex.encode(publicKey) === key.toLowerCase());
  if (known !== undefined) return known.publicKey;
  if (/^[0-9a-fA-F]{64}$/.test(key)) return Hex.decode(key, option, 32);
  return usage(option, `no key ${JSON.stringify(key)} in ${keystore.folder}; give a name of it, or a public key of 64 hex digits`);
}

export function nameOf(keys: readonly KeyInfo[], publicKey: Uint8Array): string | undefined {
  return keys.find((key) => Hex.encode(key.publicKey) === Hex.encode(publicKey))?.name;
}

export function describeSlot(slot: Slot & SlotState, name: string | undefined): Record<string, unknown> {
  const { publicKey, chainId, watermark, highestSigned, condemned } = slot;
  return {
    ...{ name: name ?? null, publicKey: Hex.encode(publicKey), chainId, watermark: watermark ?? null },
    ...{ highestSigned: highestSigned ?? null, condemned: condemned ?? null },
  };
}
