// The lists of randomness that this process made lately, by what a commitment over them signs.
import { isSatlockError } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as MerkleTree from '../crypto/MerkleTree.ts';
import type { Recognisers } from './Recognisers.ts';
import type { RandomnessList, Slot } from './SignStore.ts';
import type { PublicKey } from './types.ts';

/** Values that are hashed at once: a few milliseconds' work. */
const HASHED_AT_ONCE = 512;

export class RandomnessLists {
  readonly #max: number;
  readonly #othersServed: () => Promise<unknown>;
  readonly #byDigest = new Map<string, RandomnessList>();

  /** @unit max: lists; the oldest go first */
  constructor(max: number, othersServed: () => Promise<unknown>) {
    this.#max = max;
    this.#othersServed = othersServed;
  }

  /** Remembers a list; undefined where no commitment over these heights exists (they end at the last height of all). */
  async add(slot: Slot, startHeight: bigint, values: readonly Uint8Array[], recognisers: Recognisers): Promise<RandomnessList | undefined> {
    const { publicKey, chainId } = slot;
    const committed = { chainId, startHeight, count: values.length, root: await this.#rootOf(values) };
    const digest = digestOf(recognisers, committed);
    if (digest === undefined) return undefined;
    const list: RandomnessList = { publicKey, ...committed, digest };
    const id = idOf(publicKey, digest);
    this.#byDigest.delete(id);
    this.#byDigest.set(id, list);
    for (const oldest of this.#byDigest.keys()) {
      if (this.#byDigest.size <= this.#max) break;
      this.#byDigest.delete(oldest);
    }
    return list;
  }

  recall(publicKey: PublicKey, digest: Uint8Array): RandomnessList | undefined {
    return this.#byDigest.get(idOf(publicKey, digest));
  }

  /** {@link MerkleTree.root}, subtree by subtree: the left one holds the largest power of two below the count. */
  async #rootOf(values: readonly Uint8Array[]): Promise<Uint8Array> {
    if (values.length <= HASHED_AT_ONCE) return MerkleTree.root(values);
    const middle = 2 ** (31 - Math.clz32(values.length - 1));
    const left = await this.#rootOf(values.slice(0, middle));
    await this.#othersServed();
    return MerkleTree.innerHash(left, await this.#rootOf(values.slice(middle)));
  }
}

function digestOf(recognisers: Recognisers, list: Parameters<Recognisers['commitmentDigest']>[0]): Uint8Array | undefined {
  try {
    return recognisers.commitmentDigest(list);
  } catch (error) {
    if (isSatlockError(error)) return undefined;
    throw error;
  }
}

function idOf(publicKey: PublicKey, digest: Uint8Array): string {
  return Hex.encode(publicKey) + Hex.encode(digest);
}
