// Holds JSON against a table of fields and copies it. Errors name the case and the path of the field.
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import type { Fields, Type } from './fields.ts';
import type { Input, Value, Values } from './model.ts';

/** Where a value stands: `field` is a path such as `input.slashing.rate`. */
export type Place = { readonly caseId?: string; readonly field: string };

export type Reason = { readonly caseId?: string; readonly field: string } & (
  | { readonly code: 'vectors.not-an-object'; readonly got: string }
  | { readonly code: 'vectors.unknown-field' }
  | { readonly code: 'vectors.missing-field' }
  | { readonly code: 'vectors.wrong-type'; readonly expected: string; readonly got: string }
  | { readonly code: 'vectors.bad-hex' }
  | { readonly code: 'vectors.wrong-length'; readonly expectedBytes: string; readonly gotBytes: number }
  | { readonly code: 'vectors.bad-value' }
);

/** `strict`: every value as the table says. `any-value`: the fields of the table, with whatever in them. */
export type Mode = 'strict' | 'any-value';

/** What a JSON value is, for messages; short text is shown. */
export function shown(value: unknown): string {
  return typeof value === 'string' && value.length <= 40 ? JSON.stringify(value) : Check.kindOf(value);
}

/** @throws vectors.not-an-object */
export function object(json: unknown, place: Place): Readonly<Record<string, unknown>> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    const got = Check.kindOf(json);
    fail<Reason>({ ...place, code: 'vectors.not-an-object', got }, `${where(place)}: expected an object, got ${got}`);
  }
  return json as Readonly<Record<string, unknown>>;
}

/** @throws vectors.wrong-type */
export function list(json: unknown, place: Place): readonly unknown[] {
  return Array.isArray(json) ? json : wrongType(place, 'a list', json);
}

/** @throws vectors.wrong-type */
export function text(json: unknown, place: Place, expected = 'text'): string {
  return typeof json === 'string' ? json : wrongType(place, expected, json);
}

/** `json` when it has all required fields of the table and no other. @throws vectors.unknown-field, vectors.missing-field */
export function withFields(json: Readonly<Record<string, unknown>>, fields: Fields, place: Place): Readonly<Record<string, unknown>> {
  const at = (key: string): Place => ({ ...place, field: place.field === '' ? key : `${place.field}.${key}` });
  for (const key of Object.keys(json)) if (!Object.hasOwn(fields, key)) unknown(at(key));
  for (const [key, { optional }] of Object.entries(fields)) if (optional !== true && !Object.hasOwn(json, key)) missing(at(key));
  return json;
}

/** A copy of an object that the table describes. @throws Reason */
export function copy(json: unknown, fields: Fields, place: Place, mode: Mode): Input {
  const given = withFields(object(json, place), fields, place);
  return Object.fromEntries(
    Object.entries(given).map(([key, one]) => [
      key,
      value(one, fields[key] ?? { type: 'text' }, { ...place, field: `${place.field}.${key}` }, mode),
    ]),
  );
}

/** Outputs, each of the type in the table. @throws Reason */
export function values(json: unknown, fields: Fields, place: Place): Values {
  // The tables of outputs hold hex, text, booleans and lists of hex: what `copy` let pass is a Value.
  return copy(json, fields, place, 'strict') as Readonly<Record<string, Value>>;
}

/** A copy of a value of this type. @throws Reason */
export function value(json: unknown, type: Type, place: Place, mode: Mode = 'strict'): unknown {
  if (type.type === 'list' && (mode === 'strict' || Array.isArray(json)))
    return list(json, place).map((one, i) => value(one, type.of, { ...place, field: `${place.field}[${i}]` }, mode));
  if (type.type === 'object' && (mode === 'strict' || isObject(json))) return copy(json, type.fields, place, mode);
  if (mode === 'strict') checkScalar(json, type, place);
  return structuredCopy(json, place);
}

/** One of several sets of fields must be complete. @throws vectors.missing-field */
export function checkForms(input: Input, forms: readonly (readonly string[])[], place: Place): void {
  if (forms.some((names) => names.every((name) => Object.hasOwn(input, name)))) return;
  const text = forms.map((names) => names.join(' + ')).join(', or ');
  fail<Reason>({ ...place, code: 'vectors.missing-field' }, `${where(place)}: needs ${text}`);
}

export function unknown(place: Place, why = 'no such field is known'): never {
  fail<Reason>({ ...place, code: 'vectors.unknown-field' }, `${where(place)}: ${why}`);
}

export function missing(place: Place): never {
  fail<Reason>({ ...place, code: 'vectors.missing-field' }, `${where(place)}: missing`);
}

function checkScalar(json: unknown, type: Type, place: Place): void {
  switch (type.type) {
    case 'hex':
      checkHex(text(json, place, 'hex text'), type.bytes, place);
      return;
    case 'integer':
      checkInteger(json, place);
      return;
    case 'boolean':
      if (typeof json !== 'boolean') wrongType(place, 'true or false', json);
      return;
    case 'json':
      object(json, place);
      return;
    case 'text': {
      const { oneOf } = type;
      const given = text(json, place);
      if (oneOf !== undefined && !oneOf.includes(given))
        fail<Reason>({ ...place, code: 'vectors.bad-value' }, `${where(place)}: expected one of ${oneOf.join(', ')}, got ${shown(given)}`);
      return;
    }
    default:
      wrongType(place, type.type, json);
  }
}

function checkHex(digits: string, lengths: readonly number[] | undefined, place: Place): void {
  if (!/^(?:[0-9a-f]{2})*$/.test(digits))
    fail<Reason>({ ...place, code: 'vectors.bad-hex' }, `${where(place)}: expected lower-case hex without prefix, got ${shown(digits)}`);
  const gotBytes = digits.length / 2;
  if (lengths === undefined || lengths.includes(gotBytes)) return;
  const expectedBytes = lengths.join(' or ');
  fail<Reason>(
    { ...place, code: 'vectors.wrong-length', expectedBytes, gotBytes },
    `${where(place)}: expected ${expectedBytes} bytes, got ${gotBytes}`,
  );
}

function checkInteger(json: unknown, place: Place): void {
  if (typeof json === 'number' ? Number.isSafeInteger(json) : typeof json === 'string' && /^(0|[1-9][0-9]*)$/.test(json)) return;
  const got = typeof json === 'number' ? String(json) : shown(json);
  const expected = 'an integer below 2^53, or decimal digits as text';
  fail<Reason>({ ...place, code: 'vectors.wrong-type', expected, got }, `${where(place)}: expected ${expected}, got ${got}`);
}

function wrongType(place: Place, expected: string, json: unknown): never {
  const got = Check.kindOf(json);
  fail<Reason>({ ...place, code: 'vectors.wrong-type', expected, got }, `${where(place)}: expected ${expected}, got ${got}`);
}

function where({ caseId, field }: Place): string {
  return caseId === undefined ? field : `case ${caseId}: ${field}`;
}

function isObject(json: unknown): boolean {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

/** No field of any kind is nested this deeply; deeper input is made to exhaust the stack. */
const MAX_DEPTH = 32;

/** A deep copy of plain JSON. */
function structuredCopy(json: unknown, place: Place, depth = 0): unknown {
  if (depth > MAX_DEPTH) {
    const [expected, got] = [`at most ${MAX_DEPTH} levels`, 'more'];
    fail<Reason>({ ...place, code: 'vectors.wrong-type', expected, got }, `${where(place)}: expected ${expected}, got ${got}`);
  }
  if (Array.isArray(json)) return json.map((one) => structuredCopy(one, place, depth + 1));
  if (typeof json !== 'object' || json === null) return json;
  return Object.fromEntries(Object.entries(json).map(([key, one]) => [key, structuredCopy(one, place, depth + 1)]));
}
