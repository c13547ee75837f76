// satlock pop: proof that a Bitcoin key agrees to a Babylon account. What is to be signed, signing with a key, and the chain's verdict.
import { Command, Option } from 'commander';
import * as ProofOfPossession from '../../babylon/ProofOfPossession.ts';
import * as Hex from '../../base/Hex.ts';
import * as Network from '../../bitcoin/Network.ts';
import * as PublicKey from '../../crypto/PublicKey.ts';
import * as SecretKey from '../../crypto/SecretKey.ts';
import { EXIT } from '../exit.ts';
import { print, readSecret, SECRET_VARIABLE, usage } from '../io.ts';
import * as parse from '../parse.ts';

type Json = { readonly json?: boolean };
type Signed = { readonly babylonAddress: string; readonly chainId?: string; readonly role: ProofOfPossession.Role };
type Wallet = { readonly address?: string; readonly network: Network.Network };

export function popCommand(): Command {
  const command = new Command('pop').description('proof that a Bitcoin key agrees to a Babylon account: message, sign, verify');
  command.addCommand(messageCommand());
  command.addCommand(signCommand());
  command.addCommand(verifyCommand());
  command.addHelpText('after', '\nExample:\n  satlock pop message --babylon-address bbn1cyqgpk0nlsutlm5ymkfpya30fqntanc8slpure');
  return command;
}

function signedOptions(command: Command): Command {
  return command
    .requiredOption('--babylon-address <bbn1…>', 'the account that is paid')
    .option('--chain-id <id>', 'only for chains of the v3 line, which sign a context; bbn-1 and bbn-test-6 sign none')
    .addOption(new Option('--role <role>', 'whose context').choices(['staker', 'finalityProvider']).default('staker'));
}

function walletOptions(command: Command): Command {
  return command
    .option('--address <address>', "the wallet's Bitcoin address; needed for BIP322")
    .addOption(new Option('--network <network>', 'of the Bitcoin address').choices([...Network.ALL]).default('mainnet'));
}

function typeOption(): Option {
  return new Option('--type <type>', 'how it is signed').choices([...ProofOfPossession.TYPES]);
}

function contextOf({ chainId, role }: Signed): { readonly context?: string } {
  return chainId === undefined ? {} : { context: ProofOfPossession.context({ chainId, role }) };
}

function messageCommand(): Command {
  return walletOptions(signedOptions(new Command('message')))
    .description('what is signed: the text for a wallet, the bytes for BIP340, and the method for an address')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  satlock pop message --babylon-address bbn1… --address bc1p…')
    .action((options: Json & Signed & Wallet) => {
      const { babylonAddress, address, network } = options;
      const signed = { babylonAddress, ...contextOf(options) };
      const text = ProofOfPossession.textFor(signed);
      const bip340 = Hex.encode(ProofOfPossession.messageFor({ ...signed, type: 'BIP340' }));
      const wallet = address === undefined ? undefined : ProofOfPossession.methodFor(address, network);
      print(options, { text, bip340, ...wallet }, () =>
        [`text     ${text}`, `BIP340   ${bip340}`, ...(wallet === undefined ? [] : [`method   ${wallet.method} (${wallet.type})`])].join(
          '\n',
        ),
      );
    });
}

type SignOptions = Json & Signed & Wallet & { readonly type?: ProofOfPossession.Type; readonly secretFile?: string };

function signCommand(): Command {
  return walletOptions(signedOptions(new Command('sign')))
    .description('a proof by the holder of the key')
    .addOption(typeOption())
    .option('--secret-file <file>', `secret key as hex, - for stdin; without it ${SECRET_VARIABLE} is read`)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nWithout --type it is what the address asks for, and BIP340 without an address.\n\nExample:\n  satlock pop sign --secret-file staker.key --babylon-address bbn1… --address bc1p…',
    )
    .action((options: SignOptions) => {
      const { babylonAddress, address, network } = options;
      const type = options.type ?? (address === undefined ? 'BIP340' : ProofOfPossession.methodFor(address, network).type);
      if (type === 'BIP322' && address === undefined) usage('--address', 'needed: a BIP322 proof is of an address');
      const secretKey = readSecret(options.secretFile);
      try {
        const where = address === undefined ? {} : { address };
        const pop = ProofOfPossession.sign({ type, secretKey, babylonAddress, network, ...where, ...contextOf(options) });
        const data = {
          type,
          btcPk: Hex.encode(PublicKey.ofSecret(secretKey)),
          btcSig: Hex.encode(pop.signature),
          protobuf: Hex.encode(ProofOfPossession.encode(pop)),
        };
        print(options, data, () => `type      ${type}\nbtcPk     ${data.btcPk}\nbtcSig    ${data.btcSig}\nprotobuf  ${data.protobuf}`);
      } finally {
        SecretKey.wipe(secretKey);
      }
    });
}

type VerifyOptions = Json &
  Signed &
  Wallet & {
    readonly btcPk: Uint8Array;
    readonly type?: ProofOfPossession.Type;
    readonly btcSig?: Uint8Array;
    readonly walletSignature?: string;
  };

function verifyCommand(): Command {
  return walletOptions(signedOptions(new Command('verify')))
    .description("the chain's verdict on a proof, or on what a wallet returned; exit code 1 when the chain would refuse it")
    .requiredOption('--btc-pk <hex>', 'x-only public key of the stake, 32 bytes', parse.hex('--btc-pk', 32))
    .addOption(typeOption())
    .option('--btc-sig <hex>', 'btc_sig as it stands in the message, with --type', parse.hex('--btc-sig'))
    .option('--wallet-signature <base64>', "what the wallet's signMessage returned, with --address")
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  satlock pop verify --babylon-address bbn1… --btc-pk … --address bc1p… --wallet-signature AUC9…\n  satlock pop verify --babylon-address bbn1… --btc-pk … --type BIP340 --btc-sig …',
    )
    .action((options: VerifyOptions) => {
      const { babylonAddress, btcPk, network } = options;
      const signed = { babylonAddress, ...contextOf(options) };
      const pop = popOf(options);
      const verdict = ProofOfPossession.verify({ ...signed, pop, btcPk, network });
      const warnings = ProofOfPossession.warnings(pop, network);
      const lines = warnings.map((warning) => `\nwarning: ${warning}: the chain tolerates it, do not send it`).join('');
      print(options, { ...verdict, type: pop.type, btcSig: Hex.encode(pop.signature), warnings }, () =>
        verdict.valid ? `valid${lines}` : `not valid: ${verdict.why}\nthe chain says: ${verdict.reference}${lines}`,
      );
      if (!verdict.valid) process.exitCode = EXIT.FINDING;
    });
}

function popOf(options: VerifyOptions): ProofOfPossession.Pop {
  const { type, btcSig, walletSignature, address, network } = options;
  if ((btcSig === undefined) === (walletSignature === undefined)) return usage('--btc-sig', 'give either --btc-sig or --wallet-signature');
  if (btcSig !== undefined) return type === undefined ? usage('--type', 'needed beside --btc-sig') : { type, signature: btcSig };
  if (address === undefined) return usage('--address', 'needed beside --wallet-signature');
  return ProofOfPossession.readWallet({
    signatureBase64: walletSignature ?? '',
    babylonAddress: options.babylonAddress,
    address,
    network,
    ...contextOf(options),
  });
}
