// The shapes of all operations: as JSON, and as data. Both are made of the same fields, so neither knows what the other does not.
import { z } from 'zod';
import { firstProblem, type Problem } from '../../state/problem.ts';
import { allocationShapes } from '../operations/allocation.ts';
import { delegationShapes } from '../operations/delegation.ts';
import { durationVaultShapes } from '../operations/durationVaults.ts';
import { emissionsShapes } from '../operations/emissions.ts';
import { DATA_FIELDS, type Fields, JSON_FIELDS, type Shapes } from '../operations/fields.ts';
import { type Path, pathsTo } from '../operations/paths.ts';
import { permissionShapes } from '../operations/permissions.ts';
import { podShapes } from '../operations/pods.ts';
import { type Plan, planOf, quickTake } from '../operations/quickTake.ts';
import { rewardsShapes } from '../operations/rewards.ts';
import { vaultShapes } from '../operations/vaults.ts';
import type { Operation } from './operation.ts';

type Name = Operation['op'];

function shapes(fields: Fields): Shapes<Operation> {
  return {
    ...vaultShapes(fields),
    ...delegationShapes(fields),
    ...allocationShapes(fields),
    ...permissionShapes(fields),
    ...podShapes(fields),
    ...rewardsShapes(fields),
    ...emissionsShapes(fields),
    ...durationVaultShapes(fields),
  };
}

export const JSON_SHAPES: Shapes<Operation> = shapes(JSON_FIELDS);
export const DATA_SHAPES: Shapes<Operation> = shapes(DATA_FIELDS);

/** Where an operation names strategies. */
export const STRATEGY_PATHS: { readonly [K in Name]: readonly Path[] } = Object.fromEntries(
  Object.entries(DATA_SHAPES).map(([name, shape]) => [name, pathsTo(DATA_FIELDS.strategy, shape)]),
) as { [K in Name]: readonly Path[] };

export function isName(name: unknown): name is Name {
  return typeof name === 'string' && Object.hasOwn(DATA_SHAPES, name);
}

type Read<T> = { readonly value: T } | Problem;

/** From JSON: the operation, or the first field that is not as it should be. */
export function read(name: Name, json: unknown): Read<Operation> {
  const shape = JSON_SHAPES[name] as z.ZodType<Operation, unknown>;
  return outcome((context) => z.safeDecode(shape, json, context));
}

/** To JSON. */
export function write(name: Name, operation: Operation): Read<unknown> {
  const shape = JSON_SHAPES[name] as z.ZodType<Operation, unknown>;
  return outcome((context) => z.safeEncode(shape, operation, context));
}

const PLANS = Object.fromEntries(Object.entries(DATA_SHAPES).map(([name, shape]) => [name, planOf(shape)])) as {
  readonly [K in Name]: Plan;
};

/** A copy of an operation from anywhere: what was checked is what it has, whatever the original becomes. */
export function take(name: Name, operation: object): Read<Operation> {
  const quick = quickTake(PLANS[name], name, operation);
  if (quick !== undefined) return { value: quick as Operation };
  const shape = DATA_SHAPES[name] as z.ZodType<Operation, unknown>;
  return outcome((context) => z.safeParse(shape, operation, context));
}

/** What is wrong is asked for in a second run: telling a wrong input from a missing one makes any run ten times slower. */
function outcome<T>(run: (context?: { readonly reportInput: true }) => z.ZodSafeParseResult<T>): Read<T> {
  const result = run();
  if (result.success) return { value: result.data };
  const again = run({ reportInput: true });
  return firstProblem(again.error ?? result.error);
}
