// Numbers on the script stack: little-endian, sign and magnitude; what is true; which pushes and numbers are minimal (BIP62).

/** The number that the bytes spell; 0 for none. Up to 5 bytes, so exact as a double. */
export function decodeNumber(bytes: Uint8Array): number {
  let value = 0;
  for (let i = bytes.length - 1; i >= 0; i--) {
    const byte = bytes[i] as number;
    value = value * 256 + (i === bytes.length - 1 ? byte & 0x7f : byte);
  }
  const negative = bytes.length > 0 && ((bytes[bytes.length - 1] as number) & 0x80) !== 0;
  return negative ? -value : value;
}

/** The shortest bytes of a non-negative or negative integer; none for 0. */
export function encodeNumber(value: number): Uint8Array {
  const digits: number[] = [];
  for (let rest = Math.abs(value); rest > 0; rest = Math.floor(rest / 256)) digits.push(rest % 256);
  const last = digits.length - 1;
  if (last >= 0) {
    // The top bit of the last byte is the sign: where it is taken, one more byte follows.
    if ((digits[last] as number) >= 0x80) digits.push(value < 0 ? 0x80 : 0);
    else if (value < 0) digits[last] = (digits[last] as number) | 0x80;
  }
  return Uint8Array.from(digits);
}

/** True when no shorter spelling of the same number exists. */
export function isMinimalNumber(bytes: Uint8Array): boolean {
  const last = bytes.length - 1;
  if (last < 0) return true;
  if (((bytes[last] as number) & 0x7f) !== 0) return true;
  return last > 0 && ((bytes[last - 1] as number) & 0x80) !== 0;
}

/** True unless the item is empty, or all zero but for a sign bit. */
export function isTrue(item: Uint8Array): boolean {
  return item.some((byte, i) => byte !== 0 && !(i === item.length - 1 && byte === 0x80));
}

/** True when `opcode` is the shortest way to push `data`. */
export function isMinimalPush(opcode: number, data: Uint8Array): boolean {
  if (data.length === 0) return opcode === 0x00;
  if (data.length === 1) {
    const byte = data[0] as number;
    if ((byte >= 1 && byte <= 16) || byte === 0x81) return false;
  }
  if (data.length <= 75) return opcode === data.length;
  if (data.length <= 255) return opcode === 0x4c;
  if (data.length <= 0xffff) return opcode === 0x4d;
  return true;
}
