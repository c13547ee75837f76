// The signer around the decision: what leaves, what does not, and why.
import { inspect } from 'node:util';
import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, test } from 'vitest';
import { fail } from '../../src/base/Errors.ts';
import * as Hex from '../../src/base/Hex.ts';
import { auto } from '../../src/crypto/Ecc.ts';
import * as Eots from '../../src/crypto/Eots.ts';
import * as PubRand from '../../src/crypto/PubRand.ts';
import * as Scalar from '../../src/crypto/Scalar.ts';
import * as SecretKey from '../../src/crypto/SecretKey.ts';
import { MemoryStore } from '../../src/signer/MemoryStore.ts';
import { Signer } from '../../src/signer/Signer.ts';
import type { Claimed } from '../../src/signer/SignStore.ts';
import { rejects, rootOf } from '../node/store/conformanceSupport.ts';
import { ask, CHAIN, codeOf, RECOGNISERS, secretOf, signatureOf, TestRing, text, vote, type World, world } from './support.ts';

describe('a vote', () => {
  test('is signed once, with the nonce of its height, and the same bytes come back for ever', async () => {
    const at = world();
    const first = await ask(at, 7n);
    expect(first.kind).toBe('signed');
    const pubRand = PubRand.derive(at.secretKey, CHAIN, 7n).pubRand;
    const signed = { publicKey: at.slot.publicKey, pubRand, message: vote(7n), signature: signatureOf(first) };
    expect(Eots.verify(signed)).toBe(true);
    const again = world({ store: at.store });
    for (const each of [at, at, again]) expect(await ask(each, 7n)).toEqual({ kind: 'returned', signature: signed.signature });
    for (const each of [at, again]) {
      expect(await ask(each, 7n, 'other')).toEqual({ kind: 'refused', refusal: { code: 'signer.double-sign', height: 7n } });
    }
    expect(at.events.map(({ kind }) => kind)).toEqual(['enrolled', 'signed', 'returned', 'returned', 'refused']);
  });

  test('is recorded whole', async () => {
    const at = world();
    const signature = signatureOf(await ask(at, 7n));
    const { records, highestSigned } = await at.store.read(at.slot, [7n]);
    expect(highestSigned).toBe(7n);
    expect(records).toEqual([
      {
        height: 7n,
        signingRoot: sha256(vote(7n)),
        signature,
        message: vote(7n),
        signedAtMs: 1_700_000_000_000n,
      },
    ]);
  });

  test('costs a prepared point no other signature: the bytes are the same with and without', async () => {
    const [fresh, prepared] = [world(), world()];
    await prepared.signer.randomness({ ...prepared.slot, startHeight: 0n, count: 200 });
    for (const height of [0n, 3n, 63n, 64n, 199n, 200n]) {
      expect(signatureOf(await ask(prepared, height))).toEqual(signatureOf(await ask(fresh, height)));
    }
  });

  test('is refused when it is none, or of another height, without a record and without opening the slot', async () => {
    const at = world();
    const of = (message: Uint8Array) => at.signer.sign({ ...at.slot, height: 7n, message });
    expect(await of(text('no vote'))).toEqual({ kind: 'refused', refusal: { code: 'signer.not-a-vote' } });
    expect(await of(new Uint8Array(0))).toMatchObject({ refusal: { code: 'signer.not-a-vote' } });
    expect(await of(vote(8n))).toEqual({ kind: 'refused', refusal: { code: 'signer.height-mismatch', height: 7n, voteHeight: 8n } });
    expect(await at.store.slots()).toEqual([]);
  });

  test('of a late height is signed where nothing was, and not under the watermark', async () => {
    const at = world();
    await ask(at, 50n);
    expect((await ask(at, 40n)).kind).toBe('signed');
    await at.store.raiseWatermark(at.slot, 45n);
    expect(codeOf(await ask(at, 44n))).toBe('signer.below-watermark');
    expect(codeOf(await ask(at, 40n))).toBe('returned');
    expect(codeOf(await ask(at, 46n))).toBe('signed');
  });

  test('what the caller changes after asking is not what is signed', async () => {
    const at = world();
    const message = vote(7n);
    const publicKey = Uint8Array.from(at.slot.publicKey);
    const pending = at.signer.sign({ publicKey, chainId: CHAIN, height: 7n, message });
    message.set(vote(7n, 'other'));
    publicKey.fill(1);
    const signature = signatureOf(await pending);
    signature.fill(0);
    expect((await at.store.read(at.slot, [7n])).records[0]?.message).toEqual(vote(7n));
    expect(signatureOf(await ask(at, 7n)).some((byte) => byte !== 0)).toBe(true);
    const item = {
      reads: 0,
      get height() {
        return BigInt(8 + this.reads++);
      },
      message: vote(8n),
    };
    expect((await at.signer.signBatch(at.slot, [item])).map(codeOf)).toEqual(['signed']);
    expect((await at.store.read(at.slot, [8n, 9n])).records.map((record) => record?.height)).toEqual([8n, undefined]);
  });

  test('at the ends of the heights is a vote like any other', async () => {
    const at = world();
    for (const height of [0n, 2n ** 64n - 1n]) expect((await ask(at, height)).kind).toBe('signed');
    await rejects(at.signer.sign({ ...at.slot, height: 2n ** 64n, message: vote(0n) }), 'input.out-of-range');
    await rejects(at.signer.sign({ ...at.slot, height: -1n, message: vote(0n) }), 'input.out-of-range');
  });

  test('of one height has one nonce on each chain, and each chain its own', async () => {
    const at = world();
    const there = { ...at, slot: { ...at.slot, chainId: 'other' } };
    expect((await ask(at, 7n, 'a')).kind).toBe('signed');
    const signature = signatureOf(await ask(there, 7n, 'b'));
    const { pubRand } = PubRand.derive(at.secretKey, 'other', 7n);
    expect(Eots.verify({ publicKey: at.slot.publicKey, pubRand, message: vote(7n, 'b'), signature })).toBe(true);
    for (const chainId of Array.from({ length: 12 }, (_, i) => `chain ${i}`))
      await ask({ ...at, slot: { ...at.slot, chainId } }, 7n, chainId);
    expect(signatureOf(await ask(there, 7n, 'b'))).toEqual(signature);
    expect((await ask(at, 8n)).kind).toBe('signed');
    expect(codeOf(await ask(there, 7n, 'a'))).toBe('signer.double-sign');
  });

  test('refuses names of chains that are none', async () => {
    const at = world();
    await rejects(ask({ ...at, slot: { ...at.slot, chainId: 'x'.repeat(129) } }, 1n), 'signer.too-many');
    await rejects(ask({ ...at, slot: { ...at.slot, chainId: 'a\ud800' } }, 1n), 'signer.malformed-chain-id');
    await rejects(ask({ ...at, slot: { ...at.slot, publicKey: new Uint8Array(33) } }, 1n), 'input.wrong-length');
  });
});

describe('a key', () => {
  test('that the ring does not have, or has locked, signs nothing; what was signed is still returned', async () => {
    const at = world();
    const signature = signatureOf(await ask(at, 7n));
    at.ring.locked.add(Hex.encode(at.slot.publicKey));
    await rejects(ask(at, 8n), 'signer.locked-key');
    await rejects(at.signer.randomness({ ...at.slot, startHeight: 0n, count: 1 }), 'signer.locked-key');
    expect(await ask(at, 7n)).toEqual({ kind: 'returned', signature });
    expect((await at.store.read(at.slot, [8n])).records).toEqual([undefined]);
    await rejects(ask({ ...at, slot: { publicKey: new Uint8Array(32).fill(9), chainId: CHAIN } }, 8n), 'signer.unknown-key');
    at.ring.locked.clear();
    expect((await ask(at, 8n)).kind).toBe('signed');
  });

  test('under a name that is not its own is refused everywhere, and nothing is claimed', async () => {
    const at = world();
    at.ring.put(at.slot.publicKey, secretOf('another'));
    await rejects(ask(at, 7n), 'signer.key-mismatch');
    await rejects(at.signer.randomness({ ...at.slot, startHeight: 0n, count: 1 }), 'signer.key-mismatch');
    at.ring.addresses.set(Hex.encode(at.slot.publicKey), ['bbn1a']);
    const [digest] = RECOGNISERS.possessionDigests('bbn1a');
    await rejects(at.signer.signDigest({ publicKey: at.slot.publicKey, digest: digest ?? new Uint8Array(32) }), 'signer.key-mismatch');
    expect((await at.store.read(at.slot, [7n])).records).toEqual([undefined]);
  });

  test('that is exchanged in the ring for its negative is used as it is stored: same public key, other nonces', async () => {
    const at = world();
    await ask(at, 7n);
    const negative = SecretKey.from(Scalar.toBytes(Scalar.N - SecretKey.toScalar(at.secretKey)));
    at.ring.put(at.slot.publicKey, negative);
    const signature = signatureOf(await ask(at, 8n));
    const verified = (secretKey: SecretKey.SecretKey): boolean => {
      const { pubRand } = PubRand.derive(secretKey, CHAIN, 8n);
      return Eots.verify({ publicKey: at.slot.publicKey, pubRand, message: vote(8n), signature });
    };
    expect([verified(negative), verified(at.secretKey)]).toEqual([true, false]);
  });

  test('is forgotten on demand, and asked of the ring for every signature', async () => {
    const at = world();
    await ask(at, 7n);
    const { uses } = at.ring;
    at.signer.forget(at.slot.publicKey);
    at.signer.forget(at.slot.publicKey);
    at.signer.forget();
    await ask(at, 8n);
    at.signer.forget();
    expect((await ask(at, 9n)).kind).toBe('signed');
    expect(at.ring.uses).toBeGreaterThan(uses);
  });

  test('shows nowhere: not in the signer, its events, or its errors', async () => {
    const at = world();
    await ask(at, 7n);
    await ask(at, 7n, 'other');
    at.ring.put(at.slot.publicKey, secretOf('another'));
    const error: unknown = await ask(at, 8n).catch((thrown: unknown) => thrown);
    const shown = [at.signer, at.events, error].map((each) => inspect(each, { depth: 9, showHidden: true, getters: true })).join();
    for (const secret of [at.secretKey, secretOf('another')]) {
      expect(shown).not.toContain(Hex.encode(secret));
      expect(shown).not.toContain(inspect(secret).slice(20, 80));
    }
  });

  test('opens its slots by itself only where the ring says so', async () => {
    const at = world({ opens: false });
    expect(await ask(at, 7n)).toEqual({ kind: 'refused', refusal: { code: 'signer.not-enrolled' } });
    expect(await at.store.slots()).toEqual([]);
    await at.store.raiseWatermark(at.slot, 6n);
    expect((await ask(at, 7n)).kind).toBe('signed');
    expect(codeOf(await ask(at, 6n))).toBe('signer.below-watermark');
    expect((await at.store.read({ ...at.slot, chainId: 'other' }, [])).watermark).toBeUndefined();
  });
});

describe('a batch', () => {
  test('has an outcome for each item in the order asked, and claims once', async () => {
    const store = new MemoryStore();
    const claims: number[] = [];
    const claim = store.claim.bind(store);
    store.claim = (slot, records) => {
      claims.push(records.length);
      return claim(slot, records);
    };
    const at = world({ store });
    await ask(at, 5n);
    await store.raiseWatermark(at.slot, 3n);
    const items = [
      { height: 9n, message: vote(9n) },
      { height: 5n, message: vote(5n) },
      { height: 4n, message: vote(5n) },
      { height: 3n, message: vote(3n) },
      { height: 7n, message: text('no vote') },
      { height: 8n, message: vote(8n) },
    ];
    const outcomes = await at.signer.signBatch(at.slot, items);
    expect(outcomes.map((outcome) => [outcome.height, codeOf(outcome)])).toEqual([
      [9n, 'signed'],
      [5n, 'returned'],
      [4n, 'signer.height-mismatch'],
      [3n, 'signer.below-watermark'],
      [7n, 'signer.not-a-vote'],
      [8n, 'signed'],
    ]);
    expect(claims).toEqual([1, 2]);
    expect((await at.signer.signBatch(at.slot, items.slice(0, 2))).map(codeOf)).toEqual(['returned', 'returned']);
    expect((await at.signer.signBatch(at.slot, [{ height: 5n, message: vote(5n, 'x') }])).map(codeOf)).toEqual(['signer.double-sign']);
    expect(claims).toEqual([1, 2]);
    expect(await at.signer.signBatch(at.slot, [])).toEqual([]);
  });

  test('with a height twice is refused as a whole, also when it is twice the same vote', async () => {
    const at = world();
    for (const what of ['same', 'other']) {
      const items = [6n, 7n, 6n].map((height, i) => ({ height, message: vote(height, i === 2 ? what : 'same') }));
      await rejects(at.signer.signBatch(at.slot, items), 'signer.repeated-height');
    }
    expect(await at.store.slots()).toEqual([]);
  });

  test('longer than allowed is refused as a whole', async () => {
    const at = world({ limits: { maxItems: 2 } });
    const items = [1n, 2n, 3n].map((height) => ({ height, message: vote(height) }));
    await rejects(at.signer.signBatch(at.slot, items), 'signer.too-many');
    expect((await at.signer.signBatch(at.slot, items.slice(1))).map(codeOf)).toEqual(['signed', 'signed']);
  });

  test('gives the same bytes as single requests', async () => {
    const [one, many] = [world(), world()];
    const heights = [3n, 1n, 2n];
    const outcomes = await many.signer.signBatch(
      many.slot,
      heights.map((height) => ({ height, message: vote(height) })),
    );
    for (const [i, height] of heights.entries()) expect(signatureOf(outcomes[i])).toEqual(signatureOf(await ask(one, height)));
  });
});

describe('when the store fails', () => {
  /** A store of which one method does something else. */
  const spoiled = (change: (store: MemoryStore) => void): World => {
    const store = new MemoryStore();
    const at = world({ store });
    change(store);
    return at;
  };
  const broken = async (): Promise<never> => {
    throw new Error('disk');
  };

  test('before anything is read, nothing is signed, and the failure is one of the store', async () => {
    const at = spoiled((store) => {
      store.read = broken;
    });
    await rejects(ask(at, 7n), 'store.unavailable');
    expect(at.events).toEqual([]);
  });

  test('before the claim took effect, nothing left; asked again, it is signed', async () => {
    const at = world();
    const { claim } = at.store;
    at.store.claim = broken;
    await rejects(ask(at, 7n), 'store.unavailable');
    at.store.claim = claim;
    expect(codeOf(await ask(at, 7n, 'other'))).toBe('signed');
  });

  test('after the claim took effect, nothing left; asked again, the stored bytes come, and no other vote', async () => {
    const at = world();
    const claim = at.store.claim.bind(at.store);
    at.store.claim = async (slot, records) => {
      await claim(slot, records);
      return broken();
    };
    await rejects(ask(at, 7n), 'store.unavailable');
    expect(at.events.map(({ kind }) => kind)).toEqual(['enrolled']);
    at.store.claim = claim;
    expect(codeOf(await ask(at, 7n, 'other'))).toBe('signer.double-sign');
    expect((await ask(at, 7n)).kind).toBe('returned');
  });

  test('its own codes are passed on', async () => {
    const at = spoiled((store) => {
      store.claim = async () => fail({ code: 'store.full' }, 'no space left');
    });
    await rejects(ask(at, 7n), 'store.full');
    await at.store.close();
    await rejects(ask(at, 7n), 'store.unavailable');
  });

  test('what it hands out is not what the caller gets to change', async () => {
    const at = world();
    await ask(at, 7n);
    const reading = await at.store.read(at.slot, [7n]);
    at.store.read = async () => reading;
    signatureOf(await ask(at, 7n)).fill(0);
    expect(signatureOf(await ask(at, 7n)).some((byte) => byte !== 0)).toBe(true);
  });

  test.each<[string, (store: MemoryStore) => void]>([
    ['a reading without records', (store) => Object.assign(store, { read: async () => ({ watermark: -1n, records: [] }) })],
    ...(
      [
        ['the record of another height, read', { height: 8n, signingRoot: rootOf('x') }],
        ['half a root', { height: 7n, signingRoot: rootOf('x').slice(16) }],
        ['half a signature', { height: 7n, signingRoot: rootOf('x'), signature: rootOf('x').slice(16) }],
      ] as const
    ).map(([name, record]): [string, (store: MemoryStore) => void] => [
      name,
      (store) => Object.assign(store, { read: async () => ({ watermark: -1n, records: [record] }) }),
    ]),
    ['a claim without outcomes', (store) => Object.assign(store, { claim: async () => [] })],
    [
      'too many outcomes',
      (store) => Object.assign(store, { claim: async (): Promise<Claimed[]> => [{ kind: 'inserted' }, { kind: 'inserted' }] }),
    ],
    [
      'the record of another height',
      (store) =>
        Object.assign(store, {
          claim: async (): Promise<Claimed[]> => [{ kind: 'held', record: { height: 8n, signingRoot: rootOf('x') } }],
        }),
    ],
    [
      'a refusal for a watermark that is no reason',
      (store) => Object.assign(store, { claim: async (): Promise<Claimed[]> => [{ kind: 'below-watermark', watermark: 6n }] }),
    ],
  ])('an answer that no store gives is not taken for one: %s', async (_, change) => {
    await rejects(ask(spoiled(change), 7n), 'store.corrupt');
  });

  test('a store that enrols nothing is not asked for ever', async () => {
    const at = spoiled((store) => Object.assign(store, { enrol: async () => 'enrolled' }));
    expect(codeOf(await ask(at, 7n))).toBe('signer.not-enrolled');
  });
});

describe('between reading and claiming', () => {
  /** `act` happens after the signer has read and before it claims. */
  const meanwhile = (act: (at: World) => Promise<unknown>): World => {
    const store = new MemoryStore();
    const at = world({ store });
    const claim = store.claim.bind(store);
    store.claim = async (slot, records) => {
      store.claim = claim;
      await act(at);
      return claim(slot, records);
    };
    return at;
  };

  test('another vote was recorded: refused', async () => {
    const at = meanwhile((here) => ask(world({ store: here.store }), 7n, 'other'));
    expect(codeOf(await ask(at, 7n))).toBe('signer.double-sign');
  });

  test('the same vote was recorded: its bytes are returned, whatever was computed', async () => {
    const signature = new Uint8Array(32).fill(5);
    const at = meanwhile(async ({ store, slot }) => {
      const { signingRoot } = (await store.read(slot, [6n])).records[0] ?? { signingRoot: rootOf('none') };
      await store.claim(slot, [{ height: 7n, signingRoot, signature }]);
    });
    await at.store.merge([{ ...at.slot, watermark: 5n, records: [] }]);
    await at.store.merge([{ ...at.slot, watermark: 5n, records: [{ height: 6n, signingRoot: sha256(vote(7n)) }] }]);
    expect(await ask(at, 7n)).toEqual({ kind: 'returned', signature });
  });

  test('the watermark rose: refused', async () => {
    const at = meanwhile(({ store, slot }) => store.raiseWatermark(slot, 7n));
    expect(await ask(at, 7n)).toEqual({
      kind: 'refused',
      refusal: { code: 'signer.below-watermark', height: 7n, watermark: 7n },
    });
  });

  test('the key was condemned: refused', async () => {
    const at = meanwhile(({ store, slot }) => store.condemn(slot.publicKey, 'two votes'));
    expect(await ask(at, 7n)).toEqual({ kind: 'refused', refusal: { code: 'signer.key-condemned', why: 'two votes' } });
  });

  test('the slot was lost with its store: refused', async () => {
    const at = world();
    at.store.claim = async () => [{ kind: 'not-enrolled' }];
    expect(codeOf(await ask(at, 7n))).toBe('signer.not-enrolled');
  });
});

describe('a record without its signature, from an imported history', () => {
  const imported = async (options: Parameters<typeof world>[0] = {}): Promise<World> => {
    const at = world({ opens: false, ...options });
    await at.store.merge([{ ...at.slot, watermark: 9n, records: [{ height: 7n, signingRoot: sha256(vote(7n)) }] }]);
    return at;
  };

  test('is signed again to the bytes that it had, even under the watermark, and kept with them', async () => {
    const before = signatureOf(await ask(world(), 7n));
    const at = await imported();
    expect(await ask(at, 7n)).toEqual({ kind: 'returned', signature: before });
    expect((await at.store.read(at.slot, [7n])).records[0]?.signature).toEqual(before);
    expect(codeOf(await ask(at, 7n, 'other'))).toBe('signer.double-sign');
    expect(codeOf(await ask(at, 8n))).toBe('signer.below-watermark');
  });

  test('is released from a store that keeps no signature to it', async () => {
    const at = await imported();
    const claim = at.store.claim.bind(at.store);
    at.store.claim = async (slot, records) =>
      claim(
        slot,
        records.map(({ height, signingRoot }) => ({ height, signingRoot })),
      );
    expect(await ask(at, 7n)).toEqual({ kind: 'returned', signature: signatureOf(await ask(world(), 7n)) });
  });

  test('is verified before it leaves: there may be another signature of that height somewhere', async () => {
    const ecc = { ...auto(), schnorrVerify: () => false };
    await rejects(ask(await imported({ ecc }), 7n), 'signer.bad-signature');
    const at = world({ ecc });
    expect((await ask(at, 7n)).kind).toBe('signed');
  });

  test('and every other one where the operator asks for it', async () => {
    expect((await ask(world({ verifyAll: true }), 7n)).kind).toBe('signed');
    const at = world({ ecc: { ...auto(), schnorrVerify: () => false }, verifyAll: true });
    await rejects(ask(at, 7n), 'signer.bad-signature');
    expect((await at.store.read(at.slot, [7n])).records).toEqual([undefined]);
  });
});

describe('concurrent requests', () => {
  test('for one height, to two signers on one store: one vote leaves, whatever the order', async () => {
    const at = world();
    const other = world({ store: at.store });
    for (let height = 1n; height <= 20n; height++) {
      const outcomes = await Promise.all(Array.from({ length: 12 }, (_, i) => ask(i % 2 === 0 ? at : other, height, `vote ${i % 3}`)));
      const left = outcomes.flatMap((outcome) => (outcome.kind === 'refused' ? [] : [Hex.encode(outcome.signature)]));
      expect(new Set(left).size).toBe(1);
      expect(left.length).toBe(4);
      expect(outcomes.filter(({ kind }) => kind === 'signed').length).toBe(1);
      const refused = outcomes.filter(({ kind }) => kind === 'refused').map(codeOf);
      expect(new Set(refused)).toEqual(new Set(['signer.double-sign']));
    }
  });
});

describe('listeners', () => {
  test('that throw change nothing', async () => {
    const ring = new TestRing();
    const publicKey = ring.add(secretOf('one'));
    const onEvent = (): never => {
      throw new Error('listener');
    };
    const signer = new Signer({ store: new MemoryStore(), keys: ring, recognisers: RECOGNISERS, nowMs: () => 0n, onEvent });
    expect((await ask({ signer, slot: { publicKey, chainId: CHAIN } }, 7n)).kind).toBe('signed');
  });
});
