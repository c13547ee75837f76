// As much of JSON Schema as the schema of signing histories uses. A keyword that it does not know is an error.
type Schema = { readonly [key: string]: unknown };

/** Empty, or the first place that does not agree. */
export function conformsToSchema(schema: Schema, value: unknown, at = '$'): string {
  for (const [keyword, limit] of Object.entries(schema)) {
    const check = KEYWORDS[keyword];
    if (check === undefined) throw new Error(`unknown keyword ${keyword}`);
    const problem = check(limit, value, at, schema);
    if (problem !== '') return problem;
  }
  return '';
}

type Check = (limit: unknown, value: unknown, at: string, schema: Schema) => string;
const told = (ok: boolean, at: string, keyword: string): string => (ok ? '' : `${at} ${keyword}`);
const isObject = (value: unknown): value is Schema => typeof value === 'object' && value !== null && !Array.isArray(value);

const KEYWORDS: { readonly [keyword: string]: Check } = {
  $schema: () => '',
  $id: () => '',
  title: () => '',
  description: () => '',
  type: (limit, value, at) => {
    const is = { object: isObject(value), array: Array.isArray(value), string: typeof value === 'string' }[String(limit)];
    if (is === undefined) throw new Error(`unknown type ${String(limit)}`);
    return told(is, at, 'type');
  },
  const: (limit, value, at) => told(limit === value, at, 'const'),
  pattern: (limit, value, at) => told(typeof value !== 'string' || new RegExp(String(limit), 'u').test(value), at, 'pattern'),
  minLength: (limit, value, at) => told(typeof value !== 'string' || [...value].length >= Number(limit), at, 'minLength'),
  maxLength: (limit, value, at) => told(typeof value !== 'string' || [...value].length <= Number(limit), at, 'maxLength'),
  required: (limit, value, at) => told(!isObject(value) || (limit as string[]).every((name) => Object.hasOwn(value, name)), at, 'required'),
  additionalProperties: (limit, value, at, schema) => {
    if (limit !== false) throw new Error('additionalProperties is false here');
    const known = Object.keys(schema['properties'] as object);
    return told(!isObject(value) || Object.keys(value).every((name) => known.includes(name)), at, 'additionalProperties');
  },
  properties: (limit, value, at) => {
    if (!isObject(value)) return '';
    const named = Object.entries(limit as Record<string, Schema>).filter(([name]) => Object.hasOwn(value, name));
    return named.map(([name, schema]) => conformsToSchema(schema, value[name], `${at}.${name}`)).find((problem) => problem !== '') ?? '';
  },
  items: (limit, value, at) => {
    if (!Array.isArray(value)) return '';
    return value.map((item, i) => conformsToSchema(limit as Schema, item, `${at}[${i}]`)).find((problem) => problem !== '') ?? '';
  },
};
