// Amounts of bitcoin. Arithmetic leaves the brand, so that every sum is checked again before it is an amount.
import type { Brand } from './Brand.ts';
import * as Check from './Check.ts';
import { fail } from './Errors.ts';

/** An amount of bitcoin in satoshi: integer, 0 <= n <= 21e14. */
export type Sats = Brand<bigint, 'sat'>;

/** 21 million bitcoin, the largest amount that consensus accepts (MAX_MONEY). */
export const MAX: Sats = 2_100_000_000_000_000n as Sats;
export const ZERO: Sats = 0n as Sats;

export type Reason =
  | Check.Reason
  | { readonly code: 'sats.bad-text'; readonly field: string }
  | { readonly code: 'sats.underflow'; readonly field: string; readonly aSats: string; readonly bSats: string };

/**
 * The checked amount.
 *
 * @unit satoshi
 * @throws input.not-integer - for numbers, text and floats: an amount is a bigint
 * @throws input.out-of-range - outside 0..21e14
 */
export function from(value: bigint, field = 'amountSats'): Sats {
  return Check.bigInteger(value, field, 0n, MAX) as Sats;
}

/**
 * The amount that decimal digits spell (JSON, command line). No sign, no point, no exponent, no leading zeros.
 *
 * @throws sats.bad-text, input.out-of-range
 */
export function parse(text: string, field = 'amountSats'): Sats {
  Check.text(text, field);
  if (!/^(0|[1-9][0-9]*)$/.test(text)) fail<Reason>({ code: 'sats.bad-text', field }, `${field}: expected satoshi as decimal digits`);
  if (text.length > 16) Check.outOfRange(field, 0n, MAX, text);
  return from(BigInt(text), field);
}

/** a + b, checked. */
export function add(a: Sats, b: Sats, field = 'amountSats'): Sats {
  return from(from(a, field) + from(b, field), field);
}

/**
 * a - b, checked.
 *
 * @throws sats.underflow - when b is larger
 */
export function sub(a: Sats, b: Sats, field = 'amountSats'): Sats {
  from(a, field);
  from(b, field);
  if (b > a)
    fail<Reason>(
      { code: 'sats.underflow', field, aSats: a.toString(), bSats: b.toString() },
      `${field}: ${b} sat cannot be taken from ${a} sat`,
    );
  return from(a - b, field);
}

/** "1.23450000 BTC": for people, exact. */
export function format(value: Sats): string {
  from(value);
  return `${value / 100_000_000n}.${(value % 100_000_000n).toString().padStart(8, '0')} BTC`;
}
