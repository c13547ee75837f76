// Tables of a ledger's state: exact numbers for people. What says nothing, a column of zeros or an empty table, is left out.
import Table from 'cli-table3';
import type * as Traces from '../../../restaking/Traces.ts';
import { toJson } from '../../io.ts';

export type Json = Traces.Json;
export type Fields = { readonly [key: string]: Json };

export type Column = {
  readonly head: string;
  /** Text to the left; numbers, the default, to the right. */
  readonly isText?: true;
  /** What a cell holds that says nothing: a column of it alone is left out. */
  readonly silent?: string;
};

const WAD_DIGITS = 18;
const NONE = ['', 'top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'];
const LINES = ['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'];
const CHARS = { ...Object.fromEntries([...NONE.slice(1), ...LINES].map((name) => [name, ''])), middle: '  ' };

/** A titled table, or nothing when it has no rows. */
export function section(title: string, columns: readonly Column[], rows: readonly (readonly string[])[]): readonly string[] {
  if (rows.length === 0) return [];
  const shown = columns.flatMap(({ silent }, i) => (silent !== undefined && rows.every((row) => row[i] === silent) ? [] : [i]));
  const pick = <T>(from: readonly T[]): T[] => shown.flatMap((i) => from.slice(i, i + 1));
  const table = new Table({
    head: pick(columns.map(({ head }) => head)),
    colAligns: pick(columns.map(({ isText }) => (isText === true ? ('left' as const) : ('right' as const)))),
    chars: CHARS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of rows) table.push(pick(row));
  const lines = table.toString().split('\n');
  return [title, ...lines.map((line) => `  ${line}`.trimEnd())];
}

/** What no table shows, as JSON: nothing of a state is dropped. */
export function rest(state: Fields, known: readonly string[]): readonly string[] {
  const others = Object.entries(state).filter(([key, value]) => !known.includes(key) && !isEmpty(value));
  return others.map(([key, value]) => `${key} ${toJson(value)}`);
}

function isEmpty(value: Json): boolean {
  return value === null || value === '0' || (typeof value === 'object' && Object.values(value).every(isEmpty));
}

export function fields(value: Json | undefined): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

export function entries(value: Json | undefined): readonly (readonly [string, Json])[] {
  return Object.entries(fields(value));
}

export function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

/** Groups of three digits, 1'234'567; 0 for what is absent. */
export function amount(value: Json | undefined): string {
  return String(value ?? '0').replace(/\B(?=(\d{3})+$)/g, "'");
}

/** As it is: block numbers, times, counts; 0 for what is absent. */
export function plain(value: Json | undefined): string {
  return String(value ?? '0');
}

/** A magnitude or factor, of which 10^18 is 1, as an exact decimal: 900000000000000000 is 0.9. @param absent what it is when it is not there */
export function wad(value: Json | undefined, absent: '0' | '1'): string {
  if (value === undefined) return absent;
  const [, sign = '', digits = ''] = /^(-?)(\d+)$/.exec(String(value)) ?? [];
  const padded = digits.padStart(WAD_DIGITS + 1, '0');
  const fraction = padded.slice(-WAD_DIGITS).replace(/0+$/, '');
  return `${sign}${amount(padded.slice(0, -WAD_DIGITS))}${fraction === '' ? '' : `.${fraction}`}`;
}

export function yesNo(value: Json | undefined): string {
  return value === true ? 'yes' : 'no';
}

export function names(value: Json | undefined): string {
  return list(value).map(String).join(' ');
}
