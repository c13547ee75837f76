// A regtest chain for tests and the demo: money on demand, blocks on demand, and the node's two verdicts on a transaction,
// the relay policy's (`testAccept`) and the consensus rules' (`blockVerdict`). It needs no wallet: its coins are taproot
// key-path outputs of one key. Facts about the calls: Bitcoin Core RPC help of version 25 and later.
import { createHash } from 'node:crypto';
import * as ecc from 'tiny-secp256k1';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail, hasCode } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as Sats from '../base/Sats.ts';
import * as Tx from '../bitcoin/Tx.ts';
import type * as Bitcoind from './Bitcoind.ts';
import * as Rpc from './BitcoindRpc.ts';

export type Reason =
  | Check.Reason
  | { readonly code: 'regtest-chain.bad-key' }
  | { readonly code: 'regtest-chain.out-of-coins'; readonly neededSats: string; readonly haveSats: string }
  | { readonly code: 'regtest-chain.block-refused'; readonly error: string };

/** A coin that {@link RegtestChain.fund} has made, and its own outpoint; `txid` is text in display order. */
export interface Funded extends Tx.Outpoint, Tx.SpentOutput {
  readonly outpoint: Tx.Outpoint;
  readonly valueSats: Sats.Sats;
  readonly confirmedHeight: number;
}

export interface Tip {
  readonly height: number;
  readonly hash: string;
  /** Median time of the last eleven blocks, in seconds: what time locks of the next block are compared with (BIP113). */
  readonly medianTime: number;
}

/** The mempool's verdict. `rejectReason` is the node's text, such as "dust" or "mempool-script-verify-flag-failed (…)". */
export type Acceptance =
  | { readonly allowed: true; readonly vsize: number; readonly feeSats: Sats.Sats }
  | { readonly allowed: false; readonly rejectReason: string };

export type Submission =
  | { readonly accepted: true; readonly txid: string }
  | { readonly accepted: false; readonly rejectReason: string; readonly rpcCode: number };

/** The verdict on a block. `error` is the node's text, such as "mandatory-script-verify-flag-failed (…), input 0 of …". */
export type BlockVerdict = { readonly accepted: true } | { readonly accepted: false; readonly error: string };

export interface MineOptions {
  /** Exactly these transactions, parents first, in the first of the blocks; the mempool stays out of it. */
  readonly txs?: readonly Uint8Array[];
  /** Who is paid; default is the chain's own key. */
  readonly to?: Uint8Array;
}

export interface Placed {
  readonly height: number;
  readonly hash: string;
  readonly confirmations: number;
}

export interface RegtestChain {
  readonly node: Bitcoind.Node;
  /** The output script of the chain's own coins (P2TR, key path). */
  readonly scriptPubKey: Uint8Array;
  /**
   * Pays `valueSats` to a script and mines the payment. Calls made at the same time share a transaction and a block,
   * so that hundreds take no longer than one. Any value and script that a block may hold, dust included.
   *
   * @throws regtest-chain.out-of-coins, input.*
   */
  readonly fund: (scriptPubKey: Uint8Array, valueSats: bigint) => Promise<Funded>;
  /** Whether the mempool would take it, at any fee rate. Nothing changes. @throws bitcoind-rpc.error - when it is no transaction */
  readonly testAccept: (rawTx: Uint8Array) => Promise<Acceptance>;
  /** Puts it into the mempool, at any fee rate and however much it burns. @throws bitcoind-rpc.error - when it is no transaction */
  readonly submit: (rawTx: Uint8Array) => Promise<Submission>;
  /**
   * Adds `blocks` (1..10,000) blocks; they take in what the mempool holds, except the first one when `txs` is given.
   *
   * @throws regtest-chain.block-refused - `txs` break the rules; nothing is mined
   */
  readonly mine: (blocks: number, options?: MineOptions) => Promise<Tip>;
  /** Whether a next block of exactly these transactions, parents first, would be valid. Relay policy has no say; nothing changes. */
  readonly generateBlockWith: (rawTxs: readonly Uint8Array[]) => Promise<BlockVerdict>;
  readonly tip: () => Promise<Tip>;
  /** Median time of the eleven blocks that end with this one, in seconds. */
  readonly medianTimePast: (height: number) => Promise<number>;
  /** The block that holds a transaction, or null while it is unconfirmed or unknown. */
  readonly blockOf: (txid: string) => Promise<Placed | null>;
  /** An unspent output, counting the mempool's spends; null when it is spent or unknown. */
  readonly unspent: (outpoint: Tx.Outpoint) => Promise<(Tx.SpentOutput & { readonly confirmations: number }) | null>;
  /** The bytes of a transaction of the chain or the mempool, with witness. @throws bitcoind-rpc.error - unknown */
  readonly rawTransaction: (txid: string) => Promise<Uint8Array>;
  /** The bytes of the block at `height`. */
  readonly rawBlock: (height: number) => Promise<Uint8Array>;
  /** Takes the block at `height` and all above it off the chain; answers its hash for {@link reconsider}. */
  readonly invalidate: (height: number) => Promise<string>;
  readonly reconsider: (hash: string) => Promise<Tip>;
}

export interface Options {
  /** The key of the chain's coins; default is one that everybody can compute. */
  readonly secretKey?: Uint8Array;
  /** Blocks mined at the start, 101..10,000; default 110: ten coins of 50 BTC can be spent then. */
  readonly startBlocks?: number;
}

const COINBASE_MATURITY = 100;
const FUNDS_PER_TX = 500;
const SAT_PER_VBYTE = 2n;

interface State {
  readonly rpc: Rpc.Rpc;
  readonly secretKey: Uint8Array;
  readonly scriptPubKey: Uint8Array;
  /** The end of the last change of the chain: changes run one after the other. */
  last: Promise<unknown>;
  waiting: FundRequest[];
}

interface FundRequest {
  readonly scriptPubKey: Uint8Array;
  readonly valueSats: Sats.Sats;
  readonly done: (funded: Funded) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Takes a fresh regtest node into use: mines until there is money.
 *
 * @throws regtest-chain.bad-key - the key is 0 or too large
 */
export async function create(node: Bitcoind.Node, options: Options = {}): Promise<RegtestChain> {
  const startBlocks = Check.integer(options.startBlocks ?? COINBASE_MATURITY + 10, 'startBlocks', COINBASE_MATURITY + 1, 10_000);
  const secretKey = Bytes.copy(Check.bytes(options.secretKey ?? defaultKey(), 'secretKey', 32));
  const publicKey = ecc.isPrivate(secretKey)
    ? ecc.xOnlyPointFromScalar(secretKey)
    : fail<Reason>({ code: 'regtest-chain.bad-key' }, 'secretKey: not in 1..n-1');
  const OP_1_PUSH_32 = Uint8Array.of(0x51, 0x20);
  const state: State = {
    rpc: node.rpc,
    secretKey,
    scriptPubKey: Bytes.concat(OP_1_PUSH_32, publicKey),
    last: Promise.resolve(),
    waiting: [],
  };
  await mine(state, startBlocks);
  return {
    node,
    scriptPubKey: state.scriptPubKey.slice(),
    fund: (scriptPubKey, valueSats) => fund(state, scriptPubKey, valueSats),
    testAccept: (rawTx) => testAccept(state.rpc, rawTx),
    submit: (rawTx) => submit(state.rpc, rawTx),
    mine: (blocks, mineOptions) => inTurn(state, () => mine(state, blocks, mineOptions)),
    generateBlockWith: (rawTxs) => inTurn(state, () => generateBlock(state.rpc, state.scriptPubKey, rawTxs, false)),
    tip: () => tip(state.rpc),
    medianTimePast: async (height) => Rpc.asInteger((await headerAt(state.rpc, height))['mediantime'], 'mediantime'),
    blockOf: (txid) => blockOf(state.rpc, txid),
    unspent: (outpoint) => unspent(state.rpc, outpoint),
    rawTransaction: async (txid) => Rpc.asBytes(await state.rpc.call('getrawtransaction', txid), 'getrawtransaction'),
    rawBlock: async (height) => Rpc.asBytes(await state.rpc.call('getblock', await hashAt(state.rpc, height), 0), 'getblock'),
    invalidate: (height) => inTurn(state, () => invalidate(state.rpc, height)),
    reconsider: (hash) => inTurn(state, () => reconsider(state.rpc, hash)),
  };
}

// regtest money is worth nothing, and a known key makes a failed run easy to look into
function defaultKey(): Uint8Array {
  return Uint8Array.from(createHash('sha256').update('satlock regtest coins').digest());
}

function inTurn<T>(state: State, change: () => Promise<T>): Promise<T> {
  const result = state.last.then(change);
  state.last = result.catch(() => {});
  return result;
}

// --- money -----------------------------------------------------------------------------------------------------------

async function fund(state: State, scriptPubKey: Uint8Array, value: bigint): Promise<Funded> {
  const script = Bytes.copy(Check.bytes(scriptPubKey, 'scriptPubKey'));
  const valueSats = Sats.from(value, 'valueSats');
  return new Promise((done, failed) => {
    state.waiting.push({ scriptPubKey: script, valueSats, done, failed });
    if (state.waiting.length === 1) void inTurn(state, () => payWaiting(state));
  });
}

async function payWaiting(state: State): Promise<void> {
  const requests = state.waiting;
  state.waiting = [];
  for (let at = 0; at < requests.length; at += FUNDS_PER_TX) {
    const group = requests.slice(at, at + FUNDS_PER_TX);
    try {
      const { txid, height } = await pay(state, group);
      for (const [vout, { scriptPubKey, valueSats, done }] of group.entries())
        done({ txid, vout, outpoint: { txid, vout }, scriptPubKey, valueSats, confirmedHeight: height });
    } catch (error) {
      for (const { failed } of group) failed(error);
    }
  }
}

/** One transaction with one output per request, in order, and one block with this transaction alone. */
async function pay(state: State, requests: readonly FundRequest[]): Promise<{ readonly txid: string; readonly height: number }> {
  const transaction = await build(state, requests);
  const verdict = await generateBlock(state.rpc, state.scriptPubKey, [Tx.encode(transaction)], true);
  if (!verdict.accepted)
    fail<Reason>({ code: 'regtest-chain.block-refused', error: verdict.error }, `the node refuses the payment: ${verdict.error}`);
  return { txid: Tx.txid(transaction), height: (await tip(state.rpc)).height };
}

async function build(state: State, requests: readonly FundRequest[]): Promise<Tx.Transaction> {
  const OVERHEAD = 11n;
  const KEY_PATH_INPUT = 58n;
  const OWN_OUTPUT = 43n;
  const paid = requests.reduce((sum, { valueSats }) => sum + valueSats, 0n);
  const outputsSize = requests.reduce((sum, { scriptPubKey }) => sum + BigInt(scriptPubKey.length) + 11n, OVERHEAD + OWN_OUTPUT);
  const feeOf = (inputs: number): bigint => (outputsSize + KEY_PATH_INPUT * BigInt(inputs)) * SAT_PER_VBYTE;
  const coins = await select(state, (list) => paid + feeOf(list.length));
  const change = coins.reduce((sum, { valueSats }) => sum + valueSats, 0n) - paid - feeOf(coins.length);
  const DUST_P2TR = 330n;
  const outputs: Tx.SpentOutput[] = [...requests];
  if (change >= DUST_P2TR) outputs.push({ scriptPubKey: state.scriptPubKey, valueSats: change });
  const transaction = Tx.create(
    coins.map((outpoint) => ({ outpoint })),
    outputs,
  );
  const scripts = coins.map(() => state.scriptPubKey);
  const values = coins.map(({ valueSats }) => valueSats);
  for (const index of coins.keys()) {
    const digest = transaction.hashForWitnessV1(index, scripts, values, Tx.Transaction.SIGHASH_DEFAULT);
    transaction.setWitness(index, [ecc.signSchnorr(digest, state.secretKey)]);
  }
  return transaction;
}

interface OwnCoin extends Tx.Outpoint {
  readonly valueSats: Sats.Sats;
}

/** The fewest coins that reach what they need; mines on, within bounds, while there is too little. */
async function select(state: State, neededOf: (coins: readonly OwnCoin[]) => bigint): Promise<readonly OwnCoin[]> {
  const ROUNDS = 12;
  let have = 0n;
  let needed = 0n;
  for (let round = 0; round < ROUNDS; round++) {
    if (round > 0) await mine(state, COINBASE_MATURITY);
    const chosen: OwnCoin[] = [];
    have = 0n;
    for (const coin of await spendable(state)) {
      chosen.push(coin);
      have += coin.valueSats;
      needed = neededOf(chosen);
      if (have >= needed) return chosen;
    }
  }
  return fail<Reason>(
    { code: 'regtest-chain.out-of-coins', neededSats: needed.toString(), haveSats: have.toString() },
    `${needed} sat are needed, the chain has ${have} (its subsidy halves every 150 blocks)`,
  );
}

/** The chain's own coins that the next block may spend, largest first. The node is asked each time, so that reorganisations need no care. */
async function spendable(state: State): Promise<readonly OwnCoin[]> {
  const scan = Rpc.asObject(await state.rpc.call('scantxoutset', 'start', [`raw(${Hex.encode(state.scriptPubKey)})`]), 'scantxoutset');
  const height = Rpc.asInteger(scan['height'], 'height');
  const coins: OwnCoin[] = [];
  for (const item of Rpc.asList(scan['unspents'], 'unspents')) {
    const { txid, vout, amount, coinbase, height: mined } = Rpc.asObject(item, 'unspents');
    const isMature = coinbase !== true || height + 1 - Rpc.asInteger(mined, 'height') >= COINBASE_MATURITY;
    const valueSats = Rpc.asSats(amount, 'amount');
    if (isMature && valueSats > 0n) coins.push({ txid: Rpc.asText(txid, 'txid'), vout: Rpc.asInteger(vout, 'vout'), valueSats });
  }
  return coins.sort((a, b) => Number(b.valueSats - a.valueSats));
}

// --- verdicts --------------------------------------------------------------------------------------------------------

async function testAccept(rpc: Rpc.Rpc, rawTx: Uint8Array): Promise<Acceptance> {
  const ANY_FEE_RATE = 0;
  const answers = Rpc.asList(await rpc.call('testmempoolaccept', [Check.bytes(rawTx, 'rawTx')], ANY_FEE_RATE), 'testmempoolaccept');
  const answer = Rpc.asObject(answers[0], 'testmempoolaccept');
  if (answer['allowed'] !== true) return { allowed: false, rejectReason: Rpc.asText(answer['reject-reason'], 'reject-reason') };
  const fees = Rpc.asObject(answer['fees'], 'fees');
  return { allowed: true, vsize: Rpc.asInteger(answer['vsize'], 'vsize'), feeSats: Rpc.asSats(fees['base'], 'fees.base') };
}

async function submit(rpc: Rpc.Rpc, rawTx: Uint8Array): Promise<Submission> {
  const ANY_FEE_RATE = 0;
  // the default is 0, which refuses every slashing transaction that pays to an OP_RETURN script
  const ANY_BURN = Rpc.satsToBtcText(Sats.MAX);
  try {
    const answer = await rpc.call('sendrawtransaction', Check.bytes(rawTx, 'rawTx'), ANY_FEE_RATE, ANY_BURN);
    return { accepted: true, txid: Rpc.asText(answer, 'sendrawtransaction') };
  } catch (error) {
    const VERIFY_CODES = [-25, -26, -27];
    if (!hasCode<Rpc.Reason, 'bitcoind-rpc.error'>(error, 'bitcoind-rpc.error') || !VERIFY_CODES.includes(error.reason.rpcCode))
      throw error;
    return { accepted: false, rejectReason: error.reason.rpcMessage, rpcCode: error.reason.rpcCode };
  }
}

async function generateBlock(rpc: Rpc.Rpc, to: Uint8Array, rawTxs: readonly Uint8Array[], isSubmitted: boolean): Promise<BlockVerdict> {
  const txs = Check.list(rawTxs, 'rawTxs').map((rawTx, i) => Check.bytes(rawTx, `rawTxs[${i}]`));
  try {
    await rpc.call('generateblock', `raw(${Hex.encode(to)})`, txs, isSubmitted);
    return { accepted: true };
  } catch (error) {
    const VERIFY_ERROR = -25;
    if (!hasCode<Rpc.Reason, 'bitcoind-rpc.error'>(error, 'bitcoind-rpc.error') || error.reason.rpcCode !== VERIFY_ERROR) throw error;
    return { accepted: false, error: error.reason.rpcMessage.replace(/^TestBlockValidity failed: /, '') };
  }
}

/**
 * The script error inside a verdict, without what differs from version to version: the text in the outer parentheses
 * of "…script-verify-flag… (Invalid Schnorr signature), input 0 of …"; null for every other reason.
 */
export function scriptErrorOf(reason: string): string | null {
  const start = /script-verify-flag(?:-failed)? \(/.exec(reason);
  if (start === null) return null;
  const from = start.index + start[0].length;
  let depth = 1;
  for (let at = from; at < reason.length; at++) {
    if (reason[at] === '(') depth++;
    if (reason[at] === ')' && --depth === 0) return reason.slice(from, at);
  }
  return null;
}

// --- blocks ----------------------------------------------------------------------------------------------------------

async function mine(state: State, blocks: number, options: MineOptions = {}): Promise<Tip> {
  let left = Check.integer(blocks, 'blocks', 1, 10_000);
  const to = options.to === undefined ? state.scriptPubKey : Check.bytes(options.to, 'to');
  if (options.txs !== undefined) {
    const verdict = await generateBlock(state.rpc, to, options.txs, true);
    if (!verdict.accepted)
      fail<Reason>({ code: 'regtest-chain.block-refused', error: verdict.error }, `the block is refused: ${verdict.error}`);
    left--;
  }
  // pieces, so that no call comes near the time limit
  const PIECE = 500;
  for (; left > 0; left -= PIECE) await state.rpc.call('generatetodescriptor', Math.min(left, PIECE), `raw(${Hex.encode(to)})`);
  return tip(state.rpc);
}

async function tip(rpc: Rpc.Rpc): Promise<Tip> {
  const info = Rpc.asObject(await rpc.call('getblockchaininfo'), 'getblockchaininfo');
  return {
    height: Rpc.asInteger(info['blocks'], 'blocks'),
    hash: Rpc.asText(info['bestblockhash'], 'bestblockhash'),
    medianTime: Rpc.asInteger(info['mediantime'], 'mediantime'),
  };
}

async function hashAt(rpc: Rpc.Rpc, height: number): Promise<string> {
  return Rpc.asText(await rpc.call('getblockhash', Check.integer(height, 'height', 0, 0x7fff_ffff)), 'getblockhash');
}

async function headerAt(rpc: Rpc.Rpc, height: number): Promise<{ readonly [key: string]: Rpc.Json }> {
  return Rpc.asObject(await rpc.call('getblockheader', await hashAt(rpc, height)), 'getblockheader');
}

async function blockOf(rpc: Rpc.Rpc, txid: string): Promise<Placed | null> {
  let hash: Rpc.Json | undefined;
  try {
    hash = Rpc.asObject(await rpc.call('getrawtransaction', txid, true), 'getrawtransaction')['blockhash'];
  } catch (error) {
    const UNKNOWN = -5;
    if (Rpc.isRpcError(error, UNKNOWN)) return null;
    throw error;
  }
  if (hash === undefined) return null;
  const header = Rpc.asObject(await rpc.call('getblockheader', hash), 'getblockheader');
  const confirmations = Rpc.asInteger(header['confirmations'], 'confirmations');
  // -1: the index still names a block that a reorganisation has taken away
  if (confirmations < 1) return null;
  return { height: Rpc.asInteger(header['height'], 'height'), hash: Rpc.asText(hash, 'blockhash'), confirmations };
}

async function unspent(rpc: Rpc.Rpc, outpoint: Tx.Outpoint): Promise<(Tx.SpentOutput & { readonly confirmations: number }) | null> {
  const { txid, vout } = Tx.checkOutpoint(outpoint);
  const answer = await rpc.call('gettxout', txid, vout, true);
  if (answer === null) return null;
  const { value, scriptPubKey, confirmations } = Rpc.asObject(answer, 'gettxout');
  return {
    scriptPubKey: Rpc.asBytes(Rpc.asObject(scriptPubKey, 'scriptPubKey')['hex'], 'scriptPubKey'),
    valueSats: Rpc.asSats(value, 'value'),
    confirmations: Rpc.asInteger(confirmations, 'confirmations'),
  };
}

async function invalidate(rpc: Rpc.Rpc, height: number): Promise<string> {
  const hash = await hashAt(rpc, height);
  await rpc.call('invalidateblock', hash);
  return hash;
}

async function reconsider(rpc: Rpc.Rpc, hash: string): Promise<Tip> {
  await rpc.call('reconsiderblock', hash);
  return tip(rpc);
}
