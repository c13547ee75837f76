// Typed reading of a case's input. What the parser lets pass in a refusal (bad digits, fractions, other JSON types) ends here or in the
// library, with a code: a case never crashes on its input.
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as Sats from '../base/Sats.ts';
import type { Input } from './model.ts';

export type Reason = Check.Reason | Hex.Reason | Sats.Reason;

export function has(input: Input, key: string): boolean {
  return Object.hasOwn(input, key);
}

/** @throws input.not-text, hex.odd-length, hex.bad-digit */
export function bytes(input: Input, key: string): Uint8Array {
  return bytesOf(input[key], key);
}

/** @throws input.not-list, input.not-text, hex.odd-length, hex.bad-digit */
export function bytesList(input: Input, key: string): readonly Uint8Array[] {
  return list(input, key).map((value, i) => bytesOf(value, `${key}[${i}]`));
}

/** @throws input.not-text */
export function text(input: Input, key: string): string {
  return Check.text(input[key], key);
}

/** A number for the library to check; digits count as their number. @throws input.not-integer */
export function integer(input: Input, key: string): number {
  const value = input[key];
  const digits = typeof value === 'string' && /^-?[0-9]{1,15}$/.test(value);
  return Check.integer(digits ? Number(value) : value, key, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
}

/** A whole number of any size. @throws input.not-integer */
export function bigInteger(input: Input, key: string): bigint {
  const value = input[key];
  if (typeof value === 'string' && /^-?[0-9]{1,80}$/.test(value)) return BigInt(value);
  return BigInt(Check.integer(value, key, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER));
}

/** @unit satoshi @throws sats.bad-text, input.not-integer, input.out-of-range */
export function sats(input: Input, key: string): Sats.Sats {
  const value = input[key];
  return typeof value === 'string' ? Sats.parse(value, key) : Sats.from(bigInteger(input, key), key);
}

/** @throws input.missing - for anything but an object */
export function object(input: Input, key: string): Input {
  return objectOf(input[key], key);
}

/** @throws input.not-list, input.missing */
export function objects(input: Input, key: string): readonly Input[] {
  return list(input, key).map((value, i) => objectOf(value, `${key}[${i}]`));
}

function list(input: Input, key: string): readonly unknown[] {
  return Check.list(input[key] as readonly unknown[], key);
}

function bytesOf(value: unknown, field: string): Uint8Array {
  return Hex.decode(Check.text(value, field), field);
}

function objectOf(value: unknown, field: string): Input {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Input;
  return fail<Check.Reason>({ code: 'input.missing', field }, `${field}: expected an object with fields, got ${Check.kindOf(value)}`);
}
