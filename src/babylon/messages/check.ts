// Holds a value against the table of its message. `wire`: what the wire type can carry. `chain`: also what the chain asks of the form of each
// field (lengths, addresses, nothing left out), whatever the state of the chain.
import { bech32 } from '@scure/base';
import * as Bytes from '../../base/Bytes.ts';
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';
import { defaultOf, inside, type Row, type Table } from './schema.ts';

export type Reason =
  | Check.Reason
  | { readonly code: 'message.unknown-field'; readonly field: string }
  | { readonly code: 'message.bad-enum'; readonly field: string; readonly got: string }
  | { readonly code: 'message.bad-text'; readonly field: string }
  | { readonly code: 'message.bad-address'; readonly field: string }
  | { readonly code: 'message.bad-txid'; readonly field: string }
  | { readonly code: 'message.bad-decimal'; readonly field: string };

export type Rules = 'chain' | 'wire';

/** Fields by their camelCase names, all of the types that the table gives. */
export type Checked = Readonly<Record<string, unknown>>;

const UINT32_MAX = 0xffff_ffff;
const INT64_MAX = 0x7fff_ffff_ffff_ffffn;
const UINT64_MAX = 0xffff_ffff_ffff_ffffn;

/**
 * A copy of `value` that the table describes in full: under `wire` rules the defaults are filled in, under `chain` rules nothing may be missing.
 *
 * @throws message.unknown-field - a misspelt optional field would be lost in silence
 */
export function checked(table: Table, value: unknown, path: string, rules: Rules): Checked {
  const given = Check.object(value, path === '' ? 'value' : path) as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(given)) {
    const field = inside(path, key);
    if (!Object.hasOwn(table, key)) fail<Reason>({ code: 'message.unknown-field', field }, `${field}: the message has no such field`);
  }
  const result: Record<string, unknown> = {};
  for (const [key, row] of Object.entries(table)) {
    const one = field(row, given[key], inside(path, key), rules);
    if (one !== undefined) result[key] = one;
  }
  return result;
}

function field(row: Row, value: unknown, path: string, rules: Rules): unknown {
  if (value === undefined) {
    if (rules === 'chain' && row.optional !== true) Check.missing(path);
    return defaultOf(row);
  }
  if (row.repeated !== true) return single(row, value, path, rules);
  // A hole of a sparse list counts as missing.
  return Array.from(Check.list(value as readonly unknown[], path), (one, i) => single(row, one, `${path}[${i}]`, rules));
}

function single(row: Row, value: unknown, path: string, rules: Rules): unknown {
  switch (row.kind) {
    case 'string':
      return string(row, value, path, rules);
    case 'bytes':
      return bytes(row, value, path, rules);
    case 'uint32':
      return Check.integer(value, path, 0, UINT32_MAX);
    case 'uint64':
      return Check.bigInteger(value, path, 0n, UINT64_MAX);
    case 'int64':
      // Amounts and positions: the chain refuses what is negative.
      return Check.bigInteger(value, path, rules === 'chain' ? 0n : -INT64_MAX - 1n, INT64_MAX);
    case 'enum':
      return enumeration(row.names, value, path, rules);
    case 'message':
      return checked(row.table, value, path, rules);
  }
}

function bytes(row: Extract<Row, { kind: 'bytes' }>, value: unknown, path: string, rules: Rules): Uint8Array {
  const { bytes: wanted } = row;
  const given = Check.bytes(value, path, rules === 'chain' && typeof wanted === 'number' && !absent(row, value) ? wanted : undefined);
  if (rules === 'chain') {
    if (wanted === 'some' && given.length === 0) Check.wrongLength(path, 'at least 1', 0);
    if (wanted === 'nodes' && given.length % 32 !== 0) Check.wrongLength(path, 'whole hashes of 32', given.length);
  }
  return Bytes.copy(given);
}

/** Empty bytes in an optional field mean that it is left out. */
function absent(row: Row, value: unknown): boolean {
  return row.optional === true && Check.isBytes(value) && value.length === 0;
}

function string(row: Extract<Row, { kind: 'string' }>, value: unknown, path: string, rules: Rules): string {
  const text = Check.text(value, path);
  // Such text has no UTF-8 form: an encoder would put another character there.
  if (/[\ud800-\udfff]/u.test(text)) fail<Reason>({ code: 'message.bad-text', field: path }, `${path}: half a surrogate pair is no text`);
  if (rules === 'wire' || (row.optional === true && text === '')) return text;
  switch (row.form) {
    case 'address':
      if (!isAddress(text)) fail<Reason>({ code: 'message.bad-address', field: path }, `${path}: expected a bbn1… account address`);
      return text;
    case 'txid':
      if (!/^[0-9a-f]{64}$/i.test(text))
        fail<Reason>({ code: 'message.bad-txid', field: path }, `${path}: expected a txid of 64 hex digits`);
      return text;
    case 'decimal':
      if (!/^(0|[1-9][0-9]{0,36})$/.test(text))
        fail<Reason>(
          { code: 'message.bad-decimal', field: path },
          `${path}: expected the wire form of a decimal, digits of the value times 10^18; Message.decimal("0.05") makes it`,
        );
      return text;
    case 'some':
      if (text === '') Check.missing(path);
      return text;
    default:
      return text;
  }
}

/** Accounts have 20 bytes, contracts and group accounts 32. */
function isAddress(text: string): boolean {
  const decoded = text.length <= 90 ? bech32.decodeUnsafe(text) : undefined;
  if (decoded === undefined || decoded.prefix !== 'bbn') return false;
  const payload = bech32.fromWordsUnsafe(decoded.words);
  return payload instanceof Uint8Array && (payload.length === 20 || payload.length === 32);
}

function enumeration(names: readonly string[], value: unknown, path: string, rules: Rules): string | number {
  if (typeof value === 'string' && names.includes(value)) return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) {
    const name = names[value];
    if (name !== undefined) return name;
    // An open enum: the wire carries any 32-bit number.
    if (rules === 'wire') return Check.integer(value, path, -0x8000_0000, 0x7fff_ffff);
  }
  const got =
    typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(typeof value === 'number' ? value : Check.kindOf(value));
  return fail<Reason>({ code: 'message.bad-enum', field: path, got }, `${path}: expected ${names.join(', ')}, got ${got}`);
}
