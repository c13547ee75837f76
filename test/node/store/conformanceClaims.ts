// What every store answers to claims, for states of slots and for odd names: the first part of the suite.
import { expect, test } from 'vitest';
import type { SignRecord } from '../../../src/signer/SignStore.ts';
import { bytes32, collect, HIGHEST, record, rejects, rootOf, type Setting, slotOf } from './conformanceSupport.ts';

/** Chain ids that a careless key encoding mixes up. All are different slots. */
const ODD_CHAIN_IDS = [
  '',
  'bbn-1',
  'bbn-1\0',
  '\0',
  '\0\0',
  'bbn',
  'bbn-10',
  'a/b',
  'a',
  'a/b/c',
  'a:b|c,d;e%2F\\"\'`$%_',
  ' bbn-1',
  'bbn-1 ',
  'BBN-1',
  '\u00e9',
  'e\u0301',
  'цепь-κρίκος-鏈-\u{1f517}',
  '\uffff',
  '\u{10ffff}',
  '\n\r\t',
  'x'.repeat(50),
  'x'.repeat(51),
  '../../etc',
] as const;

export function claims({ fresh, again }: Setting): void {
  const slot = slotOf(1);

  test('nothing is known of a slot that was never enrolled, and nothing can be claimed in it', async () => {
    const store = await fresh();
    expect(await store.read(slot, [0n, 7n])).toEqual({
      watermark: undefined,
      highestSigned: undefined,
      condemned: undefined,
      records: [undefined, undefined],
    });
    expect(await store.claim(slot, [record(7n)])).toEqual([{ kind: 'not-enrolled' }]);
    expect((await store.read(slot, [7n])).records).toEqual([undefined]);
    expect(await store.slots()).toEqual([]);
  });

  test('a free height is inserted once and read back whole, by every handle', async () => {
    const store = await fresh();
    await store.enrol(slot, -1n);
    const first = record(7n);
    expect(await store.claim(slot, [first])).toEqual([{ kind: 'inserted' }]);
    for (const handle of [store, await again(store)]) {
      const reading = await handle.read(slot, [7n]);
      expect(reading).toEqual({ watermark: -1n, highestSigned: 7n, condemned: undefined, records: [first] });
    }
  });

  test('a held height answers with what is held, for the same root and for another', async () => {
    const store = await fresh();
    await store.enrol(slot, -1n);
    const first = record(7n);
    await store.claim(slot, [first]);
    expect(await store.claim(slot, [record(7n)])).toEqual([{ kind: 'held', record: first }]);
    expect(await store.claim(slot, [record(7n, 'another')])).toEqual([{ kind: 'held', record: first }]);
    expect((await store.read(slot, [7n])).records).toEqual([first]);
  });

  test('a record is told in full whatever it lacks: no signature, an empty message, time zero', async () => {
    const store = await fresh();
    await store.enrol(slot, -1n);
    const given: SignRecord[] = [
      { height: 1n, signingRoot: rootOf('a') },
      { height: 2n, signingRoot: rootOf('b'), message: new Uint8Array(0) },
      { height: 3n, signingRoot: rootOf('c'), signedAtMs: 0n },
      { height: 4n, signingRoot: rootOf('d'), signature: bytes32(4), message: new Uint8Array(1000).fill(9), signedAtMs: 2n ** 63n - 1n },
    ];
    await store.claim(slot, given);
    expect((await store.read(slot, [1n, 2n, 3n, 4n])).records).toEqual(given);
    expect(await collect(store.records(slot))).toEqual(given);
  });

  test('a missing signature is added by a claim of the same root, and by no other', async () => {
    const store = await fresh();
    await store.enrol(slot, -1n);
    await store.merge([{ ...slot, watermark: -1n, records: [{ height: 5n, signingRoot: rootOf('m') }] }]);
    const [other] = await store.claim(slot, [{ height: 5n, signingRoot: rootOf('x'), signature: bytes32(1) }]);
    expect(other?.kind === 'held' && other.record).toEqual({ height: 5n, signingRoot: rootOf('m') });
    expect((await store.read(slot, [5n])).records[0]?.signature).toBeUndefined();
    const [same] = await store.claim(slot, [{ height: 5n, signingRoot: rootOf('m'), signature: bytes32(2) }]);
    expect(same?.kind === 'held' && same.record.signingRoot).toEqual(rootOf('m'));
    expect((await store.read(slot, [5n])).records[0]?.signature).toEqual(bytes32(2));
    await store.claim(slot, [{ height: 5n, signingRoot: rootOf('m'), signature: bytes32(3) }]);
    expect((await store.read(slot, [5n])).records[0]?.signature).toEqual(bytes32(2));
  });

  test('one call has one outcome for each record, in its order, and reads answer in the order asked', async () => {
    const store = await fresh();
    await store.enrol(slot, 10n);
    const held = record(20n);
    await store.claim(slot, [held]);
    const asked = [record(30n), record(10n), record(20n, 'another'), record(11n), record(0n), record(20n + 1n)];
    expect(await store.claim(slot, asked)).toEqual([
      { kind: 'inserted' },
      { kind: 'below-watermark', watermark: 10n },
      { kind: 'held', record: held },
      { kind: 'inserted' },
      { kind: 'below-watermark', watermark: 10n },
      { kind: 'inserted' },
    ]);
    const reading = await store.read(slot, [30n, 20n, 10n, 30n, 11n]);
    expect(reading.records).toEqual([asked[0], held, undefined, asked[0], asked[3]]);
    expect(reading.highestSigned).toBe(30n);
    expect(await store.claim(slot, [])).toEqual([]);
    expect((await store.read(slot, [])).records).toEqual([]);
  });

  test('a thousand records in one call are all there', async () => {
    const store = await fresh();
    await store.enrol(slot, -1n);
    const many = Array.from({ length: 1000 }, (_, i) => record(BigInt(i * 3)));
    expect((await store.claim(slot, many)).every(({ kind }) => kind === 'inserted')).toBe(true);
    expect(await collect(store.records(slot))).toEqual(many);
    expect((await store.claim(slot, many)).every(({ kind }) => kind === 'held')).toBe(true);
  });

  test('a height twice in one call is refused and nothing of the call is written', async () => {
    const store = await fresh();
    await store.enrol(slot, -1n);
    await rejects(store.claim(slot, [record(1n), record(2n), record(1n)]), 'store.repeated-height');
    await rejects(store.claim(slot, [record(1n), record(1n, 'another')]), 'store.repeated-height');
    expect((await store.read(slot, [1n, 2n])).records).toEqual([undefined, undefined]);
  });

  test('heights 0 and 2^64-1 are heights like others', async () => {
    const store = await fresh();
    await store.enrol(slot, -1n);
    const ends = [record(0n), record(HIGHEST)];
    expect(await store.claim(slot, ends)).toEqual([{ kind: 'inserted' }, { kind: 'inserted' }]);
    const reading = await store.read(slot, [HIGHEST, 0n]);
    expect(reading.records).toEqual([ends[1], ends[0]]);
    expect(reading.highestSigned).toBe(HIGHEST);
    expect(await collect(store.records(slot))).toEqual(ends);
    expect(await store.raiseWatermark(slot, HIGHEST)).toBe(HIGHEST);
    expect(await store.claim(slot, [record(HIGHEST - 1n)])).toEqual([{ kind: 'below-watermark', watermark: HIGHEST }]);
    expect(await store.prune(slot, HIGHEST)).toBe(2);
  });

  test('neither what was given nor what was returned is shared with the store', async () => {
    const store = await fresh();
    const key = new Uint8Array(slot.publicKey);
    await store.enrol({ publicKey: key, chainId: slot.chainId }, -1n);
    key.fill(0xee);
    const given = { height: 7n, signingRoot: rootOf('m'), signature: bytes32(1), message: new Uint8Array([1, 2, 3]) };
    const frozen = structuredClone(given);
    const pending = store.claim(slot, [given]);
    given.signingRoot.fill(0xff);
    await pending;
    expect(given).toEqual({ ...frozen, signingRoot: bytes32(0xff) });
    given.message.fill(0xff);
    given.signature.fill(0xff);
    const [told] = (await store.read(slot, [7n])).records;
    expect(told).toEqual(frozen);
    told?.signingRoot.fill(0xdd);
    told?.signature?.fill(0xdd);
    expect((await store.read(slot, [7n])).records).toEqual([frozen]);
    expect((await store.slots()).map(({ publicKey }) => publicKey)).toEqual([slot.publicKey]);
  });
}

export function states({ fresh, again }: Setting): void {
  const slot = slotOf(1);

  test('enrolling opens a slot once', async () => {
    const store = await fresh();
    expect(await store.enrol(slot, 5n)).toBe('enrolled');
    expect(await store.enrol(slot, 9n)).toBe('known');
    expect(await store.enrol(slot, -1n)).toBe('known');
    expect((await store.read(slot, [])).watermark).toBe(5n);
    expect(await store.slots()).toEqual([{ ...slot, watermark: 5n, highestSigned: undefined, condemned: undefined }]);
  });

  test('-1 opens every height, 0 every height but 0', async () => {
    const store = await fresh();
    await store.enrol(slot, -1n);
    expect(await store.claim(slot, [record(0n)])).toEqual([{ kind: 'inserted' }]);
    const other = slotOf(2);
    await store.enrol(other, 0n);
    expect(await store.claim(other, [record(0n), record(1n)])).toEqual([{ kind: 'below-watermark', watermark: 0n }, { kind: 'inserted' }]);
  });

  test('a watermark only rises, enrols, and is what the answer says', async () => {
    const store = await fresh();
    expect(await store.raiseWatermark(slot, 5n)).toBe(5n);
    expect(await store.raiseWatermark(slot, 3n)).toBe(5n);
    expect(await store.raiseWatermark(slot, 5n)).toBe(5n);
    expect(await store.enrol(slot, 0n)).toBe('known');
    expect(await store.raiseWatermark(slot, 8n)).toBe(8n);
    expect((await (await again(store)).read(slot, [])).watermark).toBe(8n);
    expect(await store.claim(slot, [record(8n), record(9n)])).toEqual([{ kind: 'below-watermark', watermark: 8n }, { kind: 'inserted' }]);
  });

  test('a record below the watermark still answers', async () => {
    const store = await fresh();
    await store.enrol(slot, -1n);
    const first = record(7n);
    await store.claim(slot, [first]);
    await store.raiseWatermark(slot, 100n);
    expect(await store.claim(slot, [first])).toEqual([{ kind: 'held', record: first }]);
    expect((await store.read(slot, [7n])).records).toEqual([first]);
  });

  test('the highest signed height does not fall with a later smaller one, and a free smaller one may be claimed', async () => {
    const store = await fresh();
    await store.enrol(slot, -1n);
    await store.claim(slot, [record(50n)]);
    expect(await store.claim(slot, [record(40n)])).toEqual([{ kind: 'inserted' }]);
    expect((await store.read(slot, [])).highestSigned).toBe(50n);
  });

  test('a condemned key is condemned on every chain, for ever, before anything else that is known', async () => {
    const store = await fresh();
    const there = slotOf(1, 'other-chain');
    const later = slotOf(1, 'later-chain');
    const innocent = slotOf(2);
    for (const each of [slot, there, innocent]) await store.enrol(each, -1n);
    await store.claim(slot, [record(7n)]);
    await store.condemn(slot.publicKey, 'two messages at 7');
    for (const handle of [store, await again(store)]) {
      for (const each of [slot, there, later]) {
        expect((await handle.read(each, [])).condemned).toBe('two messages at 7');
        expect(await handle.claim(each, [record(7n), record(9n)])).toEqual([
          { kind: 'condemned', why: 'two messages at 7' },
          { kind: 'condemned', why: 'two messages at 7' },
        ]);
      }
      expect((await handle.read(innocent, [])).condemned).toBeUndefined();
    }
    expect((await store.read(slot, [7n, 9n])).records).toEqual([record(7n), undefined]);
    // the first reason stays or a later one replaces it: condemned is condemned
    await store.condemn(slot.publicKey, 'again');
    expect((await store.read(slot, [])).condemned).toBeTruthy();
    await store.enrol(later, -1n);
    await store.raiseWatermark(slot, 3n);
    expect((await store.claim(later, [record(1n)]))[0]?.kind).toBe('condemned');
    const listed = await store.slots();
    expect(listed.filter(({ condemned }) => condemned !== undefined).map(({ chainId }) => chainId)).toEqual(
      expect.arrayContaining([slot.chainId, there.chainId]),
    );
    expect(listed.find(({ publicKey }) => publicKey[0] === innocent.publicKey[0])?.condemned).toBeUndefined();
  });

  test('the identity is 32 hex digits, the same for every handle, another for every store; the sequence grows with every change', async () => {
    const store = await fresh();
    const before = await store.identity();
    expect(before.storeId).toMatch(/^[0-9a-f]{32}$/);
    expect((await (await fresh()).identity()).storeId).not.toBe(before.storeId);
    const other = await again(store);
    let last = before.sequence;
    const grew = async (): Promise<void> => {
      const { storeId, sequence } = await other.identity();
      expect(storeId).toBe(before.storeId);
      expect((await store.identity()).sequence).toBe(sequence);
      expect(sequence).toBeGreaterThan(last);
      last = sequence;
    };
    await store.enrol(slot, -1n);
    await grew();
    await store.claim(slot, [record(1n)]);
    await grew();
    await other.claim(slot, [record(1n), record(2n)]);
    await grew();
    await store.raiseWatermark(slot, 4n);
    await grew();
    await store.merge([{ ...slot, watermark: 6n, records: [record(3n)] }]);
    await grew();
    await store.prune(slot, 8n);
    await grew();
    await store.claim(slot, [record(8n), record(7n)]);
    await store.read(slot, [1n]);
    expect((await store.identity()).sequence).toBeGreaterThanOrEqual(last);
  });
}

export function names({ fresh }: Setting): void {
  test('odd chain ids are slots of their own', async () => {
    const store = await fresh();
    for (const [i, chainId] of ODD_CHAIN_IDS.entries()) {
      const slot = slotOf(1, chainId);
      expect(await store.enrol(slot, BigInt(i))).toBe('enrolled');
      expect(await store.claim(slot, [record(1000n, chainId)])).toEqual([{ kind: 'inserted' }]);
    }
    for (const [i, chainId] of ODD_CHAIN_IDS.entries()) {
      const slot = slotOf(1, chainId);
      expect(await store.read(slot, [1000n, 1001n])).toEqual({
        watermark: BigInt(i),
        highestSigned: 1000n,
        condemned: undefined,
        records: [record(1000n, chainId), undefined],
      });
      expect(await collect(store.records(slot))).toEqual([record(1000n, chainId)]);
    }
    const listed = await store.slots();
    expect(new Set(listed.map(({ chainId }) => chainId))).toEqual(new Set(ODD_CHAIN_IDS));
    expect(listed.length).toBe(ODD_CHAIN_IDS.length);
  });

  test('keys that differ in one bit are slots of their own, whatever bytes they have', async () => {
    const store = await fresh();
    const keys = [bytes32(0), bytes32(0xff), bytes32(0), bytes32(0x2f)];
    const [, , nearly] = keys;
    nearly?.set([1], 31);
    for (const publicKey of keys) {
      await store.enrol({ publicKey, chainId: '' }, -1n);
      expect(await store.claim({ publicKey, chainId: '' }, [record(1n, String(publicKey))])).toEqual([{ kind: 'inserted' }]);
    }
    expect((await store.slots()).length).toBe(4);
  });

  test('a chain id that looks like the end of a key and the height is not read as one', async () => {
    const store = await fresh();
    const short = slotOf(1, 'a');
    const long = slotOf(1, 'a\0\0\0\0\0\0\0\x05');
    await store.enrol(short, -1n);
    await store.enrol(long, -1n);
    await store.claim(long, [record(1n)]);
    expect(await collect(store.records(short))).toEqual([]);
    expect((await store.read(short, [5n, 1n])).records).toEqual([undefined, undefined]);
    expect(await store.prune(short, HIGHEST)).toBe(0);
    expect(await collect(store.records(long))).toEqual([record(1n)]);
  });
}
