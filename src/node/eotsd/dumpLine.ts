// One line of a dump of an eotsd's records: the raw pair of the database, or its fields. Strict: an unknown field is refused by name.
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import * as Bytes from '../../base/Bytes.ts';
import { fail } from '../../base/Errors.ts';

export type Reason = { readonly code: 'eotsd.malformed-line'; readonly line: number; readonly field: string | undefined };

export type Line = { readonly key: Uint8Array; readonly value: Uint8Array } | { readonly records: number };

const HEX = /^([0-9a-f]{2})*$/i;
/** Half a surrogate pair has no UTF-8 form. */
const LONE_SURROGATE = /\p{Surrogate}/u;
const DECIMAL = /^(0|[1-9][0-9]{0,19})$/;
const MAX_HEIGHT = 0xffff_ffff_ffff_ffffn;
/** As in the database: no chain has a longer name, and no vote is longer than gRPC lets through. */
const MAX_HEX = 1 << 25;

/** @throws eotsd.malformed-line */
export function parseLine(text: string, line: number): Line {
  const fields = new Fields(objectOf(text, line), line);
  if (fields.has('records')) return { records: fields.only(['records']).count('records') };
  if (fields.has('key')) {
    fields.only(['key', 'value']);
    return { key: fields.hex('key'), value: fields.hex('value') };
  }
  fields.only(['chain_id', 'eots_pk', 'height', 'msg', 'eots_sig', 'timestamp_ms']);
  const chainId = new TextEncoder().encode(fields.text('chain_id'));
  const height = Bytes.fromUint64BE(fields.decimal('height'));
  const key = Bytes.concat(chainId, fields.hex('eots_pk', 32), height);
  // The protobuf form, so that a dump and a database are judged by the same code.
  const value = new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(fields.hex('msg'));
  if (fields.has('eots_sig')) value.tag(2, WireType.LengthDelimited).bytes(fields.hex('eots_sig'));
  if (fields.has('timestamp_ms')) value.tag(3, WireType.Varint).uint64(fields.decimal('timestamp_ms'));
  return { key, value: value.finish() };
}

class Fields {
  readonly #object: Readonly<Record<string, unknown>>;
  readonly #line: number;

  constructor(object: Readonly<Record<string, unknown>>, line: number) {
    this.#object = object;
    this.#line = line;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#object, name);
  }

  only(names: readonly string[]): this {
    for (const name of Object.keys(this.#object)) if (!names.includes(name)) malformed(this.#line, name, 'unknown field');
    return this;
  }

  text(name: string): string {
    const value = this.#object[name];
    if (typeof value !== 'string' || LONE_SURROGATE.test(value)) return malformed(this.#line, name, 'expected text');
    return value;
  }

  hex(name: string, length?: number): Uint8Array {
    const value = this.text(name);
    if (value.length > MAX_HEX || !HEX.test(value)) malformed(this.#line, name, 'expected hex digits');
    if (length !== undefined && value.length !== 2 * length) malformed(this.#line, name, `expected ${2 * length} hex digits`);
    return Uint8Array.from(Buffer.from(value, 'hex'));
  }

  decimal(name: string): bigint {
    const value = this.text(name);
    const number = DECIMAL.test(value) ? BigInt(value) : -1n;
    return number >= 0n && number <= MAX_HEIGHT ? number : malformed(this.#line, name, 'expected a decimal number below 2^64, as text');
  }

  count(name: string): number {
    const value = this.#object[name];
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
      ? value
      : malformed(this.#line, name, 'expected a number of records');
  }
}

function objectOf(text: string, line: number): Readonly<Record<string, unknown>> {
  const value = ((): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      return undefined;
    }
  })();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) malformed(line, undefined, 'expected a JSON object');
  return value as Readonly<Record<string, unknown>>;
}

/** Nothing of the line is repeated: a file of keys may have been given by mistake. */
function malformed(line: number, field: string | undefined, what: string): never {
  const where = field === undefined ? `line ${line}` : `line ${line}, ${JSON.stringify(field).slice(0, 60)}`;
  fail<Reason>({ code: 'eotsd.malformed-line', line, field }, `${where} of the dump: ${what}`);
}
