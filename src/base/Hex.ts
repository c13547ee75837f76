// Strict hexadecimal text. Decoding refuses odd lengths, other characters and prefixes; it never stops half-way.

import * as Check from './Check.ts';
import { fail } from './Errors.ts';

export type Reason =
  | { readonly code: 'hex.odd-length'; readonly field: string; readonly digits: number }
  | { readonly code: 'hex.bad-digit'; readonly field: string; readonly at: number };

const DIGITS: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Lower-case hex of `value`. */
export function encode(value: Uint8Array): string {
  Check.bytes(value, 'bytes');
  let text = '';
  for (const byte of value) text += DIGITS[byte];
  return text;
}

/**
 * The bytes that `text` spells; upper and lower case are accepted, `0x`, blanks and odd lengths are not.
 *
 * @param field name of the input, for the error
 * @param length when given, the number of bytes required
 * @throws input.not-text - when `text` is no string
 * @throws hex.odd-length, hex.bad-digit - with the position
 * @throws input.wrong-length - when `length` is given and differs
 */
export function decode(text: string, field = 'hex', length?: number): Uint8Array {
  Check.text(text, field);
  if (text.length % 2 !== 0)
    fail<Reason>(
      { code: 'hex.odd-length', field, digits: text.length },
      `${field}: hex needs an even number of digits, got ${text.length}${prefixAdvice(text)}`,
    );
  const result = new Uint8Array(text.length / 2);
  for (let i = 0; i < result.length; i++) result[i] = (digit(text, 2 * i, field) << 4) | digit(text, 2 * i + 1, field);
  return length === undefined ? result : Check.bytes(result, field, length);
}

/** The one mistake that is worth a word of its own. */
function prefixAdvice(text: string): string {
  return /^0x/i.test(text) ? '; leave out the prefix 0x' : '';
}

function digit(text: string, at: number, field: string): number {
  const code = text.charCodeAt(at);
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 97 && code <= 102) return code - 87;
  if (code >= 65 && code <= 70) return code - 55;
  return fail<Reason>({ code: 'hex.bad-digit', field, at }, `${field}: character ${at} is no hex digit${prefixAdvice(text)}`);
}
