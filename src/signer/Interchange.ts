// Signing histories as JSON, to move a key between signers without signing a height twice: EIP-3076 in spirit, for one-time signatures.
// Bound to key, chain-id and (where given) genesis, with a checksum; schema in historySchema.ts. What may be lost on the way is only the
// permission to sign: an import raises the watermark over everything that the file knows, and nothing ever lowers one.
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as Checked from './checks.ts';
import { height, hex32, list, malformed, object, optional, type Reason as ReadReason, text } from './jsonFields.ts';
import type { Merged, MergeInput, SignRecord, SignStore, Slot, SlotState } from './SignStore.ts';
import type { PublicKey } from './types.ts';

export { HISTORY_SCHEMA } from './historySchema.ts';

export type Reason =
  | Checked.Reason
  | ReadReason
  | { readonly code: 'interchange.not-json' }
  | { readonly code: 'interchange.wrong-version'; readonly version: string }
  | { readonly code: 'interchange.wrong-scheme'; readonly scheme: string }
  | { readonly code: 'interchange.wrong-checksum' }
  | { readonly code: 'interchange.foreign-chain'; readonly chainId: string; readonly expected: readonly string[] }
  | { readonly code: 'interchange.foreign-key'; readonly publicKey: string }
  | { readonly code: 'interchange.foreign-context'; readonly chainId: string }
  | { readonly code: 'interchange.foreign-genesis' | 'interchange.missing-genesis'; readonly chainId: string };

/** The history of one slot. A condemned key is imported as condemned. */
export type History = MergeInput & { readonly condemned?: string | undefined };

export type ParseOptions = {
  /** The chains of this signer: a file with any other one is refused as a whole. */
  readonly expectChainIds?: readonly string[] | undefined;
  /** The keys of this signer. @shape 32 bytes each */
  readonly expectPublicKeys?: readonly Uint8Array[] | undefined;
  /** Genesis hash by chain-id: a file must name the same one. @shape 64 hex digits each */
  readonly genesis?: Readonly<Record<string, string>> | undefined;
  /** Signing context that the votes must have been made in; any unless given. @shape '' or 64 hex digits */
  readonly context?: string | undefined;
};

export type RenderOptions = {
  /** Only these chains. */
  readonly chainIds?: readonly string[] | undefined;
  /** Only these keys. @shape 32 bytes each */
  readonly publicKeys?: readonly Uint8Array[] | undefined;
  readonly genesis?: Readonly<Record<string, string>> | undefined;
  readonly context?: string | undefined;
  /** Which votes are listed: all, or those from a height on; `none` gives watermarks alone. Unlisted ones are under the watermark. */
  readonly votes?: 'all' | 'none' | { readonly from: bigint } | undefined;
  /**
   * Writes the signatures too. Whoever gets two files with different votes of one height has the key then; without signatures the other
   * signer makes the same ones again.
   */
  readonly unsafeSignatures?: boolean | undefined;
};

const VERSION = '1';
const SCHEME = 'babylon-eots-v1';
const CONTEXT = /^([0-9a-f]{64})?$/;

type SlotJson = {
  readonly eots_pk: string;
  readonly chain_id: string;
  readonly genesis_hash?: string;
  readonly context: string;
  readonly min_height: string;
  readonly last_signed_height?: string;
  readonly condemned?: string;
  readonly signed_votes: readonly VoteJson[];
};
type VoteJson = { readonly height: string; readonly signing_root: string; readonly signature?: string };

/**
 * Reads a history. Unknown, missing and malformed fields are refused by name, and nothing of such a file is used. The watermark is the
 * highest of `min_height`, `last_signed_height` and the votes listed. Contradictions are left in: the store that merges them condemns the key.
 *
 * @throws interchange.not-json, interchange.malformed, interchange.unknown-field, interchange.missing-field
 * @throws interchange.wrong-version, interchange.wrong-scheme, interchange.wrong-checksum
 * @throws interchange.foreign-chain, interchange.foreign-key, interchange.foreign-context, interchange.foreign-genesis, interchange.missing-genesis
 * @source EIP-3076
 */
export function parse(source: string, options: ParseOptions = {}): readonly History[] {
  const file = object(fromJson(source), '', ['metadata', 'data']);
  const checksum = readMetadata(file['metadata']);
  const data = list(file['data'], 'data').map((entry, i) => readSlot(entry, `data[${i}]`));
  if (checksumOf(data) !== checksum) {
    fail<Reason>({ code: 'interchange.wrong-checksum' }, 'the checksum is not that of the content: the file was changed or cut off');
  }
  for (const slot of data) checkExpected(slot, Check.object(options, 'options'));
  return data.map(toHistory);
}

/**
 * Merges histories into a store: union of the records, maximum of the watermarks, in one step for each slot. A contradiction condemns its key
 * and nothing of that slot is written; the outcome of each slot says so. Read them.
 *
 * A history is believed: a message that it names without a signature is one that was signed, and is signed again when asked for. Only where
 * the store's own watermark stood over a height already, and it remembers nothing of it, such a record is left out: the store may have
 * signed another message there and pruned it.
 *
 * @throws store.*
 */
export async function importInto(store: SignStore, histories: readonly History[]): Promise<readonly Merged[]> {
  for (const { publicKey, condemned } of Check.list(histories, 'histories')) {
    if (condemned !== undefined) await store.condemn(publicKey, condemned);
  }
  return store.merge(await Promise.all(histories.map((history) => believed(store, history))));
}

async function believed(store: SignStore, { publicKey, chainId, watermark, records }: History): Promise<MergeInput> {
  const slot = { publicKey, chainId };
  const before = (await store.read(slot, [])).watermark ?? -1n;
  const doubtful = records.filter(({ height, signature }) => signature === undefined && height <= before);
  const { records: held } = await store.read(
    slot,
    doubtful.map(({ height }) => height),
  );
  const left = new Set(doubtful.filter((_, i) => held[i] === undefined));
  return { ...slot, watermark, records: records.filter((record) => !left.has(record)) };
}

/**
 * Writes the history of a store, sorted by key, chain-id and height: the same content gives the same text. Signers that run meanwhile sign what
 * is not in it, so they are stopped before a key moves.
 *
 * @throws store.*, interchange.malformed - for a genesis or context that is none
 */
export async function render(store: SignStore, options: RenderOptions = {}): Promise<string> {
  const wanted = (await store.slots()).filter(selector(Check.object(options, 'options')));
  const data: SlotJson[] = [];
  for (const slot of wanted.sort(inOrder)) {
    const rendered = await renderSlot(store, slot, options);
    if (rendered !== undefined) data.push(rendered);
  }
  const metadata = { interchange_format_version: VERSION, scheme: SCHEME, checksum: checksumOf(data) };
  return `${JSON.stringify({ metadata, data }, undefined, 2)}\n`;
}

/** The same, without blanks and checksum, in the one order of fields that both {@link readSlot} and {@link renderSlot} keep. */
function checksumOf(data: readonly SlotJson[]): string {
  const metadata = { interchange_format_version: VERSION, scheme: SCHEME };
  return Hex.encode(sha256(utf8ToBytes(JSON.stringify({ metadata, data }))));
}

function fromJson(source: string): unknown {
  Check.text(source, 'source');
  try {
    return JSON.parse(source);
  } catch {
    // The parser's own message repeats the text, which may be a file of keys given by mistake.
    return fail<Reason>({ code: 'interchange.not-json' }, 'this is no JSON: cut off, or another kind of file');
  }
}

function readMetadata(value: unknown): string {
  const metadata = object(value, 'metadata', ['interchange_format_version', 'scheme', 'checksum']);
  const version = text(metadata['interchange_format_version'], 'metadata.interchange_format_version', 20);
  if (version !== VERSION)
    fail<Reason>(
      { code: 'interchange.wrong-version', version },
      `metadata.interchange_format_version: expected "1", got ${JSON.stringify(version)}`,
    );
  const scheme = text(metadata['scheme'], 'metadata.scheme', 100);
  if (scheme !== SCHEME)
    fail<Reason>({ code: 'interchange.wrong-scheme', scheme }, `metadata.scheme: expected "${SCHEME}", got ${JSON.stringify(scheme)}`);
  return hex32(metadata['checksum'], 'metadata.checksum');
}

/** The entry with every field checked, in the order of the schema. */
function readSlot(value: unknown, at: string): SlotJson {
  const required = ['eots_pk', 'chain_id', 'context', 'min_height', 'signed_votes'];
  const entry = object(value, at, required, ['genesis_hash', 'last_signed_height', 'condemned']);
  const slot: SlotJson = {
    eots_pk: hex32(entry['eots_pk'], `${at}.eots_pk`),
    chain_id: text(entry['chain_id'], `${at}.chain_id`, 128),
    ...optional(entry, 'genesis_hash', (hash) => hex32(hash, `${at}.genesis_hash`)),
    context: contextOf(entry['context'], `${at}.context`),
    min_height: height(entry['min_height'], `${at}.min_height`),
    ...optional(entry, 'last_signed_height', (last) => height(last, `${at}.last_signed_height`)),
    ...optional(entry, 'condemned', (why) => text(why, `${at}.condemned`, 1000, 1)),
    signed_votes: list(entry['signed_votes'], `${at}.signed_votes`).map((vote, i) => readVote(vote, `${at}.signed_votes[${i}]`)),
  };
  const highest = highestOf(slot.signed_votes);
  if (highest !== undefined && slot.last_signed_height !== undefined && BigInt(slot.last_signed_height) < highest) {
    malformed(`${at}.last_signed_height`, `a vote of height ${highest} is listed`);
  }
  return slot;
}

function readVote(value: unknown, at: string): VoteJson {
  const vote = object(value, at, ['height', 'signing_root'], ['signature']);
  return {
    height: height(vote['height'], `${at}.height`),
    signing_root: hex32(vote['signing_root'], `${at}.signing_root`),
    ...optional(vote, 'signature', (signature) => hex32(signature, `${at}.signature`)),
  };
}

function contextOf(value: unknown, at: string): string {
  const context = text(value, at, 64);
  return CONTEXT.test(context) ? context : malformed(at, 'expected "" or 64 lower-case hex digits');
}

function checkExpected({ eots_pk, chain_id, genesis_hash, context }: SlotJson, options: ParseOptions): void {
  const { expectChainIds, expectPublicKeys, genesis } = options;
  if (expectChainIds !== undefined && !expectChainIds.includes(chain_id)) {
    const reason = { code: 'interchange.foreign-chain', chainId: chain_id, expected: expectChainIds } as const;
    fail<Reason>(reason, `this history is of chain ${JSON.stringify(chain_id)}, expected ${expectChainIds.join(' or ')}`);
  }
  if (expectPublicKeys !== undefined && !expectPublicKeys.some((key) => Hex.encode(key) === eots_pk)) {
    fail<Reason>(
      { code: 'interchange.foreign-key', publicKey: eots_pk },
      `this history is of key ${eots_pk}, which is not one of this signer`,
    );
  }
  if (options.context !== undefined && options.context !== context) {
    fail<Reason>(
      { code: 'interchange.foreign-context', chainId: chain_id },
      `the votes of ${chain_id} were made in another signing context`,
    );
  }
  const expected = genesis !== undefined && Object.hasOwn(genesis, chain_id) ? genesis[chain_id] : undefined;
  if (expected === undefined || expected === genesis_hash) return;
  const code = genesis_hash === undefined ? 'interchange.missing-genesis' : 'interchange.foreign-genesis';
  const advice = 'networks with one chain-id share their nonces: a key that voted on both is spent';
  fail<Reason>({ code, chainId: chain_id }, `the history does not name the genesis of this ${chain_id}; ${advice}`);
}

function toHistory(slot: SlotJson): History {
  const records = slot.signed_votes.map(
    ({ height, signing_root, signature }): SignRecord => ({
      height: BigInt(height),
      signingRoot: Hex.decode(signing_root),
      ...(signature === undefined ? {} : { signature: Hex.decode(signature) }),
    }),
  );
  const watermark = [BigInt(slot.last_signed_height ?? 0), highestOf(slot.signed_votes) ?? 0n].reduce(higher, BigInt(slot.min_height));
  const history: History = { publicKey: Hex.decode(slot.eots_pk), chainId: slot.chain_id, watermark, records };
  return slot.condemned === undefined ? history : { ...history, condemned: slot.condemned };
}

/** Undefined for a slot that protects nothing: it is open at every height, and a file must not open it elsewhere. */
async function renderSlot(store: SignStore, slot: Slot & SlotState, options: RenderOptions): Promise<SlotJson | undefined> {
  const { publicKey, chainId, watermark, highestSigned, condemned } = slot;
  const genesis = options.genesis !== undefined && Object.hasOwn(options.genesis, chainId) ? options.genesis[chainId] : undefined;
  const votes = await votesOf(store, slot, options);
  const highest = highestOf(votes);
  const min = [watermark ?? -1n, highestSigned ?? -1n, highest ?? -1n].reduce(higher);
  if (min < 0n && condemned === undefined) return undefined;
  return {
    eots_pk: Hex.encode(publicKey),
    chain_id: chainId,
    ...(genesis === undefined ? {} : { genesis_hash: hex32(genesis, `genesis[${chainId}]`) }),
    context: contextOf(options.context ?? '', 'context'),
    min_height: higher(min, 0n).toString(),
    ...(highest === undefined ? {} : { last_signed_height: highest.toString() }),
    ...(condemned === undefined ? {} : { condemned: condemned.slice(0, 1000) || 'condemned' }),
    signed_votes: votes,
  };
}

async function votesOf(store: SignStore, slot: Slot, options: RenderOptions): Promise<readonly VoteJson[]> {
  const { votes = 'all', unsafeSignatures = false } = options;
  const listed: VoteJson[] = [];
  if (votes === 'none') return listed;
  const range = votes === 'all' ? {} : { from: Checked.height(votes.from, 'votes.from') };
  for await (const { height, signingRoot, signature } of store.records(slot, range)) {
    const vote = { height: height.toString(), signing_root: Hex.encode(signingRoot) };
    listed.push(unsafeSignatures && signature !== undefined ? { ...vote, signature: Hex.encode(signature) } : vote);
  }
  return listed;
}

function selector({ chainIds, publicKeys }: RenderOptions): (slot: Slot) => boolean {
  return ({ publicKey, chainId }) =>
    (chainIds === undefined || chainIds.includes(chainId)) &&
    (publicKeys === undefined || publicKeys.some((key: PublicKey) => Bytes.equal(key, publicKey)));
}

function inOrder(a: Slot, b: Slot): number {
  return Bytes.compare(a.publicKey, b.publicKey) || (a.chainId < b.chainId ? -1 : 1);
}

function highestOf(votes: readonly VoteJson[]): bigint | undefined {
  return votes.reduce<bigint | undefined>((highest, vote) => higher(highest ?? 0n, BigInt(vote.height)), undefined);
}

function higher(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
