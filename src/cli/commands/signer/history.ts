// satlock signer history: what was signed, to another signer and back, and whether it holds together.
import { Command, Option } from 'commander';
import { fail, hasCode } from '../../../base/Errors.ts';
import * as Hex from '../../../base/Hex.ts';
import type { Format, Reason as HistoryReason } from '../../../node/HistoryFile.ts';
import type { Merged } from '../../../signer/SignStore.ts';
import { EXIT } from '../../exit.ts';
import { failOfFile, note, print, usage, writeNew } from '../../io.ts';
import * as parse from '../../parse.ts';
import { openHome } from './common.ts';
import { PASSPHRASE_HELP } from './passphrase.ts';
import { nameOf, publicKeyOf, type StoreOption, storeOptions, withStore } from './store.ts';
import { unlockForReading } from './unlock.ts';

export function historyCommand(): Command {
  const command = new Command('history').description('what was signed: export, import, verify, prune');
  for (const part of [exportCommand, importCommand, verifyCommand, pruneCommand]) command.addCommand(part());
  command.addHelpText('after', '\nExample:\n  satlock signer history export --home ~/.satlock --out history.json');
  return command;
}

type ExportOptions = StoreOption & {
  readonly out?: string;
  readonly key?: readonly string[];
  readonly chainId?: readonly string[];
  readonly votes: string;
  readonly unsafeSignatures?: boolean;
};

function exportCommand(): Command {
  return storeOptions(new Command('export'))
    .description('the history as JSON (EIP-3076 in spirit), to the standard output or to a new file')
    .option('--out <file>', 'new file; an existing one is never overwritten')
    .option('--key <name>', 'only this key, by name or public key; may be given again', parse.collect)
    .option('--chain-id <id>', 'only this chain; may be given again', parse.collect)
    .addOption(new Option('--votes <which>', 'all votes, or none of them and the watermarks alone').choices(['all', 'none']).default('all'))
    .option('--unsafe-signatures', 'with signatures. Two files that hold different votes of one height reveal the key')
    .addHelpText(
      'after',
      '\nStop the signer first: what it signs after the export is not in the file.\n\nExample:\n  satlock signer history export --home ~/.satlock --out history.json',
    )
    .action((options: ExportOptions) =>
      withStore(
        options,
        async (store, home) => {
          const Interchange = await import('../../../signer/Interchange.ts');
          const { out, key, chainId, votes, unsafeSignatures = false } = options;
          const publicKeys = key?.map((each) => publicKeyOf(home, each, '--key'));
          const text = await Interchange.render(store, {
            publicKeys,
            chainIds: chainId,
            votes: votes === 'none' ? 'none' : 'all',
            unsafeSignatures,
          });
          if (out === undefined) process.stdout.write(text);
          else {
            writeNew('--out', out, text);
            print(options, { file: out, bytes: Buffer.byteLength(text) }, () => `history written to ${out}`);
          }
        },
        { readOnly: true },
      ),
    );
}

type ImportOptions = StoreOption & { readonly format: string; readonly chainId?: readonly string[]; readonly anyKey?: boolean };

function importCommand(): Command {
  return storeOptions(new Command('import'))
    .description(
      'merge a history: all its votes, and the higher watermark of both. A contradiction condemns its key, and the exit code is 1',
    )
    .argument('<file>', 'JSON of history export, the eots.db of an eotsd that is stopped, or its dump as JSON lines')
    .addOption(new Option('--format <format>', 'what the file is').choices(['auto', 'interchange', 'eotsd', 'json-lines']).default('auto'))
    .option('--chain-id <id>', 'refuse the file if it is of another chain; may be given again', parse.collect)
    .option('--any-key', 'take histories of keys, too, that this signer does not have')
    .addHelpText(
      'after',
      '\nStop the other signer for good first: what it signs afterwards is not in the file.\n\nExamples:\n  satlock signer history import ~/.eotsd/data/eots.db --home ~/.satlock\n  satlock signer history import history.json --home ~/.satlock --chain-id bbn-1',
    )
    .action(importFile);
}

async function importFile(file: string, options: ImportOptions): Promise<void> {
  const { readHistories } = await import('../../../node/HistoryFile.ts');
  const Interchange = await import('../../../signer/Interchange.ts');
  const keys = (await openHome(options)).keystore.list();
  // Before the store is opened: a file that is not taken makes no store.
  const { histories, odd } = await readHistories(file, {
    format: options.format as Format,
    expectChainIds: options.chainId,
    expectPublicKeys: options.anyKey === true ? undefined : keys.map((key) => key.publicKey),
  }).catch((error: unknown) => importFailed(file, error));
  if (odd > 0) note(`satlock: ${odd} records are not what an honest eotsd writes; their heights are covered all the same`);
  const merged = await withStore(options, (store) => Interchange.importInto(store, histories), { create: true });
  const data = merged.map((slot) => describeMerged(slot, nameOf(keys, slot.publicKey)));
  print(options, { merged: data }, () => (merged.length === 0 ? 'the file holds no history' : merged.map(mergedText).join('\n')));
  if (merged.some((slot) => slot.contradiction !== undefined)) process.exitCode = EXIT.FINDING;
  note(
    "satlock: what was signed after this file was written is not in it. Unless its signer had stopped before, raise the watermark above the chain's last block: satlock signer watermark raise",
  );
}

/** The library knows neither our options nor, of a database, its name. */
function importFailed(file: string, error: unknown): never {
  if (hasCode<HistoryReason, 'interchange.foreign-key'>(error, 'interchange.foreign-key')) {
    const { reason } = error;
    const text = `${file}: it holds a history of key ${reason.publicKey}, which is not one of this signer, so nothing of it was taken`;
    fail<HistoryReason>(reason, `${text}. Import that key first, or give --any-key to take the histories of other keys too`, {
      cause: error,
    });
  }
  return failOfFile('<file>', file, hasCode(error, 'eotsd.unreadable') ? (error.cause ?? error) : error);
}

function describeMerged(slot: Merged, name: string | undefined): Record<string, unknown> {
  const { publicKey, chainId, added, known, watermarkBefore, watermark, contradiction } = slot;
  return {
    ...{ name: name ?? null, publicKey: Hex.encode(publicKey), chainId, added, known },
    ...{ watermarkBefore: watermarkBefore ?? null, watermark, contradiction: contradiction ?? null },
  };
}

function mergedText(slot: Merged): string {
  const who = `${Hex.encode(slot.publicKey)} on ${slot.chainId}`;
  if (slot.contradiction !== undefined) {
    return `${who}: CONDEMNED. Two different votes of height ${slot.contradiction.height} exist: whoever has both signatures has the key`;
  }
  return `${who}: ${slot.added} votes added, ${slot.known} known; watermark ${slot.watermarkBefore ?? 'none'} -> ${slot.watermark}`;
}

type VerifyOptions = StoreOption & { readonly passphraseFile?: string };

function verifyCommand(): Command {
  return storeOptions(new Command('verify'))
    .description('look through every record; with the passphrase, also whether each signature fits the randomness of its height')
    .option('--passphrase-file <file>', PASSPHRASE_HELP)
    .addHelpText(
      'after',
      '\nExit code 1 when something is wrong, or the passphrase opens no key.\n\nExample:\n  satlock signer history verify --home ~/.satlock',
    )
    .action((options: VerifyOptions) =>
      withStore(
        options,
        async (store, home) => {
          const HistoryCheck = await import('../../../node/HistoryCheck.ts');
          const { recognisers, ecc } = (await import('../../../node/SignerHome.ts')).cryptoOf(home.config);
          await unlockForReading(home.keystore, options.passphraseFile);
          const secretOf = (publicKey: Uint8Array) =>
            home.keystore.list().some((key) => key.unlocked && Hex.encode(key.publicKey) === Hex.encode(publicKey))
              ? home.keystore.use(publicKey)
              : undefined;
          const reports: Report[] = [];
          for (const slot of await store.slots()) reports.push(await HistoryCheck.check(store, slot, { recognisers, secretOf, ecc }));
          home.keystore.lock();
          print(options, { slots: reports }, () => (reports.length === 0 ? 'the store knows no key' : reports.map(reportText).join('\n')));
          if (reports.some((report) => report.problems.length > 0)) process.exitCode = EXIT.FINDING;
        },
        { readOnly: true },
      ),
    );
}

type Report = Awaited<ReturnType<typeof import('../../../node/HistoryCheck.ts').check>>;

function reportText(report: Report): string {
  const { records, verified, unverified, unsigned, problems, moreProblems } = report;
  const counts = `${records} records, ${verified} signatures verified, ${unverified} not verified, ${unsigned} without signature`;
  const lines = problems.map(({ height, problem }) => `  height ${height}: ${problem}`);
  const more = moreProblems === 0 ? [] : [`  and ${moreProblems} more`];
  return [`${Hex.encode(report.publicKey)} on ${report.chainId}: ${counts}`, ...lines, ...more].join('\n');
}

type PruneOptions = StoreOption & { readonly key: string; readonly chainId: string; readonly height: bigint; readonly yes?: boolean };

function pruneCommand(): Command {
  return storeOptions(new Command('prune'))
    .description('delete the records at a height and below, after raising the watermark to it. Requests for them are refused from then on')
    .requiredOption('--key <name>', 'its name, or its public key in hex')
    .requiredOption('--chain-id <id>', 'such as bbn-1')
    .requiredOption('--height <height>', 'the highest height to forget', parse.uint64('--height'))
    .option('--yes', 'required: the votes cannot be returned any more')
    .addHelpText('after', '\nExample:\n  satlock signer history prune --home ~/.satlock --key fp --chain-id bbn-1 --height 1000000 --yes')
    .action((options: PruneOptions) => {
      const { key, chainId, height, yes } = options;
      if (yes !== true) usage('--yes', `needed to forget everything at height ${height} and below`);
      return withStore(options, async (store, home) => {
        const slot = { publicKey: publicKeyOf(home, key, '--key'), chainId };
        const deleted = await store.prune(slot, height);
        print(options, { ...slot, height, deleted }, () => `${deleted} records deleted; nothing new at height ${height} or below`);
      });
    });
}
