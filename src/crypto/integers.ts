// 32-byte integers to bigint and back on the way of every signature: one view that lives as long as the module, where a fresh one would cost
// more than the conversion. Nothing stays in it: it may have been a secret.
const buffer = new Uint8Array(32);
const view = new DataView(buffer.buffer);

/** The integer that 32 big-endian bytes spell; the caller has checked the length. */
export function fromBytes32(bytes: Uint8Array): bigint {
  buffer.set(bytes);
  const value = (((view.getBigUint64(0) << 64n) | view.getBigUint64(8)) << 128n) | ((view.getBigUint64(16) << 64n) | view.getBigUint64(24));
  buffer.fill(0);
  return value;
}

/** `value` as 32 bytes, big-endian. The caller guarantees 0 <= value < 2^256. */
export function toBytes32(value: bigint): Uint8Array {
  view.setBigUint64(0, value >> 192n);
  view.setBigUint64(8, value >> 128n);
  view.setBigUint64(16, value >> 64n);
  view.setBigUint64(24, value);
  const bytes = buffer.slice();
  buffer.fill(0);
  return bytes;
}
