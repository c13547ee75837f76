// Operations with anything in their fields, made from the shapes: what a shape can hold is tried, whatever is added to it.
import fc from 'fast-check';
import { z } from 'zod';
import { DATA_SHAPES } from '../../../src/restaking/eigenlayer/ledger/operationShapes.ts';
import type { Operation } from '../../../src/restaking/eigenlayer/Operations.ts';
import { DATA_FIELDS } from '../../../src/restaking/eigenlayer/operations/fields.ts';

/** With it begins every strategy, and nothing else. */
export const STRATEGY_MARK = 'X-';

const visible = fc.integer({ min: 33, max: 126 }).map((code) => String.fromCharCode(code));
const name = fc
  .array(visible, { minLength: 1, maxLength: 20 })
  .map((letters) => letters.join('').replace(/[|:]/g, '_'))
  .filter((text) => !text.startsWith(STRATEGY_MARK));
const uint = (bits: bigint): fc.Arbitrary<bigint> => fc.oneof(fc.bigInt(0n, (1n << bits) - 1n), fc.constantFrom(0n, 1n, (1n << bits) - 1n));
const bytes = fc.uint8Array({ maxLength: 70 });

const FIELDS: ReadonlyMap<unknown, fc.Arbitrary<unknown>> = new Map<unknown, fc.Arbitrary<unknown>>([
  [DATA_FIELDS.id, name],
  [DATA_FIELDS.strategy, fc.integer({ min: 0, max: 5 }).map((i) => `${STRATEGY_MARK}${i}`)],
  [DATA_FIELDS.text, fc.string({ unit: 'grapheme' }).filter((text) => !text.startsWith(STRATEGY_MARK))],
  [DATA_FIELDS.flag, fc.boolean()],
  [DATA_FIELDS.uint16, uint(16n)],
  [DATA_FIELDS.uint32, uint(32n)],
  [DATA_FIELDS.uint64, uint(64n)],
  [DATA_FIELDS.uint96, uint(96n)],
  [DATA_FIELDS.uint256, uint(256n)],
  [DATA_FIELDS.int256, fc.oneof(fc.bigInt(-(1n << 255n), (1n << 255n) - 1n), fc.constantFrom(-1n, -(1n << 255n)))],
  [DATA_FIELDS.bytes, bytes],
  [DATA_FIELDS.bytes32, fc.uint8Array({ minLength: 32, maxLength: 32 })],
]);

export function operationOf(op: Operation['op'], shapes: object = DATA_SHAPES): fc.Arbitrary<Operation> {
  return of((shapes as Readonly<Record<string, z.core.$ZodType>>)[op]) as fc.Arbitrary<Operation>;
}

/** In place of a field that is left out. */
const LEFT_OUT = Symbol('left out');

function of(shape: z.core.$ZodType | undefined): fc.Arbitrary<unknown> {
  const known = FIELDS.get(shape);
  if (known !== undefined) return known;
  if (shape instanceof z.ZodObject) return object(shape.shape as Readonly<Record<string, z.core.$ZodType>>);
  if (shape instanceof z.ZodArray) return fc.array(of(shape.element), { maxLength: 4 });
  if (shape instanceof z.ZodTuple) return fc.tuple(...(shape.def.items as readonly z.core.$ZodType[]).map(of));
  if (shape instanceof z.ZodUnion) return fc.oneof(...(shape.options as readonly z.core.$ZodType[]).map(of));
  if (shape instanceof z.ZodOptional) return fc.oneof(of(shape.def.innerType), fc.constant(LEFT_OUT));
  if (shape instanceof z.ZodNullable) return fc.oneof(of(shape.def.innerType), fc.constant(null));
  if (shape instanceof z.ZodLiteral || shape instanceof z.ZodEnum)
    return fc.constantFrom(...(shape instanceof z.ZodEnum ? shape.options : shape.values));
  // A text with a rule of its own: the name of a contract's error.
  if (shape instanceof z.ZodString) return name.map((text) => `Error(${text.slice(0, 10)} b)`);
  throw new Error(`no arbitrary for ${shape?.constructor.name}`);
}

function object(fields: Readonly<Record<string, z.core.$ZodType>>): fc.Arbitrary<unknown> {
  const all = fc.record(Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, of(field)])));
  return all.map((made) => Object.fromEntries(Object.entries(made).filter(([, value]) => value !== LEFT_OUT)));
}
