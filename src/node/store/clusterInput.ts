// What the stores of several machines check and copy before a call leaves the caller's hands: slots, heights, records.
// Texts are carried as hex of their UTF-8, so that no chain id can look like another or like a part of a statement.
import * as Check from '../../base/Check.ts';
import * as Hex from '../../base/Hex.ts';
import type { MergeInput, PublicKey, RandomnessList, SignRecord, Slot } from '../../signer/SignStore.ts';
import { message as checkedMessage, signedAtMs as checkedTime, height, utf8, watermark } from './storeInput.ts';

export { contradictionText, distinct, HIGHEST, height, watermark } from './storeInput.ts';

/** A slot by names that are safe in keys and statements. */
export type SlotName = { readonly key: string; readonly chain: string };

/** A record as it is sent: hex and decimal text. `null` stands for what the record lacks. */
export type Row = {
  readonly height: bigint;
  readonly root: string;
  readonly signature: string | null;
  readonly message: string | null;
  readonly signedAtMs: string | null;
};

/** An import into one slot, checked and copied. */
export type MergeJob = { readonly slot: Slot; readonly name: SlotName; readonly watermark: bigint; readonly rows: readonly Row[] };

/** A list of randomness as it is sent: hex and decimal text. */
export type ListRow = {
  readonly key: string;
  readonly digest: string;
  readonly chain: string;
  readonly start: string;
  readonly count: string;
  readonly root: string;
};

/** @throws input.not-bytes, input.wrong-length, input.not-text, store.bad-text */
export function slotName(slot: Slot): SlotName {
  Check.object(slot, 'slot');
  return { key: keyName(slot.publicKey), chain: textName(slot.chainId, 'chainId') };
}

/** @throws input.not-bytes, input.wrong-length */
export function keyName(publicKey: PublicKey): string {
  return Hex.encode(Check.bytes(publicKey, 'publicKey', 32));
}

/** One text for a slot, as the key of a map. */
export function nameOf({ key, chain }: SlotName): string {
  return `${key}:${chain}`;
}

/** @throws input.not-bytes, input.wrong-length */
export function digestName(digest: Uint8Array): string {
  return Hex.encode(Check.bytes(digest, 'digest', 32));
}

/** Hex of the UTF-8 of a text. @throws input.not-text, input.wrong-length, store.bad-text */
export function textName(value: string, field: string): string {
  return Hex.encode(utf8(value, field));
}

/** The text that a name stands for. */
export function nameText(name: string): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Hex.decode(name));
}

/** @throws input.* */
export function row(record: SignRecord): Row {
  Check.object(record, 'record');
  const { signature, message, signedAtMs } = record;
  return {
    height: height(record.height),
    root: Hex.encode(Check.bytes(record.signingRoot, 'signingRoot', 32)),
    signature: signature === undefined ? null : Hex.encode(Check.bytes(signature, 'signature', 32)),
    message: message === undefined ? null : Hex.encode(checkedMessage(message)),
    signedAtMs: signedAtMs === undefined ? null : checkedTime(signedAtMs).toString(),
  };
}

/** @throws input.*, store.bad-text */
export function mergeJobs(history: readonly MergeInput[]): readonly MergeJob[] {
  return Check.list(history, 'history').map((input) => ({
    slot: { publicKey: Uint8Array.from(Check.bytes(input.publicKey, 'publicKey', 32)), chainId: input.chainId },
    name: slotName(input),
    watermark: watermark(input.watermark),
    rows: Check.list(input.records, 'records').map(row),
  }));
}

/** @throws input.*, store.bad-text */
export function listRow(given: RandomnessList): ListRow {
  const { publicKey, digest, chainId, startHeight, count, root } = Check.object(given, 'list');
  return {
    key: keyName(publicKey),
    digest: digestName(digest),
    chain: textName(chainId, 'chainId'),
    start: height(startHeight, 'startHeight').toString(),
    count: Check.integer(count, 'count', 0, Number.MAX_SAFE_INTEGER).toString(),
    root: Hex.encode(Check.bytes(root, 'root', 32)),
  };
}

/** The list that a row stands for. */
export function list({ key, digest, chain, start, count, root }: ListRow): RandomnessList {
  return {
    publicKey: Hex.decode(key),
    chainId: nameText(chain),
    startHeight: BigInt(start),
    count: Number(count),
    root: Hex.decode(root, 'root', 32),
    digest: Hex.decode(digest),
  };
}

/** The record that a row stands for; a new one each time. */
export function record(of: Row): SignRecord {
  return {
    height: of.height,
    signingRoot: Hex.decode(of.root, 'signingRoot', 32),
    ...(of.signature === null ? {} : { signature: Hex.decode(of.signature, 'signature', 32) }),
    ...(of.message === null ? {} : { message: Hex.decode(of.message, 'message') }),
    ...(of.signedAtMs === null ? {} : { signedAtMs: BigInt(of.signedAtMs) }),
  };
}

/** The first height at which these rows name two messages, among themselves or against what is held. */
export function contradiction(rows: readonly Row[], heldRoot: ReadonlyMap<bigint, string>): bigint | undefined {
  const roots = new Map<bigint, string>();
  for (const { height: at, root } of rows) {
    const known = heldRoot.get(at) ?? roots.get(at);
    if (known !== undefined && known !== root) return at;
    roots.set(at, root);
  }
  return undefined;
}

/** One row for each height: the first of each, with the signature of a later one where it has none. The rows agree with each other. */
export function united(rows: readonly Row[]): Row[] {
  const byHeight = new Map<bigint, Row>();
  for (const each of rows) {
    const first = byHeight.get(each.height);
    if (first === undefined) byHeight.set(each.height, each);
    else if (first.signature === null && each.signature !== null) byHeight.set(each.height, { ...first, signature: each.signature });
  }
  return [...byHeight.values()];
}

/** Pieces of at most so many rows and about so many characters. */
export function portions(rows: readonly Row[], count: number, characters: number): Row[][] {
  const pieces: Row[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const each of rows) {
    const length = each.root.length + (each.signature?.length ?? 0) + (each.message?.length ?? 0);
    const last = pieces.at(-1);
    if (last === undefined || last.length >= count || size + length > characters) {
      pieces.push([each]);
      size = length;
    } else {
      last.push(each);
      size += length;
    }
  }
  return pieces;
}

export function chunks<T>(of: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(of.length / size) }, (_, i) => of.slice(i * size, (i + 1) * size));
}
