// satlock signer backup: a copy of the history while it is in use.
import { join } from 'node:path';
import { Command } from 'commander';
import type { SignStore } from '../../../signer/SignStore.ts';
import { print, writeNew } from '../../io.ts';
import { type StoreOption, storeOptions, withStore } from './store.ts';

export function backupCommand(): Command {
  return storeOptions(new Command('backup'))
    .description('copy the history into the backup folder of the home, also while a daemon signs')
    .addHelpText(
      'after',
      '\nA backup lacks what is signed after it. The signer notices when one is restored, and refuses until satlock signer watermark raise says up to\nwhich height. Keys are not in it: keep their words, or copies of the files in keys/.\n\nExample:\n  satlock signer backup --home ~/.satlock',
    )
    .action((options: StoreOption) =>
      withStore(
        options,
        async (store, { paths }) => {
          const file = isHotCopy(store) ? await store.backup(paths.backup) : await exportTo(paths.backup, store);
          print(options, { backup: file }, () => `backup written to ${file}`);
        },
        { readOnly: true },
      ),
    );
}

type HotCopy = { backup(folder: string): Promise<string> };

function isHotCopy(store: SignStore): store is SignStore & HotCopy {
  return typeof (store as Partial<HotCopy>).backup === 'function';
}

/** For stores without a file of their own: the history that `history import` reads. */
async function exportTo(folder: string, store: SignStore): Promise<string> {
  const Interchange = await import('../../../signer/Interchange.ts');
  const name = new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '_');
  const file = join(folder, `satlock_${name}.json`);
  writeNew('--home', file, await Interchange.render(store));
  return file;
}
