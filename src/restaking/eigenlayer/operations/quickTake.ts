// The usual operation, copied without the schema library: a Monte Carlo does millions of them. The plans are made from the schemas, and
// take only what these take unchanged; anything else (nested records, undefined, mistakes) is the schemas' business.
import { z } from 'zod';
import { ID } from '../../state/schemas.ts';
import { DATA_FIELDS } from './fields.ts';

type Check = (value: unknown) => boolean;
type Step = { readonly name: string; readonly check: Check; readonly isList: boolean; readonly isOptional: boolean };
/** How to copy one operation; undefined where the schema has something that is not known here. */
export type Plan = readonly Step[] | undefined;

const isId: Check = (value) => typeof value === 'string' && ID.test(value);
const within =
  (min: bigint, max: bigint): Check =>
  (value) =>
    typeof value === 'bigint' && value >= min && value <= max;
const unsigned = (bits: bigint): Check => within(0n, (1n << bits) - 1n);

/** By the field itself: the schemas share their fields. */
const CHECKS: ReadonlyMap<unknown, Check> = new Map<unknown, Check>([
  [DATA_FIELDS.id, isId],
  [DATA_FIELDS.strategy, isId],
  [DATA_FIELDS.text, (value) => typeof value === 'string'],
  [DATA_FIELDS.flag, (value) => typeof value === 'boolean'],
  [DATA_FIELDS.uint16, unsigned(16n)],
  [DATA_FIELDS.uint32, unsigned(32n)],
  [DATA_FIELDS.uint64, unsigned(64n)],
  [DATA_FIELDS.uint96, unsigned(96n)],
  [DATA_FIELDS.uint256, unsigned(256n)],
  [DATA_FIELDS.int256, within(-(1n << 255n), (1n << 255n) - 1n)],
]);

/** What may be left out and is not known here: where it is given, the schema has to look. */
const never: Check = () => false;

/** Of several forms the first is the usual one. */
export function planOf(shape: unknown): Plan {
  if (shape instanceof z.ZodUnion) return planOf(shape.options[0]);
  if (!(shape instanceof z.ZodObject)) return undefined;
  const steps: Step[] = [];
  for (const [name, field] of Object.entries(shape.shape as Readonly<Record<string, unknown>>)) {
    if (name === 'op') continue;
    const isOptional = field instanceof z.ZodOptional;
    const given: unknown = isOptional ? field.unwrap() : field;
    const isList = given instanceof z.ZodArray;
    // Lists with limits of their own are not known here.
    const known = isList && (given.def.checks?.length ?? 0) > 0 ? undefined : CHECKS.get(isList ? given.element : given);
    if (known === undefined && !isOptional) return undefined;
    steps.push({ name, check: known ?? never, isList: isList && known !== undefined, isOptional });
  }
  // First, so that nothing has been read yet when the schema has to look.
  return steps.sort((a, b) => Number(b.check === never) - Number(a.check === never));
}

/** A copy, every field read once; undefined when the schema has to look. */
export function quickTake(plan: Plan, op: string, operation: object): object | undefined {
  if (plan === undefined || Object.getPrototypeOf(operation) !== Object.prototype) return undefined;
  const copy: Record<string, unknown> = { op };
  let found = 1;
  for (const { name, check, isList, isOptional } of plan) {
    if (check === never) {
      if (Object.hasOwn(operation, name)) return undefined;
      continue;
    }
    const value = (operation as Readonly<Record<string, unknown>>)[name];
    if (value === undefined && isOptional && !Object.hasOwn(operation, name)) continue;
    const taken = isList ? listOf(value, check) : check(value) ? value : undefined;
    if (taken === undefined) return undefined;
    copy[name] = taken;
    found++;
  }
  // A field too many, or one that is not its own.
  return Object.keys(operation).length === found ? copy : undefined;
}

function listOf(value: unknown, check: Check): readonly unknown[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const { length } = value;
  // Of its exact length: one that is pushed to keeps room for more, and withdrawals keep their lists.
  const copy = new Array<unknown>(length);
  for (let i = 0; i < length; i++) {
    const one: unknown = value[i];
    if (!check(one)) return undefined;
    copy[i] = one;
  }
  return copy;
}
