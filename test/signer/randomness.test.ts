// Randomness, and the two kinds of digests that a signer signs: commitments to what it made itself, and proofs of possession that are listed.
import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, test } from 'vitest';
import * as Bytes from '../../src/base/Bytes.ts';
import * as Hex from '../../src/base/Hex.ts';
import * as MerkleTree from '../../src/crypto/MerkleTree.ts';
import * as PubRand from '../../src/crypto/PubRand.ts';
import * as Schnorr from '../../src/crypto/Schnorr.ts';
import { MemoryStore } from '../../src/signer/MemoryStore.ts';
import { RandomnessLists } from '../../src/signer/randomnessLists.ts';
import type { Outcome, RandomnessSource } from '../../src/signer/Signer.ts';
import type { RandomnessList } from '../../src/signer/SignStore.ts';
import { rejects, rootOf } from '../node/store/conformanceSupport.ts';
import { ask, CHAIN, RECOGNISERS, secretOf, signatureOf, text, vote, type World, world } from './support.ts';

/** The digest of a commitment over a list that `at` makes. */
async function committed(at: World, startHeight: bigint, count: number, interval = 1n): Promise<Uint8Array> {
  const values = await at.signer.randomness({ ...at.slot, startHeight, count, interval });
  return RECOGNISERS.commitmentDigest({ chainId: CHAIN, startHeight, count, root: MerkleTree.root(values) });
}

const signs = async (at: World, digest: Uint8Array): Promise<boolean> =>
  Schnorr.verify(digest, at.slot.publicKey, await at.signer.signDigest({ publicKey: at.slot.publicKey, digest }));

const refuses = async (at: World, digest: Uint8Array): Promise<void> =>
  rejects(at.signer.signDigest({ publicKey: at.slot.publicKey, digest }), 'signer.unknown-digest');

describe('randomness', () => {
  test('is that of the key, chain and heights', async () => {
    const at = world();
    const values = await at.signer.randomness({ ...at.slot, startHeight: 100n, count: 5 });
    expect(values).toEqual(PubRand.derivePublic(at.secretKey, CHAIN, 100n, 5));
    const sparse = await at.signer.randomness({ ...at.slot, startHeight: 100n, count: 3, interval: 2n });
    expect(sparse).toEqual([0, 2, 4].map((i) => values[i]));
    expect(await at.signer.randomness({ ...at.slot, startHeight: 100n, count: 0 })).toEqual([]);
  });

  test('is made with a locked or unknown key for nobody, and in no list longer than allowed', async () => {
    const at = world({ limits: { maxHeights: 10 } });
    await rejects(at.signer.randomness({ ...at.slot, startHeight: 0n, count: 11 }), 'signer.too-many');
    expect((await at.signer.randomness({ ...at.slot, startHeight: 0n, count: 10 })).length).toBe(10);
    const stranger = { publicKey: new Uint8Array(32).fill(5), chainId: CHAIN };
    await rejects(at.signer.randomness({ ...stranger, startHeight: 0n, count: 1 }), 'signer.unknown-key');
  });

  test.each([
    ['a negative count', { count: -1 }, 'input.out-of-range'],
    ['half a count', { count: 1.5 }, 'input.not-integer'],
    ['no interval', { interval: 0n }, 'input.out-of-range'],
    ['a negative start', { startHeight: -1n }, 'input.out-of-range'],
    ['an end too far', { startHeight: 2n ** 64n - 1n, count: 2 }, 'input.out-of-range'],
    ['an end too far by steps', { startHeight: 1n, count: 3, interval: 2n ** 63n }, 'input.out-of-range'],
  ])('of a malformed range is refused: %s', async (_, change, code) => {
    const at = world();
    await rejects(at.signer.randomness({ ...at.slot, startHeight: 0n, count: 1, ...change }), code);
  });

  test('of the last height of all is given, though no commitment to it exists', async () => {
    const refusing = { ...RECOGNISERS, commitmentDigest: () => RECOGNISERS.commitmentDigest({} as RandomnessList) };
    for (const recognisers of [RECOGNISERS, refusing]) {
      const at = world({ recognisers });
      expect((await at.signer.randomness({ ...at.slot, startHeight: 2n ** 64n - 1n, count: 1 })).length).toBe(1);
    }
  });

  test('is told', async () => {
    const at = world();
    await at.signer.randomness({ ...at.slot, startHeight: 3n, count: 2 });
    expect(at.events).toEqual([{ kind: 'randomness', slot: at.slot, startHeight: 3n, count: 2 }]);
  });
});

describe('randomness that is computed elsewhere', () => {
  const elsewhere = (change: (sealed: PubRand.SealedPoints) => PubRand.SealedPoints = (sealed) => sealed): RandomnessSource => ({
    points: async (secretKey, chainId, range) => change(PubRand.sealedPoints(secretKey, chainId, range)),
  });

  test('is the same, and signatures with it too', async () => {
    const [at, plain] = [world({ randomness: elsewhere() }), world()];
    const range = { startHeight: 5n, count: 100 };
    expect(await at.signer.randomness({ ...at.slot, ...range })).toEqual(await plain.signer.randomness({ ...plain.slot, ...range }));
    expect(signatureOf(await ask(at, 50n))).toEqual(signatureOf(await ask(plain, 50n)));
  });

  test.each<[string, (sealed: PubRand.SealedPoints) => PubRand.SealedPoints]>([
    ['changed points', ({ points, ...rest }) => ({ ...rest, points: points.map((byte, i) => (i === 40 ? byte ^ 1 : byte)) })],
    ['a changed parity', ({ points, ...rest }) => ({ ...rest, points: points.map((byte, i) => (i === 33 ? byte ^ 1 : byte)) })],
    ['points of other heights', () => PubRand.sealedPoints(secretOf('one'), CHAIN, { startHeight: 6n, count: 100, interval: 1n })],
    ['points of another chain', () => PubRand.sealedPoints(secretOf('one'), 'other', { startHeight: 5n, count: 100, interval: 1n })],
    ['points of another key', () => PubRand.sealedPoints(secretOf('two'), CHAIN, { startHeight: 5n, count: 100, interval: 1n })],
    ['no seal', (sealed) => ({ ...sealed, seal: new Uint8Array(32) })],
  ])('without the seal of the key over just these heights is not used: %s', async (_, change) => {
    const [at, plain] = [world({ randomness: elsewhere(change) }), world()];
    await rejects(at.signer.randomness({ ...at.slot, startHeight: 5n, count: 100 }), 'pub-rand.bad-seal');
    for (const height of [5n, 6n]) expect(signatureOf(await ask(at, height))).toEqual(signatureOf(await ask(plain, height)));
    expect(at.events.some(({ kind }) => kind === 'randomness')).toBe(false);
  });

  test.each<[string, (sealed: PubRand.SealedPoints) => PubRand.SealedPoints]>([
    ['too few points', ({ points, ...rest }) => ({ ...rest, points: points.slice(33) })],
    ['too many points', ({ points, ...rest }) => ({ ...rest, points: new Uint8Array([...points, ...points.slice(0, 33)]) })],
    ['too few seals', ({ seal, ...rest }) => ({ ...rest, seal: seal.slice(0, 31) })],
    ['too many seals', ({ seal, ...rest }) => ({ ...rest, seal: new Uint8Array([...seal, ...seal]) })],
  ])('of the wrong length is not used: %s', async (_, change) => {
    const at = world({ randomness: elsewhere(change) });
    await rejects(at.signer.randomness({ ...at.slot, startHeight: 5n, count: 100 }), 'input.wrong-length');
  });

  describe('as a long list, of three seals', () => {
    const range = { startHeight: 5n, count: 1_100, interval: 1n };
    const sealed = PubRand.sealedPoints(secretOf('one'), CHAIN, range);
    const randomness: RandomnessSource = { points: async () => sealed };

    test('lets votes in between its slices, and is complete, in order and committed to', async () => {
      let at: World | undefined;
      const votes: Outcome['kind'][] = [];
      const othersServed = async (): Promise<void> => {
        if (at !== undefined) votes.push((await ask(at, BigInt(votes.length))).kind);
      };
      at = world({ randomness, othersServed });
      const values = await at.signer.randomness({ ...at.slot, ...range });
      // After each of the three seals, and between the three subtrees.
      expect(votes).toEqual(Array.from({ length: 5 }, () => 'signed'));
      expect(values).toEqual(PubRand.publicOf(sealed.points));
      const digest = RECOGNISERS.commitmentDigest({ chainId: CHAIN, ...range, root: MerkleTree.root(values) });
      expect(await signs(at, digest)).toBe(true);
    });

    test('is not made to its end with a key that is locked meanwhile', async () => {
      const at: World = world({ randomness, othersServed: async () => at.ring.locked.add(Hex.encode(at.slot.publicKey)) });
      await rejects(at.signer.randomness({ ...at.slot, ...range }), 'signer.locked-key');
    });

    test('is not used where its last seal is wrong', async () => {
      const points = sealed.points.map((byte, i) => (i === 33 * 1_099 + 7 ? byte ^ 1 : byte));
      const at = world({ randomness: { points: async () => ({ ...sealed, points }) } });
      await rejects(at.signer.randomness({ ...at.slot, ...range }), 'pub-rand.bad-seal');
      expect(at.events).toEqual([]);
    });
  });
});

describe('the root of a list that is hashed in slices', () => {
  test.each([0, 1, 2, 511, 512, 513, 1_023, 1_024, 1_025, 1_536, 1_537, 5_000])('is that of the whole: %i values', async (count) => {
    const values = Array.from({ length: count }, (_, i) => Bytes.fromUint64BE(BigInt(i)));
    const lists = new RandomnessLists(1, () => Promise.resolve());
    const list = await lists.add({ publicKey: new Uint8Array(32), chainId: CHAIN }, 1n, values, RECOGNISERS);
    expect(list?.root).toEqual(MerkleTree.root(values));
  });
});

describe('a commitment', () => {
  test('to a list that this signer made is signed', async () => {
    const at = world();
    for (const [start, count] of [
      [1n, 1],
      [100n, 99],
      [1000n, 100],
    ] as const) {
      expect(await signs(at, await committed(at, start, count))).toBe(true);
    }
    // The chain would read it as a list of consecutive heights.
    await refuses(at, await committed(at, 500n, 10, 3n));
    expect(at.events.filter(({ kind }) => kind === 'digest')).toEqual(
      Array.from({ length: 3 }, () => ({ kind: 'digest', publicKey: at.slot.publicKey, what: 'commitment' })),
    );
  });

  test('to a long list is signed by every signer of the store and after a restart, to a short one by its maker only', async () => {
    const at = world();
    const [long, short, sparse] = [await committed(at, 1n, 100), await committed(at, 1n, 99), await committed(at, 1n, 100, 2n)];
    const other = world({ store: at.store });
    expect(await signs(other, long)).toBe(true);
    await refuses(other, short);
    await refuses(other, sparse);
    await refuses(world(), long);
  });

  test('is remembered for the newest lists where the table is full', async () => {
    const at = world({ limits: { listsKept: 3 } });
    const digests = [];
    for (const start of [1n, 2n, 3n, 4n]) digests.push(await committed(at, start, 2));
    const [oldest, ...kept] = digests;
    await refuses(at, oldest ?? rootOf('none'));
    for (const digest of kept) expect(await signs(at, digest)).toBe(true);
  });

  test('to a list of another key is not signed with this one', async () => {
    const at = world();
    const other = world({ store: at.store, key: 'two' });
    const digest = await committed(other, 1n, 100);
    const secretKey = secretOf('two');
    at.ring.add(secretKey);
    await refuses(at, digest);
    expect((await at.signer.signDigest({ publicKey: other.slot.publicKey, digest })).length).toBe(64);
  });

  test('that the store only claims to know is not signed: the digest is computed again from the list', async () => {
    const store = new MemoryStore();
    const at = world({ store });
    const spend = sha256(text('the sighash of a Bitcoin spend'));
    const list = { publicKey: at.slot.publicKey, chainId: CHAIN, startHeight: 1n, count: 100, root: rootOf('root') };
    await store.remember({ ...list, digest: spend });
    await refuses(at, spend);
    store.recall = async () => ({ ...list, publicKey: secretOf('two'), digest: RECOGNISERS.commitmentDigest(list) });
    await refuses(at, RECOGNISERS.commitmentDigest(list));
  });

  test('is remembered before the values leave, or they do not', async () => {
    const at = world();
    at.store.remember = async () => {
      throw new Error('disk');
    };
    await rejects(at.signer.randomness({ ...at.slot, startHeight: 1n, count: 100 }), 'store.unavailable');
    expect((await at.signer.randomness({ ...at.slot, startHeight: 1n, count: 99 })).length).toBe(99);
  });
});

describe('a digest', () => {
  test('of a proof of possession is signed for listed addresses alone', async () => {
    const at = world();
    const digests = RECOGNISERS.possessionDigests('bbn1listed');
    for (const digest of digests) await refuses(at, digest);
    at.ring.addresses.set(Hex.encode(at.slot.publicKey), ['bbn1other', 'bbn1listed']);
    for (const digest of digests) expect(await signs(at, digest)).toBe(true);
    for (const digest of RECOGNISERS.possessionDigests('bbn1unlisted')) await refuses(at, digest);
  });

  test('of anything else is refused: votes, messages, roots, near misses', async () => {
    const at = world();
    at.ring.addresses.set(Hex.encode(at.slot.publicKey), ['bbn1listed']);
    const known = await committed(at, 1n, 100);
    const values = await at.signer.randomness({ ...at.slot, startHeight: 1n, count: 100 });
    const near = known.map((byte, i) => (i === 31 ? byte ^ 1 : byte));
    for (const digest of [rootOf('x'), new Uint8Array(32), MerkleTree.root(values), values[0] ?? near, near, sha256(known)]) {
      await refuses(at, digest);
    }
    for (const length of [0, 31, 33, 64]) {
      await rejects(at.signer.signDigest({ publicKey: at.slot.publicKey, digest: new Uint8Array(length) }), 'input.wrong-length');
    }
    expect(at.events.filter(({ kind }) => kind === 'digest')).toEqual([]);
  });

  test('is signed with a key that is unlocked when it is signed', async () => {
    const at = world();
    const digest = await committed(at, 1n, 100);
    const other = world({ store: at.store });
    const recall = at.store.recall.bind(at.store);
    at.store.recall = async (publicKey, asked) => {
      other.ring.locked.add(Hex.encode(publicKey));
      return recall(publicKey, asked);
    };
    await rejects(other.signer.signDigest({ publicKey: at.slot.publicKey, digest }), 'signer.locked-key');
  });

  test('changed after it was asked for is not what is signed', async () => {
    const at = world();
    const digest = await committed(at, 1n, 100);
    const given = Uint8Array.from(digest);
    const pending = world({ store: at.store }).signer.signDigest({ publicKey: at.slot.publicKey, digest: given });
    given.fill(7);
    expect(Schnorr.verify(digest, at.slot.publicKey, await pending)).toBe(true);
  });
});

describe('chains', () => {
  test('that are not named are not served, by any method', async () => {
    const at = world({ chains: [CHAIN] });
    await expect(ask(at, 5n)).resolves.toMatchObject({ kind: 'signed' });
    const foreign = { ...at.slot, chainId: 'evil-1' };
    await rejects(at.signer.sign({ ...foreign, height: 5n, message: vote(5n) }), 'signer.foreign-chain');
    await rejects(at.signer.randomness({ ...foreign, startHeight: 1n, count: 100 }), 'signer.foreign-chain');
  });

  test('open by themselves up to a limit, whoever asks for them', async () => {
    const at = world();
    const on = (i: number): Promise<unknown> => at.signer.sign({ ...at.slot, chainId: `chain-${i}`, height: 5n, message: vote(5n) });
    for (let i = 0; i < 32; i++) await expect(on(i)).resolves.toMatchObject({ kind: 'signed' });
    await rejects(on(32), 'signer.too-many');
    await expect(on(3)).resolves.toMatchObject({ kind: 'returned' });
  });

  test('cannot put out the nonces of another one while its list is being made', async () => {
    let release = (): void => undefined;
    const slow: RandomnessSource = {
      points: async (secretKey, chainId, range) => {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        return PubRand.sealedPoints(secretKey, chainId, range);
      },
    };
    const at = world({ randomness: slow });
    const list = at.signer.randomness({ ...at.slot, startHeight: 1n, count: 200 });
    for (let i = 0; i < 10; i++) await at.signer.randomness({ ...at.slot, chainId: `other-${i}`, startHeight: 1n, count: 1 });
    release();
    expect(await list).toHaveLength(200);
  });
});
