// What a Babylon node tells of a finality provider: how high it has voted, who voted at a height, its commitments and state. The signer holds this
// against its own records: a vote that the chain knows and the store does not is the sign of a lost store, or of a second signer.
// Babylon proto/babylon/finality/v1/query.proto, proto/babylon/btcstaking/v1/query.proto, proto/babylon/checkpointing/v1/query.proto.
import * as FinalityView from '../babylon/FinalityView.ts';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail, hasCode } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as RestGet from './babylon/restGet.ts';

export type Options = {
  /** Of the REST interface: http://127.0.0.1:1317 */
  readonly baseUrl: string;
  /** The chain that the node must be of; refused otherwise. */
  readonly chainId?: string;
  /** For one request, answer included; default 5,000. */
  readonly timeoutMs?: number;
  /** For one answer; default 1 MiB. */
  readonly maxBytes?: number;
};

export type Reason =
  | Check.Reason
  | Hex.Reason
  | FinalityView.Reason
  | RestGet.Reason
  | { readonly code: 'provider-watch.unknown-provider'; readonly publicKey: string }
  | { readonly code: 'provider-watch.other-provider'; readonly expected: string; readonly got: string }
  | { readonly code: 'provider-watch.other-chain'; readonly expected: string; readonly got: string }
  | { readonly code: 'provider-watch.implausible'; readonly highestVotedHeight: string; readonly tipHeight: string }
  | { readonly code: 'provider-watch.endless-list'; readonly path: string };

/** The node's last block. @unit timeNs: nanoseconds since 1970 */
export type Tip = { readonly chainId: string; readonly height: bigint; readonly timeNs: bigint };

/**
 * How high votes of a key are known to exist. It is a lower bound of what was *signed*: the chain counts votes for its own blocks only, and none
 * that it refused or never saw.
 */
export type Sighting = {
  readonly publicKey: Uint8Array;
  readonly chainId: string;
  /** Nothing new may be signed at or below it by a store that does not know it. Undefined: no vote of this key is on the chain. */
  readonly height: bigint | undefined;
  /** `counter`: the chain's own. `tip`: the counter has 32 bits and the chain is higher, so everything up to the tip counts as voted. */
  readonly source: 'counter' | 'tip';
  readonly tip: Tip;
  readonly slashed: boolean;
  readonly jailed: boolean;
};

/** Facts for planning commitments and votes. */
export type Facts = {
  readonly tip: Tip;
  readonly provider: FinalityView.ProviderRecord;
  readonly params: FinalityView.FinalityParams;
  readonly commits: readonly FinalityView.StoredCommit[];
  readonly lastFinalizedEpoch: bigint;
};

export interface ProviderWatch {
  /** @throws provider-watch.*, finality-view.* - an answer that cannot be read is no answer */
  tip(): Promise<Tip>;
  /** @throws as `tip`; provider-watch.unknown-provider, provider-watch.other-provider */
  provider(publicKey: Uint8Array): Promise<FinalityView.ProviderRecord>;
  /**
   * How high votes of the key are known to exist.
   *
   * @throws as `provider`; provider-watch.other-chain
   * @throws provider-watch.implausible - a vote above the node's own tip: the node is wrong, and nothing it says counts
   */
  sighting(publicKey: Uint8Array): Promise<Sighting>;
  /** Who voted for the chain's block of this height. */
  votersAt(height: bigint): Promise<readonly Uint8Array[]>;
  /** The highest height in from..to at which the key voted, or undefined; asks downwards from `to`, one request a height. @unit at most 1,000 heights */
  highestVoteIn(publicKey: Uint8Array, from: bigint, to: bigint): Promise<bigint | undefined>;
  /** Undefined: the chain has no such block yet. */
  block(height: bigint): Promise<FinalityView.IndexedBlock | undefined>;
  /** Power for the votes of a height. @unit satoshi */
  powerAt(publicKey: Uint8Array, height: bigint): Promise<bigint>;
  /** All commitments, ascending. */
  commits(publicKey: Uint8Array): Promise<readonly FinalityView.StoredCommit[]>;
  /** Undefined: the provider was never active. */
  signingInfo(publicKey: Uint8Array): Promise<FinalityView.SigningInfo | undefined>;
  params(): Promise<FinalityView.FinalityParams>;
  /** 0: none yet. */
  lastFinalizedEpoch(): Promise<bigint>;
  facts(publicKey: Uint8Array): Promise<Facts>;
}

const FINALITY = '/babylon/finality/v1';
/** Above this the chain's counter of votes starts again. */
const COUNTER_MAX = 0xffff_ffffn;
const PAGE = 100;
const MAX_PAGES = 1_000;

/**
 * A watch; no connection is made before the first question.
 *
 * @throws provider-watch.bad-url, input.*
 */
export function connect(options: Options): ProviderWatch {
  const { baseUrl, chainId } = Check.object(options, 'options');
  const timeoutMs = Check.integer(options.timeoutMs ?? 5_000, 'timeoutMs', 1, 600_000);
  const maxBytes = Check.integer(options.maxBytes ?? 1_048_576, 'maxBytes', 1, 1 << 28);
  if (chainId !== undefined) Check.text(chainId, 'chainId');
  const get = RestGet.getter({ baseUrl, timeoutMs, maxBytes });
  const tip = (): Promise<Tip> => tipOf(get, chainId);
  const provider = (publicKey: Uint8Array): Promise<FinalityView.ProviderRecord> => providerOf(get, publicKey);
  const commits = (publicKey: Uint8Array): Promise<readonly FinalityView.StoredCommit[]> => commitsOf(get, publicKey);
  const params = async (): Promise<FinalityView.FinalityParams> => FinalityView.paramsFromRest(await get(`${FINALITY}/params`));
  const votersAt = async (height: bigint): Promise<readonly Uint8Array[]> =>
    FinalityView.votersFromRest(await get(`${FINALITY}/votes/${uint64(height, 'height')}`));
  const lastFinalizedEpoch = (): Promise<bigint> => epochOf(get);
  return {
    tip,
    provider,
    commits,
    params,
    votersAt,
    lastFinalizedEpoch,
    sighting: (publicKey) => sightingOf(publicKey, tip, provider),
    highestVoteIn: (publicKey, from, to) => highestVoteIn(publicKey, from, to, votersAt),
    block: (height) =>
      absent(async () => FinalityView.blockFromRest(await get(`${FINALITY}/blocks/${uint64(height, 'height')}`)), /Block is not found/i),
    powerAt: async (publicKey, height) =>
      FinalityView.powerFromRest(await get(`${FINALITY}/finality_providers/${keyText(publicKey)}/power/${uint64(height, 'height')}`)),
    signingInfo: (publicKey) =>
      absent(
        async () => FinalityView.signingInfoFromRest(await get(`${FINALITY}/signing_infos/${keyText(publicKey)}`)),
        /SigningInfo not found/i,
      ),
    facts: async (publicKey) => {
      const known = await tip();
      return {
        tip: known,
        provider: await provider(publicKey),
        params: await params(),
        commits: await commits(publicKey),
        lastFinalizedEpoch: await lastFinalizedEpoch(),
      };
    },
  };
}

const keyText = (publicKey: Uint8Array): string => Hex.encode(Check.bytes(publicKey, 'publicKey', 32));
const uint64 = (value: bigint, field: string): bigint => Check.bigInteger(value, field, 0n, 0xffff_ffff_ffff_ffffn);

/** The gateway gives one status for whatever its modules refuse: only the words tell that a thing is not there. */
async function absent<T>(ask: () => Promise<T>, words: RegExp): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (hasCode<Reason, 'provider-watch.refused'>(error, 'provider-watch.refused') && words.test(error.reason.nodeMessage))
      return undefined;
    throw error;
  }
}

async function tipOf(get: RestGet.Get, expected: string | undefined): Promise<Tip> {
  const answer = object(await get('/cosmos/base/tendermint/v1beta1/blocks/latest'), 'answer');
  // Releases name the block twice; the field that all have comes second.
  const block = object(answer['sdk_block'] ?? answer['block'], 'block');
  const header = object(block['header'], 'block.header');
  const chainId = Check.text(header['chain_id'], 'block.header.chain_id');
  const digits = Check.text(header['height'], 'block.header.height');
  if (!/^[1-9][0-9]{0,18}$/.test(digits))
    fail<FinalityView.Reason>(
      { code: 'finality-view.not-decimal', field: 'block.header.height' },
      'block.header.height: expected a height',
    );
  if (expected !== undefined && chainId !== expected)
    fail<Reason>({ code: 'provider-watch.other-chain', expected, got: chainId }, `the node is of ${chainId}, expected was ${expected}`);
  return {
    chainId,
    height: BigInt(digits),
    timeNs: FinalityView.timeNs(Check.text(header['time'], 'block.header.time'), 'block.header.time'),
  };
}

async function providerOf(get: RestGet.Get, publicKey: Uint8Array): Promise<FinalityView.ProviderRecord> {
  const expected = keyText(publicKey);
  const path = `/babylon/btcstaking/v1/finality_providers/${expected}/finality_provider`;
  const found = await absent(async () => FinalityView.providerFromRest(await get(path)), /finality provider is not found/i);
  if (found === undefined)
    return fail<Reason>({ code: 'provider-watch.unknown-provider', publicKey: expected }, `the chain knows no provider ${expected}`);
  if (!Bytes.equal(found.btcPk, publicKey)) {
    const got = Hex.encode(found.btcPk);
    fail<Reason>(
      { code: 'provider-watch.other-provider', expected, got },
      `asked for the provider ${expected}, the node answers for ${got}`,
    );
  }
  const { queriedHeight: _, ...record } = found;
  return record;
}

/**
 * The provider is asked first: the tip that is read after it is at least as high as the block that the answer is from.
 *
 * The chain stores the highest voted height as 32 bits, and raises it only when those grow. Below 2^32 it is exact; of a higher chain nothing
 * follows from it, so every height up to the tip counts as voted.
 */
async function sightingOf(
  publicKey: Uint8Array,
  askTip: () => Promise<Tip>,
  askProvider: (publicKey: Uint8Array) => Promise<FinalityView.ProviderRecord>,
): Promise<Sighting> {
  const { highestVotedHeight, slashedBabylonHeight, jailed } = await askProvider(publicKey);
  const tip = await askTip();
  const rest = { publicKey: Bytes.copy(publicKey), chainId: tip.chainId, tip, slashed: slashedBabylonHeight !== 0n, jailed };
  if (tip.height > COUNTER_MAX) return { ...rest, height: tip.height, source: 'tip' };
  const counter = BigInt(highestVotedHeight);
  if (counter > tip.height) {
    const reason = { highestVotedHeight: counter.toString(), tipHeight: tip.height.toString() };
    fail<Reason>({ code: 'provider-watch.implausible', ...reason }, `a vote at ${counter} is above the node's tip ${tip.height}`);
  }
  return { ...rest, height: counter === 0n ? undefined : counter, source: 'counter' };
}

async function highestVoteIn(
  publicKey: Uint8Array,
  from: bigint,
  to: bigint,
  votersAt: (height: bigint) => Promise<readonly Uint8Array[]>,
): Promise<bigint | undefined> {
  keyText(publicKey);
  uint64(from, 'from');
  Check.bigInteger(to, 'to', from, from + 999n);
  for (let height = to; height >= from; height--) {
    const voters = await votersAt(height);
    if (voters.some((voter) => Bytes.equal(voter, publicKey))) return height;
  }
  return undefined;
}

async function commitsOf(get: RestGet.Get, publicKey: Uint8Array): Promise<readonly FinalityView.StoredCommit[]> {
  const path = `${FINALITY}/finality_providers/${keyText(publicKey)}/pub_rand_commit_list`;
  const found = new Map<bigint, FinalityView.StoredCommit>();
  let next = '';
  for (let page = 0; page < MAX_PAGES; page++) {
    const query = next === '' ? '' : `&pagination.key=${encodeURIComponent(next)}`;
    const answer = await get(`${path}?pagination.limit=${PAGE}${query}`);
    for (const commit of FinalityView.commitsFromRest(answer)) found.set(commit.startHeight, commit);
    const pagination = object(answer, 'answer')['pagination'];
    const key = pagination === undefined || pagination === null ? '' : object(pagination, 'pagination')['next_key'];
    if (key === undefined || key === null || key === '')
      return [...found.values()].sort((a, b) => (a.startHeight < b.startHeight ? -1 : 1));
    next = Check.text(key, 'pagination.next_key');
  }
  return fail<Reason>({ code: 'provider-watch.endless-list', path }, `${path}: more than ${MAX_PAGES} pages`);
}

/** No checkpoint is final in the first hours of a chain: the node then has none to show. */
async function epochOf(get: RestGet.Get): Promise<bigint> {
  const path = '/babylon/checkpointing/v1/last_raw_checkpoint/CKPT_STATUS_FINALIZED';
  return (
    (await absent(async () => FinalityView.finalizedEpochFromRest(await get(path)), /cannot find checkpoint|raw checkpoint at epoch/i)) ??
    0n
  );
}

function object(value: unknown, field: string): Readonly<Record<string, unknown>> {
  return Check.object(value as Readonly<Record<string, unknown>>, field);
}
