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

/** 0..2^256 - 1. */
export const uint: Schema<bigint> = integer.pipe(z.bigint().nonnegative().max(MAX_UINT256)) as Schema<bigint>;

export const text: Schema<string> = z.string();
export const flag: Schema<boolean> = z.boolean();

/** Names and addresses: visible ASCII without the separators `|` and `:`. */
export const ID: RegExp = /^[!-9;-{}~]{1,80}$/;
