// satlock eots: keys, signatures and extraction, for vectors, forensics and trying things out. It keeps no record of what it signs.
import { Command, Option } from 'commander';
import * as FinalityVote from '../../babylon/FinalityVote.ts';
import * as Hex from '../../base/Hex.ts';
import * as Eots from '../../crypto/Eots.ts';
import * as PublicKey from '../../crypto/PublicKey.ts';
import * as PubRand from '../../crypto/PubRand.ts';
import * as SecretKey from '../../crypto/SecretKey.ts';
import { EXIT } from '../exit.ts';
import { newSecretFile, note, print, readSecret, SECRET_VARIABLE, usage } from '../io.ts';
import * as parse from '../parse.ts';

type Json = { readonly json?: boolean };
/** A message is raw bytes, or the vote for an app hash at a height. */
type MessageOptions = { readonly message?: Uint8Array; readonly height?: bigint; readonly appHash?: Uint8Array; readonly context: string };

const CONTEXT_HELP = 'signing context: empty on mainnet, 64 lower-case hex digits on the BSN line';

export function eotsCommand(): Command {
  const command = new Command('eots').description('extractable one-time signatures: keygen, sign, verify, extract');
  command.addCommand(keygenCommand());
  command.addCommand(signCommand());
  command.addCommand(verifyCommand());
  command.addCommand(extractCommand());
  command.addHelpText('after', '\nExample:\n  satlock eots keygen --secret-file provider.key');
  return command;
}

function keygenCommand(): Command {
  return new Command('keygen')
    .description('make a secret key in a new file that only you can read, and print its public key')
    .requiredOption('--secret-file <file>', 'where the secret goes; an existing file is never overwritten')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  satlock eots keygen --secret-file provider.key')
    .action((options: Json & { readonly secretFile: string }) => {
      const secretKey = SecretKey.random();
      try {
        newSecretFile('--secret-file', options.secretFile).write(Hex.encode(secretKey));
        const publicKey = Hex.encode(PublicKey.ofSecret(secretKey));
        print(options, { publicKey, secretFile: options.secretFile }, () => publicKey);
      } finally {
        SecretKey.wipe(secretKey);
      }
    });
}

function messageOptions(command: Command): Command {
  return command
    .option('--message <hex>', 'the signed bytes, before any hashing', parse.hex('--message'))
    .option('--height <height>', 'Babylon height of a vote', parse.uint64('--height'))
    .option('--app-hash <hex>', 'app hash of a vote: with --height in place of --message', parse.hex('--app-hash', 32))
    .option('--context <text>', CONTEXT_HELP, parse.context('--context'), '');
}

function messageOf({ message, height, appHash }: MessageOptions): Uint8Array {
  if (message !== undefined && appHash === undefined) return message;
  if (message !== undefined) return usage('--message', 'give either --message or --app-hash with --height, not both');
  if (appHash === undefined || height === undefined) return usage('--app-hash', 'give --message, or --app-hash and --height');
  return FinalityVote.message(height, appHash);
}

type SignOptions = Json &
  MessageOptions & { readonly secretFile?: string; readonly chainId: string; readonly height: bigint; readonly unsafeNoRecord?: boolean };

function signCommand(): Command {
  return messageOptions(new Command('sign'))
    .description(
      'sign with the randomness that follows from key, chain-id and height. Keeps no record: two messages at one height give the key away',
    )
    .requiredOption('--chain-id <id>', 'chain-id of the randomness, such as bbn-1')
    .option('--secret-file <file>', `secret key as hex, - for stdin; without it ${SECRET_VARIABLE} is read`)
    .addOption(new Option('--unsafe-no-record', 'required: you know that nothing here prevents a second signature at the same height'))
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExample:\n  satlock eots sign --secret-file k --chain-id test-1 --height 7 --app-hash 00…00 --unsafe-no-record',
    )
    .action((options: SignOptions) => {
      if (options.height === undefined) usage('--height', 'needed: it selects the one-time randomness');
      if (options.unsafeNoRecord !== true) {
        usage(
          '--unsafe-no-record',
          'this command remembers nothing, and a second message at the same height reveals the secret key; say that you know',
        );
      }
      const message = messageOf(options);
      const secretKey = readSecret(options.secretFile);
      const signer = Eots.signer(secretKey);
      const nonce = PubRand.derive(secretKey, options.chainId, options.height);
      try {
        const signature = Hex.encode(signer.sign(message, nonce, options.context));
        const data = {
          publicKey: Hex.encode(signer.publicKey),
          pubRand: Hex.encode(nonce.pubRand),
          message: Hex.encode(message),
          signature,
        };
        note('satlock: nothing of this was recorded; never sign another message at this height with this key');
        print(
          options,
          data,
          () => `publicKey  ${data.publicKey}\npubRand    ${data.pubRand}\nmessage    ${data.message}\nsignature  ${signature}`,
        );
      } finally {
        signer.wipe();
        nonce.wipe();
        SecretKey.wipe(secretKey);
      }
    });
}

type VerifyOptions = Json &
  MessageOptions & { readonly publicKey: Uint8Array; readonly pubRand: Uint8Array; readonly signature: Uint8Array };

function verifyCommand(): Command {
  return messageOptions(new Command('verify'))
    .description('check a signature; exit code 1 when it is not valid')
    .requiredOption('--public-key <hex>', 'x-only public key, 32 bytes', parse.hex('--public-key', 32))
    .requiredOption('--pub-rand <hex>', 'public randomness, 32 bytes', parse.hex('--pub-rand', 32))
    .requiredOption('--signature <hex>', 's, 32 bytes', parse.hex('--signature', 32))
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  satlock eots verify --public-key … --pub-rand … --height 7 --app-hash … --signature …')
    .action((options: VerifyOptions) => {
      const { publicKey, pubRand, signature, context } = options;
      const finding = Eots.check({ publicKey, pubRand, signature, context, message: messageOf(options) });
      print(options, { valid: finding === undefined, finding }, () => (finding === undefined ? 'valid' : `not valid: ${finding}`));
      if (finding !== undefined) process.exitCode = EXIT.FINDING;
    });
}

type ExtractOptions = Json & {
  readonly publicKey: Uint8Array;
  readonly pubRand: Uint8Array;
  readonly message1: Uint8Array;
  readonly signature1: Uint8Array;
  readonly message2: Uint8Array;
  readonly signature2: Uint8Array;
  readonly context: string;
};

function extractCommand(): Command {
  return new Command('extract')
    .description('the secret key behind two signatures of one public randomness. It is public from the moment both are')
    .requiredOption('--public-key <hex>', 'x-only (32 bytes), or compressed (33) when the parity is known', parse.hex('--public-key'))
    .requiredOption('--pub-rand <hex>', 'public randomness, 32 bytes', parse.hex('--pub-rand', 32))
    .requiredOption('--message1 <hex>', 'first message: for a vote 8 bytes of height and the app hash', parse.hex('--message1'))
    .requiredOption('--signature1 <hex>', 'first signature, 32 bytes', parse.hex('--signature1', 32))
    .requiredOption('--message2 <hex>', 'second message', parse.hex('--message2'))
    .requiredOption('--signature2 <hex>', 'second signature', parse.hex('--signature2', 32))
    .option('--context <text>', CONTEXT_HELP, parse.context('--context'), '')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nThe even-y key is given for an x-only public key; it may be n minus the stored key, and signs the same.\n\nExample:\n  satlock eots extract --public-key … --pub-rand … --message1 … --signature1 … --message2 … --signature2 …',
    )
    .action((options: ExtractOptions) => {
      const { publicKey, pubRand, message1, signature1, message2, signature2, context } = options;
      const secretKey = Hex.encode(Eots.extract({ publicKey, pubRand, message1, signature1, message2, signature2, context }));
      print(options, { secretKey }, () => secretKey);
    });
}
