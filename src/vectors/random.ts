// A stream of bytes from a text: SHA-256 of a key and a counter. The same seed gives the same vectors on every platform and in every language.
// Not for secrets that protect anything: whoever knows the seed knows every key.
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import * as Bytes from '../base/Bytes.ts';

/** A deterministic source; every call moves it on. */
export type Random = {
  readonly bytes: (length: number) => Uint8Array;
  /** A whole number in [min, max]; the span is below 2^48. */
  readonly integer: (min: number, max: number) => number;
  readonly pick: <T>(choices: readonly [T, ...T[]]) => T;
  /** True in `percent` of 100 calls. */
  readonly chance: (percent: number) => boolean;
  readonly shuffled: <T>(items: readonly T[]) => T[];
};

/** The stream of these labels: SHA256(key || 0), SHA256(key || 1), … with key = SHA256 of the labels joined by line feeds. */
export function stream(...labels: readonly string[]): Random {
  const key = sha256(utf8ToBytes(labels.join('\n')));
  let counter = 0n;
  let block: Uint8Array = new Uint8Array(0);
  let at = 0;
  const bytes = (length: number): Uint8Array => {
    const result = new Uint8Array(length);
    for (let i = 0; i < length; i++) {
      if (at === block.length) {
        block = sha256(Bytes.concat(key, Bytes.fromUint64BE(counter++)));
        at = 0;
      }
      result[i] = block[at++] as number;
    }
    return result;
  };
  const integer = (min: number, max: number): number => min + Number(Bytes.toBigInt(bytes(8)) % BigInt(max - min + 1));
  return {
    bytes,
    integer,
    pick: (choices) => choices[integer(0, choices.length - 1)] ?? choices[0],
    chance: (percent) => integer(0, 99) < percent,
    shuffled: (items) => {
      const result = [...items];
      for (let i = result.length - 1; i > 0; i--) {
        const j = integer(0, i);
        [result[i], result[j]] = [result[j] as (typeof result)[number], result[i] as (typeof result)[number]];
      }
      return result;
    },
  };
}
