// Where a shape has fields of one kind, and what a value has there.
import { z } from 'zod';

/** Fields from the outside in; `*` is every element of a list, a number one element of a tuple. */
export type Path = readonly (string | number)[];

/** All places of `field` in a shape, whatever stands around it. */
export function pathsTo(field: z.core.$ZodType, shape: z.core.$ZodType): readonly Path[] {
  if (shape === field) return [[]];
  return childrenOf(shape).flatMap(([step, child]) => pathsTo(field, child).map((path) => (step === undefined ? path : [step, ...path])));
}

type Child = readonly [step: string | number | undefined, shape: z.core.$ZodType];

/** What a shape is made of; nothing for a plain value. */
function childrenOf(shape: z.core.$ZodType): readonly Child[] {
  if (shape instanceof z.ZodObject) return Object.entries(shape.shape as Readonly<Record<string, z.core.$ZodType>>);
  if (shape instanceof z.ZodArray) return [['*', shape.element]];
  if (shape instanceof z.ZodTuple) return (shape.def.items as readonly z.core.$ZodType[]).map((item, i): Child => [i, item]);
  if (shape instanceof z.ZodUnion) return (shape.options as readonly z.core.$ZodType[]).map((option): Child => [undefined, option]);
  if (shape instanceof z.ZodOptional || shape instanceof z.ZodNullable) return [[undefined, shape.def.innerType]];
  return [];
}

/** What stands at a path, with the field in words (`params.0.strategies.1`); nothing where the value has no such field. */
export function valuesAt(value: unknown, path: Path, field: string = ''): readonly { readonly field: string; readonly value: unknown }[] {
  const [step, ...rest] = path;
  if (step === undefined) return value === undefined ? [] : [{ field, value }];
  if (typeof value !== 'object' || value === null) return [];
  const inside = (key: string | number): string => (field === '' ? `${key}` : `${field}.${key}`);
  if (step === '*') return Array.isArray(value) ? value.flatMap((one: unknown, i) => valuesAt(one, rest, inside(i))) : [];
  const inner = Object.hasOwn(value, step) ? (value as Readonly<Record<string | number, unknown>>)[step] : undefined;
  return valuesAt(inner, rest, inside(step));
}
