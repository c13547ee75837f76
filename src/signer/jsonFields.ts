// Strict reading of JSON objects: every field is named once, and what is wrong is told by the name of its place. No value is repeated: the file
// may be another one than the operator meant.
import { fail } from '../base/Errors.ts';
import { MAX_HEIGHT } from './checks.ts';

export type Reason =
  | { readonly code: 'interchange.malformed'; readonly field: string }
  | { readonly code: 'interchange.unknown-field'; readonly field: string }
  | { readonly code: 'interchange.missing-field'; readonly field: string };

export type Fields = Readonly<Record<string, unknown>>;

/** An object with all of the required fields, some of the allowed ones, and no other. */
export function object(value: unknown, at: string, required: readonly string[], allowed: readonly string[] = []): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) malformed(at === '' ? 'file' : at, 'expected an object');
  const fields = Object.fromEntries(Object.entries(value));
  const place = at === '' ? '' : `${at}.`;
  for (const name of required) {
    const field = `${place}${name}`;
    if (!Object.hasOwn(value, name)) fail<Reason>({ code: 'interchange.missing-field', field }, `${field}: missing`);
  }
  for (const name of Object.keys(value)) {
    const field = `${place}${name.slice(0, 100)}`;
    if (!required.includes(name) && !allowed.includes(name))
      fail<Reason>({ code: 'interchange.unknown-field', field }, `${field}: this format has no such field`);
  }
  return fields;
}

export function list(value: unknown, at: string): readonly unknown[] {
  return Array.isArray(value) ? value : malformed(at, 'expected a list');
}

/** Well-formed text of limited length. */
export function text(value: unknown, at: string, max: number, min = 0): string {
  if (typeof value !== 'string') malformed(at, 'expected text');
  if (value.length < min || value.length > max) malformed(at, `expected ${min} to ${max} characters`);
  return /\p{Surrogate}/u.test(value) ? malformed(at, 'no well-formed Unicode text') : value;
}

export function hex32(value: unknown, at: string): string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value) ? value : malformed(at, 'expected 64 lower-case hex digits');
}

/** A height in the one decimal form: no sign, no leading zero, no number. */
export function height(value: unknown, at: string): string {
  const decimal = typeof value === 'string' && /^(0|[1-9][0-9]{0,19})$/.test(value) && BigInt(value) <= MAX_HEIGHT;
  return decimal ? value : malformed(at, 'expected a decimal string from 0 to 2^64-1');
}

/** The field read by `read`, or no field. */
export function optional<K extends string>(fields: Fields, name: K, read: (value: unknown) => string): { readonly [P in K]?: string } {
  return Object.hasOwn(fields, name) ? ({ [name]: read(fields[name]) } as { readonly [P in K]: string }) : {};
}

export function malformed(field: string, problem: string): never {
  return fail<Reason>({ code: 'interchange.malformed', field }, `${field}: ${problem}`);
}
