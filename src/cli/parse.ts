// Option values: text to checked values, with the option's name in every refusal.
import * as Check from '../base/Check.ts';
import * as Hex from '../base/Hex.ts';
import { usage } from './io.ts';

/** A whole number in decimal digits. */
export function integer(option: string, min: number, max: number): (text: string) => number {
  return (text) => {
    if (!/^(0|[1-9][0-9]{0,15})$/.test(text)) usage(option, `expected a whole number, got ${JSON.stringify(text)}`);
    return Check.integer(Number(text), option, min, max);
  };
}

/** A height of 64 bits in decimal digits. */
export function uint64(option: string): (text: string) => bigint {
  return (text) => {
    if (!/^(0|[1-9][0-9]{0,19})$/.test(text)) usage(option, `expected a whole number, got ${JSON.stringify(text)}`);
    return Check.bigInteger(BigInt(text), option, 0n, 0xffff_ffff_ffff_ffffn);
  };
}

/** Bytes in hex, of a given length when it is fixed. */
export function hex(option: string, length?: number): (text: string) => Uint8Array {
  return (text) => Hex.decode(text, option, length);
}

/** A signing context: nothing, or the 64 hex digits that the chain hashes as text. */
export function context(option: string): (text: string) => string {
  return (text) => {
    if (!/^([0-9a-f]{64})?$/.test(text)) usage(option, 'expected nothing or 64 lower-case hex digits');
    return text;
  };
}

/** A list that grows each time its option occurs; commas separate too. */
export function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...text.split(',').map((part) => part.trim())];
}
