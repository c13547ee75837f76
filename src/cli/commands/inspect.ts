// satlock inspect: what a transaction or PSBT is. satlock scan: what happened in raw blocks. Both answer 1 when they find a problem.
import { existsSync } from 'node:fs';
import { Command } from 'commander';
import * as Delegation from '../../babylon/Delegation.ts';
import * as Networks from '../../babylon/Networks.ts';
import * as Recognise from '../../babylon/Recognise.ts';
import * as StakeIndex from '../../babylon/StakeIndex.ts';
import { fail, isSatlockError } from '../../base/Errors.ts';
import * as Hex from '../../base/Hex.ts';
import { Psbt } from '../../bitcoin/Psbt.ts';
import * as Tx from '../../bitcoin/Tx.ts';
import * as PublicKey from '../../crypto/PublicKey.ts';
import { EXIT } from '../exit.ts';
import { print, readBytes, readJson, usage } from '../io.ts';
import * as parse from '../parse.ts';
import { eventLine, linesOf, viewOf, viewOfEvent } from '../render/recognition.ts';

export type Reason =
  | { readonly code: 'cli.not-a-transaction'; readonly source: string }
  | { readonly code: 'cli.not-a-block'; readonly source: string; readonly line?: number };

type Options = {
  readonly network: string;
  readonly height?: number;
  readonly delegation?: readonly string[];
  readonly staker?: readonly string[];
  readonly finalityProvider?: readonly string[];
  readonly stakingTime?: readonly number[];
  readonly searchTimes?: boolean;
  readonly json?: boolean;
};

const INSPECT_EXAMPLES = `
Examples:
  satlock inspect 020000000001… --height 910000
  satlock inspect unbonding.psbt --delegation my-stake.json
  satlock inspect - --network bbn-test-6 --staker <key> --finality-provider <key> < transaction.hex

Exit code 1: it is recognised and something is wrong with it, or it only looks like one of ours.`;

const SCAN_EXAMPLES = `
Examples:
  bitcoin-cli getblock <hash> 0 | satlock scan - --height 910000
  satlock scan block.bin --network bbn-1 --height 910000 --staker <key> --finality-provider <key>

A file holds one raw block, or the hex of one block in each line, in the order of the chain.
Exit code 1: something in the blocks breaks a rule, or only looks like one of ours.`;

export function inspectCommand(): Command {
  const command = new Command('inspect')
    .description('what a transaction or PSBT is: staking, unbonding, slashing, withdrawal, extension; of whom; what is wrong with it')
    .argument('<transaction>', 'hex or base64, a file with it or with raw bytes, or - for stdin');
  return common(command)
    .addHelpText('after', INSPECT_EXAMPLES)
    .action((input: string, options: Options) => inspect(input, options));
}

export function scanCommand(): Command {
  const command = new Command('scan')
    .description('stakes, unbondings, slashings, withdrawals and extensions in raw blocks')
    .argument('<blocks>', 'a file with a raw block or with the hex of a block in each line, or - for stdin');
  return common(command)
    .addHelpText('after', SCAN_EXAMPLES)
    .action((file: string, options: Options) => scan(file, options));
}

function common(command: Command): Command {
  return command
    .option('--network <network>', `whose parameters: ${Networks.NAMES.join(', ')}`, 'bbn-1')
    .option('--height <height>', 'Bitcoin height of the (first) block', parse.integer('--height', 0, 0xffff_ffff))
    .option('--delegation <file>', 'JSON of a delegation, or of a list of them; repeatable', parse.collect)
    .option('--staker <key>', 'find every stake of this x-only key with one of the providers; repeatable', parse.collect)
    .option('--finality-provider <key>', 'with --staker: the provider’s x-only key; repeatable', parse.collect)
    .option('--staking-time <blocks>', 'with --staker: a time besides the shortest and longest of the parameters; repeatable', times)
    .option('--search-times', 'recover a staking time that no parameter version names, by trying all')
    .option('--json', 'print JSON');
}

function times(text: string, before: readonly number[] = []): readonly number[] {
  return [...before, parse.integer('--staking-time', 1, 65_535)(text)];
}

function inspect(input: string, options: Options): void {
  const known = Recognise.context(knownOf(options));
  const at = options.height === undefined ? {} : { height: options.height };
  const bytes = bytesOf(input);
  const found = isPsbt(bytes.content) ? Recognise.psbt(psbtOf(bytes), known, at) : Recognise.transaction(transactionOf(bytes), known, at);
  print(options, { network: options.network, ...viewOf(found) }, () => linesOf(found).join('\n'));
  const broken = [...found.stakings, ...found.spends].some(({ problems }) => problems.length > 0);
  if (broken || found.lookAlikes.length > 0) process.exitCode = EXIT.FINDING;
}

function scan(file: string, options: Options): void {
  const index = StakeIndex.create({ ...knownOf(options), undoBlocks: 0 });
  const blocks = blocksOf(file);
  if (options.height === undefined) usage('--height', 'needed: the parameters follow from the height of the first block');
  const events: StakeIndex.Event[] = [];
  for (const [i, block] of blocks.entries()) events.push(...index.connect(block, options.height + i, 'verify'));
  const data = { network: options.network, blocks: blocks.length, tip: index.tip, events: events.map(viewOfEvent) };
  print(options, data, () => [...events.map(eventLine), `${blocks.length} block(s), ${events.length} event(s)`].join('\n'));
  const broken = events.some((event) => event.kind === 'look-alike' || event.detail.problems.length > 0);
  if (broken) process.exitCode = EXIT.FINDING;
}

function knownOf(options: Options): Recognise.Options {
  const { paramsSet, phase1 } = Networks.from(options.network);
  const { staker, finalityProvider, stakingTime = [], delegation = [] } = options;
  if ((staker === undefined) !== (finalityProvider === undefined)) usage('--staker', 'only together with --finality-provider');
  if (staker === undefined && stakingTime.length > 0) usage('--staking-time', 'only together with --staker');
  const keys = (texts: readonly string[], option: string): readonly PublicKey.XOnlyPublicKey[] =>
    texts.map((text) => PublicKey.fromHex(text, option));
  const delegations = delegation.flatMap((file) => {
    const json = readJson(file);
    return (Array.isArray(json) ? (json as readonly unknown[]) : [json]).map((one) => Delegation.fromJson(one));
  });
  return {
    ...{ paramsSet, phase1, delegations, searchTimes: options.searchTimes === true },
    ...(staker === undefined
      ? {}
      : {
          candidates: {
            stakerPks: keys(staker, '--staker'),
            finalityProviderPks: keys(finalityProvider ?? [], '--finality-provider'),
            stakingTimesBlocks: stakingTime,
          },
        }),
  };
}

// ---- bytes in whatever form they come

type Input = { readonly content: Uint8Array; readonly source: string };

const PSBT_MAGIC = Uint8Array.of(0x70, 0x73, 0x62, 0x74, 0xff);

function isPsbt(content: Uint8Array): boolean {
  return PSBT_MAGIC.every((byte, i) => content[i] === byte);
}

/** Text that spells a transaction counts as one; everything else is the name of a file. */
function bytesOf(input: string): Input {
  if (input !== '-' && !existsSync(input)) {
    const spelled = fromText(input);
    if (spelled !== undefined) return { content: spelled, source: 'the argument' };
    fail<Reason>(
      { code: 'cli.not-a-transaction', source: 'the argument' },
      'neither a transaction or PSBT in hex or base64, nor a file that exists',
    );
  }
  const content = read(input);
  const source = input === '-' ? 'stdin' : input;
  return { content: fromText(asText(content)) ?? content, source };
}

function read(file: string): Uint8Array {
  return new Uint8Array(readBytes('<file>', file));
}

/** Latin letters one for one: bytes that are no text become text that spells nothing. */
function asText(content: Uint8Array): string {
  return Buffer.from(content).toString('latin1');
}

function fromText(text: string): Uint8Array | undefined {
  const plain = text.trim();
  if (plain.length >= 20 && plain.length % 2 === 0 && /^[0-9a-fA-F]+$/.test(plain)) return Hex.decode(plain);
  return /^cHNid[0-9A-Za-z+/]+={0,2}$/.test(plain) ? new Uint8Array(Buffer.from(plain, 'base64')) : undefined;
}

function transactionOf({ content, source }: Input): Tx.Transaction {
  try {
    return Tx.decode(content);
  } catch (cause) {
    if (!isSatlockError(cause)) throw cause;
    return fail<Reason>({ code: 'cli.not-a-transaction', source }, `${source}: neither a complete transaction nor a PSBT`, { cause });
  }
}

function psbtOf({ content, source }: Input): Psbt {
  try {
    return Psbt.fromBuffer(content);
  } catch (cause) {
    return fail<Reason>({ code: 'cli.not-a-transaction', source }, `${source}: a PSBT that cannot be read`, { cause });
  }
}

function blocksOf(file: string): readonly Uint8Array[] {
  const content = read(file);
  const source = file === '-' ? 'stdin' : file;
  const text = asText(content);
  if (!/^[0-9a-fA-F\s]+$/.test(text)) {
    if (content.length === 0) fail<Reason>({ code: 'cli.not-a-block', source }, `${source}: empty`);
    return [content];
  }
  const lines = text.split('\n').map((line) => line.trim());
  return lines.flatMap((line, i) => {
    if (line === '') return [];
    if (/\s/.test(line) || line.length % 2 !== 0)
      fail<Reason>({ code: 'cli.not-a-block', source, line: i + 1 }, `${source}: line ${i + 1} is not the hex of one block`);
    return [Hex.decode(line)];
  });
}
