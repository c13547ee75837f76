// The spend check against a live node: the same verdict of consensus and of relay policy, for the same rule in the same words, on spends that
// are honest or broken in every way that test/support/spendMutations.ts knows. A run takes a sample; SATLOCK_DIFFERENTIAL=all takes them all
// (some 50,000, a few minutes).
import * as tiny from 'tiny-secp256k1';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as Bytes from '../../src/base/Bytes.ts';
import { isSatlockError } from '../../src/base/Errors.ts';
import * as Hex from '../../src/base/Hex.ts';
import * as SpendCheck from '../../src/bitcoin/SpendCheck.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as Bitcoind from '../../src/node/Bitcoind.ts';
import * as Rpc from '../../src/node/BitcoindRpc.ts';
import * as RegtestChain from '../../src/node/RegtestChain.ts';
import { NODE_ARGS, prepare } from '../support/recordSpends.ts';
import { combined, ordered, type Spend, spends, type World } from '../support/spendMutations.ts';
import { describeIfNode } from './support.ts';
import { comparable, judge, type NodeVerdict, p2tr, person } from './world.ts';

const isFull = process.env['SATLOCK_DIFFERENTIAL'] === 'all';
const START_LIMIT_MS = 120_000;
const LIMIT_MS = isFull ? 3_600_000 : 300_000;
/** One of so many; primes, so that no kind of mutation is always left out. */
const EVERY = isFull ? 1 : 29;
const EVERY_ORDERED = isFull ? 1 : 5;
/** The first has one signature and is made fast. */
const ORDERED_ON = isFull ? ['change-timelock/2of3', 'unbonding/6of9'] : ['change-timelock/2of3'];
const COMBINED = isFull ? 5_000 : 250;
const SEED = 20_261_121;

/** A verdict with the words of mempool and block, or that the bytes are no transaction at all. */
type Words = 'malformed' | { readonly verdict: object; readonly mempool?: string; readonly block?: string };

/** Rules that have another name in a block than in the mempool. */
const IN_A_BLOCK: Readonly<Record<string, string>> = {
  'non-final': 'bad-txns-nonfinal',
  'non-BIP68-final': 'bad-txns-nonfinal',
  'bad-cb-length': 'bad-cb-multiple',
  coinbase: 'bad-cb-multiple',
};

/**
 * What the mempool says first, for its limits on pushes (BIP62, BIP110) in a scriptSig or beside a P2WPKH key, of spends that break a consensus
 * script rule as well; the spend check tells that rule for mempool and block. Both refuse them.
 */
const MEMPOOL_SAYS: Readonly<Record<string, readonly string[]>> = {
  'Witness requires empty scriptSig': ['Data push larger than necessary', 'Push value size limit exceeded'],
  'Non-canonical DER signature': ['Push value size limit exceeded'],
};

/** Script rules are told by their text, others by their name. */
const wordsOf = ({ rule, text }: SpendCheck.Failure): string => (/^[A-Z]/.test(rule) ? text : rule);

function ours({ transaction, prevouts }: Spend, { tipHeight, medianTime }: World): Words {
  try {
    const verdict = SpendCheck.verifySpend({ transaction, prevouts, tipHeight, medianTime });
    const { failure, policyFailure } = verdict;
    return {
      verdict: comparable(verdict),
      ...(policyFailure === undefined ? {} : { mempool: wordsOf(policyFailure) }),
      ...(failure === undefined ? {} : { block: IN_A_BLOCK[failure.rule] ?? wordsOf(failure) }),
    };
  } catch (error) {
    if (isSatlockError(error) && error.code === 'spend.malformed-transaction') return 'malformed';
    throw error;
  }
}

async function theirs({ transaction }: Spend, chain: RegtestChain.RegtestChain): Promise<Words> {
  const words = (error: string): string => RegtestChain.scriptErrorOf(error) ?? error.replace(/,.*$/, '');
  let verdict: NodeVerdict;
  try {
    verdict = await judge(chain, transaction);
  } catch (error) {
    const DECODING = -22;
    if (Rpc.isRpcError(error, DECODING)) return 'malformed';
    throw error;
  }
  const { mempoolError, blockError } = verdict;
  return {
    verdict: comparable(verdict),
    ...(mempoolError === undefined ? {} : { mempool: words(mempoolError) }),
    ...(blockError === undefined ? {} : { block: words(blockError) }),
  };
}

/** Equal, but for {@link MEMPOOL_SAYS}. */
function agree(check: Words, node: Words): boolean {
  if (check === 'malformed' || node === 'malformed') return check === node;
  const known = check.block === undefined || check.block !== check.mempool ? undefined : MEMPOOL_SAYS[check.block];
  const isToldOtherwise = node.mempool !== undefined && known?.includes(node.mempool) === true;
  return JSON.stringify(isToldOtherwise ? { ...check, mempool: node.mempool } : check) === JSON.stringify(node);
}

type Tally = { count: number; consensusValid: number; standard: number; malformed: number; readonly words: Set<string> };

function add(tally: Tally, words: Words): void {
  tally.count++;
  if (words === 'malformed') {
    tally.malformed++;
    return;
  }
  if (words.block === undefined) tally.consensusValid++;
  if (words.mempool === undefined) tally.standard++;
  for (const text of [words.block, words.mempool]) if (text !== undefined) tally.words.add(text);
}

function* oneOf<T>(every: number, items: Iterable<T>): Generator<T> {
  let count = 0;
  for (const item of items) if (count++ % every === 0) yield item;
}

describeIfNode('the spend check and a node', () => {
  let node: Bitcoind.Node | undefined;
  let chain: RegtestChain.RegtestChain;
  let world: World;
  beforeAll(async () => {
    node = await Bitcoind.startRegtest({ extraArgs: NODE_ARGS });
    ({ chain, world } = await prepare(node));
  }, START_LIMIT_MS);
  afterAll(async () => {
    await node?.stop();
  }, START_LIMIT_MS);

  /** Both verdicts on every spend; the first disagreements are shown with all that is needed to look into them. */
  async function compare(name: string, list: Iterable<Spend>): Promise<Tally> {
    const tally: Tally = { count: 0, consensusValid: 0, standard: 0, malformed: 0, words: new Set() };
    const disagreements: object[] = [];
    for (const spend of list) {
      const node = await theirs(spend, chain);
      const check = ours(spend, world);
      add(tally, node);
      if (agree(check, node)) continue;
      disagreements.push({ id: spend.id, check, node, transaction: Hex.encode(spend.transaction) });
      if (disagreements.length === 5) break;
    }
    const { count, consensusValid, standard, malformed, words } = tally;
    process.stdout.write(
      `${name}: ${count} spends, ${consensusValid} valid, ${standard} standard, ${malformed} malformed, ${words.size} reasons; ${disagreements.length} disagreements\n`,
    );
    expect(disagreements).toEqual([]);
    return tally;
  }

  it(
    'agree on spends with one change',
    async () => {
      const { count, consensusValid, standard, words } = await compare('one change', spends(world, EVERY));
      expect(count).toBeGreaterThanOrEqual(1_000);
      // A comparison is worth something only where both verdicts occur, for many reasons.
      expect(Math.min(consensusValid, count - consensusValid, standard, count - standard)).toBeGreaterThan(count / 10);
      expect(words.size).toBeGreaterThan(25);
    },
    LIMIT_MS,
  );

  it(
    'agree on which of two broken rules is told',
    async () => {
      const { count, words } = await compare('two reasons', oneOf(EVERY_ORDERED, ordered(world, ORDERED_ON)));
      expect(count).toBeGreaterThanOrEqual(100);
      expect(words.size).toBeGreaterThan(15);
    },
    LIMIT_MS,
  );

  it(
    'agree on spends with two changes',
    async () => {
      const { count } = await compare('two changes', combined(world, COMBINED, SEED));
      expect(count).toBe(COMBINED);
    },
    LIMIT_MS,
  );

  it(
    'agree on time locks to the second',
    async () => {
      if (node === undefined) throw new Error('no node');
      const { rpc } = node;
      const owner = person('time locks');
      const { outpoint, scriptPubKey, valueSats, confirmedHeight } = await chain.fund(p2tr(owner), 50_000n);
      const medianTimeBefore = await chain.medianTimePast(confirmedHeight - 1);
      const { medianTime: now } = await chain.tip();
      const UNIT = 512;
      const UNITS = Math.ceil((now + 3_600 - medianTimeBefore) / UNIT);
      const due = medianTimeBefore + UNITS * UNIT;
      // Eleven blocks of which the middle one has this time: from then on the median is just that.
      for (let i = -5; i <= 5; i++) {
        await rpc.call('setmocktime', due + i);
        await chain.mine(1);
      }
      const tip = await chain.tip();
      expect(tip.medianTime).toBe(due);
      const BY_TIME = 0x40_0000;
      const signed = (sequence: number, locktime: number): Spend => {
        const transaction = Tx.create([{ outpoint, sequence }], [{ scriptPubKey, valueSats: valueSats - 1_000n }]);
        transaction.locktime = locktime;
        const hash = transaction.hashForWitnessV1(0, [scriptPubKey], [valueSats], 0);
        transaction.setWitness(0, [tiny.signSchnorr(hash, owner.secretKey)]);
        const coin = {
          txid: Bytes.reverse(Hex.decode(outpoint.txid)),
          vout: outpoint.vout,
          scriptPubKey,
          valueSats,
          confirmedHeight,
          medianTimeBefore,
        };
        return { id: `sequence ${sequence}, locktime ${locktime}`, transaction: Tx.encode(transaction), prevouts: [coin] };
      };
      const list = [
        ...[UNITS - 1, UNITS, UNITS + 1].map((units) => signed(BY_TIME + units, 0)),
        ...[due - 1, due, due + 1].map((time) => signed(0x8000_0000, time)),
        ...[tip.height - 1, tip.height, tip.height + 1].map((height) => signed(0x8000_0000, height)),
        ...[tip.height - confirmedHeight, tip.height - confirmedHeight + 1, tip.height - confirmedHeight + 2].map((blocks) =>
          signed(blocks, 0),
        ),
      ];
      world = { ...world, tipHeight: tip.height, medianTime: tip.medianTime };
      const { count, standard } = await compare('time locks', list);
      // Of each three: the relative locks pass when they are due, the absolute time one second later, the height when the tip has it.
      expect([count, standard]).toEqual([12, 2 + 1 + 2 + 2]);
    },
    LIMIT_MS,
  );
});
