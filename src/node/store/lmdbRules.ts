// What a claim and an import do to one slot, inside a transaction: the rules of src/signer/SignStore.ts.
import * as Bytes from '../../base/Bytes.ts';
import type { Claimed, Merged, MergeInput, SignRecord, Slot } from '../../signer/SignStore.ts';
import * as Encoding from './lmdbEncoding.ts';
import type { Changes } from './lmdbView.ts';
import { contradictionText } from './storeInput.ts';

/** Insert if the key is not condemned, the height is free, and the slot is enrolled below it. What is held is told before all but condemnation. */
export function claimOne(changes: Changes, slot: Slot, slotId: Buffer, record: SignRecord): Claimed {
  const why = changes.condemned(slot.publicKey);
  if (why !== undefined) return { kind: 'condemned', why };
  const entry = changes.slot(slot, slotId);
  const held = changes.record(slotId, record.height, entry?.watermark);
  if (held !== undefined) {
    const after = completed(held, record);
    if (after !== held) changes.putRecord(slotId, after);
    return { kind: 'held', record: after };
  }
  if (entry === undefined) return { kind: 'not-enrolled' };
  if (record.height <= entry.watermark) return { kind: 'below-watermark', watermark: entry.watermark };
  changes.putRecord(slotId, record);
  if (entry.highestSigned === undefined || entry.highestSigned < record.height) {
    changes.putSlot(slotId, { ...entry, highestSigned: record.height });
  }
  return { kind: 'inserted' };
}

/** Union and maximum; a contradiction condemns the key and writes nothing else. */
export function mergeOne(changes: Changes, input: MergeInput): Merged {
  const { publicKey, chainId, records } = input;
  const slotId = Encoding.slotIdOf(input);
  const entry = changes.slot(input, slotId);
  const watermarkBefore = entry?.watermark;
  const unchanged = { publicKey, chainId, added: 0, known: 0, watermarkBefore, watermark: watermarkBefore ?? -1n };
  const height = contradiction(changes, slotId, watermarkBefore, records);
  if (height !== undefined) {
    if (changes.condemned(publicKey) === undefined) {
      changes.putCondemned(publicKey, contradictionText(height, chainId));
    }
    return { ...unchanged, contradiction: { height } };
  }
  let highestSigned = entry?.highestSigned;
  let added = 0;
  for (const record of records) {
    const held = changes.record(slotId, record.height, watermarkBefore);
    const after = held === undefined ? record : completed(held, record);
    if (held === undefined) added++;
    if (after !== held) changes.putRecord(slotId, after);
    if (highestSigned === undefined || highestSigned < record.height) highestSigned = record.height;
  }
  const watermark = watermarkBefore !== undefined && watermarkBefore > input.watermark ? watermarkBefore : input.watermark;
  if (entry === undefined || watermark !== entry.watermark || highestSigned !== entry.highestSigned) {
    changes.putSlot(slotId, { publicKey, chainId, watermark, highestSigned });
  }
  return { ...unchanged, added, known: records.length - added, watermark, contradiction: undefined };
}

/** The first height at which the records contradict what is held, or each other. */
function contradiction(
  changes: Changes,
  slotId: Buffer,
  watermark: bigint | undefined,
  records: readonly SignRecord[],
): bigint | undefined {
  const roots = new Map<bigint, Uint8Array>();
  for (const { height, signingRoot } of records) {
    const known = roots.get(height) ?? changes.record(slotId, height, watermark)?.signingRoot ?? signingRoot;
    if (!Bytes.equal(known, signingRoot)) return height;
    roots.set(height, signingRoot);
  }
  return undefined;
}

/** The record held, with the signature that it lacked where the other one is of the same message. Nothing else of a record ever changes. */
function completed(held: SignRecord, other: SignRecord): SignRecord {
  if (held.signature !== undefined || other.signature === undefined || !Bytes.equal(held.signingRoot, other.signingRoot)) return held;
  return { ...held, signature: other.signature };
}
