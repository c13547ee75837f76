// The JSON mapping of proto3 (camelCase names, bytes as base64, 64-bit integers as text, enums by name, defaults left out) and amino JSON, both
// by the tables. Amino: cosmos-sdk x/tx signing/aminojson; babylon's proto files name no amino types, so the type URL is the type.
import { base64 } from '@scure/base';
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';
import type { Checked } from './check.ts';
import { inside, isDefault, protoName, type Row, type Table } from './schema.ts';

export type Reason =
  | Check.Reason
  | { readonly code: 'message.unknown-field'; readonly field: string }
  | { readonly code: 'message.duplicate-field'; readonly field: string }
  | { readonly code: 'message.bad-base64'; readonly field: string }
  | { readonly code: 'message.bad-integer'; readonly field: string };

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** Proto3 JSON of a checked value. */
export function toJson(table: Table, value: Checked): JsonObject {
  return object(table, value, (key) => key, jsonOf);
}

/** Amino JSON of a checked value: keys as in the proto files and sorted. */
export function toAmino(table: Table, value: Checked): JsonObject {
  const entries = Object.entries(object(table, value, protoName, aminoOf));
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function object(table: Table, value: Checked, name: (key: string) => string, one: (row: Row, value: unknown) => Json): JsonObject {
  const entries = Object.entries(table).flatMap(([key, row]): readonly (readonly [string, Json])[] => {
    const given = value[key];
    if (isDefault(row, given)) return [];
    return [[name(key), row.repeated === true ? (given as readonly unknown[]).map((item) => one(row, item)) : one(row, given)]];
  });
  return Object.fromEntries(entries);
}

function jsonOf(row: Row, value: unknown): Json {
  switch (row.kind) {
    case 'bytes':
      return base64.encode(value as Uint8Array);
    case 'uint64':
    case 'int64':
      return (value as bigint).toString();
    case 'message':
      return toJson(row.table, value as Checked);
    default:
      return value as string | number;
  }
}

function aminoOf(row: Row, value: unknown): Json {
  if (row.kind === 'message') return toAmino(row.table, value as Checked);
  if (row.kind === 'enum') return typeof value === 'number' ? value : row.names.indexOf(value as string);
  if (row.kind === 'string' && row.form === 'decimal') return formatDecimal(value as string);
  return jsonOf(row, value);
}

/** "50000000000000000" as the chain prints it: "0.050000000000000000". Other text stays. */
export function formatDecimal(wire: string): string {
  if (!/^-?[0-9]+$/.test(wire)) return wire;
  const sign = wire.startsWith('-') ? '-' : '';
  const digits = wire.slice(sign.length).padStart(19, '0');
  return `${sign}${digits.slice(0, -18)}.${digits.slice(-18)}`;
}

/** The untyped value of a JSON object; absent and null fields are left out, for the check to fill in. Names in camelCase or as in the proto files. */
export function fromJson(table: Table, json: unknown, path: string): Record<string, unknown> {
  const given = Check.object(json, path === '' ? 'value' : path) as Readonly<Record<string, unknown>>;
  const byName = new Map(Object.keys(table).flatMap((key) => [[key, key] as const, [protoName(key), key] as const]));
  const result: Record<string, unknown> = {};
  for (const name of Object.keys(given)) {
    const field = inside(path, name);
    const key = byName.get(name);
    const row = key === undefined ? undefined : table[key];
    if (key === undefined || row === undefined)
      return fail<Reason>({ code: 'message.unknown-field', field }, `${field}: the message has no such field`);
    const one = given[name];
    if (one === null || one === undefined) continue;
    if (Object.hasOwn(result, key)) fail<Reason>({ code: 'message.duplicate-field', field }, `${field}: given in both spellings`);
    result[key] =
      row.repeated === true
        ? Array.from(Check.list(one as readonly unknown[], field), (item, i) => read(row, item, `${field}[${i}]`))
        : read(row, one, field);
  }
  return result;
}

function read(row: Row, json: unknown, field: string): unknown {
  switch (row.kind) {
    case 'string':
      return Check.text(json, field);
    case 'bytes':
      return bytesOf(Check.text(json, field), field);
    case 'uint32':
      return typeof json === 'string' ? Number(integerOf(json, field, 10)) : json;
    case 'uint64':
    case 'int64':
      if (typeof json === 'string') return integerOf(json, field, 20);
      return BigInt(Check.integer(json, field, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER));
    case 'enum':
      return json;
    case 'message':
      return fromJson(row.table, json, field);
  }
}

function integerOf(text: string, field: string, maxDigits: number): bigint {
  if (!/^(0|-?[1-9][0-9]*)$/.test(text) || text.length > maxDigits + 1)
    fail<Reason>({ code: 'message.bad-integer', field }, `${field}: expected a whole number, got ${JSON.stringify(text.slice(0, 40))}`);
  return BigInt(text);
}

/** Either alphabet, padded or not, as the mapping asks of a reader; what is left of the last character must be zero. */
function bytesOf(text: string, field: string): Uint8Array {
  const standard = text.replaceAll('-', '+').replaceAll('_', '/');
  const padded = standard.endsWith('=') ? standard : standard.padEnd(Math.ceil(standard.length / 4) * 4, '=');
  try {
    return base64.decode(padded);
  } catch (cause) {
    return fail<Reason>({ code: 'message.bad-base64', field }, `${field}: expected base64, got ${text.length} characters that are none`, {
      cause,
    });
  }
}
