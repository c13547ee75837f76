// The words in which a kind's table of fields is written. One table serves the parser and the published JSON Schema.

/** What a field holds. */
export type Type =
  | { readonly type: 'hex'; readonly bytes?: readonly number[] }
  | { readonly type: 'integer' }
  | { readonly type: 'text'; readonly oneOf?: readonly string[] }
  | { readonly type: 'boolean' }
  | { readonly type: 'json' }
  | { readonly type: 'list'; readonly of: Type }
  | { readonly type: 'object'; readonly fields: Fields };

/** A field; `about` says in the schema what the table cannot. */
export type Field = Type & { readonly optional?: true; readonly about?: string };
export type Fields = Readonly<Record<string, Field>>;

/** Bytes as lower-case hex; with lengths, exactly one of them. */
export function hex(...bytes: readonly number[]): Field {
  return bytes.length === 0 ? { type: 'hex' } : { type: 'hex', bytes };
}

/** A whole number: a JSON number up to 2^53, or decimal digits as text. */
export function integer(about?: string): Field {
  return about === undefined ? { type: 'integer' } : { type: 'integer', about };
}

/** Text; with alternatives, exactly one of them. */
export function text(...oneOf: readonly string[]): Field {
  return oneOf.length === 0 ? { type: 'text' } : { type: 'text', oneOf };
}

export function boolean(): Field {
  return { type: 'boolean' };
}

/** A JSON object of any content, which the kind reads itself. */
export function json(): Field {
  return { type: 'json' };
}

export function list(of: Type): Field {
  return { type: 'list', of };
}

export function object(fields: Fields): Field {
  return { type: 'object', fields };
}

export function optional(field: Field): Field {
  return { ...field, optional: true };
}

/** The field with a remark for the schema. */
export function about(field: Field, remark: string): Field {
  return { ...field, about: remark };
}
