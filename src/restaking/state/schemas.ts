// Schemas that the storages share: integers as decimal text in JSON, bigint inside; ids.
import { z } from 'zod';
import type { Schema } from './store.ts';

export const MAX_UINT256: bigint = (1n << 256n) - 1n;

/** No integer of a ledger has more digits than 2^256. */
const DIGITS = /^-?(?:0|[1-9][0-9]{0,77})$/;

/** Any integer, also a negative one. */
export const integer: Schema<bigint> = z.codec(z.string().regex(DIGITS, 'expected decimal digits as text'), z.bigint(), {
  decode: (text) => BigInt(text),
  encode: (value) => value.toString(),
});

/** The same as people write it: decimal text, or a number below 2^53, which JSON has not rounded. */
export const givenInteger: Schema<bigint> = z.codec(
  z.union([z.string().regex(DIGITS), z.number().int()], {
    error: ({ input }) => (input === undefined ? undefined : 'expected an integer below 2^53, or decimal digits as text'),
  }),
  z.bigint(),
  { decode: (given) => BigInt(given), encode: (value) => value.toString() },
);

/** {@link givenInteger} from 0 to a limit. */
export function givenUint(max: bigint, name: string): Schema<bigint> {
  const problem = `expected 0..${name}`;
  return givenInteger.pipe(z.bigint().min(0n, problem).max(max, problem)) as Schema<bigint>;
}

/** 0..2^256 - 1. */
export const uint: Schema<bigint> = integer.pipe(z.bigint().nonnegative().max(MAX_UINT256)) as Schema<bigint>;

export const text: Schema<string> = z.string();
export const flag: Schema<boolean> = z.boolean();

/** Names and addresses: visible ASCII without the separators `|` and `:`. */
export const ID: RegExp = /^[!-9;-{}~]{1,80}$/;
