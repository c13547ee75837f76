// Checks of untyped input. Each names the field and the limit; none converts, truncates or defaults.
import { fail } from './Errors.ts';

export type Reason =
  | { readonly code: 'input.not-bytes'; readonly field: string; readonly got: string }
  | { readonly code: 'input.wrong-length'; readonly field: string; readonly expectedBytes: string; readonly gotBytes: number }
  | { readonly code: 'input.not-integer'; readonly field: string; readonly got: string }
  | { readonly code: 'input.out-of-range'; readonly field: string; readonly min: string; readonly max: string; readonly got: string }
  | { readonly code: 'input.not-text'; readonly field: string; readonly got: string }
  | { readonly code: 'input.not-list'; readonly field: string; readonly got: string }
  | { readonly code: 'input.missing'; readonly field: string };

/** What a value is, in a few words, without its content: it may be a secret. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value;
}

/** Tells a byte array from everything else; accepts subclasses such as Node's Buffer and arrays of another realm. */
export function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array || (ArrayBuffer.isView(value) && value.constructor.name === 'Uint8Array');
}

/**
 * Returns `value` when it is a byte array of `length` bytes (any length when omitted).
 *
 * @throws input.not-bytes - for anything but a Uint8Array
 * @throws input.wrong-length - when the length differs
 */
export function bytes(value: unknown, field: string, length?: number): Uint8Array {
  if (!isBytes(value))
    fail<Reason>({ code: 'input.not-bytes', field, got: kindOf(value) }, `${field}: expected bytes (Uint8Array), got ${kindOf(value)}`);
  if (length !== undefined && value.length !== length) wrongLength(field, `${length}`, value.length);
  return value;
}

/** Throws `input.wrong-length`. */
export function wrongLength(field: string, expectedBytes: string, gotBytes: number): never {
  fail<Reason>(
    { code: 'input.wrong-length', field, expectedBytes, gotBytes },
    `${field}: expected ${expectedBytes} bytes, got ${gotBytes}`,
  );
}

/**
 * Returns `value` when it is a safe integer number in [min, max].
 *
 * @throws input.not-integer - for floats, NaN, text, bigint and anything else
 * @throws input.out-of-range - with the limits
 */
export function integer(value: unknown, field: string, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
    const got = typeof value === 'number' ? String(value) : kindOf(value);
    fail<Reason>({ code: 'input.not-integer', field, got }, `${field}: expected an integer number, got ${got}`);
  }
  if (value < min || value > max) outOfRange(field, BigInt(min), BigInt(max), String(value));
  return value;
}

/**
 * Returns `value` when it is a bigint in [min, max].
 *
 * @throws input.not-integer - for numbers, text and anything else that is not a bigint
 * @throws input.out-of-range - with the limits
 */
export function bigInteger(value: unknown, field: string, min: bigint, max: bigint): bigint {
  if (typeof value !== 'bigint') {
    const got = typeof value === 'number' ? `the number ${value}` : kindOf(value);
    fail<Reason>({ code: 'input.not-integer', field, got }, `${field}: expected a bigint, got ${got}`);
  }
  if (value < min || value > max) outOfRange(field, min, max, value.toString());
  return value;
}

/** Throws `input.out-of-range`. */
export function outOfRange(field: string, min: bigint, max: bigint, got: string): never {
  fail<Reason>(
    { code: 'input.out-of-range', field, min: min.toString(), max: max.toString(), got },
    `${field}: expected ${min}..${max}, got ${got}`,
  );
}

/**
 * Returns `value` when it is a string.
 *
 * @throws input.not-text - for anything else
 */
export function text(value: unknown, field: string): string {
  if (typeof value !== 'string')
    fail<Reason>({ code: 'input.not-text', field, got: kindOf(value) }, `${field}: expected text, got ${kindOf(value)}`);
  return value;
}

/**
 * Returns `value` when it is an array.
 *
 * @throws input.not-list - for anything else
 */
export function list<T>(value: readonly T[], field: string): readonly T[] {
  if (!Array.isArray(value))
    fail<Reason>({ code: 'input.not-list', field, got: kindOf(value) }, `${field}: expected a list, got ${kindOf(value)}`);
  return value;
}
