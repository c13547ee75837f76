// Everything that can be done to an EigenLayer ledger, as data: one vocabulary for traces, snapshots of histories, agents and tests.
// In JSON integers are decimal text (or numbers below 2^53) and bytes hex; inside they are bigint and Uint8Array. Names follow the traces of
// "restaking-trace/1", and the functions of the contracts where those have none.
import * as Check from '../../base/Check.ts';
import { fail, isSatlockError } from '../../base/Errors.ts';
import type { Problem } from '../state/problem.ts';
import type { Operation } from './ledger/operation.ts';
import * as Shapes from './ledger/operationShapes.ts';
import { valuesAt } from './operations/paths.ts';

export type { Operation } from './ledger/operation.ts';
export type { AllocationOperation } from './operations/allocation.ts';
export type { DelegationOperation } from './operations/delegation.ts';
export type { DurationVaultOperation } from './operations/durationVaults.ts';
export type { EmissionsOperation } from './operations/emissions.ts';
export type { PermissionOperation } from './operations/permissions.ts';
export type { PodOperation } from './operations/pods.ts';
export type { RewardsOperation } from './operations/rewards.ts';
export type { VaultOperation } from './operations/vaults.ts';

export type Reason =
  | { readonly code: 'operation.unknown'; readonly op: string }
  | { readonly code: 'operation.unreadable' }
  | { readonly code: 'operation.bad-field'; readonly op: string; readonly field: string; readonly problem: string };

/** The names of all operations. */
export const NAMES: readonly Operation['op'][] = Object.keys(Shapes.DATA_SHAPES) as Operation['op'][];

/**
 * Reads an operation from JSON. Nothing unknown is skipped and nothing missing is filled in.
 *
 * @throws operation.unknown, operation.bad-field, operation.unreadable
 */
export function fromJson(json: unknown): Operation {
  return guarded(json, Shapes.read);
}

/**
 * An operation as JSON: integers are decimal text, bytes lower-case hex. {@link fromJson} gives the operation back.
 *
 * @throws operation.unknown, operation.bad-field, operation.unreadable
 */
export function toJson(operation: Operation): OperationJson {
  // Every shape is an object.
  return guarded(defined(take(operation)), Shapes.write) as OperationJson;
}

export type OperationJson = { readonly op: string; readonly [field: string]: unknown };

/**
 * A copy of an operation that comes from anywhere: known fields only, each of its type. What is undefined counts as left out.
 *
 * @throws operation.unknown, operation.bad-field, operation.unreadable - it throws when it is looked at
 */
export function take(operation: unknown): Operation {
  return guarded(operation, Shapes.take);
}

/** The strategies that an operation names, wherever they stand, with the field (`params.0.strategies.1`). */
export function strategiesOf(operation: Operation): readonly { readonly field: string; readonly strategy: string }[] {
  return Shapes.STRATEGY_PATHS[operation.op].flatMap((path) =>
    valuesAt(operation, path).flatMap(({ field, value }) => (typeof value === 'string' ? [{ field, strategy: value }] : [])),
  );
}

/** Without fields that are undefined, which JSON does not have. */
function defined<T>(value: T): T {
  if (Array.isArray(value)) return value.map(defined) as T;
  if (typeof value !== 'object' || value === null || Check.isBytes(value)) return value;
  const fields = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(fields.map(([key, one]) => [key, defined<unknown>(one)])) as T;
}

/** A proxy or a getter may throw anything: of that only errors of ours come out. */
function guarded<T>(given: unknown, read: (name: Operation['op'], given: Operation) => { readonly value: T } | Problem): T {
  try {
    const op = typeof given === 'object' && given !== null ? (given as { readonly op?: unknown }).op : undefined;
    if (!Shapes.isName(op)) {
      const got = typeof op === 'string' ? op.slice(0, 40) : op === undefined ? 'nothing' : Check.kindOf(op);
      return fail<Reason>({ code: 'operation.unknown', op: got }, `op: expected one of ${NAMES.join(', ')}, got ${got}`);
    }
    const result = read(op, given as Operation);
    if ('value' in result) return result.value;
    const { field, problem } = result;
    return fail<Reason>({ code: 'operation.bad-field', op, field, problem }, `${op}: ${field}: ${problem}`);
  } catch (error) {
    if (isSatlockError(error)) throw error;
    return fail<Reason>({ code: 'operation.unreadable' }, 'operation: throws when it is looked at');
  }
}
