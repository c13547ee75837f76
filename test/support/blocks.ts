// Blocks made of bytes by a seed, without the library: what a full block of these years looks like, with a right Merkle root and commitment.
import { createHash } from 'node:crypto';

const sha256 = (...parts: readonly Uint8Array[]): Uint8Array => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return Uint8Array.from(hash.digest());
};
const hash256 = (...parts: readonly Uint8Array[]): Uint8Array => sha256(sha256(...parts));

export const joined = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));

/** Pseudo-random numbers and bytes that follow from a label. */
export class Dice {
  #seed: Uint8Array;
  #at = 0;
  constructor(label: string) {
    this.#seed = sha256(new TextEncoder().encode(label));
  }
  byte(): number {
    if (this.#at === 32) {
      this.#seed = sha256(this.#seed);
      this.#at = 0;
    }
    return this.#seed[this.#at++] as number;
  }
  /** 0..limit-1 */
  below(limit: number): number {
    return ((this.byte() << 16) | (this.byte() << 8) | this.byte()) % limit;
  }
  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.byte());
  }
}

export const uint32 = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
};
export const uint64 = (value: bigint): Uint8Array => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
};
export const size = (value: number): Uint8Array =>
  value < 0xfd
    ? Uint8Array.of(value)
    : value <= 0xffff
      ? Uint8Array.of(0xfd, value & 0xff, value >> 8)
      : joined(Uint8Array.of(0xfe), uint32(value));
export const withSize = (bytes: Uint8Array): Uint8Array => joined(size(bytes.length), bytes);

export type RawInput = {
  readonly hash: Uint8Array;
  readonly vout: number;
  readonly scriptSig?: Uint8Array;
  readonly sequence?: number;
  readonly witness?: readonly Uint8Array[];
};
export type RawOutput = { readonly valueSats: bigint; readonly script: Uint8Array };
export type RawTransaction = {
  readonly version?: number;
  readonly inputs: readonly RawInput[];
  readonly outputs: readonly RawOutput[];
  readonly lockTime?: number;
};

export function encode({ version = 2, inputs, outputs, lockTime = 0 }: RawTransaction, withWitness = true): Uint8Array {
  const witnesses = withWitness && inputs.some(({ witness = [] }) => witness.length > 0);
  return joined(
    uint32(version),
    Uint8Array.from(witnesses ? [0, 1] : []),
    size(inputs.length),
    ...inputs.map(({ hash, vout, scriptSig = new Uint8Array(), sequence = 0xffff_ffff }) =>
      joined(hash, uint32(vout), withSize(scriptSig), uint32(sequence)),
    ),
    size(outputs.length),
    ...outputs.map(({ valueSats, script }) => joined(uint64(valueSats), withSize(script))),
    ...(witnesses ? inputs.map(({ witness = [] }) => joined(size(witness.length), ...witness.map(withSize))) : []),
    uint32(lockTime),
  );
}

function rootOf(hashes: readonly Uint8Array[]): Uint8Array {
  if (hashes.length === 1) return hashes[0] as Uint8Array;
  const next: Uint8Array[] = [];
  for (let i = 0; i < hashes.length; i += 2) next.push(hash256(hashes[i] as Uint8Array, hashes[i + 1] ?? (hashes[i] as Uint8Array)));
  return rootOf(next);
}

/** A block over these raw transactions, which need not be more than bytes; a coinbase with the commitment is put in front. */
export function blockOf(
  transactions: readonly { readonly raw: Uint8Array; readonly stripped: Uint8Array }[],
  previous: Uint8Array = new Uint8Array(32),
  nonce = 0,
): Uint8Array {
  const reserved = new Uint8Array(32);
  const witnessRoot = rootOf([new Uint8Array(32), ...transactions.map(({ raw }) => hash256(raw))]);
  const coinbase: RawTransaction = {
    inputs: [{ hash: new Uint8Array(32), vout: 0xffff_ffff, scriptSig: joined(Uint8Array.of(4), uint32(nonce)), witness: [reserved] }],
    outputs: [
      { valueSats: 312_500_000n, script: joined(Uint8Array.of(0x51, 0x20), sha256(uint32(nonce))) },
      { valueSats: 0n, script: joined(Uint8Array.of(0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed), hash256(witnessRoot, reserved)) },
    ],
  };
  const all = [{ raw: encode(coinbase), stripped: encode(coinbase, false) }, ...transactions];
  const root = rootOf(all.map(({ stripped }) => hash256(stripped)));
  const header = joined(uint32(0x2000_0000), previous, root, uint32(1_700_000_000 + nonce), uint32(0x207f_ffff), uint32(nonce));
  return joined(header, size(all.length), ...all.map(({ raw }) => raw));
}

/** The hash that the next block names, in the order of the wire. */
export const hashOf = (block: Uint8Array): Uint8Array => hash256(block.subarray(0, 80));

export const raw = (transaction: RawTransaction): { readonly raw: Uint8Array; readonly stripped: Uint8Array } => ({
  raw: encode(transaction),
  stripped: encode(transaction, false),
});

/** A transaction as one meets them: mostly one or two segwit inputs and two outputs, now and then many, a data output or a large witness. */
export function usualTransaction(dice: Dice): RawTransaction {
  const many = dice.below(50) === 0;
  const inputs = Array.from({ length: many ? 5 + dice.below(60) : 1 + dice.below(3) }, (): RawInput => {
    const outpoint = { hash: dice.bytes(32), vout: dice.below(5), sequence: 0xffff_fffd };
    switch (dice.below(10)) {
      case 0:
        return { ...outpoint, scriptSig: dice.bytes(107) };
      case 1:
        return { ...outpoint, scriptSig: dice.bytes(23), witness: [dice.bytes(72), dice.bytes(33)] };
      case 2:
      case 3:
        return { ...outpoint, witness: [dice.bytes(64)] };
      case 4:
        return { ...outpoint, witness: [new Uint8Array(), dice.bytes(72), dice.bytes(71), dice.bytes(105)] };
      case 5:
        return { ...outpoint, witness: [dice.bytes(64), dice.bytes(60 + dice.below(500)), joined(Uint8Array.of(0xc0), dice.bytes(32))] };
      default:
        return { ...outpoint, witness: [dice.bytes(71 + dice.below(2)), dice.bytes(33)] };
    }
  });
  const outputs = Array.from({ length: dice.below(60) === 0 ? 20 + dice.below(200) : 1 + dice.below(3) }, (): RawOutput => {
    const valueSats = BigInt(dice.below(1 << 24)) * 17n + 546n;
    const kind = dice.below(20);
    if (kind === 0) return { valueSats: 0n, script: joined(Uint8Array.of(0x6a, 20), dice.bytes(20)) };
    if (kind < 5) return { valueSats, script: joined(Uint8Array.of(0x51, 0x20), dice.bytes(32)) };
    if (kind < 8) return { valueSats, script: joined(Uint8Array.of(0x76, 0xa9, 0x14), dice.bytes(20), Uint8Array.of(0x88, 0xac)) };
    if (kind < 10) return { valueSats, script: joined(Uint8Array.of(0xa9, 0x14), dice.bytes(20), Uint8Array.of(0x87)) };
    if (kind < 12) return { valueSats, script: joined(Uint8Array.of(0, 0x20), dice.bytes(32)) };
    return { valueSats, script: joined(Uint8Array.of(0, 0x14), dice.bytes(20)) };
  });
  return { inputs, outputs, lockTime: dice.below(3) === 0 ? 900_000 : 0 };
}

/** A block of `count` usual transactions beside the coinbase. */
export function usualBlock(label: string, count: number): Uint8Array {
  const dice = new Dice(label);
  return blockOf(Array.from({ length: count }, () => raw(usualTransaction(dice))));
}
