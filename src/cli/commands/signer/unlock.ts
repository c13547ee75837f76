// Unlocking for commands: one passphrase, tried on every key that is wanted.
import type { Keystore } from '../../../node/keystore/Keystore.ts';
import { note, usage } from '../../io.ts';
import { hasPassphrase, passphrase } from './passphrase.ts';

/**
 * Unlocks what a passphrase opens, one key at least; goes on without keys when there is no passphrase to be had.
 *
 * @throws keystore.wrong-passphrase - it opens no key: what was asked for could not be looked at
 */
export async function unlockForReading(keystore: Keystore, file: string | undefined): Promise<void> {
  if (keystore.list().length === 0) return;
  if (!hasPassphrase(file)) return note('satlock: no passphrase, so signatures are not verified (--passphrase-file)');
  const refused = await unlockSome(keystore, await passphrase(file, false));
  for (const name of refused) note(`satlock: the passphrase does not open ${name}, so its signatures are not verified`);
}

/** Which keys `--unlock` means: names, all of them, or none. */
function wantedKeys(keystore: Keystore, unlock: readonly string[] | undefined): readonly string[] {
  const all = keystore.list().map(({ name }) => name);
  if (unlock === undefined || (unlock.length === 1 && unlock[0] === 'all')) return all;
  if (unlock.length === 1 && unlock[0] === 'none') return [];
  for (const name of unlock) if (!all.includes(name)) usage('--unlock', `no key ${JSON.stringify(name)} in ${keystore.folder}`);
  return unlock;
}

/**
 * Unlocks for serving. A key that was named must open; of all keys one must. Without any passphrase the keys stay locked, and the daemon waits
 * for UnlockKey.
 */
export async function unlockForServing(
  keystore: Keystore,
  options: { readonly passphraseFile?: string | undefined; readonly unlock?: readonly string[] | undefined },
): Promise<void> {
  const wanted = wantedKeys(keystore, options.unlock);
  if (wanted.length === 0) return;
  const named = options.unlock !== undefined && options.unlock[0] !== 'all';
  if (!named && !hasPassphrase(options.passphraseFile)) {
    return note('satlock: no passphrase (--passphrase-file, SATLOCK_PASSPHRASE): the keys stay locked until UnlockKey opens them');
  }
  const text = await passphrase(options.passphraseFile, false);
  const refused = await unlockSome(keystore, text, { wanted, all: named });
  for (const name of refused) note(`satlock: the passphrase does not open ${name}; it stays locked until UnlockKey opens it`);
}

/** The keys that a passphrase does not open. One must open, or all: else the first refusal is thrown. */
async function unlockSome(
  keystore: Keystore,
  text: string,
  { wanted, all = false }: { readonly wanted?: readonly string[]; readonly all?: boolean } = {},
): Promise<readonly string[]> {
  const { unlocked, refused } = await keystore.unlockEach(text, wanted);
  const [first] = refused;
  if (first !== undefined && (all || unlocked.length === 0)) await keystore.unlock(first, text);
  return refused;
}
