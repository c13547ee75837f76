// The lists of randomness that this process made lately, by what a commitment over them signs.
import { isSatlockError } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as MerkleTree from '../crypto/MerkleTree.ts';
import type { Recognisers } from './Recognisers.ts';
import type { RandomnessList, Slot } from './SignStore.ts';
import type { PublicKey } from './types.ts';

export class RandomnessLists {
  readonly #max: number;
  readonly #byDigest = new Map<string, RandomnessList>();

  /** @unit max: lists; the oldest go first */
  constructor(max: number) {
    this.#max = max;
  }

  /** Remembers a list; undefined where no commitment over these heights exists (they end at the last height of all). */
  add(slot: Slot, startHeight: bigint, values: readonly Uint8Array[], recognisers: Recognisers): RandomnessList | undefined {
    const { publicKey, chainId } = slot;
    const committed = { chainId, startHeight, count: values.length, root: MerkleTree.root(values) };
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
