// A second memory of how far a store has come, beside it: a store that was restored from a backup, exchanged or emptied is behind it.
// finality-provider has nothing of the kind (docs/slashing-protection.md): a restored eots.db signs again what it signed before.
//
// The file is written at most about once a second, so it may miss the very last votes before a power cut. It is one of several witnesses:
// the chain's highest voted height is another, and after a restore the watermark belongs above both.
import { createHash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import type { SignStore, Slot, SlotState, StoreIdentity } from '../signer/SignStore.ts';
import { isSame } from './storeFile.ts';

export type Reason =
  | { readonly code: 'witness.corrupt'; readonly path: string; readonly problem: string }
  | { readonly code: 'witness.unwritable'; readonly path: string; readonly problem: string };

/** A slot whose store is behind the witness. Nothing is signed for it until its watermark is raised to `signedElsewhereUpTo`. */
export type Finding = Slot & {
  readonly problem: 'other-store' | 'rolled-back' | 'copied' | 'no-witness';
  /** To be told to the signer: votes up to here may exist that the store does not know. */
  readonly signedElsewhereUpTo: bigint;
};

export type Options = {
  /** `<home>/witness.json`; made when it is missing. */
  readonly path: string;
  readonly store: SignStore;
  /** Which file the store is, for stores of one machine; another file than before is a copy. */
  readonly file?: string;
  /** A key belongs to this store already. Then a witness that is missing was taken away, or the store came from elsewhere. */
  readonly wasServed?: boolean;
  /** How often the store is looked at; default 1,000. 0: only when asked. */
  readonly everyMs?: number;
  /** A file that could not be written is tried again; meanwhile this is told. */
  readonly onProblem?: (error: unknown) => void;
};

type Seen = Slot & {
  /** The higher of the watermark and the highest signed height. */
  readonly knownUpTo: bigint;
  /** The store was found behind: only a watermark as high as this ends the fence, across restarts. */
  readonly fencedUpTo: bigint | undefined;
};

type Content = StoreIdentity & { readonly file: string | undefined; readonly slots: readonly Seen[] };

const FORMAT = 'satlock-witness';
const VERSION = 1;
const MAX_BYTES = 16 * 2 ** 20;

/**
 * Compares a store with what is remembered of it, and remembers from now on.
 *
 * @throws witness.corrupt - the file is there but cannot be read: it is never passed over
 * @throws witness.unwritable, store.*
 */
export async function open(options: Options): Promise<Witness> {
  const { path, store, file, wasServed = false, everyMs = 1_000 } = options;
  const before = await read(path);
  const [identity, slots] = [await store.identity(), await store.slots()];
  const found = before === undefined && wasServed ? unwitnessed(identity, slots) : compared(before, identity, slots, file);
  const witness = new Witness(options, found);
  await witness.write();
  witness.start(Check.integer(everyMs, 'everyMs', 0, 3_600_000));
  return witness;
}

/**
 * What a witness would find now, without writing anything.
 *
 * @throws as {@link open}
 */
export async function look(options: Pick<Options, 'path' | 'store' | 'file' | 'wasServed'>): Promise<readonly Finding[]> {
  const { path, store, file, wasServed = false } = options;
  const before = await read(path);
  const [identity, slots] = [await store.identity(), await store.slots()];
  return (before === undefined && wasServed ? unwitnessed(identity, slots) : compared(before, identity, slots, file)).findings;
}

/** Keeps the file up to date until it is stopped. */
export class Witness {
  /** What was found when it was opened. */
  readonly findings: readonly Finding[];
  readonly #options: Options;
  #slots: ReadonlyMap<string, Seen>;
  #written: string | undefined;
  #writing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  /** Made by {@link open}. */
  constructor(options: Options, { findings, slots }: { readonly findings: readonly Finding[]; readonly slots: readonly Seen[] }) {
    this.#options = options;
    this.findings = findings;
    this.#slots = new Map(slots.map((each) => [nameOf(each), each]));
  }

  /** Looks at the store every so often; a look that finds nothing new writes nothing. */
  start(everyMs: number): void {
    if (everyMs === 0 || this.#timer !== undefined) return;
    this.#timer = setInterval(() => {
      this.write().catch((error: unknown) => this.#options.onProblem?.(error));
    }, everyMs);
    this.#timer.unref();
  }

  /** Writes what the store has come to, if that is news; resolves when it is on stable storage. @throws witness.unwritable, store.* */
  async write(): Promise<void> {
    const next = this.#writing.then(() => this.#write());
    this.#writing = next.catch(() => undefined);
    await next;
  }

  /** Writes a last time. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.write();
  }

  async #write(): Promise<void> {
    const { store, path, file } = this.#options;
    // first the identity: a sequence that is older than the slots is the harmless order
    const identity = await store.identity();
    const slots = united(this.#slots, await store.slots());
    const text = render({ ...identity, file, slots: [...slots.values()] });
    if (text === this.#written) return;
    try {
      await replace(path, text);
    } catch (cause) {
      const problem = cause instanceof Error ? cause.message : 'unusable';
      fail<Reason>({ code: 'witness.unwritable', path, problem }, `${path}: cannot be written (${problem})`, { cause });
    }
    this.#slots = slots;
    this.#written = text;
  }
}

/** What the store lacks of what was seen before. A store that went back, or another one, has to be fenced in all slots by their watermarks. */
function compared(
  before: Content | undefined,
  identity: StoreIdentity,
  states: readonly (Slot & SlotState)[],
  file: string | undefined,
): { readonly findings: readonly Finding[]; readonly slots: readonly Seen[] } {
  if (before === undefined) return { findings: [], slots: [] };
  const isOther = before.storeId !== identity.storeId;
  const wentBack = isOther || identity.sequence < before.sequence;
  const isCopy = before.file !== undefined && file !== undefined && !isSame(before.file, file);
  const now = new Map(states.map((state) => [nameOf(state), state]));
  const findings: Finding[] = [];
  const slots = before.slots.map((seen) => {
    const state = now.get(nameOf(seen));
    const isBehind = wentBack || knownUpTo(state) < seen.knownUpTo;
    // What a copy lacks was signed after it was made: above everything that it knows.
    const missing = isCopy ? max(seen.knownUpTo, knownUpTo(state)) + 1n : isBehind ? seen.knownUpTo : -1n;
    const fence = max(seen.fencedUpTo ?? -1n, missing);
    if (fence < 0n || (state?.watermark ?? -1n) >= fence) return { ...seen, fencedUpTo: undefined };
    const { publicKey, chainId } = seen;
    // votes below the highest one may be lost as well: only the watermark lifts the fence, not a vote that the store still has
    findings.push({
      publicKey,
      chainId,
      problem: isOther ? 'other-store' : isCopy && !wentBack ? 'copied' : 'rolled-back',
      signedElsewhereUpTo: fence,
    });
    return { ...seen, fencedUpTo: fence };
  });
  return { findings, slots };
}

/** A store that was served has a witness: without one it is taken for a copy. One that holds nothing yet has nothing to lose. */
function unwitnessed(
  identity: StoreIdentity,
  states: readonly (Slot & SlotState)[],
): { readonly findings: readonly Finding[]; readonly slots: readonly Seen[] } {
  if (identity.sequence === 0n) return { findings: [], slots: [] };
  const slots = states.map((state) => {
    const { publicKey, chainId } = state;
    const seen = knownUpTo(state);
    return { publicKey, chainId, knownUpTo: seen, fencedUpTo: seen + 1n };
  });
  const findings = slots.map(({ publicKey, chainId, fencedUpTo }) => ({
    ...{ publicKey, chainId, problem: 'no-witness' as const, signedElsewhereUpTo: fencedUpTo },
  }));
  return { findings, slots };
}

/** The higher of both for every slot; a fence ends with a watermark over it. */
function united(before: ReadonlyMap<string, Seen>, states: readonly (Slot & SlotState)[]): Map<string, Seen> {
  const slots = new Map(before);
  for (const state of states) {
    const { publicKey, chainId } = state;
    const seen = slots.get(nameOf(state));
    const fence = seen?.fencedUpTo;
    const fencedUpTo = fence === undefined || (state.watermark ?? -1n) >= fence ? undefined : fence;
    slots.set(nameOf(state), { publicKey, chainId, knownUpTo: max(seen?.knownUpTo ?? -1n, knownUpTo(state)), fencedUpTo });
  }
  return slots;
}

function knownUpTo(state: SlotState | undefined): bigint {
  return max(state?.watermark ?? -1n, state?.highestSigned ?? -1n);
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function nameOf({ publicKey, chainId }: Slot): string {
  return Hex.encode(publicKey) + chainId;
}

function render({ storeId, sequence, file, slots }: Content): string {
  const content = {
    format: FORMAT,
    version: VERSION,
    storeId,
    sequence: sequence.toString(),
    ...(file === undefined ? {} : { file }),
    slots: slots.map((seen) => ({
      publicKey: Hex.encode(seen.publicKey),
      chainId: seen.chainId,
      knownUpTo: seen.knownUpTo.toString(),
      ...(seen.fencedUpTo === undefined ? {} : { fencedUpTo: seen.fencedUpTo.toString() }),
    })),
  };
  return `${JSON.stringify({ ...content, checksum: checksum(content) }, undefined, 2)}\n`;
}

function checksum(content: object): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

async function read(path: string): Promise<Content | undefined> {
  let text: string;
  try {
    const { size } = await fs.stat(path);
    if (size > MAX_BYTES) return corrupt(path, `larger than ${MAX_BYTES} bytes`);
    text = await fs.readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    return corrupt(path, 'no JSON', cause);
  }
  return parse(path, json);
}

function parse(path: string, json: unknown): Content {
  if (typeof json !== 'object' || json === null) return corrupt(path, 'no object');
  const { checksum: given, ...content } = json as Record<string, unknown>;
  if (content['format'] !== FORMAT) corrupt(path, `its format is not ${FORMAT}`);
  if (content['version'] !== VERSION) corrupt(path, `its version is not ${VERSION}`);
  if (given !== checksum(content)) corrupt(path, 'its checksum does not fit');
  const { storeId, sequence, file, slots } = content;
  if (typeof storeId !== 'string' || !/^[0-9a-f]{32}$/.test(storeId) || !Array.isArray(slots)) return corrupt(path, 'a field is missing');
  if (file !== undefined && typeof file !== 'string') return corrupt(path, 'the file is malformed');
  return { storeId, sequence: decimal(path, sequence, 0n), file, slots: slots.map((slot: unknown) => parseSlot(path, slot)) };
}

function parseSlot(path: string, json: unknown): Seen {
  if (typeof json !== 'object' || json === null) return corrupt(path, 'a slot is no object');
  const { publicKey, chainId, knownUpTo, fencedUpTo } = json as Record<string, unknown>;
  if (typeof publicKey !== 'string' || !/^[0-9a-f]{64}$/.test(publicKey) || typeof chainId !== 'string') {
    return corrupt(path, 'a slot has no key or chain id');
  }
  return {
    publicKey: Hex.decode(publicKey),
    chainId,
    knownUpTo: decimal(path, knownUpTo, -1n),
    fencedUpTo: fencedUpTo === undefined ? undefined : decimal(path, fencedUpTo, 0n),
  };
}

function decimal(path: string, value: unknown, min: bigint): bigint {
  const number = typeof value === 'string' && /^(-1|0|[1-9][0-9]{0,19})$/.test(value) ? BigInt(value) : min - 1n;
  return number < min ? corrupt(path, 'a number is malformed') : number;
}

function corrupt(path: string, problem: string, cause?: unknown): never {
  const remedy =
    'it is not passed over: raise the watermark of every key above what the chain shows and the old file names (satlock signer watermark raise), then remove the file';
  return fail<Reason>({ code: 'witness.corrupt', path, problem }, `${path}: ${problem}; ${remedy}`, { cause });
}

/** Old content or new, never a part of it, whenever the power goes. */
async function replace(path: string, text: string): Promise<void> {
  const made = join(dirname(path), `.witness.${randomBytes(8).toString('hex')}.tmp`);
  const file = await fs.open(made, 'wx', 0o600);
  try {
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await fs.rename(made, path);
  } catch (error) {
    await fs.rm(made, { force: true });
    throw error;
  }
  const folder = await fs.open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
