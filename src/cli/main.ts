// argv to command to exit code. The only place that ends the process.
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { isSatlockError } from '../base/Errors.ts';
import { EXIT, exitCodeOf } from './exit.ts';
import { printable, printableLines, toJson } from './io.ts';

const EXIT_CODES = `
Exit codes: 0 ok, 1 a finding or a refusal, 2 bad input or usage, 3 the environment, 4 a bug of satlock, 130 interrupted.
Secrets are read from a file, from stdin or from SATLOCK_SECRET_KEY, never from an argument.`;

function versionOfPackage(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
  return version;
}

/** The commands by name. Only the one that is called is loaded: help and typing errors answer at once. */
const COMMANDS: Readonly<Record<string, { readonly summary: string; readonly load: () => Promise<Command> }>> = {
  demo: { summary: 'from a stake to a slash: the whole story', load: async () => (await import('./commands/demo.ts')).demoCommand() },
  script: {
    summary: 'scripts, address and descriptor of the outputs of a stake',
    load: async () => (await import('./commands/script.ts')).scriptCommand(),
  },
  eots: {
    summary: 'extractable one-time signatures: keygen, sign, verify, extract',
    load: async () => (await import('./commands/eots.ts')).eotsCommand(),
  },
  message: {
    summary: 'messages of the Babylon chain: JSON to protobuf and back',
    load: async () => (await import('./commands/message.ts')).messageCommand(),
  },
  params: {
    summary: 'the staking parameters of the known networks',
    load: async () => (await import('./commands/params.ts')).paramsCommand(),
  },
  plan: {
    summary: 'what may go wrong with a planned stake, and what is signed',
    load: async () => (await import('./commands/plan.ts')).planCommand(),
  },
  inspect: {
    summary: 'what a transaction or PSBT is, of whom, and what is wrong with it',
    load: async () => (await import('./commands/inspect.ts')).inspectCommand(),
  },
  scan: {
    summary: 'stakes, unbondings, slashings and withdrawals in raw blocks',
    load: async () => (await import('./commands/inspect.ts')).scanCommand(),
  },
  pop: {
    summary: 'proof that a Bitcoin key agrees to a Babylon account: message, sign, verify',
    load: async () => (await import('./commands/pop.ts')).popCommand(),
  },
  signer: {
    summary: "a finality provider's signer that never signs twice",
    load: async () => (await import('./commands/signer.ts')).signerCommand(),
  },
  finality: {
    summary: "a finality provider's messages: commit randomness, vote, evidence",
    load: async () => (await import('./commands/finality.ts')).finalityCommand(),
  },
  covenant: {
    summary: 'a covenant member that rebuilds what it signs: check, sign, serve, log',
    load: async () => (await import('./commands/covenant.ts')).covenantCommand(),
  },
  ledger: {
    summary: 'EigenLayer and Symbiotic accounting: run a history, see each rounded integer',
    load: async () => (await import('./commands/ledger.ts')).ledgerCommand(),
  },
  vectors: { summary: 'check or make test vectors', load: async () => (await import('./commands/vectors.ts')).vectorsCommand() },
};

/** The command tree, with the branch that `name` asks for. */
export async function program(name: string | undefined): Promise<Command> {
  const root = new Command('satlock')
    .description("Share Bitcoin's security: stakes, one-time signatures, slashing, and the same fault on an Ethereum restaking ledger.")
    .version(versionOfPackage(), '-V, --version', 'print the version')
    .showHelpAfterError('(satlock --help lists the commands)')
    .addHelpText('after', EXIT_CODES);
  for (const [known, { summary, load }] of Object.entries(COMMANDS)) {
    root.addCommand(known === name ? await load() : new Command(known).description(summary));
  }
  return quiet(root);
}

/** Errors are thrown to {@link run} instead of ending the process inside the library. */
function quiet(command: Command): Command {
  command.exitOverride();
  for (const child of command.commands) quiet(child);
  return command;
}

/** Runs a command line and sets the exit code. */
export async function run(argv: readonly string[] = process.argv): Promise<void> {
  // Ctrl-C keeps its default action (status 130): a handler would wait for computations that never yield.
  // A closed pipe (head, less) is the reader's right.
  process.stderr.on('error', () => undefined);
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? EXIT.OK : EXIT.ENVIRONMENT));
  try {
    const name = argv.slice(2).find((arg) => !arg.startsWith('-'));
    const root = await program(name === 'help' ? argv[argv.indexOf('help') + 1] : name);
    await root.parseAsync([...argv]);
  } catch (error) {
    report(error, argv.includes('--json'));
    process.exitCode = exitCodeOf(error);
  }
}

function report(error: unknown, json: boolean): void {
  // The library has printed its own message and usage line already.
  if (error instanceof CommanderError) return;
  if (json) process.stdout.write(`${toJson({ error: isSatlockError(error) ? error.toJSON() : { message: messageOf(error) } })}\n`);
  // Of ours a message is one line, and what it repeats of the input must not make another.
  else process.stderr.write(`satlock: ${(isSatlockError(error) ? printable : printableLines)(messageOf(error))}\n`);
  if (exitCodeOf(error) === EXIT.BUG)
    process.stderr.write(
      `This is a bug of satlock; please report it with these lines:\n${error instanceof Error ? error.stack : String(error)}\n`,
    );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
