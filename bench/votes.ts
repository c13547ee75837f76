// Votes, and signers over a store, for the rows of the finality signer.
import type { Ecc } from './build.ts';
import type { Fixtures } from './fixtures.ts';

export type SignStore = import('../src/signer/SignStore.ts').SignStore;
type Signer = import('../src/signer/Signer.ts').Signer;
type Vote = { readonly height: bigint; readonly message: Uint8Array };

export const CHAIN = 'bbn-1';
export const START = 2_000_001n;

/** The votes of `count` heights. */
export function votes(start: bigint, count: number): readonly Vote[] {
  return Array.from({ length: count }, (_, i) => {
    const height = start + BigInt(i);
    const message = new Uint8Array(40).fill(Number(height & 0xffn));
    new DataView(message.buffer).setBigUint64(0, height);
    return { height, message };
  });
}

/** A signer over a store, and a counter of heights, so that every vote is a new one. */
export type Bench = {
  readonly signer: Signer;
  readonly slot: { readonly publicKey: Uint8Array; readonly chainId: string };
  readonly nextVotes: (count: number) => readonly Vote[];
  /** One vote; answers with 1 when it was signed, and throws otherwise. */
  readonly nextVote: () => Promise<number>;
  readonly nextBatch: (count: number) => Promise<number>;
};

export async function benchOver(fixtures: Fixtures, store: SignStore, ecc: Ecc): Promise<Bench> {
  const { lib, provider } = fixtures;
  const { Signer } = (await lib.part('signer/Signer')) as typeof import('../src/signer/Signer.ts');
  const { babylonRecognisers } = (await lib.part('node/recognisers')) as typeof import('../src/node/recognisers.ts');
  const keys = {
    publicKeys: () => [provider.publicKey],
    use: () => provider.secretKey,
    opensByItself: () => true,
    possessionAddresses: () => [],
  };
  const signer = new Signer({ store, keys, recognisers: babylonRecognisers(), nowMs: () => BigInt(Date.now()), ecc });
  const slot = { publicKey: provider.publicKey, chainId: CHAIN };
  let next = START;
  const nextVotes = (count: number): readonly Vote[] => {
    const made = votes(next, count);
    next += BigInt(count);
    return made;
  };
  const check = (outcomes: readonly { readonly kind: string }[], count: number): number => {
    if (outcomes.length !== count || outcomes.some(({ kind }) => kind !== 'signed')) throw new Error('a vote was not signed');
    return count;
  };
  return {
    signer,
    slot,
    nextVotes,
    nextVote: async () => {
      const [vote] = nextVotes(1);
      if (vote === undefined) throw new Error('no vote');
      return check([await signer.sign({ ...slot, ...vote })], 1);
    },
    nextBatch: async (count) => check(await signer.signBatch(slot, nextVotes(count)), count),
  };
}

/** Over the model store, which keeps everything in memory. */
export async function inMemory(fixtures: Fixtures, ecc: Ecc): Promise<Bench> {
  const { MemoryStore } = (await fixtures.lib.part('signer/MemoryStore')) as typeof import('../src/signer/MemoryStore.ts');
  return benchOver(fixtures, new MemoryStore(), ecc);
}
