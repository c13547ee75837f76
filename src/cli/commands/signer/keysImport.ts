// satlock signer keys import-hex, import-mnemonic: keys that signed elsewhere before.
import { Command } from 'commander';
import * as Hex from '../../../base/Hex.ts';
import type { KeyInfo } from '../../../node/keystore/Keystore.ts';
import { note, print, readSecret, SECRET_VARIABLE, usage } from '../../io.ts';
import { describeKey, type HomeOption, homeOptions, openHome } from './common.ts';
import { PASSPHRASE_HELP, passphrase, secretText } from './passphrase.ts';

type ImportOptions = HomeOption & { readonly name: string; readonly passphraseFile?: string };

const MNEMONIC_VARIABLE = 'SATLOCK_MNEMONIC';
const WARNING = '\nAn imported key signs nothing before its history is imported, or its watermark raised: it may have signed elsewhere.';

function importOptions(command: Command): Command {
  return homeOptions(command)
    .requiredOption('--name <name>', 'letters, digits, dots, underscores, dashes')
    .option('--passphrase-file <file>', PASSPHRASE_HELP);
}

export function importHexCommand(): Command {
  return importOptions(new Command('import-hex'))
    .description('bring a key as 64 hex digits; it is stored as it is')
    .option('--secret-file <file>', `file with the key, - for stdin; without it ${SECRET_VARIABLE} is read`)
    .addHelpText('after', `${WARNING}\n\nExample:\n  satlock signer keys import-hex --home ~/.satlock --name fp --secret-file fp.hex`)
    .action(async (options: ImportOptions & { readonly secretFile?: string }) => {
      oneStdin(options.passphraseFile, '--secret-file', options.secretFile);
      const { keystore } = await openHome(options);
      const secretKey = readSecret(options.secretFile);
      try {
        const text = await passphrase(options.passphraseFile, true);
        report(options, await keystore.importSecret({ name: options.name, passphrase: text, secretKey }));
      } finally {
        secretKey.fill(0);
      }
    });
}

type MnemonicOptions = ImportOptions & {
  readonly mnemonicFile?: string;
  readonly mnemonicPassphraseFile?: string;
  readonly hdPath: string;
};

export function importMnemonicCommand(): Command {
  return importOptions(new Command('import-mnemonic'))
    .description('bring a key as the words it was made from (BIP39)')
    .option(
      '--mnemonic-file <file>',
      `file with the words in one line, - for stdin; without it ${MNEMONIC_VARIABLE} is read, or you are asked`,
    )
    .option('--mnemonic-passphrase-file <file>', 'file with the BIP39 passphrase, if there is one')
    .option('--hd-path <path>', 'BIP32 path; without it the master key itself, as eotsd', '')
    .addHelpText(
      'after',
      `${WARNING}\n\nExample:\n  satlock signer keys import-mnemonic --home ~/.satlock --name fp --mnemonic-file words.txt`,
    )
    .action(async (options: MnemonicOptions) => {
      const { name, hdPath, mnemonicFile: file, mnemonicPassphraseFile } = options;
      oneStdin(options.passphraseFile, '--mnemonic-file', file);
      if (file !== undefined && /\s/.test(file.trim()) && file.trim().split(/\s+/).length >= 12) {
        usage('--mnemonic-file', 'expected a file name, got what looks like the words themselves; they are in your shell history now');
      }
      const { keystore } = await openHome(options);
      const mnemonic = await secretText({ option: '--mnemonic-file', file, variable: MNEMONIC_VARIABLE, prompt: 'Words: ' });
      const second = { option: '--mnemonic-passphrase-file', file: mnemonicPassphraseFile, variable: '', prompt: '' };
      const mnemonicPassphrase = mnemonicPassphraseFile === undefined ? '' : await secretText(second);
      const text = await passphrase(options.passphraseFile, true);
      report(options, await keystore.importMnemonic({ name, hdPath, mnemonic, mnemonicPassphrase, passphrase: text }));
    });
}

function oneStdin(passphraseFile: string | undefined, option: string, file: string | undefined): void {
  if (passphraseFile === '-' && file === '-') usage(option, 'only one of the two comes from stdin');
}

function report(options: ImportOptions, key: KeyInfo): void {
  print(options, describeKey(key), () => `name        ${key.name}\npublic key  ${Hex.encode(key.publicKey)}\nfile        ${key.file}`);
  note(
    `satlock: ${key.name} may have signed elsewhere; stop the other signer for good, then: satlock signer history import, or satlock signer watermark raise`,
  );
}
