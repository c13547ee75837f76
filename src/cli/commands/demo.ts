// satlock demo: the whole story, on a chain in memory or on a real node.
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import * as Networks from '../../babylon/Networks.ts';
import * as ParamsSet from '../../babylon/ParamsSet.ts';
import * as Bitcoind from '../../node/Bitcoind.ts';
import * as RegtestChain from '../../node/RegtestChain.ts';
import { EmbeddedChain } from '../../sim/chain/EmbeddedChain.ts';
import * as Story from '../../sim/story/Story.ts';
import { EXIT } from '../exit.ts';
import { note, onFile, print, toJson } from '../io.ts';
import * as parse from '../parse.ts';
import { renderAccount } from '../render/account.ts';

type Options = {
  readonly network: string;
  readonly paramsVersion?: number;
  readonly stakers: number;
  readonly seed: string;
  readonly out: string;
  readonly bitcoind?: boolean;
  readonly json?: boolean;
};

/** The embedded chain starts this many blocks after the parameters came into force. */
const BLOCKS_AFTER_ACTIVATION = 1_000;
/** 2026-01-01; the time is part of the story, not of the machine. */
const START_TIME = 1_767_225_600;
/** A fresh regtest node has that many spendable coins' worth of stakes. */
const MAX_STAKERS_ON_NODE = 100;

export function demoCommand(): Command {
  return new Command('demo')
    .description(
      'from a stake to a slash: stakers, a covenant, a provider that signs twice, every slashing transaction, and the same fault on a restaking ledger',
    )
    .option('--network <name>', 'whose parameters: bbn-1 (mainnet), bbn-test-6 (testnet), bbn-test-5', 'bbn-1')
    .option('--params-version <number>', 'a parameter version other than the newest', parse.integer('--params-version', 0, 0xffff_ffff))
    .option('--stakers <number>', 'how many', parse.integer('--stakers', 1, Story.MAX_STAKERS), 6)
    .option('--seed <text>', 'all keys and sizes follow from it', 'satlock')
    .option('--out <folder>', 'where demo.json goes', 'out')
    .option('--bitcoind', 'play it on a real node (regtest): BITCOIND, PATH, or what scripts/bitcoind.mjs has fetched')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  satlock demo\n  satlock demo --network bbn-test-6 --stakers 20 --seed two\n  satlock demo --bitcoind',
    )
    .action(demo);
}

async function demo(options: Options): Promise<void> {
  const network = Networks.from(options.network);
  Networks.assertStaking(network);
  const { paramsSet } = network;
  const params = options.paramsVersion === undefined ? ParamsSet.latest(paramsSet) : ParamsSet.byVersion(paramsSet, options.paramsVersion);
  const onStep = (text: string): void => note(`· ${text}`);
  const common = { network, params, seed: options.seed, stakers: options.stakers, onStep };
  let account: Story.Account;
  if (options.bitcoind === true) {
    parse.integer('--stakers with --bitcoind', 1, MAX_STAKERS_ON_NODE)(String(options.stakers));
    const node = await Bitcoind.startRegtest();
    try {
      const chain = await RegtestChain.create(node, { startBlocks: 200 });
      account = await Story.tell({ ...common, chain, chainName: node.version, bitcoinNetwork: 'regtest' });
    } finally {
      await node.stop();
    }
  } else {
    const chain = new EmbeddedChain({ height: params.btcActivationHeight + BLOCKS_AFTER_ACTIVATION, time: START_TIME });
    account = await Story.tell({ ...common, chain, chainName: 'embedded', bitcoinNetwork: network.bitcoinNetwork });
  }
  const file = onFile('--out', options.out, () => save(options.out, account));
  print(options, account, () => renderAccount(account, file));
  if (!account.checks.every(({ ok }) => ok)) process.exitCode = EXIT.FINDING;
}

/** Written beside and renamed, so that a reader never sees half a file. */
function save(folder: string, account: Story.Account): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'demo.json');
  const unfinished = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(unfinished, `${toJson(account)}\n`);
    renameSync(unfinished, file);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
  return file;
}
