// The two protobuf messages of a proof of possession: the proof itself, and the address with the witness that a BIP322 proof holds.
// Reading does what the chain's generated decoder does with every byte string, its error texts included, since the chain's verdict follows it.
// babylon proto/babylon/btcstaking/v1/pop.proto, x/btcstaking/types/pop.pb.go (gogoproto).
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import * as Bytes from '../../base/Bytes.ts';

/** `address` as the bytes that stand there: the chain does not check that they are text. */
export type Bip322Sig = { readonly address: Uint8Array; readonly witness: Uint8Array };

/** Fields in their order, empty ones left out. */
export function encodeBip322Sig({ address, witness }: Bip322Sig): Uint8Array {
  const writer = new BinaryWriter();
  if (address.length > 0) writer.tag(1, WireType.LengthDelimited).bytes(address);
  if (witness.length > 0) writer.tag(2, WireType.LengthDelimited).bytes(witness);
  return writer.finish();
}

/** The proof as it stands inside of other messages; the type BIP340 is the default, which protobuf leaves out. */
export function encodePop(type: number, signature: Uint8Array): Uint8Array {
  const writer = new BinaryWriter();
  if (type !== 0) writer.tag(1, WireType.Varint).int32(type);
  if (signature.length > 0) writer.tag(2, WireType.LengthDelimited).bytes(signature);
  return writer.finish();
}

/** Texts of the chain's decoder. */
const END = 'unexpected EOF';
const OVERFLOW = 'proto: integer overflow';
const NEGATIVE_LENGTH = 'proto: negative length found during unmarshaling';
const END_OF_GROUP = 'proto: unexpected end of group';

const MAX_INT64 = (1n << 63n) - 1n;
/** Seven bits each: ten bytes carry 64 bits. */
const MAX_VARINT_BYTES = 10;

/** A decoder's position, or its error text. */
type Step = { readonly value: bigint; readonly next: number } | string;

/** The two fields, or the text with which the chain's decoder refuses. Unknown fields are skipped; of a field that is repeated the last counts. */
export function decodeBip322Sig(bytes: Uint8Array): Bip322Sig | string {
  const found: Record<keyof Bip322Sig, Uint8Array> = { address: new Uint8Array(0), witness: new Uint8Array(0) };
  let at = 0;
  while (at < bytes.length) {
    const tag = varint(bytes, at);
    if (typeof tag === 'string') return tag;
    const wireType = Number(tag.value & 7n);
    const number = Number(BigInt.asIntN(32, tag.value >> 3n));
    if (wireType === 4) return 'proto: BIP322Sig: wiretype end group for non-group';
    if (number <= 0) return `proto: BIP322Sig: illegal tag ${number} (wire type ${tag.value})`;
    if (number > 2) {
      const next = skip(bytes, at);
      if (typeof next === 'string') return next;
      at = next;
      continue;
    }
    if (wireType !== 2) return `proto: wrong wireType = ${wireType} for field ${number === 1 ? 'Address' : 'Sig'}`;
    const length = varint(bytes, tag.next);
    if (typeof length === 'string') return length;
    if (length.value > MAX_INT64 - BigInt(length.next)) return NEGATIVE_LENGTH;
    const end = BigInt(length.next) + length.value;
    if (end > BigInt(bytes.length)) return END;
    at = Number(end);
    found[number === 1 ? 'address' : 'witness'] = Bytes.copy(bytes.subarray(length.next, at));
  }
  return found;
}

function varint(bytes: Uint8Array, from: number): Step {
  let value = 0n;
  for (let i = 0; ; i++) {
    if (i === MAX_VARINT_BYTES) return OVERFLOW;
    const byte = bytes[from + i];
    if (byte === undefined) return END;
    value |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte < 0x80) return { value: BigInt.asUintN(64, value), next: from + i + 1 };
  }
}

/** The end of the field that starts at `from`: groups are followed, whatever numbers their ends have. */
function skip(bytes: Uint8Array, from: number): number | string {
  let at = from;
  let depth = 0;
  while (at < bytes.length) {
    const tag = varint(bytes, at);
    if (typeof tag === 'string') return tag;
    at = tag.next;
    const wireType = Number(tag.value & 7n);
    if (wireType > 5) return `proto: illegal wireType ${wireType}`;
    if (wireType === 0) {
      const value = varint(bytes, at);
      if (typeof value === 'string') return value;
      at = value.next;
    } else if (wireType === 2) {
      const length = varint(bytes, at);
      if (typeof length === 'string') return length;
      if (length.value > MAX_INT64 - BigInt(length.next)) return NEGATIVE_LENGTH;
      if (length.value > BigInt(bytes.length)) return END;
      at = length.next + Number(length.value);
    } else if (wireType === 3) {
      depth++;
    } else if (wireType === 4) {
      if (depth === 0) return END_OF_GROUP;
      depth--;
    } else {
      at += wireType === 1 ? 8 : 4;
    }
    if (depth === 0) return at > bytes.length ? END : at;
  }
  return END;
}
