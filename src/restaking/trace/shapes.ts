// Schemas and errors that the configurations of both kinds of traces share.
import { z } from 'zod';
import { fail } from '../../base/Errors.ts';
import { firstProblem } from '../state/problem.ts';
import type { Schema } from '../state/store.ts';

export type ConfigReason = { readonly code: 'trace.bad-config'; readonly field: string; readonly problem: string };

/** A safe number or decimal digits. */
export const uint: Schema<bigint> = z.codec(
  z.union([z.string().regex(/^(?:0|[1-9][0-9]{0,77})$/), z.number().int().nonnegative()], {
    error: 'expected an integer that is not negative',
  }),
  z.bigint(),
  { decode: (given) => BigInt(given), encode: (value) => value.toString() },
);

/** A number of blocks. */
export const limit: Schema<bigint> = uint.refine((value) => value <= 0xffff_ffffn, 'expected at most 2^32 - 1');

/** Throws `trace.bad-config` for the first issue. */
export function configProblem(error: z.ZodError): never {
  const { field, problem } = firstProblem(error);
  return fail<ConfigReason>({ code: 'trace.bad-config', field, problem }, `config: ${field}: ${problem}`);
}
