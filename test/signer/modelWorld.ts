// What may happen to a signer, acted out: two processes on one store, restarts, copies that are restored, exchanged stores, imports, faults of the
// store before and after its write, and answers that overtake each other. Nothing here is a mock of the signer; time is counted in turns.
import { sha256 } from '@noble/hashes/sha2.js';
import * as Bytes from '../../src/base/Bytes.ts';
import { fail, isSatlockError } from '../../src/base/Errors.ts';
import * as Hex from '../../src/base/Hex.ts';
import type { SecretKey } from '../../src/crypto/SecretKey.ts';
import * as Interchange from '../../src/signer/Interchange.ts';
import { type MemoryImage, MemoryStore } from '../../src/signer/MemoryStore.ts';
import { type KeyRing, Signer } from '../../src/signer/Signer.ts';
import type { SignStore, Slot, StoreIdentity } from '../../src/signer/SignStore.ts';
import { RECOGNISERS, secretOf, TestRing, text, vote } from './support.ts';

const KEYS: readonly SecretKey[] = [secretOf('model 1'), secretOf('model 2')];
const CHAINS = ['chain-a', 'chain-b'];

/** A small generator of turns and faults, so that a seed replays a run exactly. */
export class Turns {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed | 0) === 0 ? 1 : seed | 0;
  }

  below(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % limit;
  }

  /** Lets others go first, for up to `most` turns. */
  async wait(most: number): Promise<void> {
    for (let turns = this.below(most + 1); turns > 0; turns--) await undefined;
  }
}

/** How the store behaves at the moment. @unit perMille: calls of 1,000 that fail before, and as many that fail after, they took effect */
type Weather = { turns: Turns; perMille: number };

/** A store whose answers are late, and whose calls fail. */
function faulty(store: SignStore, weather: Weather): SignStore {
  const broken = (): never => fail({ code: 'store.unavailable' }, 'a fault of the test');
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return async (...args: unknown[]): Promise<unknown> => {
        await weather.turns.wait(4);
        if (weather.turns.below(1000) < weather.perMille) broken();
        const answer: unknown = await Reflect.apply(member, target, args);
        await weather.turns.wait(4);
        if (weather.turns.below(1000) < weather.perMille) broken();
        return answer;
      };
    },
  });
}

/** The keys open their slots by themselves in the store that they were made with, and in no other. */
class BoundRing extends TestRing implements KeyRing {
  open: string;
  readonly #bound: string;

  constructor(storeId: string) {
    super();
    this.#bound = storeId;
    this.open = storeId;
    for (const key of KEYS) this.add(key);
  }

  override opensByItself(publicKey: Uint8Array): boolean {
    return this.open === this.#bound && super.opensByItself(publicKey);
  }
}

export type Ask = {
  readonly signer: number;
  readonly slot: number;
  readonly height: number;
  readonly message: number;
  readonly form: number;
};

/** How often what happened: a test in which nothing happens proves nothing. */
export type Tally = Map<string, number>;

export class ModelWorld {
  readonly slots: readonly Slot[];
  readonly tally: Tally;
  #store = new MemoryStore();
  readonly #ring: BoundRing;
  #signers: Signer[] = [];
  readonly #weather: Weather = { turns: new Turns(1), perMille: 0 };
  readonly #images: MemoryImage[] = [];
  readonly #exports: string[] = [];
  /** Beside the store: how far it was, and what it must be raised to where it was found to have gone back. */
  #witness: StoreIdentity = { storeId: '', sequence: 0n };
  readonly #highest = new Map<number, bigint>();
  readonly #fences = new Map<number, bigint>();
  /** The model: what has left, by slot and height. */
  readonly #left = new Map<string, string>();
  /** What another signer of the key has signed, by an imported history: it left before it was imported, and the key is spent if we differ. */
  readonly #leftElsewhere = new Set<string>();

  private constructor(storeId: string, tally: Tally) {
    this.#ring = new BoundRing(storeId);
    this.tally = tally;
    const keys = this.#ring.publicKeys();
    this.slots = keys.flatMap((publicKey) => CHAINS.map((chainId) => ({ publicKey, chainId })));
  }

  static async start(tally: Tally): Promise<ModelWorld> {
    const store = new MemoryStore();
    const world = new ModelWorld((await store.identity()).storeId, tally);
    world.#store = store;
    await world.restart();
    return world;
  }

  count(what: string, times = 1): void {
    this.tally.set(what, (this.tally.get(what) ?? 0) + times);
  }

  /** Requests at once, to both processes, while `meanwhile` happens; `perMille` of the calls of the store fail. */
  async ask(asks: readonly Ask[], seed: number, perMille: number, meanwhile: () => Promise<void> = async () => {}): Promise<void> {
    Object.assign(this.#weather, { turns: new Turns(seed), perMille });
    this.count('operation', asks.length);
    const batches = new Map<string, Ask[]>();
    const single: Promise<void>[] = [];
    for (const ask of asks) {
      const batch = batches.get(`${ask.signer} ${ask.slot}`) ?? [];
      const isRepeat = batch.some(({ height }) => height === ask.height);
      if (ask.form < 12 || (isRepeat && ask.form < 24)) single.push(this.#one(ask));
      else batches.set(`${ask.signer} ${ask.slot}`, [...batch, ask]);
    }
    await Promise.all([...single, ...[...batches.values()].map((batch) => this.#batch(batch)), meanwhile()]);
    this.#weather.perMille = 0;
    await this.#witnessed();
  }

  /** New processes, which read the witness before they sign. */
  async restart(): Promise<void> {
    const identity = await this.#store.identity();
    const wentBack = identity.storeId !== this.#witness.storeId || identity.sequence < this.#witness.sequence;
    for (const [slot, height] of this.#highest) {
      const { watermark = -1n, highestSigned = -1n } = await this.#store.read(this.slots[slot] ?? failed(), []);
      if (wentBack || (highestSigned < height && watermark < height)) this.#fences.set(slot, height);
    }
    this.#witness = identity;
    this.#ring.open = identity.storeId;
    for (const i of [0, 1]) await this.#newProcess(i);
    this.count('restart');
  }

  backup(): void {
    this.#images.push(this.#store.image());
    if (this.#images.length > 4) this.#images.shift();
  }

  async restore(which: number): Promise<void> {
    const image = this.#images[which % Math.max(1, this.#images.length)];
    if (image === undefined) return;
    this.#store = new MemoryStore(image);
    this.count('restore');
    await this.restart();
  }

  async exchange(): Promise<void> {
    this.#store = new MemoryStore();
    this.count('exchange');
    await this.restart();
  }

  async export(unsafeSignatures: boolean): Promise<void> {
    this.#exports.push(await Interchange.render(this.#store, { unsafeSignatures }));
    if (this.#exports.length > 4) this.#exports.shift();
  }

  async import(which: number): Promise<void> {
    const source = this.#exports[which % Math.max(1, this.#exports.length)];
    if (source === undefined) return;
    await Interchange.importInto(this.#store, Interchange.parse(source, { expectChainIds: CHAINS }));
    this.count('import');
  }

  /** A history from elsewhere, perhaps of other votes than ours. */
  async importForeign(slot: number, heights: readonly number[], message: number): Promise<void> {
    const { publicKey, chainId } = this.slots[slot] ?? failed();
    const records = heights.map((height) => ({ height: BigInt(height), signingRoot: sha256(vote(BigInt(height), message)) }));
    for (const { height, signingRoot } of records) this.#leftElsewhere.add(`${slot} ${height} ${Hex.encode(signingRoot)}`);
    const [merged] = await Interchange.importInto(this.#store, [{ publicKey, chainId, watermark: -1n, records }]);
    this.count(merged?.contradiction === undefined ? 'foreign import' : 'contradiction');
  }

  /** What an operator does about a fence, or for any other reason. */
  async raise(slot: number, height: number | 'to the fence'): Promise<void> {
    const at = this.slots[slot] ?? failed();
    const to = height === 'to the fence' ? this.#fences.get(slot) : BigInt(height);
    if (to === undefined) return;
    const watermark = await this.#store.raiseWatermark(at, to);
    const fence = this.#fences.get(slot);
    if (fence !== undefined && watermark >= fence) {
      // Together: a copy from before this watermark must be known as one.
      this.#fences.delete(slot);
      this.#witness = await this.#store.identity();
    }
    this.count('raise');
  }

  async prune(slot: number, height: number): Promise<void> {
    await this.#store.prune(this.slots[slot] ?? failed(), BigInt(height));
    this.count('prune');
  }

  async prepare(slot: number, startHeight: number): Promise<void> {
    const at = this.slots[slot] ?? failed();
    await this.#signers[0]?.randomness({ ...at, startHeight: BigInt(startHeight), count: 3 });
    this.count('prepare');
  }

  async #newProcess(i: number): Promise<void> {
    const store = faulty(this.#store.another(), this.#weather);
    const signer = new Signer({ store, keys: this.#ring, recognisers: RECOGNISERS, nowMs: () => 0n });
    for (const [slot, height] of this.#fences) await signer.observe(this.slots[slot] ?? failed(), height, 'witness');
    this.#signers[i] = signer;
  }

  async #one(ask: Ask): Promise<void> {
    const slot = this.slots[ask.slot] ?? failed();
    const signer = this.#signers[ask.signer] ?? failed();
    await this.#weather.turns.wait(6);
    await this.#caught(async () => {
      const outcome = await signer.sign({ ...slot, ...itemOf(ask) });
      this.#judge(ask, outcome.kind === 'refused' ? outcome.refusal.code : outcome);
    });
  }

  async #batch(asks: readonly Ask[]): Promise<void> {
    const [{ slot, signer }] = asks as [Ask];
    await this.#weather.turns.wait(6);
    await this.#caught(async () => {
      const outcomes = await (this.#signers[signer] ?? failed()).signBatch(this.slots[slot] ?? failed(), asks.map(itemOf));
      for (const [i, outcome] of outcomes.entries()) {
        this.#judge(asks[i] ?? failed(), outcome.kind === 'refused' ? outcome.refusal.code : outcome);
      }
    });
  }

  /** The model, in two lines: what leaves at a slot and height is the first that left there. */
  #judge(ask: Ask, outcome: string | { readonly kind: string; readonly signature: Uint8Array }): void {
    this.count(typeof outcome === 'string' ? outcome : outcome.kind);
    if (typeof outcome === 'string') return;
    const at = `${ask.slot} ${ask.height}`;
    const what = Hex.encode(Bytes.concat(itemOf(ask).message, outcome.signature));
    const first = this.#left.get(at) ?? what;
    this.#left.set(at, first);
    if (first !== what && !this.#leftElsewhere.has(`${at} ${Hex.encode(sha256(itemOf(ask).message))}`))
      throw new Error(`two different messages left at slot ${ask.slot}, height ${ask.height}`);
  }

  async #caught(run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      if (!isSatlockError(error)) throw error;
      this.count(error.code);
    }
  }

  async #witnessed(): Promise<void> {
    this.#witness = await this.#store.identity();
    for (const [i, slot] of this.slots.entries()) {
      const { highestSigned = -1n } = await this.#store.read(slot, []);
      if (highestSigned > (this.#highest.get(i) ?? -1n)) this.#highest.set(i, highestSigned);
    }
  }
}

/** Most are votes of the height that is asked for. */
function itemOf({ height, message, form }: Ask): { readonly height: bigint; readonly message: Uint8Array } {
  if (form === 5) return { height: BigInt(height), message: text('no vote') };
  if (form === 4) return { height: BigInt(height), message: vote(BigInt(height + 1), message) };
  return { height: BigInt(height), message: vote(BigInt(height), message) };
}

function failed(): never {
  throw new Error('the test asked for something that is not there');
}
