// Checks of untyped input. Each names the field and the limit; none converts, truncates or defaults.
import { fail } from './Errors.ts';

export type Reason =
  | { readonly code: 'input.not-bytes'; readonly field: string; readonly got: string }
  | { readonly code: 'input.wrong-length'; readonly field: string; readonly expectedBytes: string; readonly gotBytes: number }
  | { readonly code: 'input.not-integer'; readonly field: string; readonly got: string }
  | { readonly code: 'input.out-of-range'; readonly field: string; readonly min: string; readonly max: string; readonly got: string }
  | { readonly code: 'input.not-text'; readonly field: string; readonly got: string }
  | { readonly code: 'input.not-list'; readonly field: string; readonly got: string }
  | { readonly code: 'input.not-object'; readonly field: string; readonly got: string }
  | { readonly code: 'input.not-map'; readonly field: string; readonly got: string }
  | { readonly code: 'input.not-flag'; readonly field: string; readonly got: string }
  | { readonly code: 'input.missing'; readonly field: string };

/** What a value is, in a few words, without its content: it may be a secret. Never throws, whatever the value does when it is looked at. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  try {
    if (isBytes(value)) return `${value.length} bytes`;
    return Array.isArray(value) ? `a list of ${Number(value.length)}` : typeof value;
  } catch {
    return typeof value;
  }
}

/** A revoked proxy throws when it is asked whether it is a list: nothing can be read of it. */
function isList(value: unknown): boolean | undefined {
  try {
    return Array.isArray(value);
  } catch {
    return undefined;
  }
}

/** Names the type of a typed array by what it is inside: undefined for anything else, and for proxies. Never throws. */
const typedName = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)?.get as (
  this: unknown,
) => string | undefined;

/**
 * Tells a byte array from everything else; accepts subclasses such as Node's Buffer and arrays of another realm. A proxy of a byte array is none:
 * its length cannot be read.
 */
export function isBytes(value: unknown): value is Uint8Array {
  if (typedName.call(value) !== 'Uint8Array') return false;
  try {
    return value instanceof Uint8Array || (value as { constructor?: { name?: string } }).constructor?.name === 'Uint8Array';
  } catch {
    return false;
  }
}

/**
 * Returns `value` when it is a byte array of `length` bytes (any length when omitted).
 *
 * @throws input.not-bytes - for anything but a Uint8Array
 * @throws input.wrong-length - when the length differs
 */
export function bytes(value: unknown, field: string, length?: number): Uint8Array {
  if (!isBytes(value)) {
    const got = kindOf(value);
    const advice = typeof value === 'string' ? '; use PublicKey.fromHex for keys, Hex.decode for bytes' : '';
    fail<Reason>({ code: 'input.not-bytes', field, got }, `${field}: expected bytes (Uint8Array), got ${got}${advice}`);
  }
  if (length !== undefined && value.length !== length)
    wrongLength(field, `${length}`, value.length, length === 32 && looksCompressed(value, field) ? COMPRESSED : '');
  return value;
}

const COMPRESSED = '; 33 bytes is a compressed key: PublicKey.fromCompressed or fromCompressedAnyParity';

/** A public key with its parity in front. Of a secret nothing is said but its length. */
function looksCompressed(value: Uint8Array, field: string): boolean {
  return value.length === 33 && (value[0] === 2 || value[0] === 3) && !/sec/i.test(field);
}

/** Throws `input.wrong-length`. */
export function wrongLength(field: string, expectedBytes: string, gotBytes: number, advice = ''): never {
  fail<Reason>(
    { code: 'input.wrong-length', field, expectedBytes, gotBytes },
    `${field}: expected ${expectedBytes} bytes, got ${gotBytes}${advice}`,
  );
}

/** Throws `input.missing`. */
export function missing(field: string): never {
  fail<Reason>({ code: 'input.missing', field }, `${field}: missing`);
}

/**
 * Returns `value` when it is an object: no list, no bytes, no function. What is in it is not looked at.
 *
 * @throws input.missing - for undefined and null
 * @throws input.not-object - for anything else
 */
export function object<T>(value: T, field: string): T {
  if (value === undefined || value === null) missing(field);
  if (typeof value !== 'object' || isList(value) !== false || isBytes(value)) {
    const got = kindOf(value);
    fail<Reason>({ code: 'input.not-object', field, got }, `${field}: expected an object, got ${got}`);
  }
  return value;
}

/**
 * Returns `value` when it is a function.
 *
 * @throws input.missing - for undefined and null
 * @throws input.not-object - for anything else
 */
export function callable<T>(value: T, field: string): T {
  if (value === undefined || value === null) missing(field);
  if (typeof value !== 'function') {
    const got = kindOf(value);
    fail<Reason>({ code: 'input.not-object', field, got }, `${field}: expected a function, got ${got}`);
  }
  return value;
}

/**
 * Returns `value` when it is a Map; `keys` says from what.
 *
 * @throws input.not-map - for anything else
 */
export function map<T>(value: T, field: string, keys: string): T {
  if (value instanceof Map) return value;
  const got = kindOf(value);
  return fail<Reason>({ code: 'input.not-map', field, got }, `${field}: expected a Map from ${keys}, got ${got}`);
}

/**
 * Returns `value` when it is true or false: what only counts as one of them, as 0 or the text 'false', is none.
 *
 * @throws input.not-flag - for anything else
 */
export function flag(value: unknown, field: string): boolean {
  if (typeof value === 'boolean') return value;
  const got = kindOf(value);
  return fail<Reason>({ code: 'input.not-flag', field, got }, `${field}: expected true or false, got ${got}`);
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
    const advice = typeof value === 'bigint' ? ': write it without the n' : '';
    fail<Reason>({ code: 'input.not-integer', field, got }, `${field}: expected an integer number, got ${got}${advice}`);
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
    const what = /sats$/i.test(field) ? 'amounts are bigint' : 'write it with an n';
    const advice = Number.isSafeInteger(value) ? `; ${what}: ${value}n` : '';
    fail<Reason>({ code: 'input.not-integer', field, got }, `${field}: expected a bigint, got ${got}${advice}`);
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
 * @throws input.missing - for undefined and null
 * @throws input.not-list - for anything else
 */
export function list<T>(value: readonly T[], field: string): readonly T[] {
  if (value === undefined || value === null) missing(field);
  if (isList(value) !== true)
    fail<Reason>({ code: 'input.not-list', field, got: kindOf(value) }, `${field}: expected a list, got ${kindOf(value)}`);
  return value;
}
