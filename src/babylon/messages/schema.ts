// The words in which the table of a protobuf message is written: one row a field. Encoder, decoder and both JSON forms read the same tables.

/**
 * What a field holds. `bytes` and `form` are what the chain asks for beyond the wire type: a number is an exact length, `some` at least
 * one byte, `nodes` whole 32-byte hashes. `decimal` is the wire form of cosmos decimals: the value times 10^18 as digits.
 */
export type Kind =
  | { readonly kind: 'string'; readonly form?: 'address' | 'txid' | 'decimal' | 'some' }
  | { readonly kind: 'bytes'; readonly bytes?: number | 'some' | 'nodes' }
  | { readonly kind: 'uint32' }
  | { readonly kind: 'uint64' }
  | { readonly kind: 'int64' }
  | { readonly kind: 'enum'; readonly names: readonly string[] }
  | { readonly kind: 'message'; readonly table: Table };

/** `optional`: the chain takes the message without it. `repeated`: a list. */
export type Row = Kind & { readonly number: number; readonly repeated?: true; readonly optional?: true };

/** Rows by the field's camelCase name, in ascending order of their numbers. */
export type Table = Readonly<Record<string, Row>>;

/** The table of a value type: a row for every field of it. */
export type TableOf<T> = { readonly [K in keyof T]-?: Row };

/** `key` as the proto files spell it. */
export function protoName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The path of a field inside `path`, for errors. */
export function inside(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

/** The value that proto3 means when a field is absent. */
export function defaultOf(row: Row): unknown {
  if (row.repeated === true) return [];
  switch (row.kind) {
    case 'string':
      return '';
    case 'bytes':
      return new Uint8Array(0);
    case 'uint32':
      return 0;
    case 'uint64':
    case 'int64':
      return 0n;
    case 'enum':
      return row.names[0];
    case 'message':
      return undefined;
  }
}

/** True for the default of a field, which proto3 does not write. A message that is there is always written, even when empty. */
export function isDefault(row: Row, value: unknown): boolean {
  if (value === undefined) return true;
  if (row.repeated === true) return (value as readonly unknown[]).length === 0;
  switch (row.kind) {
    case 'string':
      return value === '';
    case 'bytes':
      return (value as Uint8Array).length === 0;
    case 'uint32':
      return value === 0;
    case 'uint64':
    case 'int64':
      return value === 0n;
    case 'enum':
      return value === row.names[0];
    case 'message':
      return false;
  }
}
