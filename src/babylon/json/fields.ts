// Strict reading of JSON objects: every field is named in the error, nothing unknown is skipped and nothing missing is filled in.
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';
import * as Hex from '../../base/Hex.ts';
import * as Sats from '../../base/Sats.ts';

/** `field` is a path such as `params[3].covenantPks`; `version` is there when the object says which version it is. */
export type Reason =
  | Check.Reason
  | Hex.Reason
  | Sats.Reason
  | { readonly code: 'params.not-an-object'; readonly field: string; readonly got: string }
  | { readonly code: 'params.unknown-field'; readonly field: string; readonly version?: number }
  | { readonly code: 'params.missing-field'; readonly field: string; readonly version?: number }
  | { readonly code: 'params.not-decimal'; readonly field: string };

/** A JSON object whose set of fields has been checked. */
export type Fields = { readonly path: string; readonly values: Readonly<Record<string, unknown>> };

/**
 * `json` as an object with all of `required`, possibly some of `optional`, and nothing else. The path is `name[version]` when a version stands in it.
 *
 * @throws params.not-an-object, params.unknown-field, params.missing-field
 */
export function from(json: unknown, name: string, required: readonly string[], optional: readonly string[] = []): Fields {
  if (typeof json !== 'object' || json === null || Array.isArray(json) || Check.isBytes(json)) {
    const got = Check.kindOf(json);
    fail<Reason>({ code: 'params.not-an-object', field: name, got }, `${name}: expected a JSON object, got ${got}`);
  }
  const values = json as Readonly<Record<string, unknown>>;
  const own = Object.hasOwn(values, 'version') ? values['version'] : undefined;
  const known = typeof own === 'number' && Number.isSafeInteger(own) ? { version: own } : {};
  const path = known.version === undefined ? name : `${name}[${known.version}]`;
  for (const key of Object.keys(values)) {
    const field = `${path}.${key}`;
    if (!required.includes(key) && !optional.includes(key))
      fail<Reason>({ code: 'params.unknown-field', field, ...known }, `${field}: no such field is known`);
  }
  for (const key of required) {
    const field = `${path}.${key}`;
    if (!Object.hasOwn(values, key)) fail<Reason>({ code: 'params.missing-field', field, ...known }, `${field}: missing`);
  }
  return { path, values };
}

/** An unsigned 32-bit number. @throws input.not-integer, input.out-of-range */
export function uint32({ path, values }: Fields, key: string): number {
  return Check.integer(values[key], `${path}.${key}`, 0, 0xffff_ffff);
}

/** Satoshi as decimal text. @throws input.not-text, sats.bad-text, input.out-of-range */
export function sats({ path, values }: Fields, key: string): Sats.Sats {
  const field = `${path}.${key}`;
  return Sats.parse(Check.text(values[key], field), field);
}

/** An unsigned 64-bit number as decimal text. @throws input.not-text, params.not-decimal, input.out-of-range */
export function uint64({ path, values }: Fields, key: string): bigint {
  const field = `${path}.${key}`;
  const digits = Check.text(values[key], field);
  if (!/^(0|[1-9][0-9]{0,19})$/.test(digits)) fail<Reason>({ code: 'params.not-decimal', field }, `${field}: expected decimal digits`);
  return Check.bigInteger(BigInt(digits), field, 0n, 0xffff_ffff_ffff_ffffn);
}

/** Text. @throws input.not-text */
export function text({ path, values }: Fields, key: string): string {
  return Check.text(values[key], `${path}.${key}`);
}

/** Bytes as hex. @throws input.not-text, hex.odd-length, hex.bad-digit, input.wrong-length */
export function bytes({ path, values }: Fields, key: string, length?: number): Uint8Array {
  const field = `${path}.${key}`;
  return Hex.decode(Check.text(values[key], field), field, length);
}

/** A list of anything. @throws input.not-list */
export function list({ path, values }: Fields, key: string): readonly unknown[] {
  return Check.list(values[key] as readonly unknown[], `${path}.${key}`);
}

/** A list of equally long byte arrays as hex. @throws input.not-list, input.not-text, hex.*, input.wrong-length */
export function bytesList(fields: Fields, key: string, length: number): readonly Uint8Array[] {
  return list(fields, key).map((item, i) => {
    const field = `${fields.path}.${key}[${i}]`;
    return Hex.decode(Check.text(item, field), field, length);
  });
}

/** A list of texts. @throws input.not-list, input.not-text */
export function textList(fields: Fields, key: string): readonly string[] {
  return list(fields, key).map((item, i) => Check.text(item, `${fields.path}.${key}[${i}]`));
}
