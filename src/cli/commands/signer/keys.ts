// satlock signer keys: the encrypted keys of a signer.
import { Command } from 'commander';
import * as Hex from '../../../base/Hex.ts';
import type { KeyInfo } from '../../../node/keystore/Keystore.ts';
import { newSecretFile, note, print, usage } from '../../io.ts';
import { describeKey, type Home, type HomeOption, homeOptions, openHome } from './common.ts';
import { importHexCommand, importMnemonicCommand } from './keysImport.ts';
import { NEW_PASSPHRASE_VARIABLE, PASSPHRASE_HELP, passphrase, secretText } from './passphrase.ts';

type KeyOption = HomeOption & { readonly name: string };
type Unlocking = KeyOption & { readonly passphraseFile?: string };

export function keysCommand(): Command {
  const command = new Command('keys').description('the encrypted keys: add, import, list, show, export, delete, and what they may prove');
  for (const part of [
    addCommand,
    importHexCommand,
    importMnemonicCommand,
    listCommand,
    showCommand,
    exportCommand,
    deleteCommand,
    passphraseCommand,
    allowAddressCommand,
    popCommand,
  ]) {
    command.addCommand(part());
  }
  command.addHelpText('after', '\nExample:\n  satlock signer keys add --home ~/.satlock --name fp --mnemonic-file words.txt');
  return command;
}

function keyOptions(command: Command): Command {
  return homeOptions(command).requiredOption('--name <name>', 'name of the key, or its public key in hex');
}

function unlocking(command: Command): Command {
  return keyOptions(command).option('--passphrase-file <file>', PASSPHRASE_HELP);
}

type AddOptions = Unlocking & {
  readonly hdPath: string;
  readonly mnemonicFile?: string;
  readonly showMnemonic?: boolean;
  readonly store?: string;
};

function addCommand(): Command {
  return homeOptions(new Command('add'))
    .description('make a key from 24 fresh words. It opens its history by itself when a signer is started with it within a day')
    .requiredOption('--name <name>', 'letters, digits, dots, underscores, dashes')
    .option('--passphrase-file <file>', PASSPHRASE_HELP)
    .option('--hd-path <path>', 'BIP32 path; without it the master key itself, as eotsd', '')
    .option('--mnemonic-file <file>', 'write the words to this new file, which only you can read')
    .option('--show-mnemonic', 'print the words, also when the output is no terminal')
    .option(
      '--store <url>',
      'the store that the key will sign with, bound to it at once; without it what config.json names, or the first that serves it',
    )
    .addHelpText(
      'after',
      '\nThe words are the only copy of the key outside its file. They are shown once, on a terminal, or written with --mnemonic-file.\n\nExample:\n  satlock signer keys add --home ~/.satlock --name fp --mnemonic-file /media/usb/words.txt',
    )
    .action(add);
}

async function add(options: AddOptions): Promise<void> {
  const home = await openHome(options);
  const { name, hdPath, mnemonicFile, showMnemonic } = options;
  const text = await passphrase(options.passphraseFile, true);
  const storeId = await storeIdOf(options.store ?? home.config.store, home);
  const file = mnemonicFile === undefined ? undefined : newSecretFile('--mnemonic-file', mnemonicFile);
  const made = await home.keystore.generate({ name, hdPath, passphrase: text }).catch((error: unknown) => {
    file?.discard();
    throw error;
  });
  file?.write(made.mnemonic);
  const shown = showMnemonic === true || (file === undefined && options.json !== true && process.stdout.isTTY === true);
  const words = shown ? { mnemonic: made.mnemonic } : {};
  const key = storeId === undefined ? made : await bind(home, name, text, storeId);
  const data = { ...describeKey(key), ...(mnemonicFile === undefined ? {} : { mnemonicFile }), ...words };
  print(options, data, () =>
    [
      `name        ${key.name}`,
      `public key  ${Hex.encode(key.publicKey)}`,
      `file        ${key.file}`,
      ...(mnemonicFile === undefined ? [] : [`words       ${mnemonicFile}`]),
      ...(shown ? ['', 'Write these words down, they are shown this once. Who has them has the key:', '', made.mnemonic] : []),
    ].join('\n'),
  );
  if (!shown && file === undefined) {
    note(
      'satlock: the 24 words of the key were not shown and are gone; the key file and its passphrase are its only copy (--mnemonic-file, --show-mnemonic)',
    );
  }
}

/** The store is asked before the key is made: a key whose store is not there is not what was asked for. */
async function storeIdOf(url: string | undefined, { paths }: Home): Promise<string | undefined> {
  if (url === undefined) return undefined;
  const SignerHome = await import('../../../node/SignerHome.ts');
  const store = await SignerHome.openStore(paths, url);
  try {
    return (await store.identity()).storeId;
  } finally {
    await store.close();
  }
}

/** Bound before it is copied anywhere, a key signs with this store alone, wherever the copies go. */
async function bind({ keystore }: Home, name: string, text: string, storeId: string): Promise<KeyInfo> {
  keystore.bindTo(storeId);
  try {
    return await keystore.unlock(name, text);
  } finally {
    keystore.lock();
  }
}

function listCommand(): Command {
  return homeOptions(new Command('list'))
    .description('the keys of the signer')
    .addHelpText('after', '\nExample:\n  satlock signer keys list --home ~/.satlock')
    .action(async (options: HomeOption) => {
      const keys = (await openHome(options)).keystore.list();
      print(options, { keys: keys.map(describeKey) }, () =>
        keys.length === 0 ? 'no keys' : keys.map((key) => `${Hex.encode(key.publicKey)}  ${key.origin.padEnd(9)}  ${key.name}`).join('\n'),
      );
    });
}

function showCommand(): Command {
  return keyOptions(new Command('show'))
    .description('one key, without its secret')
    .addHelpText('after', '\nExample:\n  satlock signer keys show --home ~/.satlock --name fp')
    .action(async (options: KeyOption) => {
      const key = describeKey((await openHome(options)).keystore.find(options.name));
      print(options, key, () =>
        Object.entries(key)
          .map(([field, value]) => `${field.padEnd(20)} ${Array.isArray(value) ? value.join(' ') : (value ?? '-')}`)
          .join('\n'),
      );
    });
}

type ExportOptions = Unlocking & { readonly secretFile: string; readonly unsafeExportSecret?: boolean };

function exportCommand(): Command {
  return unlocking(new Command('export'))
    .description('write the secret key, as hex and unencrypted, to a new file')
    .requiredOption('--secret-file <file>', 'new file, readable by you alone')
    .option('--unsafe-export-secret', 'required: you know that a second signer with this key loses it')
    .addHelpText(
      'after',
      '\nNever run two signers with one key, unless they share a store.\n\nExample:\n  satlock signer keys export --home ~/.satlock --name fp --secret-file fp.hex --unsafe-export-secret',
    )
    .action(async (options: ExportOptions) => {
      if (options.unsafeExportSecret !== true) {
        usage(
          '--unsafe-export-secret',
          'the file will hold the key without any protection, and a second signer with it loses it; say that you know',
        );
      }
      const { keystore } = await openHome(options);
      const { name, publicKey } = keystore.find(options.name);
      const secret = await keystore.export(options.name, await passphrase(options.passphraseFile, false));
      try {
        newSecretFile('--secret-file', options.secretFile).write(Hex.encode(secret));
      } finally {
        secret.fill(0);
      }
      print(options, { name, publicKey, secretFile: options.secretFile }, () => `the secret key of ${name} is in ${options.secretFile}`);
    });
}

function deleteCommand(): Command {
  return keyOptions(new Command('delete'))
    .description('delete the file of a key. Its history stays in the store')
    .option('--yes', 'required: without its words or an export the key is gone')
    .addHelpText('after', '\nExample:\n  satlock signer keys delete --home ~/.satlock --name old --yes')
    .action(async (options: KeyOption & { readonly yes?: boolean }) => {
      const { keystore } = await openHome(options);
      const { name, publicKey } = keystore.find(options.name);
      if (options.yes !== true)
        usage('--yes', `needed to delete ${name} (${Hex.encode(publicKey)}): without its words or an export it is gone`);
      const { file } = keystore.remove(name);
      print(options, { name, publicKey, deleted: file }, () => `deleted ${file}`);
    });
}

function passphraseCommand(): Command {
  return unlocking(new Command('passphrase'))
    .description('change the passphrase of a key')
    .option(
      '--new-passphrase-file <file>',
      `file with the new one, - for stdin; without it ${NEW_PASSPHRASE_VARIABLE} is read, or you are asked`,
    )
    .addHelpText('after', '\nExample:\n  satlock signer keys passphrase --home ~/.satlock --name fp')
    .action(async (options: Unlocking & { readonly newPassphraseFile?: string }) => {
      if (options.passphraseFile === '-' && options.newPassphraseFile === '-')
        usage('--new-passphrase-file', 'only one of the two comes from stdin');
      const { keystore } = await openHome(options);
      keystore.find(options.name);
      const before = await passphrase(options.passphraseFile, false, 'Present passphrase: ');
      const after = await secretText({
        option: '--new-passphrase-file',
        file: options.newPassphraseFile,
        variable: NEW_PASSPHRASE_VARIABLE,
        prompt: 'New passphrase: ',
        confirm: true,
      });
      const { name, publicKey } = await keystore.changePassphrase(options.name, before, after);
      print(
        options,
        { name, publicKey },
        () => `the passphrase of ${name} was changed; copies of the old file still open with the old one`,
      );
    });
}

type AddressOptions = Unlocking & { readonly babylonAddress: string; readonly remove?: boolean };

function allowAddressCommand(): Command {
  return unlocking(new Command('allow-address'))
    .description('let the daemon prove that the key belongs to a Babylon account; a proof is for ever, so it takes the passphrase')
    .requiredOption('--babylon-address <bbn1…>', 'the account of the finality provider')
    .option('--remove', 'unlist it again; proofs that were given stay valid')
    .addHelpText('after', '\nExample:\n  satlock signer keys allow-address --home ~/.satlock --name fp --babylon-address bbn1…')
    .action(async (options: AddressOptions) => {
      const { keystore } = await openHome(options);
      keystore.find(options.name);
      const text = await passphrase(options.passphraseFile, false);
      const key = await keystore.allowAddress(options.name, text, options.babylonAddress, options.remove !== true);
      const addresses = key.possessionAddresses;
      print(options, { name: key.name, publicKey: key.publicKey, possessionAddresses: addresses }, () =>
        addresses.length === 0 ? 'no address is listed' : addresses.join('\n'),
      );
    });
}

type PopOptions = Unlocking & { readonly babylonAddress: string; readonly chainId?: string };

function popCommand(): Command {
  return unlocking(new Command('pop'))
    .description('a proof, for MsgCreateFinalityProvider, that the key belongs to a Babylon account')
    .requiredOption('--babylon-address <bbn1…>', 'the account of the finality provider')
    .option('--chain-id <id>', 'only for chains of the v3 line, which sign a context; bbn-1 and bbn-test-6 sign none')
    .addHelpText('after', '\nExample:\n  satlock signer keys pop --home ~/.satlock --name fp --babylon-address bbn1…')
    .action(pop);
}

async function pop(options: PopOptions): Promise<void> {
  const ProofOfPossession = await import('../../../babylon/ProofOfPossession.ts');
  const { keystore } = await openHome(options);
  const { publicKey } = keystore.find(options.name);
  const { babylonAddress, chainId } = options;
  const context = chainId === undefined ? {} : { context: ProofOfPossession.context({ chainId, role: 'finalityProvider' }) };
  const secretKey = await keystore.export(options.name, await passphrase(options.passphraseFile, false));
  try {
    const proof = ProofOfPossession.sign({ type: 'BIP340', secretKey, babylonAddress, network: 'mainnet', ...context });
    const data = { btcPk: publicKey, babylonAddress, type: 'BIP340', btcSig: proof.signature, protobuf: ProofOfPossession.encode(proof) };
    print(options, data, () =>
      [`btcPk     ${Hex.encode(publicKey)}`, `btcSig    ${Hex.encode(data.btcSig)}`, `protobuf  ${Hex.encode(data.protobuf)}`].join('\n'),
    );
  } finally {
    secretKey.fill(0);
  }
}
