// Reads and writes vector files: JSON of "satlock-vectors/1", held against the table of its kind. Nothing unknown is skipped, nothing missing
// is filled in, and every error names the case and the field.
//
// In a case that must be refused (`expect.error`) a value may be of any form, for a bad value may be the point; only the set of fields counts.
import { fail } from '../base/Errors.ts';
import * as Checker from './checker.ts';
import type { Fields } from './fields.ts';
import * as Field from './fields.ts';
import { DEFINITIONS } from './kinds/all.ts';
import { type Case, isRefusal, KINDS, type Kind, SCHEMA, type VectorFile } from './model.ts';

export {
  type Case,
  type Input,
  isRefusal,
  KINDS,
  type Kind,
  type Refusal,
  SCHEMA,
  type Value,
  type Values,
  type VectorFile,
} from './model.ts';

export type Reason =
  | Checker.Reason
  | { readonly code: 'vectors.unknown-schema'; readonly got: string }
  | { readonly code: 'vectors.unsupported-schema'; readonly schema: string }
  | { readonly code: 'vectors.unknown-kind'; readonly got: string }
  | { readonly code: 'vectors.duplicate-id'; readonly caseId: string }
  | { readonly code: 'vectors.nothing-expected'; readonly caseId: string };

/** A schema of the format that this version does not read. */
const LATER_SCHEMAS: readonly string[] = ['satlock-golden/1'];

const FILE: Fields = { schema: Field.text(), kind: Field.text(), source: Field.text(), cases: Field.list(Field.object({})) };

/**
 * The vector file that `json` is; the result shares no object with it.
 *
 * @throws vectors.not-an-object, vectors.unknown-field, vectors.missing-field, vectors.wrong-type, vectors.bad-hex, vectors.wrong-length, vectors.bad-value
 * @throws vectors.unknown-schema, vectors.unknown-kind
 * @throws vectors.unsupported-schema - of the format, but not read by this version
 * @throws vectors.duplicate-id, vectors.nothing-expected
 */
export function parse(json: unknown): VectorFile {
  const file = Checker.object(json, { field: 'file' });
  const kind = kindOf(file);
  const fields = Checker.withFields(file, FILE, { field: '' });
  const source = Checker.text(fields['source'], { field: 'source' });
  const seen = new Set<string>();
  const list = Checker.list(fields['cases'], { field: 'cases' }).map((one, i) => parseCase(one, i, kind, seen));
  return { schema: SCHEMA, kind, source, cases: list };
}

/** The file as JSON text: one line for each case, so that a change shows as one line. Equal files give equal text. */
export function serialize(file: VectorFile): string {
  const { schema, kind, source, cases } = file;
  const head = [`"schema": ${JSON.stringify(schema)}`, `"kind": ${JSON.stringify(kind)}`, `"source": ${JSON.stringify(source)}`];
  const lines = cases.map((one) => `    ${JSON.stringify(one)}`);
  const body = lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n  ]`;
  return `{\n  ${head.join(',\n  ')},\n  "cases": ${body}\n}\n`;
}

function kindOf(file: Readonly<Record<string, unknown>>): Kind {
  const { schema, kind } = file;
  if (schema === undefined) Checker.missing({ field: 'schema' });
  if (typeof schema === 'string' && LATER_SCHEMAS.includes(schema))
    fail<Reason>({ code: 'vectors.unsupported-schema', schema }, `schema ${schema} is not supported yet`);
  if (schema !== SCHEMA)
    fail<Reason>(
      { code: 'vectors.unknown-schema', got: Checker.shown(schema) },
      `schema: expected ${SCHEMA}, got ${Checker.shown(schema)}`,
    );
  if (kind === undefined) Checker.missing({ field: 'kind' });
  const known = KINDS.find((one) => one === kind);
  if (known !== undefined) return known;
  return fail<Reason>(
    { code: 'vectors.unknown-kind', got: Checker.shown(kind) },
    `kind: ${Checker.shown(kind)} is not known; known are ${KINDS.join(', ')}`,
  );
}

function parseCase(json: unknown, index: number, kind: Kind, seen: Set<string>): Case {
  const unnamed = { field: `cases[${index}]` };
  const given = Checker.object(json, unnamed);
  if (!Object.hasOwn(given, 'id')) Checker.missing({ field: `cases[${index}].id` });
  const id = Checker.text(given['id'], { field: `cases[${index}].id` });
  const at = (field: string): Checker.Place => ({ caseId: id, field });
  if (id === '') fail<Reason>({ code: 'vectors.bad-value', field: `cases[${index}].id` }, `cases[${index}].id: an id is not empty`);
  if (seen.has(id)) fail<Reason>({ code: 'vectors.duplicate-id', caseId: id }, `case ${id}: two cases have this id`);
  seen.add(id);
  for (const key of Object.keys(given)) if (!['id', 'comment', 'input', 'expect'].includes(key)) Checker.unknown(at(key));
  for (const key of ['input', 'expect']) if (!Object.hasOwn(given, key)) Checker.missing(at(key));
  const expect = parseExpect(given['expect'], kind, id);
  const { input: table, forms } = DEFINITIONS[kind];
  const input = Checker.copy(given['input'], table, at('input'), isRefusal(expect) ? 'any-value' : 'strict');
  if (forms !== undefined) Checker.checkForms(input, forms, at('input'));
  const comment = Object.hasOwn(given, 'comment') ? { comment: Checker.text(given['comment'], at('comment')) } : {};
  return { id, ...comment, input, expect };
}

function parseExpect(json: unknown, kind: Kind, id: string): Case['expect'] {
  const at = (field: string): Checker.Place => ({ caseId: id, field });
  const given = Checker.object(json, at('expect'));
  const keys = Object.keys(given);
  if (Object.hasOwn(given, 'error')) {
    const other = keys.find((key) => key !== 'error');
    if (other !== undefined) Checker.unknown(at(`expect.${other}`), 'a refusal has no outputs');
    const { error } = given;
    if (error === true) return { error };
    const code = Checker.text(error, at('expect.error'), 'an error code or true');
    if (code === '') fail<Reason>({ code: 'vectors.bad-value', caseId: id, field: 'expect.error' }, `case ${id}: expect.error: empty`);
    return { error: code };
  }
  if (keys.length === 0) fail<Reason>({ code: 'vectors.nothing-expected', caseId: id }, `case ${id}: expect lists nothing to compare`);
  const { expect: table, always = [] } = DEFINITIONS[kind];
  // Every output may be left out, but for those that a verifier always compares.
  const fields: Fields = Object.fromEntries(
    Object.entries(table).map(([key, field]) => [key, always.includes(key) ? field : { ...field, optional: true }]),
  );
  return Checker.values(given, fields, at('expect'));
}
