// Strict reading of the JSON forms of contracts and delegations: the schema first, then every field, none unknown and none missing.
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';
import type * as Fields from './fields.ts';

export type Reason =
  | { readonly code: 'json.not-an-object'; readonly field: string; readonly got: string }
  | { readonly code: 'json.unknown-field'; readonly field: string }
  | { readonly code: 'json.missing-field'; readonly field: string }
  | { readonly code: 'json.unknown-schema'; readonly field: string; readonly expected: string; readonly got: string };

/**
 * `json` as an object of this schema with all of `required`, possibly some of `optional`, and nothing else.
 *
 * @throws json.not-an-object, json.unknown-schema, json.unknown-field, json.missing-field
 */
export function from(
  json: unknown,
  name: string,
  schema: string | undefined,
  required: readonly string[],
  optional: readonly string[] = [],
): Fields.Fields {
  if (typeof json !== 'object' || json === null || Array.isArray(json) || Check.isBytes(json)) {
    const got = Check.kindOf(json);
    const advice = typeof json === 'string' ? '; parse the text first' : '';
    fail<Reason>({ code: 'json.not-an-object', field: name, got }, `${name}: expected a JSON object, got ${got}${advice}`);
  }
  const values = json as Readonly<Record<string, unknown>>;
  if (schema !== undefined) checkSchema(values, name, schema);
  for (const key of Object.keys(values)) {
    const field = `${name}.${key}`;
    const known = required.includes(key) || optional.includes(key) || (key === 'schema' && schema !== undefined);
    if (!known) fail<Reason>({ code: 'json.unknown-field', field }, `${field}: no such field is known`);
  }
  for (const key of required) {
    const field = `${name}.${key}`;
    if (!Object.hasOwn(values, key)) fail<Reason>({ code: 'json.missing-field', field }, `${field}: missing`);
  }
  return { path: name, values };
}

function checkSchema(values: Readonly<Record<string, unknown>>, name: string, expected: string): void {
  const field = `${name}.schema`;
  const given = Object.hasOwn(values, 'schema') ? values['schema'] : undefined;
  if (given === undefined) fail<Reason>({ code: 'json.missing-field', field }, `${field}: missing, expected ${expected}`);
  if (given === expected) return;
  const got = typeof given === 'string' ? given.slice(0, 60) : Check.kindOf(given);
  fail<Reason>({ code: 'json.unknown-schema', field, expected, got }, `${field}: expected ${expected}, got ${got}`);
}
