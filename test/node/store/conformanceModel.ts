// Random histories of a store against the plainest model of it: maps in memory, no concurrency, no durability.
import fc from 'fast-check';
import { expect } from 'vitest';
import type { Claimed, Merged, MergeInput, SignRecord, SignStore, Slot } from '../../../src/signer/SignStore.ts';
import { collect, record, slotOf } from './conformanceSupport.ts';

type Command = {
  readonly handle: number;
  readonly slot: number;
  readonly what: 'claim' | 'read' | 'enrol' | 'raise' | 'merge' | 'prune' | 'condemn' | 'list';
  readonly heights: readonly number[];
  readonly message: number;
  readonly height: number;
  readonly bare: boolean;
};

type ModelSlot = {
  readonly slot: Slot;
  watermark: bigint | undefined;
  highest: bigint | undefined;
  readonly records: Map<bigint, SignRecord>;
};

const SLOTS: readonly Slot[] = [slotOf(1, 'a'), slotOf(1, 'b'), slotOf(2, 'a')];

export function modelCommands(): fc.Arbitrary<Command[]> {
  const what = fc.oneof(
    { weight: 8, arbitrary: fc.constant('claim' as const) },
    { weight: 4, arbitrary: fc.constantFrom('read' as const, 'enrol' as const) },
    { weight: 3, arbitrary: fc.constantFrom('raise' as const, 'merge' as const) },
    { weight: 2, arbitrary: fc.constantFrom('prune' as const, 'list' as const) },
    { weight: 1, arbitrary: fc.constant('condemn' as const) },
  );
  return fc.array(
    fc.record({
      handle: fc.nat(1),
      slot: fc.nat(SLOTS.length - 1),
      what,
      heights: fc.uniqueArray(fc.nat(15), { maxLength: 6 }),
      message: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(1) }),
      height: fc.integer({ min: -1, max: 12 }),
      bare: fc.boolean(),
    }),
    { maxLength: 40, size: 'max' },
  );
}

export async function runModel(handles: readonly SignStore[], commands: readonly Command[]): Promise<void> {
  const slots: ModelSlot[] = SLOTS.map((slot) => ({ slot, watermark: undefined, highest: undefined, records: new Map() }));
  const condemned = new Map<number, string>();
  for (const command of commands) {
    const store = handles[command.handle % handles.length];
    const at = slots[command.slot];
    if (store === undefined || at === undefined) throw new Error('bad command');
    await step(store, at, condemned, command);
  }
  for (const at of slots) {
    const [store] = handles;
    if (store !== undefined) await compare(store, at, condemned);
  }
}

async function step(store: SignStore, at: ModelSlot, condemned: Map<number, string>, command: Command): Promise<void> {
  const { slot } = at;
  const key = slot.publicKey[0] ?? 0;
  const height = BigInt(command.height);
  const given = command.heights.map((each) => recordOf(BigInt(each), command));
  switch (command.what) {
    case 'claim':
      expect(await store.claim(slot, given)).toEqual(given.map((each) => claim(at, condemned.get(key), each)));
      return;
    case 'enrol':
      expect(await store.enrol(slot, height)).toBe(at.watermark === undefined ? 'enrolled' : 'known');
      at.watermark ??= height;
      return;
    case 'raise':
      at.watermark = max(at.watermark, height);
      expect(await store.raiseWatermark(slot, height)).toBe(at.watermark);
      return;
    case 'merge': {
      const input: MergeInput = { ...slot, watermark: height, records: given };
      const expected = merge(at, input);
      if (expected.contradiction !== undefined && !condemned.has(key)) condemned.set(key, 'contradiction');
      expect(await store.merge([input])).toEqual([expected]);
      return;
    }
    case 'prune': {
      if (height < 0n) return;
      at.watermark = max(at.watermark, height);
      const gone = [...at.records.keys()].filter((each) => each <= height);
      for (const each of gone) at.records.delete(each);
      expect(await store.prune(slot, height)).toBe(gone.length);
      return;
    }
    case 'condemn':
      if (command.message === 0) return;
      if (!condemned.has(key)) condemned.set(key, 'told');
      await store.condemn(slot.publicKey, 'told');
      return;
    case 'list':
      await compare(store, at, condemned);
      return;
    default: {
      const reading = await store.read(
        slot,
        command.heights.map((each) => BigInt(each)),
      );
      expect(reading.records.map(core)).toEqual(command.heights.map((each) => core(at.records.get(BigInt(each)))));
      expect(reading.watermark).toBe(at.watermark);
    }
  }
}

async function compare(store: SignStore, at: ModelSlot, condemned: Map<number, string>): Promise<void> {
  const reading = await store.read(at.slot, []);
  expect(reading.watermark).toBe(at.watermark);
  expect(reading.condemned !== undefined).toBe(condemned.has(at.slot.publicKey[0] ?? 0));
  // pruning may forget which height was the highest, for the watermark then stands over it
  if (at.highest === undefined || (at.watermark ?? -1n) < at.highest) expect(reading.highestSigned).toBe(at.highest);
  else expect(reading.highestSigned ?? -1n).toBeLessThanOrEqual(at.highest);
  const inOrder = [...at.records.values()].sort((a, b) => (a.height < b.height ? -1 : 1));
  expect((await collect(store.records(at.slot))).map(core)).toEqual(inOrder.map(core));
  const listed = (await store.slots()).filter(
    ({ publicKey, chainId }) => publicKey[0] === at.slot.publicKey[0] && chainId === at.slot.chainId,
  );
  expect(listed.map(({ watermark }) => watermark)).toEqual(at.watermark === undefined ? [] : [at.watermark]);
}

/** What decides; whether a completed record takes over the message and time as well is left to the backend. */
function core(of: SignRecord | undefined): Partial<SignRecord> | undefined {
  if (of === undefined) return undefined;
  const { height, signingRoot, signature } = of;
  return signature === undefined ? { height, signingRoot } : { height, signingRoot, signature };
}

function recordOf(height: bigint, { message, bare }: Command): SignRecord {
  const whole = record(height, `message ${message}`);
  return bare ? { height, signingRoot: whole.signingRoot } : whole;
}

function claim(at: ModelSlot, why: string | undefined, given: SignRecord): Claimed | { readonly kind: unknown } {
  // a contradiction's words are the backend's own
  if (why !== undefined) return why === 'told' ? { kind: 'condemned', why } : { kind: 'condemned', why: expect.any(String) };
  const held = at.records.get(given.height);
  if (held !== undefined) {
    if (!same(held.signingRoot, given.signingRoot)) return { kind: 'held', record: expect.objectContaining(core(held) ?? {}) };
    put(at, given);
    // told before or after the missing signature was added
    return { kind: 'held', record: expect.objectContaining({ height: held.height, signingRoot: held.signingRoot }) };
  }
  if (at.watermark === undefined) return { kind: 'not-enrolled' };
  if (given.height <= at.watermark) return { kind: 'below-watermark', watermark: at.watermark };
  put(at, given);
  return { kind: 'inserted' };
}

/** A record without a signature is completed by one of the same root that has it; anything else stays as it is. */
function put(at: ModelSlot, given: SignRecord): SignRecord {
  const held = at.records.get(given.height);
  const kept = held === undefined || (held.signature === undefined && given.signature !== undefined) ? given : held;
  at.records.set(given.height, kept);
  at.highest = max(at.highest, given.height);
  return kept;
}

function merge(at: ModelSlot, input: MergeInput): Merged {
  const { publicKey, chainId } = at.slot;
  const watermarkBefore = at.watermark;
  const clash = input.records.find(({ height, signingRoot }) => !same(at.records.get(height)?.signingRoot ?? signingRoot, signingRoot));
  if (clash !== undefined) {
    const watermark = watermarkBefore ?? -1n;
    return { publicKey, chainId, added: 0, known: 0, watermarkBefore, watermark, contradiction: { height: clash.height } };
  }
  const known = input.records.filter(({ height }) => at.records.has(height)).length;
  for (const each of input.records) put(at, each);
  at.watermark = max(at.watermark, input.watermark);
  const added = input.records.length - known;
  return { publicKey, chainId, added, known, watermarkBefore, watermark: at.watermark, contradiction: undefined };
}

function max(a: bigint | undefined, b: bigint): bigint {
  return a === undefined || a < b ? b : a;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
