// Records what a live node says of the spends of spendMutations.ts, as cases of kind `bitcoin.spend`.
// By hand: npx tsx test/support/recordSpends.ts <file.json.gz> [one of every so many = 1] [combined = 0] [seed = 1]
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import * as Bytes from '../../src/base/Bytes.ts';
import * as Hex from '../../src/base/Hex.ts';
import * as Bitcoind from '../../src/node/Bitcoind.ts';
import * as RegtestChain from '../../src/node/RegtestChain.ts';
import { type Coin, combined, type Funding, fundings, ordered, type Spend, spends, type World, YOUNG } from './spendMutations.ts';

/** A case of the exchange format. */
export type Case = {
  readonly id: string;
  readonly input: {
    readonly transaction: string;
    readonly prevouts: readonly {
      readonly scriptPubKey: string;
      readonly valueSats: string;
      readonly confirmedHeight: number;
      readonly medianTimeBefore: number;
    }[];
    readonly tipHeight: number;
    readonly medianTime: number;
  };
  readonly expect: {
    readonly consensusValid: boolean;
    readonly standard: boolean;
    readonly scriptError?: string;
    readonly rejectReason?: string;
  };
};

/** Node options that leave fees aside. */
export const NODE_ARGS: readonly string[] = [
  '-acceptnonstdtxn=0',
  '-minrelaytxfee=0',
  '-blockmintxfee=0',
  '-incrementalrelayfee=0',
  // one thread, so that the first failing input is the one that is told
  '-par=1',
];

/** Funds all coins on a fresh chain and lets most timelocks run out; block times are uneven, so that time locks differ from heights. */
export async function prepare(node: Bitcoind.Node): Promise<{ readonly chain: RegtestChain.RegtestChain; readonly world: World }> {
  let time = 1_700_000_000;
  let blocks = 0;
  const tick = async (): Promise<void> => {
    time += 97 + ((31 * blocks++) % 200);
    await node.rpc.call('setmocktime', time);
  };
  await tick();
  const chain = await RegtestChain.create(node, { startBlocks: 130 });
  const mine = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      await tick();
      await chain.mine(1);
    }
  };
  const coins = new Map<string, Coin>();
  const fund = async (list: readonly Funding[]): Promise<void> => {
    await tick();
    const funded = await Promise.all(list.map(({ scriptPubKey, valueSats }) => chain.fund(scriptPubKey, valueSats)));
    for (const [i, { txid, vout, scriptPubKey, valueSats, confirmedHeight }] of funded.entries()) {
      const medianTimeBefore = await chain.medianTimePast(confirmedHeight - 1);
      const name = (list[i] as Funding).name;
      coins.set(name, { txid: Bytes.reverse(Hex.decode(txid)), vout, scriptPubKey, valueSats, confirmedHeight, medianTimeBefore });
    }
  };
  await mine(12);
  await fund(fundings().filter(({ name }) => name !== YOUNG));
  await mine(152);
  await fund(fundings().filter(({ name }) => name === YOUNG));
  const { height, medianTime } = await chain.tip();
  return { chain, world: { coins, tipHeight: height, medianTime } };
}

/** What the node says of one spend. */
export async function record(chain: RegtestChain.RegtestChain, world: World, spend: Spend): Promise<Case> {
  const mempool = await chain.testAccept(spend.transaction);
  const block = await chain.generateBlockWith([spend.transaction]);
  const policyError = mempool.allowed ? null : RegtestChain.scriptErrorOf(mempool.rejectReason);
  const scriptError = block.accepted ? policyError : RegtestChain.scriptErrorOf(block.error);
  return {
    id: spend.id,
    input: {
      transaction: Hex.encode(spend.transaction),
      prevouts: spend.prevouts.map(({ scriptPubKey, valueSats, confirmedHeight, medianTimeBefore }) => ({
        scriptPubKey: Hex.encode(scriptPubKey),
        valueSats: valueSats.toString(),
        confirmedHeight,
        medianTimeBefore,
      })),
      tipHeight: world.tipHeight,
      medianTime: world.medianTime,
    },
    expect: {
      consensusValid: block.accepted,
      standard: mempool.allowed,
      ...(scriptError === null ? {} : { scriptError }),
      ...(mempool.allowed || policyError !== null ? {} : { rejectReason: mempool.rejectReason }),
    },
  };
}

async function main(file: string, every: number, pairs: number, seed: number): Promise<void> {
  const node = await Bitcoind.startRegtest({ extraArgs: NODE_ARGS });
  try {
    const { chain, world } = await prepare(node);
    const cases: Case[] = [];
    const all = [spends(world, every), pairs > 0 ? ordered(world) : [], combined(world, pairs, seed)];
    for (const part of all) for (const spend of part) cases.push(await record(chain, world, spend));
    const source = `${node.version}, regtest, ${NODE_ARGS.join(' ')}; test/support/recordSpends.ts ${every} ${pairs} ${seed}`;
    writeFileSync(file, gzipSync(JSON.stringify({ schema: 'satlock-vectors/1', kind: 'bitcoin.spend', source, cases }), { level: 9 }));
    process.stdout.write(`${cases.length} cases\n`);
  } finally {
    await node.stop();
  }
}

const [, script, file, every = '1', pairs = '0', seed = '1'] = process.argv;
if (script !== undefined && import.meta.url === pathToFileURL(script).href) {
  if (file === undefined) throw new Error('which file?');
  await main(file, Number(every), Number(pairs), Number(seed));
}
