// What the stores of several machines check and copy before a call leaves the caller's hands: slots, heights, records.
// Texts are carried as hex of their UTF-8, so that no chain id can look like another or like a part of a statement.
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';
import * as Hex from '../../base/Hex.ts';
import type { SignRecord, Slot } from '../../signer/SignStore.ts';
import type { Reason } from './clusterErrors.ts';

/** The highest height that eight bytes hold. */
export const HIGHEST: bigint = 2n ** 64n - 1n;

/** Larger messages are nobody's votes, and one request must fit into what etcd accepts. @unit bytes */
const MAX_MESSAGE = 65_536;
const MAX_TEXT = 16_384;

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

/** @throws input.not-bytes, input.wrong-length, input.not-text, store.bad-text */
export function slotName(slot: Slot): SlotName {
  Check.object(slot, 'slot');
  return { key: keyName(slot.publicKey), chain: textName(slot.chainId, 'chainId') };
}

/** @throws input.not-bytes, input.wrong-length */
export function keyName(publicKey: Uint8Array): string {
  return Hex.encode(Check.bytes(publicKey, 'publicKey', 32));
}

/** Hex of the UTF-8 of a text; half a surrogate pair has none, and would be taken for another text. @throws store.bad-text */
export function textName(value: string, field: string): string {
  const bytes = new TextEncoder().encode(Check.text(value, field));
  if (new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes) !== value)
    fail<Reason>({ code: 'store.bad-text', field }, `${field}: no well-formed text`);
  if (bytes.length > MAX_TEXT) Check.wrongLength(field, `at most ${MAX_TEXT}`, bytes.length);
  return Hex.encode(bytes);
}

/** The text that a name stands for. */
export function nameText(name: string): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Hex.decode(name));
}

/** @throws input.not-integer, input.out-of-range */
export function height(value: bigint, field = 'height'): bigint {
  return Check.bigInteger(value, field, 0n, HIGHEST);
}

/** @throws input.not-integer, input.out-of-range */
export function watermark(value: bigint): bigint {
  return Check.bigInteger(value, 'watermark', -1n, HIGHEST);
}

/** @throws input.* */
export function row(record: SignRecord): Row {
  Check.object(record, 'record');
  const { signature, message, signedAtMs } = record;
  if (message !== undefined && Check.bytes(message, 'message').length > MAX_MESSAGE)
    Check.wrongLength('message', `at most ${MAX_MESSAGE}`, message.length);
  return {
    height: height(record.height),
    root: Hex.encode(Check.bytes(record.signingRoot, 'signingRoot', 32)),
    signature: signature === undefined ? null : Hex.encode(Check.bytes(signature, 'signature', 32)),
    message: message === undefined ? null : Hex.encode(message),
    signedAtMs: signedAtMs === undefined ? null : Check.bigInteger(signedAtMs, 'signedAtMs', 0n, HIGHEST).toString(),
  };
}

/** @throws store.repeated-height */
export function distinct(rows: readonly Row[]): readonly Row[] {
  const seen = new Set<bigint>();
  for (const { height: at } of rows) {
    if (seen.has(at)) fail<Reason>({ code: 'store.repeated-height', height: at }, `height ${at} stands twice in one claim`);
    seen.add(at);
  }
  return rows;
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

/** Why a key is condemned by an import. */
export function contradictionText(at: bigint, chainId: string): string {
  return `two different messages are known at height ${at} of ${JSON.stringify(chainId)}`;
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
