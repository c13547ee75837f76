// Everything that can be done to a Symbiotic ledger, as data: one vocabulary for traces, snapshots of histories, agents and tests.
// In JSON integers are decimal text (or numbers below 2^53); inside they are bigint. Names follow the traces of "restaking-trace/1", and the
// contracts of symbioticfi/core where those have none.
import { fail } from '../../base/Errors.ts';
import * as Shapes from './operationShapes.ts';
import type { Operation } from './operationTypes.ts';

export type {
  DelegatorOperation,
  Operation,
  RegistryOperation,
  SlasherOperation,
  VaultOperation,
} from './operationTypes.ts';

export type Reason =
  | { readonly code: 'operation.unknown'; readonly op: string }
  | { readonly code: 'operation.unreadable' }
  | { readonly code: 'operation.bad-field'; readonly op: string; readonly field: string; readonly problem: string };

/** The names of all operations. */
export const NAMES: readonly Operation['op'][] = Object.keys(Shapes.SHAPES) as Operation['op'][];

/**
 * Reads an operation from JSON. Nothing unknown is skipped and nothing missing is filled in.
 *
 * @throws operation.unknown, operation.bad-field
 */
export function fromJson(json: unknown): Operation {
  const { op } = typeof json === 'object' && json !== null ? (json as { readonly op?: unknown }) : {};
  if (typeof op !== 'string' || !Object.hasOwn(Shapes.SHAPES, op)) {
    const got = typeof op === 'string' ? op.slice(0, 40) : op === undefined ? 'nothing' : typeof op;
    return fail<Reason>({ code: 'operation.unknown', op: got }, `op: expected one of ${NAMES.join(', ')}, got ${got}`);
  }
  const read = Shapes.read(op as Operation['op'], json);
  if ('value' in read) return read.value;
  const { field, problem } = read;
  return fail<Reason>({ code: 'operation.bad-field', op, field, problem }, `${op}: ${field}: ${problem}`);
}
