// Protobuf bytes of a checked value and back, by its table (proto3: defaults are not written, fields ascend). Decoding keeps what it does not
// know aside, and follows the chain's own decoder: the last value of a field wins, a nested message given twice is merged.
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import * as Bytes from '../../base/Bytes.ts';
import { fail } from '../../base/Errors.ts';
import type { Checked } from './check.ts';
import { defaultOf, inside, isDefault, type Row, type Table } from './schema.ts';

export type Reason =
  | { readonly code: 'message.malformed'; readonly field: string; readonly at: number; readonly problem: string }
  | { readonly code: 'message.wrong-wire-type'; readonly field: string; readonly wireType: number };

/** A field that the table does not know; `bytes` are tag and value as they stand in the message. */
export type UnknownField = { readonly field: string; readonly number: number; readonly wireType: number; readonly bytes: Uint8Array };

/** The canonical bytes of a value. */
export function encode(table: Table, value: Checked): Uint8Array {
  const writer = new BinaryWriter();
  write(writer, table, value);
  return writer.finish();
}

function write(writer: BinaryWriter, table: Table, value: Checked): void {
  for (const [key, row] of Object.entries(table)) {
    const given = value[key];
    if (isDefault(row, given)) continue;
    for (const one of row.repeated === true ? (given as readonly unknown[]) : [given]) writeOne(writer, row, one);
  }
}

function writeOne(writer: BinaryWriter, row: Row, value: unknown): void {
  writer.tag(row.number, wireTypeOf(row));
  switch (row.kind) {
    case 'string':
      writer.string(value as string);
      return;
    case 'bytes':
      writer.bytes(value as Uint8Array);
      return;
    case 'uint32':
      writer.uint32(value as number);
      return;
    case 'uint64':
      writer.uint64(value as bigint);
      return;
    case 'int64':
      writer.int64(value as bigint);
      return;
    case 'enum':
      writer.int32(typeof value === 'number' ? value : row.names.indexOf(value as string));
      return;
    case 'message':
      writer.fork();
      write(writer, row.table, value as Checked);
      writer.join();
  }
}

function wireTypeOf({ kind }: Row): WireType {
  return kind === 'string' || kind === 'bytes' || kind === 'message' ? WireType.LengthDelimited : WireType.Varint;
}

/** The value that `bytes` spell, all defaults filled in, and the fields nobody knows. @throws message.malformed, message.wrong-wire-type */
export function decode(table: Table, bytes: Uint8Array): { readonly value: Checked; readonly unknown: readonly UnknownField[] } {
  const unknown: UnknownField[] = [];
  return { value: read(table, bytes, '', {}, unknown), unknown };
}

/** Bytes that are no UTF-8 are refused, as the chain does; a byte order mark is a character like others. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

type Draft = Record<string, unknown>;

function read(table: Table, bytes: Uint8Array, path: string, into: Draft, unknown: UnknownField[]): Draft {
  const reader = new BinaryReader(bytes, (text) => utf8.decode(text));
  const byNumber = new Map(Object.entries(table).map(([key, row]) => [row.number, [key, row] as const]));
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const [number, wireType] = guard(path, start, () => reader.tag());
    const known = byNumber.get(number);
    if (known === undefined) {
      guard(path, start, () => reader.skip(wireType, number));
      const field = inside(path, `#${number}`);
      unknown.push({ field, number, wireType, bytes: Bytes.copy(bytes.subarray(start, reader.pos)) });
      continue;
    }
    const [key, row] = known;
    const field = inside(path, key);
    if (wireType !== wireTypeOf(row))
      fail<Reason>(
        { code: 'message.wrong-wire-type', field, wireType },
        `${field}: a ${row.kind} is not written with wire type ${wireType}`,
      );
    store(into, key, row, readOne(reader, row, field, into[key], unknown));
  }
  for (const [key, row] of Object.entries(table)) {
    const fallback = Object.hasOwn(into, key) ? undefined : defaultOf(row);
    if (fallback !== undefined) into[key] = fallback;
  }
  return into;
}

function store(into: Draft, key: string, row: Row, value: unknown): void {
  if (row.repeated !== true) into[key] = value;
  else if (Object.hasOwn(into, key)) (into[key] as unknown[]).push(value);
  else into[key] = [value];
}

function readOne(reader: BinaryReader, row: Row, field: string, before: unknown, unknown: UnknownField[]): unknown {
  const start = reader.pos;
  switch (row.kind) {
    case 'string':
      return guard(field, start, () => reader.string());
    case 'bytes':
      return Bytes.copy(guard(field, start, () => reader.bytes()));
    case 'uint32':
      return guard(field, start, () => reader.uint32());
    case 'uint64':
      return BigInt(guard(field, start, () => reader.uint64()));
    case 'int64':
      return BigInt(guard(field, start, () => reader.int64()));
    case 'enum': {
      const number = guard(field, start, () => reader.int32());
      return row.names[number] ?? number;
    }
    case 'message': {
      const bytes = guard(field, start, () => reader.bytes());
      return read(row.table, bytes, field, row.repeated !== true && before !== undefined ? (before as Draft) : {}, unknown);
    }
  }
}

/** The reader's own errors, and its stack when groups are nested without end, become one of ours. */
function guard<T>(path: string, at: number, step: () => T): T {
  try {
    return step();
  } catch (cause) {
    const field = path === '' ? 'value' : path;
    const problem = cause instanceof Error ? cause.message.slice(0, 80) : 'unreadable';
    return fail<Reason>({ code: 'message.malformed', field, at, problem }, `${field}: malformed protobuf at byte ${at}: ${problem}`, {
      cause,
    });
  }
}
