// Schemas and errors that the configurations of both kinds of traces share.
import type { z } from 'zod';
import { fail } from '../../base/Errors.ts';
import { firstProblem } from '../state/problem.ts';
import { givenUint, MAX_UINT256 } from '../state/schemas.ts';
import type { Schema } from '../state/store.ts';

export type ConfigReason = { readonly code: 'trace.bad-config'; readonly field: string; readonly problem: string };

/** A safe number or decimal digits. */
export const uint: Schema<bigint> = givenUint(MAX_UINT256, '2^256 - 1');

/** A number of blocks. */
export const limit: Schema<bigint> = givenUint(0xffff_ffffn, '2^32 - 1');

/** Throws `trace.bad-config` for the first issue. */
export function configProblem(error: z.ZodError): never {
  const { field, problem } = firstProblem(error);
  return fail<ConfigReason>({ code: 'trace.bad-config', field, problem }, `config: ${field}: ${problem}`);
}
