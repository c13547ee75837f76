// The kinds of fields that operations have, each in two forms: JSON (integers as decimal text, bytes in hex) and data (bigint, Uint8Array).
// Integers have the widths that the contracts declare: what does not fit could not be sent.
import { z } from 'zod';
import * as Check from '../../../base/Check.ts';
import * as Hex from '../../../base/Hex.ts';
import { givenInteger, ID } from '../../state/schemas.ts';

type Field<T> = z.ZodType<T, unknown>;

export type Fields = {
  /** A staker, an operator, an AVS, a token, a validator, a withdrawal: any name or address. */
  readonly id: Field<string>;
  /** One strategy: a trace's configuration has to know it. No other field may hold one, no field but this may be one. */
  readonly strategy: Field<string>;
  readonly text: Field<string>;
  readonly flag: Field<boolean>;
  readonly uint16: Field<bigint>;
  readonly uint32: Field<bigint>;
  readonly uint64: Field<bigint>;
  readonly uint96: Field<bigint>;
  readonly uint256: Field<bigint>;
  readonly int256: Field<bigint>;
  readonly bytes: Field<Uint8Array>;
  readonly bytes32: Field<Uint8Array>;
  /** What may be left out. */
  readonly optional: <T>(field: Field<T>) => z.ZodExactOptional<Field<T>>;
};

/** One member for each name, so that a name selects its member. */
export type Named<K extends string, F> = K extends string ? { readonly op: K } & F : never;

/** The account of the request itself (staker, operator, AVS, owner) when left out. */
export type Caller = { readonly caller?: string };

/** Shapes by name, for a part of all operations. */
export type Shapes<O extends { readonly op: string }> = { readonly [K in O['op']]: z.ZodType<Extract<O, { readonly op: K }>, unknown> };

/** The shape of one operation, without any other field. */
export function operation<K extends string, S extends z.ZodRawShape>(
  name: K,
  fields: S,
): z.ZodObject<{ op: z.ZodLiteral<K> } & S, z.core.$strict> {
  return z.strictObject({ op: z.literal(name), ...fields });
}

const ID_FIELD = z.string().regex(ID, 'expected a name of 1..80 visible characters without | and :');
const common = {
  id: ID_FIELD,
  // Told from `id` by identity: strategies.ts looks for it.
  strategy: ID_FIELD.clone(),
  text: z.string(),
  flag: z.boolean(),
};

const hex = z.string().regex(/^(?:[0-9a-f]{2})*$/, 'expected bytes in lower-case hex, without 0x');
const bigint = z.bigint({ error: ({ input }) => (input === undefined ? undefined : `expected a bigint, got ${Check.kindOf(input)}`) });

export const JSON_FIELDS: Fields = {
  ...common,
  ...integers((limits) => givenInteger.pipe(limits)),
  ...byteFields((limits) => z.codec(hex, limits, { decode: (text) => Hex.decode(text), encode: (value) => Hex.encode(value) })),
  optional: (field) => field.exactOptional(),
};

export const DATA_FIELDS: Fields = {
  ...common,
  ...integers((limits) => limits),
  // A copy: whoever made the array may still write into it.
  ...byteFields((limits) => limits.transform((value) => new Uint8Array(value))),
  // What is undefined is left out: callers without exactOptionalPropertyTypes write it so.
  optional: (field) => field.optional() as z.ZodExactOptional<typeof field>,
};

type Integers = Pick<Fields, 'uint16' | 'uint32' | 'uint64' | 'uint96' | 'uint256' | 'int256'>;

function integers(field: (limits: z.ZodBigInt) => Field<bigint>): Integers {
  const uint = (bits: bigint): Field<bigint> => {
    const problem = `expected 0..2^${bits} - 1`;
    return field(bigint.min(0n, problem).max((1n << bits) - 1n, problem));
  };
  const problem = 'expected -2^255..2^255 - 1';
  return {
    uint16: uint(16n),
    uint32: uint(32n),
    uint64: uint(64n),
    uint96: uint(96n),
    uint256: uint(256n),
    int256: field(bigint.min(-(1n << 255n), problem).max((1n << 255n) - 1n, problem)),
  };
}

function byteFields(field: (limits: z.ZodType<Uint8Array, Uint8Array>) => Field<Uint8Array>): Pick<Fields, 'bytes' | 'bytes32'> {
  const bytes = z.custom<Uint8Array>(Check.isBytes, 'expected bytes (Uint8Array)');
  return { bytes: field(bytes), bytes32: field(bytes.refine((value) => value.length === 32, 'expected 32 bytes')) };
}
