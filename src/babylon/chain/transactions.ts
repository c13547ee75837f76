// Transactions as a Babylon node reads them out of a message: bytes behind the end and a witness marker without witnesses are let through
// (btcd wire/msgtx.go BtcDecode). Everything else is Bitcoin's own encoding.
import * as Bytes from '../../base/Bytes.ts';
import * as CompactSize from '../../bitcoin/CompactSize.ts';
import * as Tx from '../../bitcoin/Tx.ts';

/** A transaction, and what of its bytes the chain overlooked. */
export type Parsed = {
  readonly transaction: Tx.Transaction;
  readonly txid: string;
  /** Bytes behind the transaction. */
  readonly trailingBytes: number;
  /** True when a witness is there; no id and no signature covers it. */
  readonly hasWitness: boolean;
};

/** The transaction at the start of `raw`, or why the chain cannot read it. */
export function parse(raw: Uint8Array): Parsed | string {
  const reader = new Reader(raw);
  const layout = layoutOf(reader);
  if (typeof layout === 'string') return layout;
  const { bodyStart, bodyEnd, hasWitness } = layout;
  const end = reader.at;
  const bare = Bytes.concat(raw.subarray(0, 4), raw.subarray(bodyStart, bodyEnd), raw.subarray(end - 4, end));
  try {
    const transaction = Tx.Transaction.fromBuffer(hasWitness ? Bytes.copy(raw.subarray(0, end)) : bare);
    return { transaction, txid: Tx.txid(transaction), trailingBytes: raw.length - end, hasWitness };
  } catch {
    return 'unreadable transaction';
  }
}

type Layout = { readonly bodyStart: number; readonly bodyEnd: number; readonly hasWitness: boolean };

function layoutOf(reader: Reader): Layout | string {
  reader.skip(4);
  let bodyStart = reader.at;
  let inputs = reader.compactSize();
  const marked = inputs === 0;
  if (marked) {
    const flag = reader.byte();
    if (flag !== 1 && reader.fault === undefined) return `witness tx but flag byte is ${flag.toString(16)}`;
    bodyStart = reader.at;
    inputs = reader.compactSize();
  }
  for (let i = 0; i < inputs && reader.fault === undefined; i++) {
    reader.skip(36);
    reader.skip(reader.compactSize());
    reader.skip(4);
  }
  const outputs = reader.compactSize();
  for (let i = 0; i < outputs && reader.fault === undefined; i++) {
    reader.skip(8);
    reader.skip(reader.compactSize());
  }
  const bodyEnd = reader.at;
  let items = 0;
  for (let i = 0; marked && i < inputs && reader.fault === undefined; i++) {
    const count = reader.compactSize();
    items += count;
    for (let j = 0; j < count && reader.fault === undefined; j++) reader.skip(reader.compactSize());
  }
  reader.skip(4);
  return reader.fault ?? { bodyStart, bodyEnd, hasWitness: items > 0 };
}

/** Walks over bytes; past the end it stands still and remembers the fault. */
class Reader {
  readonly #bytes: Uint8Array;
  at = 0;
  fault: string | undefined;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  skip(count: number): void {
    if (this.fault !== undefined) return;
    if (this.at + count > this.#bytes.length) this.fault = this.at >= this.#bytes.length ? 'EOF' : 'unexpected EOF';
    else this.at += count;
  }

  byte(): number {
    const value = this.#bytes[this.at];
    this.skip(1);
    return value ?? 0;
  }

  /** Only the shortest form counts. */
  compactSize(): number {
    if (this.fault !== undefined) return 0;
    const size = CompactSize.read(this.#bytes, this.at);
    if ('fault' in size)
      this.fault =
        size.fault === 'non-minimal' ? `non-canonical varint ${size.value.toString(16)}` : size.fault === 'end' ? 'EOF' : 'unexpected EOF';
    else if (size.value > BigInt(this.#bytes.length)) this.fault = 'unexpected EOF';
    else {
      this.at = size.next;
      return Number(size.value);
    }
    return 0;
  }
}

/** The id of a transaction in the order of the wire. */
export function wireHash(txid: string): Uint8Array {
  return Uint8Array.from(txid.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)).reverse();
}
