// Bitcoin's lengths: one byte below fd, else fd, fe or ff and 2, 4 or 8 bytes, little-endian. Only the shortest form is written and read.
// The walk over blocks reads them in its own loop: there an object for each length would be most of the time.
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';

export type Reason = Check.Reason;

/**
 * The bytes of a length.
 *
 * @shape result: 1, 3 or 5 bytes
 * @throws input.not-integer, input.out-of-range - 2^32 and more does not occur
 */
export function encode(length: number): Uint8Array {
  Check.integer(length, 'length', 0, 0xffff_ffff);
  if (length < 0xfd) return Uint8Array.of(length);
  if (length <= 0xffff) return Uint8Array.of(0xfd, length & 0xff, length >> 8);
  const bytes = new Uint8Array(5);
  bytes[0] = 0xfe;
  new DataView(bytes.buffer).setUint32(1, length, true);
  return bytes;
}

/** Why no length stands there: no byte is left, some are missing, or it has a shorter form. */
export type Fault = 'end' | 'end-inside' | 'non-minimal';

/** A length and the place behind it, or the fault. `form` is the first byte, `value` of a form that is too long what it spells. */
export type Read =
  | { readonly value: bigint; readonly next: number }
  | { readonly fault: Fault; readonly at: number; readonly value: bigint; readonly form: number };

/** Reads the length at `at`. Whether it is a possible one is for the caller to judge. @throws input.not-bytes, input.not-integer */
export function read(bytes: Uint8Array, at: number): Read {
  Check.bytes(bytes, 'bytes');
  Check.integer(at, 'at', 0, Number.MAX_SAFE_INTEGER);
  const form = bytes[at];
  if (form === undefined) return { fault: 'end', at, value: 0n, form: 0 };
  if (form < 0xfd) return { value: BigInt(form), next: at + 1 };
  const size = form === 0xfd ? 2 : form === 0xfe ? 4 : 8;
  const digits = bytes.subarray(at + 1, at + 1 + size);
  if (digits.length < size) return { fault: digits.length === 0 ? 'end' : 'end-inside', at, value: 0n, form };
  const value = Bytes.toBigInt(Bytes.reverse(digits));
  const least = form === 0xfd ? 0xfdn : form === 0xfe ? 0x1_0000n : 0x1_0000_0000n;
  return value < least ? { fault: 'non-minimal', at, value, form } : { value, next: at + 1 + size };
}
