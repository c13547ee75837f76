// The signer of finality votes: read, decide, compute, claim, decide again, release. A signature that was computed, but not claimed in the
// durable store, never leaves. finality-provider eotsmanager/localmanager.go is the reference; what it does not have is in Decision.ts.
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail, isSatlockError } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import { auto, type Ecc } from '../crypto/Ecc.ts';
import * as Eots from '../crypto/Eots.ts';
import * as PubRand from '../crypto/PubRand.ts';
import * as Schnorr from '../crypto/Schnorr.ts';
import * as Checked from './checks.ts';
import { decide, type Question } from './Decision.ts';
import { Evidence, type EvidenceSource } from './evidence.ts';
import { UnlockedKeys } from './keyMaterial.ts';
import type { Item, Outcome, Reason, SignerEvent, SignerOptions } from './ports.ts';
import { RandomnessLists } from './randomnessLists.ts';
import type { Reading, Slot } from './SignStore.ts';
import { type Asked, corrupt, question, released, type Signed, settle, stateAt } from './settle.ts';
import type { PublicKey } from './types.ts';

export type { EvidenceSource } from './evidence.ts';
export type { Item, KeyRing, Limits, Outcome, RandomnessSource, Reason, SignerEvent, SignerOptions } from './ports.ts';

/** Lists this long are remembered in the store; shorter ones are asked for with every vote, and no chain takes a commitment to them. */
const REMEMBERED_FROM = 100;
/** What is asked for with a vote or two; handing it to another thread takes longer than computing it. */
const FEW = 16;
/** A point with its parity, and a seal over each part of a range. */
const POINT_BYTES = 33;
const SEAL_BYTES = 32;
const MAX_CHAIN_ID = 128;
/** Chains on which one key opens its history by itself; further ones are opened by an operator. */
const MAX_SELF_OPENED = 32;
const MAX_ITEMS = 10_000;
/** An answer of eotsd's greatest size holds that many. */
const MAX_HEIGHTS = 480_000;

/** Signs votes, each height once; makes randomness; signs what commits to it. One object serves any number of keys, chains and callers. */
export class Signer {
  readonly #options: SignerOptions;
  readonly #ecc: Ecc;
  readonly #evidence = new Evidence();
  readonly #keys: UnlockedKeys;
  readonly #lists: RandomnessLists;
  readonly #othersServed: () => Promise<unknown>;

  constructor(options: SignerOptions) {
    this.#options = Check.object(options, 'options');
    this.#ecc = options.ecc ?? auto();
    this.#keys = new UnlockedKeys(options.keys, this.#ecc, options.limits?.pointsKept);
    this.#othersServed = options.othersServed ?? (() => Promise.resolve());
    this.#lists = new RandomnessLists(options.limits?.listsKept ?? 4096, this.#othersServed);
  }

  /**
   * Signs one vote, or returns what was signed before, or says why not.
   *
   * @throws store.* - the store failed: nothing left, and asking again tells what became of it
   * @throws signer.unknown-key, signer.locked-key, signer.key-mismatch, input.*
   */
  async sign(request: Slot & Item): Promise<Outcome> {
    const { publicKey, chainId, height, message } = Check.object(request, 'request');
    const [outcome] = await this.signBatch({ publicKey, chainId }, [{ height, message }]);
    if (outcome === undefined) return corrupt('a store lost an outcome');
    return outcome.kind === 'refused'
      ? { kind: 'refused', refusal: outcome.refusal }
      : { kind: outcome.kind, signature: outcome.signature };
  }

  /**
   * Signs many votes of one slot, which become durable together. Each has its own outcome, in the order asked.
   *
   * @throws signer.repeated-height - and nothing of the batch is signed
   * @throws as {@link Signer.sign}; signer.too-many
   */
  async signBatch(slot: Slot, items: readonly Item[]): Promise<readonly (Outcome & { readonly height: bigint })[]> {
    const own = this.#slot(slot);
    const asked = this.#asked(own, items);
    if (asked.length === 0) return [];
    const { stored, lost } = await this.#read(own, asked);
    const questions = asked.map((each, i) => question(each, stateAt(stored, i, each.height), lost));
    const decisions = questions.map(decide);
    const settled = await this.#claim(
      own,
      questions.filter((_, i) => decisions[i]?.kind === 'sign'),
    );
    const outcomes = asked.map(({ height }, i) => ({ ...released(decisions[i], settled), height }));
    this.#evidence.told(
      own,
      outcomes.filter(({ kind }) => kind !== 'refused').map(({ height }) => height),
    );
    for (const outcome of outcomes) {
      const { kind, height } = outcome;
      this.#tell(kind === 'refused' ? { kind, slot: own, height, refusal: outcome.refusal } : { kind, slot: own, height });
    }
    return outcomes;
  }

  /**
   * The public randomness of a list of heights, in order. The signer remembers the list: it signs a commitment to it, and votes of its
   * heights cost no multiplication.
   *
   * @shape 32 bytes each
   * @unit count: heights, interval: 1 unless given
   * @throws signer.too-many, signer.unknown-key, signer.locked-key, signer.key-mismatch, store.*, input.*
   */
  async randomness(
    request: Slot & { readonly startHeight: bigint; readonly count: number; readonly interval?: bigint | undefined },
  ): Promise<readonly Uint8Array[]> {
    const slot = this.#slot(Check.object(request, 'request'));
    const { startHeight, count, interval = 1n } = request;
    const max = this.#options.limits?.maxHeights ?? MAX_HEIGHTS;
    if (Check.integer(count, 'count', 0, Number.MAX_SAFE_INTEGER) > max) tooMany('heights', max, count);
    Check.bigInteger(interval, 'interval', 1n, Checked.MAX_HEIGHT);
    Checked.height(Checked.height(startHeight, 'startHeight') + interval * BigInt(Math.max(count - 1, 0)), 'startHeight of the last value');
    const values = await this.#values(slot, { startHeight, count, interval });
    // The chain reads a commitment as one of consecutive heights: none is signed over another list.
    if (count > 0 && interval === 1n) {
      const list = await this.#lists.add(slot, startHeight, values, this.#options.recognisers);
      if (list !== undefined && count >= REMEMBERED_FROM) await this.#ask(() => this.#options.store.remember(list));
    }
    this.#tell({ kind: 'randomness', slot, startHeight, count });
    return values;
  }

  /**
   * A BIP340 signature over a digest that this signer knows: the commitment over a list of randomness that it made, or the proof of
   * possession of an address that the operator listed. No other digest is ever signed: it could be the spend of a Bitcoin output.
   *
   * @shape digest: 32 bytes; result: 64 bytes
   * @throws signer.unknown-digest
   * @throws signer.unknown-key, signer.locked-key, signer.key-mismatch, store.*, input.*
   */
  async signDigest(request: { readonly publicKey: Uint8Array; readonly digest: Uint8Array }): Promise<Uint8Array> {
    const publicKey = Bytes.copy(Check.bytes(Check.object(request, 'request').publicKey, 'publicKey', 32));
    const digest = Bytes.copy(Check.bytes(request.digest, 'digest', 32));
    this.#keys.materialOf(publicKey);
    const what = await this.#meaningOf(publicKey, digest);
    if (what === undefined) {
      fail<Reason>(
        { code: 'signer.unknown-digest', publicKey: Hex.encode(publicKey) },
        'this digest is no commitment to randomness that this signer made, and no proof of possession of a listed address',
      );
    }
    // Asked for again: it may have been locked meanwhile.
    this.#keys.materialOf(publicKey);
    const signature = Schnorr.sign(digest, this.#keys.secretOf(publicKey), undefined, this.#ecc);
    this.#tell({ kind: 'digest', publicKey, what });
    return signature;
  }

  /**
   * Takes note of a vote that exists (the chain shows it), or that existed when a witness was written. It counts at once; if the store does
   * not know the vote, nothing new is signed in the slot until the watermark is raised to it.
   *
   * @returns the highest vote that the store has lost, if any; a store that does not answer is asked again with the next signature
   */
  async observe(slot: Slot, height: bigint, source: EvidenceSource): Promise<bigint | undefined> {
    const own = this.#slot(slot);
    this.#evidence.observe(own, Checked.height(height), source);
    try {
      return (await this.#read(own, [])).lost;
    } catch {
      return this.#evidence.lost(own);
    }
  }

  /** Wipes what was kept of a key, or of all keys: the ring locked it. */
  forget(publicKey?: Uint8Array): void {
    this.#keys.forget(publicKey);
  }

  /** Computes signatures that nobody sees yet, claims their heights, and decides again on what the store made of it. */
  async #claim(slot: Slot, questions: readonly (Question & Asked)[]): Promise<IterableIterator<Outcome>> {
    if (questions.length === 0) return [].values();
    const records = this.#compute(slot, questions);
    const claimed = await this.#ask(() => this.#options.store.claim(slot, records));
    if (claimed.length !== records.length) corrupt('a store answered a claim with another number of outcomes');
    return questions.map((each, i) => settle(each, claimed[i], records[i])).values();
  }

  #compute(slot: Slot, questions: readonly (Question & Asked)[]): readonly Signed[] {
    const material = this.#keys.materialOf(slot.publicKey);
    const signedAtMs = this.#options.nowMs();
    return questions.map(({ height, signingRoot, message, stored }) => {
      const mustVerify = this.#options.verifyAll === true || stored.record !== undefined;
      const { signature, pubRand } = material.sign(slot.chainId, height, signingRoot, mustVerify);
      if (pubRand !== undefined) {
        const verified = Eots.verify({ publicKey: slot.publicKey, pubRand, message, signature }, this.#ecc);
        if (!verified)
          fail<Reason>({ code: 'signer.bad-signature', height }, `the signature of height ${height} does not verify: nothing left`);
      }
      return { height, signingRoot, signature, message, signedAtMs };
    });
  }

  /** What the store knows of the heights, compared with what is known elsewhere; opens the slot of a new key. */
  async #read(
    slot: Slot,
    asked: readonly Asked[],
    mayEnrol = true,
  ): Promise<{ readonly stored: Reading; readonly lost: bigint | undefined }> {
    const before = this.#evidence.before(
      slot,
      asked.map(({ height }) => height),
    );
    const stored = await this.#ask(() => this.#options.store.read(slot, before.lookUp));
    if (stored.records.length !== before.lookUp.length) corrupt('a store answered a read with another number of records');
    const { lost, newlyLost } = this.#evidence.compare(slot, before, stored);
    if (lost !== undefined && newlyLost) this.#tell({ kind: 'fenced', slot, height: lost });
    const isNew = stored.watermark === undefined && stored.condemned === undefined && lost === undefined;
    if (!isNew || !mayEnrol || !asked.some(isVote)) return { stored, lost };
    if (!this.#options.keys.opensByItself(slot.publicKey)) {
      // A key that nobody has gives a clearer answer than a slot that nobody opened.
      this.#keys.secretOf(slot.publicKey);
      return { stored, lost };
    }
    // Chain ids come from callers: without a limit they could fill the store with slots.
    const all = await this.#ask(() => this.#options.store.slots());
    const open = all.filter(({ publicKey }) => Bytes.equal(publicKey, slot.publicKey)).length;
    if (open >= MAX_SELF_OPENED) tooMany('chains', MAX_SELF_OPENED, open + 1);
    const enrolled = await this.#ask(() => this.#options.store.enrol(slot, -1n));
    if (enrolled === 'enrolled') this.#tell({ kind: 'enrolled', slot });
    return this.#read(slot, asked, false);
  }

  async #values(slot: Slot, range: PubRand.HeightRange): Promise<readonly Uint8Array[]> {
    const { randomness } = this.#options;
    const source = (): PubRand.NonceSource => this.#keys.materialOf(slot.publicKey).source(slot.chainId);
    if (randomness === undefined || range.count <= FEW) return PubRand.publicOf(source().prepare(range).points);
    const given = await randomness.points(this.#keys.secretOf(slot.publicKey), slot.chainId, range);
    // Copied first: memory that another thread can write could change after its seal was checked.
    const points = Bytes.copy(Check.bytes(given.points, 'points', POINT_BYTES * range.count));
    const parts = PubRand.splitRange(range);
    const seals = Bytes.copy(Check.bytes(given.seal, 'seal', SEAL_BYTES * parts.length));
    const values: Uint8Array[] = [];
    for (const [i, part] of parts.entries()) {
      const start = POINT_BYTES * values.length;
      const own = points.subarray(start, start + POINT_BYTES * part.count);
      // Asked for only now, and each time: the key may be locked meanwhile, and calls for other chains may put its source out.
      source().adopt({ ...part, points: own, seal: seals.subarray(SEAL_BYTES * i, SEAL_BYTES * (i + 1)) });
      values.push(...PubRand.publicOf(own));
      await this.#othersServed();
    }
    return values;
  }

  async #meaningOf(publicKey: PublicKey, digest: Uint8Array): Promise<'commitment' | 'possession' | undefined> {
    const { store, keys, recognisers } = this.#options;
    const listed = keys.possessionAddresses(publicKey);
    if (listed.some((address) => recognisers.possessionDigests(address).some((known) => Bytes.equal(known, digest)))) return 'possession';
    const list = this.#lists.recall(publicKey, digest) ?? (await this.#ask(() => store.recall(publicKey, digest)));
    if (list === undefined || !Bytes.equal(list.publicKey, publicKey)) return undefined;
    // Computed again: who can write into the store must not be able to have any digest signed.
    return Bytes.equal(recognisers.commitmentDigest(list), digest) ? 'commitment' : undefined;
  }

  #slot(slot: Slot): Slot {
    const own = Checked.slot(slot);
    if (own.chainId.length > MAX_CHAIN_ID) tooMany('chain-id', MAX_CHAIN_ID, own.chainId.length);
    const { chains } = this.#options;
    if (chains !== undefined && !chains.includes(own.chainId)) {
      const text = `this signer serves ${chains.join(', ')}, not ${JSON.stringify(own.chainId)}`;
      fail<Reason>({ code: 'signer.foreign-chain', chainId: own.chainId }, text);
    }
    return own;
  }

  /** Reads and copies everything that was asked before anything waits: what was checked is what is signed. */
  #asked({ chainId }: Slot, items: readonly Item[]): readonly Asked[] {
    const max = this.#options.limits?.maxItems ?? MAX_ITEMS;
    if (Check.list(items, 'items').length > max) tooMany('items', max, items.length);
    const heights = new Set<bigint>();
    return items.map((item, i): Asked => {
      const { height, message } = Check.object(item, `items[${i}]`);
      if (heights.has(Checked.height(height))) {
        fail<Reason>({ code: 'signer.repeated-height', height }, `height ${height} stands twice in one batch: nothing of it was signed`);
      }
      heights.add(height);
      const own = Bytes.copy(Check.bytes(message, 'message'));
      return { height, message: own, signingRoot: Eots.messageRoot(own), vote: this.#options.recognisers.vote(own, chainId) };
    });
  }

  /** Every failure of the store is one of this library's errors; what they stand for is never taken for an answer. */
  async #ask<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (cause) {
      if (isSatlockError(cause)) throw cause;
      return fail<Reason>({ code: 'store.unavailable' }, 'the store of signatures failed: nothing was signed', { cause });
    }
  }

  #tell(event: SignerEvent): void {
    try {
      this.#options.onEvent?.(event);
    } catch {
      // Who listens cannot change what is signed.
    }
  }
}

/** What is worth opening a slot for. */
function isVote({ height, vote }: Asked): boolean {
  return vote?.height === height;
}

function tooMany(what: 'items' | 'heights' | 'chain-id' | 'chains', max: number, got: number): never {
  const words = {
    items: 'votes in one batch',
    heights: 'heights in one list of randomness',
    'chain-id': 'characters in a chain-id',
    chains: 'chains of one key that open by themselves',
  };
  fail<Reason>({ code: 'signer.too-many', what, max, got }, `at most ${max} ${words[what]}, got ${got}`);
}
